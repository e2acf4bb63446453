//! `nats server check`: one line for a monitoring system.
//!
//! A [`Check`] collects what is fine, what is not, and figures; the worst decides. Here is what is looked at.
//! Source: natscli reference, "server check".

mod request;
mod stream;
mod system;
mod verdict;

use super::connection;
use super::consumer::information::go_duration;
use super::grammar::{Command, Flag, Kind};
use super::report::text;
use super::{Context, Failure, Matches, Outcome, Place};
use crate::api::{ConsumerInfo, ErrorCode, Nanos, PriorityPolicy};
use crate::client::jetstream::JetStream;
use crate::client::kv::{self, BucketConfig};
use crate::client::{API_PREFIX, Error};
use crate::protocol::Message;
use crate::time::{Timestamp, format_go_duration};
use futures::future::LocalBoxFuture;
use std::time::Duration;
use verdict::Check;

pub static COMMAND: Command = Command::new("check", "Checks the health of parts of a server")
    .flags(&[
        Flag::choice("format", &["nagios", "json", "prometheus", "text"], "How it is written").default("nagios"),
        Flag::text("namespace", "First word of the names of figures for prometheus").default("nats_server_check"),
        Flag::text("outfile", "Saves it in this file instead"),
    ])
    .subcommands(&[
        &CONNECTION,
        &STREAM,
        &CONSUMER,
        &MESSAGE,
        &META,
        &REQUEST,
        &JETSTREAM,
        &SERVER,
        &KV,
        &CREDENTIAL,
        &EXPORTER,
    ]);

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
        Flag::new("content", Kind::Expression, "Fails unless the body matches this expression").placeholder("."),
        Flag::bool("body-timestamp", "Takes the body for the time, in seconds since 1970"),
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
        Flag::duration("replica-seen-critical", "Fails when a replica was not heard of for so long").default("5s"),
        Flag::uint("replica-lag-critical", "Fails when a replica is so many operations behind").default("200"),
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

static META: Command = Command::new("meta", "Checks the servers of a cluster")
    .aliases(&["raft"])
    .flags(&[
        Flag::int("expect", "Fails with another number of servers").required().placeholder("SERVERS"),
        Flag::uint("lag-critical", "Fails when a server is so many operations behind").required().placeholder("OPS"),
        Flag::duration("seen-critical", "Fails when a server was not heard of for so long")
            .required()
            .placeholder("DURATION"),
    ])
    .handler(|context, matches| run(context, matches, "JetStream Meta Cluster"));
static REQUEST: Command = Command::new("request", "Checks that a service answers")
    .aliases(&["req"])
    .flags(&[
        Flag::text("subject", "Subject to ask on").required(),
        Flag::text("payload", "What to ask"),
        Flag::new("headers", Kind::Map, "Headers to ask with").repeats().placeholder("HEADERS"),
        Flag::new("match-payload", Kind::Expression, "Fails unless the answer matches this expression"),
        Flag::new("match-headers", Kind::Map, "More headers to ask with").repeats().placeholder("MATCH-HEADERS"),
        Flag::duration("response-critical", "Fails when the answer takes longer"),
        Flag::duration("response-warn", "Warns when the answer takes longer"),
    ])
    .handler(|context, matches| run(context, matches, ""));
static SERVER: Command = Command::new("server", "Checks a server")
    .flags(&[
        Flag::text("name", "Name of the server").required(),
        Flag::int("cpu-warn", "Warns with more percent of processors"),
        Flag::int("cpu-critical", "Fails with more percent of processors"),
        Flag::int("mem-warn", "Warns with more bytes of memory"),
        Flag::int("mem-critical", "Fails with more bytes of memory"),
        Flag::int("conn-warn", "Warns with more connections"),
        Flag::int("conn-critical", "Fails with more connections"),
        Flag::int("subs-warn", "Warns with more subscriptions"),
        Flag::int("subs-critical", "Fails with more subscriptions"),
        Flag::duration("uptime-warn", "Warns when it was started so recently"),
        Flag::duration("uptime-critical", "Fails when it was started so recently"),
        Flag::bool("auth-required", "Fails unless one has to say who one is"),
        Flag::bool("tls-required", "Fails unless connections are encrypted"),
        Flag::bool("js-required", "Fails without JetStream"),
        Flag::duration("tls-cert-warn", "Warns when its certificate ends so soon"),
        Flag::duration("tls-cert-crit", "Fails when its certificate ends so soon"),
    ])
    .handler(|context, matches| run(context, matches, ""));
