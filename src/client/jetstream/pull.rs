//! Pulling: one request with its messages and its end, and requests renewed for as long as somebody reads.

use super::{JetStream, body, check_name};
use crate::api::PullRequest;
use crate::client::{Error, Notice, Notices, Subscription};
use crate::protocol::Message;
use crate::time::Timestamp;
use futures::StreamExt;
use futures::future::{Either, select};
use std::pin::pin;
use std::time::Duration;

/// How much longer than the server a client waits for the end of a request.
const GRACE: Duration = Duration::from_secs(1);

/// What one pull request brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub messages: Vec<Message>,
    pub end: BatchEnd,
}

/// Why a pull request is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchEnd {
    /// As many as asked for.
    Filled,
    /// 404: nothing (more) to give.
    NoMessages,
    /// 408, or nothing heard from the server in time.
    Timeout,
    /// Any other status, as a rule a refusal: `409 Consumer is push based`.
    Status { code: u16, description: String },
}

/// A status frame: an answer of the server to the request itself, under the inbox as its subject.
fn batch_end(message: &Message) -> Option<BatchEnd> {
    let status = message.status()?;
    Some(match status.code {
        404 => BatchEnd::NoMessages,
        408 => BatchEnd::Timeout,
        code => BatchEnd::Status { code, description: status.description.to_owned() },
    })
}

impl JetStream {
    /// Sends one pull request; its messages and statuses arrive on the returned subscription.
    pub fn pull(&self, stream: &str, consumer: &str, request: &PullRequest) -> Result<Subscription, Error> {
        let inbox = self.client.new_inbox();
        let subscription = self.client.subscribe(&inbox, None)?;
        self.send_pull(stream, consumer, request, &inbox)?;
        Ok(subscription)
    }

    fn send_pull(&self, stream: &str, consumer: &str, request: &PullRequest, inbox: &str) -> Result<(), Error> {
        check_name("stream", stream)?;
        check_name("consumer", consumer)?;
        let subject = self.api_subject(&format!("CONSUMER.MSG.NEXT.{stream}.{consumer}"));
        self.client.publish(Message::new(subject, body(request)).with_reply(inbox))
    }

    /// Sends one pull request and gathers what it brings until it is over.
    ///
    /// Errors: [`Error::NoResponders`] when there is no such consumer.
    pub async fn fetch(&self, stream: &str, consumer: &str, request: &PullRequest) -> Result<Batch, Error> {
        let mut answers = self.pull(stream, consumer, request)?;
        let wanted = request.batch.max(1) as usize;
        let patience = request.expires.duration().unwrap_or(self.timeout) + GRACE;
        let deadline = self.client.timers().now() + patience;
        let mut messages = Vec::new();
        while messages.len() < wanted {
            let Ok(answer) = self.client.timers().timeout_at(deadline, answers.next()).await else {
                return Ok(Batch { messages, end: BatchEnd::Timeout });
            };
            let answer = answer.ok_or(Error::Closed)?;
            match batch_end(&answer) {
                None => messages.push(answer),
                Some(BatchEnd::Status { code: 100, .. }) => {}
                Some(BatchEnd::Status { code: 503, .. }) => return Err(Error::NoResponders),
                Some(end) => return Ok(Batch { messages, end }),
            }
        }
        Ok(Batch { messages, end: BatchEnd::Filled })
    }

    /// One message, waited for at most `expires` on the server.
    pub async fn next_message(&self, stream: &str, consumer: &str, expires: Duration) -> Result<Message, Error> {
        let request = PullRequest { batch: 1, expires: expires.into(), ..Default::default() };
        let batch = self.fetch(stream, consumer, &request).await?;
        match (batch.messages.into_iter().next(), batch.end) {
            (Some(message), _) => Ok(message),
            (None, BatchEnd::Status { description, .. }) => Err(Error::Pull(description)),
            (None, _) => Err(Error::Timeout),
        }
    }

    /// Pulls again and again; nothing is asked for until the first [`Consumption::next`].
    pub fn consume(&self, stream: &str, consumer: &str, options: ConsumeOptions) -> Result<Consumption, Error> {
        let inbox = self.client.new_inbox();
        let subscription = self.client.subscribe(&inbox, None)?;
        Ok(Consumption {
            jetstream: self.clone(),
            stream: stream.to_owned(),
            consumer: consumer.to_owned(),
            options,
            subscription,
            notices: self.client.notices(),
            wanted: 0,
            received: 0,
            expires_at: Timestamp(0),
            heard_at: self.client.timers().now(),
            pin: String::new(),
            is_over: false,
        })
    }
}

/// How a [`Consumption`] asks. The defaults are the Go client's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumeOptions {
    pub batch: i64,
    pub expires: Duration,
    /// Silence of twice this long makes the client ask again.
    pub heartbeat: Duration,
    /// Never asks for more than this many.
    pub stop_after: Option<i64>,
    /// For consumers with priority groups.
    pub group: String,
    pub min_pending: i64,
    pub min_ack_pending: i64,
    pub priority: i64,
}

impl Default for ConsumeOptions {
    fn default() -> Self {
        ConsumeOptions {
            batch: 500,
            expires: Duration::from_secs(30),
            heartbeat: Duration::from_secs(15),
            stop_after: None,
            group: String::new(),
            min_pending: 0,
            min_ack_pending: 0,
            priority: 0,
        }
    }
}

