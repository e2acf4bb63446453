//! Streams: configuration, state and the requests about them. Field order is the server's.

use super::{Error, Nanos, limit};
use crate::json::{FromJson, ToJson};
use crate::map::Map;
use crate::pack::Pack;
use crate::subject::Subject;
use crate::time::{Timestamp, zero_time};
use std::time::Duration;

/// When messages leave besides the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(rename_all = "lowercase")]
pub enum Retention {
    #[default]
    Limits,
    /// Once every consumer that wants a message has acknowledged it.
    Interest,
    /// Once its one consumer has acknowledged it.
    WorkQueue,
}

/// What a full stream does with the next message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(rename_all = "lowercase")]
pub enum Discard {
    #[default]
    Old,
    New,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(rename_all = "lowercase")]
pub enum Storage {
    #[default]
    File,
    Memory,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(rename_all = "lowercase")]
pub enum Compression {
    #[default]
    None,
    S2,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(rename_all = "lowercase")]
pub enum PersistMode {
    #[default]
    #[json(alias = "")]
    Default,
    Async,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(default)]
pub struct Placement {
    #[json(omit_empty)]
    pub cluster: String,
    #[json(omit_empty)]
    pub tags: Vec<String>,
    #[json(omit_empty)]
    pub preferred: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(default)]
pub struct External {
    pub api: String,
    pub deliver: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(default)]
pub struct SubjectTransform {
    pub src: String,
    pub dest: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(default)]
pub struct Republish {
    #[json(omit_empty)]
    pub src: String,
    pub dest: String,
    #[json(omit_empty)]
    pub headers_only: bool,
}

/// A pre-made durable a mirror or source reads from.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(default)]
pub struct SourceConsumer {
    #[json(omit_empty)]
    pub name: String,
    #[json(omit_empty)]
    pub deliver_subject: String,
}

/// Where a mirror or a source copies from.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(default)]
pub struct StreamSource {
    pub name: String,
    #[json(omit_empty)]
    pub opt_start_seq: u64,
    #[json(omit_empty)]
    pub opt_start_time: Option<Timestamp>,
    #[json(omit_empty)]
    pub filter_subject: String,
    #[json(omit_empty)]
    pub subject_transforms: Vec<SubjectTransform>,
    #[json(omit_empty)]
    pub external: Option<External>,
    #[json(omit_empty)]
    pub consumer: Option<SourceConsumer>,
}

/// Defaults and bounds a stream gives its consumers.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(default)]
pub struct ConsumerLimits {
    #[json(omit_empty)]
    pub inactive_threshold: Nanos,
    #[json(omit_empty)]
    pub max_ack_pending: i64,
}

/// What a stream is asked to be. `-1` is "no limit"; see the accessor methods.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(default)]
pub struct StreamConfig {
    pub name: String,
    #[json(omit_empty)]
    pub description: String,
    #[json(omit_empty)]
    pub subjects: Vec<String>,
    pub retention: Retention,
    pub max_consumers: i64,
    pub max_msgs: i64,
    pub max_bytes: i64,
    pub max_age: Nanos,
    pub max_msgs_per_subject: i64,
    #[json(omit_empty)]
    pub max_msg_size: i32,
    pub discard: Discard,
    pub storage: Storage,
    pub num_replicas: i64,
    #[json(omit_empty)]
    pub no_ack: bool,
    #[json(omit_empty)]
    pub duplicate_window: Nanos,
    #[json(omit_empty)]
    pub placement: Option<Placement>,
    #[json(omit_empty)]
    pub mirror: Option<StreamSource>,
    #[json(omit_empty)]
    pub sources: Vec<StreamSource>,
    pub compression: Compression,
    #[json(omit_empty)]
    pub first_seq: u64,
    #[json(omit_empty)]
    pub subject_transform: Option<SubjectTransform>,
    #[json(omit_empty)]
    pub republish: Option<Republish>,
    pub allow_direct: bool,
    pub mirror_direct: bool,
    #[json(omit_empty)]
    pub discard_new_per_subject: bool,
    pub sealed: bool,
    pub deny_delete: bool,
    pub deny_purge: bool,
    pub allow_rollup_hdrs: bool,
    pub consumer_limits: ConsumerLimits,
    pub allow_msg_ttl: bool,
    #[json(omit_empty)]
    pub subject_delete_marker_ttl: Nanos,
    #[json(omit_empty)]
    pub allow_msg_counter: bool,
    #[json(omit_empty)]
    pub allow_atomic: bool,
    #[json(omit_empty)]
    pub allow_msg_schedules: bool,
    #[json(omit_empty)]
    pub persist_mode: PersistMode,
    #[json(omit_empty)]
    pub allow_batched: bool,
    pub metadata: Map<String, String>,
}

