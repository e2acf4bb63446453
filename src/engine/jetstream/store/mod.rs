//! Messages by sequence, and which subjects they are on.
//!
//! Knows sequences, subjects, sizes and times; never policies: what to remove is decided in `stream.rs`. The ways in are
//! [`Store::append`] and [`Store::remove`] for the stream, and the questions below for consumers and readers. Messages
//! live in `blocks.rs`, the subject index in `subjects.rs`.
//! Source: nats-server `server/memstore.go`, `server/filestore.go`, observed.

mod blocks;
mod discarded;
mod packed;
mod subjects;

use crate::api::stream::Storage;
use crate::engine::MessageId;
use crate::pack::Pack;
use crate::protocol::Headers;
use crate::subject::{Subject, SubjectFilter};
use crate::time::Timestamp;
use blocks::Blocks;
use bytes::Bytes;
pub(in crate::engine) use discarded::Discarded;
use subjects::{Sequences, Subjects};

/// How far one way of searching goes before the other gets a turn.
const SEARCH_STEP: usize = 64;

/// One message of a stream.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Stored {
    pub id: MessageId,
    pub seq: u64,
    pub subject: Subject,
    pub headers: Option<Headers>,
    pub payload: Bytes,
    pub at: Timestamp,
}

impl Stored {
    /// The value of a header, first occurrence; an empty one counts as none.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.as_ref().and_then(|headers| headers.get(name)).filter(|value| !value.is_empty())
    }

    pub fn headers_bytes(&self) -> usize {
        self.headers.as_ref().map_or(0, Headers::len)
    }
}

/// Which subjects somebody wants: any of several filters, or everything when there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Pack)]
pub(in crate::engine) struct Filters(pub Vec<SubjectFilter>);

impl Filters {
    pub fn matches(&self, subject: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|filter| filter.matches(subject))
    }

    fn are_literal(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(SubjectFilter::is_literal)
    }
}

impl From<SubjectFilter> for Filters {
    fn from(filter: SubjectFilter) -> Filters {
        Filters(vec![filter])
    }
}

/// Sequences do not go further, so that there is always a next one.
///
/// Differs from nats-server: it lets a stream start at the last number there is and then wraps around.
const MAX_SEQ: u64 = i64::MAX as u64;

/// The messages of one stream.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Store {
    storage: Storage,
    blocks: Blocks,
    subjects: Subjects,
    /// The first sequence of an empty store.
    empty_first_seq: u64,
    /// When that was, if an empty store still speaks of a message: see [`Store::stay_at`].
    empty_first_at: Option<Timestamp>,
    /// From and to: a gap below the first sequence that is still listed.
    old_gap: Option<(u64, u64)>,
    last_seq: u64,
    last_at: Option<Timestamp>,
    bytes: u64,
    discarded: Discarded,
}

/// Neighbours that went together: nothing is stored between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Run {
    pub first: u64,
    pub last: u64,
    pub count: u64,
}

impl Store {
    /// An empty store whose first message will be `first_seq`; 0 is 1, but does not show before something is written.
    pub fn new(storage: Storage, first_seq: u64) -> Store {
        let mut store = Store { storage, ..Store::default() };
        let first_seq = first_seq.min(MAX_SEQ);
        if first_seq > 0 {
            store.empty_first_seq = first_seq;
            store.last_seq = first_seq - 1;
        }
        store
    }

    /// The first sequence that may hold a message; `last_seq + 1` when empty, 0 when never written.
    pub fn first_seq(&self) -> u64 {
        self.blocks.first().map_or(self.empty_first_seq, |first| first.seq)
    }

    /// The highest sequence given out. Never goes down.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// When the highest sequence was given out.
    pub fn last_at(&self) -> Option<Timestamp> {
        self.last_at
    }

    pub fn first(&self) -> Option<&Stored> {
        self.blocks.first()
    }

    /// How many messages there are.
    pub fn len(&self) -> u64 {
        self.blocks.len()
    }

