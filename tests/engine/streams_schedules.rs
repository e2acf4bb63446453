//! Messages that publish other messages later: rows C-204 to C-207.

use crate::support::Stage;
use crate::support::json::assert_has;
use crate::support::runner::{Row, row};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("C-204", one_message_later),
    row("C-204", again_and_again),
    row("C-204", from_a_source),
    row("C-204", on_other_clocks),
    row("C-205", refused_schedules),
    row("C-205", what_is_looked_at_first),
    row("C-205", names_of_clocks),
    row("C-206", one_schedule_to_a_subject),
    row("C-207", cancelling),
];

const PAST: &str = "Nats-Schedule: @at 2020-01-01T00:00:00Z";
const FAR: &str = "Nats-Schedule: @at 2100-01-01T00:00:00.5+02:00";
const TARGET: &str = "Nats-Schedule-Target: s.target";

fn stream(t: &mut Stage, ttl: bool) {
    let body = json!({"name": "S", "subjects": ["s.>"], "storage": "memory", "allow_msg_schedules": true,
        "allow_msg_ttl": ttl});
    t.api_ok("STREAM.CREATE.S", body);
}

fn state(t: &mut Stage) -> Value {
    t.api_ok("STREAM.INFO.S", json!(null))["state"].clone()
}

/// The newest message on a subject: its sequence, payload and headers.
fn last(t: &mut Stage, subject: &str) -> (u64, String, String) {
    let message = t.api_ok("STREAM.MSG.GET.S", json!({"last_by_subj": subject}))["message"].clone();
    let text = |field: &str| {
        let decoded = data_encoding::BASE64.decode(message[field].as_str().unwrap_or_default().as_bytes());
        String::from_utf8(decoded.expect("base64")).expect("text")
    };
    (message["seq"].as_u64().unwrap_or_default(), text("data"), text("hdrs"))
}

/// Zones without summer time, so that the script holds all year.
fn on_other_clocks(t: &mut Stage) {
    for (zone, offset) in [("Asia/Kolkata", "+05:30"), ("America/Caracas", "-04:00"), ("GMT", "Z")] {
        stream(t, false);
        let every_second = "Nats-Schedule: * * * * * *";
        accepted(t, "s.plan", &[every_second, TARGET, &format!("Nats-Schedule-Time-Zone: {zone}")], "now");
        t.advance(Duration::from_millis(2400));
        let (_, payload, headers) = last(t, "s.target");
        assert_eq!(payload, "now");
        let next = headers.lines().find_map(|line| line.strip_prefix("Nats-Schedule-Next: ")).unwrap_or_default();
        assert!(next.starts_with("20") && next.ends_with(offset), "{zone}: {next}");
        t.api_ok("STREAM.DELETE.S", json!(null));
    }
}

fn names_of_clocks(t: &mut Stage) {
    stream(t, false);
    let mut answer = |zone: &str| {
        let headers = ["Nats-Schedule: 0 0 9 * * *", TARGET, &format!("Nats-Schedule-Time-Zone: {zone}")];
        t.request_with("s.plan", &headers, "x").json()["error"]["err_code"].as_u64()
    };
    for zone in ["UTC", "Etc/UTC", "GMT", "Local", "Europe/Amsterdam", "America/New_York", "US/Eastern", "EST", "CET"] {
        assert_eq!(answer(zone), None, "{zone}");
    }
    for zone in ["local", "Z", "+02:00", "Nowhere/City", ""] {
        assert_eq!(answer(zone), Some(10223), "{zone:?}");
    }
}

#[track_caller]
fn accepted(t: &mut Stage, subject: &str, headers: &[&str], payload: &str) {
    let ack = t.request_with(subject, headers, payload).json();
    assert!(ack.get("error").is_none(), "{headers:?}: {ack}");
}

fn one_message_later(t: &mut Stage) {
    stream(t, true);
    let headers = [PAST, TARGET, "Nats-Schedule-TTL: 1h", "Nats-Schedule-Rollup: sub", "Nats-Msg-Id: 1", "Color: red"];
    t.store("s.target", "old");
    accepted(t, "s.plan", &headers, "now");
    assert_has(&state(t), json!({"messages": 2, "last_seq": 2}));
    t.advance(Duration::from_millis(1500));
    // What the schedule says of itself stays with it, and it goes.
    let expected = "NATS/1.0\r\nColor: red\r\nNats-Scheduler: s.plan\r\nNats-Schedule-Next: purge\r\nNats-TTL: 1h\r\n\
                    Nats-Rollup: sub\r\n\r\n";
    assert_eq!(last(t, "s.target"), (3, "now".to_owned(), expected.to_owned()));
    assert_has(&state(t), json!({"messages": 1, "last_seq": 3}));
}

