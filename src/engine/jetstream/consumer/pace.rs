//! How fast a consumer may send: the gaps of replay policy `original`, and the bytes of a rate limit.
//!
//! Knows times and sizes only. The way in is [`Pace::earliest`]; [`Pace::sent`] takes note of what went.
//! Source: nats-server `server/consumer.go`, `loopAndGatherMsgs`, observed.

use crate::pack::Pack;
use crate::time::Timestamp;
use std::time::Duration;

/// Gaps up to this are not worth waiting for, as on the server.
const SMALLEST_GAP: Duration = Duration::from_millis(1);

#[derive(Clone, Debug, Default, Pack)]
pub(super) struct Pace {
    /// The stored and the sent time of the last message, while old messages are replayed at their own pace.
    replay: Option<Option<(Timestamp, Timestamp)>>,
    bucket: Option<Bucket>,
}

impl Pace {
    pub fn new(replay_original: bool) -> Pace {
        Pace { replay: replay_original.then_some(None), bucket: None }
    }

    /// `bits_per_sec` 0 is no limit; `burst` in bytes.
    pub fn limit_rate(&mut self, bits_per_sec: u64, burst: u64, now: Timestamp) {
        self.bucket = (bits_per_sec > 0).then(|| Bucket::new((bits_per_sec / 8).max(1), burst.max(1), now));
    }

    /// When a message stored at `stored_at` and of `bytes` may go; in the past for at once, `None` for never.
    pub fn earliest(&self, stored_at: Timestamp, bytes: usize) -> Option<Timestamp> {
        let by_replay = self.replay.flatten().map_or(Timestamp(i64::MIN), |(last_stored, last_sent)| {
            let gap = stored_at.since(last_stored);
            if gap > SMALLEST_GAP { last_sent + gap } else { last_sent }
        });
        let by_rate = self.bucket.as_ref().map_or(Some(Timestamp(i64::MIN)), |bucket| bucket.earliest(bytes))?;
        Some(by_replay.max(by_rate))
    }

    pub fn sent(&mut self, stored_at: Timestamp, bytes: usize, now: Timestamp) {
        if let Some(last) = &mut self.replay {
            *last = Some((stored_at, now));
        }
        if let Some(bucket) = &mut self.bucket {
            bucket.take(bytes, now);
        }
    }

    /// Everything old has been sent: from now on messages go as they come.
    pub fn caught_up(&mut self) {
        self.replay = None;
    }
}

/// A bucket of bytes that fills at a steady rate.
#[derive(Clone, Debug, Pack)]
struct Bucket {
    bytes_per_sec: u64,
    burst: u64,
    /// When the bucket was (or will be) empty.
    empty_at: Timestamp,
}

impl Bucket {
    fn new(bytes_per_sec: u64, burst: u64, now: Timestamp) -> Bucket {
        let mut bucket = Bucket { bytes_per_sec, burst, empty_at: now };
        bucket.empty_at = now - bucket.time_for(burst);
        bucket
    }

    fn time_for(&self, bytes: u64) -> Duration {
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.bytes_per_sec);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// A message larger than the whole bucket waits for ever.
    fn earliest(&self, bytes: usize) -> Option<Timestamp> {
        let bytes = Some(bytes as u64).filter(|bytes| *bytes <= self.burst)?;
        Some(self.empty_at + self.time_for(bytes))
    }

    fn take(&mut self, bytes: usize, now: Timestamp) {
        let full_since = now - self.time_for(self.burst);
        self.empty_at = self.empty_at.max(full_since) + self.time_for(bytes as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: i64) -> Timestamp {
        Timestamp(millis * 1_000_000)
    }

    #[test]
    fn replay_keeps_the_gaps() {
        let mut pace = Pace::new(true);
        assert!(pace.earliest(millis(100), 1) <= Some(millis(5000)));
        pace.sent(millis(100), 1, millis(5000));
        assert_eq!(pace.earliest(millis(400), 1), Some(millis(5300)));
        pace.caught_up();
        assert!(pace.earliest(millis(900), 1) < Some(millis(0)));
    }

    #[test]
    fn rate_limit_lets_a_burst_through_first() {
        let mut pace = Pace::default();
        pace.limit_rate(16_000, 2_000, millis(0));
        assert!(pace.earliest(millis(0), 1_042) <= Some(millis(0)));
        pace.sent(millis(0), 1_042, millis(0));
        assert_eq!(pace.earliest(millis(0), 1_042), Some(millis(42)));
        pace.sent(millis(0), 1_042, millis(42));
        assert_eq!(pace.earliest(millis(0), 1_042), Some(millis(563)));
        assert_eq!(pace.earliest(millis(0), 2_001), None);
    }
}
