//! What the page is about: the playground, how fast its time goes, which lesson is on, what is typed and remembered.
//!
//! Plain Rust behind a cheap handle. Every frame [`LabHandle::frame`] lets time pass and tells listeners when something
//! they may show has changed; components read with [`use_lab`] and render again only when what they read is different.

use super::browser::frames::{self, Next};
use super::browser::storage::{self, Keep};
use super::browser::{page_millis, unix_millis};
use super::distant::Away;
use super::embed;
use super::far::{Far, real_now};
use super::panes::{Look, Panes};
use super::queue::Queue;
use super::share::Shared;
use super::time::{Travel, kept, pace_at};
use super::together::{Ask, Together};
use crate::flow::Selection;
use crate::flow::inspect::Region;
use crate::flow::story::Filter;
use crate::flow::trouble::Badge;
use crate::lessons::progress::Progress;
use crate::lessons::{Entry, Lesson};
use crate::map::Map;
use crate::playground::clock::Pace;
use crate::playground::{Input, LATENCY, Playground, Session, Wish, script};
use crate::shell::Completion;
use crate::time::Timestamp;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use yew::prelude::*;

/// How much of a frame the playground may take.
const SLICE_MILLIS: f64 = 8.0;
/// How much of a frame going through time may take.
const TRAVEL_MILLIS: f64 = 40.0;
/// The longest time one frame stands for: a page that was asleep does not race to catch up.
const LONGEST_FRAME: Duration = Duration::from_millis(200);
/// What is due later than this lets the page sleep until then.
const SLEEP: Duration = Duration::from_millis(frames::SLEEP_MILLIS as u64 + 20);
/// So many times between two frames is busy.
const BUSY_HURRIES: u32 = 3;
/// How often what changes is drawn then.
const BUSY_DRAWING_MILLIS: f64 = 100.0;
const PROGRESS_KEY: &str = "jetlab.progress";
pub(super) const SESSION_KEY: &str = "jetlab.session";
/// How far the session has come since its last input, and how often that is noted.
pub(super) const SESSION_END_KEY: &str = "jetlab.session-end";
const NOTE_END_MILLIS: f64 = 500.0;
/// A session in which programs wrote more is kept as it was before.
const MAX_KEPT_WIRE_BYTES: usize = 1 << 20;
const PANES_KEY: &str = "jetlab.panes";
const AFTER_CRASH_KEY: &str = "jetlab.after-crash";
/// Name of the terminal of an empty playground.
const SANDBOX_ACTORS: &[&str] = &["main", "second"];

pub struct Lab {
    pub playground: Playground,
    pub pace: Pace,
    /// The past of the playground, and the futures it has had.
    pub travel: Travel,
    pub lesson: Option<Rc<Lesson>>,
    pub course: Rc<Vec<Entry>>,
    /// Scenes that are ready to look at; empty until they were asked for.
    pub gallery: Rc<Vec<Entry>>,
    pub progress: Progress,
    /// `false`: what is learned is forgotten when the page is closed.
    pub progress_lasts: bool,
    pub active_actor: String,
    /// What is looked at more closely, wherever it was chosen.
    pub selected: Option<Selection>,
    /// Counts how often somebody asked to be shown something in the scene.
    pub looks: u64,
    /// Nobody went elsewhere since.
    pub wants_scene: bool,
    /// The part of the picture that somebody points at from elsewhere.
    pub lit: Option<Region>,
    /// Which sentences of the story are wanted.
    pub story: Filter,
    pub panes: Panes,
    /// The command whose wire is open: its terminal and its number there.
    pub wire: Option<(String, u64)>,
    /// What stands in each prompt and was not entered.
    pub drafts: Map<String, String>,
    /// How many characters wide each terminal is now.
    pub columns: Map<String, usize>,
    /// Lines that were pasted and wait for their terminal to be free.
    pub(super) queued: Queue,
    /// Counts prompts that were filled from outside, so that they take the focus.
    pub fills: u64,
    /// Counts how often somebody asked in a terminal to share the session.
    pub shares: u64,
    pub trouble: Option<String>,
    /// What went well, to be read once.
    pub said: Option<String>,
    /// Other frames that show this session.
    pub(super) together: Together,
    /// Somebody else's session, before it runs here.
    pub shared: Option<Shared>,
    /// Page time at which the end of the session was noted.
    end_noted: f64,
    /// There are inputs that were not kept yet.
    is_unkept: bool,
    /// The milestone reached last since the lesson was begun.
    pub latest: Option<String>,
    /// Counts clean beginnings.
    pub beginnings: u64,
    /// Inputs that belong to the lesson's beginning.
    pub(super) given_inputs: usize,
    /// What was learned before everything was reset.
    pub(super) forgotten: Option<Progress>,
    /// A server of the learner's own.
    pub far: Far,
    /// What lessons make on such a server.
    pub away: Away,
}

