//! The lab as a part of another page: what its address asks for, what is told to the page around it.
//!
//! How it looks is CSS's (`embed.css`), who may ask for what is `frame.js`'s. Documented in `docs/embed.md`.

use super::browser::window;
use super::model::{LabHandle, use_lab};
use crate::json::{self, ToJson};
use wasm_bindgen::JsValue;
use yew::prelude::*;

/// What a start script may hold; more is no start any more.
const LONGEST_START: usize = 4096;

/// What the address says under this name, before its `#`.
fn asked(name: &str) -> Option<String> {
    let search = window().location().search().ok()?;
    web_sys::UrlSearchParams::new_with_str(&search).ok()?.get(name).filter(|text| !text.trim().is_empty())
}

/// Neither here nor in another frame of the session is there a scene in which messages could be seen to travel.
pub fn is_without_picture() -> bool {
    matches!(asked("mode").as_deref(), Some("terminal" | "cell")) && asked("session").is_none()
}

#[derive(ToJson)]
struct Milestone<'a> {
    lesson: &'a str,
    milestone: &'a str,
}

#[derive(ToJson)]
struct Solved<'a> {
    lesson: &'a str,
}

/// A milestone was reached, and perhaps the last one.
pub fn tell_reached(lesson: &str, milestone: &str, is_solved: bool) {
    tell("jetlab:milestone", &json::write(&Milestone { lesson, milestone }));
    if is_solved {
        tell("jetlab:solved", &json::write(&Solved { lesson }));
    }
}

fn tell(name: &str, detail: &str) {
    let init = web_sys::CustomEventInit::new();
    init.set_detail(&JsValue::from_str(detail));
    if let Ok(event) = web_sys::CustomEvent::new_with_event_init_dict(name, &init) {
        // Whoever listens may do as he likes with it.
        let _ = window().dispatch_event(&event);
    }
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

/// The commands that the page around brings along. They run when the learner says so.
#[component]
pub fn Start(props: &Props) -> Html {
    let open = use_state_eq(|| true);
    let script = use_memo((), |()| asked("start").filter(|script| script.len() <= LONGEST_START));
    let is_cell = use_memo((), |()| asked("mode").as_deref() == Some("cell"));
    let stands = use_lab(&props.lab, (), |lab, ()| lab.beginnings > 0);
    let Some(script) = script.as_ref().as_ref().filter(|_| *open && stands) else { return Html::default() };
    let run = {
        let (lab, script, open, stays) = (props.lab.clone(), script.clone(), open.clone(), *is_cell);
        Callback::from(move |_: MouseEvent| {
            // Pressed twice before it is gone.
            if !*open {
                return;
            }
            lab.change(|lab| {
                let actor = lab.active_actor.clone();
                lab.enter(&actor, &script);
            });
            open.set(stays);
        })
    };
    let put_away = {
        let open = open.setter();
        Callback::from(move |_: MouseEvent| open.set(false))
    };
    html! {
        <section class="start panel" aria-label="Commands of this page">
            if !*is_cell {
                <p>{ "This page brings commands to begin with:" }</p>
            }
            <pre class="console" tabindex="0">{ script.clone() }</pre>
            <button class="button button-primary" id="start-run" onclick={run}>{ "Run" }</button>
            if !*is_cell {
                <button class="button button-quiet" onclick={put_away}>{ "No, thanks" }</button>
            }
        </section>
    }
}
