//! Several messages published as one: rows C-209 to C-211.

use crate::support::Stage;
use crate::support::json::assert_has;
use crate::support::runner::{Row, row};
use serde_json::{Value, json};

pub const ROWS: &[Row] = &[row("C-209", batch_of_three), row("C-210", batches_refused), row("C-211", batches_given_up)];

fn stream(t: &mut Stage, fields: Value) {
    let mut body = fields;
    body["name"] = json!("S");
    body["subjects"] = json!(["s.>"]);
    body["storage"] = json!("memory");
    t.api_ok("STREAM.CREATE.S", body);
}

fn messages(t: &mut Stage) -> u64 {
    t.api_ok("STREAM.INFO.S", json!(null))["state"]["messages"].as_u64().expect("a number")
}

/// Publishes message `number` of batch `id`; returns the answer.
fn say(t: &mut Stage, id: &str, number: &str, more: &[&str]) -> String {
    let (id, number) = (format!("Nats-Batch-Id: {id}"), format!("Nats-Batch-Sequence: {number}"));
    let headers = [&[id.as_str(), number.as_str()], more].concat();
    t.request_with("s.a", &headers, "x").text()
}

#[track_caller]
fn refused(answer: &str, err_code: u16) {
    let answer: Value = serde_json::from_str(answer).unwrap_or_else(|_| panic!("no refusal: {answer:?}"));
    assert_eq!(answer["error"]["err_code"], json!(err_code), "{answer}");
}

const COMMIT: &[&str] = &["Nats-Batch-Commit: 1"];

fn batch_of_three(t: &mut Stage) {
    stream(t, json!({"allow_atomic": true}));
    assert_eq!(say(t, "b1", "1", &["Nats-Expected-Last-Sequence: 0"]), "");
    assert_eq!(say(t, "b1", "2", &[]), "");
    assert_eq!(messages(t), 0);
    assert_eq!(say(t, "b1", "3", COMMIT), r#"{"stream":"S","seq":3,"batch":"b1","count":3}"#);
    assert_eq!(messages(t), 3);
    // An end that is no message itself.
    assert_eq!(say(t, "b2", "1", &[]), "");
    assert_eq!(say(t, "b2", "2", &["Nats-Batch-Commit: eob"]), r#"{"stream":"S","seq":4,"batch":"b2","count":1}"#);
    let stored = t.api_ok("STREAM.MSG.GET.S", json!({"seq": 4}))["message"]["hdrs"].clone();
    let decoded = data_encoding::BASE64.decode(stored.as_str().expect("text").as_bytes()).expect("base64");
    assert!(String::from_utf8_lossy(&decoded).contains("Nats-Batch-Commit: 1\r\n"));
}

fn batches_refused(t: &mut Stage) {
    stream(t, json!({}));
    refused(&say(t, "b", "1", &[]), 10174);
    t.api_ok("STREAM.DELETE.S", json!(null));
    stream(t, json!({"allow_atomic": true}));
    refused(&say(t, &"b".repeat(65), "1", &[]), 10179);
    refused(&say(t, "b", "x", &[]), 10175);
    refused(&t.request_with("s.a", &["Nats-Batch-Id: b"], "x").text(), 10175);
    refused(&say(t, "b", "2", &[]), 10176);
    refused(&say(t, "b", "0", &[]), 10176);
    refused(&say(t, "b", "1", &["Nats-Batch-Commit: eob"]), 10176);
    say(t, "b", "1", &[]);
    refused(&say(t, "b", "3", &[]), 10176);
    refused(&say(t, "b", "2", &[]), 10176);
    refused(&say(t, "c", "1", &["Nats-Batch-Commit: 2"]), 10200);
    refused(&say(t, "c", "1", &["Nats-Required-Api-Level: 9"]), 10185);
    // Known only when all of it is there.
    for (first, second, err_code) in [
        (&["Nats-Msg-Id: 1"][..], "Nats-Msg-Id: 1", 10201),
        (&[], "Nats-Expected-Last-Msg-Id: 1", 10177),
        (&[], "Nats-Expected-Last-Sequence: 0", 10071),
        (&[], "Nats-Expected-Last-Sequence: 1", 10164),
        (&[], "Nats-Expected-Last-Subject-Sequence: 0", 10164),
        (&["Nats-Expected-Last-Sequence: 5"], "A: 1", 10071),
    ] {
        assert_eq!(say(t, "d", "1", first), "");
        refused(&say(t, "d", "2", &[second, COMMIT[0]]), err_code);
    }
    assert_eq!(messages(t), 0);
    // Without an id it is a message like any other.
    let ack = t.request_with("s.a", &["Nats-Batch-Sequence: 1", "Nats-Batch-Commit: 1"], "x").text();
    assert_eq!(ack, r#"{"stream":"S","seq":1}"#);
}

fn batches_given_up(t: &mut Stage) {
    stream(t, json!({"allow_atomic": true}));
    let mut c = t.modern();
    c.send("SUB $JS.EVENT.ADVISORY.STREAM.BATCH_ABANDONED.> 1");
    c.expect_nothing();
    say(t, "gap", "1", &[]);
    say(t, "gap", "3", &[]);
    let expected = json!({"type": "io.nats.jetstream.advisory.v1.stream_batch_abandoned", "stream": "S",
        "batch": "gap", "reason": "incomplete"});
    assert_has(&c.next().json(), expected);
    say(t, "late", "1", &[]);
    t.advance(std::time::Duration::from_millis(10_500));
    assert_has(&c.next().json(), json!({"batch": "late", "reason": "timeout"}));
    refused(&say(t, "late", "2", &[]), 10176);
    // Whether it is unknown or too long, a number beyond the limit says first.
    refused(&say(t, "late", "1001", &[]), 10199);
}
