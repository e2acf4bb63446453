//! Key-value buckets, object stores and clients' habits as plain messages, without any client: rows D-264 to D-275,
//! D-290 to D-294, D-305, D-307 to D-309.

use crate::support::runner::{Row, row};
use crate::support::{Client, Stage, assert_has};
use serde_json::{Value, json};

pub const ROWS: &[Row] = &[
    row("D-264", buckets_of_each_client),
    row("D-265 D-266", put_and_get),
    row("D-267 D-268", guarded_writes),
    row("D-269 D-270", tombstones),
    row("D-271", purged_key),
    row("D-272 D-273", watch),
    row("D-274", keys),
    row("D-275", history),
    row("D-290 D-291", objects),
    row("D-292", overwritten_object),
    row("D-293", deleted_object),
    row("D-294", listed_objects),
    row("D-305", ordered_consumer_starts_over),
    row("D-307", nobody_there),
    row("D-308", publishing_ahead),
    row("D-309", double_ack),
];

const CHUNK: usize = 131_072;

pub(super) fn bucket_config(history: u32) -> Value {
    json!({
        "name": "KV_B", "subjects": ["$KV.B.>"], "max_msgs_per_subject": history, "discard": "new",
        "allow_rollup_hdrs": true, "deny_delete": true, "allow_direct": true, "storage": "file", "num_replicas": 1,
    })
}

pub(super) fn bucket(t: &mut Stage, history: u32) {
    t.api_ok("STREAM.CREATE.KV_B", bucket_config(history));
}

pub(super) fn put(t: &mut Stage, key: &str, headers: &[&str], value: &str) -> Value {
    t.request_with(&format!("$KV.B.{key}"), headers, value).json()
}

pub(super) fn revision(t: &mut Stage, key: &str, headers: &[&str], value: &str) -> u64 {
    let ack = put(t, key, headers, value);
    ack["seq"].as_u64().filter(|seq| *seq > 0).unwrap_or_else(|| panic!("not stored: {ack}"))
}

#[track_caller]
fn refused(t: &mut Stage, key: &str, expected: u64, current: u64) {
    let ack = put(t, key, &[&format!("Nats-Expected-Last-Subject-Sequence: {expected}")], "x");
    let description = format!("wrong last sequence: {current}");
    let error = json!({"code": 400, "err_code": 10071, "description": description});
    assert_eq!(ack, json!({"error": error, "stream": "KV_B", "seq": 0}));
}

fn buckets_of_each_client(t: &mut Stage) {
    let go = json!({"max_bytes": -1, "max_msg_size": -1, "max_msgs": -1, "max_consumers": -1,
        "duplicate_window": 120_000_000_000u64, "max_age": 0});
    let rust = json!({"max_bytes": 0, "max_msgs": 0, "max_consumers": 0, "deny_purge": false});
    let javascript = json!({"max_bytes": -1, "max_msg_size": -1, "deny_delete": false, "compression": "none"});
    let python = json!({"allow_msg_ttl": true, "allow_direct": null, "deny_purge": false});
    for (bucket, own) in [("GO", go), ("RUST", rust), ("JS", javascript), ("PY", python)] {
        let mut config = bucket_config(5);
        let fields = config.as_object_mut().expect("an object");
        fields.insert("name".to_owned(), json!(format!("KV_{bucket}")));
        fields.insert("subjects".to_owned(), json!([format!("$KV.{bucket}.>")]));
        fields.extend(own.as_object().expect("an object").clone());
        let made = t.api_ok(&format!("STREAM.CREATE.KV_{bucket}"), config.clone());
        assert_has(&made, json!({"config": {"max_msgs_per_subject": 5, "discard": "new"}}));
        t.api_ok(&format!("STREAM.CREATE.KV_{bucket}"), config);
    }
}

fn put_and_get(t: &mut Stage) {
    bucket(t, 1);
    assert_eq!(put(t, "a.b", &[], "one"), json!({"stream": "KV_B", "seq": 1}));
    assert_eq!(revision(t, "a.b", &[], "two"), 2);
    let entry = t.request("$JS.API.DIRECT.GET.KV_B.$KV.B.a.b", "");
    assert_eq!(entry.text(), "two");
    for (name, value) in [("Nats-Stream", "KV_B"), ("Nats-Subject", "$KV.B.a.b"), ("Nats-Sequence", "2")] {
        assert_eq!(entry.header(name).as_deref(), Some(value));
    }
    assert!(entry.header("Nats-Time-Stamp").is_some_and(|stamp| stamp.ends_with('Z')));
    assert_eq!(t.request("$JS.API.DIRECT.GET.KV_B.$KV.B.nope", "").status(), "404 Message Not Found");
    let missing = t.api_error("STREAM.MSG.GET.KV_B", json!({"last_by_subj": "$KV.B.nope"}));
    assert_eq!(missing, json!({"code": 404, "err_code": 10037, "description": "no message found"}));
}

