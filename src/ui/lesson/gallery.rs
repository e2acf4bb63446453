//! Scenes that are ready to look at, by what they belong to.

use crate::lessons::Entry;
use crate::ui::model::{LabHandle, use_lab};
use crate::ui::route::Route;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

#[component]
pub fn Gallery(props: &Props) -> Html {
    let gallery = use_lab(&props.lab, (), |lab, ()| lab.gallery.clone());
    let parts: Vec<&[Entry]> = gallery.chunk_by(|a, b| a.part == b.part).collect();
    html! {
        <div class="gallery" id="gallery">
            <h2>{ "Gallery" }</h2>
            <p>{ "Scenes that have been played for you. Go back to their begin on the ruler below the picture, change them,
                 break them." }</p>
            for part in parts {
                <section key={part[0].part.clone()} class="gallery-part">
                    <h3>{ &part[0].part }</h3>
                    <ul>{ for part.iter().map(row) }</ul>
                </section>
            }
        </div>
    }
}

fn row(entry: &Entry) -> Html {
    html! {
        <li key={entry.id.clone()}>
            <a class="gallery-scene" href={Route::Scene(entry.id.clone()).href()}>
                <strong>{ &entry.title }</strong>
                <span>{ &entry.summary }</span>
            </a>
        </li>
    }
}
