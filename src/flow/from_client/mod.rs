//! Steps from what clients see, where the server is not in the page.
//!
//! Every operation on our own connections comes in; out come the same facts the server in the page tells, each with how
//! it is known: seen on a wire, told by an advisory, asked by a request. What nobody of us could know is not made up: a
//! removal is told when an answer shows it, a message of somebody else when its copy or its place goes by. Hidden
//! connections (a lesson's, the observer's) teach and are not drawn. The way in is [`FromClient`]; `playground` feeds it.
//! Source: ADR-15 for reply subjects, ADR-13 for pulls, nats-server `server/jetstream_events.go` for advisories,
//! ADR-41 for message traces.

mod advisory;
mod answers;
mod deliveries;
mod messages;
mod ranges;
mod streams;
mod traces;

pub use streams::Wanted;

use super::step::{Edge, How, Step, What};
use crate::api::Error;
use crate::engine::{CloseReason, ConnId, Fact, MessageId, Name, Origin};
use crate::map::Map;
use crate::protocol::{ClientOp, Connect, Message, ServerOp, Sid};
use crate::subject::Subject;
use crate::time::Timestamp;
use bytes::Bytes;
use deliveries::Pull;
use messages::Messages;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use streams::Streams;
use traces::Traces;

/// How long a message on a wire is drawn. How long it really takes cannot be seen from one end.
pub const DRAWN_FOR: Duration = Duration::from_millis(250);
/// Requests that may still be answered, remembered per connection.
const OPEN_REQUESTS: usize = 4_096;
/// Advisories remembered, so that one that reaches two of us is told once.
const HEARD: usize = 512;

/// What is known of a server by what went over our own wires.
#[derive(Debug, Default)]
pub struct FromClient {
    conns: Map<ConnId, Conn>,
    messages: Messages,
    pulls: Vec<Pull>,
    next_pull: u64,
    streams: Streams,
    /// Ids of advisories, and the message each was.
    heard: VecDeque<(String, MessageId)>,
    traces: Traces,
    steps: Vec<Step>,
}

#[derive(Debug, Default)]
struct Conn {
    hidden: bool,
    name: String,
    /// What the server calls it.
    client_id: u64,
    /// The id of the server at the other end.
    server: String,
    connected: bool,
    subscriptions: Map<Sid, Subscription>,
    /// By reply subject.
    requests: BTreeMap<Subject, Request>,
    /// Reply subjects, oldest first; some may be answered.
    asked: VecDeque<Subject>,
}

#[derive(Debug)]
struct Subscription {
    subject: Subject,
    /// Copies of messages up to this one cannot come any more.
    after: u64,
    /// UNSUB with a count: how many still come.
    left: Option<u64>,
}

/// Something that may be answered.
#[derive(Clone, Debug)]
struct Request {
    at: Timestamp,
    id: Option<MessageId>,
    subject: Subject,
    /// Of headers and payload.
    sizes: (usize, usize),
    /// Of requests to the API.
    payload: Bytes,
}

impl FromClient {
    /// A wire was connected. A hidden one is not drawn.
    pub fn opened(&mut self, conn: ConnId, name: &str, hidden: bool) {
        self.conns.insert(conn, Conn { hidden, name: name.to_owned(), ..Conn::default() });
    }

    /// The wire is gone, and everything that waited on it.
    pub fn closed(&mut self, at: Timestamp, conn: ConnId) -> Vec<Step> {
        let Some(gone) = self.conns.remove(&conn) else { return Vec::new() };
        self.end_pulls_of(at, conn);
        if gone.connected && !gone.hidden {
            self.seen(at, Fact::Disconnected { conn, reason: CloseReason::ClientClosed });
        }
        std::mem::take(&mut self.steps)
    }

    /// The wire broke: what waited on it is lost, and whoever comes back begins anew.
    pub fn broken(&mut self, at: Timestamp, conn: ConnId) -> Vec<Step> {
        let Some(known) = self.conns.get(&conn) else { return Vec::new() };
        let (name, hidden) = (known.name.clone(), known.hidden);
        let steps = self.closed(at, conn);
        self.opened(conn, &name, hidden);
        if hidden {
            // What was asked on it is not answered any more.
            self.streams.forget_asked();
        }
        steps
    }

    /// A client put `op` on its wire.
    pub fn sent(&mut self, at: Timestamp, conn: ConnId, op: &ClientOp) -> Vec<Step> {
        match op {
            ClientOp::Connect(json) => self.named(conn, json),
            ClientOp::Sub { subject, queue, sid } => self.subscribed(at, conn, sid, subject, queue.as_ref()),
            ClientOp::Unsub { sid, max } => self.unsubscribed(at, conn, sid, *max),
            ClientOp::Pub(message) => self.published(at, conn, message),
            ClientOp::Ping | ClientOp::Pong => {}
        }
        std::mem::take(&mut self.steps)
    }

