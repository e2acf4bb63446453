//! What JetStream announces about streams and about its API, to whoever listens.
//!
//! Source: nats-server 2.15.1 `server/jetstream_events.go`, observed.

use super::{Context, JetStream, Publication};
use crate::api::advisory::{ADVISORY_PREFIX, ADVISORY_TYPE_PREFIX, ApiAudit, StreamAction};
use crate::engine::{Fact, Name};
use crate::json::ToJson;
use crate::protocol::Message;
use crate::subject::Subject;
use crate::time::Timestamp;

/// What happened to a stream, as the subject and the document name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Created,
    Updated,
    Deleted,
}

impl Action {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Action::Created => ("CREATED", "create"),
            Action::Updated => ("UPDATED", "modify"),
            Action::Deleted => ("DELETED", "delete"),
        }
    }
}

impl JetStream {
    pub(super) fn announce_stream(&self, context: &mut Context<'_>, name: &Name, action: Action) {
        let (token, word) = action.words();
        let subject = Subject::from(format!("{ADVISORY_PREFIX}.STREAM.{token}.{name}"));
        if !self.is_heard(context, &subject) {
            return;
        }
        let document = StreamAction {
            kind: format!("{ADVISORY_TYPE_PREFIX}stream_action"),
            id: context.rng.nuid(),
            timestamp: context.now,
            stream: name.to_string(),
            action: word.to_owned(),
        };
        let message = context.send(Message::new(subject.clone(), super::api::to_json(&document)));
        context.tell(Fact::Advisory { message, subject, stream: name.clone(), consumer: None, stream_seq: None });
    }

    /// What is said of a backup's begin and end. `document` gets the type, an id and the time.
    pub(super) fn announce_backup<T: ToJson>(
        &self,
        context: &mut Context<'_>,
        token: &str,
        stream: &Name,
        document: impl FnOnce(String, String, Timestamp) -> T,
    ) {
        let subject = Subject::from(format!("{ADVISORY_PREFIX}.STREAM.{token}.{stream}"));
        if !self.is_heard(context, &subject) {
            return;
        }
        let kind = format!("{ADVISORY_TYPE_PREFIX}{}", token.to_ascii_lowercase());
        let document = super::api::to_json(&document(kind, context.rng.nuid(), context.now));
        let message = context.send(Message::new(subject.clone(), document));
        context.tell(Fact::Advisory { message, subject, stream: stream.clone(), consumer: None, stream_seq: None });
    }

    /// The record of one answered request.
    pub(super) fn audit(&self, context: &mut Context<'_>, request: &Publication, response: &[u8]) {
        let subject = format!("{ADVISORY_PREFIX}.API");
        if !self.is_heard(context, &subject) {
            return;
        }
        let document = ApiAudit {
            kind: format!("{ADVISORY_TYPE_PREFIX}api_audit"),
            id: context.rng.nuid(),
            timestamp: context.now,
            server: context.options.server_name.clone(),
            client: context.client_info(request.origin).unwrap_or_default(),
            subject: request.message.subject.to_string(),
            request: String::from_utf8_lossy(&request.message.payload).into_owned(),
            response: String::from_utf8_lossy(response).into_owned(),
        };
        context.send(Message::new(subject, super::api::to_json(&document)));
    }
}
