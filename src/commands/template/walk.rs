//! A template that was read is written, with what its variables and its dot are where it stands.
//!
//! Knows nothing of how it was read. Bounded: so many steps and so many bytes, whatever it says. The way in is
//! [`Walk::written`]. Source: Go `text/template`, "Actions" and "Variables".

use super::functions::{is_true, shown};
use super::read::{Block, Kind, Node, Pipeline};
use super::{Doing, Problem, Value};

/// More than this is not rendered.
const MAX_LENGTH: usize = 64 << 20;
const MAX_STEPS: u64 = 1_000_000;

pub(super) struct Walk<'a> {
    doing: Doing<'a>,
    out: String,
    steps: u64,
}

/// What follows a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    On,
    Break,
    Continue,
}

impl<'a> Walk<'a> {
    pub fn new(doing: Doing<'a>) -> Walk<'a> {
        Walk { doing, out: String::new(), steps: 0 }
    }

    /// Errors with where the action they were found in begins.
    pub fn written(mut self, nodes: &[Node<'_>]) -> Result<String, (usize, Problem)> {
        self.all(nodes)?;
        Ok(self.out)
    }

    fn all(&mut self, nodes: &[Node<'_>]) -> Result<Next, (usize, Problem)> {
        for node in nodes {
            let next = match node {
                Node::Text(text) => self.text(text, 0)?,
                Node::Break => Next::Break,
                Node::Continue => Next::Continue,
                Node::Action(pipeline) => {
                    let value = self.value(pipeline)?;
                    match pipeline.variables.is_empty() {
                        true => self.text(&shown(&value), pipeline.at)?,
                        false => Next::On,
                    }
                }
                Node::Block(block) => self.block(block)?,
            };
            if next != Next::On {
                return Ok(next);
            }
        }
        Ok(Next::On)
    }

    fn step(&mut self, at: usize) -> Result<(), (usize, Problem)> {
        self.steps += 1;
        let is_over = self.steps > MAX_STEPS;
        if is_over { Err((at, "not in the playground: more than a million steps".into())) } else { Ok(()) }
    }

    fn text(&mut self, text: &str, at: usize) -> Result<Next, (usize, Problem)> {
        if self.out.len() + text.len() > MAX_LENGTH {
            return Err((at, "not in the playground: more than 64 MiB".into()));
        }
        self.step(at)?;
        self.out += text;
        Ok(Next::On)
    }

    /// What a pipeline gives, also to its variables.
    fn value(&mut self, pipeline: &Pipeline) -> Result<Value, (usize, Problem)> {
        self.step(pipeline.at)?;
        let value = self.doing.evaluate(&pipeline.tokens, 0).map_err(|problem| (pipeline.at, problem))?;
        for name in &pipeline.variables {
            match pipeline.assigns {
                true => self.assign(pipeline, name, &value)?,
                false => self.doing.variables.push((name.clone(), value.clone())),
            }
        }
        Ok(value)
    }

    fn assign(&mut self, pipeline: &Pipeline, name: &str, value: &Value) -> Result<(), (usize, Problem)> {
        match self.doing.variables.iter_mut().rev().find(|(known, _)| known == name) {
            Some((_, held)) => held.clone_from(value),
            None => return Err((pipeline.at, self.doing.undone_last(format!("undefined variable: ${name}")))),
        }
        Ok(())
    }

    fn block(&mut self, block: &Block<'_>) -> Result<Next, (usize, Problem)> {
        let known = self.doing.variables.len();
        let value = self.value(&block.pipeline)?;
        let next = match block.kind {
            Kind::Range => self.range(block, &value),
            Kind::If if is_true(&value) => self.all(&block.body),
            Kind::With if is_true(&value) => self.with_dot(value, &block.body),
            Kind::If | Kind::With => self.all(&block.otherwise),
        };
        self.doing.variables.truncate(known);
        next
    }

    fn with_dot(&mut self, dot: Value, nodes: &[Node<'_>]) -> Result<Next, (usize, Problem)> {
        let before = std::mem::replace(&mut self.doing.dot, dot);
        let next = self.all(nodes);
        self.doing.dot = before;
        next
    }

    /// Only numbers can be counted up to: there are no lists here.
    fn range(&mut self, block: &Block<'_>, value: &Value) -> Result<Next, (usize, Problem)> {
        let Pipeline { at, variables, assigns, .. } = &block.pipeline;
        let undone = |walk: &Walk<'_>, why: String| (*at, walk.doing.undone_last(why));
        let plain = shown(value);
        let (end, of): (i64, fn(i64) -> Value) = match value {
            Value::Number(end) => (*end, Value::Number),
            Value::Long(end) => (*end, Value::Long),
            Value::Byte(end) => (i64::from(*end), |number| Value::Byte(number as u8)),
            _ => return Err(undone(self, format!("range can't iterate over {plain}"))),
        };
        if variables.len() > 1 {
            return Err(undone(self, format!("can't use {plain} to iterate over more than one variable")));
        }
        if end <= 0 {
            return self.all(&block.otherwise);
        }
        let known = self.doing.variables.len();
        for number in 0..end {
            self.step(*at)?;
            match variables.first() {
                Some(name) if *assigns => self.assign(&block.pipeline, name, &of(number))?,
                Some(_) => {
                    if let Some((_, held)) = self.doing.variables.last_mut() {
                        *held = of(number);
                    }
                }
                None => {}
            }
            let next = self.with_dot(of(number), &block.body)?;
            self.doing.variables.truncate(known);
            if next == Next::Break {
                break;
            }
        }
        Ok(Next::On)
    }
}