fn again_and_again(t: &mut Stage) {
    stream(t, false);
    let mut listener = t.modern();
    listener.send("SUB s.target 1");
    listener.flush();
    accepted(t, "s.plan", &["Nats-Schedule: @every 1s", TARGET], "x");
    let (seq, _, headers) = last(t, "s.plan");
    let stored = "NATS/1.0\r\nNats-Schedule: @every 1s\r\nNats-Schedule-Target: s.target\r\nNats-Rollup: sub\r\n\r\n";
    assert_eq!((seq, headers.as_str()), (1, stored));
    t.advance(Duration::from_millis(4000));
    let (seq, payload, headers) = last(t, "s.target");
    assert!((4..=5).contains(&seq), "{seq}");
    assert_eq!(payload, "x");
    let next = headers.strip_prefix("NATS/1.0\r\nNats-Scheduler: s.plan\r\nNats-Schedule-Next: 20");
    assert!(next.is_some_and(|next| next.ends_with("Z\r\n\r\n")), "{headers}");
    // What a schedule publishes goes into its stream only.
    listener.expect_nothing();
    accepted(t, "s.cron", &["Nats-Schedule: */1 * * * * ?", "Nats-Schedule-Target: s.cronned"], "y");
    t.advance(Duration::from_millis(2500));
    assert_eq!(last(t, "s.cronned").1, "y");
}

fn from_a_source(t: &mut Stage) {
    stream(t, false);
    let source = [PAST, TARGET, "Nats-Schedule-Source: s.source"];
    accepted(t, "s.source", &["Kind: source"], "newest");
    accepted(t, "s.plan", &[&source[..], &["Kind: own"]].concat(), "own");
    t.advance(Duration::from_millis(1500));
    let (_, payload, headers) = last(t, "s.target");
    assert_eq!(payload, "newest");
    assert!(headers.contains("Kind: source"), "{headers}");
    t.api_ok("STREAM.PURGE.S", json!(null));
    accepted(t, "s.plan", &[&source[..], &["Kind: own"]].concat(), "own");
    t.advance(Duration::from_millis(1500));
    assert_eq!(last(t, "s.target").1, "own");
}

fn refused_schedules(t: &mut Stage) {
    stream(t, false);
    let every = "Nats-Schedule: @every 1h";
    let hourly = "Nats-Schedule: @hourly";
    for (headers, code) in [
        (&["Nats-Schedule: bad", TARGET][..], 10189),
        (&["Nats-Schedule: @every 500ms", TARGET], 10189),
        (&["Nats-Schedule: @at tomorrow", TARGET], 10189),
        (&["Nats-Schedule: * * * * *", TARGET], 10189),
        (&["Nats-Schedule: 0 0 0 31 feb *", TARGET], 10189),
        (&["Nats-Schedule: @Hourly", TARGET], 10189),
        (&[every, TARGET, "Nats-Schedule-Time-Zone: UTC"], 10189),
        (&[hourly, TARGET, "Nats-Schedule-Time-Zone: Nowhere/Atall"], 10223),
        (&[every], 10190),
        (&[every, "Nats-Schedule-Target: s.*"], 10190),
        (&[every, "Nats-Schedule-Target: s.plan"], 10190),
        (&[every, "Nats-Schedule-Target: elsewhere"], 10190),
        (&[every, TARGET, "Nats-Schedule-Source: s.target"], 10203),
        (&[every, TARGET, "Nats-Schedule-Source: s.plan"], 10203),
        (&[every, TARGET, "Nats-Schedule-Source: elsewhere"], 10203),
        (&[every, TARGET, "Nats-Schedule-TTL: bad"], 10191),
        (&[every, TARGET, "Nats-Schedule-TTL: 1h"], 10166),
        (&[every, TARGET, "Nats-Schedule-Rollup: all"], 10192),
        (&[every, TARGET, "Nats-Rollup: all"], 10192),
    ] {
        let ack = t.request_with("s.plan", headers, "x").json();
        assert_eq!(ack["error"]["err_code"], json!(code), "{headers:?}: {ack}");
    }
    accepted(t, "s.plan", &[hourly, TARGET, "Nats-Schedule-Time-Zone: UTC"], "x");
    accepted(t, "s.plan", &["Nats-Schedule: 0 0 9 ? JAN-mar MON", TARGET], "x");
    t.api_ok("STREAM.DELETE.S", json!(null));
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s.>"]}));
    let ack = t.request_with("s.plan", &["Nats-Schedule: bad"], "x").json();
    assert_eq!(ack["error"]["err_code"], json!(10188), "{ack}");
}

