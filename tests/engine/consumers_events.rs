//! Priority groups, advisories and metrics: rows D-182 to D-193, D-250 to D-257 and D-263.

use crate::consumers::{MILLISECOND, SECOND, ack_subject, answer, durable, err_code, expect_seq, expect_seqs};
use crate::consumers::{expect_status, fill, info, pull, pull_to, puller, stream};
use crate::support::runner::{Row, row};
use crate::support::{Client, Stage, assert_has};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("D-182 D-186", group_missing_or_wrong),
    row("D-183", bodies_without_a_group),
    row("D-184", overflow),
    row("D-185", members_of_another_policy),
    row("D-187", prioritized),
    row("D-188 D-263", pinned),
    row("D-189 D-190", others_while_pinned),
    row("D-191 D-192", pin_times_out),
    row("D-193", unpin),
    row("D-250 D-254 D-256", created_and_deleted),
    row("D-251", naks),
    row("D-253", samples),
    row("D-255", stream_of_advisories),
    row("D-257", api_audit),
];

fn overflowing(t: &mut Stage) {
    stream(t);
    durable(t, json!({"priority_policy": "overflow", "priority_groups": ["A"]}));
}

fn group_missing_or_wrong(t: &mut Stage) {
    overflowing(t);
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    expect_status(&mut c, "400 Bad Request - Priority Group missing");
    pull(&mut c, json!({"batch": 1, "group": "B"}));
    expect_status(&mut c, "400 Bad Request - Invalid Priority Group");
    for priority in [-1, 10] {
        pull(&mut c, json!({"batch": 1, "group": "A", "priority": priority}));
        expect_status(&mut c, "400 Bad Request - Priority must be between 0 and 9");
    }
}

fn bodies_without_a_group(t: &mut Stage) {
    overflowing(t);
    fill(t, 2);
    let mut c = puller(t);
    pull_to(&mut c, "in", "");
    expect_seq(&mut c, 1);
    pull_to(&mut c, "in", "1");
    expect_seq(&mut c, 2);
}

fn overflow(t: &mut Stage) {
    overflowing(t);
    fill(t, 2);
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 5, "group": "A", "min_pending": 3}));
    c.expect_nothing();
    fill(t, 1);
    expect_seq(&mut c, 1);
    // Two are left: not enough any more.
    c.expect_nothing();
    c.send("SUB in2 2");
    pull(&mut c, json!({"batch": 5, "group": "A", "min_ack_pending": 2}));
    c.expect_nothing();
    pull_to(&mut c, "in2", r#"{"batch":1,"group":"A"}"#);
    expect_seqs(&mut c, 2..=3);
}

fn members_of_another_policy(t: &mut Stage) {
    stream(t);
    durable(t, json!({"priority_policy": "prioritized", "priority_groups": ["A"]}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1, "group": "A", "min_pending": 1}));
    expect_status(&mut c, "400 Bad Request - Not a Overflow Priority consumer");
    pull(&mut c, json!({"batch": 1, "group": "A", "id": "x"}));
    expect_status(&mut c, "400 Bad Request - Not a Pinned Client Priority consumer");
}

fn prioritized(t: &mut Stage) {
    stream(t);
    durable(t, json!({"priority_policy": "prioritized", "priority_groups": ["A"]}));
    let mut c = t.modern();
    c.send("SUB in.* 1");
    for (inbox, priority) in [("in.5", 5), ("in.1", 1), ("in.1b", 1)] {
        pull_to(&mut c, inbox, &json!({"batch": 2, "group": "A", "priority": priority}).to_string());
    }
    pull_to(&mut c, "in.none", "2");
    c.flush();
    let ends = |c: &mut Client, t: &mut Stage| {
        fill(t, 1);
        c.next();
        info(t)["num_waiting"].as_u64()
    };
    // Two at priority 1 take turns, then 5, then the one without.
    let left: Vec<Option<u64>> = (0..8).map(|_| ends(&mut c, t)).collect();
    assert_eq!(left, [4, 4, 3, 2, 2, 1, 1, 0].map(Some));
}