/// Messages of a pull consumer for as long as somebody reads. Asks again when less than half a batch is on its way.
pub struct Consumption {
    jetstream: JetStream,
    stream: String,
    consumer: String,
    options: ConsumeOptions,
    subscription: Subscription,
    notices: Notices,
    /// Messages asked for and neither received nor taken back.
    wanted: i64,
    received: i64,
    expires_at: Timestamp,
    heard_at: Timestamp,
    /// Our pin in a priority group, while we hold it.
    pin: String,
    is_over: bool,
}

/// What a consumption hears while it waits.
enum Heard {
    Message(Message),
    End,
    Reconnected,
    /// A notice that changes nothing.
    Nothing,
    Silence,
}

impl Consumption {
    /// The next message; `None` at the end.
    ///
    /// Errors: what ended it: the consumer is gone, or is no pull consumer.
    pub async fn next(&mut self) -> Result<Option<Message>, Error> {
        while !self.is_over {
            self.ask_if_needed()?;
            let now = self.jetstream.client.timers().now();
            let silence = self.heard_at + self.options.heartbeat.saturating_mul(2);
            let deadline = silence.min(self.expires_at + GRACE).max(now);
            match self.hear(deadline).await {
                // Requests die with their connection.
                Heard::Silence | Heard::Reconnected => self.wanted = 0,
                Heard::Nothing => {}
                Heard::End => self.is_over = true,
                Heard::Message(message) => {
                    self.heard_at = self.jetstream.client.timers().now();
                    if self.is_delivery(&message)? {
                        return Ok(Some(message));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Asks for nothing any more; what has arrived can still be read.
    pub fn stop(&mut self) {
        self.options.stop_after = Some(0);
        self.subscription.unsubscribe();
    }

    async fn hear(&mut self, deadline: Timestamp) -> Heard {
        let timers = self.jetstream.client.timers();
        let (message, notice) = (pin!(self.subscription.next()), pin!(self.notices.next()));
        match timers.timeout_at(deadline, select(message, notice)).await {
            Err(_) => Heard::Silence,
            Ok(Either::Left((Some(message), _))) => Heard::Message(message),
            Ok(Either::Left((None, _))) => Heard::End,
            Ok(Either::Right((Some(Notice::Reconnected), _))) => Heard::Reconnected,
            Ok(Either::Right(_)) => Heard::Nothing,
        }
    }

    fn ask_if_needed(&mut self) -> Result<(), Error> {
        if self.wanted > self.options.batch / 2 {
            return Ok(());
        }
        let left = self.options.stop_after.map_or(i64::MAX, |stop| stop - self.received - self.wanted);
        let batch = self.options.batch.saturating_sub(self.wanted).max(1).min(left);
        if batch <= 0 {
            return Ok(());
        }
        let request = PullRequest {
            batch,
            expires: self.options.expires.into(),
            heartbeat: self.options.heartbeat.into(),
            group: self.options.group.clone(),
            min_pending: self.options.min_pending,
            min_ack_pending: self.options.min_ack_pending,
            priority: self.options.priority,
            id: self.pin.clone(),
            ..Default::default()
        };
        let inbox = self.subscription.subject().clone();
        self.jetstream.send_pull(&self.stream, &self.consumer, &request, &inbox)?;
        let now = self.jetstream.client.timers().now();
        self.wanted = self.wanted.saturating_add(batch);
        self.expires_at = now + self.options.expires;
        self.heard_at = now;
        Ok(())
    }

    /// Whether it is a message; keeps the books and judges the status otherwise.
    fn is_delivery(&mut self, message: &Message) -> Result<bool, Error> {
        let Some(end) = batch_end(message) else {
            self.wanted = self.wanted.saturating_sub(1).max(0);
            self.received += 1;
            if let Some(pin) = message.header("Nats-Pin-Id") {
                self.pin = pin.to_owned();
            }
            return Ok(true);
        };
        let taken_back = message.header("Nats-Pending-Messages").and_then(|left| left.parse::<i64>().ok());
        self.wanted = self.wanted.saturating_sub(taken_back.unwrap_or(0).max(0)).max(0);
        match end {
            BatchEnd::Status { code: 100, .. } => {}
            BatchEnd::Status { code: 423, .. } => {
                self.pin.clear();
                self.wanted = 0;
            }
            BatchEnd::Status { code: 503, .. } => return self.end(Error::NoResponders),
            BatchEnd::Status { code: 400 | 409, description } if is_final(&description) => {
                return self.end(Error::Pull(description));
            }
            BatchEnd::NoMessages | BatchEnd::Timeout | BatchEnd::Status { .. } if taken_back.is_none() => {
                self.wanted = 0;
            }
            _ => {}
        }
        Ok(false)
    }

    fn end(&mut self, error: Error) -> Result<bool, Error> {
        self.is_over = true;
        Err(error)
    }
}

/// Asking again would be answered the same way.
fn is_final(description: &str) -> bool {
    const PASSING: [&str; 4] =
        ["exceeded maxwaiting", "leadership change", "batch completed", "message size exceeds maxbytes"];
    let description = description.to_ascii_lowercase();
    !PASSING.iter().any(|passing| description.starts_with(passing))
}
