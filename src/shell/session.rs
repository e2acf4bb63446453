//! One terminal of one actor: what was entered, what runs, what is on the screen.
//!
//! The way in is [`Session::new`] and [`Session::enter`]; see there for what a line means at which moment. The owner lends
//! it an executor (`spawn`) and moves the clock; everything else goes by method calls in both directions.

use super::as_script;
use super::complete::{Completion, Outside, Own, complete, explain};
use super::editor::LineEditor;
use super::job::Job;
use super::lexer::{Unfinished, lex};
use super::question::Asked;
use super::remedy::{Failure, remedy, warned};
use super::run::{Frame, Leaving, Runner, Streams, Variables, sentence};
use super::screen::{Line, LineKind, Screen, Stamp};
use super::syntax::{self, SyntaxError};
use super::warnings::warnings;
use super::wire::WireLog;
use crate::commands::complete::{Candidate, Known};
use crate::commands::console::{Input, Write};
use crate::commands::explain::Explanation;
use crate::commands::files::HOME;
use crate::commands::{self, ExitCode, Question};
use crate::map::Map;
use crate::time::Timestamp;
use futures::future::LocalBoxFuture;
use std::cell::{Cell, Ref, RefCell};
use std::future::poll_fn;
use std::ops::Range;
use std::rc::Rc;

/// Starts a future on the owner's single-threaded executor.
pub type Spawn = Rc<dyn Fn(LocalBoxFuture<'static, ()>)>;

/// A command the owner brings along, like `lab`.
pub type External = Rc<dyn Fn(commands::Context, Vec<String>) -> LocalBoxFuture<'static, ExitCode>>;

/// What became of a line that was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It runs now.
    Started,
    /// It was the answer to a question.
    Answered,
    /// It was typed while a command runs: the command reads it, or it is a command line once that has ended.
    Typed,
    /// More lines are needed before it can run: show the `> ` prompt.
    More,
    /// There was nothing to do, or nothing that could be understood.
    Nothing,
}

/// A terminal. Clones share it.
#[derive(Clone)]
pub struct Session {
    shared: Rc<Shared>,
}

/// What a session and the commands in it share.
pub(super) struct Shared {
    pub actor: String,
    /// Console and environment are filled in for each command.
    pub context: commands::Context,
    pub spawn: Spawn,
    pub columns: Cell<usize>,
    pub screen: RefCell<Screen>,
    pub frame: Rc<Frame>,
    pub history: RefCell<Vec<String>>,
    foreground: RefCell<Option<Rc<Job>>>,
    background: RefCell<Map<usize, Rc<Job>>>,
    /// Numbers of processes that have ended, and how.
    ended: RefCell<Map<u32, ExitCode>>,
    last_process: Cell<Option<u32>>,
    /// When `$SECONDS` was 0.
    pub seconds_from: Cell<Timestamp>,
    /// Lines of a command that is not complete.
    pending: RefCell<String>,
    asked: RefCell<Option<Asked>>,
    externals: RefCell<Map<String, External>>,
    wire: Rc<RefCell<WireLog>>,
}

const DEFAULT_COLUMNS: usize = 100;
/// What `$!` is after the first `&`.
const FIRST_PROCESS: u32 = 101;
/// Of so many processes it is known how they ended.
const ENDED_KEPT: usize = 100;
/// How far up to look for what went wrong.
const LINES_OF_AN_ERROR: usize = 150;

