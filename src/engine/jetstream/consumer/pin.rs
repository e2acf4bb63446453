//! Priority groups: whose turn it is when not everybody is served alike.
//!
//! Overflow lets a request wait until enough has piled up; pinned client serves one client as long as it keeps asking.
//! (Prioritized is only an order, see `waiting.rs`.) The way in is [`Consumer::turn_of`].
//! Source: ADR-42; nats-server `server/consumer.go`, observed.

use super::Consumer;
use super::waiting::Waiter;
use crate::api::{PriorityPolicy, PullRequest};
use crate::engine::jetstream::Context;
use crate::pack::Pack;
use crate::time::Timestamp;

/// The one client that is served.
#[derive(Clone, Debug, Pack)]
pub(super) struct Pin {
    pub id: String,
    pub since: Timestamp,
    /// Ends then unless the client asks again before.
    pub until: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TurnOf {
    Yes {
        is_newly_pinned: bool,
    },
    NotYet,
    /// It names a pin that is not (any more) the one.
    WrongPin,
}

impl Consumer {
    /// Somebody is to be pinned with the next message.
    pub(super) fn needs_pin(&self) -> bool {
        self.config.priority_policy == PriorityPolicy::PinnedClient && self.pin.is_none()
    }

    /// Whether request `id` may have the next message. With `needs_pin`, whoever may becomes the pinned one.
    ///
    /// A client stays pinned when the policy is changed, and others still wait.
    pub(super) fn turn_of(&mut self, context: &mut Context<'_>, id: u64, needs_pin: bool) -> TurnOf {
        let Some(waiter) = self.waiting.get(id) else { return TurnOf::NotYet };
        let named = waiter.request.id.as_str();
        if needs_pin {
            if !named.is_empty() {
                return TurnOf::WrongPin;
            }
            if !has_no_group(waiter) {
                self.pin_client(context, id);
            }
            return TurnOf::Yes { is_newly_pinned: true };
        }
        match &self.pin {
            Some(_) if named.is_empty() => return TurnOf::NotYet,
            Some(pin) if pin.id != named => return TurnOf::WrongPin,
            _ => {}
        }
        match self.config.priority_policy {
            PriorityPolicy::Overflow if !self.has_piled_up(&waiter.request) => TurnOf::NotYet,
            _ => TurnOf::Yes { is_newly_pinned: false },
        }
    }

    /// Only members that are not zero count, and one of them is enough.
    fn has_piled_up(&self, request: &PullRequest) -> bool {
        let reached = |wanted: i64, there: u64| wanted > 0 && i128::from(there) >= i128::from(wanted);
        (request.min_pending == 0 && request.min_ack_pending == 0)
            || reached(request.min_pending, u64::try_from(self.num_pending + 1).unwrap_or(0))
            || reached(request.min_ack_pending, self.acks.len() as u64)
    }

    /// Pins whoever made request `request`, which from here on counts as naming the pin.
    fn pin_client(&mut self, context: &mut Context<'_>, request: u64) {
        let id = context.rng.nuid();
        self.waiting.set_pin(request, &id);
        self.announce_pinned(context, &id);
        let until = context.now + self.config.priority_timeout.duration().unwrap_or_default();
        self.pin = Some(Pin { id, since: context.now, until });
    }

    /// A request of the pinned client keeps it pinned.
    pub(super) fn touch_pin(&mut self, request: &PullRequest, now: Timestamp) {
        let timeout = self.config.priority_timeout.duration().unwrap_or_default();
        if let Some(pin) = self.pin.as_mut().filter(|pin| pin.id == request.id) {
            pin.until = now + timeout;
        }
    }

    /// What every message under this policy carries; empty while nobody is pinned.
    pub(super) fn pin_header(&self) -> Option<String> {
        let has_pin = self.config.priority_policy == PriorityPolicy::PinnedClient;
        has_pin.then(|| self.pin.as_ref().map_or_else(String::new, |pin| pin.id.clone()))
    }

    pub(super) fn unpin(&mut self, context: &mut Context<'_>, reason: &str) {
        self.pin = None;
        self.announce_unpinned(context, reason);
        self.wake = Some(context.now);
    }

    pub(super) fn unpin_if_due(&mut self, context: &mut Context<'_>) {
        if self.pin.as_ref().is_some_and(|pin| pin.until <= context.now) {
            self.unpin(context, "timeout");
        }
    }
}

fn has_no_group(waiter: &Waiter) -> bool {
    waiter.request.group.is_empty()
}
