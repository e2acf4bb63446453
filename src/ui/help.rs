//! The keys of the page, over everything else.

use super::dialog::Dialog;
use super::keys::SHORTCUTS;
use yew::prelude::*;

/// Keys that are no single letters and always on.
const OTHERS: &[(&str, &str)] = &[
    ("Enter", "Run the line, answer the question"),
    ("Ctrl C", "End what runs in this terminal"),
    ("↑ ↓", "Earlier and later lines; choose in a list"),
    ("Tab", "What fits here: commands, flags, names; again to choose"),
    ("Ctrl R", "Find what you entered before; again for an older one"),
    ("Alt B, Alt F", "A word back, a word on"),
    ("Ctrl A, Ctrl E", "To the beginning, to the end of the line"),
    ("Ctrl K, Ctrl U", "Cut to the end, to the beginning; Alt D and Alt ⌫ a word"),
    ("Ctrl Y", "Put in what was cut"),
    ("Ctrl D", "End what you type into a command"),
    ("Ctrl L", "Clear the screen"),
    ("Enter", "In what was printed: to the links; arrows go from one to the next"),
    ("Esc", "Out of the prompt, so that single keys work; out of what is open"),
    ("Enter", "In the scene: look closer; once more: the stream alone, the life of a message; Esc goes back"),
    ("← →", "From terminal to terminal, along the messages of a stream"),
];

#[derive(Properties, PartialEq)]
pub struct Props {
    pub single_keys: bool,
    pub on_single_keys: Callback<bool>,
    pub on_connect: Callback<()>,
    pub on_close: Callback<()>,
}

#[component]
pub fn Help(props: &Props) -> Html {
    let switch = {
        props.on_single_keys.reform(|event: Event| event.target_unchecked_into::<web_sys::HtmlInputElement>().checked())
    };
    let key = |name: &str, what: &str| {
        let name = if name == " " { "Space".to_owned() } else { name.to_uppercase() };
        html! { <><dt key={name.clone()}><kbd>{ name.clone() }</kbd></dt><dd>{ what }</dd></> }
    };
    html! {
        <Dialog title="Keys" on_close={props.on_close.clone()}>
            <dl class="keys">
                { for SHORTCUTS.iter().map(|(name, _, what)| key(name, what)) }
                { for OTHERS.iter().map(|(name, what)| html! { <><dt><kbd>{ *name }</kbd></dt><dd>{ *what }</dd></> }) }
            </dl>
            <label class="setting-option">
                <input type="checkbox" checked={props.single_keys} onchange={switch} />
                { " Single keys work while nothing is being typed" }
            </label>
            <div class="row">
                <button class="button" id="help-connect" onclick={props.on_connect.reform(|_| ())}>
                    { "Connect to a server of your own" }
                </button>
            </div>
        </Dialog>
    }
}