impl Session {
    /// `context.environment` becomes the exported variables; its console is not used.
    pub fn new(actor: &str, context: commands::Context, spawn: Spawn) -> Session {
        let known = [("HOME", HOME), ("PWD", HOME), ("USER", "learner")];
        let known = known.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let given = context.environment.iter().map(|(name, value)| (name.clone(), value.clone()));
        let variables: Variables = known.chain(given).map(|(name, value)| (name, (value, true))).collect();
        let frame = Rc::new(Frame::new(variables, 0));
        let seconds_from = Cell::new(context.timers.now());
        let shared = Shared {
            actor: actor.to_owned(),
            context,
            spawn,
            columns: Cell::new(DEFAULT_COLUMNS),
            screen: RefCell::new(Screen::new()),
            frame,
            history: RefCell::default(),
            foreground: RefCell::default(),
            background: RefCell::default(),
            ended: RefCell::default(),
            last_process: Cell::default(),
            seconds_from,
            pending: RefCell::default(),
            asked: RefCell::default(),
            externals: RefCell::default(),
            wire: Rc::default(),
        };
        let wire = Rc::clone(&shared.wire);
        shared.context.client.watch(Rc::new(move |at, passing| wire.borrow_mut().passed(at, passing)));
        Session { shared: Rc::new(shared) }
    }

    pub fn actor(&self) -> &str {
        &self.shared.actor
    }

    /// From now on `name` runs `command`.
    pub fn add_command(&self, name: &str, command: External) {
        self.shared.externals.borrow_mut().insert(name.to_owned(), command);
    }

    /// The width of the terminal in characters, for commands started from now on.
    pub fn set_columns(&self, columns: usize) {
        self.shared.columns.set(columns);
    }

    pub fn columns(&self) -> usize {
        self.shared.columns.get()
    }

    /// The Enter key: answers the question that is asked, or is typed into the command that runs, or is a command line.
    /// What a command was told and did not read is a command line after it.
    pub fn enter(&self, line: &str) -> Entered {
        if self.question().is_some() {
            self.answer(line);
            return Entered::Answered;
        }
        let running = self.shared.foreground.borrow().clone();
        match running {
            Some(job) => {
                self.shared.screen.borrow_mut().line(LineKind::Continuation, line);
                job.typed(line);
                Entered::Typed
            }
            None => self.submit(line),
        }
    }

    fn submit(&self, line: &str) -> Entered {
        let shown_on = self.shared.screen.borrow_mut().fresh_position();
        let text = {
            let mut pending = self.shared.pending.borrow_mut();
            let kind = if pending.is_empty() { LineKind::Command } else { LineKind::Continuation };
            for (index, line) in line.split('\n').enumerate() {
                let kind = if index == 0 { kind } else { LineKind::Continuation };
                self.shared.screen.borrow_mut().line(kind, line);
            }
            if !pending.is_empty() {
                pending.push('\n');
            }
            pending.push_str(line);
            pending.clone()
        };
        match syntax::parse(&text) {
            Err(SyntaxError::Unfinished) => return Entered::More,
            Err(error) => {
                self.shared.pending.borrow_mut().clear();
                self.shared.remember(&text);
                self.shared.screen.borrow_mut().line(LineKind::Error, &sentence(error));
                self.shared.frame.status.set(2);
                return Entered::Nothing;
            }
            Ok(list) if list.items.is_empty() => {
                self.shared.pending.borrow_mut().clear();
                return Entered::Nothing;
            }
            Ok(_) => {}
        }
        self.shared.pending.borrow_mut().clear();
        self.shared.remember(&text);
        for warning in warnings(&text) {
            self.shared.screen.borrow_mut().line(LineKind::Notice, &warning.sentence);
        }
        self.start(text, shown_on);
        Entered::Started
    }

    fn start(&self, text: String, shown_on: usize) {
        let command = self.shared.wire.borrow_mut().begin(self.shared.context.timers.now(), shown_on, &text);
        let job = Job::new(0, 0, &text, command);
        *self.shared.foreground.borrow_mut() = Some(Rc::clone(&job));
        let shared = Rc::clone(&self.shared);
        let runner = Runner {
            shared: Rc::clone(&shared),
            job: Rc::clone(&job),
            frame: Rc::clone(&shared.frame),
            depth: 0,
            loops: 0,
        };
        let streams = Streams {
            input: Input::Keyboard,
            out: writer(&shared, LineKind::Output),
            error: writer(&shared, LineKind::Error),
            out_to_terminal: true,
        };
        let work = async move {
            let status = runner.run_text(&text, streams).await;
            shared.frame.status.set(status);
            if shared.frame.leaving.take() == Some(Leaving::All) {
                shared.screen.borrow_mut().line(LineKind::Notice, "exit: the line ends here, the terminal stays");
            }
            shared.wire.borrow_mut().ended(command, shared.context.timers.now());
            job.finish(status);
            *shared.foreground.borrow_mut() = None;
            shared.screen.borrow_mut().fresh_line();
            Session { shared }.go_on(&job);
        };
        self.shared.run(command, Box::pin(work));
    }