    /// What the messages take, as the server counts it for this kind of storage.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn num_subjects(&self) -> u64 {
        self.subjects.len() as u64
    }

    /// How many sequences are missing between the first and the last.
    pub fn num_deleted(&self) -> u64 {
        (self.last_seq + 1).saturating_sub(self.first_seq()).saturating_sub(self.len())
    }

    /// The sequences missing between the first and the last, ascending.
    pub fn deleted(&self) -> Vec<u64> {
        if self.num_deleted() == 0 {
            return Vec::new();
        }
        let mut deleted: Vec<u64> = self.old_gap.iter().flat_map(|(from, to)| *from..=*to).collect();
        if self.stays_behind() {
            return deleted;
        }
        let mut next = self.first_seq();
        for message in self.iter_from(0) {
            deleted.extend(next..message.seq);
            next = message.seq + 1;
        }
        deleted.extend(next..=self.last_seq);
        deleted
    }

    /// What a message counts for in [`Store::bytes`].
    pub fn size_of(&self, subject: usize, headers: usize, payload: usize) -> u64 {
        let size = match self.storage {
            Storage::Memory => subject + headers + payload + 16,
            Storage::File if headers == 0 => 22 + subject + payload + 8,
            Storage::File => 22 + subject + 4 + headers + payload + 8,
        };
        size as u64
    }

    /// Adds a message under its own `seq`, which is above [`Store::last_seq`]; sequences in between count as deleted.
    pub fn append(&mut self, mut message: Stored) {
        debug_assert!(message.seq > self.last_seq);
        self.bytes += self.size_of_stored(&message);
        self.last_seq = message.seq;
        self.last_at = Some(message.at);
        message.subject = self.subjects.insert(message.subject, message.seq);
        self.blocks.push(message);
    }

    /// Gives out sequences up to `seq` without keeping anything for them.
    pub fn skip_to(&mut self, seq: u64, at: Option<Timestamp>) {
        self.last_seq = self.last_seq.max(seq.min(MAX_SEQ));
        self.last_at = at.or(self.last_at);
        self.starts_after_last();
    }

    pub fn remove(&mut self, seq: u64) -> Option<Stored> {
        let removed = self.blocks.remove(seq)?;
        self.subjects.remove(&removed.subject, seq);
        self.bytes -= self.size_of_stored(&removed);
        self.starts_after_last();
        if self.len() == 0 {
            self.old_gap = None;
        }
        Some(removed)
    }

    /// When the first sequence was stored.
    pub fn first_at(&self) -> Option<Timestamp> {
        self.first().map(|message| message.at).or(self.empty_first_at)
    }

    /// A store that became empty goes on speaking of the message it began with, and of the gap from `gap` on.
    pub fn stay_at(&mut self, first: u64, at: Timestamp, gap: u64) {
        (self.empty_first_seq, self.empty_first_at) = (first, Some(at));
        self.old_gap = Some((gap, self.last_seq));
    }

    /// It is empty and speaks of the message it began with, see [`Store::stay_at`].
    pub fn stays_behind(&self) -> bool {
        self.empty_first_at.is_some() && self.first().is_none()
    }

    fn starts_after_last(&mut self) {
        (self.empty_first_seq, self.empty_first_at) = (self.last_seq + 1, None);
    }

    /// Lets go of everything at once. Returns how many messages that were.
    pub fn clear(&mut self) -> u64 {
        let purged = self.blocks.len();
        self.discarded.add_blocks(self.blocks.take_all());
        self.discarded.add_subjects(std::mem::take(&mut self.subjects));
        self.bytes = 0;
        self.old_gap = None;
        self.starts_after_last();
        purged
    }

    /// Lets go of every message below `end` at once.
    pub fn remove_below(&mut self, end: u64) -> Option<Run> {
        let first = self.first().map(|message| message.seq)?;
        self.old_gap = None;
        let first = Some(first).filter(|first| *first < end)?;
        let last = self.blocks.iter_back_from(end - 1).next().map_or(first, |message| message.seq);
        let count = if end > self.last_seq {
            self.clear()
        } else {
            self.subjects.drop_below(end, |_| true);
            let taken = self.blocks.take_below(end);
            self.discard(taken)
        };
        Some(Run { first, last, count })
    }

    /// Lets go of every message below `end` on a wanted subject at once. Returns them in runs, ascending.
    pub fn remove_matching(&mut self, filters: &Filters, end: u64) -> Vec<Run> {
        if filters.0.iter().all(|filter| filter.as_str() == ">") {
            return self.remove_below(end).into_iter().collect();
        }
        let mut seqs = self.subjects.drop_below(end, |subject| filters.matches(subject));
        seqs.sort_unstable();
        let taken = match seqs.as_slice() {
            [] => return Vec::new(),
            _ => self.blocks.take_out(|message| message.seq < end && seqs.binary_search(&message.seq).is_ok()),
        };
        self.discard(taken);
        let mut runs: Vec<Run> = Vec::new();
        for seq in seqs {
            match runs.last_mut() {
                Some(run) if seq == run.last + 1 || self.is_empty_between(run.last, seq) => {
                    (run.last, run.count) = (seq, run.count + 1);
                }
                _ => runs.push(Run { first: seq, last: seq, count: 1 }),
            }
        }
        runs
    }

    fn is_empty_between(&self, after: u64, before: u64) -> bool {
        self.iter_from(after + 1).next().is_none_or(|message| message.seq > before)
    }

    fn discard(&mut self, taken: Vec<std::collections::VecDeque<Stored>>) -> u64 {
        let count = taken.iter().map(|block| block.len() as u64).sum();
        self.bytes -= taken.iter().flatten().map(|message| self.size_of_stored(message)).sum::<u64>();
        self.discarded.add_blocks(taken);
        self.starts_after_last();
        count
    }

    /// What was let go of and still takes memory.
    pub fn take_discarded(&mut self) -> Discarded {
        std::mem::take(&mut self.discarded)
    }

    pub fn get(&self, seq: u64) -> Option<&Stored> {
        self.blocks.get(seq)
    }

    /// Every message at or after `seq`, ascending.
    pub fn iter_from(&self, seq: u64) -> impl Iterator<Item = &Stored> {
        self.blocks.iter_from(seq)
    }

    /// The first message at or after `from` on a wanted subject.
    pub fn next_matching(&self, filters: &Filters, from: u64) -> Option<&Stored> {
        let in_index = |sequences: &Sequences| sequences.at_or_after(from);
        self.search(filters, self.blocks.iter_from(from), in_index, u64::min)
    }

    /// The last message at or before `up_to` on a wanted subject.
    pub fn last_matching(&self, filters: &Filters, up_to: u64) -> Option<&Stored> {
        let in_index = |sequences: &Sequences| sequences.at_or_before(up_to);
        self.search(filters, self.blocks.iter_back_from(up_to), in_index, u64::max)
    }

    /// Walks the messages and the subject index in turns, so that the shorter way decides what a search costs: few
    /// subjects and a rare match, or many subjects and a match close by.
    fn search<'a>(
        &'a self,
        filters: &Filters,
        mut walk: impl Iterator<Item = &'a Stored>,
        in_index: impl Fn(&Sequences) -> Option<u64>,
        better: impl Fn(u64, u64) -> u64,
    ) -> Option<&'a Stored> {
        let mut best: Option<u64> = None;
        let mut consider = |sequences: &Sequences| {
            if let Some(seq) = in_index(sequences) {
                best = Some(best.map_or(seq, |best| better(best, seq)));
            }
            best
        };
        if filters.are_literal() {
            let found =
                filters.0.iter().filter_map(|filter| self.subjects.get(filter)).filter_map(&mut consider).last();
            return found.and_then(|seq| self.get(seq));
        }
        let mut index =
            filters.0.iter().flat_map(|filter| self.subjects.near(filter).map(move |entry| (filter, entry)));
        let mut found = None;
        loop {
            for _ in 0..SEARCH_STEP {
                match walk.next() {
                    None => return None,
                    Some(message) if filters.matches(&message.subject) => return Some(message),
                    Some(_) => {}
                }
            }
            for _ in 0..SEARCH_STEP {
                match index.next() {
                    None => return found.and_then(|seq| self.get(seq)),
                    Some((filter, (subject, sequences))) if filter.matches(subject) => found = consider(sequences),
                    Some(_) => {}
                }
            }
        }
    }

    /// How many messages at or after `from` are on a wanted subject.
    pub fn count_matching(&self, filters: &Filters, from: u64) -> u64 {
        if filters.0.is_empty() || filters.0.iter().any(|filter| filter.as_str() == ">") {
            return self.blocks.count_from(from);
        }
        let ahead = (self.last_seq + 1).saturating_sub(from);
        if ahead <= self.num_subjects() {
            return self.iter_from(from).filter(|message| filters.matches(&message.subject)).count() as u64;
        }
        self.subjects.matching(filters).into_iter().map(|(_, sequences)| sequences.count_from(from)).sum()
    }

    /// The newest message of every wanted subject, ascending by sequence.
    pub fn last_per_subject(&self, filters: &Filters) -> Vec<u64> {
        let mut last: Vec<u64> = self.subjects.matching(filters).into_iter().map(|(_, s)| s.last()).collect();
        last.sort_unstable();
        last
    }

    /// The newest message at or before `up_to` of every wanted subject, ascending by sequence.
    pub fn last_per_subject_up_to(&self, filters: &Filters, up_to: u64) -> Vec<u64> {
        let matching = self.subjects.matching(filters).into_iter();
        let mut last: Vec<u64> = matching.filter_map(|(_, s)| s.at_or_before(up_to)).collect();
        last.sort_unstable();
        last
    }

    /// The first sequence stored at or after `at`; `last_seq + 1` if there is none.
    pub fn first_seq_at_or_after(&self, at: Timestamp) -> u64 {
        self.blocks.first_at_or_after(at).map_or(self.last_seq + 1, |message| message.seq)
    }

    /// Wanted subjects with their number of messages, in order.
    pub fn subjects_matching(&self, filters: &Filters) -> Vec<(&Subject, u64)> {
        self.subjects.matching(filters).into_iter().map(|(subject, s)| (subject, s.len())).collect()
    }

    /// How many messages are on exactly this subject.
    pub fn count_on(&self, subject: &str) -> u64 {
        self.subjects.get(subject).map_or(0, Sequences::len)
    }

    /// The oldest message on exactly this subject.
    pub fn first_on(&self, subject: &str) -> Option<&Stored> {
        self.subjects.get(subject).and_then(|sequences| self.get(sequences.first()))
    }

    /// The newest message on exactly this subject.
    pub fn last_on(&self, subject: &str) -> Option<&Stored> {
        self.subjects.get(subject).and_then(|sequences| self.get(sequences.last()))
    }

    fn size_of_stored(&self, message: &Stored) -> u64 {
        self.size_of(message.subject.len(), message.headers_bytes(), message.payload.len())
    }
}

#[cfg(test)]
mod tests;