fn guarded_writes(t: &mut Stage) {
    bucket(t, 1);
    assert_eq!(revision(t, "k", &["Nats-Expected-Last-Subject-Sequence: 0"], "one"), 1);
    refused(t, "k", 0, 1);
    assert_eq!(revision(t, "k", &["Nats-Expected-Last-Subject-Sequence: 1"], "two"), 2);
    refused(t, "k", 1, 2);
    refused(t, "other", 7, 0);
    assert_eq!(revision(t, "other", &[], "x"), 3);
}

fn tombstones(t: &mut Stage) {
    bucket(t, 5);
    revision(t, "k", &[], "one");
    assert_eq!(revision(t, "k", &["KV-Operation: DEL"], ""), 2);
    let entry = t.request("$JS.API.DIRECT.GET.KV_B.$KV.B.k", "");
    assert_eq!((entry.header("KV-Operation").as_deref(), entry.text().as_str()), (Some("DEL"), ""));
    refused(t, "k", 0, 2);
    assert_eq!(revision(t, "k", &["Nats-Expected-Last-Subject-Sequence: 2"], "again"), 3);
}

pub(super) fn messages(t: &mut Stage, stream: &str) -> Value {
    let body = json!({"subjects_filter": ">"});
    t.api_ok(&format!("STREAM.INFO.{stream}"), body)["state"]["subjects"].clone()
}

fn purged_key(t: &mut Stage) {
    bucket(t, 5);
    for value in ["one", "two", "three"] {
        revision(t, "k", &[], value);
    }
    revision(t, "stays", &[], "x");
    assert_eq!(revision(t, "k", &["KV-Operation: PURGE", "Nats-Rollup: sub"], ""), 5);
    assert_eq!(messages(t, "KV_B"), json!({"$KV.B.k": 1, "$KV.B.stays": 1}));
}

/// An ordered push consumer as clients make it: no acks, heartbeats, gone with its client. Returns `num_pending`.
pub(super) fn watcher(t: &mut Stage, inbox: &str, stream: &str, own: Value) -> u64 {
    let mut config = json!({
        "deliver_subject": inbox, "ack_policy": "none", "max_deliver": 1, "mem_storage": true, "num_replicas": 1,
        "flow_control": true, "idle_heartbeat": 5_000_000_000u64,
    });
    config.as_object_mut().expect("an object").extend(own.as_object().expect("an object").clone());
    let made = t.api_ok(&format!("CONSUMER.CREATE.{stream}"), json!({"stream_name": stream, "config": config}));
    made["num_pending"].as_u64().unwrap_or_default()
}

pub(super) fn listener(t: &mut Stage) -> Client {
    let mut c = t.modern();
    c.send("SUB w 1");
    c.flush();
    c
}

/// Stream sequence, consumer sequence and what is pending after it, as the ack subject tells.
#[track_caller]
pub(super) fn delivery(c: &mut Client, subject: &str) -> (u64, u64, u64) {
    let message = c.expect_message(subject);
    let reply = message.reply().expect("an ack subject").to_owned();
    let tokens: Vec<u64> = reply.rsplit('.').filter_map(|token| token.parse().ok()).collect();
    (tokens[3], tokens[2], tokens[0])
}

fn watch(t: &mut Stage) {
    bucket(t, 5);
    let mut c = listener(t);
    assert_eq!(watcher(t, "w", "KV_B", json!({"deliver_policy": "last_per_subject", "filter_subject": "$KV.B.>"})), 0);
    for (key, value) in [("a", "1"), ("b", "2"), ("a", "3")] {
        revision(t, key, &[], value);
    }
    assert_eq!(delivery(&mut c, "$KV.B.a"), (1, 1, 0));
    assert_eq!(delivery(&mut c, "$KV.B.b"), (2, 2, 0));
    assert_eq!(delivery(&mut c, "$KV.B.a"), (3, 3, 0));
    c.send("UNSUB 1\r\nSUB late 2");
    c.flush();
    assert_eq!(
        watcher(t, "late", "KV_B", json!({"deliver_policy": "last_per_subject", "filter_subject": "$KV.B.>"})),
        2
    );
    assert_eq!(delivery(&mut c, "$KV.B.b"), (2, 1, 1));
    assert_eq!(delivery(&mut c, "$KV.B.a"), (3, 2, 0));
    revision(t, "c", &[], "4");
    assert_eq!(delivery(&mut c, "$KV.B.c"), (4, 3, 0));
}

