//! Differential play: the same seeded scripts of client operations on our engine and on the real nats-server.
//!
//! `cargo test --test differ` plays as many operations as fit a test run; `DIFFER_OPS` and `DIFFER_SEED` (or
//! `cargo xtask differ --ops N --seed S`) play any number. Whatever comes back is compared after every step, without
//! times and drawn ids. A difference is played again with more patience, made as short as it gets and printed with its
//! seed. Without a nats-server (`NATS_SERVER`, else on the `PATH`) nothing is compared and the run says so.
//!
//! To look at one script: `DIFFER_ONLY=<number>` with its seed.

#[path = "support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

#[path = "differ/draw.rs"]
mod draw;
#[path = "differ/normal.rs"]
mod normal;
#[path = "differ/play.rs"]
mod play;
#[path = "differ/script.rs"]
mod script;
#[path = "differ/shrink.rs"]
mod shrink;

use jetlab::time::Timestamp;
use play::{Pace, Transcript, play};
use script::Script;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use support::{Setup, Target, real_server, virtual_server};

const DEFAULT_OPS: usize = 20_000;
const DEFAULT_SEED: u64 = 1;
/// Steps of one script, and of one in which timers matter.
const STEPS: usize = 80;
const TIMED_STEPS: usize = 36;
/// Of so many scripts timers matter in the first so many.
const TIMED: (usize, usize) = (2, 5);
/// Scripts played at once.
const LANES: usize = 128;
const TIMED_LANES: usize = 64;
const QUIET: Duration = Duration::from_millis(20);
/// For a difference that has to prove itself.
const VERY_QUIET: Duration = Duration::from_millis(40);
/// How often the real server plays a script that differs: once, and as long as it still does, so often at once.
const PLAYS: [usize; 3] = [1, 11, 24];
/// How often in a row a shorter script in which time passes has to differ.
const TIMED_CONFIRMATIONS: usize = 2;
/// How much of a line says what sort it is.
const SIGN_CHARS: usize = 60;
/// Differences that are made short and printed whole; of the others only the number and the first lines.
const SHOWN: usize = 3;

/// Both servers and the tags used so far.
struct Pair {
    real: Box<dyn Target>,
    /// When the real one was started.
    epoch: Timestamp,
    is_timed: bool,
    next_tag: usize,
    /// Scripts on which the real server did now this, now that, and ours is among it.
    wavering: usize,
}

/// Scripts by number, and where they differ.
type Found = BTreeMap<usize, (Script, Difference)>;

/// Where two transcripts part.
#[derive(Clone, Debug)]
struct Difference {
    step: usize,
    ours: Vec<String>,
    real: Vec<String>,
}

impl Difference {
    fn only_ours(&self) -> Vec<&String> {
        self.ours.iter().filter(|line| !self.real.contains(line)).collect()
    }

    fn only_real(&self) -> Vec<&String> {
        self.real.iter().filter(|line| !self.ours.contains(line)).collect()
    }

    /// The fields that differ, where one answer differs from the other in nothing else.
    fn fields(&self) -> Option<Vec<String>> {
        match (&*self.only_ours(), &*self.only_real()) {
            ([ours], [real]) => normal::differing_fields(ours, real),
            _ => None,
        }
    }