    /// Enters what was typed while `ended` ran.
    fn go_on(&self, ended: &Job) {
        for line in ended.not_read() {
            let running = self.shared.foreground.borrow().clone();
            match running {
                Some(job) => job.typed(&line),
                None => _ = self.submit(&line),
            }
        }
    }

    /// Ctrl-C: stops what runs in the foreground, or drops the lines of an incomplete command.
    pub fn interrupt(&self) {
        self.shared.look_for_question();
        let job = self.shared.foreground.borrow().clone();
        let mut screen = self.shared.screen.borrow_mut();
        match job {
            Some(job) => {
                if job.question().is_none() {
                    screen.write(LineKind::Output, b"^C");
                } else {
                    screen.fresh_line();
                }
                drop(screen);
                *self.shared.asked.borrow_mut() = None;
                job.interrupt();
            }
            None => {
                self.shared.pending.borrow_mut().clear();
                screen.line(LineKind::Command, "^C");
                self.shared.frame.status.set(super::job::INTERRUPTED);
            }
        }
    }

    /// Ctrl-D: the end of what is typed into the command that runs.
    pub fn end_input(&self) {
        let job = self.shared.foreground.borrow().clone();
        if let Some(console) = job.and_then(|job| job.reader()) {
            console.end_input();
        }
    }

    /// A command runs in the foreground: there is no prompt.
    pub fn is_busy(&self) -> bool {
        self.shared.foreground.borrow().is_some()
    }

    /// An incomplete command waits for its next line.
    pub fn is_continuing(&self) -> bool {
        !self.shared.pending.borrow().is_empty()
    }

