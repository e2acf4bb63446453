//! `nats subscribe`: shows messages as they come, from subjects or out of a stream.

use super::grammar::{Argument, Command, Flag};
use super::report::{Table, text};
use super::translate::{Body, translated};
use super::{Context, Failure, Matches, Outcome, Place, graph, help, received, subscribe_stream};
use crate::client::Subscription;
use crate::map::Map;
use crate::protocol::Message;
use crate::sorted;
use crate::subject::SubjectFilter;
use crate::time::{Timestamp, format_go_duration};
use futures::future::LocalBoxFuture;
use futures::future::{Either, select};
use futures::stream::{SelectAll, select_all};
use futures::{FutureExt, StreamExt, pin_mut};
use std::cell::RefCell;
use std::time::Duration;

pub static COMMAND: Command = Command::new("subscribe", "Shows messages as they come")
    .aliases(&["sub"])
    .arguments(&[Argument::optional("subjects", "Subjects to listen on").repeats()])
    .flags(&[
        Flag::text("queue", "Queue group"),
        Flag::text("durable", "Reads with this consumer"),
        Flag::bool("raw", "Shows bodies only").short('r'),
        Flag::text("translate", "Program each body goes through"),
        Flag::switch("ack", "Acknowledges messages of a stream"),
        Flag::bool("match-replies", "Shows requests together with their answers"),
        Flag::bool("inbox", "Listens on a new inbox when there is no subject").short('i'),
        Flag::uint("count", "Ends after this many messages"),
        Flag::text("dump", "Writes each message into this folder, or as JSON to standard output for -")
            .placeholder("DIRECTORY"),
        Flag::bool("headers-only", "Shows no bodies"),
        Flag::bool("subjects-only", "Shows subjects only"),
        Flag::uint("start-sequence", "Starts at this sequence of the stream").placeholder("SEQUENCE"),
        Flag::bool("all", "Starts at the first message of the stream"),
        Flag::bool("new", "Starts with the next new message of the stream"),
        Flag::bool("last", "Starts at the last message of the stream"),
        Flag::duration("since", "Starts with messages not older than this").placeholder("DURATION").late(),
        Flag::bool("last-per-subject", "Starts with the last message of each subject"),
        Flag::bool("terminate-at-end", "Ends when nothing is left in the stream").short('T'),
        Flag::text("stream", "Reads from this stream"),
        Flag::text("ignore-subject", "Hides messages of these subjects").short('I').placeholder("SUBJECT").repeats(),
        Flag::duration("wait", "Ends after this long without a message"),
        Flag::bool("report-subjects", "Shows a table of subjects, drawn again each second"),
        Flag::bool("report-subscriptions", "Shows a table of subscriptions, drawn again each second"),
        Flag::int("report-top", "How many rows the table has").default("10"),
        Flag::bool("timestamp", "Shows when messages came").short('t'),
        Flag::bool("delta-time", "Shows how long after the start messages came").short('d'),
        Flag::bool("graph", "Draws the rate of messages"),
        Flag::bool("direct", "Reads the stream without a consumer"),
    ])
    .handler(subscribe);

/// Whether the line is about a stream. An empty text or a zero asks for nothing.
pub(super) fn wants_stream(matches: &Matches) -> bool {
    ["all", "new", "last", "last-per-subject", "direct"].into_iter().any(|name| matches.flag(name))
        || ["durable", "stream"].into_iter().any(|name| !matches.text(name).is_empty())
        || matches.is_set("since")
        || matches.uint("start-sequence") > 0
}

fn subscribe(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let has_subjects = !matches.list("subjects").is_empty();
        if !has_subjects && matches.text("stream").is_empty() && !matches.flag("inbox") {
            context.console.line("No subjects or --stream flag provided.");
            context.console.error("error: required argument\n");
            context.console.print(&help::page(&matches.path, context.console.columns(), help::Globals::Mentioned));
            return Err(Failure::Exit(1));
        }
        let streaming = wants_stream(&matches);
        check(&matches, streaming)?;
        if streaming {
            return subscribe_stream::run(&context, &matches).await;
        }
        Listener::new(&context, &matches).run().await
    })
}

