//! Draws scripts from a seed: what a client of JetStream may do, sensible or not.
//!
//! One script has one stream (and sometimes a bucket's), a few consumers, and all the rest happens to those. Mostly timers
//! are kept out of the way: whatever waits, waits for an hour. Where they matter ([`timed_script`]) the script has slots,
//! and nothing ends while its steps are played; copies of the stream belong there too, because copying takes a moment.

use super::script::{Script, Step};
use jetlab::nuid::Rng;
use serde_json::{Map, Value, json};

const HOUR: u64 = 3_600_000_000_000;
const SUBJECTS: [&str; 6] = ["@.a", "@.b", "@.c.x", "@.c.y", "@.d", "@.e.f.g"];
const FILTERS: [&str; 7] = ["@.a", "@.b", "@.c.*", "@.*", "@.>", "@.c.x", "@.z"];
const CONSUMERS: [&str; 3] = ["c1", "c2", "c3"];
/// Milliseconds that end in the quiet part of a slot, also when they are waited for twice or three times in a row, and
/// not together with a message that lives for a second or two.
const SHORT: [u64; 3] = [220, 1820, 2620];
/// The same for ages of messages. nats-server looks for old messages by a clock that is set ten times a second: these
/// end as far from such a moment as can be.
const AGES: [u64; 3] = [200, 1800, 2600];
const MILLI: u64 = 1_000_000;
/// Steps between two waits.
const SLOT_STEPS: usize = 3;
/// In so many steps before the end a schedule that repeats may begin: it gets out of step with the slots later on.
const LAST_STEPS: usize = 9;

pub struct Draw {
    rng: Rng,
    script: Script,
    /// Everything this script calls its stream.
    stream: &'static str,
    stream_config: Value,
    is_timed: bool,
    steps: usize,
    has_unnamed: bool,
    /// Some consumers go when nobody asks for them. Without a threshold they would do so while others are played.
    has_ephemerals: bool,
}

/// The script number `number` of `seed`, of at most `steps` steps.
pub fn script(seed: u64, number: usize, steps: usize) -> Script {
    Draw::new(seed, number, steps, false).draw()
}

/// The same for one in which time passes: short timers, and waits between every few steps.
pub fn timed_script(seed: u64, number: usize, steps: usize) -> Script {
    let script = Draw::new(seed, number, steps, true).draw();
    script.chunks(SLOT_STEPS).flat_map(|slot| slot.iter().cloned().chain([Step::Wait])).collect()
}

impl Draw {
    fn new(seed: u64, number: usize, steps: usize, is_timed: bool) -> Draw {
        let mut rng = Rng::new(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
        let (script, stream_config) = (Vec::new(), Value::Null);
        let has_ephemerals = is_timed || rng.below(2) == 0;
        Draw { rng, script, stream: "S@", stream_config, is_timed, steps, has_unnamed: false, has_ephemerals }
    }

    fn draw(mut self) -> Script {
        self.stream_config = self.new_stream();
        self.request("STREAM.CREATE", self.stream_config.clone());
        self.consumer();
        while self.script.len() < self.steps {
            self.step();
        }
        self.script.truncate(self.steps);
        self.script
    }

    /// Something that takes time: an hour, or less where time passes.
    fn time(&mut self) -> Value {
        match self.is_timed {
            true => json!(self.pick(&SHORT) * MILLI),
            false => json!(HOUR),
        }
    }

    /// Somebody's name, sometimes one the server made up.
    fn some_consumer(&mut self) -> &'static str {
        if self.has_unnamed && self.one_in(2) { "~" } else { self.pick(&CONSUMERS) }
    }

    /// The stream or, where there are any, a copy of it.
    fn some_stream(&mut self) -> &'static str {
        if self.is_timed && self.one_in(6) { self.pick(&["M@", "A@"]) } else { self.stream }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.rng.below(bound as u64) as usize
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// A small number: mostly there, sometimes odd.
    fn number(&mut self) -> Value {
        match self.below(20) {
            0 => json!(0),
            1 => json!(-1),
            2 => json!(100),
            _ => json!(1 + self.below(12)),
        }
    }