    /// What an incomplete command waits for, in words.
    pub fn awaits(&self) -> Option<&'static str> {
        let pending = self.shared.pending.borrow();
        let open = match lex(&pending).unfinished {
            _ if pending.is_empty() => return None,
            Some(Unfinished::SingleQuote) => "the ' is still open",
            Some(Unfinished::DoubleQuote) => "the \" is still open",
            Some(Unfinished::Substitution) => "a bracket is still open",
            Some(Unfinished::Escape) => "the \\ goes on here",
            Some(Unfinished::Document) => "the text goes on up to the line after <<",
            None => "the command goes on here",
        };
        Some(open)
    }

    /// The command in the foreground takes what is typed.
    pub fn reads_keyboard(&self) -> bool {
        let job = self.shared.foreground.borrow().clone();
        job.and_then(|job| job.reader()).is_some_and(|console| console.reads_keyboard())
    }

    /// `$?`.
    pub fn status(&self) -> ExitCode {
        self.shared.frame.status.get()
    }

    /// What the command in the foreground asks. The screen shows it (see [`Session::lines`]), with the list of a
    /// selection, the focused option marked.
    pub fn question(&self) -> Option<Question> {
        self.shared.look_for_question();
        self.shared.asked.borrow().as_ref().map(|asked| asked.question.clone())
    }

    /// The number of the line on which the question begins.
    pub fn question_line(&self) -> Option<usize> {
        self.shared.look_for_question();
        self.shared.asked.borrow().as_ref().map(|asked| asked.drawn_at)
    }

    /// Answers the question. For a selection an empty answer takes the focused option; other text must be one of them.
    pub fn answer(&self, answer: &str) {
        self.shared.look_for_question();
        let Some(asked) = self.shared.asked.borrow_mut().take() else { return };
        let mut screen = self.shared.screen.borrow_mut();
        match asked.check(answer) {
            Ok(accepted) => {
                screen.rewind(asked.drawn_at);
                let (kind, line) = asked.answered(&accepted);
                screen.line(kind, &line);
                drop(screen);
                asked.console.answer(Ok(accepted));
            }
            Err(complaint) => {
                screen.rewind(asked.drawn_at);
                screen.line(LineKind::Question, &complaint);
                // The prompt is empty again.
                let again = Asked::new(asked.question, asked.console).drawn(&mut screen);
                *self.shared.asked.borrow_mut() = Some(again);
            }
        }
    }

    /// Arrow down (or up, if negative) in a selection.
    pub fn move_selection(&self, by: isize) {
        self.shared.look_for_question();
        let Some(mut asked) = self.shared.asked.borrow_mut().take() else { return };
        asked.move_by(by);
        self.redraw(asked);
    }

    /// What is typed in a selection narrows the options.
    pub fn filter_selection(&self, filter: &str) {
        self.shared.look_for_question();
        let Some(mut asked) = self.shared.asked.borrow_mut().take() else { return };
        asked.filter_by(filter);
        self.redraw(asked);
    }

    fn redraw(&self, asked: Asked) {
        let mut screen = self.shared.screen.borrow_mut();
        screen.rewind(asked.drawn_at);
        *self.shared.asked.borrow_mut() = Some(asked.drawn(&mut screen));
    }

    /// Everything on the screen, the question being asked included.
    pub fn lines(&self) -> Vec<Line> {
        self.shared.look_for_question();
        self.shared.screen.borrow().lines()
    }

    /// Counts changes of the screen and how many old lines it has forgotten: keys for whoever draws it.
    pub fn revision(&self) -> (u64, usize) {
        self.shared.look_for_question();
        let screen = self.shared.screen.borrow();
        (screen.revision(), screen.forgotten())
    }

    /// The numbers of the lines on the screen, counted from the first one ever.
    pub fn extent(&self) -> Range<usize> {
        self.shared.look_for_question();
        self.shared.screen.borrow().extent()
    }

    /// Lines by their numbers.
    pub fn lines_in(&self, range: Range<usize>) -> Vec<(usize, Line)> {
        self.shared.screen.borrow().lines_in(range)
    }

    /// Equal as long as the lines with these numbers are the same.
    pub fn stamp(&self, range: Range<usize>) -> Stamp {
        self.shared.screen.borrow().stamp(range)
    }

    /// The whole screen as text.
    pub fn transcript(&self) -> String {
        self.lines().iter().map(|line| format!("{}\n", line.text)).collect()
    }

    /// Shows a line of the shell's own.
    pub fn notice(&self, text: &str) {
        self.shared.screen.borrow_mut().line(LineKind::Notice, text);
    }

    pub fn clear(&self) {
        self.shared.screen.borrow_mut().clear();
    }

    /// What commands said to the server and what came back.
    pub fn wire(&self) -> Ref<'_, WireLog> {
        self.shared.wire.borrow()
    }

    /// Lines entered so far, oldest first.
    pub fn history(&self) -> Vec<String> {
        self.shared.history.borrow().clone()
    }

    pub fn set_history(&self, history: Vec<String>) {
        *self.shared.history.borrow_mut() = history;
    }

    /// What the Tab key could put at `cursor`, a byte offset. Nothing while a command runs.
    pub fn complete(&self, text: &str, cursor: usize, known: &Known, outside: Outside<'_>) -> Completion {
        if self.is_busy() {
            return Completion::default();
        }
        let pending = self.shared.pending.borrow();
        let before = if pending.is_empty() { String::new() } else { format!("{pending}\n") };
        let completion = complete(&format!("{before}{text}"), before.len() + cursor, known, &self.own(), outside);
        // An incomplete quote began on an earlier line: what is there cannot be replaced.
        match completion.start.checked_sub(before.len()) {
            Some(start) => Completion { start, ..completion },
            None => Completion::default(),
        }
    }

    fn own(&self) -> Own {
        let variables = self.shared.frame.variables.borrow();
        let variables = variables.iter().map(|(name, (value, _))| Candidate::new(name.as_str(), value.clone()));
        let jobs = self.jobs().into_iter().map(|(number, text)| Candidate::new(format!("%{number}"), text));
        Own { variables: variables.collect(), jobs: jobs.collect() }
    }

    /// What to type instead of the last line, if it went wrong, or not as it was meant, and that is plain.
    pub fn remedy(&self, known: &dyn Fn() -> Known) -> Option<String> {
        if self.is_busy() || self.is_continuing() {
            return None;
        }
        let history = self.shared.history.borrow();
        let line = history.last()?;
        if self.status() == 0 {
            return warned(line);
        }
        let end = self.extent().end;
        let lines = self.lines_in(end.saturating_sub(LINES_OF_AN_ERROR)..end);
        let entered = lines.iter().rposition(|(_, line)| line.kind == LineKind::Command);
        // A long usage page stands below what was wrong.
        let output = entered.map_or(&lines[..], |at| &lines[at + 1..]);
        let output = output.iter().map(|(_, line)| line.text.as_str()).collect();
        remedy(&Failure { line, output, known })
    }

    /// What the word around `cursor`, a byte offset, means; a warning comes first. Nothing while a command runs.
    pub fn explain(&self, text: &str, cursor: usize, outside: Outside<'_>) -> Option<Explanation> {
        if self.is_busy() || text.is_empty() {
            return None;
        }
        if let Some(warning) = warnings(text).into_iter().next() {
            let form = text.get(warning.span).unwrap_or_default().to_owned();
            return Some(Explanation { form, summary: warning.sentence });
        }
        let pending = self.shared.pending.borrow();
        let before = if pending.is_empty() { String::new() } else { format!("{pending}\n") };
        explain(&format!("{before}{text}"), before.len() + cursor, outside)
    }

    /// Commands that were entered, for [`as_script`](super::as_script()).
    pub fn entered(&self) -> Vec<as_script::Entered> {
        let wire = self.shared.wire.borrow();
        let entered = wire.exchanges().map(|exchange| as_script::Entered {
            actor: self.shared.actor.clone(),
            text: exchange.text.clone(),
            began: exchange.began,
            ended: exchange.ended,
        });
        entered.collect()
    }

    /// An editor that knows this session's history.
    pub fn editor(&self) -> LineEditor {
        let mut editor = LineEditor::new();
        editor.set_history(self.history());
        editor
    }

    /// Numbers and texts of what runs in the background.
    pub fn jobs(&self) -> Vec<(usize, String)> {
        self.shared.background.borrow().values().map(|job| (job.number, job.text.clone())).collect()
    }

    /// Ctrl-C for a background job.
    pub fn interrupt_job(&self, number: usize) {
        let job = self.shared.background.borrow().get(&number).cloned();
        if let Some(job) = job {
            job.interrupt();
        }
    }

    /// Drops everything that runs, as when a terminal is closed.
    pub fn kill_all(&self) {
        let foreground = self.shared.foreground.borrow().clone();
        let background: Vec<_> = self.shared.background.borrow().values().cloned().collect();
        foreground.into_iter().chain(background).for_each(|job| job.kill());
    }

    /// Variables as commands of this terminal see them.
    pub fn environment(&self) -> Map<String, String> {
        let variables = self.shared.frame.variables.borrow();
        variables
            .iter()
            .filter(|(_, (_, exported))| *exported)
            .map(|(name, (value, _))| (name.clone(), value.clone()))
            .collect()
    }
}

