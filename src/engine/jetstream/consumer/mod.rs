//! Where delivery stands for one reader of a stream.
//!
//! A consumer never owns messages. It is told what was stored and what was removed, sends what is wanted, and reports
//! what was acknowledged; its stream decides what that means for keeping messages.

mod ack_subject;
pub(super) mod api;

pub(super) use ack_subject::AckSubject;

use super::{Context, Publication, Store};
use crate::api::{AckPolicy, ConsumerConfig, ConsumerInfo, StreamConfig};
use crate::engine::Name;
use crate::time::Timestamp;

pub(in crate::engine) struct Consumer {
    pub stream: Name,
    pub name: Name,
    pub config: ConsumerConfig,
    pub created: Timestamp,
}

/// What a consumer tells its stream about sequences after it handled something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Settled {
    /// This consumer is done with these: acknowledged, terminated, or (ack none) delivered. Ascending.
    pub done: Vec<u64>,
}

impl Consumer {
    /// A consumer as its creation left it: positioned by its deliver policy, nothing sent yet.
    ///
    /// `config` has been checked and defaulted by the API.
    pub fn new(
        context: &mut Context<'_>,
        stream: &StreamConfig,
        store: &Store,
        name: Name,
        config: ConsumerConfig,
    ) -> Consumer {
        let _ = store;
        Consumer { stream: stream.name.as_str().into(), name, config, created: context.now }
    }

    /// The stream stored `seq`; deliver it if somebody waits.
    pub fn stored(&mut self, context: &mut Context<'_>, store: &Store, seq: u64) -> Settled {
        let _ = (context, store, seq);
        Settled::default()
    }

    /// The stream dropped `seq` (limits, purge, delete, rollup): forget it wherever it was counted.
    /// Called after the store has let go of it; `subject` is what it was on.
    pub fn removed(&mut self, context: &mut Context<'_>, store: &Store, seq: u64, subject: &str) {
        let _ = (context, store, seq, subject);
    }

    /// The stream's first sequence moved past many messages at once (purge).
    pub fn purged(&mut self, context: &mut Context<'_>, store: &Store) {
        let _ = (context, store);
    }

    /// A message arrived on this consumer's `$JS.API.CONSUMER.MSG.NEXT.<stream>.<consumer>`.
    pub fn pull(&mut self, context: &mut Context<'_>, store: &Store, request: &Publication) -> Settled {
        let _ = (context, store, request);
        Settled::default()
    }

    /// Whether anybody listens on its ack subjects. Not with ack policy none.
    pub fn takes_answers(&self) -> bool {
        !matches!(self.config.ack_policy, AckPolicy::None | AckPolicy::FlowControl)
    }

    /// A message arrived on one of this consumer's ack subjects; see [`AckSubject::parse`] for whose it is.
    pub fn answer(&mut self, context: &mut Context<'_>, store: &Store, ack: &Publication) -> Settled {
        let _ = (context, store, ack);
        Settled::default()
    }

    /// A message arrived on this consumer's `$JS.FC.<stream>.<consumer>.>`.
    pub fn flow_control(&mut self, context: &mut Context<'_>, store: &Store, publication: &Publication) -> Settled {
        let _ = (context, store, publication);
        Settled::default()
    }

    /// A subscription on `subject` came or went.
    pub fn interest_changed(&mut self, context: &mut Context<'_>, store: &Store, subject: &str) -> Settled {
        let _ = (context, store, subject);
        Settled::default()
    }

    /// Does whatever is due: ack waits, pull expiries, heartbeats, replay pace.
    pub fn tick(&mut self, context: &mut Context<'_>, store: &Store) -> Settled {
        let _ = (context, store);
        Settled::default()
    }

    pub fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }

    /// The time came at which an ephemeral nobody uses goes away.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        let _ = now;
        false
    }

    /// Ends every open pull request: the consumer or its stream is going away.
    pub fn deleted(&mut self, context: &mut Context<'_>) {
        let _ = context;
    }

    /// On an interest stream: whether this consumer still has to see (or have acknowledged) `seq`.
    pub fn needs(&self, seq: u64, subject: &str) -> bool {
        let _ = (seq, subject);
        false
    }

    /// A filter of this consumer wants `subject`.
    pub fn wants(&self, subject: &str) -> bool {
        let _ = subject;
        false
    }

    pub fn info(&self, now: Timestamp, store: &Store) -> ConsumerInfo {
        let _ = (now, store);
        ConsumerInfo::default()
    }
}
