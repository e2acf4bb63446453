//! Many messages in a row with few answers: row C-212.

use crate::support::runner::{Row, row};
use crate::support::{Client, Stage, assert_has};
use serde_json::{Value, json};
use std::time::Duration;

pub const ROWS: &[Row] = &[
    row("C-212", started_and_ended),
    row("C-212", ack_every_few),
    row("C-212", batches_share),
    row("C-212", numbers_missing),
    row("C-212", pings),
    row("C-212", messages_refused),
    row("C-212", duplicates),
    row("C-212", orders_refused),
    row("C-212", where_it_is_not_allowed),
    row("C-212", given_up),
];

const START: u32 = 0;
const APPEND: u32 = 1;
const COMMIT: u32 = 2;
const END: u32 = 3;
const PING: u32 = 4;

/// A publisher of one batch after the other.
struct Publisher {
    client: Client,
    id: String,
    flow: i64,
    gap: &'static str,
}

fn publisher(t: &mut Stage) -> Publisher {
    publisher_on(t, "in.>")
}

fn publisher_on(t: &mut Stage, inbox: &str) -> Publisher {
    let mut client = t.modern();
    client.send(&format!("SUB {inbox} 1"));
    client.flush();
    Publisher { client, id: "b".to_owned(), flow: 10, gap: "fail" }
}

impl Publisher {
    fn batch(&mut self, id: &str, flow: i64, gap: &'static str) {
        (self.id, self.flow, self.gap) = (id.to_owned(), flow, gap);
    }

    /// Publishes message `number` and expects these answers, all on its own reply subject.
    #[track_caller]
    fn say_with(&mut self, number: u64, operation: u32, headers: &[&str], answers: &[&str]) {
        let reply = format!("in.{}.{}.{}.{number}.{operation}.$FI", self.id, self.flow, self.gap);
        self.client.publish_with("s.a", &reply, headers, "x");
        for answer in answers {
            let frame = self.client.expect_message(&reply);
            assert_eq!(frame.text(), *answer, "to number {number}");
        }
    }

    #[track_caller]
    fn say(&mut self, number: u64, operation: u32, answers: &[&str]) {
        self.say_with(number, operation, &[], answers);
    }

    /// Publishes a run of messages; the answers are these.
    #[track_caller]
    fn run(&mut self, numbers: std::ops::RangeInclusive<u64>, answers: &[&str]) {
        for number in numbers {
            self.say(number, APPEND, &[]);
        }
        for answer in answers {
            assert_eq!(self.client.next().text(), *answer);
        }
    }
}

fn stream(t: &mut Stage, own: Value) {
    // Files of a stream that was deleted go a little later on the server, and a new one of its name may find them.
    let mut config = json!({"name": "S", "subjects": ["s.>"], "allow_batched": true, "storage": "memory"});
    config.as_object_mut().expect("an object").extend(own.as_object().expect("an object").clone());
    t.api_ok("STREAM.CREATE.S", config);
}

