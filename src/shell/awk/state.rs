//! An `awk` program at work: the line, its fields, variables, and what expressions come to.
//!
//! The way in is [`State::line`].

use super::super::print::{decimal, formatted};
use super::program::{Expression, Program, Statement, When};
use crate::commands::pattern::Pattern;
use crate::commands::{Console, ExitCode};
use crate::map::Map;
use std::cmp::Ordering;

/// No text becomes longer, and no line has more fields.
const MAX_TEXT: usize = 1 << 20;
const MAX_FIELDS: usize = 10_000;
const TOO_LONG: &str = "a text becomes too long";

#[derive(Clone, Debug)]
pub enum Value {
    Unset,
    Number(f64),
    Text(String),
    /// It came from outside: a number where it looks like one.
    Typed(String, Option<f64>),
}

/// What comes after a statement.
pub enum Going {
    On,
    NextLine,
    Out(ExitCode),
}

pub struct State<'a> {
    pub console: &'a Console,
    variables: Map<String, Value>,
    record: String,
    fields: Vec<String>,
    lines: f64,
}

type Computed = Result<Value, String>;

impl Value {
    pub fn typed(text: String) -> Value {
        let number = crate::json::number(text.trim().trim_start_matches('+')).or_else(|| text.trim().parse().ok());
        let number = number.filter(|number: &f64| number.is_finite());
        Value::Typed(text, number)
    }

    fn number(&self) -> f64 {
        match self {
            Value::Unset => 0.0,
            Value::Number(number) | Value::Typed(_, Some(number)) => *number,
            Value::Text(text) | Value::Typed(text, None) => leading_number(text),
        }
    }

    fn text(&self) -> String {
        match self {
            Value::Unset => String::new(),
            Value::Number(number) => shown(*number),
            Value::Text(text) | Value::Typed(text, _) => text.clone(),
        }
    }

    fn holds(&self) -> bool {
        match self {
            Value::Unset => false,
            Value::Number(number) | Value::Typed(_, Some(number)) => *number != 0.0,
            Value::Text(text) | Value::Typed(text, None) => !text.is_empty(),
        }
    }

    fn is_number(&self) -> bool {
        !matches!(self, Value::Text(_) | Value::Typed(_, None))
    }
}

/// The number a text begins with.
fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let (mut end, mut digits, mut point) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '+' | '-' if at == 0 => {}
            '.' if !point => point = true,
            '0'..='9' => digits = true,
            _ => break,
        }
        end = at + 1;
    }
    if digits { text[..end].parse().unwrap_or(0.0) } else { 0.0 }
}

fn shown(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e16 {
        format!("{}", number as i64)
    } else {
        decimal('g', number, Some(6))
    }
}

