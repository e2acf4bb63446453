//! Where consumers start, what a delivery looks like, and when unused ones go: rows D-096 to D-116, D-137 to D-143.

use crate::consumers::{
    MILLISECOND, SECOND, ack_subject, answer_confirmed, durable, err_code, expect_seq, expect_seqs,
};
use crate::consumers::{fill, info, numbers, pull, puller, request, stream};
use crate::support::runner::{Row, row};
use crate::support::{Stage, assert_has};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("D-096 D-107", from_the_first),
    row("D-097", from_now_on),
    row("D-098 D-099", from_the_last),
    row("D-100", last_of_each_subject),
    row("D-101 D-102", from_a_sequence),
    row("D-103", from_a_sequence_to_come),
    row("D-104", from_a_time),
    row("D-105 D-106", filtered),
    row("D-108", deleted_before_delivery),
    row("D-109", last_of_each_subject_is_no_live_view),
    row("D-110 D-111", frame_and_ack_subject),
    row("D-112 D-113", headers_and_empty_payloads),
    row("D-114", headers_only),
    row("D-115", long_ack_subject),
    row("D-137", unused_push_consumer),
    row("D-138 D-143", unused_pull_consumer),
    row("D-139 D-140", explicit_threshold),
    row("D-141", a_waiting_pull_is_use),
    row("D-142", pending_answers_are_use),
    row("D-259 D-260", times_in_info),
    row("D-262", wildcards_in_json),
];

#[track_caller]
fn assert_start(info: &Value, stream_seq: u64, num_pending: u64) {
    let pair = json!({"consumer_seq": 0, "stream_seq": stream_seq});
    assert_has(info, json!({"delivered": pair, "ack_floor": pair, "num_pending": num_pending}));
}

fn from_the_first(t: &mut Stage) {
    stream(t);
    fill(t, 3);
    assert_start(&durable(t, json!({})), 0, 3);
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 3}));
    let pending: Vec<u64> = expect_seqs(&mut c, 1..=3).iter().map(|frame| numbers(frame).pending).collect();
    assert_eq!(pending, [2, 1, 0]);
}

fn from_now_on(t: &mut Stage) {
    stream(t);
    fill(t, 3);
    assert_start(&durable(t, json!({"deliver_policy": "new"})), 3, 0);
    fill(t, 1);
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 3}));
    expect_seq(&mut c, 4);
    c.expect_nothing();
}

fn from_the_last(t: &mut Stage) {
    stream(t);
    fill(t, 4);
    assert_start(&durable(t, json!({"deliver_policy": "last"})), 3, 1);
    fill(t, 1);
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 3}));
    expect_seqs(&mut c, 4..=5);
    c.expect_nothing();
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    durable(t, json!({"deliver_policy": "last", "filter_subjects": ["s.2", "s.3"]}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 3}));
    expect_seq(&mut c, 3);
    c.expect_nothing();
}

fn last_of_each_subject(t: &mut Stage) {
    stream(t);
    for subject in ["s.1", "s.2", "s.1", "s.3"] {
        t.store(subject, "x");
    }
    let made = durable(t, json!({"deliver_policy": "last_per_subject", "filter_subject": "s.>"}));
    assert_start(&made, 1, 3);
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 9}));
    expect_seqs(&mut c, [2, 3, 4]);
    c.expect_nothing();
    t.store("s.1", "x");
    expect_seq(&mut c, 5);
}

