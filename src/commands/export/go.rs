//! As a Go program, with the `jetstream` package of nats.go.
//!
//! Push consumers are made with the older package, the only one of this version that has them. Source: nats.go 1.41.

use super::code::{Dialect, Nested, left_out, literal, pascal, plain, string};
use super::fields::{self, Field, Value};
use super::{Belonging, Belongings, Kind};

const HEAD: &str = "// Go, with github.com/nats-io/nats.go 1.41 or newer. Running it again changes nothing.\n";

pub fn write(belongings: &Belongings) -> String {
    let body: String = belongings.streams.iter().map(stream).collect();
    let mut text =
        format!("// {}, as made in JetStream Lab. Messages stay where they are.\n{HEAD}", belongings.summary());
    text.push_str("package main\n\nimport (\n\t\"context\"\n\t\"log\"\n\t\"os\"\n");
    let needs_moment = body.contains("moment(\"");
    if body.contains("time.") || needs_moment {
        text.push_str("\t\"time\"\n");
    }
    text.push_str("\n\t\"github.com/nats-io/nats.go\"\n\t\"github.com/nats-io/nats.go/jetstream\"\n)\n");
    text.push_str(MAIN);
    if body.contains("legacy.") {
        text.push_str("\tlegacy, err := nc.JetStream()\n\tif err != nil {\n\t\treturn err\n\t}\n");
    }
    text.push_str(&body);
    text.push_str("\treturn nil\n}\n");
    if needs_moment {
        text.push_str(MOMENT);
    }
    text
}

const MAIN: &str = "
func main() {
	url := nats.DefaultURL
	if len(os.Args) > 1 {
		url = os.Args[1]
	}
	nc, err := nats.Connect(url)
	if err != nil {
		log.Fatal(err)
	}
	defer nc.Close()
	if err := create(context.Background(), nc); err != nil {
		log.Fatal(err)
	}
}

func create(ctx context.Context, nc *nats.Conn) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
";

const MOMENT: &str = "
func moment(text string) *time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		log.Fatal(err)
	}
	return &at
}
";

const FAILS: &str = "; err != nil {\n\t\treturn err\n\t}\n";

fn stream(belonging: &Belonging) -> String {
    let name = &belonging.config.name;
    let mut text = String::from("\n");
    text.push_str(&whole(belonging).unwrap_or_else(|| {
        let made = literal(&Go, "stream", &fields::stream(&belonging.config), 1);
        let left = left_out::<Go>(&format!("stream {name}"), &made.unsaid, 1);
        format!("{left}\tif _, err := js.CreateOrUpdateStream(ctx, {}){FAILS}", made.text)
    }));
    for config in &belonging.consumers {
        let what = format!("consumer {name} {}", config.durable_name);
        let kind = if config.is_pull() { "pull" } else { "push" };
        let made = literal(&Go, kind, &fields::consumer(config), 1);
        text.push_str(&left_out::<Go>(&what, &made.unsaid, 1));
        text.push_str(&match config.is_pull() {
            true => {
                format!("\tif _, err := js.CreateOrUpdateConsumer(ctx, {}, {}){FAILS}", string(name), made.text)
            }
            false => format!("\tif _, err := legacy.AddConsumer({}, {}){FAILS}", string(name), made.text),
        });
    }
    for passing in &belonging.passing {
        text.push_str(&format!("\t// left out: consumer {} {}: goes away by itself\n", plain(name), plain(passing)));
    }
    text
}

/// As a bucket or an object store, if the client has a word for all of it.
fn whole(belonging: &Belonging) -> Option<String> {
    let (call, made) = match &belonging.kind {
        Kind::Stream => return None,
        Kind::Bucket(config) => ("KeyValue", literal(&Go, "bucket", &fields::bucket(config), 1)),
        Kind::ObjectStore(config) => ("ObjectStore", literal(&Go, "store", &fields::store(config), 1)),
    };
    made.unsaid.is_empty().then(|| format!("\tif _, err := js.CreateOrUpdate{call}(ctx, {}){FAILS}", made.text))
}

struct Go;

impl Dialect for Go {
    const COMMENT: &'static str = "//";
    const INDENT: &'static str = "\t";

    fn brackets(&self, kind: &str) -> (String, &'static str) {
        let name = match kind {
            "stream" => "jetstream.StreamConfig",
            "pull" => "jetstream.ConsumerConfig",
            "push" => "&nats.ConsumerConfig",
            "bucket" => "jetstream.KeyValueConfig",
            "store" => "jetstream.ObjectStoreConfig",
            "source" => "jetstream.StreamSource",
            "transform" => "jetstream.SubjectTransformConfig",
            "external" => "jetstream.ExternalStream",
            "republish" => "jetstream.RePublish",
            "placement" => "jetstream.Placement",
            _ => "jetstream.StreamConsumerLimits",
        };
        (format!("{name}{{"), "}")
    }

    fn list(&self, kind: &str) -> (String, &'static str, &'static str) {
        match kind {
            "source" => ("[]*jetstream.StreamSource{".to_owned(), "&", "}"),
            _ => ("[]jetstream.SubjectTransformConfig{".to_owned(), "", "}"),
        }
    }

