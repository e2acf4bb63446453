//! Streams leave in pieces and come back from them: row C-134.

use crate::support::runner::{Row, row};
use crate::support::{Client, Frame, Stage, assert_has};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("C-134", backed_up_and_restored),
    row("C-134", restored_elsewhere),
    row("C-134", small_backup),
    row("C-134", exchanged),
    row("C-134", waits_for_a_listener),
    row("C-134", unconfirmed_pieces),
    row("C-134", snapshot_refusals),
    row("C-134", restore_refusals),
    row("C-134", damaged_backups),
    row("backup-advisories", advisories),
    row("backup-stalls", nobody_goes_on),
];

const CHUNK: usize = 1024;

/// Eight messages and a consumer as nats-server 2.15.1 backed them up, compressed.
const MADE_BY_NATS_SERVER: &str = "\
    /wYAAFMyc1R3TwBvAgBRTPDv0wzETkFUU0FSQzEK+IebhMj1iOoxAACxAXN0YXRlLmpzb257Im1lc3NhZ2VzIjo4LCJieXQBCkQxMTk2LCJm\
    aXJzdF9zZXEiOjERDpx0cyI6IjIwMjYtMTEtMjFUMTM6MTY6NTMuMzU1Nzk2NDY3WiIsImxhETkAOA0NajgAGDczOTAyODkBOCRudW1fc3Vi\
    amVjATBUMSwiY29uc3VtZXJfY291bnQiOjF9Cx3JBN4CESCEcy9keyJjb25maWciOnsiZHVyYWJsZV9uYW1lIjoiZCIsIh0LZGRlbGl2ZXJf\
    cG9saWN5IjoiYWxsIiwiYWNrGRMcZXhwbGljaXQNGCB3YWl0IjozMDARAhQsIm1heF8NSiwiOi0xLCJyZXBsYXkZQxRpbnN0YW4BQjxtYXhf\
    d2FpdGluZyI6NTEyCT0cYWNrX3BlbmQFFgAxBVQhAAFHQGljYXMiOjAsIm1ldGFkYXRhAdVcX25hdHMucmVxLmxldmVsIjoiMCJ9fSwiJc0B\
    IQ2OBGVkAQ0xGinAADABJwxyZWFtKc8EMH0J1xBmbG9vcoouABh9fQPm3+OARUAUARIVcy5hQVhQLzEuMA0KQTogMQ0KDQpyZXBlYXQgNgcA\
    EAOsq4uBBTcIAhIqpjcANkUADQ4MA8auowlMCAMSP/pMAA1TNgcADAOArr4JYQgEElQRYRUARDZvAA0ODAP6k9sJdggFEmkRdhUAWTanAQ0O\
    DAPehvUJiwgGEn4RixUAbg2SNgcAEAOeu5CCBaAMBxKTAaaGAjZGABEOFQBgDAOip6YJtggIEqgRthUAmVImARAAAAAAAA==";

