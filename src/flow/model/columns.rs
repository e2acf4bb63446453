//! Which messages of a stream are shown one by one, and how the others are counted.
//!
//! A strip is as long as its stream; the picture is not. Shown are the newest messages, what happens at each consumer's
//! front, and everything unanswered; what lies between is counted. A busy strip shows equal neighbours as one, a very
//! busy one only stretches of equal length. None of this costs more for a longer stream.

use super::cells::SHARE;
use super::streams::Stream;
use crate::flow::load::Level;
use crate::flow::scene::{Cell, CellState, Column, MAX_COLUMNS, MAX_STRETCHES, Mix, Run};
use crate::map::Set;

pub(super) fn columns(stream: &Stream, level: Level) -> Vec<Column> {
    match level {
        Level::Tokens => cells(stream),
        Level::Convoys => merged(cells(stream), stream),
        Level::Ribbons => stretches(stream),
    }
}

/// How the messages behind counted columns stand with a consumer.
pub(super) fn runs(stream: &Stream, columns: &[Column], mix: impl Fn(u64, u64, u64) -> Mix) -> Vec<Run> {
    let run = |column: &Column| match *column {
        Column::Elided { from, to, messages } => Some(Run { from, to, mix: mix(from, to, messages) }),
        _ => None,
    };
    // Nothing stored, nothing to count.
    if stream.cells.is_empty() { Vec::new() } else { columns.iter().filter_map(run).collect() }
}

fn cells(stream: &Stream) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    let mut next = 0;
    for seq in shown(stream).iter() {
        columns.extend(between(stream, next, *seq));
        columns.extend(stream.cells.get(*seq).cloned().map(Column::Cell));
        next = seq + 1;
    }
    with_gaps(columns, stream)
}

/// What is stored from `from` and before `end`, as one.
fn between(stream: &Stream, from: u64, end: u64) -> Option<Column> {
    let before = end.checked_sub(1).filter(|before| *before >= from)?;
    let first = stream.cells.range(from..=before).next()?.seq;
    let last = stream.cells.range(first..=before).next_back()?.seq;
    Some(Column::Elided { from: first, to: last, messages: stream.cells.count(first, last) })
}

fn shown(stream: &Stream) -> Set<u64> {
    if stream.cells.len() <= MAX_COLUMNS {
        return stream.cells.iter().map(|cell| cell.seq).collect();
    }
    let newest = stream.cells.iter().rev().take(MAX_COLUMNS / 2).map(|cell| cell.seq);
    let mut shown: Set<u64> = newest.collect();
    let fronts = stream.consumers.iter().flat_map(|consumer| {
        let unanswered = consumer.outstanding.keys().copied();
        let front = stream.cells.range(consumer.delivered.stream_seq.saturating_sub(5)..=u64::MAX).take(20);
        unanswered.chain(front.map(|cell| cell.seq))
    });
    for seq in fronts.filter(|seq| stream.cells.get(*seq).is_some()) {
        if shown.len() >= MAX_COLUMNS {
            break;
        }
        shown.insert(seq);
    }
    shown
}

/// Puts the gaps between the cells. Those inside an elided run stay inside.
fn with_gaps(columns: Vec<Column>, stream: &Stream) -> Vec<Column> {
    let mut all: Vec<Column> = Vec::new();
    let mut next = 0;
    for column in columns {
        push_gaps(&mut all, stream, next, column.from_seq());
        next = column.to_seq() + 1;
        all.push(column);
    }
    push_gaps(&mut all, stream, next, u64::MAX);
    all
}

fn push_gaps(columns: &mut Vec<Column>, stream: &Stream, from: u64, end: u64) {
    let gaps = stream.gaps.range(from..end);
    columns.extend(gaps.map(|(from, (to, reason))| Column::Gap { from: *from, to: *to, reason: *reason }));
}

/// Neighbours that stand the same with every consumer become one column; what is out of the ordinary stays single.
fn merged(columns: Vec<Column>, stream: &Stream) -> Vec<Column> {
    let mut merged: Vec<Column> = Vec::new();
    let mut last: Option<Vec<Plain>> = None;
    for column in columns {
        let plain = match &column {
            Column::Cell(cell) => plain(cell, stream),
            _ => None,
        };
        match (merged.last_mut(), &column) {
            (Some(into), Column::Cell(cell)) if plain.is_some() && plain == last => join(into, cell.seq),
            _ => merged.push(column),
        }
        last = plain;
    }
    merged
}

fn join(into: &mut Column, seq: u64) {
    let messages = if let Column::Elided { messages, .. } = into { *messages } else { 1 };
    *into = Column::Elided { from: into.from_seq(), to: seq, messages: messages + 1 };
}

/// A state that may be shared with a neighbour.
#[derive(PartialEq)]
enum Plain {
    Ahead,
    NotWanted,
    Flight,
    Acked,
    Unknown,
}

/// How a message stands with every consumer, if nothing about it is out of the ordinary.
fn plain(cell: &Cell, stream: &Stream) -> Option<Vec<Plain>> {
    if cell.points_to.is_some() {
        return None;
    }
    let states = stream.consumers.iter().map(|consumer| match consumer.state(cell) {
        (CellState::NotYetDelivered, _) => Some(Plain::Ahead),
        (CellState::FilteredOut | CellState::BeforeStart, _) => Some(Plain::NotWanted),
        (CellState::InFlight { .. }, 1) => Some(Plain::Flight),
        (CellState::Unknown, _) => Some(Plain::Unknown),
        (CellState::Acked, 1) => Some(Plain::Acked),
        _ => None,
    });
    states.collect()
}

/// Few stretches of as many sequences each.
fn stretches(stream: &Stream) -> Vec<Column> {
    let (Some(first), Some(last)) = (stream.cells.first(), stream.cells.last()) else { return Vec::new() };
    let (first, last) = (first.seq, last.seq);
    let span = (last - first) / MAX_STRETCHES as u64 + 1;
    // Long ones begin where counting is quick.
    let (span, start) =
        if span > SHARE { (span.next_multiple_of(SHARE), first - first % SHARE) } else { (span, first) };
    let begins = (0..=MAX_STRETCHES as u64).map(|index| start + index * span).take_while(|begin| *begin <= last);
    let stretch = |begin: u64| {
        let (from, to) = (begin.max(first), (begin + span - 1).min(last));
        Column::Elided { from, to, messages: stream.cells.count(from, to) }
    };
    begins.map(stretch).filter(|column| !matches!(column, Column::Elided { messages: 0, .. })).collect()
}
