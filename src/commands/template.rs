//! Bodies, subjects and headers with `{{…}}` in them.
//!
//! Go's template language as far as people type it here: functions, fields, literals, pipes, `printf`, comparisons, `if`.
//! The way in is [`render`]. Source: Go `text/template`; natscli reference, "Templates".

use crate::nuid::Rng;
use crate::time::Timestamp;
use std::cell::RefCell;

/// What a template can speak of.
pub struct Scope<'a> {
    pub count: u64,
    pub now: Timestamp,
    pub rng: &'a RefCell<Rng>,
    /// The request that is answered, in `reply`.
    pub request: Option<&'a str>,
}

/// More than this is not rendered.
const MAX_LENGTH: usize = 64 << 20;
const MAX_DEPTH: usize = 40;

/// Renders `text`; `name` is `body`, `subject` … in the error, which is Go's sentence.
pub fn render(name: &str, text: &str, scope: &Scope<'_>) -> Result<String, String> {
    if !text.contains("{{") {
        return Ok(text.to_owned());
    }
    let mut blocks = Blocks { out: String::new(), conditions: Vec::new() };
    let mut line = 1;
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let mut before = &rest[..at];
        line += before.matches('\n').count();
        let mut action = &rest[at + 2..];
        if let Some(trimmed) = action.strip_prefix("- ") {
            before = before.trim_end();
            action = trimmed;
        }
        blocks.text(before);
        let fail = |problem: String| format!("template: {name}:{line}: {problem}");
        let (tokens, after) = tokens(action, scope).map_err(fail)?;
        blocks.action(&tokens, scope).map_err(fail)?;
        rest = after;
    }
    blocks.text(rest);
    if !blocks.conditions.is_empty() {
        return Err(format!("template: {name}:{line}: unexpected EOF"));
    }
    Ok(blocks.out)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Text(String),
    Number(i64),
    Bool(bool),
    /// A known function or keyword.
    Name(String),
    /// `.Name`, or `.` alone.
    Field(String),
    Open,
    Close,
    Pipe,
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Text(String),
    Number(i64),
    Bool(bool),
}

const FUNCTIONS: &[&str] = &[
    "Count",
    "Cnt",
    "Time",
    "TimeStamp",
    "Unix",
    "UnixNano",
    "ID",
    "Random",
    "printf",
    "print",
    "println",
    "len",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "and",
    "or",
    "not",
    "if",
    "else",
    "end",
];

/// The tokens up to `}}`, and the text after it.
fn tokens<'t>(text: &'t str, scope: &Scope<'_>) -> Result<(Vec<Token>, &'t str), String> {
    let mut tokens = Vec::new();
    let mut chars = Cursor(text);
    loop {
        if let Some(after) = chars.0.strip_prefix("}}") {
            return Ok((tokens, after));
        }
        if let Some(after) = chars.0.strip_prefix(" -}}") {
            return Ok((tokens, after.trim_start()));
        }
        let Some(c) = chars.peek() else { return Err("unclosed action".to_owned()) };
        match c {
            ' ' | '\t' | '\n' | '\r' => {
                chars.next();
            }
            '"' | '`' => tokens.push(Token::Text(quoted(&mut chars)?)),
            '(' | ')' | '|' => {
                chars.next();
                tokens.push(if c == '(' {
                    Token::Open
                } else if c == ')' {
                    Token::Close
                } else {
                    Token::Pipe
                });
            }
            '0'..='9' | '-' | '+' => {
                chars.next();
                let digits = word(&mut chars);
                let text = format!("{c}{digits}");
                tokens.push(Token::Number(text.parse().map_err(|_| format!("bad number syntax: {text:?}"))?));
            }
            '.' => {
                chars.next();
                tokens.push(Token::Field(word(&mut chars)));
            }
            c if c.is_alphabetic() || c == '_' => tokens.push(named(word(&mut chars), scope)?),
            c => return Err(format!("unexpected {:?} in command", c.to_string())),
        }
    }
}

/// The text that is left.
struct Cursor<'t>(&'t str);

