//! Facts in, the scene in words out.

use crate::api::{Error, Retention};
use crate::engine::{AckKind, ConnId, Event, Fact, MessageId, Origin, RemovalReason};
use crate::flow::Op;
use crate::flow::scene::{CellState, MAX_COLUMNS, MAX_TOKENS, MAX_TRACKS};
use crate::flow::script::{LATENCY, Script, explicit, job_queue};
use crate::flow::step::{Direction, LinkState, Role, Traffic};
use crate::flow::words;
use crate::protocol::{ClientOp, Message, ServerOp};
use crate::time::Timestamp;
use std::time::Duration;

#[track_caller]
fn check(script: &Script, expected: &str) {
    let outline = words::outline(&script.flow.scene(script.now));
    assert_eq!(outline.trim(), expected.trim(), "\n--- got ---\n{outline}");
}

fn core() -> Script {
    let mut script = Script::new();
    script.connect(1, "alice").connect(2, "bob");
    script
}

#[test]
fn a_message_without_a_listener_is_wanted_by_nobody() {
    let mut script = core();
    let message = script.publish(1, "orders.created");
    script.fact(Fact::Unwanted { message, subject: "orders.created".into() });
    check(
        &script,
        "
alice, publisher, connected, 1 published, 0 received
bob, client, connected, 0 published, 0 received
Subject orders.created, 1 message, 1 wanted by nobody
Server, 1 published, 0 delivered, 1 wanted by nobody
Badge at the server: 1 unwanted
",
    );
}

#[test]
fn a_wildcard_is_a_bracket_over_what_it_matches() {
    let mut script = core();
    script.subscribe(2, 1, "orders.*.created");
    for subject in ["orders.us.created", "orders.eu.created", "orders.us.updated"] {
        script.publish(1, subject);
    }
    script.publish(1, "$JS.API.INFO");
    check(
        &script,
        "
alice, publisher, connected, 3 published, 0 received
bob, subscriber, connected, 0 published, 0 received
Subject orders.eu.created, 1 message
Subject orders.us.created, 1 message
Subject orders.us.updated, 1 message
System subjects, what server and clients say among themselves, 1 message
Part of the system subjects, $JS.API.…, 1 message
bob listens on orders.*.created, matching orders.eu.created, orders.us.created
Server, 3 published, 0 delivered
",
    );
}

#[test]
fn a_filter_nothing_was_published_on_is_a_track_that_waits() {
    let mut script = core();
    script.subscribe(2, 1, "orders.*");
    check(
        &script,
        "
alice, client, connected, 0 published, 0 received
bob, subscriber, connected, 0 published, 0 received
Subject orders.*, 0 messages
bob listens on orders.*, matching orders.*
Server, 0 published, 0 delivered
",
    );
}

#[test]
fn many_subjects_share_tracks_by_their_beginnings() {
    let mut script = core();
    for region in ["us", "eu", "asia"] {
        for number in 0..20 {
            script.publish(1, &format!("sensors.{region}.{number}"));
        }
    }
    script.publish(1, "orders.new");
    let scene = script.flow.scene(script.now);
    let labels: Vec<&str> = scene.tracks.iter().map(|track| &*track.label).collect();
    assert_eq!(labels, ["orders.new", "sensors.asia.…", "sensors.eu.…", "sensors.us.…"]);
    for number in 0..40 {
        script.publish(1, &format!("lonely{number}"));
    }
    let scene = script.flow.scene(script.now);
    assert!(scene.tracks.len() <= MAX_TRACKS);
    assert_eq!(scene.tracks.iter().map(|track| track.messages).sum::<u64>(), 101);
}

/// What is only not there is no refusal.
#[test]
fn the_newest_refused_request_stands_at_the_server() {
    let mut script = core();
    for (subject, code, said) in [
        ("$JS.API.STREAM.CREATE.B", 400, "subjects overlap with an existing stream"),
        ("$JS.API.STREAM.INFO.C", 404, "stream not found"),
    ] {
        let message = script.publish(1, subject);
        let error = Some(Error { code, err_code: 0, description: said.to_owned() });
        script.fact(Fact::Requested { message, conn: Some(ConnId(1)), subject: subject.into(), error });
    }
    check(
        &script,
        "
alice, client, connected, 0 published, 0 received
bob, client, connected, 0 published, 0 received
System subjects, what server and clients say among themselves, 2 messages
Part of the system subjects, $JS.API.STREAM.…, 2 messages
Server, 0 published, 0 delivered
  Request refused: alice asked for $JS.API.STREAM.CREATE.B, subjects overlap with an existing stream
Badge at the server: 1 refused
",
    );
}

