//! What printed figures speak of, so that a terminal can lead from a figure to where it can be seen.
//!
//! A command says it beside its text ([`Console::telling`](super::Console::telling)); plain text, pipes and files never
//! carry it. Which words of a line are figures is the shell's business.

use crate::client::jetstream::DeliveryInfo;
use crate::protocol::Message;

/// Something on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Stream(String),
    Consumer {
        stream: String,
        consumer: String,
    },
    /// Only the first line written speaks of it: what follows is its content.
    Message {
        stream: String,
        stream_seq: u64,
    },
    /// A value a key was given; only the first line written speaks of it.
    Revision {
        bucket: String,
        key: String,
        revision: u64,
    },
    /// The server as a whole, or one's account on it.
    Server,
    /// The client that prints it: what it sent, what it received.
    Own,
    /// Each figure of the text speaks of it, wherever it stands.
    Throughout(Box<Place>),
    /// A table with a stream in each row; what is written first in a row, after this prefix, is the stream's name.
    Streams {
        prefix: &'static str,
    },
    /// A table with a revision in each row; what is written second in a row is its number.
    Revisions {
        bucket: String,
    },
    /// A table with a consumer of this stream in each row.
    Consumers {
        stream: String,
    },
}

impl Place {
    pub fn consumer(stream: &str, consumer: &str) -> Place {
        Place::Consumer { stream: stream.to_owned(), consumer: consumer.to_owned() }
    }

    /// Where the values of a bucket are stored.
    pub fn bucket(name: &str) -> Place {
        Place::Stream(format!("KV_{name}"))
    }

    /// Where the files of an object store are stored.
    pub fn object_store(name: &str) -> Place {
        Place::Stream(format!("OBJ_{name}"))
    }

    pub fn throughout(self) -> Place {
        Place::Throughout(Box::new(self))
    }

    /// Only the first line of what is written speaks of it.
    pub(super) fn is_of_one_line(&self) -> bool {
        matches!(self, Place::Message { .. } | Place::Revision { .. })
    }

    pub fn message(stream: &str, stream_seq: u64) -> Place {
        Place::Message { stream: stream.to_owned(), stream_seq }
    }

    /// Where a message that a consumer delivered is stored.
    pub fn of_delivered(message: &Message) -> Option<Place> {
        let delivery = DeliveryInfo::from_reply(message.reply.as_deref()?)?;
        Some(Place::message(&delivery.stream, delivery.stream_seq))
    }
}
