//! The same history as ordered sentences, so that a lesson can be followed without the picture.
//!
//! Equal things that follow one another share a line with a count. Sentences name actors, subjects and sequences; they
//! never explain what did not happen. A line remembers what happened and is put into words when somebody reads it: far
//! more is told than read. The way in is [`Story::tell`]; what becomes a line, and with what it shares one, is in
//! `entry.rs`, the words are in `sentence.rs`, whom and what a line is about in `about.rs`.

mod about;
mod entry;
mod sentence;

pub use about::{About, Filter, Kind, stream_of};

use super::step::{How, LinkState, Step, What};
use super::trouble::{self, Trouble, Whose};
use crate::engine::{ConnId, Fact};
use crate::map::{Map, Set};
use crate::protocol::Sid;
use crate::subject::Subject;
use crate::time::Timestamp;
use entry::{Entry, Form};
use std::collections::VecDeque;

/// Lines kept; the oldest go first.
const MAX_LINES: usize = 5_000;
/// Publishing, storing and delivering take turns; a line may go on as long as only these stand between.
const LOOK_BACK: usize = 4;

/// Names of connections.
type Names = Map<ConnId, String>;

/// One sentence, put into words when it is asked for them.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    entry: &'a Entry,
    names: &'a Names,
}

impl Line<'_> {
    /// Counts the lines of one story from 1, forgotten ones included.
    pub fn ordinal(&self) -> u64 {
        self.entry.ordinal
    }

    pub fn at(&self) -> Timestamp {
        self.entry.at
    }

    /// The first and the last step it speaks of.
    pub fn steps(&self) -> (u64, u64) {
        self.entry.steps
    }

    /// How many things it stands for.
    pub fn count(&self) -> u64 {
        self.entry.count
    }

    pub fn text(&self) -> String {
        sentence::text(self.entry, self.names)
    }

    /// How it is known, where the server is not in the page.
    pub fn how(&self) -> Option<How> {
        self.entry.how
    }

    pub fn about(&self) -> About {
        about::about(&self.entry.what, |conn| name_of(self.names, conn))
    }

    /// What goes wrong in it, and where.
    pub fn trouble(&self) -> Option<(Trouble, Whose)> {
        trouble::of(&self.entry.what).map(|(trouble, place, _)| (trouble, place))
    }

    pub fn kind(&self) -> Kind {
        about::kind(&self.entry.what)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Story {
    entries: VecDeque<Entry>,
    told: u64,
    names: Names,
    /// Connections whose links are cut.
    cut: Set<ConnId>,
    /// What is listened on, of what is told.
    heard: Map<(ConnId, Sid), Subject>,
    /// The server is not in the page.
    distant: bool,
}

impl Story {
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = Line<'_>> {
        self.entries.iter().map(|entry| Line { entry, names: &self.names })
    }

    /// An empty story that knows everybody's name.
    pub fn named(names: &Map<ConnId, String>) -> Story {
        Story { names: names.clone(), ..Story::default() }
    }

    /// Forgets the lines and keeps the names.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Names of connections, as told.
    pub fn names(&self) -> &Map<ConnId, String> {
        &self.names
    }

    /// Adds what a step has to say, if it has.
    pub fn tell(&mut self, step: &Step) {
        let stopped = self.take_note(&step.what);
        let Some(form) = self.form(&step.what, stopped.is_some()) else { return };
        let how = self.distant.then_some(step.how);
        for entry in self.entries.iter_mut().rev().take(LOOK_BACK) {
            if entry.how == how && entry.takes_in(form, step, &self.names) {
                return;
            }
        }
        self.told += 1;
        self.entries.push_back(Entry::new(self.told, form, step, how, stopped));
        if self.entries.len() > MAX_LINES {
            self.entries.pop_front();
        }
    }

    /// Learns names and who listens. Gives the subject that somebody no longer listens on.
    fn take_note(&mut self, what: &What) -> Option<Subject> {
        match what {
            What::Distant => self.distant = true,
            What::Actor { conn, name, .. } => drop(self.names.insert(*conn, name.clone())),
            What::Link { conn, state: LinkState::Broken } => drop(self.cut.insert(*conn)),
            What::Fact(Fact::Connected { conn, name }) if !name.is_empty() => {
                self.names.entry(*conn).or_insert_with(|| name.clone());
            }
            What::Fact(Fact::Disconnected { conn, .. }) => self.heard.retain(|(of, _), _| of != conn),
            What::Fact(Fact::Subscribed { conn, sid, subject, .. }) if entry::is_users(subject) => {
                self.heard.insert((*conn, sid.clone()), subject.clone());
            }
            What::Fact(Fact::Unsubscribed { conn, sid }) => return self.heard.remove(&(*conn, sid.clone())),
            _ => {}
        }
        None
    }

    fn form(&mut self, what: &What, stopped: bool) -> Option<Form> {
        match what {
            What::Link { conn, state: LinkState::Connected } => self.cut.remove(conn).then_some(Form::Once),
            What::Fact(Fact::Unsubscribed { .. }) => stopped.then_some(Form::Once),
            what => entry::form(what),
        }
    }
}

fn name_of(names: &Names, conn: ConnId) -> String {
    names.get(&conn).cloned().unwrap_or_else(|| format!("client {}", conn.0))
}
