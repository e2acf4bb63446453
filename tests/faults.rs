//! What goes wrong on purpose, and how clients, streams and consumers live with it.

use jetlab::engine::{CloseReason, Event, Fact};
use jetlab::flow::LinkState;
use jetlab::lessons::ScriptLine;
use jetlab::playground::{Playground, script};
use jetlab::time::Timestamp;
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

/// A playground with what the lines, `actor> line`, have done.
fn played(lines: &[&str]) -> Playground {
    let mut playground = Playground::new(7, STARTED, Duration::from_millis(2));
    play(&mut playground, lines);
    playground
}

fn play(playground: &mut Playground, lines: &[&str]) {
    for line in lines {
        let (actor, line) = line.split_once("> ").expect("an actor and a line");
        let line = ScriptLine::Type { actor: actor.into(), line: line.into() };
        script::play(playground, &[line]);
    }
}

fn wait(playground: &mut Playground, seconds: u64) {
    let until = playground.now() + Duration::from_secs(seconds);
    playground.advance_to(until);
}

fn screen(playground: &Playground, actor: &str) -> String {
    playground.terminal(actor).expect("it has a terminal").transcript()
}

fn count(playground: &Playground, is: impl Fn(&Fact) -> bool) -> usize {
    playground.events_from(0).iter().filter(|event| is(&event.fact)).count()
}

fn state(playground: &Playground, actor: &str) -> LinkState {
    let scene = playground.flow().scene(playground.now());
    scene.actors.iter().find(|found| found.name == actor).expect("it is drawn").state
}

/// The same session gives the same events, with all its faults.
fn runs_again(playground: &Playground) {
    let again = Playground::replay(playground.session(), None, playground.session().end);
    assert!(again.events_from(0) == playground.events_from(0), "another run differs");
}

#[test]
fn a_cut_wire_is_mended_and_nothing_that_waited_is_lost() {
    let mut playground = played(&["bob> nats sub 'news.*' &", "alice> nats pub news.a one", "main> lab net cut bob"]);
    assert_eq!(state(&playground, "bob"), LinkState::Broken);
    play(&mut playground, &["alice> nats pub news.a two", "main> lab net cut alice", "alice> nats pub news.a three &"]);
    assert!(!screen(&playground, "bob").contains("two"), "core NATS keeps nothing for who is away");
    play(&mut playground, &["main> lab net heal bob"]);
    wait(&mut playground, 10);
    play(&mut playground, &["main> lab net heal"]);
    wait(&mut playground, 10);
    assert_eq!(state(&playground, "bob"), LinkState::Connected);
    assert!(screen(&playground, "bob").contains("one"));
    assert!(!screen(&playground, "bob").contains("two"));
    assert!(screen(&playground, "bob").contains("three"), "{}", screen(&playground, "bob"));
    runs_again(&playground);
}

#[test]
fn a_lost_puback_leads_to_a_repeat_that_the_stream_recognises() {
    let mut playground = played(&[
        "main> nats stream add S --subjects 's.*' --defaults",
        "main> lab fault drop-puback",
        "main> lab publish s.a 'order {{Count}}' --count 2 --js --id --name shop",
    ]);
    wait(&mut playground, 30);
    assert_eq!(count(&playground, |fact| matches!(fact, Fact::Stored { .. })), 2);
    assert_eq!(count(&playground, |fact| matches!(fact, Fact::Duplicate { .. })), 1);
    assert!(playground.troubles().is_empty(), "{:?}", playground.troubles());
    runs_again(&playground);
}

#[test]
fn a_lost_ack_leads_to_a_second_delivery() {
    let mut playground = played(&[
        "main> nats stream add S --subjects 's.*' --retention work --defaults",
        "main> nats consumer add S c --pull --ack explicit --wait 2s --defaults",
        "main> nats pub -J s.a one",
        "main> lab fault drop-ack",
        "main> lab worker c",
    ]);
    wait(&mut playground, 10);
    assert_eq!(playground.ledger().effects.len(), 2, "the work was done twice");
    assert_eq!(count(&playground, |fact| matches!(fact, Fact::RedeliveryDue { .. })), 1);
    runs_again(&playground);
}

