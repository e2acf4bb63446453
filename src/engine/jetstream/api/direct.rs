//! DIRECT.GET: messages of a stream as plain messages, without JSON around them.
//!
//! Source: ADR-31; nats-server 2.15.1 `server/stream.go`, `processDirectGetRequest`; observed.

use super::messages::{find, last};
use super::{JetStream, REQUIRED_LEVEL_HEADER};
use crate::api::stream::Storage;
use crate::api::strict::{Unknown, decode_with};
use crate::api::{API_LEVEL, DirectGetRequest, Error, GetMessageRequest};
use crate::engine::jetstream::sourcing::Feed;
use crate::engine::jetstream::{Context, Filters, Publication, Store, Stored, Stream};
use crate::engine::{Fact, Origin};
use crate::protocol::{Headers, Message};
use crate::subject::{Subject, SubjectFilter};
use bytes::Bytes;

const MAX_SUBJECTS: usize = 1024;

/// A refusal: status and description.
type Status = (u16, &'static str);

const EMPTY_REQUEST: Status = (408, "Empty Request");
const MALFORMED_REQUEST: Status = (408, "Malformed Request");
const BAD_REQUEST: Status = (408, "Bad Request");
const NOT_FOUND: Status = (404, "Message Not Found");

impl JetStream {
    /// `rest` is the subject after `$JS.API.DIRECT.GET.`. Returns whether the stream listens there.
    pub(in crate::engine::jetstream) fn direct_get(
        &mut self,
        context: &mut Context<'_>,
        rest: &str,
        request: &Publication,
    ) -> bool {
        let (name, subject) = match rest.split_once('.') {
            Some((name, subject)) => (name, Some(subject)),
            None => (rest, None),
        };
        let Some(stream) = self.direct_stream(context, name) else { return false };
        let Some(reply) = request.message.reply.clone() else { return true };
        if let Err((code, description)) = answer(stream, context, subject, request, &reply) {
            context.tell(refused(request, code, description));
            context.send(Message::new(reply, Bytes::new()).with_headers(Headers::with_status(code, description)));
        }
        true
    }

    /// One of those who answer for `name`, drawn at random: the stream itself and the mirrors that stand in for it, once they have copied something.
    fn direct_stream(&self, context: &mut Context<'_>, name: &str) -> Option<&Stream> {
        let is_mirror = |stream: &&Stream| {
            let mirror = stream.config.mirror.as_ref();
            stream.config.mirror_direct
                && mirror.is_some_and(|mirror| mirror.name == name)
                && stream.feeds.iter().any(Feed::has_copied)
        };
        let own = self.streams.get(name).filter(|stream| stream.config.allow_direct);
        let candidates: Vec<&Stream> = own.into_iter().chain(self.streams.values().filter(is_mirror)).collect();
        match candidates.as_slice() {
            [] => None,
            [only] => Some(only),
            several => several.get(context.rng.below(several.len() as u64) as usize).copied(),
        }
    }
}

/// A status is an error without a code of the API's own.
fn refused(request: &Publication, code: u16, description: &str) -> Fact {
    let conn = match request.origin {
        Origin::Client(conn) => Some(conn),
        Origin::Server => None,
    };
    let error = Error { code, err_code: 0, description: description.to_owned() };
    Fact::Requested { message: request.id, conn, subject: request.message.subject.clone(), error: Some(error) }
}

fn answer(
    stream: &Stream,
    context: &mut Context<'_>,
    subject: Option<&str>,
    publication: &Publication,
    reply: &Subject,
) -> Result<(), Status> {
    let level = publication.message.header(REQUIRED_LEVEL_HEADER).filter(|level| !level.is_empty());
    if level.is_some_and(|level| level.parse::<u32>().map_or(true, |level| level > API_LEVEL)) {
        return Err((412, "Required Api Level"));
    }
    let body = &publication.message.payload;
    if body.is_empty() && subject.is_none() {
        return Err(EMPTY_REQUEST);
    }
    let request: DirectGetRequest = decode_with(body, Unknown::Ignore).map_err(|_| MALFORMED_REQUEST)?;
    if let Some(subject) = subject {
        let no_headers = request.one.no_headers;
        let plain =
            DirectGetRequest { one: GetMessageRequest { no_headers, ..Default::default() }, ..Default::default() };
        if request != plain {
            return Err(BAD_REQUEST);
        }
        let message = last(&stream.store, subject).ok_or(NOT_FOUND)?;
        context.send(plain_answer(stream, message, reply, no_headers));
        return Ok(());
    }
    check(&request)?;
    if !request.last_by_subjects.is_empty() {
        return answer_multi(stream, context, &request, reply);
    }
    if request.batch > 0 {
        return answer_batch(stream, context, &request, reply);
    }
    let message = find(&stream.store, &request).ok_or(NOT_FOUND)?;
    context.send(plain_answer(stream, message, reply, request.one.no_headers));
    Ok(())
}

fn check(request: &DirectGetRequest) -> Result<(), Status> {
    let one = &request.one;
    let (seq, time) = (one.seq > 0, one.start_time.is_some());
    let (last, next) = (!one.last_by_subject.is_empty(), !one.next_by_subject.is_empty());
    let multi = !request.last_by_subjects.is_empty();
    if !(seq || time || last || next || multi) {
        return Err(EMPTY_REQUEST);
    }
    let both_ends = request.up_to_seq > 0 && request.up_to_time.is_some();
    let starts = [seq, time, last].into_iter().filter(|given| *given).count();
    let conflicts = starts > 1 || (last && (next || request.batch > 0 || multi)) || (next && multi) || both_ends;
    if conflicts { Err(BAD_REQUEST) } else { Ok(()) }
}

fn plain_answer(stream: &Stream, message: &Stored, reply: &Subject, no_headers: bool) -> Message {
    let answer = Message::new(reply.clone(), message.payload.clone());
    if no_headers { answer } else { answer.with_headers(headers_of(stream, message)) }
}

fn headers_of(stream: &Stream, message: &Stored) -> Headers {
    let headers = message.headers.clone().unwrap_or_default();
    headers
        .and("Nats-Stream", &stream.name)
        .and("Nats-Subject", &message.subject)
        .and("Nats-Sequence", &message.seq.to_string())
        .and("Nats-Time-Stamp", &message.at.rfc3339())
}

/// Several messages for one request, and the mark at their end.
struct Series<'a> {
    stream: &'a Stream,
    reply: &'a Subject,
    pending: u64,
    last_seq: u64,
    sent_bytes: usize,
}

