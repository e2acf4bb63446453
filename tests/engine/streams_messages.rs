//! What is in a stream, taken out of it, and read from it: rows C-136 to C-164.

use crate::support::frame::Frame;
use crate::support::json::assert_has;
use crate::support::runner::{Row, row};
use crate::support::{Client, Stage};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("C-136 C-137", sizes),
    row("C-138 C-140 C-142", purge),
    row("C-139 C-141", purge_some),
    row("C-143", purge_refused),
    row("C-144 C-146", get),
    row("C-145", get_by_time),
    row("C-147 C-148", get_invalid),
    row("C-149 C-150 C-151 C-152", delete),
    row("C-153", direct_not_allowed),
    row("C-154 C-155 C-162", direct_last),
    row("C-156", direct_refused),
    row("C-157 C-158 C-163", direct_batch),
    row("C-159 C-160", direct_multi),
    row("C-161", direct_multi_too_many),
];

/// A memory stream S on `s.>` with these extra fields, and these subjects stored one after the other.
fn stream(t: &mut Stage, fields: Value, subjects: &[&str]) {
    let mut body = fields;
    body["name"] = json!("S");
    body["subjects"] = json!(["s.>"]);
    if body.get("storage").is_none() {
        body["storage"] = json!("memory");
    }
    t.api_ok("STREAM.CREATE.S", body);
    for (index, subject) in subjects.iter().enumerate() {
        t.store(subject, &format!("m{}", index + 1));
    }
}

fn state(t: &mut Stage) -> Value {
    t.api_ok("STREAM.INFO.S", json!({"deleted_details": true}))["state"].clone()
}

fn sizes(t: &mut Stage) {
    for (storage, plain, with_header) in [("memory", 21, 39), ("file", 35, 57)] {
        t.api_ok("STREAM.CREATE.M", json!({"name": "M", "subjects": ["m.a"], "storage": storage}));
        t.store("m.a", "hi");
        assert_has(&t.api_ok("STREAM.INFO.M", json!(null)), json!({"state": {"bytes": plain}}));
        t.request_with("m.a", &["A: 1"], "hi");
        let info = t.api_ok("STREAM.INFO.M", json!(null));
        assert_has(&info, json!({"state": {"bytes": plain + with_header}}));
        t.api_ok("STREAM.DELETE.M", json!(null));
    }
}

#[track_caller]
fn purged(t: &mut Stage, body: Value, expected: u64) {
    let answer = t.api_ok("STREAM.PURGE.S", body);
    let kind = "io.nats.jetstream.api.v1.stream_purge_response";
    assert_eq!(answer, json!({"type": kind, "success": true, "purged": expected}));
}

fn purge(t: &mut Stage) {
    stream(t, json!({}), &[]);
    purged(t, json!(null), 0);
    assert_has(&state(t), json!({"first_seq": 1, "last_seq": 0}));
    for _ in 0..3 {
        t.store("s.a", "x");
    }
    let before = state(t);
    purged(t, json!(null), 3);
    let after = state(t);
    assert_has(
        &after,
        json!({"messages": 0, "bytes": 0, "first_seq": 4, "last_seq": 3, "first_ts": "0001-01-01T00:00:00Z"}),
    );
    assert_eq!(after["last_ts"], before["last_ts"]);
    assert_eq!(after.get("num_subjects"), None);
    // Far ahead: the stream moves there.
    assert_eq!(t.store("s.a", "x"), 4);
    purged(t, json!({"seq": 100}), 1);
    assert_has(&state(t), json!({"messages": 0, "first_seq": 100, "last_seq": 99}));
    assert_eq!(t.store("s.a", "x"), 100);
    // A body that is no object says nothing.
    let answer = t.request("$JS.API.STREAM.PURGE.S", "x").json();
    assert_eq!(answer["purged"], json!(1));
}

