//! One terminal of the playground: a shell session wired to its client.

use super::Files;
use crate::client::Client;
use crate::commands::complete::Known;
use crate::commands::connection::DEFAULT_URL;
use crate::commands::explain::Explanation;
use crate::commands::{Console, Context, ExitCode, Question};
use crate::map::Map;
use crate::nuid::Rng;
use crate::shell::as_script;
use crate::shell::wire::WireLog;
use crate::shell::{Completion, Entered, External, Line, LineEditor, Session, Stamp};
use crate::time::Timestamp;
use futures::executor::LocalSpawner;
use futures::future::LocalBoxFuture;
use futures::task::LocalSpawn;
use std::cell::{Ref, RefCell};
use std::ops::Range;
use std::rc::Rc;

/// How wide a terminal is until it is measured.
const COLUMNS: usize = 120;

/// An actor's terminal.
pub struct Terminal {
    session: Session,
    client: Client,
}

impl Terminal {
    pub(super) fn new(
        actor: &str,
        client: Client,
        rng: Rng,
        files: Files,
        lab: External,
        spawner: LocalSpawner,
    ) -> Terminal {
        let context = Context {
            timers: client.timers().clone(),
            client: client.clone(),
            console: Console::new(true, COLUMNS),
            rng: Rc::new(RefCell::new(rng)),
            files,
            address: DEFAULT_URL.to_owned(),
            environment: Map::new(),
        };
        let spawn = Rc::new(move |task: LocalBoxFuture<'static, ()>| {
            // The pool is gone only when the whole playground is.
            let _ = spawner.spawn_local_obj(task.into());
        });
        let session = Session::new(actor, context, spawn);
        session.add_command("lab", lab);
        session.set_columns(COLUMNS);
        Terminal { session, client }
    }

    /// The Enter key.
    pub(super) fn enter(&self, line: &str) -> Entered {
        self.session.enter(line)
    }

    pub(super) fn answer(&self, text: &str) {
        self.session.answer(text);
    }

    pub(super) fn move_selection(&self, by: isize) {
        self.session.move_selection(by);
    }

    pub(super) fn filter_selection(&self, filter: &str) {
        self.session.filter_selection(filter);
    }

    pub(super) fn interrupt(&self) {
        self.session.interrupt();
    }

    pub(super) fn end_input(&self) {
        self.session.end_input();
    }

    /// What happened meanwhile, in a line of its own.
    pub(super) fn notice(&self, text: &str) {
        self.session.notice(text);
    }

    pub(super) fn clear(&self) {
        self.session.clear();
    }

    pub(super) fn close(&self) {
        self.session.kill_all();
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A command runs in the foreground.
    pub fn is_busy(&self) -> bool {
        self.session.is_busy()
    }

    /// A command is not complete yet.
    pub fn is_continuing(&self) -> bool {
        self.session.is_continuing()
    }

    /// What an incomplete command waits for, in words.
    pub fn awaits(&self) -> Option<&'static str> {
        self.session.awaits()
    }

    /// The command in the foreground takes what is typed.
    pub fn reads_keyboard(&self) -> bool {
        self.session.reads_keyboard()
    }

    /// What the running command asks.
    pub fn question(&self) -> Option<Question> {
        self.session.question()
    }

    /// The line of the screen on which the question begins.
    pub fn question_line(&self) -> Option<usize> {
        self.session.question_line()
    }

    /// Exit status of the last command.
    pub fn status(&self) -> ExitCode {
        self.session.status()
    }

    /// Changes of the screen so far, and how many old lines it has forgotten.
    pub fn revision(&self) -> (u64, usize) {
        self.session.revision()
    }

    /// The numbers of the lines on the screen, counted from the first one ever.
    pub fn extent(&self) -> Range<usize> {
        self.session.extent()
    }

    /// Lines by their numbers.
    pub fn lines_in(&self, range: Range<usize>) -> Vec<(usize, Line)> {
        self.session.lines_in(range)
    }

    /// Equal as long as the lines with these numbers are the same.
    pub fn stamp(&self, range: Range<usize>) -> Stamp {
        self.session.stamp(range)
    }

    pub fn lines(&self) -> Vec<Line> {
        self.session.lines()
    }

    /// What commands said to the server and what came back.
    pub fn wire(&self) -> Ref<'_, WireLog> {
        self.session.wire()
    }

    /// Lines entered so far, oldest first.
    pub fn history(&self) -> Vec<String> {
        self.session.history()
    }

    /// The screen as text.
    pub fn transcript(&self) -> String {
        self.session.transcript()
    }

    /// What the Tab key could put at `cursor`, a byte offset.
    pub(super) fn complete(&self, text: &str, cursor: usize, known: &Known) -> Completion {
        self.session.complete(text, cursor, known, &|words| super::lab::candidates(words, known))
    }

    /// What the word around `cursor`, a byte offset, means.
    pub fn explain(&self, text: &str, cursor: usize) -> Option<Explanation> {
        let nothing = Known::default();
        self.session.explain(text, cursor, &|words| super::lab::candidates(words, &nothing))
    }

    /// What to type instead of the last line, if it went wrong and that is plain.
    pub(super) fn remedy(&self, known: &dyn Fn() -> Known) -> Option<String> {
        self.session.remedy(known)
    }

    /// Commands that were entered.
    pub fn entered(&self) -> Vec<as_script::Entered> {
        self.session.entered()
    }

    /// The width for commands started from now on.
    pub(super) fn set_columns(&self, columns: usize) {
        self.session.set_columns(columns);
    }

    pub fn columns(&self) -> usize {
        self.session.columns()
    }

    /// An editor with this terminal's history.
    pub fn editor(&self) -> LineEditor {
        self.session.editor()
    }

    pub fn now(&self) -> Timestamp {
        self.client.timers().now()
    }
}
