//! The flags that describe a consumer, shared by `add`, `copy` and `edit`.

use crate::commands::grammar::{Flag, Kind, joined};

pub const ACK: Flag =
    Flag::choice("ack", &["none", "all", "explicit", "flow_control"], "What an acknowledgement means");
pub const BPS: Flag = Flag::uint("bps", "Bits delivered in a second, at most").placeholder("0");
pub const BACKOFF: Flag =
    Flag::choice("backoff", &["linear", "none"], "How the wait grows from one try to the next").placeholder("MODE");
pub const BACKOFF_STEPS: Flag = Flag::uint("backoff-steps", "How many different waits").default("10");
pub const BACKOFF_MIN: Flag = Flag::duration("backoff-min", "The shortest wait").default("1m");
pub const BACKOFF_MAX: Flag = Flag::duration("backoff-max", "The longest wait").default("20m");
pub const DELIVER: Flag =
    Flag::text("deliver", "Where to begin: all, new, last, subject, a sequence or so long ago").placeholder("POLICY");
pub const DELIVER_GROUP: Flag = Flag::text("deliver-group", "Queue group of the receivers").placeholder("GROUP");
pub const DESCRIPTION: Flag = Flag::text("description", "What the consumer is for");
pub const EPHEMERAL: Flag = Flag::bool("ephemeral", "Goes away when nobody uses it");
pub const FILTER: Flag = Flag::text("filter", "Only messages of these subjects").repeats().placeholder("SUBJECTS");
pub const FLOW_CONTROL: Flag = Flag::bool("flow-control", "Waits for slow receivers");
pub const HEARTBEAT: Flag = Flag::text("heartbeat", "Says so often that it is there");
pub const HEADERS_ONLY: Flag = Flag::switch("headers-only", "Delivers no bodies");
pub const MAX_DELIVER: Flag = Flag::int("max-deliver", "How often a message is tried").placeholder("TRIES");
pub const MAX_OUTSTANDING: Flag =
    Flag::int("max-outstanding", "Messages waiting for an acknowledgement, at most").hidden();
pub const MAX_PENDING: Flag =
    Flag::int("max-pending", "Messages waiting for an acknowledgement, at most").placeholder("-1");
pub const MAX_WAITING: Flag = Flag::int("max-waiting", "Open pulls at the same time, at most").placeholder("PULLS");
pub const MAX_PULL_BATCH: Flag = Flag::int("max-pull-batch", "Messages in a pull, at most").placeholder("BATCH_SIZE");
pub const MAX_PULL_EXPIRE: Flag = Flag::duration("max-pull-expire", "How long a pull may wait").placeholder("EXPIRES");
pub const MAX_PULL_BYTES: Flag = Flag::int("max-pull-bytes", "Bytes in a pull, at most").placeholder("BYTES");
pub const PULL: Flag = Flag::bool("pull", "Delivers when asked");
pub const PAUSE: Flag = Flag::text("pause", "Begins to deliver only after so long, or then");
pub const PINNED_GROUPS: Flag =
    Flag::text("pinned-groups", "Groups that are served one client at a time").repeats().placeholder("GROUPS");
pub const PINNED_TTL: Flag =
    Flag::duration("pinned-ttl", "How long a silent client keeps its place").placeholder("TTL");
pub const OVERFLOW_GROUPS: Flag =
    Flag::text("overflow-groups", "Groups that are served when there is much to do").repeats().placeholder("GROUPS");
pub const PRIORITIZED_GROUPS: Flag =
    Flag::text("prioritized-groups", "Groups whose clients have priorities").repeats().placeholder("GROUPS");
pub const REPLAY: Flag =
    Flag::choice("replay", &["instant", "original"], "At which pace stored messages are delivered")
        .placeholder("POLICY");
pub const SAMPLE: Flag = Flag::int("sample", "Percentage of acknowledgements to tell about").default("-1");
pub const TARGET: Flag = Flag::text("target", "Delivers to this subject as messages come").placeholder("SUBJECT");
pub const WAIT: Flag = Flag::duration("wait", "How long to wait for an acknowledgement").placeholder("-1s");
pub const INACTIVE_THRESHOLD: Flag =
    Flag::duration("inactive-threshold", "Goes away after so long without interest").placeholder("THRESHOLD");
pub const MEMORY: Flag = Flag::bool("memory", "Keeps its state in memory");
pub const REPLICAS: Flag = Flag::int("replicas", "On how many servers its state is kept");
pub const METADATA: Flag =
    Flag::new("metadata", Kind::Map, "Notes kept with the consumer").repeats().placeholder("META");
pub const JSON: Flag = Flag::bool("json", "Prints JSON").short('j');
pub const FORCE: Flag = Flag::bool("force", "Acts without asking").short('f');
pub const NO_SELECT: Flag = Flag::bool("no-select", "Never lists consumers to choose from");
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
const BACKOFFS: &[Flag] = &[BACKOFF, BACKOFF_STEPS, BACKOFF_MIN, BACKOFF_MAX];
const OUTSTANDING: &[Flag] = &[MAX_DELIVER, MAX_OUTSTANDING, MAX_PENDING];
const PULLS: &[Flag] = &[MAX_PULL_BATCH, MAX_PULL_EXPIRE, MAX_PULL_BYTES];

pub const ADD: &[Flag] = &joined::<39>(&[SOURCES, COPY, &[DEFAULTS]]);

pub const COPY: &[Flag] = &joined::<35>(&[
    &[ACK, BPS],
    BACKOFFS,
    &[DELIVER, DELIVER_GROUP, DESCRIPTION, EPHEMERAL, FILTER, FLOW_CONTROL, HEARTBEAT, HEADERS_ONLY],
    OUTSTANDING,
    &[MAX_WAITING],
    PULLS,
    &[
        PULL,
        REPLAY,
        SAMPLE,
        TARGET,
        WAIT,
        INACTIVE_THRESHOLD,
        MEMORY,
        REPLICAS,
        METADATA,
        PAUSE,
        PINNED_GROUPS,
        PINNED_TTL,
        OVERFLOW_GROUPS,
        PRIORITIZED_GROUPS,
    ],
]);

pub const EDIT: &[Flag] = &joined::<23>(&[
    CHANGES,
    BACKOFFS,
    &[DESCRIPTION, FILTER, HEADERS_ONLY],
    OUTSTANDING,
    PULLS,
    &[SAMPLE, TARGET, WAIT, INACTIVE_THRESHOLD, REPLICAS, METADATA],
]);
