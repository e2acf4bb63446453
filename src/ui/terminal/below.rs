//! What is below the last line of a terminal: what the prompt is for right now, and its buttons.

use super::keys::fill_at_once;
use crate::commands::Question;
use crate::playground::Input;
use crate::ui::model::{Lab, LabHandle};
use yew::prelude::*;

/// What a line that is entered now will be taken for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    Command,
    /// The rest of a command.
    More,
    Running,
    /// Runs, and takes what is typed.
    Reading,
    Text,
    Confirm,
    Select,
    /// An editor is open over the terminal.
    Edit,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Situation {
    pub mode: Mode,
    pub prompt: String,
    /// The prompt for those who cannot see it.
    pub label: String,
    /// Stands in the prompt as long as nothing is typed.
    pub hint: String,
    /// What to type instead of a line that went wrong.
    pub remedy: Option<String>,
    /// Which question is asked.
    pub asked: Option<usize>,
}

/// Which question is asked in an actor's terminal at this moment, drawn or not.
pub fn asked(lab: &Lab, actor: &str) -> Option<usize> {
    lab.playground.terminal(actor).and_then(|terminal| terminal.question_line())
}

pub fn situation(lab: &Lab, actor: &String) -> Situation {
    let terminal = lab.playground.terminal(actor);
    let busy = terminal.is_none_or(|terminal| terminal.is_busy());
    let (mode, prompt, label, hint) = match terminal.and_then(|terminal| terminal.question()) {
        Some(Question::Select { message, .. }) => {
            let label = format!("{message}: choose with the arrow keys, or type to filter");
            (Mode::Select, "?".to_owned(), label, "↑ ↓ and Enter; type to filter".to_owned())
        }
        Some(Question::Confirm { message, default }) => {
            let hint = format!("y or n; Enter alone means {}", if default { "yes" } else { "no" });
            (Mode::Confirm, "?".to_owned(), message, hint)
        }
        Some(Question::Text { message, default, .. }) => {
            let hint = if default.is_empty() { String::new() } else { format!("Enter alone means {default}") };
            (Mode::Text, "?".to_owned(), message, hint)
        }
        Some(Question::Edit { file, .. }) => {
            (Mode::Edit, "…".to_owned(), format!("{file} is open in an editor"), String::new())
        }
        None if busy && lab.stands() => {
            let label = format!("{actor}: a command is running, and time is paused");
            (Mode::Running, "…".to_owned(), label, "time is paused; Play goes on".to_owned())
        }
        None if terminal.is_some_and(|terminal| terminal.reads_keyboard()) => {
            let label = format!("{actor}: the command takes what you type; Ctrl-D ends that, Ctrl-C the command");
            (Mode::Reading, "…".to_owned(), label, "takes what you type; Ctrl-D ends that".to_owned())
        }
        None if busy => {
            let label = format!("{actor}: a command is running; Ctrl-C ends it");
            (Mode::Running, "…".to_owned(), label, "running; Ctrl-C ends it".to_owned())
        }
        None if terminal.is_some_and(|terminal| terminal.is_continuing()) => {
            let open = terminal.and_then(|terminal| terminal.awaits()).unwrap_or("the command goes on here");
            let label = format!("{actor}: {open}; Ctrl-C drops it");
            (Mode::More, ">".to_owned(), label, format!("{open}; Ctrl-C drops it"))
        }
        None => (Mode::Command, format!("{actor} $"), format!("Command of {actor}"), String::new()),
    };
    let remedy = if mode == Mode::Command { lab.playground.remedy(actor) } else { None };
    let hint = remedy.as_ref().map_or(hint, |line| format!("→ {line}"));
    Situation { mode, prompt, label, hint, remedy, asked: asked(lab, actor) }
}

/// For those without the keys: end what runs, answer what is asked.
pub fn buttons(lab: &LabHandle, actor: &str, situation: &Situation) -> Html {
    let answer = |text: &'static str| answer(lab, actor, situation.asked, text);
    let stop = button("Stop", "Ctrl-C", act(lab, actor, |lab, actor| lab.interrupt(actor)));
    match situation.mode {
        Mode::Command if situation.remedy.is_some() => {
            let line = situation.remedy.clone().unwrap_or_default();
            let (lab, actor, text) = (lab.clone(), actor.to_owned(), line.clone());
            let fill = Callback::from(move |event: MouseEvent| {
                event.stop_propagation();
                lab.change(|lab| lab.fill(&actor, &text));
                fill_at_once(&lab, &actor);
            });
            html! {
                <button class="button button-small" aria-label={format!("Fix: {line}")} title="Fill in what was meant (→)" onclick={fill}>
                    { "Fix" }
                </button>
            }
        }
        Mode::Running | Mode::Text => stop,
        Mode::More => button("Drop", "Ctrl-C", act(lab, actor, |lab, actor| lab.interrupt(actor))),
        Mode::Reading => html! {
            <>
                { button("End", "Ctrl-D: nothing more is typed", act(lab, actor, end_of_input)) }
                { stop }
            </>
        },
        Mode::Confirm => html! {
            <>
                { button("Yes", "", answer("y")) }
                { button("No", "", answer("n")) }
            </>
        },
        Mode::Select => html! {
            <>
                { button("↑", "The one above", act(lab, actor, |lab, actor| walk(lab, actor, -1))) }
                { button("↓", "The one below", act(lab, actor, |lab, actor| walk(lab, actor, 1))) }
                { button("Choose", "", answer("")) }
                { stop }
            </>
        },
        Mode::Command | Mode::Edit => Html::default(),
    }
}

fn act(lab: &LabHandle, actor: &str, act: fn(&mut Lab, &str)) -> Callback<MouseEvent> {
    let (lab, actor) = (lab.clone(), actor.to_owned());
    Callback::from(move |_| lab.change(|lab| act(lab, &actor)))
}

/// Answers the question that was drawn, and none that came since.
fn answer(lab: &LabHandle, actor: &str, to: Option<usize>, text: &'static str) -> Callback<MouseEvent> {
    let (lab, actor) = (lab.clone(), actor.to_owned());
    Callback::from(move |_| {
        if lab.read(|lab| asked(lab, &actor)) == to {
            lab.change(|lab| lab.enter(&actor, text));
        }
    })
}

fn button(text: &'static str, title: &'static str, onclick: Callback<MouseEvent>) -> Html {
    let label = if text.chars().any(char::is_alphabetic) { text } else { title };
    html! { <button class="button button-small" aria-label={label} {title} {onclick}>{ text }</button> }
}

fn end_of_input(lab: &mut Lab, actor: &str) {
    lab.input(Input::EndOfInput { actor: actor.to_owned() });
}

fn walk(lab: &mut Lab, actor: &str, by: i32) {
    lab.input(Input::Move { actor: actor.to_owned(), by });
}
