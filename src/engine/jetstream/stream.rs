//! One stream: its configuration, its messages, its consumers, and the policies between them.
//!
//! Decides what is kept and what goes: limits, retention, age. What a publish must satisfy is in `publish.rs`; how
//! messages are held is in `store/`. Consumers are always called through here, so that the index of what they want and
//! the list of who is due next stay true.
//! Source: nats-server 2.15.1 `server/stream.go`, observed.

use super::age::AgeChecks;
use super::batch::Batches;
use super::consumer::{Removed, Settled};
use super::duplicates::Duplicates;
use super::fast_ingest::FastIngest;
use super::schedule::Schedules;
use super::store::Run;
use super::ttl::{TTL_HEADER, Ttl};
use super::{Consumer, Context, Filters, Publication, Store, Stored};
use crate::api::stream::Storage;
use crate::api::{Discard, Retention, StreamConfig, StreamState};
use crate::engine::{Fact, MessageId, Name, RemovalReason};
use crate::map::{Map, Set};
use crate::pack::Pack;
use crate::protocol::Headers;
use crate::subject::transform::Transform;
use crate::subject::{Subject, SubjectFilter, SubjectTrie};
use crate::time::Timestamp;
use bytes::Bytes;
use std::cell::OnceCell;
use std::sync::Arc;

#[derive(Pack)]
pub(in crate::engine) struct Stream {
    pub name: Name,
    pub config: StreamConfig,
    pub created: Timestamp,
    pub store: Store,
    pub consumers: Map<Name, Consumer>,
    /// Deleted ones that were paused: as on the server, the end of the pause is announced all the same.
    pub(super) gone_while_paused: Vec<Consumer>,
    pub(super) duplicates: Duplicates,
    /// The id of the newest message; empty if it had none.
    pub(super) last_msg_id: String,
    #[pack(skip)]
    pub(super) transform: Option<Transform>,
    #[pack(skip)]
    pub(super) republish: Option<Transform>,
    pub(super) feeds: Vec<super::sourcing::Feed>,
    /// Other streams copy from this one, which counts as interest.
    pub(super) has_followers: bool,
    pub(super) batches: Batches,
    pub(super) fast: FastIngest,
    pub(super) schedules: Schedules,
    pub(super) age: AgeChecks,
    /// Stored, and the consumers do not know yet.
    pub(super) unoffered: Vec<(u64, Subject)>,
    /// Removed to make room for those, and the consumers still wait for answers.
    owed: Vec<(Name, Removed)>,
    /// In the middle of removing what a new configuration has no room for.
    #[pack(skip)]
    is_tightening: bool,
    /// The message kept last, which the limits may have taken already.
    #[pack(skip)]
    pub(super) to_republish: Option<Stored>,
    /// It was made to remove what nobody waits for, so it is told of deliveries that need no answer.
    pub(super) hears_deliveries: bool,
    /// Consumers by what they want; built when needed after consumers changed.
    #[pack(skip)]
    wanting: OnceCell<SubjectTrie<Name>>,
    /// Push consumers by their deliver subject; built when needed after consumers changed.
    #[pack(skip)]
    pushing: OnceCell<Map<String, Vec<Name>>>,
    /// Pull consumers with a request that waits.
    #[pack(skip)]
    asked: Set<Name>,
    #[pack(skip)]
    due: DueConsumers,
}

/// When which consumer wants to be called.
#[derive(Default)]
struct DueConsumers {
    by_time: Set<(Timestamp, Name)>,
    by_name: Map<Name, Timestamp>,
}

impl DueConsumers {
    fn set(&mut self, name: &Name, at: Option<Timestamp>) {
        let before = self.by_name.get(name).copied();
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.by_time.remove(&(before, name.clone()));
            self.by_name.remove(name);
        }
        if let Some(at) = at {
            self.by_time.insert((at, name.clone()));
            self.by_name.insert(name.clone(), at);
        }
    }
}

/// A message that is about to be stored.
#[derive(Clone, Debug, Pack)]
pub(super) struct Draft {
    pub id: MessageId,
    pub subject: Subject,
    pub headers: Option<Headers>,
    pub payload: Bytes,
}

