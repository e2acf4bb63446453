//! What the server announces and tells about itself: rows C-227 to C-231.

use crate::support::runner::{Row, row};
use crate::support::{Stage, assert_has};
use serde_json::{Value, json};

const ADVISORY: &str = "io.nats.jetstream.advisory.v1.";

pub const ROWS: &[Row] = &[
    row("C-227", stream_advisories),
    row("C-228", audit_advisories),
    row("C-229", user_info),
    row("C-230", connections_and_account),
    row("connections-asked-for", connections_asked_for),
    row("C-231", server_ping_is_not_for_everybody),
];

fn stream_advisories(t: &mut Stage) {
    let mut c = t.modern();
    c.send("SUB $JS.EVENT.ADVISORY.STREAM.> 1");
    c.expect_nothing();
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s"]}));
    // The same again creates nothing, and nothing is announced.
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s"]}));
    t.api_ok("STREAM.UPDATE.S", json!({"name": "S", "subjects": ["s", "t"]}));
    t.api_ok("STREAM.UPDATE.S", json!({"name": "S", "subjects": ["s", "t"]}));
    t.api_ok("STREAM.DELETE.S", Value::Null);
    for (event, action) in [("CREATED", "create"), ("UPDATED", "modify"), ("UPDATED", "modify"), ("DELETED", "delete")]
    {
        let advisory = c.expect_message(&format!("$JS.EVENT.ADVISORY.STREAM.{event}.S")).json();
        assert_has(&advisory, json!({"type": format!("{ADVISORY}stream_action"), "stream": "S", "action": action}));
        assert_eq!(advisory["id"].as_str().map(str::len), Some(22), "{advisory}");
        assert!(advisory["timestamp"].is_string(), "{advisory}");
    }
    c.expect_nothing();
}

