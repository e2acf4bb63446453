//! The endpoints `$JS.API.CONSUMER.*` (all but MSG.NEXT, which is the consumer's own).
//!
//! Decodes, decides and answers; delivery that follows from a request starts with the next [`Consumer::tick`], which is
//! due at once, so that the answer leaves before the first message. The way in is [`respond`].
//! Source: nats-server 2.15.1 `server/jetstream_api.go`, observed.

use super::create::{Form, create};
use super::{Consumer, checks, config};
use crate::api::consumer::{
    ConsumerListRequest, ConsumerPage, PauseRequest, PauseResponse, ResetRequest, UnpinRequest,
};
use crate::api::{
    API_LEVEL, ConsumerInfo, DeliverPolicy, Error, ErrorCode, Response, Retention, Success, TYPE_PREFIX, strict,
};
use crate::engine::Name;
use crate::engine::jetstream::{Context, Publication, Stream};
use crate::json::ToJson;
use crate::map::Map;

const NAMES_LIMIT: usize = 1024;
const LIST_LIMIT: usize = 256;

type Streams = Map<Name, Stream>;

/// What goes back to whoever asked. The caller publishes it (if there is a reply subject), counts it and tells it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::engine) struct Answer {
    pub body: Vec<u8>,
    pub error: Option<Error>,
}

/// Answers one request; `tokens` are those after `$JS.API.CONSUMER`.
///
/// Errors: `None` for an endpoint nobody serves: no answer at all.
pub(in crate::engine) fn respond(
    streams: &mut Streams,
    context: &mut Context<'_>,
    tokens: &[&str],
    request: &Publication,
) -> Option<Answer> {
    let level = check_level(request);
    let body = &request.message.payload[..];
    match *tokens {
        ["CREATE", stream] => Some(created(level, || create(streams, context, stream, Form::Unnamed, body))),
        ["CREATE", stream, name] => {
            let form = Form::Named { name, filter: None };
            Some(created(level, || create(streams, context, stream, form, body)))
        }
        ["CREATE", stream, name, ref filter @ ..] => {
            let filter = filter.join(".");
            let form = Form::Named { name, filter: Some(&filter) };
            Some(created(level, || create(streams, context, stream, form, body)))
        }
        ["DURABLE", "CREATE", stream, name] => {
            Some(created(level, || create(streams, context, stream, Form::Durable { name }, body)))
        }
        ["INFO", stream, name] => Some(answer(
            "consumer_info_response",
            level.and_then(|()| info(streams, context, stream, name, body)),
            None,
        )),
        ["NAMES", stream] => Some(names(streams, level, stream, body)),
        ["LIST", stream] => Some(list(streams, context, level, stream, body)),
        ["DELETE", stream, name] => {
            let deleted = level.and_then(|()| remove(streams, context, stream, name, body));
            Some(answer("consumer_delete_response", deleted, None))
        }
        ["PAUSE", stream, name] => {
            let paused = level.and_then(|()| pause(streams, context, stream, name, body));
            Some(answer("consumer_pause_response", paused, Some(PauseResponse::default())))
        }
        ["RESET", stream, name] => {
            let consumer_exists = streams.get(stream).is_some_and(|stream| stream.consumers.contains_key(name));
            (consumer_exists && request.message.reply.is_some()).then(|| {
                match level.and_then(|()| reset(streams, context, stream, name, body)) {
                    Ok(info) => answer("consumer_reset_response", Ok(info), None),
                    Err(error) => answer("consumer_reset_response", Err(error), Some(NotReset { reset_seq: 0 })),
                }
            })
        }
        ["UNPIN", stream, name] => {
            let unpinned = level.and_then(|()| unpin(streams, context, stream, name, body));
            Some(answer("consumer_unpin_response", unpinned, None))
        }
        ["LEADER", "STEPDOWN", _, _] => {
            let refused: Result<Success, _> = Err(ErrorCode::CLUSTER_REQUIRED.error());
            Some(answer("consumer_leader_stepdown_response", refused, None))
        }
        _ => None,
    }
}

