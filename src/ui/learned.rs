//! What was learned, as a file: to be saved, and taken in again elsewhere, together with what is known there.

use super::model::{LabHandle, use_lab};
use super::share::{copied, progress_link, read_text, save_file};
use crate::flow::words::count;
use crate::lessons::progress::Progress;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

const FILE: &str = "jetstream-lab-progress.json";
/// Of a file with progress in it, in bytes.
const LONGEST_FILE: f64 = 1e6;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

/// How far one has come, and the way out and in.
#[component]
pub fn Learned(props: &Props) -> Html {
    let milestones = use_lab(&props.lab, (), |lab, ()| lab.progress.milestones());
    let said = use_state_eq(String::new);
    let save = {
        let (lab, said) = (props.lab.clone(), said.setter());
        Callback::from(move |_: MouseEvent| {
            let json = lab.read(|lab| lab.progress.to_json());
            if let Err(error) = save_file(FILE, "application/json", &json) {
                said.set(format!("The file could not be saved: {error:?}"));
            }
        })
    };
    let open = {
        let (lab, said) = (props.lab.clone(), said.setter());
        Callback::from(move |event: Event| {
            let input: web_sys::HtmlInputElement = event.target_unchecked_into();
            let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
            // The same file can be opened again.
            input.set_value("");
            let (lab, said) = (lab.clone(), said.clone());
            spawn_local(async move {
                let name = file.name();
                let read = read_text(file, LONGEST_FILE).await;
                let read = read.and_then(|text| Progress::read(&text).map_err(|error| format!("{name}: {error}")));
                said.set(match read {
                    Ok(progress) => taken_in(&lab, progress),
                    Err(error) => error,
                });
            });
        })
    };
    let link = {
        let (lab, said) = (props.lab.clone(), said.setter());
        Callback::from(move |_: MouseEvent| {
            let (lab, said) = (lab.clone(), said.clone());
            spawn_local(async move {
                said.set(match progress_link(&lab).await {
                    Ok(link) if copied(&link).await => {
                        "The link is copied. Whoever opens it has reached what you have.".to_owned()
                    }
                    Ok(link) => format!("The browser does not let us copy. This is the link: {link}"),
                    Err(error) => error,
                });
            });
        })
    };
    let lasts = props.lab.read(|lab| lab.progress_lasts);
    html! {
        <fieldset class="setting">
            <legend>{ "What you have reached" }</legend>
            <p>{ format!("{}, {}.", count(milestones, "milestone", "milestones"), if lasts { "kept in this browser alone" } else {
                "kept until this page is closed: your browser does not let it remember anything"
            }) }</p>
            <div class="row">
                <button class="button" id="progress-save" onclick={save}>{ "Save as a file" }</button>
                <button class="button" id="progress-link" onclick={link}>{ "Copy a link" }</button>
                <label class="button">
                    { "Open a file" }
                    <input class="visually-hidden" id="progress-open" type="file" accept=".json,application/json" onchange={open} />
                </label>
            </div>
            <p role="status" class="learned-said">{ &*said }</p>
        </fieldset>
    }
}

/// Adds what came in a file or a link; what came of it.
pub fn taken_in(lab: &LabHandle, progress: Progress) -> String {
    let new = lab.change(|lab| {
        let new = lab.progress.take_in(progress);
        lab.keep_progress();
        new
    });
    match new {
        0 => "There was nothing new in it.".to_owned(),
        new => format!("{} came with it.", count(new, "milestone", "milestones")),
    }
}
