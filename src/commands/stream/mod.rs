//! `nats stream`: what is stored, under which limits, and everything done to it.
//!
//! [`COMMAND`] is the way in. Screens and tables are values of `information` and `listing`; what flags and answers mean is
//! in `configuration`. Source: natscli 0.4 `cli/stream_command.go` as recorded.

mod add;
pub mod backup;
pub mod configuration;
pub mod edit;
mod find;
pub mod flags;
pub mod information;
mod listing;
mod message;
mod show;
mod topology;
mod validation;

use super::grammar::{Argument, Command, Flag, Kind};
use super::pick::{self, Rules};
use super::{Context, Failure, Matches, Outcome, graph};
use crate::api::StreamInfo;
use crate::client::jetstream::JetStream;
use flags::{FORCE, JSON, NO_SELECT};

pub static COMMAND: Command = Command::new("stream", "JetStream stream management")
    .aliases(&["str", "st", "ms", "s"])
    .flags(&[Flag::bool("all", "Also shows streams that other things are made of").short('a')])
    .subcommands(&[
        &ADD, &LS, &REPORT, &FIND, &INFO, &STATE, &SUBJECTS, &EDIT, &RM, &PURGE, &COPY, &RMM, &VIEW, &GET, &BACKUP,
        &RESTORE, &SEAL, &GAPS, &GRAPH, &CLUSTER,
    ]);

const STREAM: Argument = Argument::optional("stream", "Name of the stream");

static ADD: Command = Command::new("add", "Creates a stream")
    .aliases(&["create", "new"])
    .arguments(&[STREAM])
    .flags(flags::ADD)
    .handler(|context, matches| Box::pin(add::add(context, matches)));

static COPY: Command = Command::new("copy", "Creates a stream configured like another")
    .aliases(&["cp"])
    .arguments(&[
        Argument::required("original", "Stream to take the configuration from").label("source"),
        Argument::required("destination", "Name of the new stream"),
    ])
    .flags(flags::COPY)
    .handler(|context, matches| Box::pin(add::copy(context, matches)));

static EDIT: Command = Command::new("edit", "Changes the configuration of a stream")
    .aliases(&["update"])
    .arguments(&[STREAM])
    .flags(flags::EDIT)
    .handler(|context, matches| Box::pin(edit::edit(context, matches)));

static LS: Command = Command::new("ls", "Lists streams")
    .aliases(&["list", "l"])
    .flags(&[
        Flag::text("subject", "Only streams that store this subject"),
        Flag::bool("names", "Prints names only").short('n'),
        JSON,
    ])
    .handler(|context, matches| Box::pin(show::ls(context, matches)));

static REPORT: Command = Command::new("report", "Reports on all streams")
    .flags(&[
        Flag::text("subject", "Only streams that store this subject"),
        Flag::text("cluster", "Only streams in this cluster"),
        Flag::bool("consumers", "Sorts by number of consumers").short('o'),
        Flag::bool("messages", "Sorts by number of messages").short('m'),
        Flag::bool("name", "Sorts by name").short('n'),
        Flag::bool("storage", "Sorts by storage").short('t'),
        Flag::bool("raw", "Prints numbers as they are").short('r'),
        Flag::text("dot", "Saves a graph of what is copied where"),
        Flag::bool("leaders", "Shows cluster leaders").short('l'),
    ])
    .handler(|context, matches| Box::pin(show::report(context, matches)));

static INFO: Command = Command::new("info", "Shows a stream")
    .aliases(&["nfo", "i"])
    .arguments(&[STREAM])
    .flags(&[JSON, Flag::bool("state", "Shows the state only"), NO_SELECT])
    .handler(|context, matches| Box::pin(show::info(context, matches)));

static STATE: Command = Command::new("state", "Shows the state of a stream")
    .arguments(&[STREAM])
    .flags(&[JSON, NO_SELECT])
    .handler(|context, matches| Box::pin(show::state(context, matches)));

