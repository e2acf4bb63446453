//! Messages whose way is told to whoever asked: row C-073.

use crate::support::runner::{Row, row};
use crate::support::{Client, Stage, assert_has};
use serde_json::{Value, json};

pub const ROWS: &[Row] = &[
    row("C-073", nobody_listens),
    row("C-073", copies),
    row("C-073", only_looked_at),
    row("C-073", into_streams),
    row("C-073", refused_by_streams),
    row("C-073", requests),
    row("C-073", refused_at_once),
    row("C-073", nowhere_to_tell),
];

const DEST: &str = "Nats-Trace-Dest: traces.x";
const ONLY: &str = "Nats-Trace-Only: true";

fn tracer(t: &mut Stage) -> Client {
    let mut c = t.modern();
    c.send("SUB traces.> 1");
    c.flush();
    c
}

fn named(t: &mut Stage, name: &str) -> Client {
    let connect = format!(
        r#"{{"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"protocol":1,"name":"{name}"}}"#
    );
    t.client(&connect)
}

/// The document that came, its events without times and connection numbers.
#[track_caller]
fn told(tracer: &mut Client) -> (Value, Vec<Value>) {
    let frame = tracer.expect_message("traces.x");
    assert_eq!((frame.headers.len(), frame.reply()), (0, None));
    let mut document = frame.json();
    assert_has(&document["server"], json!({"name": "n1", "ver": "2.15.1", "jetstream": true}));
    let mut events = document["events"].take();
    for event in events.as_array_mut().expect("a list") {
        let event = event.as_object_mut().expect("an object");
        assert!(event.remove("ts").is_some_and(|ts| ts.is_string()));
        event.remove("cid");
    }
    (document, events.as_array().expect("a list").clone())
}

fn ingress(subject: &str) -> Value {
    json!({"type": "in", "kind": 0, "name": "me", "acc": "$G", "subj": subject})
}

fn nobody_listens(t: &mut Stage) {
    let mut tracer = tracer(t);
    let mut c = named(t, "me");
    c.publish_with("nobody", "", &[DEST, "A: 1", "A: 2", "b: x"], "hi");
    let (document, events) = told(&mut tracer);
    let header = json!({"A": ["1", "2"], "Nats-Trace-Dest": ["traces.x"], "b": ["x"]});
    assert_eq!(document["request"], json!({"header": header, "msgsize": 59}));
    assert_eq!(events, [ingress("nobody")]);
    assert_eq!(c.request_with("nobody", &[DEST], "").status(), "503");
}

