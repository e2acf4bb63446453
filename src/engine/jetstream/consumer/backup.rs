//! What a backup keeps of a consumer, and a consumer made of it again.
//!
//! Source: ADR "JetStream Stream Backup and Restore V2"; nats-server 2.15.1, observed.

use super::{Consumer, config};
use crate::api::ConsumerConfig;
use crate::api::backup::{ConsumerState, PendingBackup, SequencePair};
use crate::engine::jetstream::{Context, Store, Stream};
use crate::engine::{Fact, Name};
use crate::time::Timestamp;
use std::sync::Arc;

/// Adds a consumer from a backup to its new stream; where it stands is told later, when the messages are there.
pub(in crate::engine::jetstream) fn add(context: &mut Context<'_>, stream: &mut Stream, mut config: ConsumerConfig) {
    config::stamp(&mut config);
    if !config.is_durable() && config.inactive_threshold.is_zero() {
        config.inactive_threshold = super::activity::DEFAULT_THRESHOLD;
    }
    let name: Name = config.name.as_str().into();
    let consumer = Consumer::new(context, &stream.config, &stream.store, name.clone(), config);
    stream.consumers.insert(name, consumer);
}

impl Consumer {
    /// Where delivery stands, no further than `last_seq`.
    pub fn backup(&self, last_seq: u64) -> ConsumerState {
        let pair = |pair: super::ack_pending::Pair| SequencePair {
            consumer_seq: pair.consumer_seq,
            stream_seq: pair.stream_seq.min(last_seq),
        };
        let mut state = ConsumerState {
            delivered: pair(self.record.highest()),
            ack_floor: pair(self.record.floor()),
            ..ConsumerState::default()
        };
        for (seq, pending) in self.acks.all() {
            let pending = PendingBackup { consumer_seq: pending.consumer_seq, at: pending.since.nanos() };
            state.pending.insert(seq.to_string(), pending);
        }
        for (seq, times) in self.acks.all_redelivered().filter(|(_, times)| *times > 0) {
            state.redelivered.insert(seq.to_string(), times);
        }
        state
    }

    /// Stands where a backup left it; what was out for an answer then still is, and its time goes on.
    pub(in crate::engine::jetstream) fn restore(
        &mut self,
        context: &mut Context<'_>,
        store: &Store,
        state: &ConsumerState,
    ) {
        self.position = state.delivered.stream_seq + 1;
        self.singles = None;
        self.next_consumer_seq = state.delivered.consumer_seq.saturating_add(1);
        let sequence = |text: &String| text.parse::<u64>().ok().filter(|seq| store.get(*seq).is_some());
        let redelivered: Vec<(u64, u64)> =
            state.redelivered.iter().filter_map(|(seq, times)| Some((sequence(seq)?, *times))).collect();
        let pending: Vec<(u64, u64, Timestamp)> = state
            .pending
            .iter()
            .filter_map(|(seq, pending)| Some((sequence(seq)?, pending.consumer_seq, Timestamp(pending.at))))
            .collect();
        self.acks.restore(pair(state.ack_floor), &pending, &redelivered);
        let recorded = pending.iter().map(|&(stream_seq, consumer_seq, _)| (stream_seq, consumer_seq)).collect();
        self.record.restore(pair(state.delivered), pair(state.ack_floor), recorded);
        self.recount(store);
        let (stream, name) = (self.stream.clone(), self.name.clone());
        let (config, start_seq) = (Arc::new(self.config.clone()), self.start_seq());
        context.tell(Fact::ConsumerCreated { stream, consumer: name, config, start_seq });
        for &(stream_seq, consumer_seq, _) in &pending {
            let Some(message) = store.get(stream_seq) else { continue };
            context.tell(Fact::Dispatched {
                message: message.id,
                stream: self.stream.clone(),
                consumer: self.name.clone(),
                stream_seq,
                consumer_seq,
                deliveries: self.acks.deliveries(stream_seq),
                deadline: self.acks.deadline(),
            });
        }
        self.tell_floor_after(context, super::ack_pending::Pair::default());
        self.wake = Some(context.now);
    }
}

fn pair(pair: SequencePair) -> super::ack_pending::Pair {
    super::ack_pending::Pair { consumer_seq: pair.consumer_seq, stream_seq: pair.stream_seq }
}
