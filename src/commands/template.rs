//! Bodies, subjects and headers with `{{…}}` in them.
//!
//! Go's template language as far as people type it here: functions, fields, literals, pipes, `printf`, comparisons, variables,
//! `if`, `with`, `range` over numbers (there are no lists here). Templates in templates are refused by name.
//! The way in is [`render`]. Source: Go `text/template`; natscli reference, "Templates".

mod functions;
mod read;
mod walk;

use crate::nuid::Rng;
use crate::time::Timestamp;
use functions::{apply, shown, type_name};
use std::cell::RefCell;
use walk::Walk;

/// What a template can speak of.
pub struct Scope<'a> {
    pub count: u64,
    pub now: Timestamp,
    pub rng: &'a RefCell<Rng>,
    /// The request that is answered, in `reply`.
    pub request: Option<&'a str>,
}

const MAX_DEPTH: usize = 40;

/// Why a template is not rendered.
enum Problem {
    /// It cannot be read.
    Unread(String),
    /// It was read, and what stands at this place could not be done.
    Undone { at: usize, what: String, why: String },
}

impl From<String> for Problem {
    fn from(text: String) -> Problem {
        Problem::Unread(text)
    }
}

impl From<&str> for Problem {
    fn from(text: &str) -> Problem {
        Problem::Unread(text.to_owned())
    }
}

/// Renders `text`; `name` is `body`, `subject` … in the error, which is Go's sentence.
pub fn render(name: &str, text: &str, scope: &Scope<'_>) -> Result<String, String> {
    if !text.contains("{{") {
        return Ok(text.to_owned());
    }
    let line = |at: usize| 1 + text[..at].matches('\n').count();
    let told = |(at, problem): (usize, Problem)| match problem {
        Problem::Unread(problem) => format!("template: {name}:{}: {problem}", line(at)),
        Problem::Undone { at, what, why } => {
            let column = at - text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let what = if what.len() > 20 { what.chars().take(20).chain("...".chars()).collect() } else { what };
            format!("template: {name}:{}:{column}: executing {name:?} at <{what}>: {why}", line(at))
        }
    };
    let nodes = read::read(text, scope).map_err(told)?;
    let data = Value::Data(data(scope));
    let variables = vec![(String::new(), data.clone())];
    let doing = Doing { source: text, scope, dot: data, variables, last: RefCell::new((0, String::new())) };
    Walk::new(doing).written(&nodes).map_err(told)
}

/// All fields, as Go shows them.
fn data(scope: &Scope<'_>) -> String {
    let fields = ["Cnt", "Count", "Unix", "UnixNano", "TimeStamp", "Time", "Request"];
    let shown = fields.map(|name| apply(name, &[], scope).map(|value| shown(&value)).unwrap_or_default());
    format!("{{{}}}", shown.join(" "))
}

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq)]
struct Lexed {
    token: Token,
    at: usize,
    end: usize,
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
    /// `$name` with the fields that are asked of it; `$` alone is the data itself.
    Variable(String, Vec<String>),
    /// `:=`
    Declare,
    /// `=`
    Assign,
    Comma,
    Open,
    Close,
    Pipe,
}

