//! The `nats` command line against what the real one said: recorded transcripts, played in a page and over TCP.
//!
//! Each file of `recorded` and `ours` is typed, command by command, into terminals; the result must equal the file after
//! `normalise`. It is done twice: in virtual time on the server of the page, and in real time on nats-server. What cannot
//! be replayed stands in [`NOT_IN_PAGE`] or [`NOT_OVER_TCP`] with its reason, and a transcript that no longer belongs there fails the test too.
//! `cargo test --test commands` prints the count per area and place, and which rows of the checklist have a transcript;
//! `TRANSCRIPT=name` plays one. nats-server is `NATS_SERVER`, else the one on the `PATH`; without one that half is
//! reported as not run.

mod checklist;
mod grammar;
mod lines;
mod noise;
#[path = "../support/normalise.rs"]
mod normalise;
mod place;
mod stage;
#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;
mod tcp;

use normalise::{Block, Normaliser, Transcript};
use place::{InPage, Place};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::real_server;
use tcp::OverTcp;

/// Transcripts that cannot be replayed in a page, each with its reason.
const NOT_IN_PAGE: &[(&str, &str)] = &[];
/// Transcripts that cannot be replayed on nats-server, each with its reason.
const NOT_OVER_TCP: &[(&str, &str)] = &[];

/// Transcripts on a real clock mostly wait, so more of them than cores play at a time.
const REAL_THREADS: usize = 8;
/// One that fails on a real clock is played again: the machine may have been busy elsewhere.
const REAL_RETRIES: usize = 2;

/// A transcript by its name.
struct File {
    name: String,
    text: String,
}

fn files() -> Vec<File> {
    let mut files = Vec::new();
    for folder in ["recorded", "ours"] {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/commands").join(folder);
        for path in std::fs::read_dir(folder).expect("the folder is there").flatten().map(|entry| entry.path()) {
            if path.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let name = path.file_stem().expect("files have names").to_string_lossy().into_owned();
            files.push(File { name, text: std::fs::read_to_string(&path).expect("a transcript is text") });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// Prints whether or not the test passes.
fn say(text: &str) {
    use std::io::Write;
    // Unlike the macros this is not captured; a closed pipe is no reason to fail.
    let _ = std::io::stdout().write_all(format!("{text}\n").as_bytes());
}

type Outcome = Result<(), String>;

/// `Ok` if it plays as recorded; else the first command that differs, both ways.
fn check(normaliser: &Normaliser, text: &str, place: Box<dyn Place>) -> Outcome {
    let recorded = Transcript::parse(text);
    let played = stage::play(&recorded, place)?;
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

fn play_guarded(text: &str, place: &dyn Fn() -> Box<dyn Place>) -> Outcome {
    let outcome = catch_unwind(AssertUnwindSafe(|| check(&Normaliser::new(), text, place())));
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("panicked: {}", text.unwrap_or_default()))
    })
}

/// Plays each, `threads` at a time; what fails is played again, alone, up to `retries` times.
fn play_all(
    files: &[File],
    place: &(dyn Fn() -> Box<dyn Place> + Sync),
    threads: usize,
    retries: usize,
) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(at) else { return };
                    let outcome = play_guarded(&file.text, place);
                    outcomes.lock().expect("nobody panics with it").insert(at, outcome);
                }
            });
        }
    });
    let mut outcomes: Vec<Outcome> = outcomes.into_inner().expect("nobody panics with it").into_values().collect();
    for (file, outcome) in files.iter().zip(&mut outcomes) {
        let is_listed = NOT_OVER_TCP.iter().any(|(name, _)| *name == file.name);
        for _ in 0..if is_listed { 0 } else { retries } {
            if outcome.is_err() {
                *outcome = play_guarded(&file.text, place);
            }
        }
    }
    outcomes
}

/// Prints what differs and the count per area. Returns the names that are not as they should be.
fn report(title: &str, files: &[File], outcomes: &[Outcome], listed: &[(&str, &str)]) -> Vec<String> {
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut told = format!("\n{title}\n");
    for (file, outcome) in files.iter().zip(outcomes) {
        let name = &file.name;
        let (passed, all) = counts.entry(area(name)).or_default();
        *all += 1;
        *passed += u32::from(outcome.is_ok());
        match (outcome, listed.iter().find(|(listed, _)| listed == name)) {
            (Err(problem), None) => {
                told += &format!("--- {name}\n{problem}\n");
                wrong.push(name.clone());
            }
            (Err(problem), Some((_, reason))) => {
                let details = if std::env::var("TRANSCRIPT").is_ok() { problem.as_str() } else { "" };
                told += &format!("  {name} is not replayed: {reason}\n{details}");
            }
            (Ok(()), Some(_)) => {
                told += &format!("--- {name} replays now: take it off the list\n");
                wrong.push(name.clone());
            }
            (Ok(()), None) => {}
        }
    }
    let cells: Vec<String> = counts.iter().map(|(area, (passed, all))| format!("{area} {passed}/{all}")).collect();
    let (passed, all) = counts.values().fold((0, 0), |(passed, all), count| (passed + count.0, all + count.1));
    for line in cells.chunks(8) {
        told += &format!("  {}\n", line.join("  "));
    }
    say(&format!("{told}  all {passed}/{all}"));
    wrong
}

/// All of them, or the one that was asked for.
fn wanted(files: Vec<File>) -> Vec<File> {
    match std::env::var("TRANSCRIPT") {
        Ok(name) => files.into_iter().filter(|file| file.name == name).collect(),
        Err(_) => files,
    }
}

#[test]
fn transcripts_replay_in_a_page() {
    let files = wanted(files());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let outcomes = play_all(&files, &|| Box::new(InPage::new()), threads, 0);
    let wrong = report("transcripts, in a page", &files, &outcomes, NOT_IN_PAGE);
    assert!(wrong.is_empty(), "{} transcripts: {}", wrong.len(), wrong.join(", "));
}

#[test]
fn transcripts_replay_over_tcp_on_nats_server() {
    let (program, version) = match real_server::find() {
        Ok(found) => found,
        Err(why) => {
            assert!(std::env::var_os("NATS_SERVER").is_none(), "{why}");
            return say(&format!("\ntranscripts, over TCP: NOT RUN, {why}"));
        }
    };
    let files = wanted(files());
    let outcomes = play_all(&files, &|| Box::new(OverTcp::new(&program)), REAL_THREADS, REAL_RETRIES);
    let wrong = report(&format!("transcripts, over TCP on {version}"), &files, &outcomes, NOT_OVER_TCP);
    assert!(wrong.is_empty(), "{} transcripts: {}", wrong.len(), wrong.join(", "));
}
