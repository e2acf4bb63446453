//! The conditions of `find --expression`: `state.messages > 1 && "orders.new" in config.subjects`.
//!
//! Operators of expr over the members of a JSON document: comparison, arithmetic, `in`, `contains`, `startsWith`,
//! `endsWith`, `matches`, `??`, `?:`, lists, and a few functions. What is wrong is told with its place, as expr does.
//! Differs from natscli: `Info` with its Go names, closures in braces, pipes and most functions are not there.

mod documents;
mod kinds;
mod texts;
mod words;

use super::pattern::Pattern;
use crate::time::format_go_duration;
pub use documents::{of_consumer, of_stream};
use kinds::{clash, clash_of_one, located, type_name};
use serde_json::Value;
use std::cell::Cell;
use std::time::Duration;
use words::{LEVELS, SIGNS, is_operator, split, token};

/// A condition that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    text: String,
    root: Node,
}

/// A part of a condition; numbers are the byte it is about.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Constant(Value),
    Name(String),
    /// What a function looks at: `#`.
    Each,
    Member(Box<Node>, String, usize),
    /// `?.`: nothing of nothing is nothing.
    Perhaps(Box<Node>, String, usize),
    Index(Box<Node>, Box<Node>, usize),
    List(Vec<Node>),
    Not(Box<Node>),
    Negative(Box<Node>, usize),
    Binary(&'static str, Box<Node>, Box<Node>, usize),
    Choice(Box<Node>, Box<Node>, Box<Node>),
    Call(String, Vec<Node>, usize),
}

/// What a path may begin with.
const ROOTS: [&str; 3] = ["config", "state", "info"];
const FUNCTIONS: [&str; 9] = ["len", "upper", "lower", "trim", "any", "all", "none", "one", "count"];
/// Members a document leaves out when they are empty, by what they are then.
const NUMBERS: &[&str] = &[
    "first_seq",
    "num_deleted",
    "num_subjects",
    "consumer_count",
    "rate_limit_bps",
    "max_waiting",
    "max_batch",
    "max_bytes",
    "max_ack_pending",
    "max_deliver",
    "opt_start_seq",
    "num_replicas",
];
/// Texts here, as Go writes them; nanoseconds in a document.
const DURATIONS: &[&str] = &[
    "max_age",
    "duplicate_window",
    "subject_delete_marker_ttl",
    "ack_wait",
    "inactive_threshold",
    "idle_heartbeat",
    "max_expires",
    "priority_timeout",
    "pauseremaining",
];
const TEXTS: &[&str] = &[
    "description",
    "deliver_subject",
    "deliver_group",
    "filter_subject",
    "sample_freq",
    "name",
    "durable_name",
    "domain",
];
const SWITCHES: &[&str] = &[
    "sealed",
    "deny_delete",
    "deny_purge",
    "allow_rollup_hdrs",
    "allow_direct",
    "mirror_direct",
    "allow_msg_ttl",
    "allow_msg_counter",
    "allow_atomic",
    "allow_msg_schedules",
    "allow_batched",
    "no_ack",
    "discard_new_per_subject",
    "flow_control",
    "headers_only",
    "mem_storage",
    "direct",
];
const LISTS: &[&str] =
    &["subjects", "sources", "filter_subjects", "backoff", "priority_groups", "deleted", "alternates"];

/// Numbers in a range, steps inside one another, words in all, and steps for one document: more than anybody types, few
/// enough for memory, stack and patience.
const LONGEST: i64 = 10_000;
const DEEPEST: usize = 60;
const MOST_WORDS: usize = 500;
const MOST_STEPS: usize = 1_000_000;
/// What expr says of what is too much.
const TOO_MUCH: &str = "memory budget exceeded";

/// Reads a condition. Errors: what is wrong, and where.
pub fn parse(text: &str) -> Result<Expression, String> {
    let words = split(text)?;
    if words.len() > MOST_WORDS {
        return Err(format!("more than {MOST_WORDS} words"));
    }
    let mut parser = Parser { words, text, at: 0, unknown: None };
    let root = parser.choice(0)?;
    if parser.peek().is_some() {
        return Err(parser.unexpected());
    }
    if let Some(problem) = parser.unknown {
        return Err(problem);
    }
    let kind = if root == Node::Constant(Value::Null) { Some("unknown") } else { root.kind() };
    match kind {
        Some("bool") | None => Ok(Expression { text: text.to_owned(), root }),
        Some(kind) => Err(format!("expected bool, but got {kind}")),
    }
}

