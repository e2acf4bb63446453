//! `nats publish`: messages, plain, acknowledged, batched or scheduled.

use super::compose::{Bodies, Draft, bodies, cancellable};
use super::grammar::{Argument, Command, Flag};
use super::instant::parse_instant;
use super::progress::Progress;
use super::report::text;
use super::{Context, Failure, Matches, Outcome, Place};
use crate::api::PubAck;
use crate::protocol::{Headers, Message};
use crate::time::format_go_duration;
use futures::future::LocalBoxFuture;
use std::time::Duration;

pub static COMMAND: Command = Command::new("publish", "Publishes messages")
    .aliases(&["pub"])
    .arguments(&[
        Argument::required("subject", "Subject to publish to"),
        Argument::optional("body", "Text of the message; read from standard input when it is missing"),
    ])
    .flags(&[
        Flag::text("reply", "Subject that answers should be sent to").placeholder("SUBJECT"),
        Flag::header("Adds a header").placeholder("K:V"),
        Flag::bool("atomic", "Stores all lines of standard input or none"),
        Flag::int("count", "How many messages").default("1"),
        Flag::bool("force-stdin", "Reads standard input in any case"),
        Flag::bool("jetstream", "Waits for the acknowledgement of a stream").short('J'),
        Flag::bool("quiet", "Says less").short('q'),
        Flag::duration("schedule-after", "Delay of a scheduled message").placeholder("DURATION"),
        Flag::text("schedule-at", "Time of a scheduled message").placeholder("TIME"),
        Flag::text("schedule-cron", "Cron line of a repeated message").placeholder("CRON"),
        Flag::text("schedule-dest", "Subject a scheduled message goes to").placeholder("SUBJECT"),
        Flag::duration("schedule-every", "Interval of a repeated message").placeholder("DURATION"),
        Flag::text("schedule-source", "Subject whose last message is sent").placeholder("SUBJECT"),
        Flag::duration("schedule-ttl", "How long a scheduled message lives").placeholder("DURATION"),
        Flag::choice("send-on", &["newline", "eof"], "Sends standard input whole or line by line").default("eof"),
        Flag::duration("sleep", "Pause between messages"),
        Flag::switch("templates", "Renders {{…}} in body and subject").default("true"),
    ])
    .handler(publish);

/// Sending a message takes a moment even without a pause.
const TURN: Duration = Duration::from_micros(80);
/// From here on a bar is shown instead of a line per message.
const MANY: u64 = 20;

fn publish(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let draft = Draft::new(&matches);
        let publisher = Publisher { draft, schedule: Vec::new(), context: &context, matches: &matches };
        cancellable(&context, publisher.run()).await
    })
}

struct Publisher<'a> {
    context: &'a Context,
    matches: &'a Matches,
    draft: Draft<'a>,
    schedule: Vec<(&'static str, String)>,
}

