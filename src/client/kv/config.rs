//! A bucket's configuration, and the stream it stands for.

use super::{Error, STREAM_PREFIX, stream_name};
use crate::api::stream::Compression;
use crate::api::{Discard, Nanos, Placement, Republish, Storage, StreamConfig, StreamSource, SubjectTransform};
use crate::map::Map;
use std::time::Duration;

/// Revisions a bucket can keep of each key.
pub const HISTORY_MAX: u8 = 64;
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketConfig {
    pub bucket: String,
    pub description: String,
    /// Revisions kept of each key, 1 to [`HISTORY_MAX`].
    pub history: u8,
    /// How long a value lives.
    pub ttl: Option<Nanos>,
    /// Lets values have a life of their own, and leaves a marker for so long where one ended.
    pub marker_ttl: Option<Nanos>,
    pub max_value_bytes: Option<u32>,
    pub max_bytes: Option<u64>,
    pub storage: Storage,
    pub replicas: u32,
    pub compression: bool,
    pub placement: Option<Placement>,
    pub republish: Option<Republish>,
    /// Named by bucket or by stream.
    pub mirror: Option<StreamSource>,
    pub sources: Vec<StreamSource>,
    pub metadata: Map<String, String>,
}

impl BucketConfig {
    pub fn new(bucket: &str) -> BucketConfig {
        BucketConfig {
            bucket: bucket.to_owned(),
            description: String::new(),
            history: 1,
            ttl: None,
            marker_ttl: None,
            max_value_bytes: None,
            max_bytes: None,
            storage: Storage::File,
            replicas: 1,
            compression: false,
            placement: None,
            republish: None,
            mirror: None,
            sources: Vec::new(),
            metadata: Map::new(),
        }
    }

    /// The stream as nats.go asks for it.
    pub fn stream_config(&self) -> Result<StreamConfig, Error> {
        check_bucket_name(&self.bucket)?;
        if self.history > HISTORY_MAX {
            return Err(Error::HistoryTooLarge);
        }
        let lives = self.ttl.and_then(Nanos::duration);
        let window = lives.unwrap_or(DUPLICATE_WINDOW).min(DUPLICATE_WINDOW);
        let mut config = StreamConfig {
            name: stream_name(&self.bucket),
            description: self.description.clone(),
            max_msgs_per_subject: self.history.max(1).into(),
            max_bytes: self.max_bytes.map_or(-1, |max| i64::try_from(max).unwrap_or(i64::MAX)),
            max_msg_size: self.max_value_bytes.map_or(-1, |max| i32::try_from(max).unwrap_or(i32::MAX)),
            max_age: self.ttl.unwrap_or_default(),
            duplicate_window: window.into(),
            discard: Discard::New,
            storage: self.storage,
            num_replicas: self.replicas.max(1).into(),
            compression: if self.compression { Compression::S2 } else { Compression::None },
            placement: self.placement.clone(),
            republish: self.republish.clone(),
            allow_rollup_hdrs: true,
            deny_delete: true,
            allow_direct: true,
            metadata: self.metadata.clone(),
            ..StreamConfig::default()
        };
        if let Some(marker_ttl) = self.marker_ttl {
            config.allow_msg_ttl = true;
            config.subject_delete_marker_ttl = marker_ttl;
        }
        self.set_origin(&mut config);
        Ok(config)
    }

    fn set_origin(&self, config: &mut StreamConfig) {
        if let Some(mirror) = &self.mirror {
            config.mirror = Some(StreamSource { name: prefixed(&mirror.name), ..mirror.clone() });
            config.mirror_direct = true;
            return;
        }
        config.subjects = vec![format!("$KV.{}.>", self.bucket)];
        config.sources = self.sources.iter().map(|source| self.source(source)).collect();
    }

