//! Which read-only data goes to the rest, and both halves' data segments.

use super::linked::{Linked, active_at};
use super::program::said;
use std::collections::BTreeSet;
use std::ops::Range;
use wasm_encoder::{ConstExpr, DataSection};
use wasmparser::{Parser, Payload};

/// As many zeros compress to less than the head of another segment.
const SEGMENT_COST: u32 = 24;

/// What memory holds before anything runs. Zero where nothing is written.
#[derive(Default)]
pub struct Image {
    start: u32,
    bytes: Vec<u8>,
}

impl Image {
    pub fn read(wasm: &[u8]) -> Result<Image, String> {
        let mut image = Image::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let Payload::DataSection(segments) = payload.map_err(said)? else { continue };
            for segment in segments {
                let segment = segment.map_err(said)?;
                let address = active_at(&segment.kind).map_err(said)?;
                image.write(address.ok_or("some data is not written at the start")?, segment.data);
            }
        }
        Ok(image)
    }

    pub fn write(&mut self, address: u32, content: &[u8]) {
        if self.bytes.is_empty() {
            self.start = address;
        }
        if address < self.start {
            let more = vec![0; (self.start - address) as usize];
            self.bytes.splice(..0, more);
            self.start = address;
        }
        let from = (address - self.start) as usize;
        let end = from + content.len();
        self.bytes.resize(self.bytes.len().max(end), 0);
        self.bytes[from..end].copy_from_slice(content);
    }

    fn end(&self) -> u32 {
        self.start + self.bytes.len() as u32
    }

    /// What a word says, least significant byte first.
    pub fn word(&self, address: u32) -> u32 {
        u32::from_le_bytes([0, 1, 2, 3].map(|offset| self.at(address + offset)))
    }

    pub fn at(&self, address: u32) -> u8 {
        let offset = address.checked_sub(self.start);
        offset.and_then(|offset| self.bytes.get(offset as usize)).copied().unwrap_or_default()
    }

    /// The first address at which two images differ.
    pub fn difference(&self, other: &Image) -> Option<u32> {
        let mut all = self.start.min(other.start)..self.end().max(other.end());
        all.find(|address| self.at(*address) != other.at(*address))
    }

    /// All but what is `moved`. Memory is zero where nothing is written; a short way to the next segment is too.
    pub fn without(&self, moved: &BTreeSet<u32>) -> DataSection {
        let byte = |address| if moved.contains(&address) { 0 } else { self.at(address) };
        section((self.start..self.end()).filter(|address| byte(*address) != 0), SEGMENT_COST, byte)
    }

    /// What is `moved`, and not a byte more: the program may have written next to it.
    pub fn only(&self, moved: &BTreeSet<u32>) -> DataSection {
        section(moved.iter().copied(), 0, |address| self.at(address))
    }
}

/// What stands at `addresses`, and between two of them if that is no further than `gap`.
fn section(addresses: impl Iterator<Item = u32>, gap: u32, byte: impl Fn(u32) -> u8) -> DataSection {
    let mut ranges: Vec<Range<u32>> = Vec::new();
    for address in addresses {
        match ranges.last_mut() {
            Some(last) if address - last.end <= gap => last.end = address + 1,
            _ => ranges.push(address..address + 1),
        }
    }
    let mut section = DataSection::new();
    for range in ranges {
        section.active(0, &ConstExpr::i32_const(range.start as i32), range.map(&byte));
    }
    section
}