impl Lab {
    fn new() -> Lab {
        let progress = storage::read(Keep::Always, PROGRESS_KEY).map(|text| Progress::from_json(&text));
        Lab {
            playground: fresh_playground(),
            pace: pace_at(1.0),
            travel: Travel::default(),
            lesson: None,
            course: Rc::default(),
            gallery: Rc::default(),
            progress: progress.unwrap_or_default(),
            progress_lasts: storage::is_lasting(),
            active_actor: SANDBOX_ACTORS[0].to_owned(),
            selected: None,
            looks: 0,
            wants_scene: false,
            lit: None,
            story: Filter::default(),
            panes: Panes::read(&storage::read(Keep::Always, PANES_KEY).unwrap_or_default()),
            wire: None,
            drafts: Map::new(),
            columns: Map::new(),
            queued: Queue::default(),
            fills: 0,
            shares: 0,
            trouble: None,
            said: None,
            together: Together::default(),
            shared: None,
            end_noted: 0.0,
            is_unkept: false,
            latest: None,
            beginnings: 0,
            given_inputs: 0,
            forgotten: None,
            far: Far::default(),
            away: Away::default(),
        }
    }

    /// Throws the playground away and begins the lesson, or an empty one, from its start.
    pub fn begin(&mut self, lesson: Option<Rc<Lesson>>) {
        if self.is_far_away() {
            return self.begin_far(lesson);
        }
        if self.asks(|| Ask::Begin { anew: true }) {
            return;
        }
        self.leave_session(lesson);
        self.playground = fresh_playground();
        self.prepare();
        let start = self.lesson.as_ref().map(|lesson| lesson.start.clone()).unwrap_or_default();
        if !start.is_empty() {
            script::play(&mut self.playground, &start);
        }
        self.given_inputs = self.playground.session().inputs.len();
        self.open_named_pane();
        self.keep_session();
        self.note_session();
    }

    /// A scene that is about its chat begins with it open; what a reader had open otherwise stays.
    fn open_named_pane(&mut self) {
        let names_chat = self.lesson.as_ref().is_some_and(|lesson| lesson.panes.iter().any(|pane| pane == "chat"));
        match self.panes.open {
            Some(Look::Chat) if !names_chat => self.panes = self.panes.with_open(None),
            _ if names_chat => self.panes = self.panes.with_open(Some(Look::Chat)),
            _ => {}
        }
    }

    pub(super) fn prepare(&mut self) {
        self.pace = pace_at(self.pace.speed);
        self.pace.answer();
        let actors = self.look_afresh();
        if let Some(lesson) = &self.lesson {
            self.playground.begin_lesson(lesson);
        }
        for actor in actors {
            self.playground.input(Input::OpenTerminal { actor });
        }
    }

    /// The playground in the page is there again, with the lesson that was on.
    pub(super) fn come_back(&mut self, lesson: Option<Rc<Lesson>>, given_inputs: usize) {
        (self.lesson, self.given_inputs) = (lesson, given_inputs);
        self.look_afresh();
        // What was pending when it was left is over; nobody is surprised by a clock that runs.
        self.pace = pace_at(self.pace.speed);
    }

