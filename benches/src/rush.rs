//! A scripted flow: four clients, three streams, and as many messages a second as one asks for.
//!
//! Two shops publish to three streams, each with a consumer at which two workers pull. Every order is four messages on
//! four of eight edges: the publish, its ack, the delivery and the answer to it. Some deliveries are repeated. The facts
//! are those the engine tells; only the engine is left out, so that what is measured is the picture.

use jetlab::api::{AckPolicy, ConsumerConfig, Nanos, PullRequest, StreamConfig};
use jetlab::engine::{AckKind, ConnId, Event, Fact, MessageId, Name, Origin, RemovalReason};
use jetlab::flow::Flow;
use jetlab::protocol::{ClientOp, Message};
use jetlab::subject::Subject;
use jetlab::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

const LATENCY: Duration = Duration::from_millis(2);
const STREAMS: usize = 3;
/// A stream keeps so many messages.
const KEPT: u64 = 10_000;
/// One order in so many is delivered twice.
const REPEATED: u64 = 500;
/// An order is so many messages.
pub const MESSAGES_PER_ORDER: u64 = 4;

const SHOPS: [ConnId; 2] = [ConnId(1), ConnId(2)];
const WORKERS: [ConnId; 2] = [ConnId(3), ConnId(4)];

pub struct Rush {
    pub flow: Flow,
    pub now: Timestamp,
    /// When the last order was.
    last: Timestamp,
    ordinal: u64,
    message: u64,
    orders: u64,
    seqs: [u64; STREAMS],
    names: [(Name, Name); STREAMS],
    subjects: [Subject; STREAMS],
    replies: [Subject; STREAMS],
    inbox: Subject,
}

impl Default for Rush {
    fn default() -> Rush {
        Rush::new()
    }
}

impl Rush {
    pub fn new() -> Rush {
        let name = |kind: &str, index: usize| Name::from(format!("{kind}{index}"));
        let names = std::array::from_fn(|index| (name("ORDERS_", index), name("processor_", index)));
        let now = Timestamp::from_secs(1_000);
        let mut rush = Rush {
            flow: Flow::new(),
            now,
            last: now,
            ordinal: 0,
            message: 0,
            orders: 0,
            seqs: [0; STREAMS],
            names,
            subjects: std::array::from_fn(|index| format!("orders.{index}.new").into()),
            replies: std::array::from_fn(|index| format!("$JS.ACK.ORDERS_{index}.p.1").into()),
            inbox: "_INBOX.shop.1".into(),
        };
        for (conn, name) in SHOPS.into_iter().chain(WORKERS).zip(["shop-1", "shop-2", "worker-1", "worker-2"]) {
            rush.flow.actor(now, conn, name, None);
            rush.tell(Fact::Connected { conn, name: name.to_owned() });
        }
        for index in 0..STREAMS {
            rush.begin_stream(index);
        }
        rush
    }

    fn begin_stream(&mut self, index: usize) {
        let (stream, consumer) = self.names[index].clone();
        let config = StreamConfig {
            name: stream.to_string(),
            subjects: vec![format!("orders.{index}.>")],
            max_msgs: KEPT as i64,
            ..StreamConfig::default()
        };
        self.tell(Fact::StreamCreated { stream: stream.clone(), config: Arc::new(config) });
        let config = ConsumerConfig {
            durable_name: consumer.to_string(),
            ack_policy: AckPolicy::Explicit,
            ack_wait: Nanos(5_000_000_000),
            max_ack_pending: 1_000,
            ..ConsumerConfig::default()
        };
        let created = Fact::ConsumerCreated {
            stream: stream.clone(),
            consumer: consumer.clone(),
            config: Arc::new(config),
            start_seq: 1,
        };
        self.tell(created);
        for (pull, conn) in WORKERS.into_iter().enumerate() {
            let reply = format!("_INBOX.{index}.{}", conn.0);
            let sid = (index as u64 + 1).into();
            self.tell(Fact::Subscribed { conn, sid, subject: reply.as_str().into(), queue: None });
            let request = Arc::new(PullRequest { batch: 1_000_000, ..PullRequest::default() });
            let (stream, consumer, reply) = (stream.clone(), consumer.clone(), reply.as_str().into());
            self.tell(Fact::PullWaiting { stream, consumer, pull: pull as u64, reply, request });
        }
    }

