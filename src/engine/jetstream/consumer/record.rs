//! What a consumer writes down about where it stands: the state its store keeps, and the one it reports.
//!
//! It runs beside what really goes on (the position and `ack_pending.rs`) and mostly agrees with it. Where the two part,
//! clients see this one: a position that only skipped messages is not written down, a message given up holds the floor.
//! Knows sequences only. The way in is [`Record::delivered`], [`Record::acked`] and [`Record::replace`].
//! Source: nats-server 2.15.1 `server/memstore.go` and `server/filestore.go`, consumer stores, observed.

use super::ack_pending::Pair;
use crate::api::AckPolicy;
use crate::pack::Pack;
use std::collections::BTreeMap;

/// What the rules need to know of the configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub ack_policy: AckPolicy,
    pub max_deliver: Option<u64>,
}

#[derive(Clone, Debug, Default, Pack)]
pub(super) struct Record {
    delivered: Pair,
    floor: Pair,
    /// Consumer sequences of what waits for an answer, by stream sequence.
    pending: BTreeMap<u64, u64>,
    /// Kept as a file is: it is there even before anything is in it.
    is_file: bool,
}

impl Record {
    pub fn new(start_seq: u64, is_file: bool) -> Record {
        let start = Pair { consumer_seq: 0, stream_seq: start_seq.saturating_sub(1) };
        Record { delivered: start, floor: start, pending: BTreeMap::new(), is_file }
    }

    /// Starts over before `start_seq`.
    pub fn reset(&mut self, start_seq: u64) {
        *self = Record::new(start_seq, self.is_file);
    }

    /// The highest delivery; `None` as long as there is nothing to go by.
    pub fn last_delivered(&self) -> Option<Pair> {
        (self.is_file || self.delivered != Pair::default()).then_some(self.delivered)
    }

    pub fn highest(&self) -> Pair {
        self.delivered
    }

    pub fn floor(&self) -> Pair {
        self.floor
    }

    pub fn is_pending(&self, stream_seq: u64) -> bool {
        self.pending.contains_key(&stream_seq)
    }

    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// A delivery, the `deliveries`th of its message, or word of one under its first consumer sequence.
    pub fn delivered(&mut self, rules: Rules, consumer_seq: u64, stream_seq: u64, deliveries: u64) {
        let is_untracked = rules.ack_policy == AckPolicy::None;
        if (is_untracked && deliveries != 1) || consumer_seq <= self.floor.consumer_seq {
            return;
        }
        if !is_untracked && stream_seq > self.delivered.stream_seq {
            self.pending.insert(stream_seq, consumer_seq);
        }
        let is_new = (consumer_seq > self.delivered.consumer_seq, stream_seq > self.delivered.stream_seq);
        self.delivered.consumer_seq = self.delivered.consumer_seq.max(consumer_seq);
        self.delivered.stream_seq = self.delivered.stream_seq.max(stream_seq);
        if is_untracked {
            self.floor.consumer_seq = if is_new.0 { consumer_seq } else { self.floor.consumer_seq };
            self.floor.stream_seq = if is_new.1 { stream_seq } else { self.floor.stream_seq };
        } else if deliveries > 1 && rules.max_deliver.is_some_and(|limit| deliveries > limit) {
            self.pending.remove(&stream_seq);
        }
    }

    /// An acknowledgement under the consumer sequence of its first delivery.
    pub fn acked(&mut self, rules: Rules, consumer_seq: u64, stream_seq: u64) {
        if rules.ack_policy == AckPolicy::None || consumer_seq <= self.floor.consumer_seq {
            return;
        }
        let Some(&first) = self.pending.get(&stream_seq) else { return };
        if rules.ack_policy != AckPolicy::Explicit {
            self.floor = Pair { consumer_seq, stream_seq };
            self.pending = self.pending.split_off(&(stream_seq + 1));
            return;
        }
        self.pending.remove(&stream_seq);
        let consumer_seq = if first > 0 { consumer_seq.min(first) } else { consumer_seq };
        if self.pending.is_empty() {
            self.floor = self.delivered;
        } else if consumer_seq == self.floor.consumer_seq + 1 {
            self.floor = Pair { consumer_seq, stream_seq };
            if let Some((&next_seq, &next)) = self.pending.range(stream_seq + 1..).next()
                && self.delivered.consumer_seq > consumer_seq
                && next > 0
            {
                self.floor = Pair { consumer_seq: next - 1, stream_seq: next_seq - 1 };
            }
        }
    }

    /// Takes over what is really so. Refused, as by the server, when it contradicts itself or goes back.
    pub fn replace(&mut self, delivered: Pair, floor: Pair, pending: BTreeMap<u64, u64>) {
        let contradicts = floor.consumer_seq > delivered.consumer_seq
            || floor.stream_seq > delivered.stream_seq
            || pending.keys().any(|seq| *seq <= floor.stream_seq || *seq > delivered.stream_seq);
        let goes_back =
            delivered.consumer_seq < self.delivered.consumer_seq || floor.stream_seq < self.floor.stream_seq;
        if !contradicts && !goes_back {
            *self = Record { delivered, floor, pending, is_file: self.is_file };
        }
    }

    /// Takes over what a backup says.
    pub fn restore(&mut self, delivered: Pair, floor: Pair, pending: BTreeMap<u64, u64>) {
        *self = Record { delivered, floor, pending, is_file: self.is_file };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPLICIT: Rules = Rules { ack_policy: AckPolicy::Explicit, max_deliver: None };

    fn three_delivered(rules: Rules) -> Record {
        let mut record = Record::new(1, false);
        (1..=3).for_each(|seq| record.delivered(rules, seq, seq, 1));
        record
    }

    fn floor(record: &Record) -> (u64, u64) {
        (record.floor().consumer_seq, record.floor().stream_seq)
    }

    #[test]
    fn in_memory_there_is_nothing_before_the_first_delivery() {
        assert_eq!(Record::new(1, false).last_delivered(), None);
        assert_eq!(Record::new(1, true).last_delivered(), Some(Pair::default()));
        assert!(Record::new(5, false).last_delivered().is_some());
    }

    #[test]
    fn the_floor_waits_for_the_gap() {
        let mut record = three_delivered(EXPLICIT);
        for (ack, expected) in [(2, (0, 0)), (1, (2, 2)), (3, (3, 3))] {
            record.acked(EXPLICIT, ack, ack);
            assert_eq!(floor(&record), expected, "after {ack}");
        }
    }

    #[test]
    fn a_message_given_up_does_not_move_the_floor() {
        let rules = Rules { max_deliver: Some(1), ..EXPLICIT };
        let mut record = three_delivered(rules);
        record.delivered(rules, 1, 1, 2);
        assert_eq!((floor(&record), record.is_pending(1)), ((0, 0), false));
    }

    #[test]
    fn what_goes_back_or_contradicts_itself_is_refused() {
        let mut record = three_delivered(EXPLICIT);
        let at = |consumer_seq, stream_seq| Pair { consumer_seq, stream_seq };
        record.replace(at(2, 9), at(2, 9), BTreeMap::new());
        record.replace(at(3, 9), at(4, 9), BTreeMap::new());
        record.replace(at(3, 9), at(3, 9), BTreeMap::from([(9, 3)]));
        assert_eq!(record.highest(), at(3, 3));
        record.replace(at(3, 9), at(3, 9), BTreeMap::new());
        assert_eq!((record.highest(), record.floor()), (at(3, 9), at(3, 9)));
    }
}
