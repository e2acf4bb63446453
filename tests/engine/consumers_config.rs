//! What configurations become and which are refused: rows D-071 to D-095, C-120.

use crate::consumers::{MILLISECOND, SECOND, durable, err_code, refused, request, stream, stream_with};
use crate::support::runner::{Row, row};
use crate::support::{Stage, assert_has};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub const ROWS: &[Row] = &[
    row("C-120", limits_below_consumers),
    row("D-071 D-072 D-073 D-074", defaults),
    row("D-075 D-076 D-077", backoff),
    row("D-078 D-079 D-080 D-081 D-082 D-083", push_and_pull),
    row("D-084", deliver_subjects),
    row("D-085 D-090", too_much_text),
    row("D-086 D-087", where_to_start),
    row("D-088 D-089", odd_numbers),
    row("D-091", limits_of_the_stream),
    row("D-092", pedantic),
    row("D-093 D-094", priorities),
    row("D-095", flow_control_acks),
];

#[track_caller]
fn made(t: &mut Stage, name: &str, config: Value) -> Value {
    t.api_ok(&format!("CONSUMER.CREATE.S.{name}"), request(config))["config"].clone()
}

#[track_caller]
fn assert_absent(config: &Value, names: &[&str]) {
    assert!(names.iter().all(|name| config.get(name).is_none()), "{names:?} should be absent: {config}");
}

fn defaults(t: &mut Stage) {
    stream(t);
    let config = made(t, "a", json!({"durable_name": "a"}));
    assert_has(&config, json!({"ack_policy": "none", "max_deliver": -1, "max_waiting": 512}));
    assert_absent(&config, &["ack_wait", "max_ack_pending", "inactive_threshold"]);
    let explicit = json!({"durable_name": "b", "ack_policy": "explicit"});
    let expected = json!({"ack_wait": 30 * SECOND, "max_deliver": -1, "max_waiting": 512, "max_ack_pending": 1000, "num_replicas": 0});
    assert_has(&made(t, "b", explicit), expected);
    let config = made(t, "p", json!({"durable_name": "p", "ack_policy": "all", "deliver_subject": "out"}));
    assert_has(&config, json!({"max_ack_pending": 1000, "ack_wait": 30 * SECOND}));
    assert_absent(&config, &["max_waiting"]);
    let config = made(t, "q", json!({"durable_name": "q", "deliver_subject": "out"}));
    assert_absent(&config, &["max_waiting", "max_ack_pending", "ack_wait"]);
}

fn backoff(t: &mut Stage) {
    stream(t);
    let steps = json!([2 * SECOND, 3 * SECOND]);
    assert_eq!(err_code(&refused(t, json!({"backoff": steps, "max_deliver": 1, "ack_policy": "explicit"}))), 10116);
    let config = durable(t, json!({"backoff": steps, "max_deliver": 2, "ack_wait": SECOND}))["config"].clone();
    assert_has(&config, json!({"ack_wait": 2 * SECOND, "backoff": steps}));
    assert_eq!(err_code(&refused(t, json!({"ack_wait": -1}))), 10183);
    assert_eq!(err_code(&refused(t, json!({"backoff": [-1]}))), 10184);
}

fn push_and_pull(t: &mut Stage) {
    stream(t);
    assert_eq!(err_code(&refused(t, json!({"deliver_subject": "out", "max_waiting": 5}))), 10080);
    assert_eq!(err_code(&refused(t, json!({"deliver_subject": "out", "max_ack_pending": 5}))), 10082);
    made(t, "n", json!({"max_ack_pending": 5}));
    assert_eq!(err_code(&refused(t, json!({"idle_heartbeat": SECOND, "flow_control": true}))), 10088);
    assert_eq!(err_code(&refused(t, json!({"flow_control": true}))), 10089);
    let short = json!({"deliver_subject": "out", "idle_heartbeat": 50 * MILLISECOND});
    assert_eq!(err_code(&refused(t, short)), 10083);
    assert_eq!(err_code(&refused(t, json!({"deliver_subject": "out", "flow_control": true}))), 10108);
    assert_eq!(err_code(&refused(t, json!({"rate_limit_bps": 1000}))), 10086);
}

fn deliver_subjects(t: &mut Stage) {
    stream(t);
    for (subject, code) in [("out.*", 10079), ("out..x", 10112), ("out x", 10112), ("s.out", 10081)] {
        assert_eq!(err_code(&refused(t, json!({ "deliver_subject": subject }))), code, "{subject}");
    }
}