static CREDENTIAL: Command = Command::new("credential", "Checks a file with credentials")
    .flags(&[
        Flag::text("credential", "The file").required(),
        Flag::duration("validity-warn", "Warns when they end so soon"),
        Flag::duration("validity-critical", "Fails when they end so soon"),
        Flag::switch("require-expiry", "Fails when they never end"),
    ])
    .handler(|context, matches| run(context, matches, "Credential"));
static EXPORTER: Command = Command::new("exporter", "Offers checks to Prometheus; not in the playground")
    .flags(&[
        Flag::new("config", Kind::File, "What to check").required(),
        Flag::int("port", "Port to listen on").default("8080"),
        Flag::new("https-key", Kind::File, "Key of the certificate"),
        Flag::new("https-certificate", Kind::File, "Certificate to show"),
    ])
    .hidden()
    .handler(|_, _| Box::pin(async { Err(Failure::new("not in the playground: server check exporter")) }));

fn run(context: Context, matches: Matches, name: &'static str) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let js = context.client.jetstream().with_timeout(matches.timeout());
        let mut check = Check::default();
        check.name = name.to_owned();
        check.place = Some(place(&matches));
        if matches.command().name == "credential" {
            system::credential(&context, &matches, &mut check)?;
            return check.finish(&context, &matches);
        }
        if let Err(problem) = connection::connected(&context, &matches) {
            unconnected(&matches, &mut check, problem.reason());
            return check.finish(&context, &matches);
        }
        match matches.command().name {
            "connection" => connected(&context, &matches, &mut check).await?,
            "stream" => stream::stream(&js, &matches, &mut check).await,
            "consumer" => consumer(&context, &js, &matches, &mut check).await,
            "message" => message(&context, &js, &matches, &mut check).await?,
            "jetstream" => account(&js, &matches, &mut check).await,
            "request" => {
                check.name = matches.text("subject").to_owned();
                request::request(&context, &matches, &mut check).await;
            }
            "meta" => system::told(&context, &matches, &mut check).await?,
            "server" => {
                check.name = matches.text("name").to_owned();
                system::told(&context, &matches, &mut check).await?;
            }
            _ => {
                // The original looks for buckets in the account's own JetStream, whichever was named.
                let own = context.client.clone().with_api_prefix(API_PREFIX).jetstream();
                bucket(&own.with_timeout(matches.timeout()), &matches, &mut check).await;
            }
        }
        check.finish(&context, &matches)
    })
}