fn from_a_sequence(t: &mut Stage) {
    stream(t);
    fill(t, 5);
    t.api_ok("STREAM.MSG.DELETE.S", json!({"seq": 3}));
    t.api_ok("STREAM.PURGE.S", json!({"seq": 2}));
    durable(t, json!({"deliver_policy": "by_start_sequence", "opt_start_seq": 3}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    expect_seq(&mut c, 4);
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    assert_start(&durable(t, json!({"deliver_policy": "by_start_sequence", "opt_start_seq": 1})), 1, 3);
}

fn from_a_sequence_to_come(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    let made = durable(t, json!({"deliver_policy": "by_start_sequence", "opt_start_seq": 5}));
    assert_start(&made, 4, 0);
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    fill(t, 2);
    c.expect_nothing();
    fill(t, 1);
    expect_seq(&mut c, 5);
}

fn from_a_time(t: &mut Stage) {
    stream(t);
    fill(t, 1);
    t.advance(Duration::from_millis(20));
    fill(t, 1);
    let second = t.api_ok("STREAM.MSG.GET.S", json!({"seq": 2}))["message"]["time"].clone();
    let starts = |t: &mut Stage, time: Value| {
        let name = format!("c{}", t.api_ok("CONSUMER.NAMES.S", Value::Null)["total"]);
        let config = json!({"durable_name": name, "deliver_policy": "by_start_time", "opt_start_time": time});
        t.api_ok(&format!("CONSUMER.CREATE.S.{name}"), request(config))
    };
    assert_start(&starts(t, second.clone()), 1, 1);
    assert_start(&starts(t, json!("2020-01-01T00:00:00Z")), 0, 2);
    assert_start(&starts(t, json!("2099-01-01T00:00:00Z")), 2, 0);
    let text = second.as_str().expect("a time");
    let between = format!("{}.000000001Z", text.split(['.', 'Z']).next().expect("a time"));
    let info = starts(t, json!(between));
    assert!(info["num_pending"].as_u64() >= Some(1), "{info}");
}

fn filtered(t: &mut Stage) {
    stream(t);
    for subject in ["s.a", "s.b", "s.c", "s.a", "s.b"] {
        t.store(subject, "x");
    }
    assert_start(&durable(t, json!({"filter_subject": "s.b"})), 0, 2);
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 9, "no_wait": true}));
    expect_seqs(&mut c, [2, 5]);
    assert_eq!(c.next().status(), "404 No Messages");
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    assert_start(&durable(t, json!({"filter_subjects": ["s.b", "s.a"]})), 0, 4);
    pull(&mut c, json!({"batch": 4}));
    let pending: Vec<u64> = expect_seqs(&mut c, [1, 2, 4, 5]).iter().map(|frame| numbers(frame).pending).collect();
    assert_eq!(pending, [3, 2, 1, 0]);
}

fn deleted_before_delivery(t: &mut Stage) {
    stream(t);
    fill(t, 3);
    durable(t, json!({}));
    t.api_ok("STREAM.MSG.DELETE.S", json!({"seq": 2}));
    assert_has(&info(t), json!({"num_pending": 2}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 2}));
    expect_seqs(&mut c, [1, 3]);
}

fn last_of_each_subject_is_no_live_view(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    durable(t, json!({"deliver_policy": "last_per_subject", "filter_subject": "s.>"}));
    t.store("s.1", "newer");
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 3}));
    expect_seqs(&mut c, 1..=3);
}

fn frame_and_ack_subject(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    durable(t, json!({}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    let frame = c.next();
    assert_eq!(frame.subject(), "s.1");
    let numbers = numbers(&frame);
    let at = numbers.at;
    assert_eq!(frame.line, format!("MSG s.1 1 $JS.ACK.S.c.1.1.1.{at}.1 2"));
    let time = t.api_ok("STREAM.MSG.GET.S", json!({"seq": 1}))["message"]["time"].clone();
    let fraction = format!("{:09}", at % 1_000_000_000);
    let fraction = fraction.trim_end_matches('0');
    assert!(time.as_str().is_some_and(|time| time.contains(fraction)), "{time} {at}");
}

fn headers_and_empty_payloads(t: &mut Stage) {
    stream(t);
    t.request_with("s.1", &["A: 1", "b:  2"], "hi");
    t.store("s.2", "");
    durable(t, json!({}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 2}));
    let frame = expect_seq(&mut c, 1);
    assert_eq!(frame.header_text(), "NATS/1.0\r\nA: 1\r\nb:  2\r\n\r\n");
    assert_eq!(frame.text(), "hi");
    let frame = expect_seq(&mut c, 2);
    assert!(frame.line.starts_with("MSG ") && frame.line.ends_with(" 0"), "{frame}");
}

fn headers_only(t: &mut Stage) {
    stream(t);
    t.request_with("s.1", &["A: 1"], "hello");
    t.store("s.2", "");
    durable(t, json!({"headers_only": true}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 2}));
    let frame = expect_seq(&mut c, 1);
    assert_eq!(frame.header_text(), "NATS/1.0\r\nA: 1\r\nNats-Msg-Size: 5\r\n\r\n");
    assert!(frame.payload.is_empty());
    assert_eq!(expect_seq(&mut c, 2).header_text(), "NATS/1.0\r\nNats-Msg-Size: 0\r\n\r\n");
}

