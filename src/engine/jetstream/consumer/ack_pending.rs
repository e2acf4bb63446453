//! Deliveries that wait for an acknowledgement.
//!
//! Knows sequences, deadlines and delivery counts; never subjects or payloads. Each pending message has one deadline.
//! When it passes (or a nak asks for it) the message joins the redelivery queue and stays pending: it keeps its place
//! under `max_ack_pending` until it is acknowledged, terminated or given up.
//! The way in is [`AckPending::deliver`] and [`AckPending::ack`]; [`AckPending::deadline`] says when to look again.
//!
//! The ack floor is the highest pair below which nothing is pending. It is counted with the *first* delivery of each
//! message, so a redelivery does not hold it back, and when nothing is pending it equals the last delivery.
//! Source: nats-server `server/consumer.go`, `processAckMsg` and `checkPending`; the reported pair as observed.

use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A place in both countings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pair {
    pub consumer_seq: u64,
    pub stream_seq: u64,
}

/// How long a delivery waits for its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Waits {
    pub ack_wait: Duration,
    /// By delivery, the last one repeating; empty for always `ack_wait`.
    pub backoff: Vec<Duration>,
}

impl Waits {
    fn after(&self, redeliveries: u64) -> Duration {
        let last = self.backoff.len().saturating_sub(1);
        let step = usize::try_from(redeliveries).map_or(last, |step| step.min(last));
        self.backoff.get(step).copied().unwrap_or(self.ack_wait)
    }

    /// What a delayed nak waits beyond its delay: the step of the backoff minus the first one, as on the server.
    fn extra(&self, redeliveries: u64) -> Duration {
        self.after(redeliveries).saturating_sub(self.after(0))
    }
}

/// One message out for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    /// Of the first delivery.
    pub consumer_seq: u64,
    /// Of the last delivery, or the last word that work is in progress.
    pub since: Timestamp,
    deadline: Option<Timestamp>,
    /// Its place in the redelivery queue.
    ticket: Option<u64>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct AckPending {
    waits: Waits,
    delivered: Pair,
    floor: Pair,
    pending: BTreeMap<u64, Pending>,
    deadlines: BTreeSet<(Timestamp, u64)>,
    /// Redeliveries made so far. Outlives `pending` for messages that were given up.
    redeliveries: BTreeMap<u64, u64>,
    queue: BTreeMap<u64, u64>,
    next_ticket: u64,
}

impl AckPending {
    /// Nothing delivered; the first delivery will be of `start_seq` or later.
    pub fn new(start_seq: u64, waits: Waits) -> AckPending {
        let start = Pair { consumer_seq: 0, stream_seq: start_seq.saturating_sub(1) };
        AckPending { waits, delivered: start, floor: start, ..AckPending::default() }
    }

    /// The highest delivery so far, in both countings.
    pub fn delivered(&self) -> Pair {
        self.delivered
    }

    pub fn floor(&self) -> Pair {
        self.floor
    }

    pub fn len(&self) -> usize {
        self.pending.len()
    }

    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    pub fn get(&self, stream_seq: u64) -> Option<&Pending> {
        self.pending.get(&stream_seq)
    }

    /// Everything pending, ascending.
    pub fn sequences(&self) -> Vec<u64> {
        self.pending.keys().copied().collect()
    }

    /// Everything pending with what is known of it, ascending.
    pub fn all(&self) -> impl Iterator<Item = (u64, &Pending)> {
        self.pending.iter().map(|(seq, pending)| (*seq, pending))
    }

    /// How often messages were delivered again, ascending.
    pub fn all_redelivered(&self) -> impl Iterator<Item = (u64, u64)> {
        self.redeliveries.iter().map(|(seq, times)| (*seq, *times))
    }

