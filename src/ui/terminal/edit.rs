//! The editor a command opens over its terminal: a text, Save and Cancel.
//!
//! The element holds the text; what was saved goes to the command as the answer to its question. Ctrl-S and Ctrl-Enter
//! save, Escape leaves the text as it was, and asks once more where something would be lost.

use super::below;
use crate::commands::Question;
use crate::playground::Input;
use crate::ui::model::{Lab, LabHandle};
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub actor: String,
    /// Its terminal is the one in use.
    pub active: bool,
}

const HINT: &str = "Ctrl-S saves, Escape leaves it as it is.";
const LOSING: &str = "Escape again drops your changes; Ctrl-S saves them.";
const TOUCH_HINT: &str = "Save keeps your changes, Cancel leaves it as it is.";
const TOUCH_LOSING: &str = "Cancel again drops your changes; Save keeps them.";

/// The file that is edited in an actor's terminal, and its text.
fn edited(lab: &Lab, actor: &str) -> Option<(String, String)> {
    match lab.playground.terminal(actor)?.question()? {
        Question::Edit { file, text } => Some((file, text)),
        _ => None,
    }
}

#[component]
pub fn EditPane(props: &Props) -> Html {
    let (lab, actor) = (&props.lab, &props.actor);
    let asked = use_memo((), |()| lab.read(|lab| below::asked(lab, actor)));
    let opened = use_memo((), |()| lab.read(|lab| edited(lab, actor)).unwrap_or_default());
    let area = use_node_ref();
    let is_losing = use_state_eq(|| false);
    {
        let (area, opened, active) = (area.clone(), opened.clone(), props.active);
        use_effect_with((), move |()| {
            let Some(area) = area.cast::<HtmlTextAreaElement>() else { return };
            area.set_value(&opened.1);
            // An element that refuses keeps its cursor at the end.
            let _ = area.set_selection_range(0, 0);
            if active {
                // One that cannot take the focus is there all the same.
                let _ = area.focus();
            }
        });
    }
    let save = {
        let (lab, actor, area, opened) = (lab.clone(), actor.clone(), area.clone(), opened.clone());
        let asked = asked.clone();
        Callback::from(move |()| {
            if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                let text = area.value();
                answer(&lab, &actor, *asked, if text == opened.1 { String::new() } else { ended(text) });
            }
        })
    };
    let cancel = {
        let (lab, actor) = (lab.clone(), actor.clone());
        Callback::from(move |()| answer(&lab, &actor, *asked, String::new()))
    };
    let leave: Callback<()> = {
        let (area, opened, cancel, is_losing) = (area.clone(), opened.clone(), cancel.clone(), is_losing.clone());
        Callback::from(move |()| {
            let is_changed = area.cast::<HtmlTextAreaElement>().is_some_and(|area| area.value() != opened.1);
            if is_changed && !*is_losing { is_losing.set(true) } else { cancel.emit(()) }
        })
    };
    let on_key = {
        let (save, leave) = (save.clone(), leave.clone());
        Callback::from(move |event: KeyboardEvent| {
            event.stop_propagation();
            let control = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
            match event.key().as_str() {
                "s" | "S" | "Enter" if control => save.emit(()),
                "Escape" if !event.is_composing() => leave.emit(()),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let on_input = {
        let is_losing = is_losing.setter();
        Callback::from(move |_: InputEvent| is_losing.set(false))
    };
    let said = match (super::bar::is_wanted(), *is_losing) {
        (false, false) => HINT,
        (false, true) => LOSING,
        (true, false) => TOUCH_HINT,
        (true, true) => TOUCH_LOSING,
    };
    let file = &opened.0;
    let hint = format!("edit-hint-{actor}");
    html! {
        <section class="edit" aria-label={format!("Editor: {file}")} onkeydown={on_key} onclick={|event: MouseEvent| event.stop_propagation()}>
            <header class="wire-head edit-head">
                <code class="wire-title" title={file.clone()}>{ file }</code>
                <button class="button button-small button-quiet" title="Leave it as it is (Escape)" onclick={leave.reform(|_| ())}>
                    { "Cancel" }
                </button>
                <button class="button button-small button-primary" title="Save and close (Ctrl-S)" onclick={save.reform(|_| ())}>
                    { "Save" }
                </button>
            </header>
            <textarea class="edit-text" ref={area} wrap="off" spellcheck="false" autocapitalize="off" autocomplete="off"
                autocorrect="off" aria-label={format!("Text of {file}")} aria-describedby={hint.clone()} oninput={on_input} />
            <p class="edit-hint" id={hint} role="status">{ said }</p>
        </section>
    }
}

/// Whoever asked may have the answer already, and another asks.
fn answer(lab: &LabHandle, actor: &str, to: Option<usize>, text: String) {
    if lab.read(|lab| below::asked(lab, actor)) != to {
        return;
    }
    lab.change(|lab| lab.input(Input::Answer { actor: actor.to_owned(), text }));
}

/// A text of nothing is not "as it was": an editor saves it with its last newline.
fn ended(text: String) -> String {
    if text.ends_with('\n') { text } else { text + "\n" }
}
