//! Deliveries that wait for an acknowledgement.
//!
//! Knows sequences, deadlines and delivery counts; never subjects or payloads. Each pending message has one deadline.
//! When it passes (or a nak asks for it) the message joins the redelivery queue and stays pending: it keeps its place
//! under `max_ack_pending` until it is acknowledged, terminated or given up.
//! The way in is [`AckPending::deliver`] and [`AckPending::ack`]; [`AckPending::deadline`] says when to look again.
//!
//! The ack floor is the highest pair below which nothing is pending. It is counted with the *first* delivery of each
//! message, so a redelivery does not hold it back, and when nothing is pending it is where the consumer stands. What is
//! reported is not this one but the one written down, see `record.rs`.
//! Source: nats-server `server/consumer.go`, `processAckMsg`, `getNextMsg` and `checkPending`, observed.

use crate::pack::Pack;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A place in both countings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pack)]
pub(super) struct Pair {
    pub consumer_seq: u64,
    pub stream_seq: u64,
}

/// How long a delivery waits for its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Pack)]
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
}

/// One message out for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pack)]
pub(super) struct Pending {
    /// Of the first delivery.
    pub consumer_seq: u64,
    /// Of the last delivery, or the last word that work is in progress.
    pub since: Timestamp,
    deadline: Option<Timestamp>,
}

impl Pending {
    /// When it is due again.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }
}

#[derive(Clone, Debug, Default, Pack)]
pub(super) struct AckPending {
    waits: Waits,
    floor: Pair,
    pending: BTreeMap<u64, Pending>,
    deadlines: BTreeSet<(Timestamp, u64)>,
    /// Redeliveries begun so far. Outlives `pending` for messages that were given up.
    redeliveries: BTreeMap<u64, u64>,
    /// What is to be sent again, in order, by ticket; and the ticket of each.
    queue: BTreeMap<u64, u64>,
    tickets: BTreeMap<u64, u64>,
    next_ticket: u64,
}

impl AckPending {
    /// Nothing delivered; the first delivery will be of `start_seq` or later.
    pub fn new(start_seq: u64, waits: Waits) -> AckPending {
        let floor = Pair { consumer_seq: 0, stream_seq: start_seq.saturating_sub(1) };
        AckPending { waits, floor, ..AckPending::default() }
    }

    pub fn floor(&self) -> Pair {
        self.floor
    }

