//! `nats bench`: how fast messages go through, by this terminal's clock.
//!
//! What is measured is the server one is connected to, over the one connection of the terminal; in a page both live on
//! the page's clock, so the figures say something about this playground and nothing about a server of one's own. Rows of
//! [`FORMS`] say what each form is called and what its banner lists; what one client does is in `client`, how figures are
//! shown in `report`. Source: natscli reference, "bench".

mod client;
mod fast;
mod prepare;
mod report;

use super::grammar::{Argument, Command, Flag, Kind, joined};
use super::report::text;
use super::{Context, Failure, Matches, Outcome};
use crate::client::jetstream::JetStream;
use crate::sorted;
use crate::time::{Timestamp, format_go_duration};
use futures::future::{LocalBoxFuture, try_join_all};
use std::time::Duration;

pub static COMMAND: Command =
    Command::new("bench", "Measures how fast messages go through").subcommands(&[&PUB, &SUB, &SERVICE, &JS, &BUCKET]);

const SUBJECT: Argument = Argument::required("subject", "Subject to use");
const MSGS: Flag = Flag::int64("msgs", "How many messages").default("100000");
const SIZE: Flag =
    Flag::new("size", Kind::Size("message size"), "Size of a message").default("128B").placeholder("\"128B\"");
const CLIENTS: Flag = Flag::int("clients", "How many share the work").default("1");
const PROGRESS: Flag = Flag::switch("progress", "Shows how far it is").default("true");
const CSV: Flag = Flag::text("csv", "Saves the figures in this file");
const SLEEP: Flag = Flag::duration("sleep", "Waits after each message").placeholder("DURATION");
const DURATION: Flag = Flag::duration("duration", "Ends after so long, whatever --msgs says; needs --throughput");
const THROUGHPUT: Flag = Flag::int("throughput", "Messages a second of all clients together, at most");
const PAYLOAD: Flag = Flag::new("payload", Kind::File, "File that is the body of each message");
const HEADER: Flag = Flag::header("Adds a header to each message").placeholder("HEADER");
const MULTI: Flag =
    Flag::bool("multisubject", "Uses a subject of its own for each message, numbered behind the subject");
const MULTI_MAX: Flag = Flag::int("multisubjectmax", "How many such subjects, 0 for no limit").default("100000");
const MULTI_RANDOM: Flag = Flag::bool("multisubjectrandomize", "Takes them at random");
const STREAM: Flag = Flag::text("stream", "Name of the stream").default("benchstream");
const PURGE: Flag = Flag::bool("purge", "Empties it first");
const CONSUMER: Flag = Flag::text("consumer", "Name of the durable consumer").default("nats-bench");
const ACKS: Flag =
    Flag::choice("acks", &["explicit", "none", "all"], "How messages are acknowledged").default("explicit");
const DOUBLE: Flag = Flag::switch("doubleack", "Waits until acknowledgements have arrived");
const FILTER: Flag = Flag::text("filter", "Only messages of these subjects").repeats().placeholder("SUBJECTS");
const ONE_FILTER: Flag = Flag::text("filter", "Only messages of these subjects").default(">");
const BATCH: Flag = Flag::int("batch", "Messages at once").default("500");
const CREATE: Flag = Flag::bool("create", "Creates the stream");
const STORAGE: Flag = Flag::choice("storage", &["memory", "file"], "Storage of what is created").default("file");
const REPLICAS: Flag = Flag::int("replicas", "On how many servers what is created is kept").default("1");
const MAX_BYTES: Flag = Flag::new("maxbytes", Kind::Size("max stream/bucket size"), "Limit of what is created")
    .default("1GB")
    .placeholder("\"1GB\"");
const DEDUP: Flag = Flag::bool("dedup", "Gives each message an id");
const WINDOW: Flag = Flag::duration("dedupwindow", "Duplicate window of a new stream").default("2m");
const PERSIST_ASYNC: Flag = Flag::bool("persistasync", "A new stream stores behind the acknowledgements");
const OUTSTANDING: Flag =
    Flag::int("max-outstanding-acks", "Acknowledgements that may be missing before it waits").default("1");