impl Shared {
    pub fn command(&self, name: &str) -> Option<External> {
        self.externals.borrow().get(name).cloned()
    }

    fn remember(&self, line: &str) {
        let mut history = self.history.borrow_mut();
        if history.last().is_none_or(|last| last != line) {
            history.push(line.to_owned());
        }
    }

    /// A question appears when its command gets to run, not when we are called: notice it on the next look.
    fn look_for_question(&self) {
        if self.asked.borrow().is_some() {
            return;
        }
        let job = self.foreground.borrow().clone();
        if let Some((question, console)) = job.and_then(|job| job.question()) {
            let mut screen = self.screen.borrow_mut();
            let asked = Asked::new(question, console).drawn(&mut screen);
            *self.asked.borrow_mut() = Some(asked);
        }
    }

    /// Starts `work`; what it puts on the wire is `command`'s.
    pub fn run(&self, command: u64, mut work: LocalBoxFuture<'static, ()>) {
        let wire = Rc::clone(&self.wire);
        (self.spawn)(Box::pin(poll_fn(move |context| {
            let before = wire.borrow_mut().speaks(Some(command));
            let polled = work.as_mut().poll(context);
            wire.borrow_mut().speaks(before);
            polled
        })));
    }

    pub fn new_background_job(&self, text: &str, command: u64) -> Rc<Job> {
        let mut background = self.background.borrow_mut();
        let number = background.keys().next_back().map_or(1, |last| last + 1);
        let process = self.last_process.get().map_or(FIRST_PROCESS, |last| last + 1);
        self.last_process.set(Some(process));
        let job = Job::new(number, process, text, command);
        background.insert(number, Rc::clone(&job));
        drop(background);
        self.screen.borrow_mut().line(LineKind::Notice, &format!("[{number}] {process}"));
        job
    }

