//! A bucket that is there: put, get, delete, list.

use super::config::{check_key, check_key_filter};
use super::error::is_wrong_last;
use super::{Entry, Error, STREAM_PREFIX, Status, Update, WatchOptions};
use crate::api::{DirectGetRequest, GetMessageRequest, PurgeRequest, StreamInfo};
use crate::client;
use crate::client::jetstream::{JetStream, PublishOptions, StreamMessage};
use crate::protocol::Headers;
use crate::time::format_go_duration;
use bytes::Bytes;
use std::time::Duration;

/// Tombstones younger than this stay when deletes are purged.
pub const MARKER_THRESHOLD: Duration = Duration::from_secs(30 * 60);

#[derive(Clone)]
pub struct Bucket {
    pub(super) jetstream: JetStream,
    pub(super) bucket: String,
    pub(super) stream: String,
    /// In front of each key in the subjects stored here.
    pub(super) prefix: String,
    /// In front of each key in the subjects written to; differs for the mirror of another domain.
    put_prefix: String,
    allow_direct: bool,
}

/// How to delete or purge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Only if this is the newest revision.
    pub last_revision: Option<u64>,
    /// How long the tombstone stays; for purges in buckets with limit markers.
    pub ttl: Option<Duration>,
}

impl Bucket {
    pub(super) fn of(jetstream: JetStream, info: StreamInfo) -> Option<Bucket> {
        let stream = info.config.name;
        let bucket = stream.strip_prefix(STREAM_PREFIX)?.to_owned();
        let prefix_of = |bucket: &str| format!("$KV.{bucket}.");
        let (prefix, put_prefix) = match &info.config.mirror {
            None => (prefix_of(&bucket), prefix_of(&bucket)),
            Some(mirror) => {
                let origin = prefix_of(mirror.name.trim_start_matches(STREAM_PREFIX));
                let external = mirror.external.as_ref().filter(|external| !external.api.is_empty());
                let put_prefix = external.map_or(origin.clone(), |external| format!("{}.{origin}", external.api));
                (origin, put_prefix)
            }
        };
        let allow_direct = info.config.allow_direct;
        Some(Bucket { jetstream, bucket, stream, prefix, put_prefix, allow_direct })
    }

    pub fn name(&self) -> &str {
        &self.bucket
    }

    pub fn stream(&self) -> &str {
        &self.stream
    }

    pub fn jetstream(&self) -> &JetStream {
        &self.jetstream
    }

    pub async fn status(&self) -> Result<Status, Error> {
        let info = self.jetstream.stream_info(&self.stream).await?;
        Status::of(info).ok_or(Error::BucketNotFound)
    }

    /// The newest value. Errors: [`Error::KeyNotFound`] also for a deleted key.
    pub async fn get(&self, key: &str) -> Result<Entry, Error> {
        alive(self.entry(key).await?)
    }

    /// A value by its revision. Errors: [`Error::KeyNotFound`] also for a revision of another key, or a tombstone.
    pub async fn get_revision(&self, key: &str, revision: u64) -> Result<Entry, Error> {
        check_key(key)?;
        let request = GetMessageRequest { seq: revision, ..Default::default() };
        let message = if self.allow_direct {
            let request = DirectGetRequest { one: request, ..Default::default() };
            self.jetstream.direct_message(&self.stream, &request).await
        } else {
            self.jetstream.read_message(&self.stream, &request).await
        };
        alive(self.read(message.map_err(Error::of_get)?).filter(|entry| entry.key == key).ok_or(Error::KeyNotFound)?)
    }

    /// The newest revision, tombstones included.
    pub async fn entry(&self, key: &str) -> Result<Entry, Error> {
        check_key(key)?;
        let subject = format!("{}{key}", self.prefix);
        let message = if self.allow_direct {
            self.jetstream.direct_last_message(&self.stream, &subject).await
        } else {
            let request = GetMessageRequest { last_by_subject: subject, ..Default::default() };
            self.jetstream.read_message(&self.stream, &request).await
        };
        self.read(message.map_err(Error::of_get)?).ok_or(Error::KeyNotFound)
    }

    fn read(&self, message: StreamMessage) -> Option<Entry> {
        Entry::from_stored(&self.bucket, &self.prefix, message)
    }

    /// Sets a value and returns its revision.
    pub async fn put(&self, key: &str, value: impl Into<Bytes>) -> Result<u64, Error> {
        self.write(key, value.into(), None, &PublishOptions::default()).await
    }

