//! The playground as a whole: the same inputs give the same events, however time is cut.

use jetlab::engine::Fact;
use jetlab::lessons::ScriptLine;
use jetlab::playground::{Input, Playground, Session, script};
use jetlab::protocol::Message;
use jetlab::time::Timestamp;
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

fn playground() -> Playground {
    Playground::new(7, STARTED, Duration::from_millis(2))
}

#[test]
fn a_message_needs_the_length_of_two_wires() {
    let mut playground = playground();
    playground.input(Input::OpenTerminal { actor: "alice".into() });
    playground.input(Input::OpenTerminal { actor: "bob".into() });
    playground.advance_to(STARTED + Duration::from_millis(100));
    let (alice, bob) = (playground.client("alice").unwrap(), playground.client("bob").unwrap());
    let _inbox = bob.subscribe("orders.*", None).unwrap();
    playground.advance_to(STARTED + Duration::from_millis(200));
    alice.publish(Message::new("orders.new", "x")).unwrap();
    playground.advance_to(STARTED + Duration::from_millis(300));
    let delivered = playground.events_from(0).into_iter().find(|event| matches!(event.fact, Fact::Delivered { .. }));
    assert_eq!(delivered.map(|event| event.at), Some(STARTED + Duration::from_millis(202)));
}

fn typed(playground: &mut Playground, actor: &str, line: &str) -> String {
    let before = playground.terminal(actor).map_or(0, |terminal| terminal.lines().len());
    let line = ScriptLine::Type { actor: actor.into(), line: line.into() };
    script::play(playground, &[line]);
    let lines = playground.terminal(actor).unwrap().lines();
    lines[before + 1..].iter().map(|line| format!("{}\n", line.text)).collect()
}

#[test]
fn lab_clock_lets_time_pass_at_once() {
    let mut playground = playground();
    let said = typed(&mut playground, "alice", "lab clock +25h");
    assert!(said.starts_with("25h0m0s later: 2026-11-22T10"), "{said}");
    assert_eq!(
        typed(&mut playground, "alice", "lab clock 5"),
        "lab: \"5\" is not a step forward; write it with a plus, as in: lab clock +31s\n"
    );
}

#[test]
fn a_session_runs_again() {
    let mut first = playground();
    for line in ["nats sub 'a.>' &", "nats pub a.b 'one {{ID}}' --count 2", "lab clock +1m"] {
        typed(&mut first, "alice", line);
    }
    let session = Session::from_json(&first.session().to_json()).unwrap();
    let again = Playground::replay(&session, None, session.end);
    assert_eq!(again.events_from(0), first.events_from(0));
    assert_eq!(again.terminal("alice").unwrap().transcript(), first.terminal("alice").unwrap().transcript());
    assert_eq!(again.session(), first.session());
}

#[test]
fn slices_of_time_change_nothing() {
    let run = |slices: u32| {
        let mut playground = playground();
        for line in ["nats sub 'orders.*' --count 3 &", "nats pub orders.new x --count 3 --sleep 100ms"] {
            playground.input(Input::Line { actor: "alice".into(), line: line.into() });
        }
        for slice in 1..=slices {
            playground.advance_to(STARTED + Duration::from_secs(2) * slice / slices);
        }
        (playground.events_from(0), playground.terminal("alice").unwrap().transcript())
    };
    let whole = run(1);
    let delivered = whole.0.iter().filter(|event| matches!(event.fact, Fact::Delivered { .. }));
    assert_eq!(delivered.count(), 3, "{:?}", whole.1);
    assert_eq!(whole, run(7));
    assert_eq!(whole, run(1000));
}

#[test]
fn typing_narrows_a_list_and_is_replayed() {
    let mut first = playground();
    for stream in ["ORDERS", "EVENTS", "ORDERS_ARCHIVE"] {
        typed(&mut first, "alice", &format!("nats stream add {stream} --subjects {stream} --defaults"));
    }
    typed(&mut first, "alice", "nats stream info NOPE");
    let last = |playground: &Playground| {
        let lines = playground.terminal("alice").unwrap().lines();
        let asked = lines.iter().rposition(|line| line.text.starts_with("? ")).expect("a question");
        lines[asked..].iter().map(|line| line.text.clone()).collect::<Vec<_>>()
    };
    let title = |typed: &str| format!("? Select a Stream{typed}  [Use arrows to move, type to filter]");
    assert_eq!(last(&first), [title(""), "> EVENTS".into(), "  ORDERS".into(), "  ORDERS_ARCHIVE".into()]);
    let filter = |text: &str| Input::Filter { actor: "alice".into(), text: text.into() };
    first.input(filter("ord"));
    assert_eq!(last(&first), [title(" ord"), "> ORDERS".into(), "  ORDERS_ARCHIVE".into()]);
    first.input(Input::Move { actor: "alice".into(), by: 1 });
    first.input(filter("orde"));
    assert_eq!(last(&first), [title(" orde"), "> ORDERS".into(), "  ORDERS_ARCHIVE".into()]);
    first.input(filter("nothing"));
    assert_eq!(last(&first), [title(" nothing")]);
    first.input(filter("arch"));
    first.input(Input::Line { actor: "alice".into(), line: String::new() });
    first.advance_to(first.now() + Duration::from_secs(1));
    let transcript = first.terminal("alice").unwrap().transcript();
    assert!(transcript.contains("? Select a Stream ORDERS_ARCHIVE\n"), "{transcript}");
    assert!(transcript.contains("Information for Stream ORDERS_ARCHIVE"), "{transcript}");
    let session = Session::from_json(&first.session().to_json()).unwrap();
    let again = Playground::replay(&session, None, session.end);
    assert_eq!(again.terminal("alice").unwrap().transcript(), transcript);
}
