//! `lab` verbs that act on what is in the playground: answers, gateways, a workflow, sharing.

use jetlab::engine::Fact;
use jetlab::lessons::ScriptLine;
use jetlab::playground::{Input, LATENCY, Playground, Session, Wish, script};
use jetlab::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

fn playground() -> Playground {
    Playground::new(7, STARTED, LATENCY)
}

fn typed(playground: &mut Playground, line: &str) -> String {
    let before = playground.terminal("main").map_or(0, |terminal| terminal.lines().len());
    let line = ScriptLine::Type { actor: "main".into(), line: line.into() };
    script::play(playground, &[line]);
    let lines = playground.terminal("main").unwrap().lines();
    lines[before + 1..].iter().map(|line| format!("{}\n", line.text)).collect()
}

fn with_three_out(consumers: &[&str]) -> Playground {
    let mut playground = playground();
    typed(&mut playground, "nats stream add S --subjects 's.*' --defaults");
    for consumer in consumers {
        typed(&mut playground, &format!("nats consumer add S {consumer} --pull --wait 1h --defaults"));
    }
    typed(&mut playground, "nats pub s.a x -J --count 3");
    for consumer in consumers {
        typed(&mut playground, &format!("nats consumer next S {consumer} --count 3 --no-ack"));
    }
    playground
}

fn count(playground: &Playground, is: impl Fn(&Fact) -> bool) -> usize {
    playground.events_from(0).iter().filter(|event| is(&event.fact)).count()
}

#[test]
fn a_message_that_is_out_is_answered() {
    let mut playground = with_three_out(&["c"]);
    let info = |playground: &mut Playground| typed(playground, "nats consumer info S c");
    assert_eq!(typed(&mut playground, "lab msg 1 ack"), "message 1: acknowledged\n");
    assert!(info(&mut playground).contains("Outstanding Acks: 2"), "{}", info(&mut playground));
    typed(&mut playground, "lab clock +50m");
    assert_eq!(typed(&mut playground, "lab msg 2 progress"), "message 2: still worked on\n");
    assert_eq!(typed(&mut playground, "lab msg 3 term"), "message 3: given up for good\n");
    // Its hour began anew: only now does it come back.
    typed(&mut playground, "lab clock +20m");
    assert_eq!(count(&playground, |fact| matches!(fact, Fact::RedeliveryDue { .. })), 0);
    assert_eq!(typed(&mut playground, "lab msg 2 nak"), "message 2: given back\n");
    assert!(typed(&mut playground, "nats consumer next S c").contains("str seq: 2"));
    let nothing = typed(&mut playground, "lab msg 3 ack");
    assert!(nothing.contains("no consumer waits for an answer to message 3"), "{nothing}");
    assert!(typed(&mut playground, "nats consumer next S c --timeout 1s").contains("no message"));
}

#[test]
fn who_is_meant_is_asked_when_several_wait() {
    let mut playground = with_three_out(&["a", "b"]);
    let said = typed(&mut playground, "lab msg 2 ack");
    assert!(said.contains("S > a and S > b wait") && said.contains("--stream S --consumer a"), "{said}");
    assert_eq!(typed(&mut playground, "lab msg 2 ack --consumer b"), "message 2: acknowledged\n");
    assert_eq!(typed(&mut playground, "lab msg 2 nak:5s"), "message 2: given back for later\n");
    // A button says the same words.
    playground.input(Input::Order { words: ["msg", "1", "ack", "--consumer", "a"].map(str::to_owned).to_vec() });
    assert_eq!(playground.take_last_answer(), Some(Ok("message 1: acknowledged\n".to_owned())));
    let end = playground.now() + Duration::from_secs(1);
    playground.advance_to(end);
    assert!(typed(&mut playground, "nats consumer info S a").contains("Outstanding Acks: 2"));
}

