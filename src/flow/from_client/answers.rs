//! What answers to requests say: publish acks, and everything on `$JS.API`.

use super::streams::Found;
use super::{FromClient, Request};
use crate::api::consumer::{ConsumerPage, PauseResponse};
use crate::api::message::DeleteMessageRequest;
use crate::api::stream::{PurgeResponse, StreamPage};
use crate::api::{
    ConsumerInfo, Error, GetMessageResponse, PubAck, PurgeRequest, Response, StoredMessage, StreamInfo, Success,
};
use crate::engine::{ConnId, Fact, Name};
use crate::flow::step::{How, What};
use crate::json::{self, FromJson};
use crate::protocol::{Headers, Message};
use crate::time::Timestamp;
use bytes::Bytes;

pub const API: &str = "$JS.API.";
/// No such consumer.
const CONSUMER_NOT_FOUND: u16 = 10014;
/// No such stream.
const STREAM_NOT_FOUND: u16 = 10059;

/// A request and its answer, whoever asked.
pub(super) struct Exchange<'a> {
    pub asked: Timestamp,
    pub endpoint: &'a str,
    pub request: &'a [u8],
    pub answer: &'a [u8],
    /// How an answer that changed something is known; what was only asked is `Asked`.
    pub how: How,
    /// What it speaks of is looked at from now on.
    pub brings_into_view: bool,
}

impl FromClient {
    pub(super) fn answered_request(
        &mut self,
        at: Timestamp,
        conn: ConnId,
        request: &Request,
        message: &Message,
        hidden: bool,
    ) {
        if message.status().is_some_and(|status| status.code == 503) {
            return;
        }
        let Some(endpoint) = request.subject.strip_prefix(API) else {
            if !hidden {
                self.publish_answered(at, request, message);
            }
            return;
        };
        if let Some(rest) = endpoint.strip_prefix("DIRECT.GET.") {
            let stream = rest.split('.').next().unwrap_or_default();
            if let Some(status) = message.status().filter(|status| !hidden && status.code >= 400) {
                let error = Error { code: status.code, err_code: 0, description: status.description.to_string() };
                self.requested(at, conn, request, Some(error));
            }
            return self.read_directly(at, stream, message, !hidden);
        }
        let (asked, how) = (request.at, How::Seen);
        let (request_body, answer) = (&request.payload[..], &message.payload[..]);
        if !hidden {
            let error = json::read::<Response<Success>>(answer).ok().and_then(|answer| answer.error);
            self.requested(at, conn, request, error);
        }
        let exchange = Exchange { asked, endpoint, request: request_body, answer, how, brings_into_view: !hidden };
        self.exchanged(at, &exchange);
    }

    fn publish_answered(&mut self, at: Timestamp, request: &Request, message: &Message) {
        let Ok(ack) = json::read::<PubAck>(&message.payload) else { return };
        let Some(id) = request.id else { return };
        if let Some(error) = ack.error {
            let stream = self.streams_of(&request.subject).unwrap_or(Name::from(ack.stream.as_str()));
            let fact = Fact::Refused { message: id, stream, error };
            return self.push(at, How::Seen, Some(id), None, What::Fact(fact));
        }
        if ack.stream.is_empty() || ack.seq == 0 {
            return;
        }
        let stream = Name::from(ack.stream.as_str());
        if ack.duplicate {
            self.stream_in_view(at, &stream, How::Seen);
            let fact = Fact::Duplicate { message: id, stream, stream_seq: ack.seq };
            return self.push(at, How::Seen, Some(id), None, What::Fact(fact));
        }
        // What the server makes of a count, or keeps under another subject, only reading it can say.
        let transforms = self.streams.get(&stream).and_then(|known| known.config.as_ref());
        if !ack.value.is_empty() || transforms.is_some_and(|config| config.subject_transform.is_some()) {
            self.stream_in_view(at, &stream, How::Seen);
            return self.touch(at, &stream);
        }
        self.stored(at, &stream, ack.seq, id, &request.subject, request.sizes);
    }

