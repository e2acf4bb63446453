//! A publish into a stream: what it must satisfy, what is remembered of it, and the answer.
//!
//! The order of the checks is the server's, because it decides which complaint is heard. Storing, then roll-up, then the
//! republished copy, then the publish ack, then the consumers. The way in is [`Stream::publish`].
//! Source: nats-server 2.15.1 `server/stream.go`, `processJetStreamMsg`; observed.

use super::counter::{self, Increment};
use super::stream::Draft;
use super::ttl::{TTL_HEADER, Ttl};
use super::{Context, Filters, Publication, Stream};
use crate::api::{Discard, Error, ErrorCode, Retention};
use crate::decimal;
use crate::engine::{Fact, MessageId, Options, RemovalReason, trace};
use crate::protocol::{Headers, Message};
use crate::subject::{Subject, SubjectFilter};
use bytes::Bytes;
use std::fmt::Write;

/// Longest header block a stream keeps, in bytes.
const MAX_HEADERS_BYTES: usize = 65_535;

/// How a publish ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Accepted {
    Stored {
        seq: u64,
        counter: Option<String>,
    },
    /// The sequence of the message that had this id first.
    Duplicate {
        seq: u64,
    },
    /// Nobody is interested: the sequence is used up, the message is not kept.
    NotKept {
        seq: u64,
    },
    /// It would have been taken; the publisher only wanted to know.
    Traced,
}

/// Whether the server may store more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StorageLeft {
    Some,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rollup {
    Subject,
    All,
}

impl Stream {
    /// Takes a message a client or the server published on one of this stream's subjects.
    // Apart, so that a page that has no streams yet need not load it.
    #[inline(never)]
    pub(super) fn publish(&mut self, context: &mut Context<'_>, publication: &Publication, storage: StorageLeft) {
        if super::fast_ingest::is_fast(&publication.message) {
            return self.publish_fast(context, publication, storage);
        }
        if super::batch::is_in_batch(&publication.message) {
            return self.publish_in_batch(context, publication, storage);
        }
        let is_traced_only = context.trace.as_ref().is_some_and(|trace| trace.is_only);
        let reply = publication.message.reply.as_ref();
        let outcome = self.accept(context, publication, storage);
        self.trace(context, publication, &outcome);
        if is_traced_only && outcome.is_ok() {
            return;
        }
        if let Err(error) = &outcome {
            let (stream, error) = (self.name.clone(), error.clone());
            context.tell(Fact::Refused { message: publication.id, stream, error });
        }
        if let Some(reply) = reply.filter(|_| !self.config.no_ack) {
            let text = self.ack_text(context.options, &outcome);
            context.send(Message::new(reply.clone(), text));
        }
        self.offer(context);
    }

    pub(super) fn accept(
        &mut self,
        context: &mut Context<'_>,
        publication: &Publication,
        storage: StorageLeft,
    ) -> Result<Accepted, Error> {
        let mut draft = self.draft(context, publication);
        if self.config.sealed {
            return Err(ErrorCode(10109).error());
        }
        self.check_sizes(&draft)?;
        let increment = counter::increment(&draft, self.config.allow_msg_counter)?;
        self.check_expectations(&draft)?;
        super::schedule::check(&self.config, &self.store, &draft, context.now)?;
        super::schedule::complete(&mut draft);
        if header(&draft, "Nats-Stream-Source").is_some() {
            return Err(ErrorCode(10227).error());
        }
        let msg_id = header(&draft, "Nats-Msg-Id").map(str::to_owned);
        let window = self.config.duplicate_window.duration();
        if let Some(id) = &msg_id
            && let Some(seq) = self.duplicates.find(id, context.now, window)
        {
            context.tell(Fact::Duplicate { message: publication.id, stream: self.name.clone(), stream_seq: seq });
            return Ok(Accepted::Duplicate { seq });
        }
        if let Some(expected) = header(&draft, "Nats-Expected-Last-Msg-Id")
            && expected != self.last_msg_id
        {
            return Err(ErrorCode(10070).with(&[&self.last_msg_id]));
        }
        let rollup = self.rollup(&draft)?;
        if self.config.allow_msg_counter && increment.is_none() {
            return Err(ErrorCode(10169).error());
        }
        if storage == StorageLeft::None {
            return Err(ErrorCode(10023).error());
        }
        let is_wanted =
            self.config.retention != Retention::Interest || self.has_followers || self.has_consumer_for(&draft.subject);
        let mut counter = None;
        if is_wanted {
            counter = increment.map(|increment| self.count(&mut draft, &increment)).transpose()?;
            self.check_ttl(&mut draft)?;
            self.check_discard_new(&draft)?;
        }
        if let Some(trace) = &mut context.trace {
            let filter = self.filter_that_heard(&publication.message.subject);
            trace.stored(context.now, (&self.name, filter), &draft.subject, !is_wanted);
            if trace.is_only {
                return Ok(Accepted::Traced);
            }
        }
        let cancelled = super::schedule::cancelled(&self.config, &draft);
        let subject = draft.subject.clone();
        let previous = self.store.last_on(&subject).map_or(0, |message| message.seq);
        let seq = if is_wanted { self.keep(context, draft) } else { self.skip(context, publication.id) };
        if let Some(id) = &msg_id {
            self.duplicates.remember(id, seq, is_wanted, context.now, window);
        }
        self.last_msg_id = msg_id.unwrap_or_default();
        if let Some(rollup) = rollup {
            self.roll_up(context, rollup, &subject, u64::from(is_wanted));
        }
        if let Some(cancelled) = cancelled {
            self.cancel_schedule(context, &cancelled);
        }
        if !is_wanted {
            return Ok(Accepted::NotKept { seq });
        }
        self.republish(context, seq, previous);
        Ok(Accepted::Stored { seq, counter })
    }

