//! What an edit would change, as the command line shows it: a Go struct, two unchanged fields around each change.
//!
//! Source: go-cmp `report_compare.go` for which neighbours are shown; tabs, markers and alignment as recorded.

use crate::sorted;

/// Unchanged neighbours shown on either side of a change.
const CONTEXT: usize = 2;
/// After so many changed fields what remains is only counted.
const MOST_CHANGES: usize = 16;

/// A field's value as Go would write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Line(String),
    /// `open`, a line per item, `close`; `flat` is the whole in one line, `changed` too where it differs as a whole.
    List {
        open: String,
        items: Vec<String>,
        close: String,
        flat: String,
        changed: String,
    },
    /// A pointer to a struct: its type, and its members with what stands for nothing in each.
    Pointer {
        type_name: &'static str,
        members: Vec<Member>,
        flat: String,
        changed: String,
    },
}

/// A member of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: &'static str,
    pub value: Value,
    /// Nothing for Go, so left out where the struct stands in one line.
    pub is_zero: bool,
}

impl Member {
    pub fn text(name: &'static str, text: &str) -> Member {
        Member { name, value: Value::Line(quoted(text)), is_zero: text.is_empty() }
    }

    pub fn flag(name: &'static str, flag: bool) -> Member {
        Member { name, value: Value::Line(flag.to_string()), is_zero: !flag }
    }
}

/// `members` of a struct somebody points to; `None` is `nil`.
pub fn pointer(type_name: &'static str, members: Option<Vec<Member>>) -> Value {
    let Some(members) = members else { return Value::Line("nil".to_owned()) };
    let shown = members.iter().filter(|member| !member.is_zero);
    let shown: Vec<String> = shown.map(|member| format!("{}: {}", member.name, plain(&member.value))).collect();
    let inside = shown.join(", ");
    Value::Pointer { type_name, members, flat: format!("&{{{inside}}}"), changed: format!("&{type_name}{{{inside}}}") }
}

/// A value inside a struct that stands in one line: there lists are in no order.
fn plain(value: &Value) -> String {
    match value {
        Value::Line(line) => line.clone(),
        Value::List { items, .. } => format!("[]string{{{}}}", items.join(", ")),
        Value::Pointer { flat, .. } => flat.clone(),
    }
}

/// A list of which the order does not count.
pub fn sorted_texts(texts: &[String]) -> Value {
    let mut items: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    sorted::all(&mut items);
    let flat = match items.is_empty() {
        true => "Inverse(Sort, []string(nil))".to_owned(),
        false => format!("Inverse(Sort, []string{{{}}})", items.join(", ")),
    };
    let changed = format!("[]string({flat})");
    Value::List { open: "[]string(Inverse(Sort, []string{".to_owned(), items, close: "}))".to_owned(), flat, changed }
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: &'static str,
    pub old: Value,
    pub new: Value,
}

impl Field {
    pub fn line(name: &'static str, old: String, new: String) -> Field {
        Field { name, old: Value::Line(old), new: Value::Line(new) }
    }
}

/// Go's quoted string.
pub fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// The struct with its changes; `None` when nothing changes.
pub fn render(type_name: &str, fields: &[Field]) -> Option<String> {
    if fields.iter().all(|field| field.old == field.new) {
        return None;
    }
    let mut lines = Vec::new();
    let (shown, rest) = fields.split_at(last_shown(fields));
    for piece in pieces(shown, |field| field.old == field.new) {
        push_piece(&mut lines, 1, piece);
    }
    if !rest.is_empty() {
        let modified = rest.iter().filter(|field| field.old != field.new).count();
        let counts = [(rest.len() - modified, "identical"), (modified, "modified")];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
        let noun = plural("field", rest.len());
        lines.push(Line::raw(' ', 1, format!("... // {} {noun}", counts.join(" and "))));
    }
    Some(format!("  {type_name}{{\n{}  }}", laid_out(&lines)))
}

/// Where the list is broken off: behind the run of changes with which there are too many.
fn last_shown(fields: &[Field]) -> usize {
    let (mut at, mut changes) = (0, 0);
    for run in fields.chunk_by(|left, right| (left.old == left.new) == (right.old == right.new)) {
        let is_same = run[0].old == run[0].new;
        if changes >= MOST_CHANGES {
            return at;
        }
        at += run.len();
        changes += if is_same { 0 } else { run.len() };
    }
    fields.len()
}