static SUBJECTS: Command = Command::new("subjects", "Counts the messages of each subject")
    .aliases(&["subj"])
    .arguments(&[STREAM, Argument::optional("filter", "Only subjects that match this").default(">")])
    .flags(&[
        JSON,
        Flag::choice("sort", &["name", "subjects", "messages", "count"], "What to sort by").default("messages"),
        Flag::bool("reverse", "Turns the order round").short('R'),
        Flag::switch("names", "Prints subjects only"),
    ])
    .handler(|context, matches| Box::pin(show::subjects(context, matches)));

static FIND: Command = Command::new("find", "Finds streams")
    .aliases(&["query"])
    .flags(find::FLAGS)
    .handler(|context, matches| Box::pin(find::find(context, matches)));

static RM: Command = Command::new("rm", "Deletes a stream")
    .aliases(&["delete", "del"])
    .arguments(&[STREAM])
    .flags(&[FORCE])
    .handler(|context, matches| Box::pin(edit::rm(context, matches)));

static SEAL: Command = Command::new("seal", "Closes a stream to any change, for good")
    .arguments(&[Argument::required("stream", "Name of the stream")])
    .flags(&[FORCE])
    .handler(|context, matches| Box::pin(edit::seal(context, matches)));

static PURGE: Command = Command::new("purge", "Removes messages from a stream")
    .arguments(&[STREAM])
    .flags(&[
        JSON,
        FORCE,
        Flag::text("subject", "Only messages of this subject"),
        Flag::uint("seq", "Only messages before this one").placeholder("SEQUENCE"),
        Flag::uint("keep", "All but the last so many").placeholder("MESSAGES"),
    ])
    .handler(|context, matches| Box::pin(message::purge(context, matches)));

static RMM: Command = Command::new("rmm", "Deletes one message")
    .arguments(&[STREAM, Argument::optional("id", "Sequence of the message").kind(Kind::Int64)])
    .flags(&[FORCE])
    .handler(|context, matches| Box::pin(message::remove(context, matches)));

static GET: Command = Command::new("get", "Shows one message")
    .arguments(&[STREAM, Argument::optional("id", "Sequence of the message").kind(Kind::Int64)])
    .flags(&[
        Flag::text("last-for", "The last message of this subject").short('S').placeholder("SUBJECT"),
        JSON,
        Flag::text("translate", "Command to pipe the body through"),
    ])
    .handler(|context, matches| Box::pin(message::get(context, matches)));

static VIEW: Command = Command::new("view", "Shows messages page by page")
    .arguments(&[STREAM, Argument::optional("size", "Messages on a page").kind(Kind::Int).default("10")])
    .flags(&[
        Flag::int("id", "Begins with this message"),
        Flag::duration("since", "Begins so long ago"),
        Flag::bool("raw", "Prints bodies only"),
        Flag::text("translate", "Command to pipe the body through"),
        Flag::text("subject", "Only messages of this subject"),
    ])
    .handler(|context, matches| Box::pin(message::view(context, matches)));

static GAPS: Command = Command::new("gaps", "Finds deleted messages")
    .arguments(&[STREAM])
    .flags(&[FORCE, Flag::switch("progress", "Shows how far it is").default("true"), Flag::bool("json", "Prints JSON")])
    .handler(|context, matches| Box::pin(message::gaps(context, matches)));

static BACKUP: Command = Command::new("backup", "Saves a stream in files")
    .aliases(&["snapshot"])
    .arguments(&[
        Argument::required("stream", "Name of the stream"),
        Argument::required("target", "Directory to save it in"),
    ])
    .flags(&[
        Flag::switch("progress", "Shows how far it is").default("true"),
        Flag::bool("check", "Checks the stream first"),
        Flag::switch("consumers", "Saves its consumers too").default("true"),
        Flag::bytes("chunk-size", "Bytes in each piece that is sent").default("128KB").placeholder("CHUNK-SIZE").late(),
        Flag::bytes("window-size", "Bytes sent ahead of what was received")
            .default("8MB")
            .placeholder("WINDOW-SIZE")
            .late(),
    ])
    .handler(|context, matches| Box::pin(backup::backup(context, matches)));

