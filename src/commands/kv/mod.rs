//! `nats kv`: buckets of values by key.
//!
//! [`COMMAND`] is the way in. What a bucket is belongs to the client; here are only its words, screens and questions.
//! Source: natscli 0.4 `cli/kv_command.go` as recorded; ADR-8.

mod bucket;
mod information;
mod value;

use super::grammar::{Argument, Command, Flag, Kind};
use super::{Context, Failure, Matches};
use crate::client::jetstream::JetStream;
use crate::client::kv;

pub static COMMAND: Command = Command::new("kv", "Stores values by key").subcommands(&[
    &ADD, &EDIT, &PUT, &GET, &CREATE, &UPDATE, &DEL, &PURGE, &HISTORY, &REVERT, &INFO, &WATCH, &LS, &COMPACT,
]);

const BUCKET: Argument = Argument::required("bucket", "Name of the bucket");
const KEY: Argument = Argument::required("key", "Key of the value");
const FORCE: Flag = Flag::bool("force", "Acts without asking").short('f');

const HISTORY_KEPT: Flag =
    Flag::new("history", Kind::Within(1, 64), "How many values of each key are kept").default("1");
const TTL: Flag = Flag::duration("ttl", "How long values are kept").placeholder("DURATION");
const MARKER_TTL: Flag =
    Flag::duration("marker-ttl", "Lets values have their own life, and tells of their end so long")
        .placeholder("DURATION");
const REPLICAS: Flag = Flag::uint("replicas", "On how many servers values are kept").default("1");
const MAX_VALUE_SIZE: Flag = Flag::bytes("max-value-size", "Size of one value").placeholder("BYTES");
const MAX_BUCKET_SIZE: Flag =
    Flag::new("max-bucket-size", Kind::Bytes(64), "Size of all values together").placeholder("BYTES");
const DESCRIPTION: Flag = Flag::text("description", "What the bucket is for");
const STORAGE: Flag = Flag::choice("storage", &["file", "f", "memory", "m"], "Where values are kept");
const COMPRESS: Flag = Flag::switch("compress", "Compresses what is stored");
const TAGS: Flag = Flag::text("tags", "Servers with this tag only").repeats().placeholder("TAGS");
const CLUSTER: Flag = Flag::text("cluster", "Servers of this cluster only");
const METADATA: Flag = Flag::new("metadata", Kind::Map, "Notes kept with the bucket").repeats().placeholder("META");
const REPUBLISH_SOURCE: Flag = Flag::text("republish-source", "Subjects to publish again").placeholder("SRC");
const REPUBLISH_DESTINATION: Flag =
    Flag::text("republish-destination", "Subject to publish them to").placeholder("DEST");
const REPUBLISH_HEADERS: Flag = Flag::bool("republish-headers", "Publishes headers only");
const MIRROR: Flag = Flag::text("mirror", "Bucket to copy completely");
const SOURCE: Flag = Flag::text("source", "Bucket to copy values from").repeats().placeholder("BUCKET");

static ADD: Command = Command::new("add", "Creates a bucket")
    .aliases(&["new"])
    .arguments(&[BUCKET])
    .flags(&[
        DESCRIPTION,
        HISTORY_KEPT,
        STORAGE,
        TTL,
        MARKER_TTL,
        REPLICAS,
        MAX_VALUE_SIZE,
        MAX_BUCKET_SIZE,
        TAGS,
        CLUSTER,
        COMPRESS,
        METADATA,
        REPUBLISH_SOURCE,
        REPUBLISH_DESTINATION,
        REPUBLISH_HEADERS,
        MIRROR,
        Flag::text("mirror-domain", "JetStream domain of the bucket to copy"),
        SOURCE,
    ])
    .handler(|context, matches| Box::pin(bucket::add(context, matches)));

static EDIT: Command = Command::new("edit", "Changes the configuration of a bucket")
    .arguments(&[BUCKET])
    .flags(&[
        DESCRIPTION,
        HISTORY_KEPT,
        TTL,
        MARKER_TTL,
        REPLICAS,
        MAX_VALUE_SIZE,
        MAX_BUCKET_SIZE,
        TAGS,
        CLUSTER,
        COMPRESS,
        METADATA,
        REPUBLISH_SOURCE,
        REPUBLISH_DESTINATION,
        REPUBLISH_HEADERS,
        Flag::switch("no-mirror", "Turns a mirror into an ordinary bucket"),
        SOURCE,
    ])
    .handler(|context, matches| Box::pin(bucket::edit(context, matches)));

static PUT: Command = Command::new("put", "Sets a value")
    .arguments(&[BUCKET, KEY, Argument::optional("value", "The value; standard input when empty")])
    .handler(|context, matches| Box::pin(value::put(context, matches)));

