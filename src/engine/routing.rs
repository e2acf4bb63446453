//! From a publish to everybody who gets a copy: subscriptions, queue groups, JetStream, or nobody.
//!
//! The order is the server's: subscribers first, then the streams, then what JetStream sends because of it, first in
//! first out, until nothing is left to send.
//! Source: NATS docs "Queue Groups", "Request-Reply"; nats-server `server/client.go`, `processMsgResults`, observed.

use super::interest::Subscription;
use super::jetstream::{Announced, Context, Interest, JetStream, Outgoing, Publication};
use super::{CloseReason, ConnId, Draw, Engine, Fact, Member, MessageId, Origin, Output, User, system, trace};
use crate::protocol::{Headers, Message, ServerOp};
use crate::sorted;
use crate::subject::Subject;
use bytes::Bytes;
use std::sync::Arc;

/// What the line of a MSG takes besides subject, sid and reply, near enough for counting a backlog.
const LINE_OVERHEAD: usize = 20;

impl Engine {
    /// A client published `message`; everything that follows from it happens before this returns.
    pub(super) fn publish(&mut self, conn: ConnId, mut message: Message) {
        let id = self.new_message_id();
        let asked = message.subject.clone();
        if let Some(mapped) = self.mapped(&asked) {
            if let Some(trace) = &mut self.trace {
                trace.mapped(self.now, &mapped);
            }
            message.subject = mapped;
        }
        let publication = Publication { id, origin: Origin::Client(conn), message };
        let wanted = self.route(&publication.message.subject.clone(), &publication, true);
        self.end_trace();
        self.drain();
        if !wanted {
            self.say_no_responders(conn, &asked, &publication);
        }
    }

    /// What a request to the API of our own domain goes on as.
    fn mapped(&self, subject: &str) -> Option<Subject> {
        let rest =
            subject.strip_prefix("$JS.")?.strip_prefix(self.options.domain.as_deref()?)?.strip_prefix(".API.")?;
        if ["$KV.", "$OBJ."].iter().any(|bucket| rest.starts_with(bucket)) {
            return Some(rest.into());
        }
        let served = ["STREAM.", "CONSUMER.", "DIRECT.", "META.", "SERVER.", "ACCOUNT."];
        let is_served = rest == "INFO" || served.iter().any(|served| rest.starts_with(served));
        is_served.then(|| format!("$JS.API.{rest}").into())
    }

    /// Sends everything JetStream wants sent, and tells it about subscriptions that came or went on the way.
    pub(super) fn drain(&mut self) {
        loop {
            if let Some(subject) = self.interest_changes.pop_front() {
                self.with_jetstream(|jetstream, context| jetstream.interest_changed(context, &subject));
            } else if let Some(Outgoing { to, message, id, announces }) = self.outgoing.pop_front() {
                if let Some(about) = announces
                    && !self.announce(&message.subject, id, about)
                {
                    continue;
                }
                // A stored message on its way to an inbox keeps its own subject and its id; all else is new.
                let is_new = to == message.subject;
                let publication = Publication { id, origin: Origin::Server, message };
                self.route(&to, &publication, is_new);
            } else {
                return;
            }
        }
    }

    /// Tells observers of an advisory that is heard; `false` when nobody listens.
    fn announce(&mut self, subject: &Subject, message: MessageId, about: Announced) -> bool {
        let is_heard = self.subscriptions.has_interest(subject) || self.jetstream.has_listener(subject);
        if is_heard {
            let (stream, consumer, stream_seq) = (about.stream, Some(about.consumer), about.stream_seq);
            self.tell(Fact::Advisory { message, subject: subject.clone(), stream, consumer, stream_seq });
        }
        is_heard
    }

