//! What clients answer to deliveries: ack, nak, in progress, next, term.
//!
//! Only the sequences in the subject count, not who answers. With a reply subject the server confirms with an empty
//! message, also when there was nothing left to do. The way in is [`Consumer::answer`].
//! Source: NATS docs "Consumers"; nats-server `server/consumer.go`, `processAck`; observed.

use super::purge::Removed;
use super::{AckSubject, Consumer, Settled};
use crate::api::AckPolicy;
use crate::engine::jetstream::{Context, Publication, Store};
use crate::engine::{AckKind, Fact, Origin};
use crate::json::FromJson;
use crate::protocol::Message;
use crate::time::parse_go_duration;
use bytes::Bytes;
use std::time::Duration;

/// The shortest delay of a nak, as on the server.
const SHORTEST_DELAY: Duration = Duration::from_millis(10);

impl Consumer {
    /// A message arrived on one of this consumer's ack subjects; see [`AckSubject::parse`] for whose it is.
    pub fn answer(&mut self, context: &mut Context<'_>, store: &Store, publication: &Publication) -> Settled {
        let message = &publication.message;
        let target = AckSubject::parse(&message.subject).and_then(|target| target.delivery);
        let Some(ack) = target else { return Settled::default() };
        self.activity.answered(context.now);
        let Some((kind, rest)) = read(&message.payload) else {
            self.confirm(context, message);
            return Settled::default();
        };
        let is_known = ack.stream_seq < self.position;
        if is_known {
            self.tell_answer(context, &ack, &kind, publication.origin);
        }
        let (is_confirmed, mut settled) = self.apply(context, &ack, &kind);
        let more = match (kind, &message.reply) {
            (AckKind::Next, Some(reply)) => self.pull_with(context, store, reply.clone(), None, &rest),
            (AckKind::Next, None) => Settled::default(),
            _ => {
                if is_confirmed {
                    self.confirm(context, message);
                }
                Settled::default()
            }
        };
        settled.done.extend(more.done);
        settled.done.extend(self.deliver_if_woken(context, store).done);
        settled
    }

    fn tell_answer(&self, context: &mut Context<'_>, ack: &AckSubject<'_>, kind: &AckKind, origin: Origin) {
        context.tell(Fact::Answered {
            stream: self.stream.clone(),
            consumer: self.name.clone(),
            stream_seq: ack.stream_seq,
            consumer_seq: ack.consumer_seq,
            kind: kind.clone(),
            conn: match origin {
                Origin::Client(conn) => Some(conn),
                Origin::Server => None,
            },
        });
    }

    /// Delivers if what just happened asked for it.
    pub(super) fn deliver_if_woken(&mut self, context: &mut Context<'_>, store: &Store) -> Settled {
        match self.wake.take_if(|at| *at <= context.now) {
            Some(_) => self.deliver_ready(context, store),
            None => Settled::default(),
        }
    }

    /// Does what the answer says. Returns whether it is confirmed.
    fn apply(&mut self, context: &mut Context<'_>, ack: &AckSubject<'_>, kind: &AckKind) -> (bool, Settled) {
        match kind {
            AckKind::Ack | AckKind::Next => self.ack(context, ack, true),
            AckKind::Nak { delay } => {
                self.nak(context, ack, *delay);
                (true, Settled::default())
            }
            AckKind::InProgress => {
                if let Some(pending) = self.acks.get(ack.stream_seq).copied() {
                    self.acks.progress(ack.stream_seq, context.now);
                    self.record.delivered(self.rules(), pending.consumer_seq, ack.stream_seq, 1);
                    self.last_delivery = Some(context.now);
                }
                (true, Settled::default())
            }
            AckKind::Term { reason } => {
                let done = self.ack(context, ack, false);
                self.announce_terminated(context, ack, reason.as_deref().unwrap_or_default());
                done
            }
        }
    }

    /// Returns whether the answer was to something delivered, and what is done with now.
    pub(super) fn ack(&mut self, context: &mut Context<'_>, ack: &AckSubject<'_>, is_success: bool) -> (bool, Settled) {
        if ack.stream_seq >= self.position && !self.config.flow_control {
            return (false, Settled::default());
        }
        let before = self.record.floor();
        let was_full = self.is_full();
        let mut settled = Settled { done: vec![ack.stream_seq] };
        let mut consumer_seq = ack.consumer_seq;
        if self.config.ack_policy == AckPolicy::Explicit {
            if let Some(pending) = self.acks.ack(ack.stream_seq, self.here()) {
                consumer_seq = pending.consumer_seq;
                if is_success && self.is_sampled(context) {
                    self.announce_sample(context, ack, pending.since);
                }
                if was_full {
                    self.wake = Some(context.now);
                }
            }
        } else {
            let Some(below) = self.acks.ack_all(ack.stream_seq, ack.consumer_seq) else {
                return (true, Settled::default());
            };
            settled.done.extend(below.into_iter().filter(|seq| *seq != ack.stream_seq));
            if was_full {
                self.wake = Some(context.now);
            }
        }
        self.record.acked(self.rules(), consumer_seq, ack.stream_seq);
        if self.config.ack_policy != AckPolicy::None {
            self.last_answer = Some(context.now);
        }
        self.tell_floor_after(context, before);
        (true, settled)
    }

