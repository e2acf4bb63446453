//! Streams and consumers as one would explain them: lists, searched from the front.
//!
//! The model decides which messages are kept. It does not choose deliveries: it is told of each one, refuses those that
//! must not be, and knows afterwards whether one is missing.

use super::crowd::{FILTERS, SUBJECTS, Wish, Word};
use jetlab::nuid::Rng;
use jetlab::time::Timestamp;
use std::time::Duration;

/// What a message in memory weighs besides its subject and body.
const OVERHEAD: usize = 16;
/// Odd figures, so that no two deadlines fall together.
pub const ACK_WAIT: Duration = Duration::from_nanos(7_000_000_033);
pub const PULL_EXPIRES: Duration = Duration::from_nanos(23_000_000_051);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    Limits,
    Interest,
    WorkQueue,
}

/// What a stream is told to keep.
#[derive(Clone, Debug)]
pub struct Rules {
    pub retention: Retention,
    pub max_msgs: Option<usize>,
    pub max_bytes: Option<usize>,
    pub max_per_subject: Option<usize>,
    pub max_age: Option<Duration>,
    pub discard_new: bool,
}

impl Rules {
    pub fn draw(retention: Retention, rng: &mut Rng) -> Rules {
        let mut draw = |from: &[usize]| {
            let index = rng.below(2 * from.len() as u64) as usize;
            from.get(index).copied()
        };
        Rules {
            retention,
            max_msgs: draw(&[1, 3, 10]),
            max_bytes: draw(&[150, 400]),
            max_per_subject: draw(&[1, 2, 5]),
            max_age: draw(&[11, 40]).map(|seconds| Duration::from_nanos(1_000_000_000 * seconds as u64 + 101)),
            discard_new: draw(&[1]).is_some(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Message {
    pub seq: u64,
    pub subject: &'static str,
    pub bytes: usize,
    pub at: Timestamp,
}

pub struct Stream {
    pub rules: Rules,
    pub messages: Vec<Message>,
    pub last_seq: u64,
    pub consumers: Vec<Consumer>,
    /// When it looks for messages that are too old.
    next_look: Option<Timestamp>,
    /// Something happened after which the server goes by rules that are not obvious; differential play knows them. A
    /// message was lost before its answer came, and the consumer takes one answer for many. Or one was to come again,
    /// and a purge made that be forgotten until its time is up. Or a purge made room for more,
    /// which wakes nobody. Or a consumer that gave up on messages went away.
    pub is_adrift: bool,
}

pub struct Consumer {
    pub number: usize,
    pub wish: Wish,
    /// The first sequence not looked at yet.
    pub next: u64,
    pub pending: Vec<Pending>,
    /// Delivered too often, and nobody answered since.
    pub given_up: Vec<u64>,
    /// Acknowledged or terminated: must never come again.
    pub settled: Vec<u64>,
    pub consumer_seq: u64,
    /// Open pull requests: what is left of each, and when it ends.
    pub pulls: Vec<(usize, Timestamp)>,
    /// As reported last.
    pub floor: (u64, u64),
}

pub struct Pending {
    pub seq: u64,
    pub deliveries: u64,
    pub due: Timestamp,
}

/// A delivery as the client saw it.
pub struct Delivery {
    pub seq: u64,
    pub consumer_seq: u64,
    pub deliveries: u64,
    pub num_pending: u64,
    pub subject: String,
}

pub fn matches(filter: usize, subject: &str) -> bool {
    match FILTERS[filter] {
        "" => true,
        "c.*" => subject.starts_with("c."),
        filter => filter == subject,
    }
}

fn collide(a: usize, b: usize) -> bool {
    SUBJECTS.iter().any(|subject| matches(a, subject) && matches(b, subject))
}

impl Stream {
    pub fn new(rules: Rules) -> Stream {
        Stream { rules, messages: Vec::new(), last_seq: 0, consumers: Vec::new(), next_look: None, is_adrift: false }
    }

    pub fn bytes(&self) -> usize {
        self.messages.iter().map(|message| message.bytes).sum()
    }

    pub fn consumer(&mut self, number: usize) -> Option<&mut Consumer> {
        self.consumers.iter_mut().find(|consumer| consumer.number == number)
    }

    /// Whether the message is taken. Says nothing about whether anybody keeps it.
    pub fn publish(&mut self, subject: &'static str, body: usize, now: Timestamp) -> bool {
        let bytes = subject.len() + body + OVERHEAD;
        let is_wanted = self.rules.retention != Retention::Interest
            || self.consumers.iter().any(|consumer| matches(consumer.wish.filter, subject));
        if is_wanted && self.rules.discard_new && !self.has_room(subject, bytes) {
            return false;
        }
        self.last_seq += 1;
        if is_wanted {
            self.messages.push(Message { seq: self.last_seq, subject, bytes, at: now });
            self.enforce_limits(subject);
            self.next_look = self.next_look.or(self.rules.max_age.map(|max_age| now + max_age));
        }
        true
    }

    /// A stream that discards new messages still replaces the oldest of a subject that is full.
    fn has_room(&self, subject: &str, bytes: usize) -> bool {
        let same: Vec<&Message> = self.messages.iter().filter(|message| message.subject == subject).collect();
        let replaced = same.first().filter(|_| self.rules.max_per_subject.is_some_and(|max| same.len() >= max));
        let fits_count = replaced.is_some() || self.rules.max_msgs.is_none_or(|max| self.messages.len() < max);
        let fits_bytes = replaced.is_some_and(|oldest| oldest.bytes >= bytes)
            || self.rules.max_bytes.is_none_or(|max| self.bytes() + bytes <= max);
        fits_count && fits_bytes
    }

    fn enforce_limits(&mut self, subject: &str) {
        while let Some(max) = self.rules.max_per_subject
            && self.messages.iter().filter(|message| message.subject == subject).count() > max
        {
            let oldest = self.messages.iter().find(|message| message.subject == subject).map(|message| message.seq);
            self.remove(oldest.expect("there are more than none"));
        }
        if self.rules.discard_new {
            return;
        }
        while self.rules.max_msgs.is_some_and(|max| self.messages.len() > max)
            || self.rules.max_bytes.is_some_and(|max| self.bytes() > max)
        {
            self.remove(self.messages[0].seq);
        }
    }

    /// Whoever waits for an answer about it waits no longer.
    pub fn remove(&mut self, seq: u64) -> bool {
        let before = self.messages.len();
        self.messages.retain(|message| message.seq != seq);
        for consumer in &mut self.consumers {
            let open = consumer.pending.len();
            consumer.pending.retain(|pending| pending.seq != seq);
            self.is_adrift |= consumer.wish.ack_all && consumer.pending.len() < open;
        }
        self.messages.len() < before
    }

    pub fn purge(&mut self, filter: usize, below: u64, now: Timestamp) {
        let is_full =
            |consumer: &Consumer| consumer.wish.max_ack_pending.is_some_and(|max| consumer.pending.len() as u64 >= max);
        self.is_adrift |= self.consumers.iter().any(is_full);
        let is_purged = |message: &&Message| matches(filter, message.subject) && (below == 0 || message.seq < below);
        let seqs: Vec<u64> = self.messages.iter().filter(is_purged).map(|message| message.seq).collect();
        for seq in seqs {
            self.remove(seq);
        }
        self.is_adrift |=
            self.consumers.iter().flat_map(|consumer| &consumer.pending).any(|pending| pending.due <= now);
        // A purge of everything below a sequence that is yet to come skips up to it.
        if FILTERS[filter].is_empty() && below > self.last_seq + 1 {
            self.last_seq = below - 1;
        }
    }

    /// Lets time pass: old messages and old pull requests go.
    pub fn advance(&mut self, now: Timestamp) {
        while let (Some(max_age), Some(look)) = (self.rules.max_age, self.next_look.filter(|look| *look <= now)) {
            let is_old = |message: &&Message| message.at + max_age <= look;
            let old: Vec<u64> = self.messages.iter().filter(is_old).map(|message| message.seq).collect();
            for seq in old {
                self.remove(seq);
            }
            let shortest = look + Duration::from_millis(250);
            self.next_look = self.messages.first().map(|next| shortest.max(next.at + max_age));
        }
        for consumer in &mut self.consumers {
            consumer.pulls.retain(|(_, until)| *until > now);
        }
    }

    /// Whether the server has to accept this consumer; then it is there.
    pub fn add_consumer(&mut self, number: usize, wish: &Wish) -> bool {
        if self.rules.retention == Retention::WorkQueue {
            let collides = self.consumers.iter().any(|other| collide(other.wish.filter, wish.filter));
            if collides || wish.ack_all || wish.only_new {
                return false;
            }
        }
        let next = if wish.only_new { self.last_seq + 1 } else { 0 };
        self.consumers.push(Consumer {
            number,
            wish: wish.clone(),
            next,
            pending: Vec::new(),
            given_up: Vec::new(),
            settled: Vec::new(),
            consumer_seq: 0,
            pulls: Vec::new(),
            floor: (0, 0),
        });
        true
    }

    pub fn drop_consumer(&mut self, number: usize) {
        let gives_up = |consumer: &Consumer| consumer.number == number && !consumer.given_up.is_empty();
        self.is_adrift |= self.rules.retention == Retention::Interest && self.consumers.iter().any(gives_up);
        self.consumers.retain(|consumer| consumer.number != number);
        self.drop_unneeded();
    }

    /// On an interest stream: what no consumer still has to see or answer goes.
    fn drop_unneeded(&mut self) {
        if self.rules.retention != Retention::Interest {
            return;
        }
        let is_needed = |message: &&Message| self.consumers.iter().any(|consumer| consumer.needs(message));
        let unneeded: Vec<u64> =
            self.messages.iter().filter(|message| !is_needed(message)).map(|message| message.seq).collect();
        for seq in unneeded {
            self.remove(seq);
        }
    }

    pub fn answer(&mut self, number: usize, seq: u64, consumer_seq: u64, word: Word, now: Timestamp) {
        let is_work_queue = self.rules.retention == Retention::WorkQueue;
        let Some(consumer) = self.consumer(number) else { return };
        let done = consumer.answer(seq, consumer_seq, word, now);
        if is_work_queue {
            for seq in done {
                self.remove(seq);
            }
        }
        self.drop_unneeded();
    }

    /// Checks a delivery and takes it into the books.
    pub fn delivered(&mut self, number: usize, delivery: &Delivery, now: Timestamp) -> Result<(), String> {
        let Stream { messages, consumers, .. } = self;
        let consumer = consumers.iter_mut().find(|consumer| consumer.number == number).ok_or("nobody has this name")?;
        let message = messages.iter().find(|message| message.seq == delivery.seq).ok_or("the stream lost it before")?;
        if message.subject != delivery.subject || !matches(consumer.wish.filter, message.subject) {
            return Err(format!("{} is not what its filter wants", message.subject));
        }
        if consumer.settled.contains(&delivery.seq) {
            return Err("it was acknowledged or terminated before".to_owned());
        }
        if delivery.consumer_seq != consumer.consumer_seq + 1 {
            return Err(format!("the consumer sequence should be {}", consumer.consumer_seq + 1));
        }
        if delivery.deliveries == 1 {
            consumer.first_delivery(messages, delivery, now)?;
        } else {
            consumer.redelivery(delivery, now)?;
        }
        consumer.consumer_seq += 1;
        let num_pending = consumer.num_pending(messages);
        if num_pending != delivery.num_pending {
            return Err(format!("it says {} are pending, there are {num_pending}", delivery.num_pending));
        }
        if consumer.pulls.is_empty() {
            return Err("nobody asked for it".to_owned());
        }
        // Whoever got one goes to the end of the row.
        let (left, until) = consumer.pulls.remove(0);
        if left > 1 {
            consumer.pulls.push((left - 1, until));
        }
        Ok(())
    }

    /// What should have been delivered and was not.
    pub fn missing(&self, now: Timestamp) -> Result<(), String> {
        for consumer in self.consumers.iter().filter(|consumer| !consumer.pulls.is_empty()) {
            let name = consumer.number;
            if let Some(due) = consumer.pending.iter().find(|pending| pending.due <= now) {
                return Err(format!("c{name} waits, and {} is due again", due.seq));
            }
            let is_full = consumer.wish.max_ack_pending.is_some_and(|max| consumer.pending.len() as u64 >= max);
            if let Some(next) = consumer.undelivered(&self.messages).first().filter(|_| !is_full) {
                return Err(format!("c{name} waits, and {} was not delivered", next.seq));
            }
        }
        Ok(())
    }
}

impl Consumer {
    pub fn undelivered<'a>(&self, messages: &'a [Message]) -> Vec<&'a Message> {
        let is_undelivered =
            |message: &&Message| message.seq >= self.next && matches(self.wish.filter, message.subject);
        messages.iter().filter(is_undelivered).collect()
    }

    pub fn num_pending(&self, messages: &[Message]) -> u64 {
        self.undelivered(messages).len() as u64
    }

    fn needs(&self, message: &Message) -> bool {
        let is_out = self.pending.iter().any(|pending| pending.seq == message.seq);
        let is_ahead = message.seq >= self.next && matches(self.wish.filter, message.subject);
        is_out || is_ahead || self.given_up.contains(&message.seq)
    }

    fn first_delivery(&mut self, messages: &[Message], delivery: &Delivery, now: Timestamp) -> Result<(), String> {
        let next = self.undelivered(messages).first().map(|message| message.seq);
        if next != Some(delivery.seq) {
            return Err(format!("next in turn is {next:?}"));
        }
        if self.pending.iter().any(|pending| pending.due <= now) {
            return Err("something else is due again and goes first".to_owned());
        }
        if self.wish.max_ack_pending.is_some_and(|max| self.pending.len() as u64 >= max) {
            return Err("max_ack_pending is reached".to_owned());
        }
        self.next = delivery.seq + 1;
        self.pending.push(Pending { seq: delivery.seq, deliveries: 1, due: now + ACK_WAIT });
        Ok(())
    }

    fn redelivery(&mut self, delivery: &Delivery, now: Timestamp) -> Result<(), String> {
        let pending = self.pending.iter_mut().find(|pending| pending.seq == delivery.seq);
        let pending = pending.ok_or("nobody owes an answer about it")?;
        if pending.due > now {
            return Err("it is not due yet".to_owned());
        }
        if self.wish.max_deliver.is_some_and(|max| delivery.deliveries > max) {
            return Err("that is once too often".to_owned());
        }
        if delivery.deliveries != pending.deliveries + 1 {
            return Err(format!("this should be delivery {}", pending.deliveries + 1));
        }
        pending.deliveries += 1;
        pending.due = now + ACK_WAIT;
        Ok(())
    }

    /// The server says that it gives up on a message.
    pub fn gave_up(&mut self, seq: u64, deliveries: u64, now: Timestamp) -> Result<(), String> {
        let index = self.pending.iter().position(|pending| pending.seq == seq);
        let index = index.ok_or(format!("gives up on {seq}, which nobody has"))?;
        let pending = self.pending.remove(index);
        if self.wish.max_deliver != Some(deliveries) || pending.deliveries != deliveries || pending.due > now {
            return Err(format!("gives up on {seq} after {deliveries} deliveries"));
        }
        self.given_up.push(seq);
        Ok(())
    }

    /// What is settled by it.
    fn answer(&mut self, seq: u64, consumer_seq: u64, word: Word, now: Timestamp) -> Vec<u64> {
        match word {
            Word::Ack | Word::Term if self.wish.ack_all => {
                if consumer_seq <= self.floor.0 || seq <= self.floor.1 {
                    return Vec::new();
                }
                let done: Vec<u64> = self.pending.iter().map(|it| it.seq).filter(|it| *it <= seq).collect();
                done.iter().for_each(|seq| self.settle(*seq));
                done
            }
            Word::Ack | Word::Term => {
                let is_known = self.pending.iter().any(|it| it.seq == seq) || self.given_up.contains(&seq);
                if is_known {
                    self.settle(seq);
                }
                is_known.then_some(seq).into_iter().collect()
            }
            Word::Nak | Word::InProgress => {
                let is_old = word == Word::Nak && consumer_seq <= self.floor.0;
                for pending in self.pending.iter_mut().filter(|pending| pending.seq == seq && !is_old) {
                    // What waits to be sent again goes on waiting.
                    let is_queued = pending.due <= now;
                    pending.due = if word == Word::Nak || is_queued { pending.due.min(now) } else { now + ACK_WAIT };
                }
                Vec::new()
            }
        }
    }

    fn settle(&mut self, seq: u64) {
        self.pending.retain(|pending| pending.seq != seq);
        self.given_up.retain(|other| *other != seq);
        self.settled.push(seq);
    }
}
