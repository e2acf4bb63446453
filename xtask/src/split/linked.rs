//! What the linker knows of a program's data: where each piece lies, and every place that means one.
//!
//! A piece is a symbol: a text, a table, a vtable. The linker resolves each mention of one in code and in data by a
//! relocation, and a release keeps these (`--emit-relocs`, see `build.rs`), so nothing here is guessed.
//! Source: WebAssembly tool-conventions, `Linking.md`.

use super::data::Image;
use super::program::said;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use wasmparser::{
    DataKind, KnownCustom, Linking, Operator, Parser, Payload, RelocationEntry, RelocationType, SymbolInfo,
};

/// The linker's name of the data that nothing writes.
const READ_ONLY: &str = ".rodata";

#[derive(Default)]
pub struct Linked {
    /// Where the pieces of read-only data lie. They may overlap.
    pub pieces: Vec<Range<u32>>,
    /// The pieces an address means where it stands in code. One behind the end of a piece may be the start of another.
    pub meant: BTreeMap<u32, BTreeSet<usize>>,
    /// The pieces that a piece leads to.
    pub leads: BTreeMap<usize, BTreeSet<usize>>,
    /// The pieces that data which is written leads to, or of which nothing is known.
    pub pinned: BTreeSet<usize>,
    pub image: Image,
}

impl Linked {
    pub fn read(wasm: &[u8]) -> Result<Linked, String> {
        let mut file = File::read(wasm).map_err(said)?;
        let (Some(code), Some(data)) = (file.code.take(), file.data.take()) else {
            return Err("the linked program has no relocations: was it linked without build.rs?".to_owned());
        };
        let mut linked = Linked { image: file.image(), ..Linked::default() };
        let places = file.places(&mut linked.pieces);
        for relocation in code {
            let Some((piece, address)) = target(&relocation, &places)? else { continue };
            if let Some(piece) = piece {
                linked.meant.entry(address).or_default().insert(piece);
            }
        }
        let mut links = BTreeMap::new();
        for relocation in data {
            let Some((Some(piece), _)) = target(&relocation, &places)? else { continue };
            links.insert(file.address(relocation.offset).ok_or("a relocation lies outside of all data")?, piece);
        }
        linked.follow(links);
        Ok(linked)
    }

    /// Whether a piece is a `core::panic::Location`: the name of a file with a zero byte after it, line, column.
    pub fn is_location(&self, piece: usize) -> bool {
        let at = &self.pieces[piece];
        let Some(name) = self.leads.get(&piece).filter(|to| to.len() == 1).and_then(BTreeSet::first) else {
            return false;
        };
        let name = &self.pieces[*name];
        at.len() == 16
            && self.image.word(at.start) == name.start
            && self.image.word(at.start + 4) + 1 == name.len() as u32
            && (name.start..name.end).rev().zip(*b"\0sr.").all(|(address, byte)| self.image.at(address) == byte)
    }

    /// Notes where pieces lead. `links` says at which address which piece is meant.
    fn follow(&mut self, links: BTreeMap<u32, usize>) {
        let mut elsewhere = links.clone();
        for (at, piece) in self.pieces.iter().enumerate().filter(|(_, piece)| !piece.is_empty()) {
            let inside: BTreeMap<u32, usize> = links.range(piece.clone()).map(|(from, to)| (*from, *to)).collect();
            for from in inside.keys() {
                elsewhere.remove(from);
            }
            self.leads.insert(at, inside.into_values().collect());
        }
        self.pinned.extend(elsewhere.into_values());
    }
}

/// The piece a relocation means, if it lies in read-only data, and the address it writes. `None` for what is no data.
fn target(relocation: &RelocationEntry, places: &[Option<Place>]) -> Result<Option<(Option<usize>, u32)>, String> {
    match relocation.ty {
        RelocationType::MemoryAddrLeb
        | RelocationType::MemoryAddrSleb
        | RelocationType::MemoryAddrI32
        | RelocationType::MemoryAddrLocrelI32 => {}
        RelocationType::FunctionIndexLeb
        | RelocationType::TableIndexSleb
        | RelocationType::TableIndexI32
        | RelocationType::TypeIndexLeb
        | RelocationType::GlobalIndexLeb
        | RelocationType::TableNumberLeb => return Ok(None),
        other => return Err(format!("the linker used a relocation there is no rule for: {other:?}")),
    }
    let place = places.get(relocation.index as usize).ok_or("a relocation means a symbol that is not there")?;
    let Some(place) = place else { return Ok(Some((None, 0))) };
    Ok(Some((place.piece, (i64::from(place.address) + relocation.addend) as u32)))
}

