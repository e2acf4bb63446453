//! A store that is there: put, get, delete, link.

use super::info::digest_of;
use super::watch::{ObjectUpdate, ObjectWatchOptions};
use super::{Error, Link, ObjectInfo, ObjectMeta, ObjectOptions, STREAM_PREFIX, Status};
use crate::api::{GetMessageRequest, PurgeRequest, StreamInfo};
use crate::base64::BASE64URL;
use crate::client;
use crate::client::jetstream::{JetStream, OrderedOptions};
use crate::protocol::{Headers, Message};
use bytes::Bytes;

/// Bytes of a chunk unless told otherwise.
pub const DEFAULT_CHUNK_BYTES: u32 = 128 * 1024;
/// Chunks on their way at the same time.
const OUTSTANDING_MAX: usize = 64;
/// A link leads to an object; a longer chain is a mistake somebody made by hand.
const LINKS_MAX: usize = 8;

#[derive(Clone)]
pub struct ObjectStore {
    pub(super) jetstream: JetStream,
    pub(super) bucket: String,
    pub(super) stream: String,
    allow_direct: bool,
}

impl ObjectStore {
    pub(super) fn of(jetstream: JetStream, info: StreamInfo) -> Option<ObjectStore> {
        let bucket = info.config.name.strip_prefix(STREAM_PREFIX)?.to_owned();
        Some(ObjectStore { jetstream, bucket, stream: info.config.name, allow_direct: info.config.allow_direct })
    }

    pub fn name(&self) -> &str {
        &self.bucket
    }

    pub async fn status(&self) -> Result<Status, Error> {
        Status::of(self.jetstream.stream_info(&self.stream).await?).ok_or(Error::BucketNotFound)
    }

    /// Stores an object, in place of an older one of this name.
    ///
    /// Errors: when a chunk is refused; the chunks already stored are removed again.
    pub async fn put(&self, meta: &ObjectMeta, bytes: impl Into<Bytes>) -> Result<ObjectInfo, Error> {
        if meta.name.is_empty() {
            return Err(Error::BadMeta);
        }
        let bytes = bytes.into();
        let old = self.find(&meta.name).await?;
        let mut info = ObjectInfo::of_meta(&self.bucket, self.jetstream.client().nuid(), meta);
        let stored = async {
            self.put_chunks(&mut info, meta, &bytes).await?;
            self.put_card(&info).await
        };
        if let Err(error) = stored.await {
            // What failed is what the caller should hear of.
            let _ = self.purge_chunks(&info.nuid).await;
            return Err(error);
        }
        if let Some(old) = old.filter(|old| !old.deleted && !old.nuid.is_empty()) {
            self.purge_chunks(&old.nuid).await?;
        }
        info.modified = Some(self.jetstream.client().timers().now());
        Ok(info)
    }

    async fn put_chunks(&self, info: &mut ObjectInfo, meta: &ObjectMeta, bytes: &Bytes) -> Result<(), Error> {
        let wanted = meta.chunk_bytes.filter(|&bytes| bytes > 0).unwrap_or(DEFAULT_CHUNK_BYTES);
        let max_payload = self.jetstream.client().info().map_or(0, |info| info.max_payload);
        let chunk_bytes = if max_payload > 0 { (wanted as usize).min(max_payload) } else { wanted as usize };
        let subject = self.chunk_subject(&info.nuid);
        let mut publisher = self.jetstream.publisher(OUTSTANDING_MAX);
        for start in (0..bytes.len()).step_by(chunk_bytes) {
            let chunk = bytes.slice(start..bytes.len().min(start + chunk_bytes));
            publisher.publish(Message::new(subject.as_str(), chunk)).await?;
            info.chunks += 1;
        }
        while let Some((_, ack)) = publisher.next_ack().await {
            ack?;
        }
        info.bytes = bytes.len() as u64;
        info.digest = digest_of(bytes);
        info.options = Some(ObjectOptions { link: None, chunk_bytes: chunk_bytes as u32 });
        Ok(())
    }

    async fn put_card(&self, info: &ObjectInfo) -> Result<(), Error> {
        let json = crate::json::write(info).into_bytes();
        let headers = Headers::new().and("Nats-Rollup", "sub");
        let message = client::message(&self.meta_subject(&info.name), Some(headers), json);
        self.jetstream.publish(message).await?;
        Ok(())
    }

    async fn purge_chunks(&self, nuid: &str) -> Result<(), Error> {
        let request = PurgeRequest { filter: self.chunk_subject(nuid), ..PurgeRequest::default() };
        self.jetstream.purge_stream(&self.stream, &request).await?;
        Ok(())
    }

    fn chunk_subject(&self, nuid: &str) -> String {
        format!("$O.{}.C.{nuid}", self.bucket)
    }

    fn meta_subject(&self, name: &str) -> String {
        format!("$O.{}.M.{}", self.bucket, BASE64URL.encode(name.as_bytes()))
    }

    /// What is known of an object. Errors: [`Error::ObjectNotFound`] also for a deleted one.
    pub async fn info(&self, name: &str) -> Result<ObjectInfo, Error> {
        self.find(name).await?.filter(|info| !info.deleted).ok_or(Error::ObjectNotFound)
    }

