//! What each setting of a stream and of a consumer means, in plain words.
//!
//! [`of_stream`] and [`of_consumer`] list the settings that shape what is seen, with their values and what follows from
//! them; the summaries say the same in half a sentence for the story. Names are those of the JSON documents. What few use
//! is in `rest.rs`.
//! Source: NATS docs "Streams", "Consumers".

mod rest;

use super::words::{bytes, count, figure};
use crate::api::stream::{Discard, Retention, Storage};
use crate::api::{AckPolicy, ConsumerConfig, DeliverPolicy, Nanos, ReplayPolicy, StreamConfig};
use crate::time::format_go_duration;
use std::time::Duration;

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// As in the JSON document.
    pub name: &'static str,
    pub value: String,
    pub meaning: String,
}

fn setting(name: &'static str, value: impl Into<String>, meaning: impl Into<String>) -> Setting {
    Setting { name, value: value.into(), meaning: meaning.into() }
}

/// `2m`, `1h30m`, `24h`: without the zeros that say nothing.
pub fn span(duration: Duration) -> String {
    let text = format_go_duration(duration);
    let text = text.strip_suffix("m0s").map(|rest| format!("{rest}m")).unwrap_or(text);
    text.strip_suffix("h0m").map(|rest| format!("{rest}h")).unwrap_or(text)
}

/// Every setting of a stream that says something, the ones that decide most first.
pub fn of_stream(config: &StreamConfig) -> Vec<Setting> {
    let mut all = vec![subjects(config), retention(config.retention)];
    all.extend(limits(config));
    all.push(match config.discard {
        Discard::Old => setting("discard", "old", "When it is full, the oldest messages make room."),
        Discard::New => setting("discard", "new", "When it is full, new messages are refused."),
    });
    all.push(match config.storage {
        Storage::File => setting("storage", "file", "Survives a restart of the server."),
        Storage::Memory => setting("storage", "memory", "Gone when the server restarts."),
    });
    if let Some(window) = config.duplicate_window.duration() {
        let window = span(window);
        let meaning = format!("A message with a Nats-Msg-Id seen within {window} is not stored twice.");
        all.push(setting("duplicate_window", window, meaning));
    }
    all.extend(switches(config));
    all.extend(rest::of_stream(config));
    all
}

fn subjects(config: &StreamConfig) -> Setting {
    match (&config.mirror, config.subjects.is_empty()) {
        (Some(mirror), _) => setting("mirror", mirror.name.clone(), "A copy of this stream, in the same order."),
        (None, true) => setting("subjects", "none", "Listens on nothing itself."),
        (None, false) => {
            setting("subjects", config.subjects.join(", "), "Every message published on these is stored here.")
        }
    }
}

fn retention(retention: Retention) -> Setting {
    match retention {
        Retention::Limits => setting("retention", "limits", "Messages stay until a limit pushes them out."),
        Retention::Interest => {
            setting("retention", "interest", "A message goes once every consumer that wants it has acknowledged it.")
        }
        Retention::WorkQueue => {
            setting("retention", "workqueue", "A message goes once its one consumer has acknowledged it.")
        }
    }
}

fn limits(config: &StreamConfig) -> Vec<Setting> {
    let mut limits = Vec::new();
    if let Some(max) = config.max_msgs_limit() {
        limits.push(setting("max_msgs", figure(max), format!("Holds {} at most.", messages(max))));
    }
    if let Some(max) = config.max_bytes_limit() {
        limits.push(setting(
            "max_bytes",
            bytes(max),
            format!("Holds {} at most, what keeping costs included.", bytes(max)),
        ));
    }
    if let Some(max) = config.max_age_limit() {
        limits.push(setting("max_age", span(max), format!("A message leaves {} after it was stored.", span(max))));
    }
    if let Some(max) = config.max_msgs_per_subject_limit() {
        let meaning = format!("Keeps the newest {} of each subject.", messages(max));
        limits.push(setting("max_msgs_per_subject", figure(max), meaning));
    }
    if let Some(max) = config.max_msg_size_limit() {
        limits.push(setting("max_msg_size", bytes(max), "A larger message is refused."));
    }
    if let Some(max) = config.max_consumers_limit() {
        limits.push(setting("max_consumers", figure(max), "One consumer more is refused."));
    }
    if limits.is_empty() {
        limits.push(setting("limits", "none", "Grows until the server's own storage is used up."));
    }
    limits
}

