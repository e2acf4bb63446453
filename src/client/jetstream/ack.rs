//! Answers to delivered messages, and what the subject they go to tells about the delivery.

use super::{JetStream, body};
use crate::api::PullRequest;
use crate::client::Error;
use crate::protocol::Message;
use crate::time::Timestamp;
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

/// What the ack subject of a delivered message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryInfo {
    pub stream: String,
    pub consumer: String,
    pub deliveries: u64,
    pub stream_seq: u64,
    pub consumer_seq: u64,
    pub timestamp: Timestamp,
    pub num_pending: u64,
}

impl DeliveryInfo {
    /// Reads `$JS.ACK.…` in its short (9 tokens) and long (11 or more) forms; `None` if it is not one.
    pub fn from_reply(reply: &str) -> Option<DeliveryInfo> {
        let tokens: Vec<&str> = reply.strip_prefix("$JS.ACK.")?.split('.').collect();
        let rest = match tokens.len() {
            7 => &tokens[..],
            // Domain and account hash come first.
            9.. => &tokens[2..],
            _ => return None,
        };
        let number = |index: usize| rest[index].parse::<u64>().ok();
        Some(DeliveryInfo {
            stream: rest[0].to_owned(),
            consumer: rest[1].to_owned(),
            deliveries: number(2)?,
            stream_seq: number(3)?,
            consumer_seq: number(4)?,
            timestamp: Timestamp(rest[5].parse().ok()?),
            num_pending: number(6)?,
        })
    }

    /// What the message says about its delivery, if it came from a consumer.
    pub fn of(message: &Message) -> Option<DeliveryInfo> {
        DeliveryInfo::from_reply(message.reply.as_deref()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_both_forms_of_ack_subjects() {
        let short = DeliveryInfo::from_reply("$JS.ACK.ORDERS.W.2.17.5.1000000000.3").expect("short form");
        assert_eq!((short.stream.as_str(), short.consumer.as_str()), ("ORDERS", "W"));
        assert_eq!((short.deliveries, short.stream_seq, short.consumer_seq, short.num_pending), (2, 17, 5, 3));
        assert_eq!(short.timestamp, Timestamp::from_secs(1));
        for long in
            ["$JS.ACK._.szMpdrwD.ORDERS.W.2.17.5.1000000000.3", "$JS.ACK._.szMpdrwD.ORDERS.W.2.17.5.1000000000.3.extra"]
        {
            assert_eq!(DeliveryInfo::from_reply(long).as_ref(), Some(&short));
        }
        for other in ["", "$JS.ACK.", "$JS.ACK.S.C.1.1.1.1", "$JS.ACK.S.C.x.1.1.1.1", "$JS.ACK.S.C.1.2.3.4.5.6"] {
            assert_eq!(DeliveryInfo::from_reply(other), None, "{other}");
        }
    }

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

    proptest! {
        #[test]
        fn no_subject_can_panic(tokens in proptest::collection::vec("[a-z0-9]{0,22}", 0..14)) {
            DeliveryInfo::from_reply(&format!("$JS.ACK.{}", tokens.join(".")));
        }
    }
}