impl<'a> State<'a> {
    pub fn new(console: &'a Console) -> State<'a> {
        State { console, variables: Map::new(), record: String::new(), fields: Vec::new(), lines: 0.0 }
    }

    pub fn set(&mut self, name: &str, value: Value) {
        self.variables.insert(name.to_owned(), value);
    }

    fn setting(&self, name: &str, usual: &str) -> String {
        self.variables.get(name).map_or_else(|| usual.to_owned(), Value::text)
    }

    /// The next line.
    pub fn take(&mut self, line: &str) {
        self.lines += 1.0;
        self.record = line.to_owned();
        self.split();
    }

    fn split(&mut self) {
        let separator = self.setting("FS", " ");
        let own = |text: &str| text.to_owned();
        let line = self.record.as_str();
        let mut chars = separator.chars();
        self.fields = match (chars.next(), chars.next()) {
            _ if line.is_empty() => Vec::new(),
            (Some(' '), None) => line.split_ascii_whitespace().map(own).collect(),
            (None, _) => line.chars().map(String::from).collect(),
            (Some(sign), None) => line.split(sign).map(own).collect(),
            _ => match Pattern::new(&separator) {
                Ok(pattern) => pieces(&pattern, line),
                Err(_) => vec![own(line)],
            },
        };
    }

    /// Every rule that fits the line.
    pub fn line(&mut self, program: &Program) -> Result<Going, String> {
        for rule in &program.rules {
            let fits = match &rule.when {
                When::Begin | When::End => false,
                When::Always => true,
                When::If(condition) => self.value(condition)?.holds(),
            };
            if !fits {
                continue;
            }
            match self.run(&rule.body)? {
                Going::On => {}
                other => return Ok(other),
            }
        }
        Ok(Going::On)
    }

    pub fn run(&mut self, body: &[Statement]) -> Result<Going, String> {
        for statement in body {
            match statement {
                Statement::Print(list) if list.is_empty() => self.write(self.record.clone()),
                Statement::Print(list) => {
                    let texts =
                        list.iter().map(|one| Ok(self.value(one)?.text())).collect::<Result<Vec<_>, String>>()?;
                    self.write(texts.join(&self.setting("OFS", " ")));
                }
                Statement::Printf(list) => {
                    let text = self.formatted(list)?;
                    self.console.print(&text);
                }
                Statement::Compute(expression) => _ = self.value(expression)?,
                Statement::If { condition, then, otherwise } => {
                    let body = if self.value(condition)?.holds() { then } else { otherwise };
                    match self.run(body)? {
                        Going::On => {}
                        other => return Ok(other),
                    }
                }
                Statement::Next => return Ok(Going::NextLine),
                Statement::Exit(None) => return Ok(Going::Out(0)),
                Statement::Exit(Some(status)) => {
                    return Ok(Going::Out(self.value(status)?.number() as ExitCode & 0xff));
                }
            }
        }
        Ok(Going::On)
    }

    fn write(&self, text: String) {
        self.console.print(&(text + &self.setting("ORS", "\n")));
    }

    /// `printf` and `sprintf`.
    fn formatted(&mut self, list: &[Expression]) -> Result<String, String> {
        let Some((format, arguments)) = list.split_first() else { return Err("printf: no format".to_owned()) };
        let format = self.value(format)?.text();
        let values = arguments.iter().map(|one| self.value(one)).collect::<Result<Vec<_>, String>>()?;
        let mut values = values.into_iter();
        let mut texts = Vec::new();
        for verb in verbs(&format) {
            let Some(value) = values.next() else { return Err("not enough arguments passed to printf".to_owned()) };
            texts.push(match verb {
                's' => value.text(),
                'c' if value.is_number() => char::from_u32(value.number() as u32).map(String::from).unwrap_or_default(),
                'c' => value.text(),
                'f' | 'e' | 'g' | 'F' | 'E' | 'G' => format!("{}", value.number()),
                _ => format!("{}", value.number() as i64),
            });
        }
        // A backslash that is there by now means itself.
        let text = formatted(&format.replace('\\', "\\\\"), &texts);
        if text.len() > MAX_TEXT { Err(TOO_LONG.to_owned()) } else { Ok(text) }
    }

    fn value(&mut self, expression: &Expression) -> Computed {
        Ok(match expression {
            Expression::Number(number) => Value::Number(*number),
            Expression::Text(text) => Value::Text(text.clone()),
            Expression::Regex(pattern) => truth(pattern.is_match(&self.record)),
            Expression::Variable(name) => self.variable(name),
            Expression::Field(number) => {
                let number = self.value(number)?.number();
                self.field(number)?
            }
            Expression::Assign(target, operator, right) => {
                let right = self.value(right)?;
                let value = match operator {
                    None => right,
                    Some(sign) => Value::Number(computed(*sign, self.value(target)?.number(), right.number())?),
                };
                self.assign(target, value)?
            }
            Expression::Step { target, by, before } => {
                let known = self.value(target)?.number();
                self.assign(target, Value::Number(known + by))?;
                Value::Number(if *before { known } else { known + by })
            }
            Expression::Not(inner) => truth(!self.value(inner)?.holds()),
            Expression::Negative(inner) => Value::Number(-self.value(inner)?.number()),
            Expression::Two(left, sign, right) => self.two(left, sign, right)?,
            Expression::Choice(condition, yes, no) => {
                let taken = if self.value(condition)?.holds() { yes } else { no };
                self.value(taken)?
            }
            Expression::Call(name, arguments) => self.call(name, arguments)?,
        })
    }

    fn variable(&self, name: &str) -> Value {
        match name {
            "NR" | "FNR" => Value::Number(self.lines),
            "NF" => Value::Number(self.fields.len() as f64),
            "FS" | "OFS" => Value::Text(self.setting(name, " ")),
            "ORS" | "RS" => Value::Text(self.setting(name, "\n")),
            _ => self.variables.get(name).cloned().unwrap_or(Value::Unset),
        }
    }

    fn field(&self, number: f64) -> Computed {
        if number < 0.0 {
            return Err(format!("negative field index ${number}"));
        }
        let text = match number as usize {
            0 => Some(&self.record),
            at => self.fields.get(at - 1),
        };
        Ok(text.map_or(Value::Unset, |text| Value::typed(text.clone())))
    }

    fn assign(&mut self, target: &Expression, value: Value) -> Computed {
        match target {
            Expression::Variable(name) if matches!(name.as_str(), "NR" | "NF" | "FNR" | "RS" | "FILENAME") => {
                return Err(format!("{name}=: not in the playground"));
            }
            Expression::Variable(name) => self.set(name, value.clone()),
            Expression::Field(number) => {
                let number = self.value(number)?.number();
                if !(0.0..=MAX_FIELDS as f64).contains(&number) {
                    return Err(format!("${number}: not in the playground"));
                }
                if number as usize == 0 {
                    self.record = value.text();
                    self.split();
                } else {
                    let at = number as usize - 1;
                    if self.fields.len() <= at {
                        self.fields.resize(at + 1, String::new());
                    }
                    self.fields[at] = value.text();
                    self.record = self.fields.join(&self.setting("OFS", " "));
                }
            }
            _ => {}
        }
        Ok(value)
    }

    fn two(&mut self, left: &Expression, sign: &str, right: &Expression) -> Computed {
        match sign {
            "&&" => return Ok(truth(self.value(left)?.holds() && self.value(right)?.holds())),
            "||" => return Ok(truth(self.value(left)?.holds() || self.value(right)?.holds())),
            "~" | "!~" => {
                let text = self.value(left)?.text();
                return Ok(truth(self.pattern(right)?.is_match(&text) == (sign == "~")));
            }
            _ => {}
        }
        let (left, right) = (self.value(left)?, self.value(right)?);
        let order = || match left.is_number() && right.is_number() {
            true => left.number().partial_cmp(&right.number()).unwrap_or(Ordering::Equal),
            false => left.text().cmp(&right.text()),
        };
        Ok(match sign {
            "" => {
                let text = left.text() + &right.text();
                if text.len() > MAX_TEXT {
                    return Err(TOO_LONG.to_owned());
                }
                Value::Text(text)
            }
            "<" => truth(order().is_lt()),
            "<=" => truth(order().is_le()),
            "==" => truth(order().is_eq()),
            "!=" => truth(order().is_ne()),
            ">" => truth(order().is_gt()),
            ">=" => truth(order().is_ge()),
            _ => Value::Number(computed(sign.chars().next().unwrap_or('+'), left.number(), right.number())?),
        })
    }

    fn pattern(&mut self, expression: &Expression) -> Result<Pattern, String> {
        match expression {
            Expression::Regex(pattern) => Ok(pattern.clone()),
            other => Pattern::new(&self.value(other)?.text()),
        }
    }

    fn call(&mut self, name: &str, arguments: &[Expression]) -> Computed {
        if matches!(name, "sub" | "gsub") {
            return self.substitute(name == "gsub", arguments);
        }
        if name == "sprintf" {
            return Ok(Value::Text(self.formatted(arguments)?));
        }
        let values = arguments.iter().map(|one| self.value(one)).collect::<Result<Vec<_>, String>>()?;
        let text = |at: usize| values.get(at).map_or_else(String::new, Value::text);
        let number = |at: usize| values.get(at).map_or(0.0, Value::number);
        Ok(match name {
            "length" if values.is_empty() => Value::Number(self.record.chars().count() as f64),
            "length" => Value::Number(text(0).chars().count() as f64),
            "toupper" => Value::Text(text(0).to_uppercase()),
            "tolower" => Value::Text(text(0).to_lowercase()),
            "int" => Value::Number(number(0).trunc()),
            "sqrt" => Value::Number(number(0).sqrt()),
            "index" => {
                let (text, wanted) = (text(0), text(1));
                Value::Number(text.find(&wanted).map_or(0.0, |at| text[..at].chars().count() as f64 + 1.0))
            }
            _ => {
                let length = text(0).chars().count() as f64;
                let from = number(1).round();
                let end = if values.len() > 2 { from + number(2).round() } else { f64::INFINITY };
                let (start, end) = (from.clamp(1.0, length + 1.0), end.clamp(1.0, length + 1.0));
                let count = (end - start).max(0.0) as usize;
                Value::Text(text(0).chars().skip((start as usize).saturating_sub(1)).take(count).collect())
            }
        })
    }

    /// `sub` and `gsub`: `&` in the new text is what was found.
    fn substitute(&mut self, all: bool, arguments: &[Expression]) -> Computed {
        let [pattern, by, rest @ ..] = arguments else { return Ok(Value::Unset) };
        let (pattern, by) = (self.pattern(pattern)?, self.value(by)?.text());
        let record = Expression::Field(Box::new(Expression::Number(0.0)));
        let target = rest.first().unwrap_or(&record);
        let chars: Vec<char> = self.value(target)?.text().chars().collect();
        let (mut out, mut at, mut count) = (String::new(), 0, 0.0);
        while let Some((start, end)) = pattern.find(&chars, at).filter(|_| all || count == 0.0) {
            count += 1.0;
            out.extend(&chars[at..start]);
            out += &put_in(&by, &chars[start..end]);
            at = end;
            if start == end {
                out.extend(chars.get(end));
                at += 1;
            }
            if out.len() > MAX_TEXT {
                return Err(TOO_LONG.to_owned());
            }
            if at > chars.len() {
                break;
            }
        }
        out.extend(chars.get(at..).unwrap_or_default());
        if count > 0.0 {
            self.assign(target, Value::Text(out))?;
        }
        Ok(Value::Number(count))
    }
}

fn put_in(by: &str, found: &[char]) -> String {
    let (mut out, mut chars) = (String::new(), by.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'&') => out.extend(chars.next()),
            '&' => out.extend(found),
            _ => out.push(c),
        }
    }
    out
}

fn truth(holds: bool) -> Value {
    Value::Number(f64::from(u8::from(holds)))
}

fn computed(sign: char, left: f64, right: f64) -> Result<f64, String> {
    Ok(match sign {
        '+' => left + right,
        '-' => left - right,
        '*' => left * right,
        '/' | '%' if right == 0.0 => return Err("division by zero".to_owned()),
        '/' => left / right,
        '%' => left % right,
        _ => left.powf(right),
    })
}

fn pieces(pattern: &Pattern, line: &str) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some((start, end)) = pattern.find(&chars, at).filter(|(start, end)| end > start) {
        found.push(chars[at..start].iter().collect());
        at = end;
    }
    found.push(chars[at..].iter().collect());
    found
}

/// The letters behind the `%` of a format.
fn verbs(format: &str) -> Vec<char> {
    let (mut found, mut inside) = (Vec::new(), false);
    for c in format.chars() {
        match c {
            '%' => inside = !inside,
            _ if !inside || "-+ #.".contains(c) || c.is_ascii_digit() => {}
            // Its width is an argument too.
            '*' => found.push('d'),
            _ => {
                found.push(c);
                inside = false;
            }
        }
    }
    found
}
