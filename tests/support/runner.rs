//! Plays a table of scripts on one target and tells which rows hold.

use super::stage::{Stage, Start};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One script and the checklist rows it covers.
#[derive(Clone, Copy)]
pub struct Row {
    /// Ids between blanks: `"C-035 C-036"`. A row several scripts name holds when all of them pass.
    pub ids: &'static str,
    pub script: fn(&mut Stage<'_>),
    /// Why the real server is not asked, where it cannot be.
    pub engine_only: Option<&'static str>,
}

/// A script for both targets.
pub const fn row(ids: &'static str, script: fn(&mut Stage<'_>)) -> Row {
    Row { ids, script, engine_only: None }
}

/// A script the real server cannot play, and why: two minutes of waiting, facts that only the engine tells.
pub const fn engine_row(ids: &'static str, reason: &'static str, script: fn(&mut Stage<'_>)) -> Row {
    Row { ids, script, engine_only: Some(reason) }
}

/// What came of one script: `Err` with what was wrong.
pub type Outcome = Result<(), String>;

/// Plays every script, `threads` at a time. One that fails is played up to `retries` times more, alone, once the others
/// are over: for targets whose timers are real and whose machine may be busy.
pub fn play(rows: &[Row], start: &(dyn Fn() -> Box<Start> + Sync), threads: usize, retries: usize) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(BTreeMap::new());
    silence_panics();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let start = start();
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = play_one(row, &*start);
                    let at = rows.iter().position(|it| std::ptr::eq(it, row)).expect("it came from there");
                    outcomes.lock().expect("nobody panics with it").insert(at, outcome);
                }
            });
        }
    });
    let mut outcomes: Vec<Outcome> = outcomes.into_inner().expect("nobody panics with it").into_values().collect();
    let start = start();
    for (row, outcome) in rows.iter().zip(&mut outcomes) {
        for _ in 0..retries {
            if outcome.is_err() {
                *outcome = play_one(row, &*start);
            }
        }
    }
    outcomes
}

fn play_one(row: &Row, start: &Start) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| (row.script)(&mut Stage::new(start)))).map_err(|panic| {
        let place = LAST_PANIC.with_borrow(Clone::clone);
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default();
        format!("{place}\n{text}")
    })
}

thread_local! {
    static LAST_PANIC: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
}

/// A failing script is a panic; it is told in the report, with its place, rather than as it happens.
fn silence_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        LAST_PANIC.set(place);
    }));
}

/// The rows that hold and those that do not, each id once.
pub fn verdicts(rows: &[Row], outcomes: &[Outcome]) -> BTreeMap<&'static str, bool> {
    let mut verdicts = BTreeMap::new();
    for (row, outcome) in rows.iter().zip(outcomes) {
        for id in row.ids.split_whitespace() {
            *verdicts.entry(id).or_insert(true) &= outcome.is_ok();
        }
    }
    verdicts
}

/// Prints rows covered and passing per tier, then what failed. Returns whether nothing failed.
pub fn report(title: &str, tiers: &[&str], rows: &[Row], outcomes: &[Outcome]) -> bool {
    let verdicts = verdicts(rows, outcomes);
    println!("\n{title}");
    for (index, tier) in tiers.iter().enumerate() {
        let ids: BTreeSet<&str> = tier.split_whitespace().collect();
        let covered = ids.iter().filter(|id| verdicts.contains_key(**id)).count();
        let passing = ids.iter().filter(|id| verdicts.get(**id) == Some(&true)).count();
        println!("  tier {}: {:3} rows, {covered:3} covered, {passing:3} passing", index + 1, ids.len());
    }
    let failures = rows.iter().zip(outcomes).filter_map(|(row, outcome)| Some((row, outcome.as_ref().err()?)));
    let mut clean = true;
    for (row, why) in failures {
        clean = false;
        println!("  FAILED {} at {}", row.ids, why.replace('\n', "\n      "));
    }
    clean
}

/// Prints the rows no script names, per tier. Those played `elsewhere` are known and not missing.
pub fn report_uncovered(tiers: &[&str], elsewhere: &str, rows: &[Row]) {
    let named: BTreeSet<&str> =
        rows.iter().flat_map(|row| row.ids.split_whitespace()).chain(elsewhere.split_whitespace()).collect();
    println!("  with the official clients: {elsewhere}");
    for (index, tier) in tiers.iter().enumerate() {
        let missing: Vec<&str> = tier.split_whitespace().filter(|id| !named.contains(id)).collect();
        if !missing.is_empty() {
            println!("  tier {} without a script: {}", index + 1, missing.join(" "));
        }
    }
}
