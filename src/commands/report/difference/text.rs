//! Text in lines: what fits stands in one, names in a column, a change on lines of its own.

/// Bytes beyond which a removed or new value has a line for each of its parts.
const WIDTH: usize = 80;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Text {
    Line(String),
    Wrap(String, Box<Text>, String),
    List(Vec<Record>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub mark: Mark,
    pub key: String,
    pub value: Text,
    /// Stands behind it; then there is no comma.
    pub comment: Option<Counts>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mark {
    #[default]
    None,
    /// A part of something that is told in parts.
    Kept,
    Gone,
    Come,
}

impl Mark {
    fn sign(self) -> &'static str {
        match self {
            Mark::None | Mark::Kept => "  ",
            Mark::Gone => "- ",
            Mark::Come => "+ ",
        }
    }

    fn is_change(self) -> bool {
        matches!(self, Mark::Gone | Mark::Come)
    }

    fn with(self, inner: Mark) -> Mark {
        if self.is_change() { self } else { inner }
    }
}

/// What is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub noun: &'static str,
    pub same: usize,
    pub gone: usize,
    pub come: usize,
    pub changed: usize,
}

impl Counts {
    pub fn of(noun: &'static str) -> Counts {
        Counts { noun, ..Counts::default() }
    }

    pub fn differences(&self) -> usize {
        self.gone + self.come + self.changed
    }

    pub fn add(&mut self, other: &Counts) {
        self.same += other.same;
        self.gone += other.gone;
        self.come += other.come;
        self.changed += other.changed;
    }

    fn told(&self) -> String {
        let kinds =
            [(self.same, "identical"), (self.gone, "removed"), (self.come, "inserted"), (self.changed, "modified")];
        let parts: Vec<String> =
            kinds.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let noun = match (self.same + self.differences(), self.noun) {
            (0..=1, noun) => noun.to_owned(),
            (_, "entry") => "entries".to_owned(),
            (_, noun) => format!("{noun}s"),
        };
        match parts.split_last() {
            Some((last, first)) if first.len() > 1 => format!("{}, and {last} {noun}", first.join(", ")),
            _ => format!("{} {noun}", parts.join(" and ")),
        }
    }
}

impl Record {
    pub fn new(mark: Mark, key: String, value: Text) -> Record {
        Record { mark, key, value, comment: None }
    }
}

impl Text {
    pub fn nil() -> Text {
        Text::Line("nil".to_owned())
    }

    pub fn wrap(prefix: &str, text: Text, suffix: &str) -> Text {
        Text::Wrap(prefix.to_owned(), Box::new(text), suffix.to_owned())
    }

    pub fn braces(records: Vec<Record>) -> Text {
        Text::wrap("{", Text::List(records), "}")
    }

    /// Behind the name of a type; in parentheses unless it has signs of its own around it.
    pub fn typed(self, type_name: &str) -> Text {
        let is_enclosed = matches!(&self, Text::Wrap(prefix, _, suffix)
            if prefix.starts_with('(') && suffix.ends_with(')') || prefix.starts_with('{') && suffix.ends_with('}'));
        let inside = if is_enclosed { self } else { Text::wrap("(", self, ")") };
        Text::wrap(type_name, inside, "")
    }

    fn is_line(&self) -> bool {
        matches!(self, Text::Line(_))
    }

    /// How long it is in one line.
    pub fn len(&self) -> usize {
        match self {
            Text::Line(line) => line.len(),
            Text::Wrap(prefix, text, suffix) => prefix.len() + text.len() + suffix.len(),
            Text::List(records) => {
                let keys = records.iter().filter(|record| !record.key.is_empty()).map(|record| record.key.len() + 2);
                let values = records.iter().map(|record| record.value.len());
                keys.chain(values).sum::<usize>() + 2 * records.len().saturating_sub(1)
            }
        }
    }

