//! Pull requests that wait for messages.
//!
//! Knows their order, what they still want and when each needs attention; never messages or subjects' listeners. Served
//! one message a turn: the request at the head takes one and goes to the tail of its priority.
//! The way in is [`Waiting::add`]; [`Waiting::in_order`] finds who is next and [`Waiting::take_turn`] serves it.
//! Source: nats-server `server/consumer.go`, `waitQueue`, observed.

use crate::api::PullRequest;
use crate::map::{Map, Set};
use crate::pack::Pack;
use crate::subject::Subject;
use crate::time::Timestamp;
use std::time::Duration;

/// Requests that were not JSON have no priority and come last.
pub(super) const LOWEST_PRIORITY: i64 = 10;

/// One open pull request.
#[derive(Clone, Debug, Pack)]
pub(super) struct Waiter {
    pub id: u64,
    pub reply: Subject,
    pub request: PullRequest,
    /// Messages still wanted. Starts as the request wrote it, so it may be 0 or negative: one message is given anyway.
    pub left: i64,
    /// What remains of `max_bytes`, if it was set.
    pub bytes_left: Option<i64>,
    pub delivered: u64,
    pub expires: Option<Timestamp>,
    next_heartbeat: Option<Timestamp>,
    turn: (i64, u64),
}

impl Waiter {
    pub fn new(id: u64, reply: Subject, request: PullRequest, priority: i64, now: Timestamp) -> Waiter {
        Waiter {
            id,
            reply,
            left: request.batch,
            bytes_left: (request.max_bytes > 0).then_some(request.max_bytes),
            delivered: 0,
            expires: (request.expires.0 != 0).then(|| now + request.expires.duration().unwrap_or_default()),
            next_heartbeat: request.heartbeat.duration().map(|interval| now + interval),
            turn: (priority, 0),
            request,
        }
    }

    fn due(&self) -> Option<Timestamp> {
        self.expires.into_iter().chain(self.next_heartbeat).min()
    }

    pub fn heartbeat_is_due(&self, now: Timestamp) -> bool {
        self.next_heartbeat.is_some_and(|at| at <= now)
    }

    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|at| at <= now)
    }

    fn heartbeat(&self) -> Option<Duration> {
        self.request.heartbeat.duration()
    }
}

/// How a turn left the request.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub reply: Subject,
    /// The request, if it is done and out of the queue.
    pub done: Option<Waiter>,
}

#[derive(Clone, Debug, Default, Pack)]
pub(super) struct Waiting {
    waiters: Map<u64, Waiter>,
    order: Map<(i64, u64), u64>,
    due: Set<(Timestamp, u64)>,
    one_shots: usize,
    next_ticket: u64,
    last_look: Timestamp,
    asker_may_be_gone: bool,
}

impl Waiting {
    pub fn len(&self) -> usize {
        self.waiters.len()
    }

    pub fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    /// Somebody here does not want to wait.
    pub fn has_one_shots(&self) -> bool {
        self.one_shots > 0
    }

    pub fn get(&self, id: u64) -> Option<&Waiter> {
        self.waiters.get(&id)
    }

    /// Request `id` belongs to the pinned client now.
    pub fn set_pin(&mut self, id: u64, pin: &str) {
        if let Some(waiter) = self.waiters.get_mut(&id) {
            waiter.request.id = pin.to_owned();
        }
    }

    /// Everybody, next one first.
    pub fn in_order(&self) -> impl Iterator<Item = &Waiter> {
        self.order.values().filter_map(|id| self.waiters.get(id))
    }

    /// The messages all of them want together, as the server adds them up.
    pub fn wanted(&self) -> i64 {
        self.waiters.values().fold(0, |sum, waiter| sum.saturating_add(waiter.left))
    }

    /// When the first of them expires or wants a heartbeat.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// When all of them were looked after last.
    pub fn last_look(&self) -> Timestamp {
        self.last_look
    }

    pub fn looked(&mut self, now: Timestamp) {
        self.last_look = now;
    }

    /// Some subscription ended: worth asking who still listens.
    pub fn asker_may_be_gone(&mut self) {
        self.asker_may_be_gone = true;
    }

    pub fn take_asker_may_be_gone(&mut self) -> bool {
        std::mem::take(&mut self.asker_may_be_gone)
    }

    /// A new request. Its asker may be gone before it is here.
    pub fn add(&mut self, waiter: Waiter) {
        self.asker_may_be_gone = true;
        self.insert(waiter);
    }

    /// Request `id` lets the others go first.
    pub fn let_others_first(&mut self, id: u64) {
        if let Some(waiter) = self.remove(id) {
            self.insert(waiter);
        }
    }

