//! Lessons on a server that belongs to others: a real nats-server over TCP, in real time. They finish there, their
//! pictures agree with what the server answers, and after clean-up it holds nothing of ours and all that was others'.
//!
//! Without a nats-server (`NATS_SERVER`, else on the `PATH`) this says so and is not run.

#[path = "support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

use jetlab::flow::scene::{Column, SceneModel, Strip};
use jetlab::flow::{How, words};
use jetlab::lessons::prefix::Prefix;
use jetlab::lessons::{Lesson, ScriptLine, format};
use jetlab::nuid::Rng;
use jetlab::playground::distant::{Survey, rehearse};
use jetlab::playground::remote::{Reach, Server};
use jetlab::playground::{Input, Playground};
use std::path::{Path, PathBuf};
use std::time::Duration;
use support::far::Far;
use support::real_server::{self, RealServer};
use support::stage::Setup;

/// As `playground::script` plays in virtual time.
const HEAD_START: Duration = Duration::from_millis(1500);
/// A longer wait of a script is for its commands to end.
const LONG: Duration = Duration::from_secs(10);

fn lesson(file: &str, prefix: &Prefix) -> Lesson {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tutorial").join(file);
    let lesson = format::parse(&std::fs::read_to_string(path).expect("readable")).0.expect("a lesson");
    lesson.with_prefix(prefix).expect("it names its names")
}

fn server() -> Option<PathBuf> {
    match real_server::find() {
        Ok((program, _)) => Some(program),
        Err(why) => {
            println!("not run: {why}");
            None
        }
    }
}

fn connected(address: &str, prefix: &Prefix) -> Far {
    let mut far = Far::at(Server::at(vec![format!("nats://{address}")]));
    far.playground.mark_with(vec![prefix.clone()]);
    far.playground.begin_watching();
    far
}

fn is_solved(playground: &Playground) -> bool {
    playground.checker().is_some_and(|checker| checker.is_solved())
}

fn is_busy(playground: &Playground, actor: &str) -> bool {
    playground.terminal(actor).is_some_and(|terminal| terminal.is_busy() && terminal.question().is_none())
}

/// Nobody does anything by themselves.
fn is_idle(playground: &Playground) -> bool {
    playground.cast().is_empty() && playground.actors().iter().all(|actor| !is_busy(playground, actor))
}

/// Plays in real time, as long as there is something to reach.
fn play(far: &mut Far, lines: &[ScriptLine]) {
    for line in lines {
        if is_solved(&far.playground) {
            return;
        }
        match line {
            ScriptLine::Type { actor, line } => {
                far.pass_until(Duration::from_secs(40), |playground| !is_busy(playground, actor));
                far.playground.input(Input::Line { actor: actor.clone(), line: line.clone() });
                far.pass_until(HEAD_START, |playground| !is_busy(playground, actor));
            }
            ScriptLine::Answer { actor, text } => {
                far.playground.input(Input::Answer { actor: actor.clone(), text: text.clone() });
                far.pass_until(HEAD_START, |playground| !is_busy(playground, actor));
            }
            ScriptLine::Interrupt { actor } => far.playground.input(Input::Interrupt { actor: actor.clone() }),
            ScriptLine::Wait { nanos } => {
                let span = Duration::from_nanos(*nanos);
                let is_over = |playground: &Playground| span > LONG && is_idle(playground);
                far.pass_until(span, |playground| is_solved(playground) || is_over(playground));
            }
        }
    }
    far.pass_until(Duration::from_secs(3), is_solved);
}

fn begin(far: &mut Far, lesson: &Lesson) {
    far.playground.begin_lesson(lesson);
    for actor in &lesson.actors {
        far.playground.input(Input::OpenTerminal { actor: actor.clone() });
    }
    let actors = lesson.actors.clone();
    far.until("everybody is connected", |playground| {
        let is_there = |actor: &String| playground.standing(actor).is_some_and(|it| it.reach == Reach::Connected);
        actors.iter().all(is_there)
    });
}

fn screens(playground: &Playground) -> String {
    let screen = |actor: &String| {
        let text = playground.terminal(actor).map(|terminal| terminal.transcript()).unwrap_or_default();
        format!("--- {actor}\n{text}")
    };
    playground.actors().iter().map(screen).collect()
}

fn scene(far: &Far) -> SceneModel {
    far.playground.flow().scene(far.playground.now())
}

