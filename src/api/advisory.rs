//! What JetStream announces under `$JS.EVENT.>`.
//!
//! Source: nats-server `server/jetstream_events.go`.

use super::{Nanos, StreamState};
use crate::json::{FromJson, ToJson};
use crate::time::Timestamp;

pub const ADVISORY_PREFIX: &str = "$JS.EVENT.ADVISORY";
pub const METRIC_PREFIX: &str = "$JS.EVENT.METRIC";
pub const ADVISORY_TYPE_PREFIX: &str = "io.nats.jetstream.advisory.v1.";

/// Who asked for something, as advisories and the audit of the API tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct ClientInfo {
    pub start: Timestamp,
    pub host: String,
    pub id: u64,
    /// The account.
    pub acc: String,
    #[json(omit_empty)]
    pub user: String,
    #[json(omit_empty)]
    pub name: String,
    #[json(omit_empty)]
    pub lang: String,
    #[json(omit_empty)]
    pub ver: String,
    /// Round trip, in nanoseconds.
    pub rtt: Nanos,
    /// The server's name.
    pub server: String,
    pub kind: String,
    pub client_type: String,
}

/// A delivery count was used up: the pointer a dead-letter queue is made of.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
pub struct MaxDeliveries {
    #[json(rename = "type")]
    pub kind: String,
    pub id: String,
    pub timestamp: Timestamp,
    pub stream: String,
    pub consumer: String,
    pub stream_seq: u64,
    pub deliveries: u64,
}

/// A stream came, changed or went.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
pub struct StreamAction {
    #[json(rename = "type")]
    pub kind: String,
    pub id: String,
    pub timestamp: Timestamp,
    pub stream: String,
    /// `create`, `modify` or `delete`.
    pub action: String,
}

/// One answered API request.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
pub struct ApiAudit {
    #[json(rename = "type")]
    pub kind: String,
    pub id: String,
    pub timestamp: Timestamp,
    pub server: String,
    pub client: ClientInfo,
    pub subject: String,
    #[json(default, omit_empty)]
    pub request: String,
    pub response: String,
}

/// An atomic batch was dropped before its end.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
pub struct BatchAbandoned {
    #[json(rename = "type")]
    pub kind: String,
    pub id: String,
    pub timestamp: Timestamp,
    pub stream: String,
    pub batch: String,
    /// `timeout`, `large`, `incomplete` or `unsupported`.
    pub reason: String,
}

/// A backup of a stream begins.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
pub struct SnapshotCreate {
    #[json(rename = "type")]
    pub kind: String,
    pub id: String,
    pub timestamp: Timestamp,
    pub stream: String,
    pub state: StreamState,
    pub client: ClientInfo,
}

/// A backup was sent, or not: `error` is empty when it was.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
pub struct SnapshotComplete {
    #[json(rename = "type")]
    pub kind: String,
    pub id: String,
    pub timestamp: Timestamp,
    pub stream: String,
    pub start: Timestamp,
    pub end: Timestamp,
    pub client: ClientInfo,
    #[json(default, omit_empty)]
    pub error: String,
}

/// A stream is being made from a backup.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
pub struct RestoreCreate {
    #[json(rename = "type")]
    pub kind: String,
    pub id: String,
    pub timestamp: Timestamp,
    pub stream: String,
    pub client: ClientInfo,
}

/// No more comes of a backup, whether a stream was made of it or not.
#[derive(Clone, Debug, PartialEq, Eq, ToJson, FromJson)]
pub struct RestoreComplete {
    #[json(rename = "type")]
    pub kind: String,
    pub id: String,
    pub timestamp: Timestamp,
    pub stream: String,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Taken in.
    pub bytes: u64,
    pub client: ClientInfo,
}
