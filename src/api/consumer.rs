//! Consumers: configuration, state, pull requests. Field order is the server's.

use super::{Nanos, limit};
use crate::json::{FromJson, ToJson, Writer};
use crate::map::Map;
use crate::pack::Pack;
use crate::time::Timestamp;

/// Where in the stream a new consumer starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(rename_all = "snake_case")]
pub enum DeliverPolicy {
    #[default]
    #[json(alias = "undefined")]
    All,
    Last,
    New,
    ByStartSequence,
    ByStartTime,
    LastPerSubject,
}

/// What an acknowledgement means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(rename_all = "snake_case")]
pub enum AckPolicy {
    /// Delivered is done.
    #[default]
    None,
    /// One ack stands for every earlier delivery.
    All,
    Explicit,
    /// Acks ride on flow control; for mirrors and sources.
    FlowControl,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(rename_all = "snake_case")]
pub enum ReplayPolicy {
    #[default]
    Instant,
    /// At the pace the messages were stored.
    Original,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(rename_all = "snake_case")]
pub enum PriorityPolicy {
    #[default]
    None,
    Overflow,
    PinnedClient,
    Prioritized,
}

/// What a consumer is asked to be. Zero and empty values are left out on the wire.
#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson, Pack)]
#[json(default)]
pub struct ConsumerConfig {
    #[json(omit_empty)]
    pub durable_name: String,
    #[json(omit_empty)]
    pub name: String,
    #[json(omit_empty)]
    pub description: String,
    pub deliver_policy: DeliverPolicy,
    #[json(omit_empty)]
    pub opt_start_seq: u64,
    #[json(omit_empty)]
    pub opt_start_time: Option<Timestamp>,
    pub ack_policy: AckPolicy,
    #[json(omit_empty)]
    pub ack_wait: Nanos,
    /// `-1` is without end.
    #[json(omit_empty)]
    pub max_deliver: i64,
    /// `Some(vec![])` and `None` differ when a create is compared with what exists.
    #[json(omit_empty, written = "ListOrNone")]
    pub backoff: Option<Vec<Nanos>>,
    #[json(omit_empty)]
    pub filter_subject: String,
    #[json(omit_empty, written = "ListOrNone")]
    pub filter_subjects: Option<Vec<String>>,
    pub replay_policy: ReplayPolicy,
    #[json(rename = "rate_limit_bps", omit_empty)]
    pub rate_limit_bits_per_sec: u64,
    #[json(rename = "sample_freq", omit_empty)]
    pub sample_frequency: String,
    #[json(omit_empty)]
    pub max_waiting: i64,
    #[json(omit_empty)]
    pub max_ack_pending: i64,
    #[json(omit_empty)]
    pub flow_control: bool,
    #[json(omit_empty)]
    pub headers_only: bool,
    #[json(omit_empty)]
    pub max_batch: i64,
    #[json(omit_empty)]
    pub max_expires: Nanos,
    #[json(omit_empty)]
    pub max_bytes: i64,
    #[json(omit_empty)]
    pub deliver_subject: String,
    #[json(omit_empty)]
    pub deliver_group: String,
    #[json(omit_empty)]
    pub idle_heartbeat: Nanos,
    #[json(omit_empty)]
    pub inactive_threshold: Nanos,
    pub num_replicas: i64,
    #[json(omit_empty)]
    pub mem_storage: bool,
    #[json(omit_empty)]
    pub direct: bool,
    #[json(omit_empty)]
    pub sourcing: bool,
    #[json(omit_empty)]
    pub metadata: Map<String, String>,
    #[json(omit_empty)]
    pub pause_until: Option<Timestamp>,
    #[json(omit_empty, written = "ListOrNone")]
    pub priority_groups: Option<Vec<String>>,
    #[json(omit_empty)]
    pub priority_policy: PriorityPolicy,
    #[json(omit_empty)]
    pub priority_timeout: Nanos,
}

/// Left out when it is empty, too.
struct ListOrNone<'a, T>(&'a Option<Vec<T>>);

impl<T: ToJson> ToJson for ListOrNone<'_, T> {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
    }
    fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(Vec::is_empty)
    }
}

impl ConsumerConfig {
    pub fn is_pull(&self) -> bool {
        self.deliver_subject.is_empty()
    }

    pub fn is_durable(&self) -> bool {
        !self.durable_name.is_empty()
    }

    /// Deliveries of one message at most.
    pub fn max_deliver_limit(&self) -> Option<u64> {
        limit(self.max_deliver)
    }

    /// Deliveries that may wait for an ack at the same time.
    pub fn max_ack_pending_limit(&self) -> Option<u64> {
        limit(self.max_ack_pending)
    }

