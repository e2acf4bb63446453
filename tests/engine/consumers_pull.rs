//! Pull requests: what they ask, how they end: rows D-153 to D-181.

use crate::consumers::{
    MILLISECOND, SECOND, durable, expect_seq, expect_seqs, expect_status, fill, info, numbers, pull,
};
use crate::consumers::{pull_to, puller, stream, stream_with};
use crate::support::runner::{Row, row};
use crate::support::{Stage, assert_has};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("D-153 D-154 D-155", bodies),
    row("D-156 D-157", odd_bodies),
    row("D-158 D-159", expires),
    row("D-160 D-161 D-162", no_wait),
    row("D-163 D-164", no_wait_when_others_wait),
    row("D-165", heartbeats),
    row("D-166 D-168", max_bytes_too_small),
    row("D-167", max_bytes_left),
    row("D-169", max_waiting),
    row("D-170 D-171", limits_of_the_consumer),
    row("D-172", bad_json),
    row("D-173", pull_from_push),
    row("D-174", consumer_deleted),
    row("D-174", stream_deleted),
    row("D-175", round_robin),
    row("D-176 D-181", interest_lost),
    row("D-177", inbox_used_up),
    row("D-178", wildcard_and_queue_inboxes),
    row("D-179 D-180", odd_requests),
];

fn bodies(t: &mut Stage) {
    stream(t);
    fill(t, 6);
    durable(t, json!({}));
    let mut c = puller(t);
    pull_to(&mut c, "in", "");
    expect_seq(&mut c, 1);
    c.expect_nothing();
    pull_to(&mut c, "in", "2");
    expect_seqs(&mut c, 2..=3);
    c.expect_nothing();
    pull(&mut c, json!({"batch": 4}));
    expect_seqs(&mut c, 4..=6);
    c.expect_nothing();
    assert_has(&info(t), json!({"num_waiting": 1, "num_pending": 0, "num_ack_pending": 6}));
    t.store("s.7", "m7");
    expect_seq(&mut c, 7);
    assert_has(&info(t), json!({"num_waiting": 0}));
}

fn odd_bodies(t: &mut Stage) {
    stream(t);
    fill(t, 6);
    durable(t, json!({}));
    let mut c = puller(t);
    for (seq, body) in [(1, "5x"), (2, "\"3\""), (3, "{\"batch\":0}"), (4, "{\"batch\":-5}"), (5, "{}")] {
        pull_to(&mut c, "in", body);
        expect_seq(&mut c, seq);
        c.expect_nothing();
    }
}

fn expires(t: &mut Stage) {
    stream(t);
    fill(t, 1);
    durable(t, json!({}));
    let mut c = puller(t);
    let before = t.elapsed();
    pull(&mut c, json!({"batch": 3, "expires": 300 * MILLISECOND, "max_bytes": 1000}));
    let bytes = "s.1".len() + expect_seq(&mut c, 1).reply().map_or(0, str::len) + "m1".len();
    let left = 1000 - bytes;
    expect_status(&mut c, &format!("408 Request Timeout\r\nNats-Pending-Messages: 2\r\nNats-Pending-Bytes: {left}"));
    let took = t.elapsed() - before;
    assert!(took >= Duration::from_millis(299) && took < Duration::from_millis(800), "{took:?}");
    pull(&mut c, json!({"batch": 1, "expires": -1}));
    expect_status(&mut c, "408 Request Timeout\r\nNats-Pending-Messages: 1\r\nNats-Pending-Bytes: 0");
}

fn no_wait(t: &mut Stage) {
    stream(t);
    durable(t, json!({}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 3, "no_wait": true}));
    expect_status(&mut c, "404 No Messages");
    fill(t, 2);
    pull(&mut c, json!({"batch": 3, "no_wait": true}));
    expect_seqs(&mut c, 1..=2);
    expect_status(&mut c, "404 No Messages");
    fill(t, 3);
    pull(&mut c, json!({"batch": 3, "no_wait": true}));
    expect_seqs(&mut c, 3..=5);
    c.expect_nothing();
    pull(&mut c, json!({"batch": 3, "no_wait": true, "expires": 200 * MILLISECOND}));
    expect_status(&mut c, "408 Request Timeout\r\nNats-Pending-Messages: 3\r\nNats-Pending-Bytes: 0");
    pull(&mut c, json!({"batch": 3, "no_wait": true, "expires": 5 * SECOND}));
    c.expect_nothing();
    fill(t, 1);
    expect_seq(&mut c, 6);
    expect_status(&mut c, "404 No Messages");
}

