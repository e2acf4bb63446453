//! A session that runs again: its inputs lie ahead, and so does the time it took.
//!
//! Whoever does something leaves the path. The ways in are [`Playground::rerun`] and [`Playground::replay`].

use super::session::Entry;
use super::{Playground, Session, WireBytes};
use crate::lessons::Lesson;
use crate::time::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// What is known of the time to come, because this has been played before.
#[derive(Default)]
pub(super) struct Ahead {
    pub(super) inputs: VecDeque<Entry>,
    pub(super) end: u64,
}

impl Playground {
    /// A session about to run again: at its begin, with all its inputs ahead.
    pub fn rerun(session: &Session, lesson: Option<&Lesson>) -> Playground {
        let started = Timestamp(session.started);
        let latency = Duration::from_nanos(session.latency);
        // Reading a session has looked at its server.
        let server = session.server.clone();
        let known =
            server.and_then(|WireBytes(server)| Playground::with_server(session.seed, started, latency, server).ok());
        let mut playground = known.unwrap_or_else(|| Playground::new(session.seed, started, latency));
        if let Some(lesson) = lesson {
            playground.begin_lesson(lesson);
        }
        let end = session.inputs.last().map_or(0, |entry| entry.at).max(session.end);
        playground.ahead = Ahead { inputs: session.inputs.iter().cloned().collect(), end };
        playground
    }

    /// Runs a session again up to `until` nanoseconds after its begin. Nothing of its inputs after that is kept.
    pub fn replay(session: &Session, lesson: Option<&Lesson>, until: u64) -> Playground {
        let mut playground = Playground::rerun(session, lesson);
        playground.advance_to(playground.moment(until));
        playground.leave_path();
        playground
    }

    /// The whole of what is known: what has happened here, and what is ahead.
    pub fn whole_session(&self) -> Session {
        let mut session = self.session.clone();
        session.inputs.extend(self.ahead.inputs.iter().cloned());
        session.end = self.offset().max(self.ahead.end);
        session
    }

    /// Whether time that was played before is still ahead.
    pub fn is_rerun(&self) -> bool {
        !self.ahead.inputs.is_empty() || self.offset() < self.ahead.end
    }

    /// More of a path that is played elsewhere: its inputs from number `from` on, and how far it has come.
    ///
    /// `false` when some before them are missing.
    pub fn expect_inputs(&mut self, from: usize, entries: Vec<Entry>, end: u64) -> bool {
        if self.session.inputs.len() + self.ahead.inputs.len() != from {
            return false;
        }
        self.ahead.inputs.extend(entries);
        self.ahead.end = self.ahead.end.max(end);
        true
    }

    /// From here on nothing is known in advance.
    pub fn leave_path(&mut self) {
        self.ahead = Ahead::default();
    }

    /// How far is known, in nanoseconds since the begin.
    pub fn known_end(&self) -> u64 {
        self.offset().max(self.ahead.end)
    }
}
