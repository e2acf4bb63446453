//! Lessons and streams on a server of the learner's own: what will be made there is shown first, what was made is
//! cleaned up, and others' streams can be looked at.
//!
//! Knows names and prefixes, which are no secrets and are remembered in the browser, so that a page that was closed in
//! the middle can clean up at its next visit; never who one is. The way in is [`Bar`], and the verbs of the lab here.

mod cleanup;
mod legend;
mod observe;
mod plan;

pub use legend::Legend;

use super::browser::storage::{self, Keep};
use super::browser::unix_millis;
use super::model::{Lab, LabHandle, use_lab};
use crate::json::{FromJson, ToJson};
use crate::lessons::prefix::Prefix;
use crate::lessons::{Lesson, ScriptLine};
use crate::nuid::Rng;
use crate::playground::distant::{Plan, Survey, rehearse};
use cleanup::CleanUp;
use observe::Observe;
use plan::PlanDialog;
use std::rc::Rc;
use yew::prelude::*;

const PREFIXES_KEY: &str = "jetlab.prefixes";
/// Prefixes remembered; the oldest go first.
const MAX_KEPT: usize = 50;

/// A prefix under which something may still be on a server.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
struct Kept {
    prefix: String,
    /// Its address, without who one is.
    server: String,
}

/// What lies over the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Plan,
    CleanUp,
    Observe,
}

/// What the lab keeps for a session on a server of the learner's own.
#[derive(Default)]
pub struct Away {
    kept: Vec<Kept>,
    planned: Option<Planned>,
    /// The lesson that is on, as its author wrote it.
    original: Option<Rc<Lesson>>,
    over: Option<Over>,
    /// Nobody has said yet whether what was found is to go.
    asks_at_arrival: bool,
}

/// A lesson that waits for the learner's word.
#[derive(Clone, PartialEq)]
struct Planned {
    original: Rc<Lesson>,
    lesson: Rc<Lesson>,
    prefix: Prefix,
    plan: Rc<Plan>,
}

impl Lab {
    /// A connection to a server of the learner's own was made: what is ours there is looked for.
    pub(super) fn begin_away(&mut self) {
        self.away.kept = read_kept();
        self.away.planned = None;
        self.away.original = None;
        self.mark();
        self.playground.begin_watching();
        if !self.prefixes_here().is_empty() {
            self.away.asks_at_arrival = true;
            self.playground.look_for_ours();
        }
    }

    /// Shows what a lesson would do on this server; it begins when the learner says so.
    pub(super) fn plan_lesson(&mut self, lesson: &Rc<Lesson>) {
        let known = self.away.original.as_ref().filter(|original| original.id == lesson.id);
        let original = known.unwrap_or(lesson).clone();
        let prefix = Prefix::drawn(&mut Rng::new(unix_millis().to_bits()));
        let Some(lesson) = original.with_prefix(&prefix) else {
            let title = &original.title;
            let what = "has not been prepared for a server that belongs to others, so it is played in the page only";
            self.trouble = Some(format!("\"{title}\" {what}."));
            return;
        };
        let plan = Rc::new(rehearse(&lesson));
        self.away.planned = Some(Planned { original, lesson: Rc::new(lesson), prefix, plan });
        self.away.over = Some(Over::Plan);
    }

    /// The learner has read what will be made, and agrees.
    fn begin_planned(&mut self) {
        let Some(planned) = self.away.planned.take() else { return };
        self.away.over = None;
        self.keep_prefix(&planned.prefix);
        self.away.original = Some(planned.original);
        self.set_far_lesson(planned.lesson.clone());
        self.mark();
        let typed = planned.lesson.start.iter().filter_map(|line| match line {
            ScriptLine::Type { actor, line } => Some((actor.clone(), line.clone())),
            _ => None,
        });
        self.enter_in_turn(typed);
    }

    fn mark(&mut self) {
        let prefixes = self.prefixes_here();
        self.playground.mark_with(prefixes);
    }

    /// Prefixes under which something may be on this server.
    fn prefixes_here(&self) -> Vec<Prefix> {
        let here = self.far_address().unwrap_or_default();
        let kept = self.away.kept.iter().filter(|kept| kept.server == here);
        kept.filter_map(|kept| Prefix::read(&kept.prefix)).collect()
    }

