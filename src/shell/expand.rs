//! Words to texts: variables, `$(…)`, `$((…))`, splitting at blanks.
//!
//! Differs from a real shell: `*` and `?` are never matched against files, so that subjects can be typed without quotes.

use super::lexer::{Part, PartKind, Quote, Word};
use super::run::{Runner, Streams};
use crate::commands::console::Write;
use futures::future::LocalBoxFuture;
use std::cell::RefCell;
use std::rc::Rc;

/// More output than this cannot become part of a command line.
const MAX_SUBSTITUTION: usize = 1 << 20;

impl Runner {
    /// Each word can become none, one or several.
    pub(super) async fn expand_all(&self, words: &[Word], streams: &Streams) -> Vec<String> {
        let mut fields = Vec::new();
        for word in words {
            fields.extend(self.expand(word, streams).await);
        }
        fields
    }

    /// One text, never split: what follows `NAME=` or `>`.
    pub(super) async fn expand_one(&self, word: &Word, streams: &Streams) -> String {
        let mut text = String::new();
        for part in &word.parts {
            text += &self.part(part, streams).await;
        }
        text
    }

    async fn expand(&self, word: &Word, streams: &Streams) -> Vec<String> {
        let mut fields = Fields::default();
        for (index, part) in word.parts.iter().enumerate() {
            let text = self.part(part, streams).await;
            match &part.kind {
                PartKind::Text(_) if index == 0 && part.quote == Quote::None => fields.add(&self.home(&text)),
                PartKind::Text(_) => fields.add(&text),
                _ if part.quote == Quote::Double => fields.add(&text),
                _ => fields.split(&text),
            }
        }
        fields.done()
    }

    fn home(&self, text: &str) -> String {
        match text.strip_prefix("~/") {
            Some(rest) => rest.to_owned(),
            None => text.to_owned(),
        }
    }

    fn part<'a>(&'a self, part: &'a Part, streams: &'a Streams) -> LocalBoxFuture<'a, String> {
        Box::pin(async move {
            match &part.kind {
                PartKind::Text(text) => text.clone(),
                PartKind::Variable { name, default } => {
                    let value = self.variable(name);
                    match default {
                        Some(default) if value.is_empty() => default.clone(),
                        _ => value,
                    }
                }
                PartKind::Command(text) => self.substitute(text, streams).await,
                PartKind::Arithmetic(text) => {
                    let variables = |name: &str| self.variable(name);
                    match super::arithmetic::evaluate(text, &variables) {
                        Ok(number) => number.to_string(),
                        Err(problem) => {
                            (streams.error)(format!("{text}: {problem}\n").as_bytes());
                            String::new()
                        }
                    }
                }
            }
        })
    }

    /// The output of a command line, without its last newlines.
    async fn substitute(&self, text: &str, streams: &Streams) -> String {
        let captured = Rc::new(RefCell::new(Vec::new()));
        let into = Rc::clone(&captured);
        let out: Write = Rc::new(move |bytes: &[u8]| {
            let mut captured = into.borrow_mut();
            let room = MAX_SUBSTITUTION.saturating_sub(captured.len());
            captured.extend_from_slice(&bytes[..bytes.len().min(room)]);
        });
        let streams = Streams { out, out_to_terminal: false, ..streams.clone() };
        self.subshell().run_text(text, streams).await;
        let bytes = captured.borrow().clone();
        String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned()
    }
}

#[derive(Default)]
struct Fields {
    done: Vec<String>,
    open: Option<String>,
}

impl Fields {
    fn add(&mut self, text: &str) {
        self.open.get_or_insert_default().push_str(text);
    }

    /// Unquoted: blanks end a field, and nothing at all is no field.
    fn split(&mut self, text: &str) {
        let mut pieces = text.split(char::is_whitespace).peekable();
        while let Some(piece) = pieces.next() {
            if !piece.is_empty() {
                self.add(piece);
            }
            if pieces.peek().is_some() {
                self.done.extend(self.open.take());
            }
        }
    }

    fn done(mut self) -> Vec<String> {
        self.done.extend(self.open.take());
        self.done
    }
}
