//! What message traces tell: which way a message took, in the server's words.
//!
//! A trace is asked for by whoever publishes (`Nats-Trace-Dest`), never by the picture. It says which stream took a
//! message and not where; the place is told once the server's count of the stream leaves no other.
//! Source: ADR-41; nats-server 2.15.1, observed.

use super::{FromClient, HEARD};
use crate::api::{Error, StreamInfo};
use crate::engine::{ConnId, Fact, MessageId, Name};
use crate::flow::step::{How, Stop, Traced, What};
use crate::json::{self, Value};
use crate::protocol::Message;
use crate::subject::Subject;
use crate::time::Timestamp;
use std::collections::VecDeque;

const DESTINATION: &str = "Nats-Trace-Dest";
/// What a stream keeps in place of the destination.
const DISABLED: &str = "trace disabled";
/// What a stream says of a message it has already.
const DUPLICATE: &str = "msgid is duplicate";
/// Traced messages of ours whose trace may still come, and those a stream took at a place not known yet.
const OPEN: usize = 256;

#[derive(Debug, Default)]
pub struct Traces {
    asked: VecDeque<Asked>,
    stored: VecDeque<StoredSomewhere>,
}

/// A message of ours that asks to be traced.
#[derive(Debug)]
struct Asked {
    conn: ConnId,
    id: MessageId,
    destination: String,
    subject: Subject,
    size: u64,
    sizes: (usize, usize),
    /// Whoever wants an answer is told by it what came of the message.
    has_reply: bool,
}

/// A message that a stream took, and nobody said where.
#[derive(Debug)]
struct StoredSomewhere {
    stream: Name,
    id: MessageId,
    subject: Subject,
    sizes: (usize, usize),
    /// The server that said so, and when it was by its clock.
    server: String,
    stored_at: Timestamp,
}

/// Headers and payload of `message` as a stream keeps them.
pub fn sizes_stored(message: &Message) -> (usize, usize) {
    let headers = message.headers_bytes();
    let headers = match destination(message) {
        Some(destination) => (headers + DISABLED.len()).saturating_sub(destination.len()),
        None => headers,
    };
    (headers, message.payload.len())
}

fn destination(message: &Message) -> Option<&str> {
    let to = message.headers.as_ref()?.get(DESTINATION)?;
    (!to.is_empty() && to != DISABLED).then_some(to)
}

impl FromClient {
    /// A message of ours may ask to be traced.
    pub(super) fn asks_for_trace(&mut self, conn: ConnId, message: &Message, id: MessageId) {
        let Some(destination) = destination(message) else { return };
        let sizes = sizes_stored(message);
        self.traces.asked.push_back(Asked {
            conn,
            id,
            destination: destination.to_owned(),
            subject: message.subject.clone(),
            size: super::size(message) as u64,
            sizes,
            has_reply: message.reply.is_some(),
        });
        if self.traces.asked.len() > OPEN {
            self.traces.asked.pop_front();
        }
    }

    /// Takes in a trace that reached one of us.
    pub(super) fn trace(&mut self, at: Timestamp, message: &Message) {
        // What one of us published is not the server's.
        if !may_be_trace(&message.payload) || self.messages.copy_of(message, 0).is_some() {
            return;
        }
        let Ok(document) = json::parse(&message.payload) else { return };
        let headers = &document["request"]["header"];
        let first = |name: &str| headers[name].as_array().and_then(|values| values.first()?.as_str());
        if first(DESTINATION) != Some(message.subject.as_str()) || self.is_heard(&document) {
            return;
        }
        let Some((ingress, rest)) = document["events"].as_array().and_then(|events| events.split_first()) else {
            return;
        };
        if text(ingress, "type") != "in" {
            return;
        }
        let only = first("Nats-Trace-Only").unwrap_or_default().to_ascii_lowercase();
        let server = text(&document["server"], "id");
        let way = Way {
            subject: text(ingress, "subj").into(),
            asked: self.take_asked(server, ingress, &message.subject, document["request"]["msgsize"].as_u64()),
            is_only: ["1", "true", "on"].contains(&only.as_str()),
            server,
            server_name: text(&document["server"], "name"),
        };
        if !text(ingress, "error").is_empty() {
            self.stop(at, &way, Stop::Refused { stream: None, why: text(ingress, "error").to_owned() });
        } else if rest.is_empty() {
            self.nowhere(at, &way);
        }
        rest.iter().for_each(|event| self.told_by_event(at, &way, event));
    }

