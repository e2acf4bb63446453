//! `nats errors`, `nats cheat`, `nats latency`: texts to look up, and a refusal.
//!
//! The errors are those of [`ErrorCode::all`]; the cheats are the project's own words.

use super::grammar::{Argument, Command, Flag};
use super::pattern::Pattern;
use super::report::Table;
use super::{Context, Failure, Matches, Outcome};
use crate::api::ErrorCode;
use futures::future::LocalBoxFuture;
use std::future::ready;

pub static ERRORS: Command =
    Command::new("errors", "Explains error codes").aliases(&["err", "error"]).subcommands(&[&LS, &LOOKUP]);

static LS: Command = Command::new("ls", "Lists error codes")
    .aliases(&["list"])
    .arguments(&[Argument::optional("match", "Only errors whose text matches this expression")])
    .handler(list);
static LOOKUP: Command = Command::new("lookup", "Explains a code")
    .aliases(&["find", "get", "l", "view", "show"])
    .arguments(&[Argument::required("code", "The code")])
    .handler(lookup);

pub static CHEAT: Command = Command::new("cheat", "Shows examples")
    .arguments(&[Argument::optional("topic", "What about")])
    .handler(cheat)
    .hidden();

pub static LATENCY: Command = Command::new("latency", "Measures latency between two servers")
    .flags(&[Flag::text("server-b", "The second server").required()])
    .handler(|_, _| Box::pin(ready(Err("not in the playground: a second server".into()))));

fn list(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    let show = || {
        let pattern = Pattern::ignoring_case(matches.text("match")).map_err(Failure::new)?;
        let mut table = Table::new("NATS Errors", &["NATS Code", "HTTP Error Code", "Description"]).right(&[0, 1]);
        let found = ErrorCode::all().map(ErrorCode::error);
        for error in found.filter(|error| pattern.is_match(&error.description)) {
            table.row([error.err_code.to_string(), error.code.to_string(), error.description]);
        }
        context.console.print(&context.drawn(&table));
        Ok(())
    };
    Box::pin(ready(show()))
}

fn lookup(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    let show = || {
        let text = matches.text("code");
        let problem =
            if text.bytes().all(|byte| byte.is_ascii_digit()) { "value out of range" } else { "invalid syntax" };
        let code: u16 = text.parse().map_err(|_| format!("strconv.ParseUint: parsing {text:?}: {problem}"))?;
        let Some(error) = ErrorCode::all().find(|known| known.0 == code).map(ErrorCode::error) else {
            return Err(format!("no error matches code {code}").into());
        };
        context.console.print(&format!(
            "NATS Error Code: {code}\n\n        Description: {}\n          HTTP Code: {}\n\n No further information available\n",
            error.description, error.code
        ));
        Ok(())
    };
    Box::pin(ready(show()))
}

/// Topics and their examples.
const CHEATS: &[(&str, &str)] = &[
    ("account", "# What this account may use\nnats account info\n"),
    ("bench", "# How fast messages go through\nnats bench sub demo &\nnats bench pub demo --msgs 1000\n"),
    (
        "consumer",
        "# A consumer to pull from\nnats consumer add ORDERS worker --pull --defaults\n# One message, acknowledged\nnats consumer \
         next ORDERS worker\n# How it stands\nnats consumer info ORDERS worker\n",
    ),
    (
        "context",
        "# Remember an address\nnats context add local --server nats://127.0.0.1:4222 --select\nnats context ls\n",
    ),
    ("errors", "# What a code means\nnats errors lookup 10059\n"),
    ("events", "# What JetStream announces\nnats events --js-advisory\n"),
    (
        "kv",
        "# A bucket, a value, and every change of it\nnats kv add config\nnats kv put config color blue\nnats kv get config \
         color\nnats kv watch config\n",
    ),
    ("latency", "# Needs two servers\nnats latency --server-b nats://other:4222\n"),
    (
        "object",
        "# Files in a bucket\nnats object add files\nnats object put files notes.txt\nnats object get files notes.txt\n",
    ),
    (
        "publish",
        "# A message, a hundred numbered ones\nnats pub orders.new hello\nnats pub orders.new --count 100 'order {{Count}}'\n# \
         With the stream's acknowledgement\nnats pub orders.new -J hello\n",
    ),
    ("reply", "# Answer requests, and ask\nnats reply help.me 'at your service' &\nnats request help.me please\n"),
    ("server", "# Is it there and well\nnats server check connection\nnats rtt\n"),
    (
        "stream",
        "# A stream, what is in it, what is wrong with it\nnats stream add ORDERS --subjects 'orders.>' --defaults\nnats stream \
         info ORDERS\nnats stream view ORDERS\n",
    ),
    (
        "subscribe",
        "# Everything below a subject\nnats sub 'orders.>'\n# Shared with others in a queue group\nnats sub 'orders.>' --queue \
         workers\n# From a stream\nnats sub --stream ORDERS --all\n",
    ),
];

fn cheat(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    match CHEATS.iter().find(|(topic, _)| *topic == matches.text("topic")) {
        Some((_, text)) => context.console.line(text.trim_end()),
        None => {
            context.console.line("Available Cheats:\n");
            CHEATS.iter().for_each(|(topic, _)| context.console.line(&format!("    {topic}")));
        }
    }
    Box::pin(ready(Ok(())))
}
