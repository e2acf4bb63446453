//! Creating, asking about, changing and deleting consumers: rows D-001 to D-070.

use crate::consumers::{
    SECOND, durable, err_code, fill, info, pull, puller, refused, request, stream, stream_with, update,
};
use crate::consumers::{expect_seq, expect_seqs};
use crate::support::runner::{Row, row};
use crate::support::{Stage, assert_has};
use serde_json::{Value, json};

pub const ROWS: &[Row] = &[
    row("D-001 D-002 D-003", create_and_create_again),
    row("D-004", create_something_else),
    row("D-005 D-006", update_only),
    row("D-007", unknown_action),
    row("D-008", generated_name),
    row("D-009 D-010", five_tokens),
    row("D-011 D-012", durable_create),
    row("D-013 D-014", six_tokens),
    row("D-015 D-016 D-017", filter_in_the_subject),
    row("D-018 D-019 D-020 D-021 D-022 D-023", filters),
    row("D-024 D-025", which_stream),
    row("D-026 D-027 D-028 D-029", how_requests_are_read),
    row("D-030 D-031", names_that_are_refused),
    row("D-032", replicas),
    row("D-033", required_level),
    row("D-034", metadata),
    row("D-035 D-036 D-037", what_is_the_same),
    row("D-038", create_answers_before_it_delivers),
    row("D-039", max_consumers),
    row("D-040", update_with_its_own_info),
    row("D-041 D-258", info_has_everything),
    row("D-042 D-043", info_refused),
    row("D-044 D-045", delete),
    row("D-046 D-048 D-049", names),
    row("D-047", list),
    row("D-050 D-051 D-052 D-053", nobody_there),
    row("D-054 D-055 D-056 D-057 D-058 D-059", fixed_when_created),
    row("D-060 D-061 D-062 D-063", fixed_for_delivery),
    row("D-064", deliver_subject_moves),
    row("D-065", more_room),
    row("D-066", filter_changes),
    row("D-067 D-068 D-069 D-070", updates_that_pass),
];

fn create_and_create_again(t: &mut Stage) {
    stream(t);
    let made = durable(t, json!({}));
    assert_has(
        &made,
        json!({
            "type": "io.nats.jetstream.api.v1.consumer_create_response",
            "stream_name": "S", "name": "c",
            "config": {"durable_name": "c", "name": "c", "deliver_policy": "all", "ack_policy": "explicit"},
            "delivered": {"consumer_seq": 0, "stream_seq": 0},
            "ack_floor": {"consumer_seq": 0, "stream_seq": 0},
            "num_ack_pending": 0, "num_redelivered": 0, "num_waiting": 0, "num_pending": 0,
        }),
    );
    let again = durable(t, json!({}));
    assert_eq!(again["created"], made["created"]);
    let config = json!({"durable_name": "c", "ack_policy": "explicit"});
    let body = json!({"stream_name": "S", "config": config, "action": "create"});
    assert_eq!(t.api_ok("CONSUMER.CREATE.S.c", body)["created"], made["created"]);
}

fn create_something_else(t: &mut Stage) {
    stream(t);
    durable(t, json!({}));
    let config = json!({"durable_name": "c", "ack_policy": "explicit", "ack_wait": 5 * SECOND});
    let error = t.api_error("CONSUMER.CREATE.S.c", json!({"stream_name": "S", "config": config, "action": "create"}));
    assert_eq!(error, json!({"code": 400, "err_code": 10148, "description": "consumer already exists"}));
}

fn update_only(t: &mut Stage) {
    stream(t);
    assert_eq!(err_code(&update(t, json!({}))["error"]), 10149);
    durable(t, json!({}));
    let updated = update(t, json!({"ack_wait": 5 * SECOND}));
    assert_has(&updated, json!({"config": {"ack_wait": 5 * SECOND}}));
    assert_has(&info(t), json!({"config": {"ack_wait": 5 * SECOND}}));
}

