//! What a stream is and how it stands, as screens and as JSON.

use crate::api::stream::{Compression, PersistMode};
use crate::api::{Discard, Retention, SourceInfo, Storage, StreamConfig, StreamInfo, StreamSource, SubjectTransform};
use crate::commands::report::json::{self, Shape};
use crate::commands::report::{Columns, text};
use crate::commands::{Console, Place};
use crate::map::Map;
use crate::sorted;
use crate::time::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// Prints [`information`]; its figures lead to the stream.
pub fn show(console: &Console, heading: &str, info: &StreamInfo) {
    let text = information(heading, info).drawn(&console.look());
    console.telling(Place::Stream(info.config.name.clone()), |console| console.print(&text));
}

/// The whole screen of `stream info`. `name` stands in the heading.
pub fn information(name: &str, info: &StreamInfo) -> Columns {
    let mut screen =
        Columns::new(format!("Information for Stream {name} created {}", text::optional_time(info.created)));
    identity(&mut screen, &info.config);
    options(&mut screen, &info.config);
    limits(&mut screen, &info.config);
    metadata(&mut screen, &info.config.metadata);
    replication(&mut screen, &info.config);
    screen.blank();
    upstreams(&mut screen, info);
    state(&mut screen, info);
    screen
}

/// The screen of `stream state`.
pub fn state_information(info: &StreamInfo) -> Columns {
    let (name, created) = (&info.config.name, text::optional_time(info.created));
    let mut screen = Columns::new(format!("State for Stream {name} created {created}"));
    upstreams(&mut screen, info);
    state(&mut screen, info);
    screen
}

fn identity(screen: &mut Columns, config: &StreamConfig) {
    screen.row_unless_empty("Description", &config.description);
    screen.row_unless_empty("Subjects", &config.subjects.join(", "));
    screen.row("Replicas", config.num_replicas);
    screen.row_if(config.sealed, "Sealed", true);
    screen.row("Storage", storage(config.storage));
    screen.row_if(config.compression == Compression::S2, "Compression", "S2 Compression");
    screen.row_if(config.persist_mode == PersistMode::Async, "Persistence Mode", "Async");
    screen.row_if(config.first_seq > 0, "First Sequence", text::count(config.first_seq));
    if let Some(placement) = &config.placement {
        screen.row_unless_empty("Placement Cluster", &placement.cluster);
        screen.row_if(!placement.tags.is_empty(), "Placement Tags", placement.tags.join(", "));
    }
}

pub fn storage(storage: Storage) -> &'static str {
    match storage {
        Storage::File => "File",
        Storage::Memory => "Memory",
    }
}

fn options(screen: &mut Columns, config: &StreamConfig) {
    screen.section("Options");
    if let Some(transform) = config.subject_transform.as_ref().filter(|transform| !transform.dest.is_empty()) {
        screen.row("Subject Transform", transform_text(transform));
    }
    if let Some(republish) = &config.republish {
        let label = if republish.headers_only { "Republishing Headers" } else { "Republishing" };
        screen.row(label, format!("{} to {}", republish.src, republish.dest));
    }
    screen.row("Retention", retention(config.retention));
    screen.row("Acknowledgments", !config.no_ack);
    screen.row("Discard Policy", discard(config));
    screen.row("Duplicate Window", text::nanos(config.duplicate_window));
    screen.row_if(config.allow_direct, "Direct Get", true);
    screen.row_if(config.mirror_direct, "Mirror Direct Get", true);
    screen.row("Allows Atomic Batch Publish", config.allow_atomic);
    screen.row("Allows Fast Batch Publish", config.allow_batched);
    screen.row("Allows Counters", config.allow_msg_counter);
    screen.row("Allows Msg Delete", !config.deny_delete);
    screen.row("Allows Per-Message TTL", config.allow_msg_ttl);
    screen.row("Allows Purge", !config.deny_purge);
    screen.row("Allows Schedules", config.allow_msg_schedules);
    let marker_ttl = config.subject_delete_marker_ttl;
    screen.row_if(!marker_ttl.is_zero(), "Subject Delete Markers TTL", text::nanos(marker_ttl));
    screen.row("Allows Rollups", config.allow_rollup_hdrs);
}

fn transform_text(transform: &SubjectTransform) -> String {
    let source = if transform.src.is_empty() { ">" } else { &transform.src };
    format!("{source} to {}", transform.dest)
}

pub fn retention(retention: Retention) -> &'static str {
    match retention {
        Retention::Limits => "Limits",
        Retention::Interest => "Interest",
        Retention::WorkQueue => "WorkQueue",
    }
}

