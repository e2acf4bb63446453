//! Every scene of the gallery: what it promises to show is what the server then holds, and it plays again exactly.

use jetlab::lessons::{Lesson, ScriptLine, format};
use jetlab::playground::{Input, LATENCY, Playground, script};
use jetlab::time::Timestamp;
use std::path::Path;
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

/// Every scenario the gallery was made for.
const ROWS: &[&str] = &[
    "g1", "g2", "g3", "v1", "v2", "v3", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9", "s1", "s2", "s3", "s4",
    "s5", "s6", "f1", "f2", "f3", "f4", "f5",
];

fn scenes() -> Vec<Lesson> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/gallery");
    let files = std::fs::read_dir(folder).expect("the gallery is part of the repository").flatten();
    let mut files: Vec<_> =
        files.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ext| ext == "md")).collect();
    files.retain(|path| path.file_name() != Some("README.md".as_ref()));
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let (lesson, problems) = format::parse(&std::fs::read_to_string(path).expect("readable"));
        assert_eq!(problems, [], "{}", path.display());
        lesson.expect("no problems")
    };
    files.iter().map(read).collect()
}

fn played(scene: &Lesson, seed: u64) -> Playground {
    let mut playground = Playground::new(seed, STARTED, LATENCY);
    playground.begin_lesson(scene);
    for actor in &scene.actors {
        playground.input(Input::OpenTerminal { actor: actor.clone() });
    }
    script::play(&mut playground, &scene.start);
    script::play(&mut playground, &scene.solution);
    playground
}

fn screens(playground: &Playground) -> String {
    let screen = |actor: &String| {
        let text = playground.terminal(actor).map(|terminal| terminal.transcript()).unwrap_or_default();
        format!("--- {actor}\n{text}")
    };
    playground.actors().iter().map(screen).collect()
}

#[test]
fn every_scenario_has_its_scene() {
    let ids: Vec<String> = scenes().into_iter().map(|scene| scene.id).collect();
    for row in ROWS {
        assert!(ids.iter().any(|id| id.starts_with(&format!("{row}-"))), "there is no scene for {row}");
    }
}

#[test]
fn every_scene_shows_what_it_promises() {
    let mut complaints = String::new();
    for scene in scenes() {
        for seed in [1, 2] {
            let playground = played(&scene, seed);
            let checker = playground.checker().expect("it is followed");
            for milestone in &scene.milestones {
                if !checker.has_reached(&milestone.id) {
                    let why = checker.why_not(&milestone.id).unwrap_or_default();
                    complaints +=
                        &format!("\n{} seed {seed}: {}: {why}\n{}", scene.id, milestone.id, screens(&playground));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints}");
}

/// A command that the server or the command line refuses where nothing of the kind was meant.
#[test]
fn commands_of_scenes_are_understood() {
    for scene in scenes() {
        let text = screens(&played(&scene, 1));
        for bad in
            ["unknown flag", "unknown command", "lab: ", "command not found", "syntax error", "required argument"]
        {
            assert!(!text.contains(bad), "{}: {bad}\n{text}", scene.id);
        }
    }
}

#[test]
fn every_scene_plays_again_exactly() {
    for scene in scenes() {
        let first = played(&scene, 5);
        let session = first.session();
        let again = Playground::replay(session, Some(&scene), session.end);
        assert!(again.events_from(0) == first.events_from(0), "{}: other events", scene.id);
        assert_eq!(screens(&again), screens(&first), "{}", scene.id);
        // To the middle, and on from there.
        let mut middle = Playground::rerun(session, Some(&scene));
        middle.advance_to(STARTED + Duration::from_nanos(session.end / 2));
        middle.advance_to(STARTED + Duration::from_nanos(session.end));
        assert!(middle.events_from(0) == first.events_from(0), "{}: other events after the middle", scene.id);
    }
}

/// Lines a reader can tap are lines that work.
#[test]
fn tappable_lines_work() {
    use jetlab::lessons::Block;
    for scene in scenes() {
        let mut playground = played(&scene, 1);
        for block in &scene.body {
            let Block::Run { actor, commands } = block else { continue };
            for line in commands {
                let line = ScriptLine::Type { actor: actor.clone(), line: line.clone() };
                script::play(&mut playground, &[line]);
            }
        }
        let text = screens(&playground);
        for bad in ["unknown flag", "unknown command", "lab: ", "command not found", "syntax error"] {
            assert!(!text.contains(bad), "{}: {bad}\n{text}", scene.id);
        }
    }
}
