//! A server that is already running somewhere, and the wire to it.

#![expect(clippy::disallowed_methods, reason = "a real server has a real clock")]

use super::stage::{Received, Target, Wire};
use jetlab::engine::Event;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// A timer of a server is never early, and this much late at most on a machine that has other things to do.
pub const SLACK: Duration = Duration::from_millis(30);

/// A server at an address such as `127.0.0.1:4222` or `nats://localhost`.
pub struct TcpServer {
    address: String,
    started: Instant,
}

impl TcpServer {
    pub fn at(url: &str) -> TcpServer {
        let address = url.strip_prefix("nats://").unwrap_or(url).trim_end_matches('/');
        let port = if address.contains(':') { "" } else { ":4222" };
        TcpServer { address: format!("{address}{port}"), started: Instant::now() }
    }
}

impl Target for TcpServer {
    fn connect(&mut self) -> Box<dyn Wire> {
        Box::new(TcpWire::connect(self.address.as_str()).expect("the named server listens"))
    }

    fn advance(&mut self, duration: Duration) {
        std::thread::sleep(duration + SLACK);
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn events(&self) -> Option<Vec<Event>> {
        None
    }
}

pub struct TcpWire {
    stream: TcpStream,
    closed: bool,
}

impl TcpWire {
    pub fn connect(address: impl ToSocketAddrs) -> std::io::Result<TcpWire> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(TcpWire { stream, closed: false })
    }
}

impl Wire for TcpWire {
    fn send(&mut self, bytes: &[u8]) {
        // The server may hang up in the middle of what a script sends; the script finds out by reading.
        let _ = self.stream.write_all(bytes);
    }

    fn receive(&mut self, patience: Duration) -> Received {
        if self.closed {
            return Received::Closed;
        }
        let patience = patience.max(Duration::from_millis(1));
        self.stream.set_read_timeout(Some(patience)).expect("not zero");
        let mut buffer = [0; 64 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.closed = true,
            Ok(count) => return Received::Bytes(buffer[..count].to_vec()),
            Err(error) if is_timeout(&error) => return Received::Nothing,
            Err(_) => self.closed = true,
        }
        Received::Closed
    }

    /// Nothing to do: what a script does not read fills the socket.
    fn stop_reading(&mut self) {}
}

/// Nothing came in time; whatever comes later can still be read.
pub fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
