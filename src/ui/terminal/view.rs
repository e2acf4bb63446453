//! One terminal: what is on its screen, and the prompt.

use super::below::{self, Mode};
use super::completion::{self, Menu, TabKey};
use super::log::LogView;
use super::wire::WirePane;
use crate::commands::Question;
use crate::playground::Input;
use crate::ui::model::{LabHandle, use_lab};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub actor: String,
    pub active: bool,
}

#[component]
pub fn TerminalView(props: &Props) -> Html {
    let (lab, actor) = (&props.lab, &props.actor);
    let situation = use_lab(lab, actor.clone(), below::situation);
    let fills = use_lab(lab, actor.clone(), |lab, actor| (lab.active_actor == *actor).then_some(lab.fills));
    let log = use_node_ref();
    let input = use_node_ref();
    let recalled = use_mut_ref(|| None::<usize>);
    let menu = use_state_eq(|| None::<Menu>);
    use_fill(lab.clone(), actor.clone(), input.clone(), fills);
    let select = situation.mode == Mode::Select;
    let tab = TabKey { lab: lab.clone(), actor: actor.clone(), input: input.clone(), menu: menu.clone() };
    let keys = Keys {
        lab: lab.clone(),
        actor: actor.clone(),
        input: input.clone(),
        log: log.clone(),
        recalled,
        select,
        tab: tab.clone(),
    };
    let on_key = Callback::from(move |event: KeyboardEvent| keys.press(&event));
    let on_input = {
        let tab = tab.clone();
        Callback::from(move |_: InputEvent| {
            if !(select && filter(&tab)) {
                tab.narrow();
            }
        })
    };
    let on_paste = paste(lab, actor, &input);
    let focus = {
        let (lab, actor, input) = (lab.clone(), actor.clone(), input.clone());
        Callback::from(move |_: MouseEvent| {
            lab.change(|lab| lab.active_actor = actor.clone());
            let selecting = crate::ui::browser::window().get_selection().ok().flatten();
            if selecting.is_none_or(|selection| selection.is_collapsed())
                && let Some(input) = input.cast::<HtmlInputElement>()
            {
                // An element that cannot take the focus keeps things as they are.
                let _ = input.focus();
            }
        })
    };
    let wire = use_lab(lab, actor.clone(), |lab, actor| {
        lab.wire.as_ref().filter(|(of, _)| of == actor).map(|(_, command)| *command)
    });
    let back = {
        let input = input.clone();
        Callback::from(move |()| {
            if let Some(input) = input.cast::<HtmlInputElement>() {
                // As above.
                let _ = input.focus();
            }
        })
    };
    html! {
        <div class={classes!("terminal", props.active.then_some("is-active"))} id={format!("terminal-{actor}")}
            role="tabpanel" aria-labelledby={format!("tab-{actor}")} onclick={focus}>
            <div class="terminal-screen">
                <LogView lab={lab.clone()} actor={actor.clone()} log={log} />
                <div class="wire-place">
                    if let Some(command) = wire {
                        <WirePane lab={lab.clone()} actor={actor.clone()} {command} on_closed={back} />
                    }
                </div>
            </div>
            if let Some(menu) = menu.as_ref() {
                { completion::list(&tab, menu) }
            }
            <div class={classes!("terminal-prompt", (situation.mode == Mode::Running).then_some("is-busy"))}>
                <label class="prompt-label" for={prompt_id(props)}>{ &situation.prompt }</label>
                <input class="prompt-input" id={prompt_id(props)} ref={input} type="text" autocomplete="off"
                    autocapitalize="off" autocorrect="off" spellcheck="false" enterkeyhint="go"
                    aria-label={situation.label.clone()} placeholder={situation.hint.clone()} onkeydown={on_key} onpaste={on_paste}
                    oninput={on_input} role="combobox" aria-autocomplete="list"
                    aria-expanded={if menu.is_some() { "true" } else { "false" }}
                    aria-controls={completion::list_id(actor)}
                    aria-activedescendant={completion::active_id(actor, menu.as_ref())} />
                <span class="prompt-buttons">{ below::buttons(lab, actor, situation.mode) }</span>
            </div>
        </div>
    }
}

/// The active terminal's prompt is where "skip to the terminal" leads.
fn prompt_id(props: &Props) -> String {
    if props.active { "prompt".to_owned() } else { format!("prompt-{}", props.actor) }
}

/// A command that was put into the prompt from elsewhere.
#[hook]
fn use_fill(lab: LabHandle, actor: String, input: NodeRef, fills: Option<u64>) {
    use_effect_with(fills, move |_| {
        let draft = lab.change(|lab| lab.drafts.remove(&actor));
        if let (Some(draft), Some(input)) = (draft, input.cast::<HtmlInputElement>()) {
            input.set_value(&draft);
            // As above.
            let _ = input.focus();
        }
    });
}

