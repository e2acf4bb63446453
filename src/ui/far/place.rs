//! Where the page is connected, in the top bar.

use super::super::model::{Lab, LabHandle, use_lab};
use crate::playground::remote::Reach;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub on_open: Callback<()>,
}

/// How a connection is told on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub address: String,
    /// Name and version.
    pub server: String,
    pub state: String,
    /// For the style sheet.
    pub class: &'static str,
}

pub fn shown(lab: &Lab) -> Shown {
    let Some(standing) = lab.standing() else {
        return Shown { address: String::new(), server: String::new(), state: String::new(), class: "" };
    };
    let (state, class) = match standing.reach {
        Reach::Connected => ("connected".to_owned(), "is-there"),
        Reach::Dialling => ("connecting".to_owned(), "is-trying"),
        Reach::Waiting { until, why } => {
            let left = until.since(lab.playground.now()).as_secs_f64().ceil();
            (format!("lost ({why}), trying again in {left} s"), "is-trying")
        }
        Reach::Refused { why } => (format!("lost: {why}"), "is-lost"),
    };
    let server = match (standing.server_name.as_str(), standing.version.as_str()) {
        ("", _) => "not known yet".to_owned(),
        (name, version) => format!("{name}, nats-server {version}"),
    };
    Shown { address: standing.url, server, state, class }
}

#[component]
pub fn Here(props: &Props) -> Html {
    let lab = &props.lab;
    let is_far = use_lab(lab, (), |lab, ()| lab.is_far_away());
    let shown = use_lab(lab, (), |lab, ()| shown(lab));
    let onclick = props.on_open.reform(|_| ());
    if !is_far {
        return html! {
            <button class="button button-quiet here" id="connect" {onclick}
                title="The server runs in this page. Connect to one of your own">
                <span class="here-mark"></span><span class="here-text">{ "In this page" }</span>
            </button>
        };
    }
    let Shown { address, server, state, class } = shown;
    let host = address.split_once("://").map_or(address.as_str(), |(_, host)| host).to_owned();
    let is_well = class == "is-there";
    html! {
        <button class={classes!("button", "button-quiet", "here", "is-far", class)} id="connect" {onclick}
            title={format!("{address}: {server}, {state}")}>
            <span class="here-mark"></span>
            <span class="here-text">
                <span class="here-host">{ host }</span>
                if is_well {
                    <span class="here-server">{ server }</span>
                } else {
                    <span class="here-state">{ state }</span>
                }
            </span>
        </button>
    }
}
