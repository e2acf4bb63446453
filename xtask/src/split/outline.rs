//! Takes stretches out of functions: each becomes a function of its own, and a call where it stood.
//!
//! Why the program does the same: a stretch is entered at its start alone ([`super::body`]), where control now calls the
//! new function. That one gets what a stretch can see of its surroundings and is given nowhere else: the values on the
//! stack and the locals it may read before it writes them. Memory, tables and globals are shared by all functions. It
//! gives back the locals it writes which may be read afterwards, the values that leave with control, and, where there
//! are several, the number of the way by which control leaves: on from the stretch's end, by a branch to a block around
//! it, or by `return`. The caller goes that way. A local that no way needs may hold anything: nobody reads it.
//! What traps, traps. A stretch with anything but numbers is left where it is.

use super::body::{Body, Locals, Stretch};
use super::program::{self, Program, leb, said, signed_leb};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use wasm_encoder::{CodeSection, Module};
use wasmparser::{
    BlockType, FuncToValidate, Operator, Parser, Payload, ValType, ValidPayload, Validator, ValidatorResources,
    WasmFeatures,
};

/// What there is a rule for.
const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::GC_TYPES);

/// A program with stretches taken out.
pub struct Outlined {
    pub wasm: Vec<u8>,
    /// The functions with a body that were there before. New ones stand behind them.
    pub before: usize,
}

/// Takes out the stretches that `cold` names of each function, by its place and body, if that makes it smaller by at
/// least this many bytes. Where a stretch cannot be taken out whole, those within it are.
pub fn outline(
    wasm: &[u8],
    least: isize,
    mut cold: impl FnMut(usize, &Body) -> BTreeSet<usize>,
) -> Result<Outlined, String> {
    let program = Program::read(wasm)?;
    let functions = validated(wasm)?;
    let mut types = Types { all: program.types.clone(), old: program.types.len() };
    let (mut bodies, mut parts, mut types_of_parts) = (Vec::new(), Vec::new(), Vec::new());
    for (at, function) in functions.into_iter().enumerate() {
        let body = Body::read(&program.bodies[at])?;
        let cold = cold(at, &body);
        if cold.is_empty() {
            bodies.push(body.bytes.to_vec());
            continue;
        }
        let mut surroundings = Surroundings::read(function, &body, &mut types)?;
        let chosen = surroundings.choose(&cold, least);
        let calls: Vec<Call> = chosen
            .into_iter()
            .map(|part| {
                let (function, bytes) = part.write(&surroundings, &mut types);
                parts.push(bytes);
                types_of_parts.push(function);
                Call { part, function: program.index(program.bodies.len() + parts.len() - 1) }
            })
            .collect();
        bodies.push(surroundings.with_calls(&calls)?);
    }
    let before = bodies.len();
    let wasm = written(&program, &types, bodies.iter().chain(&parts), &types_of_parts)?;
    validated(&wasm).map_err(|why| format!("what was taken out of functions left them wrong: {why}"))?;
    Ok(Outlined { wasm, before })
}

/// The program with these bodies, and as many more functions as there are `more` types.
fn written<'b>(
    program: &Program,
    types: &Types,
    bodies: impl Iterator<Item = &'b Vec<u8>>,
    more: &[u32],
) -> Result<Vec<u8>, String> {
    let mut code = CodeSection::new();
    for body in bodies {
        code.raw(body);
    }
    let mut functions = Vec::new();
    more.iter().for_each(|kind| leb(&mut functions, *kind));
    let mut module = Module::new();
    for (id, data) in &program.sections {
        match id {
            1 => super::raw(&mut module, 1, &program::longer(data, types.new_ones(), &types.written())?),
            3 => super::raw(&mut module, 3, &program::longer(data, more.len() as u32, &functions)?),
            10 => drop(module.section(&code)),
            _ => super::raw(&mut module, *id, data),
        }
    }
    Ok(module.finish())
}

