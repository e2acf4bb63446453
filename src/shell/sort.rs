//! `sort`: lines in order, by themselves or by keys.

use super::filters::{Arguments, Known, Run, each, refuse};
use super::run::Runner;
use crate::commands::Console;
use crate::sorted;
use std::cmp::Ordering;

const KNOWN: Known = Known {
    letters: "nrufbs",
    with_value: "kt",
    long: &[
        ("numeric-sort", 'n'),
        ("reverse", 'r'),
        ("unique", 'u'),
        ("ignore-case", 'f'),
        ("key", 'k'),
        ("field-separator", 't'),
        ("stable", 's'),
    ],
};

/// How two texts are compared.
#[derive(Clone, Copy, Default)]
struct Manner {
    numeric: bool,
    reverse: bool,
    fold: bool,
    blanks: bool,
}

/// `-k 2,3n`: where it begins and ends, both a field and a character in it; 0 is the end.
struct Key {
    start: (usize, usize),
    end: Option<(usize, usize)>,
    manner: Manner,
}

pub(super) fn sort(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let arguments = match Arguments::new(&words, &KNOWN) {
            Ok(arguments) => arguments,
            Err(sentence) => return refuse(&console, &sentence).max(2),
        };
        let manner = Manner::of(&arguments.flags);
        let keys: Result<Vec<Key>, String> = match arguments.value('k') {
            Some(keys) => keys.split('\n').map(|key| Key::read(key, manner)).collect(),
            None => Ok(vec![Key { start: (1, 1), end: None, manner }]),
        };
        let keys = match keys {
            Ok(keys) => keys,
            Err(problem) => return refuse(&console, &format!("sort: {problem}")).max(2),
        };
        let separator = arguments.value('t').and_then(|text| text.chars().next());
        let mut lines = Vec::new();
        let missing = "sort: cannot read: {q}: No such file or directory";
        let all = each(&runner, &console, &arguments.rest, missing, async |_, source| {
            lines.extend(source.text_lines().await);
        });
        if !all.await {
            return 2;
        }
        let by_keys = |left: &String, right: &String| {
            let of = |key: &Key| key.manner.compare(key.text(left, separator), key.text(right, separator));
            keys.iter().map(of).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        };
        sorted::by(&mut lines, |left, right| match by_keys(left, right) {
            Ordering::Equal if arguments.has('s') || arguments.has('u') => Ordering::Equal,
            Ordering::Equal if manner.reverse => right.cmp(left),
            Ordering::Equal => left.cmp(right),
            order => order,
        });
        if arguments.has('u') {
            lines.dedup_by(|right, left| by_keys(left, right).is_eq());
        }
        show(&console, &lines);
        0
    })
}

fn show(console: &Console, lines: &[String]) {
    lines.iter().for_each(|line| console.line(line));
}

impl Manner {
    fn of(letters: &str) -> Manner {
        let has = |letter| letters.contains(letter);
        Manner { numeric: has('n'), reverse: has('r'), fold: has('f'), blanks: has('b') }
    }

    fn compare(self, left: &str, right: &str) -> Ordering {
        let (left, right) = match self.blanks {
            true => (left.trim_start(), right.trim_start()),
            false => (left, right),
        };
        let order = match (self.numeric, self.fold) {
            (true, _) => number(left).partial_cmp(&number(right)).unwrap_or(Ordering::Equal),
            (false, true) => left.to_uppercase().cmp(&right.to_uppercase()),
            (false, false) => left.cmp(right),
        };
        if self.reverse { order.reverse() } else { order }
    }
}

/// The number at the start of a text; none is 0.
fn number(text: &str) -> f64 {
    let text = text.trim_start();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let mut point = false;
    let end = digits.find(|c: char| {
        let is_point = c == '.' && !point;
        point |= is_point;
        !c.is_ascii_digit() && !is_point
    });
    let length = text.len() - digits.len() + end.unwrap_or(digits.len());
    crate::json::number(&text[..length]).unwrap_or(0.0)
}

impl Key {
    fn read(text: &str, of_all: Manner) -> Result<Key, String> {
        let wrong = || format!("invalid number at field start: invalid count at start of ‘{text}’");
        let (start, end) = text.split_once(',').map_or((text, None), |(start, end)| (start, Some(end)));
        let mut letters = String::new();
        let mut place = |text: &str, open: usize| {
            let digits = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
            letters += &text[digits..];
            let (field, character) = text[..digits].split_once('.').unwrap_or((&text[..digits], ""));
            let character = if character.is_empty() { open } else { character.parse().map_err(|_| wrong())? };
            field.parse::<usize>().ok().filter(|field| *field > 0).map(|field| (field, character)).ok_or_else(wrong)
        };
        let start = place(start, 1)?;
        let end = end.map(|end| place(end, 0)).transpose()?;
        if let Some(letter) = letters.chars().find(|letter| !"nrfb".contains(*letter)) {
            return Err(format!("-k {text}: {letter} is not in the playground"));
        }
        Ok(Key { start, end, manner: if letters.is_empty() { of_all } else { Manner::of(&letters) } })
    }

    /// The part of a line it compares.
    fn text<'a>(&self, line: &'a str, separator: Option<char>) -> &'a str {
        let fields = fields(line, separator);
        let place = |field: usize, character: usize| {
            let (start, end) = fields.get(field - 1).copied().unwrap_or((line.len(), line.len()));
            let at = line[start..end].char_indices().nth(character).map_or(end, |(at, _)| start + at);
            (at, end)
        };
        let (start, _) = place(self.start.0, self.start.1.saturating_sub(1));
        let end = match self.end {
            None => line.len(),
            Some((field, 0)) => place(field, 0).1,
            Some((field, character)) => place(field, character).0,
        };
        &line[start..end.max(start)]
    }
}

/// Where fields begin and end. Without a separator the blanks before a field are its own.
fn fields(line: &str, separator: Option<char>) -> Vec<(usize, usize)> {
    let mut fields = Vec::new();
    let mut start = 0;
    match separator {
        Some(separator) => {
            for piece in line.split(separator) {
                fields.push((start, start + piece.len()));
                start += piece.len() + separator.len_utf8();
            }
        }
        None => {
            while start < line.len() {
                let rest = &line[start..];
                let text = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
                let length = rest[text..].find(char::is_whitespace).unwrap_or(rest.len() - text);
                fields.push((start, start + text + length));
                start += text + length;
            }
        }
    }
    fields
}
