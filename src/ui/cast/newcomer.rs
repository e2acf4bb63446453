//! Somebody new: a publisher, a subscriber or a worker, with everything that shapes what it does in a field.
//!
//! The fields are the flags of `lab publish`, `lab subscribe` and `lab worker`; what is sent off is such a verb.

use super::order;
use crate::flow::Selection;
use crate::map::Map;
use crate::playground::actors::{Flags, PUBLISHER_FLAGS, SUBSCRIBER_FLAGS, Spec, WORKER_FLAGS};
use crate::playground::{publisher, subscriber, worker};
use crate::ui::app::focus_later;
use crate::ui::model::{Lab, LabHandle, use_lab};
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Publisher,
    Subscriber,
    Worker,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Publisher, Kind::Subscriber, Kind::Worker];

    fn title(self) -> &'static str {
        match self {
            Kind::Publisher => "Publisher",
            Kind::Subscriber => "Subscriber",
            Kind::Worker => "Worker",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Kind::Publisher => "publish",
            Kind::Subscriber => "subscribe",
            Kind::Worker => "worker",
        }
    }

    fn flags(self) -> Flags {
        match self {
            Kind::Publisher => PUBLISHER_FLAGS,
            Kind::Subscriber => SUBSCRIBER_FLAGS,
            Kind::Worker => WORKER_FLAGS,
        }
    }

    /// As it is when nothing is said.
    fn plain(self) -> Spec {
        match self {
            Kind::Publisher => Spec::Publisher(publisher::Spec::new("", "")),
            Kind::Subscriber => Spec::Subscriber(subscriber::Spec::new("")),
            Kind::Worker => Spec::Worker(worker::Spec::new("", "")),
        }
    }
}

/// What was typed, by flag; words without a flag by their names.
type Typed = Rc<RefCell<Map<&'static str, String>>>;

const SUBJECT: &str = "subject";
const TEXT: &str = "text";
const CONSUMER: &str = "consumer";

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

/// Three buttons, and the form of the one that was pressed.
#[component]
pub fn Newcomer(props: &Props) -> Html {
    let chosen = use_state_eq(|| None::<Kind>);
    let button = |kind: Kind| {
        let (chosen, is_open) = (chosen.clone(), *chosen == Some(kind));
        let pressed = if is_open { "true" } else { "false" };
        let onclick = Callback::from(move |_: MouseEvent| {
            chosen.set((*chosen != Some(kind)).then_some(kind));
            focus_later(".newcomer input, .newcomer select".to_owned());
        });
        html! { <button class="button button-small" id={format!("add-{}", kind.verb())} aria-pressed={pressed} {onclick}>{ kind.title() }</button> }
    };
    let on_done = {
        let chosen = chosen.setter();
        Callback::from(move |()| chosen.set(None))
    };
    html! {
        <>
            <h3>{ "Somebody new" }</h3>
            <div class="deeds-row" role="group" aria-label="Add">{ for Kind::ALL.map(button) }</div>
            if let Some(kind) = *chosen {
                <Form key={kind.verb()} lab={props.lab.clone()} {kind} {on_done} />
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct FormProps {
    lab: LabHandle,
    kind: Kind,
    on_done: Callback<()>,
}

#[component]
fn Form(props: &FormProps) -> Html {
    let (lab, kind) = (&props.lab, props.kind);
    let consumers = use_lab(lab, (), |lab, ()| consumers(lab));
    let subject = use_memo((), |()| lab.read(a_subject));
    let typed: Typed = (*use_memo((), |()| Typed::default())).clone();
    let failed = use_state_eq(|| None::<String>);
    let whose = use_node_ref();
    let is_done = use_mut_ref(|| false);
    let on_submit = {
        let (lab, typed, failed, whose) = (lab.clone(), typed.clone(), failed.setter(), whose.clone());
        let (subject, on_done) = (subject.clone(), props.on_done.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            // Pressed twice before the form is gone.
            if *is_done.borrow() {
                return;
            }
            if let Some(whose) = whose.cast::<web_sys::HtmlSelectElement>() {
                typed.borrow_mut().insert(CONSUMER, whose.value());
            }
            let words = lab.read(|lab| words(kind, &typed.borrow(), &subject, lab));
            match lab.change(|lab| add(lab, &words)) {
                Ok(name) => {
                    lab.change(|lab| lab.look_at(Selection::Actor(name)));
                    is_done.replace(true);
                    on_done.emit(());
                    // The form is gone, and the focus must not be.
                    focus_later(".inspector".to_owned());
                }
                Err(error) => failed.set(Some(error)),
            }
        })
    };
    if kind == Kind::Worker && consumers.is_empty() {
        return html! {
            <p class="look-none">{ "A worker takes its messages from a consumer, and there is none yet: nats consumer add makes one." }</p>
        };
    }
    let plain = kind.plain().values();
    html! {
        <form class="newcomer" onsubmit={on_submit} aria-label={format!("A new {}", kind.title().to_lowercase())}>
            <div class="parameters">
                if kind == Kind::Worker {
                    <label title="where it takes its messages from">
                        <span>{ CONSUMER }</span>
                        <select class="field" ref={whose}>
                            for (stream, consumer) in consumers {
                                <option key={format!("{stream} {consumer}")} value={format!("{stream} {consumer}")}>{ format!("{stream} > {consumer}") }</option>
                            }
                        </select>
                    </label>
                } else {
                    { field(&typed, SUBJECT, &subject, "", "where") }
                }
                if kind == Kind::Publisher {
                    { field(&typed, TEXT, DEFAULT_TEXT, "", "what each message says; {{Count}} is its number") }
                }
                for (flag, example, what) in kind.flags() {
                    if example.is_empty() {
                        { switch(&typed, flag, what) }
                    } else {
                        { field(&typed, flag, plain.iter().find(|value| value.flag == *flag).map_or("", |value| &value.text), example, what) }
                    }
                }
            </div>
            <button class="button button-small button-primary" type="submit">{ format!("Add the {}", kind.title().to_lowercase()) }</button>
            if let Some(failed) = failed.as_ref() {
                <p class="notice notice-bad" role="alert">{ failed }</p>
            }
        </form>
    }
}

const DEFAULT_TEXT: &str = "message {{Count}}";

fn label(flag: &str) -> &str {
    flag.trim_start_matches("--")
}

fn field(typed: &Typed, flag: &'static str, value: &str, example: &'static str, what: &'static str) -> Html {
    // A drawing puts in what it is given.
    let shown = typed.borrow().get(&flag).cloned().unwrap_or_else(|| value.to_owned());
    let typed = typed.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        let input: web_sys::HtmlInputElement = event.target_unchecked_into();
        typed.borrow_mut().insert(flag, input.value());
    });
    // An example would look like a value where nothing means "without".
    let placeholder = if value.is_empty() { format!("such as {example}") } else { String::new() };
    html! {
        <label key={flag} title={what}>
            <span>{ label(flag) }</span>
            <input class="field" type="text" autocomplete="off" autocapitalize="off" spellcheck="false" value={shown} {placeholder} {oninput} />
        </label>
    }
}

