//! Accounts and users that may not do everything, and domains: rows C-018, C-070, C-089, C-091, C-135 and D-116.

use crate::support::runner::{Row, row};
use crate::support::{Setup, Stage, TestUser, assert_has};
use serde_json::{Value, json};

pub const ROWS: &[Row] = &[
    row("C-018", default_user),
    row("C-070", what_may_be_published),
    row("C-070", what_may_be_subscribed),
    row("C-070", what_is_kept_back),
    row("C-089", no_jetstream_for_the_account),
    row("C-091", domain),
    row("C-091", domain_of_a_trace),
    row("C-135", only_so_many_streams),
    row("D-039", only_so_many_consumers),
    row("D-116", long_ack_subjects),
];

/// `full` may do everything, `some` a part of it.
fn with_users(t: &mut Stage, no_auth_user: Option<&'static str>) {
    let full = TestUser { name: "full", password: "f", ..TestUser::default() };
    let some = TestUser {
        name: "some",
        password: "s",
        publish: (&["a.>", "b", "_INBOX.>", "$SYS.REQ.USER.INFO"], &["a.secret"]),
        subscribe: (&["a.>", "q.* grp", "_INBOX.>"], &["a.deep.>", "a.secret"]),
    };
    let setup = Setup { users: vec![full, some], no_auth_user, no_jetstream: true, ..Setup::default() };
    t.start(setup);
}

const SOME: &str = r#"{"verbose":true,"pedantic":false,"headers":true,"user":"some","pass":"s"}"#;