    /// Sets `name` to one of `values` one time in `bound`.
    fn maybe(&mut self, config: &mut Value, bound: usize, name: &str, values: &[Value]) {
        if self.one_in(bound) {
            config[name] = self.pick(values);
        }
    }

    /// `$JS.API.<endpoint>.<stream>` with a body.
    fn request(&mut self, endpoint: &str, body: Value) {
        let step = Step::api(&format!("{endpoint}.{}", self.stream), &body);
        self.script.push(step);
    }

    fn about_consumer(&mut self, endpoint: &str, body: Value) {
        let (stream, name) = (self.some_stream(), self.some_consumer());
        let step = Step::api(&format!("{endpoint}.{stream}.{name}"), &body);
        self.script.push(step);
    }

    // --- streams

    fn new_stream(&mut self) -> Value {
        let subjects = [vec!["@.>"], vec!["@.*", "@.c.*"], vec!["@.a", "@.b", "@.c.>"]];
        let mut config = json!({ "name": "S@", "subjects": self.pick(&subjects) });
        self.maybe(&mut config, 2, "storage", &[json!("memory"), json!("file")]);
        self.maybe(&mut config, 2, "retention", &[json!("interest"), json!("workqueue"), json!("limits")]);
        self.stream_limits(&mut config);
        self.stream_features(&mut config);
        config
    }

    fn stream_limits(&mut self, config: &mut Value) {
        self.maybe(config, 4, "max_msgs", &[json!(1), json!(3), json!(5), json!(8)]);
        self.maybe(config, 6, "max_bytes", &[json!(100), json!(300), json!(600)]);
        self.maybe(config, 4, "max_msgs_per_subject", &[json!(1), json!(2), json!(3)]);
        self.maybe(config, 12, "max_msg_size", &[json!(8), json!(60)]);
        self.maybe(config, 3, "discard", &[json!("new"), json!("new"), json!("old")]);
        self.maybe(config, 12, "max_consumers", &[json!(1), json!(2)]);
        match self.is_timed {
            true => {
                let (age, window) = (self.pick(&AGES) * MILLI, self.pick(&AGES) * MILLI);
                let (age, window) = (json!(age), json!(window));
                self.maybe(config, 4, "max_age", &[age]);
                self.maybe(config, 4, "duplicate_window", &[window]);
            }
            false => {
                self.maybe(config, 20, "max_age", &[json!(HOUR), json!(1)]);
                self.maybe(config, 8, "duplicate_window", &[json!(HOUR / 2), json!(2 * HOUR)]);
            }
        }
        if config["discard"] == "new" && config.get("max_msgs_per_subject").is_some() {
            self.maybe(config, 2, "discard_new_per_subject", &[json!(true)]);
        }
    }

    fn stream_features(&mut self, config: &mut Value) {
        if !self.is_timed {
            // A mirror might answer as well, or not.
            self.maybe(config, 2, "allow_direct", &[json!(true)]);
        }
        self.maybe(config, 2, "allow_rollup_hdrs", &[json!(true)]);
        match self.is_timed {
            true => {
                self.maybe(config, 2, "allow_msg_ttl", &[json!(true)]);
                self.maybe(config, 4, "subject_delete_marker_ttl", &[json!(1000 * MILLI), json!(2000 * MILLI)]);
                self.maybe(config, 3, "allow_msg_schedules", &[json!(true)]);
            }
            false => {
                self.maybe(config, 3, "allow_msg_ttl", &[json!(true)]);
                self.maybe(config, 10, "subject_delete_marker_ttl", &[json!(HOUR), json!(1)]);
                self.maybe(config, 8, "allow_msg_schedules", &[json!(true)]);
            }
        }
        self.maybe(config, 12, "deny_delete", &[json!(true)]);
        self.maybe(config, 12, "deny_purge", &[json!(true)]);
        self.maybe(config, 40, "sealed", &[json!(true)]);
        self.maybe(config, 30, "no_ack", &[json!(true)]);
        self.maybe(config, 8, "first_seq", &[json!(10), json!(1), json!(0)]);
        self.maybe(config, 8, "allow_atomic", &[json!(true)]);
        self.maybe(config, 16, "allow_msg_counter", &[json!(true)]);
        self.maybe(config, 10, "description", &[json!("words")]);
        self.maybe(config, 10, "metadata", &[json!({"k": "v"}), json!({"_nats.req.level": "1"})]);
        self.maybe(config, 20, "compression", &[json!("s2")]);
        self.maybe(config, 20, "num_replicas", &[json!(0), json!(1), json!(3), json!(9)]);
        let transforms = [
            json!({"src": "@.a", "dest": "@.b"}),
            json!({"src": "@.c.*", "dest": "@.d.{{wildcard(1)}}"}),
            json!({"src": "@.>", "dest": "other.@.>"}),
        ];
        self.maybe(config, 12, "subject_transform", &transforms);
        let republish = [
            json!({"src": "@.>", "dest": "republished.@.>"}),
            json!({"src": ">", "dest": "republished.@.>", "headers_only": true}),
            json!({"src": "@.a", "dest": "republished.@.one"}),
        ];
        self.maybe(config, 8, "republish", &republish);
        let limits = [json!({"max_ack_pending": 5}), json!({"inactive_threshold": HOUR})];
        self.maybe(config, 20, "consumer_limits", &limits);
    }

