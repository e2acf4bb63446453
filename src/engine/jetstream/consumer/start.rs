//! Where a new consumer starts in its stream.
//!
//! Knows deliver policies and the store; the result is a [`Start`]: a sequence, and for `last_per_subject` the list of
//! single messages that come before it.
//! Source: nats-server `server/consumer.go`, `selectStartingSeqNo`, observed.

use crate::api::{ConsumerConfig, DeliverPolicy};
use crate::engine::jetstream::{Filters, Store};
use crate::pack::Pack;
use std::collections::VecDeque;

/// The first sequence to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Pack)]
pub(super) struct Start {
    pub seq: u64,
    pub singles: Option<Singles>,
}

/// Delivered one by one, before everything behind `resume`. There is always one left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Pack)]
pub(super) struct Singles {
    pub seqs: VecDeque<u64>,
    pub resume: u64,
}

pub(super) fn start(config: &ConsumerConfig, filters: &Filters, store: &Store, one_per_subject: bool) -> Start {
    let (first, last) = (store.first_seq(), store.last_seq());
    let chosen = config.opt_start_seq;
    let mut singles = None;
    let seq = match config.deliver_policy {
        _ if chosen > 0 => chosen,
        DeliverPolicy::All | DeliverPolicy::ByStartSequence => first,
        DeliverPolicy::Last if filters.0.is_empty() => last,
        DeliverPolicy::Last => store.last_matching(filters, last).map_or(0, |stored| stored.seq),
        DeliverPolicy::New => last + 1,
        DeliverPolicy::ByStartTime => by_time(config, filters, store),
        DeliverPolicy::LastPerSubject if one_per_subject => first,
        DeliverPolicy::LastPerSubject => {
            let seqs: VecDeque<u64> = store.last_per_subject(filters).into();
            let seq = seqs.front().copied().unwrap_or(last);
            singles = Some(Singles { seqs, resume: last }).filter(|singles| !singles.seqs.is_empty());
            seq
        }
    };
    let seq = match chosen {
        0 if first == 0 => 1,
        0 if seq > last => last + 1,
        _ => seq.max(first).max(1),
    };
    Start { seq, singles: singles.filter(|singles| seq < singles.resume) }
}

fn by_time(config: &ConsumerConfig, filters: &Filters, store: &Store) -> u64 {
    let seq = store.first_seq_at_or_after(config.opt_start_time.unwrap_or_default());
    if filters.0.is_empty() {
        return seq;
    }
    let firsts = filters.0.iter().filter_map(|filter| store.next_matching(&Filters::from(filter.clone()), 0));
    let ahead = firsts.map(|stored| stored.seq).filter(|first| *first >= seq).min();
    ahead.filter(|ahead| *ahead > seq && *ahead < store.last_seq()).unwrap_or(seq)
}
