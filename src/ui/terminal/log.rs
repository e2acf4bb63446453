//! What was printed, line by line.
//!
//! Lines stand in blocks: a block is drawn again only when one of its lines changes. Blocks stand in groups, which the
//! browser skips while they are out of sight, so that what has scrolled away costs nothing any more; it looks after each
//! group with each frame, so groups are few. A reader who goes up is shown earlier ones. Nothing in here takes part in the tab order but
//! the log itself: Enter leads to what can be opened in it, arrow keys from one to the next.

use crate::commands::Place;
use crate::flow::Selection;
use crate::shell::figures::figures;
use crate::shell::{Line, LineKind, Stamp};
use crate::ui::model::{Lab, LabHandle, use_lab};
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// Lines to a block, blocks to a group, and blocks that are shown to who has not gone up.
const BLOCK: usize = 50;
const GROUP: usize = 5;
const SHOWN: usize = 6;
/// Is as wide as so many characters.
const PROBE: &str = "00000000000000000000";
/// Nearer to the end than this, the screen follows what is printed.
const NEAR_END: i32 = 48;
/// Nearer to the beginning than this, earlier blocks are fetched.
const NEAR_START: i32 = 300;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
    pub actor: String,
    pub log: NodeRef,
}

#[component]
pub fn LogView(props: &Props) -> Html {
    let (lab, actor, log) = (&props.lab, &props.actor, &props.log);
    let (revision, extent) = use_lab(lab, actor.clone(), |lab, actor| {
        let terminal = lab.playground.terminal(actor);
        let (revision, extent) =
            terminal.map(|terminal| (terminal.revision().0, terminal.extent())).unwrap_or_default();
        // The same count of changes is another screen after a journey through time.
        ((lab.travel.worlds, revision), extent)
    });
    let shown = use_state_eq(|| SHOWN);
    let at_end = use_mut_ref(|| true);
    let height_before = use_mut_ref(|| None::<i32>);
    use_end(log.clone(), at_end.clone());
    use_width(lab.clone(), actor.clone(), log.clone());
    {
        let (log, at_end, height_before) = (log.clone(), at_end.clone(), height_before.clone());
        use_effect_with((revision, *shown), move |_| {
            let Some(log) = log.cast::<Element>() else { return };
            if let Some(before) = height_before.borrow_mut().take() {
                log.set_scroll_top(log.scroll_top() + log.scroll_height() - before);
            } else if *at_end.borrow() {
                log.set_scroll_top(log.scroll_height());
            }
        });
    }
    let blocks = blocks_of(&extent, *shown);
    let earlier = blocks.start * BLOCK > extent.start;
    let more = {
        let (log, shown, height_before) = (log.clone(), shown.clone(), height_before.clone());
        Callback::from(move |()| {
            *height_before.borrow_mut() = log.cast::<Element>().map(|log| log.scroll_height());
            shown.set(*shown + SHOWN);
        })
    };
    let on_scroll = {
        let (log, shown, more) = (log.clone(), shown.clone(), more.clone());
        Callback::from(move |_: Event| {
            // Out of sight nobody scrolls.
            let Some(log) = log.cast::<Element>().filter(|log| log.client_height() > 0) else { return };
            let is_at_end = log.scroll_height() - log.scroll_top() - log.client_height() < NEAR_END;
            let was_at_end = at_end.replace(is_at_end);
            // What was fetched and is not drawn yet is not fetched again.
            let is_fetching = height_before.borrow().is_some();
            if is_at_end && !was_at_end {
                height_before.take();
                shown.set(SHOWN);
            } else if earlier && !is_fetching && log.scroll_top() < NEAR_START {
                more.emit(());
            }
        })
    };
    let stamped: Vec<(usize, Stamp)> = lab.read(|lab| {
        let terminal = lab.playground.terminal(actor);
        blocks.filter_map(|number| Some((number, terminal?.stamp(lines_of(number))))).collect()
    });
    let groups = stamped.chunk_by(|(one, _), (other, _)| one / GROUP == other / GROUP);
    html! {
        <div class="terminal-log console" ref={log} onscroll={on_scroll} onkeydown={walk(log)} tabindex="0" role="log"
            aria-label={format!("Terminal of {actor}")}>
            <div class="log-probe" aria-hidden="true"><span>{ PROBE }</span></div>
            <div class="log-earlier">
                if earlier {
                    <button class="button button-small" tabindex="-1" onclick={more.reform(|_| ())}>{ "Earlier lines" }</button>
                }
            </div>
            for group in groups {
                <div class="log-group" key={group[0].0 / GROUP}>
                    for (number, stamp) in group.iter().copied() {
                        <BlockView key={number} lab={lab.clone()} actor={actor.clone()} {number} {stamp} />
                    }
                </div>
            }
        </div>
    }
}