/// Also who cannot connect is told to the monitoring system.
fn unconnected(matches: &Matches, check: &mut Check, problem: &str) {
    let given = |flag: &str| matches.text(flag).to_owned();
    let what = match matches.command().name {
        "connection" | "jetstream" | "meta" => "connection failed",
        "server" => {
            check.name = given("name");
            "connection failed"
        }
        "request" => {
            check.name = given("subject");
            "could not load info"
        }
        "kv" => {
            check.name = given("bucket");
            "connection failed"
        }
        "stream" => {
            check.name = given("stream");
            "could not load info"
        }
        "consumer" => {
            check.name = format!("{}_{}", given("stream"), given("consumer"));
            "could not load info"
        }
        _ => "could not load info",
    };
    check.say(2, format!("{what}: {problem}"));
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
    let fine = format!("connected to {url} in {}", format_go_duration(connected));
    let exceeded = |limit: &str| format!("connected to {url}, connect time exceeded {limit}");
    check.timed(matches, ("connect_time", "connect"), connected, fine, exceeded);
    let fine = format!("rtt time {}", format_go_duration(rtt));
    check.timed(matches, ("rtt", "rtt"), rtt, fine, |limit: &str| format!("rtt time exceeded {limit}"));
    let took = format!("{:.6}", trip.as_secs_f64());
    let exceeded = |_: &str| format!("round trip request took {took}");
    check.timed(matches, ("request_time", "req"), trip, format!("round trip took {took}s"), exceeded);
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

async fn consumer(context: &Context, js: &JetStream, matches: &Matches, check: &mut Check) {
    let (stream, name) = (matches.text("stream"), matches.text("consumer"));
    check.name = format!("{stream}_{name}");
    if let Some((missing, _)) = [("stream", stream), ("consumer", name)].iter().find(|(_, name)| name.is_empty()) {
        return check.say(2, format!("{missing} name is required"));
    }
    let info = match js.consumer_info(stream, name).await {
        Ok(info) => info,
        Err(error) => return check.say(2, could_not("info", &error)),
    };
    check.counted(matches, "ack_pending", "outstanding-ack-critical", "Ack Pending", info.num_ack_pending);
    check.counted(matches, "pull_waiting", "waiting-critical", "Waiting Pulls", info.num_waiting);
    check.counted(matches, "pending", "unprocessed-critical", "Unprocessed Messages", info.num_pending);
    check.counted(matches, "redelivered", "redelivery-critical", "Redelivered", info.num_redelivered);
    let times = [
        ("last_delivery", "last-delivery-critical", "Last delivery", "No deliveries", info.delivered.last_active),
        ("last_ack", "last-ack-critical", "Last ack", "No acks", info.ack_floor.last_active),
    ];
    for (figure, flag, label, never, at) in times {
        let limit = matches.duration(flag);
        let age = at.map(|at| context.now().since(at));
        if let Some(age) = age {
            check.limited(figure, age.as_secs_f64(), "s", 0.0, matches.seconds(flag));
        }
        match (age, at) {
            _ if limit.is_zero() => {}
            (Some(age), _) if age >= limit => check.say(2, format!("{label} {} ago", format_go_duration(age))),
            (Some(_), Some(at)) => check.say(0, format!("{label} {}", text::go_time(at))),
            _ => check.say(2, never),
        }
    }
    pinned(&info, matches, check);
}

fn pinned(info: &ConsumerInfo, matches: &Matches, check: &mut Check) {
    let groups = info.config.priority_groups.as_ref().map_or(0, Vec::len);
    let pinned = info.priority_groups.iter().filter(|group| !group.pinned_client_id.is_empty()).count();
    let has_pins = info.config.priority_policy == PriorityPolicy::PinnedClient;
    if has_pins {
        check.figure("pinned_groups", pinned as f64, "");
        check.figure("groups", groups as f64, "");
    }
    if !matches.flag("pinned") {
        return;
    }
    match has_pins && groups > 0 && !info.priority_groups.is_empty() {
        false => check.say(2, "Not pinned client priority mode"),
        true if pinned < groups => check.say(2, format!("{pinned} / {groups} pinned clients")),
        true => check.say(0, format!("{pinned} pinned clients")),
    }
}

async fn message(context: &Context, js: &JetStream, matches: &Matches, check: &mut Check) -> Outcome {
    let (stream, subject) = (matches.text("stream"), matches.text("subject"));
    if subject.is_empty() || subject.split('.').any(|token| ["", "*", ">"].contains(&token)) {
        check.say(2, format!("Check failed: invalid subject {subject:?}"));
        return Ok(());
    }
    let found = match js.last_message(stream, subject).await {
        Ok(found) => found,
        Err(error) => {
            let is_missing = matches!(&error, Error::Api(it) if it.err_code == ErrorCode::NO_MESSAGE_FOUND.0);
            check.say(2, if is_missing { "no message found".to_owned() } else { format!("msg load failed: {error}") });
            return Ok(());
        }
    };
    let found = crate::client::jetstream::StreamMessage::from_stored(stream, found)?;
    let at = match matches.flag("body-timestamp") {
        true => match body_time(&found.payload) {
            Ok(at) => at,
            Err(problem) => {
                check.say(2, format!("invalid timestamp body: {problem}"));
                return Ok(());
            }
        },
        false => found.time.unwrap_or(Timestamp(0)),
    };
    let age = Duration::from_millis((context.now().since(at).as_micros() as u64 + 500) / 1000);
    let (warn, critical) = (matches.duration("age-warn"), matches.duration("age-critical"));
    check.limited("age", age.as_secs_f64(), "s", matches.seconds("age-warn"), matches.seconds("age-critical"));
    check.figure("size", found.payload.len() as f64, "B");
    let level = Check::level(&age, &warn, &critical, &Duration::ZERO);
    if level > 0 {
        check.say(level, format!("{} old", format_go_duration(age)));
    }
    if matches.is_set("content") {
        let pattern = super::pattern::Pattern::parsed(matches.text("content")).map_err(Failure::new)?;
        if !pattern.is_match(&String::from_utf8_lossy(&found.payload)) {
            check.say(2, format!("does not match regex: {}", matches.text("content")));
        }
    }
    if check.sentences[1].is_empty() && check.sentences[2].is_empty() {
        check.say(0, format!("Valid message on {stream} > {subject}"));
    }
    Ok(())
}

/// Errors: Go's sentence for a number that is none.
fn body_time(body: &[u8]) -> Result<Timestamp, String> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let what = |problem: &str| format!("strconv.ParseInt: parsing {text:?}: {problem}");
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(what("invalid syntax"));
    }
    let seconds: i64 = text.parse().map_err(|_| what("value out of range"))?;
    Ok(Timestamp(seconds.saturating_mul(1_000_000_000)))
}

