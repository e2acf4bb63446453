//! Whole programs of chance, played before and after stretches were taken out of them: results, traps, memory and
//! globals must be the same.

use super::*;
use wasm_encoder::{
    BlockType, ConstExpr, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType, Instruction,
    MemArg, MemorySection, MemoryType, RefType, TableSection, TableType, TypeSection, ValType,
};
use wasmi::{Engine, Instance, Linker, Store, Val};

const KINDS: [ValType; 4] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];
const FUNCTIONS: usize = 4;
/// Counts down with every turn of a loop; the other one is anybody's.
const TURNS: u32 = 0;
const ANYBODYS: u32 = 1;

/// Marsaglia's xorshift.
struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % end
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn kind(&mut self) -> ValType {
        KINDS[self.below(4)]
    }

    fn kinds(&mut self, at_most: usize) -> Vec<ValType> {
        (0..self.below(at_most + 1)).map(|_| self.kind()).collect()
    }
}

type Kinds = (Vec<ValType>, Vec<ValType>);

/// A function on its way: what it is made of so far, and what may be used in it.
struct Author<'a> {
    chance: &'a mut Chance,
    functions: &'a [Kinds],
    types: &'a mut Vec<Kinds>,
    number: usize,
    locals: Vec<ValType>,
    /// What a branch to each block around takes, the innermost last.
    labels: Vec<Vec<ValType>>,
    code: Vec<Instruction<'static>>,
    /// How much more may be said.
    budget: usize,
}

