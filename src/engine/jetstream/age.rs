//! When a stream looks for messages that are too old, and what becomes of those.
//!
//! As on nats-server a message does not go the moment its time is over: the stream looks through its messages now and
//! then, never twice within a quarter of a second, and a file store goes by a clock that is set ten times a second. So
//! messages that grow old shortly after one another go together, and one of a file store goes up to half a second late.
//! The ways in are [`Stream::check_age`] and [`AgeChecks::deadline`].
//! Source: nats-server 2.15.1, `expireMsgs` and `resetAgeChk` of both stores; `server/ats`; observed.

use super::store::Run;
use super::stream::Draft;
use super::ttl::{Expiries, TTL_HEADER, Ttl};
use super::{Context, Stored, Stream};
use crate::api::{Retention, Storage, StreamConfig};
use crate::engine::RemovalReason;
use crate::map::Map;
use crate::pack::Pack;
use crate::protocol::Headers;
use crate::subject::Subject;
use crate::time::{Timestamp, format_go_duration};
use bytes::Bytes;
use std::time::Duration;

/// Messages let go of in one step; more are due again soon, so that nothing else has to wait long.
const STEP: usize = 4096;
const PAUSE: Duration = Duration::from_micros(50);
/// Not more often than so.
const SHORTEST: Duration = Duration::from_millis(250);
/// While there are messages and none is known to be next.
const WITHOUT_NEXT: Duration = Duration::from_secs(2);
/// What a store in memory takes for the rest of the first copy's life.
const FIRST_COPY: Duration = Duration::from_millis(50);
/// How often the clock of the stores is set.
const TICK_NANOS: i64 = 100_000_000;
/// A message whose removal came to nothing is left alone for so long.
const TRY_AGAIN: Duration = Duration::from_secs(2);
const MARKER_HEADER: &str = "Nats-Marker-Reason";

/// When the next look is due, and whose lives end on their own.
#[derive(Clone, Debug, Default, Pack)]
pub(super) struct AgeChecks {
    at: Option<Timestamp>,
    /// When that will be by the clock of the stores; only known once a look was put off or brought forward.
    planned: Option<Timestamp>,
    /// A look found more than one step takes: when it goes on.
    again: Option<Timestamp>,
    pub expiries: Expiries,
    has_copies: bool,
    /// Removals that were tried: whether the message was the last of its subject then, and when.
    tried: Map<u64, (bool, Timestamp)>,
    /// Since when the clock of the stores runs.
    clock_since: Timestamp,
}

/// What is known of the message that grows old next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Unknown,
    /// So many nanoseconds from now; below zero it is overdue.
    In(i64),
}

impl AgeChecks {
    /// Those of a new stream. `clock_since` is when the first of the streams there are was made.
    pub fn new(config: &StreamConfig, clock_since: Timestamp, now: Timestamp) -> AgeChecks {
        let is_file = config.storage == Storage::File;
        AgeChecks {
            at: config.max_age_limit().filter(|_| is_file).map(|max_age| now + max_age),
            clock_since,
            ..AgeChecks::default()
        }
    }

