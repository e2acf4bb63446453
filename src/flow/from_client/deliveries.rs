//! What consumers send and clients answer, by the reply subjects that say all about it; and pull requests.

use super::FromClient;
use super::streams::Found;
use crate::api::{AckPolicy, ConsumerConfig, DeliveryInfo, PullRequest};
use crate::engine::{AckKind, ConnId, Fact, Name, PullEnd};
use crate::flow::step::{How, What};
use crate::protocol::{Message, Sid};
use crate::subject::Subject;
use crate::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

const NEXT: &str = "$JS.API.CONSUMER.MSG.NEXT.";
/// Open pull requests remembered; the oldest go first.
const PULLS: usize = 256;
/// How long after its end a pull request counts as over although nobody said so.
const GRACE: Duration = Duration::from_secs(1);

/// A pull request of ours that is not over.
#[derive(Debug)]
pub struct Pull {
    number: u64,
    conn: ConnId,
    hidden: bool,
    stream: Name,
    consumer: Name,
    reply: Subject,
    left: u64,
    expires: Option<Timestamp>,
}

impl FromClient {
    /// `true` when it was a delivery of a consumer.
    pub(super) fn delivered_by_consumer(
        &mut self,
        at: Timestamp,
        conn: ConnId,
        sid: &Sid,
        message: &Message,
        hidden: bool,
    ) -> bool {
        if message.status().is_some() {
            return false;
        }
        let Some(info) = DeliveryInfo::of(message) else { return false };
        let (stream, consumer) = (Name::from(info.stream.as_str()), Name::from(info.consumer.as_str()));
        if hidden && self.streams.get(&stream).is_none() {
            return true;
        }
        self.consumer_in_view(at, &stream, &consumer, How::Seen);
        self.touch(at, &stream);
        let (headers, payload) = (message.headers.as_ref(), &message.payload[..]);
        let (seq, subject, stored_at) = (info.stream_seq, &message.subject, info.timestamp);
        let id = self.found(at, &stream, &Found { seq, subject, headers, payload, stored_at }, How::Seen);
        let config = self.streams.get(&stream).and_then(|known| known.consumers.get(&consumer)?.config.clone());
        let wait = config.as_deref().and_then(|config| wait_for_answer(config, info.deliveries));
        let fact = Fact::Dispatched {
            message: id,
            stream: stream.clone(),
            consumer: consumer.clone(),
            stream_seq: info.stream_seq,
            consumer_seq: info.consumer_seq,
            deliveries: info.deliveries,
            deadline: wait.map(|wait| at + wait),
        };
        self.push(at, How::Seen, Some(id), None, What::Fact(fact));
        if !hidden {
            self.leaves(at, conn, sid, message, id);
        }
        self.pull_served(at, conn, &stream, &consumer);
        true
    }

    /// A client answers a delivery.
    pub(super) fn answered_delivery(&mut self, at: Timestamp, conn: ConnId, message: &Message) {
        let Some(info) = DeliveryInfo::from_reply(&message.subject) else { return };
        let Some(kind) = ack_kind(&message.payload) else { return };
        let (stream, consumer) = (Name::from(info.stream.as_str()), Name::from(info.consumer.as_str()));
        self.consumer_in_view(at, &stream, &consumer, How::Seen);
        self.touch(at, &stream);
        let settles = matches!(kind, AckKind::Ack | AckKind::Next | AckKind::Term { .. });
        if let Some(known) = self.streams.get_mut(&stream).filter(|_| settles) {
            let config = known.consumers.get(&consumer).and_then(|consumer| consumer.config.clone());
            if config.is_some_and(|config| config.ack_policy == AckPolicy::All) {
                (1..=info.stream_seq).rev().take_while(|seq| known.acked.insert(*seq)).for_each(drop);
            }
            known.acked.insert(info.stream_seq);
        }
        let (stream_seq, consumer_seq, conn) = (info.stream_seq, info.consumer_seq, Some(conn));
        self.seen(at, Fact::Answered { stream, consumer, stream_seq, consumer_seq, kind, conn });
    }

    /// A client asks a consumer for messages.
    pub(super) fn pulled(&mut self, at: Timestamp, conn: ConnId, message: &Message) {
        let (Some(rest), Some(reply)) = (message.subject.strip_prefix(NEXT), &message.reply) else { return };
        let Some((stream, consumer)) = rest.split_once('.') else { return };
        self.sweep(at);
        let (stream, consumer) = (Name::from(stream), Name::from(consumer));
        let request = pull_request(&message.payload);
        let hidden = self.conns.get(&conn).is_none_or(|known| known.hidden);
        self.next_pull += 1;
        let expires = request.expires.duration().map(|expires| at + expires);
        let (number, reply) = (self.next_pull, reply.clone());
        let left = request.batch.max(1) as u64;
        if !hidden {
            self.consumer_in_view(at, &stream, &consumer, How::Seen);
            let (stream, consumer, reply) = (stream.clone(), consumer.clone(), reply.clone());
            let request = Arc::new(request);
            self.seen(at, Fact::PullWaiting { stream, consumer, pull: number, reply, request });
        }
        self.pulls.push(Pull { number, conn, hidden, stream, consumer, reply, left, expires });
        if self.pulls.len() > PULLS {
            self.end_pull(at, 0, PullEnd::Expired);
        }
    }

