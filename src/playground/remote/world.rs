//! The world's side of a server far away: dialling, listening, giving up, dialling again.

use super::line::{Line, Look, Phase};
use super::{Ask, News, Remote, Server, Standing, Tell};
use crate::client::State;
use crate::client::refusal::{self, Page, Refusal};
use crate::engine::ConnId;
use crate::flow::{LinkState, Op};
use crate::playground::faults;
use crate::playground::world::{Home, Observer, Wired, World, listen_in, tap};
use crate::protocol::{Info, ServerOp};
use crate::time::Timestamp;
use bytes::Bytes;
use std::collections::VecDeque;
use std::time::Duration;

/// What the server calls it when it does not know us, or does not any more.
const REFUSALS: &[&str] =
    &["authorization violation", "authentication expired", "authentication revoked", "account authentication expired"];

impl World {
    /// A world whose server is far away; its wires are the owner's.
    pub fn far_away(seed: u64, now: Timestamp, server: Server) -> World {
        let mut world = World::new(seed, now);
        let rng = world.fork_rng();
        world.home = Home::FarAway(Box::new(Remote::new(server, rng)));
        world
    }

    pub fn is_far_away(&self) -> bool {
        matches!(self.home, Home::FarAway(_))
    }

    pub(in crate::playground) fn remote(&self) -> Option<&Remote> {
        if let Home::FarAway(remote) = &self.home { Some(remote) } else { None }
    }

    fn remote_mut(&mut self) -> Option<&mut Remote> {
        if let Home::FarAway(remote) = &mut self.home { Some(remote) } else { None }
    }

    fn line(&mut self, conn: ConnId) -> Option<&mut Line> {
        self.remote_mut()?.lines.get_mut(&conn)
    }

    pub fn take_asks(&mut self) -> VecDeque<Ask> {
        self.remote_mut().map(Remote::take_asks).unwrap_or_default()
    }

    pub(in crate::playground) fn take_news(&mut self) -> Vec<News> {
        self.remote_mut().map(Remote::take_news).unwrap_or_default()
    }

    pub fn hold(&mut self, conn: ConnId, is_full: bool) {
        if let Some(remote) = self.remote_mut() {
            remote.hold(conn, is_full);
        }
    }

    pub fn standing(&self, conn: ConnId) -> Option<Standing> {
        self.remote()?.standing(conn)
    }

    /// What is wrong with a line that could not be made, and what to do about it.
    pub fn refusal(&self, conn: ConnId, page: &Page) -> Option<Refusal> {
        let remote = self.remote()?;
        let line = remote.lines.get(&conn).filter(|line| !line.why.is_empty())?;
        let (url, was_there) = &line.last;
        let complaint = line.why.strip_prefix("nats: ");
        let known = complaint.map(|complaint| {
            let known = refusal::of_server(complaint, &remote.server.auth, line.info.as_ref(), self.now());
            known.unwrap_or_else(|| Refusal { what: complaint.to_owned(), remedies: Vec::new() })
        });
        Some(known.unwrap_or_else(|| match was_there {
            true => Refusal { what: format!("{url} hung up: {}", line.why), remedies: Vec::new() },
            false => refusal::of_dial(url, page, None),
        }))
    }

    /// A line for somebody new; it is dialled at once.
    pub(in crate::playground) fn lay_line(&mut self) -> ConnId {
        let (conn, now) = (self.next_conn(), self.now());
        if let Some(remote) = self.remote_mut() {
            let line = Line::new(&remote.server, now);
            remote.lines.insert(conn, line);
        }
        conn
    }

    /// Does what is due on the lines.
    pub(in crate::playground) fn tend_lines(&mut self, observer: &mut dyn Observer) {
        let now = self.now();
        let Some(remote) = self.remote() else { return };
        let due = remote.lines.iter().filter(|(_, line)| line.deadline() <= now);
        let due: Vec<(ConnId, Phase)> = due.map(|(conn, line)| (*conn, line.phase.clone())).collect();
        for (conn, phase) in due {
            match phase {
                Phase::Waiting { .. } => self.dial_line(conn),
                Phase::Dialling { .. } => self.give_up_wire(conn, "no answer in time", observer),
                Phase::Shaking { .. } => self.give_up_wire(conn, "it says nothing a NATS server would say", observer),
                Phase::Open { .. } => self.look_at_line(conn, observer),
                Phase::Refused | Phase::Still => {}
            }
        }
    }

