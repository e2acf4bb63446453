//! Which configurations are refused, in the server's order and with its words.
//!
//! Knows the consumer's configuration and its stream's; never what exists already. The way in is [`check`].
//! Source: nats-server 2.15.1 `server/consumer.go`, `checkConsumerCfg`, observed.

use crate::api::{
    AckPolicy, ConsumerConfig, DeliverPolicy, Error, ErrorCode, Nanos, PriorityPolicy, Retention, StreamConfig,
};
use crate::map::Map;
use crate::subject::{SubjectFilter, is_literal, is_valid_filter};
use crate::time::format_go_duration;

const MAX_DESCRIPTION_BYTES: usize = 4096;
const MAX_METADATA_BYTES: usize = 128 * 1024;
pub(super) const MAX_NAME_BYTES: usize = 255;
const SHORTEST_HEARTBEAT: Nanos = Nanos(100_000_000);
const SHORTEST_EXPIRES: Nanos = Nanos(1_000_000);
const FLOW_CONTROL_HEARTBEAT: Nanos = Nanos(1_000_000_000);
const MAX_GROUP_NAME_BYTES: usize = 16;

type Checked = Result<(), Error>;

/// Checks a completed configuration. Errors: the first thing wrong with it.
pub(super) fn check(config: &ConsumerConfig, stream: &StreamConfig) -> Checked {
    check_names(config)?;
    check_numbers(config)?;
    if config.ack_policy == AckPolicy::FlowControl {
        check_flow_control_acks(config)?;
    }
    let steps = config.backoff.as_ref().map_or(0, Vec::len);
    if steps > 0 && config.max_deliver != -1 && config.max_deliver < i64::try_from(steps).unwrap_or(i64::MAX) {
        return refuse(10116);
    }
    if config.description.len() > MAX_DESCRIPTION_BYTES {
        return Err(ErrorCode(10107).with(&[&MAX_DESCRIPTION_BYTES.to_string()]));
    }
    if config.is_pull() {
        check_pull(config, stream)?
    } else {
        check_push(config, stream)?
    }
    check_stream_limits(config, stream)?;
    if config.direct && config.is_pull() {
        return refuse(10090);
    }
    if config.direct && config.is_durable() {
        return refuse(10091);
    }
    check_filters(config)?;
    check_start(config)?;
    check_sampling(&config.sample_frequency)?;
    if config.flow_control && config.idle_heartbeat.is_zero() {
        return refuse(10108);
    }
    if metadata_bytes(&config.metadata) > MAX_METADATA_BYTES {
        return Err(ErrorCode(10135).with(&["128KB"]));
    }
    check_priorities(config)
}

fn refuse(code: u16) -> Checked {
    Err(ErrorCode(code).error())
}

fn refuse_with(code: u16, text: &str) -> Checked {
    Err(ErrorCode(code).with(&[text]))
}