    /// A status frame ends the request on whose reply subject it came.
    pub(super) fn pull_status(&mut self, at: Timestamp, conn: ConnId, message: &Message) {
        let Some(status) = message.status() else { return };
        let index = self.pulls.iter().position(|pull| pull.conn == conn && pull.reply == message.subject);
        let Some(index) = index else { return };
        let end = match (status.code, status.description) {
            (100, _) => return,
            (404, _) => PullEnd::NoMessages,
            (408, _) => PullEnd::Expired,
            (409, "Message Size Exceeds MaxBytes") => PullEnd::MaxBytes,
            (409, "Consumer Deleted") => PullEnd::ConsumerDeleted,
            (409, "Batch Completed") => PullEnd::Filled,
            _ => PullEnd::Refused,
        };
        self.end_pull(at, index, end);
    }

    fn pull_served(&mut self, at: Timestamp, conn: ConnId, stream: &Name, consumer: &Name) {
        let is_it = |pull: &Pull| pull.conn == conn && pull.stream == *stream && pull.consumer == *consumer;
        let Some(index) = self.pulls.iter().position(is_it) else { return };
        self.pulls[index].left = self.pulls[index].left.saturating_sub(1);
        if self.pulls[index].left == 0 {
            self.end_pull(at, index, PullEnd::Filled);
        }
    }

    /// Nobody listens on the reply subject any more.
    pub(super) fn end_pulls_on(&mut self, at: Timestamp, conn: ConnId, subject: &Subject) {
        let is_it = |pull: &Pull| pull.conn == conn && pull.reply == *subject;
        while let Some(index) = self.pulls.iter().position(is_it) {
            self.end_pull(at, index, PullEnd::NoInterest);
        }
    }

    pub(super) fn end_pulls_of(&mut self, at: Timestamp, conn: ConnId) {
        while let Some(index) = self.pulls.iter().position(|pull| pull.conn == conn) {
            self.end_pull(at, index, PullEnd::NoInterest);
        }
    }

    /// What has run out long ago is over, whoever did not hear of it.
    fn sweep(&mut self, at: Timestamp) {
        let is_over = |pull: &Pull| pull.expires.is_some_and(|expires| expires + GRACE < at);
        while let Some(index) = self.pulls.iter().position(is_over) {
            self.end_pull(at, index, PullEnd::Expired);
        }
    }

    fn end_pull(&mut self, at: Timestamp, index: usize, end: PullEnd) {
        let Pull { number: pull, stream, consumer, hidden, .. } = self.pulls.remove(index);
        if !hidden {
            self.seen(at, Fact::PullEnded { stream, consumer, pull, end });
        }
    }
}

/// JSON, or the number of messages alone; nothing is one.
fn pull_request(payload: &[u8]) -> PullRequest {
    let text = String::from_utf8_lossy(payload);
    match text.trim().parse() {
        Ok(batch) => PullRequest { batch, ..PullRequest::default() },
        Err(_) => crate::json::read(payload).unwrap_or_default(),
    }
}

/// What an answer says, as the server reads it.
fn ack_kind(payload: &[u8]) -> Option<AckKind> {
    let text = String::from_utf8_lossy(payload);
    let rest = |word: &str| text.strip_prefix(word).map(|rest| rest.trim().to_owned());
    if text.is_empty() || text == "+ACK" {
        return Some(AckKind::Ack);
    }
    if rest("+NXT").is_some() {
        return Some(AckKind::Next);
    }
    if text == "+WPI" {
        return Some(AckKind::InProgress);
    }
    if let Some(reason) = rest("+TERM") {
        return Some(AckKind::Term { reason: (!reason.is_empty()).then_some(reason) });
    }
    let delay = rest("-NAK")?;
    let nanos = crate::json::parse(&delay).ok().and_then(|json| json.get("delay")?.as_u64());
    let delay = nanos.map(Duration::from_nanos).or_else(|| crate::time::parse_go_duration(&delay));
    Some(AckKind::Nak { delay })
}

/// How long the server waits for an answer to the `deliveries`-th delivery.
fn wait_for_answer(config: &ConsumerConfig, deliveries: u64) -> Option<Duration> {
    if config.ack_policy == AckPolicy::None {
        return None;
    }
    let backoff = config.backoff.as_deref().unwrap_or_default();
    let step = (deliveries.saturating_sub(1) as usize).min(backoff.len().saturating_sub(1));
    backoff.get(step).copied().unwrap_or(config.ack_wait).duration()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_they_are_written() {
        for (text, kind) in [
            ("", Some(AckKind::Ack)),
            ("+ACK", Some(AckKind::Ack)),
            ("+NXT {\"batch\":1}", Some(AckKind::Next)),
            ("+WPI", Some(AckKind::InProgress)),
            ("+TERM", Some(AckKind::Term { reason: None })),
            ("+TERM no such order", Some(AckKind::Term { reason: Some("no such order".into()) })),
            ("-NAK", Some(AckKind::Nak { delay: None })),
            ("-NAK {\"delay\": 5000000000}", Some(AckKind::Nak { delay: Some(Duration::from_secs(5)) })),
            ("hello", None),
        ] {
            assert_eq!(ack_kind(text.as_bytes()), kind, "{text}");
        }
    }

    #[test]
    fn a_pull_request_may_be_a_number() {
        assert_eq!(pull_request(b"").batch, 0);
        assert_eq!(pull_request(b"7").batch, 7);
        assert_eq!(pull_request(b"{\"batch\":5,\"expires\":1000000000}").batch, 5);
        assert_eq!(pull_request(b"\xff{").batch, 0);
    }
}
