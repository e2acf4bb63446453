//! Publishing into streams and their limits: rows C-165 to C-196.

use crate::support::Stage;
use crate::support::json::assert_has;
use crate::support::runner::{Row, row};
use crate::support::stage::Setup;
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("C-165 C-166", acks),
    row("C-167", no_ack),
    row("C-168 C-170 C-171 C-172", duplicates),
    row("C-169", duplicates_after_the_window),
    row("C-173 C-177", expected_last_sequence),
    row("C-174 C-175", expected_last_subject_sequence),
    row("C-176", expected_stream_and_id),
    row("C-178 C-179", rollup),
    row("C-180 C-181", max_msgs),
    row("C-182", max_msgs_per_subject),
    row("C-183 C-187", max_bytes),
    row("C-184 C-185 C-186", discard_new),
    row("C-188 C-189", max_msg_size),
    row("C-190", max_age),
    row("C-191", interest_without_consumers),
    row("C-192", interest),
    row("C-193", work_queue),
    row("C-194", out_of_storage),
    row("C-195 C-196", stored_as_it_came),
];

fn stream(t: &mut Stage, fields: Value) {
    let mut body = fields;
    body["name"] = json!("S");
    if body.get("subjects").is_none() {
        body["subjects"] = json!(["s.>"]);
    }
    if body.get("storage").is_none() {
        body["storage"] = json!("memory");
    }
    t.api_ok("STREAM.CREATE.S", body);
}

fn state(t: &mut Stage) -> Value {
    t.api_ok("STREAM.INFO.S", json!(null))["state"].clone()
}

/// The ack of a publish with these header lines.
#[track_caller]
fn publish(t: &mut Stage, subject: &str, headers: &[&str], payload: &str) -> String {
    match headers {
        [] => t.request(subject, payload).text(),
        headers => t.request_with(subject, headers, payload).text(),
    }
}

fn refusal(code: u16, err_code: u16, description: &str) -> Value {
    let error = json!({"code": code, "err_code": err_code, "description": description});
    json!({"error": error, "stream": "S", "seq": 0})
}

#[track_caller]
fn refused(t: &mut Stage, headers: &[&str], expected: (u16, u16, &str)) {
    let ack: Value = serde_json::from_str(&publish(t, "s.a", headers, "x")).expect("an ack is JSON");
    assert_eq!(ack, refusal(expected.0, expected.1, expected.2), "{headers:?}");
}

