//! Where a script plays: a server as it wants it, clients, and time.

use super::client::Client;
use super::frame::Frame;
use jetlab::engine::{Event, Fact, Permissions, Rule, User};
use serde_json::Value;
use std::time::Duration;

/// How long a script waits for something that should come.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A server that can be put on stage.
pub trait Target {
    fn connect(&mut self) -> Box<dyn Wire>;
    /// Lets time pass: really, or virtually.
    fn advance(&mut self, duration: Duration);
    /// Time since the server started.
    fn elapsed(&self) -> Duration;
    /// The facts told so far, on a server that tells any.
    fn events(&self) -> Option<Vec<Event>>;
}

/// One connection's bytes.
pub trait Wire {
    fn send(&mut self, bytes: &[u8]);
    /// What came, waiting for it as long as `patience`.
    fn receive(&mut self, patience: Duration) -> Received;
    /// Leaves everything unread from now on.
    fn stop_reading(&mut self);
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    Bytes(Vec<u8>),
    Nothing,
    Closed,
}

/// How the server is to be set up; the default is a JetStream server that lets everybody in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    pub user_password: Option<(&'static str, &'static str)>,
    pub token: Option<&'static str>,
    pub max_payload: Option<usize>,
    pub max_pending: Option<usize>,
    pub ping_interval: Option<Duration>,
    pub ping_max: Option<u32>,
    pub no_jetstream: bool,
    pub max_storage: Option<u64>,
    /// The account everybody belongs to may not use JetStream.
    pub account_without_jetstream: bool,
    /// Streams it may have.
    pub max_streams: Option<u64>,
    /// Consumers each of them may have.
    pub max_consumers: Option<u64>,
    pub domain: Option<&'static str>,
    pub long_ack_subjects: bool,
    pub users: Vec<TestUser>,
    pub no_auth_user: Option<&'static str>,
    /// More lines of a configuration file, for a server that reads one.
    pub lines: Vec<String>,
}

/// A user and what it may do; empty lists say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestUser {
    pub name: &'static str,
    pub password: &'static str,
    pub publish: (&'static [&'static str], &'static [&'static str]),
    pub subscribe: (&'static [&'static str], &'static [&'static str]),
}

impl TestUser {
    pub fn user(&self) -> User {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let rule = |(allow, deny): (&[&str], &[&str])| {
            (!allow.is_empty() || !deny.is_empty()).then(|| Rule { allow: owned(allow), deny: owned(deny) })
        };
        let permissions = Permissions { publish: rule(self.publish), subscribe: rule(self.subscribe) };
        User { name: self.name.to_owned(), password: self.password.to_owned(), permissions }
    }

    /// As a configuration file has it.
    pub fn configured(&self) -> String {
        let list = |(allow, deny): (&[&str], &[&str])| {
            let named = |name: &str, texts: &[&str]| match texts {
                [] => String::new(),
                texts => format!("{name}: {texts:?}; "),
            };
            format!("{{ {}{}}}", named("allow", allow), named("deny", deny))
        };
        let rules = [("publish", self.publish), ("subscribe", self.subscribe)];
        let rules = rules.into_iter().filter(|(_, (allow, deny))| !allow.is_empty() || !deny.is_empty());
        let rules: Vec<String> = rules.map(|(name, rule)| format!("{name}: {}", list(rule))).collect();
        let permissions = match rules.is_empty() {
            true => String::new(),
            false => format!(", permissions: {{ {} }}", rules.join(", ")),
        };
        format!("{{ user: {:?}, password: {:?}{permissions} }}", self.name, self.password)
    }
}

/// What starts a server.
pub type Start = dyn Fn(&Setup) -> Box<dyn Target>;

pub struct Stage<'a> {
    start: &'a Start,
    target: Option<Box<dyn Target>>,
    /// Asks for scripts that do not care who asks.
    asker: Option<Client>,
}

