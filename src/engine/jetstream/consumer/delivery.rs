//! Which message goes next, to whom, and what it looks like on the wire.
//!
//! Redeliveries go before anything new; new messages wait while `max_ack_pending` is reached. One message is chosen,
//! then a receiver for it, and only then the books are changed: a message nobody can take stays where it was.
//! The way in is [`Consumer::deliver_ready`], called whenever something may have become possible.
//! Source: nats-server `server/consumer.go`, `loopAndGatherMsgs` and `getNextMsg`, observed.

use super::pull::Status;
use super::{AckSubject, Consumer, Settled};
use crate::api::AckPolicy;
use crate::engine::jetstream::{Context, Store, Stored};
use crate::engine::{Fact, PullEnd};
use crate::protocol::Message;
use crate::subject::Subject;
use crate::time::Timestamp;
use bytes::Bytes;

/// Why nothing more is delivered for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// No message, or nobody who could take it.
    Idle,
    /// `max_ack_pending` is reached.
    Stalled,
    /// The next message may go then.
    Paced(Timestamp),
}

/// The message whose turn it is.
struct Candidate<'a> {
    stored: &'a Stored,
    deliveries: u64,
}

impl Candidate<'_> {
    fn is_first_delivery(&self) -> bool {
        self.deliveries == 1
    }
}

impl Consumer {
    /// Delivers as long as there are messages and receivers.
    pub(in crate::engine::jetstream) fn deliver_ready(&mut self, context: &mut Context<'_>, store: &Store) -> Settled {
        let mut settled = Settled::default();
        let stop = loop {
            match self.deliver_one(context, store, &mut settled) {
                Ok(()) => {}
                Err(stop) => break stop,
            }
        };
        match stop {
            Stop::Idle => self.end_one_shots(context),
            Stop::Stalled => {}
            Stop::Paced(until) => self.wake = Some(until),
        }
        settled
    }

    fn deliver_one(&mut self, context: &mut Context<'_>, store: &Store, settled: &mut Settled) -> Result<(), Stop> {
        if self.is_paused || !self.has_receiver() {
            return Err(Stop::Idle);
        }
        let candidate = self.choose(context, store)?;
        let num_pending = self.num_pending.saturating_sub(candidate.is_first_delivery().into());
        let seq = candidate.stored.seq;
        let ack = AckSubject::of(&self.stream, &self.name, candidate.deliveries, seq, self.next_consumer_seq)
            .format(candidate.stored.at, num_pending);
        let mut message = self.message(candidate.stored, ack);
        let bytes = size(&message);
        let receiver =
            if self.config.is_pull() { Some(self.find_receiver(context, bytes).ok_or(Stop::Idle)?) } else { None };
        let earliest = self.pace.earliest(candidate.stored.at, bytes);
        if earliest > context.now {
            return Err(Stop::Paced(earliest));
        }
        self.pace.sent(candidate.stored.at, bytes, context.now);
        self.record(context, &candidate, settled);
        match receiver {
            Some(id) => self.hand_to_waiter(context, id, bytes, message, candidate.stored),
            None => {
                let to: Subject = self.config.deliver_subject.as_str().into();
                let ack_bytes = message.reply.as_ref().map_or(0, |reply| reply.len());
                let outstanding = to.len() + ack_bytes + message.headers_bytes() + message.payload.len();
                message.subject = candidate.stored.subject.clone();
                context.deliver(to, message, candidate.stored.id);
                self.pushed(context, outstanding);
            }
        }
        Ok(())
    }

    fn has_receiver(&self) -> bool {
        if self.config.is_pull() { !self.waiting.is_empty() } else { self.push.can_send() }
    }

    fn choose<'a>(&mut self, context: &mut Context<'_>, store: &'a Store) -> Result<Candidate<'a>, Stop> {
        if let Some(candidate) = self.choose_redelivery(context, store) {
            return Ok(candidate);
        }
        let limit = self.config.max_ack_pending_limit().filter(|_| self.config.ack_policy != AckPolicy::None);
        if limit.is_some_and(|limit| self.acks.len() as u64 >= limit) {
            return Err(Stop::Stalled);
        }
        while let Some(&single) = self.next.singles.front() {
            if let Some(stored) = store.get(single) {
                return Ok(Candidate { stored, deliveries: 1 });
            }
            self.next.singles.pop_front();
        }
        let Some(stored) = store.next_matching(&self.filters, self.next.resume) else {
            self.reached_the_end(store);
            return Err(Stop::Idle);
        };
        Ok(Candidate { stored, deliveries: 1 })
    }

    fn choose_redelivery<'a>(&mut self, context: &mut Context<'_>, store: &'a Store) -> Option<Candidate<'a>> {
        while let Some((seq, deliveries)) = self.acks.next_redelivery() {
            if self.config.max_deliver_limit().is_some_and(|limit| deliveries > limit) {
                self.give_up(context, seq, deliveries - 1);
                continue;
            }
            match store.get(seq) {
                Some(stored) => return Some(Candidate { stored, deliveries }),
                None => self.terminate_removed(context, seq),
            }
        }
        None
    }

