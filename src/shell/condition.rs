//! `[[ … ]]`: what stands in it, and whether it holds.
//!
//! Words in it are neither split nor names of files, and its operators are part of the grammar. The way in is
//! `Parser::test` and `Runner::holds`. Source: bash manual, "Conditional Constructs".

use super::arithmetic;
use super::builtins;
use super::glob;
use super::lexer::{Operator, Quote, TokenKind, Word, lex_value};
use super::run::{Runner, Streams};
use super::syntax::{MAX_DEPTH, Parse, Parser, SyntaxError};
use crate::commands::pattern::Pattern;
use futures::future::LocalBoxFuture;

/// A question between `[[` and `]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Not empty.
    Text(Word),
    /// `-z word`.
    One(String, Word),
    /// `word == word`.
    Two(Word, String, Word),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

const WITH_ONE: &[&str] = &["-n", "-z", "-f", "-e", "-d", "-s", "-r", "-w", "-x", "-v", "-L", "-h", "-p", "-t"];
const WITH_TWO: &[&str] = &["=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];

impl Parser<'_> {
    /// Behind `[[`, up to and with `]]`.
    pub(super) fn test(&mut self) -> Parse<Condition> {
        let condition = self.any_of()?;
        self.expect_keyword("]]")?;
        Ok(condition)
    }

    fn any_of(&mut self) -> Parse<Condition> {
        let mut left = self.all_of()?;
        self.skip_newlines();
        while self.eat(Operator::Or) {
            left = Condition::Or(Box::new(left), Box::new(self.all_of()?));
            self.skip_newlines();
        }
        Ok(left)
    }

    fn all_of(&mut self) -> Parse<Condition> {
        let mut left = self.one_of()?;
        self.skip_newlines();
        while self.eat(Operator::And) {
            left = Condition::And(Box::new(left), Box::new(self.one_of()?));
            self.skip_newlines();
        }
        Ok(left)
    }

    fn one_of(&mut self) -> Parse<Condition> {
        self.skip_newlines();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError::Wrong("nested too deeply".to_owned()));
        }
        let condition = if self.eat_keyword("!") {
            Condition::Not(Box::new(self.one_of()?))
        } else if self.eat(Operator::Open) {
            let inner = self.any_of()?;
            if !self.eat(Operator::Close) {
                return Err(self.unexpected());
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Parse<Condition> {
        let first = self.operand()?;
        let sign = first.plain().filter(|word| WITH_ONE.contains(word)).map(str::to_owned);
        if let Some(sign) = sign
            && matches!(self.peek(), Some(TokenKind::Word(word)) if word.plain() != Some("]]"))
        {
            return Ok(Condition::One(sign, self.operand()?));
        }
        let Some(sign) = self.sign_of_two() else { return Ok(Condition::Text(first)) };
        let second = if sign == "=~" { self.expression()? } else { self.operand()? };
        Ok(Condition::Two(first, sign, second))
    }

    fn operand(&mut self) -> Parse<Word> {
        match self.peek() {
            Some(TokenKind::Word(word)) if word.plain() != Some("]]") => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn sign_of_two(&mut self) -> Option<String> {
        let span = self.tokens.get(self.at)?.span.clone();
        let text = self.text.get(span)?;
        let is_sign = match self.peek()? {
            TokenKind::Word(word) => word.plain().is_some_and(|word| WITH_TWO.contains(&word)),
            TokenKind::Operator(_) => matches!(text, "<" | ">"),
            _ => false,
        };
        self.at += usize::from(is_sign);
        is_sign.then(|| text.to_owned())
    }

    /// What follows `=~`: its signs mean nothing to the shell, up to a blank outside of parentheses.
    fn expression(&mut self) -> Parse<Word> {
        let Some(first) = self.tokens.get(self.at) else { return Err(SyntaxError::Unfinished) };
        let start = first.span.start;
        let (mut end, mut open) = (start, 0_usize);
        while let Some(token) = self.tokens.get(self.at) {
            let is_apart = open == 0 && token.span.start != end;
            match token.kind {
                TokenKind::Newline => break,
                _ if is_apart => break,
                TokenKind::Operator(Operator::Open) => open += 1,
                TokenKind::Operator(Operator::Close) if open == 0 => break,
                TokenKind::Operator(Operator::Close) => open -= 1,
                _ => {}
            }
            end = token.span.end;
            self.at += 1;
        }
        match self.text.get(start..end) {
            Some(text) if !text.is_empty() && text != "]]" => Ok(lex_value(text)),
            _ => Err(self.unexpected()),
        }
    }
}

impl Runner {
    /// Errors: what is wrong with it, in bash's words.
    pub(super) fn holds<'a>(
        &'a self,
        condition: &'a Condition,
        streams: &'a Streams,
    ) -> LocalBoxFuture<'a, Result<bool, String>> {
        Box::pin(async move {
            Ok(match condition {
                Condition::Text(word) => !self.expand_one(word, streams).await.is_empty(),
                Condition::Not(inner) => !self.holds(inner, streams).await?,
                Condition::And(left, right) => self.holds(left, streams).await? && self.holds(right, streams).await?,
                Condition::Or(left, right) => self.holds(left, streams).await? || self.holds(right, streams).await?,
                Condition::One(sign, word) => {
                    let word = self.expand_one(word, streams).await;
                    if sign == "-v" { self.is_set(&word) } else { builtins::is_so(self, &[sign, &word])? }
                }
                Condition::Two(left, sign, right) => {
                    let left = self.expand_one(left, streams).await;
                    self.compares(&left, sign, right, streams).await?
                }
            })
        })
    }

    async fn compares(&self, left: &str, sign: &str, right: &Word, streams: &Streams) -> Result<bool, String> {
        match sign {
            "=" | "==" => return Ok(glob::matches(&self.expand_pattern(right, streams).await, left)),
            "!=" => return Ok(!glob::matches(&self.expand_pattern(right, streams).await, left)),
            "=~" => return Pattern::new(&self.expand_expression(right, streams).await).map(|it| it.is_match(left)),
            _ => {}
        }
        let right = self.expand_one(right, streams).await;
        if !sign.starts_with('-') || matches!(sign, "-nt" | "-ot" | "-ef") {
            return builtins::is_so(self, &[left, sign, &right]);
        }
        let number = |text: &str| arithmetic::evaluate(text, self).map_err(|problem| format!("{text}: {problem}"));
        let (left, right) = (number(left)?, number(&right)?);
        builtins::is_so(self, &[&left.to_string(), sign, &right.to_string()])
    }

    /// What was quoted means itself.
    async fn expand_expression(&self, word: &Word, streams: &Streams) -> String {
        let mut expression = String::new();
        for part in &word.parts {
            let piece = self.expand_one(&Word { parts: vec![part.clone()] }, streams).await;
            let is_sign = |c: char| part.quote != Quote::None && "\\.[]{}()*+?^$|".contains(c);
            expression.extend(piece.chars().flat_map(|c| if is_sign(c) { vec!['\\', c] } else { vec![c] }));
        }
        expression
    }
}