    fn has_copies(&self) -> bool {
        self.script.iter().any(|step| ["CREATE.M@", "CREATE.A@"].iter().any(|text| step.to_string().contains(text)))
    }

    fn update_stream(&mut self) {
        let mut config = self.stream_config.clone();
        match self.below(8) {
            0 if !self.has_copies() => {
                self.maybe(&mut config, 1, "retention", &[json!("interest"), json!("workqueue"), json!("limits")]);
            }
            1 => self.maybe(&mut config, 1, "subjects", &[json!(["@.a"]), json!(["@.>", "x.@"]), json!([])]),
            2 => self.maybe(&mut config, 1, "storage", &[json!("memory"), json!("file")]),
            _ => self.stream_limits(&mut config),
        }
        if self.one_in(2) {
            self.stream_features(&mut config);
        }
        if self.one_in(3) {
            config.as_object_mut().map(|fields| fields.remove("max_msgs"));
        }
        self.stream_config = config.clone();
        let endpoint = if self.one_in(10) { "STREAM.CREATE" } else { "STREAM.UPDATE" };
        self.request(endpoint, config);
    }

    // --- consumers

    fn consumer(&mut self) {
        let name = self.pick(&CONSUMERS);
        let mut config = json!({ "durable_name": name, "ack_policy": "explicit" });
        self.maybe(&mut config, 4, "ack_policy", &[json!("none"), json!("all")]);
        let policies = ["all", "all", "last", "new", "last_per_subject", "by_start_sequence"].map(Value::from);
        self.maybe(&mut config, 3, "deliver_policy", &policies);
        if config["deliver_policy"] == "by_start_sequence" {
            config["opt_start_seq"] = self.number();
        }
        match self.below(6) {
            0..=2 => config["filter_subject"] = self.pick(&FILTERS).into(),
            3 => config["filter_subjects"] = json!([self.pick(&FILTERS), self.pick(&FILTERS)]),
            _ => {}
        }
        self.maybe(&mut config, 2, "max_deliver", &[json!(1), json!(2), json!(3), json!(-1)]);
        self.maybe(&mut config, 3, "max_ack_pending", &[json!(1), json!(2), json!(3), json!(-1), json!(10)]);
        self.maybe(&mut config, 8, "headers_only", &[json!(true)]);
        // Never "original": its gaps are the time between steps, which is chance.
        self.maybe(&mut config, 12, "replay_policy", &[json!("instant"), json!("instant")]);
        self.maybe(&mut config, 10, "sample_freq", &[json!("100"), json!("100%"), json!("0"), json!("x")]);
        self.maybe(&mut config, 10, "metadata", &[json!({"k": "v"})]);
        self.maybe(&mut config, 10, "mem_storage", &[json!(true)]);
        self.maybe(&mut config, 12, "num_replicas", &[json!(0), json!(1), json!(3)]);
        config["ack_wait"] = self.time();
        let idle = self.time();
        match self.is_timed {
            true => {
                config["max_deliver"] = json!(1 + self.below(3));
                self.maybe(&mut config, 8, "pause_until", &[json!("<1820>"), json!("<2620>")]);
                let steps = json!([self.time(), self.time()]);
                self.maybe(&mut config, 6, "backoff", &[steps, json!([1820 * MILLI])]);
            }
            false => {
                let rarely = if self.has_ephemerals { 1 } else { 12 };
                self.maybe(&mut config, rarely, "inactive_threshold", &[idle]);
                let until = ["2099-01-01T00:00:00Z", "2001-01-01T00:00:00Z"].map(Value::from);
                self.maybe(&mut config, 12, "pause_until", &until);
                self.maybe(&mut config, 10, "backoff", &[json!([HOUR, 2 * HOUR]), json!([HOUR])]);
            }
        }
        match self.one_in(4) {
            true => self.push_settings(&mut config, name),
            false => self.pull_settings(&mut config),
        }
        if self.has_ephemerals && self.one_in(4) {
            // A name of its own and no durable: an ephemeral.
            let fields = config.as_object_mut().expect("it is one");
            fields.remove("durable_name");
            fields.insert("name".to_owned(), name.into());
            config["inactive_threshold"] = json!(HOUR);
        }
        if self.is_timed {
            // The server lets a pull consumer live a while longer, and how much longer it draws.
            let is_push = config.get("deliver_subject").is_some();
            config["inactive_threshold"] = if is_push { self.time() } else { json!(HOUR) };
        }
        let stream = self.some_stream();
        let is_unnamed = self.has_ephemerals && self.one_in(6);
        if is_unnamed {
            let fields = config.as_object_mut().expect("it is one");
            fields.remove("durable_name");
            fields.remove("name");
            self.has_unnamed = true;
        }
        let mut request = json!({ "stream_name": stream, "config": config });
        self.maybe(&mut request, 3, "action", &[json!("create"), json!("update"), json!("")]);
        self.maybe(&mut request, 12, "pedantic", &[json!(true)]);
        let endpoint = match self.below(8) {
            _ if is_unnamed => format!("CONSUMER.CREATE.{stream}"),
            0 => format!("CONSUMER.DURABLE.CREATE.{stream}.{name}"),
            1 if config.get("filter_subject").is_some() => {
                format!("CONSUMER.CREATE.{stream}.{name}.{}", config["filter_subject"].as_str().unwrap_or("x"))
            }
            _ => format!("CONSUMER.CREATE.{stream}.{name}"),
        };
        self.script.push(Step::api(&endpoint, &request));
    }

