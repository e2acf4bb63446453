//! A server that was exported and imported again goes on as the one that was not.
//!
//! Random clients do random things to a server; then it is copied through its bytes, and both get the same things to do.
//! Whatever leaves, bytes to clients and facts to observers alike, must be the same.

use bytes::Bytes;
use jetlab::engine::{ConnId, Engine, Input, Options, Output};
use jetlab::json;
use jetlab::nuid::Rng;
use jetlab::pack::Damage;
use jetlab::protocol::ServerOp;
use jetlab::time::Timestamp;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);
const CLIENTS: u64 = 4;

/// Draws what happens next. Remembers what clients were sent, for their answers.
struct Crowd {
    rng: Rng,
    now: Timestamp,
    /// Where acks go.
    unanswered: Vec<String>,
    /// What has to be said before anything else is drawn.
    waiting: VecDeque<Input>,
}

impl Crowd {
    fn new(seed: u64) -> Crowd {
        Crowd { rng: Rng::new(seed), now: STARTED, unanswered: Vec::new(), waiting: VecDeque::new() }
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.rng.below(from.len() as u64) as usize]
    }

    /// What a client writes, or a time to tick at.
    fn next(&mut self, deadline: Option<Timestamp>) -> Input {
        if let Some(input) = self.waiting.pop_front() {
            return input;
        }
        let conn = ConnId(1 + self.rng.below(CLIENTS));
        let wait = [0, 1_000, 500_000_000, 3_000_000_000][self.rng.below(4) as usize];
        self.now = self.now + Duration::from_nanos(wait);
        if let Some(deadline) = deadline.filter(|deadline| *deadline <= self.now || self.rng.chance(0.1)) {
            self.now = self.now.max(deadline);
            return Input::Tick;
        }
        if self.rng.chance(0.005) {
            self.waiting.push_back(greeting(conn));
            return Input::Open { conn };
        }
        let text = Bytes::from(self.write(conn));
        // Now and then the rest comes later.
        let cut = if self.rng.chance(0.1) { self.rng.below(text.len() as u64) as usize } else { text.len() };
        if cut < text.len() {
            self.waiting.push_back(Input::Received { conn, bytes: text.slice(cut..) });
        }
        Input::Received { conn, bytes: text.slice(..cut) }
    }

    fn write(&mut self, conn: ConnId) -> String {
        let stream = self.pick(&["A", "B", "C"]);
        let consumer = self.pick(&["c1", "c2", "c3"]);
        let subject = format!("{}.{}", stream.to_lowercase(), self.pick(&["x", "y", "z.1"]));
        let batch = 1 + self.rng.below(5);
        match self.rng.below(24) {
            0 => connect(),
            1 => format!("SUB {} {batch}\r\n", self.pick(&["a.>", "b.*", "inbox.*", "deliver.c3", "$JS.EVENT.>"])),
            2 => format!("UNSUB {batch}\r\n"),
            3 => self.create_stream(stream),
            4 | 5 => self.create_consumer(stream, consumer),
            6 => api("STREAM.PURGE", stream, &format!(r#"{{"keep":{batch}}}"#)),
            7 => api("STREAM.PURGE", stream, &format!(r#"{{"filter":"{subject}"}}"#)),
            8 => api("STREAM.MSG.DELETE", stream, &format!(r#"{{"seq":{batch}}}"#)),
            9 => api("STREAM.INFO", stream, r#"{"subjects_filter":">","deleted_details":true}"#),
            10 => api("CONSUMER.INFO", &format!("{stream}.{consumer}"), ""),
            11 if self.rng.chance(0.2) => api("CONSUMER.DELETE", &format!("{stream}.{consumer}"), ""),
            11 => api("CONSUMER.PAUSE", &format!("{stream}.{consumer}"), ""),
            12 if self.rng.chance(0.1) => api("STREAM.DELETE", stream, ""),
            12..=14 => {
                let request = format!(r#"{{"batch":{batch},"expires":2000000000,"idle_heartbeat":700000000}}"#);
                api("CONSUMER.MSG.NEXT", &format!("{stream}.{consumer}"), &request)
            }
            15..=17 if !self.unanswered.is_empty() => {
                let at = self.rng.below(self.unanswered.len() as u64) as usize;
                let to = self.unanswered.swap_remove(at);
                publish(&to, None, &[], self.pick(&["+ACK", "-NAK", "+WPI", "+TERM", "-NAK {\"delay\": 1000000000}"]))
            }
            18 => {
                let id = format!("id{}", self.rng.below(2));
                publish(&subject, Some("inbox.p"), &[("Nats-Msg-Id", &id)], "once")
            }
            19 => publish(&subject, Some("inbox.p"), &[("Nats-TTL", "2s")], "short"),
            20 => publish(&subject, None, &[("Nats-Rollup", "sub")], "rolled"),
            21 => {
                let headers = [("Nats-Batch-Id", "batch"), ("Nats-Batch-Sequence", &*batch.to_string())];
                publish(&subject, Some("inbox.p"), &headers, "together")
            }
            _ => publish(&subject, Some(&format!("inbox.{}", conn.0)), &[], &"body".repeat(batch as usize)),
        }
    }

    fn create_stream(&mut self, stream: &str) -> String {
        let retention = self.pick(&["limits", "interest", "workqueue"]);
        let storage = self.pick(&["file", "memory"]);
        let (limit, age) = (self.rng.below(30), self.rng.below(4) * 2_000_000_000);
        let more = self.pick(&[
            "",
            r#","allow_msg_ttl":true"#,
            r#","discard":"new""#,
            r#","allow_atomic":true"#,
            r#","subject_transform":{"src":">","dest":"moved.>"}"#,
            r#","republish":{"src":">","dest":"again.>"}"#,
        ]);
        let subject = stream.to_lowercase();
        let config = format!(
            r#"{{"name":"{stream}","subjects":["{subject}.>"],"retention":"{retention}","storage":"{storage}","max_msgs":{limit},"max_age":{age},"allow_rollup_hdrs":true{more}}}"#
        );
        api("STREAM.CREATE", stream, &config)
    }

    fn create_consumer(&mut self, stream: &str, consumer: &str) -> String {
        let kind = match consumer {
            "c1" => r#""ack_wait":1000000000,"max_deliver":2,"max_ack_pending":7"#,
            "c2" => r#""backoff":[500000000,1000000000],"max_deliver":4,"sample_freq":"100""#,
            _ => r#""deliver_subject":"deliver.c3","idle_heartbeat":1000000000,"flow_control":true"#,
        };
        let policy = self.pick(&["all", "last", "new", "last_per_subject"]);
        let filter = format!("{}.{}", stream.to_lowercase(), self.pick(&["x", "*", ">"]));
        let config = format!(
            r#"{{"stream_name":"{stream}","config":{{"durable_name":"{consumer}","ack_policy":"explicit","deliver_policy":"{policy}","filter_subject":"{filter}",{kind}}}}}"#
        );
        api("CONSUMER.DURABLE.CREATE", &format!("{stream}.{consumer}"), &config)
    }

    /// Takes note of what clients could answer.
    fn heard(&mut self, outputs: &[Output]) {
        for output in outputs {
            if let Output::Close { conn, .. } = output {
                self.waiting.extend([Input::Open { conn: *conn }, greeting(*conn)]);
            }
            if let Output::Send { op: ServerOp::Msg { message, .. }, .. } = output
                && let Some(reply) = message.reply.as_deref().filter(|reply| reply.starts_with("$JS.ACK."))
            {
                self.unanswered.push(reply.to_owned());
            }
        }
    }
}

fn greeting(conn: ConnId) -> Input {
    Input::Received { conn, bytes: (connect() + "SUB inbox.> 9\r\n").into() }
}

fn connect() -> String {
    "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true,\"protocol\":1,\"name\":\"crowd\"}\r\nPING\r\n"
        .into()
}

fn api(endpoint: &str, what: &str, body: &str) -> String {
    publish(&format!("$JS.API.{endpoint}.{what}"), Some("inbox.api"), &[], body)
}

fn publish(subject: &str, reply: Option<&str>, headers: &[(&str, &str)], body: &str) -> String {
    let reply = reply.map(|reply| format!(" {reply}")).unwrap_or_default();
    if headers.is_empty() {
        return format!("PUB {subject}{reply} {}\r\n{body}\r\n", body.len());
    }
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let block = format!("NATS/1.0\r\n{lines}\r\n");
    format!("HPUB {subject}{reply} {} {}\r\n{block}{body}\r\n", block.len(), block.len() + body.len())
}

fn begun(seed: u64) -> (Engine, Crowd) {
    let mut engine = Engine::new(Options { seed, max_storage: Some(64 << 20), ..Options::default() }, STARTED);
    let mut crowd = Crowd::new(seed);
    for conn in (1..=CLIENTS).map(ConnId) {
        engine.handle(STARTED, Input::Open { conn });
        engine.handle(STARTED, greeting(conn));
    }
    for stream in ["A", "B"] {
        let text = crowd.create_stream(stream);
        engine.handle(STARTED, Input::Received { conn: ConnId(1), bytes: text.into() });
    }
    (engine, crowd)
}

fn play(engine: &mut Engine, crowd: &mut Crowd, steps: usize) {
    for _ in 0..steps {
        let input = crowd.next(engine.poll_timeout());
        let outputs = engine.handle(crowd.now, input);
        crowd.heard(&outputs);
    }
}

fn fact(output: &Output) -> Option<String> {
    let Output::Event(event) = output else { return None };
    json::to_value(&event.fact).get("fact")?.as_str().map(str::to_owned)
}

#[test]
fn a_copy_goes_on_as_the_original() {
    let mut told = BTreeSet::new();
    for seed in 1..=80 {
        let (mut engine, mut crowd) = begun(seed);
        play(&mut engine, &mut crowd, 50 + (seed as usize * 37) % 900);
        let bytes = engine.export();
        let mut copy = Engine::import(&bytes).unwrap_or_else(|_| panic!("seed {seed}: its own bytes are refused"));
        assert_eq!(copy.export(), bytes, "seed {seed}: a copy has the same bytes");
        for step in 0..400 {
            let deadline = engine.poll_timeout();
            assert_eq!(copy.poll_timeout(), deadline, "seed {seed}, step {step}: due");
            let input = crowd.next(deadline);
            let expected = engine.handle(crowd.now, input.clone());
            let seen = copy.handle(crowd.now, input.clone());
            assert_eq!(seen, expected, "seed {seed}, step {step}: {input:?}");
            crowd.heard(&expected);
            told.extend(expected.iter().filter_map(fact));
        }
    }
    let wanted = [
        "stored",
        "removed",
        "removed_many",
        "duplicate",
        "refused",
        "dispatched",
        "answered",
        "ack_floor",
        "redelivery_due",
        "given_up",
        "pull_waiting",
        "pull_ended",
        "advisory",
        "consumer_created",
        "disconnected",
    ];
    let missing: Vec<&str> = wanted.into_iter().filter(|fact| !told.contains(*fact)).collect();
    assert!(missing.is_empty(), "never happened to a copy: {missing:?}");
}

#[test]
fn an_exported_server_is_not_disturbed() {
    let (mut engine, mut crowd) = begun(7);
    let (mut other, mut others) = begun(7);
    for _ in 0..200 {
        engine.export();
        play(&mut engine, &mut crowd, 1);
        play(&mut other, &mut others, 1);
    }
    assert_eq!(engine.export(), other.export());
}

#[test]
fn other_bytes_are_refused() {
    let (mut engine, mut crowd) = begun(3);
    play(&mut engine, &mut crowd, 400);
    let bytes = engine.export();
    let refused = |bytes: &[u8]| Engine::import(bytes).err() == Some(Damage);
    assert!(refused(&[]) && refused(b"JetLab\0\x01") && refused(b"{\"version\":1}"));
    let mut rng = Rng::new(1);
    for _ in 0..500 {
        let mut damaged = bytes.clone();
        let at = rng.below(bytes.len() as u64) as usize;
        damaged[at] ^= 1 << rng.below(8);
        assert!(refused(&damaged), "a bit at {at} was not noticed");
        assert!(refused(&bytes[..at]), "the end from {at} on was not missed");
    }
    let noise: Vec<u8> = (0..10_000).map(|_| rng.next_u64() as u8).collect();
    assert!(refused(&noise));
}

#[test]
fn a_stream_takes_little_more_than_its_messages() {
    let mut engine = Engine::new(Options::default(), STARTED);
    engine.handle(STARTED, Input::Open { conn: ConnId(1) });
    let mut text = connect() + &api("STREAM.CREATE", "S", r#"{"name":"S","subjects":["s.>"],"storage":"memory"}"#);
    for number in 0..1_000 {
        text += &publish(&format!("s.subject.of.some.length.{}", number % 10), None, &[], "0123456789abcdef");
    }
    engine.handle(STARTED, Input::Received { conn: ConnId(1), bytes: text.into() });
    let bytes = engine.export();
    assert!((16_000..24_000).contains(&bytes.len()), "{} bytes for a thousand of 16", bytes.len());
}
