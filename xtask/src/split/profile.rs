//! What ran when the first lessons were last played, and which functions are therefore kept for the first half.
//!
//! The program changes between two profiles, so names lose what changes by itself, and a function that the profile has
//! never seen goes where the functions that call it are: one that was there and did not run stays out, one that is new
//! may be what a caller in the first half is now made of. Nobody knows who calls what is in a table.

use super::arms::{Arms, Note};
use super::program::{Program, calls};
use std::collections::{BTreeMap, BTreeSet};

/// A function not much larger than the stub it would leave is kept with its callers.
const SMALL: usize = 48;
/// A new function in a table may be called by anybody: it is kept if it is no larger, as what drops things is.
const SMALL_IN_TABLE: usize = 300;
/// How many marks stand in a line of text.
const MARKS_PER_LINE: usize = 16;

#[derive(Default)]
pub struct Profile {
    /// The names of the functions that ran.
    ran: BTreeSet<String>,
    /// Marks of those that were there and did not.
    idle: BTreeSet<u32>,
    /// What did not run of those that did.
    pub arms: Arms,
}

impl Profile {
    /// `ran` has a name in each line, `idle` marks between blanks, for `arms` see [`Arms::read`].
    pub fn read(ran: &str, idle: &str, arms: &str) -> Profile {
        let marks = idle.split_whitespace().filter_map(|mark| u32::from_str_radix(mark, 16).ok());
        let ran = ran.lines().map(str::to_owned).collect();
        Profile { ran, idle: marks.collect(), arms: Arms::read(arms) }
    }

    /// `all` is what a program notes of its functions, which have `names`; some of it `ran`.
    pub fn new(all: &BTreeSet<Note>, ran: &BTreeSet<Note>, names: &BTreeMap<u32, String>) -> Profile {
        let whole = ran.iter().filter(|note| note.first == 0);
        let names_ran: BTreeSet<String> = whole.filter_map(|note| names.get(&note.function).cloned()).collect();
        let has_run = |note: &&Note| names.get(&note.function).is_some_and(|name| names_ran.contains(name));
        let arms = Arms::new(&all.iter().filter(has_run).copied().collect(), ran);
        let idle = names.values().filter(|name| !names_ran.contains(*name)).map(|name| mark(name)).collect();
        Profile { ran: names_ran, idle, arms }
    }

    /// The three texts that [`Profile::read`] reads.
    pub fn texts(&self) -> [String; 3] {
        let marks: Vec<String> = self.idle.iter().map(|mark| format!("{mark:06x}")).collect();
        let idle = marks.chunks(MARKS_PER_LINE).map(|line| line.join(" ") + "\n").collect();
        [self.ran.iter().map(|name| format!("{name}\n")).collect(), idle, self.arms.text()]
    }

    /// How many functions ran.
    pub fn len(&self) -> usize {
        self.ran.len()
    }

    /// The places of the bodies that stay in the first half. Those from `before` on were taken out of others: they go.
    pub fn kept(&self, program: &Program, before: usize) -> Result<BTreeSet<usize>, String> {
        let name = |at: usize| program.names.get(&program.index(at));
        let ran = |at: &usize| name(*at).is_none_or(|name| self.ran.contains(name));
        let size = |at: usize| program.bodies[at].as_bytes().len();
        let is_new = |at: usize| name(at).is_none_or(|name| !self.idle.contains(&mark(name)));
        let comes_along = |at: usize| size(at) <= SMALL || is_new(at);
        let tabled: BTreeSet<u32> = program.slots.values().chain(&program.mentioned).copied().collect();
        let in_table = |at: &usize| tabled.contains(&program.index(*at)) && size(*at) <= SMALL_IN_TABLE;
        let mut kept: BTreeSet<usize> = (0..before).filter(|at| ran(at) || is_new(*at) && in_table(at)).collect();
        let mut next: Vec<usize> = kept.iter().copied().collect();
        while let Some(at) = next.pop() {
            let called = calls(&program.bodies[at])?;
            let here = called
                .into_iter()
                .filter_map(|function| program.at(function))
                .filter(|at| *at < before && comes_along(*at));
            next.extend(here.filter(|at| kept.insert(*at)));
        }
        Ok(kept)
    }
}

/// 24 bits of FNV-1a: of ten thousand names, one in two thousand that are new passes for one of them.
fn mark(name: &str) -> u32 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash >> 24 ^ hash) & 0x00ff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_as_it_was_written() {
        let names = BTreeMap::from([(1, "a".to_owned()), (2, "b".to_owned()), (3, "c".to_owned())]);
        let note = |name: &str| Note::read(name).unwrap();
        let all = ["ran1.a1.0.3", "ran1.a1.2.3", "ran2.b1.0.0", "ran3.c1.0.0"].map(note);
        let profile = Profile::new(&BTreeSet::from(all), &BTreeSet::from([all[0]]), &names);
        let [ran, idle, arms] = profile.texts();
        assert_eq!((ran.as_str(), idle.split_whitespace().count()), ("a\n", 2));
        assert_eq!(arms, "00000000000000a1 2\n");
        let read = Profile::read(&ran, &idle, &arms);
        assert_eq!((read.ran, read.idle, read.arms), (profile.ran, profile.idle, profile.arms));
    }
}