    /// A trace that reaches two of us is told once.
    fn is_heard(&mut self, document: &Value) -> bool {
        let server = &document["server"];
        let Some(seq) = server["seq"].as_u64() else { return false };
        let id = format!("trace {} {seq}", text(server, "id"));
        if self.heard.iter().any(|(heard, _)| *heard == id) {
            return true;
        }
        self.heard.push_back((id, MessageId(0)));
        if self.heard.len() > HEARD {
            self.heard.pop_front();
        }
        false
    }

    fn take_asked(&mut self, server: &str, ingress: &Value, to: &str, size: Option<u64>) -> Option<Asked> {
        let conn = self.our_client(server, ingress)?;
        let is_it = |asked: &Asked| {
            asked.conn == conn
                && asked.destination == to
                && *asked.subject == *text(ingress, "subj")
                && Some(asked.size) == size
        };
        let at = self.traces.asked.iter().position(is_it)?;
        self.traces.asked.remove(at)
    }

    /// Which of us an event speaks of.
    fn our_client(&self, server: &str, event: &Value) -> Option<ConnId> {
        let client = event["cid"].as_u64().filter(|_| event["kind"].as_u64() == Some(0))?;
        let is_it = |known: &super::Conn| known.client_id == client && known.server == server;
        self.conns.iter().find(|(_, known)| is_it(known)).map(|(conn, _)| *conn)
    }

    fn told_by_event(&mut self, at: Timestamp, way: &Way<'_>, event: &Value) {
        let of = |name: &str| text(event, name).to_owned();
        match text(event, "type") {
            "sm" => self.stop(at, way, Stop::Mapped { to: of("to") }),
            "si" | "se" if !of("to").is_empty() => {
                let to = format!("{} in account {}", of("to"), of("acc"));
                self.stop(at, way, Stop::Mapped { to });
            }
            "js" => self.told_by_stream(at, way, event),
            "eg" => {
                // What came to us is seen.
                let is_seen = self.our_client(way.server, event).is_some() && !way.is_only && of("error").is_empty();
                if !is_seen {
                    let (to, subscription, queue, why) = (peer(event), of("sub"), of("queue"), of("error"));
                    self.stop(at, way, Stop::Copy { to, subscription, queue, why });
                }
            }
            _ => {}
        }
    }

    fn told_by_stream(&mut self, at: Timestamp, way: &Way<'_>, event: &Value) {
        let (stream, why) = (Name::from(text(event, "stream")), text(event, "error").to_owned());
        if stream.is_empty() {
            return;
        }
        self.stream_in_view(at, &stream, How::Told);
        if !why.is_empty() {
            // What is a duplicate of which message, a trace does not say; a refusal that is answered is seen.
            if way.is_only || why == DUPLICATE || way.is_answered() {
                return self.stop(at, way, Stop::Refused { stream: Some(stream), why });
            }
            let message = way.asked.as_ref().map_or_else(|| self.messages.next(), |asked| asked.id);
            let error = Error { code: 400, err_code: 0, description: why };
            return self.push(at, How::Told, Some(message), None, What::Fact(Fact::Refused { message, stream, error }));
        }
        let kept = event["nointerest"].as_bool() != Some(true);
        self.stop(at, way, Stop::Stored { stream: stream.clone(), kept });
        if way.is_only {
            return;
        }
        self.touch(at, &stream);
        let stored_at = Timestamp::parse_rfc3339(text(event, "ts")).ok().flatten();
        if let (Some(asked), Some(stored_at), true) = (&way.asked, stored_at, kept) {
            let (id, sizes, subject) = (asked.id, asked.sizes, text(event, "subject").into());
            let server = way.server_name.to_owned();
            self.traces.stored.push_back(StoredSomewhere { stream, id, subject, sizes, server, stored_at });
            if self.traces.stored.len() > OPEN {
                self.traces.stored.pop_front();
            }
        }
    }

