//! Streams and consumers of a server that is not in the page: what it answered when asked, beside what was seen.
//!
//! A figure is the server's last answer, moved on by what was seen since. A sequence that nobody saw stays unknown; one
//! that the answer says is gone is gone, whatever was seen before.

use super::cells::Cells;
use super::streams::Stream;
use crate::api::StreamState;
use crate::flow::scene::{Column, GapReason};
use crate::time::Timestamp;

/// Gone sequences of one answer that become gaps at most.
const MAX_GONE: usize = 1_000;

/// How a stream stands, as far as one can know from outside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    pub asked: Option<Timestamp>,
    pub messages: u64,
    pub bytes: u64,
    pub first_seq: u64,
    pub last_seq: u64,
}

impl Figures {
    pub fn stored(&mut self, seq: u64, stored_bytes: u64) {
        if seq <= self.last_seq {
            return;
        }
        if self.messages == 0 {
            self.first_seq = seq;
        }
        self.messages += 1;
        self.bytes += stored_bytes;
        self.last_seq = seq;
    }

    /// Messages from `first` to `last` are gone, `count` of them known with `bytes`.
    pub fn removed(&mut self, first: u64, last: u64, count: u64, bytes: u64) {
        self.messages = self.messages.saturating_sub(count);
        self.bytes = self.bytes.saturating_sub(bytes);
        if first <= self.first_seq && last >= self.first_seq {
            self.first_seq = last.saturating_add(1);
        }
    }
}

impl Stream {
    /// The server answered.
    pub fn is(&mut self, at: Timestamp, state: &StreamState) {
        let newest = self.figures.map_or(0, |figures| figures.last_seq);
        let deleted = state.deleted.as_deref().unwrap_or_default();
        let first = if state.messages == 0 { state.last_seq.saturating_add(1) } else { state.first_seq };
        if first > 1 {
            self.lose(1, first - 1);
        }
        // An empty stream says that message 0 is gone.
        for seq in deleted.iter().filter(|seq| **seq > 0).take(MAX_GONE) {
            self.lose(*seq, *seq);
        }
        // What was stored since the answer was written is not in it.
        let since = (state.last_seq.saturating_add(1), u64::MAX);
        let later = if newest > state.last_seq { self.cells.count(since.0, since.1) } else { 0 };
        let later_bytes: u64 = self.cells.range(since.0..=since.1).map(|cell| cell.stored_bytes).sum();
        self.figures = Some(Figures {
            asked: Some(at),
            messages: state.messages + later,
            bytes: state.bytes + if later > 0 { later_bytes } else { 0 },
            first_seq: state.first_seq,
            last_seq: state.last_seq.max(newest),
        });
        self.last_seq = self.last_seq.max(state.last_seq);
    }

    /// Nothing from `first` to `last` is stored; nobody said why.
    fn lose(&mut self, first: u64, last: u64) {
        let is_told = self.gaps.range(..=first).next_back().is_some_and(|(_, (to, _))| *to >= last);
        if is_told && self.cells.range(first..=last).next().is_none() {
            return;
        }
        for consumer in &mut self.consumers {
            consumer.removed_many(first, last, &self.cells);
        }
        self.cells.remove_range(first, last);
        for (from, to) in untold(self, first, last) {
            self.add_gaps(from, to, GapReason::Mixed);
        }
    }
}

/// The parts of `first` to `last` that are not in a gap.
fn untold(stream: &Stream, first: u64, last: u64) -> Vec<(u64, u64)> {
    let mut parts = Vec::new();
    let mut next = first;
    for (from, (to, _)) in stream.gaps.iter() {
        if *to < next || *from > last {
            continue;
        }
        if *from > next {
            parts.push((next, from - 1));
        }
        next = to.saturating_add(1);
    }
    if next <= last {
        parts.push((next, last));
    }
    parts
}

/// Puts what is there and was not seen between the columns of what is known.
pub fn with_unknown(columns: Vec<Column>, figures: &Figures, cells: &Cells) -> Vec<Column> {
    if figures.messages == 0 {
        return columns;
    }
    let mut holes: Vec<(usize, u64, u64)> = Vec::new();
    let mut next = figures.first_seq.max(1);
    for (index, column) in columns.iter().enumerate() {
        let (from, to) = (column.from_seq(), column.to_seq());
        if from > next {
            holes.push((index, next, from - 1));
        }
        next = next.max(to.saturating_add(1));
    }
    if next <= figures.last_seq {
        holes.push((columns.len(), next, figures.last_seq));
    }
    // Where the answer does not say which sequences are gone, the first holes have what is left.
    let mut left = figures.messages.saturating_sub(cells.count(figures.first_seq, figures.last_seq));
    let mut all = Vec::new();
    let mut holes = holes.into_iter().peekable();
    for (index, column) in columns.into_iter().map(Some).chain([None]).enumerate() {
        while let Some((_, from, to)) = holes.next_if(|(at, ..)| *at == index) {
            let messages = left.min(to - from + 1);
            left -= messages;
            if messages > 0 {
                all.push(Column::Unknown { from, to, messages });
            }
        }
        all.extend(column);
    }
    all
}
