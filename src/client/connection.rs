//! One client connection as a state machine: operations in, operations out.
//!
//! Knows the handshake, who listens on what, which PONG belongs to which PING and what must wait while there is no wire.
//! Never knows futures, wakers or time. The ways in are [`Connection::received`] with [`Connection::poll_received`] and
//! [`Connection::handle`] for what the server says, and [`Connection::poll_outgoing`] for what should leave.
//! Source: NATS docs "Client Protocol"; what the Go client puts on the wire.

use super::{Auth, Error, Options};
use crate::map::Map;
use crate::protocol::{ClientOp, Connect, DecodeError, Info, Message, ServerDecoder, ServerOp, Sid};
use crate::subject::Subject;
use std::collections::VecDeque;

/// Bytes of published messages kept while there is no connection, as in the Go client.
pub const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No wire.
    Offline,
    /// A wire, and nothing heard yet.
    AwaitingInfo,
    /// CONNECT and PING are out.
    AwaitingPong,
    Ready,
    /// The server said something that is no protocol; the wire is of no use any more.
    Broken,
    /// Ended by us, for good.
    Closed,
}

/// What an operation of the server means for those above.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// The handshake is done, for the first time or again.
    Ready,
    /// For a subscription; `last` when it has reached its limit.
    Message {
        sid: u64,
        message: Message,
        last: bool,
    },
    /// Everything sent before this ping was handled.
    Pong {
        ping: u64,
    },
    /// These subscriptions were refused and are over.
    SubscriptionRefused {
        sids: Vec<u64>,
        error: Error,
    },
    PublishRefused {
        subject: Subject,
        error: Error,
    },
    /// Any other `-ERR`. The server usually hangs up after it.
    ServerError(Error),
}

#[derive(Debug)]
struct Interest {
    subject: Subject,
    queue: Option<Subject>,
    /// Messages received in all.
    received: u64,
    /// Of those, before the SUB the present server knows: it counts from there.
    received_before: u64,
    max: Option<u64>,
}

impl Interest {
    fn sub(&self, sid: u64) -> ClientOp {
        ClientOp::Sub { subject: self.subject.clone(), queue: self.queue.clone(), sid: Sid::from(sid) }
    }

    fn unsub_after(&self, sid: u64) -> Option<ClientOp> {
        let max = self.max?.saturating_sub(self.received_before);
        Some(ClientOp::Unsub { sid: Sid::from(sid), max: Some(max) })
    }
}

#[derive(Debug)]
pub struct Connection {
    options: Options,
    state: State,
    decoder: ServerDecoder,
    info: Option<Info>,
    next_sid: u64,
    next_ping: u64,
    subscriptions: Map<u64, Interest>,
    outgoing: VecDeque<ClientOp>,
    /// Published (or pinged) while not ready; leaves when ready.
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// Waited, and are more than the server there is now takes.
    too_large: Vec<Subject>,
    /// Whose PONG comes next; `None` is the handshake's.
    pongs_due: VecDeque<Option<u64>>,
}

#[derive(Debug)]
enum Waiting {
    Publish(Message),
    Ping(u64),
}

impl Connection {
    pub fn new(options: Options) -> Connection {
        Connection {
            options,
            state: State::Offline,
            decoder: ServerDecoder::new(),
            info: None,
            next_sid: 1,
            next_ping: 1,
            subscriptions: Map::new(),
            outgoing: VecDeque::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            too_large: Vec::new(),
            pongs_due: VecDeque::new(),
        }
    }

    pub fn state(&self) -> State {
        self.state
    }

    /// Messages that were published and wait for a wire.
    pub fn waiting_messages(&self) -> usize {
        self.waiting.iter().filter(|waiting| matches!(waiting, Waiting::Publish(_))).count()
    }

    pub(super) fn auth(&self) -> &Auth {
        &self.options.auth
    }

    pub fn info(&self) -> Option<&Info> {
        self.info.as_ref()
    }

