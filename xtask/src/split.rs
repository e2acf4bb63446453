//! Cuts the program in two: what the first lessons run, and the rest, which the page fetches once it stands.
//!
//! The rest is a second module that shares memory, tables and globals with the first one. In the first one, every function
//! that went away and is still called leaves a stub, which asks for the rest when it is not here (see `assets/boot.js`)
//! and calls through the table. What is called by number needs no stub of its own: its slot of the table holds a door, one
//! for all functions of a type, which finds in a global what number was called and asks the same; the rest puts its
//! functions into these slots. So the cut decides only when code arrives, never what it does: a function missing from
//! the list costs a wait, nothing else. The list is what ran in a real browser ([`profile`]), `cargo xtask profile` writes it.
//!
//! A quarter of the code of functions that ran did not: what reports an error, what answers a rare question. Before the
//! cut such stretches become functions of their own ([`outline`], which says why that changes nothing), and these go.
//! Which ones is remembered by what the functions do ([`arms`]): when one has changed, it stays whole.
//!
//! Read-only data goes with the functions that use it. Why nobody can miss it: to read a piece of data, code needs its
//! address, which it has from a constant in a function, from other data, or from elsewhere in the program that had it
//! from one of these. The linker says exactly which constants and which words of data are addresses of what
//! ([`linked`]), and wasm-opt sees none of the constants ([`addresses`]), so each function's own are known in the end. A
//! piece stays when a function of the first half means it, or a piece that stays, or data that may be written. So an
//! address of what went away only ever comes from a function of the rest, and with the rest the data is there.
//! Addresses do not change, nor does what is written at them; when nothing is known of a byte, it stays.

mod addresses;
mod arms;
mod body;
mod data;
mod first;
mod linked;
mod order;
mod outline;
mod profile;
mod program;

use arms::Note;
use data::Image;
pub use linked::Linked;
use outline::Outlined;
pub use profile::Profile;
use program::{Program, leb};
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, FunctionSection, ImportSection, Module, RawSection,
};

/// Part of the name of the import that brings the rest, see `src/ui/browser/rest.rs`.
const BRING: &str = "__wbg_bring_";
/// What the rest imports its other half from.
const HALF: &str = "a";
/// As many bytes less in the first half are worth a function of their own.
const LEAST: isize = 60;

/// The two modules.
pub struct Halves {
    pub first: Vec<u8>,
    pub rest: Vec<u8>,
}

/// A program whose addresses are recognisable, for wasm-opt to make smaller.
pub fn prepare(wasm: &[u8], linked: &Linked) -> Result<Vec<u8>, String> {
    addresses::hide(wasm, linked.meant.keys())
}

/// A prepared program as it was meant.
fn undo(wasm: &[u8]) -> Result<Vec<u8>, String> {
    Ok(addresses::show(wasm)?.0)
}

/// Splits a program that was prepared and made smaller. What `profile` keeps, and the data that leads to, is the first.
pub fn split(wasm: &[u8], linked: &Linked, profile: &Profile) -> Result<Halves, String> {
    let whole = Program::read(wasm)?;
    let name = |at| whole.names.get(&whole.index(at)).map_or("", String::as_str);
    let Outlined { wasm, before } = outline::outline(wasm, LEAST, |at, body| profile.arms.of(name(at), body))?;
    let (wasm, meant) = addresses::show(&wasm)?;
    let program = Program::read(&wasm)?;
    let stay = profile.kept(&program, before)?;
    let go = (0..program.bodies.len()).filter(|at| !stay.contains(at)).map(|at| program.index(at)).collect();
    let meant = stay.iter().flat_map(|at| meant[*at].iter().copied());
    let data = Data { image: Image::read(&wasm)?, moved: data::moved(linked, meant) };
    if let Some(address) = data.image.difference(&linked.image) {
        return Err(format!("the data at {address} is not what was linked"));
    }
    halves(&wasm, &program, go, &data)
}

/// What memory holds at first, and the addresses of it that only the rest reads.
struct Data {
    image: Image,
    moved: BTreeSet<u32>,
}

