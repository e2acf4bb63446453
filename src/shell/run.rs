//! The tree of a line, run: lists, pipes, loops, redirects.
//!
//! Commands of a pipeline run side by side. Each gets a console of its own; what it writes goes to the screen, into the
//! next command, into a file. Every turn of a loop takes a moment, so that no loop can stop the clock.

use super::absent;
use super::arithmetic;
use super::builtins;
use super::functions::Locals;
use super::glob;
use super::job::{INTERRUPTED, Job};
use super::lexer::Word;
use super::session::Shared;
use super::syntax::{self, Command, CommandKind, Item, Link, List, Pipeline, Redirect, SyntaxError};
use crate::commands::console::{Console, Input, Program, Programs, Write};
use crate::commands::pipe::Pipe;
use crate::commands::{self, ExitCode};
use crate::map::Map;
use crate::time::Timestamp;
use futures::future::{Either, LocalBoxFuture, join_all, select};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

/// How long a turn of a loop takes.
const TURN: Duration = Duration::from_millis(1);
/// A command whose reader has gone.
const BROKEN_PIPE: ExitCode = 141;
const NOT_FOUND: ExitCode = 127;
const MISUSED: ExitCode = 2;
/// Substitutions, scripts and `sh -c` in each other.
const MAX_DEPTH: usize = 16;
pub(super) const TOO_DEEP: &str = "nested too deeply";
/// Commands whose arguments are assignments.
const DECLARING: &[&str] = &["export", "local", "declare", "typeset"];
/// Files may not grow beyond this.
const MAX_FILE: usize = 64 << 20;

/// Variables by name; the flag says whether commands see them.
pub type Variables = Map<String, (String, bool)>;

/// What runs a list: the session, the job it belongs to, and variables that a subshell has copies of.
#[derive(Clone)]
pub(super) struct Runner {
    pub shared: Rc<Shared>,
    pub job: Rc<Job>,
    pub frame: Rc<Frame>,
    pub depth: usize,
    /// Loops around what runs.
    pub loops: u64,
}

pub(super) struct Frame {
    pub variables: RefCell<Variables>,
    /// `$0`, and the arguments of the function or script that runs.
    pub arguments: RefCell<Vec<String>>,
    pub functions: RefCell<Map<String, Rc<Command>>>,
    /// Of the functions that run, the innermost last.
    pub locals: RefCell<Vec<Locals>>,
    /// Around what runs, so many functions and files can be returned from.
    pub returns: Cell<usize>,
    pub status: Cell<ExitCode>,
    /// Where the list that runs is left for.
    pub leaving: Cell<Option<Leaving>>,
    /// A word could not be replaced: its command does not run.
    pub unclear: Cell<bool>,
    /// The status of the last `$(…)`: an assignment alone has that.
    pub substituted: Cell<Option<ExitCode>>,
}

/// What `break`, `continue`, `return` and `exit` ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    /// So many loops, the innermost included.
    Loop(u64),
    /// The rest of the turn, of the loop so many further out.
    Turn(u64),
    /// The function, or the file that is read.
    Function,
    All,
}

impl Frame {
    pub fn new(variables: Variables, status: ExitCode) -> Frame {
        Frame {
            variables: RefCell::new(variables),
            arguments: RefCell::new(vec!["sh".to_owned()]),
            functions: RefCell::default(),
            locals: RefCell::default(),
            returns: Cell::default(),
            status: Cell::new(status),
            leaving: Cell::new(None),
            unclear: Cell::new(false),
            substituted: Cell::new(None),
        }
    }
}

/// Where a command reads and writes.
#[derive(Clone)]
pub(super) struct Streams {
    pub input: Input,
    pub out: Write,
    pub error: Write,
    pub out_to_terminal: bool,
}

impl Runner {
    pub fn subshell(&self) -> Runner {
        let mut frame = Frame::new(self.frame.variables.borrow().clone(), self.frame.status.get());
        frame.arguments.clone_from(&self.frame.arguments);
        frame.functions.clone_from(&self.frame.functions);
        frame.returns.set(self.frame.returns.get());
        if !self.frame.locals.borrow().is_empty() {
            frame.locals.borrow_mut().push(Locals::new());
        }
        Runner { frame: Rc::new(frame), loops: 0, ..self.clone() }
    }

