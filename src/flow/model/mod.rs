//! Steps folded into the state of the picture.
//!
//! [`World::apply`] takes one step; [`World::scene`] says what there is to see. Counts are exact; what is remembered one
//! by one is bounded by what the server itself holds. Folding the same steps gives the same world, which is what
//! `timeline` builds on.

mod arrivals;
mod cells;
mod clients;
mod columns;
mod consumers;
mod dice;
mod distant;
mod drawers;
mod ledger;
mod streams;
mod subjects;
#[cfg(test)]
mod tests;
mod travel;

use super::bucket::{BUCKETS, Marker, card_of};
use super::load::{Counts, Levels};
use super::scene::{Actor, Cell, ConsumerCell, Pointer, RequestRefusal, SceneModel, Server, Thread, Token};
use super::step::{Direction, Step, Traffic, What};
use super::trouble::{self, Badge, Trouble, Whose};
use crate::engine::{ConnId, Fact, MessageId, Name, Origin};
use crate::map::Map;
use crate::protocol::Sid;
use crate::subject::Subject;
use crate::time::Timestamp;
use clients::Clients;
use dice::Dice;
use ledger::Ledger;
use std::collections::VecDeque;
use streams::{Detail, Said, Streams};
use subjects::Subjects;
pub use travel::TRAIL;
use travel::Travel;

/// Messages remembered by id without being stored anywhere.
const RECENT: usize = 512;

/// Everything told so far.
#[derive(Clone, Debug, Default)]
pub struct World {
    at: Timestamp,
    ordinal: u64,
    server: Server,
    clients: Clients,
    subjects: Subjects,
    streams: Streams,
    ledger: Ledger,
    dice: Dice,
    troubles: Map<(Whose, Trouble), u64>,
    travel: Travel,
    /// Subjects of the newest messages, stored or not.
    recent: VecDeque<(MessageId, Subject)>,
    /// What advisories speak of, by the advisory's own id, until somebody stores them.
    pointers: Map<MessageId, Pointer>,
    /// Writes to buckets on their way, and whether they delete.
    writes: VecDeque<(ConnId, Subject, Option<Marker>)>,
    /// Deletes that were published last, until they are stored.
    written: VecDeque<(MessageId, Marker)>,
    /// Deliveries of consumers that have left JetStream and not yet a connection.
    leaving: VecDeque<Leaving>,
    /// The server is not in the page.
    distant: bool,
}

/// A consumer's delivery between the decision and the wire.
#[derive(Clone, Debug)]
struct Leaving {
    message: MessageId,
    stream: Name,
    consumer: Name,
    stream_seq: u64,
}

impl World {
    pub fn ordinal(&self) -> u64 {
        self.ordinal
    }

    /// About how much there is to copy, in the time one step takes.
    pub fn weight(&self) -> u64 {
        self.streams.weight()
    }

    /// Steps come in the order of their ordinals.
    pub fn apply(&mut self, step: &Step) {
        self.at = self.at.max(step.at);
        self.ordinal = step.ordinal;
        self.trouble(&step.what);
        match &step.what {
            What::Actor { conn, name, role } => self.clients.named(*conn, name, *role),
            What::Link { conn, state } => self.clients.link(*conn, *state),
            What::Waiting { actor, messages } => self.clients.waiting(actor, *messages),
            What::Lost { conn, subject, direction, .. } => self.lost(step, *conn, subject, *direction),
            What::Sent { conn, subject, marker, .. } => self.sent(step, *conn, subject, marker.clone()),
            What::Effect { stream, stream_seq, key, .. } => self.ledger.effect(stream, *stream_seq, key),
            What::Fact(fact) => self.fact(step, fact, None),
            What::Distant => self.distant = true,
            What::Learnt { happened, fact, marker } => {
                let step = Step { at: *happened, ..step.clone() };
                self.fact(&step, fact, marker.clone());
            }
            What::StreamIs { stream, state } => self.streams.stream_is(step.at, stream, state),
            What::ConsumerIs { stream, consumer, info } => self.streams.consumer_is(step.at, stream, consumer, info),
            // Told in sentences; what it changes comes as a fact of its own.
            What::Traced(_) | What::Unanswered { .. } => {}
        }
    }

