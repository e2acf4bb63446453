//! The text of an edited file as a configuration.
//!
//! What is missing is zero, as a Go struct has it, and names that mean nothing are passed over. Source: yaml.v3, whose
//! sentences these are.

use super::fields::{Choice, Kind, Part};
use super::tree::{Entry, Node, Problem, Value};
use crate::time::{Timestamp, parse_go_duration};
use serde_json::{Map, Value as Json, json};

/// A value longer than this is cut in an error.
const LONGEST_VALUE: usize = 10;

/// The JSON object that `text` describes. Errors: a sentence that begins with `yaml: `, or that of a choice.
pub fn read(part: &Part, text: &str) -> Result<Json, Problem> {
    let tree = Node::read(text).map_err(|problem| format!("yaml: {problem}"))?;
    let mut problems = Vec::new();
    let object = object(part, &tree, &mut problems)?;
    match problems.is_empty() {
        true => Ok(object),
        false => Err(format!("yaml: unmarshal errors:\n{}", problems.join("\n"))),
    }
}

/// What a plain value is taken for.
pub fn tag(text: &str) -> &'static str {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => "!!null",
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => "!!bool",
        _ if integer(text).is_some() => "!!int",
        _ if float(text).is_some() => "!!float",
        _ if is_time(text) => "!!timestamp",
        _ => "!!str",
    }
}

/// Words that meant true or false once, and do where a bool is wanted.
pub fn is_old_bool(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "y" | "yes" | "on" | "n" | "no" | "off")
}

fn integer(text: &str) -> Option<i128> {
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let (radix, digits) = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        Some(_) if digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    let is_number = digits.starts_with(|c: char| c.is_ascii_hexdigit());
    i128::from_str_radix(digits, radix).ok().filter(|_| is_number).map(|value| sign * value)
}

fn float(text: &str) -> Option<f64> {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || "+-.eE_".contains(c))
        && text.trim_start_matches(['+', '-', '.']).starts_with(|c: char| c.is_ascii_digit());
    text.replace('_', "").parse().ok().filter(|_| is_number)
}

fn is_time(text: &str) -> bool {
    let is_day =
        text.len() == 10 && text.split('-').count() == 3 && text.split('-').all(|part| part.parse::<u16>().is_ok());
    is_day || Timestamp::parse_rfc3339(text).is_ok()
}

fn object(part: &Part, node: &Node, problems: &mut Vec<String>) -> Result<Json, Problem> {
    let entries: &[Entry] = match &node.value {
        Value::Map(entries) => entries,
        Value::Plain(text) if tag(text) == "!!null" => &[],
        _ => {
            problems.push(refusal(node, part.type_name));
            &[]
        }
    };
    refuse_twins(entries, problems);
    let mut members = Map::new();
    for field in part.fields {
        let entry = entries.iter().find(|entry| entry.key == field.name);
        let nothing = Node::nothing(node.line);
        if let Some(value) = value(field.kind, entry.map_or(&nothing, |entry| &entry.node), problems)? {
            members.insert(field.name.to_owned(), value);
        }
    }
    Ok(Json::Object(members))
}

fn refuse_twins(entries: &[Entry], problems: &mut Vec<String>) {
    for (index, entry) in entries.iter().enumerate() {
        if let Some(first) = entries[..index].iter().find(|before| before.key == entry.key) {
            let (key, line, first) = (&entry.key, entry.line, first.line);
            problems.push(format!("  line {line}: mapping key {key:?} already defined at line {first}"));
        }
    }
}

