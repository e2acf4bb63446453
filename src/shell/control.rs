//! What only a shell can do for itself: leave a loop, read into variables, run texts, speak of jobs.

use super::builtins::{self, at_once, complain};
use super::filters::Source;
use super::job::INTERRUPTED;
use super::run::{Leaving, Runner, Streams};
use crate::commands::console::Input;
use crate::commands::pipe::Pipe;
use crate::commands::{Console, ExitCode};
use futures::future::{Either, LocalBoxFuture, select};
use std::rc::Rc;

type Run = LocalBoxFuture<'static, ExitCode>;

/// `xargs` runs no more at the same time.
const MOST_BESIDE: usize = 64;
/// What `timeout` reports of a command it ended.
const TIMED_OUT: ExitCode = 124;

pub(super) fn leave_loop(runner: Runner, console: Console, words: Vec<String>) -> Run {
    let count = match words.get(1).map(|word| word.parse::<u64>()) {
        None => 1,
        Some(Ok(count)) if count > 0 => count,
        Some(_) => return at_once(complain(&console, &words, &format!("{}: numeric argument required", words[1]))),
    };
    if runner.loops == 0 {
        let problem = "only meaningful in a `for', `while', or `until' loop";
        console.error(&format!("{}: {problem}", words[0]));
        return at_once(0);
    }
    let count = count.min(runner.loops);
    runner.frame.leaving.set(Some(if words[0] == "break" { Leaving::Loop(count) } else { Leaving::Turn(count) }));
    at_once(0)
}

pub(super) fn exit(runner: Runner, console: Console, words: Vec<String>) -> Run {
    let status = match words.get(1).map(|word| word.parse::<ExitCode>()) {
        None => runner.frame.status.get(),
        Some(Ok(status)) => status & 0xff,
        Some(Err(_)) => {
            _ = complain(&console, &words, &format!("{}: numeric argument required", words[1]));
            2
        }
    };
    runner.frame.leaving.set(Some(Leaving::All));
    at_once(status)
}

/// `read name …`: one line, cut at blanks or at what `IFS` holds; the last name gets the rest.
pub(super) fn read(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let (mut names, mut raw, mut rest) = (Vec::new(), false, words.iter().skip(1));
        while let Some(word) = rest.next() {
            match word.as_str() {
                "-r" => raw = true,
                "-p" => console.print_error(rest.next().map_or("", String::as_str)),
                flag if flag.starts_with('-') => {
                    return complain(&console, &words, &format!("{flag}: not in the playground"));
                }
                name if super::syntax::is_name(name) => names.push(name.to_owned()),
                name => return complain(&console, &words, &format!("`{name}': not a valid identifier")),
            }
        }
        let Some(line) = Source::Console(console.clone()).line().await else {
            names.iter().for_each(|name| runner.set_variable(name, String::new()));
            return 1;
        };
        let ended = line.ends_with(b"\n");
        let line = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
        let line = if raw { line } else { line.replace('\\', "") };
        let marks = if runner.is_set("IFS") { runner.variable("IFS") } else { " \t\n".to_owned() };
        if names.is_empty() {
            runner.set_variable("REPLY", line);
            return i32::from(!ended);
        }
        let blanks: String = marks.chars().filter(|c| c.is_whitespace()).collect();
        let is_blank = |c: char| blanks.contains(c);
        let mut left = line.trim_matches(is_blank);
        for (index, name) in names.iter().enumerate() {
            let end = left.find(|c| marks.contains(c)).filter(|_| index + 1 < names.len());
            let (value, after) = left.split_at(end.unwrap_or(left.len()));
            runner.set_variable(name, value.to_owned());
            let after = after.trim_start_matches(is_blank);
            left =
                after.strip_prefix(|c| marks.contains(c) && !is_blank(c)).unwrap_or(after).trim_start_matches(is_blank);
        }
        i32::from(!ended)
    })
}

pub(super) fn streams(console: &Console) -> Streams {
    let (out, error) = (console.clone(), console.clone());
    Streams {
        input: console.piped().map_or(Input::Keyboard, Input::Pipe),
        out: Rc::new(move |bytes: &[u8]| out.print_bytes(bytes)),
        error: Rc::new(move |bytes: &[u8]| error.print_error(&String::from_utf8_lossy(bytes))),
        out_to_terminal: console.is_terminal(),
    }
}

