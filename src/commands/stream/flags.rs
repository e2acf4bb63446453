//! The flags that describe a stream, shared by `add`, `copy` and `edit`.

use crate::commands::grammar::{Flag, Kind, joined};

pub const SUBJECTS: Flag = Flag::text("subjects", "Subjects the stream stores").repeats();
pub const DESCRIPTION: Flag = Flag::text("description", "What the stream is for");
pub const STORAGE: Flag = Flag::choice("storage", &["file", "f", "memory", "m"], "Where messages are kept");
pub const COMPRESSION: Flag = Flag::choice("compression", &["none", "s2"], "Compresses what is stored in files");
pub const REPLICAS: Flag = Flag::int64("replicas", "On how many servers messages are kept");
pub const TAG: Flag = Flag::text("tag", "Servers with this tag only").repeats().placeholder("TAG");
/// The same by another name.
pub const TAGS: Flag = Flag::text("tags", "Servers with these tags only").repeats().hidden();
pub const CLUSTER: Flag = Flag::text("cluster", "Servers of this cluster only");
pub const ACK: Flag = Flag::switch("ack", "Answers publishers with an acknowledgement").default("true");
pub const RETENTION: Flag =
    Flag::choice("retention", &["limits", "interest", "workq", "work"], "When messages leave besides the limits");
pub const DISCARD: Flag = Flag::choice("discard", &["new", "old"], "Which message gives way in a full stream");
pub const DISCARD_PER_SUBJECT: Flag =
    Flag::switch("discard-per-subject", "Refuses new messages of a full subject, with --discard new");
pub const FIRST_SEQUENCE: Flag = Flag::uint("first-sequence", "Number of the first message");
pub const MAX_AGE: Flag = Flag::new("max-age", Kind::Age, "How long messages are kept").placeholder("\"\"").late();
pub const MAX_BYTES: Flag = Flag::bytes("max-bytes", "Size of all messages together").placeholder("BYTES");
pub const MAX_CONSUMERS: Flag = Flag::int("max-consumers", "How many consumers there may be").placeholder("-1");
pub const MAX_MSG_SIZE: Flag = Flag::bytes("max-msg-size", "Size of one message").placeholder("BYTES");
pub const MAX_MSGS: Flag = Flag::int64("max-msgs", "How many messages are kept").placeholder("0");
pub const MAX_MSGS_PER_SUBJECT: Flag =
    Flag::int64("max-msgs-per-subject", "How many messages of one subject are kept").placeholder("0");
pub const DUPE_WINDOW: Flag =
    Flag::duration("dupe-window", "How long message ids are remembered").placeholder("\"\"").late();
pub const MIRROR: Flag = Flag::text("mirror", "Stream to copy completely");
pub const SOURCE: Flag = Flag::text("source", "Stream to copy messages from").repeats().placeholder("STREAM");
pub const ALLOW_BATCH: Flag = Flag::switch("allow-batch", "Allows batches that are stored all or not at all");
pub const ALLOW_FAST: Flag = Flag::switch("allow-fast", "Allows fast batches");
pub const ALLOW_COUNTER: Flag = Flag::bool("allow-counter", "Makes every subject a counter");
pub const ALLOW_ROLLUP: Flag = Flag::switch("allow-rollup", "Lets a message replace those before it");
pub const DENY_DELETE: Flag = Flag::switch("deny-delete", "Forbids deleting single messages");
pub const DENY_PURGE: Flag = Flag::switch("deny-purge", "Forbids purging");
pub const ALLOW_DIRECT: Flag = Flag::switch("allow-direct", "Lets messages be read directly").default("true");
pub const ALLOW_MIRROR_DIRECT: Flag =
    Flag::switch("allow-mirror-direct", "Lets this mirror answer direct reads of its origin");
pub const ALLOW_MSG_TTL: Flag = Flag::bool("allow-msg-ttl", "Lets messages say how long they are kept");
pub const ALLOW_SCHEDULES: Flag = Flag::switch("allow-schedules", "Allows messages that are published later");
pub const SUBJECT_DEL_MARKERS_TTL: Flag =
    Flag::duration("subject-del-markers-ttl", "How long a marker tells of a subject's expired last message")
        .placeholder("DURATION");
pub const TRANSFORM_SOURCE: Flag =
    Flag::text("transform-source", "Subjects to rename while storing").placeholder("SOURCE");
