//! A configuration as the text of a file that is edited.

use super::fields::{Document, Field, Kind, Part};
use crate::time::format_go_duration;
use serde_json::Value;
use std::time::Duration;

/// What a time is that was never set.
const YEAR_ONE: &str = "0001-01-01T00:00:00Z";

/// Every member of `value`, a JSON object, in the order of the table, each under what it means.
pub fn write(document: &Document, value: &Value) -> String {
    let mut out = format!("# Schema: {}\n", document.schema);
    if !document.required.is_empty() {
        out.push_str(&format!("#\n#   Required Items: {}\n", document.required));
    }
    members(&mut out, &document.part, value, 0);
    out
}

fn members(out: &mut String, part: &Part, value: &Value, indent: usize) {
    part.fields.iter().for_each(|field| member(out, field, value, indent));
}

/// As by the original, a list that is not empty is explained twice: errors name the same lines.
fn member(out: &mut String, field: &Field, of: &Value, indent: usize) {
    comment(out, field, indent);
    let value = of.get(field.name).unwrap_or(&Value::Null);
    let space = " ".repeat(indent);
    out.push_str(&format!("{space}{}:", field.name));
    match (field.kind, value) {
        (Kind::Texts | Kind::Durations, Value::Array(items)) if !items.is_empty() => {
            out.push('\n');
            comment(out, field, indent + 4);
            let is_text = matches!(field.kind, Kind::Texts);
            let show = |item: &Value| if is_text { scalar(text(item)) } else { duration(item) };
            items.iter().for_each(|item| out.push_str(&format!("{space}    - {}\n", show(item))));
        }
        (Kind::Parts(part) | Kind::Untyped(part), Value::Array(items)) if !items.is_empty() => {
            out.push('\n');
            comment(out, field, indent + 4);
            for item in items {
                out.push_str(&format!("{space}    -"));
                members(out, part, item, indent + 6);
            }
        }
        (Kind::Labels, Value::Object(labels)) if !labels.is_empty() => {
            out.push('\n');
            let mut lines: Vec<String> = labels
                .iter()
                .map(|(name, value)| format!("{space}    {}: {}\n", scalar(name), scalar(text(value))))
                .collect();
            crate::sorted::all(&mut lines);
            lines.iter().for_each(|line| out.push_str(line));
        }
        (Kind::Part(part) | Kind::Fixed(part), Value::Object(_)) | (Kind::Fixed(part), _) => {
            out.push('\n');
            members(out, part, value, indent + 4);
        }
        (kind, value) => out.push_str(&format!(" {}\n", in_line(kind, value))),
    }
}

fn comment(out: &mut String, field: &Field, indent: usize) {
    let space = " ".repeat(indent);
    if let Kind::Untyped(_) = field.kind {
        return out.push_str(&format!("{space}# {}\n", field.says));
    }
    let (kind, bounds) = match field.kind {
        Kind::Text(form) => ("string", form),
        Kind::Bool => ("boolean", ""),
        Kind::Number(_, bounds) => ("integer", bounds),
        Kind::Duration => ("duration like 10s or 2h1m5s", ""),
        Kind::Time | Kind::TimeOrZero => ("string", ""),
        Kind::Choice(_) => ("string", ""),
        Kind::Texts => ("array", "items: string"),
        Kind::Durations => ("array", "items: integer"),
        Kind::Parts(_) | Kind::Untyped(_) => ("array", ""),
        Kind::Labels | Kind::Part(_) | Kind::Fixed(_) => ("object", ""),
    };
    let bounds = if bounds.is_empty() { String::new() } else { format!(" ({bounds})") };
    out.push_str(&format!("\n{space}# {}\n{space}#\n{space}#   Type: {kind}{bounds}\n", field.says));
    if let Kind::Choice(choice) = field.kind {
        // The original counts a missing mode as one of them.
        let none = if choice.names[0] == "default" { ", " } else { "" };
        out.push_str(&format!("{space}#   Valid Values: {none}{}\n", choice.names.join(", ")));
    }
    let remark = match field.kind {
        Kind::Number("int64", _) => "signed 64 bit integer",
        Kind::Number("int32", _) => "signed 32 bit integer",
        Kind::Number("uint64", _) => "unsigned 64 bit integer",
        Kind::Number("int", _) => "signed integer, 64 bit on most servers",
        Kind::Time | Kind::TimeOrZero => "a time like 2030-01-31T12:00:00Z",
        _ => return,
    };
    out.push_str(&format!("{space}#   Comment: {remark}\n"));
}

fn in_line(kind: Kind, value: &Value) -> String {
    match kind {
        Kind::Text(_) => scalar(text(value)),
        Kind::Bool => value.as_bool().unwrap_or_default().to_string(),
        Kind::Number(..) if value.is_number() => value.to_string(),
        Kind::Number(..) => "0".to_owned(),
        Kind::Duration => duration(value),
        Kind::Time => value.as_str().unwrap_or("null").to_owned(),
        Kind::TimeOrZero => value.as_str().unwrap_or(YEAR_ONE).to_owned(),
        Kind::Choice(choice) => value.as_str().filter(|name| !name.is_empty()).unwrap_or(choice.names[0]).to_owned(),
        Kind::Texts | Kind::Durations | Kind::Parts(_) | Kind::Untyped(_) => "[]".to_owned(),
        Kind::Labels => "{}".to_owned(),
        Kind::Part(_) | Kind::Fixed(_) => "null".to_owned(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn duration(nanos: &Value) -> String {
    let nanos = nanos.as_i64().unwrap_or_default();
    let sign = if nanos < 0 { "-" } else { "" };
    format!("{sign}{}", format_go_duration(Duration::from_nanos(nanos.unsigned_abs())))
}

/// Text, quoted where it would mean something else.
pub fn scalar(text: &str) -> String {
    let is_word = super::read::tag(text) == "!!str" && !super::read::is_old_bool(text);
    let opens = text.starts_with([
        '-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', ' ',
    ]);
    let is_dash = text.starts_with('-') && !text.starts_with("- ") && text != "-";
    let splits = text.contains(": ") || text.ends_with(':') || text.contains(" #") || text.ends_with(' ');
    if text.chars().any(char::is_control) {
        let escaped = |c: char| match c {
            '"' | '\\' => format!("\\{c}"),
            '\n' => "\\n".to_owned(),
            '\t' => "\\t".to_owned(),
            c if c.is_control() => format!("\\u{:04x}", c as u32),
            c => c.to_string(),
        };
        return format!("\"{}\"", text.chars().map(escaped).collect::<String>());
    }
    match !text.is_empty() && is_word && (!opens || is_dash) && !splits {
        true => text.to_owned(),
        false if text.is_empty() || !is_word => format!("\"{text}\""),
        false => format!("'{}'", text.replace('\'', "''")),
    }
}
