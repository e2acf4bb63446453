//! Six-field cron patterns, on whatever clock they are read: second, minute, hour, day of the month, month, day of the week.
//!
//! The way in is [`Cron::parse`] and [`Cron::next_after`]. Source: ADR-51; nats-server 2.15.1, observed.

use crate::time::Timestamp;

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const SECS_A_DAY: i64 = 86_400;
/// Beyond five years a pattern counts as one that never matches.
const DAYS_AHEAD: i64 = 5 * 366;

/// For each field the values that match, as bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cron {
    seconds: u64,
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Both kinds of day are restricted: one of them suffices.
    is_either_day: bool,
}

impl Cron {
    pub fn parse(text: &str) -> Option<Cron> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [seconds, minutes, hours, days, months, weekdays] = fields[..] else { return None };
        let (days, every_day) = bits(days, 1, 31, &[])?;
        let (weekdays, every_weekday) = bits(weekdays, 0, 6, WEEKDAYS)?;
        Some(Cron {
            seconds: bits(seconds, 0, 59, &[])?.0,
            minutes: bits(minutes, 0, 59, &[])?.0,
            hours: bits(hours, 0, 23, &[])?.0,
            days,
            months: bits(months, 1, 12, MONTHS)?.0,
            weekdays,
            is_either_day: !every_day && !every_weekday,
        })
    }

    /// The first match later than `after`, if there is one within five years.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let from = after.nanos().div_euclid(1_000_000_000) + 1;
        let today = from.div_euclid(SECS_A_DAY);
        (today..=today + DAYS_AHEAD).find_map(|day| {
            let earliest = if day == today { from.rem_euclid(SECS_A_DAY) } else { 0 };
            let time = self.matches_day(day).then(|| self.first_time(earliest)).flatten()?;
            Some(Timestamp::from_secs(day * SECS_A_DAY + time))
        })
    }

    fn matches_day(&self, day: i64) -> bool {
        let date = Timestamp::from_secs(day * SECS_A_DAY).utc().date();
        let of_month = has(self.days, u32::from(date.day()));
        let of_week = has(self.weekdays, u32::from(date.weekday().number_days_from_sunday()));
        let is_day = if self.is_either_day { of_month || of_week } else { of_month && of_week };
        is_day && has(self.months, u32::from(u8::from(date.month())))
    }

    /// The first matching second of a day that is not before `earliest`.
    fn first_time(&self, earliest: i64) -> Option<i64> {
        let hours = (0..24).filter(|hour| has(self.hours, *hour) && i64::from(*hour + 1) * 3600 > earliest);
        let minutes = hours.flat_map(|hour| (0..60).map(move |minute| (hour * 60 + minute, minute)));
        let minutes = minutes.filter(|(at, minute)| has(self.minutes, *minute) && i64::from(*at + 1) * 60 > earliest);
        let mut times = minutes.flat_map(|(at, _)| {
            (0..60).filter(|second| has(self.seconds, *second)).map(move |second| i64::from(at * 60 + second))
        });
        times.find(|time| *time >= earliest)
    }
}

fn has(bits: u64, value: u32) -> bool {
    bits & (1 << value) != 0
}

/// The bits of one field, and whether it asks for nothing in particular.
fn bits(field: &str, min: u32, max: u32, names: &[&str]) -> Option<(u64, bool)> {
    let value = |text: &str| match names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        Some(position) => Some(position as u32 + min),
        None => text.parse::<u32>().ok().filter(|value| (min..=max).contains(value)),
    };
    let (mut bits, mut is_any) = (0, false);
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (min, max),
            Some((first, last)) => (value(first)?, value(last)?),
            None if step.is_some() => (value(range)?, max),
            None => (value(range)?, value(range)?),
        };
        if first > last {
            return None;
        }
        is_any |= (range == "*" || range == "?") && step.is_none_or(|step| step == 1);
        (first..=last).step_by(step.unwrap_or(1) as usize).for_each(|value| bits |= 1 << value);
    }
    Some((bits, is_any))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(pattern: &str, after: &str) -> Option<String> {
        let after = Timestamp::parse_rfc3339(after).expect("written here").expect("in range");
        Cron::parse(pattern)?.next_after(after).map(Timestamp::rfc3339)
    }

    #[test]
    fn the_next_match() {
        for (pattern, after, expected) in [
            ("* * * * * *", "2026-11-21T11:43:19.4Z", "2026-11-21T11:43:20Z"),
            ("0 0 * * * *", "2026-11-21T11:00:00Z", "2026-11-21T12:00:00Z"),
            ("0 30 9 * * mon-fri", "2026-11-21T11:00:00Z", "2026-11-23T09:30:00Z"),
            ("*/15 5,7 23 * * ?", "2026-11-21T23:05:45Z", "2026-11-21T23:07:00Z"),
            ("0 0 0 29 FEB *", "2026-11-21T00:00:00Z", "2028-02-29T00:00:00Z"),
            // Day of the month or day of the week, when both are given.
            ("0 0 0 1 * sun", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
            ("0 0 0 1 * sun", "2026-11-29T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("50/5 0 0 1 1 *", "2026-11-21T00:00:00Z", "2027-01-01T00:00:50Z"),
        ] {
            assert_eq!(next(pattern, after).as_deref(), Some(expected), "{pattern} after {after}");
        }
    }

    #[test]
    fn what_never_matches_or_is_no_pattern() {
        let bad = ["", "* * * * *", "60 * * * * *", "* * * 0 * *", "5-1 * * * * *", "*/0 * * * * *", "* * * * foo *"];
        for pattern in bad.iter().chain(&["0 0 0 31 feb *", "- * * * * *", ", * * * * *"]) {
            assert_eq!(next(pattern, "2026-11-21T00:00:00Z"), None, "{pattern}");
        }
    }
}
