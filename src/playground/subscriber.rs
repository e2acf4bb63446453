//! Subscribers: they listen, take their time, and answer if told to.

use super::actors::SharedSpec;
use crate::client::Client;
use crate::protocol::Message;
use crate::time::format_go_duration;
use std::time::Duration;

/// How a subscriber listens.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub name: String,
    pub subject: String,
    pub queue: Option<String>,
    /// How long one message takes.
    pub work: Duration,
    /// What each request is answered with.
    pub reply: Option<String>,
}

impl Spec {
    pub fn new(subject: &str) -> Spec {
        Spec { name: String::new(), subject: subject.to_owned(), queue: None, work: Duration::ZERO, reply: None }
    }

    pub fn describe(&self) -> String {
        let queue = self.queue.as_ref().map_or_else(String::new, |queue| format!(" in group {queue}"));
        let reply = self.reply.as_ref().map_or_else(String::new, |reply| format!(", answers {reply:?}"));
        let work = format_go_duration(self.work);
        format!("{} listens on {}{queue}: {work} a message{reply}", self.name, self.subject)
    }
}

/// Listens until dropped. Subject and group are those it began with.
pub async fn run(client: Client, shared: SharedSpec) {
    let super::actors::Spec::Subscriber(spec) = shared.borrow().clone() else { return };
    let Ok(mut messages) = client.subscribe(&spec.subject, spec.queue.as_deref()) else { return };
    while let Some(message) = messages.next().await {
        let super::actors::Spec::Subscriber(spec) = shared.borrow().clone() else { return };
        client.timers().sleep(spec.work).await;
        if let (Some(answer), Some(to)) = (&spec.reply, message.reply) {
            // Who asked may have given up by now.
            let _ = client.publish(Message::new(to, answer.clone()));
        }
    }
}
