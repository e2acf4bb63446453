//! What answers and removals mean for streams and consumers: rows D-226 to D-249.

use crate::consumers::{MILLISECOND, SECOND, answer, durable, err_code, expect_seq, expect_seqs, expect_status, fill};
use crate::consumers::{info, numbers, pull, puller, request, stream, stream_with, update};
use crate::support::runner::{Row, row};
use crate::support::{Client, Frame, Stage, assert_has};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("D-226", work_queue_removes),
    row("D-227 D-228", work_queue_consumers),
    row("D-230", work_queue_outlives_its_consumer),
    row("D-231", interest_of_two),
    row("D-232", interest_of_nobody),
    row("D-233", interest_ends),
    row("D-234", interest_narrowed),
    row("D-235", interest_without_acks),
    row("D-236", interest_with_ack_all),
    row("D-237", limits_keep),
    row("D-238", pending_message_deleted),
    row("D-239", pending_message_evicted),
    row("D-240", purge_everything),
    row("D-241", purge_some),
    row("D-242 D-244", pause_and_resume),
    row("D-243", resumes_by_itself),
    row("D-245", created_paused),
    row("D-246", pulls_while_paused),
    row("D-247", expired_while_paused),
    row("D-248", reset),
    row("D-249", reset_to_a_sequence),
];

#[track_caller]
fn assert_stored(t: &mut Stage, first_seq: u64, last_seq: u64, messages: u64) {
    let state = json!({"first_seq": first_seq, "last_seq": last_seq, "messages": messages});
    assert_has(&t.api_ok("STREAM.INFO.S", Value::Null), json!({ "state": state }));
}

#[track_caller]
fn consumer(t: &mut Stage, name: &str, changes: Value) -> Value {
    let mut config = json!({"durable_name": name, "ack_policy": "explicit"});
    changes.as_object().expect("an object").iter().for_each(|(name, value)| config[name] = value.clone());
    t.api(&format!("CONSUMER.CREATE.S.{name}"), request(config))
}

/// Takes `count` messages from consumer `name` on `in`.
#[track_caller]
fn take(c: &mut Client, name: &str, count: usize) -> Vec<Frame> {
    let subject = format!("$JS.API.CONSUMER.MSG.NEXT.S.{name}");
    c.publish_with(&subject, "in", &[], &count.to_string());
    (0..count).map(|_| c.next()).collect()
}

fn watcher(t: &mut Stage, event: &str) -> Client {
    let mut watcher = t.modern();
    watcher.send(&format!("SUB $JS.EVENT.ADVISORY.CONSUMER.{event}.> 1"));
    watcher.flush();
    watcher
}

fn work_queue_removes(t: &mut Stage) {
    stream_with(t, json!({"retention": "workqueue"}));
    fill(t, 3);
    durable(t, json!({}));
    let mut c = puller(t);
    let frames = take(&mut c, "c", 3);
    answer(&mut c, &frames[1], "+ACK");
    assert_stored(t, 1, 3, 2);
    answer(&mut c, &frames[0], "+TERM");
    assert_stored(t, 3, 3, 1);
    answer(&mut c, &frames[2], "+ACK");
    assert_stored(t, 4, 3, 0);
}

fn work_queue_consumers(t: &mut Stage) {
    stream_with(t, json!({"retention": "workqueue"}));
    let cases = [
        (json!({"ack_policy": "none"}), 10084),
        (json!({"ack_policy": "all"}), 10098),
        (json!({"ack_policy": "none", "deliver_subject": "out"}), 10098),
        (json!({"deliver_policy": "new"}), 10101),
    ];
    for (changes, code) in cases {
        assert_eq!(err_code(&consumer(t, "c", changes.clone())["error"]), code, "{changes}");
    }
    consumer(t, "c", json!({}));
    assert_eq!(err_code(&consumer(t, "d", json!({}))["error"]), 10099);
    assert_eq!(err_code(&consumer(t, "d", json!({"filter_subject": "s.1"}))["error"]), 10100);
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    assert_eq!(consumer(t, "c", json!({"filter_subject": "s.1.*"})).get("error"), None);
    for filter in ["s.1.*", "s.1.2", "s.*.2", "s.>"] {
        assert_eq!(err_code(&consumer(t, "d", json!({ "filter_subject": filter }))["error"]), 10100, "{filter}");
    }
    assert_eq!(err_code(&consumer(t, "d", json!({}))["error"]), 10099);
    assert_eq!(consumer(t, "d", json!({"filter_subject": "s.2.*"})).get("error"), None);
    let moved = json!({"durable_name": "d", "ack_policy": "explicit", "filter_subject": "s.1.x"});
    let error = t.api_error("CONSUMER.CREATE.S.d", json!({"stream_name": "S", "config": moved, "action": "update"}));
    assert_eq!(err_code(&error), 10100);
}

