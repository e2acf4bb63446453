//! What JetStream announces under `$JS.EVENT.>`.
//!
//! Source: nats-server `server/jetstream_events.go`.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

pub const ADVISORY_PREFIX: &str = "$JS.EVENT.ADVISORY";
pub const METRIC_PREFIX: &str = "$JS.EVENT.METRIC";
pub const ADVISORY_TYPE_PREFIX: &str = "io.nats.jetstream.advisory.v1.";

/// A delivery count was used up: the pointer a dead-letter queue is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaxDeliveries {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    pub timestamp: Timestamp,
    pub stream: String,
    pub consumer: String,
    pub stream_seq: u64,
    pub deliveries: u64,
}