    /// Tells a trace what it has not been told yet: why the message was not taken.
    fn trace(&self, context: &mut Context<'_>, publication: &Publication, outcome: &Result<Accepted, Error>) {
        let Some(trace) = &mut context.trace else { return };
        let why = match outcome {
            Ok(Accepted::Duplicate { .. }) => "msgid is duplicate".to_owned(),
            Ok(_) => return,
            Err(error) => trace::reason(error, &|name| publication.message.header(name).map(str::to_owned)),
        };
        // These are found out last, when the subject is settled.
        let is_late = matches!(outcome, Err(Error { err_code: 10165 | 10077, .. }));
        let subject = if is_late { &*publication.message.subject } else { "" };
        let filter = self.filter_that_heard(&publication.message.subject);
        trace.refused(context.now, (&self.name, filter), subject, &why);
    }

    pub(super) fn filter_that_heard<'a>(&'a self, subject: &'a str) -> &'a str {
        let mut filters = self.config.subjects.iter();
        let hears = |filter: &&String| SubjectFilter::new(filter).is_ok_and(|filter| filter.matches(subject));
        filters.find(hears).map_or(subject, |filter| filter)
    }

    pub(super) fn skip(&mut self, context: &mut Context<'_>, message: MessageId) -> u64 {
        let seq = self.store.last_seq() + 1;
        self.store.skip_to(seq, Some(context.now));
        context.tell(Fact::NotKept { message, stream: self.name.clone(), stream_seq: seq });
        seq
    }

    pub(super) fn draft(&self, context: &mut Context<'_>, publication: &Publication) -> Draft {
        let Message { subject, headers, payload, .. } = &publication.message;
        let transformed = self.transform.as_ref().and_then(|transform| transform.apply(subject, context.rng));
        let mut headers = headers.as_ref().and_then(without_status);
        if let Some(headers) = &mut headers
            && context.trace.as_ref().is_some_and(|trace| trace.is_told())
        {
            headers.replace(trace::DESTINATION, trace::DISABLED);
        }
        Draft {
            id: publication.id,
            subject: transformed.map_or_else(|| subject.clone(), Subject::from),
            headers,
            // A copy, so that a small message does not keep the whole buffer it arrived in.
            payload: Bytes::copy_from_slice(payload),
        }
    }

    pub(super) fn check_expectations(&self, draft: &Draft) -> Result<(), Error> {
        if header(draft, "Nats-Expected-Stream").is_some_and(|stream| stream != &*self.name) {
            return Err(ErrorCode(10060).error());
        }
        let has_ttl = header(draft, TTL_HEADER).is_some_and(|value| Ttl::parse(value).is_ok());
        if has_ttl && !self.config.allow_msg_ttl {
            return Err(ErrorCode(10166).error());
        }
        let wrong = |seq: u64| Err(ErrorCode::WRONG_LAST_SEQUENCE.with(&[&seq.to_string()]));
        let filter = header(draft, "Nats-Expected-Last-Subject-Sequence-Subject");
        match header(draft, "Nats-Expected-Last-Subject-Sequence") {
            Some(expected) => {
                let last = self.last_on_filter(filter.unwrap_or(&draft.subject));
                if expected.parse() != Ok(last) {
                    return wrong(last);
                }
            }
            None if filter.is_some() => return Err(ErrorCode(10193).error()),
            None => {}
        }
        match header(draft, "Nats-Expected-Last-Sequence") {
            Some(expected) if expected.parse() != Ok(self.store.last_seq()) => wrong(self.store.last_seq()),
            _ => Ok(()),
        }
    }

