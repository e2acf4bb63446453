//! A stream of others, to look at.

use crate::playground::distant::Survey;
use crate::ui::dialog::Dialog;
use crate::ui::model::{LabHandle, use_lab};
use yew::prelude::*;

/// Streams offered at most; the rest is found by name.
const OFFERED: usize = 200;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub on_close: Callback<()>,
}

#[component]
pub fn Observe(props: &Props) -> Html {
    let survey = use_lab(&props.lab, (), |lab, ()| lab.playground.survey());
    let filter = use_state_eq(String::new);
    let oninput = {
        let filter = filter.setter();
        Callback::from(move |event: InputEvent| {
            let input: web_sys::HtmlInputElement = event.target_unchecked_into();
            filter.set(input.value());
        })
    };
    let choose = |stream: &str| {
        let (lab, on_close, stream) = (props.lab.clone(), props.on_close.clone(), stream.to_owned());
        Callback::from(move |_: MouseEvent| {
            lab.change(|lab| lab.playground.observe(&stream));
            on_close.emit(());
        })
    };
    html! {
        <Dialog title="Observe a stream" class="dialog-wide" on_close={props.on_close.clone()}>
            <p>
                { "Read only. " }<code>{ "$JS.API.STREAM.INFO" }</code>{ " and " }<code>{ "$JS.API.CONSUMER.LIST" }</code>
                { " are asked for it, five questions a second at most and every thirty seconds while nothing changes; advisories \
                  are listened to. No consumer is made, none is read from. Messages nobody here has seen stay unknown until \
                  you read one, with " }<code>{ "nats stream get" }</code>{ "." }
            </p>
            <div role="status" id="observe-state">
                { match survey {
                    Survey::Streams(names) if names.is_empty() => html! { <p>{ "There is no stream on your server." }</p> },
                    Survey::Streams(names) => html! {
                        <>
                            <label class="connect-field">
                                <span>{ "Name" }</span>
                                <input class="field" id="observe-filter" type="search" value={(*filter).clone()} {oninput} />
                            </label>
                            <ul class="away-list away-streams">
                                { for names.iter().filter(|name| name.contains(filter.as_str())).take(OFFERED).map(|name| html! {
                                    <li key={name.clone()}>
                                        <button class="button button-small" onclick={choose(name)}>{ name }</button>
                                    </li>
                                }) }
                            </ul>
                        </>
                    },
                    Survey::Failed(why) => html! { <p class="notice notice-bad">{ format!("Streams cannot be listed: {why}") }</p> },
                    _ => html! { <p>{ "Looking…" }</p> },
                } }
            </div>
        </Dialog>
    }
}
