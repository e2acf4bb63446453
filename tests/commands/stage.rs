//! Terminals in which a transcript is typed, command by command.
//!
//! The way in is [`play`]; single lines go through [`Stage::start`], [`Stage::finish`] and [`Stage::collect`]. Where the
//! server is and whether time is real, the [`Place`] knows.

use super::normalise::{Block, Transcript};
use super::place::Place;
use futures::future::LocalBoxFuture;
use futures::task::LocalSpawn;
use jetlab::commands::{Console, Context, Question};
use jetlab::map::Map;
use jetlab::shell::{LineKind, Session};
use jetlab::time::parse_go_duration;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

const COLUMNS: usize = 120;
/// What starting a program takes.
const START: Duration = Duration::from_millis(60);
/// What the recorder waited for a banner, and before each Ctrl-C.
const SETTLE: Duration = Duration::from_millis(600);
/// How long the recorder saw nothing new before it typed.
const QUIET: Duration = Duration::from_millis(500);
/// A command that runs longer than this in the foreground hangs.
const LONGEST: Duration = Duration::from_secs(90);

/// A server, files, and a fresh terminal for each command.
pub struct Stage {
    pub place: Box<dyn Place>,
    files: Rc<RefCell<Map<String, Vec<u8>>>>,
}

/// A command that was started.
pub struct Running {
    pub session: Session,
    wire: u64,
    lines: usize,
}

impl Stage {
    pub fn new(place: Box<dyn Place>) -> Stage {
        Stage { place, files: Rc::default() }
    }

    pub fn run_for(&mut self, time: Duration) {
        let end = self.place.timers().now() + time;
        while self.place.step(end) {}
        self.place.rest_until(end);
    }

    pub fn start(&mut self, block: &Block) -> Running {
        let name = block.attribute("actor").unwrap_or("main");
        let (wire, client) = self.place.connect("NATS CLI Version 0.4.1");
        let url = self.place.url();
        let context = Context {
            timers: self.place.timers().clone(),
            client,
            console: Console::new(true, COLUMNS),
            rng: Rc::new(RefCell::new(self.place.fork_rng())),
            files: Rc::clone(&self.files),
            environment: environment(block, &url),
            address: url.clone(),
        };
        let spawner = self.place.spawner();
        let spawn = Rc::new(move |task: LocalBoxFuture<'static, ()>| {
            spawner.spawn_local_obj(task.into()).expect("the place outlives its terminals");
        });
        let session = Session::new(name, context, spawn);
        session.set_columns(COLUMNS);
        self.run_for(START);
        let text: Vec<&str> = block.command.iter().map(|line| &line[2..]).collect();
        session.enter(&at_our_port(&text.join("\n"), &url));
        Running { session, wire, lines: text.len() }
    }

    /// Plays a foreground command to its end. Errors: it has none.
    pub fn finish(&mut self, running: &Running) -> Result<(), String> {
        let end = self.place.timers().now() + LONGEST;
        self.place.settle();
        while running.session.is_busy() {
            if running.session.question().is_some() {
                return Err(format!("asks {:?}", running.session.question()));
            }
            if !self.place.step(end) {
                return Err("does not end".to_owned());
            }
        }
        Ok(())
    }

    /// Until there is something to answer, or it has been quiet for as long as the recorder waited.
    fn wait_for_question(&mut self, running: &Running) {
        let end = self.place.timers().now() + QUIET;
        while running.session.question().is_none() {
            if !self.place.step(end) {
                return self.place.rest_until(end);
            }
        }
    }

    fn type_keys(&mut self, running: &Running, keys: &str) {
        for item in keys_of(keys) {
            self.wait_for_question(running);
            press(&running.session, &item);
            self.place.settle();
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
    pub fn collect(&mut self, running: Running, block: &Block) -> Block {
        running.session.kill_all();
        let lines = running.session.lines().into_iter().skip(running.lines);
        let output = lines.filter(|line| line.kind != LineKind::Notice).map(|line| line.text).collect();
        let status = format!("? {}", running.session.status());
        self.run_for(Duration::from_millis(1));
        self.place.hang_up(running.wire);
        Block { output, status, ..block.clone() }
    }
}

fn environment(block: &Block, url: &str) -> Map<String, String> {
    let mut environment = Map::from([("NATS_URL".to_owned(), url.to_owned())]);
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
fn at_our_port(text: &str, url: &str) -> String {
    let port = regex::Regex::new(r"127\.0\.0\.1:\d{2,5}").expect("a constant");
    port.replace_all(text, url.trim_start_matches("nats://")).into_owned()
}

fn keys_of(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

/// Changes the text in an editor: `old => new` in each line, where `\\n` is a line break.
fn write(session: &Session, text: &str, changes: &str) {
    let changes: Vec<String> = changes.lines().map(|change| change.replace("\\n", "\n")).collect();
    let changed = changes.iter().filter_map(|change| change.split_once(" => "));
    session.answer(&changed.fold(text.to_owned(), |text, (old, new)| text.replacen(old, new, 1)));
}

/// One burst of typing: arrows, text, Enter, Ctrl-C, Ctrl-D.
fn press(session: &Session, item: &str) {
    if let Some(Question::Edit { text, .. }) = session.question()
        && item != "\u{3}"
    {
        return write(session, &text, item);
    }
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
pub fn play(transcript: &Transcript, place: Box<dyn Place>) -> Result<Transcript, String> {
    let mut stage = Stage::new(place);
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

/// A command outside any transcript.
pub fn typed(line: &str) -> Block {
    Block { command: vec![format!("$ {line}")], ..Block::default() }
}
