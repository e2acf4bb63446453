//! Messages by sequence, and which subjects they are on.
//!
//! Knows sequences, subjects, sizes and times; never policies. What to remove is decided in `stream.rs`.

use crate::engine::MessageId;
use crate::protocol::Headers;
use crate::subject::{Subject, SubjectFilter};
use crate::time::Timestamp;
use bytes::Bytes;

/// One message of a stream.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Stored {
    pub id: MessageId,
    pub seq: u64,
    pub subject: Subject,
    pub headers: Option<Headers>,
    pub payload: Bytes,
    pub at: Timestamp,
}

/// Which subjects somebody wants: any of several filters, or everything when there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Filters(pub Vec<SubjectFilter>);

impl Filters {
    pub fn matches(&self, subject: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|filter| filter.matches(subject))
    }
}

/// The messages of one stream.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Store {}

impl Store {
    /// The first sequence that may hold a message; `last_seq + 1` when empty, 0 when never written.
    pub fn first_seq(&self) -> u64 {
        0
    }

    /// The highest sequence given out. Never goes down.
    pub fn last_seq(&self) -> u64 {
        0
    }

    pub fn get(&self, seq: u64) -> Option<&Stored> {
        let _ = seq;
        None
    }

    /// The first message at or after `from` on a wanted subject.
    pub fn next_matching(&self, filters: &Filters, from: u64) -> Option<&Stored> {
        let _ = (filters, from);
        None
    }

    /// The last message at or before `up_to` on a wanted subject.
    pub fn last_matching(&self, filters: &Filters, up_to: u64) -> Option<&Stored> {
        let _ = (filters, up_to);
        None
    }

    /// How many messages at or after `from` are on a wanted subject.
    pub fn count_matching(&self, filters: &Filters, from: u64) -> u64 {
        let _ = (filters, from);
        0
    }

    /// The newest message of every wanted subject, ascending by sequence.
    pub fn last_per_subject(&self, filters: &Filters) -> Vec<u64> {
        let _ = filters;
        Vec::new()
    }

    /// The first sequence stored at or after `at`; `last_seq + 1` if there is none.
    pub fn first_seq_at_or_after(&self, at: Timestamp) -> u64 {
        let _ = at;
        self.last_seq() + 1
    }
}
