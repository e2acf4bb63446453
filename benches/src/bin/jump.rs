//! How long a busy hour takes: a lesson's cast with a publisher and a worker, jumped over.
//!
//! `cargo run --release --package jetlab-benches --bin jump [hours] [lesson]` prints what each ten minutes took.

use jetlab::lessons::{Lesson, format};
use jetlab::playground::history::History;
use jetlab::playground::{Input, LATENCY, Playground, script};
use jetlab::time::Timestamp;
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

fn lesson(path: &str) -> Lesson {
    let text = std::fs::read_to_string(path).expect("readable");
    format::parse(&text).0.expect("a lesson")
}

/// Time on the processor: other processes are not our business.
fn used() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(text.split(' ').next().and_then(|text| text.parse().ok()).expect("a number"))
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let pieces: u32 = arguments.next().map_or(6, |text| text.parse().expect("a number of ten minutes"));
    let lesson = arguments.next().map(|path| lesson(&path));
    let mut playground = Playground::new(7, STARTED, LATENCY);
    if let Some(lesson) = &lesson {
        playground.begin_lesson(lesson);
        for actor in &lesson.actors {
            playground.input(Input::OpenTerminal { actor: actor.clone() });
        }
        script::play(&mut playground, &lesson.start);
        let solved = if std::env::var("HALF").is_ok() { 3 } else { lesson.solution.len() };
        script::play(&mut playground, &lesson.solution[..solved]);
    }
    let enter = |playground: &mut Playground, line: &str| {
        playground.input(Input::Line { actor: "main".into(), line: line.into() });
        let soon = playground.now() + Duration::from_secs(1);
        playground.advance_to(soon);
    };
    let lines = std::env::var("LINES_IN").unwrap_or_else(|_| "nats stream add orders_stream --subjects 'orders.*' --defaults;nats consumer add orders_stream processor --pull --ack explicit --wait 30s --max-deliver 3 --defaults;lab publish orders.new 'order {{Count}}' --rate 5/s --js;lab worker orders_stream processor --work 100ms".into());
    for line in lines.split(';') {
        enter(&mut playground, line);
    }
    let mut history = History::default();
    for _ in 0..pieces {
        let before = playground.last_ordinal();
        let instants = playground.flow().revision();
        let until = playground.now() + Duration::from_secs(600);
        let began = used();
        playground.advance_to(until);
        let took = used() - began;
        let (events, steps) = (playground.last_ordinal() - before, playground.flow().revision() - instants);
        println!("ten minutes: {took:?}, {events} events, {steps} steps, {:?} per event", took / events.max(1) as u32);
        let began = used();
        history.follow(&playground);
        println!("   followed in {:?}", (used() - began));
    }
    if std::env::var("REWIND").is_ok() {
        let end = playground.offset();
        let to = history.track().before(end).expect("much has happened");
        let began = used();
        let mut seek = history.rewind(&playground, lesson.as_ref(), to);
        assert!(seek.run(|| true));
        println!("one event back: {:?} with {} events", (used() - began), playground.last_ordinal());
    }
}
