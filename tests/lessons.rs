//! Every lesson: unsolved at first, solved by its own solution, and its wrong ways still wrong for their reasons.

use jetlab::api::{ConsumerInfo, StreamInfo};
use jetlab::json::{self, Value};
use jetlab::lessons::check::Answer;
use jetlab::lessons::expression::Figure;
use jetlab::lessons::{Lesson, ScriptLine, format};
use jetlab::playground::history::History;
use jetlab::playground::{Input, LATENCY, Playground, script};
use jetlab::time::Timestamp;
use std::path::{Path, PathBuf};

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

fn lesson_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the tutorial is part of the repository") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            files.extend(lesson_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "md") && path.file_name() != Some("README.md".as_ref()) {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn lessons() -> Vec<(PathBuf, Lesson)> {
    let files = lesson_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tutorial"));
    let read = |path: PathBuf| {
        let (lesson, problems) = format::parse(&std::fs::read_to_string(&path).expect("readable"));
        assert_eq!(problems, [], "{}", path.display());
        (path, lesson.expect("no problems"))
    };
    files.into_iter().map(read).collect()
}

fn played(lesson: &Lesson, seed: u64, scripts: &[&[ScriptLine]]) -> Playground {
    let mut playground = Playground::new(seed, STARTED, LATENCY);
    playground.begin_lesson(lesson);
    for actor in &lesson.actors {
        playground.input(Input::OpenTerminal { actor: actor.clone() });
    }
    for script in scripts {
        script::play(&mut playground, script);
    }
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
fn there_are_lessons_and_their_names_differ() {
    let mut ids: Vec<String> = lessons().into_iter().map(|(_, lesson)| lesson.id).collect();
    assert!(ids.len() >= 3, "{ids:?}");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), lessons().len());
}

#[test]
fn the_start_reaches_nothing() {
    for (path, lesson) in lessons() {
        let playground = played(&lesson, 1, &[&lesson.start, &[]]);
        let reached = playground.checker().unwrap().reached();
        assert!(reached.is_empty(), "{}: {reached:?} at the start\n{}", path.display(), screens(&playground));
    }
}

/// What decides each milestone, in the words of the story.
const TOLD: &[(&str, &str, &[&str])] = &[
    ("first-message", "listening", &["bob listens on orders.created."]),
    (
        "first-message",
        "delivered",
        &["alice published a message on orders.created.", "bob was sent a message on orders.created."],
    ),
    (
        "order-queue",
        "stream",
        &[
            "Stream orders_stream was created: it keeps orders.* until it is acknowledged, at most 256 MiB, refusing new \
           ones when it is full, none can be deleted.",
        ],
    ),
    (
        "order-queue",
        "consumer",
        &["Consumer processor was created on orders_stream: pull, only orders.*, explicit acks within 5s, at most 2 \
           deliveries."],
    ),
    ("order-queue", "orders", &["orders_stream stored messages 1 to 20."]),
    ("order-queue", "settled", &["acknowledged message", "gave up on message", "after 2 deliveries"]),
    ("dead-letters", "queue", &["Stream orders_unprocessed was created", "until it is acknowledged"]),
    ("dead-letters", "letters", &["gave up on message", "orders_unprocessed stored message"]),
    ("dead-letters", "looked-up", &["read a message of orders_stream."]),
    ("dead-letters", "handled", &["orders_unprocessed let go of message", ": acknowledged."]),
];

#[test]
fn the_story_tells_what_decides_each_milestone() {
    let lessons = lessons();
    let mut told = 0;
    for (path, lesson) in &lessons {
        let playground = played(lesson, 1, &[&lesson.start, &lesson.solution]);
        let flow = playground.flow();
        let story: Vec<String> = flow.story().lines().map(|line| line.text()).collect();
        for milestone in &lesson.milestones {
            let Some((_, _, phrases)) = TOLD.iter().find(|(of, id, _)| *of == lesson.id && *id == milestone.id) else {
                continue;
            };
            told += 1;
            for phrase in *phrases {
                let said = story.iter().any(|line| line.contains(phrase));
                assert!(said, "{} {}: \"{phrase}\" is not told in\n{}", path.display(), milestone.id, story.join("\n"));
            }
        }
    }
    assert_eq!(told, TOLD.len(), "every milestone that is named here is one of a lesson");
}

