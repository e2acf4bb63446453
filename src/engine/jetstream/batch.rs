//! Publishing several messages as one: atomic batches.
//!
//! The messages of a batch wait here until the last one commits it; then all are checked, and all are stored or none.
//! The way in is [`Stream::publish_in_batch`].
//! Source: ADR-50; nats-server 2.15.1, observed.

use super::api::{REQUIRED_LEVEL_HEADER, to_json};
use super::counter::{self, Increment};
use super::publish::{Rollup, StorageLeft, header};
use super::stream::Draft;
use super::ttl::TTL_HEADER;
use super::{Context, Publication, Stream};
use crate::api::advisory::{ADVISORY_PREFIX, ADVISORY_TYPE_PREFIX, BatchAbandoned};
use crate::api::{API_LEVEL, Error, ErrorCode, Retention};
use crate::engine::Fact;
use crate::map::{Map, Set};
use crate::pack::Pack;
use crate::protocol::Message;
use crate::subject::Subject;
use crate::time::Timestamp;
use bytes::Bytes;
use std::time::Duration;

const ID_HEADER: &str = "Nats-Batch-Id";
const SEQUENCE_HEADER: &str = "Nats-Batch-Sequence";
const COMMIT_HEADER: &str = "Nats-Batch-Commit";
pub(super) const MAX_ID_BYTES: usize = 64;
const MAX_MESSAGES: usize = 1000;
const MAX_OPEN: usize = 50;
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Batches that were begun and not committed yet.
#[derive(Clone, Debug, Default, Pack)]
pub(super) struct Batches(Map<String, Batch>);

#[derive(Clone, Debug, Pack)]
struct Batch {
    drafts: Vec<Draft>,
    deadline: Timestamp,
}

impl Batches {
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.0.values().map(|batch| batch.deadline).min()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// What one message of a batch leads to.
enum Step {
    Wait,
    Commit { id: String, drafts: Vec<Draft> },
}

/// A draft that passed every check, and what storing it entails.
struct Checked {
    draft: Draft,
    msg_id: Option<String>,
    rollup: Option<Rollup>,
}

fn too_large() -> Error {
    ErrorCode(10199).with(&[&MAX_MESSAGES.to_string()])
}

pub(super) fn is_in_batch(message: &Message) -> bool {
    message.header(ID_HEADER).is_some_and(|id| !id.is_empty())
}

impl Stream {
    /// Takes a message that names a batch; answers it, and stores the batch when it is complete.
    pub(super) fn publish_in_batch(
        &mut self,
        context: &mut Context<'_>,
        publication: &Publication,
        storage: StorageLeft,
    ) {
        let outcome = self.join_batch(context, publication, storage).and_then(|step| match step {
            Step::Wait => Ok(String::new()),
            Step::Commit { id, drafts } => self.commit(context, &id, drafts),
        });
        let answer = match outcome {
            Ok(committed) => committed,
            Err(error) => {
                let (stream, told) = (self.name.clone(), error.clone());
                context.tell(Fact::Refused { message: publication.id, stream, error: told });
                if let Some(trace) = &mut context.trace {
                    let filter = self.filter_that_heard(&publication.message.subject);
                    trace.refused(context.now, (&self.name, filter), "", &error.to_string());
                }
                self.ack_text(context.options, &Err(error))
            }
        };
        if let Some(reply) = publication.message.reply.as_ref().filter(|_| !self.config.no_ack) {
            context.send(Message::new(reply.clone(), answer));
        }
        self.offer(context);
    }

