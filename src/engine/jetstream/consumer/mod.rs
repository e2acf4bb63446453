//! Where delivery stands for one reader of a stream.
//!
//! A consumer never owns messages. It is told what was stored and what was removed, sends what is wanted, and reports
//! what was acknowledged; its stream decides what that means for keeping messages.
//! What is out for an answer is in `ack_pending.rs`, who waits for messages in `waiting.rs`; `delivery.rs` brings the two
//! together, `pull.rs`, `push.rs` and `answer.rs` take in what clients say, `api.rs` answers about consumers.
//! Source: nats-server 2.15.1 `server/consumer.go`, observed.

mod ack_pending;
mod ack_subject;
mod activity;
mod advisory;
mod answer;
pub(super) mod api;
pub(super) mod backup;
mod checks;
mod config;
mod create;
mod delivery;
mod info;
mod pace;
mod pin;
mod pull;
mod purge;
mod push;
mod record;
mod start;
mod waiting;

pub(super) use ack_subject::AckSubject;
pub(in crate::engine) use purge::{Concern, Removed};

use super::{Context, Filters, Store};
use crate::api::stream::Storage;
use crate::api::{AckPolicy, ConsumerConfig, DeliverPolicy, Nanos, ReplayPolicy, Retention, StreamConfig};
use crate::engine::{Fact, Name, PullEnd};
use crate::pack::Pack;
use crate::subject::SubjectFilter;
use crate::time::Timestamp;
use ack_pending::{AckPending, Pair, Waits};
use activity::Activity;
use pace::Pace;
use pin::Pin;
use push::Push;
use record::{Record, Rules};
use start::Singles;
use waiting::Waiting;

/// Burst of a rate limit when the stream does not bound its messages: the server's largest payload.
const DEFAULT_BURST: u64 = crate::protocol::MAX_PAYLOAD as u64;

#[derive(Pack)]
pub(in crate::engine) struct Consumer {
    pub stream: Name,
    pub name: Name,
    pub config: ConsumerConfig,
    pub created: Timestamp,
    filters: Filters,
    /// Its filters were taken away later: then the server forgets to tell it what is stored, and so do we.
    is_deaf: bool,
    /// It was made on a stream with limits. On nats-server delivery keeps to what the stream was then.
    pub thinks_of_limits: bool,
    start_seq: u64,
    /// The sequence delivery looks at next. It also passes what it skips, where the record does not.
    position: u64,
    /// Single messages that go first.
    singles: Option<Singles>,
    next_consumer_seq: u64,
    /// Stored, wanted and not yet delivered, as the server keeps the figure: counted up and down, at times below zero, and
    /// put right when somebody looks.
    num_pending: i64,
    /// What the stream held up to here is in `num_pending`.
    counted_to: u64,
    /// Where it says it stands.
    record: Record,
    /// How far an interest stream has looked at what is written down there.
    check_floor: u64,
    acks: AckPending,
    last_delivery: Option<Timestamp>,
    last_answer: Option<Timestamp>,
    waiting: Waiting,
    /// Fixed when the consumer was made.
    max_waiting: usize,
    /// A message whose turn it is when its pace allows, and which delivery of it that is.
    held: Option<(u64, u64)>,
    /// Messages up to here are replayed at their own pace.
    replay_to: u64,
    next_pull: u64,
    pin: Option<Pin>,
    push: Push,
    pace: Pace,
    activity: Activity,
    /// Deliver when this time comes: something changed, or the pace allows the next message.
    wake: Option<Timestamp>,
    is_paused: bool,
    /// The message whose turn it is can never go: as on the server, whatever happens, nothing goes any more.
    is_stuck: bool,
    burst: u64,
}

/// What a consumer tells its stream about sequences after it handled something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Settled {
    /// This consumer is done with these: acknowledged, terminated, or (ack none) delivered. Ascending.
    pub done: Vec<u64>,
}

/// What a consumer has written down about messages, up to where.
pub(in crate::engine) struct Recorded {
    pub ack_floor: u64,
    /// Each with whether it is done with. Ascending.
    pub sequences: Vec<(u64, bool)>,
}

