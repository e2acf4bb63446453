//! The `nats` language: what can be typed, what it does, what it prints.
//!
//! A command is a row in [`grammar`] and an async function over a [`Context`]: a client, a terminal, a clock. It knows no
//! screen and no engine; played over TCP it drives a real server. Parsing follows fisk, output follows the real CLI.
//! Source: natscli 0.4 as recorded; `nats-cli` reference checklist N-….

mod account;
mod account_backup;
mod account_report;
mod address;
mod api_trace;
mod bench;
pub mod cheat;
mod check;
pub mod complete;
mod compose;
pub mod connection;
pub mod console;
mod consumer;
pub mod context;
mod contexts_kept;
mod counter;
mod error_names;
mod events;
pub mod explain;
pub mod export;
pub mod expression;
pub mod files;
mod global;
pub mod grammar;
mod graph;
pub mod help;
mod instant;
mod kv;
mod latency;
mod meanings;
mod object;
pub mod parse;
pub mod pattern;
pub mod pick;
pub mod pipe;
mod place;
mod progress;
mod publish;
mod received;
mod reference;
mod reply;
pub mod report;
mod request;
mod server;
mod server_request;
mod service;
pub mod settings;
mod snappy;
mod stream;
mod subscribe;
mod subscribe_stream;
pub mod template;
mod trace;
mod translate;
pub mod values;
mod yaml;

pub use console::{Console, Question};
pub use contexts_kept::{Contexts, Named};
pub use parse::Matches;
pub use place::Place;

use crate::client::{Client, Error};
use crate::map::Map;
use crate::nuid::Rng;
use crate::time::{Timers, Timestamp};
use parse::{ParseError, Parsed, Surroundings};
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

/// What `nats --version` says: the CLI whose ways are followed here.
pub const VERSION: &str = "0.4.1";

/// Everything a command may use. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub client: Client,
    /// The address of the server, unless the client was told another one.
    pub address: String,
    pub timers: Timers,
    pub console: Console,
    pub rng: Rc<RefCell<Rng>>,
    /// Files of the session, shared by all its terminals.
    pub files: Rc<RefCell<Map<String, Vec<u8>>>>,
    /// Environment variables of this terminal.
    pub environment: Map<String, String>,
}

/// What a shell reports: 0 is success.
pub type ExitCode = i32;

/// How a command ended.
pub type Outcome = Result<(), Failure>;

/// Why a command did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Shown as `nats: error: <message>`; exit code 1.
    Message(String),
    /// Everything was said already.
    Exit(ExitCode),
}

impl Failure {
    pub fn new(message: impl Into<String>) -> Failure {
        Failure::Message(message.into())
    }