    /// When [`Stream::check_age`] has something to do.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.again.or(self.at)
    }

    /// What the clock of the stores shows.
    fn coarse(&self, now: Timestamp) -> Timestamp {
        let since = now.nanos().saturating_sub(self.clock_since.nanos()).max(0);
        Timestamp(now.nanos() - since % TICK_NANOS)
    }

    /// The clock by which this kind of store tells who is too old.
    fn clock(&self, config: &StreamConfig, now: Timestamp) -> Timestamp {
        if config.storage == Storage::File { self.coarse(now) } else { now }
    }

    /// A message was stored; `expires` if its life ends on its own.
    pub fn stored(&mut self, config: &StreamConfig, seq: u64, expires: Option<Timestamp>, now: Timestamp) {
        match expires {
            Some(at) => {
                self.expiries.add(at, seq);
                self.plan(config, Next::Unknown, true, now);
            }
            None => self.start(config, now),
        }
    }

    /// What was stored was a copy, which may be older than it is here.
    pub fn stored_copy(&mut self, config: &StreamConfig, now: Timestamp) {
        if self.has_copies || config.max_age_limit().is_none() {
            return;
        }
        self.has_copies = true;
        let next = match config.storage {
            Storage::File => Next::Unknown,
            Storage::Memory => Next::In(FIRST_COPY.as_nanos() as i64),
        };
        self.plan(config, next, true, now);
    }

    fn start(&mut self, config: &StreamConfig, now: Timestamp) {
        if self.at.is_none() {
            self.at = config.max_age_limit().map(|max_age| now + max_age);
        }
    }

    fn stop(&mut self) {
        (self.at, self.planned) = (None, None);
    }

    /// Plans the next look, unless there will be one earlier.
    fn plan(&mut self, config: &StreamConfig, next: Next, has_messages: bool, now: Timestamp) {
        let expiry = self.expiries.next();
        let max_age = config.max_age_limit();
        if max_age.is_none() && expiry.is_none() {
            self.at = None;
            return;
        }
        let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        let mut wait = max_age.map(nanos);
        let mut sooner = |other: i64| wait = Some(wait.map_or(other, |wait| wait.min(other)));
        if next == Next::Unknown && has_messages && max_age.is_some() {
            sooner(nanos(WITHOUT_NEXT));
        }
        if let Some(expiry) = expiry {
            sooner(expiry.nanos().saturating_sub(now.nanos()));
        }
        if let Next::In(rest) = next
            && rest > 0
        {
            sooner(rest);
        }
        let wait = Duration::from_nanos(wait.unwrap_or_default().max(0) as u64).max(SHORTEST);
        let planned = self.coarse(now) + wait;
        if self.planned.is_none_or(|earlier| planned <= earlier) {
            self.planned = Some(planned);
            self.at = Some(now + wait);
        }
    }

    /// Whether the message is to be removed now, and whether it is the last of its subject: `None` when that was tried
    /// a moment ago. `count` is how many messages there are on the subject, `tried` how many of them were tried.
    fn try_to_remove(&mut self, seq: u64, count: u64, tried: u64, now: Timestamp) -> Option<bool> {
        let remaining = count.saturating_sub(tried);
        let is_last = match self.tried.get(&seq) {
            Some((_, at)) if now.since(*at) < TRY_AGAIN => return None,
            Some((was_last, _)) => *was_last && remaining == 0,
            None => remaining == 1,
        };
        self.tried.insert(seq, (is_last, now));
        Some(is_last)
    }
}

impl Stream {
    /// Removes what is too old if it is time to look, and leaves a delete marker where the stream wants one.
    pub(super) fn check_age_if_due(&mut self, context: &mut Context<'_>) {
        if self.age.deadline().is_some_and(|at| at <= context.now) {
            self.check_age(context);
        }
    }

    /// Removes what is too old.
    pub(super) fn check_age(&mut self, context: &mut Context<'_>) {
        let is_whole = self.remove_aged(context) && self.remove_expired(context);
        self.age.again = (!is_whole).then(|| context.now + PAUSE);
        if is_whole {
            self.plan_next_look(context.now);
        }
    }

    /// Another configuration has other limits, and one look right away.
    pub(super) fn age_limits_changed(&mut self, context: &mut Context<'_>, had_lives: bool) {
        if self.config.max_age_limit().is_none() {
            self.age.stop();
        } else {
            self.age.start(&self.config, context.now);
        }
        if self.config.allow_msg_ttl && !had_lives {
            self.find_lives(context.now);
        }
        if self.config.max_age_limit().is_some() || self.config.allow_msg_ttl {
            self.check_age(context);
        }
    }

    /// What the messages say about their own lives counts from now on.
    fn find_lives(&mut self, now: Timestamp) {
        for message in self.store.iter_from(0) {
            if let Some(Ttl::After(ttl)) = self.ttl_of(message) {
                self.age.expiries.add(message.at + ttl, message.seq);
            }
        }
        if self.store.len() > 0 {
            self.age.plan(&self.config, Next::Unknown, true, now);
        }
    }

    fn plan_next_look(&mut self, now: Timestamp) {
        self.age.planned = None;
        let expiry = self.age.expiries.next();
        let max_age = self.config.max_age_limit();
        let is_soon =
            |at: &Timestamp| self.config.storage == Storage::File || max_age.is_none_or(|max_age| *at < now + max_age);
        if self.store.len() == 0 && expiry.filter(is_soon).is_none() {
            return self.age.stop();
        }
        let next = match (max_age, self.first_young(now)) {
            (Some(max_age), Some(at)) => {
                Next::In((at + max_age).nanos().saturating_sub(self.age.clock(&self.config, now).nanos()))
            }
            _ => Next::Unknown,
        };
        let has_messages = self.store.len() > 0;
        self.age.plan(&self.config, next, has_messages, now);
    }

    /// When the first message was stored that is not too old.
    fn first_young(&self, now: Timestamp) -> Option<Timestamp> {
        let clock = self.age.clock(&self.config, now);
        let max_age = self.config.max_age_limit()?;
        self.store.iter_from(0).find(|message| message.at + max_age > clock).map(|message| message.at)
    }

