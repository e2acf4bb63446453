//! Push consumers: interest, groups, heartbeats, flow control, pace: rows D-118 to D-136.

use crate::consumers::{MILLISECOND, SECOND, durable, expect_seq, expect_seqs, fill, info, numbers, stream};
use crate::support::runner::{Row, row};
use crate::support::{Client, Frame, Stage, assert_has};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("D-118 D-261", subscribe_then_create),
    row("D-119", create_then_subscribe),
    row("D-120", unsubscribe_and_come_back),
    row("D-121 D-122", not_the_right_interest),
    row("D-123 D-125", deliver_group),
    row("D-124", not_the_right_group),
    row("D-126 D-127", heartbeats),
    row("D-128", heartbeats_while_stalled),
    row("D-129 D-132", flow_control),
    row("D-130 D-131", stalled_by_flow_control),
    row("D-133", rate_limit),
    row("D-134", replay_original),
    row("D-135", deleted_without_a_word),
    row("D-136", acks_by_flow_control),
];

fn listener(t: &mut Stage, subscription: &str) -> Client {
    let mut c = t.modern();
    c.send(&format!("SUB {subscription}"));
    c.flush();
    c
}

fn is_bound(t: &mut Stage) -> bool {
    let info = info(t);
    assert_ne!(info.get("push_bound"), Some(&json!(false)));
    info.get("push_bound").is_some()
}

fn subscribe_then_create(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    let mut c = listener(t, "out 1");
    durable(t, json!({"deliver_subject": "out"}));
    let frames = expect_seqs(&mut c, 1..=2);
    assert_eq!((frames[0].subject(), numbers(&frames[0]).pending), ("s.1", 1));
    assert!(is_bound(t));
    t.store("s.3", "m3");
    expect_seq(&mut c, 3);
}

fn create_then_subscribe(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    durable(t, json!({"deliver_subject": "out"}));
    assert!(!is_bound(t));
    let mut c = t.modern();
    c.send("SUB out 1");
    expect_seqs(&mut c, 1..=2);
}

fn unsubscribe_and_come_back(t: &mut Stage) {
    stream(t);
    fill(t, 1);
    let mut c = listener(t, "out 1");
    durable(t, json!({"deliver_subject": "out"}));
    expect_seq(&mut c, 1);
    c.send("UNSUB 1");
    c.flush();
    assert!(!is_bound(t));
    fill(t, 2);
    assert_has(&info(t), json!({"num_pending": 2}));
    c.send("SUB out 2");
    expect_seqs(&mut c, 2..=3);
}

fn not_the_right_interest(t: &mut Stage) {
    stream(t);
    fill(t, 1);
    let mut c = listener(t, "out.* 1");
    c.send("SUB out.x q 2");
    c.flush();
    durable(t, json!({"deliver_subject": "out.x"}));
    assert!(!is_bound(t));
    c.expect_nothing();
    assert_has(&info(t), json!({"num_pending": 1}));
}

fn deliver_group(t: &mut Stage) {
    stream(t);
    let (mut a, mut b) = (listener(t, "out g 1"), listener(t, "out g 1"));
    let mut beside = listener(t, "out 1");
    durable(t, json!({"deliver_subject": "out", "deliver_group": "g"}));
    assert!(is_bound(t));
    fill(t, 40);
    t.advance(Duration::from_millis(50));
    let count = |c: &mut Client| std::iter::from_fn(|| c.next_within(Duration::from_millis(100))).count();
    let (first, second) = (count(&mut a), count(&mut b));
    assert_eq!(first + second, 40);
    assert!(first > 0 && second > 0, "{first} {second}");
    assert_eq!(count(&mut beside), 40);
}

fn not_the_right_group(t: &mut Stage) {
    stream(t);
    fill(t, 1);
    let mut c = listener(t, "out 1");
    c.send("SUB out h 2");
    c.flush();
    durable(t, json!({"deliver_subject": "out", "deliver_group": "g"}));
    assert!(!is_bound(t));
    c.expect_nothing();
}

#[track_caller]
fn expect_heartbeat(c: &mut Client, consumer_seq: u64, stream_seq: u64) {
    let frame = c.next();
    let block = format!(
        "NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: {consumer_seq}\r\nNats-Last-Stream: {stream_seq}\r\n\r\n"
    );
    assert_eq!(frame.header_text(), block, "{frame}");
    assert_eq!((frame.subject(), frame.reply()), ("out", None));
}

fn heartbeats(t: &mut Stage) {
    stream(t);
    let mut c = listener(t, "out 1");
    durable(t, json!({"deliver_subject": "out", "idle_heartbeat": 300 * MILLISECOND}));
    expect_heartbeat(&mut c, 0, 0);
    t.advance(Duration::from_millis(200));
    fill(t, 1);
    expect_seq(&mut c, 1);
    let before = t.elapsed();
    expect_heartbeat(&mut c, 1, 1);
    let took = (t.elapsed() - before).as_millis();
    assert!((250..500).contains(&took), "{took}");
    c.send("UNSUB 1");
    c.flush();
    c.expect_silence(Duration::from_millis(700));
}

