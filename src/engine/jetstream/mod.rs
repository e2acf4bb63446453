//! JetStream: streams that remember messages and consumers that know where delivery stands.
//!
//! The router hands every publication to [`JetStream::publish`]; what JetStream wants sent comes back through
//! [`Context`]. It knows subjects and messages, never connections' bytes. The API is `$JS.API.>` (`api.rs`), the policies
//! of streams are in `stream.rs`, messages by sequence in `store.rs`, consumers in `consumer/`.
//! Source: nats-server 2.15.1 `server/jetstream_api.go`, `server/stream.go`, `server/consumer.go`, observed.

pub(super) mod consumer;
mod context;
mod store;
mod stream;

pub(super) use consumer::Consumer;
pub(super) use context::{Context, Interest, Outgoing, Publication};
pub(super) use store::{Filters, Store, Stored};
pub(super) use stream::Stream;

use super::Name;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Every stream of the account, and the API over them.
#[derive(Default)]
pub(super) struct JetStream {
    pub streams: BTreeMap<Name, Stream>,
}

impl JetStream {
    /// Offers a publication to everything in JetStream that listens on its subject: the API, acks, pull requests, flow
    /// control and the streams.
    ///
    /// Returns whether somebody listened, which is what decides about "no responders".
    pub fn publish(&mut self, context: &mut Context<'_>, publication: &Publication) -> bool {
        let _ = (context, publication);
        false
    }

    /// A subscription on `subject` came or went: push consumers start or stop, pull requests lose their asker.
    pub fn interest_changed(&mut self, context: &mut Context<'_>, subject: &str) {
        let _ = (context, subject);
    }

    /// Does whatever is due at `context.now`.
    pub fn tick(&mut self, context: &mut Context<'_>) {
        let _ = context;
    }

    /// When [`JetStream::tick`] has something to do next.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }
}
