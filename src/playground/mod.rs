//! One server, its clients, one clock, one recorder: wired here and only here.
//!
//! [`Playground`] is the way in. What comes from outside is an [`Input`], written into the [`Session`] with its time;
//! everything else follows from the seed, so running a session again gives the same events. It knows no page: who owns
//! it says how far time may go (`clock.rs` for a page, a test with virtual time).

pub mod clock;
pub mod lab;
pub mod links;
pub mod recorder;
pub mod script;
pub mod session;
mod sockets;
mod terminal;
pub mod worker;
pub mod world;

pub use session::{Input, Session, WireBytes};
pub use terminal::Terminal;

use crate::client::Client;
use crate::commands::complete::Known;
use crate::engine::{ConnId, Event};
use crate::flow::scene::{Column, StripKind, TrackKind};
use crate::flow::{Flow, Role, SceneModel};
use crate::lessons::check::{self, Checker, Signal};
use crate::lessons::{Lesson, Milestone};
use crate::map::{Map, Set};
use crate::protocol::Message;
use crate::shell::{Completion, External};
use crate::time::{Timers, Timestamp, format_go_duration};
use futures::FutureExt;
use futures::future::{AbortHandle, Abortable, LocalBoxFuture};
use futures::task::LocalSpawnExt;
use lab::{Order, WorkerOrder};
use links::Weight;
use recorder::{LESSON_ACTOR, LESSON_INBOX, Recorder};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;
use worker::{Ledger, SharedLedger, Spec};
use world::{Newcomer, World};

/// One way, unless a session says otherwise.
pub const LATENCY: Duration = Duration::from_millis(2);
/// How far behind what somebody waits for its effects may be.
const STEP_SLACK: Duration = Duration::from_secs(1);
/// How long `window.jetlab.request` waits for an answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// A whole small world: deterministic, and moved only by its owner.
pub struct Playground {
    world: World,
    recorder: Rc<RefCell<Recorder>>,
    session: Session,
    terminals: Map<String, Terminal>,
    workers: Map<String, Worker>,
    next_worker: u32,
    orders: Orders,
    ledger: SharedLedger,
    files: Files,
    checker: Option<Rc<RefCell<Checker>>>,
    requests: Map<u64, AnswerSlot>,
    next_request: u64,
    /// What an order asked of whoever owns the page's clock.
    wish: Option<Wish>,
    last_wire: u64,
    identity: Rc<()>,
}

/// Where the answer to a program's request will be found.
type AnswerSlot = Rc<RefCell<Option<Result<Message, String>>>>;

/// What the playground cannot do alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Let time pass at once until here.
    JumpTo(Timestamp),
    /// Throw everything away and begin again.
    Reset,
}

struct Worker {
    conn: ConnId,
    spec: Spec,
    task: AbortHandle,
}

type Files = Rc<RefCell<Map<String, Vec<u8>>>>;
/// Orders given in terminals, and where their answers go.
type Orders = Rc<RefCell<VecDeque<(Order, futures::channel::oneshot::Sender<Result<String, String>>)>>>;

impl Playground {
    pub fn new(seed: u64, started: Timestamp, latency: Duration) -> Playground {
        Playground {
            world: World::new(seed, started),
            recorder: Rc::default(),
            session: Session::new(seed, started, latency),
            terminals: Map::new(),
            workers: Map::new(),
            next_worker: 0,
            orders: Orders::default(),
            ledger: Rc::new(RefCell::new(Ledger::default())),
            files: Files::default(),
            checker: None,
            requests: Map::new(),
            next_request: 0,
            wish: None,
            last_wire: 0,
            identity: Rc::new(()),
        }
    }

    /// Runs a session again up to `until` nanoseconds after its begin. Nothing of its inputs after that is kept.
    pub fn replay(session: &Session, lesson: Option<&Lesson>, until: u64) -> Playground {
        let started = Timestamp(session.started);
        let mut playground = Playground::new(session.seed, started, Duration::from_nanos(session.latency));
        if let Some(lesson) = lesson {
            playground.begin_lesson(lesson);
        }
        for entry in session.inputs.iter().take_while(|entry| entry.at <= until) {
            playground.advance_to(started + Duration::from_nanos(entry.at));
            playground.input(entry.input.clone());
        }
        playground.advance_to(started + Duration::from_nanos(until));
        playground
    }

