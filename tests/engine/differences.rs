//! What differential play found and no row of the checklist names. Each script is the shortest that showed it.

use crate::consumers::{ack_subject, err_code, pull, pull_to, puller};
use crate::support::runner::{Row, row};
use crate::support::{Stage, assert_has};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("size-before-expectations", size_before_expectations),
    row("unknown-batch", unknown_batch),
    row("batch-counts-first", batch_counts_first),
    row("checks-in-order", checks_in_order),
    row("first-sequence-shows", first_sequence_shows),
    row("deleted-twice", deleted_twice),
    row("multi-last-ahead", multi_last_ahead),
    row("threshold-stays", threshold_stays),
    row("limits-of-the-stream", limits_of_the_stream),
    row("pause-raises-the-level", pause_raises_the_level),
    row("rollup-moves-positions", rollup_moves_positions),
    row("start-ahead", start_ahead),
    row("skipping-is-not-written-down", skipping_is_not_written_down),
    row("other-filters-wake-nobody", other_filters_wake_nobody),
    row("without-filters-deaf", without_filters_deaf),
    row("asking-corrects-pending", asking_corrects_pending),
    row("another-group-alone", another_group_alone),
    row("purge-of-one-filter", purge_of_one_filter),
    row("answers-from-ahead", answers_from_ahead),
    row("next-frees-a-slot", next_frees_a_slot),
    row("evicted-under-ack-all", evicted_under_ack_all),
    row("stored-and-gone-counts", stored_and_gone_counts),
    row("passed-over-goes-last", passed_over_goes_last),
    row("starts-behind-the-last", starts_behind_the_last),
    row("purge-of-some-filters", purge_of_some_filters),
    row("get-checks-first", get_checks_first),
    row("life-in-a-batch", life_in_a_batch),
    row("negative-wishes-add-up", negative_wishes_add_up),
    row("given-up-below-the-floor", given_up_below_the_floor),
    row("narrowed-while-ahead", narrowed_while_ahead),
    row("pinned-under-another-policy", pinned_under_another_policy),
    row("interest-that-came-later", interest_that_came_later),
    row("republished-everywhere", republished_everywhere),
    row("purge-below-one", purge_below_one),
    row("redelivery-that-was-not", redelivery_that_was_not),
    row("paused-and-asked-for-again", paused_and_asked_for_again),
    row("republished-and-gone", republished_and_gone),
    row("undated-id", undated_id),
    row("undated-later", undated_later),
    row("undated-in-a-batch", undated_in_a_batch),
    row("undated-behind-dated", undated_behind_dated),
    row("purged-down-to-a-gap", purged_down_to_a_gap),
    row("purged-down-to-a-gap-in-memory", purged_down_to_a_gap_in_memory),
    row("full-queue-is-looked-at-once-a-second", full_queue_is_looked_at_once_a_second),
    row("limit-lowered-meanwhile", limit_lowered_meanwhile),
    row("checked-twice", checked_twice),
    row("copying-counts", copying_counts),
    row("last-interest-is-a-purge", last_interest_is_a_purge),
    row("sealed-again", sealed_again),
    row("too-large-for-whoever-asks", too_large_for_whoever_asks),
];

fn stream(t: &mut Stage, changes: Value) -> Value {
    let mut config = json!({"name": "S", "subjects": ["s.*"]});
    changes.as_object().expect("an object").iter().for_each(|(name, value)| config[name] = value.clone());
    t.api_ok("STREAM.CREATE.S", config)
}

fn consumer(t: &mut Stage, config: Value) -> Value {
    t.api_ok("CONSUMER.CREATE.S.c", json!({"stream_name": "S", "config": config}))
}

fn info(t: &mut Stage) -> Value {
    t.api_ok("CONSUMER.INFO.S.c", Value::Null)
}

