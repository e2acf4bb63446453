//! A message followed through everything that was recorded: from its publisher to whatever became of it.

use super::{Mark, Party, Told};
use crate::engine::{AckKind, ConnId, Fact, MessageId, Name, Origin, RemovalReason};
use crate::flow::scene::{GapReason, Selection};
use crate::flow::step::{Direction, Step, What};
use crate::flow::words::{self, count, figure};
use crate::flow::{Flow, Op};
use crate::map::{Map, Set};
use crate::sorted;
use crate::subject::Subject;
use crate::time::Timestamp;

/// Every moment in the life of `message`, in order of time.
pub(super) fn moments(flow: &Flow, message: MessageId) -> Vec<Told> {
    let mut followed = Followed::new(flow, message);
    for step in flow.steps() {
        followed.step(step);
    }
    let mut moments = followed.moments;
    sorted::by_key(&mut moments, |moment| moment.at);
    moments
}

struct Followed<'a> {
    flow: &'a Flow,
    message: MessageId,
    moments: Vec<Told>,
    publisher: Option<String>,
    /// Where the publisher waits for an answer, and what may be one.
    reply: Option<Subject>,
    answers: Set<MessageId>,
    /// Streams that took it, and as what.
    places: Vec<(Name, u64)>,
    /// What the server told about it, by the advisories' own ids.
    advisories: Set<MessageId>,
    /// Answers to its deliveries as they went over the wire: by connection and moment of arrival.
    acks: Map<(ConnId, Timestamp), u64>,
}

