//! `nats subscribe` reading a stream: with a consumer of its own, with one that is there, or without any.

use super::report::text;
use super::subscribe::{dump_message, show_content, shown_body, stamp};
use super::translate::Body;
use super::{Context, Failure, Matches, Outcome, Place, received};
use crate::api::stream::{StreamListRequest, StreamPage};
use crate::api::{
    AckPolicy, ConsumerConfig, ConsumerInfo, CreateAction, CreateConsumerRequest, DeliverPolicy, Nanos, PullRequest,
    Retention, StreamInfo,
};
use crate::client::Error;
use crate::client::jetstream::{DeliveryInfo, JetStream};
use crate::protocol::Message;
use crate::time::Timestamp;
use std::time::Duration;

const BATCH: i64 = 500;
const EXPIRES: Duration = Duration::from_secs(30);
const HEARTBEAT: Duration = Duration::from_secs(15);

pub async fn run(context: &Context, matches: &Matches) -> Outcome {
    let js = context.client.jetstream().with_timeout(matches.timeout());
    let stream = match matches.text("stream") {
        "" => stream_of(&js, matches).await?,
        name => name.to_owned(),
    };
    let reader = Reader { context, matches, js, stream };
    if matches.is_set("durable") {
        return reader.with_durable(matches.text("durable")).await;
    }
    let info = reader.js.stream_info(&reader.stream).await?;
    if matches.flag("direct") || info.config.retention != Retention::Limits {
        return reader.directly(&info).await;
    }
    reader.with_own_consumer().await
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

    async fn with_own_consumer(&self) -> Outcome {
        self.matches.sound("since")?;
        let (config, banner) = self.policy();
        if let Some(banner) = banner {
            self.context.log(&format!("Subscribing to subject {} {banner} ", self.subject()));
        }
        let info = self.create(config).await?;
        self.pull(&info).await
    }

    /// Where to start, and how the banner says it.
    fn policy(&self) -> (ConsumerConfig, Option<String>) {
        let matches = self.matches;
        let mut config = ConsumerConfig {
            ack_policy: AckPolicy::None,
            filter_subject: self.subject().to_owned(),
            headers_only: matches.flag("headers-only") || matches.flag("subjects-only"),
            ..ConsumerConfig::default()
        };
        let (policy, banner) = if matches.is_set("start-sequence") {
            let seq = matches.uint("start-sequence");
            config.opt_start_seq = seq;
            (DeliverPolicy::ByStartSequence, Some(format!("starting at sequence {}", text::count(seq))))
        } else if matches.is_set("since") {
            let since = matches.duration("since");
            config.opt_start_time = Some(self.context.now() - since);
            (DeliverPolicy::ByStartTime, Some(format!("since {}", text::duration(since))))
        } else if matches.flag("last-per-subject") {
            (DeliverPolicy::LastPerSubject, Some("for last message per subject".to_owned()))
        } else if matches.flag("last") {
            (DeliverPolicy::Last, Some("from last received message".to_owned()))
        } else if matches.flag("new") {
            (DeliverPolicy::New, Some("for new messages".to_owned()))
        } else {
            let banner = matches.flag("all").then(|| "from first received message".to_owned());
            (DeliverPolicy::All, banner)
        };
        config.deliver_policy = policy;
        (config, banner)
    }

    async fn create(&self, mut config: ConsumerConfig) -> Result<ConsumerInfo, Failure> {
        if config.name.is_empty() {
            config.name = self.context.client.random_token(8);
        }
        let request = CreateConsumerRequest {
            stream_name: self.stream.clone(),
            config,
            action: CreateAction::Create,
            pedantic: false,
        };
        Ok(self.js.create_consumer(&request).await?)
    }

    async fn with_durable(&self, name: &str) -> Outcome {
        match self.js.consumer_info(&self.stream, name).await {
            Ok(info) if info.config.is_pull() => {
                self.announce_existing("pull", name);
                self.pull(&info).await
            }
            Ok(info) => {
                self.announce_existing("push", name);
                self.push(&info).await
            }
            Err(Error::Api(error)) if error.code == 404 => {
                let (config, _) = self.policy();
                let info = self.create(ConsumerConfig { name: name.to_owned(), ..config }).await?;
                self.pull(&info).await
            }
            Err(error) => Err(error.into()),
        }
    }

    fn announce_existing(&self, kind: &str, name: &str) {
        let stream = &self.stream;
        self.context
            .log(&format!("Subscribing to JetStream Stream {stream:?} using existing {kind} consumer {name:?}"));
    }

    async fn pull(&self, info: &ConsumerInfo) -> Outcome {
        let mut count = 0;
        loop {
            let left = match self.matches.uint("count") {
                0 => BATCH,
                wanted => BATCH.min(i64::try_from(wanted - count).unwrap_or(BATCH)),
            };
            let request = PullRequest {
                batch: left,
                expires: Nanos(EXPIRES.as_nanos() as i64),
                heartbeat: Nanos(HEARTBEAT.as_nanos() as i64),
                ..PullRequest::default()
            };
            let mut messages = self.js.pull(&info.stream_name, &info.name, &request)?;
            let mut got = 0;
            while got < left {
                let Some(message) = self.quiet_or(messages.next()).await else { return Ok(()) };
                let Some(message) = message else { return Ok(()) };
                if let Some(status) = message.status() {
                    match status.code {
                        100 => continue,
                        404 | 408 => break,
                        409 if status.description.contains("Deleted") => {
                            return Err(format!("nats: {}", status.description.to_lowercase()).into());
                        }
                        _ => break,
                    }
                }
                got += 1;
                count += 1;
                if self.handle(info, &message, count).await? == Next::Enough {
                    self.context.client.flush().await?;
                    return Ok(());
                }
            }
        }
    }

    /// `None` when nothing came for as long as `--wait` allows.
    async fn quiet_or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        match self.matches.duration("wait") {
            Duration::ZERO => Some(work.await),
            wait => self.context.timers.timeout(wait, work).await.ok(),
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
            count += 1;
            if self.handle(info, &message, count).await? == Next::Enough {
                break;
            }
        }
        self.context.client.flush().await?;
        Ok(())
    }

    async fn handle(&self, info: &ConsumerInfo, message: &Message, count: u64) -> Result<Next, Failure> {
        let delivery = message.reply.as_ref().and_then(|reply| DeliveryInfo::from_reply(reply));
        let Some(delivery) = delivery else { return Ok(Next::More) };
        let body = shown_body(self.context, self.matches, message).await;
        self.show((message, &body), &delivery, count);
        let wants_ack = info.config.ack_policy != AckPolicy::None;
        if wants_ack && self.matches.optional_flag("ack") != Some(false) {
            let reply = message.reply.as_ref().map_or("", |reply| reply.as_str());
            self.context.client.publish(Message::new(reply, "+ACK"))?;
        }
        let enough = self.matches.is_set("count") && count >= self.matches.uint("count");
        let at_end = self.matches.flag("terminate-at-end") && delivery.num_pending == 0;
        Ok(if enough || at_end { Next::Enough } else { Next::More })
    }

    fn show(&self, (message, body): (&Message, &Body), delivery: &DeliveryInfo, count: u64) {
        let matches = self.matches;
        let filters = matches.list("ignore-subject");
        if filters
            .iter()
            .any(|filter| crate::subject::SubjectFilter::new(filter).is_ok_and(|f| f.matches(&message.subject)))
        {
            return;
        }
        if !matches.text("dump").is_empty() {
            return dump_message(self.context, matches.text("dump"), message, body, count);
        }
        if matches.flag("raw") {
            return received::print_raw(self.context, body);
        }
        let stamp = self.stamp(delivery.timestamp);
        let text = format!(
            "[#{count}]{stamp} Received JetStream message: stream: {} seq: {} / pending: {} / subject: {} / time: {}",
            delivery.stream,
            delivery.stream_seq,
            delivery.num_pending,
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

    /// Message after message with direct gets; nothing is kept on the server.
    async fn directly(&self, info: &StreamInfo) -> Outcome {
        if !info.config.allow_direct {
            return Err(format!("stream {} does not allow direct gets", self.stream).into());
        }
        let subject = self.matches.list("subjects").first().copied().unwrap_or("");
        let first = match self.matches.uint("start-sequence") {
            0 if self.matches.flag("new") => info.state.last_seq + 1,
            0 if self.matches.flag("last") => info.state.last_seq,
            0 => 1,
            seq => seq,
        };
        let banner =
            if subject.is_empty() { String::new() } else { format!(" holding messages with subject {subject}") };
        let start = if first == 1 { "the first message received".to_owned() } else { format!("sequence {first}") };
        self.context.log(&format!("Subscribing to JetStream Stream (direct){banner} starting with {start} "));
        let (mut seq, mut count) = (first, 0);
        let mut idle_since = self.context.now();
        loop {
            let request =
                serde_json::json!({"seq": seq, "next_by_subj": if subject.is_empty() { ">" } else { subject }});
            let endpoint = format!("$JS.API.DIRECT.GET.{}", self.stream);
            let message = Message::new(endpoint.as_str(), request.to_string());
            let answer = self.context.client.request(message, self.matches.timeout()).await?;
            let found = answer.header("Nats-Sequence").and_then(|text| text.parse::<u64>().ok());
            let Some(found) = found.filter(|_| answer.status().is_none()) else {
                let wait = self.matches.duration("wait");
                let waited = self.context.now().since(idle_since);
                if self.matches.flag("terminate-at-end") || (wait > Duration::ZERO && waited >= wait) {
                    return Ok(());
                }
                self.context.timers.sleep(Duration::from_millis(250)).await;
                continue;
            };
            idle_since = self.context.now();
            seq = found + 1;
            count += 1;
            let body = shown_body(self.context, self.matches, &answer).await;
            self.show_direct((&answer, &body), found, count);
            if self.matches.is_set("count") && count >= self.matches.uint("count") {
                return Ok(());
            }
        }
    }

    fn show_direct(&self, (message, body): (&Message, &Body), seq: u64, count: u64) {
        if self.matches.flag("raw") {
            return received::print_raw(self.context, body);
        }
        let subject = message.header("Nats-Subject").unwrap_or_default();
        let at = message.header("Nats-Time-Stamp").and_then(|text| Timestamp::parse_rfc3339(text).ok().flatten());
        let time = at.map(text::time).unwrap_or_default();
        let text = format!(
            "[#{count}] Received JetStream message (direct): stream: {} seq {seq} / subject: {subject} / time: {time}",
            self.stream
        );
        self.context.console.telling(Place::message(&self.stream, seq), |console| console.line(&text));
        show_content(self.context, self.matches, message, body);
    }
}
