//! The reply subject of a delivery: where to answer, and everything about the delivery a client may want to know.
//!
//! Knows the two forms on the wire; never what an answer does. The ways in are [`AckSubject::format`] and
//! [`AckSubject::parse`].
//! Source: ADR-15; nats-server 2.15.1, observed.

use crate::decimal;
use crate::engine::Name;
use crate::subject::{Subject, first_token};
use crate::time::Timestamp;

/// First 8 bytes of SHA-256 of the account's name, each modulo 62; ours is always `$G`.
const ACCOUNT_HASH: &str = "szMpdrwD";

/// What one delivery's reply subject says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct AckSubject<'a> {
    pub stream: &'a str,
    pub consumer: &'a str,
    /// 1 for the first delivery.
    pub deliveries: u64,
    pub stream_seq: u64,
    pub consumer_seq: u64,
}

/// Where an ack subject leads, and what it says if its numbers can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct AckTarget<'a> {
    pub stream: &'a str,
    pub consumer: &'a str,
    pub delivery: Option<AckSubject<'a>>,
}

impl<'a> AckSubject<'a> {
    /// Reads `$JS.ACK.<stream>.<consumer>.<deliveries>.<sseq>.<cseq>.<ts>.<pending>`, or the long form with domain and
    /// account hash before the stream and anything after the end.
    ///
    /// Errors: `None` when nobody listens on a subject of that shape; numbers that cannot be read make
    /// [`AckTarget::delivery`] `None`: such an ack arrives and is ignored.
    pub fn parse(subject: &'a str) -> Option<AckTarget<'a>> {
        let rest = subject.strip_prefix("$JS.ACK.")?;
        let count = 1 + rest.bytes().filter(|byte| *byte == b'.').count();
        let mut left = Some(rest);
        let mut tokens = std::iter::from_fn(|| {
            let (token, rest) = first_token(left?);
            left = rest;
            Some(token)
        });
        if count >= 9 {
            let (_domain, hash) = (tokens.next()?, tokens.next()?);
            if hash != ACCOUNT_HASH {
                return None;
            }
        } else if count != 7 {
            return None;
        }
        let (stream, consumer) = (tokens.next()?, tokens.next()?);
        let mut number = || tokens.next().and_then(decimal::read);
        let numbers = (number(), number(), number());
        let delivery = match numbers {
            (Some(deliveries), Some(stream_seq), Some(consumer_seq)) => {
                Some(AckSubject { stream, consumer, deliveries, stream_seq, consumer_seq })
            }
            _ => None,
        };
        Some(AckTarget { stream, consumer, delivery })
    }

    /// The short form, which is what the server writes.
    pub fn format(&self, stored_at: Timestamp, num_pending: u64) -> Subject {
        let AckSubject { stream, consumer, deliveries, stream_seq, consumer_seq } = self;
        let mut text = Vec::with_capacity(96 + stream.len() + consumer.len());
        let mut token = |token: &str| {
            text.extend_from_slice(token.as_bytes());
            text.push(b'.');
        };
        ["$JS.ACK", stream, consumer].into_iter().for_each(&mut token);
        // Nobody's clock is before 1970.
        let at = u64::try_from(stored_at.nanos()).unwrap_or(0);
        for number in [*deliveries, *stream_seq, *consumer_seq, at, num_pending] {
            decimal::append(number, &mut text);
            text.push(b'.');
        }
        text.pop();
        Subject::from(&*String::from_utf8_lossy(&text))
    }

    /// The long form, with domain and account, which a server writes that was told to.
    pub fn format_long(&self, domain: Option<&str>, stored_at: Timestamp, num_pending: u64) -> Subject {
        let short = self.format(stored_at, num_pending);
        let rest = short.strip_prefix("$JS.ACK.").unwrap_or_default();
        format!("$JS.ACK.{}.{ACCOUNT_HASH}.{rest}", domain.unwrap_or("_")).into()
    }

    pub fn of(stream: &'a Name, consumer: &'a Name, deliveries: u64, stream_seq: u64, consumer_seq: u64) -> Self {
        AckSubject { stream, consumer, deliveries, stream_seq, consumer_seq }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_the_short_form() {
        let (stream, consumer): (Name, Name) = ("S".into(), "c".into());
        let ack = AckSubject::of(&stream, &consumer, 2, 10, 12);
        let subject = ack.format(Timestamp(99), 3);
        assert_eq!(subject.as_str(), "$JS.ACK.S.c.2.10.12.99.3");
        assert_eq!(AckSubject::parse(&subject).unwrap().delivery, Some(ack));
    }

    #[test]
    fn reads_the_long_form() {
        let target = AckSubject::parse("$JS.ACK._.szMpdrwD.S.c.1.5.6.99.0.extra.tokens").unwrap();
        assert_eq!((target.stream, target.consumer), ("S", "c"));
        assert_eq!(target.delivery.map(|delivery| delivery.stream_seq), Some(5));
    }

    #[test]
    fn nobody_listens_on_other_shapes() {
        for subject in ["$JS.ACK.S.c", "$JS.ACK.S.c.1.5.6.99.0.x", "$JS.ACK._.other.S.c.1.5.6.99.0", "$JS.FC.S.c.x"] {
            assert_eq!(AckSubject::parse(subject), None, "{subject}");
        }
        assert_eq!(AckSubject::parse("$JS.ACK.S.c.1.x.6.99.0").unwrap().delivery, None);
        assert_eq!(AckSubject::parse("$JS.ACK.S.c.1.+5.6.99.0").unwrap().delivery, None);
    }
}
