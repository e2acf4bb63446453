//! `nats server check`: one line for a monitoring system.
//!
//! A [`Check`] collects what is fine, what is not, and figures; the worst decides. Here is what is looked at.
//! Source: natscli reference, "server check".

mod verdict;

use super::connection;
use super::grammar::{Command, Flag};
use super::{Context, Failure, Matches, Outcome, Place};
use crate::api::StreamInfo;
use crate::client::Error;
use crate::client::jetstream::JetStream;
use crate::protocol::Message;
use crate::time::{Timestamp, format_go_duration};
use futures::future::LocalBoxFuture;
use std::time::Duration;
use verdict::{Check, seconds};

pub static COMMAND: Command = Command::new("check", "Checks the health of parts of a server")
    .flags(&[
        Flag::choice("format", &["nagios", "json", "prometheus", "text"], "How it is written").default("nagios"),
        Flag::text("namespace", "First word of the names of figures for prometheus").default("nats_server_check"),
        Flag::text("outfile", "Saves it in this file instead"),
    ])
    .subcommands(&[&CONNECTION, &STREAM, &CONSUMER, &MESSAGE, &JETSTREAM, &KV]);

const STREAM_NAME: Flag = Flag::text("stream", "Name of the stream").required();

static CONNECTION: Command = Command::new("connection", "Checks that one can connect")
    .aliases(&["conn"])
    .flags(&[
        Flag::duration("connect-warn", "Warns when connecting takes longer").default("500ms"),
        Flag::duration("connect-critical", "Fails when connecting takes longer").default("1s"),
        Flag::duration("rtt-warn", "Warns when a round trip takes longer").default("500ms"),
        Flag::duration("rtt-critical", "Fails when a round trip takes longer").default("1s"),
        Flag::duration("req-warn", "Warns when a message to oneself takes longer").default("500ms"),
        Flag::duration("req-critical", "Fails when a message to oneself takes longer").default("1s"),
    ])
    .handler(|context, matches| run(context, matches, "Connection"));
static STREAM: Command = Command::new("stream", "Checks a stream")
    .flags(&[
        STREAM_NAME,
        Flag::uint("lag-critical", "Fails when a source is so many messages behind").placeholder("MSGS"),
        Flag::duration("seen-critical", "Fails when a source was not heard of for so long").placeholder("DURATION"),
        Flag::int("min-sources", "Fails with fewer sources").default("1").placeholder("SOURCES"),
        Flag::int("max-sources", "Fails with more sources").default("1").placeholder("SOURCES"),
        Flag::int("peer-expect", "Fails with another number of replicas").default("1").placeholder("SERVERS"),
        Flag::uint("peer-lag-critical", "Fails when a replica is so many operations behind").placeholder("OPS"),
        Flag::duration("peer-seen-critical", "Fails when a replica was not heard of for so long")
            .placeholder("DURATION"),
        Flag::uint("msgs-warn", "Warns with fewer messages").placeholder("MSGS"),
        Flag::uint("msgs-critical", "Fails with fewer messages").placeholder("MSGS"),
        Flag::int("subjects-warn", "Warns with more subjects; with fewer when it is above the other")
            .default("-1")
            .placeholder("SUBJECTS"),
        Flag::int("subjects-critical", "Fails with more subjects; with fewer when it is below the other")
            .default("-1")
            .placeholder("SUBJECTS"),
    ])
    .handler(|context, matches| run(context, matches, ""));
static CONSUMER: Command = Command::new("consumer", "Checks a consumer")
    .flags(&[
        STREAM_NAME,
        Flag::text("consumer", "Name of the consumer").required(),
        Flag::int("outstanding-ack-critical", "Fails with more delivered and not acknowledged").default("-1"),
        Flag::int("waiting-critical", "Fails with more pull requests waiting").default("-1"),
        Flag::int("unprocessed-critical", "Fails with more not yet delivered").default("-1"),
        Flag::duration("last-delivery-critical", "Fails when the last delivery is older").default("0s"),
        Flag::duration("last-ack-critical", "Fails when the last acknowledgement is older").default("0s"),
        Flag::int("redelivery-critical", "Fails with more redelivered").default("-1"),
        Flag::bool("pinned", "Fails when a group has no pinned client"),
    ])
    .handler(|context, matches| run(context, matches, ""));
