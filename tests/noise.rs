//! Whatever is asked of JetStream, in whatever order and however much time passes: the server answers or keeps silent,
//! never panics, and never asks to be woken for something it then does not do.

use bytes::Bytes;
use jetlab::engine::{ConnId, Engine, Input, Options, Output};
use jetlab::protocol::{Message, ServerOp};
use jetlab::time::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use std::time::Duration;

const CONN: ConnId = ConnId(1);
/// Wakings without time passing after which a server is stuck.
const STUCK_AFTER: usize = 1000;

#[derive(Clone, Debug)]
enum Step {
    Publish {
        subject: String,
        reply: bool,
        headers: Vec<(&'static str, String)>,
        payload: String,
    },
    Subscribe {
        subject: &'static str,
        sid: u64,
    },
    Unsubscribe {
        sid: u64,
    },
    /// Answers the newest delivery that came.
    Ack {
        payload: &'static str,
    },
    Wait(Duration),
}

struct World {
    engine: Engine,
    now: Timestamp,
    /// Ack subjects that came with deliveries.
    acks: Vec<String>,
}

impl World {
    fn new() -> World {
        let now = Timestamp::from_secs(1_795_251_600);
        let options = Options { max_storage: Some(1 << 20), ..Options::default() };
        let mut world = World { engine: Engine::new(options, now), now, acks: Vec::new() };
        world.handle(Input::Open { conn: CONN });
        world.say(r#"CONNECT {"verbose":false,"headers":true,"no_responders":true,"protocol":1}"#);
        world.say("SUB inbox.> 1000");
        world
    }

    fn say(&mut self, line: &str) {
        self.receive(format!("{line}\r\n").into_bytes());
    }

    fn receive(&mut self, bytes: Vec<u8>) {
        self.handle(Input::Received { conn: CONN, bytes: Bytes::from(bytes) });
    }

    fn handle(&mut self, input: Input) {
        for output in self.engine.handle(self.now, input) {
            match output {
                Output::Send { op: ServerOp::Msg { message, .. }, .. } => self.remember_ack(&message),
                Output::Close { reason, .. } => panic!("the server hung up: {reason:?}"),
                _ => {}
            }
        }
    }

    fn remember_ack(&mut self, message: &Message) {
        if let Some(reply) = message.reply.as_ref().filter(|reply| reply.starts_with("$JS.")) {
            self.acks.push(reply.to_string());
        }
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Publish { subject, reply, headers, payload } => self.publish(subject, *reply, headers, payload),
            Step::Subscribe { subject, sid } => self.say(&format!("SUB {subject} {sid}")),
            Step::Unsubscribe { sid } => self.say(&format!("UNSUB {sid}")),
            Step::Ack { payload } => {
                if let Some(subject) = self.acks.pop() {
                    self.publish(&subject, true, &[], payload);
                }
            }
            Step::Wait(duration) => self.wait(*duration),
        }
    }

