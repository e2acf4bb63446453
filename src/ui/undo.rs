//! Taking back: the last thing done, a reset of the lesson, a reset of everything.
//!
//! Nothing is asked twice, because nothing is lost: what was taken back stays as another future.

use super::model::Lab;
use super::together::Ask;
use crate::lessons::progress::Progress;
use crate::playground::Input;
use crate::playground::history::describe;

impl Lab {
    /// What undoing would take back, in words; `None` when there is nothing.
    pub fn undoable(&self) -> Option<String> {
        if self.is_far_away() {
            return None;
        }
        match self.last_input() {
            Some((_, input)) => Some(describe(input)),
            None if self.forgotten.is_some() => Some("the reset of everything".to_owned()),
            None => self.reset_branch().map(|_| "the reset".to_owned()),
        }
    }

    /// Takes back the last thing that was done, a reset included.
    pub fn undo(&mut self) {
        if self.asks(|| Ask::Fork { undo: true }) {
            return;
        }
        self.arrive();
        if self.undoable().is_none() {
            return;
        }
        if let Some(at) = self.last_input().map(|(at, _)| at) {
            let playing = self.pace.playing;
            self.go_to(at.saturating_sub(1));
            self.fork();
            self.pace.playing = playing;
            return;
        }
        if let Some(progress) = self.forgotten.take() {
            self.progress = progress;
            self.keep_progress();
        }
        if let Some(branch) = self.reset_branch() {
            self.switch(branch);
        }
    }

    /// Begins the lesson anew.
    pub fn reset_lesson(&mut self) {
        self.forgotten = None;
        let lesson = self.lesson.clone();
        self.begin(lesson);
    }

    /// Begins the lesson anew and forgets what was learned in all of them.
    pub fn reset_all(&mut self) {
        if self.is_far_away() {
            return self.reset_lesson();
        }
        let progress = std::mem::take(&mut self.progress);
        self.keep_progress();
        self.reset_lesson();
        self.forgotten = Some(progress).filter(|progress| *progress != Progress::default());
    }

    /// The last thing a person did since the lesson began, and when.
    fn last_input(&self) -> Option<(u64, &Input)> {
        let own = self.playground.session().inputs.iter().skip(self.given_inputs);
        let is_done = |input: &Input| {
            !matches!(
                input,
                Input::OpenTerminal { .. } | Input::OpenWire { .. } | Input::Wire { .. } | Input::CloseWire { .. }
            )
        };
        own.rev().find(|entry| is_done(&entry.input)).map(|entry| (entry.at, &entry.input))
    }

    /// Where the session went that the last reset ended.
    fn reset_branch(&self) -> Option<u32> {
        self.travel.history.last_reset()
    }
}