    /// Returns the pings that will never be answered, as [`Connection::wire_closed`] does.
    pub fn wire_opened(&mut self) -> Vec<u64> {
        let unanswered = self.wire_closed();
        if self.state != State::Closed {
            self.decoder = ServerDecoder::new();
            self.state = State::AwaitingInfo;
        }
        unanswered
    }

    /// Returns the pings that will never be answered. Publishes nobody carried yet wait for the next wire.
    pub fn wire_closed(&mut self) -> Vec<u64> {
        if self.state == State::Closed {
            return Vec::new();
        }
        self.state = State::Offline;
        let unsent = std::mem::take(&mut self.outgoing);
        for message in unsent.into_iter().rev().filter_map(publish_of) {
            self.waiting_bytes += message_bytes(&message);
            self.waiting.push_front(Waiting::Publish(message));
        }
        self.pongs_due.drain(..).flatten().collect()
    }

    /// Ends the connection. What was queued still leaves, if there is a wire.
    pub fn close(&mut self) {
        if matches!(self.state, State::Offline | State::Broken) {
            self.outgoing.clear();
        }
        self.state = State::Closed;
        self.subscriptions.clear();
        self.waiting.clear();
        self.pongs_due.clear();
    }

    pub fn received(&mut self, bytes: &[u8]) {
        if self.hears() {
            self.decoder.push(bytes);
        }
    }

    /// The next operation in what was received, for [`Connection::handle`].
    ///
    /// Errors: what the server did wrong. The connection is then [`State::Broken`] and deaf until the next wire.
    pub fn poll_received(&mut self) -> Result<Option<ServerOp>, DecodeError> {
        if !self.hears() {
            return Ok(None);
        }
        self.decoder.decode().inspect_err(|_| self.state = State::Broken)
    }

    /// What was read elsewhere made no sense.
    pub fn misunderstood(&mut self) {
        if self.hears() {
            self.state = State::Broken;
        }
    }

    fn hears(&self) -> bool {
        matches!(self.state, State::AwaitingInfo | State::AwaitingPong | State::Ready)
    }

    /// Takes in one operation. `None` when nobody above needs to know.
    pub fn handle(&mut self, op: ServerOp) -> Option<Incoming> {
        if !self.hears() {
            return None;
        }
        match op {
            ServerOp::Info(info) => {
                self.info = Some(*info);
                if self.state == State::AwaitingInfo {
                    self.introduce();
                }
                None
            }
            ServerOp::Msg { sid, message } => self.handle_message(&sid, message),
            ServerOp::Ping => {
                self.outgoing.push_back(ClientOp::Pong);
                None
            }
            ServerOp::Pong => match self.pongs_due.pop_front()? {
                Some(ping) => Some(Incoming::Pong { ping }),
                None => Some(self.become_ready()),
            },
            ServerOp::Ok => None,
            ServerOp::Err(text) => Some(self.handle_error(text)),
        }
    }

    fn introduce(&mut self) {
        self.send_connect();
        self.outgoing.push_back(ClientOp::Ping);
        self.pongs_due.push_back(None);
        self.state = State::AwaitingPong;
    }

    /// Has another name from now on.
    ///
    /// Shape: a server that was greeted is told by another CONNECT. With it, it forgets who listens, so that is said again.
    pub fn rename(&mut self, name: &str) {
        if self.options.name == name {
            return;
        }
        self.options.name = name.to_owned();
        if matches!(self.state, State::AwaitingPong | State::Ready) {
            self.send_connect();
        }
        if self.state == State::Ready {
            self.say_who_listens();
        }
    }

    pub fn name(&self) -> &str {
        &self.options.name
    }

    fn send_connect(&mut self) {
        let mut connect = Connect {
            verbose: Some(false),
            pedantic: Some(false),
            echo: Some(true),
            headers: Some(true),
            no_responders: Some(true),
            protocol: Some(1),
            tls_required: Some(false),
            name: (!self.options.name.is_empty()).then(|| self.options.name.clone()),
            lang: Some("rust".to_owned()),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            ..Connect::default()
        };
        if let Some(info) = &self.info {
            self.options.auth.introduce(info, &mut connect);
        }
        let json = crate::json::write(&connect).into_bytes();
        self.outgoing.push_back(ClientOp::Connect(json.into()));
    }

