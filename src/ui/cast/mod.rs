//! What can be done to what one touches: wires broken and mended, clients killed and started, parameters changed, actors
//! added.
//!
//! Every button says a `lab` verb, which goes into the session like a typed one. The ways in are [`Deeds`] for what is
//! selected and [`Cast`] for everybody.

mod newcomer;
mod parameters;

use super::model::{Lab, LabHandle, use_lab};
use crate::flow::Selection;
use crate::playground::Input;
use newcomer::Newcomer;
use parameters::Parameters;
use yew::prelude::*;

/// Says a `lab` verb; what came of it, if that was no success.
pub fn order(lab: &mut Lab, words: &[&str]) -> Option<String> {
    lab.input(Input::Order { words: words.iter().map(|word| (*word).to_owned()).collect() });
    lab.playground.take_last_answer().and_then(Result::err)
}

#[derive(Properties, PartialEq)]
pub struct DeedsProps {
    pub lab: LabHandle,
    pub selection: Selection,
}

/// Buttons for what is selected.
#[component]
pub fn Deeds(props: &DeedsProps) -> Html {
    let lab = &props.lab;
    let failed = use_state_eq(|| None::<String>);
    let deeds = use_lab(lab, props.selection.clone(), deeds);
    let troubles = use_lab(lab, props.selection.clone(), |lab, selection| match selection {
        Selection::Actor(name) => lab.playground.troubles_of(name),
        _ => Vec::new(),
    });
    if deeds.is_empty() {
        return Html::default();
    }
    let actor = match &props.selection {
        Selection::Actor(name) => Some(name.clone()),
        _ => None,
    };
    let is_actor = actor.is_some();
    html! {
        <section class="deeds" aria-label="What can be done">
            <div class="deeds-row">
                for deed in deeds {
                    { button(lab, deed, &failed) }
                }
            </div>
            if let Some(actor) = actor { <Parameters lab={lab.clone()} {actor} /> }
            // What comes and goes stands below what is pressed, which then stays where it is.
            if let Some(failed) = failed.as_ref() {
                <p class="notice notice-bad" role="alert">{ failed }</p>
            }
            if is_actor {
                // Room for one is there before it is.
                <div class="deeds-troubles">
                    if !troubles.is_empty() {
                        <ul class="cast-list" aria-label="Out of order">
                            for trouble in troubles { <li key={trouble.clone()} class="cast-trouble">{ trouble }</li> }
                        </ul>
                    }
                </div>
            }
        </section>
    }
}

/// A button: what it says, the verb, and whether it can be done now. One that cannot keeps its place.
#[derive(Clone, PartialEq)]
struct Deed {
    label: String,
    words: Vec<String>,
    is_possible: bool,
}

fn deed(label: &str, words: &[&str]) -> Deed {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    Deed { label: label.to_owned(), words, is_possible: true }
}

/// Nothing of it can be done but `deed`, which takes the place of the one at `index`.
fn only(mut deeds: Vec<Deed>, index: usize, deed: Deed) -> Vec<Deed> {
    deeds.iter_mut().for_each(|other| other.is_possible = false);
    deeds[index] = deed;
    deeds
}

fn button(lab: &LabHandle, deed: Deed, failed: &UseStateHandle<Option<String>>) -> Html {
    let (title, disabled) = (format!("lab {}", deed.words.join(" ")), !deed.is_possible);
    let (lab, failed) = (lab.clone(), failed.setter());
    let act = Callback::from(move |_: MouseEvent| {
        let words: Vec<&str> = deed.words.iter().map(String::as_str).collect();
        failed.set(lab.change(|lab| order(lab, &words)));
    });
    html! { <button class="button button-small" {title} {disabled} onclick={act}>{ deed.label }</button> }
}

fn deeds(lab: &Lab, selection: &Selection) -> Vec<Deed> {
    match selection {
        Selection::Server => of_server(lab),
        Selection::Actor(name) => of_actor(lab, name),
        Selection::Stream(stream) => of_stream(lab, stream),
        Selection::Consumer { stream, consumer } => vec![
            deed("Add a worker", &["worker", stream, consumer]),
            deed("Add one that fails half the time", &["worker", stream, consumer, "--fail", "50%"]),
            deed("Lose the next ack", &["fault", "drop-ack"]),
        ],
        _ => Vec::new(),
    }
}

fn of_server(lab: &Lab) -> Vec<Deed> {
    let deeds = vec![
        deed("Restart", &["server", "restart"]),
        deed("Stop", &["server", "stop"]),
        deed("Lose the next publish ack", &["fault", "drop-puback"]),
        deed("Mend everything", &["faults", "clear"]),
    ];
    match lab.playground.server_is_down() {
        true => only(deeds, 1, deed("Start the server", &["server", "start"])),
        false => deeds,
    }
}

