//! Wires between clients and the server, with a length in time.
//!
//! Bytes that were sent are on their way until their arrival time has come; a picture that shows a message between two
//! ends shows what is so. Knows bytes and times, not what they mean.

use crate::engine::{CloseReason, ConnId};
use crate::map::Map;
use crate::time::Timestamp;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::time::Duration;

/// What arrives at one end of a wire.
#[derive(Clone, Debug)]
pub enum Arrival {
    ToServer {
        conn: ConnId,
        bytes: Bytes,
    },
    ToClient {
        conn: ConnId,
        bytes: Bytes,
    },
    /// The client hung up.
    ClientGone {
        conn: ConnId,
    },
    /// The server hung up.
    ServerClosed {
        conn: ConnId,
        reason: CloseReason,
    },
}

impl Arrival {
    pub fn conn(&self) -> ConnId {
        match self {
            Arrival::ToServer { conn, .. }
            | Arrival::ToClient { conn, .. }
            | Arrival::ClientGone { conn }
            | Arrival::ServerClosed { conn, .. } => *conn,
        }
    }
}

/// How much what is on its way matters to somebody who watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Handshakes, pings, and what a lesson asks: not shown.
    Hidden,
    /// Requests to the API, answers, acks.
    System,
    /// A user's message.
    Message,
}

/// Every wire, and what is on its way, in order of arrival.
#[derive(Debug, Default)]
pub struct Links {
    open: Map<ConnId, Link>,
    on_the_way: BTreeMap<(Timestamp, u64), (Weight, Arrival)>,
    /// How many of `on_the_way` are of each weight.
    weights: Map<Weight, usize>,
    next_ordinal: u64,
}

#[derive(Debug)]
struct Link {
    latency: Duration,
    /// A wire keeps its order: nothing overtakes what was sent before, even when the latency was lowered since.
    last_to_server: Timestamp,
    last_to_client: Timestamp,
    /// Cut wires hold back; what was sent before the cut still arrives.
    cut: bool,
}

impl Links {
    pub fn open(&mut self, conn: ConnId, latency: Duration) {
        let never = Timestamp(i64::MIN);
        self.open.insert(conn, Link { latency, last_to_server: never, last_to_client: never, cut: false });
    }

    pub fn is_open(&self, conn: ConnId) -> bool {
        self.open.contains_key(&conn)
    }

    pub fn latency(&self, conn: ConnId) -> Duration {
        self.open.get(&conn).map_or(Duration::ZERO, |link| link.latency)
    }

    pub fn set_latency(&mut self, conn: ConnId, latency: Duration) {
        if let Some(link) = self.open.get_mut(&conn) {
            link.latency = latency;
        }
    }

    /// Puts something on its way; returns when it arrives, or `None` when there is no such wire.
    pub fn send(&mut self, now: Timestamp, weight: Weight, arrival: Arrival) -> Option<Timestamp> {
        let link = self.open.get_mut(&arrival.conn())?;
        if link.cut {
            return None;
        }
        let last = match arrival {
            Arrival::ToServer { .. } | Arrival::ClientGone { .. } => &mut link.last_to_server,
            Arrival::ToClient { .. } | Arrival::ServerClosed { .. } => &mut link.last_to_client,
        };
        let arrives = (now + link.latency).max(*last);
        *last = arrives;
        self.next_ordinal += 1;
        self.on_the_way.insert((arrives, self.next_ordinal), (weight, arrival));
        *self.weights.entry(weight).or_default() += 1;
        Some(arrives)
    }

    /// When something the server sends now would reach the client.
    pub fn arrival_to_client(&self, now: Timestamp, conn: ConnId) -> Timestamp {
        self.open.get(&conn).map_or(now, |link| (now + link.latency).max(link.last_to_client))
    }

    pub fn next_arrival(&self) -> Option<Timestamp> {
        self.on_the_way.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the earliest arrival that is due at `now`.
    pub fn arrive(&mut self, now: Timestamp) -> Option<Arrival> {
        let entry = self.on_the_way.first_entry().filter(|entry| entry.key().0 <= now)?;
        let (weight, arrival) = entry.remove();
        *self.weights.entry(weight).or_default() -= 1;
        Some(arrival)
    }

    /// Ends a wire at once; what was on it is lost.
    pub fn drop_link(&mut self, conn: ConnId) {
        self.open.remove(&conn);
        let weights = &mut self.weights;
        self.on_the_way.retain(|_, (weight, arrival)| {
            let kept = arrival.conn() != conn;
            *weights.entry(*weight).or_default() -= usize::from(!kept);
            kept
        });
    }

    /// The heaviest thing on its way, and how many there are of that weight.
    pub fn heaviest(&self) -> Option<(Weight, usize)> {
        self.weights.iter().rev().find(|(_, count)| **count > 0).map(|(weight, count)| (*weight, *count))
    }

    /// The length of the shortest wire that something of this weight is on.
    pub fn shortest(&self, weight: Weight) -> Option<Duration> {
        let of_weight = self.on_the_way.values().filter(|(of, _)| *of == weight);
        // What has no length is there already.
        of_weight.map(|(_, arrival)| self.latency(arrival.conn())).filter(|length| !length.is_zero()).min()
    }

    pub fn is_quiet(&self) -> bool {
        self.on_the_way.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_arrive_after_the_latency_and_in_order() {
        let mut links = Links::default();
        let conn = ConnId(1);
        links.open(conn, Duration::from_millis(2));
        let bytes = |text: &'static str| Arrival::ToServer { conn, bytes: Bytes::from_static(text.as_bytes()) };
        assert_eq!(links.send(Timestamp(0), Weight::Message, bytes("a")), Some(Timestamp(2_000_000)));
        links.set_latency(conn, Duration::ZERO);
        assert_eq!(links.send(Timestamp(1), Weight::System, bytes("b")), Some(Timestamp(2_000_000)));
        assert!(links.arrive(Timestamp(1_999_999)).is_none());
        for expected in ["a", "b"] {
            let Some(Arrival::ToServer { bytes, .. }) = links.arrive(Timestamp(2_000_000)) else { panic!("due") };
            assert_eq!(bytes, expected);
        }
        assert_eq!(links.heaviest(), None);
        assert!(links.is_quiet());
    }
}