    /// Lets JetStream work and tells observers what it told.
    pub(super) fn with_jetstream<R>(&mut self, work: impl FnOnce(&mut JetStream, &mut Context<'_>) -> R) -> R {
        let mut context = Context {
            now: self.now,
            rng: &mut self.rng,
            interest: &self.subscriptions,
            listeners: self.jetstream.listeners(),
            options: &self.options,
            identity: &self.identity,
            connections: &self.connections,
            outgoing: &mut self.outgoing,
            facts: &mut self.facts,
            next_ordinal: &mut self.next_ordinal,
            next_message: &mut self.next_message,
            trace: self.trace.as_mut(),
        };
        let result = work(&mut self.jetstream, &mut context);
        self.outputs.extend(self.facts.drain(..).map(Output::Event));
        result
    }

    /// Offers a publication to everybody who listens on `to`; returns whether somebody did.
    fn route(&mut self, to: &Subject, publication: &Publication, is_new: bool) -> bool {
        let Publication { id, origin, message } = publication;
        if is_new {
            let bytes = message.headers_bytes() + message.payload.len();
            let (subject, reply) = (message.subject.clone(), message.reply.clone());
            self.tell(Fact::Published { message: *id, origin: *origin, subject, reply, bytes });
        }
        let delivered = self.deliver_to_subscribers(to, publication);
        let taken = self.offer_to_services(to, publication);
        let wanted = delivered || taken;
        if !wanted && is_new {
            self.tell(Fact::Unwanted { message: *id, subject: message.subject.clone() });
        }
        wanted
    }

    /// The server's own listeners: JetStream and the system services.
    fn offer_to_services(&mut self, to: &Subject, publication: &Publication) -> bool {
        if let (Some(trace), Some(service)) = (&mut self.trace, trace::service(to)) {
            trace.imported(self.now, to, &service);
            if trace.is_only {
                return false;
            }
        }
        match system::answer(self, to, publication) {
            Some(system::Answer::Given(answer)) => {
                self.send_own(answer);
                return true;
            }
            Some(system::Answer::Withheld) => return true,
            None => {}
        }
        // Nobody's interest has an empty token.
        if !self.options.jetstream || to.split('.').any(str::is_empty) {
            return false;
        }
        if *to == publication.message.subject {
            return self.with_jetstream(|jetstream, context| jetstream.publish(context, publication));
        }
        // A stream may listen on an inbox; it would see the message there, under the inbox's subject.
        let mut readdressed = publication.clone();
        readdressed.message.subject = to.clone();
        self.with_jetstream(|jetstream, context| jetstream.publish(context, &readdressed))
    }

    /// Queues a message of the server's own.
    pub(super) fn send_own(&mut self, message: Message) {
        let id = self.new_message_id();
        self.outgoing.push_back(Outgoing { to: message.subject.clone(), message, id, announces: None });
    }

    fn deliver_to_subscribers(&mut self, to: &Subject, publication: &Publication) -> bool {
        let matches = self.subscriptions.matching(to);
        let mut delivered = false;
        for subscription in &matches.plain {
            delivered |= self.deliver(subscription, publication, None);
        }
        for members in matches.groups.values() {
            delivered |= self.deliver_to_one(members, publication);
        }
        delivered
    }

    /// A member drawn at random gets it; one that cannot take it is passed over.
    fn deliver_to_one(&mut self, members: &[Arc<Subscription>], publication: &Publication) -> bool {
        let first = if members.len() > 1 { self.rng.below(members.len() as u64) as usize } else { 0 };
        let mut asked = members.iter().cycle().skip(first).take(members.len()).enumerate();
        asked.any(|(passed, member)| {
            let left = members.iter().cycle().skip(first + passed).take(members.len() - passed);
            self.deliver(member, publication, Some(&mut left.map(Arc::as_ref)))
        })
    }

    /// Sends one copy, unless this subscription must not have it. `group`: those of its group that were not passed over.
    fn deliver(
        &mut self,
        subscription: &Subscription,
        publication: &Publication,
        group: Option<&mut dyn Iterator<Item = &Subscription>>,
    ) -> bool {
        let Publication { id, origin, message } = publication;
        let is_traced_only = self.is_traced_only();
        let Some(connection) = self.connections.get_mut(&subscription.conn) else { return false };
        if !connection.settings.echo && *origin == Origin::Client(subscription.conn) {
            self.trace_copy(subscription, true);
            return false;
        }
        let Some(held) = connection.subscriptions.get_mut(&subscription.sid) else { return false };
        if held.subscription.number != subscription.number {
            return false;
        }
        let may_receive = |user: &User| user.permissions.may_receive(subscription.filter.as_str(), &message.subject);
        if !connection.user.as_ref().is_none_or(may_receive) {
            return false;
        }
        if is_traced_only {
            self.trace_copy(subscription, false);
            return true;
        }
        held.delivered += 1;
        let used_up = held.max.is_some_and(|max| held.delivered >= max);
        let message = readable_by(connection.settings.headers, message);
        let bytes = message.headers_bytes() + message.payload.len();
        let fact = Fact::Delivered {
            message: *id,
            conn: subscription.conn,
            sid: subscription.sid.clone(),
            subject: message.subject.clone(),
            bytes,
            draw: group.zip(subscription.queue.as_ref()).and_then(|(group, queue)| drawn(queue, group)),
        };
        connection.traffic.count_out(bytes);
        self.traffic.count_out(bytes);
        self.tell(fact);
        self.trace_copy(subscription, false);
        self.send(subscription.conn, ServerOp::Msg { sid: subscription.sid.clone(), message });
        if used_up {
            self.unsubscribe(subscription.conn, &subscription.sid);
        }
        true
    }

    /// Nobody listened. The publisher hears of it if it asked to and waits for an answer with a plain subscription.
    fn say_no_responders(&mut self, conn: ConnId, asked: &Subject, publication: &Publication) {
        let Some(reply) = &publication.message.reply else { return };
        let Some(connection) = self.connections.get(&conn) else { return };
        if !connection.settings.no_responders {
            return;
        }
        let matches = self.subscriptions.matching(reply);
        let Some(asker) = matches.plain.iter().find(|subscription| subscription.conn == conn) else { return };
        let subject = asked.clone();
        let status = Headers::with_status(503, "").and("Nats-Subject", &subject);
        let message = Message::new(reply.clone(), Bytes::new()).with_headers(status);
        self.tell(Fact::NoResponders { message: publication.id, conn, subject });
        // Not counted as a delivery, so that an UNSUB with a maximum still waits for real messages.
        self.send(conn, ServerOp::Msg { sid: asker.sid.clone(), message });
    }

    /// Sends on one connection and cuts it off when it has left too much unread.
    pub(super) fn send(&mut self, conn: ConnId, op: ServerOp) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.backlog.bytes += size_of(&op);
        let too_much = connection.backlog.bytes > self.options.max_pending;
        if !connection.backlog.reported {
            self.unreported.push(conn);
        }
        self.outputs.push(Output::Send { conn, op });
        if too_much {
            self.close(conn, CloseReason::SlowConsumer);
        }
    }

