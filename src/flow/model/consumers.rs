//! Where delivery stands, as the facts tell it.

use super::cells::Cells;
use super::clients::Clients;
use crate::api::{AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy, PullRequest, SequenceInfo};
use crate::engine::{AckKind, Fact, Name};
use crate::flow::scene::{Cell, CellState, Column, ConsumerCell, ConsumerStrip, Mix, PullSlot, Run, SeqPair};
use crate::flow::step::How;
use crate::subject::{Subject, SubjectFilter};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Consumer {
    pub name: Name,
    config: Arc<ConsumerConfig>,
    filters: Vec<SubjectFilter>,
    start_seq: u64,
    /// Of what was there at the start, only these are wanted: the last of each subject.
    only_at_start: Option<(u64, BTreeSet<u64>)>,
    paused_until: Option<Timestamp>,
    pub delivered: SeqPair,
    pub ack_floor: SeqPair,
    num_pending: u64,
    /// Delivered and unanswered.
    pub outstanding: BTreeMap<u64, Delivery>,
    /// Deliveries used up, by sequence; how many there were.
    given_up: BTreeMap<u64, u64>,
    terminated: BTreeSet<u64>,
    /// How often acknowledged messages had been delivered, where it was more than once and they are still stored.
    repeated: BTreeMap<u64, u64>,
    pulls: Vec<PullSlot>,
    /// What is known from outside, where the server is not in the page.
    pub distant: Option<Distant>,
}

/// A consumer of a server that is not in the page.
#[derive(Clone, Debug, Default)]
pub struct Distant {
    pub asked: Option<Timestamp>,
    /// Answered for good as we saw, above the ack floor.
    answered: BTreeSet<u64>,
    /// Delivered and unanswered, and not seen here.
    unseen_in_flight: u64,
    num_redelivered: u64,
}

#[derive(Clone, Debug)]
pub struct Delivery {
    state: CellState,
    deliveries: u64,
    worker: Option<usize>,
    last_answer: Option<AckKind>,
    how: Option<How>,
}

impl Consumer {
    pub fn new(name: &Name, config: &Arc<ConsumerConfig>, start_seq: u64, cells: &Cells, distant: bool) -> Consumer {
        let mut consumer = Consumer {
            name: name.clone(),
            filters: filters_of(config),
            config: config.clone(),
            start_seq,
            only_at_start: None,
            paused_until: None,
            delivered: SeqPair { consumer_seq: 0, stream_seq: start_seq.saturating_sub(1) },
            ack_floor: SeqPair { consumer_seq: 0, stream_seq: start_seq.saturating_sub(1) },
            num_pending: 0,
            outstanding: BTreeMap::new(),
            given_up: BTreeMap::new(),
            terminated: BTreeSet::new(),
            repeated: BTreeMap::new(),
            pulls: Vec::new(),
            distant: distant.then(Distant::default),
        };
        consumer.only_at_start = consumer.last_of_each_subject(cells);
        consumer.num_pending = consumer.count_pending(cells);
        consumer
    }

    /// What is remembered message by message.
    pub fn weight(&self) -> usize {
        self.outstanding.len() + self.given_up.len() + self.terminated.len() + self.repeated.len()
    }

    fn last_of_each_subject(&self, cells: &Cells) -> Option<(u64, BTreeSet<u64>)> {
        if self.config.deliver_policy != DeliverPolicy::LastPerSubject {
            return None;
        }
        let newest: BTreeMap<&Subject, u64> = cells.iter().map(|cell| (&cell.subject, cell.seq)).collect();
        let end = cells.last().map_or(0, |cell| cell.seq);
        Some((end, newest.into_values().collect()))
    }

    fn count_pending(&self, cells: &Cells) -> u64 {
        let rest = cells.range(self.delivered.stream_seq.saturating_add(1)..=u64::MAX);
        rest.filter(|cell| self.wants(cell.seq, &cell.subject)).count() as u64
    }

    fn wants(&self, seq: u64, subject: &str) -> bool {
        self.is_after_start(seq) && self.matches(subject)
    }

    fn is_after_start(&self, seq: u64) -> bool {
        let skipped = self.only_at_start.as_ref().is_some_and(|(end, only)| seq <= *end && !only.contains(&seq));
        seq >= self.start_seq && !skipped
    }