impl Expression {
    /// Errors: what cannot be compared, counted or looked into, and where.
    pub fn holds_for(&self, document: &Value) -> Result<bool, String> {
        let looking = Looking { text: &self.text, document, each: None, steps: &Cell::new(0) };
        looking.truth(&self.root, 0)
    }
}

/// A document that is looked at.
#[derive(Clone, Copy)]
struct Looking<'a> {
    text: &'a str,
    document: &'a Value,
    each: Option<&'a Value>,
    /// Taken so far.
    steps: &'a Cell<usize>,
}

impl Looking<'_> {
    fn fail<T>(&self, problem: impl AsRef<str>, at: usize) -> Result<T, String> {
        Err(located(self.text, problem.as_ref(), at))
    }

    fn truth(&self, node: &Node, at: usize) -> Result<bool, String> {
        match self.value(node)? {
            Value::Bool(truth) => Ok(truth),
            other => self.fail(format!("invalid operation: bool({})", type_name(&other)), at),
        }
    }

    fn value(&self, node: &Node) -> Result<Value, String> {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MOST_STEPS {
            return self.fail(TOO_MUCH, 0);
        }
        Ok(match node {
            Node::Constant(value) => value.clone(),
            Node::Each => self.each.cloned().unwrap_or(Value::Null),
            // The whole document is a member of itself, and the state of a consumer.
            Node::Name(name) if name == "info" => self.document.clone(),
            Node::Name(name) => self.document.get(name).unwrap_or(self.document).clone(),
            Node::Perhaps(base, name, at) => match self.value(base)? {
                Value::Null => Value::Null,
                base => self.member(&base, name, *at)?,
            },
            Node::Member(base, name, at) => self.member(&self.value(base)?, name, *at)?,
            Node::Index(base, index, at) => self.element(&self.value(base)?, &self.value(index)?, *at)?,
            Node::List(nodes) => Value::Array(nodes.iter().map(|node| self.value(node)).collect::<Result<_, _>>()?),
            Node::Not(inner) => Value::Bool(!self.truth(inner, 0)?),
            Node::Negative(inner, at) => match self.value(inner)? {
                Value::Number(number) => negative(&number),
                other => return self.fail(format!("invalid operation: - {}", type_name(&other)), *at),
            },
            Node::Choice(condition, yes, no) => {
                let branch = if self.truth(condition, 0)? { yes } else { no };
                self.value(branch)?
            }
            Node::Binary("&&", left, right, at) => Value::Bool(self.truth(left, *at)? && self.truth(right, *at)?),
            Node::Binary("||", left, right, at) => Value::Bool(self.truth(left, *at)? || self.truth(right, *at)?),
            Node::Binary("??", left, right, _) => match self.value(left)? {
                Value::Null => self.value(right)?,
                found => found,
            },
            Node::Binary("in", left, right, _) if matches!(&**right, Node::Binary("..", ..)) => {
                self.is_between(&self.value(left)?, right)?
            }
            Node::Binary(operator, left, right, at) => {
                self.combined(operator, &self.value(left)?, &self.value(right)?, *at)?
            }
            Node::Call(name, arguments, at) => self.call(name, arguments, *at)?,
        })
    }

    /// Whether a number is in a range, however long that is.
    fn is_between(&self, number: &Value, range: &Node) -> Result<Value, String> {
        let Node::Binary(_, first, last, at) = range else { return Ok(Value::Bool(false)) };
        let (first, last) = (self.value(first)?, self.value(last)?);
        let (Some(from), Some(to)) = (first.as_f64(), last.as_f64()) else {
            return self.combined("..", &first, &last, *at);
        };
        let is_in = |number: f64| number.fract() == 0.0 && number >= from.trunc() && number <= to.trunc();
        Ok(Value::Bool(number.as_f64().is_some_and(is_in)))
    }

    fn member(&self, base: &Value, name: &str, at: usize) -> Result<Value, String> {
        let Value::Object(members) = base else {
            return self.fail(format!("cannot fetch {name} from {}", type_name(base)), at);
        };
        Ok(match members.get(name) {
            found if DURATIONS.contains(&name) => {
                let nanos = found.and_then(Value::as_u64).unwrap_or(0);
                Value::from(format_go_duration(Duration::from_nanos(nanos)))
            }
            Some(value) => value.clone(),
            None if NUMBERS.contains(&name) => Value::from(0),
            None if TEXTS.contains(&name) => Value::from(""),
            None if SWITCHES.contains(&name) => Value::from(false),
            None if LISTS.contains(&name) => Value::Array(Vec::new()),
            None => Value::Null,
        })
    }

    fn element(&self, base: &Value, index: &Value, at: usize) -> Result<Value, String> {
        match (base, index) {
            (Value::Array(values), Value::Number(number)) => {
                let index = number.as_i64().unwrap_or(i64::MAX);
                let from_end = if index < 0 { index.saturating_add(values.len() as i64) } else { index };
                match usize::try_from(from_end).ok().and_then(|index| values.get(index)) {
                    Some(value) => Ok(value.clone()),
                    None => {
                        let length = values.len();
                        self.fail(format!("index out of range: {index} (array length is {length})"), at)
                    }
                }
            }
            (_, Value::String(name)) => self.member(base, name, at),
            _ => self.fail(format!("cannot fetch {index} from {}", type_name(base)), at),
        }
    }

    fn combined(&self, operator: &str, left: &Value, right: &Value, at: usize) -> Result<Value, String> {
        let wrong = || {
            let (left, right) = (type_name(left), type_name(right));
            located(self.text, &format!("invalid operation: {left} {operator} {right}"), at)
        };
        Ok(match (operator, left, right) {
            ("==", _, _) => Value::Bool(is_equal(left, right)),
            ("!=", _, _) => Value::Bool(!is_equal(left, right)),
            ("in", _, Value::Array(values)) => Value::Bool(values.iter().any(|value| is_equal(left, value))),
            ("in", Value::String(name), Value::Object(members)) => Value::Bool(members.contains_key(name)),
            ("in", _, Value::Null) => Value::Bool(false),
            ("contains", Value::String(left), Value::String(right)) => Value::Bool(left.contains(right.as_str())),
            ("startsWith", Value::String(left), Value::String(right)) => Value::Bool(left.starts_with(right.as_str())),
            ("endsWith", Value::String(left), Value::String(right)) => Value::Bool(left.ends_with(right.as_str())),
            ("matches", Value::String(left), Value::String(right)) => {
                let pattern = Pattern::parsed(right).map_err(|problem| located(self.text, &problem, at))?;
                Value::Bool(pattern.is_match(left))
            }
            ("+", Value::String(left), Value::String(right)) => Value::from(format!("{left}{right}")),
            ("<" | "<=" | ">" | ">=", Value::String(left), Value::String(right)) => {
                Value::Bool(is_in_order(operator, left.cmp(right)))
            }
            (_, Value::Number(one), Value::Number(other)) => {
                let (one, other) = (one.as_f64().unwrap_or(0.0), other.as_f64().unwrap_or(0.0));
                match operator {
                    "<" | "<=" | ">" | ">=" => {
                        Value::Bool(one.partial_cmp(&other).is_some_and(|order| is_in_order(operator, order)))
                    }
                    ".." if other - one > LONGEST as f64 => return self.fail(TOO_MUCH, at),
                    ".." => Value::Array((one as i64..=other as i64).map(Value::from).collect()),
                    _ => calculated(operator, one, other).ok_or_else(wrong)?,
                }
            }
            _ => return Err(wrong()),
        })
    }

    fn call(&self, name: &str, arguments: &[Node], at: usize) -> Result<Value, String> {
        let Some(first) = arguments.first() else {
            return self.fail(format!("not enough arguments to call {name}"), at);
        };
        Ok(match (name, self.value(first)?) {
            ("len", Value::String(text)) => Value::from(text.chars().count()),
            ("len", Value::Array(values)) => Value::from(values.len()),
            ("len", Value::Object(members)) => Value::from(members.len()),
            ("upper", Value::String(text)) => Value::from(text.to_uppercase()),
            ("lower", Value::String(text)) => Value::from(text.to_lowercase()),
            ("trim", Value::String(text)) => Value::from(text.trim()),
            ("any" | "all" | "none" | "one" | "count", Value::Array(values)) => {
                let mut fitting = 0;
                for value in &values {
                    let looking = Looking { each: Some(value), ..*self };
                    let condition = arguments.get(1).unwrap_or(&Node::Each);
                    fitting += usize::from(looking.truth(condition, at)?);
                }
                match name {
                    "any" => Value::Bool(fitting > 0),
                    "all" => Value::Bool(fitting == values.len()),
                    "none" => Value::Bool(fitting == 0),
                    "one" => Value::Bool(fitting == 1),
                    _ => Value::from(fitting),
                }
            }
            (_, other) => return self.fail(format!("invalid argument for {name} (type {})", type_name(&other)), at),
        })
    }
}

