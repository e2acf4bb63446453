//! The facts the engine tells observers, in order. A real server tells none, so only the engine plays these.

use crate::support::Stage;
use crate::support::runner::{Row, engine_row};
use jetlab::engine::{CloseReason, ConnId, Fact, MessageId, Origin};
use serde_json::{Value, json};

const WHY: &str = "facts are the engine's own";
const QUIET: &str = r#"{"verbose":false,"pedantic":false,"name":"bob"}"#;

pub const ROWS: &[Row] = &[
    engine_row("facts-of-a-connection", WHY, a_connection_from_open_to_close),
    engine_row("facts-of-one-message", WHY, a_message_keeps_its_id),
    engine_row("facts-of-nobody", WHY, nobody_wanted_it),
    engine_row("facts-of-a-draw", WHY, who_could_have_got_it),
    engine_row("facts-are-counted", WHY, ordinals_have_no_gaps),
];

fn facts(t: &mut Stage) -> Vec<Fact> {
    t.facts().expect("played on the engine alone")
}

/// A message for a group of three: two could have got it, for the one who published it wants no echo.
fn who_could_have_got_it(t: &mut Stage) {
    let mut c = t.client(r#"{"verbose":false,"pedantic":false,"name":"bob","echo":false}"#);
    let mut members = [t.client(QUIET), t.client(QUIET)];
    c.send("SUB work group 1");
    c.expect_nothing();
    for (member, sid) in members.iter_mut().zip([2, 3]) {
        member.send(&format!("SUB work group {sid}"));
        member.expect_nothing();
    }
    for _ in 0..20 {
        c.publish("work", "hi");
    }
    c.expect_nothing();
    let told = told(t, "delivered");
    let sids = |fact: &Value| -> Vec<String> {
        let members = fact["draw"]["members"].as_array().expect("there was a draw");
        members.iter().map(|member| member["sid"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(told.len(), 20);
    for fact in &told {
        assert_eq!(fact["draw"]["queue"], "group");
        let (sids, got) = (sids(fact), fact["sid"].as_str().unwrap_or_default());
        // Where the publisher was drawn first it was passed over; where not, nobody asked it.
        assert!(sids == ["2", "3"] || sids == ["1", "2", "3"], "{fact}");
        assert!(["2", "3"].contains(&got), "{fact}");
    }
    assert!(told.iter().any(|fact| sids(fact).len() == 2), "it was passed over now and then");
}

/// The facts of one kind, as JSON, for claims about their fields.
fn told(t: &mut Stage, kind: &str) -> Vec<Value> {
    let facts = facts(t).into_iter().map(|fact| jetlab::json::to_value(&fact));
    facts.filter(|fact| fact["fact"] == kind).collect()
}

fn a_connection_from_open_to_close(t: &mut Stage) {
    let mut c = t.client(QUIET);
    c.send("SUB a.* workers 7");
    c.send("UNSUB 7");
    c.send("SUB b 8\r\nUNSUB 8 1\r\nPUB b 2\r\nhi");
    c.send("nonsense");
    c.expect_closed_eventually();
    let conn = ConnId(1);
    let expected = [
        Fact::Connected { conn, name: "bob".to_owned() },
        Fact::Subscribed { conn, sid: 7.into(), subject: "a.*".into(), queue: Some("workers".into()) },
        Fact::Unsubscribed { conn, sid: 7.into() },
        Fact::Subscribed { conn, sid: 8.into(), subject: "b".into(), queue: None },
        Fact::Published {
            message: MessageId(1),
            origin: Origin::Client(conn),
            subject: "b".into(),
            reply: None,
            bytes: 2,
        },
        Fact::Delivered { message: MessageId(1), conn, sid: 8.into(), subject: "b".into(), bytes: 2, draw: None },
        Fact::Unsubscribed { conn, sid: 8.into() },
        Fact::Disconnected { conn, reason: CloseReason::ProtocolViolation },
    ];
    assert_eq!(facts(t), expected);
}

/// Published, stored, delivered to a subscriber, delivered by a consumer, acknowledged: one message, one id.
fn a_message_keeps_its_id(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s"]}));
    t.api_ok(
        "CONSUMER.CREATE.S.C",
        json!({"stream_name": "S", "config": {"name": "C", "durable_name": "C", "ack_policy": "explicit"}}),
    );
    let mut c = t.modern();
    c.send("SUB s 1");
    c.publish("s", "hi");
    assert_eq!(c.expect_message("s").sid(), "1");
    c.send("SUB inbox 2");
    c.send("PUB $JS.API.CONSUMER.MSG.NEXT.S.C inbox 1\r\n1");
    let delivery = c.expect_message("s");
    c.publish(delivery.reply().expect("the ack subject"), "+ACK");
    c.expect_nothing();
    let published = told(t, "published").into_iter().find(|it| it["subject"] == "s").expect("it was published");
    let id = &published["message"];
    assert_eq!(&told(t, "stored")[0]["message"], id);
    assert_eq!(&told(t, "dispatched")[0]["message"], id);
    let copies: Vec<Value> = told(t, "delivered").into_iter().filter(|it| it["message"] == *id).collect();
    assert_eq!(copies.iter().map(|it| it["sid"].clone()).collect::<Vec<_>>(), [json!("1"), json!("2")]);
    // The copy a consumer sends is no new message.
    assert_eq!(told(t, "published").iter().filter(|it| it["subject"] == "s").count(), 1);
    assert_eq!(told(t, "answered")[0]["stream_seq"], 1);
}

fn nobody_wanted_it(t: &mut Stage) {
    let mut c = t.modern();
    c.send("SUB inbox 1");
    c.publish("nobody", "hi");
    c.send("PUB nobody inbox 0\r\n");
    assert_eq!(c.expect_message("inbox").status(), "503");
    let expected = [
        Fact::Unwanted { message: MessageId(1), subject: "nobody".into() },
        Fact::Unwanted { message: MessageId(2), subject: "nobody".into() },
        Fact::NoResponders { message: MessageId(2), conn: ConnId(1), subject: "nobody".into() },
    ];
    let facts = facts(t);
    let about_nobody: Vec<&Fact> =
        facts.iter().filter(|it| matches!(it, Fact::Unwanted { .. } | Fact::NoResponders { .. })).collect();
    assert_eq!(about_nobody, expected.iter().collect::<Vec<_>>());
}

fn ordinals_have_no_gaps(t: &mut Stage) {
    t.api_ok("STREAM.CREATE.S", json!({"name": "S", "subjects": ["s"]}));
    for _ in 0..3 {
        t.store("s", "hi");
    }
    t.api_ok("STREAM.PURGE.S", json!(null));
    let events = t.events().expect("played on the engine alone");
    assert!(events.iter().map(|event| event.ordinal).eq(1..=events.len() as u64));
    assert!(events.is_sorted_by_key(|event| event.at));
}
