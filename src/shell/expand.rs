//! Words to texts: braces, variables, `$(…)`, `$((…))`, splitting at blanks.
//!
//! Differs from a real shell: `*` and `?` are matched against files for the shell's own commands and for `for` alone, so that
//! subjects behind `nats` and `lab` can be typed without quotes.

use super::glob::Often;
use super::lexer::{Change, LENGTH, Part, PartKind, Quote, Word, lex_value};
use super::run::{Runner, Streams};
use super::{arithmetic, braces, glob};
use crate::commands::console::Write;
use crate::commands::files::HOME;
use futures::future::LocalBoxFuture;
use std::cell::RefCell;
use std::rc::Rc;

/// More output than this cannot become part of a command line.
const MAX_SUBSTITUTION: usize = 1 << 20;
/// Longer than this no word becomes, nor all words of a command.
const MAX_WORDS: usize = 4 << 20;
const TOO_LONG: &str = "argument list too long";

impl Runner {
    /// Each word can become none, one or several; those with `*` become names of files where `files` are meant.
    pub(super) async fn expand_all(&self, words: &[Word], files: bool, streams: &Streams) -> Vec<String> {
        let mut fields = Vec::new();
        let mut length = 0;
        for word in words.iter().flat_map(braces::expand) {
            let named = if files { self.files_like(&word) } else { Vec::new() };
            let found = if named.is_empty() { self.expand(&word, streams).await } else { named };
            length += found.iter().map(String::len).sum::<usize>();
            if length > MAX_WORDS {
                self.cannot(streams, TOO_LONG);
                break;
            }
            fields.extend(found);
        }
        fields
    }

    /// The files that a pattern means. Only what is written out is looked at: `$x` is no pattern here.
    fn files_like(&self, word: &Word) -> Vec<String> {
        let mut pattern = String::new();
        let mut is_pattern = false;
        for part in &word.parts {
            let PartKind::Text(text) = &part.kind else { return Vec::new() };
            is_pattern |= part.quote == Quote::None && text.contains(['*', '?', '[']);
            pattern += &if part.quote == Quote::None { text.clone() } else { glob::escaped(text) };
        }
        if !is_pattern {
            return Vec::new();
        }
        let depth = pattern.matches('/').count();
        let fits = |name: &&String| {
            name.matches('/').count() == depth
                && (!name.starts_with('.') || pattern.starts_with('.'))
                && glob::matches(&pattern, name)
        };
        self.shared.context.files.borrow().keys().filter(fits).cloned().collect()
    }

    /// One text, never split: what follows `NAME=` or `>`.
    pub(super) async fn expand_one(&self, word: &Word, streams: &Streams) -> String {
        let mut text = String::new();
        for (index, part) in word.parts.iter().enumerate() {
            let piece = self.part(part, streams).await;
            match &part.kind {
                PartKind::Text(_) if index == 0 && part.quote == Quote::None => text += &home(&piece),
                _ => text += &piece,
            }
            if text.len() > MAX_WORDS {
                return self.cannot(streams, TOO_LONG);
            }
        }
        text
    }

    /// As [`Runner::expand_one`], where what was quoted means itself and the rest is a pattern.
    pub(super) async fn expand_pattern(&self, word: &Word, streams: &Streams) -> String {
        let mut pattern = String::new();
        for part in &word.parts {
            let piece = self.part(part, streams).await;
            pattern += &if part.quote == Quote::None { piece } else { glob::escaped(&piece) };
        }
        pattern
    }

