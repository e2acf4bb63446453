//! One message of a stream, looked at or taken out.

use super::{Context, JetStream};
use crate::api::message::DeleteMessageRequest;
use crate::api::stream::Storage;
use crate::api::strict::{decode, is_empty_request};
use crate::api::{DirectGetRequest, Error, ErrorCode, GetMessageResponse, StoredMessage, Success};
use crate::base64::BASE64;
use crate::engine::RemovalReason;
use crate::engine::jetstream::{Filters, Store, Stored};
use crate::subject::SubjectFilter;

impl JetStream {
    pub(super) fn get_message(&self, name: &str, body: &[u8]) -> Result<GetMessageResponse, Error> {
        let request: DirectGetRequest = decode(body)?;
        if !is_valid(&request) {
            return Err(ErrorCode::BAD_REQUEST.error());
        }
        let stream = self.stream(name)?;
        let message = find(&stream.store, &request).ok_or_else(|| ErrorCode::NO_MESSAGE_FOUND.error())?;
        let headers = message.headers.as_ref().filter(|_| !request.one.no_headers);
        Ok(GetMessageResponse {
            message: StoredMessage {
                subject: message.subject.to_string(),
                seq: message.seq,
                headers: headers.map(|headers| BASE64.encode(headers.as_bytes())).unwrap_or_default(),
                data: BASE64.encode(&message.payload),
                time: Some(message.at),
            },
        })
    }

    pub(super) fn delete_message(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        body: &[u8],
    ) -> Result<Success, Error> {
        if is_empty_request(body) {
            return Err(ErrorCode::BAD_REQUEST.error());
        }
        let request: DeleteMessageRequest = decode(body)?;
        let stream = self.streams.get_mut(name).ok_or_else(|| ErrorCode::STREAM_NOT_FOUND.error())?;
        if stream.config.sealed {
            return Err(ErrorCode(10109).error());
        }
        let refused = |text: &str| Err(ErrorCode(10057).with(&[text]));
        if stream.config.deny_delete {
            return refused("message delete not permitted");
        }
        if stream.remove(context, request.seq, RemovalReason::Deleted).is_some() {
            return Ok(Success { success: true });
        }
        // A file store knows a gap from what is gone at its ends.
        match stream.config.storage {
            Storage::File if request.seq > stream.store.last_seq() => refused("stream store EOF"),
            Storage::File if request.seq < stream.store.first_seq().max(1) || stream.store.stays_behind() => {
                refused("no message found")
            }
            _ => Err(ErrorCode(10043).with(&[&request.seq.to_string()])),
        }
    }
}

/// Which questions STREAM.MSG.GET understands.
fn is_valid(request: &DirectGetRequest) -> bool {
    let one = &request.one;
    let (seq, time) = (one.seq > 0, one.start_time.is_some());
    let (last, next) = (!one.last_by_subject.is_empty(), !one.next_by_subject.is_empty());
    let is_for_several = request.batch > 0 || request.max_bytes > 0;
    let is_something = seq || time || last || next;
    let starts = [seq, time, last].into_iter().filter(|given| *given).count();
    let conflicts = starts > 1 || (last && next);
    is_something && !conflicts && !is_for_several
}

/// The message a valid question asks for.
pub(super) fn find<'a>(store: &'a Store, request: &DirectGetRequest) -> Option<&'a Stored> {
    let one = &request.one;
    if !one.last_by_subject.is_empty() {
        return last(store, &one.last_by_subject);
    }
    let from = match one.start_time {
        Some(at) => store.first_seq_at_or_after(at),
        None => one.seq,
    };
    if !one.next_by_subject.is_empty() {
        let filter = SubjectFilter::new(&one.next_by_subject).ok()?;
        return store.next_matching(&Filters::from(filter), from);
    }
    store.get(from)
}

pub(super) fn last<'a>(store: &'a Store, subject: &str) -> Option<&'a Stored> {
    // As on the server: "everything" means the newest sequence, even if its message is gone.
    if subject == ">" {
        return store.get(store.last_seq());
    }
    let filter = SubjectFilter::new(subject).ok()?;
    if filter.is_literal() {
        return store.last_on(&filter);
    }
    store.last_matching(&Filters::from(filter), store.last_seq())
}