    fn say_who_listens(&mut self) {
        for (&sid, interest) in &mut self.subscriptions {
            interest.received_before = interest.received;
            self.outgoing.push_back(interest.sub(sid));
            self.outgoing.extend(interest.unsub_after(sid));
        }
    }

    /// Tells the server who listens, then sends what waited.
    fn become_ready(&mut self) -> Incoming {
        self.state = State::Ready;
        self.say_who_listens();
        self.waiting_bytes = 0;
        for waiting in std::mem::take(&mut self.waiting) {
            match waiting {
                // A server hangs up on who sends it more than it takes, and would again after the next dial.
                Waiting::Publish(message) if self.is_too_large(&message) => self.too_large.push(message.subject),
                Waiting::Publish(message) => self.outgoing.push_back(ClientOp::Pub(message)),
                Waiting::Ping(ping) => self.send_ping(ping),
            }
        }
        Incoming::Ready
    }

    fn handle_message(&mut self, sid: &Sid, message: Message) -> Option<Incoming> {
        let sid: u64 = sid.as_str().parse().ok()?;
        let interest = self.subscriptions.get_mut(&sid)?;
        // The server does not count its own "no responders" towards the limit, so neither do we.
        if !is_no_responders(&message) {
            interest.received += 1;
        }
        let last = interest.max.is_some_and(|max| interest.received >= max);
        if last {
            self.subscriptions.remove(&sid);
        }
        Some(Incoming::Message { sid, message, last })
    }

    fn handle_error(&mut self, text: String) -> Incoming {
        const SUBSCRIPTION: &str = "Permissions Violation for Subscription to \"";
        const PUBLISH: &str = "Permissions Violation for Publish to \"";
        let denied = || Error::Server(format!("permissions violation: {text}"));
        if let Some((subject, rest)) = text.strip_prefix(SUBSCRIPTION).and_then(|rest| rest.split_once('"')) {
            let queue = rest.strip_prefix(" using queue \"").and_then(|queue| queue.strip_suffix('"'));
            let sids = self.take_refused(subject, queue);
            return Incoming::SubscriptionRefused { sids, error: denied() };
        }
        if let Some(subject) = text.strip_prefix(PUBLISH).and_then(|rest| rest.strip_suffix('"')) {
            return Incoming::PublishRefused { subject: subject.into(), error: denied() };
        }
        Incoming::ServerError(Error::Server(text))
    }

    fn take_refused(&mut self, subject: &str, queue: Option<&str>) -> Vec<u64> {
        let is_refused = |interest: &Interest| {
            interest.subject.as_str() == subject && (queue.is_none() || interest.queue.as_deref() == queue)
        };
        let found = self.subscriptions.iter().filter(|(_, interest)| is_refused(interest));
        let sids: Vec<u64> = found.map(|(&sid, _)| sid).collect();
        for sid in &sids {
            self.subscriptions.remove(sid);
        }
        sids
    }

    /// The next operation for the server.
    pub fn poll_outgoing(&mut self) -> Option<ClientOp> {
        self.outgoing.pop_front()
    }