fn one_schedule_to_a_subject(t: &mut Stage) {
    stream(t, false);
    accepted(t, "s.plan", &[FAR, TARGET], "first");
    accepted(t, "s.plan", &[PAST, TARGET], "second");
    assert_has(&state(t), json!({"messages": 1, "last_seq": 2}));
    // A plain message on its subject cancels a schedule; the schedule stays stored.
    t.store("s.plan", "plain");
    assert_has(&state(t), json!({"messages": 2, "last_seq": 3}));
    t.advance(Duration::from_millis(1500));
    assert_has(&state(t), json!({"messages": 2, "last_seq": 3}));
}

fn cancelling(t: &mut Stage) {
    stream(t, false);
    accepted(t, "s.plan", &[PAST, TARGET], "x");
    accepted(t, "s.other", &["Nats-Schedule-Next: purge", "Nats-Scheduler: s.plan"], "cancel");
    assert_has(&state(t), json!({"messages": 1, "first_seq": 2, "last_seq": 2}));
    t.advance(Duration::from_millis(1500));
    assert_has(&state(t), json!({"messages": 1, "last_seq": 2}));
    accepted(t, "s.other", &["Nats-Schedule-Next: purge", "Nats-Scheduler: s.absent"], "nothing there");
    for headers in [
        &["Nats-Schedule-Next: purge"][..],
        &["Nats-Scheduler: s.plan"],
        &["Nats-Schedule-Next: 2100-01-01T00:00:00Z", "Nats-Scheduler: s.plan"],
        &["Nats-Schedule-Next: purge", "Nats-Scheduler: s.other"],
    ] {
        let ack = t.request_with("s.third", headers, "x").json();
        assert_eq!(ack["error"]["err_code"], json!(10212), "{headers:?}: {ack}");
    }
}

/// Of several things that are wrong one is named; and headers of schedules are looked at on streams without them, too.
fn what_is_looked_at_first(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s.>"]}));
    t.api_ok(
        "STREAM.CREATE.T",
        json!({"name": "T", "subjects": ["t.>"], "allow_msg_schedules": true, "allow_msg_ttl": true}),
    );
    let mut refused = |subject: &str, headers: &[&str], err_code: u16| {
        let answer = t.request_with(subject, headers, "x").json();
        assert_eq!(answer["error"]["err_code"], json!(err_code), "{subject} {headers:?}: {answer}");
    };
    for subject in ["s.a", "t.a"] {
        refused(subject, &["Nats-Schedule-Next: x"], 10212);
        refused(subject, &["Nats-Schedule-Next: purge"], 10212);
        refused(subject, &["Nats-Scheduler: x"], 10212);
        refused(subject, &["Nats-Schedule-Next: purge", &format!("Nats-Scheduler: {subject}")], 10212);
    }
    refused("s.a", &["Nats-Schedule-Next: purge", "Nats-Scheduler: s.b"], 10188);
    let later = "Nats-Schedule: @at 2099-01-01T00:00:00Z";
    let to = "Nats-Schedule-Target: t.b";
    refused("t.a", &[later, to, "Nats-Schedule-Next: x"], 10212);
    refused("t.a", &[later, to, "Nats-Scheduler: t.c"], 10212);
    refused("t.a", &[later, "Nats-Schedule-Target: x", "Nats-Schedule-TTL: x", "Nats-Schedule-Rollup: x"], 10191);
    refused("t.a", &[later, "Nats-Schedule-Target: x", "Nats-Schedule-Source: x", "Nats-Schedule-Rollup: x"], 10192);
    refused("t.a", &[later, "Nats-Schedule-Target: x", "Nats-Schedule-Source: x", "Nats-Rollup: all"], 10203);
    refused("t.a", &[later, "Nats-Schedule-Target: x", "Nats-Schedule-Source: y", "Nats-Rollup: all"], 10190);
    refused("t.a", &[later, to, "Nats-Schedule-Source: y", "Nats-Rollup: all"], 10203);
    refused("t.a", &[later, to, "Nats-Rollup: all"], 10192);
}
