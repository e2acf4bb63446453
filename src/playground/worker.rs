//! Scripted actors: workers that pull, take their time, fail as often as told, and leave a trace in the world.
//!
//! A worker is a client like any other, on its own connection. What it did to the outside world stands in the
//! [`Ledger`], one line per effect, so that losses and repeats can be counted.

use crate::api::PullRequest;
use crate::client::{Client, Error, jetstream::DeliveryInfo};
use crate::json::ToJson;
use crate::nuid::Rng;
use crate::protocol::Message;
use crate::time::Timestamp;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// How long one pull request waits on the server.
const PULL_EXPIRES: Duration = Duration::from_secs(30);
/// How long a worker waits before it asks again for a consumer that was not there.
const RETRY: Duration = Duration::from_secs(1);

/// How a worker works. Everything that shapes what is seen is in here.
#[derive(Clone, Debug, PartialEq, ToJson)]
pub struct Spec {
    pub name: String,
    pub stream: String,
    pub consumer: String,
    /// Share of attempts that fail, from 0.0 to 1.0. A failure is silence: no answer at all.
    pub fail: f64,
    /// How long one message takes.
    pub work: Duration,
    /// The messages are advisories: fetch the original each points to, and work on that.
    pub dead_letters: bool,
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

/// Effects in the order they happened.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub effects: Vec<Effect>,
}

/// What everybody in the world shares about workers.
pub type SharedLedger = Rc<RefCell<Ledger>>;

/// Works until dropped, or until its consumer is gone for good.
pub async fn run(client: Client, spec: Spec, mut rng: Rng, ledger: SharedLedger) {
    loop {
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
        return;
    }
    let done = if spec.dead_letters { original(client, &message).await } else { itself(spec, &message) };
    let Some((stream, stream_seq, what)) = done else { return };
    let effect = Effect { at: client.timers().now(), worker: spec.name.clone(), stream, stream_seq, what };
    ledger.borrow_mut().effects.push(effect);
    // An ack that cannot be sent comes back as a redelivery, which is what this is about.
    let _ = client.publish(Message::new(reply, "+ACK"));
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