impl Cursor<'_> {
    fn peek(&self) -> Option<char> {
        self.0.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        self.next_if(|_| true)
    }

    fn next_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let c = self.peek().filter(|c| wanted(*c))?;
        self.0 = &self.0[c.len_utf8()..];
        Some(c)
    }
}

fn named(name: String, scope: &Scope<'_>) -> Result<Token, String> {
    match name.as_str() {
        "true" => Ok(Token::Bool(true)),
        "false" => Ok(Token::Bool(false)),
        "Request" if scope.request.is_some_and(|request| !request.is_empty()) => Ok(Token::Name(name)),
        _ if FUNCTIONS.contains(&name.as_str()) => Ok(Token::Name(name)),
        _ => Err(format!("function {name:?} not defined")),
    }
}

fn word(chars: &mut Cursor<'_>) -> String {
    let mut word = String::new();
    while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || c == '_') {
        word.push(c);
    }
    word
}

fn quoted(chars: &mut Cursor<'_>) -> Result<String, String> {
    let quote = chars.next();
    let mut text = String::new();
    loop {
        match chars.next() {
            None | Some('\n') if quote == Some('"') => return Err("unterminated quoted string".to_owned()),
            None => return Err("unterminated raw quoted string".to_owned()),
            c if c == quote => return Ok(text),
            Some('\\') if quote == Some('"') => match chars.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some(c) => text.push(c),
                None => return Err("unterminated quoted string".to_owned()),
            },
            Some(c) => text.push(c),
        }
    }
}

/// Text written so far, and the conditions we are inside of.
struct Blocks {
    out: String,
    /// Whether what stands there now is written, and whether a branch was.
    conditions: Vec<(bool, bool)>,
}

impl Blocks {
    fn is_shown(&self) -> bool {
        self.conditions.iter().all(|(shown, _)| *shown)
    }

    fn text(&mut self, text: &str) {
        if self.is_shown() && self.out.len() + text.len() <= MAX_LENGTH {
            self.out += text;
        }
    }

    fn action(&mut self, tokens: &[Token], scope: &Scope<'_>) -> Result<(), String> {
        let keyword = match tokens.first() {
            Some(Token::Name(name)) => name.as_str(),
            _ => "",
        };
        match keyword {
            "if" => {
                let truth = is_true(&evaluate(&tokens[1..], scope, 0)?);
                self.conditions.push((truth, truth));
            }
            "else" => {
                let (shown, done) = self.conditions.last_mut().ok_or("unexpected {{else}}")?;
                *shown = !*done;
                *done = true;
            }
            "end" => {
                self.conditions.pop().ok_or("unexpected {{end}}")?;
            }
            _ => {
                let value = evaluate(tokens, scope, 0)?;
                self.text(&shown(&value));
            }
        }
        Ok(())
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Text(text) => !text.is_empty(),
        Value::Number(number) => *number != 0,
        Value::Bool(truth) => *truth,
    }
}

/// A pipeline: each command gets the value before it as its last argument.
fn evaluate(tokens: &[Token], scope: &Scope<'_>, depth: usize) -> Result<Value, String> {
    if depth > MAX_DEPTH {
        return Err("nested too deeply".to_owned());
    }
    let mut value = None;
    for command in split_at_pipes(tokens) {
        value = Some(call(command, value, scope, depth)?);
    }
    value.ok_or_else(|| "missing value for command".to_owned())
}

fn split_at_pipes(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut pieces, mut start, mut open) = (Vec::new(), 0, 0usize);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open => open += 1,
            Token::Close => open = open.saturating_sub(1),
            Token::Pipe if open == 0 => {
                pieces.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&tokens[start..]);
    pieces
}

fn call(tokens: &[Token], last: Option<Value>, scope: &Scope<'_>, depth: usize) -> Result<Value, String> {
    let Some((first, rest)) = tokens.split_first() else { return Err("missing value for command".to_owned()) };
    if let Token::Name(name) = first {
        let mut arguments = arguments(rest, scope, depth)?;
        arguments.extend(last);
        return apply(name, &arguments, scope);
    }
    let mut values = arguments(tokens, scope, depth)?;
    match (values.len(), last) {
        (1, None) => Ok(values.remove(0)),
        _ => Err("can't give argument to non-function".to_owned()),
    }
}