fn default_user(t: &mut Stage) {
    with_users(t, Some("some"));
    let mut c = t.raw();
    assert!(!c.expect_start("INFO {").line.contains("auth_required"));
    // Without CONNECT, and with one that shows nothing.
    c.send("SUB c 1");
    c.expect("-ERR 'Permissions Violation for Subscription to \"c\"'");
    let mut c = t.modern();
    c.send("SUB c 1\r\nSUB a.b 2");
    c.expect("-ERR 'Permissions Violation for Subscription to \"c\"'");
    c.expect_nothing();
    let mut mine = c.request("$SYS.REQ.USER.INFO", "").json();
    // nats-server reads the lists out of a map: they come in any order.
    sort_lists(&mut mine["data"]["permissions"]);
    let permissions = json!({
        "publish": {"allow": ["$SYS.REQ.USER.INFO", "_INBOX.>", "a.>", "b"], "deny": ["a.secret"]},
        "subscribe": {"allow": ["_INBOX.>", "a.>", "q.* grp"], "deny": ["a.deep.>", "a.secret"]},
    });
    assert_eq!(
        mine["data"],
        json!({"user": "some", "account": "$G", "account_name": "$G", "permissions": permissions})
    );
    // What is shown must be right all the same.
    let mut c = t.raw();
    c.expect_start("INFO {");
    c.send(r#"CONNECT {"verbose":false,"user":"some","pass":"wrong"}"#);
    c.expect("-ERR 'Authorization Violation'");
    c.expect_closed();
    let mut c = t.client(r#"{"verbose":false,"user":"full","pass":"f"}"#);
    c.send("SUB c 1");
    c.expect_nothing();
}

/// Every list within, in alphabetical order.
fn sort_lists(value: &mut Value) {
    match value {
        Value::Array(list) => list.sort_by_key(Value::to_string),
        Value::Object(fields) => fields.values_mut().for_each(sort_lists),
        _ => {}
    }
}

fn what_may_be_published(t: &mut Stage) {
    with_users(t, None);
    assert!(t.raw().expect_start("INFO {").line.contains(r#""auth_required":true"#));
    let mut c = t.client(SOME);
    for subject in ["a.x", "b", "a.*"] {
        c.publish(subject, "x");
        c.expect("+OK");
    }
    for subject in ["a.secret", "c", "a", "c.*"] {
        c.publish(subject, "x");
        c.expect(&format!("-ERR 'Permissions Violation for Publish to \"{subject}\"'"));
    }
    // Where answers go is not looked at.
    c.publish_with("a.x", "c", &[], "x");
    c.expect("+OK");
    let mut pedantic = t.client(r#"{"verbose":true,"pedantic":true,"user":"some","pass":"s"}"#);
    pedantic.publish("c.*", "x");
    pedantic.expect("-ERR 'Invalid Publish Subject'");
    pedantic.expect("-ERR 'Permissions Violation for Publish to \"c.*\"'");
}

fn what_may_be_subscribed(t: &mut Stage) {
    with_users(t, None);
    let mut c = t.client(SOME);
    for (number, subject) in ["a.*", "a.>", "a.*.>", "q.x grp", "a.x any"].iter().enumerate() {
        c.send(&format!("SUB {subject} {number}"));
        c.expect("+OK");
    }
    for subject in ["a.secret", "a.deep.x", "a.deep.*", "c", ">", "*", "q.x"] {
        c.send(&format!("SUB {subject} no"));
        c.expect(&format!("-ERR 'Permissions Violation for Subscription to \"{subject}\"'"));
    }
    for subject in ["q.x", "c"] {
        c.send(&format!("SUB {subject} other no"));
        c.expect(&format!("-ERR 'Permissions Violation for Subscription to \"{subject}\" using queue \"other\"'"));
    }
}

fn what_is_kept_back(t: &mut Stage) {
    with_users(t, None);
    let mut c = t.client(r#"{"verbose":false,"user":"some","pass":"s"}"#);
    c.send("SUB a.> 1");
    c.flush();
    let mut full = t.client(r#"{"verbose":false,"user":"full","pass":"f"}"#);
    full.send("SUB > 1");
    for subject in ["a.secret", "a.deep.x", "a.open"] {
        full.publish(subject, "x");
        full.expect(&format!("MSG {subject} 1 1\r\nx"));
    }
    c.expect("MSG a.open 1 1\r\nx");
    c.expect_nothing();
}

fn no_jetstream_for_the_account(t: &mut Stage) {
    t.start(Setup { account_without_jetstream: true, ..Setup::default() });
    let error = json!({"code": 503, "err_code": 10039, "description": "JetStream not enabled for account"});
    let mut refused = |endpoint: &str, kind: &str, rest: Value| {
        let mut expected = json!({"type": format!("io.nats.jetstream.api.v1.{kind}_response"), "error": error});
        expected.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        assert_eq!(t.api(endpoint, json!(null)), expected, "{endpoint}");
    };
    refused("INFO", "account_info", json!({}));
    refused("STREAM.NAMES", "stream_names", json!({"total": 0, "offset": 0, "limit": 0, "streams": null}));
    refused("STREAM.LIST", "stream_list", json!({"total": 0, "offset": 0, "limit": 0, "streams": []}));
    refused("STREAM.INFO.S", "stream_info", json!({"total": 0, "offset": 0, "limit": 0}));
    refused("STREAM.CREATE.S", "stream_create", json!({}));
    refused("STREAM.DELETE.S", "stream_delete", json!({}));
    refused("STREAM.PURGE.S", "stream_purge", json!({"purged": 0}));
    refused("STREAM.MSG.GET.S", "stream_msg_get", json!({}));
    refused("STREAM.SNAPSHOT.S", "stream_snapshot", json!({}));
    refused("STREAM.RESTORE.S", "stream_restore", json!({"deliver_subject": ""}));
    refused("CONSUMER.NAMES.S", "consumer_names", json!({"total": 0, "offset": 0, "limit": 0, "consumers": []}));
    refused("CONSUMER.CREATE.S", "consumer_create", json!({}));
    let stepdown = t.api_error("STREAM.LEADER.STEPDOWN.S", json!(null));
    assert_eq!(stepdown["err_code"], json!(10010));
    assert_eq!(t.request("$JS.API.CONSUMER.MSG.NEXT.S.c", "").status(), "503");
    assert_eq!(t.request("$JS.API.DIRECT.GET.S", "").status(), "503");
    assert_eq!(t.request("S", "x").status(), "503");
}

fn only_so_many_streams(t: &mut Stage) {
    t.start(Setup { max_streams: Some(2), ..Setup::default() });
    assert_has(&t.api_ok("INFO", json!(null)), json!({"limits": {"max_streams": 2, "max_storage": -1}}));
    for name in ["A", "B"] {
        t.api_ok(&format!("STREAM.CREATE.{name}"), json!({"name": name}));
    }
    let full = json!({"code": 400, "err_code": 10027, "description": "maximum number of streams reached"});
    assert_eq!(t.api_error("STREAM.CREATE.C", json!({"name": "C"})), full);
    assert_eq!(t.api_error("STREAM.CREATE.C", json!({"name": "C", "subjects": ["A"]})), full);
    // The same stream again is no stream more.
    t.api_ok("STREAM.CREATE.A", json!({"name": "A"}));
    t.api_ok("STREAM.DELETE.A", json!(null));
    t.api_ok("STREAM.CREATE.C", json!({"name": "C"}));
}

fn only_so_many_consumers(t: &mut Stage) {
    t.start(Setup { max_consumers: Some(2), ..Setup::default() });
    assert_has(&t.api_ok("INFO", json!(null)), json!({"limits": {"max_consumers": 2, "max_streams": -1}}));
    let full = json!({"code": 400, "err_code": 10026, "description": "maximum consumers limit reached"});
    assert_eq!(t.api_error("STREAM.CREATE.S", json!({"name": "S", "max_consumers": 3})), full);
    let consumer = |stream: &str, name: &str| json!({"stream_name": stream, "config": {"durable_name": name}});
    for (stream, limit, room) in [("A", json!(-1), 2), ("B", json!(2), 2), ("C", json!(1), 1)] {
        t.api_ok(&format!("STREAM.CREATE.{stream}"), json!({"name": stream, "max_consumers": limit}));
        for name in ["a", "b", "c"].iter().take(room) {
            t.api_ok(&format!("CONSUMER.CREATE.{stream}.{name}"), consumer(stream, name));
        }
        assert_eq!(t.api_error(&format!("CONSUMER.CREATE.{stream}.z"), consumer(stream, "z")), full, "{stream}");
        t.api_ok(&format!("CONSUMER.CREATE.{stream}.a"), consumer(stream, "a"));
    }
    assert_eq!(t.api_error("STREAM.UPDATE.A", json!({"name": "A", "max_consumers": 3})), full);
    t.api_ok("STREAM.UPDATE.A", json!({"name": "A", "max_consumers": 1}));
    t.api_ok("CONSUMER.DELETE.A.b", json!(null));
    assert_eq!(t.api_error("CONSUMER.CREATE.A.z", consumer("A", "z")), full);
}

fn domain(t: &mut Stage) {
    t.start(Setup { domain: Some("hub"), ..Setup::default() });
    assert!(t.raw().expect_start("INFO {").line.contains(r#""domain":"hub""#));
    let mut events = t.modern();
    events.send("SUB $JS.EVENT.ADVISORY.STREAM.> 1");
    events.flush();
    for prefix in ["$JS.API", "$JS.hub.API"] {
        let info = t.request(&format!("{prefix}.INFO"), "").json();
        assert_has(&info, json!({"domain": "hub", "api": {"level": 5}}));
    }
    for subject in ["$JS.other.API.INFO", "$JS.hub.API.FOO", "$JS.hub.INFO"] {
        let answer = t.request(subject, "");
        assert_eq!((answer.status().as_str(), answer.header("Nats-Subject").as_deref()), ("503", Some(subject)));
    }
    let config = json!({"name": "S", "subjects": ["s.>", "$KV.B.>"], "allow_direct": true});
    let created = t.request_json("$JS.hub.API.STREAM.CREATE.S", config.clone());
    assert_eq!((created.get("domain"), &created["did_create"]), (None, &json!(true)));
    let advisory = events.expect_message("$JS.EVENT.ADVISORY.STREAM.CREATED.S").json();
    assert_has(&advisory, json!({"action": "create", "domain": "hub"}));
    assert_eq!(t.request("s.a", "x").text(), r#"{"stream":"S","domain":"hub","seq":1}"#);
    assert_eq!(t.request("$JS.hub.API.$KV.B.a", "x").text(), r#"{"stream":"S","domain":"hub","seq":2}"#);
    let refused = t.request_with("s.a", &["Nats-Expected-Stream: T"], "x").json();
    assert_has(&refused, json!({"error": {"err_code": 10060}, "stream": "S", "seq": 0}));
    assert_eq!(t.request_json("$JS.hub.API.STREAM.INFO.S", json!({}))["domain"], json!("hub"));
    assert_eq!(t.request_json("$JS.hub.API.STREAM.UPDATE.S", config)["domain"], json!("hub"));
    assert_eq!(t.request_json("$JS.hub.API.STREAM.LIST", json!({}))["streams"][0]["domain"], json!("hub"));
    let direct = t.request("$JS.hub.API.DIRECT.GET.S", r#"{"seq":2}"#);
    assert_eq!(direct.header("Nats-Subject").as_deref(), Some("$KV.B.a"));
    let durable = json!({"stream_name": "S", "config": {"durable_name": "d", "ack_policy": "explicit"}});
    t.request_json("$JS.hub.API.CONSUMER.DURABLE.CREATE.S.d", durable);
    let message = t.request("$JS.hub.API.CONSUMER.MSG.NEXT.S.d", "");
    assert!(message.reply().is_some_and(|reply| reply.starts_with("$JS.ACK.S.d.1.1.1.")));
}

fn domain_of_a_trace(t: &mut Stage) {
    t.start(Setup { domain: Some("hub"), ..Setup::default() });
    let mut c = t.modern();
    c.send("SUB traces 1");
    c.publish_with("$JS.hub.API.INFO", "in", &["Nats-Trace-Dest: traces"], "");
    let document = c.expect_message("traces").json();
    assert_eq!(document["server"]["domain"], json!("hub"));
    let kinds: Vec<&Value> =
        document["events"].as_array().expect("a list").iter().map(|event| &event["type"]).collect();
    assert_eq!(kinds, ["in", "sm", "si"]);
    assert_eq!(document["events"][1]["to"], json!("$JS.API.INFO"));
}

fn long_ack_subjects(t: &mut Stage) {
    t.start(Setup { long_ack_subjects: true, ..Setup::default() });
    t.api_ok("STREAM.CREATE.S", json!({"name": "S"}));
    t.store("S", "x");
    let durable = json!({"stream_name": "S", "config": {"durable_name": "d", "ack_policy": "explicit"}});
    t.api_ok("CONSUMER.DURABLE.CREATE.S.d", durable);
    let message = t.request("$JS.API.CONSUMER.MSG.NEXT.S.d", "");
    let reply = message.reply().expect("an ack subject").to_owned();
    let tokens: Vec<&str> = reply.split('.').collect();
    assert_eq!((tokens.len(), &tokens[..9]), (11, &["$JS", "ACK", "_", "szMpdrwD", "S", "d", "1", "1", "1"][..]));
    assert_eq!(tokens[10], "0");
    assert_eq!(t.request(&reply, "+ACK").text(), "");
    assert_eq!(t.api_ok("CONSUMER.INFO.S.d", json!(null))["num_ack_pending"], json!(0));
}
