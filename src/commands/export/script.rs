//! As lines for a shell with `nats` in it.
//!
//! What no flag can say exactly (a list of waits that does not grow evenly, a moment in time, text of several lines) is
//! asked of the server by `nats request`, with the document itself. So nothing is left out but what goes away anyway.
//! Source: natscli 0.4 as recorded.

use super::fields::{self, default_window};
use super::{Belonging, Belongings, Kind};
use crate::api::stream::{Compression, PersistMode};
use crate::api::{
    AckPolicy, ConsumerConfig, CreateConsumerRequest, DeliverPolicy, Discard, Nanos, Placement, PriorityPolicy,
    ReplayPolicy, Republish, Retention, Storage, StreamConfig, StreamSource,
};
use crate::client::kv::BucketConfig;
use crate::client::object_store::ObjectStoreConfig;
use crate::commands::consumer::even_wait;
use crate::json::{self, ToJson};
use crate::map::Map;
use std::time::Duration;

pub fn write(belongings: &Belongings) -> String {
    let mut text = format!("# {}, as made in JetStream Lab.\n", belongings.summary());
    text.push_str("# Needs the nats command line, https://github.com/nats-io/natscli. Messages stay where they are.\n");
    for belonging in &belongings.streams {
        text.push('\n');
        text.push_str(&lines(belonging));
    }
    text
}

fn lines(belonging: &Belonging) -> String {
    let name = &belonging.config.name;
    let line = match &belonging.kind {
        Kind::Stream => stream(&belonging.config),
        Kind::Bucket(config) => bucket(config),
        Kind::ObjectStore(config) => store(config),
    };
    // The name alone says already which stream it is.
    let mut text = line.unwrap_or_else(|| stream_request(&belonging.config)) + "\n";
    if belonging.config.sealed {
        text.push_str(&format!("nats stream seal {} -f\n", quoted(name)));
    }
    for config in &belonging.consumers {
        text.push_str(&consumer(name, config).unwrap_or_else(|| consumer_request(name, config)));
        text.push('\n');
    }
    for passing in &belonging.passing {
        text.push_str(&format!("# left out: consumer {} {}: goes away by itself\n", plain(name), plain(passing)));
    }
    text
}

/// Without what could end a comment.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A command that is being put together; without it when a value cannot stand on a line.
struct Line {
    text: String,
    is_sayable: bool,
}

impl Line {
    fn new(command: &str, words: &[&str]) -> Line {
        let mut line = Line { text: format!("nats {command}"), is_sayable: true };
        for word in words {
            // A word that looks like a flag, or like the name of a file with words.
            line.is_sayable &= !word.starts_with(['-', '@']) && !word.is_empty();
            line.word(word);
        }
        line
    }

    fn word(&mut self, word: &str) {
        self.is_sayable &= !word.contains(char::is_control);
        self.text.push(' ');
        self.text.push_str(&quoted(word));
    }

    fn flag(&mut self, flag: &str) {
        self.text.push_str(" --");
        self.text.push_str(flag);
    }

    fn switch(&mut self, flag: &str, is_on: bool) {
        if is_on {
            self.flag(flag);
        }
    }

    /// Glued to its flag when it could be taken for something else.
    fn value(&mut self, flag: &str, value: &str) {
        if value.starts_with(['-', '@']) || value.is_empty() {
            self.is_sayable &= !value.contains(char::is_control);
            self.text.push_str(&format!(" {}", quoted(&format!("--{flag}={value}"))));
        } else {
            self.flag(flag);
            self.word(value);
        }
    }

    fn text(&mut self, flag: &str, value: &str) {
        if !value.is_empty() {
            self.value(flag, value);
        }
    }

    fn int(&mut self, flag: &str, value: i64, default: i64) {
        if value != default {
            // Whole numbers are read as floats, which hold no more than this.
            self.is_sayable &= value.unsigned_abs() < 1 << 53;
            self.value(flag, &value.to_string());
        }
    }

