//! What the subject tells that a delivery is to be answered on.
//!
//! Source: ADR-15; nats-server 2.15.1, observed.

use crate::protocol::Message;
use crate::time::Timestamp;

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

    proptest! {
        #[test]
        fn no_subject_can_panic(tokens in proptest::collection::vec("[a-z0-9]{0,22}", 0..14)) {
            DeliveryInfo::from_reply(&format!("$JS.ACK.{}", tokens.join(".")));
        }
    }
}