    fn push_settings(&mut self, config: &mut Value, name: &str) {
        config["deliver_subject"] = format!("push.@.{name}").into();
        self.maybe(config, 4, "deliver_group", &[json!("g")]);
        self.maybe(config, 10, "max_waiting", &[json!(5)]);
        if self.one_in(4) {
            config["idle_heartbeat"] = if self.is_timed { json!(300 * MILLI) } else { json!(HOUR) };
            self.maybe(config, 2, "flow_control", &[json!(true)]);
        }
        self.maybe(config, 16, "rate_limit_bps", &[json!(8_000_000)]);
        if self.one_in(3) {
            let queue = config.get("deliver_group").map(|_| "g".to_owned());
            self.subscribe(format!("push.@.{name}"), queue);
        }
    }

    /// A queue group has one member: which of several hears something is chance.
    fn subscribe(&mut self, subject: String, queue: Option<String>) {
        let step = Step::Subscribe { subject, queue: queue.clone() };
        if queue.is_none() || !self.script.contains(&step) {
            self.script.push(step);
        }
    }

    fn pull_settings(&mut self, config: &mut Value) {
        self.maybe(config, 6, "max_waiting", &[json!(1), json!(2), json!(5)]);
        self.maybe(config, 8, "max_batch", &[json!(1), json!(3)]);
        self.maybe(config, 12, "max_expires", &[json!(HOUR), json!(HOUR / 2)]);
        self.maybe(config, 12, "max_bytes", &[json!(50), json!(500)]);
        if self.one_in(8) {
            config["priority_groups"] = json!(["g"]);
            config["priority_policy"] = self.pick(&[json!("overflow"), json!("prioritized"), json!("pinned_client")]);
            let timeout = self.time();
            self.maybe(config, 3, "priority_timeout", &[timeout]);
        }
    }