impl<'a> Stage<'a> {
    pub fn new(start: &'a Start) -> Stage<'a> {
        Stage { start, target: None, asker: None }
    }

    /// Starts the server this script wants. Without this the first client starts a default one.
    pub fn start(&mut self, setup: Setup) {
        assert!(self.target.is_none(), "start comes before the first client");
        self.target = Some((self.start)(&setup));
    }

    fn target(&mut self) -> &mut dyn Target {
        &mut **self.target.get_or_insert_with(|| (self.start)(&Setup::default()))
    }

    /// A connection on which nothing was sent and nothing read: INFO comes first.
    pub fn raw(&mut self) -> Client {
        Client::new(self.target().connect())
    }

    /// A client that sent this CONNECT (for example `{"verbose":false}`) and is past the greetings.
    pub fn client(&mut self, connect: &str) -> Client {
        let mut client = self.raw();
        client.greet(connect);
        client
    }

    /// A client as today's libraries connect: quiet, with headers and no responders.
    pub fn modern(&mut self) -> Client {
        self.client(r#"{"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"protocol":1}"#)
    }

    fn asker(&mut self) -> &mut Client {
        if self.asker.is_none() {
            self.asker = Some(self.modern());
        }
        self.asker.as_mut().expect("just set")
    }

    /// The answer to a request, from a connection of its own; fails when none comes.
    #[track_caller]
    pub fn request(&mut self, subject: &str, payload: &str) -> Frame {
        self.asker().request(subject, payload)
    }

    /// Like [`Stage::request`] with headers: lines such as `"Nats-Msg-Id: 1"`.
    #[track_caller]
    pub fn request_with(&mut self, subject: &str, headers: &[&str], payload: &str) -> Frame {
        self.asker().request_with(subject, headers, payload)
    }

    /// Asks and is content with silence; fails when an answer comes (within a short while).
    #[track_caller]
    pub fn request_unanswered(&mut self, subject: &str, payload: &str) {
        self.asker().request_unanswered(subject, payload);
    }

    #[track_caller]
    pub fn request_json(&mut self, subject: &str, body: Value) -> Value {
        self.request(subject, &body.to_string()).json()
    }

    /// A request to `$JS.API.<endpoint>`. `Value::Null` is an empty body.
    #[track_caller]
    pub fn api(&mut self, endpoint: &str, body: Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.request(&format!("$JS.API.{endpoint}"), &body).json()
    }

    /// A request to `$JS.API.<endpoint>` that must succeed.
    #[track_caller]
    pub fn api_ok(&mut self, endpoint: &str, body: Value) -> Value {
        let answer = self.api(endpoint, body);
        assert!(answer.get("error").is_none(), "{endpoint} failed: {answer}");
        answer
    }

    /// A request to `$JS.API.<endpoint>` that must fail; returns the error: `code`, `err_code`, `description`.
    #[track_caller]
    pub fn api_error(&mut self, endpoint: &str, body: Value) -> Value {
        let answer = self.api(endpoint, body);
        answer.get("error").cloned().unwrap_or_else(|| panic!("{endpoint} succeeded: {answer}"))
    }

    /// Publishes into a stream and returns the sequence of the ack.
    #[track_caller]
    pub fn store(&mut self, subject: &str, payload: &str) -> u64 {
        let ack = self.request(subject, payload).json();
        ack["seq"].as_u64().unwrap_or_else(|| panic!("not stored: {ack}"))
    }

    /// Lets time pass. The real server really takes that long, so keep it short.
    pub fn advance(&mut self, duration: Duration) {
        self.target().advance(duration);
    }

    /// Time since the server started.
    pub fn elapsed(&mut self) -> Duration {
        self.target().elapsed()
    }

    /// The facts told so far; `None` on a real server, which tells none.
    pub fn facts(&mut self) -> Option<Vec<Fact>> {
        Some(self.events()?.into_iter().map(|event| event.fact).collect())
    }

    /// The facts with their times and ordinals.
    pub fn events(&mut self) -> Option<Vec<Event>> {
        self.target().events()
    }
}
