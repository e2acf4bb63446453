//! The few commands there are besides `nats`.
//!
//! Enough for what tutorials type around it. Each is an async function over the runner, a console and its words; those that
//! read a stream of lines live in `filters`.

use super::filters;
use super::run::Runner;
use crate::commands::files::file_name;
use crate::commands::values::parse_duration;
use crate::commands::{Console, ExitCode};
use futures::future::LocalBoxFuture;
use std::time::Duration;

/// `words[0]` is the name it was called by.
pub(super) type Builtin = fn(Runner, Console, Vec<String>) -> LocalBoxFuture<'static, ExitCode>;

/// Names, what they do (for `help`), and the functions.
const BUILTINS: &[(&str, &str, Builtin)] = &[
    ("cat", "prints files or its input", filters::cat),
    ("clear", "empties the screen", clear),
    ("cp", "copies a file", copy),
    ("cut", "prints fields of lines: -d, -f 2", filters::cut),
    ("date", "prints the time: date +%Y-%m-%d", date),
    ("echo", "prints its words", echo),
    ("env", "prints the variables commands see", env),
    ("export", "makes a variable seen by commands", export),
    ("false", "fails", fail),
    ("grep", "keeps lines that match: -E, -i, -v, -c", filters::grep),
    ("head", "keeps the first lines: -n 5", filters::head),
    ("help", "shows this list", help),
    ("history", "shows what was entered", history),
    ("jobs", "shows what runs in the background", jobs),
    ("jq", "takes JSON apart: jq -r .config.name", super::jq::jq),
    ("kill", "stops a background job: kill %1", kill),
    ("ls", "lists files", list_files),
    ("mkdir", "does nothing: folders come with their files", succeed),
    ("printf", "prints with a format", printf),
    ("pwd", "prints where we are", working_directory),
    ("rm", "removes files", remove),
    ("seq", "prints numbers", seq),
    ("sleep", "waits: sleep 2, sleep 500ms", sleep),
    ("sort", "sorts lines: -r, -n, -u", filters::sort),
    ("tail", "keeps the last lines: -n 5", filters::tail),
    ("tee", "prints its input and writes it to files", filters::tee),
    ("test", "compares: test -f file, [ $a = b ]", test),
    ("touch", "makes an empty file", touch),
    ("tr", "replaces or deletes (-d) characters", filters::translate),
    ("true", "succeeds", succeed),
    ("uniq", "drops repeated lines: -c", filters::uniq),
    ("unset", "forgets a variable", unset),
    ("wait", "waits for background jobs", wait),
    ("wc", "counts lines, words and bytes: -l, -w, -c", filters::count),
    ("[", "as test", test),
    (":", "does nothing", succeed),
];

/// What only a shell itself can do; a program that wants to run it finds no such program.
const OF_THE_SHELL: &[&str] = &["clear", "export", "help", "history", "jobs", "unset", "wait", ":"];

/// Whether there is a program of that name for others to run.
pub(super) fn is_program(name: &str) -> bool {
    find(name).is_some() && !OF_THE_SHELL.contains(&name)
}

pub(super) fn find(name: &str) -> Option<Builtin> {
    BUILTINS.iter().find(|(known, _, _)| *known == name).map(|(_, _, builtin)| *builtin)
}

/// Names and what they do, for completion.
pub(super) fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUILTINS.iter().map(|(name, summary, _)| (*name, *summary))
}

/// A builtin that needs not wait for anything.
fn at_once(status: ExitCode) -> LocalBoxFuture<'static, ExitCode> {
    Box::pin(std::future::ready(status))
}

fn complain(console: &Console, words: &[String], problem: &str) -> ExitCode {
    console.error(&format!("{}: {problem}", words.first().map_or("", String::as_str)));
    1
}

fn succeed(_: Runner, _: Console, _: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    at_once(0)
}

fn fail(_: Runner, _: Console, _: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    at_once(1)
}

fn clear(runner: Runner, _: Console, _: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    runner.shared.screen.borrow_mut().clear();
    at_once(0)
}

fn echo(_: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let flags = words.iter().skip(1).take_while(|word| matches!(word.as_str(), "-n" | "-e" | "-ne" | "-en" | "-E"));
    let flags: Vec<&String> = flags.collect();
    let has = |letter| flags.iter().any(|flag| flag.contains(letter));
    let text = words[1 + flags.len()..].join(" ");
    let text = if has('e') { unescape(&text) } else { text };
    console.print(&text);
    if !has('n') {
        console.print("\n");
    }
    at_once(0)
}

