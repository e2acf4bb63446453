//! Settings that few streams and consumers use, and that therefore come last.

use super::{Setting, setting, span};
use crate::api::stream::{Compression, PersistMode};
use crate::api::{ConsumerConfig, PriorityPolicy, StreamConfig};
use crate::flow::words::figure;
use crate::map::Map;

/// Of a stream.
pub fn of_stream(config: &StreamConfig) -> Vec<Setting> {
    let mut all = Vec::new();
    if !config.sources.is_empty() {
        let names: Vec<&str> = config.sources.iter().map(|source| source.name.as_str()).collect();
        all.push(setting("sources", names.join(", "), "What these streams store is copied here, too."));
    }
    if let Some(transform) = &config.subject_transform {
        let value = format!("{} → {}", or_all(&transform.src), transform.dest);
        all.push(setting("subject_transform", value, "A message is stored under the subject this makes of its own."));
    }
    if let Some(republish) = &config.republish {
        let what = if republish.headers_only { ", headers only" } else { "" };
        let value = format!("{} → {}{what}", or_all(&republish.src), republish.dest);
        all.push(setting(
            "republish",
            value,
            "What is stored is published once more, on the subject this makes of its own.",
        ));
    }
    if config.first_seq > 1 {
        all.push(setting("first_seq", figure(config.first_seq), "Its first message got this sequence."));
    }
    if let Some(ttl) = config.subject_delete_marker_ttl.duration() {
        let meaning = "When age takes the last message of a subject, a marker says so for this long.";
        all.push(setting("subject_delete_marker_ttl", span(ttl), meaning));
    }
    all.extend(consumer_limits(config));
    if config.compression == Compression::S2 {
        all.push(setting("compression", "s2", "Kept smaller on disk; nobody else notices."));
    }
    if config.persist_mode == PersistMode::Async {
        all.push(setting("persist_mode", "async", "A publisher is answered before the message is safe on disk."));
    }
    all.extend(replicas(config.num_replicas));
    if let Some(placement) = &config.placement {
        let words: Vec<&str> = std::iter::once(&placement.cluster)
            .chain(&placement.tags)
            .map(String::as_str)
            .filter(|word| !word.is_empty())
            .collect();
        all.push(setting("placement", words.join(", "), "Kept by servers of this cluster, or with these tags."));
    }
    all.extend(notes(&config.description, &config.metadata));
    all
}

fn or_all(subject: &str) -> &str {
    if subject.is_empty() { ">" } else { subject }
}

fn consumer_limits(config: &StreamConfig) -> Option<Setting> {
    let limits = &config.consumer_limits;
    let mut parts = Vec::new();
    if limits.max_ack_pending > 0 {
        parts.push(format!("max_ack_pending {}", limits.max_ack_pending));
    }
    parts.extend(limits.inactive_threshold.duration().map(|rest| format!("inactive_threshold {}", span(rest))));
    let meaning = "What a consumer has that says nothing of these, and the most it may have.";
    (!parts.is_empty()).then(|| setting("consumer_limits", parts.join(", "), meaning))
}

/// Of a consumer.
pub fn of_consumer(config: &ConsumerConfig) -> Vec<Setting> {
    let mut all = Vec::new();
    if config.is_durable() {
        all.push(setting("durable_name", config.durable_name.clone(), "Keeps its place while nobody uses it."));
    }
    if let Some(every) = config.idle_heartbeat.duration() {
        let meaning = "Says that it is still there whenever nothing was delivered for so long.";
        all.push(setting("idle_heartbeat", span(every), meaning));
    }
    if config.flow_control {
        all.push(setting("flow_control", "yes", "Delivers on only when the client says that it has kept up."));
    }
    all.extend(priorities(config));
    if let Some(until) = config.pause_until {
        all.push(setting("pause_until", until.rfc3339(), "Delivers nothing before."));
    }
    if !config.sample_frequency.is_empty() {
        let meaning = "Of so many acknowledgements the server tells how long they took.";
        all.push(setting("sample_freq", config.sample_frequency.clone(), meaning));
    }
    if config.mem_storage {
        all.push(setting("mem_storage", "yes", "Its place is kept in memory, and lost when the server restarts."));
    }
    for (name, is_on) in [("direct", config.direct), ("sourcing", config.sourcing)] {
        all.extend(is_on.then(|| setting(name, "yes", "The server's own, to copy a stream.")));
    }
    all.extend(replicas(config.num_replicas));
    all.extend(notes(&config.description, &config.metadata));
    all
}

fn priorities(config: &ConsumerConfig) -> Vec<Setting> {
    let mut all = Vec::new();
    let (policy, meaning) = match config.priority_policy {
        PriorityPolicy::None => return all,
        PriorityPolicy::Overflow => ("overflow", "A request can wait until enough messages are waiting or unanswered."),
        PriorityPolicy::PinnedClient => ("pinned_client", "One client gets everything as long as it goes on asking."),
        PriorityPolicy::Prioritized => ("prioritized", "Requests with a lower number are served first."),
    };
    all.push(setting("priority_policy", policy, meaning));
    if let Some(groups) = config.priority_groups.as_ref().filter(|groups| !groups.is_empty()) {
        all.push(setting("priority_groups", groups.join(", "), "Who asks says for which of these groups."));
    }
    if let Some(rest) = config.priority_timeout.duration() {
        all.push(setting(
            "priority_timeout",
            span(rest),
            "A pinned client that has not asked for so long loses its place.",
        ));
    }
    all
}

