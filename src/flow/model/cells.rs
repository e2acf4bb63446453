//! The messages of a stream: in shares of neighbouring sequences, so that a world is copied and counted quickly.
//!
//! A copy has the same shares until one of the two changes; counting between two sequences looks into two shares only.

use crate::flow::scene::Cell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Sequences that are kept together.
pub const SHARE: u64 = 256;

/// Stored messages by sequence.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// By sequence divided by [`SHARE`]; none is empty.
    shares: BTreeMap<u64, Arc<Vec<Cell>>>,
    len: usize,
}

impl Cells {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What copying costs.
    pub fn weight(&self) -> usize {
        self.shares.len()
    }

    pub fn get(&self, seq: u64) -> Option<&Cell> {
        let share = self.shares.get(&(seq / SHARE))?;
        share.binary_search_by_key(&seq, |cell| cell.seq).ok().map(|at| &share[at])
    }

    pub fn insert(&mut self, cell: Cell) {
        let share = Arc::make_mut(self.shares.entry(cell.seq / SHARE).or_default());
        match share.binary_search_by_key(&cell.seq, |other| other.seq) {
            Ok(at) => share[at] = cell,
            Err(at) => {
                share.insert(at, cell);
                self.len += 1;
            }
        }
    }

    pub fn remove(&mut self, seq: u64) -> Option<Cell> {
        let shared = self.shares.get_mut(&(seq / SHARE))?;
        let at = shared.binary_search_by_key(&seq, |cell| cell.seq).ok()?;
        self.len -= 1;
        if shared.len() == 1 {
            return self.shares.remove(&(seq / SHARE)).map(|share| share[0].clone());
        }
        Some(Arc::make_mut(shared).remove(at))
    }

    /// Removes everything from `from` to `to`. Returns the sum of their stored bytes.
    pub fn remove_range(&mut self, from: u64, to: u64) -> u64 {
        let numbers: Vec<u64> =
            self.shares.range(from / SHARE..=to.max(from) / SHARE).map(|(number, _)| *number).collect();
        let mut bytes = 0;
        for number in numbers {
            let Some(share) = self.shares.get_mut(&number) else { continue };
            let before = share.len();
            let is_gone = |cell: &Cell| (from..=to).contains(&cell.seq);
            bytes += share.iter().filter(|cell| is_gone(cell)).map(|cell| cell.stored_bytes).sum::<u64>();
            let left = before - share.iter().filter(|cell| is_gone(cell)).count();
            self.len -= before - left;
            if left == 0 {
                self.shares.remove(&number);
            } else if left < before {
                Arc::make_mut(share).retain(|cell| !is_gone(cell));
            }
        }
        bytes
    }

    pub fn first(&self) -> Option<&Cell> {
        self.shares.first_key_value().and_then(|(_, share)| share.first())
    }

    pub fn last(&self) -> Option<&Cell> {
        self.shares.last_key_value().and_then(|(_, share)| share.last())
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Cell> {
        self.shares.values().flat_map(|share| share.iter())
    }

    /// In ascending order; an empty range when it ends before it begins.
    pub fn range(&self, seqs: RangeInclusive<u64>) -> impl DoubleEndedIterator<Item = &Cell> {
        let (from, to) = (*seqs.start(), (*seqs.end()).max(*seqs.start()));
        let shares = self.shares.range(from / SHARE..=to / SHARE);
        shares.flat_map(move |(_, share)| {
            let end = share.partition_point(|cell| cell.seq <= *seqs.end());
            let begin = share.partition_point(|cell| cell.seq < from).min(end);
            share[begin..end].iter()
        })
    }

    /// How many there are from `from` to `to`.
    pub fn count(&self, from: u64, to: u64) -> u64 {
        if from > to {
            return 0;
        }
        let part = |share: &Arc<Vec<Cell>>| {
            let end = share.partition_point(|cell| cell.seq <= to);
            end - share.partition_point(|cell| cell.seq < from)
        };
        let is_whole = |number: u64| number > from / SHARE && number < to / SHARE;
        let shares = self.shares.range(from / SHARE..=to / SHARE);
        shares.map(|(number, share)| if is_whole(*number) { share.len() } else { part(share) }).sum::<usize>() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::MessageId;
    use crate::time::Timestamp;
    use std::collections::BTreeSet;

    fn cell(seq: u64) -> Cell {
        let (message, subject) = (MessageId(seq), "s.a".into());
        Cell {
            seq,
            message,
            subject,
            bytes: 1,
            stored_bytes: 1,
            stored_at: Timestamp(seq as i64),
            points_to: None,
            marker: None,
            how: None,
        }
    }

    /// Every third is missing, and some more.
    fn holed() -> (Cells, BTreeSet<u64>) {
        let (mut cells, mut held) = (Cells::default(), BTreeSet::new());
        for seq in (1..3_000).rev().filter(|seq| seq % 3 != 0) {
            cells.insert(cell(seq));
            held.insert(seq);
        }
        for seq in (1..2_000).step_by(7) {
            assert_eq!(cells.remove(seq).is_some(), held.remove(&seq));
        }
        (cells, held)
    }

    #[test]
    fn counts_are_those_of_looking_at_each() {
        let (cells, held) = holed();
        assert_eq!(cells.len(), held.len());
        assert!(cells.iter().map(|cell| cell.seq).eq(held.iter().copied()));
        for from in (1..3_100u64).step_by(61) {
            for to in (from.saturating_sub(1)..3_100).step_by(127) {
                let expected = held.iter().filter(|seq| (from..=to).contains(*seq)).count() as u64;
                assert_eq!(cells.count(from, to), expected, "{from} to {to}");
                assert_eq!(cells.range(from..=to).count() as u64, expected, "{from} to {to}");
            }
        }
    }

    #[test]
    fn a_range_goes_at_once() {
        for (from, to) in [(1, 3_000), (300, 290), (255, 256), (700, 1_900), (2_999, 2_999)] {
            let (mut cells, mut held) = holed();
            let gone = held.iter().filter(|seq| (from..=to).contains(*seq)).count() as u64;
            assert_eq!(cells.remove_range(from, to), gone, "a byte each");
            held.retain(|seq| !(from..=to).contains(seq));
            assert_eq!(cells.len(), held.len());
            assert!(cells.iter().map(|cell| cell.seq).eq(held.iter().copied()), "{from} to {to}");
        }
    }

    #[test]
    fn a_copy_keeps_what_it_had() {
        let (mut cells, held) = holed();
        let copy = cells.clone();
        for seq in &held {
            assert_eq!(cells.get(*seq).map(|cell| cell.seq), Some(*seq));
            cells.remove(*seq);
        }
        assert!(cells.is_empty() && cells.first().is_none() && cells.last().is_none());
        assert_eq!((copy.len(), copy.first().map(|c| c.seq)), (held.len(), held.first().copied()));
        assert_eq!(copy.last().map(|c| c.seq), held.last().copied());
    }
}
