//! The server: NATS core and JetStream, pure and deterministic.
//!
//! It has one front door. [`Engine::handle`] takes what the world says and the time, and returns all that should leave;
//! [`Engine::poll_timeout`] says when to knock again. Nothing here reads a clock, a socket or a random source: the time
//! comes in, random choices come from the seed. It knows nothing of clients' libraries, buckets, terminals or pictures.
//! Source: nats-server 2.15.1, observed; where we differ it says `Differs from nats-server`.

pub mod event;
mod jetstream;

pub use event::{AckKind, Event, Fact, MessageId, Name, Origin, PullEnd, RemovalReason};

use crate::nuid::Rng;
use crate::protocol::ServerOp;
use crate::time::Timestamp;
use bytes::Bytes;
use serde::Serialize;
use std::time::Duration;

/// A connection, as numbered by the server in INFO's `client_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ConnId(pub u64);

/// What the world says.
#[derive(Clone, Debug)]
pub enum Input {
    /// A wire was connected. The id must not be in use.
    Open { conn: ConnId },
    /// Bytes arrived, split anywhere.
    Received { conn: ConnId, bytes: Bytes },
    /// The wire is gone; nothing can be sent on it any more.
    Gone { conn: ConnId },
    /// The time [`Engine::poll_timeout`] asked for has come.
    Tick,
}

/// What should leave.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    Send { conn: ConnId, op: ServerOp },
    /// Hang up, after what was sent before. The engine forgets the connection; no `Gone` is needed.
    Close { conn: ConnId, reason: CloseReason },
    Event(Event),
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
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

/// Who may connect. `None` everywhere lets everybody in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    pub user_password: Option<(String, String)>,
    pub token: Option<String>,
}

/// How a server is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        }
    }
}

/// A NATS server.
pub struct Engine {
    options: Options,
    rng: Rng,
}

impl Engine {
    /// A server that started at `now`. Everything it draws at random follows from `options.seed`.
    pub fn new(options: Options, now: Timestamp) -> Engine {
        let _ = now;
        let rng = Rng::new(options.seed);
        Engine { options, rng }
    }

    /// Takes in one thing the world says and returns everything that should leave because of it, in order.
    ///
    /// `now` must not go back from one call to the next. Errors: none; a client's mistakes are answered to the client.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        let _ = (now, input, &self.options, &self.rng);
        Vec::new()
    }

    /// The next time something is due: ack wait, max age, pull expiry, heartbeat, ping.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }
}