/// Long before the ack wait is over, and again when the message is back.
#[test]
fn a_worker_that_fails_in_silence_is_told_of_at_once() {
    let mut playground = played(&[
        "main> nats stream add S --subjects 's.*' --retention work --defaults",
        "main> nats consumer add S c --pull --ack explicit --wait 60s --defaults",
        "main> lab worker c --work 20s --fail 100%",
        "main> nats pub -J s.a one",
    ]);
    let silence = "worker-1 does not answer for message 1 of S (c).\n";
    assert!(!told(&playground).contains(silence), "it is still working: {}", told(&playground));
    wait(&mut playground, 30);
    let story = told(&playground);
    let (got, failed) = (story.find("c delivered message 1.\n"), story.find(silence));
    assert!(got.is_some() && got < failed && !story.contains("has message 1 back"), "{story}");
    wait(&mut playground, 30);
    let story = told(&playground);
    let back = story.find("c has message 1 back, unacknowledged.\n");
    assert!(failed < back && story.matches(silence).count() == 1, "{story}");
    play(&mut playground, &["main> lab set worker-1 --on-fail nak --work 100ms"]);
    let before = told(&playground).matches("does not answer").count();
    wait(&mut playground, 20);
    assert!(told(&playground).matches("does not answer").count() <= before + 1, "a nak is an answer");
    runs_again(&playground);
}

#[test]
fn what_comes_twice_and_what_never_comes() {
    let mut playground = played(&[
        "bob> nats sub a &",
        "main> lab fault duplicate-delivery bob",
        "alice> nats pub a first",
        "main> lab fault drop-delivery bob",
        "alice> nats pub a second",
        "main> lab fault drop-publish alice",
        "alice> nats pub a third",
        "main> lab fault duplicate-publish alice",
        "alice> nats pub a fourth",
    ]);
    wait(&mut playground, 1);
    let told = screen(&playground, "bob");
    let times = |word: &str| told.matches(word).count();
    assert_eq!(["first", "second", "third", "fourth"].map(times), [2, 0, 0, 2], "{told}");
    runs_again(&playground);
}

#[test]
fn a_worker_dies_another_takes_over_and_the_dead_one_comes_back() {
    let mut playground = played(&[
        "main> nats stream add S --subjects 's.*' --retention work --defaults",
        "main> nats consumer add S c --pull --ack explicit --wait 2s --defaults",
        "main> lab worker c --work 30s",
        "main> nats pub -J s.a one",
        "main> lab kill worker-1",
    ]);
    assert_eq!(count(&playground, |fact| matches!(fact, Fact::Answered { .. })), 0);
    play(&mut playground, &["main> lab worker c --work 100ms"]);
    wait(&mut playground, 10);
    assert_eq!(playground.ledger().effects[0].worker, "worker-2");
    play(
        &mut playground,
        &["main> lab kill worker-2", "main> lab set worker-1 --work 50ms", "main> lab restart worker-1"],
    );
    play(&mut playground, &["main> nats pub -J s.a two"]);
    wait(&mut playground, 10);
    assert_eq!(playground.ledger().effects[1].worker, "worker-1");
    runs_again(&playground);
}

#[test]
fn a_terminal_is_killed_and_started_again() {
    let mut playground = played(&["bob> nats sub a &", "main> lab kill bob", "main> nats pub a one"]);
    assert_eq!(state(&playground, "bob"), LinkState::Killed);
    assert!(
        screen(&playground, "bob").contains("Killed                  nats sub a"),
        "{}",
        screen(&playground, "bob")
    );
    play(&mut playground, &["main> lab restart bob", "bob> nats sub a &", "main> nats pub a two"]);
    assert!(screen(&playground, "bob").contains("two") && !screen(&playground, "bob").contains("one"));
    // A shell outlives what was killed in it: its next command connects anew, and what was said is said.
    play(
        &mut playground,
        &["main> lab kill bob", "main> nats sub b &", "bob> echo still here", "bob> nats pub b three"],
    );
    assert_eq!(state(&playground, "bob"), LinkState::Connected);
    assert!(screen(&playground, "bob").contains("still here") && screen(&playground, "main").contains("three"));
    runs_again(&playground);
}