    /// `<what>: <error>`, as the CLI wraps what went wrong.
    pub fn because(what: &str, error: impl fmt::Display) -> Failure {
        Failure::Message(format!("{what}: {error}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Message(error.to_string())
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure::Message(message)
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Failure {
        Failure::Message(message.to_owned())
    }
}

impl Context {
    /// Whether the server is somewhere else: a page reaches that one by a WebSocket.
    pub fn is_remote(&self) -> bool {
        let address = self.address();
        self.client.address().is_some() || address.starts_with("ws://") || address.starts_with("wss://")
    }

    pub fn now(&self) -> Timestamp {
        self.timers.now()
    }

    /// A table as the line and the environment want it.
    pub fn drawn(&self, table: &report::Table) -> String {
        table.drawn(&self.console.look())
    }

    /// What a configuration says is held against no schema (`NOVALIDATE`).
    pub fn leaves_checks_to_the_server(&self) -> bool {
        self.environment.get("NOVALIDATE").is_some_and(|value| !value.is_empty())
    }

    /// A screen of labels as the line and the environment want it.
    pub fn screen(&self, screen: &report::Columns) -> String {
        screen.drawn(&self.console.look())
    }

    /// A line of the log: the time of day in front, on standard error.
    pub fn address(&self) -> String {
        self.client.address().unwrap_or_else(|| self.address.clone())
    }

    pub fn log(&self, text: &str) {
        let now = self.now().utc();
        self.console.error(&format!("{:02}:{:02}:{:02} {text}", now.hour(), now.minute(), now.second()));
    }
}

/// Runs one `nats` command line, already split into words, `words[0]` being `nats`.
pub async fn run(context: Context, words: Vec<String>) -> ExitCode {
    let parsed = {
        let files = context.files.borrow();
        parse::parse(&grammar::ROOT, &words, &Surroundings { files: &files, environment: &context.environment })
    };
    match parsed {
        Ok(Parsed::Run(matches)) => run_matches(context, matches).await,
        Ok(Parsed::Version) => {
            context.console.line(VERSION);
            0
        }
        Ok(Parsed::Help(path)) => {
            context.console.print(&help::page(&path, context.console.columns(), help::Globals::Listed));
            0
        }
        Ok(Parsed::HelpOn(path)) => {
            context.console.print(&help::page(&path, context.console.columns(), help::Globals::Mentioned));
            0
        }
        Err(error) => refuse(&context.console, error),
    }
}

async fn run_matches(context: Context, matches: Matches) -> ExitCode {
    let Some(handler) = matches.command().handler else { return 1 };
    let console = context.console.clone();
    if let Some(name) = connection::chosen_name(&context, &matches)
        && settings::Settings::load(&context, &name).is_some()
    {
        console.set_context(&name);
    }
    let context = connection::addressed(context, &matches);
    console.set_look(connection::look(&context, &matches));
    let (teller, asks_jetstream) =
        (context.clone(), !matches!(matches.path.get(1), Some(noun) if noun.name == "request"));
    let checked = connection::check(&context, &matches);
    let _guise = checked.is_ok().then(|| connection::Guise::of(&context, &matches));
    let outcome = match checked {
        Ok(()) if matches.flag("trace") => match connection::url(&context, &matches) {
            Ok(url) => {
                let form = api_trace::Form::of(&matches);
                api_trace::traced(context.clone(), form, url, handler(context, matches)).await
            }
            Err(failure) => Err(failure),
        },
        Ok(()) => handler(context, matches).await,
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(()) => 0,
        Err(Failure::Message(message)) => {
            console.error(&format!("nats: error: {message}"));
            explain_refusal(&teller, &message, asks_jetstream);
            1
        }
        Err(Failure::Exit(code)) => code,
    }
}

/// On a server far away, whoever types may be able to change what it refuses.
fn explain_refusal(context: &Context, message: &str, asks_jetstream: bool) {
    if !context.is_remote() {
        return;
    }
    let no_responders = asks_jetstream && message.ends_with(&Error::NoResponders.to_string());
    let refusal = match no_responders {
        true => context.client.explain(&Error::NoResponders),
        false => context.client.explain_sentence(message),
    };
    if let Some(refusal) = refusal {
        context.console.error(&refusal.to_string());
    }
}

/// Commands of the real `nats` that a page has no use or no means for.
const ABSENT: &[&str] = &["audit", "auth", "schema", "top", "plugins", "traffic", "oldjs"];

/// What is said of a command the page does not have.
fn absence(path: &[&grammar::Command]) -> String {
    let words: Vec<&str> = path.iter().map(|command| command.name).collect();
    format!("not in the playground: {}", words.join(" "))
}

/// What ends the original in the middle of its work, told in one line.
fn crashed(context: &Context, why: &str) -> Failure {
    context.console.error(&format!("nats: error: {why}"));
    Failure::Exit(2)
}

fn refuse(console: &Console, error: ParseError) -> ExitCode {
    match error {
        ParseError::Value(message) => console.error(&format!("nats: error: {message}")),
        // Whatever flags it would have.
        ParseError::Usage { path, .. } if path.iter().any(|command| ABSENT.contains(&command.name)) => {
            console.error(&format!("nats: error: {}", absence(&path)));
        }
        ParseError::Usage { message, path, unknown } => {
            console.error(&format!("error: {message}\n"));
            if let Some(hint) = unknown.and_then(|word| help::did_you_mean(&path, &word)) {
                console.line(&format!("{hint}\n"));
            }
            console.print(&help::page(&path, console.columns(), help::Globals::Mentioned));
        }
    }
    1
}