    fn sent(&mut self, step: &Step, conn: ConnId, subject: &Subject, marker: Option<Marker>) {
        if subject.starts_with(BUCKETS) || card_of(subject).is_some() {
            self.writes.push_back((conn, subject.clone(), marker));
            self.writes.truncate(RECENT);
        }
        self.subjects.expect(subject);
        self.travel.start(self.at, self.clients.actor_of(conn), travel::Moving::of(step, conn, subject.clone()));
    }

    /// What the server sent is on its way by now; what a client sent is seen for the first time.
    fn lost(&mut self, step: &Step, conn: ConnId, subject: &Subject, direction: Direction) {
        let Some(actor) = self.clients.actor_of(conn) else { return };
        if direction == Direction::ToServer {
            self.subjects.expect(subject);
            self.travel.start(self.at, Some(actor), travel::Moving::of(step, conn, subject.clone()));
        } else if matches!(Traffic::of(subject), Traffic::Message | Traffic::Advisory) {
            self.clients.not_received(step, conn);
        }
        self.travel.loses(actor, direction, conn, step.message);
    }

    fn fact(&mut self, step: &Step, fact: &Fact, marker: Option<Marker>) {
        let how = self.distant.then_some(step.how);
        self.ledger.fact(fact);
        match fact {
            Fact::Connected { conn, name } => self.clients.connected(*conn, name),
            Fact::Disconnected { conn, .. } => {
                self.clients.disconnected(*conn);
                self.travel.lose(*conn);
            }
            Fact::Subscribed { conn, sid, subject, queue } => {
                self.clients.subscribed(*conn, sid, subject, queue.as_ref())
            }
            Fact::Unsubscribed { conn, sid } => self.clients.unsubscribed(*conn, sid),
            Fact::Published { message, origin, subject, .. } => self.published(*message, *origin, subject),
            Fact::Delivered { message, conn, sid, subject, draw, .. } => {
                if let Some(draw) = draw {
                    self.dice.drawn(draw, *conn, sid, &self.clients);
                }
                self.delivered(step, *message, *conn, sid, subject);
            }
            Fact::Unwanted { subject, .. } => self.unwanted(step.at, subject),
            Fact::Requested { message, conn, subject, error: Some(error) } if trouble::of(&step.what).is_some() => {
                self.server.refusal = Some(RequestRefusal {
                    at: step.at,
                    message: *message,
                    subject: subject.clone(),
                    who: conn.and_then(|conn| self.clients.name_of(conn)),
                    error: error.description.clone(),
                    flashes: 0,
                });
            }
            Fact::NoResponders { conn, subject, .. } => {
                self.server.no_responders += 1;
                let moving = travel::Moving::of(step, *conn, subject.clone()).answer();
                self.travel.start(self.at, self.clients.actor_of(*conn), moving);
            }
            Fact::Advisory { message, stream, consumer, stream_seq: Some(stream_seq), .. } => {
                let pointer = Pointer { stream: stream.clone(), consumer: consumer.clone(), stream_seq: *stream_seq };
                self.remember_pointer(*message, pointer);
            }
            Fact::Dispatched { message, stream, consumer, stream_seq, .. } => {
                let (stream, consumer) = (stream.clone(), consumer.clone());
                self.leaving.push_back(Leaving { message: *message, stream, consumer, stream_seq: *stream_seq });
                // A delivery nobody receives never meets its `Delivered`.
                self.leaving.truncate(RECENT);
                self.streams.fact(step, fact, Said { how, ..Said::default() });
            }
            Fact::PullWaiting { reply, .. } => {
                let actor = self.clients.listening_on(reply);
                self.streams.pull_waiting(step, fact, actor);
                self.clients.pulled(actor);
            }
            Fact::Stored { message, .. } => {
                let written = self.written.iter().position(|(written, _)| written == message);
                let written = written.and_then(|at| self.written.remove(at)).map(|(_, marker)| marker);
                let marker = written.or(marker);
                self.streams.fact(step, fact, Said { pointer: self.pointers.remove(message), marker, how });
            }
            _ => self.streams.fact(step, fact, Said { how, ..Said::default() }),
        }
    }

