//! A consumer that never skips and never repeats: recreated behind the reader's back whenever it did.
//!
//! A push consumer without acks whose sequence must count up by one. A gap, a missed heartbeat or a new connection makes
//! another one that starts after the last message read. Key-value watchers and object reads stand on it.
//! Source: ADR-17; nats.go's legacy ordered consumer, whose configuration this sends.

use super::{DeliveryInfo, JetStream};
use crate::api::{AckPolicy, ConsumerConfig, CreateConsumerRequest, DeliverPolicy, Nanos};
use crate::client::{Error, Subscription};
use crate::protocol::Message;
use crate::time::Timestamp;
use std::time::Duration;

const HEARTBEAT: Duration = Duration::from_secs(5);
const ACK_WAIT: Duration = Duration::from_secs(22 * 3600);

/// What to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderedOptions {
    /// None is everything.
    pub filters: Vec<String>,
    pub deliver_policy: DeliverPolicy,
    pub start_seq: u64,
    pub start_time: Option<Timestamp>,
    pub headers_only: bool,
}

pub struct OrderedConsumer {
    jetstream: JetStream,
    stream: String,
    options: OrderedOptions,
    subscription: Subscription,
    consumer: String,
    /// Matching messages there were when it was first made.
    pending_at_start: u64,
    last_stream_seq: u64,
    last_consumer_seq: u64,
    heard_at: Timestamp,
}

impl JetStream {
    pub async fn ordered(&self, stream: &str, options: OrderedOptions) -> Result<OrderedConsumer, Error> {
        let (subscription, consumer, pending_at_start) = self.create_ordered(stream, &options, None).await?;
        Ok(OrderedConsumer {
            jetstream: self.clone(),
            stream: stream.to_owned(),
            options,
            subscription,
            consumer,
            pending_at_start,
            last_stream_seq: 0,
            last_consumer_seq: 0,
            heard_at: self.client.timers().now(),
        })
    }

    /// Listens first, so that nothing can be delivered to nobody. `after` continues behind that sequence.
    async fn create_ordered(
        &self,
        stream: &str,
        options: &OrderedOptions,
        after: Option<u64>,
    ) -> Result<(Subscription, String, u64), Error> {
        let inbox = self.client.new_inbox();
        let subscription = self.client.subscribe(&inbox, None)?;
        let mut config = ConsumerConfig {
            deliver_policy: options.deliver_policy,
            opt_start_seq: options.start_seq,
            opt_start_time: options.start_time,
            ack_policy: AckPolicy::None,
            ack_wait: ACK_WAIT.into(),
            max_deliver: 1,
            flow_control: true,
            headers_only: options.headers_only,
            idle_heartbeat: Nanos::from(HEARTBEAT),
            deliver_subject: inbox.to_string(),
            num_replicas: 1,
            mem_storage: true,
            ..ConsumerConfig::default()
        };
        match &options.filters[..] {
            [] => {}
            [filter] => config.filter_subject = filter.clone(),
            filters => config.filter_subjects = Some(filters.to_vec()),
        }
        if let Some(after) = after {
            config.deliver_policy = DeliverPolicy::ByStartSequence;
            config.opt_start_seq = after.saturating_add(1);
            config.opt_start_time = None;
        }
        let request = CreateConsumerRequest { stream_name: stream.to_owned(), config, ..Default::default() };
        let info = self.create_consumer(&request).await?;
        Ok((subscription, info.name, info.num_pending.saturating_add(info.delivered.consumer_seq)))
    }
}

impl OrderedConsumer {
    /// Matching messages there were when it was made; after so many the reader has caught up with that moment.
    pub fn pending_at_start(&self) -> u64 {
        self.pending_at_start
    }

    /// The next message with what is known of its delivery; `None` once the connection is closed.
    ///
    /// Errors: when it cannot be made anew.
    pub async fn next(&mut self) -> Result<Option<(Message, DeliveryInfo)>, Error> {
        loop {
            let deadline = self.heard_at + HEARTBEAT * 2;
            let timers = self.jetstream.client.timers().clone();
            let message = match timers.timeout_at(deadline, self.subscription.next()).await {
                Err(_) => {
                    self.start_over().await?;
                    continue;
                }
                Ok(None) => return Ok(None),
                Ok(Some(message)) => message,
            };
            self.heard_at = timers.now();
            if message.status().is_some() {
                self.handle_status(&message).await?;
                continue;
            }
            let Some(info) = DeliveryInfo::of(&message) else { continue };
            if info.consumer_seq != self.last_consumer_seq.saturating_add(1) {
                self.start_over().await?;
                continue;
            }
            self.last_consumer_seq = info.consumer_seq;
            self.last_stream_seq = info.stream_seq;
            return Ok(Some((message, info)));
        }
    }

    /// A heartbeat knows how far the server got; if we are behind, something was lost.
    async fn handle_status(&mut self, message: &Message) -> Result<(), Error> {
        if !self.jetstream.handle_control(message)? {
            return self.start_over().await;
        }
        let sent = message.header("Nats-Last-Consumer").and_then(|seq| seq.parse::<u64>().ok());
        if sent.is_some_and(|sent| sent != self.last_consumer_seq) {
            return self.start_over().await;
        }
        Ok(())
    }

    async fn start_over(&mut self) -> Result<(), Error> {
        let after = (self.last_stream_seq > 0).then_some(self.last_stream_seq);
        let old = std::mem::take(&mut self.consumer);
        self.jetstream.client.connected().await?;
        let (subscription, consumer, _) = self.jetstream.create_ordered(&self.stream, &self.options, after).await?;
        self.subscription = subscription;
        self.forget(&old);
        self.consumer = consumer;
        self.last_consumer_seq = 0;
        self.heard_at = self.jetstream.client.timers().now();
        Ok(())
    }

    /// Deletes the consumer on the server and waits for it; dropping this does not wait.
    pub async fn delete(mut self) -> Result<(), Error> {
        let consumer = std::mem::take(&mut self.consumer);
        self.subscription.unsubscribe();
        self.jetstream.delete_consumer(&self.stream, &consumer).await
    }

    /// Fire and forget: the server would notice the missing interest by itself, later.
    fn forget(&self, consumer: &str) {
        if !consumer.is_empty() {
            let subject = self.jetstream.api_subject(&format!("CONSUMER.DELETE.{}.{consumer}", self.stream));
            let _ = self.jetstream.client.publish(Message::new(subject, ""));
        }
    }
}

impl Drop for OrderedConsumer {
    fn drop(&mut self) {
        let consumer = std::mem::take(&mut self.consumer);
        self.forget(&consumer);
    }
}