    pub(super) fn tell(&mut self, fact: Fact) {
        self.next_ordinal += 1;
        let event = super::Event { at: self.now, ordinal: self.next_ordinal, fact };
        self.outputs.push(Output::Event(event));
    }

    fn new_message_id(&mut self) -> MessageId {
        self.next_message += 1;
        MessageId(self.next_message)
    }
}

/// What is told of a draw among several.
fn drawn(queue: &Subject, group: &mut dyn Iterator<Item = &Subscription>) -> Option<Arc<Draw>> {
    let mut members: Vec<_> = group.map(|member| (member.number, member)).collect();
    sorted::by_key(&mut members, |(number, _)| *number);
    let members: Vec<Member> =
        members.into_iter().map(|(_, of)| Member { conn: of.conn, sid: of.sid.clone() }).collect();
    (members.len() > 1).then(|| Arc::new(Draw { queue: queue.clone(), members }))
}

/// A client that does not read headers gets the message without them.
fn readable_by(reads_headers: bool, message: &Message) -> Message {
    let mut message = message.clone();
    if !reads_headers || message.headers.as_ref().is_some_and(Headers::is_empty) {
        message.headers = None;
    }
    message
}

/// About as many bytes as the wire will carry.
fn size_of(op: &ServerOp) -> usize {
    match op {
        ServerOp::Msg { sid, message } => {
            let names =
                message.subject.len() + sid.as_str().len() + message.reply.as_ref().map_or(0, |reply| reply.len());
            names + message.headers_bytes() + message.payload.len() + LINE_OVERHEAD
        }
        ServerOp::Info(_) => 512,
        ServerOp::Err(text) => text.len() + 9,
        ServerOp::Ping | ServerOp::Pong | ServerOp::Ok => 6,
    }
}
