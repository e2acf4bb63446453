//! The stream, the consumer or the bucket a benchmark needs.

use super::fast::MOST_FLOW;
use super::{Bench, Work};
use crate::api::stream::PersistMode;
use crate::api::{
    AckPolicy, ConsumerConfig, CreateConsumerRequest, Discard, Nanos, PurgeRequest, Storage, StreamConfig,
};
use crate::client::kv::BucketConfig;
use crate::client::{API_PREFIX, Error, go_api_error};
use crate::commands::{Failure, Outcome};
use std::time::Duration;

const DEFAULT_CONSUMER: &str = "nats-bench";
const DEFAULT_BUCKET: &str = "benchbucket";
/// How long the consumer outlives the last who asked it for messages.
const CONSUMER_STAYS: Duration = Duration::from_secs(10);

/// `<what>: <error>` in the words of the part of nats.go benchmarks use, which prints errors in full.
pub(super) fn said(what: &str, name: &str, error: Error) -> Failure {
    match error {
        Error::Api(error) => Failure::because(what, go_api_error(&error)),
        Error::InvalidName("consumer", _) if name.is_empty() => {
            Failure::because(what, "nats: invalid consumer name: name is required")
        }
        Error::InvalidName(kind, _) if name.is_empty() => {
            Failure::because(what, format!("nats: {kind} name is required"))
        }
        Error::InvalidName(kind, _) => Failure::because(what, format!("nats: invalid {kind} name: {name:?}")),
        other => Failure::because(what, other),
    }
}

impl Bench<'_> {
    /// Errors: what is said before any client begins.
    pub(super) async fn prepare(&self) -> Outcome {
        match self.form.work {
            Work::KvPut => self.prepare_bucket().await,
            work if work.publishes_to_stream() => self.prepare_stream().await,
            Work::Ordered | Work::Consume | Work::Fetch => self.prepare_consumer().await,
            _ => Ok(()),
        }
    }

    fn storage(&self) -> Storage {
        if self.matches.text("storage") == "memory" { Storage::Memory } else { Storage::File }
    }

    async fn prepare_stream(&self) -> Outcome {
        let (js, stream) = (self.jetstream(), self.matches.text("stream"));
        if self.form.work == Work::PublishFast && self.matches.uint("batch") > MOST_FLOW {
            let batch = self.matches.uint("batch");
            let what = format!("--batch {batch} exceeds the fast publisher flow window maximum of {MOST_FLOW}");
            self.context.log(&format!("WARNING: {what}; capping at {MOST_FLOW}"));
        }
        if self.creates_stream() {
            let instead = "If you want to delete and re-define the stream use `nats stream delete";
            let what = format!("could not create the stream. {instead} {stream}`");
            // The original makes it in the account's own JetStream, whichever is asked afterwards.
            let own = self.context.client.clone().with_api_prefix(API_PREFIX).jetstream();
            own.create_stream(&self.stream_config()).await.map_err(|error| Failure::because(&what, error))?;
        }
        let found = js.stream_info(stream).await;
        found.map_err(|error| said(&format!("could not access stream {stream}"), stream, error))?;
        self.context.log(&format!("Using stream: {stream}"));
        if self.matches.flag("purge") {
            self.context.log("Purging the stream");
            js.purge_stream(stream, &PurgeRequest::default()).await?;
        }
        Ok(())
    }

    async fn prepare_consumer(&self) -> Outcome {
        let (js, stream) = (self.jetstream(), self.matches.text("stream"));
        if self.matches.flag("purge") {
            let found = js.stream_info(stream).await;
            found.map_err(|error| said(&format!("getting stream '{stream}'"), stream, error))?;
            let purged = js.purge_stream(stream, &PurgeRequest::default()).await;
            purged.map_err(|error| said(&format!("purging stream '{stream}'"), stream, error))?;
        }
        // One of another name must be there.
        if self.form.work == Work::Ordered || self.matches.text("consumer") != DEFAULT_CONSUMER {
            return Ok(());
        }
        let (stream_name, config) = (stream.to_owned(), self.consumer_config());
        let request = CreateConsumerRequest { stream_name, config, ..CreateConsumerRequest::default() };
        let what = format!("creating the durable consumer '{DEFAULT_CONSUMER}'");
        js.create_consumer(&request).await.map(drop).map_err(|error| said(&what, stream, error))
    }

    fn stream_config(&self) -> StreamConfig {
        let replicas = self.matches.int("replicas");
        let behind = self.matches.flag("persistasync") && replicas == 1 && self.form.work != Work::PublishAtomic;
        StreamConfig {
            name: self.matches.text("stream").to_owned(),
            subjects: vec![self.plan.subject_filter.clone()],
            discard: Discard::New,
            max_bytes: i64::try_from(self.plan.max_bytes).unwrap_or(i64::MAX),
            duplicate_window: Nanos(self.matches.nanos("dedupwindow")),
            num_replicas: replicas,
            storage: self.storage(),
            allow_direct: true,
            allow_atomic: !behind,
            allow_batched: true,
            persist_mode: if behind { PersistMode::Async } else { PersistMode::Default },
            ..StreamConfig::default()
        }
    }

    fn consumer_config(&self) -> ConsumerConfig {
        let filters: Vec<String> = self.matches.list("filter").into_iter().map(str::to_owned).collect();
        let batches = self.matches.int("batch").saturating_mul(self.plan.clients_told);
        ConsumerConfig {
            durable_name: DEFAULT_CONSUMER.to_owned(),
            ack_policy: match self.matches.text("acks") {
                "none" => AckPolicy::None,
                "all" => AckPolicy::All,
                _ => AckPolicy::Explicit,
            },
            max_ack_pending: batches,
            inactive_threshold: CONSUMER_STAYS.into(),
            filter_subjects: (!filters.is_empty()).then_some(filters),
            ..ConsumerConfig::default()
        }
    }

    /// The bucket of the usual name is made when there is none; one of another name must be there.
    async fn prepare_bucket(&self) -> Outcome {
        let (js, name) = (self.jetstream(), self.matches.text("bucket"));
        if self.matches.flag("purge") {
            js.delete_bucket(name).await.map_err(|error| error.to_string())?;
        }
        if name != DEFAULT_BUCKET {
            return Ok(());
        }
        let config = BucketConfig {
            description: "nats bench bucket".to_owned(),
            // Without a number it is one.
            history: u8::try_from(self.matches.uint("history").max(1)).unwrap_or(u8::MAX),
            storage: self.storage(),
            replicas: u32::try_from(self.matches.int("replicas")).unwrap_or(1),
            max_bytes: Some(self.plan.max_bytes),
            ..BucketConfig::new(name)
        };
        js.create_bucket(&config).await.map_err(|error| error.to_string())?;
        Ok(())
    }
}