fn size_before_expectations(t: &mut Stage) {
    stream(t, json!({"max_msg_size": 50}));
    let body = "x".repeat(60);
    for header in ["Nats-Expected-Last-Sequence: 7", "Nats-Expected-Stream: T", "Nats-Incr: 1", "Nats-Msg-Id: 1"] {
        let answer = t.request_with("s.a", &[header], &body).json();
        assert_eq!(err_code(&answer["error"]), 10054, "{header}");
    }
}

fn unknown_batch(t: &mut Stage) {
    stream(t, json!({"allow_atomic": true}));
    let mut c = t.modern();
    c.send("SUB $JS.EVENT.ADVISORY.STREAM.BATCH_ABANDONED.S 1");
    c.flush();
    let headers = ["Nats-Batch-Id: b", "Nats-Batch-Sequence: 3", "Nats-Batch-Commit: x"];
    let answer = t.request_with("s.a", &headers, "x").json();
    assert_eq!(err_code(&answer["error"]), 10176);
    c.expect_nothing();
}

fn batch_counts_first(t: &mut Stage) {
    stream(t, json!({"allow_atomic": true}));
    consumer(t, json!({"durable_name": "c"}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 2}));
    t.request_with("s.a", &["Nats-Batch-Id: b", "Nats-Batch-Sequence: 1"], "x");
    t.request_with("s.a", &["Nats-Batch-Id: b", "Nats-Batch-Sequence: 2", "Nats-Batch-Commit: 1"], "x");
    assert!(c.next().reply().is_some_and(|reply| reply.ends_with(".1")));
    assert!(c.next().reply().is_some_and(|reply| reply.ends_with(".0")));
}

fn checks_in_order(t: &mut Stage) {
    let sealed = json!({"name": "S", "subjects": ["s"], "sealed": true, "deny_purge": true, "allow_rollup_hdrs": true});
    let error = t.api_error("STREAM.CREATE.S", sealed);
    assert_has(&error, json!({"description": "stream configuration for create can not be sealed"}));
    let counter = json!({
        "name": "S", "subjects": ["s"], "allow_msg_counter": true, "allow_msg_ttl": true, "subject_delete_marker_ttl": 1,
    });
    let error = t.api_error("STREAM.CREATE.S", counter);
    assert_has(&error, json!({"description": "counter stream cannot use message TTLs"}));
    let error = t.api_error("STREAM.UPDATE.S", json!({"name": "S", "subjects": ["s"], "num_replicas": 3}));
    assert_eq!(err_code(&error), 10059);
}

fn first_sequence_shows(t: &mut Stage) {
    assert_has(&stream(t, json!({"first_seq": 1})), json!({"state": {"first_seq": 1, "last_seq": 0}}));
}

fn deleted_twice(t: &mut Stage) {
    stream(t, json!({}));
    for _ in 0..3 {
        t.store("s.a", "x");
    }
    let mut delete = |seq: u64| t.api("STREAM.MSG.DELETE.S", json!({ "seq": seq }));
    delete(2);
    assert_eq!(err_code(&delete(2)["error"]), 10043);
    assert_eq!(err_code(&delete(0)["error"]), 10057);
}

fn multi_last_ahead(t: &mut Stage) {
    stream(t, json!({"allow_direct": true}));
    t.store("s.a", "x");
    let answer = t.request("$JS.API.DIRECT.GET.S", r#"{"multi_last":["s.a"],"up_to_seq":6}"#);
    assert_eq!(answer.status(), "404 No Results");
}

fn threshold_stays(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"ack_policy": "explicit"}));
    let changed = consumer(t, json!({"ack_policy": "explicit", "durable_name": "c"}));
    assert_has(&changed, json!({"config": {"inactive_threshold": 5_000_000_000u64}}));
}

fn limits_of_the_stream(t: &mut Stage) {
    stream(t, json!({"consumer_limits": {"max_ack_pending": 5}}));
    let created = consumer(t, json!({"durable_name": "c", "ack_policy": "none"}));
    assert_has(&created, json!({"config": {"max_ack_pending": 5}}));
}

