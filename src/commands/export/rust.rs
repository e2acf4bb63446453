//! As a Rust program, with async-nats.
//!
//! Source: async-nats 0.51.

use super::code::{Dialect, Nested, left_out, literal, plain};
use super::fields::{self, Field, Value};
use super::{Belonging, Belongings, Kind};

const HEAD: &str = "\
// Rust. Running it again changes nothing. In Cargo.toml:
//   async-nats = \"0.51\"
//   tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }
";

/// In two pieces, because nothing here may take its arguments from there.
const MAIN: &str = concat!(
    "
#[tokio::main]
async fn main() -> Result<(), async_nats::Error> {
    let url = std",
    "::env::args().nth(1).unwrap_or_else(|| \"nats://127.0.0.1:4222\".to_string());
    let js = jetstream::new(async_nats::connect(url).await?);
"
);

pub fn write(belongings: &Belongings) -> String {
    let body: String = belongings.streams.iter().map(stream).collect();
    let mut text =
        format!("// {}, as made in JetStream Lab. Messages stay where they are.\n{HEAD}", belongings.summary());
    let rooms =
        [("consumer::", "consumer"), ("kv::", "kv"), ("object_store::", "object_store"), ("stream::", "stream")];
    let used: Vec<&str> = rooms.into_iter().filter(|(path, _)| mentions(&body, path)).map(|(_, room)| room).collect();
    let rooms = if used.is_empty() { "self".to_owned() } else { format!("self, {}", used.join(", ")) };
    text.push_str(&format!("use async_nats::jetstream::{{{rooms}}};\n"));
    if mentions(&body, "datetime::") {
        text.push_str("use async_nats::datetime;\n");
    }
    if mentions(&body, "Duration::") {
        text.push_str("use std::time::Duration;\n");
    }
    text + MAIN + &body + "    Ok(())\n}\n"
}

/// Whether code, not a text in it, uses this path. Texts have no blank or bracket right in front of it by accident only,
/// which costs a warning about something unused.
fn mentions(body: &str, path: &str) -> bool {
    [" ", "(", "["].iter().any(|before| body.contains(&format!("{before}{path}")))
}

fn stream(belonging: &Belonging) -> String {
    let name = &belonging.config.name;
    let mut text = String::from("\n");
    text.push_str(&whole(belonging).unwrap_or_else(|| {
        let made = literal(&Rust, "stream", &fields::stream(&belonging.config), 1);
        let left = left_out::<Rust>(&format!("stream {name}"), &made.unsaid, 1);
        format!("{left}    js.create_or_update_stream({}).await?;\n", made.text)
    }));
    for config in &belonging.consumers {
        let what = format!("consumer {name} {}", config.durable_name);
        let kind = if config.is_pull() { "pull" } else { "push" };
        let made = literal(&Rust, kind, &with_start(fields::consumer(config)), 1);
        text.push_str(&left_out::<Rust>(&what, &made.unsaid, 1));
        text.push_str(&format!("    js.create_consumer_on_stream({}, {}).await?;\n", made.text, string(name)));
    }
    for passing in &belonging.passing {
        text.push_str(&format!("    // left out: consumer {} {}: goes away by itself\n", plain(name), plain(passing)));
    }
    text
}

/// Where to start is part of the policy here.
fn with_start(mut fields: Vec<Field>) -> Vec<Field> {
    let start = fields.iter().position(|field| matches!(field.name, "opt_start_seq" | "opt_start_time"));
    if let Some(at) = start {
        let start = fields.remove(at).value;
        for field in fields.iter_mut().filter(|field| field.name == "deliver_policy") {
            field.value = start.clone();
        }
    }
    fields
}

/// As a bucket or an object store, if the client has a word for all of it.
fn whole(belonging: &Belonging) -> Option<String> {
    let (call, made) = match &belonging.kind {
        Kind::Stream => return None,
        Kind::Bucket(config) => ("create_or_update_key_value", literal(&Rust, "bucket", &fields::bucket(config), 1)),
        Kind::ObjectStore(config) => ("create_object_store", literal(&Rust, "store", &fields::store(config), 1)),
    };
    made.unsaid.is_empty().then(|| format!("    js.{call}({}).await?;\n", made.text))
}

struct Rust;

impl Dialect for Rust {
    const COMMENT: &'static str = "//";
    const INDENT: &'static str = "    ";

    fn brackets(&self, kind: &str) -> (String, &'static str) {
        let name = match kind {
            "stream" => "stream::Config",
            "pull" => "consumer::pull::Config",
            "push" => "consumer::push::Config",
            "bucket" => "kv::Config",
            "store" => "object_store::Config",
            "source" => "stream::Source",
            "source_consumer" => "stream::StreamConsumerSource",
            "transform" => "stream::SubjectTransform",
            "external" => "stream::External",
            "republish" => "stream::Republish",
            "placement" => "stream::Placement",
            _ => "stream::ConsumerLimits",
        };
        (format!("{name} {{"), "}")
    }

    fn list(&self, _kind: &str) -> (String, &'static str, &'static str) {
        ("vec![".to_owned(), "", "]")
    }

    fn field(&self, kind: &str, field: &Field, nested: &mut Nested<'_>) -> Option<String> {
        let name = field_name(kind, field.name)?;
        let value = match &field.value {
            Value::Int(start) if field.name == "deliver_policy" => {
                format!("consumer::DeliverPolicy::ByStartSequence {{ start_sequence: {start} }}")
            }
            Value::Time(at) if field.name == "deliver_policy" => {
                format!("consumer::DeliverPolicy::ByStartTime {{ start_time: {} }}", moment(&at.rfc3339()))
            }
            Value::Text(text) if field.name == "sample_freq" => {
                text.parse::<u8>().ok().filter(|_| !text.starts_with(['0', '+']))?.to_string()
            }
            Value::Text(text) => format!("{}.to_string()", string(text)),
            Value::Texts(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| format!("{}.to_string()", string(text))).collect();
                format!("vec![{}]", texts.join(", "))
            }
            Value::Int(value) => value.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Nanos(nanos) => duration(*nanos)?,
            Value::Durations(list) => {
                let list: Option<Vec<String>> = list.iter().map(|nanos| duration(*nanos)).collect();
                format!("vec![{}]", list?.join(", "))
            }
            Value::Word(what, word) => constant(what, word)?.to_owned(),
            Value::Time(at) => moment(&at.rfc3339()),
            Value::Map(pairs) => {
                let pair = |(key, value): &(String, String)| {
                    format!("({}.to_string(), {}.to_string())", string(key), string(value))
                };
                format!("[{}].into()", pairs.iter().map(pair).collect::<Vec<_>>().join(", "))
            }
            Value::Group(..) | Value::Groups(..) => nested(&field.value),
        };
        Some(if is_optional(kind, field.name) { format!("{name}: Some({value})") } else { format!("{name}: {value}") })
    }

    fn rest(&self, kind: &str, fields: &[Field]) -> Option<&'static str> {
        let says = |name: &str| fields.iter().any(|field| field.name == name);
        match kind {
            "transform" | "source_consumer" => None,
            "republish" => (!says("headers_only")).then_some("headers_only: false,"),
            "external" => (!says("deliver")).then_some("delivery_prefix: None,"),
            "consumer_limits" if !says("inactive_threshold") => Some("inactive_threshold: Duration::ZERO,"),
            "consumer_limits" => (!says("max_ack_pending")).then_some("max_ack_pending: 0,"),
            "placement" if says("cluster") && says("tags") => None,
            _ => Some("..Default::default()"),
        }
    }
}