fn long_ack_subject(t: &mut Stage) {
    stream(t);
    fill(t, 1);
    durable(t, json!({}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    let frame = expect_seq(&mut c, 1);
    let rest = ack_subject(&frame).replace("$JS.ACK.", "");
    assert_eq!(c.request(&format!("$JS.ACK._.xxxxxxxx.{rest}"), "").status(), "503");
    assert_eq!(c.request(&format!("$JS.ACK.{rest}.more"), "").status(), "503");
    assert_eq!(c.request(&format!("$JS.ACK._.szMpdrwD.{rest}.more"), "").text(), "");
    assert_has(&info(t), json!({"num_ack_pending": 0}));
}

#[track_caller]
fn assert_gone(t: &mut Stage) {
    assert_eq!(err_code(&t.api_error("CONSUMER.INFO.S.c", Value::Null)), 10014);
}

fn unused_push_consumer(t: &mut Stage) {
    stream(t);
    let mut c = t.modern();
    c.send("SUB out 1");
    c.flush();
    t.api_ok("CONSUMER.CREATE.S.c", request(json!({"deliver_subject": "out"})));
    t.advance(Duration::from_millis(6200));
    info(t);
    c.send("UNSUB 1");
    c.flush();
    t.advance(Duration::from_millis(4900));
    info(t);
    t.advance(Duration::from_millis(1300));
    assert_gone(t);
}

fn unused_pull_consumer(t: &mut Stage) {
    stream(t);
    let mut watcher = t.modern();
    watcher.send("SUB $JS.EVENT.ADVISORY.CONSUMER.DELETED.> 1");
    watcher.flush();
    t.api_ok("CONSUMER.CREATE.S.c", request(json!({"ack_policy": "explicit"})));
    t.advance(Duration::from_millis(2500));
    info(t);
    t.advance(Duration::from_millis(2400));
    info(t);
    t.advance(Duration::from_millis(1300));
    assert_gone(t);
    assert_has(&watcher.next().json(), json!({"stream": "S", "consumer": "c", "action": "delete"}));
}

fn explicit_threshold(t: &mut Stage) {
    stream(t);
    durable(t, json!({"deliver_subject": "out", "inactive_threshold": 500 * MILLISECOND}));
    t.advance(Duration::from_millis(400));
    info(t);
    t.advance(Duration::from_millis(250));
    assert_gone(t);
    durable(t, json!({"inactive_threshold": 500 * MILLISECOND}));
    t.advance(Duration::from_millis(550));
    info(t);
    t.advance(Duration::from_millis(1150));
    assert_gone(t);
}

fn a_waiting_pull_is_use(t: &mut Stage) {
    stream(t);
    durable(t, json!({"inactive_threshold": 300 * MILLISECOND}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1, "expires": 60 * SECOND}));
    t.advance(Duration::from_millis(2000));
    assert_has(&info(t), json!({"num_waiting": 1}));
    c.send("UNSUB 1");
    c.flush();
    t.advance(Duration::from_millis(2600));
    assert_gone(t);
}

fn pending_answers_are_use(t: &mut Stage) {
    stream(t);
    fill(t, 1);
    durable(t, json!({"inactive_threshold": 200 * MILLISECOND, "ack_wait": 2 * SECOND}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    let frame = expect_seq(&mut c, 1);
    t.advance(Duration::from_millis(1700));
    assert_has(&info(t), json!({"num_ack_pending": 1}));
    answer_confirmed(&mut c, &frame, "+ACK");
    t.advance(Duration::from_millis(2600));
    assert_gone(t);
}

fn times_in_info(t: &mut Stage) {
    stream(t);
    fill(t, 1);
    let made = durable(t, json!({}));
    assert_eq!((made["delivered"].get("last_active"), made["ack_floor"].get("last_active")), (None, None));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    let frame = expect_seq(&mut c, 1);
    let info_now = info(t);
    assert!(info_now["delivered"]["last_active"].is_string());
    assert_eq!(info_now["ack_floor"].get("last_active"), None);
    answer_confirmed(&mut c, &frame, "+ACK");
    let info_now = info(t);
    for time in [&info_now["ack_floor"]["last_active"], &info_now["created"], &info_now["ts"]] {
        let text = time.as_str().expect("a time");
        assert!(text.ends_with('Z') && !text.ends_with("0Z") && text.contains('T') && text.len() <= 30, "{text}");
    }
}

fn wildcards_in_json(t: &mut Stage) {
    stream(t);
    durable(t, json!({"filter_subject": "s.>", "description": "a<b>&c"}));
    let text = t.request("$JS.API.CONSUMER.INFO.S.c", "").text();
    assert!(text.contains(r#""filter_subject":"s.\u003e""#), "{text}");
    assert!(text.contains(r#""description":"a\u003cb\u003e\u0026c""#), "{text}");
}
