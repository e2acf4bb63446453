//! Mirrors and sources: streams that copy from other streams.
//!
//! A mirror keeps sequence and time of what it copies; a source gives its own and says in a header where the message came
//! from. A [`Feed`] is one such connection; it remembers how far it has come, whatever happens to the copies. Copying
//! follows each publish, in steps, so that a long origin does not hold up everything else. What may be configured is in
//! `check.rs`.
//! Differs from nats-server: origins in other accounts or domains and pre-made consumers are out of reach; INFO says so
//! in `error`.
//! Source: nats-server 2.15.1 `server/stream.go`, observed.

mod check;

pub(super) use check::check;

use super::publish::StorageLeft;
use super::stream::Draft;
use super::{Context, Filters, JetStream, Stored, Stream, counter};
use crate::api::{Error, ErrorCode, Retention, SourceInfo, StreamSource};
use crate::engine::{Name, RemovalReason};
use crate::pack::Pack;
use crate::protocol::Headers;
use crate::subject::transform::Transform;
use crate::subject::{Subject, SubjectFilter};
use crate::time::{Timestamp, format_go_duration};
use sha2::{Digest, Sha256};
use std::time::Duration;

const SOURCE_HEADER: &str = "Nats-Stream-Source";
/// Messages copied in one step; more are due again at once.
const COPY_STEP: usize = 1024;
/// How often an origin says that it is still there, in nanoseconds.
const HEARTBEAT_NANOS: i64 = 1_000_000_000;
/// What one round takes where streams copy in a ring.
const RING_DELAY: Duration = Duration::from_millis(1);
/// How long the consumer that copies would be kept without contact.
const COPIER_THRESHOLD: Duration = Duration::from_secs(10);
const START_DELAY: Duration = Duration::from_millis(100);

/// One stream that is copied from.
#[derive(Clone, Debug, Pack)]
pub(super) struct Feed {
    source: StreamSource,
    filters: Filters,
    #[pack(skip)]
    transforms: Vec<(SubjectFilter, Option<Transform>)>,
    /// The next sequence of the origin to look at; 0 before the first look.
    next: u64,
    /// The highest sequence copied.
    seen: u64,
    contact: Option<Timestamp>,
    /// Which origin it was: one that was deleted and made again starts from the beginning.
    origin_created: Option<Timestamp>,
    due: Option<Timestamp>,
    error: Option<Error>,
}

fn transforms_of(source: &StreamSource) -> Vec<(SubjectFilter, Option<Transform>)> {
    let filter = |text: &str| SubjectFilter::new(if text.is_empty() { ">" } else { text }).ok();
    let transforms = source.subject_transforms.iter();
    transforms.filter_map(|t| Some((filter(&t.src)?, Transform::new(&t.src, &t.dest).ok().flatten()))).collect()
}

impl Feed {
    /// On nats-server it would have a consumer of its own at its origin, which only the account counts.
    pub fn counts_as_consumer(&self) -> bool {
        self.contact.is_some() && self.source.consumer.is_none() && self.source.external.is_none()
    }

    fn new(source: &StreamSource, due: Timestamp) -> Feed {
        let transforms = transforms_of(source);
        let filters = match source.filter_subject.as_str() {
            "" => transforms.iter().map(|(filter, _)| filter.clone()).collect(),
            text => SubjectFilter::new(text).into_iter().collect(),
        };
        let out_of_reach = source.external.is_some() || source.consumer.is_some();
        let error =
            out_of_reach.then(|| ErrorCode(10045).with(&["this kind of origin is not available in this server"]));
        let due = Some(due).filter(|_| !out_of_reach);
        Feed {
            source: source.clone(),
            filters: Filters(filters),
            transforms,
            next: 0,
            seen: 0,
            contact: None,
            origin_created: None,
            due,
            error,
        }
    }

    /// It has not looked yet.
    fn is_new(&self) -> bool {
        self.due.is_some() && self.contact.is_none() && self.error.is_none()
    }

    /// It has copied something, since when a mirror answers direct reads of its origin.
    pub fn has_copied(&self) -> bool {
        self.seen > 0
    }

    /// It has all there was and waits for more.
    fn is_following(&self) -> bool {
        self.due.is_none() && self.error.is_none()
    }

    /// A stream may copy from itself what it does not listen on, which comes to nothing.
    fn found_itself(&mut self, now: Timestamp, itself: &Stream) {
        self.due = None;
        self.contact = Some(now);
        self.next = itself.store.last_seq() + 1;
    }

    /// Makes what follows from the source.
    pub fn compile(&mut self) {
        self.transforms = transforms_of(&self.source);
    }

