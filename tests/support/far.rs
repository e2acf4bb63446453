//! A playground whose server is behind a socket: carries its asks out over TCP or WebSocket, in real time.
//!
//! Knows sockets and the clock, nothing of what a script claims.

#![expect(clippy::disallowed_methods, reason = "a server behind a socket has a real clock")]

use super::stage::{Received, Wire};
use super::tcp::TcpWire;
use super::ws::WsWire;
use jetlab::engine::ConnId;
use jetlab::lessons::ScriptLine;
use jetlab::playground::remote::{Ask, Server, Tell};
use jetlab::playground::{Input, Playground};
use jetlab::time::Timestamp;
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long anything a script waits for may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Far {
    pub playground: Playground,
    wires: BTreeMap<ConnId, Box<dyn Wire>>,
}

impl Far {
    pub fn at(server: Server) -> Far {
        Far { playground: Playground::far_away(7, now(), server), wires: BTreeMap::new() }
    }

    /// Everything that can happen now does.
    pub fn turn(&mut self) {
        self.playground.advance_to(now());
        for ask in self.playground.take_asks() {
            self.carry_out(ask);
        }
        let mut told = Vec::new();
        self.wires.retain(|&conn, wire| match wire.receive(Duration::from_millis(1)) {
            Received::Bytes(bytes) => {
                told.push(Tell::Received { conn, bytes: bytes.into() });
                true
            }
            Received::Nothing => true,
            Received::Closed => {
                told.push(Tell::Closed { conn, why: "EOF".to_owned() });
                false
            }
        });
        for tell in told {
            self.playground.told(now(), tell);
            self.playground.settle();
        }
        if self.wires.is_empty() {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn carry_out(&mut self, ask: Ask) {
        match ask {
            Ask::Dial { conn, url } => match dial(&url) {
                Ok(wire) => {
                    self.wires.insert(conn, wire);
                    self.playground.told(now(), Tell::Opened { conn });
                }
                Err(why) => self.playground.told(now(), Tell::Closed { conn, why }),
            },
            Ask::Send { conn, bytes } => {
                if let Some(wire) = self.wires.get_mut(&conn) {
                    wire.send(&bytes);
                }
            }
            Ask::HangUp { conn } => drop(self.wires.remove(&conn)),
        }
    }

    /// Waits until `done`, or panics with `what` was waited for.
    pub fn until(&mut self, what: &str, done: impl Fn(&Playground) -> bool) {
        let began = Instant::now();
        while !done(&self.playground) {
            let screens: Vec<String> = self
                .playground
                .actors()
                .iter()
                .filter_map(|it| self.playground.terminal(it))
                .map(|it| it.transcript())
                .collect();
            assert!(began.elapsed() < PATIENCE, "waited in vain: {what}\n{}", screens.join("\n"));
            self.turn();
        }
    }

    /// Lets time pass until `done`, at most so much of it.
    pub fn pass_until(&mut self, time: Duration, done: impl Fn(&Playground) -> bool) {
        let began = Instant::now();
        while began.elapsed() < time && !done(&self.playground) {
            self.turn();
        }
    }

    pub fn pass(&mut self, time: Duration) {
        let began = Instant::now();
        while began.elapsed() < time {
            self.turn();
        }
    }

    /// Types a line and returns what it printed once it has ended.
    pub fn typed(&mut self, actor: &str, line: &str) -> String {
        let before = self.playground.terminal(actor).map_or(0, |terminal| terminal.extent().end);
        self.playground.input(Input::Line { actor: actor.into(), line: line.into() });
        self.until(line, |playground| playground.terminal(actor).is_some_and(|terminal| !terminal.is_busy()));
        let lines = self.playground.terminal(actor).unwrap().lines_in(before + 1..usize::MAX);
        lines.iter().map(|(_, line)| format!("{}\n", line.text)).collect()
    }

    /// Plays lines as a lesson has them; only what is typed.
    pub fn play(&mut self, lines: &[ScriptLine]) {
        for line in lines {
            if let ScriptLine::Type { actor, line } = line {
                self.typed(actor, line);
            }
        }
    }
}

fn dial(url: &str) -> Result<Box<dyn Wire>, String> {
    let address = url.split_once("://").map_or(url, |(_, address)| address);
    let there = address.parse().map_err(|_| format!("{address} is no socket address"))?;
    if url.starts_with("ws://") {
        // The handshake below panics where nobody listens.
        std::net::TcpStream::connect(address).map_err(|error| error.to_string())?;
        return Ok(WsWire::connect(there));
    }
    TcpWire::connect(address).map(|wire| Box::new(wire) as Box<dyn Wire>).map_err(|error| error.to_string())
}

pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    Timestamp(i64::try_from(since.as_nanos()).expect("the clock is before 2262"))
}
