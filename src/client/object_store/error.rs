//! What can go wrong with an object store, in the words of nats.go.

use crate::api::{self, ErrorCode};
use crate::client;
use crate::client::error::go_api_error;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    ObjectNotFound,
    /// An object that is not deleted has the name already.
    ObjectExists,
    BucketNotFound,
    /// There is a store of this name with another configuration.
    BucketExists(String),
    InvalidBucketName,
    /// An object needs a name, and no link when it is put.
    BadMeta,
    /// What arrived is not what was put.
    DigestMismatch,
    /// A link to a whole store has no bytes to get.
    CannotGetBucket,
    /// A link may not lead to a link.
    LinkToLink,
    /// A link may not lead to a deleted object.
    LinkToDeleted,
    UpdateDeleted,
    Api(api::Error),
    Client(client::Error),
}

impl Error {
    pub(super) fn of_create(error: client::Error, bucket: &str) -> Error {
        match error {
            client::Error::Api(error) if ErrorCode(error.err_code) == ErrorCode::STREAM_NAME_IN_USE => {
                Error::BucketExists(bucket.to_owned())
            }
            other => other.into(),
        }
    }

    pub(super) fn of_get(error: client::Error) -> Error {
        match error {
            client::Error::Api(error) if ErrorCode(error.err_code) == ErrorCode::NO_MESSAGE_FOUND => {
                Error::ObjectNotFound
            }
            other => other.into(),
        }
    }
}

impl From<client::Error> for Error {
    fn from(error: client::Error) -> Error {
        match error {
            client::Error::Api(error) if ErrorCode(error.err_code) == ErrorCode::STREAM_NOT_FOUND => {
                Error::BucketNotFound
            }
            client::Error::Api(error) => Error::Api(error),
            other => Error::Client(other),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Error::ObjectNotFound => "nats: object not found",
            Error::ObjectExists => "nats: an object already exists with that name",
            Error::BucketNotFound => "nats: bucket not found",
            Error::BucketExists(bucket) => {
                let error = api::Error {
                    code: 400,
                    err_code: ErrorCode::STREAM_NAME_IN_USE.0,
                    description: "stream name already in use".to_owned(),
                };
                return write!(f, "nats: bucket name already in use: {bucket}\n{}", go_api_error(&error));
            }
            Error::InvalidBucketName => "nats: invalid object-store name",
            Error::BadMeta => "nats: object-store meta information invalid",
            Error::DigestMismatch => "nats: received a corrupt object, digests do not match",
            Error::CannotGetBucket => "nats: invalid Get, object is a link to a bucket",
            Error::LinkToLink => "nats: not allowed to link to another link",
            Error::LinkToDeleted => "nats: not allowed to link to a deleted object",
            Error::UpdateDeleted => "nats: cannot update meta for a deleted object",
            Error::Api(error) => return f.write_str(&go_api_error(error)),
            Error::Client(error) => return error.fmt(f),
        };
        f.write_str(text)
    }
}

impl std::error::Error for Error {}