    /// A source's keys are moved into this bucket, unless the user said where to.
    fn source(&self, source: &StreamSource) -> StreamSource {
        let mut source = StreamSource { name: prefixed(&source.name), ..source.clone() };
        let origin = source.name.trim_start_matches(STREAM_PREFIX);
        if source.subject_transforms.is_empty() && origin != self.bucket {
            let transform = SubjectTransform { src: format!("$KV.{origin}.>"), dest: format!("$KV.{}.>", self.bucket) };
            source.subject_transforms = vec![transform];
        }
        source
    }
}

fn prefixed(name: &str) -> String {
    if name.starts_with(STREAM_PREFIX) { name.to_owned() } else { stream_name(name) }
}

pub(super) fn check_bucket_name(bucket: &str) -> Result<(), Error> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !bucket.is_empty() && bucket.chars().all(is_good) { Ok(()) } else { Err(Error::InvalidBucketName) }
}

/// As nats.go: empty tokens inside are left to the server, which has no subject for them.
pub(super) fn check_key(key: &str) -> Result<(), Error> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '_' | '=' | '.');
    if key.chars().all(is_good) && has_ends(key) { Ok(()) } else { Err(Error::InvalidKey) }
}

/// A key, or a pattern of keys.
pub(super) fn check_key_filter(filter: &str) -> Result<(), Error> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '_' | '=' | '.' | '*');
    let stem = filter.strip_suffix('>').unwrap_or(filter);
    if stem.chars().all(is_good) && has_ends(filter) { Ok(()) } else { Err(Error::InvalidKeyFilter) }
}

fn has_ends(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('.') && !text.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_the_stream_official_clients_make() {
        let config = BucketConfig { history: 5, ..BucketConfig::new("C") }.stream_config().expect("a good name");
        let expected = StreamConfig {
            name: "KV_C".into(),
            subjects: vec!["$KV.C.>".into()],
            max_msgs_per_subject: 5,
            discard: Discard::New,
            num_replicas: 1,
            duplicate_window: DUPLICATE_WINDOW.into(),
            deny_delete: true,
            allow_rollup_hdrs: true,
            allow_direct: true,
            ..StreamConfig::default()
        };
        assert_eq!(config, expected);
        let short = BucketConfig { ttl: Some(Duration::from_secs(30).into()), ..BucketConfig::new("C") };
        let short = short.stream_config().expect("a good name");
        assert_eq!((short.max_age, short.duplicate_window), (short.duplicate_window, short.max_age));
    }

    #[test]
    fn sources_and_mirrors_are_buckets_too() {
        let source = StreamSource { name: "A".into(), ..Default::default() };
        let config = BucketConfig { sources: vec![source.clone()], ..BucketConfig::new("B") };
        let config = config.stream_config().expect("a good name");
        assert_eq!(config.sources[0].name, "KV_A");
        assert_eq!(config.sources[0].subject_transforms[0].dest, "$KV.B.>");
        let config = BucketConfig { mirror: Some(source), ..BucketConfig::new("B") };
        let config = config.stream_config().expect("a good name");
        assert_eq!((config.subjects.len(), config.mirror_direct), (0, true));
    }

    #[test]
    fn names_and_keys_are_checked() {
        for bucket in ["", "a b", "a.b", "ä", "*"] {
            assert_eq!(check_bucket_name(bucket), Err(Error::InvalidBucketName), "{bucket:?}");
        }
        for key in ["a", "a.b", "a/b=c-d_e", "a..b"] {
            assert_eq!(check_key(key), Ok(()));
        }
        for key in ["", ".a", "a.", "a b", "a.*", "a.>", "ä"] {
            assert_eq!(check_key(key), Err(Error::InvalidKey), "{key:?}");
        }
        for filter in ["a", ">", "a.>", "*.b", "a..b"] {
            assert_eq!(check_key_filter(filter), Ok(()));
        }
        for filter in ["", ".a", ">.a", "a b"] {
            assert_eq!(check_key_filter(filter), Err(Error::InvalidKeyFilter), "{filter:?}");
        }
    }
}