/// Plays a lesson to its end and cleans up after it.
fn finish(address: &str, file: &str, seed: u64) {
    let prefix = Prefix::drawn(&mut Rng::new(seed));
    let lesson = lesson(file, &prefix);
    let mut far = connected(address, &prefix);
    begin(&mut far, &lesson);
    play(&mut far, &lesson.start);
    assert_eq!(far.playground.checker().unwrap().reached(), Vec::<String>::new(), "{}", screens(&far.playground));
    play(&mut far, &lesson.solution);
    let why: Vec<_> = {
        let checker = far.playground.checker().unwrap();
        lesson.milestones.iter().filter(|it| !checker.has_reached(&it.id)).map(|it| checker.why_not(&it.id)).collect()
    };
    let story: Vec<String> = far.playground.flow().story().lines().map(|line| line.text()).collect();
    assert!(
        is_solved(&far.playground),
        "{file}: {why:?}\n{}\n{}\n{}",
        screens(&far.playground),
        words::outline(&scene(&far)),
        story.join("\n")
    );
    // What was planned is what is there.
    far.pass(Duration::from_secs(3));
    let planned = rehearse(&lesson);
    let scene = scene(&far);
    for strip in &scene.streams {
        let is_planned = planned.at_start.iter().chain(&planned.later).any(|plan| plan.contains(&*strip.name));
        assert!(prefix.marks(&strip.name) && is_planned, "{}: {planned:?}", strip.name);
        assert_agrees(&mut far, strip);
    }
    clean_up(&mut far, &prefix);
}

/// What the picture says of a stream is what the server answers.
fn assert_agrees(far: &mut Far, strip: &Strip) {
    let said = far.typed("main", &format!("nats stream info {} --json", strip.name));
    let info: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    let state = &info["state"];
    let drawn = [strip.messages, strip.bytes, strip.first_seq, strip.last_seq].map(serde_json::Value::from);
    let answered = ["messages", "bytes", "first_seq", "last_seq"].map(|field| state[field].clone());
    assert_eq!(drawn, answered, "{}", strip.name);
    let unknown = strip.columns.iter().filter(|column| matches!(column, Column::Unknown { .. })).count();
    assert_eq!(unknown, 0, "what is ours was read: {:?}", strip.columns);
}

fn clean_up(far: &mut Far, prefix: &Prefix) {
    far.playground.look_for_ours();
    far.until("what is ours was looked for", |playground| {
        matches!(playground.survey(), Survey::Found(_) | Survey::Failed(_))
    });
    let Survey::Found(found) = far.playground.survey() else { panic!("{:?}", far.playground.survey()) };
    assert!(found.iter().all(|it| prefix.marks(&it.stream)), "{found:?}");
    far.playground.remove_ours();
    far.until("what is ours was removed", |playground| {
        matches!(playground.survey(), Survey::Removed(_) | Survey::Failed(_))
    });
    let names: Vec<String> = found.into_iter().map(|it| it.stream).collect();
    assert_eq!(far.playground.survey(), Survey::Removed(names));
    far.playground.look_for_ours();
    far.until("looked again", |playground| matches!(playground.survey(), Survey::Found(_)));
    assert_eq!(far.playground.survey(), Survey::Found(Vec::new()));
}

#[test]
fn lessons_finish_on_a_real_server_and_leave_nothing() {
    let Some(program) = server() else { return };
    let server = RealServer::start(&program, &Setup::default());
    let address = server.address().to_string();
    let nobody = Prefix::drawn(&mut Rng::new(99));
    let mut others = connected(&address, &nobody);
    others.playground.input(Input::OpenTerminal { actor: "main".into() });
    let said = others.typed("main", "nats stream add orders_stream --subjects 'orders.*' --defaults");
    assert!(said.contains("was created"), "{said}");
    let lessons = [
        ("01-core/01-first-message.md", 11),
        ("04-systems/20-order-queue.md", 12),
        ("04-systems/21-dead-letters.md", 13),
    ];
    std::thread::scope(|scope| {
        for (file, seed) in lessons {
            let address = address.as_str();
            scope.spawn(move || finish(address, file, seed));
        }
    });
    // All of them together, and another's stream of the very name.
    let mut others = connected(&address, &nobody);
    others.playground.input(Input::OpenTerminal { actor: "main".into() });
    let said = others.typed("main", "nats stream ls --names");
    assert_eq!(said.trim(), "orders_stream");
    let said = others.typed("main", "nats stream info orders_stream --json");
    assert!(said.contains("\"messages\": 0"), "{said}");
}