    /// Stands where somebody remembered it: `pending` by stream sequence, with the consumer's and the delivery's time.
    pub fn restore(
        &mut self,
        delivered: Pair,
        floor: Pair,
        pending: &[(u64, u64, Timestamp)],
        redelivered: &[(u64, u64)],
    ) {
        *self = AckPending { waits: std::mem::take(&mut self.waits), delivered, floor, ..AckPending::default() };
        self.redeliveries.extend(redelivered.iter().copied());
        for &(stream_seq, consumer_seq, since) in pending {
            self.pending.insert(stream_seq, Pending { consumer_seq, since, deadline: None, ticket: None });
            let deadline = since + self.waits.after(self.deliveries(stream_seq) - 1);
            self.set_deadline(stream_seq, Some(deadline));
        }
    }

    /// Messages that were delivered more than once and are not settled, given-up ones included.
    pub fn num_redelivered(&self) -> usize {
        self.redeliveries.len()
    }

    /// How often a pending message was delivered.
    pub fn deliveries(&self, stream_seq: u64) -> u64 {
        self.redeliveries.get(&stream_seq).copied().unwrap_or(0) + 1
    }

    /// Messages waiting to be sent again.
    pub fn num_queued(&self) -> usize {
        self.queue.len()
    }

    /// Delivered (or given up), and no answer has settled it.
    pub fn is_unsettled(&self, stream_seq: u64) -> bool {
        self.pending.contains_key(&stream_seq) || self.redeliveries.contains_key(&stream_seq)
    }

    /// When the next delivery runs out of time.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// When the last of the current deliveries runs out of time.
    pub fn last_deadline(&self) -> Option<Timestamp> {
        self.deadlines.last().map(|(at, _)| *at)
    }

    /// A first delivery. Returns its deadline.
    pub fn deliver(&mut self, stream_seq: u64, consumer_seq: u64, now: Timestamp) -> Timestamp {
        self.advance(stream_seq, consumer_seq);
        self.pending.insert(stream_seq, Pending { consumer_seq, since: now, deadline: None, ticket: None });
        let deadline = now + self.waits.after(0);
        self.set_deadline(stream_seq, Some(deadline));
        deadline
    }

    /// A first delivery that waits for its answer without end: ack policy flow control.
    pub fn deliver_untimed(&mut self, stream_seq: u64, consumer_seq: u64, now: Timestamp) {
        self.deliver(stream_seq, consumer_seq, now);
        self.set_deadline(stream_seq, None);
    }

    /// A delivery nobody will answer: ack policy none.
    pub fn deliver_settled(&mut self, stream_seq: u64, consumer_seq: u64) {
        self.advance(stream_seq, consumer_seq);
        self.floor = self.delivered;
    }

    fn advance(&mut self, stream_seq: u64, consumer_seq: u64) {
        self.delivered.consumer_seq = self.delivered.consumer_seq.max(consumer_seq);
        self.delivered.stream_seq = self.delivered.stream_seq.max(stream_seq);
    }

    /// The head of the redelivery queue and which delivery it would be.
    pub fn next_redelivery(&self) -> Option<(u64, u64)> {
        let stream_seq = *self.queue.first_key_value()?.1;
        let made = self.redeliveries.get(&stream_seq).copied().unwrap_or(0);
        Some((stream_seq, made + 2))
    }

    /// Sends the head of the queue again. Returns its new deadline.
    pub fn redeliver(&mut self, stream_seq: u64, consumer_seq: u64, now: Timestamp) -> Timestamp {
        self.advance(stream_seq, consumer_seq);
        let made = self.redeliveries.entry(stream_seq).or_insert(0);
        *made += 1;
        let deadline = now + self.waits.after(*made);
        self.unqueue(stream_seq);
        if let Some(pending) = self.pending.get_mut(&stream_seq) {
            pending.since = now;
        }
        self.set_deadline(stream_seq, Some(deadline));
        deadline
    }

    /// No more deliveries for this one. It stays known as unsettled, and the reported floor does not move.
    pub fn give_up(&mut self, stream_seq: u64) {
        self.forget(stream_seq);
        self.redeliveries.entry(stream_seq).or_insert(0);
    }

