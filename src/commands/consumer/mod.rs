//! `nats consumer`: who reads a stream, how far, and under which conditions.
//!
//! [`COMMAND`] is the way in. Screens and tables are values of `information`; what flags and answers mean is in
//! `configuration`. Source: natscli 0.4 `cli/consumer_command.go` as recorded.

mod configuration;
mod control;
mod edit;
mod flags;
pub mod information;
mod receive;
mod show;

use super::grammar::{Argument, Command, Flag};
use super::pick::{self, Rules};
use super::{Context, Failure, Matches, Outcome, graph};
use crate::api::ConsumerInfo;
use crate::client::jetstream::JetStream;
pub use configuration::even_wait;
use flags::{FORCE, JSON, NO_SELECT};

pub static COMMAND: Command = Command::new("consumer", "JetStream consumer management")
    .aliases(&["con", "obs", "c"])
    .flags(&[Flag::bool("all", "Also lists streams that other things are made of").short('a')])
    .subcommands(&[
        &ADD, &EDIT, &LS, &FIND, &INFO, &STATE, &RM, &RESET, &COPY, &NEXT, &SUB, &GRAPH, &PAUSE, &UNPIN, &RESUME,
        &REPORT, &CLUSTER,
    ]);

const STREAM: Argument = Argument::optional("stream", "Name of the stream");
const CONSUMER: Argument = Argument::optional("consumer", "Name of the consumer");

static ADD: Command = Command::new("add", "Creates a consumer")
    .aliases(&["create", "new"])
    .arguments(&[STREAM, CONSUMER])
    .flags(flags::ADD)
    .handler(|context, matches| Box::pin(edit::add(context, matches)));

static EDIT: Command = Command::new("edit", "Changes the configuration of a consumer")
    .aliases(&["update"])
    .arguments(&[STREAM, CONSUMER])
    .flags(flags::EDIT)
    .handler(|context, matches| Box::pin(edit::edit(context, matches)));

static COPY: Command = Command::new("copy", "Creates a consumer configured like another")
    .aliases(&["cp"])
    .arguments(&[
        Argument::required("stream", "Name of the stream"),
        Argument::required("source", "Consumer to take the configuration from"),
        Argument::required("destination", "Name of the new consumer"),
    ])
    .flags(flags::COPY)
    .handler(|context, matches| Box::pin(edit::copy(context, matches)));

static RM: Command = Command::new("rm", "Deletes a consumer")
    .aliases(&["delete", "del"])
    .arguments(&[STREAM, CONSUMER])
    .flags(&[FORCE])
    .handler(|context, matches| Box::pin(edit::rm(context, matches)));

static LS: Command = Command::new("ls", "Lists the consumers of a stream")
    .aliases(&["list"])
    .arguments(&[STREAM])
    .flags(&[JSON, Flag::bool("names", "Prints names only").short('n'), NO_SELECT])
    .handler(|context, matches| Box::pin(show::ls(context, matches)));

static REPORT: Command = Command::new("report", "Reports on the consumers of a stream")
    .arguments(&[STREAM])
    .flags(&[
        Flag::bool("raw", "Prints numbers as they are").short('r'),
        Flag::bool("leaders", "Shows cluster leaders").short('l'),
    ])
    .handler(|context, matches| Box::pin(show::report(context, matches)));

static INFO: Command = Command::new("info", "Shows a consumer")
    .aliases(&["nfo"])
    .arguments(&[STREAM, CONSUMER])
    .flags(&[JSON, NO_SELECT])
    .handler(|context, matches| Box::pin(show::info(context, matches)));

static STATE: Command = Command::new("state", "Shows where a consumer stands")
    .arguments(&[STREAM, CONSUMER])
    .flags(&[JSON, NO_SELECT])
    .handler(|context, matches| Box::pin(show::state(context, matches)));

static FIND: Command = Command::new("find", "Finds consumers of a stream")
    .aliases(&["query"])
    .arguments(&[STREAM])
    .flags(show::FIND_FLAGS)
    .handler(|context, matches| Box::pin(show::find(context, matches)));

static NEXT: Command = Command::new("next", "Receives messages from a pull consumer")
    .arguments(&[
        Argument::required("stream", "Name of the stream"),
        Argument::required("consumer", "Name of the consumer"),
    ])
    .flags(&[
        Flag::switch("ack", "Acknowledges what was received").default("true"),
        Flag::bool("nak", "Says that it could not be handled now"),
        Flag::bool("term", "Says that it can never be handled"),
        Flag::bool("raw", "Prints bodies only").short('r'),
        Flag::duration("wait", "Waits up to so long before acknowledging"),
        Flag::int("count", "How many messages").default("1"),
    ])
    .handler(|context, matches| Box::pin(receive::next(context, matches)));

