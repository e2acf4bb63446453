//! Pull requests: reading them, refusing them, letting them wait, ending them.
//!
//! The order of the checks and every status line are the server's. The way in is [`Consumer::pull`].
//! Source: nats-server `server/consumer.go`, `processNextMsgRequest` and `nextWaiting`; observed.

use super::pin::TurnOf;
use super::waiting::{LOWEST_PRIORITY, Waiter};
use super::{Consumer, Settled};
use crate::api::strict::{self, Unknown};
use crate::api::{API_LEVEL, Nanos, PriorityPolicy, PullRequest};
use crate::engine::jetstream::{Context, Publication, Store};
use crate::engine::{Fact, PullEnd};
use crate::protocol::{Headers, Message};
use crate::subject::Subject;
use crate::time::format_go_duration;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// How long a full queue is not looked through again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A status frame.
#[derive(Clone, Debug)]
pub(super) struct Status(Headers);

impl Status {
    pub fn plain(code: u16, text: &str) -> Status {
        Status(Headers::with_status(code, text))
    }

    /// With what the request still wanted.
    pub fn pending(code: u16, text: &str, waiter: &Waiter) -> Status {
        let headers = Headers::with_status(code, text)
            .and("Nats-Pending-Messages", &waiter.left.to_string())
            .and("Nats-Pending-Bytes", &waiter.bytes_left.unwrap_or(0).to_string());
        Status(headers)
    }

    /// Where the consumer stands, for those who hear nothing else.
    pub fn heartbeat(consumer: &Consumer) -> Headers {
        Headers::with_status(100, "Idle Heartbeat")
            .and("Nats-Last-Consumer", &(consumer.next_consumer_seq - 1).to_string())
            .and("Nats-Last-Stream", &consumer.here().stream_seq.to_string())
    }
}

/// A body as read: JSON may have a group and a priority, a mere number can not.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Body {
    Json(PullRequest),
    Number(PullRequest),
}

/// What arrival led to.
enum Arrival {
    Waits,
    Ended(Status, PullEnd),
    /// Dropped without a word: the queue is full and the asker will miss the heartbeats.
    Silence,
}

impl Consumer {
    /// A message arrived on this consumer's `$JS.API.CONSUMER.MSG.NEXT.<stream>.<consumer>`.
    pub fn pull(&mut self, context: &mut Context<'_>, store: &Store, request: &Publication) -> Settled {
        let Some(reply) = request.message.reply.clone() else { return Settled::default() };
        let level = request.message.header("Nats-Required-Api-Level");
        self.pull_with(context, store, reply, level, &request.message.payload)
    }

    /// The same for a request that came with an ack (`+NXT`).
    pub(super) fn pull_with(
        &mut self,
        context: &mut Context<'_>,
        store: &Store,
        reply: Subject,
        level: Option<&str>,
        body: &Bytes,
    ) -> Settled {
        self.activity.touch(context.now);
        let refusal = |code, text: &str| Arrival::Ended(Status::plain(code, text), PullEnd::Refused);
        let id = self.next_pull;
        self.next_pull += 1;
        let body = if !self.config.is_pull() {
            Err(refusal(409, "Consumer is push based"))
        } else if level.is_some_and(|level| level.parse::<u32>().map_or(true, |level| level > API_LEVEL)) {
            Err(refusal(412, "Required Api Level"))
        } else {
            read(body).map_err(|text| refusal(400, &format!("Bad Request - {text}")))
        };
        let (request, arrival) = match body {
            Ok(body) => {
                let arrival = self.arrive(context, id, &reply, &body);
                let (Body::Json(request) | Body::Number(request)) = body;
                (request, arrival)
            }
            Err(arrival) => (PullRequest::default(), arrival),
        };
        context.tell(Fact::PullWaiting {
            stream: self.stream.clone(),
            consumer: self.name.clone(),
            pull: id,
            reply: reply.clone(),
            request: Arc::new(request),
        });
        match arrival {
            Arrival::Waits => self.deliver_ready(context, store),
            Arrival::Ended(status, end) => {
                send_status(context, &reply, status.0);
                self.tell_pull_end(context, id, end);
                // A late look: a message whose deliveries are used up is noticed when somebody asks for the next.
                Settled::default()
            }
            Arrival::Silence => {
                self.tell_pull_end(context, id, PullEnd::Refused);
                Settled::default()
            }
        }
    }

