//! Clients that receive: subscribers and consumers.

use super::Work;
use super::client::Client;
use super::prepare::said;
use crate::api::PullRequest;
use crate::client::jetstream::{ConsumeOptions, Consumption, JetStream, OrderedConsumer, OrderedOptions};
use crate::client::{Error, Subscription};
use crate::commands::{Failure, Outcome};
use crate::protocol::Message;
use std::time::Duration;

const FETCH_EXPIRES: Duration = Duration::from_secs(30);
const BAD_OPTION: &str = "nats: invalid jetstream option: nats: invalid jetstream option";

/// Where messages come from.
enum Incoming {
    Plain(Subscription),
    Ordered(Box<OrderedConsumer>),
    Consumed(Box<Consumption>),
}

impl Incoming {
    async fn next(&mut self) -> Result<Message, Failure> {
        let next = match self {
            Incoming::Plain(subscription) => subscription.next().await,
            Incoming::Ordered(ordered) => ordered.next().await?.map(|(message, _)| message),
            Incoming::Consumed(consumption) => consumption.next().await?,
        };
        Ok(next.ok_or(Error::Closed)?)
    }
}

impl Client<'_> {
    async fn incoming(&mut self, js: &JetStream) -> Result<Incoming, Failure> {
        match self.bench.form.work {
            Work::Ordered => self.ordered(js).await,
            Work::Consume => self.consumed(js).await,
            _ => {
                let subject = &self.bench.plan.subject_filter;
                let subscription = self.context().client.subscribe(subject, None);
                let what = format!("subscribing to '{subject}'");
                Ok(Incoming::Plain(subscription.map_err(|error| Failure::because(&what, error))?))
            }
        }
    }

    async fn ordered(&mut self, js: &JetStream) -> Result<Incoming, Failure> {
        let stream = self.bench.matches.text("stream");
        self.find_stream(js).await?;
        let filters: Vec<String> = self.bench.matches.list("filter").into_iter().map(str::to_owned).collect();
        let apart = filters.iter().find(|filter| filter.contains(char::is_whitespace));
        if let Some(filter) = apart {
            return Err(format!("creating the ephemeral ordered consumer: nats: invalid subject name: {filter}").into());
        }
        let ordered = js.ordered(stream, OrderedOptions { filters, ..OrderedOptions::default() }).await;
        let ordered = ordered.map_err(|error| said("creating the ephemeral ordered consumer", stream, error))?;
        self.check_batch("calling Consume() on the ordered consumer")?;
        self.sample.carried += 4;
        Ok(Incoming::Ordered(Box::new(ordered)))
    }

    async fn consumed(&mut self, js: &JetStream) -> Result<Incoming, Failure> {
        let (stream, consumer) = (self.bench.matches.text("stream"), self.bench.matches.text("consumer"));
        self.find_consumer(js).await?;
        let what = format!("calling Consume() on the durable consumer '{consumer}'");
        let batch = self.check_batch(&what)?;
        if self.count == 0 {
            return Err(format!("{what}: {BAD_OPTION}: auto stop after value cannot be less than 1").into());
        }
        // More than are wanted would be kept from other clients.
        let stop_after = i64::try_from(self.count).ok();
        let options = ConsumeOptions { batch, stop_after, ..ConsumeOptions::default() };
        Ok(Incoming::Consumed(Box::new(js.consume(stream, consumer, options)?)))
    }

    fn check_batch(&self, what: &str) -> Result<i64, Failure> {
        match self.bench.matches.int("batch") {
            batch @ 1.. => Ok(batch),
            _ => Err(format!("{what}: {BAD_OPTION}: maxMessages size must be at least 1").into()),
        }
    }

    async fn find_stream(&mut self, js: &JetStream) -> Outcome {
        let stream = self.bench.matches.text("stream");
        let found = js.stream_info(stream).await;
        found.map_err(|error| said(&format!("getting stream '{stream}'"), stream, error))?;
        self.sample.carried += 2;
        Ok(())
    }

    async fn find_consumer(&mut self, js: &JetStream) -> Outcome {
        self.find_stream(js).await?;
        let (stream, consumer) = (self.bench.matches.text("stream"), self.bench.matches.text("consumer"));
        let found = js.consumer_info(stream, consumer).await;
        found.map_err(|error| said(&format!("getting durable consumer '{consumer}'"), consumer, error))?;
        self.sample.carried += 2;
        Ok(())
    }

    /// Time counts from the first message on.
    pub async fn receive(&mut self) -> Outcome {
        let js = self.bench.jetstream();
        let mut incoming = self.incoming(&js).await?;
        while self.done < self.count {
            let message = incoming.next().await?;
            self.handle(&js, &message).await?;
        }
        self.sample.ended = self.now();
        match incoming {
            Incoming::Ordered(ordered) => Ok(ordered.delete().await?),
            // What acknowledges the last messages must have left before the end is told.
            Incoming::Consumed(_) => Ok(self.context().client.flush().await.map(drop)?),
            Incoming::Plain(_) => Ok(()),
        }
    }

    async fn handle(&mut self, js: &JetStream, message: &Message) -> Outcome {
        self.pace().await;
        if self.bench.matches.knows("acks") {
            let acknowledged = match self.bench.matches.text("acks") {
                "none" => Ok(()),
                _ if self.bench.matches.flag("doubleack") => js.ack_sync(message).await,
                _ => js.ack(message),
            };
            acknowledged.map_err(|error| Failure::because("acknowledging the message", error))?;
            self.sample.carried += 1;
        }
        self.sample.carried += 1;
        if self.done == 0 {
            self.sample.began = self.now();
        }
        self.advance(1);
        Ok(())
    }

    /// An operation is a fetch.
    pub async fn fetch(&mut self) -> Outcome {
        let js = self.bench.jetstream();
        self.find_consumer(&js).await?;
        let batch = self.batch()?;
        let (stream, consumer) = (self.bench.matches.text("stream"), self.bench.matches.text("consumer"));
        while self.done < self.count {
            let began = self.now();
            let batch = i64::try_from(batch.min(self.count - self.done)).unwrap_or(i64::MAX);
            let request = PullRequest { batch, expires: FETCH_EXPIRES.into(), ..PullRequest::default() };
            let fetched = js.fetch(stream, consumer, &request).await;
            let fetched = fetched.map_err(|error| Failure::because("getting fetched messages", error))?;
            self.note(began);
            for message in &fetched.messages {
                self.handle(&js, message).await?;
            }
            self.sample.carried += 1;
        }
        self.sample.ended = self.now();
        self.context().client.flush().await?;
        Ok(())
    }
}