static MESSAGE: Command = Command::new("message", "Checks the last message of a subject")
    .flags(&[
        STREAM_NAME,
        Flag::text("subject", "Subject of the message").default(">"),
        Flag::duration("age-warn", "Warns when it is older").placeholder("DURATION"),
        Flag::duration("age-critical", "Fails when it is older").placeholder("DURATION"),
        Flag::text("content", "Fails unless the body matches this expression").placeholder("."),
    ])
    .handler(|context, matches| run(context, matches, "Stream Message"));
static JETSTREAM: Command = Command::new("jetstream", "Checks what the account uses")
    .aliases(&["js"])
    .flags(&[
        Flag::int("mem-warn", "Warns with more percent of memory").default("75"),
        Flag::int("mem-critical", "Fails with more percent of memory").default("90"),
        Flag::int("store-warn", "Warns with more percent of storage").default("75"),
        Flag::int("store-critical", "Fails with more percent of storage").default("90"),
        Flag::int("streams-warn", "Warns with more percent of the streams allowed").default("-1"),
        Flag::int("streams-critical", "Fails with more percent of the streams allowed").default("-1"),
        Flag::int("consumers-warn", "Warns with more percent of the consumers allowed").default("-1"),
        Flag::int("consumers-critical", "Fails with more percent of the consumers allowed").default("-1"),
        Flag::switch("replicas", "Looks at replicas, too").default("true"),
    ])
    .handler(|context, matches| run(context, matches, "JetStream"));
static KV: Command = Command::new("kv", "Checks a bucket")
    .flags(&[
        Flag::text("bucket", "Name of the bucket").required(),
        Flag::int64("values-critical", "Fails with more values").default("-1"),
        Flag::int64("values-warn", "Warns with more values").default("-1"),
        Flag::text("key", "Fails unless this key has a value"),
    ])
    .handler(|context, matches| run(context, matches, ""));

fn run(context: Context, matches: Matches, name: &'static str) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let js = context.client.jetstream().with_timeout(matches.timeout());
        let mut check = Check::default();
        check.name = name.to_owned();
        check.place = Some(place(&matches));
        match matches.command().name {
            "connection" => connected(&context, &matches, &mut check).await?,
            "stream" => stream(&js, &matches, &mut check).await,
            "consumer" => consumer(&context, &js, &matches, &mut check).await,
            "message" => message(&context, &js, &matches, &mut check).await?,
            "jetstream" => account(&js, &matches, &mut check).await,
            _ => bucket(&js, &matches, &mut check).await,
        }
        check.finish(&context, &matches)
    })
}

/// What a check looks at.
fn place(matches: &Matches) -> Place {
    match matches.command().name {
        "stream" | "message" => Place::Stream(matches.text("stream").to_owned()),
        "consumer" => Place::consumer(matches.text("stream"), matches.text("consumer")),
        "kv" => Place::bucket(matches.text("bucket")),
        _ => Place::Server,
    }
}

fn could_not(what: &str, error: &Error) -> String {
    format!("could not load {what}: {error}")
}

/// The connection is there already, so what is timed is a round trip to the server and back.
async fn connected(context: &Context, matches: &Matches, check: &mut Check) -> Outcome {
    let url = connection::url(context, matches)?;
    let connected = context.client.flush().await?;
    let rtt = context.client.flush().await?;
    let trip = to_self(context).await?;
    let sentence = format!("connected to {url} in {}", format_go_duration(connected));
    check.timed(matches, "connect_time", "connect", connected, sentence);
    check.timed(matches, "rtt", "rtt", rtt, format!("rtt time {}", format_go_duration(rtt)));
    check.timed(matches, "request_time", "req", trip, format!("round trip took {:.6}s", trip.as_secs_f64()));
    Ok(())
}

/// How long a message to oneself takes.
async fn to_self(context: &Context) -> Result<Duration, Failure> {
    let inbox = context.client.new_inbox();
    let mut messages = context.client.subscribe(inbox.as_str(), None)?;
    let sent_at = context.now();
    context.client.publish(Message::new(inbox.as_str(), context.client.random_token(100)))?;
    let arrived = context.timers.timeout(Duration::from_secs(1), messages.next()).await;
    arrived.map_err(|_| Failure::new("nats: timeout"))?;
    Ok(context.now().since(sent_at))
}

