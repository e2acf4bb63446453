//! Consumers: make, look, pause, delete.

use super::{JetStream, check_name};
use crate::api::consumer::{ConsumerPage, PauseResponse};
use crate::api::{ConsumerInfo, CreateConsumerRequest, Success};
use crate::client::Error;
use crate::json::FromJson;
use crate::json::ToJson;
use crate::protocol::Headers;
use crate::sorted;
use crate::time::Timestamp;
use bytes::Bytes;

/// Characters of a name made up for an ephemeral consumer, as in the Go client.
const GENERATED_NAME_LENGTH: usize = 8;

#[derive(ToJson)]
struct Offset {
    offset: usize,
}

#[derive(ToJson)]
struct Pause {
    pause_until: Timestamp,
}

#[derive(ToJson)]
struct Unpin<'a> {
    group: &'a str,
}

#[derive(ToJson)]
struct Reset {
    seq: u64,
}

impl JetStream {
    /// Uses the subject form with name and filter, as official clients do. A consumer without a name gets one made up.
    pub async fn create_consumer(&self, request: &CreateConsumerRequest) -> Result<ConsumerInfo, Error> {
        let config = &request.config;
        let stream = &request.stream_name;
        check_name("stream", stream)?;
        let name = match (config.name.as_str(), config.durable_name.as_str()) {
            ("", "") => self.client.random_token(GENERATED_NAME_LENGTH),
            ("", durable) => durable.to_owned(),
            (name, _) => name.to_owned(),
        };
        check_name("consumer", &name)?;
        let endpoint = if config.filter_subject.is_empty() {
            format!("CONSUMER.CREATE.{stream}.{name}")
        } else {
            format!("CONSUMER.CREATE.{stream}.{name}.{}", config.filter_subject)
        };
        self.request(&endpoint, request).await
    }

    pub async fn consumer_info(&self, stream: &str, consumer: &str) -> Result<ConsumerInfo, Error> {
        self.request(&endpoint("INFO", stream, consumer)?, &()).await
    }

    /// [`JetStream::consumer_info`] as the server wrote it.
    pub async fn consumer_answer(&self, stream: &str, consumer: &str) -> Result<Bytes, Error> {
        self.unread_answer(&endpoint("INFO", stream, consumer)?).await
    }

    /// Every consumer, all pages, sorted by name.
    pub async fn consumers(&self, stream: &str) -> Result<Vec<ConsumerInfo>, Error> {
        let mut consumers: Vec<ConsumerInfo> = self.consumer_pages("CONSUMER.LIST", stream).await?;
        sorted::by(&mut consumers, |a, b| a.name.cmp(&b.name));
        Ok(consumers)
    }

    /// Every consumer's name, all pages, sorted.
    pub async fn consumer_names(&self, stream: &str) -> Result<Vec<String>, Error> {
        let mut names: Vec<String> = self.consumer_pages("CONSUMER.NAMES", stream).await?;
        sorted::all(&mut names);
        Ok(names)
    }

    async fn consumer_pages<T: FromJson + Default>(&self, what: &str, stream: &str) -> Result<Vec<T>, Error> {
        check_name("stream", stream)?;
        let mut found = Vec::new();
        loop {
            let page: ConsumerPage<T> =
                self.request(&format!("{what}.{stream}"), &Offset { offset: found.len() }).await?;
            let entries = page.consumers.unwrap_or_default();
            let is_last = entries.is_empty();
            found.extend(entries);
            if is_last || found.len() as u64 >= page.total {
                return Ok(found);
            }
        }
    }

    pub async fn delete_consumer(&self, stream: &str, consumer: &str) -> Result<(), Error> {
        self.request::<_, Success>(&endpoint("DELETE", stream, consumer)?, &()).await.map(drop)
    }

    /// Delivers nothing until then; `None` resumes.
    pub async fn pause_consumer(
        &self,
        stream: &str,
        consumer: &str,
        until: Option<Timestamp>,
    ) -> Result<PauseResponse, Error> {
        let endpoint = endpoint("PAUSE", stream, consumer)?;
        let headers = Headers::new().and("Nats-Required-Api-Level", "1");
        let request = until.map(|pause_until| Pause { pause_until });
        self.request_with(&endpoint, Some(headers), &request).await
    }

    /// Takes the pin from whoever holds it in a priority group.
    pub async fn unpin_consumer(&self, stream: &str, consumer: &str, group: &str) -> Result<(), Error> {
        let answer: Result<serde_json::Value, Error> =
            self.request(&endpoint("UNPIN", stream, consumer)?, &Unpin { group }).await;
        answer.map(drop)
    }

    /// Starts over: after the ack floor, or from `seq`.
    pub async fn reset_consumer(&self, stream: &str, consumer: &str, seq: Option<u64>) -> Result<ConsumerInfo, Error> {
        self.request(&endpoint("RESET", stream, consumer)?, &seq.map(|seq| Reset { seq })).await
    }
}

fn endpoint(what: &str, stream: &str, consumer: &str) -> Result<String, Error> {
    check_name("stream", stream)?;
    check_name("consumer", consumer)?;
    Ok(format!("CONSUMER.{what}.{stream}.{consumer}"))
}
