//! What one client of a benchmark does, and how long it takes.

use super::{Bench, Work};
use crate::api::{DirectGetRequest, GetMessageRequest, PullRequest};
use crate::client::jetstream::{ConsumeOptions, Consumption, JetStream, OrderedConsumer, OrderedOptions};
use crate::client::service::ServiceConfig;
use crate::client::{Error, Subscription};
use crate::commands::{Failure, Outcome};
use crate::protocol::{Headers, Message};
use crate::time::Timestamp;
use futures::future::{Either, select};
use std::time::Duration;

/// So many messages leave before the server is heard of again: neither a page nor a queue is filled without end.
const BURST: u64 = 1_000;
const FETCH_EXPIRES: Duration = Duration::from_secs(5);
const SERVICE_NAME: &str = "nats-bench-service";

/// What one client measured.
#[derive(Default)]
pub(super) struct Sample {
    pub messages: u64,
    pub elapsed: Duration,
    /// Nanoseconds per operation; none for who only receives.
    pub latencies: Vec<u64>,
}

/// Where messages come from.
enum Incoming {
    Plain(Subscription),
    Ordered(Box<OrderedConsumer>),
    Consumed(Box<Consumption>),
}

impl Bench<'_> {
    /// One client's share: `count` messages, `first` others before them.
    pub(super) async fn client(&self, first: u64, count: u64) -> Result<Sample, Failure> {
        let mut sample = Sample::default();
        let mut began = self.context.now();
        if self.matches.knows("header") {
            self.matches.sound("header")?;
        }
        match self.form.work {
            Work::Publish => self.publish(first, count, &mut sample).await?,
            Work::PublishSync => self.publish_sync(first, count, &mut sample).await?,
            Work::PublishAsync => self.publish_async(first, count, &mut sample).await?,
            Work::PublishAtomic => self.publish_atomic(first, count, &mut sample).await?,
            Work::PublishFast => self.publish_fast(first, count, &mut sample).await?,
            Work::Request => self.request(first, count, &mut sample).await?,
            Work::Fetch => self.fetch(count, &mut sample).await?,
            Work::GetSync => self.get_sync(count, &mut sample).await?,
            Work::GetBatch => self.get_batch(count, &mut sample).await?,
            Work::KvPut => self.kv_put(first, count, &mut sample).await?,
            Work::KvGet => self.kv_get(first, count, &mut sample).await?,
            Work::Serve => began = self.serve(count, &mut sample).await?,
            Work::Subscribe | Work::Ordered | Work::Consume => began = self.receive(count, &mut sample).await?,
        }
        sample.elapsed = self.context.now().since(began);
        Ok(sample)
    }

    /// The `number`th message.
    pub(super) fn message(&self, number: u64) -> Message {
        let mut subject = self.matches.text("subject").to_owned();
        if self.is_multi_subject() {
            let most = self.matches.uint("multisubjectmax");
            let token = match most {
                0 => number,
                _ if self.matches.flag("multisubjectrandomize") => self.context.rng.borrow_mut().below(most),
                _ => number % most,
            };
            subject = format!("{subject}.{token}");
        }
        let mut message = Message::new(subject.as_str(), self.body.clone());
        for (name, value) in self.matches.pairs("header") {
            message.headers.get_or_insert_with(Headers::new).append(name, value);
        }
        if self.matches.knows("dedup") && self.matches.flag("dedup") {
            let id = self.context.client.nuid();
            message.headers.get_or_insert_with(Headers::new).append("Nats-Msg-Id", &id);
        }
        message
    }

    /// `--duration` is over.
    pub(super) fn is_over(&self) -> bool {
        self.until.is_some_and(|until| self.context.now() >= until)
    }

    /// Notes an operation that moved `messages`, then waits as `--sleep` and `--throughput` want.
    async fn done(&self, sample: &mut Sample, began: Timestamp, messages: u64) {
        sample.messages += messages;
        sample.latencies.push(self.context.now().since(began).as_nanos() as u64);
        self.pause(began, messages).await;
    }

    pub(super) async fn pause(&self, began: Timestamp, messages: u64) {
        let sleep = if self.matches.knows("sleep") { self.matches.duration("sleep") } else { Duration::ZERO };
        let sleep = sleep.saturating_mul(u32::try_from(messages).unwrap_or(u32::MAX));
        if !sleep.is_zero() {
            self.context.timers.sleep(sleep).await;
        }
        let rate = if self.matches.knows("throughput") { self.matches.uint("throughput") } else { 0 };
        if rate > 0 {
            let share = (rate / self.matches.uint("clients").max(1)).max(1);
            let took = Duration::from_secs_f64(messages as f64 / share as f64);
            self.context.timers.sleep_until(began + took).await;
        }
    }

    async fn publish(&self, first: u64, count: u64, sample: &mut Sample) -> Outcome {
        for number in 1..=count {
            if self.is_over() {
                break;
            }
            let began = self.context.now();
            self.context.client.publish(self.message(first + number - 1))?;
            if number.is_multiple_of(BURST) || number == count {
                self.context.client.flush().await?;
            }
            self.done(sample, began, 1).await;
        }
        // Ended early by the clock.
        self.context.client.flush().await?;
        Ok(())
    }

    async fn publish_sync(&self, first: u64, count: u64, sample: &mut Sample) -> Outcome {
        let js = self.jetstream();
        for number in first..first + count {
            if self.is_over() {
                break;
            }
            let began = self.context.now();
            js.publish(self.message(number)).await?;
            self.done(sample, began, 1).await;
        }
        Ok(())
    }

    async fn request(&self, first: u64, count: u64, sample: &mut Sample) -> Outcome {
        for number in first..first + count {
            if self.is_over() {
                break;
            }
            let began = self.context.now();
            self.context.client.request(self.message(number), self.matches.timeout()).await?;
            self.done(sample, began, 1).await;
        }
        Ok(())
    }

    fn batch(&self) -> u64 {
        self.matches.uint("batch").clamp(1, BURST)
    }

    /// An operation is a batch with its acknowledgements.
    async fn publish_async(&self, first: u64, count: u64, sample: &mut Sample) -> Outcome {
        let (js, batch) = (self.jetstream(), self.batch());
        let mut sent = 0;
        while sent < count && !self.is_over() {
            let began = self.context.now();
            let mut publisher = js.publisher(batch as usize);
            let size = (count - sent).min(batch);
            for number in 0..size {
                publisher.publish(self.message(first + sent + number)).await?;
            }
            while let Some((_, ack)) = publisher.next_ack().await {
                ack?;
            }
            sent += size;
            self.done(sample, began, size).await;
        }
        Ok(())
    }

    /// An operation is a batch; its last message commits it, and is answered.
    async fn publish_atomic(&self, first: u64, count: u64, sample: &mut Sample) -> Outcome {
        let (js, batch) = (self.jetstream(), self.batch());
        let mut sent = 0;
        while sent < count && !self.is_over() {
            let (began, id) = (self.context.now(), self.context.client.nuid());
            let size = (count - sent).min(batch);
            for number in 1..=size {
                let mut message = self.message(first + sent + number - 1);
                let headers = message.headers.get_or_insert_with(Headers::new);
                headers.append("Nats-Batch-Id", &id);
                headers.append("Nats-Batch-Sequence", &number.to_string());
                if number == size {
                    headers.append("Nats-Batch-Commit", "1");
                    js.publish(message).await?;
                } else {
                    self.context.client.publish(message)?;
                }
            }
            sent += size;
            self.done(sample, began, size).await;
        }
        Ok(())
    }

    async fn acknowledge(&self, js: &JetStream, message: &Message) -> Outcome {
        match self.matches.text("acks") {
            "none" => {}
            _ if self.matches.flag("doubleack") => js.ack_sync(message).await?,
            _ => js.ack(message)?,
        }
        Ok(())
    }

    /// An operation is a fetch.
    async fn fetch(&self, count: u64, sample: &mut Sample) -> Outcome {
        let (js, batch) = (self.jetstream(), self.batch());
        let (stream, consumer) = (self.matches.text("stream"), self.matches.text("consumer"));
        while sample.messages < count {
            let began = self.context.now();
            let batch = (count - sample.messages).min(batch) as i64;
            let request = PullRequest { batch, expires: FETCH_EXPIRES.into(), ..PullRequest::default() };
            let fetched = js.fetch(stream, consumer, &request).await?;
            let took = self.context.now();
            for message in &fetched.messages {
                self.acknowledge(&js, message).await?;
            }
            sample.latencies.push(took.since(began).as_nanos() as u64);
            sample.messages += fetched.messages.len() as u64;
            self.pause(began, fetched.messages.len() as u64).await;
        }
        Ok(())
    }

    /// One sequence after the other, from the first one on, and again from there.
    async fn get_sync(&self, count: u64, sample: &mut Sample) -> Outcome {
        let (js, stream) = (self.jetstream(), self.matches.text("stream"));
        let state = js.stream_info(stream).await?.state;
        if state.messages == 0 {
            return Err(format!("stream {stream:?} has no messages to get").into());
        }
        let span = state.last_seq - state.first_seq + 1;
        for number in 0..count {
            let began = self.context.now();
            let one = GetMessageRequest { seq: state.first_seq + number % span, ..GetMessageRequest::default() };
            match js.direct_message(stream, &DirectGetRequest { one, ..DirectGetRequest::default() }).await {
                // A message that was removed was answered for, too.
                Ok(_) | Err(Error::Api(_)) => self.done(sample, began, 1).await,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// An operation is a request; from the beginning again after the end.
    async fn get_batch(&self, count: u64, sample: &mut Sample) -> Outcome {
        let (js, stream, batch) = (self.jetstream(), self.matches.text("stream"), self.batch());
        let filter = self.matches.list("filter").first().map_or(">", |filter| filter).to_owned();
        let mut seq = 1;
        while sample.messages < count {
            let began = self.context.now();
            let one = GetMessageRequest { seq, next_by_subject: filter.clone(), ..GetMessageRequest::default() };
            let batch = (count - sample.messages).min(batch) as i64;
            match js.direct_messages(stream, &DirectGetRequest { one, batch, ..DirectGetRequest::default() }).await {
                Ok(found) if !found.is_empty() => {
                    seq = found.last().map_or(1, |last| last.seq + 1);
                    self.done(sample, began, found.len() as u64).await;
                }
                Ok(_) | Err(Error::Api(_)) if seq > 1 => seq = 1,
                Ok(_) => return Err(format!("stream {stream:?} has no messages to get").into()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn key(&self, number: u64) -> String {
        match self.matches.uint("randomize") {
            0 => number.to_string(),
            most => self.context.rng.borrow_mut().below(most).to_string(),
        }
    }

    async fn kv_put(&self, first: u64, count: u64, sample: &mut Sample) -> Outcome {
        let bucket = self.jetstream().bucket(self.matches.text("bucket")).await.map_err(|it| it.to_string())?;
        for number in first..first + count {
            let began = self.context.now();
            bucket.put(&self.key(number), self.body.clone()).await.map_err(|error| error.to_string())?;
            self.done(sample, began, 1).await;
        }
        Ok(())
    }

    async fn kv_get(&self, first: u64, count: u64, sample: &mut Sample) -> Outcome {
        let bucket = self.jetstream().bucket(self.matches.text("bucket")).await.map_err(|it| it.to_string())?;
        for number in first..first + count {
            let (began, key) = (self.context.now(), self.key(number));
            let found = bucket.get(&key).await;
            found.map_err(|error| Failure::because(&format!("key {key:?} cannot be read"), error))?;
            self.done(sample, began, 1).await;
        }
        Ok(())
    }

    /// Answers with as many bytes as messages have, until Ctrl-C or until `--msgs`, where they are given, were answered.
    async fn serve(&self, count: u64, sample: &mut Sample) -> Result<Timestamp, Failure> {
        let mut service = self.context.client.add_service(&ServiceConfig {
            name: SERVICE_NAME.to_owned(),
            version: "1.0.0".to_owned(),
            description: "NATS benchmark service".to_owned(),
            ..ServiceConfig::default()
        })?;
        service.add_endpoint("bench", self.matches.text("subject"), None)?;
        let mut first = None;
        while !self.matches.is_set("msgs") || sample.messages < count {
            let stopped = self.context.console.interrupt();
            let Either::Left((Some(request), _)) = select(Box::pin(service.next()), Box::pin(stopped)).await else {
                break;
            };
            first = first.or(Some(self.context.now()));
            service.respond(&request, None, self.body.clone())?;
            sample.messages += 1;
            self.pause(self.context.now(), 1).await;
        }
        self.context.client.flush().await?;
        Ok(first.unwrap_or(self.context.now()))
    }

    async fn incoming(&self) -> Result<Incoming, Failure> {
        let js = self.jetstream();
        Ok(match self.form.work {
            Work::Ordered => {
                let filters = self.matches.list("filter").into_iter().map(str::to_owned).collect();
                let options = OrderedOptions { filters, ..OrderedOptions::default() };
                Incoming::Ordered(Box::new(js.ordered(self.matches.text("stream"), options).await?))
            }
            Work::Consume => {
                let options = ConsumeOptions { batch: self.batch() as i64, ..ConsumeOptions::default() };
                let (stream, consumer) = (self.matches.text("stream"), self.matches.text("consumer"));
                Incoming::Consumed(Box::new(js.consume(stream, consumer, options)?))
            }
            _ => {
                let subject = self.matches.text("subject");
                let all = format!("{subject}.*");
                let subject = if self.is_multi_subject() { all.as_str() } else { subject };
                Incoming::Plain(self.context.client.subscribe(subject, None)?)
            }
        })
    }

    /// Time counts from the first message on.
    async fn receive(&self, count: u64, sample: &mut Sample) -> Result<Timestamp, Failure> {
        let js = self.jetstream();
        let mut incoming = self.incoming().await?;
        let mut first = None;
        while sample.messages < count {
            let message = match self.until {
                Some(until) => match self.context.timers.timeout_at(until, incoming.next()).await {
                    Ok(message) => message?,
                    Err(_) => break,
                },
                None => incoming.next().await?,
            };
            let Some(message) = message else { return Err("nats: connection closed".into()) };
            first = first.or(Some(self.context.now()));
            if matches!(incoming, Incoming::Consumed(_)) {
                self.acknowledge(&js, &message).await?;
            }
            sample.messages += 1;
            self.pause(self.context.now(), 1).await;
        }
        if let Incoming::Ordered(ordered) = incoming {
            ordered.delete().await?;
        }
        Ok(first.unwrap_or(self.context.now()))
    }
}

impl Incoming {
    async fn next(&mut self) -> Result<Option<Message>, Failure> {
        Ok(match self {
            Incoming::Plain(subscription) => subscription.next().await,
            Incoming::Ordered(ordered) => ordered.next().await?.map(|(message, _)| message),
            Incoming::Consumed(consumption) => consumption.next().await?,
        })
    }
}