    fn pull(&mut self) {
        let consumer = self.some_consumer().to_owned();
        let stream = self.some_stream().to_owned();
        let body = match self.below(10) {
            0 => String::new(),
            1 => self.number().to_string(),
            _ => self.pull_request().to_string(),
        };
        self.script.push(Step::Pull { stream, consumer, body });
    }

    fn pull_request(&mut self) -> Value {
        let mut request = json!({ "batch": 1 + self.below(4) });
        self.maybe(&mut request, 20, "batch", &[json!(0), json!(-1), json!(1000)]);
        self.maybe(&mut request, 2, "no_wait", &[json!(true)]);
        match self.is_timed {
            true => {
                let expires = self.time();
                self.maybe(&mut request, 2, "expires", &[expires, json!(HOUR)]);
                self.maybe(&mut request, 6, "idle_heartbeat", &[json!(300 * MILLI)]);
            }
            false => self.maybe(&mut request, 2, "expires", &[json!(HOUR), json!(HOUR / 2), json!(HOUR / 4)]),
        }
        self.maybe(&mut request, 8, "max_bytes", &[json!(20), json!(100), json!(400)]);
        self.maybe(&mut request, 12, "idle_heartbeat", &[json!(HOUR / 10), json!(HOUR)]);
        self.maybe(&mut request, 8, "group", &[json!("g"), json!("h")]);
        self.maybe(&mut request, 12, "min_pending", &[json!(1), json!(3)]);
        self.maybe(&mut request, 16, "min_ack_pending", &[json!(1), json!(3)]);
        self.maybe(&mut request, 16, "priority", &[json!(1), json!(5), json!(12)]);
        request
    }

    // --- messages

    fn publish(&mut self) {
        let subject = self.pick(&SUBJECTS).to_owned();
        let mut headers = Vec::new();
        if self.one_in(3) {
            self.publish_header(&mut headers);
        }
        if self.one_in(10) {
            self.publish_header(&mut headers);
        }
        if self.one_in(if self.is_timed { 6 } else { 40 }) {
            self.schedule(&mut headers);
        }
        let body = if self.one_in(8) { String::new() } else { "x".repeat(1 + self.below(40)) };
        let step = match self.one_in(8) {
            true => Step::Publish { subject, headers, body },
            false => Step::Request { subject, headers, body },
        };
        self.script.push(step);
    }

    fn publish_header(&mut self, headers: &mut Vec<String>) {
        let number = self.number();
        let small = self.below(3);
        let header = match self.below(16) {
            0..=2 => format!("Nats-Msg-Id: {}", self.below(5)),
            3 => format!("Nats-Expected-Last-Sequence: {number}"),
            4 => format!("Nats-Expected-Last-Subject-Sequence: {number}"),
            5 => format!("Nats-Expected-Last-Msg-Id: {}", self.below(5)),
            6 => format!("Nats-Expected-Stream: {}", self.pick(&["S@", "T"])),
            7 => format!("Nats-Rollup: {}", self.pick(&["sub", "all", "none"])),
            8 | 14 if self.is_timed => format!("Nats-TTL: {}", self.pick(&["1", "1s", "2", "never"])),
            8 => format!("Nats-TTL: {}", self.pick(&["1h", "3600", "never", "-1", "x", "0", "10ms"])),
            9 => format!("Nats-Incr: {}", self.pick(&["1", "+5", "-3", "x"])),
            10 => format!("Nats-Batch-Id: b{small}"),
            12 => format!("Nats-Expected-Last-Subject-Sequence-Subject: {}", self.pick(&FILTERS)),
            13 => "Nats-Required-Api-Level: 9".to_owned(),
            _ => format!("Own: {small}"),
        };
        let is_batch = header.starts_with("Nats-Batch-Id");
        headers.push(header);
        if is_batch {
            headers.push(format!("Nats-Batch-Sequence: {}", 1 + self.below(3)));
            if self.one_in(2) {
                headers.push(format!("Nats-Batch-Commit: {}", self.pick(&["1", "1", "eob", "x"])));
            }
        }
    }

