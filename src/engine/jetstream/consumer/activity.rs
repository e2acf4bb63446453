//! When a consumer nobody uses goes away.
//!
//! A push consumer is used while somebody listens, and by every answer after that; a pull consumer by every request, delivery and answer, and as long as
//! a request waits or a delivery may still be answered. Asking about it is not using it.
//! Source: nats-server `server/consumer.go`, `deleteNotActive`; times as observed.

use super::Consumer;
use crate::api::ConsumerConfig;
use crate::api::Nanos;
use crate::engine::jetstream::Context;
use crate::pack::Pack;
use crate::time::Timestamp;
use std::time::Duration;

/// What an ephemeral gets that asked for nothing.
pub(super) const DEFAULT_THRESHOLD: Nanos = Nanos(5_000_000_000);

#[derive(Clone, Debug, Pack)]
pub(super) struct Activity {
    threshold: Option<Duration>,
    /// The threshold and what the server adds so that not all of them end at once.
    delay: Duration,
    last: Timestamp,
    deadline: Option<Timestamp>,
    is_over: bool,
}

impl Activity {
    pub fn new(config: &ConsumerConfig, context: &mut Context<'_>) -> Activity {
        let threshold = config.inactive_threshold.duration();
        let is_exact = !config.is_pull() && config.inactive_threshold != DEFAULT_THRESHOLD;
        let jitter = match threshold {
            Some(_) if !is_exact => Duration::from_millis(100 + context.rng.below(900)),
            _ => Duration::ZERO,
        };
        Activity {
            threshold,
            delay: threshold.unwrap_or_default() + jitter,
            last: context.now,
            deadline: None,
            is_over: false,
        }
    }

    pub fn touch(&mut self, now: Timestamp) {
        self.last = now;
    }

    /// An answer came. Where the countdown runs because nobody listens any more, it starts anew.
    pub fn answered(&mut self, now: Timestamp) {
        self.touch(now);
        self.deadline = self.deadline.map(|_| now + self.delay);
    }

    /// When to look whether it is over.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    pub fn is_over(&self, now: Timestamp) -> bool {
        self.is_over || (self.threshold.is_none() && self.deadline.is_some_and(|at| at <= now))
    }

    fn look_again(&mut self, at: Timestamp) {
        self.deadline = self.threshold.map(|_| at);
    }
}

impl Consumer {
    /// Starts (or, for a push consumer somebody listens to, stops) the countdown.
    pub(super) fn watch_activity(&mut self, now: Timestamp) {
        if self.push.is_active {
            self.activity.deadline = None;
        } else {
            self.activity.look_again(now + self.activity.delay);
        }
    }

    pub(super) fn check_activity(&mut self, context: &mut Context<'_>) {
        let now = context.now;
        if self.activity.deadline.is_none_or(|at| at > now) {
            return;
        }
        if self.config.is_pull() {
            self.process_waiting(context, true);
        }
        let idle = now.since(self.activity.last);
        let threshold = self.activity.threshold.unwrap_or_default();
        let pending_until = self.acks.last_deadline().map(|at| at + threshold);
        if self.push.is_active {
            self.activity.deadline = None;
        } else if !self.config.is_pull() {
            self.activity.is_over = true;
        } else if !self.waiting.is_empty() {
            self.activity.look_again(now + self.activity.delay);
        } else if idle < threshold {
            self.activity.look_again(now + (self.activity.delay - idle));
        } else if let Some(at) = pending_until.filter(|at| *at > now) {
            self.activity.look_again(at);
        } else {
            self.activity.is_over = true;
        }
    }
}