    pub fn set_floor(&mut self, floor: Pair) {
        self.floor = floor;
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

    /// Everything pending by stream sequence, ascending.
    pub fn all(&self) -> impl Iterator<Item = (u64, &Pending)> {
        self.pending.iter().map(|(&seq, pending)| (seq, pending))
    }

    /// How often each message was sent again, ascending.
    pub fn all_redelivered(&self) -> impl Iterator<Item = (u64, u64)> {
        self.redeliveries.iter().map(|(&seq, &times)| (seq, times))
    }

    /// Starts where another one left: `pending` as (stream sequence, consumer sequence, since).
    pub fn restore(&mut self, floor: Pair, pending: &[(u64, u64, Timestamp)], redelivered: &[(u64, u64)]) {
        *self = AckPending { waits: std::mem::take(&mut self.waits), floor, ..AckPending::default() };
        self.redeliveries = redelivered.iter().copied().collect();
        for &(stream_seq, consumer_seq, since) in pending {
            self.track(stream_seq, consumer_seq, since);
        }
    }

    /// Messages that were delivered more than once and are not settled, given-up ones included.
    pub fn num_redelivered(&self) -> usize {
        self.redeliveries.len()
    }

    /// Redeliveries so far, at least one: what the server takes for the number of deliveries.
    pub fn deliveries_so_far(&self, stream_seq: u64) -> u64 {
        self.made(stream_seq).max(1)
    }

    /// How often a pending message was delivered.
    pub fn deliveries(&self, stream_seq: u64) -> u64 {
        self.made(stream_seq) + 1
    }

    /// Messages waiting to be sent again.
    pub fn num_queued(&self) -> usize {
        self.queue.len()
    }

    pub fn is_queued(&self, stream_seq: u64) -> bool {
        self.tickets.contains_key(&stream_seq)
    }

    /// Sent again, or given up, and no answer has settled it.
    pub fn is_redelivered(&self, stream_seq: u64) -> bool {
        self.redeliveries.contains_key(&stream_seq)
    }

    /// When the next delivery runs out of time.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// When the last of the current deliveries runs out of time.
    pub fn last_deadline(&self) -> Option<Timestamp> {
        self.deadlines.last().map(|(at, _)| *at)
    }

    /// A delivery, the first one or a later one. Returns its deadline.
    pub fn track(&mut self, stream_seq: u64, consumer_seq: u64, now: Timestamp) -> Timestamp {
        let new = Pending { consumer_seq, since: now, deadline: None };
        self.pending.entry(stream_seq).or_insert(new).since = now;
        let deadline = now + self.waits.after(self.made(stream_seq));
        self.set_deadline(stream_seq, Some(deadline));
        deadline
    }

    /// A delivery that waits for its answer without end: ack policy flow control.
    pub fn track_untimed(&mut self, stream_seq: u64, consumer_seq: u64, now: Timestamp) {
        self.track(stream_seq, consumer_seq, now);
        self.set_deadline(stream_seq, None);
    }

    fn made(&self, stream_seq: u64) -> u64 {
        self.redeliveries.get(&stream_seq).copied().unwrap_or(0)
    }

    /// Takes the head of the redelivery queue.
    pub fn next_redelivery(&mut self) -> Option<u64> {
        let (_, stream_seq) = self.queue.pop_first()?;
        self.tickets.remove(&stream_seq);
        Some(stream_seq)
    }

    /// One more redelivery begins. Returns which delivery it is.
    pub fn count_redelivery(&mut self, stream_seq: u64) -> u64 {
        let made = self.redeliveries.entry(stream_seq).or_insert(0);
        *made += 1;
        *made + 1
    }

    /// It did not take place.
    pub fn uncount_redelivery(&mut self, stream_seq: u64) {
        match self.redeliveries.get_mut(&stream_seq) {
            Some(made) if *made > 1 => *made -= 1,
            _ => drop(self.redeliveries.remove(&stream_seq)),
        }
    }

    pub fn set_redeliveries(&mut self, stream_seq: u64, made: u64) {
        self.redeliveries.insert(stream_seq, made);
    }

    /// Queues everything pending for another delivery, ascending. Returns those sequences.
    pub fn expire(&mut self, now: Timestamp) -> Vec<u64> {
        let mut due = Vec::new();
        while let Some((_, stream_seq)) = self.deadlines.first().copied().filter(|(at, _)| *at <= now) {
            self.set_deadline(stream_seq, None);
            due.push(stream_seq);
        }
        due.sort_unstable();
        due
    }

    /// Nobody answered in time: to be sent again, its time starts anew.
    pub fn expired(&mut self, stream_seq: u64, now: Timestamp) {
        if let Some(pending) = self.pending.get_mut(&stream_seq) {
            pending.since = now;
        }
        self.enqueue(stream_seq);
    }

    /// Acknowledges `stream_seq` and moves the ack floor up to the next gap; `here` is where the consumer stands.
    ///
    /// Returns what was pending. Of one that was given up, only the record goes.
    pub fn ack(&mut self, stream_seq: u64, here: Pair) -> Option<Pending> {
        let acked = self.drop_pending(stream_seq, here);
        self.redeliveries.remove(&stream_seq);
        self.unqueue(stream_seq);
        acked
    }

    /// No more deliveries of this one are waited for. It stays known as redelivered.
    pub fn drop_pending(&mut self, stream_seq: u64, here: Pair) -> Option<Pending> {
        let dropped = self.forget(stream_seq)?;
        if self.pending.is_empty() {
            self.floor = here;
        } else if dropped.consumer_seq == self.floor.consumer_seq + 1 {
            self.floor = Pair { consumer_seq: dropped.consumer_seq, stream_seq };
            if let Some((next_seq, next)) = self.pending.range(stream_seq + 1..).next()
                && next.consumer_seq > 0
            {
                self.floor = Pair { consumer_seq: next.consumer_seq - 1, stream_seq: next_seq - 1 };
            }
        }
        Some(dropped)
    }

    /// Acknowledges everything up to a delivery. Returns what was pending below it; `None` for an old delivery.
    pub fn ack_all(&mut self, stream_seq: u64, consumer_seq: u64) -> Option<Vec<u64>> {
        if consumer_seq <= self.floor.consumer_seq || stream_seq <= self.floor.stream_seq {
            return None;
        }
        let acked: Vec<u64> = self.pending.range(..=stream_seq).map(|(seq, _)| *seq).collect();
        // As on the server: a long way up only what is pending is looked at, a short way every sequence.
        let is_long = stream_seq - self.floor.stream_seq > self.pending.len() as u64;
        let mut gone = acked.clone();
        if !is_long {
            gone = (self.floor.stream_seq + 1..=stream_seq).rev().collect();
        }
        for seq in gone {
            if !is_long && self.pending.is_empty() {
                break;
            }
            self.forget(seq);
            self.unqueue(seq);
            self.redeliveries.remove(&seq);
        }
        self.floor = Pair { consumer_seq, stream_seq };
        Some(acked)
    }

    /// Asks for `stream_seq` again, at once or after `delay` (but not before `earliest`). Returns whether it is pending.
    pub fn nak(&mut self, stream_seq: u64, delay: Option<Duration>, earliest: Duration, now: Timestamp) -> bool {
        let made = self.made(stream_seq);
        let Some(pending) = self.pending.get_mut(&stream_seq) else { return false };
        match delay {
            None => self.enqueue(stream_seq),
            Some(delay) => {
                pending.since = now + delay - self.waits.after(0);
                let deadline = (pending.since + self.waits.after(made)).max(now + earliest);
                self.unqueue(stream_seq);
                self.set_deadline(stream_seq, Some(deadline));
            }
        }
        true
    }

    /// Work on `stream_seq` goes on: its time starts anew. Returns the new deadline.
    pub fn progress(&mut self, stream_seq: u64, now: Timestamp) -> Option<Timestamp> {
        let deadline = now + self.waits.after(self.made(stream_seq));
        self.pending.get_mut(&stream_seq)?.since = now;
        if !self.is_queued(stream_seq) {
            self.set_deadline(stream_seq, Some(deadline));
        }
        Some(deadline)
    }

    /// New waits, for what is already out too.
    pub fn set_waits(&mut self, waits: Waits) {
        self.waits = waits;
        let running: Vec<u64> = self.deadlines.iter().map(|(_, seq)| *seq).collect();
        for stream_seq in running {
            let wait = self.waits.after(self.made(stream_seq));
            let deadline = self.pending.get(&stream_seq).map(|pending| pending.since + wait);
            self.set_deadline(stream_seq, deadline);
        }
    }

    /// Lets go of one pending message without moving the floor.
    pub fn forget(&mut self, stream_seq: u64) -> Option<Pending> {
        self.set_deadline(stream_seq, None);
        self.pending.remove(&stream_seq)
    }

    pub fn forget_redeliveries(&mut self, stream_seq: u64) -> bool {
        self.redeliveries.remove(&stream_seq).is_some()
    }

    pub fn forget_redeliveries_below(&mut self, stream_seq: u64) {
        let kept = self.redeliveries.split_off(&stream_seq);
        for seq in std::mem::replace(&mut self.redeliveries, kept).into_keys() {
            self.unqueue(seq);
        }
    }

    /// Nothing is out any more: forgets the counts and stands `here`.
    pub fn clear_counts(&mut self, here: Pair) {
        self.redeliveries.clear();
        self.floor = here;
    }

    /// Of what is queued only messages from `stream_seq` on stay there.
    pub fn unqueue_below(&mut self, stream_seq: u64) {
        let gone: Vec<u64> = self.tickets.range(..stream_seq).map(|(seq, _)| *seq).collect();
        for seq in gone {
            self.unqueue(seq);
            let deadline = self.pending.get(&seq).map(|pending| pending.since + self.waits.after(self.made(seq)));
            self.set_deadline(seq, deadline);
        }
    }

    pub fn enqueue(&mut self, stream_seq: u64) {
        self.set_deadline(stream_seq, None);
        if !self.is_queued(stream_seq) {
            self.tickets.insert(stream_seq, self.next_ticket);
            self.queue.insert(self.next_ticket, stream_seq);
            self.next_ticket += 1;
        }
    }

    pub fn unqueue(&mut self, stream_seq: u64) {
        if let Some(ticket) = self.tickets.remove(&stream_seq) {
            self.queue.remove(&ticket);
        }
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
            acks.track(seq, seq, T0);
        }
        acks
    }

