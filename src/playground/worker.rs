//! Scripted actors: workers that pull, take their time, fail as often as told, and leave a trace in the world.
//!
//! A worker is a client like any other, on its own connection. What it did to the outside world stands in the
//! [`Ledger`], one line per effect, so that losses and repeats can be counted.

use super::actors::SharedSpec;
use crate::api::PullRequest;
use crate::client::jetstream::{Ack, DeliveryInfo};
use crate::client::{Client, Error};
use crate::json::ToJson;
use crate::nuid::Rng;
use crate::protocol::Message;
use crate::time::{Timestamp, format_go_duration};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// How long one pull request waits on the server.
const PULL_EXPIRES: Duration = Duration::from_secs(30);
/// How long a worker waits before it asks again for a consumer that was not there.
const RETRY: Duration = Duration::from_secs(1);

/// How a worker works. Everything that shapes what is seen is in here.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub name: String,
    pub stream: String,
    pub consumer: String,
    /// Share of attempts that fail, from 0.0 to 1.0.
    pub fail: f64,
    pub on_fail: Failure,
    /// Which attempts fail follows from it; drawn from the session's seed if not given.
    pub seed: Option<u64>,
    /// How long one message takes.
    pub work: Duration,
    /// The messages are advisories: fetch the original each points to, and work on that.
    pub dead_letters: bool,
}

/// What a failed attempt looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer at all, as of a process that died.
    Silence,
    /// "Again, please", at once or after a while.
    Nak { delay: Option<Duration> },
    /// "Never again."
    Term,
}

impl Failure {
    pub fn parse(text: &str) -> Result<Failure, String> {
        match text.split_once(':') {
            None if text == "silence" => Ok(Failure::Silence),
            None if text == "nak" => Ok(Failure::Nak { delay: None }),
            None if text == "term" => Ok(Failure::Term),
            Some(("nak", delay)) => Ok(Failure::Nak { delay: Some(super::actors::duration(delay)?) }),
            _ => Err(format!("\"{text}\" is no way to fail; try silence, nak, nak:5s or term")),
        }
    }

    /// As it is typed.
    pub fn flag(self) -> String {
        match self {
            Failure::Silence => "silence".to_owned(),
            Failure::Nak { delay: None } => "nak".to_owned(),
            Failure::Nak { delay: Some(delay) } => format!("nak:{}", format_go_duration(delay)),
            Failure::Term => "term".to_owned(),
        }
    }

    fn in_words(self) -> String {
        match self {
            Failure::Silence => "in silence".to_owned(),
            Failure::Nak { delay: None } => "with a nak".to_owned(),
            Failure::Nak { delay: Some(delay) } => format!("with a nak and {} to wait", format_go_duration(delay)),
            Failure::Term => "with a term".to_owned(),
        }
    }

    fn answer(self) -> Option<Ack> {
        match self {
            Failure::Silence => None,
            Failure::Nak { delay } => Some(Ack::Nak { delay }),
            Failure::Term => Some(Ack::Term { reason: None }),
        }
    }
}

impl Spec {
    pub fn new(stream: &str, consumer: &str) -> Spec {
        Spec {
            name: String::new(),
            stream: stream.to_owned(),
            consumer: consumer.to_owned(),
            fail: 0.0,
            on_fail: Failure::Silence,
            seed: None,
            work: Duration::from_millis(400),
            dead_letters: false,
        }
    }

    pub fn describe(&self) -> String {
        let letters = if self.dead_letters { ", following advisories to the originals" } else { "" };
        let how =
            if self.on_fail == Failure::Silence { String::new() } else { format!(" {}", self.on_fail.in_words()) };
        let seed = self.seed.map_or_else(String::new, |seed| format!(", seed {seed}"));
        format!(
            "{} works on {} > {}: {} a message, {}% of attempts fail{how}{letters}{seed}",
            self.name,
            self.stream,
            self.consumer,
            format_go_duration(self.work),
            (self.fail * 100.0).round()
        )
    }
}

/// What a worker did to the outside world.
#[derive(Clone, Debug, PartialEq, ToJson)]
pub struct Effect {
    pub at: Timestamp,
    pub worker: String,
    pub stream: String,
    pub stream_seq: u64,
    /// The payload as text, shortened.
    pub what: String,
}

/// A delivery that a worker chose not to answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Unanswered {
    pub at: Timestamp,
    pub worker: String,
    pub stream: String,
    pub consumer: String,
    pub stream_seq: u64,
}