impl Consumer {
    /// A consumer as its creation left it: positioned by its deliver policy, nothing sent yet.
    ///
    /// `config` has been checked and defaulted by the API. It is due at once, see [`Consumer::poll_timeout`].
    pub fn new(
        context: &mut Context<'_>,
        stream: &StreamConfig,
        store: &Store,
        name: Name,
        config: ConsumerConfig,
    ) -> Consumer {
        let filters = filters_of(&config);
        let start = start::start(&config, &filters, store, stream.max_msgs_per_subject == 1);
        let is_file = stream.storage == Storage::File && !config.mem_storage;
        let burst = stream.max_msg_size_limit().unwrap_or(DEFAULT_BURST);
        let mut pace = Pace::new(config.replay_policy == ReplayPolicy::Original);
        pace.limit_rate(config.rate_limit_bits_per_sec, burst, context.now);
        let mut consumer = Consumer {
            stream: stream.name.as_str().into(),
            name,
            created: context.now,
            is_deaf: false,
            thinks_of_limits: stream.retention == Retention::Limits,
            start_seq: start.seq,
            position: start.seq,
            singles: start.singles,
            num_pending: 0,
            counted_to: 0,
            record: Record::new(start.seq, is_file),
            check_floor: 0,
            acks: AckPending::new(start.seq, waits_of(&config)),
            max_waiting: usize::try_from(config.max_waiting).unwrap_or(usize::MAX),
            held: None,
            replay_to: store.last_seq(),
            push: Push::new(&config, context),
            activity: Activity::new(&config, context),
            is_paused: config.pause_until.is_some_and(|until| until > context.now),
            filters,
            next_consumer_seq: 1,
            last_delivery: None,
            last_answer: None,
            waiting: Waiting::default(),
            next_pull: 1,
            pin: None,
            pace,
            wake: Some(context.now),
            is_stuck: false,
            burst,
            config,
        };
        consumer.recount(store);
        consumer.watch_activity(context.now);
        consumer
    }

    /// The sequence below which nothing was or will be delivered for the first time.
    pub fn start_seq(&self) -> u64 {
        self.start_seq
    }

    /// It does not hear of what is stored or removed.
    pub fn is_deaf(&self) -> bool {
        self.is_deaf
    }

    /// Where it stands, in both countings.
    fn here(&self) -> Pair {
        Pair { consumer_seq: self.next_consumer_seq - 1, stream_seq: self.position.saturating_sub(1) }
    }

    fn rules(&self) -> Rules {
        Rules { ack_policy: self.config.ack_policy, max_deliver: self.config.max_deliver_limit() }
    }

    /// Takes over a configuration the API has checked against the old one.
    ///
    /// As on the server, other filters alone wake nobody: delivery goes on with whatever happens next.
    fn reconfigure(&mut self, context: &mut Context<'_>, store: &Store, config: ConsumerConfig) {
        let old = std::mem::replace(&mut self.config, config);
        self.acks.set_waits(waits_of(&self.config));
        if old.rate_limit_bits_per_sec != self.config.rate_limit_bits_per_sec {
            self.pace.limit_rate(self.config.rate_limit_bits_per_sec, self.burst, context.now);
        }
        let filters = filters_of(&self.config);
        if filters != self.filters {
            self.is_deaf = filters.0.is_empty();
            self.filters = filters;
            self.recount(store);
        }
        if old.deliver_subject != self.config.deliver_subject {
            self.redeliver_all_pending(context);
            self.push.watch(&self.config.deliver_subject, &old.deliver_group);
            self.push.refresh(context);
            self.wake = Some(context.now);
        }
        if old.inactive_threshold != self.config.inactive_threshold {
            self.activity = Activity::new(&self.config, context);
        }
        self.watch_activity(context.now);
        if old.max_ack_pending != self.config.max_ack_pending {
            self.wake = Some(context.now);
        }
    }

    /// Whoever got these messages listened on another subject; send them again to the new one.
    fn redeliver_all_pending(&mut self, context: &mut Context<'_>) {
        for stream_seq in self.acks.sequences() {
            if !self.acks.is_queued(stream_seq) && !self.has_used_up(context, stream_seq) {
                self.acks.expired(stream_seq, context.now);
                self.tell_due(context, stream_seq);
            }
        }
    }

    /// Starts over at `seq`: RESET. Single messages that were to go first still do.
    fn reset(&mut self, context: &mut Context<'_>, store: &Store, seq: u64) {
        let seq = seq.max(1);
        let is_unchanged = self.position == seq && self.acks.is_empty();
        let has_no_gaps = matches!(self.config.ack_policy, AckPolicy::All | AckPolicy::FlowControl);
        let is_back_to_floor = has_no_gaps && seq == self.acks.floor().stream_seq + 1;
        let before = self.record.floor();
        if is_back_to_floor && !is_unchanged {
            self.num_pending += signed(self.acks.len() as u64);
        }
        self.acks = AckPending::new(seq, waits_of(&self.config));
        self.position = seq;
        self.next_consumer_seq = 1;
        self.held = None;
        self.record.reset(seq);
        self.last_delivery = None;
        self.last_answer = None;
        self.tell_floor_after(context, before);
        if !(is_unchanged || is_back_to_floor) {
            self.recount(store);
        }
        self.wake = Some(context.now);
    }

