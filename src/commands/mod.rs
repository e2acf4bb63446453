//! The `nats` language: what can be typed, what it does, what it prints.
//!
//! A command is a row in [`grammar`] and an async function over a [`Context`]: a client, a terminal, a clock. It knows no
//! screen and no engine; played over TCP it drives a real server. Parsing follows fisk, output follows the real CLI.
//! Source: natscli 0.4 as recorded; `nats-cli` reference checklist N-….

pub mod console;
pub mod report;

pub use console::{Console, Question};

use crate::client::Client;
use crate::nuid::Rng;
use crate::time::Timers;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Everything a command may use. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub client: Client,
    pub timers: Timers,
    pub console: Console,
    pub rng: Rc<RefCell<Rng>>,
    /// Files of the session, shared by all its terminals.
    pub files: Rc<RefCell<BTreeMap<String, Vec<u8>>>>,
    /// Environment variables of this terminal.
    pub environment: BTreeMap<String, String>,
}

/// What a shell reports: 0 is success.
pub type ExitCode = i32;

/// Runs one `nats` command line, already split into words, `words[0]` being `nats`.
pub async fn run(context: Context, words: Vec<String>) -> ExitCode {
    context.console.error(&format!("nats: error: {words:?} is not implemented"));
    1
}
