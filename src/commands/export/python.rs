//! As a Python program, with nats-py.
//!
//! Source: nats-py 2.16, `nats/js/api.py` and `nats/js/client.py`.

use super::code::{Dialect, Nested, left_out, literal, plain, string};
use super::fields::{self, Field, Value};
use super::{Belonging, Belongings, Kind};

const HEAD: &str = "\
# Python, with nats-py 2.16 or newer: pip install nats-py. Running it again changes nothing.
import asyncio
import sys

import nats
from nats.js import api


async def create(js):
";

const MAIN: &str = "

async def main():
    nc = await nats.connect(sys.argv[1] if len(sys.argv) > 1 else \"nats://127.0.0.1:4222\")
    await create(nc.jetstream())
    await nc.close()


asyncio.run(main())
";

pub fn write(belongings: &Belongings) -> String {
    let body: Vec<String> = belongings.streams.iter().map(stream).collect();
    let body = if body.is_empty() { "    pass\n".to_owned() } else { body.join("\n") };
    format!("# {}, as made in JetStream Lab. Messages stay where they are.\n{HEAD}{body}{MAIN}", belongings.summary())
}

fn stream(belonging: &Belonging) -> String {
    let name = &belonging.config.name;
    let mut text = whole(belonging).unwrap_or_else(|| {
        let made = literal(&Python, "stream", &fields::stream(&belonging.config), 1);
        let left = left_out::<Python>(&format!("stream {name}"), &made.unsaid, 1);
        format!("{left}    await js.add_stream({})\n", made.text)
    });
    for config in &belonging.consumers {
        let what = format!("consumer {name} {}", config.durable_name);
        let made = literal(&Python, "consumer", &fields::consumer(config), 1);
        text.push_str(&left_out::<Python>(&what, &made.unsaid, 1));
        text.push_str(&format!("    await js.add_consumer({}, {})\n", string(name), made.text));
    }
    for passing in &belonging.passing {
        text.push_str(&format!("    # left out: consumer {} {}: goes away by itself\n", plain(name), plain(passing)));
    }
    text
}

/// As a bucket or an object store, if the client makes exactly this one of it.
fn whole(belonging: &Belonging) -> Option<String> {
    match &belonging.kind {
        Kind::Stream => None,
        // Every bucket this client makes lets values have a life of their own.
        Kind::Bucket(config) if !belonging.config.allow_msg_ttl => {
            let made =
                format!("the bucket {}, made as the stream it is: nats-py would allow TTLs in it", config.bucket);
            let stream = literal(&Python, "stream", &fields::stream(&belonging.config), 1);
            let left = left_out::<Python>(&format!("stream {}", belonging.config.name), &stream.unsaid, 1);
            Some(format!("    # {}\n{left}    await js.add_stream({})\n", plain(&made), stream.text))
        }
        Kind::Bucket(config) => {
            let made = literal(&Python, "bucket", &fields::bucket(config), 1);
            made.unsaid.is_empty().then(|| format!("    await js.create_key_value({})\n", made.text))
        }
        Kind::ObjectStore(config) => {
            let fields: Vec<Field> = fields::store(config).into_iter().skip(1).collect();
            let made = literal(&Python, "store", &fields, 1);
            let name = string(&config.bucket);
            made.unsaid.is_empty().then(|| format!("    await js.create_object_store({name}, {})\n", made.text))
        }
    }
}

struct Python;

impl Dialect for Python {
    const COMMENT: &'static str = "#";
    const INDENT: &'static str = "    ";

    fn brackets(&self, kind: &str) -> (String, &'static str) {
        let name = match kind {
            "stream" => "StreamConfig",
            "consumer" => "ConsumerConfig",
            "bucket" => "KeyValueConfig",
            "store" => "ObjectStoreConfig",
            "source" => "StreamSource",
            "source_consumer" => "StreamConsumerSource",
            "transform" => "SubjectTransform",
            "external" => "ExternalStream",
            "republish" => "RePublish",
            "placement" => "Placement",
            _ => "StreamConsumerLimits",
        };
        (format!("api.{name}("), ")")
    }

    fn list(&self, _kind: &str) -> (String, &'static str, &'static str) {
        ("[".to_owned(), "", "]")
    }

    fn field(&self, kind: &str, field: &Field, nested: &mut Nested<'_>) -> Option<String> {
        let name = match (kind, field.name) {
            (_, "sealed" | "preferred") => return None,
            ("bucket" | "store", "compression" | "metadata" | "mirror" | "sources") => return None,
            ("bucket", "placement") => return None,
            (_, "priority_policy" | "priority_groups" | "priority_timeout") => return None,
            (_, "max_batch" | "max_expires") => return None,
            ("consumer", "max_bytes") => return None,
            ("bucket", "marker_ttl") => "limit_marker_ttl",
            (_, name) => name,
        };
        let value = match &field.value {
            Value::Text(text) => string(text),
            Value::Texts(texts) => {
                format!("[{}]", texts.iter().map(|text| string(text)).collect::<Vec<_>>().join(", "))
            }
            Value::Int(value) => value.to_string(),
            Value::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
            Value::Nanos(nanos) => seconds(*nanos)?,
            Value::Durations(list) => {
                let list: Option<Vec<String>> = list.iter().map(|nanos| seconds(*nanos)).collect();
                format!("[{}]", list?.join(", "))
            }
            Value::Word(what, word) => format!("api.{}", constant(what, word)?),
            Value::Time(at) => string(&at.rfc3339()),
            Value::Map(pairs) => {
                let pairs: Vec<String> =
                    pairs.iter().map(|(key, value)| format!("{}: {}", string(key), string(value))).collect();
                format!("{{{}}}", pairs.join(", "))
            }
            Value::Group(..) | Value::Groups(..) => nested(&field.value),
        };
        Some(format!("{name}={value}"))
    }

    fn rest(&self, kind: &str, _fields: &[Field]) -> Option<&'static str> {
        (kind == "bucket").then_some("direct=True,")
    }
}

