//! Commands that read lines and write lines: what stands behind a pipe.
//!
//! What of an original is not here is refused by name. Source: the GNU tools of these names.

use super::builtins::Builtin;
use super::run::Runner;
use crate::commands::pattern::posix_class;
use crate::commands::pipe::Pipe;
use crate::commands::{Console, ExitCode};
use crate::map::Map;
use futures::future::LocalBoxFuture;

/// The words of a filter, sorted out: single letters, letters with values, the rest.
pub(super) struct Arguments {
    pub flags: String,
    pub values: Map<char, String>,
    pub rest: Vec<String>,
}

/// What a filter knows: letters, letters with a value, and long names for them.
pub(super) struct Known {
    pub letters: &'static str,
    pub with_value: &'static str,
    pub long: &'static [(&'static str, char)],
}

/// What a filter reads: its input, or a file.
pub(super) enum Source {
    Console(Console),
    Pipe(Pipe),
}

const MAX_ZEROS: usize = 64 << 20;

impl Arguments {
    /// Errors: the sentence that refuses a flag.
    pub fn new(words: &[String], known: &Known) -> Result<Arguments, String> {
        let mut arguments = Arguments { flags: String::new(), values: Map::new(), rest: Vec::new() };
        let command = words.first().map_or("", String::as_str);
        let mut words = words.iter().skip(1);
        while let Some(word) = words.next() {
            if word == "--" {
                arguments.rest.extend(words.by_ref().cloned());
                break;
            }
            if let Some(name) = word.strip_prefix("--") {
                let (name, value) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
                match known.long.iter().find(|(long, _)| *long == name) {
                    Some((_, letter)) if known.with_value.contains(*letter) => {
                        let value = value.map(str::to_owned).or_else(|| words.next().cloned());
                        arguments.put(*letter, value.unwrap_or_default());
                    }
                    Some((_, letter)) => arguments.flags.push(*letter),
                    None => return Err(format!("{command}: --{name} is not in the playground")),
                }
                continue;
            }
            let letters = match word.strip_prefix('-') {
                Some(letters) if !letters.is_empty() => letters,
                _ => {
                    arguments.rest.push(word.clone());
                    continue;
                }
            };
            if letters.bytes().all(|byte| byte.is_ascii_digit()) && known.with_value.contains('n') {
                arguments.put('n', letters.to_owned());
                continue;
            }
            for (at, letter) in letters.char_indices() {
                if known.letters.contains(letter) {
                    arguments.flags.push(letter);
                    continue;
                }
                if !known.with_value.contains(letter) {
                    return Err(format!("{command}: -{letter} is not in the playground"));
                }
                let glued = &letters[at + letter.len_utf8()..];
                let value = if glued.is_empty() { words.next().cloned() } else { Some(glued.to_owned()) };
                let Some(value) = value else {
                    return Err(format!("{command}: option requires an argument -- '{letter}'"));
                };
                arguments.put(letter, value);
                break;
            }
        }
        Ok(arguments)
    }

    /// Several of one letter are lines of one value: what `grep -e` and `sort -k` make of them.
    fn put(&mut self, letter: char, value: String) {
        let is_list = "ek".contains(letter);
        let known = self.values.remove(&letter).filter(|_| is_list).map(|known| known + "\n");
        self.values.insert(letter, known.unwrap_or_default() + &value);
    }

    pub fn has(&self, letter: char) -> bool {
        self.flags.contains(letter)
    }

    pub fn value(&self, letter: char) -> Option<&str> {
        self.values.get(&letter).map(String::as_str)
    }
}

impl Source {
    /// Standard input for `-`. `None`: there is no such file.
    pub fn open(runner: &Runner, console: &Console, name: &str) -> Option<Source> {
        if name == "-" || name == "/dev/stdin" {
            return Some(Source::Console(console.clone()));
        }
        Some(Source::Pipe(Pipe::full(runner.shared.read_file(name)?)))
    }

    /// The next line, its newline included when there is one.
    pub async fn line(&self) -> Option<Vec<u8>> {
        match self {
            Source::Pipe(pipe) => pipe.line().await,
            Source::Console(console) => match console.piped() {
                Some(pipe) => pipe.line().await,
                None => console.read_line().await.map(|line| (line + "\n").into_bytes()),
            },
        }
    }

    pub async fn text_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = self.line().await {
            lines.push(String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned());
        }
        lines
    }

    pub async fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some(line) = self.line().await {
            bytes.extend(line);
        }
        bytes
    }
}

