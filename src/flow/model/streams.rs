//! Streams and what is in them.

use super::cells::Cells;
use super::clients::Clients;
use super::columns;
use super::consumers::Consumer;
use super::distant::{self, Figures};
use super::drawers;
use crate::api::{ConsumerInfo, StreamConfig, StreamState};
use crate::engine::{Fact, MessageId, Name};
use crate::flow::bucket::Marker;
use crate::flow::load::{Level, Levels};
use crate::flow::scene::{Cell, ConsumerCell, GapReason, Pointer, Refusal, RefusalReason, Strip, StripKind};
use crate::flow::step::{How, Step};
use crate::map::Map;
use crate::subject::Subject;
use crate::time::Timestamp;
use std::sync::Arc;

/// Runs of removed sequences remembered per stream; older ones run together.
const MAX_GAPS: usize = 64;

/// What is known of a message beside what the server tells when it stores it.
#[derive(Default)]
pub struct Said {
    /// What an advisory speaks of.
    pub pointer: Option<Pointer>,
    pub marker: Option<Marker>,
    /// How it is known, where the server is not in the page.
    pub how: Option<How>,
}

/// How closely a moment is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    All,
    /// Figures alone: no messages one by one.
    Figures,
}

/// Every stream, in the order they were made.
#[derive(Clone, Debug, Default)]
pub struct Streams {
    streams: Vec<Stream>,
    /// Grows when a stream comes, goes or is changed.
    interest: u64,
}

#[derive(Clone, Debug)]
pub struct Stream {
    pub name: Name,
    pub config: Arc<StreamConfig>,
    pub cells: Cells,
    pub bytes: u64,
    pub last_seq: u64,
    /// Runs of sequences that are gone, by the first one: the last one and why.
    pub gaps: Map<u64, (u64, GapReason)>,
    pub consumers: Vec<Consumer>,
    /// What the server answered, where it is not in the page.
    pub figures: Option<Figures>,
    refusal: Option<Refusal>,
    refused: u64,
    duplicates: u64,
    /// Messages stored, delivered and answered, all together.
    happened: u64,
}

impl Streams {
    pub fn fact(&mut self, step: &Step, fact: &Fact, said: Said) {
        match fact {
            Fact::StreamCreated { stream, config } => self.created(stream, config),
            Fact::StreamDeleted { stream } => {
                self.interest += 1;
                self.streams.retain(|existing| existing.name != *stream);
            }
            _ => {
                self.interest += u64::from(matches!(fact, Fact::StreamUpdated { .. }));
                let Some(stream) = stream_of(fact).and_then(|name| self.stream_mut(name)) else { return };
                stream.fact(step, fact, said);
            }
        }
    }

    /// The server answered how a stream stands.
    pub fn stream_is(&mut self, at: Timestamp, stream: &str, state: &StreamState) {
        if let Some(stream) = self.stream_mut(stream) {
            stream.is(at, state);
        }
    }

    /// The server answered how a consumer stands.
    pub fn consumer_is(&mut self, at: Timestamp, stream: &str, consumer: &str, info: &ConsumerInfo) {
        if let Some(consumer) = self.consumer_mut(stream, consumer) {
            consumer.is(at, info);
        }
    }

    /// A pull request of `actor` waits.
    pub fn pull_waiting(&mut self, step: &Step, fact: &Fact, actor: Option<usize>) {
        let Fact::PullWaiting { stream, consumer, pull, request, .. } = fact else { return };
        if let Some(consumer) = self.consumer_mut(stream, consumer) {
            consumer.pull_waiting(*pull, request, step.at, actor);
        }
    }

    /// A delivery left on an actor's connection. Returns whether it is a redelivery.
    pub fn received_by(&mut self, stream: &str, consumer: &str, stream_seq: u64, actor: Option<usize>) -> bool {
        self.consumer_mut(stream, consumer).is_some_and(|consumer| consumer.received_by(stream_seq, actor))
    }