    fn keep_prefix(&mut self, prefix: &Prefix) {
        let server = self.far_address().unwrap_or_default();
        self.away.kept.push(Kept { prefix: prefix.as_str().to_owned(), server });
        let surplus = self.away.kept.len().saturating_sub(MAX_KEPT);
        self.away.kept.drain(..surplus);
        write_kept(&self.away.kept);
    }

    /// Nothing of ours is on this server: its prefixes need not be remembered, but for that of the lesson that is on.
    fn forget_prefixes(&mut self) {
        let here = self.far_address().unwrap_or_default();
        let last =
            self.lesson.as_ref().and_then(|_| self.away.kept.iter().rev().find(|kept| kept.server == here)).cloned();
        self.away.kept.retain(|kept| kept.server != here || Some(kept) == last.as_ref());
        write_kept(&self.away.kept);
    }

    /// Looks at what became of a survey; `true` when a dialog is to come up.
    pub(super) fn tend_survey(&mut self) -> bool {
        if !self.away.asks_at_arrival {
            return false;
        }
        match self.playground.survey() {
            Survey::Found(found) => {
                self.away.asks_at_arrival = false;
                if found.is_empty() {
                    self.forget_prefixes();
                } else if self.away.over.is_none() {
                    self.away.over = Some(Over::CleanUp);
                }
                true
            }
            Survey::Failed(_) => {
                self.away.asks_at_arrival = false;
                false
            }
            _ => false,
        }
    }

    /// Whether one of the dialogs here is open.
    pub fn has_away_dialog(&self) -> bool {
        self.away.over.is_some()
    }

    fn open_away(&mut self, over: Over) {
        self.away.over = Some(over);
        match over {
            Over::CleanUp => self.playground.look_for_ours(),
            Over::Observe => self.playground.look_for_streams(),
            Over::Plan => {}
        }
    }

    fn close_away(&mut self) {
        if let Survey::Removed(_) = self.playground.survey() {
            self.forget_prefixes();
        }
        self.playground.forget_survey();
        self.away.planned = None;
        self.away.over = None;
    }
}

fn read_kept() -> Vec<Kept> {
    let text = storage::read(Keep::Always, PREFIXES_KEY);
    text.and_then(|text| crate::json::read(&text).ok()).unwrap_or_default()
}

fn write_kept(kept: &[Kept]) {
    match kept {
        [] => storage::remove(Keep::Always, PREFIXES_KEY),
        kept => storage::write(Keep::Always, PREFIXES_KEY, &crate::json::write(&kept.to_vec())),
    }
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

/// What one may do on a server of one's own, and its dialogs.
#[component]
pub fn Bar(props: &Props) -> Html {
    let lab = &props.lab;
    let is_far = use_lab(lab, (), |lab, ()| lab.is_far_away());
    let over = use_lab(lab, (), |lab, ()| lab.away.over);
    let prefix = use_lab(lab, (), |lab, ()| {
        lab.lesson.as_ref()?;
        lab.prefixes_here().last().map(Prefix::of_names)
    });
    let is_solved = use_lab(lab, (), |lab, ()| lab.playground.checker().is_some_and(|checker| checker.is_solved()));
    if !is_far {
        return Html::default();
    }
    let open = |over: Over| {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.change(|lab| lab.open_away(over)))
    };
    let close = {
        let lab = lab.clone();
        Callback::from(move |()| lab.change(Lab::close_away))
    };
    let said = match (prefix, is_solved) {
        (Some(_), true) => "Solved. What this lesson made on your server is still there.".to_owned(),
        (Some(prefix), false) => format!("Streams of this lesson begin with {prefix} on your server."),
        (None, _) => "What you make now is made on your server, under the names you give it.".to_owned(),
    };
    html! {
        <>
            <div class="notice away-bar" role="region" aria-label="On a server of your own">
                <span>{ said }</span>
                <span class="row">
                    <button class="button button-small" id="observe" onclick={open(Over::Observe)}>{ "Observe a stream" }</button>
                    <button class="button button-small" id="clean-up" onclick={open(Over::CleanUp)}>{ "Clean up" }</button>
                </span>
            </div>
            { match over {
                Some(Over::Plan) => html! { <PlanDialog lab={lab.clone()} on_close={close} /> },
                Some(Over::CleanUp) => html! { <CleanUp lab={lab.clone()} on_close={close} /> },
                Some(Over::Observe) => html! { <Observe lab={lab.clone()} on_close={close} /> },
                None => Html::default(),
            } }
        </>
    }
}