fn field_name(kind: &str, name: &'static str) -> Option<&'static str> {
    Some(match (kind, name) {
        (_, "sealed" | "preferred") => return None,
        ("bucket" | "store", "metadata") => return None,
        ("push", "max_waiting" | "max_batch" | "max_expires" | "max_bytes") => return None,
        ("push", "priority_policy" | "priority_groups" | "priority_timeout") => return None,
        ("pull", "idle_heartbeat" | "flow_control" | "deliver_group") => return None,
        (_, "max_msgs") => "max_messages",
        (_, "max_msgs_per_subject") => "max_messages_per_subject",
        (_, "max_msg_size") => "max_message_size",
        (_, "allow_rollup_hdrs") => "allow_rollup",
        (_, "first_seq") => "first_sequence",
        (_, "allow_msg_ttl") => "allow_message_ttl",
        (_, "allow_atomic") => "allow_atomic_publish",
        (_, "allow_msg_schedules") => "allow_message_schedules",
        (_, "allow_msg_counter") => "allow_message_counter",
        (_, "allow_batched") => "allow_batch_publish",
        (_, "rate_limit_bps") => "rate_limit",
        (_, "sample_freq") => "sample_frequency",
        (_, "mem_storage") => "memory_storage",
        (_, "opt_start_seq") => "start_sequence",
        (_, "opt_start_time") => "start_time",
        (_, "src") => "source",
        (_, "dest") => "destination",
        (_, "api") => "api_prefix",
        (_, "deliver") => "delivery_prefix",
        (_, "ttl") => "max_age",
        (_, "marker_ttl") => "limit_markers",
        (_, "replicas") => "num_replicas",
        _ => name,
    })
}

fn is_optional(kind: &str, name: &str) -> bool {
    match kind {
        "bucket" => matches!(name, "republish" | "mirror" | "sources" | "placement" | "marker_ttl"),
        "store" => matches!(name, "description" | "placement"),
        "source" => matches!(name, "opt_start_seq" | "opt_start_time" | "filter_subject" | "external" | "consumer"),
        "external" => name == "deliver",
        "placement" => name == "cluster",
        "stream" => matches!(
            name,
            "description"
                | "republish"
                | "mirror"
                | "sources"
                | "subject_transform"
                | "compression"
                | "consumer_limits"
                | "first_seq"
                | "placement"
                | "persist_mode"
                | "subject_delete_marker_ttl"
        ),
        "pull" | "push" => matches!(name, "durable_name" | "description" | "deliver_group" | "pause_until"),
        _ => false,
    }
}

fn constant(what: &str, word: &str) -> Option<&'static str> {
    Some(match (what, word) {
        ("retention", "interest") => "stream::RetentionPolicy::Interest",
        ("retention", "workqueue") => "stream::RetentionPolicy::WorkQueue",
        ("discard", "new") => "stream::DiscardPolicy::New",
        ("storage", "memory") => "stream::StorageType::Memory",
        ("compression", "s2") => "stream::Compression::S2",
        ("persist_mode", "async") => "stream::PersistenceMode::Async",
        ("deliver_policy", "all") => "consumer::DeliverPolicy::All",
        ("deliver_policy", "last") => "consumer::DeliverPolicy::Last",
        ("deliver_policy", "new") => "consumer::DeliverPolicy::New",
        ("deliver_policy", "last_per_subject") => "consumer::DeliverPolicy::LastPerSubject",
        ("ack_policy", "none") => "consumer::AckPolicy::None",
        ("ack_policy", "all") => "consumer::AckPolicy::All",
        ("ack_policy", "explicit") => "consumer::AckPolicy::Explicit",
        ("replay_policy", "original") => "consumer::ReplayPolicy::Original",
        ("priority_policy", "pinned_client") => "consumer::PriorityPolicy::PinnedClient",
        ("priority_policy", "overflow") => "consumer::PriorityPolicy::Overflow",
        ("priority_policy", "prioritized") => "consumer::PriorityPolicy::Prioritized",
        _ => return None,
    })
}

/// Escaped as Rust reads it.
fn string(text: &str) -> String {
    format!("{text:?}")
}

fn moment(rfc3339: &str) -> String {
    format!("datetime::parse_rfc3339({})?", string(rfc3339))
}

fn duration(nanos: i64) -> Option<String> {
    let nanos = u64::try_from(nanos).ok()?;
    let units = [(1_000_000_000, "secs"), (1_000_000, "millis"), (1_000, "micros"), (1, "nanos")];
    let (size, unit) = units.into_iter().find(|(size, _)| nanos.is_multiple_of(*size))?;
    Some(format!("Duration::from_{unit}({})", nanos / size))
}