    async fn expand(&self, word: &Word, streams: &Streams) -> Vec<String> {
        let (mut fields, mut length) = (Fields::default(), 0);
        for (index, part) in word.parts.iter().enumerate() {
            let text = self.part(part, streams).await;
            length += text.len();
            if length > MAX_WORDS {
                self.cannot(streams, TOO_LONG);
                break;
            }
            match &part.kind {
                PartKind::Text(_) if index == 0 && part.quote == Quote::None => fields.add(&home(&text)),
                PartKind::Text(_) => fields.add(&text),
                PartKind::Variable { name, change: None } if name == "@" && part.quote == Quote::Double => {
                    let arguments = self.frame.arguments.borrow();
                    for (index, argument) in arguments.iter().skip(1).enumerate() {
                        if index > 0 {
                            fields.done.extend(fields.open.take());
                        }
                        fields.add(argument);
                    }
                    // Of none it is no word.
                    if arguments.len() < 2 && word.parts.len() == 2 {
                        fields.open = None;
                    }
                }
                _ if part.quote == Quote::Double => fields.add(&text),
                _ => fields.split(&text),
            }
        }
        fields.done()
    }

    fn part<'a>(&'a self, part: &'a Part, streams: &'a Streams) -> LocalBoxFuture<'a, String> {
        Box::pin(async move {
            match &part.kind {
                PartKind::Text(text) => text.clone(),
                PartKind::Variable { name, change: None } => self.variable(name),
                PartKind::Variable { name, change: Some(change) } => self.changed(name, change, streams).await,
                PartKind::Command(text) => self.substitute(text, streams).await,
                PartKind::Arithmetic(text) => {
                    let text = self.expand_arithmetic(text, streams).await;
                    match arithmetic::evaluate(&text, self) {
                        _ if self.frame.unclear.get() => String::new(),
                        Ok(number) => number.to_string(),
                        Err(problem) => self.cannot(streams, &format!("{text}: {problem}")),
                    }
                }
            }
        })
    }

    /// `${…}`, `$(…)` and `$1` are replaced first; plain names, with a dollar or without, are looked up as it is computed.
    pub(super) async fn expand_arithmetic(&self, text: &str, streams: &Streams) -> String {
        let begins = |rest: &str| rest.starts_with(|c: char| "{(#?!@*".contains(c) || c.is_ascii_digit());
        if !text.contains('`') && !text.split('$').skip(1).any(begins) {
            return text.to_owned();
        }
        match self.deeper() {
            Some(runner) => runner.expand_one(&lex_value(text), streams).await,
            None => self.cannot(streams, super::run::TOO_DEEP),
        }
    }

    /// What cannot be replaced is told, and its command does not run.
    fn cannot(&self, streams: &Streams, problem: &str) -> String {
        (streams.error)(format!("{problem}\n").as_bytes());
        self.frame.unclear.set(true);
        String::new()
    }

    async fn changed(&self, name: &str, change: &Change, streams: &Streams) -> String {
        let (is_set, value) = (self.is_set(name), self.variable(name));
        let stands = if change.sign.starts_with(':') { !value.is_empty() } else { is_set };
        if change.sign == LENGTH {
            return value.chars().count().to_string();
        }
        if change.sign.is_empty() {
            return self.cannot(streams, &format!("${{{}}}: not in the playground", change.text));
        }
        let Some(runner) = self.deeper() else { return self.cannot(streams, super::run::TOO_DEEP) };
        if matches!(change.sign, ":" | "/" | "//" | "^" | "^^" | "," | ",,") {
            return match runner.edited(name, &value, change, streams).await {
                Ok(text) => text,
                Err(problem) => self.cannot(streams, &problem),
            };
        }
        let word = lex_value(&change.text);
        match change.sign.trim_start_matches(':') {
            "-" if stands => value,
            "-" => runner.expand_one(&word, streams).await,
            "=" if stands => value,
            "=" => {
                let text = runner.expand_one(&word, streams).await;
                self.set_variable(name, text.clone());
                text
            }
            "+" if stands => runner.expand_one(&word, streams).await,
            "+" => String::new(),
            "?" if stands => value,
            "?" => {
                let text = runner.expand_one(&word, streams).await;
                let text = if text.is_empty() { "parameter null or not set" } else { text.as_str() };
                self.cannot(streams, &format!("{name}: {text}"))
            }
            sign => {
                let pattern = runner.expand_pattern(&word, streams).await;
                glob::stripped(&value, &pattern, sign.starts_with('#'), sign.len() == 2).to_owned()
            }
        }
    }

    /// `${NAME:1:2}`, `${NAME/a/b}`, `${NAME^^}`.
    async fn edited(&self, name: &str, value: &str, change: &Change, streams: &Streams) -> Result<String, String> {
        let refused = || Err(format!("${{{name}{}{}}}: not in the playground", change.sign, change.text));
        let by_case = |c: char| -> String {
            if change.sign.starts_with('^') { c.to_uppercase().collect() } else { c.to_lowercase().collect() }
        };
        match change.sign {
            _ if matches!(name, "@" | "*") => refused(),
            ":" => {
                let (from, count) = change.text.split_once(':').map_or((&*change.text, None), |(a, b)| (a, Some(b)));
                let from = self.compute(from, streams).await?;
                let count = match count {
                    Some(count) => Some(self.compute(count, streams).await?),
                    None => None,
                };
                piece_of(value, from, count).ok_or(format!("{}: substring expression < 0", change.text))
            }
            "/" | "//" => {
                let (pattern, with) = halves(&change.text);
                if change.sign == "/" && pattern.starts_with('%') {
                    return refused();
                }
                let at_start = change.sign == "/" && pattern.starts_with('#');
                let pattern = if at_start { &pattern[1..] } else { pattern };
                let pattern = self.expand_pattern(&lex_value(pattern), streams).await;
                let with = self.expand_one(&lex_value(with), streams).await;
                let how = if at_start {
                    Often::AtStart
                } else if change.sign == "/" {
                    Often::Once
                } else {
                    Often::Always
                };
                glob::replaced(value, &pattern, &with, how).ok_or(TOO_LONG.to_owned())
            }
            _ if !change.text.is_empty() => refused(),
            "^^" | ",," => Ok(value.chars().map(by_case).collect()),
            _ => {
                let mut chars = value.chars();
                Ok(chars.next().map(by_case).into_iter().chain([chars.as_str().to_owned()]).collect())
            }
        }
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
        let Some(runner) = self.subshell().deeper() else { return self.cannot(&streams, super::run::TOO_DEEP) };
        // `$(< file)` is the text of the file.
        let read = text.trim_start().strip_prefix('<').filter(|rest| !rest.starts_with(['<', '(']));
        let text = read.map_or_else(|| text.to_owned(), |_| format!("cat {text}"));
        let status = runner.run_text(&text, streams).await;
        self.frame.substituted.set(Some(status));
        let bytes = captured.borrow().clone();
        String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned()
    }
}