    /// Queues everything whose deadline has passed, ascending. Returns those sequences.
    pub fn expire(&mut self, now: Timestamp) -> Vec<u64> {
        let mut due = Vec::new();
        while let Some((_, stream_seq)) = self.deadlines.first().copied().filter(|(at, _)| *at <= now) {
            self.set_deadline(stream_seq, None);
            due.push(stream_seq);
        }
        due.sort_unstable();
        for &stream_seq in &due {
            self.enqueue(stream_seq);
        }
        due
    }

    /// Acknowledges `stream_seq` and moves the ack floor up to the next gap.
    ///
    /// Returns what was pending. An ack for a sequence that is not pending changes nothing but the record of a message
    /// that was given up; [`AckPending::is_unsettled`] tells beforehand.
    pub fn ack(&mut self, stream_seq: u64) -> Option<Pending> {
        let acked = self.forget(stream_seq);
        self.redeliveries.remove(&stream_seq);
        let acked = acked?;
        if self.pending.is_empty() {
            self.floor = self.delivered;
        } else if acked.consumer_seq == self.floor.consumer_seq + 1 {
            self.floor = Pair { consumer_seq: acked.consumer_seq, stream_seq };
            if let Some((next_seq, next)) = self.pending.range(stream_seq + 1..).next() {
                self.floor = Pair { consumer_seq: next.consumer_seq.saturating_sub(1), stream_seq: next_seq - 1 };
            }
        }
        Some(acked)
    }

    /// Acknowledges everything up to a delivery. Returns what was pending, ascending; nothing for an old delivery.
    pub fn ack_all(&mut self, stream_seq: u64, consumer_seq: u64) -> Vec<u64> {
        if consumer_seq <= self.floor.consumer_seq || stream_seq <= self.floor.stream_seq {
            return Vec::new();
        }
        let acked: Vec<u64> = self.pending.range(..=stream_seq).map(|(seq, _)| *seq).collect();
        for &seq in &acked {
            self.forget(seq);
        }
        self.redeliveries = self.redeliveries.split_off(&(stream_seq + 1));
        self.floor = Pair { consumer_seq, stream_seq };
        acked
    }

    /// Asks for `stream_seq` again, at once or after `delay`. Returns whether it is pending.
    pub fn nak(&mut self, stream_seq: u64, delay: Option<Duration>, now: Timestamp) -> bool {
        if !self.pending.contains_key(&stream_seq) {
            return false;
        }
        match delay {
            None => {
                self.set_deadline(stream_seq, None);
                self.enqueue(stream_seq);
            }
            Some(delay) => {
                let made = self.redeliveries.get(&stream_seq).copied().unwrap_or(0);
                self.set_deadline(stream_seq, Some(now + delay + self.waits.extra(made)));
            }
        }
        true
    }

    /// Work on `stream_seq` goes on: its time starts anew. Returns the new deadline.
    pub fn progress(&mut self, stream_seq: u64, now: Timestamp) -> Option<Timestamp> {
        let made = self.redeliveries.get(&stream_seq).copied().unwrap_or(0);
        let deadline = now + self.waits.after(made);
        let pending = self.pending.get_mut(&stream_seq)?;
        pending.since = now;
        if pending.ticket.is_none() {
            self.set_deadline(stream_seq, Some(deadline));
        }
        Some(deadline)
    }

    /// New waits, for what is already out too.
    pub fn set_waits(&mut self, waits: Waits) {
        self.waits = waits;
        let running: Vec<u64> = self.deadlines.iter().map(|(_, seq)| *seq).collect();
        for stream_seq in running {
            let made = self.redeliveries.get(&stream_seq).copied().unwrap_or(0);
            let deadline = self.pending.get(&stream_seq).map(|pending| pending.since + self.waits.after(made));
            self.set_deadline(stream_seq, deadline);
        }
    }