    /// Whether that was all.
    fn remove_aged(&mut self, context: &mut Context<'_>) -> bool {
        let Some(max_age) = self.config.max_age_limit() else { return true };
        let clock = self.age.clock(&self.config, context.now);
        let leaves_markers = self.config.subject_delete_marker_ttl.duration().is_some();
        if !self.config.allow_msg_ttl && !leaves_markers {
            return self.remove_aged_together(context, max_age, clock);
        }
        let is_old = |message: &&Stored| message.at + max_age <= clock;
        let old = self.store.iter_from(0).take_while(is_old);
        let is_mortal = |message: &&Stored| self.ttl_of(message) != Some(Ttl::Never);
        let old: Vec<u64> = old.filter(is_mortal).map(|message| message.seq).take(STEP).collect();
        old.iter().for_each(|seq| self.expire_one(context, *seq, RemovalReason::Age));
        // What could not be removed is not tried again at once.
        old.len() < STEP || old.iter().all(|seq| self.store.get(*seq).is_some())
    }

    /// Where every message lives equally long and leaves nothing behind, the old ones are a run from the first on.
    fn remove_aged_together(&mut self, context: &mut Context<'_>, max_age: Duration, clock: Timestamp) -> bool {
        let is_old = |message: &&Stored| message.at + max_age <= clock;
        let old = self.store.iter_from(0).take_while(is_old).take(STEP);
        let has_consumers = !self.consumers.is_empty();
        let (mut end, mut told) = (0, Vec::new());
        for message in old {
            end = message.seq + 1;
            if has_consumers {
                told.push((message.seq, message.subject.clone()));
            }
        }
        let Some(run) = self.store.remove_below(end) else { return true };
        let Run { count, .. } = run;
        self.tell_gone(context, &run, RemovalReason::Age);
        let owed = told.iter().flat_map(|(seq, subject)| self.tell_removed(context, *seq, subject)).collect();
        self.terminate_removed(context, owed);
        count < STEP as u64
    }

    /// Whether that was all.
    fn remove_expired(&mut self, context: &mut Context<'_>) -> bool {
        let due = self.age.expiries.due(context.now, STEP);
        for (at, seq) in &due {
            if self.store.get(*seq).is_some() {
                self.expire_one(context, *seq, RemovalReason::Ttl);
            } else {
                self.age.expiries.remove(*at, *seq);
            }
        }
        due.len() < STEP || due.iter().all(|(_, seq)| self.store.get(*seq).is_some())
    }

    fn expire_one(&mut self, context: &mut Context<'_>, seq: u64, reason: RemovalReason) {
        let Some(message) = self.store.get(seq) else { return };
        let Some(ttl) = self.config.subject_delete_marker_ttl.duration() else {
            self.remove(context, seq, reason);
            return;
        };
        // Neither a marker nor what a bucket leaves of a purged key is worth another marker.
        let is_marker = message.header(MARKER_HEADER).is_some() || message.header("KV-Operation") == Some("PURGE");
        let subject = message.subject.clone();
        let Stream { store, age, .. } = &mut *self;
        age.tried.retain(|seq, _| store.get(*seq).is_some());
        let is_on_subject = |seq: &&u64| store.get(**seq).is_some_and(|message| message.subject == subject);
        let tried = age.tried.keys().filter(is_on_subject).count() as u64;
        match age.try_to_remove(seq, store.count_on(&subject), tried, context.now) {
            None => {}
            Some(true) if !is_marker => self.leave_marker(context, &subject, ttl, reason),
            Some(_) => drop(self.remove(context, seq, reason)),
        }
    }

    /// The marker is stored like any message, if the stream takes it, and what it replaces goes with the roll-up.
    fn leave_marker(&mut self, context: &mut Context<'_>, subject: &Subject, ttl: Duration, reason: RemovalReason) {
        let headers = Headers::new()
            .and(MARKER_HEADER, "MaxAge")
            .and(TTL_HEADER, &format_go_duration(ttl))
            .and("Nats-Rollup", "sub");
        let transformed = self.transform.as_ref().and_then(|transform| transform.apply(subject, context.rng));
        let subject = transformed.map_or_else(|| subject.clone(), Subject::from);
        let id = context.new_message_id();
        let mut draft = Draft { id, subject: subject.clone(), headers: Some(headers), payload: Bytes::new() };
        if self.config.sealed || self.check_sizes(&draft).is_err() {
            return;
        }
        let is_interest = self.config.retention == Retention::Interest;
        if is_interest && !self.has_followers && !self.has_consumer_for(&subject) {
            self.skip(context, id);
            self.purge_as(context, Some(&subject), 0, 0, reason);
            return;
        }
        if self.check_ttl(&mut draft).is_err() || self.check_discard_new(&draft).is_err() {
            return;
        }
        let previous = self.store.last_on(&subject).map_or(0, |message| message.seq);
        let marker = self.keep(context, draft);
        self.purge_as(context, Some(&subject), 0, 1, reason);
        self.republish(context, marker, previous);
        self.offer(context);
    }
}
