//! Scripts played without anybody at the keys: the beginning of a lesson, its solution, its wrong turns. And the other way
//! round: what was entered, as a script.

use super::{Input, Playground};
use crate::lessons::ScriptLine;
use crate::map::Map;
use crate::shell::as_script::{Entered, as_script};
use std::collections::VecDeque;
use std::time::Duration;

/// How long a line waits for its terminal to be free.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long a line has before the next one is typed while it still runs.
const HEAD_START: Duration = Duration::from_millis(1500);
/// How long the last line has before its effects are looked at.
const AFTERGLOW: Duration = Duration::from_secs(3);

/// Plays the lines one after another, each in its terminal, as fast as virtual time goes.
pub fn play(playground: &mut Playground, lines: &[ScriptLine]) {
    for line in lines {
        play_line(playground, line);
    }
    let end = playground.now() + AFTERGLOW;
    playground.advance_to(end);
}

/// What all terminals were told, for a shell with the real command line.
pub fn of_terminals(playground: &Playground) -> String {
    as_script(entered(playground))
}

/// The commands in the order they were entered. Several can begin at one instant, and their times do not tell which was
/// first; the session does.
fn entered(playground: &Playground) -> Vec<Entered> {
    let mut by_actor: Map<String, VecDeque<Entered>> = Map::new();
    for actor in playground.actors() {
        let entered = playground.terminal(&actor).map(|terminal| terminal.entered()).unwrap_or_default();
        by_actor.insert(actor, entered.into());
    }
    let session = playground.session();
    let mut in_order = Vec::new();
    for entry in &session.inputs {
        let Input::Line { actor, .. } = &entry.input else { continue };
        let at = session.started.saturating_add_unsigned(entry.at);
        let next = by_actor.get_mut(actor).and_then(|entered| entered.pop_front_if(|next| next.began.0 == at));
        in_order.extend(next);
    }
    // What a lesson or a program entered stands in no session line of its own.
    in_order.extend(by_actor.into_values().flatten());
    in_order
}

fn play_line(playground: &mut Playground, line: &ScriptLine) {
    match line {
        ScriptLine::Type { actor, line } => {
            wait_until_free(playground, actor, PATIENCE);
            for part in line.split('\n') {
                playground.input(Input::Line { actor: actor.clone(), line: part.to_owned() });
            }
            wait_until_free(playground, actor, HEAD_START);
        }
        ScriptLine::Answer { actor, text } => {
            playground.input(Input::Answer { actor: actor.clone(), text: text.clone() });
            wait_until_free(playground, actor, HEAD_START);
        }
        ScriptLine::Interrupt { actor } => {
            playground.input(Input::Interrupt { actor: actor.clone() });
            wait_until_free(playground, actor, HEAD_START);
        }
        ScriptLine::Wait { nanos } => {
            let until = playground.now() + Duration::from_nanos(*nanos);
            playground.advance_to(until);
        }
    }
    if let Some(super::Wish::JumpTo(until)) = playground.take_wish() {
        playground.advance_to(until);
    }
}

fn wait_until_free(playground: &mut Playground, actor: &str, patience: Duration) {
    let deadline = playground.now() + patience;
    let is_busy = |playground: &Playground| {
        playground.terminal(actor).is_some_and(|terminal| terminal.is_busy() && terminal.question().is_none())
    };
    while is_busy(playground) && playground.step_instant(deadline) {}
    if is_busy(playground) {
        playground.rest_until(deadline);
    }
}
