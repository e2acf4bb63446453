//! One client of a benchmark: its share, its pace, and what it measures.

use super::latencies::Latencies;
use super::{Bench, Work};
use crate::commands::template::{self, Scope};
use crate::commands::{Context, Failure, crashed, values};
use crate::protocol::{Headers, Message};
use crate::time::Timestamp;
use std::time::Duration;

/// What one client measured.
pub(super) struct Sample {
    pub messages: u64,
    pub began: Timestamp,
    pub ended: Timestamp,
    /// Of its operations; none for who only receives.
    pub latencies: Latencies,
    /// Messages that went in and out for it.
    pub carried: u64,
}

impl Sample {
    pub fn elapsed(&self) -> Duration {
        self.ended.since(self.began)
    }
}

pub(super) struct Client<'a> {
    pub bench: &'a Bench<'a>,
    pub index: u64,
    /// Messages that are for the clients before it.
    pub first: u64,
    pub count: u64,
    /// Of `count`, those it is done with.
    pub done: u64,
    pub sample: Sample,
}

impl<'a> Client<'a> {
    pub fn new(bench: &'a Bench<'a>, index: u64) -> Client<'a> {
        let share = |index| bench.plan.share(index, bench.form.work);
        let (now, count) = (bench.context.now(), share(index));
        let latencies = Latencies::new(bench.plan.clients);
        let sample = Sample { messages: count, began: now, ended: now, latencies, carried: 0 };
        Client { bench, index, first: (0..index).map(share).sum(), count, done: 0, sample }
    }

    pub async fn run(mut self) -> Result<Sample, Failure> {
        if self.bench.form.work.produces() {
            self.start_apart().await;
        }
        self.sample.began = self.now();
        match self.bench.form.work {
            Work::Publish => self.publish().await?,
            Work::Request => self.request().await?,
            Work::Serve => self.serve().await?,
            Work::PublishSync => self.publish_sync().await?,
            Work::PublishAsync => self.publish_async().await?,
            Work::PublishAtomic => self.publish_atomic().await?,
            Work::PublishFast => self.publish_fast().await?,
            Work::Subscribe | Work::Ordered | Work::Consume => self.receive().await?,
            Work::Fetch => self.fetch().await?,
            Work::GetSync => self.get_sync().await?,
            Work::GetBatch => self.get_batch().await?,
            Work::KvPut => self.kv_put().await?,
            Work::KvGet => self.kv_get().await?,
        }
        Ok(self.sample)
    }

    pub fn context(&self) -> &'a Context {
        self.bench.context
    }

    pub fn now(&self) -> Timestamp {
        self.bench.context.now()
    }

    /// Clients that sleep between messages do not begin together.
    async fn start_apart(&self) {
        let sleep = u64::try_from(self.bench.plan.sleep.as_nanos()).unwrap_or(u64::MAX);
        if sleep > 0 && self.index > 0 {
            let apart = self.context().rng.borrow_mut().below(sleep);
            self.context().timers.sleep(Duration::from_nanos(apart)).await;
        }
    }

    /// The size of its batches.
    ///
    /// Errors: there is none, of which the original makes room for too much or too little.
    pub fn batch(&self) -> Result<u64, Failure> {
        match self.bench.matches.int("batch") {
            batch @ 1.. => Ok(batch.unsigned_abs()),
            _ => Err(crashed(self.context(), "a batch has at least one message")),
        }
    }

    /// The headers of all its messages. Templates are filled in once.
    pub fn headers(&self, doing: &str) -> Result<Option<Headers>, Failure> {
        let mut headers: Option<Headers> = None;
        for text in self.bench.matches.list("header") {
            let (name, value) = values::parse_header(text).map_err(|problem| Failure::because(doing, problem))?;
            let scope = Scope { count: 0, now: self.now(), rng: &self.context().rng, request: None };
            let value = template::render("body", &value, &scope).map_err(|problem| {
                Failure::because(doing, format!("failed to parse Header template for {name}: {problem}"))
            })?;
            headers.get_or_insert_with(Headers::new).append(&name, &value);
        }
        Ok(headers)
    }

    /// Its message of that number, with an id where duplicates are looked for.
    pub fn message(&self, headers: &Option<Headers>, number: u64) -> Message {
        let number = self.first + number;
        let mut message = Message::new(self.subject(number).as_str(), self.bench.plan.body.clone());
        message.headers.clone_from(headers);
        if self.bench.matches.knows("dedup") && self.bench.matches.flag("dedup") {
            let id = format!("{}-{}-{number}", self.bench.plan.run, self.index);
            message.headers.get_or_insert_with(Headers::new).append("Nats-Msg-Id", &id);
        }
        message
    }

    fn subject(&self, number: u64) -> String {
        let subject = self.bench.matches.text("subject");
        if !self.bench.plan.is_multi_subject {
            return subject.to_owned();
        }
        let most = self.bench.matches.uint("multisubjectmax");
        let width = most.to_string().len();
        match most {
            0 => format!("{subject}.{number}"),
            _ if self.bench.matches.flag("multisubjectrandomize") => {
                let token = self.context().rng.borrow_mut().below(most);
                format!("{subject}.{token:0width$}")
            }
            _ => format!("{subject}.{:0width$}", number % most),
        }
    }

    /// Notes an operation that began then and moved one message, and keeps the pace.
    pub async fn finish_one(&mut self, began: Timestamp) {
        self.note(began);
        self.advance(1);
        self.pace().await;
    }

    /// Notes what an operation took.
    pub fn note(&mut self, began: Timestamp) {
        let took = self.now().since(began).as_nanos();
        self.sample.latencies.note(u64::try_from(took).unwrap_or(u64::MAX));
    }

    pub fn advance(&mut self, messages: u64) {
        self.done += messages;
        if let Some(bars) = &self.bench.bars {
            bars.advance(self.context(), self.index, messages);
        }
    }

    /// Waits after a message as `--sleep` and `--throughput` want. Returns for how long.
    pub async fn pace(&self) -> Duration {
        let (plan, timers) = (&self.bench.plan, &self.context().timers);
        let before = self.now();
        if !plan.sleep.is_zero() {
            timers.sleep(plan.sleep).await;
        }
        if plan.rate > 0 {
            let share = plan.rate as f64 / plan.clients as f64;
            timers.sleep_until(self.sample.began + Duration::from_secs_f64(self.done as f64 / share)).await;
        }
        self.now().since(before)
    }
}
