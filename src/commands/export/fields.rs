//! What a configuration says besides the server's defaults, field by field, under the wire's names.
//!
//! Each language spells these fields in its own way, or has no word for them. The ways in are [`stream`], [`consumer`],
//! [`bucket`] and [`store`].

use crate::api::stream::{Compression, PersistMode};
use crate::api::{
    AckPolicy, ConsumerConfig, DeliverPolicy, Discard, Nanos, Placement, PriorityPolicy, ReplayPolicy, Republish,
    Retention, Storage, StreamConfig, StreamSource, SubjectTransform,
};
use crate::client::kv::BucketConfig;
use crate::client::object_store::ObjectStoreConfig;
use crate::map::Map;
use crate::time::Timestamp;
use std::time::Duration;

/// The duplicate window of a stream that says nothing of it.
const DUPLICATE_WINDOW: Nanos = Nanos(120_000_000_000);
/// How long a consumer waits for an acknowledgement that says nothing of it.
pub const ACK_WAIT: Nanos = Nanos(30_000_000_000);
pub const MAX_ACK_PENDING: i64 = 1_000;
pub const MAX_WAITING: i64 = 512;

#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub name: &'static str,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Texts(Vec<String>),
    Int(i64),
    Bool(bool),
    Nanos(i64),
    Durations(Vec<i64>),
    /// A word of an enumeration: its name and the word, as in JSON.
    Word(&'static str, &'static str),
    Time(Timestamp),
    Map(Vec<(String, String)>),
    /// A document in the document: the name of its type, and what it says.
    Group(&'static str, Vec<Field>),
    Groups(&'static str, Vec<Vec<Field>>),
}

/// Collects fields; what is not there is not said.
#[derive(Default)]
struct List(Vec<Field>);

impl List {
    fn say(&mut self, name: &'static str, value: Value) {
        self.0.push(Field { name, value });
    }

    fn text(&mut self, name: &'static str, text: &str) {
        if !text.is_empty() {
            self.say(name, Value::Text(text.to_owned()));
        }
    }

    fn texts(&mut self, name: &'static str, texts: &[String]) {
        if !texts.is_empty() {
            self.say(name, Value::Texts(texts.to_vec()));
        }
    }

    fn int(&mut self, name: &'static str, value: i64, default: i64) {
        if value != default {
            self.say(name, Value::Int(value));
        }
    }

    /// -1 and 0 are no limit.
    fn limit(&mut self, name: &'static str, value: i64) {
        if value > 0 {
            self.say(name, Value::Int(value));
        }
    }

    fn flag(&mut self, name: &'static str, value: bool) {
        if value {
            self.say(name, Value::Bool(true));
        }
    }

    fn nanos(&mut self, name: &'static str, value: Nanos, default: Nanos) {
        if value != default {
            self.say(name, Value::Nanos(value.0));
        }
    }

    fn duration(&mut self, name: &'static str, value: Option<Duration>) {
        self.nanos(name, value.map_or(Nanos::ZERO, Nanos::from), Nanos::ZERO);
    }

    fn time(&mut self, name: &'static str, value: Option<Timestamp>) {
        if let Some(at) = value {
            self.say(name, Value::Time(at));
        }
    }

    fn map(&mut self, name: &'static str, map: &Map<String, String>) {
        if !map.is_empty() {
            self.say(name, Value::Map(map.iter().map(|(key, value)| (key.clone(), value.clone())).collect()));
        }
    }

    fn group(&mut self, name: &'static str, kind: &'static str, fields: Option<Vec<Field>>) {
        if let Some(fields) = fields {
            self.say(name, Value::Group(kind, fields));
        }
    }

    fn storage(&mut self, storage: Storage) {
        if storage == Storage::Memory {
            self.say("storage", Value::Word("storage", "memory"));
        }
    }

    fn sources(&mut self, sources: &[StreamSource]) {
        if !sources.is_empty() {
            self.say("sources", Value::Groups("source", sources.iter().map(source).collect()));
        }
    }
}

/// What the server takes when nothing is said.
pub fn default_window(config: &StreamConfig) -> Nanos {
    match config.max_age.duration() {
        _ if config.mirror.is_some() => Nanos::ZERO,
        Some(_) => config.max_age.min(DUPLICATE_WINDOW),
        None => DUPLICATE_WINDOW,
    }
}

pub fn stream(config: &StreamConfig) -> Vec<Field> {
    let mut list = List::default();
    list.text("name", &config.name);
    list.text("description", &config.description);
    list.texts("subjects", &config.subjects);
    match config.retention {
        Retention::Limits => {}
        Retention::Interest => list.say("retention", Value::Word("retention", "interest")),
        Retention::WorkQueue => list.say("retention", Value::Word("retention", "workqueue")),
    }
    list.limit("max_consumers", config.max_consumers);
    list.limit("max_msgs", config.max_msgs);
    list.limit("max_bytes", config.max_bytes);
    list.nanos("max_age", config.max_age, Nanos::ZERO);
    list.limit("max_msgs_per_subject", config.max_msgs_per_subject);
    list.limit("max_msg_size", config.max_msg_size.into());
    if config.discard == Discard::New {
        list.say("discard", Value::Word("discard", "new"));
    }
    list.flag("discard_new_per_subject", config.discard_new_per_subject);
    list.storage(config.storage);
    list.int("num_replicas", config.num_replicas.max(1), 1);
    list.flag("no_ack", config.no_ack);
    list.nanos("duplicate_window", config.duplicate_window, default_window(config));
    list.group("placement", "placement", config.placement.as_ref().map(placement));
    list.group("mirror", "source", config.mirror.as_ref().map(source));
    list.sources(&config.sources);
    stream_features(&mut list, config);
    list.map("metadata", &config.metadata);
    list.0
}

fn stream_features(list: &mut List, config: &StreamConfig) {
    if config.compression == Compression::S2 {
        list.say("compression", Value::Word("compression", "s2"));
    }
    list.int("first_seq", i64::try_from(config.first_seq).unwrap_or(i64::MAX), 0);
    list.group("subject_transform", "transform", config.subject_transform.as_ref().map(transform));
    list.group("republish", "republish", config.republish.as_ref().map(republish));
    list.flag("allow_direct", config.allow_direct);
    list.flag("mirror_direct", config.mirror_direct);
    list.flag("sealed", config.sealed);
    list.flag("deny_delete", config.deny_delete);
    list.flag("deny_purge", config.deny_purge);
    list.flag("allow_rollup_hdrs", config.allow_rollup_hdrs);
    let mut limits = List::default();
    limits.nanos("inactive_threshold", config.consumer_limits.inactive_threshold, Nanos::ZERO);
    limits.int("max_ack_pending", config.consumer_limits.max_ack_pending, 0);
    list.group("consumer_limits", "consumer_limits", Some(limits.0).filter(|fields| !fields.is_empty()));
    list.flag("allow_msg_ttl", config.allow_msg_ttl);
    list.nanos("subject_delete_marker_ttl", config.subject_delete_marker_ttl, Nanos::ZERO);
    list.flag("allow_msg_counter", config.allow_msg_counter);
    list.flag("allow_atomic", config.allow_atomic);
    list.flag("allow_msg_schedules", config.allow_msg_schedules);
    if config.persist_mode == PersistMode::Async {
        list.say("persist_mode", Value::Word("persist_mode", "async"));
    }
    list.flag("allow_batched", config.allow_batched);
}

fn placement(placement: &Placement) -> Vec<Field> {
    let mut list = List::default();
    list.text("cluster", &placement.cluster);
    list.texts("tags", &placement.tags);
    list.text("preferred", &placement.preferred);
    list.0
}

fn source(source: &StreamSource) -> Vec<Field> {
    let mut list = List::default();
    list.text("name", &source.name);
    list.int("opt_start_seq", i64::try_from(source.opt_start_seq).unwrap_or(i64::MAX), 0);
    list.time("opt_start_time", source.opt_start_time);
    list.text("filter_subject", &source.filter_subject);
    if !source.subject_transforms.is_empty() {
        let transforms = source.subject_transforms.iter().map(transform).collect();
        list.say("subject_transforms", Value::Groups("transform", transforms));
    }
    let external = source.external.as_ref().map(|external| {
        let mut list = List::default();
        list.text("api", &external.api);
        list.text("deliver", &external.deliver);
        list.0
    });
    list.group("external", "external", external);
    let consumer = source.consumer.as_ref().map(|consumer| {
        let mut list = List::default();
        list.text("name", &consumer.name);
        list.text("deliver_subject", &consumer.deliver_subject);
        list.0
    });
    list.group("consumer", "source_consumer", consumer);
    list.0
}

fn transform(transform: &SubjectTransform) -> Vec<Field> {
    let mut list = List::default();
    list.text("src", &transform.src);
    list.text("dest", &transform.dest);
    list.0
}

fn republish(republish: &Republish) -> Vec<Field> {
    let mut list = List::default();
    list.text("src", &republish.src);
    list.text("dest", &republish.dest);
    list.flag("headers_only", republish.headers_only);
    list.0
}

pub fn consumer(config: &ConsumerConfig) -> Vec<Field> {
    let mut list = List::default();
    list.text("durable_name", &config.durable_name);
    list.text("description", &config.description);
    list.text("deliver_subject", &config.deliver_subject);
    list.text("deliver_group", &config.deliver_group);
    list.say("deliver_policy", Value::Word("deliver_policy", deliver_policy(config.deliver_policy)));
    list.int("opt_start_seq", i64::try_from(config.opt_start_seq).unwrap_or(i64::MAX), 0);
    list.time("opt_start_time", config.opt_start_time);
    let ack_policy = match config.ack_policy {
        AckPolicy::None => "none",
        AckPolicy::All => "all",
        AckPolicy::Explicit => "explicit",
        AckPolicy::FlowControl => "flow_control",
    };
    list.say("ack_policy", Value::Word("ack_policy", ack_policy));
    consumer_limits(&mut list, config);
    match config.filter_subjects.as_deref() {
        Some(filters) if !filters.is_empty() => list.texts("filter_subjects", filters),
        _ => list.text("filter_subject", &config.filter_subject),
    }
    if config.replay_policy == ReplayPolicy::Original {
        list.say("replay_policy", Value::Word("replay_policy", "original"));
    }
    list.text("sample_freq", &config.sample_frequency);
    list.flag("headers_only", config.headers_only);
    list.int("rate_limit_bps", i64::try_from(config.rate_limit_bits_per_sec).unwrap_or(i64::MAX), 0);
    list.flag("flow_control", config.flow_control);
    list.nanos("idle_heartbeat", config.idle_heartbeat, Nanos::ZERO);
    list.int("num_replicas", config.num_replicas, 0);
    list.flag("mem_storage", config.mem_storage);
    list.time("pause_until", config.pause_until);
    consumer_groups(&mut list, config);
    list.map("metadata", &config.metadata);
    list.0
}

fn consumer_limits(list: &mut List, config: &ConsumerConfig) {
    let waits = config.backoff.as_deref().unwrap_or_default();
    let ack_wait = if config.ack_policy == AckPolicy::None { config.ack_wait } else { ACK_WAIT };
    // With a list of waits the first of them is the ack wait.
    list.nanos("ack_wait", config.ack_wait, waits.first().copied().unwrap_or(ack_wait));
    list.limit("max_deliver", config.max_deliver);
    if !waits.is_empty() {
        list.say("backoff", Value::Durations(waits.iter().map(|wait| wait.0).collect()));
    }
    list.int("max_ack_pending", config.max_ack_pending, default_ack_pending(config));
    list.int("max_waiting", config.max_waiting, if config.is_pull() { MAX_WAITING } else { 0 });
    list.int("max_batch", config.max_batch, 0);
    list.nanos("max_expires", config.max_expires, Nanos::ZERO);
    list.int("max_bytes", config.max_bytes, 0);
    list.nanos("inactive_threshold", config.inactive_threshold, Nanos::ZERO);
}

pub fn default_ack_pending(config: &ConsumerConfig) -> i64 {
    if config.ack_policy == AckPolicy::None { 0 } else { MAX_ACK_PENDING }
}

fn consumer_groups(list: &mut List, config: &ConsumerConfig) {
    let policy = match config.priority_policy {
        PriorityPolicy::None => return,
        PriorityPolicy::Overflow => "overflow",
        PriorityPolicy::PinnedClient => "pinned_client",
        PriorityPolicy::Prioritized => "prioritized",
    };
    list.say("priority_policy", Value::Word("priority_policy", policy));
    list.texts("priority_groups", config.priority_groups.as_deref().unwrap_or_default());
    list.nanos("priority_timeout", config.priority_timeout, Nanos::ZERO);
}

fn deliver_policy(policy: DeliverPolicy) -> &'static str {
    match policy {
        DeliverPolicy::All => "all",
        DeliverPolicy::Last => "last",
        DeliverPolicy::New => "new",
        DeliverPolicy::ByStartSequence => "by_start_sequence",
        DeliverPolicy::ByStartTime => "by_start_time",
        DeliverPolicy::LastPerSubject => "last_per_subject",
    }
}