fn run_text(runner: Option<Runner>, console: &Console, text: String) -> Run {
    let streams = streams(console);
    match runner {
        Some(runner) => Box::pin(async move { runner.run_text(&text, streams).await }),
        None => {
            console.error(super::run::TOO_DEEP);
            at_once(1)
        }
    }
}

pub(super) fn eval(runner: Runner, console: Console, words: Vec<String>) -> Run {
    run_text(runner.deeper(), &console, words[1..].join(" "))
}

pub(super) fn source(runner: Runner, console: Console, words: Vec<String>) -> Run {
    if words.len() > 2 {
        return at_once(complain(&console, &words, "arguments are not in the playground; sh file a b is"));
    }
    let Some(name) = words.get(1) else {
        console.error(&format!("{}: filename argument required", words[0]));
        return at_once(2);
    };
    match runner.shared.read_file(name) {
        Some(bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Box::pin(async move { runner.returning(run_text(runner.deeper(), &console, text)).await })
        }
        None => {
            console.error(&format!("{name}: No such file or directory"));
            at_once(1)
        }
    }
}

/// `sh -c text`, `sh file`: a shell of its own.
pub(super) fn shell(runner: Runner, console: Console, words: Vec<String>) -> Run {
    let inner = runner.subshell().deeper();
    let with = |arguments: &[String]| {
        if let Some(inner) = &inner {
            inner.frame.functions.borrow_mut().clear();
            inner.frame.locals.borrow_mut().clear();
            inner.frame.returns.set(0);
            inner.frame.arguments.replace(match arguments {
                [] => vec![words[0].clone()],
                given => given.to_vec(),
            });
        }
    };
    match words.get(1).map(String::as_str) {
        Some("-c") => match words.as_slice() {
            [_, _, text, arguments @ ..] => {
                with(arguments);
                run_text(inner, &console, text.clone())
            }
            _ => {
                console.error(&format!("{}: -c: option requires an argument", words[0]));
                at_once(2)
            }
        },
        Some(flag) if flag.starts_with('-') => {
            at_once(complain(&console, &words, &format!("{flag}: not in the playground")))
        }
        Some(name) => match runner.shared.read_file(name) {
            Some(bytes) => {
                with(&words[1..]);
                run_text(inner, &console, String::from_utf8_lossy(&bytes).into_owned())
            }
            None => {
                console.error(&format!("{}: {name}: No such file or directory", words[0]));
                at_once(127)
            }
        },
        None => Box::pin(async move {
            let mut text = String::new();
            let source = Source::Console(console.clone());
            while let Some(line) = source.line().await {
                text += &String::from_utf8_lossy(&line);
            }
            run_text(inner, &console, text).await
        }),
    }
}

/// The words in what `xargs` reads; where `lines` are meant, blanks in them end nothing.
///
/// Errors: a quote is open at the end.
fn words_of(text: &str, lines: bool) -> Result<Vec<String>, String> {
    let (mut words, mut open, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\n', Some(quote)) => {
                let kind = if quote == '"' { "double" } else { "single" };
                let why = "by default quotes are special to xargs unless you use the -0 option";
                return Err(format!("unmatched {kind} quote; {why}"));
            }
            (_, Some(end)) if c == end => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                open.get_or_insert_default();
            }
            ('\\', None) => open.get_or_insert_default().extend(chars.next()),
            ('\n', None) => words.extend(open.take()),
            (' ' | '\t', None) if !lines => words.extend(open.take()),
            // Blanks before the line are none of it.
            (' ' | '\t', None) if open.is_none() => {}
            _ => open.get_or_insert_default().push(c),
        }
    }
    words.extend(open);
    Ok(words)
}