/// Backslash sequences as `printf` and `echo -e` know them.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('a') => out.push('\u{7}'),
            Some('e') => out.push('\u{1b}'),
            Some('\\') => out.push('\\'),
            Some(digit @ '0'..='7') => {
                let mut code = digit.to_digit(8).unwrap_or(0);
                for _ in 0..if digit == '0' { 3 } else { 2 } {
                    if let Some(next) = chars.next_if(|c| c.is_digit(8)) {
                        code = code * 8 + next.to_digit(8).unwrap_or(0);
                    }
                }
                out.extend(char::from_u32(code));
            }
            Some('x') => {
                let mut code = 0;
                for _ in 0..2 {
                    if let Some(next) = chars.next_if(|c| c.is_ascii_hexdigit()) {
                        code = code * 16 + next.to_digit(16).unwrap_or(0);
                    }
                }
                out.extend(char::from_u32(code));
            }
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

fn printf(_: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let Some(format) = words.get(1) else {
        return at_once(complain(&console, &words, "usage: printf format [arguments]"));
    };
    let mut arguments = words[2..].iter();
    loop {
        let before = arguments.len();
        console.print(&formatted(format, &mut arguments));
        if arguments.len() == 0 || arguments.len() == before {
            return at_once(0);
        }
    }
}

/// One pass over the format; `%%`, `%s`, `%d`, `%c`, `%q`, `%x`, `%f` with width, zero and minus.
fn formatted(format: &str, arguments: &mut std::slice::Iter<'_, String>) -> String {
    let format = unescape(format);
    let mut out = String::new();
    let mut rest = format.as_str();
    while let Some(at) = rest.find('%') {
        out += &rest[..at];
        rest = &rest[at + 1..];
        let end = rest.find(|c: char| !"-0123456789.".contains(c)).unwrap_or(rest.len());
        let (spec, tail) = rest.split_at(end);
        let Some(verb) = tail.chars().next() else {
            out.push('%');
            break;
        };
        rest = &tail[verb.len_utf8()..];
        if verb == '%' {
            out.push('%');
            continue;
        }
        let argument = arguments.next().map_or("", String::as_str);
        let text = match verb {
            'd' | 'i' | 'u' => argument.trim().parse::<i64>().unwrap_or(0).to_string(),
            'x' => format!("{:x}", argument.trim().parse::<i64>().unwrap_or(0)),
            'f' => {
                let places = spec.split_once('.').and_then(|(_, places)| places.parse::<usize>().ok()).unwrap_or(6);
                format!("{:.*}", places.min(30), crate::json::number(argument.trim()).unwrap_or(0.0))
            }
            'c' => argument.chars().take(1).collect(),
            'b' => unescape(argument),
            _ => argument.to_owned(),
        };
        out += &padded(&text, spec);
    }
    out + rest
}

fn padded(text: &str, spec: &str) -> String {
    let (left, spec) = (spec.starts_with('-'), spec.trim_start_matches('-'));
    let zeros = spec.starts_with('0');
    let width = spec.split('.').next().and_then(|width| width.parse::<usize>().ok()).unwrap_or(0).min(1_000);
    let fill = width.saturating_sub(text.chars().count());
    match (left, zeros) {
        (true, _) => format!("{text}{}", " ".repeat(fill)),
        (false, true) => format!("{}{text}", "0".repeat(fill)),
        (false, false) => format!("{}{text}", " ".repeat(fill)),
    }
}

/// A sequence longer than this is refused.
const MAX_SEQ: i64 = 1_000_000;

fn seq(_: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let numbers: Result<Vec<i64>, _> = words[1..].iter().map(|word| word.parse::<i64>()).collect();
    let (first, step, last) = match numbers.as_deref() {
        Ok([last]) => (1, 1, *last),
        Ok([first, last]) => (*first, 1, *last),
        Ok([first, step, last]) if *step != 0 => (*first, *step, *last),
        _ => return at_once(complain(&console, &words, "usage: seq [first [step]] last")),
    };
    if last.abs_diff(first) / step.unsigned_abs() > MAX_SEQ as u64 {
        return at_once(complain(&console, &words, "too many numbers"));
    }
    let mut number = first;
    while (step > 0 && number <= last) || (step < 0 && number >= last) {
        console.line(&number.to_string());
        match number.checked_add(step) {
            Some(next) => number = next,
            None => break,
        }
    }
    at_once(0)
}