fn is_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        _ => left == right,
    }
}

fn is_in_order(operator: &str, order: std::cmp::Ordering) -> bool {
    match operator {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn calculated(operator: &str, one: f64, other: f64) -> Option<Value> {
    let result = match operator {
        "+" => one + other,
        "-" => one - other,
        "*" => one * other,
        "/" => return Some(Value::from(one / other)),
        "%" if other as i64 != 0 => one % other,
        "**" => one.powf(other),
        _ => return None,
    };
    Some(if result.fract() == 0.0 && result.abs() < 9e15 { Value::from(result as i64) } else { Value::from(result) })
}

fn negative(number: &serde_json::Number) -> Value {
    let whole = number.as_i64().and_then(i64::checked_neg).map(Value::from);
    whole.unwrap_or_else(|| Value::from(-number.as_f64().unwrap_or(0.0)))
}

struct Parser<'a> {
    words: Vec<(String, usize)>,
    text: &'a str,
    at: usize,
    /// What is said of the first name nobody knows and the like, should nothing else be wrong.
    unknown: Option<String>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(|(word, _)| word.as_str())
    }

    fn place(&self) -> usize {
        self.words.get(self.at).map_or(self.text.len().saturating_sub(1), |(_, at)| *at)
    }

    fn unexpected(&self) -> String {
        let token = self.peek().map_or("EOF".to_owned(), token);
        located(self.text, &format!("unexpected token {token}"), self.place())
    }

    /// Keeps the first that is wrong with what was read, should nothing be wrong with how it is written.
    fn doubt(&mut self, problem: Option<String>, at: usize) {
        if let Some(problem) = problem {
            let text = self.text;
            self.unknown.get_or_insert_with(|| located(text, &problem, at));
        }
    }

    fn sound(&mut self, operator: &str, inner: Node, at: usize) -> Node {
        self.doubt(clash_of_one(operator, &inner), at);
        inner
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, wanted: &str) -> Result<(), String> {
        if self.take(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn choice(&mut self, depth: usize) -> Result<Node, String> {
        if depth > DEEPEST {
            return Err("too deep".to_owned());
        }
        let start = self.place();
        let condition = self.binary(0, depth)?;
        if !self.take("?") {
            return Ok(condition);
        }
        if let Some(kind) = condition.kind().filter(|kind| *kind != "bool") {
            let problem = format!("non-bool expression (type {kind}) used as condition");
            self.doubt(Some(problem), condition.sign().unwrap_or(start));
        }
        let yes = self.choice(depth + 1)?;
        self.need(":")?;
        let no = self.choice(depth + 1)?;
        Ok(Node::Choice(Box::new(condition), Box::new(yes), Box::new(no)))
    }

    fn binary(&mut self, level: usize, depth: usize) -> Result<Node, String> {
        let Some(operators) = LEVELS.get(level) else { return self.unary(depth) };
        let mut left = self.binary(level + 1, depth)?;
        loop {
            let at = self.place();
            let is_negated = self.peek() == Some("not") && level == 2;
            let word =
                if is_negated { self.words.get(self.at + 1).map(|(word, _)| word.as_str()) } else { self.peek() };
            let Some(operator) = operators.iter().copied().find(|operator| Some(*operator) == word) else {
                return Ok(left);
            };
            self.at += 1 + usize::from(is_negated);
            let right = self.binary(level + 1, depth)?;
            self.doubt(clash(operator, &left, &right), at);
            let operator = match operator {
                "or" => "||",
                "and" => "&&",
                operator => operator,
            };
            left = Node::Binary(operator, Box::new(left), Box::new(right), at);
            if is_negated {
                left = Node::Not(Box::new(left));
            }
        }
    }

    fn unary(&mut self, depth: usize) -> Result<Node, String> {
        if depth > DEEPEST {
            return Err("too deep".to_owned());
        }
        let at = self.place();
        if self.take("!") {
            let inner = self.unary(depth + 1)?;
            return Ok(Node::Not(Box::new(self.sound("!", inner, at))));
        }
        // Looser than a comparison, other than the sign.
        if self.take("not") {
            let inner = self.binary(2, depth + 1)?;
            return Ok(Node::Not(Box::new(self.sound("not", inner, at))));
        }
        if self.take("-") {
            let inner = self.unary(depth + 1)?;
            return Ok(Node::Negative(Box::new(self.sound("-", inner, at)), at));
        }
        if self.take("+") {
            let inner = self.unary(depth + 1)?;
            return Ok(self.sound("+", inner, at));
        }
        let mut node = self.primary(depth)?;
        loop {
            let at = self.place();
            if self.take("[") {
                let index = self.choice(depth + 1)?;
                self.need("]")?;
                node = Node::Index(Box::new(node), Box::new(index), at);
            } else if self.take(".") {
                let (name, at) = self.name()?;
                node = Node::Member(Box::new(node), name, at);
            } else if self.take("?.") {
                let (name, at) = self.name()?;
                node = Node::Perhaps(Box::new(node), name, at);
            } else {
                return Ok(node);
            }
        }
    }

    fn name(&mut self) -> Result<(String, usize), String> {
        match self.words.get(self.at) {
            Some((word, at)) if word.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                self.at += 1;
                Ok((word.clone(), *at))
            }
            _ => {
                let is_end = self.peek().is_none();
                self.at += 1;
                let problem = if is_end { "unexpected end of expression" } else { "expected name" };
                Err(located(self.text, problem, self.place()))
            }
        }
    }

    fn primary(&mut self, depth: usize) -> Result<Node, String> {
        let Some((word, at)) = self.words.get(self.at).cloned() else { return Err(self.unexpected()) };
        if self.take("(") {
            let inner = self.choice(depth + 1)?;
            self.need(")")?;
            return Ok(inner);
        }
        if self.take("[") {
            return Ok(Node::List(self.list("]", depth)?));
        }
        if self.take("#") {
            return Ok(Node::Each);
        }
        let first = word.chars().next().unwrap_or_default();
        if SIGNS.contains(&word.as_str()) || is_operator(&word) {
            return Err(self.unexpected());
        }
        self.at += 1;
        if matches!(first, '"' | '\'' | '`') {
            return Ok(Node::Constant(Value::from(texts::meaning(&word).unwrap_or_default())));
        }
        if words::begins_number(&word) {
            let number = words::number(&word).map(Node::Constant);
            return number.map_err(|problem| located(self.text, &problem, self.place()));
        }
        match word.as_str() {
            "true" | "false" => return Ok(Node::Constant(Value::Bool(word == "true"))),
            "nil" => return Ok(Node::Constant(Value::Null)),
            _ => {}
        }
        if FUNCTIONS.contains(&word.as_str()) && self.take("(") {
            return Ok(Node::Call(word, self.list(")", depth)?, at));
        }
        if !ROOTS.contains(&word.as_str()) {
            self.doubt(Some(format!("unknown name {word}")), at);
        }
        Ok(Node::Name(word))
    }

    fn list(&mut self, end: &str, depth: usize) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        while !self.take(end) {
            if !nodes.is_empty() {
                self.need(",")?;
            }
            nodes.push(self.choice(depth + 1)?);
        }
        Ok(nodes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Value {
        json!({"state": {"messages": 3}, "config": {"name": "ORDERS", "sealed": false, "subjects": ["a", "b"]}})
    }

    #[test]
    fn conditions() {
        for (text, holds) in [
            ("state.messages > 1", true),
            ("state.messages>3", false),
            ("state.num_deleted == 0", true),
            ("config.name == 'ORDERS' && !config.sealed", true),
            ("not (state.messages <= 3 or config.sealed)", false),
            ("state.messages == 1 || config.name != \"X\"", true),
            ("info.state.messages == 3", true),
            ("\"a\" in config.subjects && config.name not in [\"A\"]", true),
            ("config.name startsWith \"ORD\" and config.name matches '^O.*S$'", true),
            ("state.messages + 2 * 2 == 7 && -state.messages < 0", true),
            ("any(config.subjects, # == 'b') && len(config.subjects) == 2", true),
            ("config.mirror == nil && (config.nope ?? 5) == 5 && config?.mirror?.name == nil", true),
            ("state.messages in 1..5 ? true : false", true),
            ("100000 in 1..100000 && 0 not in 1..100000 && 1.5 not in 1..2 && 'a' not in 1..2", true),
            ("upper(config.subjects[0]) == 'A'", true),
        ] {
            assert_eq!(parse(text).unwrap().holds_for(&document()), Ok(holds), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", ">", "a >", "(a == 1", "a == 'x", "a b", "a = 1"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let long = [("(", "1"), ("!", "true"), ("1 + ", "1 == 2"), ("state", ".a"), ("-", "1"), ("1 in [", "1")];
        for (sign, end) in long {
            assert!(parse(&format!("{}{end}", sign.repeat(10_000))).is_err(), "{sign}");
        }
        assert!(parse(&format!("{}1 == 1", "1 + ".repeat(200))).unwrap().holds_for(&document()).is_ok());
        assert!(parse(&format!("state{} == 1", ".a".repeat(10_000))).is_err());
        for (text, problem) in [
            ("messages > 1", "unknown name messages (1:1)\n | messages > 1\n | ^"),
            ("x y", "unexpected token Identifier(\"y\") (1:3)\n | x y\n | ..^"),
            ("1 +", "unexpected token EOF (1:3)\n | 1 +\n | ..^"),
            ("1", "expected bool, but got int"),
            ("0x10", "expected bool, but got int"),
            ("k=v", "unexpected token Operator(\"=\") (1:2)\n | k=v\n | .^"),
            ("10x", "bad number syntax: \"10x\" (1:3)\n | 10x\n | ..^"),
            ("2020-01-01", "expected bool, but got int"),
            ("1_000 + .5", "expected bool, but got float64"),
            ("-'a'", "invalid operation: - (mismatched type string) (1:1)\n | -'a'\n | ^"),
            ("x == 1 and 1", "unknown name x (1:1)\n | x == 1 and 1\n | ^"),
            ("1 + true", "invalid operation: + (mismatched types int and bool) (1:3)\n | 1 + true\n | ..^"),
            ("1 ? 2 : 3", "non-bool expression (type int) used as condition (1:1)\n | 1 ? 2 : 3\n | ^"),
            ("ok.1", "unexpected token Number(\".1\") (1:3)\n | ok.1\n | ..^"),
            ("1.a", "bad number syntax: \"1.a\" (1:3)\n | 1.a\n | ..^"),
            ("a . 1", "expected name (1:5)\n | a . 1\n | ....^"),
            (
                "9223372036854775808",
                "invalid integer literal: strconv.ParseInt: parsing \"9223372036854775808\": value out of range (1:19)\n | 9223372036854775808\n | ..................^",
            ),
            ("0x", "invalid hex literal: strconv.ParseInt: parsing \"0x\": invalid syntax (1:2)\n | 0x\n | .^"),
            ("a,b", "unexpected token Operator(\",\") (1:2)\n | a,b\n | .^"),
        ] {
            assert_eq!(parse(text).unwrap_err(), problem, "{text}");
        }
        for (text, problem) in [
            ("len(1..1000000) > 1", "memory budget exceeded (1:6)\n | len(1..1000000) > 1\n | .....^"),
            (
                "any(1..999, any(1..999, any(1..999, any(1..999, # < 0))))",
                "memory budget exceeded (1:1)\n | any(1..999, any(1..999, any(1..999, any(1..999, # < 0))))\n | ^",
            ),
            ("config.nope > 1", "invalid operation: <nil> > int (1:13)\n | config.nope > 1\n | ............^"),
            (
                "config.mirror.name == 1",
                "cannot fetch name from <nil> (1:15)\n | config.mirror.name == 1\n | ..............^",
            ),
        ] {
            assert_eq!(parse(text).unwrap().holds_for(&document()), Err(problem.to_owned()), "{text}");
        }
    }
}