/// Takes a consumer out of its stream: ends its pull requests, announces it, and lets an interest stream drop what
/// nobody else needs. For DELETE and for consumers whose time is up.
pub(in crate::engine) fn delete(context: &mut Context<'_>, stream: &mut Stream, name: &str) -> bool {
    let Some(mut consumer) = stream.consumers.remove(name) else { return false };
    consumer.deleted(context);
    let from = consumer.settled_to();
    stream.interest_narrowed(context, from);
    if stream.config.retention == Retention::Interest && stream.consumers.is_empty() {
        // As on the server, that is a purge, also of a stream nobody wrote to: it counts as written to.
        stream.store.clear();
    }
    if consumer.paused_until().is_some() {
        stream.gone_while_paused.push(consumer);
    }
    true
}

fn check_level(request: &Publication) -> Result<(), Error> {
    match request.message.header("Nats-Required-Api-Level") {
        Some(level) if level.parse::<u32>().map_or(true, |level| level > API_LEVEL) => Err(ErrorCode(10185).error()),
        _ => Ok(()),
    }
}

/// The answer of type `kind`; `otherwise` stands beside an error.
fn answer<T: ToJson>(kind: &str, result: Result<T, Error>, otherwise: Option<T>) -> Answer {
    let (error, body) = match result {
        Ok(body) => (None, Some(body)),
        Err(error) => (Some(error), otherwise),
    };
    let response = Response { kind: format!("{TYPE_PREFIX}{kind}"), error: error.clone(), body };
    Answer { body: crate::api::to_json(&response), error }
}

fn created(level: Result<(), Error>, create: impl FnOnce() -> Result<ConsumerInfo, Error>) -> Answer {
    answer("consumer_create_response", level.and_then(|()| create()).map(with_version), None)
}

fn with_version(mut info: ConsumerInfo) -> ConsumerInfo {
    config::show_version(&mut info.config.metadata);
    info
}

fn find<'a>(streams: &'a mut Streams, stream: &str) -> Result<&'a mut Stream, Error> {
    streams.get_mut(stream).ok_or_else(|| ErrorCode::STREAM_NOT_FOUND.error())
}

fn find_consumer<'a>(stream: &'a mut Stream, name: &str) -> Result<&'a mut Consumer, Error> {
    stream.consumers.get_mut(name).ok_or_else(|| ErrorCode::CONSUMER_NOT_FOUND.error())
}

fn expect_empty(body: &[u8]) -> Result<(), Error> {
    if strict::is_empty_request(body) { Ok(()) } else { Err(ErrorCode::EXPECTED_EMPTY_REQUEST.error()) }
}

fn info(
    streams: &mut Streams,
    context: &mut Context<'_>,
    stream: &str,
    name: &str,
    body: &[u8],
) -> Result<ConsumerInfo, Error> {
    expect_empty(body)?;
    let stream = find(streams, stream)?;
    let Stream { consumers, store, .. } = stream;
    let consumer = consumers.get_mut(name).ok_or_else(|| ErrorCode::CONSUMER_NOT_FOUND.error())?;
    Ok(with_version(consumer.info(context, store)))
}

fn names(streams: &mut Streams, level: Result<(), Error>, stream: &str, body: &[u8]) -> Answer {
    let page = level.and_then(|()| {
        let request: ConsumerListRequest = strict::decode_object(body)?;
        let stream = find(streams, stream)?;
        Ok(page(stream, request.offset, NAMES_LIMIT, |consumer| consumer.name.to_string()))
    });
    answer("consumer_names_response", page, Some(no_page()))
}

fn list(
    streams: &mut Streams,
    context: &mut Context<'_>,
    level: Result<(), Error>,
    stream: &str,
    body: &[u8],
) -> Answer {
    let now = context.now;
    let page = level.and_then(|()| {
        let request: ConsumerListRequest = strict::decode_object(body)?;
        let stream = find(streams, stream)?;
        let Stream { consumers, store, .. } = &mut *stream;
        consumers.values_mut().for_each(|consumer| drop(consumer.info(context, store)));
        Ok(page(stream, request.offset, LIST_LIMIT, |consumer| consumer.report(now, &stream.store)))
    });
    answer("consumer_list_response", page, Some(no_page()))
}

fn page<T>(stream: &Stream, offset: i64, limit: usize, entry: impl Fn(&Consumer) -> T) -> ConsumerPage<T> {
    let shown: Vec<&Consumer> = stream.consumers.values().filter(|consumer| !consumer.config.direct).collect();
    let offset = usize::try_from(offset).unwrap_or(0).min(shown.len());
    ConsumerPage {
        total: shown.len() as u64,
        offset: offset as u64,
        limit: limit as u64,
        consumers: Some(shown[offset..].iter().take(limit).map(|consumer| entry(consumer)).collect()),
    }
}

