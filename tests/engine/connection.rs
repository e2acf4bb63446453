//! How a connection begins, lives and ends: rows C-001 to C-034.

use crate::support::runner::{Row, row};
use crate::support::{Client, Setup, Stage, assert_has};
use jetlab::engine::{CloseReason, Fact};
use serde_json::{Value, json};
use std::time::Duration;

const QUIET: &str = r#"{"verbose":false,"pedantic":false}"#;

pub const ROWS: &[Row] = &[
    row("C-001", info_comes_first),
    row("C-002", second_info_after_the_first_ping),
    row("C-003", quiet_when_asked),
    row("C-004", verbose_by_default),
    row("C-005 C-006", ok_says_accepted_not_done),
    row("C-007", connect_is_optional),
    row("C-008", malformed_connect),
    row("C-009", unknown_connect_field),
    row("C-010 C-011", connect_refused_for_what_it_asks),
    row("C-012", connect_with_an_account),
    row("C-013", second_connect),
    row("C-014 C-015", credentials_are_checked),
    row("C-016", authentication_timeout),
    row("C-017", tokens),
    row("C-019", pong_comes_last),
    row("C-020", server_pings),
    row("C-021", stale_connection),
    row("C-022", loose_spelling),
    row("C-023 C-024", unknown_operation),
    row("C-025 C-026 C-027", silent_refusals),
    row("C-028 C-029", max_payload),
    row("C-030", headers_count_for_max_payload),
    row("C-031", max_control_line),
    row("C-032 C-033", what_only_a_server_should_say),
    row("C-034", slow_consumer),
];

/// A connection past INFO that sent nothing.
fn greeted(t: &mut Stage) -> Client {
    let mut c = t.raw();
    c.expect_start("INFO {");
    c
}

fn info_comes_first(t: &mut Stage) {
    let info = t.raw().expect_start("INFO ").line;
    let info: Value = serde_json::from_str(&info["INFO ".len()..]).expect("INFO carries JSON");
    assert_has(
        &info,
        json!({"version": "2.15.1", "proto": 1, "headers": true, "max_payload": 1048576, "jetstream": true, "api_lvl": 5}),
    );
    assert_eq!(info["server_id"].as_str().map(str::len), Some(56));
    assert!(info.get("auth_required").is_none() && info["client_id"].is_u64(), "{info}");
}