fn sleep(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let mut total = Duration::ZERO;
    for word in &words[1..] {
        let nanos = match crate::json::number(word) {
            Some(seconds) if (0.0..1e9).contains(&seconds) => Ok((seconds * 1e9) as i64),
            _ => parse_duration(word),
        };
        match nanos.ok().and_then(|nanos| u64::try_from(nanos).ok()) {
            Some(nanos) => total += Duration::from_nanos(nanos),
            None => return at_once(complain(&console, &words, &format!("invalid time interval '{word}'"))),
        }
    }
    Box::pin(async move {
        runner.shared.context.timers.sleep(total).await;
        0
    })
}

fn date(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let now = runner.shared.context.timers.now();
    let utc = now.utc();
    let weekday = &utc.weekday().to_string()[..3];
    let month = &utc.month().to_string()[..3];
    let format = words.iter().find_map(|word| word.strip_prefix('+')).unwrap_or("%a %b %e %H:%M:%S UTC %Y");
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        out += &match chars.next() {
            Some('Y') => utc.year().to_string(),
            Some('m') => format!("{:02}", u8::from(utc.month())),
            Some('d') => format!("{:02}", utc.day()),
            Some('e') => format!("{:2}", utc.day()),
            Some('H') => format!("{:02}", utc.hour()),
            Some('M') => format!("{:02}", utc.minute()),
            Some('S') => format!("{:02}", utc.second()),
            Some('N') => format!("{:09}", utc.nanosecond()),
            Some('s') => utc.unix_timestamp().to_string(),
            Some('F') => format!("{}-{:02}-{:02}", utc.year(), u8::from(utc.month()), utc.day()),
            Some('T') => format!("{:02}:{:02}:{:02}", utc.hour(), utc.minute(), utc.second()),
            Some('a') => weekday.to_owned(),
            Some('b') => month.to_owned(),
            Some('Z') => "UTC".to_owned(),
            Some('%') => "%".to_owned(),
            Some(other) => format!("%{other}"),
            None => "%".to_owned(),
        };
    }
    console.line(&out);
    at_once(0)
}

fn env(runner: Runner, console: Console, _: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    for (name, (value, exported)) in runner.frame.variables.borrow().iter() {
        if *exported {
            console.line(&format!("{name}={value}"));
        }
    }
    at_once(0)
}

fn export(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    for word in &words[1..] {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => (word.as_str(), runner.variable(word)),
        };
        if !super::syntax::is_name(name) {
            return at_once(complain(&console, &words, &format!("`{word}': not a valid identifier")));
        }
        runner.frame.variables.borrow_mut().insert(name.to_owned(), (value, true));
    }
    at_once(0)
}

fn unset(runner: Runner, _: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    for word in &words[1..] {
        runner.frame.variables.borrow_mut().remove(word);
    }
    at_once(0)
}

fn help(_: Runner, console: Console, _: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    console.line("nats       the NATS command line: nats --help\n");
    for (name, summary, _) in BUILTINS {
        console.line(&format!("{name:<10} {summary}"));
    }
    at_once(0)
}

fn history(runner: Runner, console: Console, _: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    for (index, line) in runner.shared.history.borrow().iter().enumerate() {
        console.line(&format!("{:5}  {line}", index + 1));
    }
    at_once(0)
}

fn jobs(runner: Runner, console: Console, _: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    for job in runner.shared.background_jobs() {
        console.line(&format!("[{}]   {:<23}{} &", job.number, "Running", job.text));
    }
    at_once(0)
}

fn kill(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let (flags, names): (Vec<_>, Vec<_>) = words[1..].iter().partition(|word| word.starts_with('-'));
    let hard = flags.iter().any(|flag| matches!(flag.as_str(), "-9" | "-KILL" | "-SIGKILL"));
    if names.is_empty() {
        return at_once(complain(&console, &words, "usage: kill %1"));
    }
    let mut status = 0;
    for name in names {
        let number: Option<usize> = name.trim_start_matches('%').parse().ok();
        match runner.shared.background_jobs().into_iter().find(|job| Some(job.number) == number) {
            Some(job) if hard => job.kill(),
            Some(job) => job.interrupt(),
            None => status = complain(&console, &words, &format!("{name}: no such job")),
        }
    }
    at_once(status)
}

fn wait(runner: Runner, _: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    Box::pin(async move {
        let wanted: Vec<usize> =
            words[1..].iter().filter_map(|word| word.trim_start_matches('%').parse().ok()).collect();
        let mut status = 0;
        for job in runner.shared.background_jobs() {
            if wanted.is_empty() || wanted.contains(&job.number) {
                status = job.finished().await;
            }
        }
        if wanted.is_empty() { 0 } else { status }
    })
}

