//! What keys do in a prompt: what readline does with them, as far as browsers let go of them.
//!
//! The input element holds the text; each editing key is done by the shell's [`LineEditor`] on it.

use super::completion::{TabKey, byte_of, cursor_of};
use super::search::SearchKey;
use crate::commands::Question;
use crate::playground::Input;
use crate::shell::LineEditor;
use crate::ui::app::take_back_wishes;
use crate::ui::model::{Lab, LabHandle};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

#[derive(Clone)]
pub struct Keys {
    pub lab: LabHandle,
    pub actor: String,
    pub input: NodeRef,
    pub log: NodeRef,
    pub editor: Rc<RefCell<LineEditor>>,
    pub tab: TabKey,
    pub search: SearchKey,
    /// Ctrl-Z was pressed while a command runs: to be answered in words.
    pub suspends: UseStateSetter<bool>,
    /// Called when text or cursor may have changed.
    pub changed: Callback<()>,
}

impl Keys {
    pub fn press(&self, event: &KeyboardEvent) {
        let Some(input) = self.input.cast::<HtmlInputElement>() else { return };
        // These keys are the input method's.
        if event.is_composing() {
            return;
        }
        self.suspends.set(false);
        if self.search.press(event) || self.tab.press(event) || self.handle(event, &input) {
            event.prevent_default();
            self.changed.emit(());
        }
    }

    fn handle(&self, event: &KeyboardEvent, input: &HtmlInputElement) -> bool {
        let control = event.ctrl_key() && !event.alt_key() && !event.meta_key();
        let alt = event.alt_key() && !event.ctrl_key() && !event.meta_key();
        match event.key().as_str() {
            "Enter" => self.enter(input),
            "ArrowUp" | "ArrowDown" if self.selects() => {
                let by = if event.key() == "ArrowUp" { -1 } else { 1 };
                self.lab.change(|lab| lab.input(Input::Move { actor: self.actor.clone(), by }));
                true
            }
            "ArrowLeft" if alt => self.edit_if(input, Some(LineEditor::word_left)),
            "ArrowRight" if alt => self.edit_if(input, Some(LineEditor::word_right)),
            "ArrowRight" if input.value().is_empty() => self.mend(input),
            "ArrowUp" => self.recall(input, LineEditor::history_previous),
            "ArrowDown" => self.recall(input, LineEditor::history_next),
            "c" if control && nothing_selected(input) => {
                input.set_value("");
                self.editor.borrow_mut().cancel();
                self.lab.change(|lab| lab.interrupt(&self.actor));
                true
            }
            // Out of the prompt, where single keys mean something.
            "Escape" => self.log.cast::<HtmlElement>().is_some_and(|log| log.focus().is_ok()),
            "d" if control && input.value().is_empty() => {
                self.lab.change(|lab| lab.input(Input::EndOfInput { actor: self.actor.clone() }));
                true
            }
            "z" if control && self.lab.read(|lab| self.is_busy(lab)) => {
                self.suspends.set(true);
                true
            }
            "z" | "_" | "-" if control => self.walk(input, LineEditor::undo),
            "Z" if control => self.walk(input, LineEditor::redo),
            "." if alt => {
                self.know_history();
                self.edit(input, LineEditor::insert_last_word);
                true
            }
            "l" if control => {
                self.lab.change(|lab| lab.input(Input::ClearScreen { actor: self.actor.clone() }));
                true
            }
            "p" if control => self.recall(input, LineEditor::history_previous),
            "n" if control => self.recall(input, LineEditor::history_next),
            key if control => self.edit_if(input, of_control(key)),
            key if alt => self.edit_if(input, of_alt(&key.to_ascii_lowercase())),
            _ => false,
        }
    }

    fn enter(&self, input: &HtmlInputElement) -> bool {
        let text = input.value();
        input.set_value("");
        self.editor.borrow_mut().cancel();
        // What stands there has narrowed the list already; the option in focus is meant.
        let text = if self.selects() { String::new() } else { meant(&text) };
        self.lab.change(|lab| lab.enter(&self.actor, &text));
        true
    }