fn discard(config: &StreamConfig) -> &'static str {
    match (config.discard, config.discard_new_per_subject) {
        (Discard::Old, _) => "Old",
        (Discard::New, false) => "New",
        (Discard::New, true) => "New Per Subject",
    }
}

fn limits(screen: &mut Columns, config: &StreamConfig) {
    screen.section("Limits");
    screen.row("Maximum Messages", count_limit(config.max_msgs));
    screen.row("Maximum Per Subject", count_limit(config.max_msgs_per_subject));
    screen.row("Maximum Bytes", text::bytes_limit(config.max_bytes));
    let age = config.max_age.duration();
    screen.row("Maximum Age", age.map_or_else(|| "unlimited".to_owned(), text::duration));
    screen.row("Maximum Message Size", text::bytes_limit(config.max_msg_size.into()));
    screen.row("Maximum Consumers", count_limit(config.max_consumers));
    let consumers = &config.consumer_limits;
    let inactive = consumers.inactive_threshold;
    screen.row_if(!inactive.is_zero(), "Consumer Inactive Threshold", text::nanos(inactive));
    let pending = consumers.max_ack_pending;
    screen.row_if(pending > 0, "Consumer Max Ack Pending", text::signed_count(pending));
}

fn count_limit(limit: i64) -> String {
    if limit < 0 { "unlimited".to_owned() } else { text::signed_count(limit) }
}

/// The user's own entries; those of the server are hidden.
pub fn metadata(screen: &mut Columns, metadata: &Map<String, String>) {
    let own: Vec<_> = metadata.iter().filter(|(key, _)| !is_reserved(key)).collect();
    if own.is_empty() {
        return;
    }
    screen.section("Metadata");
    for (key, value) in own {
        screen.row(key, value);
    }
}

/// Metadata the server writes itself.
pub fn is_reserved(key: &str) -> bool {
    key.starts_with("_nats.")
}

fn replication(screen: &mut Columns, config: &StreamConfig) {
    if config.mirror.is_none() && config.sources.is_empty() {
        return;
    }
    screen.section("Replication");
    if let Some(mirror) = &config.mirror {
        screen.row("Mirror", source_text(mirror));
    }
    let mut sources: Vec<&StreamSource> = config.sources.iter().collect();
    sorted::by(&mut sources, |a, b| a.name.cmp(&b.name));
    screen.rows("Sources", sources.into_iter().map(source_text));
}

fn source_text(source: &StreamSource) -> String {
    let mut parts = vec![source.name.clone()];
    if source.opt_start_seq > 0 {
        parts.push(format!("Start Seq: {}", text::count(source.opt_start_seq)));
    }
    if let Some(start) = source.opt_start_time {
        parts.push(format!("Start Time: {}", text::go_time(start)));
    }
    if let Some(external) = &source.external {
        parts.extend((!external.api.is_empty()).then(|| format!("API Prefix: {}", external.api)));
        parts.extend((!external.deliver.is_empty()).then(|| format!("Delivery Prefix: {}", external.deliver)));
    }
    if let Some(consumer) = &source.consumer {
        let subject = match consumer.deliver_subject.as_str() {
            "" => String::new(),
            subject => format!(" ({subject})"),
        };
        parts.push(format!("Consumer Name: {}{subject}", consumer.name));
    }
    parts.join(", ")
}

fn upstreams(screen: &mut Columns, info: &StreamInfo) {
    if let Some(mirror) = &info.mirror {
        screen.section("Mirror Information");
        upstream(screen, mirror);
    }
    if !info.sources.is_empty() {
        screen.section("Source Information");
        for source in &info.sources {
            upstream(screen, source);
            screen.blank();
        }
    }
}

fn upstream(screen: &mut Columns, source: &SourceInfo) {
    screen.row("Stream Name", &source.name);
    screen.row_unless_empty("Subject Filter", &source.filter_subject);
    screen.rows("Subject Filter and Transform", source.subject_transforms.iter().map(transform_text));
    screen.row("Lag", text::count(source.lag));
    screen.row("Last Seen", last_seen(source));
    if let Some(external) = &source.external {
        screen.row("Ext. API Prefix", &external.api);
        screen.row_unless_empty("Ext. Delivery Prefix", &external.deliver);
    }
    if let Some(error) = &source.error {
        screen.row("Error", &error.description);
    }
}

/// How long ago a mirror or source heard from where it copies.
pub fn last_seen(source: &SourceInfo) -> String {
    match u64::try_from(source.active) {
        Ok(nanos) => text::duration(Duration::from_nanos(nanos)),
        Err(_) => "never".to_owned(),
    }
}

