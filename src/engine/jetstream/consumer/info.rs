//! What a consumer reports about itself.

use super::Consumer;
use crate::api::{ConsumerInfo, Nanos, PriorityGroupState, SequenceInfo};
use crate::engine::jetstream::{Context, Store};
use crate::time::Timestamp;

impl Consumer {
    /// Where it stands, for somebody who asks. Asking puts right what is only counted, and lets go of requests that are
    /// over.
    pub fn info(&mut self, context: &mut Context<'_>, store: &Store) -> ConsumerInfo {
        self.correct_pending(store);
        self.process_waiting(context, false);
        self.report(context.now, store)
    }

    /// Where it stands at `now`, without touching it. The configuration carries only the stored metadata.
    pub fn report(&self, now: Timestamp, store: &Store) -> ConsumerInfo {
        let (delivered, floor) = (self.record.last_delivered().unwrap_or(self.here()), self.record.floor());
        ConsumerInfo {
            stream_name: self.stream.to_string(),
            name: self.name.to_string(),
            created: Some(self.created),
            config: self.config.clone(),
            delivered: SequenceInfo {
                consumer_seq: delivered.consumer_seq,
                stream_seq: delivered.stream_seq,
                last_active: self.last_delivery,
            },
            ack_floor: SequenceInfo {
                consumer_seq: floor.consumer_seq,
                stream_seq: floor.stream_seq,
                last_active: self.last_answer,
            },
            num_ack_pending: self.acks.len() as u64,
            num_redelivered: if self.config.max_deliver == 1 { 0 } else { self.acks.num_redelivered() as u64 },
            num_waiting: self.waiting.len() as u64,
            num_pending: self.corrected_pending(store),
            cluster: None,
            push_bound: self.push.is_active,
            paused: self.is_paused,
            pause_remaining: self.pause_remaining(now),
            ts: Some(now),
            priority_groups: self.priority_group_states(),
            reset_seq: None,
        }
    }

    /// Zero when not paused.
    pub(super) fn pause_remaining(&self, now: Timestamp) -> Nanos {
        match self.config.pause_until {
            Some(until) if self.is_paused => until.since(now).into(),
            _ => Nanos::ZERO,
        }
    }

    fn priority_group_states(&self) -> Vec<PriorityGroupState> {
        let group = self.config.priority_groups.iter().flatten().next();
        let state = |group: &String| PriorityGroupState {
            group: group.clone(),
            pinned_client_id: self.pin.as_ref().map(|pin| pin.id.clone()).unwrap_or_default(),
            pinned_ts: self.pin.as_ref().map(|pin| pin.since),
        };
        group.map(state).into_iter().collect()
    }
}