/// Two of three members could have got the last message, the observer outside gets each.
#[test]
fn a_queue_group_throws_dice() {
    let mut script = core();
    script.connect(3, "w1").connect(4, "w2").connect(5, "w3").subscribe(2, 1, "tasks");
    for conn in [3, 4, 5] {
        script.listen(conn, 1, "tasks", Some("workers"));
    }
    let throw = |script: &mut Script, conn: u64, members: &[(u64, u64)]| {
        let message = script.publish(1, "tasks");
        script.delivered(message, 2, 1, "tasks");
        script.drawn(message, (conn, 1), "tasks", "workers", members);
    };
    throw(&mut script, 5, &[(3, 1), (4, 1), (5, 1)]);
    throw(&mut script, 4, &[(3, 1), (4, 1), (5, 1)]);
    throw(&mut script, 3, &[(3, 1), (4, 1)]);
    script.wait(1_000);
    check(
        &script,
        "
alice, publisher, connected, 3 published, 0 received
bob, subscriber, connected, 0 published, 3 received
w1, subscriber, connected, 0 published, 1 received
w2, subscriber, connected, 0 published, 1 received
w3, subscriber, connected, 0 published, 1 received
Subject tasks, 3 messages
bob listens on tasks, matching tasks
w1 listens on tasks in group workers, matching tasks, drawn for 1 of 3 messages; the last one is its own
w2 listens on tasks in group workers, matching tasks, drawn for 1 of 3 messages; it could have got the last one
w3 listens on tasks in group workers, matching tasks, drawn for 1 of 2 messages
Server, 3 published, 6 delivered
",
    );
    let scene = script.flow.scene(script.now);
    let faces: Vec<_> = scene.brackets.iter().map(|bracket| bracket.turn.and_then(|turn| turn.face)).collect();
    assert_eq!(faces, [None, Some(1), Some(2), None]);
    let told: Vec<String> = script.flow.story().lines().map(|line| line.text()).collect();
    assert!(
        told.contains(&"w1, drawn among the 2 of group workers, was sent a message on tasks.".to_owned()),
        "{told:?}"
    );
}

#[test]
fn a_job_queue_in_the_middle_of_its_work() {
    check(
        &job_queue(),
        "
alice, publisher, connected, 12 published, 0 received
worker-1, worker, connected, 0 published, 5 received
worker-2, worker, connected, 0 published, 2 received
Subject orders.new, 12 messages
System subjects, what server and clients say among themselves, 1 message
Part of the system subjects, $JS.EVENT.…, 1 message
stream orders_stream listens on orders.*, matching orders.new
stream orders_unprocessed listens on $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.orders_stream.*, matching $JS.EVENT.…
Server, 12 published, 8 delivered
Stream orders_stream, 9 messages, sequences 3 to 12
  Messages 1 to 2 removed: acknowledged
  Message 3 on orders.new, 5 B
  Message 4 removed: acknowledged
  Message 5 on orders.new, 5 B
  Message 6 on orders.new, 5 B
  Message 7 on orders.new, 5 B
  Message 8 on orders.new, 5 B
  Message 9 on orders.new, 5 B
  Message 10 on orders.new, 5 B
  Message 11 on orders.new, 5 B
  Message 12 on orders.new, 5 B
  Consumer processor on orders_stream: 2 in flight, 1 waiting to be redelivered, 5 not yet delivered, ack floor 2, 1 given up, 1 pull request waiting
    Message 3: given up, delivery 2
    Message 5: waiting to be redelivered
    Message 6: in flight at worker-2
    Message 7: in flight at worker-2
    Message 8: not yet delivered
    Message 9: not yet delivered
    Message 10: not yet delivered
    Message 11: not yet delivered
    Message 12: not yet delivered
    worker-2 waits for 3 messages
Stream orders_unprocessed, 1 message, sequence 1
  Message 1, an advisory about message 3 of orders_stream
Badge at processor: 1 again
Badge at processor: 1 given up
Message 1 of orders_unprocessed points to message 3 of orders_stream, still stored
",
    );
}

/// One stream with three messages at one explicit consumer, all delivered to bob once.
fn three_in_flight() -> Script {
    let mut script = core();
    script.stream("S", &["s.*"], Retention::Limits).consumer("S", "c", explicit(""));
    for seq in 1..=3 {
        script.publish_and_store(1, "s.a", "S", seq);
    }
    script.pull(2, 1, "S", "c", 1, 3);
    for seq in 1..=3 {
        script.dispatch((2, 1), "S", "c", seq, 1);
    }
    script
}

