//! What is known of streams and consumers, as far as telling the next thing needs it, and what would have to be asked.

use super::FromClient;
use super::ranges::Ranges;
use crate::api::{ConsumerConfig, ConsumerInfo, Retention, Storage, StreamConfig, StreamInfo, StreamState};
use crate::engine::{Fact, MessageId, Name, RemovalReason};
use crate::flow::Marker;
use crate::flow::step::{How, What};
use crate::map::Map;
use crate::protocol::Headers;
use crate::subject::{Subject, SubjectFilter};
use crate::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// A stream in view is asked about again after this, and ever more rarely while the answers stay the same ...
const RESTLESS: Duration = Duration::from_secs(2);
/// ... down to this, and at once when something happened:
const CALM: Duration = Duration::from_secs(30);
/// so long after it.
const SOON: Duration = Duration::from_millis(300);
/// Messages fetched of one stream because nobody saw them, at most at a time.
const FETCHED: usize = 8;

/// Every stream in view.
#[derive(Debug, Default)]
pub struct Streams {
    known: Map<Name, Known>,
}

#[derive(Debug, Default)]
pub struct Known {
    pub config: Option<Arc<StreamConfig>>,
    /// Told and not known to be gone.
    pub cells: Ranges,
    /// Answered for good, as we saw.
    pub acked: Ranges,
    /// Asked for and not there.
    absent: Ranges,
    state: Option<StreamState>,
    /// The last sequence when it was last asked for, when that was by the server's clock, and which leader said so.
    pub counted: Option<(u64, Timestamp, String)>,
    pub consumers: Map<Name, KnownConsumer>,
    asked_at: Option<Timestamp>,
    /// Answers in a row that told nothing new.
    calm: u32,
    /// Something happened that an answer would show, since when.
    pub happened_at: Option<Timestamp>,
}

#[derive(Debug)]
pub struct KnownConsumer {
    pub config: Option<Arc<ConsumerConfig>>,
    born: Timestamp,
}

/// Something to ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// STREAM.INFO with what was deleted, and CONSUMER.LIST.
    Stream(Name),
    Message(Name, u64),
}

impl Streams {
    pub fn get(&self, stream: &str) -> Option<&Known> {
        self.known.get(stream)
    }

    pub fn get_mut(&mut self, stream: &str) -> Option<&mut Known> {
        self.known.get_mut(stream)
    }

    pub fn wanted(&self, now: Timestamp, is_ours: impl Fn(&str) -> bool) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for (name, known) in &self.known {
            if known.is_due(now) {
                wanted.push(Wanted::Stream(name.clone()));
            }
        }
        for (name, known) in self.known.iter().filter(|(name, _)| is_ours(name)) {
            wanted.extend(known.unseen().into_iter().map(|seq| Wanted::Message(name.clone(), seq)));
        }
        wanted
    }

    /// Nothing that was asked will be answered.
    pub fn forget_asked(&mut self) {
        for known in self.known.values_mut() {
            known.asked_at = None;
            known.absent = Ranges::default();
        }
    }

    pub fn asking(&mut self, now: Timestamp, wanted: &Wanted) {
        match wanted {
            Wanted::Stream(name) => {
                if let Some(known) = self.known.get_mut(name) {
                    known.asked_at = Some(now);
                    known.happened_at = None;
                }
            }
            Wanted::Message(name, seq) => {
                if let Some(known) = self.known.get_mut(name) {
                    known.absent.insert(*seq);
                }
            }
        }
    }
}

impl Known {
    fn is_due(&self, now: Timestamp) -> bool {
        let Some(asked) = self.asked_at else { return true };
        let calm = now.since(asked) >= (RESTLESS * 2u32.saturating_pow(self.calm.min(8))).min(CALM);
        let soon = self.happened_at.is_some_and(|at| now.since(at) >= SOON && now.since(asked) >= SOON);
        calm || soon
    }

    /// Sequences that are there as the server says, and that nobody saw.
    fn unseen(&self) -> Vec<u64> {
        let Some(state) = self.state.as_ref().filter(|state| state.messages > 0) else { return Vec::new() };
        let gone = |seq: &u64| state.deleted.as_ref().is_some_and(|deleted| deleted.binary_search(seq).is_ok());
        let missing = self.cells.missing(state.first_seq, state.last_seq, 4 * FETCHED);
        missing.into_iter().filter(|seq| !gone(seq) && !self.absent.contains(*seq)).take(FETCHED).collect()
    }

