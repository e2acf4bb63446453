//! The `nats` command line against what the real one said: recorded transcripts, played in virtual time.
//!
//! Each file of `tests/commands/recorded` is typed, command by command, into terminals of a world with one server; the
//! result must equal the recording after `normalise`. What cannot be replayed stands in [`CANNOT`] with its reason, and a
//! transcript that no longer belongs there fails the test too.

#[path = "support/normalise.rs"]
mod normalise;

use futures::future::LocalBoxFuture;
use futures::task::LocalSpawn;
use jetlab::commands::grammar::{Command, Kind, ROOT};
use jetlab::commands::{Console, Context, Question};
use jetlab::engine::{ConnId, Event};
use jetlab::flow::Role;
use jetlab::map::Map;
use jetlab::playground::world::{Newcomer, Observer, World};
use jetlab::protocol::ClientOp;
use jetlab::shell::{LineKind, Session};
use jetlab::time::{Timestamp, parse_go_duration};
use normalise::{Block, Normaliser, Transcript};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// Transcripts that cannot be replayed, each with its reason.
const CANNOT: &[(&str, &str)] = &[
    ("reply-command", "there are no programs to run in a page"),
    ("stream-backup-restore", "there are no backups yet"),
    ("trace-and-errors", "the server does not trace messages"),
];

/// A time whose fraction has all nine digits, so that texts are as long as they were recorded.
const STARTED: Timestamp = Timestamp(1_795_251_600_123_456_789);
const LATENCY: Duration = Duration::from_micros(150);
const COLUMNS: usize = 120;
const URL: &str = "nats://127.0.0.1:4222";
/// What starting a program takes.
const START: Duration = Duration::from_millis(60);
/// What the recorder waited for a banner, and before each Ctrl-C.
const SETTLE: Duration = Duration::from_millis(600);
/// A command that runs longer than this in the foreground hangs.
const LONGEST: Duration = Duration::from_secs(90);

struct Silent;

impl Observer for Silent {
    fn sent(&mut self, _: Timestamp, _: Timestamp, _: ConnId, _: &ClientOp) {}
    fn event(&mut self, _: &Event) {}
    fn opened(&mut self, _: Timestamp, _: ConnId, _: &str, _: Option<Role>, _: Duration) {}
    fn closed(&mut self, _: Timestamp, _: ConnId) {}
}

/// A server, files, and a fresh terminal for each command.
struct Stage {
    world: World,
    files: Rc<RefCell<Map<String, Vec<u8>>>>,
}

/// A command that was started.
struct Running {
    session: Session,
    conn: ConnId,
    lines: usize,
}

impl Stage {
    fn new() -> Stage {
        Stage { world: World::new(11, STARTED, LATENCY), files: Rc::default() }
    }

    fn run_for(&mut self, time: Duration) {
        let end = self.world.now() + time;
        while self.world.step(end, &mut Silent) {}
        self.world.rest_until(end);
        self.world.settle(&mut Silent);
    }