fn of_actor(lab: &Lab, name: &str) -> Vec<Deed> {
    let playground = &lab.playground;
    let is_dead = playground.is_dead(name);
    if !is_dead && playground.client(name).is_none() {
        return Vec::new();
    }
    let wire = match playground.is_cut(name) {
        true => deed("Mend its wire", &["net", "heal", name]),
        false => deed("Cut its wire", &["net", "cut", name]),
    };
    let slow = match playground.is_slow(name) {
        true => deed("Let it read", &["slow", name, "off"]),
        false => deed("Let it stop reading", &["slow", name]),
    };
    let deeds = vec![
        wire,
        deed("Kill", &["kill", name]),
        deed("Delay 200 ms", &["net", "delay", name, "200ms"]),
        deed("No delay", &["net", "delay", name, "2ms"]),
        slow,
        deed("Lose its next message", &["fault", "drop-publish", name]),
        deed("Lose the next answer to it", &["fault", "drop-puback", name]),
        deed("Deliver to it twice", &["fault", "duplicate-delivery", name]),
    ];
    if is_dead { only(deeds, 1, deed("Start it again", &["restart", name])) } else { deeds }
}

fn of_stream(lab: &Lab, stream: &str) -> Vec<Deed> {
    let scene = lab.playground.flow().scene(lab.playground.now());
    let found = scene.streams.iter().find(|strip| *strip.name == *stream);
    let subject = found.and_then(|strip| strip.config.subjects.first().map(ToString::to_string));
    let Some(subject) = subject else { return Vec::new() };
    let subject = subject.replace(['*', '>'], "new");
    vec![
        deed("Add a publisher", &["publish", &subject, "message {{Count}}", "--rate", "1/s", "--js"]),
        deed("Add one ahead of its acks", &["publish", &subject, "message {{Count}}", "--rate", "10/s", "--async"]),
    ]
}

#[derive(Properties, PartialEq)]
pub struct CastProps {
    pub lab: LabHandle,
}

/// Everybody who was started here, what is broken, and room for somebody new.
#[component]
pub fn Cast(props: &CastProps) -> Html {
    let lab = &props.lab;
    let cast = use_lab(lab, (), |lab, ()| {
        let cast = lab.playground.cast().into_iter();
        cast.map(|(spec, alive)| (spec.name().to_owned(), spec.describe(), alive)).collect::<Vec<_>>()
    });
    let troubles = use_lab(lab, (), |lab, ()| lab.playground.troubles());
    let seed = use_lab(lab, (), |lab, ()| lab.playground.session().seed);
    let failed = use_state_eq(|| None::<String>);
    let words = use_node_ref();
    let on_submit = {
        let (lab, failed, words) = (lab.clone(), failed.setter(), words.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(field) = words.cast::<web_sys::HtmlInputElement>() else { return };
            let text = field.value();
            let typed = words_of(&text);
            let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
            let outcome = lab.change(|lab| order(lab, &typed));
            if outcome.is_none() {
                field.set_value("");
            }
            failed.set(outcome);
        })
    };
    html! {
        <section class="cast" aria-label="Actors and faults">
            if !cast.is_empty() {
                <h3>{ "Scripted actors" }</h3>
                <ul class="cast-list">
                    for (name, what, alive) in cast {
                        <li key={name.clone()}>{ member(lab, &name, &what, alive) }</li>
                    }
                </ul>
            }
            <Newcomer lab={lab.clone()} />
            <form class="cast-new" onsubmit={on_submit}>
                <label>
                    <span class="cast-word">{ "lab" }</span>
                    <input class="field" ref={words} type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
                        placeholder="gateway limits --limit 5" aria-label="Any lab verb" />
                </label>
                <button class="button button-small" type="submit">{ "Add" }</button>
            </form>
            if let Some(failed) = failed.as_ref() {
                <p class="notice notice-bad" role="alert">{ failed }</p>
            }
            if !troubles.is_empty() {
                <h3>{ "Out of order" }</h3>
                <ul class="cast-list">
                    for trouble in troubles { <li key={trouble.clone()} class="cast-trouble">{ trouble }</li> }
                </ul>
            }
            <p class="look-none">{ "What is left to chance follows from the seed of this session, " }<code>{ seed }</code>{ "." }</p>
        </section>
    }
}

/// Words as a shell would split them, with either kind of quotes.
fn words_of(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut in_word) = (None, false);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => (quote, in_word) = (Some(c), push_word(&mut words, in_word)),
            (None, c) if c.is_whitespace() => in_word = false,
            (_, c) => {
                in_word = push_word(&mut words, in_word);
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words
}

/// Begins a word unless one goes on.
fn push_word(words: &mut Vec<String>, in_word: bool) -> bool {
    if !in_word {
        words.push(String::new());
    }
    true
}

fn member(lab: &LabHandle, name: &str, what: &str, alive: bool) -> Html {
    let (lab, of) = (lab.clone(), name.to_owned());
    let look = Callback::from(move |_: MouseEvent| lab.select(Some(Selection::Actor(of.clone()))));
    html! {
        <button class="cast-member" onclick={look}>
            { what }
            if !alive { <em>{ " (killed)" }</em> }
        </button>
    }
}