    /// What sort of difference it is, by which a shorter script that shows it too is known.
    fn signs(&self) -> BTreeSet<String> {
        if let Some(fields) = self.fields() {
            return fields.iter().map(|field| field.split(':').next().unwrap_or_default().to_owned()).collect();
        }
        let sign = |side: &str, line: &str| {
            let words: String = line.chars().filter(|letter| !letter.is_ascii_digit()).take(SIGN_CHARS).collect();
            format!("{side} {words}")
        };
        let ours = self.only_ours().into_iter().map(|line| sign("ours", line));
        let real = self.only_real().into_iter().map(|line| sign("real", line));
        let signs: BTreeSet<String> = ours.chain(real).collect();
        if signs.is_empty() { BTreeSet::from(["order".to_owned()]) } else { signs }
    }
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let (program, version) = match real_server::find() {
        Ok(found) => found,
        Err(why) => {
            println!("differential play: NOT RUN, {why}");
            return if std::env::var_os("NATS_SERVER").is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
    };
    let ops = setting("DIFFER_OPS").unwrap_or(DEFAULT_OPS);
    let seed = setting("DIFFER_SEED").unwrap_or(DEFAULT_SEED as usize) as u64;
    let numbers: Vec<usize> = match setting("DIFFER_ONLY") {
        Some(number) => {
            drawn(seed, number).iter().enumerate().for_each(|(index, step)| println!("{index:3} {step}"));
            vec![number]
        }
        None => enough_for(ops).collect(),
    };
    let (timed, quick): (Vec<usize>, Vec<usize>) = numbers.iter().partition(|number| is_timed(**number));
    // Timers take their time, so others are played meanwhile, on servers of their own.
    let play = |is_timed: bool, numbers: &[usize]| {
        let mut pair = Pair::start(&program, is_timed);
        (pair.play_all(seed, numbers), pair.wavering)
    };
    let ((timed_found, timed_wavering), (mut found, wavering)) = std::thread::scope(|scope| {
        let timed = scope.spawn(|| play(true, &timed));
        let quick = play(false, &quick);
        (timed.join().expect("a difference is no panic"), quick)
    });
    found.extend(timed_found);
    println!(
        "differential play, {version}: {} operations in {} scripts, seed {seed}: {} differences ({} scripts waver)",
        numbers.iter().map(|number| steps_of(*number)).sum::<usize>(),
        numbers.len(),
        found.len(),
        wavering + timed_wavering
    );
    if found.is_empty() {
        return ExitCode::SUCCESS;
    }
    report(&program, seed, found);
    ExitCode::FAILURE
}

fn is_timed(number: usize) -> bool {
    number % TIMED.1 < TIMED.0
}

fn steps_of(number: usize) -> usize {
    if is_timed(number) { TIMED_STEPS } else { STEPS }
}

/// The scripts from the first on that make so many operations together.
fn enough_for(ops: usize) -> std::ops::Range<usize> {
    let mut left = ops;
    let mut count = 0;
    while left > 0 {
        left = left.saturating_sub(steps_of(count));
        count += 1;
    }
    0..count
}

fn drawn(seed: u64, number: usize) -> Script {
    if is_timed(number) { draw::timed_script(seed, number, TIMED_STEPS) } else { draw::script(seed, number, STEPS) }
}

#[expect(clippy::disallowed_methods, reason = "the real server has a real clock")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_nanos() as i64)
}

fn setting(name: &str) -> Option<usize> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

impl Pair {
    fn start(program: &Path, is_timed: bool) -> Pair {
        let real = real_server::start(program, &Setup::default());
        let epoch = now() - real.elapsed();
        Pair { real, epoch, is_timed, next_tag: 0, wavering: 0 }
    }

    fn pace(&self, quiet: Duration) -> Pace {
        if self.is_timed { Pace::Timetable } else { Pace::Quiet(quiet) }
    }

    fn lanes(&self) -> usize {
        if self.is_timed { TIMED_LANES } else { LANES }
    }

    fn play_ours(&self, scripts: &[&Script], tag: usize, quiet: Duration) -> Vec<Transcript> {
        let mut ours = virtual_server::start(&Setup::default());
        play(&mut *ours, virtual_server::START, scripts, tag, self.pace(quiet))
    }

    fn play_real(&mut self, scripts: &[&Script], quiet: Duration) -> Vec<Transcript> {
        let tag = self.next_tag;
        self.next_tag += scripts.len();
        let pace = self.pace(quiet);
        play(&mut *self.real, self.epoch, scripts, tag, pace)
    }

    fn play_all(&mut self, seed: u64, numbers: &[usize]) -> Found {
        let mut found = BTreeMap::new();
        for numbers in numbers.chunks(self.lanes()) {
            let scripts: Vec<Script> = numbers.iter().map(|&number| drawn(seed, number)).collect();
            let suspects = self.differences(&scripts, QUIET);
            let suspects = numbers.iter().zip(scripts).zip(suspects);
            let suspects: Vec<_> = suspects.filter(|(_, difference)| difference.is_some()).map(|(it, _)| it).collect();
            let scripts: Vec<Script> = suspects.iter().map(|(_, script)| script.clone()).collect();
            let confirmed = self.steady_differences(&scripts);
            for ((number, script), difference) in suspects.into_iter().zip(confirmed) {
                found.extend(difference.map(|difference| (*number, (script, difference))));
            }
        }
        found
    }

    /// Plays the scripts on both servers and says where each first differs.
    fn differences(&mut self, scripts: &[Script], quiet: Duration) -> Vec<Option<Difference>> {
        if scripts.is_empty() {
            return Vec::new();
        }
        let scripts: Vec<&Script> = scripts.iter().collect();
        let ours = self.play_ours(&scripts, self.next_tag, quiet);
        let real = self.play_real(&scripts, quiet);
        ours.into_iter().zip(real).map(|(ours, real)| difference(ours, real)).collect()
    }

