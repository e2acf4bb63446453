//! What goes wrong, counted where it happens: refused, dropped, unwanted, given up, lost.
//!
//! One rule says what trouble a step is and whose; the picture counts by it and the story is filtered by it, so that a
//! badge opens what it counts. The way in is [`of`].

use super::step::{Traffic, What};
use crate::engine::{AckKind, Fact, Name, RemovalReason};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// Neither a subscription nor a stream wanted it.
    Unwanted,
    NoResponders,
    Refused,
    Duplicate,
    /// A limit let go of it.
    Dropped,
    Redelivered,
    GivenUp,
    Terminated,
    /// It left and never arrived.
    Lost,
}

/// Where it is counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    Server,
    Actor(String),
    Stream(Name),
    Consumer(Name, Name),
}

/// How often it happened at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Badge {
    pub place: Whose,
    pub trouble: Trouble,
    pub count: u64,
}

impl Trouble {
    /// After a number: `3 refused`.
    pub fn word(self) -> &'static str {
        match self {
            Trouble::Unwanted => "unwanted",
            Trouble::NoResponders => "no responders",
            Trouble::Refused => "refused",
            Trouble::Duplicate => "duplicate",
            Trouble::Dropped => "dropped",
            Trouble::Redelivered => "again",
            Trouble::GivenUp => "given up",
            Trouble::Terminated => "terminated",
            Trouble::Lost => "lost",
        }
    }

    /// What a badge counts, in full.
    pub fn title(self) -> &'static str {
        match self {
            Trouble::Unwanted => "wanted by nobody",
            Trouble::NoResponders => "without responders",
            Trouble::Refused => "refused",
            Trouble::Duplicate => "refused as duplicates",
            Trouble::Dropped => "dropped by a limit",
            Trouble::Redelivered => "delivered again",
            Trouble::GivenUp => "given up after all deliveries",
            Trouble::Terminated => "terminated by a worker",
            Trouble::Lost => "lost on the way",
        }
    }

    /// Something that is no failure yet.
    pub fn is_mild(self) -> bool {
        matches!(self, Trouble::Redelivered)
    }
}

impl Whose {
    pub fn name(&self) -> &str {
        match self {
            Whose::Server => "the server",
            Whose::Actor(name) => name,
            Whose::Stream(name) | Whose::Consumer(_, name) => name,
        }
    }
}

/// The trouble something is, where, and how many messages it concerns.
pub fn of(what: &What) -> Option<(Trouble, Whose, u64)> {
    match what {
        What::Lost { actor, .. } => Some((Trouble::Lost, Whose::Actor(actor.clone()), 1)),
        What::Fact(fact) | What::Learnt { fact, .. } => of_fact(fact),
        _ => None,
    }
}

fn of_fact(fact: &Fact) -> Option<(Trouble, Whose, u64)> {
    let at_stream = |trouble, stream: &Name, count| Some((trouble, Whose::Stream(stream.clone()), count));
    let at_consumer =
        |trouble, stream: &Name, consumer: &Name| Some((trouble, Whose::Consumer(stream.clone(), consumer.clone()), 1));
    match fact {
        Fact::Unwanted { subject, .. } if Traffic::of(subject) == Traffic::Message => {
            Some((Trouble::Unwanted, Whose::Server, 1))
        }
        Fact::NoResponders { .. } => Some((Trouble::NoResponders, Whose::Server, 1)),
        Fact::Refused { stream, .. } => at_stream(Trouble::Refused, stream, 1),
        // Who looks whether something is there, and finds nothing, is in no trouble.
        Fact::Requested { error: Some(error), .. } if error.code != 404 => Some((Trouble::Refused, Whose::Server, 1)),
        Fact::Duplicate { stream, .. } => at_stream(Trouble::Duplicate, stream, 1),
        Fact::Removed { stream, reason, .. } if is_limit(*reason) => at_stream(Trouble::Dropped, stream, 1),
        Fact::RemovedMany { stream, reason, count, .. } if is_limit(*reason) => {
            at_stream(Trouble::Dropped, stream, *count)
        }
        Fact::Dispatched { stream, consumer, deliveries: 2.., .. } => {
            at_consumer(Trouble::Redelivered, stream, consumer)
        }
        Fact::GivenUp { stream, consumer, .. } => at_consumer(Trouble::GivenUp, stream, consumer),
        Fact::Answered { stream, consumer, kind: AckKind::Term { .. }, .. } => {
            at_consumer(Trouble::Terminated, stream, consumer)
        }
        _ => None,
    }
}

/// A limit of the stream, and nobody's wish.
fn is_limit(reason: RemovalReason) -> bool {
    matches!(reason, RemovalReason::Age | RemovalReason::Bytes | RemovalReason::Count)
}
