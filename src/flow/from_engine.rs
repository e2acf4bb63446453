//! Steps from what the engine tells, and from what the wires beside it show.
//!
//! The engine knows when something is true in the server; only the wire knows how long it takes to get there. Both
//! together are a step.

use super::bucket::Marker;
use super::step::{Edge, How, LinkState, Role, Step, What};
use crate::engine::{ConnId, Event, Fact, MessageId};
use crate::protocol::ClientOp;
use crate::subject::Subject;
use crate::time::Timestamp;
use std::time::Duration;

/// A fact of the server, and how long it travels if it leaves on a connection.
pub fn told(event: &Event, latency_of: impl Fn(ConnId) -> Duration) -> Step {
    let edge = edge_of(&event.fact);
    let arrives = edge.map_or(event.at, |edge| event.at + latency_of(edge.conn));
    let message = message_of(&event.fact);
    Step { ordinal: 0, at: event.at, arrives, message, edge, what: What::Fact(event.fact.clone()), how: How::Told }
}

/// What a client put on its wire. Only publishes are messages; the rest is `None`.
pub fn sent(at: Timestamp, arrives: Timestamp, conn: ConnId, op: &ClientOp) -> Option<Step> {
    let ClientOp::Pub(message) = op else { return None };
    let what = What::Sent {
        conn,
        subject: message.subject.clone(),
        reply: message.reply.clone(),
        bytes: message.headers_bytes() + message.payload.len(),
        marker: Marker::of(&message.subject, message.headers.as_ref(), &message.payload),
    };
    let edge = Some(Edge::to_server(conn));
    Some(Step { ordinal: 0, at, arrives, message: None, edge, what, how: How::Seen })
}

pub fn actor(at: Timestamp, conn: ConnId, name: &str, role: Option<Role>) -> Step {
    still(at, What::Actor { conn, name: name.to_owned(), role })
}

pub fn waiting(at: Timestamp, actor: &str, messages: u64) -> Step {
    still(at, What::Waiting { actor: actor.to_owned(), messages })
}

/// A message that left at `at` and would have reached the other end at `arrives`.
pub fn lost(
    at: Timestamp,
    arrives: Timestamp,
    edge: Edge,
    actor: &str,
    subject: &Subject,
    message: Option<MessageId>,
) -> Step {
    let Edge { conn, direction } = edge;
    let what = What::Lost { conn, actor: actor.to_owned(), subject: subject.clone(), direction };
    Step { ordinal: 0, at, arrives, message, edge: Some(edge), what, how: How::Seen }
}

pub fn link(at: Timestamp, conn: ConnId, state: LinkState) -> Step {
    still(at, What::Link { conn, state })
}

pub fn effect(at: Timestamp, worker: &str, stream: &str, stream_seq: u64, key: &str) -> Step {
    still(at, What::Effect { worker: worker.to_owned(), stream: stream.into(), stream_seq, key: key.to_owned() })
}

pub fn unanswered(at: Timestamp, worker: &str, stream: &str, consumer: &str, stream_seq: u64) -> Step {
    let (worker, stream, consumer) = (worker.to_owned(), stream.into(), consumer.into());
    still(at, What::Unanswered { worker, stream, consumer, stream_seq })
}

pub fn distant(at: Timestamp) -> Step {
    still(at, What::Distant)
}

fn still(at: Timestamp, what: What) -> Step {
    Step { ordinal: 0, at, arrives: at, message: None, edge: None, what, how: How::Seen }
}

fn edge_of(fact: &Fact) -> Option<Edge> {
    match fact {
        Fact::Delivered { conn, .. } | Fact::NoResponders { conn, .. } => Some(Edge::to_client(*conn)),
        _ => None,
    }
}

fn message_of(fact: &Fact) -> Option<MessageId> {
    match fact {
        Fact::Published { message, .. }
        | Fact::Delivered { message, .. }
        | Fact::Unwanted { message, .. }
        | Fact::NoResponders { message, .. }
        | Fact::Stored { message, .. }
        | Fact::NotKept { message, .. }
        | Fact::Duplicate { message, .. }
        | Fact::Refused { message, .. }
        | Fact::Dispatched { message, .. }
        | Fact::Requested { message, .. }
        | Fact::Advisory { message, .. } => Some(*message),
        _ => None,
    }
}
