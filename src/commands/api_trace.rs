//! `--trace`: what a command asks the server, and the answers.
//!
//! Watches what the terminal's client saw go by while the command runs. Source: natscli reference, "JSON and trace output".

use super::{Context, Outcome, connection};
use crate::client::event::Fact;
use crate::map::Map;
use crate::protocol::{ClientOp, Message, ServerOp};
use futures::future::LocalBoxFuture;
use std::future::poll_fn;

const ACKS: &str = "$JS.ACK.";

/// Runs `work` and logs its requests with their answers, and its acknowledgements.
pub async fn traced(context: Context, url: String, mut work: LocalBoxFuture<'static, Outcome>) -> Outcome {
    context.client.record(true);
    context.log(&format!(">>> Connected to {url} ({})", connection::host_and_port(&url)));
    let mut tracer = Tracer { context: &context, asked: Map::new() };
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
    /// Subjects that were asked, by where the answer goes.
    asked: Map<String, String>,
}

impl Tracer<'_> {
    fn tell(&mut self) {
        for event in self.context.client.take_events() {
            match event.fact {
                Fact::Sent { op: ClientOp::Pub(message), .. } => self.sent(&message),
                Fact::Received { op: ServerOp::Msg { message, .. } } => self.received(&message),
                _ => {}
            }
        }
    }

    fn sent(&mut self, message: &Message) {
        let (subject, body) = (message.subject.as_str(), String::from_utf8_lossy(&message.payload));
        if subject.starts_with(ACKS) {
            self.context.log(&format!(">>> {subject}: {body}"));
        } else if let Some(reply) = &message.reply {
            self.asked.insert(reply.as_str().to_owned(), subject.to_owned());
            self.context.log(&format!(">>> {subject}\n{body}\n"));
        }
    }

    fn received(&mut self, message: &Message) {
        if let Some(subject) = self.asked.remove(message.subject.as_str()) {
            let body = String::from_utf8_lossy(&message.payload);
            self.context.log(&format!("<<< {subject}\n{body}\n"));
        }
    }
}