/// A setting of a stream by name, also a switch that is off.
pub fn named(config: &StreamConfig, name: &str) -> Option<Setting> {
    let off = || SWITCHES.iter().find(|(known, ..)| *known == name);
    let found = of_stream(config).into_iter().find(|setting| setting.name == name);
    found.or_else(|| off().map(|(name, _, meaning)| setting(name, "no", *meaning)))
}

/// Name, whether it is on, and what follows when it is.
type Switch = (&'static str, fn(&StreamConfig) -> bool, &'static str);

const SWITCHES: &[Switch] = &[
    ("no_ack", |config| config.no_ack, "Publishers get no acknowledgement."),
    ("deny_delete", |config| config.deny_delete, "Single messages cannot be deleted by a request."),
    ("deny_purge", |config| config.deny_purge, "It cannot be purged."),
    ("sealed", |config| config.sealed, "Nothing can be added or removed any more."),
    ("allow_direct", |config| config.allow_direct, "Single messages can be read without asking the stream's leader."),
    ("mirror_direct", |config| config.mirror_direct, "Answers direct gets in place of its origin, too."),
    (
        "allow_rollup_hdrs",
        |config| config.allow_rollup_hdrs,
        "A message with Nats-Rollup replaces what came before it.",
    ),
    ("allow_msg_ttl", |config| config.allow_msg_ttl, "A message may bring its own time to live, Nats-TTL."),
    ("allow_msg_counter", |config| config.allow_msg_counter, "Messages are increments; the stream adds them up."),
    ("allow_atomic", |config| config.allow_atomic, "Several messages can be stored together or not at all."),
    ("allow_batched", |config| config.allow_batched, "Publishers may send many messages ahead of few answers."),
    ("allow_msg_schedules", |config| config.allow_msg_schedules, "A message may say when it is to be published."),
    ("discard_new_per_subject", |config| config.discard_new_per_subject, "A full subject refuses new messages, too."),
];

fn switches(config: &StreamConfig) -> impl Iterator<Item = Setting> {
    SWITCHES.iter().filter(|(_, is_on, _)| is_on(config)).map(|(name, _, meaning)| setting(name, "yes", *meaning))
}

/// Every setting of a consumer that says something, the ones that decide most first.
pub fn of_consumer(config: &ConsumerConfig) -> Vec<Setting> {
    let mut all = vec![mode(config), filter(config), start(config), acknowledging(config.ack_policy)];
    if config.ack_policy != AckPolicy::None {
        all.extend(redelivery(config));
    }
    if config.replay_policy == ReplayPolicy::Original {
        all.push(setting("replay_policy", "original", "Delivers at the pace at which messages were stored."));
    }
    all.extend(pull_limits(config));
    if let Some(rest) = config.inactive_threshold.duration() {
        let meaning = format!("Removed after {} without anybody using it.", span(rest));
        all.push(setting("inactive_threshold", span(rest), meaning));
    }
    if config.headers_only {
        all.push(setting("headers_only", "yes", "Delivers headers and sizes, no payloads."));
    }
    if config.rate_limit_bits_per_sec > 0 {
        let rate = format!("{} bit/s", figure(config.rate_limit_bits_per_sec));
        all.push(setting("rate_limit_bps", rate, "Delivers no faster."));
    }
    all.extend(rest::of_consumer(config));
    all
}

fn mode(config: &ConsumerConfig) -> Setting {
    match (config.is_pull(), config.deliver_group.is_empty()) {
        (true, _) => setting("mode", "pull", "Delivers what workers ask for, no more."),
        (false, true) => {
            setting("deliver_subject", config.deliver_subject.clone(), "Pushes messages to whoever listens there.")
        }
        (false, false) => {
            let meaning = format!("Pushes each message to one member of the group {}.", config.deliver_group);
            setting("deliver_subject", config.deliver_subject.clone(), meaning)
        }
    }
}