    const SOON: Duration = Duration::from_millis(10);

    fn here(consumer_seq: u64, stream_seq: u64) -> Pair {
        Pair { consumer_seq, stream_seq }
    }

    fn redeliver(acks: &mut AckPending, now: Timestamp) -> Option<(u64, u64)> {
        let seq = acks.next_redelivery()?;
        let deliveries = acks.count_redelivery(seq);
        acks.track(seq, 99, now);
        Some((seq, deliveries))
    }

    fn floor(acks: &AckPending) -> (u64, u64) {
        (acks.floor().consumer_seq, acks.floor().stream_seq)
    }

    #[test]
    fn floor_waits_for_the_gap_and_jumps() {
        let mut acks = five_delivered();
        for (ack, expected) in [(2, (0, 0)), (1, (2, 2)), (4, (2, 2)), (3, (4, 4)), (5, (5, 5))] {
            acks.ack(ack, here(5, 5));
            assert_eq!(floor(&acks), expected, "after ack {ack}");
        }
    }

    #[test]
    fn floor_counts_first_deliveries() {
        let mut acks = AckPending::new(1, Waits { ack_wait: secs(30), backoff: Vec::new() });
        for seq in 1..=3 {
            acks.track(seq, seq, T0);
        }
        assert!(acks.nak(2, None, SOON, T0));
        assert_eq!(redeliver(&mut acks, T0), Some((2, 2)));
        acks.ack(1, here(4, 3));
        acks.ack(2, here(4, 3));
        assert_eq!(floor(&acks), (2, 2));
        acks.ack(3, here(4, 3));
        assert_eq!(floor(&acks), (4, 3));
        assert_eq!(acks.num_redelivered(), 0);
    }