fn switch(typed: &Typed, flag: &'static str, what: &'static str) -> Html {
    let typed = typed.clone();
    let onchange = Callback::from(move |event: Event| {
        let input: web_sys::HtmlInputElement = event.target_unchecked_into();
        typed.borrow_mut().insert(flag, if input.checked() { "on" } else { "" }.to_owned());
    });
    html! {
        <label key={flag} title={what}><span>{ label(flag) }</span><input type="checkbox" {onchange} /></label>
    }
}

/// Every consumer that can be worked on, with its stream.
fn consumers(lab: &Lab) -> Vec<(String, String)> {
    let scene = lab.playground.flow().scene(lab.playground.now());
    let of = |strip: &crate::flow::scene::Strip| {
        strip.consumers.iter().map(|consumer| (strip.name.to_string(), consumer.name.to_string())).collect::<Vec<_>>()
    };
    scene.streams.iter().flat_map(of).collect()
}

/// A subject that the first stream takes, or one of the lessons'.
fn a_subject(lab: &Lab) -> String {
    let scene = lab.playground.flow().scene(lab.playground.now());
    let first = scene.streams.iter().find_map(|strip| strip.config.subjects.first().map(ToString::to_string));
    first.map_or_else(|| "orders.new".to_owned(), |subject| subject.replace(['*', '>'], "new"))
}

/// The verb, as it would be typed.
fn words(kind: Kind, typed: &Map<&'static str, String>, subject: &str, lab: &Lab) -> Vec<String> {
    let said = |name: &'static str, otherwise: &str| typed.get(&name).cloned().unwrap_or_else(|| otherwise.to_owned());
    let mut words = vec![kind.verb().to_owned()];
    match kind {
        Kind::Worker => {
            let first = consumers(lab).first().map(|(stream, consumer)| format!("{stream} {consumer}"));
            words.extend(said(CONSUMER, &first.unwrap_or_default()).split(' ').map(str::to_owned));
        }
        Kind::Publisher => words.extend([said(SUBJECT, subject), said(TEXT, DEFAULT_TEXT)]),
        Kind::Subscriber => words.push(said(SUBJECT, subject)),
    }
    for (flag, ..) in kind.flags() {
        let value = said(flag, "");
        if !value.is_empty() {
            words.push(format!("{flag}={value}"));
        }
    }
    words
}

/// Adds it; its name.
fn add(lab: &mut Lab, words: &[String]) -> Result<String, String> {
    let names = |lab: &Lab| -> Vec<String> {
        lab.playground.cast().into_iter().map(|(spec, _)| spec.name().to_owned()).collect()
    };
    let before = names(lab);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match order(lab, &words) {
        Some(error) => Err(error),
        None => names(lab).into_iter().find(|name| !before.contains(name)).ok_or_else(|| "nobody came".to_owned()),
    }
}
