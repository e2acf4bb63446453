//! STREAM.RESTORE: pieces of a backup are collected until an empty one comes, then a stream is made of them.

use super::archive::Reader;
use super::{Context, JetStream, MAX_BYTES, PATIENCE, s2, subject_of};
use crate::api::advisory::{ClientInfo, RestoreComplete, RestoreCreate};
use crate::api::backup::{ConsumerBackup, RestoreRequest, RestoreResponse};
use crate::api::strict::{decode, is_empty_request};
use crate::api::{Error, ErrorCode, StreamConfig, StreamInfo, StreamState};
use crate::engine::jetstream::advisory::Action;
use crate::engine::jetstream::api::answer;
use crate::engine::jetstream::config::{self, Slips};
use crate::engine::jetstream::stream::Draft;
use crate::engine::jetstream::{Publication, Stream, consumer};
use crate::engine::{Fact, Name};
use crate::protocol::{Headers, Message};
use crate::subject::Subject;
use crate::time::Timestamp;
use bytes::Bytes;

/// A backup on its way in.
pub(super) struct Restore {
    config: StreamConfig,
    /// Where the pieces come in.
    subject: Subject,
    bytes: Vec<u8>,
    pub deadline: Timestamp,
    started: Timestamp,
    client: ClientInfo,
}

/// What was read of an archive, in order; messages are read while they are stored.
struct Opened<'a> {
    state: StreamState,
    consumers: Vec<ConsumerBackup>,
    messages: Reader<'a>,
}

impl JetStream {
    pub(in crate::engine::jetstream) fn restore(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        request: &Publication,
    ) -> Result<RestoreResponse, Error> {
        let body = &request.message.payload;
        let RestoreRequest { mut config, .. } = decode(body)?;
        if is_empty_request(body) {
            return Err(ErrorCode::BAD_REQUEST.error());
        }
        if config.name.is_empty() {
            config.name = name.to_owned();
        }
        if config.name != name {
            return Err(ErrorCode::STREAM_NAME_MISMATCH.error());
        }
        let checked = config::check(config, Slips::PutRight, self.configs_except(name));
        let exists = self.streams.contains_key(name);
        let is_late = |error: &Error| *error == ErrorCode(10074).error() && exists;
        let in_use = || ErrorCode(10130).error();
        let config = checked.map_err(|error| if is_late(&error) { in_use() } else { error })?;
        if exists {
            return Err(in_use());
        }
        let client = context.client_info(request.origin).unwrap_or_default();
        let stream: Name = name.into();
        self.announce_backup(context, "RESTORE_CREATE", &stream, |kind, id, timestamp| RestoreCreate {
            kind,
            id,
            timestamp,
            stream: name.to_owned(),
            client: client.clone(),
        });
        let subject = subject_of("RESTORE", name, &context.rng.nuid());
        let deliver_subject = subject.to_string();
        let (started, deadline) = (context.now, context.now + PATIENCE);
        self.backups.restores.push(Restore { config, subject, bytes: Vec::new(), deadline, started, client });
        Ok(RestoreResponse { deliver_subject })
    }

    /// A piece for whichever restore listens on its subject.
    pub(super) fn take_piece(&mut self, context: &mut Context<'_>, publication: &Publication) -> bool {
        let message = &publication.message;
        let restores = &mut self.backups.restores;
        let Some(index) = restores.iter().position(|it| it.subject == message.subject) else { return false };
        let Some(reply) = message.reply.clone() else {
            let restore = restores.remove(index);
            self.end_restore(context, restore);
            return true;
        };
        let restore = &mut restores[index];
        if message.payload.is_empty() || restore.bytes.len() + message.payload.len() > MAX_BYTES {
            let restore = restores.remove(index);
            let restored = self.finish_restore(context, &restore);
            self.end_restore(context, restore);
            context.send(Message::new(reply, answer("stream_create_response", restored).body));
            return true;
        }
        restore.bytes.extend_from_slice(&message.payload);
        restore.deadline = context.now + PATIENCE;
        context.send(Message::new(reply, Bytes::new()));
        true
    }

    pub(super) fn give_up_restores(&mut self, context: &mut Context<'_>) {
        let (over, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.backups.restores).into_iter().partition(|restore| restore.deadline <= context.now);
        self.backups.restores = rest;
        over.into_iter().for_each(|restore| self.end_restore(context, restore));
    }

    fn end_restore(&self, context: &mut Context<'_>, restore: Restore) {
        let stream: Name = restore.config.name.as_str().into();
        let (end, bytes) = (context.now, restore.bytes.len() as u64);
        self.announce_backup(context, "RESTORE_COMPLETE", &stream, |kind, id, timestamp| RestoreComplete {
            kind,
            id,
            timestamp,
            stream: stream.to_string(),
            start: restore.started,
            end,
            bytes,
            client: restore.client,
        });
    }

