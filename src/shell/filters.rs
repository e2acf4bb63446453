//! Commands that read lines and write lines: what stands behind a pipe.

use super::builtins::Builtin;
use super::run::Runner;
use crate::commands::pattern::Pattern;
use crate::commands::pipe::Pipe;
use crate::commands::{Console, ExitCode};
use crate::map::Map;
use crate::sorted;
use futures::future::LocalBoxFuture;

/// The words of a filter, sorted out: single letters, letters with values, the rest.
struct Arguments {
    flags: String,
    values: Map<char, String>,
    rest: Vec<String>,
}

/// What a filter reads: its input, or files one after the other.
enum Source {
    Console(Console),
    Pipe(Pipe),
}

const MAX_ZEROS: usize = 64 << 20;

impl Arguments {
    /// `with_value` are the letters that take the next word or the rest of theirs.
    fn new(words: &[String], with_value: &str) -> Arguments {
        let mut arguments = Arguments { flags: String::new(), values: Map::new(), rest: Vec::new() };
        let mut words = words.iter().skip(1);
        while let Some(word) = words.next() {
            let letters = match word.strip_prefix('-') {
                Some(letters) if !letters.is_empty() => letters,
                _ => {
                    arguments.rest.push(word.clone());
                    continue;
                }
            };
            if letters.bytes().all(|byte| byte.is_ascii_digit()) {
                arguments.values.insert('n', letters.to_owned());
                continue;
            }
            for (at, letter) in letters.char_indices() {
                if !with_value.contains(letter) {
                    arguments.flags.push(letter);
                    continue;
                }
                let glued = &letters[at + letter.len_utf8()..];
                let value = if glued.is_empty() { words.next().cloned().unwrap_or_default() } else { glued.to_owned() };
                // Several of one letter are lines of one value: what `grep -e` makes of them.
                let known = arguments.values.remove(&letter).map(|known| known + "\n");
                arguments.values.insert(letter, known.unwrap_or_default() + &value);
                break;
            }
        }
        arguments
    }

    fn has(&self, letter: char) -> bool {
        self.flags.contains(letter)
    }

    fn number(&self, letter: char) -> Option<usize> {
        self.values.get(&letter)?.trim_start_matches('+').parse().ok()
    }
}

impl Source {
    /// Errors: the sentence about a file that is not there.
    fn open(runner: &Runner, console: &Console, names: &[String], command: &str) -> Result<Source, String> {
        if names.is_empty() || names == ["-"] {
            return Ok(Source::Console(console.clone()));
        }
        let mut bytes = Vec::new();
        for name in names {
            let file = runner.shared.read_file(name).ok_or(format!("{command}: {name}: No such file or directory"))?;
            bytes.extend(file);
        }
        Ok(Source::Pipe(Pipe::full(bytes)))
    }

    /// The next line, its newline included when there is one.
    async fn line(&self) -> Option<Vec<u8>> {
        match self {
            Source::Pipe(pipe) => pipe.line().await,
            Source::Console(console) => match console.piped() {
                Some(pipe) => pipe.line().await,
                None => console.read_line().await.map(|line| (line + "\n").into_bytes()),
            },
        }
    }

    async fn text_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = self.line().await {
            lines.push(String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned());
        }
        lines
    }
}

/// Opens the source and runs the body with it.
async fn with_source<F: AsyncFnOnce(&Source) -> ExitCode>(
    runner: &Runner,
    console: &Console,
    names: &[String],
    command: &str,
    body: F,
) -> ExitCode {
    match Source::open(runner, console, names, command) {
        Ok(source) => body(&source).await,
        Err(problem) => {
            console.error(&problem);
            1
        }
    }
}

type Run = LocalBoxFuture<'static, ExitCode>;

pub(super) fn cat(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let arguments = Arguments::new(&words, "");
        with_source(&runner, &console, &arguments.rest, "cat", async |source| {
            while let Some(line) = source.line().await {
                if arguments.has('v') {
                    console.print(&visible(&line));
                } else {
                    console.print_bytes(&line);
                }
            }
            0
        })
        .await
    })
}

/// Control characters as `^A`.
fn visible(bytes: &[u8]) -> String {
    let show = |c: char| match c {
        '\n' | '\t' => c.to_string(),
        '\u{7f}' => "^?".to_owned(),
        c if (c as u32) < 32 => format!("^{}", char::from(c as u8 + 64)),
        c => c.to_string(),
    };
    String::from_utf8_lossy(bytes).chars().map(show).collect()
}

