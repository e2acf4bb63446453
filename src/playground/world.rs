//! The server, its wires and its clients, moved through time together.
//!
//! One instant after the other: what arrives, what the server finds due, what clients have been waiting for. Between two
//! instants nothing happens, so however the way to a point in time is cut into slices, the same things happen on it.

use super::faults::{self, Troubles};
use super::links::{Arrival, Links, Weight};
use super::remote::Remote;
use super::sockets::Socket;
use crate::client::event::without_secrets;
use crate::client::{self, Client};
use crate::engine::{self, ConnId, Engine, Event, Fact, MessageId, Output};
use crate::flow::{LinkState, Op, Role, Traffic};
use crate::map::Map;
use crate::nuid::Rng;
use crate::protocol::{ClientDecoder, ClientOp, ServerOp};
use crate::time::{Timers, Timestamp};
use bytes::Bytes;
use futures::executor::{LocalPool, LocalSpawner};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Told of everything that happens, in order. The recorder and the picture listen.
pub trait Observer {
    /// `op` left a client at `sent` and reaches the server at `arrives`.
    fn sent(&mut self, sent: Timestamp, arrives: Timestamp, conn: ConnId, op: &ClientOp);
    /// `op` left the server at `sent` and reaches a client at `arrives`; `message` is the message it carries.
    fn answered(
        &mut self,
        _sent: Timestamp,
        _arrives: Timestamp,
        _conn: ConnId,
        _op: &ServerOp,
        _message: Option<MessageId>,
    ) {
    }
    /// The server told a fact.
    fn event(&mut self, event: Event);
    /// A wire was connected for somebody of this name.
    fn opened(&mut self, at: Timestamp, conn: ConnId, name: &str, role: Option<Role>, latency: Duration);
    /// The wire was cut.
    fn broken(&mut self, _at: Timestamp, _conn: ConnId, _how: LinkState) {}
    /// So many messages wait in a client that has no wire.
    fn waiting(&mut self, _at: Timestamp, _actor: &str, _messages: u64) {}
    /// `op` left at `at`, would have arrived at `arrives`, and is lost on its way.
    fn lost(&mut self, _at: Timestamp, _arrives: Timestamp, _conn: ConnId, _op: &Op, _message: Option<MessageId>) {}
    /// The wire is longer, or shorter, from now on.
    fn delayed(&mut self, _conn: ConnId, _latency: Duration) {}
    /// Its client has left for good.
    fn closed(&mut self, at: Timestamp, conn: ConnId);
}

/// Bytes all streams may hold: what a page can carry.
const MAX_STORAGE: u64 = 64 << 20;
/// Bytes all streams may reserve, as on a server with a small disk.
const MAX_RESERVED: u64 = 10 << 30;
/// How many instants may follow one another without time passing before we call it a bug of ours and move on.
const STUCK_AFTER: u32 = 10_000;

pub struct World {
    pub(super) home: Home,
    pub(super) links: Links,
    pub(super) clients: Map<ConnId, Wired>,
    pub(super) sockets: Map<ConnId, Socket>,
    pool: LocalPool,
    timers: Timers,
    rng: Rng,
    next_conn: u64,
    pub(super) troubles: Troubles,
}

/// Where the server is.
pub(super) enum Home {
    InPage(Box<Engine>),
    FarAway(Box<Remote>),
}

impl Home {
    fn engine(&self) -> Option<&Engine> {
        if let Home::InPage(engine) = self { Some(engine) } else { None }
    }
}

/// Somebody who connects.
#[derive(Clone, Debug)]
pub struct Newcomer {
    pub name: String,
    pub role: Option<Role>,
    /// One way.
    pub latency: Duration,
    /// `_INBOX` unless set.
    pub inbox_prefix: Option<String>,
    /// Not part of the picture.
    pub hidden: bool,
}

impl Newcomer {
    pub fn named(name: &str, latency: Duration) -> Newcomer {
        Newcomer { name: name.to_owned(), role: None, latency, inbox_prefix: None, hidden: false }
    }
}

