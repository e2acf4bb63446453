//! `nats bench`: how fast messages go through, by this terminal's clock.
//!
//! What is measured is the server one is connected to, over the one connection of the terminal; in a page both live on
//! the page's clock, so the figures say something about this playground and nothing about a server of one's own. Rows of
//! `forms` say what each form is called and what its banner lists; `plan` reads the command line, `prepare` makes what is
//! needed, `client` and the files named after what they do are one client at work, `report` shows the figures.
//! Source: natscli reference, "bench".

mod banner;
mod bars;
mod client;
mod fast;
mod forms;
mod latencies;
mod plan;
mod prepare;
mod publish;
mod read;
mod receive;
mod report;

use super::connection::{self, Problem};
use super::grammar::{Argument, Command, Flag, Kind, joined};
use super::report::text;
use super::{Context, Failure, Matches, Outcome, crashed};
use crate::client::jetstream::JetStream;
use bars::Bars;
use client::{Client, Sample};
use forms::{FORMS, Form, Work};
use futures::StreamExt;
use futures::future::{Either, LocalBoxFuture, select};
use futures::stream::FuturesUnordered;
use plan::Plan;
use std::cell::Cell;
use std::pin::pin;

pub static COMMAND: Command = Command::new("bench", "Measures how fast messages go through")
    .subcommands(&[&PUB, &SUB, &SERVICE, &JS, &BUCKET, &OLD_JS]);

/// The same with the clients before the current ones; they are not here.
static OLD_JS: Command = super::reference::absent("oldjs", "Measures former clients; not in the playground").hidden();

const SUBJECT: Argument = Argument::required("subject", "Subject to use");
const MSGS: Flag = Flag::int64("msgs", "How many messages").default("100000");
const SIZE: Flag = Flag::text("size", "Size of a message").default("128B").placeholder("\"128B\"");
const CLIENTS: Flag = Flag::int("clients", "How many share the work").default("1");
const PROGRESS: Flag = Flag::switch("progress", "Shows how far it is").default("true");
const CSV: Flag = Flag::text("csv", "Saves the figures in this file");
const SLEEP: Flag = Flag::duration("sleep", "Waits after each message").placeholder("DURATION");
const DURATION: Flag = Flag::duration("duration", "Publishes for about so long instead of --msgs; needs --throughput");
const THROUGHPUT: Flag = Flag::int("throughput", "Messages a second of all clients together, at most");
const PAYLOAD: Flag = Flag::new("payload", Kind::File, "File that is the body of each message");
const HEADER: Flag = Flag::text("header", "Adds a header to each message").short('H').repeats();
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
const MAX_BYTES: Flag = Flag::text("maxbytes", "Limit of what is created").default("1GB").placeholder("\"1GB\"");
const DEDUP: Flag = Flag::bool("dedup", "Gives each message an id");
const WINDOW: Flag = Flag::duration("dedupwindow", "Duplicate window of a new stream").default("2m");
const PERSIST_ASYNC: Flag = Flag::bool("persistasync", "A new stream stores behind the acknowledgements");
const OUTSTANDING: Flag =
    Flag::new("max-outstanding-acks", Kind::UintOf(16), "Acknowledgements that may be missing before it waits")
        .default("1");
const BUCKET_NAME: Flag = Flag::text("bucket", "Name of the bucket").default("benchbucket");
const HISTORY: Flag = Flag::new("history", Kind::UintOf(8), "Values a new bucket keeps of each key").default("1");
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

fn run(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let path: Vec<&str> = matches.path[2..].iter().map(|command| command.name).collect();
        let Some(form) = FORMS.iter().find(|form| form.path == path) else { return Err("no such benchmark".into()) };
        let plan = Plan::read(&context, &matches, form.work)?;
        let bars = matches.flag("progress").then(|| Bars::new(context.console.columns()));
        Bench { context: &context, matches: &matches, form, plan, bars, was_short: Cell::new(false) }.run().await
    })
}

