//! What the server remembers of one client connection.
//!
//! Knows bytes that are not yet an operation, what CONNECT asked for, what each subscription has received, and when the
//! next ping is due. It decides nothing that concerns other connections.

use super::interest::Subscription;
use super::{Credentials, Options, User};
use crate::pack::Pack;
use crate::protocol::{ClientDecoder, Connect, Sid};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

#[derive(Pack)]
pub(super) struct Connection {
    pub decoder: ClientDecoder,
    pub settings: Settings,
    /// Which of the users it is, where there are any.
    pub user: Option<User>,
    pub subscriptions: BTreeMap<Sid, Held>,
    pub started: Timestamp,
    /// A CONNECT was accepted.
    pub connected: bool,
    /// Nothing but CONNECT is listened to.
    pub awaiting_auth: bool,
    /// The first PONG after CONNECT has left, and with it the second INFO.
    pub greeted: bool,
    pub liveness: Liveness,
    pub backlog: Backlog,
    pub traffic: Traffic,
}

/// One of the connection's own subscriptions and what it has received.
#[derive(Pack)]
pub(super) struct Held {
    pub subscription: Arc<Subscription>,
    /// Deliveries since SUB; 503s do not count.
    pub delivered: u64,
    /// Goes away after this many deliveries.
    pub max: Option<u64>,
}

/// What CONNECT asked for; before it, the server's defaults.
#[derive(Clone, Debug, PartialEq, Eq, Pack)]
pub(super) struct Settings {
    pub verbose: bool,
    pub pedantic: bool,
    pub echo: bool,
    pub headers: bool,
    pub no_responders: bool,
    pub protocol: i64,
    pub name: String,
    pub lang: String,
    pub version: String,
    pub user: String,
    pub pass: String,
    pub auth_token: String,
    pub account: String,
    pub new_account: bool,
}

/// What is due on this connection, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pack)]
pub(super) enum Due {
    AuthTimeout,
    Ping,
}

/// Whether the peer still lives.
#[derive(Clone, Copy, Debug, Pack)]
pub(super) struct Liveness {
    pub due: Due,
    pub deadline: Timestamp,
    /// Pings nobody answered yet.
    pub unanswered: u32,
    /// When the last ping left.
    pub pinged: Option<Timestamp>,
    /// Round trip of the last answered ping; before one, the time CONNECT took.
    pub rtt: Option<Duration>,
    /// When data or a PING last came in.
    pub last_heard: Option<Timestamp>,
}

/// Bytes that were sent and that the peer has not taken.
#[derive(Clone, Copy, Debug, Default, Pack)]
pub(super) struct Backlog {
    pub bytes: usize,
    /// The wire tells how much is unread. One that does not is taken to carry everything off after each step.
    pub reported: bool,
}

/// Messages and their bytes (headers and payload), counted as the server's connection report counts them.
#[derive(Clone, Copy, Debug, Default, Pack)]
pub(super) struct Traffic {
    pub in_msgs: u64,
    pub in_bytes: u64,
    pub out_msgs: u64,
    pub out_bytes: u64,
}

/// How long a client may take to authenticate.
const AUTH_TIMEOUT: Duration = Duration::from_secs(2);
/// The first ping comes early, so that the round trip is known soon.
const FIRST_PING: Duration = Duration::from_secs(2);
/// A round trip measured longer ago than this is measured again, however busy the connection is.
const RTT_VALID: Duration = Duration::from_secs(60 * 60);