fn acks(t: &mut Stage) {
    stream(t, json!({}));
    assert_eq!(publish(t, "s.a", &[], "x"), r#"{"stream":"S","seq":1}"#);
    let mut c = t.modern();
    c.send("SUB s.> 1");
    c.publish("s.a", "silent");
    assert_eq!(c.next().text(), "silent");
    c.expect_nothing();
    assert_eq!(publish(t, "s.a", &["A: 1"], ""), r#"{"stream":"S","seq":3}"#);
    assert_eq!(t.request("x.a", "x").status(), "503");
}

fn no_ack(t: &mut Stage) {
    stream(t, json!({"no_ack": true, "max_msg_size": 5}));
    t.request_unanswered("s.a", "x");
    t.request_unanswered("s.a", "too large");
    assert_has(&state(t), json!({"messages": 1}));
}

fn duplicates(t: &mut Stage) {
    stream(t, json!({}));
    t.store("s.x", "x");
    assert_eq!(publish(t, "s.a", &["Nats-Msg-Id: 1"], "x"), r#"{"stream":"S","seq":2}"#);
    let duplicate = r#"{"stream":"S","seq":2,"duplicate": true}"#;
    assert_eq!(publish(t, "s.a", &["Nats-Msg-Id: 1"], "y"), duplicate);
    assert_eq!(publish(t, "s.b", &["Nats-Msg-Id: 1"], "y"), duplicate);
    t.api_ok("STREAM.PURGE.S", json!(null));
    assert_eq!(publish(t, "s.b", &["Nats-Msg-Id: 1"], "y"), duplicate);
    assert_eq!(publish(t, "s.a", &["nats-msg-id: 1"], "x"), r#"{"stream":"S","seq":3}"#);
    assert_eq!(publish(t, "s.a", &["Nats-Msg-Id:"], "x"), r#"{"stream":"S","seq":4}"#);
    assert_eq!(publish(t, "s.a", &["Nats-Msg-Id:"], "x"), r#"{"stream":"S","seq":5}"#);
}

fn duplicates_after_the_window(t: &mut Stage) {
    stream(t, json!({"duplicate_window": 200_000_000}));
    assert_eq!(publish(t, "s.a", &["Nats-Msg-Id: 1"], "x"), r#"{"stream":"S","seq":1}"#);
    t.advance(Duration::from_millis(600));
    assert_eq!(publish(t, "s.a", &["Nats-Msg-Id: 1"], "x"), r#"{"stream":"S","seq":2}"#);
}

fn expected_last_sequence(t: &mut Stage) {
    stream(t, json!({}));
    publish(t, "s.a", &["Nats-Msg-Id: 1"], "x");
    for header in ["0", "2", "x", "-1"] {
        refused(t, &[&format!("Nats-Expected-Last-Sequence: {header}")], (400, 10071, "wrong last sequence: 1"));
    }
    refused(t, &["Nats-Expected-Last-Sequence: 5", "Nats-Msg-Id: 1"], (400, 10071, "wrong last sequence: 1"));
    assert_eq!(publish(t, "s.a", &["Nats-Expected-Last-Sequence: 1"], "x"), r#"{"stream":"S","seq":2}"#);
    assert_eq!(publish(t, "s.a", &["Nats-Expected-Last-Sequence:"], "x"), r#"{"stream":"S","seq":3}"#);
}

fn expected_last_subject_sequence(t: &mut Stage) {
    stream(t, json!({}));
    const EXPECTED: &str = "Nats-Expected-Last-Subject-Sequence";
    assert_eq!(publish(t, "s.a", &[&format!("{EXPECTED}: 0")], "x"), r#"{"stream":"S","seq":1}"#);
    t.store("s.b", "x");
    refused(t, &[&format!("{EXPECTED}: 0")], (400, 10071, "wrong last sequence: 1"));
    refused(t, &[&format!("{EXPECTED}: 2")], (400, 10071, "wrong last sequence: 1"));
    assert_eq!(publish(t, "s.a", &[&format!("{EXPECTED}: 1")], "x"), r#"{"stream":"S","seq":3}"#);
    let filter = |filter: &str| format!("{EXPECTED}-Subject: {filter}");
    refused(t, &[&filter("s.b"), &format!("{EXPECTED}: 3")], (400, 10071, "wrong last sequence: 2"));
    refused(t, &[&filter("s.*"), &format!("{EXPECTED}: 2")], (400, 10071, "wrong last sequence: 3"));
    refused(t, &[&filter("s.b")], (400, 10193, "missing sequence for expected last sequence per subject"));
    let ack = publish(t, "s.a", &[&filter("s.b"), &format!("{EXPECTED}: 2")], "x");
    assert_eq!(ack, r#"{"stream":"S","seq":4}"#);
}

fn expected_stream_and_id(t: &mut Stage) {
    stream(t, json!({}));
    refused(t, &["Nats-Expected-Stream: T"], (400, 10060, "expected stream does not match"));
    refused(t, &["Nats-Expected-Last-Msg-Id: 1"], (400, 10070, "wrong last msg ID: "));
    publish(t, "s.a", &["Nats-Msg-Id: 1", "Nats-Expected-Stream: S"], "x");
    refused(t, &["Nats-Expected-Last-Msg-Id: 2"], (400, 10070, "wrong last msg ID: 1"));
    t.api_ok("STREAM.PURGE.S", json!(null));
    let ack = publish(t, "s.a", &["Nats-Expected-Last-Msg-Id: 1"], "x");
    assert_eq!(ack, r#"{"stream":"S","seq":2}"#);
    refused(t, &["Nats-Expected-Last-Msg-Id: 1"], (400, 10070, "wrong last msg ID: "));
}

fn rollup(t: &mut Stage) {
    stream(t, json!({}));
    refused(t, &["Nats-Rollup: sub"], (500, 10111, "rollup not permitted"));
    t.api_ok(
        "STREAM.UPDATE.S",
        json!({"name": "S", "subjects": ["s.>"], "storage": "memory", "allow_rollup_hdrs": true}),
    );
    refused(t, &["Nats-Rollup: foo"], (500, 10111, r#"rollup value invalid: "foo""#));
    for subject in ["s.a", "s.b", "s.a"] {
        t.store(subject, "x");
    }
    assert_eq!(publish(t, "s.a", &["Nats-Rollup: sub"], "x"), r#"{"stream":"S","seq":4}"#);
    assert_has(&state(t), json!({"messages": 2, "first_seq": 2, "last_seq": 4}));
    assert_eq!(publish(t, "s.c", &["Nats-Rollup: ALL"], "x"), r#"{"stream":"S","seq":5}"#);
    assert_has(&state(t), json!({"messages": 1, "first_seq": 5, "last_seq": 5}));
}

fn max_msgs(t: &mut Stage) {
    stream(t, json!({"max_msgs": 3}));
    for _ in 0..5 {
        t.store("s.a", "x");
    }
    assert_has(&state(t), json!({"messages": 3, "first_seq": 3, "last_seq": 5}));
    t.api_ok("STREAM.DELETE.S", json!(null));
    stream(t, json!({"max_msgs": 2, "discard": "new"}));
    for _ in 0..2 {
        t.store("s.a", "x");
    }
    refused(t, &[], (503, 10077, "maximum messages exceeded"));
    assert_has(&state(t), json!({"messages": 2, "last_seq": 2}));
    t.api_ok("STREAM.MSG.DELETE.S", json!({"seq": 1}));
    assert_eq!(t.store("s.a", "x"), 3);
}

fn max_msgs_per_subject(t: &mut Stage) {
    stream(t, json!({"max_msgs_per_subject": 1}));
    for subject in ["s.a", "s.b", "s.a", "s.b", "s.c"] {
        t.store(subject, "x");
    }
    assert_has(&state(t), json!({"messages": 3, "first_seq": 3, "num_subjects": 3}));
}

fn max_bytes(t: &mut Stage) {
    // A message takes 3 + 1 + 16 bytes.
    stream(t, json!({"max_bytes": 50}));
    for _ in 0..4 {
        t.store("s.a", "x");
    }
    assert_has(&state(t), json!({"messages": 2, "bytes": 40, "first_seq": 3}));
    let large = "x".repeat(60);
    assert_eq!(publish(t, "s.a", &[], &large), r#"{"stream":"S","seq":5}"#);
    assert_has(&state(t), json!({"messages": 0, "bytes": 0, "first_seq": 6, "last_seq": 5}));
    t.api_ok("STREAM.DELETE.S", json!(null));
    stream(t, json!({"max_bytes": 50, "discard": "new"}));
    for _ in 0..2 {
        t.store("s.a", "x");
    }
    refused(t, &[], (503, 10077, "maximum bytes exceeded"));
}

fn discard_new(t: &mut Stage) {
    stream(t, json!({"max_msgs": 2, "max_msgs_per_subject": 1, "discard": "new"}));
    t.store("s.a", "x");
    t.store("s.b", "x");
    // Its subject is at its limit: it takes the place of the old one.
    assert_eq!(publish(t, "s.a", &[], "x"), r#"{"stream":"S","seq":3}"#);
    let ack: Value = serde_json::from_str(&publish(t, "s.c", &[], "x")).expect("JSON");
    assert_eq!(ack, refusal(503, 10077, "maximum messages exceeded"));
    t.api_ok("STREAM.DELETE.S", json!(null));
    let strict = json!({"max_msgs_per_subject": 1, "discard": "new", "discard_new_per_subject": true,
        "allow_rollup_hdrs": true});
    stream(t, strict);
    t.store("s.a", "x");
    refused(t, &[], (503, 10077, "maximum messages per subject exceeded"));
    assert_eq!(publish(t, "s.a", &["Nats-Rollup: sub"], "x"), r#"{"stream":"S","seq":2}"#);
    t.api_ok("STREAM.DELETE.S", json!(null));
    stream(t, json!({"max_msgs": 1, "discard": "new", "allow_rollup_hdrs": true}));
    t.store("s.a", "x");
    refused(t, &["Nats-Rollup: sub"], (503, 10077, "maximum messages exceeded"));
}

fn max_msg_size(t: &mut Stage) {
    stream(t, json!({"max_msg_size": 30}));
    assert_eq!(publish(t, "s.a", &[], &"x".repeat(30)), r#"{"stream":"S","seq":1}"#);
    let too_large = refusal(400, 10054, "message size exceeds maximum allowed");
    let ack: Value = serde_json::from_str(&publish(t, "s.a", &[], &"x".repeat(31))).expect("JSON");
    assert_eq!(ack, too_large);
    // 18 bytes of headers.
    let ack: Value = serde_json::from_str(&publish(t, "s.a", &["A: 1"], &"x".repeat(13))).expect("JSON");
    assert_eq!(ack, too_large);
    t.api_ok("STREAM.DELETE.S", json!(null));
    stream(t, json!({}));
    let header = format!("A: {}", "x".repeat(65_535));
    refused(t, &[&header], (400, 10097, "header size exceeds maximum allowed of 64k"));
}

fn max_age(t: &mut Stage) {
    stream(t, json!({"max_age": 300_000_000}));
    t.store("s.a", "x");
    assert_has(&state(t), json!({"messages": 1}));
    t.advance(Duration::from_millis(900));
    assert_has(&state(t), json!({"messages": 0, "first_seq": 2, "last_seq": 1}));
}

fn interest_without_consumers(t: &mut Stage) {
    stream(t, json!({"retention": "interest"}));
    assert_eq!(publish(t, "s.a", &["Nats-Msg-Id: 1"], "x"), r#"{"stream":"S","seq":1}"#);
    assert_eq!(publish(t, "s.a", &["Nats-Msg-Id: 1"], "x"), r#"{"stream":"S","seq":1,"duplicate": true}"#);
    assert_has(&state(t), json!({"messages": 0, "last_seq": 1}));
}

fn consumer(t: &mut Stage, name: &str, filter: &str) {
    let config = json!({"durable_name": name, "ack_policy": "explicit", "filter_subject": filter});
    t.api_ok(&format!("CONSUMER.DURABLE.CREATE.S.{name}"), json!({"stream_name": "S", "config": config}));
}

/// Pulls one message and answers it; returns its payload.
fn pull_and_answer(t: &mut Stage, consumer: &str, answer: &str) -> String {
    let frame = t.request(&format!("$JS.API.CONSUMER.MSG.NEXT.S.{consumer}"), "");
    let reply = frame.reply().expect("a delivery has an ack subject").to_owned();
    assert_eq!(t.request(&reply, answer).text(), "");
    frame.text()
}

fn interest(t: &mut Stage) {
    stream(t, json!({"retention": "interest"}));
    consumer(t, "a", "");
    consumer(t, "b", "s.b");
    for (subject, payload) in [("s.a", "1"), ("s.b", "2"), ("s.b", "3")] {
        t.store(subject, payload);
    }
    for payload in ["1", "2", "3"] {
        assert_eq!(pull_and_answer(t, "a", "+ACK"), payload);
    }
    assert_has(&state(t), json!({"messages": 2, "first_seq": 2}));
    assert_eq!(pull_and_answer(t, "b", "+TERM"), "2");
    assert_has(&state(t), json!({"messages": 1, "first_seq": 3}));
    t.api_ok("CONSUMER.DELETE.S.b", json!(null));
    assert_has(&state(t), json!({"messages": 0, "first_seq": 4, "last_seq": 3}));
}

fn work_queue(t: &mut Stage) {
    stream(t, json!({"retention": "workqueue"}));
    for payload in ["1", "2", "3"] {
        t.store("s.a", payload);
    }
    consumer(t, "w", "");
    assert_eq!(pull_and_answer(t, "w", "+ACK"), "1");
    assert_has(&state(t), json!({"messages": 2, "first_seq": 2}));
    assert_eq!(pull_and_answer(t, "w", "+TERM"), "2");
    assert_has(&state(t), json!({"messages": 1, "first_seq": 3}));
    t.api_ok("CONSUMER.DELETE.S.w", json!(null));
    assert_has(&state(t), json!({"messages": 1}));
}

fn out_of_storage(t: &mut Stage) {
    t.start(Setup { max_storage: Some(2000), ..Setup::default() });
    stream(t, json!({"storage": "file"}));
    t.store("s.a", &"x".repeat(1500));
    // The one that goes beyond the limit is still taken.
    t.store("s.a", &"x".repeat(1500));
    refused(t, &[], (503, 10023, "insufficient resources"));
    let error = t.api_error("STREAM.CREATE.R", json!({"name": "R", "max_bytes": 5000}));
    assert_eq!(error["err_code"], json!(10047));
    let error = t.api_error("STREAM.CREATE.R", json!({"name": "R", "max_bytes": 5000, "storage": "memory"}));
    assert_eq!(error["err_code"], json!(10028));
    assert_eq!(t.api_ok("INFO", json!(null))["limits"]["max_storage"], json!(-1));
}

fn stored_as_it_came(t: &mut Stage) {
    stream(t, json!({"allow_direct": true}));
    let mut c = t.modern();
    for (block, kept) in [
        ("NATS/1.0 503 Foo\r\nA: 1\r\n\r\n", "NATS/1.0\r\nA: 1\r\n\r\n"),
        ("NATS/1.0 503\r\n\r\n", ""),
        ("NATS/1.0\r\n\r\n", "NATS/1.0\r\n\r\n"),
        ("garbage", "garbage"),
    ] {
        c.send(&format!("HPUB s.a {} {}\r\n{block}x", block.len(), block.len() + 1));
        c.expect_nothing();
        let message = t.api_ok("STREAM.MSG.GET.S", json!({"last_by_subj": "s.a"}))["message"].clone();
        let encoded = data_encoding::BASE64.encode(kept.as_bytes());
        let expected = (!kept.is_empty()).then(|| json!(encoded));
        assert_eq!(message.get("hdrs").cloned(), expected, "{block:?}");
    }
    t.store("s.*", "x");
    let message = t.api_ok("STREAM.MSG.GET.S", json!({"seq": 5}));
    assert_eq!(message["message"]["subject"], json!("s.*"));
}
