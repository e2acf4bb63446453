//! How long it takes to go through time, printed; the budgets hold where the code is optimised.
//!
//! `cargo test --release --test time_budget -- --nocapture` measures; without `--release` the same sessions are played, the
//! figures are printed and only what they should add up to is checked.

use jetlab::playground::history::History;
use jetlab::playground::{Input, LATENCY, Playground};
use jetlab::time::Timestamp;
use std::time::{Duration, Instant};

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);

fn enter(playground: &mut Playground, line: &str) {
    playground.input(Input::Line { actor: "main".into(), line: line.into() });
    let soon = playground.now() + Duration::from_secs(1);
    playground.advance_to(soon);
    playground.take_wish();
}

fn prepared() -> Playground {
    let mut playground = Playground::new(3, STARTED, LATENCY);
    enter(&mut playground, "nats stream add S --subjects 's.*' --max-age 1h --defaults");
    enter(&mut playground, "nats consumer add S c --pull --ack explicit --wait 30s --max-deliver 3 --defaults");
    playground
}

#[expect(clippy::disallowed_methods, reason = "it measures how long we take, not what the playground thinks it is")]
fn measured<T>(what: &str, budget: Duration, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = work();
    let took = began.elapsed();
    println!("{what}: {took:?} of {budget:?}");
    assert!(cfg!(debug_assertions) || took < budget, "{what} took {took:?}, budget {budget:?}");
    result
}

#[test]
fn a_day_and_an_hour_with_ten_thousand_events_passes_at_once() {
    let mut playground = prepared();
    enter(&mut playground, "lab publish s.a 'm {{Count}}' --rate 200s --js");
    enter(&mut playground, "lab worker S c --fail 10% --work 2s");
    let before = playground.last_ordinal();
    let until = playground.now() + Duration::from_secs(25 * 3600);
    measured("25 virtual hours", Duration::from_secs(1), || playground.advance_to(until));
    let events = playground.last_ordinal() - before;
    println!("  with {events} events");
    assert!(events >= 10_000, "{events} events");
}

#[test]
fn a_session_of_five_thousand_events_is_rewound() {
    let mut playground = prepared();
    enter(&mut playground, "lab publish s.a 'm {{Count}}' --rate 5/s --js");
    enter(&mut playground, "lab worker S c --fail 10% --work 100ms");
    while playground.last_ordinal() < 5_000 {
        let until = playground.now() + Duration::from_secs(1);
        playground.advance_to(until);
    }
    let mut history = History::default();
    history.follow(&playground);
    let (events, end) = (playground.events_from(0), playground.offset());
    println!("{} events, {} moments", events.len(), history.track().ticks().len());
    let to = history.track().before(end).expect("much has happened");
    let mut seek = history.rewind(&playground, None, to);
    measured("one event back", Duration::from_millis(300), || assert!(seek.run(|| true)));
    let mut past = seek.finish();
    past.advance_to(past.moment(end));
    assert!(past.events_from(0) == events, "other events");
}
