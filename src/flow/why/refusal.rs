//! Why a stream did not take a message.

use super::{Why, fact_of, last_fact, stream_setting};
use crate::engine::{Fact, MessageId, Name};
use crate::flow::Flow;
use crate::flow::scene::{SceneModel, Strip};
use crate::flow::settings::Setting;
use crate::flow::words::figure;
use crate::time::Timestamp;

/// Error code of the API, what its text contains, the setting responsible, and what it means: everything a publish is
/// refused with.
pub(super) const CAUSES: &[(u16, &str, &str, &str)] = &[
    (10023, "", "", "the server has no room left for messages of any stream"),
    (10054, "", "max_msg_size", "it is larger than the stream allows"),
    (10060, "", "", "it expected to reach another stream (Nats-Expected-Stream)"),
    (10070, "", "", "it expected another last message id (Nats-Expected-Last-Msg-Id)"),
    (10071, "", "", "it expected another last sequence (Nats-Expected-Last-Sequence): somebody was faster"),
    (
        10077,
        "maximum messages per subject",
        "max_msgs_per_subject",
        "the stream holds as many messages of this subject as it may, and keeps the old ones",
    ),
    (10077, "maximum messages", "max_msgs", "the stream holds as many messages as it may, and keeps the old ones"),
    (10077, "maximum bytes", "max_bytes", "the stream holds as many bytes as it may, and keeps the old messages"),
    (10097, "", "", "its headers are larger than 64 KiB"),
    (10109, "", "sealed", "the stream is sealed"),
    (
        10111,
        "not permitted",
        "allow_rollup_hdrs",
        "it wanted to replace what came before it (Nats-Rollup), which this stream does not allow",
    ),
    (10111, "", "", "Nats-Rollup is either sub or all"),
    (10164, "", "", "it expected another last sequence (Nats-Expected-Last-Sequence): somebody was faster"),
    (10165, "", "", "the time to live it brought (Nats-TTL) is none"),
    (10166, "", "allow_msg_ttl", "it brought a time to live, which this stream does not allow"),
    (10168, "", "allow_msg_counter", "it is an increment (Nats-Incr), and this stream does not count"),
    (10169, "", "allow_msg_counter", "this stream counts, and it brought no increment (Nats-Incr)"),
    (10170, "", "allow_msg_counter", "an increment (Nats-Incr) has no payload"),
    (10171, "", "allow_msg_counter", "the increment it brought (Nats-Incr) is no whole number"),
    (10172, "", "allow_msg_counter", "what is stored on its subject is no counter to add to"),
    (10174, "", "allow_atomic", "it belongs to an atomic batch, which this stream does not allow"),
    (
        10175,
        "",
        "allow_atomic",
        "it belongs to an atomic batch and does not say where it stands in it (Nats-Batch-Sequence)",
    ),
    (10176, "", "allow_atomic", "messages of its batch before it are missing"),
    (10177, "", "allow_atomic", "it brought a header that has no place in an atomic batch"),
    (10179, "", "allow_atomic", "the id of its batch (Nats-Batch-Id) is longer than 64 characters"),
    (10185, "", "", "it asks for a later JetStream than this server's"),
    (10188, "", "allow_msg_schedules", "it says when it is to be published, which this stream does not allow"),
    (10189, "", "allow_msg_schedules", "when it is to be published cannot be read (Nats-Schedule)"),
    (
        10190,
        "",
        "allow_msg_schedules",
        "where it is to be published (Nats-Schedule-Target) is no subject of this stream",
    ),
    (10191, "", "allow_msg_schedules", "the time to live of what it will publish cannot be read (Nats-Schedule-TTL)"),
    (
        10192,
        "",
        "allow_msg_schedules",
        "a message that is published later can only replace what is on its subject (Nats-Rollup: sub)",
    ),
    (10193, "", "", "it names a subject whose last sequence it expects, and no sequence"),
    (10199, "", "allow_atomic", "its batch has more messages than one may have"),
    (10200, "", "allow_atomic", "how it ends its batch (Nats-Batch-Commit) cannot be read"),
    (10201, "", "allow_atomic", "another message of its batch has the same Nats-Msg-Id"),
    (
        10203,
        "",
        "allow_msg_schedules",
        "the subject whose last message is to be published (Nats-Schedule-Source) is none",
    ),
    (10205, "", "allow_batched", "it belongs to a fast batch, which this stream does not allow"),
    (10206, "", "allow_batched", "the reply subject of its fast batch cannot be read"),
    (10207, "", "allow_batched", "the id of its fast batch is longer than 64 characters"),
    (10208, "", "allow_batched", "its fast batch is not known: it never began, or nothing came for too long"),
    (10210, "", "allow_atomic", "so many atomic batches are open that no other may begin"),
    (10211, "", "allow_batched", "so many fast batches are open that no other may begin"),
    (10212, "", "allow_msg_schedules", "it says that it was published by a schedule, which only the server may say"),
    (10223, "", "allow_msg_schedules", "the time zone of its schedule is not known"),
    (10227, "", "", "it says that it is a copy from another stream, which only the server may say"),
];

