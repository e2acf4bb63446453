//! What stays on the screen: lines, after carriage returns, cursor moves and erasing were applied.
//!
//! A terminal of unlimited width and height with a bounded memory. The eight colours stay beside
//! the text, other looks of it are dropped; tabs and trailing blanks stay.
//! The way in is [`Screen::write`]; [`Screen::lines`] is the picture.

use crate::commands::Place;
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

/// Older lines are forgotten; [`Screen::forgotten`] counts them.
const MAX_LINES: usize = 10_000;
/// What a line can hold.
const MAX_COLUMNS: usize = 20_000;

impl Default for Screen {
    fn default() -> Screen {
        Screen::new()
    }
}

/// What a line is, for whoever draws it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// What the user entered; the prompt is not part of it.
    Command,
    /// A continued line of what the user entered.
    Continuation,
    Output,
    Error,
    /// The shell itself speaks: a job began or ended, a warning.
    Notice,
    /// A question with its answer so far.
    Question,
}

/// A colour of the terminal's eight, by its number: 1 is red, 6 is cyan. Nothing is told by it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tint(u8);

impl Tint {
    /// What has it is a class of that name.
    pub fn name(self) -> &'static str {
        ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"][usize::from(self.0 & 7)]
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub kind: LineKind,
    pub text: String,
    /// Where it is coloured, in bytes of the text, from left to right.
    pub tints: Vec<(Range<usize>, Tint)>,
    /// What its figures speak of.
    pub place: Option<Rc<Place>>,
}

impl Line {
    /// Whether it says that something went wrong. Commands log to standard error too, as the real ones do; a complaint
    /// begins with the name of who complains: `nats: error: ...`, `error: ...`, `lab: ...`.
    pub fn is_complaint(&self) -> bool {
        let head = self.text.split(' ').next().unwrap_or_default();
        let named = head.len() > 1 && head.ends_with(':') && head.starts_with(|c: char| c.is_ascii_lowercase());
        let shell = self.text.starts_with("syntax error")
            || self.text.ends_with(": command not found")
            || self.text.contains(": not in the playground");
        self.kind == LineKind::Error && (named || shell)
    }
}

/// What tells whether some lines have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    first: usize,
    count: usize,
    newest: u64,
}

#[derive(Clone, Debug)]
pub struct Screen {
    rows: VecDeque<Row>,
    row: usize,
    column: usize,
    /// Where a picture that is drawn over and over starts, counted with the forgotten lines.
    top: Option<usize>,
    forgotten: usize,
    revision: u64,
    /// What is being written speaks of this.
    place: Option<Rc<Place>>,
    /// The colour of what is written.
    tint: Option<Tint>,
    /// An escape sequence or a UTF-8 character that was cut.
    partial: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Row {
    kind: LineKind,
    cells: Vec<char>,
    /// Their colours, as far as any has one.
    tints: Vec<Option<Tint>>,
    /// The revision that changed it last.
    changed: u64,
    place: Option<Rc<Place>>,
}

impl Screen {
    pub fn new() -> Screen {
        let rows = VecDeque::from([Row::new(LineKind::Output, 0)]);
        Screen {
            rows,
            row: 0,
            column: 0,
            top: None,
            forgotten: 0,
            revision: 0,
            place: None,
            tint: None,
            partial: Vec::new(),
        }
    }

    /// Counts changes, so that nobody needs to compare pictures.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How many lines were dropped at the top.
    pub fn forgotten(&self) -> usize {
        self.forgotten
    }

    /// The picture, without the empty line the cursor waits on.
    pub fn lines(&self) -> Vec<Line> {
        self.rows.iter().take(self.shown()).map(Row::line).collect()
    }

    /// The numbers of the lines in the picture, counted with the forgotten ones.
    pub fn extent(&self) -> Range<usize> {
        self.forgotten..self.forgotten + self.shown()
    }

    /// The lines of the picture whose numbers are in `range`, with their numbers.
    pub fn lines_in(&self, range: Range<usize>) -> Vec<(usize, Line)> {
        let rows = self.rows_in(range);
        let first = rows.start + self.forgotten;
        self.rows.range(rows).enumerate().map(|(index, row)| (first + index, row.line())).collect()
    }

