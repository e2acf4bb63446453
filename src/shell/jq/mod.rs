//! `jq`, as far as one types it to look into a document: `jq .`, `jq -r .config.name`, `jq '.[] | select(.n > 3)'`.
//!
//! Documents are read as they come, so that it can follow a subscription. What of the language is not here is refused by
//! name. Source: jq 1.6 manual.

mod filter;
mod value;

use super::run::Runner;
use crate::commands::report::json::indented;
use crate::commands::{Console, ExitCode};
use filter::Filter;
use futures::future::LocalBoxFuture;
use value::{Json, NoValue};

/// A program that is not understood, and input that is no JSON.
const NO_PROGRAM: ExitCode = 3;
const NO_INPUT: ExitCode = 2;
const FAILED: ExitCode = 5;

#[derive(Default)]
struct Options {
    raw: bool,
    compact: bool,
    slurp: bool,
    nothing: bool,
}

pub(super) fn jq(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    Box::pin(async move {
        let (mut options, mut rest) = (Options::default(), Vec::new());
        for word in words.iter().skip(1) {
            match word.as_str() {
                "--raw-output" => options.raw = true,
                "--compact-output" => options.compact = true,
                "--slurp" => options.slurp = true,
                "--null-input" => options.nothing = true,
                flags if flags.len() > 1 && flags.starts_with('-') => {
                    for letter in flags.chars().skip(1) {
                        match letter {
                            'r' => options.raw = true,
                            'c' => options.compact = true,
                            's' => options.slurp = true,
                            'n' => options.nothing = true,
                            // Colours: there are none.
                            'M' => {}
                            _ => return refuse(&console, flags),
                        }
                    }
                }
                _ => rest.push(word.clone()),
            }
        }
        let program = if rest.is_empty() { ".".to_owned() } else { rest.remove(0) };
        let filter = match Filter::read(&program) {
            Ok(filter) => filter,
            Err(unclear) => return refuse(&console, &unclear),
        };
        let job = Job { console: &console, options, filter };
        if job.options.nothing {
            return job.apply(&Json::Null);
        }
        let mut files = String::new();
        for name in &rest {
            let Some(bytes) = runner.shared.read_file(name) else {
                console.error(&format!("jq: error: Could not open file {name}: No such file or directory"));
                return NO_INPUT;
            };
            files.push_str(&String::from_utf8_lossy(&bytes));
        }
        job.run((!rest.is_empty()).then_some(files)).await
    })
}

fn refuse(console: &Console, what: &str) -> ExitCode {
    console.error(&format!("jq: not in the playground: {what}"));
    NO_PROGRAM
}

/// Whether what came so far ends inside of a document: then it need not be read from its beginning yet.
#[derive(Default)]
struct Brackets {
    open: i64,
    in_text: bool,
    escaped: bool,
}

impl Brackets {
    fn see(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                _ if self.escaped => self.escaped = false,
                '\\' => self.escaped = self.in_text,
                '"' => self.in_text = !self.in_text,
                '[' | '{' if !self.in_text => self.open += 1,
                ']' | '}' if !self.in_text => self.open -= 1,
                _ => {}
            }
        }
    }

    fn are_closed(&self) -> bool {
        self.open <= 0 && !self.in_text
    }
}

struct Job<'a> {
    console: &'a Console,
    options: Options,
    filter: Filter,
}

impl Job<'_> {
    /// `text`, or what comes on standard input.
    async fn run(&self, text: Option<String>) -> ExitCode {
        let (mut status, mut all, mut is_last) = (0, Vec::new(), text.is_some());
        let mut text = text.unwrap_or_default();
        let (mut brackets, mut waits) = (Brackets::default(), false);
        loop {
            let mut rest = text.as_str();
            while !rest.trim().is_empty() && (is_last || !waits || brackets.are_closed()) {
                match Json::read(rest, is_last) {
                    Ok((value, after)) => {
                        (rest, waits) = (after, false);
                        if self.options.slurp {
                            all.push(value);
                        } else {
                            status = status.max(self.apply(&value));
                        }
                    }
                    Err(NoValue::Unfinished) if !is_last => {
                        waits = true;
                        break;
                    }
                    Err(problem) => {
                        let what = if problem == NoValue::Wrong { "Invalid literal" } else { "Unfinished JSON term" };
                        self.console.error(&format!("jq: parse error: {what}"));
                        return NO_INPUT;
                    }
                }
            }
            let taken = text.len() - rest.len();
            text.drain(..taken);
            if is_last {
                break;
            }
            match self.console.read_input_line().await {
                Some(line) => {
                    let line = format!("{}\n", String::from_utf8_lossy(&line));
                    brackets.see(&line);
                    text += &line;
                }
                None => is_last = true,
            }
        }
        if self.options.slurp { self.apply(&Json::List(all)) } else { status }
    }

    fn apply(&self, value: &Json) -> ExitCode {
        match self.filter.run(value) {
            Ok(values) => {
                values.iter().for_each(|value| self.show(value));
                0
            }
            Err(problem) => {
                let place = if self.options.nothing { "unknown" } else { "stdin" };
                self.console.error(&format!("jq: error (at <{place}>): {problem}"));
                FAILED
            }
        }
    }

    fn show(&self, value: &Json) {
        let text = match value {
            Json::Text(text) if self.options.raw => text.clone(),
            value if self.options.compact => value.compact(),
            value => indented(&value.compact()),
        };
        self.console.line(&text);
    }
}