struct Bench<'a> {
    context: &'a Context,
    matches: &'a Matches,
    form: &'static Form,
    plan: Plan,
    /// Not with `--no-progress`.
    bars: Option<Bars>,
    /// A batch had fewer messages than were asked for.
    was_short: Cell<bool>,
}

impl Bench<'_> {
    fn jetstream(&self) -> JetStream {
        self.context.client.jetstream().with_timeout(self.matches.timeout())
    }

    async fn run(&self) -> Outcome {
        connection::url(self.context, self.matches)?;
        let unreached = connection::connected(self.context, self.matches).err();
        if let Some(problem @ Problem::Ours(_)) = &unreached {
            return Err(Failure::new(problem.to_string()));
        }
        self.context.log(&format!("Starting {} benchmark [{}]", self.form.label, self.banner()));
        if self.plan.clients_told < 0 {
            return Err(crashed(self.context, "there is no negative number of clients"));
        }
        if let Some(problem) = unreached {
            let before = if matches!(problem, Problem::Connection(_)) { self.form.work.lost() } else { "" };
            return Err(Failure::new(format!("{before}{problem}")));
        }
        self.prepare().await?;
        let clients: Vec<Client<'_>> = (0..self.plan.clients).map(|index| Client::new(self, index)).collect();
        for client in &clients {
            self.introduce(client);
        }
        let samples = self.judge(self.work(clients).await?)?;
        if let Some(bars) = &self.bars {
            bars.draw(self.context);
        }
        self.report(&samples);
        Ok(())
    }

    fn introduce(&self, client: &Client<'_>) {
        let told = match self.form.work {
            Work::Serve => "hit control-c to stop".to_owned(),
            _ => format!("{} {} messages", self.form.verb, text::count(client.count)),
        };
        self.context.log(&format!("[{}] Starting {}, {told}", client.index + 1, self.form.label));
        if let (Some(bars), false) = (&self.bars, self.form.work == Work::Serve) {
            bars.add(self.form.doing, client.count);
        }
    }

    /// What came of each client, in the order in which they ended.
    ///
    /// Errors: one said everything already, and the others need not go on.
    async fn work(&self, clients: Vec<Client<'_>>) -> Result<Vec<Result<Sample, Failure>>, Failure> {
        let working = async {
            let mut working: FuturesUnordered<_> = clients.into_iter().map(Client::run).collect();
            let mut ended = Vec::new();
            while let Some(result) = working.next().await {
                if let Err(Failure::Exit(code)) = result {
                    return Err(Failure::Exit(code));
                }
                ended.push(result);
            }
            Ok(ended)
        };
        let Some(bars) = &self.bars else { return working.await };
        // Who is done at once has nothing to show on the way.
        match select(pin!(working), self.context.timers.sleep(bars::FIRST_DRAWN)).await {
            Either::Left((ended, _)) => ended,
            Either::Right(((), working)) => {
                bars.draw(self.context);
                working.await
            }
        }
    }

    /// The samples, if every client has one.
    fn judge(&self, ended: Vec<Result<Sample, Failure>>) -> Result<Vec<Sample>, Failure> {
        let what = if self.form.work.publishes_to_stream() { "Fatal error" } else { "Error" };
        let mut samples = Vec::new();
        let mut first = None;
        // They are numbered as they ended, and from 0 on, as in the original.
        for (number, result) in ended.into_iter().enumerate() {
            match result {
                Ok(sample) => samples.push(sample),
                Err(Failure::Message(problem)) => {
                    self.context.log(&format!("{what} from client {number}: {problem}"));
                    first = first.or(Some(Failure::Message(problem)));
                }
                Err(exit) => return Err(exit),
            }
        }
        first.map_or(Ok(samples), Err)
    }

    fn creates_stream(&self) -> bool {
        self.matches.knows("create") && self.matches.flag("create")
    }
}