fn unknown_action(t: &mut Stage) {
    stream(t);
    let error = t.api_error("CONSUMER.CREATE.S.c", json!({"stream_name": "S", "config": {}, "action": "x"}));
    assert_has(&error, json!({"err_code": 10025, "description": "invalid JSON: unknown consumer action: \"x\""}));
}

fn generated_name(t: &mut Stage) {
    stream(t);
    let made = t.api_ok("CONSUMER.CREATE.S", request(json!({})));
    let name = made["name"].as_str().expect("it has a name");
    assert!(name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}");
    assert_eq!(made["config"].get("name"), None);
    assert_has(&made, json!({"config": {"inactive_threshold": 5 * SECOND}}));
}

fn five_tokens(t: &mut Stage) {
    stream(t);
    assert_has(&t.api_ok("CONSUMER.CREATE.S", request(json!({"name": "n"}))), json!({"name": "n"}));
    assert_eq!(err_code(&t.api_error("CONSUMER.CREATE.S", request(json!({"durable_name": "n"})))), 10020);
}

fn durable_create(t: &mut Stage) {
    stream(t);
    assert_eq!(err_code(&t.api_error("CONSUMER.DURABLE.CREATE.S.d", request(json!({})))), 10018);
    assert_eq!(err_code(&t.api_error("CONSUMER.DURABLE.CREATE.S.d", request(json!({"durable_name": "e"})))), 10017);
    let made = t.api_ok("CONSUMER.DURABLE.CREATE.S.d", request(json!({"durable_name": "d"})));
    assert_has(&made, json!({"name": "d", "config": {"durable_name": "d"}}));
}

fn six_tokens(t: &mut Stage) {
    stream(t);
    assert_eq!(err_code(&t.api_error("CONSUMER.CREATE.S.c", request(json!({"durable_name": "d"})))), 10017);
    let made = t.api_ok("CONSUMER.CREATE.S.c", request(json!({"name": "d"})));
    assert_has(&made, json!({"name": "c", "config": {"name": "c"}}));
}

fn filter_in_the_subject(t: &mut Stage) {
    stream(t);
    let with_filter = |filter: &str| request(json!({"name": "f", "filter_subject": filter}));
    assert_has(
        &t.api_ok("CONSUMER.CREATE.S.f.s.1.*", with_filter("s.1.*")),
        json!({"config": {"filter_subject": "s.1.*"}}),
    );
    assert_eq!(err_code(&t.api_error("CONSUMER.CREATE.S.f.s.1", with_filter("s.2"))), 10131);
    assert_eq!(err_code(&t.api_error("CONSUMER.CREATE.S.f.s.1", request(json!({"name": "f"})))), 10131);
    let several = request(json!({"name": "f", "filter_subjects": ["s.1"]}));
    assert_eq!(err_code(&t.api_error("CONSUMER.CREATE.S.f.s.1", several)), 10137);
}

fn filters(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    assert_eq!(err_code(&refused(t, json!({"filter_subject": "s.1", "filter_subjects": ["s.2"]}))), 10136);
    assert_eq!(err_code(&refused(t, json!({"filter_subjects": [""]}))), 10139);
    for overlapping in [json!(["s.*", "s.1"]), json!(["s.1", "s.1"])] {
        assert_eq!(err_code(&refused(t, json!({ "filter_subjects": overlapping }))), 10138);
    }
    let error = refused(t, json!({"filter_subject": "a..1"}));
    assert_eq!(error, json!({"code": 500, "err_code": 10052, "description": "invalid subject"}));
    assert_has(&durable(t, json!({"filter_subjects": ["b.*.x", "b.y.*"]})), json!({"num_pending": 0}));
}

fn which_stream(t: &mut Stage) {
    let error = t.api_error("CONSUMER.CREATE.S.c", request(json!({})));
    assert_eq!(error, json!({"code": 404, "err_code": 10059, "description": "stream not found"}));
    stream(t);
    let error = t.api_error("CONSUMER.CREATE.S.c", json!({"stream_name": "T", "config": {}}));
    assert_eq!(err_code(&error), 10056);
}

