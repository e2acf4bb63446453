//! The same history as ordered sentences, so that a lesson can be followed without the picture.
//!
//! Equal things that follow one another share a line with a count. Sentences name actors, subjects and sequences; they
//! never explain what did not happen. The way in is [`Story::tell`]; whom and what a sentence is about is in `about.rs`.

mod about;

pub use about::{About, Filter, Kind, stream_of};

use super::settings;
use super::step::{Direction, LinkState, Step, Traffic, What};
use super::words::{count, figure, range};
use crate::engine::{AckKind, ConnId, Fact, Origin, PullEnd, RemovalReason};
use crate::map::{Map, Set};
use crate::time::Timestamp;
use std::collections::VecDeque;

/// Lines kept; the oldest go first.
const MAX_LINES: usize = 5_000;
/// Publishing, storing and delivering take turns; a line may go on as long as only these stand between.
const LOOK_BACK: usize = 4;

/// One sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Counts the lines of one story from 1, forgotten ones included.
    pub ordinal: u64,
    /// The first and the last step it speaks of.
    pub steps: (u64, u64),
    pub at: Timestamp,
    pub text: String,
    /// How many things it stands for.
    pub count: u64,
    pub about: About,
    saying: Saying,
}

/// A sentence that can be said of one or of many.
#[derive(Clone, Debug, PartialEq)]
enum Saying {
    Once(String),
    /// `{before} {count of messages} {after}`.
    Messages {
        before: String,
        after: String,
    },
    /// `{before} message {seq} {after}`, `{before} messages {from} to {to} {after}`.
    Sequences {
        before: String,
        after: String,
        from: u64,
        to: u64,
    },
}

#[derive(Clone, Debug, Default)]
pub struct Story {
    lines: VecDeque<Line>,
    told: u64,
    names: Map<ConnId, String>,
    /// Connections whose links are cut.
    cut: Set<ConnId>,
}

