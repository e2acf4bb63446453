//! The picture drawn from the bytes on our own wires alone agrees with the one drawn from the server's facts, wherever
//! both can know: lessons and gallery scenes are played, and both pictures are looked at together.

use jetlab::engine::ConnId;
use jetlab::flow::from_client::FromClient;
use jetlab::flow::scene::{CellState, Column, ConsumerStrip, GapReason, SceneModel, Strip};
use jetlab::flow::{Flow, How, words};
use jetlab::lessons::{Lesson, ScriptLine, format};
use jetlab::playground::recorder::Recorder;
use jetlab::playground::{Input, LATENCY, Playground, script};
use jetlab::protocol::{ClientOp, Headers, Info, Message, ServerOp, Sid};
use jetlab::time::Timestamp;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

fn files(folder: &str) -> Vec<PathBuf> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for path in std::fs::read_dir(folder).expect("part of the repository").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|ext| ext == "md") && path.file_name() != Some("README.md".as_ref())
            {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    files.sort();
    files
}

fn lessons(folder: &str) -> Vec<Lesson> {
    let read = |path: PathBuf| format::parse(&std::fs::read_to_string(path).expect("readable")).0.expect("a lesson");
    files(folder).into_iter().map(read).collect()
}

fn played(lesson: &Lesson, scripts: &[&[ScriptLine]]) -> (Playground, Rc<RefCell<Recorder>>) {
    let mut playground = Playground::new(3, STARTED, LATENCY);
    let seen = playground.record_from_wires();
    playground.begin_lesson(lesson);
    for actor in &lesson.actors {
        playground.input(Input::OpenTerminal { actor: actor.clone() });
    }
    for script in scripts {
        script::play(&mut playground, script);
    }
    (playground, seen)
}

/// Both pictures at a moment at which nothing has happened since the server was asked.
fn both(playground: &mut Playground, seen: &RefCell<Recorder>) -> (SceneModel, SceneModel) {
    for _ in 0..4 {
        let before = words::outline(&playground.flow().scene(playground.now()));
        let later = playground.now() + Duration::from_secs(35);
        playground.advance_to(later);
        let facts = playground.flow().scene(playground.now());
        if words::outline(&facts) == before {
            return (facts, seen.borrow().flow.scene(playground.now()));
        }
    }
    (playground.flow().scene(playground.now()), seen.borrow().flow.scene(playground.now()))
}

/// What the two pictures say differently, of what both can know.
fn differences(facts: &SceneModel, seen: &SceneModel) -> Vec<String> {
    let mut told = Vec::new();
    let mut same = |what: String, fact: String, seen: String| {
        if fact != seen {
            told.push(format!("{what}: {fact} is seen as {seen}"));
        }
    };
    let actors = |scene: &SceneModel| -> Vec<String> {
        let actor = |actor: &jetlab::flow::scene::Actor| {
            format!("{} {:?} {:?} {}/{}", actor.name, actor.state, actor.role, actor.published, actor.received)
        };
        scene.actors.iter().map(actor).collect()
    };
    same("actors".into(), format!("{:#?}", actors(facts)), format!("{:#?}", actors(seen)));
    let names = |scene: &SceneModel| scene.streams.iter().map(|strip| strip.name.to_string()).collect::<Vec<_>>();
    let (mut fact_names, mut seen_names) = (names(facts), names(seen));
    fact_names.sort();
    seen_names.sort();
    same("streams".into(), format!("{fact_names:?}"), format!("{seen_names:?}"));
    for strip in &facts.streams {
        let Some(other) = seen.streams.iter().find(|other| other.name == strip.name) else { continue };
        same(strip.name.to_string(), figures(strip), figures(other));
        same(format!("{} settings", strip.name), settings(&strip.config), settings(&other.config));
        told_of_columns(strip, other, &mut same);
        for consumer in &strip.consumers {
            let Some(seen) = other.consumers.iter().find(|other| other.name == consumer.name) else { continue };
            let name = format!("{}/{}", strip.name, consumer.name);
            same(name.clone(), standing(consumer), standing(seen));
            for cell in &seen.cells {
                let Some(fact) = consumer.cells.iter().find(|fact| fact.seq == cell.seq) else { continue };
                if cell.state == CellState::Unknown {
                    continue;
                }
                let state = |cell: &jetlab::flow::scene::ConsumerCell| {
                    // How often one that is done with was delivered, an answer does not say.
                    let open =
                        matches!(cell.state, CellState::InFlight { .. } | CellState::WaitingForRedelivery { .. });
                    let times = if open { cell.deliveries } else { 0 };
                    format!("{:?} {times}", std::mem::discriminant(&cell.state))
                };
                same(format!("{name} {}", cell.seq), state(fact), state(cell));
            }
        }
    }
    told
}