    fn subject(&self, context: &mut Context<'_>, subject: &Subject) -> Subject {
        let transform = self.transforms.iter().find(|(filter, _)| filter.matches(subject));
        let transformed = transform.and_then(|(_, t)| t.as_ref()).and_then(|t| t.apply(subject, context.rng));
        transformed.map_or_else(|| subject.clone(), Subject::from)
    }

    /// Goes to where the first look starts.
    fn position(&mut self, origin: &Stream) {
        if self.origin_created != Some(origin.created) {
            if self.origin_created.is_some() {
                (self.next, self.seen) = (1, 0);
            }
            self.origin_created = Some(origin.created);
        }
        if self.next == 0 {
            self.next = match (self.source.opt_start_seq, self.source.opt_start_time) {
                (0, Some(at)) => origin.store.first_seq_at_or_after(at),
                (seq, _) => seq.max(origin.store.first_seq()).max(1),
            };
        }
    }

    /// The next messages to copy, and whether there are more.
    fn batch(&mut self, origin: &Stream) -> (Vec<Stored>, bool) {
        let mut batch = Vec::new();
        for (looked, message) in origin.store.iter_from(self.next).enumerate() {
            if looked == COPY_STEP {
                return (batch, true);
            }
            self.next = message.seq + 1;
            if self.filters.matches(&message.subject) {
                batch.push(message.clone());
            }
        }
        (batch, false)
    }

    fn info(&self, now: Timestamp, origin: Option<&Stream>) -> SourceInfo {
        let lag = origin.filter(|_| self.contact.is_some()).map(|o| o.store.count_matching(&self.filters, self.next));
        SourceInfo {
            name: self.source.name.clone(),
            external: self.source.external.clone(),
            lag: lag.unwrap_or(0),
            seq: self.seen,
            active: self.contact.map_or(-1, |at| (now.nanos() - at.nanos()) % HEARTBEAT_NANOS),
            error: self.error.clone(),
            filter_subject: self.source.filter_subject.clone(),
            subject_transforms: self.source.subject_transforms.clone(),
        }
    }
}

impl JetStream {
    /// A stream was created or changed: it may want to copy from others, or others from it.
    pub(super) fn sources_changed(&mut self, context: &mut Context<'_>, name: &Name) {
        if let Some(stream) = self.streams.get_mut(name) {
            stream.connect_feeds(context);
        }
        self.list_followers();
        for follower in self.followers.get(name).cloned().unwrap_or_default() {
            if let Some(stream) = self.streams.get_mut(&follower) {
                let waiting = stream.feeds.iter_mut().filter(|feed| feed.source.name == **name && feed.due.is_none());
                waiting.for_each(|feed| feed.due = Some(context.now + START_DELAY));
            }
        }
    }

    /// A stream is gone; those that copied from it stay as they are.
    pub(super) fn origin_deleted(&mut self, name: &Name) {
        self.list_followers();
        for stream in self.streams.values_mut() {
            for feed in stream.feeds.iter_mut().filter(|feed| feed.source.name == **name) {
                feed.contact = None;
                feed.error = Some(ErrorCode::STREAM_NOT_FOUND.error());
            }
        }
    }

    fn list_followers(&mut self) {
        self.followers.clear();
        for (name, stream) in &self.streams {
            for feed in
                stream.feeds.iter().filter(|feed| feed.source.external.is_none() && feed.source.consumer.is_none())
            {
                self.followers.entry(feed.source.name.as_str().into()).or_default().push(name.clone());
            }
        }
        for (name, stream) in &mut self.streams {
            stream.has_followers = self.followers.contains_key(name);
        }
    }

    /// Lets everybody who copies from `origin` catch up, and those who copy from them.
    #[inline(never)]
    pub(super) fn feed_followers(&mut self, context: &mut Context<'_>, origin: &str) {
        self.feed_from(context, &mut vec![origin.into()]);
    }

    /// The same for the last of `way`, along which the copies came. Where it closes to a ring, as the server lets some,
    /// copies go round for ever, so not all at once.
    fn feed_from(&mut self, context: &mut Context<'_>, way: &mut Vec<Name>) {
        let Some(origin) = way.last().cloned() else { return };
        for follower in self.followers.get(&origin).cloned().unwrap_or_default() {
            if way.contains(&follower) {
                let stream = self.streams.get_mut(&follower);
                let feeds = stream.into_iter().flat_map(|stream| &mut stream.feeds);
                let feeds = feeds.filter(|feed| feed.source.name == *origin && feed.is_following());
                feeds.for_each(|feed| feed.due = Some(context.now + RING_DELAY));
            } else if self.copy_from(context, &follower, Some(&origin)) {
                way.push(follower);
                self.feed_from(context, way);
                way.pop();
            }
        }
    }