fn refusal(code: u16, err_code: u16, text: &str) -> String {
    format!(r#"{{"error":{{"code":{code},"err_code":{err_code},"description":"{text}"}},"stream":"S","seq":0}}"#)
}

fn unknown() -> String {
    refusal(400, 10208, "batch publish ID unknown")
}

const STARTED: &str = r#"{"type":"ack","seq":0,"msgs":10}"#;

fn started_and_ended(t: &mut Stage) {
    stream(t, json!({}));
    let mut p = publisher(t);
    p.say(1, START, &[STARTED]);
    p.say(2, APPEND, &[]);
    p.say(3, COMMIT, &[r#"{"stream":"S","seq":3,"batch":"b","count":3}"#]);
    p.say(4, APPEND, &[&unknown()]);
    // An end that is no message.
    p.batch("c", 10, "fail");
    p.say(1, START, &[STARTED]);
    p.say(2, APPEND, &[]);
    p.say(3, END, &[r#"{"stream":"S","seq":5,"batch":"c","count":2}"#]);
    // All in one.
    p.batch("d", 10, "fail");
    p.say(1, COMMIT, &[r#"{"stream":"S","seq":6,"batch":"d","count":1}"#]);
    // What is not ended is there all the same.
    p.batch("e", 10, "fail");
    p.say(1, START, &[STARTED]);
    p.say(2, APPEND, &[]);
    p.say(2, PING, &[STARTED]);
    assert_has(&t.api_ok("STREAM.INFO.S", json!(null)), json!({"state": {"messages": 8}}));
    assert_eq!(t.api_ok("STREAM.MSG.GET.S", json!({"seq": 8}))["message"].get("hdrs"), None);
}

fn ack_every_few(t: &mut Stage) {
    stream(t, json!({}));
    let mut p = publisher(t);
    p.batch("two", 2, "fail");
    p.say(1, START, &[r#"{"type":"ack","seq":0,"msgs":2}"#]);
    p.say(2, APPEND, &[r#"{"type":"ack","seq":2,"msgs":2}"#]);
    p.say(3, APPEND, &[]);
    // What was asked for at the start counts.
    p.flow = 1;
    p.say(4, APPEND, &[r#"{"type":"ack","seq":4,"msgs":2}"#]);
    p.say(5, COMMIT, &[r#"{"stream":"S","seq":5,"batch":"two","count":5}"#]);
    for (id, flow, granted) in [("zero", 0, 10), ("less", -5, 10), ("most", 1000, 500)] {
        p.batch(id, flow, "fail");
        p.say(1, START, &[&format!(r#"{{"type":"ack","seq":0,"msgs":{granted}}}"#)]);
        p.say(2, COMMIT, &[&format!(r#"{{"stream":"S","seq":{},"batch":"{id}","count":2}}"#, p_seq(id))]);
    }
}

fn p_seq(id: &str) -> u64 {
    match id {
        "zero" => 7,
        "less" => 9,
        _ => 11,
    }
}

fn batches_share(t: &mut Stage) {
    stream(t, json!({}));
    let (mut a, mut b) = (publisher_on(t, "in.a.>"), publisher_on(t, "in.b.>"));
    a.batch("a", 1000, "fail");
    b.batch("b", 1000, "fail");
    a.say(1, START, &[r#"{"type":"ack","seq":0,"msgs":500}"#]);
    // Who comes later begins slowly and doubles.
    b.say(1, START, &[r#"{"type":"ack","seq":0,"msgs":1}"#, r#"{"type":"ack","seq":1,"msgs":2}"#]);
    let acks = [(3, 4), (7, 8), (15, 16), (31, 32), (63, 64), (127, 128), (255, 250), (505, 250)];
    let acks: Vec<String> = acks.iter().map(|(seq, msgs)| ack(*seq, *msgs)).collect();
    b.run(2..=510, &acks.iter().map(String::as_str).collect::<Vec<_>>());
    // Who was there first has to share from the next ack on.
    a.run(2..=760, &[&ack(500, 250), &ack(750, 250)]);
    b.say(511, COMMIT, &[r#"{"stream":"S","seq":1271,"batch":"b","count":511}"#]);
    a.run(761..=1000, &[&ack(1000, 500)]);
}

fn ack(seq: u64, msgs: u64) -> String {
    format!(r#"{{"type":"ack","seq":{seq},"msgs":{msgs}}}"#)
}

fn numbers_missing(t: &mut Stage) {
    stream(t, json!({}));
    let mut p = publisher(t);
    p.say(1, START, &[STARTED]);
    p.say(2, APPEND, &[]);
    let gap = r#"{"type":"gap","last_seq":3,"seq":5}"#;
    p.say(5, APPEND, &[gap, r#"{"stream":"S","seq":2,"batch":"b","count":2}"#]);
    p.say(6, APPEND, &[&unknown()]);
    p.say(1, START, &[STARTED]);
    p.say(1, START, &[r#"{"type":"gap","last_seq":2,"seq":1}"#, r#"{"stream":"S","seq":3,"batch":"b","count":1}"#]);
    p.say(1, START, &[STARTED]);
    p.say(5, COMMIT, &[r#"{"type":"gap","last_seq":2,"seq":5}"#, r#"{"stream":"S","seq":4,"batch":"b","count":1}"#]);
    // Gaps that are all right; going back is not.
    p.batch("ok", 10, "ok");
    p.say(1, START, &[STARTED]);
    p.say(2, APPEND, &[]);
    p.say(5, APPEND, &[gap]);
    // What was said at the start counts.
    p.gap = "fail";
    p.say(7, APPEND, &[r#"{"type":"gap","last_seq":6,"seq":7}"#]);
    p.say(4, APPEND, &[r#"{"type":"gap","last_seq":8,"seq":4}"#, r#"{"stream":"S","seq":8,"batch":"ok","count":7}"#]);
    p.gap = "ok";
    p.say(1, START, &[STARTED]);
    p.say(5, COMMIT, &[r#"{"type":"gap","last_seq":2,"seq":5}"#, r#"{"stream":"S","seq":10,"batch":"ok","count":5}"#]);
    p.say(1, START, &[STARTED]);
    p.say(5, END, &[r#"{"type":"gap","last_seq":2,"seq":5}"#, r#"{"stream":"S","seq":11,"batch":"ok","count":4}"#]);
}

fn pings(t: &mut Stage) {
    stream(t, json!({}));
    let mut p = publisher(t);
    p.flow = 2;
    p.say(1, START, &[&ack(0, 2)]);
    p.say(1, PING, &[&ack(0, 2)]);
    p.say(2, APPEND, &[&ack(2, 2)]);
    p.say(3, APPEND, &[]);
    p.say(3, PING, &[&ack(2, 2)]);
    p.say(4, PING, &[r#"{"type":"gap","last_seq":4,"seq":5}"#, r#"{"stream":"S","seq":3,"batch":"b","count":3}"#]);
    p.say(4, APPEND, &[&unknown()]);
    p.batch("ok", 10, "ok");
    p.say(1, START, &[STARTED]);
    p.say(3, PING, &[r#"{"type":"gap","last_seq":2,"seq":4}"#, STARTED]);
    p.say(4, APPEND, &[]);
    p.say(5, COMMIT, &[r#"{"stream":"S","seq":6,"batch":"ok","count":5}"#]);
}

fn messages_refused(t: &mut Stage) {
    stream(t, json!({}));
    let mut p = publisher(t);
    let wrong: &[&str] = &["Nats-Expected-Last-Sequence: 999"];
    let told = |number: u64, last: u64| {
        let error = format!(r#"{{"code":400,"err_code":10071,"description":"wrong last sequence: {last}"}}"#);
        format!(r#"{{"type":"err","seq":{number},"error":{error}}}"#)
    };
    p.say_with(1, START, wrong, &[STARTED, &refusal(400, 10071, "wrong last sequence: 0")]);
    p.say(2, APPEND, &[&unknown()]);
    p.say_with(1, COMMIT, wrong, &[&refusal(400, 10071, "wrong last sequence: 0")]);
    p.say(1, START, &[STARTED]);
    p.say_with(2, APPEND, wrong, &[&told(2, 1), r#"{"stream":"S","seq":1,"batch":"b","count":1}"#]);
    p.say(1, START, &[STARTED]);
    p.say_with(2, COMMIT, wrong, &[&told(2, 2), r#"{"stream":"S","seq":2,"batch":"b","count":1}"#]);
    p.batch("ok", 10, "ok");
    p.say_with(1, START, wrong, &[STARTED, &told(1, 2)]);
    p.say(2, APPEND, &[]);
    p.say_with(3, APPEND, wrong, &[&told(3, 3)]);
    p.say(4, COMMIT, &[r#"{"stream":"S","seq":4,"batch":"ok","count":4}"#]);
    p.say(1, START, &[STARTED]);
    p.say_with(2, COMMIT, wrong, &[&told(2, 5), r#"{"stream":"S","seq":5,"batch":"ok","count":1}"#]);
    p.say_with(1, COMMIT, wrong, &[&told(1, 5), r#"{"stream":"S","seq":0,"batch":"ok","count":0}"#]);
}

fn duplicates(t: &mut Stage) {
    stream(t, json!({}));
    let mut p = publisher(t);
    let one: &[&str] = &["Nats-Msg-Id: 1"];
    p.say_with(1, START, one, &[STARTED]);
    p.say_with(2, APPEND, one, &[]);
    p.say_with(3, COMMIT, one, &[r#"{"stream":"S","seq":1,"batch":"b","count":3}"#]);
    p.say_with(1, COMMIT, one, &[r#"{"stream":"S","seq":1,"duplicate": true,"batch":"b","count":1}"#]);
    p.say_with(1, START, one, &[STARTED]);
    p.say(2, END, &[r#"{"stream":"S","seq":0,"batch":"b","count":1}"#]);
}

fn orders_refused(t: &mut Stage) {
    stream(t, json!({}));
    let mut p = publisher(t);
    for operation in [APPEND, COMMIT, END, PING] {
        p.say(2, operation, &[&unknown()]);
    }
    p.say(1, PING, &[&unknown()]);
    let invalid = refusal(400, 10206, "batch publish pattern is invalid");
    for reply in [
        "in.a.b.$FI",
        "in.id.10.fail.x.0.$FI",
        "in.id.10.maybe.1.0.$FI",
        "in.id.10.fail.1.9.$FI",
        "in.id.10.fail.1.x.$FI",
        "in.id.10.fail.0.0.$FI",
        "in.id.10.fail.0.4.$FI",
        "in.id.10.fail.2.0.$FI",
        "in.id.10.fail.1.1.$FI",
        "in.id.10.fail.1.3.$FI",
    ] {
        p.client.publish_with("s.a", reply, &[], "x");
        assert_eq!(p.client.expect_message(reply).text(), invalid, "{reply}");
    }
    p.batch(&"i".repeat(65), 10, "fail");
    p.say(1, START, &[&refusal(400, 10207, "batch publish ID is invalid")]);
    // More before the id, and no number where the flow stands, are fine.
    let reply = "in.x.y.z.id.much.ok.1.2.$FI";
    p.client.publish_with("s.a", reply, &[], "x");
    assert_eq!(p.client.expect_message(reply).text(), r#"{"stream":"S","seq":1,"batch":"id","count":1}"#);
}

fn where_it_is_not_allowed(t: &mut Stage) {
    stream(t, json!({"allow_batched": false}));
    let mut p = publisher(t);
    let disabled = refusal(400, 10205, "batch publish is disabled");
    p.say(1, START, &[&disabled]);
    p.client.publish_with("s.a", "in.a.b.$FI", &[], "x");
    assert_eq!(p.client.expect_message("in.a.b.$FI").text(), disabled);
    t.api_ok("STREAM.DELETE.S", json!(null));
    stream(t, json!({"max_msgs": 2, "discard": "new", "max_msg_size": 10, "allow_atomic": true}));
    // It decides how the message is taken, whatever the headers say of another kind of batch.
    p.say_with(1, COMMIT, &["A: 1"], &[&refusal(400, 10054, "message size exceeds maximum allowed")]);
    p.say(1, START, &[STARTED]);
    p.say(2, APPEND, &[]);
    let full =
        r#"{"type":"err","seq":3,"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"}}"#;
    p.say(3, APPEND, &[full, r#"{"stream":"S","seq":2,"batch":"b","count":2}"#]);
    t.api_ok("STREAM.DELETE.S", json!(null));
    stream(t, json!({"no_ack": true}));
    // Nothing is said but the end.
    p.say(1, START, &[]);
    p.say(2, COMMIT, &[r#"{"stream":"S","seq":2,"batch":"b","count":2}"#]);
    t.api_ok("STREAM.DELETE.S", json!(null));
    stream(t, json!({"allow_atomic": true}));
    p.say_with(
        1,
        COMMIT,
        &["Nats-Batch-Id: q", "Nats-Batch-Sequence: 1"],
        &[r#"{"stream":"S","seq":1,"batch":"b","count":1}"#],
    );
}

fn given_up(t: &mut Stage) {
    stream(t, json!({}));
    let mut p = publisher(t);
    p.say(1, START, &[STARTED]);
    t.advance(Duration::from_millis(10_500));
    p.say(2, APPEND, &[&unknown()]);
    // A stream that takes no batches any more forgets those it had.
    p.say(1, START, &[STARTED]);
    let config =
        |batched: bool| json!({"name": "S", "subjects": ["s.>"], "allow_batched": batched, "storage": "memory"});
    t.api_ok("STREAM.UPDATE.S", config(false));
    t.api_ok("STREAM.UPDATE.S", config(true));
    p.say(2, APPEND, &[&unknown()]);
    for number in 0..1000 {
        p.batch(&format!("many{number}"), 10, "fail");
        p.say(1, START, &[&ack(0, if number == 0 { 10 } else { 1 })]);
        if number > 0 {
            p.client.next();
        }
    }
    p.batch("last", 10, "fail");
    p.say(1, START, &[&refusal(429, 10211, "batch publish too many inflight")]);
}
