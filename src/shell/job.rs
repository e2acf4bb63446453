//! A line that runs: its commands, and how they are stopped.

use crate::commands::{Console, ExitCode, Question};
use crate::map::Map;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// What a shell reports of a command that Ctrl-C ended.
pub const INTERRUPTED: ExitCode = 130;
const TERMINATED: ExitCode = 143;
const KILLED: ExitCode = 137;

/// One submitted line, or one part of it that was sent to the background.
pub struct Job {
    /// 0 for the foreground; `%1` and so on in the background.
    pub number: usize,
    /// What `$!` is right after it began; 0 in the foreground.
    pub process: u32,
    pub text: String,
    /// Number of the command in the wire log; what a line sends to the background is its own still.
    pub command: u64,
    pub status: Cell<Option<ExitCode>>,
    running: RefCell<Map<u64, Running>>,
    next: Cell<u64>,
    /// Lines that were typed and that no command has read.
    ahead: RefCell<VecDeque<String>>,
    interrupted: Cell<bool>,
    /// `fg` waits for it, and nobody is told when it ends.
    in_front: Cell<bool>,
    /// What `kill` said to it.
    signal: Cell<Option<&'static str>>,
    done_wakers: RefCell<Vec<Waker>>,
}

/// A command in a job.
struct Running {
    console: Console,
    stop: Stop,
}

/// A command that runs in a job; dropped, it does not any more.
pub struct Began {
    job: Rc<Job>,
    id: u64,
    pub stop: Stop,
}

impl Drop for Began {
    fn drop(&mut self) {
        let ended = self.job.running.borrow_mut().remove(&self.id);
        if let Some(Running { console, .. }) = ended {
            self.job.ahead.borrow_mut().extend(console.take_typed());
        }
    }
}

/// Ends a command by having its future dropped.
#[derive(Clone, Default)]
pub struct Stop {
    inner: Rc<(Cell<bool>, RefCell<Option<Waker>>)>,
}

impl Stop {
    fn pull(&self) {
        self.inner.0.set(true);
        if let Some(waker) = self.inner.1.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Done when the command is to be dropped.
    pub async fn pulled(&self) {
        poll_fn(|context| {
            if self.inner.0.get() {
                return Poll::Ready(());
            }
            *self.inner.1.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl Job {
    pub fn new(number: usize, process: u32, text: &str, command: u64) -> Rc<Job> {
        Rc::new(Job {
            number,
            process,
            text: text.to_owned(),
            command,
            status: Cell::new(None),
            running: RefCell::default(),
            next: Cell::new(0),
            ahead: RefCell::default(),
            interrupted: Cell::new(false),
            in_front: Cell::new(false),
            signal: Cell::new(None),
            done_wakers: RefCell::default(),
        })
    }

    pub fn is_interrupted(&self) -> bool {
        self.interrupted.get()
    }

    /// Registers a command for as long as what is returned lives.
    pub fn began(job: &Rc<Job>, console: &Console) -> Began {
        let id = job.next.get();
        job.next.set(id + 1);
        let stop = Stop::default();
        if !console.has_piped_input() {
            let ahead = std::mem::take(&mut *job.ahead.borrow_mut());
            ahead.iter().for_each(|line| console.push_input(line));
        }
        job.running.borrow_mut().insert(id, Running { console: console.clone(), stop: stop.clone() });
        if job.interrupted.get() {
            stop.pull();
        }
        Began { job: Rc::clone(job), id, stop }
    }

    /// `fg` waits for it.
    pub fn bring_to_front(&self) {
        self.in_front.set(true);
    }

    pub fn is_in_front(&self) -> bool {
        self.in_front.get()
    }

    /// `kill` ends it; `how` is what that is called.
    pub fn ended_by(&self, how: &'static str) {
        self.signal.set(Some(how));
    }

    /// The status with which it ended, and how that is called; `status` is what its last command reported.
    pub fn ending(&self, status: ExitCode) -> (ExitCode, String) {
        let signal = self.signal.get().filter(|_| self.is_interrupted());
        match (signal, status) {
            (Some("Terminated"), INTERRUPTED | 0 | 1) => (TERMINATED, "Terminated".to_owned()),
            (Some("Killed"), _) => (KILLED, "Killed".to_owned()),
            (Some(how), INTERRUPTED) => (INTERRUPTED, how.to_owned()),
            (_, INTERRUPTED) => (INTERRUPTED, "Interrupt".to_owned()),
            (_, 0) => (0, "Done".to_owned()),
            (_, status) => (status, format!("Exit {status}")),
        }
    }

    /// Ctrl-C: commands that have something to say are told, the others are dropped. The second time all are: what they
    /// have to say may wait for a server that does not answer.
    pub fn interrupt(&self) {
        let again = self.interrupted.replace(true);
        let running: Vec<_> = self.running.borrow().values().map(|r| (r.console.clone(), r.stop.clone())).collect();
        for (console, stop) in running {
            if !console.press_interrupt() || again {
                stop.pull();
            }
        }
    }

    /// `kill -9`: everything is dropped.
    pub fn kill(&self) {
        self.ended_by("Killed");
        self.interrupted.set(true);
        let stops: Vec<Stop> = self.running.borrow().values().map(|running| running.stop.clone()).collect();
        stops.iter().for_each(Stop::pull);
    }

    /// The question one of its commands is asking, and where the answer goes.
    pub fn question(&self) -> Option<(Question, Console)> {
        let running = self.running.borrow();
        running.values().find_map(|running| Some((running.console.question()?, running.console.clone())))
    }

    /// The console of the command that reads the keyboard: the one that waits for it, or the first that may.
    pub fn reader(&self) -> Option<Console> {
        let running = self.running.borrow();
        let mut consoles =
            running.values().map(|running| &running.console).filter(|console| !console.has_piped_input());
        consoles.clone().find(|console| console.reads_keyboard()).or_else(|| consoles.next()).cloned()
    }

    /// What is typed while it runs goes to the command that reads the keyboard, or waits for one.
    pub fn typed(&self, line: &str) {
        match self.reader() {
            Some(console) => console.push_input(line),
            None => self.ahead.borrow_mut().push_back(line.to_owned()),
        }
    }

    /// Lines that were typed and not read; Ctrl-C throws them away, as a terminal does.
    pub fn not_read(&self) -> VecDeque<String> {
        let ahead = std::mem::take(&mut *self.ahead.borrow_mut());
        if self.is_interrupted() { VecDeque::new() } else { ahead }
    }

    pub fn finish(&self, status: ExitCode) {
        self.status.set(Some(status));
        let wakers = std::mem::take(&mut *self.done_wakers.borrow_mut());
        wakers.into_iter().for_each(Waker::wake);
    }

    pub async fn finished(&self) -> ExitCode {
        poll_fn(|context| match self.status.get() {
            Some(status) => Poll::Ready(status),
            None => {
                self.done_wakers.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }
}