fn pause_raises_the_level(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"durable_name": "c", "ack_policy": "explicit"}));
    t.api_ok("CONSUMER.PAUSE.S.c", json!({"pause_until": "2099-01-01T00:00:00Z"}));
    assert_has(&info(t), json!({"config": {"metadata": {"_nats.req.level": "1"}}}));
    t.api_ok("CONSUMER.PAUSE.S.c", json!({}));
    assert_has(&info(t), json!({"config": {"metadata": {"_nats.req.level": "0"}}}));
}

fn rollup_moves_positions(t: &mut Stage) {
    stream(t, json!({"allow_rollup_hdrs": true}));
    consumer(t, json!({"durable_name": "c"}));
    t.store("s.a", "x");
    t.request_with("s.b", &["Nats-Rollup: all"], "x");
    let expected = json!({"delivered": {"stream_seq": 1}, "ack_floor": {"stream_seq": 1}, "num_pending": 1});
    assert_has(&info(t), expected);
}

fn start_ahead(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"durable_name": "c", "deliver_policy": "by_start_sequence", "opt_start_seq": 3}));
    for _ in 0..3 {
        t.store("s.a", "x");
    }
    let mut c = puller(t);
    pull(&mut c, json!({}));
    assert!(c.next().reply().is_some_and(|reply| reply.ends_with(".2")));
}

fn skipping_is_not_written_down(t: &mut Stage) {
    for (storage, position) in [("memory", 1), ("file", 0)] {
        stream(t, json!({ "storage": storage }));
        consumer(t, json!({"durable_name": "c", "filter_subject": "s.b"}));
        t.store("s.a", "x");
        let mut c = puller(t);
        pull(&mut c, json!({}));
        c.flush();
        assert_has(&info(t), json!({"delivered": {"stream_seq": position}, "ack_floor": {"stream_seq": 0}}));
        t.api_ok("STREAM.DELETE.S", Value::Null);
    }
}

fn other_filters_wake_nobody(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"durable_name": "c", "ack_policy": "explicit", "filter_subject": "s.b"}));
    let mut c = puller(t);
    pull(&mut c, json!({}));
    t.store("s.a", "x");
    consumer(t, json!({"durable_name": "c", "ack_policy": "explicit", "filter_subject": "s.a"}));
    c.expect_nothing();
    t.store("s.a", "y");
    c.expect_message("s.a");
}

fn without_filters_deaf(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"durable_name": "c", "filter_subject": "s.b"}));
    consumer(t, json!({"durable_name": "c"}));
    t.store("s.b", "x");
    assert_has(&info(t), json!({"num_pending": 0}));
    let mut c = puller(t);
    pull(&mut c, json!({}));
    assert!(c.next().reply().is_some_and(|reply| reply.contains(".1.1.1.")));
}

fn asking_corrects_pending(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"durable_name": "c", "deliver_policy": "by_start_sequence", "opt_start_seq": 3}));
    t.store("s.a", "x");
    assert_has(&info(t), json!({"num_pending": 0}));
    t.store("s.a", "x");
    t.store("s.a", "x");
    let mut c = puller(t);
    pull(&mut c, json!({}));
    assert!(c.next().reply().is_some_and(|reply| reply.ends_with(".1")));
}

fn another_group_alone(t: &mut Stage) {
    stream(t, json!({}));
    let grouped = json!({"durable_name": "c", "deliver_subject": "push", "deliver_group": "g"});
    consumer(t, grouped);
    let mut c = t.modern();
    c.send("SUB push 1");
    c.flush();
    consumer(t, json!({"durable_name": "c", "deliver_subject": "push"}));
    assert_eq!(info(t)["push_bound"], Value::Null);
    t.store("s.a", "x");
    c.expect_nothing();
}

fn purge_of_one_filter(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"durable_name": "c", "filter_subjects": ["s.a", "s.b"]}));
    t.store("s.c", "x");
    t.api_ok("STREAM.PURGE.S", json!({"filter": "s.b"}));
    assert_has(&info(t), json!({"delivered": {"stream_seq": 0}}));
    t.api_ok("STREAM.PURGE.S", json!({"filter": "s.*", "keep": 1}));
    assert_has(&info(t), json!({"delivered": {"stream_seq": 0}}));
    t.api_ok("STREAM.PURGE.S", json!({"filter": "s.*"}));
    assert_has(&info(t), json!({"delivered": {"stream_seq": 1}, "ack_floor": {"stream_seq": 1}}));
}

