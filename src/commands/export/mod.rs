//! What is on a server, written down so that it can be made again elsewhere: as `nats` commands, or as a program.
//!
//! Configurations only; messages stay where they are. [`Belongings`] is what was found (with [`Belongings::collect`], or by
//! whoever holds the server), [`write`] makes a text of it. Every text makes the same things however often it runs. It
//! knows no terminal and no engine. What a language's official client has no word for is said in a comment of the form
//! `left out: stream NAME: FIELD`; [`tests`](../../../tests/export.rs) and the programs of `tests/clients/exported` read
//! those. Source: natscli 0.4; the fields of nats.go 1.41, async-nats 0.51, `@nats-io/*` 3.4 and nats-py 2.16.

mod code;
mod fields;
mod go;
mod javascript;
mod python;
mod rust;
mod script;

use crate::api::stream::Compression;
use crate::api::{ConsumerConfig, Nanos, StreamConfig, StreamSource};
use crate::client::Error;
use crate::client::jetstream::JetStream;
use crate::client::kv::{BucketConfig, STREAM_PREFIX as BUCKET_PREFIX};
use crate::client::object_store::{ObjectStoreConfig, STREAM_PREFIX as STORE_PREFIX};
use crate::commands::stream::information::is_reserved;
use crate::map::Set;
use crate::sorted;

/// What the text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Nats,
    Go,
    Rust,
    JavaScript,
    Python,
}

impl Language {
    /// Each with the word that chooses it, its name, and the file it is kept in.
    pub const ALL: &[(&str, Language, &str, &str)] = &[
        ("nats", Language::Nats, "nats script", "playground.sh"),
        ("go", Language::Go, "Go", "main.go"),
        ("rust", Language::Rust, "Rust", "main.rs"),
        ("js", Language::JavaScript, "JavaScript", "playground.mjs"),
        ("python", Language::Python, "Python", "playground.py"),
    ];

    pub fn parse(word: &str) -> Option<Language> {
        Language::ALL.iter().find(|(known, ..)| *known == word).map(|(_, language, ..)| *language)
    }

    pub fn file(self) -> &'static str {
        Language::ALL.iter().find(|(_, language, ..)| *language == self).map_or("playground", |(.., file)| file)
    }
}

/// Streams with their consumers, in an order in which they can be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Belongings {
    streams: Vec<Belonging>,
}

/// A stream and what stands on it.
#[derive(Clone, Debug, PartialEq)]
struct Belonging {
    config: StreamConfig,
    kind: Kind,
    /// Those that stay.
    consumers: Vec<ConsumerConfig>,
    /// The names of consumers that go away by themselves.
    passing: Vec<String>,
}

/// What a stream is for its users.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Stream,
    Bucket(Box<BucketConfig>),
    ObjectStore(ObjectStoreConfig),
}

impl Belongings {
    /// Asks the server for everything there is.
    pub async fn collect(jetstream: &JetStream) -> Result<Belongings, Error> {
        let mut found = Vec::new();
        for stream in jetstream.streams().await? {
            let consumers = jetstream.consumers(&stream.config.name).await?;
            found.push((stream.config, consumers.into_iter().map(|info| info.config).collect()));
        }
        Ok(Belongings::new(found))
    }

    /// Streams come after those they copy from, consumers by name.
    pub fn new(found: Vec<(StreamConfig, Vec<ConsumerConfig>)>) -> Belongings {
        let mut streams: Vec<Belonging> = found.into_iter().map(Belonging::new).collect();
        sorted::by(&mut streams, |a, b| a.config.name.cmp(&b.config.name));
        let mut ordered: Vec<Belonging> = Vec::new();
        let mut there: Set<String> = Set::new();
        while !streams.is_empty() {
            let is_ready = |stream: &Belonging| {
                let mut origins = stream.config.mirror.iter().chain(&stream.config.sources);
                origins.all(|origin| {
                    there.contains(&origin.name) || !streams.iter().any(|other| other.config.name == origin.name)
                })
            };
            // Streams that copy from one another in a circle are made by name.
            let next = streams.iter().position(is_ready).unwrap_or(0);
            there.insert(streams[next].config.name.clone());
            ordered.push(streams.remove(next));
        }
        Belongings { streams: ordered }
    }

    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Two streams, three consumers, one bucket.
    pub fn summary(&self) -> String {
        let of_kind = |is: fn(&Kind) -> bool| self.streams.iter().filter(|stream| is(&stream.kind)).count();
        let consumers = self.streams.iter().map(|stream| stream.consumers.len()).sum();
        let counts = [
            (of_kind(|kind| matches!(kind, Kind::Stream)), "stream"),
            (consumers, "consumer"),
            (of_kind(|kind| matches!(kind, Kind::Bucket(_))), "key-value bucket"),
            (of_kind(|kind| matches!(kind, Kind::ObjectStore(_))), "object store"),
        ];
        let counted = counts.into_iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> =
            counted.map(|(count, what)| format!("{count} {what}{}", if count == 1 { "" } else { "s" })).collect();
        if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
    }
}