/// At least the last `shown` blocks that have lines, in whole groups.
fn blocks_of(extent: &Range<usize>, shown: usize) -> Range<usize> {
    let end = extent.end.div_ceil(BLOCK);
    let first = end.saturating_sub(shown) / GROUP * GROUP;
    (extent.start / BLOCK).max(first).min(end)..end
}

fn lines_of(block: usize) -> Range<usize> {
    block * BLOCK..(block + 1) * BLOCK
}

/// A screen that was at its end stays there when its size changes, or when it comes into sight.
#[hook]
fn use_end(log: NodeRef, at_end: Rc<RefCell<bool>>) {
    use_effect_with((), move |()| {
        let follow = Closure::<dyn FnMut()>::new({
            let log = log.clone();
            move || {
                if let Some(log) = log.cast::<Element>().filter(|_| *at_end.borrow()) {
                    log.set_scroll_top(log.scroll_height());
                }
            }
        });
        let observer = web_sys::ResizeObserver::new(follow.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(log)) = (&observer, log.cast::<Element>()) {
            observer.observe(&log);
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(follow);
        }
    });
}

/// How many characters fit beside each other is noted for the commands to come, whenever that changes.
#[hook]
fn use_width(lab: LabHandle, actor: String, log: NodeRef) {
    use_effect_with((), move |()| {
        let probe = log.cast::<Element>().and_then(|log| log.query_selector(".log-probe").ok().flatten());
        let measure = Closure::<dyn FnMut()>::new({
            let probe = probe.clone();
            move || {
                let Some(probe) = &probe else { return };
                let text = probe.first_element_child().map_or(0.0, |text| text.get_bounding_client_rect().width());
                let room = probe.get_bounding_client_rect().width();
                if text > 0.0 && room > 0.0 {
                    let columns = (room / (text / PROBE.len() as f64)).floor() as usize;
                    lab.change(|lab| lab.columns.insert(actor.clone(), columns));
                }
            }
        });
        let observer = web_sys::ResizeObserver::new(measure.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(probe)) = (&observer, &probe) {
            observer.observe(probe);
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(measure);
        }
    });
}

/// Enter on the log leads to the last thing that can be opened; arrows to its neighbours, Escape back.
fn walk(log: &NodeRef) -> Callback<KeyboardEvent> {
    let log = log.clone();
    Callback::from(move |event: KeyboardEvent| {
        let Some(log) = log.cast::<HtmlElement>() else { return };
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let stops = stops_in(&log);
        let active = crate::ui::browser::window().document().and_then(|document| document.active_element());
        let at = stops.iter().position(|stop| active.as_ref() == Some(stop.as_ref()));
        let next = match (event.key().as_str(), at) {
            ("Enter", None) => stops.last(),
            ("ArrowUp" | "ArrowLeft", Some(at)) => stops.get(at.saturating_sub(1)),
            ("ArrowDown" | "ArrowRight", Some(at)) => stops.get(at + 1).or(stops.last()),
            ("Home", Some(_)) => stops.first(),
            ("End", Some(_)) => stops.last(),
            ("Escape", Some(_)) => Some(&log),
            _ => return,
        };
        if let Some(next) = next {
            event.prevent_default();
            // What cannot take the focus leaves it where it is.
            let _ = next.focus();
        }
    })
}