fn copies(t: &mut Stage) {
    let mut tracer = tracer(t);
    let mut listener = t.modern();
    listener.send("SUB foo.* 7\r\nSUB foo.> q 8");
    listener.flush();
    let mut me = t.client(r#"{"verbose":false,"headers":true,"echo":false,"name":"me"}"#);
    me.send("SUB foo.a 3");
    me.publish_with("foo.a", "rep", &[DEST], "hi");
    let (_, mut events) = told(&mut tracer);
    assert_eq!(events.remove(0), ingress("foo.a"));
    // Nobody promises an order.
    events.sort_by_key(|event| event["sub"].as_str().map(str::to_owned));
    let echo = "Not delivered because of no echo";
    assert_eq!(
        events,
        [
            json!({"type": "eg", "kind": 0, "sub": "foo.*"}),
            json!({"type": "eg", "kind": 0, "sub": "foo.>", "queue": "q"}),
            json!({"type": "eg", "kind": 0, "name": "me", "sub": "foo.a", "error": echo}),
        ]
    );
    for _ in 0..2 {
        let copy = listener.expect_message("foo.a");
        assert_eq!((copy.header("Nats-Trace-Dest").as_deref(), copy.text().as_str()), (Some("traces.x"), "hi"));
    }
}

fn only_looked_at(t: &mut Stage) {
    let mut tracer = tracer(t);
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s.>"]}));
    let mut c = named(t, "me");
    c.send("SUB s.a 3\r\nSUB in 4");
    for only in ["true", "1", "On"] {
        c.publish_with("s.a", "in", &[DEST, &format!("Nats-Trace-Only: {only}")], "hi");
        let (_, events) = told(&mut tracer);
        assert_eq!(events[0], ingress("s.a"));
        assert!(events.contains(&json!({"type": "eg", "kind": 0, "name": "me", "sub": "s.a"})));
        assert!(events.contains(&json!({"type": "js", "stream": "S", "subject": "s.a"})));
    }
    c.expect_nothing();
    // One after the other as nats-server goes through who listens, to a subject it was not asked for before: wide ones
    // first, groups last.
    c.send("SUB *.a 5\r\nSUB u.> 6\r\nSUB u.a q 7\r\nSUB u.* 8\r\nSUB u.a 9\r\nSUB s.c 10\r\nSUB *.c 11");
    c.flush();
    t.api_ok("STREAM.CREATE.U", json!({"name": "U", "subjects": ["u.>", "x.*"]}));
    for (subject, expected) in
        [("u.a", vec!["*.a", "u.a", "u.*", "u.a q"]), ("x.a", vec!["*.a", "U"]), ("s.c", vec!["*.c", "S", "s.c"])]
    {
        c.publish_with(subject, "in", &[DEST, ONLY], "hi");
        let (_, events) = told(&mut tracer);
        let text = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let who = |event: &Value| format!("{}{} {}", text(event, "sub"), text(event, "stream"), text(event, "queue"));
        let mut events: Vec<String> = events[1..].iter().map(|event| who(event).trim().to_owned()).collect();
        if subject == "u.a" {
            // These two have the same place, where either may come first.
            events.retain(|who| who != "u.>" && who != "U");
        }
        assert_eq!(events, expected, "{subject}");
    }
    // Without somebody to tell, the header means nothing.
    assert_has(&t.api_ok("STREAM.INFO.S", json!(null)), json!({"state": {"last_seq": 0}}));
    c.publish_with("s.b", "in", &[ONLY], "hi");
    assert_eq!(c.expect_message("in").json(), json!({"stream": "S", "seq": 1}));
}

fn into_streams(t: &mut Stage) {
    let mut tracer = tracer(t);
    let transform = json!({"src": "s.t.*", "dest": "s.u.$1"});
    let config = json!({"name": "S", "subjects": ["s.>"], "subject_transform": transform});
    t.api_ok("STREAM.CREATE.S", config);
    t.api_ok("STREAM.CREATE.I", json!({"name": "I", "subjects": ["i.>"], "retention": "interest"}));
    let mut c = named(t, "me");
    let mut publish = |subject: &str, headers: &[&str], answer: Value| -> Value {
        assert_eq!(c.request_with(subject, &[&[DEST], headers].concat(), "x").json(), answer);
        let (_, mut events) = told(&mut tracer);
        assert_eq!((events.len(), events.remove(0)), (2, ingress(subject)));
        events.remove(0)
    };
    let stored = json!({"type": "js", "stream": "S", "subject": "s.a"});
    assert_eq!(publish("s.a", &["Nats-Msg-Id: 1", "B: 2"], json!({"stream": "S", "seq": 1})), stored);
    let transformed = json!({"type": "js", "stream": "S", "subject": "s.u.1"});
    assert_eq!(publish("s.t.1", &[], json!({"stream": "S", "seq": 2})), transformed);
    let unwanted = json!({"type": "js", "stream": "I", "subject": "i.x", "nointerest": true});
    assert_eq!(publish("i.x", &[], json!({"stream": "I", "seq": 1})), unwanted);
    let duplicate = json!({"type": "js", "stream": "S", "error": "msgid is duplicate"});
    let answer = json!({"stream": "S", "seq": 1, "duplicate": true});
    assert_eq!(publish("s.a", &["Nats-Msg-Id: 1"], answer), duplicate);
    // Whoever reads it from the stream is not traced again.
    let message = t.api_ok("STREAM.MSG.GET.S", json!({"seq": 1}));
    let headers = "NATS/1.0\r\nNats-Trace-Dest: trace disabled\r\nNats-Msg-Id: 1\r\nB: 2\r\n\r\n";
    assert_eq!(message["message"]["hdrs"], json!(jetlab::base64::BASE64.encode(headers)));
}

fn refused_by_streams(t: &mut Stage) {
    let mut tracer = tracer(t);
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s.>"], "max_msg_size": 200}));
    t.store("s.a", "x");
    let mut c = named(t, "me");
    c.send("SUB in 4");
    let mut refused = |headers: &[&str], payload: &str, why: &str| {
        c.publish_with("s.a", "in", &[&[DEST], headers].concat(), payload);
        assert!(c.expect_message("in").json()["error"].is_object(), "{why}");
        let (_, events) = told(&mut tracer);
        let mut expected = json!({"type": "js", "stream": "S", "error": why});
        if why.starts_with("invalid per-message") {
            expected["subject"] = json!("s.a");
        }
        assert_eq!(events[1..], [expected]);
    };
    refused(&["Nats-Expected-Last-Sequence: 77"], "x", "last sequence mismatch: 77 vs 1");
    refused(&["Nats-Expected-Last-Sequence: x"], "x", "last sequence mismatch: 18446744073709551615 vs 1");
    refused(&["Nats-Expected-Last-Subject-Sequence: 9"], "x", "last sequence by subject mismatch: 9 vs 1");
    refused(&["Nats-Expected-Last-Msg-Id: 9"], "x", "last msgid mismatch: \"9\" vs \"\"");
    refused(&["Nats-Expected-Stream: 9"], "x", "expected stream does not match");
    refused(&["Nats-TTL: 5"], "x", "message TTL disabled");
    refused(&["Nats-TTL: 0"], "x", "invalid per-message TTL (10165)");
    refused(&["Nats-Rollup: sub"], "x", "rollup not permitted");
    refused(&["Nats-Incr: 1"], "", "message counters is disabled (10168)");
    refused(&["Nats-Batch-Id: x"], "x", "atomic publish is disabled (10174)");
    refused(&[], &"x".repeat(300), "maximum payload exceeded");
    refused(&[ONLY, "Nats-Expected-Last-Sequence: 77"], "x", "last sequence mismatch: 77 vs 1");
}

fn requests(t: &mut Stage) {
    let mut tracer = tracer(t);
    let mut c = named(t, "me");
    for (from, to) in [
        ("$JS.API.INFO", "$JS.API.INFO"),
        ("$JS.API.STREAM.INFO.NONE", "$JS.API.STREAM.INFO.NONE"),
        ("$SYS.REQ.USER.INFO", "$SYS.REQ.USER.$G.INFO"),
        ("$SYS.REQ.ACCOUNT.PING.STATZ", "$SYS.REQ.ACCOUNT.$G.STATZ"),
    ] {
        let expected = [ingress(from), json!({"type": "si", "acc": "$SYS", "from": from, "to": to})];
        assert!(c.request_with(from, &[DEST], "").json().is_object());
        assert_eq!(told(&mut tracer).1, expected);
        assert_eq!(c.request_with(from, &[DEST, ONLY], "").status(), "503");
        assert_eq!(told(&mut tracer).1, expected);
    }
    // Direct gets are answered by the stream itself, and looked at no further.
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "allow_direct": true}));
    let subject = "$JS.API.DIRECT.GET.S";
    assert_eq!(c.request_with(subject, &[DEST, ONLY], "").status(), "408 Empty Request");
    assert_eq!(told(&mut tracer).1, [ingress(subject)]);
}

