//! The few commands there are besides `nats`.
//!
//! Enough for what tutorials type around it. Each is an async function over the runner, a console and its words; those that
//! read a stream of lines live in `filters`.

use super::run::Runner;
use super::{control, encode, filters, functions, grep, order, print, sed, sort};
use crate::commands::files::file_name;
use crate::commands::{Console, ExitCode};
use futures::future::LocalBoxFuture;
use std::time::Duration;

pub(super) use print::escape;

/// `words[0]` is the name it was called by.
pub(super) type Builtin = fn(Runner, Console, Vec<String>) -> LocalBoxFuture<'static, ExitCode>;

/// Names, what they do (for `help`), and the functions.
const BUILTINS: &[(&str, &str, Builtin)] = &[
    (".", "runs the lines of a file", control::source),
    ("awk", "prints fields of lines: awk '{print $2}', -F:", super::awk::awk),
    ("base64", "writes bytes as letters; -d reads them again", encode::base64),
    ("basename", "prints the last part of a path", base_name),
    ("break", "leaves a loop", control::leave_loop),
    ("cat", "prints files or its input: -n, -v", filters::cat),
    ("clear", "empties the screen", clear),
    ("command", "runs what is no function; command -v nats says where it is", control::which),
    ("continue", "goes on with the next turn of a loop", control::leave_loop),
    ("cp", "copies a file", copy),
    ("cut", "prints fields of lines: -d, -f 2", filters::cut),
    ("date", "prints the time: date +%Y-%m-%d", print::date),
    ("declare", "sets variables; in a function its own", functions::declare),
    ("dirname", "prints a path without its last part", folder_name),
    ("echo", "prints its words", print::echo),
    ("egrep", "as grep -E", grep::grep),
    ("env", "prints the variables commands see", env),
    ("eval", "runs its words as a line", control::eval),
    ("exit", "ends the line or the script", control::exit),
    ("export", "makes a variable seen by commands", export),
    ("false", "fails", fail),
    ("fg", "waits for a background job; Ctrl-C ends it", control::foreground),
    ("fgrep", "as grep -F", grep::grep),
    ("grep", "keeps lines that match: -E, -i, -v, -c, -o", grep::grep),
    ("head", "keeps the first lines: -n 5", filters::head),
    ("help", "shows this list", help),
    ("history", "shows what was entered", history),
    ("jobs", "shows what runs in the background", control::jobs),
    ("jq", "takes JSON apart: jq -r .config.name", super::jq::jq),
    ("kill", "stops a background job: kill %1", control::kill),
    ("let", "computes: let i=i+1", functions::evaluate),
    ("local", "variables of a function's own: local x=1", functions::declare),
    ("ls", "lists files", list_files),
    ("mkdir", "does nothing: folders come with their files", succeed),
    ("mv", "renames a file", copy),
    ("nl", "numbers lines", order::numbered),
    ("paste", "puts lines side by side: paste -sd,", order::paste),
    ("printenv", "prints a variable commands see", printenv),
    ("printf", "prints with a format", print::printf),
    ("pwd", "prints where we are", working_directory),
    ("read", "reads a line into variables", control::read),
    ("return", "leaves a function, or a file that is read", functions::leave),
    ("rev", "turns lines round", order::mirrored),
    ("rm", "removes files", remove),
    ("seq", "prints numbers", print::seq),
    ("set", "sets the arguments: set -- a b", functions::set),
    ("shift", "drops the first argument", functions::shift),
    ("sh", "runs a text or a file: sh -c 'echo a'", control::shell),
    ("bash", "as sh", control::shell),
    ("sed", "edits lines: s/a/b/g, -n 2p, /text/d, 3q", sed::sed),
    ("shuf", "lines in an order of chance: shuf -n 1, -i 1-6", order::shuffled),
    ("sleep", "waits: sleep 2, sleep 0.5", sleep),
    ("sort", "sorts lines: -r, -n, -u, -k 2", sort::sort),
    ("source", "runs the lines of a file", control::source),
    ("tac", "lines from the last to the first", order::backwards),
    ("tail", "keeps the last lines: -n 5, -f goes on", filters::tail),
    ("tee", "prints its input and writes it to files", filters::tee),
    ("test", "compares: test -f file, [ $a = b ]", test),
    ("timeout", "ends a command that takes longer: timeout 2s nats sub a", control::timeout),
    ("touch", "makes an empty file", touch),
    ("tr", "replaces or deletes (-d) characters", filters::translate),
    ("true", "succeeds", succeed),
    ("type", "says what a word is", control::which),
    ("typeset", "as declare", functions::declare),
    ("uniq", "drops repeated lines: -c", filters::uniq),
    ("unset", "forgets a variable", unset),
    ("wait", "waits for background jobs", control::wait),
    ("wc", "counts lines, words and bytes: -l, -w, -c", filters::count),
    ("which", "says where a command is", control::which),
    ("whoami", "prints who we are", who),
    ("xargs", "makes its input arguments: xargs -n1 nats stream info", control::xargs),
    ("yes", "prints y over and over", yes),
    ("[", "as test", test),
    (":", "does nothing", succeed),
];

