//! What a consumer makes of messages that left its stream without it: limits, deletes, purges, roll-ups.
//!
//! Of one message alone every consumer that wanted it hears ([`Consumer::removed`]); of many at once all recount
//! ([`Consumer::removed_many`]). A purge also moves those forward that it concerns ([`Consumer::purge`]).
//! Source: nats-server 2.15.1 `server/consumer.go`, `decStreamPending` and `purge`; `server/stream.go`, `purgeLocked`.

use super::Consumer;
use super::ack_pending::Pair;
use crate::engine::jetstream::{Context, Store};
use crate::pack::Pack;
use crate::subject::SubjectFilter;

/// How a purge of one subject concerns a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Concern {
    /// It wants nothing but what was purged.
    Whole,
    /// It wants that and more.
    Part,
    None,
}

/// A message that was out for an answer when it left its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pack)]
pub(in crate::engine) struct Removed {
    pub stream_seq: u64,
    pub consumer_seq: u64,
    pub deliveries: u64,
}

impl Consumer {
    /// The stream dropped `seq`, which was on `subject`. If it was out for an answer, which now nobody will give,
    /// [`Consumer::terminate_removed`] has to follow.
    pub fn removed(&mut self, context: &mut Context<'_>, seq: u64, subject: &str) -> Option<Removed> {
        if seq >= self.position && self.wants(subject) {
            self.num_pending -= 1;
        }
        let deliveries = self.acks.deliveries_so_far(seq);
        let removed = self.acks.get(seq).map(|pending| Removed {
            stream_seq: seq,
            consumer_seq: pending.consumer_seq,
            deliveries,
        });
        if removed.is_none() && self.acks.forget_redeliveries(seq) {
            self.last_answer = Some(context.now);
        }
        removed
    }

    /// The stream dropped several messages at once and now begins at `first_seq`.
    pub fn removed_many(&mut self, store: &Store) {
        self.recount(store);
        self.acks.forget_redeliveries_below(store.first_seq());
    }

    pub fn concern(&self, purged: &SubjectFilter) -> Concern {
        let filters = &self.filters.0;
        let is_part = |filter: &SubjectFilter| filter.is_subset_of(purged) || purged.is_subset_of(filter);
        if !filters.is_empty() && filters.iter().all(|filter| filter.is_subset_of(purged)) {
            Concern::Whole
        } else if filters.is_empty() || filters.iter().any(is_part) {
            Concern::Part
        } else {
            Concern::None
        }
    }

    /// Nothing below `start` is left for this consumer. `checks_rest`: above, some may be gone too.
    pub fn purge(&mut self, context: &mut Context<'_>, store: &Store, start: u64, checks_rest: bool) {
        let start = if start == 0 && !checks_rest { store.last_seq() + 1 } else { start };
        let before = self.record.floor();
        self.position = self.position.max(start);
        if self.acks.floor().stream_seq < start {
            self.drop_purged(context, store, start - 1, checks_rest);
        }
        if self.acks.is_empty() {
            self.acks.clear_counts(self.here());
        }
        self.acks.unqueue_below(self.position);
        self.write_down();
        self.tell_floor_after(context, before);
    }

    fn drop_purged(&mut self, context: &mut Context<'_>, store: &Store, floor_seq: u64, checks_rest: bool) {
        let mut highest = self.acks.floor().consumer_seq;
        for seq in self.acks.sequences() {
            if seq > floor_seq && (!checks_rest || store.get(seq).is_some()) {
                continue;
            }
            let Some(pending) = self.acks.forget(seq) else { continue };
            self.acks.forget_redeliveries(seq);
            highest = highest.max(pending.consumer_seq);
            self.record.acked(self.rules(), pending.consumer_seq, seq);
            self.last_answer = Some(context.now);
        }
        self.next_consumer_seq = self.next_consumer_seq.max(highest);
        self.acks.set_floor(Pair { consumer_seq: highest, stream_seq: floor_seq });
    }

    /// Writes down where it really stands.
    pub(super) fn write_down(&mut self) {
        let pending = self.acks.all().map(|(seq, pending)| (seq, pending.consumer_seq)).collect();
        self.record.replace(self.here(), self.acks.floor(), pending);
    }
}
