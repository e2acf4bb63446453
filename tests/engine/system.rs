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

fn server_ping_is_not_for_everybody(t: &mut Stage) {
    for subject in ["$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.VARZ", "$SYS.REQ.ACCOUNT.$G.INFO"] {
        assert_eq!(t.request(subject, "").status(), "503", "{subject}");
    }
}
