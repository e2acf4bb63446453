//! Facts for observers: what happened in the server, when, to which message.
//!
//! The engine tells; it does not know who listens or how it is drawn. Every fact is told exactly once, in the order it
//! became true. A message keeps its [`MessageId`] from the publish through storing, every delivery and every answer.

use super::{CloseReason, ConnId};
use crate::api::{ConsumerConfig, Error, PullRequest, StreamConfig};
use crate::json::ToJson;
use crate::pack::Pack;
use crate::protocol::Sid;
use crate::subject::Subject;
use crate::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// A name of a stream or a consumer.
pub type Name = Arc<str>;

/// One published message, however often it is copied, stored or delivered. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ToJson, Pack)]
pub struct MessageId(pub u64);

#[derive(Clone, Debug, PartialEq, ToJson)]
pub struct Event {
    pub at: Timestamp,
    /// Counts the facts of one server from 1, without gaps.
    pub ordinal: u64,
    #[json(flatten)]
    pub fact: Fact,
}

/// Who published a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToJson)]
#[json(rename_all = "snake_case")]
pub enum Origin {
    Client(ConnId),
    /// The server itself: answers, advisories, republished copies.
    Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ToJson)]
#[json(rename_all = "snake_case")]
pub enum RemovalReason {
    /// `max_age`.
    Age,
    /// The message's own `Nats-TTL`.
    Ttl,
    /// `max_msgs`.
    Count,
    /// `max_bytes`.
    Bytes,
    /// `max_msgs_per_subject`.
    PerSubject,
    /// Acknowledged, on an interest or work queue stream.
    Acked,
    /// Nobody wants it any more, on an interest stream.
    NoInterest,
    Purged,
    Deleted,
    Rollup,
}

/// What a client answered to a delivery.
#[derive(Clone, Debug, PartialEq, Eq, ToJson)]
#[json(rename_all = "snake_case")]
pub enum AckKind {
    Ack,
    Nak {
        delay: Option<Duration>,
    },
    InProgress,
    /// Ack, and send the next one.
    Next,
    Term {
        reason: Option<String>,
    },
}

/// Why a pull request is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToJson)]
#[json(rename_all = "snake_case")]
pub enum PullEnd {
    /// It got its batch.
    Filled,
    Expired,
    /// A no-wait request and nothing (more) to give.
    NoMessages,
    MaxBytes,
    /// Nobody listens on its reply subject any more.
    NoInterest,
    ConsumerDeleted,
    /// Refused outright: 409 with this reason elsewhere in the status.
    Refused,
}

/// Who could have got a message of a queue group: those who could not take it and were passed over are not among them.
#[derive(Clone, Debug, PartialEq, Eq, ToJson)]
pub struct Draw {
    pub queue: Subject,
    /// Two at least, in the order of the group.
    pub members: Vec<Member>,
}

/// A subscription of a queue group.
#[derive(Clone, Debug, PartialEq, Eq, ToJson)]
pub struct Member {
    pub conn: ConnId,
    pub sid: Sid,
}

