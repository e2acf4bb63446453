//! Where a message went, told to whoever asked with `Nats-Trace-Dest`.
//!
//! A trace is begun when a client's publish comes in, collects what happens to that message while it is routed, and leaves
//! as a document of its own. With `Nats-Trace-Only` everything is looked at and nothing delivered or stored.
//! Differs from nats-server: the document is never compressed, whatever `Accept-Encoding` says, and a message that is too
//! large to be read is not traced.
//! Source: ADR-41; nats-server 2.15.1 `server/msgtrace.go`, observed.

use super::interest::Subscription;
use super::{ConnId, Engine, system};
use crate::api::Error;
use crate::map::Map;
use crate::protocol::Message;
use crate::subject::{Subject, is_valid_publish_subject};
use crate::time::Timestamp;
use serde_json::{Value, json};

pub(super) const DESTINATION: &str = "Nats-Trace-Dest";
/// What a stream keeps of the destination, so that nobody is told again when the message is delivered.
pub(super) const DISABLED: &str = "trace disabled";
const ONLY: &str = "Nats-Trace-Only";
const NO_ECHO: &str = "Not delivered because of no echo";

/// What is known so far of one message's way.
pub(super) struct Trace {
    /// `None` where nothing can be sent: what is said of the way is lost then, the rest stays as it is.
    destination: Option<Subject>,
    /// Nothing is delivered or stored.
    pub is_only: bool,
    request: Value,
    /// Each with its place among the others.
    events: Vec<(Place, Value)>,
}

/// Where among all who listen: in the order in which nats-server goes through its subscriptions.
type Place = Vec<u8>;

/// Before everybody, and after.
const FIRST: Place = Place::new();

fn last() -> Place {
    vec![u8::MAX]
}

/// Everything below comes before one token, that before the token itself; for the last token it is the other way round.
/// Queue groups come after all others.
fn place(filter: &str, is_queue: bool) -> Place {
    let tokens = filter.split('.');
    let count = tokens.clone().count();
    let of_token = |(index, token): (usize, &str)| match token {
        ">" => 0,
        "*" if index + 1 < count => 1,
        "*" => 3,
        _ => 2,
    };
    std::iter::once(u8::from(is_queue)).chain(tokens.enumerate().map(of_token)).collect()
}

impl Trace {
    fn add(&mut self, place: Place, kind: &str, now: Timestamp, details: Value) {
        let mut event = json!({ "type": kind, "ts": now.rfc3339() });
        if let (Value::Object(event), Value::Object(details)) = (&mut event, details) {
            let is_said = |value: &Value| *value != json!("") && *value != json!(false);
            event.extend(details.into_iter().filter(|(_, value)| is_said(value)));
        }
        self.events.push((place, event));
    }

    /// Somebody will hear of it.
    pub fn is_told(&self) -> bool {
        self.destination.is_some()
    }

    /// A stream that listens on `filter` took it; `no_interest`: and kept nothing.
    pub fn stored(&mut self, now: Timestamp, (stream, filter): (&str, &str), subject: &str, no_interest: bool) {
        self.add(
            place(filter, false),
            "js",
            now,
            json!({ "stream": stream, "subject": subject, "nointerest": no_interest }),
        );
    }

    /// A stream did not take it. `subject` is empty when that showed before the stream looked at its limits.
    pub fn refused(&mut self, now: Timestamp, (stream, filter): (&str, &str), subject: &str, why: &str) {
        self.add(place(filter, false), "js", now, json!({ "stream": stream, "subject": subject, "error": why }));
    }

    /// It goes on under another subject.
    pub fn mapped(&mut self, now: Timestamp, to: &str) {
        self.add(FIRST, "sm", now, json!({ "to": to }));
    }

    /// A request to one of the server's services.
    pub fn imported(&mut self, now: Timestamp, from: &str, to: &str) {
        self.add(last(), "si", now, json!({ "acc": "$SYS", "from": from, "to": to }));
    }
}

impl Engine {
    /// Begins a trace if `message` asks for one.
    pub(super) fn begin_trace(&mut self, conn: ConnId, message: &Message) {
        self.trace = None;
        let Some(headers) = &message.headers else { return };
        let is_wanted = |to: &&str| !to.is_empty() && *to != DISABLED;
        let Some(destination) = headers.get(DESTINATION).filter(is_wanted) else { return };
        let destination = is_valid_publish_subject(destination).then(|| destination.into());
        let is_only = headers.get(ONLY).is_some_and(|only| {
            let only = only.to_ascii_lowercase();
            ["1", "true", "on"].contains(&only.as_str())
        });
        let mut values: Map<String, Vec<String>> = Map::new();
        for (name, value) in headers.iter() {
            values.entry(name.to_owned()).or_default().push(value.to_owned());
        }
        let size = headers.len() + message.payload.len();
        let request = json!({ "header": crate::json::to_value(&values), "msgsize": size });
        let mut trace = Trace { destination, is_only, request, events: Vec::new() };
        let name = self.connections.get(&conn).map_or("", |connection| connection.settings.name.as_str());
        let details = json!({ "kind": 0, "cid": conn.0, "name": name, "acc": "$G", "subj": &*message.subject });
        trace.add(FIRST, "in", self.now, details);
        self.trace = Some(trace);
    }

