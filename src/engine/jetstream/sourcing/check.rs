//! Which mirrors and sources a stream may have.
//!
//! Source: nats-server 2.15.1 `server/stream.go`, observed.

use crate::api::{Error, ErrorCode, StreamConfig, StreamSource, SubjectTransform};
use crate::engine::jetstream::config::{filters, invalid, is_valid_name, valid_filter};
use crate::map::Map;
use crate::subject::transform::Transform;
use crate::subject::{SubjectFilter, is_literal};
use std::collections::VecDeque;

/// Whether a configuration's mirror and sources can be used. `others` are the other streams of the account.
pub(in crate::engine::jetstream) fn check<'a>(
    config: &mut StreamConfig,
    others: impl Iterator<Item = &'a StreamConfig> + Clone,
) -> Result<(), Error> {
    if let Some(mirror) = &config.mirror {
        check_mirror(config, mirror)?;
        let origin = others.clone().find(|other| other.name == mirror.name && mirror.external.is_none());
        if let Some(origin) = origin {
            if config.max_msg_size > 0 && (origin.max_msg_size > config.max_msg_size) {
                return Err(ErrorCode(10030).error());
            }
            config.mirror_direct = origin.allow_direct;
        }
    }
    check_sources(config, others.clone())?;
    check_externals(config)?;
    check_cycle(config, others)
}

fn check_mirror(config: &StreamConfig, mirror: &StreamSource) -> Result<(), Error> {
    let refusals = [
        (config.first_seq > 0, 10143),
        (!config.subjects.is_empty(), 10034),
        (!config.sources.is_empty(), 10031),
        (config.allow_msg_counter, 10173),
        (config.allow_atomic, 10198),
        (config.allow_batched, 10209),
        (config.allow_msg_schedules, 10186),
        (!is_valid_name(&mirror.name), 10142),
        (!mirror.filter_subject.is_empty() && !mirror.subject_transforms.is_empty(), 10150),
    ];
    if let Some((_, code)) = refusals.iter().find(|(wrong, _)| *wrong) {
        return Err(ErrorCode(*code).error());
    }
    check_filters(mirror, "mirror")?;
    check_transforms(&mirror.subject_transforms, (10151, 10154))?;
    let filters = transform_filters(&mirror.subject_transforms);
    for (index, filter) in filters.iter().enumerate() {
        if filters[..index].iter().any(|earlier| earlier.collides_with(filter)) {
            return Err(ErrorCode(10152).error());
        }
    }
    if has_bad_consumer(mirror) {
        return Err(ErrorCode(10213).error());
    }
    Ok(())
}

fn check_sources<'a>(
    config: &StreamConfig,
    others: impl Iterator<Item = &'a StreamConfig> + Clone,
) -> Result<(), Error> {
    if !config.sources.is_empty() && config.allow_msg_schedules {
        return Err(ErrorCode(10187).error());
    }
    let mut consumers: Vec<(&str, &str)> = Vec::new();
    for (index, source) in config.sources.iter().enumerate() {
        if !is_valid_name(&source.name) {
            return Err(ErrorCode(10141).error());
        }
        if !source.filter_subject.is_empty() && !source.subject_transforms.is_empty() {
            return Err(ErrorCode(10144).error());
        }
        let same = |other: &StreamSource| identity(other) == identity(source);
        if config.sources[..index].iter().any(same) {
            return Err(ErrorCode(10140).error());
        }
        check_filters(source, "source")?;
        check_transforms(&source.subject_transforms, (10145, 10146))?;
        let filters = transform_filters(&source.subject_transforms);
        let overlap = |a: &SubjectFilter, b: &SubjectFilter| a.is_subset_of(b) || b.is_subset_of(a);
        if filters.iter().enumerate().any(|(i, filter)| filters[..i].iter().any(|earlier| overlap(earlier, filter))) {
            return Err(ErrorCode(10147).error());
        }
        if has_bad_consumer(source) {
            return Err(ErrorCode(10215).error());
        }
        if let Some(consumer) = &source.consumer {
            let of = (source.name.as_str(), consumer.name.as_str());
            if consumers.contains(&of) {
                return Err(ErrorCode(10216).error());
            }
            consumers.push(of);
        }
        let origin = others.clone().find(|other| other.name == source.name && source.external.is_none());
        if origin.is_some_and(|origin| config.max_msg_size > 0 && origin.max_msg_size > config.max_msg_size) {
            return Err(ErrorCode(10046).error());
        }
    }
    Ok(())
}

/// What makes two sources the same: everything but where they start.
pub(super) fn identity(source: &StreamSource) -> (&str, &str, &[SubjectTransform], Option<&str>) {
    let api = source.external.as_ref().map(|external| external.api.as_str());
    (&source.name, &source.filter_subject, &source.subject_transforms, api)
}

fn check_filters(source: &StreamSource, role: &str) -> Result<(), Error> {
    if !source.filter_subject.is_empty() && valid_filter(&source.filter_subject).is_none() {
        let colon = if role == "source" { ":" } else { "" };
        let text = format!("subject filter '{}' for the {role}{colon} invalid subject", source.filter_subject);
        return Err(ErrorCode(10049).with(&[&text]));
    }
    Ok(())
}

