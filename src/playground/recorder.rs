//! Everything that happened, for whoever asks later: the picture, the lesson, a program in the page.

use super::world::Observer;
use crate::engine::{ConnId, Event, Fact, MessageId, Origin};
use crate::flow::{Flow, LinkState, Op, Role};
use crate::lessons::check::{Checker, Signal};
use crate::lessons::trace::Record;
use crate::map::{Map, Set};
use crate::protocol::{ClientOp, ServerOp};
use crate::time::Timestamp;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

/// Name of the connection that asks on behalf of a lesson. It is not part of the picture.
pub const LESSON_ACTOR: &str = "lesson";
/// Inboxes of that connection.
pub const LESSON_INBOX: &str = "_LESSON";
/// Events kept for [`Recorder::events_from`]; older ones are forgotten.
const EVENTS_KEPT: usize = 100_000;

#[derive(Default)]
pub struct Recorder {
    pub flow: Flow,
    events: VecDeque<Event>,
    names: Map<ConnId, String>,
    latencies: Map<ConnId, Duration>,
    lesson: Option<(Rc<RefCell<Checker>>, Signal)>,
    /// Stream and consumer, as told.
    consumers: Set<(String, String)>,
}

impl Recorder {
    /// The connection's name, also after it ended.
    pub fn name_of(&self, conn: ConnId) -> Option<&str> {
        self.names.get(&conn).map(String::as_str)
    }

    /// From now on the lesson is told what happens.
    pub fn follow_lesson(&mut self, checker: Rc<RefCell<Checker>>, happened: Signal) {
        self.lesson = Some((checker, happened));
    }

    /// Events with an ordinal of at least `from`, as far as they are kept.
    pub fn events_from(&self, from: u64) -> impl Iterator<Item = &Event> {
        let start = self.events.partition_point(|event| event.ordinal < from);
        self.events.range(start..)
    }

    /// The ordinal of the newest event, 0 when there is none.
    pub fn last_ordinal(&self) -> u64 {
        self.events.back().map_or(0, |event| event.ordinal)
    }

    /// Sorted.
    pub fn streams_with_consumer(&self, consumer: &str) -> Vec<String> {
        self.consumers.iter().filter(|(_, name)| name == consumer).map(|(stream, _)| stream.clone()).collect()
    }

    fn remember_consumers(&mut self, fact: &Fact) {
        match fact {
            Fact::ConsumerCreated { stream, consumer, .. } => {
                self.consumers.insert((stream.to_string(), consumer.to_string()));
            }
            Fact::ConsumerDeleted { stream, consumer } => {
                self.consumers.remove(&(stream.to_string(), consumer.to_string()));
            }
            Fact::StreamDeleted { stream } => self.consumers.retain(|(of, _)| **of != **stream),
            _ => {}
        }
    }

    fn is_hidden(&self, conn: ConnId) -> bool {
        self.names.get(&conn).is_some_and(|name| name == LESSON_ACTOR)
    }

    fn concerns_lesson_only(&self, fact: &Fact) -> bool {
        let inbox = |subject: &str| subject.starts_with(LESSON_INBOX);
        match fact {
            Fact::Published { origin: Origin::Client(conn), .. } => self.is_hidden(*conn),
            Fact::Published { subject, .. } | Fact::Unwanted { subject, .. } => inbox(subject),
            Fact::Connected { conn, .. }
            | Fact::Disconnected { conn, .. }
            | Fact::Subscribed { conn, .. }
            | Fact::Unsubscribed { conn, .. }
            | Fact::Delivered { conn, .. }
            | Fact::NoResponders { conn, .. }
            | Fact::Requested { conn: Some(conn), .. } => self.is_hidden(*conn),
            _ => false,
        }
    }

    fn tell_lesson(&self, event: &Event) {
        let Some((checker, happened)) = &self.lesson else { return };
        let serde_json::Value::Object(mut fields) = crate::json::to_value(&event.fact) else { return };
        let kind = match fields.remove("fact") {
            Some(serde_json::Value::String(kind)) => kind,
            _ => return,
        };
        let actor = conn_of(&event.fact).and_then(|conn| self.name_of(conn)).map(str::to_owned);
        checker.borrow_mut().record(&Record { at: event.at, kind, fields: fields.into(), actor });
        happened.raise();
    }
}

/// Who did it, or to whom it was done.
fn conn_of(fact: &Fact) -> Option<ConnId> {
    match fact {
        Fact::Connected { conn, .. }
        | Fact::Disconnected { conn, .. }
        | Fact::Subscribed { conn, .. }
        | Fact::Unsubscribed { conn, .. }
        | Fact::Delivered { conn, .. }
        | Fact::NoResponders { conn, .. }
        | Fact::Published { origin: Origin::Client(conn), .. }
        | Fact::Answered { conn: Some(conn), .. }
        | Fact::Requested { conn: Some(conn), .. } => Some(*conn),
        _ => None,
    }
}

impl Observer for Recorder {
    fn opened(&mut self, at: Timestamp, conn: ConnId, name: &str, role: Option<Role>, latency: Duration) {
        self.names.insert(conn, name.to_owned());
        self.latencies.insert(conn, latency);
        if name != LESSON_ACTOR {
            self.flow.actor(at, conn, name, role);
        }
    }

    fn broken(&mut self, at: Timestamp, conn: ConnId) {
        if !self.is_hidden(conn) {
            self.flow.link(at, conn, LinkState::Broken);
        }
    }

    fn waiting(&mut self, at: Timestamp, actor: &str, messages: u64) {
        self.flow.waiting(at, actor, messages);
    }

    fn lost(&mut self, at: Timestamp, arrives: Timestamp, conn: ConnId, op: &Op, message: Option<MessageId>) {
        if !self.is_hidden(conn) {
            self.flow.lost(at, arrives, conn, op, message);
        }
    }

    fn delayed(&mut self, conn: ConnId, latency: Duration) {
        self.latencies.insert(conn, latency);
    }

    fn closed(&mut self, at: Timestamp, conn: ConnId) {
        if !self.is_hidden(conn) {
            self.flow.link(at, conn, LinkState::Closed);
        }
    }

    fn sent(&mut self, sent: Timestamp, arrives: Timestamp, conn: ConnId, op: &ClientOp) {
        if !self.is_hidden(conn) {
            self.flow.sent(sent, arrives, conn, op);
        }
    }

    fn answered(
        &mut self,
        sent: Timestamp,
        arrives: Timestamp,
        conn: ConnId,
        op: &ServerOp,
        message: Option<MessageId>,
    ) {
        if !self.is_hidden(conn) {
            self.flow.received(sent, arrives, conn, op, message);
        }
    }

    fn event(&mut self, event: Event) {
        if !self.concerns_lesson_only(&event.fact) {
            let latencies = &self.latencies;
            self.flow.engine(&event, |conn| latencies.get(&conn).copied().unwrap_or_default());
            self.tell_lesson(&event);
        }
        self.remember_consumers(&event.fact);
        if self.events.len() == EVENTS_KEPT {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}