fn stops_in(log: &HtmlElement) -> Vec<HtmlElement> {
    let Ok(found) = log.query_selector_all(".log-stop") else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

#[derive(Properties, PartialEq)]
struct BlockProps {
    lab: LabHandle,
    actor: String,
    number: usize,
    stamp: Stamp,
}

#[component]
fn BlockView(props: &BlockProps) -> Html {
    let (lab, actor) = (&props.lab, &props.actor);
    let lines = lab.read(|lab| {
        let Some(terminal) = lab.playground.terminal(actor) else { return Vec::new() };
        let wire = terminal.wire();
        let lines = terminal.lines_in(lines_of(props.number));
        let with_links = |(number, line): (usize, Line)| {
            let refusal = line.is_complaint().then(|| behind(lab, actor, number, &line.text)).flatten();
            (number, line, wire.command_on(number), refusal)
        };
        lines.into_iter().map(with_links).collect()
    });
    // What is skipped while it is out of sight is also cut off at its sides.
    let wide = lines.iter().any(|(_, line, ..)| is_table(line));
    html! {
        <div class={classes!("log-block", wide.then_some("is-wide"))}>
            for (number, line, command, refusal) in lines {
                <LineView key={number} lab={lab.clone()} actor={actor.clone()} {line} {command} {refusal} />
            }
        </div>
    }
}

/// What the server refused, where a command complains of it.
fn behind(lab: &Lab, actor: &str, number: usize, text: &str) -> Option<Selection> {
    let terminal = lab.playground.terminal(actor)?;
    let wire = terminal.wire();
    let command = wire.command_above(number)?;
    let began = wire.exchange(command)?.began;
    let next = wire.neighbour(command, true).and_then(|next| wire.exchange(next));
    crate::flow::why::behind(&lab.playground.flow(), actor, began, next.map(|next| next.began), text)
}

#[derive(Properties, PartialEq)]
struct LineProps {
    lab: LabHandle,
    actor: String,
    line: Line,
    /// Its number in the wire log, if it is one that was entered.
    command: Option<u64>,
    /// What the server refused, if that is what it complains of.
    refusal: Option<Selection>,
}

#[component]
fn LineView(props: &LineProps) -> Html {
    let line = &props.line;
    let kind = match line.kind {
        LineKind::Command => "line-command",
        LineKind::Continuation => "line-continuation",
        LineKind::Error if line.is_complaint() => "line-error",
        LineKind::Error => "line-log",
        LineKind::Output if is_table(line) => "line-table",
        LineKind::Output => "line-output",
        LineKind::Notice => "line-notice",
        LineKind::Question => "line-question",
    };
    let prompt = match line.kind {
        LineKind::Command => Some(format!("{} $ ", props.actor)),
        LineKind::Continuation => Some("> ".to_owned()),
        _ => None,
    };
    let text = match (line.kind, &line.place) {
        (LineKind::Command, _) => crate::ui::words(&line.text),
        (_, Some(place)) => with_figures(props, place),
        (_, None) => tinted(line, 0..line.text.len()),
    };
    html! {
        <div class={classes!("line", kind)}>
            <span class="line-prompt">{ prompt.unwrap_or_default() }</span><span class="line-text">{ text }</span>
            if let Some(command) = props.command {
                <button class="log-stop wire-open" tabindex="-1" title="What it sent, and what it got (W)"
                    onclick={open_wire(props, command)}>{ "wire" }</button>
            }
            if let Some(refusal) = &props.refusal {
                <button class="log-stop wire-open why-open" tabindex="-1" title="Why the server refused it"
                    onclick={open_why(props, refusal)}>{ "why?" }</button>
            }
        </div>
    }
}

/// Tables fall apart when they are wrapped: they are scrolled.
fn is_table(line: &Line) -> bool {
    line.kind == LineKind::Output && (line.text.contains(['│', '─', '║', '═']))
}

fn open_why(props: &LineProps, refusal: &Selection) -> Callback<MouseEvent> {
    let (lab, refusal) = (props.lab.clone(), refusal.clone());
    Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        lab.look_at(refusal.clone());
        crate::ui::app::focus_later(".inspector".to_owned());
    })
}