    /// Nothing of another playground is looked at any more. Returns who has a terminal.
    fn look_afresh(&mut self) -> Vec<String> {
        self.drafts.clear();
        self.queued.clear();
        self.latest = None;
        self.selected = None;
        self.lit = None;
        self.story = Filter::default();
        self.wire = None;
        self.beginnings += 1;
        let actors: Vec<String> = match &self.lesson {
            Some(lesson) => lesson.actors.clone(),
            None => SANDBOX_ACTORS.iter().map(|actor| (*actor).to_owned()).collect(),
        };
        self.active_actor = actors.first().cloned().unwrap_or_default();
        actors
    }

    /// Takes up what the crash overlay was asked for, once.
    pub fn take_up_after_crash(&mut self, lesson: Option<Rc<Lesson>>) -> bool {
        let wanted = storage::read(Keep::Tab, AFTER_CRASH_KEY);
        storage::remove(Keep::Tab, AFTER_CRASH_KEY);
        if wanted.as_deref() != Some("replay") {
            return false;
        }
        let session = storage::read(Keep::Tab, SESSION_KEY).and_then(|text| Session::from_json(&text).ok());
        let Some(session) = session else { return false };
        let end = storage::read(Keep::Tab, SESSION_END_KEY).and_then(|text| text.parse().ok());
        self.travel.history = kept::read(lesson.as_ref().map(|lesson| lesson.id.as_str()));
        self.lesson = lesson;
        self.prepare();
        self.given_inputs = self.playground.session().inputs.len();
        self.playground =
            Playground::replay(&session, self.lesson.as_deref(), end.unwrap_or(session.end).max(session.end));
        self.note_session();
        true
    }

    /// Runs somebody's session again, up to its end, and stands still there.
    pub fn take_up(&mut self, session: &Session, lesson: Option<Rc<Lesson>>) {
        self.leave_far();
        self.leave_session(lesson);
        self.prepare();
        self.given_inputs = self.playground.session().inputs.len();
        self.playground = Playground::replay(session, self.lesson.as_deref(), session.end);
        self.pace.playing = false;
        self.keep_session();
        self.note_session();
    }

    /// Something was done: it goes into the session, and what would be needed to replay it is kept.
    pub fn input(&mut self, input: Input) {
        if self.asks(|| Ask::Input { input: input.clone() }) {
            return;
        }
        self.leave_path();
        if super::settings::is_still() {
            self.pace.answer();
        }
        self.playground.input(input);
        self.keep_session();
    }

    /// A program wrote, connected or hung up. That comes too often to be kept each time: the next frames see to it.
    pub fn wire_input(&mut self, input: Input) {
        if self.asks(|| Ask::Input { input: input.clone() }) {
            return;
        }
        self.leave_path();
        self.playground.input(input);
        self.is_unkept = true;
    }

    /// What programs wrote may be too much to be kept between one moment and the next.
    fn is_keepable(&self) -> bool {
        let session = self.playground.session();
        session.is_whole() && session.wire_bytes() < MAX_KEPT_WIRE_BYTES
    }

    pub(super) fn keep_session(&mut self) {
        self.is_unkept = false;
        if !self.is_keepable() {
            return;
        }
        storage::write(Keep::Tab, SESSION_KEY, &self.playground.session().to_json());
        self.keep_end();
    }

    /// A crash leaves no time to note anything.
    fn keep_end(&self) {
        if !self.is_keepable() {
            return;
        }
        let session = self.playground.session();
        let end = self.playground.now().since(Timestamp(session.started)).as_nanos();
        storage::write(Keep::Tab, SESSION_END_KEY, &end.to_string());
    }

    /// Chooses something and brings the scene into sight.
    pub fn look_at(&mut self, selection: Selection) {
        self.selected = Some(selection);
        self.looks += 1;
        self.wants_scene = true;
    }

