//! Key-value buckets: conventions over one stream, one subject per key.
//!
//! A bucket is a stream `KV_<bucket>` on `$KV.<bucket>.>` whose newest message per subject is the value; its sequence is the
//! revision. The server knows nothing of buckets. The ways in are [`JetStream::create_bucket`] and [`JetStream::bucket`].
//! Source: ADR-8, ADR-48; what nats.go puts on the wire.

mod bucket;
mod config;
mod entry;
mod error;
mod watch;

pub use bucket::{Bucket, DeleteOptions};
pub use config::{BucketConfig, HISTORY_MAX};
pub use entry::{Entry, Operation};
pub use error::Error;
pub use watch::{Update, WatchOptions, Watcher};

use super::jetstream::JetStream;
use crate::api::StreamInfo;
use std::time::Duration;

/// In front of the bucket's name in its stream's name.
pub const STREAM_PREFIX: &str = "KV_";

/// What `nats kv info` shows, all of it read from the stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub bucket: String,
    /// Messages stored: every kept revision of every key, tombstones included.
    pub values: u64,
    pub bytes: u64,
    pub history: i64,
    pub ttl: Option<Duration>,
    pub marker_ttl: Option<Duration>,
    pub is_compressed: bool,
    pub stream: StreamInfo,
}

impl Status {
    /// `None` when the stream is no bucket.
    pub fn of(info: StreamInfo) -> Option<Status> {
        let config = &info.config;
        Some(Status {
            bucket: config.name.strip_prefix(STREAM_PREFIX)?.to_owned(),
            values: info.state.messages,
            bytes: info.state.bytes,
            history: config.max_msgs_per_subject,
            ttl: config.max_age_limit(),
            marker_ttl: config.subject_delete_marker_ttl.duration(),
            is_compressed: config.compression != crate::api::stream::Compression::None,
            stream: info,
        })
    }
}

impl JetStream {
    /// Makes a bucket. Making it again with the same configuration succeeds.
    pub async fn create_bucket(&self, config: &BucketConfig) -> Result<Bucket, Error> {
        let stream = config.stream_config()?;
        let info = self.create_stream(&stream).await.map_err(|error| Error::of_create(error, &config.bucket))?;
        Bucket::of(self.clone(), info).ok_or(Error::BucketNotFound)
    }

    /// Changes a bucket. What a stream may not change a bucket may not either.
    pub async fn update_bucket(&self, config: &BucketConfig) -> Result<Bucket, Error> {
        let info = self.update_stream(&config.stream_config()?).await.map_err(Error::of_api)?;
        Bucket::of(self.clone(), info).ok_or(Error::BucketNotFound)
    }

    /// A bucket that is there.
    pub async fn bucket(&self, bucket: &str) -> Result<Bucket, Error> {
        config::check_bucket_name(bucket)?;
        let info = self.stream_info(&stream_name(bucket)).await.map_err(Error::of_api)?;
        if info.config.max_msgs_per_subject < 1 {
            return Err(Error::NoBucket);
        }
        Bucket::of(self.clone(), info).ok_or(Error::BucketNotFound)
    }

    /// Deletes a bucket with everything in it.
    pub async fn delete_bucket(&self, bucket: &str) -> Result<(), Error> {
        config::check_bucket_name(bucket)?;
        let outcome = self.delete_stream(&stream_name(bucket)).await.map_err(Error::of_api);
        outcome.map_err(|error| if error == Error::BucketNotFound { Error::Missing(bucket.to_owned()) } else { error })
    }

    /// Every bucket, sorted by name.
    pub async fn buckets(&self) -> Result<Vec<Status>, Error> {
        let streams = self.streams().await.map_err(Error::of_api)?;
        Ok(streams.into_iter().filter_map(Status::of).collect())
    }
}

fn stream_name(bucket: &str) -> String {
    format!("{STREAM_PREFIX}{bucket}")
}