/// What only a shell itself can do; a program that wants to run it finds no such program.
const OF_THE_SHELL: &[&str] = &[
    ".", "break", "clear", "command", "continue", "declare", "eval", "exit", "export", "fg", "help", "history", "jobs",
    "let", "local", "read", "return", "set", "shift", "source", "type", "typeset", "unset", "wait", ":",
];

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
pub(super) fn at_once(status: ExitCode) -> LocalBoxFuture<'static, ExitCode> {
    Box::pin(std::future::ready(status))
}

pub(super) fn complain(console: &Console, words: &[String], problem: &str) -> ExitCode {
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

/// How long `2`, `0.5`, `3s` or `1m` is; nothing for what no `sleep` takes.
pub(super) fn interval(word: &str) -> Option<Duration> {
    let units = [("s", 1.0), ("m", 60.0), ("h", 3_600.0), ("d", 86_400.0)];
    let (digits, unit) =
        units.iter().find_map(|(sign, unit)| Some((word.strip_suffix(sign)?, *unit))).unwrap_or((word, 1.0));
    let seconds = crate::json::number(digits)? * unit;
    (0.0..1e9).contains(&seconds).then(|| Duration::from_nanos((seconds * 1e9) as u64))
}

fn sleep(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let mut total = Duration::ZERO;
    if words.len() == 1 {
        return at_once(complain(&console, &words, "missing operand"));
    }
    for word in &words[1..] {
        match interval(word) {
            Some(interval) => total += interval,
            None => return at_once(complain(&console, &words, &format!("invalid time interval ‘{word}’"))),
        }
    }
    Box::pin(async move {
        runner.shared.context.timers.sleep(total).await;
        0
    })
}

/// `env`, or `env NAME=value command`.
fn env(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    if words.get(1).is_some_and(|flag| flag.starts_with('-')) {
        return at_once(complain(&console, &words, &format!("{} is not in the playground", words[1])));
    }
    let runner = runner.subshell();
    let given = words[1..].iter().map_while(|word| word.split_once('='));
    let command = 1 + given.clone().count();
    for (name, value) in given {
        runner.frame.variables.borrow_mut().insert(name.to_owned(), (value.to_owned(), true));
    }
    if command < words.len() {
        let streams = super::control::streams(&console);
        return Box::pin(async move { runner.start(words[command..].to_vec(), &streams).await });
    }
    for (name, (value, exported)) in runner.frame.variables.borrow().iter() {
        if *exported {
            console.line(&format!("{name}={value}"));
        }
    }
    at_once(0)
}

fn printenv(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    if words.len() == 1 {
        return env(runner, console, words);
    }
    let variables = runner.frame.variables.borrow();
    let mut status = 0;
    for word in &words[1..] {
        match variables.get(word) {
            Some((value, true)) => console.line(value),
            _ => status = 1,
        }
    }
    at_once(status)
}

fn export(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    if words.len() == 1 || words[1] == "-p" {
        for (name, (value, exported)) in runner.frame.variables.borrow().iter() {
            if *exported {
                console.line(&format!("declare -x {name}=\"{value}\""));
            }
        }
        return at_once(0);
    }
    if words[1].starts_with('-') {
        return at_once(complain(&console, &words, &format!("{}: not in the playground", words[1])));
    }
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
    if words.get(1).is_some_and(|word| word == "-f") {
        words[2..].iter().for_each(|word| _ = runner.frame.functions.borrow_mut().remove(word));
        return at_once(0);
    }
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
    console.line("\nand for, while, until, if, case, name() { …; }, [[ … ]], ((…)), |, &&, ||, &, >, <, <<");
    at_once(0)
}

fn history(runner: Runner, console: Console, _: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    for (index, line) in runner.shared.history.borrow().iter().enumerate() {
        console.line(&format!("{:5}  {line}", index + 1));
    }
    at_once(0)
}

fn working_directory(_: Runner, console: Console, _: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    console.line("/home/learner");
    at_once(0)
}

fn who(_: Runner, console: Console, _: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    console.line("learner");
    at_once(0)
}

fn list_files(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let mut letters = words[1..].iter().filter_map(|word| word.strip_prefix('-')).flat_map(str::chars);
    if let Some(letter) = letters.find(|letter| !"1aA".contains(*letter)) {
        let instead = if letter == 'l' { "; wc -c says how long files are" } else { "" };
        console.error(&format!("ls: -{letter} is not in the playground{instead}"));
        return at_once(2);
    }
    let hidden = words[1..].iter().any(|word| word.starts_with('-') && word.contains(['a', 'A']));
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
    names.retain(|name| hidden || !name.starts_with('.'));
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

/// `cp` and `mv`.
fn copy(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let [command, from, to] = words.as_slice() else {
        return at_once(complain(&console, &words, &format!("usage: {} from to", words[0])));
    };
    match runner.shared.read_file(from) {
        Some(bytes) => {
            let mut files = runner.shared.context.files.borrow_mut();
            if command == "mv" {
                files.remove(&file_name(from));
            }
            // Into a folder, under its own name.
            let name = if to.ends_with('/') || to == "." {
                format!("{}/{}", to.trim_end_matches('/'), base(from))
            } else {
                to.clone()
            };
            files.insert(file_name(&name), bytes);
            at_once(0)
        }
        None => at_once(complain(&console, &words, &format!("cannot stat '{from}': No such file or directory"))),
    }
}

fn base(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

fn base_name(_: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let Some(path) = words.get(1) else { return at_once(complain(&console, &words, "missing operand")) };
    let name = base(path);
    let suffix = words.get(2).map_or("", String::as_str);
    console.line(name.strip_suffix(suffix).filter(|rest| !rest.is_empty()).unwrap_or(name));
    at_once(0)
}

fn folder_name(_: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let Some(path) = words.get(1) else { return at_once(complain(&console, &words, "missing operand")) };
    let folder = path.trim_end_matches('/').rsplit_once('/').map_or(".", |(folder, _)| folder);
    console.line(if folder.is_empty() { "/" } else { folder });
    at_once(0)
}

/// `yes`: its words over and over, until nobody reads them. Each line takes a moment, so that the clock goes on.
fn yes(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let text = if words.len() > 1 { words[1..].join(" ") } else { "y".to_owned() };
    Box::pin(async move {
        loop {
            console.line(&text);
            runner.shared.context.timers.sleep(Duration::from_millis(1)).await;
        }
    })
}

fn test(runner: Runner, console: Console, words: Vec<String>) -> LocalBoxFuture<'static, ExitCode> {
    let mut operands: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    if words[0] == "[" && operands.pop() != Some("]") {
        _ = complain(&console, &words, "missing `]'");
        return at_once(2);
    }
    match holds_any(&runner, &operands) {
        Ok(holds) => at_once(i32::from(!holds)),
        Err(problem) => {
            _ = complain(&console, &words, &problem);
            at_once(2)
        }
    }
}

/// `-o` is looser than `-a`.
fn holds_any(runner: &Runner, operands: &[&str]) -> Result<bool, String> {
    let mut any = operands.is_empty();
    let is_joined = operands.len() > 3;
    for all in operands.split(|word| is_joined && *word == "-o") {
        let mut every = true;
        for one in all.split(|word| is_joined && *word == "-a") {
            every &= holds(runner, one)?;
        }
        any |= every && !operands.is_empty();
    }
    Ok(any && !operands.is_empty())
}

const COMPARISONS: &[&str] = &["=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"];

fn holds(runner: &Runner, operands: &[&str]) -> Result<bool, String> {
    let (mut operands, mut wanted) = (operands, true);
    // Alone, and where it is compared, `!` is a text.
    while let ["!", rest @ ..] = operands
        && !rest.is_empty()
        && !(rest.len() == 2 && COMPARISONS.contains(&rest[0]))
    {
        (operands, wanted) = (rest, !wanted);
    }
    Ok(is_so(runner, operands)? == wanted)
}

pub(super) fn is_so(runner: &Runner, operands: &[&str]) -> Result<bool, String> {
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| format!("{text}: integer expression expected"));
    let file = |name: &str| runner.shared.read_file(name);
    let is_folder = |name: &str| {
        let folder = format!("{}/", file_name(name).trim_end_matches('/'));
        let inside = runner.shared.context.files.borrow().keys().any(|known| known.starts_with(&folder));
        matches!(folder.as_str(), "./" | "/") || name == crate::commands::files::HOME || inside
    };
    Ok(match operands {
        [] => false,
        [text] => !text.is_empty(),
        ["-n", text] => !text.is_empty(),
        ["-z", text] => text.is_empty(),
        ["-f" | "-r" | "-w", name] => file(name).is_some(),
        ["-s", name] => file(name).is_some_and(|bytes| !bytes.is_empty()),
        ["-d", name] => is_folder(name),
        ["-e", name] => file(name).is_some() || is_folder(name),
        [left, "=" | "==", right] => left == right,
        [left, "!=", right] => left != right,
        [left, "<", right] => left < right,
        [left, ">", right] => left > right,
        [left, "-eq", right] => number(left)? == number(right)?,
        [left, "-ne", right] => number(left)? != number(right)?,
        [left, "-lt", right] => number(left)? < number(right)?,
        [left, "-le", right] => number(left)? <= number(right)?,
        [left, "-gt", right] => number(left)? > number(right)?,
        [left, "-ge", right] => number(left)? >= number(right)?,
        [flag, _] if flag.starts_with('-') => return Err(format!("{flag}: not in the playground")),
        [flag, _] => return Err(format!("{flag}: unary operator expected")),
        [_, operator, _] => return Err(format!("{operator}: binary operator expected")),
        _ => return Err("too many arguments".to_owned()),
    })
}