struct Keys {
    lab: LabHandle,
    actor: String,
    input: NodeRef,
    log: NodeRef,
    /// How far back in the history, while one walks in it.
    recalled: Rc<RefCell<Option<usize>>>,
    select: bool,
    tab: TabKey,
}

impl Keys {
    fn press(&self, event: &KeyboardEvent) {
        let Some(input) = self.input.cast::<HtmlInputElement>() else { return };
        if self.tab.press(event) {
            event.prevent_default();
            return;
        }
        let control = event.ctrl_key() && !event.alt_key() && !event.meta_key();
        let handled = match event.key().as_str() {
            "Enter" if !event.is_composing() => {
                let text = input.value();
                input.set_value("");
                // What stands there has narrowed the list already; the option in focus is meant.
                let text = if self.select { String::new() } else { text };
                *self.recalled.borrow_mut() = None;
                self.lab.change(|lab| lab.enter(&self.actor, &text));
                true
            }
            "ArrowUp" | "ArrowDown" if self.select => {
                let by = if event.key() == "ArrowUp" { -1 } else { 1 };
                self.lab.change(|lab| lab.input(Input::Move { actor: self.actor.clone(), by }));
                true
            }
            "ArrowUp" => self.recall(&input, 1),
            "ArrowDown" => self.recall(&input, -1),
            "c" if control && nothing_selected(&input) => {
                input.set_value("");
                self.lab.change(|lab| lab.interrupt(&self.actor));
                true
            }
            // Out of the prompt, where single keys mean something.
            "Escape" => self.log.cast::<HtmlElement>().is_some_and(|log| log.focus().is_ok()),
            "d" if control && input.value().is_empty() => {
                self.lab.change(|lab| lab.input(Input::EndOfInput { actor: self.actor.clone() }));
                true
            }
            "l" if control => {
                self.lab.change(|lab| lab.input(Input::ClearScreen { actor: self.actor.clone() }));
                true
            }
            _ => false,
        };
        if handled {
            event.prevent_default();
        }
    }

    fn recall(&self, input: &HtmlInputElement, by: isize) -> bool {
        let history = self.lab.read(|lab| lab.playground.terminal(&self.actor).map(|terminal| terminal.history()));
        let history = history.unwrap_or_default();
        let mut recalled = self.recalled.borrow_mut();
        let back = recalled.map_or(0, |back| back as isize) + by;
        if back > history.len() as isize {
            return true;
        }
        if back <= 0 {
            *recalled = None;
            input.set_value("");
            return true;
        }
        *recalled = Some(back as usize);
        input.set_value(&history[history.len() - back as usize]);
        true
    }
}

/// What is typed narrows the options; a lone question mark asks for help. `false` when nothing is asked any more.
fn filter(tab: &TabKey) -> bool {
    let Some(input) = tab.input.cast::<HtmlInputElement>() else { return false };
    let (actor, text) = (tab.actor.clone(), input.value());
    let question = tab.lab.read(|lab| lab.playground.terminal(&actor).and_then(|terminal| terminal.question()));
    let Some(Question::Select { help, .. }) = question else { return false };
    let asks = text == "?" && !help.is_empty();
    if asks {
        input.set_value("");
    }
    let said = if asks { Input::Answer { actor, text } } else { Input::Filter { actor, text } };
    tab.lab.change(|lab| lab.input(said));
    true
}

/// With a selection, Ctrl-C copies.
fn nothing_selected(input: &HtmlInputElement) -> bool {
    let in_input = input.selection_start().ok().flatten() == input.selection_end().ok().flatten();
    let page = crate::ui::browser::window().get_selection().ok().flatten();
    in_input && page.is_none_or(|selection| selection.is_collapsed())
}

/// Several lines at once run one after another; the last one stays in the prompt unless it was ended.
fn paste(lab: &LabHandle, actor: &str, input: &NodeRef) -> Callback<Event> {
    let (lab, actor, input) = (lab.clone(), actor.to_owned(), input.clone());
    Callback::from(move |event: Event| {
        let Some(event) = event.dyn_ref::<web_sys::ClipboardEvent>() else { return };
        let text = event.clipboard_data().and_then(|data| data.get_data("text").ok()).unwrap_or_default();
        let Some((lines, rest)) = text.rsplit_once('\n') else { return };
        let Some(input) = input.cast::<HtmlInputElement>() else { return };
        event.prevent_default();
        let typed = input.value();
        input.set_value(rest);
        lab.change(|lab| lab.enter(&actor, &format!("{typed}{lines}")));
    })
}
