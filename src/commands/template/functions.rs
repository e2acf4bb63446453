//! What the functions of a template give for their arguments.
//!
//! Knows values, not how they were written. The way in is [`apply`]. Source: Go `text/template`, "Functions".

use super::{Scope, Value};
use crate::time::Timestamp;

/// Errors: what Go says after `error calling <name>: `.
pub(super) fn apply(name: &str, arguments: &[Value], scope: &Scope<'_>) -> Result<Value, String> {
    let utc = scope.now.utc();
    Ok(match (name, arguments) {
        ("Count" | "Cnt", []) => Value::Number(i64::try_from(scope.count).unwrap_or(i64::MAX)),
        ("Unix", []) => Value::Long(utc.unix_timestamp()),
        ("UnixNano", []) => Value::Long(scope.now.nanos()),
        ("TimeStamp", []) => Value::Text(Timestamp::from_secs(utc.unix_timestamp()).rfc3339()),
        ("Time", []) => {
            let hour = (utc.hour() + 11) % 12 + 1;
            let half = if utc.hour() < 12 { "AM" } else { "PM" };
            Value::Text(format!("{hour}:{:02}{half}", utc.minute()))
        }
        ("ID", []) => Value::Text(scope.rng.borrow_mut().nuid()),
        ("Request", []) => Value::Text(scope.request.unwrap_or_default().to_owned()),
        ("Random", [Value::Number(a), Value::Number(b)]) => Value::Text(random(*a, *b, scope)),
        ("len", [Value::Text(text)]) => Value::Number(text.len() as i64),
        ("len", [other]) => return Err(format!("len of type {}", type_name(other))),
        ("index", [item, places @ ..]) => index(item, places)?,
        ("slice", [item, bounds @ ..]) => slice(item, bounds)?,
        ("not", [value]) => Value::Bool(!is_true(value)),
        ("and", [_, ..]) => {
            arguments.iter().find(|value| !is_true(value)).unwrap_or(&arguments[arguments.len() - 1]).clone()
        }
        ("or", [_, ..]) => {
            arguments.iter().find(|value| is_true(value)).unwrap_or(&arguments[arguments.len() - 1]).clone()
        }
        ("eq", [_]) => return Err("missing argument for comparison".to_owned()),
        ("eq", [first, others @ ..]) => {
            for other in others {
                comparable(first, other)?;
            }
            Value::Bool(others.iter().any(|other| are_equal(first, other)))
        }
        ("ne", [left, right]) => {
            comparable(left, right)?;
            Value::Bool(!are_equal(left, right))
        }
        ("lt", [left, right]) => Value::Bool(order(left, right)?.is_lt()),
        ("le", [left, right]) => Value::Bool(order(left, right)?.is_le()),
        ("gt", [left, right]) => Value::Bool(order(left, right)?.is_gt()),
        ("ge", [left, right]) => Value::Bool(order(left, right)?.is_ge()),
        ("print", values) => Value::Text(values.iter().map(shown).collect()),
        ("println", values) => Value::Text(values.iter().map(shown).collect::<Vec<_>>().join(" ") + "\n"),
        ("printf", [Value::Text(format), values @ ..]) => Value::Text(printf(format, values)),
        _ => return Err("wrong type of argument".to_owned()),
    })
}

pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Text(_) => "string",
        Value::Number(_) => "int",
        Value::Long(_) => "int64",
        Value::Byte(_) => "uint8",
        Value::Bool(_) => "bool",
        Value::Data(_) => "*util.pubData",
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) | Value::Long(number) => Some(*number),
        Value::Byte(byte) => Some(i64::from(*byte)),
        Value::Text(_) | Value::Bool(_) | Value::Data(_) => None,
    }
}

/// Whole numbers of any width are of one kind.
fn comparable(left: &Value, right: &Value) -> Result<(), String> {
    let are_numbers = number(left).is_some() && number(right).is_some();
    let (left, right) = (type_name(left), type_name(right));
    let sentence = || format!("incompatible types for comparison: {left} and {right}");
    if left == right || are_numbers { Ok(()) } else { Err(sentence()) }
}

fn are_equal(left: &Value, right: &Value) -> bool {
    left == right || number(left).is_some() && number(left) == number(right)
}

