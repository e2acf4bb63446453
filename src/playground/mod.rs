//! One server, its clients, one clock, one recorder: wired here and only here.
//!
//! [`Playground`] is the way in. What comes from outside is an [`Input`], written into the [`Session`] with its time;
//! everything else follows from the seed, so running a session again gives the same events. It knows no page: who owns
//! it says how far time may go (`clock.rs` for a page, a test with virtual time).

pub mod actors;
mod ahead;
pub mod chat;
pub mod clock;
mod contexts;
pub mod distant;
pub mod faults;
pub mod gateway;
pub mod history;
mod known;
pub mod lab;
pub mod links;
pub mod observer;
mod orders;
pub mod publisher;
pub mod recorder;
pub mod remote;
pub mod script;
pub mod session;
mod sockets;
pub mod station;
pub mod subscriber;
mod terminal;
pub mod track;
pub mod worker;
pub mod world;

pub use session::{Input, Session, WireBytes};
pub use terminal::Terminal;

use crate::client::Client;
use crate::commands::complete::Known;
use crate::commands::export::Belongings;
use crate::engine::{ConnId, Engine, Event};
use crate::flow::Flow;
use crate::lessons::check::{self, Checker, Signal};
use crate::lessons::{Lesson, Milestone};
use crate::map::Map;
use crate::pack::Damage;
use crate::protocol::Message;
use crate::shell::Completion;
use crate::time::{Timers, Timestamp};
use actors::{SharedSpec, Spec};
use ahead::Ahead;
use bytes::Bytes;
use futures::future::AbortHandle;
use futures::task::LocalSpawnExt;
use links::Weight;
use orders::Orders;
use recorder::{LESSON_ACTOR, LESSON_INBOX, Recorder};
use remote::Server;
use session::Entry;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use worker::{Ledger, SharedLedger, Unanswered};
use world::{Newcomer, World};

/// One way, unless a session says otherwise.
pub const LATENCY: Duration = Duration::from_millis(2);
/// How far behind what somebody waits for its effects may be.
const STEP_SLACK: Duration = Duration::from_secs(1);
/// How many waits in a row may end with nothing to tell before a step gives up.
const STEP_WAITS: usize = 64;
/// What a terminal's width may be, in characters.
const NARROWEST: usize = 20;
const WIDEST: usize = 500;
/// How long `window.jetlab.request` waits for an answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// A whole small world: deterministic, and moved only by its owner.
pub struct Playground {
    world: World,
    recorder: Rc<RefCell<Recorder>>,
    session: Session,
    terminals: Map<String, Terminal>,
    cast: Map<String, Actor>,
    /// How many of a kind have been named.
    next_number: Map<&'static str, u32>,
    orders: Orders,
    ledger: SharedLedger,
    /// How much of the ledger the picture knows.
    effects_told: usize,
    unanswered_told: usize,
    files: Files,
    checker: Option<Rc<RefCell<Checker>>>,
    requests: Map<u64, AnswerSlot>,
    next_request: u64,
    /// What an order asked of whoever owns the page's clock.
    wish: Option<Wish>,
    last_answer: Option<Result<String, String>>,
    last_wire: u64,
    identity: Rc<()>,
    ahead: Ahead,
    /// What marks names of ours on a server that belongs to others.
    ours: observer::Ours,
    /// The session on a server that is not in the page.
    away: Option<distant::Away>,
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
    /// Offer a link and a file of everything that was done.
    Share,
}

/// A scripted actor; without a task it was killed.
struct Actor {
    conn: ConnId,
    spec: SharedSpec,
    task: Option<AbortHandle>,
}

type Files = Rc<RefCell<Map<String, Vec<u8>>>>;

impl Playground {
    pub fn new(seed: u64, started: Timestamp, latency: Duration) -> Playground {
        Playground {
            world: World::new(seed, started),
            recorder: Rc::default(),
            session: Session::new(seed, started, latency),
            terminals: Map::new(),
            cast: Map::new(),
            next_number: Map::new(),
            orders: Orders::default(),
            ledger: Rc::new(RefCell::new(Ledger::default())),
            effects_told: 0,
            unanswered_told: 0,
            files: Files::default(),
            checker: None,
            requests: Map::new(),
            next_request: 0,
            wish: None,
            last_answer: None,
            last_wire: 0,
            identity: Rc::new(()),
            ahead: Ahead::default(),
            ours: observer::Ours::default(),
            away: None,
        }
    }