    pub fn has_outgoing(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// What should leave, oldest first.
    pub fn outgoing(&self) -> &VecDeque<ClientOp> {
        &self.outgoing
    }

    /// Errors: [`Error::MaxPayload`], [`Error::BadSubject`], [`Error::Closed`], and [`Error::Disconnected`] when more
    /// than [`WAITING_BYTES_MAX`] would wait for a connection.
    pub fn publish(&mut self, message: Message) -> Result<(), Error> {
        if self.state == State::Closed {
            return Err(Error::Closed);
        }
        for subject in [Some(&message.subject), message.reply.as_ref()].into_iter().flatten() {
            if subject.is_empty() || has_blank(subject) {
                return Err(Error::BadSubject(subject.to_string()));
            }
        }
        if self.is_too_large(&message) {
            return Err(Error::MaxPayload);
        }
        if self.state == State::Ready {
            self.outgoing.push_back(ClientOp::Pub(message));
            return Ok(());
        }
        let bytes = message_bytes(&message);
        if self.waiting_bytes + bytes > WAITING_BYTES_MAX {
            return Err(Error::Disconnected);
        }
        self.waiting_bytes += bytes;
        self.waiting.push_back(Waiting::Publish(message));
        Ok(())
    }

    fn is_too_large(&self, message: &Message) -> bool {
        let max_payload = self.info.as_ref().map_or(0, |info| info.max_payload);
        max_payload > 0 && message.headers_bytes() + message.payload.len() > max_payload
    }

    /// Subjects of messages that waited and were dropped, because the server there is now takes no message that large.
    pub fn take_too_large(&mut self) -> Vec<Subject> {
        std::mem::take(&mut self.too_large)
    }

    /// Sends a PING, now or once ready; its number comes back in [`Incoming::Pong`].
    pub fn ping(&mut self) -> u64 {
        let ping = self.next_ping;
        self.next_ping += 1;
        if self.state == State::Ready {
            self.send_ping(ping);
        } else {
            self.waiting.push_back(Waiting::Ping(ping));
        }
        ping
    }

    fn send_ping(&mut self, ping: u64) {
        self.outgoing.push_back(ClientOp::Ping);
        self.pongs_due.push_back(Some(ping));
    }

    pub fn subscribe(&mut self, subject: &str, queue: Option<&str>) -> Result<u64, Error> {
        if self.state == State::Closed {
            return Err(Error::Closed);
        }
        if has_blank(subject) || subject.split('.').any(str::is_empty) {
            return Err(Error::BadSubject(subject.to_owned()));
        }
        if queue.is_some_and(|queue| queue.is_empty() || has_blank(queue)) {
            return Err(Error::BadQueue);
        }
        let sid = self.next_sid;
        self.next_sid += 1;
        let queue = queue.map(Subject::from);
        let interest = Interest { subject: subject.into(), queue, received: 0, received_before: 0, max: None };
        if self.state == State::Ready {
            self.outgoing.push_back(interest.sub(sid));
        }
        self.subscriptions.insert(sid, interest);
        Ok(sid)
    }

    /// Ends a subscription after `max` messages in all, `None` is now. Returns whether it is over already.
    pub fn unsubscribe(&mut self, sid: u64, max: Option<u64>) -> bool {
        let Some(interest) = self.subscriptions.get_mut(&sid) else { return true };
        interest.max = max;
        let over = max.is_none_or(|max| interest.received >= max);
        let op = if over { None } else { interest.unsub_after(sid) };
        let op = op.unwrap_or(ClientOp::Unsub { sid: Sid::from(sid), max: None });
        if over {
            self.subscriptions.remove(&sid);
        }
        if self.state == State::Ready {
            self.outgoing.push_back(op);
        }
        over
    }

    /// Asks the server to end a subscription, and still takes what it had sent before.
    pub fn send_no_more(&mut self, sid: u64) {
        if self.state == State::Ready && self.subscriptions.contains_key(&sid) {
            self.outgoing.push_back(ClientOp::Unsub { sid: Sid::from(sid), max: None });
        }
    }
}

/// The answer a server gives in nobody's name.
pub fn is_no_responders(message: &Message) -> bool {
    message.payload.is_empty() && message.status().is_some_and(|status| status.code == 503)
}

fn publish_of(op: ClientOp) -> Option<Message> {
    match op {
        ClientOp::Pub(message) => Some(message),
        _ => None,
    }
}

fn message_bytes(message: &Message) -> usize {
    message.subject.len() + message.headers_bytes() + message.payload.len()
}

fn has_blank(text: &str) -> bool {
    text.contains([' ', '\t', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INFO: &str = "INFO {\"server_id\":\"S\",\"max_payload\":10,\"headers\":true}\r\n";

    /// Feeds `text` and returns what it meant.
    fn feed(connection: &mut Connection, text: &str) -> Vec<Incoming> {
        connection.received(text.as_bytes());
        let mut meant = Vec::new();
        while let Some(op) = connection.poll_received().expect("the script speaks the protocol") {
            meant.extend(connection.handle(op));
        }
        meant
    }

    /// Everything that leaves, CONNECT shortened to its name.
    fn sent(connection: &mut Connection) -> String {
        let mut bytes = Vec::new();
        while let Some(op) = connection.poll_outgoing() {
            match op {
                ClientOp::Connect(_) => bytes.extend_from_slice(b"CONNECT\r\n"),
                op => op.encode(&mut bytes),
            }
        }
        String::from_utf8(bytes).expect("scripts are text").replace("\r\n", "|")
    }

    fn ready() -> Connection {
        let mut connection = Connection::new(Options::default());
        connection.wire_opened();
        feed(&mut connection, INFO);
        feed(&mut connection, "PONG\r\n");
        sent(&mut connection);
        connection
    }

    #[test]
    fn the_handshake_ends_with_the_first_pong_and_then_sends_what_waited() {
        let mut connection = Connection::new(Options::default());
        assert_eq!(connection.subscribe("a", Some("q")), Ok(1));
        assert_eq!(connection.publish(Message::new("a", "x")), Ok(()));
        connection.wire_opened();
        assert_eq!(sent(&mut connection), "");
        assert_eq!(feed(&mut connection, INFO), []);
        assert_eq!(sent(&mut connection), "CONNECT|PING|");
        assert_eq!(feed(&mut connection, "PONG\r\n"), [Incoming::Ready]);
        assert_eq!(sent(&mut connection), "SUB a q 1|PUB a 1|x|");
        assert_eq!(feed(&mut connection, "PING\r\n"), []);
        assert_eq!(sent(&mut connection), "PONG|");
    }

    #[test]
    fn connect_says_what_we_can() {
        let mut connection = Connection::new(Options { name: "me".into(), ..Options::default() });
        connection.wire_opened();
        feed(&mut connection, INFO);
        let Some(ClientOp::Connect(json)) = connection.poll_outgoing() else { panic!("CONNECT comes first") };
        let connect: Connect = crate::json::read(&json).expect("our own JSON");
        assert_eq!((connect.verbose, connect.pedantic, connect.protocol), (Some(false), Some(false), Some(1)));
        assert_eq!((connect.headers, connect.no_responders, connect.echo), (Some(true), Some(true), Some(true)));
        assert_eq!((connect.name.as_deref(), connect.lang.as_deref()), (Some("me"), Some("rust")));
    }

    #[test]
    fn a_new_wire_hears_of_what_is_left_of_each_subscription() {
        let mut connection = ready();
        assert_eq!(connection.subscribe("a", None), Ok(1));
        assert_eq!(connection.subscribe("b", None), Ok(2));
        assert!(!connection.unsubscribe(1, Some(5)));
        assert_eq!(sent(&mut connection), "SUB a 1|SUB b 2|UNSUB 1 5|");
        feed(&mut connection, "MSG a 1 1\r\nx\r\nMSG a 1 1\r\ny\r\n");
        assert!(connection.publish(Message::new("b", "lost?")).is_ok());
        assert!(connection.unsubscribe(2, None));
        connection.wire_closed();
        assert!(connection.publish(Message::new("b", "later")).is_ok());
        connection.wire_opened();
        feed(&mut connection, INFO);
        feed(&mut connection, "PONG\r\n");
        assert_eq!(sent(&mut connection), "CONNECT|PING|SUB a 1|UNSUB 1 3|PUB b 5|lost?|PUB b 5|later|");
        let more = feed(&mut connection, "MSG a 1 0\r\n\r\nMSG a 1 0\r\n\r\nMSG a 1 0\r\n\r\nMSG a 1 0\r\n\r\n");
        assert_eq!(more.len(), 3);
        assert!(matches!(more[2], Incoming::Message { last: true, .. }));
    }

    #[test]
    fn what_waits_has_a_bound() {
        let mut connection = Connection::new(Options::default());
        let big = vec![0u8; WAITING_BYTES_MAX - 1];
        assert_eq!(connection.publish(Message::new("a", big)), Ok(()));
        assert_eq!(connection.publish(Message::new("a", "x")), Err(Error::Disconnected));
    }

    #[test]
    fn refuses_what_would_break_the_protocol() {
        let mut connection = ready();
        for subject in ["", "a b", "a\r\nPING"] {
            assert_eq!(connection.publish(Message::new(subject, "")), Err(Error::BadSubject(subject.into())));
            assert_eq!(connection.subscribe(subject, None), Err(Error::BadSubject(subject.into())));
        }
        assert!(connection.publish(Message::new("a", "").with_reply("b c")).is_err());
        assert!(connection.subscribe("a..b", None).is_err());
        assert_eq!(connection.publish(Message::new("a..b", "")), Ok(()));
        assert_eq!(connection.publish(Message::new("a", "12345678901")), Err(Error::MaxPayload));
    }

    #[test]
    fn a_permission_error_reaches_its_subscription() {
        let mut connection = ready();
        assert_eq!(connection.subscribe("secret", None), Ok(1));
        assert_eq!(connection.subscribe("open", None), Ok(2));
        let meant = feed(&mut connection, "-ERR 'Permissions Violation for Subscription to \"secret\"'\r\n");
        let text = "permissions violation: Permissions Violation for Subscription to \"secret\"".to_owned();
        assert_eq!(meant, [Incoming::SubscriptionRefused { sids: vec![1], error: Error::Server(text) }]);
        assert_eq!(feed(&mut connection, "MSG secret 1 0\r\n\r\n"), []);
        let meant = feed(&mut connection, "-ERR 'Permissions Violation for Publish to \"x\"'\r\n");
        assert!(matches!(&meant[..], [Incoming::PublishRefused { subject, .. }] if &**subject == "x"));
    }

    #[test]
    fn no_responders_does_not_count_towards_a_limit() {
        let mut connection = ready();
        assert_eq!(connection.subscribe("i", None), Ok(1));
        connection.unsubscribe(1, Some(1));
        let meant = feed(&mut connection, "HMSG i 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n");
        assert!(matches!(meant[..], [Incoming::Message { last: false, .. }]));
    }

    proptest! {
        #[test]
        fn nothing_a_server_says_can_panic(pieces in proptest::collection::vec(piece(), 0..20), cut in 1usize..9) {
            let mut connection = Connection::new(Options::default());
            connection.wire_opened();
            let _ = connection.subscribe("a", None);
            connection.unsubscribe(1, Some(2));
            for chunk in pieces.concat().chunks(cut) {
                connection.received(chunk);
                while let Ok(Some(op)) = connection.poll_received() {
                    connection.handle(op);
                }
                while connection.poll_outgoing().is_some() {}
            }
        }
    }

    /// Noise, and pieces that look like protocol so that the noise gets somewhere.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let known = proptest::sample::select(vec![
            INFO,
            "PONG\r\n",
            "PING\r\n",
            "MSG a 1 2\r\nhi\r\n",
            "HMSG a 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n",
            "HMSG a 1 r 3 2\r\n",
            "-ERR 'Permissions Violation for Subscription to \"a\"'\r\n",
            "-ERR '",
            "+OK\r\n",
            "MSG ",
            "\r\n",
            "INFO {",
        ]);
        prop_oneof![known.prop_map(|text| text.as_bytes().to_vec()), proptest::collection::vec(any::<u8>(), 0..30)]
    }
}