/// Two messages as the engine backed them up, not compressed.
const MADE_BY_THE_ENGINE: &str = "\
    /wYAAFMyc1R3TwGkAgDsxynCTkFUU0FSQzEKgL3cx7H0geoxAAC4AXN0YXRlLmpzb257Im1lc3NhZ2VzIjoyLCJieXRlcyI6MTE4LCJmaXJz\
    dF9zZXEiOjEsImZpcnN0X3RzIjoiMjAyNi0xMS0yMVQwOTowMDowMC4wMDAxNFoiLCJsYXN0X3NlcSI6MywibGFzdF90cyI6IjIwMjYtMTEt\
    MjFUMDk6MDA6MDAuMDAwMjZaIiwibnVtX3N1YmplY3RzIjoxLCJudW1fZGVsZXRlZCI6MSwiY29uc3VtZXJfY291bnQiOjF9C4C93Mex9IHq\
    MQAA3gJjb25zdW1lcnMvZHsiY29uZmlnIjp7ImR1cmFibGVfbmFtZSI6ImQiLCJuYW1lIjoiZCIsImRlbGl2ZXJfcG9saWN5IjoiYWxsIiwi\
    YWNrX3BvbGljeSI6ImV4cGxpY2l0IiwiYWNrX3dhaXQiOjMwMDAwMDAwMDAwLCJtYXhfZGVsaXZlciI6LTEsInJlcGxheV9wb2xpY3kiOiJp\
    bnN0YW50IiwibWF4X3dhaXRpbmciOjUxMiwibWF4X2Fja19wZW5kaW5nIjoxMDAwLCJudW1fcmVwbGljYXMiOjAsIm1ldGFkYXRhIjp7Il9u\
    YXRzLnJlcS5sZXZlbCI6IjAifX0sInN0YXRlIjp7ImRlbGl2ZXJlZCI6eyJjb25zdW1lcl9zZXEiOjAsInN0cmVhbV9zZXEiOjB9LCJhY2tf\
    Zmxvb3IiOnsiY29uc3VtZXJfc2VxIjowLCJzdHJlYW1fc2VxIjowfX19A8CLrsex9IHqMQESA3MuYU5BVFMvMS4wDQpBOiAxDQoNCm9uZQPA\
    3rzHsfSB6jEDEgVzLmFOQVRTLzEuMA0KQTogMQ0KDQp0aHJlZQAAAAAA";

/// Text that does not shrink much when it is compressed.
fn noise(bytes: usize) -> String {
    let mut state = 7u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(33 + (state >> 33) as u8 % 94)
    };
    (0..bytes).map(|_| next()).collect()
}

/// A stream with gaps at both ends and inside, a consumer with one answer given, two open and one of them redelivered.
fn stream_with_history(t: &mut Stage, storage: &str) {
    let config = json!({"name": "S", "subjects": ["s.>"], "storage": storage, "first_seq": 5});
    t.api_ok("STREAM.CREATE.S", config);
    for payload in ["one", "two", "three", "four"] {
        t.store("s.a", payload);
    }
    assert_eq!(t.request_with("s.b", &["A: 1"], &noise(3000)).json()["seq"], json!(9));
    t.store("s.c", "last");
    for seq in [6, 10] {
        t.api_ok("STREAM.MSG.DELETE.S", json!({"seq": seq}));
    }
    let config = json!({"durable_name": "d", "ack_policy": "explicit"});
    t.api_ok("CONSUMER.DURABLE.CREATE.S.d", json!({"stream_name": "S", "config": config}));
    let push =
        json!({"durable_name": "p", "deliver_subject": "nobody", "filter_subject": "s.b", "ack_policy": "explicit"});
    t.api_ok("CONSUMER.DURABLE.CREATE.S.p", json!({"stream_name": "S", "config": push}));
    let mut replies = Vec::new();
    for _ in 0..3 {
        replies.push(next(t).reply().expect("an ack subject").to_owned());
    }
    t.request(&replies[0], "+ACK");
    t.request(&replies[2], "-NAK");
    assert_eq!(next(t).text(), "four");
}

fn next(t: &mut Stage) -> Frame {
    t.request("$JS.API.CONSUMER.MSG.NEXT.S.d", "1")
}

fn listener(t: &mut Stage) -> Client {
    let mut c = t.modern();
    c.send("SUB pieces 1");
    c.flush();
    c
}

/// Reads a backup to its end, confirming what wants to be confirmed. Returns it and the last frame.
#[track_caller]
fn read_backup(c: &mut Client, chunk: usize) -> (Vec<u8>, Frame) {
    let mut bytes = Vec::new();
    let mut number = 0;
    loop {
        let piece = c.expect_message("pieces");
        if piece.payload.is_empty() {
            return (bytes, piece);
        }
        match piece.reply() {
            Some(reply) => {
                number += 1;
                assert_eq!(piece.payload.len(), chunk);
                assert!(reply.starts_with("$JS.SNAPSHOT.ACK.S."), "{reply}");
                assert!(reply.ends_with(&format!(".{chunk}.{number}")), "{reply}");
                c.publish(reply, "");
            }
            None => assert!(piece.payload.len() < chunk),
        }
        bytes.extend(&piece.payload);
    }
}