fn keys(t: &mut Stage) {
    bucket(t, 1);
    for key in ["a", "b"] {
        revision(t, key, &[], "value");
    }
    revision(t, "a", &["KV-Operation: DEL"], "");
    let mut c = listener(t);
    let own = json!({"deliver_policy": "last_per_subject", "filter_subject": "$KV.B.>", "headers_only": true});
    assert_eq!(watcher(t, "w", "KV_B", own), 2);
    let b = c.expect_message("$KV.B.b");
    assert_eq!(
        (b.text().as_str(), b.header("Nats-Msg-Size").as_deref(), b.header("KV-Operation").as_deref()),
        ("", Some("5"), None)
    );
    let a = c.expect_message("$KV.B.a");
    assert_eq!((a.header("Nats-Msg-Size").as_deref(), a.header("KV-Operation").as_deref()), (Some("0"), Some("DEL")));
}

fn history(t: &mut Stage) {
    bucket(t, 5);
    for value in ["1", "2"] {
        revision(t, "k", &[], value);
    }
    revision(t, "other", &[], "x");
    revision(t, "k", &["KV-Operation: DEL"], "");
    let mut c = listener(t);
    assert_eq!(watcher(t, "w", "KV_B", json!({"deliver_policy": "all", "filter_subject": "$KV.B.k"})), 3);
    assert_eq!(delivery(&mut c, "$KV.B.k"), (1, 1, 2));
    assert_eq!(delivery(&mut c, "$KV.B.k"), (2, 2, 1));
    assert_eq!(delivery(&mut c, "$KV.B.k"), (4, 3, 0));
}

pub(super) fn store(t: &mut Stage) {
    let config = json!({"name": "OBJ_F", "subjects": ["$O.F.C.>", "$O.F.M.>"], "discard": "new",
        "allow_rollup_hdrs": true, "allow_direct": true, "num_replicas": 1});
    t.api_ok("STREAM.CREATE.OBJ_F", config);
}

/// Puts an object in chunks and its card, as clients do. `card` is the base64 of its name.
pub(super) fn put_object(t: &mut Stage, nuid: &str, card: &str, bytes: usize) {
    let payload = "x".repeat(bytes);
    for chunk in payload.as_bytes().chunks(CHUNK) {
        t.store(&format!("$O.F.C.{nuid}"), std::str::from_utf8(chunk).expect("all x"));
    }
    write_card(t, card, &json!({"bucket": "F", "nuid": nuid, "size": bytes, "chunks": bytes.div_ceil(CHUNK)}));
}

pub(super) fn write_card(t: &mut Stage, card: &str, body: &Value) {
    let ack = t.request_with(&format!("$O.F.M.{card}"), &["Nats-Rollup: sub"], &body.to_string()).json();
    assert_has(&ack, json!({"stream": "OBJ_F"}));
}

fn objects(t: &mut Stage) {
    store(t);
    put_object(t, "N1", "Zg==", 300_000);
    assert_eq!(messages(t, "OBJ_F"), json!({"$O.F.C.N1": 3, "$O.F.M.Zg==": 1}));
    let mut c = listener(t);
    assert_eq!(watcher(t, "w", "OBJ_F", json!({"deliver_policy": "all", "filter_subject": "$O.F.C.N1"})), 3);
    let mut sizes = Vec::new();
    for left in [2, 1, 0] {
        let chunk = c.expect_message("$O.F.C.N1");
        let reply = chunk.reply().expect("an ack subject").to_owned();
        assert!(reply.ends_with(&format!(".{left}")), "{reply}");
        sizes.push(chunk.text().len());
    }
    assert_eq!(sizes, [CHUNK, CHUNK, 37_856]);
    let names = t.api_ok("STREAM.NAMES", json!({"subject": "$O.F.C.N1"}));
    assert_eq!(names["streams"], json!(["OBJ_F"]));
}

fn overwritten_object(t: &mut Stage) {
    store(t);
    put_object(t, "N1", "Zg==", 300_000);
    put_object(t, "N2", "Zg==", 10);
    assert_eq!(t.api_ok("STREAM.PURGE.OBJ_F", json!({"filter": "$O.F.C.N1"}))["purged"], json!(3));
    assert_eq!(messages(t, "OBJ_F"), json!({"$O.F.C.N2": 1, "$O.F.M.Zg==": 1}));
}

