//! Stream backups: how one is asked for, how one is put back, and what stands in it besides messages.
//!
//! Source: ADR "JetStream Stream Backup and Restore V2"; nats-server 2.15.1 `server/jetstream_api.go`, observed.

use super::{ConsumerConfig, StreamConfig, StreamState};
use crate::json::{FromJson, ToJson};
use crate::map::Map;

/// STREAM.SNAPSHOT: send a backup to `deliver_subject`.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct SnapshotRequest {
    pub deliver_subject: String,
    #[json(omit_empty)]
    pub no_consumers: bool,
    /// Bytes in a message; 0 for the server's choice.
    #[json(omit_empty)]
    pub chunk_size: i64,
    /// Bytes on the way before the first must be confirmed; 0 for the server's choice.
    #[json(omit_empty)]
    pub window_size: i64,
    /// Has no meaning any more: messages are always checked.
    #[json(omit_empty)]
    pub jsck: bool,
}

/// What the backup that follows is of.
#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson)]
#[json(default)]
pub struct SnapshotResponse {
    pub config: StreamConfig,
    pub state: StreamState,
}

/// STREAM.RESTORE: the configuration comes from here, not from the backup. A `state` may stand beside it; the one in the
/// backup counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct RestoreRequest {
    pub config: StreamConfig,
}

/// Where the pieces of the backup are to be sent, as requests, an empty one last.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct RestoreResponse {
    pub deliver_subject: String,
}

/// One consumer in a backup.
#[derive(Clone, Debug, PartialEq, ToJson, FromJson)]
pub struct ConsumerBackup {
    pub config: ConsumerConfig,
    pub state: ConsumerState,
}

/// Where delivery stood. Keys are stream sequences.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct ConsumerState {
    pub delivered: SequencePair,
    pub ack_floor: SequencePair,
    #[json(omit_empty)]
    pub pending: Map<String, PendingBackup>,
    /// How often they were delivered again.
    #[json(omit_empty)]
    pub redelivered: Map<String, u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct SequencePair {
    pub consumer_seq: u64,
    pub stream_seq: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct PendingBackup {
    /// The consumer's, of the delivery.
    #[json(rename = "Sequence")]
    pub consumer_seq: u64,
    /// Nanoseconds since the Unix epoch.
    #[json(rename = "Timestamp")]
    pub at: i64,
}