fn state(screen: &mut Columns, info: &StreamInfo) {
    let state = &info.state;
    screen.section("State");
    hosting(screen, &info.config.metadata);
    screen.row("Messages", text::count(state.messages));
    screen.row("Bytes", text::bytes(state.bytes));
    screen.row("First Sequence", at(state.first_seq, state.first_ts));
    screen.row("Last Sequence", at(state.last_seq, state.last_ts));
    screen.row_if(state.num_deleted > 0, "Deleted Messages", text::count(state.num_deleted));
    screen.row("Active Consumers", text::count(state.consumer_count as u64));
    screen.row_if(state.num_subjects > 0, "Number of Subjects", text::count(state.num_subjects));
}

/// The rows about the server, when it says something about itself.
pub fn hosting(screen: &mut Columns, metadata: &Map<String, String>) {
    if let Some(version) = metadata.get("_nats.ver") {
        screen.row("Host Version", version);
    }
    if let Some(required) = metadata.get("_nats.req.level") {
        let hosted = metadata.get("_nats.level").map_or("0", String::as_str);
        screen.row("Required API Level", format!("{required} hosted at level {hosted}"));
    }
}

fn at(seq: u64, time: Option<Timestamp>) -> String {
    match time {
        Some(time) => format!("{} @ {}", text::count(seq), text::time(time)),
        None => text::count(seq),
    }
}

/// `stream info -j`.
pub fn as_json(info: &StreamInfo) -> String {
    json::shaped(&json_value(info), &INFO)
}

/// The document with what the command line leaves out taken away.
pub fn json_value(info: &StreamInfo) -> Value {
    let mut value = crate::json::to_value(info);
    if let Some(config) = value.get_mut("config").and_then(Value::as_object_mut) {
        let unset = [("compression", Value::from("none")), ("allow_msg_ttl", Value::from(false))];
        config.retain(|name, value| !unset.contains(&(name.as_str(), value.clone())));
        if info.config.metadata.is_empty() {
            config.remove("metadata");
        }
    }
    value
}

pub static INFO: Shape = Shape(&[
    ("config", Some(&CONFIG)),
    ("created", None),
    ("state", Some(&STATE)),
    ("domain", None),
    ("cluster", None),
    ("mirror", Some(&SOURCE_INFO)),
    ("sources", Some(&SOURCE_INFO)),
    ("alternates", None),
    ("ts", None),
]);

/// `stream add --validate` and the like.
pub static CONFIG: Shape = Shape(&[
    ("name", None),
    ("description", None),
    ("subjects", None),
    ("retention", None),
    ("max_consumers", None),
    ("max_msgs_per_subject", None),
    ("max_msgs", None),
    ("max_bytes", None),
    ("max_age", None),
    ("max_msg_size", None),
    ("storage", None),
    ("discard", None),
    ("num_replicas", None),
    ("no_ack", None),
    ("duplicate_window", None),
    ("placement", None),
    ("mirror", Some(&SOURCE)),
    ("sources", Some(&SOURCE)),
    ("compression", None),
    ("subject_transform", Some(&TRANSFORM)),
    ("republish", Some(&REPUBLISH)),
    ("sealed", None),
    ("deny_delete", None),
    ("deny_purge", None),
    ("allow_rollup_hdrs", None),
    ("allow_direct", None),
    ("mirror_direct", None),
    ("discard_new_per_subject", None),
    ("first_seq", None),
    ("metadata", None),
    ("allow_msg_ttl", None),
    ("subject_delete_marker_ttl", None),
    ("consumer_limits", None),
    ("allow_atomic", None),
    ("allow_msg_counter", None),
    ("allow_msg_schedules", None),
    ("persist_mode", None),
    ("allow_batched", None),
]);

static STATE: Shape = Shape(&[
    ("messages", None),
    ("bytes", None),
    ("first_seq", None),
    ("first_ts", None),
    ("last_seq", None),
    ("last_ts", None),
    ("num_deleted", None),
    ("deleted", None),
    ("num_subjects", None),
    ("subjects", None),
    ("consumer_count", None),
]);

static SOURCE: Shape = Shape(&[
    ("name", None),
    ("opt_start_seq", None),
    ("opt_start_time", None),
    ("filter_subject", None),
    ("external", None),
    ("subject_transforms", Some(&TRANSFORM)),
    ("consumer", None),
]);

static SOURCE_INFO: Shape = Shape(&[
    ("name", None),
    ("external", None),
    ("lag", None),
    ("active", None),
    ("error", Some(&ERROR)),
    ("filter_subject", None),
    ("subject_transforms", Some(&TRANSFORM)),
]);

static ERROR: Shape = Shape(&[("code", None), ("err_code", None), ("description", None)]);
static TRANSFORM: Shape = Shape(&[("src", None), ("dest", None)]);
static REPUBLISH: Shape = Shape(&[("src", None), ("dest", None), ("headers_only", None)]);

#[cfg(test)]
mod tests;