/// Every function of a program, known to be right.
fn validated(wasm: &[u8]) -> Result<Vec<Function>, String> {
    let mut validator = Validator::new_with_features(FEATURES);
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload: Payload = payload.map_err(said)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload).map_err(said)? {
            functions.push((function, body));
        }
    }
    let mut known = Vec::new();
    for (function, body) in functions {
        known.push(Function::check(function, &body).map_err(said)?);
    }
    Ok(known)
}

/// What validation says of a function.
struct Function {
    kind: u32,
    /// Types of all locals, arguments first.
    locals: Vec<ValType>,
    /// What is on the stack of its own frame before an operator: `None` where control never comes.
    stacks: Vec<Option<Vec<ValType>>>,
}

impl Function {
    fn check(
        function: FuncToValidate<ValidatorResources>,
        body: &wasmparser::FunctionBody,
    ) -> wasmparser::Result<Function> {
        let kind = function.ty;
        let mut validator = function.into_validator(Default::default());
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader)?;
        let locals = (0..validator.len_locals()).filter_map(|local| validator.get_local_type(local)).collect();
        let mut stacks = Vec::new();
        for operator in body.get_operators_reader()?.into_iter_with_offsets() {
            let (operator, offset) = operator?;
            let frame = validator.get_control_frame(0).filter(|frame| !frame.unreachable).copied();
            stacks.push(frame.and_then(|frame| {
                let height = validator.operand_stack_height() as usize - frame.height;
                (0..height).rev().map(|depth| validator.get_operand_type(depth).flatten()).collect()
            }));
            validator.op(offset, &operator)?;
        }
        Ok(Function { kind, locals, stacks })
    }
}

/// The program's types of functions, and new ones.
struct Types {
    all: Vec<Signature>,
    old: usize,
}

type Signature = (Vec<ValType>, Vec<ValType>);

impl Types {
    fn number(&mut self, arguments: Vec<ValType>, results: Vec<ValType>) -> u32 {
        let signature = (arguments, results);
        let found = self.all.iter().position(|known| *known == signature);
        found.unwrap_or_else(|| {
            self.all.push(signature);
            self.all.len() - 1
        }) as u32
    }

    /// What a block takes, and what it leaves.
    fn of(&self, block: BlockType) -> Signature {
        match block {
            BlockType::Empty => Signature::default(),
            BlockType::Type(result) => (Vec::new(), vec![result]),
            BlockType::FuncType(number) => self.all[number as usize].clone(),
        }
    }

    fn new_ones(&self) -> u32 {
        (self.all.len() - self.old) as u32
    }

    fn written(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (arguments, results) in &self.all[self.old..] {
            bytes.push(0x60);
            for types in [arguments, results] {
                leb(&mut bytes, types.len() as u32);
                bytes.extend(types.iter().map(|kind| letter(*kind)));
            }
        }
        bytes
    }

    /// The type of a block that takes nothing.
    fn block(&mut self, results: &[ValType]) -> Vec<u8> {
        match results {
            [] => vec![0x40],
            [one] => vec![letter(*one)],
            _ => {
                let mut bytes = Vec::new();
                let number = self.number(Vec::new(), results.to_vec());
                signed_leb(&mut bytes, number);
                bytes
            }
        }
    }
}

/// How the format writes the type of a number.
fn letter(kind: ValType) -> u8 {
    match kind {
        ValType::I32 => 0x7f,
        ValType::I64 => 0x7e,
        ValType::F32 => 0x7d,
        _ => 0x7c,
    }
}

fn is_number(kind: ValType) -> bool {
    matches!(kind, ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64)
}

/// A function that stretches are taken out of.
struct Surroundings<'a> {
    body: &'a Body<'a>,
    function: Function,
    /// What each frame leaves to what comes after it, and what a branch to it takes.
    leaves: Vec<Vec<ValType>>,
    taken: Vec<Vec<ValType>>,
    /// Locals that may be read before they are written, from each operator on.
    awaited: super::body::Awaited,
    /// Locals for what comes back, behind the function's own.
    more_locals: Vec<ValType>,
}