    /// Copies what `name` has not seen yet from where a look is due.
    #[inline(never)]
    pub(super) fn catch_up(&mut self, context: &mut Context<'_>, name: &Name) {
        if self.copy_from(context, name, None) {
            self.feed_followers(context, name);
        }
    }

    /// Copies from one origin that has something new, or wherever a look is due; `true` when there was something.
    fn copy_from(&mut self, context: &mut Context<'_>, name: &Name, origin: Option<&Name>) -> bool {
        let Some(mut target) = self.streams.remove(name) else { return false };
        let mut feeds = std::mem::take(&mut target.feeds);
        let mut copied = false;
        for feed in &mut feeds {
            if *feed.source.name == **name {
                feed.found_itself(context.now, &target);
                continue;
            }
            let is_due = feed.due.is_some_and(|due| due <= context.now);
            let has_news = feed.is_following() && origin.is_some_and(|origin| **origin == *feed.source.name);
            if is_due || has_news {
                copied |= self.copy(context, &mut target, feed);
            }
        }
        target.feeds = feeds;
        self.streams.insert(name.clone(), target);
        copied
    }

    fn copy(&mut self, context: &mut Context<'_>, target: &mut Stream, feed: &mut Feed) -> bool {
        feed.due = None;
        let is_full = self.storage_left(context) == StorageLeft::None;
        let Some(origin) = self.streams.get_mut(feed.source.name.as_str()) else {
            feed.error = Some(ErrorCode::STREAM_NOT_FOUND.error());
            feed.contact = None;
            return false;
        };
        feed.error = origin.refusal_of_copies().filter(|_| feed.contact.is_none());
        if feed.error.is_some() {
            return false;
        }
        feed.contact = Some(context.now);
        let is_first_look = feed.next == 0;
        feed.position(origin);
        // What a filter passes over later does not show before something is copied.
        if is_first_look && target.config.mirror.is_some() && target.store.last_seq() == 0 && feed.next > 1 {
            target.begin_at(feed.next);
        }
        if is_full {
            return false;
        }
        let (batch, more) = feed.batch(origin);
        let mut copied = false;
        let counts = target.config.allow_msg_counter;
        for message in batch.iter().filter(|message| !counts || counter::is_counted(message)) {
            if target.take_copy(context, feed, origin, message).is_err() {
                feed.next = message.seq;
                return copied;
            }
            feed.seen = message.seq;
            copied = true;
            origin.release_copied(context, message.seq);
        }
        if more {
            feed.due = Some(context.now);
        }
        copied
    }

    /// What INFO says about the streams this one copies from: its mirror, its sources.
    pub(super) fn source_infos(&self, stream: &Stream, now: Timestamp) -> (Option<SourceInfo>, Vec<SourceInfo>) {
        let info = |feed: &Feed| feed.info(now, self.streams.get(feed.source.name.as_str()));
        let infos: Vec<SourceInfo> = stream.feeds.iter().map(info).collect();
        if stream.config.mirror.is_none() {
            return (None, infos);
        }
        let is_new = stream.feeds.first().is_some_and(Feed::is_new);
        let mirror = infos.into_iter().next().map(|info| match is_new {
            true => SourceInfo { seq: 0, filter_subject: String::new(), ..info },
            false => SourceInfo { seq: 0, ..info },
        });
        (mirror, Vec::new())
    }
}

impl Stream {
    /// Makes the feeds what the configuration says; those that stay keep their place.
    pub(super) fn connect_feeds(&mut self, context: &mut Context<'_>) {
        let wanted = self.config.mirror.iter().chain(&self.config.sources);
        let mut old = std::mem::take(&mut self.feeds);
        for source in wanted {
            let kept = old.iter().position(|feed| check::identity(&feed.source) == check::identity(source));
            let feed = match kept {
                Some(index) => old.swap_remove(index),
                None => {
                    let jitter = Duration::from_nanos(context.rng.below(START_DELAY.as_nanos() as u64));
                    Feed::new(source, context.now + START_DELAY + jitter)
                }
            };
            self.feeds.push(feed);
        }
    }

    /// Copying is done by a consumer on nats-server, which what the stream says of all its consumers can rule out.
    fn refusal_of_copies(&self) -> Option<Error> {
        let limits = &self.config.consumer_limits;
        if limits.max_ack_pending > 0 {
            return Some(ErrorCode(10082).error());
        }
        let idle = limits.inactive_threshold.duration().filter(|idle| *idle < COPIER_THRESHOLD)?;
        Some(ErrorCode(10153).with(&[&format_go_duration(idle)]))
    }