#[test]
fn a_restarted_server_forgets_memory_and_keeps_files() {
    let mut playground = played(&[
        "main> nats stream add FILE --subjects 'f.*' --defaults",
        "main> nats stream add MEMORY --subjects 'm.*' --storage memory --defaults",
        "main> nats consumer add FILE c --pull --ack explicit --defaults",
        "main> nats pub -J f.a one",
        "main> nats pub -J m.a one",
        "bob> nats sub 'f.*' &",
        "main> lab server restart",
    ]);
    wait(&mut playground, 10);
    play(&mut playground, &["main> nats stream ls -n", "main> nats pub -J f.a two"]);
    let told = screen(&playground, "main");
    let listed = &told[told.find("stream ls").expect("it was typed")..];
    assert!(listed.contains("FILE") && !listed.contains("MEMORY"), "{listed}");
    assert!(screen(&playground, "bob").contains("two"), "it has subscribed again");
    assert!(listed.contains("Sequence: 2"), "{listed}");
    let shutdown = |fact: &Fact| matches!(fact, Fact::Disconnected { reason: CloseReason::ServerShutdown, .. });
    assert_eq!(count(&playground, shutdown), 2);
    runs_again(&playground);
}

#[test]
fn nobody_answers_while_the_server_is_stopped() {
    let mut playground = played(&["main> nats stream add S --subjects 's.*' --defaults", "main> lab server stop"]);
    let before = playground.last_ordinal();
    wait(&mut playground, 600);
    assert_eq!(playground.last_ordinal(), before, "not even a timer");
    play(&mut playground, &["main> lab server start"]);
    wait(&mut playground, 10);
    play(&mut playground, &["main> nats pub -J s.a one"]);
    assert!(screen(&playground, "main").contains("Sequence: 1"));
    runs_again(&playground);
}

#[test]
fn a_slow_consumer_is_cut_off_and_comes_back() {
    let mut playground = played(&[
        "bob> nats sub big --count 40 > /dev/null &",
        "main> lab slow bob",
        "alice> nats pub big '{{ Random 8000 8000 }}' --count 30",
    ]);
    wait(&mut playground, 15);
    let slow = |event: &Event| matches!(event.fact, Fact::Disconnected { reason: CloseReason::SlowConsumer, .. });
    assert_eq!(playground.events_from(0).iter().filter(|event| slow(event)).count(), 1);
    assert!(
        told(&playground).contains("bob is disconnected. The server hung up: it reads too slowly"),
        "{}",
        told(&playground)
    );
    play(&mut playground, &["main> lab slow bob off"]);
    wait(&mut playground, 5);
    assert_eq!(state(&playground, "bob"), LinkState::Connected);
    runs_again(&playground);
}

/// The story so far.
fn told(playground: &Playground) -> String {
    playground.flow().story().lines().map(|line| line.text() + "\n").collect()
}

/// Why somebody has no connection.
fn why_not_connected(playground: &Playground, actor: &str) -> Vec<String> {
    let selection = jetlab::flow::Selection::Actor(actor.to_owned());
    let reasons = jetlab::flow::why(&playground.flow(), playground.now(), &selection);
    assert!(reasons.iter().all(|why| why.step.is_some()), "{reasons:?}");
    reasons.into_iter().map(|why| why.sentence).collect()
}

#[test]
fn who_is_not_connected_says_why() {
    let mut playground = played(&["alice> nats pub a x", "main> lab net cut alice"]);
    let cut = "Not connected. Its wire is cut off: nothing passes between it and the server.";
    assert_eq!(why_not_connected(&playground, "alice"), [cut]);
    play(&mut playground, &["main> lab net heal alice"]);
    wait(&mut playground, 5);
    assert_eq!(why_not_connected(&playground, "alice"), Vec::<String>::new());
    play(&mut playground, &["main> lab server stop"]);
    assert_eq!(why_not_connected(&playground, "alice"), ["Not connected. The server stopped."]);
    play(&mut playground, &["main> lab server start"]);
    wait(&mut playground, 10);
    assert_eq!(why_not_connected(&playground, "alice"), Vec::<String>::new());
    let before = told(&playground);
    assert!(before.contains("The link of alice is cut.\n"), "{before}");
    assert!(!before.contains("The link of main is cut."), "a server that stops cuts no wire: {before}");
    let killed = "Not connected. It was killed in the middle of what it did, and nobody has started it again.";
    play(&mut playground, &["main> lab kill alice", "main> lab worker NONE none --name w"]);
    assert_eq!(why_not_connected(&playground, "alice"), [killed]);
    play(&mut playground, &["main> lab publish a x --name shop", "main> lab kill shop"]);
    assert_eq!(why_not_connected(&playground, "shop"), [killed], "a scripted actor, too");
    assert_eq!(state(&playground, "shop"), LinkState::Killed);
    assert!(told(&playground)[before.len()..].contains("shop was killed in the middle of what it did.\n"));
    play(&mut playground, &["main> lab restart shop"]);
    wait(&mut playground, 2);
    assert_eq!(why_not_connected(&playground, "shop"), Vec::<String>::new());
}