fn filter(config: &ConsumerConfig) -> Setting {
    match config.filters().as_slice() {
        [] => setting("filter_subject", "none", "Wants every message of the stream."),
        filters => setting("filter_subject", filters.join(", "), "Wants messages on these subjects only."),
    }
}

fn start(config: &ConsumerConfig) -> Setting {
    let (value, meaning) = match config.deliver_policy {
        DeliverPolicy::All => ("all".to_owned(), "Starts with the oldest message there is."),
        DeliverPolicy::Last => ("last".to_owned(), "Starts with the newest message there is."),
        DeliverPolicy::New => ("new".to_owned(), "Starts with the first message after it was made."),
        DeliverPolicy::ByStartSequence => {
            (format!("from {}", figure(config.opt_start_seq)), "Starts at this sequence.")
        }
        DeliverPolicy::ByStartTime => {
            let at = config.opt_start_time.map(|at| at.rfc3339()).unwrap_or_default();
            (format!("from {at}"), "Starts with the first message stored then or later.")
        }
        DeliverPolicy::LastPerSubject => {
            ("last per subject".to_owned(), "Starts with the newest message of each subject.")
        }
    };
    setting("deliver_policy", value, meaning)
}

fn acknowledging(policy: AckPolicy) -> Setting {
    match policy {
        AckPolicy::None => setting("ack_policy", "none", "Delivered is done: nobody answers, nothing is redelivered."),
        AckPolicy::All => setting("ack_policy", "all", "An acknowledgement stands for every earlier delivery, too."),
        AckPolicy::Explicit => setting("ack_policy", "explicit", "Each message is acknowledged by itself."),
        AckPolicy::FlowControl => setting("ack_policy", "flow_control", "Acknowledged as flow control is answered."),
    }
}

fn redelivery(config: &ConsumerConfig) -> Vec<Setting> {
    let mut all = Vec::new();
    match config.backoff.as_deref().unwrap_or_default() {
        [] => {
            if let Some(wait) = config.ack_wait.duration() {
                let meaning = format!("Without an answer for {}, a message is delivered again.", span(wait));
                all.push(setting("ack_wait", span(wait), meaning));
            }
        }
        waits => {
            let waits: Vec<String> = waits.iter().filter_map(|wait| wait.duration()).map(span).collect();
            let meaning = "How long it waits for an answer after the first, second, ... delivery; the last goes on.";
            all.push(setting("backoff", waits.join(", "), meaning));
        }
    }
    all.push(match config.max_deliver_limit() {
        Some(1) => setting("max_deliver", "1", "Delivered once; without an answer it is given up."),
        Some(max) => {
            setting("max_deliver", figure(max), format!("After {} without success it is given up.", deliveries(max)))
        }
        None => setting("max_deliver", "unlimited", "Delivered again and again until somebody answers."),
    });
    all.push(match config.max_ack_pending_limit() {
        Some(max) => {
            let meaning = format!("With {} delivered and unanswered, it delivers no more.", messages(max));
            setting("max_ack_pending", figure(max), meaning)
        }
        None => setting("max_ack_pending", "unlimited", "Any number may be delivered and unanswered."),
    });
    all
}

fn pull_limits(config: &ConsumerConfig) -> Vec<Setting> {
    let positive = |value: i64| u64::try_from(value).ok().filter(|value| *value > 0);
    let mut all = Vec::new();
    if let Some(max) = positive(config.max_waiting).filter(|_| config.is_pull()) {
        all.push(setting("max_waiting", figure(max), "So many requests may wait at the same time."));
    }
    if let Some(max) = positive(config.max_batch) {
        all.push(setting("max_batch", figure(max), "A request for more messages is refused."));
    }
    if let Some(max) = config.max_expires.duration() {
        all.push(setting("max_expires", span(max), "A request that wants to wait longer is refused."));
    }
    if let Some(max) = positive(config.max_bytes) {
        all.push(setting("max_bytes", bytes(max), "A request for more bytes is refused."));
    }
    all
}