    fn published(&mut self, message: MessageId, origin: Origin, subject: &Subject) {
        self.subjects.published(subject);
        self.recent.push_front((message, subject.clone()));
        self.recent.truncate(RECENT);
        let traffic = Traffic::of(subject);
        if let Origin::Client(conn) = origin {
            if let Some(marker) = self.write_of(conn, subject) {
                self.written.push_back((message, marker));
                while self.written.len() > RECENT {
                    self.written.pop_front();
                }
            }
            if let Some(actor) = self.clients.actor_of(conn) {
                self.travel.arrived(actor, conn, subject, message);
            }
            if traffic == Traffic::Message {
                self.clients.published(conn);
            }
        }
        if traffic == Traffic::Message {
            self.server.published += 1;
        }
    }

    /// The marker that came with what `conn` wrote first of all that is still on its way to `subject`.
    fn write_of(&mut self, conn: ConnId, subject: &Subject) -> Option<Marker> {
        let index = self.writes.iter().position(|(by, to, _)| *by == conn && to == subject)?;
        self.writes.remove(index)?.2
    }

    fn unwanted(&mut self, at: Timestamp, subject: &Subject) {
        self.subjects.unwanted(subject, at);
        if Traffic::of(subject) == Traffic::Message {
            self.server.unwanted += 1;
        }
    }

    fn delivered(&mut self, step: &Step, message: MessageId, conn: ConnId, sid: &Sid, subject: &Subject) {
        let from_consumer = self.leaving_for(message, conn, sid, subject);
        if self.distant {
            // Who published it, nobody here saw.
            self.subjects.expect(subject);
        }
        let mut moving = travel::Moving::of(step, conn, subject.clone());
        if let Some(leaving) = &from_consumer {
            let actor = self.clients.actor_of(conn);
            moving.redelivery = self.streams.received_by(&leaving.stream, &leaving.consumer, leaving.stream_seq, actor);
        }
        if matches!(moving.traffic, Traffic::Message | Traffic::Advisory) {
            self.server.delivered += 1;
            self.clients.received(step, conn, from_consumer.is_some());
        }
        self.travel.start(self.at, self.clients.actor_of(conn), moving);
    }

    /// The consumer's delivery this is, if it is one: those go to inboxes and deliver subjects, whose subscriptions do
    /// not match the message's own subject.
    fn leaving_for(&mut self, message: MessageId, conn: ConnId, sid: &Sid, subject: &Subject) -> Option<Leaving> {
        if self.clients.subscription_matches(conn, sid, subject) {
            return None;
        }
        let index = self.leaving.iter().position(|leaving| leaving.message == message)?;
        self.leaving.remove(index)
    }

    fn remember_pointer(&mut self, advisory: MessageId, pointer: Pointer) {
        self.pointers.insert(advisory, pointer);
        while self.pointers.len() > RECENT {
            self.pointers.pop_first();
        }
    }

    /// A stored message.
    pub fn cell(&self, stream: &str, seq: u64) -> Option<&Cell> {
        self.streams.cell(stream, seq)
    }

    /// Whether anybody listens on a subject.
    pub fn is_listened_on(&self, subject: &str) -> bool {
        self.clients.listening_on(subject).is_some()
    }

    /// Name of the actor at a place among those drawn.
    pub fn actor_name(&self, place: usize) -> Option<String> {
        self.clients.actors(self.at).get(place).map(|actor| actor.name.clone())
    }

    /// A stored message as a consumer has it.
    pub fn delivery(&self, stream: &str, consumer: &str, seq: u64) -> Option<ConsumerCell> {
        self.streams.delivery(stream, consumer, seq, &self.clients)
    }

