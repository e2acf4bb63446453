//! Lessons: Markdown compiled to data, milestones checked by what the server did, progress kept by name.
//!
//! A lesson never looks at the text that was typed. [`Lesson`] is what ships, [`format`] (on the author's machine only)
//! makes it from Markdown, [`check`] decides which milestones are reached, [`progress`] remembers them. Parsing knows
//! nothing of the playground; checking knows answers and a trace, not where they come from.

pub mod check;
pub mod expression;
#[cfg(not(target_arch = "wasm32"))]
pub mod format;
#[cfg(not(target_arch = "wasm32"))]
mod parse_check;
pub mod prefix;
pub mod progress;
pub mod trace;

use crate::json::{FromJson, ToJson};
use expression::Expression;
use prefix::Names;

/// One lesson, ready to show and to check.
#[derive(Clone, Debug, PartialEq, ToJson, FromJson)]
pub struct Lesson {
    /// Stable name; progress and links are kept by it.
    pub id: String,
    pub title: String,
    /// One sentence for lists and link previews.
    pub summary: String,
    pub minutes: u32,
    /// Names of the terminals the learner gets, in tab order.
    pub actors: Vec<String>,
    /// The names it makes on its server; without them it cannot be played on one that belongs to others.
    #[json(default, omit_empty)]
    pub names: Option<Names>,
    /// What the scene should make room for, and in which order.
    #[json(default)]
    pub panes: Vec<String>,
    #[json(default, omit_empty)]
    pub start: Vec<ScriptLine>,
    pub solution: Vec<ScriptLine>,
    #[json(default, omit_empty)]
    pub wrong: Vec<Wrong>,
    pub milestones: Vec<Milestone>,
    pub body: Vec<Block>,
    /// Server versions the lesson was verified against.
    #[json(default)]
    pub verified: Vec<String>,
}

/// Something reached, once and for all.
#[derive(Clone, Debug, PartialEq, ToJson, FromJson)]
pub struct Milestone {
    pub id: String,
    pub title: String,
    pub check: Expression,
}

/// One line of a script: who types what, or what happens.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
#[json(rename_all = "snake_case")]
pub enum ScriptLine {
    Type {
        actor: String,
        line: String,
    },
    Interrupt {
        actor: String,
    },
    Answer {
        actor: String,
        text: String,
    },
    /// Nanoseconds to let pass.
    Wait {
        nanos: u64,
    },
}

/// A way that does not lead there, and why.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
pub struct Wrong {
    /// The milestone it must not reach.
    pub misses: String,
    /// A piece of the explanation the check must give.
    pub because: String,
    pub script: Vec<ScriptLine>,
}

/// A piece of the lesson's text. HTML is made from the author's Markdown at build time; raw HTML is refused there.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
#[json(tag = "block", rename_all = "snake_case")]
pub enum Block {
    Prose {
        html: String,
    },
    /// Commands to tap into the prompt of `actor`.
    Run {
        actor: String,
        commands: Vec<String>,
    },
    /// A prediction, made before anything surprising. Never graded.
    Bet {
        id: String,
        html: String,
        options: Vec<String>,
    },
    Milestone {
        id: String,
    },
    /// The three hints of a milestone go from the idea over the command to filling the prompt.
    Hint {
        milestone: String,
        html: String,
        fills: Option<ScriptLine>,
    },
    /// Shown once its milestone is reached.
    Explain {
        milestone: String,
        html: String,
    },
    /// What differs on a real server.
    Real {
        html: String,
    },
    /// What if: an aside with commands to try.
    Fork {
        html: String,
    },
}

/// What the page needs to list lessons before it loads one.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
pub struct Entry {
    pub id: String,
    pub title: String,
    pub summary: String,
    pub minutes: u32,
    pub part: String,
    /// Where the lesson's JSON is, relative to the list.
    pub file: String,
    pub milestones: Vec<String>,
}
