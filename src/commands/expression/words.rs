//! The words of a condition: names, numbers, texts and signs, and where each begins.
//!
//! Knows no grammar. The ways in are [`split`] and [`number`]. Source: expr, whose sentences these are.

use super::kinds::located;
use super::texts;
use crate::commands::values;
use serde_json::Value;

/// Binary operators, the loosest first.
pub const LEVELS: [&[&str]; 8] = [
    &["||", "or"],
    &["&&", "and"],
    &["==", "!=", "<=", ">=", "<", ">", "in", "contains", "startsWith", "endsWith", "matches"],
    &[".."],
    &["+", "-"],
    &["*", "/", "%"],
    &["**"],
    &["??"],
];
pub const SIGNS: [&str; 29] = [
    "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "..", "**", "<", ">", "!", "(", ")", "[", "]", ",", "+", "-", "*",
    "/", "%", "?", ":", ".", "#", "|", "=",
];

/// Words and where they begin.
pub fn split(text: &str) -> Result<Vec<(String, usize)>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let length = match first {
            '"' | '\'' | '`' => texts::length(rest).map_err(|(problem, past)| located(text, problem, at + past))?,
            _ if begins_number(rest) => {
                let length = number_length(rest);
                if let Some(next) = rest[length..].chars().next().filter(|c| c.is_alphanumeric() || *c == '_') {
                    let word = &rest[..length + next.len_utf8()];
                    return Err(located(text, &format!("bad number syntax: {word:?}"), at + length));
                }
                length
            }
            c if c.is_alphabetic() || c == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => sign.len(),
                None => {
                    return Err(located(
                        text,
                        &format!("unrecognized character: U+{:04X} '{first}'", first as u32),
                        at,
                    ));
                }
            },
        };
        words.push((rest[..length].to_owned(), at));
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

/// A digit, or a point before one.
pub fn begins_number(text: &str) -> bool {
    text.strip_prefix('.').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit())
}

/// `0x1f`, `1_000.5`, `.5`, `1e-3`, but of `1..5` only the first.
fn number_length(text: &str) -> usize {
    let lower = text.to_ascii_lowercase();
    let bytes = lower.as_bytes();
    let has = |at: usize, signs: &[u8]| bytes.get(at).is_some_and(|byte| signs.contains(byte));
    let (digits, mut at): (&[u8], _) = match (has(0, b"0"), bytes.get(1)) {
        (true, Some(b'x')) => (b"0123456789abcdef_", 2),
        (true, Some(b'o')) => (b"01234567_", 2),
        (true, Some(b'b')) => (b"01_", 2),
        _ => (b"0123456789_", 0),
    };
    let run = |at: usize| at + bytes[at..].iter().take_while(|byte| digits.contains(byte)).count();
    at = run(at);
    if has(at, b".") {
        if has(at + 1, b".") {
            return at;
        }
        at = run(at + 1);
    }
    if has(at, b"e") {
        at = run(at + 1 + usize::from(has(at + 1, b"+-")));
    }
    at
}

/// What a number says, or what is wrong with it.
pub fn number(word: &str) -> Result<Value, String> {
    let plain = word.replace('_', "");
    let lower = plain.to_ascii_lowercase();
    let kind = match lower.get(..2) {
        Some("0x") => "hex",
        _ if lower.contains(['.', 'e']) => {
            let text = if lower.starts_with('.') { format!("0{lower}") } else { lower.replace(".e", "e") };
            let float = values::parse_float(text.trim_end_matches('.'));
            return float.map(Value::from).map_err(|problem| {
                let reason = problem.rsplit(": ").next().unwrap_or_default();
                format!("invalid float literal: strconv.ParseFloat: parsing {plain:?}: {reason}")
            });
        }
        Some("0b") => "binary",
        Some("0o") => "octal",
        _ => "integer",
    };
    // Zeros before a number in tens say nothing.
    let digits = if kind == "integer" { plain.trim_start_matches('0') } else { &plain };
    let read = if digits.is_empty() { Ok(0) } else { values::parse_int64(digits) };
    read.map(Value::from).map_err(|problem| {
        let reason = problem.rsplit(": ").next().unwrap_or_default();
        format!("invalid {kind} literal: strconv.ParseInt: parsing {plain:?}: {reason}")
    })
}

/// A word as expr calls it.
pub fn token(word: &str) -> String {
    match word.chars().next() {
        Some('"' | '\'' | '`') => format!("String({})", texts::quoted(&texts::meaning(word).unwrap_or_default())),
        Some(_) if begins_number(word) => format!("Number({word:?})"),
        Some('(' | ')' | '[' | ']') => format!("Bracket({word:?})"),
        Some(c) if c.is_alphabetic() && is_operator(word) => format!("Operator({word:?})"),
        Some(c) if c.is_alphabetic() || c == '_' => format!("Identifier({word:?})"),
        _ => format!("Operator({word:?})"),
    }
}

pub fn is_operator(word: &str) -> bool {
    word == "not" || LEVELS.iter().any(|level| level.contains(&word))
}
