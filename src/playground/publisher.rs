//! Publishers: messages at a rate, one after another or ahead of the stream's answers.

use super::actors::{SharedSpec, rate};
use crate::client::{Client, Error};
use crate::commands::template::{self, Scope};
use crate::nuid::Rng;
use crate::protocol::{Headers, Message};
use futures::FutureExt;
use std::cell::RefCell;
use std::time::Duration;

/// How a publisher publishes.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub name: String,
    /// Both may hold `{{Count}}` and what else `nats pub` knows.
    pub subject: String,
    pub payload: String,
    pub every: Duration,
    /// On and on when `None`.
    pub count: Option<u64>,
    pub mode: Mode,
    /// Answers that may be outstanding when it publishes ahead.
    pub window: u64,
    pub with_id: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// At most once: nobody answers.
    Core,
    /// Waits for the stream's answer, and tries again without one.
    Waiting,
    /// Publishes ahead of the answers.
    Ahead,
}

impl Spec {
    pub fn new(subject: &str, payload: &str) -> Spec {
        Spec {
            name: String::new(),
            subject: subject.to_owned(),
            payload: payload.to_owned(),
            every: Duration::from_secs(1),
            count: None,
            mode: Mode::Core,
            window: 16,
            with_id: false,
        }
    }

    pub fn set_mode(&mut self, mode: Mode, on: bool) {
        if on {
            self.mode = mode;
        } else if self.mode == mode {
            self.mode = Mode::Core;
        }
    }

    pub fn describe(&self) -> String {
        let count = self.count.map_or_else(String::new, |count| format!(", {count} in all"));
        let mode = match self.mode {
            Mode::Core => String::new(),
            Mode::Waiting => ", waiting for the stream's answer".to_owned(),
            Mode::Ahead => format!(", up to {} ahead of the stream's answers", self.window),
        };
        let id = if self.with_id { ", each with its id" } else { "" };
        format!("{} publishes to {}: {}{count}{mode}{id}", self.name, self.subject, rate(self.every))
    }
}

/// Publishes until it has done its count, or is dropped.
pub async fn run(client: Client, shared: SharedSpec, rng: Rng) {
    let rng = RefCell::new(rng);
    let mut ahead = None;
    let mut number = 0;
    let mut next = client.timers().now();
    loop {
        let super::actors::Spec::Publisher(spec) = shared.borrow().clone() else { return };
        if spec.count.is_some_and(|count| number >= count) {
            break;
        }
        number += 1;
        let Some(message) = message(&client, &spec, number, &rng) else { return };
        match spec.mode {
            Mode::Core => {
                if client.publish(message) == Err(Error::Closed) {
                    return;
                }
            }
            Mode::Waiting => waiting(&client, message).await,
            Mode::Ahead => {
                let publisher = ahead.get_or_insert_with(|| client.jetstream().publisher(spec.window as usize));
                if publisher.publish(message).await.is_err() {
                    return;
                }
                while publisher.next_ack().now_or_never().flatten().is_some() {}
            }
        }
        next = (next + spec.every).max(client.timers().now());
        client.timers().sleep_until(next).await;
    }
    if let Some(mut publisher) = ahead {
        while publisher.next_ack().await.is_some() {}
    }
}

fn message(client: &Client, spec: &Spec, number: u64, rng: &RefCell<Rng>) -> Option<Message> {
    let scope = Scope { count: number, now: client.timers().now(), rng, request: None };
    let subject = template::render("subject", &spec.subject, &scope).ok()?;
    let payload = template::render("body", &spec.payload, &scope).ok()?;
    let mut message = Message::new(subject, payload);
    if spec.with_id {
        message.headers = Some(Headers::default().and("Nats-Msg-Id", &format!("{}-{number}", spec.name)));
    }
    Some(message)
}

/// Publishes the same message until the stream has answered, or refused.
async fn waiting(client: &Client, message: Message) {
    loop {
        match client.jetstream().publish(message.clone()).await {
            Err(Error::Timeout) => {}
            // Nobody there to store it, or on its way back: worth another try in a while.
            Err(Error::NoResponders) => client.timers().sleep(Duration::from_secs(1)).await,
            _ => return,
        }
    }
}
