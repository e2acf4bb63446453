//! What it costs to tell what happened: the picture's memory alone, and a publisher on a wire with the whole playground
//! around the server.
//!
//! `cargo run --release --package jetlab-benches --bin telling` prints how much a second.

use bytes::Bytes;
use jetlab::playground::{Input, LATENCY, Playground, WireBytes};
use jetlab::time::Timestamp;
use jetlab_benches::Server;
use jetlab_benches::rush::Rush;
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const ORDERS: Duration = Duration::from_secs(2);
const BATCHES: usize = 50;
const BATCH: usize = 1_000;

fn main() {
    best("steps told to the picture", telling);
    best("events kept by a playground, from a publisher on a wire", publishing);
    best("  of which the server alone, in messages", serving);
}

/// The best of some rounds: what is slower was disturbed.
fn best(what: &str, round: fn() -> (u64, Duration)) {
    let rate = |(done, took): (u64, Duration)| done as f64 / took.as_secs_f64();
    let best = (0..ROUNDS).map(|_| rate(round())).fold(0.0, f64::max);
    println!("{what}: {:.0} thousand a second", best / 1e3);
}

fn telling() -> (u64, Duration) {
    let mut rush = Rush::new();
    let began = Instant::now();
    rush.go_on(100_000, ORDERS);
    (rush.flow.revision(), began.elapsed())
}

/// What a client writes that publishes `BATCH` messages and wants an answer to each.
fn written(batch: usize) -> Bytes {
    let line = |number| format!("PUB orders.new _INBOX.p.{number} 16\r\norder {number:>10}\r\n");
    (batch * BATCH..(batch + 1) * BATCH).map(line).collect::<String>().into()
}

const STREAM: &str = r#"{"name":"S","subjects":["orders.>"],"storage":"memory","num_replicas":1}"#;

fn publishing() -> (u64, Duration) {
    let mut playground = Playground::new(1, Timestamp::from_secs(1_000), LATENCY);
    playground.input(Input::OpenWire { name: "shop".to_owned(), latency: 0 });
    let wire = playground.last_wire();
    let mut say = |bytes: Bytes| {
        playground.input(Input::Wire { wire, bytes: WireBytes(bytes) });
        let now = playground.now() + Duration::from_millis(1);
        playground.advance_to(now);
        playground.receive_on_wire(wire);
    };
    say("CONNECT {\"verbose\":false,\"headers\":true,\"name\":\"shop\"}\r\nSUB _INBOX.> 1\r\n".into());
    say(format!("PUB $JS.API.STREAM.CREATE.S _INBOX.c {}\r\n{STREAM}\r\n", STREAM.len()).into());
    let batches: Vec<Bytes> = (0..BATCHES).map(written).collect();
    let began = Instant::now();
    batches.into_iter().for_each(&mut say);
    let took = began.elapsed();
    (playground.last_ordinal(), took)
}

fn serving() -> (u64, Duration) {
    let mut server = Server::new();
    server.ask("STREAM.CREATE.S", STREAM);
    let batches: Vec<Bytes> = (0..BATCHES).map(written).collect();
    let began = Instant::now();
    batches.into_iter().for_each(|batch| server.say(batch).for_each(drop));
    ((BATCHES * BATCH) as u64, began.elapsed())
}
