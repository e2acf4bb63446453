//! Streams that count: every message adds to its subject's sum.
//!
//! Knows decimals of any length; never streams. The ways in are [`increment`] and [`add`], and for sums over several
//! streams [`count_source`].
//! Source: ADR-49; nats-server 2.15.1, observed.

use super::Stored;
use super::publish::header;
use super::stream::Draft;
use crate::api::{Error, ErrorCode};
use crate::map::Map;
use std::cmp::Ordering;

const INCREMENT: &str = "Nats-Incr";
const SOURCES: &str = "Nats-Counter-Sources";

/// A signed decimal of any length, without leading zeros; zero is not negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Increment {
    is_negative: bool,
    digits: String,
}

impl Increment {
    fn parse(text: &str) -> Option<Increment> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = unsigned.trim_start_matches('0');
        let digits = if digits.is_empty() { "0" } else { digits };
        Some(Increment { is_negative: text.starts_with('-') && digits != "0", digits: digits.to_owned() })
    }

    fn negated(self) -> Increment {
        Increment { is_negative: !self.is_negative && self.digits != "0", ..self }
    }

    fn text(&self) -> String {
        let sign = if self.is_negative { "-" } else { "" };
        format!("{sign}{}", self.digits)
    }
}

/// What a message wants added.
///
/// Errors: the server's for increments that are malformed, not allowed, or come with a payload or forbidden headers.
pub(super) fn increment(draft: &Draft, is_allowed: bool) -> Result<Option<Increment>, Error> {
    let Some(value) = header(draft, INCREMENT) else { return Ok(None) };
    let invalid = || ErrorCode(10171).error();
    let increment = Increment::parse(value.trim_start()).ok_or_else(invalid)?;
    if !is_allowed {
        return Err(ErrorCode(10168).error());
    }
    if !draft.payload.is_empty() {
        return Err(ErrorCode(10170).error());
    }
    let forbidden = [
        "Nats-Rollup",
        "Nats-Expected-Stream",
        "Nats-Expected-Last-Msg-Id",
        "Nats-Expected-Last-Sequence",
        "Nats-Expected-Last-Subject-Sequence",
        "Nats-Expected-Last-Subject-Sequence-Subject",
    ];
    if forbidden.iter().any(|name| header(draft, name).is_some()) {
        return Err(invalid());
    }
    Ok(Some(increment))
}

/// The new sum. `last` is the payload of the newest message of the subject.
///
/// Errors: 10172 if that payload is not a counter's.
pub(super) fn add(last: Option<&[u8]>, increment: &Increment) -> Result<String, Error> {
    let Some(last) = last else { return Ok(increment.text()) };
    let sum = sum_in(last).ok_or_else(|| ErrorCode(10172).error())?;
    Ok(sum_of(&sum, increment).text())
}

/// The sum a stored message holds, if it is a counter's.
fn sum_in(payload: &[u8]) -> Option<Increment> {
    let value: serde_json::Value = crate::json::read(payload).ok()?;
    value.get("val").and_then(|value| value.as_str()).and_then(Increment::parse)
}

pub(super) fn is_counted(message: &Stored) -> bool {
    message.header(INCREMENT).is_some() && sum_in(&message.payload).is_some()
}

/// What each source of a counter's sum has come to: by stream, then by its subject.
type Sources = Map<String, Map<String, String>>;

/// Goes on with what the sources have come to; `last` is the newest message of the draft's subject.
pub(super) fn keep_sources(draft: &mut Draft, last: Option<&Stored>) {
    if let (Some(sources), Some(headers)) = (last.and_then(|last| last.header(SOURCES)), &mut draft.headers) {
        headers.set(SOURCES, sources);
    }
}