/// A client and what listens in on its wire.
pub(super) struct Wired {
    pub(super) client: Client,
    pub(super) newcomer: Newcomer,
    pub(super) tap: Option<ClientDecoder>,
    /// How many messages wait in it, as was told.
    pub(super) told_waiting: u64,
}

impl World {
    pub fn new(seed: u64, now: Timestamp) -> World {
        let mut rng = Rng::new(seed);
        let seed = rng.next_u64();
        let (max_storage, max_reserved) = (Some(MAX_STORAGE), Some(MAX_RESERVED));
        let options = engine::Options { seed, max_storage, max_reserved, ..Default::default() };
        World {
            home: Home::InPage(Box::new(Engine::new(options, now))),
            links: Links::default(),
            clients: Map::new(),
            sockets: Map::new(),
            pool: LocalPool::new(),
            timers: Timers::new(now),
            rng,
            next_conn: 0,
            troubles: Troubles::default(),
        }
    }

    /// Takes over a server from elsewhere, without its connections; observers hear what there is.
    pub fn take_over(&mut self, mut engine: Engine, observer: &mut dyn Observer) {
        engine.hang_up_all();
        engine.tell_again().into_iter().for_each(|event| observer.event(event));
        self.home = Home::InPage(Box::new(engine));
    }

    /// The server as bytes, see [`Engine::export`]; nothing when it is far away.
    pub fn export(&mut self) -> Vec<u8> {
        match &mut self.home {
            Home::InPage(engine) => engine.export(),
            Home::FarAway(_) => Vec::new(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.timers.now()
    }

    pub fn timers(&self) -> &Timers {
        &self.timers
    }

    /// Where futures of this world are started.
    pub fn spawner(&self) -> LocalSpawner {
        self.pool.spawner()
    }

    /// A random source of its own for somebody new; depends on the seed and on how many came before.
    pub fn fork_rng(&mut self) -> Rng {
        self.rng.fork()
    }

    pub fn links(&self) -> &Links {
        &self.links
    }

    pub fn links_mut(&mut self) -> &mut Links {
        &mut self.links
    }

    pub fn client(&self, conn: ConnId) -> Option<&Client> {
        self.clients.get(&conn).map(|wired| &wired.client)
    }

    /// A new client, its wire connected.
    pub fn connect(&mut self, newcomer: Newcomer, observer: &mut dyn Observer) -> (ConnId, Client) {
        let mut options = client::Options {
            name: newcomer.name.clone(),
            inbox_prefix: newcomer.inbox_prefix.clone(),
            ..Default::default()
        };
        if let Some(server) = self.remote().map(|remote| &remote.server) {
            options.name = format!("{}: {}", server.name, newcomer.name);
            options.auth = server.auth.clone();
        }
        let client = Client::new(options, self.timers.clone(), self.rng.fork());
        let conn = match self.home {
            Home::FarAway(_) => self.lay_line(),
            Home::InPage(_) if self.server_is_down() => self.dial_later(),
            Home::InPage(_) => self.open_wire(&newcomer, observer),
        };
        if self.links.is_open(conn) {
            client.wire_opened();
        }
        self.clients.insert(conn, Wired { client: client.clone(), newcomer, tap: tap(), told_waiting: 0 });
        (conn, client)
    }

    /// The client of `conn` hangs up: its wire ends, what it had sent still arrives.
    pub fn hang_up(&mut self, conn: ConnId, observer: &mut dyn Observer) {
        self.carry_outgoing(observer);
        if let Some(wired) = self.clients.remove(&conn) {
            wired.client.close();
        }
        self.sockets.remove(&conn);
        self.gone(conn, observer);
    }

    fn gone(&mut self, conn: ConnId, observer: &mut dyn Observer) {
        if self.is_far_away() {
            self.take_line_away(conn);
            return observer.closed(self.now(), conn);
        }
        self.links.send(self.now(), Weight::Hidden, Arrival::ClientGone { conn });
        observer.closed(self.now(), conn);
    }

    /// The connection a client has now; it changes when the server hung up and the client dialled again.
    pub fn conn_of(&self, name: &str) -> Option<ConnId> {
        self.clients.iter().find(|(_, wired)| wired.newcomer.name == name).map(|(conn, _)| *conn)
    }

    /// Names of everybody who is connected, or tries to be.
    pub fn names(&self) -> Vec<String> {
        self.clients.values().map(|wired| wired.newcomer.name.clone()).collect()
    }

    /// The next instant at which anything happens by itself.
    pub fn next_instant(&self) -> Option<Timestamp> {
        let timeout = match &self.home {
            Home::InPage(engine) => engine.poll_timeout().filter(|_| !self.server_is_down()),
            Home::FarAway(remote) => remote.next_instant(),
        };
        let due = [self.links.next_arrival(), timeout, self.timers.next_deadline(), self.next_trouble()];
        due.into_iter().flatten().min().map(|at| at.max(self.now()))
    }

    /// The server, to look at; `None` when it is far away.
    pub fn engine(&self) -> Option<&Engine> {
        self.home.engine()
    }

    /// The next time a stream or a consumer does something by itself.
    pub fn next_timer(&self) -> Option<Timestamp> {
        self.engine()?.next_timer()
    }

    /// The next time a stream, a consumer or somebody in a terminal waits for.
    pub fn next_wait(&self) -> Option<Timestamp> {
        [self.next_timer(), self.timers.next_deadline(), self.next_trouble()].into_iter().flatten().min()
    }

    /// Lets futures run that can, and carries what clients have to say.
    pub fn settle(&mut self, observer: &mut dyn Observer) {
        loop {
            self.pool.run_until_stalled();
            if !self.carry_outgoing(observer) {
                return self.tell_waiting(observer);
            }
        }
    }

    /// Moves to the next instant if it is not after `until`, and does all that happens at it. `false` if there is none.
    pub fn step(&mut self, until: Timestamp, observer: &mut dyn Observer) -> bool {
        self.settle(observer);
        let Some(instant) = self.next_instant().filter(|&at| at <= until) else { return false };
        let mut rounds = 0;
        while rounds < STUCK_AFTER && self.next_instant().is_some_and(|at| at <= instant) {
            self.timers.advance(instant);
            self.happen(observer);
            self.settle(observer);
            rounds += 1;
        }
        if rounds == STUCK_AFTER {
            self.timers.advance(instant + Duration::from_micros(1));
        }
        true
    }

    /// Moves the clock to `until`, after everything before it has happened. `false` if nobody waited for that.
    pub fn rest_until(&mut self, until: Timestamp) -> bool {
        self.timers.advance(until)
    }

    fn happen(&mut self, observer: &mut dyn Observer) {
        let now = self.now();
        while let Some(arrival) = self.links.arrive(now) {
            self.arrive(arrival, observer);
        }
        self.trouble(observer);
        self.tend_lines(observer);
        let timeout = self.engine().and_then(Engine::poll_timeout);
        if !self.server_is_down() && timeout.is_some_and(|at| at <= now) {
            self.tell_engine(engine::Input::Tick, observer);
        }
    }

    fn arrive(&mut self, arrival: Arrival, observer: &mut dyn Observer) {
        match arrival {
            Arrival::ToServer { conn, bytes } => self.tell_engine(engine::Input::Received { conn, bytes }, observer),
            Arrival::ClientGone { conn } => {
                self.tell_engine(engine::Input::Gone { conn }, observer);
                self.links.drop_link(conn);
            }
            Arrival::ToClient { conn, bytes } => {
                if let Some(wired) = self.clients.get(&conn) {
                    match self.troubles.hold(&wired.newcomer.name, bytes) {
                        Some(bytes) => wired.client.received(&bytes),
                        None => self.note_unread(&wired.newcomer.name.clone(), observer),
                    }
                } else if let Some(socket) = self.sockets.get_mut(&conn) {
                    socket.receive(bytes);
                }
            }
            Arrival::ServerClosed { conn, .. } => {
                self.links.drop_link(conn);
                if self.clients.contains_key(&conn) {
                    self.hung_up_on(conn, observer);
                } else if let Some(socket) = self.sockets.get_mut(&conn) {
                    socket.close();
                }
            }
        }
    }

    /// A client dials again; it becomes a new connection.
    pub(super) fn reconnect(&mut self, old: ConnId, observer: &mut dyn Observer) {
        if let Some(wired) = self.clients.remove(&old) {
            let conn = self.open_wire(&wired.newcomer, observer);
            wired.client.wire_opened();
            self.clients.insert(conn, Wired { tap: tap(), told_waiting: 0, ..wired });
        }
    }

    fn open_wire(&mut self, newcomer: &Newcomer, observer: &mut dyn Observer) -> ConnId {
        let conn = self.next_conn();
        self.links.open(conn, newcomer.latency);
        observer.opened(self.now(), conn, &newcomer.name, newcomer.role, newcomer.latency);
        self.tell_engine(engine::Input::Open { conn }, observer);
        conn
    }

    pub(super) fn next_conn(&mut self) -> ConnId {
        self.next_conn += 1;
        ConnId(self.next_conn)
    }

    pub(super) fn tell_engine(&mut self, input: engine::Input, observer: &mut dyn Observer) {
        let now = self.now();
        // A message leaves right after the fact that says so.
        let mut leaving = None;
        // One chunk per connection and instant: what a real socket would most likely deliver together.
        let mut chunks: Map<ConnId, (Weight, Vec<u8>)> = Map::new();
        let Home::InPage(engine) = &mut self.home else { return };
        for output in engine.handle(now, input) {
            match output {
                Output::Send { conn, op } => {
                    let hidden = self.clients.get(&conn).is_some_and(|wired| wired.newcomer.hidden);
                    let (weight, bytes) = chunks.entry(conn).or_insert((Weight::Hidden, Vec::new()));
                    *weight = if hidden { Weight::Hidden } else { (*weight).max(server_weight(&op)) };
                    let name = self.clients.get(&conn).map_or("", |wired| &wired.newcomer.name);
                    let copies = self.troubles.copies_to_client(name, &op);
                    (0..copies).for_each(|_| op.encode(bytes));
                    let message = matches!(op, ServerOp::Msg { .. }).then(|| leaving.take()).flatten();
                    let arrives = self.links.arrival_to_client(now, conn);
                    match copies {
                        0 => observer.lost(now, arrives, conn, &Op::Server(op), message),
                        _ => observer.answered(now, arrives, conn, &op, message),
                    }
                }
                Output::Event(event) => {
                    if let Fact::Delivered { message, .. } | Fact::NoResponders { message, .. } = event.fact {
                        leaving = Some(message);
                    }
                    observer.event(event);
                }
                Output::Close { conn, reason } => {
                    let (weight, bytes) = chunks.remove(&conn).unwrap_or((Weight::Hidden, Vec::new()));
                    self.links.send(now, weight, Arrival::ToClient { conn, bytes: bytes.into() });
                    self.links.send(now, Weight::Hidden, Arrival::ServerClosed { conn, reason });
                }
            }
        }
        for (conn, (weight, bytes)) in chunks {
            self.links.send(now, weight, Arrival::ToClient { conn, bytes: bytes.into() });
        }
    }

    fn carry_outgoing(&mut self, observer: &mut dyn Observer) -> bool {
        if self.is_far_away() {
            return self.carry_outgoing_far(observer);
        }
        let now = self.timers.now();
        let mut carried = false;
        let mut leaving = Vec::new();
        for (&conn, wired) in &mut self.clients {
            if !wired.client.wants_its_wire() {
                continue;
            }
            while let Some(bytes) = wired.client.poll_outgoing() {
                carried = true;
                let mut ops = listen_in(&mut wired.tap, &bytes);
                let mut bytes = bytes;
                let weight = weight_of(&ops, wired.newcomer.hidden);
                if let Some(left) = self.troubles.filter(&wired.newcomer.name, &ops) {
                    let arrives = now + self.links.latency(conn);
                    for op in faults::lost(&ops, &left) {
                        observer.lost(now, arrives, conn, &Op::Client(op), None);
                    }
                    (bytes, ops) = (faults::encoded(&left), left);
                }
                carry(&mut self.links, now, conn, bytes, &ops, weight, observer);
            }
            if wired.client.wants_hangup() {
                leaving.push(conn);
            }
        }
        for conn in leaving {
            self.clients.remove(&conn);
            self.gone(conn, observer);
        }
        carried
    }
}

/// Listens without a size limit: judging is the server's business.
pub(super) fn tap() -> Option<ClientDecoder> {
    Some(ClientDecoder::new(usize::MAX))
}

/// Puts a client's bytes on its wire and tells what they say.
pub(super) fn carry(
    links: &mut Links,
    now: Timestamp,
    conn: ConnId,
    bytes: Bytes,
    ops: &[ClientOp],
    weight: Weight,
    observer: &mut dyn Observer,
) {
    let Some(arrives) = links.send(now, weight, Arrival::ToServer { conn, bytes }) else { return };
    ops.iter().for_each(|op| observer.sent(now, arrives, conn, op));
}

/// How much of a sight they are, with what is lost on the way.
pub(super) fn weight_of(ops: &[ClientOp], hidden: bool) -> Weight {
    let weight = ops.iter().map(|op| if hidden { Weight::Hidden } else { client_weight(op) }).max();
    weight.unwrap_or(Weight::Hidden)
}

fn client_weight(op: &ClientOp) -> Weight {
    match op {
        ClientOp::Pub(message) => subject_weight(&message.subject),
        _ => Weight::Hidden,
    }
}

fn server_weight(op: &ServerOp) -> Weight {
    match op {
        ServerOp::Msg { message, .. } => subject_weight(&message.subject),
        _ => Weight::Hidden,
    }
}

fn subject_weight(subject: &str) -> Weight {
    if Traffic::of(subject).is_system() { Weight::System } else { Weight::Message }
}

/// Nothing more is heard on a wire once its bytes stopped making sense.
pub(super) fn listen_in(tap: &mut Option<ClientDecoder>, bytes: &[u8]) -> Vec<ClientOp> {
    let mut ops = Vec::new();
    let Some(decoder) = tap else { return ops };
    decoder.push(bytes);
    loop {
        match decoder.decode() {
            Ok(Some(op @ ClientOp::Connect(_))) => ops.push(without_secrets(&op).into_owned()),
            Ok(Some(op)) => ops.push(op),
            Ok(None) => return ops,
            Err(_) => {
                *tap = None;
                return ops;
            }
        }
    }
}

/// A shared observer, for owners that also want to look at it.
impl<T: Observer> Observer for Rc<RefCell<T>> {
    fn sent(&mut self, sent: Timestamp, arrives: Timestamp, conn: ConnId, op: &ClientOp) {
        self.borrow_mut().sent(sent, arrives, conn, op);
    }

    fn answered(
        &mut self,
        sent: Timestamp,
        arrives: Timestamp,
        conn: ConnId,
        op: &ServerOp,
        message: Option<MessageId>,
    ) {
        self.borrow_mut().answered(sent, arrives, conn, op, message);
    }

    fn event(&mut self, event: Event) {
        self.borrow_mut().event(event);
    }

    fn opened(&mut self, at: Timestamp, conn: ConnId, name: &str, role: Option<Role>, latency: Duration) {
        self.borrow_mut().opened(at, conn, name, role, latency);
    }

    fn broken(&mut self, at: Timestamp, conn: ConnId, how: LinkState) {
        self.borrow_mut().broken(at, conn, how);
    }

    fn waiting(&mut self, at: Timestamp, actor: &str, messages: u64) {
        self.borrow_mut().waiting(at, actor, messages);
    }

    fn lost(&mut self, at: Timestamp, arrives: Timestamp, conn: ConnId, op: &Op, message: Option<MessageId>) {
        self.borrow_mut().lost(at, arrives, conn, op, message);
    }

    fn delayed(&mut self, conn: ConnId, latency: Duration) {
        self.borrow_mut().delayed(conn, latency);
    }

    fn closed(&mut self, at: Timestamp, conn: ConnId) {
        self.borrow_mut().closed(at, conn);
    }
}