impl Author<'_> {
    fn put(&mut self, instruction: Instruction<'static>) {
        self.code.push(instruction);
    }

    fn local(&mut self, kind: ValType) -> u32 {
        let of_kind: Vec<usize> = (0..self.locals.len()).filter(|local| self.locals[*local] == kind).collect();
        of_kind[self.chance.below(of_kind.len())] as u32
    }

    /// Leaves a value on the stack.
    fn value(&mut self, kind: ValType) {
        if self.chance.one_in(3) {
            let local = self.local(kind);
            return self.put(Instruction::LocalGet(local));
        }
        let small = self.chance.below(7) as i32 - 3;
        match (kind, self.chance.below(5)) {
            (ValType::I32, 0 | 1) => self.put(Instruction::I32Const(small)),
            (ValType::I32, 2) => self.put(Instruction::GlobalGet(ANYBODYS)),
            (ValType::I32, 3) => {
                self.address();
                self.put(Instruction::I32Load(MEMORY));
            }
            (ValType::I32, _) => {
                self.value(ValType::I32);
                self.value(ValType::I32);
                let operators = [Instruction::I32Add, Instruction::I32Mul, Instruction::I32LtS, Instruction::I32DivS];
                let operator = operators[self.chance.below(4)].clone();
                self.put(operator);
            }
            (ValType::I64, 0..=2) => self.put(Instruction::I64Const(i64::from(small))),
            (ValType::I64, 3) => {
                self.value(ValType::I32);
                self.put(Instruction::I64ExtendI32S);
            }
            (ValType::I64, _) => {
                self.value(ValType::I64);
                self.value(ValType::I64);
                self.put(Instruction::I64Add);
            }
            (ValType::F32, 0..=2) => self.put(Instruction::F32Const((small as f32).into())),
            (ValType::F32, _) => {
                self.value(ValType::I32);
                self.put(Instruction::F32ConvertI32S);
            }
            (_, 0..=2) => self.put(Instruction::F64Const(f64::from(small).into())),
            (_, _) => {
                self.value(ValType::I64);
                self.put(Instruction::F64ConvertI64S);
            }
        }
    }

    fn values(&mut self, kinds: &[ValType]) {
        kinds.iter().for_each(|kind| self.value(*kind));
    }

    fn address(&mut self) {
        self.value(ValType::I32);
        self.put(Instruction::I32Const(0xff));
        self.put(Instruction::I32And);
    }

    /// Takes the values off the stack again, into locals or not.
    fn take(&mut self, kinds: &[ValType]) {
        for kind in kinds.iter().rev() {
            if self.chance.one_in(3) {
                self.put(Instruction::Drop);
            } else {
                let local = self.local(*kind);
                self.put(Instruction::LocalSet(local));
            }
        }
    }

    /// Some statements, then these values. `false` when control does not come to their end.
    fn sequence(&mut self, leaves: &[ValType]) {
        for _ in 0..self.chance.below(6) + 1 {
            if !self.statement() {
                return;
            }
        }
        self.values(leaves);
    }

    /// `false` when control does not go on.
    fn statement(&mut self) -> bool {
        if self.budget == 0 {
            return true;
        }
        self.budget -= 1;
        match self.chance.below(12) {
            0 | 1 => {
                let kind = self.chance.kind();
                self.value(kind);
                self.take(&[kind]);
            }
            2 => {
                self.address();
                self.value(ValType::I32);
                self.put(Instruction::I32Store(MEMORY));
            }
            3 => {
                self.value(ValType::I32);
                self.put(Instruction::GlobalSet(ANYBODYS));
            }
            4 => {
                let kind = self.chance.kind();
                self.value(kind);
                let local = self.local(kind);
                self.put(Instruction::LocalTee(local));
                self.take(&[kind]);
            }
            5 | 6 => self.block(),
            7 => self.both_arms(),
            8 => return self.branch(),
            9 => self.call(),
            10 => {
                // What lies on the stack meanwhile.
                let kinds = self.chance.kinds(2);
                self.values(&kinds);
                for _ in 0..self.chance.below(3) {
                    if !self.statement() {
                        return false;
                    }
                }
                self.take(&kinds);
            }
            _ => self.branch_if(),
        }
        true
    }

    fn block(&mut self) {
        let (takes, leaves) = (self.chance.kinds(1), self.chance.kinds(2));
        self.values(&takes);
        let kind = self.block_type(&takes, &leaves);
        let is_loop = self.chance.one_in(3);
        self.labels.push(if is_loop { takes.clone() } else { leaves.clone() });
        if is_loop {
            self.put(Instruction::Loop(kind));
            self.count_turn();
        } else {
            self.put(Instruction::Block(kind));
        }
        self.take(&takes);
        self.sequence(&leaves);
        self.put(Instruction::End);
        self.labels.pop();
        self.take(&leaves);
    }

    /// Traps when there were too many.
    fn count_turn(&mut self) {
        for instruction in [
            Instruction::GlobalGet(TURNS),
            Instruction::I32Const(1),
            Instruction::I32Sub,
            Instruction::GlobalSet(TURNS),
            Instruction::GlobalGet(TURNS),
            Instruction::I32Const(0),
            Instruction::I32LtS,
            Instruction::If(BlockType::Empty),
            Instruction::Unreachable,
            Instruction::End,
        ] {
            self.put(instruction);
        }
    }

    fn both_arms(&mut self) {
        let leaves = if self.chance.one_in(2) { Vec::new() } else { self.chance.kinds(2) };
        self.value(ValType::I32);
        let kind = self.block_type(&[], &leaves);
        self.put(Instruction::If(kind));
        self.labels.push(leaves.clone());
        self.sequence(&leaves);
        if !leaves.is_empty() || self.chance.one_in(2) {
            self.put(Instruction::Else);
            self.sequence(&leaves);
        }
        self.put(Instruction::End);
        self.labels.pop();
        self.take(&leaves);
    }

    fn block_type(&mut self, takes: &[ValType], leaves: &[ValType]) -> BlockType {
        match (takes, leaves) {
            ([], []) => BlockType::Empty,
            ([], [one]) => BlockType::Result(*one),
            _ => {
                self.types.push((takes.to_vec(), leaves.to_vec()));
                BlockType::FunctionType(self.types.len() as u32 - 1)
            }
        }
    }

    fn label(&mut self) -> (u32, Vec<ValType>) {
        let depth = self.chance.below(self.labels.len());
        (depth as u32, self.labels[self.labels.len() - 1 - depth].clone())
    }

    fn branch_if(&mut self) {
        let (depth, kinds) = self.label();
        self.values(&kinds);
        self.value(ValType::I32);
        self.put(Instruction::BrIf(depth));
        self.take(&kinds);
    }

    fn branch(&mut self) -> bool {
        let (depth, kinds) = self.label();
        let others = self.labels.iter().rev().enumerate().filter(|(_, label)| **label == kinds);
        let targets: Vec<u32> = others.map(|(depth, _)| depth as u32).collect();
        match self.chance.below(8) {
            0 => {
                let own = self.functions[self.number].1.clone();
                self.values(&own);
                self.put(Instruction::Return);
            }
            1 => {
                self.values(&kinds);
                self.put(Instruction::Br(depth));
            }
            2 => {
                self.values(&kinds);
                self.value(ValType::I32);
                self.put(Instruction::BrTable(targets.into(), depth));
            }
            3 if self.chance.one_in(3) => self.put(Instruction::Unreachable),
            _ => return true,
        }
        false
    }

    /// Only functions behind this one: no recursion.
    fn call(&mut self) {
        if self.number + 1 == FUNCTIONS {
            return;
        }
        let called = self.number + 1 + self.chance.below(FUNCTIONS - self.number - 1);
        let (takes, leaves) = self.functions[called].clone();
        self.values(&takes);
        self.put(Instruction::Call(called as u32));
        self.take(&leaves);
    }
}

const MEMORY: MemArg = MemArg { offset: 0, align: 0, memory_index: 0 };

