//! A server and one client connection, spoken to in bytes, as over a wire.

use bytes::Bytes;
use jetlab::engine::{ConnId, Engine, Input, Options, Output};
use jetlab::protocol::{Message, ServerOp};
use jetlab::time::Timestamp;

const CONN: ConnId = ConnId(1);
const HELLO: &[u8] = b"CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true}\r\nSUB _INBOX.> 1\r\n";
fn now() -> Timestamp {
    Timestamp::from_secs(1_800_000_000)
}

/// The server at one moment that does not pass.
pub struct Server(Engine);

impl Server {
    pub fn new() -> Server {
        let mut engine = Engine::new(Options::default(), now());
        engine.handle(now(), Input::Open { conn: CONN });
        let mut server = Server(engine);
        server.say(Bytes::from_static(HELLO)).for_each(drop);
        server
    }

    /// Bytes in, messages for this client out.
    pub fn say(&mut self, bytes: Bytes) -> impl Iterator<Item = Message> {
        let outputs = self.0.handle(now(), Input::Received { conn: CONN, bytes });
        outputs.into_iter().filter_map(|output| match output {
            Output::Send { op: ServerOp::Msg { message, .. }, .. } => Some(message),
            _ => None,
        })
    }

    /// Asks the JetStream API, which must answer without an error.
    pub fn ask(&mut self, subject: &str, body: &str) -> String {
        let answer = self.say(published(&format!("$JS.API.{subject}"), Some("_INBOX.ask"), body.as_bytes())).next();
        let answer = answer.unwrap_or_else(|| panic!("no answer on {subject}"));
        let text = String::from_utf8_lossy(&answer.payload).into_owned();
        assert!(text.contains("\"type\"") && !text.contains("\"error\""), "{subject}: {text}");
        text
    }
}

impl Default for Server {
    fn default() -> Self {
        Server::new()
    }
}

/// A PUB on the wire.
pub fn published(subject: &str, reply: Option<&str>, payload: &[u8]) -> Bytes {
    let reply = reply.map(|reply| format!("{reply} ")).unwrap_or_default();
    let mut line = format!("PUB {subject} {reply}{}\r\n", payload.len()).into_bytes();
    line.extend_from_slice(payload);
    line.extend_from_slice(b"\r\n");
    line.into()
}
