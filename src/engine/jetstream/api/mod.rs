//! The endpoints under `$JS.API`: who answers what, and how answers look.
//!
//! Streams are in `streams.rs`, messages in `messages.rs`, direct gets in `direct.rs`; consumers answer for themselves in
//! `consumer/api.rs`. The way in is [`JetStream::request`].
//! Source: nats-server 2.15.1 `server/jetstream_api.go`, observed.

mod direct;
mod messages;
mod streams;

use super::consumer::api::Answer;
use super::{Context, JetStream, Publication};
use crate::api::stream::Storage;
use crate::api::{API_LEVEL, AccountInfo, Error, ErrorCode, Response, TYPE_PREFIX};
use crate::engine::{Fact, Options, Origin};
use crate::json::ToJson;
use crate::protocol::Message;
use serde_json::{Value, json};

pub(super) const REQUIRED_LEVEL_HEADER: &str = "Nats-Required-Api-Level";

/// JSON as the server writes it, the characters that are special in HTML escaped.
pub(in crate::engine) fn to_json<T: ToJson>(document: &T) -> Vec<u8> {
    let plain = crate::json::write(document).into_bytes();
    if !plain.iter().any(|byte| matches!(byte, b'<' | b'>' | b'&')) {
        return plain;
    }
    // These only ever stand inside strings.
    let mut escaped = Vec::with_capacity(plain.len() + 64);
    for byte in plain {
        match byte {
            b'<' => escaped.extend_from_slice(br"\u003c"),
            b'>' => escaped.extend_from_slice(br"\u003e"),
            b'&' => escaped.extend_from_slice(br"\u0026"),
            byte => escaped.push(byte),
        }
    }
    escaped
}

fn success<T: ToJson>(kind: &str, body: T) -> Answer {
    let response = Response { kind: format!("{TYPE_PREFIX}{kind}"), error: None, body: Some(body) };
    Answer { body: to_json(&response), error: None }
}

/// `rest` are the fields this kind of answer has even when it is an error.
fn failure<T: ToJson>(kind: &str, error: Error, rest: T) -> Answer {
    let response = Response { kind: format!("{TYPE_PREFIX}{kind}"), error: Some(error.clone()), body: Some(rest) };
    Answer { body: to_json(&response), error: Some(error) }
}

/// Where a page of a list begins and ends; nowhere.
#[derive(Default, ToJson)]
struct Page {
    total: u64,
    offset: u64,
    limit: u64,
}

#[derive(ToJson)]
struct NoStreams {
    total: u64,
    offset: u64,
    limit: u64,
    streams: Option<Vec<String>>,
}

pub(super) fn answer<T: ToJson>(kind: &str, outcome: Result<T, Error>) -> Answer {
    match outcome {
        Ok(body) => success(kind, body),
        Err(error) => failed(kind, error),
    }
}

fn failed(kind: &str, error: Error) -> Answer {
    let no_streams = |streams| NoStreams { total: 0, offset: 0, limit: 0, streams };
    match kind {
        "stream_info_response" => failure(kind, error, Page::default()),
        "stream_names_response" => failure(kind, error, no_streams(None)),
        "stream_list_response" => failure(kind, error, no_streams(Some(Vec::new()))),
        "account_info_response" => failure(kind, error, AccountInfo::default()),
        _ => failure(kind, error, rest_of_failure(kind)),
    }
}

fn rest_of_failure(kind: &str) -> Value {
    match kind {
        "stream_purge_response" => json!({"purged": 0}),
        "stream_restore_response" => json!({"deliver_subject": ""}),
        "consumer_names_response" | "consumer_list_response" => {
            json!({"total": 0, "offset": 0, "limit": 0, "consumers": []})
        }
        "consumer_pause_response" => json!({"paused": false, "pause_until": crate::time::ZERO_TIME}),
        _ => json!({}),
    }
}

