//! The values a flag or an argument can have, and how they are written.
//!
//! Everything is read when the line is parsed, so a command never sees text that is not what its row promised. The
//! sentences are the CLI's own. The way in is [`read`]; the parsers below it also serve answers to questions.
//! Source: natscli reference, "Value grammar"; Go `strconv` for the wording of numbers.

use super::grammar::Kind;
use super::pattern::Pattern;

/// One value, as its [`Kind`] says.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(bool),
    Text(String),
    Int(i64),
    Uint(u64),
    Float(f64),
    /// Nanoseconds; negative when the text began with a minus. [`Kind::Age`] without limit is -1.
    Nanos(i64),
    /// -1 is no limit.
    Bytes(i64),
    /// A header or a map entry.
    Pair(String, String),
    /// What is said of a text the command reads later, see [`super::grammar::Flag::late`].
    Wrong(String),
}

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Reads `text` as `kind` says; the error is the sentence after `nats: error: `.
pub fn read(kind: Kind, text: &str) -> Result<Value, String> {
    Ok(match kind {
        Kind::Bool { .. } => Value::Bool(text == "true"),
        Kind::Expression => {
            Pattern::parsed(text)?;
            Value::Text(text.to_owned())
        }
        Kind::Text | Kind::File | Kind::Directory => Value::Text(text.to_owned()),
        Kind::Int => Value::Int(parse_int(text)?),
        Kind::Int64 => Value::Int(parse_int64(text)?),
        Kind::Within(least, most) => Value::Int(within(text, least, most)?),
        Kind::Uint => Value::Uint(parse_uint(text)?),
        Kind::UintOf(bits) => Value::Uint(parse_uint_of(text, bits)?),
        Kind::Float => Value::Float(parse_float(text)?),
        Kind::Duration => Value::Nanos(parse_duration(text)?),
        Kind::Age => Value::Nanos(parse_age(text)?),
        Kind::Bytes(bits) => Value::Bytes(parse_bytes(text, bits)?),
        Kind::Enum(words) if words.contains(&text) => Value::Text(text.to_owned()),
        Kind::Enum(words) => return Err(format!("enum value must be one of {}, got '{text}'", words.join(","))),
        Kind::Header => {
            let (name, value) = parse_header(text)?;
            Value::Pair(name, value)
        }
        Kind::Map => {
            let at = text.find(['=', ':']).ok_or_else(|| format!("expected KEY=VALUE got '{text}'"))?;
            Value::Pair(text[..at].to_owned(), text[at + 1..].to_owned())
        }
    })
}

/// A float cut to its whole part, so `1e3` is a thousand.
pub fn parse_int(text: &str) -> Result<i64, String> {
    parse_float(text).map(whole)
}

/// One that 64 bits do not hold is the least number, as on the machines most people have.
fn whole(number: f64) -> i64 {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if (-BEYOND..BEYOND).contains(&number) { number as i64 } else { i64::MIN }
}

/// Digits, perhaps after a sign; `0x10`, `010` and `0b11` as in Go.
pub fn parse_int64(text: &str) -> Result<i64, String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let wrong = |problem| format!("strconv.ParseInt: parsing {text:?}: {problem}");
    let number = magnitude(digits, 64).map_err(wrong)?;
    i64::try_from(sign * i128::from(number)).map_err(|_| wrong(OUT_OF_RANGE))
}

/// A number that is neither below `least` nor above `most`, for which it is read in decimal digits only.
fn within(text: &str, least: i64, most: i64) -> Result<i64, String> {
    let number = parse_int64(text)?;
    match text.parse() {
        Err(_) => Err(format!("strconv.ParseInt: parsing {text:?}: invalid syntax")),
        Ok(decimal) if least > decimal => Err(format!("must be greater than or equal to {least}")),
        Ok(decimal) if most < decimal => Err(format!("must be less than or equal to {most}")),
        Ok(_) => Ok(number),
    }
}

pub fn parse_uint(text: &str) -> Result<u64, String> {
    parse_uint_of(text, 64)
}

fn parse_uint_of(text: &str, bits: u32) -> Result<u64, String> {
    magnitude(text, bits).map_err(|problem| format!("strconv.ParseUint: parsing {text:?}: {problem}"))
}

const INVALID_SYNTAX: &str = "invalid syntax";
const OUT_OF_RANGE: &str = "value out of range";