#[test]
fn gateways_share_a_limit() {
    let mut playground = playground();
    typed(&mut playground, "nats kv add limits --ttl 10s");
    typed(&mut playground, "lab gateway limits --limit 3 --window 10s");
    typed(&mut playground, "lab gateway limits --limit 3 --window 10s");
    assert!(typed(&mut playground, "lab gateway limits --name gateway-1").contains("there is a \"gateway-1\" already"));
    // The window has just begun.
    let into = playground.now().nanos() % 10_000_000_000;
    let end = playground.now() + Duration::from_nanos((10_000_000_000 - into + 1_000_000) as u64);
    playground.advance_to(end);
    for _ in 0..4 {
        // Asked all at once, so that both read the same count.
        typed(
            &mut playground,
            "nats request api.ann x --timeout 2s & nats request api.ann x --timeout 2s & nats request api.ben x",
        );
    }
    let screen = playground.terminal("main").unwrap().transcript();
    let said = |what: &str| screen.lines().filter(|line| line.contains(what)).count();
    let mut by_count: BTreeMap<&str, usize> = BTreeMap::new();
    for line in screen.lines().filter(|line| line.starts_with("allowed: ") || line.starts_with("denied: ")) {
        *by_count.entry(line).or_default() += 1;
    }
    let expected = [("allowed: 1 of 3", 2), ("allowed: 2 of 3", 2), ("allowed: 3 of 3", 2), ("denied: 3 of 3", 6)];
    assert_eq!(by_count, expected.into_iter().collect(), "{screen}");
    let before = said("allowed: 1 of 3");
    typed(&mut playground, "lab clock +10s");
    typed(&mut playground, "nats request api.ann x");
    let screen = playground.terminal("main").unwrap().transcript();
    assert_eq!(screen.lines().filter(|line| line.contains("allowed: 1 of 3")).count(), before + 1, "{screen}");
    // Which gateway gets a request is drawn; sooner or later each gets one of two, and one of them is too late.
    for _ in 0..8 {
        typed(&mut playground, "lab clock +10s");
        typed(&mut playground, "nats request api.cat x & nats request api.cat x");
    }
    assert!(count(&playground, |fact| matches!(fact, Fact::Refused { .. })) >= 1, "nobody was ever too late");
    let screen = playground.terminal("main").unwrap().transcript();
    assert_eq!(screen.matches("allowed: 2 of 3").count(), 2 + 8, "{screen}");
}

#[test]
fn a_workflow_resumes_where_it_was_stopped() {
    let mut playground = playground();
    typed(&mut playground, "lab flow start 1");
    typed(&mut playground, "lab clock +10s");
    assert!(typed(&mut playground, "nats kv get tasks job-1 --raw").contains("done"));
    let said = typed(&mut playground, "lab kill charge-1 --after state --before publish");
    assert_eq!(said, "charge-1 stops after state, before publish, the next time it comes by\n");
    typed(&mut playground, "lab flow start 2");
    typed(&mut playground, "lab clock +20s");
    assert!(playground.is_dead("charge-1"));
    assert!(typed(&mut playground, "nats kv get tasks job-2 --raw").contains("charged"));
    typed(&mut playground, "lab restart charge-1");
    typed(&mut playground, "lab clock +20s");
    for job in ["job-1", "job-2", "job-3"] {
        let history = typed(&mut playground, &format!("nats kv history tasks {job}"));
        let states = ["new", "validating", "validated", "charging", "charged", "shipping", "shipped", "done"];
        let places: Vec<_> = states.iter().filter_map(|state| history.find(&format!(" {state} "))).collect();
        assert_eq!(places.len(), states.len(), "{history}");
        assert!(places.is_sorted(), "{history}");
        let charges =
            playground.ledger().effects.iter().filter(|effect| effect.what == format!("charge {job}")).count();
        assert_eq!(charges, 1, "{job}");
    }
    assert!(count(&playground, |fact| matches!(fact, Fact::RedeliveryDue { .. })) >= 1);
    assert!(typed(&mut playground, "nats stream info FLOW").contains("Messages: 0"));
    let refused = typed(&mut playground, "lab kill main --after state");
    assert!(refused.contains("no client \"main\"") || refused.contains("only stations"), "{refused}");
    let session = Session::from_json(&playground.session().to_json()).unwrap();
    let again = Playground::replay(&session, None, session.end);
    assert!(again.events_from(0) == playground.events_from(0), "it does not run again alike");
}

#[test]
fn sharing_is_wished_for_once() {
    let mut playground = playground();
    let line = Input::Line { actor: "main".into(), line: "lab share".into() };
    playground.input(line);
    let end = playground.now() + Duration::from_secs(1);
    playground.advance_to(end);
    assert_eq!(playground.take_wish(), Some(Wish::Share));
    let session = playground.session().clone();
    let mut again = Playground::rerun(&session, None);
    let halfway = STARTED + Duration::from_nanos(session.end / 2);
    again.advance_to(halfway);
    assert_eq!(again.take_wish(), None);
}