impl Publisher<'_> {
    fn is_quiet(&self) -> bool {
        self.matches.flag("quiet")
    }

    fn wants_ack(&self) -> bool {
        self.matches.flag("jetstream") || !self.schedule.is_empty()
    }

    async fn run(mut self) -> Outcome {
        let bodies = bodies(self.context, self.matches, self.is_quiet()).await;
        self.schedule = schedule(self.context, self.matches)?;
        match bodies {
            _ if self.matches.flag("atomic") => match bodies {
                Bodies::Lines => self.batch().await?,
                Bodies::One(_) => {
                    return Err("atomic batch publishing requires JetStream and STDIN with --send-on=newline".into());
                }
            },
            Bodies::One(body) => self.repeat(&body).await?,
            Bodies::Lines => {
                while let Some(line) = self.context.console.read_input_line().await {
                    match self.repeat(&line).await {
                        // The next line may do better.
                        Err(Failure::Message(problem)) if self.wants_ack() => {
                            self.context.log(&format!("Could not publish message: {problem}"));
                        }
                        outcome => outcome?,
                    }
                }
            }
        }
        self.context.client.flush().await?;
        Ok(())
    }

    async fn repeat(&self, body: &[u8]) -> Outcome {
        let count = self.matches.int("count").max(1) as u64;
        let mut progress = (count > MANY).then(|| Progress::new(self.context, count));
        for number in 1..=count {
            self.one(body, number, self.is_quiet() || progress.is_some()).await?;
            if count > 1 {
                self.context.timers.sleep(TURN).await;
            }
            if let Some(progress) = &mut progress {
                progress.advance(self.context, 1);
            }
        }
        if let Some(mut progress) = progress {
            progress.finish(self.context);
        }
        Ok(())
    }

    async fn one(&self, body: &[u8], number: u64, quiet: bool) -> Outcome {
        let message = self.message(body, number)?;
        let line = format!("Published {} bytes to {:?}", message.payload.len(), message.subject.as_str());
        let pause = if self.matches.int("count") > 1 { self.matches.duration("sleep") } else { Duration::ZERO };
        if self.wants_ack() {
            let asked_at = self.context.now();
            if !quiet {
                self.context.log(&line);
            }
            let ack = self.acknowledged(message).await?;
            if !quiet {
                let place = Place::message(&ack.stream, ack.seq);
                self.context.console.telling(place, |_| self.context.log(&stored(&ack)));
            }
            self.context.timers.sleep_until(asked_at + pause).await;
            return Ok(());
        }
        self.context.client.publish(message)?;
        self.context.timers.sleep(pause).await;
        if !quiet {
            self.context.log(&line);
        }
        Ok(())
    }

    fn message(&self, body: &[u8], number: u64) -> Result<Message, Failure> {
        let body = self.draft.body(self.context, body, number);
        let mut message = Message::new(self.draft.subject(self.context, number).as_str(), body);
        let mut headers = self.draft.headers(self.context, number)?;
        for (name, value) in &self.schedule {
            headers.get_or_insert_with(Headers::new).append(name, value);
        }
        message.headers = headers;
        let reply = self.matches.text("reply");
        message.reply = (!reply.is_empty()).then(|| reply.into());
        Ok(message)
    }

    async fn acknowledged(&self, message: Message) -> Result<PubAck, Failure> {
        // No time at all is not the usual time here.
        let timeout = self.matches.timeout().max(Duration::from_nanos(1));
        let js = self.context.client.jetstream().with_timeout(timeout);
        Ok(js.publish(message).await?)
    }

    /// The messages of all lines, told of one by one.
    async fn gathered(&self) -> Result<Vec<Message>, Failure> {
        let mut messages = Vec::new();
        while let Some(line) = self.context.console.read_input_line().await {
            for number in 1..=self.matches.int("count").max(1) as u64 {
                let message = self.message(&line, number)?;
                if !self.is_quiet() {
                    let (length, subject) = (message.payload.len(), message.subject.as_str());
                    self.context.log(&format!("Adding {length} bytes to batch on subject {subject:?}"));
                }
                messages.push(message);
            }
        }
        Ok(messages)
    }

    /// Whoever takes what is sent to `subject` must allow batches.
    async fn check_batches_are_allowed(&self, subject: &str) -> Outcome {
        let js = self.context.client.jetstream().with_timeout(self.matches.timeout());
        let Some(stream) = js.stream_names_on(subject).await?.into_iter().next() else {
            return Err("nats: API error: code=404 err_code=10059 description=stream not found".into());
        };
        if !js.stream_info(&stream).await?.config.allow_atomic {
            return Err(format!("atomic publishing is not allowed for stream {stream} with subject {subject}").into());
        }
        Ok(())
    }

    /// All lines in one batch: the last one commits, and only first and last are answered.
    async fn batch(&self) -> Outcome {
        let id = self.context.client.nuid();
        let mut messages = self.gathered().await?;
        let Some(last) = messages.pop() else { return Err("no messages to publish in atomic batch".into()) };
        let subject = self.matches.text("subject");
        self.check_batches_are_allowed(subject).await?;
        // As in the original, the commit goes to the subject as it was typed, and without the headers of the line.
        let commit = Message::new(subject, last.payload);
        let count = messages.len() + 1;
        for (number, mut message) in (1..).zip(messages.into_iter().chain([commit])) {
            let headers = message.headers.get_or_insert_with(Headers::new);
            headers.append("Nats-Batch-Id", &id);
            headers.append("Nats-Batch-Sequence", &number.to_string());
            if number == count {
                headers.append("Nats-Batch-Commit", "1");
                let ack = self.acknowledged(message).await?;
                if !self.is_quiet() {
                    self.context.log(&wrote(&id, count, &ack));
                }
            } else if number == 1 {
                let answer = self.context.client.request(message, self.matches.timeout()).await?;
                refused(&answer)?;
            } else {
                self.context.client.publish(message)?;
            }
        }
        Ok(())
    }
}