    /// Messages on their way at `now`; many of one kind on one edge are one token with a count.
    pub fn tokens(&self, now: Timestamp) -> Vec<Token> {
        let tracks = self.subjects.tracks(&self.clients, &self.streams);
        self.travel.tokens(now, &self.clients, &tracks)
    }

    /// How much went where so far.
    pub fn counts(&self) -> Counts {
        let tracks = self.subjects.tracks(&self.clients, &self.streams);
        Counts { edges: self.travel.counts(&self.clients, &tracks), streams: self.streams.counts() }
    }

    /// The moment as `levels` want it drawn.
    pub fn scene(&self, now: Timestamp, levels: &Levels) -> SceneModel {
        self.looked_at(now, levels, Detail::All)
    }

    /// The same without its messages one by one: every figure, at the cost of what there is to count them for.
    pub fn figures(&self, now: Timestamp, levels: &Levels) -> SceneModel {
        self.looked_at(now, levels, Detail::Figures)
    }

    fn looked_at(&self, now: Timestamp, levels: &Levels, detail: Detail) -> SceneModel {
        let tracks = self.subjects.tracks(&self.clients, &self.streams);
        let streams = self.streams.strips(&self.clients, levels, detail);
        let mut brackets = tracks.brackets().to_vec();
        self.dice.put_on(&mut brackets, &self.clients);
        SceneModel {
            at: now,
            ordinal: self.ordinal,
            actors: self.actors(now, levels),
            brackets,
            tracks: self.subjects.counted(&tracks),
            server: self.server.clone(),
            threads: self.threads(&streams),
            ledger: self.ledger.seen(),
            focus: false,
            distant: self.distant,
            system_open: false,
            badges: self.badges(),
            streams,
        }
    }

    fn actors(&self, now: Timestamp, levels: &Levels) -> Vec<Actor> {
        let actors = self.clients.actors(now).into_iter().enumerate();
        actors.map(|(index, actor)| actor.at_load(index, levels)).collect()
    }

    /// Whether a message reached a client after `before`, and at `now` at the latest: a scene of then is out of date.
    pub fn any_received(&self, before: Timestamp, now: Timestamp) -> bool {
        self.clients.any_received(before, now)
    }

    fn badges(&self) -> Vec<Badge> {
        let badge = |((place, trouble), count): (&(Whose, Trouble), &u64)| Badge {
            place: place.clone(),
            trouble: *trouble,
            count: *count,
        };
        self.troubles.iter().map(badge).collect()
    }

    /// Counts what goes wrong, as long as there is something it goes wrong at.
    fn trouble(&mut self, what: &What) {
        let known = |place: &Whose| match place {
            Whose::Stream(stream) | Whose::Consumer(stream, _) => self.streams.knows(stream),
            Whose::Server | Whose::Actor(_) => true,
        };
        if let Some((trouble, place, count)) = trouble::of(what).filter(|(_, place, _)| known(place)) {
            *self.troubles.entry((place, trouble)).or_default() += count;
        }
        match what {
            What::Fact(Fact::StreamDeleted { stream }) => self
                .troubles
                .retain(|(place, _), _| !matches!(place, Whose::Stream(of) | Whose::Consumer(of, _) if of == stream)),
            What::Fact(Fact::ConsumerDeleted { stream, consumer }) => {
                let gone = Whose::Consumer(stream.clone(), consumer.clone());
                self.troubles.retain(|(place, _), _| *place != gone);
            }
            _ => {}
        }
    }

    fn threads(&self, strips: &[super::scene::Strip]) -> Vec<Thread> {
        let cells = strips.iter().flat_map(|strip| strip.columns.iter().map(move |column| (strip, column)));
        let pointing = cells.filter_map(|(strip, column)| match column {
            super::scene::Column::Cell(cell) => Some((strip, cell.seq, cell.points_to.clone()?)),
            _ => None,
        });
        pointing
            .map(|(strip, from_seq, to)| Thread {
                from_stream: strip.name.clone(),
                from_seq,
                target_stored: self.streams.holds(&to.stream, to.stream_seq),
                to,
            })
            .collect()
    }
}
