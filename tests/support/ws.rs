//! A script's end of a WebSocket: the same bytes in binary messages.

use super::stage::{Received, Wire};
use super::tcp::is_timeout;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use tungstenite::{Message, WebSocket};

pub struct WsWire {
    socket: WebSocket<TcpStream>,
    closed: bool,
}

impl WsWire {
    pub fn connect(address: SocketAddr) -> Box<dyn Wire> {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a connected socket has this option");
        let handshake = tungstenite::client(format!("ws://{address}/"), stream);
        let (socket, _) = handshake.unwrap_or_else(|error| panic!("no WebSocket at {address}: {error}"));
        Box::new(WsWire { socket, closed: false })
    }
}

impl Wire for WsWire {
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.socket.send(Message::binary(bytes.to_vec()));
    }

    fn receive(&mut self, patience: Duration) -> Received {
        if self.closed {
            return Received::Closed;
        }
        let patience = patience.max(Duration::from_millis(1));
        self.socket.get_ref().set_read_timeout(Some(patience)).expect("not zero");
        loop {
            match self.socket.read() {
                Ok(message) if message.is_binary() => return Received::Bytes(message.into_data().to_vec()),
                Ok(message) if !message.is_close() => {}
                Err(tungstenite::Error::Io(error)) if is_timeout(&error) => return Received::Nothing,
                _ => {
                    self.closed = true;
                    return Received::Closed;
                }
            }
        }
    }

    fn stop_reading(&mut self) {}
}