    /// As many messages as `rate` a second are in `elapsed`; returns how many there were.
    pub fn go_on(&mut self, rate: u64, elapsed: Duration) -> u64 {
        let end = self.now + elapsed;
        let per_order = Duration::from_nanos(1_000_000_000 * MESSAGES_PER_ORDER / rate.max(1));
        let mut messages = 0;
        while self.last + per_order <= end {
            self.last = self.last + per_order;
            self.now = self.last;
            self.order();
            messages += MESSAGES_PER_ORDER;
        }
        self.now = end;
        messages
    }

    fn order(&mut self) {
        self.orders += 1;
        let index = (self.orders % STREAMS as u64) as usize;
        let (shop, worker) = (SHOPS[(self.orders / 3 % 2) as usize], WORKERS[(self.orders / 7 % 2) as usize]);
        let (subject, inbox) = (self.subjects[index].clone(), self.inbox.clone());
        let op = ClientOp::Pub(Message::new(subject.clone(), "an order of something"));
        self.flow.sent(self.now, self.now + LATENCY, shop, &op);
        let (stream, consumer) = self.names[index].clone();
        let message = self.published(Origin::Client(shop), &subject);
        self.seqs[index] += 1;
        let stream_seq = self.seqs[index];
        self.tell(Fact::Stored {
            message,
            stream: stream.clone(),
            stream_seq,
            subject: subject.clone(),
            bytes: 21,
            stored_bytes: 60,
        });
        if stream_seq > KEPT {
            let (stream_seq, reason) = (stream_seq - KEPT, RemovalReason::Count);
            self.tell(Fact::Removed { stream: stream.clone(), stream_seq, reason });
        }
        let answer = self.published(Origin::Server, &inbox);
        self.delivered(answer, shop, 9, &inbox);
        let deliveries = if self.orders.is_multiple_of(REPEATED) { 2 } else { 1 };
        for delivery in 1..=deliveries {
            self.tell(Fact::Dispatched {
                message,
                stream: stream.clone(),
                consumer: consumer.clone(),
                stream_seq,
                consumer_seq: stream_seq,
                deliveries: delivery,
                deadline: Some(self.now + Duration::from_secs(5)),
            });
            self.delivered(message, worker, index as u64 + 1, &subject);
        }
        let reply = self.replies[index].clone();
        self.flow.sent(self.now, self.now + LATENCY, worker, &ClientOp::Pub(Message::new(reply.clone(), "+ACK")));
        self.published(Origin::Client(worker), &reply);
        self.tell(Fact::Answered {
            stream: stream.clone(),
            consumer: consumer.clone(),
            stream_seq,
            consumer_seq: stream_seq,
            kind: AckKind::Ack,
            conn: Some(worker),
        });
        self.tell(Fact::AckFloor { stream, consumer, consumer_seq: stream_seq, stream_seq });
    }

    fn published(&mut self, origin: Origin, subject: &Subject) -> MessageId {
        self.message += 1;
        let message = MessageId(self.message);
        self.tell(Fact::Published { message, origin, subject: subject.clone(), reply: None, bytes: 21 });
        message
    }

    fn delivered(&mut self, message: MessageId, conn: ConnId, sid: u64, subject: &Subject) {
        self.tell(Fact::Delivered { message, conn, sid: sid.into(), subject: subject.clone(), bytes: 21, draw: None });
    }

    fn tell(&mut self, fact: Fact) {
        self.ordinal += 1;
        self.flow.engine(&Event { at: self.now, ordinal: self.ordinal, fact }, |_| LATENCY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_messages_as_asked_for_on_eight_edges_and_three_streams() {
        let mut rush = Rush::new();
        let messages: u64 = (0..60).map(|_| rush.go_on(1_000, Duration::from_secs(1) / 60)).sum();
        assert!((980..=1_000).contains(&messages), "{messages}");
        let counts = rush.flow.counts();
        assert_eq!(counts.edges.len(), 8);
        assert!(counts.edges.iter().all(|edge| edge.total() > 100));
        assert_eq!(rush.flow.scene(rush.now).streams.len(), 3);
    }
}
