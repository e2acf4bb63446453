//! What a playground holds, written down and made again: the same streams, consumers and buckets come of it.
//!
//! Here the `nats` script is typed into a fresh playground. The programs in other languages are kept in
//! `tests/clients/exported`, where the official clients run them (`cargo xtask test clients`);
//! `JETLAB_WRITE_EXPORTS=1 cargo test --test export` writes them anew.

mod draw;

use jetlab::commands::export::{self, Language};
use jetlab::lessons::{Lesson, format};
use jetlab::playground::{Input, LATENCY, Playground, script};
use jetlab::time::Timestamp;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);
/// The seed of what is kept in `tests/clients/exported`.
const KEPT_SEED: u64 = 12;
const KEPT_STREAMS: usize = 36;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).expect("part of the repository").flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "md") && path.file_name() != Some("README.md".as_ref()) {
            found.push(path);
        }
    }
    found.sort();
}

fn lessons_and_scenes() -> Vec<Lesson> {
    let mut paths = Vec::new();
    files(&root().join("tutorial"), &mut paths);
    files(&root().join("assets/gallery"), &mut paths);
    paths.iter().filter_map(|path| format::parse(&std::fs::read_to_string(path).expect("readable")).0).collect()
}

fn fresh() -> Playground {
    let mut playground = Playground::new(3, STARTED, LATENCY);
    playground.input(Input::OpenTerminal { actor: "main".to_owned() });
    playground
}

/// The answer on `$JS.API`.
fn ask(playground: &mut Playground, endpoint: &str, body: &Value) -> Value {
    let payload = if body.is_null() { String::new() } else { body.to_string() };
    playground.input(Input::Request { actor: "main".to_owned(), subject: format!("$JS.API.{endpoint}"), payload });
    let request = playground.last_request();
    let end = playground.now() + Duration::from_secs(5);
    loop {
        if let Some(answer) = playground.take_answer(request) {
            let message = answer.unwrap_or_else(|error| panic!("{endpoint}: {error}"));
            return serde_json::from_slice(&message.payload).expect("JSON");
        }
        assert!(playground.step_instant(end), "{endpoint}: no answer");
    }
}

/// Types the whole text and gives what stands on the screen then.
fn typed(playground: &mut Playground, text: &str) -> String {
    let end = playground.now() + Duration::from_secs(3_600);
    for line in text.split('\n') {
        let is_busy = |playground: &Playground| {
            let terminal = playground.terminal("main").expect("open");
            assert!(terminal.question().is_none(), "it asks something: {line}\n{}", terminal.transcript());
            terminal.is_busy()
        };
        playground.input(Input::Line { actor: "main".to_owned(), line: line.to_owned() });
        while is_busy(playground) && playground.step_instant(end) {}
    }
    playground.terminal("main").expect("open").transcript()
}

/// Everything a server holds, as it tells: names to configurations, without what goes away by itself, and without what the
/// server adds.
fn holdings(playground: &mut Playground) -> Value {
    let mut held = json!({});
    let streams = ask(playground, "STREAM.LIST", &Value::Null)["streams"].as_array().cloned().unwrap_or_default();
    for stream in streams {
        let name = stream["config"]["name"].as_str().expect("a name").to_owned();
        let mut consumers = json!({});
        let listed = ask(playground, &format!("CONSUMER.LIST.{name}"), &Value::Null);
        for consumer in listed["consumers"].as_array().cloned().unwrap_or_default() {
            if consumer["config"].get("durable_name").is_some() {
                consumers[consumer["name"].as_str().expect("a name")] = told(&consumer["config"]);
            }
        }
        held[name] = json!({ "config": told(&stream["config"]), "consumers": consumers });
    }
    held
}

fn told(config: &Value) -> Value {
    let mut config = config.clone();
    if let Some(metadata) = config.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| !key.starts_with("_nats."));
    }
    if config.get("metadata").is_some_and(|metadata| metadata == &json!({})) {
        config.as_object_mut().expect("an object").remove("metadata");
    }
    config
}