impl Stream {
    /// A new stream without messages; `config` has been checked. `clock_since`: see [`AgeChecks::new`].
    pub fn new(config: StreamConfig, clock_since: Timestamp, now: Timestamp) -> Stream {
        let mut stream = Stream {
            name: config.name.as_str().into(),
            store: Store::new(config.storage, config.first_seq),
            created: now,
            consumers: Map::new(),
            gone_while_paused: Vec::new(),
            duplicates: Duplicates::default(),
            last_msg_id: String::new(),
            transform: None,
            republish: None,
            feeds: Vec::new(),
            has_followers: false,
            batches: Batches::default(),
            fast: FastIngest::default(),
            schedules: Schedules::default(),
            age: AgeChecks::new(&config, clock_since, now),
            unoffered: Vec::new(),
            owed: Vec::new(),
            is_tightening: false,
            to_republish: None,
            hears_deliveries: config.retention != Retention::Limits,
            wanting: OnceCell::new(),
            pushing: OnceCell::new(),
            asked: Set::new(),
            due: DueConsumers::default(),
            config,
        };
        stream.compile();
        stream
    }

    /// Takes over a checked configuration and enforces what became tighter.
    pub fn update(&mut self, context: &mut Context<'_>, config: StreamConfig) {
        let became_interest = self.config.retention != config.retention && config.retention == Retention::Interest;
        if self.config.duplicate_window != config.duplicate_window {
            self.duplicates.window_changed();
        }
        let had_lives = self.config.allow_msg_ttl;
        self.config = config;
        self.compile();
        if !self.config.allow_atomic {
            self.batches.clear();
        }
        if !self.config.allow_batched {
            self.fast.clear();
        }
        if became_interest {
            let names: Vec<Name> = self.consumers.keys().cloned().collect();
            names.iter().for_each(|name| self.settle_recorded(context, name));
        }
        self.is_tightening = true;
        if self.config.discard == Discard::Old {
            self.enforce_limits(context);
        }
        self.enforce_subject_limits(context);
        self.age_limits_changed(context, had_lives);
        self.is_tightening = false;
        let owed = std::mem::take(&mut self.owed);
        self.terminate_removed(context, owed);
        if became_interest && self.consumers.is_empty() {
            self.interest_narrowed(context, 0);
        }
    }

    fn compile(&mut self) {
        let new = |src: &str, dest: &str| Transform::new(src, dest).ok().flatten();
        self.transform = self.config.subject_transform.as_ref().and_then(|t| new(&t.src, &t.dest));
        // Differs from nats-server: what would be published to where it came from is not, or it would go round for ever.
        let republish = self.config.republish.as_ref().filter(|republish| republish.dest != ">");
        self.republish = republish.and_then(|republish| new(&republish.src, &republish.dest));
    }

    /// Makes again what a snapshot leaves out because it follows from the rest.
    pub fn restored(&mut self) {
        self.compile();
        self.feeds.iter_mut().for_each(super::sourcing::Feed::compile);
        self.consumers_changed();
    }

    /// What is in it now, without the details that have to be asked for.
    pub fn state(&self) -> StreamState {
        StreamState {
            messages: self.store.len(),
            bytes: self.store.bytes(),
            first_seq: self.store.first_seq(),
            first_ts: self.store.first_at(),
            last_seq: self.store.last_seq(),
            last_ts: self.store.last_at(),
            num_subjects: self.store.num_subjects(),
            num_deleted: if self.is_never_written() { 0 } else { self.store.num_deleted() },
            consumer_count: self.consumers.len(),
            ..StreamState::default()
        }
    }

    /// The sequences missing in between. A file stream nobody wrote to claims to miss 0, as the server does.
    pub fn deleted(&self) -> Vec<u64> {
        match self.is_never_written() {
            true if self.config.storage == Storage::File => vec![0],
            true => Vec::new(),
            false => self.store.deleted(),
        }
    }

    fn is_never_written(&self) -> bool {
        self.store.first_seq() == 0
    }

    // --- storing and limits

