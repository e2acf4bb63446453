//! Everything that happened, for whoever asks later: the picture, the lesson, a program in the page.

use super::world::Observer;
use crate::engine::{ConnId, Event, Fact, MessageId, Origin};
use crate::flow::from_client::{FromClient, Wanted};
use crate::flow::{Flow, LinkState, Op, Role, Step, What};
use crate::lessons::check::{Checker, Signal};
use crate::lessons::trace::Record;
use crate::map::{Map, Set};
use crate::protocol::{ClientOp, ServerOp};
use crate::time::Timestamp;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem::{Discriminant, discriminant};
use std::rc::Rc;
use std::time::Duration;

/// Name of the connection that asks on behalf of a lesson. It is not part of the picture.
pub const LESSON_ACTOR: &str = "lesson";
/// Inboxes of that connection.
pub const LESSON_INBOX: &str = "_LESSON";
/// Name of the connection that asks for the picture where the server is not in the page. It is not part of it.
pub const WATCHER: &str = "jetlab-watcher";
/// Inboxes of that connection.
pub const WATCHER_INBOX: &str = "_WATCH";
/// Events kept for [`Recorder::events_from`]; older ones are forgotten.
const EVENTS_KEPT: usize = 100_000;

#[derive(Default)]
pub struct Recorder {
    pub flow: Flow,
    events: VecDeque<Event>,
    names: Map<ConnId, String>,
    latencies: Map<ConnId, Duration>,
    lesson: Option<Followed>,
    /// Stream and consumer, as told.
    consumers: Set<(String, String)>,
    /// What is known of a server that is not in the page.
    distant: Option<Distant>,
    /// Is told everything, too.
    also: Option<Rc<RefCell<Recorder>>>,
}

/// A lesson that is told what happens.
struct Followed {
    checker: Rc<RefCell<Checker>>,
    happened: Signal,
    /// Kinds of facts that have come by and that none of its milestones speaks of.
    unasked: Vec<Discriminant<Fact>>,
}

/// A server that is not in the page, as our own wires show it.
#[derive(Default)]
struct Distant {
    seen: FromClient,
    /// The next event's ordinal, less one.
    events: u64,
    /// The server does not let us hear its advisories.
    deaf: bool,
}

impl Recorder {
    /// A recorder of a server that is not in the page.
    pub fn distant(at: Timestamp) -> Recorder {
        let mut recorder = Recorder { distant: Some(Distant::default()), ..Recorder::default() };
        recorder.flow.is_distant(at);
        recorder
    }

    /// Whether the server is not in the page.
    pub fn is_distant(&self) -> bool {
        self.distant.is_some()
    }

    /// Tells `other` everything from now on, too.
    pub fn tell_also(&mut self, other: Rc<RefCell<Recorder>>) {
        self.also = Some(other);
    }

    /// The next thing to ask the server, which counts as asked from now on.
    pub fn next_wanted(&mut self, now: Timestamp, is_ours: impl Fn(&str) -> bool) -> Option<Wanted> {
        let seen = &mut self.distant.as_mut()?.seen;
        let wanted = seen.wanted(now, is_ours).into_iter().next()?;
        seen.asking(now, &wanted);
        Some(wanted)
    }

    /// Brings a stream into view that nobody has touched.
    pub fn observe(&mut self, at: Timestamp, stream: &str) {
        if let Some(distant) = &mut self.distant {
            let steps = distant.seen.observe(at, stream);
            self.learnt(steps);
        }
    }

    /// Whether the server keeps its advisories from us.
    pub fn is_deaf(&self) -> bool {
        self.distant.as_ref().is_some_and(|distant| distant.deaf)
    }

    /// What a wire has shown.
    fn learnt(&mut self, steps: Vec<Step>) {
        for step in &steps {
            let Some(fact) = step.what.fact() else { continue };
            let Some(distant) = &mut self.distant else { continue };
            distant.events += 1;
            let event = Event { at: step.at, ordinal: distant.events, fact: fact.clone() };
            // What was there before is no event, but for a message that was stored while nobody looked.
            if !matches!(step.what, What::Learnt { .. }) || matches!(fact, Fact::Stored { .. }) {
                self.tell_lesson(&event);
            }
            self.keep(event);
        }
        self.flow.learnt(steps);
    }

