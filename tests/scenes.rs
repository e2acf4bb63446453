//! What the picture shows in every lesson, as text: at its start, and after its own solution.
//!
//! `JETLAB_WRITE_SCENES=1 cargo test --test scenes` writes the texts anew; read what changed before keeping it.

use jetlab::flow::story::{self, Filter};
use jetlab::flow::trouble::Trouble;
use jetlab::flow::words;
use jetlab::lessons::{Lesson, ScriptLine, format};
use jetlab::playground::{Input, LATENCY, Playground, script};
use jetlab::time::Timestamp;
use std::path::{Path, PathBuf};

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the tutorial is part of the repository") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|ext| ext == "md") && path.file_name() != Some("README.md".as_ref()) {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn lessons() -> impl Iterator<Item = Lesson> {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tutorial"));
    files.into_iter().filter_map(|path| format::parse(&std::fs::read_to_string(&path).expect("readable")).0)
}

fn scenes() -> impl Iterator<Item = Lesson> {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/gallery"));
    files.into_iter().filter_map(|path| format::parse(&std::fs::read_to_string(&path).expect("readable")).0)
}

fn outline_after(lesson: &Lesson, scripts: &[&[ScriptLine]]) -> String {
    let playground = played(lesson, scripts);
    words::outline(&playground.flow().scene(playground.now()))
}

fn played(lesson: &Lesson, scripts: &[&[ScriptLine]]) -> Playground {
    let mut playground = Playground::new(7, STARTED, LATENCY);
    playground.begin_lesson(lesson);
    for actor in &lesson.actors {
        playground.input(Input::OpenTerminal { actor: actor.clone() });
    }
    for script in scripts {
        script::play(&mut playground, script);
    }
    // What is on its way arrives.
    let later = playground.now() + 2 * LATENCY;
    playground.advance_to(later);
    playground
}

/// What a badge counts is what the story tells when it is asked: no more, no less.
#[test]
fn badges_open_what_they_count() {
    let mut seen = Vec::new();
    for lesson in lessons().chain(scenes()) {
        let playground = played(&lesson, &[&lesson.start, &lesson.solution]);
        let flow = playground.flow();
        for badge in flow.scene(playground.now()).badges {
            let filter = Filter { trouble: Some((badge.trouble, badge.place.clone())), ..Filter::default() };
            let told = flow.story().lines().filter(|line| filter.takes(line));
            // What went at once is one line, however much it was.
            let count =
                |line: story::Line<'_>| if badge.trouble == Trouble::Dropped { badge.count } else { line.count() };
            let told: u64 = told.map(count).sum();
            assert!(
                told == badge.count || told > 0 && badge.trouble == Trouble::Dropped,
                "{}: {badge:?}, {told} told",
                lesson.id
            );
            seen.push(badge.trouble);
        }
    }
    for trouble in [Trouble::Redelivered, Trouble::GivenUp, Trouble::Refused, Trouble::Unwanted] {
        assert!(seen.contains(&trouble), "{trouble:?} happens nowhere");
    }
}

#[test]
fn every_lesson_looks_as_it_is_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes");
    let write = std::env::var_os("JETLAB_WRITE_SCENES").is_some();
    let mut different = Vec::new();
    for lesson in lessons() {
        let (start, solved) =
            (outline_after(&lesson, &[&lesson.start]), outline_after(&lesson, &[&lesson.start, &lesson.solution]));
        let got = format!("At the start\n\n{start}\nSolved\n\n{solved}");
        let path = folder.join(format!("{}.txt", lesson.id));
        if write {
            std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, &got)).expect("can be written");
        } else if std::fs::read_to_string(&path).ok().as_ref() != Some(&got) {
            different.push(format!("{}:\n{got}", path.display()));
        }
    }
    assert!(different.is_empty(), "JETLAB_WRITE_SCENES=1 writes them anew\n\n{}", different.join("\n"));
}