fn answers_from_ahead(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"durable_name": "c", "ack_policy": "explicit"}));
    t.store("s.a", "x");
    let mut c = puller(t);
    pull(&mut c, json!({}));
    let to = ack_subject(&c.next());
    t.api_ok("CONSUMER.RESET.S.c", json!({"seq": 1}));
    assert_eq!(t.request(&to, "-NAK").text(), "");
    assert_eq!(t.request(&to, "+WPI").text(), "");
    t.request_unanswered(&to, "+ACK");
}

fn next_frees_a_slot(t: &mut Stage) {
    stream(t, json!({}));
    let config = json!({
        "durable_name": "c", "ack_policy": "explicit", "deliver_subject": "push", "max_ack_pending": 1,
    });
    consumer(t, config);
    let mut c = t.modern();
    c.send("SUB push 1");
    t.store("s.a", "x");
    t.store("s.b", "x");
    let to = ack_subject(&c.next());
    c.expect_nothing();
    c.publish(&to, "+NXT");
    c.expect_message("s.b");
}

fn evicted_under_ack_all(t: &mut Stage) {
    stream(t, json!({"max_msgs_per_subject": 1}));
    consumer(t, json!({"durable_name": "c", "ack_policy": "all"}));
    t.store("s.a", "x");
    t.store("s.b", "x");
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 2}));
    c.expect_message("s.a");
    c.expect_message("s.b");
    t.store("s.b", "y");
    let expected = json!({"num_ack_pending": 0, "ack_floor": {"consumer_seq": 2, "stream_seq": 2}});
    assert_has(&info(t), expected);
}

fn stored_and_gone_counts(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"durable_name": "c"}));
    t.api_ok("STREAM.UPDATE.S", json!({"name": "S", "subjects": ["s.*"], "max_bytes": 100}));
    t.store("s.a", &"x".repeat(100));
    t.store("s.a", "x");
    assert_has(&info(t), json!({"num_pending": 1}));
}

fn passed_over_goes_last(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"durable_name": "c", "priority_groups": ["g"], "priority_policy": "overflow"}));
    let mut c = puller(t);
    pull_to(&mut c, "in", r#"{"group":"g","min_pending":2}"#);
    for (sid, inbox) in [(2, "second"), (3, "third")] {
        c.send(&format!("SUB {inbox} {sid}"));
        pull_to(&mut c, inbox, r#"{"group":"g","batch":2}"#);
    }
    c.flush();
    let mut served = Vec::new();
    for _ in 0..3 {
        t.store("s.a", "x");
        served.push(c.next().sid().to_owned());
    }
    assert_eq!(served, ["2", "3", "2"]);
}

fn starts_behind_the_last(t: &mut Stage) {
    stream(t, json!({"first_seq": 10}));
    let created =
        consumer(t, json!({"durable_name": "c", "deliver_policy": "last_per_subject", "filter_subject": "s.a"}));
    assert_has(&created, json!({"delivered": {"stream_seq": 9}, "ack_floor": {"stream_seq": 9}}));
}

fn given_up_below_the_floor(t: &mut Stage) {
    stream(t, json!({"retention": "interest"}));
    let config = json!({"durable_name": "c", "ack_policy": "explicit", "max_deliver": 1, "ack_wait": 1_000_000_000});
    consumer(t, config);
    t.store("s.a", "x");
    t.store("s.b", "x");
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 2}));
    c.expect_message("s.a");
    c.expect_message("s.b");
    t.api_ok(
        "CONSUMER.CREATE.S.other",
        json!({"stream_name": "S", "config": {"name": "other", "filter_subject": "s.c"}}),
    );
    t.advance(Duration::from_secs(2));
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    assert_has(
        &t.api_ok("STREAM.INFO.S", Value::Null),
        json!({"state": {"messages": 1, "first_seq": 1, "last_seq": 2}}),
    );
}

