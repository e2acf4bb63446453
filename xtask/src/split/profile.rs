//! What ran when the first lessons were last played, and which functions are therefore kept for the first half.
//!
//! The program changes between two profiles, so names lose what changes by itself, and a function that the profile has
//! never seen goes where the functions that call it are: one that was there and did not run stays out, one that is new
//! may be what a caller in the first half is now made of. Nobody knows who calls what is in a table.

use super::program::{Program, calls};
use std::collections::BTreeSet;

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
}

impl Profile {
    /// `ran` has a name in each line, `idle` marks between blanks.
    pub fn read(ran: &str, idle: &str) -> Profile {
        let marks = idle.split_whitespace().filter_map(|mark| u32::from_str_radix(mark, 16).ok());
        Profile { ran: ran.lines().map(str::to_owned).collect(), idle: marks.collect() }
    }

    /// Of all `names` those of the functions that `ran`.
    pub fn new<'a>(ran: impl IntoIterator<Item = &'a String>, names: impl IntoIterator<Item = &'a String>) -> Profile {
        let ran: BTreeSet<String> = ran.into_iter().cloned().collect();
        let idle = names.into_iter().filter(|name| !ran.contains(*name)).map(|name| mark(name)).collect();
        Profile { ran, idle }
    }

    /// The two texts that [`Profile::read`] reads.
    pub fn texts(&self) -> (String, String) {
        let marks: Vec<String> = self.idle.iter().map(|mark| format!("{mark:06x}")).collect();
        let idle = marks.chunks(MARKS_PER_LINE).map(|line| line.join(" ") + "\n").collect();
        (self.ran.iter().map(|name| format!("{name}\n")).collect(), idle)
    }

    /// How many functions ran.
    pub fn len(&self) -> usize {
        self.ran.len()
    }

    /// The places of the bodies that stay in the first half.
    pub fn kept(&self, program: &Program) -> Result<BTreeSet<usize>, String> {
        let name = |at: usize| program.names.get(&program.index(at));
        let ran = |at: &usize| name(*at).is_none_or(|name| self.ran.contains(name));
        let size = |at: usize| program.bodies[at].as_bytes().len();
        let is_new = |at: usize| name(at).is_none_or(|name| !self.idle.contains(&mark(name)));
        let comes_along = |at: usize| size(at) <= SMALL || is_new(at);
        let in_table = |at: &usize| program.mentioned.contains(&program.index(*at)) && size(*at) <= SMALL_IN_TABLE;
        let mut kept: BTreeSet<usize> =
            (0..program.bodies.len()).filter(|at| ran(at) || is_new(*at) && in_table(at)).collect();
        let mut next: Vec<usize> = kept.iter().copied().collect();
        while let Some(at) = next.pop() {
            let called = calls(&program.bodies[at])?;
            let here = called.into_iter().filter_map(|function| program.at(function)).filter(|at| comes_along(*at));
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
        let names = ["a", "b", "c"].map(str::to_owned);
        let profile = Profile::new(&names[..1], &names);
        let (ran, idle) = profile.texts();
        assert_eq!((ran.as_str(), idle.split_whitespace().count()), ("a\n", 2));
        let read = Profile::read(&ran, &idle);
        assert_eq!((read.ran, read.idle), (profile.ran, profile.idle));
    }
}