/// A fact. Durations are nanoseconds-exact; sequences are of the stream unless they say `consumer`.
#[derive(Clone, Debug, PartialEq, ToJson)]
#[json(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    // Connections.
    Connected {
        conn: ConnId,
        name: String,
    },
    Disconnected {
        conn: ConnId,
        reason: CloseReason,
    },
    Subscribed {
        conn: ConnId,
        sid: Sid,
        subject: Subject,
        queue: Option<Subject>,
    },
    Unsubscribed {
        conn: ConnId,
        sid: Sid,
    },

    // Core messages.
    Published {
        message: MessageId,
        origin: Origin,
        subject: Subject,
        reply: Option<Subject>,
        bytes: usize,
    },
    /// A copy left for one subscription.
    Delivered {
        message: MessageId,
        conn: ConnId,
        sid: Sid,
        subject: Subject,
        bytes: usize,
        /// It was drawn among the members of a queue group.
        draw: Option<Arc<Draw>>,
    },
    /// Nobody wanted it: neither a subscription nor a stream.
    Unwanted {
        message: MessageId,
        subject: Subject,
    },
    /// A 503 went to the publisher who asked for an answer.
    NoResponders {
        message: MessageId,
        conn: ConnId,
        subject: Subject,
    },

    // Streams.
    /// `config` as the server completed it, here and below.
    StreamCreated {
        stream: Name,
        config: Arc<StreamConfig>,
    },
    StreamUpdated {
        stream: Name,
        config: Arc<StreamConfig>,
    },
    StreamDeleted {
        stream: Name,
    },
    Stored {
        message: MessageId,
        stream: Name,
        stream_seq: u64,
        subject: Subject,
        bytes: usize,
        /// What it counts for in the stream's size: more than `bytes`, keeping it costs something.
        stored_bytes: u64,
    },
    /// The stream took the message but keeps nothing of it: nobody is interested.
    NotKept {
        message: MessageId,
        stream: Name,
        stream_seq: u64,
    },
    Duplicate {
        message: MessageId,
        stream: Name,
        stream_seq: u64,
    },
    Refused {
        message: MessageId,
        stream: Name,
        error: Error,
    },
    Removed {
        stream: Name,
        stream_seq: u64,
        reason: RemovalReason,
    },
    /// Everything stored from `first_seq` to `last_seq` is gone, `count` messages. Told instead of two or more `Removed`.
    RemovedMany {
        stream: Name,
        first_seq: u64,
        last_seq: u64,
        count: u64,
        reason: RemovalReason,
    },

    // Consumers.
    /// Nothing below `start_seq` will be delivered by it.
    ConsumerCreated {
        stream: Name,
        consumer: Name,
        config: Arc<ConsumerConfig>,
        start_seq: u64,
    },
    ConsumerUpdated {
        stream: Name,
        consumer: Name,
        config: Arc<ConsumerConfig>,
    },
    ConsumerDeleted {
        stream: Name,
        consumer: Name,
    },
    ConsumerPaused {
        stream: Name,
        consumer: Name,
        until: Option<Timestamp>,
    },
    PullWaiting {
        stream: Name,
        consumer: Name,
        pull: u64,
        reply: Subject,
        /// Elsewhere, so that every other fact is not as large.
        request: Arc<PullRequest>,
    },
    PullEnded {
        stream: Name,
        consumer: Name,
        pull: u64,
        end: PullEnd,
    },
    /// Sent to a client; `deadline` is when it comes back if nobody answers.
    Dispatched {
        message: MessageId,
        stream: Name,
        consumer: Name,
        stream_seq: u64,
        consumer_seq: u64,
        deliveries: u64,
        deadline: Option<Timestamp>,
    },
    Answered {
        stream: Name,
        consumer: Name,
        stream_seq: u64,
        consumer_seq: u64,
        kind: AckKind,
        conn: Option<ConnId>,
    },
    /// The ack floor reached this pair.
    AckFloor {
        stream: Name,
        consumer: Name,
        consumer_seq: u64,
        stream_seq: u64,
    },
    /// Due again: the ack wait ran out, or a nak asked for it.
    RedeliveryDue {
        stream: Name,
        consumer: Name,
        stream_seq: u64,
    },
    /// Its deliveries are used up.
    GivenUp {
        stream: Name,
        consumer: Name,
        stream_seq: u64,
        deliveries: u64,
    },
    /// An advisory left; `message` is its own id.
    Advisory {
        message: MessageId,
        subject: Subject,
        stream: Name,
        consumer: Option<Name>,
        stream_seq: Option<u64>,
    },

    // The API.
    /// A request was answered, with an error or without. Of what answers with statuses only errors are told.
    Requested {
        message: MessageId,
        conn: Option<ConnId>,
        subject: Subject,
        error: Option<Error>,
    },
}
