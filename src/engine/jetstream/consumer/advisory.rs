//! What a consumer announces under `$JS.EVENT.>`.
//!
//! Announced only if somebody listens, and told as a fact only then: nothing leaves otherwise.
//! Source: nats-server `server/jetstream_events.go`, observed.

use super::{AckSubject, Consumer};
use crate::api::advisory::{ADVISORY_PREFIX, ADVISORY_TYPE_PREFIX, METRIC_PREFIX};
use crate::engine::Fact;
use crate::engine::jetstream::{Announced, Context};
use crate::json::ToJson;
use crate::protocol::Message;
use crate::time::{Timestamp, zero_time};

/// Members every announcement begins with; `body` follows.
#[derive(ToJson)]
struct Announcement<'a, T> {
    #[json(rename = "type")]
    kind: String,
    id: String,
    timestamp: Timestamp,
    #[json(omit_empty)]
    account: Option<&'a str>,
    stream: &'a str,
    consumer: &'a str,
    #[json(flatten)]
    body: T,
}

#[derive(ToJson)]
struct Action<'a> {
    action: &'a str,
}

#[derive(ToJson)]
struct Pause {
    paused: bool,
    #[json(written = "zero_time::Written", slot = "zero_time::Slot")]
    pause_until: Option<Timestamp>,
}

#[derive(ToJson)]
struct MaxDeliveries {
    stream_seq: u64,
    deliveries: u64,
}

#[derive(ToJson)]
struct Delivery<'a> {
    consumer_seq: u64,
    stream_seq: u64,
    #[json(omit_empty)]
    ack_time: Option<i64>,
    deliveries: u64,
    #[json(omit_empty)]
    reason: &'a str,
}

#[derive(ToJson)]
struct Group<'a> {
    group: &'a str,
    #[json(omit_empty)]
    pinned_id: Option<&'a str>,
    #[json(omit_empty)]
    reason: Option<&'a str>,
}

impl Consumer {
    pub(super) fn announce_action(&self, context: &mut Context<'_>, event: &str, action: &str) {
        self.announce(context, event, "consumer_action", None, Action { action });
    }

    /// Also tells observers.
    pub(super) fn announce_pause(&self, context: &mut Context<'_>) {
        let until = self.config.pause_until.filter(|_| self.is_paused);
        context.tell(Fact::ConsumerPaused { stream: self.stream.clone(), consumer: self.name.clone(), until });
        let body = Pause { paused: self.is_paused, pause_until: self.config.pause_until };
        self.announce(context, "PAUSE", "consumer_pause", None, body);
    }

    /// The consumer is gone, and the pause it had is over now.
    pub fn announce_end_of_pause(&self, context: &mut Context<'_>) {
        let body = Pause { paused: false, pause_until: self.config.pause_until };
        self.announce(context, "PAUSE", "consumer_pause", None, body);
    }

    pub(super) fn announce_max_deliveries(&self, context: &mut Context<'_>, stream_seq: u64, deliveries: u64) {
        let body = MaxDeliveries { stream_seq, deliveries };
        self.announce(context, "MAX_DELIVERIES", "max_deliver", Some(stream_seq), body);
    }

    pub(super) fn announce_nak(&self, context: &mut Context<'_>, ack: &AckSubject<'_>) {
        self.announce(context, "MSG_NAKED", "nak", Some(ack.stream_seq), Delivery::of(ack, ""));
    }

    pub(super) fn announce_terminated(&self, context: &mut Context<'_>, ack: &AckSubject<'_>, reason: &str) {
        self.announce(context, "MSG_TERMINATED", "terminated", Some(ack.stream_seq), Delivery::of(ack, reason));
    }

    pub(super) fn announce_pinned(&self, context: &mut Context<'_>, pinned_id: &str) {
        let body = Group { group: self.group(), pinned_id: Some(pinned_id), reason: None };
        self.announce(context, "PINNED", "consumer_group_pinned", None, body);
    }

    pub(super) fn announce_unpinned(&self, context: &mut Context<'_>, reason: &str) {
        let body = Group { group: self.group(), pinned_id: None, reason: Some(reason) };
        self.announce(context, "UNPINNED", "consumer_group_unpinned", None, body);
    }

    fn group(&self) -> &str {
        self.config.priority_groups.iter().flatten().next().map_or("", String::as_str)
    }

    /// A sample of how long clients take.
    pub(super) fn announce_sample(&self, context: &mut Context<'_>, ack: &AckSubject<'_>, since: Timestamp) {
        let subject = format!("{METRIC_PREFIX}.CONSUMER.ACK.{}.{}", self.stream, self.name);
        let ack_time = i64::try_from(context.now.since(since).as_nanos()).unwrap_or(i64::MAX);
        let body = Delivery { ack_time: Some(ack_time), ..Delivery::of(ack, "") };
        let kind = "io.nats.jetstream.metric.v1.consumer_ack".to_owned();
        self.publish(context, &subject, kind, Some(ack.stream_seq), body);
    }

    fn announce<T: ToJson>(&self, context: &mut Context<'_>, event: &str, kind: &str, seq: Option<u64>, body: T) {
        let subject = format!("{ADVISORY_PREFIX}.CONSUMER.{event}.{}.{}", self.stream, self.name);
        self.publish(context, &subject, format!("{ADVISORY_TYPE_PREFIX}{kind}"), seq, body);
    }

    fn publish<T: ToJson>(
        &self,
        context: &mut Context<'_>,
        subject: &str,
        kind: String,
        stream_seq: Option<u64>,
        body: T,
    ) {
        let announcement = Announcement {
            account: kind.contains("group").then_some("$G"),
            kind,
            id: context.rng.nuid(),
            timestamp: context.now,
            stream: &self.stream,
            consumer: &self.name,
            body,
        };
        let message = Message::new(subject, crate::api::to_json(&announcement));
        let (stream, consumer) = (self.stream.clone(), self.name.clone());
        context.announce(message, Announced { stream, consumer, stream_seq });
    }
}

impl<'a> Delivery<'a> {
    fn of(ack: &AckSubject<'_>, reason: &'a str) -> Delivery<'a> {
        let AckSubject { consumer_seq, stream_seq, deliveries, .. } = *ack;
        Delivery { consumer_seq, stream_seq, ack_time: None, deliveries, reason }
    }
}