/// Why no stream took a message, whichever it was for, and however it is come upon: by itself, or by the answer to it.
pub fn of_message(flow: &Flow, scene: &SceneModel, message: MessageId) -> Option<Why> {
    let message = flow.answered_by(message).unwrap_or(message);
    let (_, fact) = flow.facts().rev().find(|(_, fact)| match fact {
        Fact::Duplicate { message: id, .. } | Fact::Refused { message: id, .. } => *id == message,
        _ => false,
    })?;
    let (Fact::Duplicate { stream, .. } | Fact::Refused { stream, .. }) = fact else { return None };
    why(flow, scene.streams.iter().find(|strip| strip.name == *stream), stream, message)
}

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
                Some((code, _, setting, cause)) => {
                    let room = strip.filter(|_| *code == FULL).and_then(room_at);
                    Why::new(format!("Refused: {cause}. The server said \"{}\".", error.description))
                        .set_by(set(setting))
                        .until(room, "its oldest message is too old, and there is room")
                }
                None => Why::new(format!("Refused: the server said \"{}\".", error.description)),
            };
            why.because(Some(step))
        }
        _ => return None,
    })
}

/// What a full stream answers.
const FULL: u16 = 10077;

/// When age makes room in a full stream.
fn room_at(strip: &Strip) -> Option<Timestamp> {
    Some(strip.oldest? + strip.config.max_age_limit()?)
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

#[cfg(test)]
mod tests {
    use super::CAUSES;
    use crate::api::{ErrorCode, StreamConfig};
    use crate::flow::settings;
    use std::collections::BTreeSet;

    /// Where a publish is refused.
    const REFUSING: &[&str] = &[
        include_str!("../../engine/jetstream/publish.rs"),
        include_str!("../../engine/jetstream/batch.rs"),
        include_str!("../../engine/jetstream/counter.rs"),
        include_str!("../../engine/jetstream/schedule.rs"),
        include_str!("../../engine/jetstream/fast_ingest.rs"),
    ];

    #[test]
    fn every_refusal_of_a_publish_is_explained() {
        let numbers = REFUSING.iter().flat_map(|source| source.split(|c: char| !c.is_ascii_digit()));
        let mut codes: BTreeSet<u16> = numbers.filter_map(|number| number.parse().ok()).collect();
        codes.retain(|code| (10_001..11_000).contains(code));
        codes.extend([ErrorCode::WRONG_LAST_SEQUENCE.0, ErrorCode::STORE_FAILED.0]);
        assert!(codes.len() > 35, "{codes:?}");
        let explained: BTreeSet<u16> = CAUSES.iter().map(|(code, ..)| *code).collect();
        assert_eq!(codes, explained);
    }

    #[test]
    fn every_setting_that_is_named_can_be_shown() {
        let limits = StreamConfig {
            max_msgs: 1,
            max_bytes: 1,
            max_msgs_per_subject: 1,
            max_msg_size: 1,
            ..StreamConfig::default()
        };
        for (code, _, setting, _) in CAUSES.iter().filter(|(.., setting, _)| !setting.is_empty()) {
            assert!(settings::named(&limits, setting).is_some(), "{code}: {setting}");
        }
    }
}