/// A stretch that becomes a function.
struct Part {
    operators: Range<usize>,
    /// On the stack where it begins.
    stack: Vec<ValType>,
    /// Locals it may read before it writes them.
    given: Vec<u32>,
    /// Locals that may be read afterwards, of those it writes.
    back: Vec<u32>,
    exits: Vec<Exit>,
    /// What comes back of values that leave with control, if the exits do not agree on that: each exit's own are some of these.
    slots: Option<Slots>,
}

#[derive(PartialEq, Eq)]
struct Exit {
    /// The frame it is a branch to, or the one whose end is reached.
    frame: usize,
    /// Over the end of the stretch, which a branch out of the block around it comes to as well.
    falls: bool,
    types: Vec<ValType>,
}

struct Slots {
    types: Vec<ValType>,
    /// Where each exit's values are.
    of: Vec<Vec<usize>>,
    /// The caller's locals for them. Before these is the one for the number of the exit.
    first_local: u32,
}

struct Call {
    part: Part,
    function: u32,
}

impl<'a> Surroundings<'a> {
    fn read(function: Function, body: &'a Body<'a>, types: &mut Types) -> Result<Surroundings<'a>, String> {
        let own = types.all[function.kind as usize].1.clone();
        let of = |block: Option<BlockType>| block.map_or((Vec::new(), own.clone()), |block| types.of(block));
        let leaves = body.frames.iter().map(|frame| of(frame.block_type).1).collect();
        let taken = body.frames.iter().map(|frame| {
            let (taken, left) = of(frame.block_type);
            if frame.is_loop { taken } else { left }
        });
        let taken = taken.collect();
        let count = function.locals.len();
        let awaited = body.awaited(0..body.operators.len(), count, |_| Locals::none(count));
        Ok(Surroundings { body, function, leaves, taken, awaited, more_locals: Vec::new() })
    }

    /// Those of the cold stretches to take out, or of those within them.
    fn choose(&mut self, cold: &BTreeSet<usize>, least: isize) -> Vec<Part> {
        let mut chosen: Vec<Part> = Vec::new();
        let mut cold_until = 0;
        for (number, stretch) in self.body.stretches().into_iter().enumerate() {
            let Stretch { operators, .. } = stretch;
            if cold.contains(&number) {
                cold_until = cold_until.max(operators.end);
            }
            let is_out = chosen.last().is_some_and(|part| operators.start < part.operators.end);
            let is_cold = operators.start < cold_until && !operators.is_empty();
            if is_out || !is_cold || (self.body.size(&operators) as isize) < least {
                continue;
            }
            let Some(mut part) = self.part(operators) else { continue };
            if part.gain(self.body) < least {
                continue;
            }
            if let Some(slots) = &mut part.slots {
                self.more_locals.push(ValType::I32);
                slots.first_local = (self.function.locals.len() + self.more_locals.len()) as u32;
                self.more_locals.extend(&slots.types);
            }
            chosen.push(part);
        }
        chosen
    }

    /// What a stretch takes and gives, if there is a rule for it.
    fn part(&self, operators: Range<usize>) -> Option<Part> {
        let stack = self.function.stacks[operators.start].clone()?;
        let exits = self.exits(&operators);
        let count = self.function.locals.len();
        let mut written = Locals::none(count);
        let mut used = Vec::new();
        for operator in &self.body.operators[operators.clone()] {
            match *operator {
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    written.insert(local_index);
                    used.push(local_index);
                }
                Operator::LocalGet { local_index } => used.push(local_index),
                _ => {}
            }
        }
        let mut back = Locals::none(count);
        self.body.ways_out(&operators).into_iter().for_each(|to| back.add(self.awaited.at(to)));
        back.keep(&written);
        let given = self.body.awaited(operators.clone(), count, |to| {
            let mut awaited = self.awaited.at(to).clone();
            awaited.keep(&back);
            awaited
        });
        let given = given.at(operators.start).iter().collect();
        let part = Part { operators, stack, given, back: back.iter().collect(), slots: Slots::of(&exits), exits };
        let types = used.iter().map(|local| self.function.locals[*local as usize]);
        let types = types.chain(part.stack.iter().copied());
        let mut types = types.chain(part.exits.iter().flat_map(|exit| exit.types.iter().copied()));
        // Several ways on from the end of a loop's body: the end has no number a branch could go to.
        let falls_out_of_loop = part.exits.iter().any(|exit| exit.falls && self.body.frames[exit.frame].is_loop);
        let has_rule = types.all(is_number) && !(falls_out_of_loop && part.exits.len() > 2 && part.slots.is_none());
        has_rule.then_some(part)
    }

    /// Every way out of a stretch, that over its end first.
    fn exits(&self, operators: &Range<usize>) -> Vec<Exit> {
        let body = self.body;
        let around = body.inside[operators.start];
        let exit = |frame: usize| {
            let falls = frame == around && !body.frames[frame].is_loop;
            Exit { frame, falls, types: self.taken[frame].clone() }
        };
        let mut exits = Vec::new();
        if self.function.stacks[operators.end].is_some() {
            exits.push(Exit { frame: around, falls: true, types: self.leaves[around].clone() });
        }
        for at in operators.clone() {
            let labels = labels(body, at).into_iter().filter(|label| body.frames[*label].start <= operators.start);
            for exit in labels.map(exit) {
                if !exits.contains(&exit) {
                    exits.push(exit);
                }
            }
        }
        exits.sort_by_key(|exit| !exit.falls);
        exits
    }

    /// The function with calls where the stretches stood.
    fn with_calls(&self, calls: &[Call]) -> Result<Vec<u8>, String> {
        let Body { bytes, offsets, .. } = self.body;
        let mut more = Vec::new();
        self.more_locals.iter().for_each(|kind| more.extend([1, letter(*kind)]));
        let mut code = program::longer(&bytes[..offsets[0]], self.more_locals.len() as u32, &more)?;
        let mut next = offsets[0];
        for Call { part, function } in calls {
            code.extend(&bytes[next..offsets[part.operators.start]]);
            part.write_call(self.body, *function, &mut code);
            next = offsets[part.operators.end];
        }
        code.extend(&bytes[next..]);
        Ok(code)
    }
}

