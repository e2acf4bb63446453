//! What a program wants to be told about its connection while it does something else.

use super::Error;
use super::handle::Shared;
use futures::Stream;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The handshake is done for the first time.
    Connected,
    /// The wire broke; the client waits for another one.
    Disconnected,
    /// Back again: subscriptions are made anew, what waited is sent.
    Reconnected,
    /// An `-ERR` of the server.
    Error(Error),
    /// Ended by us.
    Closed,
}

/// Notices from the moment this was asked for. Ends after [`Notice::Closed`].
pub struct Notices {
    inner: Rc<RefCell<Queue>>,
    // Without this nobody would be left to say "closed".
    _client: Rc<Shared>,
}

#[derive(Default)]
pub(super) struct Queue {
    notices: VecDeque<Notice>,
    ended: bool,
    waker: Option<Waker>,
}

/// Everybody who wants to be told.
#[derive(Default)]
pub(super) struct Listeners(Vec<Weak<RefCell<Queue>>>);

impl Listeners {
    pub fn listen(&mut self, client: Rc<Shared>) -> Notices {
        let inner = Rc::new(RefCell::new(Queue::default()));
        self.0.push(Rc::downgrade(&inner));
        Notices { inner, _client: client }
    }

    /// Returns who must be woken.
    pub fn tell(&mut self, notice: &Notice) -> Vec<Waker> {
        let mut wakers = Vec::new();
        self.0.retain(|listener| {
            let Some(queue) = listener.upgrade() else { return false };
            let mut queue = queue.borrow_mut();
            queue.notices.push_back(notice.clone());
            queue.ended |= *notice == Notice::Closed;
            wakers.extend(queue.waker.take());
            true
        });
        wakers
    }
}

impl Stream for Notices {
    type Item = Notice;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Notice>> {
        let mut queue = self.inner.borrow_mut();
        if let Some(notice) = queue.notices.pop_front() {
            return Poll::Ready(Some(notice));
        }
        if queue.ended {
            return Poll::Ready(None);
        }
        queue.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
