//! What came of messages in the outside world: done, done twice, or lost.
//!
//! A key is what a message asked for, so the same order sent twice is one key. Lost is what a consumer gave up on, or a
//! limit dropped, before anything was done about it; doing it later fills the hole.

use crate::engine::{Fact, Name, RemovalReason};
use crate::flow::scene::{self, MAX_STAMPS, Stamp};
use crate::flow::words;
use std::collections::VecDeque;

/// Keys remembered; older ones are only counted.
const KEPT: usize = 1_000;

#[derive(Clone, Debug, Default)]
pub struct Ledger {
    stamps: VecDeque<Stamp>,
    forgotten: u64,
    repeated: u64,
    lost: u64,
    /// Streams whose messages somebody works on.
    streams: Vec<Name>,
}

impl Ledger {
    pub fn effect(&mut self, stream: &Name, stream_seq: u64, key: &str) {
        if !self.streams.contains(stream) {
            self.streams.push(stream.clone());
        }
        let is_it = |stamp: &Stamp| {
            stamp.stream == *stream && (stamp.stream_seq == stream_seq || stamp.effects > 0 && stamp.key == key)
        };
        let Some(stamp) = self.stamps.iter_mut().rev().find(|stamp| is_it(stamp)) else {
            return self.push(Stamp { key: key.to_owned(), stream: stream.clone(), stream_seq, effects: 1 });
        };
        self.lost -= u64::from(stamp.effects == 0);
        self.repeated += u64::from(stamp.effects == 1);
        stamp.effects += 1;
        stamp.key = key.to_owned();
    }

    pub fn fact(&mut self, fact: &Fact) {
        use RemovalReason::{Age, Bytes, Count, Ttl};
        match fact {
            Fact::GivenUp { stream, stream_seq, .. } => self.lose(stream, *stream_seq),
            Fact::Removed { stream, stream_seq, reason: Age | Bytes | Count | Ttl }
                if self.streams.contains(stream) =>
            {
                self.lose(stream, *stream_seq);
            }
            _ => {}
        }
    }

    fn lose(&mut self, stream: &Name, stream_seq: u64) {
        let known = |stamp: &Stamp| stamp.stream == *stream && stamp.stream_seq == stream_seq;
        if self.stamps.iter().rev().any(known) {
            return;
        }
        self.lost += 1;
        let key = format!("message {}", words::figure(stream_seq));
        self.push(Stamp { key, stream: stream.clone(), stream_seq, effects: 0 });
    }

    fn push(&mut self, stamp: Stamp) {
        if self.stamps.len() == KEPT {
            self.stamps.pop_front();
            self.forgotten += 1;
        }
        self.stamps.push_back(stamp);
    }

    /// Nothing before a worker has done something: who only reads has no ledger.
    pub fn seen(&self) -> Option<scene::Ledger> {
        if self.streams.is_empty() {
            return None;
        }
        let hidden = self.stamps.len().saturating_sub(MAX_STAMPS);
        Some(scene::Ledger {
            stamps: self.stamps.iter().skip(hidden).cloned().collect(),
            earlier: self.forgotten + hidden as u64,
            keys: self.forgotten + self.stamps.len() as u64,
            repeated: self.repeated,
            lost: self.lost,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ledger: &Ledger) -> String {
        let seen = ledger.seen().expect("somebody works");
        let stamps: Vec<String> = seen.stamps.iter().map(|stamp| format!("{}×{}", stamp.key, stamp.effects)).collect();
        format!("{}: {} repeated, {} lost", stamps.join(" "), seen.repeated, seen.lost)
    }

    #[test]
    fn done_done_twice_lost_and_found() {
        let (mut ledger, stream) = (Ledger::default(), Name::from("orders"));
        assert_eq!(ledger.seen(), None);
        let given_up =
            |stream_seq| Fact::GivenUp { stream: "orders".into(), consumer: "c".into(), stream_seq, deliveries: 2 };
        ledger.effect(&stream, 1, "order-1");
        ledger.effect(&stream, 2, "order-2");
        ledger.effect(&stream, 1, "order-1");
        ledger.effect(&stream, 1, "order-1");
        // The same order in another message.
        ledger.effect(&stream, 9, "order-2");
        ledger.fact(&given_up(3));
        ledger.fact(&given_up(2));
        assert_eq!(text(&ledger), "order-1×3 order-2×2 message 3×0: 2 repeated, 1 lost");
        ledger.effect(&stream, 3, "order-3");
        assert_eq!(text(&ledger), "order-1×3 order-2×2 order-3×1: 2 repeated, 0 lost");
    }
}