    /// Equal as long as the lines whose numbers are in `range` are the same.
    pub fn stamp(&self, range: Range<usize>) -> Stamp {
        let rows = self.rows_in(range);
        let newest = self.rows.range(rows.clone()).map(|row| row.changed).max();
        Stamp { first: rows.start + self.forgotten, count: rows.len(), newest: newest.unwrap_or_default() }
    }

    fn rows_in(&self, range: Range<usize>) -> Range<usize> {
        let row = |number: usize| number.saturating_sub(self.forgotten).min(self.shown());
        row(range.start)..row(range.end).max(row(range.start))
    }

    /// Rows without the empty one the cursor waits on.
    fn shown(&self) -> usize {
        self.rows.len() - usize::from(self.rows.back().is_some_and(|row| row.cells.is_empty()))
    }

    /// The cursor stands at the start of a line.
    pub fn at_line_start(&self) -> bool {
        self.column == 0
    }

    pub fn clear(&mut self) {
        self.forgotten += self.rows.len();
        self.revision += 1;
        self.rows = VecDeque::from([Row::new(LineKind::Output, self.revision)]);
        (self.row, self.column) = (0, 0);
    }

    /// A line of its own, wherever the cursor stands. Pictures drawn before are left alone from now on.
    pub fn line(&mut self, kind: LineKind, text: &str) {
        self.top = None;
        self.tint = None;
        self.fresh_line();
        self.write(kind, text.as_bytes());
        self.write(kind, b"\n");
    }

    /// Goes to the start of an empty line.
    pub fn fresh_line(&mut self) {
        if !self.at_line_start() || self.rows.back().is_some_and(|row| !row.cells.is_empty()) {
            self.row = self.rows.len() - 1;
            self.write(LineKind::Output, b"\n");
        }
    }

    /// Where the next line of its own will stand, counted with the forgotten ones.
    pub fn fresh_position(&mut self) -> usize {
        self.fresh_line();
        self.position()
    }

    /// Forgets everything from line `from` (counted with the forgotten ones) on and goes there: to draw it again.
    pub fn rewind(&mut self, from: usize) {
        let keep = from.saturating_sub(self.forgotten).min(self.rows.len());
        self.rows.truncate(keep);
        self.revision += 1;
        self.rows.push_back(Row::new(LineKind::Output, self.revision));
        (self.row, self.column) = (keep, 0);
    }

    /// The number of the line the cursor is on, counted with the forgotten ones.
    pub fn position(&self) -> usize {
        self.forgotten + self.row
    }

    /// What is written from now on speaks of `place`.
    pub fn mark(&mut self, place: Option<Place>) {
        self.place = place.map(Rc::new);
    }