    fn nowhere(&mut self, at: Timestamp, way: &Way<'_>) {
        match &way.asked {
            Some(asked) if !way.is_only && !asked.has_reply => {
                let (id, subject) = (asked.id, asked.subject.clone());
                let fact = Fact::Unwanted { message: id, subject };
                self.push(at, How::Told, Some(id), None, What::Fact(fact));
            }
            _ => self.stop(at, way, Stop::Nowhere),
        }
    }

    fn stop(&mut self, at: Timestamp, way: &Way<'_>, stop: Stop) {
        let message = way.asked.as_ref().map(|asked| asked.id);
        let traced = Traced { subject: way.subject.clone(), message, is_only: way.is_only, stop };
        self.push(at, How::Told, message, None, What::Traced(traced.into()));
    }

    /// A stream was counted: messages it took since the last time have their places if nobody else's can be there.
    pub(super) fn place_traced(&mut self, at: Timestamp, stream: &Name, info: &StreamInfo) {
        let is_whole = info.state.num_deleted == 0 || info.state.deleted.is_some();
        let Some(now) = info.ts.filter(|_| is_whole) else { return };
        let leader = info.cluster.as_ref().map(|cluster| cluster.leader.clone()).unwrap_or_default();
        let Some(known) = self.streams.get_mut(stream) else { return };
        let before = known.counted.replace((info.state.last_seq, now, leader.clone()));
        let is_due = |stored: &StoredSomewhere| stored.stream == *stream && stored.stored_at <= now;
        let (due, rest) = std::mem::take(&mut self.traces.stored).into_iter().partition(is_due);
        self.traces.stored = rest;
        let Some((last, since, _)) = before.filter(|(_, _, by)| by.is_empty() || *by == leader) else { return };
        // The clocks of two servers cannot be compared.
        let is_comparable = |stored: &StoredSomewhere| leader.is_empty() || leader == stored.server;
        if !due.iter().all(is_comparable) {
            return;
        }
        let is_open = |stored: &StoredSomewhere| stored.stored_at > since && !self.messages.is_stored(stored.id);
        let mut due: Vec<StoredSomewhere> = VecDeque::into_iter(due).filter(is_open).collect();
        crate::sorted::by_key(&mut due, |stored| stored.stored_at);
        let mut places = known.cells.missing(last.saturating_add(1), info.state.last_seq, due.len() + 1);
        places.reverse();
        if places.len() != due.len() {
            return;
        }
        let gone = info.state.deleted.as_deref().unwrap_or_default();
        let is_there = |seq: u64| info.state.messages > 0 && info.state.first_seq <= seq && !gone.contains(&seq);
        for (seq, stored) in places.into_iter().zip(due).filter(|(seq, _)| is_there(*seq)) {
            self.placed(at, stream, seq, stored);
        }
    }

    fn placed(&mut self, at: Timestamp, stream: &Name, stream_seq: u64, stored: StoredSomewhere) {
        let StoredSomewhere { id, subject, sizes: (headers, payload), stored_at, .. } = stored;
        let Some(known) = self.streams.get_mut(stream) else { return };
        known.cells.insert(stream_seq);
        let stored_bytes = known.stored_bytes(&subject, headers, payload);
        self.messages.stored(stream, stream_seq, id);
        let (stream, bytes) = (stream.clone(), headers + payload);
        let fact = Fact::Stored { message: id, stream, stream_seq, subject, bytes, stored_bytes };
        self.push(at, How::Told, Some(id), None, What::Learnt { happened: stored_at, fact, marker: None });
    }
}

/// What all events of a trace have in common.
struct Way<'a> {
    subject: Subject,
    asked: Option<Asked>,
    is_only: bool,
    /// Whose numbers of clients these are.
    server: &'a str,
    server_name: &'a str,
}

impl Way<'_> {
    fn is_answered(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.has_reply)
    }
}

/// Most of what arrives is no trace, and need not be read to know it.
fn may_be_trace(payload: &[u8]) -> bool {
    payload.starts_with(b"{") && std::str::from_utf8(payload).is_ok_and(|text| text.contains(DESTINATION))
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// Who is at the other end, as the server calls it.
fn peer(event: &Value) -> String {
    let (name, kind) = (text(event, "name"), event["kind"].as_u64().unwrap_or(0));
    match (kind, name) {
        (0, "") => format!("client {}", event["cid"].as_u64().unwrap_or(0)),
        (0, name) => name.to_owned(),
        (_, name) => format!("server {name}"),
    }
}
