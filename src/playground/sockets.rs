//! Wires of programs outside: bytes come in as they are written, and wait here until they are fetched.
//!
//! A program is whoever its CONNECT says, so the picture hears of it only then. What it has not read the server is told,
//! which cuts off those that leave too much; see `engine::Input::Unread`.

use super::recorder::LESSON_ACTOR;
use super::world::{Observer, World, carry, listen_in, tap, weight_of};
use crate::engine::{self, ConnId};
use crate::json;
use crate::protocol::{ClientDecoder, ClientOp};
use bytes::Bytes;
use std::time::Duration;

/// A wire whose client is a program outside.
pub(super) struct Socket {
    received: Vec<Bytes>,
    closed: bool,
    tap: Option<ClientDecoder>,
    /// Who it is when its CONNECT does not say.
    name: String,
    latency: Duration,
    /// The picture was told of it.
    is_known: bool,
}

impl Socket {
    pub(super) fn receive(&mut self, bytes: Bytes) {
        self.received.push(bytes);
    }

    /// The server hung up.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }
}

impl World {
    /// A wire for a program outside; `latency` is one way.
    pub fn open_socket(&mut self, name: &str, latency: Duration, observer: &mut dyn Observer) -> ConnId {
        let conn = self.next_conn();
        let socket =
            Socket { received: Vec::new(), closed: false, tap: tap(), name: name.to_owned(), latency, is_known: false };
        self.sockets.insert(conn, socket);
        // A program has no business with the learner's server.
        if self.server_is_down() || self.is_far_away() {
            if let Some(socket) = self.sockets.get_mut(&conn) {
                socket.close();
            }
            return conn;
        }
        self.links_mut().open(conn, latency);
        self.tell_engine(engine::Input::Open { conn }, observer);
        conn
    }

    pub fn socket_send(&mut self, conn: ConnId, bytes: Bytes, observer: &mut dyn Observer) {
        let now = self.now();
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        let ops = listen_in(&mut socket.tap, &bytes);
        let connect = ops.iter().find_map(|op| match op {
            ClientOp::Connect(text) if !socket.is_known => Some(text),
            _ => None,
        });
        if let Some(text) = connect {
            socket.is_known = true;
            observer.opened(now, conn, &name_in(text, &socket.name), None, socket.latency);
        }
        carry(&mut self.links, now, conn, bytes, &ops, weight_of(&ops, false), observer);
    }

    /// What arrived for the program since it was last asked, and whether the server has hung up.
    pub fn socket_receive(&mut self, conn: ConnId) -> (Vec<Bytes>, bool) {
        match self.sockets.get_mut(&conn) {
            Some(socket) => (std::mem::take(&mut socket.received), socket.closed),
            None => (Vec::new(), true),
        }
    }

    pub fn has_news_on_socket(&self, conn: ConnId) -> bool {
        self.sockets.get(&conn).is_none_or(|socket| socket.closed || !socket.received.is_empty())
    }

    /// Bytes that wait for programs outside are of no use to them any more.
    pub fn forget_received(&mut self) {
        self.sockets.values_mut().for_each(|socket| socket.received.clear());
    }

    /// Wires of programs that were not hung up.
    pub fn sockets(&self) -> Vec<ConnId> {
        self.sockets.keys().copied().collect()
    }

    /// How much of what arrived a program has not read.
    pub fn unread(&mut self, conn: ConnId, bytes: usize, observer: &mut dyn Observer) {
        self.tell_engine(engine::Input::Unread { conn, bytes }, observer);
    }
}

/// What a CONNECT calls its client. A program is no lesson, whatever it says.
fn name_in(connect: &[u8], otherwise: &str) -> String {
    let document = json::parse(connect).unwrap_or_default();
    let name = document.get("name").and_then(json::Value::as_str).filter(|name| !name.is_empty());
    match name.unwrap_or(otherwise) {
        LESSON_ACTOR => format!("{LESSON_ACTOR} (a program)"),
        name => name.to_owned(),
    }
}