fn back_up(t: &mut Stage, own: Value) -> (Value, Vec<u8>) {
    let mut c = listener(t);
    let mut request = json!({"deliver_subject": "pieces", "chunk_size": CHUNK});
    request.as_object_mut().expect("an object").extend(own.as_object().expect("an object").clone());
    let answer = t.api_ok("STREAM.SNAPSHOT.S", request);
    let (bytes, end) = read_backup(&mut c, CHUNK);
    assert_eq!(end.status(), "204");
    (answer, bytes)
}

/// Sends a backup in; returns the last answer.
fn send_in(t: &mut Stage, stream: &str, config: &Value, bytes: &[u8]) -> Value {
    let answer = t.api_ok(&format!("STREAM.RESTORE.{stream}"), json!({"config": config, "state": {}}));
    assert_eq!(answer["type"], json!("io.nats.jetstream.api.v1.stream_restore_response"));
    let subject = answer["deliver_subject"].as_str().expect("a subject").to_owned();
    assert!(subject.starts_with(&format!("$JS.SNAPSHOT.RESTORE.{stream}.")), "{subject}");
    let mut c = t.modern();
    c.send("SUB acks 1");
    for piece in bytes.chunks(CHUNK) {
        c.send_bytes(format!("PUB {subject} acks {}\r\n", piece.len()).as_bytes());
        c.send_bytes(piece);
        c.send_bytes(b"\r\n");
        c.expect("MSG acks 1 0\r\n");
    }
    c.request(&subject, "").json()
}

fn without_times(mut info: Value) -> Value {
    for field in ["created", "ts", "type", "cluster", "total", "offset", "limit"] {
        info.as_object_mut().expect("an object").remove(field);
    }
    for place in ["delivered", "ack_floor"] {
        if let Some(place) = info.get_mut(place).and_then(Value::as_object_mut) {
            place.remove("last_active");
        }
    }
    info
}

fn info(t: &mut Stage) -> Value {
    let mut info = without_times(t.api_ok("STREAM.INFO.S", json!({"deleted_details": true})));
    // The newest message was deleted: when it came is not in the backup.
    info["state"].as_object_mut().expect("an object").remove("last_ts");
    info
}

fn consumers(t: &mut Stage) -> Vec<Value> {
    ["d", "p"].map(|name| without_times(t.api_ok(&format!("CONSUMER.INFO.S.{name}"), json!(null)))).into()
}

fn backed_up_and_restored(t: &mut Stage) {
    for storage in ["memory", "file"] {
        stream_with_history(t, storage);
        let (before, consumers_before) = (info(t), consumers(t));
        let (answer, bytes) = back_up(t, json!({}));
        assert_eq!(answer["type"], json!("io.nats.jetstream.api.v1.stream_snapshot_response"));
        assert_eq!(answer["config"]["metadata"], json!({"_nats.req.level": "0"}));
        assert_has(&answer["state"], json!({"messages": 4, "first_seq": 5, "last_seq": 10, "consumer_count": 2}));
        t.api_ok("STREAM.DELETE.S", json!(null));
        let restored = send_in(t, "S", &answer["config"], &bytes);
        assert_eq!(restored["type"], json!("io.nats.jetstream.api.v1.stream_create_response"));
        assert_eq!(restored.get("did_create"), None);
        assert_has(&restored["state"], json!({"messages": 4, "first_seq": 5, "last_seq": 10, "consumer_count": 2}));
        assert_eq!(info(t), before);
        assert_eq!(consumers(t), consumers_before);
        let message = t.api_ok("STREAM.MSG.GET.S", json!({"seq": 9}));
        assert_has(&message["message"], json!({"subject": "s.b", "hdrs": "TkFUUy8xLjANCkE6IDENCg0K"}));
        assert_eq!(t.store("s.a", "new"), 11);
        t.api_ok("STREAM.DELETE.S", json!(null));
    }
}