fn halves(wasm: &[u8], program: &Program, moved: BTreeSet<u32>, data: &Data) -> Result<Halves, String> {
    let mut wanted = program.mentioned.clone();
    let mut lent = BTreeSet::new();
    for (at, body) in program.bodies.iter().enumerate() {
        let here = program.index(at);
        let calls = program::calls(body)?;
        match moved.contains(&here) {
            true => lent.extend(calls.into_iter().filter(|call| !moved.contains(call))),
            false => wanted.extend(calls),
        }
    }
    wanted.retain(|function| moved.contains(function));
    let mut stubs: Vec<u32> = wanted.into_iter().collect();
    stubs.sort_by_key(|function| program.types_of[*function as usize]);
    let kept = in_order(program, &moved)?;
    let imported = 0..program.index(0);
    let shared = imported.chain(kept.iter().copied()).filter(|function| lent.contains(function)).collect();
    let asked = program.slots.values().filter(|function| moved.contains(function));
    let asked = asked.map(|function| program.types_of[*function as usize]).collect();
    let cut = Cut { moved, kept, stubs, asked, shared };
    Ok(Halves { first: first::write(wasm, program, &cut, data)?, rest: rest(program, &cut, data)? })
}

/// The functions that stay and have a body, in the order in which they are to stand.
fn in_order(program: &Program, moved: &BTreeSet<u32>) -> Result<Vec<u32>, String> {
    let mut kept: Vec<u32> = (0..program.bodies.len()).map(|at| program.index(at)).collect();
    kept.retain(|function| !moved.contains(function));
    let body = |function: &u32| program.at(*function).map(|at| program.bodies[at].clone());
    let bodies: Vec<_> = kept.iter().filter_map(body).collect();
    Ok(order::by_likeness(&bodies)?.into_iter().map(|at| kept[at]).collect())
}

/// Which functions go where.
struct Cut {
    moved: BTreeSet<u32>,
    /// Those of the first half, in the order they stand in.
    kept: Vec<u32>,
    /// Those that the first half calls by name, by type. So they stand at the end of the table.
    stubs: Vec<u32>,
    /// The types of those that it calls by number: they keep their slots, where something asks for the rest until then.
    asked: BTreeSet<u32>,
    /// The functions of the first half that the rest calls. They stand in the table after those: shorter than exports.
    /// They are in the order of their numbers: numbers that rise are shorter to say.
    shared: Vec<u32>,
}

impl Cut {
    fn table_grows(&self) -> u32 {
        (self.stubs.len() + self.shared.len()) as u32
    }

    /// Where in the table the rest finds the first of `shared`.
    fn offered(&self, program: &Program) -> u32 {
        program.table_len + self.stubs.len() as u32
    }
}

/// A prepared program as it was meant, noting what runs.
pub fn instrument(wasm: &[u8]) -> Result<Vec<u8>, String> {
    undo(&arms::instrument(wasm)?)
}

/// The profile of a program that notes what runs. `ran` are the names of those of its exports that say something did.
pub fn profile(wasm: &[u8], ran: &[String]) -> Result<Profile, String> {
    let ran = ran.iter().filter_map(|name| Note::read(name)).collect();
    Ok(Profile::new(&arms::notes(wasm)?, &ran, &Program::read(wasm)?.names))
}

fn rest(program: &Program, cut: &Cut, data: &Data) -> Result<Vec<u8>, String> {
    let Cut { moved, stubs, shared, .. } = cut;
    let mut imports = ImportSection::new();
    let memory = program.memory.ok_or("the program has no memory of its own")?;
    imports.import(HALF, "memory", EntityType::Memory(memory.into()));
    for (at, table) in program.tables.iter().enumerate() {
        let table = program::longer_table(*table, at, cut.table_grows());
        let table = reencode::RoundtripReencoder.table_type(table).map_err(|e| e.to_string())?;
        imports.import(HALF, &format!("t{at}"), EntityType::Table(table));
    }
    for (at, global) in program.globals.iter().enumerate() {
        let global = reencode::RoundtripReencoder.global_type(*global).map_err(|e| e.to_string())?;
        imports.import(HALF, &format!("g{at}"), EntityType::Global(global));
    }
    for (function, slot) in shared.iter().zip(cut.offered(program)..) {
        imports.import(HALF, &format!("f{slot}"), EntityType::Function(program.types_of[*function as usize]));
    }
    let mut renumber = Renumber { numbers: shared.iter().chain(moved).copied().zip(0..).collect() };
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for function in moved {
        functions.function(program.types_of[*function as usize]);
        let at = program.at(*function).ok_or("an imported function cannot move")?;
        let body = program.bodies[at].clone();
        renumber.parse_function_body(&mut code, body).map_err(|e| format!("function {function}: {e}"))?;
    }
    let mut elements = ElementSection::new();
    let own = program.slots.iter().filter(|(_, function)| moved.contains(function)).map(|(slot, at)| (*slot, *at));
    for (slot, row) in program::rows(own.chain((program.table_len..).zip(stubs.iter().copied()))) {
        let row: Vec<u32> = row.iter().map(|function| renumber.numbers[function]).collect();
        elements.active(None, &ConstExpr::i32_const(slot as i32), Elements::Functions(row.into()));
    }
    let mut module = Module::new();
    raw(&mut module, 1, program.section(1).ok_or("the program has no types")?);
    module.section(&imports).section(&functions).section(&elements).section(&code);
    module.section(&data.image.only(&data.moved));
    Ok(module.finish())
}

