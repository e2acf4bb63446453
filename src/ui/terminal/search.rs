//! Ctrl-R: lines entered earlier that hold what is typed, the newest first.
//!
//! While one searches the prompt holds the pattern; what stood there before comes back with Escape.

use super::keys::{fill, shown};
use crate::shell::LineEditor;
use crate::ui::model::LabHandle;
use web_sys::HtmlInputElement;
use yew::prelude::*;

const SHOWN: usize = 8;

/// A search that is on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// What stood in the prompt.
    draft: String,
    found: Vec<String>,
    chosen: usize,
}

#[derive(Clone)]
pub struct SearchKey {
    pub lab: LabHandle,
    pub actor: String,
    pub input: NodeRef,
    pub search: UseStateHandle<Option<Search>>,
}

impl SearchKey {
    /// `true` when the key is used up.
    pub fn press(&self, event: &KeyboardEvent) -> bool {
        let control = event.ctrl_key() && !event.alt_key() && !event.meta_key();
        let Some(search) = self.search.as_ref() else {
            return control && event.key() == "r" && self.begin();
        };
        let last = search.found.len().saturating_sub(1);
        match event.key().as_str() {
            "r" if control => self.choose((search.chosen + 1).min(last)),
            "s" if control => self.choose(search.chosen.saturating_sub(1)),
            "ArrowDown" => self.choose((search.chosen + 1).min(last)),
            "ArrowUp" => self.choose(search.chosen.saturating_sub(1)),
            "Tab" | "ArrowRight" | "ArrowLeft" | "Home" | "End" => self.accept(search.chosen),
            "a" | "e" if control => self.accept(search.chosen),
            // The line found is entered, as in a shell; what stood in the prompt before is not.
            "Enter" => {
                self.accept(search.chosen);
                return search.found.is_empty();
            }
            "Escape" => self.put(&search.draft.clone()),
            "g" | "c" if control => self.put(&search.draft.clone()),
            _ => return false,
        }
        true
    }

    /// The pattern has changed.
    pub fn narrow(&self) -> bool {
        let (Some(search), Some(input)) = (self.search.as_ref(), self.input.cast::<HtmlInputElement>()) else {
            return false;
        };
        self.search.set(Some(Search { found: self.look(&input.value()), chosen: 0, draft: search.draft.clone() }));
        true
    }

    fn accept(&self, at: usize) {
        if let Some(search) = self.search.as_ref() {
            let line = search.found.get(at).unwrap_or(&search.draft).clone();
            self.put(&line);
        }
    }

    fn begin(&self) -> bool {
        let Some(input) = self.input.cast::<HtmlInputElement>() else { return false };
        let draft = input.value();
        input.set_value("");
        self.search.set(Some(Search { draft, found: self.look(""), chosen: 0 }));
        true
    }

    fn look(&self, pattern: &str) -> Vec<String> {
        let history = self.lab.read(|lab| lab.playground.terminal(&self.actor).map(|terminal| terminal.history()));
        let found = history.unwrap_or_default();
        LineEditor::matches(&found, pattern).into_iter().take(SHOWN).map(str::to_owned).collect()
    }

    fn choose(&self, at: usize) {
        if let Some(search) = self.search.as_ref() {
            self.search.set(Some(Search { chosen: at, ..search.clone() }));
        }
    }

    /// Ends the search with `text` in the prompt.
    fn put(&self, text: &str) {
        if let Some(input) = self.input.cast::<HtmlInputElement>() {
            // An input that cannot take the focus keeps things as they are.
            let _ = input.focus();
            fill(&input, text);
        }
        self.search.set(None);
    }
}

fn option_id(actor: &str, at: usize) -> String {
    format!("earlier-{actor}-{at}")
}

pub fn active_id(actor: &str, search: Option<&Search>) -> Option<String> {
    search.filter(|search| !search.found.is_empty()).map(|search| option_id(actor, search.chosen))
}

/// What was found.
pub fn list(key: &SearchKey, search: &Search, list_id: String) -> Html {
    let accept = |line: &String| {
        let (key, line) = (key.clone(), line.clone());
        Callback::from(move |_: MouseEvent| key.put(&line))
    };
    html! {
        <div class="completions" role="listbox" id={list_id} aria-label="Lines entered earlier">
            for (at, line) in search.found.iter().enumerate() {
                <div class="completion" role="option" id={option_id(&key.actor, at)}
                    aria-selected={if search.chosen == at { "true" } else { "false" }} onclick={accept(line)}>
                    <span class="completion-text">{ shown(line) }</span>
                </div>
            }
            if search.found.is_empty() {
                <div class="completion-more" role="option" aria-selected="false">{ "nothing entered so far has that in it" }</div>
            }
        </div>
    }
}
