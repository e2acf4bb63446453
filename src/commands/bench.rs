//! `nats bench`: how fast messages go through, by this terminal's clock.
//!
//! What is measured is the server one is connected to, over the one connection of the terminal; in a page both live on
//! the page's clock, so the figures say something about this playground and nothing about a server of one's own. Rows of
//! [`FORMS`] say what each form is called and what its banner lists. Source: natscli reference, "bench".

use super::grammar::{Argument, Command, Flag, Kind};
use super::report::text;
use super::{Context, Failure, Matches, Outcome};
use crate::api::{AckPolicy, ConsumerConfig, CreateConsumerRequest, PullRequest, Storage, StreamConfig};
use crate::client::jetstream::{ConsumeOptions, JetStream, OrderedOptions};
use crate::protocol::Message;
use crate::sorted;
use crate::time::format_go_duration;
use futures::future::{LocalBoxFuture, try_join_all};
use std::time::Duration;

pub static COMMAND: Command =
    Command::new("bench", "Measures how fast messages go through").subcommands(&[&PUB, &SUB, &JS]);

static JS: Command = Command::new("js", "Measures JetStream").subcommands(&[&JS_PUB, &ORDERED, &CONSUME, &FETCH]);
static JS_PUB: Command = Command::new("pub", "Publishes to a stream").subcommands(&[&SYNC, &ASYNC]);

const SUBJECT: Argument = Argument::required("subject", "Subject to use");
const MSGS: Flag = Flag::new("msgs", Kind::Uint, "How many messages").default("100000");
const SIZE: Flag = Flag::bytes("size", "Size of a message").default("128B");
const CLIENTS: Flag = Flag::uint("clients", "How many share the work").default("1");
const PROGRESS: Flag = Flag::switch("progress", "Shows how far it is").default("true");
const SLEEP: Flag = Flag::duration("sleep", "Waits after each message").default("0s");
const STREAM: Flag = Flag::text("stream", "Name of the stream").default("benchstream");
const PURGE: Flag = Flag::bool("purge", "Empties the stream first");
const CONSUMER: Flag = Flag::text("consumer", "Name of the durable consumer").default("nats-bench");
const ACKS: Flag =
    Flag::choice("acks", &["explicit", "none", "all"], "How messages are acknowledged").default("explicit");
const DOUBLE: Flag = Flag::bool("doubleack", "Waits until acknowledgements have arrived");
const BATCH: Flag = Flag::uint("batch", "Messages at once").default("500");
const CREATE: Flag = Flag::bool("create", "Creates the stream");
const STORAGE: Flag = Flag::choice("storage", &["file", "memory"], "Storage of a new stream").default("file");
const MAX_BYTES: Flag = Flag::bytes("maxbytes", "Limit of a new stream").default("1GB");
const WINDOW: Flag = Flag::duration("dedupwindow", "Duplicate window of a new stream").default("2m");

static PUB: Command =
    Command::new("pub", "Publishes").arguments(&[SUBJECT]).flags(&[MSGS, SIZE, CLIENTS, PROGRESS, SLEEP]).handler(run);
static SUB: Command =
    Command::new("sub", "Receives").arguments(&[SUBJECT]).flags(&[MSGS, SIZE, CLIENTS, PROGRESS]).handler(run);
static SYNC: Command = Command::new("sync", "Publishes and waits for each acknowledgement")
    .arguments(&[SUBJECT])
    .flags(&[MSGS, SIZE, CLIENTS, PROGRESS, SLEEP, STREAM, PURGE, CREATE, STORAGE, MAX_BYTES, WINDOW])
    .handler(run);
static ASYNC: Command = Command::new("async", "Publishes ahead of acknowledgements")
    .arguments(&[SUBJECT])
    .flags(&[MSGS, SIZE, CLIENTS, PROGRESS, SLEEP, STREAM, PURGE, CREATE, STORAGE, MAX_BYTES, WINDOW, BATCH])
    .handler(run);
static ORDERED: Command = Command::new("ordered", "Receives with an ordered consumer")
    .flags(&[MSGS, SIZE, CLIENTS, PROGRESS, SLEEP, STREAM, PURGE])
    .handler(run);