    pub fn laid_out(mut self) -> String {
        self.collapse(Mark::None);
        let mut out = Mark::None.sign().to_owned();
        self.write(&mut out, Mark::None, 0);
        out
    }

    /// Becomes a line what can; the line it would be.
    fn collapse(&mut self, mark: Mark) -> String {
        let (line, is_one) = match self {
            Text::Line(line) => return line.clone(),
            Text::Wrap(prefix, text, suffix) => {
                let inside = text.collapse(mark);
                (format!("{prefix}{inside}{suffix}"), text.is_line())
            }
            Text::List(records) => {
                let mut parts = Vec::with_capacity(records.len());
                let mut is_one = true;
                for record in records.iter_mut() {
                    let value = record.value.collapse(mark.with(record.mark));
                    is_one &= !record.mark.is_change() && record.value.is_line() && record.comment.is_none();
                    parts.push(if record.key.is_empty() { value } else { format!("{}: {value}", record.key) });
                }
                let line = parts.join(", ");
                is_one &= !(mark.is_change() && line.len() > WIDTH);
                (line, is_one)
            }
        };
        if is_one {
            *self = Text::Line(line.clone());
        }
        line
    }

    fn write(&self, out: &mut String, mark: Mark, tabs: usize) {
        match self {
            Text::Line(line) => out.push_str(line),
            Text::Wrap(prefix, text, suffix) => {
                out.push_str(prefix);
                text.write(out, mark, tabs);
                out.push_str(suffix);
            }
            Text::List(records) => {
                if records.iter().all(is_simple) {
                    write_packed(records, out, mark, tabs + 1);
                } else {
                    write_records(records, out, mark, tabs + 1);
                }
                begin(out, mark, tabs);
            }
        }
    }
}

fn is_simple(record: &Record) -> bool {
    record.mark == Mark::None && record.key.is_empty() && record.value.is_line() && record.comment.is_none()
}

fn begin(out: &mut String, mark: Mark, tabs: usize) {
    out.push('\n');
    out.push_str(mark.sign());
    out.push_str(&"\t".repeat(tabs));
}

/// As many as fit in each line.
fn write_packed(records: &[Record], out: &mut String, mark: Mark, tabs: usize) {
    let mut batch = String::new();
    let emit = |batch: &mut String, out: &mut String| {
        if !batch.is_empty() {
            begin(out, mark, tabs);
            out.push_str(batch.trim_end_matches(' '));
            batch.clear();
        }
    };
    for record in records {
        let Text::Line(line) = &record.value else { continue };
        if batch.len() + line.len() + 2 > WIDTH {
            emit(&mut batch, out);
        }
        batch.push_str(line);
        batch.push_str(", ");
    }
    emit(&mut batch, out);
}

fn write_records(records: &[Record], out: &mut String, mark: Mark, tabs: usize) {
    let widths = key_widths(records);
    for (record, width) in records.iter().zip(widths) {
        let mark = mark.with(record.mark);
        begin(out, mark, tabs);
        if !record.key.is_empty() {
            out.push_str(&record.key);
            out.push_str(": ");
            out.push_str(&" ".repeat(width.saturating_sub(record.key.chars().count())));
        }
        record.value.write(out, mark, tabs);
        let is_left_out = record.value == Text::Line("...".to_owned());
        if !is_left_out {
            out.push(',');
        }
        if let Some(comment) = &record.comment {
            out.push_str(" // ");
            out.push_str(&comment.told());
        }
    }
}

/// Neighbours with a name and a value in one line stand in columns.
fn key_widths(records: &[Record]) -> Vec<usize> {
    let is_aligned = |record: &Record| !record.key.is_empty() && record.value.is_line();
    let mut widths = Vec::with_capacity(records.len());
    for run in records.chunk_by(|left, right| is_aligned(left) && is_aligned(right)) {
        let widest = run.iter().filter(|it| is_aligned(it)).map(|record| record.key.chars().count()).max().unwrap_or(0);
        widths.extend(run.iter().map(|_| widest));
    }
    widths
}