    /// How much there is to copy.
    pub fn weight(&self) -> u64 {
        let of = |stream: &Stream| stream.cells.weight() + stream.consumers.iter().map(Consumer::weight).sum::<usize>();
        self.streams.iter().map(of).sum::<usize>() as u64
    }

    pub fn knows(&self, stream: &str) -> bool {
        self.streams.iter().any(|existing| *existing.name == *stream)
    }

    pub fn holds(&self, stream: &str, seq: u64) -> bool {
        self.streams.iter().any(|existing| *existing.name == *stream && existing.cells.get(seq).is_some())
    }

    /// A stored message.
    pub fn cell(&self, stream: &str, seq: u64) -> Option<&Cell> {
        self.streams.iter().find(|existing| *existing.name == *stream)?.cells.get(seq)
    }

    /// A message as a consumer has it, with the place among those drawn of who holds it.
    pub fn delivery(&self, stream: &str, consumer: &str, seq: u64, clients: &Clients) -> Option<ConsumerCell> {
        let stream = self.streams.iter().find(|existing| *existing.name == *stream)?;
        let cell = stream.cells.get(seq)?;
        Some(stream.consumers.iter().find(|existing| *existing.name == *consumer)?.cell(cell, clients))
    }

    /// The same as long as the same streams take the same subjects.
    pub fn interest(&self) -> u64 {
        self.interest
    }

    /// What happened in every stream so far.
    pub fn counts(&self) -> Vec<(Name, u64)> {
        self.streams.iter().map(|stream| (stream.name.clone(), stream.happened)).collect()
    }

    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        self.bindings().map(|(_, subject)| subject)
    }

    pub fn bindings(&self) -> impl Iterator<Item = (Name, Subject)> {
        self.streams.iter().flat_map(|stream| {
            stream.config.subjects.iter().map(|subject| (stream.name.clone(), Subject::from(subject.as_str())))
        })
    }

    pub fn strips(&self, clients: &Clients, levels: &Levels, detail: Detail) -> Vec<Strip> {
        self.streams.iter().map(|stream| stream.strip(clients, levels.stream(&stream.name), detail)).collect()
    }

    fn created(&mut self, name: &Name, config: &Arc<StreamConfig>) {
        self.interest += 1;
        self.streams.retain(|existing| existing.name != *name);
        self.streams.push(Stream {
            name: name.clone(),
            config: config.clone(),
            cells: Cells::default(),
            bytes: 0,
            last_seq: config.first_seq.saturating_sub(1),
            gaps: Map::new(),
            consumers: Vec::new(),
            figures: None,
            refusal: None,
            refused: 0,
            duplicates: 0,
            happened: 0,
        });
    }

    fn stream_mut(&mut self, name: &str) -> Option<&mut Stream> {
        self.streams.iter_mut().find(|stream| *stream.name == *name)
    }

    fn consumer_mut(&mut self, stream: &str, consumer: &str) -> Option<&mut Consumer> {
        self.stream_mut(stream)?.consumer_mut(consumer)
    }
}

