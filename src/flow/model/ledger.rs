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
    /// One for each of `stamps`, to look through quickly: most of what is done is done once.
    prints: VecDeque<Print>,
    forgotten: u64,
    repeated: u64,
    lost: u64,
    /// Streams whose messages somebody works on.
    streams: Vec<Name>,
}

/// What a stamp has to do with: its sequence, and a number that is the same for the same key.
#[derive(Clone, Copy, Debug)]
struct Print {
    stream_seq: u64,
    key: u64,
}

impl Ledger {
    pub fn effect(&mut self, stream: &Name, stream_seq: u64, key: &str) {
        if !self.streams.contains(stream) {
            self.streams.push(stream.clone());
        }
        let print = print(key);
        let is_it = |(at, sought): (usize, &Print)| {
            let same = sought.stream_seq == stream_seq || sought.key == print;
            let stamp = if same { self.stamps.get(at) } else { None };
            stamp.is_some_and(|stamp| {
                stamp.stream == *stream && (stamp.stream_seq == stream_seq || stamp.effects > 0 && stamp.key == key)
            })
        };
        let found = self.prints.iter().enumerate().rev().find(|known| is_it(*known)).map(|(at, _)| at);
        let Some((at, stamp)) = found.and_then(|at| Some((at, self.stamps.get_mut(at)?))) else {
            return self.push(Stamp { key: key.to_owned(), stream: stream.clone(), stream_seq, effects: 1 });
        };
        self.lost -= u64::from(stamp.effects == 0);
        self.repeated += u64::from(stamp.effects == 1);
        stamp.effects += 1;
        stamp.key = key.to_owned();
        self.prints[at].key = print;
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
        let mut of_seq = self.prints.iter().enumerate().rev().filter(|(_, print)| print.stream_seq == stream_seq);
        if of_seq.any(|(at, _)| self.stamps.get(at).is_some_and(|stamp| stamp.stream == *stream)) {
            return;
        }
        self.lost += 1;
        let key = format!("message {}", words::figure(stream_seq));
        self.push(Stamp { key, stream: stream.clone(), stream_seq, effects: 0 });
    }

    fn push(&mut self, stamp: Stamp) {
        if self.stamps.len() == KEPT {
            self.stamps.pop_front();
            self.prints.pop_front();
            self.forgotten += 1;
        }
        self.prints.push_back(Print { stream_seq: stamp.stream_seq, key: print(&stamp.key) });
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

/// Equal keys have equal ones.
fn print(key: &str) -> u64 {
    key.bytes().fold(0, |print: u64, byte| (print ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3))
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

    #[test]
    fn what_was_done_last_is_found_among_many() {
        let (mut ledger, orders, others) = (Ledger::default(), Name::from("orders"), Name::from("others"));
        for seq in 1..=2 * KEPT as u64 {
            ledger.effect(&orders, seq, &format!("order-{seq}"));
        }
        let newest = 2 * KEPT as u64;
        ledger.effect(&others, newest, "order-1");
        ledger.effect(&orders, newest + 7, &format!("order-{newest}"));
        // Its key was another before.
        ledger.effect(&orders, newest - 1, "renamed");
        ledger.effect(&orders, newest + 8, "renamed");
        // Long forgotten.
        ledger.effect(&orders, 1, "order-1");
        let seen = ledger.seen().expect("somebody works");
        let often: Vec<_> = seen.stamps.iter().filter(|stamp| stamp.effects > 1).map(|stamp| &*stamp.key).collect();
        assert_eq!(often, ["renamed", &format!("order-{newest}")]);
        assert_eq!((seen.keys, seen.repeated, seen.lost), (newest + 2, 2, 0));
    }
}