fn arguments(tokens: &[Token], scope: &Scope<'_>, depth: usize) -> Result<Vec<Value>, String> {
    let mut values = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        values.push(match token {
            Token::Text(text) => Value::Text(text.clone()),
            Token::Number(number) => Value::Number(*number),
            Token::Bool(truth) => Value::Bool(*truth),
            Token::Name(name) => apply(name, &[], scope)?,
            Token::Field(name) => field(name, scope)?,
            Token::Open => {
                let length = matching(&tokens[at..]).ok_or("unclosed left paren")?;
                let inside = &tokens[at..at + length];
                at += length + 1;
                evaluate(inside, scope, depth + 1)?
            }
            Token::Close => return Err("unexpected right paren".to_owned()),
            Token::Pipe => return Err("unexpected \"|\" in operand".to_owned()),
        });
    }
    Ok(values)
}

fn matching(tokens: &[Token]) -> Option<usize> {
    let mut open = 1;
    tokens.iter().position(|token| {
        match token {
            Token::Open => open += 1,
            Token::Close => open -= 1,
            _ => {}
        }
        open == 0
    })
}

fn field(name: &str, scope: &Scope<'_>) -> Result<Value, String> {
    match name {
        "Request" => Ok(Value::Text(scope.request.unwrap_or_default().to_owned())),
        "Count" | "Cnt" | "Unix" | "UnixNano" | "TimeStamp" | "Time" | "ID" => apply(name, &[], scope),
        _ => Err(format!("executing template at <.{name}>: can't evaluate field {name}")),
    }
}

fn apply(name: &str, arguments: &[Value], scope: &Scope<'_>) -> Result<Value, String> {
    let wrong = || format!("wrong number of args for {name}: got {}", arguments.len());
    let utc = scope.now.utc();
    Ok(match (name, arguments) {
        ("Count" | "Cnt", []) => Value::Number(i64::try_from(scope.count).unwrap_or(i64::MAX)),
        ("Unix", []) => Value::Number(utc.unix_timestamp()),
        ("UnixNano", []) => Value::Number(scope.now.nanos()),
        ("TimeStamp", []) => Value::Text(Timestamp::from_secs(utc.unix_timestamp()).rfc3339()),
        ("Time", []) => {
            let hour = (utc.hour() + 11) % 12 + 1;
            let half = if utc.hour() < 12 { "AM" } else { "PM" };
            Value::Text(format!("{hour}:{:02}{half}", utc.minute()))
        }
        ("ID", []) => Value::Text(scope.rng.borrow_mut().nuid()),
        ("Request", []) => Value::Text(scope.request.unwrap_or_default().to_owned()),
        ("Random", [Value::Number(a), Value::Number(b)]) => Value::Text(random(*a, *b, scope)),
        ("len", [Value::Text(text)]) => Value::Number(text.len() as i64),
        ("not", [value]) => Value::Bool(!is_true(value)),
        ("and", [_, ..]) => {
            arguments.iter().find(|value| !is_true(value)).unwrap_or(&arguments[arguments.len() - 1]).clone()
        }
        ("or", [_, ..]) => {
            arguments.iter().find(|value| is_true(value)).unwrap_or(&arguments[arguments.len() - 1]).clone()
        }
        ("eq", [first, others @ ..]) if !others.is_empty() => Value::Bool(others.contains(first)),
        ("ne", [left, right]) => Value::Bool(left != right),
        ("lt", [left, right]) => Value::Bool(order(left, right)?.is_lt()),
        ("le", [left, right]) => Value::Bool(order(left, right)?.is_le()),
        ("gt", [left, right]) => Value::Bool(order(left, right)?.is_gt()),
        ("ge", [left, right]) => Value::Bool(order(left, right)?.is_ge()),
        ("print", values) => Value::Text(values.iter().map(shown).collect()),
        ("println", values) => Value::Text(values.iter().map(shown).collect::<Vec<_>>().join(" ") + "\n"),
        ("printf", [Value::Text(format), values @ ..]) => Value::Text(printf(format, values)),
        _ => return Err(wrong()),
    })
}

