//! Where a new consumer starts in its stream.
//!
//! Knows deliver policies and the store; the result is a [`Start`]: a sequence, and for `last_per_subject` the list of
//! single messages that come before it.
//! Source: nats-server `server/consumer.go`, `selectStartingSeqNo`, observed.

use crate::api::{ConsumerConfig, DeliverPolicy};
use crate::engine::jetstream::{Filters, Store};
use std::collections::VecDeque;

/// The first sequence to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Start {
    pub seq: u64,
    /// Delivered one by one before everything from `resume` on.
    pub singles: VecDeque<u64>,
    pub resume: u64,
}

impl Start {
    pub fn at(seq: u64) -> Start {
        Start { seq: seq.max(1), singles: VecDeque::new(), resume: seq.max(1) }
    }
}

pub(super) fn start(config: &ConsumerConfig, filters: &Filters, store: &Store, one_per_subject: bool) -> Start {
    let (first, last) = (store.first_seq(), store.last_seq());
    match config.deliver_policy {
        DeliverPolicy::All => Start::at(first),
        DeliverPolicy::Last if filters.0.is_empty() => Start::at(if store.len() > 0 { last } else { last + 1 }),
        DeliverPolicy::Last => Start::at(store.last_matching(filters, last).map_or(first, |stored| stored.seq)),
        DeliverPolicy::New => Start::at(last + 1),
        DeliverPolicy::ByStartSequence => Start::at(config.opt_start_seq.max(first)),
        DeliverPolicy::ByStartTime => {
            let at = config.opt_start_time.unwrap_or_default();
            Start::at(store.first_seq_at_or_after(at).max(first))
        }
        DeliverPolicy::LastPerSubject if one_per_subject => Start::at(first),
        DeliverPolicy::LastPerSubject => last_per_subject(filters, store),
    }
}

fn last_per_subject(filters: &Filters, store: &Store) -> Start {
    let singles: VecDeque<u64> = store.last_per_subject(filters).into();
    let last = store.last_seq();
    match singles.front() {
        None => Start::at(last),
        Some(&seq) => Start { seq, singles, resume: last + 1 },
    }
}