fn how_requests_are_read(t: &mut Stage) {
    stream(t);
    let error = refused(t, json!({"foo": 1}));
    let description = "invalid JSON: json: unknown field \"foo\"";
    assert_eq!(error, json!({"code": 400, "err_code": 10025, "description": description}));
    for config in [json!({"ack_wait": "5s"}), json!({"ack_policy": "zzz"}), json!({"deliver_policy": 1})] {
        assert_eq!(err_code(&refused(t, config)), 10025);
    }
    let loud = json!({"STREAM_NAME": "S", "Config": {"Durable_Name": "c", "ACK_policy": "explicit"}});
    assert_has(&t.api_ok("CONSUMER.CREATE.S.c", loud), json!({"config": {"ack_policy": "explicit"}}));
    let nulls = json!({"durable_name": "d", "description": null, "backoff": null, "metadata": null, "ack_wait": null});
    t.api_ok("CONSUMER.CREATE.S.d", request(nulls));
}

fn names_that_are_refused(t: &mut Stage) {
    stream(t);
    for name in ["a.b", "a*", "a>", "a b"] {
        assert_eq!(err_code(&t.api_error("CONSUMER.CREATE.S", request(json!({ "name": name })))), 10052, "{name}");
    }
    for name in ["a/b", "a\\b"] {
        assert_eq!(err_code(&t.api_error("CONSUMER.CREATE.S", request(json!({ "name": name })))), 10127, "{name}");
    }
    let (longest, too_long) = ("d".repeat(255), "d".repeat(256));
    t.api_ok(&format!("CONSUMER.CREATE.S.{longest}"), request(json!({ "durable_name": longest })));
    let endpoint = format!("CONSUMER.CREATE.S.{too_long}");
    assert_eq!(err_code(&t.api_error(&endpoint, request(json!({ "durable_name": too_long })))), 10102);
}

fn replicas(t: &mut Stage) {
    stream(t);
    assert_eq!(err_code(&refused(t, json!({"num_replicas": 2}))), 10074);
    assert_eq!(err_code(&refused(t, json!({"num_replicas": -1}))), 10133);
}

fn required_level(t: &mut Stage) {
    stream(t);
    let body = request(json!({})).to_string();
    for level in ["6", "x"] {
        let header = format!("Nats-Required-Api-Level: {level}");
        let answer = t.request_with("$JS.API.CONSUMER.CREATE.S.c", &[&header], &body).json();
        assert_has(&answer, json!({"error": {"code": 412, "err_code": 10185}}));
    }
    let answer = t.request_with("$JS.API.CONSUMER.CREATE.S.c", &["Nats-Required-Api-Level: 5"], &body).json();
    assert_eq!(answer.get("error"), None);
}

fn metadata(t: &mut Stage) {
    stream(t);
    let made = durable(t, json!({"metadata": {"mine": "1", "_nats.ver": "0"}}));
    let expected = json!({"_nats.level": "5", "_nats.req.level": "0", "_nats.ver": "2.15.1", "mine": "1"});
    assert_eq!(made["config"]["metadata"], expected);
}

fn what_is_the_same(t: &mut Stage) {
    stream(t);
    let create = |t: &mut Stage, name: &str, config: Value| {
        let body = json!({"stream_name": "S", "config": config, "action": "create"});
        t.api(&format!("CONSUMER.CREATE.S.{name}"), body)
    };
    create(t, "e", json!({"name": "e"}));
    assert_eq!(err_code(&create(t, "e", json!({"name": "e"}))["error"]), 10148);
    assert_eq!(create(t, "e", json!({"name": "e", "inactive_threshold": 5 * SECOND})).get("error"), None);

    create(t, "d", json!({"durable_name": "d", "ack_policy": "explicit"}));
    let empty_list = json!({"durable_name": "d", "ack_policy": "explicit", "filter_subjects": []});
    assert_eq!(err_code(&create(t, "d", empty_list)["error"]), 10148);
    let spelled_out = json!({
        "durable_name": "d", "ack_policy": "explicit", "ack_wait": 30 * SECOND, "max_deliver": -1, "max_waiting": 512,
        "max_ack_pending": 1000, "replay_policy": "instant", "deliver_policy": "all", "num_replicas": 0, "metadata": {},
    });
    assert_eq!(create(t, "d", spelled_out).get("error"), None);
}