    /// Shares the room differently from now on, at the next visit, too.
    pub fn set_panes(&mut self, panes: Panes) {
        if self.panes != panes {
            self.panes = panes;
            storage::write(Keep::Always, PANES_KEY, &panes.written());
        }
    }

    /// What the Tab key could put at `cursor`, a byte offset in the prompt's text.
    pub fn complete(&self, actor: &str, text: &str, cursor: usize) -> Completion {
        self.playground.complete(actor, text, cursor)
    }

    /// What is on is a scene of the gallery, no lesson.
    pub fn is_scene(&self) -> bool {
        let Some(lesson) = &self.lesson else { return false };
        self.gallery.iter().any(|entry| entry.id == lesson.id)
    }

    /// More than the clock will change soon.
    pub(super) fn is_moving(&self) -> bool {
        if self.is_led() {
            return self.is_led_on();
        }
        let playground = &self.playground;
        let is_due = playground.next_instant().is_some_and(|at| at.since(playground.now()) < SLEEP);
        let runs = is_due || self.pace.speed > 1.0 || playground.heaviest_on_the_way().is_some();
        self.travel.is_under_way() || self.pace.is_jumping() || !self.queued.is_empty() || self.pace.playing && runs
    }

    fn note_progress(&mut self) -> bool {
        let Some(lesson) = &self.lesson else { return false };
        let reached = self.playground.checker().map(|checker| checker.reached()).unwrap_or_default();
        let mut changed = false;
        for milestone in reached {
            if self.progress.reach(&lesson.id, &milestone) {
                let all: Vec<String> = lesson.milestones.iter().map(|one| one.id.clone()).collect();
                embed::tell_reached(&lesson.id, &milestone, self.progress.is_solved(&lesson.id, &all));
                self.latest = Some(milestone);
                changed = true;
            }
        }
        if changed {
            self.keep_progress();
        }
        changed
    }

    pub fn keep_progress(&self) {
        storage::write(Keep::Always, PROGRESS_KEY, &self.progress.to_json());
    }

    /// What listeners compare: anything that may be shown moves it.
    fn revision(&self) -> (u32, u64, Timestamp, u64, usize) {
        let reached = self.playground.checker().map_or(0, |checker| checker.reached().len());
        let revision = self.playground.flow().revision();
        (self.travel.worlds, revision, self.playground.now(), self.playground.screens_revision(), reached)
    }
}

fn fresh_playground() -> Playground {
    let millis = unix_millis();
    // The seed is part of the session, so anything that differs between visits will do.
    let seed = (millis as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11;
    Playground::new(seed, Timestamp((millis * 1e6) as i64), LATENCY)
}

/// Shared by every component. Equal when it is the same lab.
#[derive(Clone)]
pub struct LabHandle {
    inner: Rc<Inner>,
}

struct Inner {
    lab: RefCell<Lab>,
    listeners: RefCell<Map<u64, Rc<dyn Fn()>>>,
    next_listener: Cell<u64>,
    /// How often listeners were told.
    tellings: Cell<u64>,
    dirty: Cell<bool>,
    last_frame: Cell<Option<f64>>,
    /// How often programs wanted something done since the last frame.
    hurries: Cell<u32>,
    /// When a frame was last drawn, in page time.
    drawn: Cell<f64>,
    /// This frame is drawn.
    is_drawn: Cell<bool>,
}

impl PartialEq for LabHandle {
    fn eq(&self, other: &LabHandle) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }
}

impl LabHandle {
    pub fn new() -> LabHandle {
        let inner = Inner {
            lab: RefCell::new(Lab::new()),
            listeners: RefCell::default(),
            next_listener: Cell::new(0),
            tellings: Cell::new(0),
            dirty: Cell::new(false),
            last_frame: Cell::new(None),
            hurries: Cell::new(0),
            drawn: Cell::new(0.0),
            is_drawn: Cell::new(true),
        };
        LabHandle { inner: Rc::new(inner) }
    }

