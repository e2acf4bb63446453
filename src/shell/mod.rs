//! A terminal without a screen: line, history, jobs, transcript.
//!
//! A [`Session`] is one actor's terminal. Its owner calls [`Session::enter`] for each line and [`Session::interrupt`] for
//! Ctrl-C, runs the futures it spawns, moves the clock, and draws [`Session::lines`]. Between the two lies a small POSIX
//! shell: [`lexer`] and [`syntax`] read a line, `run` runs it, `builtins` are the few commands besides `nats`. Nothing
//! here knows a page, a server or the time.

mod absent;
mod arithmetic;
pub mod as_script;
mod awk;
mod braces;
mod builtins;
pub mod complete;
mod condition;
mod control;
pub mod editor;
mod encode;
mod expand;
pub mod figures;
mod filters;
mod functions;
mod glob;
mod grep;
mod job;
mod jq;
pub mod lexer;
mod order;
mod print;
mod question;
mod remedy;
mod run;
pub mod screen;
pub mod secrets;
mod sed;
mod session;
mod sort;
pub mod syntax;
pub mod warnings;
pub mod wire;

pub use as_script::as_script;
pub use complete::Completion;
pub use editor::LineEditor;
pub use screen::{Line, LineKind, Stamp};
pub use session::{Entered, External, Session, Spawn};