fn work_queue_outlives_its_consumer(t: &mut Stage) {
    stream_with(t, json!({"retention": "workqueue"}));
    fill(t, 2);
    durable(t, json!({}));
    let mut c = puller(t);
    take(&mut c, "c", 1);
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    assert_stored(t, 1, 2, 2);
}

fn interest_of_two(t: &mut Stage) {
    stream_with(t, json!({"retention": "interest"}));
    consumer(t, "a", json!({}));
    consumer(t, "b", json!({}));
    fill(t, 2);
    let mut c = puller(t);
    let for_a = take(&mut c, "a", 2);
    let for_b = take(&mut c, "b", 2);
    answer(&mut c, &for_a[0], "+ACK");
    answer(&mut c, &for_a[1], "+ACK");
    assert_stored(t, 1, 2, 2);
    answer(&mut c, &for_b[1], "+ACK");
    assert_stored(t, 1, 2, 1);
    answer(&mut c, &for_b[0], "+ACK");
    assert_stored(t, 3, 2, 0);
}

fn interest_of_nobody(t: &mut Stage) {
    stream_with(t, json!({"retention": "interest"}));
    assert_eq!(t.store("s.1", "x"), 1);
    consumer(t, "a", json!({"filter_subject": "s.2"}));
    assert_eq!(t.store("s.1", "x"), 2);
    assert_stored(t, 3, 2, 0);
    assert_eq!(t.store("s.2", "x"), 3);
    assert_stored(t, 3, 3, 1);
}

fn interest_ends(t: &mut Stage) {
    stream_with(t, json!({"retention": "interest"}));
    consumer(t, "a", json!({"filter_subject": "s.1"}));
    consumer(t, "b", json!({"filter_subject": "s.2"}));
    fill(t, 2);
    t.api_ok("CONSUMER.DELETE.S.a", Value::Null);
    assert_stored(t, 2, 2, 1);
    t.api_ok("CONSUMER.DELETE.S.b", Value::Null);
    assert_stored(t, 3, 2, 0);
}

fn interest_narrowed(t: &mut Stage) {
    stream_with(t, json!({"retention": "interest"}));
    durable(t, json!({"filter_subjects": ["s.1", "s.2"]}));
    fill(t, 2);
    assert_stored(t, 1, 2, 2);
    update(t, json!({"filter_subjects": ["s.2"]}));
    t.advance(Duration::from_millis(100));
    assert_stored(t, 2, 2, 1);
    assert_has(&info(t), json!({"num_pending": 1}));
}

fn interest_without_acks(t: &mut Stage) {
    stream_with(t, json!({"retention": "interest"}));
    durable(t, json!({"ack_policy": "none"}));
    fill(t, 2);
    let mut c = puller(t);
    take(&mut c, "c", 1);
    t.advance(Duration::from_millis(50));
    assert_stored(t, 2, 2, 1);
}

fn interest_with_ack_all(t: &mut Stage) {
    stream_with(t, json!({"retention": "interest"}));
    durable(t, json!({"ack_policy": "all"}));
    fill(t, 3);
    let mut c = puller(t);
    let frames = take(&mut c, "c", 3);
    answer(&mut c, &frames[1], "+ACK");
    assert_stored(t, 3, 3, 1);
}

fn limits_keep(t: &mut Stage) {
    stream(t);
    fill(t, 1);
    durable(t, json!({}));
    let mut c = puller(t);
    let frames = take(&mut c, "c", 1);
    answer(&mut c, &frames[0], "+ACK");
    assert_stored(t, 1, 1, 1);
}

fn pending_message_deleted(t: &mut Stage) {
    let mut watcher = watcher(t, "MSG_TERMINATED");
    stream(t);
    fill(t, 3);
    durable(t, json!({}));
    let mut c = puller(t);
    take(&mut c, "c", 2);
    t.api_ok("STREAM.MSG.DELETE.S", json!({"seq": 1}));
    let advisory = watcher.next().json();
    let reason = "Unacknowledged message was deleted";
    assert_has(&advisory, json!({"stream_seq": 1, "consumer_seq": 1, "deliveries": 1, "reason": reason}));
    assert_has(&info(t), json!({"num_ack_pending": 1, "num_pending": 1, "ack_floor": {"stream_seq": 1}}));
}

