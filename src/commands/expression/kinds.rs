//! What kind of value each part of a condition is, as far as that is known before a document is looked at.
//!
//! `None` is anything. The way in is [`Node::kind`]; what cannot go together is told by [`clash`]. Source: expr's checker,
//! whose sentences these are.

use super::Node;
use serde_json::Value;

const BOOL: &str = "bool";
const INT: &str = "int";
const FLOAT: &str = "float64";
const STRING: &str = "string";
const LIST: &str = "[]interface {}";
const MAP: &str = "map[string]interface {}";

/// A problem, and below it the text with a mark at the byte it is about.
pub fn located(text: &str, problem: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text).chars().count();
    format!("{problem} (1:{})\n | {text}\n | {}^", before + 1, ".".repeat(before))
}

/// As Go calls it.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

impl Node {
    /// Of a part that was found sound.
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            Node::Constant(Value::Null) => None,
            Node::Constant(value) => Some(type_name(value)),
            Node::Name(_) => Some(MAP),
            Node::List(_) => Some(LIST),
            Node::Not(_) => Some(BOOL),
            Node::Negative(inner, _) => inner.kind(),
            Node::Choice(_, yes, no) => yes.kind().filter(|kind| no.kind() == Some(*kind)),
            Node::Binary(operator, left, right, _) => of_two(operator, left.kind(), right.kind()),
            Node::Call(name, ..) => match name.as_str() {
                "len" | "count" => Some(INT),
                "upper" | "lower" | "trim" => Some(STRING),
                _ => Some(BOOL),
            },
            Node::Each | Node::Member(..) | Node::Perhaps(..) | Node::Index(..) => None,
        }
    }

    /// The byte it is about, if that is not where it begins.
    pub fn sign(&self) -> Option<usize> {
        if let Node::Binary(_, _, _, at) = self { Some(*at) } else { None }
    }
}

fn of_two(operator: &str, left: Option<&'static str>, right: Option<&'static str>) -> Option<&'static str> {
    match operator {
        "+" | "-" | "*" | "%" => match (left?, right?) {
            (INT, INT) => Some(INT),
            (STRING, _) => Some(STRING),
            _ => Some(FLOAT),
        },
        "/" | "**" => Some(FLOAT),
        ".." => Some(LIST),
        "??" => left,
        _ => Some(BOOL),
    }
}

/// Both sides of an operator cannot be what they are.
pub fn clash(operator: &str, left: &Node, right: &Node) -> Option<String> {
    let (left, right) = (left.kind(), right.kind());
    let is_number = |kind: Option<&str>| kind.is_none_or(|kind| kind == INT || kind == FLOAT);
    let is = |kind: Option<&str>, wanted: &str| kind.is_none_or(|kind| kind == wanted);
    let both = |wanted: &str| is(left, wanted) && is(right, wanted);
    let numbers = is_number(left) && is_number(right);
    let fits = match operator {
        "||" | "&&" | "or" | "and" => both(BOOL),
        "==" | "!=" => numbers || left.is_none() || right.is_none() || left == right,
        "<" | "<=" | ">" | ">=" | "+" => numbers || both(STRING),
        "-" | "*" | "/" | "**" => numbers,
        "%" | ".." => both(INT),
        "in" => is(right, LIST) || is(right, MAP),
        "contains" | "startsWith" | "endsWith" | "matches" => both(STRING),
        _ => true,
    };
    let name = |kind: Option<&'static str>| kind.unwrap_or("interface {}");
    let (left, right) = (name(left), name(right));
    (!fits).then(|| format!("invalid operation: {operator} (mismatched types {left} and {right})"))
}

/// What a sign before a value cannot stand before.
pub fn clash_of_one(operator: &str, inner: &Node) -> Option<String> {
    let fits = match (operator, inner.kind()) {
        (_, None) | ("!" | "not", Some(BOOL)) => true,
        ("!" | "not", Some(_)) => false,
        (_, Some(kind)) => kind == INT || kind == FLOAT,
    };
    let kind = inner.kind().unwrap_or_default();
    (!fits).then(|| format!("invalid operation: {operator} (mismatched type {kind})"))
}