    /// The publish was refused outright.
    pub(super) fn trace_refusal(&mut self, sentence: &str) {
        let Some(trace) = &mut self.trace else { return };
        trace.events[0].1["error"] = json!(sentence);
        self.end_trace();
    }

    /// A copy for `subscription`; `is_echo`: that it does not get, being the publisher's own.
    pub(super) fn trace_copy(&mut self, subscription: &Subscription, is_echo: bool) {
        let Some(trace) = &mut self.trace else { return };
        let name = self.connections.get(&subscription.conn).map_or("", |it| it.settings.name.as_str());
        let details = json!({
            "kind": 0,
            "cid": subscription.conn.0,
            "name": name,
            "sub": &**subscription.filter.subject(),
            "queue": subscription.queue.as_deref().unwrap_or_default(),
            "error": if is_echo { NO_ECHO } else { "" },
        });
        let place = place(subscription.filter.subject(), subscription.queue.is_some());
        trace.add(place, "eg", self.now, details);
    }

    /// Sends what was collected.
    pub(super) fn end_trace(&mut self) {
        let Some(Trace { destination: Some(destination), request, mut events, .. }) = self.trace.take() else { return };
        self.system_answers += 1;
        // Of a stream and a subscription in the same place nats-server takes now this one first, now that one.
        events.sort_by_key(|(place, event)| (place.clone(), event["type"] != json!("js")));
        let events: Vec<Value> = events.into_iter().map(|(_, event)| event).collect();
        let document = json!({ "server": system::server(self), "request": request, "events": events });
        self.send_own(Message::new(destination, crate::api::to_json(&document)));
    }

    pub(super) fn is_traced_only(&self) -> bool {
        self.trace.as_ref().is_some_and(|trace| trace.is_only)
    }
}

/// What the server itself calls a refusal, where that is not what it answers. `expected` are the publish's headers.
pub(super) fn reason(error: &Error, expected: &dyn Fn(&str) -> Option<String>) -> String {
    let Error { err_code, description, .. } = error;
    let actual = description.rsplit(": ").next().unwrap_or_default();
    let number = |name: &str| expected(name).map(|value| value.parse::<u64>().unwrap_or(u64::MAX).to_string());
    match err_code {
        10071 => match (number("Nats-Expected-Last-Subject-Sequence"), number("Nats-Expected-Last-Sequence")) {
            (Some(wanted), _) if wanted != actual => format!("last sequence by subject mismatch: {wanted} vs {actual}"),
            (_, wanted) => format!("last sequence mismatch: {} vs {actual}", wanted.unwrap_or_default()),
        },
        10070 => {
            let actual = description.strip_prefix("wrong last msg ID: ").unwrap_or_default();
            let wanted = expected("Nats-Expected-Last-Msg-Id").unwrap_or_default();
            format!("last msgid mismatch: {wanted:?} vs {actual:?}")
        }
        10166 => "message TTL disabled".to_owned(),
        10054 => "maximum payload exceeded".to_owned(),
        10060 | 10077 | 10111 => description.clone(),
        _ => error.to_string(),
    }
}

/// What a request to one of the server's services goes on as; `None` for all other subjects.
pub(super) fn service(subject: &str) -> Option<String> {
    if let Some(endpoint) = subject.strip_prefix("$JS.API.") {
        let is_streams_own = ["DIRECT.GET.", "CONSUMER.MSG.NEXT."].iter().any(|own| endpoint.starts_with(own));
        return (!is_streams_own).then(|| subject.to_owned());
    }
    match subject.strip_prefix("$SYS.REQ.")? {
        "USER.INFO" => Some("$SYS.REQ.USER.$G.INFO".to_owned()),
        "ACCOUNT.PING.CONNZ" | "SERVER.PING.CONNZ" => Some("$SYS.REQ.ACCOUNT.$G.CONNZ".to_owned()),
        "ACCOUNT.PING.STATZ" => Some("$SYS.REQ.ACCOUNT.$G.STATZ".to_owned()),
        _ => None,
    }
}