/// A number in the base its beginning tells, digits perhaps apart by underscores. Whether it is too large is known before
/// what stands behind is read.
fn magnitude(text: &str, bits: u32) -> Result<u64, &'static str> {
    let lower = text.to_ascii_lowercase();
    let prefixed = [("0x", 16), ("0b", 2), ("0o", 8)].into_iter().find_map(|(prefix, base)| {
        let digits = lower.strip_prefix(prefix)?;
        Some((digits, base))
    });
    let octal = || lower.strip_prefix('0').filter(|digits| !digits.is_empty()).map(|digits| (digits, 8));
    let (digits, base) = prefixed.or_else(octal).unwrap_or((&lower, 10));
    if digits.is_empty() {
        return Err(INVALID_SYNTAX);
    }
    let mut number = 0u64;
    for c in digits.chars().filter(|c| *c != '_') {
        let digit = c.to_digit(base).ok_or(INVALID_SYNTAX)?;
        let grown = number.checked_mul(base.into()).and_then(|number| number.checked_add(digit.into()));
        number = grown.filter(|number| *number <= u64::MAX >> (64 - bits)).ok_or(OUT_OF_RANGE)?;
    }
    // An underscore stands after the prefix or between digits.
    let may_begin = digits.len() < lower.len();
    let is_apart = digits.ends_with('_') || digits.contains("__") || digits.starts_with('_') && !may_begin;
    if is_apart { Err(INVALID_SYNTAX) } else { Ok(number) }
}

/// Digits with an exponent that no number of 64 bits has.
fn is_large(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    let Some((mantissa, exponent)) = digits.split_once(['e', 'E']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(exponent) && is_number(&mantissa.replacen('.', "", 1))
}

pub fn parse_float(text: &str) -> Result<f64, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    match crate::json::number(text) {
        Some(number) if plain && number.is_finite() => Ok(number),
        _ if plain && is_large(text) => Err(format!("strconv.ParseFloat: parsing {text:?}: value out of range")),
        _ => Err(format!("strconv.ParseFloat: parsing {text:?}: invalid syntax")),
    }
}

/// `1h30m`, `2d`, `-5s`, in nanoseconds. `M` is 30 days, `y` is 365.
///
/// As in fisk whatever else stands between the parts is passed over, only the first part's sign counts, and a fraction of
/// a day or more is cut to whole hours.
pub fn parse_duration(text: &str) -> Result<i64, String> {
    const INVALID: &str = "invalid duration";
    if text == "0" {
        return Ok(0);
    }
    let (mut rest, mut total, mut sign, mut parts) = (text, 0i64, 1i64, 0);
    while let Some(start) = rest.find(is_of_number) {
        let before = &rest[..start];
        let tail = &rest[start..];
        let (number, tail) = tail.split_at(tail.find(|c| !is_of_number(c)).unwrap_or(tail.len()));
        let (unit, tail) = tail.split_at(tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len()));
        rest = tail;
        if unit.is_empty() {
            continue;
        }
        if parts == 0 && before.ends_with('-') {
            sign = -1;
        }
        parts += 1;
        let part = part_of_duration(number, unit).map_err(|problem| format!("{INVALID}: {problem}"))?;
        total = total.wrapping_add(part);
    }
    if parts == 0 { Err(INVALID.to_owned()) } else { Ok(total.wrapping_mul(sign)) }
}

fn is_of_number(c: char) -> bool {
    c.is_ascii_digit() || c == '.'
}

fn part_of_duration(number: &str, unit: &str) -> Result<i64, String> {
    let hours = match unit {
        "d" | "D" => 24.0,
        "w" | "W" => 7.0 * 24.0,
        "M" => 30.0 * 24.0,
        "y" | "Y" => 365.0 * 24.0,
        _ => return clock_part(number, unit),
    };
    // As precise as in fisk.
    let count = f64::from(parse_float(number)? as f32) * hours;
    Ok((count as i64).wrapping_mul(3600 * NANOS_PER_SECOND))
}

/// Units that Go knows itself, in its words.
fn clock_part(number: &str, unit: &str) -> Result<i64, String> {
    let nanos: i64 = match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => NANOS_PER_SECOND,
        "m" => 60 * NANOS_PER_SECOND,
        "h" => 3600 * NANOS_PER_SECOND,
        _ => return Err(format!("invalid unit {unit}")),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let invalid = || format!("time: invalid duration \"{number}{unit}\"");
    if fraction.contains('.') && number.len() > 2 {
        return Err(format!("time: missing unit in duration \"{number}{unit}\""));
    }
    if whole.is_empty() && fraction.bytes().all(|byte| byte == b'.') {
        return Err(invalid());
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
    let fraction = if fraction.is_empty() { 0.0 } else { parse_float(&format!("0.{fraction}"))? };
    let part = whole.checked_mul(nanos).and_then(|part| part.checked_add((fraction * nanos as f64) as i64));
    part.ok_or_else(invalid)
}

/// A duration, or exactly `-1`, which stays -1.
pub fn parse_age(text: &str) -> Result<i64, String> {
    if text == "-1" { Ok(-1) } else { parse_duration(text) }
}

/// `10`, `4K`, `256MB`, `1GiB`, the number before the unit of so many bits; whatever begins with a minus is -1, nothing
/// too.
pub fn parse_bytes(text: &str, bits: u32) -> Result<i64, String> {
    let text = text.trim();
    if text.is_empty() || text.starts_with('-') {
        return Ok(-1);
    }
    let largest = i64::MAX >> (64 - bits);
    let fits = |digits: &str| digits.parse::<i64>().ok().filter(|number| *number <= largest);
    if let Some(number) = fits(text.strip_prefix('+').unwrap_or(text)) {
        return Ok(number);
    }
    let problem = || format!("invalid bytes specification {text}: bytes must end in B, K, KB, M, MB, G, GB, T or TB");
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let word = &text[digits..];
    let word = &word[..word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len())];
    // Without a unit the last digit is taken for one.
    let at = if word.is_empty() { digits.saturating_sub(1) } else { digits };
    if at == 0 {
        return Err(problem());
    }
    let number = fits(&text[..at]).ok_or_else(|| {
        let largest = if bits == 32 { "2,147,483,647" } else { "9,223,372,036,854,775,807" };
        format!("bytes value out of allowed range: maximum value {largest}")
    })?;
    let shift = match text[at..digits + word.len()].to_ascii_uppercase().as_str() {
        "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        "T" | "TB" | "TIB" => 40,
        _ => return Err(problem()),
    };
    Ok(number.wrapping_mul(1 << shift))
}

