//! A client that says and expects exactly what a script has it say and expect.

use super::frame::Frame;
use super::stage::{PATIENCE, Received, Wire};
use std::collections::VecDeque;
use std::time::Duration;

/// How long silence must last to be believed when there is no other way to tell.
const SILENCE: Duration = Duration::from_millis(250);

pub struct Client {
    wire: Box<dyn Wire>,
    bytes: Vec<u8>,
    /// Frames read while waiting for another one.
    aside: VecDeque<Frame>,
    closed: bool,
    /// The script wants to see the server's pings; otherwise they are answered and not shown.
    shows_pings: bool,
    requests: u64,
}

impl Client {
    pub fn new(wire: Box<dyn Wire>) -> Client {
        let (bytes, aside) = Default::default();
        Client { wire, bytes, aside, closed: false, shows_pings: false, requests: 0 }
    }

    #[track_caller]
    pub(super) fn greet(&mut self, connect: &str) {
        self.expect_start("INFO {");
        self.send(&format!("CONNECT {connect}"));
        self.send("PING");
        while self.next().line != "PONG" {}
        if connect.replace(' ', "").contains(r#""protocol":1"#) {
            self.expect_start("INFO {");
        }
    }

    /// Sends text and a line end. Inside the text write `\r\n` yourself: `send("PUB a 2\r\nhi")`.
    pub fn send(&mut self, text: &str) {
        self.send_bytes(format!("{text}\r\n").as_bytes());
    }

    /// Sends exactly these bytes.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.wire.send(bytes);
    }

    pub fn publish(&mut self, subject: &str, payload: &str) {
        self.send(&format!("PUB {subject} {}\r\n{payload}", payload.len()));
    }

    /// Publishes with a reply subject and header lines; `""` and `&[]` for none.
    pub fn publish_with(&mut self, subject: &str, reply: &str, headers: &[&str], payload: &str) {
        let total = payload.len();
        if headers.is_empty() {
            return self.send(&format!("PUB {subject} {reply} {total}\r\n{payload}"));
        }
        let block: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let block = format!("NATS/1.0\r\n{block}\r\n");
        let total = total + block.len();
        self.send(&format!("HPUB {subject} {reply} {} {total}\r\n{block}{payload}", block.len()));
    }

    /// The next frame; fails when none comes.
    #[track_caller]
    pub fn next(&mut self) -> Frame {
        self.next_within(PATIENCE).unwrap_or_else(|| {
            panic!("expected something, {}", if self.closed { "but the server hung up" } else { "but nothing came" })
        })
    }

    /// The next frame, if one comes within `patience`. Time passes meanwhile.
    pub fn next_within(&mut self, patience: Duration) -> Option<Frame> {
        self.aside.pop_front().or_else(|| self.read_frame(patience))
    }

    fn read_frame(&mut self, patience: Duration) -> Option<Frame> {
        loop {
            if let Some(frame) = Frame::take(&mut self.bytes) {
                if frame.line != "PING" || self.shows_pings {
                    return Some(frame);
                }
                self.send("PONG");
                continue;
            }
            match self.wire.receive(patience) {
                Received::Bytes(bytes) => self.bytes.extend(bytes),
                Received::Nothing => return None,
                Received::Closed => {
                    self.closed = true;
                    return None;
                }
            }
        }
    }

    /// The next frame is this one: `expect("MSG a 1 2\r\nhi")`.
    #[track_caller]
    pub fn expect(&mut self, text: &str) {
        let frame = self.next();
        assert_eq!(frame.to_string(), text);
    }

    /// The next frame starts like this.
    #[track_caller]
    pub fn expect_start(&mut self, text: &str) -> Frame {
        let frame = self.next();
        assert!(frame.to_string().starts_with(text), "expected {text:?} ..., got {:?}", frame.to_string());
        frame
    }

    /// The next frame is a message on this subject.
    #[track_caller]
    pub fn expect_message(&mut self, subject: &str) -> Frame {
        let frame = self.next();
        assert!(frame.is_message() && frame.subject() == subject, "expected a message on {subject}, got {frame}");
        frame
    }

    /// Everything sent so far had its effect here, and nothing (more) came of it. Ends with PING and PONG.
    #[track_caller]
    pub fn expect_nothing(&mut self) {
        self.send("PING");
        self.expect("PONG");
    }

    /// Waits until the server has handled everything sent so far, keeping what comes meanwhile for later.
    #[track_caller]
    pub fn flush(&mut self) {
        self.send("PING");
        let mut aside = VecDeque::new();
        loop {
            let frame = self.next();
            if frame.line == "PONG" {
                break;
            }
            aside.push_back(frame);
        }
        self.aside = aside;
    }

    /// Nothing comes for that long.
    #[track_caller]
    pub fn expect_silence(&mut self, duration: Duration) {
        if let Some(frame) = self.next_within(duration) {
            panic!("expected silence, got {frame}");
        }
        assert!(!self.closed, "expected silence, but the server hung up");
    }

    /// The server hangs up without a further word.
    #[track_caller]
    pub fn expect_closed(&mut self) {
        if let Some(frame) = self.next_within(PATIENCE) {
            panic!("expected the server to hang up, got {frame}");
        }
        assert!(self.closed, "expected the server to hang up, but it did not");
    }

    /// Skips messages until the server hangs up.
    #[track_caller]
    pub fn expect_closed_eventually(&mut self) {
        while self.next_within(PATIENCE).is_some() {}
        assert!(self.closed, "expected the server to hang up, but it did not");
    }

    /// From now on the server's pings are frames like others, and the script answers them or not.
    pub fn show_pings(&mut self) {
        self.shows_pings = true;
    }

    /// Leaves everything unread from now on.
    pub fn stop_reading(&mut self) {
        self.wire.stop_reading();
    }

    /// Asks on this connection and returns the answer; other frames wait their turn.
    #[track_caller]
    pub fn request(&mut self, subject: &str, payload: &str) -> Frame {
        self.request_with(subject, &[], payload)
    }

    #[track_caller]
    pub fn request_with(&mut self, subject: &str, headers: &[&str], payload: &str) -> Frame {
        let answer = self.ask(subject, headers, payload, PATIENCE);
        answer.unwrap_or_else(|| panic!("no answer from {subject}"))
    }

    #[track_caller]
    pub fn request_unanswered(&mut self, subject: &str, payload: &str) {
        if let Some(answer) = self.ask(subject, &[], payload, SILENCE) {
            panic!("expected no answer from {subject}, got {answer}");
        }
    }

    fn ask(&mut self, subject: &str, headers: &[&str], payload: &str, patience: Duration) -> Option<Frame> {
        self.requests += 1;
        let sid = format!("ask{}", self.requests);
        let inbox = format!("_INBOX.stage.{}.{}", std::ptr::from_ref(self).addr(), self.requests);
        self.send(&format!("SUB {inbox} {sid}"));
        self.publish_with(subject, &inbox, headers, payload);
        let answer = loop {
            match self.read_frame(patience) {
                Some(frame) if frame.is_message() && frame.sid() == sid => break Some(frame),
                Some(frame) => self.aside.push_back(frame),
                None => break None,
            }
        };
        self.send(&format!("UNSUB {sid}"));
        answer
    }
}