const BUCKET_NAME: Flag = Flag::text("bucket", "Name of the bucket").default("benchbucket");
const HISTORY: Flag = Flag::uint("history", "Values a new bucket keeps of each key").default("1");
const RANDOMIZE: Flag =
    Flag::int("randomize", "Takes keys at random from so many; one after the other with 0").default("0");

/// What every form has.
const COMMON: &[Flag] = &[CLIENTS, MSGS, PROGRESS, CSV, SIZE];
const PACE: &[Flag] = &[THROUGHPUT, DURATION];
const CONTENT: &[Flag] = &[PAYLOAD, HEADER];
const MULTIS: &[Flag] = &[MULTI, MULTI_MAX, MULTI_RANDOM];
const CREATING: &[Flag] = &[CREATE, STORAGE, REPLICAS, MAX_BYTES, DEDUP, WINDOW, PURGE, PERSIST_ASYNC];
const STORING: &[Flag] = &joined::<15>(&[MULTIS, CONTENT, CREATING, PACE]);
const BATCHED: &[Flag] = &joined::<16>(&[&[BATCH], STORING]);
const FAST_BATCHED: &[Flag] = &joined::<17>(&[&[BATCH, OUTSTANDING], STORING]);
const DURABLE: &[Flag] = &[CONSUMER, BATCH, ACKS, DOUBLE, FILTER, PURGE];
const PUTTING: &[Flag] = &[STORAGE, REPLICAS, MAX_BYTES, HISTORY, PURGE, RANDOMIZE, THROUGHPUT, DURATION];

static PUB: Command = Command::new("pub", "Publishes")
    .arguments(&[SUBJECT])
    .flags(&joined::<13>(&[&[SLEEP], COMMON, MULTIS, CONTENT, PACE]))
    .handler(run);
static SUB: Command =
    Command::new("sub", "Receives").arguments(&[SUBJECT]).flags(&joined::<6>(&[&[MULTI], COMMON])).handler(run);
static SERVICE: Command = Command::new("service", "Measures requests and answers")
    .flags(&joined::<6>(&[&[SLEEP], COMMON]))
    .subcommands(&[&SERVICE_REQUEST, &SERVICE_SERVE]);
static SERVICE_REQUEST: Command = Command::new("request", "Asks and waits for each answer")
    .arguments(&[SUBJECT])
    .flags(&[PAYLOAD, HEADER, THROUGHPUT, DURATION])
    .handler(run);
static SERVICE_SERVE: Command =
    Command::new("serve", "Answers requests until it is interrupted").arguments(&[SUBJECT]).handler(run);
static JS: Command = Command::new("js", "Measures JetStream")
    .flags(&joined::<7>(&[COMMON, &[STREAM, SLEEP]]))
    .subcommands(&[&JS_PUB, &ORDERED, &CONSUME, &FETCH, &JS_GET]);
static JS_PUB: Command = Command::new("pub", "Publishes to a stream").subcommands(&[&SYNC, &ASYNC, &ATOMIC, &FAST]);
static SYNC: Command = Command::new("sync", "Publishes and waits for each acknowledgement")
    .arguments(&[SUBJECT])
    .flags(STORING)
    .handler(run);
static ASYNC: Command =
    Command::new("async", "Publishes ahead of acknowledgements").arguments(&[SUBJECT]).flags(BATCHED).handler(run);
static ATOMIC: Command = Command::new("atomic", "Publishes batches that are stored all or not at all")
    .aliases(&["batch"])
    .arguments(&[SUBJECT])
    .flags(BATCHED)
    .handler(run);
static FAST: Command =
    Command::new("fast", "Publishes fast batches").arguments(&[SUBJECT]).flags(FAST_BATCHED).handler(run);
static ORDERED: Command =
    Command::new("ordered", "Receives with an ordered consumer").flags(&[BATCH, PURGE, FILTER]).handler(run);
static CONSUME: Command =
    Command::new("consume", "Receives with a durable consumer, pulling ahead").flags(DURABLE).handler(run);
static FETCH: Command =
    Command::new("fetch", "Receives with a durable consumer, batch by batch").flags(DURABLE).handler(run);
