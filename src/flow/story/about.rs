//! Whom and what a sentence is about, so that a reader can ask for some of the story.

use super::Line;
use crate::engine::{AckKind, CloseReason, ConnId, Fact, Name, Origin, PullEnd};
use crate::flow::scene::Selection;
use crate::flow::step::{Stop, What};
use crate::flow::trouble::{Trouble, Whose};

/// What kind of thing a sentence tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Who is there, and what they listen to.
    Clients,
    Messages,
    /// What streams store and let go of, and how they are set up.
    Streams,
    /// What consumers deliver, and how they are set up.
    Consumers,
    /// Acknowledgements and their kin, and what workers did.
    Answers,
    /// Cut links, refusals, redeliveries, what nobody wanted.
    Trouble,
}

impl Kind {
    pub const ALL: [Kind; 6] =
        [Kind::Clients, Kind::Messages, Kind::Streams, Kind::Consumers, Kind::Answers, Kind::Trouble];

    pub fn title(self) -> &'static str {
        match self {
            Kind::Clients => "Clients",
            Kind::Messages => "Messages",
            Kind::Streams => "Streams",
            Kind::Consumers => "Consumers",
            Kind::Answers => "Answers",
            Kind::Trouble => "Trouble",
        }
    }
}

/// Who and what a sentence speaks of.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    pub kind: Kind,
    pub actor: Option<String>,
    pub stream: Option<Name>,
    /// Where to look closer.
    pub selection: Option<Selection>,
}

/// Which lines are wanted; nothing set wants all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub kind: Option<Kind>,
    pub actor: Option<String>,
    pub stream: Option<String>,
    /// Only what a badge counts.
    pub trouble: Option<(Trouble, Whose)>,
}

impl Filter {
    /// Asks only for what decides: a long story is filtered at every frame.
    pub fn takes(&self, line: &Line<'_>) -> bool {
        let about = (self.actor.is_some() || self.stream.is_some()).then(|| line.about());
        let names = |about: &About| {
            self.actor.as_ref().is_none_or(|actor| about.actor.as_ref() == Some(actor))
                && self.stream.as_ref().is_none_or(|stream| about.stream.as_deref() == Some(stream.as_str()))
        };
        let is_trouble = |(wanted, at): &(Trouble, Whose)| {
            line.trouble().is_some_and(|(trouble, place)| trouble == *wanted && place == *at)
        };
        self.trouble.as_ref().is_none_or(is_trouble)
            && self.kind.is_none_or(|kind| line.kind() == kind)
            && about.as_ref().is_none_or(names)
    }
}

/// What something that has been told is about. `name_of` names connections.
pub fn about(what: &What, name_of: impl Fn(ConnId) -> String) -> About {
    let fact = match what {
        What::Fact(fact) | What::Learnt { fact, .. } => fact,
        What::Distant => return About { kind: Kind::Clients, actor: None, stream: None, selection: None },
        What::Traced(traced) => {
            let stream = match &traced.stop {
                Stop::Stored { stream, .. } => Some(stream.clone()),
                Stop::Refused { stream, .. } => stream.clone(),
                _ => None,
            };
            let selection = match &stream {
                Some(stream) => Some(Selection::Stream(stream.clone())),
                None => traced.message.map(Selection::Published),
            };
            return About { kind: kind(what), actor: None, stream, selection };
        }
        What::StreamIs { stream, .. } | What::ConsumerIs { stream, .. } => {
            let selection = Some(Selection::Stream(stream.clone()));
            return About { kind: Kind::Streams, actor: None, stream: Some(stream.clone()), selection };
        }
        What::Waiting { actor, .. } | What::Lost { actor, .. } => {
            return About {
                kind: Kind::Trouble,
                selection: Some(Selection::Actor(actor.clone())),
                actor: Some(actor.clone()),
                stream: None,
            };
        }
        What::Effect { worker, stream, stream_seq, .. } => {
            return About {
                kind: kind(what),
                selection: Some(Selection::Message { stream: stream.clone(), stream_seq: *stream_seq }),
                actor: Some(worker.clone()),
                stream: Some(stream.clone()),
            };
        }
        What::Unanswered { worker, stream, consumer, stream_seq } => {
            let (stream, consumer, stream_seq) = (stream.clone(), consumer.clone(), *stream_seq);
            return About {
                kind: kind(what),
                actor: Some(worker.clone()),
                stream: Some(stream.clone()),
                selection: Some(Selection::Delivery { stream, consumer, stream_seq }),
            };
        }
        What::Actor { conn, .. } | What::Link { conn, .. } | What::Sent { conn, .. } => {
            let actor = name_of(*conn);
            return About {
                kind: Kind::Trouble,
                selection: Some(Selection::Actor(actor.clone())),
                actor: Some(actor),
                stream: None,
            };
        }
    };
    let selection = selection(fact, &name_of);
    About { kind: kind_of(fact), actor: actor(fact, &name_of), stream: stream_of(fact), selection }
}

