//! Behaviours that random play found while time passed or limits changed, which no row of the checklist names.

use crate::support::Stage;
use crate::support::json::assert_has;
use crate::support::runner::{Row, row};
use jetlab::time::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("marker-before-what-it-replaces", marker_before_what_it_replaces),
    row("age-that-comes-later", age_that_comes_later),
    row("looked-for-now-and-then", looked_for_now_and_then),
    row("looked-for-by-a-coarse-clock", looked_for_by_a_coarse_clock),
    row("marker-that-is-not-taken", marker_that_is_not_taken),
    row("passed-over-by-a-mirror", passed_over_by_a_mirror),
    row("pause-of-what-is-gone", pause_of_what_is_gone),
    row("larger-than-the-bucket", larger_than_the_bucket),
    row("answers-keep-what-nobody-hears", answers_keep_what_nobody_hears),
    row("limits-consumers-do-not-know-of", limits_consumers_do_not_know_of),
    row("tight-before-anybody-gets-more", tight_before_anybody_gets_more),
];

fn stream(t: &mut Stage, changes: Value) {
    let mut config = json!({"name": "S", "subjects": ["s.*"]});
    changes.as_object().expect("an object").iter().for_each(|(name, value)| config[name] = value.clone());
    t.api_ok("STREAM.CREATE.S", config);
}

/// Without acknowledgements, if nothing else is said.
fn consumer(t: &mut Stage, name: &str, changes: Value) {
    let mut config = json!({ "durable_name": name });
    changes.as_object().expect("an object").iter().for_each(|(name, value)| config[name] = value.clone());
    t.api_ok(&format!("CONSUMER.CREATE.S.{name}"), json!({"stream_name": "S", "config": config}));
}

/// For a moment both count, so a third may have to go; and the marker's republished copy names what it replaced.
fn marker_before_what_it_replaces(t: &mut Stage) {
    stream(
        t,
        json!({
            "storage": "memory", "allow_msg_ttl": true, "subject_delete_marker_ttl": 2_000_000_000_u64, "max_bytes": 300,
            "republish": {"src": "s.>", "dest": "r.s.>"},
        }),
    );
    t.request("s.d", &"x".repeat(100));
    t.request("s.e", &"x".repeat(50));
    let mut copies = t.modern();
    copies.send("SUB r.s.a 1");
    copies.flush();
    t.request_with("s.a", &["Nats-TTL: 1s"], "x");
    copies.expect_message("r.s.a");
    t.advance(Duration::from_millis(1500));
    let marker = copies.expect_message("r.s.a");
    assert_eq!(marker.header("Nats-Marker-Reason").as_deref(), Some("MaxAge"));
    assert_eq!(marker.header("Nats-Sequence").as_deref(), Some("4"));
    assert_eq!(marker.header("Nats-Last-Sequence").as_deref(), Some("3"));
    let info = t.api_ok("STREAM.INFO.S", json!({"deleted_details": true}));
    assert_has(&info["state"], json!({"messages": 2, "first_seq": 2, "last_seq": 4, "deleted": [3]}));
}

/// What is too old for a new limit is gone when the answer comes.
fn age_that_comes_later(t: &mut Stage) {
    for storage in ["file", "memory"] {
        let config = |age: u64| json!({"name": storage, "subjects": [storage], "storage": storage, "max_age": age});
        t.api_ok(&format!("STREAM.CREATE.{storage}"), config(0));
        t.request(storage, "1");
        t.advance(Duration::from_millis(600));
        t.request(storage, "2");
        let update = format!("STREAM.UPDATE.{storage}");
        assert_has(&t.api_ok(&update, config(400_000_000)), json!({"state": {"messages": 1, "first_seq": 2}}));
    }
}