fn deleted_object(t: &mut Stage) {
    store(t);
    put_object(t, "N1", "Zg==", 10);
    let gone = json!({"bucket": "F", "nuid": "N1", "size": 0, "chunks": 0, "digest": "", "deleted": true});
    write_card(t, "Zg==", &gone);
    assert_eq!(t.api_ok("STREAM.PURGE.OBJ_F", json!({"filter": "$O.F.C.N1"}))["purged"], json!(1));
    assert_eq!(messages(t, "OBJ_F"), json!({"$O.F.M.Zg==": 1}));
    let card = t.request("$JS.API.DIRECT.GET.OBJ_F.$O.F.M.Zg==", "");
    assert_eq!(card.json(), gone);
}

fn listed_objects(t: &mut Stage) {
    store(t);
    put_object(t, "N1", "YQ==", 10);
    put_object(t, "N2", "Yg==", 10);
    put_object(t, "N3", "YQ==", 10);
    let mut c = listener(t);
    let own = json!({"deliver_policy": "last_per_subject", "filter_subject": "$O.F.M.>"});
    assert_eq!(watcher(t, "w", "OBJ_F", own), 2);
    assert_eq!(delivery(&mut c, "$O.F.M.Yg=="), (4, 1, 1));
    assert_eq!(delivery(&mut c, "$O.F.M.YQ=="), (6, 2, 0));
}

fn plain_stream(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s.>"], "storage": "memory"}));
}

fn ordered_consumer_starts_over(t: &mut Stage) {
    plain_stream(t);
    for _ in 0..3 {
        t.store("s.a", "x");
    }
    let mut c = listener(t);
    let ordered = |start: u64, name: &str| {
        json!({"name": name, "deliver_subject": "w", "ack_policy": "none", "max_deliver": 1, "mem_storage": true,
            "num_replicas": 1, "deliver_policy": "by_start_sequence", "opt_start_seq": start})
    };
    let create = |t: &mut Stage, start: u64, name: &str| {
        let body = json!({"stream_name": "S", "config": ordered(start, name), "action": "create"});
        t.api_ok(&format!("CONSUMER.CREATE.S.{name}"), body)
    };
    create(t, 1, "o_1");
    for seq in 1..=3 {
        assert_eq!(delivery(&mut c, "s.a"), (seq, seq, 3 - seq));
    }
    t.api_ok("CONSUMER.DELETE.S.o_1", json!(null));
    t.store("s.a", "missed");
    c.expect_nothing();
    create(t, 4, "o_2");
    t.store("s.a", "live");
    assert_eq!(delivery(&mut c, "s.a").0, 4);
    assert_eq!(delivery(&mut c, "s.a"), (5, 2, 0));
}

fn nobody_there(t: &mut Stage) {
    let mut c = t.modern();
    c.send("SUB _INBOX.x.* 1\r\nPUB nobody.home _INBOX.x.7 0\r\n");
    c.expect("HMSG _INBOX.x.7 1 43 43\r\nNATS/1.0 503\r\nNats-Subject: nobody.home\r\n\r\n");
    c.expect_nothing();
}

fn publishing_ahead(t: &mut Stage) {
    const COUNT: u64 = 10_000;
    plain_stream(t);
    let mut c = t.modern();
    c.send("SUB _INBOX.p.* 1");
    for first in (0..COUNT).step_by(500) {
        let orders: String = (first..first + 500).map(|n| format!("PUB s.a _INBOX.p.{n} 1\r\nx\r\n")).collect();
        c.send_bytes(orders.as_bytes());
        for n in first..first + 500 {
            let ack = c.expect_message(&format!("_INBOX.p.{n}"));
            assert_eq!(ack.json(), json!({"stream": "S", "seq": n + 1}));
        }
    }
}

fn double_ack(t: &mut Stage) {
    plain_stream(t);
    t.store("s.a", "x");
    let config = json!({"durable_name": "d", "ack_policy": "explicit"});
    t.api_ok("CONSUMER.DURABLE.CREATE.S.d", json!({"stream_name": "S", "config": config}));
    let message = t.request("$JS.API.CONSUMER.MSG.NEXT.S.d", "1");
    let reply = message.reply().expect("an ack subject").to_owned();
    for _ in 0..2 {
        let answer = t.request(&reply, "+ACK");
        assert_eq!((answer.text().as_str(), answer.headers.len()), ("", 0));
    }
    assert_eq!(t.api_ok("CONSUMER.INFO.S.d", json!(null))["num_ack_pending"], json!(0));
}