    // Time.

    pub fn now(&self) -> Timestamp {
        self.world.now()
    }

    pub fn timers(&self) -> &Timers {
        self.world.timers()
    }

    pub fn latency(&self) -> Duration {
        Duration::from_nanos(self.session.latency)
    }

    /// The next time something happens by itself.
    pub fn next_instant(&self) -> Option<Timestamp> {
        self.world.next_instant()
    }

    /// Lets happen what can without time passing.
    pub fn settle(&mut self) {
        self.world.settle(&mut self.recorder);
        while self.carry_out_orders() {
            self.world.settle(&mut self.recorder);
        }
    }

    /// Moves to the next instant, if it is not after `until`; `false` when there is none.
    pub fn step_instant(&mut self, until: Timestamp) -> bool {
        let stepped = self.world.step(until, &mut self.recorder);
        self.settle();
        stepped
    }

    /// Everything up to `until` happens, and the clock stands there.
    pub fn advance_to(&mut self, until: Timestamp) {
        self.settle();
        while self.step_instant(until) {}
        self.rest_until(until);
    }

    /// Moves the clock where nothing happens on the way.
    pub fn rest_until(&mut self, until: Timestamp) {
        self.world.rest_until(until);
        self.settle();
        self.session.end = self.offset();
    }

    /// Moves on to the next thing there is to tell; `false` if there is none, and then no time passes.
    ///
    /// Looks no further than the next thing anybody waits for: pings alone go on for ever.
    pub fn step_event(&mut self) -> bool {
        let before = self.recorder.borrow().flow.revision();
        self.settle();
        let until = self.now().max(self.world.next_wait().unwrap_or(self.now())) + STEP_SLACK;
        while self.recorder.borrow().flow.revision() == before {
            if !self.step_instant(until) {
                return false;
            }
        }
        true
    }

    /// The next time a stream or a consumer does something by itself: an ack wait, an age, the end of a pull.
    pub fn next_timer(&self) -> Option<Timestamp> {
        self.world.next_timer()
    }

    /// What is on its way and how many, as far as it is shown.
    pub fn heaviest_on_the_way(&self) -> Option<(Weight, usize)> {
        self.world.links().heaviest()
    }

    pub fn take_wish(&mut self) -> Option<Wish> {
        self.wish.take()
    }

    // What comes from outside.

    /// Takes in something from outside and remembers it.
    pub fn input(&mut self, input: Input) {
        self.session.remember(self.offset(), &input);
        match input {
            Input::OpenTerminal { actor } => self.open_terminal(&actor),
            Input::CloseActor { actor } => self.close_actor(&actor),
            Input::Line { actor, line } => self.with_terminal(&actor, |terminal| {
                let _ = terminal.enter(&line);
            }),
            Input::Answer { actor, text } => self.with_terminal(&actor, |terminal| terminal.answer(&text)),
            Input::Move { actor, by } => self.with_terminal(&actor, |terminal| terminal.move_selection(by as isize)),
            Input::Filter { actor, text } => self.with_terminal(&actor, |terminal| terminal.filter_selection(&text)),
            Input::ClearScreen { actor } => self.with_terminal(&actor, |terminal| terminal.clear()),
            Input::Interrupt { actor } => self.with_terminal(&actor, Terminal::interrupt),
            Input::EndOfInput { actor } => self.with_terminal(&actor, Terminal::end_input),
            Input::Bet { id, .. } => {
                if let Some(checker) = &self.checker {
                    checker.borrow_mut().record_bet(&id);
                }
            }
            Input::Request { actor, subject, payload } => self.request(&actor, &subject, &payload),
            Input::OpenWire { name, latency } => {
                let latency = Duration::from_nanos(latency);
                self.last_wire = self.world.open_socket(&name, latency, &mut self.recorder).0;
            }
            Input::Wire { wire, bytes } => self.world.socket_send(ConnId(wire), bytes.0, &mut self.recorder),
            Input::Unread { wire, bytes } => self.world.unread(ConnId(wire), bytes, &mut self.recorder),
            Input::CloseWire { wire } => self.world.hang_up(ConnId(wire), &mut self.recorder),
        }
        self.settle();
    }

    fn offset(&self) -> u64 {
        self.now().since(Timestamp(self.session.started)).as_nanos() as u64
    }

