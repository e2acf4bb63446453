//! What is shown of two values and their difference: how much of it, with which types.

use super::compare::{Inner, Node};
use super::text::{Counts, Mark, Record, Text};
use super::{Value, duration, quoted};

/// Unchanged neighbours shown on either side of a change.
pub(super) const CONTEXT: usize = 2;

/// Which side is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Side {
    #[default]
    Both,
    /// Both are the same.
    Same,
    Old,
    New,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Types {
    #[default]
    Shown,
    Left,
    /// Of structs, lists and maps, unless they are the same on both sides.
    Composite,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options {
    side: Side,
    types: Types,
    /// How much is shown; less with each step down.
    level: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fields,
    Items,
    Entries,
}

impl Options {
    fn with_types(self, types: Types) -> Options {
        Options { types, ..self }
    }

    fn with_side(self, side: Side) -> Options {
        Options { side, ..self }
    }

    fn deeper(self) -> Options {
        Options { level: self.level.saturating_sub(1), ..self }
    }

    /// Parts shown of a value that is shown as a whole.
    fn parts(self) -> usize {
        ((1 << self.level) >> 1) << 2
    }

    fn typed(self, value: Option<&Value>, text: Text) -> Text {
        let Some(value) = value else { return text };
        let is_shown = match self.types {
            Types::Shown => value.is_composite(),
            Types::Left => false,
            Types::Composite => value.is_composite() && text != Text::nil() && self.side != Side::Same,
        };
        if is_shown { text.typed(value.type_name()) } else { text }
    }

    /// `None` where the side that is asked for has nothing.
    pub fn difference(mut self, node: &Node<'_>) -> Option<Text> {
        self.level = if self.side == Side::Same { 1 } else { self.level.max(3) };
        if self.side == Side::Both
            && let Some(text) = super::chunks::told_in_parts(node)
        {
            let has_type = !matches!(node.old, Some(Value::Text(_)));
            return Some(if has_type { self.typed(node.old, text) } else { text });
        }
        if node.depth == 0 {
            return self.leaf(node);
        }
        Some(match &node.inner {
            Inner::Fields(nodes) => {
                let text = self.listed(nodes, Kind::Fields);
                self.typed(node.old, text)
            }
            Inner::Entries(nodes) => {
                let text = self.listed(nodes, Kind::Entries);
                self.typed(node.old, text)
            }
            Inner::Items(nodes) => {
                let text = self.items(nodes);
                self.typed(node.old, text)
            }
            Inner::InOrder(nodes) => {
                // What is in order has its type shown always, and is told as a step of its own.
                let shown = self.with_types(Types::Shown);
                let inner = match nodes.is_empty() {
                    true => shown.in_order_leaf(node)?,
                    false => shown.with_level().items(nodes).typed("[]string"),
                };
                self.typed(node.old, Text::wrap("Inverse(Sort, ", inner, ")"))
            }
            Inner::Target(target) => Text::wrap("&", self.difference(target)?, ""),
            Inner::Leaf => return self.leaf(node),
        })
    }

    fn with_level(self) -> Options {
        Options { level: if self.side == Side::Same { 1 } else { self.level.max(3) }, ..self }
    }

    /// Texts of which one side has none.
    fn in_order_leaf(self, node: &Node<'_>) -> Option<Text> {
        let shown = |value: Option<&Value>| self.with_level().value(&value?.in_order());
        match self.side {
            Side::Old => shown(node.old),
            Side::New => shown(node.new),
            _ => shown(node.old),
        }
    }

    fn leaf(self, node: &Node<'_>) -> Option<Text> {
        let (old, new) = (self.value_of(node.old), self.value_of(node.new));
        match self.side {
            Side::Old => old,
            Side::New => new,
            _ if node.different == 0 => match (old, new) {
                (Some(old), Some(new)) if old.len() >= new.len() => Some(new),
                (old, new) => old.or(new),
            },
            _ => {
                let records = [(Mark::Gone, old), (Mark::Come, new)];
                let records =
                    records.into_iter().filter_map(|(mark, text)| Some(Record::new(mark, String::new(), text?)));
                Some(self.with_types(Types::Shown).typed(node.old, Text::List(records.collect())))
            }
        }
    }

    fn value_of(self, value: Option<&Value>) -> Option<Text> {
        self.value(value?)
    }

    /// One value as a whole.
    fn value(self, value: &Value) -> Option<Text> {
        let text = match value {
            Value::Plain(text, _) => Text::Line(text.clone()),
            Value::Text(text) => self.text("", text),
            Value::Named(text, _) => self.text("s", text),
            Value::Duration(nanos) => self.text("s", &duration(*nanos)),
            Value::Struct(_, members) => {
                let members = members.iter().filter(|(_, member)| !member.is_zero());
                self.parts_of(members.map(|(name, member)| ((*name).to_owned(), member)), Types::Composite)
            }
            Value::Pointer(None) => Text::nil(),
            Value::Pointer(Some(target)) => {
                let text = self.value(target)?;
                return Some(if matches!(**target, Value::Named(..)) { text } else { Text::wrap("&", text, "") });
            }
            Value::Sorted(None) | Value::List(_, None) | Value::Map(None) => Text::nil(),
            Value::Sorted(Some([items, _])) | Value::List(_, Some(items)) => {
                self.parts_of(items.iter().map(|item| (String::new(), item)), Types::Left)
            }
            Value::Map(Some(entries)) => {
                let entries = entries.iter().map(|(key, value)| (quoted(key.as_bytes()), value));
                self.parts_of(entries, Types::Left)
            }
        };
        Some(self.typed(Some(value), text))
    }

    fn parts_of<'a>(self, parts: impl Iterator<Item = (String, &'a Value)>, types: Types) -> Text {
        let most = self.parts();
        let inner = self.deeper().with_types(types);
        let mut records = Vec::new();
        for (key, part) in parts {
            if records.len() == most {
                left_out(&mut records, None);
                break;
            }
            records.extend(inner.value(part).map(|text| Record::new(Mark::None, key, text)));
        }
        Text::braces(records)
    }

    fn text(self, prefix: &str, text: &str) -> Text {
        let most = (1usize << self.level) << 5;
        Text::Line(match text.as_bytes().get(..most) {
            Some(start) if text.len() > most + 3 => format!("{prefix}{}...", quoted(start)),
            _ => format!("{prefix}{}", quoted(text.as_bytes())),
        })
    }

    fn items(self, nodes: &[Node<'_>]) -> Text {
        let nodes: Vec<(&str, &Node)> = nodes.iter().map(|node| ("", node)).collect();
        self.records(&nodes, Kind::Items)
    }

    fn listed(self, nodes: &[(&str, Node<'_>)], kind: Kind) -> Text {
        let nodes: Vec<(&str, &Node)> = nodes.iter().map(|(key, node)| (*key, node)).collect();
        self.records(&nodes, kind)
    }

    fn records(self, nodes: &[(&str, &Node<'_>)], kind: Kind) -> Text {
        let inner = self.deeper().with_types(if kind == Kind::Fields { Types::Composite } else { Types::Left });
        Text::braces(match self.side {
            Side::Both => inner.changes(nodes, kind, (1 << self.level) << 1),
            side => {
                let most = if side == Side::Same { self.parts() } else { (1 << self.level) << 1 };
                inner.whole(nodes, kind, most)
            }
        })
    }

    /// One side of everything.
    fn whole(self, nodes: &[(&str, &Node<'_>)], kind: Kind, most: usize) -> Vec<Record> {
        let mut records = Vec::new();
        for (key, node) in nodes {
            if records.len() == most {
                left_out(&mut records, None);
                break;
            }
            let is_zero = |value: Option<&Value>| value.is_some_and(Value::is_zero);
            let is_nothing = kind == Kind::Fields
                && match self.side {
                    Side::Old => is_zero(node.old),
                    Side::New => is_zero(node.new),
                    _ => is_zero(node.old) || is_zero(node.new),
                };
            if !is_nothing {
                records.extend(self.difference(node).map(|text| Record::new(Mark::None, shown_key(key, kind), text)));
            }
        }
        records
    }

    /// What changed, with its neighbours.
    fn changes(self, nodes: &[(&str, &Node<'_>)], kind: Kind, most: usize) -> Vec<Record> {
        let noun = match kind {
            Kind::Fields => "field",
            Kind::Items => "element",
            Kind::Entries => "entry",
        };
        let mut records = Vec::new();
        let (mut shown, mut rest) = (0, Counts::of(noun));
        let mut start = 0;
        for run in nodes.chunk_by(|left, right| (left.1.different == 0) == (right.1.different == 0)) {
            let end = start + run.len();
            if shown >= most {
                rest.add(&counted(run, noun));
            } else if run[0].1.different == 0 {
                let low = if start == 0 { 0 } else { CONTEXT.min(run.len()) };
                let mut high = if end == nodes.len() { 0 } else { CONTEXT.min(run.len() - low) };
                if run.len() - low - high == 1 {
                    high += 1;
                }
                let same = |node: &(&str, &Node)| {
                    let text = self.with_side(Side::Same).difference(node.1);
                    text.map(|text| Record::new(Mark::None, shown_key(node.0, kind), text))
                };
                records.extend(run[..low].iter().filter_map(same));
                if run.len() > low + high {
                    left_out(&mut records, Some(Counts { same: run.len() - low - high, ..Counts::of(noun) }));
                }
                records.extend(run[run.len() - high..].iter().filter_map(same));
            } else {
                run.iter().for_each(|(key, node)| self.change(&shown_key(key, kind), node, &mut records));
                shown += run.len();
            }
            start = end;
        }
        if rest.differences() + rest.same > 0 {
            left_out(&mut records, Some(rest));
        }
        records
    }

    fn change(self, key: &str, node: &Node<'_>, records: &mut Vec<Record>) {
        let is_in_parts = super::chunks::told_in_parts(node).is_some();
        // What has one leaf is shown as it was and as it will be.
        if is_in_parts || node.children != node.depth {
            let text = self.difference(node);
            records.extend(text.map(|text| Record::new(Mark::None, key.to_owned(), text)));
            return;
        }
        for (side, mark) in [(Side::Old, Mark::Gone), (Side::New, Mark::Come)] {
            let text = self.with_side(side).difference(node);
            records.extend(text.map(|text| Record::new(mark, key.to_owned(), text)));
        }
    }
}

fn shown_key(key: &str, kind: Kind) -> String {
    if kind == Kind::Entries { quoted(key.as_bytes()) } else { key.to_owned() }
}

fn counted(run: &[(&str, &Node<'_>)], noun: &'static str) -> Counts {
    let mut counts = Counts::of(noun);
    for (_, node) in run {
        match (node.different, node.old, node.new) {
            (0, ..) => counts.same += 1,
            (_, _, None) => counts.gone += 1,
            (_, None, _) => counts.come += 1,
            _ => counts.changed += 1,
        }
    }
    counts
}

/// Three dots, and what they stand for.
pub(super) fn left_out(records: &mut Vec<Record>, comment: Option<Counts>) {
    let dots = Text::Line("...".to_owned());
    if let Some(last) = records.last_mut().filter(|last| last.value == dots) {
        if let (Some(last), Some(more)) = (&mut last.comment, &comment) {
            last.add(more);
        }
        return;
    }
    records.push(Record { comment, ..Record::new(Mark::None, String::new(), dots) });
}