/// The frames an operator may branch to.
fn labels(body: &Body, at: usize) -> Vec<usize> {
    match &body.operators[at] {
        Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => vec![body.label(at, *relative_depth)],
        Operator::BrTable { targets } => {
            targets.targets().flatten().chain([targets.default()]).map(|depth| body.label(at, depth)).collect()
        }
        Operator::Return => vec![0],
        _ => Vec::new(),
    }
}

impl Slots {
    /// Not if all exits have the same values: these then come back as they are.
    fn of(exits: &[Exit]) -> Option<Slots> {
        if exits.iter().all(|exit| exit.types == exits[0].types) {
            return None;
        }
        let mut slots = Slots { types: Vec::new(), of: Vec::new(), first_local: 0 };
        for exit in exits {
            let mut own: Vec<usize> = Vec::new();
            for kind in &exit.types {
                let free = (0..slots.types.len()).find(|slot| slots.types[*slot] == *kind && !own.contains(slot));
                own.push(free.unwrap_or(slots.types.len()));
                if free.is_none() {
                    slots.types.push(*kind);
                }
            }
            slots.of.push(own);
        }
        Some(slots)
    }
}

impl Part {
    /// How many bytes the caller loses, and the stub of a function that is elsewhere has.
    fn gain(&self, body: &Body) -> isize {
        let dispatch = if self.exits.len() > 1 { 3 + self.exits.len() } else { 2 };
        let slots = self.slots.as_ref().map_or(0, |slots| slots.types.len() * 6 + self.exits.len() * 6);
        let call = 3 + 2 * self.given.len() + 2 * self.back.len() + dispatch + slots;
        let stub = 13 + 2 * (self.given.len() + self.stack.len());
        body.size(&self.operators) as isize - (call + stub) as isize
    }

