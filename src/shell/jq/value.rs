//! JSON that keeps the order of its members and the spelling of its numbers, as `jq` shows them.

use crate::json;
use crate::sorted;
use std::cmp::Ordering;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub enum Json {
    Null,
    Bool(bool),
    /// As it was written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Why there is no value.
#[derive(Debug, PartialEq)]
pub enum NoValue {
    /// More text may make one.
    Unfinished,
    Wrong,
}

const DEEPEST: usize = 128;

impl Json {
    /// The first value of `text`, and what follows it. `ended`: nothing more will follow.
    pub fn read(text: &str, ended: bool) -> Result<(Json, &str), NoValue> {
        read(text.trim_start(), ended, 0)
    }

    pub fn number(value: f64) -> Json {
        Json::Number(if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { value.to_string() })
    }

    pub fn as_number(&self) -> Option<f64> {
        match self {
            Json::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub fn is_true(&self) -> bool {
        !matches!(self, Json::Null | Json::Bool(false))
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        let inside = match self {
            Json::Null | Json::Bool(_) => 0,
            Json::Number(text) | Json::Text(text) => text.len(),
            Json::List(items) => items.iter().map(Json::bytes).sum(),
            Json::Object(members) => members.iter().map(|(name, value)| name.len() + value.bytes()).sum(),
        };
        size_of::<Json>() + inside
    }

    /// As jq sorts: by kind first. Objects are compared by their names, and then by what those hold.
    pub fn order(&self, other: &Json) -> Ordering {
        match (self, other) {
            (Json::Text(left), Json::Text(right)) => left.cmp(right),
            (Json::Number(_), Json::Number(_)) => {
                self.as_number().partial_cmp(&other.as_number()).unwrap_or(Ordering::Equal)
            }
            (Json::List(left), Json::List(right)) => {
                let pairs = left.iter().zip(right);
                let differs = pairs.map(|(left, right)| left.order(right)).find(|order| order.is_ne());
                differs.unwrap_or(left.len().cmp(&right.len()))
            }
            (Json::Object(left), Json::Object(right)) => order_of_objects(left, right),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> usize {
        match self {
            Json::Null => 0,
            Json::Bool(false) => 1,
            Json::Bool(true) => 2,
            Json::Number(_) => 3,
            Json::Text(_) => 4,
            Json::List(_) => 5,
            Json::Object(_) => 6,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(_) => "number",
            Json::Text(_) => "string",
            Json::List(_) => "array",
            Json::Object(_) => "object",
        }
    }

    pub fn compact(&self) -> String {
        let join = |parts: Vec<String>| parts.join(",");
        match self {
            Json::Null => "null".to_owned(),
            Json::Bool(value) => value.to_string(),
            Json::Number(text) => text.clone(),
            Json::Text(text) => json::write(text.as_str()),
            Json::List(items) => format!("[{}]", join(items.iter().map(Json::compact).collect())),
            Json::Object(members) => {
                let member =
                    |(name, value): &(String, Json)| format!("{}:{}", json::write(name.as_str()), value.compact());
                format!("{{{}}}", join(members.iter().map(member).collect()))
            }
        }
    }
}

fn order_of_objects(left: &[(String, Json)], right: &[(String, Json)]) -> Ordering {
    let by_name = |members: &[(String, Json)]| {
        let mut members: Vec<(String, Json)> = members.to_vec();
        sorted::by(&mut members, |left, right| left.0.cmp(&right.0));
        members
    };
    let (left, right) = (by_name(left), by_name(right));
    let names = left.iter().map(|(name, _)| name).cmp(right.iter().map(|(name, _)| name));
    let values = || left.iter().zip(&right).map(|(left, right)| left.1.order(&right.1)).find(|order| order.is_ne());
    if names.is_ne() { names } else { values().unwrap_or(Ordering::Equal) }
}

fn read(text: &str, ended: bool, depth: usize) -> Result<(Json, &str), NoValue> {
    match text.chars().next() {
        None => Err(NoValue::Unfinished),
        Some(_) if depth == DEEPEST => Err(NoValue::Wrong),
        Some('[') => list(&text[1..], ended, depth),
        Some('{') => object(&text[1..], ended, depth),
        Some('"') => string(text).map(|(text, rest)| (Json::Text(text), rest)),
        Some(_) => word(text, ended),
    }
}

fn word(text: &str, ended: bool) -> Result<(Json, &str), NoValue> {
    let end = text.find(|c: char| c.is_whitespace() || ",]}:\"[{".contains(c)).unwrap_or(text.len());
    if end == text.len() && !ended {
        return Err(NoValue::Unfinished);
    }
    let (word, rest) = text.split_at(end);
    let value = match word {
        "null" => Json::Null,
        "true" => Json::Bool(true),
        "false" => Json::Bool(false),
        number if json::parse(number).is_ok_and(|value| value.is_number()) => Json::Number(number.to_owned()),
        _ => return Err(NoValue::Wrong),
    };
    Ok((value, rest))
}

fn string(text: &str) -> Result<(String, &str), NoValue> {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let is_end = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        is_end
    });
    let (end, _) = end.ok_or(NoValue::Unfinished)?;
    let value = json::read::<String>(&text[..=end]).map_err(|_| NoValue::Wrong)?;
    Ok((value, &text[end + 1..]))
}

fn list(text: &str, ended: bool, depth: usize) -> Result<(Json, &str), NoValue> {
    let mut items = Vec::new();
    let mut rest = text.trim_start();
    if let Some(after) = rest.strip_prefix(']') {
        return Ok((Json::List(items), after));
    }
    loop {
        let (item, after) = read(rest.trim_start(), ended, depth + 1)?;
        items.push(item);
        rest = after.trim_start();
        match rest.chars().next() {
            Some(',') => rest = &rest[1..],
            Some(']') => return Ok((Json::List(items), &rest[1..])),
            Some(_) => return Err(NoValue::Wrong),
            None => return Err(NoValue::Unfinished),
        }
    }
}

fn object(text: &str, ended: bool, depth: usize) -> Result<(Json, &str), NoValue> {
    let mut members: Vec<(String, Json)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut rest = text.trim_start();
    if let Some(after) = rest.strip_prefix('}') {
        return Ok((Json::Object(members), after));
    }
    loop {
        rest = rest.trim_start();
        match rest.chars().next() {
            Some('"') => {}
            None => return Err(NoValue::Unfinished),
            Some(_) => return Err(NoValue::Wrong),
        }
        let (name, after) = string(rest)?;
        let after = after.trim_start();
        let after = match after.strip_prefix(':') {
            Some(after) => after,
            None if after.is_empty() => return Err(NoValue::Unfinished),
            None => return Err(NoValue::Wrong),
        };
        let (value, after) = read(after.trim_start(), ended, depth + 1)?;
        match places.get(&name) {
            // Said again, a member keeps its place.
            Some(place) => members[*place].1 = value,
            None => {
                places.insert(name.clone(), members.len());
                members.push((name, value));
            }
        }
        rest = after.trim_start();
        match rest.chars().next() {
            Some(',') => rest = &rest[1..],
            Some('}') => return Ok((Json::Object(members), &rest[1..])),
            Some(_) => return Err(NoValue::Wrong),
            None => return Err(NoValue::Unfinished),
        }
    }
}
