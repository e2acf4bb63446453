//! Time zones schedules may be written in: the most used names, by the rules that hold today.
//!
//! Knows offsets and when summer time begins and ends; nothing of patterns. The way in is [`Zone::named`].
//! Differs from nats-server: it knows every name there is and every rule there ever was. A name that is not in the table
//! here is refused as an unknown one.
//! Source: IANA time zone database; nats-server 2.15.1, observed.

use crate::time::Timestamp;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A zone's offset from UTC in minutes, and its summer time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Zone {
    minutes: i16,
    summer: Summer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Summer {
    None,
    /// Last Sunday of March to last Sunday of October, at 01:00 UTC.
    Europe,
    /// Second Sunday of March to first Sunday of November, at 02:00 on the clock.
    America,
    /// First Sunday of October to first Sunday of April, at 02:00 standard time.
    Australia,
    /// Last Sunday of September to first Sunday of April, at 02:00 standard time.
    NewZealand,
}

use Summer::{America, Australia, Europe, NewZealand, None as NoSummer};

const ZONES: &[(&str, i16, Summer)] = &[
    ("UTC GMT Local Etc/UTC Etc/GMT Africa/Abidjan Africa/Accra Atlantic/Reykjavik", 0, NoSummer),
    ("Europe/London Europe/Lisbon Europe/Dublin WET", 0, Europe),
    ("Africa/Lagos Africa/Algiers Africa/Tunis", 60, NoSummer),
    (
        "CET MET Europe/Amsterdam Europe/Belgrade Europe/Berlin Europe/Bratislava Europe/Brussels Europe/Budapest",
        60,
        Europe,
    ),
    (
        "Europe/Copenhagen Europe/Ljubljana Europe/Luxembourg Europe/Madrid Europe/Oslo Europe/Paris Europe/Prague",
        60,
        Europe,
    ),
    ("Europe/Rome Europe/Stockholm Europe/Vienna Europe/Warsaw Europe/Zagreb Europe/Zurich", 60, Europe),
    ("Africa/Johannesburg Africa/Maputo", 120, NoSummer),
    (
        "EET Europe/Athens Europe/Bucharest Europe/Helsinki Europe/Kyiv Europe/Riga Europe/Sofia Europe/Tallinn",
        120,
        Europe,
    ),
    ("Europe/Vilnius Asia/Nicosia", 120, Europe),
    (
        "Europe/Istanbul Europe/Moscow Europe/Minsk Africa/Nairobi Asia/Riyadh Asia/Baghdad Asia/Kuwait Asia/Qatar",
        180,
        NoSummer,
    ),
    ("Asia/Tehran", 210, NoSummer),
    ("Asia/Dubai Asia/Tbilisi Asia/Yerevan Asia/Baku", 240, NoSummer),
    ("Asia/Kabul", 270, NoSummer),
    ("Asia/Karachi Asia/Tashkent Asia/Almaty", 300, NoSummer),
    ("Asia/Kolkata Asia/Calcutta Asia/Colombo", 330, NoSummer),
    ("Asia/Kathmandu", 345, NoSummer),
    ("Asia/Dhaka", 360, NoSummer),
    ("Asia/Yangon", 390, NoSummer),
    ("Asia/Bangkok Asia/Jakarta Asia/Ho_Chi_Minh", 420, NoSummer),
    (
        "Asia/Shanghai Asia/Hong_Kong Asia/Singapore Asia/Taipei Asia/Manila Asia/Kuala_Lumpur Australia/Perth",
        480,
        NoSummer,
    ),
    ("Asia/Tokyo Asia/Seoul Japan", 540, NoSummer),
    ("Australia/Darwin", 570, NoSummer),
    ("Australia/Adelaide", 570, Australia),
    ("Australia/Brisbane", 600, NoSummer),
    ("Australia/Sydney Australia/Melbourne Australia/Hobart Australia/Canberra", 600, Australia),
    ("Pacific/Auckland NZ", 720, NewZealand),
    ("Pacific/Honolulu US/Hawaii HST", -600, NoSummer),
    ("America/Anchorage US/Alaska", -540, America),
    ("America/Los_Angeles America/Vancouver America/Tijuana US/Pacific PST8PDT", -480, America),
    ("America/Phoenix US/Arizona MST", -420, NoSummer),
    ("America/Denver America/Edmonton US/Mountain MST7MDT", -420, America),
    ("America/Mexico_City America/Costa_Rica America/Guatemala", -360, NoSummer),
    ("America/Chicago America/Winnipeg US/Central CST6CDT", -360, America),
    ("America/Bogota America/Lima America/Panama America/Jamaica EST", -300, NoSummer),
    ("America/New_York America/Toronto America/Detroit US/Eastern EST5EDT", -300, America),
    ("America/Caracas America/La_Paz America/Puerto_Rico", -240, NoSummer),
    ("America/Halifax", -240, America),
    ("America/St_Johns", -210, America),
    ("America/Sao_Paulo America/Argentina/Buenos_Aires America/Montevideo", -180, NoSummer),
];

impl Zone {
    pub const UTC: Zone = Zone { minutes: 0, summer: NoSummer };

    /// `None` for a name that is not known here. Names are spelled exactly.
    pub fn named(name: &str) -> Option<Zone> {
        let is_named = |(names, ..): &&(&str, i16, Summer)| names.split(' ').any(|known| known == name);
        ZONES.iter().find(is_named).map(|&(_, minutes, summer)| Zone { minutes, summer })
    }