impl Belonging {
    fn new((mut config, consumers): (StreamConfig, Vec<ConsumerConfig>)) -> Belonging {
        config.metadata.retain(|key, _| !is_reserved(key));
        let kind = Kind::of(&config);
        let (mut staying, passing): (Vec<_>, Vec<_>) = consumers.into_iter().partition(ConsumerConfig::is_durable);
        staying.iter_mut().for_each(|consumer| consumer.metadata.retain(|key, _| !is_reserved(key)));
        sorted::by(&mut staying, |a, b| a.durable_name.cmp(&b.durable_name));
        let mut passing: Vec<String> = passing.into_iter().map(|consumer| consumer.name).collect();
        sorted::all(&mut passing);
        Belonging { config, kind, consumers: staying, passing }
    }
}

impl Kind {
    /// A bucket is one only if making the bucket again gives exactly this stream.
    fn of(config: &StreamConfig) -> Kind {
        let again = |made: StreamConfig| normal(made) == normal(config.clone());
        if let Some(bucket) = bucket_of(config)
            && bucket.stream_config().is_ok_and(again)
        {
            return Kind::Bucket(Box::new(bucket));
        }
        match store_of(config) {
            Some(store) if store.stream_config().is_ok_and(again) => Kind::ObjectStore(store),
            _ => Kind::Stream,
        }
    }
}

/// What the server makes of it.
fn normal(mut config: StreamConfig) -> StreamConfig {
    config.num_replicas = config.num_replicas.max(1);
    if config.mirror.is_some() {
        config.duplicate_window = Default::default();
    } else if config.duplicate_window.is_zero() {
        config.duplicate_window = fields::default_window(&config);
    }
    config
}

fn bucket_of(config: &StreamConfig) -> Option<BucketConfig> {
    let by_name = |source: &StreamSource| StreamSource { name: source.name.clone(), ..StreamSource::default() };
    Some(BucketConfig {
        description: config.description.clone(),
        history: u8::try_from(config.max_msgs_per_subject).ok()?,
        ttl: is_set(config.max_age),
        marker_ttl: is_set(config.subject_delete_marker_ttl),
        max_value_bytes: u32::try_from(config.max_msg_size).ok(),
        max_bytes: u64::try_from(config.max_bytes).ok(),
        storage: config.storage,
        replicas: u32::try_from(config.num_replicas).ok()?,
        compression: config.compression == Compression::S2,
        placement: config.placement.clone(),
        republish: config.republish.clone(),
        mirror: config.mirror.as_ref().map(by_name),
        sources: config.sources.iter().map(by_name).collect(),
        metadata: config.metadata.clone(),
        ..BucketConfig::new(config.name.strip_prefix(BUCKET_PREFIX)?)
    })
}

fn is_set(nanos: Nanos) -> Option<Nanos> {
    Some(nanos).filter(|nanos| nanos.0 > 0)
}

fn store_of(config: &StreamConfig) -> Option<ObjectStoreConfig> {
    Some(ObjectStoreConfig {
        description: config.description.clone(),
        ttl: is_set(config.max_age),
        max_bytes: u64::try_from(config.max_bytes).ok(),
        storage: config.storage,
        replicas: u32::try_from(config.num_replicas).ok()?,
        compression: config.compression == Compression::S2,
        placement: config.placement.clone(),
        metadata: config.metadata.clone(),
        ..ObjectStoreConfig::new(config.name.strip_prefix(STORE_PREFIX)?)
    })
}

/// The whole text.
pub fn write(belongings: &Belongings, language: Language) -> String {
    match language {
        Language::Nats => script::write(belongings),
        Language::Go => go::write(belongings),
        Language::Rust => rust::write(belongings),
        Language::JavaScript => javascript::write(belongings),
        Language::Python => python::write(belongings),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(name: &str, origins: &[&str]) -> (StreamConfig, Vec<ConsumerConfig>) {
        let source = |name: &&str| StreamSource { name: (*name).to_owned(), ..StreamSource::default() };
        let sources = origins.iter().map(source).collect();
        (StreamConfig { name: name.to_owned(), sources, ..StreamConfig::default() }, Vec::new())
    }

    #[test]
    fn copies_come_after_what_they_copy() {
        let names = |belongings: Belongings| -> Vec<String> {
            belongings.streams.into_iter().map(|stream| stream.config.name).collect()
        };
        let found = vec![stream("A", &["C"]), stream("B", &["A", "ELSEWHERE"]), stream("C", &[])];
        assert_eq!(names(Belongings::new(found)), ["C", "A", "B"]);
        let circle = vec![stream("B", &["A"]), stream("A", &["B"])];
        assert_eq!(names(Belongings::new(circle)), ["A", "B"]);
    }

    #[test]
    fn a_bucket_that_was_bent_is_a_stream() {
        let config = BucketConfig { history: 3, ..BucketConfig::new("b") }.stream_config().expect("a good name");
        assert!(matches!(Kind::of(&config), Kind::Bucket(_)));
        assert_eq!(Kind::of(&StreamConfig { deny_delete: false, ..config.clone() }), Kind::Stream);
        assert_eq!(Kind::of(&StreamConfig { name: "KW_b".into(), ..config }), Kind::Stream);
        let config = ObjectStoreConfig::new("o").stream_config().expect("a good name");
        assert!(matches!(Kind::of(&config), Kind::ObjectStore(_)));
    }

    #[test]
    fn a_summary_counts_what_there_is() {
        assert_eq!(Belongings::default().summary(), "nothing");
        let belongings = Belongings::new(vec![stream("A", &[]), stream("B", &[])]);
        assert_eq!(belongings.summary(), "2 streams");
    }
}