/// What stands before and behind the first `/` that is not quoted.
fn halves(text: &str) -> (&str, &str) {
    let (mut escaped, mut quote) = (false, None);
    for (at, c) in text.char_indices().skip(usize::from(text.starts_with('/'))) {
        match (c, quote) {
            _ if escaped => escaped = false,
            ('\\', _) => escaped = true,
            ('\'' | '"', None) => quote = Some(c),
            (_, Some(open)) if c == open => quote = None,
            ('/', None) => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

/// `${NAME:from:count}`, counted from the end where they are less than 0; `None` when that ends before it begins.
fn piece_of(text: &str, from: i64, count: Option<i64>) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let length = chars.len() as i64;
    let place = |at: i64| if at < 0 { length.saturating_add(at) } else { at.min(length) };
    let from = place(from);
    if from < 0 {
        return Some(String::new());
    }
    let end = match count {
        None => length,
        Some(count) if count < 0 => place(count),
        Some(count) => from.saturating_add(count).min(length),
    };
    (end >= from).then(|| chars[from as usize..end as usize].iter().collect())
}

fn home(text: &str) -> String {
    match text.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{HOME}{rest}"),
        _ => text.to_owned(),
    }
}

impl arithmetic::Variables for Runner {
    fn get(&self, name: &str) -> String {
        self.variable(name)
    }

    fn set(&self, name: &str, value: i64) {
        self.set_variable(name, value.to_string());
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