#[test]
fn a_longer_wire_takes_longer() {
    let mut playground =
        played(&["bob> nats sub a &", "alice> nats pub b x", "main> lab net delay alice 300ms", "alice> nats pub a x"]);
    wait(&mut playground, 1);
    let published = |fact: &Fact| matches!(fact, Fact::Published { subject, .. } if &**subject == "a");
    let at = playground.events_from(0).into_iter().find(|event| published(&event.fact)).expect("it arrived").at;
    let typed = playground.session().inputs.iter().rev().find(|entry| format!("{:?}", entry.input).contains("pub a x"));
    assert_eq!(at.since(STARTED).as_nanos() as u64 - typed.expect("it was typed").at, 300_000_000);
    runs_again(&playground);
}

#[test]
fn publishers_ahead_of_their_acks_keep_to_their_window() {
    let mut playground = played(&[
        "main> nats stream add S --subjects 's.*' --defaults",
        "main> lab subscribe 's.*' --queue g --name one",
        "main> lab subscribe 's.*' --queue g --name two",
        "main> lab publish s.a --rate 10/s --count 100 --async --window 4 --name fast",
        "main> lab net delay fast 500ms",
        "main> lab set fast --rate 100/s",
    ]);
    wait(&mut playground, 30);
    assert_eq!(count(&playground, |fact| matches!(fact, Fact::Stored { .. })), 100);
    // Four for each round trip of a second, from the eightieth on at the latest.
    let stored: Vec<Event> =
        playground.events_from(0).into_iter().filter(|event| matches!(event.fact, Fact::Stored { .. })).collect();
    let took = stored[99].at.since(stored[79].at);
    assert!(took >= Duration::from_secs(4), "{took:?}");
    let names: Vec<String> = playground.cast().into_iter().map(|(spec, _)| spec.describe()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    runs_again(&playground);
}

#[test]
fn the_picture_and_the_story_know_what_waits_and_what_was_lost() {
    let mut playground = played(&["bob> nats sub a &", "alice> nats pub a hello", "main> lab net cut alice"]);
    play(&mut playground, &["alice> nats pub a one &", "alice> nats pub a two &"]);
    let tray = |playground: &Playground| {
        let scene = playground.flow().scene(playground.now());
        scene.actors.iter().find(|actor| actor.name == "alice").expect("it is drawn").tray
    };
    assert_eq!(tray(&playground), 2);
    play(&mut playground, &["main> lab net heal", "main> lab fault drop-delivery bob"]);
    wait(&mut playground, 10);
    assert_eq!(tray(&playground), 0);
    let flow = playground.flow();
    let told: Vec<String> = flow.story().lines().map(|line| line.text()).collect();
    let line = flow.wire().lines().find(|line| line.lost).expect("the wire keeps what was lost on it");
    assert_eq!((line.verb(), line.message.is_some()), ("MSG", true));
    for sentence in ["2 messages wait in alice", "A message on a was lost on its way to bob."] {
        assert!(told.iter().any(|line| line.contains(sentence)), "{sentence}: {told:#?}");
    }
}

#[test]
fn while_time_stands_what_was_asked_for_arrives_and_no_timer_ends() {
    use jetlab::playground::Input;
    use jetlab::playground::clock::Pace;
    let mut playground = played(&["bob> nats sub a &"]);
    let mut pace = Pace::default();
    pace.playing = false;
    let run = |playground: &mut Playground, pace: &mut Pace, line: &str| {
        playground.input(Input::Line { actor: "alice".into(), line: line.into() });
        pace.run(playground, Duration::from_secs(1), || true);
    };
    let received = |playground: &Playground| {
        let scene = playground.flow().scene(playground.now());
        scene.actors.iter().find(|actor| actor.name == "bob").expect("it is drawn").received
    };
    let before = playground.now();
    run(&mut playground, &mut pace, "nats pub a x");
    assert_eq!((received(&playground), playground.now()), (0, before), "paused is paused");
    assert!(pace.stands(), "whoever waits for it can be told");
    pace.answer();
    assert!(!pace.stands());
    pace.run(&mut playground, Duration::from_secs(1), || true);
    assert_eq!(received(&playground), 1);
    assert!(playground.now().since(before) < Duration::from_millis(100), "only as long as wires are");
    pace.answer();
    run(&mut playground, &mut pace, "nats sub b --wait 5s");
    assert!(playground.now().since(before) < Duration::from_millis(200), "no timer ended");
}

#[test]
fn a_message_on_a_longer_wire_is_no_slower_to_watch() {
    use jetlab::playground::Input;
    use jetlab::playground::clock::Pace;
    let mut playground = played(&["alice> nats pub a x", "main> lab net delay alice 200ms"]);
    let pace = Pace::default();
    let ratio = |playground: &mut Playground, actor: &str| {
        playground.input(Input::Line { actor: actor.into(), line: "nats pub b x".into() });
        playground.settle();
        let ratio = pace.ratio(playground);
        let later = playground.now() + Duration::from_secs(2);
        playground.advance_to(later);
        ratio
    };
    let (short, long) = (ratio(&mut playground, "main"), ratio(&mut playground, "alice"));
    assert!((short - 2.0 / 700.0).abs() < 1e-6, "{short}");
    assert!((long - 200.0 / 700.0).abs() < 1e-6, "{long}");
    playground.input(Input::Line { actor: "main".into(), line: "nats pub b x".into() });
    playground.settle();
    let mut unseen = Pace::at_speed(2.0);
    unseen.is_unseen = true;
    assert_eq!(unseen.ratio(&playground), 2.0, "where nobody sees it travel there is nothing to wait for");
}

#[test]
fn messages_one_after_the_other_go_faster_once_some_were_watched() {
    use jetlab::playground::Input;
    use jetlab::playground::clock::Pace;
    let mut playground = played(&["alice> nats stream add S --subjects a --defaults"]);
    let line = "nats pub -J a x --count 100".to_owned();
    playground.input(Input::Line { actor: "main".into(), line });
    playground.settle();
    let mut pace = Pace::default();
    let mut ratios: Vec<f64> = Vec::new();
    let mut seconds = 0.0;
    while playground.terminal("main").is_some_and(jetlab::playground::Terminal::is_busy) && seconds < 60.0 {
        pace.run(&mut playground, Duration::from_millis(10), || true);
        seconds += 0.01;
        if playground.heaviest_on_the_way().is_some() && ratios.last() != Some(&pace.ratio(&playground)) {
            ratios.push(pace.ratio(&playground));
        }
        assert!(seconds > 5.5 || ratios.iter().all(|ratio| *ratio <= 1.0 / 35.0), "{ratios:?}");
    }
    assert!((15.0..25.0).contains(&seconds), "{seconds} s");
    let slowest = ratios.iter().copied().fold(1.0, f64::min);
    let fastest = ratios.iter().copied().filter(|ratio| *ratio < 1.0).fold(0.0, f64::max);
    assert!((slowest - 1.0 / 350.0).abs() < 1e-6 && (fastest - 1.0 / 35.0).abs() < 1e-6, "{ratios:?}");
    // After a rest each is watched again.
    pace.run(&mut playground, Duration::from_secs(1), || true);
    playground.input(Input::Line { actor: "main".into(), line: "nats pub b x".into() });
    playground.settle();
    assert!((pace.ratio(&playground) - 1.0 / 350.0).abs() < 1e-6);
}

/// Faults, workers and a program on a wire together: back to any moment, and on again, it is the same session.
#[test]
fn a_session_with_everything_in_it_goes_back_and_on_again() {
    use jetlab::playground::history::History;
    use jetlab::playground::{Input, WireBytes};
    let mut playground = played(&[
        "main> nats stream add WORK --subjects 'work.*' --retention work --defaults",
        "main> nats consumer add WORK hand --pull --ack explicit --wait 2s --max-deliver 3 --defaults",
        "main> lab worker WORK hand --fail 30% --work 300ms",
        "main> lab worker WORK hand --work 700ms",
        "main> lab publish work.a 'job {{Count}}' --rate 5/s --js",
        "bob> nats sub 'work.*' &",
    ]);
    playground.input(Input::OpenWire { name: "robot".into(), latency: 3_000_000 });
    let wire = playground.last_wire();
    let say = |playground: &mut Playground, text: &str| {
        let bytes = WireBytes(text.to_owned().into());
        playground.input(Input::Wire { wire, bytes });
        wait(playground, 1);
        playground.receive_on_wire(wire);
    };
    say(&mut playground, "CONNECT {\"name\":\"robot\",\"verbose\":false}\r\nSUB _INBOX.r 1\r\nSUB work.* 2\r\n");
    for lines in [
        ["main> lab net cut worker-1", "main> lab fault drop-puback publisher-1 --count 2"],
        ["main> lab slow bob 10", "main> lab net heal"],
        ["main> lab kill worker-2", "main> lab net delay worker-1 200ms"],
        ["main> lab server restart", "main> lab restart worker-2"],
        ["main> lab faults clear", "main> lab set publisher-1 --rate 1/s"],
    ] {
        play(&mut playground, &lines);
        say(&mut playground, "PUB work.b _INBOX.r 5\r\nhello\r\n");
        wait(&mut playground, 3);
    }
    playground.input(Input::CloseWire { wire });
    wait(&mut playground, 5);
    let text = screen(&playground, "main");
    assert!(!text.contains("lab: ") && !text.contains("error:"), "{text}");
    let (events, end) = (playground.events_from(0), playground.offset());
    assert!(events.len() > 500, "{}", events.len());
    let mut history = History::default();
    history.follow(&playground);
    for share in [0, 1, 3, 5, 7] {
        let mut seek = history.rewind(&playground, None, end / 8 * share);
        assert!(seek.run(|| true));
        playground = seek.finish();
        let so_far = playground.events_from(0);
        assert!(so_far[..] == events[..so_far.len()], "other events at {share}/8");
        playground.advance_to(playground.moment(end));
        assert!(playground.events_from(0) == events, "other events after {share}/8");
        assert_eq!(screen(&playground, "main"), text);
    }
}

/// What somebody's screen of the chat shows, a line each.
fn chat(playground: &Playground, name: &str, room: &str) -> Vec<String> {
    let chats = playground.chats();
    let (.., view) = chats.iter().find(|(who, ..)| who == name).expect("somebody who chats");
    let said = view.rooms.get(room).into_iter().flatten();
    said.map(|said| format!("{}{}", said.from.as_ref().map_or(String::new(), |from| format!("{from}: ")), said.text))
        .collect()
}

#[test]
fn a_chat_reaches_those_in_the_room_also_after_a_cut_and_a_death() {
    let mut playground = played(&["main> lab chat ana", "main> lab chat ben", "main> lab chat cleo"]);
    wait(&mut playground, 1);
    play(&mut playground, &["main> lab say ana lobby 'hello, everybody'", "main> lab invite ana ben garden"]);
    wait(&mut playground, 1);
    play(&mut playground, &["main> lab say ben garden hi", "main> lab net cut ben", "main> lab say ana garden there?"]);
    wait(&mut playground, 2);
    assert_eq!(chat(&playground, "ana", "garden"), ["ben was invited", "ben came in", "ben: hi", "ana: there?"]);
    assert_eq!(chat(&playground, "ben", "garden"), ["ana invited you", "ben: hi"]);
    assert_eq!(chat(&playground, "cleo", "lobby"), ["ana: hello, everybody"]);
    assert!(chat(&playground, "cleo", "garden").is_empty());
    play(&mut playground, &["main> lab net heal ben"]);
    wait(&mut playground, 60);
    assert_eq!(chat(&playground, "ben", "garden"), ["ana invited you", "ben: hi", "ana: there?"]);
    play(&mut playground, &["main> lab kill ben", "main> lab say ana garden gone?", "main> lab restart ben"]);
    wait(&mut playground, 60);
    assert_eq!(chat(&playground, "ben", "garden").last().map(String::as_str), Some("ana: gone?"));
    let refused = ["main> lab say cleo garden x", "main> lab invite ana dora garden", "main> lab chat 'a b'"];
    play(&mut playground, &refused);
    let text = screen(&playground, "main");
    for sentence in ["cleo is not in garden", "nobody called \"dora\" chats", "\"a b\" cannot name somebody"] {
        assert!(text.contains(sentence), "{sentence}\n{text}");
    }
    runs_again(&playground);
    let again = Playground::replay(playground.session(), None, playground.session().end);
    assert_eq!(again.chats(), playground.chats());
}
