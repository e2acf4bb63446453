//! `name() { …; }`: functions, their arguments and their own variables; the arguments of a script are the same thing.
//!
//! The way in is `Runner::call`. Source: POSIX shell, section 2.9.5, and bash's `local`.

use super::arithmetic;
use super::builtins::{at_once, complain};
use super::run::{Frame, Leaving, Runner, Streams, TOO_DEEP};
use super::syntax::{Command, is_name};
use crate::commands::{Console, ExitCode};
use futures::future::LocalBoxFuture;
use std::rc::Rc;

type Run = LocalBoxFuture<'static, ExitCode>;

/// Variables that a function has for itself, and what they were before.
pub(super) type Locals = Vec<(String, Option<(String, bool)>)>;

impl Runner {
    pub(super) fn function(&self, name: &str) -> Option<Rc<Command>> {
        self.frame.functions.borrow().get(name).cloned()
    }

    /// Runs the body of a function; `words[0]` is its name.
    pub(super) fn call<'a>(
        &'a self,
        body: Rc<Command>,
        words: Vec<String>,
        streams: &'a Streams,
    ) -> LocalBoxFuture<'a, ExitCode> {
        Box::pin(async move {
            let Some(inside) = self.deeper() else {
                (streams.error)(format!("{}: {TOO_DEEP}\n", words[0]).as_bytes());
                return 1;
            };
            // `$0` stays what it is.
            let name = self.frame.arguments.borrow().first().cloned();
            let arguments = name.into_iter().chain(words.into_iter().skip(1)).collect();
            let before = self.frame.arguments.replace(arguments);
            self.frame.locals.borrow_mut().push(Locals::new());
            let _called = Called { runner: self, before };
            let inside = Runner { loops: 0, ..inside };
            inside.returning(inside.command(&body, streams.clone())).await
        })
    }

    /// What runs may `return`.
    pub(super) async fn returning(&self, run: LocalBoxFuture<'_, ExitCode>) -> ExitCode {
        let _may = MayReturn::new(&self.frame);
        run.await
    }
}

/// A function that runs. Dropped, by Ctrl-C too, everything is as it was before.
struct Called<'a> {
    runner: &'a Runner,
    before: Vec<String>,
}

impl Drop for Called<'_> {
    fn drop(&mut self) {
        let frame = &self.runner.frame;
        let locals = frame.locals.borrow_mut().pop().unwrap_or_default();
        for (name, known) in locals.into_iter().rev() {
            self.runner.replace(&name, known);
        }
        frame.arguments.replace(std::mem::take(&mut self.before));
    }
}

struct MayReturn<'a> {
    frame: &'a Frame,
}

impl<'a> MayReturn<'a> {
    fn new(frame: &'a Frame) -> MayReturn<'a> {
        frame.returns.set(frame.returns.get() + 1);
        MayReturn { frame }
    }
}

impl Drop for MayReturn<'_> {
    fn drop(&mut self) {
        self.frame.returns.set(self.frame.returns.get() - 1);
        if self.frame.leaving.get() == Some(Leaving::Function) {
            self.frame.leaving.set(None);
        }
    }
}

pub(super) fn leave(runner: Runner, console: Console, words: Vec<String>) -> Run {
    if runner.frame.returns.get() == 0 {
        _ = complain(&console, &words, "can only `return' from a function or sourced script");
        return at_once(2);
    }
    let status = match words.get(1).map(|word| word.parse::<ExitCode>()) {
        None => runner.frame.status.get(),
        Some(Ok(status)) => status & 0xff,
        Some(Err(_)) => {
            _ = complain(&console, &words, &format!("{}: numeric argument required", words[1]));
            2
        }
    };
    runner.frame.leaving.set(Some(Leaving::Function));
    at_once(status)
}

/// `local`, and `declare` with nothing but names and values.
pub(super) fn declare(runner: Runner, console: Console, words: Vec<String>) -> Run {
    let is_inside = !runner.frame.locals.borrow().is_empty();
    if words[0] == "local" && !is_inside {
        return at_once(complain(&console, &words, "can only be used in a function"));
    }
    let mut status = 0;
    for word in &words[1..] {
        let (name, value) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        if name.starts_with('-') {
            return at_once(complain(&console, &words, &format!("{name}: not in the playground; name=value is")));
        }
        if !is_name(name) {
            status = complain(&console, &words, &format!("`{word}': not a valid identifier"));
            continue;
        }
        if let Some(locals) = runner.frame.locals.borrow_mut().last_mut()
            && !locals.iter().any(|(known, _)| known == name)
        {
            let known = runner.frame.variables.borrow().get(name).cloned();
            locals.push((name.to_owned(), known));
            // It hides the one outside, and commands do not see it.
            runner.frame.variables.borrow_mut().remove(name);
        }
        if let Some(value) = value {
            runner.set_variable(name, value.to_owned());
        }
    }
    at_once(status)
}

pub(super) fn shift(runner: Runner, console: Console, words: Vec<String>) -> Run {
    let mut arguments = runner.frame.arguments.borrow_mut();
    match words.get(1).map_or(Ok(1), |word| word.parse::<usize>()) {
        Ok(count) if count < arguments.len() => {
            arguments.drain(1..=count);
            at_once(0)
        }
        Ok(_) => at_once(1),
        Err(_) => at_once(complain(&console, &words, &format!("{}: numeric argument required", words[1]))),
    }
}

/// `set -- words`: the arguments. Options are left out.
pub(super) fn set(runner: Runner, console: Console, words: Vec<String>) -> Run {
    let instead = match words.get(1).map(String::as_str) {
        Some("--") => {
            runner.frame.arguments.borrow_mut().splice(1.., words[2..].iter().cloned());
            return at_once(0);
        }
        Some("-e" | "-eu" | "-euo" | "-ex" | "-o") => "command || exit 1 is",
        Some("-x" | "+x") => "echo shows what a line comes to",
        _ => "set -- a b is",
    };
    let what = words[1..].join(" ");
    console.error(&format!("set{}{what}: not in the playground; {instead}", if what.is_empty() { "" } else { " " }));
    at_once(1)
}

/// `let i=i+1`: fails when the last one is 0.
pub(super) fn evaluate(runner: Runner, console: Console, words: Vec<String>) -> Run {
    if words.len() == 1 {
        return at_once(complain(&console, &words, "expression expected"));
    }
    let mut last = 0;
    for word in &words[1..] {
        match arithmetic::evaluate(word, &runner) {
            Ok(value) => last = value,
            Err(problem) => return at_once(complain(&console, &words, &format!("{word}: {problem}"))),
        }
    }
    at_once(i32::from(last == 0))
}