fn purge_of_some_filters(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"durable_name": "c", "filter_subjects": ["s.a", "t.b"]}));
    t.api_ok("STREAM.UPDATE.S", json!({"name": "S", "subjects": ["s.*", "t.*"]}));
    t.store("s.a", "x");
    t.api_ok("STREAM.PURGE.S", json!({"filter": "t.*"}));
    assert_has(&info(t), json!({"delivered": {"stream_seq": 0}, "num_pending": 1}));
}

fn get_checks_first(t: &mut Stage) {
    let error = t.api_error("STREAM.MSG.GET.NONE", json!({"seq": 0}));
    assert_eq!(err_code(&error), 10003);
}

fn life_in_a_batch(t: &mut Stage) {
    stream(t, json!({"allow_atomic": true}));
    t.request_with("s.a", &["Nats-Batch-Id: b", "Nats-Batch-Sequence: 1"], "x");
    let headers = ["Nats-Batch-Id: b", "Nats-Batch-Sequence: 2", "Nats-TTL: 0", "Nats-Batch-Commit: 1"];
    let answer = t.request_with("s.a", &headers, "x").json();
    assert_eq!(err_code(&answer["error"]), 10166);
}

fn negative_wishes_add_up(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"durable_name": "c", "pause_until": "2099-01-01T00:00:00Z"}));
    t.store("s.a", "x");
    let mut c = puller(t);
    pull(&mut c, json!({"batch": -1}));
    pull(&mut c, json!({"no_wait": true}));
    assert_eq!(c.next().status(), "408 Requests Pending");
}

fn messages(t: &mut Stage) -> u64 {
    t.api_ok("STREAM.INFO.S", Value::Null)["state"]["messages"].as_u64().expect("a number")
}

fn narrowed_while_ahead(t: &mut Stage) {
    stream(t, json!({"retention": "interest"}));
    consumer(t, json!({"name": "c", "ack_policy": "explicit"}));
    t.api_ok("CONSUMER.RESET.S.c", json!({"seq": 12}));
    t.store("s.a", "x");
    assert_eq!(messages(t), 1);
    // Nothing was ever checked for a consumer that is ahead, so everything goes, what is wanted and what is not.
    consumer(t, json!({"name": "c", "ack_policy": "explicit", "filter_subject": "s.a"}));
    t.advance(Duration::from_millis(50));
    assert_eq!(messages(t), 0);
}

fn pinned_under_another_policy(t: &mut Stage) {
    stream(t, json!({}));
    let pinned =
        json!({"name": "c", "ack_policy": "all", "priority_groups": ["g"], "priority_policy": "pinned_client"});
    consumer(t, pinned);
    let mut c = puller(t);
    pull(&mut c, json!({"group": "g"}));
    t.store("s.a", "x");
    c.next();
    consumer(t, json!({"name": "c", "ack_policy": "all"}));
    t.store("s.a", "y");
    // Whoever is pinned still is.
    pull(&mut c, json!({}));
    c.expect_nothing();
}

fn interest_that_came_later(t: &mut Stage) {
    stream(t, json!({}));
    t.api_ok("STREAM.UPDATE.S", json!({"name": "S", "subjects": ["s.*"], "retention": "interest"}));
    consumer(t, json!({"name": "c", "ack_policy": "none"}));
    t.store("s.a", "x");
    let mut c = puller(t);
    pull(&mut c, json!({}));
    c.next();
    assert_eq!(messages(t), 1);
    assert!(info(t)["ack_floor"]["last_active"].is_string());
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    assert_eq!(messages(t), 0);
}

fn republished_everywhere(t: &mut Stage) {
    stream(t, json!({}));
    let updated = t.api_ok("STREAM.UPDATE.S", json!({"name": "S", "subjects": ["s.*"], "republish": {}}));
    assert_has(&updated, json!({"config": {"republish": {"src": ">", "dest": ">"}}}));
    assert_eq!(err_code(&t.api_error("STREAM.MSG.DELETE.NONE", json!({}))), 10003);
}