static CONSUME: Command = Command::new("consume", "Receives with a durable consumer, pulling ahead")
    .flags(&[MSGS, SIZE, CLIENTS, PROGRESS, SLEEP, STREAM, PURGE, CONSUMER, ACKS, DOUBLE, BATCH])
    .handler(run);
static FETCH: Command = Command::new("fetch", "Receives with a durable consumer, batch by batch")
    .flags(&[MSGS, SIZE, CLIENTS, PROGRESS, SLEEP, STREAM, PURGE, CONSUMER, ACKS, DOUBLE, BATCH])
    .handler(run);

/// A form: the last word of its command, what it is called, what its banner lists besides `clients`, `msg-size`, `msgs`.
struct Form {
    name: &'static str,
    label: &'static str,
    listed: &'static [&'static str],
}

const MULTI: [&str; 3] = ["multi-subject", "multi-subject-max", "multi-subject-randomize"];
const PUBLISHER: &[&str] = &[MULTI[0], MULTI[1], MULTI[2], "sleep", "subject"];
const JS_PUBLISHER: &[&str] = &["batch", MULTI[0], MULTI[1], MULTI[2], "purge", "sleep", "stream", "subject"];
const RECEIVER: &[&str] = &["acks", "batch", "consumer", "double-acked", "purge", "sleep", "stream"];
/// What making the stream adds.
const CREATED: &[&str] = &["dedup-window", "deduplication", "max-bytes", "replicas", "storage"];

const FORMS: &[Form] = &[
    Form { name: "pub", label: "Core NATS publisher", listed: PUBLISHER },
    Form { name: "sub", label: "Core NATS subscriber", listed: &[MULTI[0], "subject"] },
    Form { name: "sync", label: "JetStream synchronous publisher", listed: JS_PUBLISHER },
    Form { name: "async", label: "JetStream asynchronous publisher", listed: JS_PUBLISHER },
    Form { name: "ordered", label: "JetStream ordered ephemeral consumer", listed: &["purge", "sleep", "stream"] },
    Form { name: "consume", label: "JetStream durable consumer (callback)", listed: RECEIVER },
    Form { name: "fetch", label: "JetStream durable consumer (fetch)", listed: RECEIVER },
];

/// So many messages leave before the server is heard of again: neither a page nor a queue is filled without end.
const BURST: u64 = 1_000;
const MOST_CLIENTS: u64 = 100;
const FETCH_EXPIRES: Duration = Duration::from_secs(5);

/// What one client measured.
#[derive(Default)]
struct Sample {
    messages: u64,
    elapsed: Duration,
    /// Nanoseconds per operation; none for who only receives.
    latencies: Vec<u64>,
}

fn run(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let name = matches.command().name;
        let Some(form) = FORMS.iter().find(|form| form.name == name) else { return Err("no such benchmark".into()) };
        let bench = Bench { context: &context, matches: &matches, form };
        bench.run().await
    })
}

struct Bench<'a> {
    context: &'a Context,
    matches: &'a Matches,
    form: &'static Form,
}

