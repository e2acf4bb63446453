//! Clients that publish, ask and answer.

use super::client::Client;
use crate::client::service::ServiceConfig;
use crate::client::{Error, go_api_error};
use crate::commands::{Failure, Outcome};
use crate::protocol::{Headers, Message};
use std::time::Duration;

/// So many messages leave before the server is heard of again: neither a page nor a queue is filled without end.
const BURST: u64 = 1_000;
const SERVICE_NAME: &str = "nats-bench-service";
const SERVICE_VERSION: &str = "1.0.0";
const ANSWER: &str = "ok";

/// Why a stream did not take a message, in the words of nats.go.
fn refusal(what: &str, error: &Error) -> Failure {
    match error {
        Error::NoResponders => Failure::because(what, "nats: no response from stream"),
        Error::Api(error) => Failure::because(what, go_api_error(error)),
        other => Failure::because(what, other),
    }
}

/// [`refusal`] for who waits for the answer: that part of nats.go says "nats:" once more.
fn refusal_at_once(what: &str, error: &Error) -> Failure {
    match error {
        Error::Api(error) => Failure::because(what, format!("nats: {}", go_api_error(error))),
        other => refusal(what, other),
    }
}

impl Client<'_> {
    pub async fn publish(&mut self) -> Outcome {
        let headers = self.headers("publishing")?;
        let client = &self.bench.context.client;
        for number in 0..self.count {
            let began = self.now();
            let published = client.publish(self.message(&headers, number));
            published.map_err(|error| Failure::because("publishing: publishing", error))?;
            if (number + 1).is_multiple_of(BURST) {
                client.flush().await?;
            }
            self.finish_one(began).await;
        }
        client.flush().await.map_err(|error| Failure::because("flushing", error))?;
        self.sample.carried = self.count;
        self.sample.ended = self.now();
        Ok(())
    }

    pub async fn publish_sync(&mut self) -> Outcome {
        let headers = self.headers("publishing")?;
        let js = self.bench.jetstream();
        for number in 0..self.count {
            let began = self.now();
            let published = js.publish(self.message(&headers, number)).await;
            published.map_err(|error| refusal_at_once("publishing: publishing synchronously", &error))?;
            self.finish_one(began).await;
        }
        self.sample.carried = 2 * self.count;
        self.sample.ended = self.now();
        Ok(())
    }

    /// An operation is a batch with its acknowledgements.
    pub async fn publish_async(&mut self) -> Outcome {
        let headers = self.headers("publishing")?;
        let (js, batch) = (self.bench.jetstream(), self.batch()?);
        while self.done < self.count {
            let began = self.now();
            let mut waited = Duration::ZERO;
            let mut publisher = js.publisher(usize::try_from(batch.min(BURST)).unwrap_or(1));
            for _ in 0..batch.min(self.count - self.done) {
                let published = publisher.publish(self.message(&headers, self.done)).await;
                published.map_err(|error| Failure::because("publishing: publishing asynchronously", error))?;
                self.advance(1);
                waited += self.pace().await;
            }
            while let Some((_, ack)) = publisher.next_ack().await {
                ack.map_err(|error| refusal("publishing: async publish acknowledgement is an error", &error))?;
            }
            self.note(began + waited);
        }
        self.sample.carried = 2 * self.count;
        self.sample.ended = self.now();
        Ok(())
    }

    /// An operation is a batch; its last message commits it, and is answered.
    pub async fn publish_atomic(&mut self) -> Outcome {
        let headers = self.headers("publishing")?;
        let (js, batch) = (self.bench.jetstream(), self.batch()?);
        let id = format!("{}-{}", self.bench.plan.run, self.index);
        while self.done < self.count {
            let began = self.now();
            let mut waited = Duration::ZERO;
            let size = batch.min(self.count - self.done);
            for number in 1..=size {
                let mut message = self.message(&headers, self.done);
                let headers = message.headers.get_or_insert_with(Headers::new);
                headers.append("Nats-Batch-Id", &id);
                headers.append("Nats-Batch-Sequence", &number.to_string());
                if number == size {
                    headers.append("Nats-Batch-Commit", "1");
                    let committed = js.publish(message).await;
                    committed.map_err(|error| refusal_at_once("publishing: publishing with batch commit", &error))?;
                } else {
                    let published = self.bench.context.client.publish(message);
                    published.map_err(|error| Failure::because("publishing: publishing", error))?;
                }
                self.advance(1);
                waited += self.pace().await;
            }
            self.sample.carried += size + 1;
            self.note(began + waited);
        }
        self.sample.ended = self.now();
        Ok(())
    }

    pub async fn request(&mut self) -> Outcome {
        let headers = self.headers("requesting")?;
        for number in 0..self.count {
            let began = self.now();
            let asked = self.context().client.request(self.message(&headers, number), self.bench.matches.timeout());
            let answer = asked.await.map_err(|error| Failure::because("requesting: requesting", error))?;
            self.check(&answer)?;
            self.finish_one(began).await;
        }
        self.sample.carried = 2 * self.count;
        self.sample.ended = self.now();
        Ok(())
    }

    /// Errors: the answer tells of one, which ends everything.
    fn check(&self, answer: &Message) -> Outcome {
        let text = String::from_utf8_lossy(&answer.payload);
        if !text.is_empty() && !text.starts_with('-') && !text.contains("error") {
            return Ok(());
        }
        self.context().log(&format!("Request did not receive a good reply: {text:?}"));
        Err(Failure::Exit(1))
    }

    /// Answers until somebody presses Ctrl-C.
    pub async fn serve(&mut self) -> Outcome {
        let mut service = self.context().client.add_service(&ServiceConfig {
            name: SERVICE_NAME.to_owned(),
            version: SERVICE_VERSION.to_owned(),
            ..ServiceConfig::default()
        })?;
        let added = service.add_endpoint("default", self.bench.matches.text("subject"), None);
        added.map_err(|error| match error {
            Error::BadSubject(_) => Failure::new("adding the service: validation: invalid endpoint subject"),
            other => Failure::because("adding the service", other),
        })?;
        while let Some(request) = service.next().await {
            self.pace().await;
            let answered = service.respond(&request, None, ANSWER);
            answered.map_err(|error| Failure::because("replying to the request", error))?;
        }
        Err(Error::Closed.into())
    }
}
