//! Reads the checks authors write, like `stream("ORDERS").state.messages >= 10 and bet("lost").recorded`.
//!
//! Grammar: `or` over `and` over `not` over a comparison or a figure; figures are calls with a path behind them, numbers,
//! texts in double quotes, `true` and `false`. Errors point at the column that was not understood, from 1.

use super::expression::{Comparison, Expression, Figure};
use super::trace::Pattern;
use crate::map::Map;

/// What was wrong and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// From 1, in characters.
    pub column: usize,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(String),
    Mark(&'static str),
}

/// The kinds of events a pattern may name: the facts of the engine.
pub const KINDS: &[&str] = &[
    "connected",
    "disconnected",
    "subscribed",
    "unsubscribed",
    "published",
    "delivered",
    "unwanted",
    "no_responders",
    "stream_created",
    "stream_updated",
    "stream_deleted",
    "stored",
    "not_kept",
    "duplicate",
    "refused",
    "removed",
    "removed_many",
    "consumer_created",
    "consumer_updated",
    "consumer_deleted",
    "consumer_paused",
    "pull_waiting",
    "pull_ended",
    "dispatched",
    "answered",
    "ack_floor",
    "redelivery_due",
    "given_up",
    "advisory",
    "requested",
];

/// Reads a whole check.
pub fn parse(text: &str) -> Result<Expression, SyntaxError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, end: text.chars().count() + 1 };
    let expression = parser.any()?;
    match parser.tokens.get(parser.at) {
        None => Ok(expression),
        Some((column, _)) => Err(SyntaxError { column: *column, message: "expected 'and', 'or' or the end".into() }),
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, SyntaxError> {
    const MARKS: [&str; 11] = ["==", "!=", "<=", ">=", "<", ">", "(", ")", ",", ".", "="];
    let characters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let (start, c) = (at, characters[at]);
        let rest: String = characters[at..].iter().collect();
        if c.is_whitespace() {
            at += 1;
            continue;
        }
        let token = if c == '"' {
            let end = characters[at + 1..]
                .iter()
                .position(|&c| c == '"')
                .ok_or_else(|| SyntaxError { column: start + 1, message: "this text has no closing quote".into() })?;
            at += end + 2;
            Token::Text(characters[start + 1..at - 1].iter().collect())
        } else if c.is_ascii_digit() || (c == '-' && characters.get(at + 1).is_some_and(char::is_ascii_digit)) {
            at += 1;
            while characters.get(at).is_some_and(|c| c.is_ascii_digit() || *c == '_') {
                at += 1;
            }
            Token::Number(characters[start..at].iter().filter(|c| **c != '_').collect())
        } else if c.is_alphabetic() || c == '_' {
            while characters.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                at += 1;
            }
            Token::Word(characters[start..at].iter().collect())
        } else if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            at += mark.len();
            Token::Mark(mark)
        } else {
            return Err(SyntaxError { column: start + 1, message: format!("'{c}' means nothing here") });
        };
        found.push((start + 1, token));
    }
    Ok(found)
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    end: usize,
}

