//! Push delivery: is anybody listening, is the window open, and signs of life when there is nothing to send.
//!
//! Knows interest, bytes in flight and heartbeat times; what to send is decided in `delivery.rs`.
//! Source: nats-server `server/consumer.go`, `sendFlowControl` and `sendIdleHeartbeat`; observed.

use super::pull::{Status, send_status};
use super::{AckSubject, Consumer, Settled};
use crate::api::{AckPolicy, ConsumerConfig};
use crate::engine::jetstream::{Context, Publication, Store};
use crate::pack::Pack;
use crate::protocol::{Headers, Message};
use crate::subject::Subject;
use crate::time::Timestamp;
use bytes::Bytes;

const LARGEST_WINDOW_BYTES: usize = 32 * 1024 * 1024;
const FIRST_WINDOW_BYTES: usize = LARGEST_WINDOW_BYTES / 16;

#[derive(Clone, Debug, Default, Pack)]
pub(super) struct Push {
    /// Somebody listens on exactly the deliver subject (in exactly the deliver group, if there is one).
    pub is_active: bool,
    pub next_heartbeat: Option<Timestamp>,
    /// The subject and the group whose listeners count.
    watched: (String, String),
    flow: Option<Flow>,
}

/// Flow control: bytes sent against bytes confirmed.
#[derive(Clone, Debug, Pack)]
struct Flow {
    window: usize,
    outstanding: usize,
    /// Where the answer to the open request goes, and what was outstanding when it was sent.
    request: Option<(Subject, usize)>,
}

impl Push {
    pub fn new(config: &ConsumerConfig, context: &Context<'_>) -> Push {
        let mut push = Push::default();
        if !config.is_pull() && config.flow_control {
            push.flow = Some(Flow { window: FIRST_WINDOW_BYTES, outstanding: 0, request: None });
        }
        push.watch(&config.deliver_subject, &config.deliver_group);
        push.refresh(context);
        push.restart_heartbeat(config, context.now);
        push
    }

    /// Who listens on `subject` in `group` counts from now on.
    ///
    /// The server asks again only for another subject, and then with the group there was before: another group alone
    /// changes nothing here.
    pub fn watch(&mut self, subject: &str, group: &str) {
        self.watched = (subject.to_owned(), group.to_owned());
    }

    /// Looks again who listens.
    pub fn refresh(&mut self, context: &Context<'_>) {
        let (subject, group) = &self.watched;
        let group = Some(group.as_str()).filter(|group| !group.is_empty());
        self.is_active = !subject.is_empty() && context.interest.has_exact_interest(subject, group);
    }

    pub fn can_send(&self) -> bool {
        self.is_active && !self.is_stalled()
    }

    fn is_stalled(&self) -> bool {
        self.flow.as_ref().is_some_and(|flow| flow.outstanding > flow.window)
    }

    fn restart_heartbeat(&mut self, config: &ConsumerConfig, now: Timestamp) {
        self.next_heartbeat =
            config.idle_heartbeat.duration().filter(|_| !config.is_pull()).map(|interval| now + interval);
    }
}

impl Consumer {
    /// A message went to the deliver subject.
    pub(super) fn pushed(&mut self, context: &mut Context<'_>, bytes: usize) {
        self.push.restart_heartbeat(&self.config, context.now);
        let is_full = self.config.ack_policy == AckPolicy::FlowControl && self.is_full();
        let Some(flow) = &mut self.push.flow else { return };
        flow.outstanding += bytes;
        if flow.request.is_none() && (flow.outstanding > flow.window / 2 || is_full) {
            self.ask_for_flow_control(context);
        }
    }

    fn ask_for_flow_control(&mut self, context: &mut Context<'_>) {
        let Some(flow) = &mut self.push.flow else { return };
        let reply: Subject = format!("$JS.FC.{}.{}.{}", self.stream, self.name, context.rng.base62(4)).into();
        flow.request = Some((reply.clone(), flow.outstanding));
        let request = Message::new(self.config.deliver_subject.as_str(), Bytes::new())
            .with_headers(Headers::with_status(100, "FlowControl Request"))
            .with_reply(reply);
        context.send(request);
    }

    /// A message arrived on this consumer's `$JS.FC.<stream>.<consumer>.>`.
    pub fn flow_control(&mut self, context: &mut Context<'_>, store: &Store, publication: &Publication) -> Settled {
        let Some(flow) = &mut self.push.flow else { return Settled::default() };
        let subject = &publication.message.subject;
        let Some((_, confirmed)) = flow.request.take_if(|(expected, _)| expected == subject) else {
            return Settled::default();
        };
        flow.window = (flow.window * 2).min(LARGEST_WINDOW_BYTES);
        flow.outstanding = flow.outstanding.saturating_sub(confirmed);
        let mut settled = self.ack_by_flow_control(context, publication);
        settled.done.extend(self.deliver_ready(context, store).done);
        settled
    }

    fn ack_by_flow_control(&mut self, context: &mut Context<'_>, publication: &Publication) -> Settled {
        let number = |name| publication.message.header(name).and_then(|value| value.parse::<u64>().ok());
        let pair = (number("Nats-Last-Consumer"), number("Nats-Last-Stream"));
        let (AckPolicy::FlowControl, (Some(consumer_seq), Some(stream_seq))) = (self.config.ack_policy, pair) else {
            return Settled::default();
        };
        let (stream, name) = (self.stream.clone(), self.name.clone());
        let ack = AckSubject::of(&stream, &name, 1, stream_seq, consumer_seq);
        self.ack(context, &ack, false).1
    }

    pub(super) fn send_heartbeat_if_due(&mut self, context: &mut Context<'_>) {
        if self.push.next_heartbeat.is_none_or(|at| at > context.now) {
            return;
        }
        self.push.restart_heartbeat(&self.config, context.now);
        self.wake = Some(context.now);
        if !self.push.is_active || self.is_stuck {
            return;
        }
        let mut headers = Status::heartbeat(self);
        if let Some((subject, _)) =
            self.push.flow.as_ref().filter(|_| self.push.is_stalled()).and_then(|flow| flow.request.as_ref())
        {
            headers.append("Nats-Consumer-Stalled", subject);
        }
        send_status(context, &self.config.deliver_subject.as_str().into(), headers);
        let asked = self.push.flow.as_ref().is_none_or(|flow| flow.request.is_some());
        if self.config.ack_policy == AckPolicy::FlowControl && !self.acks.is_empty() && !asked {
            self.ask_for_flow_control(context);
        }
    }
}
