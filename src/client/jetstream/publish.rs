//! Publishing into streams: conditions a message carries, and acks that arrive while others are on their way.

use super::{JetStream, read_answer};
use crate::api::PubAck;
use crate::client::{Error, PendingRequest};
use crate::protocol::{Headers, Message};
use futures::stream::{FuturesUnordered, StreamExt};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;

/// What a publisher asks of the stream, as headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishOptions {
    /// Stored once inside the duplicate window.
    pub msg_id: Option<String>,
    pub expected_stream: Option<String>,
    pub expected_last_seq: Option<u64>,
    /// The subject's last sequence; 0 is "nothing there".
    pub expected_last_subject_seq: Option<u64>,
    pub expected_last_msg_id: Option<String>,
    /// A Go duration, seconds or `never`.
    pub ttl: Option<String>,
    /// `sub` or `all`.
    pub rollup: Option<String>,
    /// `@at <time>` or `@every <duration>`; goes to `schedule_target`.
    pub schedule: Option<String>,
    pub schedule_target: Option<String>,
    pub schedule_ttl: Option<String>,
}

impl PublishOptions {
    /// Adds what is set to `headers`, which stay absent if nothing is.
    pub fn apply(&self, headers: Option<Headers>) -> Option<Headers> {
        let number = |value: Option<u64>| value.map(|value| value.to_string());
        let wanted = [
            ("Nats-Msg-Id", self.msg_id.clone()),
            ("Nats-Expected-Stream", self.expected_stream.clone()),
            ("Nats-Expected-Last-Sequence", number(self.expected_last_seq)),
            ("Nats-Expected-Last-Subject-Sequence", number(self.expected_last_subject_seq)),
            ("Nats-Expected-Last-Msg-Id", self.expected_last_msg_id.clone()),
            ("Nats-TTL", self.ttl.clone()),
            ("Nats-Rollup", self.rollup.clone()),
            ("Nats-Schedule", self.schedule.clone()),
            ("Nats-Schedule-Target", self.schedule_target.clone()),
            ("Nats-Schedule-TTL", self.schedule_ttl.clone()),
        ];
        wanted.into_iter().fold(headers, |headers, (name, value)| match value {
            Some(value) => Some(headers.unwrap_or_default().and(name, &value)),
            None => headers,
        })
    }
}

impl JetStream {
    /// Publishes and waits for the ack. An error in the ack is [`Error::Api`].
    pub async fn publish(&self, message: Message) -> Result<PubAck, Error> {
        read_ack(self.client.request(message, self.timeout).await?)
    }

    pub async fn publish_with(&self, mut message: Message, options: &PublishOptions) -> Result<PubAck, Error> {
        message.headers = options.apply(message.headers);
        self.publish(message).await
    }

    /// Publishes without waiting for each ack, with at most `outstanding_max` of them on their way.
    pub fn publisher(&self, outstanding_max: usize) -> Publisher {
        Publisher {
            jetstream: self.clone(),
            outstanding_max: outstanding_max.max(1),
            outstanding: FuturesUnordered::new(),
            done: VecDeque::new(),
            published: 0,
        }
    }
}

fn read_ack(answer: Message) -> Result<PubAck, Error> {
    let ack: PubAck = read_answer(&answer.payload)?;
    if ack.stream.is_empty() {
        return Err(Error::BadAnswer("nats: invalid jetstream publish response".to_owned()));
    }
    Ok(ack)
}

type Outstanding = Pin<Box<dyn Future<Output = (u64, Result<PubAck, Error>)>>>;

/// Publishes ahead of its acks. Acks come in the order they arrive, each with the number of its publish, from 0.
pub struct Publisher {
    jetstream: JetStream,
    outstanding_max: usize,
    outstanding: FuturesUnordered<Outstanding>,
    done: VecDeque<(u64, Result<PubAck, Error>)>,
    published: u64,
}

impl Publisher {
    /// Publishes once there is room, and returns the number of this publish.
    pub async fn publish(&mut self, message: Message) -> Result<u64, Error> {
        while self.outstanding.len() >= self.outstanding_max {
            let done = self.outstanding.next().await;
            self.done.extend(done);
        }
        let number = self.published;
        let request = self.jetstream.client.start_request(message)?;
        self.published += 1;
        self.outstanding.push(Box::pin(outcome(self.jetstream.clone(), number, request)));
        Ok(number)
    }

    /// The next ack; `None` when none is on its way.
    pub async fn next_ack(&mut self) -> Option<(u64, Result<PubAck, Error>)> {
        match self.done.pop_front() {
            Some(done) => Some(done),
            None => self.outstanding.next().await,
        }
    }

    pub fn outstanding(&self) -> usize {
        self.outstanding.len()
    }
}

async fn outcome(jetstream: JetStream, number: u64, request: PendingRequest) -> (u64, Result<PubAck, Error>) {
    let answer = jetstream.client.timers().timeout(jetstream.timeout, request).await;
    (number, answer.unwrap_or(Err(Error::Timeout)).and_then(read_ack))
}
