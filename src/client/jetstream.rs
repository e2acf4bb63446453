//! JetStream over a [`Client`]: the API, publish acks, messages with acks.

use super::{Client, Error};
use crate::api::{
    ConsumerInfo, CreateConsumerRequest, PubAck, PullRequest, PurgeRequest, StoredMessage, StreamConfig, StreamInfo,
};
use crate::protocol::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The API of the account this client is in.
#[derive(Clone)]
pub struct JetStream {
    client: Client,
    timeout: Duration,
}

impl JetStream {
    pub fn new(client: Client) -> JetStream {
        JetStream { client, timeout: Duration::from_secs(5) }
    }

    pub fn with_timeout(mut self, timeout: Duration) -> JetStream {
        self.timeout = timeout;
        self
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Asks `$JS.API.<endpoint>`; an error in the answer is [`Error::Api`]. `()` as request sends no body.
    pub async fn request<Q: Serialize, A: DeserializeOwned>(&self, endpoint: &str, request: &Q) -> Result<A, Error> {
        let _ = (endpoint, request, self.timeout);
        Err(Error::Closed)
    }

    /// Publishes and waits for the ack. An error in the ack is [`Error::Api`].
    pub async fn publish(&self, message: Message) -> Result<PubAck, Error> {
        let _ = message;
        Err(Error::Closed)
    }

    pub async fn create_stream(&self, config: &StreamConfig) -> Result<StreamInfo, Error> {
        self.request(&format!("STREAM.CREATE.{}", config.name), config).await
    }

    pub async fn update_stream(&self, config: &StreamConfig) -> Result<StreamInfo, Error> {
        self.request(&format!("STREAM.UPDATE.{}", config.name), config).await
    }

    pub async fn stream_info(&self, stream: &str) -> Result<StreamInfo, Error> {
        self.request(&format!("STREAM.INFO.{stream}"), &()).await
    }

    /// Every stream, all pages, sorted by name.
    pub async fn streams(&self) -> Result<Vec<StreamInfo>, Error> {
        Err(Error::Closed)
    }

    /// Every stream's name, all pages, sorted.
    pub async fn stream_names(&self) -> Result<Vec<String>, Error> {
        Err(Error::Closed)
    }

    pub async fn delete_stream(&self, stream: &str) -> Result<(), Error> {
        let _ = stream;
        Err(Error::Closed)
    }

    /// Returns how many messages were removed.
    pub async fn purge_stream(&self, stream: &str, request: &PurgeRequest) -> Result<u64, Error> {
        let _ = (stream, request);
        Err(Error::Closed)
    }

    pub async fn message(&self, stream: &str, seq: u64) -> Result<StoredMessage, Error> {
        let _ = (stream, seq);
        Err(Error::Closed)
    }

    pub async fn last_message(&self, stream: &str, subject: &str) -> Result<StoredMessage, Error> {
        let _ = (stream, subject);
        Err(Error::Closed)
    }

    pub async fn delete_message(&self, stream: &str, seq: u64) -> Result<(), Error> {
        let _ = (stream, seq);
        Err(Error::Closed)
    }

    /// Uses the subject form with name and filter, as official clients do.
    pub async fn create_consumer(&self, request: &CreateConsumerRequest) -> Result<ConsumerInfo, Error> {
        let _ = request;
        Err(Error::Closed)
    }

    pub async fn consumer_info(&self, stream: &str, consumer: &str) -> Result<ConsumerInfo, Error> {
        self.request(&format!("CONSUMER.INFO.{stream}.{consumer}"), &()).await
    }

    pub async fn consumers(&self, stream: &str) -> Result<Vec<ConsumerInfo>, Error> {
        let _ = stream;
        Err(Error::Closed)
    }

    pub async fn consumer_names(&self, stream: &str) -> Result<Vec<String>, Error> {
        let _ = stream;
        Err(Error::Closed)
    }

    pub async fn delete_consumer(&self, stream: &str, consumer: &str) -> Result<(), Error> {
        let _ = (stream, consumer);
        Err(Error::Closed)
    }

    /// Sends one pull request; its messages and statuses arrive on the returned subscription.
    pub fn pull(&self, stream: &str, consumer: &str, request: &PullRequest) -> Result<super::Subscription, Error> {
        let _ = (stream, consumer, request);
        Err(Error::Closed)
    }
}

/// What the ack subject of a delivered message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryInfo {
    pub stream: String,
    pub consumer: String,
    pub deliveries: u64,
    pub stream_seq: u64,
    pub consumer_seq: u64,
    pub timestamp: crate::time::Timestamp,
    pub num_pending: u64,
}

impl DeliveryInfo {
    /// Reads `$JS.ACK.…` in its short (9 tokens) and long (11 or 12 tokens) forms; `None` if it is not one.
    pub fn from_reply(reply: &str) -> Option<DeliveryInfo> {
        let _ = reply;
        None
    }
}
