//! In which order functions stand so that they travel in fewer bytes: each next to the one it has most in common with.
//!
//! What has just been seen is said again in the fewest bits, and generic code is full of functions that differ in a type.
//! What two functions have in common is counted in runs of a few instructions that not many functions have.

use super::body::Body;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use wasmparser::{FunctionBody, Operator};

/// As many instructions in a row are compared.
const RUN: usize = 4;
/// What more functions have than this says nothing of any of them.
const COMMON: usize = 100;
/// Lest the smallest functions look most alike.
const SMALL: usize = 20;

/// The places of `bodies` in the order they should stand in.
pub fn by_likeness(bodies: &[FunctionBody<'_>]) -> Result<Vec<usize>, String> {
    let mut runs = bodies.iter().map(runs).collect::<Result<Vec<_>, _>>()?;
    let mut having: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, runs) in runs.iter().enumerate() {
        runs.iter().for_each(|run| having.entry(*run).or_default().push(at));
    }
    having.retain(|_, at| (2..=COMMON).contains(&at.len()));
    runs.iter_mut().for_each(|runs| runs.retain(|run| having.contains_key(run)));
    let mut largest: Vec<usize> = (0..bodies.len()).collect();
    largest.sort_by_key(|at| std::cmp::Reverse(bodies[*at].as_bytes().len()));
    let mut left: BTreeSet<usize> = largest.iter().copied().collect();
    let mut largest = largest.into_iter();
    let mut order: Vec<usize> = Vec::new();
    while !left.is_empty() {
        let alike = order.last().and_then(|last| most_alike(*last, &runs, &having, &left));
        let next = alike.or_else(|| largest.by_ref().find(|at| left.contains(at)));
        let Some(next) = next else { break };
        left.remove(&next);
        order.push(next);
    }
    Ok(order)
}

/// Of those that are `left`, the one that shares most with `this` for its size.
fn most_alike(
    this: usize,
    runs: &[BTreeSet<u64>],
    having: &BTreeMap<u64, Vec<usize>>,
    left: &BTreeSet<usize>,
) -> Option<usize> {
    let mut shared: BTreeMap<usize, u32> = BTreeMap::new();
    for other in runs[this].iter().flat_map(|run| &having[run]).filter(|other| left.contains(other)) {
        *shared.entry(*other).or_default() += 1;
    }
    let likeness = |at: usize, shared: u32| f64::from(shared) / ((runs[at].len() + SMALL) as f64).sqrt();
    let best = shared.into_iter().max_by(|a, b| likeness(a.0, a.1).total_cmp(&likeness(b.0, b.1)).then(b.0.cmp(&a.0)));
    best.map(|(at, _)| at)
}

/// The runs of instructions in a function. Which function is called and which number is meant makes no difference.
fn runs(body: &FunctionBody<'_>) -> Result<BTreeSet<u64>, String> {
    let body = Body::read(body)?;
    let said = |(at, operator): (usize, &Operator<'_>)| {
        let end = match operator {
            Operator::Call { .. } | Operator::I32Const { .. } => body.offsets[at] + 1,
            _ => body.offsets[at + 1],
        };
        &body.bytes[body.offsets[at]..end]
    };
    let operators: Vec<&[u8]> = body.operators.iter().enumerate().map(said).collect();
    let hash = |run: &[&[u8]]| {
        let mut hasher = DefaultHasher::new();
        run.hash(&mut hasher);
        hasher.finish()
    };
    Ok(operators.windows(RUN).map(hash).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{CodeSection, Encode, Function, Instruction};

    #[test]
    fn functions_that_do_the_same_to_other_numbers_stand_together() {
        let says = |instructions: &[Instruction<'_>]| {
            let mut function = Function::new([]);
            for instruction in instructions {
                function.instruction(instruction);
            }
            function.instruction(&Instruction::End).clone()
        };
        let adds =
            |number| [Instruction::LocalGet(0), Instruction::I32Const(number), Instruction::I32Add, Instruction::Nop];
        let drops = |number| [Instruction::I32Const(number), Instruction::Drop, Instruction::Nop, Instruction::Nop];
        let mut code = CodeSection::new();
        for function in [says(&adds(1)), says(&drops(2)), says(&adds(3)), says(&drops(400))] {
            code.function(&function);
        }
        let mut bytes = Vec::new();
        code.encode(&mut bytes);
        // Behind the size of the section, one byte here.
        let reader = wasmparser::CodeSectionReader::new(wasmparser::BinaryReader::new(&bytes[1..], 0)).unwrap();
        let bodies: Vec<_> = reader.into_iter().map(Result::unwrap).collect();
        assert_eq!(by_likeness(&bodies).unwrap(), [0, 2, 3, 1]);
    }
}
