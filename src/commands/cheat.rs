//! `nats cheat`: examples to copy, by topic.
//!
//! The words are the project's own; every line can be typed as it stands. The way in is [`COMMAND`]. Source: natscli
//! reference, "Others".

use super::grammar::{Argument, Command, Flag};
use super::{Context, Matches, Outcome};
use futures::future::LocalBoxFuture;
use std::future::ready;

pub static COMMAND: Command = Command::new("cheat", "Shows examples")
    .arguments(&[Argument::optional("label", "What about")])
    .flags(&[
        Flag::bool("list", "Lists the topics"),
        Flag::text("save", "Writes a file for each topic into this directory").placeholder("DIRECTORY"),
    ])
    .handler(cheat)
    .hidden();

/// Topics and their examples, in the order they are listed.
pub const TOPICS: &[(&str, &str)] = &[
    ("account", "# What this account may use, and how much of it is used\nnats account info\n"),
    (
        "auth",
        "# Operators, accounts and users with keys of their own. Not in the playground: these lines are for the real command\n\
         # line, which keeps what they make on disk until it is pushed to a server\n\
         nats auth operator add acme\n\
         nats auth account add SHOP\n\
         nats auth user add till SHOP\n\n\
         # The configuration of a server, and what a user connects with\n\
         nats server generate server.conf\n\
         nats auth user credential till.creds till SHOP\n\
         nats auth account push SHOP --server nats://127.0.0.1:4222\n\n\
         # What the server of this page can be made to ask for: a user and a password, or a token\n\
         nats context add till --server nats://127.0.0.1:4222 --user till\n",
    ),
    (
        "bench",
        "# How fast messages go through: a subscriber, then a publisher\n\
         nats bench sub demo --msgs 10000 &\n\
         nats bench pub demo --msgs 10000 --size 16\n\n\
         # The same through a stream, waiting for each acknowledgement\n\
         nats bench js pub sync js.bench --create --msgs 1000\n\
         nats bench js consume --msgs 1000\n\n\
         # A bucket, and a service\n\
         nats bench kv put --msgs 1000\n\
         nats bench service serve demo.svc &\n\
         nats bench service request demo.svc --msgs 1000\n",
    ),
    (
        "consumer",
        "# A consumer to pull from, and one that is pushed to a subject\n\
         nats consumer add ORDERS worker --pull --ack explicit --defaults\n\
         nats consumer add ORDERS push --target deliver.orders --defaults\n\n\
         # One message, acknowledged; one that comes again\n\
         nats consumer next ORDERS worker\n\
         nats consumer next ORDERS worker --no-ack\n\n\
         # How far each is, and everything about one\n\
         nats consumer report ORDERS\n\
         nats consumer info ORDERS worker\n\n\
         # Another limit, a pause, the end\n\
         nats consumer edit ORDERS worker --max-deliver 5 -f\n\
         nats consumer pause ORDERS worker 1h -f\n\
         nats consumer rm ORDERS worker -f\n",
    ),
    (
        "context",
        "# Remember an address under a name, and use it from now on\n\
         nats context add local --server nats://127.0.0.1:4222 --description 'This page' --select\n\n\
         # All of them, one of them, another one\n\
         nats context ls\n\
         nats context info local\n\
         nats context select local\n\n\
         # Use one for a single command\n\
         nats pub hello world --context local\n",
    ),
    (
        "errors",
        "# What a code means, and which codes speak of something\nnats errors lookup 10059\nnats errors ls stream\n",
    ),
    (
        "events",
        "# What JetStream announces, a line each\n\
         nats events --js-advisory --no-srv-advisory --short\n\n\
         # Only messages nobody could handle\n\
         nats events --subjects '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>' --no-srv-advisory\n",
    ),
    (
        "kv",
        "# A bucket that keeps five values of each key\n\
         nats kv add CONFIG --history 5\n\n\
         # Set, read, list, look back, remove\n\
         nats kv put CONFIG color blue\n\
         nats kv get CONFIG color\n\
         nats kv ls CONFIG\n\
         nats kv history CONFIG color\n\
         nats kv del CONFIG color -f\n\n\
         # Only if it is new; only if nobody changed it since revision 3\n\
         nats kv create CONFIG size 10\n\
         nats kv update CONFIG size 11 3\n\n\
         # Every change as it comes\n\
         nats kv watch CONFIG\n",
    ),
    (
        "latency",
        "# How long messages are on their way, a hundred of them a second\n\
         nats latency --server-b nats://127.0.0.1:4222 --rate 100 --duration 2s\n",
    ),
    (
        "object",
        "# Files in a bucket\n\
         nats object add FILES\n\
         nats object put FILES notes.txt\n\
         nats object ls FILES\n\
         nats object get FILES notes.txt --output copy.txt\n\
         nats object del FILES notes.txt -f\n",
    ),
    (
        "publish",
        "# A message, one with headers, a hundred numbered ones\n\
         nats pub orders.new hello\n\
         nats pub orders.new hello -H Priority:high -H Shop:7\n\
         nats pub orders.new --count 100 --sleep 100ms 'order {{Count}} at {{TimeStamp}}'\n\n\
         # With the stream's acknowledgement, once only\n\
         nats pub orders.new -J -H Nats-Msg-Id:order-1 hello\n\n\
         # What another command prints\n\
         date | nats pub clock\n",
    ),
    (
        "reply",
        "# Answer requests, and ask\n\
         nats reply help.me 'at your service, request {{Count}}' &\n\
         nats request help.me please\n\n\
         # Say back what was asked\n\
         nats reply mirror --echo &\n",
    ),
    (
        "schemas",
        "# Descriptions of the documents of the API. Not in the playground: these lines are for the real command line\n\
         nats schema search 'stream_.*request'\n\
         nats schema info io.nats.jetstream.api.v1.stream_create_request\n\
         nats schema validate io.nats.jetstream.api.v1.stream_create_request request.json\n\n\
         # The documents themselves, as they are asked for and answered\n\
         nats stream ls --trace\n",
    ),
    (
        "server",
        "# Is it there and well, and how far away\n\
         nats server check connection\n\
         nats server check jetstream\n\
         nats rtt\n\n\
         # What a mapping makes of a subject\n\
         nats server mapping 'orders.*' 'o.{{wildcard(1)}}' orders.new\n",
    ),
    (
        "stream",
        "# A stream, with questions and without\n\
         nats stream add\n\
         nats stream add ORDERS --subjects 'orders.>' --max-age 24h --defaults\n\n\
         # What is in it\n\
         nats stream info ORDERS\n\
         nats stream subjects ORDERS\n\
         nats stream view ORDERS\n\
         nats stream get ORDERS 1\n\n\
         # Change it, empty it, copy it, remove it\n\
         nats stream edit ORDERS --max-msgs 1000 -f\n\
         nats stream purge ORDERS -f\n\
         nats stream copy ORDERS ARCHIVE --subjects 'archive.>'\n\
         nats stream rm ORDERS -f\n",
    ),
    (
        "subscribe",
        "# Everything below a subject; only one token in its place\n\
         nats sub 'orders.>'\n\
         nats sub 'orders.*.created'\n\n\
         # Shared with others in a queue group\n\
         nats sub 'orders.>' --queue workers\n\n\
         # From a stream: everything so far, the last one, only new ones\n\
         nats sub 'orders.>' --all\n\
         nats sub 'orders.>' --last\n\
         nats sub 'orders.>' --new\n",
    ),
];

fn cheat(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    let directory = matches.text("save");
    let wanted = TOPICS.iter().find(|(topic, _)| *topic == matches.text("label"));
    match wanted.filter(|_| !matches.flag("list")) {
        _ if !directory.is_empty() => {
            for (topic, text) in TOPICS {
                let file = format!("{}/{topic}", directory.trim_end_matches('/'));
                context.write_file(&file, text.as_bytes().to_vec());
                context.console.line(&format!("Saved cheat to {file}"));
            }
        }
        Some((_, text)) => context.console.line(text.trim_end()),
        None => {
            context.console.line("Available Cheats:\n");
            TOPICS.iter().for_each(|(topic, _)| context.console.line(&format!("    {topic}")));
        }
    }
    Box::pin(ready(Ok(())))
}