    /// A playground whose server is far away. Its clock is the real one, and its session is not kept.
    ///
    /// The owner carries out what [`Playground::take_asks`] says, and tells what came of it with [`Playground::told`].
    /// With [`Playground::begin_watching`] the picture has a connection of its own that asks and listens for it.
    pub fn far_away(seed: u64, started: Timestamp, server: Server) -> Playground {
        let mut playground = Playground::new(seed, started, Duration::ZERO);
        playground.world = World::far_away(seed, started, server);
        playground.recorder = Rc::new(RefCell::new(Recorder::distant(started)));
        playground.session.forget();
        playground.recorder = Rc::new(RefCell::new(Recorder::distant(started)));
        playground
    }

    /// A playground that begins with a server from elsewhere, as [`Playground::export_server`] wrote it.
    ///
    /// Its clock does not begin before the server's. Errors: bytes that are no server.
    pub fn with_server(seed: u64, started: Timestamp, latency: Duration, server: Bytes) -> Result<Playground, Damage> {
        let engine = Engine::import(&server)?;
        let mut playground = Playground::new(seed, started.max(engine.now()), latency);
        playground.world.take_over(engine, &mut playground.recorder);
        playground.session.server = Some(WireBytes(server));
        Ok(playground)
    }

    /// The server as it is now, without what is on the wires.
    pub fn export_server(&mut self) -> Vec<u8> {
        self.world.export()
    }

    /// A point in time, by nanoseconds since the begin.
    pub fn moment(&self, offset: u64) -> Timestamp {
        Timestamp(self.session.started) + Duration::from_nanos(offset)
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
        let recorded = self.ahead.inputs.front().map(|entry| self.moment(entry.at));
        self.world.next_instant().into_iter().chain(recorded).min()
    }

    /// Lets happen what can without time passing.
    pub fn settle(&mut self) {
        self.world.settle(&mut self.recorder);
        self.settle_orders();
    }

    /// The rest of settling, where the world has settled just now.
    fn settle_orders(&mut self) {
        while self.carry_out_orders() {
            self.world.settle(&mut self.recorder);
        }
        self.tell_effects();
        self.tell_news();
    }

    /// The picture hears what workers did.
    fn tell_effects(&mut self) {
        let ledger = self.ledger.borrow();
        let mut recorder = self.recorder.borrow_mut();
        for effect in &ledger.effects[self.effects_told.min(ledger.effects.len())..] {
            recorder.flow.effect(effect.at, &effect.worker, &effect.stream, effect.stream_seq, &effect.what);
        }
        self.effects_told = ledger.effects.len();
        for Unanswered { at, worker, stream, consumer, stream_seq } in
            ledger.unanswered.iter().skip(self.unanswered_told)
        {
            recorder.flow.unanswered(*at, worker, stream, consumer, *stream_seq);
        }
        self.unanswered_told = ledger.unanswered.len();
    }

    /// Moves to the next instant, if it is not after `until`; `false` when there is none.
    pub fn step_instant(&mut self, until: Timestamp) -> bool {
        let recorded = self.ahead.inputs.front().map(|entry| self.moment(entry.at)).filter(|&at| at <= until);
        // What is due at the time of an input happens before it, as it did the first time.
        let stepped = self.world.step(recorded.unwrap_or(until), &mut self.recorder);
        self.settle_orders();
        match recorded {
            Some(at) if !stepped => self.take_recorded(at),
            _ => stepped,
        }
    }

    fn take_recorded(&mut self, at: Timestamp) -> bool {
        self.rest_settled(at);
        let Some(entry) = self.ahead.inputs.pop_front() else { return false };
        self.take_in(entry);
        true
    }

    /// Everything up to `until` happens, and the clock stands there.
    pub fn advance_to(&mut self, until: Timestamp) {
        self.settle();
        while self.step_instant(until) {}
        self.rest_settled(until);
    }

    /// Moves the clock where nothing happens on the way.
    pub fn rest_until(&mut self, until: Timestamp) {
        self.world.rest_until(until);
        self.settle();
        self.session.end = self.offset();
    }

