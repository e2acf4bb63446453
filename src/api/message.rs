//! Messages in streams: publish acks and the ways to read one.

use super::{Error, is_default};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The answer to a publish into a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PubAck {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
    pub stream: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub domain: String,
    pub seq: u64,
    #[serde(skip_serializing_if = "is_default")]
    pub duplicate: bool,
    /// The new value of a counter, as a decimal of any length.
    #[serde(rename = "val", skip_serializing_if = "String::is_empty")]
    pub value: String,
    #[serde(rename = "batch", skip_serializing_if = "String::is_empty")]
    pub batch_id: String,
    #[serde(rename = "count", skip_serializing_if = "is_default")]
    pub batch_size: u64,
}

/// Body of STREAM.MSG.GET.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMessageRequest {
    #[serde(skip_serializing_if = "is_default")]
    pub seq: u64,
    #[serde(rename = "last_by_subj", skip_serializing_if = "String::is_empty")]
    pub last_by_subject: String,
    #[serde(rename = "next_by_subj", skip_serializing_if = "String::is_empty")]
    pub next_by_subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    #[serde(rename = "no_hdr", skip_serializing_if = "is_default")]
    pub no_headers: bool,
}

/// Body of DIRECT.GET: [`GetMessageRequest`] and what reads several messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DirectGetRequest {
    #[serde(flatten)]
    pub one: GetMessageRequest,
    #[serde(skip_serializing_if = "is_default")]
    pub batch: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub max_bytes: i64,
    #[serde(rename = "multi_last", skip_serializing_if = "Vec::is_empty")]
    pub last_by_subjects: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub up_to_seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to_time: Option<Timestamp>,
}

/// A message as STREAM.MSG.GET shows it; `hdrs` and `data` are base64.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredMessage {
    pub subject: String,
    pub seq: u64,
    #[serde(rename = "hdrs", skip_serializing_if = "String::is_empty")]
    pub headers: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub data: String,
    #[serde(with = "crate::time::zero_time")]
    pub time: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMessageResponse {
    pub message: StoredMessage,
}

/// Body of STREAM.MSG.DELETE.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteMessageRequest {
    pub seq: u64,
    #[serde(skip_serializing_if = "is_default")]
    pub no_erase: bool,
}
