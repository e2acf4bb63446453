//! Messages read out of a stream by sequence or subject, through the API or directly.

use super::{JetStream, body, check_name};
use crate::api::{self, DirectGetRequest, ErrorCode, StoredMessage};
use crate::base64::BASE64;
use crate::client::Error;
use crate::protocol::{Headers, Message};
use crate::subject::Subject;
use crate::time::Timestamp;
use bytes::Bytes;

/// Headers a direct get adds to what was stored.
const DIRECT_HEADERS: [&str; 6] =
    ["Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Time-Stamp", "Nats-Num-Pending", "Nats-Last-Sequence"];

/// A stored message, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamMessage {
    pub stream: String,
    pub subject: Subject,
    pub seq: u64,
    pub time: Option<Timestamp>,
    /// `None` when it was stored without.
    pub headers: Option<Headers>,
    pub payload: Bytes,
}

impl StreamMessage {
    /// Errors: [`Error::BadAnswer`] for what is not base64.
    pub fn from_stored(stream: &str, stored: StoredMessage) -> Result<StreamMessage, Error> {
        let decode = |text: &str| {
            BASE64.decode(text.as_bytes()).ok_or_else(|| Error::BadAnswer("nats: invalid base64".to_owned()))
        };
        let headers = decode(&stored.headers)?;
        Ok(StreamMessage {
            stream: stream.to_owned(),
            subject: stored.subject.into(),
            seq: stored.seq,
            time: stored.time,
            headers: (!headers.is_empty()).then(|| Headers::from_bytes(headers.into())),
            payload: decode(&stored.data)?.into(),
        })
    }

    /// Reads the answer to a direct get. Errors: its status as the API would have said it.
    fn from_direct(message: Message) -> Result<StreamMessage, Error> {
        if let Some(status) = message.status() {
            return Err(match status.code {
                404 => Error::Api(ErrorCode::NO_MESSAGE_FOUND.error()),
                code => Error::Api(api::Error { code, err_code: 0, description: status.description.to_owned() }),
            });
        }
        let missing = |name: &str| Error::BadAnswer(format!("nats: direct get answer without {name}"));
        let header = |name: &'static str| message.header(name).ok_or_else(|| missing(name));
        let stream = header("Nats-Stream")?.to_owned();
        let subject = header("Nats-Subject")?.into();
        let seq = header("Nats-Sequence")?.parse().map_err(|_| missing("a Nats-Sequence"))?;
        let time = Timestamp::parse_rfc3339(header("Nats-Time-Stamp")?).map_err(|_| missing("a Nats-Time-Stamp"))?;
        let mut headers = message.headers.clone().unwrap_or_default();
        headers.retain(|name| !DIRECT_HEADERS.contains(&name));
        let headers = Some(headers).filter(|headers| *headers != Headers::new());
        Ok(StreamMessage { stream, subject, seq, time, headers, payload: message.payload })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.as_ref().and_then(|headers| headers.get(name))
    }
}

impl JetStream {
    /// Reads one message past the API; the stream must allow it. Errors: 10037 when there is no such message,
    /// [`Error::NoResponders`] when the stream is missing or does not allow it.
    pub async fn direct_message(&self, stream: &str, request: &DirectGetRequest) -> Result<StreamMessage, Error> {
        check_name("stream", stream)?;
        let message = Message::new(self.api_subject(&format!("DIRECT.GET.{stream}")), body(request));
        StreamMessage::from_direct(self.client.request(message, self.timeout).await?)
    }

    /// The newest message on `subject`, past the API.
    pub async fn direct_last_message(&self, stream: &str, subject: &str) -> Result<StreamMessage, Error> {
        check_name("stream", stream)?;
        let message = Message::new(self.api_subject(&format!("DIRECT.GET.{stream}.{subject}")), "");
        StreamMessage::from_direct(self.client.request(message, self.timeout).await?)
    }

    /// Reads several messages past the API: those of `batch` or `last_by_subjects`.
    ///
    /// Errors: 10037 when there are none.
    pub async fn direct_messages(&self, stream: &str, request: &DirectGetRequest) -> Result<Vec<StreamMessage>, Error> {
        check_name("stream", stream)?;
        let inbox = self.client.new_inbox();
        let mut answers = self.client.subscribe(&inbox, None)?;
        let subject = self.api_subject(&format!("DIRECT.GET.{stream}"));
        self.client.publish(Message::new(subject, body(request)).with_reply(inbox))?;
        let mut found = Vec::new();
        loop {
            let answer = self.client.timers().timeout(self.timeout, answers.next()).await;
            let answer = answer.map_err(|_| Error::Timeout)?.ok_or(Error::Closed)?;
            match answer.status().map(|status| status.code) {
                Some(204) => return Ok(found),
                Some(503) => return Err(Error::NoResponders),
                _ => found.push(StreamMessage::from_direct(answer)?),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ConsumerInfo, PubAck, StreamInfo};
    use crate::client::jetstream::read_answer;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_answer_can_panic(
            headers in "(NATS/1.0( [0-9]{1,6})?\\PC{0,8}\r\n)?(Nats-(Stream|Subject|Sequence|Time-Stamp): ?\\PC{0,9}\r\n){0,6}",
            payload in proptest::collection::vec(any::<u8>(), 0..40),
            text in "\\PC{0,20}",
        ) {
            let message = Message::new("_INBOX.x", payload.clone()).with_headers(Headers::from_bytes(headers.into()));
            let _ = StreamMessage::from_direct(message);
            let stored = StoredMessage { headers: text.clone(), data: text, ..StoredMessage::default() };
            let _ = StreamMessage::from_stored("S", stored);
            let _ = read_answer::<StreamInfo>(&payload);
            let _ = read_answer::<ConsumerInfo>(&payload);
            let _ = read_answer::<PubAck>(&payload);
        }
    }

    #[test]
    fn a_direct_answer_gives_back_what_was_stored() {
        let headers = Headers::new()
            .and("A", "1")
            .and("Nats-Stream", "S")
            .and("Nats-Subject", "s.a")
            .and("Nats-Sequence", "7")
            .and("Nats-Time-Stamp", "1970-01-01T00:00:01Z");
        let read = StreamMessage::from_direct(Message::new("_INBOX.x", "hi").with_headers(headers)).expect("complete");
        assert_eq!((read.stream.as_str(), &*read.subject, read.seq), ("S", "s.a", 7));
        assert_eq!(read.time, Some(Timestamp::from_secs(1)));
        assert_eq!(read.headers, Some(Headers::new().and("A", "1")));
    }

    #[test]
    fn a_direct_status_is_an_error() {
        let headers = Headers::with_status(404, "Message Not Found");
        let error = StreamMessage::from_direct(Message::new("_INBOX.x", "").with_headers(headers)).expect_err("404");
        assert_eq!(error.to_string(), "no message found (10037)");
        assert!(StreamMessage::from_direct(Message::new("_INBOX.x", "")).is_err());
    }
}