/// Without what only answers carry: the server's version, and the like.
fn settings(config: &jetlab::api::StreamConfig) -> String {
    let mut config = config.clone();
    config.metadata.retain(|name, _| !name.starts_with("_nats."));
    format!("{config:?}")
}

fn figures(strip: &Strip) -> String {
    let consumers: Vec<&str> = strip.consumers.iter().map(|consumer| &*consumer.name).collect();
    format!(
        "{} messages {} bytes {} to {}, duplicates {} refused {} consumers {consumers:?}",
        strip.messages, strip.bytes, strip.first_seq, strip.last_seq, strip.duplicates, strip.refused
    )
}

fn standing(consumer: &ConsumerStrip) -> String {
    let (delivered, floor) = (consumer.delivered, consumer.ack_floor);
    let mut config = (*consumer.config).clone();
    config.metadata.retain(|name, _| !name.starts_with("_nats."));
    format!(
        "delivered {delivered:?} floor {floor:?} pending {} unanswered {} redelivered {} given up {} terminated {} pulls {} {:?}",
        consumer.num_pending,
        consumer.num_ack_pending,
        consumer.num_redelivered,
        consumer.given_up,
        consumer.terminated,
        consumer.pulls.len(),
        config,
    )
}

fn told_of_columns(strip: &Strip, other: &Strip, same: &mut impl FnMut(String, String, String)) {
    let mut unknown = 0;
    for column in &other.columns {
        match column {
            Column::Cell(cell) => {
                let fact = strip.columns.iter().find_map(|column| match column {
                    Column::Cell(fact) if fact.seq == cell.seq => Some(fact.clone()),
                    _ => None,
                });
                let text = |cell: &jetlab::flow::scene::Cell| {
                    let pointer = cell.points_to.as_ref().map(|to| (to.stream.clone(), to.stream_seq));
                    format!("{} {} {} {pointer:?} {:?}", cell.subject, cell.bytes, cell.stored_bytes, cell.marker)
                };
                if strip.columns.iter().all(|column| !matches!(column, Column::Elided { .. })) {
                    let fact = fact.map_or_else(|| "nothing".to_owned(), |fact| text(&fact));
                    same(format!("{} {}", strip.name, cell.seq), fact, text(cell));
                }
            }
            Column::Gap { from, reason, .. } if *reason != GapReason::Mixed => {
                let fact = strip.columns.iter().find(|column| column.from_seq() <= *from && *from <= column.to_seq());
                let right = matches!(fact, Some(Column::Gap { reason: fact, .. }) if fact == reason || *fact == GapReason::Mixed)
                    || matches!(fact, Some(Column::Elided { .. }));
                if !right {
                    same(format!("{} gap {from}", strip.name), format!("{fact:?}"), format!("{column:?}"));
                }
            }
            Column::Unknown { messages, .. } => unknown += messages,
            _ => {}
        }
    }
    let known: u64 = other
        .columns
        .iter()
        .map(|column| match column {
            Column::Cell(_) => 1,
            Column::Elided { messages, .. } => *messages,
            _ => 0,
        })
        .sum();
    if other.level == jetlab::flow::load::Level::Tokens {
        same(format!("{} drawn", strip.name), strip.messages.to_string(), (known + unknown).to_string());
    }
}

fn check(lesson: &Lesson, scripts: &[&[ScriptLine]]) -> Option<String> {
    let (mut playground, seen) = played(lesson, scripts);
    let (facts, from_wires) = both(&mut playground, &seen);
    let told = differences(&facts, &from_wires);
    (!told.is_empty()).then(|| format!("\n--- {}\n{}\n{}", lesson.id, told.join("\n"), words::outline(&from_wires)))
}

#[test]
fn lessons_are_drawn_alike() {
    let lessons = lessons("tutorial");
    let told: Vec<String> =
        lessons.iter().filter_map(|lesson| check(lesson, &[&lesson.start, &lesson.solution])).collect();
    assert!(told.is_empty(), "{}", told.concat());
}

