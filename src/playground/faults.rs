//! What goes wrong on purpose: wires that are cut, clients that die, a server that is started again, messages that are
//! lost or come twice.
//!
//! All of it happens on the wires; neither the server nor a client knows that it was meant. A real TCP connection loses no
//! single message: a lost one stands for a process that died between two of its lines.

use super::world::{Observer, Wired, World};
use crate::client::reconnect;
use crate::engine::{self, ConnId};
use crate::flow::{LinkState, words};
use crate::map::{Map, Set};
use crate::protocol::{ClientOp, Message, ServerOp};
use crate::time::{Timestamp, format_go_duration};
use bytes::Bytes;
use std::collections::VecDeque;
use std::time::Duration;

/// What a kernel takes for a process that does not read.
const SOCKET_BYTES: usize = 64 * 1024;
/// How long the server waits for a client to read, as `write_deadline` is by default.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// How often a slow client reads.
const SIP: Duration = Duration::from_millis(100);

/// What can be lost or come twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// The stream stored the message; its answer does not reach the publisher.
    DropPuback,
    /// The client has acknowledged; the server does not hear of it.
    DropAck,
    /// A message for the client is lost on its way.
    DropDelivery,
    /// A message of the client is lost on its way.
    DropPublish,
    /// A message for the client arrives twice.
    DuplicateDelivery,
    /// A message of the client arrives twice.
    DuplicatePublish,
}

/// Names of faults and what they do: one table for parsing, help and completion.
pub const FAULTS: &[(&str, FaultKind, &str)] = &[
    ("drop-puback", FaultKind::DropPuback, "the stream's answer to a publish is lost"),
    ("drop-ack", FaultKind::DropAck, "a worker's ack is lost"),
    ("drop-delivery", FaultKind::DropDelivery, "a message is lost on its way to a client"),
    ("drop-publish", FaultKind::DropPublish, "a message is lost on its way to the server"),
    ("duplicate-delivery", FaultKind::DuplicateDelivery, "a message reaches a client twice"),
    ("duplicate-publish", FaultKind::DuplicatePublish, "a message reaches the server twice"),
];

/// A fault that waits for its messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub kind: FaultKind,
    /// Whose wire; `None` is everybody's.
    pub actor: Option<String>,
    /// How many messages it still hits.
    pub left: u32,
}

/// Everything that is out of order at the moment.
#[derive(Default)]
pub(super) struct Troubles {
    /// Names whose wires are cut.
    cut: Set<String>,
    /// Names of clients that are dead.
    dead: Set<String>,
    server_is_down: bool,
    /// Clients that dial again: when, and how often they have failed.
    dials: Map<ConnId, (Timestamp, u32)>,
    pub faults: Vec<Fault>,
    slow: Map<String, Slow>,
}

/// A client that reads slowly, or not at all.
struct Slow {
    bytes_per_second: u64,
    held: VecDeque<Bytes>,
    /// The next time it reads.
    next: Timestamp,
    /// Since when the server cannot get rid of what it has.
    blocked_since: Option<Timestamp>,
}

impl Slow {
    fn held_bytes(&self) -> usize {
        self.held.iter().map(Bytes::len).sum()
    }

    fn in_words(&self) -> Vec<String> {
        let mut told = vec![match self.bytes_per_second {
            0 => "It does not read.".to_owned(),
            rate => format!("It reads {} a second.", words::bytes(rate)),
        }];
        let held = self.held_bytes();
        if held > 0 {
            let (held, most) = (words::bytes(held as u64), words::bytes(SOCKET_BYTES as u64));
            told.push(format!("It has not read {held} of what was sent to it. {most} have room on the way; the rest waits in the server."));
        }
        if let Some(since) = self.blocked_since {
            let until = words::clock(since + WRITE_DEADLINE);
            told.push(format!("At {until} the server hangs up, unless it reads on (write_deadline, 10s)."));
        }
        told
    }

    fn next_instant(&self) -> Option<Timestamp> {
        let sip = (!self.held.is_empty() && self.bytes_per_second > 0).then_some(self.next);
        sip.into_iter().chain(self.blocked_since.map(|since| since + WRITE_DEADLINE)).min()
    }
}

