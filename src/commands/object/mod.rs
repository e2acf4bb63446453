//! `nats object`: buckets of files.
//!
//! [`COMMAND`] is the way in. How a file becomes messages belongs to the client; here are only words, screens and
//! questions. Source: natscli 0.4 `cli/object_command.go` as recorded; ADR-20.

mod bucket;
mod file;
mod information;

use super::grammar::{Argument, Command, Flag, Kind};
use super::{Context, Failure, Matches};
use crate::client::jetstream::JetStream;
use crate::client::object_store::{self, ObjectStore};

pub static COMMAND: Command = Command::new("object", "Stores files")
    .aliases(&["obj"])
    .subcommands(&[&ADD, &EDIT, &PUT, &DEL, &GET, &INFO, &LS, &SEAL, &WATCH]);

const BUCKET: Argument = Argument::required("bucket", "Name of the bucket");
const FORCE: Flag = Flag::bool("force", "Acts without asking").short('f');
const PROGRESS: Flag = Flag::switch("progress", "Shows how far it is").default("true");

const TTL: Flag = Flag::duration("ttl", "How long files are kept");
const REPLICAS: Flag = Flag::uint("replicas", "On how many servers files are kept").default("1");
const MAX_BUCKET_SIZE: Flag = Flag::new("max-bucket-size", Kind::Bytes(64), "Size of all files together");
const DESCRIPTION: Flag = Flag::text("description", "What the bucket is for");
const TAGS: Flag = Flag::text("tags", "Servers with this tag only").repeats().placeholder("TAGS");
const CLUSTER: Flag = Flag::text("cluster", "Servers of this cluster only");
const METADATA: Flag = Flag::new("metadata", Kind::Map, "Notes kept with the bucket").repeats().placeholder("META");
const COMPRESS: Flag = Flag::switch("compress", "Compresses what is stored");

static ADD: Command = Command::new("add", "Creates a bucket")
    .arguments(&[BUCKET])
    .flags(&[
        TTL,
        REPLICAS,
        MAX_BUCKET_SIZE,
        DESCRIPTION,
        Flag::choice("storage", &["file", "f", "memory", "m"], "Where files are kept"),
        TAGS,
        CLUSTER,
        METADATA,
        COMPRESS,
    ])
    .handler(|context, matches| Box::pin(bucket::add(context, matches)));

static EDIT: Command = Command::new("edit", "Changes the configuration of a bucket")
    .arguments(&[BUCKET])
    .flags(&[TTL, REPLICAS, MAX_BUCKET_SIZE, DESCRIPTION, TAGS, CLUSTER, METADATA, COMPRESS])
    .handler(|context, matches| Box::pin(bucket::edit(context, matches)));

static PUT: Command = Command::new("put", "Stores a file")
    .arguments(&[BUCKET, Argument::optional("file", "The file; standard input without one").kind(Kind::File)])
    .flags(&[
        Flag::text("name", "Name to store it under"),
        Flag::text("description", "What the file is"),
        Flag::header("Headers kept with the file"),
        Flag::new("chunk-size", Kind::UintOf(32), "Size of one message in bytes")
            .default("131072")
            .placeholder("CHUNK-SIZE"),
        PROGRESS,
        FORCE,
    ])
    .handler(|context, matches| Box::pin(file::put(context, matches)));

static GET: Command = Command::new("get", "Reads a file")
    .arguments(&[BUCKET, Argument::required("file", "Name of the file")])
    .flags(&[Flag::text("output", "File to write to").short('O'), PROGRESS, FORCE])
    .handler(|context, matches| Box::pin(file::get(context, matches)));

static DEL: Command = Command::new("del", "Deletes a file or a bucket")
    .aliases(&["rm"])
    .arguments(&[BUCKET, Argument::optional("file", "File to delete; the whole bucket without one")])
    .flags(&[FORCE])
    .handler(|context, matches| Box::pin(file::del(context, matches)));

static INFO: Command = Command::new("info", "Shows a bucket or a file")
    .aliases(&["show", "i"])
    .arguments(&[Argument::optional("bucket", "Name of the bucket"), Argument::optional("file", "Name of the file")])
    .handler(|context, matches| Box::pin(bucket::info(context, matches)));

static LS: Command = Command::new("ls", "Lists buckets, or the files of one")
    .arguments(&[Argument::optional("bucket", "Name of the bucket")])
    .flags(&[Flag::bool("names", "Prints names only").short('n')])
    .handler(|context, matches| Box::pin(bucket::ls(context, matches)));

static SEAL: Command = Command::new("seal", "Closes a bucket to any change, for good")
    .arguments(&[BUCKET])
    .flags(&[FORCE])
    .handler(|context, matches| Box::pin(bucket::seal(context, matches)));

static WATCH: Command = Command::new("watch", "Shows files as they change")
    .arguments(&[BUCKET])
    .handler(|context, matches| Box::pin(file::watch(context, matches)));

impl From<object_store::Error> for Failure {
    fn from(error: object_store::Error) -> Failure {
        Failure::Message(error.to_string())
    }
}

fn jetstream(context: &Context, matches: &Matches) -> JetStream {
    context.client.jetstream().with_timeout(matches.timeout())
}

/// The bucket the line names, else the one picked from a list.
async fn store(context: &Context, matches: &Matches) -> Result<ObjectStore, Failure> {
    let name = match matches.text("bucket") {
        "" => bucket::pick(context, matches).await?,
        name => name.to_owned(),
    };
    Ok(jetstream(context, matches).object_store(&name).await?)
}

/// Asks `question`; true when `--force` or a yes says go on.
async fn is_confirmed(context: &Context, matches: &Matches, question: &str) -> Result<bool, Failure> {
    if matches.flag("force") {
        return Ok(true);
    }
    let answer = context.console.confirm(question, false).await;
    answer.map_err(|reason| match matches.command().name {
        "del" => Failure::new(reason.to_string()),
        _ => Failure::because("could not obtain confirmation", reason),
    })
}