fn create_answers_before_it_delivers(t: &mut Stage) {
    stream(t);
    fill(t, 3);
    let mut c = t.modern();
    c.send("SUB out 1");
    c.flush();
    let made = durable(t, json!({"deliver_subject": "out"}));
    assert_has(&made, json!({"num_pending": 3, "delivered": {"consumer_seq": 0}}));
    expect_seqs(&mut c, 1..=3);
}

fn max_consumers(t: &mut Stage) {
    stream_with(t, json!({"max_consumers": 1}));
    durable(t, json!({}));
    let error = t.api_error("CONSUMER.CREATE.S.d", request(json!({})));
    assert_eq!(error, json!({"code": 400, "err_code": 10026, "description": "maximum consumers limit reached"}));
    durable(t, json!({"description": "still there"}));
}

fn update_with_its_own_info(t: &mut Stage) {
    stream(t);
    durable(t, json!({"backoff": [SECOND, 2 * SECOND], "filter_subject": "s.1"}));
    let config = info(t)["config"].clone();
    let body = json!({"stream_name": "S", "config": config, "action": "update"});
    assert_eq!(t.api_ok("CONSUMER.CREATE.S.c", body)["config"], config);
}

fn info_has_everything(t: &mut Stage) {
    stream(t);
    fill(t, 2);
    durable(t, json!({}));
    let answer = t.request("$JS.API.CONSUMER.INFO.S.c", "").text();
    let order = [
        "\"type\":\"io.nats.jetstream.api.v1.consumer_info_response\"",
        "\"stream_name\":\"S\"",
        "\"name\":\"c\"",
        "\"created\":",
        "\"config\":{\"durable_name\":\"c\",\"name\":\"c\",\"deliver_policy\":\"all\"",
        "\"ack_policy\":\"explicit\",\"ack_wait\":30000000000,\"max_deliver\":-1",
        "\"replay_policy\":\"instant\"",
        "\"max_waiting\":512,\"max_ack_pending\":1000",
        "\"num_replicas\":0",
        "\"metadata\":",
        "\"delivered\":{\"consumer_seq\":0,\"stream_seq\":0}",
        "\"ack_floor\":{\"consumer_seq\":0,\"stream_seq\":0}",
        "\"num_ack_pending\":0,\"num_redelivered\":0,\"num_waiting\":0,\"num_pending\":2",
        "\"ts\":",
    ];
    let mut rest = answer.as_str();
    for part in order {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("{part} is not next in {rest}"));
        rest = after;
    }
    let absent = ["push_bound", "paused", "cluster", "last_active", "priority_groups", "reset_seq", "pause_until"];
    assert!(absent.iter().all(|name| !answer.contains(name)), "{answer}");
}

fn info_refused(t: &mut Stage) {
    assert_eq!(err_code(&t.api_error("CONSUMER.INFO.S.c", Value::Null)), 10059);
    stream(t);
    let error = t.api_error("CONSUMER.INFO.S.c", Value::Null);
    assert_eq!(error, json!({"code": 404, "err_code": 10014, "description": "consumer not found"}));
    durable(t, json!({}));
    assert_eq!(err_code(&t.api_error("CONSUMER.INFO.S.c", json!({"a": 1}))), 10038);
    assert_eq!(err_code(&t.request("$JS.API.CONSUMER.INFO.S.c", "x").json()["error"]), 10038);
    t.api_ok("CONSUMER.INFO.S.c", json!({}));
}

