//! The dialog behind "where am I connected": a form, or how things stand and the way back.

use super::super::app::focus_later;
use super::super::dialog::Dialog;
use super::super::draft::{Draft, KINDS};
use super::super::model::{LabHandle, use_lab};
use super::super::select::use_selected;
use super::place::{Shown, shown};
use super::{door_for_pages, page, real_now};
use crate::client::auth::Kind;
use crate::client::refusal::{Refusal, of_auth, of_info};
use crate::playground::remote::Server;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub on_close: Callback<()>,
}

#[component]
pub fn Connect(props: &Props) -> Html {
    let is_far = use_lab(&props.lab, (), |lab, ()| lab.is_far_away());
    let title = if is_far { "Connected to a server of your own" } else { "Connect to a server of your own" };
    let on_close = {
        let (lab, on_close) = (props.lab.clone(), props.on_close.clone());
        Callback::from(move |()| {
            lab.change(|lab| lab.stop_connecting());
            on_close.emit(());
        })
    };
    html! {
        <Dialog {title} class="connect" {on_close}>
            if is_far {
                <There lab={props.lab.clone()} on_close={props.on_close.clone()} />
            } else {
                <Form lab={props.lab.clone()} />
            }
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
struct FormProps {
    lab: LabHandle,
}

#[component]
fn Form(props: &FormProps) -> Html {
    let lab = &props.lab;
    let proposed = lab.read(|lab| lab.far.proposed.clone());
    let is_proposed = proposed.is_some();
    let draft = use_state_eq(|| Draft { urls: proposed.unwrap_or_default(), ..Draft::default() });
    let mistake = use_state_eq(|| None::<Refusal>);
    use_effect_with((), |()| focus_later("#connect-urls".to_owned()));
    let is_trying = use_lab(lab, (), |lab, ()| lab.far.is_trying());
    let refusal = use_lab(lab, (), |lab, ()| lab.far.refusal.clone());
    let connect = {
        let (lab, draft, mistake) = (lab.clone(), draft.clone(), mistake.setter());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let known = |server: Server| of_auth(&server.auth, real_now()).map_or(Ok(server), Err);
            let server = draft.server(&page()).and_then(known);
            mistake.set(server.as_ref().err().cloned());
            if let Ok(server) = server {
                lab.change(|lab| lab.connect(server));
            }
        })
    };
    let stop = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.change(|lab| lab.stop_connecting()))
    };
    let choose = {
        let draft = draft.clone();
        Callback::from(move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            let chosen = usize::try_from(select.selected_index()).ok().and_then(|index| KINDS.get(index));
            let mut changed = Draft { kind: chosen.map_or(Kind::None, |(kind, _)| *kind), ..(*draft).clone() };
            changed.forget_secrets();
            draft.set(changed);
        })
    };
    let contexts = use_memo((), |()| lab.read(|lab| lab.known_contexts().contexts));
    let chosen_context = use_state_eq(|| 0);
    let take_context = {
        let (draft, contexts, chosen_context) = (draft.clone(), contexts.clone(), chosen_context.setter());
        Callback::from(move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            let index = usize::try_from(select.selected_index()).unwrap_or_default();
            let chosen = index.checked_sub(1).and_then(|index| contexts.get(index));
            chosen_context.set(index);
            let mut changed = (*draft).clone();
            changed.take_context(&chosen.map(|named| named.settings.clone()).unwrap_or_default());
            draft.set(changed);
        })
    };
    let read_file = {
        let draft = draft.clone();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
            let draft = draft.clone();
            spawn_local(async move {
                let Ok(text) = JsFuture::from(file.text()).await else { return };
                // Whoever wants to show something else by now has no use for it.
                if draft.kind != Kind::Creds {
                    return;
                }
                draft.set(Draft { creds: text.as_string().unwrap_or_default(), ..(*draft).clone() });
            });
        })
    };
    let pasted = {
        let draft = draft.clone();
        Callback::from(move |event: InputEvent| {
            let area: HtmlTextAreaElement = event.target_unchecked_into();
            draft.set(Draft { creds: area.value(), ..(*draft).clone() });
        })
    };
    let set = |change: fn(&mut Draft, String)| {
        let draft = draft.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let mut changed = (*draft).clone();
            change(&mut changed, input.value());
            draft.set(changed);
        })
    };
    let (whose, kinds) = (use_node_ref(), use_node_ref());
    use_selected(&whose, Some(*chosen_context), contexts.len() + 1);
    use_selected(&kinds, KINDS.iter().position(|(kind, _)| *kind == draft.kind), KINDS.len());
    let refused_for = mistake.as_ref().or(refusal.as_ref()).filter(|_| !is_trying);
    html! {
        <form class="stack connect-form" onsubmit={connect} autocomplete="off">
            <p>{ "Terminals and scene then work on that server, and whatever you make there stays there. \
                  Nothing you write here is kept: not in this page, not in a link, not in a log." }</p>
            if is_proposed {
                <p class="notice">{ "The address came with the link. Nothing is dialled until you press Connect; \
                                     connect only to servers you know." }</p>
            }
            if !contexts.is_empty() {
                { field("connect-context", "Context", "saved with nats context save; secrets are never in one",
                    html! { <select class="field" id="connect-context" ref={whose} aria-describedby="connect-context-hint" onchange={take_context}>
                        // Said of each: else the browser selects whichever is put there first.
                        <option key="" selected={*chosen_context == 0}>{ "None" }</option>
                        for (index, named) in contexts.iter().enumerate() {
                            <option key={format!("of {}", named.name)} selected={*chosen_context == index + 1}>{ named.name.clone() }</option>
                        }
                    </select> }) }
            }
            { field("connect-urls", "Addresses", "ws:// or wss://, several with a comma between them",
                html! { <input class="field" id="connect-urls" type="text" inputmode="url" spellcheck="false"
                    autocapitalize="off" placeholder="ws://localhost:9222" required=true
                    aria-describedby="connect-urls-hint" value={draft.urls.clone()} oninput={set(|draft, text| draft.urls = text)} /> }) }
            { field("connect-name", "Name", "what the server's operator sees of this page; may be empty",
                html! { <input class="field" id="connect-name" type="text" placeholder="JetStream Lab"
                    aria-describedby="connect-name-hint" value={draft.name.clone()} oninput={set(|draft, text| draft.name = text)} /> }) }
            { field("connect-kind", "Who you are", "shown to that server only",
                html! { <select class="field" id="connect-kind" ref={kinds} aria-describedby="connect-kind-hint" onchange={choose}>
                    for (kind, label) in KINDS.iter() {
                        <option key={*label} selected={draft.kind == *kind}>{ *label }</option>
                    }
                </select> }) }
            { match draft.kind {
                Kind::None => Html::default(),
                Kind::UserPassword => html! { <>
                    { field("connect-user", "User", "", html! { <input class="field" id="connect-user" type="text"
                        spellcheck="false" autocapitalize="off" value={draft.user.clone()} oninput={set(|draft, text| draft.user = text)} /> }) }
                    { secret("connect-password", "Password", &draft.password, set(|draft, text| draft.password = text)) }
                </> },
                Kind::Token => secret("connect-token", "Token", &draft.token, set(|draft, text| draft.token = text)),
                Kind::Nkey => secret("connect-seed", "NKEY seed", &draft.seed, set(|draft, text| draft.seed = text)),
                Kind::Creds => html! { <>
                    { field("connect-creds", ".creds file", "read here; its seed signs, and goes nowhere",
                        html! { <input id="connect-creds" type="file" aria-describedby="connect-creds-hint" onchange={read_file} /> }) }
                    { field("connect-creds-text", "or its text", "pasted; both blocks, with the lines of dashes",
                        html! { <textarea class="field connect-pasted" id="connect-creds-text" rows="3" spellcheck="false"
                            autocapitalize="off" autocomplete="off" aria-describedby="connect-creds-text-hint"
                            value={draft.creds.clone()} oninput={pasted} /> }) }
                    <p class="connect-how" id="connect-creds-known" role="status">{ draft.creds_known() }</p>
                </> },
            } }
            <div class="row">
                <button class="button button-primary" id="connect-go" type="submit" disabled={is_trying}>
                    { if is_trying { "Connecting…" } else { "Connect" } }
                </button>
                if is_trying {
                    <button class="button" id="connect-stop" type="button" onclick={stop}>{ "Stop" }</button>
                }
            </div>
            <div role="status" id="connect-outcome">
                { refused_for.map(refused).unwrap_or_default() }
            </div>
            if refused_for.is_none() {
            <p class="connect-how">
                { "A server on your own machine in one command: " }<code>{ "nats-server -c lab.conf" }</code>
                { ", where lab.conf says" }
            </p>
            <pre class="console" tabindex="0">{ door_for_pages() }</pre>
            }
        </form>
    }
}

