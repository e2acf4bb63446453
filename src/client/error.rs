//! What can go wrong between a client and its server.

use crate::api;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No answer in time.
    Timeout,
    /// The server said nobody listens on the subject.
    NoResponders,
    /// The connection was closed by us.
    Closed,
    /// Not connected, and what waits to be sent is at its bound.
    Disconnected,
    /// The message is larger than the server's `max_payload`.
    MaxPayload,
    /// Not a subject.
    BadSubject(String),
    /// Not a queue group.
    BadQueue,
    /// Not a name of a `stream` or `consumer`; with the name.
    InvalidName(&'static str, String),
    /// A message that cannot be answered.
    NoReply,
    /// A pull request was refused, with the words of the status.
    Pull(String),
    /// The server's `-ERR`.
    Server(String),
    /// The API refused.
    Api(api::Error),
    /// An answer that is not what the API promises.
    BadAnswer(String),
}

impl fmt::Display for Error {
    /// The sentences of the Go client, which learners will search for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Timeout => f.write_str("nats: timeout"),
            Error::NoResponders => f.write_str("nats: no responders available for request"),
            Error::Closed => f.write_str("nats: connection closed"),
            Error::Disconnected => f.write_str("nats: outbound buffer limit exceeded"),
            Error::MaxPayload => f.write_str("nats: maximum payload exceeded"),
            Error::BadSubject(_) => f.write_str("nats: invalid subject"),
            Error::BadQueue => f.write_str("nats: invalid queue name"),
            Error::InvalidName(what, name) => write!(f, "{name:?} is not a valid {what} name"),
            Error::NoReply => f.write_str("nats: message does not have a reply"),
            Error::Pull(text) => write!(f, "nats: {text}"),
            Error::Server(text) => write!(f, "nats: {text}"),
            Error::Api(error) => error.fmt(f),
            Error::BadAnswer(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

impl From<api::Error> for Error {
    fn from(error: api::Error) -> Error {
        Error::Api(error)
    }
}

/// An error of the API as nats.go prints it; the `nats` command line has a form of its own.
pub fn go_api_error(error: &api::Error) -> String {
    let api::Error { code, err_code, description } = error;
    format!("nats: API error: code={code} err_code={err_code} description={description}")
}
