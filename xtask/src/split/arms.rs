//! Which stretches of functions ran: how a program notes it, and how it is remembered until the next profile.
//!
//! The program changes between two profiles. A function is known again by its name and the sequence of its operators,
//! without what else stands in it: numbers of functions, locals and addresses. If that differs, nothing is known of it
//! and it stays whole. Should two functions be alike in both, a stretch counts as run when it ran in one of them.

use super::body::Body;
use super::program::{self, Program, leb};
use super::{export, raw};
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::{CodeSection, Module};
use wasmparser::{Operator, Parser, Payload};

/// What is smaller is not worth being noted.
const LEAST: usize = 60;
/// How the exports begin that say what ran.
const RAN: &str = "ran";

/// The stretches that did not run, of functions that did: not those within others of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Arms(BTreeMap<u64, BTreeSet<usize>>);

/// A stretch of a function, as the exports of a program name it that notes what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    pub function: u32,
    key: u64,
    /// The number of the stretch. A function's first one is its whole body.
    pub first: usize,
    /// And that of the last one which is part of it.
    last: usize,
}

impl Note {
    fn name(&self) -> String {
        format!("{RAN}{}.{:016x}.{}.{}", self.function, self.key, self.first, self.last)
    }

    pub fn read(name: &str) -> Option<Note> {
        let mut parts = name.strip_prefix(RAN)?.split('.');
        let function = parts.next()?.parse().ok()?;
        let key = u64::from_str_radix(parts.next()?, 16).ok()?;
        let (first, last) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Note { function, key, first, last })
    }
}

impl Arms {
    /// `all` are noted by the program, of which some `ran`.
    pub fn new(all: &BTreeSet<Note>, ran: &BTreeSet<Note>) -> Arms {
        let hot: BTreeSet<(u64, usize)> = ran.iter().map(|note| (note.key, note.first)).collect();
        let cold = all.iter().map(|note| (note.key, note.first, note.last)).collect::<BTreeSet<_>>();
        let mut arms = Arms::default();
        let mut until = (0, 0);
        for (key, first, last) in cold.into_iter().filter(|(key, first, _)| !hot.contains(&(*key, *first))) {
            if until.0 != key || until.1 < first || first == 0 {
                arms.0.entry(key).or_default().insert(first);
                until = (key, last);
            }
        }
        arms
    }

    /// A function in each line, with the numbers of its stretches.
    pub fn read(text: &str) -> Arms {
        let function = |line: &str| {
            let (key, numbers) = line.split_once(' ')?;
            let numbers = numbers.split(' ').filter_map(|number| number.parse().ok()).collect();
            Some((u64::from_str_radix(key, 16).ok()?, numbers))
        };
        Arms(text.lines().filter_map(function).collect())
    }

    pub fn text(&self) -> String {
        let line = |(key, numbers): (&u64, &BTreeSet<usize>)| {
            let numbers: String = numbers.iter().map(|number| format!(" {number}")).collect();
            format!("{key:016x}{numbers}\n")
        };
        self.0.iter().map(line).collect()
    }

    /// The stretches of a function that did not run.
    pub fn of(&self, name: &str, body: &Body) -> BTreeSet<usize> {
        self.0.get(&key(name, body)).cloned().unwrap_or_default()
    }
}