fn push_piece(lines: &mut Vec<Line>, tabs: usize, piece: Piece<'_, Field>) {
    match piece {
        Piece::Skipped(count) => lines.push(Line::comment(tabs, count, "field")),
        Piece::Same(field) => lines.push(Line::field(' ', tabs, field.name, flat(&field.old))),
        Piece::Changed(field) => push_change(lines, tabs, field),
    }
}

pub fn flat(value: &Value) -> &str {
    match value {
        Value::Line(line) => line,
        Value::List { flat, .. } | Value::Pointer { flat, .. } => flat,
    }
}

fn changed(value: &Value) -> &str {
    match value {
        Value::Line(line) => line,
        Value::List { changed, .. } | Value::Pointer { changed, .. } => changed,
    }
}

fn push_change(lines: &mut Vec<Line>, tabs: usize, field: &Field) {
    match (&field.old, &field.new) {
        (Value::List { open, items: old, close, .. }, Value::List { items: new, .. })
            if is_shown_inside(open, old, new) && !is_one_for_one(old, new) =>
        {
            lines.push(Line::raw(' ', tabs, format!("{}: {open}", field.name)));
            let is_map = open.starts_with("map[");
            push_items(lines, tabs + 1, &item_changes(old, new, is_map), is_map);
            lines.push(Line::raw(' ', tabs, format!("{close},")));
        }
        (Value::Pointer { type_name, members: old, .. }, Value::Pointer { members: new, .. }) => {
            lines.push(Line::raw(' ', tabs, format!("{}: &{type_name}{{", field.name)));
            let pairs = old.iter().zip(new);
            let fields: Vec<Field> = pairs
                .map(|(old, new)| Field { name: old.name, old: old.value.clone(), new: new.value.clone() })
                .collect();
            for piece in pieces(&fields, |field| field.old == field.new) {
                push_piece(lines, tabs + 1, piece);
            }
            lines.push(Line::raw(' ', tabs, "},".to_owned()));
        }
        (old, new) => {
            lines.push(Line::field('-', tabs, field.name, changed(old)));
            lines.push(Line::field('+', tabs, field.name, changed(new)));
        }
    }
}

/// What is nothing on one side differs as a whole; a map without entries is something.
fn is_shown_inside(open: &str, old: &[String], new: &[String]) -> bool {
    match open.starts_with("map[") {
        true => old.len() + new.len() > 1,
        false => !old.is_empty() && !new.is_empty(),
    }
}

/// A list of one item that is another one, and an entry under its old key, are shown as a whole.
fn is_one_for_one(old: &[String], new: &[String]) -> bool {
    fn key(item: &str) -> Option<&str> {
        Some(item.split_once("\": ")?.0)
    }
    matches!((old, new), ([old], [new]) if key(old) == key(new))
}

fn push_items(lines: &mut Vec<Line>, tabs: usize, changes: &[(char, &String)], is_map: bool) {
    for piece in pieces(changes, |(marker, _)| *marker == ' ') {
        match piece {
            Piece::Skipped(count) => {
                lines.push(Line::comment(tabs, count, "element"));
            }
            Piece::Same((marker, item)) | Piece::Changed((marker, item)) => {
                lines.push(match item.split_once("\": ") {
                    Some((key, value)) if is_map => Line::field(*marker, tabs, &format!("{key}\""), value),
                    _ => Line::raw(*marker, tabs, format!("{item},")),
                });
            }
        }
    }
}

/// Items in order, each kept, gone (`-`) or new (`+`). Both lists are sorted: between two that are kept, those that are
/// gone and those that are new take turns. Entries of a map stand in the order of their keys.
fn item_changes<'a>(old: &'a [String], new: &'a [String], is_map: bool) -> Vec<(char, &'a String)> {
    let key =
        |item: &'a String| if is_map { item.split_once("\": ").map_or(item.as_str(), |(key, _)| key) } else { item };
    let is_kept = |item: &String| old.contains(item) && new.contains(item);
    let mut changes = Vec::with_capacity(old.len() + new.len());
    let (mut gone, mut come) = (old.iter().peekable(), new.iter().peekable());
    while gone.peek().is_some() || come.peek().is_some() {
        if gone.peek().is_some_and(|item| is_kept(item)) && come.peek().is_some_and(|item| is_kept(item)) {
            changes.extend(gone.next().map(|item| (' ', item)));
            come.next();
            continue;
        }
        let (left, right) = (gone.peek().map(|item| key(item)), come.peek().map(|item| key(item)));
        let (takes_left, takes_right) = match (is_map, left, right) {
            (true, Some(left), Some(right)) => (left <= right, right <= left),
            _ => (true, true),
        };
        changes.extend(gone.next_if(|item| takes_left && !is_kept(item)).map(|item| ('-', item)));
        changes.extend(come.next_if(|item| takes_right && !is_kept(item)).map(|item| ('+', item)));
    }
    changes
}