    /// What makes a message a schedule, mostly.
    fn schedule(&mut self, headers: &mut Vec<String>) {
        let can_repeat = self.is_timed && self.script.len() + LAST_STEPS > self.steps;
        let when = match self.below(8) {
            0 => self.pick(&["x", "^at x", "^every 1ms", "0 0 0 1 1 *", "^yearly"]).to_owned(),
            1 => "^at 2099-01-01T00:00:00Z".to_owned(),
            2 => "^every 1h".to_owned(),
            _ if !self.is_timed => "^at 2099-01-01T00:00:00Z".to_owned(),
            3..=4 if can_repeat => "^every 1s".to_owned(),
            _ => format!("^at <{}>", self.pick(&SHORT)),
        };
        headers.push(format!("Nats-Schedule: {when}"));
        headers.push(format!("Nats-Schedule-Target: {}", self.pick(&["@.d", "@.b", "@.a", "@.c.x", "q.@"])));
        if self.one_in(4) {
            headers.push(format!("Nats-Schedule-TTL: {}", self.pick(&["1s", "2s", "never", "x"])));
        }
        if self.one_in(5) {
            headers.push(format!("Nats-Schedule-Source: {}", self.pick(&SUBJECTS)));
        }
        if self.one_in(8) {
            headers.push(format!("Nats-Schedule-Rollup: {}", self.pick(&["sub", "all"])));
        }
    }

    /// A batch as a client would write it.
    fn batch(&mut self) {
        let id = self.below(1000);
        let count = 1 + self.below(3);
        for sequence in 1..=count {
            let subject = self.pick(&SUBJECTS).to_owned();
            let mut headers = vec![format!("Nats-Batch-Id: w{id}"), format!("Nats-Batch-Sequence: {sequence}")];
            if self.one_in(6) {
                self.publish_header(&mut headers);
            }
            if sequence == count {
                headers.push("Nats-Batch-Commit: 1".to_owned());
            }
            self.script.push(Step::Request { subject, headers, body: "batch".to_owned() });
        }
    }

    fn answer(&mut self) {
        let bodies = [
            "+ACK",
            "+ACK",
            "+ACK",
            "+ACK",
            "",
            "-NAK",
            "-NAK",
            "+WPI",
            "+TERM",
            "+TERM why",
            "+NXT",
            "+NXT 2",
            "+OK",
            "-NAK {\"delay\":3600000000000}",
            "+NXT {\"batch\":2,\"no_wait\":true}",
            "-NAK {\"delay\":0}",
        ];
        let mut body = self.pick(&bodies).to_owned();
        if self.is_timed && (body == "-NAK" || body == "+TERM") {
            body = format!("-NAK {{\"delay\":{}}}", self.time());
        }
        let back = if self.one_in(4) { self.below(8) } else { self.below(2) };
        let asks = self.one_in(3) || body.starts_with("+NXT");
        self.script.push(Step::Answer { back, body, asks });
    }

    fn get(&mut self) {
        let subject = self.pick(&SUBJECTS);
        let filter = self.pick(&FILTERS);
        let number = self.number();
        match self.below(9) {
            0 => self.request("STREAM.MSG.GET", json!({ "seq": number })),
            1 => self.request("STREAM.MSG.GET", json!({ "last_by_subj": filter })),
            2 => self.request("STREAM.MSG.GET", json!({ "seq": number, "next_by_subj": filter })),
            3 => self.request("DIRECT.GET", json!({ "seq": number })),
            4 => self.request("DIRECT.GET", json!({ "last_by_subj": filter })),
            5 => {
                let subject = format!("$JS.API.DIRECT.GET.{}.{subject}", self.stream);
                self.script.push(Step::Request { subject, headers: Vec::new(), body: String::new() });
            }
            6 => self.request("DIRECT.GET", json!({ "seq": number, "next_by_subj": filter, "batch": 3 })),
            7 => {
                let mut body = json!({ "multi_last": [filter, subject] });
                self.maybe(&mut body, 3, "up_to_seq", &[json!(3), json!(6)]);
                self.maybe(&mut body, 3, "batch", &[json!(1), json!(2)]);
                self.request("DIRECT.GET", body);
            }
            _ => self.request("DIRECT.GET", json!({ "seq": number, "batch": 4, "max_bytes": 60 })),
        }
    }

