//! The inspector: what is selected, closely.
//!
//! What there is to know and why it is so comes from `flow::inspect` and `flow::why`; payloads from the server. Here it
//! is only laid out. The way in is [`Inspector`].

mod content;
mod life;
mod reasons;

use super::cast::{Cast, Deeds};
use super::model::{Lab, LabHandle, use_lab};
use crate::flow::inspect::{self, Figure, Link, Region, Sheet};
use crate::flow::settings::Setting;
use crate::flow::{Selection, Why, may_explain};
use crate::time::Timestamp;
use content::Content;
use life::Life;
use reasons::Reasons;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

#[component]
pub fn Inspector(props: &Props) -> Html {
    let lab = &props.lab;
    let selected = use_lab(lab, (), |lab, ()| lab.selected.clone());
    let sheet =
        use_lab(lab, selected.clone(), |lab, selected| selected.as_ref().and_then(|selected| sheet(lab, selected)));
    let why = use_lab(lab, selected.clone(), |lab, selected| {
        Rc::new(selected.as_ref().map(|of| reasons(lab, of)).unwrap_or_default())
    });
    let Some(selected) = selected else { return overview(lab) };
    let dark = {
        let lab = lab.clone();
        Callback::from(move |()| lab.light(None))
    };
    let Some(sheet) = sheet else {
        return html! {
            <div class="look-body inspector" tabindex="0" role="region" aria-label="Inspector"><p class="look-none">{ "What was selected is no longer there." }</p>
            if !why.is_empty() { <Reasons lab={lab.clone()} {why} /> }
            </div>
        };
    };
    let message = lab.read(|lab| lab.playground.flow().message_of(&selected));
    html! {
        <div class="look-body inspector" tabindex="0" role="region" aria-label="Inspector">
            <header class="sheet-head">
                <p class="eyebrow">{ sheet.kind }</p>
                <h2 class="sheet-title">{ &sheet.title }</h2>
                <p class="sheet-state">{ &sheet.state }</p>
            </header>
            <Deeds key={format!("{selected:?}")} lab={lab.clone()} selection={selected.clone()} />
            // Below what can be done: whoever presses a button makes it come and go. What is below it keeps its place.
            if may_explain(&selected) { <Reasons key={format!("why {selected:?}")} lab={lab.clone()} {why} /> }
            if selected == Selection::Server { <Cast lab={lab.clone()} /> }
            if selected == Selection::Server { <ServerFigures lab={lab.clone()} /> }
            { figures(lab, &sheet.figures, &dark) }
            if message.is_some() { <Content lab={lab.clone()} selection={selected.clone()} /> }
            { links(lab, &sheet.links) }
            if message.is_some() { <Life lab={lab.clone()} selection={selected.clone()} /> }
            if let Selection::Actor(name) = &selected { <life::Lane lab={lab.clone()} actor={name.clone()} /> }
            { settings(&sheet.settings) }
        </div>
    }
}

/// What can be selected, when nothing is.
fn overview(lab: &LabHandle) -> Html {
    html! {
        <div class="look-body inspector" tabindex="0" role="region" aria-label="Inspector">
            <p class="look-none">
                { "Choose anything in the scene: a message, a stream, a consumer, a client, the server. Here you see what it is, and why it is so." }
            </p>
            <p class="row">
                <button class="button button-small" onclick={
                    let lab = lab.clone();
                    Callback::from(move |_: MouseEvent| lab.select(Some(Selection::Server)))
                }>{ "The server" }</button>
            </p>
            <Cast lab={lab.clone()} />
        </div>
    }
}

fn sheet(lab: &Lab, selected: &Selection) -> Option<Sheet> {
    inspect::sheet(&lab.playground.flow(), lab.playground.now(), selected)
}

fn reasons(lab: &Lab, selected: &Selection) -> Vec<Why> {
    crate::flow::why(&lab.playground.flow(), lab.playground.now(), selected)
}

fn figures(lab: &LabHandle, figures: &[Figure], dark: &Callback<()>) -> Html {
    if figures.is_empty() {
        return Html::default();
    }
    html! {
        <dl class="figures">
            { for figures.iter().map(|figure| figure_row(lab, figure, dark)) }
        </dl>
    }
}

