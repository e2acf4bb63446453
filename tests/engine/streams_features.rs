//! Subject transforms and what single messages can ask for: rows C-074 to C-080 and C-197 to C-215.

use crate::support::Stage;
use crate::support::json::assert_has;
use crate::support::runner::{Row, row};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("C-074 C-075 C-076 C-077 C-079 C-080", transforms),
    row("C-078", transforms_refused),
    row("C-197 C-198", ttl_forms),
    row("C-199 C-200", ttl_passes),
    row("C-201 C-203", delete_markers),
    row("C-202", ttl_below_the_marker),
    row("C-208", counters),
    row("C-213 C-214", republish),
    row("C-215", transformed_before_checked),
];

fn stream(t: &mut Stage, fields: Value) {
    let mut body = fields;
    body["name"] = json!("S");
    if body.get("subjects").is_none() {
        body["subjects"] = json!(["s.>"]);
    }
    body["storage"] = json!("memory");
    t.api_ok("STREAM.CREATE.S", body);
}

fn state(t: &mut Stage) -> Value {
    t.api_ok("STREAM.INFO.S", json!(null))["state"].clone()
}

#[track_caller]
fn refused(t: &mut Stage, subject: &str, headers: &[&str], payload: &str, expected: (u16, u16, &str)) {
    let ack = t.request_with(subject, headers, payload).json();
    let error = json!({"code": expected.0, "err_code": expected.1, "description": expected.2});
    assert_eq!(ack, json!({"error": error, "stream": "S", "seq": 0}), "{headers:?}");
}

fn message(t: &mut Stage, seq: u64) -> Value {
    t.api_ok("STREAM.MSG.GET.S", json!({"seq": seq}))["message"].clone()
}

fn headers(message: &Value) -> String {
    let encoded = message["hdrs"].as_str().unwrap_or_default();
    let decoded = data_encoding::BASE64.decode(encoded.as_bytes()).expect("base64");
    String::from_utf8(decoded).expect("text")
}

fn transforms(t: &mut Stage) {
    for (src, dest, subject, stored) in [
        ("t.*.*", "x.$2.$1", "t.a.b", "x.b.a"),
        ("t.*.*", "x.{{wildcard(2)}}.{{Wildcard(1)}}", "t.a.b", "x.b.a"),
        ("t.>", "z.>", "t.a.b", "z.a.b"),
        ("t.*", "x.{{wildcard(0)}}", "t.a", "x.t"),
        ("t.*.*", "p.{{partition(10,2,1)}}", "t.a.b", "p.8"),
        ("t.*.*", "p.{{partition(3)}}", "t.foo.bar", "p.0"),
        ("t.*.*", "p.{{partition(3)}}", "t.x.y", "p.1"),
        ("t.*", "p.{{partition(7)}}", "t.a", "p.6"),
        ("t.*", "p.{{partition(5,1)}}", "t.abcdefgh", "p.2"),
        ("t.*", "q.{{split(1,-)}}", "t.-a--b-", "q.a.b"),
        ("t.*", "q.{{SplitFromLeft(1,2)}}", "t.abcdefgh", "q.ab.cdefgh"),
        ("t.*", "q.{{splitfromright(1,2)}}", "t.abcdefgh", "q.abcdef.gh"),
        ("t.*", "q.{{slicefromleft(1,3)}}", "t.abcdefgh", "q.abc.def.gh"),
        ("t.*", "q.{{slicefromright(1,3)}}", "t.abcdefgh", "q.ab.cde.fgh"),
        ("t.*", "q.{{left(1,3)}}", "t.abcdefgh", "q.abc"),
        ("t.*", "q.{{right(1,3)}}", "t.abcdefgh", "q.fgh"),
        ("t.x.*", "q.$1", "t.a", "t.a"),
    ] {
        stream(t, json!({"subjects": ["t.>"], "subject_transform": {"src": src, "dest": dest}}));
        let seq = t.store(subject, "x");
        assert_eq!(message(t, seq)["subject"], json!(stored), "{src} to {dest}");
        t.api_ok("STREAM.DELETE.S", json!(null));
    }
}

