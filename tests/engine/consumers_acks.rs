//! Redelivery, answers, delivery limits and the ack floor: rows D-144 to D-152 and D-194 to D-225.

use crate::consumers::{MILLISECOND, SECOND, ack_subject, answer, answer_confirmed, durable, expect_seq, expect_seqs};
use crate::consumers::{expect_status, fill, info, numbers, pull, pull_to, puller, stream, stream_with, update};
use crate::support::runner::{Row, row};
use crate::support::{Client, Frame, Stage, assert_has};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("D-144 D-145", max_ack_pending),
    row("D-146 D-147 D-117", redelivered_when_nobody_answers),
    row("D-148", expired_together),
    row("D-149 D-200", naks_in_order),
    row("D-150", backoff),
    row("D-151", nobody_asks),
    row("D-152", ack_wait_updated),
    row("D-194 D-195 D-196", acks_and_confirmations),
    row("D-197 D-198", acks_nobody_takes),
    row("D-199 D-203", unknown_payloads),
    row("D-201 D-202", delayed_naks),
    row("D-204", in_progress),
    row("D-205 D-206 D-252", terminated),
    row("D-207", ack_and_next),
    row("D-208 D-209", ack_all),
    row("D-210", ack_through_an_older_delivery),
    row("D-211", delayed_nak_with_backoff),
    row("D-212", nak_then_silence),
    row("D-213 D-214 D-217", max_deliver),
    row("D-215", max_deliver_of_one),
    row("D-216", given_up_with_the_next_pull),
    row("D-218 D-229", late_ack),
    row("D-219", raising_max_deliver),
    row("D-220 D-221 D-222", ack_floor),
    row("D-223", ack_floor_after_redelivery),
    row("D-224", ack_floor_without_acks),
    row("D-225", ack_floor_after_giving_up),
];

/// The next frame is delivery number `deliveries` of `stream_seq`, as consumer sequence `consumer_seq`.
#[track_caller]
fn expect_delivery(c: &mut Client, stream_seq: u64, deliveries: u64, consumer_seq: u64) -> Frame {
    let frame = expect_seq(c, stream_seq);
    let numbers = numbers(&frame);
    assert_eq!((numbers.deliveries, numbers.consumer_seq), (deliveries, consumer_seq), "{frame}");
    frame
}

#[track_caller]
fn assert_places(t: &mut Stage, delivered: (u64, u64), floor: (u64, u64)) {
    let pair = |(consumer_seq, stream_seq)| json!({"consumer_seq": consumer_seq, "stream_seq": stream_seq});
    assert_has(&info(t), json!({"delivered": pair(delivered), "ack_floor": pair(floor)}));
}

/// Stream `S` with `count` messages, all delivered to consumer `c`.
#[track_caller]
fn delivered(t: &mut Stage, count: u64, changes: Value) -> (Client, Vec<Frame>) {
    stream(t);
    fill(t, count as usize);
    durable(t, changes);
    let mut c = puller(t);
    pull(&mut c, json!({"batch": count}));
    let frames = expect_seqs(&mut c, 1..=count);
    (c, frames)
}

fn max_ack_pending(t: &mut Stage) {
    stream(t);
    fill(t, 5);
    durable(t, json!({"max_ack_pending": 2, "ack_wait": 400 * MILLISECOND}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 9}));
    let frames = expect_seqs(&mut c, 1..=2);
    c.expect_nothing();
    answer(&mut c, &frames[0], "+ACK");
    expect_seq(&mut c, 3);
    c.expect_nothing();
    // Full, and still what was not answered comes again.
    expect_seq(&mut c, 2);
}