    /// When the next feed has to be looked at.
    pub(super) fn feeds_due(&self) -> Option<Timestamp> {
        self.feeds.iter().filter_map(|feed| feed.due).min()
    }

    /// Stores a copy. Errors: what a publisher would have been told; the feed waits then.
    fn take_copy(
        &mut self,
        context: &mut Context<'_>,
        feed: &Feed,
        origin: &Stream,
        message: &Stored,
    ) -> Result<(), Error> {
        let is_mirror = self.config.mirror.is_some();
        let seq = if is_mirror { message.seq } else { self.store.last_seq() + 1 };
        if seq <= self.store.last_seq() {
            return Ok(());
        }
        let msg_id = message.header("Nats-Msg-Id").unwrap_or_default();
        let window = self.config.duplicate_window.duration();
        if !is_mirror && !msg_id.is_empty() && self.duplicates.find(msg_id, context.now, window).is_some() {
            return Ok(());
        }
        let mut headers = cleaned(message.headers.as_ref(), is_mirror);
        if !is_mirror {
            headers = Some(headers.unwrap_or_default().and(SOURCE_HEADER, &origin_text(feed, origin, message)));
        }
        let subject = feed.subject(context, &message.subject);
        let mut draft = Draft { id: message.id, subject: subject.clone(), headers, payload: message.payload.clone() };
        if self.config.allow_msg_counter {
            counter::count_source(&mut draft, self.store.last_on(&subject), &origin.name, &message.subject)?;
        }
        self.check_discard_new(&draft)?;
        if self.config.retention == Retention::Interest && !self.has_consumer_for(&subject) {
            self.store.skip_to(seq, Some(context.now));
            return Ok(());
        }
        let previous = self.store.last_on(&subject).map_or(0, |message| message.seq);
        if is_mirror {
            self.keep_as(context, draft, seq, message.at);
        } else {
            self.keep(context, draft);
        }
        if !is_mirror && !msg_id.is_empty() {
            self.duplicates.remember(msg_id, seq, true, context.now, window);
        }
        self.last_msg_id = msg_id.to_owned();
        self.republish(context, seq, previous);
        self.offer(context);
        Ok(())
    }

    /// A message was copied: on a work queue or interest stream that counts as an ack.
    fn release_copied(&mut self, context: &mut Context<'_>, seq: u64) {
        let is_done = match self.config.retention {
            Retention::Limits => false,
            Retention::WorkQueue => true,
            Retention::Interest => !self.is_needed(seq),
        };
        if is_done {
            self.remove(context, seq, RemovalReason::Acked);
        }
    }
}

/// Headers a copy keeps: what belonged to the first publish stays behind. A mirror says where its origin had it from.
fn cleaned(headers: Option<&Headers>, is_mirror: bool) -> Option<Headers> {
    let mut headers = headers?.clone();
    let stays = |name: &str| {
        let is_of_publish = name.starts_with("Nats-Expected-") || name.starts_with("Nats-Batch-");
        !is_of_publish && (is_mirror || name != SOURCE_HEADER)
    };
    if headers.iter().all(|(name, _)| stays(name)) {
        return Some(headers);
    }
    headers.retain(stays);
    (headers != Headers::new()).then_some(headers)
}

/// The value of `Nats-Stream-Source`.
fn origin_text(feed: &Feed, origin: &Stream, message: &Stored) -> String {
    let (filters, destinations) = if feed.source.subject_transforms.is_empty() {
        let filter = if feed.source.filter_subject.is_empty() { ">" } else { &feed.source.filter_subject };
        (filter.to_owned(), ">".to_owned())
    } else {
        let or_all = |text: &str| if text.is_empty() { ">".to_owned() } else { text.to_owned() };
        let transforms = &feed.source.subject_transforms;
        let joined = |texts: Vec<String>| texts.join("\x0c");
        (
            joined(transforms.iter().map(|t| or_all(&t.src)).collect()),
            joined(transforms.iter().map(|t| or_all(&t.dest)).collect()),
        )
    };
    let identity = short_hash(&origin.created.rfc3339());
    format!("{} {} {filters} {destinations} {} {identity}", origin.name, message.seq, message.subject)
}

/// The server's way to make eight characters of a text.
fn short_hash(text: &str) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).map(|byte| char::from(ALPHABET[usize::from(byte % 62)])).collect()
}