    fn start(&mut self, block: &Block) -> Running {
        let name = block.attribute("actor").unwrap_or("main");
        let newcomer = Newcomer::named("NATS CLI Version 0.4.1", LATENCY);
        let (conn, client) = self.world.connect(newcomer, &mut Silent);
        let context = Context {
            timers: self.world.timers().clone(),
            client,
            console: Console::new(true, COLUMNS),
            rng: Rc::new(RefCell::new(self.world.fork_rng())),
            files: Rc::clone(&self.files),
            environment: environment(block),
        };
        let spawner = self.world.spawner();
        let spawn = Rc::new(move |task: LocalBoxFuture<'static, ()>| {
            spawner.spawn_local_obj(task.into()).expect("the world outlives its terminals");
        });
        let session = Session::new(name, context, spawn);
        session.set_columns(COLUMNS);
        self.run_for(START);
        let text: Vec<&str> = block.command.iter().map(|line| &line[2..]).collect();
        session.enter(&at_our_port(&text.join("\n")));
        Running { session, conn, lines: text.len() }
    }

    /// Plays a foreground command to its end. Errors: it has none.
    fn finish(&mut self, running: &Running) -> Result<(), String> {
        let end = self.world.now() + LONGEST;
        self.world.settle(&mut Silent);
        while running.session.is_busy() {
            if running.session.question().is_some() {
                return Err(format!("asks {:?}", running.session.question()));
            }
            if !self.world.step(end, &mut Silent) {
                return Err("does not end".to_owned());
            }
        }
        Ok(())
    }

    fn type_keys(&mut self, running: &Running, keys: &str) {
        for item in keys_of(keys) {
            self.run_for(Duration::from_millis(500));
            press(&running.session, &item);
        }
    }

    fn interrupt(&mut self, running: &Running) {
        self.run_for(SETTLE);
        if running.session.is_busy() {
            running.session.interrupt();
        }
        self.run_for(Duration::from_millis(50));
    }

    /// What is on its screen; its terminal is closed.
    fn collect(&mut self, running: Running, block: &Block) -> Block {
        running.session.kill_all();
        let lines = running.session.lines().into_iter().skip(running.lines);
        let output = lines.filter(|line| line.kind != LineKind::Notice).map(|line| line.text).collect();
        let status = format!("? {}", running.session.status());
        self.run_for(Duration::from_millis(1));
        self.world.hang_up(running.conn, &mut Silent);
        Block { output, status, ..block.clone() }
    }
}

fn environment(block: &Block) -> Map<String, String> {
    let mut environment = Map::from([("NATS_URL".to_owned(), URL.to_owned())]);
    for change in block.attribute("env").unwrap_or_default().split(',').filter(|change| !change.is_empty()) {
        match (change.strip_prefix('-'), change.split_once('=')) {
            (Some(name), _) => {
                environment.remove(name);
            }
            (None, Some((name, value))) => {
                environment.insert(name.to_owned(), value.to_owned());
            }
            (None, None) => {}
        }
    }
    environment
}

/// The recorder's server had another port in each scenario; port 1 is the one where nobody listens.
fn at_our_port(text: &str) -> String {
    let port = regex::Regex::new(r"127\.0\.0\.1:\d{2,5}").expect("a constant");
    port.replace_all(text, "127.0.0.1:4222").into_owned()
}

