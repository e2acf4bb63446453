//! Filters of `jq`: as much of its language as one types to look into a document.
//!
//! Paths, `[]`, `|`, `,`, `//`, comparisons, `and`, `or`, `not`, lists and objects made anew, and a few functions. The way in
//! is [`Filter::read`] and [`Filter::run`]. Source: jq 1.6 manual.

use super::value::Json;
use std::cell::Cell;
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub enum Filter {
    Same,
    Fixed(Json),
    Member(Box<Filter>, String),
    Index(Box<Filter>, i64),
    Each(Box<Filter>),
    /// Errors count as nothing.
    Try(Box<Filter>),
    Pipe(Box<Filter>, Box<Filter>),
    Both(Box<Filter>, Box<Filter>),
    Operator(&'static str, Box<Filter>, Box<Filter>),
    List(Option<Box<Filter>>),
    Object(Vec<(String, Filter)>),
    Call(String, Vec<Filter>),
}

const FUNCTIONS: &[(&str, usize)] = &[
    ("length", 0),
    ("keys", 0),
    ("not", 0),
    ("type", 0),
    ("tostring", 0),
    ("tonumber", 0),
    ("empty", 0),
    ("add", 0),
    ("first", 0),
    ("last", 0),
    ("fromjson", 0),
    ("select", 1),
    ("map", 1),
    ("has", 1),
    ("join", 1),
];
const COMPARISONS: &[&str] = &["==", "!=", "<=", ">=", "<", ">"];
const DEEPEST: usize = 64;
/// Letters of a program.
const LONGEST: usize = 1000;
/// What a program may make of a value in all its steps, in bytes: so much, and so much more for each byte of the value.
const MOST: usize = 1 << 26;
const PER_BYTE: usize = 64;
/// What a step costs that makes nothing.
const STEP: usize = 32;

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Filter {
    /// Errors: what is not understood, from there on.
    pub fn read(text: &str) -> Result<Filter, String> {
        let mut reader = Reader { rest: text.trim(), depth: 0 };
        if reader.rest.is_empty() {
            return Ok(Filter::Same);
        }
        if text.len() > LONGEST {
            return Err(format!("more than {LONGEST} letters"));
        }
        let filter = reader.pipe()?;
        if reader.rest.trim().is_empty() { Ok(filter) } else { Err(reader.rest.trim().to_owned()) }
    }

    /// What comes out of `value`. Errors: jq's sentence.
    pub fn run(&self, value: &Json) -> Result<Vec<Json>, String> {
        let room = Room { left: Cell::new(MOST.saturating_add(value.bytes().saturating_mul(PER_BYTE))) };
        let values = self.values(value, &room);
        // What a `?` or a `//` passed over is told all the same.
        room.take(1)?;
        values
    }

    fn values(&self, value: &Json, room: &Room) -> Result<Vec<Json>, String> {
        let values = self.made(value, room)?;
        room.take(STEP + values.iter().map(Json::bytes).sum::<usize>())?;
        Ok(values)
    }

    fn made(&self, value: &Json, room: &Room) -> Result<Vec<Json>, String> {
        match self {
            Filter::Same => Ok(vec![value.clone()]),
            Filter::Fixed(fixed) => Ok(vec![fixed.clone()]),
            Filter::Member(of, name) => of.values(value, room)?.iter().map(|of| member(of, name)).collect(),
            Filter::Index(of, index) => of.values(value, room)?.iter().map(|of| at(of, *index)).collect(),
            Filter::Each(of) => {
                let lists: Result<Vec<Vec<Json>>, String> = of.values(value, room)?.into_iter().map(each).collect();
                Ok(lists?.into_iter().flatten().collect())
            }
            Filter::Try(of) => Ok(of.values(value, room).unwrap_or_default()),
            Filter::Pipe(first, then) => {
                let mut out = Vec::new();
                for value in first.values(value, room)? {
                    out.extend(then.values(&value, room)?);
                }
                Ok(out)
            }
            Filter::Both(first, second) => Ok([first.values(value, room)?, second.values(value, room)?].concat()),
            Filter::Operator(operator, left, right) => operate(operator, left, right, value, room),
            Filter::List(None) => Ok(vec![Json::List(Vec::new())]),
            Filter::List(Some(of)) => Ok(vec![Json::List(of.values(value, room)?)]),
            Filter::Object(members) => objects(members, value, room),
            Filter::Call(name, arguments) => call(name, arguments, value, room),
        }
    }
}

/// What a program may still make: few letters can make more than fits anywhere.
struct Room {
    left: Cell<usize>,
}

impl Room {
    fn take(&self, bytes: usize) -> Result<(), String> {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.unwrap_or(0));
        left.map(drop).ok_or_else(|| "more than fits in a page".to_owned())
    }
}

