//! The chat's screens, side by side: who is where, what was heard there, and what can be said.
//!
//! Whatever is done here is a `lab` verb that goes into the session. What a screen shows is what its client has received.

use super::cast::order;
use super::model::{Lab, LabHandle, use_lab};
use crate::playground::chat::{LOBBY, Said, View};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

#[component]
pub fn ChatPane(props: &Props) -> Html {
    let people = use_lab(&props.lab, (), |lab, ()| lab.playground.chats());
    let failed = use_state_eq(|| None::<String>);
    let say = {
        let (lab, failed) = (props.lab.clone(), failed.setter());
        Callback::from(move |words: Vec<String>| {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            failed.set(lab.change(|lab| order(lab, &words)));
        })
    };
    let names: Vec<String> = people.iter().map(|(name, ..)| name.clone()).collect();
    html! {
        <div class="look-body chat">
            if people.is_empty() {
                <p class="look-none">{ "Nobody chats here. Try: lab chat ana" }</p>
            }
            if let Some(failed) = failed.as_ref() {
                <p class="notice notice-bad" role="alert">{ failed }</p>
            }
            <div class="chat-screens">
                for (name, lives, view) in people {
                    <Screen key={name.clone()} lab={props.lab.clone()} name={name.clone()} {lives} {view} people={names.clone()} on_order={say.clone()} />
                }
            </div>
        </div>
    }
}

/// Whether anybody chats, so that the pane has something to show.
pub fn is_wanted(lab: &Lab) -> bool {
    !lab.playground.chats().is_empty()
}

#[derive(Properties, PartialEq)]
struct ScreenProps {
    lab: LabHandle,
    name: String,
    lives: bool,
    view: View,
    people: Vec<String>,
    on_order: Callback<Vec<String>>,
}

#[component]
fn Screen(props: &ScreenProps) -> Html {
    let chosen = use_state_eq(|| LOBBY.to_owned());
    let rooms = &props.view.rooms;
    let room = if rooms.contains_key(&*chosen) { (*chosen).clone() } else { LOBBY.to_owned() };
    let on_say = {
        let (lab, name, chosen) = (props.lab.clone(), props.name.clone(), chosen.clone());
        props.on_order.reform(move |text: String| {
            // The room that was chosen last, drawn or not.
            let room = lab.read(|lab| {
                let people = lab.playground.chats();
                let view = people.iter().find(|(person, ..)| *person == name).map(|(.., view)| view);
                view.is_some_and(|view| view.rooms.contains_key(&*chosen)).then(|| (*chosen).clone())
            });
            vec!["say".to_owned(), name.clone(), room.unwrap_or_else(|| LOBBY.to_owned()), text]
        })
    };
    let lines = rooms.get(&room).cloned().unwrap_or_default();
    let log = use_node_ref();
    crate::ui::story::use_follow(&log, lines.last().map(|said| (lines.len() as u64, said.text.clone())));
    let tab = |name: &String| {
        let (chosen, to) = (chosen.setter(), name.clone());
        let onclick = Callback::from(move |_: MouseEvent| chosen.set(to.clone()));
        html! { <button class="chat-room" aria-pressed={if *name == room { "true" } else { "false" }} {onclick}>{ name }</button> }
    };
    let label = format!("{}'s screen", props.name);
    html! {
        <section class={classes!("chat-screen", (!props.lives).then_some("is-dead"))} aria-label={label}>
            <h2>{ &props.name }</h2>
            <div class="chat-rooms" role="group" aria-label="Rooms">{ for rooms.keys().map(tab) }</div>
            <div class="chat-log" role="log" aria-live="off" aria-label={format!("{room}, as {} sees it", props.name)} tabindex="0" ref={log}>
                <ol>{ for lines.iter().map(|said| line(said, &props.name)) }</ol>
            </div>
            <Writing name={props.name.clone()} {room} {on_say} />
            <Inviting name={props.name.clone()} people={props.people.clone()} on_order={props.on_order.clone()} />
        </section>
    }
}

fn line(said: &Said, reader: &str) -> Html {
    match &said.from {
        None => html! { <li class="chat-note">{ &said.text }</li> },
        Some(from) => html! {
            <li class={classes!("chat-said", (from == reader).then_some("is-own"))}><b>{ from }</b>{ " " }{ &said.text }</li>
        },
    }
}

#[derive(Properties, PartialEq)]
struct WritingProps {
    name: String,
    room: String,
    on_say: Callback<String>,
}

#[component]
fn Writing(props: &WritingProps) -> Html {
    let input = use_node_ref();
    let (field, on_say) = (input.clone(), props.on_say.clone());
    let send = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.cast::<web_sys::HtmlInputElement>() else { return };
        if !field.value().trim().is_empty() {
            on_say.emit(field.value().trim().to_owned());
            field.set_value("");
        }
    });
    html! {
        <form class="chat-form" onsubmit={send}>
            <input class="field" type="text" autocomplete="off" maxlength="500" ref={input}
                aria-label={format!("Say something as {} in {}", props.name, props.room)} placeholder={format!("Say in {}", props.room)} />
            <button class="button button-small">{ "Send" }</button>
        </form>
    }
}

#[derive(Properties, PartialEq)]
struct InvitingProps {
    name: String,
    people: Vec<String>,
    on_order: Callback<Vec<String>>,
}

#[component]
fn Inviting(props: &InvitingProps) -> Html {
    let (whom, room) = (use_node_ref(), use_node_ref());
    let (name, on_order) = (props.name.clone(), props.on_order.clone());
    let fields = (whom.clone(), room.clone());
    let invite = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        let whom = fields.0.cast::<web_sys::HtmlSelectElement>().map(|field| field.value());
        let room = fields.1.cast::<web_sys::HtmlInputElement>().map(|field| field.value().trim().to_owned());
        if let (Some(whom), Some(room)) = (whom, room.filter(|room| !room.is_empty())) {
            on_order.emit(vec!["invite".to_owned(), name.clone(), whom, room]);
        }
    });
    let others = props.people.iter().filter(|person| **person != props.name);
    html! {
        <form class="chat-form" onsubmit={invite}>
            <select class="field" aria-label={format!("Whom {} invites", props.name)} ref={whom}>
                { for others.map(|person| html! { <option key={person.clone()} value={person.clone()}>{ person }</option> }) }
            </select>
            <input class="field" type="text" autocomplete="off" maxlength="32" aria-label="Into which room" placeholder="room" ref={room} />
            <button class="button button-small">{ "Invite" }</button>
        </form>
    }
}
