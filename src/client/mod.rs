//! A NATS client: a sans-IO [`Connection`] under an async [`Client`] handle.
//!
//! Knows the protocol from the other side of the wire, never the engine: in the page and on a real server the same bytes
//! come and go. Whoever owns the wire feeds [`Client::received`] and carries [`Client::poll_wire`]. Time comes from
//! [`Timers`](crate::time::Timers), inboxes from a seed. JetStream, key-value and object store are conventions on top.
//! Source: NATS docs "Client Protocol"; ADR-4, ADR-8, ADR-20, ADR-22, ADR-32, ADR-37.

pub mod auth;
mod connection;
mod error;
pub mod event;
mod handle;
pub mod jetstream;
pub mod kv;
mod notice;
pub mod object_store;
pub mod reconnect;
pub mod refusal;
mod request;
pub mod service;
mod subscription;

pub use auth::Auth;
pub use connection::{Connection, Incoming, State};
pub use error::{Error, go_api_error};
pub use handle::{API_PREFIX, Alias, Client, Options, PendingRequest};
pub use notice::{Notice, Notices};
pub use request::Gather;
pub use subscription::Subscription;

use crate::protocol::{Headers, Message};
use bytes::Bytes;

/// A message to publish, in one expression.
pub fn message(subject: &str, headers: Option<Headers>, payload: impl Into<Bytes>) -> Message {
    Message { subject: subject.into(), reply: None, headers, payload: payload.into() }
}
