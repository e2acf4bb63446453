//! The door for programs: `window.jetlab`. Types in `docs/door.md`.
//!
//! `run(line, {actor})` enters a line and resolves with `{output, exitCode}` when it has ended; `advance(duration)` lets
//! time pass at once; `pause`, `play`, `step`; `request(subject, payload)` is any NATS request; `events(from)` is what
//! the server told; `wsFactory` is a wire for the official JavaScript client; `reset()` begins again. Errors are rejected promises with a sentence.

use super::browser::window;
use super::far::REAL_TIME;
use super::model::{Lab, LabHandle};
use super::share;
use super::together;
use super::wires::Wires;
use crate::commands::Question;
use crate::json::{self, ToJson};
use crate::lessons::Lesson;
use crate::playground::Input;
use crate::time::{Timestamp, parse_go_duration};
use js_sys::{Function, Object, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

/// Where the browser lets frames share nothing.
const APART: &str = "Your browser keeps the labs of this page apart, so this one has a server of its own.";

/// Puts `jetlab` on the window.
pub fn open(lab: &LabHandle, wires: &Rc<Wires>) {
    let door = Object::new();
    let set = |name: &str, value: &JsValue| {
        // Setting a property of an object just made cannot fail.
        let _ = Reflect::set(&door, &name.into(), value);
    };
    set("version", &env!("CARGO_PKG_VERSION").into());
    set("run", &run(lab));
    set("advance", &advance(lab));
    set("request", &request(lab));
    set("events", &events(lab));
    set("milestones", &milestones(lab));
    set("now", &simple(lab, |lab| lab.playground.now().rfc3339().into()));
    set("session", &simple(lab, |lab| lab.playground.session().to_json().into()));
    set("screen", &screen(lab));
    set("share", &share(lab));
    set("wsFactory", &wires.factory());
    set("pause", &order(lab, |lab| lab.pace.playing = false));
    set("playing", &simple(lab, |lab| lab.pace.playing.into()));
    set("play", &order(lab, |lab| lab.pace.playing = true));
    set("step", &order(lab, Lab::step));
    set("speed", &speed(lab));
    set("seek", &seek(lab));
    set("state", &state(lab));
    set("meet", &meet(lab));
    set("lead", &order(lab, Lab::lead));
    set("hear", &hear(lab));
    set("keepApart", &order(lab, |lab| lab.trouble = Some(APART.to_owned())));
    set("panic", &simple(lab, |_| panic!("a panic was asked for, to see what happens then")));
    set(
        "reset",
        &order(lab, |lab| {
            let lesson: Option<Rc<Lesson>> = lab.lesson.clone();
            lab.begin(lesson);
        }),
    );
    let _ = Reflect::set(&window(), &"jetlab".into(), &door);
}

fn screen(lab: &LabHandle) -> JsValue {
    let lab = lab.clone();
    let screen = move |actor: Option<String>| -> JsValue {
        lab.read(|lab| {
            let terminal = lab.playground.terminal(actor.as_deref().unwrap_or(&lab.active_actor));
            terminal.map_or(JsValue::NULL, |terminal| terminal.transcript().into())
        })
    };
    Closure::<dyn FnMut(Option<String>) -> JsValue>::new(screen).into_js_value()
}

fn share(lab: &LabHandle) -> JsValue {
    let lab = lab.clone();
    let share = move || -> Promise {
        let lab = lab.clone();
        future_to_promise(
            async move { share::link(&lab).await.map(JsValue::from).map_err(|sentence| error(&sentence)) },
        )
    };
    Closure::<dyn FnMut() -> Promise>::new(share).into_js_value()
}

fn simple(lab: &LabHandle, act: fn(&mut Lab) -> JsValue) -> JsValue {
    let lab = lab.clone();
    Closure::<dyn FnMut() -> JsValue>::new(move || lab.change(act)).into_js_value()
}

/// What a program tells and hears nothing of.
fn order(lab: &LabHandle, act: fn(&mut Lab)) -> JsValue {
    let lab = lab.clone();
    Closure::<dyn FnMut()>::new(move || lab.change(act)).into_js_value()
}

/// To a moment, in seconds since the session began.
fn seek(lab: &LabHandle) -> JsValue {
    let lab = lab.clone();
    Closure::<dyn FnMut(f64)>::new(move |seconds: f64| {
        let nanos = if seconds.is_finite() { (seconds.max(0.0) * 1e9) as u64 } else { 0 };
        lab.change(|lab| lab.go_to(nanos));
    })
    .into_js_value()
}

/// Gives the way to the other frames of the session, see `together.rs`.
fn meet(lab: &LabHandle) -> JsValue {
    let lab = lab.clone();
    Closure::<dyn FnMut(Function)>::new(move |send: Function| lab.change(|lab| lab.meet(send))).into_js_value()
}

fn hear(lab: &LabHandle) -> JsValue {
    let lab = lab.clone();
    Closure::<dyn FnMut(String)>::new(move |text: String| together::hear(&lab, &text)).into_js_value()
}

/// Looked at often, so it wakes nobody.
fn state(lab: &LabHandle) -> JsValue {
    let lab = lab.clone();
    Closure::<dyn FnMut() -> JsValue>::new(move || lab.read(|lab| to_js(&Stand::of(lab)))).into_js_value()
}

/// How things stand, in a few words and figures.
#[derive(ToJson)]
#[json(rename_all = "camelCase")]
struct Stand {
    lesson: Option<String>,
    playing: bool,
    speed: f64,
    /// Seconds since the session began, of so many that are known.
    at: f64,
    end: f64,
    streams: usize,
    messages: u64,
    reached: usize,
    milestones: usize,
}

impl Stand {
    fn of(lab: &Lab) -> Stand {
        let playground = &lab.playground;
        let scene = playground.flow().scene(playground.now());
        Stand {
            lesson: lab.lesson.as_ref().map(|lesson| lesson.id.clone()),
            playing: lab.pace.playing,
            speed: lab.pace.speed,
            at: playground.offset() as f64 / 1e9,
            end: playground.known_end() as f64 / 1e9,
            streams: scene.streams.len(),
            messages: scene.streams.iter().map(|strip| strip.messages).sum(),
            reached: playground.checker().map_or(0, |checker| checker.reached().len()),
            milestones: lab.lesson.as_ref().map_or(0, |lesson| lesson.milestones.len()),
        }
    }
}

fn speed(lab: &LabHandle) -> JsValue {
    let lab = lab.clone();
    Closure::<dyn FnMut(f64)>::new(move |speed: f64| {
        lab.change(|lab| lab.pace.speed = if speed.is_finite() { speed.clamp(0.01, 1e6) } else { 1.0 })
    })
    .into_js_value()
}

#[derive(ToJson)]
#[json(rename_all = "camelCase")]
struct Ran {
    output: String,
    exit_code: i32,
}

/// The last argument of `run` and `request`.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Options {
    actor: Option<String>,
    wait: bool,
}