fn purge_some(t: &mut Stage) {
    let error = t.api_error("STREAM.PURGE.S", json!({"seq": 2}));
    assert_eq!(error["err_code"], json!(10059));
    stream(t, json!({}), &["s.a", "s.b", "s.a", "s.c", "s.b", "s.a"]);
    assert_eq!(t.api_error("STREAM.PURGE.S", json!({"seq": 2, "keep": 1}))["err_code"], json!(10003));
    purged(t, json!({"seq": 1}), 0);
    purged(t, json!({"filter": "x..y"}), 0);
    purged(t, json!({"filter": "x.y"}), 0);
    purged(t, json!({"keep": 6}), 0);
    purged(t, json!({"filter": "s.a", "keep": 2}), 1);
    assert_has(&state(t), json!({"messages": 5, "first_seq": 2}));
    purged(t, json!({"filter": "s.b", "seq": 5}), 1);
    assert_has(&state(t), json!({"messages": 4, "first_seq": 3}));
    purged(t, json!({"filter": "s.a"}), 2);
    assert_has(&state(t), json!({"messages": 2, "first_seq": 4, "last_seq": 6, "num_deleted": 1, "deleted": [6]}));
    t.store("s.a", "x");
    purged(t, json!({"keep": 1}), 2);
    assert_has(&state(t), json!({"messages": 1, "first_seq": 7}));
    for _ in 0..4 {
        t.store("s.d", "x");
    }
    purged(t, json!({"seq": 9}), 2);
    assert_has(&state(t), json!({"messages": 3, "first_seq": 9, "last_seq": 11}));
    purged(t, json!({"filter": ">"}), 3);
}

fn purge_refused(t: &mut Stage) {
    stream(t, json!({"deny_purge": true}), &[]);
    let expected = json!({"code": 500, "err_code": 10110, "description": "stream purge not permitted"});
    assert_eq!(t.api_error("STREAM.PURGE.S", json!(null)), expected);
    // Sealed streams are in the file about the API, row C-119.
}

fn get(t: &mut Stage) {
    stream(t, json!({}), &["s.a", "s.b", "s.a"]);
    t.request_with("s.h", &["A: 1"], "");
    let answer = t.api_ok("STREAM.MSG.GET.S", json!({"seq": 2}));
    assert_eq!(answer["type"], json!("io.nats.jetstream.api.v1.stream_msg_get_response"));
    let message = &answer["message"];
    assert_has(message, json!({"subject": "s.b", "seq": 2, "data": "bTI="}));
    assert_eq!(message.get("hdrs"), None);
    assert!(message["time"].as_str().is_some_and(|time| time.ends_with('Z')));
    let header = t.api_ok("STREAM.MSG.GET.S", json!({"seq": 4}));
    assert_eq!(header["message"]["hdrs"], json!("TkFUUy8xLjANCkE6IDENCg0K"));
    assert_eq!(header["message"].get("data"), None);
    assert_eq!(t.api_ok("STREAM.MSG.GET.S", json!({"seq": 4, "no_hdr": true}))["message"].get("hdrs"), None);
    for (body, seq) in [
        (json!({"last_by_subj": "s.a"}), 3),
        (json!({"last_by_subj": "s.*"}), 4),
        (json!({"next_by_subj": "s.a"}), 1),
        (json!({"next_by_subj": "s.a", "seq": 2}), 3),
        (json!({"next_by_subj": "s.>", "seq": 2}), 2),
    ] {
        assert_eq!(t.api_ok("STREAM.MSG.GET.S", body.clone())["message"]["seq"], json!(seq), "{body}");
    }
    for body in [json!({"seq": 5}), json!({"last_by_subj": "x"}), json!({"next_by_subj": "s.b", "seq": 3})] {
        let expected = json!({"code": 404, "err_code": 10037, "description": "no message found"});
        assert_eq!(t.api_error("STREAM.MSG.GET.S", body), expected);
    }
}

fn get_by_time(t: &mut Stage) {
    stream(t, json!({}), &["s.a"]);
    t.advance(Duration::from_millis(20));
    t.store("s.b", "x");
    let time = t.api_ok("STREAM.MSG.GET.S", json!({"seq": 2}))["message"]["time"].clone();
    assert_eq!(t.api_ok("STREAM.MSG.GET.S", json!({"start_time": time}))["message"]["seq"], json!(2));
    let early = json!({"start_time": "2001-01-01T00:00:00Z", "next_by_subj": "s.b"});
    assert_eq!(t.api_ok("STREAM.MSG.GET.S", early)["message"]["seq"], json!(2));
    let late = json!({"start_time": "2101-01-01T00:00:00Z"});
    assert_eq!(t.api_error("STREAM.MSG.GET.S", late)["err_code"], json!(10037));
}