impl Stream {
    // Apart, so that a page that has no streams yet need not load it.
    #[inline(never)]
    fn fact(&mut self, step: &Step, fact: &Fact, said: Said) {
        let busy = matches!(fact, Fact::Stored { .. } | Fact::Dispatched { .. } | Fact::Answered { .. });
        self.happened += u64::from(busy);
        match fact {
            Fact::StreamUpdated { config, .. } => self.config = config.clone(),
            Fact::Stored { message, stream_seq, subject, bytes, stored_bytes, .. } => {
                let cell = Cell {
                    seq: *stream_seq,
                    message: *message,
                    subject: subject.clone(),
                    bytes: *bytes,
                    stored_bytes: *stored_bytes,
                    stored_at: step.at,
                    points_to: said.pointer,
                    marker: said.marker,
                    how: said.how,
                };
                self.stored(cell);
            }
            Fact::NotKept { stream_seq, .. } => {
                self.last_seq = self.last_seq.max(*stream_seq);
                self.add_gap(*stream_seq, GapReason::NotKept);
            }
            Fact::Removed { stream_seq, reason, .. } => self.removed(*stream_seq, GapReason::Removed(*reason)),
            Fact::RemovedMany { first_seq, last_seq, reason, .. } => {
                self.removed_many(*first_seq, *last_seq, GapReason::Removed(*reason))
            }
            Fact::Duplicate { message, stream_seq, .. } => {
                self.duplicates += 1;
                self.turned_away(step.at, *message, RefusalReason::Duplicate(*stream_seq));
            }
            Fact::Refused { message, error, .. } => {
                self.refused += 1;
                self.turned_away(step.at, *message, RefusalReason::Error(error.description.clone()));
            }
            Fact::ConsumerCreated { consumer, config, start_seq, .. } => {
                self.consumers.retain(|existing| existing.name != *consumer);
                let created = Consumer::new(consumer, config, *start_seq, &self.cells, said.how.is_some());
                self.consumers.push(created);
            }
            Fact::ConsumerDeleted { consumer, .. } => self.consumers.retain(|existing| existing.name != *consumer),
            _ => {
                let Some(consumer) =
                    consumer_of(fact).and_then(|name| self.consumers.iter_mut().find(|c| c.name == *name))
                else {
                    return;
                };
                consumer.fact(step.at, said.how, fact, &self.cells);
            }
        }
    }

    fn stored(&mut self, cell: Cell) {
        if let Some(figures) = &mut self.figures {
            figures.stored(cell.seq, cell.stored_bytes);
        }
        self.last_seq = self.last_seq.max(cell.seq);
        self.bytes += cell.stored_bytes;
        for consumer in &mut self.consumers {
            consumer.stored(cell.seq, &cell.subject);
        }
        self.cells.insert(cell);
    }

    fn removed(&mut self, seq: u64, reason: GapReason) {
        let Some(cell) = self.cells.remove(seq) else { return };
        self.bytes = self.bytes.saturating_sub(cell.stored_bytes);
        if let Some(figures) = &mut self.figures {
            figures.removed(seq, seq, 1, cell.stored_bytes);
        }
        for consumer in &mut self.consumers {
            consumer.removed(seq, &cell.subject);
        }
        self.add_gap(seq, reason);
    }

    fn removed_many(&mut self, first: u64, last: u64, reason: GapReason) {
        for consumer in &mut self.consumers {
            consumer.removed_many(first, last, &self.cells);
        }
        let count = self.cells.count(first, last);
        let bytes = self.cells.remove_range(first, last);
        self.bytes = self.bytes.saturating_sub(bytes);
        if let Some(figures) = &mut self.figures {
            figures.removed(first, last, count, bytes);
        }
        // What was gone before inside of it is no gap of its own any more.
        self.gaps.retain(|from, (to, _)| *from < first || *to > last);
        self.add_gaps(first, last, reason);
    }

    fn turned_away(&mut self, at: Timestamp, message: MessageId, why: RefusalReason) {
        self.refusal = Some(Refusal { at, message, why, flashes: 0 });
    }

    /// Lets runs of the same reason grow together; the oldest two join when there are too many.
    fn add_gap(&mut self, seq: u64, reason: GapReason) {
        self.add_gaps(seq, seq, reason);
    }

    pub fn add_gaps(&mut self, first: u64, last: u64, reason: GapReason) {
        let before = self.gaps.range(..first).next_back().map(|(from, (to, reason))| (*from, *to, *reason));
        let from = match before {
            Some((from, to, same)) if to + 1 == first && same == reason => from,
            _ => first,
        };
        let to = match self.gaps.get(&(last + 1)) {
            Some((to, same)) if *same == reason => {
                let to = *to;
                self.gaps.remove(&(last + 1));
                to
            }
            _ => last,
        };
        self.gaps.insert(from, (to, reason));
        if self.gaps.len() > MAX_GAPS {
            self.join_oldest_gaps();
        }
    }