#[test]
fn the_solution_reaches_everything() {
    for (path, lesson) in lessons() {
        for seed in [1, 2, 3] {
            let playground = played(&lesson, seed, &[&lesson.start, &lesson.solution]);
            for milestone in &lesson.milestones {
                let checker = playground.checker().unwrap();
                let why = checker.why_not(&milestone.id);
                assert!(
                    checker.has_reached(&milestone.id),
                    "{} seed {seed}: {} is not reached: {why:?}\n{}",
                    path.display(),
                    milestone.id,
                    screens(&playground)
                );
            }
        }
    }
}

#[test]
fn wrong_ways_miss_their_milestone_for_their_reason() {
    for (path, lesson) in lessons() {
        for wrong in &lesson.wrong {
            let playground = played(&lesson, 1, &[&lesson.start, &wrong.script]);
            let checker = playground.checker().unwrap();
            let context = || format!("{}: wrong way to {}\n{}", path.display(), wrong.misses, screens(&playground));
            assert!(!checker.has_reached(&wrong.misses), "{}", context());
            let why = checker.why_not(&wrong.misses).unwrap_or_default();
            assert!(why.contains(&wrong.because), "{why:?} does not say {:?}\n{}", wrong.because, context());
        }
    }
}

/// Going back is running again: the same session gives the same events, with the lesson watching.
#[test]
fn a_lesson_replays_exactly() {
    for (path, lesson) in lessons() {
        let first = played(&lesson, 5, &[&lesson.start, &lesson.solution]);
        let again = Playground::replay(first.session(), Some(&lesson), first.session().end);
        assert_eq!(again.events_from(0), first.events_from(0), "{}", path.display());
        assert_eq!(screens(&again), screens(&first), "{}", path.display());
        let end = first.session().end;
        for middle in [end / 3, end / 2, end] {
            let mut seek = History::default().rewind(&first, Some(&lesson), middle);
            assert!(seek.run(|| true));
            let mut back = seek.finish();
            back.advance_to(back.moment(end));
            assert!(back.events_from(0) == first.events_from(0), "{}: other events", path.display());
            assert_eq!(back.checker().unwrap().reached(), first.checker().unwrap().reached(), "{}", path.display());
        }
    }
}

/// What a lesson with a prefix made and published, by name.
fn names_made(playground: &Playground) -> Vec<String> {
    use jetlab::engine::{Fact, Origin};
    use jetlab::flow::Traffic;
    let name = |event: jetlab::engine::Event| match event.fact {
        Fact::StreamCreated { stream, config } => {
            let subjects = config.subjects.iter().filter(|subject| Traffic::of(subject) == Traffic::Message);
            Some(subjects.cloned().chain([stream.to_string()]).collect::<Vec<_>>())
        }
        Fact::Published { origin: Origin::Client(_), subject, .. } | Fact::Subscribed { subject, .. } => {
            (Traffic::of(&subject) == Traffic::Message).then(|| vec![subject.to_string()])
        }
        _ => None,
    };
    playground.events_from(0).into_iter().filter_map(name).flatten().collect()
}

#[test]
fn every_lesson_says_which_names_are_its_own() {
    for (path, lesson) in lessons() {
        assert!(lesson.names.is_some(), "{}: [names] is missing from the front matter", path.display());
    }
}

