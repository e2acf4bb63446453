//! Whatever the picture shows in a lesson or a scene has a reason: each cell, gap, refusal and consumer is asked why.

use jetlab::engine::Fact;
use jetlab::flow::scene::{CellState, Column, ConsumerStrip, Strip};
use jetlab::flow::{Selection, Why, why};
use jetlab::lessons::{Lesson, format};
use jetlab::playground::{Input, LATENCY, Playground, script};
use jetlab::time::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

fn files(folder: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder).expect("part of the repository").flatten().map(|entry| entry.path());
    let (folders, files): (Vec<_>, Vec<_>) = found.partition(|path| path.is_dir());
    let lessons = files.into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "md"));
    lessons.chain(folders.iter().flat_map(|folder| self::files(folder))).collect()
}

fn sessions() -> impl Iterator<Item = Lesson> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [root.join("tutorial"), root.join("assets/gallery")].into_iter().flat_map(|folder| files(&folder));
    files.filter_map(|path| format::parse(&std::fs::read_to_string(path).expect("readable")).0)
}

/// What is there to ask about, by what it is called in a complaint; `true` where an event made it so.
fn questions(strip: &Strip) -> Vec<(String, Selection, bool)> {
    let stream = &strip.name;
    let mut questions = Vec::new();
    for column in &strip.columns {
        let (from, to) = (column.from_seq(), column.to_seq());
        match column {
            Column::Cell(_) => {
                let selection = Selection::Message { stream: stream.clone(), stream_seq: from };
                questions.push(("stored".to_owned(), selection, true));
            }
            Column::Gap { reason, .. } => {
                questions.push((format!("{reason:?}"), Selection::Gap { stream: stream.clone(), from, to }, true));
            }
            Column::Unknown { .. } | Column::Elided { .. } => {}
        }
    }
    questions.extend(strip.refusal.iter().map(|refusal| {
        let selection = Selection::Refusal { stream: stream.clone(), message: refusal.message };
        ("refused".to_owned(), selection, true)
    }));
    questions.extend(strip.consumers.iter().flat_map(of_consumer));
    questions
}

fn of_consumer(consumer: &ConsumerStrip) -> Vec<(String, Selection, bool)> {
    let (stream, name) = (consumer.stream.clone(), consumer.name.clone());
    let whole = Selection::Consumer { stream: stream.clone(), consumer: name.clone() };
    let cells = consumer.cells.iter().map(|cell| {
        let selection = Selection::Delivery { stream: stream.clone(), consumer: name.clone(), stream_seq: cell.seq };
        let state = format!("{:?}", cell.state);
        let state = state.split([' ', '{']).next().unwrap_or_default().to_owned();
        let has_event =
            !matches!(cell.state, CellState::NotYetDelivered | CellState::FilteredOut | CellState::BeforeStart);
        (state, selection, has_event)
    });
    std::iter::once(("consumer".to_owned(), whole, false)).chain(cells).collect()
}

/// Every request that was refused on the way says what it means; how many there were.
fn refused_requests(lesson: &Lesson) -> usize {
    let mut playground = Playground::new(7, STARTED, LATENCY);
    playground.begin_lesson(lesson);
    for actor in &lesson.actors {
        playground.input(Input::OpenTerminal { actor: actor.clone() });
    }
    script::play(&mut playground, &lesson.start);
    script::play(&mut playground, &lesson.solution);
    let flow = playground.flow();
    let mut count = 0;
    for step in flow.steps() {
        let Some(Fact::Requested { message, error: Some(error), .. }) = step.what.fact() else { continue };
        let answers = why(&flow, playground.now(), &Selection::Published(*message));
        let context = || format!("{}: {error:?}: {answers:#?}", lesson.id);
        assert!(answers.len() == 1 && answers[0].step == Some(step.ordinal), "{}", context());
        assert!(answers[0].sentence.starts_with("Refused: "), "{}", context());
        count += 1;
    }
    count
}

#[test]
fn everything_in_every_lesson_and_scene_has_its_reason() {
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for lesson in sessions() {
        let mut playground = Playground::new(7, STARTED, LATENCY);
        playground.begin_lesson(&lesson);
        for actor in &lesson.actors {
            playground.input(Input::OpenTerminal { actor: actor.clone() });
        }
        for line in lesson.start.iter().chain(&lesson.solution) {
            script::play(&mut playground, std::slice::from_ref(line));
            let scene = playground.flow().scene(playground.now());
            for (what, selection, has_event) in scene.streams.iter().flat_map(questions) {
                let answers: Vec<Why> = why(&playground.flow(), playground.now(), &selection);
                let context = || format!("{} after {line:?}: {what} {selection:?}: {answers:#?}", lesson.id);
                assert!(!answers.is_empty(), "{}", context());
                assert!(answers.iter().all(|why| why.sentence.ends_with('.')), "{}", context());
                assert!(!has_event || answers[0].step.is_some(), "{}", context());
                *asked.entry(what).or_default() += 1;
            }
        }
    }
    for lesson in sessions() {
        let refused = refused_requests(&lesson);
        *asked.entry("request".to_owned()).or_default() += refused;
    }
    let states =
        ["request", "stored", "consumer", "refused", "NotYetDelivered", "InFlight", "Acked", "GivenUp", "FilteredOut"];
    for state in states {
        assert!(asked.get(state).is_some_and(|count| *count > 0), "nothing was {state}: {asked:?}");
    }
}