static SUB: Command = Command::new("sub", "Receives messages from a consumer")
    .arguments(&[STREAM, CONSUMER])
    .flags(&[
        Flag::switch("ack", "Acknowledges what was received").default("true"),
        Flag::bool("raw", "Prints bodies only").short('r'),
        Flag::text("deliver-group", "Queue group to receive in"),
    ])
    .hidden()
    .handler(|context, matches| Box::pin(receive::sub(context, matches)));

static PAUSE: Command = Command::new("pause", "Stops a consumer for a while")
    .arguments(&[
        STREAM,
        CONSUMER,
        Argument::optional("until", "For so long, or until YYYY-MM-DD HH:MM:SS").placeholder("TIME"),
    ])
    .flags(&[FORCE])
    .handler(|context, matches| Box::pin(control::pause(context, matches)));

static RESUME: Command = Command::new("resume", "Lets a paused consumer go on")
    .arguments(&[STREAM, CONSUMER])
    .flags(&[FORCE])
    .handler(|context, matches| Box::pin(control::resume(context, matches)));

static UNPIN: Command = Command::new("unpin", "Lets another client of a group have its turn")
    .arguments(&[STREAM, CONSUMER, Argument::optional("group", "Name of the group")])
    .flags(&[FORCE])
    .handler(|context, matches| Box::pin(control::unpin(context, matches)));

static RESET: Command = Command::new("reset", "Sets a consumer back")
    .arguments(&[STREAM, CONSUMER])
    .flags(&[Flag::uint("sequence", "First message to deliver again"), FORCE])
    .handler(|context, matches| Box::pin(control::reset(context, matches)));

static CLUSTER: Command =
    Command::new("cluster", "Manages a clustered consumer").aliases(&["c"]).subcommands(&[&STEP_DOWN, &BALANCE]);

static BALANCE: Command = Command::new("balance", "Spreads the leaders of consumers over servers")
    .arguments(&[STREAM])
    .flags(show::BALANCE_FLAGS)
    .handler(|context, matches| Box::pin(show::balance(context, matches)));

static STEP_DOWN: Command = Command::new("step-down", "Elects another leader")
    .aliases(&["elect", "down", "d"])
    .arguments(&[STREAM, CONSUMER])
    .flags(&[Flag::text("preferred", "Server that should lead"), FORCE])
    .handler(|context, matches| Box::pin(control::step_down(context, matches)));

static GRAPH: Command = Command::new("graph", "Draws what a consumer does")
    .arguments(&[STREAM, CONSUMER])
    .handler(|context, matches| Box::pin(draw(context, matches)));

/// Goes on until it is interrupted.
async fn draw(context: Context, matches: Matches) -> Outcome {
    graph::check(&context)?;
    let info = picked(&context, &matches, false).await?;
    graph::consumer(&context, &jetstream(&context, &matches), &info.stream_name, &info.name).await
}

fn jetstream(context: &Context, matches: &Matches) -> JetStream {
    context.client.jetstream().with_timeout(matches.timeout())
}

/// The consumer the line names, or one picked from lists.
async fn picked(context: &Context, matches: &Matches, must_exist: bool) -> Result<ConsumerInfo, Failure> {
    let rules = Rules { must_exist, show_all: matches.flag("all") };
    let (stream, consumer) = (matches.text("stream"), matches.text("consumer"));
    pick::stream_and_consumer(context, &jetstream(context, matches), stream, consumer, rules).await
}

/// The stream the line names, or one picked from the list.
async fn picked_stream(
    context: &Context,
    matches: &Matches,
    must_exist: bool,
) -> Result<crate::api::StreamInfo, Failure> {
    let rules = Rules { must_exist, show_all: matches.flag("all") };
    let found = pick::stream(context, &jetstream(context, matches), matches.text("stream"), rules).await;
    found.map_err(|error| Failure::because("could not select Stream", error))
}

/// Asks `question`; true when `--force` or a yes says go on.
async fn is_confirmed(context: &Context, matches: &Matches, question: &str) -> Result<bool, Failure> {
    if matches.flag("force") {
        return Ok(true);
    }
    let answer = context.console.confirm(question, false).await;
    answer.map_err(|reason| Failure::because("could not obtain confirmation", reason))
}
