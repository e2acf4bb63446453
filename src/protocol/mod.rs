//! The client protocol: bytes to operations and back, both directions side by side.
//!
//! Knows the grammar and its limits, not what an operation means. The ways in are [`ClientDecoder`] (what a server
//! reads), [`ServerDecoder`] (what a client reads) and the two `encode` functions. Bytes may arrive split anywhere.
//! Source: NATS docs "Client Protocol"; nats-server `server/parser.go`.

mod client_op;
mod connect;
mod headers;
mod info;
mod lines;
mod server_op;

pub use client_op::{ClientDecoder, ClientOp};
pub use connect::Connect;
pub use headers::{Headers, Status};
pub use info::Info;
pub use server_op::{ServerDecoder, ServerOp};

use crate::pack::Pack;
use crate::subject::Subject;
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;

/// Payload limit a server announces unless told otherwise, in bytes of header plus body.
pub const MAX_PAYLOAD: usize = 1024 * 1024;
/// Longest argument part of a control line, in bytes.
pub const MAX_CONTROL_LINE: usize = 4096;

/// What is published and delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub subject: Subject,
    pub reply: Option<Subject>,
    pub headers: Option<Headers>,
    pub payload: Bytes,
}

impl Message {
    pub fn new(subject: impl Into<Subject>, payload: impl Into<Bytes>) -> Message {
        Message { subject: subject.into(), reply: None, headers: None, payload: payload.into() }
    }

    pub fn with_reply(mut self, reply: impl Into<Subject>) -> Message {
        self.reply = Some(reply.into());
        self
    }

    pub fn with_headers(mut self, headers: Headers) -> Message {
        self.headers = Some(headers);
        self
    }

    /// The value of a header, first occurrence.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.as_ref().and_then(|headers| headers.get(name))
    }

    /// The status on the first header line: 503 for no responders, 404, 408 and 409 for pull requests ...
    pub fn status(&self) -> Option<Status<'_>> {
        self.headers.as_ref().and_then(Headers::status)
    }

    pub fn headers_bytes(&self) -> usize {
        self.headers.as_ref().map_or(0, Headers::len)
    }
}

/// A client's name for one of its subscriptions: any text without blanks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Pack)]
pub struct Sid(Arc<str>);

impl Sid {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Sid {
    fn from(text: &str) -> Sid {
        Sid(text.into())
    }
}

impl From<u64> for Sid {
    fn from(number: u64) -> Sid {
        Sid(number.to_string().into())
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl crate::json::ToJson for Sid {
    fn write(&self, out: &mut crate::json::Writer) {
        out.text(&self.0);
    }
}

/// What the peer did wrong. All of them end the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Not an operation of this protocol, or a payload that does not end in CR LF.
    UnknownOperation,
    /// The announced size is above the limit; noticed before the payload is read.
    MaxPayload,
    /// The arguments of one line are longer than [`MAX_CONTROL_LINE`].
    MaxControlLine,
    /// Wrong count or kind of arguments. A server closes without a word.
    BadArguments,
    /// The peer sent `-ERR`. A server closes without a word.
    PeerError,
}

impl DecodeError {
    /// The text of the `-ERR` a server sends for it, if it sends one.
    pub fn sentence(self) -> Option<&'static str> {
        match self {
            DecodeError::UnknownOperation => Some("Unknown Protocol Operation"),
            DecodeError::MaxPayload => Some("Maximum Payload Violation"),
            DecodeError::MaxControlLine => Some("maximum control line exceeded"),
            DecodeError::BadArguments | DecodeError::PeerError => None,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence().unwrap_or(match self {
            DecodeError::PeerError => "the peer reported an error",
            _ => "malformed protocol arguments",
        }))
    }
}

impl std::error::Error for DecodeError {}
