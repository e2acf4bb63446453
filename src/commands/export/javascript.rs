//! As a JavaScript module, with `@nats-io/jetstream`, `kv` and `obj`.
//!
//! Streams and consumers are said in the wire's own words there, so there is a word for everything. Source: the packages'
//! version 3.4.

use super::code::{Dialect, Nested, left_out, literal, plain, string};
use super::fields::{self, Field, Value};
use super::{Belonging, Belongings, Kind};

const HEAD: &str = "\
// JavaScript, a module for Node. Running it again changes nothing.
//   npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv @nats-io/obj
import { connect, nanos } from \"@nats-io/transport-node\";
import { jetstream } from \"@nats-io/jetstream\";
";

pub fn write(belongings: &Belongings) -> String {
    let body: String = belongings.streams.iter().map(stream).collect();
    let mut text = format!("// {}, as made in JetStream Lab. Messages stay where they are.\n", belongings.summary());
    text.push_str(match body.contains("nanos(") {
        true => HEAD,
        false => HEAD_WITHOUT_DURATIONS,
    });
    if body.contains("kvm.") {
        text.push_str("import { Kvm } from \"@nats-io/kv\";\n");
    }
    if body.contains("objm.") {
        text.push_str("import { Objm } from \"@nats-io/obj\";\n");
    }
    text.push_str("\nconst nc = await connect({ servers: process.argv[2] ?? \"127.0.0.1:4222\" });\n");
    text.push_str("const js = jetstream(nc);\nconst jsm = await js.jetstreamManager();\n");
    if body.contains("kvm.") {
        text.push_str("const kvm = new Kvm(js);\n");
    }
    if body.contains("objm.") {
        text.push_str("const objm = new Objm(js);\n");
    }
    text + &body + "\nawait nc.close();\n"
}

const HEAD_WITHOUT_DURATIONS: &str = "\
// JavaScript, a module for Node. Running it again changes nothing.
//   npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv @nats-io/obj
import { connect } from \"@nats-io/transport-node\";
import { jetstream } from \"@nats-io/jetstream\";
";

fn stream(belonging: &Belonging) -> String {
    let name = &belonging.config.name;
    let mut text = String::from("\n");
    text.push_str(&whole(belonging).unwrap_or_else(|| {
        let made = literal(&JavaScript, "stream", &fields::stream(&belonging.config), 0);
        let left = left_out::<JavaScript>(&format!("stream {name}"), &made.unsaid, 0);
        format!("{left}await jsm.streams.add({});\n", made.text)
    }));
    for config in &belonging.consumers {
        let made = literal(&JavaScript, "consumer", &fields::consumer(config), 0);
        text.push_str(&format!("await jsm.consumers.add({}, {});\n", string(name), made.text));
    }
    for passing in &belonging.passing {
        text.push_str(&format!("// left out: consumer {} {}: goes away by itself\n", plain(name), plain(passing)));
    }
    text
}

/// As a bucket or an object store, if the client has a word for all of it.
fn whole(belonging: &Belonging) -> Option<String> {
    match &belonging.kind {
        Kind::Stream => None,
        Kind::Bucket(config) => {
            let fields: Vec<Field> = fields::bucket(config).into_iter().skip(1).collect();
            let made = literal(&JavaScript, "bucket", &fields, 0);
            let stream = string(&belonging.config.name);
            // The others set it when they make a bucket, this client does not.
            let denied = format!("await jsm.streams.update({stream}, {{ deny_delete: true }});\n");
            let options = if fields.is_empty() { String::new() } else { format!(", {}", made.text) };
            made.unsaid.is_empty().then(|| format!("await kvm.create({}{options});\n{denied}", string(&config.bucket)))
        }
        Kind::ObjectStore(config) => {
            let fields: Vec<Field> = fields::store(config).into_iter().skip(1).collect();
            let made = literal(&JavaScript, "store", &fields, 0);
            let options = if fields.is_empty() { String::new() } else { format!(", {}", made.text) };
            made.unsaid.is_empty().then(|| format!("await objm.create({}{options});\n", string(&config.bucket)))
        }
    }
}

struct JavaScript;

impl Dialect for JavaScript {
    const COMMENT: &'static str = "//";
    const INDENT: &'static str = "  ";

    fn brackets(&self, _kind: &str) -> (String, &'static str) {
        ("{".to_owned(), "}")
    }

    fn list(&self, _kind: &str) -> (String, &'static str, &'static str) {
        ("[".to_owned(), "", "]")
    }

    fn field(&self, kind: &str, field: &Field, nested: &mut Nested<'_>) -> Option<String> {
        let name = match (kind, field.name) {
            ("stream", "sealed") => return None,
            ("bucket", "max_value_size") => "maxValueSize",
            ("bucket", "marker_ttl") => "markerTTL",
            (_, name) => name,
        };
        let value = match &field.value {
            Value::Text(text) => string(text),
            Value::Texts(texts) => {
                format!("[{}]", texts.iter().map(|text| string(text)).collect::<Vec<_>>().join(", "))
            }
            Value::Int(value) => whole_number(*value)?,
            Value::Bool(value) => value.to_string(),
            // Buckets count in milliseconds.
            Value::Nanos(nanos) if kind == "bucket" => {
                (nanos % 1_000_000 == 0).then(|| (nanos / 1_000_000).to_string())?
            }
            Value::Nanos(nanos) => duration(*nanos)?,
            Value::Durations(list) => {
                let list: Option<Vec<String>> = list.iter().map(|nanos| duration(*nanos)).collect();
                format!("[{}]", list?.join(", "))
            }
            Value::Word(_, word) => string(word),
            Value::Time(at) => string(&at.rfc3339()),
            Value::Map(pairs) => {
                // In brackets no name means anything but itself.
                let pairs: Vec<String> =
                    pairs.iter().map(|(key, value)| format!("[{}]: {}", string(key), string(value))).collect();
                format!("{{ {} }}", pairs.join(", "))
            }
            Value::Group(..) | Value::Groups(..) => nested(&field.value),
        };
        Some(format!("{name}: {value}"))
    }
}

/// If a number of JavaScript holds it exactly.
fn whole_number(value: i64) -> Option<String> {
    (value as f64 as i128 == i128::from(value)).then(|| value.to_string())
}

fn duration(nanos: i64) -> Option<String> {
    let millis = nanos / 1_000_000;
    let is_whole = nanos % 1_000_000 == 0 && whole_number(nanos).is_some();
    if is_whole { Some(format!("nanos({millis})")) } else { whole_number(nanos) }
}
