//! Async scripts: futures over the crate's client, with any [`Target`] behind the wires.
//!
//! Knows who is connected and what time it is; carries bytes, moves [`Timers`] and runs futures until they stall. The
//! ways in are [`Driver::new`], [`Driver::connect`] and [`Driver::run`].

use super::stage::{Received, Target, Wire};
use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use jetlab::client::{Client, Options};
use jetlab::nuid::Rng;
use jetlab::time::{Timers, Timestamp};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

/// How long to listen when there is nothing else to do.
const PAUSE: Duration = Duration::from_millis(2);
/// A script that takes longer has lost its way.
const SCRIPT_LIMIT: Duration = Duration::from_secs(120);

/// Clones drive the same world, so that scripts can hold one.
#[derive(Clone)]
pub struct Driver {
    inner: Rc<RefCell<Inner>>,
    timers: Timers,
}

struct Inner {
    target: Box<dyn Target>,
    began: Timestamp,
    links: Vec<Link>,
    rng: Rng,
}

struct Link {
    client: Client,
    /// `None` after a cut.
    wire: Option<Box<dyn Wire>>,
}

impl Driver {
    /// `now` is what the clock shows on the target at this moment.
    pub fn new(target: Box<dyn Target>, now: Timestamp) -> Driver {
        let began = now - target.elapsed();
        let inner = Inner { target, began, links: Vec::new(), rng: Rng::new(7) };
        Driver { inner: Rc::new(RefCell::new(inner)), timers: Timers::new(now) }
    }

    pub fn timers(&self) -> &Timers {
        &self.timers
    }

    /// A client on a wire of its own; its handshake is still to come.
    pub fn connect(&self, options: Options) -> Client {
        let mut inner = self.inner.borrow_mut();
        let client = Client::new(options, self.timers.clone(), inner.rng.fork());
        let wire = inner.target.connect();
        client.wire_opened();
        inner.links.push(Link { client: client.clone(), wire: Some(wire) });
        client
    }

    /// Cuts the `index`th connection made.
    pub fn cut(&self, index: usize) {
        let mut inner = self.inner.borrow_mut();
        let link = &mut inner.links[index];
        link.wire = None;
        link.client.wire_closed();
    }

    /// A new wire for a client that was cut.
    pub fn reconnect(&self, index: usize) {
        let mut inner = self.inner.borrow_mut();
        let wire = inner.target.connect();
        let link = &mut inner.links[index];
        link.wire = Some(wire);
        link.client.wire_opened();
    }

    /// Runs `future` to its end, carrying bytes and moving time meanwhile.
    pub fn run<F: Future + 'static>(&self, future: F) -> F::Output {
        let mut pool = LocalPool::new();
        let output = Rc::new(Cell::new(None));
        let slot = output.clone();
        let task = async move { slot.set(Some(future.await)) };
        pool.spawner().spawn_local(task).expect("the pool lives");
        let limit = self.timers.now() + SCRIPT_LIMIT;
        loop {
            pool.run_until_stalled();
            if let Some(output) = output.take() {
                return output;
            }
            if !self.inner.borrow_mut().carry() {
                self.wait();
            }
            self.timers.advance(self.inner.borrow().now());
            assert!(self.timers.now() < limit, "the script takes longer than {SCRIPT_LIMIT:?}");
        }
    }

    /// Nothing moved: let time pass until something is due or comes.
    fn wait(&self) {
        let mut inner = self.inner.borrow_mut();
        let due = self.timers.next_deadline().map(|deadline| deadline.since(inner.now()));
        let pause = due.unwrap_or(PAUSE).min(PAUSE);
        match inner.links.iter_mut().find(|link| link.wire.is_some()) {
            Some(link) => {
                link.receive(pause);
            }
            None => inner.target.advance(pause),
        }
    }
}

impl Inner {
    fn now(&self) -> Timestamp {
        self.began + self.target.elapsed()
    }

    /// Whether anything moved.
    fn carry(&mut self) -> bool {
        let mut moved = false;
        for link in &mut self.links {
            moved |= link.send();
        }
        for link in &mut self.links {
            moved |= link.receive(Duration::ZERO);
        }
        moved
    }
}

impl Link {
    fn send(&mut self) -> bool {
        let Some(wire) = &mut self.wire else { return false };
        let bytes = self.client.poll_outgoing();
        bytes.inspect(|bytes| wire.send(bytes)).is_some()
    }

    fn receive(&mut self, patience: Duration) -> bool {
        let Some(wire) = &mut self.wire else { return false };
        match wire.receive(patience) {
            Received::Bytes(bytes) => self.client.received(&bytes),
            Received::Nothing => return false,
            Received::Closed => {
                self.wire = None;
                self.client.wire_closed();
            }
        }
        true
    }
}