fn redelivered_when_nobody_answers(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    durable(t, json!({"ack_wait": 300 * MILLISECOND}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    expect_delivery(&mut c, 1, 1, 1);
    t.advance(Duration::from_millis(400));
    pull(&mut c, json!({"batch": 2}));
    expect_delivery(&mut c, 1, 2, 2);
    expect_delivery(&mut c, 2, 1, 3);
    assert_has(&info(t), json!({"num_redelivered": 1, "num_ack_pending": 2, "num_pending": 0}));
}

fn expired_together(t: &mut Stage) {
    let (mut c, _) = delivered(t, 4, json!({"ack_wait": 300 * MILLISECOND}));
    t.advance(Duration::from_millis(400));
    pull(&mut c, json!({"batch": 4}));
    expect_seqs(&mut c, 1..=4);
}

fn naks_in_order(t: &mut Stage) {
    let (mut c, frames) = delivered(t, 3, json!({}));
    for index in [2, 0, 1] {
        answer(&mut c, &frames[index], "-NAK");
    }
    pull(&mut c, json!({"batch": 4}));
    let again: Vec<Frame> =
        [3, 1, 2].iter().zip(4..).map(|(&seq, cseq)| expect_delivery(&mut c, seq, 2, cseq)).collect();
    c.expect_nothing();
    // A pull waits: at once.
    answer(&mut c, &again[1], "-NAK");
    expect_delivery(&mut c, 1, 3, 7);
}

fn backoff(t: &mut Stage) {
    stream(t);
    fill(t, 1);
    durable(t, json!({"backoff": [200 * MILLISECOND, 600 * MILLISECOND]}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 4}));
    expect_seq(&mut c, 1);
    for expected in [200, 600, 600] {
        let before = t.elapsed();
        expect_seq(&mut c, 1);
        let took = (t.elapsed() - before).as_millis();
        assert!((expected - 30..expected + 180).contains(&took), "{expected}: {took}");
    }
}

fn nobody_asks(t: &mut Stage) {
    let (mut c, _) = delivered(t, 1, json!({"ack_wait": 200 * MILLISECOND}));
    t.advance(Duration::from_millis(500));
    assert_has(&info(t), json!({"num_redelivered": 0, "num_ack_pending": 1, "delivered": {"consumer_seq": 1}}));
    pull(&mut c, json!({"batch": 1}));
    expect_delivery(&mut c, 1, 2, 2);
}

fn ack_wait_updated(t: &mut Stage) {
    let (mut c, _) = delivered(t, 1, json!({"ack_wait": 30 * SECOND}));
    update(t, json!({"ack_wait": 300 * MILLISECOND}));
    pull(&mut c, json!({"batch": 1}));
    expect_delivery(&mut c, 1, 2, 2);
}

fn acks_and_confirmations(t: &mut Stage) {
    let (mut c, frames) = delivered(t, 4, json!({}));
    for (frame, payload) in frames.iter().zip(["", "+ACK", "+OK"]) {
        answer(&mut c, frame, payload);
    }
    assert_has(&info(t), json!({"num_ack_pending": 1}));
    answer_confirmed(&mut c, &frames[3], "+ACK");
    answer_confirmed(&mut c, &frames[3], "+ACK");
    answer_confirmed(&mut c, &frames[0], "-NAK");
    assert_has(&info(t), json!({"num_ack_pending": 0}));
}

fn acks_nobody_takes(t: &mut Stage) {
    let (mut c, frames) = delivered(t, 1, json!({}));
    let never = ack_subject(&frames[0]).replace(".1.1.1.", ".1.99.99.");
    c.request_unanswered(&never, "");
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    assert_eq!(c.request(&ack_subject(&frames[0]), "").status(), "503");
    durable(t, json!({"ack_policy": "none"}));
    pull(&mut c, json!({"batch": 1}));
    let frame = expect_seq(&mut c, 1);
    assert_eq!(c.request(&ack_subject(&frame), "").status(), "503");
}

fn unknown_payloads(t: &mut Stage) {
    let (mut c, frames) = delivered(t, 1, json!({}));
    answer_confirmed(&mut c, &frames[0], "thanks");
    assert_has(&info(t), json!({"num_ack_pending": 1}));
    pull(&mut c, json!({"batch": 1}));
    answer(&mut c, &frames[0], "-NAK bogus");
    expect_delivery(&mut c, 1, 2, 2);
}

fn delayed_naks(t: &mut Stage) {
    let (mut c, frames) = delivered(t, 2, json!({}));
    pull(&mut c, json!({"batch": 2}));
    for (frame, payload) in frames.iter().zip([r#"-NAK {"delay":300000000}"#, "-NAK 300ms"]) {
        let before = t.elapsed();
        answer(&mut c, frame, payload);
        let again = c.next();
        assert_eq!(numbers(&again).stream_seq, numbers(frame).stream_seq);
        let took = (t.elapsed() - before).as_millis();
        assert!((290..700).contains(&took), "{payload}: {took}");
    }
}

fn in_progress(t: &mut Stage) {
    let (mut c, frames) = delivered(t, 1, json!({"ack_wait": 500 * MILLISECOND}));
    pull(&mut c, json!({"batch": 1}));
    t.advance(Duration::from_millis(350));
    answer(&mut c, &frames[0], "+WPI");
    t.advance(Duration::from_millis(300));
    c.expect_nothing();
    expect_delivery(&mut c, 1, 2, 2);
}

fn terminated(t: &mut Stage) {
    let mut watcher = t.modern();
    watcher.send("SUB $JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.> 1");
    watcher.flush();
    let (mut c, frames) = delivered(t, 2, json!({"ack_wait": 200 * MILLISECOND}));
    answer(&mut c, &frames[0], "+TERM");
    answer(&mut c, &frames[1], "+TERM  no good ");
    let advisory = watcher.expect_message("$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.S.c").json();
    let kind = "io.nats.jetstream.advisory.v1.terminated";
    let expected =
        json!({"type": kind, "stream": "S", "consumer": "c", "consumer_seq": 1, "stream_seq": 1, "deliveries": 1});
    assert_has(&advisory, expected);
    assert_eq!(advisory.get("reason"), None);
    assert_has(&watcher.next().json(), json!({"stream_seq": 2, "reason": "no good"}));
    pull(&mut c, json!({"batch": 1, "expires": 400 * MILLISECOND}));
    assert_eq!(c.next().status(), "408 Request Timeout");
    assert_has(&info(t), json!({"num_ack_pending": 0, "ack_floor": {"stream_seq": 2}}));
}

fn ack_and_next(t: &mut Stage) {
    stream(t);
    fill(t, 6);
    durable(t, json!({}));
    let mut c = puller(t);
    pull_to(&mut c, "in", "");
    let mut frame = expect_seq(&mut c, 1);
    for (payload, sequences) in [("+NXT", 2..=2), ("+NXT 2", 3..=4), ("+NXT {\"batch\":2}", 5..=6)] {
        c.publish_with(&ack_subject(&frame), "in", &[], payload);
        frame = expect_seqs(&mut c, sequences).remove(0);
    }
    c.expect_nothing();
    assert_has(&info(t), json!({"num_ack_pending": 3}));
}

fn ack_all(t: &mut Stage) {
    let (mut c, frames) = delivered(t, 5, json!({"ack_policy": "all"}));
    answer_confirmed(&mut c, &frames[2], "+ACK");
    assert_places(t, (5, 5), (3, 3));
    assert_has(&info(t), json!({"num_ack_pending": 2}));
    answer_confirmed(&mut c, &frames[1], "+ACK");
    assert_places(t, (5, 5), (3, 3));
    pull(&mut c, json!({"batch": 2}));
    answer(&mut c, &frames[4], "-NAK");
    expect_delivery(&mut c, 5, 2, 6);
    c.expect_nothing();
}

fn ack_through_an_older_delivery(t: &mut Stage) {
    let (mut c, frames) = delivered(t, 1, json!({"ack_wait": 200 * MILLISECOND}));
    pull(&mut c, json!({"batch": 1}));
    expect_delivery(&mut c, 1, 2, 2);
    answer_confirmed(&mut c, &frames[0], "+ACK");
    assert_places(t, (2, 1), (2, 1));
    assert_has(&info(t), json!({"num_ack_pending": 0, "num_redelivered": 0}));
}

fn delayed_nak_with_backoff(t: &mut Stage) {
    let (mut c, frames) = delivered(t, 1, json!({"backoff": [200 * MILLISECOND, SECOND]}));
    pull(&mut c, json!({"batch": 2}));
    let mut frame = frames[0].clone();
    for expected in [300, 1100] {
        let before = t.elapsed();
        answer(&mut c, &frame, "-NAK 300ms");
        frame = expect_seq(&mut c, 1);
        let took = (t.elapsed() - before).as_millis();
        assert!((expected - 20..expected + 200).contains(&took), "{expected}: {took}");
    }
}

fn nak_then_silence(t: &mut Stage) {
    let (mut c, frames) = delivered(t, 1, json!({"ack_wait": 400 * MILLISECOND}));
    t.advance(Duration::from_millis(200));
    pull(&mut c, json!({"batch": 2}));
    answer(&mut c, &frames[0], "-NAK");
    expect_delivery(&mut c, 1, 2, 2);
    let before = t.elapsed();
    expect_delivery(&mut c, 1, 3, 3);
    let took = (t.elapsed() - before).as_millis();
    assert!((370..700).contains(&took), "{took}");
}

fn max_deliver(t: &mut Stage) {
    let mut watcher = t.modern();
    watcher.send("SUB $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.> 1");
    watcher.flush();
    let (mut c, _) = delivered(t, 1, json!({"ack_wait": 150 * MILLISECOND, "max_deliver": 3}));
    pull(&mut c, json!({"batch": 5, "expires": 2 * SECOND}));
    expect_delivery(&mut c, 1, 2, 2);
    expect_delivery(&mut c, 1, 3, 3);
    expect_status(&mut c, "408 Request Timeout\r\nNats-Pending-Messages: 3\r\nNats-Pending-Bytes: 0");
    let advisory = watcher.next().json();
    let members: Vec<&String> = advisory.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["consumer", "deliveries", "id", "stream", "stream_seq", "timestamp", "type"]);
    let kind = "io.nats.jetstream.advisory.v1.max_deliver";
    assert_has(&advisory, json!({"type": kind, "stream": "S", "consumer": "c", "stream_seq": 1, "deliveries": 3}));
    assert_eq!(advisory["id"].as_str().map(str::len), Some(22));
    watcher.expect_nothing();
    assert_has(&info(t), json!({"num_ack_pending": 0, "num_redelivered": 1, "ack_floor": {"stream_seq": 0}}));
}

fn max_deliver_of_one(t: &mut Stage) {
    let mut watcher = t.modern();
    watcher.send("SUB $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.> 1");
    watcher.flush();
    let (_c, _) = delivered(t, 1, json!({"ack_wait": 200 * MILLISECOND, "max_deliver": 1}));
    assert_has(&watcher.next().json(), json!({"stream_seq": 1, "deliveries": 1}));
    assert_has(&info(t), json!({"num_ack_pending": 0, "num_redelivered": 0}));
}

fn given_up_with_the_next_pull(t: &mut Stage) {
    let mut watcher = t.modern();
    watcher.send("SUB $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.> 1");
    watcher.flush();
    let (mut c, _) = delivered(t, 1, json!({"ack_wait": 200 * MILLISECOND, "max_deliver": 2}));
    pull(&mut c, json!({"batch": 1}));
    expect_delivery(&mut c, 1, 2, 2);
    watcher.expect_silence(Duration::from_millis(500));
    assert_has(&info(t), json!({"num_ack_pending": 1}));
    pull(&mut c, json!({"batch": 1}));
    assert_has(&watcher.next().json(), json!({"stream_seq": 1, "deliveries": 2}));
    assert_has(&info(t), json!({"num_ack_pending": 0, "num_redelivered": 1, "num_waiting": 1}));
}

fn late_ack(t: &mut Stage) {
    stream_with(t, json!({"retention": "workqueue"}));
    fill(t, 1);
    durable(t, json!({"ack_wait": 200 * MILLISECOND, "max_deliver": 1}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    let frame = expect_seq(&mut c, 1);
    t.advance(Duration::from_millis(500));
    assert_has(&info(t), json!({"num_ack_pending": 0}));
    assert_has(&t.api_ok("STREAM.INFO.S", Value::Null), json!({"state": {"messages": 1}}));
    answer_confirmed(&mut c, &frame, "+ACK");
    assert_has(&t.api_ok("STREAM.INFO.S", Value::Null), json!({"state": {"messages": 0}}));
}

fn raising_max_deliver(t: &mut Stage) {
    let (mut c, _) = delivered(t, 1, json!({"ack_wait": 200 * MILLISECOND, "max_deliver": 1}));
    t.advance(Duration::from_millis(400));
    update(t, json!({"ack_wait": 200 * MILLISECOND, "max_deliver": 5}));
    pull(&mut c, json!({"batch": 1, "expires": 500 * MILLISECOND}));
    assert_eq!(c.next().status(), "408 Request Timeout");
}

fn ack_floor(t: &mut Stage) {
    let (mut c, frames) = delivered(t, 5, json!({}));
    for (acked, floor) in [(2, 0), (1, 2), (4, 2), (3, 4), (5, 5)] {
        answer(&mut c, &frames[acked - 1], "+ACK");
        assert_places(t, (5, 5), (floor, floor));
    }
}

fn ack_floor_after_redelivery(t: &mut Stage) {
    let (mut c, frames) = delivered(t, 3, json!({}));
    pull(&mut c, json!({"batch": 1}));
    answer(&mut c, &frames[1], "-NAK");
    let again = expect_delivery(&mut c, 2, 2, 4);
    answer(&mut c, &frames[0], "+ACK");
    answer(&mut c, &again, "+ACK");
    assert_places(t, (4, 3), (2, 2));
    answer(&mut c, &frames[2], "+ACK");
    assert_places(t, (4, 3), (4, 3));
}

fn ack_floor_without_acks(t: &mut Stage) {
    let (_c, _) = delivered(t, 3, json!({"ack_policy": "none"}));
    assert_places(t, (3, 3), (3, 3));
    assert_eq!(info(t)["ack_floor"].get("last_active"), None);
}

fn ack_floor_after_giving_up(t: &mut Stage) {
    let (mut c, frames) = delivered(t, 3, json!({"ack_wait": 600 * MILLISECOND, "max_deliver": 1}));
    answer(&mut c, &frames[1], "+ACK");
    t.advance(Duration::from_millis(900));
    assert_places(t, (3, 3), (0, 0));
    fill(t, 1);
    pull(&mut c, json!({"batch": 1}));
    let frame = expect_seq(&mut c, 4);
    answer(&mut c, &frame, "+ACK");
    assert_places(t, (4, 4), (4, 4));
}