    fn join_oldest_gaps(&mut self) {
        let mut neighbours = self.gaps.iter().zip(self.gaps.iter().skip(1));
        // Only runs without a message between them are one run.
        let joined = neighbours.find(|((_, (to, _)), (next, _))| to + 1 == **next);
        let Some(((&first, _), (&second, &(to, _)))) = joined else { return };
        self.gaps.remove(&second);
        self.gaps.insert(first, (to, GapReason::Mixed));
    }

    fn consumer_mut(&mut self, name: &str) -> Option<&mut Consumer> {
        self.consumers.iter_mut().find(|consumer| *consumer.name == *name)
    }

    fn strip(&self, clients: &Clients, level: Level, detail: Detail) -> Strip {
        let is_close = detail == Detail::All;
        let columns = if is_close { columns::columns(self, level) } else { Vec::new() };
        let columns = match &self.figures {
            Some(figures) if is_close => distant::with_unknown(columns, figures, &self.cells),
            _ => columns,
        };
        let consumer = |consumer: &Consumer| {
            let count = |from, to| self.cells.count(from, to);
            let runs = columns::runs(self, &columns, |from, to, all| consumer.mix(from, to, all, count));
            consumer.strip(&self.name, &columns, runs, clients)
        };
        let first_seq = self.cells.first().map(|cell| cell.seq);
        let figures = self.figures.unwrap_or_else(|| Figures {
            asked: None,
            messages: self.cells.len() as u64,
            bytes: self.bytes,
            first_seq: first_seq.unwrap_or(if self.last_seq == 0 { 0 } else { self.last_seq + 1 }),
            last_seq: self.last_seq,
        });
        Strip {
            name: self.name.clone(),
            kind: kind_of(&self.name),
            config: self.config.clone(),
            messages: figures.messages,
            bytes: figures.bytes,
            first_seq: figures.first_seq,
            last_seq: figures.last_seq,
            asked: figures.asked,
            level,
            begins_at: None,
            drawers: if is_close { drawers::drawers(self) } else { Vec::new() },
            objects: if is_close { drawers::objects(self) } else { Vec::new() },
            oldest: self.cells.first().map(|cell| cell.stored_at),
            consumers: self.consumers.iter().map(consumer).collect(),
            columns,
            refusal: self.refusal.clone(),
            refused: self.refused,
            duplicates: self.duplicates,
        }
    }
}

fn kind_of(name: &str) -> StripKind {
    match name {
        name if name.starts_with("KV_") => StripKind::Bucket,
        name if name.starts_with("OBJ_") => StripKind::ObjectStore,
        _ => StripKind::Stream,
    }
}

fn stream_of(fact: &Fact) -> Option<&Name> {
    match fact {
        Fact::StreamUpdated { stream, .. }
        | Fact::Stored { stream, .. }
        | Fact::NotKept { stream, .. }
        | Fact::Duplicate { stream, .. }
        | Fact::Refused { stream, .. }
        | Fact::Removed { stream, .. }
        | Fact::RemovedMany { stream, .. }
        | Fact::ConsumerCreated { stream, .. }
        | Fact::ConsumerUpdated { stream, .. }
        | Fact::ConsumerDeleted { stream, .. }
        | Fact::ConsumerPaused { stream, .. }
        | Fact::PullEnded { stream, .. }
        | Fact::Dispatched { stream, .. }
        | Fact::Answered { stream, .. }
        | Fact::AckFloor { stream, .. }
        | Fact::RedeliveryDue { stream, .. }
        | Fact::GivenUp { stream, .. } => Some(stream),
        _ => None,
    }
}

fn consumer_of(fact: &Fact) -> Option<&Name> {
    match fact {
        Fact::ConsumerUpdated { consumer, .. }
        | Fact::ConsumerPaused { consumer, .. }
        | Fact::PullEnded { consumer, .. }
        | Fact::Dispatched { consumer, .. }
        | Fact::Answered { consumer, .. }
        | Fact::AckFloor { consumer, .. }
        | Fact::RedeliveryDue { consumer, .. }
        | Fact::GivenUp { consumer, .. } => Some(consumer),
        _ => None,
    }
}
