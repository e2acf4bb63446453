//! The terminals: one tab per actor, as many beside each other as there is room for.

mod below;
mod completion;
mod log;
mod view;
mod wire;

use super::model::{LabHandle, use_lab};
use view::TerminalView;
use wasm_bindgen::JsCast;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

#[component]
pub fn TerminalPane(props: &Props) -> Html {
    let lab = &props.lab;
    let actors = use_lab(lab, (), |lab, ()| match &lab.lesson {
        Some(lesson) => {
            let known = lab.playground.actors();
            let others = known.iter().filter(|actor| !lesson.actors.contains(actor)).cloned();
            lesson.actors.iter().cloned().chain(others).collect::<Vec<_>>()
        }
        None => lab.playground.actors(),
    });
    let active = use_lab(lab, (), |lab, ()| lab.active_actor.clone());
    html! {
        <div class="terminals">
            <div class={classes!("tabs", "terminal-tabs", format!("terminal-tabs-{}", actors.len().min(4)))} role="tablist"
                aria-label="Terminals" onkeydown={walk(lab, &actors)}>
                for actor in actors.iter() {
                    <button key={actor.clone()} class="tab" role="tab" id={format!("tab-{actor}")}
                        aria-selected={if *actor == active { "true" } else { "false" }}
                        tabindex={if *actor == active { "0" } else { "-1" }}
                        aria-controls={format!("terminal-{actor}")} onclick={choose(lab, actor)}>
                        { actor }
                    </button>
                }
            </div>
            <div class={classes!("terminal-panes", format!("terminal-panes-{}", actors.len().min(4)))}>
                for actor in actors.iter() {
                    <TerminalView key={actor.clone()} lab={lab.clone()} actor={actor.clone()}
                        active={*actor == active} />
                }
            </div>
        </div>
    }
}

fn choose(lab: &LabHandle, actor: &str) -> Callback<MouseEvent> {
    let (lab, actor) = (lab.clone(), actor.to_owned());
    Callback::from(move |_| lab.change(|lab| lab.active_actor = actor.clone()))
}

/// Arrow keys walk from tab to tab.
fn walk(lab: &LabHandle, actors: &[String]) -> Callback<KeyboardEvent> {
    let (lab, actors) = (lab.clone(), actors.to_vec());
    Callback::from(move |event: KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowLeft" => actors.len().saturating_sub(1),
            "ArrowRight" => 1,
            _ => return,
        };
        event.prevent_default();
        let active = lab.read(|lab| lab.active_actor.clone());
        let at = actors.iter().position(|actor| *actor == active).unwrap_or_default();
        let Some(next) = actors.get((at + by) % actors.len()) else { return };
        lab.change(|lab| lab.active_actor = next.clone());
        let document = crate::ui::browser::window().document();
        let tab = document.and_then(|document| document.get_element_by_id(&format!("tab-{next}")));
        if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<web_sys::HtmlElement>().ok()) {
            // A tab that cannot take the focus keeps things as they are.
            let _ = tab.focus();
        }
    })
}
