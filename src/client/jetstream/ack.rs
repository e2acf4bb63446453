//! Answers to delivered messages.

use super::{JetStream, body};
pub use crate::api::DeliveryInfo;
use crate::api::PullRequest;
use crate::client::Error;
use crate::protocol::Message;
use bytes::Bytes;
use std::time::Duration;

/// What can be answered to a delivered message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ack {
    Ack,
    /// Deliver it again, at once or after a delay.
    Nak {
        delay: Option<Duration>,
    },
    /// Still at it: the ack wait starts anew.
    InProgress,
    /// Never again.
    Term {
        reason: Option<String>,
    },
}

impl Ack {
    pub fn payload(&self) -> Bytes {
        match self {
            Ack::Ack => Bytes::from_static(b"+ACK"),
            Ack::Nak { delay: None } => Bytes::from_static(b"-NAK"),
            Ack::Nak { delay: Some(delay) } => format!("-NAK {{\"delay\": {}}}", delay.as_nanos()).into(),
            Ack::InProgress => Bytes::from_static(b"+WPI"),
            Ack::Term { reason: None } => Bytes::from_static(b"+TERM"),
            Ack::Term { reason: Some(reason) } => format!("+TERM {reason}").into(),
        }
    }
}

impl JetStream {
    /// Answers a delivery and does not wait. Errors: [`Error::NoReply`] when it cannot be answered.
    pub fn answer(&self, delivery: &Message, ack: &Ack) -> Result<(), Error> {
        self.client.publish(answer_to(delivery, ack.payload())?)
    }

    /// Answers a delivery and waits until the server has taken it in.
    pub async fn answer_sync(&self, delivery: &Message, ack: &Ack) -> Result<(), Error> {
        self.client.request(answer_to(delivery, ack.payload())?, self.timeout).await.map(drop)
    }

    pub fn ack(&self, delivery: &Message) -> Result<(), Error> {
        self.answer(delivery, &Ack::Ack)
    }

    pub async fn ack_sync(&self, delivery: &Message) -> Result<(), Error> {
        self.answer_sync(delivery, &Ack::Ack).await
    }

    pub fn nak(&self, delivery: &Message, delay: Option<Duration>) -> Result<(), Error> {
        self.answer(delivery, &Ack::Nak { delay })
    }

    pub fn in_progress(&self, delivery: &Message) -> Result<(), Error> {
        self.answer(delivery, &Ack::InProgress)
    }

    pub fn term(&self, delivery: &Message, reason: Option<&str>) -> Result<(), Error> {
        self.answer(delivery, &Ack::Term { reason: reason.map(str::to_owned) })
    }

    /// Acknowledges and asks for the next one; what comes arrives on `inbox`.
    pub fn ack_next(&self, delivery: &Message, request: &PullRequest, inbox: &str) -> Result<(), Error> {
        let mut payload = b"+NXT ".to_vec();
        payload.extend(body(request));
        self.client.publish(answer_to(delivery, payload.into())?.with_reply(inbox))
    }
}

fn answer_to(delivery: &Message, payload: Bytes) -> Result<Message, Error> {
    let subject = delivery.reply.as_ref().ok_or(Error::NoReply)?;
    Ok(Message::new(subject.clone(), payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_read_as_official_clients_write_them() {
        for (ack, text) in [
            (Ack::Ack, "+ACK"),
            (Ack::Nak { delay: None }, "-NAK"),
            (Ack::Nak { delay: Some(Duration::from_secs(1)) }, "-NAK {\"delay\": 1000000000}"),
            (Ack::InProgress, "+WPI"),
            (Ack::Term { reason: None }, "+TERM"),
            (Ack::Term { reason: Some("no such order".into()) }, "+TERM no such order"),
        ] {
            assert_eq!(ack.payload(), text);
        }
    }
}
