//! The whole server as bytes, and again a server: streams, messages, consumers, timers, duplicates, connections.
//!
//! What follows from the rest is not written: indexes, compiled filters, who is due next. The bytes begin with what they
//! are and in which version, and end with a sum over them, so that anything else is refused. Backups that are on their
//! way to or from a client are not part of it. The ways in are [`Engine::export`] and [`Engine::import`].

use super::connection::Connection;
use super::interest::Subscriptions;
use super::jetstream::JetStream;
use super::system::Identity;
use super::{ConnId, Engine, Fact, Input, Options};
use crate::map::{Map, Set};
use crate::nuid::Rng;
use crate::pack::{self, Damage, Pack};
use crate::time::Timestamp;
use std::collections::VecDeque;
use std::sync::Arc;

/// What the bytes begin with. The last one is the version: it changes with every type that is written.
const BEGIN: &[u8; 8] = b"JetLab\0\x07";
const SUM_BYTES: usize = 8;

/// Everything that is written, in order.
#[derive(Pack)]
struct State {
    options: Options,
    identity: Identity,
    rng: Rng,
    now: Timestamp,
    connections: Map<ConnId, Connection>,
    jetstream: JetStream,
    /// Facts, messages, subscriptions and answers of the system services so far.
    counts: [u64; 4],
    traffic: super::connection::Traffic,
    slow_consumers: u64,
}

impl Engine {
    /// Everything the server knows.
    pub fn export(&mut self) -> Vec<u8> {
        // Moved out and in again: a copy of every message would be twice the memory.
        let state = State {
            options: self.options.clone(),
            identity: self.identity.clone(),
            rng: self.rng.clone(),
            now: self.now,
            connections: std::mem::take(&mut self.connections),
            jetstream: std::mem::take(&mut self.jetstream),
            counts: [self.next_ordinal, self.next_message, self.next_subscription, self.system_answers],
            traffic: self.traffic,
            slow_consumers: self.slow_consumers,
        };
        let mut bytes = BEGIN.to_vec();
        state.pack(&mut bytes);
        (self.connections, self.jetstream) = (state.connections, state.jetstream);
        bytes.extend(sum(&bytes).to_le_bytes());
        bytes
    }

    /// A server that goes on where [`Engine::export`] was called. Errors: bytes of another version, or not ours at all.
    pub fn import(bytes: &[u8]) -> Result<Engine, Damage> {
        let (body, end) = bytes.split_last_chunk::<SUM_BYTES>().ok_or(Damage)?;
        let packed = body.strip_prefix(BEGIN).filter(|_| sum(body).to_le_bytes() == *end).ok_or(Damage)?;
        let state: State = pack::unpack(packed)?;
        let [next_ordinal, next_message, next_subscription, system_answers] = state.counts;
        let mut engine = Engine {
            identity: state.identity,
            rng: state.rng,
            connections: state.connections,
            jetstream: state.jetstream,
            next_ordinal,
            next_message,
            next_subscription,
            system_answers,
            traffic: state.traffic,
            slow_consumers: state.slow_consumers,
            ..Engine::new(state.options, state.now)
        };
        engine.index();
        Ok(engine)
    }

    /// Makes again what follows from the rest.
    fn index(&mut self) {
        self.next_due.set(None);
        self.jetstream.restored();
        let held = self.connections.values().flat_map(|connection| connection.subscriptions.values());
        let mut subscriptions: Vec<_> = held.map(|held| held.subscription.clone()).collect();
        crate::sorted::by_key(&mut subscriptions, |subscription| subscription.number);
        self.subscriptions = Subscriptions::default();
        subscriptions.into_iter().for_each(|subscription| self.subscriptions.insert(subscription));
        let deadlines = self.connections.iter().map(|(conn, connection)| (connection.liveness.deadline, *conn));
        self.deadlines = deadlines.collect::<Set<_>>();
    }

    /// When it was last spoken to.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Ends every connection: whoever takes a server over to another place has none of its wires.
    pub fn hang_up_all(&mut self) {
        let connections: Vec<ConnId> = self.connections.keys().copied().collect();
        for conn in connections {
            self.handle(self.now, Input::Gone { conn });
        }
    }

    /// What an observer has to hear to know what there is, as if it happened now: streams, messages, consumers.
    pub fn tell_again(&mut self) -> Vec<super::Event> {
        let mut facts = VecDeque::new();
        for (name, stream) in &self.jetstream.streams {
            let config = Arc::new(stream.config.clone());
            facts.push_back(Fact::StreamCreated { stream: name.clone(), config });
            for message in stream.store.iter_from(0) {
                let headers = message.headers_bytes();
                facts.push_back(Fact::Stored {
                    message: message.id,
                    stream: name.clone(),
                    stream_seq: message.seq,
                    subject: message.subject.clone(),
                    bytes: headers + message.payload.len(),
                    stored_bytes: stream.store.size_of(message.subject.len(), headers, message.payload.len()),
                });
            }
            for (consumer, state) in &stream.consumers {
                facts.push_back(Fact::ConsumerCreated {
                    stream: name.clone(),
                    consumer: consumer.clone(),
                    config: Arc::new(state.config.clone()),
                    start_seq: state.start_seq(),
                });
                facts.extend(state.tell_again(&stream.store));
            }
        }
        let tell = |fact| {
            self.next_ordinal += 1;
            super::Event { at: self.now, ordinal: self.next_ordinal, fact }
        };
        facts.into_iter().map(tell).collect()
    }
}

/// Tells bytes from others, not more: FNV-1a.
fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