fn no_page<T>() -> ConsumerPage<T> {
    ConsumerPage { total: 0, offset: 0, limit: 0, consumers: Some(Vec::new()) }
}

fn remove(
    streams: &mut Streams,
    context: &mut Context<'_>,
    stream: &str,
    name: &str,
    body: &[u8],
) -> Result<Success, Error> {
    expect_empty(body)?;
    let stream = find(streams, stream)?;
    if delete(context, stream, name) {
        Ok(Success { success: true })
    } else {
        Err(ErrorCode::CONSUMER_NOT_FOUND.error())
    }
}

fn pause(
    streams: &mut Streams,
    context: &mut Context<'_>,
    stream: &str,
    name: &str,
    body: &[u8],
) -> Result<PauseResponse, Error> {
    let request: PauseRequest = strict::decode_object(body)?;
    let consumer = find_consumer(find(streams, stream)?, name)?;
    consumer.pause_until(context, request.pause_until);
    Ok(PauseResponse {
        paused: consumer.is_paused,
        pause_until: consumer.config.pause_until,
        pause_remaining: consumer.pause_remaining(context.now),
    })
}

fn reset(
    streams: &mut Streams,
    context: &mut Context<'_>,
    stream: &str,
    name: &str,
    body: &[u8],
) -> Result<ConsumerInfo, Error> {
    let request: ResetRequest = strict::decode_with(body, strict::Unknown::Ignore)?;
    let stream = find(streams, stream)?;
    let Stream { consumers, store, .. } = &mut *stream;
    let consumer = consumers.get_mut(name).ok_or_else(|| ErrorCode::CONSUMER_NOT_FOUND.error())?;
    let refuse = |why: &str| Err(ErrorCode(10204).with(&[why]));
    let seq = match (request.seq, consumer.config.deliver_policy) {
        (0, _) => consumer.acks.floor().stream_seq + 1,
        (seq, DeliverPolicy::All) => seq,
        (seq, DeliverPolicy::ByStartSequence) if seq < consumer.config.opt_start_seq => {
            return refuse("below start seq");
        }
        (seq, DeliverPolicy::ByStartTime) => {
            let at = consumer.config.opt_start_time.unwrap_or_default();
            if seq < store.first_seq_at_or_after(at) {
                return refuse("below start time");
            }
            seq
        }
        (seq, DeliverPolicy::ByStartSequence) => seq,
        _ => return refuse("not allowed"),
    };
    let seq = seq.max(1);
    consumer.reset(context, store, seq);
    if stream.config.retention == Retention::Interest {
        stream.settle_recorded(context, name);
    }
    let Stream { consumers, store, .. } = stream;
    let consumer = consumers.get_mut(name).ok_or_else(|| ErrorCode::CONSUMER_NOT_FOUND.error())?;
    Ok(ConsumerInfo { reset_seq: Some(seq), ..with_version(consumer.info(context, store)) })
}

/// What stands beside the error of a RESET.
#[derive(ToJson)]
struct NotReset {
    reset_seq: u64,
}

/// The answer to UNPIN has nothing but its type.
#[derive(ToJson)]
struct Nothing {}

fn unpin(
    streams: &mut Streams,
    context: &mut Context<'_>,
    stream: &str,
    name: &str,
    body: &[u8],
) -> Result<Nothing, Error> {
    if body.is_empty() {
        return Err(ErrorCode::INVALID_JSON.with(&["unexpected end of JSON input"]));
    }
    let request: UnpinRequest = strict::decode_with(body, strict::Unknown::Ignore)?;
    if request.group.is_empty() {
        return Err(ErrorCode::INVALID_JSON.with(&["consumer group not specified"]));
    }
    if !checks::is_group_name(&request.group) {
        return Err(ErrorCode(10162).error());
    }
    let consumer = find_consumer(find(streams, stream)?, name)?;
    if !consumer.config.priority_groups.iter().flatten().any(|group| *group == request.group) {
        return Err(ErrorCode(10160).error());
    }
    consumer.unpin(context, "admin");
    Ok(Nothing {})
}