    fn last_on_filter(&self, filter: &str) -> u64 {
        let Ok(filter) = SubjectFilter::new(filter) else { return 0 };
        if filter.is_literal() {
            return self.store.last_on(&filter).map_or(0, |message| message.seq);
        }
        self.store.last_matching(&Filters::from(filter), u64::MAX - 1).map_or(0, |message| message.seq)
    }

    pub(super) fn rollup(&self, draft: &Draft) -> Result<Option<Rollup>, Error> {
        let Some(value) = header(draft, "Nats-Rollup") else { return Ok(None) };
        if !self.config.allow_rollup_hdrs || self.config.deny_purge {
            return Err(ErrorCode(10111).with(&["rollup not permitted"]));
        }
        match value.to_ascii_lowercase().as_str() {
            "sub" => Ok(Some(Rollup::Subject)),
            "all" => Ok(Some(Rollup::All)),
            _ => Err(ErrorCode(10111).with(&[&format!("rollup value invalid: {value:?}")])),
        }
    }

    /// Everything older on the subject, or in the stream, makes way for the message just stored: all but the newest `keep`.
    pub(super) fn roll_up(&mut self, context: &mut Context<'_>, rollup: Rollup, subject: &str, keep: u64) {
        let subject = match rollup {
            Rollup::All => None,
            Rollup::Subject if crate::subject::is_literal(subject) => Some(subject),
            Rollup::Subject => return,
        };
        self.purge_as(context, subject, 0, keep, RemovalReason::Rollup);
    }

    pub(super) fn check_sizes(&self, draft: &Draft) -> Result<(), Error> {
        let headers = draft.headers.as_ref().map_or(0, Headers::len);
        if self.config.max_msg_size_limit().is_some_and(|limit| (headers + draft.payload.len()) as u64 > limit) {
            return Err(ErrorCode(10054).error());
        }
        if headers > MAX_HEADERS_BYTES {
            return Err(ErrorCode(10097).error());
        }
        Ok(())
    }

    pub(super) fn size_of(&self, draft: &Draft) -> u64 {
        let headers = draft.headers.as_ref().map_or(0, Headers::len);
        self.store.size_of(draft.subject.len(), headers, draft.payload.len())
    }

    /// Also raises a life that would end before the subject's delete marker would.
    pub(super) fn check_ttl(&self, draft: &mut Draft) -> Result<(), Error> {
        let Some(value) = header(draft, TTL_HEADER) else { return Ok(()) };
        let ttl = Ttl::parse(value).map_err(|_| ErrorCode(10165).error())?;
        let shortest = self.config.subject_delete_marker_ttl.duration();
        if let (Ttl::After(ttl), Some(shortest)) = (ttl, shortest)
            && ttl < shortest
            && self.config.max_msgs_per_subject != 1
            && let Some(headers) = &mut draft.headers
        {
            headers.retain(|name| name != TTL_HEADER);
            headers.append(TTL_HEADER, &shortest.as_secs().to_string());
        }
        Ok(())
    }

    pub(super) fn check_discard_new(&self, draft: &Draft) -> Result<(), Error> {
        self.check_discard_new_after(draft, (0, 0, 0))
    }

    /// The same for a message that comes after others of its batch: how many of them, how many on its subject, and
    /// their bytes.
    pub(super) fn check_discard_new_after(
        &self,
        draft: &Draft,
        (messages, on_same, bytes): (u64, u64, u64),
    ) -> Result<(), Error> {
        if self.config.discard != Discard::New {
            return Ok(());
        }
        let full = |text: &str| Err(ErrorCode::STORE_FAILED.with(&[text]));
        let on_subject = self
            .config
            .max_msgs_per_subject_limit()
            .map(|limit| (self.store.count_on(&draft.subject) + on_same, limit));
        let is_at_limit = on_subject.is_some_and(|(count, limit)| count >= limit);
        if is_at_limit && self.config.discard_new_per_subject && header(draft, "Nats-Rollup").is_none() {
            return full("maximum messages per subject exceeded");
        }
        if self.config.max_msgs_limit().is_some_and(|limit| self.store.len() + messages >= limit) && !is_at_limit {
            return full("maximum messages exceeded");
        }
        let size = self.size_of(draft);
        if self.config.max_bytes_limit().is_some_and(|limit| self.store.bytes() + bytes + size > limit) {
            let makes_room = is_at_limit
                && self.store.first_on(&draft.subject).is_some_and(|oldest| {
                    self.store.size_of(oldest.subject.len(), oldest.headers_bytes(), oldest.payload.len()) >= size
                });
            if !makes_room {
                return full("maximum bytes exceeded");
            }
        }
        Ok(())
    }