    fn remove(&mut self) {
        match self.below(3) {
            0 => {
                let mut body = json!({});
                self.maybe(&mut body, 2, "filter", &FILTERS.map(Value::from));
                let number = self.number();
                match self.below(3) {
                    0 => body["seq"] = number,
                    1 => body["keep"] = number,
                    _ => {}
                }
                self.request("STREAM.PURGE", body);
            }
            _ => {
                let mut body = json!({ "seq": self.number() });
                self.maybe(&mut body, 2, "no_erase", &[json!(true)]);
                self.request("STREAM.MSG.DELETE", body);
            }
        }
    }

    fn look(&mut self) {
        match self.below(10) {
            0..=2 => {
                let mut body = Value::Object(Map::new());
                self.maybe(&mut body, 2, "deleted_details", &[json!(true)]);
                self.maybe(&mut body, 2, "subjects_filter", &[json!(">"), json!("@.c.*")]);
                self.request("STREAM.INFO", body);
            }
            3..=7 => self.about_consumer("CONSUMER.INFO", Value::Null),
            8 => self.request("CONSUMER.NAMES", Value::Null),
            _ => self.request("CONSUMER.LIST", Value::Null),
        }
    }

    fn rare(&mut self) {
        match self.below(9) {
            0 => self.about_consumer("CONSUMER.DELETE", Value::Null),
            1 if self.is_timed => self.about_consumer("CONSUMER.PAUSE", json!({"pause_until": "<1820>"})),
            1 => self.about_consumer("CONSUMER.PAUSE", json!({"pause_until": "2099-01-01T00:00:00Z"})),
            2 => self.about_consumer("CONSUMER.PAUSE", Value::Null),
            3 => self.about_consumer("CONSUMER.UNPIN", json!({"group": "g"})),
            4 => {
                let seq = self.number();
                self.about_consumer("CONSUMER.RESET", json!({ "seq": seq }));
            }
            5 => self.about_consumer("CONSUMER.RESET", Value::Null),
            6 => self.script.push(Step::api("STREAM.NAMES", &json!({"subject": "@.a"}))),
            7 => {
                let back = self.below(3);
                self.script.push(Step::Unsubscribe { back });
            }
            _ if self.one_in(4) && !self.is_timed => {
                self.request("STREAM.DELETE", Value::Null);
                let config = self.new_stream();
                self.stream_config = config.clone();
                self.request("STREAM.CREATE", config);
            }
            _ => {
                let subject = format!("push.@.{}", self.pick(&CONSUMERS));
                let queue = self.one_in(3).then(|| "g".to_owned());
                self.subscribe(subject, queue);
            }
        }
    }

    fn step(&mut self) {
        if self.is_timed && self.one_in(12) {
            return self.copy();
        }
        match self.below(100) {
            0..=29 => self.publish(),
            30..=44 => self.pull(),
            45..=62 => self.answer(),
            63..=74 => self.look(),
            75..=80 => self.get(),
            81..=84 => self.remove(),
            85..=89 => self.consumer(),
            90..=91 => self.update_stream(),
            92 => self.batch(),
            93..=94 => self.bucket(),
            95 => {
                let back = self.below(2);
                self.script.push(Step::GoOn { back });
            }
            _ => self.rare(),
        }
    }