/// What workers did, each in the order it happened.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub effects: Vec<Effect>,
    pub unanswered: Vec<Unanswered>,
}

/// What everybody in the world shares about workers.
pub type SharedLedger = Rc<RefCell<Ledger>>;

/// Works until dropped, or until its consumer is gone for good.
pub async fn run(client: Client, shared: SharedSpec, rng: Rng, ledger: SharedLedger) {
    let (mut rng, mut seed) = (rng, None);
    loop {
        let super::actors::Spec::Worker(spec) = shared.borrow().clone() else { return };
        // Another seed begins its own row of chances.
        if spec.seed != seed {
            rng = spec.seed.map_or(rng, Rng::new);
            seed = spec.seed;
        }
        match next_message(&client, &spec).await {
            Next::Message(message) => handle(&client, &spec, &mut rng, &ledger, message).await,
            Next::Nothing => {}
            Next::NoConsumer => client.timers().sleep(RETRY).await,
            Next::Over => return,
        }
    }
}

enum Next {
    Message(Message),
    Nothing,
    NoConsumer,
    Over,
}

async fn next_message(client: &Client, spec: &Spec) -> Next {
    let request = PullRequest { batch: 1, expires: PULL_EXPIRES.into(), ..PullRequest::default() };
    let mut answers = match client.jetstream().pull(&spec.stream, &spec.consumer, &request) {
        Ok(answers) => answers,
        Err(Error::Closed) => return Next::Over,
        Err(_) => return Next::NoConsumer,
    };
    // The server ends every pull request with a message or a status; the timer is for a wire that lost it.
    let patience = PULL_EXPIRES + RETRY;
    match client.timers().timeout(patience, answers.next()).await {
        Ok(Some(message)) => match message.status().map(|status| status.code) {
            None => Next::Message(message),
            Some(503) => Next::NoConsumer,
            Some(409) => Next::NoConsumer,
            Some(_) => Next::Nothing,
        },
        Ok(None) => Next::Over,
        Err(_) => Next::Nothing,
    }
}

async fn handle(client: &Client, spec: &Spec, rng: &mut Rng, ledger: &SharedLedger, message: Message) {
    let Some(reply) = message.reply.clone() else { return };
    client.timers().sleep(spec.work).await;
    if rng.chance(spec.fail) {
        match spec.on_fail.answer() {
            // An answer that cannot be sent is silence after all.
            Some(ack) => drop(client.publish(Message::new(reply, ack.payload()))),
            None => ledger.borrow_mut().unanswered.extend(unanswered(client, spec, &reply)),
        }
        return;
    }
    let done = if spec.dead_letters { original(client, &message).await } else { itself(spec, &message) };
    let Some((stream, stream_seq, what)) = done else {
        return ledger.borrow_mut().unanswered.extend(unanswered(client, spec, &reply));
    };
    let effect = Effect { at: client.timers().now(), worker: spec.name.clone(), stream, stream_seq, what };
    ledger.borrow_mut().effects.push(effect);
    // An ack that cannot be sent comes back as a redelivery, which is what this is about.
    let _ = client.publish(Message::new(reply, "+ACK"));
}

fn unanswered(client: &Client, spec: &Spec, reply: &str) -> Option<Unanswered> {
    let (worker, stream, consumer) = (spec.name.clone(), spec.stream.clone(), spec.consumer.clone());
    let stream_seq = DeliveryInfo::from_reply(reply)?.stream_seq;
    Some(Unanswered { at: client.timers().now(), worker, stream, consumer, stream_seq })
}

fn itself(spec: &Spec, message: &Message) -> Option<(String, u64, String)> {
    let info = DeliveryInfo::from_reply(message.reply.as_ref()?)?;
    Some((spec.stream.clone(), info.stream_seq, shortened(&message.payload)))
}

/// The message a MAX_DELIVERIES advisory points to. One that is gone has nothing left to be done for.
async fn original(client: &Client, advisory: &Message) -> Option<(String, u64, String)> {
    let advisory: crate::api::advisory::MaxDeliveries = crate::json::read(&advisory.payload).ok()?;
    let found = client.jetstream().message(&advisory.stream, advisory.stream_seq).await;
    let what = match found {
        Ok(message) => shortened(&crate::base64::BASE64.decode(message.data.as_bytes()).unwrap_or_default()),
        Err(Error::Api(_)) => "already gone".to_owned(),
        Err(_) => return None,
    };
    Some((advisory.stream, advisory.stream_seq, what))
}

fn shortened(payload: &[u8]) -> String {
    String::from_utf8_lossy(payload).chars().take(80).collect()
}