    pub fn read<R>(&self, read: impl FnOnce(&Lab) -> R) -> R {
        read(&self.inner.lab.borrow())
    }

    /// What is looked at more closely.
    pub fn selected(&self) -> Option<Selection> {
        self.read(|lab| lab.selected.clone())
    }

    /// Looks at something more closely: it is marked in the scene and shown in the inspector.
    pub fn select(&self, selection: Option<Selection>) {
        if self.selected() != selection {
            // Whatever pointed into the picture spoke of the other thing.
            self.change(|lab| (lab.selected, lab.lit) = (selection, None));
        }
    }

    /// Looks at something more closely, in the inspector.
    pub fn look_at(&self, selection: Selection) {
        self.change(|lab| {
            lab.look_at(selection);
            lab.set_panes(lab.panes.with_open(Some(Look::Inspector)));
        });
    }

    /// Opens the story at what a badge counts.
    pub fn tell_of(&self, badge: &Badge) {
        self.change(|lab| {
            lab.story = Filter { trouble: Some((badge.trouble, badge.place.clone())), ..Filter::default() };
            lab.set_panes(lab.panes.with_open(Some(Look::Story)));
        });
        super::app::focus_later(".story-log".to_owned());
    }

    /// Opens a pane beside the terminals, or closes it.
    pub fn show(&self, open: Option<Look>) {
        self.change(|lab| {
            lab.lit = None;
            lab.set_panes(lab.panes.with_open(open));
        });
    }

    /// Points at a part of the picture, or at nothing any more.
    pub fn light(&self, region: Option<Region>) {
        if self.read(|lab| lab.lit != region) {
            self.change(|lab| lab.lit = region);
        }
    }

    /// Changes something; listeners hear of it at the next frame.
    pub fn change<R>(&self, change: impl FnOnce(&mut Lab) -> R) -> R {
        self.inner.dirty.set(true);
        frames::wake();
        change(&mut self.inner.lab.borrow_mut())
    }

    /// Works on the lab where nothing that is shown changes.
    pub fn quietly<R>(&self, work: impl FnOnce(&mut Lab) -> R) -> R {
        work(&mut self.inner.lab.borrow_mut())
    }

    /// The time on the page's clock that did not pass in the playground yet.
    fn elapsed(&self, millis: f64) -> Duration {
        let last = self.inner.last_frame.get().unwrap_or(millis);
        self.inner.last_frame.set(Some(millis.max(last)));
        Duration::from_secs_f64(((millis - last) / 1e3).max(0.0)).min(LONGEST_FRAME)
    }

    /// Lets happen what is due without waiting for the next frame. `true` when there is more than fits a slice.
    pub fn pass_at_once(&self) -> bool {
        let began = page_millis();
        let elapsed = self.elapsed(began);
        self.inner.hurries.set(self.inner.hurries.get() + 1);
        self.change(|lab| {
            if lab.travel.is_under_way() || lab.is_far_away() {
                return false;
            }
            lab.pace.run(&mut lab.playground, elapsed, || page_millis() - began < SLICE_MILLIS);
            let now = lab.playground.now();
            (lab.pace.playing || lab.pace.is_jumping()) && lab.playground.next_instant().is_some_and(|at| at <= now)
        })
    }

