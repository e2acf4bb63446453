//! What a stream may be: defaults, checks and what an update may change.
//!
//! Knows configurations only, those of the other streams included; it changes nothing. The ways in are [`check`] and
//! [`check_update`]. The order of the checks is the server's, because it decides which complaint is heard.
//! Source: nats-server 2.15.1 `server/stream.go`, observed.

use super::sourcing;
use crate::api::stream::{PersistMode, Storage};
use crate::api::{Discard, Error, ErrorCode, Nanos, Retention, StreamConfig};
use crate::subject::transform::Transform;
use crate::subject::{SubjectFilter, is_valid_filter};

const MAX_NAME_BYTES: usize = 255;
const MAX_DESCRIPTION_BYTES: usize = 4096;
const MAX_METADATA_BYTES: usize = 128 * 1024;
const MAX_REPLICAS: i64 = 5;
const DEFAULT_DUPLICATE_WINDOW: Nanos = Nanos(120_000_000_000);
const SHORTEST_DURATION: Nanos = Nanos(100_000_000);
const SHORTEST_MARKER_TTL: Nanos = Nanos(1_000_000_000);
const LEVEL_KEY: &str = "_nats.req.level";

/// Whether a request wants its slips put right or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slips {
    PutRight,
    Refuse,
}

/// The configuration as the server completes it.
///
/// `others` are the streams of the account except the one that is checked.
pub(super) fn check<'a>(
    mut config: StreamConfig,
    slips: Slips,
    others: impl Iterator<Item = &'a StreamConfig> + Clone,
) -> Result<StreamConfig, Error> {
    check_name(&config.name)?;
    check_sizes(&config)?;
    complete_numbers(&mut config, slips)?;
    check_durations(&mut config, slips)?;
    check_features(&mut config, slips)?;
    sourcing::check(&mut config, others.clone())?;
    check_subjects(&mut config)?;
    check_transforms(&mut config, slips)?;
    check_placement(&mut config)?;
    if config.num_replicas > 1 {
        return Err(ErrorCode(10074).error());
    }
    set_level(&mut config);
    Ok(config)
}

/// No other stream listens on a subject of this one.
pub(super) fn check_overlap<'a>(
    config: &StreamConfig,
    others: impl Iterator<Item = &'a StreamConfig>,
) -> Result<(), Error> {
    let own: Vec<SubjectFilter> = filters(&config.subjects);
    for other in others {
        let theirs = filters(&other.subjects);
        if own.iter().any(|filter| theirs.iter().any(|their| filter.collides_with(their))) {
            return Err(ErrorCode::SUBJECTS_OVERLAP.error());
        }
    }
    Ok(())
}

/// A republish without a destination means everything, in an update.
pub(super) fn complete_republish(config: &mut StreamConfig) {
    if let Some(republish) = config.republish.as_mut().filter(|republish| republish.dest.is_empty()) {
        republish.dest = ">".to_owned();
    }
}

/// What `new` (already checked by [`check`]) may not change of `old`.
pub(super) fn check_update(old: &StreamConfig, new: &mut StreamConfig) -> Result<(), Error> {
    if old.storage != new.storage {
        return Err(invalid("stream configuration update can not change storage type"));
    }
    if old.retention != new.retention
        && (old.retention == Retention::WorkQueue || new.retention == Retention::WorkQueue)
    {
        return Err(invalid("stream configuration update can not change retention policy to/from workqueue"));
    }
    let cannot_go = [
        (old.sealed && !new.sealed, "stream configuration update can not unseal a sealed stream"),
        (old.deny_delete && !new.deny_delete, "stream configuration update can not cancel deny message deletes"),
        (old.deny_purge && !new.deny_purge, "stream configuration update can not cancel deny purge"),
        (old.allow_msg_ttl && !new.allow_msg_ttl, "message TTL status can not be disabled"),
        (
            old.allow_msg_counter != new.allow_msg_counter,
            "stream configuration update can not change message counter setting",
        ),
        (old.allow_msg_schedules && !new.allow_msg_schedules, "message schedules can not be disabled"),
        (old.persist_mode != new.persist_mode, "stream configuration update can not change persist mode"),
    ];
    if let Some((_, text)) = cannot_go.iter().find(|(wrong, _)| *wrong) {
        return Err(invalid(text));
    }
    if new.mirror.is_some() && new.mirror != old.mirror {
        return Err(ErrorCode(10055).error());
    }
    if new.sealed {
        seal(new);
    }
    Ok(())
}

