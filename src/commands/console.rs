//! A command's terminal: where it prints, what it reads, what it asks.
//!
//! One end is held by the command, the other by the shell (or a test): text comes out through [`Console::take_output`],
//! keys go in through [`Console::push_input`] and [`Console::answer`].

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

#[derive(Clone)]
pub struct Console {
    inner: Rc<RefCell<Inner>>,
}

struct Inner {
    is_terminal: bool,
    columns: usize,
    output: VecDeque<(Sink, String)>,
    /// Set while standard input is a pipe or a file; complete from the start.
    piped_input: Option<Vec<u8>>,
    typed: VecDeque<String>,
    end_of_input: bool,
    question: Option<Question>,
    answer: Option<Result<String, NoAnswer>>,
    interrupted: bool,
    waker: Option<Waker>,
}

impl Console {
    /// `is_terminal`: a person sits there, so questions can be asked. `columns` is the width in characters.
    pub fn new(is_terminal: bool, columns: usize) -> Console {
        let inner = Inner {
            is_terminal,
            columns,
            output: VecDeque::new(),
            piped_input: None,
            typed: VecDeque::new(),
            end_of_input: false,
            question: None,
            answer: None,
            interrupted: false,
            waker: None,
        };
        Console { inner: Rc::new(RefCell::new(inner)) }
    }

    /// Gives the command a complete standard input instead of the keyboard.
    pub fn pipe_input(&self, bytes: Vec<u8>) {
        self.inner.borrow_mut().piped_input = Some(bytes);
    }

    // The command's side.

    /// Writes to standard output as it is; a line ends with `\n`, `\r` goes back to its start (progress bars).
    pub fn print(&self, text: &str) {
        self.inner.borrow_mut().output.push_back((Sink::Out, text.to_owned()));
    }

    /// Writes a line to standard output.
    pub fn line(&self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// Writes a line to standard error.
    pub fn error(&self, text: &str) {
        self.inner.borrow_mut().output.push_back((Sink::Error, format!("{text}\n")));
    }

    pub fn is_terminal(&self) -> bool {
        self.inner.borrow().is_terminal
    }

    pub fn columns(&self) -> usize {
        self.inner.borrow().columns
    }

    /// The piped standard input, if that is where it comes from.
    pub fn take_piped_input(&self) -> Option<Vec<u8>> {
        self.inner.borrow_mut().piped_input.take()
    }

    /// The next typed line of standard input; `None` at its end (Ctrl-D).
    pub async fn read_line(&self) -> Option<String> {
        poll_fn(|context| {
            let mut inner = self.inner.borrow_mut();
            if let Some(line) = inner.typed.pop_front() {
                return Poll::Ready(Some(line));
            }
            if inner.end_of_input {
                return Poll::Ready(None);
            }
            inner.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Asks and waits. The text of the answer is checked by the caller, which may ask again.
    pub async fn ask(&self, question: Question) -> Result<String, NoAnswer> {
        if !self.is_terminal() {
            return Err(NoAnswer::NoTerminal);
        }
        self.inner.borrow_mut().question = Some(question);
        poll_fn(|context| {
            let mut inner = self.inner.borrow_mut();
            if let Some(answer) = inner.answer.take() {
                inner.question = None;
                return Poll::Ready(answer);
            }
            inner.waker = Some(context.waker().clone());
            Poll::Pending
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

    /// Done when the user pressed Ctrl-C. A command that has something to say then waits for it; others are dropped.
    pub async fn interrupt(&self) {
        poll_fn(|context| {
            let mut inner = self.inner.borrow_mut();
            if inner.interrupted {
                return Poll::Ready(());
            }
            inner.waker = Some(context.waker().clone());
            Poll::Pending
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

    pub fn push_input(&self, line: &str) {
        self.wake_after(|inner| inner.typed.push_back(line.to_owned()));
    }

    pub fn end_input(&self) {
        self.wake_after(|inner| inner.end_of_input = true);
    }

    pub fn press_interrupt(&self) {
        self.wake_after(|inner| inner.interrupted = true);
    }

    fn wake_after(&self, change: impl FnOnce(&mut Inner)) {
        let waker = {
            let mut inner = self.inner.borrow_mut();
            change(&mut inner);
            inner.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