fn transforms_refused(t: &mut Stage) {
    let prefix = "stream transform: ";
    for (src, dest, err_code, text) in [
        ("v..", "x", 10155, "stream transform source: invalid subject v..".to_owned()),
        ("t.*", "x.*", 10156, format!("{prefix}invalid subject")),
        ("t.>", "x", 10156, format!("{prefix}invalid subject")),
        (
            "t.*",
            "{{foo(1)}}",
            10156,
            format!("{prefix}invalid mapping destination: unknown function in {{{{foo(1)}}}}"),
        ),
        (
            "t.*",
            "{{wildcard(2)}}",
            10156,
            format!("{prefix}invalid mapping destination: wildcard index out of range in {{{{wildcard(2)}}}}: [2]"),
        ),
        (
            "t.*",
            "{{split(1)}}",
            10156,
            format!(
                "{prefix}invalid mapping destination: not enough arguments passed to the function in {{{{split(1)}}}}"
            ),
        ),
        (
            "t.*",
            "{{wildcard(1,2)}}",
            10156,
            format!(
                "{prefix}invalid mapping destination: too many arguments passed to the function in {{{{wildcard(1,2)}}}}"
            ),
        ),
        (
            "t.*",
            "{{wildcard(x)}}",
            10156,
            format!(
                "{prefix}invalid mapping destination: function argument is invalid or in the wrong format in {{{{wildcard(x)}}}}"
            ),
        ),
        ("t.*", "x y", 10156, format!("{prefix}invalid mapping destination: invalid transform")),
    ] {
        let body = json!({"name": "S", "subjects": ["t.*"], "subject_transform": {"src": src, "dest": dest}});
        let expected = json!({"code": 400, "err_code": err_code, "description": text});
        assert_eq!(t.api_error("STREAM.CREATE.S", body), expected, "{src} to {dest}");
    }
    stream(t, json!({"subject_transform": {"src": "s.>", "dest": ""}}));
}

const INVALID_TTL: (u16, u16, &str) = (400, 10165, "invalid per-message TTL");

fn ttl_forms(t: &mut Stage) {
    stream(t, json!({}));
    refused(t, "s.a", &["Nats-TTL: 5"], "", (400, 10166, "per-message TTL is disabled"));
    refused(t, "s.a", &["Nats-TTL: bad"], "", INVALID_TTL);
    t.api_ok("STREAM.DELETE.S", json!(null));
    stream(t, json!({"allow_msg_ttl": true}));
    for value in ["1s", "1500ms", "5", "never", "NEVER", "1h"] {
        let ack = t.request_with("s.a", &[&format!("Nats-TTL: {value}")], "").json();
        assert!(ack.get("error").is_none(), "{value}: {ack}");
    }
    for value in ["0", "500ms", "-1", "1.5", "bad"] {
        refused(t, "s.a", &[&format!("Nats-TTL: {value}")], "", INVALID_TTL);
    }
}

fn ttl_passes(t: &mut Stage) {
    stream(t, json!({"allow_msg_ttl": true, "max_age": 1_100_000_000}));
    t.request_with("s.a", &["Nats-TTL: never"], "1");
    t.request_with("s.a", &["Nats-TTL: 1"], "2");
    t.request_with("s.a", &["Nats-TTL: 1h"], "3");
    t.store("s.a", "4");
    t.advance(Duration::from_millis(2000));
    assert_has(&state(t), json!({"messages": 1, "first_seq": 1, "last_seq": 4}));
}

fn delete_markers(t: &mut Stage) {
    stream(t, json!({"subject_delete_marker_ttl": 5_000_000_000u64, "max_age": 1_000_000_000}));
    t.store("s.a", "1");
    t.store("s.b", "2");
    t.api_ok("STREAM.MSG.DELETE.S", json!({"seq": 2}));
    t.store("s.c", "3");
    t.api_ok("STREAM.PURGE.S", json!({"filter": "s.c"}));
    assert_has(&state(t), json!({"messages": 1}));
    // Before the marker itself is a second old.
    t.advance(Duration::from_millis(1500));
    assert_has(&state(t), json!({"messages": 1, "first_seq": 4, "last_seq": 4}));
    let marker = message(t, 4);
    assert_eq!((marker["subject"].as_str(), marker.get("data")), (Some("s.a"), None));
    let expected = "NATS/1.0\r\nNats-Marker-Reason: MaxAge\r\nNats-TTL: 5s\r\nNats-Rollup: sub\r\n\r\n";
    assert_eq!(headers(&marker), expected);
    t.advance(Duration::from_millis(1500));
    assert_has(&state(t), json!({"messages": 0, "first_seq": 5, "last_seq": 4}));
}

fn ttl_below_the_marker(t: &mut Stage) {
    stream(t, json!({"subject_delete_marker_ttl": 10_000_000_000u64}));
    t.request_with("s.a", &["Nats-TTL: 1", "A: 1"], "x");
    assert_eq!(headers(&message(t, 1)), "NATS/1.0\r\nA: 1\r\nNats-TTL: 10\r\n\r\n");
    t.request_with("s.a", &["Nats-TTL: 11s"], "x");
    assert_eq!(headers(&message(t, 2)), "NATS/1.0\r\nNats-TTL: 11s\r\n\r\n");
}

