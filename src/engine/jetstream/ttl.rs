//! How long a single message lives: the header `Nats-TTL`, and who is due.
//!
//! Knows sequences and times. The ways in are [`Ttl::parse`] and [`Expiries`].
//! Source: ADR-43; nats-server `server/stream.go`, `parseMessageTTL`; observed.

use crate::pack::Pack;
use crate::time::{Timestamp, parse_go_duration};
use std::collections::BTreeSet;
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

/// Messages with an end of their own. A message that left earlier is simply not found when its time comes.
#[derive(Clone, Debug, Default, Pack)]
pub(super) struct Expiries(BTreeSet<(Timestamp, u64)>);

impl Expiries {
    pub fn add(&mut self, at: Timestamp, seq: u64) {
        self.0.insert((at, seq));
    }

    pub fn next(&self) -> Option<Timestamp> {
        self.0.first().map(|(at, _)| *at)
    }

    /// The next sequence that is due, once.
    pub fn take_due(&mut self, now: Timestamp) -> Option<u64> {
        if self.next()? > now {
            return None;
        }
        self.0.pop_first().map(|(_, seq)| seq)
    }
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
