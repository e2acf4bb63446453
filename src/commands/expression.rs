//! The conditions of `find --expression`: `state.messages > 1 && config.retention == "limits"`.
//!
//! Compares members of a JSON document, named by path, with numbers, texts and truth values; `&&`, `||`, `!`, `and`, `or`,
//! `not` and parentheses join. What is wrong is told with its place, as expr does. Differs from natscli, whose language
//! (expr) also has functions and arithmetic.

use serde_json::Value;

/// A condition that was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Any(Vec<Expression>),
    All(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Operand, &'static str, Operand),
    Is(Operand),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Path(Vec<String>),
    Constant(Value),
}

/// Reads a condition. Errors: what is wrong, near which word.
pub fn parse(text: &str) -> Result<Expression, String> {
    let mut parser = Parser { words: split(text)?, text, at: 0 };
    let expression = parser.any()?;
    if parser.peek().is_some() {
        return Err(parser.unexpected());
    }
    match parser.unknown_name() {
        Some((name, at)) => Err(located(text, &format!("unknown name {name}"), at)),
        None => Ok(expression),
    }
}

/// What a path may begin with.
const ROOTS: [&str; 3] = ["config", "state", "info"];

/// A problem, and below it the text with a mark at the byte it is about.
fn located(text: &str, problem: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text).chars().count();
    format!("{problem} (1:{})\n | {text}\n | {}^", before + 1, ".".repeat(before))
}

impl Expression {
    /// Errors: a comparison of things that have no order.
    pub fn holds_for(&self, document: &Value) -> Result<bool, String> {
        match self {
            Expression::Any(parts) => {
                for part in parts {
                    if part.holds_for(document)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Expression::All(parts) => {
                for part in parts {
                    if !part.holds_for(document)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Expression::Not(inner) => Ok(!inner.holds_for(document)?),
            Expression::Is(operand) => match operand.value(document) {
                Value::Bool(value) => Ok(value),
                other => Err(format!("expected true or false, got {other}")),
            },
            Expression::Compare(left, operator, right) => {
                compare(&left.value(document), operator, &right.value(document))
            }
        }
    }
}

impl Operand {
    fn value(&self, document: &Value) -> Value {
        match self {
            Operand::Constant(value) => value.clone(),
            Operand::Path(path) => {
                // The whole document is a member of itself.
                let path = path.strip_prefix(&["info".to_owned()]).unwrap_or(path);
                path.iter().try_fold(document, |value, name| value.get(name)).cloned().unwrap_or(Value::Null)
            }
        }
    }
}

fn compare(left: &Value, operator: &str, right: &Value) -> Result<bool, String> {
    // What a document leaves out has its zero value.
    let ordering = match (left, right) {
        (Value::Null, Value::Null) => Some(std::cmp::Ordering::Equal),
        (Value::Number(_) | Value::Null, Value::Number(_) | Value::Null) => {
            left.as_f64().unwrap_or(0.0).partial_cmp(&right.as_f64().unwrap_or(0.0))
        }
        (Value::String(_) | Value::Null, Value::String(_) | Value::Null) => {
            Some(left.as_str().unwrap_or("").cmp(right.as_str().unwrap_or("")))
        }
        (Value::Bool(_) | Value::Null, Value::Bool(_) | Value::Null) => {
            Some(left.as_bool().unwrap_or(false).cmp(&right.as_bool().unwrap_or(false)))
        }
        _ => None,
    };
    let ordering = ordering.ok_or_else(|| format!("cannot compare {left} with {right}"))?;
    Ok(match operator {
        "==" => ordering.is_eq(),
        "!=" => ordering.is_ne(),
        "<" => ordering.is_lt(),
        "<=" => ordering.is_le(),
        ">" => ordering.is_gt(),
        _ => ordering.is_ge(),
    })
}

const OPERATORS: [&str; 11] = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")"];

/// Words and where they begin.
fn split(text: &str) -> Result<Vec<(String, usize)>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let length = if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
            operator.len()
        } else if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            2 + rest[1..].find(quote).ok_or_else(|| format!("missing {quote} after {rest}"))?
        } else {
            rest.find(|c: char| c.is_whitespace() || "=!<>&|()\"'".contains(c)).unwrap_or(rest.len())
        };
        if length == 0 {
            return Err(format!("unexpected {rest:?}"));
        }
        words.push((rest[..length].to_owned(), text.len() - rest.len()));
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

struct Parser<'a> {
    words: Vec<(String, usize)>,
    text: &'a str,
    at: usize,
}