#[test]
fn a_stream_of_others_is_seen_and_not_touched() {
    let Some(program) = server() else { return };
    let server = RealServer::start(&program, &Setup::default());
    let address = server.address().to_string();
    let prefix = Prefix::drawn(&mut Rng::new(5));
    let mut others = connected(&address, &prefix);
    others.playground.input(Input::OpenTerminal { actor: "main".into() });
    for line in [
        "nats stream add ORDERS --subjects 'orders.*' --defaults",
        "nats pub orders.new 'order-{{Count}}' --count 7 -J",
        "nats consumer add ORDERS worker --pull --ack explicit --defaults",
        "nats consumer next ORDERS worker --count 3 --no-ack",
    ] {
        others.typed("main", line);
    }
    let mut far = connected(&address, &prefix);
    far.playground.input(Input::OpenTerminal { actor: "main".into() });
    far.until("connected", |it| it.standing("main").is_some_and(|it| it.reach == Reach::Connected));
    let said = far.typed("main", "lab observe NOTHING");
    assert!(said.contains("stream not found"), "{said}");
    assert!(scene(&far).streams.is_empty());
    let said = far.typed("main", "lab observe ORDERS worker");
    assert!(said.contains("$JS.API.STREAM.INFO.ORDERS") && said.contains("Read only"), "{said}");
    far.until("seen", |it| it.flow().scene(it.now()).streams.iter().any(|strip| !strip.consumers.is_empty()));
    far.pass(Duration::from_secs(1));
    let outline = words::outline(&scene(&far));
    for line in [
        "Stream ORDERS, 7 messages, sequences 1 to 7, asked at",
        "  7 messages nobody here has seen, 1 to 7",
        "Consumer worker on ORDERS: 3 in flight, 4 not yet delivered, ack floor 0, asked at",
    ] {
        assert!(outline.contains(line), "{line}\n{outline}");
    }
    // What is read is seen, and nothing else.
    far.typed("main", "nats stream get ORDERS 2");
    let outline = words::outline(&scene(&far));
    for line in
        ["  1 message nobody here has seen, 1", "  Message 2 on orders.new, 7 B, asked", "    Message 2: not known"]
    {
        assert!(outline.contains(line), "{line}\n{outline}");
    }
    // The consumer stands as it stood.
    let said = others.typed("main", "nats consumer info ORDERS worker --json");
    assert!(said.contains("\"num_ack_pending\": 3") && said.contains("\"num_waiting\": 0"), "{said}");
    assert!(far.typed("main", "lab cleanup -f").contains("nothing of ours"));
}

/// Sequences of the messages that are drawn, and how they are known.
fn cells(far: &Far) -> Vec<(u64, Option<How>)> {
    let cell = |column: &Column| if let Column::Cell(cell) = column { Some((cell.seq, cell.how)) } else { None };
    scene(far).streams.iter().flat_map(|strip| strip.columns.iter().filter_map(cell)).collect()
}

#[test]
fn a_trace_places_a_message_where_nobody_elses_can_be() {
    let Some(program) = server() else { return };
    let server = RealServer::start(&program, &Setup::default());
    let address = server.address().to_string();
    let prefix = Prefix::drawn(&mut Rng::new(6));
    let mut others = connected(&address, &prefix);
    others.playground.input(Input::OpenTerminal { actor: "main".into() });
    others.typed("main", "nats stream add ORDERS --subjects 'orders.*' --defaults");
    let mut far = connected(&address, &prefix);
    far.playground.input(Input::OpenTerminal { actor: "main".into() });
    far.until("connected", |it| it.standing("main").is_some_and(|it| it.reach == Reach::Connected));
    far.typed("main", "lab observe ORDERS");
    far.until("seen", |it| !it.flow().scene(it.now()).streams.is_empty());
    far.pass(Duration::from_secs(1));
    let said = far.typed("main", "nats trace orders.new hello --deliver");
    assert!(said.contains("action:\"stored\""), "{said}");
    far.pass(Duration::from_secs(2));
    assert_eq!(cells(&far), [(1, Some(How::Told))], "{}", words::outline(&scene(&far)));
    // Two more and one trace: which is whose is not told, unless the server was asked between them.
    others.typed("main", "nats pub orders.new theirs");
    far.typed("main", "nats trace orders.new again --deliver");
    far.pass(Duration::from_secs(2));
    assert!(!cells(&far).iter().any(|(seq, _)| *seq == 2), "{}", words::outline(&scene(&far)));
    assert_eq!(scene(&far).streams[0].messages, 3);
}
