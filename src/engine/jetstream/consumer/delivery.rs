//! Which message goes next, to whom, and what it looks like on the wire.
//!
//! Redeliveries go before anything new; new messages wait while `max_ack_pending` is reached. One message is chosen,
//! which moves the position, then a receiver for it; a message nobody can take is put back. What looks odd in how that is
//! done can be seen from outside, and is as on the server.
//! The way in is [`Consumer::deliver_ready`], called whenever something may have become possible.
//! Source: nats-server `server/consumer.go`, `loopAndGatherMsgs` and `getNextMsg`, observed.

use super::ack_pending::Pair;
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
    /// Delivers as long as there are messages and receivers; then looks after the requests that go on waiting.
    pub(in crate::engine::jetstream) fn deliver_ready(&mut self, context: &mut Context<'_>, store: &Store) -> Settled {
        let mut settled = Settled::default();
        let stop = loop {
            match self.deliver_one(context, store, &mut settled) {
                Ok(()) => {}
                Err(stop) => break stop,
            }
        };
        if let Stop::Paced(until) = stop {
            self.wake = Some(until);
            return settled;
        }
        if self.position > self.replay_to {
            self.pace.caught_up();
        }
        self.process_waiting(context, stop != Stop::Stalled);
        settled
    }

    fn deliver_one(&mut self, context: &mut Context<'_>, store: &Store, settled: &mut Settled) -> Result<(), Stop> {
        if self.is_paused || self.is_stuck || !self.has_receiver() {
            return Err(Stop::Idle);
        }
        let candidate = match self.take_held(store) {
            Some(held) => held,
            None => self.choose(context, store)?,
        };
        let seq = candidate.stored.seq;
        let ack = AckSubject::of(&self.stream, &self.name, candidate.deliveries, seq, self.next_consumer_seq);
        let (stored_at, pending) = (candidate.stored.at, self.shown_pending());
        let ack = match context.options.long_ack_subjects {
            true => ack.format_long(context.options.domain.as_deref(), stored_at, pending),
            false => ack.format(stored_at, pending),
        };
        let mut message = self.message(candidate.stored, ack);
        let bytes = size(&message);
        let Some(earliest) = self.pace.earliest(candidate.stored.at, bytes) else {
            self.is_stuck = true;
            return Err(Stop::Idle);
        };
        if earliest > context.now {
            self.held = Some((seq, candidate.deliveries));
            return Err(Stop::Paced(earliest));
        }
        let receiver = match self.config.is_pull().then(|| self.find_receiver(context, bytes)) {
            Some(None) => {
                self.put_back(&candidate);
                return Err(Stop::Idle);
            }
            receiver => receiver.flatten(),
        };
        self.pace.sent(candidate.stored.at, bytes, context.now);
        self.record_delivery(context, &candidate, settled);
        match receiver {
            Some(id) => self.hand_to_waiter(context, id, message, candidate.stored),
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

    pub(super) fn has_receiver(&self) -> bool {
        if self.config.is_pull() { !self.waiting.is_empty() } else { self.push.can_send() }
    }

    fn take_held<'a>(&mut self, store: &'a Store) -> Option<Candidate<'a>> {
        let (seq, deliveries) = self.held.take()?;
        Some(Candidate { stored: store.get(seq)?, deliveries })
    }

    fn choose<'a>(&mut self, context: &mut Context<'_>, store: &'a Store) -> Result<Candidate<'a>, Stop> {
        if let Some(candidate) = self.choose_redelivery(context, store) {
            return Ok(candidate);
        }
        let limit = self.config.max_ack_pending_limit();
        if limit.is_some_and(|limit| self.acks.len() as u64 >= limit) {
            return Err(Stop::Stalled);
        }
        let stored = match self.next_single() {
            Some(single) => store.get(single).ok_or(Stop::Idle)?,
            None => self.next_in_order(store)?,
        };
        self.num_pending -= 1;
        Ok(Candidate { stored, deliveries: 1 })
    }

    fn next_single(&mut self) -> Option<u64> {
        let singles = self.singles.as_mut()?;
        let seq = singles.seqs.pop_front()?;
        self.position = seq + 1;
        if singles.seqs.is_empty() {
            self.position = singles.resume + 1;
            self.singles = None;
        }
        Some(seq)
    }

    fn next_in_order<'a>(&mut self, store: &'a Store) -> Result<&'a Stored, Stop> {
        if let Some(stored) = store.next_matching(&self.filters, self.position) {
            self.position = stored.seq + 1;
            return Ok(stored);
        }
        self.position = self.position.max(store.last_seq() + 1);
        self.num_pending = 0;
        self.counted_to = store.last_seq();
        Err(Stop::Idle)
    }

    /// Nobody could take it. A first delivery that is no longer the newest goes through the redelivery queue.
    fn put_back(&mut self, candidate: &Candidate<'_>) {
        let seq = candidate.stored.seq;
        if candidate.is_first_delivery() && seq + 1 == self.position {
            self.position -= 1;
            self.num_pending += 1;
        } else if !self.acks.is_queued(seq) {
            self.acks.uncount_redelivery(seq);
            self.acks.enqueue(seq);
        }
    }

    fn choose_redelivery<'a>(&mut self, context: &mut Context<'_>, store: &'a Store) -> Option<Candidate<'a>> {
        while let Some(seq) = self.acks.next_redelivery() {
            let deliveries = self.acks.count_redelivery(seq);
            if let Some(limit) = self.config.max_deliver_limit().filter(|limit| deliveries > *limit) {
                // A limit that was lowered meanwhile is told of, too.
                if deliveries == limit + 1 || self.acks.get(seq).is_some() {
                    self.announce_max_deliveries(context, seq, deliveries.saturating_sub(1));
                }
                self.give_up(context, seq, deliveries);
                continue;
            }
            if let Some(stored) = store.get(seq) {
                return Some(Candidate { stored, deliveries });
            }
            self.acks.uncount_redelivery(seq);
            if self.acks.get(seq).is_some() {
                self.terminate(context, seq, deliveries - 1);
            }
        }
        None
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
    fn record_delivery(&mut self, context: &mut Context<'_>, candidate: &Candidate<'_>, settled: &mut Settled) {
        let (seq, consumer_seq, now) = (candidate.stored.seq, self.next_consumer_seq, context.now);
        let before = self.record.floor();
        self.next_consumer_seq += 1;
        self.last_delivery = Some(now);
        self.activity.touch(now);
        self.record.delivered(self.rules(), consumer_seq, seq, candidate.deliveries);
        let deadline = match self.config.ack_policy {
            AckPolicy::None => {
                self.acks.set_floor(Pair { consumer_seq, stream_seq: seq });
                settled.done.push(seq);
                None
            }
            AckPolicy::FlowControl => {
                self.acks.track_untimed(seq, consumer_seq, now);
                None
            }
            _ => Some(self.acks.track(seq, consumer_seq, now)),
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

    fn hand_to_waiter(&mut self, context: &mut Context<'_>, id: u64, mut message: Message, stored: &Stored) {
        if let Some(pin) = self.pin_header() {
            message.headers = Some(message.headers.take().unwrap_or_default().and("Nats-Pin-Id", &pin));
        }
        let Some(turn) = self.waiting.take_turn(id, context.now) else { return };
        context.deliver(turn.reply, message, stored.id);
        let Some(done) = turn.done else { return };
        if done.left <= 0 && done.bytes_left.is_some_and(|left| left > 0) {
            self.end_pull(context, &done, Status::pending(409, "Batch Completed", &done), PullEnd::Filled);
        } else {
            self.tell_pull_end(context, id, PullEnd::Filled);
        }
    }

    /// No more deliveries of this message. `deliveries` is the one that will not take place.
    fn give_up(&mut self, context: &mut Context<'_>, stream_seq: u64, deliveries: u64) {
        let Some(pending) = self.acks.drop_pending(stream_seq, self.here()) else { return };
        self.record.delivered(self.rules(), pending.consumer_seq, stream_seq, deliveries);
        self.last_delivery = Some(context.now);
        context.tell(Fact::GivenUp {
            stream: self.stream.clone(),
            consumer: self.name.clone(),
            stream_seq,
            deliveries: deliveries - 1,
        });
    }

    /// Whether no more deliveries of a message that was not answered are allowed; if so, it is given up.
    ///
    /// The server takes redeliveries for deliveries here, so mostly it notices only when the next one is tried.
    pub(super) fn has_used_up(&mut self, context: &mut Context<'_>, stream_seq: u64) -> bool {
        let deliveries = self.acks.deliveries_so_far(stream_seq);
        let Some(limit) = self.config.max_deliver_limit().filter(|limit| deliveries >= *limit) else { return false };
        if deliveries == limit || self.acks.get(stream_seq).is_some() {
            self.announce_max_deliveries(context, stream_seq, self.acks.deliveries(stream_seq));
        }
        if self.is_full() {
            self.wake = Some(context.now);
        }
        self.give_up(context, stream_seq, deliveries + 1);
        self.acks.set_redeliveries(stream_seq, deliveries);
        true
    }

    /// `max_ack_pending` is reached.
    pub(super) fn is_full(&self) -> bool {
        self.config.max_ack_pending_limit().is_some_and(|limit| self.acks.len() as u64 >= limit)
    }

    /// Queues what nobody answered in time.
    pub(super) fn expire_acks(&mut self, context: &mut Context<'_>, store: &Store) {
        let due = self.acks.expire(context.now);
        if due.is_empty() {
            return;
        }
        let before = self.record.floor();
        self.drop_settled(store);
        for stream_seq in due {
            let is_open = self.acks.get(stream_seq).is_some() && !self.acks.is_queued(stream_seq);
            if is_open && !self.has_used_up(context, stream_seq) {
                self.acks.expired(stream_seq, context.now);
                self.tell_due(context, stream_seq);
                self.wake = Some(context.now);
            }
        }
        if self.acks.is_empty() {
            self.acks.unqueue_below(u64::MAX);
            self.acks.set_floor(self.here());
        }
        self.tell_floor_after(context, before);
    }

    /// Lets go of what can not be answered any more, when the server looks for it: whenever an answer is overdue.
    fn drop_settled(&mut self, store: &Store) {
        let first = store.first_seq();
        let mut dropped = false;
        for seq in self.acks.sequences() {
            let floor = self.acks.floor();
            if seq >= first && seq > floor.stream_seq {
                continue;
            }
            let Some(pending) = self.acks.forget(seq) else { continue };
            self.acks.forget_redeliveries(seq);
            self.acks.unqueue(seq);
            self.acks.set_floor(Pair {
                consumer_seq: floor.consumer_seq.max(pending.consumer_seq),
                stream_seq: floor.stream_seq.max(seq),
            });
            dropped = true;
        }
        if dropped {
            self.write_down();
        }
    }

    pub(super) fn tell_due(&self, context: &mut Context<'_>, stream_seq: u64) {
        let (stream, consumer) = (self.stream.clone(), self.name.clone());
        context.tell(Fact::RedeliveryDue { stream, consumer, stream_seq });
    }

    /// Tells the ack floor if it is not `before` any more.
    pub(super) fn tell_floor_after(&self, context: &mut Context<'_>, before: Pair) {
        let floor = self.record.floor();
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
