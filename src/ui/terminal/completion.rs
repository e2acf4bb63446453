//! The Tab key in a prompt: what fits is put in, or listed above it.
//!
//! What fits is the shell's business. [`TabKey`] is the way in; [`list`] draws what is open.

use super::keys::{in_place, place_cursor};
use crate::commands::complete::Candidate;
use crate::shell::Completion;
use crate::ui::model::LabHandle;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// Candidates shown at most; more of the word narrows them.
const SHOWN: usize = 40;

/// The list that is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Menu {
    completion: Completion,
    chosen: Option<usize>,
}

#[derive(Clone)]
pub struct TabKey {
    pub lab: LabHandle,
    pub actor: String,
    pub input: NodeRef,
    pub menu: UseStateHandle<Option<Menu>>,
}

impl TabKey {
    /// `true` when the key is used up.
    pub fn press(&self, event: &KeyboardEvent) -> bool {
        let key = event.key();
        let Some(menu) = self.menu.as_ref() else {
            return key == "Tab" && !event.shift_key() && self.open();
        };
        let count = menu.completion.candidates.len().min(SHOWN);
        let last = count.saturating_sub(1);
        let chosen = menu.chosen;
        match key.as_str() {
            "ArrowDown" => self.choose(chosen.map_or(0, |at| if at == last { 0 } else { at + 1 })),
            "ArrowUp" => self.choose(chosen.map_or(last, |at| if at == 0 { last } else { at - 1 })),
            "Tab" if event.shift_key() => self.choose(chosen.map_or(last, |at| if at == 0 { last } else { at - 1 })),
            "Tab" if chosen.is_none() => self.choose(0),
            "Tab" => self.accept(chosen.unwrap_or(0)),
            "Enter" if chosen.is_some() => self.accept(chosen.unwrap_or(0)),
            "Escape" => self.menu.set(None),
            "Enter" => {
                self.menu.set(None);
                return false;
            }
            "c" if event.ctrl_key() => {
                self.menu.set(None);
                return false;
            }
            _ => return false,
        }
        true
    }

    /// What was typed since narrows the open list.
    pub fn narrow(&self) {
        if self.menu.is_some() {
            let completion = self.completion().filter(|completion| !completion.candidates.is_empty());
            self.menu.set(completion.map(|completion| Menu { completion, chosen: None }));
        }
    }

    /// An empty prompt lets the focus go on.
    fn open(&self) -> bool {
        let Some(completion) = self.completion() else { return false };
        if completion.candidates.is_empty() {
            return true;
        }
        // Where flags are all that is known, a body or another word may be meant.
        let common = completion.common();
        let is_begun = self.typed().is_some_and(|(_, cursor)| completion.start < cursor);
        if is_begun || common != "--" {
            self.put(completion.start, &common);
        }
        if completion.candidates.len() > 1 {
            self.menu.set(Some(Menu { completion, chosen: None }));
        }
        true
    }

    /// Nothing where the prompt is empty.
    fn completion(&self) -> Option<Completion> {
        let (text, cursor) = self.typed()?;
        (!text.is_empty()).then(|| self.lab.read(|lab| lab.complete(&self.actor, &in_place(&text), cursor)))
    }

    /// What stands in the prompt now, and the byte the cursor is before.
    fn typed(&self) -> Option<(String, usize)> {
        let input = self.input.cast::<HtmlInputElement>()?;
        let text = input.value();
        let cursor = byte_of(&text, cursor_of(&input));
        Some((text, cursor))
    }

    fn choose(&self, at: usize) {
        if let Some(menu) = self.menu.as_ref() {
            self.menu.set(Some(Menu { chosen: Some(at), ..menu.clone() }));
        }
    }

    fn accept(&self, at: usize) {
        if let Some(menu) = self.menu.as_ref()
            && let Some(candidate) = menu.completion.candidates.get(at)
        {
            self.put(menu.completion.start, &menu.completion.entered(candidate));
        }
        self.menu.set(None);
    }

    /// Replaces what stands between `start` and the cursor, if that is a step forward.
    fn put(&self, start: usize, insert: &str) {
        let Some(input) = self.input.cast::<HtmlInputElement>() else { return };
        let cursor = byte_of(&input.value(), cursor_of(&input));
        // Several candidates may share less than what was typed: an alias, a quote.
        let shorter = insert.len() < cursor.saturating_sub(start) && !insert.ends_with([' ', '}']);
        if !insert.is_empty() && !shorter {
            self.replace(start, cursor + self.same_behind(cursor - start.min(cursor), insert), insert);
        }
    }

