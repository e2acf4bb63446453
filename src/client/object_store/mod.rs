//! Object stores: conventions over one stream, an object in chunks and a card that describes it.
//!
//! A store is a stream `OBJ_<bucket>`: chunks on `$O.<bucket>.C.<nuid>`, the newest card of a name on
//! `$O.<bucket>.M.<base64 of the name>`. The ways in are [`JetStream::create_object_store`] and
//! [`JetStream::object_store`].
//! Source: ADR-20; what nats.go puts on the wire.

mod error;
mod info;
mod store;
mod watch;

pub use error::Error;
pub use info::{Link, ObjectInfo, ObjectMeta, ObjectOptions};
pub use store::{DEFAULT_CHUNK_BYTES, ObjectStore};
pub use watch::{ObjectUpdate, ObjectWatchOptions, ObjectWatcher};

use super::jetstream::JetStream;
use crate::api::stream::Compression;
use crate::api::{Discard, Nanos, Placement, Storage, StreamConfig, StreamInfo};
use crate::map::Map;
use std::time::Duration;

/// In front of the bucket's name in its stream's name.
pub const STREAM_PREFIX: &str = "OBJ_";
/// A listing asks for the streams on these subjects.
const ALL_STORES: &str = "$O.*.C.>";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectStoreConfig {
    pub bucket: String,
    pub description: String,
    pub ttl: Option<Nanos>,
    pub max_bytes: Option<u64>,
    pub storage: Storage,
    /// 0 is 1.
    pub replicas: u32,
    pub compression: bool,
    pub placement: Option<Placement>,
    pub metadata: Map<String, String>,
}

impl ObjectStoreConfig {
    pub fn new(bucket: &str) -> ObjectStoreConfig {
        ObjectStoreConfig { bucket: bucket.to_owned(), ..ObjectStoreConfig::default() }
    }

    /// The stream as nats.go asks for it.
    pub fn stream_config(&self) -> Result<StreamConfig, Error> {
        check_bucket_name(&self.bucket)?;
        Ok(StreamConfig {
            name: stream_name(&self.bucket),
            description: self.description.clone(),
            subjects: vec![format!("$O.{}.C.>", self.bucket), format!("$O.{}.M.>", self.bucket)],
            max_age: self.ttl.unwrap_or_default(),
            max_bytes: self.max_bytes.map_or(-1, |max| i64::try_from(max).unwrap_or(i64::MAX)),
            storage: self.storage,
            num_replicas: self.replicas.max(1).into(),
            placement: self.placement.clone(),
            discard: Discard::New,
            allow_rollup_hdrs: true,
            allow_direct: true,
            compression: if self.compression { Compression::S2 } else { Compression::None },
            metadata: self.metadata.clone(),
            ..StreamConfig::default()
        })
    }
}

/// What `nats object info` shows of a store, all of it read from the stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub bucket: String,
    pub bytes: u64,
    pub ttl: Option<Duration>,
    pub is_sealed: bool,
    pub stream: StreamInfo,
}

impl Status {
    /// `None` when the stream is no object store.
    pub fn of(info: StreamInfo) -> Option<Status> {
        Some(Status {
            bucket: info.config.name.strip_prefix(STREAM_PREFIX)?.to_owned(),
            bytes: info.state.bytes,
            ttl: info.config.max_age_limit(),
            is_sealed: info.config.sealed,
            stream: info,
        })
    }
}

impl JetStream {
    /// Makes a store. Making it again with the same configuration succeeds.
    pub async fn create_object_store(&self, config: &ObjectStoreConfig) -> Result<ObjectStore, Error> {
        let stream = config.stream_config()?;
        let info = self.create_stream(&stream).await.map_err(|error| Error::of_create(error, &config.bucket))?;
        ObjectStore::of(self.clone(), info).ok_or(Error::BucketNotFound)
    }

    /// A store that is there.
    pub async fn object_store(&self, bucket: &str) -> Result<ObjectStore, Error> {
        check_bucket_name(bucket)?;
        let info = self.stream_info(&stream_name(bucket)).await?;
        ObjectStore::of(self.clone(), info).ok_or(Error::BucketNotFound)
    }

    /// Deletes a store with everything in it.
    pub async fn delete_object_store(&self, bucket: &str) -> Result<(), Error> {
        check_bucket_name(bucket)?;
        Ok(self.delete_stream(&stream_name(bucket)).await?)
    }

    /// Every store, sorted by name.
    pub async fn object_stores(&self) -> Result<Vec<Status>, Error> {
        Ok(self.streams_on(ALL_STORES).await?.into_iter().filter_map(Status::of).collect())
    }
}

fn stream_name(bucket: &str) -> String {
    format!("{STREAM_PREFIX}{bucket}")
}

fn check_bucket_name(bucket: &str) -> Result<(), Error> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !bucket.is_empty() && bucket.chars().all(is_good) { Ok(()) } else { Err(Error::InvalidBucketName) }
}