fn constant(what: &str, word: &str) -> Option<&'static str> {
    Some(match (what, word) {
        ("retention", "interest") => "RetentionPolicy.INTEREST",
        ("retention", "workqueue") => "RetentionPolicy.WORK_QUEUE",
        ("discard", "new") => "DiscardPolicy.NEW",
        ("storage", "memory") => "StorageType.MEMORY",
        ("compression", "s2") => "StoreCompression.S2",
        ("persist_mode", "async") => "PersistMode.ASYNC",
        ("deliver_policy", "all") => "DeliverPolicy.ALL",
        ("deliver_policy", "last") => "DeliverPolicy.LAST",
        ("deliver_policy", "new") => "DeliverPolicy.NEW",
        ("deliver_policy", "by_start_sequence") => "DeliverPolicy.BY_START_SEQUENCE",
        ("deliver_policy", "by_start_time") => "DeliverPolicy.BY_START_TIME",
        ("deliver_policy", "last_per_subject") => "DeliverPolicy.LAST_PER_SUBJECT",
        ("ack_policy", "none") => "AckPolicy.NONE",
        ("ack_policy", "all") => "AckPolicy.ALL",
        ("ack_policy", "explicit") => "AckPolicy.EXPLICIT",
        ("replay_policy", "original") => "ReplayPolicy.ORIGINAL",
        _ => return None,
    })
}

/// A number of seconds of which the client makes exactly these nanoseconds again: it multiplies floats and cuts.
fn seconds(nanos: i64) -> Option<String> {
    if nanos % 1_000_000_000 == 0 {
        return Some((nanos / 1_000_000_000).to_string());
    }
    let near = nanos as f64 / 1e9;
    let fits = |seconds: &f64| (seconds * 1e9) as i64 == nanos;
    [near, near.next_up(), near.next_down()].into_iter().find(fits).map(|seconds| format!("{seconds:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_come_back_as_the_same_nanoseconds() {
        for nanos in [1, 290_000_000, 1_000_000_001, 77_777_777_777, 123_456_789_012_345, 30_000_000_000] {
            let text = seconds(nanos).expect("a float is near enough");
            assert_eq!((text.parse::<f64>().expect("a number") * 1e9) as i64, nanos, "{text}");
        }
    }
}
