//! The picture in its place on the page, and how close one looks: at everything, at one stream, at one message.

use super::app::focus_later;
use super::browser::page_millis;
use super::distant::Legend;
use super::flow::{FrameSource, LifeView, SceneView, Shown};
use super::model::{Lab, LabHandle, use_lab};
use super::panes::Look;
use crate::engine::{MessageId, Name};
use crate::flow::layout::Zoom;
use crate::flow::life::{LifeLine, Mark};
use crate::flow::trouble::Badge;
use crate::flow::{Selection, Time, Viewer, words};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use yew::prelude::*;

/// Longer than this between two moments is worth saying.
const LATER: Duration = Duration::from_millis(500);

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: LabHandle,
}

/// How close one looks.
#[derive(Clone, Debug, Default, PartialEq)]
enum Level {
    #[default]
    Scene,
    Stream(Name),
    Message(MessageId, Option<Name>),
}

impl Level {
    /// One level closer to what is selected, if there is one.
    fn closer(&self, stream: Option<&Name>, message: Option<MessageId>) -> Option<Level> {
        match (self, stream, message) {
            (Level::Scene, Some(stream), None) => Some(Level::Stream(stream.clone())),
            (_, stream, Some(message)) => Some(Level::Message(message, stream.cloned())),
            _ => None,
        }
    }

    fn farther(&self) -> Option<Level> {
        match self {
            Level::Scene => None,
            Level::Stream(_) | Level::Message(_, None) => Some(Level::Scene),
            Level::Message(_, Some(stream)) => Some(Level::Stream(stream.clone())),
        }
    }
}

#[component]
pub fn ScenePane(props: &Props) -> Html {
    let source = use_memo(props.lab.clone(), |lab| source_of(lab.clone()));
    let selected = use_lab(&props.lab, (), |lab, ()| lab.selected.clone());
    let message = use_lab(&props.lab, (), |lab, ()| lab.selected_message());
    let lit = use_lab(&props.lab, (), |lab, ()| lab.lit.clone());
    let zoom = use_state_eq(Zoom::default);
    let level = use_state_eq(Level::default);
    let system_open = use_state_eq(|| false);
    let on_system = use_callback(system_open.clone(), |(), open| open.set(!**open));
    let stream = selected.as_ref().and_then(Selection::stream).cloned();
    {
        // Another message that is chosen while one is looked at takes its place.
        let (level, stream) = (level.clone(), stream.clone());
        use_effect_with(message, move |message| {
            if let (Level::Message(..), Some(message)) = (&*level, message) {
                level.set(Level::Message(*message, stream));
            }
        });
    }
    let on_select = {
        let (lab, level) = (props.lab.clone(), level.clone());
        Callback::from(move |selection: Selection| {
            let again =
                lab.selected().as_ref() == Some(&selection) && lab.read(|lab| lab.panes.open) == Some(Look::Inspector);
            let message = lab.read(|lab| lab.playground.flow().message_of(&selection));
            match level.closer(selection.stream(), message).filter(|_| again) {
                Some(closer) => go(&level.setter(), closer),
                None => lab.look_at(selection),
            }
        })
    };
    let on_badge = use_callback(props.lab.clone(), |badge: Badge, lab| lab.tell_of(&badge));
    let on_key = {
        let level = level.clone();
        Callback::from(move |event: KeyboardEvent| {
            if let Some(farther) = level.farther().filter(|_| event.key() == "Escape") {
                event.prevent_default();
                event.stop_propagation();
                go(&level.setter(), farther);
            }
        })
    };
    let picture = match &*level {
        Level::Message(message, _) => html! {
            <div key="message" class="scene-scroll lifeline-scroll" tabindex="0">
                <Life lab={props.lab.clone()} message={*message} {on_select} />
            </div>
        },
        closer => {
            let focus = if let Level::Stream(stream) = closer { Some(stream.clone()) } else { None };
            html! {
                <div key="scene" class="scene-scroll" tabindex="0">
                    <SceneView source={(*source).clone()} {selected} {lit} {on_select} zoom={*zoom} {focus}
                        system_open={*system_open} {on_system} {on_badge} />
                </div>
            }
        }
    };
    let sizes = (!matches!(&*level, Level::Message(..))).then(|| {
        html! {
            <>
                { tool("Smaller", "−", false, resize(&zoom, 0.8)) }
                { tool("Fit", "Fit", *zoom == Zoom::Fit, { let zoom = zoom.setter(); Callback::from(move |_| zoom.set(Zoom::Fit)) }) }
                { tool("Larger", "+", false, resize(&zoom, 1.25)) }
            </>
        }
    });
    html! {
        <div class="scene-frame" onkeydown={on_key}>
            <div class="scene-tools" role="group" aria-label="Size of the picture">
                <span class="scene-sizes">{ for sizes }</span>
                { levels(&level, stream, message) }
            </div>
            { picture }
            <Legend lab={props.lab.clone()} />
        </div>
    }
}

fn tool(name: &'static str, text: &'static str, pressed: bool, onclick: Callback<MouseEvent>) -> Html {
    html! {
        <button class="scene-tool" aria-label={name} title={name} aria-pressed={pressed.then_some("true")} {onclick}>
            { text }
        </button>
    }
}

fn resize(zoom: &UseStateHandle<Zoom>, by: f64) -> Callback<MouseEvent> {
    let zoom = zoom.clone();
    Callback::from(move |_| {
        let now = if let Zoom::Times(times) = *zoom { times } else { 1.0 };
        zoom.set(Zoom::Times((now * by).clamp(0.5, 2.5)));
    })
}

