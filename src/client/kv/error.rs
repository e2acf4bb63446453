//! What can go wrong with a bucket, in the words of nats.go.

use crate::api::{self, ErrorCode};
use crate::client;
use crate::client::error::go_api_error as api_error;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Never there, deleted, or another key's revision.
    KeyNotFound,
    BucketNotFound,
    /// A stream of the right name that keeps no history.
    NoBucket,
    /// [`Error::BucketNotFound`] for a bucket that was to be deleted.
    Missing(String),
    /// There is a bucket of this name with another configuration.
    BucketExists(String),
    /// A create found a value.
    KeyExists(api::Error),
    InvalidBucketName,
    InvalidKey,
    /// What was to be watched is no pattern of keys.
    InvalidKeyFilter,
    /// No stream takes what was written: a key with an empty token is in no stream's subjects.
    NoStream,
    /// Nobody answers where a watcher is asked for.
    NoJetStream,
    HistoryTooLarge,
    /// The stream refused what was published: above all "wrong last sequence".
    Refused(api::Error),
    /// The API refused.
    Api(api::Error),
    Client(client::Error),
}

impl Error {
    /// The revision a refused update would have had to name.
    pub fn is_wrong_revision(&self) -> bool {
        matches!(self, Error::Refused(error) | Error::KeyExists(error) if is_wrong_last(error))
    }

    pub(super) fn of_api(error: client::Error) -> Error {
        match error {
            client::Error::Api(error) if ErrorCode(error.err_code) == ErrorCode::STREAM_NOT_FOUND => {
                Error::BucketNotFound
            }
            client::Error::Api(error) => Error::Api(error),
            other => Error::Client(other),
        }
    }

    pub(super) fn of_create(error: client::Error, bucket: &str) -> Error {
        match error {
            client::Error::Api(error) if ErrorCode(error.err_code) == ErrorCode::STREAM_NAME_IN_USE => {
                Error::BucketExists(bucket.to_owned())
            }
            // Before anything is made the original asks for the account, and says this when nobody answers.
            client::Error::NoResponders => {
                Error::Api(api::Error { code: 503, err_code: 10076, description: "jetstream not enabled".to_owned() })
            }
            other => Error::of_api(other),
        }
    }

    pub(super) fn of_publish(error: client::Error) -> Error {
        match error {
            client::Error::Api(error) => Error::Refused(error),
            client::Error::NoResponders => Error::NoStream,
            other => Error::Client(other),
        }
    }

    pub(super) fn of_watch(error: client::Error) -> Error {
        match error {
            client::Error::NoResponders => Error::NoJetStream,
            other => Error::of_api(other),
        }
    }

    pub(super) fn of_get(error: client::Error) -> Error {
        match error {
            client::Error::Api(error) if ErrorCode(error.err_code) == ErrorCode::NO_MESSAGE_FOUND => Error::KeyNotFound,
            other => Error::of_api(other),
        }
    }
}

/// 10164 is what a cluster says.
pub(super) fn is_wrong_last(error: &api::Error) -> bool {
    error.err_code == ErrorCode::WRONG_LAST_SEQUENCE.0 || error.err_code == 10164
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // nats.go names these two without their gaps filled.
        let plain = |code: ErrorCode, http: u16, text: &str| {
            api_error(&api::Error { code: http, err_code: code.0, description: text.to_owned() })
        };
        match self {
            Error::KeyNotFound => f.write_str("nats: key not found"),
            Error::BucketNotFound => f.write_str("nats: bucket not found"),
            Error::NoBucket => f.write_str("nats: bucket not valid key-value store"),
            Error::Missing(bucket) => {
                let cause = plain(ErrorCode::STREAM_NOT_FOUND, 404, "stream not found");
                write!(f, "nats: bucket not found: {bucket}\n{cause}")
            }
            Error::BucketExists(bucket) => {
                let cause = plain(ErrorCode::STREAM_NAME_IN_USE, 400, "stream name already in use");
                write!(f, "nats: bucket name already in use: {bucket}\n{cause}")
            }
            Error::KeyExists(error) => write!(f, "nats: {}: key exists", api_error(error)),
            Error::InvalidBucketName => f.write_str("nats: invalid bucket name"),
            Error::InvalidKey => f.write_str("nats: invalid key"),
            Error::InvalidKeyFilter => {
                f.write_str("nats: invalid key: key cannot be empty and must be a valid NATS subject")
            }
            Error::NoStream => f.write_str("nats: no response from stream"),
            Error::NoJetStream => f.write_str("nats: jetstream not enabled"),
            Error::HistoryTooLarge => f.write_str("nats: history limited to a max of 64"),
            Error::Refused(error) => write!(f, "nats: {}", api_error(error)),
            Error::Api(error) => f.write_str(&api_error(error)),
            Error::Client(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<client::Error> for Error {
    fn from(error: client::Error) -> Error {
        Error::of_api(error)
    }
}
