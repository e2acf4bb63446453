//! One client's way to a server far away: dialling, shaking hands, open, waiting to dial again, refused.

use super::Server;
use crate::client::reconnect::Pool;
use crate::protocol::{Info, ServerDecoder};
use crate::time::Timestamp;
use std::time::Duration;

/// How long a dial may take, and the handshake after it.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many tries of a silent line without an answer: it is dead.
const MOST_UNANSWERED: u32 = 2;

pub(super) struct Line {
    pub pool: Pool,
    pub phase: Phase,
    pub decoder: ServerDecoder,
    /// What the server said about itself, the last time it did.
    pub info: Option<Info>,
    /// The server's last `-ERR` on this wire.
    pub complaint: Option<String>,
    /// Why it was lost, or could not be made; empty while all is well.
    pub why: String,
    /// The address of the last wire, and whether it was ever there.
    pub last: (String, bool),
    ping_interval: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    /// To be dialled at a time.
    Waiting {
        until: Timestamp,
    },
    Dialling {
        until: Timestamp,
    },
    /// The wire is there, the handshake is not done.
    Shaking {
        until: Timestamp,
    },
    Open {
        check: Timestamp,
        has_heard: bool,
        unanswered: u32,
    },
    /// Nobody lets us in.
    Refused,
    /// Its client was killed, or its wire cut: it waits to be told.
    Still,
}

/// What a look at an open line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    Alive,
    /// Nothing was heard: ask for an answer.
    Probe,
    Stale,
}

/// Where a client stands, to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The server in use, or the one that is tried.
    pub url: String,
    /// Of the server that was there last.
    pub server_name: String,
    pub version: String,
    pub jetstream: bool,
    pub reach: Reach,
    /// Every address was tried in vain since there was a connection last.
    pub is_exhausted: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Reach {
    Dialling,
    Connected,
    /// Lost or not reached: dialled again at a time.
    Waiting {
        until: Timestamp,
        why: String,
    },
    /// Will not be dialled again.
    Refused {
        why: String,
    },
}

impl Line {
    pub fn new(server: &Server, now: Timestamp) -> Line {
        Line {
            pool: Pool::new(&server.urls),
            phase: Phase::Waiting { until: now },
            decoder: ServerDecoder::new(),
            info: None,
            complaint: None,
            why: String::new(),
            last: (String::new(), false),
            ping_interval: server.ping_interval,
        }
    }

    /// When something has to be done although nothing was heard.
    pub fn deadline(&self) -> Timestamp {
        match self.phase {
            Phase::Waiting { until } | Phase::Dialling { until } | Phase::Shaking { until } => until,
            Phase::Open { check, .. } => check,
            Phase::Refused | Phase::Still => Timestamp(i64::MAX),
        }
    }

    pub fn dialled(&mut self, now: Timestamp) {
        self.decoder = ServerDecoder::new();
        self.complaint = None;
        self.last = (self.pool.current().to_owned(), false);
        self.phase = Phase::Dialling { until: now + PATIENCE };
    }

    pub fn opened(&mut self, now: Timestamp) {
        self.last.1 = true;
        self.phase = Phase::Shaking { until: now + PATIENCE };
    }

    /// The handshake is done.
    pub fn welcomed(&mut self, now: Timestamp) {
        self.pool.welcomed();
        self.why.clear();
        self.phase = Phase::Open { check: now + self.ping_interval, has_heard: true, unanswered: 0 };
    }

    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open { .. })
    }

    /// A wire is there, or is being made.
    pub fn has_wire(&self) -> bool {
        matches!(self.phase, Phase::Dialling { .. } | Phase::Shaking { .. } | Phase::Open { .. })
    }

    pub fn heard(&mut self) {
        if let Phase::Open { has_heard, unanswered, .. } = &mut self.phase {
            (*has_heard, *unanswered) = (true, 0);
        }
    }

    /// Looks whether an open line still carries.
    pub fn look(&mut self, now: Timestamp) -> Look {
        let Phase::Open { check, has_heard, unanswered } = &mut self.phase else { return Look::Alive };
        *check = now + self.ping_interval;
        if std::mem::take(has_heard) {
            return Look::Alive;
        }
        *unanswered += 1;
        if *unanswered > MOST_UNANSWERED { Look::Stale } else { Look::Probe }
    }

    pub fn standing(&self) -> Standing {
        let info = self.info.as_ref();
        let why = self.why.clone();
        Standing {
            url: self.pool.current().to_owned(),
            server_name: info.map(|info| info.server_name.clone()).unwrap_or_default(),
            version: info.map(|info| info.version.clone()).unwrap_or_default(),
            jetstream: info.is_some_and(|info| info.jetstream),
            reach: match self.phase {
                Phase::Waiting { until } if !why.is_empty() => Reach::Waiting { until, why },
                Phase::Waiting { .. } | Phase::Dialling { .. } | Phase::Shaking { .. } => Reach::Dialling,
                Phase::Open { .. } => Reach::Connected,
                Phase::Refused => Reach::Refused { why },
                Phase::Still => Reach::Refused { why: "its wire is cut".to_owned() },
            },
            is_exhausted: self.pool.is_exhausted(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_line_is_tried_and_then_given_up() {
        let mut line = Line::new(&Server::at(vec!["ws://a".into()]), Timestamp(0));
        let mut now = Timestamp(0);
        line.welcomed(now);
        let mut look = |heard: bool| {
            now = line.deadline();
            if heard {
                line.heard();
            }
            line.look(now)
        };
        assert_eq!(look(true), Look::Alive);
        assert_eq!([look(false), look(false)], [Look::Probe, Look::Probe]);
        assert_eq!(look(true), Look::Alive);
        assert_eq!([look(false), look(false), look(false)], [Look::Probe, Look::Probe, Look::Stale]);
    }
}
