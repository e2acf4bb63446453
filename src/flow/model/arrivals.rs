//! How many messages have reached a client by some moment: counted when they arrive, not when they leave.
//!
//! What is on its way is remembered by when it arrives, as closely as eyes can tell: however many messages there are, one
//! wire's length is divided into a bounded number of parts.

use crate::time::Timestamp;
use std::collections::VecDeque;

/// Parts of a way whose messages arrive together: none is counted earlier than this share of its way before its time.
const PARTS: i64 = 128;

#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    landed: u64,
    /// When how many arrive, ascending.
    ahead: VecDeque<(Timestamp, u64)>,
}

impl Arrivals {
    /// A message leaves at `at` and arrives at `arrives`.
    pub fn leaves(&mut self, at: Timestamp, arrives: Timestamp) {
        while let Some((_, count)) = self.ahead.pop_front_if(|(earliest, _)| *earliest <= at) {
            self.landed += count;
        }
        let part = part_of(at, arrives);
        let after = self.ahead.partition_point(|(other, _)| *other <= part);
        match after.checked_sub(1).and_then(|last| self.ahead.get_mut(last)) {
            Some((other, count)) if *other == part => *count += 1,
            _ => self.ahead.insert(after, (part, 1)),
        }
    }

    /// What left at `at` never arrives.
    pub fn loses(&mut self, at: Timestamp, arrives: Timestamp) {
        let part = part_of(at, arrives);
        match self.ahead.iter_mut().find(|(other, _)| *other == part) {
            Some((_, count)) => *count = count.saturating_sub(1),
            None => self.landed = self.landed.saturating_sub(1),
        }
    }

    /// How many had arrived by `now`.
    pub fn by(&self, now: Timestamp) -> u64 {
        let landed = self.ahead.iter().take_while(|(at, _)| *at <= now);
        self.landed + landed.map(|(_, count)| count).sum::<u64>()
    }

    /// Whether any arrived after `before`, and at `now` at the latest.
    pub fn any_between(&self, before: Timestamp, now: Timestamp) -> bool {
        self.ahead.iter().any(|(at, count)| before < *at && *at <= now && *count > 0)
    }
}

fn part_of(at: Timestamp, arrives: Timestamp) -> Timestamp {
    let part = (arrives.nanos().saturating_sub(at.nanos()) / PARTS).max(1);
    Timestamp(arrives.nanos() - arrives.nanos().rem_euclid(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const WAY: Duration = Duration::from_millis(2);

    #[test]
    fn counted_when_they_arrive() {
        let (mut arrivals, start) = (Arrivals::default(), Timestamp::from_secs(1_000));
        let at = |micros: u64| start + Duration::from_micros(micros);
        arrivals.leaves(at(0), at(0) + WAY);
        arrivals.leaves(at(500), at(500) + WAY);
        arrivals.leaves(at(900), at(900) + WAY);
        arrivals.loses(at(900), at(900) + WAY);
        let counts = [0, 1_900, 2_000, 2_400, 2_500, 3_000].map(|micros| arrivals.by(at(micros)));
        assert_eq!(counts, [0, 0, 1, 1, 2, 2]);
        assert!(arrivals.any_between(at(1_900), at(2_000)) && !arrivals.any_between(at(2_000), at(2_400)));
        arrivals.leaves(at(9_000), at(9_000) + WAY);
        assert_eq!((arrivals.by(at(9_000)), arrivals.by(at(11_000))), (2, 3));
    }

    #[test]
    fn a_hundred_thousand_a_second_are_counted_and_few_are_remembered() {
        let (mut arrivals, start) = (Arrivals::default(), Timestamp::from_secs(1_000));
        for index in 0..20_000 {
            let at = start + Duration::from_micros(10) * index;
            arrivals.leaves(at, at + WAY);
            assert!(arrivals.ahead.len() as i64 <= PARTS + 2);
        }
        assert_eq!(arrivals.by(Timestamp::MAX), 20_000);
    }
}
