//! What a configuration has in a file that is edited: names, kinds and what they mean, in the order of the real CLI.
//!
//! One table for each kind of thing; writing and reading follow it. Source: what `nats stream edit --interactive` and
//! `nats consumer edit --interactive` put into the file. Differs from natscli: what a member means is said in our words.

/// A member of a configuration.
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub says: &'static str,
}

/// What a member holds. Numbers carry the name of their type, for errors, and their bounds as the comment tells them.
#[derive(Clone, Copy)]
pub enum Kind {
    /// With what its comment says of its form.
    Text(&'static str),
    Bool,
    Number(&'static str, &'static str),
    Duration,
    /// A time, or `null`.
    Time,
    /// A time that is written as the year 1 when there is none.
    TimeOrZero,
    /// One of these; the first one is meant where it is missing.
    Choice(&'static Choice),
    Texts,
    Durations,
    /// Names and texts.
    Labels,
    /// Another configuration in it, or nothing.
    Part(&'static Part),
    /// One that is always there.
    Fixed(&'static Part),
    Parts(&'static Part),
    /// The same, which the original says less about.
    Untyped(&'static Part),
}

pub struct Choice {
    pub names: &'static [&'static str],
    /// Said with the value instead of `{}`, quoted instead of `{q}`.
    pub refusal: &'static str,
}

pub struct Part {
    /// As errors call it.
    pub type_name: &'static str,
    pub fields: &'static [Field],
}

/// A kind of configuration.
pub struct Document {
    pub schema: &'static str,
    pub required: &'static str,
    pub part: Part,
}

const fn field(name: &'static str, kind: Kind, says: &'static str) -> Field {
    Field { name, kind, says }
}

const LIMIT: Kind = Kind::Number("int64", "min: -1, max: 9223372036854775807");
const SMALL_LIMIT: Kind = Kind::Number("int32", "min: -1, max: 2147483647");
const COUNT_LIMIT: Kind = Kind::Number("int", "min: -1, max: 9223372036854775807");
const SEQUENCE: Kind = Kind::Number("uint64", "min: 0, max: 18446744073709551615");
const COUNT: Kind = Kind::Number("int", "min: -9223372036854775807, max: 9223372036854775807");
const FROM_ZERO: Kind = Kind::Number("int", "min: 0, max: 9223372036854775807");
const REPLICAS: Kind = Kind::Number("int", "min: 0, max: 5");
const BATCH: Kind = Kind::Number("", "min: 0");
const DESCRIPTION: Kind = Kind::Text("max length: 4096");
const NAME: Kind = Kind::Text("min length: 1, pattern: ^[^.*>]+$");
const ANY: Kind = Kind::Text("");

const fn choice(names: &'static [&'static str]) -> Choice {
    Choice { names, refusal: "can not unmarshal {q}" }
}

static RETENTION: Choice = choice(&["limits", "interest", "workqueue"]);
static STORAGE: Choice = choice(&["file", "memory"]);
static DISCARD: Choice = choice(&["old", "new"]);
static COMPRESSION: Choice = choice(&["none", "s2"]);
static PERSIST_MODE: Choice = choice(&["default", "async"]);
static DELIVER: Choice = choice(&["all", "last", "new", "by_start_sequence", "by_start_time", "last_per_subject"]);
static ACK: Choice = Choice { names: &["none", "all", "explicit", "flow_control"], refusal: "can not unmarshal: {}" };
static REPLAY: Choice = Choice { names: &["instant", "original"], refusal: "can not unmarshal {}" };
static PRIORITY: Choice =
    Choice { names: &["none", "overflow", "pinned_client", "prioritized"], refusal: "cannot unmarshal {}" };

static PLACEMENT: Part = Part {
    type_name: "api.Placement",
    fields: &[
        field("cluster", ANY, "Cluster it should be in"),
        field("tags", Kind::Texts, "Tags its servers must have"),
        field("preferred", ANY, "Server that should lead it"),
    ],
};
static TRANSFORM: Part = Part {
    type_name: "api.SubjectTransformConfig",
    fields: &[field("src", ANY, "Subjects that are changed"), field("dest", ANY, "What they become")],
};
static REPUBLISH: Part = Part {
    type_name: "api.RePublish",
    fields: &[
        field("src", ANY, "Subjects that are published again"),
        field("dest", ANY, "Under which subject"),
        field("headers_only", Kind::Bool, "Without their bodies"),
    ],
};
static EXTERNAL: Part = Part {
    type_name: "api.ExternalStream",
    fields: &[
        field("api", ANY, "Subject prefix of its JetStream API"),
        field("deliver", ANY, "Subject prefix of its deliveries"),
    ],
};
static SOURCE_CONSUMER: Part = Part {
    type_name: "api.StreamConsumerSource",
    fields: &[field("name", ANY, "Name of the consumer"), field("deliver_subject", ANY, "Subject it delivers on")],
};
static SOURCE: Part = Part {
    type_name: "api.StreamSource",
    fields: &[
        field("name", NAME, "Name of the stream"),
        field("opt_start_seq", SEQUENCE, "Sequence to start at"),
        field("opt_start_time", Kind::Time, "Time to start at"),
        field("filter_subject", ANY, "Takes these subjects only"),
        field("external", Kind::Part(&EXTERNAL), "Where it is, when it belongs to another account or domain"),
        field("subject_transforms", Kind::Untyped(&TRANSFORM), "Which subjects to take, and what they become"),
        field("consumer", Kind::Part(&SOURCE_CONSUMER), "A consumer that exists already, to read with"),
    ],
};
static CONSUMER_LIMITS: Part = Part {
    type_name: "api.StreamConsumerLimits",
    fields: &[
        field("inactive_threshold", Kind::Duration, "Longest and usual time a consumer may stay unused"),
        field("max_ack_pending", COUNT, "Largest and usual number of messages that wait for an ack"),
    ],
};

pub static STREAM: Document = Document {
    schema: "io.nats.jetstream.api.v1.stream_configuration",
    required: "retention, max_consumers, max_msgs, max_bytes, max_age, storage, num_replicas",
    part: Part { type_name: "api.StreamConfig", fields: STREAM_FIELDS },
};

const STREAM_FIELDS: &[Field] = &[
    field("name", Kind::Text("min length: 0, pattern: ^[^.*>]*$"), "Name of the stream; it cannot be changed"),
    field("description", DESCRIPTION, "What the stream is for"),
    field("subjects", Kind::Texts, "Subjects it stores; wildcards are fine. A mirror has none"),
    field("retention", Kind::Choice(&RETENTION), "When messages leave besides the limits"),
    field("max_consumers", COUNT_LIMIT, "Most consumers it may have; -1 for any number"),
    field("max_msgs_per_subject", LIMIT, "Most messages of each subject; -1 for any number"),
    field("max_msgs", LIMIT, "Most messages in all; -1 for any number"),
    field("max_bytes", LIMIT, "Most bytes in all; -1 for any number"),
    field("max_age", Kind::Duration, "How long a message stays; 0s for ever"),
    field("max_msg_size", SMALL_LIMIT, "Largest message it takes, in bytes; -1 for any size"),
    field("storage", Kind::Choice(&STORAGE), "Where messages are kept; it cannot be changed"),
    field("discard", Kind::Choice(&DISCARD), "What leaves when it is full: the oldest message, or the one that comes"),
    field("num_replicas", REPLICAS, "How many servers keep each message"),
    field("no_ack", Kind::Bool, "Publishers get no acks"),
    field("duplicate_window", Kind::Duration, "How long message ids are remembered, to refuse duplicates"),
    field("placement", Kind::Part(&PLACEMENT), "Which servers may keep it"),
    field("mirror", Kind::Part(&SOURCE), "The stream it is a copy of"),
    field("sources", Kind::Parts(&SOURCE), "Streams it takes messages from"),
    field("compression", Kind::Choice(&COMPRESSION), "How messages are packed on disk"),
    field("subject_transform", Kind::Part(&TRANSFORM), "How subjects change before they are stored"),
    field("republish", Kind::Part(&REPUBLISH), "What is published again once it is stored"),
    field("sealed", Kind::Bool, "Nothing comes and nothing goes, for good"),
    field("deny_delete", Kind::Bool, "No message can be removed by hand; it cannot be taken back"),
    field("deny_purge", Kind::Bool, "It cannot be purged; that cannot be taken back"),
    field("allow_rollup_hdrs", Kind::Bool, "A message with the header Nats-Rollup replaces those before it"),
    field("allow_direct", Kind::Bool, "Single messages can be read from any replica"),
    field("mirror_direct", Kind::Bool, "Single messages can be read from a mirror, too"),
    field("discard_new_per_subject", Kind::Bool, "With discard new: a full subject refuses, not a full stream alone"),
    field("first_seq", SEQUENCE, "Sequence of its first message"),
    field("metadata", Kind::Labels, "Labels of your own"),
    field("allow_msg_ttl", Kind::Bool, "A message may say how long it stays"),
    field(
        "subject_delete_marker_ttl",
        Kind::Duration,
        "How long a marker stands for a subject whose last message left",
    ),
    field("consumer_limits", Kind::Fixed(&CONSUMER_LIMITS), "What its consumers may ask for, and get if they do not"),
    field("allow_atomic", Kind::Bool, "Batches are stored whole or not at all"),
    field("allow_msg_counter", Kind::Bool, "It counts, and takes nothing else"),
    field("allow_msg_schedules", Kind::Bool, "A message may say when it is to be published"),
    field("persist_mode", Kind::Choice(&PERSIST_MODE), "Whether an ack waits for the disk"),
    field("allow_batched", Kind::Bool, "Fast batches are taken"),
];

pub static CONSUMER: Document = Document {
    schema: "io.nats.jetstream.api.v1.consumer_configuration",
    required: "",
    part: Part { type_name: "api.ConsumerConfig", fields: CONSUMER_FIELDS },
};

const CONSUMER_FIELDS: &[Field] = &[
    field("description", DESCRIPTION, "What the consumer is for"),
    field("ack_policy", Kind::Choice(&ACK), "What counts as acknowledged; it cannot be changed"),
    field("ack_wait", Kind::Duration, "How long to wait for an ack before a message is delivered again"),
    field("deliver_policy", Kind::Choice(&DELIVER), "Where in the stream it begins; it cannot be changed"),
    field("deliver_subject", Kind::Text("min length: 1"), "Subject it pushes messages to; empty for a pull consumer"),
    field("deliver_group", Kind::Text("min length: 1"), "Queue group that shares what it pushes"),
    field("durable_name", NAME, "Its name when it is to stay"),
    field("name", NAME, "Name of the consumer"),
    field("filter_subject", ANY, "Messages of this subject only"),
    field("filter_subjects", Kind::Texts, "Messages of these subjects only"),
    field("flow_control", Kind::Bool, "A push consumer waits when its client cannot follow"),
    field("idle_heartbeat", Kind::Duration, "A push consumer with nothing to send says that it is alive, this often"),
    field("max_ack_pending", COUNT, "Most messages that may wait for an ack; then it delivers no more"),
    field("max_deliver", COUNT, "How often a message is delivered before it is given up; -1 for ever"),
    field("backoff", Kind::Durations, "How long to wait before each delivery after the first"),
    field("max_waiting", FROM_ZERO, "Most pull requests that may wait"),
    field("opt_start_seq", SEQUENCE, "Sequence it begins at, with deliver_policy by_start_sequence"),
    field("opt_start_time", Kind::Time, "Time it begins at, with deliver_policy by_start_time"),
    field("rate_limit_bps", SEQUENCE, "Most bits a second that it pushes; 0 for any number"),
    field("replay_policy", Kind::Choice(&REPLAY), "At once, or at the pace the messages were stored"),
    field("sample_freq", ANY, "Percentage of acks that are reported"),
    field("headers_only", Kind::Bool, "Messages come without their bodies"),
    field("max_batch", BATCH, "Most messages one pull may ask for"),
    field("max_expires", Kind::Duration, "Longest time a pull may wait"),
    field("max_bytes", FROM_ZERO, "Most bytes one pull may ask for"),
    field("inactive_threshold", Kind::Duration, "How long it may stay unused before the server removes it"),
    field("num_replicas", REPLICAS, "How many servers keep its state; 0 for as many as the stream has"),
    field("mem_storage", Kind::Bool, "Its state is kept in memory"),
    field("metadata", Kind::Labels, "Labels of your own"),
    field("pause_until", Kind::TimeOrZero, "It delivers nothing before this time"),
    field("priority_groups", Kind::Texts, "Groups of clients with priorities"),
    field("priority_policy", Kind::Choice(&PRIORITY), "Who is served first"),
    field("priority_timeout", Kind::Duration, "How long a pinned client may be silent"),
    field("direct", Kind::Bool, "For the server's own use"),
];