#[test]
fn scenes_of_the_gallery_are_drawn_alike() {
    let only = std::env::var("JETLAB_SCENE").ok();
    let scenes = lessons("assets/gallery");
    let scenes = scenes.iter().filter(|scene| only.as_ref().is_none_or(|only| scene.id.starts_with(only.as_str())));
    let told: Vec<String> = scenes.filter_map(|scene| check(scene, &[&scene.start, &scene.solution])).collect();
    assert!(told.is_empty(), "{}", told.concat());
}

/// What the picture from the wires says in sentences.
fn sentences(seen: &RefCell<Recorder>) -> Vec<String> {
    seen.borrow().flow.story().lines().map(|line| line.text()).collect()
}

/// A publisher's terminal traces, another one listens, a stream keeps.
fn traced(lines: &[&str]) -> (Playground, Rc<RefCell<Recorder>>) {
    let mut playground = Playground::new(3, STARTED, LATENCY);
    let seen = playground.record_from_wires();
    for actor in ["main", "billing"] {
        playground.input(Input::OpenTerminal { actor: actor.to_owned() });
    }
    let line = |actor: &str, line: &str| ScriptLine::Type { actor: actor.to_owned(), line: line.to_owned() };
    let mut script = vec![
        line("main", "nats stream add ORDERS --subjects 'orders.>' --defaults"),
        line("billing", "nats sub 'orders.>'"),
    ];
    script.extend(lines.iter().map(|text| line("main", text)));
    script::play(&mut playground, &script);
    (playground, seen)
}

#[test]
fn a_trace_tells_where_a_message_was_stored() {
    let (mut playground, seen) = traced(&[
        "nats trace orders.new hello --deliver",
        "nats trace orders.new again --deliver",
        "nats trace orders.new not-delivered",
    ]);
    let (facts, from_wires) = both(&mut playground, &seen);
    assert_eq!(differences(&facts, &from_wires), Vec::<String>::new());
    let sentences = sentences(&seen);
    let told: Vec<(u64, Option<How>)> = from_wires.streams[0]
        .columns
        .iter()
        .filter_map(|column| if let Column::Cell(cell) = column { Some((cell.seq, cell.how)) } else { None })
        .collect();
    assert_eq!(told, [(1, Some(How::Told)), (2, Some(How::Told))], "{}\n{sentences:#?}", words::outline(&from_wires));
    let told: Vec<&str> = sentences.iter().filter_map(|line| line.strip_prefix("By its trace, ")).collect();
    let stored = "ORDERS stored a message on orders.new.";
    let copy = "billing would be sent a message on orders.new for orders.>.";
    let would = ["ORDERS would store a message on orders.new.", copy];
    assert_eq!(told, [&[stored, stored][..], &would].concat(), "{sentences:#?}");
}

