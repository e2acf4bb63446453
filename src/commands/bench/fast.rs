//! `bench js pub fast`: messages that say in their reply subject where in a batch they stand.
//!
//! The server answers every so many of them and says with it how many may come before its next answer; so many answers
//! as `--max-outstanding-acks` says may be missing. Source: ADR-50, fast ingest.

use super::client::Client;
use crate::client::Subscription;
use crate::commands::{Failure, Outcome};
use crate::json::{self, Value};
use crate::protocol::{Headers, Message};
use crate::time::Timestamp;
use std::time::Duration;

const WHAT: &str = "publishing: fast batch publishing";
const CLOSED: &str = "nats: batch publisher closed";
/// The largest number of messages between two answers one may ask for.
pub(super) const MOST_FLOW: u64 = 65_535;
/// How long an answer is waited for, whatever `--timeout` says.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a message of a batch is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Start = 0,
    Append = 1,
    /// The end, without being a message itself.
    End = 3,
}

struct Batch {
    answers: Subscription,
    /// What the reply subjects of its messages begin with.
    prefix: String,
    sent: u64,
    acked: u64,
    /// The server said that it began.
    is_begun: bool,
    /// Messages between two answers, as the server said last.
    granted: u64,
    /// How it ended: the server's last answer.
    end: Option<Result<(), String>>,
}

impl Client<'_> {
    /// An operation is what one answer acknowledges.
    pub async fn publish_fast(&mut self) -> Outcome {
        let headers = self.headers("publishing")?;
        let mut batch = self.begin_fast()?;
        let missing = self.bench.matches.uint("max-outstanding-acks").max(1);
        let mut began = self.now();
        for number in 0..self.count {
            let before = batch.acked;
            self.send_fast(&mut batch, &headers, number)?;
            self.await_room(&mut batch, missing).await?;
            if batch.acked > before {
                self.note(began);
                began = self.now();
            }
            self.advance(1);
            // Waiting that was asked for is none of the server's.
            began = began + self.pace().await;
        }
        let before = batch.acked;
        self.end_fast(&mut batch).await?;
        if batch.sent > before {
            self.note(began);
        }
        self.sample.carried += self.count + 2;
        self.sample.ended = self.now();
        Ok(())
    }

    fn begin_fast(&self) -> Result<Batch, Failure> {
        let client = &self.context().client;
        let inbox = client.new_inbox();
        let answers = client.subscribe(&format!("{}.>", inbox.as_str()), None)?;
        // A batch without size is given to the server to decide on.
        let flow = self.bench.matches.uint("batch").min(MOST_FLOW);
        let prefix = format!("{}.{}.{flow}.fail", inbox.as_str(), client.nuid());
        Ok(Batch { answers, prefix, sent: 0, acked: 0, is_begun: false, granted: flow.max(1), end: None })
    }

    fn send_fast(&self, batch: &mut Batch, headers: &Option<Headers>, number: u64) -> Outcome {
        if batch.end.is_some() {
            return Err(Failure::because(WHAT, CLOSED));
        }
        let operation = if batch.sent == 0 { Operation::Start } else { Operation::Append };
        let sent = batch.send(self, self.message(headers, number), operation);
        sent.map_err(|error| format!("{WHAT}: batch message {} publish failed: {error}", batch.sent).into())
    }

    /// Waits as long as no more may be sent. The first message is always answered.
    async fn await_room(&mut self, batch: &mut Batch, missing: u64) -> Outcome {
        let until = self.now() + PATIENCE;
        let is_first = batch.sent == 1;
        while if is_first { !batch.is_begun } else { batch.is_full(missing) } {
            if !is_first && batch.end.is_some() {
                return Err(Failure::because(WHAT, CLOSED));
            }
            if !self.hear_fast(batch, until).await {
                let sofar = match is_first {
                    true => String::new(),
                    false => format!("; current ack sequence: {}", batch.acked),
                };
                return Err(format!("{WHAT}: batch message {} ack timeout{sofar}", batch.sent).into());
            }
            self.sample.carried += 1;
        }
        Ok(())
    }

    async fn end_fast(&mut self, batch: &mut Batch) -> Outcome {
        if batch.end.is_some() {
            return Err(Failure::because(WHAT, CLOSED));
        }
        let last = Message::new(self.message(&None, self.count.saturating_sub(1)).subject, "");
        batch.send(self, last, Operation::End)?;
        let until = self.now() + PATIENCE;
        loop {
            if let Some(end) = &batch.end {
                return end.clone().map_err(|problem| Failure::because(WHAT, problem));
            }
            if !self.hear_fast(batch, until).await {
                return Err(Failure::because(WHAT, "ack timeout"));
            }
        }
    }

    /// The server's next answer; `false` if none comes. A batch that was given up is not heard of again.
    async fn hear_fast(&self, batch: &mut Batch, until: Timestamp) -> bool {
        let answer = self.context().timers.timeout_at(until, batch.answers.next()).await;
        let Some(answer) = answer.ok().flatten() else { return false };
        let said: Value = json::parse(&answer.payload).unwrap_or_default();
        match said["type"].as_str() {
            Some("ack") => {
                batch.is_begun = true;
                batch.acked = said["seq"].as_u64().unwrap_or(batch.acked);
                batch.granted = said["msgs"].as_u64().unwrap_or(1).max(1);
            }
            Some(_) => {}
            None if answer.status().is_some() => {}
            None => batch.end = Some(refusal(&said).map_or(Ok(()), Err)),
        }
        true
    }
}

fn refusal(said: &Value) -> Option<String> {
    let error = said.pointer("/error")?;
    let number = |member: &str| error[member].as_u64().unwrap_or(0);
    let description = error["description"].as_str().unwrap_or_default();
    let (code, err_code) = (number("code"), number("err_code"));
    Some(format!("nats: API error: code={code} err_code={err_code} description={description}"))
}

impl Batch {
    fn send(
        &mut self,
        client: &Client<'_>,
        mut message: Message,
        operation: Operation,
    ) -> Result<(), crate::client::Error> {
        self.sent += 1;
        message.reply = Some(format!("{}.{}.{}.$FI", self.prefix, self.sent, operation as u8).as_str().into());
        client.context().client.publish(message)
    }

    /// No more may be sent before an answer comes.
    fn is_full(&self, missing: u64) -> bool {
        self.acked + self.granted.saturating_mul(missing) <= self.sent
    }
}
