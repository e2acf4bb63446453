//! Mirrors and sources: rows C-216 to C-226, and C-164.

use crate::support::Stage;
use crate::support::json::assert_has;
use crate::support::runner::{Row, row};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("C-216 C-164", mirror),
    row("C-217", mirror_with_gaps),
    row("C-217", mirror_from_later_on),
    row("C-225", origin_with_consumer_limits),
    row("C-218 C-223", conflicts),
    row("C-218 C-223", rings),
    row("C-222", around_for_ever),
    row("C-219", mirror_updates),
    row("C-220", mirror_of_a_work_queue),
    row("C-221", source_header),
    row("C-222", sources_come_and_go),
    row("C-224", source_after_purge),
    row("C-225", missing_origin),
    row("C-226", counters_summed),
    row("C-226", counters_summed_again),
    row("C-226", counters_with_gaps),
];

fn create(t: &mut Stage, name: &str, fields: Value) -> Value {
    let mut body = fields;
    body["name"] = json!(name);
    t.api_ok(&format!("STREAM.CREATE.{name}"), body)
}

/// The stream's state once it has this many messages; copying starts with a delay.
#[track_caller]
fn filled(t: &mut Stage, name: &str, messages: u64) -> Value {
    for _ in 0..40 {
        let info = t.api_ok(&format!("STREAM.INFO.{name}"), json!({"deleted_details": true}));
        if info["state"]["messages"] == json!(messages) {
            return info;
        }
        t.advance(Duration::from_millis(50));
    }
    let info = t.api_ok(&format!("STREAM.INFO.{name}"), json!(null));
    panic!("{name} never had {messages} messages: {info}");
}

fn message(t: &mut Stage, stream: &str, seq: u64) -> Value {
    t.api_ok(&format!("STREAM.MSG.GET.{stream}"), json!({"seq": seq}))["message"].clone()
}

fn headers(message: &Value) -> String {
    let encoded = message["hdrs"].as_str().unwrap_or_default();
    let decoded = data_encoding::BASE64.decode(encoded.as_bytes()).expect("base64");
    String::from_utf8(decoded).expect("text")
}