fn seal(config: &mut StreamConfig) {
    config.max_age = Nanos::ZERO;
    config.discard = Discard::New;
    config.deny_delete = true;
    config.deny_purge = true;
    config.allow_rollup_hdrs = false;
}

/// Equal apart from what the server itself writes into the metadata.
pub(super) fn is_same(a: &StreamConfig, b: &StreamConfig) -> bool {
    let plain = |config: &StreamConfig| {
        let mut config = config.clone();
        config.metadata.retain(|key, _| !["_nats.ver", "_nats.level", LEVEL_KEY].contains(&key.as_str()));
        config
    };
    plain(a) == plain(b)
}

/// The metadata of answers to CREATE, UPDATE and INFO.
pub(super) fn with_server_metadata(config: &StreamConfig) -> StreamConfig {
    let mut config = config.clone();
    config.metadata.insert("_nats.level".to_owned(), crate::api::API_LEVEL.to_string());
    config.metadata.insert("_nats.ver".to_owned(), crate::api::SERVER_VERSION.to_owned());
    config
}

pub(super) fn invalid(text: &str) -> Error {
    ErrorCode::INVALID_STREAM_CONFIG.with(&[text])
}

fn pedantic(text: &str) -> Error {
    ErrorCode(10157).with(&[text])
}

pub(super) fn filters(subjects: &[String]) -> Vec<SubjectFilter> {
    subjects.iter().filter_map(|subject| SubjectFilter::new(subject).ok()).collect()
}

/// A name of a stream or a consumer can be a token of a subject and a file's name.
pub(super) fn is_valid_name(name: &str) -> bool {
    !name.is_empty() && !name.contains([' ', '\t', '\r', '\n', '\x0c', '.', '*', '>', '\\', '/'])
}

fn check_name(name: &str) -> Result<(), Error> {
    if !is_valid_name(name) {
        return Err(invalid(r"stream name is required and can not contain '.', '*', '>', '\', '/'"));
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(invalid("stream name is too long, maximum allowed is 255"));
    }
    Ok(())
}

fn check_sizes(config: &StreamConfig) -> Result<(), Error> {
    if config.description.len() > MAX_DESCRIPTION_BYTES {
        return Err(invalid("stream description is too long, maximum allowed is 4096"));
    }
    let metadata: usize = config.metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
    if metadata > MAX_METADATA_BYTES {
        return Err(invalid("stream metadata exceeds maximum size of 131072 bytes"));
    }
    Ok(())
}

fn complete_numbers(config: &mut StreamConfig, slips: Slips) -> Result<(), Error> {
    match config.num_replicas {
        0 => config.num_replicas = 1,
        n if n > MAX_REPLICAS => return Err(invalid("maximum replicas is 5")),
        n if n < 0 => return Err(ErrorCode(10133).error()),
        _ => {}
    }
    let mut size = i64::from(config.max_msg_size);
    for (name, limit) in [
        ("max_msgs", &mut config.max_msgs),
        ("max_msgs_per_subject", &mut config.max_msgs_per_subject),
        ("max_bytes", &mut config.max_bytes),
        ("max_msg_size", &mut size),
        ("max_consumers", &mut config.max_consumers),
    ] {
        if *limit < -1 && slips == Slips::Refuse {
            return Err(pedantic(&format!("{name} must be set to -1")));
        }
        if *limit < 1 {
            *limit = -1;
        }
    }
    config.max_msg_size = i32::try_from(size).unwrap_or(-1);
    Ok(())
}

fn check_durations(config: &mut StreamConfig, slips: Slips) -> Result<(), Error> {
    if config.max_age < Nanos::ZERO {
        return Err(invalid("max age can not be negative"));
    }
    if !config.max_age.is_zero() && config.max_age < SHORTEST_DURATION {
        return Err(invalid("max age needs to be >= 100ms"));
    }
    if config.duplicate_window.is_zero() && config.mirror.is_none() && config.sources.is_empty() {
        config.duplicate_window = DEFAULT_DUPLICATE_WINDOW;
        if !config.max_age.is_zero() && config.max_age < DEFAULT_DUPLICATE_WINDOW {
            if slips == Slips::Refuse {
                return Err(pedantic("duplicate window cannot be bigger than max age"));
            }
            config.duplicate_window = config.max_age;
        }
    }
    if config.duplicate_window < Nanos::ZERO {
        return Err(invalid("duplicates window can not be negative"));
    }
    if !config.max_age.is_zero() && config.duplicate_window > config.max_age {
        return Err(invalid("duplicates window can not be larger then max age"));
    }
    if !config.duplicate_window.is_zero() && config.duplicate_window < SHORTEST_DURATION {
        return Err(invalid("duplicates window needs to be >= 100ms"));
    }
    Ok(())
}