    /// Takes `bytes` off what request `id` may still get, if it counts them; false if that is too much.
    pub fn charge(&mut self, id: u64, bytes: usize) -> bool {
        let Some(waiter) = self.waiters.get_mut(&id) else { return false };
        let Some(left) = waiter.bytes_left.as_mut().filter(|left| **left > 0) else { return true };
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        if bytes > *left {
            return false;
        }
        *left -= bytes;
        if *left == 0 {
            waiter.left = 1;
        }
        true
    }

    fn insert(&mut self, mut waiter: Waiter) {
        waiter.turn.1 = self.ticket();
        self.one_shots += usize::from(waiter.request.no_wait);
        self.order.insert(waiter.turn, waiter.id);
        self.due.extend(waiter.due().map(|at| (at, waiter.id)));
        self.waiters.insert(waiter.id, waiter);
    }

    pub fn remove(&mut self, id: u64) -> Option<Waiter> {
        let waiter = self.waiters.remove(&id)?;
        self.order.remove(&waiter.turn);
        self.one_shots -= usize::from(waiter.request.no_wait);
        if let Some(at) = waiter.due() {
            self.due.remove(&(at, id));
        }
        Some(waiter)
    }

    pub fn clear(&mut self) -> Vec<Waiter> {
        let ids: Vec<u64> = self.order.values().copied().collect();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// One message goes to request `id`; its heartbeat starts anew and, if it wants more, it waits its turn.
    pub fn take_turn(&mut self, id: u64, now: Timestamp) -> Option<Turn> {
        let mut waiter = self.remove(id)?;
        let reply = waiter.reply.clone();
        waiter.left = waiter.left.saturating_sub(1);
        waiter.delivered += 1;
        if waiter.left <= 0 {
            return Some(Turn { reply, done: Some(waiter) });
        }
        waiter.next_heartbeat = waiter.heartbeat().map(|interval| now + interval);
        self.insert(waiter);
        Some(Turn { reply, done: None })
    }

    /// A heartbeat went to request `id`.
    pub fn sent_heartbeat(&mut self, id: u64, now: Timestamp) {
        let Some(waiter) = self.waiters.get_mut(&id) else { return };
        if let Some(at) = waiter.due() {
            self.due.remove(&(at, id));
        }
        waiter.next_heartbeat = waiter.heartbeat().map(|interval| now + interval);
        self.due.extend(waiter.due().map(|at| (at, id)));
    }

    fn ticket(&mut self) -> u64 {
        self.next_ticket += 1;
        self.next_ticket
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Nanos;

    const T0: Timestamp = Timestamp(0);

    fn waiter(id: u64, batch: i64, priority: i64) -> Waiter {
        Waiter::new(id, "inbox".into(), PullRequest { batch, ..PullRequest::default() }, priority, T0)
    }

    fn serve(waiting: &mut Waiting, count: usize) -> Vec<u64> {
        let mut served = Vec::new();
        for _ in 0..count {
            let Some(id) = waiting.in_order().next().map(|waiter| waiter.id) else { break };
            waiting.take_turn(id, T0);
            served.push(id);
        }
        served
    }

    #[test]
    fn one_message_a_turn() {
        let mut waiting = Waiting::default();
        waiting.add(waiter(1, 3, 0));
        waiting.add(waiter(2, 3, 0));
        assert_eq!(serve(&mut waiting, 5), [1, 2, 1, 2, 1]);
        assert_eq!(waiting.len(), 1);
    }

    #[test]
    fn lower_priority_number_first() {
        let mut waiting = Waiting::default();
        for (id, priority) in [(1, 5), (2, 1), (3, 1)] {
            waiting.add(waiter(id, 2, priority));
        }
        assert_eq!(serve(&mut waiting, 9), [2, 3, 2, 3, 1, 1]);
    }

    #[test]
    fn no_batch_still_means_one() {
        let mut waiting = Waiting::default();
        waiting.add(waiter(1, 0, 0));
        let turn = waiting.take_turn(1, T0).unwrap();
        assert!(turn.done.is_some() && waiting.is_empty());
    }

    #[test]
    fn deadlines_follow_heartbeats_and_leave_with_the_request() {
        let mut waiting = Waiting::default();
        let request = PullRequest { batch: 2, expires: Nanos(10), heartbeat: Nanos(4), ..PullRequest::default() };
        waiting.add(Waiter::new(1, "inbox".into(), request, 0, T0));
        assert_eq!(waiting.deadline(), Some(Timestamp(4)));
        waiting.sent_heartbeat(1, Timestamp(4));
        assert_eq!(waiting.deadline(), Some(Timestamp(8)));
        waiting.take_turn(1, Timestamp(7));
        assert_eq!(waiting.deadline(), Some(Timestamp(10)));
        waiting.remove(1);
        assert_eq!(waiting.deadline(), None);
    }
}