pub fn bucket(config: &BucketConfig) -> Vec<Field> {
    let mut list = List::default();
    list.text("bucket", &config.bucket);
    list.text("description", &config.description);
    list.int("history", config.history.into(), 1);
    list.duration("ttl", config.ttl.and_then(Nanos::duration));
    list.duration("marker_ttl", config.marker_ttl.and_then(Nanos::duration));
    list.limit("max_value_size", config.max_value_bytes.map_or(0, i64::from));
    list.limit("max_bytes", config.max_bytes.map_or(0, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)));
    list.storage(config.storage);
    list.int("replicas", config.replicas.into(), 1);
    list.flag("compression", config.compression);
    list.group("placement", "placement", config.placement.as_ref().map(placement));
    list.group("republish", "republish", config.republish.as_ref().map(republish));
    list.group("mirror", "source", config.mirror.as_ref().map(source));
    list.sources(&config.sources);
    list.map("metadata", &config.metadata);
    list.0
}

pub fn store(config: &ObjectStoreConfig) -> Vec<Field> {
    let mut list = List::default();
    list.text("bucket", &config.bucket);
    list.text("description", &config.description);
    list.duration("ttl", config.ttl.and_then(Nanos::duration));
    list.limit("max_bytes", config.max_bytes.map_or(0, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)));
    list.storage(config.storage);
    list.int("replicas", config.replicas.max(1).into(), 1);
    list.flag("compression", config.compression);
    list.group("placement", "placement", config.placement.as_ref().map(placement));
    list.map("metadata", &config.metadata);
    list.0
}