async fn account(js: &JetStream, matches: &Matches, check: &mut Check) {
    let info = match js.account_info().await {
        Ok(info) => info,
        Err(Error::NoResponders) => {
            check.say(2, "JetStream not available: nats: jetstream not enabled".to_owned());
            return check.say(2, "JetStream not available: invalid account status".to_owned());
        }
        Err(error) => return check.say(2, format!("JetStream not available: {error}")),
    };
    let percent = |used: u64, most: i64| if most > 0 { (used as f64 / most as f64 * 100.0) as i64 } else { 0 };
    for (names, flag, used, most) in [
        (["memory", "memory_pct"], "mem", info.memory, info.limits.max_memory),
        (["storage", "storage_pct"], "store", info.storage, info.limits.max_storage),
    ] {
        check.figure(names[0], used as f64, "B");
        check.share(matches, names, flag, percent(used, most));
    }
    for (names, used, most) in [
        (["streams", "streams_pct"], info.streams, info.limits.max_streams),
        (["consumers", "consumers_pct"], info.consumers, info.limits.max_consumers),
    ] {
        check.figure(names[0], used as f64, "");
        check.share(matches, names, names[0], percent(used, most));
    }
    if matches.flag("replicas") {
        // With one server each stream has its only replica.
        check.figure("replicas_ok", info.streams as f64, "");
        check.figure("replicas_no_leader", 0.0, "");
        check.figure("replicas_missing_replicas", 0.0, "");
        let lag = matches.uint("replica-lag-critical");
        check.limited("replicas_lagged", 0.0, "", 0.0, lag as f64);
        check.explain(format!("Streams with > {lag} lagged replicas"));
        let flag = "replica-seen-critical";
        check.limited("replicas_not_seen", 0.0, "s", 0.0, matches.seconds(flag));
        let seen = go_duration(Nanos(matches.nanos(flag)));
        check.explain(format!("Streams with replicas seen > {seen} ago"));
        check.figure("replicas_fail", 0.0, "");
    }
}

async fn bucket(js: &JetStream, matches: &Matches, check: &mut Check) {
    let (bucket, key) = (matches.text("bucket"), matches.text("key"));
    check.name = bucket.to_owned();
    if let Err(error) = BucketConfig::new(bucket).stream_config() {
        return check.say(2, format!("could not load bucket: {error}"));
    }
    let (bucket, info) = match js.bucket(bucket).await {
        Ok(found) => match found.status().await {
            Ok(status) => (found, status.stream),
            Err(error) => return check.say(2, format!("could not obtain bucket status: {error}")),
        },
        Err(error @ kv::Error::NoBucket) => return check.say(2, format!("could not load bucket: {error}")),
        Err(_) => return check.say(2, format!("bucket {bucket} not found")),
    };
    check.say(0, format!("bucket {}", bucket.name()));
    let values = info.state.messages as i64;
    let [warn, critical] = [matches.int("values-warn"), matches.int("values-critical")];
    check.limited("values", values as f64, "", warn.max(0) as f64, critical.max(0) as f64);
    if !key.is_empty() {
        match bucket.get(key).await {
            Ok(_) => check.say(0, format!("key {key} found")),
            Err(kv::Error::KeyNotFound) => check.say(2, format!("key {key} not found")),
            Err(error) => check.say(2, format!("key {key} not loaded: {error}")),
        }
    }
    if warn >= 0 || critical >= 0 {
        // Few values are worse than many when failing begins below warning.
        let level = match critical < warn {
            true if critical > -1 && values <= critical => 2,
            true => usize::from(values <= warn),
            false => Check::level(&values, &warn, &critical, &-1),
        };
        check.say(level, format!("{values} values"));
    }
    check.figure("bytes", info.state.bytes as f64, "B");
    check.figure("replicas", info.config.num_replicas as f64, "");
}
