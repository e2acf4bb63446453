//! The playground as a whole: the same inputs give the same events, however time is cut.

use jetlab::engine::{CloseReason, Event, Fact};
use jetlab::lessons::ScriptLine;
use jetlab::playground::{Input, Playground, Session, WireBytes, script};
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
fn a_script_has_what_was_entered_at_one_instant_in_the_order_it_was_entered() {
    let mut playground = playground();
    for actor in ["main", "second"] {
        playground.input(Input::OpenTerminal { actor: actor.into() });
    }
    playground.advance_to(STARTED + Duration::from_millis(100));
    for (actor, line) in [("second", "echo one"), ("main", "echo two"), ("second", "echo 'three"), ("second", "'")] {
        playground.input(Input::Line { actor: actor.into(), line: line.into() });
    }
    playground.advance_to(STARTED + Duration::from_millis(200));
    let script = script::of_terminals(&playground);
    let expected = "\n# second\necho one\n\n# main\necho two\n\n# second\necho 'three\n'\n";
    assert!(script.ends_with(expected), "{script}");
}

#[test]
fn what_is_deleted_is_not_offered() {
    let mut playground = playground();
    for line in [
        "nats kv add CONFIG",
        "nats kv put CONFIG color red; nats kv put CONFIG size 3; nats kv put CONFIG back 1",
        "nats kv del CONFIG size -f; nats kv purge CONFIG back -f; nats kv put CONFIG back 2",
        "nats object add PICS; echo x > a.txt; echo y > b.txt",
        "nats object put PICS a.txt -f; nats object put PICS b.txt -f; nats object rm PICS b.txt -f",
    ] {
        typed(&mut playground, "alice", line);
    }
    let offered = |line: &str| {
        let completion = playground.complete("alice", line, line.len());
        completion.candidates.into_iter().map(|candidate| candidate.text).collect::<Vec<_>>()
    };
    assert_eq!(offered("nats kv get CONFIG "), ["back", "color"]);
    assert_eq!(offered("nats object get PICS "), ["a.txt"]);
    assert_eq!(offered("echo $(nats object get PICS "), ["a.txt"]);
}