impl Troubles {
    pub fn next_instant(&self) -> Option<Timestamp> {
        let dials = self.dials.values().map(|(at, _)| *at);
        dials.chain(self.slow.values().filter_map(Slow::next_instant)).min()
    }

    /// Takes a hit of a fault of this kind, if there is one for this actor.
    fn hits(&mut self, kind: FaultKind, actor: &str) -> bool {
        let concerns = |fault: &Fault| fault.kind == kind && fault.actor.as_deref().is_none_or(|name| name == actor);
        let Some(index) = self.faults.iter().position(concerns) else { return false };
        self.faults[index].left -= 1;
        if self.faults[index].left == 0 {
            self.faults.remove(index);
        }
        true
    }

    /// How often an op for a client arrives.
    pub fn copies_to_client(&mut self, actor: &str, op: &ServerOp) -> usize {
        let ServerOp::Msg { message, .. } = op else { return 1 };
        if self.faults.is_empty() {
            return 1;
        }
        match () {
            () if is_puback(message) => usize::from(!self.hits(FaultKind::DropPuback, actor)),
            () if message.subject.starts_with("_INBOX.") => 1,
            () if self.hits(FaultKind::DropDelivery, actor) => 0,
            () if self.hits(FaultKind::DuplicateDelivery, actor) => 2,
            () => 1,
        }
    }

    /// How often an op of a client arrives.
    fn copies_to_server(&mut self, actor: &str, op: &ClientOp) -> usize {
        let ClientOp::Pub(message) = op else { return 1 };
        match () {
            () if message.subject.starts_with("$JS.ACK.") => usize::from(!self.hits(FaultKind::DropAck, actor)),
            () if message.subject.starts_with("$JS.") || message.subject.starts_with("_INBOX.") => 1,
            () if self.hits(FaultKind::DropPublish, actor) => 0,
            () if self.hits(FaultKind::DuplicatePublish, actor) => 2,
            () => 1,
        }
    }

    /// What of a client's ops reaches the wire, when that is not all of it.
    pub fn filter(&mut self, actor: &str, ops: &[ClientOp]) -> Option<Vec<ClientOp>> {
        if self.faults.is_empty() {
            return None;
        }
        let copies: Vec<usize> = ops.iter().map(|op| self.copies_to_server(actor, op)).collect();
        if copies.iter().all(|count| *count == 1) {
            return None;
        }
        Some(ops.iter().zip(copies).flat_map(|(op, count)| std::iter::repeat_n(op.clone(), count)).collect())
    }

    /// Killed, or its wire cut.
    pub fn is_kept_away(&self, actor: &str) -> bool {
        self.cut.contains(actor) || self.dead.contains(actor)
    }

    /// Keeps what a slow client has not read yet; gives it back when the client reads at once.
    pub fn hold(&mut self, actor: &str, bytes: Bytes) -> Option<Bytes> {
        let Some(slow) = self.slow.get_mut(actor) else { return Some(bytes) };
        slow.held.push_back(bytes);
        None
    }
}

/// A fault as `lab faults` lists it.
pub fn in_words(fault: &Fault) -> String {
    let what = FAULTS.iter().find(|(_, kind, _)| *kind == fault.kind).map_or("", |(_, _, what)| what);
    let whose = fault.actor.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    let times = if fault.left == 1 { "next time".to_owned() } else { format!("the next {} times", fault.left) };
    format!("{times}: {what}{whose}")
}

/// The answer of a stream to a publish.
fn is_puback(message: &Message) -> bool {
    message.payload.starts_with(b"{\"stream\":") && message.payload.windows(6).any(|piece| piece == b"\"seq\":")
}

impl World {
    /// Cuts somebody's wire, or all when nobody is named. What was on it is lost, and both ends notice.
    pub fn cut(&mut self, name: &str, observer: &mut dyn Observer) {
        if self.troubles.cut.insert(name.to_owned())
            && let Some(conn) = self.conn_of(name)
        {
            if self.is_far_away() {
                return self.still_line(conn, observer);
            }
            self.sever(conn, LinkState::Broken, observer);
        }
    }

