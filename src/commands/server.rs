//! `nats server`: what can be asked without a system account, and the refusals of the rest.

use super::connection;
use super::grammar::{Argument, Command};
use super::{Context, Failure, Matches, Outcome};
use crate::protocol::Message;
use crate::time::format_go_duration;
use futures::future::LocalBoxFuture;
use std::time::Duration;

pub static COMMAND: Command = Command::new("server", "Asks about servers")
    .aliases(&["srv", "sys", "system"])
    .subcommands(&[&LIST, &INFO, &PING, &CHECK]);

static LIST: Command = Command::new("list", "Lists servers").aliases(&["ls"]).handler(no_results);
static INFO: Command = Command::new("info", "Shows a server")
    .aliases(&["i"])
    .arguments(&[Argument::optional("server", "Name or id of the server")])
    .handler(no_results);
static PING: Command = Command::new("ping", "Asks all servers for a sign of life").handler(ping);
static CHECK: Command = Command::new("check", "Checks the health of parts of a server").subcommands(&[&CONNECTION]);
static CONNECTION: Command =
    Command::new("connection", "Checks that one can connect").aliases(&["conn"]).handler(check_connection);

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

/// In the way of Nagios. The connection is there already, so what is timed is a round trip to the server and back.
fn check_connection(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let url = connection::url(&context, &matches)?;
        let connected = context.client.flush().await?;
        let rtt = context.client.flush().await?;
        let round_trip = to_self(&context).await?;
        let (connected, rtt) = (connected.as_secs_f64(), (rtt, rtt.as_secs_f64()));
        let trip = round_trip.as_secs_f64();
        context.console.line(&format!(
            "OK Connection OK:connected to {url} in {} OK:rtt time {} OK:round trip took {trip:.6}s | \
             connect_time={connected:.4}s;0.5000;1.0000 rtt={:.4}s;0.5000;1.0000 request_time={trip:.4}s;0.5000;1.0000",
            format_go_duration(Duration::from_secs_f64(connected)),
            format_go_duration(rtt.0),
            rtt.1,
        ));
        Ok(())
    })
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
