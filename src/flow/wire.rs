//! The protocol as it went over every wire, line by line, both ways.
//!
//! Each [`Line`] knows the message it carries, so that a line leads to its message and a message to its lines. Only the
//! newest lines are kept. The ways in are [`Wire::client_said`] and [`Wire::server_said`]; the server's numbering of a
//! publish comes later, by [`Wire::numbered`].
//! Source: NATS docs "Client Protocol".

use super::step::Direction;
use crate::engine::{ConnId, MessageId};
use crate::map::Map;
use crate::protocol::{ClientOp, Headers, Message, ServerOp};
use crate::subject::Subject;
use crate::time::Timestamp;
use std::collections::VecDeque;

/// Lines kept; the oldest go first.
const MAX_LINES: usize = 4_000;
/// Bytes of payload kept; a line of great size makes older ones go early.
const MAX_BYTES: usize = 8 << 20;

/// What was said.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    Client(ClientOp),
    Server(ServerOp),
}

/// One operation on one wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Counts the lines of one flow from 1.
    pub ordinal: u64,
    /// When it left and when it reaches the other end.
    pub at: Timestamp,
    pub arrives: Timestamp,
    pub conn: ConnId,
    pub op: Op,
    /// The message it carries, once the server has numbered it.
    pub message: Option<MessageId>,
    /// It never reached the other end.
    pub lost: bool,
}

impl Op {
    pub fn direction(&self) -> Direction {
        match self {
            Op::Client(_) => Direction::ToServer,
            Op::Server(_) => Direction::ToClient,
        }
    }

    /// The message on it, if it carries one.
    pub fn carried(&self) -> Option<&Message> {
        match self {
            Op::Client(ClientOp::Pub(message)) | Op::Server(ServerOp::Msg { message, .. }) => Some(message),
            _ => None,
        }
    }
}

/// The newest lines of every wire, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    lines: VecDeque<Line>,
    last: u64,
    bytes: usize,
    /// Publishes on their way to the server, by connection: lines and subjects.
    unnumbered: Map<ConnId, VecDeque<(u64, Subject)>>,
}

impl Line {
    pub fn direction(&self) -> Direction {
        self.op.direction()
    }

    /// `PUB`, `HMSG`, `+OK` ...
    pub fn verb(&self) -> &'static str {
        match &self.op {
            Op::Client(ClientOp::Connect(_)) => "CONNECT",
            Op::Client(ClientOp::Pub(Message { headers: None, .. })) => "PUB",
            Op::Client(ClientOp::Pub(_)) => "HPUB",
            Op::Client(ClientOp::Sub { .. }) => "SUB",
            Op::Client(ClientOp::Unsub { .. }) => "UNSUB",
            Op::Server(ServerOp::Info(_)) => "INFO",
            Op::Server(ServerOp::Msg { message: Message { headers: None, .. }, .. }) => "MSG",
            Op::Server(ServerOp::Msg { .. }) => "HMSG",
            Op::Client(ClientOp::Ping) | Op::Server(ServerOp::Ping) => "PING",
            Op::Client(ClientOp::Pong) | Op::Server(ServerOp::Pong) => "PONG",
            Op::Server(ServerOp::Ok) => "+OK",
            Op::Server(ServerOp::Err(_)) => "-ERR",
        }
    }

    /// What follows the verb on the control line, without headers and payload.
    pub fn arguments(&self) -> String {
        let mut bytes = Vec::new();
        match &self.op {
            Op::Client(ClientOp::Pub(message)) => ClientOp::Pub(short(message)).encode(&mut bytes),
            Op::Server(ServerOp::Msg { sid, message }) => {
                ServerOp::Msg { sid: sid.clone(), message: short(message) }.encode(&mut bytes);
            }
            Op::Client(op) => op.encode(&mut bytes),
            Op::Server(op) => op.encode(&mut bytes),
        }
        let text = String::from_utf8_lossy(&bytes);
        let line = text.split("\r\n").next().unwrap_or_default();
        let arguments = line.strip_prefix(self.verb()).unwrap_or(line).trim();
        match self.carried() {
            // The sizes are of the whole message, and it is not copied to count it.
            Some(message) => {
                let names =
                    arguments.rsplitn(if message.headers.is_some() { 3 } else { 2 }, ' ').last().unwrap_or_default();
                format!("{names} {}", sizes(message))
            }
            None => arguments.to_owned(),
        }
    }

    /// The message on it, if it carries one.
    pub fn carried(&self) -> Option<&Message> {
        self.op.carried()
    }

    /// Pings and pongs: the same every two minutes, and nothing to learn from after the first.
    pub fn is_heartbeat(&self) -> bool {
        matches!(self.verb(), "PING" | "PONG")
    }
}

impl Wire {
    /// A client put `op` on its wire.
    pub fn client_said(&mut self, at: Timestamp, arrives: Timestamp, conn: ConnId, op: &ClientOp) {
        if let ClientOp::Pub(message) = op {
            let unnumbered = self.unnumbered.entry(conn).or_default();
            unnumbered.push_back((self.last + 1, message.subject.clone()));
        }
        self.push(at, arrives, conn, Op::Client(op.clone()), None);
    }

    /// The server put `op` on a client's wire; `message` is what it carries.
    pub fn server_said(
        &mut self,
        at: Timestamp,
        arrives: Timestamp,
        conn: ConnId,
        op: &ServerOp,
        message: Option<MessageId>,
    ) {
        self.push(at, arrives, conn, Op::Server(op.clone()), message);
    }