    /// The stream now starts at `first_seq` and has let go of whatever `is_gone` says.
    pub fn purge(&mut self, first_seq: u64, is_gone: impl Fn(u64) -> bool) {
        let gone: Vec<u64> = self.pending.keys().copied().filter(|&seq| is_gone(seq)).collect();
        let mut highest = self.floor.consumer_seq;
        for seq in gone {
            let dropped = self.forget(seq);
            highest = highest.max(dropped.map_or(0, |pending| pending.consumer_seq));
        }
        self.redeliveries.retain(|&seq, _| !is_gone(seq));
        let last_gone = first_seq.saturating_sub(1);
        if self.floor.stream_seq < last_gone {
            self.floor = Pair { consumer_seq: highest, stream_seq: last_gone };
            self.delivered.stream_seq = self.delivered.stream_seq.max(last_gone);
        }
    }

    fn forget(&mut self, stream_seq: u64) -> Option<Pending> {
        self.set_deadline(stream_seq, None);
        self.unqueue(stream_seq);
        self.pending.remove(&stream_seq)
    }

    fn set_deadline(&mut self, stream_seq: u64, deadline: Option<Timestamp>) {
        let Some(pending) = self.pending.get_mut(&stream_seq) else { return };
        if let Some(old) = std::mem::replace(&mut pending.deadline, deadline) {
            self.deadlines.remove(&(old, stream_seq));
        }
        if let Some(new) = deadline {
            self.deadlines.insert((new, stream_seq));
        }
    }

    fn enqueue(&mut self, stream_seq: u64) {
        let Some(pending) = self.pending.get_mut(&stream_seq) else { return };
        if pending.ticket.is_none() {
            pending.ticket = Some(self.next_ticket);
            self.queue.insert(self.next_ticket, stream_seq);
            self.next_ticket += 1;
        }
    }

