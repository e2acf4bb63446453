//! `nats server`: what can be asked without a system account, and the refusals of the rest.

use super::grammar::{Argument, Command};
use super::{Context, Failure, Matches, Outcome};
use futures::future::LocalBoxFuture;

pub static COMMAND: Command = Command::new("server", "Asks about servers")
    .aliases(&["srv", "sys", "system"])
    .subcommands(&[&LIST, &INFO, &PING, &super::check::COMMAND]);

static LIST: Command = Command::new("list", "Lists servers").aliases(&["ls"]).handler(no_results);
static INFO: Command = Command::new("info", "Shows a server")
    .aliases(&["i"])
    .arguments(&[Argument::optional("name", "Name or id of the server")])
    .handler(no_results);
static PING: Command = Command::new("ping", "Asks all servers for a sign of life").handler(ping);

fn no_results(_: Context, _: Matches) -> LocalBoxFuture<'static, Outcome> {
    let sentence = "no results received, ensure the account used has system privileges and appropriate permissions";
    Box::pin(std::future::ready(Err(sentence.into())))
}

fn ping(context: Context, _: Matches) -> LocalBoxFuture<'static, Outcome> {
    let subject = "$SYS.REQ.SERVER.PING";
    let ending = "ensure a system account is used with appropriate permissions";
    context.console.line(&format!("503 status from {subject}, {ending}"));
    Box::pin(std::future::ready(Err(Failure::Exit(1))))
}
