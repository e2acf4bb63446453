//! The endpoints `$JS.API.CONSUMER.*` (all but MSG.NEXT, which is the consumer's own).
//!
//! Decodes, decides and answers; delivery that follows from a request starts with the next [`Consumer::tick`], which is
//! due at once, so that the answer leaves before the first message. The way in is [`respond`].
//! Source: nats-server 2.15.1 `server/jetstream_api.go`, observed.

use crate::api::Error;
use crate::engine::Name;
use crate::engine::jetstream::{Context, Publication, Stream};
use std::collections::BTreeMap;

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
    streams: &mut BTreeMap<Name, Stream>,
    context: &mut Context<'_>,
    tokens: &[&str],
    request: &Publication,
) -> Option<Answer> {
    let _ = (streams, context, tokens, request);
    None
}

/// Takes a consumer out of its stream: ends its pull requests, announces it, and lets an interest stream drop what
/// nobody else needs. For DELETE and for consumers whose time is up.
pub(in crate::engine) fn delete(context: &mut Context<'_>, stream: &mut Stream, name: &str) -> bool {
    let Some(mut consumer) = stream.consumers.remove(name) else { return false };
    consumer.deleted(context);
    stream.interest_narrowed(context);
    true
}