fn states(script: &Script) -> Vec<CellState> {
    script.flow.scene(script.now).streams[0].consumers[0].cells.iter().map(|cell| cell.state).collect()
}

#[test]
fn four_answers_are_four_states() {
    let mut script = three_in_flight();
    script.wait(1_000);
    script.answer(2, "S", "c", 1, AckKind::Ack);
    script.answer(2, "S", "c", 2, AckKind::Nak { delay: Some(Duration::from_secs(9)) });
    script.answer(2, "S", "c", 3, AckKind::Term { reason: None });
    let waiting =
        CellState::WaitingForRedelivery { since: script.now, until: Some(script.now + Duration::from_secs(9)) };
    assert_eq!(states(&script), [CellState::Acked, waiting, CellState::Terminated]);
}

#[test]
fn progress_starts_the_ack_wait_anew() {
    let mut script = three_in_flight();
    script.wait(3_000).answer(2, "S", "c", 1, AckKind::InProgress);
    let deadline = Some(script.now + Duration::from_secs(5));
    assert_eq!(states(&script)[0], CellState::InFlight { since: script.now, deadline });
}

#[test]
fn pending_counts_what_the_filter_wants_and_is_not_delivered() {
    let mut script = core();
    script.stream("S", &["s.*"], Retention::Limits);
    for (seq, subject) in ["s.a", "s.b", "s.a", "s.a"].into_iter().enumerate() {
        script.publish_and_store(1, subject, "S", seq as u64 + 1);
    }
    script.consumer("S", "c", explicit("s.a"));
    let pending = |script: &Script| script.flow.scene(script.now).streams[0].consumers[0].num_pending;
    assert_eq!(pending(&script), 3);
    script.publish_and_store(1, "s.b", "S", 5).publish_and_store(1, "s.a", "S", 6);
    assert_eq!(pending(&script), 4);
    script.pull(2, 1, "S", "c", 1, 1).dispatch((2, 1), "S", "c", 1, 1);
    assert_eq!(pending(&script), 3);
    script.removed("S", 3, RemovalReason::Deleted);
    assert_eq!(pending(&script), 2);
    // Redelivery takes nothing from what is pending.
    script.dispatch((2, 1), "S", "c", 1, 2);
    assert_eq!(pending(&script), 2);
    assert_eq!(states(&script)[1], CellState::FilteredOut);
}

#[test]
fn a_duplicate_is_refused_with_the_sequence_it_has() {
    let mut script = core();
    script.stream("S", &["s.*"], Retention::Limits).publish_and_store(1, "s.a", "S", 1);
    let message = script.publish(1, "s.a");
    script.fact(Fact::Duplicate { message, stream: "S".into(), stream_seq: 1 });
    let strip = &script.flow.scene(script.now).streams[0];
    assert_eq!(words::strip(strip), "Stream S, 1 message, sequence 1, 1 duplicate refused");
    assert_eq!(words::refusal(strip.refusal.as_ref().unwrap()), "Duplicate refused: stored before as message 1");
}

#[test]
fn a_long_stream_is_counted_where_nothing_happens() {
    let mut script = core();
    script.stream("S", &["s.*"], Retention::Limits).consumer("S", "c", explicit(""));
    for seq in 1..=5_000 {
        let message = MessageId(seq);
        script.store("S", seq, message, "s.a");
    }
    script.dispatch((2, 1), "S", "c", 1, 1).removed("S", 2_000, RemovalReason::Deleted);
    let strip = &script.flow.scene(script.now).streams[0];
    assert!(strip.columns.len() <= MAX_COLUMNS + 20);
    assert_eq!((strip.messages, strip.first_seq, strip.last_seq), (4_999, 1, 5_000));
    let shown: u64 = strip
        .columns
        .iter()
        .map(|column| match column {
            crate::flow::scene::Column::Cell(_) => 1,
            crate::flow::scene::Column::Elided { messages, .. } => *messages,
            crate::flow::scene::Column::Gap { .. } | crate::flow::scene::Column::Unknown { .. } => 0,
        })
        .sum();
    assert_eq!(shown, 4_999);
    assert_eq!(strip.columns[0].from_seq(), 1);
}

#[test]
fn gaps_of_one_reason_grow_together() {
    let mut script = core();
    script.stream("S", &["s.*"], Retention::Limits);
    for seq in 1..=9 {
        script.publish_and_store(1, "s.a", "S", seq);
    }
    for (seq, reason) in [
        (2, RemovalReason::Acked),
        (4, RemovalReason::Acked),
        (3, RemovalReason::Acked),
        (5, RemovalReason::Age),
        (9, RemovalReason::Purged),
    ] {
        script.removed("S", seq, reason);
    }
    let scene = script.flow.scene(script.now);
    let columns: Vec<String> = scene.streams[0].columns.iter().map(words::column).collect();
    assert_eq!(columns[1], "Messages 2 to 4 removed: acknowledged");
    assert_eq!(columns[2], "Message 5 removed: too old");
    assert_eq!(columns.last().unwrap(), "Message 9 removed: purged");
}