fn order(left: &Value, right: &Value) -> Result<std::cmp::Ordering, String> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Ok(left.cmp(right)),
        (Value::Bool(_), Value::Bool(_)) => Err("invalid type for comparison".to_owned()),
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => Ok(left.cmp(&right)),
            _ => Err(comparable(left, right).err().unwrap_or_default()),
        },
    }
}

/// A place in something `most` long, its end included where a slice may end there.
fn place(value: &Value, most: usize) -> Result<usize, String> {
    let Some(at) = number(value) else {
        return Err(format!("cannot index slice/array with type {}", type_name(value)));
    };
    usize::try_from(at).ok().filter(|at| *at <= most).ok_or_else(|| format!("index out of range: {at}"))
}

fn index(item: &Value, places: &[Value]) -> Result<Value, String> {
    let mut item = item.clone();
    for at in places {
        item = match &item {
            Value::Text(text) => {
                let found = text.as_bytes().get(place(at, text.len())?);
                Value::Byte(*found.ok_or_else(|| format!("index out of range: {}", shown(at)))?)
            }
            other => return Err(format!("can't index item of type {}", type_name(other))),
        };
    }
    Ok(item)
}

fn slice(item: &Value, bounds: &[Value]) -> Result<Value, String> {
    let Value::Text(text) = item else { return Err(format!("can't slice item of type {}", type_name(item))) };
    if bounds.len() > 2 {
        return Err("cannot 3-index slice a string".to_owned());
    }
    let from = bounds.first().map_or(Ok(0), |at| place(at, text.len()))?;
    let to = bounds.get(1).map_or(Ok(text.len()), |at| place(at, text.len()))?;
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}"));
    }
    Ok(Value::Text(String::from_utf8_lossy(&text.as_bytes()[from..to]).into_owned()))
}

fn random(a: i64, b: i64, scope: &Scope<'_>) -> String {
    let (low, high) = (a.min(b).clamp(0, 1 << 20) as u64, a.max(b).clamp(0, 1 << 20) as u64);
    let mut rng = scope.rng.borrow_mut();
    let length = low + rng.next_u64() % (high - low + 1);
    rng.base62(length as usize)
}

/// `%d %s %v %q %x %04d %-5s`.
fn printf(format: &str, values: &[Value]) -> String {
    let mut out = String::new();
    let mut values = values.iter();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out += &rest[..at];
        rest = &rest[at + 1..];
        let end = rest.find(|c: char| !"-0123456789".contains(c)).unwrap_or(rest.len());
        let (spec, tail) = rest.split_at(end);
        let Some(verb) = tail.chars().next() else { return out + "%!(NOVERB)" };
        rest = &tail[verb.len_utf8()..];
        if verb == '%' {
            out.push('%');
            continue;
        }
        let text = match (verb, values.next()) {
            (_, None) => format!("%!{verb}(MISSING)"),
            ('q', Some(value)) => format!("{:?}", shown(value)),
            ('x', Some(value)) if number(value).is_some() => format!("{:x}", number(value).unwrap_or_default()),
            ('s', Some(value)) if !matches!(value, Value::Text(_)) => misfit(verb, value),
            ('d', Some(value)) if number(value).is_none() => misfit(verb, value),
            (_, Some(value)) => shown(value),
        };
        let width = spec.trim_start_matches('-').parse::<usize>().unwrap_or(0).min(1_000);
        let fill = width.saturating_sub(text.chars().count());
        let (left, zeros) = (spec.starts_with('-'), spec.starts_with('0'));
        let fill = if zeros { "0" } else { " " }.repeat(fill);
        out += &if left { format!("{text}{fill}") } else { format!("{fill}{text}") };
    }
    let extra: Vec<String> = values.map(|value| format!("{}={}", type_name(value), shown(value))).collect();
    if !extra.is_empty() {
        return format!("{out}{rest}%!(EXTRA {})", extra.join(", "));
    }
    out + rest
}

/// What Go writes where a verb does not fit its value.
fn misfit(verb: char, value: &Value) -> String {
    format!("%!{verb}({}={})", type_name(value), shown(value))
}

pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) | Value::Long(number) => number.to_string(),
        Value::Byte(byte) => byte.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Data(plain) => plain.clone(),
    }
}

pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Text(text) => !text.is_empty(),
        Value::Number(number) | Value::Long(number) => *number != 0,
        Value::Byte(byte) => *byte != 0,
        Value::Bool(truth) => *truth,
        Value::Data(_) => true,
    }
}