fn restored_elsewhere(t: &mut Stage) {
    stream_with_history(t, "memory");
    let (answer, bytes) = back_up(t, json!({"no_consumers": true}));
    let mut config = answer["config"].clone();
    config["name"] = json!("T");
    assert_eq!(
        send_in(t, "T", &config, &bytes)["error"]["description"],
        json!("restore failed: error adding stream: subjects overlap with an existing stream (10065)")
    );
    for (field, value) in [("subjects", json!(["t.>"])), ("storage", json!("file")), ("max_msgs", json!(2))] {
        config[field] = value;
    }
    let restored = send_in(t, "T", &config, &bytes);
    let state = json!({"messages": 2, "first_seq": 8, "last_seq": 10, "num_deleted": 1, "consumer_count": 0});
    assert_has(&restored["state"], state);
    assert_has(&restored["config"], json!({"name": "T", "storage": "file", "subjects": ["t.>"]}));
    // A message keeps its subject, even one the stream does not listen on.
    assert_has(
        &t.api_ok("STREAM.MSG.GET.T", json!({"seq": 8})),
        json!({"message": {"subject": "s.a", "data": "Zm91cg=="}}),
    );
}

fn small_backup(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s.>"]}));
    assert_eq!(t.request_with("s.a", &["Nats-Msg-Id: one"], "x").json()["seq"], json!(1));
    let mut c = listener(t);
    let answer = t.api_ok("STREAM.SNAPSHOT.S", json!({"deliver_subject": "pieces"}));
    let (bytes, end) = read_backup(&mut c, 128 * 1024);
    assert_eq!(end.to_string(), "MSG pieces 1 0\r\n");
    t.api_ok("STREAM.DELETE.S", json!(null));
    send_in(t, "S", &answer["config"], &bytes);
    // Ids seen before the backup are forgotten.
    assert_eq!(t.request_with("s.a", &["Nats-Msg-Id: one"], "x").json(), json!({"stream": "S", "seq": 2}));
}

/// A backup made by one server is taken by the other.
fn exchanged(t: &mut Stage) {
    let config = json!({"name": "S", "subjects": ["s.>"]});
    let from_server = jetlab::base64::BASE64.decode(MADE_BY_NATS_SERVER.as_bytes()).expect("written here");
    let restored = send_in(t, "S", &config, &from_server);
    assert_has(&restored["state"], json!({"messages": 8, "last_seq": 8, "consumer_count": 1, "bytes": 1196}));
    let message = t.api_ok("STREAM.MSG.GET.S", json!({"seq": 8, "no_hdr": true}));
    let payload = jetlab::base64::BASE64.encode("repeat ".repeat(24).as_bytes());
    assert_has(&message["message"], json!({"data": payload, "time": "2026-11-21T13:16:53.357390289Z"}));
    assert_has(&t.api_ok("CONSUMER.INFO.S.d", json!(null)), json!({"num_pending": 8}));
    t.api_ok("STREAM.DELETE.S", json!(null));
    let from_engine = jetlab::base64::BASE64.decode(MADE_BY_THE_ENGINE.as_bytes()).expect("written here");
    let restored = send_in(t, "S", &config, &from_engine);
    assert_has(&restored["state"], json!({"messages": 2, "first_seq": 1, "last_seq": 3, "num_deleted": 1}));
    assert_eq!(next(t).text(), "one");
}