fn is_name(word: &str) -> bool {
    let is_word = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
    is_word && !["and", "or", "not", "true", "false", "null", "nil"].contains(&word)
}

/// A word as expr calls it.
fn token(word: &str) -> String {
    match word.chars().next() {
        Some('"' | '\'') => format!("String({:?})", word.trim_matches(['"', '\''])),
        Some(c) if c.is_ascii_digit() => format!("Number({word:?})"),
        Some('(' | ')') => format!("Bracket({word:?})"),
        Some(c) if c.is_alphabetic() => format!("Identifier({:?})", word.split('.').next().unwrap_or_default()),
        _ => format!("Operator({word:?})"),
    }
}

/// Parentheses and negations inside one another; more than anybody types, few enough for the stack.
const DEEPEST: usize = 100;

impl Parser<'_> {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(|(word, _)| word.as_str())
    }

    fn unexpected(&self) -> String {
        let (token, at) = match self.words.get(self.at) {
            None => ("EOF".to_owned(), self.text.len().saturating_sub(1)),
            Some((word, at)) => (token(word), *at),
        };
        located(self.text, &format!("unexpected token {token}"), at)
    }

    /// The first path that begins with nothing known, and where.
    fn unknown_name(&self) -> Option<(String, usize)> {
        let names = self.words.iter().filter(|(word, _)| is_name(word));
        let roots = names.map(|(word, at)| (word.split('.').next().unwrap_or_default().to_owned(), *at));
        roots.into_iter().find(|(root, _)| !ROOTS.contains(&root.as_str()))
    }

    fn take(&mut self, wanted: &[&str]) -> bool {
        let found = self.peek().is_some_and(|word| wanted.contains(&word));
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Expression, String> {
        self.any_at(0)
    }

    fn any_at(&mut self, depth: usize) -> Result<Expression, String> {
        let mut parts = vec![self.all(depth)?];
        while self.take(&["||", "or"]) {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) })
    }

    fn all(&mut self, depth: usize) -> Result<Expression, String> {
        let mut parts = vec![self.one(depth)?];
        while self.take(&["&&", "and"]) {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) })
    }

    fn one(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > DEEPEST {
            return Err("too deep".to_owned());
        }
        if self.take(&["!", "not"]) {
            return Ok(Expression::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take(&["("]) {
            let inner = self.any_at(depth + 1)?;
            return if self.take(&[")"]) { Ok(inner) } else { Err("missing )".to_owned()) };
        }
        let left = self.operand()?;
        let operator = ["==", "!=", "<=", ">=", "<", ">"].into_iter().find(|operator| self.take(&[operator]));
        match operator {
            Some(operator) => Ok(Expression::Compare(left, operator, self.operand()?)),
            None => Ok(Expression::Is(left)),
        }
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let Some(word) = self.peek().map(str::to_owned) else { return Err(self.unexpected()) };
        if OPERATORS.contains(&word.as_str()) {
            return Err(self.unexpected());
        }
        self.at += 1;
        if let Some(quoted) = word.strip_prefix(['"', '\'']) {
            return Ok(Operand::Constant(Value::from(&quoted[..quoted.len() - 1])));
        }
        Ok(match crate::json::read::<Value>(&word) {
            Ok(constant) => Operand::Constant(constant),
            Err(_) => Operand::Path(word.split('.').map(str::to_owned).collect()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn conditions() {
        let document = json!({"state": {"messages": 3}, "config": {"name": "ORDERS", "sealed": false}});
        for (text, holds) in [
            ("state.messages > 1", true),
            ("state.messages>3", false),
            ("state.deleted == 0", true),
            ("config.name == 'ORDERS' && !config.sealed", true),
            ("not (state.messages <= 3 or config.sealed)", false),
            ("state.messages == 1 || config.name != \"X\"", true),
            ("info.state.messages == 3", true),
        ] {
            assert_eq!(parse(text).unwrap().holds_for(&document), Ok(holds), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", ">", "a >", "(a == 1", "a == 'x", "a b", "a = 1", &"(".repeat(10_000)] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("config").unwrap().holds_for(&json!({"config": 1})).is_err());
        assert_eq!(parse("messages > 1").unwrap_err(), "unknown name messages (1:1)\n | messages > 1\n | ^");
        let problem = parse("x y").unwrap_err();
        assert_eq!(problem, "unexpected token Identifier(\"y\") (1:3)\n | x y\n | ..^");
    }
}
