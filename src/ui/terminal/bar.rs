//! The word bar above a phone's keyboard: what could come next, and the signs a phone hides.

use super::completion::TabKey;
use super::keys::{fill, in_place};
use crate::ui::model::{Lab, LabHandle};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

const WORDS: usize = 8;
/// Of many words, these are shown first.
const COMMON: &[&str] = &[
    "nats",
    "lab",
    "echo",
    "cat",
    "jobs",
    "kill",
    "publish",
    "subscribe",
    "stream",
    "consumer",
    "request",
    "reply",
    "kv",
    "info",
    "add",
    "next",
    "ls",
    "get",
    "put",
];
/// With how each is read aloud.
const SIGNS: &[(&str, &str)] = &[
    ("-", "dash"),
    (".", "dot"),
    ("*", "star"),
    (">", "greater than"),
    ("\"", "double quote"),
    ("'", "single quote"),
    ("|", "pipe"),
    ("$", "dollar"),
];

/// Whether this is a screen on which words are tapped.
pub fn is_wanted() -> bool {
    let query = crate::ui::browser::window().match_media("(pointer: coarse), (width < 760px)");
    query.ok().flatten().is_some_and(|query| query.matches())
}

/// What fits at `cursor`, a byte offset, what is wanted most first.
fn words(lab: &Lab, actor: &str, text: &str, cursor: usize) -> Vec<String> {
    let mut completion = lab.complete(actor, &in_place(text), cursor);
    let rank = |text: &str| COMMON.iter().position(|common| *common == text).unwrap_or(COMMON.len());
    crate::sorted::by_key(&mut completion.candidates, |candidate| rank(&candidate.text));
    completion.candidates.into_iter().map(|candidate| candidate.text).take(WORDS).collect()
}

pub fn bar(lab: &LabHandle, tab: &TabKey, text: &str, cursor: usize, changed: &Callback<()>) -> Html {
    let words = lab.read(|lab| words(lab, &tab.actor, text, cursor));
    let earlier = {
        let (tab, changed) = (tab.clone(), changed.clone());
        Callback::from(move |_: MouseEvent| {
            let last =
                tab.lab.read(|lab| lab.playground.terminal(&tab.actor).and_then(|terminal| terminal.history().pop()));
            let input = tab.input.cast::<HtmlInputElement>().filter(|input| input.value().is_empty());
            if let (Some(line), Some(input)) = (last, input) {
                fill(&input, &line);
                changed.emit(());
            }
        })
    };
    html! {
        <div class="word-bar" role="toolbar" aria-label="Words to tap">
            <span class="word-group">
                if text.is_empty() {
                    <button class="word-key" onpointerdown={keep_focus()} onclick={earlier} aria-label="The line before">
                        { "↑" }
                    </button>
                }
            </span>
            <span class="word-group">
                for word in words {
                    <button key={word.clone()} class="word-key is-word" onpointerdown={keep_focus()}
                        onclick={press(tab, Place::Word, &format!("{word} "), changed)}>{ &word }</button>
                }
            </span>
            <span class="word-group">
                for (sign, name) in SIGNS {
                    <button key={*name} class="word-key" aria-label={*name} onpointerdown={keep_focus()}
                        onclick={press(tab, Place::Cursor, sign, changed)}>{ *sign }</button>
                }
            </span>
        </div>
    }
}

/// The keyboard of a phone goes away with the focus.
fn keep_focus() -> Callback<PointerEvent> {
    Callback::from(|event: PointerEvent| event.prevent_default())
}

/// Where something goes that is tapped, in what stands in the prompt by then.
#[derive(Clone, Copy)]
enum Place {
    /// It takes the place of the word that was begun.
    Word,
    Cursor,
}

fn press(tab: &TabKey, place: Place, insert: &str, changed: &Callback<()>) -> Callback<MouseEvent> {
    let (tab, insert, changed) = (tab.clone(), insert.to_owned(), changed.clone());
    Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        match place {
            Place::Word => tab.replace_word(&insert),
            Place::Cursor => tab.insert(&insert),
        }
        // What comes next begins at the left.
        let key = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(bar) = key.and_then(|key| key.closest(".word-bar").ok().flatten()) {
            bar.set_scroll_left(0);
        }
        changed.emit(());
    })
}
