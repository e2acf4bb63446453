//! The async handle: futures and streams over one [`Connection`].

mod alias;
mod drain;
mod wire;

use super::connection::{Connection, Incoming, State};
use super::event::{Event, Fact, Passing, Watcher, without_secrets};
use super::notice::{Listeners, Notice, Notices};
use super::request::{Requests, TOKEN_LENGTH};
use super::subscription::Mailbox;
use super::{Auth, Error, Subscription, jetstream};
use crate::map::Map;
use crate::nuid::Rng;
use crate::protocol::{Info, Message, ServerOp};
use crate::time::{Timers, Timestamp};
use bytes::Bytes;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Where an account's own JetStream is asked.
pub const API_PREFIX: &str = "$JS.API";

/// How long [`Client::flush`] waits, as in the Go client.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// How a client introduces itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Shown by the server as the connection's name.
    pub name: String,
    pub auth: Auth,
    /// `_INBOX` unless set.
    pub inbox_prefix: Option<String>,
}

/// A handle to one connection. Clones share it. Single-threaded.
#[derive(Clone)]
pub struct Client {
    shared: Rc<Shared>,
    timers: Timers,
    /// In front of what JetStream is asked, where it is not `$JS.API`.
    api_prefix: Option<Rc<str>>,
    /// In front of its inboxes, where it is not what the connection has.
    inbox_prefix: Option<Rc<str>>,
}

pub use alias::Alias;

pub(super) struct Shared(RefCell<Inner>);

struct Inner {
    connection: Connection,
    rng: Rng,
    inbox_prefix: Rc<str>,
    /// Names it has for a while, the latest last; its own is the first.
    names: Vec<(u64, String)>,
    mailboxes: Map<u64, Mailbox>,
    requests: Requests,
    pings: Map<u64, Ping>,
    listeners: Listeners,
    was_ready: bool,
    /// The `-ERR` that ended a handshake.
    refusal: Option<Error>,
    last_error: Option<Error>,
    connecting: Vec<Waker>,
    wire: Option<Waker>,
    events: Option<Vec<Event>>,
    watcher: Option<Watcher>,
    now: Timestamp,
    /// Where the wire leads, if it was said.
    /// Where its wires have led, the present one last.
    addresses: Vec<String>,
    /// Woken when nothing is borrowed any more: a waker may come straight back to us.
    to_wake: Vec<Waker>,
}

#[derive(Default)]
struct Ping {
    outcome: Option<Result<(), Error>>,
    waker: Option<Waker>,
}

impl Client {
    /// A client that is not connected yet; tell it with [`Client::wire_opened`].
    pub fn new(options: Options, timers: Timers, rng: Rng) -> Client {
        let inner = Inner {
            inbox_prefix: options.inbox_prefix.as_deref().unwrap_or("_INBOX").into(),
            names: vec![(0, options.name.clone())],
            connection: Connection::new(options),
            rng,
            mailboxes: Map::new(),
            requests: Requests::default(),
            pings: Map::new(),
            listeners: Listeners::default(),
            was_ready: false,
            refusal: None,
            last_error: None,
            connecting: Vec::new(),
            wire: None,
            events: None,
            watcher: None,
            now: timers.now(),
            addresses: Vec::new(),
            to_wake: Vec::new(),
        };
        Client { shared: Rc::new(Shared(RefCell::new(inner))), timers, api_prefix: None, inbox_prefix: None }
    }

    /// Every change goes through here, so that wakers run after it and the wire's owner hears of new bytes.
    fn change<R>(&self, change: impl FnOnce(&mut Inner) -> R) -> R {
        let (result, wakers) = {
            let mut inner = self.shared.0.borrow_mut();
            inner.now = self.timers.now();
            let queued = inner.connection.outgoing().len();
            let result = change(&mut inner);
            inner.show_queued(queued);
            if inner.connection.has_outgoing() || inner.wants_hangup() {
                let wire = inner.wire.take();
                inner.to_wake.extend(wire);
            }
            (result, std::mem::take(&mut inner.to_wake))
        };
        wakers.into_iter().for_each(Waker::wake);
        result
    }

    // The user's side.

