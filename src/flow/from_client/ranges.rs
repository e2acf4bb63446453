//! Sets of sequences, kept as runs: as small as there are gaps, however many sequences are in it.

use std::collections::BTreeMap;

/// Runs by their first sequence: the last one. They neither touch nor overlap.
#[derive(Clone, Debug, Default)]
pub struct Ranges {
    runs: BTreeMap<u64, u64>,
}

impl Ranges {
    pub fn contains(&self, seq: u64) -> bool {
        self.runs.range(..=seq).next_back().is_some_and(|(_, to)| *to >= seq)
    }

    /// `true` if it is new.
    pub fn insert(&mut self, seq: u64) -> bool {
        if self.contains(seq) {
            return false;
        }
        let before = self.runs.range(..seq).next_back().filter(|(_, to)| **to + 1 == seq).map(|(from, _)| *from);
        let after = seq.checked_add(1).and_then(|next| self.runs.remove(&next));
        self.runs.insert(before.unwrap_or(seq), after.unwrap_or(seq));
        true
    }

    pub fn remove(&mut self, first: u64, last: u64) {
        for (from, to) in self.within(first, last) {
            let run = self.runs.range(..=from).next_back().map(|(from, to)| (*from, *to));
            let Some((run_from, run_to)) = run else { continue };
            self.runs.remove(&run_from);
            if run_from < from {
                self.runs.insert(run_from, from - 1);
            }
            if run_to > to {
                self.runs.insert(to + 1, run_to);
            }
        }
    }

    /// The runs between `first` and `last`, cut to fit.
    pub fn within(&self, first: u64, last: u64) -> Vec<(u64, u64)> {
        if first > last {
            return Vec::new();
        }
        let start = self.runs.range(..=first).next_back().map_or(first, |(from, _)| *from);
        let runs = self.runs.range(start..=last).map(|(from, to)| ((*from).max(first), (*to).min(last)));
        runs.filter(|(from, to)| from <= to).collect()
    }

    /// What is missing between `first` and `last`, newest first, at most `limit` of them. Sequences begin with 1.
    pub fn missing(&self, first: u64, last: u64, limit: usize) -> Vec<u64> {
        let mut holes = Vec::new();
        let mut next = first.max(1);
        for (from, to) in self.within(next, last) {
            holes.push(next..from);
            next = to.saturating_add(1);
        }
        holes.push(next..last.saturating_add(1));
        holes.into_iter().rev().flat_map(|hole| hole.rev()).take(limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn is_a_set(steps in proptest::collection::vec((any::<bool>(), 1u64..60, 0u64..9), 0..80), first in 1u64..60, span in 0u64..30) {
            let (mut ranges, mut obvious) = (Ranges::default(), BTreeSet::new());
            for (add, seq, more) in steps {
                if add {
                    prop_assert_eq!(ranges.insert(seq), obvious.insert(seq));
                } else {
                    ranges.remove(seq, seq + more);
                    obvious.retain(|held| !(seq..=seq + more).contains(held));
                }
            }
            let last = first + span;
            let within: Vec<u64> = ranges.within(first, last).into_iter().flat_map(|(from, to)| from..=to).collect();
            prop_assert_eq!(within, obvious.range(first..=last).copied().collect::<Vec<_>>());
            let missing: Vec<u64> = (first..=last).rev().filter(|seq| !obvious.contains(seq)).take(7).collect();
            prop_assert_eq!(ranges.missing(first, last, 7), missing);
            prop_assert!((0..99).all(|seq| ranges.contains(seq) == obvious.contains(&seq)));
        }
    }
}