/// `xargs [-n 1] [-I{}] command`: the words of its input become arguments.
pub(super) fn xargs(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        let (mut most, mut mark, mut at) = (None, None, 1);
        let (mut beside, mut by_zeros, mut told) = (1, false, false);
        while let Some(flag) = words.get(at).filter(|word| word.starts_with('-')) {
            at += 1;
            let (letter, glued) = flag.split_at(flag.char_indices().nth(2).map_or(flag.len(), |(at, _)| at));
            let value = match (letter, glued) {
                ("-n" | "-I" | "-L" | "-P", "") => {
                    at += 1;
                    words.get(at - 1).cloned().unwrap_or_default()
                }
                _ => glued.to_owned(),
            };
            match letter {
                "-n" | "-L" => match value.parse::<usize>() {
                    Ok(number) if number > 0 => most = Some(number),
                    _ => return complain(&console, &words, &format!("invalid number \"{value}\" for {letter} option")),
                },
                "-I" => mark = Some(value),
                "-P" => match value.parse::<usize>() {
                    Ok(number) => beside = if number == 0 { MOST_BESIDE } else { number.min(MOST_BESIDE) },
                    Err(_) => return complain(&console, &words, &format!("invalid number \"{value}\" for -P option")),
                },
                "-0" if glued.is_empty() => by_zeros = true,
                "-t" if glued.is_empty() => told = true,
                "-r" if glued.is_empty() => {}
                _ => return complain(&console, &words, &format!("{flag} is not in the playground")),
            }
        }
        let mut command: Vec<String> = words[at.min(words.len())..].to_vec();
        if command.is_empty() {
            command.push("echo".to_owned());
        }
        let source = Source::Console(console.clone());
        let text = String::from_utf8_lossy(&source.bytes().await).into_owned();
        let arguments = match by_zeros {
            true => Ok(text.split_terminator('\0').map(str::to_owned).collect()),
            false => words_of(&text, mark.is_some()),
        };
        let arguments = match arguments {
            Ok(arguments) => arguments,
            Err(problem) => return complain(&console, &words, &problem),
        };
        let calls: Vec<Vec<String>> = match &mark {
            Some(mark) => {
                let filled = |line: &String| command.iter().map(|word| word.replace(mark.as_str(), line)).collect();
                arguments.iter().map(filled).collect()
            }
            None => {
                let call = |some: &[String]| [&command[..], some].concat();
                match arguments.len() {
                    0 => vec![command.clone()],
                    count => arguments.chunks(most.unwrap_or(count)).map(call).collect(),
                }
            }
        };
        let nothing = Streams { input: Input::Pipe(Pipe::full(Vec::new())), ..streams(&console) };
        let mut status = 0;
        for some in calls.chunks(beside) {
            if told {
                some.iter().for_each(|call| console.error(&call.join(" ")));
            }
            let run = some.iter().map(|call| runner.start(call.clone(), &nothing));
            for ended in futures::future::join_all(run).await {
                match ended {
                    _ if runner.job.is_interrupted() => return INTERRUPTED,
                    0 => {}
                    127 => return 127,
                    _ => status = 123,
                }
            }
        }
        status
    })
}

/// `timeout 2s command`.
pub(super) fn timeout(runner: Runner, console: Console, words: Vec<String>) -> Run {
    let limit = words.get(1).and_then(|word| builtins::interval(word));
    let (Some(limit), Some(_)) = (limit, words.get(2)) else {
        return at_once(complain(&console, &words, "usage: timeout 2s command"));
    };
    Box::pin(async move {
        let streams = streams(&console);
        let sleep = runner.shared.context.timers.sleep(limit);
        let work = Box::pin(runner.start(words[2..].to_vec(), &streams));
        match select(work, Box::pin(sleep)).await {
            Either::Left((status, _)) => status,
            Either::Right(_) => TIMED_OUT,
        }
    })
}

/// Programs that a real shell has as its own commands besides.
const OF_THE_SHELL_TOO: &[&str] = &["echo", "printf", "test", "[", "true", "false", "kill", "pwd"];

/// `command -v name`, `which name`, `type name`; `command name` runs what is no function.
pub(super) fn which(runner: Runner, console: Console, words: Vec<String>) -> Run {
    if words[0] == "command" && words.get(1).is_some_and(|word| !word.starts_with('-')) {
        return Box::pin(async move { runner.start(words[1..].to_vec(), &streams(&console)).await });
    }
    let names = words[1..].iter().filter(|word| *word != "-v" && *word != "-a");
    let mut status = 0;
    for name in names {
        match (words[0].as_str(), runner.function(name)) {
            ("type", Some(_)) => {
                console.line(&format!("{name} is a function"));
                continue;
            }
            ("command", Some(_)) => {
                console.line(name);
                continue;
            }
            _ => {}
        }
        let is_known = name == "nats" || runner.shared.command(name).is_some();
        match (words[0].as_str(), builtins::is_program(name) || is_known, builtins::find(name).is_some()) {
            ("type", true, _) if OF_THE_SHELL_TOO.contains(&name.as_str()) => {
                console.line(&format!("{name} is a shell builtin"));
            }
            ("type", true, _) => console.line(&format!("{name} is /usr/bin/{name}")),
            ("type", false, true) => console.line(&format!("{name} is a shell builtin")),
            (_, true, _) => console.line(&format!("/usr/bin/{name}")),
            ("command", false, true) => console.line(name),
            ("type", ..) => status = complain(&console, &words, &format!("{name}: not found")),
            _ => status = 1,
        }
    }
    at_once(status)
}