fn mirror(t: &mut Stage) {
    create(t, "O", json!({"subjects": ["o.>"], "allow_direct": true}));
    t.store("o.a", "1");
    t.request_with("o.b", &["A: 1", "Nats-Expected-Last-Sequence: 1"], "2");
    let created = create(t, "M", json!({"mirror": {"name": "O"}}));
    assert_has(&created, json!({"config": {"mirror_direct": true, "mirror": {"name": "O"}}}));
    assert_eq!(created["config"].get("subjects"), None);
    assert_eq!(created["config"].get("duplicate_window"), None);
    let info = filled(t, "M", 2);
    assert_has(&info, json!({"mirror": {"name": "O", "lag": 0}, "state": {"first_seq": 1, "last_seq": 2}}));
    assert!(info["mirror"]["active"].as_i64().is_some_and(|active| active >= 0), "{info}");
    for seq in [1, 2] {
        let (original, copy) = (message(t, "O", seq), message(t, "M", seq));
        assert_eq!((&original["time"], &original["data"]), (&copy["time"], &copy["data"]));
        assert_eq!(original["subject"], copy["subject"]);
    }
    assert_eq!(headers(&message(t, "M", 2)), "NATS/1.0\r\nA: 1\r\n\r\n");
    t.store("o.c", "3");
    filled(t, "M", 3);
    assert_eq!(t.request("M", "x").status(), "503");
    // Its own deletes and purges stay its own.
    t.api_ok("STREAM.PURGE.O", json!(null));
    t.store("o.d", "4");
    assert_has(&filled(t, "M", 4), json!({"state": {"first_seq": 1, "last_seq": 4}}));
    // It answers for its origin now and then, but not under its own name.
    assert_eq!(t.request("$JS.API.DIRECT.GET.M", r#"{"seq":4}"#).status(), "503");
    let answers = (0..60).map(|_| t.request("$JS.API.DIRECT.GET.O", r#"{"seq":4}"#).header("Nats-Stream"));
    let answers: std::collections::BTreeSet<_> = answers.flatten().collect();
    assert_eq!(answers.into_iter().collect::<Vec<_>>(), ["M", "O"]);
}

fn mirror_with_gaps(t: &mut Stage) {
    create(t, "O", json!({"subjects": ["o.>"]}));
    for subject in ["o.x", "o.a", "o.x", "o.a", "o.a", "o.a"] {
        t.store(subject, "x");
    }
    t.api_ok("STREAM.MSG.DELETE.O", json!({"seq": 4}));
    create(t, "M", json!({"mirror": {"name": "O", "filter_subject": "o.a"}}));
    let info = filled(t, "M", 3);
    assert_has(&info, json!({"state": {"first_seq": 2, "last_seq": 6, "num_deleted": 2, "deleted": [3, 4]}}));
    create(
        t,
        "L",
        json!({"mirror": {"name": "O", "opt_start_seq": 5, "subject_transforms": [{"src": "o.*", "dest": "l.$1"}]}}),
    );
    assert_has(&filled(t, "L", 2), json!({"state": {"first_seq": 5, "last_seq": 6}}));
    assert_eq!(message(t, "L", 5)["subject"], json!("l.a"));
}

/// Its first sequence is where it starts, also when nothing is there yet. Until it has started it does not say its filter.
fn mirror_from_later_on(t: &mut Stage) {
    create(t, "O", json!({"subjects": ["o.>"]}));
    t.store("o.a", "1");
    let mirrors = [
        ("M", json!({"opt_start_seq": 5}), 5),
        ("N", json!({"opt_start_seq": 5, "filter_subject": "o.x"}), 5),
        ("T", json!({"opt_start_time": "2099-01-01T00:00:00Z"}), 2),
        ("F", json!({"filter_subject": "o.x"}), 0),
    ];
    for (name, fields, _) in &mirrors {
        let mut mirror = fields.clone();
        mirror["name"] = json!("O");
        let created = create(t, name, json!({"mirror": mirror, "storage": "memory"}));
        assert_eq!(created["mirror"].get("filter_subject"), None, "{created}");
        assert_has(&created["mirror"], json!({"name": "O", "lag": 0, "active": -1}));
    }
    t.advance(Duration::from_millis(700));
    for (name, fields, first_seq) in mirrors {
        let info = t.api_ok(&format!("STREAM.INFO.{name}"), json!(null));
        assert_has(&info["state"], json!({"messages": 0, "first_seq": first_seq, "last_seq": first_seq.max(1) - 1}));
        assert_eq!(info["mirror"].get("filter_subject"), fields.get("filter_subject"), "{info}");
    }
    // A mirror of what began later begins there, too.
    create(t, "P", json!({"subjects": ["p"]}));
    for body in ["1", "2", "3"] {
        t.store("p", body);
    }
    t.api_ok("STREAM.PURGE.P", json!({"seq": 3}));
    create(t, "Q", json!({"mirror": {"name": "P", "filter_subject": "x"}}));
    t.advance(Duration::from_millis(700));
    let info = t.api_ok("STREAM.INFO.Q", json!(null));
    assert_has(&info["state"], json!({"messages": 0, "first_seq": 3, "last_seq": 2}));
    for body in ["2", "3", "4", "5"] {
        t.store("o.a", body);
    }
    assert_has(&filled(t, "M", 1), json!({"state": {"first_seq": 5, "last_seq": 5}}));
    assert_has(&filled(t, "T", 4), json!({"state": {"first_seq": 2, "last_seq": 5}}));
}

/// What copies is a consumer, too.
fn origin_with_consumer_limits(t: &mut Stage) {
    let text = "consumer requires ack policy for max ack pending";
    let no_acks = json!({"code": 400, "err_code": 10082, "description": text});
    let text = "consumer inactive threshold exceeds system limit of 1s";
    let too_idle = json!({"code": 400, "err_code": 10153, "description": text});
    for (name, limits, error) in [
        ("A", json!({"max_ack_pending": 5}), no_acks),
        ("B", json!({"inactive_threshold": 1_000_000_000}), too_idle),
        ("C", json!({"inactive_threshold": 3_600_000_000_000_u64}), json!(null)),
    ] {
        create(t, name, json!({"subjects": [name], "consumer_limits": limits}));
        t.store(name, "x");
        create(t, &format!("M{name}"), json!({"mirror": {"name": name}}));
        create(t, &format!("S{name}"), json!({"sources": [{"name": name}]}));
        t.advance(Duration::from_millis(700));
        let mirror = t.api_ok(&format!("STREAM.INFO.M{name}"), json!(null));
        assert_eq!(mirror["mirror"].get("error").unwrap_or(&json!(null)), &error, "{mirror}");
        let sourced = t.api_ok(&format!("STREAM.INFO.S{name}"), json!(null));
        assert_eq!(sourced["sources"][0].get("error").unwrap_or(&json!(null)), &error, "{sourced}");
        assert_eq!(sourced["state"]["messages"] == json!(1), error.is_null());
    }
}

#[track_caller]
fn refused(t: &mut Stage, fields: Value, err_code: u16) {
    let mut body = fields;
    body["name"] = json!("S");
    let error = t.api_error("STREAM.CREATE.S", body.clone());
    assert_eq!(error["err_code"], json!(err_code), "{body}: {error}");
}

fn conflicts(t: &mut Stage) {
    create(t, "B", json!({"max_msg_size": 100}));
    for (fields, err_code) in [
        (json!({"mirror": {"name": "O"}, "subjects": ["s"]}), 10034),
        (json!({"mirror": {"name": "O"}, "sources": [{"name": "P"}]}), 10031),
        (json!({"mirror": {"name": "O"}, "first_seq": 5}), 10143),
        (json!({"mirror": {"name": "O"}, "allow_msg_counter": true}), 10173),
        (json!({"mirror": {"name": "O"}, "allow_atomic": true}), 10198),
        (json!({"mirror": {"name": "O"}, "allow_batched": true}), 10209),
        (json!({"mirror": {"name": "O"}, "allow_msg_schedules": true}), 10186),
        (json!({"mirror": {"name": "a.b"}}), 10142),
        (
            json!({"mirror": {"name": "O", "filter_subject": "a", "subject_transforms": [{"src": "b", "dest": ""}]}}),
            10150,
        ),
        (json!({"mirror": {"name": "O", "subject_transforms": [{"src": "a..b", "dest": ""}]}}), 10151),
        (json!({"mirror": {"name": "O", "subject_transforms": [{"src": "a.*", "dest": "b.*"}]}}), 10154),
        (
            json!({"mirror": {"name": "O", "subject_transforms": [{"src": "a.*", "dest": ""}, {"src": "a.b", "dest": ""}]}}),
            10152,
        ),
        (json!({"mirror": {"name": "O", "filter_subject": "a..b"}}), 10049),
        (json!({"mirror": {"name": "S"}}), 10052),
        (json!({"mirror": {"name": "B"}, "max_msg_size": 50}), 10030),
        (json!({"sources": [{"name": "a.b"}]}), 10141),
        (json!({"sources": [{"name": "O"}, {"name": "O"}]}), 10140),
        (
            json!({"sources": [{"name": "O", "filter_subject": "a", "subject_transforms": [{"src": "b", "dest": ""}]}]}),
            10144,
        ),
        (json!({"sources": [{"name": "O", "subject_transforms": [{"src": "a..b", "dest": ""}]}]}), 10145),
        (json!({"sources": [{"name": "O", "subject_transforms": [{"src": "a.*", "dest": "b.*"}]}]}), 10146),
        (
            json!({"sources": [{"name": "O", "subject_transforms": [{"src": "a.*", "dest": ""}, {"src": "a.b", "dest": ""}]}]}),
            10147,
        ),
        (json!({"sources": [{"name": "O"}], "allow_msg_schedules": true}), 10187),
        (json!({"sources": [{"name": "B"}], "max_msg_size": 50}), 10046),
        (json!({"sources": [{"name": "O", "filter_subject": "a..b"}]}), 10049),
    ] {
        refused(t, fields, err_code);
    }
}

/// What is met twice is taken for a ring, in the order in which streams are met.
fn rings(t: &mut Stage) {
    let source = |name: &str| json!({"name": name});
    let filtered = |name: &str, filter: &str| json!({"name": name, "filter_subject": filter});
    create(t, "A", json!({"subjects": ["a"]}));
    create(t, "B", json!({"mirror": {"name": "A"}}));
    create(t, "C", json!({"sources": [source("A")]}));
    let ring = json!({"code": 500, "err_code": 10052, "description": "detected cycle"});
    let mut check = |fields: Value, is_ring: bool| {
        let mut body = fields;
        body["name"] = json!("S");
        let answer = t.api("STREAM.CREATE.S", body.clone());
        match is_ring {
            true => assert_eq!(answer["error"], ring, "{body}"),
            false => {
                assert_eq!(answer.get("error"), None, "{body}");
                t.api_ok("STREAM.DELETE.S", json!(null));
            }
        }
    };
    check(json!({"sources": [source("A"), source("B")]}), true);
    check(json!({"sources": [source("B"), source("A")]}), false);
    check(json!({"sources": [source("A"), source("C")]}), true);
    check(json!({"sources": [source("C"), source("A")]}), false);
    check(json!({"sources": [source("C"), source("B")]}), false);
    check(json!({"subjects": ["s"], "sources": [source("S")]}), true);
    check(json!({"subjects": ["s"], "sources": [filtered("S", "s")]}), true);
    check(json!({"subjects": ["s"], "sources": [filtered("S", "x")]}), false);
    let transforms = json!([{"src": "x", "dest": "y"}]);
    check(json!({"subjects": ["s"], "sources": [{"name": "S", "subject_transforms": transforms}]}), true);
    create(t, "M", json!({"mirror": {"name": "S"}}));
    let mut check = |fields: Value, is_ring: bool| {
        let mut body = fields;
        body["name"] = json!("S");
        let answer = t.api("STREAM.CREATE.S", body.clone());
        assert_eq!(answer["error"] == ring, is_ring, "{body}");
    };
    check(json!({"subjects": ["s"], "sources": [filtered("M", "x")]}), true);
    check(json!({"subjects": ["s"], "sources": [filtered("C", "x"), source("M")]}), true);
    check(json!({"subjects": ["s"], "sources": [filtered("C", "x")]}), false);
}

/// A ring that nobody noticed.
fn around_for_ever(t: &mut Stage) {
    create(t, "D", json!({"subjects": ["d"], "sources": [{"name": "E", "filter_subject": "e"}]}));
    create(t, "E", json!({"subjects": ["e"], "sources": [{"name": "D"}]}));
    t.advance(Duration::from_millis(2500));
    t.store("d", "x");
    t.store("e", "x");
    let last = |t: &mut Stage| t.api_ok("STREAM.INFO.E", json!(null))["state"]["last_seq"].as_u64().unwrap_or(0);
    let before = last(t);
    t.advance(Duration::from_millis(200));
    let after = last(t);
    assert!(after > before + 10, "{before} {after}");
    t.api_ok("STREAM.DELETE.D", json!(null));
}

fn mirror_updates(t: &mut Stage) {
    create(t, "O", json!({"subjects": ["o"]}));
    t.store("o", "1");
    create(t, "M", json!({"mirror": {"name": "O"}}));
    filled(t, "M", 1);
    let error = t.api_error("STREAM.UPDATE.M", json!({"name": "M", "mirror": {"name": "X"}}));
    let text = "stream mirror configuration can not be updated";
    assert_eq!(error, json!({"code": 400, "err_code": 10055, "description": text}));
    t.api_ok("STREAM.UPDATE.M", json!({"name": "M", "subjects": ["m"]}));
    t.store("o", "2");
    assert_eq!(t.store("m", "x"), 2);
    let error = t.api_error("STREAM.UPDATE.M", json!({"name": "M", "mirror": {"name": "O"}}));
    assert_eq!(error["err_code"], json!(10055));
}

fn mirror_of_a_work_queue(t: &mut Stage) {
    create(t, "O", json!({"subjects": ["o"], "retention": "workqueue"}));
    t.store("o", "1");
    create(t, "M", json!({"mirror": {"name": "O"}}));
    t.store("o", "2");
    filled(t, "M", 2);
    assert_has(&filled(t, "O", 0), json!({"state": {"last_seq": 2}}));
}

fn source_header(t: &mut Stage) {
    create(t, "O", json!({"subjects": ["o.>"]}));
    t.store("o.x", "0");
    t.request_with("o.a", &["A: 1", "Nats-Expected-Stream: O"], "1");
    let transforms = json!([{"src": "o.a", "dest": "x.a"}, {"src": "o.b", "dest": ""}]);
    create(t, "S", json!({"sources": [{"name": "O", "filter_subject": "o.a"}]}));
    create(t, "T", json!({"sources": [{"name": "O", "subject_transforms": transforms}]}));
    let info = filled(t, "S", 1);
    assert_has(&info, json!({"sources": [{"name": "O", "lag": 0, "seq": 2, "filter_subject": "o.a"}]}));
    let text = headers(&message(t, "S", 1));
    let start = "NATS/1.0\r\nA: 1\r\nNats-Stream-Source: O 2 o.a > o.a ";
    assert!(text.starts_with(start) && text.ends_with("\r\n\r\n") && text.len() == start.len() + 12, "{text:?}");
    filled(t, "T", 1);
    let copy = message(t, "T", 1);
    assert_eq!(copy["subject"], json!("x.a"));
    assert!(headers(&copy).contains("Nats-Stream-Source: O 2 o.a\u{c}o.b x.a\u{c}> o.a "), "{:?}", headers(&copy));
    // A mirror of a copy says where that had it from.
    create(t, "M", json!({"mirror": {"name": "S"}}));
    filled(t, "M", 1);
    assert_eq!(headers(&message(t, "M", 1)), text);
    let error = t.request_with("o.a", &["Nats-Stream-Source: x"], "").json();
    assert_eq!(error["error"]["err_code"], json!(10227));
}

fn sources_come_and_go(t: &mut Stage) {
    create(t, "O", json!({"subjects": ["o"]}));
    create(t, "P", json!({"subjects": ["p"]}));
    create(t, "S", json!({"subjects": ["s"], "sources": [{"name": "O"}]}));
    t.store("o", "1");
    t.store("p", "1");
    t.store("s", "1");
    filled(t, "S", 2);
    let both = json!({"name": "S", "subjects": ["s"], "sources": [{"name": "O"}, {"name": "P"}]});
    t.api_ok("STREAM.UPDATE.S", both);
    filled(t, "S", 3);
    t.api_ok("STREAM.UPDATE.S", json!({"name": "S", "subjects": ["s"], "sources": [{"name": "P"}]}));
    t.store("o", "2");
    t.store("p", "2");
    let info = filled(t, "S", 4);
    assert_eq!(info["sources"].as_array().map(Vec::len), Some(1));
    t.advance(Duration::from_millis(300));
    filled(t, "S", 4);
}

fn source_after_purge(t: &mut Stage) {
    create(t, "O", json!({"subjects": ["o"]}));
    t.store("o", "1");
    t.store("o", "2");
    create(t, "S", json!({"sources": [{"name": "O"}]}));
    filled(t, "S", 2);
    t.api_ok("STREAM.PURGE.S", json!(null));
    t.store("o", "3");
    assert_has(&filled(t, "S", 1), json!({"state": {"first_seq": 3, "last_seq": 3}}));
}

fn missing_origin(t: &mut Stage) {
    create(t, "S", json!({"sources": [{"name": "O"}]}));
    t.advance(Duration::from_millis(400));
    let info = t.api_ok("STREAM.INFO.S", json!(null));
    assert_has(&info["sources"][0], json!({"name": "O", "active": -1, "error": {"code": 404, "err_code": 10059}}));
}

/// Counts on `subject`; returns the sum.
#[track_caller]
fn count(t: &mut Stage, subject: &str, increment: &str) -> String {
    let ack = t.request_with(subject, &[&format!("Nats-Incr: {increment}")], "").json();
    ack["val"].as_str().unwrap_or_else(|| panic!("not counted: {ack}")).to_owned()
}

/// A counter's message: what it adds, what its sources have come to, and the sum.
#[track_caller]
fn counted(t: &mut Stage, stream: &str, seq: u64) -> (String, String, String) {
    let message = message(t, stream, seq);
    let headers = headers(&message);
    let value = |name: &str| {
        let line = headers.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_default().to_owned()
    };
    let payload = data_encoding::BASE64.decode(message["data"].as_str().expect("data").as_bytes()).expect("base64");
    (value("Nats-Incr"), value("Nats-Counter-Sources"), String::from_utf8(payload).expect("text"))
}

fn counters(t: &mut Stage) {
    create(t, "CA", json!({"subjects": ["ca.>"], "allow_msg_counter": true}));
    create(t, "CB", json!({"subjects": ["cb.>"], "allow_msg_counter": true}));
}

#[track_caller]
fn assert_counted(t: &mut Stage, stream: &str, seq: u64, expected: [&str; 3]) {
    let (increment, sources, sum) = counted(t, stream, seq);
    let val = format!(r#"{{"val":"{}"}}"#, expected[2]);
    assert_eq!((increment.as_str(), sources.as_str(), sum.as_str()), (expected[0], expected[1], val.as_str()), "{seq}");
}

fn counters_summed(t: &mut Stage) {
    counters(t);
    for (subject, increment) in [("ca.x", "5"), ("ca.x", "3"), ("ca.y", "-1")] {
        count(t, subject, increment);
    }
    let source = |name: &str, src: &str| json!({"name": name, "subject_transforms": [{"src": src, "dest": "ct.>"}]});
    let sources = json!([source("CA", "ca.>"), source("CB", "cb.>")]);
    create(t, "CT", json!({"subjects": ["ct.>"], "allow_msg_counter": true, "sources": sources}));
    filled(t, "CT", 3);
    assert_counted(t, "CT", 1, ["5", r#"{"CA":{"ca.x":"5"}}"#, "5"]);
    assert_counted(t, "CT", 2, ["3", r#"{"CA":{"ca.x":"8"}}"#, "8"]);
    assert_counted(t, "CT", 3, ["-1", r#"{"CA":{"ca.y":"-1"}}"#, "-1"]);
    let order: Vec<String> =
        headers(&message(t, "CT", 1)).lines().filter_map(|line| Some(line.split_once(": ")?.0.to_owned())).collect();
    assert_eq!(order, ["Nats-Incr", "Nats-Stream-Source", "Nats-Counter-Sources"]);
    count(t, "cb.x", "10");
    filled(t, "CT", 4);
    assert_counted(t, "CT", 4, ["10", r#"{"CA":{"ca.x":"8"},"CB":{"cb.x":"10"}}"#, "18"]);
    // What is counted here is added, and the sources are not forgotten.
    assert_eq!(count(t, "ct.x", "100"), "118");
    assert_counted(t, "CT", 5, ["100", r#"{"CA":{"ca.x":"8"},"CB":{"cb.x":"10"}}"#, "118"]);
    count(t, "cb.x", "-14");
    filled(t, "CT", 6);
    assert_counted(t, "CT", 6, ["-14", r#"{"CA":{"ca.x":"8"},"CB":{"cb.x":"-4"}}"#, "104"]);
    let stored = t.request_with("cb.z", &["Nats-Incr: 99999999999999999999"], "").json();
    assert_eq!(stored["val"], json!("99999999999999999999"));
    filled(t, "CT", 7);
    assert_counted(
        t,
        "CT",
        7,
        ["99999999999999999999", r#"{"CB":{"cb.z":"99999999999999999999"}}"#, "99999999999999999999"],
    );
}

fn counters_summed_again(t: &mut Stage) {
    counters(t);
    create(t, "CT", json!({"allow_msg_counter": true, "sources": [{"name": "CA"}]}));
    create(t, "CU", json!({"allow_msg_counter": true, "sources": [{"name": "CT"}, {"name": "CB"}]}));
    count(t, "ca.x", "5");
    filled(t, "CU", 1);
    count(t, "ca.x", "2");
    filled(t, "CU", 2);
    assert_counted(t, "CT", 2, ["2", r#"{"CA":{"ca.x":"7"}}"#, "7"]);
    assert_counted(t, "CU", 2, ["2", r#"{"CT":{"ca.x":"7"}}"#, "7"]);
}

fn counters_with_gaps(t: &mut Stage) {
    create(t, "CA", json!({"subjects": ["ca.>"], "allow_msg_counter": true, "max_msgs_per_subject": 1}));
    create(t, "P", json!({"subjects": ["p.>"]}));
    for increment in ["5", "3", "2"] {
        count(t, "ca.x", increment);
    }
    t.store("p.x", "no counter");
    create(t, "CT", json!({"allow_msg_counter": true, "sources": [{"name": "CA"}, {"name": "P"}]}));
    filled(t, "CT", 1);
    // The earlier ones are gone; the sum is not.
    assert_counted(t, "CT", 1, ["10", r#"{"CA":{"ca.x":"10"}}"#, "10"]);
    count(t, "ca.x", "7");
    let info = filled(t, "CT", 2);
    assert_counted(t, "CT", 2, ["7", r#"{"CA":{"ca.x":"17"}}"#, "17"]);
    // What is no counter's is passed over.
    assert_eq!(info["sources"][1]["name"], json!("P"));
    assert_eq!(info["sources"][1].get("error"), None);
}
