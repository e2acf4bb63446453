//! Streams come, change, are looked at and go.

use super::{Context, JetStream};
use crate::api::stream::{
    ClusterInfo, CreateStreamRequest, PurgeResponse, StreamInfoRequest, StreamListRequest, StreamPage,
};
use crate::api::strict::{decode, decode_object, is_empty_request};
use crate::api::{Error, ErrorCode, PurgeRequest, StreamConfig, StreamInfo, Success};
use crate::engine::jetstream::advisory::Action;
use crate::engine::jetstream::config::{self, Slips};
use crate::engine::jetstream::{Filters, Stream, consumer};
use crate::engine::{Fact, Name};
use crate::map::Map;
use crate::subject::{Subject, SubjectFilter};
use crate::time::Timestamp;

const NAMES_PAGE: usize = 1024;
const LIST_PAGE: usize = 256;
const SUBJECTS_PAGE: usize = 100_000;

impl JetStream {
    pub(super) fn create_stream(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        body: &[u8],
    ) -> Result<StreamInfo, Error> {
        let request: CreateStreamRequest = decode(body)?;
        if request.config.name != name {
            return Err(ErrorCode::STREAM_NAME_MISMATCH.error());
        }
        if name.contains(['\\', '/']) {
            return Err(ErrorCode(10128).error());
        }
        if request.config.sealed {
            return Err(config::invalid("stream configuration for create can not be sealed"));
        }
        // An update may ask for it: a mirror that becomes a stream of its own keeps the setting.
        if request.config.mirror_direct && request.config.mirror.is_none() {
            return Err(config::invalid("stream has no mirror but does have mirror direct"));
        }
        let config = config::check(request.config, slips(request.pedantic), self.configs_except(name))?;
        if let Some(existing) = self.streams.get(name) {
            if !config::is_same(&existing.config, &config) {
                return Err(ErrorCode::STREAM_NAME_IN_USE.error());
            }
            return Ok(StreamInfo { did_create: Some(true), ..self.info(existing, context.now) });
        }
        self.check_room(context)?;
        self.check_reservation(context, &config)?;
        config::check_overlap(&config, self.configs_except(name))?;
        let stream = self.new_stream(config, context.now);
        let name = stream.name.clone();
        self.listen(&name, &[], &stream.config.subjects);
        context.tell(Fact::StreamCreated { stream: name.clone(), config: stream.shared_config() });
        self.streams.insert(name.clone(), stream);
        self.announce_stream(context, &name, Action::Created);
        self.sources_changed(context, &name);
        Ok(StreamInfo { did_create: Some(true), ..self.info(self.stream(&name)?, context.now) })
    }

    pub(super) fn update_stream(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        body: &[u8],
    ) -> Result<StreamInfo, Error> {
        let request: CreateStreamRequest = decode(body)?;
        let others = self.configs_except(&request.config.name);
        let checked = config::check(request.config.clone(), slips(request.pedantic), others);
        // More copies than there are servers is noticed only where there is a stream.
        let is_late = |error: &Error| *error == ErrorCode(10074).error() && !self.streams.contains_key(name);
        let mut config = checked.map_err(|error| match is_late(&error) {
            true => ErrorCode::STREAM_NOT_FOUND.error(),
            false => error,
        })?;
        if config.name != name {
            return Err(ErrorCode::STREAM_NAME_MISMATCH.error());
        }
        let old = self.streams.get(name).ok_or_else(|| ErrorCode::STREAM_NOT_FOUND.error())?;
        // The server checks twice. What the first time has filled in is new to the second.
        config = config::check(config, slips(request.pedantic), self.configs_except(name))?;
        config::check_update(&old.config, &mut config)?;
        config::complete_republish(&mut config);
        self.check_reservation(context, &config)?;
        config::check_overlap(&config, self.configs_except(name))?;
        check_consumer_limits(old, &config)?;
        let old_subjects = old.config.subjects.clone();
        let name = old.name.clone();
        self.listen(&name, &old_subjects, &config.subjects);
        if let Some(stream) = self.streams.get_mut(&name) {
            stream.update(context, config);
            context.tell(Fact::StreamUpdated { stream: name.clone(), config: stream.shared_config() });
        }
        self.announce_stream(context, &name, Action::Updated);
        self.sources_changed(context, &name);
        let domain = context.options.domain.clone();
        Ok(StreamInfo { domain, ..self.info(self.stream(&name)?, context.now) })
    }

