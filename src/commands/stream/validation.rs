//! What the `nats` command line finds wrong with a new stream before it asks the server.
//!
//! Knows the bounds of the published schema, not what a server makes of the rest. The way in is [`checked`].
//! Source: `io.nats.jetstream.api.v1.stream_configuration`; sentences as recorded.

use crate::api::StreamConfig;
use crate::commands::Failure;

const NAME: &str = "^[^.*>]+$";

/// Errors: `what`, and every member that is out of bounds, with `between` between them.
pub fn checked(what: &str, config: &StreamConfig, between: &str) -> Result<(), Failure> {
    let problems = [texts(config), numbers(config), origins(config)].concat();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure::because(what, problems.join(between))),
    }
}

fn texts(config: &StreamConfig) -> Vec<String> {
    let mut problems = Vec::new();
    let length = config.description.chars().count();
    if length > LONGEST_DESCRIPTION {
        problems.push(format!("/description: length must be <= {LONGEST_DESCRIPTION}, but got {length}"));
    }
    if config.republish.as_ref().is_some_and(|republish| republish.src.is_empty()) {
        problems.push("/republish: missing properties: 'src'".to_owned());
    }
    problems
}

const LONGEST_DESCRIPTION: usize = 4096;

fn numbers(config: &StreamConfig) -> Vec<String> {
    let members = [
        ("max_consumers", config.max_consumers, -1),
        ("max_msgs", config.max_msgs, -1),
        ("max_msgs_per_subject", config.max_msgs_per_subject, -1),
        ("max_bytes", config.max_bytes, -1),
        ("num_replicas", config.num_replicas, 0),
        ("max_age", config.max_age.0, 0),
        ("max_msg_size", i64::from(config.max_msg_size), -1),
        ("duplicate_window", config.duplicate_window.0, 0),
        ("subject_delete_marker_ttl", config.subject_delete_marker_ttl.0, 0),
        ("consumer_limits/inactive_threshold", config.consumer_limits.inactive_threshold.0, 0),
    ];
    let below = members.into_iter().filter(|(_, number, least)| number < least);
    let mut problems: Vec<String> =
        below.map(|(name, number, least)| format!("/{name}: must be >= {least} but found {}", shown(number))).collect();
    if config.num_replicas > MOST_REPLICAS {
        problems.push(format!("/num_replicas: must be <= {MOST_REPLICAS} but found {}", shown(config.num_replicas)));
    }
    problems
}

const MOST_REPLICAS: i64 = 5;

/// Streams that others are made of.
fn origins(config: &StreamConfig) -> Vec<String> {
    let mirror = config.mirror.iter().map(|mirror| ("/mirror/name".to_owned(), &mirror.name));
    let sources = config.sources.iter().enumerate();
    let sources = sources.map(|(index, source)| (format!("/sources/{index}/name"), &source.name));
    let mut problems = Vec::new();
    for (place, name) in mirror.chain(sources) {
        if name.is_empty() {
            problems.push(format!("{place}: length must be >= 1, but got 0"));
        }
        if name.is_empty() || name.contains(['.', '*', '>']) {
            problems.push(format!("{place}: does not match pattern '{NAME}'"));
        }
    }
    problems
}

/// A whole number as Go shows one with a fraction: `-5e+09`.
fn shown(number: i64) -> String {
    if number.unsigned_abs() < 1_000_000 {
        return number.to_string();
    }
    let text = format!("{:e}", number as f64);
    match text.split_once('e') {
        Some((digits, exponent)) => format!("{digits}e+{exponent:0>2}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_in_go() {
        for (number, text) in [(7, "7"), (-1, "-1"), (-5_000_000_000, "-5e+09"), (i64::MIN, "-9.223372036854776e+18")] {
            assert_eq!(shown(number), text);
        }
    }
}
