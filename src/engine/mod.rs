//! The server: NATS core and JetStream, pure and deterministic.
//!
//! It has one front door. [`Engine::handle`] takes what the world says and the time, and returns all that should leave;
//! [`Engine::poll_timeout`] says when to knock again. Nothing here reads a clock, a socket or a random source: the time
//! comes in, random choices come from the seed. It knows nothing of clients' libraries, buckets, terminals or pictures.
//! Source: nats-server 2.15.1, observed; where we differ it says `Differs from nats-server`.

mod connection;
mod connection_list;
pub mod event;
mod interest;
mod jetstream;
mod permissions;
mod routing;
mod session;
mod snapshot;
mod system;
mod trace;
mod view;

pub use event::{AckKind, Draw, Event, Fact, Member, MessageId, Name, Origin, PullEnd, RemovalReason};

pub use permissions::{Permissions, Rule};

use crate::json::ToJson;
use crate::map::{Map, Set};
use crate::nuid::Rng;
use crate::pack::Pack;
use crate::protocol::ServerOp;
use crate::subject::Subject;
use crate::time::Timestamp;
use bytes::Bytes;
use connection::{Connection, Traffic};
use interest::Subscriptions;
use jetstream::{JetStream, Outgoing};
use std::cell::Cell;
use std::collections::VecDeque;
use std::time::Duration;
use system::Identity;

/// A connection, as numbered by the server in INFO's `client_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ToJson, Pack)]
pub struct ConnId(pub u64);

/// What the world says.
#[derive(Clone, Debug)]
pub enum Input {
    /// A wire was connected. An id that is still in use ends the connection that had it.
    Open { conn: ConnId },
    /// Bytes arrived, split anywhere.
    Received { conn: ConnId, bytes: Bytes },
    /// The wire is gone; nothing can be sent on it any more.
    Gone { conn: ConnId },
    /// How many of the bytes sent so far the peer has not taken yet.
    ///
    /// The engine cannot see a socket, so a wire that wants slow consumers cut off says this whenever it has carried
    /// something off. One that never does, or whose last word was 0, is taken to carry everything off after each
    /// [`Engine::handle`].
    Unread { conn: ConnId, bytes: usize },
    /// The time [`Engine::poll_timeout`] asked for has come.
    Tick,
    /// The server was stopped and started: connections are gone, and so is what was kept in memory.
    Restart,
}

/// What should leave.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    Send {
        conn: ConnId,
        op: ServerOp,
    },
    /// Hang up, after what was sent before. The engine forgets the connection; no `Gone` is needed.
    Close {
        conn: ConnId,
        reason: CloseReason,
    },
    Event(Event),
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ToJson)]
#[json(rename_all = "snake_case")]
pub enum CloseReason {
    ClientClosed,
    ProtocolViolation,
    MaxPayloadExceeded,
    MaxControlLineExceeded,
    AuthenticationViolation,
    AuthenticationTimeout,
    StaleConnection,
    SlowConsumer,
    ServerShutdown,
}

/// Who may connect. Nothing in it lets everybody in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Pack)]
pub struct Credentials {
    pub user_password: Option<(String, String)>,
    pub token: Option<String>,
    /// Users of the one account, each with what it may do.
    pub users: Vec<User>,
    /// The user that everybody is who shows nothing.
    pub no_auth_user: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Pack)]
pub struct User {
    pub name: String,
    pub password: String,
    pub permissions: Permissions,
}

/// What the account everybody belongs to may do.
#[derive(Clone, Debug, PartialEq, Eq, Pack)]
pub struct Account {
    /// Whether it may use JetStream, on a server that has it.
    pub jetstream: bool,
    pub max_streams: Option<u64>,
    /// How many consumers each stream may have that says nothing tighter.
    pub max_consumers: Option<u64>,
}

impl Default for Account {
    fn default() -> Self {
        Account { jetstream: true, max_streams: None, max_consumers: None }
    }
}

/// How a server is set up.
#[derive(Clone, Debug, PartialEq, Eq, Pack)]
pub struct Options {
    pub seed: u64,
    pub server_name: String,
    pub host: String,
    pub port: u16,
    pub jetstream: bool,
    /// Bytes of header plus body.
    pub max_payload: usize,
    /// Bytes a slow client may leave unread before it is cut off.
    pub max_pending: usize,
    pub ping_interval: Duration,
    pub ping_max: u32,
    pub credentials: Credentials,
    /// Bytes all streams of the account may hold together, memory and file counted alike.
    pub max_storage: Option<u64>,
    /// Bytes all streams may reserve together with their `max_bytes`.
    ///
    /// Differs from nats-server: there it is the same figure as `max_storage`. A page holds less than streams made for
    /// servers ask for, and what they ask for is seldom used.
    pub max_reserved: Option<u64>,
    pub account: Account,
    /// Of JetStream: its API is then heard under `$JS.<domain>.API` too.
    pub domain: Option<String>,
    /// Ack subjects name domain and account: the server's feature flag `js_ack_fc_v2`.
    pub long_ack_subjects: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            seed: 1,
            server_name: "n1".to_owned(),
            host: "0.0.0.0".to_owned(),
            port: 4222,
            jetstream: true,
            max_payload: crate::protocol::MAX_PAYLOAD,
            max_pending: 64 * 1024 * 1024,
            ping_interval: Duration::from_secs(120),
            ping_max: 2,
            credentials: Credentials::default(),
            max_storage: None,
            max_reserved: None,
            account: Account::default(),
            domain: None,
            long_ack_subjects: false,
        }
    }
}