#[test]
fn a_message_is_on_its_way_as_long_as_its_link_takes() {
    let mut script = core();
    script.subscribe(2, 1, "orders.*");
    let op = ClientOp::Pub(Message::new("orders.new", "hello"));
    let left = script.now;
    script.flow.sent(left, left + LATENCY, ConnId(1), &op);
    let token = |script: &Script, at: Timestamp| script.flow.tokens(at);
    let halfway = token(&script, left + LATENCY / 2);
    assert_eq!((halfway.len(), halfway[0].actor, halfway[0].direction), (1, 0, Direction::ToServer));
    assert_eq!(halfway[0].progress(left + LATENCY / 2), 0.5);
    assert_eq!(halfway[0].message, None);
    script.wait(200);
    let message = script.published(Origin::Client(ConnId(1)), "orders.new");
    script.delivered(message, 2, 1, "orders.new");
    let back = token(&script, script.now);
    assert_eq!((back.len(), back[0].actor, back[0].direction), (1, 1, Direction::ToClient));
    assert_eq!(back[0].message, Some(message));
    assert!(token(&script, script.now + LATENCY).is_empty());
    // Looked at a little earlier, it has the number it was given since.
    assert_eq!(token(&script, left)[0].message, Some(message));
}

#[test]
fn a_redelivery_is_a_token_of_its_own_kind() {
    let mut script = three_in_flight();
    script.wait(1_000).dispatch((2, 1), "S", "c", 1, 2);
    let tokens = script.flow.tokens(script.now);
    assert_eq!((tokens.len(), tokens[0].redelivery, tokens[0].traffic), (1, true, Traffic::Message));
}

#[test]
fn a_crowd_of_tokens_is_counted() {
    let mut script = core();
    for _ in 0..1_000 {
        let op = ClientOp::Pub(Message::new("orders.new", "hello"));
        script.flow.sent(script.now, script.now + LATENCY, ConnId(1), &op);
    }
    let tokens = script.flow.tokens(script.now);
    assert!(tokens.len() <= MAX_TOKENS);
    assert_eq!(tokens.iter().map(|token| token.count).sum::<u64>(), 1_000);
}

#[test]
fn an_actor_outlives_its_connections_and_a_cut_link_is_seen() {
    let mut script = core();
    script.flow.link(script.now, ConnId(1), LinkState::Broken);
    let reason = crate::engine::CloseReason::StaleConnection;
    script.fact(Fact::Disconnected { conn: ConnId(1), reason });
    assert_eq!(script.flow.scene(script.now).actors[0].state, LinkState::Broken);
    script.connect(9, "alice");
    let actors = script.flow.scene(script.now).actors;
    assert_eq!((actors.len(), actors[0].state, &*actors[0].conns), (2, LinkState::Connected, &[ConnId(9)][..]));
}

#[test]
fn observers_are_not_drawn() {
    let mut script = Script::new();
    script.flow.actor(script.now, ConnId(1), "checks", Some(Role::Observer));
    script.connect(2, "alice");
    script.publish(1, "orders.new");
    script.publish(2, "orders.new");
    let scene = script.flow.scene(script.now);
    assert_eq!(scene.actors.len(), 1);
    assert_eq!(scene.actors[0].name, "alice");
    assert!(script.flow.tokens(script.now - Duration::from_millis(1)).iter().all(|token| token.actor == 0));
}