/// Reads one after the other, standard input if there are no names; what is missing is told and the others are read.
/// `true` if none was missing.
pub(super) async fn each<F: AsyncFnMut(&str, &Source)>(
    runner: &Runner,
    console: &Console,
    names: &[String],
    missing: &str,
    mut body: F,
) -> bool {
    let standard = ["-".to_owned()];
    let names = if names.is_empty() { &standard } else { names };
    let mut all = true;
    for name in names {
        match Source::open(runner, console, name) {
            Some(source) => body(name, &source).await,
            None => {
                let is_plain = name.chars().all(|c| c.is_alphanumeric() || "_-./:=,+@%^~".contains(c));
                let quoted = if is_plain && !name.is_empty() { name.clone() } else { format!("'{name}'") };
                console.error(&missing.replace("{q}", &quoted).replace("{}", name));
                all = false;
            }
        }
    }
    all
}

pub(super) type Run = LocalBoxFuture<'static, ExitCode>;

pub(super) fn refuse(console: &Console, sentence: &str) -> ExitCode {
    console.error(sentence);
    1
}

pub(super) fn cat(runner: Runner, console: Console, words: Vec<String>) -> Run {
    const KNOWN: Known = Known {
        letters: "AbeEnstTuv",
        with_value: "",
        long: &[("show-all", 'A'), ("number", 'n'), ("show-nonprinting", 'v'), ("squeeze-blank", 's')],
    };
    Box::pin(async move {
        let arguments = match Arguments::new(&words, &KNOWN) {
            Ok(arguments) => arguments,
            Err(sentence) => return refuse(&console, &sentence),
        };
        let has = |letters: &str| letters.chars().any(|letter| arguments.has(letter));
        let (ends, tabs, control) = (has("AEe"), has("ATt"), has("Avet"));
        let (mut number, mut blanks) = (0, 0);
        let all = each(&runner, &console, &arguments.rest, "cat: {q}: No such file or directory", async |_, source| {
            while let Some(line) = source.line().await {
                let is_blank = line == b"\n";
                blanks = if is_blank { blanks + 1 } else { 0 };
                if has("s") && blanks > 1 {
                    continue;
                }
                if has("b") && !is_blank || has("n") && !has("b") {
                    number += 1;
                    console.print(&format!("{number:6}\t"));
                }
                let (text, end) = line.strip_suffix(b"\n").map_or((&line[..], ""), |text| (text, "\n"));
                if control || tabs {
                    console.print(&visible(text, control, tabs));
                } else {
                    console.print_bytes(text);
                }
                if ends && !end.is_empty() {
                    console.print("$");
                }
                console.print(end);
            }
        });
        i32::from(!all.await)
    })
}

/// Control characters as `^A`.
fn visible(bytes: &[u8], control: bool, tabs: bool) -> String {
    let show = |c: char| match c {
        '\t' if tabs => "^I".to_owned(),
        '\t' => c.to_string(),
        '\u{7f}' if control => "^?".to_owned(),
        c if control && (c as u32) < 32 => format!("^{}", char::from(c as u8 + 64)),
        c => c.to_string(),
    };
    String::from_utf8_lossy(bytes).chars().map(show).collect()
}

/// `-n 5`, `-n -5`, `-n +5`: the number and its sign.
fn count_of(value: &str) -> Option<(Option<char>, usize)> {
    let sign = value.chars().next().filter(|c| "+-".contains(*c));
    let digits = &value[sign.map_or(0, char::len_utf8)..];
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| (sign, digits.parse().unwrap_or(usize::MAX)))
}

const PARTS: Known = Known {
    letters: "qvfF",
    with_value: "nc",
    long: &[("follow", 'f'), ("lines", 'n'), ("bytes", 'c'), ("quiet", 'q'), ("silent", 'q'), ("verbose", 'v')],
};