static GET: Command = Command::new("get", "Shows a value")
    .arguments(&[BUCKET, KEY])
    .flags(&[
        Flag::uint("revision", "The value as it was at this revision"),
        Flag::bool("raw", "Prints the value only"),
    ])
    .handler(|context, matches| Box::pin(value::get(context, matches)));

static CREATE: Command = Command::new("create", "Sets a value where there is none")
    .arguments(&[BUCKET, KEY, Argument::optional("value", "The value; standard input when empty")])
    .flags(&[Flag::duration("ttl", "How long the value is kept").placeholder("DURATION")])
    .handler(|context, matches| Box::pin(value::create(context, matches)));

static UPDATE: Command = Command::new("update", "Sets a value if nobody else did meanwhile")
    .arguments(&[
        BUCKET,
        KEY,
        Argument::required("value", "The value; standard input when empty"),
        Argument::required("revision", "The revision it replaces").kind(Kind::Uint),
    ])
    .handler(|context, matches| Box::pin(value::update(context, matches)));

static DEL: Command = Command::new("del", "Deletes a key or a bucket")
    .aliases(&["rm"])
    .arguments(&[BUCKET, Argument::optional("key", "Key to delete; the whole bucket without one")])
    .flags(&[FORCE])
    .handler(|context, matches| Box::pin(value::del(context, matches)));

static PURGE: Command = Command::new("purge", "Deletes a key with its history")
    .arguments(&[BUCKET, KEY])
    .flags(&[FORCE, Flag::duration("ttl", "How long the marker of the deletion is kept").placeholder("DURATION")])
    .handler(|context, matches| Box::pin(value::purge(context, matches)));

static HISTORY: Command = Command::new("history", "Shows the kept values of a key")
    .arguments(&[BUCKET, KEY])
    .handler(|context, matches| Box::pin(value::history(context, matches)));

static REVERT: Command = Command::new("revert", "Sets a value back to an earlier revision")
    .arguments(&[BUCKET, KEY, Argument::required("revision", "The revision to go back to").kind(Kind::Uint)])
    .flags(&[Flag::switch("force", "Acts without asking")])
    .handler(|context, matches| Box::pin(value::revert(context, matches)));

static INFO: Command = Command::new("info", "Shows a bucket")
    .aliases(&["view", "status"])
    .arguments(&[Argument::optional("bucket", "Name of the bucket")])
    .handler(|context, matches| Box::pin(bucket::info(context, matches)));

static WATCH: Command = Command::new("watch", "Shows values as they change")
    .arguments(&[BUCKET, Argument::optional("key", "Only keys that match this").default(">")])
    .flags(&[
        Flag::bool("history", "Begins with all kept values"),
        Flag::switch("deletes", "Shows deletions too").default("true"),
        Flag::bool("updates", "Begins with what comes from now on"),
        Flag::uint("revision", "Begins with this revision"),
    ])
    .handler(|context, matches| Box::pin(value::watch(context, matches)));

static LS: Command = Command::new("ls", "Lists buckets, or the keys of one")
    .aliases(&["list"])
    .arguments(&[
        Argument::optional("bucket", "Name of the bucket"),
        Argument::optional("key", "Only keys that match this").default(">"),
    ])
    .flags(&[
        Flag::bool("names", "Prints names only").short('n'),
        Flag::bool("verbose", "Shows more about each key").short('v'),
        Flag::bool("display-value", "Shows values too, with --verbose"),
    ])
    .handler(|context, matches| Box::pin(bucket::ls(context, matches)));

static COMPACT: Command = Command::new("compact", "Removes what deleted keys left behind")
    .arguments(&[BUCKET])
    .flags(&[FORCE])
    .handler(|context, matches| Box::pin(value::compact(context, matches)));

impl From<kv::Error> for Failure {
    fn from(error: kv::Error) -> Failure {
        Failure::Message(error.to_string())
    }
}

fn jetstream(context: &Context, matches: &Matches) -> JetStream {
    context.client.jetstream().with_timeout(matches.timeout())
}

/// The bucket the line names, else the one picked from a list.
async fn bucket(context: &Context, matches: &Matches) -> Result<kv::Bucket, Failure> {
    let name = match matches.text("bucket") {
        "" => bucket::pick(context, matches).await?,
        name => name.to_owned(),
    };
    Ok(jetstream(context, matches).bucket(&name).await?)
}

/// Asks `question`; true when `--force` or a yes says go on.
async fn is_confirmed(context: &Context, matches: &Matches, question: &str) -> Result<bool, Failure> {
    if matches.flag("force") {
        return Ok(true);
    }
    let answer = context.console.confirm(question, false).await;
    answer.map_err(|reason| Failure::because("could not obtain confirmation", reason))
}