    pub fn stored_bytes(&self, subject: &str, headers: usize, payload: usize) -> u64 {
        let Some(config) = &self.config else { return 0 };
        let size = match config.storage {
            Storage::Memory => subject.len() + headers + payload + 16,
            Storage::File if headers == 0 => 22 + subject.len() + payload + 8,
            Storage::File => 22 + subject.len() + 4 + headers + payload + 8,
        };
        size as u64
    }
}

/// A message in a stream, however it was learnt.
pub struct Found<'a> {
    pub seq: u64,
    pub subject: &'a Subject,
    pub headers: Option<&'a Headers>,
    pub payload: &'a [u8],
    pub stored_at: Timestamp,
}

impl FromClient {
    /// The one stream known to take `subject`.
    pub(super) fn streams_of(&self, subject: &str) -> Option<Name> {
        let takes = |known: &Known| {
            let config = known.config.as_ref();
            config.is_some_and(|config| config.subjects.iter().any(|filter| matches(filter, subject)))
        };
        self.streams.known.iter().find(|(_, known)| takes(known)).map(|(name, _)| name.clone())
    }

    /// The stream is looked at from now on, if it was not.
    pub(super) fn stream_in_view(&mut self, at: Timestamp, stream: &Name, how: How) {
        if self.streams.known.contains_key(stream) {
            return;
        }
        self.streams.known.insert(stream.clone(), Known::default());
        let config = StreamConfig { name: stream.to_string(), ..StreamConfig::default() };
        let fact = Fact::StreamCreated { stream: stream.clone(), config: config.into() };
        self.push(at, how, None, None, What::Learnt { happened: at, fact, marker: None });
    }

    pub(super) fn consumer_in_view(&mut self, at: Timestamp, stream: &Name, consumer: &Name, how: How) {
        self.stream_in_view(at, stream, how);
        let Some(known) = self.streams.get_mut(stream).filter(|known| !known.consumers.contains_key(consumer)) else {
            return;
        };
        known.consumers.insert(consumer.clone(), KnownConsumer { config: None, born: at });
        let config = ConsumerConfig { name: consumer.to_string(), ..ConsumerConfig::default() }.into();
        let (stream, consumer) = (stream.clone(), consumer.clone());
        let fact = Fact::ConsumerCreated { stream, consumer, config, start_seq: 0 };
        self.push(at, how, None, None, What::Learnt { happened: at, fact, marker: None });
    }

    /// Something happened in a stream that an answer would show.
    pub(super) fn touch(&mut self, at: Timestamp, stream: &str) {
        if let Some(known) = self.streams.get_mut(stream) {
            known.happened_at.get_or_insert(at);
            known.calm = 0;
        }
    }

    /// STREAM.CREATE or UPDATE was answered.
    pub(super) fn stream_made(&mut self, at: Timestamp, info: &StreamInfo, update: bool, how: How) {
        let stream = Name::from(info.config.name.as_str());
        let config = Arc::new(info.config.clone());
        let is_new = info.did_create.unwrap_or(!update) && !update;
        let fact = match is_new {
            true => Fact::StreamCreated { stream: stream.clone(), config: config.clone() },
            false => Fact::StreamUpdated { stream: stream.clone(), config: config.clone() },
        };
        if is_new {
            self.streams.known.insert(stream.clone(), Known::default());
        } else {
            self.stream_in_view(at, &stream, how);
        }
        self.know(at, how, fact);
        if let Some(known) = self.streams.get_mut(&stream) {
            known.config = Some(config);
            known.happened_at = Some(at);
        }
        self.stream_stands(at, &stream, &info.state, how);
        self.place_traced(at, &stream, info);
    }

    /// STREAM.INFO was answered.
    pub(super) fn stream_info(&mut self, at: Timestamp, info: &StreamInfo, how: How) {
        let stream = Name::from(info.config.name.as_str());
        let Some(known) = self.streams.get_mut(&stream) else { return };
        if known.config.as_deref() != Some(&info.config) {
            let config = Arc::new(info.config.clone());
            let is_change = known.config.replace(config.clone()).is_some();
            let fact = Fact::StreamUpdated { stream: stream.clone(), config };
            match is_change {
                true => self.know(at, how, fact),
                false => self.push(at, how, None, None, What::Learnt { happened: at, fact, marker: None }),
            }
        }
        self.stream_stands(at, &stream, &info.state, how);
        self.place_traced(at, &stream, info);
    }