    fn dial_line(&mut self, old: ConnId) {
        let (conn, now) = (self.next_conn(), self.now());
        let Some(wired) = self.clients.remove(&old) else { return };
        let is_kept = self.troubles.is_kept_away(&wired.newcomer.name);
        self.clients.insert(conn, wired);
        let Some(remote) = self.remote_mut() else { return };
        let Some(mut line) = remote.lines.remove(&old) else { return };
        let url = line.pool.current().to_owned();
        if is_kept {
            line.phase = Phase::Still;
        } else {
            line.dialled(now);
            remote.asks.push_back(Ask::Dial { conn, url: url.clone() });
        }
        remote.lines.insert(conn, line);
        if let Some(client) = self.client(conn) {
            client.leads_to(&url);
        }
    }

    /// The client may dial again: its wire was mended, or it was started again.
    pub(in crate::playground) fn wake_line(&mut self, name: &str) {
        let now = self.now();
        let Some(conn) = self.conn_of(name) else { return };
        if let Some(line) = self.line(conn).filter(|line| line.phase == Phase::Still) {
            line.phase = Phase::Waiting { until: now };
        }
    }

    /// The client's wire ends, and it does not dial until it is told to.
    pub(in crate::playground) fn still_line(&mut self, conn: ConnId, observer: &mut dyn Observer) {
        self.drop_wire(conn, observer);
        let Some(remote) = self.remote_mut() else { return };
        let Some(line) = remote.lines.get_mut(&conn) else { return };
        if line.has_wire() {
            remote.asks.push_back(Ask::HangUp { conn });
        }
        line.phase = Phase::Still;
    }

    /// The client has left for good.
    pub(in crate::playground) fn take_line_away(&mut self, conn: ConnId) {
        self.links.drop_link(conn);
        let Some(remote) = self.remote_mut() else { return };
        remote.held.remove(&conn);
        if remote.lines.remove(&conn).is_some_and(|line| line.has_wire()) {
            remote.asks.push_back(Ask::HangUp { conn });
        }
    }

    fn look_at_line(&mut self, conn: ConnId, observer: &mut dyn Observer) {
        let now = self.now();
        match self.line(conn).map(|line| line.look(now)) {
            Some(Look::Probe) => {
                if let Some(client) = self.client(conn) {
                    client.probe();
                }
            }
            Some(Look::Stale) => self.give_up_wire(conn, "stale connection", observer),
            Some(Look::Alive) | None => {}
        }
    }

    /// We hang up on a server that does not behave.
    fn give_up_wire(&mut self, conn: ConnId, why: &str, observer: &mut dyn Observer) {
        if let Some(remote) = self.remote_mut() {
            remote.asks.push_back(Ask::HangUp { conn });
        }
        self.wire_ended(conn, why, observer);
    }

    /// What became of a wire. Of one that is not in use any more nothing needs to be known.
    pub fn told(&mut self, tell: Tell, observer: &mut dyn Observer) {
        match tell {
            Tell::Opened { conn } => self.wire_opened(conn, observer),
            Tell::Received { conn, bytes } => self.wire_brought(conn, &bytes, observer),
            Tell::Closed { conn, why } => self.wire_ended(conn, &why, observer),
        }
    }

    fn wire_opened(&mut self, conn: ConnId, observer: &mut dyn Observer) {
        let now = self.now();
        let Some(line) = self.line(conn) else { return };
        if !matches!(line.phase, Phase::Dialling { .. }) {
            return;
        }
        line.opened(now);
        self.links.open(conn, Duration::ZERO);
        let Some(Wired { client, newcomer, .. }) = self.clients.get_mut(&conn) else { return };
        observer.opened(now, conn, &newcomer.name, newcomer.role, Duration::ZERO);
        client.wire_opened();
        self.renew_tap(conn);
    }

    fn renew_tap(&mut self, conn: ConnId) {
        if let Some(wired) = self.clients.get_mut(&conn) {
            wired.tap = tap();
        }
    }

