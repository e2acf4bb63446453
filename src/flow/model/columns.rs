//! Which messages of a stream are shown one by one.
//!
//! A strip is as long as its stream; the picture is not. Shown are the newest messages, what happens at each consumer's
//! front, and everything unanswered; what lies between is counted.

use super::streams::Stream;
use crate::flow::scene::{Column, GapReason, MAX_COLUMNS};
use crate::map::Set;

pub(super) fn columns(stream: &Stream) -> Vec<Column> {
    let shown = shown(stream);
    let mut columns: Vec<Column> = Vec::new();
    for (seq, cell) in &stream.cells {
        if shown.contains(seq) {
            columns.push(Column::Cell(cell.clone()));
        } else if let Some(Column::Elided { to, messages, .. }) = columns.last_mut() {
            (*to, *messages) = (*seq, *messages + 1);
        } else {
            columns.push(Column::Elided { from: *seq, to: *seq, messages: 1 });
        }
    }
    with_gaps(columns, stream)
}

fn shown(stream: &Stream) -> Set<u64> {
    let newest = stream.cells.keys().rev().take(MAX_COLUMNS / 2).copied();
    let mut shown: Set<u64> = newest.collect();
    if stream.cells.len() <= MAX_COLUMNS {
        shown.extend(stream.cells.keys().copied());
        return shown;
    }
    let fronts = stream.consumers.iter().flat_map(|consumer| {
        let unanswered = consumer.outstanding.keys().copied();
        let front = stream.cells.range(consumer.delivered.stream_seq.saturating_sub(5)..).take(20);
        unanswered.chain(front.map(|(seq, _)| *seq))
    });
    for seq in fronts.filter(|seq| stream.cells.contains_key(seq)) {
        if shown.len() >= MAX_COLUMNS {
            break;
        }
        shown.insert(seq);
    }
    shown
}

/// Puts the gaps between the cells. Those inside an elided run stay inside.
fn with_gaps(columns: Vec<Column>, stream: &Stream) -> Vec<Column> {
    let mut gaps = stream.gaps.iter().map(|(from, (to, reason))| (*from, *to, *reason)).peekable();
    let mut all: Vec<Column> = Vec::new();
    for column in columns {
        while let Some((from, to, reason)) = gaps.next_if(|(from, _, _)| *from < column.to_seq()) {
            if from < column.from_seq() {
                push_gap(&mut all, from, to, reason);
            }
        }
        all.push(column);
    }
    gaps.for_each(|(from, to, reason)| push_gap(&mut all, from, to, reason));
    all
}

fn push_gap(columns: &mut Vec<Column>, from: u64, to: u64, reason: GapReason) {
    columns.push(Column::Gap { from, to, reason });
}