fn field(id: &'static str, label: &'static str, hint: &'static str, input: Html) -> Html {
    html! {
        <div class="connect-field">
            <label for={id}>{ label }</label>
            { input }
            if !hint.is_empty() {
                <span class="connect-hint" id={format!("{id}-hint")}>{ hint }</span>
            }
        </div>
    }
}

fn secret(id: &'static str, label: &'static str, value: &str, oninput: Callback<InputEvent>) -> Html {
    let value = value.to_owned();
    // "new-password" is what browsers understand as: fill nothing in.
    field(
        id,
        label,
        "",
        html! { <input class="field" {id} type="password" autocomplete="new-password" {value} {oninput} /> },
    )
}

/// What is wrong, and every way out.
fn refused(refusal: &Refusal) -> Html {
    html! {
        <div class="notice notice-bad" id="connect-refused">
            <p><strong>{ sentence(&refusal.what) }</strong></p>
            <ul class="connect-remedies">
                { for refusal.remedies.iter().map(|remedy| html! {
                    <li>
                        { sentence(&remedy.todo) }
                        if let Some(config) = &remedy.config {
                            <pre class="console">{ config.clone() }</pre>
                        }
                    </li>
                }) }
            </ul>
        </div>
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let is_address = text.split(' ').next().is_some_and(|word| word.contains("://") || word.contains('.'));
    let begun = match letters.next() {
        Some(first) if !is_address => format!("{}{}", first.to_uppercase(), letters.as_str()),
        _ => text.to_owned(),
    };
    if text.ends_with(['.', '?', '!', ':']) { begun } else { format!("{begun}.") }
}

#[derive(Properties, PartialEq)]
struct ThereProps {
    lab: LabHandle,
    on_close: Callback<()>,
}

#[component]
fn There(props: &ThereProps) -> Html {
    let lab = &props.lab;
    let Shown { address, server, state, .. } = use_lab(lab, (), |lab, ()| shown(lab));
    let missing = use_lab(lab, (), |lab, ()| lab.playground.server_info().map(of_info).unwrap_or_default());
    let leave = {
        let (lab, on_close) = (lab.clone(), props.on_close.clone());
        Callback::from(move |_: MouseEvent| {
            lab.change(|lab| lab.drain_far());
            on_close.emit(());
        })
    };
    html! {
        <>
            <dl class="connect-facts">
                <dt>{ "Address" }</dt><dd>{ address }</dd>
                <dt>{ "Server" }</dt><dd>{ server }</dd>
                <dt>{ "State" }</dt><dd><span role="status" id="connect-state">{ state }</span></dd>
            </dl>
            { for missing.iter().map(refused) }
            <p>{ "Time there is real: it cannot be stopped, made faster or taken back, and what you do is neither kept nor \
                  shared. The playground in the page stands still meanwhile." }</p>
            <div class="row">
                <button class="button" id="disconnect" onclick={leave}>{ "Disconnect, back to the server in the page" }</button>
            </div>
        </>
    }
}