    fn publish(&mut self, subject: &str, reply: bool, headers: &[(&'static str, String)], payload: &str) {
        let reply = if reply { "inbox.1" } else { "" };
        let block: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let block = format!("NATS/1.0\r\n{block}\r\n");
        let mut bytes = format!("HPUB {subject} {reply} {} {}\r\n{block}", block.len(), block.len() + payload.len());
        bytes.push_str(payload);
        self.receive([bytes.as_bytes(), b"\r\n"].concat());
    }

    fn wait(&mut self, duration: Duration) {
        let until = self.now + duration;
        let mut wakings = 0;
        while let Some(deadline) = self.engine.poll_timeout().filter(|&deadline| deadline <= until) {
            let passed = deadline > self.now;
            self.now = self.now.max(deadline);
            self.handle(Input::Tick);
            // The connection must not go stale while other things are looked at.
            self.say("PONG");
            wakings = if passed { 0 } else { wakings + 1 };
            assert!(wakings < STUCK_AFTER, "woken {wakings} times at {deadline:?} for nothing");
        }
        self.now = self.now.max(until);
    }
}

fn value() -> impl Strategy<Value = Value> {
    let numbers = [0, 1, 2, 5, -1, -2, 100, 1024, 1_000_000, 1_000_000_000, 100_000_000_000, i64::MAX, i64::MIN];
    let words = [
        "",
        "S",
        "T",
        "C",
        "a",
        "a.*",
        "a.>",
        ">",
        "*",
        "b.c",
        "a..b",
        "$JS.API.>",
        "limits",
        "interest",
        "workqueue",
        "old",
        "new",
        "all",
        "last",
        "by_start_sequence",
        "by_start_time",
        "last_per_subject",
        "none",
        "explicit",
        "instant",
        "original",
        "file",
        "memory",
        "s2",
        "create",
        "update",
        "2026-11-21T09:00:01Z",
        "0001-01-01T00:00:00Z",
        "push.1",
        "group",
        "100%",
        "{{wildcard(1)}}",
        "x.$1",
        "x.{{partition(3,1)}}",
        "overflow",
        "pinned_client",
        "prioritized",
    ];
    prop_oneof![
        3 => select(numbers.to_vec()).prop_map(Value::from),
        1 => Just(json!(u64::MAX)),
        4 => select(words.to_vec()).prop_map(Value::from),
        2 => any::<bool>().prop_map(Value::from),
        1 => prop::collection::vec(select(words.to_vec()), 0..3).prop_map(Value::from),
        1 => prop::collection::vec(select(numbers.to_vec()), 0..3).prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

const STREAM_FIELDS: &[&str] = &[
    "retention",
    "max_consumers",
    "max_msgs",
    "max_bytes",
    "max_age",
    "max_msgs_per_subject",
    "max_msg_size",
    "discard",
    "storage",
    "num_replicas",
    "duplicate_window",
    "allow_direct",
    "allow_rollup_hdrs",
    "sealed",
    "deny_delete",
    "deny_purge",
    "discard_new_per_subject",
    "first_seq",
    "allow_msg_ttl",
    "subject_delete_marker_ttl",
    "no_ack",
    "metadata",
    "compression",
    "allow_msg_counter",
    "allow_atomic",
    "allow_msg_schedules",
];
const CONSUMER_FIELDS: &[&str] = &[
    "durable_name",
    "name",
    "deliver_policy",
    "opt_start_seq",
    "opt_start_time",
    "ack_policy",
    "ack_wait",
    "max_deliver",
    "backoff",
    "filter_subject",
    "filter_subjects",
    "replay_policy",
    "rate_limit_bps",
    "sample_freq",
    "max_waiting",
    "max_ack_pending",
    "flow_control",
    "idle_heartbeat",
    "headers_only",
    "max_batch",
    "max_expires",
    "max_bytes",
    "inactive_threshold",
    "deliver_subject",
    "deliver_group",
    "num_replicas",
    "mem_storage",
    "pause_until",
    "priority_groups",
    "priority_policy",
    "priority_timeout",
];
const REQUEST_FIELDS: &[&str] = &[
    "seq",
    "keep",
    "filter",
    "last_by_subj",
    "next_by_subj",
    "start_time",
    "no_hdr",
    "no_erase",
    "offset",
    "subject",
    "subjects_filter",
    "deleted_details",
    "batch",
    "max_bytes",
    "multi_last",
    "up_to_seq",
    "up_to_time",
    "expires",
    "no_wait",
    "idle_heartbeat",
    "min_pending",
    "group",
    "id",
    "priority",
    "pause_until",
];

fn fields(names: &'static [&'static str]) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((select(names), value()), 0..4)
        .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn stream_request() -> impl Strategy<Value = (String, Value)> {
    let subjects = select(vec![json!(["a.>"]), json!(["a.>"]), json!(["b.*", "c"]), json!([]), json!(null)]);
    (select(vec!["S", "S", "T"]), select(vec!["CREATE", "CREATE", "UPDATE"]), subjects, fields(STREAM_FIELDS)).prop_map(
        |(name, verb, subjects, mut config)| {
            config.insert("name".to_owned(), json!(name));
            config.insert("subjects".to_owned(), subjects);
            config.entry("storage").or_insert(json!("memory"));
            (format!("$JS.API.STREAM.{verb}.{name}"), Value::Object(config))
        },
    )
}

fn consumer_request() -> impl Strategy<Value = (String, Value)> {
    (select(vec!["S", "S", "T"]), select(vec!["", ".C", ".D", ".C.a.*"]), fields(CONSUMER_FIELDS)).prop_map(
        |(stream, rest, mut config)| {
            let name = rest.split('.').nth(1).unwrap_or_default();
            if !name.is_empty() {
                config.insert("durable_name".to_owned(), json!(name));
                config.insert("name".to_owned(), json!(name));
            }
            config.entry("ack_policy").or_insert(json!("explicit"));
            let body = json!({ "stream_name": stream, "config": config });
            (format!("$JS.API.CONSUMER.CREATE.{stream}{rest}"), body)
        },
    )
}

fn other_request() -> impl Strategy<Value = (String, Value)> {
    let subjects = [
        "INFO",
        "STREAM.INFO.S",
        "STREAM.NAMES",
        "STREAM.LIST",
        "STREAM.PURGE.S",
        "STREAM.MSG.GET.S",
        "STREAM.MSG.DELETE.S",
        "STREAM.DELETE.T",
        "STREAM.DELETE.S",
        "DIRECT.GET.S",
        "DIRECT.GET.S.a.b",
        "CONSUMER.INFO.S.C",
        "CONSUMER.NAMES.S",
        "CONSUMER.LIST.S",
        "CONSUMER.DELETE.S.C",
        "CONSUMER.PAUSE.S.C",
        "CONSUMER.RESET.S.C",
        "CONSUMER.UNPIN.S.C",
        "CONSUMER.MSG.NEXT.S.C",
        "CONSUMER.MSG.NEXT.S.C",
        "CONSUMER.MSG.NEXT.S.D",
        "STREAM.PEER.REMOVE.S",
        "FOO",
        "STREAM.SNAPSHOT.S",
        "STREAM.RESTORE.S",
        "META.LEADER.STEPDOWN",
        "CONSUMER.DURABLE.CREATE.S.C",
    ];
    (select(subjects.to_vec()), fields(REQUEST_FIELDS))
        .prop_map(|(subject, body)| (format!("$JS.API.{subject}"), Value::Object(body)))
}

fn header() -> impl Strategy<Value = (&'static str, String)> {
    let names = [
        "Nats-Msg-Id",
        "Nats-Expected-Last-Sequence",
        "Nats-Expected-Last-Subject-Sequence",
        "Nats-Expected-Stream",
        "Nats-Expected-Last-Subject-Sequence-Subject",
        "Nats-Expected-Last-Msg-Id",
        "Nats-Rollup",
        "Nats-TTL",
        "Nats-Incr",
        "Nats-Batch-Id",
        "Nats-Batch-Sequence",
        "Nats-Batch-Commit",
        "Nats-Schedule",
        "Nats-Schedule-Target",
        "X",
        "Nats-Required-Api-Level",
        "Nats-Last-Consumer",
        "Nats-Last-Stream",
    ];
    let values = [
        "",
        "1",
        "0",
        "2",
        "-1",
        "sub",
        "all",
        "a",
        "S",
        "1s",
        "never",
        "99999999999999999999",
        "@every 1s",
        "a.>",
        "é",
    ];
    (select(names.to_vec()), select(values.to_vec()).prop_map(str::to_owned))
}

fn step() -> impl Strategy<Value = Step> {
    let request = |subject: String, body: Value| Step::Publish {
        subject,
        reply: true,
        headers: Vec::new(),
        payload: body.to_string(),
    };
    let subjects =
        ["a.b", "a.b", "a.c", "b.x", "c", "push.1", "$JS.FC.S.C.abcd", "$JS.ACK.S.C.1.1.1.1.0", "$JS.ACK.S.C.x", "a.*"];
    let text = prop_oneof![
        Just(String::new()),
        Just("hello".to_owned()),
        Just("3".to_owned()),
        Just("{".to_owned()),
        (0usize..3000).prop_map(|size| "x".repeat(size)),
    ];
    let acks = [
        "+ACK",
        "",
        "-NAK",
        "-NAK {\"delay\": 1000000}",
        "-NAK 1s",
        "-NAK x",
        "+WPI",
        "+TERM why",
        "+NXT",
        "+NXT 3",
        "+NXT {",
        "?",
    ];
    let waits = [1u64, 20, 300, 1000, 5000, 31_000, 130_000, 7_200_000];
    prop_oneof![
        2 => stream_request().prop_map(move |(subject, body)| request(subject, body)),
        3 => consumer_request().prop_map(move |(subject, body)| request(subject, body)),
        4 => other_request().prop_map(move |(subject, body)| request(subject, body)),
        6 => (select(subjects.to_vec()), any::<bool>(), prop::collection::vec(header(), 0..3), text).prop_map(
            |(subject, reply, headers, payload)| Step::Publish { subject: subject.to_owned(), reply, headers, payload }
        ),
        2 => (select(vec!["push.1", "push.*", "inbox.2", ">"]), 1u64..5).prop_map(|(subject, sid)| Step::Subscribe { subject, sid }),
        1 => (1u64..5).prop_map(|sid| Step::Unsubscribe { sid }),
        4 => select(acks.to_vec()).prop_map(|payload| Step::Ack { payload }),
        2 => select(waits.to_vec()).prop_map(|millis| Step::Wait(Duration::from_millis(millis))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_asked_of_jetstream_panics(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        steps.iter().for_each(|step| world.play(step));
        world.wait(Duration::from_secs(3600));
    }
}