    pub fn write(&mut self, kind: LineKind, bytes: &[u8]) {
        self.revision += 1;
        self.partial.extend_from_slice(bytes);
        let bytes = std::mem::take(&mut self.partial);
        let whole = complete_length(&bytes);
        self.partial = bytes[whole..].to_vec();
        let text = String::from_utf8_lossy(&bytes[..whole]).into_owned();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\n' => self.newline(kind),
                '\r' => self.column = 0,
                '\u{8}' => self.column = self.column.saturating_sub(1),
                '\u{7}' => {}
                '\u{1b}' if chars.peek() == Some(&'[') => {
                    chars.next();
                    let mut arguments = String::new();
                    while let Some(c) = chars.next_if(|c| c.is_ascii_digit() || *c == ';' || *c == '?') {
                        arguments.push(c);
                    }
                    if let Some(verb) = chars.next() {
                        self.escape(verb, &arguments);
                    }
                }
                _ => self.put(kind, c),
            }
        }
    }

    fn escape(&mut self, verb: char, arguments: &str) {
        let count = arguments.split(';').next().and_then(|text| text.parse::<usize>().ok());
        let step = count.unwrap_or(1).clamp(1, MAX_COLUMNS);
        match verb {
            'A' => self.row = self.row.saturating_sub(step),
            'B' => self.row = (self.row + step).min(self.rows.len() - 1),
            'C' => self.column = (self.column + step).min(MAX_COLUMNS),
            'D' => self.column = self.column.saturating_sub(step),
            'G' => self.column = step - 1,
            'F' => {
                self.row = self.row.saturating_sub(step);
                self.column = 0;
            }
            'K' => self.erase_line(count.unwrap_or(0)),
            'H' => self.go_to_top(),
            'J' if count == Some(2) => self.clear_picture(),
            'J' => self.erase_below(),
            'm' => self.choose_tint(arguments),
            _ => {}
        }
    }

    fn choose_tint(&mut self, arguments: &str) {
        for code in arguments.split(';').map(|code| code.parse().unwrap_or(0)) {
            match code {
                0 | 39 => self.tint = None,
                // The last digit is the colour, dim or bright.
                30..=37 | 90..=97 => self.tint = Some(Tint(code % 10)),
                _ => {}
            }
        }
    }

    fn erase_line(&mut self, what: usize) {
        let column = self.column;
        let Row { cells, tints, changed, .. } = &mut self.rows[self.row];
        *changed = self.revision;
        match what {
            0 => cells.truncate(column),
            1 => cells.iter_mut().take(column + 1).for_each(|cell| *cell = ' '),
            _ => cells.clear(),
        }
        tints.truncate(cells.len());
    }

    fn erase_below(&mut self) {
        self.erase_line(0);
        self.rows.truncate(self.row + 1);
    }

    /// Clearing the screen erases the picture drawn since it was last cleared; older lines scroll away unharmed.
    fn clear_picture(&mut self) {
        match self.top {
            Some(_) => {
                self.go_to_top();
                self.erase_below();
            }
            None => {
                self.fresh_line();
                self.top = Some(self.position());
            }
        }
    }

    fn go_to_top(&mut self) {
        if let Some(top) = self.top {
            self.row = top.saturating_sub(self.forgotten).min(self.rows.len() - 1);
            self.column = 0;
        }
    }

    fn newline(&mut self, kind: LineKind) {
        // An empty line is of whoever wrote it.
        if let Some(row) = self.rows.get_mut(self.row).filter(|row| row.cells.is_empty()) {
            (row.kind, row.changed) = (kind, self.revision);
        }
        self.column = 0;
        self.row += 1;
        if self.row == self.rows.len() {
            self.rows.push_back(Row::new(kind, self.revision));
        }
        while self.rows.len() > MAX_LINES {
            self.rows.pop_front();
            self.row = self.row.saturating_sub(1);
            self.forgotten += 1;
        }
    }

    fn put(&mut self, kind: LineKind, c: char) {
        if self.column >= MAX_COLUMNS {
            return;
        }
        let row = &mut self.rows[self.row];
        (row.kind, row.changed) = (kind, self.revision);
        row.place.clone_from(&self.place);
        if row.cells.len() < self.column {
            row.cells.resize(self.column, ' ');
        }
        match row.cells.get_mut(self.column) {
            Some(cell) => *cell = c,
            None => row.cells.push(c),
        }
        if self.tint.is_some() || self.column < row.tints.len() {
            row.tints.resize(row.tints.len().max(self.column + 1), None);
            row.tints[self.column] = self.tint;
        }
        self.column += 1;
    }
}

impl Row {
    fn new(kind: LineKind, changed: u64) -> Row {
        Row { kind, cells: Vec::new(), tints: Vec::new(), changed, place: None }
    }

    fn tinted(&self) -> Vec<(Range<usize>, Tint)> {
        let mut stretches: Vec<(Range<usize>, Tint)> = Vec::new();
        let mut at = 0;
        for (cell, tint) in self.cells.iter().zip(&self.tints) {
            let end = at + cell.len_utf8();
            match (stretches.last_mut(), tint) {
                (Some((span, last)), Some(tint)) if span.end == at && last == tint => span.end = end,
                (_, Some(tint)) => stretches.push((at..end, *tint)),
                (_, None) => {}
            }
            at = end;
        }
        stretches
    }

    fn line(&self) -> Line {
        Line { kind: self.kind, text: self.cells.iter().collect(), tints: self.tinted(), place: self.place.clone() }
    }
}