/// A subscription with wildcards is no reason to begin: what the `nats` command line relies on.
fn waits_for_a_listener(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s.>"]}));
    t.store("s.a", "x");
    let mut wide = t.modern();
    wide.send("SUB pieces.* 1");
    wide.flush();
    t.api_ok("STREAM.SNAPSHOT.S", json!({"deliver_subject": "pieces.a"}));
    wide.expect_silence(Duration::from_secs(1));
    let mut c = t.modern();
    c.send("SUB pieces.a 1");
    c.flush();
    let piece = c.expect_message("pieces.a");
    assert!(!piece.payload.is_empty());
    assert!(c.expect_message("pieces.a").payload.is_empty());
    assert_eq!(wide.expect_message("pieces.a").payload, piece.payload);
    // Without one, patience lasts two seconds; then the pieces are sent all the same.
    wide.expect_message("pieces.a");
    t.api_ok("STREAM.SNAPSHOT.S", json!({"deliver_subject": "pieces.b"}));
    wide.expect_silence(Duration::from_millis(500));
    assert!(!wide.expect_message("pieces.b").payload.is_empty());
}

fn unconfirmed_pieces(t: &mut Stage) {
    stream_with_history(t, "memory");
    let mut c = listener(t);
    let request = json!({"deliver_subject": "pieces", "chunk_size": CHUNK, "window_size": 1});
    t.api_ok("STREAM.SNAPSHOT.S", request);
    assert_eq!(c.expect_message("pieces").payload.len(), CHUNK);
    c.expect_silence(Duration::from_secs(2));
    let end = c.expect_message("pieces");
    assert_eq!((end.status().as_str(), end.payload.len()), ("408 No Flow Response", 0));
}

fn snapshot_refusals(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S"}));
    let mut refused = |stream: &str, body: Value, expected: Value| {
        assert_eq!(t.api_error(&format!("STREAM.SNAPSHOT.{stream}"), body.clone()), expected, "{body}");
    };
    let bad_request = json!({"code": 400, "err_code": 10003, "description": "bad request"});
    refused("S", json!({}), bad_request.clone());
    refused("S", json!(null), bad_request);
    let invalid = json!({"code": 400, "err_code": 10015, "description": "deliver subject not valid"});
    refused("S", json!({"deliver_subject": "a.*"}), invalid.clone());
    refused("S", json!({"deliver_subject": "a..b"}), invalid.clone());
    refused("S", json!({"no_consumers": true}), invalid);
    let unknown = json!({"code": 404, "err_code": 10059, "description": "stream not found"});
    refused("NONE", json!({"deliver_subject": "x"}), unknown);
    let field = "invalid JSON: json: unknown field \"foo\"";
    refused("S", json!({"foo": 1}), json!({"code": 400, "err_code": 10025, "description": field}));
}

fn restore_refusals(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S"}));
    let mut refused = |stream: &str, body: Value, code: u64, err_code: u64, description: &str| {
        let answer = t.api(&format!("STREAM.RESTORE.{stream}"), body.clone());
        let error = json!({"code": code, "err_code": err_code, "description": description});
        let kind = "io.nats.jetstream.api.v1.stream_restore_response";
        assert_eq!(answer, json!({"type": kind, "error": error, "deliver_subject": ""}), "{body}");
    };
    refused("T", json!({}), 400, 10003, "bad request");
    refused("T", json!(null), 400, 10003, "bad request");
    let config = |name: &str, own: Value| {
        let mut config = json!({"name": name});
        config.as_object_mut().expect("an object").extend(own.as_object().expect("an object").clone());
        json!({"config": config, "state": {}})
    };
    refused("S", config("S", json!({})), 400, 10130, "stream name already in use, cannot restore");
    refused("S", config("S", json!({"num_replicas": 3})), 400, 10130, "stream name already in use, cannot restore");
    refused("T", config("S", json!({})), 400, 10056, "stream name in subject does not match request");
    refused("T", config("T", json!({"max_age": 1})), 500, 10052, "max age needs to be >= 100ms");
    refused("T", json!({"foo": 1}), 400, 10025, "invalid JSON: json: unknown field \"foo\"");
    let wrong = "invalid JSON: json: cannot unmarshal number into Go struct field JSApiStreamRestoreRequest.config of \
                 type server.StreamConfig";
    refused("T", json!({"config": 5}), 400, 10025, wrong);
}

