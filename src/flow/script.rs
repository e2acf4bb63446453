//! Little scripts of facts for tests: who did what, without an engine.

use super::Flow;
use crate::api::{AckPolicy, ConsumerConfig, Nanos, PullRequest, Retention, StreamConfig};
use crate::engine::{AckKind, ConnId, Draw, Event, Fact, Member, MessageId, Name, Origin, PullEnd, RemovalReason};
use crate::map::Map;
use crate::protocol::{ClientOp, Message};
use crate::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

pub const LATENCY: Duration = Duration::from_millis(200);

pub struct Script {
    pub flow: Flow,
    pub now: Timestamp,
    ordinal: u64,
    message: u64,
    /// Message by stream and sequence.
    stored: Map<(String, u64), (MessageId, String)>,
    consumer_seq: u64,
}

impl Script {
    pub fn new() -> Script {
        let (flow, now) = (Flow::new(), Timestamp::from_secs(1_000));
        Script { flow, now, ordinal: 0, message: 0, stored: Map::new(), consumer_seq: 0 }
    }

    pub fn wait(&mut self, millis: u64) -> &mut Script {
        self.now = self.now + Duration::from_millis(millis);
        self
    }

    pub fn fact(&mut self, fact: Fact) -> &mut Script {
        self.ordinal += 1;
        self.flow.engine(&Event { at: self.now, ordinal: self.ordinal, fact }, |_| LATENCY);
        self
    }

    pub fn connect(&mut self, conn: u64, name: &str) -> &mut Script {
        self.flow.actor(self.now, ConnId(conn), name, None);
        self.fact(Fact::Connected { conn: ConnId(conn), name: name.to_owned() })
    }

    pub fn subscribe(&mut self, conn: u64, sid: u64, subject: &str) -> &mut Script {
        self.listen(conn, sid, subject, None)
    }

    /// Alone, or in a queue group.
    pub fn listen(&mut self, conn: u64, sid: u64, subject: &str, queue: Option<&str>) -> &mut Script {
        let (subject, queue) = (subject.into(), queue.map(Into::into));
        self.fact(Fact::Subscribed { conn: ConnId(conn), sid: sid.into(), subject, queue })
    }

    /// Sent now, published when it has arrived; `now` moves on to then.
    pub fn publish(&mut self, conn: u64, subject: &str) -> MessageId {
        let op = ClientOp::Pub(Message::new(subject, "hello"));
        self.flow.sent(self.now, self.now + LATENCY, ConnId(conn), &op);
        self.now = self.now + LATENCY;
        self.published(Origin::Client(ConnId(conn)), subject)
    }

    pub fn published(&mut self, origin: Origin, subject: &str) -> MessageId {
        self.message += 1;
        let message = MessageId(self.message);
        self.fact(Fact::Published { message, origin, subject: subject.into(), reply: None, bytes: 5 });
        message
    }

    pub fn delivered(&mut self, message: MessageId, conn: u64, sid: u64, subject: &str) -> &mut Script {
        let (conn, sid, subject) = (ConnId(conn), sid.into(), subject.into());
        self.fact(Fact::Delivered { message, conn, sid, subject, bytes: 5, draw: None })
    }

    /// Delivered to one of a queue group, each a connection and its `sid`.
    pub fn drawn(
        &mut self,
        message: MessageId,
        (conn, sid): (u64, u64),
        subject: &str,
        queue: &str,
        members: &[(u64, u64)],
    ) -> &mut Script {
        let member = |(conn, sid): &(u64, u64)| Member { conn: ConnId(*conn), sid: (*sid).into() };
        let draw = Draw { queue: queue.into(), members: members.iter().map(member).collect() };
        let (conn, sid, subject) = (ConnId(conn), sid.into(), subject.into());
        self.fact(Fact::Delivered { message, conn, sid, subject, bytes: 5, draw: Some(Arc::new(draw)) })
    }

