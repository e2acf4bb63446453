//! Publishing many messages in a row with few answers: fast ingest.
//!
//! Each message is stored as it comes and says in its reply subject which batch it belongs to, its number in it and what
//! it is: `<prefix>.<batch id>.<flow>.<gap>.<number>.<operation>.$FI`. The publisher hears an ack after every so many
//! messages, of a number missing, of a message refused, and of the end. The way in is [`Stream::publish_fast`].
//! Source: ADR-50; nats-server 2.15.1, observed.

use super::batch::{MAX_ID_BYTES, PATIENCE};
use super::publish::{Accepted, StorageLeft};
use super::{Context, Publication, Stream};
use crate::api::{Error, ErrorCode};
use crate::engine::Fact;
use crate::map::Map;
use crate::pack::Pack;
use crate::protocol::Message;
use crate::subject::Subject;
use crate::time::Timestamp;

const SUFFIX: &str = ".$FI";
const MAX_OPEN: usize = 1000;
const DEFAULT_FLOW: u64 = 10;
const MAX_FLOW: u64 = 65_535;
/// Messages between two acks of all open batches together, as long as there are fewer batches.
const SHARED_FLOW: u64 = 500;

/// Batches that were begun and not ended yet.
#[derive(Clone, Debug, Default, Pack)]
pub(super) struct FastIngest(Map<String, Batch>);

#[derive(Clone, Debug, Pack)]
struct Batch {
    /// Messages between two acks: wanted, and granted until the next one.
    wanted: u64,
    granted: u64,
    gap: OnGap,
    /// The number of the last message, and of the last one that was acked.
    last: u64,
    acked: u64,
    /// The stream sequence of the last message stored; 0 before one was.
    stored: u64,
    deadline: Timestamp,
}

/// What happens when a number is missing or a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pack)]
enum OnGap {
    Fail,
    GoOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Start,
    Append,
    Commit,
    /// The end, without a message.
    End,
    Ping,
}

/// What a reply subject says.
struct Order<'a> {
    id: &'a str,
    flow: u64,
    gap: OnGap,
    number: u64,
    operation: Operation,
}

impl<'a> Order<'a> {
    fn parse(reply: &'a str) -> Option<Order<'a>> {
        let mut tokens = reply.strip_suffix(SUFFIX)?.rsplit('.');
        let operation = match tokens.next()? {
            "0" => Operation::Start,
            "1" => Operation::Append,
            "2" => Operation::Commit,
            "3" => Operation::End,
            "4" => Operation::Ping,
            _ => return None,
        };
        let number: u64 = tokens.next()?.parse().ok().filter(|number| *number > 0)?;
        let gap = match tokens.next()? {
            "fail" => OnGap::Fail,
            "ok" => OnGap::GoOn,
            _ => return None,
        };
        let flow = tokens.next()?.parse::<i64>().ok().filter(|flow| *flow > 0);
        let flow = flow.map_or(DEFAULT_FLOW, |flow| flow.unsigned_abs().min(MAX_FLOW));
        let id = tokens.next().filter(|id| !id.is_empty())?;
        tokens.next()?;
        let is_first = number == 1;
        let fits = match operation {
            Operation::Start => is_first,
            Operation::Append | Operation::End => !is_first,
            Operation::Commit | Operation::Ping => true,
        };
        fits.then_some(Order { id, flow, gap, number, operation })
    }
}

impl FastIngest {
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.0.values().map(|batch| batch.deadline).min()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Drops batches nobody continued; nobody is told.
    pub fn expire(&mut self, now: Timestamp) {
        self.0.retain(|_, batch| batch.deadline > now);
    }

    /// What each batch may have between two acks.
    fn share(&self) -> u64 {
        (SHARED_FLOW / (self.0.len() as u64).max(1)).max(1)
    }
}

pub(super) fn is_fast(message: &Message) -> bool {
    message.reply.as_ref().is_some_and(|reply| reply.ends_with(SUFFIX))
}

impl Stream {
    /// Takes a message of a fast batch and answers as far as it is due.
    pub(super) fn publish_fast(&mut self, context: &mut Context<'_>, publication: &Publication, storage: StorageLeft) {
        let Some(reply) = publication.message.reply.clone() else { return };
        let order = match self.check_fast(context, publication) {
            Ok(order) => order,
            Err(error) => return self.refuse_fast(context, publication, &error),
        };
        let id = order.id.to_owned();
        if !self.fast.0.contains_key(&id) {
            self.begin_fast(context, &order, &reply);
        }
        let Some(mut batch) = self.fast.0.get(&id).cloned() else { return };
        batch.deadline = context.now + PATIENCE;
        let is_open = self.continue_fast(context, publication, storage, &order, &mut batch);
        match is_open {
            true => drop(self.fast.0.insert(id, batch)),
            false => drop(self.fast.0.remove(&id)),
        }
    }

    fn check_fast<'a>(&self, context: &mut Context<'_>, publication: &'a Publication) -> Result<Order<'a>, Error> {
        let refuse = |code: u16| Err(ErrorCode(code).error());
        if self.config.sealed {
            return refuse(10109);
        }
        self.check_sizes(&self.draft(context, publication))?;
        if !self.config.allow_batched {
            return refuse(10205);
        }
        let reply = publication.message.reply.as_ref().map_or("", |reply| reply);
        let Some(order) = Order::parse(reply) else { return refuse(10206) };
        if order.id.len() > MAX_ID_BYTES {
            return refuse(10207);
        }
        if !self.fast.0.contains_key(order.id) {
            if order.number != 1 || order.operation == Operation::Ping {
                return refuse(10208);
            }
            if self.fast.0.len() >= MAX_OPEN {
                return refuse(10211);
            }
        }
        Ok(order)
    }

