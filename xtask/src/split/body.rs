//! A function's body as structured code: how its blocks are nested, where control goes from each instruction, and which
//! locals are still of use there.
//!
//! In WebAssembly control enters a block at its start alone. So what follows an instruction up to the end of the block
//! around it is entered nowhere else either, and if it did not begin, none of it ran: these are the [`Body::stretches`].
//! Source: WebAssembly core specification 2.0, "Control Instructions" and "Validation".

use super::program::said;
use std::ops::Range;
use wasmparser::{BlockType, FunctionBody, Operator};

pub struct Body<'a> {
    /// The whole body, from the declaration of its locals on.
    pub bytes: &'a [u8],
    pub operators: Vec<Operator<'a>>,
    /// Where each operator begins in `bytes`, and where the last one ends.
    pub offsets: Vec<usize>,
    pub frames: Vec<Frame>,
    /// The frame each operator stands in. What closes a frame stands in it.
    pub inside: Vec<usize>,
    /// The frame an operator opens.
    opened: Vec<usize>,
}

/// The function itself, a block, a loop, or one arm of an `if`.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub is_loop: bool,
    /// The function's own has none, and is its own parent.
    pub block_type: Option<BlockType>,
    pub parent: usize,
    /// The first operator in it.
    pub start: usize,
    /// The `end` or `else` that closes it.
    pub close: usize,
    /// The `end` of the whole, both arms.
    pub end: usize,
}

/// A stretch of operators that is entered at its start alone and goes on to the end of its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub operators: Range<usize>,
    /// The number of the last stretch that is part of this one.
    pub last: usize,
}

const FUNCTION: usize = 0;

impl<'a> Body<'a> {
    pub fn read(body: &FunctionBody<'a>) -> Result<Body<'a>, String> {
        let bytes = body.as_bytes();
        let (mut operators, mut offsets) = (Vec::new(), Vec::new());
        for operator in body.get_operators_reader().map_err(said)?.into_iter_with_offsets() {
            let (operator, offset) = operator.map_err(said)?;
            operators.push(operator);
            offsets.push(offset - body.range().start);
        }
        offsets.push(bytes.len());
        let mut body = Body { bytes, operators, offsets, frames: Vec::new(), inside: Vec::new(), opened: Vec::new() };
        body.nest();
        Ok(body)
    }

    fn nest(&mut self) {
        let frame = |is_loop, block_type, parent, start| Frame { is_loop, block_type, parent, start, close: 0, end: 0 };
        self.frames.push(frame(false, None, FUNCTION, 0));
        let mut open = vec![FUNCTION];
        for (at, operator) in self.operators.iter().enumerate() {
            let here = open.last().copied().unwrap_or(FUNCTION);
            self.inside.push(here);
            self.opened.push(self.frames.len());
            match operator {
                Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
                    open.push(self.frames.len());
                    let is_loop = matches!(operator, Operator::Loop { .. });
                    self.frames.push(frame(is_loop, Some(*blockty), here, at + 1));
                }
                Operator::Else => {
                    self.frames[here].close = at;
                    open.pop();
                    open.push(self.frames.len());
                    let then = self.frames[here];
                    self.frames.push(frame(false, then.block_type, then.parent, at + 1));
                }
                Operator::End => {
                    (self.frames[here].close, self.frames[here].end) = (at, at);
                    open.pop();
                }
                _ => {}
            }
        }
        for frame in 0..self.frames.len() {
            let close = self.frames[frame].close;
            if matches!(self.operators[close], Operator::Else) {
                self.frames[frame].end = self.frames[self.opened[close]].end;
            }
        }
    }

    /// How many bytes a stretch of operators takes.
    pub fn size(&self, operators: &Range<usize>) -> usize {
        self.offsets[operators.end] - self.offsets[operators.start]
    }

    /// All stretches that may begin or not: the body, arms, what follows a conditional branch or the end of a block.
    pub fn stretches(&self) -> Vec<Stretch> {
        let mut starts = vec![0];
        for (at, operator) in self.operators.iter().enumerate() {
            let forks =
                matches!(operator, Operator::If { .. } | Operator::Else | Operator::BrIf { .. } | Operator::End);
            if forks && at + 1 < self.operators.len() {
                starts.push(at + 1);
            }
        }
        let stretch = |start: &usize| {
            let end = self.frames[self.inside[*start]].close;
            Stretch { operators: *start..end, last: starts.partition_point(|other| *other < end).max(1) - 1 }
        };
        starts.iter().map(stretch).collect()
    }

