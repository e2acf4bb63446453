//! Messages in streams: publish acks and the ways to read one.

use super::Error;
use crate::json::{FromJson, ToJson};
use crate::time::Timestamp;

/// The answer to a publish into a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct PubAck {
    #[json(omit_empty)]
    pub error: Option<Error>,
    pub stream: String,
    #[json(omit_empty)]
    pub domain: String,
    pub seq: u64,
    #[json(omit_empty)]
    pub duplicate: bool,
    /// The new value of a counter, as a decimal of any length.
    #[json(rename = "val", omit_empty)]
    pub value: String,
    #[json(rename = "batch", omit_empty)]
    pub batch_id: String,
    #[json(rename = "count", omit_empty)]
    pub batch_size: u64,
}

/// Body of STREAM.MSG.GET.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct GetMessageRequest {
    #[json(omit_empty)]
    pub seq: u64,
    #[json(rename = "last_by_subj", omit_empty)]
    pub last_by_subject: String,
    #[json(rename = "next_by_subj", omit_empty)]
    pub next_by_subject: String,
    #[json(omit_empty)]
    pub start_time: Option<Timestamp>,
    #[json(rename = "no_hdr", omit_empty)]
    pub no_headers: bool,
}

/// Body of DIRECT.GET: [`GetMessageRequest`] and what reads several messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct DirectGetRequest {
    #[json(flatten)]
    pub one: GetMessageRequest,
    #[json(omit_empty)]
    pub batch: i64,
    #[json(omit_empty)]
    pub max_bytes: i64,
    #[json(rename = "multi_last", omit_empty)]
    pub last_by_subjects: Vec<String>,
    #[json(omit_empty)]
    pub up_to_seq: u64,
    #[json(omit_empty)]
    pub up_to_time: Option<Timestamp>,
}

/// A message as STREAM.MSG.GET shows it; `hdrs` and `data` are base64.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct StoredMessage {
    pub subject: String,
    pub seq: u64,
    #[json(rename = "hdrs", omit_empty)]
    pub headers: String,
    #[json(omit_empty)]
    pub data: String,
    #[json(written = "crate::time::zero_time::Written", slot = "crate::time::zero_time::Slot")]
    pub time: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct GetMessageResponse {
    pub message: StoredMessage,
}

/// Body of STREAM.MSG.DELETE.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct DeleteMessageRequest {
    pub seq: u64,
    #[json(omit_empty)]
    pub no_erase: bool,
}