fn delete(t: &mut Stage) {
    stream(t);
    durable(t, json!({}));
    let gone = t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    assert_eq!(gone, json!({"type": "io.nats.jetstream.api.v1.consumer_delete_response", "success": true}));
    assert_eq!(err_code(&t.api_error("CONSUMER.INFO.S.c", Value::Null)), 10014);
    assert_eq!(err_code(&t.api_error("CONSUMER.DELETE.S.c", Value::Null)), 10014);
}

fn names(t: &mut Stage) {
    stream(t);
    for name in ["b", "a", "B"] {
        t.api_ok(&format!("CONSUMER.CREATE.S.{name}"), request(json!({ "durable_name": name })));
    }
    let kind = "io.nats.jetstream.api.v1.consumer_names_response";
    let all = json!({"type": kind, "total": 3, "offset": 0, "limit": 1024, "consumers": ["B", "a", "b"]});
    assert_eq!(t.api_ok("CONSUMER.NAMES.S", Value::Null), all);
    let page = t.api_ok("CONSUMER.NAMES.S", json!({"offset": 9}));
    assert_has(&page, json!({"total": 3, "offset": 3, "consumers": []}));
    assert_eq!(err_code(&t.api_error("CONSUMER.NAMES.S", json!({"foo": 1}))), 10025);
    assert_eq!(t.request("$JS.API.CONSUMER.NAMES.S", "junk").json(), all);
    let error = t.api("CONSUMER.NAMES.T", Value::Null);
    assert_has(&error, json!({"error": {"err_code": 10059}, "total": 0, "offset": 0, "limit": 0, "consumers": []}));
}

fn list(t: &mut Stage) {
    stream(t);
    for name in ["b", "a"] {
        t.api_ok(&format!("CONSUMER.CREATE.S.{name}"), request(json!({ "durable_name": name })));
    }
    let list = t.api_ok("CONSUMER.LIST.S", Value::Null);
    let entry = |name: &str| json!({"name": name, "config": {"metadata": {"_nats.req.level": "0"}}});
    assert_has(&list, json!({"total": 2, "offset": 0, "limit": 256, "consumers": [entry("a"), entry("b")]}));
    assert_eq!(list["consumers"][0]["config"]["metadata"].as_object().map(serde_json::Map::len), Some(1));
}

fn nobody_there(t: &mut Stage) {
    stream(t);
    let error = t.api_error("CONSUMER.LEADER.STEPDOWN.S.c", Value::Null);
    let description = "JetStream clustering support required";
    assert_eq!(error, json!({"code": 503, "err_code": 10010, "description": description}));
    t.request_unanswered("$JS.API.CONSUMER.INFO.S.a.b", "");
    t.request_unanswered("$JS.API.CONSUMER.NONSENSE", "");
    let frame = t.request("$JS.API.CONSUMER.MSG.NEXT.S.c", "");
    assert_eq!(frame.header_text(), "NATS/1.0 503\r\nNats-Subject: $JS.API.CONSUMER.MSG.NEXT.S.c\r\n\r\n");
    t.request_unanswered("$JS.API.CONSUMER.RESET.S.c", "");
}

#[track_caller]
fn assert_fixed(t: &mut Stage, changes: Value, description: &str) {
    let error = update(t, changes)["error"].clone();
    assert_eq!(error, json!({"code": 500, "err_code": 10012, "description": description}));
}