fn check_features(config: &mut StreamConfig, slips: Slips) -> Result<(), Error> {
    if config.deny_purge && config.allow_rollup_hdrs {
        return Err(invalid("roll-ups require the purge permission"));
    }
    check_counter(config)?;
    check_discard_new_per_subject(config)?;
    check_markers(config, slips)?;
    check_persist_mode(config)?;
    check_schedules(config, slips)?;
    Ok(())
}

fn check_discard_new_per_subject(config: &StreamConfig) -> Result<(), Error> {
    if !config.discard_new_per_subject {
        return Ok(());
    }
    if config.discard != Discard::New {
        return Err(invalid("discard new per subject requires discard new policy to be set"));
    }
    if config.max_msgs_per_subject <= 0 {
        return Err(invalid("discard new per subject requires max msgs per subject > 0"));
    }
    Ok(())
}

fn check_markers(config: &mut StreamConfig, slips: Slips) -> Result<(), Error> {
    let ttl = config.subject_delete_marker_ttl;
    if ttl.is_zero() {
        return Ok(());
    }
    if ttl < Nanos::ZERO {
        return Err(invalid("subject delete marker TTL must not be negative"));
    }
    if ttl < SHORTEST_MARKER_TTL {
        return Err(invalid("subject delete marker TTL must be at least 1 second"));
    }
    if config.mirror.is_some() {
        return Err(invalid("subject delete markers forbidden on mirrors"));
    }
    if slips == Slips::Refuse && !config.allow_msg_ttl {
        return Err(invalid("subject delete marker cannot be set if message TTLs are disabled"));
    }
    if slips == Slips::Refuse && !config.allow_rollup_hdrs {
        return Err(invalid("subject delete marker cannot be set if roll-ups are disabled"));
    }
    config.allow_msg_ttl = true;
    config.allow_rollup_hdrs = true;
    config.deny_purge = false;
    Ok(())
}

fn check_counter(config: &StreamConfig) -> Result<(), Error> {
    if !config.allow_msg_counter {
        return Ok(());
    }
    let conflicts = [
        (config.discard == Discard::New, "counter stream cannot use discard new"),
        (config.allow_msg_ttl, "counter stream cannot use message TTLs"),
        (config.allow_msg_schedules, "counter stream cannot use message schedules"),
        (config.retention != Retention::Limits, "counter stream can only use limits retention"),
    ];
    conflicts.iter().find(|(conflict, _)| *conflict).map_or(Ok(()), |(_, text)| Err(invalid(text)))
}

fn check_persist_mode(config: &StreamConfig) -> Result<(), Error> {
    if config.persist_mode != PersistMode::Async {
        return Ok(());
    }
    let conflicts = [
        (config.storage != Storage::File, "async persist mode is only supported on file storage"),
        (config.num_replicas > 1, "async persist mode is not supported on replicated streams"),
        (config.allow_atomic, "async persist mode is not supported with atomic batch publish"),
    ];
    conflicts.iter().find(|(conflict, _)| *conflict).map_or(Ok(()), |(_, text)| Err(invalid(text)))
}

fn check_schedules(config: &mut StreamConfig, slips: Slips) -> Result<(), Error> {
    if config.allow_msg_schedules && config.discard == Discard::New {
        return Err(invalid("message scheduling cannot use discard new"));
    }
    if !config.allow_msg_schedules || config.mirror.is_some() || !config.sources.is_empty() {
        return Ok(());
    }
    if slips == Slips::Refuse && !config.allow_rollup_hdrs {
        return Err(invalid("message scheduling cannot be set if roll-ups are disabled"));
    }
    config.allow_rollup_hdrs = true;
    config.deny_purge = false;
    Ok(())
}

fn check_subjects(config: &mut StreamConfig) -> Result<(), Error> {
    if config.mirror.is_some() {
        return Ok(());
    }
    if config.subjects.is_empty() {
        if config.sources.is_empty() {
            config.subjects.push(config.name.clone());
        }
        return Ok(());
    }
    for (index, subject) in config.subjects.iter().enumerate() {
        let filter = valid_filter(subject).ok_or_else(|| invalid("invalid subject"))?;
        check_reserved(&filter, config.no_ack)?;
        let mut later = config.subjects[index + 1..].iter();
        if let Some(other) = later.find(|other| valid_filter(other).is_some_and(|other| filter.collides_with(&other))) {
            return Err(invalid(&format!("subject {subject:?} overlaps with {other:?}")));
        }
    }
    Ok(())
}