    pub(super) fn stream_info(&self, context: &Context<'_>, name: &str, body: &[u8]) -> Result<StreamInfo, Error> {
        let request: StreamInfoRequest = decode_object(body)?;
        let stream = self.stream(name)?;
        let leader = context.options.server_name.clone();
        let mut info = StreamInfo {
            total: Some(0),
            offset: Some(0),
            limit: Some(0),
            domain: context.options.domain.clone(),
            cluster: Some(ClusterInfo { leader, ..ClusterInfo::default() }),
            ..self.info(stream, context.now)
        };
        if request.deleted_details {
            let deleted = stream.deleted();
            info.state.num_deleted = deleted.len() as u64;
            info.state.deleted = Some(deleted).filter(|deleted| !deleted.is_empty());
        }
        if !request.subjects_filter.is_empty() {
            add_subjects(&mut info, stream, &request);
        }
        Ok(info)
    }

    pub(super) fn stream_names(&self, body: &[u8]) -> Result<StreamPage<String>, Error> {
        let request: StreamListRequest = decode_object(body)?;
        let page = self.page(&request, NAMES_PAGE, |stream| stream.name.to_string());
        Ok(StreamPage { streams: page.streams.filter(|streams| !streams.is_empty()), ..page })
    }

    pub(super) fn stream_list(&self, context: &Context<'_>, body: &[u8]) -> Result<StreamPage<StreamInfo>, Error> {
        let request: StreamListRequest = decode_object(body)?;
        Ok(self.page(&request, LIST_PAGE, |stream| StreamInfo {
            config: stream.config.clone(),
            domain: context.options.domain.clone(),
            ..self.info(stream, context.now)
        }))
    }

    fn page<T>(&self, request: &StreamListRequest, limit: usize, entry: impl Fn(&Stream) -> T) -> StreamPage<T> {
        let wanted = SubjectFilter::new(&request.subject).ok();
        let is_wanted = |stream: &&Stream| match &wanted {
            Some(wanted) => config::filters(&stream.config.subjects).iter().any(|own| own.collides_with(wanted)),
            None => request.subject.is_empty(),
        };
        let streams: Vec<&Stream> = self.streams.values().filter(is_wanted).collect();
        let offset = usize::try_from(request.offset).unwrap_or(0).min(streams.len());
        StreamPage {
            total: streams.len() as u64,
            offset: offset as u64,
            limit: limit as u64,
            streams: Some(streams.into_iter().skip(offset).take(limit).map(entry).collect()),
        }
    }

    pub(in crate::engine::jetstream) fn delete_stream(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        body: &[u8],
    ) -> Result<Success, Error> {
        if !is_empty_request(body) {
            return Err(ErrorCode::EXPECTED_EMPTY_REQUEST.error());
        }
        let mut stream = self.streams.remove(name).ok_or_else(|| ErrorCode::STREAM_NOT_FOUND.error())?;
        self.listen(&stream.name, &stream.config.subjects, &[]);
        // Emptied first, so that consumers on their way out do not take messages with them one by one.
        stream.store.clear();
        self.discarded.append(stream.store.take_discarded());
        let consumers: Vec<Name> = stream.consumers.keys().cloned().collect();
        for consumer in consumers {
            consumer::api::delete(context, &mut stream, &consumer);
        }
        context.tell(Fact::StreamDeleted { stream: stream.name.clone() });
        self.origin_deleted(&stream.name);
        self.announce_stream(context, &stream.name, Action::Deleted);
        Ok(Success { success: true })
    }

    pub(super) fn purge_stream(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        body: &[u8],
    ) -> Result<PurgeResponse, Error> {
        let request: PurgeRequest = decode_object(body)?;
        let stream = self.streams.get_mut(name).ok_or_else(|| ErrorCode::STREAM_NOT_FOUND.error())?;
        if request.seq > 0 && request.keep > 0 {
            return Err(ErrorCode::BAD_REQUEST.error());
        }
        if stream.config.sealed {
            return Err(ErrorCode(10109).error());
        }
        if stream.config.deny_purge {
            return Err(ErrorCode(10110).with(&["stream purge not permitted"]));
        }
        Ok(PurgeResponse { success: true, purged: stream.purge(context, &request) })
    }

