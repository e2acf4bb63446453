//! What came, without what cannot be the same on two servers: times, drawn ids, who connected.

use crate::support::Frame;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Fields of answers and advisories that say who asked or which machine it was.
const DROPPED: [&str; 7] = ["client", "server", "cluster", "domain", "ts", "pause_remaining", "active"];

/// Of a name the server makes up.
const GENERATED_CHARS: usize = 8;

static TIME: LazyLock<Regex> = LazyLock::new(|| pattern(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"));
static NANOSECONDS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b1[789]\d{17}\b"));
static ID: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[0-9A-Za-z]{22}\b"));

/// Where an answer to flow control goes, and which stream of that name a message was copied from.
static FLOW: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\$JS\.FC\.[^. ]+\.[^. ]+)\.[0-9A-Za-z]+"));
/// Consumers of streams that copy are nobody's business but their own.
pub fn is_inner(frame: &Frame) -> bool {
    frame.subject().contains(".JS_SRC_") || frame.subject().contains(".JS_MIRROR_")
}

static ORIGIN: LazyLock<Regex> = LazyLock::new(|| pattern(r"(Nats-Stream-Source: [^|]*) [0-9A-Za-z]{8}"));

/// Names of consumers in the order of a hash.
static VIOLATORS: LazyLock<Regex> = LazyLock::new(|| pattern(r#"violates consumers: [^"]*"#));

fn sorted_names(text: &str) -> String {
    let (words, names) = text.split_once(": ").unwrap_or((text, ""));
    let names: BTreeSet<&str> = names.split(", ").collect();
    format!("{words}: {}", names.into_iter().collect::<Vec<_>>().join(", "))
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern that was tried")
}

/// One message on subscription `sid` as a line.
pub fn line(sid: usize, frame: &Frame, with_numbers: &dyn Fn(&str) -> String) -> String {
    let text = with_numbers(&frame.text());
    let body = match serde_json::from_str::<Value>(&text) {
        Ok(mut value) if value.is_object() => {
            strip(&mut value);
            value.to_string()
        }
        _ => text,
    };
    let headers = frame.header_text().trim_end().replace("\r\n", "|");
    let body = VIOLATORS.replace(&body, |found: &regex::Captures<'_>| sorted_names(&found[0]));
    let text = format!("{sid}: {} {} {headers} {body}", frame.subject(), frame.reply().unwrap_or("-"));
    let text = with_numbers(&text);
    let text = TIME.replace_all(&text, "TIME");
    let text = FLOW.replace_all(&text, "$1");
    let text = ORIGIN.replace_all(&text, "$1");
    let text = NANOSECONDS.replace_all(&text, "NANOSECONDS");
    ID.replace_all(&text, "ID").into_owned()
}

/// The name in an answer to a request that made a consumer and gave it none.
pub fn made_up_name(frame: &Frame, tag: &str) -> Option<String> {
    let asked = frame.subject().starts_with("_R.") && frame.text().contains("consumer_create_response");
    let answer: Value = serde_json::from_slice(&frame.payload).ok().filter(|_| asked)?;
    let name = answer["name"].as_str().filter(|name| name.len() == GENERATED_CHARS && !name.contains(tag))?;
    Some(name.to_owned())
}

pub fn is_heartbeat(frame: &Frame) -> bool {
    frame.header_text().starts_with("NATS/1.0 100 Idle Heartbeat")
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !DROPPED.contains(&name.as_str()));
            if let Some(Value::String(text)) = fields.get_mut("hdrs") {
                let decoded = data_encoding::BASE64.decode(text.as_bytes()).unwrap_or_default();
                *text = String::from_utf8_lossy(&decoded).replace("\r\n", "|");
            }
            fields.values_mut().for_each(strip);
            if let Some(Value::Array(consumers)) = fields.get_mut("consumers") {
                // In the order of their names, some of which were drawn.
                consumers.sort_by_cached_key(Value::to_string);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(strip),
        _ => {}
    }
}

/// Of two lines that differ in their JSON bodies alone: which fields, and how.
pub fn differing_fields(ours: &str, real: &str) -> Option<Vec<String>> {
    let (ours_before, ours) = ours.split_at(ours.find('{')?);
    let (real_before, real) = real.split_at(real.find('{')?);
    let (ours, real) = (serde_json::from_str(ours).ok()?, serde_json::from_str(real).ok()?);
    let mut found = Vec::new();
    compare("", &ours, &real, &mut found);
    (ours_before == real_before).then_some(found)
}

fn compare(path: &str, ours: &Value, real: &Value, found: &mut Vec<String>) {
    match (ours, real) {
        (Value::Object(ours), Value::Object(real)) => {
            let names: BTreeSet<&String> = ours.keys().chain(real.keys()).collect();
            for name in names {
                let path = format!("{path}.{name}");
                compare(&path, ours.get(name).unwrap_or(&Value::Null), real.get(name).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(ours), Value::Array(real)) if ours.len() == real.len() => {
            for (index, (ours, real)) in ours.iter().zip(real).enumerate() {
                compare(&format!("{path}[{index}]"), ours, real, found);
            }
        }
        _ if ours == real => {}
        _ => found.push(format!("{path}: ours {ours}, real {real}")),
    }
}
