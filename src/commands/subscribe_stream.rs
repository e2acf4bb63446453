//! `nats subscribe` reading a stream: with a consumer of its own, with one that is there, or without any.

use super::consumer::information::go_duration;
use super::report::text;
use super::subscribe::{Seen, dump_message, ignored_filters, redraw, show_content, shown_body, stamp};
use super::translate::Body;
use super::{Context, Failure, Matches, Outcome, Place, graph, pick, received};
use crate::api::stream::{StreamListRequest, StreamPage};
use crate::api::{
    AckPolicy, ConsumerConfig, ConsumerInfo, CreateAction, CreateConsumerRequest, DeliverPolicy, Nanos, Retention,
    StreamInfo,
};
use crate::client::jetstream::{ConsumeOptions, Consumption, DeliveryInfo, JetStream};
use crate::client::{Error, go_api_error};
use crate::protocol::Message;
use crate::subject::SubjectFilter;
use crate::time::Timestamp;
use futures::future::{Either, select};
use futures::{FutureExt, pin_mut};
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// Between two looks for what was not there yet.
const PAUSE: Duration = Duration::from_millis(250);

/// How long ago, which may be still to come.
fn age(since: Nanos) -> String {
    match since.0 {
        0.. => text::duration(Duration::from_nanos(since.0 as u64)),
        _ => go_duration(Nanos((since.0 - 500) / 1_000 * 1_000)),
    }
}

fn before(now: Timestamp, since: Nanos) -> Timestamp {
    Timestamp(now.0.saturating_sub(since.0))
}

pub async fn run(context: &Context, matches: &Matches) -> Outcome {
    let js = context.client.jetstream().with_timeout(matches.timeout());
    let stream = match matches.text("stream") {
        "" => stream_of(&js, matches).await?,
        name => name.to_owned(),
    };
    let reader = Reader {
        context,
        matches,
        js,
        stream,
        ignored: ignored_filters(matches),
        heard_at: Cell::new(context.now()),
        seen: RefCell::default(),
    };
    let info = pick::handle(&reader.js, &reader.stream).await?;
    let durable = matches.text("durable");
    let refuse = |wrong: bool, sentence: &str| if wrong { Err(Failure::new(sentence)) } else { Ok(()) };
    refuse(matches.flag("direct") && !durable.is_empty(), "cannot use direct get when a durable name is supplied")?;
    let directly = durable.is_empty() && (matches.flag("direct") || info.config.retention != Retention::Limits);
    let sentence = format!("cannot enable direct gets: allow_direct is not set to true for stream {}", reader.stream);
    refuse(directly && !info.config.allow_direct, &sentence)?;
    refuse(matches.flag("match-replies"), "cannot enable --match-replies for JetStream streams")?;
    if matches.flag("graph") {
        // The original draws what is published meanwhile, whatever stream was named.
        let subjects: Vec<String> = matches.list("subjects").into_iter().map(str::to_owned).collect();
        return graph::subscriptions(context, matches, &subjects).boxed_local().await;
    }
    let reading = async {
        match (durable, directly) {
            ("", true) if !reader.reports() => reader.directly(&info).await,
            ("", _) => reader.with_own_consumer().await,
            (name, _) => reader.with_durable(name).await,
        }
    };
    match reader.reports() {
        true => reader.reported(reading).boxed_local().await,
        false => reading.await,
    }
}

/// The stream that holds the subject of the line.
async fn stream_of(js: &JetStream, matches: &Matches) -> Result<String, Failure> {
    let Some(subject) = matches.list("subjects").first().map(|subject| (*subject).to_owned()) else {
        return Err("subject is required".into());
    };
    let request = StreamListRequest { offset: 0, subject: subject.clone() };
    let page: StreamPage<String> = js.request("STREAM.NAMES", &request).await?;
    let first = page.streams.unwrap_or_default().into_iter().next();
    first.ok_or_else(|| Failure::new(format!("no stream found with subject: {subject}")))
}

