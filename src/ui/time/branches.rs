//! The futures that were left, each by its first difference, and the way to them.

use crate::time::{Timestamp, format_go_duration};
use crate::ui::model::{Lab, LabHandle, use_lab};
use crate::ui::time_bar::icon;
use std::time::Duration;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

#[derive(Clone, PartialEq)]
struct Shown {
    id: u32,
    label: String,
    when: String,
}

/// The button that begins another future, and the list of those there are.
#[component]
pub fn Branches(props: &Props) -> Html {
    let lab = &props.lab;
    let branches = use_lab(lab, (), |lab, ()| shown(lab));
    let is_past = use_lab(lab, (), |lab, ()| lab.is_in_the_past());
    let open = use_state_eq(|| false);
    let fork = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.change(Lab::fork))
    };
    // What had the focus goes with the list; the button that opened it takes it.
    let button = use_node_ref();
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let on_key = {
        let (open, button) = (open.clone(), button.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" && *open {
                event.prevent_default();
                event.stop_propagation();
                focus(&button);
                open.set(false);
            }
        })
    };
    html! {
        <div class="branches" onkeydown={on_key}>
            if is_past {
                <button class="button" id="fork" onclick={fork}
                    title="From here on another future begins; the one you know is kept">
                    { icon("M6 3v12M18 9a9 9 0 0 1-9 9M6 15a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM18 3a3 3 0 1 0 0 6 3 3 0 0 0 0-6z") }
                    <span>{ "Fork here" }</span>
                </button>
            }
            if !branches.is_empty() {
                <button class="button" id="branches" ref={button.clone()} aria-expanded={if *open { "true" } else { "false" }}
                    aria-controls="branch-list" aria-label={format!("Branches {}", branches.len())} onclick={toggle}>
                    { icon("M6 3v18M6 14c6 0 12-1 12-8M18 6l-3 3M18 6l3 3") }
                    <span class="branches-word">{ "Branches" }</span>{ " " }<b>{ branches.len() }</b>
                </button>
                if *open {
                    <ul class="branch-list panel" id="branch-list" aria-label="Futures that were left">
                        for branch in branches.iter() {
                            <li key={branch.id}>{ choice(lab, branch, &open, &button) }</li>
                        }
                    </ul>
                }
            }
        </div>
    }
}

fn focus(button: &NodeRef) {
    if let Some(button) = button.cast::<web_sys::HtmlElement>() {
        let _ = button.focus();
    }
}

fn choice(lab: &LabHandle, branch: &Shown, open: &UseStateHandle<bool>, button: &NodeRef) -> Html {
    let id = branch.id;
    let go = {
        let (lab, open, button) = (lab.clone(), open.setter(), button.clone());
        Callback::from(move |_: MouseEvent| {
            focus(&button);
            open.set(false);
            lab.change(|lab| lab.switch(id));
        })
    };
    let forget = {
        let (lab, button) = (lab.clone(), button.clone());
        Callback::from(move |_: MouseEvent| {
            focus(&button);
            lab.change(|lab| lab.forget_branch(id));
        })
    };
    html! {
        <>
            <button class="branch" onclick={go} title="Go to the end of this future">
                <span class="branch-label">{ &branch.label }</span>
                <span class="branch-when">{ &branch.when }</span>
            </button>
            <button class="button button-quiet button-icon branch-forget" onclick={forget} title="Forget this future"
                aria-label={format!("Forget {}", branch.label)}>{ icon("M6 6l12 12M18 6L6 18") }</button>
        </>
    }
}

fn shown(lab: &Lab) -> Vec<Shown> {
    let branches = lab.travel.history.branches().iter().rev();
    let shown = branches.map(|branch| {
        let (began, differs) = (Timestamp(branch.session.started), branch.differs_at());
        let length = Duration::from_millis(branch.session.end.saturating_sub(differs) / 1_000_000);
        let clock = crate::ui::time_bar::clock_text(began + Duration::from_nanos(differs));
        let when = format!("from {clock}, {}", format_go_duration(length));
        Shown { id: branch.id, label: branch.label(), when }
    });
    shown.collect()
}