fn keys_of(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

/// One burst of typing: arrows, text, Enter, Ctrl-C, Ctrl-D.
fn press(session: &Session, item: &str) {
    let mut text = String::new();
    let mut rest = item;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("\u{1b}[B") {
            session.move_selection(1);
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("\u{1b}[A") {
            session.move_selection(-1);
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '\r' => {
                if matches!(session.question(), Some(Question::Select { .. })) && !text.is_empty() {
                    session.filter_selection(&text);
                    text.clear();
                }
                session.enter(&std::mem::take(&mut text));
            }
            '\u{3}' => session.interrupt(),
            '\u{4}' => session.end_input(),
            _ => text.push(c),
        }
    }
}

/// Plays a whole transcript. Errors: which command got stuck and how.
fn play(transcript: &Transcript) -> Result<Transcript, String> {
    let mut stage = Stage::new();
    let mut played: Vec<Option<Block>> = vec![None; transcript.blocks.len()];
    let mut background: Vec<(usize, Option<usize>, Running)> = Vec::new();
    for (index, block) in transcript.blocks.iter().enumerate() {
        if let Some(wait) = block.attribute("wait").and_then(parse_go_duration) {
            stage.run_for(wait);
        }
        let running = stage.start(block);
        if block.info.contains(" bg") {
            stage.run_for(SETTLE);
            let until = block.attribute("until").and_then(|until| until.parse().ok());
            background.push((index, until, running));
            continue;
        }
        if let Some(keys) = block.attribute("keys") {
            stage.type_keys(&running, keys);
        }
        if let Some(after) = block.attribute("ctrl-c").and_then(parse_go_duration) {
            stage.run_for(after);
            running.session.interrupt();
        }
        let ended = stage.finish(&running);
        let command = block.command.join(" ");
        ended.map_err(|problem| format!("{command}: {problem}\n{}", running.session.transcript()))?;
        played[index] = Some(stage.collect(running, block));
        // Those that end once this one has.
        let (due, rest): (Vec<_>, Vec<_>) = background.into_iter().partition(|(_, until, _)| *until == Some(index + 1));
        background = rest;
        for (index, _, running) in due {
            stage.interrupt(&running);
            played[index] = Some(stage.collect(running, &transcript.blocks[index]));
        }
    }
    for (index, _, running) in background {
        let block = &transcript.blocks[index];
        if block.attribute("until") == Some("exit") {
            stage.finish(&running).map_err(|problem| {
                format!("{}: {problem}\n{}", block.command.join(" "), running.session.transcript())
            })?;
        } else {
            stage.interrupt(&running);
        }
        played[index] = Some(stage.collect(running, block));
    }
    Ok(Transcript { head: transcript.head.clone(), blocks: played.into_iter().flatten().collect() })
}

/// `Ok` if it plays as recorded; else the first command that differs, both ways.
fn check(normaliser: &Normaliser, text: &str) -> Result<(), String> {
    let recorded = Transcript::parse(text);
    let played = play(&recorded)?;
    let (expected, found) = (normaliser.normalise(&recorded), normaliser.normalise(&played));
    for (expected, found) in expected.iter().zip(&found) {
        if expected != found {
            return Err(format!("{}\n{}", expected.command.join("\n"), difference(expected, found)));
        }
    }
    if expected.len() == found.len() { Ok(()) } else { Err("another number of blocks".to_owned()) }
}

fn difference(expected: &Block, found: &Block) -> String {
    let lines = |block: &Block| block.output.iter().chain([&block.status]).cloned().collect::<Vec<_>>();
    let (expected, found) = (lines(expected), lines(found));
    let same = expected.iter().zip(&found).take_while(|(expected, found)| expected == found).count();
    let from = same.saturating_sub(2);
    let show = |mark: &str, lines: &[String]| {
        lines.iter().skip(from).take(10).map(|line| format!("{mark} {line:?}\n")).collect::<String>()
    };
    format!("recorded:\n{}played:\n{}", show("-", &expected), show("+", &found))
}

/// The noun a transcript is about, for the count at the end.
fn area(name: &str) -> &str {
    name.split('-').next().unwrap_or(name)
}

/// `cargo test --test commands -- --nocapture` prints each difference and a count per area; `TRANSCRIPT=name` plays one.
#[test]
fn recorded_transcripts_replay() {
    let normaliser = Normaliser::new();
    let wanted = std::env::var("TRANSCRIPT").ok();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/commands/recorded");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the folder is there").flatten().map(|f| f.path()).collect();
    files.sort();
    let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_stem().expect("files have names").to_string_lossy().into_owned();
        if wanted.as_ref().is_some_and(|wanted| *wanted != name) {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a transcript is text");
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&normaliser, &text)));
        let outcome = outcome.unwrap_or_else(|_| Err("panicked".to_owned()));
        let listed = CANNOT.iter().find(|(listed, _)| *listed == name);
        let (passed, all) = counts.entry(area(&name).to_owned()).or_default();
        *all += 1;
        *passed += u32::from(outcome.is_ok());
        match (&outcome, listed) {
            (Err(problem), None) => {
                println!("--- {name}\n{problem}");
                wrong.push(name);
            }
            (Err(problem), Some((_, reason))) if wanted.is_some() => println!("--- {name}: {reason}\n{problem}"),
            (Err(_), Some((_, reason))) => println!("--- {name}: {reason}"),
            (Ok(()), Some(_)) => {
                println!("--- {name} replays now: take it off the list");
                wrong.push(name);
            }
            (Ok(()), None) => {}
        }
    }
    for (area, (passed, all)) in &counts {
        println!("{area:<16} {passed}/{all}");
    }
    let (passed, all) = counts.values().fold((0, 0), |(passed, all), count| (passed + count.0, all + count.1));
    println!("{:<16} {passed}/{all}", "all");
    assert!(wrong.is_empty(), "{} transcripts: {}", wrong.len(), wrong.join(", "));
}