    /// Stores a message under the next sequence and lets go of what is too much then.
    pub(super) fn keep(&mut self, context: &mut Context<'_>, draft: Draft) -> u64 {
        let seq = self.store.last_seq() + 1;
        let expires = self.append(context, draft, seq, context.now);
        self.age.stored(&self.config, seq, expires, context.now);
        seq
    }

    /// [`Stream::keep`] under a sequence and time given by somebody else.
    pub(super) fn keep_as(&mut self, context: &mut Context<'_>, draft: Draft, seq: u64, at: Timestamp) {
        let expires = self.append(context, draft, seq, at);
        self.age.stored(&self.config, seq, expires, context.now);
        self.age.stored_copy(&self.config, context.now);
    }

    /// Returns when the message's life ends on its own.
    fn append(&mut self, context: &mut Context<'_>, draft: Draft, seq: u64, at: Timestamp) -> Option<Timestamp> {
        let Draft { id, subject, headers, payload } = draft;
        let headers_bytes = headers.as_ref().map_or(0, Headers::len);
        let stored = Fact::Stored {
            message: id,
            stream: self.name.clone(),
            stream_seq: seq,
            subject: subject.clone(),
            bytes: headers_bytes + payload.len(),
            stored_bytes: self.store.size_of(subject.len(), headers_bytes, payload.len()),
        };
        let message = Stored { id, seq, subject: subject.clone(), headers, payload, at };
        let expires = match self.ttl_of(&message) {
            Some(Ttl::After(ttl)) => Some(at + ttl),
            _ => None,
        };
        if self.config.allow_msg_schedules {
            self.schedules.stored(&message, context.now);
        }
        self.to_republish = self.republish.is_some().then(|| message.clone());
        self.store.append(message);
        context.tell(stored);
        self.unoffered.push((seq, subject.clone()));
        self.enforce_subject_limit(context, &subject);
        if self.config.discard == Discard::Old {
            self.enforce_limits(context);
        }
        expires
    }

    /// The first sequence of a new stream's first message.
    pub(super) fn begin_at(&mut self, first_seq: u64) {
        if first_seq > 0 {
            self.store = Store::new(self.config.storage, first_seq);
        }
    }

    /// What the message says about its own life, where the stream lets it.
    pub(super) fn ttl_of(&self, message: &Stored) -> Option<Ttl> {
        if !self.config.allow_msg_ttl {
            return None;
        }
        Ttl::parse(message.header(TTL_HEADER)?).ok()
    }

    fn enforce_subject_limit(&mut self, context: &mut Context<'_>, subject: &str) {
        let Some(limit) = self.config.max_msgs_per_subject_limit() else { return };
        while self.store.count_on(subject) > limit {
            let Some(oldest) = self.store.first_on(subject).map(|message| message.seq) else { return };
            self.remove(context, oldest, RemovalReason::PerSubject);
        }
    }

    fn enforce_subject_limits(&mut self, context: &mut Context<'_>) {
        if self.config.max_msgs_per_subject_limit().is_none() {
            return;
        }
        let subjects = self.store.subjects_matching(&Filters::default());
        let subjects: Vec<_> = subjects.into_iter().map(|(subject, _)| subject.clone()).collect();
        subjects.iter().for_each(|subject| self.enforce_subject_limit(context, subject));
    }

    fn enforce_limits(&mut self, context: &mut Context<'_>) {
        if let Some(limit) = self.config.max_msgs_limit() {
            while self.store.len() > limit {
                self.remove_first(context, RemovalReason::Count);
            }
        }
        if let Some(limit) = self.config.max_bytes_limit() {
            while self.store.bytes() > limit {
                self.remove_first(context, RemovalReason::Bytes);
            }
        }
    }

    fn remove_first(&mut self, context: &mut Context<'_>, reason: RemovalReason) {
        self.remove(context, self.store.first_seq(), reason);
    }

