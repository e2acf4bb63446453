//! The keys of the page, over everything else.

use super::keys::SHORTCUTS;
use yew::prelude::*;

/// Keys that are no single letters and always on.
const OTHERS: &[(&str, &str)] = &[
    ("Enter", "Run the line, answer the question"),
    ("Ctrl C", "End what runs in this terminal"),
    ("↑ ↓", "Earlier and later lines; choose in a list"),
    ("Ctrl L", "Clear the screen"),
    ("Esc", "Out of the prompt, so that single keys work"),
    ("← →", "From terminal to terminal, along the messages of a stream"),
];

#[derive(Properties, PartialEq)]
pub struct Props {
    pub single_keys: bool,
    pub on_single_keys: Callback<bool>,
    pub on_close: Callback<()>,
}

#[component]
pub fn Help(props: &Props) -> Html {
    let (close, switch_ref) = (use_node_ref(), use_node_ref());
    {
        let close = close.clone();
        use_effect_with((), move |()| {
            if let Some(close) = close.cast::<web_sys::HtmlElement>() {
                // An element that cannot take the focus keeps things as they are.
                let _ = close.focus();
            }
        });
    }
    let switch = {
        let (on, set) = (props.single_keys, props.on_single_keys.clone());
        Callback::from(move |_: Event| set.emit(!on))
    };
    // Two things can have the focus here, and Tab goes from one to the other.
    let on_key = {
        let (close, switch) = (close.clone(), switch_ref.clone());
        Callback::from(move |event: KeyboardEvent| {
            let Some(close) = close.cast::<web_sys::HtmlElement>().filter(|_| event.key() == "Tab") else { return };
            event.prevent_default();
            let target = event.target_dyn_into::<web_sys::HtmlElement>();
            let other = if target.as_ref() == Some(&close) { switch.cast() } else { Some(close) };
            // As above.
            let _ = other.map(|other| other.focus());
        })
    };
    let key = |name: &str, what: &str| {
        let name = if name == " " { "Space".to_owned() } else { name.to_uppercase() };
        html! { <><dt key={name.clone()}><kbd>{ name.clone() }</kbd></dt><dd>{ what }</dd></> }
    };
    html! {
        <div class="overlay" role="dialog" aria-modal="true" aria-labelledby="help-title" onkeydown={on_key}>
            <div class="dialog panel">
                <h2 id="help-title">{ "Keys" }</h2>
                <dl class="keys">
                    { for SHORTCUTS.iter().map(|(name, _, what)| key(name, what)) }
                    { for OTHERS.iter().map(|(name, what)| html! { <><dt><kbd>{ *name }</kbd></dt><dd>{ *what }</dd></> }) }
                </dl>
                <label class="bet-option">
                    <input type="checkbox" ref={switch_ref} checked={props.single_keys} onchange={switch} />
                    { " Single keys work while nothing is being typed" }
                </label>
                <div class="row">
                    <button class="button button-primary" ref={close} onclick={props.on_close.reform(|_| ())}>
                        { "Close" }
                    </button>
                </div>
            </div>
        </div>
    }
}
