//! CONSUMER.CREATE and CONSUMER.DURABLE.CREATE: the checks in their order, then a new consumer or a changed one.
//!
//! Source: nats-server 2.15.1 `server/jetstream_api.go`, `jsConsumerCreateRequest`; `server/consumer.go`, observed.

use super::activity::DEFAULT_THRESHOLD;
use super::{Consumer, checks, config};
use crate::api::{
    AckPolicy, ConsumerConfig, ConsumerInfo, CreateAction, CreateConsumerRequest, DeliverPolicy, Error, ErrorCode,
    Retention, strict,
};
use crate::engine::jetstream::{Context, Stream};
use crate::engine::{Fact, Name};
use crate::map::Map;
use crate::subject::SubjectFilter;
use std::sync::Arc;

/// How long a name is that the server makes up.
const GENERATED_NAME_CHARS: usize = 8;

/// What the subject of a create request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form<'a> {
    /// `CREATE.<stream>`
    Unnamed,
    /// `CREATE.<stream>.<name>`, with a filter after it or not.
    Named { name: &'a str, filter: Option<&'a str> },
    /// `DURABLE.CREATE.<stream>.<name>`
    Durable { name: &'a str },
}

pub(super) fn create(
    streams: &mut Map<Name, Stream>,
    context: &mut Context<'_>,
    stream_name: &str,
    form: Form<'_>,
    body: &[u8],
) -> Result<ConsumerInfo, Error> {
    let mut request: CreateConsumerRequest = strict::decode(body)?;
    if request.stream_name != stream_name {
        return Err(ErrorCode::STREAM_NAME_MISMATCH.error());
    }
    let is_named = apply_form(&mut request.config, form)?;
    if request.config.num_replicas > 1 {
        return Err(ErrorCode(10074).error());
    }
    let stream = streams.get_mut(stream_name).ok_or_else(|| ErrorCode::STREAM_NOT_FOUND.error())?;
    config::complete(&mut request.config, &stream.config, request.pedantic)?;
    checks::check(&request.config, &stream.config)?;
    if is_named && let Some(existing) = stream.consumers.get(request.config.name.as_str()) {
        let name = existing.name.clone();
        return change(context, stream, &name, request);
    }
    if request.action == CreateAction::Update {
        return Err(ErrorCode(10149).error());
    }
    check_room(context.options.account.max_consumers, stream, &request.config)?;
    check_work_queue(stream, &request.config)?;
    if request.config.durable_name.len() > checks::MAX_NAME_BYTES {
        return Err(ErrorCode(10102).with(&[&checks::MAX_NAME_BYTES.to_string()]));
    }
    Ok(add(context, stream, request.config, is_named))
}

/// Settles the name. Returns whether there is one yet.
fn apply_form(config: &mut ConsumerConfig, form: Form<'_>) -> Result<bool, Error> {
    let subject_name = match form {
        Form::Unnamed => config.name.clone(),
        Form::Named { name, .. } | Form::Durable { name } => name.to_owned(),
    };
    if subject_name.contains(['\\', '/']) {
        return Err(ErrorCode(10127).error());
    }
    match form {
        Form::Unnamed if config.is_durable() => return Err(ErrorCode(10020).error()),
        Form::Durable { .. } if !config.is_durable() => return Err(ErrorCode(10018).error()),
        Form::Named { name, .. } | Form::Durable { name } if config.is_durable() && config.durable_name != name => {
            return Err(ErrorCode(10017).error());
        }
        _ => config.name = subject_name,
    }
    if let Form::Named { filter: Some(filter), .. } = form {
        if config.filter_subjects.as_ref().is_some_and(|filters| !filters.is_empty()) {
            return Err(ErrorCode(10137).error());
        }
        if config.filter_subject != filter {
            return Err(ErrorCode(10131).error());
        }
    }
    Ok(!config.name.is_empty())
}

/// The tighter of what the account and the stream say.
fn check_room(account: Option<u64>, stream: &Stream, config: &ConsumerConfig) -> Result<(), Error> {
    let counted = stream.consumers.values().filter(|consumer| !consumer.config.direct && !consumer.config.sourcing);
    let limit = stream.config.max_consumers_limit().into_iter().chain(account).min();
    let limit = limit.filter(|_| !config.direct && !config.sourcing);
    if limit.is_some_and(|limit| counted.count() as u64 >= limit) { Err(ErrorCode(10026).error()) } else { Ok(()) }
}

