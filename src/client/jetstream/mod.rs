//! JetStream over a [`Client`]: the API, publish acks, messages with acks.
//!
//! Everything here is requests and conventions on subjects: nothing a `nats pub` could not do by hand. The way in is
//! [`JetStream`]; its methods are spread over the files of this folder by noun.
//! Source: NATS docs "JetStream wire API reference"; ADR-1, ADR-13, ADR-15, ADR-17, ADR-31, ADR-37.

mod ack;
mod consumer;
mod message;
mod ordered;
mod publish;
mod pull;
mod push;
mod stream;

pub use ack::{Ack, DeliveryInfo};
pub use message::StreamMessage;
pub use ordered::{OrderedConsumer, OrderedOptions};
pub use publish::{PublishOptions, Publisher};
pub use pull::{Batch, BatchEnd, ConsumeOptions, Consumption};
pub use push::PushSubscription;

use super::{Client, Error};
use crate::api::{self, AccountInfo};
use crate::protocol::{Headers, Message};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The API of the account this client is in.
#[derive(Clone)]
pub struct JetStream {
    client: Client,
    timeout: Duration,
}

/// The part of an answer that says whether it is one.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    error: Option<api::Error>,
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

    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Asks `$JS.API.<endpoint>`; an error in the answer is [`Error::Api`]. `()` as request sends no body.
    pub async fn request<Q: Serialize, A: DeserializeOwned>(&self, endpoint: &str, request: &Q) -> Result<A, Error> {
        self.request_with(endpoint, None, request).await
    }

    /// [`JetStream::request`] with headers, as for `Nats-Required-Api-Level`.
    pub async fn request_with<Q: Serialize, A: DeserializeOwned>(
        &self,
        endpoint: &str,
        headers: Option<Headers>,
        request: &Q,
    ) -> Result<A, Error> {
        let mut message = Message::new(api_subject(endpoint), body(request)?);
        message.headers = headers;
        let answer = self.client.request(message, self.timeout).await?;
        read_answer(&answer.payload)
    }

    /// Limits and usage of the account.
    pub async fn account_info(&self) -> Result<AccountInfo, Error> {
        self.request("INFO", &()).await
    }
}

fn api_subject(endpoint: &str) -> String {
    format!("$JS.API.{endpoint}")
}

fn body<Q: Serialize>(request: &Q) -> Result<Vec<u8>, Error> {
    let json = serde_json::to_vec(request).map_err(|error| Error::BadAnswer(format!("nats: {error}")))?;
    Ok(if json == b"null" { Vec::new() } else { json })
}

/// Errors: what the answer refuses; [`Error::BadAnswer`] for one that is not what the API promises.
fn read_answer<A: DeserializeOwned>(payload: &[u8]) -> Result<A, Error> {
    let bad = |error: serde_json::Error| Error::BadAnswer(format!("nats: invalid API answer: {error}"));
    let envelope: Envelope = serde_json::from_slice(payload).map_err(bad)?;
    match envelope.error {
        Some(error) => Err(Error::Api(error)),
        None => serde_json::from_slice(payload).map_err(bad),
    }
}

/// A stream or consumer name becomes one token of a subject, so it must be one.
fn check_name(what: &'static str, name: &str) -> Result<(), Error> {
    let is_bad = |c: char| c.is_whitespace() || matches!(c, '.' | '*' | '>');
    if name.is_empty() || name.contains(is_bad) { Err(Error::InvalidName(what)) } else { Ok(()) }
}