    /// The filters, however they were given. None means everything.
    pub fn filters(&self) -> Vec<&str> {
        match &self.filter_subjects {
            Some(filters) if !filters.is_empty() => filters.iter().map(String::as_str).collect(),
            _ if self.filter_subject.is_empty() => Vec::new(),
            _ => vec![&self.filter_subject],
        }
    }
}

/// A pair of sequences, with the time of the last move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct SequenceInfo {
    pub consumer_seq: u64,
    pub stream_seq: u64,
    #[json(omit_empty)]
    pub last_active: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct PriorityGroupState {
    pub group: String,
    #[json(omit_empty)]
    pub pinned_client_id: String,
    #[json(written = "crate::time::zero_time::Written", slot = "crate::time::zero_time::Slot")]
    pub pinned_ts: Option<Timestamp>,
}

/// Where a consumer stands.
#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson)]
#[json(default)]
pub struct ConsumerInfo {
    pub stream_name: String,
    pub name: String,
    #[json(written = "crate::time::zero_time::Written", slot = "crate::time::zero_time::Slot")]
    pub created: Option<Timestamp>,
    pub config: ConsumerConfig,
    pub delivered: SequenceInfo,
    pub ack_floor: SequenceInfo,
    /// Delivered, not acknowledged.
    pub num_ack_pending: u64,
    pub num_redelivered: u64,
    /// Open pull requests.
    pub num_waiting: u64,
    /// Stored, matching, not yet delivered.
    pub num_pending: u64,
    #[json(omit_empty)]
    pub cluster: Option<super::stream::ClusterInfo>,
    #[json(omit_empty)]
    pub push_bound: bool,
    #[json(omit_empty)]
    pub paused: bool,
    #[json(omit_empty)]
    pub pause_remaining: Nanos,
    #[json(written = "crate::time::zero_time::Written", slot = "crate::time::zero_time::Slot")]
    pub ts: Option<Timestamp>,
    #[json(omit_empty)]
    pub priority_groups: Vec<PriorityGroupState>,
    /// Only in answers to RESET.
    #[json(omit_empty)]
    pub reset_seq: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
pub enum CreateAction {
    #[default]
    #[json(rename = "")]
    CreateOrUpdate,
    #[json(rename = "create")]
    Create,
    #[json(rename = "update")]
    Update,
}

#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson)]
#[json(default)]
pub struct CreateConsumerRequest {
    pub stream_name: String,
    pub config: ConsumerConfig,
    #[json(omit_empty)]
    pub action: CreateAction,
    #[json(omit_empty)]
    pub pedantic: bool,
}

/// A page of `T`, for CONSUMER.NAMES and CONSUMER.LIST.
#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson)]
#[json(default)]
pub struct ConsumerPage<T> {
    pub total: u64,
    pub offset: u64,
    pub limit: u64,
    pub consumers: Option<Vec<T>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct PauseResponse {
    pub paused: bool,
    #[json(written = "crate::time::zero_time::Written", slot = "crate::time::zero_time::Slot")]
    pub pause_until: Option<Timestamp>,
    #[json(omit_empty)]
    pub pause_remaining: Nanos,
}

/// Body of CONSUMER.MSG.NEXT.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson, Pack)]
#[json(default)]
pub struct PullRequest {
    #[json(omit_empty)]
    pub expires: Nanos,
    #[json(omit_empty)]
    pub batch: i64,
    #[json(omit_empty)]
    pub max_bytes: i64,
    #[json(omit_empty)]
    pub no_wait: bool,
    #[json(rename = "idle_heartbeat", omit_empty)]
    pub heartbeat: Nanos,
    #[json(omit_empty)]
    pub group: String,
    #[json(omit_empty)]
    pub min_pending: i64,
    #[json(omit_empty)]
    pub min_ack_pending: i64,
    #[json(omit_empty)]
    pub id: String,
    #[json(omit_empty)]
    pub priority: i64,
}

/// CONSUMER.NAMES and CONSUMER.LIST.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct ConsumerListRequest {
    #[json(omit_empty)]
    pub offset: i64,
    #[json(omit_empty)]
    pub filter: String,
}

/// Body of CONSUMER.PAUSE; no time resumes.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct PauseRequest {
    #[json(omit_empty)]
    pub pause_until: Option<Timestamp>,
}

/// Body of CONSUMER.RESET.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct ResetRequest {
    #[json(omit_empty)]
    pub seq: u64,
}

/// Body of CONSUMER.UNPIN.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct UnpinRequest {
    #[json(omit_empty)]
    pub group: String,
}
