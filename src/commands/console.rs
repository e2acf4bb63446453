//! A command's terminal: where it prints, what it reads, what it asks.
//!
//! One end is held by the command, the other by the shell (or a test): text comes out through [`Console::take_output`],
//! keys go in through [`Console::push_input`] and [`Console::answer`].

use super::pipe::Pipe;
use super::report::Look;
use super::{ExitCode, Place};
use futures::future::LocalBoxFuture;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Which stream a piece of text was written to. With pipes only `Out` travels on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    Out,
    Error,
}

/// Something a command asks its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Free text; `default` is taken for an empty answer.
    Text { message: String, default: String, help: String, required: bool },
    /// `y` or `n`; `default` is taken for an empty answer.
    Confirm { message: String, default: bool },
    /// One of `options`; `default` is an index into them.
    Select { message: String, options: Vec<String>, default: usize, help: String },
    /// A text to change, in an editor; an empty answer leaves it as it is. `file` is its name.
    Edit { file: String, text: String },
}

/// The user pressed Ctrl-C at a question, or there is no terminal to ask on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    Interrupted,
    NoTerminal,
    /// As `NoTerminal`, where a yes or no was wanted.
    NoTerminalToConfirm,
}

impl fmt::Display for NoAnswer {
    /// The CLI's words, for after `<what was wanted>: `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoAnswer::Interrupted => "interrupt",
            NoAnswer::NoTerminal => "cannot prompt for user input without a terminal",
            NoAnswer::NoTerminalToConfirm => "cannot ask for confirmation without a terminal",
        })
    }
}

/// Where text goes.
pub type Write = Rc<dyn Fn(&[u8])>;

/// Is told what the text written next speaks of, and when that is over.
pub type Mark = Rc<dyn Fn(Option<Place>)>;

/// What a command runs as a program.
pub struct Program {
    pub words: Vec<String>,
    /// Its standard input.
    pub input: Vec<u8>,
    /// Variables it sees beside the shell's.
    pub variables: Vec<(&'static str, String)>,
}

/// Runs a program: what it wrote, and its status. `None`: there is no such program.
pub type Run = Rc<dyn Fn(Program) -> Option<LocalBoxFuture<'static, (Vec<u8>, ExitCode)>>>;

/// What a command knows of programs.
pub struct Programs {
    pub run: Run,
    /// What is said of one that a real machine has and a page has not.
    pub refused: fn(&str) -> Option<String>,
}

/// A command's standard input.
#[derive(Clone)]
pub enum Input {
    /// A person who types.
    Keyboard,
    Pipe(Pipe),
}

#[derive(Clone)]
pub struct Console {
    inner: Rc<RefCell<Inner>>,
}

struct Inner {
    is_terminal: bool,
    columns: usize,
    out: Option<Write>,
    error: Option<Write>,
    mark: Option<Mark>,
    programs: Option<Programs>,
    /// Stands in front of questions: the context a line is in.
    context: String,
    look: Look,
    /// What is being told about.
    place: Option<Place>,
    /// What was written while there is nobody to write to.
    output: VecDeque<(Sink, String)>,
    input: Input,
    typed: VecDeque<String>,
    end_of_input: bool,
    question: Option<Question>,
    answer: Option<Result<String, NoAnswer>>,
    interrupted: bool,
    /// It has waited for a typed line.
    reads: bool,
    minds_interrupts: bool,
    wakers: Vec<Waker>,
}

impl Console {
    /// `is_terminal`: a person sits there, so questions can be asked. `columns` is the width in characters. What is
    /// written is kept for [`Console::take_output`].
    pub fn new(is_terminal: bool, columns: usize) -> Console {
        let inner = Inner {
            is_terminal,
            columns,
            out: None,
            error: None,
            mark: None,
            programs: None,
            context: String::new(),
            look: Look::default(),
            place: None,
            output: VecDeque::new(),
            input: Input::Keyboard,
            typed: VecDeque::new(),
            end_of_input: false,
            question: None,
            answer: None,
            interrupted: false,
            reads: false,
            minds_interrupts: false,
            wakers: Vec::new(),
        };
        Console { inner: Rc::new(RefCell::new(inner)) }
    }