fn too_much_text(t: &mut Stage) {
    stream(t);
    durable(t, json!({"description": "d".repeat(4096)}));
    let error = refused(t, json!({"description": "d".repeat(4097)}));
    assert_has(
        &error,
        json!({"err_code": 10107, "description": "consumer description is too long, maximum allowed is 4096"}),
    );
    let metadata: BTreeMap<String, String> = [("k".to_owned(), "v".repeat(131_072))].into();
    let error = refused(t, json!({ "metadata": metadata }));
    assert_has(&error, json!({"err_code": 10135, "description": "consumer metadata exceeds maximum size of 128KB"}));
}

fn where_to_start(t: &mut Stage) {
    stream(t);
    let time = "2026-01-01T00:00:00Z";
    let cases = [
        (json!({"deliver_policy": "all", "opt_start_seq": 1}), "all, but optional start sequence is also set"),
        (json!({"deliver_policy": "last", "opt_start_time": time}), "last, but optional start time is also set"),
        (json!({"deliver_policy": "new", "opt_start_seq": 1}), "new, but optional start sequence is also set"),
        (json!({"deliver_policy": "by_start_sequence"}), "by start sequence, but optional start sequence is not set"),
        (
            json!({"deliver_policy": "by_start_sequence", "opt_start_seq": 1, "opt_start_time": time}),
            "by start sequence, but optional start time is also set",
        ),
        (json!({"deliver_policy": "by_start_time"}), "by start time, but optional start time is not set"),
        (
            json!({"deliver_policy": "by_start_time", "opt_start_seq": 1, "opt_start_time": time}),
            "by start time, but optional start start sequence is also set",
        ),
        (json!({"deliver_policy": "last_per_subject"}), "last per subject, but optional filter subject is not set"),
        (
            json!({"deliver_policy": "last_per_subject", "filter_subject": "s.1", "opt_start_seq": 1}),
            "last per subject, but optional start sequence is also set",
        ),
    ];
    for (config, text) in cases {
        let description = format!("consumer delivery policy is deliver {text}");
        assert_eq!(refused(t, config), json!({"code": 400, "err_code": 10094, "description": description}));
    }
}

fn odd_numbers(t: &mut Stage) {
    stream(t);
    let error = refused(t, json!({"sample_freq": "x"}));
    let text = "failed to parse consumer sampling configuration: strconv.Atoi: parsing \"x\": invalid syntax";
    assert_has(&error, json!({"err_code": 10095, "description": text}));
    let error = refused(t, json!({"sample_freq": "-1"}));
    let text = "failed to parse consumer sampling configuration: <nil>";
    assert_has(&error, json!({"err_code": 10095, "description": text}));
    assert_eq!(err_code(&refused(t, json!({"sample_freq": 5}))), 10025);
    durable(t, json!({"sample_freq": "200%"}));
    assert_eq!(err_code(&refused(t, json!({"max_expires": 1}))), 10115);
}

fn limits_of_the_stream(t: &mut Stage) {
    stream_with(t, json!({"consumer_limits": {"max_ack_pending": 7, "inactive_threshold": 10 * SECOND}}));
    let config = made(t, "a", json!({"durable_name": "a", "ack_policy": "explicit"}));
    assert_has(&config, json!({"max_ack_pending": 7, "inactive_threshold": 10 * SECOND}));
    let error = refused(t, json!({"ack_policy": "explicit", "max_ack_pending": 8}));
    assert_has(&error, json!({"err_code": 10121, "description": "consumer max ack pending exceeds system limit of 7"}));
    let error = refused(t, json!({"inactive_threshold": 11 * SECOND}));
    let text = "consumer inactive threshold exceeds system limit of 10s";
    assert_has(&error, json!({"err_code": 10153, "description": text}));
    made(t, "b", json!({"durable_name": "b", "ack_policy": "explicit", "max_ack_pending": -1}));
}