fn heartbeats_while_stalled(t: &mut Stage) {
    stream(t);
    fill(t, 3);
    let mut c = listener(t, "out 1");
    let config = json!({"deliver_subject": "out", "idle_heartbeat": 200 * MILLISECOND, "max_ack_pending": 1});
    durable(t, config);
    expect_seq(&mut c, 1);
    expect_heartbeat(&mut c, 1, 1);
    t.api_ok("CONSUMER.PAUSE.S.c", json!({"pause_until": "2099-01-01T00:00:00Z"}));
    expect_heartbeat(&mut c, 1, 1);
    expect_heartbeat(&mut c, 1, 1);
}

/// Reads deliveries until a frame that is none; returns how many there were, and that frame.
fn read_deliveries(c: &mut Client) -> (u64, Frame) {
    let mut count = 0;
    loop {
        let frame = c.next();
        if frame.reply().is_none_or(|reply| !reply.starts_with("$JS.ACK.")) {
            return (count, frame);
        }
        count += 1;
    }
}

fn flow_controlled(t: &mut Stage, messages: usize) -> Client {
    stream(t);
    let payload = "x".repeat(100_000);
    for _ in 0..messages {
        t.store("s.1", &payload);
    }
    let c = listener(t, "out 1");
    let config =
        json!({"deliver_subject": "out", "flow_control": true, "idle_heartbeat": SECOND, "ack_policy": "none"});
    durable(t, config);
    c
}

fn flow_control(t: &mut Stage) {
    let mut c = flow_controlled(t, 12);
    let (before, frame) = read_deliveries(&mut c);
    assert_eq!((before, frame.header_text().as_str()), (11, "NATS/1.0 100 FlowControl Request\r\n\r\n"));
    let reply = frame.reply().expect("it asks for an answer").to_owned();
    assert!(reply.starts_with("$JS.FC.S.c.") && reply.len() == "$JS.FC.S.c.".len() + 4, "{reply}");
    expect_seq(&mut c, 12);
    c.publish(&reply, "");
    c.publish(&reply, "");
    c.expect_nothing();
    t.store("s.1", "after");
    expect_seq(&mut c, 13);
}

fn stalled_by_flow_control(t: &mut Stage) {
    let mut c = flow_controlled(t, 50);
    let (first, request) = read_deliveries(&mut c);
    let (more, heartbeat) = read_deliveries(&mut c);
    assert_eq!(first + more, 21);
    let reply = request.reply().expect("it asks for an answer").to_owned();
    assert_eq!(heartbeat.status(), "100 Idle Heartbeat");
    assert_eq!(heartbeat.header("Nats-Consumer-Stalled").as_deref(), Some(reply.as_str()));
    c.publish(&reply, "");
    // The window is twice as wide now and what the request had seen is confirmed.
    let (count, _) = read_deliveries(&mut c);
    assert!(count > 0);
}

fn rate_limit(t: &mut Stage) {
    stream(t);
    let payload = "x".repeat(1_000_000);
    for _ in 0..3 {
        t.store("s.1", &payload);
    }
    let mut c = listener(t, "out 1");
    durable(t, json!({"deliver_subject": "out", "rate_limit_bps": 16_000_000}));
    let before = t.elapsed();
    expect_seqs(&mut c, 1..=3);
    let took = (t.elapsed() - before).as_millis();
    // 3 MB at 2 MB/s, with a burst of 1 MiB.
    assert!((850..1700).contains(&took), "{took}");
}

fn replay_original(t: &mut Stage) {
    stream(t);
    for gap in [0, 300, 300] {
        t.advance(Duration::from_millis(gap));
        fill(t, 1);
    }
    let mut c = listener(t, "out 1");
    durable(t, json!({"deliver_subject": "out", "replay_policy": "original"}));
    let start = t.elapsed();
    let mut times = Vec::new();
    for seq in 1..=3 {
        expect_seq(&mut c, seq);
        times.push((t.elapsed() - start).as_millis());
    }
    assert!(times[0] < 150 && (280..480).contains(&(times[1] - times[0])) && times[2] >= times[1] + 250, "{times:?}");
    t.advance(Duration::from_millis(300));
    let before = t.elapsed();
    fill(t, 1);
    expect_seq(&mut c, 4);
    assert!((t.elapsed() - before).as_millis() < 200);
}

fn deleted_without_a_word(t: &mut Stage) {
    stream(t);
    let mut c = listener(t, "out 1");
    durable(t, json!({"deliver_subject": "out"}));
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    c.expect_silence(Duration::from_millis(200));
}

fn acks_by_flow_control(t: &mut Stage) {
    stream(t);
    fill(t, 5);
    let mut c = listener(t, "out 1");
    durable(t, json!({"deliver_subject": "out", "ack_policy": "flow_control", "max_ack_pending": 3}));
    let (count, request) = read_deliveries(&mut c);
    assert_eq!((count, request.status().as_str()), (3, "100 FlowControl Request"));
    assert_has(&info(t), json!({"num_ack_pending": 3}));
    let reply = request.reply().expect("it asks for an answer").to_owned();
    c.publish_with(&reply, "", &["Nats-Last-Consumer: 3", "Nats-Last-Stream: 3"], "");
    let frames = expect_seqs(&mut c, 4..=5);
    assert_has(&info(t), json!({"num_ack_pending": 2, "ack_floor": {"consumer_seq": 3, "stream_seq": 3}}));
    assert_eq!(c.request(frames[0].reply().expect("a delivery"), "").status(), "503");
}
