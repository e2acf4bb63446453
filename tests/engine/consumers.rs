//! What the scripts about consumers share: a stream `S` on `s.>`, consumers of it, deliveries and their ack subjects.

use crate::support::{Client, Frame, Stage};
use serde_json::{Value, json};

/// Nanoseconds.
pub const MILLISECOND: u64 = 1_000_000;
pub const SECOND: u64 = 1_000_000_000;

pub fn stream(t: &mut Stage) {
    stream_with(t, json!({}));
}

/// Stream `S` on `s.>` with these members changed.
#[track_caller]
pub fn stream_with(t: &mut Stage, changes: Value) {
    let config = merged(json!({"name": "S", "subjects": ["s.>"], "storage": "memory"}), changes);
    t.api_ok("STREAM.CREATE.S", config);
}

fn merged(mut base: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().expect("changes are an object") {
        base[name] = value.clone();
    }
    base
}

/// Stores `count` messages on `s.1`, `s.2` ...
#[track_caller]
pub fn fill(t: &mut Stage, count: usize) {
    for number in 1..=count {
        t.store(&format!("s.{number}"), &format!("m{number}"));
    }
}

pub fn request(config: Value) -> Value {
    json!({"stream_name": "S", "config": config})
}

/// Creates durable pull consumer `c` with explicit acks and these members changed.
#[track_caller]
pub fn durable(t: &mut Stage, changes: Value) -> Value {
    let config = merged(json!({"durable_name": "c", "ack_policy": "explicit"}), changes);
    t.api_ok("CONSUMER.CREATE.S.c", request(config))
}

/// Updates consumer `c` likewise.
#[track_caller]
pub fn update(t: &mut Stage, changes: Value) -> Value {
    let config = merged(json!({"durable_name": "c", "ack_policy": "explicit"}), changes);
    t.api("CONSUMER.CREATE.S.c", json!({"stream_name": "S", "config": config, "action": "update"}))
}

/// The error of creating `c` with exactly this configuration.
#[track_caller]
pub fn refused(t: &mut Stage, config: Value) -> Value {
    t.api_error("CONSUMER.CREATE.S.c", request(config))
}

#[track_caller]
pub fn info(t: &mut Stage) -> Value {
    t.api_ok("CONSUMER.INFO.S.c", Value::Null)
}

#[track_caller]
pub fn err_code(error: &Value) -> u64 {
    error["err_code"].as_u64().unwrap_or_else(|| panic!("no err_code in {error}"))
}

/// A client that listens on `in` (sid 1) for what it pulls.
pub fn puller(t: &mut Stage) -> Client {
    let mut c = t.modern();
    c.send("SUB in 1");
    c.flush();
    c
}

/// Asks for messages of `c`, to be sent to `in`.
pub fn pull(c: &mut Client, body: Value) {
    pull_to(c, "in", &body.to_string());
}

pub fn pull_to(c: &mut Client, inbox: &str, body: &str) {
    c.publish_with("$JS.API.CONSUMER.MSG.NEXT.S.c", inbox, &[], body);
}

/// The numbers in an ack subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    pub deliveries: u64,
    pub stream_seq: u64,
    pub consumer_seq: u64,
    pub at: u64,
    pub pending: u64,
}

#[track_caller]
pub fn ack_subject(frame: &Frame) -> String {
    frame.reply().unwrap_or_else(|| panic!("not a delivery: {frame}")).to_owned()
}

#[track_caller]
pub fn numbers(frame: &Frame) -> Numbers {
    let subject = ack_subject(frame);
    let tokens: Vec<&str> = subject.split('.').collect();
    assert_eq!(tokens.len(), 9, "{subject}");
    let number = |index: usize| tokens[index].parse().unwrap_or_else(|_| panic!("no number at {index}: {subject}"));
    Numbers { deliveries: number(4), stream_seq: number(5), consumer_seq: number(6), at: number(7), pending: number(8) }
}

/// The next frame is a delivery of this stream sequence.
#[track_caller]
pub fn expect_seq(c: &mut Client, stream_seq: u64) -> Frame {
    let frame = c.next();
    assert!(frame.is_message() && frame.reply().is_some(), "expected a delivery of {stream_seq}, got {frame}");
    assert_eq!(numbers(&frame).stream_seq, stream_seq, "{frame}");
    frame
}

#[track_caller]
pub fn expect_seqs(c: &mut Client, sequences: impl IntoIterator<Item = u64>) -> Vec<Frame> {
    sequences.into_iter().map(|seq| expect_seq(c, seq)).collect()
}

/// The next frame is a status on `in` with exactly this header block (`NATS/1.0 ` left out).
#[track_caller]
pub fn expect_status(c: &mut Client, block: &str) {
    let frame = c.next();
    assert_eq!(frame.header_text().trim_end(), format!("NATS/1.0 {block}"), "{frame}");
}

/// Answers a delivery and waits until the server has taken it.
pub fn answer(c: &mut Client, delivery: &Frame, payload: &str) {
    c.publish(&ack_subject(delivery), payload);
    c.flush();
}

/// Answers with a reply subject; the confirmation must be empty and without headers.
#[track_caller]
pub fn answer_confirmed(c: &mut Client, delivery: &Frame, payload: &str) {
    let confirmation = c.request(&ack_subject(delivery), payload);
    assert!(confirmation.payload.is_empty() && confirmation.headers.is_empty(), "{confirmation}");
}