/// Functions have other numbers in the rest; everything else has the same.
struct Renumber {
    numbers: BTreeMap<u32, u32>,
}

impl Reencode for Renumber {
    type Error = String;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<String>> {
        let number = self.numbers.get(&function).copied();
        number.ok_or_else(|| reencode::Error::UserError(format!("nobody told of function {function}")))
    }
}

fn raw(module: &mut Module, id: u8, data: &[u8]) {
    module.section(&RawSection { id, data });
}

fn export(exports: &mut Vec<u8>, name: &str, kind: u8, index: u32) {
    leb(exports, name.len() as u32);
    exports.extend(name.as_bytes());
    exports.push(kind);
    leb(exports, index);
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::*;

    /// `a` and `b` are in the table; `a` calls `b`, `b` calls `c`, `c` asks nobody.
    fn program() -> Vec<u8> {
        let bodies = [Some(2), Some(3), None].map(|called| {
            let mut body = Function::new([]);
            // Too large to be kept for its size alone.
            for _ in 0..48 {
                body.instruction(&Instruction::Nop);
            }
            body.instruction(&Instruction::LocalGet(0));
            called.map(|called| body.instruction(&Instruction::Call(called)));
            body.instruction(&Instruction::End).clone()
        });
        program_of(&bodies, b"")
    }

    /// Of three functions, with some data at 70000.
    fn program_of(bodies: &[Function; 3], text: &[u8]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        types.ty().function([ValType::I32], [ValType::I32]);
        let mut imports = ImportSection::new();
        imports.import("./page", "__wbg_bring_0", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        functions.function(1).function(1).function(1);
        let mut tables = TableSection::new();
        let maximum = Some(2);
        tables.table(TableType { element_type: RefType::FUNCREF, minimum: 2, maximum, table64: false, shared: false });
        let mut memories = MemorySection::new();
        memories.memory(MemoryType { minimum: 2, maximum: None, memory64: false, shared: false, page_size_log2: None });
        let mut globals = GlobalSection::new();
        let stack = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(stack, &ConstExpr::i32_const(0));
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0).export("a", ExportKind::Func, 1);
        let mut elements = ElementSection::new();
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(vec![1, 2].into()));
        let mut code = CodeSection::new();
        for body in bodies {
            code.function(body);
        }
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(70000), text.iter().copied());
        let mut named = NameMap::new();
        [(1, "a"), (2, "x[0123456789abcdef]::b"), (3, "c")].iter().for_each(|(index, name)| named.append(*index, name));
        let mut names = NameSection::new();
        names.functions(&named);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&tables).section(&memories);
        module.section(&globals).section(&exports).section(&elements).section(&code).section(&data);
        module.section(&names);
        module.finish()
    }

    #[test]
    fn what_is_not_listed_moves_and_leaves_a_stub() {
        let whole = program();
        let halves = split(&whole, &Linked::default(), &profile("a\nc", &["x::b"])).unwrap();
        let first = Program::read(&halves.first).unwrap();
        assert_eq!(first.table_len, 4, "one slot for b, one for c, which b calls");
        assert_eq!(first.bodies.len(), 5, "the three, a door for b by number, and what asks for the rest");
        assert_eq!(program::calls(&first.bodies[0]).unwrap(), [3], "a, the larger one that stays, calls the stub");
        assert_eq!(program::calls(&first.bodies[2]).unwrap(), [5], "which asks");
        assert_eq!(program::calls(&first.bodies[3]).unwrap(), [5], "as the door does");
        assert_eq!(program::calls(&first.bodies[4]).unwrap(), [0], "by the import");
        assert_eq!(first.slots, BTreeMap::from([(0, 1), (1, 4), (3, 2)]), "a, the door, and c for the rest");
        let filled = Program::read(&halves.rest).unwrap().slots;
        assert_eq!(filled, BTreeMap::from([(1, 1), (2, 1)]), "b, the second function it has, in both of its slots");
        let rest = wasmparser::validate(&halves.rest).map(|_| ());
        assert!(rest.is_ok() && wasmparser::validate(&halves.first).is_ok(), "{rest:?}");
    }

    #[test]
    fn what_the_profile_has_never_seen_stays_with_its_callers() {
        let whole = program();
        let halves = split(&whole, &Linked::default(), &profile("a", &[])).unwrap();
        let first = Program::read(&halves.first).unwrap();
        assert_eq!((first.table_len, first.bodies.len()), (2, 4), "a calls b, b calls c");
        let halves = split(&whole, &Linked::default(), &profile("a", &["x::b"])).unwrap();
        assert_eq!(Program::read(&halves.first).unwrap().table_len, 3, "c is in the rest with b");
    }

    #[test]
    fn what_did_not_run_of_a_function_moves_with_the_data_it_reads() {
        let mut a = Function::new([]);
        a.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::If(BlockType::Empty));
        for _ in 0..40 {
            a.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::I32Const(70000));
            a.instruction(&Instruction::I32Add).instruction(&Instruction::LocalSet(0));
        }
        a.instruction(&Instruction::End).instruction(&Instruction::LocalGet(0)).instruction(&Instruction::End);
        let mut other = Function::new([]);
        other.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::End);
        let whole = program_of(&[a, other.clone(), other], b"text");
        let mut linked = Linked::default();
        linked.pieces.push(70000..70004);
        linked.meant.insert(70000, BTreeSet::from([0]));
        linked.image = Image::read(&whole).unwrap();
        let prepared = prepare(&whole, &linked).unwrap();
        let notes = arms::notes(&instrument(&prepared).unwrap()).unwrap();
        let names = Program::read(&prepared).unwrap().names;
        let moved = |ran: fn(&&Note) -> bool| {
            let profile = Profile::new(&notes, &notes.iter().filter(ran).copied().collect(), &names);
            let halves = split(&prepared, &linked, &profile).unwrap();
            wasmparser::validate(&halves.first).and(wasmparser::validate(&halves.rest)).unwrap();
            let text = Image::read(&halves.rest).unwrap().at(70000);
            // The two others are smaller still.
            (Program::read(&halves.first).unwrap().bodies[0].as_bytes().len() < 30, text)
        };
        assert_eq!(moved(|_| true), (false, 0), "all of it ran");
        assert_eq!(moved(|note| note.first == 0), (true, b't'), "the arm did not");
    }

    /// Of functions that ran, and of some that did not.
    fn profile(ran: &str, idle: &[&str]) -> Profile {
        let names: Vec<&str> = ran.lines().chain(idle.iter().copied()).collect();
        let notes = |count| (0..count).filter_map(|at| Note::read(&format!("ran{at}.{at}.0.0"))).collect();
        let names_by_number = names.iter().map(|name| (*name).to_owned()).enumerate();
        let names_by_number = names_by_number.map(|(at, name)| (at as u32, name)).collect();
        Profile::new(&notes(names.len()), &notes(ran.lines().count()), &names_by_number)
    }

    #[test]
    fn every_function_can_note_that_it_ran() {
        let noting = instrument(&program()).unwrap();
        assert!(wasmparser::validate(&noting).is_ok());
        let notes: Vec<_> = arms::notes(&noting).unwrap().into_iter().map(|note| (note.function, note.first)).collect();
        assert_eq!(notes, [(1, 0), (2, 0), (3, 0)]);
    }
}