fn check(matches: &Matches, streaming: bool) -> Outcome {
    let refuse = |wrong: bool, sentence: &str| if wrong { Err(Failure::new(sentence)) } else { Ok(()) };
    let subjects = matches.list("subjects").len();
    let has_durable = !matches.text("durable").is_empty();
    let reports = matches.flag("report-subjects");
    refuse(subjects > 0 && has_durable, "cannot specify both subjects and a durable consumer")?;
    refuse(subjects > 1 && streaming, "streams subscribe support only 1 subject")?;
    refuse(
        matches.flag("terminate-at-end") && !streaming,
        "--terminate-at-end is only supported for JetStream subscriptions",
    )?;
    refuse(matches.flag("inbox") && streaming, "generating inboxes is not compatible with JetStream subscriptions")?;
    refuse(
        !matches.text("queue").is_empty() && streaming,
        "queue group subscriptions are not supported with JetStream",
    )?;
    refuse(
        matches.text("dump") == "-" && matches.flag("inbox"),
        "generating inboxes is not compatible with dumping to stdout using null terminated strings",
    )?;
    refuse(reports && matches.int("report-top") == 0, "subject count must be at least one")?;
    refuse(
        matches.flag("timestamp") && matches.flag("delta-time"),
        "timestamp and delta-time flags are mutually exclusive",
    )
}

/// A plain subscription.
struct Listener<'a> {
    context: &'a Context,
    matches: &'a Matches,
    subjects: Vec<String>,
    ignored: Vec<SubjectFilter>,
    started: Timestamp,
}

impl<'a> Listener<'a> {
    fn new(context: &'a Context, matches: &'a Matches) -> Listener<'a> {
        let mut subjects: Vec<String> = matches.list("subjects").into_iter().map(str::to_owned).collect();
        if subjects.is_empty() {
            subjects.push(format!("{}.{}", context.client.new_inbox().as_str(), context.client.random_token(8)));
        }
        Listener { context, matches, subjects, ignored: ignored_filters(matches), started: context.now() }
    }

    async fn run(&self) -> Outcome {
        let reports = self.matches.flag("report-subjects") || self.matches.flag("report-subscriptions");
        let is_announced =
            self.matches.flag("inbox") || !self.matches.flag("raw") && self.matches.text("dump").is_empty();
        if is_announced && reports {
            // Where the picture begins that each table clears.
            self.context.console.print_error(graph::CLEAR);
        }
        let replies = self.replies(is_announced)?;
        if is_announced {
            self.announce();
        }
        if self.matches.flag("graph") {
            return graph::subscriptions(self.context, self.matches, &self.subjects).boxed_local().await;
        }
        let subscriptions = self.subscribe(replies)?;
        check_subjects(self.context, &self.subjects).await?;
        if reports {
            return self.report(subscriptions).boxed_local().await;
        }
        let mut messages = select_all(subscriptions);
        if self.matches.flag("match-replies") {
            return self.pairs(messages).boxed_local().await;
        }
        let mut count = 0;
        while let Some(message) = self.next(&mut messages).await {
            count += 1;
            let body = shown_body(self.context, self.matches, &message).await;
            self.show(&message, &body, count);
            self.acknowledge(&message)?;
            if count == self.matches.uint("count") {
                break;
            }
        }
        self.refusal(messages.is_empty())
    }

    fn announce(&self) {
        let is_acked = self.matches.flag("ack");
        let subjects = if is_acked { self.subjects[0].clone() } else { self.subjects.join(", ") };
        let end = if is_acked { "with acknowledgement of JetStream messages " } else { "" };
        self.context.log(&format!("Subscribing on {subjects} {end}"));
        let ignored = self.matches.list("ignore-subject");
        if !ignored.is_empty() {
            self.context.console.error(&format!("Ignored subjects: {}", ignored.join(", ")));
        }
    }

    /// Listens on what is asked. As in the original no context says where that is.
    fn replies(&self, is_announced: bool) -> Result<Option<Subscription>, Failure> {
        if !self.matches.flag("match-replies") {
            return Ok(None);
        }
        let prefix = Some(self.matches.text("inbox-prefix")).filter(|prefix| !prefix.is_empty());
        let subject = format!("{}.>", prefix.unwrap_or("_INBOX"));
        if is_announced {
            self.context.log(&format!("Matching replies with inbox prefix {subject}"));
        }
        Ok(Some(self.context.client.subscribe(&subject, None)?))
    }

    fn subscribe(&self, replies: Option<Subscription>) -> Result<Vec<Subscription>, Failure> {
        let queue = self.matches.text("queue");
        let queue = (!queue.is_empty()).then_some(queue);
        let mut all: Vec<Subscription> = replies.into_iter().collect();
        for subject in &self.subjects {
            all.push(self.context.client.subscribe(subject, queue)?);
        }
        Ok(all)
    }

    /// The next message that is not ignored; `None` after `--wait` without one, or at the end.
    async fn next(&self, messages: &mut SelectAll<Subscription>) -> Option<Message> {
        let heard_at = self.context.now();
        loop {
            let message = match self.matches.duration("wait") {
                Duration::ZERO => messages.next().await?,
                wait => self.context.timers.timeout_at(heard_at + wait, messages.next()).await.ok()??,
            };
            if !self.ignored.iter().any(|filter| filter.matches(&message.subject)) {
                return Some(message);
            }
        }
    }

    /// Why the server ended a subscription, if it did.
    fn refusal(&self, is_over: bool) -> Outcome {
        match self.context.client.last_error().filter(|_| is_over) {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    fn acknowledge(&self, message: &Message) -> Outcome {
        match &message.reply {
            Some(reply) if self.matches.flag("ack") && reply.starts_with("$JS.ACK.") => {
                Ok(self.context.client.publish(Message::new(reply.as_str(), ""))?)
            }
            _ => Ok(()),
        }
    }

    fn show(&self, message: &Message, body: &Body, count: u64) {
        let dump = self.matches.text("dump");
        if !dump.is_empty() {
            return dump_message(self.context, dump, message, body, count);
        }
        if self.matches.flag("raw") {
            return received::print_raw(self.context, body);
        }
        let now = self.context.now();
        let stamp = if self.matches.flag("timestamp") {
            format!(" @ {}", stamp(now))
        } else if self.matches.flag("delta-time") {
            format!(" @ {}", format_go_duration(now.since(self.started)))
        } else {
            String::new()
        };
        self.show_block(&format!("[#{count}]{stamp} Received on"), message, body);
    }

    fn show_block(&self, start: &str, message: &Message, body: &Body) {
        let reply = message.reply.as_ref().map(|reply| format!(" with reply {:?}", reply.as_str())).unwrap_or_default();
        let line = format!("{start} {:?}{reply}", message.subject.as_str());
        let place = Place::of_delivered(message).unwrap_or(Place::Own);
        self.context.console.telling(place, |console| console.line(&line));
        show_content(self.context, self.matches, message, body);
    }

    /// Shows a request with its first answer, then ends, as the CLI does.
    async fn pairs(&self, mut messages: SelectAll<Subscription>) -> Outcome {
        let mut requests: Map<String, Message> = Map::new();
        while let Some(message) = self.next(&mut messages).await {
            if let Some(request) = requests.remove(message.subject.as_str()) {
                for (start, message) in [("[#0] Received on", &request), ("[#0] Matched reply on", &message)] {
                    let body = shown_body(self.context, self.matches, message).await;
                    self.show_block(start, message, &body);
                }
                return Ok(());
            }
            if let Some(reply) = &message.reply {
                requests.insert(reply.as_str().to_owned(), message);
            }
        }
        Ok(())
    }

    /// A table, drawn again each second.
    async fn report(&self, subscriptions: Vec<Subscription>) -> Outcome {
        let by_subscription = self.matches.flag("report-subscriptions");
        let seen = RefCell::new(Seen::default());
        let reading = tally(self.context, self.matches, subscriptions, |at, message| {
            let key = if by_subscription { &self.subjects[at] } else { message.subject.as_str() };
            seen.borrow_mut().add(key, message);
        });
        let drawing = redraw(self.context, self.matches, &seen);
        pin_mut!(reading, drawing);
        match select(reading, drawing).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Ok(()),
        }
    }
}