pub(super) fn jobs(runner: Runner, console: Console, _: Vec<String>) -> Run {
    for line in runner.shared.job_lines() {
        console.line(&line);
    }
    at_once(0)
}

/// What is sent, and how it is called when it ended something.
const SIGNALS: &[(&str, &str, &str)] = &[
    ("TERM", "15", "Terminated"),
    ("INT", "2", "Interrupt"),
    ("KILL", "9", "Killed"),
    ("HUP", "1", "Hangup"),
    ("QUIT", "3", "Quit"),
];

pub(super) fn kill(runner: Runner, console: Console, words: Vec<String>) -> Run {
    let mut names = &words[1..];
    let mut signal = &SIGNALS[0];
    if let Some(flag) = names.first().and_then(|word| word.strip_prefix('-')) {
        let (wanted, taken) = match (flag, names.get(1)) {
            ("s", Some(name)) => (name.as_str(), 2),
            _ => (flag, 1),
        };
        let wanted = wanted.strip_prefix("SIG").unwrap_or(wanted);
        match SIGNALS.iter().find(|(name, number, _)| *name == wanted || *number == wanted) {
            Some(found) => signal = found,
            None => return at_once(complain(&console, &words, &format!("{wanted}: not in the playground"))),
        }
        names = &names[taken..];
    }
    if names.is_empty() {
        console.error("kill: usage: kill [-s sigspec | -sigspec] pid | jobspec ...");
        return at_once(2);
    }
    let mut status = 0;
    for name in names {
        match runner.shared.job(name) {
            Some(job) => {
                job.ended_by(signal.2);
                if signal.0 == "KILL" { job.kill() } else { job.interrupt() }
            }
            None if name.starts_with('%') => status = complain(&console, &words, &format!("{name}: no such job")),
            None if name.parse::<u32>().is_ok() => {
                status = complain(&console, &words, &format!("({name}) - No such process"));
            }
            None => {
                let problem = format!("{name}: arguments must be process or job IDs");
                status = complain(&console, &words, &problem);
            }
        }
    }
    at_once(status)
}

pub(super) fn wait(runner: Runner, console: Console, words: Vec<String>) -> Run {
    Box::pin(async move {
        if words.len() == 1 {
            for job in runner.shared.background_jobs() {
                job.finished().await;
            }
            return 0;
        }
        let mut status = 0;
        for name in &words[1..] {
            status = match (runner.shared.job(name), runner.shared.ended_process(name)) {
                (Some(job), _) => job.finished().await,
                (None, Some(status)) => status,
                (None, None) if name.starts_with('%') => {
                    _ = complain(&console, &words, &format!("{name}: no such job"));
                    127
                }
                (None, None) => {
                    _ = complain(&console, &words, &format!("pid {name} is not a child of this shell"));
                    127
                }
            };
        }
        status
    })
}

/// `fg`: the job's end is waited for; Ctrl-C ends it.
pub(super) fn foreground(runner: Runner, console: Console, words: Vec<String>) -> Run {
    let job = match words.get(1) {
        Some(name) => runner.shared.job(name),
        None => runner.shared.background_jobs().pop(),
    };
    let Some(job) = job else {
        let name = words.get(1).map_or("current", String::as_str);
        return at_once(complain(&console, &words, &format!("{name}: no such job")));
    };
    console.line(&job.text);
    job.bring_to_front();
    Box::pin(async move {
        match select(Box::pin(job.finished()), Box::pin(console.interrupt())).await {
            Either::Left((status, _)) => status,
            Either::Right(_) => {
                job.interrupt();
                job.finished().await
            }
        }
    })
}
