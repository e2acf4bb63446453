//! One message, closest: a lane for everybody who had to do with it, a row for every moment.
//!
//! A list, so that sentences may be as long as they are; the lanes beside it are drawn in shares of their width.

use super::shapes;
use crate::flow::layout::fit_mono;
use crate::flow::life::{LifeLine, Mark, Party, Row};
use crate::flow::scene::Selection;
use std::rc::Rc;
use yew::prelude::*;

/// A row with what changes or comes from elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// `09:00:12.042`.
    pub clock: String,
    /// `5s later`, where something was waited for; `in 5s` for what is to come.
    pub wait: Option<String>,
    /// The protocol line, on one line.
    pub line: Option<String>,
}

#[derive(Clone, PartialEq, Properties)]
pub struct LifeViewProps {
    pub life: Rc<LifeLine>,
    /// One for every row.
    pub shown: Rc<Vec<Shown>>,
    pub on_select: Callback<Selection>,
}

#[component]
pub fn LifeView(props: &LifeViewProps) -> Html {
    let LifeViewProps { life, shown, .. } = props;
    let rows = life.rows.iter().zip(&**shown).enumerate();
    html! {
        <section class={format!("lifeline lanes-{}", life.lanes.len())} aria-label={format!("Life line: {}", life.title)}>
            <div class="lifeline-head">
                <h2 class="lifeline-title">{ &life.title }</h2>
                <svg class="lifeline-lanes" role="img" aria-label={lanes_label(&life.lanes)}>
                    { for (0..life.lanes.len()).map(|lane| lane_name(&life.lanes, lane)) }
                </svg>
            </div>
            if life.earlier > 0 {
                <p class="look-none">{ format!("{} earlier moments are not shown.", life.earlier) }</p>
            }
            <ol class="lifeline-rows">
                { for rows.map(|(index, (row, shown))| moment(props, index, row, shown)) }
            </ol>
        </section>
    }
}

fn lanes_label(lanes: &[Party]) -> String {
    let names: Vec<String> = lanes.iter().map(|lane| format!("{} {}", lane.kind(), lane.name())).collect();
    format!("Lanes from left to right: {}", names.join(", "))
}

/// Room for a name, in characters: where lanes are wide, and where they are narrow.
const ROOM: [(&str, f64); 2] = [("lane-wide", 150.0), ("lane-narrow", 74.0)];

/// Names stand in three lines by turns, so that each may be as wide as three lanes; the outer ones have only one side.
fn lane_name(lanes: &[Party], lane: usize) -> Html {
    let outer = lane == 0 || lane + 1 == lanes.len();
    let (y, below) = [("12", "17"), ("27", "32"), ("42", "47")][lane % 3];
    let (x, anchor) = match lane {
        0 => ("2".to_owned(), "start"),
        _ if lane + 1 == lanes.len() => ("100%".to_owned(), "end"),
        _ => (middle(lane, lanes.len()), "middle"),
    };
    let name = |(class, room): &(&'static str, f64)| {
        let text = fit_mono(lanes[lane].name(), 10.5, if outer { room * 0.72 } else { *room });
        html! { <text key={*class} class={classes!("lane-name", *class)} x={x.clone()} {y} text-anchor={anchor}>{ text }</text> }
    };
    html! {
        <g key={lane}>
            <title>{ lanes[lane].name() }</title>
            { for ROOM.iter().map(name) }
            <line class="lane-line" x1={middle(lane, lanes.len())} x2={middle(lane, lanes.len())} y1={below} y2="100%" />
        </g>
    }
}

/// The middle of a lane, as a share of the width of all.
fn middle(lane: usize, lanes: usize) -> String {
    format!("{:.2}%", (lane as f64 + 0.5) / lanes as f64 * 100.0)
}

fn moment(props: &LifeViewProps, index: usize, row: &Row, shown: &Shown) -> Html {
    let lanes = props.life.lanes.len();
    let is_timer = row.mark == Mark::Timer;
    let class = classes!(
        "moment",
        is_timer.then_some("is-to-come"),
        (shown.wait.is_some() && !is_timer).then_some("is-later"),
        row.lost.then_some("is-lost")
    );
    let text = html! {
        <>
            <span class="moment-text">{ &row.text }</span>
            { for shown.line.as_ref().map(|line| html! { <code class="moment-line" title={line.clone()}>{ line }</code> }) }
        </>
    };
    let said = match &row.selection {
        None => html! { <div class="moment-said">{ text }</div> },
        Some(selection) => {
            let onclick = props.on_select.reform({
                let selection = selection.clone();
                move |_: MouseEvent| selection.clone()
            });
            html! { <button class="moment-said" {onclick}>{ text }</button> }
        }
    };
    html! {
        <li key={index} {class}>
            <div class="moment-when">
                <time>{ &shown.clock }</time>
                { for shown.wait.as_ref().map(|wait| html! { <span class="moment-wait">{ wait }</span> }) }
            </div>
            <div class="moment-lanes">
                <svg aria-hidden="true">
                    { for (0..lanes).map(|lane| html! {
                        <line key={lane} class="lane-line" x1={middle(lane, lanes)} x2={middle(lane, lanes)} y1="0" y2="100%" />
                    }) }
                    { way(row, lanes) }
                </svg>
            </div>
            { said }
        </li>
    }
}