    /// The server put `op` on a client's wire.
    pub fn received(&mut self, at: Timestamp, conn: ConnId, op: &ServerOp) -> Vec<Step> {
        match op {
            ServerOp::Info(info) => {
                if let Some(conn) = self.conns.get_mut(&conn) {
                    conn.client_id = info.client_id;
                    conn.server = info.server_id.clone();
                }
            }
            ServerOp::Pong | ServerOp::Ok => self.connected(at, conn),
            ServerOp::Msg { sid, message } => {
                self.connected(at, conn);
                self.arrived(at, conn, sid, message);
            }
            ServerOp::Ping | ServerOp::Err(_) => {}
        }
        std::mem::take(&mut self.steps)
    }

    /// Brings a stream into view that none of our clients has touched.
    pub fn observe(&mut self, at: Timestamp, stream: &str) -> Vec<Step> {
        self.stream_in_view(at, &Name::from(stream), How::Asked);
        std::mem::take(&mut self.steps)
    }

    /// What would have to be asked to know how things stand, the most urgent first.
    pub fn wanted(&self, now: Timestamp, is_ours: impl Fn(&str) -> bool) -> Vec<Wanted> {
        self.streams.wanted(now, is_ours)
    }

    /// Somebody is about to ask this.
    pub fn asking(&mut self, now: Timestamp, wanted: &Wanted) {
        self.streams.asking(now, wanted);
    }

    fn named(&mut self, conn: ConnId, json: &[u8]) {
        let name = crate::json::read::<Connect>(json).ok().and_then(|connect| connect.name);
        if let (Some(conn), Some(name)) = (self.conns.get_mut(&conn), name) {
            conn.name = name;
        }
    }

    fn connected(&mut self, at: Timestamp, conn: ConnId) {
        let Some(known) = self.conns.get_mut(&conn).filter(|known| !known.connected) else { return };
        known.connected = true;
        if !known.hidden {
            let name = known.name.clone();
            self.seen(at, Fact::Connected { conn, name });
        }
    }

    fn subscribed(&mut self, at: Timestamp, conn: ConnId, sid: &Sid, subject: &Subject, queue: Option<&Subject>) {
        let after = self.messages.last();
        let Some(known) = self.conns.get_mut(&conn) else { return };
        known.subscriptions.insert(sid.clone(), Subscription { subject: subject.clone(), after, left: None });
        if !known.hidden {
            let (sid, subject, queue) = (sid.clone(), subject.clone(), queue.cloned());
            self.seen(at, Fact::Subscribed { conn, sid, subject, queue });
        }
    }

    fn unsubscribed(&mut self, at: Timestamp, conn: ConnId, sid: &Sid, max: Option<u64>) {
        let Some(known) = self.conns.get_mut(&conn) else { return };
        if let (Some(max), Some(subscription)) = (max, known.subscriptions.get_mut(sid)) {
            subscription.left = Some(max);
            return;
        }
        let Some(gone) = known.subscriptions.remove(sid) else { return };
        let hidden = known.hidden;
        self.end_pulls_on(at, conn, &gone.subject);
        if !hidden {
            self.seen(at, Fact::Unsubscribed { conn, sid: sid.clone() });
        }
    }

    fn published(&mut self, at: Timestamp, conn: ConnId, message: &Message) {
        let Some(hidden) = self.conns.get(&conn).map(|known| known.hidden) else { return };
        let is_api = message.subject.starts_with(answers::API);
        let id = (!hidden).then(|| self.messages.published(message));
        if let Some(id) = id {
            self.steps.extend(super::from_engine::sent(at, at + DRAWN_FOR, conn, &ClientOp::Pub(message.clone())));
            let (subject, reply) = (message.subject.clone(), message.reply.clone());
            let (origin, bytes) = (Origin::Client(conn), size(message));
            let fact = Fact::Published { message: id, origin, subject, reply, bytes };
            self.push(at, How::Seen, Some(id), None, What::Fact(fact));
            self.asks_for_trace(conn, message, id);
        }
        if let Some(reply) = &message.reply {
            let payload = if is_api { message.payload.clone() } else { Bytes::new() };
            let request =
                Request { at, id, subject: message.subject.clone(), sizes: traces::sizes_stored(message), payload };
            if let Some(known) = self.conns.get_mut(&conn) {
                known.requests.insert(reply.clone(), request);
                known.asked.push_back(reply.clone());
                if known.asked.len() > OPEN_REQUESTS
                    && let Some(oldest) = known.asked.pop_front()
                {
                    known.requests.remove(&oldest);
                }
            }
        }
        self.answered_delivery(at, conn, message);
        self.pulled(at, conn, message);
    }