    /// The new function: the number of its type, and its body.
    fn write(&self, surroundings: &Surroundings, types: &mut Types) -> (u32, Vec<u8>) {
        let kind_of = |local: &u32| surroundings.function.locals[*local as usize];
        let arguments: Vec<ValType> = self.stack.iter().copied().chain(self.given.iter().map(kind_of)).collect();
        let mut results: Vec<ValType> = match &self.slots {
            Some(slots) => [ValType::I32].into_iter().chain(slots.types.iter().copied()).collect(),
            None => self.exits.first().map(|exit| exit.types.clone()).unwrap_or_default(),
        };
        results.extend((self.slots.is_none() && self.exits.len() > 1).then_some(ValType::I32));
        results.extend(self.back.iter().map(kind_of));
        let mut locals: BTreeMap<u32, u32> = self.given.iter().copied().zip(self.stack.len() as u32..).collect();
        let mut more: Vec<ValType> = Vec::new();
        let mut body = Vec::new();
        for exit in self.exits.iter().rev() {
            body.push(0x02);
            body.extend(types.block(&exit.types));
        }
        (0..self.stack.len()).for_each(|value| indexed(&mut body, 0x20, value as u32));
        let used = surroundings.body.operators[self.operators.clone()]
            .iter()
            .filter_map(local_of)
            .chain(self.back.iter().copied());
        for local in used {
            locals.entry(local).or_insert_with(|| {
                more.push(kind_of(&local));
                (arguments.len() + more.len() - 1) as u32
            });
        }
        self.write_operators(surroundings.body, &locals, &mut body);
        let first_slot = (arguments.len() + more.len()) as u32;
        more.extend(self.slots.iter().flat_map(|slots| slots.types.iter().copied()));
        for exit in 0..self.exits.len() {
            body.push(0x0b);
            self.write_exit(exit, first_slot, &locals, &mut body);
            if exit + 1 < self.exits.len() {
                body.push(0x0f);
            }
        }
        body.push(0x0b);
        let mut bytes = Vec::new();
        let groups: Vec<&[ValType]> = more.chunk_by(|one, other| one == other).collect();
        leb(&mut bytes, groups.len() as u32);
        for group in groups {
            leb(&mut bytes, group.len() as u32);
            bytes.push(letter(group[0]));
        }
        bytes.extend(body);
        (types.number(arguments, results), bytes)
    }

    /// The stretch itself, with the numbers that its locals and exits have in the new function.
    fn write_operators(&self, body: &Body, locals: &BTreeMap<u32, u32>, code: &mut Vec<u8>) {
        for at in self.operators.clone() {
            let number = |local: &u32| locals[local];
            let depth = |depth: u32| self.depth(body, at, depth);
            match &body.operators[at] {
                Operator::LocalGet { local_index } => indexed(code, 0x20, number(local_index)),
                Operator::LocalSet { local_index } => indexed(code, 0x21, number(local_index)),
                Operator::LocalTee { local_index } => indexed(code, 0x22, number(local_index)),
                Operator::Br { relative_depth } => indexed(code, 0x0c, depth(*relative_depth)),
                Operator::BrIf { relative_depth } => indexed(code, 0x0d, depth(*relative_depth)),
                Operator::Return => indexed(code, 0x0c, depth(body.depth(body.inside[at], 0))),
                Operator::BrTable { targets } => {
                    indexed(code, 0x0e, targets.len());
                    targets.targets().flatten().chain([targets.default()]).for_each(|target| leb(code, depth(target)));
                }
                _ => code.extend(&body.bytes[body.offsets[at]..body.offsets[at + 1]]),
            }
        }
    }