pub(super) fn head(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let arguments = Arguments::new(&words, "nc");
        if let Some(wanted) = arguments.number('c') {
            return head_bytes(&runner, &console, &arguments.rest, wanted).await;
        }
        let wanted = arguments.number('n').unwrap_or(10);
        with_source(&runner, &console, &arguments.rest, "head", async |source| {
            for _ in 0..wanted {
                match source.line().await {
                    Some(line) => console.print_bytes(&line),
                    None => break,
                }
            }
            0
        })
        .await
    })
}

async fn head_bytes(runner: &Runner, console: &Console, names: &[String], wanted: usize) -> ExitCode {
    if names == ["/dev/zero"] {
        console.print_bytes(&vec![0; wanted.min(MAX_ZEROS)]);
        return 0;
    }
    with_source(runner, console, names, "head", async |source| {
        let mut left = wanted;
        while left > 0 {
            let Some(line) = source.line().await else { break };
            let taken = line.len().min(left);
            console.print_bytes(&line[..taken]);
            left -= taken;
        }
        0
    })
    .await
}

pub(super) fn tail(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let arguments = Arguments::new(&words, "nc");
        let from_start = arguments.values.get(&'n').is_some_and(|value| value.starts_with('+'));
        let wanted = arguments.number('n').unwrap_or(10);
        with_source(&runner, &console, &arguments.rest, "tail", async |source| {
            let mut lines = Vec::new();
            while let Some(line) = source.line().await {
                lines.push(line);
            }
            let skipped = if from_start { wanted.saturating_sub(1) } else { lines.len().saturating_sub(wanted) };
            lines.iter().skip(skipped).for_each(|line| console.print_bytes(line));
            0
        })
        .await
    })
}

pub(super) fn grep(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let mut arguments = Arguments::new(&words, "eABCm");
        let text = match arguments.values.remove(&'e') {
            Some(text) => text,
            None if arguments.rest.is_empty() => {
                console.error("usage: grep [-EFivcq] [-m count] [-e] pattern [file]");
                return 2;
            }
            None => arguments.rest.remove(0),
        };
        let absent = ["A", "B", "C", "o", "r", "w"].into_iter().find(|flag| {
            let letter = flag.chars().next().unwrap_or_default();
            arguments.has(letter) || arguments.values.contains_key(&letter)
        });
        if let Some(flag) = absent {
            console.error(&format!("grep: -{flag} is not in the playground"));
            return 2;
        }
        let most = arguments.values.get(&'m').and_then(|most| most.parse().ok()).unwrap_or(u64::MAX);
        let one = |text: &str| if arguments.has('F') { escaped(text) } else { basic(text, arguments.has('E')) };
        let text = text.split('\n').map(one).collect::<Vec<_>>().join("|");
        let compiled = if arguments.has('i') { Pattern::ignoring_case(&text) } else { Pattern::new(&text) };
        let pattern = match compiled {
            Ok(pattern) => pattern,
            Err(problem) => {
                console.error(&format!("grep: {problem}"));
                return 2;
            }
        };
        with_source(&runner, &console, &arguments.rest, "grep", async |source| {
            let mut found = 0;
            while found < most {
                let Some(line) = source.line().await else { break };
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end_matches('\n');
                if pattern.is_match(text) == arguments.has('v') {
                    continue;
                }
                found += 1;
                if !arguments.has('c') && !arguments.has('q') {
                    console.line(text);
                }
            }
            if arguments.has('c') {
                console.line(&found.to_string());
            }
            i32::from(found == 0)
        })
        .await
    })
}

fn escaped(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { c.to_string() } else { format!("\\{c}") }).collect()
}

/// A basic expression as an extended one: there the signs `+ ? | ( ) { }` mean something only after a backslash.
fn basic(text: &str, extended: bool) -> String {
    if extended {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek().is_some_and(|next| "+?|(){}".contains(*next)) => out.extend(chars.next()),
            '+' | '?' | '|' | '(' | ')' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '*' if out.is_empty() => out.push_str("\\*"),
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            _ => out.push(c),
        }
    }
    out
}

pub(super) fn sort(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let arguments = Arguments::new(&words, "kt");
        with_source(&runner, &console, &arguments.rest, "sort", async |source| {
            let mut lines = source.text_lines().await;
            sorted::all(&mut lines);
            if arguments.has('n') {
                let number = |line: &str| {
                    let text = line.trim_start();
                    let end = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
                    text[..end].parse::<i64>().unwrap_or(0)
                };
                sorted::by_key(&mut lines, |line| number(line));
            }
            if arguments.has('r') {
                lines.reverse();
            }
            if arguments.has('u') {
                lines.dedup();
            }
            lines.iter().for_each(|line| console.line(line));
            0
        })
        .await
    })
}

