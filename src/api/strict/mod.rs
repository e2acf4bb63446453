//! Requests as the server reads them: strictly, and with Go's complaints.
//!
//! Names of members match whatever their case; a repeated member wins over the earlier one; `null` leaves the default
//! (except in stream enums); an unknown member, a fraction for an integer or a number out of range is an error. Several
//! documents one after the other are laid over each other. Knows the shapes in `schemas.rs`, nothing of what they mean.
//! The ways in are [`decode`] and, for requests that may do without a body, [`decode_object`].
//! Source: nats-server `server/jetstream_api.go` with Go's `encoding/json`, observed.

mod json;
mod schemas;

use super::{Error, ErrorCode};
use crate::json::FromJson;
use json::{Json, parse_all, parse_one};
use serde_json::{Map, Value};

/// A request with a known shape.
pub trait Request: FromJson {
    const SHAPE: &'static Shape;
}

/// The members an object may have.
#[derive(Debug)]
pub struct Shape {
    /// Go's name of the type, as complaints have it.
    pub go_type: &'static str,
    pub members: &'static [(&'static str, Kind)],
}

/// What a member may hold.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Bool,
    Text,
    /// `int`, `int32`, `int64`, `uint64` or `time.Duration`.
    Int(&'static str),
    Time,
    TextMap,
    /// Anything; nobody looks at it.
    Unread,
    Object(&'static Shape),
    /// The elements' kind and Go's name of the list.
    List(&'static Kind, &'static str),
    Enum(&'static Choices),
}

/// The values of an enum and what is said about others.
#[derive(Debug)]
pub struct Choices {
    pub values: &'static [&'static str],
    pub ignore_case: bool,
    pub null: OnNull,
    /// `{raw}` is the JSON as written, `{quoted}` the same as a Go string.
    pub complaint: &'static str,
    /// The same from the command line's own reader, see [`decode_file`].
    pub of_file: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnNull {
    Complain,
    KeepDefault,
}

/// What happens to members nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    Refuse,
    Ignore,
    /// The command line reads a file, and passes over them.
    OfFile,
}

/// Reads a request body; an empty one gives the defaults.
///
/// Errors: 10025 with Go's text.
pub fn decode<T: Request>(body: &[u8]) -> Result<T, Error> {
    decode_with(body, Unknown::Refuse)
}

/// [`decode`], choosing what happens to unknown members.
pub fn decode_with<T: Request>(body: &[u8], unknown: Unknown) -> Result<T, Error> {
    read(T::SHAPE, body, unknown).map_err(|text| ErrorCode::INVALID_JSON.with(&[&text]))
}

/// Reads a configuration from a file as the command line does: what is not there is Go's zero, members nobody knows are
/// passed over. It may stand inside what `info -j` of a stream or consumer shows.
///
/// Errors: Go's text.
pub fn decode_file<T: Request>(bytes: &[u8]) -> Result<T, String> {
    const WHOLE: &str = "Go value of type map[string]interface {}";
    let mut path = T::SHAPE.go_type.to_owned();
    let members = match parse_one(bytes)? {
        Json::Null => Vec::new(),
        Json::Object(members) => match members.iter().find(|(name, _)| name == "config") {
            None => members,
            Some((_, inner)) => {
                path = format!("{}.config", path.replace("Config", "Info"));
                match inner {
                    Json::Null => Vec::new(),
                    Json::Object(members) => members.clone(),
                    other => {
                        let place = format!("Go struct field {path} of type api.{}", T::SHAPE.go_type);
                        return Err(cannot(other.kind(), &place));
                    }
                }
            }
        },
        other => return Err(cannot(other.kind(), WHOLE)),
    };
    let checked = object(T::SHAPE, &path, members, Unknown::OfFile).map_err(as_client)?;
    let mut whole: Map<String, Value> = T::SHAPE
        .members
        .iter()
        .filter(|(_, kind)| matches!(kind, Kind::Int(_)))
        .map(|(name, _)| ((*name).to_owned(), Value::from(0)))
        .collect();
    lay_over(&mut whole, checked);
    T::from_json(&Value::Object(whole)).map_err(|error| error.to_string())
}

/// The client's types have the names of the server's, in another package.
fn as_client(problem: String) -> String {
    match problem.rsplit_once(" of type ") {
        Some((place, go_type)) => format!("{place} of type {}", go_type.replace("server.", "api.")),
        None => problem,
    }
}

/// [`decode`] for requests whose body counts only if it starts like an object or a list.
pub fn decode_object<T: Request>(body: &[u8]) -> Result<T, Error> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    decode(if matches!(first, Some(b'{' | b'[')) { body } else { b"" })
}

/// Whether a body says nothing: no bytes, or `{}`.
pub fn is_empty_request(body: &[u8]) -> bool {
    body.is_empty() || body.iter().filter(|byte| !byte.is_ascii_whitespace()).eq(b"{}")
}

fn read<T: FromJson>(shape: &Shape, body: &[u8], unknown: Unknown) -> Result<T, String> {
    let mut checked = Map::new();
    for document in parse_all(body)? {
        match document {
            Json::Null => {}
            Json::Object(members) => lay_over(&mut checked, object(shape, shape.go_type, members, unknown)?),
            other => return Err(cannot(other.kind(), &format!("Go value of type server.{}", shape.go_type))),
        }
    }
    T::from_json(&Value::Object(checked)).map_err(|error| error.to_string())
}

fn lay_over(below: &mut Map<String, Value>, above: Map<String, Value>) {
    for (name, value) in above {
        match (below.get_mut(&name), value) {
            (Some(Value::Object(below)), Value::Object(above)) => lay_over(below, above),
            (_, value) => drop(below.insert(name, value)),
        }
    }
}