/// What `head` and `tail` share: counts, names above each of several files.
fn part(runner: Runner, console: Console, words: Vec<String>, is_head: bool) -> Run {
    Box::pin(async move {
        let command = if is_head { "head" } else { "tail" };
        let mut arguments = match Arguments::new(&words, &PARTS) {
            Ok(arguments) => arguments,
            Err(sentence) => return refuse(&console, &sentence),
        };
        let follows = arguments.has('f') || arguments.has('F');
        if follows && (is_head || arguments.rest.len() != 1 || arguments.rest[0] == "-") {
            return refuse(&console, &format!("{command}: -f is not in the playground; tail -f is, of one file"));
        }
        // `tail +2` is an old spelling.
        if !is_head && arguments.rest.first().is_some_and(|word| word.starts_with('+') && count_of(word).is_some()) {
            arguments.values.insert('n', arguments.rest.remove(0));
        }
        let (unit, value) = match (arguments.value('c'), arguments.value('n')) {
            (Some(value), _) => ("bytes", value),
            (None, value) => ("lines", value.unwrap_or("10")),
        };
        let Some((sign, count)) = count_of(value) else {
            return refuse(&console, &format!("{command}: invalid number of {unit}: ‘{value}’"));
        };
        if is_head && arguments.rest == ["/dev/zero"] {
            console.print_bytes(&vec![0; count.min(MAX_ZEROS)]);
            return 0;
        }
        let titled = (arguments.rest.len() > 1 || arguments.has('v')) && !arguments.has('q');
        let mut first = true;
        let missing = format!("{command}: cannot open '{{}}' for reading: No such file or directory");
        let all = each(&runner, &console, &arguments.rest, &missing, async |name, source| {
            if titled {
                let name = if name == "-" { "standard input" } else { name };
                console.print(&format!("{}==> {name} <==\n", if first { "" } else { "\n" }));
            }
            first = false;
            // The beginning is shown as it comes.
            let (mut left, starts) = (count, is_head && sign != Some('-'));
            if starts && unit == "lines" {
                while left > 0 {
                    let Some(line) = source.line().await else { break };
                    console.print_bytes(&line);
                    left -= 1;
                }
                return;
            }
            let bytes = source.bytes().await;
            let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
            let length = if unit == "lines" { lines.len() } else { bytes.len() };
            let kept = match (is_head, sign) {
                (true, Some('-')) => 0..length.saturating_sub(count),
                (true, _) => 0..count.min(length),
                (false, Some('+')) => count.saturating_sub(1).min(length)..length,
                (false, _) => length.saturating_sub(count)..length,
            };
            match unit {
                "lines" => console.print_bytes(&lines[kept].concat()),
                _ => console.print_bytes(&bytes[kept]),
            }
        });
        match all.await {
            true if follows => super::order::follow(&runner, &console, &arguments.rest[0]).await,
            all => i32::from(!all),
        }
    })
}

pub(super) fn head(runner: Runner, console: Console, words: Vec<String>) -> Run {
    part(runner, console, words, true)
}

pub(super) fn tail(runner: Runner, console: Console, words: Vec<String>) -> Run {
    part(runner, console, words, false)
}

pub(super) fn uniq(runner: Runner, console: Console, words: Vec<String>) -> Run {
    const KNOWN: Known = Known {
        letters: "cdiu",
        with_value: "",
        long: &[("count", 'c'), ("repeated", 'd'), ("unique", 'u'), ("ignore-case", 'i')],
    };
    Box::pin(async move {
        let arguments = match Arguments::new(&words, &KNOWN) {
            Ok(arguments) if arguments.rest.len() < 2 => arguments,
            Ok(_) => return refuse(&console, "uniq: a file to write to is not in the playground: > is"),
            Err(sentence) => return refuse(&console, &sentence),
        };
        let key = |line: &str| if arguments.has('i') { line.to_lowercase() } else { line.to_owned() };
        let all =
            each(&runner, &console, &arguments.rest, "uniq: {q}: No such file or directory", async |_, source| {
                let lines = source.text_lines().await;
                for group in lines.chunk_by(|left, right| key(left) == key(right)) {
                    let is_wanted = match group.len() {
                        1 => !arguments.has('d'),
                        _ => !arguments.has('u'),
                    };
                    match (is_wanted, arguments.has('c')) {
                        (true, true) => console.line(&format!("{:7} {}", group.len(), group[0])),
                        (true, false) => console.line(&group[0]),
                        (false, _) => {}
                    }
                }
            });
        i32::from(!all.await)
    })
}

