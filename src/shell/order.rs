//! Lines in another order, or side by side: `tac`, `rev`, `nl`, `paste`, `shuf`; and files that grow: `tail -f`.
//!
//! What of an original is not here is refused by name. Source: the tools of these names.

use super::filters::{Arguments, Known, Run, Source, each, refuse};
use super::print::escape;
use super::run::Runner;
use crate::commands::files::file_name;
use crate::commands::{Console, ExitCode};
use std::time::Duration;

const NO_FLAGS: Known = Known { letters: "", with_value: "", long: &[] };
/// How often a file is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// `shuf -i` makes no more.
const MOST: u64 = 1_000_000;

pub(super) fn backwards(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let arguments = match Arguments::new(&words, &NO_FLAGS) {
            Ok(arguments) => arguments,
            Err(sentence) => return refuse(&console, &sentence),
        };
        let missing = "tac: failed to open '{}' for reading: No such file or directory";
        let all = each(&runner, &console, &arguments.rest, missing, async |_, source| {
            let bytes = source.bytes().await;
            let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').rev().collect();
            console.print_bytes(&lines.concat());
        });
        i32::from(!all.await)
    })
}

pub(super) fn mirrored(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let arguments = match Arguments::new(&words, &NO_FLAGS) {
            Ok(arguments) => arguments,
            Err(sentence) => return refuse(&console, &sentence),
        };
        let missing = "rev: cannot open {}: No such file or directory";
        let all = each(&runner, &console, &arguments.rest, missing, async |_, source| {
            for line in source.text_lines().await {
                console.line(&line.chars().rev().collect::<String>());
            }
        });
        i32::from(!all.await)
    })
}

pub(super) fn numbered(runner: Runner, console: Console, words: Vec<String>) -> Run {
    const KNOWN: Known = Known { letters: "", with_value: "b", long: &[("body-numbering", 'b')] };
    Box::pin(async move {
        let arguments = match Arguments::new(&words, &KNOWN) {
            Ok(arguments) => arguments,
            Err(sentence) => return refuse(&console, &sentence),
        };
        let every = match arguments.value('b') {
            None | Some("t") => false,
            Some("a") => true,
            Some(style) => return refuse(&console, &format!("nl: -b{style} is not in the playground")),
        };
        let mut number = 0;
        let missing = "nl: {q}: No such file or directory";
        let all = each(&runner, &console, &arguments.rest, missing, async |_, source| {
            for line in source.text_lines().await {
                if line.is_empty() && !every {
                    console.line("       ");
                    continue;
                }
                number += 1;
                console.line(&format!("{number:6}\t{line}"));
            }
        });
        i32::from(!all.await)
    })
}

/// The next line without its end; nothing from what has ended.
async fn next(source: &mut Option<Source>) -> Option<String> {
    let line = match source {
        Some(open) => open.line().await,
        None => None,
    };
    match line {
        Some(line) => Some(String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned()),
        None => {
            *source = None;
            None
        }
    }
}

pub(super) fn paste(runner: Runner, console: Console, words: Vec<String>) -> Run {
    const KNOWN: Known = Known { letters: "s", with_value: "d", long: &[("serial", 's'), ("delimiters", 'd')] };
    Box::pin(async move {
        let mut arguments = match Arguments::new(&words, &KNOWN) {
            Ok(arguments) => arguments,
            Err(sentence) => return refuse(&console, &sentence),
        };
        if arguments.rest.is_empty() {
            arguments.rest.push("-".to_owned());
        }
        let signs = delimiters(arguments.value('d').unwrap_or("\t"));
        let mut sources = Vec::new();
        for name in &arguments.rest {
            match Source::open(&runner, &console, name) {
                Some(source) => sources.push(Some(source)),
                None => return refuse(&console, &format!("paste: {name}: No such file or directory")),
            }
        }
        let joined = |pieces: Vec<String>| {
            let mut text = String::new();
            for (index, piece) in pieces.iter().enumerate() {
                if index > 0 && !signs.is_empty() {
                    text += &signs[(index - 1) % signs.len()];
                }
                text += piece;
            }
            text
        };
        if arguments.has('s') {
            for source in sources.into_iter().flatten() {
                console.line(&joined(source.text_lines().await));
            }
            return 0;
        }
        loop {
            let mut row = Vec::new();
            for source in &mut sources {
                row.push(next(source).await);
            }
            if row.iter().all(Option::is_none) {
                return 0;
            }
            console.line(&joined(row.into_iter().map(Option::unwrap_or_default).collect()));
        }
    })
}

/// What stands between pieces, one after the other; `\0` is nothing.
fn delimiters(text: &str) -> Vec<String> {
    let (mut signs, mut rest) = (Vec::new(), text);
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            signs.push(c.to_string());
        } else if let Some(after) = rest.strip_prefix('0') {
            signs.push(String::new());
            rest = after;
        } else {
            let (c, length) = escape(rest);
            signs.push(c.to_string());
            rest = &rest[length..];
        }
    }
    signs
}

pub(super) fn shuffled(runner: Runner, console: Console, words: Vec<String>) -> Run {
    const KNOWN: Known =
        Known { letters: "e", with_value: "ni", long: &[("head-count", 'n'), ("input-range", 'i'), ("echo", 'e')] };
    Box::pin(async move {
        let arguments = match Arguments::new(&words, &KNOWN) {
            Ok(arguments) => arguments,
            Err(sentence) => return refuse(&console, &sentence),
        };
        let mut lines = match (arguments.value('i'), arguments.has('e')) {
            (Some(range), _) => {
                let ends = range.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
                match ends.filter(|(low, high): &(u64, u64)| low <= high && high - low < MOST) {
                    Some((low, high)) => (low..=high).map(|number| number.to_string()).collect(),
                    None => return refuse(&console, &format!("shuf: invalid input range: ‘{range}’")),
                }
            }
            (None, true) => arguments.rest.clone(),
            (None, false) => match Source::open(&runner, &console, arguments.rest.first().map_or("-", |name| name)) {
                Some(source) => source.text_lines().await,
                None => return refuse(&console, &format!("shuf: {}: No such file or directory", arguments.rest[0])),
            },
        };
        let wanted = match arguments.value('n').map(str::parse::<usize>) {
            None => lines.len(),
            Some(Ok(count)) => count,
            Some(Err(_)) => return refuse(&console, "shuf: invalid line count"),
        };
        let mut rng = runner.shared.context.rng.borrow_mut();
        for at in (1..lines.len()).rev() {
            lines.swap(at, rng.below(at as u64 + 1) as usize);
        }
        drop(rng);
        lines.iter().take(wanted).for_each(|line| console.line(line));
        0
    })
}

/// What is written to the file from now on, until Ctrl-C.
pub(super) async fn follow(runner: &Runner, console: &Console, name: &str) -> ExitCode {
    let context = &runner.shared.context;
    let (file, mut shown) = (file_name(name), runner.shared.read_file(name).map_or(0, |bytes| bytes.len()));
    loop {
        context.timers.sleep(LOOK).await;
        let length = context.files.borrow().get(&file).map_or(shown, Vec::len);
        if length < shown {
            console.error(&format!("tail: {name}: file truncated"));
            shown = 0;
        }
        if length > shown {
            let new = context.files.borrow().get(&file).map(|bytes| bytes[shown..].to_vec());
            console.print_bytes(&new.unwrap_or_default());
            shown = length;
        }
    }
}