fn pending_message_evicted(t: &mut Stage) {
    let mut watcher = watcher(t, "MSG_TERMINATED");
    stream_with(t, json!({"max_msgs": 2}));
    fill(t, 2);
    durable(t, json!({}));
    let mut c = puller(t);
    take(&mut c, "c", 2);
    fill(t, 1);
    assert_has(&watcher.next().json(), json!({"stream_seq": 1, "reason": "Unacknowledged message was deleted"}));
    assert_has(&info(t), json!({"num_ack_pending": 1, "num_pending": 1}));
}

fn purge_everything(t: &mut Stage) {
    let mut watcher = watcher(t, "MSG_TERMINATED");
    stream(t);
    fill(t, 4);
    durable(t, json!({}));
    let mut c = puller(t);
    take(&mut c, "c", 2);
    t.api_ok("STREAM.PURGE.S", Value::Null);
    let places = json!({"delivered": {"consumer_seq": 2, "stream_seq": 4}, "ack_floor": {"stream_seq": 4}});
    let after = info(t);
    assert_has(&after, json!({"num_ack_pending": 0, "num_pending": 0}));
    assert_has(&after, places);
    watcher.expect_nothing();
    fill(t, 1);
    let frame = take(&mut c, "c", 1).remove(0);
    assert_eq!((numbers(&frame).stream_seq, numbers(&frame).consumer_seq), (5, 3));
}

fn purge_some(t: &mut Stage) {
    stream(t);
    fill(t, 6);
    durable(t, json!({}));
    let mut c = puller(t);
    take(&mut c, "c", 4);
    t.api_ok("STREAM.PURGE.S", json!({"seq": 3}));
    assert_has(&info(t), json!({"num_ack_pending": 2, "num_pending": 2, "ack_floor": {"stream_seq": 2}}));
    t.api_ok("STREAM.PURGE.S", json!({"filter": "s.4"}));
    assert_has(&info(t), json!({"num_ack_pending": 1, "num_pending": 2}));
    t.api_ok("STREAM.PURGE.S", json!({"filter": "s.5"}));
    assert_has(&info(t), json!({"num_ack_pending": 1, "num_pending": 1}));
}

const FAR: &str = "2099-01-01T00:00:00Z";

fn pause_and_resume(t: &mut Stage) {
    let mut watcher = watcher(t, "PAUSE");
    stream(t);
    fill(t, 1);
    durable(t, json!({}));
    let answered = t.api_ok("CONSUMER.PAUSE.S.c", json!({"pause_until": FAR}));
    assert_has(&answered, json!({"paused": true, "pause_until": FAR}));
    assert!(answered["pause_remaining"].as_u64() > Some(SECOND));
    let kind = "io.nats.jetstream.advisory.v1.consumer_pause";
    let advisory = json!({"type": kind, "stream": "S", "consumer": "c", "paused": true, "pause_until": FAR});
    assert_has(&watcher.next().json(), advisory);
    let paused = info(t);
    assert_has(&paused, json!({"paused": true, "config": {"pause_until": FAR}}));
    assert!(paused["pause_remaining"].is_u64());
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    c.expect_nothing();
    let resumed = t.api_ok("CONSUMER.PAUSE.S.c", Value::Null);
    let kind = "io.nats.jetstream.api.v1.consumer_pause_response";
    assert_eq!(resumed, json!({"type": kind, "paused": false, "pause_until": "0001-01-01T00:00:00Z"}));
    assert_has(&watcher.next().json(), json!({"paused": false}));
    // Whoever waited is not served by that alone, but with whatever happens next.
    c.expect_nothing();
    fill(t, 1);
    expect_seq(&mut c, 1);
    assert_eq!(info(t)["config"].get("pause_until"), None);
    let missing = t.api("CONSUMER.PAUSE.S.x", Value::Null);
    assert_has(&missing, json!({"error": {"err_code": 10014}, "paused": false, "pause_until": "0001-01-01T00:00:00Z"}));
}

/// A time `millis` from now, by the server's clock.
fn soon(t: &mut Stage, millis: u64) -> String {
    use jetlab::time::Timestamp;
    let ts = info(t)["ts"].as_str().and_then(|text| Timestamp::parse_rfc3339(text).ok()).flatten();
    (ts.expect("info has the time") + Duration::from_millis(millis)).rfc3339()
}