    /// Lets the wire carry again; `false` if it was whole. The client notices at its next attempt.
    pub fn heal(&mut self, name: &str) -> bool {
        let was_cut = self.troubles.cut.remove(name);
        self.wake_line(name);
        was_cut
    }

    pub fn cut_names(&self) -> Vec<String> {
        self.troubles.cut.iter().cloned().collect()
    }

    pub fn add_fault(&mut self, fault: Fault) {
        self.troubles.faults.push(fault);
    }

    /// Everything that is out of order, a sentence each.
    pub fn troubles_in_words(&self) -> Vec<String> {
        let troubles = &self.troubles;
        let server = troubles.server_is_down.then(|| "the server is stopped".to_owned());
        let cut = troubles.cut.iter().map(|name| format!("the wire of {name} is cut"));
        let dead = troubles.dead.iter().map(|name| format!("{name} was killed"));
        let slow =
            troubles.slow.iter().map(|(name, slow)| format!("{name} reads {} bytes a second", slow.bytes_per_second));
        server.into_iter().chain(cut).chain(dead).chain(slow).chain(troubles.faults.iter().map(in_words)).collect()
    }

    /// What is out of order with one client, a sentence each. Wires are `usual` long.
    pub fn troubles_of(&self, name: &str, usual: Duration) -> Vec<String> {
        let troubles = &self.troubles;
        let mut told = Vec::new();
        if troubles.cut.contains(name) {
            told.push("Its wire is cut.".to_owned());
        }
        if troubles.dead.contains(name) {
            told.push("It was killed.".to_owned());
        }
        if let Some(slow) = troubles.slow.get(name) {
            told.extend(slow.in_words());
        }
        let latency =
            self.clients.values().find(|wired| wired.newcomer.name == name).map(|wired| wired.newcomer.latency);
        if let Some(latency) = latency.filter(|latency| *latency != usual) {
            told.push(format!("Its wire takes {} one way.", format_go_duration(latency)));
        }
        let concerns = |fault: &&Fault| fault.actor.as_deref().is_none_or(|actor| actor == name);
        let faults =
            troubles.faults.iter().filter(concerns).map(|fault| format!("{}.", words::capitalised(&in_words(fault))));
        told.extend(faults);
        told
    }

    /// Takes back everything that was broken on purpose.
    pub fn mend_all(&mut self, observer: &mut dyn Observer) {
        self.troubles.faults.clear();
        for name in std::mem::take(&mut self.troubles.cut) {
            self.wake_line(&name);
        }
        self.start_server();
        for name in self.troubles.dead.clone() {
            self.bring_up(&name);
        }
        let slow: Vec<String> = self.troubles.slow.keys().cloned().collect();
        slow.iter().for_each(|name| self.slow_down(name, None, observer));
    }

    /// The client stops in the middle of whatever it does, and does not come back by itself.
    pub fn take_down(&mut self, name: &str, observer: &mut dyn Observer) {
        if let Some(conn) = self.conn_of(name) {
            self.troubles.dead.insert(name.to_owned());
            if self.is_far_away() {
                return self.still_line(conn, observer);
            }
            self.sever(conn, LinkState::Killed, observer);
            self.troubles.dials.remove(&conn);
        }
    }

    /// Whoever looks on is told that the client was killed; what has to be done then is the caller's.
    pub fn dies(&self, conn: ConnId, observer: &mut dyn Observer) {
        observer.broken(self.now(), conn, LinkState::Killed);
    }

    /// The client is started again; `false` if it was alive.
    pub fn bring_up(&mut self, name: &str) -> bool {
        let was_dead = self.troubles.dead.remove(name);
        if self.is_far_away() {
            self.wake_line(name);
            return was_dead;
        }
        if let Some(conn) = self.conn_of(name).filter(|_| was_dead) {
            self.troubles.dials.insert(conn, (self.now(), 0));
        }
        was_dead
    }

    pub fn is_dead(&self, name: &str) -> bool {
        self.troubles.dead.contains(name)
    }

    pub fn is_cut(&self, name: &str) -> bool {
        self.troubles.cut.contains(name)
    }