fn no_wait_when_others_wait(t: &mut Stage) {
    stream(t);
    fill(t, 3);
    durable(t, json!({"max_ack_pending": 1}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 2, "no_wait": true}));
    let first = expect_seq(&mut c, 1);
    c.expect_nothing();
    crate::consumers::answer(&mut c, &first, "+ACK");
    expect_seq(&mut c, 2);
    pull(&mut c, json!({"batch": 5}));
    pull(&mut c, json!({"batch": 1, "no_wait": true}));
    expect_status(&mut c, "408 Requests Pending");
}

fn heartbeats(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    durable(t, json!({}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 3, "expires": SECOND, "idle_heartbeat": 400 * MILLISECOND}));
    expect_seqs(&mut c, 1..=2);
    expect_status(&mut c, "100 Idle Heartbeat\r\nNats-Last-Consumer: 2\r\nNats-Last-Stream: 2");
    expect_status(&mut c, "100 Idle Heartbeat\r\nNats-Last-Consumer: 2\r\nNats-Last-Stream: 2");
    expect_status(&mut c, "408 Request Timeout\r\nNats-Pending-Messages: 1\r\nNats-Pending-Bytes: 0");
    pull(&mut c, json!({"batch": 1, "expires": SECOND, "idle_heartbeat": 600 * MILLISECOND}));
    expect_status(&mut c, "400 Bad Request - heartbeat value too large");
    pull(&mut c, json!({"batch": 1, "idle_heartbeat": 600 * MILLISECOND}));
    expect_status(&mut c, "400 Bad Request - heartbeat value too large");
}

fn max_bytes_too_small(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    durable(t, json!({}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 2, "max_bytes": 10}));
    let status = "409 Message Size Exceeds MaxBytes\r\nNats-Pending-Messages: 2\r\nNats-Pending-Bytes: 10";
    expect_status(&mut c, status);
    pull(&mut c, json!({"batch": 1}));
    let size = "s.1".len() + expect_seq(&mut c, 1).reply().map_or(0, str::len) + "m1".len();
    pull(&mut c, json!({"batch": 2, "max_bytes": size}));
    expect_seq(&mut c, 2);
    c.expect_nothing();
    assert_has(&info(t), json!({"num_waiting": 0}));
}

fn max_bytes_left(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    durable(t, json!({}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1, "max_bytes": 1000}));
    let left = 1000 - "s.1".len() - expect_seq(&mut c, 1).reply().map_or(0, str::len) - "m1".len();
    expect_status(&mut c, &format!("409 Batch Completed\r\nNats-Pending-Messages: 0\r\nNats-Pending-Bytes: {left}"));
}

fn max_waiting(t: &mut Stage) {
    stream(t);
    durable(t, json!({"max_waiting": 2}));
    let mut c = puller(t);
    for _ in 0..3 {
        pull(&mut c, json!({"batch": 1, "expires": 5 * SECOND}));
    }
    expect_status(&mut c, "409 Exceeded MaxWaiting");
    pull(&mut c, json!({"batch": 1, "expires": 5 * SECOND, "idle_heartbeat": SECOND}));
    c.expect_nothing();
    assert_has(&info(t), json!({"num_waiting": 2}));
}

fn limits_of_the_consumer(t: &mut Stage) {
    stream(t);
    durable(t, json!({"max_batch": 50, "max_expires": 20 * SECOND, "max_bytes": 5000}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 51}));
    expect_status(&mut c, "409 Exceeded MaxRequestBatch of 50");
    pull(&mut c, json!({"batch": 1, "expires": 21 * SECOND}));
    expect_status(&mut c, "409 Exceeded MaxRequestExpires of 20s");
    pull(&mut c, json!({"batch": 1, "max_bytes": 5001}));
    expect_status(&mut c, "409 Exceeded MaxRequestMaxBytes of 5000");
    pull(&mut c, json!({"batch": 1}));
    c.expect_nothing();
    assert_has(&info(t), json!({"num_waiting": 1}));
}

fn bad_json(t: &mut Stage) {
    stream(t);
    durable(t, json!({}));
    let mut c = puller(t);
    pull_to(&mut c, "in", "{\"batch\":\"x\"}");
    let status = c.next().status();
    assert!(status.starts_with("400 Bad Request - "), "{status}");
    pull_to(&mut c, "in", "{\"batch\":2,\"unheard_of\":1,\"group\":null}");
    c.expect_nothing();
}