    /// Counts anew what is left to deliver. Of a consumer that wants the last of each subject, subjects count.
    fn recount(&mut self, store: &Store) {
        let ahead = match self.config.deliver_policy {
            DeliverPolicy::LastPerSubject => {
                store.last_per_subject(&self.filters).iter().filter(|seq| **seq >= self.position).count() as u64
            }
            _ => store.count_matching(&self.filters, self.position),
        };
        self.num_pending = signed(ahead);
        self.counted_to = store.last_seq();
    }

    /// As it may be shown: never below zero.
    /// Where an answer for this message goes, if one is waited for.
    pub fn awaited(&self, stream: &Name, store: &Store, stream_seq: u64) -> Option<crate::subject::Subject> {
        let pending = self.acks.get(stream_seq)?;
        let deliveries = self.acks.deliveries_so_far(stream_seq);
        let subject = AckSubject::of(stream, &self.name, deliveries, stream_seq, pending.consumer_seq);
        Some(subject.format(store.get(stream_seq)?.at, self.shown_pending()))
    }

    fn shown_pending(&self) -> u64 {
        u64::try_from(self.num_pending).unwrap_or(0)
    }

    /// Puts the figure right where it can be seen to be wrong. Asking for it changes it, as on the server.
    fn correct_pending(&mut self, store: &Store) {
        self.num_pending = signed(self.corrected_pending(store));
    }

    fn corrected_pending(&self, store: &Store) -> u64 {
        let room = (store.last_seq() + 1).saturating_sub(self.position);
        self.shown_pending().min(store.len()).min(room)
    }

    /// The stream stored `seq`, which is wanted. Returns whether delivery has something to do.
    ///
    /// As on the server, one below a start that lies ahead counts too.
    pub fn stored(&mut self, seq: u64) -> bool {
        self.num_pending += i64::from(seq > self.counted_to);
        seq >= self.position && self.has_receiver()
    }

    /// What an observer has to hear to know where delivery stands: what is out for an answer, and the ack floor.
    pub fn tell_again(&self, store: &Store) -> Vec<Fact> {
        let out = self.acks.all().filter_map(|(stream_seq, pending)| {
            Some(Fact::Dispatched {
                message: store.get(stream_seq)?.id,
                stream: self.stream.clone(),
                consumer: self.name.clone(),
                stream_seq,
                consumer_seq: pending.consumer_seq,
                deliveries: self.acks.deliveries(stream_seq),
                deadline: pending.deadline(),
            })
        });
        let floor = self.acks.floor();
        let floor = Fact::AckFloor {
            stream: self.stream.clone(),
            consumer: self.name.clone(),
            consumer_seq: floor.consumer_seq,
            stream_seq: floor.stream_seq,
        };
        out.chain([floor]).collect()
    }

    /// Whether anybody listens on its ack subjects. Not with ack policy none.
    pub fn takes_answers(&self) -> bool {
        !matches!(self.config.ack_policy, AckPolicy::None | AckPolicy::FlowControl)
    }

    /// A subscription on `subject` came or went.
    ///
    /// Requests whose asker is gone are noticed later: when one of them is to be served, or somebody looks.
    pub fn interest_changed(&mut self, context: &mut Context<'_>, store: &Store) -> Settled {
        if self.config.is_pull() {
            self.waiting.asker_may_be_gone();
            return Settled::default();
        }
        let was_active = self.push.is_active;
        self.push.refresh(context);
        if was_active == self.push.is_active {
            return Settled::default();
        }
        self.watch_activity(context.now);
        self.deliver_ready(context, store)
    }

    /// Whether an asker is waiting for messages.
    pub fn has_waiting_pulls(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Does whatever is due: ack waits, pull expiries, heartbeats, replay pace.
    pub fn tick(&mut self, context: &mut Context<'_>, store: &Store) -> Settled {
        self.resume_if_due(context);
        self.expire_acks(context, store);
        if self.waiting.deadline().is_some_and(|at| at <= context.now) {
            self.process_waiting(context, true);
            self.wake = Some(context.now);
        }
        self.send_heartbeat_if_due(context);
        self.unpin_if_due(context);
        self.check_activity(context);
        match self.wake.take_if(|at| *at <= context.now) {
            Some(_) => self.deliver_ready(context, store),
            None => Settled::default(),
        }
    }

    /// When [`Consumer::tick`] has something to do next.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let pause = self.config.pause_until.filter(|_| self.is_paused);
        let pin = self.pin.as_ref().map(|pin| pin.until);
        [self.wake, self.acks.deadline(), self.waiting.deadline(), self.push.next_heartbeat, pin, pause]
            .into_iter()
            .flatten()
            .chain(self.activity.deadline())
            .min()
    }