    fn arrived(&mut self, at: Timestamp, conn: ConnId, sid: &Sid, message: &Message) {
        let Some(hidden) = self.conns.get(&conn).map(|known| known.hidden) else { return };
        if self.delivered_by_consumer(at, conn, sid, message, hidden) {
            self.count_down(at, conn, sid);
            return;
        }
        let request = self.take_request(conn, message);
        if let Some(request) = &request {
            self.answered_request(at, conn, request, message, hidden);
        }
        self.pull_status(at, conn, message);
        let id = self.advisory(at, message, hidden);
        if !hidden {
            self.trace(at, message);
            self.copy(at, conn, sid, message, id, request.as_ref());
        }
        self.count_down(at, conn, sid);
    }

    /// A copy for one of our subscriptions.
    fn copy(
        &mut self,
        at: Timestamp,
        conn: ConnId,
        sid: &Sid,
        message: &Message,
        id: Option<MessageId>,
        request: Option<&Request>,
    ) {
        if let Some((request, id)) = request.and_then(|request| Some((request, request.id?)))
            && message.status().is_some_and(|status| status.code == 503)
        {
            let subject = request.subject.clone();
            self.push(
                at,
                How::Told,
                Some(id),
                None,
                What::Fact(Fact::Unwanted { message: id, subject: subject.clone() }),
            );
            let fact = Fact::NoResponders { message: id, conn, subject };
            return self.push(at, How::Told, Some(id), Some(Edge::to_client(conn)), What::Fact(fact));
        }
        let after = self.conns.get(&conn).and_then(|known| known.subscriptions.get(sid)).map_or(0, |sub| sub.after);
        let copy = id.or_else(|| self.messages.copy_of(message, after));
        if let Some(subscription) = self.conns.get_mut(&conn).and_then(|known| known.subscriptions.get_mut(sid)) {
            // What one publisher sent arrives in its order.
            subscription.after = copy.map_or(subscription.after, |id| subscription.after.max(id.0));
        }
        let id = copy.unwrap_or_else(|| self.messages.next());
        self.leaves(at, conn, sid, message, id);
    }

    fn leaves(&mut self, at: Timestamp, conn: ConnId, sid: &Sid, message: &Message, id: MessageId) {
        let (sid, subject, bytes) = (sid.clone(), message.subject.clone(), size(message));
        let fact = Fact::Delivered { message: id, conn, sid, subject, bytes, draw: None };
        self.push(at, How::Seen, Some(id), Some(Edge::to_client(conn)), What::Fact(fact));
    }

    fn count_down(&mut self, at: Timestamp, conn: ConnId, sid: &Sid) {
        let Some(known) = self.conns.get_mut(&conn) else { return };
        let Some(left) = known.subscriptions.get_mut(sid).and_then(|subscription| subscription.left.as_mut()) else {
            return;
        };
        *left = left.saturating_sub(1);
        if *left == 0 {
            known.subscriptions.remove(sid);
            if !known.hidden {
                self.seen(at, Fact::Unsubscribed { conn, sid: sid.clone() });
            }
        }
    }

    /// The request that `message` answers. A stream of answers keeps its request.
    fn take_request(&mut self, conn: ConnId, message: &Message) -> Option<Request> {
        let known = self.conns.get_mut(&conn)?;
        let subject = &known.requests.get(&message.subject)?.subject;
        let goes_on = subject.contains(".DIRECT.GET.") || subject.contains(".MSG.NEXT.");
        match goes_on {
            true => known.requests.get(&message.subject).cloned(),
            false => known.requests.remove(&message.subject),
        }
    }

    fn requested(&mut self, at: Timestamp, conn: ConnId, request: &Request, error: Option<Error>) {
        let Some(message) = request.id else { return };
        let fact = Fact::Requested { message, conn: Some(conn), subject: request.subject.clone(), error };
        self.push(at, How::Seen, Some(message), None, What::Fact(fact));
    }

    fn seen(&mut self, at: Timestamp, fact: Fact) {
        self.push(at, How::Seen, None, None, What::Fact(fact));
    }

    fn know(&mut self, at: Timestamp, how: How, fact: Fact) {
        self.push(at, how, None, None, What::Fact(fact));
    }

    fn push(&mut self, at: Timestamp, how: How, message: Option<MessageId>, edge: Option<Edge>, what: What) {
        let arrives = if edge.is_some() { at + DRAWN_FOR } else { at };
        self.steps.push(Step { ordinal: 0, at, arrives, message, edge, what, how });
    }
}

/// Headers and payload.
fn size(message: &Message) -> usize {
    message.headers_bytes() + message.payload.len()
}