    fn wire_brought(&mut self, conn: ConnId, bytes: &[u8], observer: &mut dyn Observer) {
        let Some(line) = self.line(conn).filter(|line| line.has_wire()) else { return };
        line.heard();
        // Out of its place while what it reads is dealt with.
        let mut decoder = std::mem::take(&mut line.decoder);
        decoder.push(bytes);
        let outcome = loop {
            match decoder.decode() {
                Ok(Some(op)) => self.hear(conn, op, observer),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            if !self.clients.contains_key(&conn) {
                return;
            }
        };
        if let Some(line) = self.line(conn) {
            line.decoder = decoder;
        }
        if let Err(error) = outcome {
            if let Some(client) = self.client(conn) {
                client.misunderstood(&error);
            }
            self.give_up_wire(conn, "what it says is no NATS protocol", observer);
        }
    }

    /// One operation of the server.
    fn hear(&mut self, conn: ConnId, op: ServerOp, observer: &mut dyn Observer) {
        let now = self.now();
        let Some(wired) = self.clients.get(&conn) else { return };
        let (client, name) = (wired.client.clone(), wired.newcomer.name.clone());
        let notable = match &op {
            ServerOp::Info(info) => Some(Notable::Info(info.clone())),
            ServerOp::Err(text) => Some(Notable::Complaint(text.clone())),
            ServerOp::Pong => Some(Notable::Pong { waited: client.waiting_messages() }),
            _ => None,
        };
        let copies = self.troubles.copies_to_client(&name, &op);
        if copies == 0 {
            observer.lost(now, now, conn, &Op::Server(op), None);
        } else {
            observer.answered(now, now, conn, &op, None);
            (1..copies).for_each(|_| client.take_in(op.clone()));
            client.take_in(op);
        }
        match notable {
            Some(Notable::Info(info)) => self.heard_info(conn, *info, observer),
            Some(Notable::Complaint(text)) => {
                if let Some(line) = self.line(conn) {
                    line.complaint = Some(text);
                }
            }
            Some(Notable::Pong { waited }) if client.state() == State::Ready => self.welcome(conn, waited),
            _ => {}
        }
    }

    fn heard_info(&mut self, conn: ConnId, info: Info, observer: &mut dyn Observer) {
        let Some(line) = self.line(conn) else { return };
        line.pool.discovered(&info.connect_urls);
        let leaves = info.ldm && line.is_open();
        let server = info.server_name.clone();
        line.info = Some(info);
        if leaves {
            self.leave_lame_duck(conn, &server, observer);
        }
    }

    /// The server is about to go. Where there is another one, its clients go there before it hangs up on them.
    fn leave_lame_duck(&mut self, conn: ConnId, server: &str, observer: &mut dyn Observer) {
        let now = self.now();
        let Some(wired) = self.clients.get(&conn) else { return };
        let (client, name) = (wired.client.clone(), wired.newcomer.name.clone());
        let Some(line) = self.line(conn) else { return };
        let goes = line.pool.leave();
        let next =
            if goes { format!("moving to {}", line.pool.current()) } else { "no other server is known".to_owned() };
        self.report(&name, &format!("Server {server} is in lame duck mode, {next}"));
        if !goes {
            return;
        }
        // What was said already belongs to the old server.
        if let Some(bytes) = client.poll_outgoing() {
            self.carry_far(conn, bytes, observer);
        }
        if let Some(remote) = self.remote_mut() {
            remote.asks.push_back(Ask::HangUp { conn });
        }
        self.drop_wire(conn, observer);
        if let Some(line) = self.line(conn) {
            line.why = "lame duck mode".to_owned();
            line.phase = Phase::Waiting { until: now };
        }
    }

    /// The handshake is done.
    fn welcome(&mut self, conn: ConnId, waited: usize) {
        let now = self.now();
        let Some(line) = self.line(conn).filter(|line| matches!(line.phase, Phase::Shaking { .. })) else { return };
        let was_lost = !line.why.is_empty();
        let url = line.pool.current().to_owned();
        line.welcomed(now);
        let Some(wired) = self.clients.get_mut(&conn) else { return };
        let name = wired.newcomer.name.clone();
        wired.told_waiting = 0;
        if was_lost {
            let waited = match waited {
                0 => String::new(),
                1 => ", 1 message that waited was sent".to_owned(),
                waited => format!(", {waited} messages that waited were sent"),
            };
            self.report(&name, &format!("Reconnected [{url}]{waited}"));
        }
    }

    /// A wire could not be opened, or it ended.
    fn wire_ended(&mut self, conn: ConnId, why: &str, observer: &mut dyn Observer) {
        let now = self.now();
        let Some(line) = self.line(conn).filter(|line| line.has_wire()) else { return };
        let (was_open, complaint) = (line.is_open(), line.complaint.take());
        let refused = complaint.as_deref().is_some_and(is_refusal);
        let why = complaint.map_or_else(|| why.to_owned(), |complaint| format!("nats: {complaint}"));
        line.why.clone_from(&why);
        let goes_on = if refused { line.pool.refused() } else { line.pool.failed() };
        self.drop_wire(conn, observer);
        let Some(remote) = self.remote_mut() else { return };
        let Some(line) = remote.lines.get_mut(&conn) else { return };
        line.phase = match goes_on {
            true => Phase::Waiting { until: now + line.pool.wait(&mut remote.rng) },
            false => Phase::Refused,
        };
        let Some(name) = self.clients.get(&conn).map(|wired| wired.newcomer.name.clone()) else { return };
        match (was_open, goes_on) {
            (true, true) => self.report(&name, &format!("Disconnected due to: {why}, will attempt reconnect")),
            (true, false) => self.report(&name, &format!("Disconnected due to: {why}")),
            (false, false) => self.report(&name, &format!("Connection closed: {why}")),
            (false, true) => {}
        }
        if !goes_on {
            self.report_refusal(conn, &name);
        }
    }

    /// What its user may do about a line that will not be dialled again.
    fn report_refusal(&mut self, conn: ConnId, actor: &str) {
        let refusal = self.refusal(conn, &Page::default()).map(|refusal| refusal.to_string()).unwrap_or_default();
        if let Some(remote) = self.remote_mut() {
            refusal.lines().for_each(|line| remote.tell(actor, line.to_owned()));
        }
    }

    /// Both ends forget the wire.
    fn drop_wire(&mut self, conn: ConnId, observer: &mut dyn Observer) {
        let now = self.now();
        if let Some(remote) = self.remote_mut() {
            remote.held.remove(&conn);
        }
        let was_open = self.links.is_open(conn);
        self.links.drop_link(conn);
        if let Some(wired) = self.clients.get(&conn) {
            wired.client.wire_closed();
        }
        if was_open {
            observer.broken(now, conn, LinkState::Broken);
        }
    }

    fn report(&mut self, actor: &str, text: &str) {
        let utc = self.now().utc();
        let text = format!("{:02}:{:02}:{:02} >>> {text}", utc.hour(), utc.minute(), utc.second());
        if let Some(remote) = self.remote_mut() {
            remote.tell(actor, text);
        }
    }

    /// What clients have to say goes to the owner, as far as there is room on their wires.
    pub(in crate::playground) fn carry_outgoing_far(&mut self, observer: &mut dyn Observer) -> bool {
        let mut carried = false;
        let mut leaving = Vec::new();
        let clients = self.clients.iter().map(|(conn, wired)| (*conn, wired.client.clone()));
        for (conn, client) in clients.collect::<Vec<_>>() {
            let is_held = self.remote().is_some_and(|remote| remote.is_held(conn));
            while let Some(bytes) = (!is_held).then(|| client.poll_outgoing()).flatten() {
                carried = true;
                self.carry_far(conn, bytes, observer);
            }
            if client.state() == State::Closed {
                leaving.push(conn);
            }
        }
        for conn in leaving {
            self.clients.remove(&conn);
            self.take_line_away(conn);
            observer.closed(self.now(), conn);
        }
        carried
    }

    fn carry_far(&mut self, conn: ConnId, mut bytes: Bytes, observer: &mut dyn Observer) {
        let now = self.now();
        let Some(wired) = self.clients.get_mut(&conn) else { return };
        let name = wired.newcomer.name.clone();
        let mut ops = listen_in(&mut wired.tap, &bytes);
        if let Some(left) = self.troubles.filter(&name, &ops) {
            for op in faults::lost(&ops, &left) {
                observer.lost(now, now, conn, &Op::Client(op), None);
            }
            (bytes, ops) = (faults::encoded(&left), left);
        }
        ops.iter().for_each(|op| observer.sent(now, now, conn, op));
        if let Some(remote) = self.remote_mut() {
            remote.asks.push_back(Ask::Send { conn, bytes });
        }
    }

    /// What a server said about itself.
    pub fn server_info(&self) -> Option<&Info> {
        self.remote()?.lines.values().find_map(|line| line.info.as_ref())
    }
}

enum Notable {
    Info(Box<Info>),
    Complaint(String),
    /// So many messages waited for it, if it ends the handshake.
    Pong {
        waited: usize,
    },
}

fn is_refusal(complaint: &str) -> bool {
    let complaint = complaint.to_ascii_lowercase();
    REFUSALS.iter().any(|refusal| complaint.starts_with(refusal))
}