static JS_GET: Command = Command::new("get", "Reads messages without a consumer").subcommands(&[&GET_SYNC, &GET_BATCH]);
static GET_SYNC: Command = Command::new("sync", "Reads one message after the other").handler(run);
static GET_BATCH: Command =
    Command::new("batch", "Reads many messages with each request").flags(&[BATCH, ONE_FILTER]).handler(run);
static BUCKET: Command = Command::new("kv", "Measures a bucket")
    .flags(&joined::<7>(&[COMMON, &[BUCKET_NAME, SLEEP]]))
    .subcommands(&[&KV_PUT, &KV_GET]);
static KV_PUT: Command = Command::new("put", "Sets keys").flags(PUTTING).handler(run);
static KV_GET: Command = Command::new("get", "Reads keys").flags(&[RANDOMIZE]).handler(run);

/// A form: the words of its command, what it is called, what each client is said to do, and what its banner lists
/// besides `clients`, `msg-size`, `msgs`.
struct Form {
    path: &'static [&'static str],
    work: Work,
    label: &'static str,
    verb: &'static str,
    listed: &'static [&'static str],
}

/// What a client does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Publish,
    Subscribe,
    Request,
    Serve,
    PublishSync,
    PublishAsync,
    PublishAtomic,
    PublishFast,
    Ordered,
    Consume,
    Fetch,
    GetSync,
    GetBatch,
    KvPut,
    KvGet,
}

const fn form(
    path: &'static [&'static str],
    work: Work,
    label: &'static str,
    verb: &'static str,
    listed: &'static [&'static str],
) -> Form {
    Form { path, work, label, verb, listed }
}

const PUBLISHER: &[&str] = &["multi-subject", "multi-subject-max", "multi-subject-randomize", "sleep", "subject"];
const JS_PUBLISHER: &[&str] =
    &["batch", "multi-subject", "multi-subject-max", "multi-subject-randomize", "purge", "sleep", "stream", "subject"];
const RECEIVER: &[&str] = &["acks", "batch", "consumer", "double-acked", "purge", "sleep", "stream"];
/// What making the stream adds.
const CREATED: &[&str] = &["dedup-window", "deduplication", "max-bytes", "replicas", "storage"];

const FORMS: &[Form] = &[
    form(&["pub"], Work::Publish, "Core NATS publisher", "publishing", PUBLISHER),
    form(&["sub"], Work::Subscribe, "Core NATS subscriber", "expecting", &["multi-subject", "subject"]),
    form(&["service", "request"], Work::Request, "Core NATS service requester", "requesting", &["sleep", "subject"]),
    form(&["service", "serve"], Work::Serve, "Core NATS service server", "expecting", &["sleep", "subject"]),
    form(&["js", "pub", "sync"], Work::PublishSync, "JetStream synchronous publisher", "publishing", JS_PUBLISHER),
    form(&["js", "pub", "async"], Work::PublishAsync, "JetStream asynchronous publisher", "publishing", JS_PUBLISHER),
    form(&["js", "pub", "atomic"], Work::PublishAtomic, "JetStream atomic batch publisher", "publishing", JS_PUBLISHER),
    form(&["js", "pub", "fast"], Work::PublishFast, "JetStream fast batch publisher", "publishing", JS_PUBLISHER),
    form(
        &["js", "ordered"],
        Work::Ordered,
        "JetStream ordered ephemeral consumer",
        "expecting",
        &["purge", "sleep", "stream"],
    ),
    form(&["js", "consume"], Work::Consume, "JetStream durable consumer (callback)", "expecting", RECEIVER),
    form(&["js", "fetch"], Work::Fetch, "JetStream durable consumer (fetch)", "expecting", RECEIVER),
    form(&["js", "get", "sync"], Work::GetSync, "JetStream synchronous getter", "expecting", &["sleep", "stream"]),
    form(
        &["js", "get", "batch"],
        Work::GetBatch,
        "JetStream batched direct getter",
        "expecting",
        &["batch", "filter", "sleep", "stream"],
    ),
    form(&["kv", "put"], Work::KvPut, "JetStream KV putter", "publishing", &["bucket", "purge", "sleep"]),
    form(&["kv", "get"], Work::KvGet, "JetStream KV getter", "trying to get", &["bucket", "randomize", "sleep"]),
];

const MOST_CLIENTS: u64 = 100;