impl Bench<'_> {
    fn publishes(&self) -> bool {
        self.form.label.ends_with("publisher")
    }

    fn jetstream(&self) -> JetStream {
        self.context.client.jetstream().with_timeout(self.matches.timeout())
    }

    async fn run(&self) -> Outcome {
        let (messages, clients) = (self.matches.uint("msgs"), self.matches.uint("clients"));
        if messages == 0 || clients == 0 || clients > MOST_CLIENTS || clients > messages {
            return Err(format!("{clients} clients cannot share {messages} messages here").into());
        }
        self.context.log(&format!("Starting {} benchmark [{}]", self.form.label, self.banner()));
        self.prepare().await?;
        let share = |client: u64| messages / clients + u64::from(client < messages % clients);
        let verb = if self.publishes() { "publishing" } else { "expecting" };
        let mut work: Vec<LocalBoxFuture<'_, Result<Sample, Failure>>> = Vec::new();
        for client in 0..clients {
            let count = text::count(share(client));
            self.context.log(&format!("[{}] Starting {}, {verb} {count} messages", client + 1, self.form.label));
            work.push(Box::pin(self.client(share(client))));
        }
        let samples = try_join_all(work).await?;
        self.report(&samples);
        Ok(())
    }

    fn banner(&self) -> String {
        let mut names = vec!["clients", "msg-size", "msgs"];
        names.extend(self.form.listed);
        if self.creates() {
            names.extend(CREATED);
        }
        sorted::all(&mut names);
        names.iter().map(|name| format!("{name}={}", self.value(name))).collect::<Vec<_>>().join(", ")
    }

    fn creates(&self) -> bool {
        JS_PUBLISHER == self.form.listed && self.matches.flag("create")
    }

    fn value(&self, name: &str) -> String {
        match name {
            "clients" | "msgs" => text::count(self.matches.uint(name)),
            "msg-size" => text::bytes(self.size() as u64),
            "multi-subject" | "multi-subject-randomize" | "deduplication" => "false".to_owned(),
            "multi-subject-max" => "100,000".to_owned(),
            "replicas" => "1".to_owned(),
            "sleep" => format_go_duration(self.matches.duration("sleep")),
            "dedup-window" => format_go_duration(self.matches.duration("dedupwindow")),
            "max-bytes" => text::signed_count(self.matches.bytes("maxbytes")),
            "batch" if self.form.name == "sync" => "0".to_owned(),
            "batch" => self.matches.uint("batch").to_string(),
            "double-acked" => self.matches.flag("doubleack").to_string(),
            "purge" => self.matches.flag("purge").to_string(),
            _ => self.matches.text(name).to_owned(),
        }
    }

    fn size(&self) -> usize {
        usize::try_from(self.matches.bytes("size")).unwrap_or(0)
    }

    /// The stream and the consumer are there.
    async fn prepare(&self) -> Outcome {
        if !self.form.label.starts_with("JetStream") {
            return Ok(());
        }
        let (js, stream) = (self.jetstream(), self.matches.text("stream"));
        if self.creates() {
            let storage = if self.matches.text("storage") == "memory" { Storage::Memory } else { Storage::File };
            let config = StreamConfig {
                name: stream.to_owned(),
                subjects: vec![self.matches.text("subject").to_owned()],
                max_bytes: self.matches.bytes("maxbytes"),
                duplicate_window: self.matches.duration("dedupwindow").into(),
                storage,
                ..StreamConfig::default()
            };
            js.create_stream(&config).await.map_err(|error| Failure::because("could not create the stream", error))?;
        } else {
            js.stream_info(stream).await.map_err(|error| {
                Failure::because(&format!("stream {stream:?} cannot be used, --create makes one"), error)
            })?;
        }
        if self.matches.flag("purge") {
            js.purge_stream(stream, &Default::default()).await?;
        }
        if self.publishes() {
            self.context.log(&format!("Using stream: {stream}"));
        }
        if RECEIVER == self.form.listed {
            let config = ConsumerConfig {
                durable_name: self.matches.text("consumer").to_owned(),
                ack_policy: match self.matches.text("acks") {
                    "none" => AckPolicy::None,
                    "all" => AckPolicy::All,
                    _ => AckPolicy::Explicit,
                },
                ..ConsumerConfig::default()
            };
            js.create_consumer(&CreateConsumerRequest { stream_name: stream.to_owned(), config, ..Default::default() })
                .await?;
        }
        Ok(())
    }

    /// One client's share.
    async fn client(&self, count: u64) -> Result<Sample, Failure> {
        let mut sample = Sample { messages: count, ..Sample::default() };
        let mut began = self.context.now();
        match self.form.name {
            "pub" => self.publish(count, &mut sample).await?,
            "sync" => self.publish_sync(count, &mut sample).await?,
            "async" => self.publish_async(count, &mut sample).await?,
            "fetch" => self.fetch(count, &mut sample).await?,
            _ => began = self.receive(count).await?,
        }
        sample.elapsed = self.context.now().since(began);
        Ok(sample)
    }

    fn message(&self) -> Message {
        Message::new(self.matches.text("subject"), vec![0; self.size()])
    }

    async fn pause(&self) {
        let sleep = self.matches.duration("sleep");
        if !sleep.is_zero() {
            self.context.timers.sleep(sleep).await;
        }
    }

    async fn publish(&self, count: u64, sample: &mut Sample) -> Outcome {
        let message = self.message();
        for number in 1..=count {
            let began = self.context.now();
            self.context.client.publish(message.clone())?;
            if number.is_multiple_of(BURST) || number == count {
                self.context.client.flush().await?;
            }
            sample.latencies.push(self.context.now().since(began).as_nanos() as u64);
            self.pause().await;
        }
        Ok(())
    }

    async fn publish_sync(&self, count: u64, sample: &mut Sample) -> Outcome {
        let (js, message) = (self.jetstream(), self.message());
        for _ in 0..count {
            let began = self.context.now();
            js.publish(message.clone()).await?;
            sample.latencies.push(self.context.now().since(began).as_nanos() as u64);
            self.pause().await;
        }
        Ok(())
    }

    /// An operation is a batch with its acknowledgements.
    async fn publish_async(&self, count: u64, sample: &mut Sample) -> Outcome {
        let (js, message, batch) = (self.jetstream(), self.message(), self.matches.uint("batch").clamp(1, BURST));
        let mut left = count;
        while left > 0 {
            let began = self.context.now();
            let mut publisher = js.publisher(batch as usize);
            for _ in 0..left.min(batch) {
                publisher.publish(message.clone()).await?;
                self.pause().await;
            }
            while let Some((_, ack)) = publisher.next_ack().await {
                ack?;
            }
            left -= left.min(batch);
            sample.latencies.push(self.context.now().since(began).as_nanos() as u64);
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
        let (js, batch) = (self.jetstream(), self.matches.uint("batch").clamp(1, BURST));
        let (stream, consumer) = (self.matches.text("stream"), self.matches.text("consumer"));
        let mut left = count;
        while left > 0 {
            let began = self.context.now();
            let request =
                PullRequest { batch: left.min(batch) as i64, expires: FETCH_EXPIRES.into(), ..PullRequest::default() };
            let fetched = js.fetch(stream, consumer, &request).await?;
            sample.latencies.push(self.context.now().since(began).as_nanos() as u64);
            for message in &fetched.messages {
                self.acknowledge(&js, message).await?;
                self.pause().await;
            }
            left = left.saturating_sub(fetched.messages.len() as u64);
        }
        Ok(())
    }

    /// Time counts from the first message on.
    async fn receive(&self, count: u64) -> Result<crate::time::Timestamp, Failure> {
        let js = self.jetstream();
        let stream = || self.matches.text("stream");
        let mut first = None;
        let mut subscription = None;
        let mut ordered = None;
        let mut consumption = None;
        match self.form.name {
            "sub" => subscription = Some(self.context.client.subscribe(self.matches.text("subject"), None)?),
            "ordered" => ordered = Some(js.ordered(stream(), OrderedOptions::default()).await?),
            _ => {
                let batch = self.matches.uint("batch").clamp(1, BURST) as i64;
                let options = ConsumeOptions { batch, ..ConsumeOptions::default() };
                consumption = Some(js.consume(stream(), self.matches.text("consumer"), options)?);
            }
        }
        for _ in 0..count {
            let message = match (&mut subscription, &mut ordered, &mut consumption) {
                (Some(subscription), _, _) => subscription.next().await,
                (_, Some(ordered), _) => ordered.next().await?.map(|(message, _)| message),
                (_, _, Some(consumption)) => consumption.next().await?,
                _ => None,
            };
            let Some(message) = message else { return Err("nats: connection closed".into()) };
            first = first.or(Some(self.context.now()));
            if consumption.is_some() {
                self.acknowledge(&js, &message).await?;
            }
            if subscription.is_none() {
                self.pause().await;
            }
        }
        if let Some(ordered) = ordered {
            ordered.delete().await?;
        }
        Ok(first.unwrap_or(self.context.now()))
    }

    fn report(&self, samples: &[Sample]) {
        let console = &self.context.console;
        if self.matches.flag("progress") {
            let bar = "=".repeat(console.columns().saturating_sub(32).max(10));
            for sample in samples {
                let elapsed = format!("{}s", sample.elapsed.as_secs());
                console.line(&format!("Finished{elapsed:>8} [{bar}] 100%"));
            }
        }
        console.line("");
        let label = self.form.label;
        if let [only] = samples {
            let latencies = per_operation(&only.latencies, " ~ ", ": ");
            console.print(&format!("NATS {label} stats: {}{latencies}\n\n", self.rate(only)));
            return;
        }
        let mut all = Sample::default();
        for (index, sample) in samples.iter().enumerate() {
            let latencies = per_operation(&sample.latencies, " ~ ", ": ");
            let count = text::count(sample.messages);
            console.line(&format!("  [{}] {}{latencies} ({count} msgs)", index + 1, self.rate(sample)));
            all.messages += sample.messages;
            all.elapsed = all.elapsed.max(sample.elapsed);
            all.latencies.extend(&sample.latencies);
        }
        console.print(&format!("\n NATS {label} aggregated stats: {}\n", self.rate(&all)));
        let rates: Vec<f64> = samples.iter().map(per_second).collect();
        let (least, most) =
            rates.iter().fold((f64::MAX, 0.0_f64), |(least, most), rate| (least.min(*rate), most.max(*rate)));
        let (mean, deviation) = spread(&rates);
        let [least, mean, most, deviation] = [least, mean, most, deviation].map(|rate| text::count(rate as u64));
        console.line(&format!(" message rates min {least} | avg {mean} | max {most} | stddev {deviation} msgs"));
        if !all.latencies.is_empty() {
            let latencies = per_operation(&all.latencies, " | ", " ");
            console.line(&format!(" latencies per operation{}", latencies.trim_start_matches(" |")));
        }
        console.line("");
    }

    fn rate(&self, sample: &Sample) -> String {
        let rate = per_second(sample);
        let bytes = text::bytes((rate * self.size() as f64) as u64);
        format!("{} msgs/sec ~ {bytes}/sec", text::count(rate as u64))
    }
}