fn replicas(count: i64) -> Option<Setting> {
    match u64::try_from(count).ok()? {
        0 => None,
        1 => Some(setting("num_replicas", "1", "One server keeps it.")),
        more => Some(setting("num_replicas", figure(more), "So many servers keep a copy each.")),
    }
}

fn notes(description: &str, metadata: &Map<String, String>) -> Vec<Setting> {
    let mut all = Vec::new();
    if !description.is_empty() {
        all.push(setting("description", description, "What it is for, as its maker says."));
    }
    // The server's own notes begin so.
    let own = metadata.iter().filter(|(key, _)| !key.starts_with("_nats."));
    let pairs: Vec<String> = own.map(|(key, value)| format!("{key}: {value}")).collect();
    if !pairs.is_empty() {
        all.push(setting("metadata", pairs.join(", "), "Notes of its maker; the server does nothing with them."));
    }
    all
}

#[cfg(test)]
mod tests {
    use crate::api::{ConsumerConfig, StreamConfig};
    use crate::flow::settings;
    use crate::json::{self, FromJson, ToJson};
    use std::collections::BTreeSet;

    /// Names in the JSON documents of configurations, and those of the settings shown for them.
    fn names<T: FromJson + ToJson>(
        documents: &[&str],
        shown: fn(&T) -> Vec<settings::Setting>,
    ) -> (BTreeSet<String>, BTreeSet<String>) {
        let (mut all, mut told) = (BTreeSet::new(), BTreeSet::new());
        for document in documents {
            let config: T = json::read(document).expect("a configuration");
            all.extend(json::to_value(&config).as_object().expect("an object").keys().cloned());
            let settings = shown(&config);
            assert!(settings.iter().all(|set| !set.value.is_empty() && set.meaning.ends_with('.')), "{settings:?}");
            told.extend(settings.into_iter().map(|setting| setting.name.to_owned()));
        }
        (all, told)
    }

    #[test]
    fn every_setting_of_a_stream_has_its_meaning() {
        let full = r#"{"name":"S","description":"d","subjects":["s"],"max_consumers":1,"max_msgs":1,"max_bytes":1,
            "max_age":1000000000,"max_msgs_per_subject":1,"max_msg_size":1,"num_replicas":3,"no_ack":true,
            "duplicate_window":1000000000,"placement":{"cluster":"c","tags":["t"]},"sources":[{"name":"O"}],
            "compression":"s2","first_seq":7,"subject_transform":{"src":"","dest":"x.>"},
            "republish":{"src":"s","dest":"r","headers_only":true},"allow_direct":true,"mirror_direct":true,
            "discard_new_per_subject":true,"sealed":true,"deny_delete":true,"deny_purge":true,"allow_rollup_hdrs":true,
            "consumer_limits":{"inactive_threshold":1000000000,"max_ack_pending":5},"allow_msg_ttl":true,
            "subject_delete_marker_ttl":1000000000,"allow_msg_counter":true,"allow_atomic":true,
            "allow_msg_schedules":true,"persist_mode":"async","allow_batched":true,"metadata":{"k":"v"}}"#;
        let mirror = r#"{"name":"M","mirror":{"name":"O"}}"#;
        let (mut all, told) = names::<StreamConfig>(&[full, mirror], settings::of_stream);
        assert!(all.remove("name"), "the name is the title");
        assert_eq!(all.difference(&told).collect::<Vec<_>>(), Vec::<&String>::new());
    }

    #[test]
    fn every_setting_of_a_consumer_has_its_meaning() {
        let pull = r#"{"durable_name":"c","name":"c","description":"d","ack_policy":"explicit","ack_wait":1000000000,
            "max_deliver":3,"filter_subject":"s","replay_policy":"original","sample_freq":"50","max_waiting":1,
            "max_ack_pending":1,"headers_only":true,"max_batch":1,"max_expires":1000000000,"max_bytes":1,
            "inactive_threshold":1000000000,"num_replicas":1,"mem_storage":true,"metadata":{"k":"v"},
            "pause_until":"2030-01-01T00:00:00Z","priority_groups":["g"],"priority_policy":"pinned_client",
            "priority_timeout":1000000000}"#;
        let push = r#"{"deliver_policy":"by_start_sequence","opt_start_seq":7,"ack_policy":"explicit",
            "backoff":[1000000000],"filter_subjects":["a","b"],"rate_limit_bps":8,"flow_control":true,
            "deliver_subject":"d","deliver_group":"g","idle_heartbeat":1000000000,"direct":true,"sourcing":true}"#;
        let time = r#"{"deliver_policy":"by_start_time","opt_start_time":"2030-01-01T00:00:00Z"}"#;
        let (mut all, told) = names::<ConsumerConfig>(&[pull, push, time], settings::of_consumer);
        // Said together with another one; the name is the title.
        for name in ["name", "opt_start_seq", "opt_start_time", "filter_subjects", "deliver_group"] {
            assert!(all.remove(name), "{name}");
        }
        assert_eq!(all.difference(&told).collect::<Vec<_>>(), Vec::<&String>::new());
    }
}
