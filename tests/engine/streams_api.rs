//! The API's envelope and the account, and streams that come, change and go: rows C-081 to C-135.

use crate::support::Stage;
use crate::support::json::assert_has;
use crate::support::runner::{Row, row};
use serde_json::{Value, json};

pub const ROWS: &[Row] = &[
    row("C-081", account_info),
    row("C-082", reservations),
    row("C-083", unknown_stream),
    row("C-084", unknown_fields),
    row("C-085", create_without_a_body),
    row("C-086", field_names),
    row("C-087", unknown_endpoints),
    row("C-088", required_api_level),
    row("C-090", requests_without_reply),
    row("C-092", html_escapes),
    row("C-093", minimal_create),
    row("C-094 C-095", create_again),
    row("C-096 C-097", names),
    row("C-098 C-099 C-100 C-101 C-102", subjects),
    row("C-103 C-104", durations),
    row("C-105", replicas),
    row("C-106", negative_limits),
    row("C-107", enums),
    row("C-108 C-109", feature_conflicts),
    row("C-110 C-111", implied_flags_and_levels),
    row("C-112 C-113", update),
    row("C-114 C-115 C-117 C-118 C-121", update_refused),
    row("C-116", update_to_interest),
    row("C-119", seal),
    row("C-122", delete),
    row("C-123 C-124", names_and_lists),
    row("C-125", paging),
    row("C-126", cluster_leader),
    row("C-127 C-128 C-129", details),
    row("C-130", first_sequence),
    row("C-131", echoed),
    row("C-132 C-133", cluster_endpoints),
    row("C-227 C-228", advisories),
];

fn error(code: u16, err_code: u16, description: &str) -> Value {
    json!({"code": code, "err_code": err_code, "description": description})
}

#[track_caller]
fn refused(t: &mut Stage, endpoint: &str, body: Value, expected: Value) {
    assert_eq!(t.api_error(endpoint, body.clone()), expected, "{endpoint} {body}");
}

/// CREATE of a stream named S with these fields is refused with this text.
#[track_caller]
fn invalid(t: &mut Stage, fields: Value, text: &str) {
    refused(t, "STREAM.CREATE.S", named("S", fields), error(500, 10052, text));
}

fn named(name: &str, fields: Value) -> Value {
    let mut body = fields;
    body["name"] = json!(name);
    body
}

fn account_info(t: &mut Stage) {
    let info = t.api_ok("INFO", json!(null));
    let limits = json!({"max_memory": -1, "max_storage": -1, "max_streams": -1, "max_consumers": -1,
        "max_ack_pending": -1, "memory_max_stream_bytes": -1, "storage_max_stream_bytes": -1, "max_bytes_required": false});
    let expected = json!({"type": "io.nats.jetstream.api.v1.account_info_response", "memory": 0, "storage": 0,
        "reserved_memory": 0, "reserved_storage": 0, "streams": 0, "consumers": 0, "limits": limits,
        "api": {"level": 5, "total": 0, "errors": 0}});
    assert_has(&info, expected);
    t.api_ok("STREAM.CREATE.M", json!({"name": "M", "storage": "memory"}));
    t.api_error("STREAM.INFO.X", json!(null));
    t.store("M", "hello");
    t.api_ok("STREAM.MSG.GET.M", json!({"seq": 1}));
    let info = t.api_ok("INFO", json!("ignored"));
    assert_has(&info, json!({"memory": 22, "streams": 1, "api": {"total": 3, "errors": 1}}));
}

fn reservations(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.M", json!({"name": "M", "storage": "memory", "max_bytes": 1000}));
    t.api_ok("STREAM.CREATE.F", json!({"name": "F", "max_bytes": 2000}));
    assert_has(&t.api_ok("INFO", json!(null)), json!({"reserved_memory": 1000, "reserved_storage": 2000}));
}

fn unknown_stream(t: &mut Stage) {
    let expected = json!({"type": "io.nats.jetstream.api.v1.stream_info_response",
        "error": error(404, 10059, "stream not found"), "total": 0, "offset": 0, "limit": 0});
    assert_eq!(t.api("STREAM.INFO.X", json!(null)), expected);
}