/// 64 bits of FNV-1a over a function's name and what it does.
fn key(name: &str, body: &Body) -> u64 {
    let mut bytes = name.as_bytes().to_vec();
    for (at, operator) in body.operators.iter().enumerate() {
        let code = &body.bytes[body.offsets[at]..];
        match operator {
            // An address may be either of these.
            Operator::GlobalGet { .. } | Operator::I32Const { .. } => bytes.push(0x41),
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                bytes.push(code[0]);
                leb(&mut bytes, *relative_depth);
            }
            _ if code[0] == 0xfc => bytes.extend(&code[..2]),
            _ => bytes.push(code[0]),
        }
    }
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// Every stretch that is worth it notes in an exported global of its own that it ran; a function's body always does.
pub fn instrument(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let program = Program::read(wasm)?;
    let old = program.imported_globals + program.globals.len() as u32;
    let (mut count, mut exports) = (0, Vec::new());
    let mut code = CodeSection::new();
    for (at, body) in program.bodies.iter().enumerate() {
        let body = Body::read(body)?;
        let function = program.index(at);
        let key = key(program.names.get(&function).map_or("", String::as_str), &body);
        let mut noting = Vec::new();
        let mut next = 0;
        for (first, stretch) in body.stretches().into_iter().enumerate() {
            if first > 0 && body.size(&stretch.operators) < LEAST {
                continue;
            }
            let start = body.offsets[stretch.operators.start];
            noting.extend(&body.bytes[next..start]);
            noting.extend([0x41, 0x01, 0x24]);
            leb(&mut noting, old + count);
            next = start;
            export(&mut exports, &Note { function, key, first, last: stretch.last }.name(), 3, old + count);
            count += 1;
        }
        noting.extend(&body.bytes[next..]);
        code.raw(&noting);
    }
    // A mutable i32 that is zero.
    let globals = [0x7f, 0x01, 0x41, 0x00, 0x0b].repeat(count as usize);
    let mut module = Module::new();
    for (id, data) in &program.sections {
        match id {
            6 => raw(&mut module, 6, &program::longer(data, count, &globals)?),
            7 => raw(&mut module, 7, &program::longer(data, count, &exports)?),
            10 => drop(module.section(&code)),
            _ => raw(&mut module, *id, data),
        }
    }
    Ok(module.finish())
}

/// All that a program notes, by its exports.
pub fn notes(wasm: &[u8]) -> Result<BTreeSet<Note>, String> {
    let mut notes = BTreeSet::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::ExportSection(exports) = payload.map_err(program::said)? else { continue };
        for export in exports {
            notes.extend(Note::read(export.map_err(program::said)?.name));
        }
    }
    Ok(notes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{Function, Instruction, ValType};

    fn note(function: u32, key: u64, first: usize, last: usize) -> Note {
        Note { function, key, first, last }
    }

    #[test]
    fn what_did_not_run_is_remembered_without_its_parts() {
        let all = BTreeSet::from([
            note(1, 7, 0, 9),
            note(1, 7, 2, 5),
            note(1, 7, 4, 4),
            note(1, 7, 6, 9),
            note(1, 7, 8, 9),
            note(2, 7, 0, 9),
            note(2, 7, 6, 9),
            note(3, 8, 0, 3),
            note(3, 8, 2, 3),
        ]);
        let ran = BTreeSet::from([note(1, 7, 0, 9), note(2, 7, 6, 9)]);
        let arms = Arms::new(&all, &ran);
        let expected = [(7, BTreeSet::from([2, 8])), (8, BTreeSet::from([0]))];
        assert_eq!(arms, Arms(BTreeMap::from(expected)));
        assert_eq!(Arms::read(&arms.text()), arms);
        assert_eq!(Note::read(&note(1, 7, 2, 5).name()), Some(note(1, 7, 2, 5)));
    }

    #[test]
    fn a_function_is_known_by_what_it_does() {
        let body_of = |instructions: &[Instruction<'static>]| {
            let mut function = Function::new([(1, ValType::I32)]);
            for instruction in instructions {
                function.instruction(instruction);
            }
            function.instruction(&Instruction::End).clone().into_raw_body()
        };
        let key_of = |name: &str, bytes: &[u8]| {
            let body = wasmparser::FunctionBody::new(wasmparser::BinaryReader::new(bytes, 0));
            key(name, &Body::read(&body).unwrap())
        };
        let one = body_of(&[Instruction::I32Const(70000), Instruction::LocalSet(0), Instruction::Call(7)]);
        let moved = body_of(&[Instruction::GlobalGet(3), Instruction::LocalSet(0), Instruction::Call(900)]);
        let other = body_of(&[Instruction::I32Const(70000), Instruction::LocalTee(0), Instruction::Call(7)]);
        assert_eq!(key_of("a", &one), key_of("a", &moved));
        assert_ne!(key_of("a", &one), key_of("a", &other));
        assert_ne!(key_of("a", &one), key_of("b", &one));
    }
}
