//! What a client's operations do: CONNECT and its refusals, subscriptions, what may be published, pings both ways.
//!
//! Messages go on to `routing.rs`; what is remembered is in `connection.rs`.
//! Source: NATS docs "Client Protocol"; nats-server `server/client.go` and `server/auth.go`, observed.

use super::connection::{Connection, Due, Held};
use super::interest::Subscription;
use super::{CloseReason, ConnId, Engine, Fact, Output, User};
use crate::json::{self, FromJson, Value};
use crate::map::Set;
use crate::protocol::{ClientOp, Connect, DecodeError, Message, ServerOp, Sid};
use crate::subject::{Subject, SubjectFilter, is_literal, is_valid_filter};
use bytes::Bytes;
use std::sync::Arc;

/// A client must not ask to be answered here: these answers would be taken for the server's own.
const RESERVED_REPLIES: [&str; 3] = ["_R_.", "$JS.ACK.", "_GR_."];
/// A client must not publish here.
const RESERVED_SUBJECTS: [&str; 2] = ["_GR_.", "$NRG."];
/// The queue group of the server's own listeners.
const SYSTEM_QUEUE: &str = "_sys_";

impl Engine {
    pub(super) fn open(&mut self, conn: ConnId) {
        let connection = Connection::new(&self.options, self.now);
        self.deadlines.insert((connection.liveness.deadline, conn));
        self.connections.insert(conn, connection);
        let info = self.identity.info(&self.options, conn);
        self.send(conn, ServerOp::Info(Box::new(info)));
    }

