//! One terminal: what is on its screen, and the prompt.

use super::below::{self, Mode};
use super::completion::{self, Menu, TabKey};
use crate::commands::Question;
use crate::playground::Input;
use crate::shell::{Line, LineKind};
use crate::ui::model::{Lab, LabHandle, use_lab};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// Lines kept in the document; older ones are still in the session.
const SHOWN: usize = 400;
/// Nearer to the end than this, the screen follows what is printed.
const NEAR_END: i32 = 48;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub actor: String,
    pub active: bool,
}

#[component]
pub fn TerminalView(props: &Props) -> Html {
    let (lab, actor) = (&props.lab, &props.actor);
    let revision = use_lab(lab, actor.clone(), |lab, actor| {
        lab.playground.terminal(actor).map(|terminal| terminal.revision()).unwrap_or_default()
    });
    let situation = use_lab(lab, actor.clone(), below::situation);
    let fills = use_lab(lab, actor.clone(), |lab, actor| (lab.active_actor == *actor).then_some(lab.fills));
    let log = use_node_ref();
    let input = use_node_ref();
    let at_end = use_mut_ref(|| true);
    let recalled = use_mut_ref(|| None::<usize>);
    let menu = use_state_eq(|| None::<Menu>);
    use_end(log.clone(), at_end.clone());
    use_fill(lab.clone(), actor.clone(), input.clone(), fills);
    {
        let (log, at_end) = (log.clone(), at_end.clone());
        use_effect_with(revision, move |_| {
            if let Some(log) = log.cast::<Element>()
                && *at_end.borrow()
            {
                log.set_scroll_top(log.scroll_height());
            }
        });
    }
    let on_scroll = {
        let (log, at_end) = (log.clone(), at_end.clone());
        Callback::from(move |_: Event| {
            // Out of sight nobody scrolls.
            if let Some(log) = log.cast::<Element>().filter(|log| log.client_height() > 0) {
                *at_end.borrow_mut() = log.scroll_height() - log.scroll_top() - log.client_height() < NEAR_END;
            }
        })
    };
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
    let lines = lab.read(|lab| shown_lines(lab, actor));
    html! {
        <div class={classes!("terminal", props.active.then_some("is-active"))} id={format!("terminal-{actor}")}
            role="tabpanel" aria-labelledby={format!("tab-{actor}")} onclick={focus}>
            <div class="terminal-log console" ref={log} onscroll={on_scroll} tabindex="0" role="log"
                aria-label={format!("Terminal of {actor}")}>
                for (number, line) in lines.iter() {
                    <LineView key={*number} actor={actor.clone()} line={line.clone()} />
                }
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

/// A screen that was at its end stays there when its size changes, or when it comes into sight.
#[hook]
fn use_end(log: NodeRef, at_end: Rc<RefCell<bool>>) {
    use_effect_with((), move |()| {
        let follow = Closure::<dyn FnMut()>::new({
            let log = log.clone();
            move || {
                if let Some(log) = log.cast::<Element>().filter(|_| *at_end.borrow()) {
                    log.set_scroll_top(log.scroll_height());
                }
            }
        });
        let observer = web_sys::ResizeObserver::new(follow.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(log)) = (&observer, log.cast::<Element>()) {
            observer.observe(&log);
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(follow);
        }
    });
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

#[derive(Properties, PartialEq)]
struct LineProps {
    actor: String,
    line: Line,
}

#[component]
fn LineView(props: &LineProps) -> Html {
    let kind = match props.line.kind {
        LineKind::Command => "line-command",
        LineKind::Continuation => "line-continuation",
        LineKind::Error if props.line.is_complaint() => "line-error",
        LineKind::Error => "line-log",
        // Tables fall apart when they are wrapped: they are scrolled.
        LineKind::Output if props.line.text.contains('│') || props.line.text.contains('─') => "line-table",
        LineKind::Output => "line-output",
        LineKind::Notice => "line-notice",
        LineKind::Question => "line-question",
    };
    let prompt = match props.line.kind {
        LineKind::Command => Some(format!("{} $ ", props.actor)),
        LineKind::Continuation => Some("> ".to_owned()),
        _ => None,
    };
    let text = match props.line.kind {
        LineKind::Command => crate::ui::words(&props.line.text),
        _ => html! { &props.line.text },
    };
    html! {
        <div class={classes!("line", kind)}>
            <span class="line-prompt">{ prompt.unwrap_or_default() }</span><span class="line-text">{ text }</span>
        </div>
    }
}

/// The last lines with their numbers counted from the first line ever.
fn shown_lines(lab: &Lab, actor: &str) -> Vec<(usize, Line)> {
    let Some(terminal) = lab.playground.terminal(actor) else { return Vec::new() };
    let (_, forgotten) = terminal.revision();
    let lines = terminal.lines();
    let skipped = lines.len().saturating_sub(SHOWN);
    lines.into_iter().enumerate().skip(skipped).map(|(index, line)| (forgotten + index, line)).collect()
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