    /// A request on `$JS.API` and what came of it.
    pub(super) fn exchanged(&mut self, at: Timestamp, exchange: &Exchange<'_>) {
        let tokens: Vec<&str> = exchange.endpoint.split('.').collect();
        let named = match tokens.as_slice() {
            ["STREAM", "MSG", _, stream] | ["STREAM", _, stream] | ["CONSUMER", "DURABLE", "CREATE", stream, ..] => {
                Some(*stream)
            }
            ["CONSUMER", "MSG", "NEXT", ..] => return,
            ["CONSUMER", _, stream, ..] => Some(*stream),
            _ => None,
        };
        let Ok(answer) = json::read::<Response<Success>>(exchange.answer) else { return };
        let name = named.map(Name::from);
        if let Some(error) = answer.error {
            return self.refused(at, name.as_ref(), tokens.last().copied().unwrap_or_default(), &error);
        }
        match (tokens.as_slice(), name) {
            (["STREAM", verb @ ("CREATE" | "UPDATE" | "RESTORE"), _], _) => {
                if let Some(info) =
                    body::<StreamInfo>(exchange.answer).filter(|info| self.is_looked_at(&info.config.name, exchange))
                {
                    self.stream_made(at, &info, *verb != "CREATE", exchange.how);
                }
            }
            (["STREAM", "INFO", _], Some(name)) => {
                if let Some(info) = body::<StreamInfo>(exchange.answer).filter(|_| self.is_looked_at(&name, exchange)) {
                    self.stream_in_view(at, &name, How::Asked);
                    self.stream_info(at, &info, How::Asked);
                }
            }
            (["STREAM", "LIST"], _) => {
                let page = body::<StreamPage<StreamInfo>>(exchange.answer).and_then(|page| page.streams);
                page.unwrap_or_default().iter().for_each(|info| self.stream_info(at, info, How::Asked));
            }
            (["STREAM", "DELETE", _], Some(name)) => self.stream_deleted(at, &name, exchange.how),
            (["STREAM", "PURGE", _], Some(name)) => self.purge_answered(at, &name, exchange),
            (["STREAM", "MSG", "DELETE", _], Some(name)) => {
                if let Ok(request) = json::read::<DeleteMessageRequest>(exchange.request) {
                    self.message_deleted(at, &name, request.seq);
                }
            }
            (["STREAM", "MSG", "GET", _], Some(name)) => {
                if let Some(answer) = body::<GetMessageResponse>(exchange.answer) {
                    self.read(at, &name, &answer.message, exchange.brings_into_view);
                }
            }
            (["CONSUMER", "CREATE" | "DURABLE", ..], Some(name)) => {
                if let Some(info) = body::<ConsumerInfo>(exchange.answer).filter(|_| self.is_looked_at(&name, exchange))
                {
                    self.consumer_made(at, &info, exchange.how);
                }
            }
            (["CONSUMER", "INFO", ..], Some(name)) => {
                if let Some(info) = body::<ConsumerInfo>(exchange.answer).filter(|_| self.is_looked_at(&name, exchange))
                {
                    self.stream_in_view(at, &name, How::Asked);
                    self.consumer_info(at, &info, How::Asked);
                }
            }
            (["CONSUMER", "LIST", _], Some(name)) => self.consumers_listed(at, &name, exchange),
            (["CONSUMER", "DELETE", _, consumer], Some(name)) => {
                self.consumer_deleted(at, &name, &Name::from(*consumer), exchange.how);
            }
            (["CONSUMER", "PAUSE", _, consumer], Some(stream)) => {
                let until = body::<PauseResponse>(exchange.answer).filter(|pause| pause.paused);
                let (consumer, until) = (Name::from(*consumer), until.and_then(|pause| pause.pause_until));
                self.know(at, exchange.how, Fact::ConsumerPaused { stream, consumer, until });
            }
            _ => {}
        }
    }

    fn is_looked_at(&self, stream: &str, exchange: &Exchange<'_>) -> bool {
        exchange.brings_into_view || self.streams.get(stream).is_some()
    }