impl JetStream {
    /// Executes a request and answers it, if it came with a reply subject and somebody serves `endpoint`.
    pub(super) fn request(&mut self, context: &mut Context<'_>, endpoint: &str, request: &Publication) {
        let tokens: Vec<&str> = endpoint.split('.').collect();
        let Some(kind) = kind_of(&tokens) else { return };
        let outcome = match required_level(request) {
            Some(error) if !is_cluster_only(&tokens) => Some(failed(kind, error)),
            _ if !context.options.account.jetstream && !is_cluster_only(&tokens) => Some(disabled(kind)),
            _ => self.respond(context, kind, &tokens, request),
        };
        let Some(Answer { body, error }) = outcome else { return };
        let subject = request.message.subject.clone();
        let conn = match request.origin {
            Origin::Client(conn) => Some(conn),
            Origin::Server => None,
        };
        context.tell(Fact::Requested { message: request.id, conn, subject, error: error.clone() });
        let is_read = tokens.starts_with(&["STREAM", "MSG", "GET"]) && error.is_none();
        if !is_read {
            self.stats.total += 1;
            self.stats.errors += u64::from(error.is_some());
        }
        if let Some(reply) = &request.message.reply {
            context.send(Message::new(reply.clone(), body.clone()));
        }
        if !is_read {
            self.audit(context, request, &body);
        }
    }

    fn respond(
        &mut self,
        context: &mut Context<'_>,
        kind: &str,
        tokens: &[&str],
        request: &Publication,
    ) -> Option<Answer> {
        let body = &request.message.payload;
        Some(match tokens {
            ["INFO"] => success(kind, self.account_info(context.options)),
            ["STREAM", "CREATE", name] => answer(kind, self.create_stream(context, name, body)),
            ["STREAM", "UPDATE", name] => answer(kind, self.update_stream(context, name, body)),
            ["STREAM", "INFO", name] => answer(kind, self.stream_info(context, name, body)),
            ["STREAM", "NAMES"] => answer(kind, self.stream_names(body)),
            ["STREAM", "LIST"] => answer(kind, self.stream_list(context, body)),
            ["STREAM", "DELETE", name] => answer(kind, self.delete_stream(context, name, body)),
            ["STREAM", "PURGE", name] => answer(kind, self.purge_stream(context, name, body)),
            ["STREAM", "MSG", "GET", name] => answer(kind, self.get_message(name, body)),
            ["STREAM", "MSG", "DELETE", name] => answer(kind, self.delete_message(context, name, body)),
            ["STREAM", "SNAPSHOT", name] => answer(kind, self.snapshot(context, name, request)),
            ["STREAM", "RESTORE", name] => answer(kind, self.restore(context, name, request)),
            ["CONSUMER", rest @ ..] if !is_cluster_only(tokens) => {
                let answer = super::consumer::api::respond(&mut self.streams, context, rest, request)?;
                self.consumers_changed(rest);
                answer
            }
            _ => failure(kind, ErrorCode::CLUSTER_REQUIRED.error(), json!({})),
        })
    }

    /// After a request that may have changed the consumers of a stream.
    fn consumers_changed(&mut self, tokens: &[&str]) {
        let stream = match tokens {
            ["INFO" | "NAMES" | "LIST", ..] => return,
            ["DURABLE", "CREATE", stream, ..] | [_, stream, ..] => stream,
            _ => return,
        };
        if let Some(stream) = self.streams.get_mut(*stream) {
            stream.consumers_changed();
        }
    }

