//! The values a flag or an argument can have, and how they are written.
//!
//! Everything is read when the line is parsed, so a command never sees text that is not what its row promised. The
//! sentences are the CLI's own. The way in is [`read`]; the parsers below it also serve answers to questions.
//! Source: natscli reference, "Value grammar"; Go `strconv` for the wording of numbers.

use super::grammar::Kind;

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
}

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// Reads `text` as `kind` says; the error is the sentence after `nats: error: `.
pub fn read(kind: Kind, text: &str) -> Result<Value, String> {
    Ok(match kind {
        Kind::Bool { .. } => Value::Bool(text == "true"),
        Kind::Text | Kind::File => Value::Text(text.to_owned()),
        Kind::Int => Value::Int(parse_int(text)?),
        Kind::Int64 => Value::Int(parse_int64(text)?),
        Kind::Uint => Value::Uint(parse_uint(text)?),
        Kind::Float => Value::Float(parse_float(text)?),
        Kind::Duration => Value::Nanos(parse_duration(text)?),
        Kind::Age => Value::Nanos(parse_age(text)?),
        Kind::Bytes => Value::Bytes(parse_bytes(text)?),
        Kind::Size(_) if text.is_empty() => Value::Bytes(0),
        Kind::Size(what) => Value::Bytes(
            parse_bytes(text)
                .map_err(|_| format!("can not parse or invalid the value specified for the {what}: {text}"))?,
        ),
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
    parse_float(text).map(|number| number as i64)
}

/// Digits, perhaps after a sign.
fn parse_int64(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    match (digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty(), text.parse()) {
        (true, Ok(number)) => Ok(number),
        (true, Err(_)) => Err(format!("strconv.ParseInt: parsing {text:?}: value out of range")),
        _ => Err(format!("strconv.ParseInt: parsing {text:?}: invalid syntax")),
    }
}

pub fn parse_uint(text: &str) -> Result<u64, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match (digits, text.parse()) {
        (true, Ok(number)) => Ok(number),
        (true, Err(_)) => Err(format!("strconv.ParseUint: parsing {text:?}: value out of range")),
        _ => Err(format!("strconv.ParseUint: parsing {text:?}: invalid syntax")),
    }
}

pub fn parse_float(text: &str) -> Result<f64, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    match crate::json::number(text) {
        Some(number) if plain => Ok(number),
        _ => Err(format!("strconv.ParseFloat: parsing {text:?}: invalid syntax")),
    }
}

/// `1h30m`, `2d`, `-5s`, in nanoseconds. `M` is 30 days, `y` is 365.
pub fn parse_duration(text: &str) -> Result<i64, String> {
    let (sign, body) = match text.strip_prefix('-') {
        Some(body) => (-1, body),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if body == "0" {
        return Ok(0);
    }
    if body.is_empty() || !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err("invalid duration".to_owned());
    }
    let mut rest = body;
    let mut total = 0f64;
    let mut exact: i64 = 0;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or("invalid duration")?;
        let (number, tail) = rest.split_at(number_end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let unit_nanos = unit_nanos(unit).ok_or_else(|| format!("invalid duration: invalid unit {unit}"))?;
        match number.parse::<i64>() {
            Ok(whole) => {
                let part = whole.checked_mul(unit_nanos).and_then(|part| exact.checked_add(part));
                exact = part.ok_or("invalid duration")?;
            }
            Err(_) => total += crate::json::number(number).ok_or("invalid duration")? * unit_nanos as f64,
        }
        rest = tail;
    }
    exact.checked_add(total.round() as i64).map(|nanos| sign * nanos).ok_or_else(|| "invalid duration".to_owned())
}

fn unit_nanos(unit: &str) -> Option<i64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => NANOS_PER_SECOND,
        "m" => 60 * NANOS_PER_SECOND,
        "h" => 3600 * NANOS_PER_SECOND,
        "d" | "D" => NANOS_PER_DAY,
        "w" | "W" => 7 * NANOS_PER_DAY,
        "M" => 30 * NANOS_PER_DAY,
        "y" | "Y" => 365 * NANOS_PER_DAY,
        _ => return None,
    })
}

/// A duration, or exactly `-1`, which stays -1.
pub fn parse_age(text: &str) -> Result<i64, String> {
    if text == "-1" {
        return Ok(-1);
    }
    parse_duration(text).map_err(|problem| format!("invalid maximum age limit format: {problem}"))
}

/// `10`, `4K`, `256MB`, `1GiB`; any negative number is -1.
pub fn parse_bytes(text: &str) -> Result<i64, String> {
    if text.starts_with('-') && text[1..].bytes().all(|byte| byte.is_ascii_digit()) && text.len() > 1 {
        return Ok(-1);
    }
    let problem = || format!("invalid bytes specification {text}: bytes must end in B, K, KB, M, MB, G, GB, T or TB");
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: i64 = text[..unit_at].parse().map_err(|_| problem())?;
    let shift = match text[unit_at..].to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        "T" | "TB" | "TIB" => 40,
        _ => return Err(problem()),
    };
    number.checked_mul(1 << shift).ok_or_else(problem)
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
        for (text, nanos) in [
            ("0", 0),
            ("1s", 1_000_000_000),
            ("1m1d", 86_460_000_000_000),
            ("-5s", -5_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("1y", 31_536_000_000_000_000),
            ("2W", 1_209_600_000_000_000),
        ] {
            assert_eq!(parse_duration(text), Ok(nanos), "{text}");
        }
        for (text, problem) in [
            ("", "invalid duration"),
            ("1", "invalid duration"),
            ("x", "invalid duration"),
            ("1x", "invalid duration: invalid unit x"),
            ("99999999999y", "invalid duration"),
        ] {
            assert_eq!(parse_duration(text), Err(problem.to_owned()), "{text}");
        }
        assert_eq!(parse_age("-1"), Ok(-1));
        assert_eq!(
            parse_age("10x"),
            Err("invalid maximum age limit format: invalid duration: invalid unit x".to_owned())
        );
    }

    #[test]
    fn bytes() {
        for (text, bytes) in [("5", 5), ("256MB", 268_435_456), ("1gib", 1 << 30), ("-1", -1), ("-7", -1), ("0", 0)] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for text in ["", "-", "10XB", "1.5K", "1 K", "99999999999999999999", "9999999999T"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_fail_as_in_go() {
        assert_eq!(parse_int("1e3"), Ok(1000));
        assert_eq!(parse_int("x"), Err("strconv.ParseFloat: parsing \"x\": invalid syntax".to_owned()));
        assert!(parse_int("inf").is_err());
        assert_eq!(parse_uint("abc"), Err("strconv.ParseUint: parsing \"abc\": invalid syntax".to_owned()));
        assert!(parse_uint("99999999999999999999").is_err());
    }
}