    pub fn stream(&mut self, name: &str, subjects: &[&str], retention: Retention) -> &mut Script {
        let subjects = subjects.iter().map(|subject| (*subject).to_owned()).collect();
        let config = StreamConfig { name: name.to_owned(), subjects, retention, ..StreamConfig::default() };
        self.fact(Fact::StreamCreated { stream: name.into(), config: Arc::new(config) })
    }

    pub fn store(&mut self, stream: &str, seq: u64, message: MessageId, subject: &str) -> &mut Script {
        self.stored.insert((stream.to_owned(), seq), (message, subject.to_owned()));
        self.fact(Fact::Stored {
            message,
            stream: stream.into(),
            stream_seq: seq,
            subject: subject.into(),
            bytes: 5,
            stored_bytes: 5,
        })
    }

    /// A card that says what an object of a store is, published and stored.
    pub fn object_card(&mut self, conn: u64, store: &str, seq: u64, card: &str) -> &mut Script {
        let name = card.split('"').nth(3).unwrap_or_default();
        let subject = format!("$O.{store}.M.{}", crate::base64::BASE64URL.encode(name));
        let op = ClientOp::Pub(Message::new(subject.as_str(), card.to_owned()));
        self.flow.sent(self.now, self.now + LATENCY, ConnId(conn), &op);
        self.now = self.now + LATENCY;
        let message = self.published(Origin::Client(ConnId(conn)), &subject);
        self.store(&format!("OBJ_{store}"), seq, message, &subject)
    }

    pub fn publish_and_store(&mut self, conn: u64, subject: &str, stream: &str, seq: u64) -> &mut Script {
        let message = self.publish(conn, subject);
        self.store(stream, seq, message, subject)
    }

    pub fn consumer(&mut self, stream: &str, name: &str, config: ConsumerConfig) -> &mut Script {
        let (stream, consumer): (Name, Name) = (stream.into(), name.into());
        self.fact(Fact::ConsumerCreated { stream, consumer, config: Arc::new(config), start_seq: 1 })
    }

    pub fn pull(&mut self, conn: u64, sid: u64, stream: &str, consumer: &str, pull: u64, batch: i64) -> &mut Script {
        let inbox = format!("_INBOX.{conn}.{sid}");
        self.subscribe(conn, sid, &inbox);
        let request = Arc::new(PullRequest { batch, expires: Nanos(30_000_000_000), ..PullRequest::default() });
        let (stream, consumer) = (stream.into(), consumer.into());
        self.fact(Fact::PullWaiting { stream, consumer, pull, reply: inbox.as_str().into(), request })
    }

    /// Dispatched and on its way to `conn`, to come back after `ack_wait` seconds.
    pub fn dispatch(&mut self, to: (u64, u64), stream: &str, consumer: &str, seq: u64, deliveries: u64) -> &mut Script {
        self.consumer_seq += 1;
        let (message, subject) = self.stored[&(stream.to_owned(), seq)].clone();
        let deadline = Some(self.now + Duration::from_secs(5));
        self.fact(Fact::Dispatched {
            message,
            stream: stream.into(),
            consumer: consumer.into(),
            stream_seq: seq,
            consumer_seq: self.consumer_seq,
            deliveries,
            deadline,
        });
        self.delivered(message, to.0, to.1, &subject)
    }

    pub fn answer(&mut self, conn: u64, stream: &str, consumer: &str, seq: u64, kind: AckKind) -> &mut Script {
        let (stream, consumer) = (stream.into(), consumer.into());
        let conn = Some(ConnId(conn));
        self.fact(Fact::Answered { stream, consumer, stream_seq: seq, consumer_seq: seq, kind, conn })
    }

    pub fn removed(&mut self, stream: &str, seq: u64, reason: RemovalReason) -> &mut Script {
        self.fact(Fact::Removed { stream: stream.into(), stream_seq: seq, reason })
    }