    fn refuse_fast(&self, context: &mut Context<'_>, publication: &Publication, error: &Error) {
        let (stream, told) = (self.name.clone(), error.clone());
        context.tell(Fact::Refused { message: publication.id, stream, error: told });
        if let Some(reply) = publication.message.reply.clone().filter(|_| !self.config.no_ack) {
            let text = self.ack_text(context.options, &Err(error.clone()));
            context.send(Message::new(reply, text));
        }
    }

    /// The first batch gets what it wants, the others begin with one message at a time.
    fn begin_fast(&mut self, context: &mut Context<'_>, order: &Order<'_>, reply: &Subject) {
        let granted = if self.fast.0.is_empty() { order.flow.min(SHARED_FLOW) } else { 1 };
        let deadline = context.now + PATIENCE;
        let batch = Batch { wanted: order.flow, granted, gap: order.gap, last: 0, acked: 0, stored: 0, deadline };
        if order.operation == Operation::Start {
            self.ack_fast(context, reply, &batch);
        }
        self.fast.0.insert(order.id.to_owned(), batch);
    }

    fn ack_fast(&self, context: &mut Context<'_>, reply: &Subject, batch: &Batch) {
        if !self.config.no_ack {
            let (seq, msgs) = (batch.acked, batch.granted);
            context.send(Message::new(reply.clone(), format!(r#"{{"type":"ack","seq":{seq},"msgs":{msgs}}}"#)));
        }
    }

    /// Returns whether the batch goes on.
    fn continue_fast(
        &mut self,
        context: &mut Context<'_>,
        publication: &Publication,
        storage: StorageLeft,
        order: &Order<'_>,
        batch: &mut Batch,
    ) -> bool {
        let Some(reply) = &publication.message.reply else { return true };
        // A ping says how far the publisher is; the number after it is the one that would come next.
        let is_ping = order.operation == Operation::Ping;
        let number = if is_ping { order.number.saturating_add(1) } else { order.number };
        let expected = batch.last + 1;
        let is_out_of_order = if is_ping { number > expected } else { number != expected };
        if is_out_of_order {
            let gap = format!(r#"{{"type":"gap","last_seq":{expected},"seq":{number}}}"#);
            context.send(Message::new(reply.clone(), gap));
            if batch.gap == OnGap::Fail || number < expected {
                self.end_fast(context, reply, order.id, batch, None);
                return false;
            }
            batch.last = number - 1;
        }
        match order.operation {
            Operation::Ping => {
                self.ack_fast(context, reply, batch);
                true
            }
            Operation::End => {
                self.end_fast(context, reply, order.id, batch, None);
                false
            }
            _ => self.take_fast(context, publication, storage, order, batch),
        }
    }

    fn take_fast(
        &mut self,
        context: &mut Context<'_>,
        publication: &Publication,
        storage: StorageLeft,
        order: &Order<'_>,
        batch: &mut Batch,
    ) -> bool {
        let Some(reply) = &publication.message.reply else { return true };
        let is_commit = order.operation == Operation::Commit;
        let mut duplicate = None;
        match self.accept(context, publication, storage) {
            Err(error) => {
                if order.number == 1 && batch.gap == OnGap::Fail {
                    self.refuse_fast(context, publication, &error);
                    return false;
                }
                let (stream, told) = (self.name.clone(), error.clone());
                context.tell(Fact::Refused { message: publication.id, stream, error: told });
                let (number, error) = (order.number, super::api::to_json(&error));
                let error = String::from_utf8_lossy(&error);
                context
                    .send(Message::new(reply.clone(), format!(r#"{{"type":"err","seq":{number},"error":{error}}}"#)));
                if is_commit || batch.gap == OnGap::Fail {
                    self.end_fast(context, reply, order.id, batch, None);
                    return false;
                }
            }
            Ok(Accepted::Stored { seq, .. }) => {
                batch.stored = seq;
                self.offer(context);
            }
            Ok(Accepted::NotKept { seq }) => batch.stored = seq,
            Ok(Accepted::Duplicate { seq }) => duplicate = Some(seq).filter(|_| order.number == 1),
            Ok(Accepted::Traced) => {}
        }
        batch.last = order.number;
        if is_commit {
            self.end_fast(context, reply, order.id, batch, duplicate);
            return false;
        }
        if batch.last - batch.acked >= batch.granted {
            batch.acked = batch.last;
            batch.granted = batch.granted.saturating_mul(2).min(self.fast.share()).min(batch.wanted);
            self.ack_fast(context, reply, batch);
        }
        true
    }

    /// The publish ack of the whole batch, which even a stream without acks gives.
    fn end_fast(&self, context: &mut Context<'_>, reply: &Subject, id: &str, batch: &Batch, duplicate: Option<u64>) {
        let (seq, count) = (duplicate.unwrap_or(batch.stored), batch.last);
        let again = if duplicate.is_some() { r#","duplicate": true"# } else { "" };
        let id = serde_json::Value::from(id);
        let stream = self.named(context.options);
        let text = format!(r#"{{{stream},"seq":{seq}{again},"batch":{id},"count":{count}}}"#);
        context.send(Message::new(reply.clone(), text));
    }
}
