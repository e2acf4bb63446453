//! What each command said to the server and what came back, operation by operation.
//!
//! An operation belongs to the command whose future put it on the wire; an answer to the command that asked, a delivery
//! to the command that subscribed. Knows neither futures nor pictures. The ways in are [`WireLog::begin`] and
//! [`WireLog::passed`], the way out [`WireLog::exchange`]. What is kept is bounded, however long a command runs.
//! Source: NATS docs "Client Protocol".

use crate::client::event::Passing;
use crate::commands::report::json::indented;
use crate::map::Map;
use crate::protocol::{ClientOp, Message, ServerOp};
use crate::subject::Subject;
use crate::time::Timestamp;
use std::collections::VecDeque;
use std::rc::Rc;

/// Of each command, so many operations from its beginning and so many of the latest are kept.
const FIRST: usize = 60;
const LATEST: usize = 240;
/// Of each payload, in bytes.
const PAYLOAD: usize = 8 << 10;
/// Of a terminal, in bytes and in commands; the oldest commands go first.
const KEPT_BYTES: usize = 4 << 20;
const KEPT_COMMANDS: usize = 500;
/// Requests that may wait for their answers.
const ASKED: usize = 2_000;

/// One operation as it passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub at: Timestamp,
    pub sent: bool,
    /// The protocol line, as on the wire.
    pub line: String,
    pub headers: Vec<(String, String)>,
    /// The status line of the headers: `503`, `408 Request Timeout`.
    pub status: Option<String>,
    payload: Vec<u8>,
    /// What was left out of the payload.
    pub cut: usize,
}

impl Entry {
    /// The payload as text, JSON laid out.
    pub fn body(&self) -> String {
        let text = String::from_utf8_lossy(&self.payload);
        let is_json = text.starts_with(['{', '[']) && crate::json::parse(&self.payload).is_ok();
        if is_json { indented(&without_blanks(&text)) } else { text.into_owned() }
    }

    fn bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        self.line.len() + headers + self.payload.len()
    }
}

/// One command's part of the conversation.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// As it was entered.
    pub text: String,
    pub began: Timestamp,
    /// `None` while it runs.
    pub ended: Option<Timestamp>,
    pub sent: u64,
    pub received: u64,
    first: Vec<Rc<Entry>>,
    latest: VecDeque<Rc<Entry>>,
}

impl Exchange {
    /// What is kept, oldest first: the beginning, and after what was left out the latest.
    pub fn parts(&self) -> (&[Rc<Entry>], &VecDeque<Rc<Entry>>) {
        (&self.first, &self.latest)
    }

    /// Operations between the two parts that are not kept.
    pub fn left_out(&self) -> u64 {
        self.sent + self.received - (self.first.len() + self.latest.len()) as u64
    }
}

/// What all commands of one terminal said and heard.
#[derive(Debug, Default)]
pub struct WireLog {
    commands: Map<u64, Exchange>,
    /// The line of the screen each command stands on.
    lines: Map<usize, u64>,
    last: u64,
    /// Whose future runs right now.
    speaker: Option<u64>,
    listeners: Map<String, u64>,
    asked: Map<Subject, u64>,
    asked_order: VecDeque<Subject>,
    pings: VecDeque<Option<u64>>,
    bytes: usize,
}

impl WireLog {
    /// A command begins, shown on line `line` of the screen; returns its number.
    pub fn begin(&mut self, at: Timestamp, line: usize, text: &str) -> u64 {
        self.last += 1;
        self.commands.insert(self.last, Exchange { text: text.to_owned(), began: at, ..Exchange::default() });
        self.lines.insert(line, self.last);
        if self.commands.len() > KEPT_COMMANDS {
            self.forget_oldest();
        }
        self.last
    }

    pub fn ended(&mut self, command: u64, at: Timestamp) {
        if let Some(exchange) = self.commands.get_mut(&command) {
            exchange.ended = Some(at);
        }
    }