    /// The card of a name, of a deleted object too.
    async fn find(&self, name: &str) -> Result<Option<ObjectInfo>, Error> {
        let subject = self.meta_subject(name);
        let message = if self.allow_direct {
            self.jetstream.direct_last_message(&self.stream, &subject).await
        } else {
            let request = GetMessageRequest { last_by_subject: subject, ..GetMessageRequest::default() };
            self.jetstream.read_message(&self.stream, &request).await
        };
        match message.map_err(Error::of_get) {
            Ok(message) => {
                let mut info = read_card(&message.payload)?;
                info.modified = message.time;
                Ok(Some(info))
            }
            Err(Error::ObjectNotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An object and what is known of it, links followed.
    pub async fn get(&self, name: &str) -> Result<(ObjectInfo, Bytes), Error> {
        let (mut store, mut info) = (self.clone(), self.info(name).await?);
        for _ in 0..LINKS_MAX {
            let Some(link) = info.link().cloned() else {
                let bytes = store.read_chunks(&info).await?;
                return Ok((info, bytes));
            };
            if link.name.is_empty() {
                return Err(Error::CannotGetBucket);
            }
            store = self.jetstream.object_store(&link.bucket).await?;
            info = store.info(&link.name).await?;
        }
        Err(Error::LinkToLink)
    }

    async fn read_chunks(&self, info: &ObjectInfo) -> Result<Bytes, Error> {
        let mut bytes = Vec::new();
        if info.bytes > 0 {
            let options = OrderedOptions { filters: vec![self.chunk_subject(&info.nuid)], ..OrderedOptions::default() };
            let mut reader = self.jetstream.ordered(&self.stream, options).await?;
            if reader.pending_at_start() == 0 {
                return Err(Error::DigestMismatch);
            }
            loop {
                let (message, delivery) = reader.next().await?.ok_or(client::Error::Closed)?;
                bytes.extend_from_slice(&message.payload);
                if delivery.num_pending == 0 {
                    break;
                }
            }
        }
        if digest_of(&bytes) == info.digest { Ok(bytes.into()) } else { Err(Error::DigestMismatch) }
    }

    /// Deletes an object, also a deleted one; its card stays, marked as deleted.
    pub async fn delete(&self, name: &str) -> Result<(), Error> {
        let info = self.find(name).await?.ok_or(Error::ObjectNotFound)?;
        let nuid = info.nuid.clone();
        let gone = ObjectInfo { deleted: true, bytes: 0, chunks: 0, digest: String::new(), ..info };
        self.put_card(&gone).await?;
        if nuid.is_empty() { Ok(()) } else { self.purge_chunks(&nuid).await }
    }

    /// Changes what is said about an object, its name included.
    pub async fn update_meta(&self, name: &str, meta: &ObjectMeta) -> Result<(), Error> {
        let old = self.find(name).await?.ok_or(Error::ObjectNotFound)?;
        if old.deleted {
            return Err(Error::UpdateDeleted);
        }
        if meta.name.is_empty() {
            return Err(Error::BadMeta);
        }
        if meta.name != name && self.find(&meta.name).await?.is_some_and(|other| !other.deleted) {
            return Err(Error::ObjectExists);
        }
        let said = ObjectInfo::of_meta(&self.bucket, old.nuid.clone(), meta);
        let new = ObjectInfo {
            name: said.name,
            description: said.description,
            headers: said.headers,
            metadata: said.metadata,
            ..old
        };
        self.put_card(&new).await?;
        if meta.name != name {
            let request = PurgeRequest { filter: self.meta_subject(name), ..PurgeRequest::default() };
            self.jetstream.purge_stream(&self.stream, &request).await?;
        }
        Ok(())
    }

    /// A name that leads to another object, in this store or another one.
    pub async fn add_link(&self, name: &str, target: &ObjectInfo) -> Result<ObjectInfo, Error> {
        if target.deleted {
            return Err(Error::LinkToDeleted);
        }
        if target.link().is_some() {
            return Err(Error::LinkToLink);
        }
        self.put_link(name, Link { bucket: target.bucket.clone(), name: target.name.clone() }).await
    }

    /// A name that stands for a whole store.
    pub async fn add_bucket_link(&self, name: &str, target: &ObjectStore) -> Result<ObjectInfo, Error> {
        self.put_link(name, Link { bucket: target.bucket.clone(), name: String::new() }).await
    }

    async fn put_link(&self, name: &str, link: Link) -> Result<ObjectInfo, Error> {
        if name.is_empty() {
            return Err(Error::BadMeta);
        }
        if self.find(name).await?.is_some_and(|old| !old.deleted && old.link().is_none()) {
            return Err(Error::ObjectExists);
        }
        let mut info = ObjectInfo::of_meta(&self.bucket, self.jetstream.client().nuid(), &ObjectMeta::new(name));
        info.options = Some(ObjectOptions { link: Some(link), chunk_bytes: 0 });
        self.put_card(&info).await?;
        info.modified = Some(self.jetstream.client().timers().now());
        Ok(info)
    }

    /// Every object that is not deleted, oldest card first.
    pub async fn list(&self) -> Result<Vec<ObjectInfo>, Error> {
        let options = ObjectWatchOptions { ignore_deletes: true, ..ObjectWatchOptions::default() };
        let mut watcher = self.watch(options).await?;
        let mut objects = Vec::new();
        while let Some(ObjectUpdate::Object(info)) = watcher.next().await? {
            objects.push(*info);
        }
        Ok(objects)
    }

    /// Nothing can be put or deleted any more.
    pub async fn seal(&self) -> Result<Status, Error> {
        let mut config = self.jetstream.stream_info(&self.stream).await?.config;
        config.sealed = true;
        Status::of(self.jetstream.update_stream(&config).await?).ok_or(Error::BucketNotFound)
    }
}

pub(super) fn read_card(payload: &[u8]) -> Result<ObjectInfo, Error> {
    crate::json::read(payload).map_err(|_| Error::BadMeta)
}
