//! How long a single message lives: the header `Nats-TTL`, and who is due.
//!
//! Knows sequences and times. The ways in are [`Ttl::parse`] and [`Expiries`].
//! Source: ADR-43; nats-server `server/stream.go`, `parseMessageTTL`; observed.

use crate::pack::Pack;
use crate::time::{Timestamp, parse_go_duration};
use std::collections::BTreeMap;
use std::time::Duration;

pub(super) const TTL_HEADER: &str = "Nats-TTL";

/// What a message says about its own life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ttl {
    /// Not even `max_age` removes it.
    Never,
    /// Whole seconds, at least one.
    After(Duration),
}

/// The header's value is none of the allowed forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InvalidTtl;

impl Ttl {
    /// `never`, a Go duration of a second or more (cut to whole seconds), or seconds.
    pub fn parse(value: &str) -> Result<Ttl, InvalidTtl> {
        if value.eq_ignore_ascii_case("never") {
            return Ok(Ttl::Never);
        }
        let seconds = match parse_go_duration(value) {
            Some(duration) => duration.as_secs(),
            None => value.parse::<u64>().map_err(|_| InvalidTtl)?,
        };
        let is_allowed = (1..=i64::MAX as u64 / 1_000_000_000).contains(&seconds);
        if is_allowed { Ok(Ttl::After(Duration::from_secs(seconds))) } else { Err(InvalidTtl) }
    }
}

/// Messages with an end of their own, in slots of a second.
///
/// As on the server the earliest end is only looked up when it is reached: that of a message which left before still
/// counts until then.
#[derive(Clone, Debug, Default, Pack)]
pub(super) struct Expiries {
    slots: BTreeMap<i64, Slot>,
    earliest: Option<Timestamp>,
}

#[derive(Clone, Debug, Pack)]
struct Slot {
    ends: BTreeMap<u64, Timestamp>,
    earliest: Timestamp,
}

impl Expiries {
    pub fn add(&mut self, at: Timestamp, seq: u64) {
        let slot = self.slots.entry(second(at)).or_insert_with(|| Slot { ends: BTreeMap::new(), earliest: at });
        slot.ends.insert(seq, at);
        slot.earliest = slot.earliest.min(at);
        self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
    }

    pub fn remove(&mut self, at: Timestamp, seq: u64) {
        if let Some(slot) = self.slots.get_mut(&second(at)) {
            slot.ends.remove(&seq);
            if slot.ends.is_empty() {
                self.slots.remove(&second(at));
            }
        }
    }

    /// The earliest end, as far as that is known.
    pub fn next(&self) -> Option<Timestamp> {
        self.earliest
    }

    /// Up to `most` that ended, by sequence (where there are more, only within a second). They stay until they are removed.
    pub fn due(&mut self, now: Timestamp, most: usize) -> Vec<(Timestamp, u64)> {
        if self.earliest.is_none_or(|earliest| earliest > now) {
            return Vec::new();
        }
        let mut due = Vec::new();
        for slot in self.slots.values_mut().take_while(|slot| slot.earliest <= now) {
            let ended = slot.ends.iter().filter(|(_, at)| **at <= now).map(|(&seq, &at)| (at, seq));
            due.extend(ended.take(most - due.len()));
            if due.len() == most {
                return due;
            }
            slot.earliest = slot.ends.values().min().copied().unwrap_or(slot.earliest);
        }
        self.earliest = self.slots.values().map(|slot| slot.earliest).min();
        due.sort_by_key(|(_, seq)| *seq);
        due
    }
}

fn second(at: Timestamp) -> i64 {
    at.nanos().div_euclid(1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (value, expected) in [
            ("never", Ok(Ttl::Never)),
            ("NEVER", Ok(Ttl::Never)),
            ("5", Ok(Ttl::After(Duration::from_secs(5)))),
            ("1s", Ok(Ttl::After(Duration::from_secs(1)))),
            ("1500ms", Ok(Ttl::After(Duration::from_secs(1)))),
            ("1h", Ok(Ttl::After(Duration::from_secs(3600)))),
            ("0", Err(InvalidTtl)),
            ("-1", Err(InvalidTtl)),
            ("500ms", Err(InvalidTtl)),
            ("1.5", Err(InvalidTtl)),
            ("soon", Err(InvalidTtl)),
        ] {
            assert_eq!(Ttl::parse(value), expected, "{value}");
        }
    }
}
