//! How long a client waits before it dials again.
//!
//! Differs from the Go client, which waits two seconds each time: the first attempts come sooner, so that a short break
//! is short, and later ones less often. It never gives up.

use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(250);
/// No wait is longer.
pub const LONGEST: Duration = Duration::from_secs(8);

/// The wait before the attempt after so many that failed.
pub fn wait_after(failed: u32) -> Duration {
    FIRST.saturating_mul(1 << failed.min(16)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        let waits: Vec<u128> = (0..8).map(|failed| wait_after(failed).as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert_eq!(wait_after(u32::MAX), LONGEST);
    }
}
