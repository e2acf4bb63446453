//! How lines get into a terminal: typed ones at once, pasted ones one after another, others into the prompt only.
//!
//! The way in is [`Lab::enter`]; what waits is in a [`Queue`](super::queue::Queue).

use super::model::Lab;
use super::together::Ask;
use crate::commands::Question;
use crate::playground::Input;

impl Lab {
    /// Enters lines one after another, each when its terminal is free.
    pub fn enter(&mut self, actor: &str, text: &str) {
        if self.is_led() {
            self.tell_width(actor);
        }
        if self.asks(|| Ask::Enter { actor: actor.to_owned(), text: text.to_owned() }) {
            return;
        }
        // An editor takes a text whole.
        let terminal = self.playground.terminal(actor);
        if let Some(Question::Edit { .. }) = terminal.and_then(|terminal| terminal.question()) {
            return self.input(Input::Answer { actor: actor.to_owned(), text: text.to_owned() });
        }
        let takes_lines = terminal.is_some_and(|terminal| terminal.question().is_some() || terminal.reads_keyboard());
        for (at, line) in text.split('\n').map(|line| line.trim_end_matches('\r')).enumerate() {
            // What a person types goes through at once, into a running command if need be; the rest of a paste waits,
            // unless the command takes what is typed.
            if takes_lines || at == 0 && !self.queued.holds(actor) {
                self.enter_line(actor.to_owned(), line.to_owned());
            } else {
                self.queued.push(actor, line);
            }
        }
        self.enter_queued();
    }

    /// Enters lines of several terminals, each when the one before it in its terminal is done.
    pub fn enter_in_turn(&mut self, lines: impl IntoIterator<Item = (String, String)>) {
        lines.into_iter().for_each(|(actor, line)| self.queued.push_in_turn(actor, line));
        self.enter_queued();
    }

    /// Enters what was pasted and whose terminal is free now.
    pub(super) fn enter_queued(&mut self) {
        while let Some((actor, line)) = {
            let playground = &self.playground;
            self.queued.next(|actor| playground.terminal(actor).is_none_or(|terminal| !terminal.is_busy()))
        } {
            self.enter_line(actor, line);
        }
    }

    fn enter_line(&mut self, actor: String, line: String) {
        self.tell_width(&actor);
        self.input(Input::Line { actor, line });
    }

    /// Commands are told how wide their terminal is when they begin, so that a replay tells them the same.
    fn tell_width(&mut self, actor: &str) {
        let Some(&columns) = self.columns.get(actor) else { return };
        let knows = self.playground.terminal(actor).map(|terminal| (terminal.is_busy(), terminal.columns()));
        if knows.is_some_and(|(busy, known)| !busy && known != columns) {
            self.input(Input::Width { actor: actor.to_owned(), columns });
        }
    }

    /// Ctrl-C: what was pasted behind the running command is dropped with it.
    pub fn interrupt(&mut self, actor: &str) {
        self.queued.forget(actor);
        self.drafts.remove(actor);
        self.input(Input::Interrupt { actor: actor.to_owned() });
    }

    /// Puts a command into a prompt without running it.
    pub fn fill(&mut self, actor: &str, command: &str) {
        if self.playground.terminal(actor).is_some() {
            self.active_actor = actor.to_owned();
            self.drafts.insert(actor.to_owned(), command.to_owned());
            self.fills += 1;
        }
    }
}