/// `None`: it is left out.
fn value(kind: Kind, node: &Node, problems: &mut Vec<String>) -> Result<Option<Json>, Problem> {
    if let Value::Plain(text) = &node.value
        && tag(text) == "!!null"
    {
        return Ok(zero(kind));
    }
    Ok(match kind {
        Kind::Text(_) => scalar(node, "string", problems, |text, _| Some(json!(text))),
        Kind::Bool => {
            scalar(node, "bool", problems, |text, is_plain| bool_of(text).filter(|_| is_plain).map(Json::Bool))
        }
        Kind::Number(type_name, _) => {
            scalar(node, type_name, problems, |text, is_plain| number(text, type_name).filter(|_| is_plain))
        }
        Kind::Duration => scalar(node, "time.Duration", problems, |text, _| nanos(text)),
        Kind::Time | Kind::TimeOrZero => scalar(node, "time.Time", problems, |text, is_plain| {
            let time = Timestamp::parse_rfc3339(text).ok().filter(|_| is_plain)?;
            Some(time.map_or(Json::Null, |time| json!(time.rfc3339())))
        })
        .filter(|time| !time.is_null()),
        Kind::Choice(choice) => Some(chosen(choice, node)?),
        Kind::Texts => list(node, "[]string", problems, |item, problems| {
            Ok(scalar(item, "string", problems, |text, _| Some(json!(text))))
        })?,
        Kind::Durations => list(node, "[]time.Duration", problems, |item, problems| {
            Ok(scalar(item, "time.Duration", problems, |text, _| nanos(text)))
        })?,
        Kind::Labels => labels(node, problems),
        Kind::Part(part) | Kind::Fixed(part) => Some(object(part, node, problems)?),
        Kind::Parts(part) | Kind::Untyped(part) => {
            list(node, &format!("[]{}", part.type_name), problems, |item, problems| {
                object(part, item, problems).map(Some)
            })?
        }
    })
}

fn zero(kind: Kind) -> Option<Json> {
    match kind {
        Kind::Text(_) => Some(json!("")),
        Kind::Bool => Some(json!(false)),
        Kind::Number(..) | Kind::Duration => Some(json!(0)),
        Kind::Choice(choice) => Some(json!(choice.names[0])),
        _ => None,
    }
}

fn scalar(
    node: &Node,
    type_name: &str,
    problems: &mut Vec<String>,
    read: impl Fn(&str, bool) -> Option<Json>,
) -> Option<Json> {
    let found = match &node.value {
        Value::Plain(text) => read(text, true),
        Value::Quoted(text) => read(text, false),
        Value::List(_) | Value::Map(_) => None,
    };
    if found.is_none() {
        problems.push(refusal(node, type_name));
    }
    found
}

/// `line 5: cannot unmarshal !!str `many` into int64`.
fn refusal(node: &Node, into: &str) -> String {
    let (tag, text) = match &node.value {
        Value::Plain(text) => (tag(text), Some(text)),
        Value::Quoted(text) => ("!!str", Some(text)),
        Value::List(_) => ("!!seq", None),
        Value::Map(_) => ("!!map", None),
    };
    let shown = match text {
        Some(text) if text.len() > LONGEST_VALUE => {
            format!(" `{}...`", text.chars().take(7).collect::<String>())
        }
        Some(text) => format!(" `{text}`"),
        None => String::new(),
    };
    format!("  line {}: cannot unmarshal {tag}{shown} into {into}", node.line)
}

fn bool_of(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "y" | "yes" | "on" => Some(true),
        "false" | "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn number(text: &str, type_name: &str) -> Option<Json> {
    let value = integer(text).or_else(|| float(text).map(|value| value as i128))?;
    match type_name {
        "uint64" => u64::try_from(value).ok().map(|value| json!(value)),
        "int32" => i32::try_from(value).ok().map(|value| json!(value)),
        _ => i64::try_from(value).ok().map(|value| json!(value)),
    }
}

/// Go's durations alone: `1h30m`, not `1d`, and no plain number.
fn nanos(text: &str) -> Option<Json> {
    let (sign, plain) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let has_unit = plain.ends_with(|c: char| c.is_ascii_lowercase()) && tag(text) == "!!str";
    let duration = parse_go_duration(plain).filter(|_| has_unit)?;
    i64::try_from(duration.as_nanos()).ok().map(|nanos| json!(sign * nanos))
}

fn chosen(choice: &Choice, node: &Node) -> Result<Json, Problem> {
    let text = match &node.value {
        Value::Plain(text) | Value::Quoted(text) => text.as_str(),
        Value::List(_) | Value::Map(_) => "",
    };
    match choice.names.iter().find(|name| **name == text) {
        Some(name) => Ok(json!(name)),
        None => Err(choice.refusal.replace("{q}", &format!("{text:?}")).replace("{}", text)),
    }
}

