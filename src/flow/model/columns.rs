//! Which messages of a stream are shown one by one, and how the others are counted.
//!
//! A strip is as long as its stream; the picture is not. Shown are the newest messages, what happens at each consumer's
//! front, and everything unanswered; what lies between is counted. Of a busy strip the layout shows equal neighbours as one
//! where there is no room for them; a very busy one is only stretches of equal length. None of this costs more for a
//! longer stream.

use super::cells::SHARE;
use super::streams::Stream;
use crate::flow::load::Level;
use crate::flow::scene::{Column, MAX_COLUMNS, MAX_STRETCHES, Mix, Run};
use crate::map::Set;

pub(super) fn columns(stream: &Stream, level: Level) -> Vec<Column> {
    match level {
        Level::Tokens | Level::Convoys => cells(stream),
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