fn pinning(t: &mut Stage, timeout: u64) -> Client {
    stream(t);
    let config = json!({"priority_policy": "pinned_client", "priority_groups": ["A"], "priority_timeout": timeout});
    durable(t, config);
    let mut watcher = t.modern();
    watcher.send("SUB $JS.EVENT.ADVISORY.CONSUMER.PINNED.> 1");
    watcher.send("SUB $JS.EVENT.ADVISORY.CONSUMER.UNPINNED.> 2");
    watcher.flush();
    watcher
}

fn pinned(t: &mut Stage) {
    let mut watcher = pinning(t, 30 * SECOND);
    let none = json!([{"group": "A", "pinned_ts": "0001-01-01T00:00:00Z"}]);
    assert_eq!(info(t)["priority_groups"], none);
    fill(t, 2);
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 2, "group": "A"}));
    let id = expect_seq(&mut c, 1).header("Nats-Pin-Id").expect("it is pinned");
    assert_eq!(id.len(), 22);
    assert_eq!(expect_seq(&mut c, 2).header("Nats-Pin-Id").as_ref(), Some(&id));
    let kind = "io.nats.jetstream.advisory.v1.consumer_group_pinned";
    let expected =
        json!({"type": kind, "account": "$G", "stream": "S", "consumer": "c", "group": "A", "pinned_id": id});
    assert_has(&watcher.next().json(), expected);
    assert_has(&info(t), json!({"priority_groups": [{"group": "A", "pinned_client_id": id}]}));
}

fn others_while_pinned(t: &mut Stage) {
    pinning(t, 30 * SECOND);
    fill(t, 1);
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1, "group": "A"}));
    let id = expect_seq(&mut c, 1).header("Nats-Pin-Id").expect("it is pinned");
    pull(&mut c, json!({"batch": 1, "group": "A", "id": "other"}));
    expect_status(&mut c, "423 Nats-Pin-Id mismatch");
    let patient = json!({"batch": 1, "group": "A", "expires": 5 * SECOND, "idle_heartbeat": 200 * MILLISECOND});
    pull(&mut c, patient);
    fill(t, 1);
    assert_eq!(c.next().status(), "100 Idle Heartbeat");
    pull(&mut c, json!({"batch": 1, "group": "A", "id": id}));
    expect_seq(&mut c, 2);
}

fn pin_times_out(t: &mut Stage) {
    let mut watcher = pinning(t, 400 * MILLISECOND);
    fill(t, 1);
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1, "group": "A"}));
    let old = expect_seq(&mut c, 1).header("Nats-Pin-Id").expect("it is pinned");
    watcher.next();
    pull(&mut c, json!({"batch": 1, "group": "A", "id": old}));
    c.send("SUB in2 2");
    pull_to(&mut c, "in2", r#"{"batch":1,"group":"A"}"#);
    c.flush();
    let kind = "io.nats.jetstream.advisory.v1.consumer_group_unpinned";
    let expected = json!({"type": kind, "stream": "S", "consumer": "c", "group": "A", "reason": "timeout"});
    assert_has(&watcher.next().json(), expected);
    t.store("s.2", "x");
    let first = c.next();
    let second = c.next();
    let (status, delivery) = if first.reply().is_some() { (second, first) } else { (first, second) };
    assert_eq!(delivery.sid(), "2");
    assert_ne!(delivery.header("Nats-Pin-Id"), Some(old));
    let block = "NATS/1.0 423 Nats-Wrong-Pin-Id\r\nNats-Pending-Messages: 1\r\nNats-Pending-Bytes: 0\r\n\r\n";
    assert_eq!(status.header_text(), block);
}

fn unpin(t: &mut Stage) {
    let mut watcher = pinning(t, 30 * SECOND);
    fill(t, 1);
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1, "group": "A"}));
    expect_seq(&mut c, 1);
    watcher.next();
    let answered = t.api_ok("CONSUMER.UNPIN.S.c", json!({"group": "A"}));
    assert_eq!(answered, json!({"type": "io.nats.jetstream.api.v1.consumer_unpin_response"}));
    assert_has(&watcher.next().json(), json!({"group": "A", "reason": "admin"}));
    assert_eq!(info(t)["priority_groups"][0].get("pinned_client_id"), None);
    let cases =
        [(json!({}), 10025), (json!({"group": "a b"}), 10162), (json!({"group": "B"}), 10160), (Value::Null, 10025)];
    for (body, code) in cases {
        assert_eq!(err_code(&t.api_error("CONSUMER.UNPIN.S.c", body.clone())), code, "{body}");
    }
    assert_eq!(err_code(&t.api_error("CONSUMER.UNPIN.S.x", json!({"group": "A"}))), 10014);
}