    /// Seconds the clocks of the zone are ahead of UTC at that moment, given in seconds since the epoch.
    pub fn offset_at(self, utc: i64) -> i64 {
        let standard = i64::from(self.minutes) * 60;
        let year = i64::from(Timestamp::from_secs(utc + standard).utc().date().year());
        let sunday = |month: u8, nth: i64| sunday_of(year, month, nth) * DAY;
        let is_summer = match self.summer {
            NoSummer => false,
            Europe => (sunday(3, -1) + HOUR..sunday(10, -1) + HOUR).contains(&utc),
            // On the clock of the summer two o'clock is one o'clock standard time.
            America => (sunday(3, 2) + 2 * HOUR..sunday(11, 1) + HOUR).contains(&(utc + standard)),
            Australia => !(sunday(4, 1) + 2 * HOUR..sunday(10, 1) + 2 * HOUR).contains(&(utc + standard)),
            NewZealand => !(sunday(4, 1) + 2 * HOUR..sunday(9, -1) + 2 * HOUR).contains(&(utc + standard)),
        };
        standard + if is_summer { HOUR } else { 0 }
    }

    /// The moment at which the clocks of the zone show this. One that is left out in spring is the moment they jump
    /// over it, one that comes twice in autumn the first of both.
    pub fn moment_of(self, local: i64) -> i64 {
        let standard = i64::from(self.minutes) * 60;
        let as_summer = local - standard - HOUR;
        if self.offset_at(as_summer) == standard + HOUR { as_summer } else { local - standard }
    }

    /// As the server writes it: with the zone's offset.
    pub fn rfc3339(self, at: Timestamp) -> String {
        let offset = self.offset_at(at.nanos().div_euclid(1_000_000_000));
        if offset == 0 {
            return at.rfc3339();
        }
        let local = Timestamp(at.nanos() + offset * 1_000_000_000).rfc3339();
        let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
        format!("{}{sign}{:02}:{:02}", local.trim_end_matches('Z'), minutes / 60, minutes % 60)
    }
}

/// The `nth` Sunday of a month (-1: the last) in days since the epoch.
fn sunday_of(year: i64, month: u8, nth: i64) -> i64 {
    let first = |year, month| days_before(year, month);
    match nth {
        -1 => {
            let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            let last = first(year, month) - 1;
            last - weekday(last)
        }
        nth => {
            let first = first(year, month);
            first + (7 - weekday(first)) % 7 + 7 * (nth - 1)
        }
    }
}

/// 0 for a Sunday.
fn weekday(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

/// Days from the epoch to the first of a month.
fn days_before(year: i64, month: u8) -> i64 {
    let month = i64::from(month);
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        Timestamp::parse_rfc3339(text).expect("written here").expect("in range").nanos() / 1_000_000_000
    }

    #[test]
    fn clocks_change_when_they_should() {
        for (zone, moment, offset) in [
            ("Europe/Amsterdam", "2026-03-29T00:59:59Z", 1),
            ("Europe/Amsterdam", "2026-03-29T01:00:00Z", 2),
            ("Europe/Amsterdam", "2026-10-25T00:59:59Z", 2),
            ("Europe/Amsterdam", "2026-10-25T01:00:00Z", 1),
            ("America/New_York", "2026-03-08T06:59:59Z", -5),
            ("America/New_York", "2026-03-08T07:00:00Z", -4),
            ("America/New_York", "2026-11-01T05:59:59Z", -4),
            ("America/New_York", "2026-11-01T06:00:00Z", -5),
            ("Australia/Sydney", "2026-04-04T15:59:59Z", 11),
            ("Australia/Sydney", "2026-04-04T16:00:00Z", 10),
            ("Australia/Sydney", "2026-10-03T16:00:00Z", 11),
            ("Pacific/Auckland", "2026-09-26T14:00:00Z", 13),
            ("Asia/Tokyo", "2026-07-01T00:00:00Z", 9),
        ] {
            let zone = Zone::named(zone).expect("in the table");
            assert_eq!(zone.offset_at(at(moment)), offset * HOUR, "{moment}");
        }
        assert_eq!(Zone::named("europe/amsterdam"), None);
        assert_eq!(Zone::named(""), None);
    }

    #[test]
    fn clock_times_become_moments() {
        let zone = Zone::named("Europe/Amsterdam").expect("in the table");
        for (local, moment) in [
            ("2026-07-01T12:00:00Z", "2026-07-01T10:00:00Z"),
            ("2026-12-01T12:00:00Z", "2026-12-01T11:00:00Z"),
            // Left out, and there twice.
            ("2026-03-29T02:30:00Z", "2026-03-29T01:30:00Z"),
            ("2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z"),
        ] {
            assert_eq!(zone.moment_of(at(local)), at(moment), "{local}");
        }
        let kolkata = Zone::named("Asia/Kolkata").expect("in the table");
        assert_eq!(kolkata.rfc3339(Timestamp::from_secs(at("2026-01-01T20:00:00Z"))), "2026-01-02T01:30:00+05:30");
        assert_eq!(Zone::UTC.rfc3339(Timestamp::from_secs(0)), "1970-01-01T00:00:00Z");
    }
}
