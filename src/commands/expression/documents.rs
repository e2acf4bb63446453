//! What a condition of `stream find` or `consumer find` looks at: of a consumer, its members are not called as in the API.
//!
//! The ways in are [`of_stream`] and [`of_consumer`]. Source: natscli, which has a document written as YAML first: names
//! of the library, in small letters, where it does not say others, as it does for all of a stream and for configurations.

use crate::api::{ConsumerInfo, StreamInfo};
use serde_json::{Map, Value};

const RENAMED: [(&str, &str); 10] = [
    ("stream_name", "stream"),
    ("ack_floor", "ackfloor"),
    ("num_ack_pending", "numackpending"),
    ("num_redelivered", "numredelivered"),
    ("num_waiting", "numwaiting"),
    ("num_pending", "numpending"),
    ("push_bound", "pushbound"),
    ("pause_remaining", "pauseremaining"),
    ("priority_groups", "prioritygroups"),
    ("ts", "timestamp"),
];
const OF_PLACES: [(&str, &str); 3] = [("consumer_seq", "consumer"), ("stream_seq", "stream"), ("last_active", "last")];
const OF_GROUPS: [(&str, &str); 2] = [("pinned_client_id", "pinnedclientid"), ("pinned_ts", "pinnedts")];

pub fn of_stream(info: &StreamInfo) -> Value {
    let mut document = crate::json::to_value(info);
    if let Some(config) = document.get_mut("config") {
        fill(config, "compression", Value::from("none"));
        fill(config, "persist_mode", Value::from("default"));
    }
    document
}

pub fn of_consumer(info: &ConsumerInfo) -> Value {
    let Value::Object(mut members) = crate::json::to_value(info) else { return Value::Null };
    for place in ["delivered", "ack_floor"] {
        members.get_mut(place).into_iter().for_each(|place| rename(place, &OF_PLACES));
    }
    let groups = members.get_mut("priority_groups").and_then(Value::as_array_mut);
    for group in groups.into_iter().flatten() {
        rename(group, &OF_GROUPS);
        fill(group, "pinnedclientid", Value::from(""));
    }
    // What the API leaves out is there.
    if let Some(config) = members.get_mut("config") {
        fill(config, "priority_policy", Value::from("none"));
        fill(config, "pause_until", Value::from("0001-01-01T00:00:00Z"));
    }
    let mut document = Value::Object(members);
    rename(&mut document, &RENAMED);
    for name in ["paused", "pushbound"] {
        fill(&mut document, name, Value::from(false));
    }
    fill(&mut document, "prioritygroups", Value::Array(Vec::new()));
    // Only a configuration has an empty list of this name.
    fill(&mut document, "priority_groups", Value::Null);
    document
}

fn rename(document: &mut Value, names: &[(&str, &str)]) {
    let Value::Object(members) = document else { return };
    let renamed = |name: String| names.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| (*new).to_owned());
    *members = std::mem::take(members).into_iter().map(|(name, value)| (renamed(name), value)).collect::<Map<_, _>>();
}

fn fill(document: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = document
        && !members.contains_key(name)
    {
        members.insert(name.to_owned(), value);
    }
}