/// What was focused may be gone with the picture it was in.
fn go(setter: &UseStateSetter<Level>, to: Level) {
    let selector = match &to {
        Level::Message(..) => ".lifeline-scroll",
        _ => ".scene-scroll:not(.lifeline-scroll)",
    };
    setter.set(to);
    focus_later(selector.to_owned());
}

/// From the whole scene to a stream with its consumers, to the life of a message, and back.
fn levels(level: &UseStateHandle<Level>, stream: Option<Name>, message: Option<MessageId>) -> Html {
    let (of_stream, of_message) = match &**level {
        Level::Scene => (stream, message.map(|_| ())),
        Level::Stream(shown) => (Some(shown.clone()), message.filter(|_| stream.as_ref() == Some(shown)).map(|_| ())),
        Level::Message(_, stream) => (stream.clone(), Some(())),
    };
    if of_stream.is_none() && of_message.is_none() {
        return Html::default();
    }
    let stream_level = of_stream.map(|name| (name.to_string(), Level::Stream(name.clone())));
    let message_level = of_message.map(|()| match &**level {
        here @ Level::Message(..) => ("Life line".to_owned(), here.clone()),
        farther => {
            let closer = message.map(|message| Level::Message(message, farther_stream(farther, &stream_level)));
            ("Life line".to_owned(), closer.unwrap_or_default())
        }
    });
    let all = [Some(("Scene".to_owned(), Level::Scene)), stream_level, message_level];
    let step = |(text, to): (String, Level)| {
        let here = std::mem::discriminant(&to) == std::mem::discriminant(&**level);
        let setter = level.setter();
        let onclick = Callback::from(move |_: MouseEvent| go(&setter, to.clone()));
        html! {
            <li key={text.clone()}>
                <button class="scene-tool" title={text.clone()} aria-current={here.then_some("true")} {onclick}>{ text }</button>
            </li>
        }
    };
    html! { <ol class="scene-levels" aria-label="How close">{ for all.into_iter().flatten().map(step) }</ol> }
}

fn farther_stream(level: &Level, stream: &Option<(String, Level)>) -> Option<Name> {
    match (level, stream) {
        (Level::Stream(name), _) | (_, Some((_, Level::Stream(name)))) => Some(name.clone()),
        _ => None,
    }
}

#[derive(Properties, PartialEq)]
struct LifeProps {
    lab: LabHandle,
    message: MessageId,
    on_select: Callback<Selection>,
}

/// The life line, followed again only when something was told.
#[component]
fn Life(props: &LifeProps) -> Html {
    let kept = use_memo((), |()| Kept::default());
    let life = use_lab(&props.lab, (props.message, Known(kept)), life);
    let Some((life, shown)) = life else {
        return html! { <p class="look-none">{ "At this moment the message is not there yet." }</p> };
    };
    html! { <LifeView {life} {shown} on_select={props.on_select.clone()} /> }
}

/// The life line that was made last, and of what.
type Kept = RefCell<Option<((u32, u64, MessageId), Option<Rc<LifeLine>>)>>;

#[derive(Clone)]
struct Known(Rc<Kept>);

impl PartialEq for Known {
    fn eq(&self, other: &Known) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

fn life(lab: &Lab, (message, known): &(MessageId, Known)) -> Option<(Rc<LifeLine>, Rc<Vec<Shown>>)> {
    let (flow, now) = (lab.playground.flow(), lab.playground.now());
    let of = (lab.travel.worlds, flow.revision(), *message);
    let mut kept = known.0.borrow_mut();
    let life = match &*kept {
        Some((last, life)) if *last == of => life.clone(),
        _ => {
            let life = LifeLine::of(&flow, now, *message).map(Rc::new);
            *kept = Some((of, life.clone()));
            life
        }
    }?;
    let mut before = None;
    let shown = life.rows.iter().map(|row| {
        let waited = before.map(|before| row.at.since(before)).filter(|waited| *waited >= LATER);
        before = Some(row.at);
        let wait = match row.mark {
            Mark::Timer if row.at <= now => Some("now".to_owned()),
            Mark::Timer => Some(format!("in {}", words::time_left(now, row.at))),
            _ => waited.map(|waited| format!("{} later", crate::flow::settings::span(tenths(waited)))),
        };
        let line = row.line.and_then(|line| flow.wire().line(line));
        let line = line.map(|line| words::preview(format!("{} {}", line.verb(), line.arguments()).as_bytes(), 160));
        Shown { clock: words::clock(row.at), wait, line }
    });
    let shown = Rc::new(shown.collect());
    Some((life, shown))
}
/// As exact as it is read.
fn tenths(waited: Duration) -> Duration {
    Duration::from_millis((waited.as_millis() as u64 + 50) / 100 * 100)
}

/// The picture of the moment. Displayed time stands while the lab is paused, but for what a step shows.
fn source_of(lab: LabHandle) -> FrameSource {
    // Another world is looked at with fresh eyes.
    let eyes: RefCell<(u32, Viewer, f64)> = RefCell::new((0, Viewer::default(), page_millis()));
    FrameSource(Rc::new(move || {
        lab.is_drawn().then(|| {
            lab.read(|lab| {
                let (world, viewer, last) = &mut *eyes.borrow_mut();
                if *world != lab.travel.worlds {
                    (*world, *viewer) = (lab.travel.worlds, Viewer::default());
                }
                let millis = page_millis();
                let passed = Duration::from_secs_f64((millis - *last).clamp(0.0, 100.0) / 1e3);
                *last = millis;
                let time = if lab.pace.playing { Time::Runs } else { Time::Stands };
                viewer.look(&lab.playground.flow(), lab.playground.now(), passed, time)
            })
        })
    }))
}