fn damaged_backups(t: &mut Stage) {
    stream_with_history(t, "memory");
    let (answer, bytes) = back_up(t, json!({}));
    t.api_ok("STREAM.DELETE.S", json!(null));
    let half = &bytes[..bytes.len() / 2];
    for (pieces, why) in [(&b""[..], "EOF"), (b"hello world", "s2: corrupt input"), (half, "s2: corrupt input")] {
        let ended = send_in(t, "S", &answer["config"], pieces);
        let error = json!({"code": 500, "err_code": 10062, "description": format!("restore failed: {why}")});
        assert_eq!(ended, json!({"type": "io.nats.jetstream.api.v1.stream_create_response", "error": error}));
        assert_eq!(t.api_error("STREAM.INFO.S", json!(null))["err_code"], json!(10059));
    }
}

fn advisories(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s.>"]}));
    t.store("s.a", "x");
    let mut events = t.modern();
    events.send("SUB $JS.EVENT.ADVISORY.STREAM.SNAPSHOT_CREATE.> 1");
    events.send("SUB $JS.EVENT.ADVISORY.STREAM.SNAPSHOT_COMPLETE.> 2");
    events.send("SUB $JS.EVENT.ADVISORY.STREAM.RESTORE_CREATE.> 3");
    events.send("SUB $JS.EVENT.ADVISORY.STREAM.RESTORE_COMPLETE.> 4");
    events.flush();
    let mut c = listener(t);
    let answer = t.api_ok("STREAM.SNAPSHOT.S", json!({"deliver_subject": "pieces"}));
    let (bytes, _) = read_backup(&mut c, 128 * 1024);
    let mut told = |token: &str, document: Value| {
        let advisory = events.expect_message(&format!("$JS.EVENT.ADVISORY.STREAM.{token}.S")).json();
        let kind = format!("io.nats.jetstream.advisory.v1.{}", token.to_lowercase());
        assert_has(&advisory, json!({"type": kind, "stream": "S", "client": {"acc": "$G", "kind": "Client"}}));
        assert_has(&advisory, document);
        advisory
    };
    told("SNAPSHOT_CREATE", json!({"state": {"messages": 1, "last_seq": 1, "consumer_count": 0}}));
    let complete = told("SNAPSHOT_COMPLETE", json!({}));
    assert!(complete["start"].is_string() && complete["end"].is_string() && complete.get("error").is_none());
    t.api_ok("STREAM.DELETE.S", json!(null));
    send_in(t, "S", &answer["config"], &bytes);
    told("RESTORE_CREATE", json!({}));
    told("RESTORE_COMPLETE", json!({"bytes": bytes.len()}));
}

fn nobody_goes_on(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S"}));
    let mut events = t.modern();
    events.send("SUB $JS.EVENT.ADVISORY.STREAM.SNAPSHOT_COMPLETE.> 1");
    events.flush();
    t.api_ok("STREAM.SNAPSHOT.S", json!({"deliver_subject": "nobody"}));
    let restoring = t.api_ok("STREAM.RESTORE.T", json!({"config": {"name": "T"}}));
    let subject = restoring["deliver_subject"].as_str().expect("a subject").to_owned();
    events.expect_silence(Duration::from_millis(1500));
    let complete = events.expect_message("$JS.EVENT.ADVISORY.STREAM.SNAPSHOT_COMPLETE.S").json();
    assert_eq!(complete.get("error"), None);
    assert_eq!(t.request(&subject, "x").status(), "");
    t.advance(Duration::from_secs(6));
    assert_eq!(t.request(&subject, "x").status(), "503");
    assert_eq!(t.api_error("STREAM.INFO.T", json!(null))["err_code"], json!(10059));
}