    pub fn floor(&mut self, stream: &str, consumer: &str, seq: u64) -> &mut Script {
        let (stream, consumer) = (stream.into(), consumer.into());
        self.fact(Fact::AckFloor { stream, consumer, consumer_seq: seq, stream_seq: seq })
    }

    pub fn due(&mut self, stream: &str, consumer: &str, seq: u64) -> &mut Script {
        self.fact(Fact::RedeliveryDue { stream: stream.into(), consumer: consumer.into(), stream_seq: seq })
    }

    pub fn pull_ended(&mut self, stream: &str, consumer: &str, pull: u64) -> &mut Script {
        let (stream, consumer) = (stream.into(), consumer.into());
        self.fact(Fact::PullEnded { stream, consumer, pull, end: PullEnd::Filled })
    }

    /// Deliveries used up, and the advisory stored as `dlq_seq` of `dlq`.
    pub fn given_up(&mut self, stream: &str, consumer: &str, seq: u64, dlq: &str, dlq_seq: u64) -> &mut Script {
        let (name, consumer): (Name, Name) = (stream.into(), consumer.into());
        self.fact(Fact::GivenUp { stream: name.clone(), consumer: consumer.clone(), stream_seq: seq, deliveries: 2 });
        let subject = format!("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{stream}.{consumer}");
        self.message += 1;
        let message = MessageId(self.message);
        let advisory = Fact::Advisory {
            message,
            subject: subject.as_str().into(),
            stream: name,
            consumer: Some(consumer),
            stream_seq: Some(seq),
        };
        self.fact(advisory);
        self.fact(Fact::Published {
            message,
            origin: Origin::Server,
            subject: subject.as_str().into(),
            reply: None,
            bytes: 5,
        });
        self.store(dlq, dlq_seq, message, &subject)
    }
}

/// Explicit acks, five seconds, two deliveries.
pub fn explicit(filter: &str) -> ConsumerConfig {
    ConsumerConfig {
        durable_name: "processor".to_owned(),
        ack_policy: AckPolicy::Explicit,
        ack_wait: Nanos(5_000_000_000),
        max_deliver: 2,
        max_ack_pending: 1000,
        filter_subject: filter.to_owned(),
        ..ConsumerConfig::default()
    }
}

/// The job queue with dead letters, in the middle of its work: the scene most tests and pictures are about.
pub fn job_queue() -> Script {
    let mut script = Script::new();
    script.connect(1, "alice").connect(2, "worker-1").connect(3, "worker-2");
    script.stream("orders_stream", &["orders.*"], Retention::WorkQueue);
    script.stream(
        "orders_unprocessed",
        &["$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.orders_stream.*"],
        Retention::WorkQueue,
    );
    script.consumer("orders_stream", "processor", explicit("orders.*"));
    for seq in 1..=12 {
        script.publish_and_store(1, "orders.new", "orders_stream", seq).wait(100);
    }
    script.pull(2, 1, "orders_stream", "processor", 1, 5);
    for seq in 1..=5 {
        script.dispatch((2, 1), "orders_stream", "processor", seq, 1);
    }
    script.pull_ended("orders_stream", "processor", 1).wait(400);
    for seq in [1, 2, 4] {
        script.answer(2, "orders_stream", "processor", seq, AckKind::Ack);
        script.removed("orders_stream", seq, RemovalReason::Acked);
    }
    script.floor("orders_stream", "processor", 2).wait(5_000);
    script.due("orders_stream", "processor", 3).due("orders_stream", "processor", 5);
    script.pull(3, 1, "orders_stream", "processor", 2, 3);
    script.dispatch((3, 1), "orders_stream", "processor", 3, 2).wait(2_000);
    script.dispatch((3, 1), "orders_stream", "processor", 6, 1).wait(3_000);
    script.due("orders_stream", "processor", 3);
    script.given_up("orders_stream", "processor", 3, "orders_unprocessed", 1);
    script.dispatch((3, 1), "orders_stream", "processor", 7, 1).wait(100);
    script
}