    fn arrive(&mut self, context: &mut Context<'_>, id: u64, reply: &Subject, body: &Body) -> Arrival {
        let refuse = |code, text: &str| Arrival::Ended(Status::plain(code, text), PullEnd::Refused);
        let (Body::Json(request) | Body::Number(request)) = body;
        if let Err(text) = self.check_limits(request) {
            return refuse(if text.starts_with("Bad Request") { 400 } else { 409 }, &text);
        }
        let is_json = matches!(body, Body::Json(_));
        if let Err((code, text)) = self.check_priority(request, is_json) {
            return refuse(code, text);
        }
        self.touch_pin(request, context.now);
        let room = self.max_waiting;
        if self.waiting.len() >= room && context.now.since(self.waiting.last_look()) > LOOK_AGAIN_AFTER {
            self.process_waiting(context, false);
        }
        if request.no_wait {
            let available = self.shown_pending() + self.acks.num_queued() as u64;
            if available == 0 && request.expires.is_zero() {
                return Arrival::Ended(Status::plain(404, "No Messages"), PullEnd::NoMessages);
            }
            if available > 0 {
                self.process_waiting(context, false);
                // A sum below zero is a large one to the server.
                if available < self.waiting.wanted().cast_unsigned() {
                    return refuse(408, "Requests Pending");
                }
            }
        }
        if self.waiting.len() >= room {
            return if request.heartbeat.is_zero() { refuse(409, "Exceeded MaxWaiting") } else { Arrival::Silence };
        }
        let priority = match self.config.priority_policy {
            PriorityPolicy::Prioritized if is_json => request.priority,
            PriorityPolicy::Prioritized => LOWEST_PRIORITY,
            _ => 0,
        };
        self.waiting.add(Waiter::new(id, reply.clone(), request.clone(), priority, context.now));
        Arrival::Waits
    }

    fn check_limits(&self, request: &PullRequest) -> Result<(), String> {
        let config = &self.config;
        if request.heartbeat.0 > 0 && request.expires.0 < request.heartbeat.0.saturating_mul(2) {
            return Err("Bad Request - heartbeat value too large".to_owned());
        }
        if config.max_batch > 0 && request.batch > config.max_batch {
            return Err(format!("Exceeded MaxRequestBatch of {}", config.max_batch));
        }
        if let Some(limit) = config.max_expires.duration().filter(|_| request.expires > config.max_expires) {
            return Err(format!("Exceeded MaxRequestExpires of {}", format_go_duration(limit)));
        }
        if config.max_bytes > 0 && request.max_bytes > config.max_bytes {
            return Err(format!("Exceeded MaxRequestMaxBytes of {}", config.max_bytes));
        }
        Ok(())
    }

    fn check_priority(&self, request: &PullRequest, is_json: bool) -> Result<(), (u16, &'static str)> {
        let policy = self.config.priority_policy;
        if (request.min_pending != 0 || request.min_ack_pending != 0) && policy != PriorityPolicy::Overflow {
            return Err((400, "Bad Request - Not a Overflow Priority consumer"));
        }
        if !request.id.is_empty() && policy != PriorityPolicy::PinnedClient {
            return Err((400, "Bad Request - Not a Pinned Client Priority consumer"));
        }
        if !(0..=9).contains(&request.priority) {
            return Err((400, "Bad Request - Priority must be between 0 and 9"));
        }
        if policy == PriorityPolicy::None || !is_json {
            return Ok(());
        }
        if request.group.is_empty() {
            return Err((400, "Bad Request - Priority Group missing"));
        }
        if !self.config.priority_groups.iter().flatten().any(|group| *group == request.group) {
            return Err((400, "Bad Request - Invalid Priority Group"));
        }
        match &self.pin {
            Some(pin) if !request.id.is_empty() && request.id != pin.id => Err((423, "Nats-Pin-Id mismatch")),
            _ => Ok(()),
        }
    }

    /// Who takes a message of `bytes`, next in turn first. Requests that can not go on are ended on the way, those
    /// whose turn it is not yet go to the end.
    pub(super) fn find_receiver(&mut self, context: &mut Context<'_>, bytes: usize) -> Option<u64> {
        let needs_pin = self.needs_pin();
        let mut passed_over = 0;
        loop {
            let waiter = self.waiting.in_order().next()?;
            let (id, reply) = (waiter.id, waiter.reply.clone());
            if waiter.is_expired(context.now) {
                self.expire_waiter(context, id);
                continue;
            }
            let is_newly_pinned = match self.turn_of(context, id, needs_pin) {
                TurnOf::Yes { is_newly_pinned } => is_newly_pinned,
                TurnOf::NotYet => {
                    self.waiting.let_others_first(id);
                    passed_over += 1;
                    if passed_over >= self.waiting.len() {
                        return None;
                    }
                    continue;
                }
                TurnOf::WrongPin => {
                    let status = self.waiting.get(id).map(|waiter| Status::pending(423, "Nats-Wrong-Pin-Id", waiter));
                    self.end_waiter(context, id, status, PullEnd::Refused);
                    continue;
                }
            };
            if !self.waiting.charge(id, bytes) {
                let status =
                    self.waiting.get(id).map(|waiter| Status::pending(409, "Message Size Exceeds MaxBytes", waiter));
                if is_newly_pinned {
                    self.pin = None;
                }
                self.end_waiter(context, id, status, PullEnd::MaxBytes);
                continue;
            }
            if context.has_interest(&reply) {
                return Some(id);
            }
            self.end_waiter(context, id, None, PullEnd::NoInterest);
        }
    }