fn fixed_when_created(t: &mut Stage) {
    stream(t);
    durable(t, json!({}));
    assert_fixed(t, json!({"deliver_policy": "new"}), "deliver policy can not be updated");
    assert_fixed(t, json!({"ack_policy": "all"}), "ack policy can not be updated");
    assert_fixed(t, json!({"replay_policy": "original"}), "replay policy can not be updated");
    assert_fixed(t, json!({"mem_storage": true}), "storage type can not be updated");
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    durable(t, json!({"deliver_policy": "by_start_sequence", "opt_start_seq": 2}));
    let moved = json!({"deliver_policy": "by_start_sequence", "opt_start_seq": 3});
    assert_fixed(t, moved, "start sequence can not be updated");
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    durable(t, json!({"deliver_policy": "by_start_time", "opt_start_time": "2026-01-01T00:00:00Z"}));
    let moved = json!({"deliver_policy": "by_start_time", "opt_start_time": "2026-01-02T00:00:00Z"});
    assert_fixed(t, moved, "start time can not be updated");
}

fn fixed_for_delivery(t: &mut Stage) {
    stream(t);
    durable(t, json!({}));
    assert_fixed(t, json!({"max_waiting": 3}), "max waiting can not be updated");
    assert_fixed(t, json!({"deliver_subject": "out"}), "can not update pull consumer to push based");
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    durable(t, json!({"deliver_subject": "out", "idle_heartbeat": SECOND, "flow_control": true}));
    let changed = json!({"deliver_subject": "out", "idle_heartbeat": 2 * SECOND, "flow_control": true});
    assert_fixed(t, changed, "heart beats can not be updated");
    let changed = json!({"deliver_subject": "out", "idle_heartbeat": SECOND});
    assert_fixed(t, changed, "flow control can not be updated");
    t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    durable(t, json!({"deliver_subject": "out"}));
    assert_fixed(t, json!({}), "can not update push consumer to pull based");
}

fn deliver_subject_moves(t: &mut Stage) {
    stream(t);
    fill(t, 1);
    durable(t, json!({"deliver_subject": "out"}));
    assert_eq!(update(t, json!({"deliver_subject": "out2"})).get("error"), None);
    let mut c = t.modern();
    c.send("SUB out2 1");
    expect_seq(&mut c, 1);
    let error = update(t, json!({"deliver_subject": "out3"}))["error"].clone();
    assert_eq!(error, json!({"code": 400, "err_code": 10013, "description": "consumer name already in use"}));
    c.send("UNSUB 1");
    c.flush();
    assert_eq!(update(t, json!({"deliver_subject": "out3"})).get("error"), None);
    // What was out for an answer goes to the new subject.
    c.send("SUB out3 3");
    expect_seq(&mut c, 1);
}

fn more_room(t: &mut Stage) {
    stream(t);
    fill(t, 3);
    durable(t, json!({"max_ack_pending": 1}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 5, "expires": 5 * SECOND}));
    expect_seq(&mut c, 1);
    c.expect_nothing();
    update(t, json!({"max_ack_pending": 5}));
    expect_seqs(&mut c, 2..=3);
}

fn filter_changes(t: &mut Stage) {
    stream(t);
    fill(t, 4);
    durable(t, json!({}));
    let mut c = puller(t);
    pull(&mut c, json!({"batch": 2, "expires": 5 * SECOND}));
    expect_seqs(&mut c, 1..=2);
    assert_has(&update(t, json!({"filter_subjects": ["s.1", "s.4"]})), json!({"num_pending": 1}));
    pull(&mut c, json!({"batch": 1, "expires": 5 * SECOND}));
    expect_seq(&mut c, 4);
}

fn updates_that_pass(t: &mut Stage) {
    stream(t);
    durable(t, json!({"max_deliver": 4}));
    let error = update(t, json!({"backoff": [1, 2, 3], "max_deliver": 2}))["error"].clone();
    assert_eq!(err_code(&error), 10116);
    assert_has(&update(t, json!({})), json!({"config": {"max_deliver": -1}}));
    let grouped = update(t, json!({"priority_policy": "overflow", "priority_groups": ["A"]}));
    assert_has(&grouped, json!({"config": {"priority_policy": "overflow", "priority_groups": ["A"]}}));
    let updated = update(t, json!({"pause_until": "2099-01-01T00:00:00Z"}));
    assert_eq!((updated.get("error"), updated["config"].get("pause_until")), (None, None));
}
