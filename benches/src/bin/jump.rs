//! What a jump over a busy hour costs, and going back in it: a publisher with five messages a second and a worker, with
//! and without a lesson whose milestones wait; then one event back in sessions of several lengths.
//!
//! `cargo run --release --package jetlab-benches --bin jump` prints it; run it in the root of the repository.

use jetlab::lessons::{Lesson, format};
use jetlab::playground::history::History;
use jetlab::playground::{Input, LATENCY, Playground};
use jetlab::time::Timestamp;
use std::time::{Duration, Instant};

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);
const LESSON: &str = "tutorial/04-systems/20-order-queue.md";
const ROUNDS: usize = 3;
const LENGTHS: [u64; 3] = [5_000, 20_000, 100_000];

fn main() {
    let text = std::fs::read_to_string(LESSON).expect("run it in the root of the repository");
    let lesson = format::parse(&text).0.expect("a lesson");
    hour("an hour", None);
    hour("an hour with a lesson", Some(&lesson));
    LENGTHS.iter().for_each(|&events| back(events));
}

fn busy(lesson: Option<&Lesson>) -> Playground {
    let mut playground = Playground::new(7, STARTED, LATENCY);
    if let Some(lesson) = lesson {
        playground.begin_lesson(lesson);
    }
    for line in [
        "nats stream add orders_stream --subjects 'orders.*' --retention work --discard new --defaults",
        "nats consumer add orders_stream processor --pull --ack explicit --wait 5s --max-deliver 2 --defaults",
        "lab publish orders.new 'order {{Count}}' --rate 5/s --js",
        "lab worker orders_stream processor --work 100ms",
    ] {
        playground.input(Input::Line { actor: "main".into(), line: line.into() });
        pass(&mut playground, Duration::from_secs(1));
    }
    playground
}

fn pass(playground: &mut Playground, time: Duration) {
    let until = playground.now() + time;
    playground.advance_to(until);
}

/// The best of some rounds: what is slower was disturbed.
fn best(mut round: impl FnMut() -> Duration) -> Duration {
    (0..ROUNDS).map(|_| round()).min().unwrap_or_default()
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn hour(what: &str, lesson: Option<&Lesson>) {
    let mut events = 0;
    let took = best(|| {
        let mut playground = busy(lesson);
        let took = timed(|| pass(&mut playground, Duration::from_secs(3600)));
        events = playground.last_ordinal();
        took
    });
    println!("{what}, {events} events: {took:?}");
}

fn back(events: u64) {
    let mut playground = busy(None);
    while playground.last_ordinal() < events {
        pass(&mut playground, Duration::from_secs(1));
    }
    let mut history = History::default();
    history.follow(&playground);
    let to = history.track().before(playground.offset()).expect("much has happened");
    let took = best(|| timed(|| assert!(history.rewind(&playground, None, to).run(|| true))));
    println!("one event back in {events} events: {took:?}");
}