fn check_transforms(transforms: &[SubjectTransform], (bad_src, bad_dest): (u16, u16)) -> Result<(), Error> {
    for transform in transforms {
        if !transform.src.is_empty() && valid_filter(&transform.src).is_none() {
            return Err(ErrorCode(bad_src).with(&[&format!("invalid subject {}", transform.src)]));
        }
        Transform::new(&transform.src, &transform.dest)
            .map_err(|error| ErrorCode(bad_dest).with(&[&error.to_string()]))?;
    }
    Ok(())
}

fn transform_filters(transforms: &[SubjectTransform]) -> Vec<SubjectFilter> {
    let source = |transform: &SubjectTransform| match transform.src.as_str() {
        "" => Some(SubjectFilter::all()),
        src => SubjectFilter::new(src).ok(),
    };
    transforms.iter().filter_map(source).collect()
}

fn has_bad_consumer(source: &StreamSource) -> bool {
    source.consumer.as_ref().is_some_and(|consumer| {
        let starts = source.opt_start_seq > 0 || source.opt_start_time.is_some();
        let deliver_subject = &consumer.deliver_subject;
        let is_subject = is_literal(deliver_subject) && valid_filter(deliver_subject).is_some();
        !is_valid_name(&consumer.name) || !is_subject || starts || !source.filter_subject.is_empty()
    })
}

fn check_externals(config: &StreamConfig) -> Result<(), Error> {
    let own = filters(&config.subjects);
    for external in config.mirror.iter().chain(&config.sources).filter_map(|source| source.external.as_ref()) {
        let api = SubjectFilter::new(&external.api);
        if api.is_ok_and(|api| api.collides_with(&SubjectFilter::all()) && external.api.starts_with("$JS.API")) {
            return Err(ErrorCode(10021).with(&[&external.api, "$JS.API"]));
        }
        if external.deliver.is_empty() {
            continue;
        }
        if !is_literal(&external.deliver) {
            return Err(ErrorCode(10024).with(&[&external.deliver]));
        }
        if let Some(subject) = own.iter().find(|filter| filter.matches(&external.deliver)) {
            return Err(ErrorCode(10022).with(&[&external.deliver, subject]));
        }
    }
    Ok(())
}

/// A message should not come back to where it was copied from. As on nats-server that is guessed from who is met twice, so
/// some rings are let through and some that are none are refused.
fn check_cycle<'b, 'a: 'b>(
    config: &'b StreamConfig,
    others: impl Iterator<Item = &'a StreamConfig>,
) -> Result<(), Error> {
    let streams: Map<&str, &'b StreamConfig> = others.map(|other| (other.name.as_str(), other)).collect();
    let mut visited: Vec<&str> = Vec::new();
    let mut next: VecDeque<&'b StreamConfig> = VecDeque::from([config]);
    while let Some(stream) = next.pop_front() {
        visited.push(&stream.name);
        let own = filters(&stream.subjects);
        for source in stream.sources.iter().filter(|source| source.external.is_none()) {
            let overlaps = || match SubjectFilter::new(&source.filter_subject) {
                Ok(filter) => own.iter().any(|subject| subject.collides_with(&filter)),
                Err(_) => true,
            };
            match visited.contains(&source.name.as_str()) {
                true if overlaps() => return Err(invalid("detected cycle")),
                true => {}
                false => visit(&mut next, streams.get(source.name.as_str())),
            }
        }
        if let Some(mirror) = stream.mirror.as_ref().filter(|mirror| mirror.external.is_none()) {
            if visited.contains(&mirror.name.as_str()) {
                return Err(invalid("detected cycle"));
            }
            visit(&mut next, streams.get(mirror.name.as_str()));
        }
    }
    Ok(())
}

/// The server looks at a stream as often as ways lead to it, which may be very often. What that finds is found the first or
/// the last time.
fn visit<'a>(next: &mut VecDeque<&'a StreamConfig>, stream: Option<&&'a StreamConfig>) {
    let Some(stream) = stream else { return };
    let mut waiting = next.iter().enumerate().filter(|(_, other)| other.name == stream.name).map(|(at, _)| at);
    if let (Some(_), Some(again)) = (waiting.next(), waiting.next()) {
        next.remove(again);
    }
    next.push_back(stream);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_ways_between_streams_do_not_take_long() {
        let stream = |layer: usize, side: &str, sources: Vec<StreamSource>| StreamConfig {
            name: format!("{side}{layer}"),
            sources,
            ..StreamConfig::default()
        };
        let of = |layer: usize| {
            ["A", "B"].map(|side| StreamSource { name: format!("{side}{layer}"), ..StreamSource::default() }).to_vec()
        };
        let mut streams: Vec<StreamConfig> =
            (1..40).flat_map(|layer| ["A", "B"].map(|side| stream(layer, side, of(layer + 1)))).collect();
        assert_eq!(check_cycle(&stream(0, "A", of(1)), streams.iter()), Ok(()));
        let mut last = stream(40, "B", of(0));
        last.subjects = vec!["b".to_owned()];
        streams.push(last);
        let mut first = stream(0, "A", of(1));
        first.subjects = vec!["a".to_owned()];
        assert!(check_cycle(&first, streams.iter()).is_err());
    }
}