    pub(super) fn received(&mut self, conn: ConnId, bytes: &[u8]) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.decoder.push(bytes);
        // Looked up again each time: any operation may end the connection.
        while let Some(connection) = self.connections.get_mut(&conn) {
            let must_connect = connection.awaiting_auth
                && connection.decoder.next_byte().is_some_and(|byte| !matches!(byte, b'C' | b'c'));
            if must_connect {
                return self.refuse(conn, "Authorization Violation", CloseReason::AuthenticationViolation);
            }
            match connection.decoder.decode() {
                Ok(Some(op)) => self.handle_op(conn, op),
                Ok(None) => return,
                Err(error) => return self.misspoken(conn, error),
            }
            self.drain();
        }
    }

    fn handle_op(&mut self, conn: ConnId, op: ClientOp) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        match op {
            ClientOp::Connect(json) => self.connect(conn, &json),
            ClientOp::Pub(message) => {
                connection.liveness.heard(self.now);
                let bytes = message.headers_bytes() + message.payload.len();
                connection.traffic.count_in(bytes);
                self.traffic.count_in(bytes);
                self.client_published(conn, message);
            }
            ClientOp::Sub { subject, queue, sid } => self.subscribe(conn, subject, queue, sid),
            ClientOp::Unsub { sid, max } => {
                self.unsubscribe_after(conn, &sid, max);
                self.say_ok(conn);
            }
            ClientOp::Ping => self.ping_received(conn),
            ClientOp::Pong => connection.liveness.pong(self.now),
        }
    }

    fn misspoken(&mut self, conn: ConnId, error: DecodeError) {
        let reason = match error {
            DecodeError::MaxPayload => CloseReason::MaxPayloadExceeded,
            DecodeError::MaxControlLine => CloseReason::MaxControlLineExceeded,
            DecodeError::UnknownOperation | DecodeError::BadArguments | DecodeError::PeerError => {
                CloseReason::ProtocolViolation
            }
        };
        match error.sentence() {
            Some(sentence) => self.refuse(conn, sentence, reason),
            None => self.close(conn, reason),
        }
    }

    fn connect(&mut self, conn: ConnId, json: &Bytes) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        let Some(connect) = read_connect(json) else { return self.close(conn, CloseReason::ProtocolViolation) };
        connection.settings.merge(connect);
        let settings = &connection.settings;
        let admitted = self.options.credentials.admit(settings);
        let refusal = if admitted.is_err() || !settings.account.is_empty() || settings.new_account {
            Some(("Authorization Violation", CloseReason::AuthenticationViolation))
        } else if !(0..=1).contains(&settings.protocol) {
            Some(("invalid client protocol", CloseReason::ProtocolViolation))
        } else if settings.no_responders && !settings.headers {
            Some(("no responders requires headers support", CloseReason::ProtocolViolation))
        } else {
            None
        };
        connection.user = admitted.ok().flatten().cloned();
        match refusal {
            Some((sentence, reason)) => self.refuse(conn, sentence, reason),
            None => self.accept(conn),
        }
    }

    fn accept(&mut self, conn: ConnId) {
        // Subscriptions made before belong to the earlier CONNECT and go with it.
        self.drop_subscriptions(conn);
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.awaiting_auth = false;
        connection.connected = true;
        let jitter = self.rng.below(1000) as f64 / 1000.0;
        self.deadlines.remove(&(connection.liveness.deadline, conn));
        connection.liveness.connected(self.now, connection.started, self.options.ping_interval, jitter);
        self.deadlines.insert((connection.liveness.deadline, conn));
        let name = connection.settings.name.clone();
        self.tell(Fact::Connected { conn, name });
        self.say_ok(conn);
    }

    fn client_published(&mut self, conn: ConnId, message: Message) {
        let Some(connection) = self.connections.get(&conn) else { return };
        let settings = &connection.settings;
        if message.headers.is_some() && !settings.headers {
            return self.close(conn, CloseReason::ProtocolViolation);
        }
        let is_misspelled = settings.pedantic && !(is_valid_filter(&message.subject) && is_literal(&message.subject));
        let is_denied = connection.user.as_ref().is_some_and(|user| !user.permissions.may_publish(&message.subject));
        self.begin_trace(conn, &message);
        if is_misspelled {
            // Said, and sent on all the same.
            self.complain(conn, "Invalid Publish Subject");
        }
        let denied = || format!("Permissions Violation for Publish to \"{}\"", message.subject);
        if let Some(sentence) = violation(&message).or_else(|| is_denied.then(denied)) {
            self.complain(conn, &sentence);
            return self.trace_refusal(&sentence);
        }
        self.say_ok(conn);
        self.publish(conn, message);
    }

    fn subscribe(&mut self, conn: ConnId, subject: Subject, queue: Option<Subject>, sid: Sid) {
        let Ok(filter) = SubjectFilter::new(&subject) else { return self.complain(conn, "Invalid Subject") };
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        let group = queue.as_deref();
        let is_allowed = |user: &User| user.permissions.may_subscribe(&subject, group);
        if group == Some(SYSTEM_QUEUE) || !connection.user.as_ref().is_none_or(is_allowed) {
            let using = group.map(|queue| format!(" using queue \"{queue}\"")).unwrap_or_default();
            return self.complain(conn, &format!("Permissions Violation for Subscription to \"{subject}\"{using}"));
        }
        if !connection.subscriptions.contains_key(&sid) {
            self.next_subscription += 1;
            let number = self.next_subscription;
            let subscription = Arc::new(Subscription { number, conn, sid: sid.clone(), filter, queue: queue.clone() });
            let held = Held { subscription: subscription.clone(), delivered: 0, max: None };
            connection.subscriptions.insert(sid.clone(), held);
            self.subscriptions.insert(subscription);
            self.interest_changes.push_back(subject.clone());
            self.tell(Fact::Subscribed { conn, sid, subject, queue });
        }
        self.say_ok(conn);
    }

    fn unsubscribe_after(&mut self, conn: ConnId, sid: &Sid, max: Option<u64>) {
        let Some(held) = self.connections.get_mut(&conn).and_then(|it| it.subscriptions.get_mut(sid)) else { return };
        held.max = max;
        if max.is_none_or(|max| held.delivered >= max) {
            self.unsubscribe(conn, sid);
        }
    }

    pub(super) fn unsubscribe(&mut self, conn: ConnId, sid: &Sid) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        let Some(held) = connection.subscriptions.remove(sid) else { return };
        self.subscriptions.remove(&held.subscription);
        self.interest_changes.push_back(held.subscription.filter.subject().clone());
        self.tell(Fact::Unsubscribed { conn, sid: sid.clone() });
    }

    fn drop_subscriptions(&mut self, conn: ConnId) {
        let Some(connection) = self.connections.get(&conn) else { return };
        for sid in connection.subscriptions.keys().cloned().collect::<Vec<_>>() {
            self.unsubscribe(conn, &sid);
        }
    }

    fn ping_received(&mut self, conn: ConnId) {
        self.send(conn, ServerOp::Pong);
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.liveness.heard(self.now);
        let greet = connection.connected && !connection.greeted;
        connection.greeted |= connection.connected;
        if greet && connection.settings.protocol >= 1 {
            let info = self.identity.connect_info(&self.options, conn);
            self.send(conn, ServerOp::Info(Box::new(info)));
        }
    }

    /// Pings whoever is due, and gives up on those who owe too many answers or never said who they are.
    pub(super) fn check_liveness(&mut self) {
        while let Some(&(deadline, conn)) = self.deadlines.first()
            && deadline <= self.now
        {
            self.deadlines.pop_first();
            let Some(connection) = self.connections.get_mut(&conn) else { continue };
            match connection.liveness.due {
                Due::AuthTimeout => {
                    self.refuse(conn, "Authentication Timeout", CloseReason::AuthenticationTimeout);
                }
                Due::Ping => self.ping_due(conn),
            }
        }
    }

    fn ping_due(&mut self, conn: ConnId) {
        let (now, interval) = (self.now, self.options.ping_interval);
        let Some(Connection { liveness, .. }) = self.connections.get_mut(&conn) else { return };
        let needs_ping = liveness.needs_ping(now, interval);
        if needs_ping && liveness.unanswered + 1 > self.options.ping_max {
            return self.refuse(conn, "Stale Connection", CloseReason::StaleConnection);
        }
        liveness.deadline = now + interval;
        if needs_ping {
            liveness.unanswered += 1;
            liveness.pinged = Some(now);
        }
        self.deadlines.insert((liveness.deadline, conn));
        if needs_ping {
            self.send(conn, ServerOp::Ping);
        }
    }

    /// `+OK`, to those who want to hear it.
    fn say_ok(&mut self, conn: ConnId) {
        if self.connections.get(&conn).is_some_and(|connection| connection.settings.verbose) {
            self.send(conn, ServerOp::Ok);
        }
    }

    /// `-ERR`, and on we go.
    fn complain(&mut self, conn: ConnId, sentence: &str) {
        self.send(conn, ServerOp::Err(sentence.to_owned()));
    }

    /// `-ERR`, and that was it.
    fn refuse(&mut self, conn: ConnId, sentence: &str, reason: CloseReason) {
        self.complain(conn, sentence);
        self.close(conn, reason);
    }

    /// Hangs up.
    pub(super) fn close(&mut self, conn: ConnId, reason: CloseReason) {
        if self.forget(conn, reason) {
            self.outputs.push(Output::Close { conn, reason });
        }
    }

    /// Removes every trace of a connection; false if there was none.
    pub(super) fn forget(&mut self, conn: ConnId, reason: CloseReason) -> bool {
        let Some(connection) = self.connections.remove(&conn) else { return false };
        self.deadlines.remove(&(connection.liveness.deadline, conn));
        let mut subjects = Set::new();
        for held in connection.subscriptions.values() {
            self.subscriptions.remove(&held.subscription);
            subjects.insert(held.subscription.filter.subject().clone());
        }
        self.interest_changes.extend(subjects);
        self.slow_consumers += u64::from(reason == CloseReason::SlowConsumer);
        self.tell(Fact::Disconnected { conn, reason });
        true
    }
}

/// Why nobody may publish this.
fn violation(message: &Message) -> Option<String> {
    if let Some(reply) = message.reply.as_deref().filter(|reply| starts_with_any(reply, &RESERVED_REPLIES)) {
        return Some(format!("Permissions Violation for Publish with Reply of \"{reply}\""));
    }
    let subject = &message.subject;
    let is_reserved = starts_with_any(subject, &RESERVED_SUBJECTS);
    is_reserved.then(|| format!("Permissions Violation for Publish to \"{subject}\""))
}

fn starts_with_any(subject: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| subject.starts_with(prefix))
}

/// Field names are matched without regard to case. `None` for anything that is not a CONNECT document.
fn read_connect(text: &[u8]) -> Option<Connect> {
    let Value::Object(fields) = json::parse(text).ok()? else { return None };
    let fields = fields.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    Connect::from_json(&Value::Object(fields)).ok()
}
