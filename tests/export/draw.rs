//! Draws what a server may hold, from a seed: streams, consumers, buckets and object stores, configured in every way.
//!
//! As requests on `$JS.API`. Some are refused; that is the server's right. The way in is [`requests`].

use jetlab::client::kv::BucketConfig;
use jetlab::client::object_store::ObjectStoreConfig;
use jetlab::nuid::Rng;
use serde_json::{Value, json};
use std::time::Duration;

const SECOND: u64 = 1_000_000_000;
/// Texts that a shell, a comment or a literal could take for something else.
const TEXTS: &[&str] = &[
    "plain words",
    "it's \"quoted\"",
    "-f",
    "@file",
    "$HOME `ls` \\ end\\",
    "*/ // # <!-- ${x} {{Count}}",
    "two\nlines\tand a tab",
    "über 🎈 ☃",
    "#{x} %s {}",
    "'",
];

struct Draw {
    rng: Rng,
}

/// Endpoints below `$JS.API` and their bodies, in order.
pub fn requests(seed: u64, streams: usize) -> Vec<(String, Value)> {
    let mut draw = Draw { rng: Rng::new(seed) };
    let mut requests = Vec::new();
    for at in 0..streams {
        let (name, config) = match draw.below(8) {
            0 => draw.bucket(at),
            1 => draw.store(at),
            _ => draw.stream(at),
        };
        requests.push((format!("STREAM.CREATE.{name}"), config.clone()));
        for number in 0..draw.below(4) {
            let consumer = format!("c{number}");
            let config = draw.consumer(&consumer, at);
            let body = json!({ "stream_name": name, "config": config });
            requests.push((format!("CONSUMER.DURABLE.CREATE.{name}.{consumer}"), body));
        }
        if draw.one_in(25) {
            let mut sealed = config;
            sealed["sealed"] = json!(true);
            requests.push((format!("STREAM.UPDATE.{name}"), sealed));
        }
    }
    requests
}

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.rng.below(bound as u64) as usize
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn text(&mut self) -> String {
        TEXTS[self.below(TEXTS.len())].to_owned()
    }

    /// Sets `name` to one of `values` one time in `bound`.
    fn maybe(&mut self, config: &mut Value, bound: usize, name: &str, values: &[Value]) {
        if self.one_in(bound) {
            config[name] = values[self.below(values.len())].clone();
        }
    }

    fn span(&mut self) -> u64 {
        match self.below(4) {
            0 => SECOND * (1 + self.below(300) as u64),
            1 => 3_600 * SECOND * (1 + self.below(90) as u64),
            2 => 86_400 * SECOND * (1 + self.below(400) as u64),
            _ => SECOND + self.rng.below(500 * SECOND),
        }
    }

    fn metadata(&mut self, config: &mut Value, bound: usize) {
        if self.one_in(bound) {
            let key = ["team", "a b", "k=v", "__proto__"][self.below(4)];
            config["metadata"] = json!({ key: self.text(), "owner": "shop" });
        }
    }

    fn stream(&mut self, at: usize) -> (String, Value) {
        let name = format!("S{at}");
        let subjects = match self.below(6) {
            0 => json!([format!("s{at}.*"), format!("t{at}.>")]),
            1 => json!([format!("s{at}.a,b")]),
            _ => json!([format!("s{at}.>")]),
        };
        let mut config = json!({ "name": name, "subjects": subjects });
        self.maybe(&mut config, 4, "storage", &[json!("memory")]);
        self.maybe(&mut config, 3, "retention", &[json!("interest"), json!("workqueue")]);
        self.maybe(&mut config, 3, "discard", &[json!("new")]);
        self.maybe(&mut config, 4, "max_msgs", &[json!(10), json!(12_345_678)]);
        self.maybe(&mut config, 4, "max_bytes", &[json!(1 << 20), json!(1_000_001)]);
        self.maybe(&mut config, 4, "max_msgs_per_subject", &[json!(1), json!(5)]);
        self.maybe(&mut config, 8, "max_msg_size", &[json!(1024), json!(999)]);
        self.maybe(&mut config, 12, "max_consumers", &[json!(9)]);
        self.maybe(&mut config, 15, "no_ack", &[json!(true)]);
        if self.one_in(3) {
            config["max_age"] = json!(self.span());
        }
        if self.one_in(6) {
            config["duplicate_window"] = json!(SECOND + self.rng.below(100 * SECOND));
        }
        if config["discard"] == "new" && config.get("max_msgs_per_subject").is_some() {
            self.maybe(&mut config, 2, "discard_new_per_subject", &[json!(true)]);
        }
        self.stream_features(&mut config, at);
        if self.one_in(4) && at > 0 {
            self.origins(&mut config, at);
        }
        (name, config)
    }

    fn stream_features(&mut self, config: &mut Value, at: usize) {
        for flag in ["allow_direct", "allow_rollup_hdrs", "deny_delete", "deny_purge", "allow_msg_ttl"] {
            self.maybe(config, 3, flag, &[json!(true)]);
        }
        for flag in ["allow_atomic", "allow_batched", "allow_msg_schedules", "allow_msg_counter"] {
            self.maybe(config, 10, flag, &[json!(true)]);
        }
        self.maybe(config, 12, "persist_mode", &[json!("async")]);
        self.maybe(config, 10, "subject_delete_marker_ttl", &[json!(SECOND), json!(90 * SECOND)]);
        self.maybe(config, 6, "compression", &[json!("s2")]);
        self.maybe(config, 8, "first_seq", &[json!(100)]);
        self.maybe(
            config,
            12,
            "consumer_limits",
            &[
                json!({ "max_ack_pending": 5 }),
                json!({ "inactive_threshold": 3_600 * SECOND }),
                json!({ "max_ack_pending": 50, "inactive_threshold": 60 * SECOND }),
            ],
        );
        self.maybe(
            config,
            8,
            "republish",
            &[
                json!({ "src": ">", "dest": format!("copy{at}.>") }),
                json!({ "src": format!("s{at}.>"), "dest": format!("copy{at}.>"), "headers_only": true }),
            ],
        );
        let transform = json!({ "src": format!("s{at}.*.x"), "dest": format!("s{at}.y.{{{{wildcard(1)}}}}") });
        self.maybe(config, 8, "subject_transform", &[transform]);
        if self.one_in(4) {
            config["description"] = json!(self.text());
        }
        self.metadata(config, 4);
    }

    fn origins(&mut self, config: &mut Value, at: usize) {
        let origin = format!("S{}", self.below(at));
        let plain = json!({ "name": origin });
        let choosy = json!({ "name": origin, "opt_start_seq": 7, "filter_subject": "x.>" });
        let dated = json!({ "name": origin, "opt_start_time": "2026-11-20T10:00:00.5Z" });
        let moved = json!({ "name": origin, "subject_transforms": [{ "src": "q.>", "dest": format!("s{at}.>") }] });
        let far = json!({ "name": origin, "external": { "api": "$JS.hub.API", "deliver": "" } });
        let all = [plain, choosy, dated, moved, far];
        let chosen = all[self.below(all.len())].clone();
        if self.one_in(2) {
            config["sources"] = json!([chosen]);
        } else {
            config["mirror"] = chosen;
            for unfit in ["subjects", "first_seq", "subject_transform", "republish", "retention", "duplicate_window"] {
                config.as_object_mut().expect("an object").remove(unfit);
            }
            self.maybe(config, 2, "mirror_direct", &[json!(true)]);
        }
    }

    fn consumer(&mut self, name: &str, at: usize) -> Value {
        let mut config = json!({ "durable_name": name });
        let acks = [json!("explicit"), json!("explicit"), json!("all"), json!("none")];
        self.maybe(&mut config, 1, "ack_policy", &acks);
        let starts = ["all", "new", "last", "last_per_subject", "by_start_sequence", "by_start_time"];
        let choices = if self.one_in(2) { 1 } else { starts.len() };
        let start = starts[self.below(choices)];
        config["deliver_policy"] = json!(start);
        match start {
            "by_start_sequence" => config["opt_start_seq"] = json!(1 + self.below(9)),
            "by_start_time" => config["opt_start_time"] = json!("2026-11-20T10:00:00.123456789Z"),
            _ => {}
        }
        if start == "last_per_subject" || self.one_in(3) {
            config["filter_subject"] = json!(format!("s{at}.>"));
        } else if self.one_in(4) {
            config["filter_subjects"] = json!([format!("s{at}.a"), format!("s{at}.b.*")]);
        }
        self.maybe(&mut config, 5, "replay_policy", &[json!("original")]);
        self.maybe(&mut config, 8, "sample_freq", &[json!("50"), json!("100%")]);
        self.maybe(&mut config, 6, "headers_only", &[json!(true)]);
        self.maybe(&mut config, 8, "mem_storage", &[json!(true)]);
        self.maybe(&mut config, 8, "num_replicas", &[json!(1)]);
        self.maybe(&mut config, 12, "pause_until", &[json!("2027-01-01T00:00:00.25Z")]);
        if self.one_in(6) {
            config["inactive_threshold"] = json!(self.span());
        }
        if config["ack_policy"] != "none" {
            self.acks(&mut config);
        }
        match self.below(3) {
            0 => self.push(&mut config, at, name),
            _ => self.pull(&mut config),
        }
        if self.one_in(4) {
            config["description"] = json!(self.text());
        }
        self.metadata(&mut config, 5);
        config
    }

    fn acks(&mut self, config: &mut Value) {
        if self.one_in(3) {
            config["ack_wait"] = json!(self.span());
        }
        self.maybe(config, 3, "max_deliver", &[json!(4), json!(9), json!(-1)]);
        self.maybe(config, 4, "max_ack_pending", &[json!(1), json!(5), json!(50_000), json!(-1)]);
        if self.one_in(4) {
            let (first, step) = (SECOND * (1 + self.below(9) as u64), SECOND / 3 * self.below(9) as u64);
            let even: Vec<u64> = (0..1 + self.below(4) as u64).map(|at| first + at * step).collect();
            config["backoff"] = if self.one_in(2) { json!(even) } else { json!([SECOND, 5 * SECOND, 6 * SECOND]) };
            self.maybe(config, 2, "max_deliver", &[json!(7)]);
        }
    }

    fn push(&mut self, config: &mut Value, at: usize, name: &str) {
        config["deliver_subject"] = json!(format!("out{at}.{name}"));
        self.maybe(config, 3, "deliver_group", &[json!("workers")]);
        self.maybe(config, 5, "rate_limit_bps", &[json!(100_000)]);
        if self.one_in(3) && config.get("deliver_group").is_none() {
            config["idle_heartbeat"] = json!(5 * SECOND);
            self.maybe(config, 2, "flow_control", &[json!(true)]);
        }
    }

    fn pull(&mut self, config: &mut Value) {
        self.maybe(config, 4, "max_waiting", &[json!(7)]);
        self.maybe(config, 5, "max_batch", &[json!(20)]);
        self.maybe(config, 5, "max_bytes", &[json!(4096)]);
        self.maybe(config, 5, "max_expires", &[json!(30 * SECOND), json!(1_500_000_000)]);
        if self.one_in(6) && config["ack_policy"] == "explicit" {
            config["priority_groups"] = json!(["jobs"]);
            self.maybe(
                config,
                1,
                "priority_policy",
                &[json!("overflow"), json!("pinned_client"), json!("prioritized")],
            );
            if config["priority_policy"] == "pinned_client" {
                self.maybe(config, 2, "priority_timeout", &[json!(45 * SECOND)]);
            }
        }
    }

    fn bucket(&mut self, at: usize) -> (String, Value) {
        let mut bucket = BucketConfig::new(&format!("bucket-{at}"));
        bucket.history = 1 + self.below(9) as u8;
        bucket.ttl = self.one_in(3).then(|| Duration::from_nanos(self.span()).into());
        bucket.marker_ttl = self.one_in(4).then(|| Duration::from_secs(60).into());
        bucket.max_value_bytes = self.one_in(4).then_some(512);
        bucket.max_bytes = self.one_in(3).then_some(1 << 20);
        bucket.compression = self.one_in(4);
        bucket.description = if self.one_in(3) { self.text() } else { String::new() };
        let mut config = json_of(&bucket.stream_config().expect("a good name"));
        self.metadata(&mut config, 4);
        // Bent out of shape, it is a stream with a bucket's name.
        self.maybe(&mut config, 6, "deny_delete", &[json!(false)]);
        self.maybe(&mut config, 6, "storage", &[json!("memory")]);
        (format!("KV_bucket-{at}"), config)
    }

    fn store(&mut self, at: usize) -> (String, Value) {
        let mut store = ObjectStoreConfig::new(&format!("files-{at}"));
        store.ttl = self.one_in(3).then(|| Duration::from_nanos(self.span()).into());
        store.max_bytes = self.one_in(3).then_some(5_000_000);
        store.compression = self.one_in(3);
        store.description = if self.one_in(3) { self.text() } else { String::new() };
        let mut config = json_of(&store.stream_config().expect("a good name"));
        self.metadata(&mut config, 4);
        self.maybe(&mut config, 6, "storage", &[json!("memory")]);
        (format!("OBJ_files-{at}"), config)
    }
}

fn json_of(config: &jetlab::api::StreamConfig) -> Value {
    serde_json::from_str(&jetlab::json::write(config)).expect("written by us")
}