fn program(seed: u64) -> (Vec<u8>, Vec<Kinds>) {
    let mut chance = Chance::new(seed);
    let functions: Vec<Kinds> = (0..FUNCTIONS).map(|_| (chance.kinds(3), chance.kinds(2))).collect();
    let mut types = functions.clone();
    let mut code = CodeSection::new();
    for number in 0..FUNCTIONS {
        let own: Vec<ValType> = KINDS.into_iter().chain((0..chance.below(6)).map(|_| chance.kind())).collect();
        let locals = functions[number].0.iter().chain(&own).copied().collect();
        let labels = vec![functions[number].1.clone()];
        let (chance, types, functions) = (&mut chance, &mut types, functions.as_slice());
        let mut author = Author { chance, functions, types, number, locals, labels, code: Vec::new(), budget: 60 };
        author.sequence(&functions[number].1);
        let mut body = Function::new(own.into_iter().map(|kind| (1, kind)));
        for instruction in &author.code {
            body.instruction(instruction);
        }
        code.function(body.instruction(&Instruction::End));
    }
    let mut type_section = TypeSection::new();
    for (takes, leaves) in types {
        type_section.ty().function(takes, leaves);
    }
    let mut function_section = FunctionSection::new();
    for number in 0..FUNCTIONS as u32 {
        function_section.function(number);
    }
    let mut tables = TableSection::new();
    let element_type = RefType::FUNCREF;
    tables.table(TableType { element_type, minimum: 0, maximum: None, table64: false, shared: false });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut globals = GlobalSection::new();
    let mutable = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
    globals.global(mutable, &ConstExpr::i32_const(100)).global(mutable, &ConstExpr::i32_const(0));
    let mut exports = ExportSection::new();
    for number in 0..FUNCTIONS as u32 {
        exports.export(&format!("f{number}"), ExportKind::Func, number);
    }
    exports.export("memory", ExportKind::Memory, 0).export("g0", ExportKind::Global, 0);
    exports.export("g1", ExportKind::Global, 1);
    let mut module = Module::new();
    module.section(&type_section).section(&function_section).section(&tables).section(&memories).section(&globals);
    module.section(&exports).section(&code);
    (module.finish(), functions)
}

/// What a program did, in words that differ when anything does.
fn played(wasm: &[u8], functions: &[Kinds], seed: u64) -> Vec<String> {
    let engine = Engine::default();
    let module = wasmi::Module::new(&engine, wasm).expect("the program is right");
    let mut chance = Chance::new(seed);
    let mut said = Vec::new();
    for turn in 0..24 {
        let number = turn % FUNCTIONS;
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).expect("it imports nothing");
        let arguments: Vec<Val> = functions[number].0.iter().map(|kind| argument(*kind, &mut chance)).collect();
        let mut results: Vec<Val> = functions[number].1.iter().map(|_| Val::I32(0)).collect();
        let function = instance.get_func(&store, &format!("f{number}")).expect("it is exported");
        let outcome = function.call(&mut store, &arguments, &mut results);
        let outcome = outcome.map(|()| results.iter().map(bits).collect::<Vec<_>>());
        said.push(format!("{outcome:?} {}", left(&instance, &store)));
    }
    said
}

fn argument(kind: ValType, chance: &mut Chance) -> Val {
    let small = chance.below(9) as i32 - 4;
    match kind {
        ValType::I32 => Val::I32(small),
        ValType::I64 => Val::I64(small.into()),
        ValType::F32 => Val::F32((small as f32).into()),
        _ => Val::F64(f64::from(small).into()),
    }
}

fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(value) => *value as u64,
        Val::I64(value) => *value as u64,
        Val::F32(value) => value.to_bits().into(),
        Val::F64(value) => value.to_bits(),
        other => panic!("nobody returns {other:?}"),
    }
}

fn left(instance: &Instance, store: &Store<()>) -> String {
    let memory = instance.get_memory(store, "memory").expect("it is exported").data(store);
    let globals = ["g0", "g1"].map(|name| instance.get_global(store, name).expect("it is exported").get(store));
    format!("{:?} {:?}", &memory[..0x110], globals.map(|value| bits(&value)))
}

/// Takes every so manieth stretch out, whatever that costs.
fn every(wasm: &[u8], one_in: usize, seed: u64) -> Outlined {
    let mut chance = Chance::new(seed);
    let cold = |_, body: &Body| (0..body.stretches().len()).filter(|_| chance.one_in(one_in)).collect();
    outline(wasm, isize::MIN, cold).unwrap()
}

fn count(wasm: &[u8]) -> usize {
    Program::read(wasm).unwrap().bodies.len()
}

#[test]
fn programs_do_the_same() {
    let (mut taken, mut ended) = (0, 0);
    for seed in 0..400 {
        let (wasm, functions) = program(seed);
        wasmparser::validate(&wasm).expect("what chance wrote is a program");
        let before = played(&wasm, &functions, seed);
        ended += before.iter().filter(|said| said.starts_with("Ok")).count();
        for one_in in [1, 3, 12] {
            let once = every(&wasm, one_in, seed).wasm;
            let twice = every(&once, 2, seed).wasm;
            taken += count(&twice) - FUNCTIONS;
            assert_eq!(played(&once, &functions, seed), before, "program {seed}, one in {one_in}");
            assert_eq!(played(&twice, &functions, seed), before, "program {seed}, one in {one_in}, twice");
        }
    }
    assert!(taken > 10_000 && ended > 2_500, "{taken} stretches, {ended} calls that came back");
}