/// Tells of each message that counts and which subscription brought it, until `--count` or `--wait` ends it.
pub async fn tally(
    context: &Context,
    matches: &Matches,
    subscriptions: Vec<Subscription>,
    mut each: impl FnMut(usize, &Message),
) -> Outcome {
    let ignored = ignored_filters(matches);
    let numbered = subscriptions.into_iter().enumerate();
    let mut messages = select_all(numbered.map(|(at, messages)| messages.map(move |it| (at, it)).boxed_local()));
    // Without any subscription time alone can end it.
    let is_deaf = messages.is_empty();
    let wait = matches.duration("wait");
    let (mut count, mut heard_at) = (0, context.now());
    loop {
        let next = async { if is_deaf { std::future::pending().await } else { messages.next().await } };
        let next = match wait {
            Duration::ZERO => next.await,
            wait => match context.timers.timeout_at(heard_at + wait, next).await {
                Ok(next) => next,
                Err(_) => return Ok(()),
            },
        };
        let Some((at, message)) = next else { return context.client.last_error().map_or(Ok(()), |it| Err(it.into())) };
        if ignored.iter().any(|filter| filter.matches(&message.subject)) {
            continue;
        }
        each(at, &message);
        (count, heard_at) = (count + 1, context.now());
        if count == matches.uint("count") {
            return Ok(());
        }
    }
}

/// Messages and bytes that came, by subject or subscription.
#[derive(Default)]
pub struct Seen(Map<String, (u64, u64)>);

impl Seen {
    pub fn add(&mut self, key: &str, message: &Message) {
        let (count, bytes) = self.0.entry(key.to_owned()).or_default();
        *count += 1;
        *bytes += message.payload.len() as u64;
    }
}

