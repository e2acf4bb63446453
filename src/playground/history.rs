//! The futures a session has had: going back, going elsewhere, and coming back to what was.
//!
//! Going back is running again, so a moment in the past is the same playground with its inputs still ahead. Whoever does
//! something there leaves the path; what lay ahead is kept as a [`Branch`], named by the first thing that differs.
//! [`History::rewind`] and [`History::switch`] give a [`Seek`], which its owner runs in slices. Knows no page.

use super::clock::run_to;
use super::session::{Entry, Input};
use super::track::Track;
use super::{Playground, Session};
use crate::lessons::Lesson;
use crate::time::Timestamp;

/// Futures remembered at most; the oldest go first.
const MAX_BRANCHES: usize = 16;

/// A path that was left.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    pub id: u32,
    /// How many inputs it has in common with the path that left it.
    pub common: usize,
    pub session: Session,
    track: Track,
}

impl Branch {
    /// Its first difference.
    pub fn label(&self) -> String {
        let difference = self.first_difference();
        difference.map_or_else(|| "nothing was done, time went on".to_owned(), |entry| describe(&entry.input))
    }

    /// When the first difference was made, in nanoseconds since the begin.
    pub fn differs_at(&self) -> u64 {
        self.first_difference().map_or(self.session.end, |entry| entry.at)
    }

    /// What was done first on it alone; what the page did by itself only where there is nothing else.
    fn first_difference(&self) -> Option<&Entry> {
        let own = self.session.inputs.get(self.common..).unwrap_or_default();
        own.iter().find(|entry| !is_by_itself(&entry.input)).or_else(|| own.first())
    }
}

/// What can be reached of a session: its present path and those that were left.
#[derive(Default)]
pub struct History {
    branches: Vec<Branch>,
    track: Track,
    /// Of the present path: its number, and how many inputs it shares with the path it left.
    id: u32,
    common: usize,
    next_id: u32,
    /// The branch that the last reset left behind.
    reset: Option<u32>,
}

impl History {
    /// A history of which only other futures are known, as they were kept: how many inputs each has in common with what
    /// it left, and its session.
    pub fn of(kept: impl IntoIterator<Item = (usize, Session)>) -> History {
        let mut history = History::default();
        for (common, session) in kept {
            history.next_id += 1;
            let id = history.next_id;
            history.branches.push(Branch { id, common, session, track: Track::default() });
        }
        history.next_id += 1;
        history.id = history.next_id;
        history.next_id += 1;
        history.bound();
        history
    }

    /// Takes in what has happened since the last time.
    pub fn follow(&mut self, playground: &Playground) {
        let session = playground.session();
        self.track.follow(playground.flow().steps(), &session.inputs, session.started);
    }

    pub fn track(&self) -> &Track {
        &self.track
    }

    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// Back, or forward, to a moment of the present path; it is run again from its begin.
    pub fn rewind(&self, playground: &Playground, lesson: Option<&Lesson>, to: u64) -> Seek {
        Seek::new(&playground.whole_session(), lesson, to)
    }

    /// Leaves the path played before, if one is ahead; what lay ahead stays as a branch. `false` if nothing did.
    pub fn fork(&mut self, playground: &mut Playground) -> bool {
        self.follow(playground);
        let now = playground.offset();
        let differs = playground.whole_session().inputs.len() > playground.session().inputs.len()
            || self.track.after(now).is_some();
        if differs {
            let common = playground.session().inputs.len();
            self.keep(playground, common);
            (self.id, self.common) = (self.next_id, common);
            self.next_id += 1;
            self.track.cut(now, playground.flow().revision(), common);
        }
        playground.leave_path();
        differs
    }

    /// Keeps the present path as it is.
    fn keep(&mut self, playground: &Playground, common: usize) {
        if self.next_id == 0 {
            self.next_id = 1;
        }
        let session = playground.whole_session();
        self.branches.push(Branch { id: self.id, common, session, track: self.track.clone() });
        self.bound();
    }

    fn bound(&mut self) {
        let too_many = self.branches.len().saturating_sub(MAX_BRANCHES);
        self.branches.drain(..too_many);
    }

    /// Throws a future away.
    pub fn forget(&mut self, id: u32) {
        self.branches.retain(|branch| branch.id != id);
    }

    /// Where the session went that the last reset ended, if that can still be taken back.
    pub fn last_reset(&self) -> Option<u32> {
        self.reset.filter(|id| self.branches.iter().any(|branch| branch.id == *id))
    }