fn counters(t: &mut Stage) {
    stream(t, json!({}));
    refused(t, "s.a", &["Nats-Incr: 1"], "", (400, 10168, "message counters is disabled"));
    t.api_ok("STREAM.DELETE.S", json!(null));
    stream(t, json!({"allow_msg_counter": true}));
    for (seq, increment, value) in [
        (1, "1", "1"),
        (2, "+5", "6"),
        (3, "-10", "-4"),
        (4, "0", "-4"),
        (5, "100000000000000000000000", "99999999999999999999996"),
    ] {
        let ack = t.request_with("s.a", &[&format!("Nats-Incr: {increment}")], "").text();
        assert_eq!(ack, format!(r#"{{"stream":"S","seq":{seq},"val":"{value}"}}"#));
    }
    let stored = message(t, 2);
    assert_eq!(stored["data"], json!(data_encoding::BASE64.encode(br#"{"val":"6"}"#)));
    assert_eq!(headers(&stored), "NATS/1.0\r\nNats-Incr: +5\r\n\r\n");
    for (headers, payload, err_code, text) in [
        (&["A: 1"][..], "", 10169, "message counter increment is missing"),
        (&["Nats-Incr: 1.5"], "", 10171, "message counter increment is invalid"),
        (&["Nats-Incr: 1_0"], "", 10171, "message counter increment is invalid"),
        (&["Nats-Incr: 0x10"], "", 10171, "message counter increment is invalid"),
        (&["Nats-Incr: 1"], "x", 10170, "message counter has payload"),
        (&["Nats-Incr: 1", "Nats-Rollup: sub"], "", 10171, "message counter increment is invalid"),
        (&["Nats-Incr: 1", "Nats-Expected-Last-Sequence: 5"], "", 10171, "message counter increment is invalid"),
    ] {
        refused(t, "s.a", headers, payload, (400, err_code, text));
    }
    t.request_with("s.b", &["Nats-Incr: 1", "Nats-Msg-Id: 1"], "");
    let ack = t.request_with("s.b", &["Nats-Incr: 1", "Nats-Msg-Id: 1"], "").text();
    assert_eq!(ack, r#"{"stream":"S","seq":6,"duplicate": true}"#);
}

fn republish(t: &mut Stage) {
    stream(t, json!({"republish": {"src": "s.>", "dest": "r.>"}}));
    let mut c = t.modern();
    c.send("SUB r.> 1\r\nSUB inbox 2");
    c.publish_with("s.a", "inbox", &["A: 1"], "hi");
    let copy = c.next();
    assert_eq!((copy.subject(), copy.text().as_str(), copy.reply()), ("r.a", "hi", None));
    for (name, value) in [("A", "1"), ("Nats-Stream", "S"), ("Nats-Subject", "s.a"), ("Nats-Sequence", "1")] {
        assert_eq!(copy.header(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(copy.header("Nats-Last-Sequence").as_deref(), Some("0"));
    assert!(copy.header("Nats-Time-Stamp").is_some());
    assert_eq!(c.next().text(), r#"{"stream":"S","seq":1}"#);
    c.publish("s.b", "");
    c.publish("s.a", "again");
    assert_eq!(c.next().header("Nats-Last-Sequence").as_deref(), Some("0"));
    assert_eq!(c.next().header("Nats-Last-Sequence").as_deref(), Some("1"));
    t.api_ok(
        "STREAM.UPDATE.S",
        json!({"name": "S", "subjects": ["s.>"], "storage": "memory",
            "republish": {"src": "s.>", "dest": "r.>", "headers_only": true}}),
    );
    c.publish("s.a", "hello");
    let copy = c.next();
    assert_eq!((copy.text().as_str(), copy.header("Nats-Msg-Size").as_deref()), ("", Some("5")));
    // Another stream hears it like any other message.
    t.api_ok("STREAM.CREATE.R", json!({"name": "R", "subjects": ["r.>"]}));
    t.store("s.x", "x");
    assert_has(&t.api_ok("STREAM.INFO.R", json!(null)), json!({"state": {"messages": 1}}));
}

fn transformed_before_checked(t: &mut Stage) {
    stream(t, json!({"subject_transform": {"src": "s.*", "dest": "t.$1"}}));
    t.store("s.a", "x");
    assert_eq!(message(t, 1)["subject"], json!("t.a"));
    let wrong = (400, 10071, "wrong last sequence: 1");
    refused(t, "s.a", &["Nats-Expected-Last-Subject-Sequence: 0"], "x", wrong);
    let ack = t.request_with("s.a", &["Nats-Expected-Last-Subject-Sequence: 1"], "x").text();
    assert_eq!(ack, r#"{"stream":"S","seq":2}"#);
}
