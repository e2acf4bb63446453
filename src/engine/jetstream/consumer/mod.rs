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
mod push;
mod start;
mod waiting;

pub(super) use ack_subject::AckSubject;

use super::{Context, Filters, Store};
use crate::api::{AckPolicy, ConsumerConfig, Nanos, ReplayPolicy, StreamConfig};
use crate::engine::{Fact, Name, PullEnd};
use crate::subject::SubjectFilter;
use crate::time::Timestamp;
use ack_pending::{AckPending, Waits};
use activity::Activity;
use pace::Pace;
use pin::Pin;
use push::Push;
use start::Start;
use waiting::Waiting;

/// Burst of a rate limit when the stream does not bound its messages: the server's largest payload.
const DEFAULT_BURST: u64 = crate::protocol::MAX_PAYLOAD as u64;

pub(in crate::engine) struct Consumer {
    pub stream: Name,
    pub name: Name,
    pub config: ConsumerConfig,
    pub created: Timestamp,
    filters: Filters,
    /// What to deliver for the first time: single messages first, then everything from a sequence on.
    next: Start,
    next_consumer_seq: u64,
    /// Stored, wanted and not yet delivered.
    num_pending: u64,
    /// What the stream held up to here is in `num_pending`: a roll-up recounts before its own message is offered.
    counted_to: u64,
    acks: AckPending,
    last_delivery: Option<Timestamp>,
    last_answer: Option<Timestamp>,
    waiting: Waiting,
    next_pull: u64,
    pin: Option<Pin>,
    push: Push,
    pace: Pace,
    activity: Activity,
    /// Deliver when this time comes: something changed, or the pace allows the next message.
    wake: Option<Timestamp>,
    is_paused: bool,
    burst: u64,
}

