//! Message ids a stream has seen lately.
//!
//! Knows ids, sequences and times. An id outlives its message: a purge does not forget it, only time does.
//! Source: nats-server `server/stream.go`, `checkMsgId`; observed.

use crate::pack::Pack;
use crate::time::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Debug, Default, Pack)]
pub(super) struct Duplicates {
    seen: BTreeMap<Arc<str>, u64>,
    /// In the order they came.
    by_age: VecDeque<(Timestamp, Arc<str>)>,
    /// The id of a first message that was not stored: nobody knows when that was.
    undated: Option<Arc<str>>,
}

impl Duplicates {
    /// The sequence of the message that had this id, if that was less than `window` ago.
    pub fn find(&mut self, id: &str, now: Timestamp, window: Option<Duration>) -> Option<u64> {
        self.forget_old(now, window);
        self.seen.get(id).copied()
    }

    /// Remembers the id; keeps nothing without a window.
    pub fn remember(&mut self, id: &str, seq: u64, now: Timestamp, window: Option<Duration>) {
        if window.is_none() {
            return;
        }
        let id: Arc<str> = id.into();
        self.seen.insert(id.clone(), seq);
        self.by_age.push_back((now, id));
    }

    /// [`Duplicates::remember`] for the first message of a stream, which did not keep it.
    pub fn remember_undated(&mut self, id: &str, seq: u64, now: Timestamp, window: Option<Duration>) {
        self.remember(id, seq, now, window);
        self.undated = Some(id.into());
    }

    /// Another window counts from now on. As on nats-server, what has no date is too old for it.
    pub fn window_changed(&mut self) {
        let Some(undated) = self.undated.take() else { return };
        self.seen.remove(&undated);
        self.by_age.retain(|(_, id)| *id != undated);
    }

    fn forget_old(&mut self, now: Timestamp, window: Option<Duration>) {
        let window = window.unwrap_or(Duration::ZERO);
        while self.by_age.front().is_some_and(|(at, _)| now.since(*at) >= window) {
            if let Some((_, id)) = self.by_age.pop_front() {
                self.seen.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_known_for_as_long_as_the_window() {
        let window = Some(Duration::from_secs(2));
        let mut duplicates = Duplicates::default();
        duplicates.remember("a", 7, Timestamp::from_secs(10), window);
        assert_eq!(duplicates.find("a", Timestamp::from_secs(11), window), Some(7));
        assert_eq!(duplicates.find("b", Timestamp::from_secs(11), window), None);
        assert_eq!(duplicates.find("a", Timestamp::from_secs(12), window), None);
    }
}