fn purge_below_one(t: &mut Stage) {
    stream(t, json!({}));
    t.api_ok("STREAM.PURGE.S", json!({"seq": 1}));
    assert_has(&t.api_ok("STREAM.INFO.S", Value::Null), json!({"state": {"first_seq": 0}}));
}

fn redelivery_that_was_not(t: &mut Stage) {
    stream(t, json!({}));
    let overflow =
        json!({"name": "c", "ack_policy": "explicit", "priority_groups": ["g"], "priority_policy": "overflow"});
    consumer(t, overflow);
    t.store("s.a", "x");
    let mut c = puller(t);
    pull(&mut c, json!({"group": "g"}));
    let delivered = c.next();
    // It is not this one's turn.
    pull(&mut c, json!({"group": "g", "min_pending": 5}));
    t.request(&ack_subject(&delivered), "-NAK");
    assert_has(&info(t), json!({"num_redelivered": 0, "num_ack_pending": 1}));
    pull(&mut c, json!({"group": "g"}));
    c.next();
    assert_has(&info(t), json!({"num_redelivered": 1}));
}

fn paused_and_asked_for_again(t: &mut Stage) {
    stream(t, json!({}));
    let paused = json!({"name": "c", "ack_policy": "explicit", "pause_until": "2099-01-01T00:00:00Z"});
    consumer(t, paused.clone());
    let mut c = t.modern();
    c.send("SUB $JS.EVENT.ADVISORY.CONSUMER.PAUSE.S.c 1");
    c.flush();
    consumer(t, paused);
    assert_has(&c.next().json(), json!({"paused": true}));
}

fn republished_and_gone(t: &mut Stage) {
    stream(t, json!({"max_bytes": 60, "allow_atomic": true, "republish": {"dest": "again.>"}}));
    let mut c = t.modern();
    c.send("SUB again.> 1");
    c.flush();
    let headers = ["Nats-Batch-Id: b", "Nats-Batch-Sequence: 1", "Nats-Batch-Commit: 1"];
    assert_has(&t.request_with("s.a", &headers, "x").json(), json!({"seq": 1}));
    // It is too much for the stream, and still told.
    assert_eq!(c.next().subject(), "again.s.a");
    assert_eq!(messages(t), 0);
}

/// Gives an interest stream another window for ids, which is looked at soon.
fn change_window(t: &mut Stage, other: Value) {
    let mut changed = json!({
        "name": "S", "subjects": ["s.*"], "retention": "interest", "duplicate_window": 3_600_000_000_000_u64,
    });
    other.as_object().expect("an object").iter().for_each(|(name, value)| changed[name] = value.clone());
    t.api_ok("STREAM.UPDATE.S", changed);
    t.advance(Duration::from_millis(50));
}

fn undated_id(t: &mut Stage) {
    stream(t, json!({"retention": "interest"}));
    t.request_with("s.a", &["Nats-Msg-Id: 1"], "x");
    change_window(t, json!({}));
    assert_has(&t.request_with("s.a", &["Nats-Msg-Id: 1"], "x").json(), json!({"seq": 2}));
}

fn undated_later(t: &mut Stage) {
    stream(t, json!({"retention": "interest"}));
    t.request("s.a", "x");
    t.request_with("s.a", &["Nats-Msg-Id: 1"], "x");
    t.request_with("s.a", &["Nats-Msg-Id: 2"], "x");
    // Known as long as nobody looks.
    assert_has(&t.request_with("s.a", &["Nats-Msg-Id: 2"], "x").json(), json!({"seq": 3, "duplicate": true}));
    change_window(t, json!({}));
    assert_has(&t.request_with("s.a", &["Nats-Msg-Id: 1"], "x").json(), json!({"seq": 4}));
    assert_has(&t.request_with("s.a", &["Nats-Msg-Id: 2"], "x").json(), json!({"seq": 5}));
}