fn wrote(id: &str, count: usize, ack: &PubAck) -> String {
    let mut line = format!("Wrote batch ID: {id} Messages: {count} Sequence: {}", text::count(ack.seq));
    if !ack.domain.is_empty() {
        line += &format!(" Domain: {:?}", ack.domain);
    }
    if !ack.value.is_empty() {
        line += &format!(" Counter Value: {}", ack.value);
    }
    line
}

/// The first message of a batch is answered with nothing, or with why there will be no batch.
fn refused(answer: &Message) -> Outcome {
    match crate::json::read::<PubAck>(&answer.payload) {
        Ok(PubAck { error: Some(error), .. }) => Err(crate::client::Error::Api(error).into()),
        _ => Ok(()),
    }
}

fn stored(ack: &PubAck) -> String {
    let mut line = format!("Stored in Stream: {} Sequence: {}", ack.stream, text::count(ack.seq));
    if !ack.domain.is_empty() {
        line += &format!(" Domain: {:?}", ack.domain);
    }
    if ack.duplicate {
        line += " Duplicate: true";
    }
    if !ack.value.is_empty() {
        line += &format!(" Counter Value: {}", ack.value);
    }
    line
}

/// The headers of a scheduled message; empty when the line schedules nothing.
fn schedule(context: &Context, matches: &Matches) -> Result<Vec<(&'static str, String)>, Failure> {
    let has_text = |name: &str| !matches.text(name).is_empty();
    let has_duration = |name: &str| matches.nanos(name) > 0;
    let texts = ["schedule-cron", "schedule-at", "schedule-source", "schedule-dest"];
    let durations = ["schedule-after", "schedule-every"];
    let is_asked_for = texts.into_iter().any(has_text)
        || has_duration("schedule-ttl")
        || durations.into_iter().any(|name| matches.is_set(name));
    if !is_asked_for {
        return Ok(Vec::new());
    }
    let refuse = |wrong: bool, sentence: &str| if wrong { Err(Failure::new(sentence)) } else { Ok(()) };
    refuse(!has_text("schedule-dest"), "schedule destination is required when setting schedule properties")?;
    for name in durations {
        refuse(matches.is_set(name) && !has_duration(name), &format!("--{name} must be greater than 0"))?;
    }
    let (at, after, every) = (has_text("schedule-at"), has_duration("schedule-after"), has_duration("schedule-every"));
    refuse(at && after, "--schedule-at and --schedule-after are mutually exclusive")?;
    refuse(every && (at || after), "--schedule-every may not be used with --schedule-at or --schedule-after")?;
    refuse(
        has_text("schedule-cron") && (at || after || every),
        "--schedule-at, --schedule-every and --schedule-after may not be used with --schedule-cron",
    )?;
    let mut headers = vec![("Nats-Schedule-Target", matches.text("schedule-dest").to_owned())];
    if let Some(pattern) = pattern(context, matches)? {
        headers.push(("Nats-Schedule", pattern));
    }
    if has_duration("schedule-ttl") {
        headers.push(("Nats-Schedule-TTL", format_go_duration(matches.duration("schedule-ttl"))));
    }
    if has_text("schedule-source") {
        headers.push(("Nats-Schedule-Source", matches.text("schedule-source").to_owned()));
    }
    Ok(headers)
}

/// When the message goes out; `None` without any of the flags that say so.
fn pattern(context: &Context, matches: &Matches) -> Result<Option<String>, Failure> {
    let at = matches.text("schedule-at");
    if !at.is_empty() {
        return Ok(Some(format!("@at {}", parse_instant(at)?.whole_second().rfc3339())));
    }
    if matches.nanos("schedule-after") > 0 {
        let at = context.now() + matches.duration("schedule-after");
        return Ok(Some(at.whole_second().rfc3339()));
    }
    if matches.nanos("schedule-every") > 0 {
        return Ok(Some(format!("@every {}", format_go_duration(matches.duration("schedule-every")))));
    }
    Ok(matches.optional_text("schedule-cron").filter(|cron| !cron.is_empty()))
}