impl Series<'_> {
    fn send(&mut self, context: &mut Context<'_>, message: &Stored, no_headers: bool) {
        if no_headers {
            context.send(plain_answer(self.stream, message, self.reply, true));
        } else {
            self.pending = self.pending.saturating_sub(1);
            let headers = headers_of(self.stream, message)
                .and("Nats-Num-Pending", &self.pending.to_string())
                .and("Nats-Last-Sequence", &self.last_seq.to_string());
            context.send(Message::new(self.reply.clone(), message.payload.clone()).with_headers(headers));
        }
        self.last_seq = message.seq;
        self.sent_bytes += message.subject.len() + message.headers_bytes() + message.payload.len();
    }

    fn end(self, context: &mut Context<'_>, up_to_seq: Option<u64>) {
        let mut headers = Headers::with_status(204, "EOB")
            .and("Nats-Num-Pending", &self.pending.to_string())
            .and("Nats-Last-Sequence", &self.last_seq.to_string());
        if let Some(seq) = up_to_seq {
            headers.append("Nats-UpTo-Sequence", &seq.to_string());
        }
        context.send(Message::new(self.reply.clone(), Bytes::new()).with_headers(headers));
    }
}

fn most_bytes(context: &Context<'_>, request: &DirectGetRequest) -> usize {
    usize::try_from(request.max_bytes).ok().filter(|bytes| *bytes > 0).unwrap_or(context.options.max_pending)
}

fn answer_batch(
    stream: &Stream,
    context: &mut Context<'_>,
    request: &DirectGetRequest,
    reply: &Subject,
) -> Result<(), Status> {
    let one = &request.one;
    let filters = match one.next_by_subject.as_str() {
        "" => Filters::default(),
        subject => Filters::from(SubjectFilter::new(subject).map_err(|_| NOT_FOUND)?),
    };
    let store = &stream.store;
    let mut from = one.start_time.map_or(one.seq, |at| store.first_seq_at_or_after(at));
    let pending = store.count_matching(&filters, from);
    if pending == 0 {
        return Err(NOT_FOUND);
    }
    let most_bytes = most_bytes(context, request);
    let mut series = Series { stream, reply, pending, last_seq: 0, sent_bytes: 0 };
    for _ in 0..request.batch {
        let Some(message) = store.next_matching(&filters, from) else { break };
        series.send(context, message, one.no_headers);
        from = message.seq + 1;
        if series.sent_bytes >= most_bytes {
            break;
        }
    }
    series.end(context, None);
    Ok(())
}

fn answer_multi(
    stream: &Stream,
    context: &mut Context<'_>,
    request: &DirectGetRequest,
    reply: &Subject,
) -> Result<(), Status> {
    let store = &stream.store;
    let up_to = up_to(store, request);
    let filters: Vec<_> = request.last_by_subjects.iter().filter_map(|s| SubjectFilter::new(s).ok()).collect();
    let found = if filters.is_empty() { Vec::new() } else { store.last_per_subject_up_to(&Filters(filters), up_to) };
    if found.len() > MAX_SUBJECTS {
        return Err((413, "Too Many Results"));
    }
    let wanted: Vec<u64> = found.into_iter().filter(|seq| *seq >= request.one.seq).collect();
    // As on the server: files find nothing up to a sequence that is yet to come.
    let is_ahead = stream.config.storage == Storage::File && request.up_to_seq > store.last_seq();
    if wanted.is_empty() || is_ahead {
        return Err((404, "No Results"));
    }
    let most = usize::try_from(request.batch).ok().filter(|batch| *batch > 0).unwrap_or(usize::MAX);
    let most_bytes = most_bytes(context, request);
    let mut series = Series { stream, reply, pending: wanted.len() as u64, last_seq: 0, sent_bytes: 0 };
    for message in wanted.into_iter().take(most).filter_map(|seq| store.get(seq)) {
        series.send(context, message, false);
        if series.sent_bytes >= most_bytes {
            break;
        }
    }
    series.end(context, Some(up_to));
    Ok(())
}

/// The last sequence that counts; a time is exclusive.
fn up_to(store: &Store, request: &DirectGetRequest) -> u64 {
    match request.up_to_time {
        Some(at) => store.first_seq_at_or_after(at).saturating_sub(1),
        None if request.up_to_seq > 0 => request.up_to_seq,
        None => store.last_seq(),
    }
}