async fn stream(js: &JetStream, matches: &Matches, check: &mut Check) {
    check.name = matches.text("stream").to_owned();
    let info = match js.stream_info(&check.name).await {
        Ok(info) => info,
        Err(error) => return check.say(2, could_not("info", &error)),
    };
    let sources = info.sources.len() as i64;
    let limits = [matches.int("min-sources"), matches.int("max-sources")];
    let wrong = (matches.is_set("min-sources") && sources < limits[0])
        || (matches.is_set("max-sources") && sources > limits[1]);
    check.say(if wrong { 2 } else { 0 }, format!("{sources} sources"));
    check.figure("sources", sources, "");
    copies(&info, matches, check);
    let [warn, critical] = [matches.int("msgs-warn"), matches.int("msgs-critical")];
    if warn > 0 || critical > 0 {
        let messages = info.state.messages as i64;
        let level = if messages < critical { 2 } else { usize::from(messages < warn) };
        check.say(level, format!("{messages} messages"));
        check.limited("messages", messages, "", warn, critical);
    }
    let (subjects, warn, critical) =
        (info.state.num_subjects as i64, matches.int("subjects-warn"), matches.int("subjects-critical"));
    if warn >= 0 || critical >= 0 {
        // Few subjects are worse than many when failing begins below warning.
        let level = match warn > critical {
            true if subjects <= critical => 2,
            true => usize::from(subjects <= warn),
            false => Check::level(&subjects, &warn, &critical, &-1),
        };
        check.say(level, format!("{subjects} subjects"));
        check.limited("subjects", subjects, "", warn, critical);
    }
}

/// How far those behind are that this stream copies from; with one server it has one replica, always up to date.
fn copies(info: &StreamInfo, matches: &Matches, check: &mut Check) {
    let origins: Vec<_> = info.sources.iter().chain(&info.mirror).collect();
    let lag = origins.iter().map(|origin| origin.lag).max().unwrap_or(0);
    let limit = matches.int("lag-critical");
    if limit > 0 && !origins.is_empty() {
        check.say(if lag as i64 >= limit { 2 } else { 0 }, format!("lag {lag}"));
        check.limited("lag", lag, "", "", limit);
    }
    let limit = matches.duration("seen-critical");
    if !limit.is_zero() {
        for origin in origins {
            let seen = u64::try_from(origin.active).ok().map(Duration::from_nanos);
            let shown = seen.map_or("never".to_owned(), |seen| format!("{} ago", format_go_duration(seen)));
            let level = if seen.is_none_or(|seen| seen >= limit) { 2 } else { 0 };
            check.say(level, format!("{} seen {shown}", origin.name));
        }
    }
    let expected = matches.int("peer-expect");
    if matches.is_set("peer-expect") {
        check.say(if expected == 1 { 0 } else { 2 }, "1 peers".to_owned());
        check.limited("peers", 1, "", "", expected);
    }
}

async fn consumer(context: &Context, js: &JetStream, matches: &Matches, check: &mut Check) {
    let (stream, name) = (matches.text("stream"), matches.text("consumer"));
    check.name = format!("{stream}_{name}");
    let info = match js.consumer_info(stream, name).await {
        Ok(info) => info,
        Err(error) => return check.say(2, could_not("info", &error)),
    };
    check.counted(matches, "ack_pending", "outstanding-ack-critical", "Ack Pending", info.num_ack_pending);
    check.counted(matches, "pull_waiting", "waiting-critical", "Waiting Pulls", info.num_waiting);
    check.counted(matches, "pending", "unprocessed-critical", "Unprocessed Messages", info.num_pending);
    check.counted(matches, "redelivered", "redelivery-critical", "Redelivered Messages", info.num_redelivered);
    let times = [
        ("last_delivery", "last-delivery-critical", "Last delivery", info.delivered.last_active),
        ("last_ack", "last-ack-critical", "Last ack", info.ack_floor.last_active),
    ];
    for (figure, flag, label, at) in times {
        let limit = matches.duration(flag);
        if let Some(age) = at.map(|at| context.now().since(at)) {
            check.figure(figure, seconds(age), "s");
            if !limit.is_zero() {
                check.say(if age >= limit { 2 } else { 0 }, format!("{label} {} ago", format_go_duration(age)));
            }
        } else if !limit.is_zero() {
            check.say(2, format!("{label} never"));
        }
    }
    if matches.flag("pinned") {
        for group in &info.priority_groups {
            let is_pinned = !group.pinned_client_id.is_empty();
            let sentence = if is_pinned { "has a pinned client" } else { "has no pinned client" };
            check.say(if is_pinned { 0 } else { 2 }, format!("{} {sentence}", group.group));
        }
    }
}