impl<'a> Followed<'a> {
    fn new(flow: &'a Flow, message: MessageId) -> Followed<'a> {
        let acks = flow.wire().lines().filter(|line| matches!(&line.op, Op::Client(_)) && !line.lost);
        let acks = acks.filter(|line| line.carried().is_some_and(|carried| carried.subject.starts_with("$JS.ACK.")));
        Followed {
            flow,
            message,
            moments: Vec::new(),
            publisher: None,
            reply: None,
            answers: Set::new(),
            places: Vec::new(),
            advisories: Set::new(),
            acks: acks.map(|line| ((line.conn, line.arrives), line.ordinal)).collect(),
        }
    }

    fn step(&mut self, step: &Step) {
        match &step.what {
            What::Fact(fact) => self.fact(step, fact),
            What::Lost { conn, subject, direction, .. } => self.lost(step, *conn, subject, *direction),
            What::Effect { worker, stream, stream_seq, key } if self.is_in(stream, *stream_seq) => {
                let worker = self.client(worker);
                let text = format!("{} did {key}", worker.name());
                self.tell(step, Mark::Done, (worker.clone(), worker), text);
            }
            What::Unanswered { worker, stream, stream_seq, .. } if self.is_in(stream, *stream_seq) => {
                let worker = self.client(worker);
                let text = format!("{} does not answer", worker.name());
                self.tell(step, Mark::Note, (worker.clone(), worker), text);
            }
            _ => {}
        }
    }

    fn fact(&mut self, step: &Step, fact: &Fact) {
        match fact {
            _ if step.message == Some(self.message) => self.own(step, fact),
            Fact::Published { message, subject, .. } if self.reply.as_ref() == Some(subject) => {
                self.answers.insert(*message);
            }
            Fact::Delivered { message, conn, .. } if self.answers.contains(message) => {
                let to = self.client(&self.name(*conn));
                let text = format!("the server answered {}", to.name());
                self.tell(step, Mark::Answer, (Party::Server, to), text);
                self.with_line(*message, *conn);
            }
            Fact::Advisory { message, stream, consumer, stream_seq: Some(seq), subject }
                if self.is_in(stream, *seq) =>
            {
                let from = match consumer {
                    Some(consumer) => Party::Consumer(stream.clone(), consumer.clone()),
                    None => Party::Stream(stream.clone()),
                };
                self.advisories.insert(*message);
                self.tell(step, Mark::Advisory, (from, Party::Server), format!("the server told of it on {subject}"));
            }
            Fact::Stored { message, stream, stream_seq, .. } if self.advisories.contains(message) => {
                let text = format!("{stream} keeps that as its message {}", figure(*stream_seq));
                self.tell(step, Mark::Note, (Party::Server, Party::Notes(stream.clone())), text);
                self.look_at(Selection::Message { stream: stream.clone(), stream_seq: *stream_seq });
            }
            Fact::Delivered { message, conn, .. } if self.advisories.contains(message) => {
                let to = self.client(&self.name(*conn));
                let text = format!("{} was told of it", to.name());
                self.tell(step, Mark::Advisory, (Party::Server, to), text);
                self.with_line(*message, *conn);
            }
            _ => self.place(step, fact),
        }
    }

    /// What carries the message's own id.
    fn own(&mut self, step: &Step, fact: &Fact) {
        match fact {
            Fact::Published { origin, subject, reply, .. } => {
                self.reply.clone_from(reply);
                let from = match origin {
                    Origin::Client(conn) => self.name(*conn),
                    Origin::Server => return,
                };
                self.publisher = Some(from.clone());
                let from = Party::Publisher(from);
                let text = format!("{} published it on {subject}", from.name());
                self.tell(step, Mark::Message, (from, Party::Server), text);
                self.with_sent_line();
            }
            Fact::Stored { stream, stream_seq, .. } => {
                self.places.push((stream.clone(), *stream_seq));
                let text = format!("{stream} stored it as message {}", figure(*stream_seq));
                self.tell(step, Mark::Stored, (Party::Server, Party::Stream(stream.clone())), text);
                self.look_at(Selection::Message { stream: stream.clone(), stream_seq: *stream_seq });
            }
            Fact::NotKept { stream, stream_seq, .. } => {
                self.places.push((stream.clone(), *stream_seq));
                let text = format!("{stream} did not keep it: nobody is interested");
                self.tell(step, Mark::NotKept, (Party::Server, Party::Stream(stream.clone())), text);
            }
            Fact::Duplicate { stream, stream_seq, .. } => {
                let text = format!("{stream} refused it: it is message {} already", figure(*stream_seq));
                self.refused(step, stream, text);
            }
            Fact::Refused { stream, error, .. } => {
                let text = format!("{stream} refused it: {}", error.description);
                self.refused(step, stream, text);
            }
            Fact::Unwanted { .. } => {
                self.tell(step, Mark::Unwanted, (Party::Server, Party::Server), "nobody wanted it".to_owned());
            }
            Fact::NoResponders { conn, .. } => {
                let to = self.client(&self.name(*conn));
                let text = format!("nobody answers there; {} was told at once", to.name());
                self.tell(step, Mark::Answer, (Party::Server, to), text);
            }
            Fact::Dispatched { stream, consumer, stream_seq, deliveries, .. } => {
                let from = Party::Consumer(stream.clone(), consumer.clone());
                let mark = if *deliveries > 1 { Mark::Redelivery } else { Mark::Message };
                let attempt = if *deliveries > 1 { format!(", delivery {deliveries}") } else { String::new() };
                self.tell(step, mark, (from.clone(), from), format!("{consumer} delivered it{attempt}"));
                self.look_at(delivery(stream, consumer, *stream_seq));
            }
            Fact::Delivered { conn, .. } => self.delivered(step, *conn),
            _ => {}
        }
    }

    /// A consumer's delivery and the connection it left on are one moment; anything else was wanted by a subscription.
    fn delivered(&mut self, step: &Step, conn: ConnId) {
        let to = self.client(&self.name(conn));
        let dispatched = self
            .moments
            .last_mut()
            .filter(|last| last.at == step.at && last.from == last.to && matches!(last.from, Party::Consumer(..)));
        match dispatched {
            Some(last) => {
                let (did, attempt) = last.text.split_once(',').unwrap_or((&last.text, ""));
                let attempt = if attempt.is_empty() { String::new() } else { format!(",{attempt}") };
                last.text = format!("{did} to {}{attempt}", to.name());
                last.to = to;
            }
            None => {
                let text = format!("{} was sent it", to.name());
                self.tell(step, Mark::Message, (Party::Server, to), text);
            }
        }
        self.with_line(self.message, conn);
    }

    fn refused(&mut self, step: &Step, stream: &Name, text: String) {
        self.tell(step, Mark::Refused, (Party::Server, Party::Stream(stream.clone())), text);
        self.look_at(Selection::Refusal { stream: stream.clone(), message: self.message });
    }

    /// What speaks of a sequence instead of a message.
    fn place(&mut self, step: &Step, fact: &Fact) {
        match fact {
            Fact::Answered { stream, consumer, stream_seq, kind, conn, .. } if self.is_in(stream, *stream_seq) => {
                let who = conn.map_or_else(|| Party::Others, |conn| self.client(&self.name(conn)));
                let (mark, did) = answer(kind);
                let text = format!("{} {did}", if who == Party::Others { "somebody" } else { who.name() });
                self.tell(step, mark, (who, Party::Consumer(stream.clone(), consumer.clone())), text);
                let line = conn.and_then(|conn| self.acks.get(&(conn, step.at)).copied());
                self.last(|last| last.line = line);
                self.look_at(delivery(stream, consumer, *stream_seq));
            }
            Fact::RedeliveryDue { stream, consumer, stream_seq } if self.is_in(stream, *stream_seq) => {
                let at = Party::Consumer(stream.clone(), consumer.clone());
                self.tell(step, Mark::Due, (at.clone(), at), format!("it is back at {consumer}"));
                self.look_at(delivery(stream, consumer, *stream_seq));
            }
            Fact::GivenUp { stream, consumer, stream_seq, deliveries } if self.is_in(stream, *stream_seq) => {
                let at = Party::Consumer(stream.clone(), consumer.clone());
                let times = count(*deliveries, "delivery", "deliveries");
                let text = format!("{consumer} gave up on it after {times}; {stream} still holds it");
                self.tell(step, Mark::GivenUp, (at.clone(), at), text);
                self.look_at(delivery(stream, consumer, *stream_seq));
            }
            Fact::Removed { stream, stream_seq, reason } if self.is_in(stream, *stream_seq) => {
                self.removed(step, stream, *reason);
            }
            Fact::RemovedMany { stream, first_seq, last_seq, reason, .. }
                if self.places.iter().any(|(of, seq)| of == stream && (*first_seq..=*last_seq).contains(seq)) =>
            {
                self.removed(step, stream, *reason);
            }
            _ => {}
        }
    }

    fn removed(&mut self, step: &Step, stream: &Name, reason: RemovalReason) {
        let at = Party::Stream(stream.clone());
        let reason = words::gap_reason(GapReason::Removed(reason));
        let why = reason.strip_prefix("removed: ").unwrap_or(reason);
        self.tell(step, Mark::Removed, (at.clone(), at), format!("{stream} let go of it: {why}"));
    }

    /// The message itself, an answer to it, or the answer its publisher waits for.
    fn lost(&mut self, step: &Step, conn: ConnId, subject: &Subject, direction: Direction) {
        let client = self.client(&self.name(conn));
        if step.message == Some(self.message) {
            return self.last(|last| {
                last.lost = true;
                last.text += "; it was lost on its way";
            });
        }
        if direction == Direction::ToClient && self.reply.as_ref() == Some(subject) {
            return self.last(|last| {
                last.lost = true;
                last.text += "; that was lost on its way";
            });
        }
        let Some((stream, consumer, seq)) = acknowledged(subject) else { return };
        if self.is_in(stream, seq) {
            let to = Party::Consumer(stream.into(), consumer.into());
            let text = format!("{} answered; that was lost on its way", client.name());
            self.tell(step, Mark::Acked, (client, to), text);
            let mut lines = self.flow.wire().lines().rev();
            let line = lines.find(|line| line.lost && line.conn == conn && line.at == step.at);
            self.last(|last| (last.lost, last.line) = (true, line.map(|line| line.ordinal)));
        }
    }

    fn is_in(&self, stream: &str, seq: u64) -> bool {
        self.places.iter().any(|(of, at)| **of == *stream && *at == seq)
    }

    fn name(&self, conn: ConnId) -> String {
        self.flow.names().get(&conn).cloned().unwrap_or_else(|| format!("client {}", conn.0))
    }

    /// Who published it has one lane, whatever else they do.
    fn client(&self, name: &str) -> Party {
        if self.publisher.as_deref() == Some(name) {
            return Party::Publisher(name.to_owned());
        }
        Party::Client(name.to_owned())
    }

    fn tell(&mut self, step: &Step, mark: Mark, (from, to): (Party, Party), text: String) {
        self.moments.push(Told { at: step.at, mark, from, to, text, lost: false, line: None, selection: None });
    }

    fn last(&mut self, change: impl FnOnce(&mut Told)) {
        if let Some(last) = self.moments.last_mut() {
            change(last);
        }
    }

    fn look_at(&mut self, selection: Selection) {
        self.last(|last| last.selection = Some(selection));
    }

    /// The line it left the server on, towards `conn`: the newest one not yet spoken of.
    fn with_line(&mut self, message: MessageId, conn: ConnId) {
        let spoken: Set<u64> = self.moments.iter().filter_map(|moment| moment.line).collect();
        let lines = self.flow.wire().of_message(message);
        let towards = lines.filter(|line| line.conn == conn && line.direction() == Direction::ToClient);
        let at = self.moments.last().map(|last| last.at);
        let line = towards.filter(|line| Some(line.at) == at).find(|line| !spoken.contains(&line.ordinal));
        let line = line.map(|line| line.ordinal);
        self.last(|last| last.line = line);
    }

    /// A publish is as old as its line: it left before it arrived.
    fn with_sent_line(&mut self) {
        let mut lines = self.flow.wire().of_message(self.message);
        let sent = lines.find(|line| line.direction() == Direction::ToServer);
        if let Some(line) = sent {
            let (at, ordinal) = (line.at, line.ordinal);
            self.last(|last| (last.at, last.line) = (at, Some(ordinal)));
        }
    }
}

fn delivery(stream: &Name, consumer: &Name, stream_seq: u64) -> Selection {
    Selection::Delivery { stream: stream.clone(), consumer: consumer.clone(), stream_seq }
}

fn answer(kind: &AckKind) -> (Mark, &'static str) {
    match kind {
        AckKind::Ack | AckKind::Next => (Mark::Acked, "acknowledged it"),
        AckKind::Nak { delay: None } => (Mark::HandedBack, "handed it back"),
        AckKind::Nak { delay: Some(_) } => (Mark::HandedBack, "handed it back for later"),
        AckKind::InProgress => (Mark::Working, "is still working on it"),
        AckKind::Term { .. } => (Mark::Terminated, "terminated it"),
    }
}

/// Stream, consumer and sequence of `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.…`.
fn acknowledged(subject: &str) -> Option<(&str, &str, u64)> {
    let mut tokens = subject.strip_prefix("$JS.ACK.")?.split('.');
    let (stream, consumer) = (tokens.next()?, tokens.next()?);
    Some((stream, consumer, tokens.nth(1)?.parse().ok()?))
}