fn get_invalid(t: &mut Stage) {
    stream(t, json!({}), &["s.a", "s.b"]);
    let time = "2001-01-01T00:00:00Z";
    for body in [
        json!(null),
        json!({}),
        json!({"seq": 1, "last_by_subj": "s.a"}),
        json!({"seq": 1, "start_time": time}),
        json!({"start_time": time, "last_by_subj": "s.a"}),
        json!({"last_by_subj": "s.a", "next_by_subj": "s.a"}),
        json!({"seq": 1, "batch": 2}),
        json!({"seq": 1, "max_bytes": 2}),
        json!({"multi_last": ["s.a"]}),
    ] {
        let expected = json!({"code": 400, "err_code": 10003, "description": "bad request"});
        assert_eq!(t.api_error("STREAM.MSG.GET.S", body.clone()), expected, "{body}");
    }
    t.api_ok("STREAM.MSG.DELETE.S", json!({"seq": 2}));
    assert_eq!(t.api_error("STREAM.MSG.GET.S", json!({"last_by_subj": ">"}))["err_code"], json!(10037));
    assert_eq!(t.api_ok("STREAM.MSG.GET.S", json!({"last_by_subj": "s.*"}))["message"]["seq"], json!(1));
}

fn delete(t: &mut Stage) {
    stream(t, json!({}), &["s.a", "s.a", "s.a"]);
    let answer = t.api_ok("STREAM.MSG.DELETE.S", json!({"seq": 2}));
    let kind = "io.nats.jetstream.api.v1.stream_msg_delete_response";
    assert_eq!(answer, json!({"type": kind, "success": true}));
    assert_has(&state(t), json!({"messages": 2, "num_deleted": 1, "deleted": [2], "last_seq": 3}));
    t.api_ok("STREAM.MSG.DELETE.S", json!({"seq": 3, "no_erase": true}));
    assert_has(&state(t), json!({"messages": 1, "num_deleted": 2, "deleted": [2, 3], "last_seq": 3}));
    let expected = json!({"code": 400, "err_code": 10043, "description": "sequence 2 not found"});
    assert_eq!(t.api_error("STREAM.MSG.DELETE.S", json!({"seq": 2})), expected);
    assert_eq!(t.api_error("STREAM.MSG.DELETE.S", json!(null))["err_code"], json!(10003));
    t.api_ok("STREAM.CREATE.F", json!({"name": "F", "subjects": ["f"]}));
    for _ in 0..4 {
        t.store("f", "x");
    }
    t.api_ok("STREAM.MSG.DELETE.F", json!({"seq": 3}));
    let expected = json!({"code": 400, "err_code": 10043, "description": "sequence 3 not found"});
    assert_eq!(t.api_error("STREAM.MSG.DELETE.F", json!({"seq": 3})), expected);
    t.api_ok("STREAM.MSG.DELETE.F", json!({"seq": 1}));
    for (seq, text) in [(1, "no message found"), (9, "stream store EOF")] {
        let expected = json!({"code": 500, "err_code": 10057, "description": text});
        assert_eq!(t.api_error("STREAM.MSG.DELETE.F", json!({"seq": seq})), expected);
    }
    t.api_ok("STREAM.CREATE.D", json!({"name": "D", "deny_delete": true}));
    t.store("D", "x");
    let expected = json!({"code": 500, "err_code": 10057, "description": "message delete not permitted"});
    assert_eq!(t.api_error("STREAM.MSG.DELETE.D", json!({"seq": 1})), expected);
}