fn order(left: &Value, right: &Value) -> Result<std::cmp::Ordering, String> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Ok(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Ok(left.cmp(right)),
        _ => Err("incompatible types for comparison".to_owned()),
    }
}

fn random(a: i64, b: i64, scope: &Scope<'_>) -> String {
    let (low, high) = (a.min(b).clamp(0, 1 << 20) as u64, a.max(b).clamp(0, 1 << 20) as u64);
    let mut rng = scope.rng.borrow_mut();
    let length = low + rng.next_u64() % (high - low + 1);
    rng.base62(length as usize)
}

/// `%d %s %v %q %x %04d %-5s`.
fn printf(format: &str, values: &[Value]) -> String {
    let mut out = String::new();
    let mut values = values.iter();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out += &rest[..at];
        rest = &rest[at + 1..];
        let end = rest.find(|c: char| !"-0123456789".contains(c)).unwrap_or(rest.len());
        let (spec, tail) = rest.split_at(end);
        let Some(verb) = tail.chars().next() else { return out + "%!(NOVERB)" };
        rest = &tail[verb.len_utf8()..];
        if verb == '%' {
            out.push('%');
            continue;
        }
        let text = match (verb, values.next()) {
            (_, None) => format!("%!{verb}(MISSING)"),
            ('q', Some(value)) => format!("{:?}", shown(value)),
            ('x', Some(Value::Number(number))) => format!("{number:x}"),
            (_, Some(value)) => shown(value),
        };
        let width = spec.trim_start_matches('-').parse::<usize>().unwrap_or(0).min(1_000);
        let fill = width.saturating_sub(text.chars().count());
        let (left, zeros) = (spec.starts_with('-'), spec.starts_with('0'));
        let fill = if zeros { "0" } else { " " }.repeat(fill);
        out += &if left { format!("{text}{fill}") } else { format!("{fill}{text}") };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> Result<String, String> {
        let rng = RefCell::new(Rng::new(1));
        let now = Timestamp::from_secs(1_795_252_511);
        render("body", text, &Scope { count: 7, now, rng: &rng, request: Some("hi") })
    }

    #[test]
    fn renders() {
        for (text, expected) in [
            ("#{{Count}} {{ .Cnt }}", "#7 7"),
            ("{{Time}} {{TimeStamp}} {{Unix}}", "9:15AM 2026-11-21T09:15:11Z 1795252511"),
            ("{{printf \"%04d|%-3s|\" 7 \"a\"}} {{len \"abcd\"}}", "0007|a  | 4"),
            ("{{if eq Count 7}}yes{{else}}no{{end}}", "yes"),
            ("{{if gt Count 7}}yes{{else}}no{{end}}", "no"),
            ("{{.Request}} {{Request | len}} {{print (len \"ab\") \"c\"}}", "hi 2 2c"),
            ("{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}"),
            ("a {{- \"b\" -}} c", "abc"),
        ] {
            assert_eq!(rendered(text), Ok(expected.to_owned()), "{text}");
        }
        assert_eq!(rendered("{{ID}}").map(|id| id.len()), Ok(22));
        assert!((3..=5).contains(&rendered("{{Random 5 3}}").map(|text| text.len()).unwrap_or(0)));
    }

    #[test]
    fn errors_are_gos() {
        for (text, problem) in [
            ("{{ bad", "template: body:1: function \"bad\" not defined"),
            ("x\n{{ Count", "template: body:2: unclosed action"),
            ("{{end}}", "template: body:1: unexpected {{end}}"),
            ("{{if true}}", "template: body:1: unexpected EOF"),
            ("{{}}", "template: body:1: missing value for command"),
        ] {
            assert_eq!(rendered(text), Err(problem.to_owned()), "{text}");
        }
    }
}