fn open_wire(props: &LineProps, command: u64) -> Callback<MouseEvent> {
    let (lab, actor) = (props.lab.clone(), props.actor.clone());
    Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        lab.change(|lab| lab.wire = Some((actor.clone(), command)));
    })
}

/// The line with its figures as links into the scene.
fn with_figures(props: &LineProps, place: &Place) -> Html {
    let text = &props.line.text;
    let mut rest = 0;
    let mut pieces = Vec::new();
    for figure in figures(text, place) {
        let Some(shown) = text.get(figure.span.clone()).filter(|_| text.get(rest..figure.span.start).is_some()) else {
            continue;
        };
        pieces.push(tinted(&props.line, rest..figure.span.start));
        pieces.push(link(props, shown, &figure.place));
        rest = figure.span.end;
    }
    pieces.push(tinted(&props.line, rest..text.len()));
    pieces.into_iter().collect()
}

/// A part of the line with its colours.
fn tinted(line: &Line, part: Range<usize>) -> Html {
    let mut rest = part.start;
    let mut pieces = Vec::new();
    for (span, tint) in &line.tints {
        let (start, end) = (span.start.max(rest), span.end.min(part.end));
        if start < end {
            pieces.push(html! { { &line.text[rest..start] } });
            let class = format!("tint-{}", tint.name());
            pieces.push(html! { <span {class}>{ &line.text[start..end] }</span> });
            rest = end;
        }
    }
    pieces.push(html! { { &line.text[rest..part.end] } });
    pieces.into_iter().collect()
}

fn link(props: &LineProps, text: &str, place: &Place) -> Html {
    let Some((selection, title)) = seen_at(place, &props.actor) else { return html! { { text } } };
    let show = {
        let lab = props.lab.clone();
        move || lab.change(|lab| lab.look_at(selection.clone()))
    };
    let onclick = {
        let show = show.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            show();
        })
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            event.stop_propagation();
            show();
        }
    });
    // Not a button: what is marked and copied out of a terminal has its figures in it.
    html! { <span class="log-stop figure" role="link" tabindex="-1" {title} {onclick} {onkeydown}>{ text }</span> }
}

/// Where in the scene it is, and how that is said, when `actor` printed it.
fn seen_at(place: &Place, actor: &str) -> Option<(Selection, String)> {
    match place {
        Place::Stream(stream) => Some((Selection::Stream(stream.as_str().into()), format!("Show stream {stream}"))),
        Place::Consumer { stream, consumer } => {
            let selection = Selection::Consumer { stream: stream.as_str().into(), consumer: consumer.as_str().into() };
            Some((selection, format!("Show consumer {consumer} of {stream}")))
        }
        Place::Message { stream, stream_seq } => {
            let selection = Selection::Message { stream: stream.as_str().into(), stream_seq: *stream_seq };
            Some((selection, format!("Show message {stream_seq} of {stream}")))
        }
        Place::Server => Some((Selection::Server, "Show the server".to_owned())),
        Place::Own => Some((Selection::Actor(actor.to_owned()), format!("Show {actor}"))),
        Place::Streams { .. } | Place::Consumers { .. } | Place::Revision { .. } | Place::Revisions { .. } => None,
        Place::Throughout(_) => None,
    }
}