    pub fn account_info(&self, options: &Options) -> AccountInfo {
        let mut info = AccountInfo { streams: self.streams.len() as u64, ..AccountInfo::default() };
        let limit = |max: Option<u64>| max.map_or(-1, |max| i64::try_from(max).unwrap_or(i64::MAX));
        info.limits.max_streams = limit(options.account.max_streams);
        info.limits.max_consumers = limit(options.account.max_consumers);
        for stream in self.streams.values() {
            let reserved = stream.config.max_bytes_limit().unwrap_or(0);
            let (used, reservation) = match stream.config.storage {
                Storage::Memory => (&mut info.memory, &mut info.reserved_memory),
                Storage::File => (&mut info.storage, &mut info.reserved_storage),
            };
            *used += stream.store.bytes();
            *reservation += reserved;
            let feeding = stream.feeds.iter().filter(|feed| feed.counts_as_consumer());
            info.consumers += (stream.consumers.len() + feeding.count()) as u64;
        }
        info.api = self.stats.clone();
        info.api.level = API_LEVEL;
        info.domain = options.domain.clone();
        info
    }
}

/// The answer to an account that may not use JetStream.
fn disabled(kind: &str) -> Answer {
    let error = ErrorCode(10039).error();
    if kind == "account_info_response" { failure(kind, error, json!({})) } else { failed(kind, error) }
}

fn required_level(request: &Publication) -> Option<Error> {
    let level = request.message.header(REQUIRED_LEVEL_HEADER).filter(|level| !level.is_empty())?;
    let is_served = level.parse::<u32>().is_ok_and(|level| level <= API_LEVEL);
    (!is_served).then(|| ErrorCode(10185).error())
}

/// The `type` of the answer, without its prefix. `None` for what nobody serves: it stays unanswered.
fn kind_of(tokens: &[&str]) -> Option<&'static str> {
    if tokens.iter().any(|token| token.is_empty()) {
        return None;
    }
    Some(match tokens {
        ["INFO"] => "account_info_response",
        ["STREAM", "CREATE", _] => "stream_create_response",
        ["STREAM", "UPDATE", _] => "stream_update_response",
        ["STREAM", "INFO", _] => "stream_info_response",
        ["STREAM", "NAMES"] => "stream_names_response",
        ["STREAM", "LIST"] => "stream_list_response",
        ["STREAM", "DELETE", _] => "stream_delete_response",
        ["STREAM", "PURGE", _] => "stream_purge_response",
        ["STREAM", "MSG", "GET", _] => "stream_msg_get_response",
        ["STREAM", "MSG", "DELETE", _] => "stream_msg_delete_response",
        ["STREAM", "SNAPSHOT", _] => "stream_snapshot_response",
        ["STREAM", "RESTORE", _] => "stream_restore_response",
        ["STREAM", "LEADER", "STEPDOWN", _] => "stream_leader_stepdown_response",
        ["STREAM", "PEER", "REMOVE", _] => "stream_remove_peer_response",
        ["STREAM", "PEER", "EVACUATE", _] => "stream_evacuate_peer_response",
        ["STREAM", "CANCEL_MOVE", _] => "stream_cancel_move_response",
        ["CONSUMER", "LEADER", "STEPDOWN", _, _] => "consumer_leader_stepdown_response",
        ["CONSUMER", "PEER", "REMOVE", _, _] => "consumer_remove_peer_response",
        ["CONSUMER", "PEER", "EVACUATE", _, _] => "consumer_evacuate_peer_response",
        ["CONSUMER", "CREATE", _, ..] | ["CONSUMER", "DURABLE", "CREATE", _, _] => "consumer_create_response",
        ["CONSUMER", "NAMES", _] => "consumer_names_response",
        ["CONSUMER", "LIST", _] => "consumer_list_response",
        ["CONSUMER", "INFO", _, _] => "consumer_info_response",
        ["CONSUMER", "DELETE", _, _] => "consumer_delete_response",
        ["CONSUMER", "PAUSE", _, _] => "consumer_pause_response",
        ["CONSUMER", "UNPIN", _, _] => "consumer_unpin_response",
        ["CONSUMER", "RESET", _, _] => "consumer_reset_response",
        _ => return None,
    })
}

fn is_cluster_only(tokens: &[&str]) -> bool {
    matches!(tokens, [_, "LEADER" | "PEER", ..] | [_, "CANCEL_MOVE", ..])
}