/// Draws the table of what came again each second, without end.
pub async fn redraw(context: &Context, matches: &Matches, seen: &RefCell<Seen>) {
    let mut redraw_at = context.now();
    loop {
        redraw_at = redraw_at + Duration::from_secs(1);
        context.timers.sleep_until(redraw_at).await;
        let picture = activity(&seen.borrow().0, matches.int("report-top").max(1) as usize);
        let picture = format!("{}{picture}\n", graph::CLEAR);
        context.console.telling(Place::Own.throughout(), |console| console.print(&picture));
    }
}

/// What `--ignore-subject` hides: several subjects may stand in one text.
pub fn ignored_filters(matches: &Matches) -> Vec<SubjectFilter> {
    let texts = matches.list("ignore-subject");
    let words = texts.into_iter().flat_map(|text| text.split([',', ' ', '\t', '\n']));
    words.filter_map(|word| SubjectFilter::new(word).ok()).collect()
}

/// What the server says to a subject it does not take. What it takes is not asked after: an error may be an older one.
pub async fn check_subjects(context: &Context, subjects: &[String]) -> Outcome {
    if subjects.iter().all(|subject| SubjectFilter::new(subject).is_ok()) {
        return Ok(());
    }
    context.client.flush().await?;
    context.client.last_error().map_or(Ok(()), |error| Err(error.into()))
}

/// Of subscriptions, too, it says that they are subjects. The totals are those of the rows that are shown.
fn activity(seen: &Map<String, (u64, u64)>, top: usize) -> Table {
    let title = if top == 1 { "Top Subject Report".to_owned() } else { format!("Top {top} Active Subjects Report") };
    let mut table = Table::new(title, &["Subject", "Message Count", "Bytes"]);
    let mut rows: Vec<(&String, &(u64, u64))> = seen.iter().collect();
    sorted::by_key(&mut rows, |(_, (count, _))| std::cmp::Reverse(*count));
    rows.truncate(top);
    for (subject, (count, bytes)) in &rows {
        table.row([(*subject).clone(), text::count(*count), text::bytes(*bytes)]);
    }
    let (count, bytes) = rows.iter().fold((0, 0), |(count, bytes), (_, row)| (count + row.0, bytes + row.1));
    table.footer(["Totals".to_owned(), text::count(count), text::bytes(bytes)]);
    table
}

/// The body as `--translate` wants it, where it is shown.
pub async fn shown_body(context: &Context, matches: &Matches, message: &Message) -> Body {
    let is_hidden = matches.flag("subjects-only") || matches.flag("headers-only");
    let whole = matches.flag("raw") || !matches.text("dump").is_empty();
    if is_hidden && !whole {
        return Body { bytes: Vec::new(), problem: None, is_translated: false };
    }
    // Bodies alone and dumped ones are translated without their subject, as by the original.
    let subject = if whole { "" } else { message.subject.as_str() };
    translated(context, matches, &message.payload, (subject, "")).await
}

/// Headers and body, as far as the flags want them.
pub fn show_content(context: &Context, matches: &Matches, message: &Message, body: &Body) {
    if matches.flag("subjects-only") {
        return;
    }
    received::print_headers(context, message);
    if !matches.flag("headers-only") {
        received::print_body(context, body);
    }
}

/// `Nov 21 08:02:34.658926`.
pub fn stamp(at: Timestamp) -> String {
    let utc = at.utc();
    let month = &utc.month().to_string()[..3];
    let (day, hour, minute, second) = (utc.day(), utc.hour(), utc.minute(), utc.second());
    format!("{month} {day:02} {hour:02}:{minute:02}:{second:02}.{:06}", utc.microsecond())
}

/// A message as the CLI's JSON, into a file or ended by a NUL on standard output.
///
/// Files are named after `seq`: which message of a stream it is, elsewhere which of those that came.
pub fn dump_message(context: &Context, into: &str, message: &Message, body: &Body, seq: u64) {
    if let Some(refusal) = body.refusal() {
        return context.log(&refusal);
    }
    let mut headers: Map<&str, Vec<&str>> = Map::new();
    for (name, value) in message.headers.iter().flat_map(|headers| headers.iter()) {
        headers.entry(name).or_default().push(value);
    }
    let fields = [
        ("Subject", serde_json::json!(message.subject.as_str())),
        ("Reply", serde_json::json!(message.reply.as_ref().map_or("", |reply| reply.as_str()))),
        ("Header", if headers.is_empty() { serde_json::Value::Null } else { crate::json::to_value(&headers) }),
        ("Data", serde_json::json!(crate::base64::BASE64.encode(&body.bytes))),
        ("Sub", serde_json::Value::Null),
    ];
    let members: Vec<String> = fields.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
    let json = format!("{{{}}}", members.join(","));
    if into == "-" {
        context.console.print(&format!("{json}\0"));
    } else {
        let name = format!("{}/{seq}.json", into.trim_end_matches('/'));
        context.write_file(&name, json.into_bytes());
    }
}