/// Its script makes the same in a fresh playground, and makes nothing else when it runs twice.
#[track_caller]
fn goes_round(playground: &mut Playground, what: &str) -> String {
    let wanted = holdings(playground);
    let text = export::write(&playground.belongings(), Language::Nats);
    let mut again = fresh();
    let screen = typed(&mut again, &text);
    let found = holdings(&mut again);
    for (name, wanted) in wanted.as_object().expect("an object") {
        assert_eq!(found.get(name), Some(wanted), "{what}: {name}\n{text}\n{screen}");
    }
    assert_eq!(found, wanted, "{what}\n{text}");
    typed(&mut again, &text);
    assert_eq!(holdings(&mut again), wanted, "{what}, typed twice\n{text}");
    text
}

#[test]
fn every_lesson_and_scene_is_made_again_by_its_script() {
    let mut made = 0;
    for lesson in lessons_and_scenes() {
        let mut playground = Playground::new(7, STARTED, LATENCY);
        playground.begin_lesson(&lesson);
        for actor in &lesson.actors {
            playground.input(Input::OpenTerminal { actor: actor.clone() });
        }
        script::play(&mut playground, &lesson.start);
        script::play(&mut playground, &lesson.solution);
        playground.input(Input::OpenTerminal { actor: "main".to_owned() });
        let text = goes_round(&mut playground, &lesson.id);
        // Lessons ask for nothing that the flags could not say.
        assert!(!text.contains("nats request"), "{}\n{text}", lesson.id);
        made += text.matches("\nnats ").count();
    }
    assert!(made > 50, "only {made} things were made");
}

/// A server that was asked for everything drawn, and how many of the requests it took.
fn drawn(seed: u64, streams: usize) -> (Playground, usize) {
    let mut playground = fresh();
    let mut taken = 0;
    for (endpoint, body) in draw::requests(seed, streams) {
        let answer = ask(&mut playground, &endpoint, &body);
        taken += usize::from(answer.get("error").is_none());
    }
    (playground, taken)
}

#[test]
fn whatever_is_configured_is_made_again_by_its_script() {
    let rounds: u64 = std::env::var("JETLAB_EXPORT_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(40);
    let (mut taken, mut asked) = (0, 0);
    for seed in 0..rounds {
        let (mut playground, these) = drawn(seed, 6);
        goes_round(&mut playground, &format!("seed {seed}"));
        taken += these;
        asked += draw::requests(seed, 6).len();
    }
    assert!(taken * 10 > asked * 6, "the server took only {taken} of {asked} requests");
}

#[test]
fn the_verb_and_the_button_write_the_same() {
    let (mut playground, _) = drawn(1, 4);
    for (word, language, ..) in Language::ALL {
        let text = export::write(&playground.belongings(), *language);
        typed(&mut playground, "clear");
        typed(&mut playground, &format!("lab export --as {word} > {word}.txt"));
        let screen = typed(&mut playground, &format!("cat {word}.txt"));
        let words: Vec<&str> = screen.split_whitespace().collect();
        for line in text.lines() {
            let line: Vec<&str> = line.split_whitespace().collect();
            assert!(line.is_empty() || words.windows(line.len()).any(|shown| shown == line), "{line:?}\n{screen}");
        }
    }
}

#[test]
fn nothing_is_written_as_nothing() {
    for (word, language, ..) in Language::ALL {
        let text = export::write(&fresh().belongings(), *language);
        assert!(text.contains("nothing, as made in JetStream Lab"), "{word}:\n{text}");
    }
    assert_eq!(holdings(&mut fresh()), json!({}));
}

/// What the official clients run is what is written today.
#[test]
fn the_kept_programs_are_what_is_written() {
    let (mut playground, _) = drawn(KEPT_SEED, KEPT_STREAMS);
    let folder = root().join("tests/clients/exported");
    let wanted = serde_json::to_string_pretty(&holdings(&mut playground)).expect("JSON") + "\n";
    let mut kept = vec![("expected.json".to_owned(), wanted)];
    for (_, language, ..) in Language::ALL {
        // The style of this repository's own code does not bind what is written for others.
        kept.push((language.file().replace(".rs", ".rs.txt"), export::write(&playground.belongings(), *language)));
    }
    for (name, text) in kept {
        let path = folder.join(name);
        if std::env::var_os("JETLAB_WRITE_EXPORTS").is_some() {
            std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, &text)).expect("can be written");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == text,
            "{} is not what is written today; JETLAB_WRITE_EXPORTS=1 writes it anew",
            path.display()
        );
    }
}