impl Connection {
    pub fn new(options: &Options, now: Timestamp) -> Connection {
        let awaiting_auth = options.credentials.required();
        let (due, deadline) = if awaiting_auth {
            (Due::AuthTimeout, now + AUTH_TIMEOUT)
        } else {
            (Due::Ping, now + options.ping_interval)
        };
        Connection {
            decoder: ClientDecoder::new(options.max_payload),
            settings: Settings::default(),
            user: options.credentials.default_user().cloned(),
            subscriptions: BTreeMap::new(),
            started: now,
            connected: false,
            awaiting_auth,
            greeted: false,
            liveness: Liveness { due, deadline, unanswered: 0, pinged: None, rtt: None, last_heard: None },
            backlog: Backlog::default(),
            traffic: Traffic::default(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            verbose: true,
            pedantic: true,
            echo: true,
            headers: false,
            no_responders: false,
            protocol: 0,
            name: String::new(),
            lang: String::new(),
            version: String::new(),
            user: String::new(),
            pass: String::new(),
            auth_token: String::new(),
            account: String::new(),
            new_account: false,
        }
    }
}

impl Settings {
    /// Takes over what was sent; the rest stays as it was.
    pub fn merge(&mut self, connect: Connect) {
        fn set<T>(target: &mut T, sent: Option<T>) {
            if let Some(value) = sent {
                *target = value;
            }
        }
        set(&mut self.verbose, connect.verbose);
        set(&mut self.pedantic, connect.pedantic);
        set(&mut self.echo, connect.echo);
        set(&mut self.headers, connect.headers);
        set(&mut self.no_responders, connect.no_responders);
        set(&mut self.protocol, connect.protocol);
        set(&mut self.name, connect.name);
        set(&mut self.lang, connect.lang);
        set(&mut self.version, connect.version);
        set(&mut self.user, connect.user);
        set(&mut self.pass, connect.pass);
        set(&mut self.auth_token, connect.auth_token);
        set(&mut self.account, connect.account);
        set(&mut self.new_account, connect.new_account);
    }
}

impl Credentials {
    /// Whether a client must show any.
    pub fn required(&self) -> bool {
        self.are_set() && self.no_auth_user.is_none()
    }

    fn are_set(&self) -> bool {
        self.user_password.is_some() || self.token.is_some() || !self.users.is_empty()
    }

    /// Whether a client is let in, and as whom of the users.
    pub(super) fn admit(&self, settings: &Settings) -> Result<Option<&User>, Refused> {
        let shown = (&settings.user, &settings.pass);
        if let Some(user) = self.users.iter().find(|user| (&user.name, &user.password) == shown) {
            return Ok(Some(user));
        }
        if self.user_password.as_ref().is_some_and(|(user, password)| (user, password) == shown)
            || self.token.as_ref().is_some_and(|token| *token == settings.auth_token)
            || !self.are_set()
        {
            return Ok(None);
        }
        let shows_nothing = settings.user.is_empty() && settings.pass.is_empty() && settings.auth_token.is_empty();
        self.default_user().filter(|_| shows_nothing).map(Some).ok_or(Refused)
    }

    /// Who everybody is who shows nothing.
    pub(super) fn default_user(&self) -> Option<&User> {
        let name = self.no_auth_user.as_ref()?;
        self.users.iter().find(|user| user.name == *name)
    }
}

/// What was shown lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused;

impl Liveness {
    /// CONNECT was accepted: the first ping comes within 2.0 to 2.4 seconds. `jitter` is in `0.0..1.0`.
    pub fn connected(&mut self, now: Timestamp, started: Timestamp, ping_interval: Duration, jitter: f64) {
        self.rtt = Some(now.since(started).max(Duration::from_nanos(1)));
        let delay = ping_interval.min(FIRST_PING);
        self.due = Due::Ping;
        self.deadline = now + delay + delay.mul_f64(jitter / 5.0);
    }

    pub fn heard(&mut self, now: Timestamp) {
        self.last_heard = Some(now);
    }

    pub fn pong(&mut self, now: Timestamp) {
        if let Some(pinged) = self.pinged.filter(|_| self.unanswered > 0) {
            self.rtt = Some(now.since(pinged).max(Duration::from_nanos(1)));
        }
        self.unanswered = 0;
    }

    /// A busy peer whose round trip is known needs no ping.
    pub fn needs_ping(&self, now: Timestamp, ping_interval: Duration) -> bool {
        let rtt_known = self.pinged.is_some_and(|pinged| now.since(pinged) <= RTT_VALID);
        let idle = self.last_heard.is_none_or(|heard| now.since(heard) >= ping_interval);
        idle || !rtt_known
    }
}

impl Traffic {
    pub fn count_in(&mut self, bytes: usize) {
        self.in_msgs += 1;
        self.in_bytes += bytes as u64;
    }

    pub fn count_out(&mut self, bytes: usize) {
        self.out_msgs += 1;
        self.out_bytes += bytes as u64;
    }
}