    /// Looks after the requests that wait: expired ones end, those nobody listens to any more go, patient ones hear a
    /// heartbeat. At the end of what there is, no-wait requests end too; one that may wait stays until it got something.
    pub(super) fn process_waiting(&mut self, context: &mut Context<'_>, at_the_end: bool) {
        if self.waiting.is_empty() {
            return;
        }
        self.waiting.looked(context.now);
        let looks_for_askers = self.waiting.take_asker_may_be_gone();
        let is_due = self.waiting.deadline().is_some_and(|at| at <= context.now);
        let ends_one_shots = at_the_end && self.waiting.has_one_shots();
        if !(looks_for_askers || is_due || ends_one_shots) {
            return;
        }
        let ids: Vec<u64> = self.waiting.in_order().map(|waiter| waiter.id).collect();
        for id in ids {
            let Some(waiter) = self.waiting.get(id) else { continue };
            let is_one_shot = waiter.request.no_wait && (waiter.expires.is_none() || waiter.delivered > 0);
            if waiter.is_expired(context.now) {
                self.expire_waiter(context, id);
            } else if at_the_end && is_one_shot {
                self.end_waiter(context, id, Some(Status::plain(404, "No Messages")), PullEnd::NoMessages);
            } else if !context.has_interest(&waiter.reply) {
                self.end_waiter(context, id, None, PullEnd::NoInterest);
            } else if waiter.heartbeat_is_due(context.now) {
                let reply = waiter.reply.clone();
                let heartbeat = Status::heartbeat(self);
                send_status(context, &reply, heartbeat);
                self.waiting.sent_heartbeat(id, context.now);
            }
        }
    }

    fn expire_waiter(&mut self, context: &mut Context<'_>, id: u64) {
        let status = self.waiting.get(id).map(|waiter| Status::pending(408, "Request Timeout", waiter));
        self.end_waiter(context, id, status, PullEnd::Expired);
    }

    fn end_waiter(&mut self, context: &mut Context<'_>, id: u64, status: Option<Status>, end: PullEnd) {
        let Some(waiter) = self.waiting.remove(id) else { return };
        match status {
            Some(status) => self.end_pull(context, &waiter, status, end),
            None => self.tell_pull_end(context, id, end),
        }
    }

    /// Says goodbye to a request that is out of the queue already.
    pub(super) fn end_pull(&self, context: &mut Context<'_>, waiter: &Waiter, status: Status, end: PullEnd) {
        send_status(context, &waiter.reply, status.0);
        self.tell_pull_end(context, waiter.id, end);
    }

    pub(super) fn tell_pull_end(&self, context: &mut Context<'_>, pull: u64, end: PullEnd) {
        context.tell(Fact::PullEnded { stream: self.stream.clone(), consumer: self.name.clone(), pull, end });
    }
}

pub(super) fn send_status(context: &mut Context<'_>, to: &Subject, headers: Headers) {
    context.send(Message::new(to.clone(), Bytes::new()).with_headers(headers));
}

/// Empty and unreadable bodies ask for one message; digits for so many; what starts with a brace is JSON.
fn read(body: &[u8]) -> Result<Body, String> {
    let body = body.trim_ascii();
    if body.starts_with(b"{") {
        let request = strict::decode_with::<PullRequest>(body, Unknown::Ignore);
        return request.map(Body::Json).map_err(|error| match error.description.strip_prefix("invalid JSON: ") {
            Some(text) => text.to_owned(),
            None => error.description,
        });
    }
    let batch = std::str::from_utf8(body).ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    Ok(Body::Number(PullRequest { batch, expires: Nanos::ZERO, ..PullRequest::default() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        let batch = |text: &str| match read(text.as_bytes()) {
            Ok(Body::Number(request)) => request.batch,
            other => panic!("{text}: {other:?}"),
        };
        for (text, expected) in [("", 1), ("5", 5), (" 7\n", 7), ("5x", 1), ("\"3\"", 1), ("-2", -2)] {
            assert_eq!(batch(text), expected, "{text}");
        }
        let json = PullRequest { batch: 2, ..PullRequest::default() };
        assert_eq!(read(br#" {"batch":2,"min_pending":null,"new":1}"#), Ok(Body::Json(json)));
        assert!(read(b"{nonsense").is_err());
    }
}