    pub fn is_slow(&self, name: &str) -> bool {
        self.troubles.slow.contains_key(name)
    }

    pub fn server_is_down(&self) -> bool {
        self.troubles.server_is_down
    }

    /// The server stops: every wire breaks, and what it kept in memory is forgotten.
    pub fn stop_server(&mut self, observer: &mut dyn Observer) {
        self.troubles.server_is_down = true;
        self.tell_engine(engine::Input::Restart, observer);
        let conns: Vec<ConnId> = self.clients.keys().copied().collect();
        for conn in conns {
            self.sever(conn, LinkState::Closed, observer);
        }
        for (conn, socket) in &mut self.sockets {
            socket.close();
            self.links.drop_link(*conn);
        }
    }

    /// The server is there again; `false` if it was.
    pub fn start_server(&mut self) -> bool {
        std::mem::take(&mut self.troubles.server_is_down)
    }

    /// One way, from now on.
    pub fn delay(&mut self, name: &str, latency: Duration, observer: &mut dyn Observer) {
        for (conn, wired) in self.clients.iter_mut().filter(|(_, wired)| wired.newcomer.name == name) {
            wired.newcomer.latency = latency;
            self.links.set_latency(*conn, latency);
            observer.delayed(*conn, latency);
        }
    }

    /// From now on the client reads so much in a second; `None` reads everything at once.
    pub fn slow_down(&mut self, name: &str, bytes_per_second: Option<u64>, observer: &mut dyn Observer) {
        let now = self.now();
        match bytes_per_second {
            Some(bytes_per_second) => {
                let slow = Slow { bytes_per_second, held: VecDeque::new(), next: now + SIP, blocked_since: None };
                self.troubles.slow.insert(name.to_owned(), slow);
            }
            None => {
                let Some(slow) = self.troubles.slow.remove(name) else { return };
                let wired = self.clients.values().find(|wired| wired.newcomer.name == name);
                if let Some(Wired { client, .. }) = wired {
                    slow.held.iter().for_each(|bytes| client.received(bytes));
                }
                self.report_unread(name, 0, observer);
            }
        }
    }

    /// A wire ends at once, at both ends.
    fn sever(&mut self, conn: ConnId, how: LinkState, observer: &mut dyn Observer) {
        let now = self.now();
        let Some(wired) = self.clients.get(&conn) else { return };
        let was_open = self.links.is_open(conn);
        wired.client.wire_closed();
        let name = wired.newcomer.name.clone();
        self.links.drop_link(conn);
        self.forget_held(&name);
        if was_open {
            observer.broken(now, conn, how);
            self.tell_engine(engine::Input::Gone { conn }, observer);
            self.troubles.dials.insert(conn, (now + reconnect::wait_after(0), 0));
        }
    }

    /// Nobody answers now: somebody new dials again like everybody else.
    pub(super) fn dial_later(&mut self) -> ConnId {
        let conn = self.next_conn();
        self.troubles.dials.insert(conn, (self.now() + reconnect::wait_after(0), 0));
        conn
    }

    /// What waits in clients that have no wire, when that has changed.
    pub(super) fn tell_waiting(&mut self, observer: &mut dyn Observer) {
        if self.troubles.dials.is_empty() && self.troubles.dead.is_empty() && !self.is_far_away() {
            return;
        }
        let now = self.now();
        for (conn, wired) in &mut self.clients {
            if self.links.is_open(*conn) || wired.newcomer.hidden {
                continue;
            }
            let waiting = wired.client.waiting_messages() as u64;
            if waiting != wired.told_waiting {
                wired.told_waiting = waiting;
                observer.waiting(now, &wired.newcomer.name, waiting);
            }
        }
    }

    fn forget_held(&mut self, name: &str) {
        if let Some(slow) = self.troubles.slow.get_mut(name) {
            slow.held.clear();
            slow.blocked_since = None;
        }
    }

    /// The server hung up: the client dials again at once, as official clients do.
    pub(super) fn hung_up_on(&mut self, conn: ConnId, observer: &mut dyn Observer) {
        let Some(wired) = self.clients.get(&conn) else { return };
        wired.client.wire_closed();
        let name = wired.newcomer.name.clone();
        self.forget_held(&name);
        self.dial(conn, 0, observer);
    }

