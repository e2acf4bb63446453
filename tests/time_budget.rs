//! How long it takes to go through time, printed; the budgets hold where the code is optimised.
//!
//! `cargo test --release --test time_budget -- --nocapture` measures. Without `--release` the same sessions are played and
//! compared with themselves: an hour late in a day costs about what an early one did, and going back costs no more than
//! having played the session did. So time that grows faster than what happened is found in either build.

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

/// Times as much as before is a machine that was busy meanwhile; more is growth.
const GROWTH: u32 = 3;

#[expect(clippy::disallowed_methods, reason = "it measures how long we take, not what the playground thinks it is")]
fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let result = work();
    (began.elapsed(), result)
}

/// Prints what something took, and holds optimised code to its budget.
fn hold(what: &str, took: Duration, budget: Duration) {
    println!("{what}: {took:?} of {budget:?}");
    assert!(cfg!(debug_assertions) || took < budget, "{what} took {took:?}, budget {budget:?}");
}

/// What the middle one took: a machine that stops for a moment is in none of many short pieces, or in few.
fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2]
}

#[test]
fn a_day_and_an_hour_with_ten_thousand_events_passes_at_once() {
    let mut playground = prepared();
    enter(&mut playground, "lab publish s.a 'm {{Count}}' --rate 200s --js");
    enter(&mut playground, "lab worker S c --fail 10% --work 2s");
    let before = playground.last_ordinal();
    let mut hours = Vec::new();
    for _ in 0..25 {
        let until = playground.now() + Duration::from_secs(3600);
        hours.push(timed(|| playground.advance_to(until)).0);
    }
    hold("25 virtual hours", hours.iter().sum(), Duration::from_secs(1));
    // The first one fills the stream, which keeps messages for an hour.
    let (early, late) = (median(&hours[1..9]), median(&hours[17..]));
    println!("  an early hour: {early:?}, a late one: {late:?}");
    assert!(late < early * GROWTH, "an hour took {early:?} in the beginning and {late:?} in the end");
    let events = playground.last_ordinal() - before;
    println!("  with {events} events");
    assert!(events >= 10_000, "{events} events");
}

#[test]
fn a_session_of_five_thousand_events_is_rewound() {
    let mut playground = prepared();
    enter(&mut playground, "lab publish s.a 'm {{Count}}' --rate 5/s --js");
    enter(&mut playground, "lab worker S c --fail 10% --work 100ms");
    let (played, ()) = timed(|| {
        while playground.last_ordinal() < 5_000 {
            let until = playground.now() + Duration::from_secs(1);
            playground.advance_to(until);
        }
    });
    let mut history = History::default();
    history.follow(&playground);
    let (events, end) = (playground.events_from(0), playground.offset());
    println!("{} events, {} moments", events.len(), history.track().ticks().len());
    let to = history.track().before(end).expect("much has happened");
    let mut seek = history.rewind(&playground, None, to);
    let (took, ()) = timed(|| assert!(seek.run(|| true)));
    hold("one event back", took, Duration::from_millis(300));
    println!("  the session was played in {played:?}");
    assert!(took < played * GROWTH, "the session was played in {played:?}, and going back took {took:?}");
    let mut past = seek.finish();
    past.advance_to(past.moment(end));
    assert!(past.events_from(0) == events, "other events");
}
