//! What one question of a program in the page costs natively, from the bytes it writes to the bytes it gets: the wire,
//! the server, and everything that is recorded on the way. One question at a time, as `js.publish` that is awaited.
//!
//! `cargo run --release --package jetlab-benches --bin wire [name] [rounds] [repeats]` prints microseconds for each, the best of
//! some repeats: what is slower was disturbed.

use bytes::Bytes;
use jetlab::playground::clock::Pace;
use jetlab::playground::{Input, LATENCY, Playground, WireBytes};
use jetlab::time::Timestamp;
use std::time::{Duration, Instant};

/// What passes between two questions in a page.
const BETWEEN: Duration = Duration::from_micros(100);
const REPEATS: u64 = 5;

const STREAM: &str = r#"{"name":"S","subjects":["orders.>"],"storage":"memory","num_replicas":1}"#;
const BUCKET: &str = r#"{"name":"KV_b","subjects":["$KV.b.>"],"storage":"memory","num_replicas":1,"max_msgs_per_subject":1,"allow_direct":true,"allow_rollup_hdrs":true,"deny_delete":true,"discard":"new"}"#;
const CONSUMER: &str = r#"{"stream_name":"S","config":{"durable_name":"c","ack_policy":"explicit"}}"#;

struct Page {
    playground: Playground,
    pace: Pace,
    wires: Vec<u64>,
}

impl Page {
    fn new() -> Page {
        let mut playground = Playground::new(1, Timestamp::from_secs(1_000), LATENCY);
        for actor in ["main", "second"] {
            playground.input(Input::OpenTerminal { actor: actor.to_owned() });
        }
        playground.advance_to(playground.now() + Duration::from_secs(1));
        Page { playground, pace: Pace::default(), wires: Vec::new() }
    }

    fn dial(&mut self) -> usize {
        self.playground.input(Input::OpenWire { name: "program".to_owned(), latency: 0 });
        self.wires.push(self.playground.last_wire());
        let who = self.wires.len() - 1;
        let hello = "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true,\"name\":\"bench\"}\r\nPING\r\nSUB _INBOX.p.* 1\r\n";
        self.say(who, hello);
        who
    }

    /// Writes, and lets happen what is due, as `ui/wires.rs` does; what came for everybody.
    fn say(&mut self, who: usize, bytes: impl Into<Bytes>) -> Vec<Bytes> {
        self.playground.input(Input::Wire { wire: self.wires[who], bytes: WireBytes(bytes.into()) });
        self.pace.run(&mut self.playground, BETWEEN, || true);
        self.wires.iter().flat_map(|wire| self.playground.receive_on_wire(*wire).0).collect()
    }

    fn ask(&mut self, subject: &str, body: &str) {
        let answer = self.say(0, format!("PUB {subject} _INBOX.p.0 {}\r\n{body}\r\n", body.len())).concat();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.contains("MSG") && !answer.contains("\"error\""), "{subject}: {answer}");
    }
}

/// What is timed, on a page that was made ready for it.
type Work = Box<dyn FnMut(&mut Page)>;

fn payload() -> String {
    "x".repeat(128)
}

fn publish(n: u64) -> (Page, Work) {
    let mut page = Page::new();
    page.dial();
    page.ask("$JS.API.STREAM.CREATE.S", STREAM);
    let work = move |page: &mut Page| {
        for number in 0..n {
            let got = page.say(0, format!("PUB orders.new _INBOX.p.{number} 128\r\n{}\r\n", payload()));
            assert_eq!(got.len(), 1);
        }
    };
    (page, Box::new(work))
}

fn put(n: u64) -> (Page, Work) {
    let mut page = Page::new();
    page.dial();
    page.ask("$JS.API.STREAM.CREATE.KV_b", BUCKET);
    let work = move |page: &mut Page| {
        for number in 0..n {
            let line = format!("PUB $KV.b.key{} _INBOX.p.{number} 128\r\n{}\r\n", number % 100, payload());
            assert_eq!(page.say(0, line).len(), 1);
        }
    };
    (page, Box::new(work))
}

fn get(n: u64) -> (Page, Work) {
    let (mut page, mut put) = put(100);
    put(&mut page);
    let work = move |page: &mut Page| {
        for number in 0..n {
            let key = number % 100;
            let line = format!("PUB $JS.API.DIRECT.GET.KV_b.$KV.b.key{key} _INBOX.p.{number} 0\r\n\r\n");
            assert_eq!(page.say(0, line).len(), 1);
        }
    };
    (page, Box::new(work))
}

fn request(n: u64) -> (Page, Work) {
    let mut page = Page::new();
    page.dial();
    let other = page.dial();
    page.say(other, "SUB ask 7\r\n");
    let work = move |page: &mut Page| {
        for number in 0..n {
            assert_eq!(page.say(0, format!("PUB ask _INBOX.p.{number} 128\r\n{}\r\n", payload())).len(), 1);
            assert!(!page.say(other, format!("PUB _INBOX.p.{number} 128\r\n{}\r\n", payload())).is_empty());
        }
    };
    (page, Box::new(work))
}

/// Pulls of a thousand, and acks written together, as a program does that goes through what arrived.
fn consume(n: u64) -> (Page, Work) {
    let (mut page, mut publish) = publish(n);
    publish(&mut page);
    page.ask("$JS.API.CONSUMER.DURABLE.CREATE.S.c", CONSUMER);
    let work = move |page: &mut Page| {
        let mut seen = 0;
        while seen < n {
            let got = page.say(0, "PUB $JS.API.CONSUMER.MSG.NEXT.S.c _INBOX.p.1 13\r\n{\"batch\":100}\r\n").concat();
            let got = String::from_utf8_lossy(&got).into_owned();
            let acks: Vec<&str> = got.split(' ').filter(|word| word.starts_with("$JS.ACK.")).collect();
            assert!(!acks.is_empty(), "{got}");
            seen += acks.len() as u64;
            page.say(0, acks.iter().map(|ack| format!("PUB {ack} 4\r\n+ACK\r\n")).collect::<String>());
        }
    };
    (page, Box::new(work))
}

/// A thousand messages in one write, as a program does that does not wait.
fn pubsub(n: u64) -> (Page, Work) {
    let mut page = Page::new();
    page.dial();
    let other = page.dial();
    page.say(other, "SUB core 7\r\n");
    let work = move |page: &mut Page| {
        for _ in 0..n / 1_000 {
            let line = format!("PUB core 128\r\n{}\r\n", payload());
            assert!(!page.say(0, line.repeat(1_000)).is_empty());
        }
    };
    (page, Box::new(work))
}

type Program = fn(u64) -> (Page, Work);

const PROGRAMS: &[(&str, Program)] = &[
    ("synchronous publish", publish),
    ("key-value put", put),
    ("key-value get", get),
    ("request and reply", request),
    ("consume", consume),
    ("publish and subscribe", pubsub),
];

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let number = |index: usize| std::env::args().nth(index).and_then(|number| number.parse().ok());
    let (rounds, repeats) = (number(2).unwrap_or(10_000), number(3).unwrap_or(REPEATS));
    for (name, prepare) in PROGRAMS.iter().filter(|(name, _)| name.contains(&wanted)) {
        let measure = |_| {
            let (mut page, mut work) = prepare(rounds);
            let began = Instant::now();
            work(&mut page);
            began.elapsed().as_secs_f64() * 1e6 / rounds as f64
        };
        let best = (0..repeats).map(measure).fold(f64::INFINITY, f64::min);
        println!("{name}: {best:.2} µs each");
    }
}