    pub fn timers(&self) -> &Timers {
        &self.timers
    }

    /// What the server said about itself, once it has.
    pub fn info(&self) -> Option<Info> {
        self.shared.0.borrow().connection.info().cloned()
    }

    /// Where the connection stands.
    pub fn state(&self) -> State {
        self.shared.0.borrow().connection.state()
    }

    /// What the server refused us with, as long as there is no other wire.
    pub fn refusal(&self) -> Option<Error> {
        self.shared.0.borrow().refusal.clone()
    }

    /// Messages that were published and wait for a wire.
    pub fn waiting_messages(&self) -> usize {
        self.shared.0.borrow().connection.waiting_messages()
    }

    /// Done when the connection is established and the server has answered the first PING.
    ///
    /// Errors: what the server refused us with; [`Error::Closed`].
    pub async fn connected(&self) -> Result<(), Error> {
        poll_fn(|context| {
            let mut inner = self.shared.0.borrow_mut();
            match (inner.connection.state(), &inner.refusal) {
                (State::Ready, _) => Poll::Ready(Ok(())),
                (State::Closed, _) => Poll::Ready(Err(Error::Closed)),
                (_, Some(refusal)) => Poll::Ready(Err(refusal.clone())),
                _ => {
                    inner.connecting.push(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    pub fn publish(&self, message: Message) -> Result<(), Error> {
        self.change(|inner| inner.connection.publish(message))
    }

    /// Done when the server has handled everything sent so far; returns the round trip.
    ///
    /// Errors: [`Error::Timeout`] after ten seconds; [`Error::Closed`] when the wire broke meanwhile.
    pub async fn flush(&self) -> Result<Duration, Error> {
        let sent_at = self.timers.now();
        let ping = PingGuard { client: self, ping: self.change(Inner::ping)? };
        let pong = poll_fn(|context| ping.poll(context));
        self.timers.timeout(FLUSH_TIMEOUT, pong).await.map_err(|_| Error::Timeout)??;
        Ok(self.timers.now().since(sent_at))
    }

    /// Listens on `subject`; dropping the subscription ends it.
    pub fn subscribe(&self, subject: &str, queue: Option<&str>) -> Result<Subscription, Error> {
        let sid = self.change(|inner| {
            let sid = inner.connection.subscribe(subject, queue)?;
            inner.mailboxes.insert(sid, Mailbox::default());
            Ok::<u64, Error>(sid)
        })?;
        Ok(Subscription { client: self.clone(), sid, subject: subject.into() })
    }

    /// Publishes and waits for one answer. No responders is an error, as is a status message's absence in time.
    pub async fn request(&self, message: Message, timeout: Duration) -> Result<Message, Error> {
        let request = self.start_request(message)?;
        self.timers.timeout(timeout, request).await.map_err(|_| Error::Timeout)?
    }

    /// Publishes now and returns the future of the answer, which waits without end.
    pub fn start_request(&self, message: Message) -> Result<PendingRequest, Error> {
        let under = self.inbox_prefix();
        let token = self.change(|inner| inner.begin_request(message, &under))?;
        Ok(PendingRequest { client: self.clone(), token })
    }

    /// A fresh 22-character id from this client's seed.
    pub fn nuid(&self) -> String {
        self.shared.0.borrow_mut().rng.nuid()
    }

    /// Random base62 text from this client's seed.
    pub fn random_token(&self, length: usize) -> String {
        self.shared.0.borrow_mut().rng.base62(length)
    }

    /// The same connection, asking JetStream on other subjects: `$JS.hub.API` for that of the domain `hub`.
    pub fn with_api_prefix(mut self, prefix: &str) -> Client {
        self.api_prefix = Some(prefix.into());
        self
    }

    /// `$JS.API` unless another was asked for.
    pub fn api_prefix(&self) -> &str {
        self.api_prefix.as_deref().unwrap_or(API_PREFIX)
    }

    /// JetStream as this client sees it.
    pub fn jetstream(&self) -> jetstream::JetStream {
        jetstream::JetStream::new(self.clone())
    }

    /// Is told about the connection from now on.
    pub fn notices(&self) -> Notices {
        self.shared.0.borrow_mut().listeners.listen(self.shared.clone())
    }

    /// The latest `-ERR` of the server.
    pub fn last_error(&self) -> Option<Error> {
        self.shared.0.borrow().last_error.clone()
    }

    pub(super) fn auth(&self) -> Auth {
        self.shared.0.borrow().connection.auth().clone()
    }

    /// Ends the connection for good.
    pub fn close(&self) {
        self.change(Inner::close);
    }

    // What it saw.

    /// Starts (or stops) keeping events for [`Client::take_events`].
    pub fn record(&self, wanted: bool) {
        self.change(|inner| inner.events = wanted.then(|| inner.events.take().unwrap_or_default()));
    }

    /// What was seen since the last call, oldest first.
    pub fn take_events(&self) -> Vec<Event> {
        self.change(|inner| inner.events.as_mut().map(std::mem::take).unwrap_or_default())
    }

    /// From now on `watcher` is told of every operation, in the moment it is queued or read.
    pub fn watch(&self, watcher: Watcher) {
        self.shared.0.borrow_mut().watcher = Some(watcher);
    }

    // For subscriptions.

    pub(super) fn with_mailbox<R>(&self, sid: u64, with: impl FnOnce(&mut Mailbox) -> R) -> Option<R> {
        self.shared.0.borrow_mut().mailboxes.get_mut(&sid).map(with)
    }

    pub(super) fn unsubscribe(&self, sid: u64, max: Option<u64>) {
        self.change(|inner| {
            if inner.connection.unsubscribe(sid, max) {
                inner.end_mailbox(sid, None);
            }
        });
    }

    /// The subscription was dropped.
    pub(super) fn forget(&self, sid: u64) {
        self.change(|inner| {
            let ended = inner.mailboxes.remove(&sid).is_none_or(|mailbox| mailbox.ended);
            if !ended {
                inner.connection.unsubscribe(sid, None);
            }
        });
    }
}

impl Inner {
    fn wants_hangup(&self) -> bool {
        matches!(self.connection.state(), State::Closed | State::Broken)
    }

    fn received(&mut self, bytes: &[u8]) {
        self.connection.received(bytes);
        loop {
            let op = match self.connection.poll_received() {
                Ok(Some(op)) => op,
                Ok(None) => return,
                Err(error) => return self.complain(Error::Server(error.to_string())),
            };
            self.take_in(op);
        }
    }

    fn take_in(&mut self, op: ServerOp) {
        if self.events.is_some() {
            self.record(Fact::Received { op: op.clone() });
        }
        if let Some(watcher) = &self.watcher {
            watcher(self.now, Passing::Received(&op));
        }
        if let Some(incoming) = self.connection.handle(op) {
            self.handle(incoming);
        }
    }

    fn handle(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Ready => self.become_ready(),
            Incoming::Message { sid, message, last } => self.deliver(sid, message, last),
            Incoming::Pong { ping } => self.end_ping(ping, Ok(())),
            Incoming::SubscriptionRefused { sids, error } => {
                // Differs from the Go client, whose requests then wait for answers that cannot come.
                let wakers = self.requests.refused(&sids, &error);
                self.to_wake.extend(wakers);
                for sid in sids {
                    self.end_mailbox(sid, Some(error.clone()));
                }
                self.complain(error);
            }
            Incoming::PublishRefused { subject, error } => {
                let wakers = self.requests.fail(Some(&subject), &error);
                self.to_wake.extend(wakers);
                self.complain(error);
            }
            Incoming::ServerError(error) => self.complain(error),
        }
    }

    fn become_ready(&mut self) {
        let again = std::mem::replace(&mut self.was_ready, true);
        let (client_id, server_name) =
            self.connection.info().map(|info| (info.client_id, info.server_name.clone())).unwrap_or_default();
        self.record(Fact::Connected { client_id, server_name, again });
        self.tell(if again { Notice::Reconnected } else { Notice::Connected });
        for subject in self.connection.take_too_large() {
            let wakers = self.requests.fail(Some(&subject), &Error::MaxPayload);
            self.to_wake.extend(wakers);
            self.complain(Error::MaxPayload);
        }
        self.to_wake.append(&mut self.connecting);
    }

    fn deliver(&mut self, sid: u64, message: Message, last: bool) {
        if self.requests.is_inbox(sid) {
            let waker = self.requests.answered(sid, message);
            self.to_wake.extend(waker);
            return;
        }
        let Some(mailbox) = self.mailboxes.get_mut(&sid) else { return };
        mailbox.messages.push_back(message);
        mailbox.ended |= last;
        self.to_wake.extend(mailbox.waker.take());
    }

    fn complain(&mut self, error: Error) {
        if self.connection.state() != State::Ready {
            self.refusal = Some(error.clone());
            self.to_wake.append(&mut self.connecting);
        }
        self.last_error = Some(error.clone());
        self.tell(Notice::Error(error));
    }

    fn end_mailbox(&mut self, sid: u64, error: Option<Error>) {
        let Some(mailbox) = self.mailboxes.get_mut(&sid) else { return };
        mailbox.ended = true;
        mailbox.error = error.or(mailbox.error.take());
        self.to_wake.extend(mailbox.waker.take());
    }

    fn begin_request(&mut self, message: Message, under: &str) -> Result<String, Error> {
        let inbox = self.answers_arrive(under)?;
        let token = self.rng.base62(TOKEN_LENGTH);
        let subject = message.subject.clone();
        self.connection.publish(message.with_reply(format!("{}{token}", inbox.prefix)))?;
        self.requests.begin(token.clone(), inbox.sid, subject);
        Ok(token)
    }

    fn ping(&mut self) -> Result<u64, Error> {
        if self.connection.state() == State::Closed {
            return Err(Error::Closed);
        }
        let ping = self.connection.ping();
        self.pings.insert(ping, Ping::default());
        Ok(ping)
    }

    fn end_ping(&mut self, ping: u64, outcome: Result<(), Error>) {
        if let Some(ping) = self.pings.get_mut(&ping) {
            ping.outcome = Some(outcome);
            self.to_wake.extend(ping.waker.take());
        }
    }

    fn give_up_pings(&mut self, pings: Vec<u64>) {
        for ping in pings {
            self.end_ping(ping, Err(Error::Closed));
        }
    }

    fn close(&mut self) {
        if self.connection.state() == State::Closed {
            return;
        }
        self.connection.close();
        let sids: Vec<u64> = self.mailboxes.keys().copied().collect();
        for sid in sids {
            self.end_mailbox(sid, None);
        }
        let pings = self.pings.keys().copied().collect();
        self.give_up_pings(pings);
        let wakers = self.requests.fail(None, &Error::Closed);
        self.to_wake.extend(wakers);
        self.to_wake.append(&mut self.connecting);
        self.record(Fact::Closed);
        self.tell(Notice::Closed);
    }

    fn take_outgoing(&mut self) -> Option<Bytes> {
        let mut bytes = Vec::new();
        while let Some(op) = self.connection.poll_outgoing() {
            let before = bytes.len();
            op.encode(&mut bytes);
            if self.events.is_some() {
                self.record(Fact::Sent { op: without_secrets(&op).into_owned(), bytes: bytes.len() - before });
            }
        }
        (!bytes.is_empty()).then(|| bytes.into())
    }

    /// What was queued since there were `before` operations. A queue that became shorter has left.
    fn show_queued(&self, before: usize) {
        if let Some(watcher) = &self.watcher {
            let queued = self.connection.outgoing().iter().skip(before);
            queued.for_each(|op| watcher(self.now, Passing::Sent(&without_secrets(op))));
        }
    }

    fn record(&mut self, fact: Fact) {
        let at = self.now;
        if let Some(events) = &mut self.events {
            events.push(Event { at, fact });
        }
    }

    fn tell(&mut self, notice: Notice) {
        let wakers = self.listeners.tell(&notice);
        self.to_wake.extend(wakers);
    }
}

/// The answer to a request that is on its way. Dropping it gives up.
pub struct PendingRequest {
    client: Client,
    token: String,
}

impl Future for PendingRequest {
    type Output = Result<Message, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        self.client.shared.0.borrow_mut().requests.poll_answer(&self.token, context)
    }
}

impl Drop for PendingRequest {
    fn drop(&mut self) {
        self.client.shared.0.borrow_mut().requests.end(&self.token);
    }
}

struct PingGuard<'a> {
    client: &'a Client,
    ping: u64,
}

impl PingGuard<'_> {
    fn poll(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut inner = self.client.shared.0.borrow_mut();
        let Some(ping) = inner.pings.get_mut(&self.ping) else { return Poll::Ready(Err(Error::Closed)) };
        match ping.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                ping.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for PingGuard<'_> {
    fn drop(&mut self) {
        self.client.shared.0.borrow_mut().pings.remove(&self.ping);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn client() -> Client {
        Client::new(Options::default(), Timers::new(Timestamp(0)), Rng::new(1))
    }

    fn connected() -> Client {
        let client = client();
        client.wire_opened();
        client.received(b"INFO {\"max_payload\":100}\r\nPONG\r\n");
        client.poll_outgoing();
        client
    }

    fn sent(client: &Client) -> String {
        String::from_utf8(client.poll_outgoing().unwrap_or_default().to_vec()).expect("scripts are text")
    }

    #[test]
    fn a_request_is_answered_on_its_own_inbox() {
        let client = connected();
        let mut answer = Box::pin(client.request(Message::new("q", "?"), Duration::from_secs(1)));
        assert!((&mut answer).now_or_never().is_none());
        let sent = sent(&client);
        let reply = sent.split_whitespace().nth(5).expect("SUB, subject, sid, PUB, subject, reply").to_owned();
        assert_eq!(reply.len(), "_INBOX.".len() + 22 + 1 + 8);
        client.received(format!("MSG {reply} 1 1\r\n!\r\n").as_bytes());
        assert_eq!(&answer.now_or_never().expect("answered").expect("well").payload[..], b"!");
    }

    #[test]
    fn a_request_fails_at_once_when_nobody_listens_and_later_when_nobody_answers() {
        let client = connected();
        let mut answer = Box::pin(client.request(Message::new("q", ""), Duration::from_secs(1)));
        assert!((&mut answer).now_or_never().is_none());
        let reply = sent(&client).split_whitespace().nth(5).expect("a reply subject").to_owned();
        client.received(format!("HMSG {reply} 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n").as_bytes());
        assert_eq!(answer.now_or_never(), Some(Err(Error::NoResponders)));

        let mut answer = Box::pin(client.request(Message::new("q", ""), Duration::from_secs(1)));
        assert!((&mut answer).now_or_never().is_none());
        client.timers().advance(Timestamp::from_secs(1));
        assert_eq!(answer.now_or_never(), Some(Err(Error::Timeout)));
    }

    #[test]
    fn a_request_fails_at_once_when_its_inbox_is_refused() {
        let client = connected();
        let ask = || Box::pin(client.request(Message::new("q", ""), Duration::from_secs(1)));
        let mut answer = ask();
        assert!((&mut answer).now_or_never().is_none());
        let inbox = sent(&client).split_whitespace().nth(1).expect("SUB, subject").to_owned();
        let text = format!("Permissions Violation for Subscription to \"{inbox}\"");
        client.received(format!("-ERR '{text}'\r\n").as_bytes());
        assert_eq!(answer.now_or_never(), Some(Err(Error::Server(format!("permissions violation: {text}")))));
        assert!(ask().now_or_never().is_none());
        assert!(sent(&client).starts_with("SUB _INBOX."));
    }

    #[test]
    fn a_dropped_subscription_is_unsubscribed() {
        let client = connected();
        let mut subscription = client.subscribe("a", None).expect("a good subject");
        client.received(b"MSG a 1 1\r\nx\r\n");
        assert_eq!(subscription.next().now_or_never().flatten().map(|m| m.payload), Some("x".into()));
        assert!(subscription.next().now_or_never().is_none());
        drop(subscription);
        assert_eq!(sent(&client), "SUB a 1\r\nUNSUB 1\r\n");
    }

    #[test]
    fn a_limited_subscription_ends_by_itself() {
        let client = connected();
        let mut subscription = client.subscribe("a", None).expect("a good subject");
        subscription.unsubscribe_after(1);
        client.received(b"MSG a 1 1\r\nx\r\nMSG a 1 1\r\ny\r\n");
        assert!(subscription.next().now_or_never().flatten().is_some());
        assert_eq!(subscription.next().now_or_never(), Some(None));
        drop(subscription);
        assert_eq!(sent(&client), "SUB a 1\r\nUNSUB 1 1\r\n");
    }

    #[test]
    fn a_refused_login_is_told_to_who_waits() {
        let client = client();
        let mut connected = Box::pin(client.connected());
        client.wire_opened();
        client.received(b"INFO {}\r\n");
        assert!((&mut connected).now_or_never().is_none());
        client.received(b"-ERR 'Authorization Violation'\r\n");
        let error = Error::Server("Authorization Violation".to_owned());
        assert_eq!(error.to_string(), "nats: Authorization Violation");
        assert_eq!(connected.now_or_never(), Some(Err(error)));
    }

    #[test]
    fn flush_measures_the_round_trip_and_fails_with_its_wire() {
        let client = connected();
        let mut flush = Box::pin(client.flush());
        assert!((&mut flush).now_or_never().is_none());
        client.timers().advance(Timestamp(3_000_000));
        client.received(b"PONG\r\n");
        assert_eq!(flush.now_or_never(), Some(Ok(Duration::from_millis(3))));

        let mut flush = Box::pin(client.flush());
        assert!((&mut flush).now_or_never().is_none());
        client.wire_closed();
        assert_eq!(flush.now_or_never(), Some(Err(Error::Closed)));
    }

    #[test]
    fn close_ends_everything() {
        let client = connected();
        let mut notices = client.notices();
        let mut subscription = client.subscribe("a", None).expect("a good subject");
        client.close();
        assert_eq!(subscription.next().now_or_never(), Some(None));
        assert_eq!(client.publish(Message::new("a", "")), Err(Error::Closed));
        assert!(client.wants_hangup());
        assert_eq!(sent(&client), "SUB a 1\r\n");
        let told = futures::StreamExt::collect::<Vec<_>>(&mut notices).now_or_never();
        assert_eq!(told, Some(vec![Notice::Closed]));
    }

    #[test]
    fn events_and_watchers_see_no_secrets() {
        let options = Options { auth: Auth::user_password("joe", "hush"), ..Options::default() };
        let client = Client::new(options, Timers::new(Timestamp(7)), Rng::new(1));
        client.record(true);
        let watched = Rc::new(RefCell::new(String::new()));
        let seen = watched.clone();
        client.watch(Rc::new(move |_, passing| seen.borrow_mut().push_str(&format!("{passing:?}"))));
        client.wire_opened();
        client.received(b"INFO {}\r\n");
        assert!(watched.borrow().contains("Connect") && !watched.borrow().contains("hush"));
        assert!(sent(&client).contains("hush"));
        let events = client.take_events();
        assert_eq!(events.len(), 3);
        assert!(events.iter().all(|event| event.at == Timestamp(7)));
        let Fact::Sent { op: crate::protocol::ClientOp::Connect(json), .. } = &events[1].fact else {
            panic!("CONNECT comes first")
        };
        assert!(!String::from_utf8_lossy(json).contains("hush"));
    }

    #[test]
    fn the_wire_is_woken_when_there_is_something_to_carry() {
        let client = connected();
        let (waker, count) = futures_test_waker();
        let mut context = Context::from_waker(&waker);
        assert!(client.poll_wire(&mut context).is_pending());
        client.publish(Message::new("a", "x")).expect("connected");
        assert_eq!(count.0.load(std::sync::atomic::Ordering::SeqCst), 1);
        assert_eq!(client.poll_wire(&mut context), Poll::Ready(Bytes::from_static(b"PUB a 1\r\nx\r\n")));
    }

    struct Count(std::sync::atomic::AtomicUsize);

    impl std::task::Wake for Count {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    }

    fn futures_test_waker() -> (Waker, std::sync::Arc<Count>) {
        let count = std::sync::Arc::new(Count(0.into()));
        (count.clone().into(), count)
    }
}
