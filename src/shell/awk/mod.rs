//! `awk`, the part that stands behind a pipe: `'{print $2}'`, `-F: 'NR > 1 {sum += $3} END {print sum}'`.
//!
//! Patterns, `BEGIN` and `END`, fields, variables, `if`, `print`, `printf` and the functions of texts. Arrays, loops,
//! functions of one's own and files are refused by name. `program` reads, `state` computes, here the lines go through.
//! Source: POSIX `awk`.

mod program;
mod state;

use super::filters::{Arguments, Known, Run, Source};
use super::print::escape;
use super::run::Runner;
use crate::commands::{Console, ExitCode};
use program::{Program, When};
use state::{Going, State, Value};

const KNOWN: Known = Known { letters: "", with_value: "Fv", long: &[("field-separator", 'F')] };
const WRONG: ExitCode = 2;
const USAGE: &str = "awk: usage: awk [-F fs] [-v var=value] 'program' [file ...]";

pub(super) fn awk(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        match run(&runner, &console, &words).await {
            Ok(status) => status,
            Err(problem) => {
                console.error(&problem);
                WRONG
            }
        }
    })
}

async fn run(runner: &Runner, console: &Console, words: &[String]) -> Result<ExitCode, String> {
    let (words, given) = variables(words)?;
    let arguments = Arguments::new(&words, &KNOWN)?;
    let Some((text, names)) = arguments.rest.split_first() else { return Err(USAGE.to_owned()) };
    let program = program::read(text).map_err(|problem| format!("awk: {problem}"))?;
    let mut state = State::new(console);
    if let Some(separator) = arguments.value('F') {
        let separator = if separator == "t" { "\t".to_owned() } else { unescaped(separator) };
        state.set("FS", Value::Text(separator));
    }
    for (name, value) in given {
        state.set(&name, Value::typed(unescaped(&value)));
    }
    let ran = lines(runner, &program, &mut state, names).await;
    ran.map_err(|problem| format!("awk: {problem}"))
}

/// `-v name=value`, as often as it stands there, apart from the rest.
type Given = Vec<(String, String)>;

fn variables(words: &[String]) -> Result<(Vec<String>, Given), String> {
    let (mut left, mut given): (Vec<String>, Given) = (Vec::new(), Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let setting = match word.strip_prefix("-v") {
            // Behind the program stand files.
            Some(_) if left.len() > 1 && !left[1].starts_with('-') => None,
            Some("") => rest.next().map(String::as_str),
            setting => setting,
        };
        match setting.map(|setting| setting.split_once('=')) {
            None => left.push(word.clone()),
            Some(Some((name, value))) if super::syntax::is_name(name) => {
                given.push((name.to_owned(), value.to_owned()));
            }
            Some(_) => return Err(USAGE.to_owned()),
        }
    }
    Ok((left, given))
}

fn unescaped(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once('\\') {
        let (c, length) = escape(behind);
        out += before;
        out.push(c);
        rest = &behind[length..];
    }
    out + rest
}

async fn lines(
    runner: &Runner,
    program: &Program,
    state: &mut State<'_>,
    names: &[String],
) -> Result<ExitCode, String> {
    let mut status = 0;
    for rule in program.rules.iter().filter(|rule| matches!(rule.when, When::Begin)) {
        match state.run(&rule.body)? {
            Going::On => {}
            Going::NextLine => return Err("next: not in BEGIN".to_owned()),
            Going::Out(status) => return Ok(status),
        }
    }
    let reads = program.rules.iter().any(|rule| !matches!(rule.when, When::Begin));
    let standard = ["-".to_owned()];
    let names = if names.is_empty() { &standard } else { names };
    'files: for name in names.iter().filter(|_| reads) {
        let Some(source) = Source::open(runner, state.console, name) else {
            state.console.error(&format!("awk: cannot open {name} (No such file or directory)"));
            status = WRONG;
            continue;
        };
        while let Some(line) = source.line().await {
            let line = String::from_utf8_lossy(&line);
            state.take(line.strip_suffix('\n').unwrap_or(&line));
            match state.line(program)? {
                Going::Out(how) => {
                    status = how;
                    break 'files;
                }
                Going::On | Going::NextLine => {}
            }
        }
    }
    for rule in program.rules.iter().filter(|rule| matches!(rule.when, When::End)) {
        if let Going::Out(how) = state.run(&rule.body)? {
            return Ok(how);
        }
    }
    Ok(status)
}
