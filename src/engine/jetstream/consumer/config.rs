//! What a consumer's configuration becomes on its way in: defaults, and what an update may change.
//!
//! Which values are refused is in `checks.rs`. The ways in are [`complete`] and [`check_update`].
//! Source: nats-server 2.15.1 `server/consumer.go`, `setConsumerConfigDefaults` and `updateConfig`, observed.

use crate::api::{AckPolicy, ConsumerConfig, Error, ErrorCode, Nanos, PriorityPolicy, StreamConfig};
use crate::map::Map;

const ACK_WAIT: Nanos = Nanos(30_000_000_000);
const MAX_WAITING: i64 = 512;
const MAX_ACK_PENDING: i64 = 1_000;
const PIN_TIMEOUT: Nanos = Nanos(120_000_000_000);
const FLOW_CONTROL_HEARTBEAT: Nanos = Nanos(1_000_000_000);

const REQUIRED_LEVEL: &str = "_nats.req.level";
const SERVER_VERSION: &str = "_nats.ver";
const SERVER_LEVEL: &str = "_nats.level";

/// Fills in what was left out and repairs what is merely odd. The order decides which complaint is heard.
///
/// Errors: 10157 for a repair when the request is `pedantic`.
pub(super) fn complete(config: &mut ConsumerConfig, stream: &StreamConfig, pedantic: bool) -> Result<(), Error> {
    let complain = |text: &str| if pedantic { Err(ErrorCode(10157).with(&[text])) } else { Ok(()) };
    repair_negatives(config, &complain)?;
    let waits_for_answers = matches!(config.ack_policy, AckPolicy::Explicit | AckPolicy::All);
    if config.ack_wait.is_zero() && waits_for_answers {
        config.ack_wait = ACK_WAIT;
    }
    if let Some(&first) = config.backoff.as_deref().and_then(|backoff| backoff.first()) {
        if config.ack_wait != first {
            complain("first backoff value has to equal batch AckWait")?;
        }
        config.ack_wait = first;
    }
    take_over_limits(config, stream, &complain)?;
    if config.max_ack_pending == 0 && config.ack_policy != AckPolicy::None {
        config.max_ack_pending = MAX_ACK_PENDING;
    }
    if config.is_pull() && config.max_waiting == 0 {
        config.max_waiting = MAX_WAITING;
    }
    if config.priority_policy == PriorityPolicy::PinnedClient && config.priority_timeout.is_zero() {
        config.priority_timeout = PIN_TIMEOUT;
    }
    if config.ack_policy == AckPolicy::FlowControl && !pedantic {
        config.flow_control = true;
        config.idle_heartbeat = FLOW_CONTROL_HEARTBEAT;
    }
    Ok(())
}

fn repair_negatives(config: &mut ConsumerConfig, complain: &impl Fn(&str) -> Result<(), Error>) -> Result<(), Error> {
    if config.max_deliver < -1 {
        complain("max_deliver must be set to -1")?;
    }
    if config.max_deliver <= 0 {
        config.max_deliver = -1;
    }
    if config.max_waiting < 0 {
        complain("max_waiting must not be negative")?;
        config.max_waiting = 0;
    }
    if config.max_ack_pending < -1 {
        complain("max_ack_pending must be set to -1")?;
        config.max_ack_pending = -1;
    }
    for (value, name) in [
        (&mut config.max_batch, "max_batch"),
        (&mut config.max_expires.0, "max_expires"),
        (&mut config.max_bytes, "max_bytes"),
        (&mut config.idle_heartbeat.0, "idle_heartbeat"),
        (&mut config.inactive_threshold.0, "inactive_threshold"),
        (&mut config.priority_timeout.0, "priority_timeout"),
    ] {
        if *value < 0 {
            complain(&format!("{name} must not be negative"))?;
            *value = 0;
        }
    }
    Ok(())
}

/// What the stream says of all its consumers.
fn take_over_limits(
    config: &mut ConsumerConfig,
    stream: &StreamConfig,
    complain: &impl Fn(&str) -> Result<(), Error>,
) -> Result<(), Error> {
    let limits = &stream.consumer_limits;
    if config.max_ack_pending == 0 && limits.max_ack_pending > 0 {
        complain("max_ack_pending must be set if it's configured in stream limits")?;
        config.max_ack_pending = limits.max_ack_pending;
    }
    if config.inactive_threshold.is_zero() && limits.inactive_threshold.0 > 0 {
        complain("inactive_threshold must be set if it's configured in stream limits")?;
        config.inactive_threshold = limits.inactive_threshold;
    }
    Ok(())
}