pub(super) fn count(runner: Runner, console: Console, words: Vec<String>) -> Run {
    const KNOWN: Known = Known {
        letters: "lwmcL",
        with_value: "",
        long: &[("lines", 'l'), ("words", 'w'), ("chars", 'm'), ("bytes", 'c'), ("max-line-length", 'L')],
    };
    Box::pin(async move {
        let arguments = match Arguments::new(&words, &KNOWN) {
            Ok(arguments) => arguments,
            Err(sentence) => return refuse(&console, &sentence),
        };
        let mut shown: Vec<char> = "lwmcL".chars().filter(|letter| arguments.has(*letter)).collect();
        if shown.is_empty() {
            shown = vec!['l', 'w', 'c'];
        }
        let mut rows: Vec<(Vec<usize>, String)> = Vec::new();
        let mut total = vec![0; shown.len()];
        let mut bytes_in_all = 0;
        let complaints = "wc: {q}: No such file or directory";
        let all = each(&runner, &console, &arguments.rest, complaints, async |name, source| {
            let bytes = source.bytes().await;
            bytes_in_all += bytes.len();
            let text = String::from_utf8_lossy(&bytes);
            let figure = |letter: &char| match letter {
                'l' => bytes.iter().filter(|&&byte| byte == b'\n').count(),
                'w' => text.split_whitespace().count(),
                'm' => text.chars().count(),
                'c' => bytes.len(),
                _ => text.lines().map(|line| line.chars().count()).max().unwrap_or(0),
            };
            let row: Vec<usize> = shown.iter().map(figure).collect();
            for (index, (sum, figure)) in total.iter_mut().zip(&row).enumerate() {
                *sum = if shown[index] == 'L' { (*sum).max(*figure) } else { *sum + figure };
            }
            rows.push((row, name.to_owned()));
        });
        let all = all.await;
        let is_stream = arguments.rest.iter().any(|name| name == "-")
            || arguments.rest.is_empty() && console.piped().and_then(|pipe| pipe.file_length()).is_none();
        let width = match (arguments.rest.len(), shown.len()) {
            (0 | 1, 1) => 1,
            _ if is_stream => 7,
            _ => bytes_in_all.to_string().len(),
        };
        if arguments.rest.len() > 1 {
            rows.push((total, "total".to_owned()));
        }
        for (row, name) in rows {
            let name = if arguments.rest.is_empty() { String::new() } else { format!(" {name}") };
            let figures: Vec<String> = row.iter().map(|figure| format!("{figure:>width$}")).collect();
            console.line(&format!("{}{name}", figures.join(" ")));
        }
        i32::from(!all)
    })
}

pub(super) fn translate(_: Runner, console: Console, words: Vec<String>) -> Run {
    const KNOWN: Known = Known {
        letters: "cCds",
        with_value: "",
        long: &[("delete", 'd'), ("squeeze-repeats", 's'), ("complement", 'c')],
    };
    Box::pin(async move {
        let arguments = match Arguments::new(&words, &KNOWN) {
            Ok(arguments) => arguments,
            Err(sentence) => return refuse(&console, &sentence),
        };
        let (deletes, squeezes) = (arguments.has('d'), arguments.has('s'));
        let wanted = match (deletes, squeezes) {
            (true, false) => 1..=1,
            (true, true) | (false, false) => 2..=2,
            (false, true) => 1..=2,
        };
        if !wanted.contains(&arguments.rest.len()) {
            return refuse(&console, "usage: tr [-cs] from to, tr [-c] -d from");
        }
        let sets: Vec<Vec<char>> = arguments.rest.iter().map(|text| characters(text)).collect();
        let complement = arguments.has('c') || arguments.has('C');
        let from = |c: char| sets[0].iter().position(|known| *known == c).is_some() != complement;
        let to = sets.get(1).filter(|_| !deletes);
        let mapped = |c: char| match to {
            Some(to) if from(c) => {
                let at = sets[0].iter().position(|known| *known == c).unwrap_or(usize::MAX);
                to.get(at).or(to.last()).copied().unwrap_or(c)
            }
            _ => c,
        };
        let squeezed = |c: char| match sets.last() {
            Some(set) if squeezes && sets.len() > 1 => set.contains(&c),
            _ => squeezes && from(c),
        };
        let source = Source::Console(console.clone());
        let mut before = None;
        while let Some(line) = source.line().await {
            let mut text = String::new();
            for c in String::from_utf8_lossy(&line).chars().filter(|c| !(deletes && from(*c))).map(mapped) {
                if before == Some(c) && squeezed(c) {
                    continue;
                }
                before = Some(c);
                text.push(c);
            }
            console.print(&text);
        }
        0
    })
}

/// A set with its ranges and classes written out.
fn characters(text: &str) -> Vec<char> {
    let mut chars: Vec<char> = Vec::new();
    let mut set = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let class = rest.strip_prefix("[:").and_then(|inner| inner.split_once(":]"));
        if let Some((items, after)) = class.and_then(|(name, after)| Some((posix_class(name)?, after))) {
            set.extend(items.into_iter().flat_map(|(low, high)| low..=high));
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if c == '\\' {
            let (one, length) = super::builtins::escape(rest);
            chars.push(one);
            rest = &rest[length..];
        } else if c == '-' && !chars.is_empty() && !rest.is_empty() && set.last() == chars.last() {
            let (last, length) = match rest.strip_prefix('\\') {
                Some(after) => {
                    let (one, length) = super::builtins::escape(after);
                    (one, length + 1)
                }
                None => rest.chars().next().map_or(('-', 0), |c| (c, c.len_utf8())),
            };
            rest = &rest[length..];
            let first = chars.pop().unwrap_or(last);
            set.pop();
            if first.is_ascii() && last.is_ascii() {
                set.extend(first..=last);
            }
            continue;
        } else {
            chars.push(c);
        }
        set.extend(chars.last());
    }
    set
}

