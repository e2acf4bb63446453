//! What an edit would change, as the command line shows it: a Go value, two unchanged neighbours around each change.
//!
//! [`Value`] is a Go value with what is shown of its type; [`render`] compares two and writes the difference down.
//! Source: go-cmp, whose `Diff` the original prints: which neighbours, how much of long values, how texts are taken apart.

mod chunks;
mod compare;
mod script;
mod show;
mod text;

use crate::commands::consumer::information::go_duration;
use crate::{api::Nanos, sorted};
use compare::Node;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number or a truth value; whether it is Go's zero.
    Plain(String, bool),
    Text(String),
    /// A value with a text form of its own; whether it is Go's zero.
    Named(String, bool),
    Duration(i64),
    Struct(&'static str, Vec<(&'static str, Value)>),
    Pointer(Option<Box<Value>>),
    /// Texts of which the order does not count: as they are, and in order.
    Sorted(Option<[Vec<Value>; 2]>),
    /// A list; the type of the whole.
    List(&'static str, Option<Vec<Value>>),
    /// Texts by name, in order.
    Map(Option<Vec<(String, Value)>>),
}

impl Value {
    pub fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    pub fn flag(flag: bool) -> Value {
        Value::Plain(flag.to_string(), !flag)
    }

    pub fn number(number: impl Into<i128>) -> Value {
        let number = number.into();
        Value::Plain(number.to_string(), number == 0)
    }

    pub fn named(text: &str) -> Value {
        Value::Named(text.to_owned(), false)
    }

    pub fn nanos(nanos: Nanos) -> Value {
        Value::Duration(nanos.0)
    }

    pub fn pointer(value: Option<Value>) -> Value {
        Value::Pointer(value.map(Box::new))
    }

    /// No text at all is Go's `nil`.
    pub fn texts(texts: &[String]) -> Value {
        let values = |texts: &[String]| texts.iter().map(|text| Value::text(text)).collect();
        let mut in_order = texts.to_vec();
        sorted::all(&mut in_order);
        Value::Sorted((!texts.is_empty()).then(|| [values(texts), values(&in_order)]))
    }

    /// A list without items is Go's `nil`.
    pub fn list(type_name: &'static str, items: Vec<Value>) -> Value {
        Value::List(type_name, (!items.is_empty()).then_some(items))
    }

    /// The texts themselves, in order or none.
    fn in_order(&self) -> Value {
        match self {
            Value::Sorted(texts) => Value::List("[]string", texts.as_ref().map(|[_, in_order]| in_order.clone())),
            other => other.clone(),
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Value::Struct(name, _) | Value::List(name, _) => name,
            Value::Sorted(_) => "[]string",
            Value::Map(_) => "map[string]string",
            _ => "",
        }
    }

    /// Structs, lists and maps are shown with their type.
    fn is_composite(&self) -> bool {
        !self.type_name().is_empty()
    }

    fn is_zero(&self) -> bool {
        match self {
            Value::Plain(_, is_zero) | Value::Named(_, is_zero) => *is_zero,
            Value::Text(text) => text.is_empty(),
            Value::Duration(nanos) => *nanos == 0,
            Value::Struct(_, members) => members.iter().all(|(_, member)| member.is_zero()),
            Value::Pointer(value) => value.is_none(),
            Value::Sorted(texts) => texts.is_none(),
            Value::List(_, items) => items.is_none(),
            Value::Map(entries) => entries.is_none(),
        }
    }
}

/// The value with its changes; `None` when nothing changes.
pub fn render(old: &Value, new: &Value) -> Option<String> {
    let node = Node::compare(Some(old), Some(new));
    (node.different > 0).then(|| show::Options::default().difference(&node).map_or(String::new(), text::Text::laid_out))
}

/// As Go quotes, in backticks where that needs fewer signs; what is cut within a letter is shown by its bytes.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '\u{7}' => text.push_str("\\a"),
                '\u{8}' => text.push_str("\\b"),
                '\u{b}' => text.push_str("\\v"),
                '\u{c}' => text.push_str("\\f"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                _ if u32::from(c) < 0x20 || c == '\u{7f}' => text.push_str(&format!("\\x{:02x}", u32::from(c))),
                _ if c.is_control() => text.push_str(&format!("\\u{:04x}", u32::from(c))),
                _ => text.push(c),
            }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text.push('"');
    let plain = std::str::from_utf8(bytes);
    match plain {
        Ok(plain)
            if text.len() != bytes.len() + 2 && !plain.contains(|c: char| c == '`' || c != '\t' && c.is_control()) =>
        {
            format!("`{plain}`")
        }
        _ => text,
    }
}

fn duration(nanos: i64) -> String {
    go_duration(Nanos(nanos))
}

#[cfg(test)]
mod tests;