    fn stream_stands(&mut self, at: Timestamp, stream: &Name, state: &StreamState, how: How) {
        let Some(known) = self.streams.get_mut(stream) else { return };
        let is_same = known
            .state
            .as_ref()
            .is_some_and(|before| before.last_seq == state.last_seq && before.messages == state.messages);
        known.calm = if is_same { known.calm + 1 } else { 0 };
        let first = if state.messages == 0 { state.last_seq.saturating_add(1) } else { state.first_seq };
        let mut gone = known.cells.within(1, first.saturating_sub(1));
        let deleted = state.deleted.as_deref().unwrap_or_default();
        gone.extend(deleted.iter().filter(|seq| known.cells.contains(**seq)).map(|seq| (*seq, *seq)));
        let keeps_until_acked = known.config.as_ref().is_some_and(|config| config.retention != Retention::Limits);
        let mut facts = Vec::new();
        for (from, to) in gone {
            known.cells.remove(from, to);
            if keeps_until_acked {
                let acked = known.acked.within(from, to);
                facts.extend(acked.into_iter().map(|(from, to)| removed(stream, from, to, RemovalReason::Acked)));
                known.acked.remove(from, to);
            }
        }
        if known.state.as_ref().and_then(|state| state.deleted.as_ref()).is_none()
            || state.deleted.is_some()
            || state.num_deleted == 0
        {
            known.state = Some(state.clone());
        }
        facts.into_iter().for_each(|fact| self.know(at, how, fact));
        let (stream, state) = (stream.clone(), Arc::new(state.clone()));
        self.push(at, how, None, None, What::StreamIs { stream, state });
    }

    pub(super) fn stream_deleted(&mut self, at: Timestamp, stream: &Name, how: How) {
        if self.streams.known.remove(stream).is_some() {
            self.messages.forget(stream);
            self.know(at, how, Fact::StreamDeleted { stream: stream.clone() });
        }
    }

    /// Everything was purged, as an answer said.
    pub(super) fn purged(&mut self, at: Timestamp, stream: &Name, below: Option<u64>) {
        let Some(known) = self.streams.get_mut(stream) else { return };
        let runs = known.cells.within(1, below.map_or(u64::MAX, |below| below.saturating_sub(1)));
        let bounds = runs.first().zip(runs.last()).map(|(first, last)| (first.0, last.1));
        known.happened_at = Some(at);
        if let Some((from, to)) = bounds {
            known.cells.remove(from, to);
            self.seen(at, removed(stream, from, to, RemovalReason::Purged));
        }
    }

    pub(super) fn message_deleted(&mut self, at: Timestamp, stream: &Name, seq: u64) {
        let Some(known) = self.streams.get_mut(stream) else { return };
        known.cells.remove(seq, seq);
        known.happened_at = Some(at);
        self.seen(at, removed(stream, seq, seq, RemovalReason::Deleted));
    }

    /// A publish of ours was stored, as its answer says.
    pub(super) fn stored(
        &mut self,
        at: Timestamp,
        stream: &Name,
        seq: u64,
        id: MessageId,
        subject: &Subject,
        bytes: (usize, usize),
    ) {
        self.stream_in_view(at, stream, How::Seen);
        let Some(known) = self.streams.get_mut(stream) else { return };
        known.happened_at.get_or_insert(at);
        let stored_bytes = known.stored_bytes(subject, bytes.0, bytes.1);
        if !known.cells.insert(seq) {
            return;
        }
        self.messages.stored(stream, seq, id);
        let (stream, subject) = (stream.clone(), subject.clone());
        let bytes = bytes.0 + bytes.1;
        let fact = Fact::Stored { message: id, stream, stream_seq: seq, subject, bytes, stored_bytes };
        self.push(at, How::Seen, Some(id), None, What::Fact(fact));
    }

    /// A message is there, or was a moment ago. Returns its number.
    pub(super) fn found(&mut self, at: Timestamp, stream: &Name, found: &Found<'_>, how: How) -> MessageId {
        self.stream_in_view(at, stream, how);
        let advised = self.pointer(at, found, how);
        let id = match (self.messages.at(stream, found.seq), advised) {
            (None, Some(id)) => {
                self.messages.stored(stream, found.seq, id);
                id
            }
            _ => self.messages.found(stream, found.seq, found.subject, found.payload),
        };
        let Some(known) = self.streams.get_mut(stream) else { return id };
        if !known.cells.insert(found.seq) {
            return id;
        }
        let headers = found.headers.map_or(0, Headers::len);
        let fact = Fact::Stored {
            message: id,
            stream: stream.clone(),
            stream_seq: found.seq,
            subject: found.subject.clone(),
            bytes: headers + found.payload.len(),
            stored_bytes: known.stored_bytes(found.subject, headers, found.payload.len()),
        };
        let marker = Marker::of(found.subject, found.headers, found.payload);
        self.push(at, how, Some(id), None, What::Learnt { happened: found.stored_at, fact, marker });
        id
    }