/// One object for every choice among what the members may be.
fn objects(members: &[(String, Filter)], value: &Json, room: &Room) -> Result<Vec<Json>, String> {
    let mut objects: Vec<Vec<(String, Json)>> = vec![Vec::new()];
    for (name, filter) in members {
        let mut larger = Vec::new();
        let choices = filter.values(value, room)?;
        for object in &objects {
            for choice in &choices {
                room.take(choice.bytes() + object.iter().map(|(_, value)| value.bytes()).sum::<usize>())?;
                let mut object = object.clone();
                put(&mut object, name, choice.clone());
                larger.push(object);
            }
        }
        objects = larger;
    }
    Ok(objects.into_iter().map(Json::Object).collect())
}

/// A member that is there keeps its place.
fn put(object: &mut Vec<(String, Json)>, name: &str, value: Json) {
    match object.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = value,
        None => object.push((name.to_owned(), value)),
    }
}

fn member(of: &Json, name: &str) -> Result<Json, String> {
    match of {
        Json::Object(members) => {
            let found = members.iter().find(|(known, _)| known == name);
            Ok(found.map_or(Json::Null, |(_, value)| value.clone()))
        }
        Json::Null => Ok(Json::Null),
        other => Err(format!("Cannot index {} with string {:?}", other.kind(), name)),
    }
}

fn at(of: &Json, index: i64) -> Result<Json, String> {
    match of {
        Json::List(items) => {
            let index = if index < 0 { index + items.len() as i64 } else { index };
            Ok(usize::try_from(index).ok().and_then(|index| items.get(index)).cloned().unwrap_or(Json::Null))
        }
        Json::Null => Ok(Json::Null),
        other => Err(format!("Cannot index {} with number", other.kind())),
    }
}

fn each(of: Json) -> Result<Vec<Json>, String> {
    match of {
        Json::List(items) => Ok(items),
        Json::Object(members) => Ok(members.into_iter().map(|(_, value)| value).collect()),
        other => Err(format!("Cannot iterate over {}", shown(&other))),
    }
}

fn shown(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        value => format!("{} ({})", value.kind(), value.compact()),
    }
}

fn operate(operator: &str, left: &Filter, right: &Filter, value: &Json, room: &Room) -> Result<Vec<Json>, String> {
    let mut out = Vec::new();
    match operator {
        "//" => {
            let kept: Vec<Json> = left.values(value, room).unwrap_or_default();
            let kept: Vec<Json> = kept.into_iter().filter(Json::is_true).collect();
            return if kept.is_empty() { right.values(value, room) } else { Ok(kept) };
        }
        "and" | "or" => {
            for left in left.values(value, room)? {
                if left.is_true() == (operator == "or") {
                    out.push(Json::Bool(left.is_true()));
                } else {
                    out.extend(right.values(value, room)?.iter().map(|right| Json::Bool(right.is_true())));
                }
            }
        }
        _ => {
            let lefts = left.values(value, room)?;
            for right in right.values(value, room)? {
                for left in &lefts {
                    room.take(STEP)?;
                    out.push(Json::Bool(holds(operator, left.order(&right))));
                }
            }
        }
    }
    Ok(out)
}

