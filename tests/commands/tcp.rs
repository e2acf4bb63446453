//! nats-server behind sockets, in real time.

#![expect(clippy::disallowed_methods, reason = "a real server has a real clock")]

use super::place::Place;
use super::support::Setup;
use super::support::real_server::RealServer;
use futures::executor::{LocalPool, LocalSpawner};
use jetlab::client::{Client, Options};
use jetlab::nuid::Rng;
use jetlab::time::{Timers, Timestamp};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const GIB: u64 = 1 << 30;
const READ_BYTES: usize = 64 * 1024;

/// A server of its own, and the wires to it.
pub struct OverTcp {
    server: RealServer,
    pool: LocalPool,
    timers: Timers,
    rng: Rng,
    wires: BTreeMap<u64, Wire>,
    next_wire: u64,
    news: Receiver<News>,
    sender: Sender<News>,
}

struct Wire {
    client: Client,
    stream: TcpStream,
}

/// What a wire brought; nothing at its end.
type News = (u64, Vec<u8>);

impl OverTcp {
    /// Starts `program`.
    pub fn new(program: &Path) -> OverTcp {
        let server = RealServer::start(program, &Setup { max_storage: Some(10 * GIB), ..Setup::default() });
        let (sender, news) = channel();
        OverTcp {
            server,
            pool: LocalPool::new(),
            timers: Timers::new(now()),
            rng: Rng::new(11),
            wires: BTreeMap::new(),
            next_wire: 0,
            news,
            sender,
        }
    }

    /// A wire whose bytes a thread reads.
    fn dial(&mut self, number: u64, client: Client) {
        let stream = TcpStream::connect(self.server.address()).expect("the server listens");
        stream.set_nodelay(true).expect("a socket just opened");
        let mut reader = stream.try_clone().expect("a socket just opened");
        let sender = self.sender.clone();
        thread::spawn(move || {
            let mut buffer = vec![0; READ_BYTES];
            loop {
                let count = reader.read(&mut buffer).unwrap_or(0);
                if sender.send((number, buffer[..count].to_vec())).is_err() || count == 0 {
                    return;
                }
            }
        });
        client.wire_opened();
        self.wires.insert(number, Wire { client, stream });
    }

    fn receive(&mut self, (number, bytes): News) {
        let Some(wire) = self.wires.get(&number) else { return };
        if !bytes.is_empty() {
            wire.client.received(&bytes);
            return;
        }
        // The server hung up: dialled again, as official clients do.
        let client = wire.client.clone();
        client.wire_closed();
        self.dial(number, client);
    }

    fn carry_outgoing(&mut self) -> bool {
        let mut carried = false;
        for wire in self.wires.values_mut() {
            while let Some(bytes) = wire.client.poll_outgoing() {
                carried = true;
                // A server that hung up is found out by reading.
                let _ = wire.stream.write_all(&bytes);
            }
        }
        carried
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    Timestamp(since.as_nanos() as i64)
}

impl Place for OverTcp {
    fn url(&self) -> String {
        format!("nats://{}", self.server.address())
    }

    fn timers(&self) -> &Timers {
        &self.timers
    }

    fn spawner(&self) -> LocalSpawner {
        self.pool.spawner()
    }

    fn fork_rng(&mut self) -> Rng {
        self.rng.fork()
    }

    fn connect(&mut self, name: &str) -> (u64, Client) {
        let options = Options { name: name.to_owned(), ..Options::default() };
        let client = Client::new(options, self.timers.clone(), self.rng.fork());
        self.next_wire += 1;
        self.dial(self.next_wire, client.clone());
        (self.next_wire, client)
    }

    fn hang_up(&mut self, wire: u64) {
        self.settle();
        if let Some(wire) = self.wires.remove(&wire) {
            wire.client.close();
            let _ = wire.stream.shutdown(Shutdown::Both);
        }
    }

    fn settle(&mut self) {
        self.timers.advance(now());
        loop {
            self.pool.run_until_stalled();
            if !self.carry_outgoing() {
                return;
            }
        }
    }

    fn step(&mut self, until: Timestamp) -> bool {
        self.settle();
        let due = self.timers.next_deadline().map_or(until, |due| due.min(until));
        let wait = due.since(now()).max(Duration::from_micros(1));
        if let Ok(news) = self.news.recv_timeout(wait) {
            self.receive(news);
            while let Ok(news) = self.news.try_recv() {
                self.receive(news);
            }
        }
        self.settle();
        now() < until
    }

    fn rest_until(&mut self, _: Timestamp) {}
}