fn created_and_deleted(t: &mut Stage) {
    stream(t);
    durable(t, json!({}));
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    let mut watcher = t.modern();
    watcher.send("SUB $JS.EVENT.ADVISORY.CONSUMER.> group 1");
    watcher.flush();
    durable(t, json!({}));
    update_description(t);
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    for (event, action) in [("CREATED", "create"), ("DELETED", "delete")] {
        let advisory = watcher.expect_message(&format!("$JS.EVENT.ADVISORY.CONSUMER.{event}.S.c")).json();
        let kind = "io.nats.jetstream.advisory.v1.consumer_action";
        assert_has(&advisory, json!({"type": kind, "stream": "S", "consumer": "c", "action": action}));
        assert_eq!(advisory.as_object().map(serde_json::Map::len), Some(6));
    }
    watcher.expect_nothing();
}

fn update_description(t: &mut Stage) {
    crate::consumers::update(t, json!({"description": "no advisory for this"}));
}

fn naks(t: &mut Stage) {
    stream(t);
    fill(t, 1);
    durable(t, json!({}));
    let mut watcher = t.modern();
    watcher.send("SUB $JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED.> 1");
    watcher.flush();
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 1}));
    let frame = expect_seq(&mut c, 1);
    answer(&mut c, &frame, "-NAK 1m");
    answer(&mut c, &frame, "-NAK");
    for _ in 0..2 {
        let advisory = watcher.expect_message("$JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED.S.c").json();
        let kind = "io.nats.jetstream.advisory.v1.nak";
        let expected = json!({"type": kind, "consumer_seq": 1, "stream_seq": 1, "deliveries": 1});
        assert_has(&advisory, expected);
    }
}

fn samples(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    durable(t, json!({"sample_freq": "100%"}));
    let mut watcher = t.modern();
    watcher.send("SUB $JS.EVENT.METRIC.CONSUMER.ACK.> 1");
    watcher.flush();
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 2}));
    let frames = expect_seqs(&mut c, 1..=2);
    t.advance(Duration::from_millis(50));
    answer(&mut c, &frames[0], "+TERM");
    answer(&mut c, &frames[1], "+ACK");
    let metric = watcher.expect_message("$JS.EVENT.METRIC.CONSUMER.ACK.S.c").json();
    let kind = "io.nats.jetstream.metric.v1.consumer_ack";
    assert_has(&metric, json!({"type": kind, "consumer_seq": 2, "stream_seq": 2, "deliveries": 1}));
    assert!(metric["ack_time"].as_u64() >= Some(50 * MILLISECOND), "{metric}");
}

fn stream_of_advisories(t: &mut Stage) {
    let config = json!({"name": "A", "subjects": ["$JS.EVENT.ADVISORY.CONSUMER.>"], "storage": "memory"});
    t.api_ok("STREAM.CREATE.A", config);
    stream(t);
    durable(t, json!({}));
    t.advance(Duration::from_millis(50));
    let stored = t.api_ok("STREAM.MSG.GET.A", json!({"seq": 1}));
    assert_has(&stored, json!({"message": {"subject": "$JS.EVENT.ADVISORY.CONSUMER.CREATED.S.c"}}));
}

fn api_audit(t: &mut Stage) {
    stream(t);
    durable(t, json!({}));
    let mut watcher = t.modern();
    watcher.send("SUB $JS.EVENT.ADVISORY.API 1");
    watcher.flush();
    info(t);
    let audit = watcher.next().json();
    let kind = "io.nats.jetstream.advisory.v1.api_audit";
    assert_has(&audit, json!({"type": kind, "subject": "$JS.API.CONSUMER.INFO.S.c"}));
    assert!(audit["response"].as_str().is_some_and(|text| text.contains("consumer_info_response")), "{audit}");
    let mut c = puller(t);
    fill(t, 1);
    pull(&mut c, json!({"batch": 1}));
    let frame = expect_seq(&mut c, 1);
    c.publish(&ack_subject(&frame), "");
    c.expect_nothing();
    watcher.expect_nothing();
}