/// `keeps orders.* until acknowledged, at most 10 messages`.
pub fn stream_summary(config: &StreamConfig) -> String {
    let what = match (&config.mirror, config.subjects.is_empty()) {
        (Some(mirror), _) => format!("a mirror of {}", mirror.name),
        (None, true) => "without subjects".to_owned(),
        (None, false) => format!("it keeps {}", config.subjects.join(", ")),
    };
    let mut parts = vec![match config.retention {
        Retention::Limits => what,
        Retention::Interest => format!("{what} until every consumer has acknowledged it"),
        Retention::WorkQueue => format!("{what} until it is acknowledged"),
    }];
    parts.extend(config.max_msgs_limit().map(|max| format!("at most {}", messages(max))));
    parts.extend(config.max_msgs_per_subject_limit().map(|max| format!("at most {} on each subject", messages(max))));
    parts.extend(config.max_bytes_limit().map(|max| format!("at most {}", bytes(max))));
    parts.extend(config.max_age_limit().map(|max| format!("for {} at most", span(max))));
    if config.discard == Discard::New {
        parts.push("refusing new ones when it is full".to_owned());
    }
    if config.deny_delete {
        parts.push("none can be deleted".to_owned());
    }
    parts.join(", ")
}

/// `pull, explicit acks within 30s, at most 2 deliveries`.
pub fn consumer_summary(config: &ConsumerConfig) -> String {
    let mut parts = vec![match config.is_pull() {
        true => "pull".to_owned(),
        false => format!("push to {}", config.deliver_subject),
    }];
    if !config.filters().is_empty() {
        parts.push(format!("only {}", config.filters().join(", ")));
    }
    let within = |wait: Nanos| wait.duration().map(|wait| format!(" within {}", span(wait))).unwrap_or_default();
    let waits = config.backoff.as_deref().unwrap_or_default();
    let wait = within(waits.first().copied().unwrap_or(config.ack_wait));
    match config.ack_policy {
        AckPolicy::None => parts.push("no acks".to_owned()),
        AckPolicy::All => parts.push(format!("acks for all before{wait}")),
        AckPolicy::Explicit => parts.push(format!("explicit acks{wait}")),
        AckPolicy::FlowControl => parts.push("acks by flow control".to_owned()),
    }
    parts.extend(config.max_deliver_limit().map(|max| format!("at most {}", deliveries(max))));
    parts.join(", ")
}

fn messages(number: u64) -> String {
    count(number, "message", "messages")
}

fn deliveries(number: u64) -> String {
    count(number, "delivery", "deliveries")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_queue_in_words() {
        let stream = StreamConfig {
            subjects: vec!["orders.*".to_owned()],
            retention: Retention::WorkQueue,
            discard: Discard::New,
            max_bytes: 256 << 20,
            duplicate_window: Nanos(120_000_000_000),
            deny_delete: true,
            ..StreamConfig::default()
        };
        let summary = "it keeps orders.* until it is acknowledged, at most 256 MiB, refusing new ones when it is full, \
                       none can be deleted";
        assert_eq!(stream_summary(&stream), summary);
        let named = |name: &str| of_stream(&stream).into_iter().find(|setting| setting.name == name);
        assert_eq!(named("duplicate_window").map(|setting| setting.value), Some("2m".to_owned()));
        assert_eq!(
            named("discard").map(|setting| setting.meaning),
            Some("When it is full, new messages are refused.".to_owned())
        );
        assert!(named("deny_delete").is_some() && named("deny_purge").is_none() && named("max_age").is_none());
        let consumer = crate::flow::script::explicit("orders.*");
        assert_eq!(consumer_summary(&consumer), "pull, only orders.*, explicit acks within 5s, at most 2 deliveries");
    }

    #[test]
    fn spans_lose_their_zeros() {
        for (secs, expected) in [(5, "5s"), (60, "1m"), (90, "1m30s"), (3600, "1h"), (86_400, "24h"), (3660, "1h1m")] {
            assert_eq!(span(Duration::from_secs(secs)), expected);
        }
    }
}
