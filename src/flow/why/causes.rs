//! What the errors of the API mean, and which setting is responsible: one row for every error a request is refused with.
//!
//! Knows words only; what is added from the picture (who is in the way, since when something is gone) is `request.rs`.
//! Source: nats-server 2.15 `server/errors.json`; the checks in `engine::jetstream`.

/// Whose setting is responsible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Nothing,
    /// The stream's, as it stands.
    Stream(&'static str),
    /// The consumer's, as it stands.
    Consumer(&'static str),
    /// What the request wanted to be set.
    Asked(&'static str),
}

use By::{Asked, Consumer, Nothing, Stream};

/// Error code, what its text contains, the setting responsible, and what it means.
pub type Cause = (u16, &'static str, By, &'static str);

/// The first row that fits is the one meant.
pub const CAUSES: &[Cause] = &[
    (10003, "", Nothing, "the request asks for things that do not go together, or for nothing"),
    (10010, "", Nothing, "this is about a cluster, and the server is alone"),
    (10012, "deliver policy", Consumer("deliver_policy"), "where a consumer starts cannot be changed once it is made"),
    (10012, "start ", Consumer("deliver_policy"), "where a consumer starts cannot be changed once it is made"),
    (10012, "ack policy", Consumer("ack_policy"), "how a consumer is answered cannot be changed once it is made"),
    (10012, "replay policy", Consumer("replay_policy"), "the pace of a consumer cannot be changed once it is made"),
    (10012, "max waiting", Consumer("max_waiting"), "how many requests may wait cannot be changed once it is made"),
    (10012, "pull consumer to push", Consumer("mode"), "a pull consumer cannot become one that pushes"),
    (
        10012,
        "push consumer to pull",
        Consumer("deliver_subject"),
        "a consumer that pushes cannot become a pull consumer",
    ),
    (10012, "", Nothing, "this cannot be changed once a consumer is made"),
    (10013, "", Consumer("deliver_subject"), "a consumer of this name exists, and somebody listens where it delivers"),
    (10014, "", Nothing, "there is no such consumer"),
    (10015, "", Asked("deliver_subject"), "the subject the pieces are to be sent to is none"),
    (10017, "", Asked("durable_name"), "the subject of the request names another consumer than its content"),
    (10018, "", Asked("durable_name"), "a durable consumer was asked for, without its name"),
    (10020, "", Asked("durable_name"), "a consumer without a name was asked for, and it brings one"),
    (10021, "", Asked("mirror"), "the other server's API is to be found under this server's own"),
    (10022, "", Asked("mirror"), "what the other server delivers would be stored as published"),
    (10024, "", Asked("mirror"), "where the other server delivers must be one subject, without wildcards"),
    (10025, "", Nothing, "the request is not the JSON this is asked with"),
    (10026, "", Stream("max_consumers"), "the stream has as many consumers as it may"),
    (10027, "", Nothing, "the account has as many streams as it may"),
    (10028, "", Asked("max_bytes"), "what streams in memory reserve together would be more than the server has"),
    (10030, "", Asked("max_msg_size"), "the origin's messages may be larger than the mirror's"),
    (10031, "", Asked("mirror"), "a mirror is a copy of one stream and can have no sources beside it"),
    (10034, "", Asked("mirror"), "a mirror is a copy of one stream and can listen on no subjects of its own"),
    (10037, "", Nothing, "there is no message like this"),
    (10038, "", Nothing, "this is asked without any content, and some came along"),
    (10039, "", Nothing, "this account may not use JetStream"),
    (10043, "", Nothing, "there is no message with this sequence"),
    (10045, "", Asked("sources"), "the origin is out of this server's reach"),
    (10046, "", Asked("max_msg_size"), "the origin's messages may be larger than this stream's"),
    (10047, "", Asked("max_bytes"), "there is not as much room for messages as this would take"),
    (10049, "", Asked("sources"), "a filter of its origin is no subject"),
    (10052, "storage type", Stream("storage"), "where messages are kept cannot be changed once a stream is made"),
    (
        10052,
        "to/from workqueue",
        Stream("retention"),
        "a stream becomes or stays a work queue, it cannot change into or from one",
    ),
    (10052, "unseal", Stream("sealed"), "a sealed stream stays sealed"),
    (10052, "cancel deny message deletes", Stream("deny_delete"), "what cannot be deleted from once can never be"),
    (10052, "cancel deny purge", Stream("deny_purge"), "what cannot be purged once can never be"),
    (
        10052,
        "message TTL status",
        Stream("allow_msg_ttl"),
        "messages may have a time to live by now, so that cannot be taken back",
    ),
    (10052, "message counter setting", Stream("allow_msg_counter"), "a stream counts from its beginning or never"),
    (
        10052,
        "message schedules can not",
        Stream("allow_msg_schedules"),
        "messages may wait for their time by now, so that cannot be taken back",
    ),
    (
        10052,
        "create can not be sealed",
        Asked("sealed"),
        "a sealed stream takes nothing, so it is made open and sealed later",
    ),
    (10052, "roll-ups require", Asked("deny_purge"), "a message that replaces others purges them, which is denied"),
    (
        10052,
        "discard new per subject requires discard",
        Asked("discard"),
        "a full subject can only refuse messages where a full stream does",
    ),
    (
        10052,
        "discard new per subject requires max",
        Asked("max_msgs_per_subject"),
        "a subject is never full where it has no limit",
    ),
    (10052, "counter stream", Asked("allow_msg_counter"), "a stream that counts cannot do this, too"),
    (
        10052,
        "duplicates window can not be larger",
        Asked("duplicate_window"),
        "ids would be remembered longer than messages stay",
    ),
    (10052, "duplicates window", Asked("duplicate_window"), "ids are remembered for 100 ms at least"),
    (10052, "max age", Asked("max_age"), "messages stay for 100 ms at least"),
    (10052, "no-ack", Asked("subjects"), "a stream that answers would catch its own answers there"),
    (10052, "overlaps with", Asked("subjects"), "two of its own subjects match the same messages"),
    (
        10052,
        "stream name",
        Asked("name"),
        "a stream's name is part of subjects and files: no dots, blanks, wildcards or slashes, 255 letters at most",
    ),
    (10052, "republish", Asked("republish"), "what is published again would come back, or is no mapping"),
    (10052, "detected cycle", Asked("sources"), "messages would come back to where they were copied from"),
    (
        10052,
        "consumer",
        Asked("name"),
        "a consumer's name is part of subjects and files: no dots, blanks, wildcards or slashes",
    ),
    (
        10052,
        "invalid subject",
        Asked("subjects"),
        "a subject is words with dots between them, * for one word, > for the rest",
    ),
    (
        10052,
        "flow control ack policy",
        Asked("idle_heartbeat"),
        "acknowledging by flow control wants a heartbeat every second",
    ),
    (10052, "", Nothing, "what it asks for does not go together"),
    (10055, "", Stream("mirror"), "a mirror stays the mirror it is"),
    (10056, "", Asked("name"), "the subject of the request names another stream than its content"),
    (10057, "not permitted", Stream("deny_delete"), "single messages of this stream cannot be deleted"),
    (10057, "", Nothing, "there is no message with this sequence"),
    (10058, "", Nothing, "a stream of this name exists and is set up differently"),
    (10059, "", Nothing, "there is no such stream"),
    (10062, "", Nothing, "the backup cannot be read"),
    (
        10065,
        "",
        Asked("subjects"),
        "another stream keeps messages of these subjects, and each message is kept by one stream",
    ),
    (10069, "", Asked("consumer_limits"), "consumers that exist are set up beyond these limits"),
    (10074, "", Asked("num_replicas"), "copies need other servers, and the server is alone"),
    (10079, "", Asked("deliver_subject"), "messages are pushed to one subject, without wildcards"),
    (10080, "", Asked("max_waiting"), "nobody's request waits where messages are pushed"),
    (10081, "", Asked("deliver_subject"), "what it delivers would be stored in its own stream again"),
    (10082, "", Asked("max_ack_pending"), "without acknowledgements nothing is ever unanswered"),
    (10083, "", Asked("idle_heartbeat"), "heartbeats come every 100 ms at most"),
    (10084, "", Stream("retention"), "in a work queue a message goes when it is acknowledged, so a consumer has to"),
    (10086, "", Asked("rate_limit_bps"), "workers that ask decide the pace themselves"),
    (10088, "", Asked("idle_heartbeat"), "heartbeats are for consumers that push; a pull request asks for its own"),
    (10089, "", Asked("flow_control"), "flow control is for consumers that push"),
    (10090, "", Asked("direct"), "a direct consumer pushes"),
    (10091, "", Asked("direct"), "a direct consumer is never durable"),
    (10094, "", Asked("deliver_policy"), "where it starts and what it says about that do not go together"),
    (10095, "", Asked("sample_freq"), "how many acknowledgements are sampled is a percentage"),
    (10098, "", Stream("retention"), "in a work queue a message goes when it is acknowledged, so each has to be"),
    (10099, "", Stream("retention"), "a work queue has one reader for each message, and this one wants all of them"),
    (10100, "", Stream("retention"), "a work queue has one reader for each message, and somebody reads these"),
    (10101, "", Stream("retention"), "a work queue has one reader for each message, so that one starts at the oldest"),
    (10102, "", Asked("name"), "the name is too long"),
    (10107, "", Asked("description"), "the description is too long"),
    (10108, "", Asked("idle_heartbeat"), "flow control is noticed by its heartbeats, and there are none"),
    (10109, "", Stream("sealed"), "the stream is sealed"),
    (10110, "", Stream("deny_purge"), "this stream cannot be purged"),
    (10112, "", Asked("deliver_subject"), "where it is to push messages is no subject"),
    (10115, "", Asked("max_expires"), "a pull request may wait for 1 ms at least"),
    (10116, "", Asked("backoff"), "there are more waiting times than deliveries (max_deliver)"),
    (10121, "", Asked("max_ack_pending"), "the stream's consumers may not have so many messages unanswered"),
    (10126, "", Asked("num_replicas"), "a consumer cannot have more copies than its stream"),
    (10127, "", Asked("name"), "a consumer's name can have no slashes in it"),
    (10128, "", Asked("name"), "a stream's name can have no slashes in it"),
    (10130, "", Nothing, "a stream of this name exists, and a backup does not replace it"),
    (10131, "", Asked("filter_subject"), "the subject of the request names another filter than its content"),
    (10133, "", Asked("num_replicas"), "there are no fewer copies than none"),
    (10135, "", Asked("metadata"), "the metadata is too large"),
    (10136, "", Asked("filter_subject"), "one filter and several filters were both given"),
    (10137, "", Asked("filter_subjects"), "the subject of the request can name one filter, and there are several"),
    (10138, "", Asked("filter_subjects"), "two of its filters match the same messages"),
    (10139, "", Asked("filter_subjects"), "one of its filters is empty"),
    (10140, "", Asked("sources"), "the same origin is named twice"),
    (10141, "", Asked("sources"), "an origin's name is none"),
    (10142, "", Asked("mirror"), "the origin's name is none"),
    (10143, "", Asked("first_seq"), "a mirror has the sequences of its origin"),
    (10144, "", Asked("sources"), "an origin has one filter or several transforms, not both"),
    (10145, "", Asked("sources"), "what is transformed is no subject"),
    (10146, "", Asked("sources"), "what it is transformed into cannot be made of it"),
    (10147, "", Asked("sources"), "two filters of an origin match the same messages"),
    (10148, "", Nothing, "a consumer of this name exists and is set up differently"),
    (10149, "", Nothing, "it was to be changed, and there is no such consumer"),
    (10150, "", Asked("mirror"), "an origin has one filter or several transforms, not both"),
    (10151, "", Asked("mirror"), "what is transformed is no subject"),
    (10152, "", Asked("mirror"), "two filters of the origin match the same messages"),
    (10153, "", Asked("inactive_threshold"), "the stream's consumers may not be unused for so long"),
    (10154, "", Asked("mirror"), "what it is transformed into cannot be made of it"),
    (10155, "", Asked("subject_transform"), "what is transformed is no subject"),
    (10156, "", Asked("subject_transform"), "what it is transformed into cannot be made of it"),
    (10157, "", Asked("pedantic"), "it asked to be refused where the server would put something right"),
    (10159, "", Asked("priority_policy"), "a priority is among a group, and none is named"),
    (10160, "", Consumer("priority_groups"), "the consumer has no such group"),
    (10161, "", Asked("priority_groups"), "a group has a name"),
    (10162, "", Asked("priority_groups"), "a group's name has 16 letters, digits, -, _, / or = at most"),
    (10173, "", Asked("allow_msg_counter"), "a mirror copies sums, it cannot count"),
    (10178, "", Asked("priority_policy"), "priorities are among those who ask, and this consumer pushes"),
    (10183, "", Asked("ack_wait"), "nobody waits for less than nothing"),
    (10184, "", Asked("backoff"), "nobody waits for less than nothing"),
    (10185, "", Nothing, "it asks for a later JetStream than this server's"),
    (10186, "", Asked("allow_msg_schedules"), "a mirror only copies, it publishes nothing at its time"),
    (10187, "", Asked("allow_msg_schedules"), "a stream with sources publishes nothing at its time"),
    (10196, "", Asked("priority_groups"), "there are groups and no policy between them"),
    (10197, "", Asked("priority_timeout"), "nobody is pinned without a policy that pins"),
    (10198, "", Asked("allow_atomic"), "a mirror only copies, nobody publishes to it"),
    (10204, "", Consumer("deliver_policy"), "the consumer cannot go there from where it started"),
    (10209, "", Asked("allow_batched"), "a mirror only copies, nobody publishes to it"),
    (10213, "", Asked("mirror"), "the consumer it is to be copied by is none, or has a start or filters of its own"),
    (10215, "", Asked("sources"), "the consumer it is to be copied by is none, or has a start or filters of its own"),
    (10216, "", Asked("sources"), "two origins name the same consumer"),
    (10218, "", Asked("ack_policy"), "acknowledging by flow control is for consumers that push"),
    (10219, "", Asked("flow_control"), "acknowledging by flow control wants flow control"),
    (10220, "", Asked("max_ack_pending"), "acknowledging by flow control wants a limit of what is unanswered"),
    (10221, "", Asked("ack_wait"), "acknowledging by flow control has no ack wait"),
    (10222, "", Asked("max_deliver"), "acknowledging by flow control has no limit of deliveries"),
];

/// Status, what its text contains, the setting responsible, and what it means: how pull requests end and direct gets
/// are answered without a message.
pub const STATUSES: &[Cause] = &[
    (400, "heartbeat", Nothing, "heartbeats have to come at least twice in the time it waits"),
    (
        400,
        "Overflow Priority",
        Consumer("priority_policy"),
        "asking by how much waits is for consumers with the policy overflow",
    ),
    (400, "Pinned Client", Consumer("priority_policy"), "being pinned is for consumers with the policy pinned_client"),
    (400, "Priority must", Nothing, "priorities go from 0 to 9"),
    (400, "Group missing", Consumer("priority_groups"), "who asks has to say for which group"),
    (400, "Invalid Priority Group", Consumer("priority_groups"), "the consumer has no such group"),
    (400, "", Nothing, "the request cannot be read"),
    (404, "No Messages", Nothing, "there was nothing for it, and it did not want to wait"),
    (404, "", Nothing, "there is no message like this"),
    (408, "Requests Pending", Nothing, "others who asked before get what there is, and it did not want to wait"),
    (408, "Request Timeout", Nothing, "it waited as long as it wanted to"),
    (408, "Empty Request", Nothing, "it does not say which message is wanted"),
    (408, "Malformed", Nothing, "it is not the JSON this is asked with"),
    (408, "", Nothing, "it asks for things that do not go together"),
    (409, "MaxRequestBatch", Consumer("max_batch"), "it asks for more messages than one request may"),
    (409, "MaxRequestExpires", Consumer("max_expires"), "it wants to wait longer than a request may"),
    (409, "MaxRequestMaxBytes", Consumer("max_bytes"), "it asks for more bytes than one request may"),
    (409, "MaxWaiting", Consumer("max_waiting"), "as many requests as may wait are waiting"),
    (409, "push based", Consumer("deliver_subject"), "the consumer pushes: nobody can ask it"),
    (409, "Exceeds MaxBytes", Nothing, "the next message is larger than what it wanted at most"),
    (409, "Consumer Deleted", Nothing, "the consumer was deleted while it waited"),
    (412, "", Nothing, "it asks for a later JetStream than this server's"),
    (413, "", Nothing, "more subjects match than one answer may have"),
    (423, "", Consumer("priority_policy"), "another client is pinned, and gets everything"),
];

pub fn find(causes: &'static [Cause], code: u16, text: &str) -> Option<&'static Cause> {
    causes.iter().find(|(known, part, ..)| *known == code && text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::CAUSES;
    use crate::api::ErrorCode;
    use std::collections::BTreeSet;

    /// Where a request is refused.
    const REFUSING: &[&str] = &[
        include_str!("../../engine/jetstream/api/messages.rs"),
        include_str!("../../engine/jetstream/api/mod.rs"),
        include_str!("../../engine/jetstream/api/streams.rs"),
        include_str!("../../engine/jetstream/backup/restore.rs"),
        include_str!("../../engine/jetstream/backup/snapshot.rs"),
        include_str!("../../engine/jetstream/config.rs"),
        include_str!("../../engine/jetstream/consumer/api.rs"),
        include_str!("../../engine/jetstream/consumer/checks.rs"),
        include_str!("../../engine/jetstream/consumer/config.rs"),
        include_str!("../../engine/jetstream/consumer/create.rs"),
        include_str!("../../engine/jetstream/sourcing/check.rs"),
        include_str!("../../engine/jetstream/sourcing/mod.rs"),
    ];

    #[test]
    fn every_refusal_of_a_request_is_explained() {
        let numbers = REFUSING.iter().flat_map(|source| source.split(|c: char| !c.is_ascii_digit()));
        let mut codes: BTreeSet<u16> = numbers.filter_map(|number| number.parse().ok()).collect();
        codes.retain(|code| (10_001..11_000).contains(code));
        let named = [
            ErrorCode::BAD_REQUEST,
            ErrorCode::CLUSTER_REQUIRED,
            ErrorCode::CONSUMER_NOT_FOUND,
            ErrorCode::EXPECTED_EMPTY_REQUEST,
            ErrorCode::INVALID_JSON,
            ErrorCode::INVALID_STREAM_CONFIG,
            ErrorCode::NO_MESSAGE_FOUND,
            ErrorCode::STREAM_NAME_IN_USE,
            ErrorCode::STREAM_NAME_MISMATCH,
            ErrorCode::STREAM_NOT_FOUND,
            ErrorCode::SUBJECTS_OVERLAP,
        ];
        codes.extend(named.map(|code| code.0));
        let explained: BTreeSet<u16> = CAUSES.iter().map(|(code, ..)| *code).collect();
        assert_eq!(codes, explained);
    }
}