    /// `op` was put on a wire and is lost on it.
    pub fn lost(&mut self, at: Timestamp, arrives: Timestamp, conn: ConnId, op: &Op, message: Option<MessageId>) {
        self.push(at, arrives, conn, op.clone(), message);
        if let Some(line) = self.lines.back_mut() {
            line.lost = true;
        }
    }

    /// The server gave what `conn` had published on `subject` its number. A wire keeps its order, so what was sent
    /// earlier and has none by now never gets one.
    pub fn numbered(&mut self, conn: ConnId, subject: &Subject, message: MessageId) {
        let Some(unnumbered) = self.unnumbered.get_mut(&conn) else { return };
        let Some(place) = unnumbered.iter().position(|(_, sent)| sent == subject) else { return };
        let line = unnumbered.drain(..=place).next_back().map(|(line, _)| line);
        if let Some(line) = line.and_then(|ordinal| self.line_mut(ordinal)) {
            line.message = Some(message);
        }
    }

    /// The wire of a connection is gone.
    pub fn ended(&mut self, conn: ConnId) {
        self.unnumbered.remove(&conn);
    }

    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter()
    }

    /// Every line that carried a message, in order.
    pub fn of_message(&self, message: MessageId) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.message == Some(message))
    }

    pub fn line(&self, ordinal: u64) -> Option<&Line> {
        let index = ordinal.checked_sub(self.lines.front()?.ordinal)?;
        self.lines.get(usize::try_from(index).ok()?)
    }

    /// The ordinal of the newest line, 0 when there is none.
    pub fn last(&self) -> u64 {
        self.last
    }

    fn line_mut(&mut self, ordinal: u64) -> Option<&mut Line> {
        let index = ordinal.checked_sub(self.lines.front()?.ordinal)?;
        self.lines.get_mut(usize::try_from(index).ok()?)
    }

    fn push(&mut self, at: Timestamp, arrives: Timestamp, conn: ConnId, op: Op, message: Option<MessageId>) {
        self.last += 1;
        let line = Line { ordinal: self.last, at, arrives, conn, op, message, lost: false };
        self.bytes += weight(&line);
        self.lines.push_back(line);
        while self.lines.len() > MAX_LINES || self.bytes > MAX_BYTES && self.lines.len() > 1 {
            let oldest = self.lines.pop_front();
            self.bytes -= oldest.as_ref().map_or(0, weight);
        }
    }
}

fn weight(line: &Line) -> usize {
    line.carried().map_or(0, |message| message.headers_bytes() + message.payload.len())
}

/// The same names, with nothing in it.
fn short(message: &Message) -> Message {
    let headers = message.headers.as_ref().map(|_| Headers::new());
    Message { subject: message.subject.clone(), reply: message.reply.clone(), headers, payload: Default::default() }
}

fn sizes(message: &Message) -> String {
    let (headers, payload) = (message.headers_bytes(), message.payload.len());
    match &message.headers {
        Some(_) => format!("{headers} {}", headers + payload),
        None => payload.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(subject: &str) -> ClientOp {
        ClientOp::Pub(Message::new(subject, "hello"))
    }

    fn shown(wire: &Wire) -> Vec<String> {
        let show = |line: &Line| {
            let message = line.message.map(|message| format!(" = {}", message.0)).unwrap_or_default();
            format!("{} {}{message}", line.verb(), line.arguments())
        };
        wire.lines().map(show).collect()
    }

    #[test]
    fn lines_read_as_on_the_wire_and_know_their_message() {
        let (mut wire, conn, now) = (Wire::default(), ConnId(1), Timestamp(0));
        let message = Message::new("a.b", "hello").with_reply("_INBOX.1").with_headers(Headers::new().and("k", "v"));
        wire.client_said(now, now, conn, &ClientOp::Connect("{}".into()));
        wire.client_said(now, now, conn, &published("a.b"));
        wire.client_said(now, now, conn, &published("a.lost"));
        wire.client_said(now, now, conn, &ClientOp::Pub(message.clone()));
        wire.numbered(conn, &"a.b".into(), MessageId(7));
        wire.numbered(conn, &"a.b".into(), MessageId(8));
        wire.numbered(conn, &"a.lost".into(), MessageId(9));
        wire.server_said(now, now, conn, &ServerOp::Msg { sid: 3.into(), message }, Some(MessageId(8)));
        wire.server_said(now, now, conn, &ServerOp::Err("Unknown".into()), None);
        assert_eq!(
            shown(&wire),
            [
                "CONNECT {}",
                "PUB a.b 5 = 7",
                "PUB a.lost 5",
                "HPUB a.b _INBOX.1 18 23 = 8",
                "HMSG a.b 3 _INBOX.1 18 23 = 8",
                "-ERR 'Unknown'",
            ]
        );
        assert_eq!(wire.of_message(MessageId(8)).map(|line| line.ordinal).collect::<Vec<_>>(), [4, 5]);
    }

    #[test]
    fn only_the_newest_are_kept() {
        let mut wire = Wire::default();
        for _ in 0..MAX_LINES + 10 {
            wire.client_said(Timestamp(0), Timestamp(0), ConnId(1), &published("a"));
            wire.numbered(ConnId(1), &"a".into(), MessageId(1));
        }
        assert_eq!(wire.lines().count(), MAX_LINES);
        assert_eq!(wire.line(10), None);
        assert_eq!(wire.line(11).map(|line| line.ordinal), Some(11));
        let great = ClientOp::Pub(Message::new("a", vec![0; MAX_BYTES]));
        wire.client_said(Timestamp(0), Timestamp(0), ConnId(1), &great);
        assert_eq!(wire.lines().map(|line| line.ordinal).collect::<Vec<_>>(), [wire.last()]);
    }
}