/// What a consumer tells its stream about sequences after it handled something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Settled {
    /// This consumer is done with these: acknowledged, terminated, or (ack none) delivered. Ascending.
    pub done: Vec<u64>,
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
        let next = start::start(&config, &filters, store, stream.max_msgs_per_subject == 1);
        let burst = stream.max_msg_size_limit().unwrap_or(DEFAULT_BURST);
        let mut pace = Pace::new(config.replay_policy == ReplayPolicy::Original);
        pace.limit_rate(config.rate_limit_bits_per_sec, burst, context.now);
        let mut consumer = Consumer {
            stream: stream.name.as_str().into(),
            name,
            created: context.now,
            num_pending: count_pending(store, &filters, &next),
            counted_to: store.last_seq(),
            acks: AckPending::new(next.seq, waits_of(&config)),
            push: Push::new(&config, context),
            activity: Activity::new(&config, context),
            is_paused: config.pause_until.is_some_and(|until| until > context.now),
            filters,
            next,
            next_consumer_seq: 1,
            last_delivery: None,
            last_answer: None,
            waiting: Waiting::default(),
            next_pull: 1,
            pin: None,
            pace,
            wake: Some(context.now),
            burst,
            config,
        };
        consumer.watch_activity(context.now);
        consumer
    }

    /// The sequence below which nothing was or will be delivered for the first time.
    pub fn start_seq(&self) -> u64 {
        self.next.seq
    }

    /// Takes over a configuration the API has checked against the old one.
    fn reconfigure(&mut self, context: &mut Context<'_>, store: &Store, config: ConsumerConfig) {
        let old = std::mem::replace(&mut self.config, config);
        self.acks.set_waits(waits_of(&self.config));
        if old.rate_limit_bits_per_sec != self.config.rate_limit_bits_per_sec {
            self.pace.limit_rate(self.config.rate_limit_bits_per_sec, self.burst, context.now);
        }
        let filters = filters_of(&self.config);
        if filters != self.filters {
            self.filters = filters;
            self.recount(store);
        }
        if old.deliver_subject != self.config.deliver_subject {
            self.redeliver_all_pending(context);
        }
        self.push.refresh(&self.config, context);
        self.activity = Activity::new(&self.config, context);
        self.watch_activity(context.now);
        self.wake = Some(context.now);
    }

    /// Whoever got these messages listened on another subject; send them again to the new one.
    fn redeliver_all_pending(&mut self, context: &mut Context<'_>) {
        for stream_seq in self.acks.sequences() {
            self.acks.nak(stream_seq, None, context.now);
            self.tell_due(context, stream_seq);
        }
    }

    /// Starts over at `seq`: RESET.
    fn reset(&mut self, context: &mut Context<'_>, store: &Store, seq: u64) {
        self.next = Start::at(seq);
        self.next_consumer_seq = 1;
        let before = self.acks.floor();
        self.acks = AckPending::new(self.next.seq, waits_of(&self.config));
        self.last_delivery = None;
        self.last_answer = None;
        self.tell_floor_after(context, before);
        self.recount(store);
        self.wake = Some(context.now);
    }

    fn recount(&mut self, store: &Store) {
        self.next.singles.retain(|&seq| store.get(seq).is_some_and(|stored| self.filters.matches(&stored.subject)));
        self.num_pending = count_pending(store, &self.filters, &self.next);
        self.counted_to = store.last_seq();
    }

    /// The stream stored `seq`; deliver it if somebody waits.
    pub fn stored(&mut self, context: &mut Context<'_>, store: &Store, seq: u64) -> Settled {
        let Some(stored) = store.get(seq) else { return Settled::default() };
        if !self.wants(&stored.subject) {
            if self.next.singles.is_empty() && self.next.resume == seq {
                self.next.resume = seq + 1;
            }
            return Settled::default();
        }
        self.count_stored(seq, &stored.subject);
        self.deliver_ready(context, store)
    }

    /// Counts message `seq` on `subject` that was stored; it is delivered later.
    ///
    /// As on the server, one below a start that lies ahead counts too.
    pub fn count_stored(&mut self, seq: u64, subject: &str) {
        if seq > self.counted_to && self.wants(subject) {
            self.num_pending += 1;
        }
    }

    /// The stream dropped `seq` (limits, delete, rollup): forget it wherever it was counted.
    /// Called after the store has let go of it; `subject` is what it was on.
    pub fn removed(&mut self, context: &mut Context<'_>, store: &Store, seq: u64, subject: &str) {
        if self.is_undelivered(seq) && self.wants(subject) {
            self.num_pending = self.num_pending.saturating_sub(1);
            if let Ok(index) = self.next.singles.binary_search(&seq) {
                self.next.singles.remove(index);
            }
            return;
        }
        if self.acks.get(seq).is_some() {
            self.terminate_removed(context, seq);
            self.wake_if_room(context.now, store);
        }
    }

    /// Many messages went at once (purge): forget all of them.
    pub fn purged(&mut self, context: &mut Context<'_>, store: &Store) {
        let first = store.first_seq();
        let before = self.acks.floor();
        let pending = self.acks.len();
        self.acks.purge(first, |seq| store.get(seq).is_none());
        if self.acks.len() < pending {
            self.last_answer = Some(context.now);
        }
        self.next.resume = self.next.resume.max(first);
        self.recount(store);
        self.tell_floor_after(context, before);
        self.wake_if_room(context.now, store);
    }

    /// Slots under `max_ack_pending` may have become free without an answer.
    fn wake_if_room(&mut self, now: Timestamp, store: &Store) {
        let may_go_on = self.num_pending > 0 || !self.waiting.is_empty();
        if may_go_on && store.last_seq() > 0 {
            self.wake = Some(now);
        }
    }

    fn is_undelivered(&self, seq: u64) -> bool {
        seq >= self.next.resume || self.next.singles.binary_search(&seq).is_ok()
    }

    /// Whether anybody listens on its ack subjects. Not with ack policy none.
    pub fn takes_answers(&self) -> bool {
        !matches!(self.config.ack_policy, AckPolicy::None | AckPolicy::FlowControl)
    }

    /// A subscription on `subject` came or went.
    pub fn interest_changed(&mut self, context: &mut Context<'_>, store: &Store, subject: &str) -> Settled {
        if self.config.is_pull() {
            self.drop_uninterested(context, subject);
            return Settled::default();
        }
        let was_active = self.push.is_active;
        self.push.refresh(&self.config, context);
        if was_active != self.push.is_active {
            self.watch_activity(context.now);
        }
        if self.push.is_active { self.deliver_ready(context, store) } else { Settled::default() }
    }

    /// Whether an asker is waiting for messages.
    pub fn has_waiting_pulls(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Does whatever is due: ack waits, pull expiries, heartbeats, replay pace.
    pub fn tick(&mut self, context: &mut Context<'_>, store: &Store) -> Settled {
        self.resume_if_due(context);
        self.expire_acks(context);
        self.tend_waiting(context);
        self.send_heartbeat_if_due(context);
        self.unpin_if_due(context);
        self.check_activity(context);
        self.wake.take_if(|at| *at <= context.now);
        self.deliver_ready(context, store)
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

    /// Ends every open pull request: the consumer or its stream is going away.
    pub fn deleted(&mut self, context: &mut Context<'_>) {
        for waiter in self.waiting.clear() {
            self.end_pull(context, &waiter, pull::Status::plain(409, "Consumer Deleted"), PullEnd::ConsumerDeleted);
        }
        context.tell(Fact::ConsumerDeleted { stream: self.stream.clone(), consumer: self.name.clone() });
        self.announce_action(context, "DELETED", "delete");
    }

    /// On an interest stream: whether this consumer still has to see (or have acknowledged) `seq`.
    pub fn needs(&self, seq: u64, subject: &str) -> bool {
        let unsettled = match self.config.ack_policy {
            AckPolicy::None => false,
            AckPolicy::All | AckPolicy::FlowControl => self.acks.get(seq).is_some(),
            AckPolicy::Explicit => self.acks.is_unsettled(seq),
        };
        unsettled || (self.is_undelivered(seq) && self.wants(subject))
    }

    /// Some subject is wanted here and by `others`.
    pub fn may_want(&self, others: &Filters) -> bool {
        let (own, others) = (&self.filters.0, &others.0);
        own.is_empty() || others.is_empty() || own.iter().any(|own| others.iter().any(|it| own.collides_with(it)))
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

fn count_pending(store: &Store, filters: &Filters, next: &Start) -> u64 {
    next.singles.len() as u64 + store.count_matching(filters, next.resume)
}