/// The addresses that only the rest reads: those of pieces which none of `meant` leads to.
///
/// Where a panic would be said to have happened goes in any case. Only what reports panics reads that, and it is in the rest
/// itself; if anybody else did, it would find a place without a name.
/// Pieces may overlap, so an address goes only if everything that covers it goes; what no piece covers stays.
pub fn moved(linked: &Linked, meant: impl IntoIterator<Item = u32>) -> BTreeSet<u32> {
    let nothing = BTreeSet::new();
    let mut kept = linked.pinned.clone();
    kept.extend(meant.into_iter().flat_map(|address| linked.meant.get(&address).unwrap_or(&nothing)));
    kept.retain(|piece| !linked.is_location(*piece));
    let mut next: Vec<usize> = kept.iter().copied().collect();
    while let Some(piece) = next.pop() {
        let to = linked.leads.get(&piece).unwrap_or(&nothing).iter().filter(|to| !linked.is_location(**to));
        next.extend(to.filter(|to| kept.insert(**to)));
    }
    let (stay, go): (Vec<_>, Vec<_>) = linked.pieces.iter().enumerate().partition(|(at, _)| kept.contains(at));
    let mut moved: BTreeSet<u32> = go.into_iter().flat_map(|(_, piece)| piece.clone()).collect();
    for address in stay.into_iter().flat_map(|(_, piece)| piece.clone()) {
        moved.remove(&address);
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four pieces: 0 leads to 1, 2 overlaps 1, 3 is on its own.
    fn linked() -> Linked {
        let mut linked = Linked { pieces: vec![100..104, 104..108, 106..110, 110..112], ..Linked::default() };
        linked.leads.insert(0, BTreeSet::from([1]));
        linked.meant.extend([(100, BTreeSet::from([0])), (106, BTreeSet::from([2])), (110, BTreeSet::from([2, 3]))]);
        linked
    }

    #[test]
    fn what_is_meant_stays_with_all_it_leads_to() {
        let moved = |meant: &[u32]| moved(&linked(), meant.iter().copied()).into_iter().collect::<Vec<_>>();
        assert_eq!(moved(&[]), (100..112).collect::<Vec<_>>());
        assert_eq!(moved(&[100]), [108, 109, 110, 111], "1 stays for 0, and what 2 shares with it");
        assert_eq!(moved(&[106]), [100, 101, 102, 103, 104, 105, 110, 111]);
        assert_eq!(moved(&[110]), [100, 101, 102, 103, 104, 105], "the end of 2 or the start of 3: both stay");
        let pinned = Linked { pinned: BTreeSet::from([0]), ..linked() };
        assert_eq!(super::moved(&pinned, [106, 110]), BTreeSet::new());
    }

    #[test]
    fn places_of_panics_go() {
        let mut linked = Linked { pieces: vec![100..116, 120..125, 132..148], ..Linked::default() };
        linked.image.write(100, &[120, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0]);
        linked.image.write(120, b"a.rs\0");
        linked.image.write(132, &[120, 0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0]);
        linked.leads.extend([(0, BTreeSet::from([1])), (2, BTreeSet::from([1]))]);
        linked.meant.extend([(100, BTreeSet::from([0])), (132, BTreeSet::from([2]))]);
        assert_eq!(moved(&linked, [100]).len(), 16 + 5 + 16);
        assert_eq!(moved(&linked, [132]).len(), 16, "that one has another length");
    }

    #[test]
    fn both_halves_write_what_the_whole_wrote() {
        let mut image = Image::default();
        image.write(100, b"0123\0\0\0\0\0\0\0\0\0\0\0\0ABCD");
        let moved = BTreeSet::from([102, 103, 104, 117]);
        let read = |section: DataSection| {
            let mut module = wasm_encoder::Module::new();
            Image::read(&module.section(&section).clone().finish()).unwrap()
        };
        let first = read(image.without(&moved));
        assert_eq!((first.start, first.end()), (100, 120));
        assert_eq!((first.at(102), first.at(117), first.at(118)), (0, 0, b'C'));
        let mut both = read(image.only(&moved));
        assert_eq!((both.start, both.at(102), both.at(105)), (102, b'2', 0));
        assert_eq!(both.end(), 118);
        both.write(100, &first.bytes[..2]);
        both.write(116, &first.bytes[16..17]);
        both.write(118, &first.bytes[18..]);
        assert_eq!(both.difference(&image), None);
    }
}
