//! The terminals: one tab per actor, up to four beside each other, as many as there is room for.

mod bar;
mod below;
mod completion;
mod edit;
mod keys;
mod log;
mod room;
mod search;
mod view;
mod wire;

pub use keys::fill_at_once;

use super::model::{Lab, LabHandle, use_lab};
use super::time_bar::icon;
use crate::playground::{Input, script};
use room::{Room, use_room};
use view::TerminalView;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use yew::prelude::*;

/// Terminals there can be.
const MOST: usize = 8;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

#[component]
pub fn TerminalPane(props: &Props) -> Html {
    let lab = &props.lab;
    let actors = use_lab(lab, (), |lab, ()| actors(lab));
    let active = use_lab(lab, (), |lab, ()| lab.active_actor.clone());
    let panes = use_node_ref();
    let room = use_room(&panes);
    let recent = use_mut_ref(Vec::<String>::new);
    let shown = {
        let mut recent = recent.borrow_mut();
        recent.retain(|actor| *actor != active);
        recent.insert(0, active.clone());
        room::shown(&actors, &recent, room.panes())
    };
    let columns = Room::columns(room, shown.len());
    // Beside each other, each tab stands above its terminal.
    let aligned = shown.len() == actors.len() && columns == actors.len();
    let tabs = classes!("tabs", "terminal-tabs", aligned.then(|| format!("is-over-{columns}")));
    html! {
        <div class="terminals">
            <div class="terminal-bar">
                <div class={tabs} role="tablist" aria-label="Terminals" onkeydown={walk(lab)}>
                    for actor in actors.iter() {
                        <button key={actor.clone()} class="tab" role="tab" id={format!("tab-{actor}")}
                            aria-selected={if *actor == active { "true" } else { "false" }}
                            tabindex={if *actor == active { "0" } else { "-1" }}
                            aria-controls={format!("terminal-{actor}")} onclick={choose(lab, actor)}>
                            { actor }
                        </button>
                    }
                </div>
                <CopyScript lab={lab.clone()} />
                <button class="button button-quiet button-icon button-small" aria-label="Another terminal" title="Another terminal"
                    disabled={actors.len() >= MOST} onclick={add(lab)}>{ icon("M12 5v14M5 12h14") }</button>
            </div>
            <div class={classes!("terminal-panes", format!("is-{columns}-wide"))} ref={panes}>
                for actor in actors.iter() {
                    <TerminalView key={actor.clone()} lab={lab.clone()} actor={actor.clone()}
                        active={*actor == active} shown={shown.contains(actor)} />
                }
            </div>
        </div>
    }
}

/// Who has a terminal, in the order of the tabs.
fn actors(lab: &Lab) -> Vec<String> {
    match &lab.lesson {
        Some(lesson) => {
            let known = lab.playground.actors();
            let others = known.iter().filter(|actor| !lesson.actors.contains(actor)).cloned();
            lesson.actors.iter().cloned().chain(others).collect()
        }
        None => lab.playground.actors(),
    }
}

fn choose(lab: &LabHandle, actor: &str) -> Callback<MouseEvent> {
    let (lab, actor) = (lab.clone(), actor.to_owned());
    Callback::from(move |_| lab.change(|lab| lab.active_actor = actor.clone()))
}

fn add(lab: &LabHandle) -> Callback<MouseEvent> {
    let lab = lab.clone();
    Callback::from(move |_| {
        lab.change(|lab| {
            let taken = lab.playground.actors();
            let mut names = (taken.len() + 1..).map(|number| format!("terminal-{number}"));
            if let Some(actor) = names.find(|name| !taken.contains(name)) {
                lab.input(Input::OpenTerminal { actor: actor.clone() });
                lab.active_actor = actor;
            }
        })
    })
}

/// Arrow keys walk from tab to tab.
fn walk(lab: &LabHandle) -> Callback<KeyboardEvent> {
    let lab = lab.clone();
    Callback::from(move |event: KeyboardEvent| {
        let actors = lab.read(actors);
        let by = match event.key().as_str() {
            "ArrowLeft" => actors.len().saturating_sub(1),
            "ArrowRight" => 1,
            _ => return,
        };
        event.prevent_default();
        let active = lab.read(|lab| lab.active_actor.clone());
        let at = actors.iter().position(|actor| *actor == active).unwrap_or_default();
        let Some(next) = actors.get((at + by) % actors.len().max(1)) else { return };
        lab.change(|lab| lab.active_actor = next.clone());
        let document = crate::ui::browser::window().document();
        let tab = document.and_then(|document| document.get_element_by_id(&format!("tab-{next}")));
        if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<web_sys::HtmlElement>().ok()) {
            // A tab that cannot take the focus keeps things as they are.
            let _ = tab.focus();
        }
    })
}

#[component]
fn CopyScript(props: &Props) -> Html {
    let said = use_state_eq(|| "");
    let copy = {
        let (lab, said) = (props.lab.clone(), said.setter());
        Callback::from(move |_: MouseEvent| {
            let (text, said) = (lab.read(|lab| script::of_terminals(&lab.playground)), said.clone());
            wasm_bindgen_futures::spawn_local(async move {
                let written =
                    JsFuture::from(crate::ui::browser::window().navigator().clipboard().write_text(&text)).await;
                said.set(if written.is_ok() { "Copied" } else { "The browser does not let us copy" });
                for _ in 0..120 {
                    crate::ui::door::next_frame().await;
                }
                said.set("");
            });
        })
    };
    html! {
        <>
            <span class="terminal-said" role="status">{ *said }</span>
            <button class="button button-quiet button-icon button-small" aria-label="Copy as a script" onclick={copy}
                title="Copy all commands as a shell script for the real nats">
                { icon("M9 9h11v11H9zM5 15H4V4h11v1") }
            </button>
        </>
    }
}