    /// Streams that copy the stream, and what is in them. Each is made once: copying anew takes seconds.
    /// Of streams that keep what somebody wants, copies have consumers of their own there, which ours have not.
    fn copy(&mut self) {
        if self.script.iter().any(|step| step.to_string().contains("\"retention\"")) {
            return self.look();
        }
        let (name, role) = self.pick(&[("M@", "mirror"), ("A@", "sources")]);
        let create = format!("STREAM.CREATE.{name}");
        if self.script.iter().any(|step| step.to_string().contains(&create)) {
            let body = json!({"deleted_details": true, "subjects_filter": ">"});
            let number = self.number();
            let step = match self.below(6) {
                0..=1 => Step::api(&format!("STREAM.INFO.{name}"), &body),
                2 => Step::api(&format!("STREAM.MSG.DELETE.{name}"), &json!({ "seq": number })),
                3 => Step::api(&format!("STREAM.PURGE.{name}"), &json!({ "keep": 1 })),
                _ => Step::api(&format!("STREAM.MSG.GET.{name}"), &json!({ "seq": number })),
            };
            return self.script.push(step);
        }
        let mut source = json!({ "name": "S@" });
        match self.below(6) {
            0..=1 => source["filter_subject"] = self.pick(&FILTERS).into(),
            2 => {
                let transforms = json!([{"src": "@.a", "dest": "copied.@.a"}, {"src": "@.c.*", "dest": "copied.@.$1"}]);
                source["subject_transforms"] = transforms;
            }
            _ => {}
        }
        let number = self.number();
        self.maybe(&mut source, 5, "opt_start_seq", &[number]);
        self.maybe(&mut source, 10, "opt_start_time", &[json!("2001-01-01T00:00:00Z"), json!("2099-01-01T00:00:00Z")]);
        let mut config = json!({ "name": name });
        config[role] = if role == "mirror" { source } else { json!([source]) };
        self.maybe(&mut config, 2, "storage", &[json!("memory")]);
        self.maybe(&mut config, 4, "max_msgs", &[json!(2), json!(5)]);
        self.maybe(&mut config, 6, "max_msgs_per_subject", &[json!(1), json!(2)]);
        self.maybe(&mut config, 6, "discard", &[json!("new")]);
        self.maybe(&mut config, 8, "retention", &[json!("interest"), json!("workqueue")]);
        self.maybe(&mut config, 8, "allow_msg_ttl", &[json!(true)]);
        let counts = self.stream_config.get("allow_msg_counter").is_some();
        self.maybe(&mut config, 8, "allow_msg_counter", &[json!(counts)]);
        self.maybe(&mut config, 6, "republish", &[json!({"src": ">", "dest": "republished.@.>"})]);
        self.maybe(&mut config, 6, "max_age", &[json!(2550 * MILLI)]);
        self.maybe(&mut config, 8, "subjects", &[json!(["own.@"])]);
        self.script.push(Step::api(&create, &config));
    }

    /// What a client does to keys and values, on a stream of its own.
    fn bucket(&mut self) {
        let is_new = !self.script.iter().any(|step| step.to_string().contains("CREATE.KV_@"));
        if is_new {
            let mut config = json!({
                "name": "KV_@", "subjects": ["$KV.@.>"], "max_msgs_per_subject": 1 + self.below(3), "discard": "new",
                "allow_rollup_hdrs": true, "deny_delete": true, "allow_direct": true, "max_msg_size": -1,
                "allow_msg_ttl": self.one_in(2),
            });
            self.maybe(&mut config, 2, "storage", &[json!("memory")]);
            self.script.push(Step::api("STREAM.CREATE.KV_@", &config));
        }
        for _ in 0..4 {
            let key = format!("$KV.@.{}", self.pick(&["k", "l", "m.n"]));
            let number = self.number();
            let (headers, body) = match self.below(6) {
                0 => (vec!["KV-Operation: DEL".to_owned()], ""),
                1 => (vec!["KV-Operation: PURGE".to_owned(), "Nats-Rollup: sub".to_owned()], ""),
                2 => (vec!["Nats-Expected-Last-Subject-Sequence: 0".to_owned()], "created"),
                3 => (vec![format!("Nats-Expected-Last-Subject-Sequence: {number}")], "updated"),
                _ => (Vec::new(), "put"),
            };
            self.script.push(Step::Request { subject: key.clone(), headers, body: body.to_owned() });
            let get = match self.below(4) {
                0 => Step::api("STREAM.MSG.GET.KV_@", &json!({ "last_by_subj": key })),
                1 => Step::api("STREAM.INFO.KV_@", &json!({"subjects_filter": ">", "deleted_details": true})),
                2 => Step::api("DIRECT.GET.KV_@", &json!({ "seq": number })),
                _ => Step::api(&format!("DIRECT.GET.KV_@.{key}"), &Value::Null),
            };
            self.script.push(get);
        }
    }
}