#[test]
fn a_lesson_with_a_prefix_is_the_same_lesson_and_makes_no_other_names() {
    use jetlab::lessons::prefix::Prefix;
    for (path, lesson) in lessons() {
        for seed in [1, 2, 3, 4] {
            let prefix = Prefix::drawn(&mut jetlab::nuid::Rng::new(seed));
            let lesson = lesson.with_prefix(&prefix).expect("it says which names are its own");
            let is_ours = |name: &String| {
                let name = name.strip_prefix("$KV.").or(name.strip_prefix("$O.")).unwrap_or(name);
                prefix.marks(name) || name.starts_with(&prefix.of_subjects()) || name.starts_with("_LESSON.")
            };
            let context =
                |playground: &Playground| format!("{} as {}\n{}", path.display(), prefix.as_str(), screens(playground));

            let start = played(&lesson, seed, &[&lesson.start, &[]]);
            assert!(start.checker().unwrap().reached().is_empty(), "at the start: {}", context(&start));

            let solved = played(&lesson, seed, &[&lesson.start, &lesson.solution]);
            let checker = solved.checker().unwrap();
            let why: Vec<_> = lesson.milestones.iter().filter_map(|milestone| checker.why_not(&milestone.id)).collect();
            assert!(checker.is_solved(), "{why:?} {}", context(&solved));
            let made = names_made(&solved);
            assert!(!made.is_empty() && made.iter().all(is_ours), "{made:?} {}", context(&solved));

            for wrong in &lesson.wrong {
                let played = played(&lesson, seed, &[&lesson.start, &wrong.script]);
                let checker = played.checker().unwrap();
                assert!(!checker.has_reached(&wrong.misses), "{}", context(&played));
                let why = checker.why_not(&wrong.misses).unwrap_or_default();
                assert!(why.contains(&wrong.because), "{why:?} does not say {:?}", wrong.because);
                let made = names_made(&played);
                assert!(made.iter().all(is_ours), "{made:?} {}", context(&played));
            }
        }
    }
}

fn answer(playground: &mut Playground, subject: String) -> Vec<u8> {
    playground.input(Input::Request { actor: "main".to_owned(), subject, payload: String::new() });
    let request = playground.last_request();
    let soon = playground.now() + std::time::Duration::from_secs(1);
    playground.advance_to(soon);
    playground.take_answer(request).expect("there is an answer").expect("no error").payload.to_vec()
}

/// What an answer has at every path of names.
fn assert_reads_as(answer: &Answer, whole: &Value, path: &str) {
    // A dot parts names, so what has one in its name has no path.
    for (name, inner) in whole.as_object().into_iter().flatten().filter(|(name, _)| !name.contains('.')) {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        assert_eq!(answer.at_path(&path).as_ref(), Some(inner), "{path} of {answer:?}");
        assert_reads_as(answer, inner, &path);
    }
}

/// Milestones take single fields out of answers; they are what the documents read as a whole say.
#[test]
fn fields_of_answers_are_what_the_whole_answer_says() {
    let mut read = 0;
    for (_, lesson) in lessons() {
        let mut questions = std::collections::BTreeSet::new();
        for milestone in &lesson.milestones {
            milestone.check.figures(&mut |figure| {
                questions.extend(match figure {
                    Figure::Stream { name, .. } => Some((name.clone(), None)),
                    Figure::Consumer { stream, name, .. } => Some((stream.clone(), Some(name.clone()))),
                    _ => None,
                });
            });
        }
        let mut playground = played(&lesson, 5, &[&lesson.start, &lesson.solution]);
        for (stream, consumer) in questions {
            let (answer, whole) = match &consumer {
                None => {
                    let text = answer(&mut playground, format!("$JS.API.STREAM.INFO.{stream}"));
                    (
                        Answer::Stream(text.clone().into()),
                        json::read::<StreamInfo>(&text).map(|info| json::to_value(&info)),
                    )
                }
                Some(consumer) => {
                    let text = answer(&mut playground, format!("$JS.API.CONSUMER.INFO.{stream}.{consumer}"));
                    let info = json::read::<ConsumerInfo>(&text).map(|info| json::to_value(&info));
                    (Answer::Consumer(text.into()), info)
                }
            };
            // What a lesson deletes in the end is not there.
            let Ok(whole) = whole else { continue };
            assert_reads_as(&answer, &whole, "");
            assert_eq!(answer.at_path("config.nothing"), Some(0.into()));
            read += 1;
        }
    }
    assert!(read >= 3, "{read} answers");
}