    /// Goes over to the end of another path; the present one is kept unless nothing was done on it. `given` is how many
    /// inputs everybody begins with.
    pub fn switch(&mut self, playground: &Playground, lesson: Option<&Lesson>, id: u32, given: usize) -> Option<Seek> {
        let index = self.branches.iter().position(|branch| branch.id == id)?;
        self.follow(playground);
        let branch = self.branches.remove(index);
        let common = shared(&playground.whole_session(), &branch.session);
        if is_something_done(&playground.whole_session(), common.max(given)) {
            self.keep(playground, common);
        }
        let seek = Seek::new(&branch.session, lesson, branch.session.end);
        (self.id, self.common, self.track) = (branch.id, branch.common, branch.track);
        Some(seek)
    }

    /// Begins anew, and keeps what was as a branch: a reset can be taken back. `given` is how many inputs everybody begins
    /// with; without any others there is nothing to keep.
    pub fn begin_again(&mut self, playground: &Playground, given: usize) {
        self.follow(playground);
        let mut session = playground.whole_session();
        // Whoever asked for it would ask for it again when that branch is played.
        if session.inputs.last().is_some_and(|entry| is_reset(&entry.input)) {
            session.inputs.pop();
        }
        self.reset = None;
        if is_something_done(&session, given) {
            self.keep(playground, given);
            if let Some(branch) = self.branches.last_mut() {
                branch.session = session;
                self.reset = Some(branch.id);
            }
        }
        (self.id, self.common, self.track) = (self.next_id, 0, Track::default());
        self.next_id += 1;
    }
}

/// How many inputs two sessions share before they differ.
fn shared(one: &Session, other: &Session) -> usize {
    if one.seed != other.seed || one.started != other.started {
        return 0;
    }
    one.inputs.iter().zip(&other.inputs).take_while(|(a, b)| a == b).count()
}

/// Whether somebody did something after the first `given` inputs.
fn is_something_done(session: &Session, given: usize) -> bool {
    let own = session.inputs.get(given..).unwrap_or_default();
    own.iter().any(|entry| !is_by_itself(&entry.input))
}

/// What the page does without being asked.
fn is_by_itself(input: &Input) -> bool {
    matches!(input, Input::OpenTerminal { .. } | Input::Width { .. })
}

fn is_reset(input: &Input) -> bool {
    matches!(input, Input::Line { line, .. } if line.trim() == "lab reset")
}

/// An input in words, as a branch is named by it.
pub fn describe(input: &Input) -> String {
    match input {
        Input::OpenTerminal { actor } => format!("terminal {actor} was opened"),
        Input::CloseActor { actor } => format!("{actor} was closed"),
        Input::Line { actor, line } => format!("{actor}: {line}"),
        Input::Answer { actor, text } if text.contains('\n') => format!("{actor} saved an edited text"),
        Input::Answer { actor, text } => format!("{actor} answered {text:?}"),
        Input::Move { actor, .. } => format!("{actor} chose from a list"),
        Input::Order { words } => format!("lab {}", words.join(" ")),
        Input::Interrupt { actor } => format!("{actor} pressed Ctrl-C"),
        Input::ClearScreen { actor } => format!("{actor} cleared the screen"),
        Input::EndOfInput { actor } => format!("{actor} pressed Ctrl-D"),
        Input::Request { subject, .. } => format!("a program asked {subject}"),
        Input::Bet { .. } => "a prediction was made".to_owned(),
        Input::Filter { actor, .. } => format!("{actor} narrowed a list"),
        Input::Width { actor, columns } => format!("{actor}'s terminal became {columns} wide"),
        Input::OpenWire { name, .. } => format!("{name} connected"),
        Input::Unread { .. } => "a program read slowly".to_owned(),
        Input::Wire { .. } => "a program sent bytes".to_owned(),
        Input::CloseWire { .. } => "a program hung up".to_owned(),
    }
}

/// A session on its way to a moment.
pub struct Seek {
    playground: Playground,
    to: Timestamp,
}

impl Seek {
    fn new(session: &Session, lesson: Option<&Lesson>, to: u64) -> Seek {
        let playground = Playground::rerun(session, lesson);
        let to = playground.moment(to);
        Seek { playground, to }
    }

    /// Goes on as far as `may_go_on` allows; `true` when the moment is reached.
    pub fn run(&mut self, mut may_go_on: impl FnMut() -> bool) -> bool {
        self.playground.settle();
        run_to(&mut self.playground, self.to, &mut may_go_on)
    }

    /// Where it leads, in nanoseconds since the session began.
    pub fn to(&self) -> u64 {
        self.to.since(self.playground.moment(0)).as_nanos() as u64
    }

    /// The playground at the moment that was reached.
    pub fn finish(mut self) -> Playground {
        // What was wished for was granted when it happened first.
        self.playground.take_wish();
        self.playground.forget_wires();
        self.playground
    }
}
