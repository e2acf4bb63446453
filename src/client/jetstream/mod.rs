//! JetStream over a [`Client`]: the API, publish acks, messages with acks.
//!
//! Everything here is requests and conventions on subjects: nothing a `nats pub` could not do by hand. The way in is
//! [`JetStream`]; its methods are spread over the files of this folder by noun.
//! Source: NATS docs "JetStream wire API reference"; ADR-1, ADR-13, ADR-15, ADR-17, ADR-31, ADR-37.

mod ack;
mod backup;
mod consumer;
mod message;
mod ordered;
mod publish;
mod pull;
mod push;
mod stream;

pub use ack::{Ack, DeliveryInfo};
pub use backup::Backup;
pub use message::StreamMessage;
pub use ordered::{OrderedConsumer, OrderedOptions};
pub use publish::{PublishOptions, Publisher};
pub use pull::{Batch, BatchEnd, ConsumeOptions, Consumption};
pub use push::PushSubscription;

use super::{Client, Error};
use crate::api::{self, AccountInfo};
use crate::json::{self, FromJson, ToJson};
use crate::protocol::{Headers, Message};
use bytes::Bytes;
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

    /// Zero leaves it at the usual time.
    pub fn with_timeout(self, timeout: Duration) -> JetStream {
        let timeout = if timeout.is_zero() { self.timeout } else { timeout };
        JetStream { timeout, ..self }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Asks `<endpoint>` of the API; an error in the answer is [`Error::Api`]. `()` as request sends no body.
    pub async fn request<Q: ToJson, A: FromJson>(&self, endpoint: &str, request: &Q) -> Result<A, Error> {
        self.request_with(endpoint, None, request).await
    }

    /// [`JetStream::request`] with headers, as for `Nats-Required-Api-Level`.
    pub async fn request_with<Q: ToJson, A: FromJson>(
        &self,
        endpoint: &str,
        headers: Option<Headers>,
        request: &Q,
    ) -> Result<A, Error> {
        let mut message = Message::new(self.api_subject(endpoint), body(request));
        message.headers = headers;
        let answer = self.client.request(message, self.timeout).await?;
        read_answer(&answer.payload)
    }

    /// What `<endpoint>` of the API answers, unread; what it refuses is [`Error::BadAnswer`].
    async fn unread_answer(&self, endpoint: &str) -> Result<Bytes, Error> {
        let message = Message::new(self.api_subject(endpoint), Vec::new());
        let answer = self.client.request(message, self.timeout).await?.payload;
        match json::find(&answer, "error") {
            None | Some(b"null") => Ok(answer),
            Some(error) => Err(Error::BadAnswer(String::from_utf8_lossy(error).into_owned())),
        }
    }

    /// Where the API of this account, or of the domain meant, takes requests to `endpoint`.
    pub fn api_subject(&self, endpoint: &str) -> String {
        format!("{}.{endpoint}", self.client.api_prefix())
    }

    /// Limits and usage of the account.
    pub async fn account_info(&self) -> Result<AccountInfo, Error> {
        self.request("INFO", &()).await
    }
}

fn body<Q: ToJson>(request: &Q) -> Vec<u8> {
    let json = crate::json::write(request);
    if json == "null" { Vec::new() } else { json.into_bytes() }
}

/// Errors: what the answer refuses; [`Error::BadAnswer`] for one that is not what the API promises.
fn read_answer<A: FromJson>(payload: &[u8]) -> Result<A, Error> {
    let bad = |error: json::Error| Error::BadAnswer(format!("nats: invalid API answer: {error}"));
    let answer = json::parse(payload).map_err(bad)?;
    match answer.get("error").filter(|error| !error.is_null()) {
        Some(error) => Err(Error::Api(api::Error::from_json(error).map_err(bad)?)),
        None => A::from_json(&answer).map_err(bad),
    }
}

/// A stream or consumer name becomes one token of a subject, so it must be one.
fn check_name(what: &'static str, name: &str) -> Result<(), Error> {
    if name.is_empty() || name.contains([' ', '.', '*', '>', '/', '\\', '\0']) {
        return Err(Error::InvalidName(what, name.to_owned()));
    }
    if name.contains(char::is_whitespace) { Err(Error::BadSubject(name.to_owned())) } else { Ok(()) }
}
