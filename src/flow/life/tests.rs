//! Scripts in, a life line as text out.

use super::LifeLine;
use crate::api::Retention;
use crate::engine::{AckKind, ConnId, Fact, MessageId};
use crate::flow::Op;
use crate::flow::script::{LATENCY, Script, explicit, job_queue};
use crate::flow::words;
use crate::protocol::{ClientOp, Message, ServerOp};
use std::fmt::Write;

fn text(script: &Script, message: MessageId) -> String {
    let Some(life) = LifeLine::of(&script.flow, script.now, message) else { return "nothing".to_owned() };
    let lanes: Vec<&str> = life.lanes.iter().map(|lane| lane.name()).collect();
    let mut text = format!("{}: {}\n", life.title, lanes.join(" | "));
    for row in &life.rows {
        let way = if row.from == row.to { row.from.to_string() } else { format!("{}→{}", row.from, row.to) };
        let lost = if row.lost { " lost" } else { "" };
        let line = row.line.and_then(|line| script.flow.wire().line(line)).map(|line| format!(" [{}]", line.verb()));
        let line = line.unwrap_or_default();
        let _ = writeln!(text, "{} {way} {:?}{lost} {}{line}", words::clock(row.at), row.mark, row.text);
    }
    text
}

#[track_caller]
fn check(script: &Script, message: u64, expected: &str) {
    let got = text(script, MessageId(message));
    assert_eq!(got.trim(), expected.trim(), "\n--- got ---\n{got}");
}

#[test]
fn from_its_publisher_to_the_dead_letters() {
    check(
        &job_queue(),
        3,
        "
Message 3 of orders_stream: alice | server | orders_stream | processor | worker-1 | worker-2 | orders_unprocessed
00:16:40.600 0→1 Message alice published it on orders.new [PUB]
00:16:40.800 1→2 Stored orders_stream stored it as message 3
00:16:43.600 3→4 Message processor delivered it to worker-1
00:16:49.000 3 Due it is back at processor
00:16:49.000 3→5 Redelivery processor delivered it to worker-2, delivery 2
00:16:54.000 3 Due it is back at processor
00:16:54.000 3 GivenUp processor gave up on it after 2 deliveries; orders_stream still holds it
00:16:54.000 3→1 Advisory the server told of it on $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.orders_stream.processor
00:16:54.000 1→6 Note orders_unprocessed keeps that as its message 1
",
    );
}

#[test]
fn a_message_and_an_ack_that_were_lost() {
    let mut script = Script::new();
    script.connect(1, "alice").connect(2, "worker-1");
    script.stream("S", &["s.>"], Retention::Limits).consumer("S", "c", explicit(""));
    script.publish_and_store(1, "s.a", "S", 1).dispatch((2, 1), "S", "c", 1, 1);
    let delivered = ServerOp::Msg { sid: 1.into(), message: Message::new("s.a", "hello") };
    script.flow.lost(script.now, script.now + LATENCY, ConnId(2), &Op::Server(delivered), Some(MessageId(1)));
    script.wait(5_000).due("S", "c", 1).dispatch((2, 1), "S", "c", 1, 2).wait(300);
    let ack = ClientOp::Pub(Message::new("$JS.ACK.S.c.2.1.2.0.0", "+ACK"));
    script.flow.lost(script.now, script.now + LATENCY, ConnId(2), &Op::Client(ack.clone()), None);
    script.wait(100);
    script.flow.sent(script.now, script.now + LATENCY, ConnId(2), &ack);
    script.now = script.now + LATENCY;
    script.answer(2, "S", "c", 1, AckKind::Ack);
    check(
        &script,
        1,
        "
Message 1 of S: alice | server | S | c | worker-1
00:16:40.000 0→1 Message alice published it on s.a [PUB]
00:16:40.200 1→2 Stored S stored it as message 1
00:16:40.200 3→4 Message lost c delivered it to worker-1; it was lost on its way [MSG]
00:16:45.200 3 Due it is back at c
00:16:45.200 3→4 Redelivery c delivered it to worker-1, delivery 2
00:16:45.500 4→3 Acked lost worker-1 answered; that was lost on its way [PUB]
00:16:45.800 4→3 Acked worker-1 acknowledged it [PUB]
",
    );
}

#[test]
fn nobody_wanted_it_and_nobody_knows_it() {
    let mut script = Script::new();
    let message = script.connect(1, "alice").publish(1, "a.b");
    script.fact(Fact::Unwanted { message, subject: "a.b".into() });
    check(
        &script,
        message.0,
        "
A message that is not stored: alice | server
00:16:40.000 0→1 Message alice published it on a.b [PUB]
00:16:40.200 1 Unwanted nobody wanted it
",
    );
    check(&script, 77, "nothing");
}
