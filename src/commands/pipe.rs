//! Bytes from one command to the next.
//!
//! Like a pipe of an operating system without its limit: written at once, read when they are there, and a writer whose
//! reader has gone is told so. Single-threaded.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Both ends; clones share them.
#[derive(Clone, Default)]
pub struct Pipe {
    inner: Rc<RefCell<Inner>>,
}

#[derive(Default)]
struct Inner {
    bytes: Vec<u8>,
    /// So many of them were read.
    taken: usize,
    finished: bool,
    /// How much it held from the start, if that was everything.
    whole: Option<usize>,
    reader_gone: bool,
    /// Somebody wrote although nobody reads any more.
    broken: bool,
    wakers: Vec<Waker>,
}

impl Inner {
    fn take(&mut self, length: usize) -> Vec<u8> {
        let end = self.taken + length;
        let taken = self.bytes[self.taken..end].to_vec();
        self.taken = end;
        // What was read makes room now and then: moving the rest for each line would take long.
        if self.taken >= self.bytes.len() / 2 {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
        taken
    }
}

impl Pipe {
    pub fn new() -> Pipe {
        Pipe::default()
    }

    /// A pipe that holds everything from the start.
    pub fn full(bytes: Vec<u8>) -> Pipe {
        let pipe = Pipe::new();
        pipe.inner.borrow_mut().whole = Some(bytes.len());
        pipe.write(&bytes);
        pipe.finish();
        pipe
    }

    /// The length of the file it stands for, if it does.
    pub fn file_length(&self) -> Option<usize> {
        self.inner.borrow().whole
    }

    pub fn write(&self, bytes: &[u8]) {
        self.change(|inner| {
            if inner.reader_gone {
                inner.broken = true;
            } else {
                inner.bytes.extend_from_slice(bytes);
            }
        });
    }

    /// Nothing more will be written.
    pub fn finish(&self) {
        self.change(|inner| inner.finished = true);
    }

    /// Nothing more will be read.
    pub fn close(&self) {
        self.change(|inner| {
            inner.reader_gone = true;
            inner.bytes.clear();
            inner.taken = 0;
        });
    }

    /// The next line with its newline, or what is left at the end; `None` after that.
    pub async fn line(&self) -> Option<Vec<u8>> {
        self.read(|bytes, finished| match bytes.iter().position(|&byte| byte == b'\n') {
            Some(end) => Some(end + 1),
            None if finished => Some(bytes.len()),
            None => None,
        })
        .await
    }

    /// Whatever is there, as soon as something is; `None` at the end.
    pub async fn chunk(&self) -> Option<Vec<u8>> {
        self.read(|bytes, finished| (!bytes.is_empty() || finished).then_some(bytes.len())).await
    }

    /// Everything up to the end.
    pub async fn rest(&self) -> Vec<u8> {
        self.read(|bytes, finished| finished.then_some(bytes.len())).await.unwrap_or_default()
    }

    /// Done when something was written after the reader had gone.
    pub async fn broken(&self) {
        poll_fn(|context| {
            let mut inner = self.inner.borrow_mut();
            if inner.broken {
                return Poll::Ready(());
            }
            inner.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// `ready` says how many bytes can be taken; taking none means the end.
    async fn read(&self, ready: impl Fn(&[u8], bool) -> Option<usize>) -> Option<Vec<u8>> {
        poll_fn(|context| {
            let mut inner = self.inner.borrow_mut();
            match ready(&inner.bytes[inner.taken..], inner.finished) {
                Some(0) => Poll::Ready(None),
                Some(length) => Poll::Ready(Some(inner.take(length))),
                None => {
                    inner.wakers.push(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        let wakers = {
            let mut inner = self.inner.borrow_mut();
            change(&mut inner);
            std::mem::take(&mut inner.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}