    /// How much behind the cursor is the end of the word that is put in: it is not doubled.
    fn same_behind(&self, typed: usize, insert: &str) -> usize {
        let Some((text, cursor)) = self.typed() else { return 0 };
        let rest =
            text.get(cursor..).and_then(|after| after.split_whitespace().next().filter(|word| after.starts_with(word)));
        let added = insert.trim_end().get(typed..).unwrap_or_default();
        rest.filter(|rest| added.ends_with(rest)).map_or(0, str::len)
    }

    /// Puts a whole word in the place of the one that was begun at the cursor.
    pub fn replace_word(&self, word: &str) {
        let Some((_, cursor)) = self.typed() else { return };
        let start = self.completion().map_or(0, |completion| completion.start).min(cursor);
        self.replace(start, cursor + self.same_behind(cursor - start, word), word);
    }

    /// Puts something in at the cursor.
    pub fn insert(&self, text: &str) {
        if let Some((_, cursor)) = self.typed() {
            self.replace(cursor, cursor, text);
        }
    }

    /// Replaces what stands between `start` and `end`.
    fn replace(&self, start: usize, end: usize, insert: &str) {
        let Some(input) = self.input.cast::<HtmlInputElement>() else { return };
        let text = input.value();
        if start > end {
            return;
        }
        let (Some(before), Some(after)) = (text.get(..start), text.get(end..)) else { return };
        let after = if insert.ends_with(' ') { after.strip_prefix(' ').unwrap_or(after) } else { after };
        input.set_value(&format!("{before}{insert}{after}"));
        // An input that cannot take the focus keeps things as they are.
        let _ = input.focus();
        place_cursor(&input, before.encode_utf16().count() + insert.encode_utf16().count());
    }
}

pub fn cursor_of(input: &HtmlInputElement) -> usize {
    input.selection_start().ok().flatten().unwrap_or(u32::MAX) as usize
}

/// The page counts in UTF-16.
pub fn byte_of(text: &str, units: usize) -> usize {
    let mut left = units;
    for (at, c) in text.char_indices() {
        if left < c.len_utf16() {
            return at;
        }
        left -= c.len_utf16();
    }
    text.len()
}

pub fn list_id(actor: &str) -> String {
    format!("completions-{actor}")
}

fn option_id(actor: &str, at: usize) -> String {
    format!("completion-{actor}-{at}")
}

/// Scrolls the list so far that the option is seen.
pub fn keep_in_sight(option: Option<String>) {
    let document = crate::ui::browser::window().document();
    let found = document.zip(option).and_then(|(document, id)| document.get_element_by_id(&id));
    let Some(option) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) else { return };
    let Some(list) = option.parent_element() else { return };
    let (top, bottom) = (option.offset_top(), option.offset_top() + option.offset_height());
    if top < list.scroll_top() {
        list.set_scroll_top(top);
    } else if bottom > list.scroll_top() + list.client_height() {
        list.set_scroll_top(bottom - list.client_height());
    }
}

/// The option that is chosen, for who cannot see it.
pub fn active_id(actor: &str, menu: Option<&Menu>) -> Option<String> {
    Some(option_id(actor, menu?.chosen?))
}

/// The open list.
pub fn list(tab: &TabKey, menu: &Menu) -> Html {
    let candidates = &menu.completion.candidates;
    let more = candidates.len().saturating_sub(SHOWN);
    html! {
        <div class="completions" role="listbox" id={list_id(&tab.actor)} aria-label="What fits here">
            for (at, candidate) in candidates.iter().take(SHOWN).enumerate() {
                <div class="completion" role="option" id={option_id(&tab.actor, at)}
                    aria-selected={if menu.chosen == Some(at) { "true" } else { "false" }} onclick={tapped(tab, menu, candidate)}>
                    <span class="completion-text">{ &candidate.text }</span>
                    <span class="completion-summary">{ &*candidate.summary }</span>
                </div>
            }
            if more > 0 {
                <div class="completion-more">{ format!("and {more} more") }</div>
            }
        </div>
    }
}

/// What was tapped is meant, also where what was typed has narrowed the list since it was drawn.
fn tapped(tab: &TabKey, menu: &Menu, candidate: &Candidate) -> Callback<MouseEvent> {
    let (tab, start, insert) = (tab.clone(), menu.completion.start, menu.completion.entered(candidate));
    Callback::from(move |_| {
        tab.put(start, &insert);
        tab.menu.set(None);
    })
}