fn pedantic(t: &mut Stage) {
    stream(t);
    let cases = [
        (json!({"max_deliver": -2}), "max_deliver must be set to -1"),
        (json!({"max_waiting": -1}), "max_waiting must not be negative"),
        (json!({"max_ack_pending": -2}), "max_ack_pending must be set to -1"),
        (json!({"max_batch": -1}), "max_batch must not be negative"),
        (json!({"max_expires": -1}), "max_expires must not be negative"),
        (json!({"max_bytes": -1}), "max_bytes must not be negative"),
        (json!({"idle_heartbeat": -1}), "idle_heartbeat must not be negative"),
        (json!({"inactive_threshold": -1}), "inactive_threshold must not be negative"),
        (json!({"priority_timeout": -1}), "priority_timeout must not be negative"),
        (json!({"backoff": [2], "ack_wait": 1}), "first backoff value has to equal batch AckWait"),
        (json!({"backoff": [2]}), "first backoff value has to equal batch AckWait"),
        // Of several slips, the one that is looked for first.
        (json!({"backoff": [2], "max_bytes": -1, "max_expires": -1}), "max_expires must not be negative"),
        (json!({"backoff": [2], "priority_timeout": -1}), "priority_timeout must not be negative"),
    ];
    for (config, text) in cases {
        let body = json!({"stream_name": "S", "config": config, "pedantic": true});
        let description = format!("pedantic mode: {text}");
        assert_has(&t.api_error("CONSUMER.CREATE.S.c", body), json!({"err_code": 10157, "description": description}));
        durable(t, config);
        t.api_ok("CONSUMER.DELETE.S.c", Value::Null);
    }
}

fn priorities(t: &mut Stage) {
    stream(t);
    let cases = [
        (json!({"priority_policy": "overflow"}), 10159),
        (json!({"priority_policy": "overflow", "priority_groups": [""]}), 10161),
        (json!({"priority_policy": "overflow", "priority_groups": ["a b"]}), 10162),
        (json!({"priority_policy": "overflow", "priority_groups": ["12345678901234567"]}), 10162),
        (json!({"priority_policy": "overflow", "priority_groups": ["A"], "deliver_subject": "out"}), 10178),
        (json!({"priority_groups": ["A"]}), 10196),
        (json!({"priority_timeout": 1}), 10197),
    ];
    for (config, code) in cases {
        assert_eq!(err_code(&refused(t, config.clone())), code, "{config}");
    }
    let config = durable(t, json!({"priority_policy": "pinned_client", "priority_groups": ["A"]}))["config"].clone();
    assert_has(&config, json!({"priority_timeout": 120 * SECOND, "metadata": {"_nats.req.level": "1"}}));
}

fn flow_control_acks(t: &mut Stage) {
    stream(t);
    let policy = |more: Value| {
        let mut config = json!({"ack_policy": "flow_control", "deliver_subject": "out"});
        more.as_object().expect("an object").iter().for_each(|(name, value)| config[name] = value.clone());
        config
    };
    assert_eq!(err_code(&refused(t, json!({"ack_policy": "flow_control"}))), 10218);
    let body = json!({"stream_name": "S", "config": policy(json!({})), "pedantic": true});
    assert_eq!(err_code(&t.api_error("CONSUMER.CREATE.S.c", body)), 10219);
    assert_eq!(err_code(&refused(t, policy(json!({"max_ack_pending": -1})))), 10220);
    assert_eq!(err_code(&refused(t, policy(json!({"ack_wait": SECOND})))), 10221);
    assert_eq!(err_code(&refused(t, policy(json!({"max_deliver": 3})))), 10222);
    let config = made(t, "f", policy(json!({})));
    let expected = json!({"flow_control": true, "idle_heartbeat": SECOND, "max_ack_pending": 1000});
    assert_has(&config, expected);
    assert_absent(&config, &["ack_wait"]);
}

fn limits_below_consumers(t: &mut Stage) {
    stream_with(t, json!({}));
    durable(t, json!({"max_ack_pending": 10}));
    let config =
        |limits: Value| json!({"name": "S", "subjects": ["s.>"], "storage": "memory", "consumer_limits": limits});
    let refused = json!({"code": 500, "err_code": 10069, "description": "change to limits violates consumers: c"});
    assert_eq!(t.api_error("STREAM.UPDATE.S", config(json!({"max_ack_pending": 5}))), refused);
    t.api_ok("STREAM.UPDATE.S", config(json!({"max_ack_pending": 10})));
    let idle = json!({"durable_name": "idle", "ack_policy": "explicit", "inactive_threshold": 20 * SECOND, "max_ack_pending": 5});
    made(t, "idle", idle);
    let refused = json!({"code": 500, "err_code": 10069, "description": "change to limits violates consumers: idle"});
    let limits = json!({"max_ack_pending": 10, "inactive_threshold": 10 * SECOND});
    assert_eq!(t.api_error("STREAM.UPDATE.S", config(limits)), refused);
    let info = t.api_ok("STREAM.INFO.S", json!(null));
    assert_has(&info["config"], json!({"consumer_limits": {"max_ack_pending": 10}}));
}