fn holds(operator: &str, order: Ordering) -> bool {
    match operator {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn call(name: &str, arguments: &[Filter], value: &Json, room: &Room) -> Result<Vec<Json>, String> {
    let one = |json| Ok(vec![json]);
    match (name, value, arguments) {
        ("empty", ..) => Ok(Vec::new()),
        ("not", ..) => one(Json::Bool(!value.is_true())),
        ("type", ..) => one(Json::Text(value.kind().to_owned())),
        ("tostring", Json::Text(_), _) => one(value.clone()),
        ("tostring", ..) => one(Json::Text(value.compact())),
        ("tonumber", Json::Text(text), _) if crate::json::number(text).is_some() => one(Json::Number(text.clone())),
        ("tonumber", Json::Number(_), _) => one(value.clone()),
        ("fromjson", Json::Text(text), _) => match Json::read(text, true) {
            Ok((json, rest)) if rest.trim().is_empty() => one(json),
            _ => Err(format!("{text} (while parsing '{text}')")),
        },
        ("length", ..) => length(value).map(|length| vec![length]).ok_or_else(|| none(name, value)),
        ("keys", Json::Object(members), _) => {
            let mut names: Vec<String> = members.iter().map(|(name, _)| name.clone()).collect();
            crate::sorted::all(&mut names);
            one(Json::List(names.into_iter().map(Json::Text).collect()))
        }
        ("keys", Json::List(items), _) => one(Json::List((0..items.len()).map(|at| Json::number(at as f64)).collect())),
        ("first", ..) => Ok(vec![at(value, 0)?]),
        ("last", ..) => Ok(vec![at(value, -1)?]),
        ("add", ..) => sum(each(value.clone())?).map(|sum| vec![sum]),
        ("select", _, [filter]) => {
            let holds = filter.values(value, room)?;
            Ok(holds.iter().filter(|holds| holds.is_true()).map(|_| value.clone()).collect())
        }
        ("map", _, [filter]) => {
            let mut out = Vec::new();
            for item in each(value.clone())? {
                out.extend(filter.values(&item, room)?);
            }
            one(Json::List(out))
        }
        ("has", _, [filter]) => filter.values(value, room)?.iter().map(|key| has(value, key)).collect(),
        ("join", _, [filter]) => {
            let items = each(value.clone())?;
            filter.values(value, room)?.iter().map(|between| joined(&items, between, room)).collect()
        }
        _ => Err(none(name, value)),
    }
}

fn none(name: &str, value: &Json) -> String {
    format!("{} ({}) has no {name}", value.kind(), value.compact())
}

fn length(value: &Json) -> Option<Json> {
    let count = match value {
        Json::Null => 0,
        Json::Text(text) => text.chars().count(),
        Json::List(items) => items.len(),
        Json::Object(members) => members.len(),
        Json::Number(text) => return Some(Json::Number(text.trim_start_matches('-').to_owned())),
        Json::Bool(_) => return None,
    };
    Some(Json::number(count as f64))
}

fn has(value: &Json, key: &Json) -> Result<Json, String> {
    match (value, key) {
        (Json::Object(members), Json::Text(key)) => Ok(Json::Bool(members.iter().any(|(name, _)| name == key))),
        (Json::Null, Json::Text(_) | Json::Number(_)) => Ok(Json::Bool(false)),
        (Json::List(items), Json::Number(_)) => {
            let index = key.as_number().unwrap_or(-1.0);
            Ok(Json::Bool(index >= 0.0 && index < items.len() as f64))
        }
        _ => Err(format!("Cannot check whether {} has a {} key", value.kind(), key.kind())),
    }
}

fn joined(items: &[Json], between: &Json, room: &Room) -> Result<Json, String> {
    let text = |value: &Json| match value {
        Json::Text(text) => text.clone(),
        Json::Null => String::new(),
        other => other.compact(),
    };
    let between = text(between);
    room.take(between.len().saturating_mul(items.len()))?;
    Ok(Json::Text(items.iter().map(text).collect::<Vec<_>>().join(&between)))
}

fn sum(items: Vec<Json>) -> Result<Json, String> {
    let mut sum = Json::Null;
    for item in items {
        sum = match (sum, item) {
            (Json::Null, item) => item,
            (sum, Json::Null) => sum,
            (Json::Text(left), Json::Text(right)) => Json::Text(left + &right),
            (Json::List(mut left), Json::List(right)) => {
                left.extend(right);
                Json::List(left)
            }
            (Json::Object(mut left), Json::Object(right)) => {
                right.into_iter().for_each(|(name, value)| put(&mut left, &name, value));
                Json::Object(left)
            }
            (left, right) => match (left.as_number(), right.as_number()) {
                (Some(left), Some(right)) => Json::number(left + right),
                _ => return Err(format!("{} and {} cannot be added", shown(&left), shown(&right))),
            },
        };
    }
    Ok(sum)
}

impl Reader<'_> {
    fn takes(&mut self, text: &str) -> bool {
        let rest = self.rest.trim_start();
        let is_word = text.starts_with(char::is_alphabetic);
        let Some(after) = rest.strip_prefix(text) else { return false };
        if is_word && after.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return false;
        }
        self.rest = after;
        true
    }

    fn wants(&mut self, text: &str) -> Result<(), String> {
        if self.takes(text) { Ok(()) } else { Err(self.unclear()) }
    }

    fn unclear(&self) -> String {
        match self.rest.trim() {
            "" => "the end".to_owned(),
            rest => rest.to_owned(),
        }
    }

    fn pipe(&mut self) -> Result<Filter, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.unclear());
        }
        let mut filter = self.comma()?;
        while self.takes("|") {
            filter = Filter::Pipe(Box::new(filter), Box::new(self.comma()?));
        }
        self.depth -= 1;
        Ok(filter)
    }

    fn comma(&mut self) -> Result<Filter, String> {
        let mut filter = self.alternative()?;
        while self.takes(",") {
            filter = Filter::Both(Box::new(filter), Box::new(self.alternative()?));
        }
        Ok(filter)
    }

    fn alternative(&mut self) -> Result<Filter, String> {
        let mut left = self.either()?;
        while self.takes("//") {
            left = Filter::Operator("//", Box::new(left), Box::new(self.either()?));
        }
        Ok(left)
    }

    fn either(&mut self) -> Result<Filter, String> {
        let mut left = self.both()?;
        while self.takes("or") {
            left = Filter::Operator("or", Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Filter, String> {
        let mut left = self.comparison()?;
        while self.takes("and") {
            left = Filter::Operator("and", Box::new(left), Box::new(self.comparison()?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Filter, String> {
        let left = self.path()?;
        match COMPARISONS.iter().find(|operator| self.takes(operator)) {
            Some(operator) => Ok(Filter::Operator(operator, Box::new(left), Box::new(self.path()?))),
            None => Ok(left),
        }
    }

    fn path(&mut self) -> Result<Filter, String> {
        let mut filter = self.term()?;
        loop {
            filter = if self.rest.starts_with('.') {
                self.rest = &self.rest[1..];
                self.named(filter)?
            } else if self.rest.starts_with('[') {
                self.rest = &self.rest[1..];
                self.bracket(filter)?
            } else if self.rest.starts_with('?') {
                self.rest = &self.rest[1..];
                Filter::Try(Box::new(filter))
            } else {
                return Ok(filter);
            };
        }
    }

    /// What follows a point.
    fn named(&mut self, of: Filter) -> Result<Filter, String> {
        if self.rest.starts_with('"') {
            let name = self.text()?;
            return Ok(Filter::Member(Box::new(of), name));
        }
        match self.word() {
            Some(name) => Ok(Filter::Member(Box::new(of), name)),
            None => Err(self.unclear()),
        }
    }

    fn bracket(&mut self, of: Filter) -> Result<Filter, String> {
        if self.takes("]") {
            return Ok(Filter::Each(Box::new(of)));
        }
        let filter = if self.rest.trim_start().starts_with('"') {
            self.rest = self.rest.trim_start();
            Filter::Member(Box::new(of), self.text()?)
        } else {
            let rest = self.rest.trim_start();
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(rest.len());
            let index = rest[..end].parse().map_err(|_| self.unclear())?;
            self.rest = &rest[end..];
            Filter::Index(Box::new(of), index)
        };
        self.wants("]")?;
        Ok(filter)
    }

    fn word(&mut self) -> Option<String> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let is_name = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        is_name.then(|| {
            self.rest = rest;
            word.to_owned()
        })
    }

    fn text(&mut self) -> Result<String, String> {
        match Json::read(self.rest, true) {
            Ok((Json::Text(text), after)) if !self.rest[..self.rest.len() - after.len()].contains("\\(") => {
                self.rest = after;
                Ok(text)
            }
            _ => Err(self.unclear()),
        }
    }

    fn term(&mut self) -> Result<Filter, String> {
        self.rest = self.rest.trim_start();
        match self.rest.chars().next() {
            Some('.') if self.rest.starts_with("..") => Err(self.unclear()),
            Some('.') => {
                self.rest = &self.rest[1..];
                let is_name = self.rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '"');
                if is_name { self.named(Filter::Same) } else { Ok(Filter::Same) }
            }
            Some('"') => self.text().map(|text| Filter::Fixed(Json::Text(text))),
            Some('(') => {
                self.rest = &self.rest[1..];
                let filter = self.pipe()?;
                self.wants(")")?;
                Ok(filter)
            }
            Some('[') => {
                self.rest = &self.rest[1..];
                if self.takes("]") {
                    return Ok(Filter::List(None));
                }
                let filter = self.pipe()?;
                self.wants("]")?;
                Ok(Filter::List(Some(Box::new(filter))))
            }
            Some('{') => self.object(),
            Some(c) if c.is_ascii_digit() || c == '-' => {
                let end =
                    self.rest[1..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(self.rest.len(), |at| at + 1);
                let (number, rest) = self.rest.split_at(end);
                number.parse::<f64>().map_err(|_| self.unclear())?;
                self.rest = rest;
                Ok(Filter::Fixed(Json::Number(number.to_owned())))
            }
            _ => self.call(),
        }
    }

    fn object(&mut self) -> Result<Filter, String> {
        self.rest = &self.rest[1..];
        let mut members = Vec::new();
        while !self.takes("}") {
            self.rest = self.rest.trim_start();
            let name = match self.rest.starts_with('"') {
                true => self.text()?,
                false => self.word().ok_or_else(|| self.unclear())?,
            };
            let filter = match self.takes(":") {
                true => self.alternative()?,
                false => Filter::Member(Box::new(Filter::Same), name.clone()),
            };
            members.push((name, filter));
            if !self.takes(",") && !self.rest.trim_start().starts_with('}') {
                return Err(self.unclear());
            }
        }
        Ok(Filter::Object(members))
    }

    fn call(&mut self) -> Result<Filter, String> {
        let before = self.rest;
        let Some(name) = self.word() else { return Err(self.unclear()) };
        match name.as_str() {
            "null" => return Ok(Filter::Fixed(Json::Null)),
            "true" | "false" => return Ok(Filter::Fixed(Json::Bool(name == "true"))),
            _ => {}
        }
        let mut arguments = Vec::new();
        if self.takes("(") {
            arguments.push(self.pipe()?);
            self.wants(")")?;
        }
        match FUNCTIONS.contains(&(name.as_str(), arguments.len())) {
            true => Ok(Filter::Call(name, arguments)),
            false => Err(before.to_owned()),
        }
    }
}