fn plural(noun: &str, count: usize) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}

enum Piece<'a, T> {
    Same(&'a T),
    Changed(&'a T),
    Skipped(usize),
}

/// Elides unchanged records that are not next to a change; a single one is never elided.
fn pieces<T>(records: &[T], is_same: impl Fn(&T) -> bool) -> Vec<Piece<'_, T>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < records.len() {
        let same = is_same(&records[start]);
        let length = records[start..].iter().take_while(|record| is_same(record) == same).count();
        let run = &records[start..start + length];
        if same {
            let low = if start == 0 { 0 } else { CONTEXT.min(length) };
            let mut high = if start + length == records.len() { 0 } else { CONTEXT.min(length - low) };
            if length - low - high == 1 {
                high += 1;
            }
            pieces.extend(run[..low].iter().map(Piece::Same));
            if length > low + high {
                pieces.push(Piece::Skipped(length - low - high));
            }
            pieces.extend(run[length - high..].iter().map(Piece::Same));
        } else {
            pieces.extend(run.iter().map(Piece::Changed));
        }
        start += length;
    }
    pieces
}

struct Line {
    marker: char,
    tabs: usize,
    /// Names of neighbouring one-line fields are padded to the longest.
    name: Option<String>,
    text: String,
}

impl Line {
    fn field(marker: char, tabs: usize, name: &str, value: &str) -> Line {
        Line { marker, tabs, name: Some(name.to_owned()), text: format!("{value},") }
    }

    fn raw(marker: char, tabs: usize, text: String) -> Line {
        Line { marker, tabs, name: None, text }
    }

    fn comment(tabs: usize, count: usize, noun: &str) -> Line {
        Line::raw(' ', tabs, format!("... // {count} identical {}", plural(noun, count)))
    }
}

fn laid_out(lines: &[Line]) -> String {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let head = format!("{} {}", line.marker, "\t".repeat(line.tabs));
        let body = match &line.name {
            Some(name) => format!("{:<width$}{}", format!("{name}: "), line.text, width = name_width(lines, index) + 2),
            None => line.text.clone(),
        };
        text.push_str(&format!("{head}{body}\n"));
    }
    text
}

fn name_width(lines: &[Line], index: usize) -> usize {
    let named = |line: &&Line| line.name.is_some();
    let before = lines[..index].iter().rev().take_while(named);
    let after = lines[index..].iter().take_while(named);
    before.chain(after).filter_map(|line| line.name.as_deref()).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &'static str, old: &str, new: &str) -> Field {
        Field::line(name, old.to_owned(), new.to_owned())
    }

    #[test]
    fn changes_stand_between_two_neighbours() {
        let mut fields: Vec<Field> = ["A", "B", "C", "D", "Long", "E"].map(|name| field(name, "0", "0")).into();
        fields.push(field("F", "1", "2"));
        fields.push(field("G", "0", "0"));
        let expected = "  T{\n  \t... // 4 identical fields\n  \tLong: 0,\n  \tE:    0,\n- \tF:    1,\n+ \tF:    2,\n  \tG:    0,\n  }";
        assert_eq!(render("T", &fields).unwrap(), expected);
    }

    #[test]
    fn lists_show_what_came_and_went() {
        let list = |items: &[&str]| Value::List {
            open: "[]string(Inverse(Sort, []string{".to_owned(),
            items: items.iter().map(|item| quoted(item)).collect(),
            close: "}))".to_owned(),
            flat: String::new(),
            changed: String::new(),
        };
        let fields =
            [Field { name: "Subjects", old: list(&["a"]), new: list(&["a", "b"]) }, field("Retention", "1", "1")];
        let expected = "  T{\n  \tSubjects: []string(Inverse(Sort, []string{\n  \t\t\"a\",\n+ \t\t\"b\",\n  \t})),\n  \tRetention: 1,\n  }";
        assert_eq!(render("T", &fields).unwrap(), expected);
    }

    #[test]
    fn nothing_changed() {
        assert_eq!(render("T", &[field("A", "1", "1")]), None);
    }
}