fn direct_not_allowed(t: &mut Stage) {
    stream(t, json!({}), &["s.a"]);
    assert_eq!(t.request("$JS.API.DIRECT.GET.S", r#"{"seq":1}"#).status(), "503");
    assert_eq!(t.request("$JS.API.DIRECT.GET.S.s.a", "").status(), "503");
    assert_eq!(t.request("$JS.API.DIRECT.GET.X", r#"{"seq":1}"#).status(), "503");
}

/// Header names in order.
fn header_names(frame: &Frame) -> Vec<String> {
    let text = frame.header_text();
    text.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect()
}

fn direct_last(t: &mut Stage) {
    stream(t, json!({"allow_direct": true}), &["s.a", "s.b"]);
    t.request_with("s.h", &["A: 1"], "x");
    let four = ["Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Time-Stamp"];
    let frame = t.request("$JS.API.DIRECT.GET.S.s.a", "");
    assert_eq!((frame.text().as_str(), frame.status().as_str()), ("m1", ""));
    assert_eq!(header_names(&frame), four);
    assert_eq!(frame.header("Nats-Stream").as_deref(), Some("S"));
    assert_eq!(frame.header("Nats-Subject").as_deref(), Some("s.a"));
    assert_eq!(frame.header("Nats-Sequence").as_deref(), Some("1"));
    let frame = t.request("$JS.API.DIRECT.GET.S", r#"{"last_by_subj":"s.h","unknown":1}"#);
    assert_eq!(header_names(&frame), [&["A"], &four[..]].concat());
    assert_eq!(t.request("$JS.API.DIRECT.GET.S.s.*", "").header("Nats-Sequence").as_deref(), Some("3"));
    assert_eq!(t.request("$JS.API.DIRECT.GET.S", r#"{"seq":2}"#).text(), "m2");
    for body in [r#"{"no_hdr":true,"seq":2}"#, r#"{"no_hdr":true,"next_by_subj":"s.b"}"#] {
        let frame = t.request("$JS.API.DIRECT.GET.S", body);
        assert!(frame.line.starts_with("MSG ") && frame.text() == "m2", "{frame}");
    }
    assert_eq!(t.request("$JS.API.DIRECT.GET.S.s.b", r#"{"no_hdr":true}"#).headers, b"");
    assert_eq!(t.request("$JS.API.DIRECT.GET.S.s.x", "").status(), "404 Message Not Found");
    assert_eq!(t.request("$JS.API.DIRECT.GET.S", r#"{"seq":9}"#).status(), "404 Message Not Found");
}

fn direct_refused(t: &mut Stage) {
    stream(t, json!({"allow_direct": true}), &["s.a"]);
    for (body, status) in [
        ("", "408 Empty Request"),
        ("{}", "408 Empty Request"),
        (r#"{"batch":3}"#, "408 Empty Request"),
        ("{", "408 Malformed Request"),
        (r#"{"seq":1,"last_by_subj":"s.a"}"#, "408 Bad Request"),
        (r#"{"seq":1,"start_time":"2001-01-01T00:00:00Z"}"#, "408 Bad Request"),
        (r#"{"last_by_subj":"s.a","next_by_subj":"s.a"}"#, "408 Bad Request"),
        (r#"{"last_by_subj":"s.a","batch":2}"#, "408 Bad Request"),
        (r#"{"last_by_subj":"s.a","multi_last":["s.a"]}"#, "408 Bad Request"),
        (r#"{"multi_last":["s.a"],"up_to_seq":1,"up_to_time":"2101-01-01T00:00:00Z"}"#, "408 Bad Request"),
        (r#"{"multi_last":["x"]}"#, "404 No Results"),
        (r#"{"batch":3,"seq":9}"#, "404 Message Not Found"),
    ] {
        assert_eq!(t.request("$JS.API.DIRECT.GET.S", body).status(), status, "{body}");
    }
    assert_eq!(t.request("$JS.API.DIRECT.GET.S.s.a", r#"{"seq":1}"#).status(), "408 Bad Request");
    let frame = t.request_with("$JS.API.DIRECT.GET.S", &["Nats-Required-Api-Level: 9"], r#"{"seq":1}"#);
    assert_eq!(frame.status(), "412 Required Api Level");
}

/// Asks and reads messages until the status at their end: `(sequence, pending, last)` of each, and the end.
fn series(c: &mut Client, body: &str) -> (Vec<(String, String, String)>, Frame) {
    c.send("SUB inbox 1\r\nUNSUB 1 100");
    c.publish_with("$JS.API.DIRECT.GET.S", "inbox", &[], body);
    let mut messages = Vec::new();
    loop {
        let frame = c.next();
        if !frame.status().is_empty() {
            c.send("UNSUB 1");
            return (messages, frame);
        }
        let header = |name: &str| frame.header(name).unwrap_or_default();
        messages.push((header("Nats-Sequence"), header("Nats-Num-Pending"), header("Nats-Last-Sequence")));
    }
}

fn triples(expected: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    expected.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

#[track_caller]
fn assert_end(end: &Frame, pending: &str, last: &str, up_to: Option<&str>) {
    assert_eq!(end.status(), "204 EOB");
    assert_eq!(end.header("Nats-Num-Pending").as_deref(), Some(pending), "{end}");
    assert_eq!(end.header("Nats-Last-Sequence").as_deref(), Some(last), "{end}");
    assert_eq!(end.header("Nats-UpTo-Sequence").as_deref(), up_to, "{end}");
}

fn direct_batch(t: &mut Stage) {
    stream(t, json!({"allow_direct": true}), &["s.a", "s.b", "s.a", "s.b", "s.a", "s.b", "s.a", "s.b"]);
    let mut c = t.modern();
    let (messages, end) = series(&mut c, r#"{"batch":3,"seq":1}"#);
    assert_eq!(messages, triples(&[("1", "7", "0"), ("2", "6", "1"), ("3", "5", "2")]));
    assert_end(&end, "5", "3", None);
    let (messages, end) = series(&mut c, r#"{"batch":9,"next_by_subj":"s.b","seq":3}"#);
    assert_eq!(messages, triples(&[("4", "2", "0"), ("6", "1", "4"), ("8", "0", "6")]));
    assert_end(&end, "0", "8", None);
    let (messages, end) = series(&mut c, r#"{"batch":9,"seq":1,"max_bytes":6}"#);
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert_end(&end, "6", "2", None);
}

fn direct_multi(t: &mut Stage) {
    stream(t, json!({"allow_direct": true}), &["s.a", "s.b", "s.c", "s.a", "s.b", "s.x.y"]);
    let mut c = t.modern();
    let (messages, end) = series(&mut c, r#"{"multi_last":["s.*","s.a"]}"#);
    assert_eq!(messages, triples(&[("3", "2", "0"), ("4", "1", "3"), ("5", "0", "4")]));
    assert_end(&end, "0", "5", Some("6"));
    let (messages, end) = series(&mut c, r#"{"multi_last":["s.>"],"up_to_seq":3}"#);
    assert_eq!(messages, triples(&[("1", "2", "0"), ("2", "1", "1"), ("3", "0", "2")]));
    assert_end(&end, "0", "3", Some("3"));
    let (messages, end) = series(&mut c, r#"{"multi_last":["s.>"],"batch":2}"#);
    assert_eq!(messages, triples(&[("3", "3", "0"), ("4", "2", "3")]));
    assert_end(&end, "2", "4", Some("6"));
    let (messages, end) = series(&mut c, r#"{"multi_last":["s.>"],"batch":2,"seq":5,"up_to_seq":6}"#);
    assert_eq!(messages, triples(&[("5", "1", "0"), ("6", "0", "5")]));
    assert_end(&end, "0", "6", Some("6"));
}

fn direct_multi_too_many(t: &mut Stage) {
    stream(t, json!({"allow_direct": true}), &[]);
    let mut c = t.modern();
    for number in 0..1024 {
        c.publish(&format!("s.{number}"), "");
    }
    c.expect_nothing();
    // Its answer says that the others are stored too.
    t.store("s.last", "");
    let frame = t.request("$JS.API.DIRECT.GET.S", r#"{"multi_last":["s.>"]}"#);
    assert_eq!(frame.status(), "413 Too Many Results");
}