    fn unqueue(&mut self, stream_seq: u64) {
        let Some(pending) = self.pending.get_mut(&stream_seq) else { return };
        if let Some(ticket) = pending.ticket.take() {
            self.queue.remove(&ticket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp(0);

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn five_delivered() -> AckPending {
        let mut acks = AckPending::new(1, Waits { ack_wait: secs(30), backoff: Vec::new() });
        for seq in 1..=5 {
            acks.deliver(seq, seq, T0);
        }
        acks
    }

    fn floor(acks: &AckPending) -> (u64, u64) {
        (acks.floor().consumer_seq, acks.floor().stream_seq)
    }

    #[test]
    fn floor_waits_for_the_gap_and_jumps() {
        let mut acks = five_delivered();
        for (ack, expected) in [(2, (0, 0)), (1, (2, 2)), (4, (2, 2)), (3, (4, 4)), (5, (5, 5))] {
            acks.ack(ack);
            assert_eq!(floor(&acks), expected, "after ack {ack}");
        }
    }

    #[test]
    fn floor_counts_first_deliveries() {
        let mut acks = AckPending::new(1, Waits { ack_wait: secs(30), backoff: Vec::new() });
        for seq in 1..=3 {
            acks.deliver(seq, seq, T0);
        }
        assert!(acks.nak(2, None, T0));
        assert_eq!(acks.next_redelivery(), Some((2, 2)));
        acks.redeliver(2, 4, T0);
        acks.ack(1);
        acks.ack(2);
        assert_eq!(floor(&acks), (2, 2));
        acks.ack(3);
        assert_eq!(floor(&acks), (4, 3));
        assert_eq!(acks.delivered(), Pair { consumer_seq: 4, stream_seq: 3 });
        assert_eq!(acks.num_redelivered(), 0);
    }

    #[test]
    fn acking_twice_or_nothing_changes_nothing() {
        let mut acks = five_delivered();
        assert!(acks.ack(1).is_some());
        assert!(acks.ack(1).is_none());
        assert!(acks.ack(77).is_none());
        assert_eq!((floor(&acks), acks.len()), ((1, 1), 4));
    }

    #[test]
    fn ack_all_takes_the_lower_ones_along() {
        let mut acks = five_delivered();
        assert_eq!(acks.ack_all(3, 3), [1, 2, 3]);
        assert_eq!((floor(&acks), acks.len()), ((3, 3), 2));
        assert!(acks.ack_all(2, 2).is_empty());
    }

    #[test]
    fn expired_together_come_back_in_stream_order() {
        let mut acks = AckPending::new(1, Waits { ack_wait: secs(30), backoff: Vec::new() });
        for (cseq, seq) in [7, 3, 5].into_iter().enumerate() {
            acks.deliver(seq, cseq as u64 + 1, T0);
        }
        assert_eq!(acks.deadline(), Some(at(30)));
        assert!(acks.expire(at(29)).is_empty());
        assert_eq!(acks.expire(at(30)), [3, 5, 7]);
        assert_eq!((acks.len(), acks.num_queued(), acks.deadline()), (3, 3, None));
        assert!(acks.expire(at(99)).is_empty(), "queued ones do not expire again");
    }

    #[test]
    fn naks_come_back_in_the_order_of_the_naks_and_acks_leave_the_queue() {
        let mut acks = five_delivered();
        for seq in [4, 2, 5] {
            acks.nak(seq, None, T0);
        }
        acks.nak(4, None, T0);
        acks.ack(2);
        let mut order = Vec::new();
        while let Some((seq, _)) = acks.next_redelivery() {
            order.push(seq);
            acks.redeliver(seq, 6, T0);
        }
        assert_eq!(order, [4, 5]);
    }

    #[test]
    fn backoff_sets_the_gaps_and_repeats_its_last_step() {
        let mut acks = AckPending::new(1, Waits { ack_wait: secs(1), backoff: vec![secs(1), secs(5)] });
        let mut now = acks.deliver(1, 1, T0);
        let mut gaps = vec![now.since(T0).as_secs()];
        for consumer_seq in 2..5 {
            acks.expire(now);
            let deadline = acks.redeliver(1, consumer_seq, now);
            gaps.push(deadline.since(now).as_secs());
            now = deadline;
        }
        assert_eq!(gaps, [1, 5, 5, 5]);
    }

    #[test]
    fn delayed_nak_adds_the_backoff_step() {
        let mut acks = AckPending::new(1, Waits { ack_wait: secs(1), backoff: vec![secs(1), secs(5)] });
        acks.deliver(1, 1, T0);
        acks.nak(1, Some(secs(2)), T0);
        assert_eq!(acks.deadline(), Some(at(2)));
        acks.expire(at(2));
        acks.redeliver(1, 2, at(2));
        acks.nak(1, Some(secs(2)), at(2));
        assert_eq!(acks.deadline(), Some(at(2 + 2 + 4)));
    }

    #[test]
    fn progress_starts_the_time_anew() {
        let mut acks = five_delivered();
        assert_eq!(acks.progress(3, at(20)), Some(at(50)));
        assert_eq!(acks.expire(at(30)), [1, 2, 4, 5]);
        assert_eq!(acks.progress(9, at(20)), None);
    }

    #[test]
    fn given_up_leaves_the_floor_and_stays_unsettled() {
        let mut acks = five_delivered();
        acks.give_up(1);
        acks.ack(2);
        assert_eq!((floor(&acks), acks.len(), acks.num_redelivered()), ((0, 0), 3, 1));
        assert!(acks.is_unsettled(1));
        for seq in 3..=5 {
            acks.ack(seq);
        }
        assert_eq!(floor(&acks), (5, 5));
        acks.ack(1);
        assert!(!acks.is_unsettled(1));
    }

    #[test]
    fn purge_drops_what_is_gone() {
        let mut acks = five_delivered();
        acks.purge(4, |seq| seq < 4);
        assert_eq!((floor(&acks), acks.len()), ((3, 3), 2));
        acks.purge(9, |_| true);
        assert_eq!((floor(&acks), acks.delivered().stream_seq, acks.deadline()), ((5, 8), 8, None));
    }

    #[test]
    fn new_waits_apply_to_what_is_out() {
        let mut acks = five_delivered();
        acks.set_waits(Waits { ack_wait: secs(2), backoff: Vec::new() });
        assert_eq!(acks.expire(at(2)).len(), 5);
    }
}