#[test]
fn the_story_tells_it_in_order_and_together() {
    let script = job_queue();
    let lines: Vec<String> = script.flow.story().lines().map(|line| line.text()).collect();
    assert_eq!(
        lines,
        [
            "alice connected.",
            "worker-1 connected.",
            "worker-2 connected.",
            "Stream orders_stream was created: it keeps orders.* until it is acknowledged.",
            "Stream orders_unprocessed was created: it keeps $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.orders_stream.* \
             until it is acknowledged.",
            "Consumer processor was created on orders_stream: pull, only orders.*, explicit acks within 5s, at most 2 \
             deliveries.",
            "alice published 12 messages on orders.new.",
            "orders_stream stored messages 1 to 12.",
            "processor was asked for 5 messages.",
            "processor delivered messages 1 to 5.",
            "worker-1 was sent 5 messages on orders.new.",
            "worker-1 acknowledged messages 1 to 2 (processor).",
            "orders_stream let go of messages 1 to 2: acknowledged.",
            "worker-1 acknowledged message 4 (processor).",
            "orders_stream let go of message 4: acknowledged.",
            "processor has message 3 back, unacknowledged.",
            "processor has message 5 back, unacknowledged.",
            "processor was asked for 3 messages.",
            "processor delivered message 3, delivery 2.",
            "worker-2 was sent 2 messages on orders.new.",
            "processor delivered message 6.",
            "processor has message 3 back, unacknowledged.",
            "processor gave up on message 3 after 2 deliveries. Still stored: orders_stream.",
            "The server told about message 3 of orders_stream on $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.orders_stream.processor.",
            "orders_unprocessed stored message 1.",
            "processor delivered message 7.",
            "worker-2 was sent a message on orders.new.",
        ]
    );
}

#[test]
fn events_of_unknown_things_change_nothing() {
    let mut script = core();
    let before = script.flow.scene(script.now);
    script.removed("nowhere", 5, RemovalReason::Age).answer(7, "nowhere", "nobody", 3, AckKind::Ack);
    let event = Event { at: script.now, ordinal: 99, fact: Fact::Unsubscribed { conn: ConnId(77), sid: 1.into() } };
    script.flow.engine(&event, |_| Duration::ZERO);
    let after = script.flow.scene(script.now);
    assert_eq!(words::outline(&before), words::outline(&after));
}

#[test]
fn what_is_lost_dissolves_half_way_and_counts_for_nobody() {
    let mut script = core();
    let message = script.subscribe(2, 1, "a").publish(1, "a");
    script.delivered(message, 2, 1, "a");
    let received =
        |script: &Script| [script.now, script.now + LATENCY].map(|at| script.flow.scene(at).actors[1].received);
    assert_eq!(received(&script), [0, 1], "it counts when it arrives");
    let op = Op::Server(ServerOp::Msg { sid: 1.into(), message: Message::new("a", "hello") });
    script.flow.lost(script.now, script.now + LATENCY, ConnId(2), &op, Some(message));
    assert_eq!(received(&script), [0, 0]);
    let op = Op::Client(ClientOp::Pub(Message::new("b", "hello")));
    script.flow.lost(script.now, script.now + LATENCY, ConnId(1), &op, None);
    let tokens = script.flow.tokens(script.now);
    assert!(tokens.len() == 2 && tokens.iter().all(|token| token.lost), "{tokens:?}");
    // What is sent next is numbered, not what was lost.
    let message = script.publish(1, "b");
    let tokens = script.flow.tokens(script.now - Duration::from_millis(1));
    let whole = tokens.iter().filter(|token| !token.lost).map(|token| token.message);
    assert_eq!(whole.collect::<Vec<_>>(), [Some(message)]);
}

#[test]
fn an_object_store_shows_what_it_holds_and_what_is_coming_in() {
    let mut script = core();
    script.stream("OBJ_files", &["$O.files.C.>", "$O.files.M.>"], Retention::Limits);
    for seq in 1..=3 {
        script.publish_and_store(1, "$O.files.C.n1", "OBJ_files", seq);
    }
    script.object_card(
        1,
        "files",
        4,
        r#"{"name":"photo.jpg","nuid":"n1","size":300000,"chunks":3,"digest":"SHA-256=abc"}"#,
    );
    script.publish_and_store(1, "$O.files.C.n2", "OBJ_files", 5);
    let objects = |script: &Script| {
        let scene = script.flow.scene(script.now);
        scene.streams[0].objects.iter().map(words::object).collect::<Vec<_>>()
    };
    assert_eq!(
        objects(&script),
        ["Object photo.jpg, 293 KiB in 3 chunks, digest SHA-256=abc", "Object still coming in as n2, 1 chunk so far"]
    );
    script.removed("OBJ_files", 2, RemovalReason::Deleted);
    script.object_card(
        1,
        "files",
        6,
        r#"{"name":"notes","nuid":"n2","size":9,"chunks":1,"digest":"SHA-256=x","deleted":true}"#,
    );
    assert_eq!(
        objects(&script),
        ["Object notes, deleted", "Object photo.jpg, 293 KiB in 3 chunks, 1 chunk missing, digest SHA-256=abc"]
    );
    let labels: Vec<String> = script.flow.scene(script.now).tracks.into_iter().map(|track| track.label).collect();
    assert_eq!(labels, ["$O.files.C.>", "$O.files.M.>"], "one track for all chunks, one for all cards");
}