    fn matches(&self, subject: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| filter.matches(subject))
    }

    pub fn stored(&mut self, seq: u64, subject: &str) {
        self.num_pending += u64::from(self.wants(seq, subject));
    }

    pub fn removed(&mut self, seq: u64, subject: &str) {
        if seq > self.delivered.stream_seq && self.wants(seq, subject) {
            self.num_pending = self.num_pending.saturating_sub(1);
        }
        self.outstanding.remove(&seq);
        self.given_up.remove(&seq);
        self.terminated.remove(&seq);
        self.repeated.remove(&seq);
    }

    /// [`Consumer::removed`] for everything from `first` to `last`; `cells` still has it.
    pub fn removed_many(&mut self, first: u64, last: u64, cells: &Cells) {
        let from = first.max(self.delivered.stream_seq + 1);
        let takes_all = self.filters.is_empty() && self.only_at_start.is_none();
        let pending = match takes_all {
            true => cells.count(from, last),
            false if from > last => 0,
            false => cells.range(from..=last).filter(|cell| self.wants(cell.seq, &cell.subject)).count() as u64,
        };
        self.num_pending = self.num_pending.saturating_sub(pending);
        self.outstanding.retain(|seq, _| !(first..=last).contains(seq));
        self.given_up.retain(|seq, _| !(first..=last).contains(seq));
        self.terminated.retain(|seq| !(first..=last).contains(seq));
        self.repeated.retain(|seq, _| !(first..=last).contains(seq));
    }

    pub fn pull_waiting(&mut self, pull: u64, request: &PullRequest, at: Timestamp, actor: Option<usize>) {
        let expires = request.expires.duration().map(|duration| at + duration);
        self.pulls.push(PullSlot { pull, actor, batch: request.batch.max(1) as u64, since: at, expires });
    }

    pub fn received_by(&mut self, seq: u64, actor: Option<usize>) -> bool {
        let Some(delivery) = self.outstanding.get_mut(&seq) else { return false };
        delivery.worker = actor;
        delivery.deliveries > 1
    }

    /// A fact that names this consumer.
    pub fn fact(&mut self, at: Timestamp, how: Option<How>, fact: &Fact, cells: &Cells) {
        match fact {
            Fact::ConsumerUpdated { config, .. } => {
                self.filters = filters_of(config);
                self.config = config.clone();
                self.num_pending = self.count_pending(cells);
            }
            Fact::ConsumerPaused { until, .. } => self.paused_until = *until,
            Fact::PullEnded { pull, .. } => self.pulls.retain(|slot| slot.pull != *pull),
            Fact::Dispatched { stream_seq, consumer_seq, deliveries, deadline, .. } => {
                let pair = SeqPair { consumer_seq: *consumer_seq, stream_seq: *stream_seq };
                self.dispatched(at, pair, *deliveries, *deadline, how);
            }
            Fact::Answered { stream_seq, kind, .. } => self.answered(at, *stream_seq, kind),
            Fact::AckFloor { consumer_seq, stream_seq, .. } => {
                self.ack_floor = SeqPair { consumer_seq: *consumer_seq, stream_seq: *stream_seq };
                // A purge carries both along.
                self.delivered.stream_seq = self.delivered.stream_seq.max(*stream_seq);
            }
            Fact::RedeliveryDue { stream_seq, .. } => {
                if let Some(delivery) = self.outstanding.get_mut(stream_seq) {
                    delivery.state = CellState::WaitingForRedelivery { since: at, until: None };
                    delivery.how = how;
                }
            }
            Fact::GivenUp { stream_seq, deliveries, .. } => {
                self.outstanding.remove(stream_seq);
                self.given_up.insert(*stream_seq, *deliveries);
            }
            _ => {}
        }
    }

    fn dispatched(
        &mut self,
        at: Timestamp,
        pair: SeqPair,
        deliveries: u64,
        deadline: Option<Timestamp>,
        how: Option<How>,
    ) {
        if pair.stream_seq > self.delivered.stream_seq {
            self.num_pending = self.num_pending.saturating_sub(1);
        }
        self.delivered.stream_seq = self.delivered.stream_seq.max(pair.stream_seq);
        self.delivered.consumer_seq = self.delivered.consumer_seq.max(pair.consumer_seq);
        if self.config.ack_policy == AckPolicy::None {
            self.ack_floor = self.delivered;
            return;
        }
        let delivery = Delivery {
            state: CellState::InFlight { since: at, deadline },
            deliveries,
            worker: None,
            last_answer: None,
            how,
        };
        self.outstanding.insert(pair.stream_seq, delivery);
    }

    fn answered(&mut self, at: Timestamp, seq: u64, kind: &AckKind) {
        match kind {
            AckKind::Ack | AckKind::Next if self.config.ack_policy == AckPolicy::All => {
                let later = self.outstanding.split_off(&seq.saturating_add(1));
                for (seq, delivery) in std::mem::replace(&mut self.outstanding, later) {
                    self.acked(seq, delivery.deliveries);
                }
            }
            AckKind::Ack | AckKind::Next => {
                let deliveries = self.outstanding.remove(&seq).map(|delivery| delivery.deliveries);
                // A late ack revives a given-up message: it was handled after all.
                let deliveries = deliveries.or(self.given_up.remove(&seq));
                self.acked(seq, deliveries.unwrap_or(1));
            }
            AckKind::Term { .. } => {
                if self.outstanding.remove(&seq).is_some() || self.distant.is_some() {
                    self.terminated.insert(seq);
                }
            }
            AckKind::Nak { delay } => self.unsettled(seq, kind, |_| CellState::WaitingForRedelivery {
                since: at,
                until: delay.map(|delay| at + delay),
            }),
            AckKind::InProgress => {
                let config = self.config.clone();
                self.unsettled(seq, kind, |deliveries| CellState::InFlight {
                    since: at,
                    deadline: wait_before_redelivery(&config, deliveries).map(|wait| at + wait),
                });
            }
        }
    }

    fn acked(&mut self, seq: u64, deliveries: u64) {
        if let Some(distant) = &mut self.distant {
            distant.answered.insert(seq);
        }
        if deliveries > 1 {
            self.repeated.insert(seq, deliveries);
        }
    }

    /// Whether what became of a delivered message is known to be its end.
    fn is_settled(&self, distant: &Distant, seq: u64) -> bool {
        // Below the floor everything is settled, if it was wanted; what a late start has skipped, nobody knows.
        let from_the_start = self.config.deliver_policy == DeliverPolicy::All || self.start_seq > 0;
        distant.answered.contains(&seq) || seq <= self.ack_floor.stream_seq && from_the_start
    }

    fn how_settled(&self, seq: u64, state: CellState) -> Option<How> {
        let distant = self.distant.as_ref()?;
        match state {
            CellState::Acked if distant.answered.contains(&seq) => Some(How::Seen),
            CellState::Acked => Some(How::Asked),
            CellState::GivenUp => Some(How::Told),
            CellState::Terminated => Some(How::Seen),
            _ => None,
        }
    }

    /// The server answered how it stands.
    pub fn is(&mut self, at: Timestamp, info: &ConsumerInfo) {
        // Written before what was seen since.
        if info.delivered.consumer_seq < self.delivered.consumer_seq {
            return;
        }
        let pair = |info: &SequenceInfo| SeqPair { consumer_seq: info.consumer_seq, stream_seq: info.stream_seq };
        self.delivered = pair(&info.delivered);
        self.ack_floor = pair(&info.ack_floor);
        self.num_pending = info.num_pending;
        self.paused_until =
            info.paused.then_some(self.config.pause_until).flatten().or(self.paused_until.filter(|_| info.paused));
        let floor = self.ack_floor.stream_seq;
        let above = self.outstanding.split_off(&floor.saturating_add(1));
        for (seq, delivery) in std::mem::replace(&mut self.outstanding, above) {
            if delivery.deliveries > 1 {
                self.repeated.insert(seq, delivery.deliveries);
            }
        }
        self.forget_answered(info.num_ack_pending);
        self.run_out(at);
        let seen = self.outstanding.len() as u64;
        let distant = self.distant.get_or_insert_default();
        distant.asked = Some(at);
        distant.num_redelivered = info.num_redelivered;
        distant.unseen_in_flight = info.num_ack_pending.saturating_sub(seen);
        distant.answered.retain(|seq| *seq > floor);
    }

    /// The server waits for fewer answers than we think: what has run out longest is what it no longer waits for.
    fn forget_answered(&mut self, num_ack_pending: u64) {
        while self.outstanding.len() as u64 > num_ack_pending {
            let deadline = |delivery: &Delivery| match delivery.state {
                CellState::InFlight { deadline, .. } => deadline,
                _ => None,
            };
            let oldest = self.outstanding.iter().min_by_key(|(seq, delivery)| (deadline(delivery), **seq));
            let Some(seq) = oldest.map(|(seq, _)| *seq) else { return };
            self.outstanding.remove(&seq);
        }
    }

    /// What the server still waits for after its time is due again.
    fn run_out(&mut self, at: Timestamp) {
        for delivery in self.outstanding.values_mut() {
            if let CellState::InFlight { deadline: Some(deadline), .. } = delivery.state
                && deadline < at
            {
                delivery.state = CellState::WaitingForRedelivery { since: deadline, until: None };
                delivery.how = Some(How::Asked);
            }
        }
    }

    fn unsettled(&mut self, seq: u64, kind: &AckKind, state: impl FnOnce(u64) -> CellState) {
        let Some(delivery) = self.outstanding.get_mut(&seq) else { return };
        delivery.state = state(delivery.deliveries);
        delivery.last_answer = Some(kind.clone());
    }

    /// How the messages from `from` to `to` stand; `all` of them, and `count` says how many lie between two sequences.
    pub fn mix(&self, from: u64, to: u64, all: u64, count: impl Fn(u64, u64) -> u64) -> Mix {
        let mut mix = Mix::default();
        for (_, delivery) in self.outstanding.range(from..=to) {
            mix.add(&Mix::of(delivery.state));
        }
        mix.given_up = (self.given_up.range(from..=to).count() + self.terminated.range(from..=to).count()) as u64;
        let front = self.delivered.stream_seq;
        let behind = if to <= front { all } else { count(from, front) };
        if let Some(distant) = &self.distant
            && to > self.ack_floor.stream_seq
        {
            let beyond = count(from.max(self.ack_floor.stream_seq.saturating_add(1)), to.min(front));
            let known = mix.total() + distant.answered.range(from..=to).count() as u64;
            mix.unknown = beyond.saturating_sub(known);
        }
        mix.settled = behind.saturating_sub(mix.total());
        mix.ahead = all - behind;
        mix
    }

    pub fn strip(&self, stream: &Name, columns: &[Column], runs: Vec<Run>, clients: &Clients) -> ConsumerStrip {
        let cells = columns.iter().filter_map(|column| match column {
            Column::Cell(cell) => Some(self.cell(cell, clients)),
            _ => None,
        });
        let place = |slot: &PullSlot| PullSlot { actor: slot.actor.and_then(|a| clients.place(a)), ..slot.clone() };
        let repeated =
            self.outstanding.values().map(|delivery| delivery.deliveries).chain(self.given_up.values().copied());
        let distant = self.distant.as_ref();
        ConsumerStrip {
            stream: stream.clone(),
            name: self.name.clone(),
            config: self.config.clone(),
            paused_until: self.paused_until,
            delivered: self.delivered,
            ack_floor: self.ack_floor,
            num_pending: self.num_pending,
            num_ack_pending: self.outstanding.len() as u64 + distant.map_or(0, |distant| distant.unseen_in_flight),
            num_redelivered: distant.filter(|distant| distant.asked.is_some()).map_or_else(
                || repeated.filter(|deliveries| *deliveries > 1).count() as u64,
                |distant| distant.num_redelivered,
            ),
            asked: distant.and_then(|distant| distant.asked),
            waiting_for_redelivery: self.outstanding.values().filter(|delivery| delivery.is_waiting()).count() as u64,
            given_up: self.given_up.len() as u64,
            terminated: self.terminated.len() as u64,
            cells: cells.collect(),
            runs,
            pulls: self.pulls.iter().map(place).collect(),
        }
    }

    pub fn cell(&self, cell: &Cell, clients: &Clients) -> ConsumerCell {
        if let Some(delivery) = self.outstanding.get(&cell.seq) {
            return delivery.cell(cell.seq, clients);
        }
        let (state, deliveries) = self.state(cell);
        ConsumerCell {
            seq: cell.seq,
            state,
            deliveries,
            worker: None,
            last_answer: None,
            how: self.how_settled(cell.seq, state),
        }
    }

    /// How a stored message stands, and how often it was delivered.
    pub fn state(&self, cell: &Cell) -> (CellState, u64) {
        let seq = cell.seq;
        if let Some(delivery) = self.outstanding.get(&seq) {
            return (delivery.state, delivery.deliveries);
        }
        if let Some(deliveries) = self.given_up.get(&seq) {
            return (CellState::GivenUp, *deliveries);
        }
        if self.terminated.contains(&seq) {
            return (CellState::Terminated, 1);
        }
        if !self.matches(&cell.subject) {
            return (CellState::FilteredOut, 0);
        }
        if !self.is_after_start(seq) {
            return (CellState::BeforeStart, 0);
        }
        if seq > self.delivered.stream_seq {
            return (CellState::NotYetDelivered, 0);
        }
        if self.distant.as_ref().is_some_and(|distant| !self.is_settled(distant, seq)) {
            return (CellState::Unknown, 0);
        }
        (CellState::Acked, self.repeated.get(&seq).copied().unwrap_or(1))
    }
}

impl Delivery {
    fn is_waiting(&self) -> bool {
        matches!(self.state, CellState::WaitingForRedelivery { .. })
    }

    fn cell(&self, seq: u64, clients: &Clients) -> ConsumerCell {
        ConsumerCell {
            seq,
            state: self.state,
            deliveries: self.deliveries,
            worker: self.worker.and_then(|worker| clients.place(worker)),
            last_answer: self.last_answer.clone(),
            how: self.how,
        }
    }
}

/// How long after the `deliveries`-th delivery the server waits for an answer.
fn wait_before_redelivery(config: &ConsumerConfig, deliveries: u64) -> Option<std::time::Duration> {
    let backoff = config.backoff.as_deref().unwrap_or_default();
    let step = (deliveries.saturating_sub(1) as usize).min(backoff.len().saturating_sub(1));
    backoff.get(step).copied().unwrap_or(config.ack_wait).duration()
}

fn filters_of(config: &ConsumerConfig) -> Vec<SubjectFilter> {
    config.filters().into_iter().filter_map(|filter| SubjectFilter::new(filter).ok()).collect()
}
