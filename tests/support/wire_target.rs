//! The engine on stage behind real sockets and a real clock.

#![expect(clippy::disallowed_methods, reason = "a server behind a socket has a real clock")]

use super::stage::{Setup, Target, Wire};
use super::tcp::{SLACK, TcpWire};
use super::virtual_server;
use super::wire_server::WireServer;
use super::ws::WsWire;
use jetlab::engine::Event;
use std::time::{Duration, Instant};

struct WireTarget {
    server: WireServer,
    websocket: bool,
    started: Instant,
}

pub fn start_tcp(setup: &Setup) -> Box<dyn Target> {
    start(setup, false)
}

pub fn start_websocket(setup: &Setup) -> Box<dyn Target> {
    start(setup, true)
}

fn start(setup: &Setup, websocket: bool) -> Box<dyn Target> {
    let server = WireServer::start(virtual_server::options(setup), 0, 0).expect("loopback has free ports");
    Box::new(WireTarget { server, websocket, started: Instant::now() })
}

impl Target for WireTarget {
    fn connect(&mut self) -> Box<dyn Wire> {
        match self.websocket {
            true => WsWire::connect(self.server.ws_address),
            false => Box::new(TcpWire::connect(self.server.address).expect("the server listens")),
        }
    }

    fn advance(&mut self, duration: Duration) {
        std::thread::sleep(duration + SLACK);
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The facts stay in the engine's thread.
    fn events(&self) -> Option<Vec<Event>> {
        None
    }
}