fn run(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let path: Vec<&str> = matches.path[2..].iter().map(|command| command.name).collect();
        let Some(form) = FORMS.iter().find(|form| form.path == path) else { return Err("no such benchmark".into()) };
        let body = match matches.knows("payload").then(|| matches.text("payload")).filter(|file| !file.is_empty()) {
            Some(file) => context.read_file(file).unwrap_or_default(),
            None => vec![0; usize::try_from(matches.bytes("size")).unwrap_or(0)],
        };
        let span = if matches.knows("duration") { matches.duration("duration") } else { Duration::ZERO };
        let until = (!span.is_zero()).then(|| context.now() + span);
        Bench { context: &context, matches: &matches, form, body, until }.run().await
    })
}

struct Bench<'a> {
    context: &'a Context,
    matches: &'a Matches,
    form: &'static Form,
    body: Vec<u8>,
    /// When `--duration` ends it.
    until: Option<Timestamp>,
}

impl Bench<'_> {
    fn jetstream(&self) -> JetStream {
        self.context.client.jetstream().with_timeout(self.matches.timeout())
    }

    async fn run(&self) -> Outcome {
        let (messages, clients) = (self.matches.uint("msgs"), self.matches.uint("clients"));
        if messages == 0 {
            return Err("number of messages should be greater than 0".into());
        }
        if clients == 0 || clients > MOST_CLIENTS || clients > messages {
            return Err(format!("{clients} clients cannot share {messages} messages here").into());
        }
        self.context.log(&format!("Starting {} benchmark [{}]", self.form.label, self.banner()));
        self.prepare().await?;
        let share = |client: u64| messages / clients + u64::from(client < messages % clients);
        let mut work: Vec<LocalBoxFuture<'_, Result<client::Sample, Failure>>> = Vec::new();
        for client in 0..clients {
            let (verb, count) = (self.form.verb, text::count(share(client)));
            let told = match self.form.work {
                Work::Serve => "hit control-c to stop".to_owned(),
                _ => format!("{verb} {count} messages"),
            };
            self.context.log(&format!("[{}] Starting {}, {told}", client + 1, self.form.label));
            let first = (0..client).map(share).sum();
            work.push(Box::pin(self.client(first, share(client))));
        }
        let samples = try_join_all(work).await?;
        self.report(&samples);
        self.save(&samples)
    }

    fn banner(&self) -> String {
        let mut names = vec!["clients", "msg-size", "msgs"];
        names.extend(self.form.listed);
        if self.creates_stream() {
            names.extend(CREATED);
        }
        if self.matches.knows("filter") && self.matches.is_set("filter") && !names.contains(&"filter") {
            names.push("filter");
        }
        sorted::all(&mut names);
        names.iter().map(|name| format!("{name}={}", self.value(name))).collect::<Vec<_>>().join(", ")
    }

    fn creates_stream(&self) -> bool {
        self.matches.knows("create") && self.matches.flag("create")
    }

    fn is_multi_subject(&self) -> bool {
        self.matches.knows("multisubject") && self.matches.flag("multisubject")
    }

    fn value(&self, name: &str) -> String {
        match name {
            "clients" | "msgs" => text::count(self.matches.uint(name)),
            "msg-size" => text::bytes(self.body.len() as u64),
            "multi-subject" | "multi-subject-randomize" => self.matches.flag(&name.replace('-', "")).to_string(),
            "multi-subject-max" => text::count(self.matches.uint("multisubjectmax")),
            "deduplication" => self.matches.flag("dedup").to_string(),
            "replicas" | "history" => self.matches.int(name).to_string(),
            "sleep" => format_go_duration(self.matches.duration("sleep")),
            "dedup-window" => format_go_duration(self.matches.duration("dedupwindow")),
            "max-bytes" => text::signed_count(self.matches.bytes("maxbytes")),
            "batch" if self.form.work == Work::PublishSync => "0".to_owned(),
            "batch" | "randomize" => self.matches.uint(name).to_string(),
            "double-acked" => self.matches.flag("doubleack").to_string(),
            "purge" => self.matches.flag("purge").to_string(),
            "filter" => self.matches.list("filter").join(","),
            _ => self.matches.text(name).to_owned(),
        }
    }
}
