//! One terminal: what is on its screen, and the prompt.

use super::bar;
use super::below::{self, Mode, Situation};
use super::completion::{self, Menu, TabKey, byte_of, cursor_of};
use super::edit::EditPane;
use super::keys::{Keys, fill, filter, in_place, is_fill, paste};
use super::log::LogView;
use super::search::{self, Search, SearchKey};
use super::wire::WirePane;
use crate::commands::explain::Explanation;
use crate::shell::LineEditor;
use crate::ui::model::{LabHandle, use_lab};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub actor: String,
    pub active: bool,
    /// There is room for it.
    pub shown: bool,
}

#[component]
pub fn TerminalView(props: &Props) -> Html {
    let (lab, actor) = (&props.lab, &props.actor);
    let situation = use_lab(lab, actor.clone(), below::situation);
    let fills = use_lab(lab, actor.clone(), |lab, actor| (lab.active_actor == *actor).then_some(lab.fills));
    let wire = use_lab(lab, actor.clone(), |lab, actor| {
        lab.wire.as_ref().filter(|(of, _)| of == actor).map(|(_, command)| *command)
    });
    let hands = use_hands(lab, actor);
    use_fill(hands.clone(), fills);
    let editing = situation.mode == Mode::Edit;
    use_return(&hands.input, editing);
    let option = hands.option();
    use_effect_with(option, |option| completion::keep_in_sight(option.clone()));
    let state =
        (props.active.then_some("is-active"), props.shown.then_some("is-shown"), editing.then_some("is-editing"));
    html! {
        <div class={classes!("terminal", state.0, state.1, state.2)} id={format!("terminal-{actor}")}
            role="tabpanel" aria-labelledby={format!("tab-{actor}")} onclick={hands.focus()}>
            <div class="terminal-screen">
                <LogView lab={lab.clone()} actor={actor.clone()} log={hands.log.clone()} />
                <div class="wire-place">
                    if let Some(command) = wire {
                        <WirePane lab={lab.clone()} actor={actor.clone()} {command} on_closed={hands.back()} />
                    }
                </div>
            </div>
            if editing {
                <EditPane key={situation.asked.unwrap_or_default()} lab={lab.clone()} actor={actor.clone()} active={props.active} />
            }
            { above(&hands, &situation) }
            { prompt(&hands, &situation, &prompt_id(props)) }
            <div class="word-bar-place">
                if matches!(situation.mode, Mode::Command | Mode::More) && bar::is_wanted() {
                    { bar::bar(lab, &hands.tab, &hands.typed.0, hands.typed.1, &hands.keys.changed) }
                }
            </div>
        </div>
    }
}

/// The elements of one terminal, and what its keys work on.
#[derive(Clone)]
struct Hands {
    lab: LabHandle,
    actor: String,
    log: NodeRef,
    input: NodeRef,
    /// Text and cursor as they were drawn.
    typed: UseStateHandle<(String, usize)>,
    suspends: UseStateHandle<bool>,
    tab: TabKey,
    search: SearchKey,
    keys: Keys,
}

#[hook]
fn use_hands(lab: &LabHandle, actor: &str) -> Hands {
    let log = use_node_ref();
    let input = use_node_ref();
    let editor = use_mut_ref(LineEditor::new);
    let search = use_state_eq(|| None::<Search>);
    let typed = use_state_eq(|| (String::new(), 0));
    let menu = use_state_eq(|| None::<Menu>);
    let suspends = use_state_eq(|| false);
    let (lab, actor) = (lab.clone(), actor.to_owned());
    let tab = TabKey { lab: lab.clone(), actor: actor.clone(), input: input.clone(), menu };
    let search = SearchKey { lab: lab.clone(), actor: actor.clone(), input: input.clone(), search };
    let changed = {
        let (input, typed) = (input.clone(), typed.setter());
        Callback::from(move |()| {
            if let Some(input) = input.cast::<HtmlInputElement>() {
                let text = input.value();
                let cursor = byte_of(&text, cursor_of(&input));
                typed.set((text, cursor));
            }
        })
    };
    let keys = Keys {
        lab: lab.clone(),
        actor: actor.clone(),
        input: input.clone(),
        log: log.clone(),
        editor,
        tab: tab.clone(),
        search: search.clone(),
        suspends: suspends.setter(),
        changed,
    };
    Hands { lab, actor, log, input, typed, suspends, tab, search, keys }
}

impl Hands {
    fn press(&self) -> Callback<KeyboardEvent> {
        let keys = self.keys.clone();
        Callback::from(move |event: KeyboardEvent| keys.press(&event))
    }

    fn typing(&self) -> Callback<InputEvent> {
        let hands = self.clone();
        Callback::from(move |event: InputEvent| {
            // What is being composed is one change, noted when it is done.
            if !event.dyn_ref::<InputEvent>().is_some_and(|event| event.is_composing()) {
                hands.keys.typed();
            }
            if is_fill(&event) {
                hands.leave_lists();
            } else if !(hands.search.narrow() || filter(&hands.tab)) {
                hands.tab.narrow();
            }
            hands.keys.changed.emit(());
        })
    }

    /// What is put in from elsewhere is neither searched for nor completed.
    fn leave_lists(&self) {
        self.search.search.set(None);
        self.tab.menu.set(None);
    }

    /// A tap on the terminal leads to its prompt, unless it marks something.
    fn focus(&self) -> Callback<MouseEvent> {
        let hands = self.clone();
        Callback::from(move |_: MouseEvent| {
            hands.lab.change(|lab| lab.active_actor = hands.actor.clone());
            let selecting = crate::ui::browser::window().get_selection().ok().flatten();
            if selecting.is_none_or(|selection| selection.is_collapsed()) {
                focus_on(&hands.input);
            }
        })
    }