#[test]
fn subjects_are_those_of_the_stream() {
    let mut playground = playground();
    for line in [
        "nats stream add ORDERS --subjects 'orders.*' --defaults; nats stream add EVENTS --subjects 'events.>' --defaults",
        "nats pub orders.new 1; nats pub events.login 1; nats pub elsewhere 1; nats kv add CONFIG; nats kv put CONFIG a 1",
    ] {
        typed(&mut playground, "alice", line);
    }
    let offered = |line: &str| {
        let completion = playground.complete("alice", line, line.len());
        completion.candidates.into_iter().map(|candidate| candidate.text).collect::<Vec<_>>()
    };
    for line in [
        "nats stream subjects ORDERS ",
        "nats stream get ORDERS -S ",
        "nats stream purge ORDERS --subject ",
        "nats consumer add ORDERS new --pull --filter ",
        "nats sub --stream ORDERS ",
    ] {
        assert_eq!(offered(line), ["'orders.*'", "orders.new"], "{line}");
    }
    assert_eq!(offered("nats stream get KV_CONFIG -S "), ["'$KV.CONFIG.a'"]);
    assert!(offered("nats sub ").contains(&"events.login".to_owned()));
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

#[test]
fn graphs_follow_a_stream() {
    let mut playground = playground();
    typed(&mut playground, "alice", "nats stream add ORDERS --subjects 'orders.>' --defaults");
    typed(&mut playground, "alice", "nats consumer add ORDERS w --pull --defaults");
    let mut shown = |line: &str| {
        playground.input(Input::Line { actor: "alice".into(), line: line.into() });
        playground.advance_to(playground.now() + Duration::from_millis(1500));
        typed(&mut playground, "bob", "nats pub orders.new x --count 12 -q");
        playground.advance_to(playground.now() + Duration::from_millis(9_000));
        let lines = playground.terminal("alice").unwrap().lines();
        let picture: Vec<String> = lines.iter().map(|line| line.text.clone()).collect();
        playground.input(Input::Interrupt { actor: "alice".into() });
        playground.advance_to(playground.now() + Duration::from_millis(100));
        picture
    };
    let picture = shown("nats stream graph ORDERS");
    let title = picture.iter().position(|line| line == "Stream Statistics for ORDERS").expect("a title");
    let top = &picture[title + 2];
    assert!(top.starts_with(" 12 ┤") && top.contains('╭') && top.ends_with('─'), "{top}");
    let captions = ["Messages Stored", "Messages Removed / second", "Messages Stored / second"];
    let found: Vec<&str> =
        picture[title..].iter().map(|line| line.trim()).filter(|line| captions.contains(line)).collect();
    assert_eq!(found, captions, "{picture:#?}");
    let picture = shown("nats consumer graph ORDERS w");
    assert!(picture.iter().any(|line| line.starts_with(" 24 ┤") && line.contains('╭')), "{picture:#?}");
    let picture = shown("nats sub 'orders.>' --graph");
    let caption = picture.iter().position(|line| line.trim() == "orders.> / second").expect("a caption");
    assert!(picture[..caption].iter().any(|line| line.starts_with(" 12.00 ┤") && line.contains('╭')), "{picture:#?}");
}

/// A program outside that speaks the protocol by hand.
fn opened(playground: &mut Playground, name: &str) -> u64 {
    playground.input(Input::OpenWire { name: "program".into(), latency: 0 });
    let wire = playground.last_wire();
    written(playground, wire, &format!("CONNECT {{\"name\":\"{name}\",\"verbose\":false}}\r\nPING\r\n"));
    wire
}

fn written(playground: &mut Playground, wire: u64, text: &str) {
    playground.input(Input::Wire { wire, bytes: WireBytes(text.to_owned().into()) });
}

fn read(playground: &mut Playground, wire: u64) -> String {
    let (chunks, _) = playground.receive_on_wire(wire);
    chunks.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
}

#[test]
fn a_program_talks_to_the_server_and_runs_again() {
    let mut playground = playground();
    let wire = opened(&mut playground, "robot");
    let now = playground.now();
    playground.advance_to(now);
    let greeting = read(&mut playground, wire);
    assert!(greeting.starts_with("INFO {") && greeting.ends_with("PONG\r\n"), "{greeting}");
    written(&mut playground, wire, "SUB orders.* 7\r\n");
    let said = typed(&mut playground, "alice", "nats pub orders.new hello");
    assert!(said.contains("Published 5 bytes"), "{said}");
    assert!(read(&mut playground, wire).starts_with("MSG orders.new 7 5\r\nhello\r\n"));
    let actors = playground.flow().scene(playground.now()).actors;
    assert!(actors.iter().any(|actor| actor.name == "robot" && actor.received == 1), "{actors:?}");
    playground.input(Input::CloseWire { wire });
    playground.advance_to(playground.now());
    assert!(playground.wires().is_empty());

    let session = Session::from_json(&playground.session().to_json()).unwrap();
    assert!(session.is_whole());
    let again = Playground::replay(&session, None, session.end);
    assert_eq!(again.events_from(0), playground.events_from(0));
    assert_eq!(again.session(), playground.session());
}

#[test]
fn a_program_that_misspeaks_is_told_and_cut_off() {
    let mut playground = playground();
    let wire = opened(&mut playground, "lesson");
    let now = playground.now();
    playground.advance_to(now);
    let names: Vec<String> = playground.flow().scene(now).actors.iter().map(|actor| actor.name.clone()).collect();
    assert_eq!(names, ["lesson (a program)"], "it is drawn all the same");
    read(&mut playground, wire);
    written(&mut playground, wire, "NONSENSE\r\n");
    playground.advance_to(now);
    let (chunks, is_closed) = playground.receive_on_wire(wire);
    assert_eq!(chunks.concat(), b"-ERR 'Unknown Protocol Operation'\r\n");
    assert!(is_closed);
}

#[test]
fn a_program_that_does_not_read_is_cut_off() {
    let mut playground = playground();
    let wire = opened(&mut playground, "sleeper");
    written(&mut playground, wire, "SUB a 1\r\n");
    let now = playground.now();
    playground.advance_to(now);
    playground.input(Input::Unread { wire, bytes: 64 << 20 });
    playground.advance_to(now);
    assert!(!playground.receive_on_wire(wire).1, "that much is allowed");
    typed(&mut playground, "alice", "nats pub a x");
    let (_, is_closed) = playground.receive_on_wire(wire);
    assert!(is_closed);
    let slow = |event: &Event| matches!(event.fact, Fact::Disconnected { reason: CloseReason::SlowConsumer, .. });
    assert!(playground.events_from(0).iter().any(slow));
}

#[test]
fn what_programs_write_is_remembered_up_to_a_bound() {
    let mut playground = playground();
    let wire = opened(&mut playground, "talker");
    let chunk = format!("PUB a 100000\r\n{}\r\n", "x".repeat(100_000));
    for _ in 0..200 {
        written(&mut playground, wire, &chunk);
    }
    assert!(playground.session().dropped > 0);
    assert!(!playground.session().is_whole());
    assert!(playground.session().inputs.len() < 180);
}

mod time {
    use super::*;
    use jetlab::playground::history::{History, Seek};
    use jetlab::playground::{Input, Wish};

    fn enter(playground: &mut Playground, history: &mut History, actor: &str, line: &str) {
        history.fork(playground);
        playground.input(Input::Line { actor: actor.into(), line: line.into() });
        let soon = playground.now() + Duration::from_millis(200);
        playground.advance_to(soon);
        if let Some(Wish::JumpTo(until)) = playground.take_wish() {
            playground.advance_to(until);
        }
        history.follow(playground);
    }

    fn there(mut seek: Seek) -> Playground {
        assert!(seek.run(|| true));
        seek.finish()
    }

    /// A queue with a message that nobody acknowledges: events go on by themselves.
    fn queue() -> (Playground, History) {
        let (mut playground, mut history) = (playground(), History::default());
        for line in [
            "nats stream add WORK --subjects 'work.*' --retention work --defaults",
            "nats consumer add WORK hand --pull --ack explicit --wait 5s --max-deliver 4 --defaults",
            "nats pub -J work.a one",
            "nats consumer next WORK hand --no-ack",
            "nats consumer sub WORK hand --no-ack &",
            "lab clock +1m",
            "nats pub -J work.b two",
        ] {
            enter(&mut playground, &mut history, "alice", line);
        }
        (playground, history)
    }

    #[test]
    fn going_back_shows_what_was_and_going_on_what_came() {
        let (playground, history) = queue();
        let (events, session) = (playground.events_from(0), playground.session().clone());
        let screen = playground.terminal("alice").unwrap().transcript();
        let third = session.inputs[3].at;
        let mut past = there(history.rewind(&playground, None, third - 1));
        assert!(past.is_rerun());
        assert_eq!(past.session().inputs.len(), 3);
        assert_eq!(past.whole_session(), session);
        assert!(!past.terminal("alice").unwrap().transcript().contains("next WORK"));
        let so_far = past.events_from(0);
        assert_eq!(so_far[..], events[..so_far.len()]);
        past.advance_to(past.moment(past.known_end()));
        assert!(!past.is_rerun());
        assert_eq!(past.events_from(0), events);
        assert_eq!(past.terminal("alice").unwrap().transcript(), screen);
        assert_eq!(past.session(), &session);
    }

    #[test]
    fn back_is_the_moment_before_and_step_leads_on_again() {
        let (mut playground, history) = queue();
        let events = playground.events_from(0);
        let mut moments = Vec::new();
        while let Some(to) = history.track().before(playground.offset()) {
            moments.push(playground.offset());
            playground = there(history.rewind(&playground, None, to));
        }
        assert!(moments.len() > 15, "{}", moments.len());
        assert_eq!(playground.offset(), 0);
        let mut steps = 0;
        while playground.last_ordinal() < events.len() as u64 && playground.step_event() {
            steps += 1;
        }
        assert!(steps > 15, "{steps}");
        assert!(playground.events_from(0) == events, "{} of {} events", playground.last_ordinal(), events.len());
    }

    #[test]
    fn another_future_leaves_the_old_one_as_a_branch() {
        let (playground, mut history) = queue();
        let old = (playground.whole_session(), playground.events_from(0));
        let third = playground.session().inputs[2].at;
        let mut other = there(history.rewind(&playground, None, third - 1));
        enter(&mut other, &mut history, "alice", "nats pub work.c three");
        assert!(!other.is_rerun());
        let [branch] = history.branches() else { panic!("{:?}", history.branches()) };
        assert_eq!(branch.label(), "alice: nats pub -J work.a one");
        assert_eq!(branch.differs_at(), third);
        let new = other.events_from(0);
        let back = there(history.switch(&other, None, branch.id, 0).unwrap());
        assert_eq!((back.whole_session(), back.events_from(0)), old);
        let [branch] = history.branches() else { panic!("{:?}", history.branches()) };
        assert_eq!(branch.label(), "alice: nats pub work.c three");
        let again = there(history.switch(&back, None, branch.id, 0).unwrap());
        assert_eq!(again.events_from(0), new);
        assert_eq!(history.branches().len(), 1);
        assert!(history.switch(&again, None, 99, 0).is_none());
    }

    #[test]
    fn a_fork_without_a_deed_keeps_the_future_and_an_empty_one_keeps_nothing() {
        let (playground, mut history) = queue();
        let end = playground.known_end();
        let mut live = there(history.rewind(&playground, None, end));
        assert!(!history.fork(&mut live), "nothing lies ahead");
        let clock = playground.session().inputs[5].at;
        let mut past = there(history.rewind(&playground, None, clock - 1));
        assert!(history.fork(&mut past));
        assert!(!past.is_rerun());
        assert_eq!(history.branches()[0].label(), "alice: lab clock +1m");
        let id = history.branches()[0].id;
        let back = there(history.switch(&past, None, id, 0).unwrap());
        assert_eq!(back.offset(), end);
        assert!(history.branches().is_empty(), "nothing was done on the other path");
    }

    #[test]
    fn futures_that_were_kept_are_found_again_and_can_be_forgotten() {
        let (playground, mut history) = queue();
        let events = playground.events_from(0);
        history.begin_again(&playground, 0);
        let kept = history
            .branches()
            .iter()
            .map(|branch| (branch.common, Session::from_json(&branch.session.to_json()).expect("it was written here")));
        let mut later = History::of(kept.collect::<Vec<_>>());
        assert_eq!(later.last_reset(), None, "nothing was reset since");
        let fresh = Playground::new(8, STARTED, Duration::from_millis(2));
        let [branch] = later.branches() else { panic!("{:?}", later.branches()) };
        assert_eq!(branch.label(), "alice: nats stream add WORK --subjects 'work.*' --retention work --defaults");
        let back = there(later.switch(&fresh, None, branch.id, 0).unwrap());
        assert_eq!(back.events_from(0), events);
        later.follow(&back);
        assert!(later.track().ticks().len() > 15, "the ruler is drawn anew");
        later.begin_again(&back, 0);
        later.forget(later.branches()[0].id);
        assert_eq!((later.branches().len(), later.last_reset()), (0, None));
    }

    #[test]
    fn only_so_many_futures_are_remembered() {
        let (playground, mut history) = queue();
        (0..40).for_each(|_| history.begin_again(&playground, 0));
        assert_eq!(history.branches().len(), 16);
        let ids: std::collections::BTreeSet<u32> = history.branches().iter().map(|branch| branch.id).collect();
        assert_eq!(ids.len(), 16);
        assert!(history.last_reset().is_some());
        let nothing_done = Playground::new(8, STARTED, Duration::from_millis(2));
        history.begin_again(&nothing_done, 0);
        assert_eq!((history.branches().len(), history.last_reset()), (16, None));
    }

    #[test]
    fn a_reset_can_be_taken_back() {
        let (mut playground, mut history) = queue();
        let events = playground.events_from(0).len();
        playground.input(Input::Line { actor: "alice".into(), line: "lab reset".into() });
        assert_eq!(playground.take_wish(), Some(Wish::Reset));
        history.begin_again(&playground, 0);
        let fresh = Playground::new(8, STARTED, Duration::from_millis(2));
        assert!(history.track().ticks().is_empty());
        let [branch] = history.branches() else { panic!("{:?}", history.branches()) };
        let back = there(history.switch(&fresh, None, branch.id, 0).unwrap());
        assert!(back.events_from(0).len() >= events);
        assert!(back.terminal("alice").unwrap().transcript().contains("work.b"));
    }
}

#[test]
fn a_playground_begins_with_a_server_from_another() {
    let mut first = playground();
    for line in [
        "nats stream add ORDERS --subjects 'orders.*' --defaults",
        "nats pub orders.new hello --count 3",
        "nats consumer add ORDERS work --pull --defaults --ack explicit",
        "nats consumer next ORDERS work --no-ack",
    ] {
        let said = typed(&mut first, "alice", line);
        assert!(!said.contains("error"), "{said}");
    }
    let server = first.export_server();
    let later = first.now() + Duration::from_secs(60);
    let latency = Duration::from_millis(2);
    let mut second = Playground::with_server(9, later, latency, server.clone().into()).unwrap();
    let scene = second.flow().scene(second.now());
    let strip = &scene.streams[0];
    assert_eq!((&*strip.name, strip.messages, &*strip.consumers[0].name), ("ORDERS", 3, "work"));
    assert_eq!(strip.consumers[0].num_pending, 2);
    assert!(typed(&mut second, "bob", "nats stream get ORDERS 3").contains("hello"));
    let info = typed(&mut second, "bob", "nats consumer info ORDERS work");
    assert!(info.contains("Unprocessed Messages: 2"), "{info}");

    let session = Session::from_json(&second.session().to_json()).unwrap();
    let again = Playground::replay(&session, None, session.end);
    assert_eq!(again.events_from(0), second.events_from(0));
    assert!(Playground::with_server(9, later, latency, server[1..].to_vec().into()).is_err());
    let mut broken = session;
    broken.server = Some(WireBytes(b"no server".as_slice().into()));
    assert!(Session::from_json(&broken.to_json()).unwrap_err().to_string().contains("server it begins with"));
}

#[test]
fn streams_hold_64_mib_together_and_then_answer_as_the_server_does() {
    let mut playground = playground();
    let wire = opened(&mut playground, "filler");
    let config = r#"{"name":"S","subjects":["s"],"storage":"memory"}"#;
    written(
        &mut playground,
        wire,
        &format!("PUB $JS.API.STREAM.CREATE.S {}\r\n{config}\r\nSUB answers 1\r\n", config.len()),
    );
    let now = playground.now();
    let message = format!("PUB s answers 1000000\r\n{}\r\n", "x".repeat(1_000_000));
    let mut answers = Vec::new();
    for _ in 0..72 {
        written(&mut playground, wire, &message);
        playground.advance_to(now);
        answers.push(read(&mut playground, wire));
    }
    // As on the server, the message that goes beyond the limit is still taken.
    let taken = answers.iter().position(|answer| answer.contains("error"));
    assert_eq!(taken, Some(68));
    let refusal =
        r#"{"error":{"code":503,"err_code":10023,"description":"insufficient resources"},"stream":"S","seq":0}"#;
    assert!(answers[68..].iter().all(|answer| answer.contains(refusal)), "{:?}", answers[68]);
    written(&mut playground, wire, "PUB $JS.API.STREAM.PURGE.S 0\r\n\r\n");
    written(&mut playground, wire, &message);
    playground.advance_to(now);
    assert!(read(&mut playground, wire).contains(r#"{"stream":"S","seq":69}"#));
}

#[test]
fn a_session_keeps_no_secret_of_its_lines() {
    let mut playground = playground();
    let said = typed(&mut playground, "alice", "nats context save a --user joe --password hush --server ws://j:hush@h");
    assert!(said.contains("the password and the password in the address are not kept"), "{said}");
    typed(&mut playground, "alice", "export NATS_PASSWORD=hush; cat .config/nats/context/a.json");
    let terminal = playground.terminal("alice").unwrap();
    let (session, told) = (playground.session().to_json(), format!("{:?}", playground.events_from(0)));
    for kept in [session, told, terminal.transcript(), terminal.history().join("\n")] {
        assert!(!kept.contains("hush"), "{kept}");
    }
    assert!(terminal.transcript().contains("--password REDACTED"));
    let session = Session::from_json(&playground.session().to_json()).unwrap();
    let again = Playground::replay(&session, None, session.end);
    assert_eq!(again.terminal("alice").unwrap().transcript(), playground.terminal("alice").unwrap().transcript());
}

/// Told every input and how far time has come, another playground has the same server.
#[test]
fn one_playground_follows_another() {
    let mut leader = playground();
    typed(&mut leader, "alice", "nats stream add S --subjects 's.*' --defaults");
    let mut follower = Playground::rerun(leader.session(), None);
    follower.advance_to(follower.moment(leader.offset()));
    for line in ["nats pub s.a x -J --count 2", "lab publish s.b y --rate 5/s --count 20", "nats stream info S"] {
        let told = leader.session().inputs.len();
        leader.input(Input::Line { actor: "alice".into(), line: line.into() });
        for _ in 0..40 {
            let end = leader.now() + Duration::from_millis(33);
            leader.advance_to(end);
            let from = leader.session().inputs.len().min(follower.session().inputs.len());
            let entries = leader.session().inputs[from..].to_vec();
            assert!(follower.expect_inputs(from, entries, leader.offset()));
            follower.advance_to(follower.moment(leader.offset()));
        }
        assert!(leader.session().inputs.len() > told);
        assert_eq!(follower.events_from(0), leader.events_from(0));
        let screen = |of: &Playground| of.terminal("alice").unwrap().transcript();
        assert_eq!(screen(&follower), screen(&leader));
    }
    assert!(!follower.expect_inputs(1, Vec::new(), 0), "inputs are missing, and it does not say so");
}