/// Where no time passed at all, the shortest there is.
fn per_second(sample: &Sample) -> f64 {
    sample.messages as f64 / sample.elapsed.max(Duration::from_nanos(1)).as_secs_f64()
}

fn spread(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

/// Least, mean, most and the places in between, in microseconds; nothing when nothing was measured.
fn per_operation(latencies: &[u64], separator: &str, sign: &str) -> String {
    if latencies.is_empty() {
        return String::new();
    }
    let mut ordered = latencies.to_vec();
    ordered.sort_unstable();
    let at = |share: f64| ordered[((ordered.len() as f64 * share).ceil() as usize).clamp(1, ordered.len()) - 1];
    let micros = |nanos: f64| {
        let hundredths = (nanos / 10.0).round() as u64;
        format!("{}.{:02}us", text::count(hundredths / 100), hundredths % 100)
    };
    let values: Vec<f64> = ordered.iter().map(|nanos| *nanos as f64).collect();
    let (mean, deviation) = spread(&values);
    let mut shown = vec![("min", values[0]), ("avg", mean), ("max", values[values.len() - 1])];
    if sign == " " {
        shown.push(("stddev", deviation));
    }
    shown.extend(
        [("P50", 0.5), ("P90", 0.9), ("P99", 0.99), ("P99.9", 0.999)].map(|(name, share)| (name, at(share) as f64)),
    );
    shown.iter().map(|(name, nanos)| format!("{separator}{name}{sign}{}", micros(*nanos))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_latencies() {
        let latencies: Vec<u64> = (1..=1000).map(|micros| micros * 1000).collect();
        let expected = " ~ min: 1.00us ~ avg: 500.50us ~ max: 1,000.00us ~ P50: 500.00us ~ P90: 900.00us ~ P99: 990.00us ~ \
                        P99.9: 999.00us";
        assert_eq!(per_operation(&latencies, " ~ ", ": "), expected);
        assert_eq!(per_operation(&[], " ~ ", ": "), "");
    }
}