/// What nats-server 2.15.1 wrote, but for the middle of its `server`.
fn recorded(request: &str, events: &str) -> String {
    let server = r#"{"name":"NAFT","host":"0.0.0.0","id":"NAFT","ver":"2.15.1","jetstream":true,"flags":7,"seq":SEQ,"time":"2026-11-21T17:45:19.229390143Z"}"#;
    format!(r#"{{"server":{server},"request":{request},"events":[{events}]}}"#)
}

/// A connection of ours, number 5 on the server, that listens on `trace.me`.
fn listening(flow: &mut Flow, seen: &mut FromClient) {
    let conn = ConnId(1);
    flow.is_distant(STARTED);
    seen.opened(conn, "learner", false);
    let info = Info { server_id: "NAFT".to_owned(), client_id: 5, ..Info::default() };
    let sid = Sid::from(1_u64);
    flow.learnt(seen.received(STARTED, conn, &ServerOp::Info(info.into())));
    flow.learnt(seen.received(STARTED, conn, &ServerOp::Pong));
    flow.learnt(seen.sent(STARTED, conn, &ClientOp::Sub { subject: "trace.me".into(), queue: None, sid }));
}

fn lines(flow: &Flow) -> Vec<String> {
    flow.story().lines().map(|line| format!("{:?} {}", line.how(), line.text())).collect()
}

#[test]
fn traces_of_a_real_server_are_told() {
    let (mut flow, mut seen) = (Flow::default(), FromClient::default());
    listening(&mut flow, &mut seen);
    let publishes = |flow: &mut Flow, seen: &mut FromClient, subject: &str, headers: &[(&str, &str)], trace: &str| {
        let mut block = Headers::new();
        headers.iter().for_each(|(name, value)| block.append(name, value));
        let message = Message::new(subject, "x").with_headers(block);
        flow.learnt(seen.sent(STARTED, ConnId(1), &ClientOp::Pub(message)));
        let before = flow.story().lines().count();
        let message = Message::new("trace.me", trace.to_owned());
        flow.learnt(seen.received(STARTED, ConnId(1), &ServerOp::Msg { sid: Sid::from(1_u64), message }));
        lines(flow).split_off(before)
    };
    let destination = ("Nats-Trace-Dest", "trace.me");

    let request = r#"{"header":{"Nats-Trace-Dest":["trace.me"]},"msgsize":40}"#;
    let stored = recorded(
        request,
        r#"{"type":"in","ts":"2026-11-21T17:45:19.229059281Z","kind":0,"cid":5,"name":"learner","acc":"$G","subj":"orders.new"},{"type":"js","ts":"2026-11-21T17:45:19.22916646Z","stream":"ORDERS","subject":"orders.new"},{"type":"eg","ts":"2026-11-21T17:45:19.229114463Z","kind":0,"cid":6,"name":"billing","sub":"orders.new"},{"type":"eg","ts":"2026-11-21T17:45:19.229118309Z","kind":0,"cid":6,"name":"billing","sub":"orders.*","queue":"q"}"#,
    );
    assert_eq!(
        publishes(&mut flow, &mut seen, "orders.new", &[destination], &stored.replace("SEQ", "12")),
        [
            "Some(Told) There is a stream ORDERS.",
            "Some(Told) By its trace, ORDERS stored a message on orders.new.",
            "Some(Told) By its trace, billing was sent a message on orders.new for orders.new.",
            "Some(Told) By its trace, billing was sent a message on orders.new for orders.* in group q.",
            "Some(Seen) learner was sent a message on trace.me.",
        ]
    );

    let request = r#"{"header":{"Nats-Expected-Last-Sequence":["99"],"Nats-Trace-Dest":["trace.me"]},"msgsize":73}"#;
    let refused = recorded(
        request,
        r#"{"type":"in","ts":"2026-11-21T17:45:20.837464318Z","kind":0,"cid":5,"name":"learner","acc":"$G","subj":"orders.new"},{"type":"js","ts":"2026-11-21T17:45:20.837484248Z","stream":"ORDERS","error":"last sequence mismatch: 99 vs 2"}"#,
    );
    let headers = [("Nats-Expected-Last-Sequence", "99"), destination];
    let told = publishes(&mut flow, &mut seen, "orders.new", &headers, &refused.replace("SEQ", "16"));
    assert_eq!(told[0], "Some(Told) ORDERS refused a message with \"last sequence mismatch: 99 vs 2\".");
    assert_eq!(flow.scene(STARTED).streams[0].refused, 1);

    let request = r#"{"header":{"Nats-Trace-Dest":["trace.me"]},"msgsize":40}"#;
    let nobody = recorded(
        request,
        r#"{"type":"in","ts":"2026-11-21T17:45:21.239634693Z","kind":0,"cid":5,"name":"learner","acc":"$G","subj":"nobody"}"#,
    );
    let told = publishes(&mut flow, &mut seen, "nobody", &[destination], &nobody.replace("SEQ", "17"));
    assert_eq!(told[0], "Some(Told) Nobody wanted a message on nobody: gone.");

    let mapped = recorded(
        request,
        r#"{"type":"in","ts":"2026-11-21T17:50:46.415428368Z","kind":0,"cid":5,"name":"learner","acc":"$G","subj":"shop.new"},{"type":"sm","ts":"2026-11-21T17:50:46.415465443Z","to":"orders.new"},{"type":"js","ts":"2026-11-21T17:50:46.415553805Z","stream":"ORDERS","subject":"orders.new"}"#,
    );
    let told = publishes(&mut flow, &mut seen, "shop.new", &[destination], &mapped.replace("SEQ", "19"));
    assert_eq!(told[0], "Some(Told) By its trace, a message on shop.new went on as orders.new.");

    // The same again is the same trace; and what one of us wrote is no trace.
    let told = publishes(&mut flow, &mut seen, "nobody", &[destination], &nobody.replace("SEQ", "17"));
    assert!(told.iter().all(|line| line.starts_with("Some(Seen)")), "{told:?}");
    let forged = stored.replace("SEQ", "18");
    let message = Message::new("trace.me", forged.clone());
    flow.learnt(seen.sent(STARTED, ConnId(1), &ClientOp::Pub(message)));
    let told = publishes(&mut flow, &mut seen, "orders.new", &[destination], &forged);
    assert!(told.iter().all(|line| line.starts_with("Some(Seen)")), "{told:?}");
}