    /// Differences from everything the real server does: it is asked several times, because some of its answers depend
    /// on which of its threads comes first. What ours does has to be among what it did, from the first step to the last.
    /// Both are given as much time: some things, as a full queue of requests, are looked at no more than once a second.
    fn steady_differences(&mut self, scripts: &[Script]) -> Vec<Option<Difference>> {
        if scripts.is_empty() {
            return Vec::new();
        }
        let first: Vec<&Script> = scripts.iter().collect();
        let ours = self.play_ours(&first, self.next_tag, VERY_QUIET);
        let mut nearest: Vec<Option<Difference>> = vec![None; scripts.len()];
        let mut open: Vec<usize> = (0..scripts.len()).collect();
        for copies in PLAYS {
            let lanes: Vec<usize> = open.iter().flat_map(|&index| std::iter::repeat_n(index, copies)).collect();
            for lanes in lanes.chunks(self.lanes()) {
                let played: Vec<&Script> = lanes.iter().map(|&index| &scripts[index]).collect();
                let real = self.play_real(&played, VERY_QUIET);
                for (&index, real) in lanes.iter().zip(real) {
                    match difference(ours[index].clone(), real) {
                        None => open.retain(|it| *it != index),
                        Some(found) if nearest[index].as_ref().is_none_or(|nearest| nearest.step < found.step) => {
                            nearest[index] = Some(found);
                        }
                        Some(_) => {}
                    }
                }
            }
            if open.is_empty() {
                break;
            }
        }
        for (_, nearest) in nearest.iter_mut().enumerate().filter(|(index, _)| !open.contains(index)) {
            self.wavering += usize::from(nearest.take().is_some());
        }
        nearest
    }

    /// As short as it gets and still different in the same way: made shorter, something else may show on the way.
    fn shortest(&mut self, script: Script, signs: &BTreeSet<String>) -> (Script, Option<Difference>) {
        let mut short = shrink::shrink(script, &mut |scripts| {
            let mut places: Vec<Option<usize>> = vec![None; scripts.len()];
            let mut open: Vec<usize> = (0..scripts.len()).collect();
            let plays = if self.is_timed { TIMED_CONFIRMATIONS } else { 1 };
            for _ in 0..plays {
                let played: Vec<Script> = open.iter().map(|&index| scripts[index].clone()).collect();
                let found =
                    if scripts.len() > 1 { self.differences(&played, QUIET) } else { self.steady_differences(&played) };
                let found = open.iter().zip(found).filter_map(|(&index, found)| Some((index, found?)));
                let same: Vec<(usize, usize)> = found
                    .filter(|(_, found)| !found.signs().is_disjoint(signs))
                    .map(|(index, found)| (index, found.step))
                    .collect();
                open = same.iter().map(|(index, _)| *index).collect();
                places.fill(None);
                same.iter().for_each(|(index, step)| places[*index] = Some(*step));
            }
            places
        });
        let last = self.steady_differences(std::slice::from_ref(&short)).pop().flatten();
        short.truncate(last.as_ref().map_or(short.len(), |last| last.step + 1));
        (short, last)
    }
}

fn report(program: &Path, seed: u64, found: Found) {
    for (index, (number, (script, difference))) in found.into_iter().enumerate() {
        let step = &script[difference.step];
        println!("\nscript {number} of seed {seed} differs after step {}: {step}", difference.step);
        print_difference(&difference);
        if index >= setting("DIFFER_SHOWN").unwrap_or(SHOWN) {
            continue;
        }
        let (short, last) = Pair::start(program, is_timed(number)).shortest(script, &difference.signs());
        println!("  the shortest script found:");
        short.iter().for_each(|step| println!("    {step}"));
        last.iter().for_each(print_difference);
    }
}

fn difference(ours: Transcript, real: Transcript) -> Option<Difference> {
    let pairs = ours.into_iter().zip(real).enumerate();
    let mut different = pairs.filter(|(_, (ours, real))| ours != real);
    different.next().map(|(step, (ours, real))| Difference { step, ours, real })
}

fn print_difference(difference: &Difference) {
    if let Some(fields) = difference.fields() {
        return fields.iter().for_each(|field| println!("    {field}"));
    }
    let (only_ours, only_real) = (difference.only_ours(), difference.only_real());
    only_ours.iter().for_each(|line| println!("    ours {line}"));
    only_real.iter().for_each(|line| println!("    real {line}"));
    if only_ours.is_empty() && only_real.is_empty() {
        println!("    ours {:?}\n    real {:?}", difference.ours, difference.real);
    }
}
