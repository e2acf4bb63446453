//! What a message carries: headers, and the payload as text, JSON or bytes.

use crate::flow::Selection;
use crate::flow::payload::{self, Form, SHOWN_BYTES, shown};
use crate::flow::words;
use crate::protocol::Message;
use crate::ui::model::{Lab, LabHandle, use_lab};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub selection: Selection,
}

#[component]
pub fn Content(props: &Props) -> Html {
    let message = use_lab(&props.lab, props.selection.clone(), carried);
    let chosen = use_state_eq(|| None::<(Selection, Form)>);
    let Some(message) = message else {
        return html! { <p class="look-none">{ "What it carried is no longer remembered." }</p> };
    };
    let form = match &*chosen {
        // Asked for here, and be it to hear that it cannot be read so.
        Some((of, form)) if *of == props.selection => *form,
        elsewhere => payload::kept(elsewhere.as_ref().map(|(_, form)| *form), &message.payload),
    };
    let text = shown(&message.payload, form);
    let button = |this: Form| {
        let (set, of) = (chosen.setter(), props.selection.clone());
        let pressed = if form == this { "true" } else { "false" };
        let onclick = Callback::from(move |_: MouseEvent| set.set(Some((of.clone(), this))));
        html! { <button class="button button-small" aria-pressed={pressed} {onclick}>{ this.title() }</button> }
    };
    let headers: Vec<(String, String)> = message
        .headers
        .iter()
        .flat_map(|headers| headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect();
    html! {
        <section class="sheet-part" aria-label="Content">
            if !headers.is_empty() {
                <h3 class="eyebrow">{ "Headers" }</h3>
                <dl class="headers">
                    for (index, (name, value)) in headers.into_iter().enumerate() {
                        <div key={index}><dt>{ name }</dt><dd>{ value }</dd></div>
                    }
                </dl>
            }
            <div class="payload-head">
                <h3 class="eyebrow">{ format!("Payload, {}", words::bytes(message.payload.len() as u64)) }</h3>
                <div class="row" role="group" aria-label="Show the payload as">{ for Form::ALL.map(button) }</div>
            </div>
            if message.payload.is_empty() {
                <p class="look-none">{ "Empty." }</p>
            } else if let Some(text) = text {
                <pre class="payload console" tabindex="0" aria-label="Payload">{ text }</pre>
                if form == Form::Text && std::str::from_utf8(&message.payload).is_err() {
                    <p class="look-none">{ "Not all of this is text: what is no UTF-8 stands as \u{fffd}. Hex shows every byte." }</p>
                }
                if message.payload.len() > SHOWN_BYTES {
                    <p class="look-none">{ format!("The first {} are shown.", words::bytes(SHOWN_BYTES as u64)) }</p>
                }
            } else {
                <p class="look-none">{ "This is not JSON." }</p>
            }
        </section>
    }
}

/// From the stream as long as it is there, from the wire as long as that remembers it.
fn carried(lab: &Lab, selection: &Selection) -> Option<Message> {
    let stored = match selection {
        Selection::Message { stream, stream_seq } | Selection::Delivery { stream, stream_seq, .. } => {
            lab.playground.stored(stream, *stream_seq)
        }
        _ => None,
    };
    stored.or_else(|| {
        let flow = lab.playground.flow();
        let message = flow.message_of(selection)?;
        flow.wire().of_message(message).find_map(|line| line.carried()).cloned()
    })
}