fn refused_at_once(t: &mut Stage) {
    let mut tracer = tracer(t);
    let mut c = named(t, "me");
    let mut refused = |subject: &str, reply: &str, sentence: &str| {
        c.publish_with(subject, reply, &[DEST], "x");
        c.expect(&format!("-ERR '{sentence}'"));
        let mut expected = ingress(subject);
        expected["error"] = json!(sentence);
        assert_eq!(told(&mut tracer).1, [expected]);
    };
    refused("a", "$JS.ACK.x", "Permissions Violation for Publish with Reply of \"$JS.ACK.x\"");
    refused("$NRG.x", "", "Permissions Violation for Publish to \"$NRG.x\"");
}

fn nowhere_to_tell(t: &mut Stage) {
    let mut listener = t.modern();
    listener.send("SUB a 1\r\nSUB traces.> 2");
    listener.flush();
    let mut c = named(t, "me");
    for destination in ["", "trace disabled"] {
        c.publish_with("a", "", &[&format!("Nats-Trace-Dest: {destination}"), ONLY], destination);
        assert_eq!(listener.expect_message("a").text(), destination);
    }
    for destination in ["traces.*", "traces..x", "traces x"] {
        let header = format!("Nats-Trace-Dest: {destination}");
        c.publish_with("a", "", &[&header, ONLY], "vanishes");
        c.publish_with("a", "", &[&header], destination);
        assert_eq!(listener.expect_message("a").text(), destination);
    }
    c.flush();
    listener.expect_nothing();
}