impl Parser {
    fn any(&mut self) -> Result<Expression, SyntaxError> {
        let mut parts = vec![self.all()?];
        while self.word("or") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) })
    }

    fn all(&mut self) -> Result<Expression, SyntaxError> {
        let mut parts = vec![self.not()?];
        while self.word("and") {
            parts.push(self.not()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) })
    }

    fn not(&mut self) -> Result<Expression, SyntaxError> {
        if self.word("not") {
            return Ok(Expression::Not(Box::new(self.not()?)));
        }
        if self.mark("(") {
            let inside = self.any()?;
            self.expect(")")?;
            return Ok(inside);
        }
        let left = self.figure()?;
        let comparisons = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<", Comparison::Less),
            (">", Comparison::More),
        ];
        for (mark, comparison) in comparisons {
            if self.mark(mark) {
                return Ok(Expression::Compare(left, comparison, self.figure()?));
            }
        }
        Ok(Expression::Holds(left))
    }

    fn figure(&mut self) -> Result<Figure, SyntaxError> {
        let column = self.column();
        match self.next() {
            Some(Token::Text(text)) => Ok(Figure::Literal(text.into())),
            Some(Token::Number(digits)) => {
                let number = digits.parse::<i64>().map_err(|_| error(column, "this number is too large"))?;
                Ok(Figure::Literal(number.into()))
            }
            Some(Token::Word(word)) => match word.as_str() {
                "true" | "false" => Ok(Figure::Literal((word == "true").into())),
                "stream" => {
                    let [name] = self.texts()?;
                    Ok(Figure::Stream { name, path: self.path()? })
                }
                "consumer" => {
                    let [stream, name] = self.texts()?;
                    Ok(Figure::Consumer { stream, name, path: self.path()? })
                }
                "kv" => {
                    let [bucket, key] = self.texts()?;
                    Ok(Figure::Kv { bucket, key })
                }
                "bet" => {
                    let [id] = self.texts()?;
                    self.expect(".")?;
                    if !self.word("recorded") { Err(self.wrong("expected 'recorded'")) } else { Ok(Figure::Bet(id)) }
                }
                "api_error" => self.api_error(),
                "count" => Ok(Figure::Count(self.one_pattern()?)),
                "distinct" => self.distinct(),
                "order" => self.order(),
                "gap" => self.gap(),
                _ => Err(error(
                    column,
                    &format!(
                        "unknown figure '{word}'; known are stream, consumer, kv, count, distinct, order, gap, \
                         api_error, bet"
                    ),
                )),
            },
            _ => Err(error(column, "expected a figure")),
        }
    }

    fn api_error(&mut self) -> Result<Figure, SyntaxError> {
        self.expect("(")?;
        let column = self.column();
        let Some(Token::Number(digits)) = self.next() else { return Err(error(column, "expected an error code")) };
        let code = digits.parse().map_err(|_| error(column, "expected an error code like 10059"))?;
        self.expect(")")?;
        Ok(Figure::ApiError(code))
    }

    fn one_pattern(&mut self) -> Result<Pattern, SyntaxError> {
        self.expect("(")?;
        let pattern = self.pattern()?;
        self.expect(")")?;
        Ok(pattern)
    }

    fn distinct(&mut self) -> Result<Figure, SyntaxError> {
        self.expect("(")?;
        let column = self.column();
        let Some(Token::Word(field)) = self.next() else { return Err(error(column, "expected the name of a field")) };
        self.expect(",")?;
        let pattern = self.pattern()?;
        self.expect(")")?;
        Ok(Figure::Distinct(pattern, field))
    }

    fn order(&mut self) -> Result<Figure, SyntaxError> {
        self.expect("(")?;
        let mut patterns = vec![self.bracketed()?];
        while self.mark(",") {
            patterns.push(self.bracketed()?);
        }
        self.expect(")")?;
        Ok(Figure::Order(patterns))
    }

    fn gap(&mut self) -> Result<Figure, SyntaxError> {
        self.expect("(")?;
        let from = self.bracketed()?;
        self.expect(",")?;
        let to = self.bracketed()?;
        self.expect(")")?;
        Ok(Figure::Gap(from, to))
    }

    /// Inside a list of patterns each that has fields stands in its own parentheses.
    fn bracketed(&mut self) -> Result<Pattern, SyntaxError> {
        if self.mark("(") {
            let pattern = self.pattern()?;
            self.expect(")")?;
            return Ok(pattern);
        }
        Ok(Pattern { kind: self.kind()?, fields: Map::new() })
    }

    fn pattern(&mut self) -> Result<Pattern, SyntaxError> {
        let kind = self.kind()?;
        let mut fields = Map::new();
        while self.mark(",") {
            let column = self.column();
            let Some(Token::Word(name)) = self.next() else { return Err(error(column, "expected a field")) };
            self.expect("=")?;
            let column = self.column();
            let value = match self.next() {
                Some(Token::Text(text)) => text,
                Some(Token::Number(digits)) => digits,
                Some(Token::Word(word)) if word == "true" || word == "false" => word,
                _ => return Err(error(column, "expected a text or a number")),
            };
            fields.insert(name, value);
        }
        Ok(Pattern { kind, fields })
    }

    fn kind(&mut self) -> Result<String, SyntaxError> {
        let column = self.column();
        match self.next() {
            Some(Token::Word(kind)) if KINDS.contains(&kind.as_str()) => Ok(kind),
            Some(Token::Word(kind)) => Err(error(column, &format!("unknown event '{kind}'"))),
            _ => Err(error(column, "expected the name of an event")),
        }
    }

    fn texts<const N: usize>(&mut self) -> Result<[String; N], SyntaxError> {
        self.expect("(")?;
        let mut found = Vec::with_capacity(N);
        for index in 0..N {
            if index > 0 {
                self.expect(",")?;
            }
            let column = self.column();
            let Some(Token::Text(text)) = self.next() else { return Err(error(column, "expected a text in quotes")) };
            found.push(text);
        }
        self.expect(")")?;
        Ok(found.try_into().expect("the loop pushed N texts"))
    }

    fn path(&mut self) -> Result<String, SyntaxError> {
        let mut parts = Vec::new();
        while self.mark(".") {
            let column = self.column();
            let Some(Token::Word(part)) = self.next() else { return Err(error(column, "expected a field")) };
            parts.push(part);
        }
        if parts.is_empty() { Err(self.wrong("expected '.' and a field")) } else { Ok(parts.join(".")) }
    }

    fn column(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(column, _)| *column)
    }

    fn wrong(&self, message: &str) -> SyntaxError {
        error(self.column(), message)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).map(|(_, token)| token.clone());
        self.at += 1;
        token
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some((_, Token::Word(found))) if found == word);
        self.at += usize::from(found);
        found
    }

    fn mark(&mut self, mark: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some((_, Token::Mark(found))) if *found == mark);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &str) -> Result<(), SyntaxError> {
        if self.mark(mark) { Ok(()) } else { Err(self.wrong(&format!("expected '{mark}'"))) }
    }
}

fn error(column: usize, message: &str) -> SyntaxError {
    SyntaxError { column, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_authors_write() {
        for text in [
            r#"stream("ORDERS").config.retention == "workqueue""#,
            r#"consumer("S", "c").num_ack_pending == 0 and stream("S").state.messages >= 10"#,
            r#"not (count(unwanted) > 0 or bet("lost").recorded)"#,
            r#"count(delivered, subject = "orders.>", actor = "bob") >= 1"#,
            r#"gap((dispatched, stream = "S"), (dispatched, stream = "S")) >= "5s""#,
            r#"order((stored, stream = "S"), dispatched, (answered, kind = "ack"))"#,
            r#"distinct(actor, answered, kind = "ack") >= 2 and api_error(10071)"#,
        ] {
            assert!(parse(text).is_ok(), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn points_at_the_column() {
        for (text, column) in [
            (r#"stream("S")"#, 12),
            ("count(flies)", 7),
            (r#"stream("S).x"#, 8),
            ("count(stored) >= ", 18),
            ("count(stored) count", 15),
            ("foo(1)", 1),
            ("a ? b", 3),
        ] {
            assert_eq!(parse(text).unwrap_err().column, column, "{text}: {:?}", parse(text));
        }
    }
}