fn undated_in_a_batch(t: &mut Stage) {
    stream(t, json!({"retention": "interest", "allow_atomic": true}));
    t.request("s.a", "x");
    let headers = ["Nats-Batch-Id: b", "Nats-Batch-Sequence: 1", "Nats-Batch-Commit: 1", "Nats-Msg-Id: 1"];
    t.request_with("s.a", &headers, "x");
    change_window(t, json!({"allow_atomic": true}));
    assert_has(&t.request_with("s.a", &["Nats-Msg-Id: 1"], "x").json(), json!({"seq": 3}));
}

fn undated_behind_dated(t: &mut Stage) {
    stream(t, json!({"retention": "interest"}));
    consumer(t, json!({"durable_name": "c", "filter_subject": "s.a"}));
    t.request_with("s.a", &["Nats-Msg-Id: 1"], "x");
    t.request_with("s.b", &["Nats-Msg-Id: 2"], "x");
    change_window(t, json!({}));
    assert_has(&t.request_with("s.b", &["Nats-Msg-Id: 2"], "x").json(), json!({"seq": 2, "duplicate": true}));
}

/// Message 2 is kept, 1, 3 and 4 are wanted by nobody; then what is below 3 is purged.
fn purge_down_to_a_gap(t: &mut Stage, storage: &str) -> Value {
    stream(t, json!({"retention": "interest", "storage": storage}));
    t.request("s.b", "x");
    consumer(t, json!({"durable_name": "c", "filter_subject": "s.a"}));
    for subject in ["s.a", "s.b", "s.b"] {
        t.request(subject, "x");
    }
    assert_has(&t.api_ok("STREAM.PURGE.S", json!({"seq": 3})), json!({"purged": 1}));
    state_with_gaps(t)
}

fn state_with_gaps(t: &mut Stage) -> Value {
    t.api_ok("STREAM.INFO.S", json!({"deleted_details": true}))["state"].take()
}

fn purged_down_to_a_gap(t: &mut Stage) {
    let state = purge_down_to_a_gap(t, "file");
    assert_has(&state, json!({"messages": 0, "first_seq": 2, "last_seq": 4, "deleted": [3, 4]}));
    assert_has(&t.api_ok("STREAM.INFO.S", Value::Null), json!({"state": {"num_deleted": 3}}));
    for seq in [1, 2, 3, 4, 5] {
        let text = if seq <= 4 { "no message found" } else { "stream store EOF" };
        let error = t.api_error("STREAM.MSG.DELETE.S", json!({ "seq": seq }));
        assert_eq!(error, json!({"code": 500, "err_code": 10057, "description": text}), "{seq}");
    }
    for purge in [json!({"seq": 3}), json!({"seq": 2}), json!({"keep": 1}), json!({"filter": "s.b"})] {
        assert_has(&t.api_ok("STREAM.PURGE.S", purge), json!({"purged": 0}));
        assert_eq!(state_with_gaps(t), state);
    }
    t.request("s.a", "x");
    let state = state_with_gaps(t);
    assert_has(&state, json!({"first_seq": 5}));
    assert_eq!(state["deleted"], Value::Null);
    t.request("s.b", "x");
    assert_has(&state_with_gaps(t), json!({"first_seq": 5, "deleted": [3, 4, 6]}));
}

fn purged_down_to_a_gap_in_memory(t: &mut Stage) {
    let state = purge_down_to_a_gap(t, "memory");
    assert_has(&state, json!({"messages": 0, "first_seq": 5, "last_seq": 4}));
    assert_eq!(state["deleted"], Value::Null);
}

fn full_queue_is_looked_at_once_a_second(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"durable_name": "c", "ack_policy": "explicit", "max_waiting": 1}));
    let mut gone = puller(t);
    pull(&mut gone, json!({"expires": 60_000_000_000_u64}));
    gone.flush();
    gone.send("UNSUB 1");
    gone.flush();
    let mut c = t.modern();
    c.send("SUB other 1");
    c.flush();
    // Whoever asked first is gone, which nobody has noticed yet.
    pull_to(&mut c, "other", "1");
    assert_eq!(c.next().status(), "409 Exceeded MaxWaiting");
    t.advance(Duration::from_millis(1_200));
    pull_to(&mut c, "other", "1");
    c.expect_nothing();
    t.store("s.a", "x");
    assert_eq!(c.next().subject(), "s.a");
}