    /// Sends what is written to `out` and `error` instead of keeping it.
    pub fn connect(self, input: Input, out: Write, error: Write) -> Console {
        {
            let mut inner = self.inner.borrow_mut();
            inner.input = input;
            inner.out = Some(out);
            inner.error = Some(error);
        }
        self
    }

    /// Wants to know what the text speaks of.
    pub fn marking(self, mark: Mark) -> Console {
        self.inner.borrow_mut().mark = Some(mark);
        self
    }

    /// Lets the command run programs.
    pub fn with_programs(self, programs: Programs) -> Console {
        self.inner.borrow_mut().programs = Some(programs);
        self
    }

    /// Gives the command a complete standard input instead of the keyboard.
    pub fn pipe_input(&self, bytes: Vec<u8>) {
        self.inner.borrow_mut().input = Input::Pipe(Pipe::full(bytes));
    }

    // The command's side.

    /// Writes to standard output as it is; a line ends with `\n`, `\r` goes back to its start (progress bars).
    pub fn print(&self, text: &str) {
        self.write(Sink::Out, text.as_bytes());
    }

    /// Writes bytes that need not be text to standard output.
    pub fn print_bytes(&self, bytes: &[u8]) {
        self.write(Sink::Out, bytes);
    }

    /// Writes a line to standard output.
    pub fn line(&self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// Writes a line to standard error.
    pub fn error(&self, text: &str) {
        self.write(Sink::Error, format!("{text}\n").as_bytes());
    }

    /// Writes to standard error as it is.
    pub fn print_error(&self, text: &str) {
        self.write(Sink::Error, text.as_bytes());
    }

    /// What `tell` writes speaks of `place`.
    pub fn telling(&self, place: impl Into<Option<Place>>, tell: impl FnOnce(&Console)) {
        self.inner.borrow_mut().place = place.into();
        tell(self);
        self.inner.borrow_mut().place = None;
    }

    fn write(&self, sink: Sink, bytes: &[u8]) {
        let (mark, place) = {
            let mut inner = self.inner.borrow_mut();
            // Only the first line speaks of a message: what follows is its content.
            let is_of_one_line = inner.place.as_ref().is_some_and(Place::is_of_one_line);
            let place = if is_of_one_line { inner.place.take() } else { inner.place.clone() };
            (inner.mark.clone(), place)
        };
        let (Some(mark), Some(place)) = (mark, place) else { return self.write_plain(sink, bytes) };
        let head = match &place {
            _ if place.is_of_one_line() => bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len()),
            _ => bytes.len(),
        };
        mark(Some(place));
        self.write_plain(sink, &bytes[..head]);
        mark(None);
        self.write_plain(sink, &bytes[head..]);
    }

    fn write_plain(&self, sink: Sink, bytes: &[u8]) {
        let to = {
            let mut inner = self.inner.borrow_mut();
            let to = if sink == Sink::Out { inner.out.clone() } else { inner.error.clone() };
            if to.is_none() {
                inner.output.push_back((sink, String::from_utf8_lossy(bytes).into_owned()));
            }
            to
        };
        if let Some(write) = to {
            write(bytes);
        }
    }

    /// Asks from now on in the name of a context.
    pub fn set_context(&self, name: &str) {
        self.inner.borrow_mut().context = name.to_owned();
    }

    /// How reports look from now on.
    pub fn set_look(&self, look: Look) {
        self.inner.borrow_mut().look = look;
    }

    pub fn look(&self) -> Look {
        self.inner.borrow().look.clone()
    }

