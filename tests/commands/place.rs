//! Where transcripts are played: a world in virtual time, or nats-server behind sockets.

use futures::executor::LocalSpawner;
use jetlab::client::Client;
use jetlab::engine::{ConnId, Event};
use jetlab::flow::Role;
use jetlab::nuid::Rng;
use jetlab::playground::world::{Newcomer, Observer, World};
use jetlab::protocol::ClientOp;
use jetlab::time::{Timers, Timestamp};
use std::time::Duration;

/// A server, wires to it, futures and time.
pub trait Place {
    /// What `NATS_URL` says here.
    fn url(&self) -> String;
    fn timers(&self) -> &Timers;
    fn spawner(&self) -> LocalSpawner;
    fn fork_rng(&mut self) -> Rng;
    /// A new client of that name and the number of its wire.
    fn connect(&mut self, name: &str) -> (u64, Client);
    fn hang_up(&mut self, wire: u64);
    /// Lets happen what can without time passing.
    fn settle(&mut self);
    /// Lets the next thing happen that is not after `until`; `false` if there is none.
    fn step(&mut self, until: Timestamp) -> bool;
    /// Stands at `until`, after everything before it has happened.
    fn rest_until(&mut self, until: Timestamp);
}

/// A time whose fraction has all nine digits, so that texts are as long as they were recorded.
const STARTED: Timestamp = Timestamp(1_795_251_600_123_456_789);
const LATENCY: Duration = Duration::from_micros(150);

struct Silent;

impl Observer for Silent {
    fn sent(&mut self, _: Timestamp, _: Timestamp, _: ConnId, _: &ClientOp) {}
    fn event(&mut self, _: Event) {}
    fn opened(&mut self, _: Timestamp, _: ConnId, _: &str, _: Option<Role>, _: Duration) {}
    fn closed(&mut self, _: Timestamp, _: ConnId) {}
}

/// The server of the page, in virtual time.
pub struct InPage(World);

impl InPage {
    pub fn new() -> InPage {
        InPage(World::new(11, STARTED))
    }
}

impl Place for InPage {
    fn url(&self) -> String {
        "nats://127.0.0.1:4222".to_owned()
    }

    fn timers(&self) -> &Timers {
        self.0.timers()
    }

    fn spawner(&self) -> LocalSpawner {
        self.0.spawner()
    }

    fn fork_rng(&mut self) -> Rng {
        self.0.fork_rng()
    }

    fn connect(&mut self, name: &str) -> (u64, Client) {
        let (conn, client) = self.0.connect(Newcomer::named(name, LATENCY), &mut Silent);
        (conn.0, client)
    }

    fn hang_up(&mut self, wire: u64) {
        self.0.hang_up(ConnId(wire), &mut Silent);
    }

    fn settle(&mut self) {
        self.0.settle(&mut Silent);
    }

    fn step(&mut self, until: Timestamp) -> bool {
        self.0.step(until, &mut Silent)
    }

    fn rest_until(&mut self, until: Timestamp) {
        self.0.rest_until(until);
        self.settle();
    }
}
