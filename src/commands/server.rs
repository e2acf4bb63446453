//! `nats server`: what can be asked without a system account, and the refusals of the rest.

use super::grammar::{Argument, Command, Flag};
use super::{Context, Failure, Matches, Outcome};
use crate::subject::transform::Transform;
use futures::future::LocalBoxFuture;

pub static COMMAND: Command = Command::new("server", "Asks about servers")
    .aliases(&["srv", "sys", "system"])
    .subcommands(&[&LIST, &INFO, &PING, &REPORT, &MAPPING, &super::check::COMMAND]);

static LIST: Command = Command::new("list", "Lists servers")
    .aliases(&["ls"])
    .arguments(&[Argument::optional("expect", "How many servers should answer")])
    .flags(&[Flag::bool("json", "Shows JSON").short('j')])
    .handler(no_results);
static INFO: Command = Command::new("info", "Shows a server")
    .aliases(&["i"])
    .arguments(&[Argument::optional("name", "Name or id of the server")])
    .handler(no_results);
static PING: Command = Command::new("ping", "Asks all servers for a sign of life").handler(ping);

static REPORT: Command =
    Command::new("report", "Reports on servers").aliases(&["rep"]).subcommands(&[&JETSTREAM, &CONNECTIONS, &ACCOUNTS]);
static JETSTREAM: Command =
    Command::new("jetstream", "Reports on JetStream").aliases(&["jsz", "js"]).handler(no_results);
static CONNECTIONS: Command =
    Command::new("connections", "Reports on connections").aliases(&["conn", "connz", "conns"]).handler(request_failed);
static ACCOUNTS: Command = Command::new("accounts", "Reports on accounts").aliases(&["acct"]).handler(request_failed);

static MAPPING: Command = Command::new("mapping", "Tries out what a mapping makes of subjects")
    .aliases(&["mappings", "map", "m"])
    .arguments(&[
        Argument::required("source", "Subjects that are mapped"),
        Argument::required("destination", "What they become"),
        Argument::optional("subject", "Subject to try; asked for when it is missing"),
    ])
    .handler(|context, matches| Box::pin(mapping(context, matches)));

async fn mapping(context: Context, matches: Matches) -> Outcome {
    let (source, destination) = (matches.text("source"), matches.text("destination"));
    let transform = Transform::new(source, destination).map_err(|error| Failure::new(error.to_string()))?;
    let transform = transform.ok_or("invalid mapping destination")?;
    if matches.is_set("subject") {
        return try_out(&context, &transform, matches.text("subject"));
    }
    loop {
        let subject = context.console.ask_text("Subject", "", "A subject to map; nothing ends this.").await;
        let subject = subject.map_err(|reason| Failure::because("could not ask for a subject", reason))?;
        if subject.is_empty() {
            return Ok(());
        }
        if let Err(Failure::Message(problem)) = try_out(&context, &transform, &subject) {
            context.console.error(&format!("Error: {problem}\n"));
        }
    }
}

fn try_out(context: &Context, transform: &Transform, subject: &str) -> Outcome {
    let mapped = transform.apply(subject, &mut context.rng.borrow_mut());
    context.console.line(&format!("{}\n", mapped.ok_or("no matching transforms available")?));
    Ok(())
}

fn no_results(_: Context, _: Matches) -> LocalBoxFuture<'static, Outcome> {
    let sentence = "no results received, ensure the account used has system privileges and appropriate permissions";
    Box::pin(std::future::ready(Err(sentence.into())))
}

fn request_failed(_: Context, _: Matches) -> LocalBoxFuture<'static, Outcome> {
    let sentence = "server request failed, ensure the account used has system privileges and appropriate permissions";
    Box::pin(std::future::ready(Err(sentence.into())))
}

fn ping(context: Context, _: Matches) -> LocalBoxFuture<'static, Outcome> {
    let subject = "$SYS.REQ.SERVER.PING";
    let ending = "ensure a system account is used with appropriate permissions";
    context.console.line(&format!("503 status from {subject}, {ending}"));
    Box::pin(std::future::ready(Err(Failure::Exit(1))))
}