/// What moved, from lane to lane, with its shape where it began; what stands still has its shape on its lane.
fn way(row: &Row, lanes: usize) -> Html {
    let shape = html! {
        <svg class={classes!("moment-mark", class_of(row.mark))} x={middle(row.from, lanes)} y="50%" overflow="visible">{ shape(row.mark) }</svg>
    };
    if row.from == row.to {
        return shape;
    }
    let (from, to) = (row.from as f64 + 0.5, row.to as f64 + 0.5);
    let end = if row.lost { (from + to) / 2.0 } else { to };
    let end = format!("{:.2}%", end / lanes as f64 * 100.0);
    let tip = match (row.lost, row.to > row.from) {
        (true, _) => "M-5 -5L5 5M5 -5L-5 5",
        (false, true) => "M-8 -4.5L-1 0L-8 4.5",
        (false, false) => "M8 -4.5L1 0L8 4.5",
    };
    html! {
        <g class={classes!("moment-way", class_of(row.mark))}>
            <line class="way-line" x1={middle(row.from, lanes)} x2={end.clone()} y1="50%" y2="50%" />
            <svg x={end} y="50%" overflow="visible"><path class="way-tip" d={tip} /></svg>
            { shape }
        </g>
    }
}

/// The class that carries a mark's colour.
fn class_of(mark: Mark) -> &'static str {
    match mark {
        Mark::Message => "mark-flight",
        Mark::Redelivery => "mark-redelivered",
        Mark::Answer | Mark::Stored | Mark::Removed => "mark-quiet",
        Mark::Acked | Mark::Done => "mark-acked",
        Mark::HandedBack | Mark::Working | Mark::Due | Mark::Timer => "mark-pending",
        Mark::NotKept
        | Mark::Refused
        | Mark::Unwanted
        | Mark::Terminated
        | Mark::GivenUp
        | Mark::Advisory
        | Mark::Note => "mark-given-up",
    }
}

/// The shapes the scene has for the same things, around the origin.
fn shape(mark: Mark) -> Html {
    let inside_cell = |html: Html| html! { <g transform="translate(-10 -10)">{ html }</g> };
    let cell = |extra: Html| {
        inside_cell(html! { <><path class="mark-outline" d={shapes::square(2.0, 18.0, 3.0)} />{ extra }</> })
    };
    match mark {
        Mark::Message => html! { <circle class="mark-solid" r="5.5" /> },
        Mark::Redelivery => html! { <><circle class="mark-solid" r="5" /><circle class="mark-open" r="8.5" /></> },
        Mark::Answer => html! { <circle class="mark-outline" r="5.5" /> },
        Mark::Stored | Mark::Done => {
            inside_cell(html! { <path class="mark-filled" d={shapes::square(2.0, 18.0, 3.0)} /> })
        }
        Mark::Removed => html! { <path class="mark-gap" d="M-8 -8H8V8H-8Z" /> },
        Mark::NotKept | Mark::Refused => cell(html! { <path class="mark-open" d={shapes::STRIPES} /> }),
        Mark::Unwanted => html! { <><circle class="mark-outline" r="6" /><path class="mark-open" d="M-5 5L5 -5" /></> },
        Mark::Acked => html! { <path class="mark-solid" d="M-6 -6H6V6H3L0 1L-3 6H-6Z" /> },
        Mark::HandedBack => html! { <path class="mark-outline" d="M-6 -6H6V6H3L0 1L-3 6H-6Z" /> },
        Mark::Working => {
            html! { <><circle class="mark-outline" r="6" /><path class="mark-open" d="M0 -3V0L2.5 2" /></> }
        }
        Mark::Terminated => cell(html! { <path class="mark-open" d="M-1 10H21" /> }),
        Mark::Due => html! {
            <><circle class="mark-ground" r="9" /><path class="mark-solid" d="M-4.5 -6.5H4.5L0 0L4.5 6.5H-4.5L0 0Z" /></>
        },
        Mark::GivenUp => cell(
            html! { <><path class="mark-open" d="M3 9L9 3M3 17L17 3M11 17L17 11M3 11L9 17M3 3L17 17M11 3L17 9" /><path class="mark-solid" d={shapes::FLAG} /></> },
        ),
        Mark::Advisory => html! { <path class="mark-solid" d="M0 -7L7 0L0 7L-7 0Z" /> },
        Mark::Note => inside_cell(html! { <path class="mark-filled" d={shapes::DIAMOND} /> }),
        Mark::Timer => {
            html! { <><circle class="mark-outline mark-dashed" r="7" /><path class="mark-open" d="M0 -3.5V0H3" /></> }
        }
    }
}