/// Every command there is, alone and with each of its flags, against a server that has a stream, a consumer and a bucket.
///
/// Whatever it says, it does not panic, and Ctrl-C leads back to a prompt.
#[test]
fn every_command_runs_and_stops() {
    let mut lines = Vec::new();
    commands_of(&ROOT, "nats", &mut lines);
    assert!(lines.len() > 500, "{}", lines.len());
    let mut stage = Stage::new();
    for line in
        ["nats stream add x --subjects x --defaults", "nats consumer add x x --pull --defaults", "nats kv add x"]
    {
        let running = stage.start(&typed(line));
        stage.finish(&running).expect("asks nothing");
        assert_eq!(running.session.status(), 0, "{line}");
    }
    for line in lines {
        let running = stage.start(&typed(&line));
        stage.run_for(Duration::from_secs(1));
        for _ in 0..4 {
            if running.session.is_busy() {
                running.session.interrupt();
                stage.run_for(Duration::from_millis(10));
            }
        }
        assert!(!running.session.is_busy(), "{line}");
        running.session.kill_all();
        stage.world.hang_up(running.conn, &mut Silent);
    }
}

/// What cannot be recorded, or is ours to say.
#[test]
fn traces_refusals_and_formats() {
    let mut stage = Stage::new();
    for (line, status, pieces) in [
        ("nats kv add box > /dev/null", 0, &[][..]),
        (
            "nats stream info KV_box --trace",
            0,
            &[
                ">>> Connected to nats://127.0.0.1:4222",
                ">>> $JS.API.STREAM.INFO.KV_box",
                "<<< $JS.API.STREAM.INFO.KV_box",
            ],
        ),
        ("NATS_TABLE_FORMAT=md nats kv ls", 0, &["# Key-Value Buckets", "| --- |", "| box |"]),
        ("nats pub a b --creds f", 1, &["nats: error: not in the playground: --creds"]),
        ("nats stream ls --js-domain hub", 1, &["nats: error: not in the playground: --js-domain"]),
        ("nats top", 1, &["nats: error: not in the playground: nats top"]),
        ("nats bench pub x --msgs 10 --clients 20", 1, &["20 clients cannot share 10 messages"]),
        ("nats server check kv --bucket box", 0, &["OK box OK:bucket box | values=0"]),
        ("nats server check consumer --stream KV_box --consumer c", 2, &["CRITICAL KV_box_c Crit:could not load info"]),
        ("nats errors lookup 10059", 0, &["Description: stream not found"]),
        ("nats cheat kv", 0, &["nats kv watch"]),
    ] {
        let block = typed(line);
        let running = stage.start(&block);
        stage.finish(&running).expect("asks nothing");
        let found = stage.collect(running, &block);
        let output = found.output.join("\n");
        assert_eq!(found.status, format!("? {status}"), "{line}\n{output}");
        for piece in pieces {
            assert!(output.contains(piece), "{line}\n{output}");
        }
    }
}

fn typed(line: &str) -> Block {
    Block { command: vec![format!("$ {line}")], ..Block::default() }
}

fn commands_of(command: &Command, path: &str, lines: &mut Vec<String>) {
    for subcommand in command.subcommands {
        let mut line = format!("{path} {}", subcommand.name);
        for flag in subcommand.flags.iter().filter(|flag| flag.required) {
            line += &format!(" --{}={}", flag.name, example(flag.kind));
        }
        commands_of(subcommand, &line, lines);
        if subcommand.handler.is_some() {
            let words: Vec<&str> = subcommand.arguments.iter().map(|argument| example(argument.kind)).collect();
            lines.push(format!("{line} {}", words.join(" ")));
            for flag in subcommand.flags.iter().filter(|flag| !flag.required) {
                let value = if flag.is_bool() { String::new() } else { format!("={}", example(flag.kind)) };
                lines.push(format!("{line} --{}{value} {}", flag.name, words.join(" ")));
            }
        }
    }
}

fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Int | Kind::Uint | Kind::Float | Kind::Bytes => "3",
        Kind::Duration | Kind::Age => "1s",
        Kind::Enum(words) => words[0],
        Kind::Header | Kind::Map => "x:x",
        Kind::Bool { .. } | Kind::Text | Kind::File => "x",
    }
}