    /// The time came at which a consumer nobody uses goes away.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.activity.is_over(now)
    }

    /// Until when it is paused.
    pub fn paused_until(&self) -> Option<Timestamp> {
        self.config.pause_until.filter(|_| self.is_paused)
    }

    /// Ends every open pull request: the consumer or its stream is going away.
    pub fn deleted(&mut self, context: &mut Context<'_>) {
        for waiter in self.waiting.clear() {
            self.end_pull(context, &waiter, pull::Status::plain(409, "Consumer Deleted"), PullEnd::ConsumerDeleted);
        }
        context.tell(Fact::ConsumerDeleted { stream: self.stream.clone(), consumer: self.name.clone() });
        self.announce_action(context, "DELETED", "delete");
    }

    /// On an interest stream: whether this consumer still has to see (or have acknowledged) `seq`. One whose filters are
    /// the stream's own subjects does not look at the subject.
    pub fn needs(&self, seq: u64, subject: &str, stream_subjects: &[String]) -> bool {
        if self.is_filtered(stream_subjects) && !self.wants(subject) {
            return false;
        }
        let is_open = seq > self.acks.floor().stream_seq
            && (self.config.ack_policy != AckPolicy::Explicit || seq >= self.position || self.acks.get(seq).is_some());
        is_open || self.acks.is_redelivered(seq)
    }

    /// Everything below is done with, as far as this consumer goes.
    pub fn settled_to(&self) -> u64 {
        self.acks.floor().stream_seq
    }

    /// What it wants of what `store` holds, from where it was checked to as far as it has written anything down.
    ///
    /// Nothing at all for one that is ahead of its stream.
    pub fn recorded(&self, store: &Store) -> Option<Recorded> {
        let ack_floor = self.record.floor().stream_seq;
        if ack_floor > store.last_seq() {
            return None;
        }
        let end = if self.record.has_pending() { ack_floor.max(self.record.highest().stream_seq) } else { ack_floor };
        let messages = store.iter_from(self.check_floor).take_while(|message| message.seq <= end);
        let wanted = messages.filter(|message| self.wants(&message.subject)).map(|message| message.seq);
        let is_done = |seq| seq <= ack_floor || !self.record.is_pending(seq);
        Some(Recorded { ack_floor, sequences: wanted.map(|seq| (seq, is_done(seq))).collect() })
    }

    /// The next message it wants, from `seq` on; the end of the stream if there is none.
    pub fn next_wanted(&self, store: &Store, seq: u64) -> u64 {
        store.next_matching(&self.filters, seq).map_or(store.last_seq() + 1, |message| message.seq)
    }

    /// Its stream was told of a delivery that needs no answer.
    pub fn heard(&mut self, now: Timestamp) {
        self.last_answer = Some(now);
    }

    pub fn check_floor(&self) -> u64 {
        self.check_floor
    }

    pub fn checked_to(&mut self, seq: u64) {
        self.check_floor = self.check_floor.max(seq);
    }

    fn is_filtered(&self, stream_subjects: &[String]) -> bool {
        let filters = &self.filters.0;
        !filters.is_empty()
            && (filters.len() != stream_subjects.len()
                || !stream_subjects.iter().all(|subject| filters.iter().any(|filter| filter.as_str() == subject)))
    }

    /// A filter of this consumer wants `subject`.
    pub fn wants(&self, subject: &str) -> bool {
        self.filters.matches(subject)
    }

    fn pause_until(&mut self, context: &mut Context<'_>, until: Option<Timestamp>) {
        let changed = self.config.pause_until != until;
        self.config.pause_until = until;
        config::stamp(&mut self.config);
        self.is_paused = until.is_some_and(|until| until > context.now);
        if changed {
            self.announce_pause(context);
        }
        // As on the server, resuming this way wakes nobody: delivery goes on with whatever happens next.
    }

    fn resume_if_due(&mut self, context: &mut Context<'_>) {
        if self.is_paused && self.config.pause_until.is_none_or(|until| until <= context.now) {
            self.is_paused = false;
            self.announce_pause(context);
            self.wake = Some(context.now);
        }
    }
}

fn filters_of(config: &ConsumerConfig) -> Filters {
    Filters(config.filters().into_iter().filter_map(|filter| SubjectFilter::new(filter).ok()).collect())
}

fn waits_of(config: &ConsumerConfig) -> Waits {
    let duration = |nanos: &Nanos| nanos.duration().unwrap_or_default();
    let backoff = config.backoff.iter().flatten().map(duration).collect();
    Waits { ack_wait: duration(&config.ack_wait), backoff }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
