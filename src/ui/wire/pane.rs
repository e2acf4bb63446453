//! Every wire in one list, or only the one that is looked at.

use super::{WireLines, WireRow};
use crate::engine::MessageId;
use crate::flow::Flow;
use crate::flow::wire::Line;
use crate::ui::model::{Lab, LabHandle, use_lab};
use std::rc::Rc;
use yew::prelude::*;

/// Lines drawn at most, the newest; older ones are not.
const SHOWN: usize = 200;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

/// Which lines are wanted.
#[derive(Clone, Default, PartialEq)]
struct Wanted {
    actor: Option<String>,
    heartbeats: bool,
}

#[component]
pub fn WirePane(props: &Props) -> Html {
    let lab = &props.lab;
    let wanted = use_state_eq(Wanted::default);
    let rows =
        use_lab(lab, (*wanted).clone(), |lab, wanted| Rc::new(rows_of(lab, wanted.actor.as_ref(), wanted.heartbeats)));
    let actors = use_lab(lab, (), |lab, ()| actors(&lab.playground.flow()));
    let marked = use_lab(lab, (), |lab, ()| lab.selected_message());
    let on_message = {
        let lab = lab.clone();
        Callback::from(move |message| lab.change(|lab| lab.select_message(message)))
    };
    let on_actor = {
        let wanted = wanted.clone();
        Callback::from(move |event: Event| {
            let select: web_sys::HtmlSelectElement = event.target_unchecked_into();
            let actor = Some(select.value()).filter(|value| !value.is_empty());
            wanted.set(Wanted { actor, ..(*wanted).clone() });
        })
    };
    let on_heartbeats = {
        let wanted = wanted.clone();
        Callback::from(move |_: Event| wanted.set(Wanted { heartbeats: !wanted.heartbeats, ..(*wanted).clone() }))
    };
    let log = use_node_ref();
    crate::ui::story::use_follow(&log, rows.last().map(|row| (row.ordinal, String::new())));
    html! {
        <div class="look-body">
            <div class="look-filters" role="group" aria-label="Which lines">
                <label class="look-filter">
                    <span class="visually-hidden">{ "Whose wire" }</span>
                    <select class="field" onchange={on_actor}>
                        <option value="" selected={wanted.actor.is_none()}>{ "Every wire" }</option>
                        for actor in actors.iter() {
                            <option key={actor.clone()} value={actor.clone()} selected={wanted.actor.as_ref() == Some(actor)}>{ actor }</option>
                        }
                    </select>
                </label>
                <label class="look-check">
                    <input type="checkbox" checked={wanted.heartbeats} onchange={on_heartbeats} />{ " PING and PONG" }
                </label>
            </div>
            <div class="proto-log" role="region" aria-label="Protocol lines" tabindex="0" ref={log}>
                if rows.is_empty() {
                    <p class="look-none">{ "Nothing went over this wire yet." }</p>
                }
                <WireLines rows={(*rows).clone()} {marked} {on_message} />
            </div>
        </div>
    }
}

/// The newest lines of everybody's wires, or of one actor's.
pub fn rows_of(lab: &Lab, actor: Option<&String>, heartbeats: bool) -> Vec<WireRow> {
    let (flow, now) = (lab.playground.flow(), lab.playground.now());
    let names = flow.names();
    let is_wanted = |line: &&Line| {
        actor.is_none_or(|actor| names.get(&line.conn) == Some(actor)) && (heartbeats || !line.is_heartbeat())
    };
    let newest: Vec<&Line> = flow.wire().lines().rev().filter(is_wanted).take(SHOWN).collect();
    let row = |line: &Line| {
        let row = WireRow::new(line, now);
        match names.get(&line.conn) {
            Some(name) if actor.is_none() => row.named(name),
            _ => row,
        }
    };
    newest.into_iter().rev().map(row).collect()
}

fn actors(flow: &Flow) -> Vec<String> {
    let names: crate::map::Set<String> = flow.names().values().cloned().collect();
    names.into_iter().collect()
}

impl Lab {
    /// The message that is looked at, if it is one.
    pub fn selected_message(&self) -> Option<MessageId> {
        self.playground.flow().message_of(self.selected.as_ref()?)
    }

    /// Looks at a message by its id: as the stored one it is, or as itself.
    pub fn select_message(&mut self, message: MessageId) {
        let selection = self.playground.flow().selection_of(message);
        self.selected = Some(selection);
    }
}
