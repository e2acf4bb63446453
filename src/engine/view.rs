//! What can be looked at without asking: nothing changes, nothing is counted, nobody is told.
//!
//! For pictures beside the server. Whoever is a client asks on `$JS.API`.

use super::jetstream::Consumer;
use super::{Engine, Name, Options};
use crate::api::{AccountInfo, ConsumerConfig, StreamConfig};
use crate::map::Map;
use crate::protocol::Message;
use crate::subject::Subject;

impl Engine {
    /// A stored message as it was published, by its stream and sequence.
    pub fn stored(&self, stream: &str, seq: u64) -> Option<Message> {
        let stored = self.jetstream.streams.get(stream)?.store.get(seq)?;
        let (subject, headers, payload) = (stored.subject.clone(), stored.headers.clone(), stored.payload.clone());
        Some(Message { subject, reply: None, headers, payload })
    }

    /// What `$JS.API.INFO` answers.
    pub fn account(&self) -> AccountInfo {
        self.jetstream.account_info(&self.options)
    }

    /// Every stream as it was configured, with its consumers.
    pub fn configurations(&self) -> Vec<(StreamConfig, Vec<ConsumerConfig>)> {
        let streams = self.jetstream.streams.values();
        let consumers = |consumers: &Map<_, Consumer>| consumers.values().map(|one| one.config.clone()).collect();
        streams.map(|stream| (stream.config.clone(), consumers(&stream.consumers))).collect()
    }

    /// Where an answer for the message with this sequence goes: for each consumer that waits for one, its stream, its name
    /// and the subject.
    pub fn awaited(&self, seq: u64) -> Vec<(Name, Name, Subject)> {
        let mut found = Vec::new();
        for (name, stream) in self.jetstream.streams.iter() {
            for (consumer, held) in stream.consumers.iter() {
                let subject = held.awaited(name, &stream.store, seq);
                found.extend(subject.map(|subject| (name.clone(), consumer.clone(), subject)));
            }
        }
        found
    }

    pub fn options(&self) -> &Options {
        &self.options
    }
}