fn unknown_fields(t: &mut Stage) {
    let expected = error(400, 10025, r#"invalid JSON: json: unknown field "foo""#);
    refused(t, "STREAM.CREATE.S", json!({"name": "S", "foo": 1}), expected.clone());
    refused(t, "STREAM.CREATE.S", json!({"name": "S", "mirror": {"name": "x", "foo": 1}}), expected);
    let expected =
        "invalid JSON: json: cannot unmarshal string into Go struct field StreamConfigRequest.max_msgs of type int64";
    refused(t, "STREAM.CREATE.S", json!({"name": "S", "max_msgs": "5"}), error(400, 10025, expected));
    let answer = t.request("$JS.API.STREAM.CREATE.S", "{\"name\":").json();
    assert_eq!(answer["error"], error(400, 10025, "invalid JSON: unexpected EOF"));
}

fn create_without_a_body(t: &mut Stage) {
    refused(t, "STREAM.CREATE.S", json!(null), error(400, 10056, "stream name in subject does not match request"));
}

fn field_names(t: &mut Stage) {
    let body = r#"{"NAME":"X","Max_Msgs":5,"name":"S","max_msgs":7} {"max_bytes":9}"#;
    let answer = t.request("$JS.API.STREAM.CREATE.S", body).json();
    assert_has(&answer, json!({"config": {"name": "S", "max_msgs": 7, "max_bytes": 9}}));
}

fn unknown_endpoints(t: &mut Stage) {
    for endpoint in ["FOO", "STREAM.CREATE", "STREAM.INFO.A.B", "STREAM.CREATE.a.b"] {
        t.request_unanswered(&format!("$JS.API.{endpoint}"), "");
    }
    assert_has(&t.api_ok("INFO", json!(null)), json!({"api": {"total": 0}}));
}

fn required_api_level(t: &mut Stage) {
    for (level, expected) in [("6", json!(10185)), ("x", json!(10185)), ("5", json!(10059))] {
        let header = format!("Nats-Required-Api-Level: {level}");
        let answer = t.request_with("$JS.API.STREAM.INFO.S", &[&header], "").json();
        assert_eq!(answer["error"]["err_code"], expected, "{level}");
    }
}

fn requests_without_reply(t: &mut Stage) {
    let mut c = t.modern();
    c.send("SUB $JS.EVENT.ADVISORY.STREAM.CREATED.S 1");
    c.publish("$JS.API.STREAM.CREATE.S", r#"{"name":"S"}"#);
    let created = c.expect_message("$JS.EVENT.ADVISORY.STREAM.CREATED.S").json();
    assert_has(&created, json!({"stream": "S", "action": "create"}));
    t.api_ok("STREAM.INFO.S", json!(null));
}

fn html_escapes(t: &mut Stage) {
    let answer = t.request("$JS.API.STREAM.CREATE.S", r#"{"name":"S","subjects":["s.>"],"description":"a<b&c"}"#);
    assert!(answer.text().contains(r#""s.\u003e""#), "{answer}");
    assert!(answer.text().contains(r#""a\u003cb\u0026c""#), "{answer}");
    assert_has(&answer.json(), json!({"config": {"subjects": ["s.>"], "description": "a<b&c"}}));
}

fn minimal_create(t: &mut Stage) {
    let answer = t.api_ok("STREAM.CREATE.T1", json!({"name": "T1"}));
    let config = json!({"name": "T1", "subjects": ["T1"], "retention": "limits", "max_consumers": -1, "max_msgs": -1,
        "max_bytes": -1, "max_age": 0, "max_msgs_per_subject": -1, "max_msg_size": -1, "discard": "old",
        "storage": "file", "num_replicas": 1, "duplicate_window": 120_000_000_000u64, "compression": "none",
        "allow_direct": false, "mirror_direct": false, "sealed": false, "deny_delete": false, "deny_purge": false,
        "allow_rollup_hdrs": false, "consumer_limits": {}, "allow_msg_ttl": false,
        "metadata": {"_nats.level": "5", "_nats.req.level": "0", "_nats.ver": "2.15.1"}});
    assert_eq!(answer["config"], config);
    let state = json!({"messages": 0, "bytes": 0, "first_seq": 0, "first_ts": "0001-01-01T00:00:00Z", "last_seq": 0,
        "last_ts": "0001-01-01T00:00:00Z", "consumer_count": 0});
    assert_eq!(answer["state"], state);
    assert_eq!(answer["did_create"], json!(true));
    let mut fields: Vec<&String> = answer.as_object().expect("an object").keys().collect();
    fields.sort();
    assert_eq!(fields, ["config", "created", "did_create", "state", "ts", "type"]);
}

fn create_again(t: &mut Stage) {
    let mut c = t.modern();
    c.send("SUB $JS.EVENT.ADVISORY.STREAM.> 1");
    let first = t.api_ok("STREAM.CREATE.S", json!({"name": "S", "max_msgs": 5}));
    assert_has(&c.next().json(), json!({"action": "create", "stream": "S"}));
    let again = t.api_ok("STREAM.CREATE.S", json!({"name": "S", "max_msgs": 5, "metadata": {"_nats.level": "1"}}));
    assert_eq!((&first["created"], &first["did_create"]), (&again["created"], &again["did_create"]));
    c.expect_nothing();
    let expected = error(400, 10058, "stream name already in use with a different configuration");
    refused(t, "STREAM.CREATE.S", json!({"name": "S", "max_msgs": 6}), expected);
}

fn names(t: &mut Stage) {
    let mismatch = error(400, 10056, "stream name in subject does not match request");
    refused(t, "STREAM.CREATE.S", json!({"name": "T"}), mismatch.clone());
    refused(t, "STREAM.UPDATE.S", json!({"name": "T"}), mismatch);
    let path = error(400, 10128, "Stream name can not contain path separators");
    refused(t, "STREAM.CREATE.a/b", json!({"name": "a/b"}), path.clone());
    refused(t, r"STREAM.CREATE.a\b", json!({"name": r"a\b"}), path);
    let bad = error(500, 10052, r"stream name is required and can not contain '.', '*', '>', '\', '/'");
    refused(t, "STREAM.CREATE.*", json!({"name": "*"}), bad.clone());
    refused(t, "STREAM.UPDATE.S", json!(null), bad);
    let long = "n".repeat(256);
    let text = "stream name is too long, maximum allowed is 255";
    refused(t, &format!("STREAM.CREATE.{long}"), json!({"name": long}), error(500, 10052, text));
    t.request_unanswered("$JS.API.STREAM.CREATE.a.b", r#"{"name":"a.b"}"#);
}

fn subjects(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.A", json!({"name": "A", "subjects": ["a.*", "b"]}));
    let overlap = error(400, 10065, "subjects overlap with an existing stream");
    for subject in ["a.b", "a.>", "b", "*"] {
        refused(t, "STREAM.CREATE.B", json!({"name": "B", "subjects": [subject]}), overlap.clone());
    }
    for (subjects, text) in [
        (json!(["x.*", "x.b"]), r#"subject "x.*" overlaps with "x.b""#),
        (json!(["x.b", "y.b", "y.*", "x.*"]), r#"subject "x.b" overlaps with "x.*""#),
        (json!(["x.*", "x.>", "x.b"]), r#"subject "x.*" overlaps with "x.>""#),
        (json!(["x.b", "x.b"]), r#"subject "x.b" overlaps with "x.b""#),
        (json!([">"]), "capturing all subjects requires no-ack to be true"),
        (json!(["$JS.>"]), "subjects that overlap with jetstream api require no-ack to be true"),
        (json!(["*.foo"]), "subjects that overlap with jetstream api require no-ack to be true"),
        (json!(["$SYS.>"]), "subjects that overlap with system api require no-ack to be true"),
        (json!(["x..b"]), "invalid subject"),
        (json!(["x y"]), "invalid subject"),
    ] {
        let answer = t.api_error("STREAM.CREATE.S", json!({"name": "S", "subjects": subjects}));
        assert_eq!(answer, error(500, 10052, text), "{subjects}");
    }
    t.api_ok("STREAM.CREATE.E", json!({"name": "E", "subjects": ["$JS.EVENT.ADVISORY.>"]}));
    t.api_ok("STREAM.DELETE.A", json!(null));
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["*"]}));
}

fn durations(t: &mut Stage) {
    for (fields, text) in [
        (json!({"max_age": 1}), "max age needs to be >= 100ms"),
        (json!({"max_age": -1}), "max age can not be negative"),
        (json!({"duplicate_window": -1}), "duplicates window can not be negative"),
        (json!({"duplicate_window": 1}), "duplicates window needs to be >= 100ms"),
        (
            json!({"max_age": 1_000_000_000, "duplicate_window": 2_000_000_000}),
            "duplicates window can not be larger then max age",
        ),
    ] {
        invalid(t, fields, text);
    }
    let answer = t.api_ok("STREAM.CREATE.S", json!({"name": "S", "max_age": 1_000_000_000}));
    assert_has(&answer, json!({"config": {"duplicate_window": 1_000_000_000}}));
    let expected = error(400, 10157, "pedantic mode: duplicate window cannot be bigger than max age");
    refused(t, "STREAM.CREATE.P", json!({"name": "P", "max_age": 1_000_000_000, "pedantic": true}), expected);
}

fn replicas(t: &mut Stage) {
    let expected = error(500, 10074, "replicas > 1 not supported in non-clustered mode");
    refused(t, "STREAM.CREATE.S", json!({"name": "S", "num_replicas": 3}), expected);
    invalid(t, json!({"num_replicas": 6}), "maximum replicas is 5");
    let expected = error(400, 10133, "replicas count cannot be negative");
    refused(t, "STREAM.CREATE.S", json!({"name": "S", "num_replicas": -1}), expected);
    let answer = t.api_ok("STREAM.CREATE.S", json!({"name": "S", "num_replicas": 0}));
    assert_has(&answer, json!({"config": {"num_replicas": 1}}));
}

fn negative_limits(t: &mut Stage) {
    let fields = ["max_msgs", "max_bytes", "max_consumers", "max_msg_size", "max_msgs_per_subject"];
    for field in fields {
        let expected = error(400, 10157, &format!("pedantic mode: {field} must be set to -1"));
        refused(t, "STREAM.CREATE.S", json!({"name": "S", "pedantic": true, field: -2}), expected);
    }
    let mut body = json!({"name": "S"});
    fields.iter().for_each(|field| body[*field] = json!(-7));
    let answer = t.api_ok("STREAM.CREATE.S", body);
    fields.iter().for_each(|field| assert_eq!(answer["config"][*field], json!(-1), "{field}"));
}

fn enums(t: &mut Stage) {
    for field in ["retention", "discard", "storage", "persist_mode"] {
        let expected = error(400, 10025, r#"invalid JSON: can not unmarshal "\"foo\"""#);
        refused(t, "STREAM.CREATE.S", json!({"name": "S", field: "foo"}), expected);
    }
    let expected = error(400, 10025, "invalid JSON: unknown compression algorithm");
    refused(t, "STREAM.CREATE.S", json!({"name": "S", "compression": "foo"}), expected);
    let expected = error(400, 10025, r#"invalid JSON: can not unmarshal "null""#);
    let answer = t.request("$JS.API.STREAM.CREATE.S", r#"{"name":"S","retention":null}"#).json();
    assert_eq!(answer["error"], expected);
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "discard": "NEW", "storage": "memory", "compression": "s2"}));
}

fn feature_conflicts(t: &mut Stage) {
    for (fields, text) in [
        (json!({"discard_new_per_subject": true}), "discard new per subject requires discard new policy to be set"),
        (
            json!({"discard_new_per_subject": true, "discard": "new"}),
            "discard new per subject requires max msgs per subject > 0",
        ),
        (json!({"mirror_direct": true}), "stream has no mirror but does have mirror direct"),
        (json!({"deny_purge": true, "allow_rollup_hdrs": true}), "roll-ups require the purge permission"),
        (json!({"sealed": true}), "stream configuration for create can not be sealed"),
        (json!({"allow_msg_counter": true, "discard": "new"}), "counter stream cannot use discard new"),
        (json!({"allow_msg_counter": true, "allow_msg_ttl": true}), "counter stream cannot use message TTLs"),
        (
            json!({"allow_msg_counter": true, "allow_msg_schedules": true}),
            "counter stream cannot use message schedules",
        ),
        (json!({"allow_msg_counter": true, "retention": "interest"}), "counter stream can only use limits retention"),
        (json!({"allow_msg_schedules": true, "discard": "new"}), "message scheduling cannot use discard new"),
        (json!({"persist_mode": "async", "storage": "memory"}), "async persist mode is only supported on file storage"),
        (
            json!({"persist_mode": "async", "allow_atomic": true}),
            "async persist mode is not supported with atomic batch publish",
        ),
        (json!({"subject_delete_marker_ttl": -1}), "subject delete marker TTL must not be negative"),
        (json!({"subject_delete_marker_ttl": 1}), "subject delete marker TTL must be at least 1 second"),
        (
            json!({"subject_delete_marker_ttl": 1_000_000_000, "pedantic": true}),
            "subject delete marker cannot be set if message TTLs are disabled",
        ),
        (
            json!({"allow_msg_schedules": true, "pedantic": true}),
            "message scheduling cannot be set if roll-ups are disabled",
        ),
        (json!({"placement": {"preferred": "x"}}), "preferred server not permitted in placement"),
        (json!({"description": "d".repeat(4097)}), "stream description is too long, maximum allowed is 4096"),
        (json!({"metadata": {"k": "v".repeat(131072)}}), "stream metadata exceeds maximum size of 131072 bytes"),
        (
            json!({"subjects": ["v.>"], "republish": {"src": "v.*", "dest": "r.>"}}),
            "stream configuration for republish with transform from 'v.*' to 'r.>' not valid",
        ),
        (
            json!({"subjects": ["v.>"], "republish": {"src": ">", "dest": "v.x.>"}}),
            "stream configuration for republish destination forms a cycle",
        ),
    ] {
        invalid(t, fields, text);
    }
}

fn implied_flags_and_levels(t: &mut Stage) {
    let create = |t: &mut Stage, name: &str, fields: Value| {
        t.api_ok(&format!("STREAM.CREATE.{name}"), named(name, fields))["config"].clone()
    };
    let config = create(t, "A", json!({"subject_delete_marker_ttl": 1_000_000_000, "deny_purge": true}));
    assert_has(&config, json!({"allow_msg_ttl": true, "allow_rollup_hdrs": true, "deny_purge": false}));
    assert_eq!(config["metadata"]["_nats.req.level"], json!("1"));
    let config = create(t, "B", json!({"allow_msg_schedules": true, "deny_purge": true}));
    assert_has(&config, json!({"allow_rollup_hdrs": true, "deny_purge": false}));
    assert_eq!(config["metadata"]["_nats.req.level"], json!("2"));
    for (name, fields, level) in [
        ("C", json!({"allow_msg_counter": true}), "2"),
        ("D", json!({"allow_atomic": true}), "2"),
        ("E", json!({"persist_mode": "async"}), "2"),
        ("F", json!({"allow_batched": true}), "4"),
        ("G", json!({"allow_msg_ttl": true, "metadata": {"_nats.req.level": "9", "k": "v"}}), "1"),
    ] {
        let config = create(t, name, fields);
        assert_eq!(config["metadata"]["_nats.req.level"], json!(level), "{name}");
        assert_eq!(config["metadata"]["_nats.ver"], json!("2.15.1"), "{name}");
    }
    let listed = t.api_ok("STREAM.LIST", json!({"subject": "G"}));
    assert_eq!(listed["streams"][0]["config"]["metadata"], json!({"_nats.req.level": "1", "k": "v"}));
}

fn update(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s"], "description": "d", "max_bytes": 10000}));
    for _ in 0..5 {
        t.store("s", "x");
    }
    let answer = t.api_ok("STREAM.UPDATE.S", json!({"name": "S", "subjects": ["s", "t"], "max_msgs": 3}));
    assert_eq!(answer.get("did_create"), None);
    assert_has(
        &answer,
        json!({"config": {"subjects": ["s", "t"], "max_msgs": 3, "max_bytes": -1},
        "state": {"messages": 3, "first_seq": 3, "last_seq": 5}}),
    );
    assert_eq!(answer["config"].get("description"), None);
    assert_eq!(t.store("t", "x"), 6);
}

fn update_refused(t: &mut Stage) {
    let not_found = error(404, 10059, "stream not found");
    refused(t, "STREAM.UPDATE.X", json!({"name": "X"}), not_found);
    let on = json!({"name": "S", "deny_delete": true, "deny_purge": true, "allow_msg_ttl": true});
    t.api_ok("STREAM.CREATE.S", on.clone());
    let with = |field: &str, value: Value| {
        let mut body = on.clone();
        body[field] = value;
        body
    };
    for (body, text) in [
        (with("storage", json!("memory")), "stream configuration update can not change storage type"),
        (
            with("retention", json!("workqueue")),
            "stream configuration update can not change retention policy to/from workqueue",
        ),
        (with("deny_delete", json!(false)), "stream configuration update can not cancel deny message deletes"),
        (with("deny_purge", json!(false)), "stream configuration update can not cancel deny purge"),
        (with("allow_msg_ttl", json!(false)), "message TTL status can not be disabled"),
        (
            json!({"name": "S", "allow_msg_counter": true, "deny_delete": true, "deny_purge": true}),
            // A stream that counts can have no TTLs, and that is what is heard.
            "message TTL status can not be disabled",
        ),
        (with("persist_mode", json!("async")), "stream configuration update can not change persist mode"),
    ] {
        let answer = t.api_error("STREAM.UPDATE.S", body.clone());
        assert_eq!(answer, error(500, 10052, text), "{body}");
    }
    t.api_ok("STREAM.UPDATE.S", with("retention", json!("interest")));
    t.api_ok("STREAM.CREATE.B", json!({"name": "B", "allow_msg_schedules": true}));
    refused(t, "STREAM.UPDATE.B", json!({"name": "B"}), error(500, 10052, "message schedules can not be disabled"));
}

fn update_to_interest(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S"}));
    t.store("S", "x");
    t.store("S", "x");
    t.api_ok("STREAM.UPDATE.S", json!({"name": "S", "retention": "interest"}));
    let info = t.api_ok("STREAM.INFO.S", json!(null));
    assert_has(&info, json!({"state": {"messages": 0, "first_seq": 3, "last_seq": 2}}));
}

fn seal(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "max_age": 3_600_000_000_000u64, "allow_rollup_hdrs": true}));
    t.store("S", "x");
    let answer = t.api_ok("STREAM.UPDATE.S", json!({"name": "S", "sealed": true}));
    assert_has(
        &answer,
        json!({"config": {"sealed": true, "max_age": 0, "discard": "new", "deny_delete": true,
        "deny_purge": true, "allow_rollup_hdrs": false}}),
    );
    let sealed = error(400, 10109, "invalid operation on sealed stream");
    assert_eq!(t.request("S", "x").json(), json!({"error": sealed, "stream": "S", "seq": 0}));
    refused(t, "STREAM.PURGE.S", json!(null), sealed.clone());
    refused(t, "STREAM.MSG.DELETE.S", json!({"seq": 1}), sealed);
    let text = "stream configuration update can not unseal a sealed stream";
    let body = json!({"name": "S", "deny_delete": true, "deny_purge": true, "discard": "new"});
    refused(t, "STREAM.UPDATE.S", body, error(500, 10052, text));
}

fn delete(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S"}));
    let expected = error(400, 10038, "expected an empty request payload");
    refused(t, "STREAM.DELETE.S", json!({"x": 1}), expected);
    let answer = t.api_ok("STREAM.DELETE.S", json!({}));
    assert_eq!(answer, json!({"type": "io.nats.jetstream.api.v1.stream_delete_response", "success": true}));
    assert_eq!(t.request("S", "x").status(), "503");
    refused(t, "STREAM.DELETE.S", json!(null), error(404, 10059, "stream not found"));
}

fn names_and_lists(t: &mut Stage) {
    let names = t.api_ok("STREAM.NAMES", json!(null));
    assert_has(&names, json!({"total": 0, "offset": 0, "limit": 1024, "streams": null}));
    assert_has(&t.api_ok("STREAM.LIST", json!(null)), json!({"total": 0, "limit": 256, "streams": []}));
    t.api_ok("STREAM.CREATE.b", json!({"name": "b", "subjects": ["x.>"]}));
    t.api_ok(
        "STREAM.CREATE.a",
        json!({"name": "a", "subjects": ["y.1"], "subject_transform": {"src": "y.*", "dest": "z.$1"}}),
    );
    t.api_ok("STREAM.CREATE.B", json!({"name": "B", "sources": [{"name": "a"}]}));
    for (body, expected) in [
        (json!(null), json!(["B", "a", "b"])),
        (json!({"subject": "x.y.z"}), json!(["b"])),
        (json!({"subject": "*.1"}), json!(["a", "b"])),
        (json!({"subject": "z.1"}), json!(null)),
        (json!({"subject": "B"}), json!(null)),
        (json!({"offset": -5}), json!(["B", "a", "b"])),
        (json!({"offset": 2}), json!(["b"])),
    ] {
        let names = t.api_ok("STREAM.NAMES", body.clone());
        assert_eq!(names["streams"], expected, "{body}");
        let listed = t.api_ok("STREAM.LIST", body);
        let listed: Vec<&Value> =
            listed["streams"].as_array().expect("a list").iter().map(|stream| &stream["config"]["name"]).collect();
        assert_eq!(listed.len(), expected.as_array().map_or(0, Vec::len));
    }
    assert_has(&t.api_ok("STREAM.NAMES", json!({"offset": 9})), json!({"total": 3, "offset": 3, "streams": null}));
}

fn paging(t: &mut Stage) {
    let mut c = t.modern();
    for number in 0..300 {
        let name = format!("s{number:03}");
        c.request(&format!("$JS.API.STREAM.CREATE.{name}"), &format!(r#"{{"name":"{name}","storage":"memory"}}"#));
    }
    let first = t.api_ok("STREAM.LIST", json!(null));
    assert_has(&first, json!({"total": 300, "offset": 0, "limit": 256}));
    assert_eq!(first["streams"].as_array().map(Vec::len), Some(256));
    let rest = t.api_ok("STREAM.LIST", json!({"offset": 256}));
    assert_has(&rest, json!({"total": 300, "offset": 256, "limit": 256}));
    assert_eq!(rest["streams"].as_array().map(Vec::len), Some(44));
    assert_eq!(rest["streams"][0]["config"]["name"], json!("s256"));
    assert_has(&t.api_ok("STREAM.LIST", json!({"offset": 999})), json!({"total": 300, "offset": 300, "streams": []}));
}

fn cluster_leader(t: &mut Stage) {
    let created = t.api_ok("STREAM.CREATE.S", json!({"name": "S"}));
    let updated = t.api_ok("STREAM.UPDATE.S", json!({"name": "S"}));
    let listed = t.api_ok("STREAM.LIST", json!(null));
    for answer in [&created, &updated, &listed["streams"][0]] {
        assert_eq!(answer.get("cluster"), None);
    }
    let info = t.api_ok("STREAM.INFO.S", json!(null));
    assert!(info["cluster"]["leader"].as_str().is_some_and(|leader| !leader.is_empty()), "{info}");
}

fn details(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s.>"]}));
    let info = t.api_ok("STREAM.INFO.S", json!({"deleted_details": true}));
    assert_has(&info, json!({"state": {"num_deleted": 1, "deleted": [0]}}));
    for subject in ["s.b", "s.a", "s.b", "s.c.d"] {
        t.store(subject, "x");
    }
    t.api_ok("STREAM.MSG.DELETE.S", json!({"seq": 2}));
    let info = t.api_ok("STREAM.INFO.S", json!({"subjects_filter": ">", "deleted_details": true}));
    assert_has(&info, json!({"total": 2, "offset": 0, "limit": 100_000}));
    assert_eq!(info["state"]["subjects"], json!({"s.b": 2, "s.c.d": 1}));
    assert_has(&info, json!({"state": {"num_deleted": 1, "deleted": [2], "num_subjects": 2}}));
    let info = t.api_ok("STREAM.INFO.S", json!({"subjects_filter": "s.*"}));
    assert_eq!((&info["state"]["subjects"], &info["total"]), (&json!({"s.b": 2}), &json!(1)));
    let info = t.api_ok("STREAM.INFO.S", json!({"subjects_filter": "x"}));
    assert_eq!((info["state"].get("subjects"), &info["total"], &info["limit"]), (None, &json!(0), &json!(0)));
}

fn first_sequence(t: &mut Stage) {
    let answer = t.api_ok("STREAM.CREATE.S", json!({"name": "S", "first_seq": 100}));
    assert_has(&answer, json!({"config": {"first_seq": 100}, "state": {"first_seq": 100, "last_seq": 99}}));
    assert_eq!(t.store("S", "x"), 100);
}

fn echoed(t: &mut Stage) {
    let fields = json!({"placement": {"cluster": "c", "tags": ["t"]}, "compression": "s2", "metadata": {"k": "v"},
        "consumer_limits": {"max_ack_pending": 5}, "description": "d", "max_consumers": 3});
    let answer = t.api_ok("STREAM.CREATE.S", named("S", fields.clone()));
    assert_has(&answer["config"], fields);
    let answer = t.api_ok("STREAM.CREATE.T", json!({"name": "T", "placement": {}}));
    assert_eq!(answer["config"].get("placement"), None);
}

fn cluster_endpoints(t: &mut Stage) {
    let required = error(503, 10010, "JetStream clustering support required");
    for (endpoint, kind) in [
        ("STREAM.LEADER.STEPDOWN.S", "stream_leader_stepdown_response"),
        ("STREAM.PEER.REMOVE.S", "stream_remove_peer_response"),
        ("STREAM.PEER.EVACUATE.S", "stream_evacuate_peer_response"),
        ("STREAM.CANCEL_MOVE.S", "stream_cancel_move_response"),
        ("CONSUMER.LEADER.STEPDOWN.S.c", "consumer_leader_stepdown_response"),
        ("CONSUMER.PEER.REMOVE.S.c", "consumer_remove_peer_response"),
        ("CONSUMER.PEER.EVACUATE.S.c", "consumer_evacuate_peer_response"),
    ] {
        let answer = t.api(endpoint, json!(null));
        assert_eq!(answer["error"], required, "{endpoint}");
        assert_eq!(answer["type"], json!(format!("io.nats.jetstream.api.v1.{kind}")));
    }
    for endpoint in ["META.LEADER.STEPDOWN", "SERVER.REMOVE", "ACCOUNT.PURGE.A", "ACCOUNT.STREAM.MOVE.A.S"] {
        t.request_unanswered(&format!("$JS.API.{endpoint}"), "");
    }
}

fn advisories(t: &mut Stage) {
    let mut c = t.modern();
    c.send("SUB $JS.EVENT.ADVISORY.STREAM.> 1");
    c.expect_nothing();
    t.api_ok("STREAM.CREATE.S", json!({"name": "S"}));
    t.api_ok("STREAM.UPDATE.S", json!({"name": "S"}));
    t.api_ok("STREAM.DELETE.S", json!(null));
    for (token, action) in [("CREATED", "create"), ("UPDATED", "modify"), ("DELETED", "delete")] {
        let frame = c.next();
        assert_eq!(frame.subject(), format!("$JS.EVENT.ADVISORY.STREAM.{token}.S"));
        let expected = json!({"type": "io.nats.jetstream.advisory.v1.stream_action", "stream": "S", "action": action});
        assert_has(&frame.json(), expected);
        assert_eq!(frame.json()["id"].as_str().map(str::len), Some(22));
    }
    c.send("SUB $JS.EVENT.ADVISORY.API 2");
    c.expect_nothing();
    t.api_error("STREAM.INFO.S", json!({"offset": 0}));
    let audit = c.next().json();
    assert_has(
        &audit,
        json!({"type": "io.nats.jetstream.advisory.v1.api_audit",
        "subject": "$JS.API.STREAM.INFO.S", "request": r#"{"offset":0}"#, "client": {"acc": "$G"}}),
    );
    assert!(audit["response"].as_str().is_some_and(|response| response.contains("10059")), "{audit}");
}