    /// Lets go of one message and tells everybody who counted it.
    pub fn remove(&mut self, context: &mut Context<'_>, seq: u64, reason: RemovalReason) -> Option<Stored> {
        let removed = self.store.remove(seq)?;
        if let Some(Ttl::After(ttl)) = self.ttl_of(&removed) {
            self.age.expiries.remove(removed.at + ttl, seq);
        }
        context.tell(Fact::Removed { stream: self.name.clone(), stream_seq: seq, reason });
        let owed = self.tell_removed(context, seq, &removed.subject);
        if self.unoffered.is_empty() && !self.is_tightening {
            self.terminate_removed(context, owed);
        } else {
            self.owed.extend(owed);
        }
        Some(removed)
    }

    /// Tells those who want `subject`. Returns who waited for an answer to the message.
    pub(super) fn tell_removed(&mut self, context: &mut Context<'_>, seq: u64, subject: &str) -> Vec<(Name, Removed)> {
        let mut owed = Vec::new();
        for name in self.consumers_wanting(subject) {
            let Some(consumer) = self.consumers.get_mut(&name) else { continue };
            let removed = consumer.removed(context, seq, subject);
            self.due.set(&name, consumer.poll_timeout());
            owed.extend(removed.map(|removed| (name, removed)));
        }
        owed
    }

    pub(super) fn tell_gone(&self, context: &mut Context<'_>, run: &Run, reason: RemovalReason) {
        let (stream, Run { first, last, count }) = (self.name.clone(), *run);
        context.tell(match count {
            1 => Fact::Removed { stream, stream_seq: first, reason },
            _ => Fact::RemovedMany { stream, first_seq: first, last_seq: last, count, reason },
        });
    }

    pub(super) fn terminate_removed(&mut self, context: &mut Context<'_>, owed: Vec<(Name, Removed)>) {
        for (name, removed) in owed {
            self.call(context, &name, |consumer, context, store| consumer.terminate_removed(context, store, removed));
        }
    }