    fn refused(&mut self, at: Timestamp, stream: Option<&Name>, last: &str, error: &Error) {
        match (error.err_code, stream) {
            (STREAM_NOT_FOUND, Some(stream)) => self.stream_deleted(at, stream, How::Asked),
            (CONSUMER_NOT_FOUND, Some(stream)) => self.consumer_deleted(at, stream, &Name::from(last), How::Asked),
            _ => {}
        }
    }

    fn purge_answered(&mut self, at: Timestamp, stream: &Name, exchange: &Exchange<'_>) {
        let request = json::read::<PurgeRequest>(exchange.request).unwrap_or_default();
        let purged = body::<PurgeResponse>(exchange.answer).unwrap_or_default();
        self.touch(at, stream);
        // What a filter or "all but the newest" has left, only an answer about the stream can say.
        if request.filter.is_empty() && request.keep == 0 && purged.purged > 0 {
            self.purged(at, stream, (request.seq > 0).then_some(request.seq));
        }
    }

    fn consumers_listed(&mut self, at: Timestamp, stream: &Name, exchange: &Exchange<'_>) {
        let Some(page) = body::<ConsumerPage<ConsumerInfo>>(exchange.answer) else { return };
        let is_whole = page.offset == 0 && page.total <= page.limit;
        let consumers = page.consumers.unwrap_or_default();
        consumers.iter().for_each(|info| self.consumer_info(at, info, How::Asked));
        if is_whole {
            let names: Vec<&str> = consumers.iter().map(|info| &*info.name).collect();
            self.consumers_are(at, stream, exchange.asked, &names);
        }
    }

    /// STREAM.MSG.GET was answered.
    fn read(&mut self, at: Timestamp, stream: &Name, message: &StoredMessage, brings_into_view: bool) {
        if !brings_into_view && self.streams.get(stream).is_none() {
            return;
        }
        let decode = |text: &str| crate::base64::BASE64.decode(text.as_bytes()).unwrap_or_default();
        let headers = (!message.headers.is_empty()).then(|| Headers::from_bytes(Bytes::from(decode(&message.headers))));
        let (subject, payload) = (message.subject.as_str().into(), decode(&message.data));
        let stored_at = message.time.unwrap_or(at);
        let found =
            Found { seq: message.seq, subject: &subject, headers: headers.as_ref(), payload: &payload, stored_at };
        self.found(at, stream, &found, How::Asked);
    }

    /// DIRECT.GET was answered: place and time stand in headers of the server's.
    fn read_directly(&mut self, at: Timestamp, stream: &str, message: &Message, brings_into_view: bool) {
        let stream = Name::from(stream);
        if !brings_into_view && self.streams.get(&stream).is_none() {
            return;
        }
        let (Some(seq), Some(subject)) = (message.header("Nats-Sequence"), message.header("Nats-Subject")) else {
            return;
        };
        let Ok(seq) = seq.parse() else { return };
        let time = message.header("Nats-Time-Stamp").and_then(|time| Timestamp::parse_rfc3339(time).ok()).flatten();
        let stored_at = time.unwrap_or(at);
        let mut headers = message.headers.clone().unwrap_or_default();
        headers.retain(|name| {
            ![
                "Nats-Stream",
                "Nats-Subject",
                "Nats-Sequence",
                "Nats-Time-Stamp",
                "Nats-Num-Pending",
                "Nats-Last-Sequence",
            ]
            .contains(&name)
        });
        let has_own = headers.iter().next().is_some();
        let headers = has_own.then_some(headers);
        let subject = subject.into();
        let found = Found { seq, subject: &subject, headers: headers.as_ref(), payload: &message.payload, stored_at };
        self.found(at, &stream, &found, How::Asked);
    }
}

/// The body of an answer, its `error` aside.
fn body<T: FromJson>(answer: &[u8]) -> Option<T> {
    json::read::<Response<T>>(answer).ok()?.body
}
