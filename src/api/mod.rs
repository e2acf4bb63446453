//! The JSON documents of `$JS.API.>`: what is asked, what is answered, what is announced.
//!
//! Plain data with the wire's names and the wire's numbers; no behaviour of a server or of a client. `-1` and `0` for "no
//! limit" are turned into `Option` by the accessor methods. The ways in are the types themselves and [`Error`].
//! Source: nats-server 2.15 `server/jetstream_api.go`, `server/stream.go`, `server/consumer.go`; ADR-1, ADR-31, ADR-37.

pub mod account;
pub mod advisory;
pub mod backup;
pub mod connections;
pub mod consumer;
mod delivery;
pub mod error;
pub mod message;
pub mod stream;
pub mod strict;

pub use account::{AccountInfo, AccountLimits, ApiStats};
pub use consumer::{
    AckPolicy, ConsumerConfig, ConsumerInfo, CreateAction, CreateConsumerRequest, DeliverPolicy, PriorityGroupState,
    PriorityPolicy, PullRequest, ReplayPolicy, SequenceInfo,
};
pub use delivery::DeliveryInfo;
pub use error::{Error, ErrorCode};
pub use message::{DirectGetRequest, GetMessageRequest, GetMessageResponse, PubAck, StoredMessage};
pub use stream::{
    ConsumerLimits, Discard, External, Placement, PurgeRequest, Republish, Retention, SourceInfo, Storage,
    StreamConfig, StreamInfo, StreamSource, StreamState, SubjectTransform,
};

use crate::json::{self, FromJson, ToJson, Value};
use crate::pack::Pack;
use std::time::Duration;

/// The release this engine behaves like.
pub const SERVER_VERSION: &str = "2.15.1";
/// The JetStream API level of that release.
pub const API_LEVEL: u32 = 5;
/// Prefix of every `type` in a response.
pub const TYPE_PREFIX: &str = "io.nats.jetstream.api.v1.";

/// A duration as the wire has it: nanoseconds, negative ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, ToJson, FromJson, Pack)]
#[json(transparent)]
pub struct Nanos(pub i64);

impl Nanos {
    pub const ZERO: Nanos = Nanos(0);

    pub fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// `None` for zero and below, the wire's "not set".
    pub fn duration(self) -> Option<Duration> {
        (self.0 > 0).then(|| Duration::from_nanos(self.0 as u64))
    }
}

impl From<Duration> for Nanos {
    fn from(duration: Duration) -> Nanos {
        Nanos(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

/// A limit as the wire has it: `-1` (and, in requests, `0`) is none.
pub(crate) fn limit(value: i64) -> Option<u64> {
    (value > 0).then_some(value as u64)
}

/// Any answer of the API: its `type`, and either an error or the body.
#[derive(Clone, Debug, ToJson)]
pub struct Response<T> {
    #[json(rename = "type")]
    pub kind: String,
    #[json(omit_empty)]
    pub error: Option<Error>,
    #[json(flatten)]
    pub body: Option<T>,
}

impl<T: FromJson> FromJson for Response<T> {
    fn from_json(value: &Value) -> Result<Response<T>, json::Error> {
        let members = json::members(value)?;
        let error = json::member(members, "error")?;
        Ok(Response { kind: json::member_or_default(members, "type")?, error, body: T::from_json(value).ok() })
    }
}

/// A document as the server writes it: no blanks, and `<`, `>`, `&` inside strings escaped.
pub fn to_json<T: ToJson>(document: &T) -> Vec<u8> {
    let text = crate::json::write(document);
    // Most hold nothing of the kind; 0xE2 begins the two that are no ASCII.
    if !text.bytes().any(|byte| matches!(byte, b'&' | b'<' | b'>' | 0xE2)) {
        return text.into_bytes();
    }
    let escaped = text.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e");
    escaped.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029").into_bytes()
}

/// `true` and nothing else to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
pub struct Success {
    #[json(default)]
    pub success: bool,
}
