//! What the server announces under `$JS.EVENT.>`: told, to whoever may listen.

use super::answers::{API, Exchange};
use super::streams::Found;
use super::{FromClient, HEARD};
use crate::engine::{AckKind, Fact, MessageId, Name};
use crate::flow::step::{How, What};
use crate::json::{self, Value};
use crate::protocol::Message;
use crate::subject::Subject;
use crate::time::Timestamp;

const ADVISORY: &str = "$JS.EVENT.ADVISORY.";
const AUDIT: &str = "$JS.EVENT.ADVISORY.API";

impl FromClient {
    /// Takes in an advisory that reached one of us; returns the number it has as a message.
    pub(super) fn advisory(&mut self, at: Timestamp, message: &Message, hidden: bool) -> Option<MessageId> {
        if !message.subject.starts_with(ADVISORY) {
            return None;
        }
        let document = json::parse(&message.payload).ok()?;
        if message.subject.as_str() == AUDIT {
            if hidden {
                self.audited(at, &document);
            }
            return None;
        }
        self.hear(at, &message.subject, &document, How::Told)
    }

    /// A stored message may be an advisory nobody of us was told.
    pub(super) fn pointer(&mut self, at: Timestamp, found: &Found<'_>, how: How) -> Option<MessageId> {
        if !found.subject.starts_with(ADVISORY) {
            return None;
        }
        self.hear(at, found.subject, &json::parse(found.payload).ok()?, how)
    }

    fn hear(&mut self, at: Timestamp, subject: &Subject, document: &Value, how: How) -> Option<MessageId> {
        let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
        let id = text("id");
        if let Some((_, message)) = self.heard.iter().find(|(heard, _)| heard == id && !id.is_empty()) {
            return Some(*message);
        }
        let message = self.messages.next();
        self.heard.push_back((id.to_owned(), message));
        if self.heard.len() > HEARD {
            self.heard.pop_front();
        }
        let (stream, consumer) = (Name::from(text("stream")), Name::from(text("consumer")));
        let is_looked_at = self.streams.get(&stream).is_some();
        if !is_looked_at {
            return Some(message);
        }
        self.touch(at, &stream);
        let number = |name: &str| document.get(name).and_then(Value::as_u64);
        let kind = text("type").rsplit('.').next().unwrap_or_default();
        let (consumer_seq, conn) = (number("consumer_seq").unwrap_or(0), None);
        let action = text("action").to_owned();
        let reason = Some(text("reason").to_owned()).filter(|reason| !reason.is_empty());
        match (kind, number("stream_seq")) {
            ("max_deliver", Some(stream_seq)) => {
                let deliveries = number("deliveries").unwrap_or(0);
                self.consumer_in_view(at, &stream, &consumer, how);
                let (stream, consumer) = (stream.clone(), consumer.clone());
                self.know(at, how, Fact::GivenUp { stream, consumer, stream_seq, deliveries });
            }
            // Those of our own clients were seen on their wires.
            ("terminated", Some(stream_seq)) if !self.has_answered(&stream, stream_seq) => {
                let (stream, consumer, kind) = (stream.clone(), consumer.clone(), AckKind::Term { reason });
                self.know(at, how, Fact::Answered { stream, consumer, stream_seq, consumer_seq, kind, conn });
            }
            ("stream_action", _) if action == "delete" => self.stream_deleted(at, &stream, how),
            ("consumer_action", _) if action == "delete" => self.consumer_deleted(at, &stream, &consumer, how),
            _ => {}
        }
        let fact = Fact::Advisory {
            message,
            subject: subject.clone(),
            stream,
            consumer: (!consumer.is_empty()).then_some(consumer),
            stream_seq: number("stream_seq"),
        };
        self.push(at, how, Some(message), None, What::Fact(fact));
        Some(message)
    }

    fn has_answered(&self, stream: &str, seq: u64) -> bool {
        self.streams.get(stream).is_some_and(|known| known.acked.contains(seq))
    }

    /// The audit of the API tells what others asked and were answered.
    fn audited(&mut self, at: Timestamp, document: &Value) {
        let client = document.get("client").and_then(|client| client.get("id")).and_then(Value::as_u64);
        if self.conns.values().any(|conn| Some(conn.client_id) == client) {
            return;
        }
        let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(endpoint) = text("subject").strip_prefix(API) else { return };
        let exchange = Exchange {
            asked: at,
            endpoint,
            request: text("request").as_bytes(),
            answer: text("response").as_bytes(),
            how: How::Told,
            brings_into_view: false,
        };
        self.exchanged(at, &exchange);
    }
}
