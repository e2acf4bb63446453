//! Futures that were left, kept in the tab until the page is loaded again, for every lesson its own.
//!
//! A future is a seed and inputs, so it is small; what is not is not kept, and the oldest go first when there are many.
//! What was under way when the page went is a future that was left, too: [`note`] says whose it is, [`read`] finds it.

use crate::json::{self, FromJson, ToJson};
use crate::playground::Session;
use crate::playground::history::{Branch, History};
use crate::ui::browser::storage::{self, Keep};
use crate::ui::model::{SESSION_END_KEY, SESSION_KEY};

const KEY: &str = "jetlab.branches";
/// Whose session is under way: how many inputs the lesson began with, and its name.
const OWNER_KEY: &str = "jetlab.session-of";
/// Of one future, and of all of them together.
const MAX_BYTES: usize = 128 << 10;
const MAX_BYTES_TOGETHER: usize = 512 << 10;

#[derive(Clone, Debug, PartialEq, ToJson, FromJson)]
#[json(deny_unknown_fields)]
struct Kept {
    #[json(default)]
    lesson: Option<String>,
    common: usize,
    session: Session,
}

/// Keeps the futures of a lesson in the place of those that were kept of it.
pub fn write(lesson: Option<&str>, branches: &[Branch]) {
    let mut all = all();
    all.retain(|kept| kept.lesson.as_deref() != lesson);
    let lesson = lesson.map(str::to_owned);
    all.extend(branches.iter().map(|branch| Kept {
        lesson: lesson.clone(),
        common: branch.common,
        session: branch.session.clone(),
    }));
    put(&all);
}

/// The futures that were kept of a lesson.
pub fn read(lesson: Option<&str>) -> History {
    let of_it = all().into_iter().filter(|kept| kept.lesson.as_deref() == lesson);
    History::of(of_it.map(|kept| (kept.common, kept.session)))
}

/// The session from now on is one of `lesson`, whose own inputs come after `given`.
pub fn note(lesson: Option<&str>, given: usize) {
    storage::write(Keep::Tab, OWNER_KEY, &format!("{given} {}", lesson.unwrap_or_default()));
}

/// What was under way when the page went becomes a future that was left.
pub fn leave_what_was() {
    if let Some(kept) = under_way() {
        let mut all = all();
        all.push(kept);
        put(&all);
    }
    storage::remove(Keep::Tab, OWNER_KEY);
}

fn under_way() -> Option<Kept> {
    let owner = storage::read(Keep::Tab, OWNER_KEY)?;
    let (common, lesson) = owner.split_once(' ')?;
    let common = common.parse().ok()?;
    let mut session = Session::from_json(&storage::read(Keep::Tab, SESSION_KEY)?).ok()?;
    let end = storage::read(Keep::Tab, SESSION_END_KEY).and_then(|text| text.parse().ok());
    session.end = session.end.max(end.unwrap_or(0));
    let lesson = Some(lesson.to_owned()).filter(|lesson| !lesson.is_empty());
    (session.inputs.len() > common).then_some(Kept { lesson, common, session })
}

fn all() -> Vec<Kept> {
    let text = storage::read(Keep::Tab, KEY);
    let kept: Vec<Kept> = text.and_then(|text| json::read(&text).ok()).unwrap_or_default();
    // The session's own reader also refuses formats it does not know, and servers it cannot read.
    kept.into_iter().filter(|kept| Session::from_json(&kept.session.to_json()).is_ok()).collect()
}

fn put(all: &[Kept]) {
    let mut together = 0;
    let written = all.iter().rev().filter(|kept| kept.session.is_whole()).map(json::write);
    let mut written: Vec<String> = written
        .filter(|text| text.len() <= MAX_BYTES)
        .take_while(|text| {
            together += text.len();
            together <= MAX_BYTES_TOGETHER
        })
        .collect();
    written.reverse();
    storage::write(Keep::Tab, KEY, &format!("[{}]", written.join(",")));
}