    fn join_batch(
        &mut self,
        context: &mut Context<'_>,
        publication: &Publication,
        storage: StorageLeft,
    ) -> Result<Step, Error> {
        let mut draft = self.draft(context, publication);
        if self.config.sealed {
            return Err(ErrorCode(10109).error());
        }
        self.check_sizes(&draft)?;
        if storage == StorageLeft::None {
            return Err(ErrorCode(10023).error());
        }
        if !self.config.allow_atomic {
            return Err(ErrorCode(10174).error());
        }
        let id = header(&draft, ID_HEADER).unwrap_or_default().to_owned();
        if id.len() > MAX_ID_BYTES {
            return Err(ErrorCode(10179).error());
        }
        let number = header(&draft, SEQUENCE_HEADER).and_then(|number| number.parse::<usize>().ok());
        let number = number.ok_or_else(|| ErrorCode(10175).error())?;
        if number != 1 && !self.batches.0.contains_key(&id) {
            return Err(if number > MAX_MESSAGES { too_large() } else { ErrorCode(10176).error() });
        }
        self.check_level(context, &id, &mut draft)?;
        let commit = header(&draft, COMMIT_HEADER).map(str::to_owned);
        if commit.as_deref().is_some_and(|commit| commit != "1" && commit != "eob") {
            if self.batches.0.contains_key(&id) {
                self.abandon(context, &id, "incomplete");
            }
            return Err(ErrorCode(10200).error());
        }
        let is_end_only = commit.as_deref() == Some("eob");
        let expected = self.batches.0.get(&id).map_or(1, |batch| batch.drafts.len() + 1);
        if number != expected || (is_end_only && number == 1) {
            self.abandon(context, &id, "incomplete");
            return Err(ErrorCode(10176).error());
        }
        if number > MAX_MESSAGES {
            self.abandon(context, &id, "large");
            return Err(too_large());
        }
        if number == 1 && self.batches.0.len() >= MAX_OPEN {
            return Err(ErrorCode(10210).error());
        }
        let deadline = context.now + PATIENCE;
        let batch = self.batches.0.entry(id.clone()).or_insert_with(|| Batch { drafts: Vec::new(), deadline });
        batch.deadline = deadline;
        if is_end_only {
            if let Some(headers) = batch.drafts.last_mut().and_then(|draft| draft.headers.as_mut()) {
                headers.append(COMMIT_HEADER, "1");
            }
        } else {
            batch.drafts.push(draft);
        }
        if commit.is_none() {
            return Ok(Step::Wait);
        }
        let drafts = self.batches.0.remove(&id).map(|batch| batch.drafts).unwrap_or_default();
        Ok(Step::Commit { id, drafts })
    }

    fn check_level(&mut self, context: &mut Context<'_>, id: &str, draft: &mut Draft) -> Result<(), Error> {
        let Some(level) = header(draft, REQUIRED_LEVEL_HEADER) else { return Ok(()) };
        if level.parse::<u32>().map_or(true, |level| level > API_LEVEL) {
            self.abandon(context, id, "unsupported");
            return Err(ErrorCode(10185).error());
        }
        if let Some(headers) = &mut draft.headers {
            headers.retain(|name| name != REQUIRED_LEVEL_HEADER);
        }
        Ok(())
    }