fn audit_advisories(t: &mut Stage) {
    let mut c = t.modern();
    c.send("SUB $JS.EVENT.ADVISORY.API 1");
    c.expect_nothing();
    let mut asker = t.client(r#"{"verbose":false,"name":"bob","lang":"raw","version":"1"}"#);
    let request = r#"{"name":"S","subjects":["s"]}"#;
    let answer = asker.request("$JS.API.STREAM.CREATE.S", request);
    let advisory = c.expect_message("$JS.EVENT.ADVISORY.API").json();
    assert_has(
        &advisory,
        json!({
            "type": format!("{ADVISORY}api_audit"),
            "server": "n1",
            "subject": "$JS.API.STREAM.CREATE.S",
            "request": request,
            "client": {"acc": "$G", "name": "bob", "lang": "raw", "ver": "1", "server": "n1", "kind": "Client"},
        }),
    );
    assert_eq!(advisory["response"], json!(answer.text()));
    // Refusals are told too; a message that was got is not.
    asker.request("$JS.API.STREAM.INFO.NONE", "");
    let advisory = c.expect_message("$JS.EVENT.ADVISORY.API").json();
    assert!(advisory.get("request").is_none() && advisory["response"].to_string().contains("10059"), "{advisory}");
    t.store("s", "hi");
    t.api_ok("STREAM.MSG.GET.S", json!({"seq": 1}));
    c.expect_nothing();
}

fn user_info(t: &mut Stage) {
    let info = t.request("$SYS.REQ.USER.INFO", "").json();
    assert_eq!(info["data"], json!({"user": "", "account": "$G", "account_name": "$G"}));
    assert_has(&info["server"], json!({"name": "n1", "ver": "2.15.1", "jetstream": true, "flags": 7}));
}

fn connections_and_account(t: &mut Stage) {
    let mut c = t.client(r#"{"verbose":false,"name":"bob","lang":"raw","version":"1"}"#);
    c.send("SUB a 1\r\nSUB b 2");
    c.publish("a", "hello");
    c.expect("MSG a 1 5\r\nhello");
    for subject in ["$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.SERVER.PING.CONNZ"] {
        let connz = t.request(subject, "").json();
        assert_has(&connz["data"], json!({"num_connections": 2, "total": 2, "offset": 0, "limit": 1024}));
        let connections = connz["data"]["connections"].as_array().expect("a list");
        let bob = connections.iter().find(|it| it["name"] == "bob").expect("bob is connected");
        assert_has(
            bob,
            json!({
                "kind": "Client", "type": "nats", "ip": "127.0.0.1", "lang": "raw", "version": "1", "pending_bytes": 0,
                "in_msgs": 1, "in_bytes": 5, "out_msgs": 1, "out_bytes": 5, "subscriptions": 2,
            }),
        );
    }
    let statz = t.request("$SYS.REQ.ACCOUNT.PING.STATZ", "").json();
    assert_has(&statz["data"]["account_statz"], json!([{"acc": "$G", "name": "$G", "conns": 2, "total_conns": 2}]));
}

/// Sorting, paging, filters and what else a request for the list of connections may say.
fn connections_asked_for(t: &mut Stage) {
    let mut ann = t.client(r#"{"verbose":false,"name":"ann"}"#);
    ann.send("SUB a.* 1\r\nSUB b 2\r\nUNSUB 2 5");
    ann.expect_nothing();
    let mut bob = t.client(r#"{"verbose":false,"name":"bob"}"#);
    bob.send("SUB c grp 9");
    for _ in 0..5 {
        bob.publish("x", "hello");
    }
    bob.expect_nothing();
    let mut list = |request: Value| t.request("$SYS.REQ.SERVER.PING.CONNZ", &request.to_string()).json();
    let names = |list: &Value| -> Vec<String> {
        let connections = list["data"]["connections"].as_array().expect("a list");
        connections.iter().map(|it| it["name"].as_str().unwrap_or("-").to_owned()).filter(|name| name != "-").collect()
    };
    for (request, expected) in [
        (json!({}), vec!["ann", "bob"]),
        (json!({"sort": "subs"}), vec!["ann", "bob"]),
        (json!({"sort": "msgs_from"}), vec!["bob", "ann"]),
        (json!({"sort": "bytes_from"}), vec!["bob", "ann"]),
        (json!({"sort": "uptime"}), vec!["bob", "ann"]),
        (json!({"filter_subject": "a.>"}), vec!["ann"]),
        (json!({"filter_subject": "c", "unknown": 1}), vec!["bob"]),
        (json!({"user": "nobody"}), vec![]),
        (json!({"state": 1}), vec![]),
        (json!({"state": 2}), vec!["ann", "bob"]),
    ] {
        assert_eq!(names(&list(request.clone())), expected, "{request}");
    }
    let cids = list(json!({}))["data"]["connections"].clone();
    let second = list(json!({"offset": 1, "limit": 1}));
    assert_has(&second["data"], json!({"num_connections": 1, "total": 3, "offset": 1, "limit": 1}));
    assert_eq!(second["data"]["connections"][0]["cid"], cids[1]["cid"]);
    let one = list(json!({"cid": cids[2]["cid"]}));
    assert_has(&one["data"], json!({"num_connections": 1, "total": 3, "limit": 1}));
    let ann = list(json!({"filter_subject": "a.b", "subscriptions_detail": true, "auth": true}));
    let ann = &ann["data"]["connections"][0];
    assert_eq!(ann["name_tag"], "$G");
    let details = ann["subscriptions_list_detail"].as_array().expect("a list");
    let on_b = details.iter().find(|it| it["subject"] == "b").expect("it is subscribed");
    assert_has(on_b, json!({"sid": "2", "msgs": 0, "max": 5, "cid": ann["cid"]}));
    let bob = list(json!({"filter_subject": "c", "subscriptions": true}));
    assert_eq!(bob["data"]["connections"][0]["subscriptions_list"], json!(["c"]));
    for (request, code, text) in [
        (json!({"sort": "size"}), 500, "invalid sorting option: size"),
        (json!({"sort": "stop"}), 500, "sort by stop only valid on closed connections"),
        (
            json!({"limit": "x"}),
            400,
            "json: cannot unmarshal string into Go struct field ConnzEventOptions.limit of type int",
        ),
        (json!([1]), 400, "json: cannot unmarshal array into Go value of type server.ConnzEventOptions"),
    ] {
        assert_has(&list(request), json!({"error": {"code": code, "description": text}}));
    }
    t.request_unanswered("$SYS.REQ.SERVER.PING.CONNZ", r#"{"server_name":"another"}"#);
}

fn server_ping_is_not_for_everybody(t: &mut Stage) {
    for subject in ["$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.VARZ", "$SYS.REQ.ACCOUNT.$G.INFO"] {
        assert_eq!(t.request(subject, "").status(), "503", "{subject}");
    }
}
