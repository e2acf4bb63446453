//! The stream, the consumer or the bucket a benchmark needs.

use super::{Bench, Work};
use crate::api::stream::PersistMode;
use crate::api::{AckPolicy, ConsumerConfig, CreateConsumerRequest, PurgeRequest, Storage, StreamConfig};
use crate::client::kv::{self, BucketConfig};
use crate::client::{Error, go_api_error};
use crate::commands::{Failure, Outcome};

/// Benchmarks use another part of nats.go than other commands, which prints errors in full.
fn as_nats_go(error: Error) -> String {
    if let Error::Api(error) = &error { go_api_error(error) } else { error.to_string() }
}

impl Bench<'_> {
    pub(super) async fn prepare(&self) -> Outcome {
        match self.form.work {
            Work::Publish | Work::Subscribe | Work::Request | Work::Serve => Ok(()),
            Work::KvPut | Work::KvGet => self.prepare_bucket().await,
            _ => self.prepare_stream().await,
        }
    }

    fn storage(&self) -> Storage {
        if self.matches.text("storage") == "memory" { Storage::Memory } else { Storage::File }
    }

    fn is_to_be_purged(&self) -> bool {
        self.matches.knows("purge") && self.matches.flag("purge")
    }

    async fn prepare_stream(&self) -> Outcome {
        let (js, stream) = (self.jetstream(), self.matches.text("stream"));
        if self.creates_stream() {
            let created = js.create_stream(&self.stream_config()).await;
            created.map_err(|error| Failure::because("could not create the stream", error))?;
        } else {
            let what = match self.form.work {
                Work::PublishSync | Work::PublishAsync | Work::PublishAtomic | Work::PublishFast => {
                    format!("could not access stream {stream}")
                }
                _ => format!("getting stream '{stream}'"),
            };
            js.stream_info(stream).await.map_err(|error| Failure::because(&what, as_nats_go(error)))?;
        }
        if self.is_to_be_purged() {
            js.purge_stream(stream, &PurgeRequest::default()).await?;
        }
        match self.form.work {
            Work::PublishSync | Work::PublishAsync | Work::PublishAtomic | Work::PublishFast => {
                self.context.log(&format!("Using stream: {stream}"));
            }
            Work::Consume | Work::Fetch => {
                let (stream_name, config) = (stream.to_owned(), self.consumer_config());
                let request = CreateConsumerRequest { stream_name, config, ..CreateConsumerRequest::default() };
                js.create_consumer(&request).await?;
            }
            _ => {}
        }
        Ok(())
    }

    fn stream_config(&self) -> StreamConfig {
        let subject = self.matches.text("subject");
        let subject = if self.is_multi_subject() { format!("{subject}.*") } else { subject.to_owned() };
        StreamConfig {
            name: self.matches.text("stream").to_owned(),
            subjects: vec![subject],
            max_bytes: self.matches.bytes("maxbytes"),
            duplicate_window: self.matches.duration("dedupwindow").into(),
            num_replicas: self.matches.int("replicas"),
            storage: self.storage(),
            allow_direct: true,
            allow_atomic: self.form.work == Work::PublishAtomic,
            allow_batched: self.form.work == Work::PublishFast,
            persist_mode: if self.matches.flag("persistasync") { PersistMode::Async } else { PersistMode::Default },
            ..StreamConfig::default()
        }
    }

    fn consumer_config(&self) -> ConsumerConfig {
        let mut config = ConsumerConfig {
            durable_name: self.matches.text("consumer").to_owned(),
            ack_policy: match self.matches.text("acks") {
                "none" => AckPolicy::None,
                "all" => AckPolicy::All,
                _ => AckPolicy::Explicit,
            },
            ..ConsumerConfig::default()
        };
        match self.matches.list("filter").as_slice() {
            [] => {}
            [only] => config.filter_subject = (*only).to_owned(),
            several => config.filter_subjects = Some(several.iter().map(|filter| (*filter).to_owned()).collect()),
        }
        config
    }

    /// A bucket to put into is made when there is none.
    async fn prepare_bucket(&self) -> Outcome {
        let (js, name) = (self.jetstream(), self.matches.text("bucket"));
        match js.bucket(name).await {
            Ok(_) => {}
            Err(kv::Error::BucketNotFound) if self.form.work == Work::KvPut => {
                let config = BucketConfig {
                    history: u8::try_from(self.matches.int("history").clamp(1, 64)).unwrap_or(1),
                    storage: self.storage(),
                    replicas: u32::try_from(self.matches.int("replicas")).unwrap_or(1),
                    max_bytes: u64::try_from(self.matches.bytes("maxbytes")).ok(),
                    ..BucketConfig::new(name)
                };
                let created = js.create_bucket(&config).await;
                created.map_err(|error| Failure::because("could not create the bucket", error))?;
            }
            Err(error) => return Err(Failure::because(&format!("bucket {name:?} cannot be used"), error)),
        }
        if self.is_to_be_purged() {
            js.purge_stream(&format!("KV_{name}"), &PurgeRequest::default()).await?;
        }
        Ok(())
    }
}
