//! Filters of `jq`: as much of its language as one types to look into a document.
//!
//! Paths, `[]`, `|`, `,`, `//`, comparisons, `and`, `or`, `not`, lists and objects made anew, and a few functions. The way in
//! is [`Filter::read`] and [`Filter::run`]. Source: jq 1.6 manual.

use super::value::Json;

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
/// Letters of a program, and values it may make of one.
const LONGEST: usize = 1000;
const MOST: usize = 1 << 20;

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
        match self {
            Filter::Same => Ok(vec![value.clone()]),
            Filter::Fixed(fixed) => Ok(vec![fixed.clone()]),
            Filter::Member(of, name) => of.run(value)?.iter().map(|of| member(of, name)).collect(),
            Filter::Index(of, index) => of.run(value)?.iter().map(|of| at(of, *index)).collect(),
            Filter::Each(of) => {
                let lists: Result<Vec<Vec<Json>>, String> = of.run(value)?.into_iter().map(each).collect();
                Ok(lists?.into_iter().flatten().collect())
            }
            Filter::Try(of) => Ok(of.run(value).unwrap_or_default()),
            Filter::Pipe(first, then) => {
                let mut out = Vec::new();
                for value in first.run(value)? {
                    out.extend(then.run(&value)?);
                }
                bounded(out)
            }
            Filter::Both(first, second) => bounded([first.run(value)?, second.run(value)?].concat()),
            Filter::Operator(operator, left, right) => operate(operator, left, right, value),
            Filter::List(None) => Ok(vec![Json::List(Vec::new())]),
            Filter::List(Some(of)) => Ok(vec![Json::List(of.run(value)?)]),
            Filter::Object(members) => {
                let one = |(name, filter): &(String, Filter)| {
                    Ok((name.clone(), filter.run(value)?.into_iter().next().unwrap_or(Json::Null)))
                };
                Ok(vec![Json::Object(members.iter().map(one).collect::<Result<_, String>>()?)])
            }
            Filter::Call(name, arguments) => call(name, arguments, value),
        }
    }
}