    #[test]
    fn acking_twice_or_nothing_changes_nothing() {
        let mut acks = five_delivered();
        assert!(acks.ack(1, here(5, 5)).is_some());
        assert!(acks.ack(1, here(5, 5)).is_none());
        assert!(acks.ack(77, here(5, 5)).is_none());
        assert_eq!((floor(&acks), acks.len()), ((1, 1), 4));
    }

    #[test]
    fn ack_all_takes_the_lower_ones_along() {
        let mut acks = five_delivered();
        assert_eq!(acks.ack_all(3, 3), Some(vec![1, 2, 3]));
        assert_eq!((floor(&acks), acks.len()), ((3, 3), 2));
        assert_eq!(acks.ack_all(2, 2), None);
    }

    #[test]
    fn expired_together_come_back_in_stream_order() {
        let mut acks = AckPending::new(1, Waits { ack_wait: secs(30), backoff: Vec::new() });
        for (cseq, seq) in [7, 3, 5].into_iter().enumerate() {
            acks.track(seq, cseq as u64 + 1, T0);
        }
        assert_eq!(acks.deadline(), Some(at(30)));
        assert!(acks.expire(at(29)).is_empty());
        let due = acks.expire(at(30));
        assert_eq!(due, [3, 5, 7]);
        due.into_iter().for_each(|seq| acks.expired(seq, at(30)));
        assert_eq!((acks.len(), acks.num_queued(), acks.deadline()), (3, 3, None));
        assert!(acks.expire(at(99)).is_empty(), "queued ones do not expire again");
    }

    #[test]
    fn naks_come_back_in_the_order_of_the_naks_and_acks_leave_the_queue() {
        let mut acks = five_delivered();
        for seq in [4, 2, 5] {
            acks.nak(seq, None, SOON, T0);
        }
        acks.nak(4, None, SOON, T0);
        acks.ack(2, here(5, 5));
        let order: Vec<_> = std::iter::from_fn(|| redeliver(&mut acks, T0)).map(|(seq, _)| seq).collect();
        assert_eq!(order, [4, 5]);
    }

    #[test]
    fn backoff_sets_the_gaps_and_repeats_its_last_step() {
        let mut acks = AckPending::new(1, Waits { ack_wait: secs(1), backoff: vec![secs(1), secs(5)] });
        let mut now = acks.track(1, 1, T0);
        let mut gaps = vec![now.since(T0).as_secs()];
        for _ in 2..5 {
            acks.expire(now).into_iter().for_each(|seq| acks.expired(seq, now));
            redeliver(&mut acks, now);
            let deadline = acks.deadline().unwrap();
            gaps.push(deadline.since(now).as_secs());
            now = deadline;
        }
        assert_eq!(gaps, [1, 5, 5, 5]);
    }

    #[test]
    fn delayed_nak_adds_the_backoff_step() {
        let mut acks = AckPending::new(1, Waits { ack_wait: secs(1), backoff: vec![secs(1), secs(5)] });
        acks.track(1, 1, T0);
        acks.nak(1, Some(secs(2)), SOON, T0);
        assert_eq!(acks.deadline(), Some(at(2)));
        acks.expire(at(2)).into_iter().for_each(|seq| acks.expired(seq, at(2)));
        redeliver(&mut acks, at(2));
        acks.nak(1, Some(secs(2)), SOON, at(2));
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
    fn given_up_counts_as_redelivered_until_answered() {
        let mut acks = five_delivered();
        acks.drop_pending(1, here(5, 5));
        acks.set_redeliveries(1, 1);
        acks.ack(2, here(5, 5));
        assert_eq!((floor(&acks), acks.len(), acks.num_redelivered()), ((2, 2), 3, 1));
        acks.ack(1, here(5, 5));
        assert!(!acks.is_redelivered(1));
    }

    #[test]
    fn what_was_taken_back_before_it_was_ever_sent_counts_as_sent() {
        let mut acks = five_delivered();
        acks.uncount_redelivery(6);
        acks.enqueue(6);
        assert_eq!(acks.num_redelivered(), 0);
        assert_eq!(acks.next_redelivery().map(|seq| acks.count_redelivery(seq)), Some(2));
    }

    #[test]
    fn new_waits_apply_to_what_is_out() {
        let mut acks = five_delivered();
        acks.set_waits(Waits { ack_wait: secs(2), backoff: Vec::new() });
        assert_eq!(acks.expire(at(2)).len(), 5);
    }
}