pub(super) fn cut(runner: Runner, console: Console, words: Vec<String>) -> Run {
    const KNOWN: Known = Known {
        letters: "s",
        with_value: "dfcb",
        long: &[("delimiter", 'd'), ("fields", 'f'), ("characters", 'c'), ("bytes", 'b'), ("only-delimited", 's')],
    };
    Box::pin(async move {
        let arguments = match Arguments::new(&words, &KNOWN) {
            Ok(arguments) => arguments,
            Err(sentence) => return refuse(&console, &sentence),
        };
        let by_character = !arguments.values.contains_key(&'f');
        let Some(list) = arguments.value('f').or(arguments.value('c')).or(arguments.value('b')) else {
            return refuse(&console, "cut: you must specify a list of bytes, characters, or fields");
        };
        let ranges = match ranges(list) {
            Ok(ranges) => ranges,
            Err(problem) => return refuse(&console, &format!("cut: {problem}")),
        };
        let mut delimiter = arguments.value('d').unwrap_or("\t").chars();
        let (Some(delimiter), None) = (delimiter.next(), delimiter.next()) else {
            return refuse(&console, "cut: the delimiter must be a single character");
        };
        let wanted = |index: usize| ranges.iter().any(|(first, last)| *first <= index && index <= *last);
        let all = each(&runner, &console, &arguments.rest, "cut: {q}: No such file or directory", async |_, source| {
            for line in source.text_lines().await {
                if by_character {
                    let kept = line.chars().enumerate().filter(|(at, _)| wanted(at + 1)).map(|(_, c)| c);
                    console.line(&kept.collect::<String>());
                } else if line.contains(delimiter) {
                    let fields = line.split(delimiter).enumerate().filter(|(at, _)| wanted(at + 1));
                    let kept: Vec<&str> = fields.map(|(_, field)| field).collect();
                    console.line(&kept.join(&delimiter.to_string()));
                } else if !arguments.has('s') {
                    console.line(&line);
                }
            }
        });
        i32::from(!all.await)
    })
}

/// `1,3-5,7-`.
fn ranges(list: &str) -> Result<Vec<(usize, usize)>, String> {
    let number = |text: &str, open: usize| match text {
        "" => Ok(open),
        text => text.parse::<usize>().map_err(|_| format!("invalid field value ‘{text}’")),
    };
    let one = |range: &str| {
        let (first, last) = match range.split_once('-') {
            Some(("", "")) => return Err("invalid range with no endpoint: -".to_owned()),
            Some((first, last)) => (number(first, 1)?, number(last, usize::MAX)?),
            None => (number(range, 0)?, number(range, 0)?),
        };
        match (first, last) {
            (0, _) => Err("fields are numbered from 1".to_owned()),
            (first, last) if last < first => Err("invalid decreasing range".to_owned()),
            both => Ok(both),
        }
    };
    list.split([',', ' ']).map(one).collect()
}

pub(super) fn tee(runner: Runner, console: Console, words: Vec<String>) -> Run {
    const KNOWN: Known = Known { letters: "ai", with_value: "", long: &[("append", 'a')] };
    Box::pin(async move {
        let arguments = match Arguments::new(&words, &KNOWN) {
            Ok(arguments) => arguments,
            Err(sentence) => return refuse(&console, &sentence),
        };
        let mut writers = Vec::new();
        for name in &arguments.rest {
            match runner.open_for_writing(name, arguments.has('a')) {
                Ok(write) => writers.push(write),
                Err(problem) => console.error(&format!("tee: {problem}")),
            }
        }
        let source = Source::Console(console.clone());
        while let Some(line) = source.line().await {
            console.print_bytes(&line);
            writers.iter().for_each(|write| write(&line));
        }
        i32::from(writers.len() < arguments.rest.len())
    })
}

// All filters are builtins; the type keeps their signatures alike.
const _: &[Builtin] = &[cat, head, tail, uniq, count, translate, cut, tee];
