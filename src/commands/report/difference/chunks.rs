//! Long texts and lists of numbers: told in parts, of which some are kept.

use super::compare::{Inner, Node};
use super::script::{Edit, Likeness, edits};
use super::show::{CONTEXT, left_out};
use super::text::{Counts, Mark, Record, Text};
use super::{Value, quoted};

/// Shorter ones are shown as a whole.
const LEAST: usize = 32;
/// Bytes, and numbers, in a line.
const BYTES: usize = 64;
const NUMBERS: usize = 8;
/// Lines of changes shown.
const MOST: usize = 32;

/// `None` for what is not told in parts.
pub(super) fn told_in_parts(node: &Node<'_>) -> Option<Text> {
    if node.different == 0 {
        return None;
    }
    match (node.old?, node.new?) {
        (Value::Text(old), Value::Text(new)) if old.len().min(new.len()) >= LEAST => {
            let records = records(old.as_bytes(), new.as_bytes(), BYTES, "byte", quoted);
            Some(Text::wrap("strings.Join(", Text::braces(records), ", \"\")"))
        }
        (Value::List(_, Some(old)), Value::List(_, Some(new))) if matches!(node.inner, Inner::Items(_)) => {
            let numbers = |items: &[Value]| -> Option<Vec<i64>> {
                items.iter().map(|item| if let Value::Duration(nanos) = item { Some(*nanos) } else { None }).collect()
            };
            let (old, new) = (numbers(old)?, numbers(new)?);
            let is_told = node.different > node.same || old.len().min(new.len()) >= LEAST;
            let shown = |part: &[i64]| part.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
            is_told.then(|| Text::braces(records(&old, &new, NUMBERS, "int64", shown)))
        }
        _ => None,
    }
}

/// A run of edits: what is the same on both sides, or what is not.
#[derive(Clone, Copy)]
struct Run {
    same: usize,
    gone: usize,
    come: usize,
    changed: usize,
}

impl Run {
    fn is_same(&self) -> bool {
        self.gone + self.come + self.changed == 0
    }

    fn before(&self) -> usize {
        self.same + self.gone + self.changed
    }

    fn after(&self) -> usize {
        self.same + self.come + self.changed
    }

    fn add(&mut self, other: Run) {
        self.same += other.same;
        self.gone += other.gone;
        self.come += other.come;
        self.changed += other.changed;
    }
}

fn records<T: PartialEq>(
    mut old: &[T],
    mut new: &[T],
    size: usize,
    noun: &'static str,
    show: impl Fn(&[T]) -> String,
) -> Vec<Record> {
    let runs = runs(old, new, size / 4);
    let mut records = Vec::new();
    let part = |records: &mut Vec<Record>, items: &[T], mark: Mark| {
        let lines = items.chunks(size).map(|chunk| Record::new(mark, String::new(), Text::Line(show(chunk))));
        records.extend(lines);
    };
    let (mut shown, mut rest) = (0, Counts::of(noun));
    for (index, run) in runs.iter().enumerate() {
        if shown >= MOST {
            rest.add(&Counts { noun, same: run.same, gone: run.gone, come: run.come, changed: run.changed });
            continue;
        }
        let (before, after) = (run.before(), run.after());
        if run.is_same() {
            let low = if index == 0 { 0 } else { (size * CONTEXT).min(run.same) };
            let mut high = if index + 1 == runs.len() { 0 } else { (size * CONTEXT).min(run.same - low) };
            if run.same - low - high <= size {
                high = run.same - low;
            }
            part(&mut records, &old[..low], Mark::Kept);
            if run.same > low + high {
                left_out(&mut records, Some(Counts { same: run.same - low - high, ..Counts::of(noun) }));
            }
            part(&mut records, &old[run.same - high..run.same], Mark::Kept);
        } else {
            let length = records.len();
            part(&mut records, &old[..before], Mark::Gone);
            part(&mut records, &new[..after], Mark::Come);
            shown += records.len() - length;
        }
        old = &old[before..];
        new = &new[after..];
    }
    if rest.same + rest.differences() > 0 {
        left_out(&mut records, Some(rest));
    }
    records
}

/// Runs of edits, short ones of the same joined with the changes around them.
fn runs<T: PartialEq>(old: &[T], new: &[T], window: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let script = edits(old.len(), new.len(), &|x, y| Likeness::of(old[x] == new[y]));
    for group in script.chunk_by(|left, right| (*left == Edit::Kept) == (*right == Edit::Kept)) {
        let count = |edit: Edit| group.iter().filter(|it| **it == edit).count();
        let run = Run {
            same: count(Edit::Kept),
            gone: count(Edit::Gone),
            come: count(Edit::Come),
            changed: count(Edit::Changed),
        };
        if let [.., before, between] = runs.as_mut_slice()
            && !run.is_same()
            && (before.gone > 0 || run.gone > 0)
            && (before.come > 0 || run.come > 0)
            && between.same <= window
        {
            before.add(*between);
            before.add(run);
            runs.pop();
            continue;
        }
        runs.push(run);
    }
    trimmed(runs, old, new)
}

/// What is the same at the ends of a run of changes belongs to the runs beside it.
fn trimmed<T: PartialEq>(mut runs: Vec<Run>, old: &[T], new: &[T]) -> Vec<Run> {
    let (mut x, mut y) = (0, 0);
    let none = Run { same: 0, gone: 0, come: 0, changed: 0 };
    runs.insert(0, none);
    runs.push(none);
    for index in 0..runs.len() {
        let run = runs[index];
        if run.is_same() {
            x += run.same;
            y += run.same;
            continue;
        }
        let (before, after) = (run.before(), run.after());
        let pairs = || old[x..x + before].iter().zip(&new[y..y + after]);
        let leading = pairs().take_while(|(old, new)| old == new).count();
        let backwards = old[x..x + before].iter().rev().zip(new[y..y + after].iter().rev());
        let trailing = backwards.take_while(|(old, new)| old == new).count();
        x += before - trailing;
        y += after - trailing;
        if leading + trailing > 0 {
            runs[index - 1].same += leading;
            runs[index + 1].same += trailing;
            let left = leading + trailing;
            runs[index] = Run { gone: before.saturating_sub(left), come: after.saturating_sub(left), ..none };
        }
    }
    runs.retain(|run| run.before() + run.after() > 0);
    runs
}