    /// Puts in what was meant by the last line.
    fn mend(&self, input: &HtmlInputElement) -> bool {
        let Some(line) = self.lab.read(|lab| lab.playground.remedy(&self.actor)) else { return false };
        fill(input, &line);
        true
    }

    fn recall(&self, input: &HtmlInputElement, walk: fn(&mut LineEditor)) -> bool {
        if !self.editor.borrow().is_in_history() {
            self.know_history();
        }
        self.edit(input, walk);
        true
    }

    fn know_history(&self) {
        let history = self.lab.read(|lab| lab.playground.terminal(&self.actor).map(|terminal| terminal.history()));
        let history = history.unwrap_or_default().iter().map(|line| shown(line)).collect();
        self.editor.borrow_mut().set_history(history);
    }

    /// Something is chosen from a list now, drawn or not.
    fn selects(&self) -> bool {
        let question =
            self.lab.read(|lab| lab.playground.terminal(&self.actor).and_then(|terminal| terminal.question()));
        matches!(question, Some(Question::Select { .. }))
    }

    fn is_busy(&self, lab: &Lab) -> bool {
        lab.playground.terminal(&self.actor).is_some_and(|terminal| terminal.is_busy())
    }

    /// Notes what was typed, so that it can be taken back.
    pub fn typed(&self) {
        if let Some(input) = self.input.cast::<HtmlInputElement>() {
            let text = input.value();
            self.editor.borrow_mut().set(&text, byte_of(&text, cursor_of(&input)));
        }
    }

    fn edit_if(&self, input: &HtmlInputElement, change: Option<fn(&mut LineEditor)>) -> bool {
        if let Some(change) = change {
            self.edit(input, change);
        }
        change.is_some()
    }

    fn edit(&self, input: &HtmlInputElement, change: fn(&mut LineEditor)) {
        self.walk(input, |editor| editor.change(change));
    }

    fn walk(&self, input: &HtmlInputElement, step: impl FnOnce(&mut LineEditor)) -> bool {
        let text = input.value();
        let mut editor = self.editor.borrow_mut();
        editor.set(&text, byte_of(&text, cursor_of(input)));
        step(&mut editor);
        if editor.text() != text {
            input.set_value(editor.text());
        }
        place_cursor(input, editor.text()[..editor.cursor()].encode_utf16().count());
        true
    }
}

/// Puts the cursor before the unit of UTF-16 with that number, and brings it into sight: browsers do that only for what is
/// typed.
pub fn place_cursor(input: &HtmlInputElement, place: usize) {
    // An input that refuses keeps the cursor at its end.
    let _ = input.set_selection_range(place as u32, place as u32);
    let units = input.value().encode_utf16().count().max(1);
    let (width, room) = (input.scroll_width(), input.client_width());
    // All signs are of one width.
    let at = (f64::from(width) * place as f64 / units as f64) as i32;
    let seen = input.scroll_left() + 1..input.scroll_left() + room;
    if width > room && !seen.contains(&at) {
        input.set_scroll_left(if place == units { width } else { at - room / 2 });
    }
}

/// Fills the prompt and puts the cursor at its end.
pub fn fill(input: &HtmlInputElement, text: &str) {
    input.set_value(&shown(text));
    place_cursor(input, input.value().encode_utf16().count());
}

/// Puts what a prompt was filled with into it before the next drawing, where it is in sight: whoever then presses Enter, or
/// types, means it.
pub fn fill_at_once(lab: &LabHandle, actor: &str) {
    let document = crate::ui::browser::window().document();
    let selector = format!("#terminal-{actor} .prompt-input");
    let found = document.and_then(|document| document.query_selector(&selector).ok().flatten());
    let input = found.and_then(|found| found.dyn_into::<HtmlInputElement>().ok());
    let Some(input) = input.filter(|input| input.offset_width() > 0) else { return };
    take_back_wishes();
    if input.focus().is_err() {
        return;
    }
    let Some(draft) = lab.change(|lab| lab.drafts.remove(actor)) else { return };
    fill(&input, &draft);
    // As if it had been typed, but for what is done with lists that are open.
    let init = web_sys::InputEventInit::new();
    init.set_bubbles(true);
    init.set_input_type(FILL);
    if let Ok(event) = web_sys::InputEvent::new_with_event_init_dict("input", &init) {
        let _ = input.dispatch_event(&event);
    }
}