fn second_info_after_the_first_ping(t: &mut Stage) {
    let mut c = greeted(t);
    c.send(r#"CONNECT {"verbose":false,"protocol":1}"#);
    c.send("PING");
    c.expect("PONG");
    let info = c.expect_start("INFO {").line;
    assert!(info.contains(r#""connect_info":true"#) && info.contains(r#""remote_account":"$G""#), "{info}");
    c.send("PING");
    c.expect("PONG");
    c.expect_nothing();
}

fn quiet_when_asked(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB foo 1");
    c.send("PUB bar 0\r\n");
    c.send("UNSUB 1");
    c.expect_nothing();
}

fn verbose_by_default(t: &mut Stage) {
    let mut c = greeted(t);
    for line in ["CONNECT {}", "SUB foo 1", "PUB bar 0\r\n", "UNSUB 1"] {
        c.send(line);
        c.expect("+OK");
    }
    c.send("PING");
    c.expect("PONG");
    // Pedantic too: a publish on a wildcard is complained about.
    c.send("PUB foo.* 0\r\n");
    c.expect("-ERR 'Invalid Publish Subject'");
    c.expect("+OK");
    // And echo.
    c.send("SUB foo 1\r\nPUB foo 0\r\n");
    c.expect("+OK");
    c.expect("+OK");
    c.expect("MSG foo 1 0\r\n");
}

fn ok_says_accepted_not_done(t: &mut Stage) {
    let mut c = t.client(r#"{"verbose":true,"pedantic":false}"#);
    c.send("UNSUB 7");
    c.expect("+OK");
    c.send("SUB foo 1");
    c.expect("+OK");
    c.send("SUB foo 1");
    c.expect("+OK");
    c.publish("foo", "hi");
    c.expect("+OK");
    c.expect("MSG foo 1 2\r\nhi");
    c.expect_nothing();
}

fn connect_is_optional(t: &mut Stage) {
    let mut c = greeted(t);
    c.send("SUB foo 1");
    c.expect("+OK");
    c.publish("foo", "hi");
    c.expect("+OK");
    c.expect("MSG foo 1 2\r\nhi");
    c.send("PING");
    c.expect("PONG");
    c.expect_nothing();
}

fn malformed_connect(t: &mut Stage) {
    for document in [r#"{"verbose":"#, r#"{"verbose":"yes"}"#, "[]", "hello", ""] {
        let mut c = greeted(t);
        c.send(&format!("CONNECT {document}"));
        c.expect_closed();
    }
}

fn unknown_connect_field(t: &mut Stage) {
    let mut c = t.client(r#"{"verbose":false,"colour":"blue","lang":null}"#);
    c.expect_nothing();
}

fn connect_refused_for_what_it_asks(t: &mut Stage) {
    for (document, sentence) in [
        (r#"{"protocol":2}"#, "invalid client protocol"),
        (r#"{"protocol":-1}"#, "invalid client protocol"),
        (r#"{"no_responders":true}"#, "no responders requires headers support"),
    ] {
        let mut c = greeted(t);
        c.send(&format!("CONNECT {document}"));
        c.expect(&format!("-ERR '{sentence}'"));
        c.expect_closed();
    }
}

fn connect_with_an_account(t: &mut Stage) {
    for document in [r#"{"account":"A"}"#, r#"{"new_account":true}"#] {
        let mut c = greeted(t);
        c.send(&format!("CONNECT {document}"));
        c.expect("-ERR 'Authorization Violation'");
        c.expect_closed();
    }
}

fn second_connect(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB foo 1");
    c.send(r#"CONNECT {"echo":false}"#);
    c.publish("foo", "dropped");
    c.expect_nothing();
    c.send("SUB foo 1");
    c.publish("foo", "no echo");
    c.expect_nothing();
    let mut other = t.client(QUIET);
    other.publish("foo", "hi");
    c.expect("MSG foo 1 2\r\nhi");
}

fn credentials_are_checked(t: &mut Stage) {
    t.start(Setup { user_password: Some(("alice", "secret")), ..Setup::default() });
    let mut c = t.client(r#"{"verbose":false,"user":"alice","pass":"secret"}"#);
    c.expect_nothing();
    let info = t.raw().expect_start("INFO {").line;
    assert!(info.contains(r#""auth_required":true"#), "{info}");
    for opening in [
        r#"CONNECT {"user":"alice","pass":"wrong"}"#,
        r#"CONNECT {"user":"bob","pass":"secret"}"#,
        "CONNECT {}",
        "PING",
        "SUB foo 1",
        "nonsense",
    ] {
        let mut c = greeted(t);
        c.send(opening);
        c.expect("-ERR 'Authorization Violation'");
        c.expect_closed();
    }
}

fn authentication_timeout(t: &mut Stage) {
    t.start(Setup { user_password: Some(("alice", "secret")), ..Setup::default() });
    let mut c = greeted(t);
    c.expect_silence(Duration::from_millis(1800));
    c.expect("-ERR 'Authentication Timeout'");
    c.expect_closed();
}

fn tokens(t: &mut Stage) {
    t.start(Setup { token: Some("s3cr3t"), ..Setup::default() });
    let mut c = t.client(r#"{"verbose":false,"auth_token":"s3cr3t"}"#);
    c.expect_nothing();
    for document in [r#"{"user":"s3cr3t"}"#, r#"{"auth_token":"other"}"#] {
        let mut c = greeted(t);
        c.send(&format!("CONNECT {document}"));
        c.expect("-ERR 'Authorization Violation'");
        c.expect_closed();
    }
}

fn pong_comes_last(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB foo 1");
    c.send("PUB foo 1\r\na\r\nPUB foo 1\r\nb\r\nPING");
    c.expect("MSG foo 1 1\r\na");
    c.expect("MSG foo 1 1\r\nb");
    c.expect("PONG");
}

fn server_pings(t: &mut Stage) {
    t.start(Setup { ping_interval: Some(Duration::from_secs(3)), ..Setup::default() });
    let mut c = greeted(t);
    c.show_pings();
    let connected = t.elapsed();
    c.send(&format!("CONNECT {QUIET}"));
    c.expect("PING");
    let first = t.elapsed() - connected;
    assert!((1950..2600).contains(&first.as_millis()), "first ping after {first:?}");
    c.send("PONG");
    c.expect("PING");
    let second = t.elapsed() - connected - first;
    assert!((2900..3300).contains(&second.as_millis()), "second ping after {second:?}");
}

fn stale_connection(t: &mut Stage) {
    t.start(Setup { ping_interval: Some(Duration::from_millis(200)), ping_max: Some(2), ..Setup::default() });
    let mut c = greeted(t);
    c.show_pings();
    c.send(&format!("CONNECT {QUIET}"));
    c.expect("PING");
    c.send("PONG");
    c.expect("PING");
    c.expect("PING");
    c.expect("-ERR 'Stale Connection'");
    c.expect_closed();
}

fn loose_spelling(t: &mut Stage) {
    let mut c = greeted(t);
    c.send_bytes(b"connect\t {\"verbose\":false}  \n");
    c.send_bytes(b"sub \t foo   1 \t\nPuB foo\t\t2 \nhi\r\n");
    c.expect("MSG foo 1 2\r\nhi");
    c.send_bytes(b"pub foo 002\nho\r\nping\n");
    // The real server repeats the size as it was written; the engine writes it anew.
    assert_eq!(c.expect_message("foo").text(), "ho");
    c.expect("PONG");
    c.send_bytes(b"unsub   1\nPUB foo 0\n\r\n");
    c.expect_nothing();
}

fn unknown_operation(t: &mut Stage) {
    for words in ["FOO", "SUBB foo 1", "UNSUB", "PUB foo 2\r\nhiX", "PUB foo 2\r\nhello", "\r\n", "PUBX", "{}"] {
        let mut c = t.client(QUIET);
        c.send(words);
        c.expect("-ERR 'Unknown Protocol Operation'");
        c.expect_closed();
    }
}

fn silent_refusals(t: &mut Stage) {
    let headers = r#"{"verbose":false,"headers":true}"#;
    for (connect, words) in [
        (QUIET, "PUB foo"),
        (QUIET, "PUB foo bar baz 2"),
        (QUIET, "PUB foo -1"),
        (QUIET, "PUB foo 2x"),
        (QUIET, "PUB foo 1234567890"),
        (QUIET, "SUB foo"),
        (QUIET, "SUB a b c d"),
        (QUIET, "UNSUB 1 2 3"),
        (headers, "HPUB foo 20 10"),
        (headers, "HPUB foo x 10"),
        (headers, "HPUB foo 10"),
        (QUIET, "HPUB foo 12 12\r\nNATS/1.0\r\n\r\n"),
    ] {
        let mut c = t.client(connect);
        c.send(words);
        c.expect_closed();
    }
}

fn max_payload(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB foo 1");
    let largest = "x".repeat(1024 * 1024);
    c.publish("foo", &largest);
    let frame = c.expect_message("foo");
    assert_eq!(frame.payload, largest.as_bytes());
    // The line alone is enough to be refused.
    c.send("PUB foo 1048577");
    c.expect("-ERR 'Maximum Payload Violation'");
    c.expect_closed();
}

fn headers_count_for_max_payload(t: &mut Stage) {
    t.start(Setup { max_payload: Some(100), ..Setup::default() });
    let mut c = t.client(r#"{"verbose":false,"headers":true}"#);
    c.send("SUB foo 1");
    c.publish_with("foo", "", &["A: 1"], &"x".repeat(100 - 18));
    assert_eq!(c.next().line, "HMSG foo 1 18 100");
    c.publish_with("foo", "", &["A: 1"], &"x".repeat(101 - 18));
    c.expect("-ERR 'Maximum Payload Violation'");
    c.expect_closed();
}

fn max_control_line(t: &mut Stage) {
    let mut c = t.client(QUIET);
    let longest = "s".repeat(4094);
    c.send(&format!("SUB {longest} 1"));
    c.expect_nothing();
    c.send(&format!("SUB {longest}s 2"));
    c.expect("-ERR 'maximum control line exceeded'");
    c.expect_closed();
    // Noticed before the line ends.
    let mut c = t.client(QUIET);
    c.send_bytes(format!("PUB {}", "s".repeat(4200)).as_bytes());
    c.expect("-ERR 'maximum control line exceeded'");
    c.expect_closed();
}

fn what_only_a_server_should_say(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("+OK");
    c.send("INFO {}");
    c.expect_nothing();
    c.send("PINGxyz");
    c.expect("PONG");
    c.send("-ERR 'what'");
    c.expect_closed();
    let mut c = t.client(QUIET);
    c.send("MSG foo 1 0\r\n");
    c.expect("-ERR 'Unknown Protocol Operation'");
    c.expect_closed();
}

fn slow_consumer(t: &mut Stage) {
    const CHUNK: usize = 60_000;
    t.start(Setup { max_payload: Some(CHUNK), max_pending: Some(2 * CHUNK), ..Setup::default() });
    let mut slow = t.client(QUIET);
    slow.send("SUB flood 1");
    slow.expect_nothing();
    slow.stop_reading();
    let mut c = t.client(QUIET);
    let chunk = "x".repeat(CHUNK);
    // What the sockets hold comes before what the server holds.
    for _ in 0..400 {
        c.publish("flood", &chunk);
    }
    c.expect_nothing();
    slow.expect_closed_eventually();
    if let Some(facts) = t.facts() {
        let cut = |fact: &_| matches!(fact, Fact::Disconnected { reason: CloseReason::SlowConsumer, .. });
        assert!(facts.iter().any(cut));
    }
}
