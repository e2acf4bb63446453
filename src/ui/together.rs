//! Several frames of one page that show one session: one leads, the others follow.
//!
//! A session is its seed and its inputs, so a frame that is told every input and how far time has come has the same server,
//! event by event. The leader tells that much; who follows asks the leader for whatever its learner does, and does nothing
//! alone. Who leads is the business of `assets/frame.js`: it carries what is said here from frame to frame and calls
//! [`Lab::lead`] in exactly one of them. What is said never passes through the page around the frames.

use super::browser::page_millis;
use super::model::{Lab, LabHandle};
use super::time::Travel;
use crate::json::{self, FromJson, ToJson};
use crate::lessons::Lesson;
use crate::playground::session::Entry;
use crate::playground::{Input, Playground, Session};
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsValue;

/// A frame's part in a session that others show, too.
#[derive(Default)]
pub struct Together {
    /// Says something to all the others; without it this frame is alone.
    send: Option<js_sys::Function>,
    role: Role,
    told: Told,
    /// The leader's, as it said last.
    pace: (bool, f64),
    end: u64,
    is_moving: bool,
    /// A session that comes as soon as its lesson is here.
    coming: Option<Session>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Role {
    /// Nobody has said anything yet.
    #[default]
    Alone,
    Leads,
    Follows,
}

/// What a leader has told its followers.
#[derive(Default)]
struct Told {
    world: Option<Rc<()>>,
    inputs: usize,
    state: Option<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, ToJson, FromJson)]
struct State {
    end: u64,
    playing: bool,
    speed: f64,
    moving: bool,
}

#[derive(ToJson, FromJson)]
#[json(rename_all = "snake_case")]
enum Said {
    /// Somebody new wants to know everything.
    Join {
        late: bool,
    },
    Hello {
        lesson: Option<String>,
        session: Session,
        state: State,
    },
    /// The inputs from number `from` on, and how things stand.
    Went {
        from: usize,
        entries: Vec<Entry>,
        state: State,
    },
    Ask(Ask),
}

/// What a follower's learner wants to be done.
#[derive(ToJson, FromJson)]
#[json(rename_all = "snake_case")]
pub enum Ask {
    Input {
        input: Input,
    },
    Enter {
        actor: String,
        text: String,
    },
    Begin {
        anew: bool,
    },
    GoTo {
        at: u64,
    },
    Jump {
        to: u64,
    },
    Step {
        forward: bool,
    },
    Fork {
        undo: bool,
    },
    Pace {
        playing: bool,
        speed: f64,
    },
    /// A browser draws nothing in a frame out of sight; one in sight lends its time.
    Tick {
        millis: f64,
    },
}

impl Together {
    fn say(&self, said: &Said) {
        if let Some(send) = &self.send {
            // A channel that was closed meanwhile leads nowhere.
            let _ = send.call1(&JsValue::NULL, &json::write(said).into());
        }
    }

    pub fn is_following(&self) -> bool {
        self.role == Role::Follows
    }
}

impl Lab {
    /// Whether the leader is asked to do it instead.
    pub(super) fn asks(&self, ask: impl FnOnce() -> Ask) -> bool {
        let follows = self.is_led();
        if follows {
            self.together.say(&Said::Ask(ask()));
        }
        follows
    }

    /// From now on there may be others.
    pub fn meet(&mut self, send: js_sys::Function) {
        self.together.send = Some(send);
        self.together.say(&Said::Join { late: false });
    }

    /// This frame has the say from now on, beginning with what it shows.
    pub fn lead(&mut self) {
        self.together.role = Role::Leads;
        self.together.coming = None;
        self.playground.leave_path();
        self.say_hello();
    }

    fn state(&self) -> State {
        State {
            end: self.playground.offset(),
            playing: self.pace.playing,
            speed: self.pace.speed,
            moving: self.is_moving(),
        }
    }

    fn say_hello(&mut self) {
        if self.is_far_away() {
            return;
        }
        let session = self.playground.session().clone();
        let state = self.state();
        let world = Some(self.playground.identity());
        self.together.told = Told { world, inputs: session.inputs.len(), state: Some(state) };
        let lesson = self.lesson.as_ref().map(|lesson| lesson.id.clone());
        self.together.say(&Said::Hello { lesson, session, state });
    }

    /// Tells the others what has happened since they were told.
    pub(super) fn tell_others(&mut self) {
        // A server far away is nobody else's.
        if self.together.role != Role::Leads || self.is_far_away() {
            return;
        }
        let world = self.playground.identity();
        if !self.together.told.world.as_ref().is_some_and(|told| Rc::ptr_eq(told, &world)) {
            return self.say_hello();
        }
        let state = self.state();
        let from = self.together.told.inputs;
        let entries = self.playground.session().inputs.get(from..).unwrap_or_default().to_vec();
        if !entries.is_empty() || self.together.told.state != Some(state) {
            self.together.told.inputs = from + entries.len();
            self.together.told.state = Some(state);
            self.together.say(&Said::Went { from, entries, state });
        }
    }

