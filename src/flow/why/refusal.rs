//! Why a stream did not take a message.

use super::{Why, fact_of, last_fact, stream_setting};
use crate::engine::{Fact, MessageId, Name};
use crate::flow::Flow;
use crate::flow::scene::Strip;
use crate::flow::settings::Setting;
use crate::flow::words::figure;

/// Error code of the API, what its text contains, the setting responsible, and what it means.
const CAUSES: &[(u16, &str, &str, &str)] = &[
    (
        10077,
        "maximum messages per subject",
        "max_msgs_per_subject",
        "the stream holds as many messages of this subject as it may, and keeps the old ones",
    ),
    (10077, "maximum messages", "max_msgs", "the stream holds as many messages as it may, and keeps the old ones"),
    (10077, "maximum bytes", "max_bytes", "the stream holds as many bytes as it may, and keeps the old messages"),
    (10054, "", "max_msg_size", "it is larger than the stream allows"),
    (10109, "", "sealed", "the stream is sealed"),
    (10166, "", "allow_msg_ttl", "it brought a time to live, which this stream does not allow"),
    (10071, "", "", "it expected another last sequence (Nats-Expected-Last-Sequence): somebody was faster"),
    (10164, "", "", "it expected another last sequence (Nats-Expected-Last-Sequence): somebody was faster"),
    (10070, "", "", "it expected another last message id (Nats-Expected-Last-Msg-Id)"),
    (10060, "", "", "it expected to reach another stream (Nats-Expected-Stream)"),
    (10023, "", "", "the server has no room left for messages of any stream"),
];

pub fn why(flow: &Flow, strip: Option<&Strip>, stream: &Name, message: MessageId) -> Option<Why> {
    let step = last_fact(flow, |fact| match fact {
        Fact::Duplicate { message: id, stream: of, .. } | Fact::Refused { message: id, stream: of, .. } => {
            *id == message && of == stream
        }
        _ => false,
    })?;
    let set = |name: &str| strip.and_then(|strip| stream_setting(strip, name));
    Some(match fact_of(step)? {
        Fact::Duplicate { stream_seq, .. } => {
            duplicate(flow, strip, stream, *stream_seq, set("duplicate_window")).because(Some(step))
        }
        Fact::Refused { error, .. } => {
            let is_cause = |(code, text, ..): &&(u16, &str, &str, &str)| {
                *code == error.err_code && error.description.contains(text)
            };
            let why = match CAUSES.iter().find(is_cause) {
                Some((_, _, setting, cause)) => {
                    Why::new(format!("Refused: {cause}. The server said \"{}\".", error.description))
                        .set_by(set(setting))
                }
                None => Why::new(format!("Refused: the server said \"{}\".", error.description)),
            };
            why.because(Some(step))
        }
        _ => return None,
    })
}

fn duplicate(flow: &Flow, strip: Option<&Strip>, stream: &Name, seq: u64, setting: Option<Setting>) -> Why {
    let original = last_fact(
        flow,
        |fact| matches!(fact, Fact::Stored { stream: of, stream_seq, .. } if of == stream && *stream_seq == seq),
    );
    let window = strip.and_then(|strip| strip.config.duplicate_window.duration());
    let end = original.zip(window).map(|(original, window)| original.at + window);
    let why = format!(
        "Refused as a duplicate: a message with the same Nats-Msg-Id was stored as message {} and is remembered. The \
         publisher got that sequence as its answer.",
        figure(seq)
    );
    Why::new(why).set_by(setting).until(end, "the id is forgotten")
}