    fn finish_restore(&mut self, context: &mut Context<'_>, restore: &Restore) -> Result<StreamInfo, Error> {
        if restore.bytes.is_empty() {
            return Err(failed("EOF"));
        }
        let archive = s2::unpack(&restore.bytes, MAX_BYTES).map_err(|_| failed("s2: corrupt input"))?;
        let opened = open(&archive)?;
        let config = restore.config.clone();
        self.check_fits(context, &config, &opened.state).map_err(|error| failed(&error.to_string()))?;
        self.add_restored(context, config, opened)
    }

    /// The stream may have been made meanwhile, and there must be room for what comes.
    fn check_fits(&self, context: &Context<'_>, config: &StreamConfig, state: &StreamState) -> Result<(), Error> {
        if self.streams.contains_key(config.name.as_str()) {
            return Err(ErrorCode::STREAM_NAME_IN_USE.error());
        }
        self.check_room(context)?;
        self.check_reservation(context, config)?;
        let wanted = self.stored_bytes().saturating_add(state.bytes);
        if context.options.max_storage.is_some_and(|max| wanted > max) {
            return Err(ErrorCode(10047).error());
        }
        config::check_overlap(config, self.configs_except(&config.name))
            .map_err(|error| Error { description: format!("error adding stream: {}", error.description), ..error })
    }

    fn add_restored(
        &mut self,
        context: &mut Context<'_>,
        config: StreamConfig,
        opened: Opened<'_>,
    ) -> Result<StreamInfo, Error> {
        let mut stream = self.new_stream(config, context.now);
        let name = stream.name.clone();
        context.tell(Fact::StreamCreated { stream: name.clone(), config: stream.shared_config() });
        self.announce_stream(context, &name, Action::Created);
        let outcome = stream.refill(context, opened);
        self.listen(&name, &[], &stream.config.subjects);
        self.streams.insert(name.clone(), stream);
        self.sources_changed(context, &name);
        if outcome.is_err() {
            let _ = self.delete_stream(context, &name, b"");
        }
        outcome?;
        Ok(self.info(self.stream(&name)?, context.now))
    }
}

impl Stream {
    /// Takes in what a backup holds. The stream is new.
    ///
    /// Errors: 10062 for an archive that is damaged or over too early; some of it may have been taken in.
    fn refill(&mut self, context: &mut Context<'_>, opened: Opened<'_>) -> Result<(), Error> {
        let Opened { state, consumers, mut messages } = opened;
        self.begin_at(state.first_seq);
        for ConsumerBackup { config, .. } in &consumers {
            consumer::backup::add(context, self, config.clone());
        }
        self.consumers_changed();
        loop {
            let entry = messages.next().map_err(|_| failed("unexpected EOF"))?;
            if entry.is_end() {
                break;
            }
            if entry.seq <= self.store.last_seq() {
                return Err(failed("message sequence out of order"));
            }
            let headers =
                (!entry.headers.is_empty()).then(|| Headers::from_bytes(Bytes::copy_from_slice(entry.headers)));
            let payload = Bytes::copy_from_slice(entry.body);
            let draft = Draft { id: context.new_message_id(), subject: entry.name.into(), headers, payload };
            // As on the server, what was in the duplicate window is forgotten.
            self.keep_as(context, draft, entry.seq, Timestamp(entry.at));
        }
        // The consumers are told where they stand instead.
        self.unoffered.clear();
        if state.last_seq > self.store.last_seq() {
            self.store.skip_to(state.last_seq, None);
        }
        for ConsumerBackup { config, state } in &consumers {
            let Some(consumer) = self.consumers.get_mut(config.name.as_str()) else { continue };
            consumer.restore(context, &self.store, state);
        }
        self.consumers_changed();
        Ok(())
    }
}

fn open(archive: &[u8]) -> Result<Opened<'_>, Error> {
    let mut entries = Reader::new(archive)
        .ok_or_else(|| failed("backups of servers before 2.15 are not available in this server"))?;
    let mut next = || entries.next().map_err(|_| failed("unexpected EOF"));
    let first = next()?;
    if first.name != "state.json" {
        return Err(failed("expected state.json first"));
    }
    let state: StreamState = read(first.body)?;
    let mut consumers = Vec::new();
    for _ in 0..state.consumer_count {
        let entry = next()?;
        let name = entry.name.strip_prefix("consumers/").ok_or_else(|| failed("expected a consumer"))?;
        let mut consumer: ConsumerBackup = read(entry.body)?;
        name.clone_into(&mut consumer.config.name);
        consumers.push(consumer);
    }
    Ok(Opened { state, consumers, messages: entries })
}

fn read<T: crate::json::FromJson>(text: &[u8]) -> Result<T, Error> {
    crate::json::read(text).map_err(|error| failed(&error.to_string()))
}

fn failed(why: &str) -> Error {
    ErrorCode(10062).with(&[why])
}
