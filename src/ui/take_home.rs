//! What is on the server, to copy or to save: as commands, or as a program.

use super::dialog::Dialog;
use super::model::{LabHandle, use_lab};
use super::share::{copied, save_file};
use crate::commands::export::{self, Language};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub on_close: Callback<()>,
}

#[component]
pub fn TakeHome(props: &Props) -> Html {
    let language = use_state_eq(|| Language::Nats);
    let is_copied = use_state_eq(|| false);
    // As things are when the dialog comes up, so that what is copied is what was read.
    let belongings = {
        let lab = props.lab.clone();
        use_memo((), move |()| lab.read(|lab| lab.at_home().belongings()))
    };
    let text = {
        let belongings = belongings.clone();
        use_memo(*language, move |language| AttrValue::from(export::write(&belongings, *language)))
    };
    let choose = |chosen: Language| {
        let (language, is_copied) = (language.setter(), is_copied.setter());
        Callback::from(move |_: MouseEvent| {
            language.set(chosen);
            is_copied.set(false);
        })
    };
    // In the language that was chosen last, drawn or not.
    let written = {
        let (belongings, language) = (belongings.clone(), language.clone());
        Rc::new(move || (export::write(&belongings, *language), language.file()))
    };
    let copy = {
        let (written, is_copied) = (written.clone(), is_copied.setter());
        Callback::from(move |_: MouseEvent| {
            let ((text, _), is_copied) = (written(), is_copied.clone());
            spawn_local(async move { is_copied.set(copied(&text).await) });
        })
    };
    let save = {
        let lab = props.lab.clone();
        Callback::from(move |_: MouseEvent| {
            let (text, file) = written();
            if let Err(error) = save_file(file, "text/plain", &text) {
                lab.change(|lab| lab.trouble = Some(format!("The file could not be saved: {error:?}")));
            }
        })
    };
    let far =
        use_lab(&props.lab, (), |lab, ()| lab.standing().filter(|_| lab.is_far_away()).map(|standing| standing.url));
    let run = {
        let (lab, belongings, on_close) = (props.lab.clone(), belongings.clone(), props.on_close.clone());
        let has_run = use_mut_ref(|| false);
        Callback::from(move |_: MouseEvent| {
            // Pressed twice before the dialog is gone.
            if has_run.replace(true) {
                return;
            }
            let script = export::write(&belongings, Language::Nats);
            lab.change(|lab| {
                let actor = lab.active_actor.clone();
                lab.enter(&actor, script.trim_end());
            });
            on_close.emit(());
        })
    };
    let words = match belongings.is_empty() {
        true => "There is nothing on this server yet: no stream, no bucket. Make some, and they can be taken home."
            .to_owned(),
        false => format!(
            "{}. What makes the same elsewhere, on a server of your own for example; messages stay here.",
            belongings.summary()
        ),
    };
    html! {
        <Dialog title="Take it home" class="dialog-wide" on_close={props.on_close.clone()}>
            <p id="home-words">{ words }</p>
            <div class="row" role="group" aria-label="Written as">
                { for Language::ALL.iter().map(|(word, this, name, _)| html! {
                    <button class="button button-small" id={format!("home-{word}")} aria-pressed={(*this == *language).to_string()}
                        onclick={choose(*this)}>{ *name }</button>
                }) }
            </div>
            <pre class="console home-text" id="home-text" tabindex="0" aria-label={language.file()}>{ (*text).clone() }</pre>
            if let Some(url) = far.filter(|_| !belongings.is_empty() && *language == Language::Nats) {
                <p class="notice" id="home-far">
                    { format!("These lines make it on {url}, typed into the terminal there. What has one of these names \
                               already stays as it is: the line for it is refused. ") }
                    <button class="button button-small" id="home-run" onclick={run}>{ "Type them there" }</button>
                </p>
            }
            <div class="row">
                <button class="button" id="home-copy" disabled={belongings.is_empty()} onclick={copy}>
                    { if *is_copied { "Copied" } else { "Copy" } }
                </button>
                <button class="button" id="home-save" disabled={belongings.is_empty()} onclick={save}>
                    { format!("Save as {}", language.file()) }
                </button>
            </div>
        </Dialog>
    }
}
