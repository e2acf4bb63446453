//! JSON as a Go program prints it: two spaces of indent, `<`, `>` and `&` escaped, members in the order of its structs.
//!
//! The order of the server's documents and of the command line's own differ; a [`Shape`] names the latter.

use crate::json::{self, ToJson};
use serde_json::Value;

/// The members of an object in the order they are printed. What is not named is left out.
pub struct Shape(pub &'static [Member]);

/// A member's name and, for an object or a list of objects that has one, the order inside.
pub type Member = (&'static str, Option<&'static Shape>);

/// Prints `document` with members in the order its type gives.
pub fn pretty(document: &impl ToJson) -> String {
    escape(&indented(&json::write(document)))
}

/// Prints `document` with members in the order of `shape`.
pub fn shaped(document: &impl ToJson, shape: &Shape) -> String {
    let mut text = String::new();
    write(&mut text, &crate::json::to_value(document), Some(shape), 0);
    escape(&text)
}

/// [`shaped`] in one line, without blanks.
pub fn shaped_line(document: &impl ToJson, shape: &Shape) -> String {
    let (mut line, mut in_string, mut escaped) = (String::new(), false, false);
    for c in shaped(document, shape).chars() {
        if in_string {
            in_string = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
        } else if c.is_whitespace() {
            continue;
        } else {
            in_string = c == '"';
        }
        line.push(c);
    }
    line
}

/// JSON without blanks, laid out. Blanks inside strings stay.
pub fn indented(compact: &str) -> String {
    let mut text = String::new();
    let (mut depth, mut in_string, mut escaped, mut opened) = (0, false, false, false);
    for c in compact.chars() {
        if in_string {
            in_string = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
            text.push(c);
            continue;
        }
        let closes = matches!(c, '}' | ']');
        depth -= usize::from(closes);
        if opened != closes {
            text.push('\n');
            text.push_str(&"  ".repeat(depth));
        }
        text.push(c);
        opened = matches!(c, '{' | '[');
        depth += usize::from(opened);
        match c {
            ':' => text.push(' '),
            ',' => {
                text.push('\n');
                text.push_str(&"  ".repeat(depth));
            }
            _ => in_string = c == '"',
        }
    }
    text
}

/// Go escapes these three wherever they stand; in JSON they can only stand in strings.
pub fn escape(text: &str) -> String {
    text.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

fn write(text: &mut String, value: &Value, shape: Option<&Shape>, depth: usize) {
    match (value, shape) {
        (Value::Object(members), Some(Shape(order))) => {
            let present = order.iter().filter_map(|(name, inner)| Some((*name, members.get(*name)?, *inner)));
            write_block(text, depth, ['{', '}'], present, |text, (name, value, inner)| {
                text.push_str(&format!("\"{name}\": "));
                write(text, value, inner, depth + 1);
            });
        }
        (Value::Object(members), None) => {
            write_block(text, depth, ['{', '}'], members.iter(), |text, (name, value)| {
                text.push_str(&format!("{}: ", json::write(name)));
                write(text, value, None, depth + 1);
            })
        }
        (Value::Array(items), _) => write_block(text, depth, ['[', ']'], items.iter(), |text, item| {
            write(text, item, shape, depth + 1);
        }),
        _ => text.push_str(&json::write(value)),
    }
}

fn write_block<T>(
    text: &mut String,
    depth: usize,
    [open, close]: [char; 2],
    items: impl Iterator<Item = T>,
    mut write_item: impl FnMut(&mut String, T),
) {
    text.push(open);
    let mut is_empty = true;
    for item in items {
        text.push_str(if is_empty { "\n" } else { ",\n" });
        text.push_str(&"  ".repeat(depth + 1));
        write_item(text, item);
        is_empty = false;
    }
    if !is_empty {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
    }
    text.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_follow_the_shape_and_angles_are_escaped() {
        static INNER: Shape = Shape(&[("z", None), ("y", None)]);
        static OUTER: Shape = Shape(&[("b", Some(&INNER)), ("a", None), ("empty", None)]);
        let document = json!({"a": ["orders.>"], "b": {"y": 1, "z": 2, "x": 3}, "empty": {}});
        let expected = "{\n  \"b\": {\n    \"z\": 2,\n    \"y\": 1\n  },\n  \"a\": [\n    \"orders.\\u003e\"\n  ],\n  \"empty\": {}\n}";
        assert_eq!(shaped(&document, &OUTER), expected);
    }
}