    pub(in crate::engine::jetstream) fn stream(&self, name: &str) -> Result<&Stream, Error> {
        self.streams.get(name).ok_or_else(|| ErrorCode::STREAM_NOT_FOUND.error())
    }

    /// What CREATE, UPDATE and INFO answer.
    pub(in crate::engine::jetstream) fn info(&self, stream: &Stream, now: Timestamp) -> StreamInfo {
        let (mirror, sources) = self.source_infos(stream, now);
        StreamInfo {
            config: config::with_server_metadata(&stream.config),
            created: Some(stream.created),
            state: stream.state(),
            mirror,
            sources,
            ts: Some(now),
            ..StreamInfo::default()
        }
    }

    pub(in crate::engine::jetstream) fn configs_except<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = &'a StreamConfig> + Clone {
        self.streams.values().map(|stream| &stream.config).filter(move |config| config.name != name)
    }

    /// The account may have one stream more.
    pub(in crate::engine::jetstream) fn check_room(&self, context: &Context<'_>) -> Result<(), Error> {
        let is_full = context.options.account.max_streams.is_some_and(|max| self.streams.len() as u64 >= max);
        if is_full { Err(ErrorCode(10027).error()) } else { Ok(()) }
    }

    /// What all streams reserve together must fit, and the consumers one says it may have.
    pub(in crate::engine::jetstream) fn check_reservation(
        &self,
        context: &Context<'_>,
        config: &StreamConfig,
    ) -> Result<(), Error> {
        let most_consumers = config.max_consumers_limit().filter(|_| context.options.account.max_consumers.is_some());
        if most_consumers > context.options.account.max_consumers {
            return Err(ErrorCode(10026).error());
        }
        let (Some(max), Some(wanted)) = (context.options.max_reserved, config.max_bytes_limit()) else { return Ok(()) };
        let reserved: u64 = self.configs_except(&config.name).filter_map(StreamConfig::max_bytes_limit).sum();
        let code = match config.storage {
            crate::api::Storage::Memory => 10028,
            crate::api::Storage::File => 10047,
        };
        if reserved.saturating_add(wanted) > max { Err(ErrorCode(code).error()) } else { Ok(()) }
    }
}

fn slips(pedantic: bool) -> Slips {
    if pedantic { Slips::Refuse } else { Slips::PutRight }
}

fn check_consumer_limits(stream: &Stream, config: &StreamConfig) -> Result<(), Error> {
    let limits = &config.consumer_limits;
    if *limits == stream.config.consumer_limits {
        return Ok(());
    }
    let violates = |consumer: &&crate::engine::jetstream::Consumer| {
        let too_idle =
            !limits.inactive_threshold.is_zero() && consumer.config.inactive_threshold > limits.inactive_threshold;
        let too_many = limits.max_ack_pending > 0 && consumer.config.max_ack_pending > limits.max_ack_pending;
        too_idle || too_many
    };
    let names: Vec<&str> = stream.consumers.values().filter(violates).map(|consumer| &*consumer.name).collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(ErrorCode(10069).with(&[&format!("change to limits violates consumers: {}", names.join(", "))]))
}

fn add_subjects(info: &mut StreamInfo, stream: &Stream, request: &StreamInfoRequest) {
    let Ok(filter) = SubjectFilter::new(&request.subjects_filter) else { return };
    let found = stream.store.subjects_matching(&Filters::from(filter));
    if found.is_empty() {
        return;
    }
    let offset = usize::try_from(request.offset).unwrap_or(0);
    info.total = Some(found.len() as u64);
    info.offset = Some(offset as u64);
    info.limit = Some(SUBJECTS_PAGE as u64);
    let page = found.into_iter().skip(offset).take(SUBJECTS_PAGE);
    let subjects: Map<Subject, u64> = page.map(|(subject, count)| (subject.clone(), count)).collect();
    info.state.subjects = Some(subjects).filter(|subjects| !subjects.is_empty());
}
