//! Numbers, sizes, times and durations as the command line writes them.
//!
//! Times are UTC; sizes count in 1024; durations are either humanised ("5.00s", "1h0m0s") or as Go prints them.

use crate::api::Nanos;
use crate::time::{Timestamp, format_go_duration};
use std::time::Duration;

/// `1,200`. Numbers a signed 64-bit value cannot hold come without commas, as in the original.
pub fn count(value: u64) -> String {
    if value >= i64::MAX as u64 { value.to_string() } else { grouped(value) }
}

fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// [`count`] for numbers that may be negative.
pub fn signed_count(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(value.unsigned_abs()))
}

/// A number with a fraction as Go prints one: `0.5`, `1e-09`.
pub fn float(value: f64) -> String {
    if value == 0.0 || (1e-4..1e21).contains(&value.abs()) {
        return value.to_string();
    }
    let text = format!("{value:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |exponent| ("-", exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// `9 B`, `1.7 KiB`, `256 MiB`: one decimal below ten units.
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if size < 10 {
        return format!("{size} B");
    }
    let exponent = (size.ilog2() / 10) as usize;
    let value = (size as f64 / 1024f64.powi(exponent as i32) * 10.0 + 0.5).floor() / 10.0;
    let unit = UNITS[exponent];
    if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// A limit in bytes; anything below zero is `unlimited`.
pub fn bytes_limit(size: i64) -> String {
    u64::try_from(size).map_or_else(|_| "unlimited".to_owned(), bytes)
}

/// `76µs`, `225ms`, `1.14s`, `2m0s`, `30d0h0m0s`.
pub fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos >= i64::MAX as u128 {
        return "never".to_owned();
    }
    if nanos < 1_000_000 {
        let micros = (nanos + 500) / 1_000;
        return if micros == 0 { "0s".to_owned() } else { format_go_duration(Duration::from_micros(micros as u64)) };
    }
    if nanos < 1_000_000_000 {
        return format_go_duration(Duration::from_millis(((nanos + 500_000) / 1_000_000) as u64));
    }
    if nanos < 60_000_000_000 {
        return format!("{:.2}s", duration.as_secs_f64());
    }
    long_duration(duration.as_secs())
}

fn long_duration(secs: u64) -> String {
    let (minutes, seconds) = (secs / 60, secs % 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let (days, hours) = (hours / 24, hours % 24);
    let (years, days) = (days / 365, days % 365);
    match (years, days, hours) {
        (0, 0, 0) => format!("{minutes}m{seconds}s"),
        (0, 0, _) => format!("{hours}h{minutes}m{seconds}s"),
        (0, _, _) => format!("{days}d{hours}h{minutes}m{seconds}s"),
        _ => format!("{years}y{days}d{hours}h{minutes}m{seconds}s"),
    }
}

/// A humanised duration that may be negative, and is then as Go prints one.
pub fn nanos(value: Nanos) -> String {
    if value.0 >= 0 {
        return duration(Duration::from_nanos(value.0.unsigned_abs()));
    }
    let micros = (value.0.unsigned_abs() + 500) / 1_000;
    let sign = if micros == 0 { "" } else { "-" };
    format!("{sign}{}", format_go_duration(Duration::from_micros(micros)))
}

/// `2026-11-21 08:03:36`.
pub fn time(at: Timestamp) -> String {
    let utc = at.utc();
    let (year, month, day) = (utc.year(), u8::from(utc.month()), utc.day());
    format!("{year:04}-{month:02}-{day:02} {}", clock(at))
}

/// `08:03:36`, as in front of log lines.
pub fn clock(at: Timestamp) -> String {
    let utc = at.utc();
    format!("{:02}:{:02}:{:02}", utc.hour(), utc.minute(), utc.second())
}

/// [`time`], or Go's zero time.
pub fn optional_time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "0001-01-01 00:00:00".to_owned(), time)
}

/// `2026-11-21 08:03:38.127239043 +0000 UTC`, Go's `Time.String`.
pub fn go_time(at: Timestamp) -> String {
    let nanos = at.utc().nanosecond();
    let fraction = if nanos == 0 { String::new() } else { format!(".{nanos:09}") };
    format!("{}{} +0000 UTC", time(at), fraction.trim_end_matches('0'))
}

/// How long ago `at` was, humanised; `never` for a time that has not been.
pub fn ago(now: Timestamp, at: Option<Timestamp>) -> String {
    at.map_or_else(|| "never".to_owned(), |at| duration(now.since(at)))
}

/// A message's payload as it is shown: `nil body` when there is none, blank lines after it.
pub fn body(payload: &[u8]) -> String {
    if payload.is_empty() {
        return "nil body\n\n\n".to_owned();
    }
    let text = String::from_utf8_lossy(payload);
    let end = if text.ends_with('\n') { "\n" } else { "\n\n\n" };
    format!("{text}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        for (value, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(value), text);
        }
        assert_eq!(count(u64::MAX), "18446744073709551615");
        assert_eq!(signed_count(-1_200), "-1,200");
    }

    #[test]
    fn fractions() {
        for (value, text) in [(0.0, "0"), (0.5, "0.5"), (10.0, "10"), (1e-9, "1e-09"), (1.5e22, "1.5e+22")] {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn sizes() {
        for (size, text) in [
            (0, "0 B"),
            (9, "9 B"),
            (999, "999 B"),
            (1_000, "1000 B"),
            (1_024, "1.0 KiB"),
            (1_741, "1.7 KiB"),
            (10_240, "10 KiB"),
            (1_024_000, "1000 KiB"),
            (268_435_456, "256 MiB"),
            (5_368_709_120, "5.0 GiB"),
        ] {
            assert_eq!(bytes(size), text);
        }
        assert_eq!(bytes_limit(-1), "unlimited");
    }

    #[test]
    fn durations() {
        for (nanos, text) in [
            (0, "0s"),
            (400, "0s"),
            (76_400, "76µs"),
            (224_600_000, "225ms"),
            (1_141_000_000, "1.14s"),
            (30_000_000_000, "30.00s"),
            (60_000_000_000, "1m0s"),
            (3_600_000_000_000, "1h0m0s"),
            (86_400_000_000_000, "1d0h0m0s"),
            (2_592_000_000_000_000, "30d0h0m0s"),
            (31_536_000_000_000_000, "1y0d0h0m0s"),
            (i64::MAX as u64, "never"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn times() {
        let at = Timestamp(1_795_252_511_076_737_360);
        assert_eq!(time(at), "2026-11-21 09:15:11");
        assert_eq!(go_time(at), "2026-11-21 09:15:11.07673736 +0000 UTC");
        assert_eq!(go_time(Timestamp::from_secs(0)), "1970-01-01 00:00:00 +0000 UTC");
        assert_eq!(ago(at, None), "never");
        assert_eq!(ago(at + Duration::from_millis(140), Some(at)), "140ms");
    }
}