/// Splits `K:V` at the first colon and trims both sides.
pub fn parse_header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or_else(|| format!("invalid header {text:?}"))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        const HOUR: i64 = 3_600_000_000_000;
        for (text, nanos) in [
            ("0", 0),
            ("1s", 1_000_000_000),
            ("1m1d", 86_460_000_000_000),
            ("-5s", -5_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("1y", 31_536_000_000_000_000),
            ("2W", 1_209_600_000_000_000),
            (".5s", 500_000_000),
            // As fisk has it.
            ("zz1s", 1_000_000_000),
            ("1s and 1m", 61_000_000_000),
            ("1h-1m", HOUR + 60_000_000_000),
            ("0.51d", 12 * HOUR),
        ] {
            assert_eq!(parse_duration(text), Ok(nanos), "{text}");
        }
        for (text, problem) in [
            ("", "invalid duration"),
            ("1", "invalid duration"),
            ("x", "invalid duration"),
            ("5\u{b5}s", "invalid duration"),
            ("1x", "invalid duration: invalid unit x"),
            ("1.2.3s", "invalid duration: time: missing unit in duration \"1.2.3s\""),
            ("9999999h", "invalid duration: time: invalid duration \"9999999h\""),
            ("1.2.3d", "invalid duration: strconv.ParseFloat: parsing \"1.2.3\": invalid syntax"),
        ] {
            assert_eq!(parse_duration(text), Err(problem.to_owned()), "{text}");
        }
        assert_eq!(parse_age("-1"), Ok(-1));
    }

    #[test]
    fn bytes() {
        for (text, bytes) in [
            ("5", 5),
            ("256MB", 268_435_456),
            ("1gib", 1 << 30),
            ("-1", -1),
            ("-7x", -1),
            ("", -1),
            ("0", 0),
            (" 1K ", 1024),
            ("1K please", 1024),
            ("3GB", 3 << 30),
        ] {
            assert_eq!(parse_bytes(text, 32), Ok(bytes), "{text}");
        }
        for text in ["x", "10XB", "1.5K", "1 K", "3000000000"] {
            let problem =
                format!("invalid bytes specification {text}: bytes must end in B, K, KB, M, MB, G, GB, T or TB");
            assert_eq!(parse_bytes(text, 32), Err(problem), "{text}");
        }
        assert_eq!(parse_bytes("3000000000", 64), Ok(3_000_000_000));
        let problem = "bytes value out of allowed range: maximum value 2,147,483,647";
        assert_eq!(parse_bytes("3000000000B", 32), Err(problem.to_owned()));
    }

    #[test]
    fn numbers_are_read_as_in_go() {
        for (text, number) in [("1e3", 1000), ("-1.9", -1), ("99999999999999999999", i64::MIN), ("1e19", i64::MIN)] {
            assert_eq!(parse_int(text), Ok(number), "{text}");
        }
        assert_eq!(parse_int("x"), Err("strconv.ParseFloat: parsing \"x\": invalid syntax".to_owned()));
        assert!(parse_int("inf").is_err());
        for (text, number) in [("0x10", 16), ("010", 8), ("0b11", 3), ("1_000", 1000), ("0o7", 7), ("0", 0)] {
            assert_eq!(parse_uint(text), Ok(number), "{text}");
            assert_eq!(parse_int64(&format!("-{text}")), Ok(-(number as i64)), "{text}");
        }
        for text in ["abc", "", "-1", "09", "0x", "_1", "1_", "1__0", "1.5"] {
            assert_eq!(parse_uint(text), Err(format!("strconv.ParseUint: parsing {text:?}: invalid syntax")), "{text}");
        }
        for (text, bits) in [("99999999999999999999", 64), ("2020-01-01", 8), ("65536", 16), ("0x100000000z", 32)] {
            let problem = format!("strconv.ParseUint: parsing {text:?}: value out of range");
            assert_eq!(parse_uint_of(text, bits), Err(problem), "{text}");
        }
        assert_eq!(parse_int64("-9223372036854775808"), Ok(i64::MIN));
        assert!(parse_int64("9223372036854775808").is_err());
    }
}