fn pull_from_push(t: &mut Stage) {
    stream(t);
    durable(t, json!({"deliver_subject": "out"}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    expect_status(&mut c, "409 Consumer is push based");
}

/// nats-server queues pull requests: a request on another connection may overtake them.
fn until_waiting(t: &mut Stage, requests: u64) {
    for _ in 0..100 {
        if info(t)["num_waiting"] == requests {
            return;
        }
        t.advance(Duration::from_millis(20));
    }
    assert_has(&info(t), json!({"num_waiting": requests}));
}

fn consumer_deleted(t: &mut Stage) {
    stream(t);
    durable(t, json!({}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    pull(&mut c, json!({"batch": 1, "expires": 5 * SECOND}));
    until_waiting(t, 2);
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    expect_status(&mut c, "409 Consumer Deleted");
    expect_status(&mut c, "409 Consumer Deleted");
}

fn stream_deleted(t: &mut Stage) {
    stream(t);
    durable(t, json!({}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    until_waiting(t, 1);
    t.api_ok("STREAM.DELETE.S", Value::Null);
    expect_status(&mut c, "409 Consumer Deleted");
}

fn round_robin(t: &mut Stage) {
    stream(t);
    durable(t, json!({}));
    let (mut a, mut b) = (t.modern(), t.modern());
    for (client, inbox) in [(&mut a, "in.a"), (&mut b, "in.b")] {
        client.send(&format!("SUB {inbox} 1"));
        pull_to(client, inbox, r#"{"batch":3}"#);
        client.flush();
    }
    fill(t, 5);
    expect_seqs(&mut a, [1, 3, 5]);
    expect_seqs(&mut b, [2, 4]);
}

fn inbox_used_up(t: &mut Stage) {
    stream(t);
    durable(t, json!({}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 9}));
    c.send("UNSUB 1 2");
    c.flush();
    fill(t, 5);
    expect_seq(&mut c, 1);
    expect_seq(&mut c, 2);
    c.expect_nothing();
    t.advance(Duration::from_millis(100));
    assert_has(&info(t), json!({"num_waiting": 0, "num_ack_pending": 2, "num_pending": 3}));
    // What was left of the request is over, not put off.
    c.send("SUB in 2");
    c.expect_nothing();
    pull(&mut c, json!({"batch": 1}));
    assert_eq!(expect_seq(&mut c, 3).sid(), "2");
}

fn interest_lost(t: &mut Stage) {
    stream(t);
    durable(t, json!({}));
    let (mut a, mut b) = (puller(t), t.modern());
    b.send("SUB in.b 1");
    pull(&mut a, json!({"batch": 9}));
    pull(&mut a, json!({"batch": 1}));
    pull_to(&mut b, "in.b", "5");
    a.flush();
    b.flush();
    assert_has(&info(t), json!({"num_waiting": 3}));
    a.send("UNSUB 1");
    a.flush();
    assert_has(&info(t), json!({"num_waiting": 1}));
    fill(t, 1);
    expect_seq(&mut b, 1);
    a.expect_nothing();
    drop(b);
    t.advance(Duration::from_millis(100));
    assert_has(&info(t), json!({"num_waiting": 0}));
}

fn wildcard_and_queue_inboxes(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    durable(t, json!({}));
    let mut c = t.modern();
    c.send("SUB in.* 1");
    c.send("SUB queued q 2");
    pull_to(&mut c, "in.x", "");
    expect_seq(&mut c, 1);
    pull_to(&mut c, "queued", "");
    assert_eq!(expect_seq(&mut c, 2).sid(), "2");
}

fn odd_requests(t: &mut Stage) {
    stream_with(t, json!({}));
    fill(t, 1);
    durable(t, json!({}));
    let mut c = puller(t);
    c.publish("$JS.API.CONSUMER.MSG.NEXT.S.c", "");
    c.expect_nothing();
    assert_has(&info(t), json!({"num_waiting": 0, "num_pending": 1}));
    c.publish_with("$JS.API.CONSUMER.MSG.NEXT.S.c", "in", &["Nats-Required-Api-Level: 9"], "");
    expect_status(&mut c, "412 Required Api Level");
    pull_to(&mut c, "in", "");
    assert_eq!(numbers(&expect_seq(&mut c, 1)).pending, 0);
}
