//! `bench js pub fast`: messages that say in their reply subject where in a batch they stand.
//!
//! The server answers every so many of them and says with it how many may come before its next answer; so many answers
//! as `--max-outstanding-acks` says may be missing. Source: ADR-50, fast ingest.

use super::Bench;
use super::client::Sample;
use crate::client::Subscription;
use crate::commands::{Failure, Outcome};
use crate::json::{self, Value};

/// The largest number of messages between two answers one may ask for.
const MOST_FLOW: u64 = 65_535;

/// What a message of a batch is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Start = 0,
    Append = 1,
    Commit = 2,
    /// The end, without being a message itself.
    End = 3,
}

struct Batch {
    answers: Subscription,
    /// What the reply subjects of its messages begin with.
    prefix: String,
    sent: u64,
    acked: u64,
    /// Messages between two answers, as the server said last.
    granted: u64,
    is_over: bool,
}

impl Bench<'_> {
    pub(super) async fn publish_fast(&self, first: u64, count: u64, sample: &mut Sample) -> Outcome {
        let mut batch = self.begin_fast()?;
        let missing = self.matches.uint("max-outstanding-acks").max(1);
        let mut began = self.context.now();
        while batch.sent < count && !self.is_over() {
            let number = batch.sent + 1;
            let operation = match number {
                _ if number == count => Operation::Commit,
                1 => Operation::Start,
                _ => Operation::Append,
            };
            self.send_fast(&mut batch, first + number - 1, operation)?;
            while !batch.is_over && (operation == Operation::Commit || batch.is_full(missing)) {
                if self.hear_fast(&mut batch).await? {
                    sample.latencies.push(self.context.now().since(began).as_nanos() as u64);
                    began = self.context.now();
                }
            }
            sample.messages += 1;
            let before = self.context.now();
            self.pause(before, 1).await;
            // Waiting that was asked for is none of the server's.
            began = began + self.context.now().since(before);
        }
        if !batch.is_over && batch.sent > 0 {
            self.send_fast(&mut batch, first, Operation::End)?;
            while !batch.is_over {
                self.hear_fast(&mut batch).await?;
            }
        }
        Ok(())
    }

    fn begin_fast(&self) -> Result<Batch, Failure> {
        let client = &self.context.client;
        let inbox = client.new_inbox();
        let answers = client.subscribe(&format!("{}.>", inbox.as_str()), None)?;
        let flow = self.matches.uint("batch").clamp(1, MOST_FLOW);
        let prefix = format!("{}.{}.{flow}.fail", inbox.as_str(), client.nuid());
        Ok(Batch { answers, prefix, sent: 0, acked: 0, granted: 1, is_over: false })
    }

    fn send_fast(&self, batch: &mut Batch, number: u64, operation: Operation) -> Outcome {
        batch.sent += 1;
        let mut message = self.message(number);
        message.reply = Some(format!("{}.{}.{}.$FI", batch.prefix, batch.sent, operation as u8).as_str().into());
        Ok(self.context.client.publish(message)?)
    }

    /// The server's next answer. Whether it acknowledges messages.
    async fn hear_fast(&self, batch: &mut Batch) -> Result<bool, Failure> {
        let answer = self.context.timers.timeout(self.matches.timeout(), batch.answers.next()).await;
        let answer = answer.ok().flatten().ok_or("fast batch publishing: nats: timeout")?;
        if answer.status().is_some() {
            return Err("fast batch publishing: nats: no response from stream".into());
        }
        let said: Value = json::parse(&answer.payload).unwrap_or_default();
        if let Some(description) = said.pointer("/error/description").and_then(Value::as_str) {
            return Err(format!("fast batch publishing: nats: {description}").into());
        }
        let before = batch.acked;
        match said["type"].as_str() {
            Some("ack") => {
                batch.acked = said["seq"].as_u64().unwrap_or(before);
                batch.granted = said["msgs"].as_u64().unwrap_or(1).max(1);
            }
            Some("gap") => return Err("fast batch publishing: messages were lost on the way".into()),
            _ => {
                batch.acked = batch.sent;
                batch.is_over = true;
            }
        }
        Ok(batch.acked > before)
    }
}

impl Batch {
    /// No more may be sent before an answer comes.
    fn is_full(&self, missing: u64) -> bool {
        self.sent - self.acked >= self.granted.saturating_mul(missing)
    }
}