/// What kind of thing something that has been told is.
pub fn kind(what: &What) -> Kind {
    match what {
        What::Fact(fact) | What::Learnt { fact, .. } => kind_of(fact),
        What::Distant => Kind::Clients,
        What::Traced(traced) => match &traced.stop {
            Stop::Mapped { .. } => Kind::Messages,
            Stop::Copy { why, .. } if why.is_empty() => Kind::Messages,
            Stop::Stored { kept: true, .. } => Kind::Streams,
            _ => Kind::Trouble,
        },
        What::StreamIs { .. } | What::ConsumerIs { .. } => Kind::Streams,
        What::Effect { .. } => Kind::Answers,
        What::Unanswered { .. } => Kind::Trouble,
        What::Actor { .. } | What::Link { .. } | What::Waiting { .. } | What::Lost { .. } | What::Sent { .. } => {
            Kind::Trouble
        }
    }
}

fn kind_of(fact: &Fact) -> Kind {
    match fact {
        Fact::Disconnected { reason, .. } if !matches!(reason, CloseReason::ClientClosed) => Kind::Trouble,
        Fact::Connected { .. } | Fact::Disconnected { .. } | Fact::Subscribed { .. } | Fact::Unsubscribed { .. } => {
            Kind::Clients
        }
        Fact::Published { .. } | Fact::Delivered { .. } => Kind::Messages,
        Fact::Unwanted { .. }
        | Fact::NoResponders { .. }
        | Fact::Duplicate { .. }
        | Fact::Refused { .. }
        | Fact::RedeliveryDue { .. }
        | Fact::GivenUp { .. }
        | Fact::Advisory { .. }
        | Fact::Requested { .. }
        | Fact::Answered { kind: AckKind::Term { .. }, .. }
        | Fact::PullEnded { end: PullEnd::Refused, .. } => Kind::Trouble,
        Fact::StreamCreated { .. }
        | Fact::StreamUpdated { .. }
        | Fact::StreamDeleted { .. }
        | Fact::Stored { .. }
        | Fact::NotKept { .. }
        | Fact::Removed { .. }
        | Fact::RemovedMany { .. } => Kind::Streams,
        Fact::Answered { .. } | Fact::AckFloor { .. } => Kind::Answers,
        Fact::ConsumerCreated { .. }
        | Fact::ConsumerUpdated { .. }
        | Fact::ConsumerDeleted { .. }
        | Fact::ConsumerPaused { .. }
        | Fact::PullWaiting { .. }
        | Fact::PullEnded { .. }
        | Fact::Dispatched { .. } => Kind::Consumers,
    }
}