static RESTORE: Command = Command::new("restore", "Makes a stream from saved files")
    .arguments(&[Argument::required("file", "Directory it was saved in").kind(Kind::Directory)])
    .flags(&[
        Flag::switch("progress", "Shows how far it is").default("true"),
        Flag::new("config", Kind::File, "JSON file to read the configuration from"),
        flags::CLUSTER,
        flags::TAG,
        flags::REPLICAS,
    ])
    .handler(|context, matches| Box::pin(backup::restore(context, matches)));

static CLUSTER: Command = Command::new("cluster", "Manages a clustered stream").aliases(&["c"]).subcommands(&[
    &STEP_DOWN,
    &BALANCE,
    &PEER_REMOVE,
]);

static BALANCE: Command = Command::new("balance", "Spreads the leaders of streams over servers")
    .flags(find::BALANCE_FLAGS)
    .handler(|context, matches| Box::pin(find::balance(context, matches)));

static STEP_DOWN: Command = Command::new("step-down", "Elects another leader")
    .aliases(&["stepdown", "sd", "elect", "down", "d"])
    .arguments(&[STREAM])
    .flags(&[Flag::text("preferred", "Server that should lead"), FORCE])
    .handler(|context, matches| Box::pin(edit::step_down(context, matches)));

static PEER_REMOVE: Command = Command::new("peer-remove", "Removes a server from the stream's group")
    .aliases(&["pr"])
    .arguments(&[STREAM, Argument::optional("peer", "Name of the server")])
    .flags(&[FORCE])
    .handler(|context, matches| Box::pin(edit::remove_peer(context, matches)));

static GRAPH: Command = Command::new("graph", "Draws what happens in a stream")
    .arguments(&[STREAM])
    .handler(|context, matches| Box::pin(draw(context, matches)));

/// Goes on until it is interrupted.
async fn draw(context: Context, matches: Matches) -> Outcome {
    graph::check(&context)?;
    let info = picked(&context, &matches, false).await?;
    graph::stream(&context, &jetstream(&context, &matches), &info.config.name).await
}

fn jetstream(context: &Context, matches: &Matches) -> JetStream {
    context.client.jetstream().with_timeout(matches.timeout())
}

/// The stream the line names, or one picked from the list.
async fn picked(context: &Context, matches: &Matches, must_exist: bool) -> Result<StreamInfo, Failure> {
    let rules = Rules { must_exist, show_all: matches.flag("all") };
    let found = pick::stream(context, &jetstream(context, matches), matches.text("stream"), rules).await;
    found.map_err(|error| Failure::because("could not pick a Stream to operate on", error))
}

/// Asks `question`; true when `--force` or a yes says go on.
async fn is_confirmed(context: &Context, matches: &Matches, question: &str) -> Result<bool, Failure> {
    if matches.flag("force") {
        return Ok(true);
    }
    let answer = context.console.confirm(question, false).await;
    answer.map_err(|reason| Failure::because("could not obtain confirmation", reason))
}

const KEY_VALUE_WARNING: &str = "\
WARNING: Operating on the underlying stream of a Key-Value bucket is dangerous.

Key-Value stores are an abstraction above JetStream streams and as such require particular
configuration to be set. Interacting with KV buckets outside of the 'nats kv' subcommand can lead
unexpected outcomes, data loss and, technically, will mean your KV bucket is no longer a KV bucket.

Continuing this operation is an unsupported action.
";

/// Changing the stream under a bucket is asked about whatever the flags say.
async fn confirm_key_value(context: &Context, stream: &str) -> Result<(), Failure> {
    if !stream.starts_with("KV_") {
        return Ok(());
    }
    context.console.line(KEY_VALUE_WARNING);
    let answer = context.console.confirm("Really operate on the KV stream?", false).await;
    match answer {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::new("aborting Key-Value store operation")),
        Err(reason) => Err(Failure::because("could not obtain confirmation", reason)),
    }
}