fn limit_lowered_meanwhile(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"name": "c", "ack_policy": "explicit"}));
    t.store("s.a", "x");
    let mut advisories = t.modern();
    advisories.send("SUB $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.> 1");
    advisories.flush();
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 12}));
    let first = c.next();
    c.publish(&ack_subject(&first), "-NAK");
    let second = c.next();
    consumer(t, json!({"name": "c", "ack_policy": "explicit", "max_deliver": 1}));
    c.publish(&ack_subject(&second), "-NAK");
    assert_has(&advisories.next().json(), json!({"deliveries": 2, "stream_seq": 1}));
}

fn checked_twice(t: &mut Stage) {
    stream(t, json!({}));
    let counter = json!({
        "name": "S", "subjects": ["s.*"], "allow_msg_counter": true, "subject_delete_marker_ttl": 3_600_000_000_000_u64,
    });
    let error = t.api_error("STREAM.UPDATE.S", counter);
    assert_has(&error, json!({"description": "counter stream cannot use message TTLs"}));
}

fn copying_counts(t: &mut Stage) {
    stream(t, json!({}));
    consumer(t, json!({"durable_name": "c"}));
    t.api_ok("STREAM.CREATE.M", json!({"name": "M", "mirror": {"name": "S"}}));
    t.advance(Duration::from_secs(1));
    // What a mirror reads with is counted for the account, and nowhere to be seen.
    assert_has(&t.api_ok("INFO", Value::Null), json!({"consumers": 2}));
    assert_has(&t.api_ok("STREAM.INFO.S", Value::Null), json!({"state": {"consumer_count": 1}}));
}

/// When its last consumer goes an interest stream is purged, which shows also where nothing was ever written.
fn last_interest_is_a_purge(t: &mut Stage) {
    for storage in ["file", "memory"] {
        t.api_ok(
            &format!("STREAM.CREATE.{storage}"),
            json!({"name": storage, "storage": storage, "retention": "interest"}),
        );
        t.api_ok(&format!("CONSUMER.CREATE.{storage}.c"), json!({"stream_name": storage, "config": {"name": "c"}}));
        t.api_ok(&format!("CONSUMER.DELETE.{storage}.c"), Value::Null);
        let info = t.api_ok(&format!("STREAM.INFO.{storage}"), json!({"deleted_details": true}));
        assert_has(&info["state"], json!({"first_seq": 1, "last_seq": 0}));
        assert_eq!(info["state"].get("deleted"), None);
    }
}

/// What goes with being sealed goes with every later update.
fn sealed_again(t: &mut Stage) {
    stream(t, json!({}));
    let sealed = json!({"name": "S", "subjects": ["s.*"], "sealed": true, "deny_delete": true, "deny_purge": true});
    for _ in 0..2 {
        assert_has(&t.api_ok("STREAM.UPDATE.S", sealed.clone())["config"], json!({"discard": "new", "max_age": 0}));
    }
}

/// The last one of those that go first, found too large, counts as sent once.
fn too_large_for_whoever_asks(t: &mut Stage) {
    stream(t, json!({}));
    t.store("s.b", "too large for a request of twenty bytes");
    t.store("s.e", "x");
    consumer(t, json!({"durable_name": "c", "deliver_policy": "last_per_subject", "filter_subject": "s.b"}));
    let mut c = puller(t);
    pull(&mut c, json!({"max_bytes": 20}));
    assert!(c.next().status().starts_with("409"));
    assert_has(&info(t), json!({"num_redelivered": 0}));
    pull(&mut c, json!({}));
    assert!(ack_subject(&c.next()).starts_with("$JS.ACK.S.c.2.1.1."));
    assert_has(&info(t), json!({"num_redelivered": 1}));
}