    /// The frame a branch leaves or, if that is a loop, begins again.
    pub fn label(&self, from: usize, depth: u32) -> usize {
        (0..depth).fold(self.inside[from], |frame, _| self.frames[frame].parent)
    }

    /// How many frames are left on the way from one to another around it.
    pub fn depth(&self, from: usize, to: usize) -> u32 {
        let outwards = std::iter::successors(Some(from), |frame| Some(self.frames[*frame].parent));
        outwards.take_while(|frame| *frame != to).count() as u32
    }

    /// The operator a branch to a frame goes on with.
    fn target(&self, label: usize) -> usize {
        let frame = &self.frames[label];
        if frame.is_loop { frame.start } else { frame.end }
    }

    /// Where control may go from an operator.
    fn next(&self, at: usize) -> Vec<usize> {
        let to = |depth: u32| self.target(self.label(at, depth));
        match &self.operators[at] {
            Operator::If { .. } => {
                let then = &self.frames[self.opened[at]];
                vec![at + 1, if then.close == then.end { then.end } else { then.close + 1 }]
            }
            Operator::Else => vec![self.frames[self.inside[at]].end],
            Operator::Br { relative_depth } => vec![to(*relative_depth)],
            Operator::BrIf { relative_depth } => vec![at + 1, to(*relative_depth)],
            Operator::BrTable { targets } => targets.targets().flatten().chain([targets.default()]).map(to).collect(),
            Operator::Return | Operator::Unreachable => Vec::new(),
            _ if at + 1 == self.operators.len() => Vec::new(),
            _ => vec![at + 1],
        }
    }

    /// Which locals may still be read from each of `operators` on, before they are written. `beyond` says so of places
    /// outside of these.
    pub fn awaited(&self, operators: Range<usize>, locals: usize, beyond: impl Fn(usize) -> Locals) -> Awaited {
        let mut awaited = Awaited { start: operators.start, sets: vec![Locals::none(locals); operators.len()] };
        let next: Vec<Vec<usize>> = operators.clone().map(|at| self.next(at)).collect();
        let mut has_changed = true;
        while has_changed {
            has_changed = false;
            for at in operators.clone().rev() {
                let mut set = Locals::none(locals);
                for to in &next[at - operators.start] {
                    match operators.contains(to) {
                        true => set.add(awaited.at(*to)),
                        false => set.add(&beyond(*to)),
                    }
                }
                match self.operators[at] {
                    Operator::LocalGet { local_index } => set.insert(local_index),
                    Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => set.remove(local_index),
                    _ => {}
                }
                if *awaited.at(at) != set {
                    awaited.sets[at - operators.start] = set;
                    has_changed = true;
                }
            }
        }
        awaited
    }

    /// Where control goes to when it leaves a stretch, other than by returning.
    pub fn ways_out(&self, operators: &Range<usize>) -> Vec<usize> {
        operators.clone().flat_map(|at| self.next(at)).filter(|to| !operators.contains(to)).collect()
    }
}

/// What [`Body::awaited`] found.
pub struct Awaited {
    start: usize,
    sets: Vec<Locals>,
}

impl Awaited {
    pub fn at(&self, operator: usize) -> &Locals {
        &self.sets[operator - self.start]
    }
}

/// A set of locals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locals(Vec<u64>);

impl Locals {
    pub fn none(of: usize) -> Locals {
        Locals(vec![0; of.div_ceil(64)])
    }

    pub fn insert(&mut self, local: u32) {
        self.0[local as usize / 64] |= 1 << (local % 64);
    }

    fn remove(&mut self, local: u32) {
        self.0[local as usize / 64] &= !(1 << (local % 64));
    }

    pub fn add(&mut self, others: &Locals) {
        self.0.iter_mut().zip(&others.0).for_each(|(mine, other)| *mine |= other);
    }

    pub fn keep(&mut self, others: &Locals) {
        self.0.iter_mut().zip(&others.0).for_each(|(mine, other)| *mine &= other);
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> {
        let is_in = |local: &u32| self.0[*local as usize / 64] >> (local % 64) & 1 == 1;
        (0..self.0.len() as u32 * 64).filter(is_in)
    }
}