fn check_names(config: &ConsumerConfig) -> Checked {
    if !is_name(&config.durable_name) {
        return refuse_with(10052, r"consumer durable name can not contain '.', '*', '>', '\', '/'");
    }
    if !is_name(&config.name) {
        return refuse_with(10052, r"consumer name can not contain '.', '*', '>', '\', '/'");
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    !name.contains([' ', '\t', '\r', '\n', '\x0c', '.', '*', '>', '\\', '/'])
}

fn check_numbers(config: &ConsumerConfig) -> Checked {
    match config {
        _ if config.num_replicas < 0 => refuse(10133),
        _ if config.num_replicas > 1 => refuse(10126),
        _ if config.backoff.iter().flatten().any(|step| step.0 < 0) => refuse(10184),
        _ if config.ack_wait.0 < 0 => refuse(10183),
        _ => Ok(()),
    }
}

fn check_flow_control_acks(config: &ConsumerConfig) -> Checked {
    match config {
        _ if config.is_pull() => refuse(10218),
        _ if !config.flow_control => refuse(10219),
        _ if config.idle_heartbeat != FLOW_CONTROL_HEARTBEAT => {
            refuse_with(10052, "flow control ack policy heartbeat needs to be 1s")
        }
        _ if config.max_ack_pending <= 0 => refuse(10220),
        _ if !config.ack_wait.is_zero() => refuse(10221),
        _ if config.max_deliver > 0 => refuse(10222),
        _ => Ok(()),
    }
}

fn check_push(config: &ConsumerConfig, stream: &StreamConfig) -> Checked {
    let subject = &config.deliver_subject;
    match config {
        _ if !is_valid_filter(subject) || subject.contains([' ', '\t', '\r', '\n', '\x0c']) => refuse(10112),
        _ if !is_literal(subject) => refuse(10079),
        _ if forms_a_cycle(subject, stream) => refuse(10081),
        _ if config.max_waiting != 0 => refuse(10080),
        _ if config.ack_policy == AckPolicy::None && config.max_ack_pending > 0 => refuse(10082),
        _ if config.idle_heartbeat.0 > 0 && config.idle_heartbeat < SHORTEST_HEARTBEAT => refuse(10083),
        _ => Ok(()),
    }
}

fn forms_a_cycle(deliver_subject: &str, stream: &StreamConfig) -> bool {
    let catches = |subject: &String| SubjectFilter::new(subject).is_ok_and(|filter| filter.matches(deliver_subject));
    stream.subjects.iter().any(catches)
}

fn check_pull(config: &ConsumerConfig, stream: &StreamConfig) -> Checked {
    match config {
        _ if stream.retention == Retention::WorkQueue && config.ack_policy == AckPolicy::None => refuse(10084),
        _ if config.rate_limit_bits_per_sec > 0 => refuse(10086),
        _ if config.idle_heartbeat.0 > 0 => refuse(10088),
        _ if config.flow_control => refuse(10089),
        _ if config.max_expires.0 > 0 && config.max_expires < SHORTEST_EXPIRES => refuse(10115),
        _ => Ok(()),
    }
}

fn check_stream_limits(config: &ConsumerConfig, stream: &StreamConfig) -> Checked {
    let limits = &stream.consumer_limits;
    if limits.max_ack_pending > 0 && config.max_ack_pending > limits.max_ack_pending {
        return refuse_with(10121, &limits.max_ack_pending.to_string());
    }
    if let Some(limit) = limits.inactive_threshold.duration()
        && config.inactive_threshold > limits.inactive_threshold
    {
        return refuse_with(10153, &format_go_duration(limit));
    }
    Ok(())
}

fn check_filters(config: &ConsumerConfig) -> Checked {
    let several = config.filter_subjects.as_deref().unwrap_or_default();
    if !config.filter_subject.is_empty() && !several.is_empty() {
        return refuse(10136);
    }
    let all: Vec<&String> =
        several.iter().chain(Some(&config.filter_subject).filter(|text| !text.is_empty())).collect();
    for text in &all {
        if text.is_empty() {
            return refuse(10139);
        }
        if !is_valid_filter(text) || text.contains([' ', '\t', '\r', '\n', '\x0c']) {
            return refuse_with(10052, "invalid subject");
        }
    }
    let filters: Vec<SubjectFilter> = all.iter().filter_map(|text| SubjectFilter::new(text).ok()).collect();
    let overlaps = |(index, filter): (usize, &SubjectFilter)| {
        filters.iter().enumerate().any(|(other_index, other)| index != other_index && filter.is_subset_of(other))
    };
    if filters.iter().enumerate().any(overlaps) { refuse(10138) } else { Ok(()) }
}

fn check_start(config: &ConsumerConfig) -> Checked {
    use DeliverPolicy::{All, ByStartSequence, ByStartTime, Last, LastPerSubject, New};
    let (has_seq, has_time) = (config.opt_start_seq > 0, config.opt_start_time.is_some());
    let policy = match config.deliver_policy {
        All => "all",
        Last => "last",
        New => "new",
        LastPerSubject => "last per subject",
        ByStartSequence => "by start sequence",
        ByStartTime => "by start time",
    };
    let complaint = match config.deliver_policy {
        ByStartSequence if !has_seq => "optional start sequence is not set",
        ByStartSequence if has_time => "optional start time is also set",
        ByStartTime if !has_time => "optional start time is not set",
        ByStartTime if has_seq => "optional start start sequence is also set",
        All | Last | New | LastPerSubject if has_seq => "optional start sequence is also set",
        All | Last | New | LastPerSubject if has_time => "optional start time is also set",
        LastPerSubject if config.filters().is_empty() => "optional filter subject is not set",
        _ => return Ok(()),
    };
    refuse_with(10094, &format!("consumer delivery policy is deliver {policy}, but {complaint}"))
}

fn check_sampling(frequency: &str) -> Checked {
    if frequency.is_empty() {
        return Ok(());
    }
    let number = frequency.strip_suffix('%').unwrap_or(frequency);
    match number.parse::<i64>() {
        Ok(percent) if percent >= 0 => Ok(()),
        Ok(_) => refuse_with(10095, "<nil>"),
        Err(_) => refuse_with(10095, &format!("strconv.Atoi: parsing \"{number}\": invalid syntax")),
    }
}

fn metadata_bytes(metadata: &Map<String, String>) -> usize {
    metadata.iter().map(|(key, value)| key.len() + value.len()).sum()
}

fn check_priorities(config: &ConsumerConfig) -> Checked {
    let groups = config.priority_groups.as_deref().unwrap_or_default();
    if config.priority_policy == PriorityPolicy::None {
        return match config {
            _ if !groups.is_empty() => refuse(10196),
            _ if config.priority_timeout.0 > 0 => refuse(10197),
            _ => Ok(()),
        };
    }
    if !config.is_pull() {
        return refuse(10178);
    }
    if groups.is_empty() {
        return refuse(10159);
    }
    for group in groups {
        if group.is_empty() {
            return refuse(10161);
        }
        if !is_group_name(group) {
            return refuse(10162);
        }
    }
    Ok(())
}

pub(super) fn is_group_name(group: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"/_=-".contains(&byte);
    (1..=MAX_GROUP_NAME_BYTES).contains(&group.len()) && group.bytes().all(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(change: impl FnOnce(&mut ConsumerConfig)) -> u16 {
        let mut config = ConsumerConfig { max_deliver: -1, ..ConsumerConfig::default() };
        change(&mut config);
        let stream = StreamConfig { subjects: vec!["in.>".to_owned()], ..StreamConfig::default() };
        check(&config, &stream).err().map_or(0, |error| error.err_code)
    }

    #[test]
    fn refuses_with_the_right_code() {
        assert_eq!(code(|_| {}), 0);
        assert_eq!(code(|config| config.name = "a b".into()), 10052);
        assert_eq!(code(|config| config.num_replicas = -1), 10133);
        assert_eq!(code(|config| config.backoff = Some(vec![Nanos(-1)])), 10184);
        assert_eq!(code(|config| config.deliver_subject = "out.*".into()), 10079);
        assert_eq!(code(|config| config.deliver_subject = "out..x".into()), 10112);
        assert_eq!(code(|config| config.deliver_subject = "in.x".into()), 10081);
        assert_eq!(code(|config| config.idle_heartbeat = Nanos(1)), 10088);
        assert_eq!(code(|config| config.filter_subjects = Some(vec!["a.*".into(), "a.b".into()])), 10138);
        assert_eq!(code(|config| config.filter_subjects = Some(vec!["b.*.x".into(), "b.y.*".into()])), 0);
        assert_eq!(code(|config| config.sample_frequency = "x".into()), 10095);
        assert_eq!(code(|config| config.priority_timeout = Nanos(1)), 10197);
    }

    #[test]
    fn start_complaints_are_the_servers() {
        let mut config = ConsumerConfig { deliver_policy: DeliverPolicy::ByStartTime, ..ConsumerConfig::default() };
        config.opt_start_seq = 1;
        config.opt_start_time = Some(crate::time::Timestamp(1));
        assert_eq!(
            check_start(&config).unwrap_err().description,
            "consumer delivery policy is deliver by start time, but optional start start sequence is also set"
        );
    }
}