impl Default for StreamConfig {
    fn default() -> Self {
        StreamConfig {
            name: String::new(),
            description: String::new(),
            subjects: Vec::new(),
            retention: Retention::Limits,
            max_consumers: -1,
            max_msgs: -1,
            max_bytes: -1,
            max_age: Nanos::ZERO,
            max_msgs_per_subject: -1,
            max_msg_size: -1,
            discard: Discard::Old,
            storage: Storage::File,
            num_replicas: 0,
            no_ack: false,
            duplicate_window: Nanos::ZERO,
            placement: None,
            mirror: None,
            sources: Vec::new(),
            compression: Compression::None,
            first_seq: 0,
            subject_transform: None,
            republish: None,
            allow_direct: false,
            mirror_direct: false,
            discard_new_per_subject: false,
            sealed: false,
            deny_delete: false,
            deny_purge: false,
            allow_rollup_hdrs: false,
            consumer_limits: ConsumerLimits::default(),
            allow_msg_ttl: false,
            subject_delete_marker_ttl: Nanos::ZERO,
            allow_msg_counter: false,
            allow_atomic: false,
            allow_msg_schedules: false,
            persist_mode: PersistMode::Default,
            allow_batched: false,
            metadata: Map::new(),
        }
    }
}

impl StreamConfig {
    pub fn max_msgs_limit(&self) -> Option<u64> {
        limit(self.max_msgs)
    }

    pub fn max_bytes_limit(&self) -> Option<u64> {
        limit(self.max_bytes)
    }

    pub fn max_msgs_per_subject_limit(&self) -> Option<u64> {
        limit(self.max_msgs_per_subject)
    }

    /// Largest header plus payload, in bytes.
    pub fn max_msg_size_limit(&self) -> Option<u64> {
        limit(self.max_msg_size.into())
    }

    pub fn max_consumers_limit(&self) -> Option<u64> {
        limit(self.max_consumers)
    }

    pub fn max_age_limit(&self) -> Option<Duration> {
        self.max_age.duration()
    }
}

/// What is in a stream now.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct StreamState {
    pub messages: u64,
    pub bytes: u64,
    pub first_seq: u64,
    #[json(written = "zero_time::Written", slot = "zero_time::Slot")]
    pub first_ts: Option<Timestamp>,
    pub last_seq: u64,
    #[json(written = "zero_time::Written", slot = "zero_time::Slot")]
    pub last_ts: Option<Timestamp>,
    #[json(omit_empty)]
    pub num_subjects: u64,
    /// Messages per subject; only when asked for with `subjects_filter`.
    #[json(omit_empty)]
    pub subjects: Option<Map<Subject, u64>>,
    #[json(omit_empty)]
    pub num_deleted: u64,
    /// Sequences missing inside the range; only when asked for with `deleted_details`.
    #[json(omit_empty)]
    pub deleted: Option<Vec<u64>>,
    pub consumer_count: usize,
}

/// How far a mirror or source has come.
#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson)]
#[json(default)]
pub struct SourceInfo {
    pub name: String,
    #[json(omit_empty)]
    pub external: Option<External>,
    pub lag: u64,
    #[json(omit_empty)]
    pub seq: u64,
    /// Nanoseconds since the last contact; -1 if there never was one.
    pub active: i64,
    #[json(omit_empty)]
    pub error: Option<Error>,
    #[json(omit_empty)]
    pub filter_subject: String,
    #[json(omit_empty)]
    pub subject_transforms: Vec<SubjectTransform>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct ClusterInfo {
    #[json(omit_empty)]
    pub name: String,
    #[json(omit_empty)]
    pub leader: String,
}

/// Body of CREATE, UPDATE and INFO answers, and each entry of LIST.
#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson)]
#[json(default)]
pub struct StreamInfo {
    /// Paging figures, in INFO answers only.
    #[json(omit_empty)]
    pub total: Option<u64>,
    #[json(omit_empty)]
    pub offset: Option<u64>,
    #[json(omit_empty)]
    pub limit: Option<u64>,
    pub config: StreamConfig,
    #[json(written = "zero_time::Written", slot = "zero_time::Slot")]
    pub created: Option<Timestamp>,
    pub state: StreamState,
    #[json(omit_empty)]
    pub domain: Option<String>,
    #[json(omit_empty)]
    pub cluster: Option<ClusterInfo>,
    #[json(omit_empty)]
    pub mirror: Option<SourceInfo>,
    #[json(omit_empty)]
    pub sources: Vec<SourceInfo>,
    #[json(written = "zero_time::Written", slot = "zero_time::Slot")]
    pub ts: Option<Timestamp>,
    #[json(omit_empty)]
    pub did_create: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct StreamInfoRequest {
    #[json(omit_empty)]
    pub offset: i64,
    #[json(omit_empty)]
    pub deleted_details: bool,
    #[json(omit_empty)]
    pub subjects_filter: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct PurgeRequest {
    /// Everything below this sequence.
    #[json(omit_empty)]
    pub seq: u64,
    #[json(omit_empty)]
    pub filter: String,
    /// All but the newest so many.
    #[json(omit_empty)]
    pub keep: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct PurgeResponse {
    pub success: bool,
    pub purged: u64,
}

/// STREAM.NAMES and STREAM.LIST.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct StreamListRequest {
    pub offset: i64,
    #[json(omit_empty)]
    pub subject: String,
}

/// A page of `T`. `streams` is `null` when NAMES finds none.
#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson)]
#[json(default)]
pub struct StreamPage<T> {
    pub total: u64,
    pub offset: u64,
    pub limit: u64,
    pub streams: Option<Vec<T>>,
}

/// Body of CREATE and UPDATE.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct CreateStreamRequest {
    #[json(flatten)]
    pub config: StreamConfig,
    /// Refuse what would otherwise be put right silently.
    #[json(omit_empty)]
    pub pedantic: bool,
}