    fn field(&self, kind: &str, field: &Field, nested: &mut Nested<'_>) -> Option<String> {
        let name = field_name(kind, field.name)?;
        let package = if kind == "push" { "nats" } else { "jetstream" };
        let value = match &field.value {
            Value::Text(text) => string(text),
            Value::Texts(texts) => format!("[]string{{{}}}", joined(texts)),
            Value::Int(value) => value.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Nanos(nanos) => duration(*nanos),
            Value::Durations(list) => {
                let list: Vec<String> = list.iter().map(|nanos| duration(*nanos)).collect();
                format!("[]time.Duration{{{}}}", list.join(", "))
            }
            Value::Word(what, word) => format!("{package}.{}", constant(what, word)?),
            Value::Time(at) => format!("moment({})", string(&at.rfc3339())),
            Value::Map(pairs) => {
                let pairs: Vec<String> =
                    pairs.iter().map(|(key, value)| format!("{}: {}", string(key), string(value))).collect();
                format!("map[string]string{{{}}}", pairs.join(", "))
            }
            Value::Group("consumer_limits", _) => nested(&field.value),
            Value::Group(..) => format!("&{}", nested(&field.value)),
            Value::Groups(..) => nested(&field.value),
        };
        Some(format!("{name}: {value}"))
    }
}

fn joined(texts: &[String]) -> String {
    texts.iter().map(|text| string(text)).collect::<Vec<_>>().join(", ")
}

fn field_name(kind: &str, name: &str) -> Option<String> {
    Some(match (kind, name) {
        (
            _,
            "sealed"
            | "preferred"
            | "consumer"
            | "allow_msg_counter"
            | "allow_atomic"
            | "allow_msg_schedules"
            | "persist_mode"
            | "allow_batched"
            | "marker_ttl",
        ) => return None,
        ("bucket", "metadata") => return None,
        ("push", "pause_until" | "priority_policy" | "priority_groups" | "priority_timeout") => return None,
        (_, "num_replicas") => "Replicas".to_owned(),
        (_, "duplicate_window") => "Duplicates".to_owned(),
        (_, "allow_rollup_hdrs") => "AllowRollup".to_owned(),
        (_, "republish") => "RePublish".to_owned(),
        (_, "allow_msg_ttl") => "AllowMsgTTL".to_owned(),
        (_, "subject_delete_marker_ttl") => "SubjectDeleteMarkerTTL".to_owned(),
        (_, "durable_name") => "Durable".to_owned(),
        (_, "backoff") => "BackOff".to_owned(),
        (_, "sample_freq") => "SampleFrequency".to_owned(),
        (_, "rate_limit_bps") => "RateLimit".to_owned(),
        (_, "idle_heartbeat") => "Heartbeat".to_owned(),
        (_, "mem_storage") => "MemoryStorage".to_owned(),
        (_, "priority_timeout") => "PinnedTTL".to_owned(),
        (_, "ttl") => "TTL".to_owned(),
        ("pull" | "push", "max_batch") => "MaxRequestBatch".to_owned(),
        ("pull" | "push", "max_expires") => "MaxRequestExpires".to_owned(),
        ("pull" | "push", "max_bytes") => "MaxRequestMaxBytes".to_owned(),
        (_, "src") => "Source".to_owned(),
        (_, "dest") => "Destination".to_owned(),
        (_, "api") => "APIPrefix".to_owned(),
        (_, "deliver") => "DeliverPrefix".to_owned(),
        _ => pascal(name),
    })
}

fn constant(what: &str, word: &str) -> Option<&'static str> {
    Some(match (what, word) {
        ("retention", "interest") => "InterestPolicy",
        ("retention", "workqueue") => "WorkQueuePolicy",
        ("discard", "new") => "DiscardNew",
        ("storage", "memory") => "MemoryStorage",
        ("compression", "s2") => "S2Compression",
        ("deliver_policy", "all") => "DeliverAllPolicy",
        ("deliver_policy", "last") => "DeliverLastPolicy",
        ("deliver_policy", "new") => "DeliverNewPolicy",
        ("deliver_policy", "by_start_sequence") => "DeliverByStartSequencePolicy",
        ("deliver_policy", "by_start_time") => "DeliverByStartTimePolicy",
        ("deliver_policy", "last_per_subject") => "DeliverLastPerSubjectPolicy",
        ("ack_policy", "none") => "AckNonePolicy",
        ("ack_policy", "all") => "AckAllPolicy",
        ("ack_policy", "explicit") => "AckExplicitPolicy",
        ("replay_policy", "original") => "ReplayOriginalPolicy",
        ("priority_policy", "pinned_client") => "PriorityPolicyPinned",
        ("priority_policy", "overflow") => "PriorityPolicyOverflow",
        _ => return None,
    })
}

fn duration(nanos: i64) -> String {
    let units = [
        (3_600_000_000_000, "Hour"),
        (60_000_000_000, "Minute"),
        (1_000_000_000, "Second"),
        (1_000_000, "Millisecond"),
        (1_000, "Microsecond"),
        (1, "Nanosecond"),
    ];
    let (size, unit) = units.into_iter().find(|(size, _)| nanos % size == 0).unwrap_or((1, "Nanosecond"));
    format!("{} * time.{unit}", nanos / size)
}