    fn count(&self, draft: &mut Draft, increment: &Increment) -> Result<String, Error> {
        let last = self.store.last_on(&draft.subject);
        let value = counter::add(last.map(|message| &message.payload[..]), increment)?;
        counter::keep_sources(draft, last);
        draft.payload = format!(r#"{{"val":"{value}"}}"#).into();
        Ok(value)
    }

    /// Publishes the message kept last again under its republish subject.
    pub(super) fn republish(&mut self, context: &mut Context<'_>, seq: u64, previous: u64) {
        let kept = self.to_republish.take().filter(|message| message.seq == seq);
        let (Some(transform), Some(config)) = (&self.republish, &self.config.republish) else { return };
        let Some(message) = kept else { return };
        let Some(subject) = transform.apply(&message.subject, context.rng) else { return };
        if !crate::subject::is_valid_publish_subject(&subject) {
            return;
        }
        let mut headers = message.headers.clone().unwrap_or_default();
        headers = headers
            .and("Nats-Stream", &self.name)
            .and("Nats-Subject", &message.subject)
            .and("Nats-Sequence", &seq.to_string())
            .and("Nats-Time-Stamp", &message.at.rfc3339())
            .and("Nats-Last-Sequence", &previous.to_string());
        let mut payload = message.payload.clone();
        if config.headers_only {
            headers.append("Nats-Msg-Size", &payload.len().to_string());
            payload = Bytes::new();
        }
        context.send(Message::new(subject, payload).with_headers(headers));
    }

    /// Who answers a publish: the stream, and the domain where there is one.
    pub(super) fn named(&self, options: &Options) -> String {
        match &options.domain {
            Some(domain) => format!(r#""stream":"{}","domain":{}"#, self.name, crate::json::write(domain)),
            None => ["\"stream\":\"", &self.name, "\""].concat(),
        }
    }

    /// Written by hand because clients have come to know its exact form, the blank before `true` included.
    pub(super) fn ack_text(&self, options: &Options, outcome: &Result<Accepted, Error>) -> String {
        let mut text = String::with_capacity(64);
        let stream = self.named(options);
        let written = match outcome {
            Ok(Accepted::Stored { seq, counter: Some(value) }) => {
                write!(text, r#"{{{stream},"seq":{seq},"val":"{value}"}}"#)
            }
            Ok(Accepted::Stored { seq, counter: None } | Accepted::NotKept { seq }) => {
                return taken_text(&stream, *seq);
            }
            Ok(Accepted::Traced) => Ok(()),
            Ok(Accepted::Duplicate { seq }) => write!(text, r#"{{{stream},"seq":{seq},"duplicate": true}}"#),
            Err(error) => {
                let error = super::api::to_json(error);
                write!(text, r#"{{"error":{},{stream},"seq":0}}"#, String::from_utf8_lossy(&error))
            }
        };
        debug_assert!(written.is_ok());
        text
    }
}

/// The answer to nearly every publish.
fn taken_text(stream: &str, seq: u64) -> String {
    let mut digits = Vec::with_capacity(decimal::MAX_DIGITS);
    decimal::append(seq, &mut digits);
    ["{", stream, ",\"seq\":", &String::from_utf8_lossy(&digits), "}"].concat()
}

/// The value of a header; an empty one counts as none.
pub(super) fn header<'a>(draft: &'a Draft, name: &str) -> Option<&'a str> {
    draft.headers.as_ref().and_then(|headers| headers.get(name)).filter(|value| !value.is_empty())
}

/// What a stream keeps of a header block: no status, and nothing at all if there was only a status.
fn without_status(headers: &Headers) -> Option<Headers> {
    let bytes = headers.as_bytes();
    let Some(rest) = bytes.strip_prefix(b"NATS/1.0 ") else {
        return (!headers.is_empty()).then(|| Headers::from_bytes(Bytes::copy_from_slice(bytes)));
    };
    let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else { return Some(headers.clone()) };
    let rest = &rest[end..];
    (rest != b"\r\n\r\n").then(|| Headers::from_bytes([b"NATS/1.0", rest].concat().into()))
}
