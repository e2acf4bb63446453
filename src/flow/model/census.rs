//! How many messages lie between two sequences, without looking at each.

use std::collections::BTreeMap;

/// Sequences counted together.
pub const SHARE: u64 = 256;

/// Counts of stored messages by share of [`SHARE`] sequences.
#[derive(Clone, Debug, Default)]
pub struct Census {
    shares: BTreeMap<u64, u64>,
}

impl Census {
    pub fn add(&mut self, seq: u64) {
        *self.shares.entry(seq / SHARE).or_default() += 1;
    }

    pub fn remove(&mut self, seq: u64) {
        let Some(count) = self.shares.get_mut(&(seq / SHARE)) else { return };
        *count -= 1;
        if *count == 0 {
            self.shares.remove(&(seq / SHARE));
        }
    }

    /// How many are stored from `from` to `to`; `each` counts a part of one share.
    pub fn count(&self, from: u64, to: u64, each: impl Fn(u64, u64) -> u64) -> u64 {
        if from > to {
            return 0;
        }
        let (first, last) = (from.div_ceil(SHARE), (to + 1) / SHARE);
        if first >= last {
            return each(from, to);
        }
        let whole: u64 = self.shares.range(first..last).map(|(_, count)| count).sum();
        let before = if from < first * SHARE { each(from, first * SHARE - 1) } else { 0 };
        let after = if last * SHARE <= to { each(last * SHARE, to) } else { 0 };
        before + whole + after
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn counts_are_those_of_looking_at_each() {
        let (mut census, mut held) = (Census::default(), BTreeSet::new());
        for seq in (1..3_000).filter(|seq| seq % 3 != 0) {
            census.add(seq);
            held.insert(seq);
        }
        for seq in (1..2_000).step_by(7) {
            if held.remove(&seq) {
                census.remove(seq);
            }
        }
        let each = |from: u64, to: u64| held.range(from..=to).count() as u64;
        for from in (1..3_100u64).step_by(61) {
            for to in (from.saturating_sub(1)..3_100).step_by(127) {
                let expected = if from <= to { each(from, to) } else { 0 };
                assert_eq!(census.count(from, to, each), expected, "{from} to {to}");
            }
        }
    }
}
