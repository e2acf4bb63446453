//! Which message is which: numbers for what goes by, so that a publish, its copy and its place in a stream are one.
//!
//! The server's own numbers cannot be seen. A copy is recognised by its subject and its bytes, oldest first, or by the
//! place in a stream that its reply subject names.

use crate::engine::{MessageId, Name};
use crate::protocol::Message;
use crate::subject::Subject;
use std::collections::{BTreeMap, VecDeque};

/// Published messages that a copy may still be recognised by.
const RECENT: usize = 2_048;
/// Places in streams whose message is remembered.
const PLACES: usize = 20_000;

#[derive(Debug, Default)]
pub struct Messages {
    last: u64,
    recent: VecDeque<Recent>,
    places: BTreeMap<(Name, u64), MessageId>,
}

#[derive(Debug)]
struct Recent {
    id: MessageId,
    subject: Subject,
    print: u64,
    stored: bool,
}

impl Messages {
    pub fn next(&mut self) -> MessageId {
        self.last += 1;
        MessageId(self.last)
    }

    pub fn last(&self) -> u64 {
        self.last
    }

    /// A client of ours published it.
    pub fn published(&mut self, message: &Message) -> MessageId {
        let id = self.next();
        let (subject, print) = (message.subject.clone(), print(&message.payload));
        self.recent.push_back(Recent { id, subject, print, stored: false });
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        id
    }

    /// The first published after `after` that looks the same.
    pub fn copy_of(&self, message: &Message, after: u64) -> Option<MessageId> {
        let print = print(&message.payload);
        let is_it = |recent: &&Recent| recent.print == print && recent.subject == message.subject;
        let begin = self.recent.partition_point(|recent| recent.id.0 <= after);
        self.recent.range(begin..).find(is_it).map(|recent| recent.id)
    }

    /// The message at a place in a stream.
    pub fn at(&self, stream: &Name, seq: u64) -> Option<MessageId> {
        self.places.get(&(stream.clone(), seq)).copied()
    }

    pub fn stored(&mut self, stream: &Name, seq: u64, id: MessageId) {
        if let Some(recent) = self.recent.iter_mut().rev().find(|recent| recent.id == id) {
            recent.stored = true;
        }
        self.places.insert((stream.clone(), seq), id);
        while self.places.len() > PLACES {
            self.places.pop_first();
        }
    }

    /// Its place in a stream is known, or it is forgotten.
    pub fn is_stored(&self, id: MessageId) -> bool {
        self.recent.iter().rev().find(|recent| recent.id == id).is_none_or(|recent| recent.stored)
    }

    /// The message that was learnt to be at a place: one of ours that nobody knew to be stored, or a new one.
    pub fn found(&mut self, stream: &Name, seq: u64, subject: &Subject, payload: &[u8]) -> MessageId {
        if let Some(id) = self.at(stream, seq) {
            return id;
        }
        let print = print(payload);
        let is_it = |recent: &&Recent| !recent.stored && recent.print == print && recent.subject == *subject;
        let id = self.recent.iter().find(is_it).map(|recent| recent.id);
        let id = id.unwrap_or_else(|| self.next());
        self.stored(stream, seq, id);
        id
    }

    pub fn forget(&mut self, stream: &Name) {
        self.places.retain(|(of, _), _| of != stream);
    }
}

/// FNV-1a: tells payloads apart without keeping them.
fn print(payload: &[u8]) -> u64 {
    payload.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
