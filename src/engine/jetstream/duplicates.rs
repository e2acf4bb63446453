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
    by_age: VecDeque<Seen>,
}

#[derive(Clone, Debug, Pack)]
struct Seen {
    id: Arc<str>,
    at: Timestamp,
    /// Not for a message that was not stored: no window is long enough for it, once somebody looks.
    is_dated: bool,
}

impl Duplicates {
    /// The sequence of the message that had this id, if that was less than `window` ago.
    pub fn find(&mut self, id: &str, now: Timestamp, window: Option<Duration>) -> Option<u64> {
        self.forget_old(now, window);
        self.seen.get(id).copied()
    }

    /// Remembers the id; keeps nothing without a window. A message that was not stored leaves an id without a date.
    pub fn remember(&mut self, id: &str, seq: u64, is_dated: bool, now: Timestamp, window: Option<Duration>) {
        if window.is_none() {
            return;
        }
        let id: Arc<str> = id.into();
        self.seen.insert(id.clone(), seq);
        self.by_age.push_back(Seen { id, at: now, is_dated });
    }

    /// Another window counts from now on, and is looked at.
    pub fn window_changed(&mut self) {
        self.forget_undated();
    }

    /// As on nats-server, where a timer for the eldest looks from the front until something is young enough.
    fn forget_old(&mut self, now: Timestamp, window: Option<Duration>) {
        let window = window.unwrap_or(Duration::ZERO);
        while self.by_age.front().is_some_and(|seen| now.since(seen.at) >= window) {
            self.forget_eldest();
            self.forget_undated();
        }
    }

    fn forget_undated(&mut self) {
        while self.by_age.front().is_some_and(|seen| !seen.is_dated) {
            self.forget_eldest();
        }
    }

    fn forget_eldest(&mut self) {
        if let Some(eldest) = self.by_age.pop_front() {
            self.seen.remove(&eldest.id);
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
        duplicates.remember("a", 7, true, Timestamp::from_secs(10), window);
        assert_eq!(duplicates.find("a", Timestamp::from_secs(11), window), Some(7));
        assert_eq!(duplicates.find("b", Timestamp::from_secs(11), window), None);
        assert_eq!(duplicates.find("a", Timestamp::from_secs(12), window), None);
    }
}