fn object(
    shape: &Shape,
    path: &str,
    members: Vec<(String, Json)>,
    unknown: Unknown,
) -> Result<Map<String, Value>, String> {
    let mut checked = Map::new();
    for (name, value) in members {
        let known = shape.members.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name));
        match known {
            Some((known, kind)) => {
                let path = Path { text: format!("{path}.{known}"), in_list: false };
                if let Some(value) = member(kind, &path, value, unknown)? {
                    lay_over(&mut checked, Map::from_iter([((*known).to_owned(), value)]));
                }
            }
            None if unknown != Unknown::Refuse => {}
            None => return Err(format!("json: unknown field {}", crate::json::write(&name))),
        }
    }
    Ok(checked)
}

/// Where in the request a value stands, as complaints name it.
struct Path {
    text: String,
    /// Go leaves out "Go struct field" for elements of a list.
    in_list: bool,
}

impl Path {
    fn place(&self, go_type: &str) -> String {
        let prefix = if self.in_list { "" } else { "Go struct field " };
        format!("{prefix}{} of type {go_type}", self.text)
    }
}

fn cannot(what: &str, place: &str) -> String {
    format!("json: cannot unmarshal {what} into {place}")
}

/// `None` leaves the default.
fn member(kind: &Kind, path: &Path, json: Json, unknown: Unknown) -> Result<Option<Value>, String> {
    if let Kind::Enum(choices) = kind {
        return one_of(choices, json, unknown);
    }
    let value = match (kind, json) {
        (_, Json::Null) | (Kind::Unread, _) => return Ok(None),
        (Kind::Bool, Json::Bool(value)) => Value::from(value),
        (Kind::Text, Json::Text(text)) => Value::from(text),
        (Kind::Int(go_type), Json::Number(digits)) => {
            integer(go_type, &digits).ok_or_else(|| cannot(&format!("number {digits}"), &path.place(go_type)))?
        }
        (Kind::Time, Json::Text(text)) => time(text)?,
        (Kind::TextMap, Json::Object(members)) => text_map(path, members)?,
        (Kind::Object(shape), Json::Object(members)) => Value::Object(object(shape, &path.text, members, unknown)?),
        (Kind::List(element, _), Json::List(items)) => list(element, path, items, unknown)?,
        (kind, json) => return Err(cannot(json.kind(), &path.place(&go_name(kind)))),
    };
    Ok(Some(value))
}

fn go_name(kind: &Kind) -> String {
    match kind {
        Kind::Bool => "bool".to_owned(),
        Kind::Text | Kind::Enum(_) => "string".to_owned(),
        Kind::Int(go_type) | Kind::List(_, go_type) => (*go_type).to_owned(),
        Kind::Time => "time.Time".to_owned(),
        Kind::TextMap => "map[string]string".to_owned(),
        Kind::Object(shape) => format!("server.{}", shape.go_type),
        Kind::Unread => String::new(),
    }
}

fn integer(go_type: &str, digits: &str) -> Option<Value> {
    match go_type {
        "uint64" => digits.parse::<u64>().ok().map(Value::from),
        "int32" => digits.parse::<i32>().ok().map(Value::from),
        _ => digits.parse::<i64>().ok().map(Value::from),
    }
}

fn time(text: String) -> Result<Value, String> {
    match crate::time::Timestamp::parse_rfc3339(&text) {
        Ok(Some(_)) => Ok(Value::from(text)),
        // The zero time stands for none.
        Ok(None) => Ok(Value::Null),
        Err(_) => {
            Err(format!(r#"parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse "{text}" as "2006""#))
        }
    }
}

fn text_map(path: &Path, members: Vec<(String, Json)>) -> Result<Value, String> {
    let mut map = Map::new();
    for (name, value) in members {
        let text = match value {
            Json::Text(text) => text,
            Json::Null => String::new(),
            other => return Err(cannot(other.kind(), &format!("Go struct field {}.{name} of type string", path.text))),
        };
        map.insert(name, Value::from(text));
    }
    Ok(Value::Object(map))
}

fn list(element: &Kind, path: &Path, items: Vec<Json>, unknown: Unknown) -> Result<Value, String> {
    let mut values = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let path = Path { text: format!("{}.{index}", path.text), in_list: true };
        values.push(member(element, &path, item, unknown)?.unwrap_or_else(|| empty(element)));
    }
    Ok(Value::Array(values))
}

fn empty(kind: &Kind) -> Value {
    match kind {
        Kind::Bool => Value::from(false),
        Kind::Text | Kind::Enum(_) => Value::from(""),
        Kind::Int(_) => Value::from(0),
        Kind::Time | Kind::Unread => Value::Null,
        Kind::TextMap | Kind::Object(_) => Value::Object(Map::new()),
        Kind::List(..) => Value::Array(Vec::new()),
    }
}

fn one_of(choices: &Choices, json: Json, unknown: Unknown) -> Result<Option<Value>, String> {
    if json == Json::Null && choices.null == OnNull::KeepDefault {
        return Ok(None);
    }
    if let Json::Text(text) = &json {
        let same = |value: &&&str| if choices.ignore_case { value.eq_ignore_ascii_case(text) } else { **value == text };
        if let Some(value) = choices.values.iter().find(same) {
            return Ok(Some(Value::from(*value)));
        }
    }
    let raw = json.text();
    let quoted = crate::json::write(&raw);
    let complaint = if unknown == Unknown::OfFile { choices.of_file } else { choices.complaint };
    Err(complaint.replace("{raw}", &raw).replace("{quoted}", &quoted))
}

#[cfg(test)]
mod tests;