/// Where a symbol lies.
struct Place {
    address: u32,
    /// If that is in read-only data.
    piece: Option<usize>,
}

#[derive(Default)]
struct File<'a> {
    /// Address and content of every segment, and where in the section the content begins.
    segments: Vec<(u32, &'a [u8], usize)>,
    segment_names: Vec<&'a str>,
    /// Segment, offset and size of every symbol that is data.
    symbols: Vec<Option<(usize, u32, u32)>>,
    code: Option<Vec<RelocationEntry>>,
    data: Option<Vec<RelocationEntry>>,
}

impl<'a> File<'a> {
    fn read(wasm: &'a [u8]) -> wasmparser::Result<File<'a>> {
        let mut file = File::default();
        let mut ids = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            ids.extend(payload.as_section().map(|(id, _)| id));
            match payload {
                Payload::DataSection(data) => {
                    let start = data.range().start;
                    for segment in data {
                        let segment = segment?;
                        let address = active_at(&segment.kind)?.unwrap_or_default();
                        file.segments.push((address, segment.data, segment.range.end - segment.data.len() - start));
                    }
                }
                Payload::CustomSection(custom) => match custom.as_known() {
                    KnownCustom::Linking(linking) => file.linking(linking)?,
                    KnownCustom::Reloc(relocations) => {
                        let entries = relocations.entries().into_iter().collect::<wasmparser::Result<_>>()?;
                        match ids.get(relocations.section_index() as usize) {
                            Some(10) => file.code = Some(entries),
                            Some(11) => file.data = Some(entries),
                            _ => {}
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        Ok(file)
    }

    fn linking(&mut self, linking: wasmparser::LinkingSectionReader<'a>) -> wasmparser::Result<()> {
        for subsection in linking.subsections() {
            match subsection? {
                Linking::SegmentInfo(segments) => {
                    for segment in segments {
                        self.segment_names.push(segment?.name);
                    }
                }
                Linking::SymbolTable(symbols) => {
                    for symbol in symbols {
                        self.symbols.push(match symbol? {
                            SymbolInfo::Data { flags, symbol: Some(data), .. }
                                if !flags.contains(wasmparser::SymbolFlags::ABSOLUTE) =>
                            {
                                Some((data.index as usize, data.offset, data.size))
                            }
                            _ => None,
                        });
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn image(&self) -> Image {
        let mut image = Image::default();
        self.segments.iter().for_each(|(address, content, _)| image.write(*address, content));
        image
    }

    /// Where every symbol lies, noting the pieces of read-only data.
    fn places(&self, pieces: &mut Vec<Range<u32>>) -> Vec<Option<Place>> {
        let place = |symbol: &Option<(usize, u32, u32)>| {
            let (segment, offset, size) = (*symbol)?;
            let (start, ..) = *self.segments.get(segment)?;
            let address = start + offset;
            let read_only = self.segment_names.get(segment).is_some_and(|name| name.starts_with(READ_ONLY));
            let piece = read_only.then_some(pieces.len());
            pieces.extend(piece.map(|_| address..address + size));
            Some(Place { address, piece })
        };
        self.symbols.iter().map(place).collect()
    }

    /// The address at which a place in the data section is loaded.
    fn address(&self, offset: u32) -> Option<u32> {
        let offset = offset as usize;
        let found = |(_, content, start): &&(u32, &[u8], usize)| (*start..start + content.len()).contains(&offset);
        let (address, _, start) = self.segments.iter().find(found)?;
        Some(address + (offset - start) as u32)
    }
}

/// Where a segment is loaded by itself: `None` if it is not.
pub fn active_at(kind: &DataKind<'_>) -> wasmparser::Result<Option<u32>> {
    let DataKind::Active { offset_expr, .. } = kind else { return Ok(None) };
    let operator = offset_expr.get_operators_reader().read()?;
    Ok(match operator {
        Operator::I32Const { value } => Some(value as u32),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_lead_where_they_point_and_what_is_no_piece_pins() {
        let mut linked = Linked { pieces: vec![100..108, 104..112, 120..124, 124..124], ..Linked::default() };
        linked.follow(BTreeMap::from([(100, 2), (104, 3), (116, 1)]));
        let leads: Vec<Vec<usize>> = linked.leads.values().map(|to| to.iter().copied().collect()).collect();
        assert_eq!(leads, [vec![2, 3], vec![3], vec![]]);
        assert_eq!(linked.pinned, BTreeSet::from([1]));
    }

    #[test]
    fn only_a_program_with_relocations_will_do() {
        let module = wasm_encoder::Module::new().finish();
        assert!(Linked::read(&module).is_err_and(|why| why.contains("build.rs")));
    }
}