/// One message, one reader: what a work queue stream asks of a new consumer.
fn check_work_queue(stream: &Stream, config: &ConsumerConfig) -> Result<(), Error> {
    if stream.config.retention != Retention::WorkQueue {
        return Ok(());
    }
    if !matches!(config.ack_policy, AckPolicy::Explicit | AckPolicy::FlowControl) {
        return Err(ErrorCode(10098).error());
    }
    if config.deliver_policy != DeliverPolicy::All {
        return Err(ErrorCode(10101).error());
    }
    if super::filters_of(config).0.is_empty() && !stream.consumers.is_empty() {
        return Err(ErrorCode(10099).error());
    }
    check_partition(stream, config, "")
}

/// No two readers of a work queue want the same. Taking the filter off an existing consumer is accepted, as on the server.
fn check_partition(stream: &Stream, config: &ConsumerConfig, name: &str) -> Result<(), Error> {
    if stream.config.retention != Retention::WorkQueue {
        return Ok(());
    }
    let others: Vec<&Consumer> = stream.consumers.values().filter(|other| &*other.name != name).collect();
    let filters = super::filters_of(config).0;
    let collides = |other: &&Consumer| {
        let theirs = &other.filters.0;
        theirs.is_empty()
            || filters.iter().any(|mine| theirs.iter().any(|their: &SubjectFilter| mine.collides_with(their)))
    };
    if others.iter().any(collides) { Err(ErrorCode(10100).error()) } else { Ok(()) }
}

fn add(context: &mut Context<'_>, stream: &mut Stream, mut config: ConsumerConfig, is_named: bool) -> ConsumerInfo {
    let name: Name = if is_named { config.name.as_str().into() } else { free_name(context, stream) };
    if !config.is_durable() && config.inactive_threshold.is_zero() {
        config.inactive_threshold = DEFAULT_THRESHOLD;
    }
    config::stamp(&mut config);
    let mut consumer = Consumer::new(context, &stream.config, &stream.store, name.clone(), config);
    context.tell(Fact::ConsumerCreated {
        stream: stream.name.clone(),
        consumer: name.clone(),
        config: Arc::new(consumer.config.clone()),
        start_seq: consumer.start_seq(),
    });
    consumer.announce_action(context, "CREATED", "create");
    if consumer.is_paused {
        consumer.announce_pause(context);
    }
    let info = consumer.info(context, &stream.store);
    stream.consumers.insert(name, consumer);
    info
}

fn free_name(context: &mut Context<'_>, stream: &Stream) -> Name {
    loop {
        let name = context.rng.base62(GENERATED_NAME_CHARS);
        if !stream.consumers.contains_key(name.as_str()) {
            return name.into();
        }
    }
}

fn change(
    context: &mut Context<'_>,
    stream: &mut Stream,
    name: &Name,
    request: CreateConsumerRequest,
) -> Result<ConsumerInfo, Error> {
    let CreateConsumerRequest { mut config, action, .. } = request;
    let Stream { consumers, store, .. } = stream;
    let existing = consumers.get_mut(name).ok_or_else(|| ErrorCode::CONSUMER_NOT_FOUND.error())?;
    let is_durable = existing.config.is_durable();
    config.pause_until = existing.config.pause_until;
    if action == CreateAction::Create {
        let is_same = config::is_same(&existing.config, &config);
        if !is_same {
            return Err(ErrorCode(10148).error());
        }
        if existing.is_paused {
            existing.announce_pause(context);
        }
        return Ok(existing.info(context, store));
    }
    let is_bound = !existing.config.is_pull() && context.has_interest(&existing.config.deliver_subject);
    let existing = existing.config.clone();
    check_partition(stream, &config, name)?;
    config::check_update(&existing, &config, is_bound)?;
    // What it was made as decides, not what it calls itself now.
    if !is_durable && config.inactive_threshold.is_zero() {
        config.inactive_threshold = DEFAULT_THRESHOLD;
    }
    config::stamp(&mut config);
    let Stream { consumers, store, .. } = stream;
    let existing = consumers.get_mut(name).ok_or_else(|| ErrorCode::CONSUMER_NOT_FOUND.error())?;
    let is_narrowed = existing.config.filters() != config.filters();
    if existing.config != config {
        existing.reconfigure(context, store, config);
        let config = Arc::new(existing.config.clone());
        context.tell(Fact::ConsumerUpdated { stream: stream.name.clone(), consumer: name.clone(), config });
    }
    // Whoever asks for a consumer that is paused is told so once more.
    if existing.is_paused {
        existing.announce_pause(context);
    }
    let from = existing.settled_to();
    stream.consumers_changed();
    if is_narrowed {
        stream.interest_narrowed(context, from);
        let Stream { consumers, store, .. } = &mut *stream;
        consumers.get_mut(name).into_iter().for_each(|consumer| consumer.recount(store));
    }
    let Stream { consumers, store, .. } = stream;
    let existing = consumers.get_mut(name).ok_or_else(|| ErrorCode::CONSUMER_NOT_FOUND.error())?;
    Ok(existing.info(context, store))
}