/// How many bytes end neither in a cut character nor in a cut escape sequence.
fn complete_length(bytes: &[u8]) -> usize {
    let text_end = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(_) => bytes.len(),
    };
    let tail = text_end.saturating_sub(16);
    match bytes[tail..text_end].iter().rposition(|&byte| byte == 0x1b) {
        Some(at) if !bytes[tail + at + 1..text_end].iter().any(|byte| byte.is_ascii_alphabetic()) => tail + at,
        _ => text_end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_no_complaint() {
        let says = |text: &str| {
            Line { kind: LineKind::Error, text: text.to_owned(), tints: Vec::new(), place: None }.is_complaint()
        };
        for text in
            ["nats: error: stream not found", "error: unknown flag", "syntax error: \")\"", "Xx: command not found"]
        {
            assert!(says(text), "{text}");
        }
        for text in ["11:04:10 Published 8 bytes to \"orders.new\"", "Stream: made", "", ":"] {
            assert!(!says(text), "{text}");
        }
        assert!(
            !Line { kind: LineKind::Output, text: "error: printed".to_owned(), tints: Vec::new(), place: None }
                .is_complaint()
        );
    }

    fn shown(text: &str) -> Vec<String> {
        let mut screen = Screen::new();
        // In any pieces the picture is the same.
        for byte in text.bytes() {
            screen.write(LineKind::Output, &[byte]);
        }
        let mut whole = Screen::new();
        whole.write(LineKind::Output, text.as_bytes());
        assert_eq!(screen.lines(), whole.lines());
        whole.lines().into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn lines_returns_and_erasing() {
        assert_eq!(shown("a\nb\n"), ["a", "b"]);
        assert_eq!(shown("abc\rX"), ["Xbc"]);
        assert_eq!(shown("a\nb\n\u{1b}[A\u{1b}[Kc\n"), ["a", "c"]);
        assert_eq!(shown("10%\n\u{1b}[A\u{1b}[K20%\n\u{1b}[A\u{1b}[K done!\n"), [" done!"]);
        assert_eq!(shown("\u{1b}[1;31mred\u{1b}[0m é│"), ["red é│"]);
        assert_eq!(shown("one\n\n"), ["one", ""]);
        assert_eq!(shown("before\n\u{1b}[2J\u{1b}[Ha\nb\n\u{1b}[2J\u{1b}[Hc\n"), ["before", "c"]);
    }

    #[test]
    fn colours_stand_beside_the_text() {
        let mut screen = Screen::new();
        let tints = |screen: &Screen| -> Vec<(Range<usize>, &str)> {
            screen.lines()[0].tints.iter().map(|(span, tint)| (span.clone(), tint.name())).collect()
        };
        screen.write(LineKind::Output, "a\u{1b}[31m│\u{1b}[0m\u{1b}[31m─\u{1b}[0mb\u{1b}[1;96mc\u{1b}[39md".as_bytes());
        assert_eq!(screen.lines()[0].text, "a│─bcd");
        assert_eq!(tints(&screen), [(1..7, "red"), (8..9, "cyan")]);
        screen.write(LineKind::Output, b"\rxx\x1b[Kyy");
        assert_eq!((screen.lines()[0].text.as_str(), tints(&screen)), ("xxyy", Vec::new()));
        // What a command left on is not the shell's.
        screen.write(LineKind::Output, b"\x1b[32m\n");
        screen.line(LineKind::Notice, "done");
        assert_eq!(screen.lines()[1].tints, []);
    }

    #[test]
    fn a_part_is_stamped_anew_only_when_it_changes() {
        let mut screen = Screen::new();
        for number in 0..MAX_LINES + 30 {
            screen.line(LineKind::Output, &number.to_string());
        }
        // The cursor waits on a line of its own.
        assert_eq!(screen.extent(), 31..MAX_LINES + 30);
        assert_eq!(screen.lines_in(0..33).iter().map(|(number, _)| *number).collect::<Vec<_>>(), [31, 32]);
        let (old, new) = (50..100, MAX_LINES..MAX_LINES + 50);
        let before = (screen.stamp(old.clone()), screen.stamp(new.clone()));
        screen.write(LineKind::Output, b"more");
        let after = (screen.stamp(old.clone()), screen.stamp(new.clone()));
        assert_eq!(before.0, after.0);
        assert_ne!(before.1, after.1);
        screen.write(LineKind::Output, b"\r\x1b[K");
        assert_eq!(screen.stamp(new.clone()), before.1, "as it was");
        screen.rewind(MAX_LINES + 20);
        assert_ne!(screen.stamp(new), before.1);
        assert_eq!(screen.stamp(old), before.0);
    }

    #[test]
    fn noise_never_panics() {
        let mut screen = Screen::new();
        let alphabet = b"\x1b[0123456789;ABCDGHJKm\n\r\x08a\xc3\xa9\xff";
        let mut seed = 7u32;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            screen.write(LineKind::Output, &[alphabet[(seed >> 16) as usize % alphabet.len()]]);
        }
        screen.lines();
    }
}