/// Whoever points at a figure sees in the picture what it counts.
fn figure_row(lab: &LabHandle, figure: &Figure, dark: &Callback<()>) -> Html {
    let value = match &figure.region {
        None => html! { <span class="figure-value">{ &figure.value }</span> },
        Some(region) => {
            let light = |region: &Region| {
                let (lab, region) = (lab.clone(), region.clone());
                move || lab.light(Some(region.clone()))
            };
            let (enter, focus) = (light(region), light(region));
            html! {
                <button class="figure-value" title="Show it in the scene"
                    onmouseenter={Callback::from(move |_: MouseEvent| enter())} onfocus={Callback::from(move |_: FocusEvent| focus())}
                    onmouseleave={dark.reform(|_: MouseEvent| ())} onblur={dark.reform(|_: FocusEvent| ())}>
                    { &figure.value }
                </button>
            }
        }
    };
    html! {
        <div class="figure-row" key={figure.label}>
            <dt>{ figure.label }{ for (!figure.name.is_empty()).then(|| html! { <code>{ figure.name }</code> }) }</dt>
            <dd>{ value }</dd>
        </div>
    }
}

fn links(lab: &LabHandle, links: &[Link]) -> Html {
    if links.is_empty() {
        return Html::default();
    }
    let link = |link: &Link| {
        let (lab, selection) = (lab.clone(), link.selection.clone());
        // What was pressed is gone with what it stood in, and the focus must not be.
        let onclick = Callback::from(move |_: MouseEvent| {
            lab.select(Some(selection.clone()));
            crate::ui::app::focus_later(".inspector".to_owned());
        });
        html! { <li key={link.label.clone()}><button class="sheet-link" {onclick}>{ &link.label }</button></li> }
    };
    html! { <ul class="sheet-links" aria-label="Look further">{ for links.iter().map(link) }</ul> }
}

fn settings(settings: &[Setting]) -> Html {
    if settings.is_empty() {
        return Html::default();
    }
    let row = |setting: &Setting| {
        html! {
            <div class="setting-row" key={setting.name}>
                <dt><code>{ setting.name }</code>{ " " }<b>{ &setting.value }</b></dt>
                <dd>{ &setting.meaning }</dd>
            </div>
        }
    };
    html! {
        <section class="sheet-part" aria-label="Settings">
            <h3 class="eyebrow">{ "Settings" }</h3>
            <dl class="setting-rows">{ for settings.iter().map(row) }</dl>
        </section>
    }
}

/// Limits of the server, and what its API has answered: as `$JS.API.INFO` says.
#[component]
fn ServerFigures(props: &Props) -> Html {
    let rows = use_lab(&props.lab, (), |lab, ()| server_rows(lab));
    html! {
        <dl class="figures">
            for (label, name, value) in rows {
                <div class="figure-row" key={label}>
                    <dt>{ label }<code>{ name }</code></dt><dd><span class="figure-value">{ value }</span></dd>
                </div>
            }
        </dl>
    }
}

fn server_rows(lab: &Lab) -> Vec<(&'static str, &'static str, String)> {
    use crate::flow::words::{bytes, figure};
    let Some(engine) = lab.playground.engine() else { return Vec::new() };
    let (account, options) = (engine.account(), engine.options());
    let limit = |limit: Option<u64>| limit.map_or_else(|| "none".to_owned(), bytes);
    vec![
        ("streams", "streams", figure(account.streams)),
        ("consumers", "consumers", figure(account.consumers)),
        ("API requests answered", "api.total", figure(account.api.total)),
        ("of them with an error", "api.errors", figure(account.api.errors)),
        ("stored on file", "storage", bytes(account.storage)),
        ("stored in memory", "memory", bytes(account.memory)),
        ("room for messages", "max_storage", limit(options.max_storage)),
        ("largest message", "max_payload", bytes(options.max_payload as u64)),
        ("pings a client every", "ping_interval", crate::flow::settings::span(options.ping_interval)),
    ]
}

/// Time left until something, coarse enough to be read while it runs.
fn left(now: Timestamp, at: Timestamp) -> String {
    crate::flow::words::time_left(now, at)
}