/// What browsers call it when a text is put in the place of another.
const FILL: &str = "insertReplacementText";

/// The prompt was filled, not typed in.
pub fn is_fill(event: &InputEvent) -> bool {
    event.dyn_ref::<InputEvent>().is_some_and(|event| event.input_type() == FILL)
}

/// Stands in the prompt for the end of a line: an input element has one line only.
const LINE_END: &str = "⏎";

/// Several lines as the prompt shows them.
pub fn shown(text: &str) -> String {
    text.replace('\n', LINE_END)
}

/// What the prompt shows, as it is entered.
pub fn meant(text: &str) -> String {
    text.replace(LINE_END, "\n")
}

/// The same with every byte at its place.
pub fn in_place(text: &str) -> String {
    text.replace(LINE_END, "\n  ")
}

fn of_control(key: &str) -> Option<fn(&mut LineEditor)> {
    Some(match key {
        "a" => LineEditor::home,
        "e" => LineEditor::end,
        "k" => LineEditor::kill_to_end,
        "u" => LineEditor::kill_to_start,
        "w" => LineEditor::kill_word,
        "y" => LineEditor::yank,
        "d" => LineEditor::delete,
        "h" => LineEditor::backspace,
        _ => return None,
    })
}

fn of_alt(key: &str) -> Option<fn(&mut LineEditor)> {
    Some(match key {
        "b" => LineEditor::word_left,
        "f" => LineEditor::word_right,
        "d" => LineEditor::kill_word_forward,
        "backspace" => LineEditor::kill_word,
        _ => return None,
    })
}

/// With a selection, Ctrl-C copies.
fn nothing_selected(input: &HtmlInputElement) -> bool {
    let in_input = input.selection_start().ok().flatten() == input.selection_end().ok().flatten();
    let page = crate::ui::browser::window().get_selection().ok().flatten();
    in_input && page.is_none_or(|selection| selection.is_collapsed())
}

/// What is typed narrows the options; a lone question mark asks for help. `false` when there is nothing to choose from.
pub fn filter(tab: &TabKey) -> bool {
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

/// Several lines at once run one after another; the last one stays in the prompt unless it was ended.
pub fn paste(lab: &LabHandle, actor: &str, input: &NodeRef, search: &SearchKey) -> Callback<Event> {
    let (lab, actor, input) = (lab.clone(), actor.to_owned(), input.clone());
    let searches = search.search.is_some();
    Callback::from(move |event: Event| {
        let Some(event) = event.dyn_ref::<web_sys::ClipboardEvent>() else { return };
        let text = event.clipboard_data().and_then(|data| data.get_data("text").ok()).unwrap_or_default();
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let Some((lines, rest)) = text.rsplit_once('\n').filter(|_| !searches) else { return };
        let Some(input) = input.cast::<HtmlInputElement>() else { return };
        event.prevent_default();
        let (before, after) = around_selection(&input);
        fill(&input, &format!("{rest}{after}"));
        place_cursor(&input, shown(rest).encode_utf16().count());
        lab.change(|lab| lab.enter(&actor, &meant(&format!("{before}{lines}"))));
    })
}

/// What stands before what is marked, or before the cursor, and what behind it.
fn around_selection(input: &HtmlInputElement) -> (String, String) {
    let text = input.value();
    let end = input.selection_end().ok().flatten().map_or(text.len(), |end| byte_of(&text, end as usize));
    let start = byte_of(&text, cursor_of(input)).min(end);
    (text[..start].to_owned(), text[end..].to_owned())
}