    fn with_terminal(&mut self, actor: &str, act: impl FnOnce(&Terminal)) {
        if !self.terminals.contains_key(actor) {
            self.open_terminal(actor);
        }
        if let Some(terminal) = self.terminals.get(actor) {
            act(terminal);
        }
    }

    fn open_terminal(&mut self, actor: &str) {
        if self.terminals.contains_key(actor) || self.workers.contains_key(actor) || actor == LESSON_ACTOR {
            return;
        }
        let newcomer = Newcomer::named(actor, self.latency());
        let (_, client) = self.world.connect(newcomer, &mut self.recorder);
        let rng = self.world.fork_rng();
        let lab = lab_command(self.orders.clone());
        let spawner = self.world.spawner();
        let terminal = Terminal::new(actor, client, rng, self.files.clone(), lab, spawner);
        self.terminals.insert(actor.to_owned(), terminal);
    }

    fn close_actor(&mut self, actor: &str) {
        if let Some(terminal) = self.terminals.remove(actor) {
            terminal.close();
        }
        if let Some(worker) = self.workers.remove(actor) {
            worker.task.abort();
        }
        if let Some(conn) = self.world.conn_of(actor) {
            self.world.hang_up(conn, &mut self.recorder);
        }
    }

    // Terminals.

    pub fn terminal(&self, actor: &str) -> Option<&Terminal> {
        self.terminals.get(actor)
    }

    /// Moves whenever something on any screen changed.
    pub fn screens_revision(&self) -> u64 {
        self.terminals.values().map(|terminal| terminal.revision().0).sum()
    }

    /// Names of all terminals, sorted.
    pub fn actors(&self) -> Vec<String> {
        self.terminals.keys().cloned().collect()
    }

    /// What the Tab key could put at `cursor`, a byte offset.
    pub fn complete(&self, actor: &str, text: &str, cursor: usize) -> Completion {
        self.terminals.get(actor).map(|terminal| terminal.complete(text, cursor, &self.known())).unwrap_or_default()
    }

    /// Names for completion, as the picture and the files have them: the server is not asked.
    fn known(&self) -> Known {
        let mut known = known_from(&self.flow().scene(self.now()));
        known.files = self.files.borrow().keys().cloned().collect();
        known.workers = self.workers.keys().cloned().collect();
        known
    }

    // A program's requests.

    fn request(&mut self, actor: &str, subject: &str, payload: &str) {
        self.with_terminal(actor, |_| ());
        let Some(client) = self.world.conn_of(actor).and_then(|conn| self.world.client(conn)).cloned() else { return };
        let message = Message::new(subject, payload.as_bytes().to_vec());
        let slot = Rc::new(RefCell::new(None));
        self.next_request += 1;
        self.requests.insert(self.next_request, slot.clone());
        self.spawn(async move {
            let answer = client.request(message, REQUEST_TIMEOUT).await.map_err(|error| error.to_string());
            *slot.borrow_mut() = Some(answer);
        });
    }

    /// The number of the newest request.
    pub fn last_request(&self) -> u64 {
        self.next_request
    }

    /// The answer to a request, once; `None` while there is none.
    pub fn take_answer(&mut self, request: u64) -> Option<Result<Message, String>> {
        let answer = self.requests.get(&request)?.borrow_mut().take()?;
        self.requests.remove(&request);
        Some(answer)
    }

    // Wires of programs.

    /// Unlike that of every other playground, one that runs the same session again included.
    pub fn identity(&self) -> Rc<()> {
        self.identity.clone()
    }

    /// The number of the newest wire of a program.
    pub fn last_wire(&self) -> u64 {
        self.last_wire
    }

    /// Wires of programs that were not closed.
    pub fn wires(&self) -> Vec<u64> {
        self.world.sockets().into_iter().map(|conn| conn.0).collect()
    }

    /// Bytes for a program on its own wire, and whether the server has hung up.
    pub fn receive_on_wire(&mut self, wire: u64) -> (Vec<bytes::Bytes>, bool) {
        self.world.socket_receive(ConnId(wire))
    }

    // Lessons.

    /// Follows the lesson's milestones from now on.
    pub fn begin_lesson(&mut self, lesson: &Lesson) {
        self.follow(lesson.milestones.clone());
    }