/// What JetStream calls a valid subject: like a subscription's, and without blanks.
pub(super) fn valid_filter(subject: &str) -> Option<SubjectFilter> {
    let has_blanks = subject.contains([' ', '\t', '\r', '\n', '\x0c']);
    if has_blanks || !is_valid_filter(subject) { None } else { SubjectFilter::new(subject).ok() }
}

fn check_reserved(filter: &SubjectFilter, no_ack: bool) -> Result<(), Error> {
    if no_ack {
        return Ok(());
    }
    if filter.as_str() == ">" {
        return Err(invalid("capturing all subjects requires no-ack to be true"));
    }
    let overlaps = |reserved: &[&str], allowed: &str| {
        let inside = SubjectFilter::new(allowed).is_ok_and(|allowed| filter.is_subset_of(&allowed));
        !inside && reserved.iter().any(|text| SubjectFilter::new(text).is_ok_and(|r| filter.collides_with(&r)))
    };
    if overlaps(&["$JS.>", "$JSC.>", "$NRG.>"], "$JS.EVENT.>") {
        return Err(invalid("subjects that overlap with jetstream api require no-ack to be true"));
    }
    if overlaps(&["$SYS.>"], "$SYS.ACCOUNT.>") {
        return Err(invalid("subjects that overlap with system api require no-ack to be true"));
    }
    Ok(())
}

fn check_transforms(config: &mut StreamConfig, slips: Slips) -> Result<(), Error> {
    if let Some(transform) = &config.subject_transform {
        if !transform.src.is_empty() && valid_filter(&transform.src).is_none() {
            return Err(ErrorCode(10155).with(&[&format!("invalid subject {}", transform.src)]));
        }
        Transform::new(&transform.src, &transform.dest)
            .map_err(|error| ErrorCode(10156).with(&[&error.to_string()]))?;
    }
    check_republish(config, slips)
}

fn check_republish(config: &mut StreamConfig, slips: Slips) -> Result<(), Error> {
    let implied = config.subject_transform.clone();
    let own = filters(&config.subjects);
    let Some(republish) = &mut config.republish else { return Ok(()) };
    if republish.src.is_empty() {
        if slips == Slips::Refuse {
            return Err(pedantic("republish source can not be empty"));
        }
        republish.src = ">".to_owned();
    }
    // Everything to everywhere would come straight back; with a transform it means "under the new subjects".
    if let Some(transform) = implied.filter(|_| republish.src == ">" && republish.dest == ">")
        && own.len() == 1
        && own[0].as_str() == transform.src
    {
        if slips == Slips::Refuse {
            return Err(pedantic("implicit republish based on subject transform"));
        }
        republish.src = transform.dest.clone();
        republish.dest = transform.dest;
    }
    let destination = valid_filter(&republish.dest);
    if destination.as_ref().is_some_and(|dest| own.iter().any(|filter| dest.collides_with(filter))) {
        return Err(invalid("stream configuration for republish destination forms a cycle"));
    }
    if Transform::new(&republish.src, &republish.dest).is_err() {
        let (src, dest) = (&republish.src, &republish.dest);
        let text = format!("stream configuration for republish with transform from '{src}' to '{dest}' not valid");
        return Err(invalid(&text));
    }
    Ok(())
}

fn check_placement(config: &mut StreamConfig) -> Result<(), Error> {
    if config.placement.as_ref().is_some_and(|placement| !placement.preferred.is_empty()) {
        return Err(invalid("preferred server not permitted in placement"));
    }
    config.placement = config.placement.take().filter(|p| !p.cluster.is_empty() || !p.tags.is_empty());
    Ok(())
}

fn set_level(config: &mut StreamConfig) {
    let is_async = config.persist_mode == PersistMode::Async;
    let level = match () {
        () if config.allow_batched => 4,
        () if config.allow_msg_counter || config.allow_atomic || config.allow_msg_schedules || is_async => 2,
        () if config.allow_msg_ttl || !config.subject_delete_marker_ttl.is_zero() => 1,
        () => 0,
    };
    config.metadata.retain(|key, _| key != "_nats.ver" && key != "_nats.level");
    config.metadata.insert(LEVEL_KEY.to_owned(), level.to_string());
}