    /// When [`Stream::tick`] has something to do next.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let consumers = self.due.by_time.first().map(|(at, _)| *at);
        [
            consumers,
            self.age.deadline(),
            self.feeds_due(),
            self.batches.next_deadline(),
            self.fast.next_deadline(),
            self.schedules.next_deadline(),
            self.gone_while_paused.iter().filter_map(Consumer::paused_until).min(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does whatever is due at `context.now`.
    pub fn tick(&mut self, context: &mut Context<'_>) {
        self.check_age_if_due(context);
        self.expire_batches(context);
        self.fast.expire(context.now);
        self.run_schedules(context);
        self.gone_while_paused.retain(|consumer| {
            let is_over = consumer.paused_until().is_none_or(|until| until <= context.now);
            if is_over {
                consumer.announce_end_of_pause(context);
            }
            !is_over
        });
        let due: Vec<Name> =
            self.due.by_time.iter().take_while(|(at, _)| *at <= context.now).map(|(_, n)| n.clone()).collect();
        for name in due {
            self.call(context, &name, |consumer, context, store| consumer.tick(context, store));
            if self.consumers.get(&name).is_some_and(|consumer| consumer.is_expired(context.now)) {
                super::consumer::api::delete(context, self, &name);
            }
        }
    }

    // --- consumers

    /// Offers what was stored since the last time to the consumers that want it. All of it is counted before the first
    /// message is delivered (also one that is gone again already), and before what made way for it frees a slot.
    pub(super) fn offer(&mut self, context: &mut Context<'_>) {
        let mut names: Vec<Name> = Vec::new();
        for (seq, subject) in std::mem::take(&mut self.unoffered) {
            for name in self.consumers_wanting(&subject) {
                let Some(consumer) = self.consumers.get_mut(&name) else { continue };
                if consumer.stored(seq) && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let owed = std::mem::take(&mut self.owed);
        self.terminate_removed(context, owed);
        for name in names {
            self.call(context, &name, |consumer, context, store| consumer.deliver_ready(context, store));
        }
    }

    /// Whether any consumer's filter matches.
    pub(super) fn has_consumer_for(&self, subject: &str) -> bool {
        self.wanting().has_match(subject)
    }

    fn consumers_wanting(&self, subject: &str) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        self.wanting().for_each_match(subject, |name| {
            if !names.contains(name) {
                names.push(name.clone());
            }
        });
        names
    }

    fn wanting(&self) -> &SubjectTrie<Name> {
        self.wanting.get_or_init(|| {
            let mut trie = SubjectTrie::new();
            for (name, consumer) in self.consumers.iter().filter(|(_, consumer)| !consumer.is_deaf()) {
                let filters = consumer.config.filters();
                let filters = if filters.is_empty() { vec![">"] } else { filters };
                for filter in filters.into_iter().filter_map(|filter| SubjectFilter::new(filter).ok()) {
                    trie.insert(&filter, name.clone());
                }
            }
            trie
        })
    }

    /// Consumers were created, changed or deleted.
    pub(super) fn consumers_changed(&mut self) {
        self.wanting.take();
        self.pushing.take();
        self.due.by_name.retain(|name, _| self.consumers.contains_key(name));
        self.due.by_time.retain(|(_, name)| self.consumers.contains_key(name));
        let Stream { consumers, due, asked, .. } = self;
        asked.clear();
        for (name, consumer) in consumers.iter() {
            due.set(name, consumer.poll_timeout());
            if consumer.has_waiting_pulls() {
                asked.insert(name.clone());
            }
        }
    }

    /// Many messages went at once.
    pub(super) fn many_removed(&mut self) {
        let Stream { consumers, store, .. } = &mut *self;
        consumers.values_mut().for_each(|consumer| consumer.removed_many(store));
        self.timers_changed();
    }

    /// Something happened to any of the consumers that may have changed when it has something to do.
    pub(super) fn timers_changed(&mut self) {
        let Stream { consumers, due, .. } = self;
        consumers.iter().for_each(|(name, consumer)| due.set(name, consumer.poll_timeout()));
    }

    /// A subscription on `subject` came or went; only consumers that could be concerned hear of it.
    pub(super) fn interest_changed(&mut self, context: &mut Context<'_>, subject: &str) {
        let mut names = self.pushing().get(subject).cloned().unwrap_or_default();
        // While anybody subscribes to this very subject, nobody lost an asker.
        if !context.interest.has_exact_interest(subject, None) {
            names.extend(self.asked.iter().cloned());
        }
        for name in names {
            self.call(context, &name, |consumer, context, store| consumer.interest_changed(context, store));
        }
    }

    fn pushing(&self) -> &Map<String, Vec<Name>> {
        self.pushing.get_or_init(|| {
            let mut pushing: Map<String, Vec<Name>> = Map::new();
            for (name, consumer) in self.consumers.iter().filter(|(_, consumer)| !consumer.config.is_pull()) {
                pushing.entry(consumer.config.deliver_subject.clone()).or_default().push(name.clone());
            }
            pushing
        })
    }

    /// A pull request, an answer, or flow control for one consumer.
    pub(super) fn call(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        work: impl FnOnce(&mut Consumer, &mut Context<'_>, &Store) -> Settled,
    ) {
        let Stream { consumers, due, asked, store, .. } = self;
        let Some((name, consumer)) = consumers
            .get_key_value(name)
            .map(|(name, _)| name.clone())
            .and_then(|name| consumers.get_mut(&name).map(|consumer| (name, consumer)))
        else {
            return;
        };
        let settled = work(consumer, context, store);
        due.set(&name, consumer.poll_timeout());
        match consumer.has_waiting_pulls() {
            true => asked.insert(name.clone()),
            false => asked.remove(&name),
        };
        if !settled.done.is_empty() {
            self.settle(context, &name, settled);
        }
    }

    /// The consumer's reply to a message for it, if it exists.
    pub(super) fn for_consumer(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        publication: &Publication,
        work: impl FnOnce(&mut Consumer, &mut Context<'_>, &Store, &Publication) -> Settled,
    ) -> bool {
        let exists = self.consumers.contains_key(name);
        self.call(context, name, |consumer, context, store| work(consumer, context, store, publication));
        exists
    }

    pub(super) fn shared_config(&self) -> Arc<StreamConfig> {
        Arc::new(self.config.clone())
    }
}