    /// Where a branch goes in the new function.
    fn depth(&self, body: &Body, at: usize, depth: u32) -> u32 {
        let label = body.label(at, depth);
        if body.frames[label].start > self.operators.start {
            return depth;
        }
        let around = body.inside[self.operators.start];
        let falls = label == around && !body.frames[label].is_loop;
        let exit = self.exits.iter().position(|exit| exit.frame == label && exit.falls == falls);
        body.depth(body.inside[at], around) + exit.unwrap_or_default() as u32
    }

    /// What is given back on one way out. Its values are on the stack.
    fn write_exit(&self, exit: usize, first_slot: u32, locals: &BTreeMap<u32, u32>, code: &mut Vec<u8>) {
        if let Some(slots) = &self.slots {
            slots.of[exit].iter().rev().for_each(|slot| indexed(code, 0x21, first_slot + *slot as u32));
        }
        if self.exits.len() > 1 {
            code.push(0x41);
            signed_leb(code, exit as u32);
        }
        if let Some(slots) = &self.slots {
            (0..slots.types.len()).for_each(|slot| indexed(code, 0x20, first_slot + slot as u32));
        }
        self.back.iter().for_each(|local| indexed(code, 0x20, locals[local]));
    }

    /// The call, and the way on.
    fn write_call(&self, body: &Body, function: u32, code: &mut Vec<u8>) {
        self.given.iter().for_each(|local| indexed(code, 0x20, *local));
        indexed(code, 0x10, function);
        self.back.iter().rev().for_each(|local| indexed(code, 0x21, *local));
        let around = body.inside[self.operators.start];
        let depth = |exit: &Exit| body.depth(around, exit.frame);
        match (&self.slots, self.exits.as_slice()) {
            (Some(slots), exits) => self.write_branches(slots, exits, depth, code),
            (None, []) => code.push(0x00),
            (None, [Exit { falls: true, .. }]) => {}
            (None, [only]) => indexed(code, 0x0c, depth(only)),
            (None, [Exit { falls: true, .. }, other]) => indexed(code, 0x0d, depth(other)),
            (None, exits) => {
                indexed(code, 0x0e, exits.len() as u32 - 1);
                exits.iter().for_each(|exit| leb(code, depth(exit)));
            }
        }
    }

    /// For exits with different values: each takes its own out of their locals.
    fn write_branches(&self, slots: &Slots, exits: &[Exit], depth: impl Fn(&Exit) -> u32, code: &mut Vec<u8>) {
        let number = slots.first_local - 1;
        (0..=slots.types.len() as u32).rev().for_each(|slot| indexed(code, 0x21, number + slot));
        let values = |exit: usize, code: &mut Vec<u8>| {
            slots.of[exit].iter().for_each(|slot| indexed(code, 0x20, slots.first_local + *slot as u32));
        };
        // The way on over the end is not asked for: it is what remains.
        for (at, exit) in exits.iter().enumerate().rev().filter(|(_, exit)| !exit.falls) {
            if at == 0 {
                values(at, code);
                indexed(code, 0x0c, depth(exit));
                return;
            }
            indexed(code, 0x20, number);
            code.push(0x41);
            signed_leb(code, at as u32);
            code.extend([0x46, 0x04, 0x40]);
            values(at, code);
            indexed(code, 0x0c, depth(exit) + 1);
            code.push(0x0b);
        }
        values(0, code);
    }
}

fn local_of(operator: &Operator) -> Option<u32> {
    match operator {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => Some(*local_index),
        _ => None,
    }
}

/// An instruction about something with a number.
fn indexed(code: &mut Vec<u8>, instruction: u8, index: u32) {
    code.push(instruction);
    leb(code, index);
}

#[cfg(test)]
mod tests;