    fn follow(&mut self, milestones: Vec<Milestone>) {
        let checker = Rc::new(RefCell::new(Checker::new(milestones)));
        let happened = Signal::default();
        let newcomer = Newcomer {
            name: LESSON_ACTOR.to_owned(),
            role: None,
            latency: Duration::ZERO,
            inbox_prefix: Some(LESSON_INBOX.to_owned()),
            hidden: true,
        };
        let (_, client) = self.world.connect(newcomer, &mut self.recorder);
        self.recorder.borrow_mut().follow_lesson(checker.clone(), happened.clone());
        self.checker = Some(checker.clone());
        self.spawn(check::watch(checker, client, happened));
    }

    pub fn checker(&self) -> Option<std::cell::Ref<'_, Checker>> {
        self.checker.as_ref().map(|checker| checker.borrow())
    }

    // What happened.

    pub fn session(&self) -> &Session {
        &self.session
    }

    pub fn ledger(&self) -> std::cell::Ref<'_, Ledger> {
        self.ledger.borrow()
    }

    /// Works on everything that was told. Do not keep it across a step.
    pub fn flow(&self) -> std::cell::Ref<'_, Flow> {
        std::cell::Ref::map(self.recorder.borrow(), |recorder| &recorder.flow)
    }

    /// A stored message as it was published.
    pub fn stored(&self, stream: &str, seq: u64) -> Option<Message> {
        self.world.engine().stored(stream, seq)
    }

    /// The server itself, to look at.
    pub fn engine(&self) -> &crate::engine::Engine {
        self.world.engine()
    }

    /// Events with an ordinal of at least `from`, as far as they are kept.
    pub fn events_from(&self, from: u64) -> Vec<Event> {
        self.recorder.borrow().events_from(from).cloned().collect()
    }

    pub fn last_ordinal(&self) -> u64 {
        self.recorder.borrow().last_ordinal()
    }

    // Orders.

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.world.spawner().spawn_local(task).expect("the pool lives as long as the world");
    }

    fn carry_out_orders(&mut self) -> bool {
        let Some((order, answer)) = self.orders.borrow_mut().pop_front() else { return false };
        let outcome = self.carry_out(order);
        // Nobody waits any more when the terminal was interrupted.
        let _ = answer.send(outcome);
        true
    }

    fn carry_out(&mut self, order: Order) -> Result<String, String> {
        match order {
            Order::Help => Ok(lab::help()),
            Order::Clock => Ok(format!("{}\n", self.now().rfc3339())),
            Order::Jump(span) => {
                self.wish = Some(Wish::JumpTo(self.now() + span));
                Ok(String::new())
            }
            Order::Worker(order) => self.start_worker(order),
            Order::Workers => Ok(self.list_workers()),
            Order::Kill(name) => self.kill(&name),
            Order::Reset => {
                self.wish = Some(Wish::Reset);
                Ok(String::new())
            }
        }
    }

    fn start_worker(&mut self, order: WorkerOrder) -> Result<String, String> {
        let stream = match order.stream {
            Some(stream) => stream,
            None => self.stream_with_consumer(&order.consumer)?,
        };
        let name = order.name.unwrap_or_else(|| self.next_worker_name());
        if self.workers.contains_key(&name) || self.terminals.contains_key(&name) {
            return Err(format!("there is a \"{name}\" already"));
        }
        let newcomer = Newcomer { role: Some(Role::Worker), ..Newcomer::named(&name, self.latency()) };
        let (conn, client) = self.world.connect(newcomer, &mut self.recorder);
        let (fail, work, dead_letters) = (order.fail, order.work, order.dead_letters);
        let spec = Spec { name: name.clone(), stream, consumer: order.consumer, fail, work, dead_letters };
        let rng = self.world.fork_rng();
        let (task, registration) = AbortHandle::new_pair();
        let run = worker::run(client, spec.clone(), rng, self.ledger.clone());
        self.spawn(Abortable::new(run, registration).map(drop));
        let told = describe(&spec);
        self.workers.insert(name, Worker { conn, spec, task });
        Ok(format!("{told}\n"))
    }

    fn next_worker_name(&mut self) -> String {
        self.next_worker += 1;
        format!("worker-{}", self.next_worker)
    }

    /// The one stream that has a consumer of this name, as the events told.
    fn stream_with_consumer(&self, consumer: &str) -> Result<String, String> {
        let streams = self.recorder.borrow().streams_with_consumer(consumer);
        match streams.as_slice() {
            [stream] => Ok(stream.clone()),
            [] => Err(format!("no stream has a consumer \"{consumer}\"; nats consumer add makes one")),
            several => Err(format!(
                "\"{consumer}\" is on several streams ({}); say which: lab worker {} {consumer}",
                several.join(", "),
                several[0]
            )),
        }
    }

    fn list_workers(&self) -> String {
        if self.workers.is_empty() {
            return "no workers\n".to_owned();
        }
        self.workers.values().map(|worker| format!("{}\n", describe(&worker.spec))).collect()
    }

    /// Cut off in the middle of whatever it does: nothing it holds is answered.
    fn kill(&mut self, name: &str) -> Result<String, String> {
        let worker = self
            .workers
            .remove(name)
            .ok_or_else(|| format!("there is no worker \"{name}\"; lab workers lists them"))?;
        worker.task.abort();
        let conn = self.world.conn_of(name).unwrap_or(worker.conn);
        self.world.hang_up(conn, &mut self.recorder);
        Ok(format!("{name} is gone\n"))
    }

    /// Every worker and how it works.
    pub fn workers(&self) -> Vec<Spec> {
        self.workers.values().map(|worker| worker.spec.clone()).collect()
    }

    /// The client of an actor, for tests and programs.
    pub fn client(&self, actor: &str) -> Option<Client> {
        self.world.conn_of(actor).and_then(|conn| self.world.client(conn)).cloned()
    }
}