    /// What questions begin with: `?`, or `[prod] ?` in the context of that name.
    pub fn question_mark(&self) -> String {
        match self.inner.borrow().context.as_str() {
            "" => "?".to_owned(),
            context => format!("[{context}] ?"),
        }
    }

    pub fn is_terminal(&self) -> bool {
        self.inner.borrow().is_terminal
    }

    pub fn columns(&self) -> usize {
        self.inner.borrow().columns
    }

    /// Standard input comes from a pipe or a file rather than from a keyboard.
    pub fn has_piped_input(&self) -> bool {
        matches!(self.inner.borrow().input, Input::Pipe(_))
    }

    /// The pipe standard input comes from, if that is where it comes from.
    pub fn piped(&self) -> Option<Pipe> {
        match &self.inner.borrow().input {
            Input::Pipe(pipe) => Some(pipe.clone()),
            Input::Keyboard => None,
        }
    }

    /// What is said of a program that a real machine has and a page has not.
    pub fn refused_program(&self, name: &str) -> Option<String> {
        (self.inner.borrow().programs.as_ref()?.refused)(name)
    }

    /// Runs a program: what it wrote, and its status. `None`: there is no such program.
    pub async fn run_program(&self, program: Program) -> Option<(Vec<u8>, ExitCode)> {
        let run = Rc::clone(&self.inner.borrow().programs.as_ref()?.run);
        Some(run(program)?.await)
    }

    /// All of standard input: the pipe up to its end, or what is typed up to Ctrl-D.
    pub async fn read_to_end(&self) -> Vec<u8> {
        if let Some(pipe) = self.piped() {
            return pipe.rest().await;
        }
        let mut bytes = Vec::new();
        while let Some(line) = self.read_line().await {
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        }
        bytes
    }

    /// The next line of standard input without its newline, piped or typed; `None` at its end.
    pub async fn read_input_line(&self) -> Option<Vec<u8>> {
        let Some(pipe) = self.piped() else { return self.read_line().await.map(String::into_bytes) };
        let mut line = pipe.line().await?;
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        Some(line)
    }

    /// The next typed line of standard input; `None` at its end (Ctrl-D).
    pub async fn read_line(&self) -> Option<String> {
        self.wake_after(|inner| inner.reads = true);
        self.wait_for(|inner| match inner.typed.pop_front() {
            Some(line) => Some(Some(line)),
            None => inner.end_of_input.then_some(None),
        })
        .await
    }

    /// Asks and waits. The text of the answer is checked by the caller, which may ask again.
    pub async fn ask(&self, question: Question) -> Result<String, NoAnswer> {
        if !self.is_terminal() {
            return Err(NoAnswer::NoTerminal);
        }
        self.wait_for_answer(question).await
    }

    async fn wait_for_answer(&self, question: Question) -> Result<String, NoAnswer> {
        self.wake_after(|inner| {
            // What was typed before anything was asked is no answer.
            inner.typed.clear();
            inner.question = Some(question);
        });
        self.wait_for(|inner| {
            let answer = inner.answer.take();
            if answer.is_some() {
                inner.question = None;
            }
            answer
        })
        .await
    }

    /// Asks for a yes or no.
    pub async fn confirm(&self, message: &str, default: bool) -> Result<bool, NoAnswer> {
        let answer = self.ask(Question::Confirm { message: message.to_owned(), default }).await;
        match answer {
            Ok(text) if text.trim().is_empty() => Ok(default),
            Ok(text) => Ok(text.trim().to_ascii_lowercase().starts_with('y')),
            Err(NoAnswer::NoTerminal) => Err(NoAnswer::NoTerminalToConfirm),
            Err(reason) => Err(reason),
        }
    }

    /// Asks for a text that may be left empty; an empty answer is the default.
    pub async fn ask_text(&self, message: &str, default: &str, help: &str) -> Result<String, NoAnswer> {
        let (message, default, help) = (message.to_owned(), default.to_owned(), help.to_owned());
        let question = Question::Text { message, default: default.clone(), help, required: false };
        let answer = self.ask(question).await?;
        Ok(if answer.is_empty() { default } else { answer })
    }

