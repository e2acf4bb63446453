//! What [`super::split`] has to know of a WebAssembly module.

use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::TableSection;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasmparser::{
    BinaryReader, CompositeInnerType, ConstExpr, ElementItems, ElementKind, ElementSectionReader, ExternalKind,
    FunctionBody, GlobalType, KnownCustom, MemoryType, Name, Operator, Parser, Payload, TableType, TypeRef, ValType,
};

#[derive(Default)]
pub struct Program<'a> {
    /// As they stand in the file: kind and content.
    pub sections: Vec<(u8, &'a [u8])>,
    /// Arguments and results of every type of functions.
    pub types: Vec<(Vec<ValType>, Vec<ValType>)>,
    imports: Vec<String>,
    /// The type of every function, imported ones first.
    pub types_of: Vec<u32>,
    pub bodies: Vec<FunctionBody<'a>>,
    pub tables: Vec<TableType>,
    pub table_len: u32,
    pub memory: Option<MemoryType>,
    pub imported_globals: u32,
    pub globals: Vec<GlobalType>,
    /// Functions spoken of outside of bodies and of the table: in exports.
    pub mentioned: BTreeSet<u32>,
    /// The functions in the first table, by where they stand.
    pub slots: BTreeMap<u32, u32>,
    /// Without what changes from build to build.
    pub names: BTreeMap<u32, String>,
}

impl<'a> Program<'a> {
    pub fn read(wasm: &'a [u8]) -> Result<Program<'a>, String> {
        let mut program = Program::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.map_err(said)?;
            if let Some((id, range)) = payload.as_section() {
                program.sections.push((id, &wasm[range]));
            }
            match payload {
                Payload::ElementSection(elements) => program.elements(elements)?,
                payload => program.payload(payload).map_err(said)?,
            }
        }
        let table = program.tables.first().ok_or("the program has no table")?;
        program.table_len = u32::try_from(table.initial).map_err(|e| e.to_string())?;
        Ok(program)
    }