struct Reader<'a> {
    context: &'a Context,
    matches: &'a Matches,
    js: JetStream,
    stream: String,
    ignored: Vec<SubjectFilter>,
    /// When a message came that counts; `--wait` is measured from here.
    heard_at: Cell<Timestamp>,
    /// What the report is made of.
    seen: RefCell<Seen>,
}

/// Where reading starts, as the flags say it.
#[derive(Clone, Copy, PartialEq)]
enum Start {
    Anywhere,
    Sequence(u64),
    Last,
    All,
    New,
    Since(Nanos),
    LastPerSubject,
}

/// `<what>: <error>` in the words of nats.go.
fn named(what: &str, error: Error) -> Failure {
    match error {
        Error::Api(error) => Failure::because(what, go_api_error(&error)),
        error => Failure::because(what, error),
    }
}

/// Whether to go on reading.
#[derive(PartialEq)]
enum Next {
    More,
    Enough,
}

impl Reader<'_> {
    fn subject(&self) -> &str {
        self.matches.list("subjects").first().copied().unwrap_or(">")
    }

    fn reports(&self) -> bool {
        self.matches.flag("report-subjects") || self.matches.flag("report-subscriptions")
    }

    /// Reads, and draws the report each second meanwhile.
    async fn reported(&self, reading: impl Future<Output = Outcome>) -> Outcome {
        // Where the picture begins that each table clears.
        self.context.console.print_error(graph::CLEAR);
        let drawing = redraw(self.context, self.matches, &self.seen);
        pin_mut!(reading, drawing);
        match select(reading, drawing).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Ok(()),
        }
    }

    async fn with_own_consumer(&self) -> Outcome {
        let config = self.policy()?;
        let info = self.create(config).await.map_err(|error| named("failed to create consumer", error))?;
        self.pull(&info).await
    }

    /// Where to start, said in a banner. Of several flags the first of this order counts.
    fn policy(&self) -> Result<ConsumerConfig, Failure> {
        let matches = self.matches;
        let mut config = ConsumerConfig {
            ack_policy: AckPolicy::None,
            filter_subject: self.subject().to_owned(),
            headers_only: matches.flag("headers-only") || matches.flag("subjects-only"),
            ..ConsumerConfig::default()
        };
        let start = self.start()?;
        let banner = match start {
            Start::Anywhere => None,
            Start::Sequence(seq) => Some(format!("starting at sequence {seq}")),
            Start::Last => Some("from last received message".to_owned()),
            Start::All => Some("from first received message".to_owned()),
            Start::New => Some("for new messages".to_owned()),
            Start::Since(since) => Some(format!("since {}", age(since))),
            Start::LastPerSubject => Some("for last message per subject".to_owned()),
        };
        match start {
            Start::Sequence(seq) => config.opt_start_seq = seq,
            Start::Since(since) => config.opt_start_time = Some(before(self.context.now(), since)),
            _ => {}
        }
        config.deliver_policy = match start {
            Start::Anywhere | Start::All => DeliverPolicy::All,
            Start::Sequence(_) => DeliverPolicy::ByStartSequence,
            Start::Last => DeliverPolicy::Last,
            Start::New => DeliverPolicy::New,
            Start::Since(_) => DeliverPolicy::ByStartTime,
            Start::LastPerSubject => DeliverPolicy::LastPerSubject,
        };
        if let Some(banner) = banner {
            self.announce(&format!("Subscribing to subject {} {banner} ", self.subject()));
        }
        Ok(config)
    }

    /// Says where reading starts, and what will not be shown.
    fn announce(&self, banner: &str) {
        self.context.log(banner);
        if !self.ignored.is_empty() {
            let ignored: Vec<&str> = self.ignored.iter().map(|filter| filter.as_str()).collect();
            self.context.console.error(&format!("Ignored subjects: {}", ignored.join(", ")));
        }
    }

    fn start(&self) -> Result<Start, Failure> {
        let matches = self.matches;
        Ok(match matches.uint("start-sequence") {
            0 if matches.flag("last") => Start::Last,
            0 if matches.flag("all") => Start::All,
            0 if matches.flag("new") => Start::New,
            0 if matches.is_set("since") => {
                matches.sound("since")?;
                Start::Since(Nanos(matches.nanos("since")))
            }
            0 if matches.flag("last-per-subject") => Start::LastPerSubject,
            0 => Start::Anywhere,
            seq => Start::Sequence(seq),
        })
    }

    async fn create(&self, mut config: ConsumerConfig) -> Result<ConsumerInfo, Error> {
        if config.name.is_empty() {
            config.name = self.context.client.random_token(8);
        }
        let request = CreateConsumerRequest {
            stream_name: self.stream.clone(),
            config,
            action: CreateAction::Create,
            pedantic: false,
        };
        self.js.create_consumer(&request).await
    }

    async fn with_durable(&self, name: &str) -> Outcome {
        let config = self.policy()?;
        let loading = format!("error loading durable consumer {name:?}");
        if name.contains(|c: char| c.is_whitespace() || ".*>/\\".contains(c)) {
            return Err(format!("{loading}: nats: invalid consumer name: {name:?}").into());
        }
        let info = match self.js.consumer_info(&self.stream, name).await {
            Ok(info) => info,
            Err(Error::Api(error)) if error.code == 404 => {
                let created = self.create(ConsumerConfig { name: name.to_owned(), ..config }).await;
                let what = format!("failed to create durable consumer {name:?}");
                return self.pull(&created.map_err(|error| named(&what, error))?).await;
            }
            Err(error) => return Err(named(&loading, error)),
        };
        let kind = if info.config.is_pull() { "pull" } else { "push" };
        let stream = &self.stream;
        self.context
            .log(&format!("Subscribing to JetStream Stream {stream:?} using existing {kind} consumer {name:?}"));
        if !info.config.is_pull() {
            self.context.log(&format!(
                "Detected push consumer {name:?} on stream {stream:?} — push consumers are deprecated and will be \
                 removed in a future release. Please update to use a pull-based consumer."
            ));
        }
        if info.config.filter_subjects.as_ref().is_some_and(|subjects| subjects.len() > 1) {
            return Err("cannot subscribe to multi filter consumers".into());
        }
        match info.config.is_pull() {
            true => self.pull(&info).await,
            false => self.push(&info).await,
        }
    }

    /// Asks for batches as the Go client does, however few messages are wanted.
    async fn pull(&self, info: &ConsumerInfo) -> Outcome {
        let mut messages = self.js.consume(&info.stream_name, &info.name, ConsumeOptions::default())?;
        let mut count = 0;
        while let Some(next) = self.quiet_or(messages.next()).await {
            let message = match next {
                Ok(Some(message)) => message,
                Ok(None) => return Ok(()),
                // The original is not told why nothing comes any more, and waits.
                Err(_) => return self.quiet_or(std::future::pending()).await.unwrap_or(Ok(())),
            };
            if self.handle(info, &message, &mut count).await? == Next::Enough {
                self.show_what_came(&mut messages, info, &mut count).await?;
                break;
            }
        }
        self.context.client.flush().await?;
        Ok(())
    }

    /// Before the original is gone it shows what has arrived with the last message that was wanted; a program that
    /// translates would take too long for that.
    async fn show_what_came(&self, messages: &mut Consumption, info: &ConsumerInfo, count: &mut u64) -> Outcome {
        messages.stop();
        if !self.matches.text("translate").is_empty() {
            return Ok(());
        }
        while let Some(Ok(Some(message))) = messages.next().now_or_never() {
            self.handle(info, &message, count).await?;
        }
        Ok(())
    }

    /// `None` when nothing came for as long as `--wait` allows.
    async fn quiet_or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        match self.matches.duration("wait") {
            Duration::ZERO => Some(work.await),
            wait => self.context.timers.timeout_at(self.heard_at.get() + wait, work).await.ok(),
        }
    }

    async fn push(&self, info: &ConsumerInfo) -> Outcome {
        let target = info.config.deliver_subject.clone();
        let group = Some(info.config.deliver_group.as_str()).filter(|group| !group.is_empty());
        let mut messages = self.context.client.subscribe(&target, group)?;
        let mut count = 0;
        while let Some(Some(message)) = self.quiet_or(messages.next()).await {
            if message.status().is_some() {
                if let Some(reply) = &message.reply {
                    // A flow control request: the server waits for it to come back.
                    self.context.client.publish(Message::new(reply.as_str(), ""))?;
                }
                continue;
            }
            if self.handle(info, &message, &mut count).await? == Next::Enough {
                break;
            }
        }
        self.context.client.flush().await?;
        Ok(())
    }

    /// Shows a message and acknowledges it. One that is ignored stays unanswered, counts nothing and ends nothing.
    async fn handle(&self, info: &ConsumerInfo, message: &Message, count: &mut u64) -> Result<Next, Failure> {
        let delivery = message.reply.as_ref().and_then(|reply| DeliveryInfo::from_reply(reply));
        let Some(delivery) = delivery.filter(|_| !self.is_ignored(&message.subject)) else { return Ok(Next::More) };
        *count += 1;
        match self.reports() {
            true => self.seen.borrow_mut().add(&message.subject, message),
            false => {
                let body = shown_body(self.context, self.matches, message).await;
                self.show((message, &body), &delivery, *count);
            }
        }
        // `--no-ack` changes nothing: the consumer's policy decides.
        if info.config.ack_policy != AckPolicy::None {
            let reply = message.reply.as_ref().map_or("", |reply| reply.as_str());
            self.context.client.publish(Message::new(reply, "+ACK"))?;
        }
        self.heard_at.set(self.context.now());
        let enough = *count == self.matches.uint("count");
        let at_end = self.matches.flag("terminate-at-end") && delivery.num_pending == 0;
        Ok(if enough || at_end { Next::Enough } else { Next::More })
    }

    fn show(&self, (message, body): (&Message, &Body), delivery: &DeliveryInfo, count: u64) {
        let matches = self.matches;
        if matches.flag("trace") {
            let reply = message.reply.as_ref().map_or("", |reply| reply.as_str());
            self.context.console.line(&format!("<<< Reply Subject: {reply}"));
        }
        if !matches.text("dump").is_empty() {
            return dump_message(self.context, matches.text("dump"), message, body, delivery.stream_seq);
        }
        if matches.flag("raw") {
            return received::print_raw(self.context, body);
        }
        let stamp = self.stamp(delivery.timestamp);
        let text = format!(
            "[#{count}]{stamp} Received JetStream message: stream: {} seq: {} / pending: {} / subject: {} / time: {}",
            delivery.stream,
            text::count(delivery.stream_seq),
            text::count(delivery.num_pending),
            message.subject.as_str(),
            text::time(delivery.timestamp),
        );
        let place = Place::message(&delivery.stream, delivery.stream_seq);
        self.context.console.telling(place, |console| console.line(&text));
        show_content(self.context, matches, message, body);
    }

    fn stamp(&self, at: Timestamp) -> String {
        if self.matches.flag("timestamp") {
            return format!(" @ {}", stamp(at));
        }
        if self.matches.flag("delta-time") {
            return format!(" @ {}", crate::time::format_go_duration(self.context.now().since(at)));
        }
        String::new()
    }

    /// Message after message with direct gets; nothing is kept on the server. As in the original a subject only decides
    /// which stream is read, and `--terminate-at-end` nothing at all.
    async fn directly(&self, info: &StreamInfo) -> Outcome {
        let start = self.start()?;
        let state = &info.state;
        let subject = match self.matches.list("subjects").first() {
            Some(subject) => (*subject).to_owned(),
            None => info.config.subjects.join(", "),
        };
        let (banner, mut seq) = match start {
            Start::Anywhere => (None, state.first_seq),
            Start::Sequence(seq) => (Some(format!("starting with sequence {seq}")), seq),
            Start::Last => (Some("starting with the last message received".to_owned()), state.last_seq),
            Start::All => (Some("starting with the first message received".to_owned()), state.first_seq),
            Start::New => (Some("delivering any new messages received".to_owned()), state.last_seq + 1),
            Start::Since(since) => (Some(format!("starting with messages since {}", age(since))), state.last_seq + 1),
            Start::LastPerSubject => {
                (Some("for the last messages for each subject in the Stream".to_owned()), state.last_seq)
            }
        };
        if let Some(banner) = banner {
            let whole = format!("Subscribing to JetStream Stream (direct) holding messages with subject {subject}");
            self.announce(&format!("{whole} {banner} "));
        }
        let mut first = match start {
            Start::Since(since) => Some(before(self.context.now(), since)),
            _ => None,
        };
        let per_subject = (start == Start::LastPerSubject).then(|| self.matches.list("subjects"));
        if per_subject.as_ref().is_some_and(Vec::is_empty) {
            return Err("at least one subject is required".into());
        }
        if seq == 0 && per_subject.is_none() {
            return Err("invalid option: sequence number has to be greater than 0".into());
        }
        let mut count = 0;
        loop {
            let request = match (&per_subject, first.take()) {
                (Some(subjects), _) => json!({"batch": 1, "multi_last": subjects, "up_to_seq": seq}),
                (None, Some(at)) => json!({"batch": 1, "start_time": at.rfc3339()}),
                (None, None) => json!({"batch": 1, "seq": seq}),
            };
            let Some(found) = self.direct(request).await? else {
                let wait = self.matches.duration("wait");
                if wait > Duration::ZERO && self.context.now().since(self.heard_at.get()) >= wait {
                    return Ok(());
                }
                let pause = if wait.is_zero() { PAUSE } else { PAUSE.min(wait) };
                self.context.timers.sleep(pause).await;
                continue;
            };
            seq += 1;
            if self.is_ignored(found.header("Nats-Subject").unwrap_or_default()) {
                continue;
            }
            self.heard_at.set(self.context.now());
            count += 1;
            let subject = found.header("Nats-Subject").unwrap_or_default().into();
            let found = Message { subject, ..found };
            let body = shown_body(self.context, self.matches, &found).await;
            self.show_direct((&found, &body), count);
            if count == self.matches.uint("count") {
                return Ok(());
            }
            if per_subject.is_some() {
                // The original never hears that there is more.
                return match self.matches.duration("wait") {
                    Duration::ZERO => std::future::pending().await,
                    wait => {
                        self.context.timers.sleep(wait).await;
                        Ok(())
                    }
                };
            }
        }
    }

    /// The first message of what is asked for.
    async fn direct(&self, request: serde_json::Value) -> Result<Option<Message>, Failure> {
        let client = &self.context.client;
        let inbox = client.new_inbox();
        let mut answers = client.subscribe(&inbox, None)?;
        let endpoint = self.js.api_subject(&format!("DIRECT.GET.{}", self.stream));
        client.publish(Message::new(endpoint.as_str(), request.to_string()).with_reply(inbox))?;
        let answer = self.context.timers.timeout(self.matches.timeout(), answers.next()).await;
        let answer = answer.map_err(|_| Error::Timeout)?.ok_or(Error::Closed)?;
        match answer.status().map(|status| status.code) {
            None => Ok(Some(answer)),
            Some(503) => Err(Error::NoResponders.into()),
            Some(_) => Ok(None),
        }
    }

    fn is_ignored(&self, subject: &str) -> bool {
        self.ignored.iter().any(|filter| filter.matches(subject))
    }

    fn show_direct(&self, (message, body): (&Message, &Body), count: u64) {
        let seq: u64 = message.header("Nats-Sequence").and_then(|text| text.parse().ok()).unwrap_or_default();
        if !self.matches.text("dump").is_empty() {
            return dump_message(self.context, self.matches.text("dump"), message, body, seq);
        }
        if self.matches.flag("raw") {
            return received::print_raw(self.context, body);
        }
        let subject = message.subject.as_str();
        let at = message.header("Nats-Time-Stamp").and_then(|text| Timestamp::parse_rfc3339(text).ok().flatten());
        let time = at.map(text::time).unwrap_or_default();
        let text = format!(
            "[#{count}]{} Received JetStream message (direct): stream: {} seq {seq} / subject: {subject} / time: {time}",
            self.stamp(at.unwrap_or_else(|| self.context.now())),
            self.stream
        );
        self.context.console.telling(Place::message(&self.stream, seq), |console| console.line(&text));
        show_content(self.context, self.matches, message, body);
    }
}