    /// The same, where everything that can happen has.
    fn rest_settled(&mut self, until: Timestamp) {
        if self.world.rest_until(until) || self.is_far_away() {
            self.settle();
        }
        self.session.end = self.offset();
    }

    /// Moves on to the next thing there is to tell; `false` if there is none.
    ///
    /// Looks no further than the next thing anybody waits for: pings alone go on for ever.
    pub fn step_event(&mut self) -> bool {
        let before = self.recorder.borrow().flow.revision();
        self.settle();
        for _ in 0..STEP_WAITS {
            let waited_for = self.next_wait();
            let until = self.now().max(waited_for.unwrap_or(self.now())) + STEP_SLACK;
            while self.recorder.borrow().flow.revision() == before && self.step_instant(until) {}
            if self.recorder.borrow().flow.revision() != before {
                return true;
            }
            if waited_for.is_none() {
                break;
            }
        }
        false
    }

    fn next_wait(&self) -> Option<Timestamp> {
        let recorded = self.ahead.inputs.front().map(|entry| self.moment(entry.at));
        self.world.next_wait().into_iter().chain(recorded).min()
    }

    /// The next time a stream or a consumer does something by itself: an ack wait, an age, the end of a pull.
    pub fn next_timer(&self) -> Option<Timestamp> {
        self.world.next_timer()
    }

    /// What is on its way and how many, as far as it is shown.
    pub fn heaviest_on_the_way(&self) -> Option<(Weight, usize)> {
        self.world.links().heaviest()
    }

    /// The length of the shortest wire that something of this weight is on: who watches wants to see the fastest travel.
    pub fn shortest_on_the_way(&self, weight: Weight) -> Duration {
        self.world.links().shortest(weight).unwrap_or(self.latency())
    }

    pub fn take_wish(&mut self) -> Option<Wish> {
        self.wish.take()
    }

    // What comes from outside.

    /// Takes in something from outside and remembers it. Whoever does something leaves the path played before.
    pub fn input(&mut self, input: Input) {
        self.leave_path();
        let input = input.without_secrets();
        // What is due already comes first, so that a second run finds the same order.
        self.advance_to(self.now());
        self.take_in(Entry { at: self.offset(), input });
    }