/// Made while the stream had limits, a consumer goes on as if it still had.
fn limits_consumers_do_not_know_of(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, "c", json!({}));
    t.api_ok("STREAM.UPDATE.S", json!({"name": "S", "subjects": ["s.*"], "retention": "interest"}));
    consumer(t, "d", json!({}));
    t.request("s.a", "x");
    for (name, hears) in [("c", false), ("d", true)] {
        assert_eq!(t.request(&format!("$JS.API.CONSUMER.MSG.NEXT.S.{name}"), "").text(), "x");
        let info = t.api_ok(&format!("CONSUMER.INFO.S.{name}"), json!(null));
        assert_eq!(info["ack_floor"].get("last_active").is_some(), hears, "{info}");
        assert_has(&info, json!({"ack_floor": {"stream_seq": 1}}));
    }
}

/// A consumer that had no room gets its next message when all that has to go is gone.
fn tight_before_anybody_gets_more(t: &mut Stage) {
    stream(t, json!({"retention": "workqueue"}));
    consumer(t, "c", json!({"ack_policy": "explicit", "max_ack_pending": 2}));
    for subject in ["s.b", "s.x", "s.x", "s.e", "s.e"] {
        t.request(subject, "x");
    }
    let mut puller = t.modern();
    puller.send("SUB in 1");
    puller.publish_with("$JS.API.CONSUMER.MSG.NEXT.S.c", "in", &[], r#"{"batch":5}"#);
    for subject in ["s.b", "s.x"] {
        puller.expect_message(subject);
    }
    t.api_ok(
        "STREAM.UPDATE.S",
        json!({"name": "S", "subjects": ["s.*"], "retention": "workqueue", "max_msgs_per_subject": 1}),
    );
    let third = puller.expect_message("s.x");
    assert_eq!(third.reply().and_then(|reply| reply.rsplit('.').next()), Some("1"));
}

fn messages(t: &mut Stage) -> Value {
    t.api_ok("STREAM.INFO.S", json!(null))["state"]["messages"].clone()
}

/// A stream looks for what is too old four times a second at most: the second of two goes later than its age says.
fn looked_for_now_and_then(t: &mut Stage) {
    stream(t, json!({"storage": "memory", "max_age": 1_000_000_000}));
    t.request("s.a", "1");
    t.advance(Duration::from_millis(100));
    t.request("s.a", "2");
    t.advance(Duration::from_millis(1080));
    assert_eq!(messages(t), 1);
    t.advance(Duration::from_millis(170));
    assert_eq!(messages(t), 0);
}

/// A file store begins to look when it is made, and what is not old enough then by a clock that is set ten times a second
/// waits for the next look.
fn looked_for_by_a_coarse_clock(t: &mut Stage) {
    stream(t, json!({"storage": "file", "max_age": 1_000_000_000}));
    t.advance(Duration::from_millis(30));
    t.request("s.a", "1");
    t.advance(Duration::from_millis(1120));
    assert_eq!(messages(t), 1);
    t.advance(Duration::from_millis(200));
    assert_eq!(messages(t), 0);
}

/// A marker has to satisfy what any message has to; the message it would replace stays otherwise.
fn marker_that_is_not_taken(t: &mut Stage) {
    for storage in ["file", "memory"] {
        let config = json!({
            "name": storage, "subjects": [storage], "storage": storage, "max_age": 500_000_000, "max_msg_size": 30,
            "duplicate_window": 500_000_000, "subject_delete_marker_ttl": 1_000_000_000_u64,
        });
        t.api_ok(&format!("STREAM.CREATE.{storage}"), config);
        t.request(storage, "1");
        t.request(storage, "2");
        t.advance(Duration::from_millis(1300));
        let info = t.api_ok(&format!("STREAM.INFO.{storage}"), json!(null));
        assert_has(&info["state"], json!({"messages": 1, "first_seq": 2, "last_seq": 2}));
    }
}

/// What a mirror's filter passes over leaves no trace before the first copy.
fn passed_over_by_a_mirror(t: &mut Stage) {
    stream(t, json!({}));
    t.api_ok("STREAM.CREATE.M", json!({"name": "M", "mirror": {"name": "S", "filter_subject": "s.a"}}));
    t.advance(Duration::from_millis(500));
    for (subject, state) in [
        ("s.x", json!({"first_seq": 0, "last_seq": 0})),
        ("s.x", json!({"first_seq": 0, "last_seq": 0})),
        ("s.a", json!({"first_seq": 3, "last_seq": 3, "messages": 1})),
    ] {
        t.store(subject, "x");
        t.advance(Duration::from_millis(200));
        assert_has(&t.api_ok("STREAM.INFO.M", json!(null))["state"], state);
    }
}

/// What is larger, with its ack subject, than all that a rate limit lets through at once is waited for without end, and
/// not even a sign of life is given any more.
fn larger_than_the_bucket(t: &mut Stage) {
    stream(t, json!({"max_msg_size": 60}));
    let mut listener = t.modern();
    listener.send("SUB out 1");
    listener.flush();
    let config = json!({
        "ack_policy": "explicit", "deliver_subject": "out", "rate_limit_bps": 8_000_000, "idle_heartbeat": 300_000_000,
    });
    consumer(t, "c", config);
    t.store("s.a", "small");
    listener.expect_message("s.a");
    t.store("s.a", &"x".repeat(40));
    t.store("s.a", "small");
    t.advance(Duration::from_millis(800));
    listener.expect_nothing();
    let info = t.api_ok("CONSUMER.INFO.S.c", json!(null));
    assert_has(&info, json!({"num_pending": 1, "num_ack_pending": 1, "delivered": {"stream_seq": 1}}));
}

/// A push consumer that nobody listens to any more goes later when answers still come.
fn answers_keep_what_nobody_hears(t: &mut Stage) {
    stream(t, json!({}));
    let mut listener = t.modern();
    listener.send("SUB out 1");
    listener.flush();
    let config =
        json!({"ack_policy": "explicit", "deliver_subject": "out", "inactive_threshold": 1_000_000_000, "name": "c"});
    t.api_ok("CONSUMER.CREATE.S.c", json!({"stream_name": "S", "config": config}));
    t.store("s.a", "x");
    let delivered = listener.expect_message("s.a");
    listener.send("UNSUB 1");
    listener.flush();
    t.advance(Duration::from_millis(600));
    t.request(delivered.reply().expect("it is a delivery"), "+WPI");
    t.advance(Duration::from_millis(700));
    t.api_ok("CONSUMER.INFO.S.c", json!(null));
    t.advance(Duration::from_millis(600));
    t.api_error("CONSUMER.INFO.S.c", json!(null));
}

/// The end of a pause is announced although the consumer is gone; not if its stream is gone, too.
fn pause_of_what_is_gone(t: &mut Stage) {
    let mut listener = t.modern();
    listener.send("SUB $JS.EVENT.ADVISORY.CONSUMER.PAUSE.> 1");
    listener.flush();
    let long = json!({"name": "c", "pause_until": "2099-01-01T00:00:00Z"});
    for (name, stays) in [("gone", false), ("there", true)] {
        t.api_ok(&format!("STREAM.CREATE.{name}"), json!({"name": name}));
        let created = t.api_ok(&format!("CONSUMER.CREATE.{name}.c"), json!({"stream_name": name, "config": long}));
        let now = Timestamp::parse_rfc3339(created["ts"].as_str().expect("a time")).ok().flatten().expect("a time");
        let until = (now + Duration::from_secs(1)).rfc3339();
        t.api_ok(&format!("CONSUMER.PAUSE.{name}.c"), json!({"pause_until": until}));
        (0..2).for_each(|_| assert_has(&listener.next().json(), json!({"stream": name, "paused": true})));
        match stays {
            true => t.api_ok(&format!("CONSUMER.DELETE.{name}.c"), json!(null)),
            false => t.api_ok(&format!("STREAM.DELETE.{name}"), json!(null)),
        };
    }
    t.advance(Duration::from_millis(1500));
    let end = listener.expect_message("$JS.EVENT.ADVISORY.CONSUMER.PAUSE.there.c").json();
    assert_has(&end, json!({"stream": "there", "consumer": "c", "paused": false}));
    listener.expect_nothing();
}