impl Options {
    /// Options that make no sense count as none.
    fn read(given: JsValue) -> Options {
        serde_wasm_bindgen::from_value(given).unwrap_or_default()
    }
}

/// Frames in which everything has ended that needs no time.
const STANDING_FRAMES: u32 = 12;
const PAUSED: &str =
    "time is paused: what was asked for goes on with play(), step() or advance(), and { wait: true } waits for that";

/// How long a program hears nothing while time stands. Only who asks while it stands is told so: whoever is paused in the
/// middle goes on later.
struct Patience {
    is_told: bool,
    seen: Timestamp,
    frames: u32,
}

impl Patience {
    fn of(lab: &Lab, options: &Options) -> Patience {
        Patience { is_told: !options.wait && lab.stands(), seen: lab.playground.now(), frames: 0 }
    }

    /// Another frame without an answer.
    fn check(&mut self, lab: &Lab) -> Result<(), JsValue> {
        let now = lab.playground.now();
        self.is_told &= !lab.pace.playing;
        self.frames = if lab.stands() && now == self.seen { self.frames + 1 } else { 0 };
        self.seen = now;
        if self.is_told && self.frames > STANDING_FRAMES { Err(error(PAUSED)) } else { Ok(()) }
    }
}

fn error(sentence: &str) -> JsValue {
    js_sys::Error::new(sentence).into()
}

fn run(lab: &LabHandle) -> JsValue {
    let lab = lab.clone();
    let run = move |line: String, options: JsValue| -> Promise {
        let lab = lab.clone();
        let options = Options::read(options);
        future_to_promise(async move {
            let mut patience = lab.read(|lab| Patience::of(lab, &options));
            let actor = options.actor.unwrap_or_else(|| lab.read(|lab| lab.active_actor.clone()));
            let before = lab.read(|lab| Before::of(lab, &actor));
            lab.change(|lab| lab.enter(&actor, &line));
            loop {
                next_frame().await;
                if let Some(ended) = lab.read(|lab| ended(lab, &actor, &before)) {
                    return Ok(to_js(&ended));
                }
                lab.read(|lab| patience.check(lab))?;
            }
        })
    };
    Closure::<dyn FnMut(String, JsValue) -> Promise>::new(run).into_js_value()
}

/// How a terminal stood before something was entered.
struct Before {
    /// Where the output will begin: below the line that is entered, or below the question that is answered.
    output: usize,
    revision: u64,
}

impl Before {
    fn of(lab: &Lab, actor: &str) -> Before {
        let Some(terminal) = lab.playground.terminal(actor) else { return Before { output: 0, revision: 0 } };
        let line = terminal.question_line().unwrap_or(terminal.extent().end);
        Before { output: line + 1, revision: terminal.revision().0 }
    }
}

