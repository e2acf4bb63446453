//! A server far away: what its clients ask of whoever can dial, and what they are told.
//!
//! Sans-IO: every client of the playground has a [`Line`], its way to a server of its own. What should leave stands in
//! [`Ask`]s for the owner, who answers with [`Tell`]s; between two of them time decides: a dial that takes too long, a
//! server that says nothing, a line nothing is heard on any more. Sockets are the owner's, pictures the observer's.
//! Source: NATS docs "Client Protocol", "Automatic Reconnections", "Lame Duck Mode"; what the Go client does.

pub mod address;
mod line;
mod playground;
mod world;

pub use line::{Reach, Standing};

use crate::client::Auth;
use crate::engine::ConnId;
use crate::map::{Map, Set};
use crate::nuid::Rng;
use crate::time::Timestamp;
use bytes::Bytes;
use line::Line;
use std::collections::VecDeque;
use std::time::Duration;

/// Where to connect, and as whom. Held in memory only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// At least one, in the order of preference.
    pub urls: Vec<String>,
    /// What the server's operator reads as the connection's name, before that of the terminal.
    pub name: String,
    pub auth: Auth,
    /// How often a silent line is tried.
    pub ping_interval: Duration,
}

impl Server {
    pub fn at(urls: Vec<String>) -> Server {
        Server { urls, name: "JetStream Lab".to_owned(), auth: Auth::None, ping_interval: Duration::from_secs(20) }
    }
}

/// What should be done about a wire. A dial has a number of its own each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Dial {
        conn: ConnId,
        url: String,
    },
    Send {
        conn: ConnId,
        bytes: Bytes,
    },
    /// What was to be sent before still leaves. Nothing more is told of this wire.
    HangUp {
        conn: ConnId,
    },
}

/// What became of a wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell {
    Opened {
        conn: ConnId,
    },
    Received {
        conn: ConnId,
        bytes: Bytes,
    },
    /// It could not be opened, or it ended.
    Closed {
        conn: ConnId,
        why: String,
    },
}

/// A sentence for somebody's terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub actor: String,
    pub text: String,
}

/// Every line to the server far away.
pub(super) struct Remote {
    pub server: Server,
    lines: Map<ConnId, Line>,
    asks: VecDeque<Ask>,
    /// Wires that take no more for now.
    held: Set<ConnId>,
    news: Vec<News>,
    rng: Rng,
}

impl Remote {
    pub fn new(server: Server, rng: Rng) -> Remote {
        Remote { server, lines: Map::new(), asks: VecDeque::new(), held: Set::new(), news: Vec::new(), rng }
    }

    pub fn next_instant(&self) -> Option<Timestamp> {
        self.lines.values().map(Line::deadline).min()
    }

    pub fn take_asks(&mut self) -> VecDeque<Ask> {
        std::mem::take(&mut self.asks)
    }

    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// A wire takes no more for now, or does again.
    pub fn hold(&mut self, conn: ConnId, is_full: bool) {
        if is_full {
            self.held.insert(conn);
        } else {
            self.held.remove(&conn);
        }
    }

    pub fn is_held(&self, conn: ConnId) -> bool {
        self.held.contains(&conn)
    }

    pub fn standing(&self, conn: ConnId) -> Option<Standing> {
        self.lines.get(&conn).map(Line::standing)
    }

    fn tell(&mut self, actor: &str, text: String) {
        self.news.push(News { actor: actor.to_owned(), text });
    }
}