    pub fn background_job_ended(&self, job: &Rc<Job>, status: ExitCode) {
        let (status, how) = job.ending(status);
        let text = self.job_line(job, &how);
        job.finish(status);
        self.background.borrow_mut().remove(&job.number);
        let mut ended = self.ended.borrow_mut();
        ended.insert(job.process, status);
        if ended.len() > ENDED_KEPT {
            ended.pop_first();
        }
        drop(ended);
        if !job.is_in_front() {
            self.screen.borrow_mut().line(LineKind::Notice, &text);
        }
    }

    /// As bash lists it: the newest is marked with a plus, the one before it with a minus.
    fn job_line(&self, job: &Job, how: &str) -> String {
        let background = self.background.borrow();
        let mark = match background.keys().rev().position(|number| *number == job.number) {
            Some(0) => '+',
            Some(1) => '-',
            _ => ' ',
        };
        format!("[{}]{mark}  {how:<24}{}", job.number, job.text)
    }

    pub fn job_lines(&self) -> Vec<String> {
        self.background_jobs().iter().map(|job| format!("{} &", self.job_line(job, "Running"))).collect()
    }

    /// The job that `%1`, `%%`, `%+`, `%-`, `%nats` or a number of a process means.
    pub fn job(&self, name: &str) -> Option<Rc<Job>> {
        let jobs = self.background_jobs();
        let found = match name.strip_prefix('%') {
            Some("" | "%" | "+") => jobs.last(),
            Some("-") => jobs.iter().rev().nth(1).or(jobs.last()),
            Some(text) => match text.parse::<usize>() {
                Ok(number) => jobs.iter().find(|job| job.number == number),
                Err(_) => jobs.iter().find(|job| job.text.starts_with(text)),
            },
            None => jobs.iter().find(|job| name.parse() == Ok(job.process)),
        };
        found.cloned()
    }

    /// How a process ended, if it has.
    pub fn ended_process(&self, name: &str) -> Option<ExitCode> {
        self.ended.borrow().get(&name.parse::<u32>().ok()?).copied()
    }

    pub fn last_process(&self) -> Option<u32> {
        self.last_process.get()
    }

    pub fn background_jobs(&self) -> Vec<Rc<Job>> {
        self.background.borrow().values().cloned().collect()
    }

    /// `None` if there is no such file.
    pub fn read_file(&self, name: &str) -> Option<Vec<u8>> {
        if name == "/dev/null" {
            return Some(Vec::new());
        }
        self.context.read_file(name)
    }
}

fn writer(shared: &Rc<Shared>, kind: LineKind) -> Write {
    let shared = Rc::clone(shared);
    Rc::new(move |bytes: &[u8]| shared.screen.borrow_mut().write(kind, bytes))
}
