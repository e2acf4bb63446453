//! The engine on stage, in virtual time: waiting costs nothing and nothing is left to chance.

use super::stage::{Received, Setup, Target, TestUser, Wire};
use jetlab::engine::{Account, ConnId, Credentials, Engine, Event, Input, Options, Output};
use jetlab::time::Timestamp;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// Saturday, 21 November 2026, 09:00 UTC.
pub const START: Timestamp = Timestamp(1_795_251_600_000_000_000);
/// What sending something takes, so that no two messages have the same time.
const MOMENT: Duration = Duration::from_micros(20);

pub struct VirtualServer(Rc<RefCell<World>>);

struct World {
    engine: Engine,
    now: Timestamp,
    ends: BTreeMap<ConnId, End>,
    events: Vec<Event>,
}

/// The client's end of one connection.
#[derive(Default)]
struct End {
    unread: Vec<u8>,
    closed: bool,
    reads_nothing: bool,
}

struct VirtualWire {
    world: Rc<RefCell<World>>,
    conn: ConnId,
}

pub fn start(setup: &Setup) -> Box<dyn Target> {
    let engine = Engine::new(options(setup), START);
    let world = World { engine, now: START, ends: BTreeMap::new(), events: Vec::new() };
    Box::new(VirtualServer(Rc::new(RefCell::new(world))))
}

pub fn options(setup: &Setup) -> Options {
    let mut options = Options {
        max_storage: setup.max_storage,
        max_reserved: setup.max_storage,
        jetstream: !setup.no_jetstream,
        domain: setup.domain.map(str::to_owned),
        long_ack_subjects: setup.long_ack_subjects,
        ..Options::default()
    };
    options.account = Account {
        jetstream: !setup.account_without_jetstream,
        max_streams: setup.max_streams,
        max_consumers: setup.max_consumers,
    };
    let owned = |text: &str| text.to_owned();
    options.credentials = Credentials {
        user_password: setup.user_password.map(|(user, password)| (owned(user), owned(password))),
        token: setup.token.map(owned),
        users: setup.users.iter().map(TestUser::user).collect(),
        no_auth_user: setup.no_auth_user.map(owned),
    };
    options.max_payload = setup.max_payload.unwrap_or(options.max_payload);
    options.max_pending = setup.max_pending.unwrap_or(options.max_pending);
    options.ping_interval = setup.ping_interval.unwrap_or(options.ping_interval);
    options.ping_max = setup.ping_max.unwrap_or(options.ping_max);
    options
}

impl World {
    fn handle(&mut self, input: Input) {
        for output in self.engine.handle(self.now, input) {
            match output {
                Output::Send { conn, op } => {
                    if let Some(end) = self.ends.get_mut(&conn) {
                        op.encode(&mut end.unread);
                    }
                }
                Output::Close { conn, .. } => {
                    if let Some(end) = self.ends.get_mut(&conn) {
                        end.closed = true;
                    }
                }
                Output::Event(event) => self.events.push(event),
            }
        }
    }

    fn report_unread(&mut self) {
        let stuck = self.ends.iter().filter(|(_, end)| end.reads_nothing && !end.closed);
        let reports: Vec<_> = stuck.map(|(&conn, end)| Input::Unread { conn, bytes: end.unread.len() }).collect();
        reports.into_iter().for_each(|report| self.handle(report));
    }

    /// Jumps from deadline to deadline until `until`, or until `done`.
    fn run(&mut self, until: Timestamp, done: impl Fn(&World) -> bool) {
        while !done(self) {
            match self.engine.poll_timeout().filter(|&deadline| deadline <= until) {
                Some(deadline) => {
                    let stuck_at = (deadline <= self.now).then_some(deadline);
                    self.now = self.now.max(deadline);
                    self.handle(Input::Tick);
                    let again = self.engine.poll_timeout();
                    assert!(stuck_at.is_none() || again != stuck_at, "a tick left its deadline {deadline:?} due");
                }
                None => {
                    self.now = self.now.max(until);
                    return;
                }
            }
        }
    }
}

impl Target for VirtualServer {
    fn connect(&mut self) -> Box<dyn Wire> {
        let mut world = self.0.borrow_mut();
        let conn = ConnId(world.ends.len() as u64 + 1);
        world.ends.insert(conn, End::default());
        world.handle(Input::Open { conn });
        Box::new(VirtualWire { world: self.0.clone(), conn })
    }

    fn advance(&mut self, duration: Duration) {
        let mut world = self.0.borrow_mut();
        let until = world.now + duration;
        world.run(until, |_| false);
    }

    fn elapsed(&self) -> Duration {
        self.0.borrow().now.since(START)
    }

    fn events(&self) -> Option<Vec<Event>> {
        Some(self.0.borrow().events.clone())
    }
}

impl Wire for VirtualWire {
    fn send(&mut self, bytes: &[u8]) {
        let mut world = self.world.borrow_mut();
        let until = world.now + MOMENT;
        world.run(until, |_| false);
        let (conn, bytes) = (self.conn, bytes::Bytes::copy_from_slice(bytes));
        world.handle(Input::Received { conn, bytes });
        world.report_unread();
    }

    fn receive(&mut self, patience: Duration) -> Received {
        let mut world = self.world.borrow_mut();
        let until = world.now + patience;
        let conn = self.conn;
        world.run(until, |world| world.ends[&conn].closed || !world.ends[&conn].unread.is_empty());
        let end = world.ends.get_mut(&conn).expect("added when it was connected, never removed");
        match std::mem::take(&mut end.unread) {
            bytes if !bytes.is_empty() => Received::Bytes(bytes),
            _ if end.closed => Received::Closed,
            _ => Received::Nothing,
        }
    }

    fn stop_reading(&mut self) {
        let mut world = self.world.borrow_mut();
        let end = world.ends.get_mut(&self.conn).expect("added when it was connected, never removed");
        end.reads_nothing = true;
    }
}

impl Drop for VirtualWire {
    fn drop(&mut self) {
        // A script that fails in the middle of a step drops its clients while the world is borrowed.
        if let Ok(mut world) = self.world.try_borrow_mut() {
            let conn = self.conn;
            world.handle(Input::Gone { conn });
        }
    }
}
