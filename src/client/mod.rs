//! A NATS client: a sans-IO [`Connection`] under an async [`Client`] handle.
//!
//! Knows the protocol from the other side of the wire, never the engine: in the page and on a real server the same bytes
//! come and go. Whoever owns the wire feeds [`Client::received`] and carries [`Client::poll_outgoing`]. Time comes from
//! [`Timers`], inboxes from a seed. JetStream, key-value and object store are conventions on top.
//! Source: NATS docs "Client Protocol"; ADR-4, ADR-8, ADR-20, ADR-22, ADR-32, ADR-37.

mod error;
pub mod event;
pub mod jetstream;

pub use error::Error;

use crate::nuid::Rng;
use crate::protocol::{Headers, Info, Message};
use crate::subject::Subject;
use crate::time::Timers;
use bytes::Bytes;
use futures::Stream;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

/// How a client introduces itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Shown by the server as the connection's name.
    pub name: String,
    pub user: Option<String>,
    pub password: Option<String>,
    pub token: Option<String>,
    /// `_INBOX` unless set.
    pub inbox_prefix: Option<String>,
}

/// A handle to one connection. Clones share it. Single-threaded.
#[derive(Clone)]
pub struct Client {
    inner: Rc<()>,
    timers: Timers,
}

impl Client {
    /// A client that is not connected yet; tell it with [`Client::wire_opened`].
    pub fn new(options: Options, timers: Timers, rng: Rng) -> Client {
        let _ = (options, rng);
        Client { inner: Rc::new(()), timers }
    }

    // The wire's side.

    /// A wire is there; the server's INFO will follow. Also after a break: subscriptions are sent again.
    pub fn wire_opened(&self) {
        let _ = &self.inner;
    }

    /// The wire broke. What is published from now on is kept (up to a bound) until the next `wire_opened`.
    pub fn wire_closed(&self) {}

    /// Bytes arrived, split anywhere.
    pub fn received(&self, bytes: &[u8]) {
        let _ = bytes;
    }

    /// Bytes to carry to the server; `None` when there are none. Wakes the waker of `poll_wire` when more appear.
    pub fn poll_outgoing(&self) -> Option<Bytes> {
        None
    }

    // The user's side.

    pub fn timers(&self) -> &Timers {
        &self.timers
    }

    /// What the server said about itself, once it has.
    pub fn info(&self) -> Option<Info> {
        None
    }

    /// Done when the connection is established and the server has answered the first PING.
    pub async fn connected(&self) -> Result<(), Error> {
        Ok(())
    }

    pub fn publish(&self, message: Message) -> Result<(), Error> {
        let _ = message;
        Ok(())
    }

    /// Done when the server has handled everything sent so far; returns the round trip.
    pub async fn flush(&self) -> Result<Duration, Error> {
        Ok(Duration::ZERO)
    }

    /// Listens on `subject`; dropping the subscription ends it.
    pub fn subscribe(&self, subject: &str, queue: Option<&str>) -> Result<Subscription, Error> {
        let _ = (subject, queue);
        Err(Error::Closed)
    }

    /// Publishes and waits for one answer. No responders is an error, as is a status message's absence in time.
    pub async fn request(&self, message: Message, timeout: Duration) -> Result<Message, Error> {
        let _ = (message, timeout);
        Err(Error::Closed)
    }

    /// A subject nobody else listens on.
    pub fn new_inbox(&self) -> Subject {
        "_INBOX".into()
    }

    /// A fresh 22-character id from this client's seed.
    pub fn nuid(&self) -> String {
        String::new()
    }

    /// JetStream as this client sees it.
    pub fn jetstream(&self) -> jetstream::JetStream {
        jetstream::JetStream::new(self.clone())
    }

    /// Ends the connection for good.
    pub fn close(&self) {}
}

/// Messages on one subscription, in order. Ends when the connection is closed or a limit was reached.
pub struct Subscription {
    _client: Client,
}

impl Subscription {
    /// Ends by itself after `max` messages in all.
    pub fn unsubscribe_after(&self, max: u64) {
        let _ = max;
    }

    /// The next message; `None` at the end.
    pub async fn next(&mut self) -> Option<Message> {
        None
    }
}

impl Stream for Subscription {
    type Item = Message;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Message>> {
        let _ = context;
        Poll::Ready(None)
    }
}

/// A message to publish, in one expression.
pub fn message(subject: &str, headers: Option<Headers>, payload: impl Into<Bytes>) -> Message {
    Message { subject: subject.into(), reply: None, headers, payload: payload.into() }
}