impl Story {
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter()
    }

    /// An empty story that knows everybody's name.
    pub fn named(names: &Map<ConnId, String>) -> Story {
        Story { names: names.clone(), ..Story::default() }
    }

    /// Forgets the lines and keeps the names.
    pub fn clear(&mut self) {
        self.lines.clear();
    }

    /// Names of connections, as told.
    pub fn names(&self) -> &Map<ConnId, String> {
        &self.names
    }

    /// Adds what a step has to say, if it has.
    pub fn tell(&mut self, step: &Step) {
        let saying = match &step.what {
            What::Actor { conn, name, .. } => {
                self.names.insert(*conn, name.clone());
                return;
            }
            What::Link { conn, state: LinkState::Broken } => {
                self.cut.insert(*conn);
                once(format!("The link of {} is cut.", self.name(*conn)))
            }
            What::Link { conn, state: LinkState::Connected } if self.cut.remove(conn) => {
                once(format!("The link of {} is healed.", self.name(*conn)))
            }
            What::Waiting { actor, messages } if *messages > 0 => {
                let what =
                    if *messages == 1 { "1 message waits".to_owned() } else { format!("{messages} messages wait") };
                once(format!("{what} in {actor} until it is connected again."))
            }
            What::Lost { actor, subject, direction, .. } => {
                let way = if *direction == Direction::ToServer { "from" } else { "to" };
                once(format!("A message on {subject} was lost on its way {way} {actor}."))
            }
            What::Link { .. } | What::Sent { .. } | What::Waiting { .. } | What::Effect { .. } => return,
            What::Fact(fact) => match self.saying(fact) {
                Some(saying) => saying,
                None => return,
            },
        };
        self.add(step, saying);
    }

    fn add(&mut self, step: &Step, saying: Saying) {
        for line in self.lines.iter_mut().rev().take(LOOK_BACK) {
            if line.saying.takes_in(&saying) {
                line.count += 1;
                line.steps.1 = step.ordinal;
                line.text = line.saying.text(line.count);
                return;
            }
        }
        let steps = (step.ordinal, step.ordinal);
        let about = about::about(step, |conn| self.name(conn));
        self.told += 1;
        let ordinal = self.told;
        self.lines.push_back(Line { ordinal, steps, at: step.at, text: saying.text(1), count: 1, about, saying });
        if self.lines.len() > MAX_LINES {
            self.lines.pop_front();
        }
    }

    fn name(&self, conn: ConnId) -> String {
        self.names.get(&conn).cloned().unwrap_or_else(|| format!("client {}", conn.0))
    }

    fn saying(&mut self, fact: &Fact) -> Option<Saying> {
        Some(match fact {
            Fact::Connected { conn, name } => {
                if !name.is_empty() {
                    self.names.entry(*conn).or_insert_with(|| name.clone());
                }
                once(format!("{} connected.", self.name(*conn)))
            }
            Fact::Disconnected { conn, .. } => once(format!("{} is disconnected.", self.name(*conn))),
            Fact::Subscribed { conn, subject, queue, .. } if Traffic::of(subject) == Traffic::Message => {
                let group = queue.as_ref().map(|queue| format!(" in group {queue}")).unwrap_or_default();
                once(format!("{} listens on {subject}{group}.", self.name(*conn)))
            }
            Fact::Published { origin: Origin::Client(conn), subject, .. }
                if Traffic::of(subject) == Traffic::Message =>
            {
                messages(format!("{} published", self.name(*conn)), format!("on {subject}."))
            }
            Fact::Published { origin: Origin::Client(conn), subject, .. } => {
                messages(format!("{} read", self.name(*conn)), format!("of {}.", read_from(subject)?))
            }
            Fact::Delivered { conn, subject, .. }
                if matches!(Traffic::of(subject), Traffic::Message | Traffic::Advisory) =>
            {
                messages(format!("{} was sent", self.name(*conn)), format!("on {subject}."))
            }
            Fact::Unwanted { subject, .. } if Traffic::of(subject) == Traffic::Message => {
                messages("Nobody wanted".to_owned(), format!("on {subject}: gone."))
            }
            Fact::NoResponders { conn, subject, .. } => {
                once(format!("Nobody answers on {subject}; {} was told at once.", self.name(*conn)))
            }
            _ => return self.stream_saying(fact).or_else(|| self.consumer_saying(fact)),
        })
    }

    fn stream_saying(&self, fact: &Fact) -> Option<Saying> {
        Some(match fact {
            Fact::StreamCreated { stream, config } => {
                once(format!("Stream {stream} was created: {}.", settings::stream_summary(config)))
            }
            Fact::StreamUpdated { stream, .. } => once(format!("Stream {stream} was changed.")),
            Fact::StreamDeleted { stream } => once(format!("Stream {stream} was deleted.")),
            Fact::Stored { stream, stream_seq, .. } => sequences(format!("{stream} stored"), ".", *stream_seq),
            Fact::NotKept { stream, stream_seq, .. } => {
                sequences(format!("{stream} did not keep"), ": nobody is interested.", *stream_seq)
            }
            Fact::Duplicate { stream, stream_seq, .. } => {
                once(format!("{stream} refused a duplicate: it is message {} already.", figure(*stream_seq)))
            }
            Fact::Refused { stream, error, .. } => {
                messages(format!("{stream} refused"), format!("with \"{}\".", error.description))
            }
            Fact::Removed { stream, stream_seq, reason } => {
                sequences(format!("{stream} let go of"), removal(*reason), *stream_seq)
            }
            Fact::RemovedMany { stream, first_seq, last_seq, reason, .. } => Saying::Sequences {
                before: format!("{stream} let go of"),
                after: removal(*reason).to_owned(),
                from: *first_seq,
                to: *last_seq,
            },
            Fact::Requested { subject, error: Some(error), .. } => {
                once(format!("The server refused {subject}: {}.", error.description))
            }
            _ => return None,
        })
    }

    fn consumer_saying(&self, fact: &Fact) -> Option<Saying> {
        Some(match fact {
            Fact::ConsumerCreated { stream, consumer, config, .. } => {
                once(format!("Consumer {consumer} was created on {stream}: {}.", settings::consumer_summary(config)))
            }
            Fact::ConsumerUpdated { consumer, .. } => once(format!("Consumer {consumer} was changed.")),
            Fact::ConsumerDeleted { consumer, .. } => once(format!("Consumer {consumer} was deleted.")),
            Fact::ConsumerPaused { consumer, until: Some(_), .. } => once(format!("Consumer {consumer} is paused.")),
            Fact::ConsumerPaused { consumer, until: None, .. } => once(format!("Consumer {consumer} goes on.")),
            Fact::PullWaiting { consumer, request, .. } => {
                let batch = count(request.batch.max(1) as u64, "message", "messages");
                once(format!("{consumer} was asked for {batch}."))
            }
            Fact::PullEnded { consumer, end, .. } => once(format!("A pull request at {consumer} {}.", pull_end(*end)?)),
            Fact::Dispatched { consumer, stream_seq, deliveries, .. } => {
                let attempt = if *deliveries > 1 { format!(", delivery {deliveries}.") } else { ".".to_owned() };
                sequences(format!("{consumer} delivered"), attempt, *stream_seq)
            }
            Fact::Answered { consumer, stream_seq, kind, conn, .. } => {
                let who = conn.map_or_else(|| "Somebody".to_owned(), |conn| self.name(conn));
                let (did, after) = answer(kind);
                sequences(format!("{who} {did}"), format!("{after} ({consumer})."), *stream_seq)
            }
            Fact::RedeliveryDue { consumer, stream_seq, .. } => {
                sequences(format!("{consumer} will deliver"), " again.", *stream_seq)
            }
            Fact::GivenUp { stream, consumer, stream_seq, deliveries } => {
                let times = count(*deliveries, "delivery", "deliveries");
                sequences(
                    format!("{consumer} gave up on"),
                    format!(" after {times}. {stream} still holds it."),
                    *stream_seq,
                )
            }
            Fact::Advisory { subject, stream, stream_seq: Some(seq), .. } => {
                once(format!("The server told about message {} of {stream} on {subject}.", figure(*seq)))
            }
            _ => return None,
        })
    }
}