fn resumes_by_itself(t: &mut Stage) {
    let mut watcher = watcher(t, "PAUSE");
    stream(t);
    fill(t, 1);
    durable(t, json!({}));
    let until = soon(t, 500);
    t.api_ok("CONSUMER.PAUSE.S.c", json!({"pause_until": until}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    c.expect_nothing();
    expect_seq(&mut c, 1);
    assert_has(&watcher.next().json(), json!({"paused": true}));
    assert_has(&watcher.next().json(), json!({"paused": false, "pause_until": until}));
    assert_eq!(info(t).get("paused"), None);
}

fn created_paused(t: &mut Stage) {
    let mut watcher = watcher(t, "*");
    stream(t);
    let made = durable(t, json!({"pause_until": FAR}));
    assert_has(&made, json!({"paused": true, "config": {"metadata": {"_nats.req.level": "1"}}}));
    assert_has(&watcher.next().json(), json!({"action": "create"}));
    assert_has(&watcher.next().json(), json!({"paused": true}));
}

fn pulls_while_paused(t: &mut Stage) {
    stream(t);
    fill(t, 1);
    durable(t, json!({"pause_until": FAR}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1, "no_wait": true}));
    expect_status(&mut c, "404 No Messages");
    pull(&mut c, json!({"batch": 1, "expires": 500 * MILLISECOND, "idle_heartbeat": 200 * MILLISECOND}));
    expect_status(&mut c, "100 Idle Heartbeat\r\nNats-Last-Consumer: 0\r\nNats-Last-Stream: 0");
    expect_status(&mut c, "100 Idle Heartbeat\r\nNats-Last-Consumer: 0\r\nNats-Last-Stream: 0");
    expect_status(&mut c, "408 Request Timeout\r\nNats-Pending-Messages: 1\r\nNats-Pending-Bytes: 0");
}

fn expired_while_paused(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    durable(t, json!({"ack_wait": 200 * MILLISECOND}));
    let mut c = puller(t);
    take(&mut c, "c", 1);
    t.api_ok("CONSUMER.PAUSE.S.c", json!({"pause_until": FAR}));
    t.advance(Duration::from_millis(400));
    pull(&mut c, json!({"batch": 2}));
    c.expect_nothing();
    t.api_ok("CONSUMER.PAUSE.S.c", Value::Null);
    pull(&mut c, json!({"batch": 1}));
    let frames = expect_seqs(&mut c, [1, 2]);
    assert_eq!(numbers(&frames[0]).deliveries, 2);
}

fn reset(t: &mut Stage) {
    stream(t);
    fill(t, 4);
    durable(t, json!({}));
    let mut c = puller(t);
    let frames = take(&mut c, "c", 3);
    answer(&mut c, &frames[0], "+ACK");
    let answered = t.api_ok("CONSUMER.RESET.S.c", Value::Null);
    let pair = json!({"consumer_seq": 0, "stream_seq": 1});
    let expected =
        json!({"reset_seq": 2, "num_pending": 3, "num_ack_pending": 0, "delivered": pair, "ack_floor": pair});
    assert_has(&answered, expected);
    assert_eq!(answered["delivered"].get("last_active"), None);
    let frame = take(&mut c, "c", 1).remove(0);
    let numbers = numbers(&frame);
    assert_eq!((numbers.stream_seq, numbers.consumer_seq, numbers.deliveries), (2, 1, 1));
}

fn reset_to_a_sequence(t: &mut Stage) {
    stream(t);
    fill(t, 4);
    durable(t, json!({}));
    assert_has(&t.api_ok("CONSUMER.RESET.S.c", json!({"seq": 3})), json!({"reset_seq": 3, "num_pending": 2}));
    consumer(t, "n", json!({"deliver_policy": "new"}));
    let error = t.api_error("CONSUMER.RESET.S.n", json!({"seq": 3}));
    assert_eq!(error, json!({"code": 400, "err_code": 10204, "description": "invalid reset: not allowed"}));
    consumer(t, "s", json!({"deliver_policy": "by_start_sequence", "opt_start_seq": 3}));
    let error = t.api_error("CONSUMER.RESET.S.s", json!({"seq": 2}));
    assert_has(&error, json!({"err_code": 10204, "description": "invalid reset: below start seq"}));
    let time = t.api_ok("STREAM.MSG.GET.S", json!({"seq": 3}))["message"]["time"].clone();
    consumer(t, "t", json!({"deliver_policy": "by_start_time", "opt_start_time": time}));
    let error = t.api_error("CONSUMER.RESET.S.t", json!({"seq": 2}));
    assert_has(&error, json!({"err_code": 10204, "description": "invalid reset: below start time"}));
    let junk = t.request("$JS.API.CONSUMER.RESET.S.c", "x").json();
    assert_has(&junk, json!({"error": {"err_code": 10025}, "reset_seq": 0}));
}