    fn limit(&mut self, flag: &str, value: i64) {
        if value > 0 {
            self.int(flag, value, 0);
        }
    }

    fn bytes(&mut self, flag: &str, value: i64) {
        if value > 0 {
            self.value(flag, &bytes(value));
        }
    }

    fn nanos(&mut self, flag: &str, value: Nanos, default: Nanos) {
        if value != default {
            self.is_sayable &= value.0 >= 0;
            self.value(flag, &spelled(value.0.unsigned_abs()));
        }
    }

    fn duration(&mut self, flag: &str, value: Option<Duration>) {
        self.nanos(flag, value.map_or(Nanos::ZERO, Nanos::from), Nanos::ZERO);
    }

    fn map(&mut self, flag: &str, map: &Map<String, String>) {
        for (key, value) in map.iter() {
            self.is_sayable &= !key.contains(['=', ':']);
            self.value(flag, &format!("{key}={value}"));
        }
    }

    fn placement(&mut self, tag: &str, placement: Option<&Placement>) {
        let Some(placement) = placement else { return };
        self.is_sayable &= placement.preferred.is_empty() && *placement != Placement::default();
        self.text("cluster", &placement.cluster);
        placement.tags.iter().for_each(|text| self.value(tag, text));
    }

    fn republish(&mut self, republish: Option<&Republish>) {
        let Some(republish) = republish else { return };
        self.value("republish-source", &republish.src);
        self.value("republish-destination", &republish.dest);
        self.switch("republish-headers", republish.headers_only);
    }

    fn done(self) -> Option<String> {
        self.is_sayable.then_some(self.text)
    }
}