    /// One substitution further in; `None` when that is too deep.
    pub fn deeper(&self) -> Option<Runner> {
        (self.depth < MAX_DEPTH).then(|| Runner { depth: self.depth + 1, ..self.clone() })
    }

    pub fn is_set(&self, name: &str) -> bool {
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            return name.parse::<usize>().is_ok_and(|number| number < self.frame.arguments.borrow().len());
        }
        let is_made = matches!(name, "?" | "$" | "#" | "RANDOM" | "COLUMNS" | "SECONDS" | "EPOCHSECONDS" | "HOSTNAME");
        is_made
            || matches!(name, "@" | "*") && self.frame.arguments.borrow().len() > 1
            || self.frame.variables.borrow().contains_key(name)
    }

    pub fn variable(&self, name: &str) -> String {
        match name {
            "?" => self.frame.status.get().to_string(),
            "$" => "1".to_owned(),
            "#" => self.frame.arguments.borrow().len().saturating_sub(1).to_string(),
            "@" | "*" => self.frame.arguments.borrow().get(1..).unwrap_or_default().join(" "),
            "SECONDS" => (self.shared.context.timers.now().since(self.shared.seconds_from.get()).as_secs()).to_string(),
            _ if name.bytes().all(|byte| byte.is_ascii_digit()) => {
                let number = name.parse::<usize>().unwrap_or(usize::MAX);
                self.frame.arguments.borrow().get(number).cloned().unwrap_or_default()
            }
            "!" => self.shared.last_process().map(|process| process.to_string()).unwrap_or_default(),
            _ => {
                let set = self.frame.variables.borrow().get(name).map(|(value, _)| value.clone());
                set.unwrap_or_else(|| self.made(name))
            }
        }
    }

    /// Variables that a shell fills in itself.
    fn made(&self, name: &str) -> String {
        match name {
            "RANDOM" => self.shared.context.rng.borrow_mut().below(1 << 15).to_string(),
            "COLUMNS" => self.shared.columns.get().to_string(),
            "EPOCHSECONDS" => (self.shared.context.timers.now().0 / 1_000_000_000).to_string(),
            "HOSTNAME" => "playground".to_owned(),
            _ => String::new(),
        }
    }

    pub fn set_variable(&self, name: &str, value: String) {
        if name == "SECONDS" {
            let nanos = value.trim().parse::<i64>().unwrap_or(0).saturating_mul(1_000_000_000);
            let now = self.shared.context.timers.now();
            return self.shared.seconds_from.set(Timestamp(now.0.saturating_sub(nanos)));
        }
        let mut variables = self.frame.variables.borrow_mut();
        let exported = variables.get(name).is_some_and(|(_, exported)| *exported);
        variables.insert(name.to_owned(), (value, exported));
    }

    /// Parses and runs; a syntax error is told and is status 2.
    pub fn run_text<'a>(&'a self, text: &'a str, streams: Streams) -> LocalBoxFuture<'a, ExitCode> {
        Box::pin(async move {
            match syntax::parse(text) {
                Ok(list) => self.list(&list, &streams).await,
                Err(error) => {
                    (streams.error)(format!("{}\n", sentence(error)).as_bytes());
                    MISUSED
                }
            }
        })
    }

    fn list<'a>(&'a self, list: &'a List, streams: &'a Streams) -> LocalBoxFuture<'a, ExitCode> {
        Box::pin(async move {
            for item in &list.items {
                if self.job.is_interrupted() || self.frame.leaving.get().is_some() {
                    break;
                }
                let status =
                    if item.background { self.background(item, streams) } else { self.item(item, streams).await };
                self.frame.status.set(status);
                if self.frame.leaving.get().is_some() {
                    break;
                }
            }
            if self.job.is_interrupted() && self.frame.status.get() == 0 {
                self.frame.status.set(INTERRUPTED);
            }
            self.frame.status.get()
        })
    }

    async fn item(&self, item: &Item, streams: &Streams) -> ExitCode {
        let mut status = self.pipeline(&item.first, streams).await;
        for (link, pipeline) in &item.rest {
            self.frame.status.set(status);
            if self.frame.leaving.get().is_some() {
                break;
            }
            if (status == 0) == (*link == Link::And) && !self.job.is_interrupted() {
                status = self.pipeline(pipeline, streams).await;
            }
        }
        status
    }

    fn background(&self, item: &Item, streams: &Streams) -> ExitCode {
        let job = self.shared.new_background_job(&item.text, self.job.command);
        let job_command = job.command;
        let runner = Runner { job, ..self.subshell() };
        let nothing = Input::Pipe(Pipe::full(Vec::new()));
        let streams = Streams { input: nothing, ..streams.clone() };
        let item = Item { background: false, ..item.clone() };
        let future = async move {
            let status = runner.item(&item, &streams).await;
            runner.shared.background_job_ended(&runner.job, status);
        };
        self.shared.run(job_command, Box::pin(future));
        0
    }

    async fn pipeline(&self, pipeline: &Pipeline, streams: &Streams) -> ExitCode {
        let began = self.shared.context.timers.now();
        let status = match pipeline.commands.as_slice() {
            [command] => self.command(command, streams.clone()).await,
            commands => self.piped(commands, streams).await,
        };
        if pipeline.timed {
            // Nobody counts here what a processor spends on a command.
            let took = self.shared.context.timers.now().since(began).as_secs_f64();
            let minutes = (took / 60.0).floor();
            let text = format!("\nreal\t{minutes}m{:.3}s\n", took - 60.0 * minutes);
            (streams.error)(text.as_bytes());
        }
        if pipeline.negated { i32::from(status == 0) } else { status }
    }

    /// All side by side, each in a subshell; the status is the last one's.
    async fn piped(&self, commands: &[Command], streams: &Streams) -> ExitCode {
        let mut input = streams.input.clone();
        let mut running = Vec::new();
        for (index, command) in commands.iter().enumerate() {
            let is_last = index + 1 == commands.len();
            let pipe = Pipe::new();
            let mut own = Streams { input: input.clone(), ..streams.clone() };
            if !is_last {
                let into = pipe.clone();
                own.out = Rc::new(move |bytes: &[u8]| into.write(bytes));
                own.out_to_terminal = false;
            }
            let read_from = input;
            input = Input::Pipe(pipe.clone());
            running.push(self.pipe_end(command, own, read_from, (!is_last).then_some(pipe)));
        }
        join_all(running).await.pop().unwrap_or(0)
    }

    async fn pipe_end(&self, command: &Command, streams: Streams, from: Input, into: Option<Pipe>) -> ExitCode {
        let runner = self.subshell();
        let work = std::pin::pin!(runner.command(command, streams));
        let status = match &into {
            Some(pipe) => match select(work, std::pin::pin!(pipe.broken())).await {
                Either::Left((status, _)) => status,
                Either::Right(_) => BROKEN_PIPE,
            },
            None => work.await,
        };
        if let Some(pipe) = into {
            pipe.finish();
        }
        if let Input::Pipe(pipe) = from {
            pipe.close();
        }
        status
    }

    pub fn command<'a>(&'a self, command: &'a Command, streams: Streams) -> LocalBoxFuture<'a, ExitCode> {
        Box::pin(async move {
            let streams = match self.redirected(&command.redirects, streams.clone()).await {
                Ok(streams) => streams,
                Err(problem) => {
                    (streams.error)(format!("{problem}\n").as_bytes());
                    return 1;
                }
            };
            match &command.kind {
                CommandKind::Simple { assignments, words } => self.simple(assignments, words, &streams).await,
                CommandKind::For { variable, words, body } => self.for_each(variable, words, body, &streams).await,
                CommandKind::While { condition, body, wanted } => self.repeat(condition, body, *wanted, &streams).await,
                CommandKind::If { branches, otherwise } => self.branch(branches, otherwise.as_ref(), &streams).await,
                CommandKind::Case { word, arms } => self.case(word, arms, &streams).await,
                CommandKind::Count { parts, body } => self.count(parts, body, &streams).await,
                CommandKind::Arithmetic(text) => {
                    self.told(self.compute(text, &streams).await.map(|it| it != 0), &streams)
                }
                CommandKind::Test(condition) => match self.holds(condition, &streams).await {
                    _ if self.frame.unclear.take() => 1,
                    Ok(holds) => i32::from(!holds),
                    Err(problem) => {
                        (streams.error)(format!("[[: {problem}\n").as_bytes());
                        MISUSED
                    }
                },
                CommandKind::Function { name, body } => {
                    self.frame.functions.borrow_mut().insert(name.clone(), Rc::clone(body));
                    0
                }
                CommandKind::Group(list) => self.list(list, &streams).await,
                CommandKind::Subshell(list) => self.subshell().list(list, &streams).await,
            }
        })
    }

    async fn for_each(&self, variable: &str, words: &[Word], body: &List, streams: &Streams) -> ExitCode {
        let mut status = 0;
        let inside = Runner { loops: self.loops + 1, ..self.clone() };
        let values = self.expand_all(words, true, streams).await;
        if self.frame.unclear.take() {
            return 1;
        }
        for value in values {
            if self.job.is_interrupted() {
                return INTERRUPTED;
            }
            self.set_variable(variable, value);
            status = inside.list(body, streams).await;
            if self.leaves_loop() {
                break;
            }
            self.shared.context.timers.sleep(TURN).await;
        }
        status
    }

    /// `for ((first; condition; step))`. No condition always holds.
    async fn count(&self, [first, condition, step]: &[String; 3], body: &List, streams: &Streams) -> ExitCode {
        let mut status = 0;
        let inside = Runner { loops: self.loops + 1, ..self.clone() };
        let is_computed =
            async |text: &String| self.told(self.compute(text, streams).await.map(|_| true), streams) == 0;
        let holds = async || {
            if condition.trim().is_empty() { Ok(true) } else { Ok(self.compute(condition, streams).await? != 0) }
        };
        if !is_computed(first).await {
            return 1;
        }
        loop {
            match holds().await {
                Ok(true) if !self.job.is_interrupted() => {}
                Ok(_) => break,
                Err(problem) => return self.told(Err(problem), streams),
            }
            status = inside.list(body, streams).await;
            if self.leaves_loop() {
                break;
            }
            self.shared.context.timers.sleep(TURN).await;
            if !is_computed(step).await {
                return 1;
            }
        }
        if self.job.is_interrupted() { INTERRUPTED } else { status }
    }

    /// What `((…))` comes to, with what is to be replaced in it replaced first.
    pub async fn compute(&self, text: &str, streams: &Streams) -> Result<i64, String> {
        let text = self.expand_arithmetic(text, streams).await;
        if self.frame.unclear.take() {
            return Err(String::new());
        }
        arithmetic::evaluate(&text, self).map_err(|problem| format!("((: {text}: {problem}"))
    }

    /// The status of a question; what is wrong with it is told.
    fn told(&self, holds: Result<bool, String>, streams: &Streams) -> ExitCode {
        match holds {
            Ok(holds) => i32::from(!holds),
            Err(problem) => {
                if !problem.is_empty() {
                    (streams.error)(format!("{problem}\n").as_bytes());
                }
                1
            }
        }
    }

    /// After a turn: whether that was the last one.
    fn leaves_loop(&self) -> bool {
        let (left, leaves) = match self.frame.leaving.get() {
            None => (None, false),
            Some(Leaving::Loop(count)) => ((count > 1).then(|| Leaving::Loop(count - 1)), true),
            Some(Leaving::Turn(count)) => ((count > 1).then(|| Leaving::Turn(count - 1)), count > 1),
            Some(further @ (Leaving::Function | Leaving::All)) => (Some(further), true),
        };
        self.frame.leaving.set(left);
        leaves
    }

    async fn case(&self, word: &Word, arms: &[(Vec<Word>, List)], streams: &Streams) -> ExitCode {
        let text = self.expand_one(word, streams).await;
        for (patterns, body) in arms {
            for pattern in patterns {
                if glob::matches(&self.expand_pattern(pattern, streams).await, &text) {
                    return if body.items.is_empty() { 0 } else { self.list(body, streams).await };
                }
            }
        }
        0
    }

    async fn repeat(&self, condition: &List, body: &List, wanted: bool, streams: &Streams) -> ExitCode {
        let mut status = 0;
        let inside = Runner { loops: self.loops + 1, ..self.clone() };
        while (inside.list(condition, streams).await == 0) == wanted && !self.job.is_interrupted() {
            if self.frame.leaving.get().is_none() {
                status = inside.list(body, streams).await;
            }
            if self.leaves_loop() {
                break;
            }
            self.shared.context.timers.sleep(TURN).await;
        }
        if self.job.is_interrupted() { INTERRUPTED } else { status }
    }

    async fn branch(&self, branches: &[(List, List)], otherwise: Option<&List>, streams: &Streams) -> ExitCode {
        for (condition, body) in branches {
            let status = self.list(condition, streams).await;
            if self.frame.leaving.get().is_some() {
                return status;
            }
            if status == 0 {
                return self.list(body, streams).await;
            }
        }
        match otherwise {
            Some(body) => self.list(body, streams).await,
            None => 0,
        }
    }

    async fn redirected(&self, redirects: &[Redirect], mut streams: Streams) -> Result<Streams, String> {
        for redirect in redirects {
            match redirect {
                Redirect::Input(word) => {
                    let name = self.expand_one(word, &streams).await;
                    let bytes = self.shared.read_file(&name).ok_or(format!("{name}: No such file or directory"))?;
                    streams.input = Input::Pipe(Pipe::full(bytes));
                }
                Redirect::Text(word) => {
                    let text = self.expand_one(word, &streams).await;
                    streams.input = Input::Pipe(Pipe::full(text.into_bytes()));
                }
                Redirect::Output { descriptor, append, file } => {
                    let name = self.expand_one(file, &streams).await;
                    let write = self.open_for_writing(&name, *append)?;
                    if *descriptor != 2 {
                        streams.out = Rc::clone(&write);
                        streams.out_to_terminal = false;
                    }
                    if *descriptor != 1 {
                        streams.error = write;
                    }
                }
                Redirect::Duplicate { from, to } if from == to => {}
                Redirect::Duplicate { from: 2, .. } => streams.error = Rc::clone(&streams.out),
                Redirect::Duplicate { .. } => streams.out = Rc::clone(&streams.error),
            }
        }
        Ok(streams)
    }

    pub fn open_for_writing(&self, name: &str, append: bool) -> Result<Write, String> {
        if name == "/dev/null" {
            return Ok(Rc::new(|_: &[u8]| {}));
        }
        if name.is_empty() || name.ends_with('/') || name.starts_with("/dev/") {
            return Err(format!("{name}: cannot be written"));
        }
        let files = Rc::clone(&self.shared.context.files);
        let name = crate::commands::files::file_name(name);
        let mut opened = files.borrow_mut();
        let file = opened.entry(name.clone()).or_default();
        if !append {
            file.clear();
        }
        drop(opened);
        Ok(Rc::new(move |bytes: &[u8]| {
            let mut files = files.borrow_mut();
            let file = files.entry(name.clone()).or_default();
            let room = MAX_FILE.saturating_sub(file.len());
            file.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }))
    }

    async fn simple(&self, assignments: &[(String, Word)], words: &[Word], streams: &Streams) -> ExitCode {
        self.frame.substituted.set(None);
        let takes_files = words.first().and_then(Word::plain).is_some_and(|name| builtins::find(name).is_some());
        let words = match words {
            // What they set is not split.
            [name, rest @ ..] if name.plain().is_some_and(|name| DECLARING.contains(&name)) => {
                let mut expanded = self.expand_all(&words[..1], false, streams).await;
                for word in rest {
                    match syntax::assignment(word) {
                        Some((name, value)) => {
                            expanded.push(format!("{name}={}", self.expand_one(&value, streams).await));
                        }
                        None => expanded.extend(self.expand_all(std::slice::from_ref(word), false, streams).await),
                    }
                }
                expanded
            }
            _ => self.expand_all(words, takes_files, streams).await,
        };
        let mut values = Vec::new();
        for (name, word) in assignments {
            values.push((name.clone(), self.expand_one(word, streams).await));
            // Those of one command see the ones before them.
            if words.is_empty()
                && let Some((name, value)) = values.last()
            {
                self.set_variable(name, value.clone());
            }
        }
        if self.frame.unclear.take() {
            return 1;
        }
        if words.is_empty() {
            return self.frame.substituted.take().unwrap_or(0);
        }
        // Assignments before a command are for that command alone.
        let before: Vec<_> =
            values.into_iter().map(|(name, value)| (self.replace(&name, Some((value, true))), name)).collect();
        let status = match self.function(&words[0]) {
            Some(body) => self.call(body, words, streams).await,
            None => self.start(words, streams).await,
        };
        for (known, name) in before.into_iter().rev() {
            self.replace(&name, known);
        }
        status
    }

    /// Sets or removes a variable; what it was before.
    pub fn replace(&self, name: &str, value: Option<(String, bool)>) -> Option<(String, bool)> {
        let mut variables = self.frame.variables.borrow_mut();
        let before = variables.get(name).cloned();
        match value {
            Some(value) => _ = variables.insert(name.to_owned(), value),
            None => _ = variables.remove(name),
        }
        before
    }

    pub async fn start(&self, words: Vec<String>, streams: &Streams) -> ExitCode {
        let at_keyboard = matches!(streams.input, Input::Keyboard);
        let mut console = Console::new(at_keyboard && streams.out_to_terminal, self.shared.columns.get()).connect(
            streams.input.clone(),
            Rc::clone(&streams.out),
            Rc::clone(&streams.error),
        );
        if streams.out_to_terminal {
            let shared = Rc::clone(&self.shared);
            console = console.marking(Rc::new(move |place| shared.screen.borrow_mut().mark(place)));
        }
        let runner = self.clone();
        let run = Rc::new(move |program| runner.program(program));
        console = console.with_programs(Programs { run, refused: absent::refusal });
        let work: LocalBoxFuture<'_, ExitCode> = if words[0] == "nats" {
            Box::pin(commands::run(self.command_context(&console), words))
        } else if let Some(command) = self.shared.command(&words[0]) {
            command(self.command_context(&console), words)
        } else if let Some(builtin) = builtins::find(&words[0]) {
            Box::pin(builtin(self.clone(), console.clone(), words))
        } else {
            console.error(&absent::sentence(&words));
            return NOT_FOUND;
        };
        let running = Job::began(&self.job, &console);
        match select(work, std::pin::pin!(running.stop.pulled())).await {
            Either::Left((status, _)) => status,
            Either::Right(_) => INTERRUPTED,
        }
    }

    /// A command as another command runs it, with both its outputs in one; `None` for what is no program.
    fn program(&self, program: Program) -> Option<LocalBoxFuture<'static, (Vec<u8>, ExitCode)>> {
        let Program { words, input, variables } = program;
        let name = words.first()?;
        if name != "nats" && !builtins::is_program(name) {
            return None;
        }
        let written = Rc::new(RefCell::new(Vec::new()));
        let into = Rc::clone(&written);
        let out: Write = Rc::new(move |bytes: &[u8]| into.borrow_mut().extend_from_slice(bytes));
        let input = Input::Pipe(Pipe::full(input));
        let streams = Streams { input, out: Rc::clone(&out), error: out, out_to_terminal: false };
        let runner = self.subshell();
        for (name, value) in variables {
            runner.replace(name, Some((value, true)));
        }
        Some(Box::pin(async move {
            let status = runner.start(words, &streams).await;
            (written.take(), status)
        }))
    }

    fn command_context(&self, console: &Console) -> commands::Context {
        let variables = self.frame.variables.borrow();
        let exported = variables.iter().filter(|(_, (_, exported))| *exported);
        let environment = exported.map(|(name, (value, _))| (name.clone(), value.clone())).collect();
        commands::Context { console: console.clone(), environment, ..self.shared.context.clone() }
    }
}

pub(super) fn sentence(error: SyntaxError) -> String {
    match error {
        SyntaxError::Wrong(sentence) => sentence,
        SyntaxError::Unfinished => "syntax error: unexpected end of file".to_owned(),
    }
}