    /// Lets one frame's worth of time pass. Tells whether the next one is awaited.
    pub fn frame(&self, millis: f64) -> Next {
        let elapsed = self.elapsed(millis);
        let began = page_millis();
        let wish = {
            let mut lab = self.inner.lab.borrow_mut();
            let lab = &mut *lab;
            let before = lab.revision();
            let has_arrived = lab.tend_trial();
            if has_arrived {
                self.inner.dirty.set(true);
            }
            if lab.is_far_away() {
                lab.playground.advance_to(real_now());
                if lab.tend_survey() {
                    self.inner.dirty.set(true);
                }
                lab.enter_queued();
                lab.keep_contexts();
            } else if lab.is_led() {
                lab.follow_on();
            } else if !lab.travel_on(|| page_millis() - began < TRAVEL_MILLIS) {
                let slice = if lab.pace.is_jumping() { TRAVEL_MILLIS } else { SLICE_MILLIS };
                lab.pace.run(&mut lab.playground, elapsed, || page_millis() - began < slice);
                lab.enter_queued();
            }
            if !lab.is_far_away() {
                lab.travel.history.follow(&lab.playground);
            }
            let learned = lab.note_progress();
            // Before the first beginning there may still be a session to be taken up.
            if lab.beginnings > 0 && began - lab.end_noted > NOTE_END_MILLIS {
                lab.end_noted = began;
                if lab.is_unkept { lab.keep_session() } else { lab.keep_end() }
            }
            if learned || lab.travel.is_under_way() || lab.revision() != before {
                self.inner.dirty.set(true);
            }
            lab.tell_others();
            lab.playground.take_wish()
        };
        match wish {
            Some(Wish::JumpTo(until)) => self.change(|lab| lab.pace.jump_until(until)),
            Some(Wish::Reset) => self.change(|lab| {
                let lesson = lab.lesson.clone();
                lab.begin(lesson);
            }),
            Some(Wish::Share) => self.change(|lab| lab.shares += 1),
            None => {}
        }
        self.inner.is_drawn.set(self.may_draw(began));
        if self.inner.is_drawn.get() && self.inner.dirty.replace(false) {
            self.tell();
        }
        if self.inner.dirty.get() || self.read(Lab::is_moving) { Next::Soon } else { Next::Later }
    }

    /// While a program keeps the server busy, drawing would take most of the time it waits: then now and then must do.
    fn may_draw(&self, now: f64) -> bool {
        let is_busy = self.inner.hurries.replace(0) >= BUSY_HURRIES;
        let may = !is_busy || now - self.inner.drawn.get() >= BUSY_DRAWING_MILLIS;
        if may {
            self.inner.drawn.set(now);
        }
        may
    }

    /// Whether this frame is to be drawn.
    pub fn is_drawn(&self) -> bool {
        self.inner.is_drawn.get()
    }

    fn tell(&self) {
        self.inner.tellings.set(self.inner.tellings.get() + 1);
        let listeners: Vec<Rc<dyn Fn()>> = self.inner.listeners.borrow().values().cloned().collect();
        listeners.iter().for_each(|listener| listener());
    }

    fn listen(&self, listener: Rc<dyn Fn()>) -> u64 {
        let id = self.inner.next_listener.get();
        self.inner.next_listener.set(id + 1);
        self.inner.listeners.borrow_mut().insert(id, listener);
        id
    }

    fn stop_listening(&self, id: u64) {
        self.inner.listeners.borrow_mut().remove(&id);
    }
}

/// Reads something from the lab, and renders again when it is different. `of` is what the reading depends on besides.
#[hook]
pub fn use_lab<D, T>(lab: &LabHandle, of: D, read: fn(&Lab, &D) -> T) -> T
where
    D: PartialEq + Clone + 'static,
    T: PartialEq + Clone + 'static,
{
    let update = use_force_update();
    let shown = use_mut_ref(|| None::<T>);
    let value = lab.read(|lab| read(lab, &of));
    *shown.borrow_mut() = Some(value.clone());
    let tellings = lab.inner.tellings.get();
    use_effect_with((lab.clone(), of), move |(lab, of)| {
        let (lab, of) = (lab.clone(), of.clone());
        let watched = lab.clone();
        let listener: Rc<dyn Fn()> = Rc::new(move || {
            let value = watched.read(|lab| read(lab, &of));
            if shown.borrow().as_ref() != Some(&value) {
                update.force_update();
            }
        });
        let id = lab.listen(listener.clone());
        // A slow page may go through frames between drawing something and this.
        if lab.inner.tellings.get() != tellings {
            listener();
        }
        move || lab.stop_listening(id)
    });
    value
}
