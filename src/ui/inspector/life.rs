//! The life of a message: every event, wire line and timer; and the lane of one client's wire.

use super::left;
use crate::engine::MessageId;
use crate::flow::inspect::{self, Moment};
use crate::flow::{Selection, words};
use crate::ui::model::{Lab, LabHandle, use_lab};
use crate::ui::wire::{WireLines, WireRow, rows_of};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub selection: Selection,
}

/// A moment, ready to be shown.
#[derive(Clone, PartialEq)]
enum Entry {
    Event { step: u64, clock: String, text: String },
    Line(Box<WireRow>),
    Timer { clock: String, left: String, text: String },
}

#[component]
pub fn Life(props: &Props) -> Html {
    let entries = use_lab(&props.lab, props.selection.clone(), |lab, of| Rc::new(entries(lab, of)));
    if entries.is_empty() {
        return Html::default();
    }
    html! {
        <section class="sheet-part" aria-label="Life line">
            <h3 class="eyebrow">{ "Life line" }</h3>
            <ol class="life">
                { for entries.iter().enumerate().map(|(index, entry)| show(index, entry)) }
            </ol>
        </section>
    }
}

fn show(index: usize, entry: &Entry) -> Html {
    match entry {
        Entry::Event { step, clock, text } => html! {
            <li key={index} class="life-event" data-step={step.to_string()}>
                <time>{ clock }</time><span>{ text }</span>
            </li>
        },
        Entry::Line(row) => html! {
            <li key={index} class="life-wire"><WireLines rows={vec![(**row).clone()]} is_quiet=true /></li>
        },
        Entry::Timer { clock, left, text } => html! {
            <li key={index} class="life-timer"><time>{ clock }</time><span>{ text }{ ", " }<b>{ left }</b></span></li>
        },
    }
}

fn entries(lab: &Lab, selection: &Selection) -> Vec<Entry> {
    let (flow, now) = (lab.playground.flow(), lab.playground.now());
    let entry = |moment: Moment| {
        Some(match moment {
            Moment::Event { step, at, text } => Entry::Event { step, clock: words::clock(at), text },
            Moment::Line { line, .. } => {
                let line = flow.wire().line(line)?;
                let name = flow.names().get(&line.conn).cloned().unwrap_or_default();
                Entry::Line(Box::new(WireRow::new(line, now).named(&name)))
            }
            Moment::Timer { at, text } => {
                let left = left(now, at);
                let left = if left == "now" { left } else { format!("in {left}") };
                Entry::Timer { clock: words::clock(at), left, text }
            }
        })
    };
    inspect::life(&flow, now, selection).into_iter().filter_map(entry).collect()
}

#[derive(Properties, PartialEq)]
pub struct LaneProps {
    pub lab: LabHandle,
    pub actor: String,
}

/// The newest lines on one client's wire.
#[component]
pub fn Lane(props: &LaneProps) -> Html {
    let rows = use_lab(&props.lab, props.actor.clone(), |lab, actor| Rc::new(rows_of(lab, Some(actor), false)));
    let marked = use_lab(&props.lab, (), |lab, ()| lab.selected_message());
    let on_message = {
        let lab = props.lab.clone();
        Callback::from(move |message: MessageId| lab.change(|lab| lab.select_message(message)))
    };
    html! {
        <section class="sheet-part" aria-label="Wire">
            <h3 class="eyebrow">{ "Wire" }</h3>
            if rows.is_empty() { <p class="look-none">{ "Nothing went over this wire yet." }</p> }
            <WireLines rows={(*rows).clone()} {marked} {on_message} />
        </section>
    }
}