    /// Asks for a text that must not be empty; the terminal asks again until it is not.
    pub async fn ask_required(&self, message: &str, help: &str) -> Result<String, NoAnswer> {
        let (message, help) = (message.to_owned(), help.to_owned());
        self.ask(Question::Text { message, default: String::new(), help, required: true }).await
    }

    /// Asks for one of `options`; `default` is an index into them. Returns the option's text.
    pub async fn choose(
        &self,
        message: &str,
        options: &[&str],
        default: usize,
        help: &str,
    ) -> Result<String, NoAnswer> {
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        let fallback = options.get(default).cloned().unwrap_or_default();
        let (message, help) = (message.to_owned(), help.to_owned());
        let answer = self.ask(Question::Select { message, options, default, help }).await?;
        Ok(if answer.is_empty() { fallback } else { answer })
    }

    /// Opens `text` in an editor. Returns it as it was saved, or as it was. An editor needs a keyboard; where standard
    /// output goes does not matter to it.
    pub async fn edit(&self, file: &str, text: &str) -> Result<String, NoAnswer> {
        if self.has_piped_input() {
            return Err(NoAnswer::NoTerminal);
        }
        let answer = self.wait_for_answer(Question::Edit { file: file.to_owned(), text: text.to_owned() }).await?;
        Ok(if answer.is_empty() { text.to_owned() } else { answer })
    }

    /// Done when the user pressed Ctrl-C. A command that has something to say then waits for it; others are dropped.
    pub async fn interrupt(&self) {
        self.inner.borrow_mut().minds_interrupts = true;
        self.wait_for(|inner| inner.interrupted.then_some(())).await
    }

    async fn wait_for<T>(&self, mut ready: impl FnMut(&mut Inner) -> Option<T>) -> T {
        poll_fn(|context| {
            let mut inner = self.inner.borrow_mut();
            match ready(&mut inner) {
                Some(value) => Poll::Ready(value),
                None => {
                    inner.wakers.push(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    // The terminal's side.

    pub fn take_output(&self) -> Vec<(Sink, String)> {
        self.inner.borrow_mut().output.drain(..).collect()
    }

    /// What the command is asking right now.
    pub fn question(&self) -> Option<Question> {
        self.inner.borrow().question.clone()
    }

    /// Answers the current question; for `Select` the text of the option.
    pub fn answer(&self, answer: Result<String, NoAnswer>) {
        self.wake_after(|inner| inner.answer = Some(answer));
    }

    /// The command takes what is typed.
    pub fn reads_keyboard(&self) -> bool {
        let inner = self.inner.borrow();
        inner.reads && !inner.end_of_input && matches!(inner.input, Input::Keyboard)
    }

    pub fn push_input(&self, line: &str) {
        self.wake_after(|inner| inner.typed.push_back(line.to_owned()));
    }

    /// Typed lines the command has not read.
    pub fn take_typed(&self) -> VecDeque<String> {
        std::mem::take(&mut self.inner.borrow_mut().typed)
    }

    pub fn end_input(&self) {
        self.wake_after(|inner| inner.end_of_input = true);
    }

    /// Ctrl-C. Returns whether the command takes note of it itself; otherwise it is for its owner to drop it.
    pub fn press_interrupt(&self) -> bool {
        self.wake_after(|inner| {
            inner.interrupted = true;
            if inner.question.is_some() {
                inner.answer = Some(Err(NoAnswer::Interrupted));
            }
        });
        let inner = self.inner.borrow();
        inner.minds_interrupts || inner.question.is_some()
    }

    fn wake_after(&self, change: impl FnOnce(&mut Inner)) {
        let wakers = {
            let mut inner = self.inner.borrow_mut();
            change(&mut inner);
            std::mem::take(&mut inner.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}