impl Token {
    /// As an error has it.
    fn quoted(&self) -> String {
        match self {
            Token::Text(text) => format!("{:?}", format!("{text:?}")),
            Token::Number(number) => format!("{:?}", number.to_string()),
            Token::Bool(truth) => format!("{:?}", truth.to_string()),
            Token::Name(name) => format!("{name:?}"),
            Token::Field(name) => format!("<.{name}>"),
            Token::Variable(name, _) => format!("\"${name}\""),
            Token::Declare => "\":=\"".to_owned(),
            Token::Assign => "\"=\"".to_owned(),
            Token::Comma => "\",\"".to_owned(),
            Token::Open => "\"(\"".to_owned(),
            Token::Close => "\")\"".to_owned(),
            Token::Pipe => "\"|\"".to_owned(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Text(String),
    /// An `int`.
    Number(i64),
    /// An `int64`, as seconds since the epoch are.
    Long(i64),
    /// A byte of a text, a `uint8`.
    Byte(u8),
    Bool(bool),
    /// What a template speaks of, as Go shows it.
    Data(String),
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
    "index",
    "slice",
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
    "with",
    "range",
    "break",
    "continue",
];

/// The tokens up to `}}`, the text after it, and whether blanks go there. `start` is where `text` stands.
fn tokens<'t>(text: &'t str, start: usize, scope: &Scope<'_>) -> Result<(Vec<Lexed>, &'t str, bool), String> {
    let mut tokens = Vec::new();
    let mut chars = Cursor(text);
    loop {
        if let Some(after) = chars.0.strip_prefix("}}") {
            return Ok((tokens, after, false));
        }
        if let Some(after) = chars.0.strip_prefix(" -}}") {
            return Ok((tokens, after, true));
        }
        let at = start + text.len() - chars.0.len();
        let Some(c) = chars.peek() else { return Err("unclosed action".to_owned()) };
        let token = match c {
            ' ' | '\t' | '\n' | '\r' => {
                chars.next();
                continue;
            }
            '"' | '`' => Token::Text(quoted(&mut chars)?),
            '(' | ')' | '|' | '=' | ',' => {
                chars.next();
                match c {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    '=' => Token::Assign,
                    ',' => Token::Comma,
                    _ => Token::Pipe,
                }
            }
            ':' => {
                chars.next();
                chars.next_if(|c| c == '=').ok_or("expected :=")?;
                Token::Declare
            }
            '0'..='9' | '-' | '+' => {
                chars.next();
                let text = format!("{c}{}", word(&mut chars));
                Token::Number(text.parse().map_err(|_| format!("bad number syntax: {text:?}"))?)
            }
            '.' => {
                chars.next();
                Token::Field(word(&mut chars))
            }
            c if c.is_alphabetic() || c == '_' => named(word(&mut chars), scope)?,
            '$' => {
                chars.next();
                let (name, mut fields) = (word(&mut chars), Vec::new());
                while chars.next_if(|c| c == '.').is_some() {
                    fields.push(word(&mut chars));
                }
                Token::Variable(name, fields)
            }
            c => return Err(format!("unexpected {:?} in command", c.to_string())),
        };
        tokens.push(Lexed { token, at, end: start + text.len() - chars.0.len() });
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
        "template" | "define" | "block" | "nil" => Err(format!("not in the playground: {name}")),
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

fn split_at_pipes(tokens: &[Lexed]) -> Vec<&[Lexed]> {
    let (mut pieces, mut start, mut open) = (Vec::new(), 0, 0usize);
    for (at, lexed) in tokens.iter().enumerate() {
        match lexed.token {
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

/// The template that is being rendered, for errors, and what it can speak of.
struct Doing<'a> {
    source: &'a str,
    scope: &'a Scope<'a>,
    dot: Value,
    /// The latest last; one may hide another.
    variables: Vec<(String, Value)>,
    /// What was looked at last, and where it stands: Go blames it for what goes wrong afterwards.
    last: RefCell<(usize, String)>,
}

impl Doing<'_> {
    fn written(&self, lexed: &Lexed) -> &str {
        self.source.get(lexed.at..lexed.end).unwrap_or_default()
    }

    /// `why` it could not be done, at what is there.
    fn undone(&self, lexed: &Lexed, why: impl Into<String>) -> Problem {
        Problem::Undone { at: lexed.at, what: self.written(lexed).to_owned(), why: why.into() }
    }

    /// `why` something could not be done, at what was looked at last.
    fn undone_last(&self, why: String) -> Problem {
        let (at, what) = self.last.borrow().clone();
        Problem::Undone { at, what, why }
    }

    fn look_at(&self, lexed: &Lexed) {
        *self.last.borrow_mut() = (lexed.at, self.written(lexed).to_owned());
    }

    /// A pipeline: each command gets the value before it as its last argument.
    fn evaluate(&self, tokens: &[Lexed], depth: usize) -> Result<Value, Problem> {
        if depth > MAX_DEPTH {
            return Err("nested too deeply".into());
        }
        let mut value = None;
        for command in split_at_pipes(tokens) {
            value = Some(self.call(command, value, depth)?);
        }
        value.ok_or_else(|| "missing value for command".into())
    }

    fn call(&self, tokens: &[Lexed], last: Option<Value>, depth: usize) -> Result<Value, Problem> {
        let Some((first, rest)) = tokens.split_first() else { return Err("missing value for command".into()) };
        let has_more = last.is_some() || first.token != Token::Open && !rest.is_empty();
        match &first.token {
            Token::Name(name) => self.function(name, first, rest, last, depth),
            Token::Field(name) if has_more => {
                Err(self.undone(first, format!("{name} has arguments but cannot be invoked as function")))
            }
            _ if has_more => {
                let why = format!("can't give argument to non-function {}", self.written(first));
                Err(self.undone(first, why))
            }
            _ => self.arguments(tokens, depth)?.pop().ok_or_else(|| "missing value for command".into()),
        }
    }

    fn function(
        &self,
        name: &str,
        first: &Lexed,
        rest: &[Lexed],
        last: Option<Value>,
        depth: usize,
    ) -> Result<Value, Problem> {
        self.look_at(first);
        let given = operands(rest) + usize::from(last.is_some());
        let wanted = match name {
            "Random" | "ne" | "lt" | "le" | "gt" | "ge" => "2",
            "len" | "not" => "1",
            "printf" | "eq" | "and" | "or" | "index" | "slice" => "at least 1",
            "print" | "println" => "",
            _ => "0",
        };
        let fits = match wanted {
            "" => true,
            "at least 1" => given >= 1,
            number => number.parse() == Ok(given),
        };
        if !fits {
            return Err(self.undone(first, format!("wrong number of args for {name}: want {wanted} got {given}")));
        }
        let kind = match (name, rest.first().map(|lexed| &lexed.token)) {
            ("printf", Some(Token::Number(_) | Token::Bool(_))) => rest.first(),
            _ => None,
        };
        if let Some(wrong) = kind {
            return Err(self.undone(wrong, format!("expected string; found {}", self.written(wrong))));
        }
        if name == "Random" {
            self.check_unsigned(rest, depth)?;
        }
        let mut arguments = self.arguments(rest, depth)?;
        arguments.extend(last);
        apply(name, &arguments, self.scope).map_err(|why| {
            let words: Vec<&str> = std::iter::once(first).chain(rest).map(|lexed| self.written(lexed)).collect();
            let what = words.join(" ").replace("( ", "(").replace(" )", ")");
            Problem::Undone { at: first.at, what, why: format!("error calling {name}: {why}") }
        })
    }

    /// Only what stands there as a number is an unsigned one; what a function gives is not.
    fn check_unsigned(&self, tokens: &[Lexed], depth: usize) -> Result<(), Problem> {
        let mut at = 0;
        while let Some(lexed) = tokens.get(at) {
            let inside = if lexed.token == Token::Open { matching(&tokens[at + 1..]).unwrap_or(0) + 1 } else { 0 };
            match lexed.token {
                Token::Number(0..) => {}
                Token::Number(_) | Token::Text(_) | Token::Bool(_) => {
                    let why = format!("expected unsigned integer; found {}", self.written(lexed));
                    return Err(self.undone(lexed, why));
                }
                _ => {
                    let values = self.arguments(tokens.get(at..=at + inside).unwrap_or_default(), depth)?;
                    let kind = values.first().map_or("int", type_name);
                    let wrong = tokens.get(at + inside.saturating_sub(1)).unwrap_or(lexed);
                    return Err(self.undone(wrong, format!("wrong type for value; expected uint; got {kind}")));
                }
            }
            at += inside + 1;
        }
        Ok(())
    }

    fn arguments(&self, tokens: &[Lexed], depth: usize) -> Result<Vec<Value>, Problem> {
        let mut values = Vec::new();
        let mut at = 0;
        while let Some(lexed) = tokens.get(at) {
            at += 1;
            if lexed.token != Token::Open {
                self.look_at(lexed);
            }
            values.push(match &lexed.token {
                Token::Text(text) => Value::Text(text.clone()),
                Token::Number(number) => Value::Number(*number),
                Token::Bool(truth) => Value::Bool(*truth),
                Token::Name(name) => self.function(name, lexed, &[], None, depth)?,
                Token::Field(name) => self.field(&self.dot, name, lexed)?,
                Token::Variable(name, fields) => self.variable(name, fields, lexed)?,
                Token::Declare | Token::Assign | Token::Comma => {
                    return Err(format!("unexpected {} in operand", lexed.token.quoted()).into());
                }
                Token::Open => {
                    let length = matching(&tokens[at..]).ok_or("unclosed left paren")?;
                    let inside = &tokens[at..at + length];
                    at += length + 1;
                    self.evaluate(inside, depth + 1)?
                }
                Token::Close => return Err("unexpected right paren".into()),
                Token::Pipe => return Err("unexpected \"|\" in operand".into()),
            });
        }
        Ok(values)
    }

    fn variable(&self, name: &str, fields: &[String], lexed: &Lexed) -> Result<Value, Problem> {
        let found = self.variables.iter().rev().find(|(known, _)| known == name);
        let mut value = match found {
            Some((_, value)) => value.clone(),
            None => return Err(self.undone(lexed, format!("undefined variable: ${name}"))),
        };
        for field in fields {
            value = self.field(&value, field, lexed).map_err(|problem| match problem {
                // Blamed where the fields begin.
                Problem::Undone { at, what, why } => Problem::Undone { at: at + 1 + name.len(), what, why },
                other => other,
            })?;
        }
        Ok(value)
    }

    fn field(&self, of: &Value, name: &str, lexed: &Lexed) -> Result<Value, Problem> {
        match (of, name) {
            (_, "") => Ok(of.clone()),
            (Value::Data(_), "Request") => Ok(Value::Text(self.scope.request.unwrap_or_default().to_owned())),
            (Value::Data(_), "Count" | "Cnt" | "Unix" | "UnixNano" | "TimeStamp" | "Time" | "ID") => {
                Ok(apply(name, &[], self.scope)?)
            }
            _ => Err(self.undone(lexed, format!("can't evaluate field {name} in type {}", type_name(of)))),
        }
    }
}

/// How many there are, what stands in parentheses being one.
fn operands(tokens: &[Lexed]) -> usize {
    let (mut open, mut count) = (0usize, 0);
    for lexed in tokens {
        count += usize::from(open == 0);
        match lexed.token {
            Token::Open => open += 1,
            Token::Close => open = open.saturating_sub(1),
            _ => {}
        }
    }
    count
}

fn matching(tokens: &[Lexed]) -> Option<usize> {
    let mut open = 1;
    tokens.iter().position(|lexed| {
        match lexed.token {
            Token::Open => open += 1,
            Token::Close => open -= 1,
            _ => {}
        }
        open == 0
    })
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
            ("{{if eq Count 1}}a{{else if eq Count 7}}b{{else}}c{{end}}{{/* no */}}", "b"),
            ("{{if false}}{{.Nope}}{{end}}", ""),
            ("{{range $i := 3}}{{$i}},{{else}}none{{end}}", "0,1,2,"),
            ("{{range 2}}x{{end}}{{range 0}}x{{else}}none{{end}}{{range -1}}x{{end}}", "xxnone"),
            ("{{range 9}}{{if eq . 2}}{{continue}}{{end}}{{if gt . 3}}{{break}}{{end}}{{.}}{{end}}", "013"),
            ("{{range Unix}}{{break}}{{end}}{{range 2}}{{range 2}}{{break}}{{end}}{{.}}{{end}}", "01"),
            ("{{with \"x\"}}<{{.}}{{$.Count}}>{{end}}{{with \"\"}}a{{else with \"q\"}}{{.}}{{end}}{{.Cnt}}", "<x7>q7"),
            ("{{$x := 5}}{{$x}}{{$x = 6}}{{$x}}{{if true}}{{$x := 1}}{{$x}}{{end}}{{$x}}", "5616"),
            ("{{$x := 2}}{{range 2}}{{$x = .}}{{end}}{{$x}}{{$y := $x | printf \"%03d\"}}{{$y}}", "1001"),
            ("{{with 1}}{{with 2}}{{.}}{{end}}{{.}}{{end}}", "21"),
            ("{{.}}", "{7 7 1795252511 1795252511000000000 2026-11-21T09:15:11Z 9:15AM hi}"),
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
            ("{{if}}", "template: body:1: missing value for if"),
            ("{{.Nope}}{{end}}", "template: body:1: unexpected {{end}}"),
            (
                "x\ny {{.Nope}}",
                "template: body:2:4: executing \"body\" at <.Nope>: can't evaluate field Nope in type *util.pubData",
            ),
            (
                "{{Random 1 \"x\"}}",
                "template: body:1:11: executing \"body\" at <\"x\">: expected unsigned integer; found \"x\"",
            ),
            (
                "{{Random Count 2}}",
                "template: body:1:9: executing \"body\" at <Count>: wrong type for value; expected uint; got int",
            ),
            ("{{Unix | len}}", "template: body:1:9: executing \"body\" at <len>: error calling len: len of type int64"),
            ("{{$x}}", "template: body:1: undefined variable \"$x\""),
            ("{{with $y := 3}}{{end}}{{$y}}", "template: body:1: undefined variable \"$y\""),
            ("{{$x, $y := 1}}", "template: body:1: too many declarations in command"),
            ("{{$x :=}}", "template: body:1: missing value for command"),
            ("{{range}}{{end}}", "template: body:1: missing value for range"),
            ("{{break}}", "template: body:1: {{break}} outside {{range}}"),
            ("{{range 1}}{{else}}{{continue}}{{end}}", "template: body:1: {{continue}} outside {{range}}"),
            ("{{if true}}{{else}}{{else}}{{end}}", "template: body:1: expected end; found {{else}}"),
            ("{{range 2}}{{else if true}}{{end}}", "template: body:1: unexpected <if> in input"),
            (
                "{{range \"abc\"}}{{end}}",
                "template: body:1:8: executing \"body\" at <\"abc\">: range can't iterate over abc",
            ),
            (
                "{{range 1000}}{{range 1000}}{{range 1000}}{{end}}{{end}}{{end}}",
                "template: body:1: not in the playground: more than a million steps",
            ),
            (
                "{{len (len \"ab\")}}",
                "template: body:1:2: executing \"body\" at <len (len \"ab\")>: error calling len: len of type int",
            ),
        ] {
            assert_eq!(rendered(text), Err(problem.to_owned()), "{text}");
        }
    }
}