fn known_from(scene: &SceneModel) -> Known {
    let mut known = Known::default();
    for track in scene.tracks.iter().filter(|track| matches!(track.kind, TrackKind::Subject | TrackKind::Awaited)) {
        known.subjects.insert(track.label.clone());
    }
    for strip in &scene.streams {
        let name = strip.name.to_string();
        let cells = strip.columns.iter().filter_map(|column| match column {
            Column::Cell(cell) => Some(cell.subject.to_string()),
            _ => None,
        });
        match strip.kind {
            StripKind::Stream => {
                known.subjects.extend(strip.config.subjects.iter().map(ToString::to_string));
                known.subjects.extend(cells);
            }
            StripKind::Bucket => {
                let bucket = name.trim_start_matches("KV_").to_owned();
                let prefix = format!("$KV.{bucket}.");
                let keys: Set<String> = cells.filter_map(|key| Some(key.strip_prefix(&prefix)?.to_owned())).collect();
                known.buckets.insert(bucket, keys.into_iter().collect());
            }
            StripKind::ObjectStore => known.object_stores.push(name.trim_start_matches("OBJ_").to_owned()),
        }
        known.streams.insert(name, strip.consumers.iter().map(|consumer| consumer.name.to_string()).collect());
    }
    known.subjects.retain(|subject| !subject.starts_with('$') && !subject.starts_with("_INBOX"));
    known
}

fn describe(spec: &Spec) -> String {
    let letters = if spec.dead_letters { ", following advisories to the originals" } else { "" };
    format!(
        "{} works on {} > {}: {} a message, {}% of attempts fail{letters}",
        spec.name,
        spec.stream,
        spec.consumer,
        format_go_duration(spec.work),
        (spec.fail * 100.0).round()
    )
}

/// The command behind `lab`: reads the words, gives the order, prints the answer.
fn lab_command(orders: Orders) -> External {
    Rc::new(move |context, words| -> LocalBoxFuture<'static, crate::commands::ExitCode> {
        let orders = orders.clone();
        Box::pin(async move {
            let order = match lab::parse(words.get(1..).unwrap_or_default()) {
                Ok(order) => order,
                Err(reason) => {
                    context.console.error(&format!("lab: {reason}"));
                    return 1;
                }
            };
            let jump = if let Order::Jump(span) = order { Some(span) } else { None };
            let began = context.timers.now();
            let (sender, receiver) = futures::channel::oneshot::channel();
            orders.borrow_mut().push_back((order, sender));
            match receiver.await {
                Ok(Ok(text)) => context.console.print(&text),
                Ok(Err(reason)) => {
                    context.console.error(&format!("lab: {reason}"));
                    return 1;
                }
                Err(_) => return 1,
            }
            if let Some(span) = jump {
                context.timers.sleep_until(began + span).await;
                let now = context.timers.now().rfc3339();
                context.console.line(&format!("{} later: {now}", format_go_duration(span)));
            }
            0
        })
    })
}