    /// Whoever changed the pace here wants it changed for all.
    fn tell_pace(&mut self) {
        let (playing, speed) = (self.pace.playing, self.pace.speed);
        if (playing, speed) != self.together.pace {
            self.together.pace = (playing, speed);
            self.asks(|| Ask::Pace { playing, speed });
        }
    }

    fn take_over_state(&mut self, state: State) {
        self.together.end = self.together.end.max(state.end);
        self.together.is_moving = state.moving;
        self.together.pace = (state.playing, state.speed);
        (self.pace.playing, self.pace.speed) = self.together.pace;
    }

    /// Shows another frame's session.
    fn follow(&mut self, session: &Session, lesson: Option<Rc<Lesson>>, state: State) {
        self.together.role = Role::Follows;
        self.together.end = 0;
        // The futures that were left are the leader's to keep.
        let worlds = self.travel.worlds + 1;
        self.travel = Travel::default();
        self.travel.worlds = worlds;
        self.lesson = lesson;
        self.prepare();
        self.playground = Playground::rerun(session, self.lesson.as_deref());
        self.take_over_state(state);
        self.follow_on();
    }

    fn went(&mut self, from: usize, entries: Vec<Entry>, state: State) {
        if let Some(session) = &mut self.together.coming {
            session.inputs.truncate(from);
            session.inputs.extend(entries);
            session.end = state.end;
            return;
        }
        if !self.playground.expect_inputs(from, entries, state.end) {
            return self.together.say(&Said::Join { late: true });
        }
        // What was changed here meanwhile is said before it is overwritten.
        self.tell_pace();
        self.take_over_state(state);
    }

    /// A frame's worth of following: as far as the leader has come. `true` while there is more to come.
    pub(super) fn follow_on(&mut self) {
        self.tell_pace();
        if let Some(to) = self.pace.take_jump() {
            let to = to.since(self.playground.moment(0)).as_nanos() as u64;
            self.asks(|| Ask::Jump { to });
        }
        let until = self.playground.moment(self.together.end);
        self.playground.advance_to(until.max(self.playground.now()));
        if self.pace.playing || self.together.is_moving {
            self.asks(|| Ask::Tick { millis: page_millis() });
        }
    }

    /// Another frame leads.
    pub fn is_led(&self) -> bool {
        self.together.is_following() && !self.is_far_away()
    }

    pub(super) fn is_led_on(&self) -> bool {
        self.is_led() && self.together.is_moving
    }

    fn do_asked(&mut self, ask: Ask) {
        match ask {
            Ask::Input { input } => self.input(input),
            Ask::Enter { actor, text } => self.enter(&actor, &text),
            Ask::Begin { .. } => self.begin(self.lesson.clone()),
            Ask::GoTo { at } => self.go_to(at),
            Ask::Jump { to } => self.pace.jump_until(self.playground.moment(0) + Duration::from_nanos(to)),
            Ask::Step { forward: true } => self.step(),
            Ask::Step { forward: false } => self.back(),
            Ask::Fork { undo: true } => self.undo(),
            Ask::Fork { undo: false } => self.fork(),
            Ask::Pace { playing, speed } if speed.is_finite() => {
                (self.pace.playing, self.pace.speed) = (playing, speed.clamp(0.01, 1e6));
            }
            Ask::Pace { .. } | Ask::Tick { .. } => {}
        }
    }
}

/// Another frame said something.
pub fn hear(lab: &LabHandle, text: &str) {
    // Frames of another version may speak otherwise.
    let Ok(said) = json::read::<Said>(text) else { return };
    let role = lab.read(|lab| lab.together.role);
    match (said, role) {
        (Said::Join { .. }, Role::Leads) => lab.change(Lab::say_hello),
        (Said::Ask(ask), Role::Leads) => {
            lab.change(|lab| lab.do_asked(ask));
            lab.frame(page_millis());
        }
        (Said::Hello { lesson, session, state }, Role::Alone | Role::Follows) => {
            lab.change(|lab| lab.together.coming = Some(session));
            let lab = lab.clone();
            wasm_bindgen_futures::spawn_local(async move { welcome(&lab, lesson, state).await });
        }
        (Said::Went { from, entries, state }, Role::Follows) => lab.change(|lab| lab.went(from, entries, state)),
        _ => {}
    }
}

async fn welcome(lab: &LabHandle, lesson: Option<String>, state: State) {
    let known = lab.read(|lab| lab.lesson.clone()).filter(|known| Some(&known.id) == lesson.as_ref());
    let lesson = match (known, lesson) {
        (Some(known), _) => Ok(Some(known)),
        (None, Some(id)) => super::app::load_lesson(lab, &id).await.map(|lesson| Some(Rc::new(lesson))),
        (None, None) => Ok(None),
    };
    lab.change(|lab| {
        let Some(session) = lab.together.coming.take() else { return };
        let state = State { end: state.end.max(session.end), ..state };
        match lesson {
            Ok(lesson) => lab.follow(&session, lesson, state),
            Err(error) => lab.trouble = Some(error),
        }
    });
}