    /// Every command that is kept, oldest first.
    pub fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.commands.values()
    }

    /// From now on `command` puts on the wire what is put there. Returns who did before.
    pub fn speaks(&mut self, command: Option<u64>) -> Option<u64> {
        std::mem::replace(&mut self.speaker, command)
    }

    /// The command on line `line` of the screen, counted with the forgotten ones.
    pub fn command_on(&self, line: usize) -> Option<u64> {
        self.lines.get(&line).copied()
    }

    /// The last command that was entered above line `line`, or on it.
    pub fn command_above(&self, line: usize) -> Option<u64> {
        self.lines.range(..=line).next_back().map(|(_, command)| *command)
    }

    pub fn exchange(&self, command: u64) -> Option<&Exchange> {
        self.commands.get(&command)
    }

    /// The newest command that is kept.
    pub fn newest(&self) -> Option<u64> {
        self.commands.keys().next_back().copied()
    }

    /// The one before (or after) `command`.
    pub fn neighbour(&self, command: u64, after: bool) -> Option<u64> {
        let mut keys = self.commands.keys().copied();
        if after { keys.find(|key| *key > command) } else { keys.rev().find(|key| *key < command) }
    }

    /// An operation went by.
    pub fn passed(&mut self, at: Timestamp, passing: Passing<'_>) {
        let command = match passing {
            Passing::Sent(op) => self.whose_words(op),
            Passing::Received(op) => self.whose_news(op),
        };
        let Some(command) = command else { return };
        let entry = Rc::new(entry(at, passing));
        let Some(exchange) = self.commands.get_mut(&command) else { return };
        *(if entry.sent { &mut exchange.sent } else { &mut exchange.received }) += 1;
        self.bytes += entry.bytes();
        if exchange.first.len() < FIRST {
            exchange.first.push(entry);
        } else {
            exchange.latest.push_back(entry);
        }
        if exchange.latest.len() > LATEST
            && let Some(dropped) = exchange.latest.pop_front()
        {
            self.bytes -= dropped.bytes();
        }
        while self.bytes > KEPT_BYTES && self.commands.len() > 1 {
            self.forget_oldest();
        }
    }

    fn whose_words(&mut self, op: &ClientOp) -> Option<u64> {
        // What waited for a connection leaves when nobody runs: it is most likely the last command's.
        let speaker = self.speaker.or_else(|| matches!(op, ClientOp::Pub(_)).then_some(self.last));
        match op {
            ClientOp::Ping => self.pings.push_back(self.speaker),
            ClientOp::Sub { sid, .. } => {
                if let Some(speaker) = self.speaker {
                    self.listeners.insert(sid.as_str().to_owned(), speaker);
                }
            }
            ClientOp::Pub(Message { reply: Some(reply), .. }) => {
                self.asked.insert(reply.clone(), speaker?);
                self.asked_order.push_back(reply.clone());
                if self.asked_order.len() > ASKED
                    && let Some(oldest) = self.asked_order.pop_front()
                {
                    self.asked.remove(&oldest);
                }
            }
            ClientOp::Connect(_) | ClientOp::Pong => return None,
            ClientOp::Unsub { .. } | ClientOp::Pub(_) => {}
        }
        speaker
    }

    fn whose_news(&mut self, op: &ServerOp) -> Option<u64> {
        match op {
            ServerOp::Msg { sid, message } => {
                let asked = self.asked.get(&message.subject).copied();
                asked.or_else(|| self.listeners.get(sid.as_str()).copied())
            }
            ServerOp::Pong => self.pings.pop_front().flatten(),
            ServerOp::Err(_) => Some(self.last),
            ServerOp::Info(_) | ServerOp::Ping | ServerOp::Ok => None,
        }
    }

    fn forget_oldest(&mut self) {
        let Some((oldest, exchange)) = self.commands.pop_first() else { return };
        self.bytes -= exchange.first.iter().chain(&exchange.latest).map(|entry| entry.bytes()).sum::<usize>();
        self.lines.retain(|_, command| *command != oldest);
        self.listeners.retain(|_, command| *command != oldest);
    }
}

