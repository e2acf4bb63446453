//! Messages on one subscription.

use super::{Client, Error};
use crate::protocol::Message;
use crate::subject::Subject;
use futures::Stream;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Messages on one subscription, in order. Ends when the connection is closed, a limit was reached or the server refused.
pub struct Subscription {
    pub(super) client: Client,
    pub(super) sid: u64,
    pub(super) subject: Subject,
}

/// What arrived for a subscription and was not taken yet.
#[derive(Default)]
pub(super) struct Mailbox {
    pub messages: VecDeque<Message>,
    pub ended: bool,
    pub error: Option<Error>,
    pub waker: Option<Waker>,
}

impl Subscription {
    /// The number the server knows it by.
    pub fn sid(&self) -> u64 {
        self.sid
    }

    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Ends by itself after `max` messages in all; what has arrived can still be read.
    pub fn unsubscribe_after(&self, max: u64) {
        self.client.unsubscribe(self.sid, Some(max));
    }

    /// Ends now; what has arrived can still be read.
    pub fn unsubscribe(&self) {
        self.client.unsubscribe(self.sid, None);
    }

    /// The next message; `None` at the end.
    pub async fn next(&mut self) -> Option<Message> {
        poll_fn(|context| self.poll_message(context)).await
    }

    /// A message that is already here.
    pub fn try_next(&mut self) -> Option<Message> {
        self.client.with_mailbox(self.sid, |mailbox| mailbox.messages.pop_front()).flatten()
    }

    /// Messages that are here and not taken yet.
    pub fn pending(&self) -> usize {
        self.client.with_mailbox(self.sid, |mailbox| mailbox.messages.len()).unwrap_or(0)
    }

    /// Why it ended, if the server refused it.
    pub fn error(&self) -> Option<Error> {
        self.client.with_mailbox(self.sid, |mailbox| mailbox.error.clone()).flatten()
    }

    fn poll_message(&self, context: &mut Context<'_>) -> Poll<Option<Message>> {
        let polled = self.client.with_mailbox(self.sid, |mailbox| match mailbox.messages.pop_front() {
            Some(message) => Poll::Ready(Some(message)),
            None if mailbox.ended => Poll::Ready(None),
            None => {
                mailbox.waker = Some(context.waker().clone());
                Poll::Pending
            }
        });
        polled.unwrap_or(Poll::Ready(None))
    }
}

impl Stream for Subscription {
    type Item = Message;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Message>> {
        self.poll_message(context)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.client.forget(self.sid);
    }
}