    /// Sets a value where there is none, or a deleted one. Errors: [`Error::KeyExists`].
    pub async fn create(&self, key: &str, value: impl Into<Bytes>, ttl: Option<Duration>) -> Result<u64, Error> {
        let value = value.into();
        let refused = match self.write_after(key, value.clone(), 0, ttl).await {
            Err(Error::Refused(error)) if is_wrong_last(&error) => error,
            outcome => return outcome,
        };
        // The server counts a tombstone as a message like any other.
        match self.entry(key).await {
            Ok(entry) if entry.is_deleted() => self.write_after(key, value, entry.revision, ttl).await,
            _ => Err(Error::KeyExists(refused)),
        }
    }

    /// Sets a value if `revision` is the newest; 0 stands for no value at all. Errors: [`Error::Refused`].
    pub async fn update(&self, key: &str, value: impl Into<Bytes>, revision: u64) -> Result<u64, Error> {
        self.write_after(key, value.into(), revision, None).await
    }

    async fn write_after(&self, key: &str, value: Bytes, last: u64, ttl: Option<Duration>) -> Result<u64, Error> {
        let ttl = ttl.map(format_go_duration);
        let options = PublishOptions { expected_last_subject_seq: Some(last), ttl, ..Default::default() };
        self.write(key, value, None, &options).await
    }

    /// Leaves a tombstone and keeps the history. A key that never was gets one too.
    pub async fn delete(&self, key: &str, options: &DeleteOptions) -> Result<u64, Error> {
        let headers = Headers::new().and("KV-Operation", "DEL");
        self.write(key, Bytes::new(), Some(headers), &options.publish()).await
    }

    /// Leaves a tombstone and removes the history.
    pub async fn purge(&self, key: &str, options: &DeleteOptions) -> Result<u64, Error> {
        let headers = Headers::new().and("KV-Operation", "PURGE").and("Nats-Rollup", "sub");
        self.write(key, Bytes::new(), Some(headers), &options.publish()).await
    }

    async fn write(
        &self,
        key: &str,
        value: Bytes,
        headers: Option<Headers>,
        options: &PublishOptions,
    ) -> Result<u64, Error> {
        check_key(key)?;
        let message = client::message(&format!("{}{key}", self.put_prefix), headers, value);
        let ack = self.jetstream.publish_with(message, options).await;
        ack.map(|ack| ack.seq).map_err(Error::of_publish)
    }

    /// Every key with a value, oldest update first; those matching `filters` when there are any.
    pub async fn keys(&self, filters: &[&str]) -> Result<Vec<String>, Error> {
        let options = WatchOptions { ignore_deletes: true, meta_only: true, ..WatchOptions::default() };
        let entries = self.current(filters, options).await?;
        Ok(entries.into_iter().map(|entry| entry.key).collect())
    }

    /// Every kept revision of a key, oldest first. Errors: [`Error::KeyNotFound`] when there is none.
    pub async fn history(&self, key: &str) -> Result<Vec<Entry>, Error> {
        check_key_filter(key)?;
        let options = WatchOptions { include_history: true, ..WatchOptions::default() };
        let entries = self.current(&[key], options).await?;
        if entries.is_empty() { Err(Error::KeyNotFound) } else { Ok(entries) }
    }

    /// What a watcher sees until it has caught up.
    pub async fn current(&self, filters: &[&str], options: WatchOptions) -> Result<Vec<Entry>, Error> {
        let mut watcher = self.watch(filters, options).await?;
        let mut entries = Vec::new();
        while let Some(Update::Entry(entry)) = watcher.next().await? {
            entries.push(entry);
        }
        // The entries are complete either way, and a consumer nobody listens to goes by itself.
        let _ = watcher.stop().await;
        Ok(entries)
    }

    /// Removes what deleted keys left behind, tombstones included unless they are younger than `threshold`
    /// ([`MARKER_THRESHOLD`] for `None`). Returns how many keys were cleaned.
    pub async fn purge_deletes(&self, threshold: Option<Duration>) -> Result<usize, Error> {
        let entries = self.current(&[], WatchOptions::default()).await?;
        let limit = self.jetstream.client().timers().now() - threshold.unwrap_or(MARKER_THRESHOLD);
        let deleted: Vec<Entry> = entries.into_iter().filter(Entry::is_deleted).collect();
        for entry in &deleted {
            let keep = u64::from(entry.created.is_some_and(|created| created > limit));
            let request = PurgeRequest { filter: format!("{}{}", self.prefix, entry.key), keep, ..Default::default() };
            self.jetstream.purge_stream(&self.stream, &request).await?;
        }
        Ok(deleted.len())
    }
}

impl DeleteOptions {
    fn publish(&self) -> PublishOptions {
        PublishOptions {
            expected_last_subject_seq: self.last_revision,
            ttl: self.ttl.map(format_go_duration),
            ..Default::default()
        }
    }
}

fn alive(entry: Entry) -> Result<Entry, Error> {
    if entry.is_deleted() { Err(Error::KeyNotFound) } else { Ok(entry) }
}