    /// CONSUMER.CREATE was answered.
    pub(super) fn consumer_made(&mut self, at: Timestamp, info: &ConsumerInfo, how: How) {
        let (stream, consumer) = (Name::from(info.stream_name.as_str()), Name::from(info.name.as_str()));
        self.stream_in_view(at, &stream, how);
        let config = Arc::new(info.config.clone());
        let Some(known) = self.streams.get_mut(&stream) else { return };
        known.happened_at.get_or_insert(at);
        let new = KnownConsumer { config: Some(config.clone()), born: at };
        let before = known.consumers.insert(consumer.clone(), new);
        let fact = match before {
            Some(_) => Fact::ConsumerUpdated { stream: stream.clone(), consumer: consumer.clone(), config },
            None => {
                let start_seq = info.delivered.stream_seq.saturating_add(1);
                Fact::ConsumerCreated { stream: stream.clone(), consumer: consumer.clone(), config, start_seq }
            }
        };
        self.know(at, how, fact);
        self.consumer_stands(at, stream, consumer, info, how);
    }

    /// CONSUMER.INFO was answered, or LIST.
    pub(super) fn consumer_info(&mut self, at: Timestamp, info: &ConsumerInfo, how: How) {
        let (stream, consumer) = (Name::from(info.stream_name.as_str()), Name::from(info.name.as_str()));
        if self.streams.get(&stream).is_none() {
            return;
        }
        self.consumer_in_view(at, &stream, &consumer, how);
        let known = self.streams.get_mut(&stream).and_then(|known| known.consumers.get_mut(&consumer));
        let Some(known) = known else { return };
        if known.config.as_deref() != Some(&info.config) {
            let config = Arc::new(info.config.clone());
            let is_change = known.config.replace(config.clone()).is_some();
            let fact = Fact::ConsumerUpdated { stream: stream.clone(), consumer: consumer.clone(), config };
            match is_change {
                true => self.know(at, how, fact),
                false => self.push(at, how, None, None, What::Learnt { happened: at, fact, marker: None }),
            }
        }
        self.consumer_stands(at, stream, consumer, info, how);
    }

    fn consumer_stands(&mut self, at: Timestamp, stream: Name, consumer: Name, info: &ConsumerInfo, how: How) {
        let info = Arc::new(info.clone());
        self.push(at, how, None, None, What::ConsumerIs { stream, consumer, info });
    }

    /// Every consumer of a stream was listed: who is not among them, and was there when it was asked, is gone.
    pub(super) fn consumers_are(&mut self, at: Timestamp, stream: &Name, asked: Timestamp, names: &[&str]) {
        let Some(known) = self.streams.get(stream) else { return };
        let gone = known.consumers.iter().filter(|(name, known)| known.born < asked && !names.contains(&&***name));
        let gone: Vec<Name> = gone.map(|(name, _)| name.clone()).collect();
        gone.iter().for_each(|consumer| self.consumer_deleted(at, stream, consumer, How::Asked));
    }

    pub(super) fn consumer_deleted(&mut self, at: Timestamp, stream: &Name, consumer: &Name, how: How) {
        let Some(known) = self.streams.get_mut(stream) else { return };
        if known.consumers.remove(consumer).is_some() {
            let (stream, consumer) = (stream.clone(), consumer.clone());
            self.know(at, how, Fact::ConsumerDeleted { stream, consumer });
        }
    }
}

fn matches(filter: &str, subject: &str) -> bool {
    SubjectFilter::new(filter).is_ok_and(|filter| filter.matches(subject))
}

fn removed(stream: &Name, first: u64, last: u64, reason: RemovalReason) -> Fact {
    let stream = stream.clone();
    if first == last {
        return Fact::Removed { stream, stream_seq: first, reason };
    }
    Fact::RemovedMany { stream, first_seq: first, last_seq: last, count: last - first + 1, reason }
}
