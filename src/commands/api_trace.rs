//! `--trace`: what a command asks the server, and the answers.
//!
//! Watches what the terminal's client saw go by while the command runs. The real CLI asks through one of two libraries, each
//! with lines of its own, and through itself where servers are asked for what they know; what is no such request is not
//! told. The way in is [`traced`]. Source: natscli reference, "JSON and trace output"; natscli 0.4, observed.

use super::{Context, Matches, Outcome, connection, snappy};
use crate::client::event::Fact;
use crate::map::Map;
use crate::protocol::{ClientOp, Headers, Message, ServerOp};
use futures::future::LocalBoxFuture;
use std::future::poll_fn;

const ACKS: &str = "$JS.ACK.";
const PULL: &str = ".CONSUMER.MSG.NEXT.";
const OF_USER: &str = "$SYS.REQ.USER.INFO";
/// Subjects on which everybody may answer.
const OF_ALL: [&str; 2] = ["$SYS.REQ.SERVER.", "$SRV."];

/// Whose lines are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The library that manages streams and consumers.
    Manager,
    /// The client's own.
    Client,
    /// Only the answers to what is published.
    Publish,
    /// None.
    Silent,
}

impl Form {
    pub fn of(matches: &Matches) -> Form {
        let words: Vec<&str> = matches.path.iter().skip(1).map(|command| command.name).collect();
        match words.as_slice() {
            ["kv" | "object", "ls"] if matches.text("bucket").is_empty() => Form::Manager,
            ["server", "check", "kv" | "request"] => Form::Silent,
            ["stream" | "consumer" | "account" | "server" | "service" | "events" | "counter", ..] => Form::Manager,
            ["kv" | "object" | "subscribe", ..] => Form::Client,
            ["publish", ..] if matches.flag("jetstream") => Form::Publish,
            _ => Form::Silent,
        }
    }
}

/// Runs `work` and logs its requests with their answers, and its acknowledgements.
pub async fn traced(context: Context, form: Form, url: String, mut work: LocalBoxFuture<'static, Outcome>) -> Outcome {
    context.client.record(true);
    context.log(&format!(">>> Connected to {url} ({})", connection::host_and_port(&url)));
    let mut tracer = Tracer { context: &context, form, asked: Map::new() };
    let outcome = poll_fn(|task| {
        tracer.tell();
        let polled = work.as_mut().poll(task);
        tracer.tell();
        polled
    })
    .await;
    context.client.record(false);
    outcome
}

struct Tracer<'a> {
    context: &'a Context,
    form: Form,
    /// Subjects that were asked, by where the answer goes.
    asked: Map<String, String>,
}

impl Tracer<'_> {
    fn tell(&mut self) {
        for event in self.context.client.take_events() {
            match event.fact {
                Fact::Sent { op: ClientOp::Pub(message), .. } => self.sent(&message),
                Fact::Received { op: ServerOp::Msg { message, .. }, .. } => self.received(&message),
                _ => {}
            }
        }
    }

    fn sent(&mut self, message: &Message) {
        let (subject, body) = (message.subject.as_str(), String::from_utf8_lossy(&message.payload));
        let log = |text: &str| self.context.log(text);
        let is_of_jetstream = subject.starts_with(self.context.client.api_prefix());
        match self.form {
            Form::Silent => return,
            Form::Manager if subject.starts_with(ACKS) => return log(&format!(">>> {subject}: {body}")),
            Form::Manager if is_of_jetstream && subject.contains(PULL) => {
                return log(&format!(">>> {subject}:\n{body}\n"));
            }
            Form::Manager if is_of_jetstream => {
                log(&format!(">>> {subject}"));
                for (name, values) in by_name(message.headers.as_ref()) {
                    log(&format!(">>> Header: {name}: [{}]", values.join(" ")));
                }
                log(&body);
            }
            Form::Manager if is_of_servers(subject) => {
                log(&format!(">>> {subject}: {}", if body.is_empty() { "{}" } else { &body }));
            }
            Form::Client if is_of_jetstream && !subject.contains(PULL) => log(&format!(">>> {subject}\n{body}\n")),
            Form::Publish => {}
            Form::Manager | Form::Client => return,
        }
        if let Some(reply) = &message.reply {
            self.asked.insert(reply.as_str().to_owned(), subject.to_owned());
        }
    }

    fn received(&mut self, message: &Message) {
        let inbox = message.subject.as_str();
        let Some(subject) = self.asked.get(inbox).cloned() else { return };
        let is_of_all = OF_ALL.iter().any(|start| subject.starts_with(start));
        if !is_of_all {
            self.asked.remove(inbox);
        }
        let body = String::from_utf8_lossy(&message.payload);
        match self.form {
            Form::Publish => self.context.console.line(&format!("<<< {body}")),
            Form::Client => self.context.log(&format!("<<< {subject}: {body}")),
            _ if is_of_all => self.one_of_all(message),
            _ if subject == OF_USER => self.context.log(&format!("<<< {body}")),
            _ => self.context.log(&format!("<<< {subject}\n{body}\n")),
        }
    }

    fn one_of_all(&self, message: &Message) {
        let payload = &message.payload;
        let (size, body) = match snappy::decompressed(payload).filter(|_| message.headers.is_some()) {
            Some(plain) if !plain.is_empty() => (format!("{}B -> {}B", payload.len(), plain.len()), plain),
            _ => (format!("{}B", payload.len()), payload.to_vec()),
        };
        self.context.log(&format!("<<< ({size}) {}", String::from_utf8_lossy(&body)));
        let headers = by_name(message.headers.as_ref());
        let status = message.status().map(|status| ("Status".to_owned(), vec![status.code.to_string()]));
        let shown = headers.into_iter().chain(status).map(|(name, values)| format!("{name}:[{}]", values.join(" ")));
        let shown: Vec<String> = shown.collect();
        if !shown.is_empty() {
            self.context.log(&format!("<<< Header: map[{}]", shown.join(" ")));
        }
    }
}

fn is_of_servers(subject: &str) -> bool {
    subject == OF_USER || OF_ALL.iter().any(|start| subject.starts_with(start))
}

/// In the order of their names, as Go shows a map.
fn by_name(headers: Option<&Headers>) -> Map<String, Vec<String>> {
    let mut all: Map<String, Vec<String>> = Map::new();
    for (name, value) in headers.into_iter().flat_map(Headers::iter) {
        all.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    all
}