/// Few letters can make more than fits anywhere.
fn bounded(values: Vec<Json>) -> Result<Vec<Json>, String> {
    match values.iter().map(Json::size).sum::<usize>() > MOST {
        true => Err("more than fits in a page".to_owned()),
        false => Ok(values),
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

fn operate(operator: &str, left: &Filter, right: &Filter, value: &Json) -> Result<Vec<Json>, String> {
    if operator == "//" {
        let kept: Vec<Json> = left.run(value).unwrap_or_default().into_iter().filter(Json::is_true).collect();
        return if kept.is_empty() { right.run(value) } else { Ok(kept) };
    }
    let mut out = Vec::new();
    for left in left.run(value)? {
        for right in right.run(value)? {
            out.push(Json::Bool(match operator {
                "and" => left.is_true() && right.is_true(),
                "or" => left.is_true() || right.is_true(),
                "==" => is_same(&left, &right),
                "!=" => !is_same(&left, &right),
                "<" => order(&left, &right).is_lt(),
                "<=" => order(&left, &right).is_le(),
                ">" => order(&left, &right).is_gt(),
                _ => order(&left, &right).is_ge(),
            }));
        }
    }
    Ok(out)
}

fn is_same(left: &Json, right: &Json) -> bool {
    match (left.as_number(), right.as_number()) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

fn order(left: &Json, right: &Json) -> std::cmp::Ordering {
    let rank = |value: &Json| match value {
        Json::Null => 0,
        Json::Bool(false) => 1,
        Json::Bool(true) => 2,
        Json::Number(_) => 3,
        Json::Text(_) => 4,
        Json::List(_) => 5,
        Json::Object(_) => 6,
    };
    match (left, right) {
        (Json::Text(left), Json::Text(right)) => left.cmp(right),
        (Json::Number(_), Json::Number(_)) => {
            left.as_number().partial_cmp(&right.as_number()).unwrap_or(std::cmp::Ordering::Equal)
        }
        _ => rank(left).cmp(&rank(right)),
    }
}

fn call(name: &str, arguments: &[Filter], value: &Json) -> Result<Vec<Json>, String> {
    let none = || format!("{} has no {name}", shown(value));
    let one = |json| Ok(vec![json]);
    match (name, value, arguments) {
        ("empty", ..) => Ok(Vec::new()),
        ("not", ..) => one(Json::Bool(!value.is_true())),
        ("type", ..) => one(Json::Text(value.kind().to_owned())),
        ("tostring", Json::Text(_), _) => one(value.clone()),
        ("tostring", ..) => one(Json::Text(value.compact())),
        ("tonumber", Json::Text(text), _) if text.parse::<f64>().is_ok() => one(Json::Number(text.clone())),
        ("tonumber", Json::Number(_), _) => one(value.clone()),
        ("fromjson", Json::Text(text), _) => match Json::read(text, true) {
            Ok((json, rest)) if rest.trim().is_empty() => one(json),
            _ => Err(format!("{text} (while parsing '{text}')")),
        },
        ("length", Json::Null, _) => one(Json::number(0.0)),
        ("length", Json::Text(text), _) => one(Json::number(text.chars().count() as f64)),
        ("length", Json::List(items), _) => one(Json::number(items.len() as f64)),
        ("length", Json::Object(members), _) => one(Json::number(members.len() as f64)),
        ("length", Json::Number(text), _) => one(Json::Number(text.trim_start_matches('-').to_owned())),
        ("keys", Json::Object(members), _) => {
            let mut names: Vec<String> = members.iter().map(|(name, _)| name.clone()).collect();
            crate::sorted::all(&mut names);
            one(Json::List(names.into_iter().map(Json::Text).collect()))
        }
        ("keys", Json::List(items), _) => one(Json::List((0..items.len()).map(|at| Json::number(at as f64)).collect())),
        ("first", ..) => Ok(vec![at(value, 0)?]),
        ("last", ..) => Ok(vec![at(value, -1)?]),
        ("add", Json::List(items), _) => sum(items).map(|sum| vec![sum]),
        ("select", _, [filter]) => {
            let holds = filter.run(value)?.iter().any(Json::is_true);
            Ok(if holds { vec![value.clone()] } else { Vec::new() })
        }
        ("map", _, [filter]) => {
            let mut out = Vec::new();
            for item in each(value.clone())? {
                out.extend(filter.run(&item)?);
            }
            one(Json::List(out))
        }
        ("has", Json::Object(members), [filter]) => {
            let wanted = filter.run(value)?;
            one(Json::Bool(members.iter().any(|(name, _)| wanted.contains(&Json::Text(name.clone())))))
        }
        ("join", Json::List(items), [filter]) => {
            let text = |value: &Json| match value {
                Json::Text(text) => text.clone(),
                Json::Null => String::new(),
                other => other.compact(),
            };
            let between = filter.run(value)?.first().map(text).unwrap_or_default();
            one(Json::Text(items.iter().map(text).collect::<Vec<_>>().join(&between)))
        }
        _ => Err(none()),
    }
}

fn sum(items: &[Json]) -> Result<Json, String> {
    let mut sum = Json::Null;
    for item in items {
        sum = match (sum, item) {
            (Json::Null, item) => item.clone(),
            (sum, Json::Null) => sum,
            (Json::Text(left), Json::Text(right)) => Json::Text(left + right),
            (Json::List(left), Json::List(right)) => Json::List([left, right.clone()].concat()),
            (left, right) => match (left.as_number(), right.as_number()) {
                (Some(left), Some(right)) => Json::number(left + right),
                _ => return Err(format!("{} and {} cannot be added", shown(&left), shown(right))),
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
        let mut left = self.logic()?;
        while self.takes("//") {
            left = Filter::Operator("//", Box::new(left), Box::new(self.logic()?));
        }
        Ok(left)
    }

    fn logic(&mut self) -> Result<Filter, String> {
        let mut left = self.comparison()?;
        while let Some(operator) = ["and", "or"].into_iter().find(|word| self.takes(word)) {
            left = Filter::Operator(operator, Box::new(left), Box::new(self.comparison()?));
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