    fn reached_the_end(&mut self, store: &Store) {
        if self.next.resume <= store.last_seq() {
            self.next.resume = store.last_seq() + 1;
        }
        self.num_pending = 0;
        self.pace.caught_up();
    }

    fn message(&self, stored: &Stored, ack: Subject) -> Message {
        let (headers, payload) = if self.config.headers_only {
            let headers = stored.headers.clone().unwrap_or_default();
            (Some(headers.and("Nats-Msg-Size", &stored.payload.len().to_string())), Bytes::new())
        } else {
            (stored.headers.clone(), stored.payload.clone())
        };
        Message { subject: stored.subject.clone(), reply: Some(ack), headers, payload }
    }

    /// Changes the books: positions, counts, what is out for an answer.
    fn record(&mut self, context: &mut Context<'_>, candidate: &Candidate<'_>, settled: &mut Settled) {
        let (seq, consumer_seq, now) = (candidate.stored.seq, self.next_consumer_seq, context.now);
        self.next_consumer_seq += 1;
        self.last_delivery = Some(now);
        self.activity.touch(now);
        let before = self.acks.floor();
        if candidate.is_first_delivery() {
            self.num_pending = self.num_pending.saturating_sub(1);
            if self.next.singles.pop_front().is_none() {
                self.next.resume = seq + 1;
            }
        }
        let deadline = match (self.config.ack_policy, candidate.is_first_delivery()) {
            (AckPolicy::None, _) => {
                self.acks.deliver_settled(seq, consumer_seq);
                settled.done.push(seq);
                None
            }
            (AckPolicy::FlowControl, _) => {
                self.acks.deliver_untimed(seq, consumer_seq, now);
                None
            }
            (_, true) => Some(self.acks.deliver(seq, consumer_seq, now)),
            (_, false) => Some(self.acks.redeliver(seq, consumer_seq, now)),
        };
        context.tell(Fact::Dispatched {
            message: candidate.stored.id,
            stream: self.stream.clone(),
            consumer: self.name.clone(),
            stream_seq: seq,
            consumer_seq,
            deliveries: candidate.deliveries,
            deadline,
        });
        self.tell_floor_after(context, before);
    }

    fn hand_to_waiter(
        &mut self,
        context: &mut Context<'_>,
        id: u64,
        bytes: usize,
        mut message: Message,
        stored: &Stored,
    ) {
        if let Some(pin) = self.pin_header(id) {
            message.headers = Some(message.headers.take().unwrap_or_default().and("Nats-Pin-Id", &pin));
        }
        let Some(turn) = self.waiting.take_turn(id, bytes, context.now) else { return };
        context.deliver(turn.reply, message, stored.id);
        let Some(done) = turn.done else { return };
        if done.left <= 0 && done.bytes_left.is_some_and(|left| left > 0) {
            self.end_pull(context, &done, Status::pending(409, "Batch Completed", &done), PullEnd::Filled);
        } else {
            self.tell_pull_end(context, id, PullEnd::Filled);
        }
    }

    /// No more deliveries of this message.
    pub(super) fn give_up(&mut self, context: &mut Context<'_>, stream_seq: u64, deliveries: u64) {
        self.acks.give_up(stream_seq);
        context.tell(Fact::GivenUp {
            stream: self.stream.clone(),
            consumer: self.name.clone(),
            stream_seq,
            deliveries,
        });
        self.announce_max_deliveries(context, stream_seq, deliveries);
    }

    /// Queues what nobody answered in time.
    pub(super) fn expire_acks(&mut self, context: &mut Context<'_>) {
        for stream_seq in self.acks.expire(context.now) {
            // The server looks at the limit here only when it is one delivery; otherwise at the next attempt.
            if self.config.max_deliver == 1 {
                self.give_up(context, stream_seq, 1);
            } else {
                self.tell_due(context, stream_seq);
            }
        }
    }

    pub(super) fn tell_due(&self, context: &mut Context<'_>, stream_seq: u64) {
        let (stream, consumer) = (self.stream.clone(), self.name.clone());
        context.tell(Fact::RedeliveryDue { stream, consumer, stream_seq });
    }

    /// Tells the ack floor if it is not `before` any more.
    pub(super) fn tell_floor_after(&self, context: &mut Context<'_>, before: super::ack_pending::Pair) {
        let floor = self.acks.floor();
        if floor != before {
            context.tell(Fact::AckFloor {
                stream: self.stream.clone(),
                consumer: self.name.clone(),
                consumer_seq: floor.consumer_seq,
                stream_seq: floor.stream_seq,
            });
        }
    }
}

/// What a delivery counts for under byte limits.
fn size(message: &Message) -> usize {
    let ack_bytes = message.reply.as_ref().map_or(0, |reply| reply.len());
    message.subject.len() + ack_bytes + message.headers_bytes() + message.payload.len()
}
