//! The clock, and what can be done to it.

use super::far::REAL_TIME;
use super::model::{Lab, LabHandle, use_lab};
use super::select::use_selected;
use super::time::branches::Branches;
use super::time::scrubber::Scrubber;
use crate::playground::clock::SPEEDS;
use crate::time::{Timestamp, format_go_duration};
use std::time::Duration;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

#[component]
pub fn TimeBar(props: &Props) -> Html {
    let lab = &props.lab;
    let playing = use_lab(lab, (), |lab, ()| lab.pace.playing);
    let jumping = use_lab(lab, (), |lab, ()| lab.pace.is_jumping());
    let speed = use_lab(lab, (), |lab, ()| lab.pace.speed);
    let clock = use_lab(lab, (), |lab, ()| clock_text(lab.playground.now()));
    let date = use_lab(lab, (), |lab, ()| lab.playground.now().rfc3339()[..10].to_owned());
    let is_past = use_lab(lab, (), |lab, ()| lab.is_in_the_past());
    let at_begin = use_lab(lab, (), |lab, ()| lab.playground.offset() == 0);
    let ratio = use_lab(lab, (), |lab, ()| ratio_text(lab));
    let next = use_lab(lab, (), |lab, ()| next_timer_text(lab));
    let is_far = use_lab(lab, (), |lab, ()| lab.is_far_away());
    // One reason for all of them, where there is one.
    let why = |otherwise: &'static str| if is_far { REAL_TIME } else { otherwise };
    let label_why = is_far.then_some(REAL_TIME);
    let on = |act: fn(&mut Lab)| {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.change(act))
    };
    let set_speed = {
        let lab = lab.clone();
        Callback::from(move |event: Event| {
            let target: web_sys::HtmlSelectElement = event.target_unchecked_into();
            if let Ok(speed) = target.value().parse() {
                lab.change(|lab| lab.pace.speed = speed);
            }
        })
    };
    let speeds = use_node_ref();
    use_selected(&speeds, SPEEDS.iter().position(|known| *known == speed), SPEEDS.len());
    html! {
        <div class={classes!("timebar", is_past.then_some("is-past"))} role="toolbar" aria-label="Time">
            <Scrubber lab={lab.clone()} />
            <button class="button" id="back" disabled={at_begin || is_far} onclick={on(Lab::back)} title={why("One event back")}>
                { icon("M18 5l-9 7 9 7zM5 5h2v14H5z") }<span>{ "Back" }</span>
            </button>
            <button class="button timebar-play" id="play" aria-pressed={if playing { "false" } else { "true" }}
                aria-label={if playing { "Pause" } else { "Play" }} disabled={is_far} title={label_why} onclick={on(toggle)}>
                { icon(if playing { "M7 5h3v14H7zM14 5h3v14h-3z" } else { "M8 5l11 7-11 7z" }) }
                <span>{ if playing { "Pause" } else { "Play" } }</span>
            </button>
            <button class="button" id="step" disabled={is_far} onclick={on(Lab::step)} title={why("On to the next event")}>
                { icon("M6 5l9 7-9 7zM17 5h2v14h-2z") }<span>{ "Step" }</span>
            </button>
            <button class="button" id="newest" aria-pressed={if is_past { "false" } else { "true" }} disabled={!is_past}
                onclick={on(Lab::go_to_newest)} title={why("Stay at the newest event")}>
                { icon("M4 5l7 7-7 7zM11 5l7 7-7 7zM18 5h2v14h-2z") }<span>{ if is_past { "Newest" } else { "Following" } }</span>
            </button>
            <label class="timebar-speed">
                <span class="visually-hidden">{ "Speed" }</span>
                <select class="field" ref={speeds} onchange={set_speed} disabled={is_far} title={label_why}>
                    for known in SPEEDS.iter() {
                        <option key={known.to_string()} value={known.to_string()} selected={*known == speed}>
                            { format!("×{known}") }
                        </option>
                    }
                </select>
            </label>
            <button class="button" id="next-timer" aria-label={next.clone().map_or("No timer".to_owned(), |next| format!("Next timer, {next}"))} disabled={next.is_none()} title={label_why} onclick={on(next_timer)}>
                { icon("M12 4a8 8 0 1 0 8 8M12 8v4l3 2M17 3v4h4") }
                <span class="timebar-next">{ next.map_or("No timer".to_owned(), |next| format!("Next timer, {next}")) }</span>
            </button>
            <Branches lab={lab.clone()} />
            <span class="timebar-space"></span>
            <span class="timebar-ratio" title={why("How fast the playground's clock runs beside yours")}>{ ratio }</span>
            <time class={classes!("timebar-clock", jumping.then_some("is-jumping"))} datetime={format!("{date}T{clock}Z")}
                title="The playground's clock, in UTC">
                <span class="timebar-date">{ date.clone() }</span>{ " " }<span class="timebar-hms">{ clock.clone() }</span>
            </time>
        </div>
    }
}

/// A small picture for a button that says what it does in words or by its label.
pub fn icon(path: &'static str) -> Html {
    html! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={path} /></svg> }
}

pub fn clock_text(now: Timestamp) -> String {
    let utc = now.utc();
    format!("{:02}:{:02}:{:02}.{}", utc.hour(), utc.minute(), utc.second(), utc.millisecond() / 100)
}

/// The ratio changes with what is on the way; shown coarsely so that it can be read.
fn ratio_text(lab: &Lab) -> String {
    let ratio = lab.pace.ratio(&lab.playground);
    match () {
        _ if lab.is_far_away() => "real time".to_owned(),
        _ if lab.travel.is_under_way() => "going back".to_owned(),
        _ if !lab.pace.playing && !lab.pace.is_jumping() => "paused".to_owned(),
        _ if ratio >= 1.0 => format!("{ratio:.0}:1"),
        _ if ratio >= 0.1 => format!("{ratio:.1}:1"),
        _ => format!("1:{:.0}", 1.0 / ratio),
    }
}

fn next_timer(lab: &mut Lab) {
    if let Some(at) = lab.playground.next_timer() {
        lab.pace.jump_until(at);
    }
}

fn next_timer_text(lab: &Lab) -> Option<String> {
    let left = lab.playground.next_timer()?.since(lab.playground.now());
    let coarse = match left {
        left if left < Duration::from_secs(10) => Duration::from_millis(left.as_millis() as u64 / 100 * 100),
        left => Duration::from_secs(left.as_secs()),
    };
    Some(format_go_duration(coarse))
}

/// Real time is not stopped.
pub fn toggle(lab: &mut Lab) {
    if lab.is_far_away() {
        return;
    }
    lab.pace.playing = !lab.pace.playing;
}