pub const TRANSFORM_DESTINATION: Flag = Flag::text("transform-destination", "Their new name").placeholder("DEST");
pub const METADATA: Flag = Flag::new("metadata", Kind::Map, "Notes kept with the stream").repeats().placeholder("META");
pub const REPUBLISH_SOURCE: Flag =
    Flag::text("republish-source", "Subjects to publish again once stored").placeholder("SOURCE");
pub const REPUBLISH_DESTINATION: Flag =
    Flag::text("republish-destination", "Subject to publish them to").placeholder("DEST");
pub const REPUBLISH_HEADERS: Flag = Flag::bool("republish-headers", "Publishes headers only");
pub const LIMIT_CONSUMER_INACTIVE: Flag =
    Flag::duration("limit-consumer-inactive", "Longest inactivity a consumer may survive").placeholder("THRESHOLD");
pub const LIMIT_CONSUMER_MAX_PENDING: Flag =
    Flag::int("limit-consumer-max-pending", "Most unacknowledged messages a consumer may have").placeholder("PENDING");
pub const PERSIST_MODE: Flag = Flag::choice("persist-mode", &["default", "async"], "When a message counts as stored");
pub const JSON: Flag = Flag::bool("json", "Prints JSON").short('j');
pub const FORCE: Flag = Flag::bool("force", "Acts without asking").short('f');
pub const NO_SELECT: Flag = Flag::bool("no-select", "Never lists streams to choose from");

const CONFIG: Flag = Flag::new("config", Kind::File, "JSON file to read the configuration from");

/// How the configuration is come by.
const SOURCES: &[Flag] = &[
    CONFIG,
    Flag::bool("validate", "Only checks the configuration and prints it"),
    Flag::text("output", "Saves the configuration instead of using it").placeholder("FILE"),
];
const DEFAULTS: Flag = Flag::bool("defaults", "Takes the default for everything not given");
const CHANGES: &[Flag] = &[
    CONFIG,
    FORCE,
    Flag::switch("interactive", "Opens the configuration in an editor").short('i'),
    Flag::bool("dry-run", "Only shows what would change"),
];
const PURPOSE: &[Flag] = &[SUBJECTS, DESCRIPTION];
const POLICIES: &[Flag] = &[COMPRESSION, REPLICAS, TAG, TAGS, CLUSTER, ACK, RETENTION, DISCARD, DISCARD_PER_SUBJECT];
const LIMITS: &[Flag] = &[MAX_AGE, MAX_BYTES, MAX_CONSUMERS, MAX_MSG_SIZE, MAX_MSGS, MAX_MSGS_PER_SUBJECT, DUPE_WINDOW];
const ORIGINS: &[Flag] = &[MIRROR, SOURCE];
const FEATURES: &[Flag] = &[
    ALLOW_BATCH,
    ALLOW_FAST,
    ALLOW_COUNTER,
    ALLOW_ROLLUP,
    DENY_DELETE,
    DENY_PURGE,
    ALLOW_DIRECT,
    ALLOW_MIRROR_DIRECT,
    ALLOW_MSG_TTL,
    ALLOW_SCHEDULES,
    SUBJECT_DEL_MARKERS_TTL,
    TRANSFORM_SOURCE,
    TRANSFORM_DESTINATION,
];
const EXTRAS: &[Flag] = &[METADATA, REPUBLISH_SOURCE, REPUBLISH_DESTINATION, REPUBLISH_HEADERS];
/// What cannot be changed later.
const FIXED: &[Flag] = &[LIMIT_CONSUMER_INACTIVE, LIMIT_CONSUMER_MAX_PENDING, PERSIST_MODE];

pub const ADD: &[Flag] = &joined::<47>(&[
    SOURCES,
    PURPOSE,
    &[STORAGE],
    POLICIES,
    &[FIRST_SEQUENCE],
    LIMITS,
    ORIGINS,
    FEATURES,
    EXTRAS,
    FIXED,
    &[JSON, DEFAULTS],
]);

pub const COPY: &[Flag] = &joined::<43>(&[
    PURPOSE,
    &[STORAGE],
    POLICIES,
    &[FIRST_SEQUENCE],
    LIMITS,
    ORIGINS,
    FEATURES,
    EXTRAS,
    FIXED,
    &[JSON],
]);

pub const EDIT: &[Flag] = &joined::<45>(&[
    CHANGES,
    PURPOSE,
    POLICIES,
    LIMITS,
    &[MIRROR, Flag::bool("no-mirror", "Turns a mirror into an ordinary stream"), SOURCE],
    FEATURES,
    &[Flag::bool("no-transform", "Ends renaming")],
    EXTRAS,
    &[Flag::bool("no-republish", "Ends publishing again"), JSON],
]);
