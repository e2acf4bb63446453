//! Which sequences are on which subject.
//!
//! Sorted by subject, so that a filter with a literal beginning only looks at subjects that begin so. A subject with one
//! message costs no list.

use super::Filters;
use crate::sorted;
use crate::subject::{Subject, SubjectFilter};
use std::collections::VecDeque;
use std::collections::btree_map::{BTreeMap, Entry};
use std::ops::Bound;

#[derive(Clone, Debug, Default)]
pub(super) struct Subjects(BTreeMap<Subject, Sequences>);

/// The sequences of one subject, ascending, never none.
#[derive(Clone, Debug)]
pub(super) enum Sequences {
    One(u64),
    Many(VecDeque<u64>),
}

impl Subjects {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn get(&self, subject: &str) -> Option<&Sequences> {
        self.0.get(subject)
    }

    /// Returns the subject as the index holds it, so that equal subjects share their text.
    pub fn insert(&mut self, subject: Subject, seq: u64) -> Subject {
        match self.0.entry(subject) {
            Entry::Occupied(mut entry) => {
                entry.get_mut().push(seq);
                entry.key().clone()
            }
            Entry::Vacant(entry) => {
                let subject = entry.key().clone();
                entry.insert(Sequences::One(seq));
                subject
            }
        }
    }

    pub fn remove(&mut self, subject: &str, seq: u64) {
        let Some(sequences) = self.0.get_mut(subject) else { return };
        if sequences.remove(seq) {
            self.0.remove(subject);
        }
    }

    /// Forgets some subjects, whichever.
    pub fn drop_some(&mut self, count: usize) {
        for _ in 0..count {
            if self.0.pop_last().is_none() {
                return;
            }
        }
    }

    /// Forgets every sequence below `end` of the subjects `is_meant` says. Returns them, in no order.
    pub fn drop_below(&mut self, end: u64, is_meant: impl Fn(&str) -> bool) -> Vec<u64> {
        let mut dropped = Vec::new();
        self.0.retain(|subject, sequences| !is_meant(subject) || sequences.drop_below(end, &mut dropped));
        dropped
    }

    /// Subjects in the neighbourhood of `filter`, in order; the caller still has to match them.
    pub fn near(&self, filter: &SubjectFilter) -> impl Iterator<Item = (&Subject, &Sequences)> {
        let prefix = literal_prefix(filter).to_owned();
        self.0
            .range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded))
            .take_while(move |(subject, _)| subject.starts_with(&prefix))
    }

    /// Every wanted subject, each once, in order.
    pub fn matching(&self, filters: &Filters) -> Vec<(&Subject, &Sequences)> {
        match filters.0.as_slice() {
            [] => self.0.iter().collect(),
            [filter] => self.near(filter).filter(|(subject, _)| filter.matches(subject)).collect(),
            several => {
                let found = several.iter().flat_map(|f| self.near(f).filter(|(subject, _)| f.matches(subject)));
                let mut found: Vec<_> = found.collect();
                sorted::by_key(&mut found, |(subject, _)| *subject);
                found.dedup_by_key(|(subject, _)| *subject);
                found
            }
        }
    }
}

/// The filter's text before its first wildcard; for a literal one all of it.
fn literal_prefix(filter: &SubjectFilter) -> &str {
    let mut end = 0;
    for token in filter.split('.') {
        if token == "*" || token == ">" {
            return &filter.as_str()[..end];
        }
        end = (end + token.len() + 1).min(filter.len());
    }
    filter.as_str()
}

impl Sequences {
    pub fn len(&self) -> u64 {
        match self {
            Sequences::One(_) => 1,
            Sequences::Many(list) => list.len() as u64,
        }
    }

    pub fn first(&self) -> u64 {
        match self {
            Sequences::One(seq) => *seq,
            Sequences::Many(list) => list.front().copied().unwrap_or(0),
        }
    }

    pub fn last(&self) -> u64 {
        match self {
            Sequences::One(seq) => *seq,
            Sequences::Many(list) => list.back().copied().unwrap_or(0),
        }
    }

    pub fn at_or_after(&self, seq: u64) -> Option<u64> {
        match self {
            Sequences::One(one) => (*one >= seq).then_some(*one),
            Sequences::Many(list) => list.get(list.partition_point(|&s| s < seq)).copied(),
        }
    }

    pub fn at_or_before(&self, seq: u64) -> Option<u64> {
        match self {
            Sequences::One(one) => (*one <= seq).then_some(*one),
            Sequences::Many(list) => list.partition_point(|&s| s <= seq).checked_sub(1).map(|index| list[index]),
        }
    }

    pub fn count_from(&self, seq: u64) -> u64 {
        match self {
            Sequences::One(one) => u64::from(*one >= seq),
            Sequences::Many(list) => (list.len() - list.partition_point(|&s| s < seq)) as u64,
        }
    }

    fn push(&mut self, seq: u64) {
        match self {
            Sequences::One(one) => *self = Sequences::Many(VecDeque::from([*one, seq])),
            Sequences::Many(list) => list.push_back(seq),
        }
    }

    /// Moves what is below `end` to `dropped`. Returns whether anything is left.
    fn drop_below(&mut self, end: u64, dropped: &mut Vec<u64>) -> bool {
        match self {
            Sequences::One(one) if *one < end => {
                dropped.push(*one);
                false
            }
            Sequences::One(_) => true,
            Sequences::Many(list) => {
                dropped.extend(list.drain(..list.partition_point(|&seq| seq < end)));
                list.shrink_to(list.len() * 2);
                match (list.len(), list.front().copied()) {
                    (0, _) => false,
                    (1, Some(one)) => {
                        *self = Sequences::One(one);
                        true
                    }
                    _ => true,
                }
            }
        }
    }

    /// Returns whether nothing is left.
    fn remove(&mut self, seq: u64) -> bool {
        match self {
            Sequences::One(one) => *one == seq,
            Sequences::Many(list) => {
                if list.front() == Some(&seq) {
                    list.pop_front();
                } else if let Ok(index) = list.binary_search(&seq) {
                    list.remove(index);
                }
                if list.len() * 4 < list.capacity() && list.capacity() > 8 {
                    list.shrink_to(list.len() * 2);
                }
                let one = list.front().copied().filter(|_| list.len() == 1);
                if let Some(one) = one {
                    *self = Sequences::One(one);
                }
                false
            }
        }
    }
}