/// Replaces the server's own metadata: what is stored says only which API level the configuration needs.
pub(super) fn stamp(config: &mut ConsumerConfig) {
    for key in [REQUIRED_LEVEL, SERVER_VERSION, SERVER_LEVEL] {
        config.metadata.remove(key);
    }
    config.metadata.insert(REQUIRED_LEVEL.to_owned(), required_level(config).to_owned());
}

fn required_level(config: &ConsumerConfig) -> &'static str {
    let has_priorities = config.priority_policy != PriorityPolicy::None
        || config.priority_groups.as_ref().is_some_and(|groups| !groups.is_empty())
        || !config.priority_timeout.is_zero();
    match () {
        _ if config.ack_policy == AckPolicy::FlowControl => "4",
        _ if config.pause_until.is_some() || has_priorities => "1",
        _ => "0",
    }
}

/// What CREATE and INFO show on top of the stored metadata.
pub(super) fn show_version(metadata: &mut Map<String, String>) {
    metadata.insert(SERVER_VERSION.to_owned(), crate::api::SERVER_VERSION.to_owned());
    metadata.insert(SERVER_LEVEL.to_owned(), crate::api::API_LEVEL.to_string());
}

/// Whether a create asks for exactly what there is.
pub(super) fn is_same(stored: &ConsumerConfig, wanted: &ConsumerConfig) -> bool {
    let mut wanted = wanted.clone();
    stamp(&mut wanted);
    let level = stored.metadata.get(REQUIRED_LEVEL).cloned().unwrap_or_default();
    wanted.metadata.insert(REQUIRED_LEVEL.to_owned(), level);
    wanted == *stored
}

/// Errors: 10012 naming what can not be changed, 10013 for a deliver subject somebody listens on.
pub(super) fn check_update(old: &ConsumerConfig, new: &ConsumerConfig, is_bound: bool) -> Result<(), Error> {
    let fixed = [
        (old.deliver_policy == new.deliver_policy, "deliver policy can not be updated"),
        (old.mem_storage == new.mem_storage, "storage type can not be updated"),
        (old.direct == new.direct, "direct can not be updated"),
        (old.sourcing == new.sourcing, "sourcing can not be updated"),
        (old.opt_start_seq == new.opt_start_seq, "start sequence can not be updated"),
        (old.opt_start_time == new.opt_start_time, "start time can not be updated"),
        (old.ack_policy == new.ack_policy, "ack policy can not be updated"),
        (old.replay_policy == new.replay_policy, "replay policy can not be updated"),
        (old.idle_heartbeat == new.idle_heartbeat, "heart beats can not be updated"),
        (old.flow_control == new.flow_control, "flow control can not be updated"),
        (!old.is_pull() || new.is_pull(), "can not update pull consumer to push based"),
        (old.is_pull() || !new.is_pull(), "can not update push consumer to pull based"),
    ];
    for (is_kept, complaint) in fixed {
        if !is_kept {
            return Err(ErrorCode(10012).with(&[complaint]));
        }
    }
    if old.deliver_subject != new.deliver_subject && is_bound {
        return Err(ErrorCode(10013).error());
    }
    if old.max_waiting != new.max_waiting {
        return Err(ErrorCode(10012).with(&["max waiting can not be updated"]));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(config: ConsumerConfig) -> ConsumerConfig {
        let mut config = config;
        complete(&mut config, &StreamConfig::default(), false).unwrap();
        config
    }

    #[test]
    fn defaults_of_an_explicit_pull_consumer() {
        let config = completed(ConsumerConfig { ack_policy: AckPolicy::Explicit, ..ConsumerConfig::default() });
        assert_eq!((config.ack_wait, config.max_deliver), (ACK_WAIT, -1));
        assert_eq!((config.max_waiting, config.max_ack_pending), (512, 1000));
    }

    #[test]
    fn defaults_without_acks() {
        let config = completed(ConsumerConfig::default());
        assert_eq!((config.ack_wait, config.max_ack_pending), (Nanos::ZERO, 0));
    }

    #[test]
    fn pedantic_requests_are_not_repaired() {
        let mut config = ConsumerConfig { max_batch: -1, ..ConsumerConfig::default() };
        let error = complete(&mut config, &StreamConfig::default(), true).unwrap_err();
        assert_eq!(error.to_string(), "pedantic mode: max_batch must not be negative (10157)");
    }

    #[test]
    fn explicit_defaults_equal_absent_ones() {
        let mut stored = completed(ConsumerConfig { ack_policy: AckPolicy::Explicit, ..ConsumerConfig::default() });
        stamp(&mut stored);
        let wanted = completed(ConsumerConfig {
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            max_deliver: -1,
            max_waiting: 512,
            ..ConsumerConfig::default()
        });
        assert!(is_same(&stored, &wanted));
        assert!(!is_same(&stored, &ConsumerConfig { backoff: Some(Vec::new()), ..wanted }));
    }
}