/// What was entered, if it has ended or asks something.
fn ended(lab: &Lab, actor: &str, before: &Before) -> Option<Ran> {
    let terminal = lab.playground.terminal(actor)?;
    // Where another frame leads, the line is entered there first.
    if terminal.revision().0 == before.revision {
        return None;
    }
    if terminal.is_busy() && terminal.question().is_none() {
        return None;
    }
    let lines = terminal.lines_in(before.output..usize::MAX);
    let mut output: String = lines.iter().map(|(_, line)| format!("{}\n", line.text)).collect();
    // What is entered next takes its place.
    if let Some(Question::Edit { text, .. }) = terminal.question() {
        output = text;
    }
    Some(Ran { output, exit_code: terminal.status() })
}

fn advance(lab: &LabHandle) -> JsValue {
    let lab = lab.clone();
    let advance = move |duration: String| -> Promise {
        let lab = lab.clone();
        future_to_promise(async move {
            let span = parse_go_duration(&duration)
                .ok_or_else(|| error(&format!("\"{duration}\" is not a duration; try \"1.5s\" or \"25h\"")))?;
            if lab.read(Lab::is_far_away) {
                return Err(error(REAL_TIME));
            }
            let until = lab.change(|lab| {
                let until = lab.playground.now() + span;
                lab.pace.jump_until(until);
                until
            });
            while lab.read(|lab| lab.playground.now() < until) {
                next_frame().await;
            }
            Ok(JsValue::UNDEFINED)
        })
    };
    Closure::<dyn FnMut(String) -> Promise>::new(advance).into_js_value()
}

#[derive(ToJson)]
struct Answer {
    subject: String,
    headers: Vec<(String, String)>,
    payload: String,
}

fn request(lab: &LabHandle) -> JsValue {
    let lab = lab.clone();
    let request = move |subject: String, payload: Option<String>, options: JsValue| -> Promise {
        let lab = lab.clone();
        let options = Options::read(options);
        future_to_promise(async move {
            let mut patience = lab.read(|lab| Patience::of(lab, &options));
            let number = lab.change(|lab| {
                let actor = options.actor.unwrap_or_else(|| lab.active_actor.clone());
                lab.input(Input::Request { actor, subject, payload: payload.unwrap_or_default() });
                // Where another frame leads, the request has its number when it comes back.
                lab.playground.last_request() + u64::from(lab.is_led())
            });
            loop {
                next_frame().await;
                match lab.change(|lab| lab.playground.take_answer(number)) {
                    None => lab.read(|lab| patience.check(lab))?,
                    Some(Err(sentence)) => return Err(error(&sentence)),
                    Some(Ok(message)) => {
                        let headers = message.headers.as_ref().map(|headers| {
                            headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
                        });
                        return Ok(to_js(&Answer {
                            subject: message.subject.to_string(),
                            headers: headers.unwrap_or_default(),
                            payload: String::from_utf8_lossy(&message.payload).into_owned(),
                        }));
                    }
                }
            }
        })
    };
    Closure::<dyn FnMut(String, Option<String>, JsValue) -> Promise>::new(request).into_js_value()
}

fn events(lab: &LabHandle) -> JsValue {
    let lab = lab.clone();
    let events =
        move |from: Option<f64>| to_js(&lab.read(|lab| lab.playground.events_from(from.unwrap_or(0.0) as u64)));
    Closure::<dyn FnMut(Option<f64>) -> JsValue>::new(events).into_js_value()
}

#[derive(ToJson)]
#[json(rename_all = "camelCase")]
struct MilestoneState {
    id: String,
    reached: bool,
    why_not: Option<String>,
}

fn milestones(lab: &LabHandle) -> JsValue {
    let lab = lab.clone();
    let milestones = move || to_js(&lab.read(milestone_states));
    Closure::<dyn FnMut() -> JsValue>::new(milestones).into_js_value()
}

fn milestone_states(lab: &Lab) -> Vec<MilestoneState> {
    let (Some(lesson), Some(checker)) = (&lab.lesson, lab.playground.checker()) else { return Vec::new() };
    let state = |id: &String| MilestoneState {
        id: id.clone(),
        reached: checker.has_reached(id),
        why_not: if checker.has_reached(id) { None } else { checker.why_not(id) },
    };
    lesson.milestones.iter().map(|milestone| state(&milestone.id)).collect()
}

fn to_js(value: &dyn ToJson) -> JsValue {
    js_sys::JSON::parse(&json::write(value)).unwrap_or(JsValue::NULL)
}

/// Comes back when the page has drawn what was changed so far.
pub async fn next_frame() {
    let promise = Promise::new(&mut |resolve: Function, _| {
        if window().request_animation_frame(&resolve).is_err() {
            // A page without frames still has to come back.
            let _ = resolve.call0(&JsValue::NULL);
        }
    });
    // The promise above is never rejected.
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}