impl Saying {
    /// Joins the next of the same kind; `false` when it is something else.
    fn takes_in(&mut self, next: &Saying) -> bool {
        match (self, next) {
            (Saying::Sequences { before, after, to, .. }, Saying::Sequences { before: b, after: a, from, to: end }) => {
                let follows = before == b && after == a && *from == *to + 1;
                *to = if follows { *end } else { *to };
                follows
            }
            (Saying::Messages { before, after }, Saying::Messages { before: b, after: a }) => before == b && after == a,
            _ => false,
        }
    }

    fn text(&self, times: u64) -> String {
        match self {
            Saying::Once(text) => text.clone(),
            Saying::Messages { before, after } if times == 1 => format!("{before} a message {after}"),
            Saying::Messages { before, after } => format!("{before} {} {after}", count(times, "message", "messages")),
            Saying::Sequences { before, after, from, to } => {
                let noun = if from == to { "message" } else { "messages" };
                format!("{before} {noun} {}{after}", range(*from, *to))
            }
        }
    }
}

/// The stream a request reads a single message of.
fn read_from(subject: &str) -> Option<&str> {
    let rest = subject.strip_prefix("$JS.API.")?;
    let rest = rest.strip_prefix("STREAM.MSG.GET.").or_else(|| rest.strip_prefix("DIRECT.GET."))?;
    rest.split('.').next()
}

fn once(text: String) -> Saying {
    Saying::Once(text)
}

fn messages(before: String, after: String) -> Saying {
    Saying::Messages { before, after }
}

fn sequences(before: String, after: impl Into<String>, seq: u64) -> Saying {
    Saying::Sequences { before, after: after.into(), from: seq, to: seq }
}

fn removal(reason: RemovalReason) -> &'static str {
    match reason {
        RemovalReason::Age => ": too old.",
        RemovalReason::Ttl => ": its time to live is over.",
        RemovalReason::Count => ": too many messages.",
        RemovalReason::Bytes => ": too many bytes.",
        RemovalReason::PerSubject => ": newer ones on the subject.",
        RemovalReason::Acked => ": acknowledged.",
        RemovalReason::NoInterest => ": nobody is interested.",
        RemovalReason::Purged => ": purged.",
        RemovalReason::Deleted => ": deleted.",
        RemovalReason::Rollup => ": rolled up.",
    }
}

fn answer(kind: &AckKind) -> (&'static str, &'static str) {
    match kind {
        AckKind::Ack | AckKind::Next => ("acknowledged", ""),
        AckKind::Nak { delay: None } => ("handed back", ""),
        AckKind::Nak { delay: Some(_) } => ("handed back", " for later"),
        AckKind::InProgress => ("is still working on", ""),
        AckKind::Term { .. } => ("terminated", ""),
    }
}

/// `None` where the deliveries themselves tell it.
fn pull_end(end: PullEnd) -> Option<&'static str> {
    match end {
        PullEnd::Filled => None,
        PullEnd::Expired => Some("expired"),
        PullEnd::NoMessages => Some("found no messages"),
        PullEnd::MaxBytes => Some("reached its size"),
        PullEnd::NoInterest => Some("lost its asker"),
        PullEnd::ConsumerDeleted => Some("ended with the consumer"),
        PullEnd::Refused => Some("was refused"),
    }
}