pub(super) fn uniq(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let arguments = Arguments::new(&words, "");
        with_source(&runner, &console, &arguments.rest, "uniq", async |source| {
            let lines = source.text_lines().await;
            for group in lines.chunk_by(|left, right| left == right) {
                if arguments.has('c') {
                    console.line(&format!("{:7} {}", group.len(), group[0]));
                } else {
                    console.line(&group[0]);
                }
            }
            0
        })
        .await
    })
}

pub(super) fn count(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let arguments = Arguments::new(&words, "");
        with_source(&runner, &console, &arguments.rest, "wc", async |source| {
            let (mut lines, mut count, mut bytes) = (0, 0, 0);
            while let Some(line) = source.line().await {
                lines += usize::from(line.ends_with(b"\n"));
                count += String::from_utf8_lossy(&line).split_whitespace().count();
                bytes += line.len();
            }
            let wanted = |letter| arguments.flags.is_empty() || arguments.has(letter);
            let columns = [('l', lines), ('w', count), ('c', bytes)];
            let shown: Vec<String> = columns.iter().filter(|(l, _)| wanted(*l)).map(|(_, n)| n.to_string()).collect();
            match shown.as_slice() {
                [only] => console.line(only),
                all => console.line(&all.iter().map(|number| format!("{number:>8}")).collect::<String>()),
            }
            0
        })
        .await
    })
}

pub(super) fn translate(_: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let arguments = Arguments::new(&words, "");
        let sets: Vec<Vec<char>> = arguments.rest.iter().map(|text| characters(text)).collect();
        let (from, to) = match (sets.as_slice(), arguments.has('d')) {
            ([from], true) => (from.clone(), Vec::new()),
            ([from, to], false) if !to.is_empty() => (from.clone(), to.clone()),
            _ => {
                console.error("usage: tr [-d] from [to]");
                return 1;
            }
        };
        let source = Source::Console(console.clone());
        while let Some(line) = source.line().await {
            let text = String::from_utf8_lossy(&line);
            let replaced = text.chars().filter_map(|c| match from.iter().position(|f| *f == c) {
                Some(at) => to.get(at).or(to.last()).copied(),
                None => Some(c),
            });
            console.print(&replaced.collect::<String>());
        }
        0
    })
}

/// A set with its ranges written out.
fn characters(text: &str) -> Vec<char> {
    let text = text.replace("\\n", "\n").replace("\\t", "\t");
    let chars: Vec<char> = text.chars().collect();
    let mut set = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match (chars.get(at + 1), chars.get(at + 2)) {
            (Some('-'), Some(&last)) if chars[at].is_ascii() && last.is_ascii() => {
                set.extend(chars[at]..=last);
                at += 3;
            }
            _ => {
                set.push(chars[at]);
                at += 1;
            }
        }
    }
    set
}

pub(super) fn cut(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let arguments = Arguments::new(&words, "dfc");
        let delimiter = arguments.values.get(&'d').and_then(|text| text.chars().next()).unwrap_or('\t');
        let Some(list) = arguments.values.get(&'f').or(arguments.values.get(&'c')) else {
            console.error("cut: you must specify a list of bytes, characters, or fields");
            return 1;
        };
        let by_character = !arguments.values.contains_key(&'f');
        let wanted = |index: usize| {
            list.split(',').any(|range| match range.split_once('-') {
                Some((first, last)) => {
                    first.parse().unwrap_or(1) <= index && index <= last.parse().unwrap_or(usize::MAX)
                }
                None => range.parse() == Ok(index),
            })
        };
        with_source(&runner, &console, &arguments.rest, "cut", async |source| {
            for line in source.text_lines().await {
                if by_character {
                    let kept = line.chars().enumerate().filter(|(at, _)| wanted(at + 1)).map(|(_, c)| c);
                    console.line(&kept.collect::<String>());
                } else if line.contains(delimiter) {
                    let fields = line.split(delimiter).enumerate().filter(|(at, _)| wanted(at + 1));
                    let kept: Vec<&str> = fields.map(|(_, field)| field).collect();
                    console.line(&kept.join(&delimiter.to_string()));
                } else {
                    console.line(&line);
                }
            }
            0
        })
        .await
    })
}

pub(super) fn tee(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let arguments = Arguments::new(&words, "");
        let source = Source::Console(console.clone());
        let mut kept = Vec::new();
        while let Some(line) = source.line().await {
            console.print_bytes(&line);
            kept.extend(line);
        }
        for name in &arguments.rest {
            let mut files = runner.shared.context.files.borrow_mut();
            let file = files.entry(crate::commands::files::file_name(name)).or_default();
            if !arguments.has('a') {
                file.clear();
            }
            file.extend_from_slice(&kept);
        }
        0
    })
}

// All filters are builtins; the type keeps their signatures alike.
const _: &[Builtin] = &[cat, head, tail, grep, sort, uniq, count, translate, cut, tee];
