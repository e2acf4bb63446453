//! Waiting for a time that somebody else decides.
//!
//! [`Timers`] holds the current time and the deadlines of sleeping futures. Its owner (a playground, a test) moves the
//! time with [`Timers::advance`]; nothing here reads a clock. Single-threaded by design.

use super::Timestamp;
use crate::map::Map;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The time as told, and who waits for which point of it. Clones share the same clock.
#[derive(Clone)]
pub struct Timers {
    inner: Rc<RefCell<Inner>>,
}

struct Inner {
    now: Timestamp,
    next_id: u64,
    waiting: Map<(Timestamp, u64), Waker>,
}

/// The deadline passed before the future was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

impl Timers {
    pub fn new(now: Timestamp) -> Timers {
        Timers { inner: Rc::new(RefCell::new(Inner { now, next_id: 0, waiting: Map::new() })) }
    }

    pub fn now(&self) -> Timestamp {
        self.inner.borrow().now
    }

    /// The earliest time anybody waits for.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.inner.borrow().waiting.first_key_value().map(|((at, _), _)| *at)
    }

    /// Moves time forward to `now` (never back) and wakes whoever was waiting for a point up to then, earliest first.
    /// `false` if nobody was.
    pub fn advance(&self, now: Timestamp) -> bool {
        let due = {
            let mut inner = self.inner.borrow_mut();
            inner.now = inner.now.max(now);
            if inner.waiting.first_key_value().is_none_or(|((at, _), _)| *at > now) {
                return false;
            }
            let later = inner.waiting.split_off(&(Timestamp(now.0.saturating_add(1)), 0));
            std::mem::replace(&mut inner.waiting, later)
        };
        due.into_values().for_each(Waker::wake);
        true
    }

    pub fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_until(self.now() + duration)
    }

    pub fn sleep_until(&self, deadline: Timestamp) -> Sleep {
        Sleep { timers: self.clone(), deadline, id: None }
    }

    /// Runs `future` until `deadline`.
    pub async fn timeout_at<F: Future>(&self, deadline: Timestamp, future: F) -> Result<F::Output, Elapsed> {
        let sleep = self.sleep_until(deadline);
        match futures::future::select(std::pin::pin!(future), std::pin::pin!(sleep)).await {
            futures::future::Either::Left((output, _)) => Ok(output),
            futures::future::Either::Right(_) => Err(Elapsed),
        }
    }

    pub async fn timeout<F: Future>(&self, duration: Duration, future: F) -> Result<F::Output, Elapsed> {
        self.timeout_at(self.now() + duration, future).await
    }
}

/// Done when the clock has reached its deadline.
pub struct Sleep {
    timers: Timers,
    deadline: Timestamp,
    id: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let timers = self.timers.clone();
        let mut inner = timers.inner.borrow_mut();
        if inner.now >= self.deadline {
            if let Some(id) = self.id.take() {
                inner.waiting.remove(&(self.deadline, id));
            }
            return Poll::Ready(());
        }
        let id = *self.id.get_or_insert_with(|| {
            inner.next_id += 1;
            inner.next_id
        });
        inner.waiting.insert((self.deadline, id), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.timers.inner.borrow_mut().waiting.remove(&(self.deadline, id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn sleeps_until_told_the_time() {
        let timers = Timers::new(Timestamp(0));
        let mut sleep = Box::pin(timers.sleep(Duration::from_secs(5)));
        assert!((&mut sleep).now_or_never().is_none());
        assert_eq!(timers.next_deadline(), Some(Timestamp::from_secs(5)));
        timers.advance(Timestamp::from_secs(5));
        assert!(sleep.now_or_never().is_some());
        assert_eq!(timers.next_deadline(), None);
    }

    #[test]
    fn a_dropped_sleep_leaves_no_deadline() {
        let timers = Timers::new(Timestamp(0));
        let mut sleep = Box::pin(timers.sleep(Duration::from_secs(5)));
        assert!((&mut sleep).now_or_never().is_none());
        drop(sleep);
        assert_eq!(timers.next_deadline(), None);
    }
}
