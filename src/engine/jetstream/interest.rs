//! What is still needed: messages of interest streams and work queues leave when nobody waits for them any more.
//!
//! Mostly that is found out message by message, as consumers are done with them ([`Stream::settle`]). When a consumer goes
//! or wants something else, [`Stream::interest_narrowed`] looks again at what it has not settled. One that is ahead of
//! its stream, and a stream that is too long, have everything checked by floors instead, which is coarser.
//! Source: nats-server 2.15 `server/consumer.go` (`cleanupNoInterestMessages`, `checkStateForInterestStream`) and
//! `server/stream.go` (`checkInterestState`).

use super::consumer::Settled;
use super::{Consumer, Context, Stream};
use crate::api::{AckPolicy, Retention};
use crate::engine::{Name, RemovalReason};

/// Looking at more messages one by one would take the server too long.
const MOST_LOOKED_AT: u64 = 100_000;

impl Stream {
    /// A consumer reported what it is done with: on a work queue or interest stream that may remove messages.
    pub fn settle(&mut self, context: &mut Context<'_>, consumer: &str, settled: Settled) {
        debug_assert!(self.consumers.contains_key(consumer));
        if self.is_deaf_to(consumer) {
            let told = self.consumers.get_mut(consumer).filter(|consumer| !consumer.thinks_of_limits);
            told.into_iter().for_each(|consumer| consumer.heard(context.now));
            return;
        }
        for seq in settled.done {
            self.settle_one(context, seq);
        }
    }

    /// A stream that was made with limits and changed later does not hear of what consumers deliver that want no
    /// acknowledgement: only a consumer that goes makes it look. As on nats-server, where it has no queue for that.
    /// Nor does it hear of those that were made before the change.
    fn is_deaf_to(&self, consumer: &str) -> bool {
        let is_unheard = |consumer: &Consumer| {
            consumer.config.ack_policy == AckPolicy::None && (!self.hears_deliveries || consumer.thinks_of_limits)
        };
        self.config.retention != Retention::Limits && self.consumers.get(consumer).is_some_and(is_unheard)
    }

    /// Whether the message went with it.
    fn settle_one(&mut self, context: &mut Context<'_>, seq: u64) -> bool {
        let is_removed = self.config.retention != Retention::Limits && !self.is_needed(seq);
        if is_removed {
            self.remove(context, seq, RemovalReason::Acked);
        }
        is_removed
    }

    pub(super) fn is_needed(&self, seq: u64) -> bool {
        let Some(message) = self.store.get(seq) else { return false };
        let subjects = &self.config.subjects;
        self.consumers.values().any(|consumer| consumer.needs(seq, &message.subject, subjects))
    }

    /// What a consumer wrote down as done is settled again: it may not have counted before.
    pub(super) fn settle_recorded(&mut self, context: &mut Context<'_>, name: &str) {
        let Some(checked) = self.consumers.get(name).and_then(|consumer| consumer.recorded(&self.store)) else {
            return;
        };
        let mut floor = None;
        for (seq, is_done) in checked.sequences {
            let is_removed = is_done && self.settle_one(context, seq);
            let is_unsettled = seq > checked.ack_floor;
            floor = floor.or((is_removed || is_unsettled).then_some(seq));
        }
        if let Some(consumer) = self.consumers.get_mut(name) {
            let floor = floor.unwrap_or_else(|| consumer.next_wanted(&self.store, checked.ack_floor + 1));
            consumer.checked_to(floor);
        }
    }

    /// A consumer, which was done up to `from`, is gone or wants something else: on an interest stream, removes what
    /// nobody needs any more. Below `from` nobody looks, unless it was the last one.
    pub fn interest_narrowed(&mut self, context: &mut Context<'_>, from: u64) {
        self.consumers_changed();
        if self.config.retention != Retention::Interest {
            return;
        }
        let from = if self.consumers.is_empty() { 0 } else { from.max(self.store.first_seq()) };
        let last = self.store.last_seq();
        if !self.consumers.is_empty() && (from > last || last - from > MOST_LOOKED_AT) {
            return self.check_floors(context);
        }
        let unneeded: Vec<u64> =
            self.store.iter_from(from).map(|message| message.seq).filter(|seq| !self.is_needed(*seq)).collect();
        for seq in unneeded {
            self.remove(context, seq, RemovalReason::NoInterest);
        }
    }

    /// Removes what is below what every consumer has been checked to.
    fn check_floors(&mut self, context: &mut Context<'_>) {
        let names: Vec<Name> = self.consumers.keys().cloned().collect();
        names.iter().for_each(|name| self.settle_recorded(context, name));
        let floor = self.consumers.values().map(|consumer| consumer.check_floor()).min();
        // As on nats-server, a consumer that was never checked, because it is ahead of its stream, lets everything go.
        let end = floor.filter(|floor| *floor > 0).unwrap_or(self.store.last_seq() + 1);
        let Some(run) = self.store.remove_below(end) else { return };
        self.tell_gone(context, &run, RemovalReason::NoInterest);
        self.many_removed();
    }
}
