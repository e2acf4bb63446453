//! Points in time as they are typed, and what Go says of those it cannot read.
//!
//! The way in is [`parse_instant`]. Source: Go `time.Parse`, layout RFC 3339.

use crate::time::Timestamp;

const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
/// The pieces of [`LAYOUT`] up to the fraction of a second.
const PIECES: [&str; 11] = ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05"];

/// `2026-01-02T03:04:05Z`, perhaps with a fraction and with an offset. Errors: Go's sentence.
pub fn parse_instant(text: &str) -> Result<Timestamp, String> {
    let mut rest = text;
    for piece in PIECES {
        let digits = piece.starts_with(|c: char| c.is_ascii_digit());
        let fits = match digits {
            true => rest.len() >= piece.len() && rest.bytes().take(piece.len()).all(|byte| byte.is_ascii_digit()),
            false => rest.starts_with(piece),
        };
        if !fits {
            return Err(unread(text, rest, piece));
        }
        let (number, after) = rest.split_at(piece.len());
        if digits && let Some(unit) = beyond(piece, number) {
            return Err(format!("parsing time {text:?}: {unit} out of range"));
        }
        rest = after;
    }
    if let Some(fraction) = rest.strip_prefix('.') {
        let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
        rest = if end > 0 { &fraction[end..] } else { rest };
    }
    let offset = rest.as_bytes();
    let length = match offset {
        [b'Z', ..] => 1,
        [b'+' | b'-', a, b, b':', c, d, ..] if [a, b, c, d].into_iter().all(u8::is_ascii_digit) => 6,
        _ => return Err(unread(text, rest, "Z07:00")),
    };
    if offset.len() > length {
        return Err(format!("parsing time {text:?}: extra text: {:?}", &rest[length..]));
    }
    match Timestamp::parse_rfc3339(text) {
        Ok(Some(at)) => Ok(at),
        _ => Err(format!("parsing time {text:?}: day out of range")),
    }
}

fn unread(text: &str, rest: &str, piece: &str) -> String {
    format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {rest:?} as {piece:?}")
}

/// What a number is too small or too large for.
fn beyond(piece: &str, number: &str) -> Option<&'static str> {
    let (unit, allowed) = match piece {
        "01" => ("month", 1..=12),
        "02" => ("day", 1..=31),
        "15" => ("hour", 0..=23),
        "04" => ("minute", 0..=59),
        "05" => ("second", 0..=59),
        _ => return None,
    };
    number.parse().is_ok_and(|number: u32| !allowed.contains(&number)).then_some(unit)
}

#[cfg(test)]
mod tests {
    use super::parse_instant;

    #[test]
    fn wrong_ones_are_told_as_in_go() {
        assert!(parse_instant("2030-01-01T00:00:00.5+02:00").is_ok());
        for (text, problem) in [
            ("zz", "as \"2006-01-02T15:04:05Z07:00\": cannot parse \"zz\" as \"2006\""),
            ("2030-01-01", "as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"T\""),
            ("2030-01-01T00:00:00", "as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"Z07:00\""),
        ] {
            assert_eq!(parse_instant(text), Err(format!("parsing time {text:?} {problem}")));
        }
        for (text, problem) in [
            ("2030-13-01T00:00:00Z", "month out of range"),
            ("2030-02-31T00:00:00Z", "day out of range"),
            ("2030-01-01T00:00:00Zz", "extra text: \"z\""),
        ] {
            assert_eq!(parse_instant(text), Err(format!("parsing time {text:?}: {problem}")));
        }
    }
}