    fn take_in(&mut self, entry: Entry) {
        if !self.is_far_away() {
            self.session.remember(entry.at, &entry.input);
        }
        match entry.input {
            Input::OpenTerminal { actor } => self.open_terminal(&actor),
            Input::CloseActor { actor } => self.close_actor(&actor),
            Input::Line { actor, line } => {
                // A shell outlives what was killed in it, and its next command is a new process.
                if line.split_whitespace().any(|word| word == "nats") {
                    self.world.bring_up(&actor);
                }
                self.with_terminal(&actor, |terminal| {
                    let _ = terminal.enter(&line);
                });
            }
            Input::Answer { actor, text } => self.with_terminal(&actor, |terminal| terminal.answer(&text)),
            Input::Move { actor, by } => self.with_terminal(&actor, |terminal| terminal.move_selection(by as isize)),
            Input::Filter { actor, text } => self.with_terminal(&actor, |terminal| terminal.filter_selection(&text)),
            Input::Width { actor, columns } => self.with_terminal(&actor, |terminal| {
                terminal.set_columns(columns.clamp(NARROWEST, WIDEST));
            }),
            Input::ClearScreen { actor } => self.with_terminal(&actor, |terminal| terminal.clear()),
            Input::Order { words } => self.take_order(&words),
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

    /// Nanoseconds since the begin.
    pub fn offset(&self) -> u64 {
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
        if self.terminals.contains_key(actor) || self.cast.contains_key(actor) || actor == LESSON_ACTOR {
            return;
        }
        let newcomer = Newcomer::named(actor, self.latency());
        let (_, client) = self.world.connect(newcomer, &mut self.recorder);
        let rng = self.world.fork_rng();
        let lab = orders::command(self.orders.clone(), self.is_far_away().then(|| self.ours.clone()));
        let spawner = self.world.spawner();
        let terminal = Terminal::new(actor, client, rng, self.files.clone(), lab, spawner);
        self.terminals.insert(actor.to_owned(), terminal);
    }

    fn close_actor(&mut self, actor: &str) {
        if let Some(terminal) = self.terminals.remove(actor) {
            terminal.close();
        }
        if let Some(task) = self.cast.remove(actor).and_then(|actor| actor.task) {
            task.abort();
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

    /// What to type instead of the last line of a terminal, if it went wrong and that is plain.
    pub fn remedy(&self, actor: &str) -> Option<String> {
        self.terminals.get(actor)?.remedy(&|| self.known())
    }

    /// Names for completion, as the picture and the files have them: the server is not asked.
    fn known(&self) -> Known {
        let mut known = known::known_from(&self.flow().scene(self.now()));
        known.files = self.files.borrow().keys().cloned().collect();
        known.contexts = crate::commands::Contexts::names(&known.files);
        known.workers = self.cast.keys().chain(self.terminals.keys()).cloned().collect();
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
    pub fn receive_on_wire(&mut self, wire: u64) -> (Vec<Bytes>, bool) {
        self.world.socket_receive(ConnId(wire))
    }

    /// Whether [`Playground::receive_on_wire`] has anything to say.
    pub fn has_news_on_wire(&self, wire: u64) -> bool {
        self.world.has_news_on_socket(ConnId(wire))
    }

    /// Programs have had the bytes that were received before.
    fn forget_wires(&mut self) {
        self.world.forget_received();
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

    // Servers that are not in the page.

    /// A second recorder that knows only what goes over the wires, as one of a server elsewhere would, and the connection
    /// that asks for it. For tests: what it draws is compared with what the server's facts draw.
    pub fn record_from_wires(&mut self) -> Rc<RefCell<Recorder>> {
        let other = Rc::new(RefCell::new(Recorder::distant(self.now())));
        self.recorder.borrow_mut().tell_also(other.clone());
        self.watch(other.clone());
        other
    }

    // The chat.

    /// Everybody who chats, whether they live, and what their screens show.
    pub fn chats(&self) -> Vec<(String, bool, chat::View)> {
        let chats = self.cast.values().filter_map(|actor| match &*actor.spec.borrow() {
            actors::Spec::Chatter(spec) => {
                let view = spec.screen.borrow().clone();
                Some((spec.name.clone(), actor.task.is_some(), view))
            }
            _ => None,
        });
        chats.collect()
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
        self.world.engine()?.stored(stream, seq)
    }

    /// The server itself, to look at; `None` when it is far away.
    pub fn engine(&self) -> Option<&crate::engine::Engine> {
        self.world.engine()
    }

    /// Streams, consumers and buckets as they are configured; of a server far away nothing is known.
    pub fn belongings(&self) -> Belongings {
        Belongings::new(self.engine().map(crate::engine::Engine::configurations).unwrap_or_default())
    }

    /// Events with an ordinal of at least `from`, as far as they are kept.
    pub fn events_from(&self, from: u64) -> Vec<Event> {
        self.recorder.borrow().events_from(from).cloned().collect()
    }

    pub fn last_ordinal(&self) -> u64 {
        self.recorder.borrow().last_ordinal()
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.world.spawner().spawn_local(task).expect("the pool lives as long as the world");
    }

    /// Every scripted actor and how it works; `false` with those that were killed.
    pub fn cast(&self) -> Vec<(Spec, bool)> {
        self.cast.values().map(|actor| (actor.spec.borrow().clone(), actor.task.is_some())).collect()
    }

    /// Everything that is out of order on purpose, a sentence each.
    pub fn troubles(&self) -> Vec<String> {
        self.world.troubles_in_words()
    }

    /// What is out of order with somebody, a sentence each.
    pub fn troubles_of(&self, actor: &str) -> Vec<String> {
        self.world.troubles_of(actor, self.latency())
    }

    pub fn server_is_down(&self) -> bool {
        self.world.server_is_down()
    }

    /// Whether a client was killed.
    pub fn is_dead(&self, actor: &str) -> bool {
        self.world.is_dead(actor) || self.cast.get(actor).is_some_and(|actor| actor.task.is_none())
    }

    pub fn is_cut(&self, actor: &str) -> bool {
        self.world.is_cut(actor)
    }

    pub fn is_slow(&self, actor: &str) -> bool {
        self.world.is_slow(actor)
    }

    /// The client of an actor, for tests and programs.
    pub fn client(&self, actor: &str) -> Option<Client> {
        self.world.conn_of(actor).and_then(|conn| self.world.client(conn)).cloned()
    }
}