fn entry(at: Timestamp, passing: Passing<'_>) -> Entry {
    let (line, message) = match passing {
        Passing::Sent(ClientOp::Pub(message)) => (head("PUB", message, None), Some(message)),
        Passing::Received(ServerOp::Msg { sid, message }) => (head("MSG", message, Some(sid.as_str())), Some(message)),
        Passing::Sent(op) => (encoded(|out| op.encode(out)), None),
        Passing::Received(op) => (encoded(|out| op.encode(out)), None),
    };
    let headers = message.and_then(|message| message.headers.as_ref());
    let payload = message.map(|message| &message.payload[..]).unwrap_or_default();
    Entry {
        at,
        sent: matches!(passing, Passing::Sent(_)),
        line,
        headers: headers.into_iter().flat_map(|headers| headers.iter()).map(owned).collect(),
        status: message.and_then(Message::status).map(|status| format!("{} {}", status.code, status.description)),
        payload: payload[..payload.len().min(PAYLOAD)].to_vec(),
        cut: payload.len().saturating_sub(PAYLOAD),
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn encoded(encode: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = Vec::new();
    encode(&mut bytes);
    String::from_utf8_lossy(&bytes).trim_end().to_owned()
}

/// `PUB subject [reply] size`, `HMSG subject sid [reply] header-size size` and so on.
fn head(verb: &str, message: &Message, sid: Option<&str>) -> String {
    let mut words = vec![message.subject.as_str()];
    words.extend(sid);
    words.extend(message.reply.as_deref());
    let bytes = message.headers_bytes();
    let total = bytes + message.payload.len();
    match message.headers {
        Some(_) => format!("H{verb} {} {bytes} {total}", words.join(" ")),
        None => format!("{verb} {} {total}", words.join(" ")),
    }
}

/// JSON without blanks between its parts.
fn without_blanks(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let kept = |c: &char| {
        let keep = in_string || !c.is_ascii_whitespace();
        in_string = if *c == '"' && !escaped { !in_string } else { in_string };
        escaped = *c == '\\' && !escaped;
        keep
    };
    json.chars().filter(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Headers, Sid};

    fn publish(subject: &str, reply: Option<&str>) -> ClientOp {
        let message = Message::new(subject, "{ \"a b\": [1, \"x\\\" y\"] }");
        ClientOp::Pub(match reply {
            Some(reply) => message.with_reply(reply),
            None => message,
        })
    }

    fn delivery(sid: u64, subject: &str) -> ServerOp {
        ServerOp::Msg { sid: Sid::from(sid), message: Message::new(subject, "x") }
    }

    fn said(log: &WireLog, command: u64) -> Vec<String> {
        let exchange = log.exchange(command).expect("kept");
        let (first, latest) = exchange.parts();
        first.iter().chain(latest).map(|entry| entry.line.clone()).collect()
    }

    #[test]
    fn each_operation_belongs_to_the_command_that_caused_it() {
        let mut log = WireLog::default();
        let listening = log.begin(Timestamp(0), 0, "nats sub a");
        log.speaks(Some(listening));
        log.passed(Timestamp(1), Passing::Sent(&ClientOp::Sub { subject: "a".into(), queue: None, sid: Sid::from(1) }));
        log.speaks(None);
        let asking = log.begin(Timestamp(2), 1, "nats stream info");
        log.speaks(Some(asking));
        log.passed(Timestamp(2), Passing::Sent(&ClientOp::Ping));
        log.passed(Timestamp(3), Passing::Sent(&publish("$JS.API.INFO", Some("_INBOX.1.2"))));
        log.speaks(None);
        log.passed(Timestamp(4), Passing::Received(&delivery(1, "a")));
        log.passed(Timestamp(5), Passing::Received(&delivery(7, "_INBOX.1.2")));
        log.passed(Timestamp(6), Passing::Received(&ServerOp::Pong));
        log.passed(Timestamp(7), Passing::Received(&ServerOp::Ping));
        assert_eq!(said(&log, listening), ["SUB a 1", "MSG a 1 1"]);
        assert_eq!(said(&log, asking), ["PING", "PUB $JS.API.INFO _INBOX.1.2 23", "MSG _INBOX.1.2 7 1", "PONG"]);
        assert_eq!((log.command_on(0), log.command_on(1), log.command_on(2)), (Some(listening), Some(asking), None));
        assert_eq!((log.neighbour(asking, false), log.neighbour(asking, true)), (Some(listening), None));
    }

    #[test]
    fn json_is_laid_out_and_headers_are_told() {
        let ClientOp::Pub(message) = publish("a", None) else { unreachable!("made just above") };
        let message = message.with_headers(Headers::new().and("Nats-Msg-Id", "7"));
        let told = entry(Timestamp(0), Passing::Sent(&ClientOp::Pub(message)));
        assert_eq!(told.line, "HPUB a 28 51");
        assert_eq!(told.headers, [("Nats-Msg-Id".to_owned(), "7".to_owned())]);
        assert_eq!(told.body(), "{\n  \"a b\": [\n    1,\n    \"x\\\" y\"\n  ]\n}");
        let none = Message::new("_INBOX.1", "").with_headers(Headers::with_status(503, ""));
        let told = entry(Timestamp(0), Passing::Received(&ServerOp::Msg { sid: Sid::from(1), message: none }));
        assert_eq!(told.status.as_deref().map(str::trim), Some("503"));
    }

    #[test]
    fn a_long_command_is_kept_in_part() {
        let mut log = WireLog::default();
        let command = log.begin(Timestamp(0), 0, "nats bench");
        log.speaks(Some(command));
        let total = 100_000;
        for number in 0..total {
            log.passed(Timestamp(number), Passing::Sent(&publish(&format!("s.{number}"), None)));
        }
        let exchange = log.exchange(command).expect("kept");
        assert_eq!(exchange.sent, total as u64);
        assert_eq!(exchange.left_out(), total as u64 - (FIRST + LATEST) as u64);
        assert_eq!(said(&log, command).last(), Some(&format!("PUB s.{} 23", total - 1)));
        for line in 1..=KEPT_COMMANDS {
            log.begin(Timestamp(0), line, "echo");
        }
        assert!(log.exchange(command).is_none(), "the oldest command is forgotten");
        assert_eq!(log.bytes, 0);
    }
}