async fn message(context: &Context, js: &JetStream, matches: &Matches, check: &mut Check) -> Outcome {
    let (stream, subject) = (matches.text("stream"), matches.text("subject"));
    let found = match js.last_message(stream, subject).await {
        Ok(found) => found,
        Err(error) => {
            check.say(2, could_not("message", &error));
            return Ok(());
        }
    };
    let found = crate::client::jetstream::StreamMessage::from_stored(stream, found)?;
    let age = context.now().since(found.time.unwrap_or(Timestamp(0)));
    check.figure("age", seconds(age), "s");
    check.figure("size", found.payload.len(), "B");
    let (warn, critical) = (matches.duration("age-warn"), matches.duration("age-critical"));
    let level = Check::level(&age, &warn, &critical, &Duration::ZERO);
    if level > 0 {
        check.say(level, format!("{} old", format_go_duration(age)));
    }
    if matches.is_set("content") {
        let pattern = super::pattern::Pattern::new(matches.text("content")).map_err(Failure::new)?;
        if !pattern.is_match(&String::from_utf8_lossy(&found.payload)) {
            check.say(2, format!("does not match regex: {}", matches.text("content")));
        }
    }
    if check.sentences[1].is_empty() && check.sentences[2].is_empty() {
        check.say(0, format!("Valid message on {stream} > {subject}"));
    }
    Ok(())
}

async fn account(js: &JetStream, matches: &Matches, check: &mut Check) {
    let info = match js.account_info().await {
        Ok(info) => info,
        Err(error) => return check.say(2, format!("JetStream not available: {error}")),
    };
    let percent = |used: u64, most: i64| if most > 0 { used.saturating_mul(100) / most as u64 } else { 0 };
    for (names, flag, used, most) in [
        (["memory", "memory_pct"], "mem", info.memory, info.limits.max_memory),
        (["storage", "storage_pct"], "store", info.storage, info.limits.max_storage),
    ] {
        check.figure(names[0], used, "B");
        check.share(matches, names, flag, percent(used, most));
    }
    for (names, used, most) in [
        (["streams", "streams_pct"], info.streams, info.limits.max_streams),
        (["consumers", "consumers_pct"], info.consumers, info.limits.max_consumers),
    ] {
        check.figure(names[0], used, "");
        check.share(matches, names, names[0], percent(used, most));
    }
    if matches.flag("replicas") {
        // With one server each stream has its only replica.
        check.figure("replicas_ok", info.streams, "");
        check.figure("replicas_no_leader", 0, "");
        check.figure("replicas_missing_replicas", 0, "");
        check.limited("replicas_lagged", 0, "", "", 200);
        check.limited("replicas_not_seen", "0.0000", "s", "", "5.0000");
        check.figure("replicas_fail", 0, "");
    }
}

async fn bucket(js: &JetStream, matches: &Matches, check: &mut Check) {
    let (bucket, key) = (matches.text("bucket"), matches.text("key"));
    check.name = bucket.to_owned();
    let stream = format!("KV_{bucket}");
    let Ok(info) = js.stream_info(&stream).await else {
        return check.say(2, format!("bucket {bucket} not found"));
    };
    check.say(0, format!("bucket {bucket}"));
    let values = info.state.num_subjects as i64;
    let [warn, critical] = [matches.int("values-warn"), matches.int("values-critical")];
    if warn >= 0 || critical >= 0 {
        check.say(Check::level(&values, &warn, &critical, &-1), format!("{values} values"));
    }
    check.figure("values", values, "");
    check.figure("bytes", info.state.bytes, "B");
    if !key.is_empty() {
        match js.last_message(&stream, &format!("$KV.{bucket}.{key}")).await {
            Ok(_) => check.say(0, format!("key {key} found")),
            Err(_) => check.say(2, format!("key {key} not found")),
        }
    }
}