/// An empty list is none.
fn list(
    node: &Node,
    type_name: &str,
    problems: &mut Vec<String>,
    read: impl Fn(&Node, &mut Vec<String>) -> Result<Option<Json>, Problem>,
) -> Result<Option<Json>, Problem> {
    let Value::List(items) = &node.value else {
        problems.push(refusal(node, type_name));
        return Ok(None);
    };
    let mut values = Vec::new();
    for item in items {
        values.extend(read(item, problems)?);
    }
    Ok((!values.is_empty()).then_some(Json::Array(values)))
}

fn labels(node: &Node, problems: &mut Vec<String>) -> Option<Json> {
    let Value::Map(entries) = &node.value else {
        problems.push(refusal(node, "map[string]string"));
        return None;
    };
    refuse_twins(entries, problems);
    let mut labels = Map::new();
    for entry in entries {
        let text = match &entry.node.value {
            Value::Plain(text) if tag(text) == "!!null" => Some(json!("")),
            _ => scalar(&entry.node, "string", problems, |text, _| Some(json!(text))),
        };
        labels.extend(text.map(|text| (entry.key.clone(), text)));
    }
    Some(Json::Object(labels))
}

#[cfg(test)]
mod tests {
    use super::super::{CONSUMER, STREAM, write};
    use super::*;
    use crate::api::{ConsumerConfig, StreamConfig};
    use crate::json::{FromJson, to_value};

    #[test]
    fn what_is_written_reads_the_same() {
        let stream = r#"{"name":"ORDERS","description":"it's: #1","subjects":["a.>","yes"],"max_age":90000000000,
            "sources":[{"name":"A","opt_start_seq":3,"subject_transforms":[{"src":"a","dest":"b"}]},{"name":"B"}],
            "republish":{"src":"a","dest":"- b"},"metadata":{"n":"1","t":""},"num_replicas":1,"max_msgs":-1,
            "consumer_limits":{"max_ack_pending":7}}"#;
        let mut stream: StreamConfig = crate::json::read(stream).unwrap();
        stream.metadata.insert("odd".to_owned(), "\u{1b}[1m\t\"a\\\u{7f}\u{301}".to_owned());
        let text = write::write(&STREAM, &to_value(&stream));
        assert_eq!(StreamConfig::from_json(&read(&STREAM.part, &text).unwrap()), Ok(stream), "{text}");
        let consumer = r#"{"durable_name":"C","name":"C","ack_policy":"explicit","backoff":[1000000000,2500000000],
            "pause_until":"2030-01-31T12:00:00Z","filter_subjects":["a","b"],"deliver_policy":"new","max_deliver":4}"#;
        let consumer: ConsumerConfig = crate::json::read(consumer).unwrap();
        let text = write::write(&CONSUMER, &to_value(&consumer));
        assert_eq!(ConsumerConfig::from_json(&read(&CONSUMER.part, &text).unwrap()), Ok(consumer), "{text}");
    }

    /// Reads as a description and a list of subjects.
    fn check(text: &str, expected: &str) {
        let shown = match read(&STREAM.part, text) {
            Ok(value) => format!("{} {}", value["description"], value.get("subjects").unwrap_or(&Json::Null)),
            Err(problem) => problem,
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn forms_of_yaml() {
        check("description: a\n  b\nsubjects: [a, 'b c',\n  \"d\\te\"]", r#""a b" ["a","b c","d\te"]"#);
        check("subjects:\n- a\n- b # no\ndescription: |\n  x\n  y\n", r#""x\ny\n" ["a","b"]"#);
        check("{description: 12, subjects: []}", r#""12" null"#);
        check("---\ndescription: ~\nunknown: {a: [b]}\n", r#""" null"#);
        check("description: 'a\n  b'\n", r#""a b" null"#);
        check("", r#""" null"#);
        check("description: [a]\n", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into string");
        check("a: 1\nsubjects: 7\n", "yaml: unmarshal errors:\n  line 2: cannot unmarshal !!int `7` into []string");
        check(
            "words alone\n",
            "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `words a...` into api.StreamConfig",
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "([-a:#\\[\\]{}'\"|>&*!?,0 \\t\\n\\\\ü]|name: |subjects: |  - ){0,60}") {
            let _ = read(&STREAM.part, &text);
        }
    }
}