/// How long it waits before it gives back more memory.
const FREE_PAUSE: Duration = Duration::from_micros(100);

/// Outputs that room is made for before there are any.
const OUTPUTS_EXPECTED: usize = 64;

/// A NATS server.
pub struct Engine {
    options: Options,
    identity: Identity,
    rng: Rng,
    now: Timestamp,
    connections: Map<ConnId, Connection>,
    subscriptions: Subscriptions,
    jetstream: JetStream,
    /// When each connection is to be looked at.
    deadlines: Set<(Timestamp, ConnId)>,
    /// What JetStream and the system services want sent, first in first out.
    outgoing: VecDeque<Outgoing>,
    /// Subjects on which a subscription came or went and JetStream was not told yet.
    interest_changes: VecDeque<Subject>,
    /// Connections that were sent something and whose wires do not report what is unread.
    unreported: Vec<ConnId>,
    outputs: Vec<Output>,
    facts: Vec<Event>,
    next_ordinal: u64,
    next_message: u64,
    next_subscription: u64,
    system_answers: u64,
    /// Of all connections, those that are gone included.
    traffic: Traffic,
    slow_consumers: u64,
    /// There is memory to give back, a little at a time.
    free_again: Option<Timestamp>,
    /// What happens to the message being routed, if somebody asked to be told.
    trace: Option<trace::Trace>,
    /// What [`Engine::poll_timeout`] found since anything changed: it is asked far more often than that.
    next_due: Cell<Option<Option<Timestamp>>>,
}

impl Engine {
    /// A server that started at `now`. Everything it draws at random follows from `options.seed`.
    pub fn new(options: Options, now: Timestamp) -> Engine {
        let mut rng = Rng::new(options.seed);
        Engine {
            identity: Identity::new(&mut rng),
            options,
            rng,
            now,
            connections: Map::new(),
            subscriptions: Subscriptions::default(),
            jetstream: JetStream::default(),
            deadlines: Set::new(),
            outgoing: VecDeque::new(),
            interest_changes: VecDeque::new(),
            unreported: Vec::new(),
            outputs: Vec::new(),
            facts: Vec::new(),
            next_ordinal: 0,
            next_message: 0,
            next_subscription: 0,
            system_answers: 0,
            traffic: Traffic::default(),
            slow_consumers: 0,
            free_again: None,
            trace: None,
            next_due: Cell::new(None),
        }
    }

    /// Takes in one thing the world says and returns everything that should leave because of it, in order.
    ///
    /// `now` must not go back from one call to the next. Errors: none; a client's mistakes are answered to the client.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        self.now = self.now.max(now);
        self.next_due.set(None);
        match input {
            Input::Open { conn } => {
                self.close(conn, CloseReason::ClientClosed);
                self.open(conn);
            }
            Input::Received { conn, bytes } => self.received(conn, &bytes),
            Input::Gone { conn } => drop(self.forget(conn, CloseReason::ClientClosed)),
            Input::Unread { conn, bytes } => self.unread(conn, bytes),
            Input::Tick => self.tick(),
            Input::Restart => self.restart(),
        }
        self.drain();
        self.assume_carried_off();
        self.free_again = self.jetstream.free_some().then_some(self.now + FREE_PAUSE);
        // What comes next will be about as much.
        let next = Vec::with_capacity(self.outputs.len().min(OUTPUTS_EXPECTED));
        std::mem::replace(&mut self.outputs, next)
    }

    /// The next time something is due: ack wait, max age, pull expiry, heartbeat, ping.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        if let Some(due) = self.next_due.get() {
            return due;
        }
        let ping = self.deadlines.first().map(|&(deadline, _)| deadline);
        let due = [ping, self.jetstream.poll_timeout(), self.free_again].into_iter().flatten().min();
        self.next_due.set(Some(due));
        due
    }

    /// The next time a stream or a consumer does something by itself: what a person would wait for.
    pub fn next_timer(&self) -> Option<Timestamp> {
        self.jetstream.poll_timeout()
    }

    fn restart(&mut self) {
        let conns: Vec<ConnId> = self.connections.keys().copied().collect();
        for conn in conns {
            self.close(conn, CloseReason::ServerShutdown);
        }
        self.drain();
        self.identity = Identity::new(&mut self.rng);
        self.with_jetstream(|jetstream, context| jetstream.restart(context));
    }

    fn tick(&mut self) {
        self.check_liveness();
        self.with_jetstream(|jetstream, context| jetstream.tick(context));
    }

    fn unread(&mut self, conn: ConnId, bytes: usize) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.backlog = connection::Backlog { bytes, reported: bytes > 0 };
        if bytes > self.options.max_pending {
            self.close(conn, CloseReason::SlowConsumer);
        }
    }

    fn assume_carried_off(&mut self) {
        for conn in self.unreported.drain(..) {
            if let Some(connection) = self.connections.get_mut(&conn) {
                connection.backlog.bytes = 0;
            }
        }
    }
}
