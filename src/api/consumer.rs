//! Consumers: configuration, state, pull requests. Field order is the server's.

use super::{Nanos, is_default, limit};
use crate::map::Map;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Where in the stream a new consumer starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliverPolicy {
    #[default]
    #[serde(alias = "undefined")]
    All,
    Last,
    New,
    ByStartSequence,
    ByStartTime,
    LastPerSubject,
}

/// What an acknowledgement means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayPolicy {
    #[default]
    Instant,
    /// At the pace the messages were stored.
    Original,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriorityPolicy {
    #[default]
    None,
    Overflow,
    PinnedClient,
    Prioritized,
}

/// What a consumer is asked to be. Zero and empty values are left out on the wire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConsumerConfig {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub durable_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    pub deliver_policy: DeliverPolicy,
    #[serde(skip_serializing_if = "is_default")]
    pub opt_start_seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opt_start_time: Option<Timestamp>,
    pub ack_policy: AckPolicy,
    #[serde(skip_serializing_if = "Nanos::is_zero")]
    pub ack_wait: Nanos,
    /// `-1` is without end.
    #[serde(skip_serializing_if = "is_default")]
    pub max_deliver: i64,
    /// `Some(vec![])` and `None` differ when a create is compared with what exists.
    #[serde(skip_serializing_if = "none_or_empty")]
    pub backoff: Option<Vec<Nanos>>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filter_subject: String,
    #[serde(skip_serializing_if = "none_or_empty")]
    pub filter_subjects: Option<Vec<String>>,
    pub replay_policy: ReplayPolicy,
    #[serde(rename = "rate_limit_bps", skip_serializing_if = "is_default")]
    pub rate_limit_bits_per_sec: u64,
    #[serde(rename = "sample_freq", skip_serializing_if = "String::is_empty")]
    pub sample_frequency: String,
    #[serde(skip_serializing_if = "is_default")]
    pub max_waiting: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub max_ack_pending: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub flow_control: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub headers_only: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub max_batch: i64,
    #[serde(skip_serializing_if = "Nanos::is_zero")]
    pub max_expires: Nanos,
    #[serde(skip_serializing_if = "is_default")]
    pub max_bytes: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub deliver_subject: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub deliver_group: String,
    #[serde(skip_serializing_if = "Nanos::is_zero")]
    pub idle_heartbeat: Nanos,
    #[serde(skip_serializing_if = "Nanos::is_zero")]
    pub inactive_threshold: Nanos,
    pub num_replicas: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub mem_storage: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub direct: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub sourcing: bool,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "none_or_empty")]
    pub priority_groups: Option<Vec<String>>,
    #[serde(skip_serializing_if = "is_default")]
    pub priority_policy: PriorityPolicy,
    #[serde(skip_serializing_if = "Nanos::is_zero")]
    pub priority_timeout: Nanos,
}

fn none_or_empty<T>(list: &Option<Vec<T>>) -> bool {
    list.as_ref().is_none_or(Vec::is_empty)
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SequenceInfo {
    pub consumer_seq: u64,
    pub stream_seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_active: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PriorityGroupState {
    pub group: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pinned_client_id: String,
    #[serde(with = "crate::time::zero_time")]
    pub pinned_ts: Option<Timestamp>,
}

/// Where a consumer stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConsumerInfo {
    pub stream_name: String,
    pub name: String,
    #[serde(with = "crate::time::zero_time")]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<super::stream::ClusterInfo>,
    #[serde(skip_serializing_if = "is_default")]
    pub push_bound: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub paused: bool,
    #[serde(skip_serializing_if = "Nanos::is_zero")]
    pub pause_remaining: Nanos,
    #[serde(with = "crate::time::zero_time")]
    pub ts: Option<Timestamp>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub priority_groups: Vec<PriorityGroupState>,
    /// Only in answers to RESET.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_seq: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CreateAction {
    #[default]
    #[serde(rename = "")]
    CreateOrUpdate,
    #[serde(rename = "create")]
    Create,
    #[serde(rename = "update")]
    Update,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateConsumerRequest {
    pub stream_name: String,
    pub config: ConsumerConfig,
    #[serde(skip_serializing_if = "is_default")]
    pub action: CreateAction,
    #[serde(skip_serializing_if = "is_default")]
    pub pedantic: bool,
}

/// A page of `T`, for CONSUMER.NAMES and CONSUMER.LIST.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConsumerPage<T> {
    pub total: u64,
    pub offset: u64,
    pub limit: u64,
    pub consumers: Option<Vec<T>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PauseResponse {
    pub paused: bool,
    #[serde(with = "crate::time::zero_time")]
    pub pause_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Nanos::is_zero")]
    pub pause_remaining: Nanos,
}

/// Body of CONSUMER.MSG.NEXT.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PullRequest {
    #[serde(skip_serializing_if = "Nanos::is_zero")]
    pub expires: Nanos,
    #[serde(skip_serializing_if = "is_default")]
    pub batch: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub max_bytes: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub no_wait: bool,
    #[serde(rename = "idle_heartbeat", skip_serializing_if = "Nanos::is_zero")]
    pub heartbeat: Nanos,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    #[serde(skip_serializing_if = "is_default")]
    pub min_pending: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub min_ack_pending: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    #[serde(skip_serializing_if = "is_default")]
    pub priority: i64,
}

/// CONSUMER.NAMES and CONSUMER.LIST.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConsumerListRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub offset: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filter: String,
}

/// Body of CONSUMER.PAUSE; no time resumes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PauseRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_until: Option<Timestamp>,
}

/// Body of CONSUMER.RESET.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResetRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub seq: u64,
}

/// Body of CONSUMER.UNPIN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnpinRequest {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
}