    fn payload(&mut self, payload: Payload<'a>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(types) => {
                for kind in
                    types.into_iter().flat_map(|group| group.map(|g| g.into_types().collect::<Vec<_>>())).flatten()
                {
                    let CompositeInnerType::Func(function) = &kind.composite_type.inner else { continue };
                    self.types.push((function.params().to_vec(), function.results().to_vec()));
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Func(kind) => {
                            self.imports.push(import.name.to_owned());
                            self.types_of.push(kind);
                        }
                        TypeRef::Global(_) => self.imported_globals += 1,
                        TypeRef::Table(table) => self.tables.push(table),
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for kind in functions {
                    self.types_of.push(kind?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    self.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(memories) => self.memory = memories.into_iter().next().transpose()?,
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let global = global?;
                    self.globals.push(global.ty);
                    self.mentioned_in(global.init_expr)?;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        self.mentioned.insert(export.index);
                    }
                }
            }
            Payload::StartSection { func, .. } => drop(self.mentioned.insert(func)),
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::CustomSection(custom) => {
                if let KnownCustom::Name(names) = custom.as_known() {
                    for name in names {
                        if let Name::Function(functions) = name? {
                            for name in functions {
                                let name = name?;
                                self.names.insert(name.index, lasting(name.name));
                            }
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn elements(&mut self, elements: ElementSectionReader<'a>) -> Result<(), String> {
        for element in elements {
            let element = element.map_err(said)?;
            let no_rule = "the table is filled in a way that there is no rule for";
            let ElementKind::Active { table_index: None | Some(0), offset_expr } = element.kind else {
                return Err(no_rule.to_owned());
            };
            let offset = offset_expr.get_operators_reader().read().map_err(said)?;
            let (Operator::I32Const { value }, ElementItems::Functions(functions)) = (offset, element.items) else {
                return Err(no_rule.to_owned());
            };
            for (function, slot) in functions.into_iter().zip(value as u32..) {
                self.slots.insert(slot, function.map_err(said)?);
            }
        }
        Ok(())
    }

    fn mentioned_in(&mut self, expression: ConstExpr<'_>) -> wasmparser::Result<()> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.mentioned.insert(function_index);
            }
        }
        Ok(())
    }

    /// The number of the function whose body is the one `at` this place.
    pub fn index(&self, at: usize) -> u32 {
        (self.imports.len() + at) as u32
    }

    /// The place of a function's body, unless it is imported.
    pub fn at(&self, function: u32) -> Option<usize> {
        (function as usize).checked_sub(self.imports.len())
    }

    pub fn import_with(&self, part: &str) -> Option<u32> {
        self.imports.iter().position(|name| name.contains(part)).map(|at| at as u32)
    }

    pub fn arguments(&self, function: u32) -> u32 {
        self.types[self.types_of[function as usize] as usize].0.len() as u32
    }

    pub fn section(&self, id: u8) -> Option<&'a [u8]> {
        self.sections.iter().find(|section| section.0 == id).map(|section| section.1)
    }

    /// The first global that the program does not have.
    pub fn next_global(&self) -> u32 {
        self.imported_globals + self.globals.len() as u32
    }

    /// The tables, the first one longer by `more`.
    pub fn tables_with(&self, more: u32) -> Result<TableSection, String> {
        let mut section = TableSection::new();
        for (at, table) in self.tables.iter().enumerate() {
            section.table(RoundtripReencoder.table_type(longer_table(*table, at, more)).map_err(|e| e.to_string())?);
        }
        Ok(section)
    }
}

/// The table that stands `at` this place once the first one is longer by `more`.
pub fn longer_table(mut table: TableType, at: usize, more: u32) -> TableType {
    if at == 0 {
        table.initial += u64::from(more);
        table.maximum = table.maximum.map(|maximum| maximum + u64::from(more));
    }
    table
}

/// Slots that stand next to one another, as the first of them and what stands in each.
pub fn rows(slots: impl IntoIterator<Item = (u32, u32)>) -> Vec<(u32, Vec<u32>)> {
    let mut rows: Vec<(u32, Vec<u32>)> = Vec::new();
    for (slot, function) in slots {
        match rows.last_mut() {
            Some((first, row)) if *first + row.len() as u32 == slot => row.push(function),
            _ => rows.push((slot, vec![function])),
        }
    }
    rows
}

/// Which functions a body calls.
pub fn calls(body: &FunctionBody) -> Result<Vec<u32>, String> {
    let mut calls = Vec::new();
    for operator in body.get_operators_reader().map_err(said)? {
        match operator.map_err(said)? {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => calls.push(function_index),
            Operator::RefFunc { .. } => {
                return Err("a function is taken by name in a body: no rule for that".to_owned());
            }
            _ => {}
        }
    }
    Ok(calls)
}

/// A section's content with `count` more items, encoded in `items`.
pub fn longer(section: &[u8], count: u32, items: &[u8]) -> Result<Vec<u8>, String> {
    let mut reader = BinaryReader::new(section, 0);
    let old = reader.read_var_u32().map_err(said)?;
    let mut content = Vec::new();
    leb(&mut content, old + count);
    content.extend(&section[reader.original_position()..]);
    content.extend(items);
    Ok(content)
}

pub fn leb(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// For what is read as a signed number: its sixth bit must not be taken for a sign.
pub fn signed_leb(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x40 {
        bytes.push(number as u8 & 0x7f | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// A name without what changes from build to build: hashes of crates, numbers of closures, and the numbers that tell
/// functions of one name apart. `<jetlab[0123456789abcdef]::A>::f::{closure#2}.17` is `<jetlab::A>::f::{closure}`.
fn lasting(name: &str) -> String {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut name = name;
    if let Some((before, number)) = name.strip_suffix(']').and_then(|name| name.rsplit_once('['))
        && is_number(number)
    {
        name = before;
    }
    if let Some((before, number)) = name.rsplit_once('.')
        && is_number(number)
    {
        name = before;
    }
    // The latter is how wasm-bindgen tells its closures apart.
    without_numbers(&without_numbers(&without_hashes(name), "#"), "shim_idx: ")
}

fn without_numbers(name: &str, before: &str) -> String {
    let mut parts = name.split(before);
    let mut text = parts.next().unwrap_or_default().to_owned();
    text.extend(parts.map(|part| part.trim_start_matches(|letter: char| letter.is_ascii_digit())));
    text
}

fn without_hashes(name: &str) -> String {
    let mut parts = name.split('[');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(']') {
            Some((hash, after)) if hash.len() > 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => text += after,
            _ => text.extend(["[", part]),
        }
    }
    text
}

pub fn said(error: wasmparser::BinaryReaderError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_format_wants_them() {
        let written = |number, write: fn(&mut Vec<u8>, u32)| {
            let mut bytes = Vec::new();
            write(&mut bytes, number);
            bytes
        };
        assert_eq!(written(0x7f, leb), [0x7f]);
        assert_eq!(written(300, leb), [0xac, 0x02]);
        assert_eq!(written(0x3f, signed_leb), [0x3f]);
        assert_eq!(written(0x40, signed_leb), [0xc0, 0x00]);
        assert_eq!(written(300, signed_leb), [0xac, 0x02]);
    }

    #[test]
    fn names_lose_what_changes_from_build_to_build() {
        let name = "<alloc[0a1b2c3d4e5f6071]::vec::Vec<[u8; 3usize]> as jetlab[fedcba9876543210]::T>::f";
        assert_eq!(lasting(name), "<alloc::vec::Vec<[u8; 3usize]> as jetlab::T>::f");
        assert_eq!(lasting("f::{closure#12}::{shim:vtable#0}"), "f::{closure}::{shim:vtable}");
        assert_eq!(lasting("Closure(shim_idx: 9, ret: Unit) shim"), "Closure(, ret: Unit) shim");
        assert_eq!(lasting("<a>::alloc.192"), "<a>::alloc");
        assert_eq!(lasting("<a>::grow.7[2]"), "<a>::grow");
        assert_eq!(lasting("<a>::of::<[u8]>"), "<a>::of::<[u8]>");
    }
}