/// In words of the shell: quoted only where it must be.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,+%@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// `1GB` rather than 1073741824.
fn bytes(value: i64) -> String {
    let units = [(1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    let unit = units.into_iter().find(|(size, _)| value % size == 0);
    unit.map_or_else(|| value.to_string(), |(size, unit)| format!("{}{unit}", value / size))
}

/// In whole units, so that nothing is rounded on the way: `1h30m`, `1s500ms`.
fn spelled(nanos: u64) -> String {
    let units = [
        (3_600_000_000_000, "h"),
        (60_000_000_000, "m"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
        (1, "ns"),
    ];
    let (mut text, mut rest) = (String::new(), nanos);
    for (size, unit) in units {
        if rest >= size {
            text.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

fn stream(config: &StreamConfig) -> Option<String> {
    let mut line = Line::new("stream add", &[&config.name]);
    line.is_sayable &= !config.subjects.iter().any(|subject| subject.contains(','));
    line.text("subjects", &config.subjects.join(","));
    line.text("description", &config.description);
    line.switch("storage memory", config.storage == Storage::Memory);
    line.switch("compression s2", config.compression == Compression::S2);
    line.int("replicas", config.num_replicas.max(1), 1);
    line.placement("tag", config.placement.as_ref());
    line.switch("no-ack", config.no_ack);
    line.switch("retention interest", config.retention == Retention::Interest);
    line.switch("retention work", config.retention == Retention::WorkQueue);
    line.switch("discard new", config.discard == Discard::New);
    line.switch("discard-per-subject", config.discard_new_per_subject);
    stream_limits(&mut line, config);
    if let Some(origin) = &config.mirror {
        line.value("mirror", &origin_text(origin));
    }
    for origin in &config.sources {
        line.value("source", &origin_text(origin));
    }
    stream_features(&mut line, config);
    line.map("metadata", &config.metadata);
    line.flag("defaults");
    line.done()
}

fn stream_limits(line: &mut Line, config: &StreamConfig) {
    line.int("first-sequence", i64::try_from(config.first_seq).unwrap_or(i64::MAX), 0);
    line.nanos("max-age", config.max_age, Nanos::ZERO);
    line.bytes("max-bytes", config.max_bytes);
    line.limit("max-consumers", config.max_consumers);
    line.bytes("max-msg-size", config.max_msg_size.into());
    line.limit("max-msgs", config.max_msgs);
    line.limit("max-msgs-per-subject", config.max_msgs_per_subject);
    line.nanos("dupe-window", config.duplicate_window, default_window(config));
    line.nanos("limit-consumer-inactive", config.consumer_limits.inactive_threshold, Nanos::ZERO);
    line.int("limit-consumer-max-pending", config.consumer_limits.max_ack_pending, 0);
}

fn stream_features(line: &mut Line, config: &StreamConfig) {
    line.switch("allow-batch", config.allow_atomic);
    line.switch("allow-fast", config.allow_batched);
    line.switch("allow-counter", config.allow_msg_counter);
    line.switch("allow-rollup", config.allow_rollup_hdrs);
    line.switch("deny-delete", config.deny_delete);
    line.switch("deny-purge", config.deny_purge);
    line.switch("no-allow-direct", !config.allow_direct);
    line.switch("allow-mirror-direct", config.mirror_direct);
    line.switch("allow-msg-ttl", config.allow_msg_ttl);
    line.switch("allow-schedules", config.allow_msg_schedules);
    line.nanos("subject-del-markers-ttl", config.subject_delete_marker_ttl, Nanos::ZERO);
    if let Some(transform) = &config.subject_transform {
        line.value("transform-source", &transform.src);
        line.value("transform-destination", &transform.dest);
    }
    line.republish(config.republish.as_ref());
    line.switch("persist-mode async", config.persist_mode == PersistMode::Async);
}

/// Its name, or all of it as JSON.
fn origin_text(origin: &StreamSource) -> String {
    let bare = StreamSource { name: origin.name.clone(), ..StreamSource::default() };
    if *origin == bare { origin.name.clone() } else { json::write(origin) }
}

fn bucket(config: &BucketConfig) -> Option<String> {
    let mut line = Line::new("kv add", &[&config.bucket]);
    line.int("history", config.history.into(), 1);
    line.duration("ttl", config.ttl.and_then(Nanos::duration));
    line.duration("marker-ttl", config.marker_ttl.and_then(Nanos::duration));
    line.int("replicas", config.replicas.into(), 1);
    line.bytes("max-value-size", config.max_value_bytes.map_or(-1, i64::from));
    line.bytes("max-bucket-size", config.max_bytes.map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(-1)));
    line.text("description", &config.description);
    line.switch("storage memory", config.storage == Storage::Memory);
    line.switch("compress", config.compression);
    line.placement("tags", config.placement.as_ref());
    line.map("metadata", &config.metadata);
    line.republish(config.republish.as_ref());
    if let Some(origin) = &config.mirror {
        line.value("mirror", &origin.name);
    }
    for origin in &config.sources {
        line.value("source", &origin.name);
    }
    line.done()
}

fn store(config: &ObjectStoreConfig) -> Option<String> {
    let mut line = Line::new("object add", &[&config.bucket]);
    line.duration("ttl", config.ttl.and_then(Nanos::duration));
    line.int("replicas", config.replicas.max(1).into(), 1);
    line.bytes("max-bucket-size", config.max_bytes.map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(-1)));
    line.text("description", &config.description);
    line.switch("storage memory", config.storage == Storage::Memory);
    line.placement("tags", config.placement.as_ref());
    line.map("metadata", &config.metadata);
    line.switch("compress", config.compression);
    line.done()
}

fn consumer(stream: &str, config: &ConsumerConfig) -> Option<String> {
    let mut line = Line::new("consumer add", &[stream, &config.durable_name]);
    line.is_sayable &= config.name.is_empty() || config.name == config.durable_name;
    match config.is_pull() {
        true => line.flag("pull"),
        false => line.value("target", &config.deliver_subject),
    }
    line.text("deliver-group", &config.deliver_group);
    match config.deliver_policy {
        DeliverPolicy::All => {}
        DeliverPolicy::New => line.value("deliver", "new"),
        DeliverPolicy::Last => line.value("deliver", "last"),
        DeliverPolicy::LastPerSubject => line.value("deliver", "subject"),
        // The first one is said as "all".
        DeliverPolicy::ByStartSequence if config.opt_start_seq != 1 => {
            line.value("deliver", &config.opt_start_seq.to_string());
        }
        DeliverPolicy::ByStartSequence | DeliverPolicy::ByStartTime => return None,
    }
    consumer_acks(&mut line, config);
    config.filters().into_iter().for_each(|filter| line.value("filter", filter));
    line.switch("replay original", config.replay_policy == ReplayPolicy::Original);
    consumer_pace(&mut line, config);
    line.switch("headers-only", config.headers_only);
    consumer_groups(&mut line, config);
    line.nanos("inactive-threshold", config.inactive_threshold, Nanos::ZERO);
    line.switch("memory", config.mem_storage);
    line.int("replicas", config.num_replicas, 0);
    line.text("description", &config.description);
    line.map("metadata", &config.metadata);
    line.is_sayable &= config.pause_until.is_none() && !config.direct && !config.sourcing;
    // The real CLI has flags for these and does not pass on what they say.
    line.is_sayable &= config.is_pull() || config.replay_policy != ReplayPolicy::Original;
    line.is_sayable &= config.max_ack_pending >= 0 && config.priority_policy != PriorityPolicy::Overflow;
    line.flag("defaults");
    line.done()
}

fn consumer_acks(line: &mut Line, config: &ConsumerConfig) {
    match (config.ack_policy, config.is_pull()) {
        (AckPolicy::Explicit, true) | (AckPolicy::None, false) => {}
        (AckPolicy::Explicit, false) => line.value("ack", "explicit"),
        (AckPolicy::None, true) => line.value("ack", "none"),
        (AckPolicy::All, _) => line.value("ack", "all"),
        (AckPolicy::FlowControl, _) => line.value("ack", "flow_control"),
    }
    let waits = config.backoff.as_deref().unwrap_or_default();
    let usual = if config.ack_policy == AckPolicy::None { config.ack_wait } else { fields::ACK_WAIT };
    line.nanos("wait", config.ack_wait, waits.first().copied().unwrap_or(usual));
    line.limit("max-deliver", config.max_deliver);
    if !waits.is_empty() {
        match even_steps(waits) {
            // Without a bound of its own the bound would follow from the list.
            Some((min, max)) if config.max_deliver > 0 => {
                line.value("backoff", "linear");
                line.value("backoff-steps", &waits.len().to_string());
                line.nanos("backoff-min", Nanos(min), Nanos(-1));
                line.nanos("backoff-max", Nanos(max), Nanos(-1));
            }
            _ => line.is_sayable = false,
        }
    }
    line.int("max-pending", config.max_ack_pending, fields::default_ack_pending(config));
}

/// The first wait and the one after the last, if they grow as `--backoff linear` lets them.
fn even_steps(waits: &[Nanos]) -> Option<(i64, i64)> {
    const MILLISECOND: i64 = 1_000_000;
    let (first, last) = (waits.first()?.0, waits.last()?.0);
    let count = i64::try_from(waits.len()).ok()?;
    // Steps are rounded to milliseconds, so the end follows from the last one only up to a few of them.
    let guess = match count {
        1 => first,
        _ => first.checked_add((last.checked_sub(first)?).checked_mul(count)? / (count - 1))?,
    };
    let nearest = guess / MILLISECOND;
    let step = |max: i64, at: u64| even_wait(first, max, at, count.unsigned_abs());
    let fits = |max: &i64| waits.iter().zip(0..).all(|(wait, at)| step(*max, at) == wait.0);
    (nearest.saturating_sub(count)..=nearest.saturating_add(count))
        .map(|max| max.saturating_mul(MILLISECOND).max(first))
        .find(fits)
        .filter(|max| first >= 0 && *max >= first)
        .map(|max| (first, max))
}

fn consumer_pace(line: &mut Line, config: &ConsumerConfig) {
    line.int("bps", i64::try_from(config.rate_limit_bits_per_sec).unwrap_or(i64::MAX), 0);
    line.switch("flow-control", config.flow_control);
    line.nanos("heartbeat", config.idle_heartbeat, Nanos::ZERO);
    line.int("max-waiting", config.max_waiting, if config.is_pull() { fields::MAX_WAITING } else { 0 });
    line.int("max-pull-batch", config.max_batch, 0);
    line.nanos("max-pull-expire", config.max_expires, Nanos::ZERO);
    line.int("max-pull-bytes", config.max_bytes, 0);
    if !config.sample_frequency.is_empty() {
        line.is_sayable &= matches!(config.sample_frequency.parse::<u8>(), Ok(1..=100))
            && !config.sample_frequency.starts_with(['0', '+']);
        line.value("sample", &config.sample_frequency);
    }
}

fn consumer_groups(line: &mut Line, config: &ConsumerConfig) {
    let flag = match config.priority_policy {
        PriorityPolicy::None => return,
        PriorityPolicy::Overflow => "overflow-groups",
        PriorityPolicy::PinnedClient => "pinned-groups",
        PriorityPolicy::Prioritized => "prioritized-groups",
    };
    config.priority_groups.iter().flatten().for_each(|group| line.value(flag, group));
    line.nanos("pinned-ttl", config.priority_timeout, Nanos::ZERO);
}

fn request(endpoint: &str, document: &impl ToJson) -> String {
    let subject = quoted(&format!("$JS.API.{endpoint}"));
    format!("nats request --no-templates {subject} {}", quoted(&json::write(document)))
}

/// No flag says it exactly, so the server is asked in its own words.
fn stream_request(config: &StreamConfig) -> String {
    let unsealed = StreamConfig { sealed: false, ..config.clone() };
    request(&format!("STREAM.CREATE.{}", config.name), &unsealed)
}

fn consumer_request(stream: &str, config: &ConsumerConfig) -> String {
    let document =
        CreateConsumerRequest { stream_name: stream.to_owned(), config: config.clone(), ..Default::default() };
    request(&format!("CONSUMER.DURABLE.CREATE.{stream}.{}", config.durable_name), &document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_a_shell_and_the_flags_read_them() {
        assert_eq!(
            (spelled(0), spelled(5_400_000_000_000), spelled(1_000_001)),
            ("0s".into(), "1h30m".into(), "1ms1ns".into())
        );
        assert_eq!((bytes(1 << 30), bytes(1500), bytes(3072)), ("1GB".into(), "1500".into(), "3KB".into()));
        assert_eq!(
            (quoted("orders.>"), quoted("a-b"), quoted("it's")),
            ("'orders.>'".into(), "a-b".into(), r"'it'\''s'".into())
        );
    }

    #[test]
    fn waits_that_grow_evenly_are_found() {
        let waits = |list: &[i64]| list.iter().map(|millis| Nanos(millis * 1_000_000)).collect::<Vec<_>>();
        let found = |list: &[i64]| even_steps(&waits(list)).map(|(min, max)| (min / 1_000_000, max / 1_000_000));
        assert_eq!(found(&[1, 4, 7]), Some((1, 10)));
        assert_eq!(found(&[60, 60]), Some((60, 60)));
        assert_eq!(found(&[1, 2, 10]), None);
        assert_eq!(found(&[10, 5]), None);
        assert_eq!(even_steps(&[Nanos(4_000_000_000), Nanos(4_666_666_666), Nanos(5_333_333_332)]), None);
        for (min, max, steps) in [(60, 1_200, 10), (1, 100, 7), (5, 5, 3), (1_007, 77_777, 23)] {
            let made =
                |min: i64, max: i64| (0..steps).map(|at| Nanos(even_wait(min, max, at, steps))).collect::<Vec<_>>();
            let list = made(min * 1_000_000, max * 1_000_000);
            let (first, last) = even_steps(&list).expect("even");
            assert_eq!(made(first, last), list);
        }
    }
}