fn working_directory(_: Runner, console: Console, _: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    console.line("/home/learner");
    at_once(0)
}

fn list_files(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let folders: Vec<String> =
        words[1..].iter().filter(|word| !word.starts_with('-')).map(|word| file_name(word)).collect();
    let folder = folders.first().map_or("", String::as_str).trim_end_matches('/');
    let prefix = if folder.is_empty() || folder == "." { String::new() } else { format!("{folder}/") };
    // Not held while printing: what is printed may go to a file.
    let known: Vec<String> = runner.shared.context.files.borrow().keys().cloned().collect();
    if known.iter().any(|name| name == folder) {
        console.line(folder);
        return at_once(0);
    }
    let inside = known.iter().filter_map(|name| name.strip_prefix(&prefix));
    let mut names: Vec<&str> = inside.map(|name| name.split('/').next().unwrap_or(name)).collect();
    names.retain(|name| !name.starts_with('.'));
    names.dedup();
    if names.is_empty() && !prefix.is_empty() {
        console.error(&format!("ls: cannot access '{folder}': No such file or directory"));
        return at_once(2);
    }
    let row = names.join("  ");
    if !row.is_empty()
        && console.is_terminal()
        && row.chars().count() <= console.columns()
        && !words.iter().any(|word| word == "-1")
    {
        console.line(&row);
    } else {
        names.iter().for_each(|name| console.line(name));
    }
    at_once(0)
}

fn remove(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let (flags, names): (Vec<_>, Vec<_>) = words[1..].iter().partition(|word| word.starts_with('-'));
    let has = |letter: char| flags.iter().any(|flag| flag.contains(letter));
    let mut status = 0;
    for name in names {
        let mut files = runner.shared.context.files.borrow_mut();
        let (file, folder) = (file_name(name), format!("{}/", file_name(name).trim_end_matches('/')));
        let before = files.len();
        files.retain(|known, _| *known != file && !(has('r') && known.starts_with(&folder)));
        if files.len() == before && !has('f') {
            status = complain(&console, &words, &format!("cannot remove '{name}': No such file or directory"));
        }
    }
    at_once(status)
}

fn touch(runner: Runner, _: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    for word in &words[1..] {
        runner.shared.context.files.borrow_mut().entry(file_name(word)).or_default();
    }
    at_once(0)
}

fn copy(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let [_, from, to] = words.as_slice() else { return at_once(complain(&console, &words, "usage: cp from to")) };
    match runner.shared.read_file(from) {
        Some(bytes) => {
            runner.shared.context.files.borrow_mut().insert(file_name(to), bytes);
            at_once(0)
        }
        None => at_once(complain(&console, &words, &format!("cannot stat '{from}': No such file or directory"))),
    }
}

fn test(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let mut operands: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    if words[0] == "[" && operands.pop() != Some("]") {
        return at_once(complain(&console, &words, "missing `]'"));
    }
    let negated = operands.first() == Some(&"!");
    let operands = if negated { &operands[1..] } else { &operands[..] };
    let number = |text: &str| text.trim().parse::<i64>().unwrap_or(0);
    let holds = match operands {
        [] => false,
        [text] => !text.is_empty(),
        ["-n", text] => !text.is_empty(),
        ["-z", text] => text.is_empty(),
        ["-f" | "-e" | "-s", name] => runner.shared.read_file(name).is_some(),
        [left, "=" | "==", right] => left == right,
        [left, "!=", right] => left != right,
        [left, "-eq", right] => number(left) == number(right),
        [left, "-ne", right] => number(left) != number(right),
        [left, "-lt", right] => number(left) < number(right),
        [left, "-le", right] => number(left) <= number(right),
        [left, "-gt", right] => number(left) > number(right),
        [left, "-ge", right] => number(left) >= number(right),
        _ => return at_once(complain(&console, &words, "not understood")),
    };
    at_once(i32::from(holds == negated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printf_formats() {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        for (format, arguments, text) in [
            (r"a\nb\n", &[][..], "a\nb\n"),
            ("%s-%04d|%-3s|%5s", &["x", "7", "a", "b"], "x-0007|a  |    b"),
            (r"\001\0101%%", &[], "\u{1}A%"),
            ("%.2f %x %", &["1.005", "255"], "1.00 ff %"),
        ] {
            let arguments = words(arguments);
            assert_eq!(formatted(format, &mut arguments.iter()), text);
        }
    }
}
