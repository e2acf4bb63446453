//! What JetStream may use of the server around it while it handles one thing: the time, the seed's random numbers, who
//! is subscribed, and the way out.

use crate::api::advisory::ClientInfo;
use crate::engine::connection::Connection;
use crate::engine::system::Identity;
use crate::engine::trace::Trace;
use crate::engine::{ConnId, Event, Fact, MessageId, Name, Options, Origin};
use crate::map::Map;
use crate::nuid::Rng;
use crate::protocol::Message;
use crate::subject::{Subject, SubjectTrie};
use crate::time::Timestamp;
use std::collections::VecDeque;
use std::sync::Arc;

/// A message on its way through the server.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Publication {
    pub id: MessageId,
    pub origin: Origin,
    pub message: Message,
}

/// What JetStream wants published, in order.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Outgoing {
    /// The subject that decides who gets it: an inbox, a deliver subject, an advisory subject.
    pub to: Subject,
    /// What they get. Its subject is the stored message's for deliveries, `to` for everything else.
    pub message: Message,
    /// The stored message's for deliveries, a new one otherwise.
    pub id: MessageId,
    /// Set for what is only said when somebody, a subscription or a stream, listens.
    pub announces: Option<Announced>,
}

/// What an advisory is about.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Announced {
    pub stream: Name,
    pub consumer: Name,
    pub stream_seq: Option<u64>,
}

/// Who is subscribed, as far as JetStream may know.
pub(in crate::engine) trait Interest {
    /// Whether a client's subscription would get a message on `subject`.
    fn has_interest(&self, subject: &str) -> bool;
    /// Whether a subscription has exactly this text and queue group (`None`: a plain one); what push consumers ask.
    fn has_exact_interest(&self, subject: &str, queue: Option<&str>) -> bool;
}

pub(in crate::engine) struct Context<'a> {
    pub now: Timestamp,
    pub rng: &'a mut Rng,
    pub interest: &'a dyn Interest,
    /// Which streams listen on what.
    pub listeners: Arc<SubjectTrie<Name>>,
    pub options: &'a Options,
    pub identity: &'a Identity,
    pub(in crate::engine) connections: &'a Map<ConnId, Connection>,
    /// Sent by the router after the current step, first in first out. May itself reach streams and the API.
    pub outgoing: &'a mut VecDeque<Outgoing>,
    pub facts: &'a mut Vec<Event>,
    pub next_ordinal: &'a mut u64,
    pub next_message: &'a mut u64,
    /// What happens to the message being published, if somebody asked to be told.
    pub trace: Option<&'a mut Trace>,
}

impl Context<'_> {
    /// Who asked, as advisories tell it; `None` when it was not a client or the client is gone.
    pub fn client_info(&self, origin: Origin) -> Option<ClientInfo> {
        let Origin::Client(conn) = origin else { return None };
        Some(self.identity.client_info(self.options, conn, self.connections.get(&conn)?))
    }

    /// Tells observers.
    pub fn tell(&mut self, fact: Fact) {
        *self.next_ordinal += 1;
        self.facts.push(Event { at: self.now, ordinal: *self.next_ordinal, fact });
    }

    pub fn new_message_id(&mut self) -> MessageId {
        *self.next_message += 1;
        MessageId(*self.next_message)
    }

    /// Publishes a message of the server's own; returns its id.
    pub fn send(&mut self, mut message: Message) -> MessageId {
        let id = self.new_message_id();
        self.sign(&mut message);
        self.outgoing.push_back(Outgoing { to: message.subject.clone(), message, id, announces: None });
        id
    }

    /// Publishes an advisory if anybody listens when its turn comes. Observers are told only then.
    pub fn announce(&mut self, mut message: Message, about: Announced) {
        let id = self.new_message_id();
        self.sign(&mut message);
        self.outgoing.push_back(Outgoing { to: message.subject.clone(), message, id, announces: Some(about) });
    }

    /// What is announced names the domain, last of all.
    fn sign(&self, message: &mut Message) {
        if let Some(domain) = self.options.domain.as_ref().filter(|_| message.subject.starts_with("$JS.EVENT.")) {
            let text = String::from_utf8_lossy(&message.payload);
            let domain = crate::json::write(domain);
            message.payload = format!("{},\"domain\":{domain}}}", text.trim_end_matches('}')).into();
        }
    }

    /// Sends a stored message (or a status) to whoever listens on `to`, under the message's own subject.
    pub fn deliver(&mut self, to: Subject, message: Message, id: MessageId) {
        self.outgoing.push_back(Outgoing { to, message, id, announces: None });
    }

    /// Whether anybody would get a message on `subject`: a subscription or a stream.
    pub fn has_interest(&self, subject: &str) -> bool {
        self.interest.has_interest(subject) || self.listeners.has_match(subject)
    }
}
