//! The terminals: one tab per actor, as many beside each other as there is room for.

mod view;

use super::model::{LabHandle, use_lab};
use view::TerminalView;
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
            <div class="tabs terminal-tabs" role="tablist" aria-label="Terminals">
                for actor in actors.iter() {
                    <button key={actor.clone()} class="tab" role="tab" id={format!("tab-{actor}")}
                        aria-selected={if *actor == active { "true" } else { "false" }}
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