    fn back(&self) -> Callback<()> {
        let input = self.input.clone();
        Callback::from(move |()| focus_on(&input))
    }

    /// What the word under the cursor means, or why nothing was stopped.
    fn explained(&self) -> Option<Explanation> {
        if *self.suspends {
            return Some(no_suspending());
        }
        if self.search.search.is_some() {
            return None;
        }
        let text = in_place(&self.typed.0);
        self.lab.read(|lab| lab.playground.terminal(&self.actor)?.explain(&text, self.typed.1))
    }

    /// The option that is chosen in an open list.
    fn option(&self) -> Option<String> {
        let completed = completion::active_id(&self.actor, self.tab.menu.as_ref());
        completed.or(search::active_id(&self.actor, self.search.search.as_ref()))
    }
}

/// Lists that are open, help for the word under the cursor, and what is read aloud.
fn above(hands: &Hands, situation: &Situation) -> Html {
    html! {
        <div class="terminal-above">
            if let Some(menu) = hands.tab.menu.as_ref() {
                { completion::list(&hands.tab, menu) }
            }
            if let Some(search) = hands.search.search.as_ref() {
                { search::list(&hands.search, search, completion::list_id(&hands.actor)) }
            }
            { hint(&hands.actor, &hands.explained()) }
            <span class="visually-hidden" role="status">
                { if *hands.suspends { no_suspending().summary } else { said(situation) } }
            </span>
        </div>
    }
}

/// The prompt with its buttons.
fn prompt(hands: &Hands, situation: &Situation, id: &str) -> Html {
    let (lab, actor) = (&hands.lab, &hands.actor);
    let searches = hands.search.search.is_some();
    let (label, prompt) = match searches {
        true => ("Search in what was entered", "search"),
        false => (situation.label.as_str(), situation.prompt.as_str()),
    };
    let is_open = searches || hands.tab.menu.is_some();
    let is_busy = matches!(situation.mode, Mode::Running | Mode::Reading);
    let moved = &hands.keys.changed;
    html! {
        <div class={classes!("terminal-prompt", is_busy.then_some("is-busy"))}>
            <label class="prompt-label" for={id.to_owned()}>{ prompt }</label>
            <input class="prompt-input" id={id.to_owned()} ref={hands.input.clone()} type="text" autocomplete="off"
                autocapitalize="off" autocorrect="off" spellcheck="false" enterkeyhint="go" aria-label={label.to_owned()}
                aria-describedby={format!("hint-{actor}")} placeholder={situation.hint.clone()} onkeydown={hands.press()}
                onpaste={paste(lab, actor, &hands.input, &hands.search)} oninput={hands.typing()}
                onkeyup={moved.reform(|_: KeyboardEvent| ())} onclick={moved.reform(|_: MouseEvent| ())} role="combobox"
                aria-autocomplete="list" aria-expanded={if is_open { "true" } else { "false" }}
                aria-controls={completion::list_id(actor)} aria-activedescendant={hands.option()} />
            <span class="prompt-buttons">{ below::buttons(lab, actor, situation) }</span>
        </div>
    }
}

fn focus_on(input: &NodeRef) {
    if let Some(input) = input.cast::<HtmlInputElement>() {
        // An element that cannot take the focus keeps things as they are.
        let _ = input.focus();
    }
}

/// The active terminal's prompt is where "skip to the terminal" leads.
fn prompt_id(props: &Props) -> String {
    if props.active { "prompt".to_owned() } else { format!("prompt-{}", props.actor) }
}

/// A command that was put into the prompt from elsewhere.
#[hook]
fn use_fill(hands: Hands, fills: Option<u64>) {
    use_effect_with(fills, move |_| {
        let draft = hands.lab.change(|lab| lab.drafts.remove(&hands.actor));
        if let (Some(draft), Some(input)) = (draft, hands.input.cast::<HtmlInputElement>()) {
            focus_on(&hands.input);
            hands.leave_lists();
            fill(&input, &draft);
            hands.keys.changed.emit(());
        }
    });
}

/// When the editor is gone and the focus with it, the prompt is next.
#[hook]
fn use_return(input: &NodeRef, editing: bool) {
    let input = input.clone();
    let was_editing = use_mut_ref(|| false);
    use_effect_with(editing, move |editing| {
        let document = crate::ui::browser::window().document();
        let is_lost = document.is_some_and(|document| {
            document.active_element().is_none_or(|element| Some(element) == document.body().map(Into::into))
        });
        if was_editing.replace(*editing) && !editing && is_lost {
            focus_on(&input);
        }
    });
}

/// What appears in the prompt without being typed, for those who cannot see it.
fn said(situation: &Situation) -> String {
    match (&situation.remedy, situation.mode) {
        (Some(line), _) => format!("Meant was perhaps: {line}. Arrow right fills it in."),
        (None, Mode::More | Mode::Reading) => situation.hint.clone(),
        _ => String::new(),
    }
}

/// What Ctrl-Z is told.
fn no_suspending() -> Explanation {
    let summary =
        "commands are not stopped and resumed here: Ctrl-C ends this one, & behind a line runs it in the background";
    Explanation { form: "Ctrl-Z".to_owned(), summary: summary.to_owned() }
}

/// What the word under the cursor means; a blank line as long as something is typed that means nothing.
fn hint(actor: &str, explained: &Option<Explanation>) -> Html {
    html! {
        <div class="hint-line" id={format!("hint-{actor}")}>
            if let Some(Explanation { form, summary }) = explained {
                <code class="hint-form">{ form }</code>{ " " }<span>{ summary }</span>
            }
        </div>
    }
}
