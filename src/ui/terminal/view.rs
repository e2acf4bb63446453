//! One terminal: what is on its screen, and the prompt.

use super::bar;
use super::below::{self, Mode, Situation};
use super::completion::{self, Menu, TabKey, byte_of, cursor_of};
use super::edit::EditPane;
use super::keys::{Keys, fill, filter, in_place, paste};
use super::log::LogView;
use super::search::{self, Search, SearchKey};
use super::wire::WirePane;
use crate::commands::explain::Explanation;
use crate::shell::LineEditor;
use crate::ui::model::{LabHandle, use_lab};
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
    let log = use_node_ref();
    let input = use_node_ref();
    let editor = use_mut_ref(LineEditor::new);
    let search = use_state_eq(|| None::<Search>);
    let typed = use_state_eq(|| (String::new(), 0));
    let menu = use_state_eq(|| None::<Menu>);
    let suspends = use_state_eq(|| false);
    let tab = TabKey { lab: lab.clone(), actor: actor.clone(), input: input.clone(), menu: menu.clone() };
    let search_key = SearchKey { lab: lab.clone(), actor: actor.clone(), input: input.clone(), search: search.clone() };
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
        search: search_key.clone(),
        suspends: suspends.setter(),
        changed: changed.clone(),
    };
    let on_key = {
        let keys = keys.clone();
        Callback::from(move |event: KeyboardEvent| keys.press(&event))
    };
    let on_input = {
        let (tab, search_key, changed) = (tab.clone(), search_key.clone(), changed.clone());
        Callback::from(move |_: InputEvent| {
            keys.typed();
            if !(search_key.narrow() || filter(&tab)) {
                tab.narrow();
            }
            changed.emit(());
        })
    };
    use_fill(lab.clone(), actor.clone(), input.clone(), fills, changed.clone());
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
    let editing = situation.mode == Mode::Edit;
    use_return(&input, editing);
    // An old text: the prompt was filled from elsewhere since.
    let explained = lab.read(|lab| {
        let terminal = lab.playground.terminal(actor).filter(|_| search.is_none());
        terminal.and_then(|terminal| terminal.explain(&in_place(&typed.0), typed.1))
    });
    let explained = if *suspends { Some(no_suspending()) } else { explained };
    let (label, prompt) = match search.is_some() {
        true => ("Search in what was entered".to_owned(), "search".to_owned()),
        false => (situation.label.clone(), situation.prompt.clone()),
    };
    let option = completion::active_id(actor, menu.as_ref()).or(search::active_id(actor, search.as_ref()));
    use_effect_with(option.clone(), |option| completion::keep_in_sight(option.clone()));
    let open = menu.is_some() || search.is_some();
    let moved = changed.clone();
    html! {
        <div class={classes!("terminal", props.active.then_some("is-active"), props.shown.then_some("is-shown"), editing.then_some("is-editing"))} id={format!("terminal-{actor}")}
            role="tabpanel" aria-labelledby={format!("tab-{actor}")} onclick={focus}>
            <div class="terminal-screen">
                <LogView lab={lab.clone()} actor={actor.clone()} log={log} />
                <div class="wire-place">
                    if let Some(command) = wire {
                        <WirePane lab={lab.clone()} actor={actor.clone()} {command} on_closed={back} />
                    }
                </div>
            </div>
            if editing {
                <EditPane key={situation.asked.unwrap_or_default()} lab={lab.clone()} actor={actor.clone()} active={props.active} />
            }
            <div class="terminal-above">
                if let Some(menu) = menu.as_ref() {
                    { completion::list(&tab, menu) }
                }
                if let Some(search) = search.as_ref() {
                    { search::list(&search_key, search, completion::list_id(actor)) }
                }
                { hint(actor, &explained) }
                <span class="visually-hidden" role="status">
                    { if *suspends { no_suspending().summary } else { said(&situation) } }
                </span>
            </div>
            <div class={classes!("terminal-prompt", matches!(situation.mode, Mode::Running | Mode::Reading).then_some("is-busy"))}>
                <label class="prompt-label" for={prompt_id(props)}>{ prompt }</label>
                <input class="prompt-input" id={prompt_id(props)} ref={input} type="text" autocomplete="off"
                    autocapitalize="off" autocorrect="off" spellcheck="false" enterkeyhint="go"
                    aria-label={label} aria-describedby={format!("hint-{actor}")} placeholder={situation.hint.clone()} onkeydown={on_key} onpaste={on_paste}
                    oninput={on_input} onkeyup={moved.reform(|_: KeyboardEvent| ())} onclick={moved.reform(|_: MouseEvent| ())} role="combobox" aria-autocomplete="list"
                    aria-expanded={if open { "true" } else { "false" }}
                    aria-controls={completion::list_id(actor)}
                    aria-activedescendant={option} />
                <span class="prompt-buttons">{ below::buttons(lab, actor, &situation) }</span>
            </div>
            <div class="word-bar-place">
                if matches!(situation.mode, Mode::Command | Mode::More) && bar::is_wanted() {
                    { bar::bar(lab, &tab, &typed.0, typed.1, &changed) }
                }
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
fn use_fill(lab: LabHandle, actor: String, input: NodeRef, fills: Option<u64>, changed: Callback<()>) {
    use_effect_with(fills, move |_| {
        let draft = lab.change(|lab| lab.drafts.remove(&actor));
        if let (Some(draft), Some(input)) = (draft, input.cast::<HtmlInputElement>()) {
            // As above.
            let _ = input.focus();
            fill(&input, &draft);
            changed.emit(());
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
        if was_editing.replace(*editing)
            && !editing
            && is_lost
            && let Some(input) = input.cast::<HtmlInputElement>()
        {
            // As above.
            let _ = input.focus();
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