fn actor(fact: &Fact, name_of: &impl Fn(ConnId) -> String) -> Option<String> {
    match fact {
        Fact::Connected { conn, .. }
        | Fact::Disconnected { conn, .. }
        | Fact::Subscribed { conn, .. }
        | Fact::Unsubscribed { conn, .. }
        | Fact::Delivered { conn, .. }
        | Fact::NoResponders { conn, .. }
        | Fact::Published { origin: Origin::Client(conn), .. }
        | Fact::Answered { conn: Some(conn), .. }
        | Fact::Requested { conn: Some(conn), .. } => Some(name_of(*conn)),
        _ => None,
    }
}

/// The stream a fact names.
pub fn stream_of(fact: &Fact) -> Option<Name> {
    match fact {
        Fact::StreamCreated { stream, .. }
        | Fact::StreamUpdated { stream, .. }
        | Fact::StreamDeleted { stream }
        | Fact::Stored { stream, .. }
        | Fact::NotKept { stream, .. }
        | Fact::Duplicate { stream, .. }
        | Fact::Refused { stream, .. }
        | Fact::Removed { stream, .. }
        | Fact::RemovedMany { stream, .. }
        | Fact::ConsumerCreated { stream, .. }
        | Fact::ConsumerUpdated { stream, .. }
        | Fact::ConsumerDeleted { stream, .. }
        | Fact::ConsumerPaused { stream, .. }
        | Fact::PullWaiting { stream, .. }
        | Fact::PullEnded { stream, .. }
        | Fact::Dispatched { stream, .. }
        | Fact::Answered { stream, .. }
        | Fact::AckFloor { stream, .. }
        | Fact::RedeliveryDue { stream, .. }
        | Fact::GivenUp { stream, .. }
        | Fact::Advisory { stream, .. } => Some(stream.clone()),
        _ => None,
    }
}

fn selection(fact: &Fact, name_of: &impl Fn(ConnId) -> String) -> Option<Selection> {
    let message = |stream: &Name, stream_seq: u64| Selection::Message { stream: stream.clone(), stream_seq };
    let delivery = |stream: &Name, consumer: &Name, stream_seq: u64| {
        let (stream, consumer) = (stream.clone(), consumer.clone());
        Selection::Delivery { stream, consumer, stream_seq }
    };
    Some(match fact {
        Fact::Published { message, .. }
        | Fact::Delivered { message, .. }
        | Fact::Unwanted { message, .. }
        | Fact::Requested { message, .. }
        | Fact::NoResponders { message, .. } => Selection::Published(*message),
        Fact::Stored { stream, stream_seq, .. } => message(stream, *stream_seq),
        Fact::Duplicate { stream, message, .. } | Fact::Refused { stream, message, .. } => {
            Selection::Refusal { stream: stream.clone(), message: *message }
        }
        Fact::NotKept { stream, stream_seq, .. } | Fact::Removed { stream, stream_seq, .. } => {
            Selection::Gap { stream: stream.clone(), from: *stream_seq, to: *stream_seq }
        }
        Fact::RemovedMany { stream, first_seq, last_seq, .. } => {
            Selection::Gap { stream: stream.clone(), from: *first_seq, to: *last_seq }
        }
        Fact::Dispatched { stream, consumer, stream_seq, .. }
        | Fact::Answered { stream, consumer, stream_seq, .. }
        | Fact::RedeliveryDue { stream, consumer, stream_seq }
        | Fact::GivenUp { stream, consumer, stream_seq, .. } => delivery(stream, consumer, *stream_seq),
        Fact::ConsumerCreated { stream, consumer, .. }
        | Fact::ConsumerUpdated { stream, consumer, .. }
        | Fact::ConsumerPaused { stream, consumer, .. }
        | Fact::PullWaiting { stream, consumer, .. }
        | Fact::PullEnded { stream, consumer, .. } => {
            Selection::Consumer { stream: stream.clone(), consumer: consumer.clone() }
        }
        Fact::StreamCreated { stream, .. } | Fact::StreamUpdated { stream, .. } => Selection::Stream(stream.clone()),
        Fact::Advisory { stream, stream_seq: Some(seq), .. } => message(stream, *seq),
        _ => Selection::Actor(actor(fact, name_of)?),
    })
}