    fn nak(&mut self, context: &mut Context<'_>, ack: &AckSubject<'_>, delay: Option<Duration>) {
        let is_old = ack.consumer_seq <= self.acks.floor().consumer_seq;
        let Some(pending) = self.acks.get(ack.stream_seq).copied() else { return };
        if is_old || ack.consumer_seq > self.next_consumer_seq {
            return;
        }
        self.announce_nak(context, ack);
        self.acks.nak(ack.stream_seq, delay, SHORTEST_DELAY, context.now);
        if delay.is_some() {
            self.record.delivered(self.rules(), pending.consumer_seq, ack.stream_seq, ack.deliveries);
            self.last_delivery = Some(context.now);
        } else {
            self.tell_due(context, ack.stream_seq);
            self.wake = Some(context.now);
        }
    }

    /// The message is gone from the stream: nobody will answer it any more. To be called once the stream is settled.
    pub fn terminate_removed(&mut self, context: &mut Context<'_>, store: &Store, removed: Removed) -> Settled {
        let Removed { stream_seq, consumer_seq, deliveries } = removed;
        let settled = self.terminate_as(context, stream_seq, consumer_seq, deliveries);
        let more = self.deliver_if_woken(context, store);
        Settled { done: settled.done.into_iter().chain(more.done).collect() }
    }

    /// The same for one that was about to be sent again.
    pub(super) fn terminate(&mut self, context: &mut Context<'_>, stream_seq: u64, deliveries: u64) {
        let consumer_seq = self.acks.get(stream_seq).map_or(0, |pending| pending.consumer_seq);
        self.terminate_as(context, stream_seq, consumer_seq, deliveries);
    }

    fn terminate_as(
        &mut self,
        context: &mut Context<'_>,
        stream_seq: u64,
        consumer_seq: u64,
        deliveries: u64,
    ) -> Settled {
        let (stream, consumer) = (self.stream.clone(), self.name.clone());
        let ack = AckSubject::of(&stream, &consumer, deliveries, stream_seq, consumer_seq);
        let (_, settled) = self.ack(context, &ack, false);
        self.announce_terminated(context, &ack, "Unacknowledged message was deleted");
        settled
    }

    fn is_sampled(&self, context: &mut Context<'_>) -> bool {
        let percent = crate::json::number(self.config.sample_frequency.trim_end_matches('%')).unwrap_or(0.0);
        percent > 0.0 && context.rng.chance(percent / 100.0)
    }

    fn confirm(&self, context: &mut Context<'_>, answer: &Message) {
        if let Some(reply) = &answer.reply {
            context.send(Message::new(reply.clone(), Bytes::new()));
        }
    }
}

/// What a payload says, and what follows the word; `None` for words nobody knows.
fn read(payload: &Bytes) -> Option<(AckKind, Bytes)> {
    if matches!(&payload[..], b"" | b"+ACK" | b"+OK") {
        return Some((AckKind::Ack, Bytes::new()));
    }
    if &payload[..] == b"+WPI" {
        return Some((AckKind::InProgress, Bytes::new()));
    }
    let (word, rest) = (payload.get(..4)?, payload.slice(4..));
    let kind = match word {
        b"-NAK" => AckKind::Nak { delay: read_delay(&rest) },
        b"+NXT" => AckKind::Next,
        b"+TER" => AckKind::Term { reason: read_reason(rest.strip_prefix(b"M")?) },
        _ => return None,
    };
    Some((kind, rest))
}

fn read_reason(rest: &[u8]) -> Option<String> {
    let reason = String::from_utf8_lossy(rest).trim().to_owned();
    (!reason.is_empty()).then_some(reason)
}

/// `{"delay":<ns>}` or a Go duration; anything else is no delay at all.
fn read_delay(rest: &[u8]) -> Option<Duration> {
    #[derive(FromJson)]
    struct Options {
        #[json(default)]
        delay: i64,
    }
    let text = std::str::from_utf8(rest).ok()?.trim();
    if text.is_empty() {
        return None;
    }
    if text.starts_with('{') {
        let options: Options = crate::json::read(text).ok()?;
        return Some(Duration::from_nanos(u64::try_from(options.delay).unwrap_or(0)));
    }
    parse_go_duration(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &'static str) -> Option<AckKind> {
        read(&Bytes::from_static(text.as_bytes())).map(|(kind, _)| kind)
    }

    #[test]
    fn words() {
        for text in ["", "+ACK", "+OK"] {
            assert_eq!(kind(text), Some(AckKind::Ack), "{text}");
        }
        assert_eq!(kind("+WPI"), Some(AckKind::InProgress));
        assert_eq!(kind("+TERM"), Some(AckKind::Term { reason: None }));
        assert_eq!(kind("+TERM  no good "), Some(AckKind::Term { reason: Some("no good".to_owned()) }));
        assert_eq!(kind("+NXT 2"), Some(AckKind::Next));
        for text in ["hello", "+WPI ", "+ACK!", "+TER", "ack"] {
            assert_eq!(kind(text), None, "{text}");
        }
    }

    #[test]
    fn nak_delays() {
        let delay = |text| match kind(text) {
            Some(AckKind::Nak { delay }) => delay.map(|delay| delay.as_millis()),
            other => panic!("{text}: {other:?}"),
        };
        let cases = [("-NAK", None), ("-NAK {\"delay\":300000000}", Some(300)), ("-NAK{\"delay\":5000000}", Some(5))];
        for (text, expected) in cases {
            assert_eq!(delay(text), expected, "{text}");
        }
        for (text, expected) in [("-NAK 300ms", Some(300)), ("-NAK 0.3s", Some(300)), ("-NAK {}", Some(0))] {
            assert_eq!(delay(text), expected, "{text}");
        }
        for text in ["-NAK bogus", "-NAK 300", "-NAK {\"delay\":\"300ms\"}"] {
            assert_eq!(delay(text), None, "{text}");
        }
    }
}