    /// Does what is due of dialling and reading.
    pub(super) fn trouble(&mut self, observer: &mut dyn Observer) {
        let now = self.now();
        let due = self.troubles.dials.iter().filter(|(_, (at, _))| *at <= now);
        let due: Vec<(ConnId, u32)> = due.map(|(conn, (_, failed))| (*conn, *failed)).collect();
        for (conn, failed) in due {
            self.dial(conn, failed, observer);
        }
        let due = self.troubles.slow.iter().filter(|(_, slow)| slow.next_instant().is_some_and(|at| at <= now));
        let due: Vec<String> = due.map(|(name, _)| name.clone()).collect();
        for name in due {
            self.sip(&name, observer);
        }
    }

    fn dial(&mut self, conn: ConnId, failed: u32, observer: &mut dyn Observer) {
        self.troubles.dials.remove(&conn);
        let Some(wired) = self.clients.get(&conn) else { return };
        let name = &wired.newcomer.name;
        if self.troubles.dead.contains(name) {
            return;
        }
        if self.troubles.server_is_down || self.troubles.cut.contains(name) {
            let again = self.now() + reconnect::wait_after(failed + 1);
            self.troubles.dials.insert(conn, (again, failed + 1));
            return;
        }
        self.reconnect(conn, observer);
    }

    fn sip(&mut self, name: &str, observer: &mut dyn Observer) {
        let now = self.now();
        let Some(slow) = self.troubles.slow.get_mut(name) else { return };
        let mut read = Vec::new();
        let mut most = (slow.bytes_per_second as f64 * SIP.as_secs_f64()).ceil() as usize;
        while slow.next <= now
            && most > 0
            && let Some(first) = slow.held.front_mut()
        {
            let piece = first.split_to(most.min(first.len()));
            most -= piece.len();
            read.push(piece);
            if slow.held.front().is_some_and(Bytes::is_empty) {
                slow.held.pop_front();
            }
        }
        if slow.next <= now {
            slow.next = now + SIP;
        }
        if let Some(wired) = self.clients.values().find(|wired| wired.newcomer.name == name) {
            read.iter().for_each(|piece| wired.client.received(piece));
        }
        self.note_unread(name, observer);
    }

    /// Says how much waits in the server, and for how long it has.
    pub(super) fn note_unread(&mut self, name: &str, observer: &mut dyn Observer) {
        let now = self.now();
        let Some(slow) = self.troubles.slow.get_mut(name) else { return };
        let waiting = slow.held_bytes().saturating_sub(SOCKET_BYTES);
        slow.blocked_since = if waiting == 0 { None } else { slow.blocked_since.or(Some(now)) };
        let gave_up = slow.blocked_since.is_some_and(|since| now >= since + WRITE_DEADLINE);
        if gave_up {
            // Nothing more of this connection will be read.
            slow.held.clear();
            slow.blocked_since = None;
        }
        // The server cannot see a clock on a wire; a write that took too long counts as more than it allows.
        self.report_unread(name, if gave_up { usize::MAX } else { waiting }, observer);
    }

    fn report_unread(&mut self, name: &str, bytes: usize, observer: &mut dyn Observer) {
        if let Some(conn) = self.conn_of(name) {
            self.tell_engine(engine::Input::Unread { conn, bytes }, observer);
        }
    }

    /// The next time a client dials again or reads.
    pub(super) fn next_trouble(&self) -> Option<Timestamp> {
        self.troubles.next_instant()
    }
}

/// The messages that are in `ops` and not in what is left of them.
pub(super) fn lost(ops: &[ClientOp], left: &[ClientOp]) -> Vec<ClientOp> {
    let is_lost = |op: &&ClientOp| matches!(op, ClientOp::Pub(_)) && !left.contains(op);
    ops.iter().filter(is_lost).cloned().collect()
}

/// Ops as bytes again.
pub(super) fn encoded(ops: &[ClientOp]) -> Bytes {
    let mut bytes = Vec::new();
    ops.iter().for_each(|op| op.encode(&mut bytes));
    bytes.into()
}
