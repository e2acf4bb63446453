//! One revision of one key.

use crate::client::jetstream::{DeliveryInfo, StreamMessage};
use crate::protocol::{Headers, Message};
use crate::time::Timestamp;
use bytes::Bytes;

/// What a revision did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Put,
    /// Gone, its history kept.
    Delete,
    /// Gone with its history, or expired.
    Purge,
}

impl Operation {
    /// Reads the client's own header, then the server's word for why a marker is there.
    fn of(headers: Option<&Headers>) -> Operation {
        let header = |name| headers.and_then(|headers| headers.get(name));
        match (header("KV-Operation"), header("Nats-Marker-Reason")) {
            (Some("DEL"), _) => Operation::Delete,
            (Some("PURGE"), _) => Operation::Purge,
            (_, Some("MaxAge" | "Purge")) => Operation::Purge,
            (_, Some("Remove")) => Operation::Delete,
            _ => Operation::Put,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub bucket: String,
    pub key: String,
    pub value: Bytes,
    pub revision: u64,
    pub created: Option<Timestamp>,
    /// How many newer matching revisions there were when this one was read.
    pub delta: u64,
    pub operation: Operation,
    /// Bytes of the value, known even where the value was left out.
    pub value_bytes: usize,
}

impl Entry {
    /// `None` when the message is under another subject than the bucket's.
    pub(super) fn from_stored(bucket: &str, prefix: &str, message: StreamMessage) -> Option<Entry> {
        Some(Entry {
            bucket: bucket.to_owned(),
            key: message.subject.strip_prefix(prefix)?.to_owned(),
            revision: message.seq,
            created: message.time,
            delta: 0,
            operation: Operation::of(message.headers.as_ref()),
            value_bytes: message.payload.len(),
            value: message.payload,
        })
    }

    pub(super) fn from_delivery(bucket: &str, prefix: &str, message: Message, info: &DeliveryInfo) -> Option<Entry> {
        let left_out = message.header("Nats-Msg-Size").and_then(|bytes| bytes.parse().ok());
        Some(Entry {
            bucket: bucket.to_owned(),
            key: message.subject.strip_prefix(prefix)?.to_owned(),
            revision: info.stream_seq,
            created: Some(info.timestamp),
            delta: info.num_pending,
            operation: Operation::of(message.headers.as_ref()),
            value_bytes: left_out.unwrap_or(message.payload.len()),
            value: message.payload,
        })
    }

    pub fn is_deleted(&self) -> bool {
        self.operation != Operation::Put
    }
}