/// Makes a copy from a counter's source count here: it adds what the source has grown by since its last copy.
///
/// Errors: the server's, for a message before it or a copy that is not a counter's.
pub(super) fn count_source(draft: &mut Draft, last: Option<&Stored>, stream: &str, subject: &str) -> Result<(), Error> {
    let broken = || ErrorCode(10172).error();
    let total = sum_in(&draft.payload).ok_or_else(broken)?;
    let sources = last.and_then(|last| last.header(SOURCES));
    let mut sources: Sources = match sources {
        Some(sources) => crate::json::read(sources.as_bytes()).map_err(|_| broken())?,
        None => Sources::new(),
    };
    let of_stream = sources.entry(stream.to_owned()).or_default();
    let before = of_stream.insert(subject.to_owned(), total.text());
    let before = before.as_deref().and_then(Increment::parse);
    let grown = before.map_or_else(|| total.clone(), |before| sum_of(&total, &before.negated()));
    let sum = add(last.map(|last| &last.payload[..]), &grown)?;
    draft.payload = format!(r#"{{"val":"{sum}"}}"#).into();
    let headers = draft.headers.get_or_insert_default();
    headers.set(INCREMENT, &grown.text());
    headers.set(SOURCES, &crate::json::write(&sources));
    Ok(())
}

fn sum_of(a: &Increment, b: &Increment) -> Increment {
    if a.is_negative == b.is_negative {
        return Increment { is_negative: a.is_negative, digits: added(&a.digits, &b.digits) };
    }
    match compare(&a.digits, &b.digits) {
        Ordering::Equal => Increment { is_negative: false, digits: "0".to_owned() },
        Ordering::Greater => Increment { is_negative: a.is_negative, digits: subtracted(&a.digits, &b.digits) },
        Ordering::Less => Increment { is_negative: b.is_negative, digits: subtracted(&b.digits, &a.digits) },
    }
}

fn compare(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn added(a: &str, b: &str) -> String {
    let mut carry = 0;
    columns(a, b, |a, b| {
        let sum = a + b + carry;
        carry = sum / 10;
        sum % 10
    })
}

/// `a` is not smaller than `b`.
fn subtracted(a: &str, b: &str) -> String {
    let mut borrow = 0;
    columns(a, b, |a, b| {
        let difference = 10 + a - b - borrow;
        borrow = u8::from(difference < 10);
        difference % 10
    })
}

/// Goes through the digits from the right, with one column more than the longer number has.
fn columns(a: &str, b: &str, mut digit: impl FnMut(u8, u8) -> u8) -> String {
    let width = a.len().max(b.len()) + 1;
    let from_right =
        |text: &str| text.bytes().rev().map(|byte| byte - b'0').chain(std::iter::repeat(0)).take(width).collect();
    let (a, b): (Vec<u8>, Vec<u8>) = (from_right(a), from_right(b));
    let digits: Vec<u8> = a.into_iter().zip(b).map(|(a, b)| b'0' + digit(a, b)).collect();
    let text: String = digits.into_iter().rev().map(char::from).collect();
    let trimmed = text.trim_start_matches('0');
    if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums() {
        for (a, b, expected) in [
            ("1", "+2", "3"),
            ("99", "1", "100"),
            ("5", "-7", "-2"),
            ("-5", "5", "0"),
            ("-5", "-6", "-11"),
            ("100", "-1", "99"),
            ("99999999999999999999999", "1", "100000000000000000000000"),
            ("007", "0", "7"),
        ] {
            let last = format!(r#"{{"val":"{a}"}}"#);
            let sum = add(Some(last.as_bytes()), &Increment::parse(b).unwrap());
            assert_eq!(sum.as_deref(), Ok(expected), "{a} and {b}");
        }
        assert_eq!(add(None, &Increment::parse("+5").unwrap()).as_deref(), Ok("5"));
        assert_eq!(add(Some(b"hello"), &Increment::parse("5").unwrap()).unwrap_err().err_code, 10172);
        assert_eq!(Increment::parse("1.5"), None);
        assert_eq!(Increment::parse("1_0"), None);
        assert_eq!(Increment::parse("0x10"), None);
    }
}