    fn keep(&mut self, event: Event) {
        self.remember_consumers(&event.fact);
        if self.events.len() == EVENTS_KEPT {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// The connection's name, also after it ended.
    pub fn name_of(&self, conn: ConnId) -> Option<&str> {
        self.names.get(&conn).map(String::as_str)
    }

    /// From now on the lesson is told what happens.
    pub fn follow_lesson(&mut self, checker: Rc<RefCell<Checker>>, happened: Signal) {
        self.lesson = Some(Followed { checker, happened, unasked: Vec::new() });
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
        self.names.get(&conn).is_some_and(|name| is_hidden_name(name))
    }

    fn also(&self, tell: impl FnOnce(&mut Recorder)) {
        if let Some(other) = &self.also {
            tell(&mut other.borrow_mut());
        }
    }

    fn concerns_lesson_only(&self, fact: &Fact) -> bool {
        let inbox = |subject: &str| subject.starts_with(LESSON_INBOX) || subject.starts_with(WATCHER_INBOX);
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

    fn tell_lesson(&mut self, event: &Event) {
        let Some(Followed { checker, happened, unasked }) = &mut self.lesson else { return };
        happened.raise();
        // Most of what happens in a busy hour is nothing a milestone speaks of.
        let of_kind = discriminant(&event.fact);
        if unasked.contains(&of_kind) {
            return;
        }
        let serde_json::Value::Object(mut fields) = crate::json::to_value(&event.fact) else { return };
        let kind = match fields.remove("fact") {
            Some(serde_json::Value::String(kind)) => kind,
            _ => return,
        };
        let mut checker = checker.borrow_mut();
        // Errors are noted wherever they are told.
        if !checker.asks_for(&kind) && !fields.contains_key("error") {
            return unasked.push(of_kind);
        }
        let actor = conn_of(&event.fact).and_then(|conn| self.names.get(&conn)).cloned();
        checker.record(&Record { at: event.at, kind, fields: fields.into(), actor });
    }
}

/// Connections of the house itself.
fn is_hidden_name(name: &str) -> bool {
    matches!(name, LESSON_ACTOR | WATCHER)
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
        self.also(|other| other.opened(at, conn, name, role, latency));
        self.names.insert(conn, name.to_owned());
        self.latencies.insert(conn, latency);
        let hidden = is_hidden_name(name);
        if let Some(distant) = &mut self.distant {
            distant.seen.opened(conn, name, hidden);
        }
        if !hidden {
            self.flow.actor(at, conn, name, role);
        }
    }

    fn broken(&mut self, at: Timestamp, conn: ConnId, how: LinkState) {
        self.also(|other| other.broken(at, conn, how));
        if !self.is_hidden(conn) {
            self.flow.link(at, conn, how);
        }
        if let Some(distant) = &mut self.distant {
            let steps = distant.seen.broken(at, conn);
            self.learnt(steps);
        }
    }

    fn waiting(&mut self, at: Timestamp, actor: &str, messages: u64) {
        self.also(|other| other.waiting(at, actor, messages));
        self.flow.waiting(at, actor, messages);
    }

    fn lost(&mut self, at: Timestamp, arrives: Timestamp, conn: ConnId, op: &Op, message: Option<MessageId>) {
        self.also(|other| other.lost(at, arrives, conn, op, message));
        if !self.is_hidden(conn) {
            self.flow.lost(at, arrives, conn, op, message);
        }
    }

    fn delayed(&mut self, conn: ConnId, latency: Duration) {
        self.also(|other| other.delayed(conn, latency));
        self.latencies.insert(conn, latency);
    }

    fn closed(&mut self, at: Timestamp, conn: ConnId) {
        self.also(|other| other.closed(at, conn));
        if let Some(distant) = &mut self.distant {
            let steps = distant.seen.closed(at, conn);
            self.learnt(steps);
        }
        if !self.is_hidden(conn) {
            self.flow.link(at, conn, LinkState::Closed);
        }
    }

    fn sent(&mut self, sent: Timestamp, arrives: Timestamp, conn: ConnId, op: &ClientOp) {
        self.also(|other| other.sent(sent, arrives, conn, op));
        let hidden = self.is_hidden(conn);
        match &mut self.distant {
            Some(distant) => {
                let steps = distant.seen.sent(sent, conn, op);
                if !hidden {
                    self.flow.said(sent, arrives, conn, op);
                }
                self.learnt(steps);
            }
            None if !hidden => self.flow.sent(sent, arrives, conn, op),
            None => {}
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
        self.also(|other| other.answered(sent, arrives, conn, op, message));
        let Some(distant) = &mut self.distant else {
            if !self.is_hidden(conn) {
                self.flow.received(sent, arrives, conn, op, message);
            }
            return;
        };
        if let ServerOp::Err(text) = op
            && text.contains("Permissions Violation for Subscription to \"$JS.EVENT.")
        {
            distant.deaf = true;
        }
        // It was read when it arrived.
        let steps = distant.seen.received(arrives, conn, op);
        if !self.is_hidden(conn) {
            let id = steps
                .iter()
                .find_map(|step| step.message.filter(|_| matches!(step.what.fact(), Some(Fact::Delivered { .. }))));
            self.flow.received(sent, arrives, conn, op, id);
        }
        self.learnt(steps);
    }

    fn event(&mut self, event: Event) {
        // What a server in the page tells, one that is elsewhere does not.
        if self.distant.is_some() {
            return;
        }
        if !self.concerns_lesson_only(&event.fact) {
            let latencies = &self.latencies;
            self.flow.engine(&event, |conn| latencies.get(&conn).copied().unwrap_or_default());
            self.tell_lesson(&event);
        }
        self.keep(event);
    }
}
