//! One thing that happened: when, on which link, to which message, and how we know.
//!
//! A step is the only input of the picture. Whatever makes steps (the engine's facts in the page, a client's own traffic
//! on a real server), everything after it is the same.

use super::bucket::Marker;
use crate::api::{ConsumerInfo, StreamState};
use crate::engine::{ConnId, Fact, MessageId, Name};
use crate::subject::Subject;
use crate::time::Timestamp;
use std::sync::Arc;

/// Which way something goes on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    ToServer,
    ToClient,
}

/// One direction of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub conn: ConnId,
    pub direction: Direction,
}

impl Edge {
    pub fn to_server(conn: ConnId) -> Edge {
        Edge { conn, direction: Direction::ToServer }
    }

    pub fn to_client(conn: ConnId) -> Edge {
        Edge { conn, direction: Direction::ToClient }
    }
}

/// How a step is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The server said so, as it happened.
    Told,
    /// It went by on a client's wire.
    Seen,
    /// The server answered so when asked.
    Asked,
}

/// What a client is in the story. A name without a role finds its place by what it does first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Publisher,
    Subscriber,
    Worker,
    /// The house itself, asking: completion, checks. Not drawn.
    Observer,
}

/// Whether bytes can pass between a client and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkState {
    Connected,
    /// The wire is there, the handshake is not over; or the client is trying again.
    Connecting,
    /// The wire is cut.
    Broken,
    /// The client died in the middle of what it did.
    Killed,
    /// The client has left for good.
    Closed,
}

/// What kind of traffic a message is, as its subject says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Traffic {
    /// A user's message.
    Message,
    /// A message to an inbox: an answer, a publish ack, a status.
    Answer,
    /// `$JS.ACK.…`.
    Ack,
    /// `$JS.API.CONSUMER.MSG.NEXT.…`.
    Pull,
    /// Any other `$JS.API.…`.
    Request,
    /// `$JS.EVENT.…`.
    Advisory,
    /// The rest of `$JS.` and `$SYS.`.
    System,
}

impl Traffic {
    pub fn of(subject: &str) -> Traffic {
        // A user's own, mostly.
        if !subject.starts_with(['_', '$']) {
            return Traffic::Message;
        }
        const TABLE: [(&str, Traffic); 7] = [
            ("_INBOX.", Traffic::Answer),
            ("$JS.ACK.", Traffic::Ack),
            ("$JS.API.CONSUMER.MSG.NEXT.", Traffic::Pull),
            ("$JS.API.", Traffic::Request),
            ("$JS.EVENT.", Traffic::Advisory),
            ("$JS.", Traffic::System),
            ("$SYS.", Traffic::System),
        ];
        let found = TABLE.iter().find(|(prefix, _)| subject.starts_with(prefix));
        found.map_or(Traffic::Message, |(_, traffic)| *traffic)
    }

    /// Folded into the "system" track: everything a user did not name.
    pub fn is_system(self) -> bool {
        self != Traffic::Message
    }
}

/// What a message trace told of one place on a message's way.
#[derive(Clone, Debug, PartialEq)]
pub struct Traced {
    /// What it was published on.
    pub subject: Subject,
    /// Where it is one of ours.
    pub message: Option<MessageId>,
    /// Nothing was delivered or stored: this is what would have been.
    pub is_only: bool,
    pub stop: Stop,
}

/// A place on a message's way.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// It went on under another subject.
    Mapped { to: String },
    /// A stream took it; `kept` is false where nobody is interested.
    Stored { stream: Name, kept: bool },
    /// A stream, or the server itself, did not take it.
    Refused { stream: Option<Name>, why: String },
    /// A copy for somebody: a client by its name, another server; `why` they did not get it.
    Copy { to: String, subscription: String, queue: String, why: String },
    /// Neither a stream nor a client on this server wanted it.
    Nowhere,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A connection belongs to somebody with a name.
    Actor { conn: ConnId, name: String, role: Option<Role> },
    /// The wire between a client and the server changed.
    Link { conn: ConnId, state: LinkState },
    /// So many messages wait in a client that has no wire.
    Waiting { actor: String, messages: u64 },
    /// A message on `subject` was lost on its way from or to a client. It leaves and never arrives.
    Lost { conn: ConnId, actor: String, subject: Subject, direction: Direction },
    /// A client put a message on its wire. The server numbers it when it arrives.
    Sent { conn: ConnId, subject: Subject, reply: Option<Subject>, bytes: usize, marker: Option<Marker> },
    /// A worker did to the outside world what a message asked for; `key` says what.
    Effect { worker: String, stream: Name, stream_seq: u64, key: String },
    /// A worker had a message of a consumer and chose not to answer for it.
    Unanswered { worker: String, stream: Name, consumer: Name, stream_seq: u64 },
    /// Something became true in the server.
    Fact(Fact),
    /// From here on the server is not in the page: what is known of it went by on our wires, was told, or was asked.
    Distant,
    /// Something that became true earlier than it was learnt.
    Learnt { happened: Timestamp, fact: Fact, marker: Option<Marker> },
    /// How a stream stands, as the server answered.
    StreamIs { stream: Name, state: Arc<StreamState> },
    /// How a consumer stands, as the server answered.
    ConsumerIs { stream: Name, consumer: Name, info: Arc<ConsumerInfo> },
    /// A message trace came to one of our connections.
    Traced(Arc<Traced>),
}

impl What {
    /// The fact in it, whenever it was learnt.
    pub fn fact(&self) -> Option<&Fact> {
        match self {
            What::Fact(fact) | What::Learnt { fact, .. } => Some(fact),
            _ => None,
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Counts the steps of one flow from 1.
    pub ordinal: u64,
    /// When it happened, or left.
    pub at: Timestamp,
    /// When it reaches the other end of its edge; `at` for what does not travel.
    pub arrives: Timestamp,
    /// `None` while the server has not numbered it, and for what is no message.
    pub message: Option<MessageId>,
    /// The link it travels on, if it travels.
    pub edge: Option<Edge>,
    pub what: What,
    pub how: How,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_is_told_by_the_subject() {
        for (subject, expected) in [
            ("orders.new", Traffic::Message),
            ("_INBOX.abc.1", Traffic::Answer),
            ("$JS.ACK.S.c.1.1.1.0.0", Traffic::Ack),
            ("$JS.API.CONSUMER.MSG.NEXT.S.c", Traffic::Pull),
            ("$JS.API.INFO", Traffic::Request),
            ("$JS.EVENT.ADVISORY.API", Traffic::Advisory),
            ("$JS.FC.S.c.x", Traffic::System),
            ("$KV.configs.a", Traffic::Message),
        ] {
            assert_eq!(Traffic::of(subject), expected, "{subject}");
        }
    }
}
