//! Points in time, and durations as people and programs of this field write them.
//!
//! Nothing here knows what time it is: a [`Timestamp`] is always handed in. [`Timers`] lets futures wait for a time that
//! its owner decides. Calendar arithmetic is the `time` crate's; the notations of Go and of the `nats` CLI are ours.
//! Source: Go `time.Duration.String`, RFC 3339 as Go's `time.RFC3339Nano` prints it.

mod go_duration;
mod timers;

pub use go_duration::{format_go_duration, parse_go_duration};
pub use timers::{Elapsed, Sleep, Timers};

use crate::json::{Error, FromJson, ReadInto, ToJson, Value, Writer};
use crate::pack::Pack;
use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What the server writes for "no time yet".
pub const ZERO_TIME: &str = "0001-01-01T00:00:00Z";

/// Nanoseconds since the Unix epoch. Reaches from 1678 to 2262.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Pack)]
pub struct Timestamp(pub i64);

impl Timestamp {
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    pub fn from_secs(secs: i64) -> Timestamp {
        Timestamp(secs.saturating_mul(1_000_000_000))
    }

    pub fn nanos(self) -> i64 {
        self.0
    }

    /// How long ago `earlier` was, zero if it is in the future.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0).max(0) as u64)
    }

    /// `2026-11-21T09:15:11.076737366Z`: UTC, up to nine fraction digits, trailing zeros removed.
    pub fn rfc3339(self) -> String {
        self.utc().format(&Rfc3339).expect("a year between 1678 and 2262 is valid in RFC 3339")
    }

    /// The same without a fraction.
    pub fn whole_second(self) -> Timestamp {
        Timestamp(self.0 - self.0.rem_euclid(1_000_000_000))
    }

    /// The calendar's view of this point, in UTC.
    pub fn utc(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0)).expect("64 bits of nanoseconds are in range")
    }

    /// Reads RFC 3339 with any offset. The zero time and other years out of range become `None`.
    pub fn parse_rfc3339(text: &str) -> Result<Option<Timestamp>, time::error::Parse> {
        let nanos = OffsetDateTime::parse(text, &Rfc3339)?.unix_timestamp_nanos();
        Ok(i64::try_from(nanos).ok().map(Timestamp))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl ToJson for Timestamp {
    fn write(&self, out: &mut Writer) {
        out.text(&self.rfc3339());
    }
}

impl FromJson for Timestamp {
    fn from_json(value: &Value) -> Result<Timestamp, Error> {
        zero_time::read(value)?.ok_or_else(|| Error(format!("time {value} is out of range")))
    }
}

/// For `#[json(written = "zero_time::Written", slot = "zero_time::Slot")]`: `None` is the zero time on the wire.
pub mod zero_time {
    use super::*;

    pub struct Written<'a>(pub &'a Option<Timestamp>);

    pub struct Slot<'a>(pub &'a mut Option<Timestamp>);

    impl ToJson for Written<'_> {
        fn write(&self, out: &mut Writer) {
            match self.0 {
                Some(time) => time.write(out),
                None => out.text(ZERO_TIME),
            }
        }
    }

    impl ReadInto for Slot<'_> {
        fn read_into(&mut self, value: &Value) -> Result<(), Error> {
            *self.0 = if value.is_null() { None } else { read(value)? };
            Ok(())
        }
    }

    pub(super) fn read(value: &Value) -> Result<Option<Timestamp>, Error> {
        let text = String::from_json(value)?;
        Timestamp::parse_rfc3339(&text).map_err(|error| Error(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_trims_trailing_zeros() {
        assert_eq!(Timestamp(1_795_252_511_076_737_360).rfc3339(), "2026-11-21T09:15:11.07673736Z");
        assert_eq!(Timestamp::from_secs(0).rfc3339(), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn rfc3339_reads_offsets_and_the_zero_time() {
        assert_eq!(Timestamp::parse_rfc3339("1970-01-01T01:00:00+01:00").unwrap(), Some(Timestamp(0)));
        assert_eq!(Timestamp::parse_rfc3339(ZERO_TIME).unwrap(), None);
        assert!(Timestamp::parse_rfc3339("yesterday").is_err());
    }
}