    /// Checks every message first, so that either all or none are stored.
    fn commit(&mut self, context: &mut Context<'_>, id: &str, drafts: Vec<Draft>) -> Result<String, Error> {
        let checked = self.check_batch(context, drafts)?;
        let count = checked.len();
        for Checked { draft, msg_id, rollup } in checked {
            let subject = draft.subject.clone();
            let is_wanted =
                self.config.retention != Retention::Interest || self.has_followers || self.has_consumer_for(&subject);
            let previous = self.store.last_on(&subject).map_or(0, |message| message.seq);
            let seq = if is_wanted { self.keep(context, draft) } else { self.skip(context, draft.id) };
            if let Some(id) = &msg_id {
                let window = self.config.duplicate_window.duration();
                self.duplicates.remember(id, seq, is_wanted, context.now, window);
            }
            self.last_msg_id = msg_id.unwrap_or_default();
            if let Some(rollup) = rollup {
                self.roll_up(context, rollup, &subject, u64::from(is_wanted));
            }
            self.republish(context, seq, previous);
        }
        let last = self.store.last_seq();
        let batch = serde_json::Value::from(id);
        let stream = self.named(context.options);
        Ok(format!(r#"{{{stream},"seq":{last},"batch":{batch},"count":{count}}}"#))
    }

    fn check_batch(&mut self, context: &mut Context<'_>, drafts: Vec<Draft>) -> Result<Vec<Checked>, Error> {
        let window = self.config.duplicate_window.duration();
        let mut ids: Set<String> = Set::new();
        let mut sums: Map<Subject, Bytes> = Map::new();
        let mut counts: Map<Subject, u64> = Map::new();
        let mut bytes = 0;
        let mut checked = Vec::with_capacity(drafts.len());
        for (index, mut draft) in drafts.into_iter().enumerate() {
            let increment = counter::increment(&draft, self.config.allow_msg_counter)?;
            let is_later = index > 0;
            let writes_again = counts.contains_key(&draft.subject);
            let expects_subject = header(&draft, "Nats-Expected-Last-Subject-Sequence").is_some();
            if is_later && let Some(expected) = header(&draft, "Nats-Expected-Last-Sequence") {
                // Never met: the sequence it could only name is that of its own batch.
                let last = self.store.last_seq() + index as u64;
                let is_right = expected.parse() == Ok(last);
                let wrong = ErrorCode::WRONG_LAST_SEQUENCE.with(&[&last.to_string()]);
                return Err(if is_right { ErrorCode(10164).error() } else { wrong });
            }
            if expects_subject && writes_again {
                return Err(ErrorCode(10164).error());
            }
            self.check_expectations(&draft)?;
            super::schedule::check(&self.config, &self.store, &draft, context.now)?;
            super::schedule::complete(&mut draft);
            if header(&draft, "Nats-Stream-Source").is_some() {
                return Err(ErrorCode(10227).error());
            }
            let msg_id = header(&draft, "Nats-Msg-Id").map(str::to_owned);
            if let Some(id) = &msg_id
                && (!ids.insert(id.clone()) || self.duplicates.find(id, context.now, window).is_some())
            {
                return Err(ErrorCode(10201).error());
            }
            if header(&draft, "Nats-Expected-Last-Msg-Id").is_some() {
                return Err(ErrorCode(10177).with(&["Nats-Expected-Last-Msg-Id"]));
            }
            let rollup = self.rollup(&draft)?;
            match rollup {
                Some(Rollup::Subject) if writes_again => {
                    return Err(ErrorCode(10111).with(&["batch rollup sub invalid"]));
                }
                Some(Rollup::All) if is_later => return Err(ErrorCode(10111).with(&["batch rollup all invalid"])),
                _ => {}
            }
            if self.config.allow_msg_counter && increment.is_none() {
                return Err(ErrorCode(10169).error());
            }
            if let Some(increment) = increment {
                self.count_in_batch(&mut draft, &increment, &mut sums)?;
            }
            // Where nothing may have a life of its own, what it says of it is not even read.
            if !self.config.allow_msg_ttl && header(&draft, TTL_HEADER).is_some() {
                return Err(ErrorCode(10166).error());
            }
            self.check_ttl(&mut draft)?;
            let before = (index as u64, counts.get(&draft.subject).copied().unwrap_or(0), bytes);
            self.check_discard_new_after(&draft, before)?;
            bytes += self.size_of(&draft);
            *counts.entry(draft.subject.clone()).or_default() += 1;
            checked.push(Checked { draft, msg_id, rollup });
        }
        Ok(checked)
    }

    fn count_in_batch(
        &self,
        draft: &mut Draft,
        increment: &Increment,
        sums: &mut Map<Subject, Bytes>,
    ) -> Result<(), Error> {
        let last = self.store.last_on(&draft.subject);
        counter::keep_sources(draft, last);
        let stored = last.map(|message| message.payload.clone());
        let last = sums.get(&draft.subject).cloned().or(stored);
        let value = counter::add(last.as_deref(), increment)?;
        draft.payload = format!(r#"{{"val":"{value}"}}"#).into();
        sums.insert(draft.subject.clone(), draft.payload.clone());
        Ok(())
    }

    /// Drops batches nobody continued.
    pub(super) fn expire_batches(&mut self, context: &mut Context<'_>) {
        let is_over = |(_, batch): &(&String, &Batch)| batch.deadline <= context.now;
        let over: Vec<String> = self.batches.0.iter().filter(is_over).map(|(id, _)| id.clone()).collect();
        over.iter().for_each(|id| self.abandon(context, id, "timeout"));
    }

    fn abandon(&mut self, context: &mut Context<'_>, id: &str, reason: &str) {
        self.batches.0.remove(id);
        let subject = Subject::from(format!("{ADVISORY_PREFIX}.STREAM.BATCH_ABANDONED.{}", self.name));
        if !context.has_interest(&subject) {
            return;
        }
        let document = BatchAbandoned {
            kind: format!("{ADVISORY_TYPE_PREFIX}stream_batch_abandoned"),
            id: context.rng.nuid(),
            timestamp: context.now,
            stream: self.name.to_string(),
            batch: id.to_owned(),
            reason: reason.to_owned(),
        };
        let message = context.send(Message::new(subject.clone(), to_json(&document)));
        let stream = self.name.clone();
        context.tell(Fact::Advisory { message, subject, stream, consumer: None, stream_seq: None });
    }
}
