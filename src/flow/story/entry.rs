//! What becomes a line of the story, and with what it shares one. No words yet: these are compared for every step.

use super::Names;
use super::sentence::{answer, read_from};
use crate::engine::{ConnId, Draw, Fact, Origin, PullEnd};
use crate::flow::step::{How, LinkState, Step, Traffic, What};
use crate::subject::Subject;
use crate::time::Timestamp;
use std::sync::Arc;

/// A line before it is put into words.
#[derive(Clone, Debug)]
pub struct Entry {
    pub ordinal: u64,
    pub steps: (u64, u64),
    pub at: Timestamp,
    pub count: u64,
    /// The first of what it stands for.
    pub what: What,
    pub form: Form,
    /// How it is known, where the server is not in the page.
    pub how: Option<How>,
    /// What somebody stopped listening on.
    pub stopped: Option<Subject>,
}

/// A sentence of one thing, or of one and many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    Once,
    /// So many messages.
    Messages,
    /// The messages with these sequences.
    Sequences {
        from: u64,
        to: u64,
    },
}

impl Entry {
    pub fn new(ordinal: u64, form: Form, step: &Step, how: Option<How>, stopped: Option<Subject>) -> Entry {
        let steps = (step.ordinal, step.ordinal);
        Entry { ordinal, steps, at: step.at, count: 1, what: step.what.clone(), form, how, stopped }
    }

    /// Joins the next of the same kind; `false` when it is something else.
    pub fn takes_in(&mut self, next: Form, step: &Step, names: &Names) -> bool {
        let form = match (self.form, next) {
            (Form::Messages, Form::Messages) => Form::Messages,
            (Form::Sequences { from, to }, Form::Sequences { from: follows, to: end }) if follows == to + 1 => {
                Form::Sequences { from, to: end }
            }
            _ => return false,
        };
        let alike = are_alike(&self.what, &step.what, names);
        if alike {
            self.form = form;
            self.count += 1;
            self.steps.1 = step.ordinal;
        }
        alike
    }
}

/// Whether a user named this subject, so that listening on it is told.
pub fn is_users(subject: &str) -> bool {
    Traffic::of(subject) == Traffic::Message
}

/// How a step is told; `None` is not.
pub fn form(what: &What) -> Option<Form> {
    match what {
        What::Link { state: LinkState::Broken | LinkState::Killed, .. } | What::Lost { .. } => Some(Form::Once),
        What::Waiting { messages, .. } if *messages > 0 => Some(Form::Once),
        What::Effect { stream_seq, .. } | What::Unanswered { stream_seq, .. } => sequence(*stream_seq),
        What::Actor { .. } | What::Link { .. } | What::Sent { .. } | What::Waiting { .. } => None,
        What::Distant | What::Traced(_) => Some(Form::Once),
        What::StreamIs { .. } | What::ConsumerIs { .. } => None,
        // What it is set up as is learnt with it.
        What::Learnt { fact: Fact::StreamUpdated { .. } | Fact::ConsumerUpdated { .. }, .. } => None,
        What::Learnt { fact, .. } => form_of_fact(fact),
        What::Fact(fact) => form_of_fact(fact),
    }
}

fn form_of_fact(fact: &Fact) -> Option<Form> {
    let told = |is: bool, form: Form| is.then_some(form);
    match fact {
        Fact::Subscribed { subject, .. } => told(is_users(subject), Form::Once),
        Fact::Published { origin: Origin::Client(_), subject, .. } => {
            told(is_users(subject) || read_from(subject).is_some(), Form::Messages)
        }
        Fact::Delivered { subject, .. } => {
            told(matches!(Traffic::of(subject), Traffic::Message | Traffic::Advisory), Form::Messages)
        }
        Fact::Unwanted { subject, .. } => told(is_users(subject), Form::Messages),
        Fact::Refused { .. } => Some(Form::Messages),
        Fact::Stored { stream_seq, .. }
        | Fact::NotKept { stream_seq, .. }
        | Fact::Removed { stream_seq, .. }
        | Fact::Dispatched { stream_seq, .. }
        | Fact::Answered { stream_seq, .. }
        | Fact::RedeliveryDue { stream_seq, .. }
        | Fact::GivenUp { stream_seq, .. } => sequence(*stream_seq),
        Fact::RemovedMany { first_seq, last_seq, .. } => Some(Form::Sequences { from: *first_seq, to: *last_seq }),
        // The deliveries themselves tell it.
        Fact::PullEnded { end, .. } => told(*end != PullEnd::Filled, Form::Once),
        Fact::Requested { error, .. } => told(error.is_some(), Form::Once),
        Fact::Advisory { stream_seq, .. } => told(stream_seq.is_some(), Form::Once),
        Fact::Published { .. } | Fact::Unsubscribed { .. } | Fact::AckFloor { .. } => None,
        Fact::Connected { .. }
        | Fact::Disconnected { .. }
        | Fact::NoResponders { .. }
        | Fact::StreamCreated { .. }
        | Fact::StreamUpdated { .. }
        | Fact::StreamDeleted { .. }
        | Fact::Duplicate { .. }
        | Fact::ConsumerCreated { .. }
        | Fact::ConsumerUpdated { .. }
        | Fact::ConsumerDeleted { .. }
        | Fact::ConsumerPaused { .. }
        | Fact::PullWaiting { .. } => Some(Form::Once),
    }
}

fn sequence(seq: u64) -> Option<Form> {
    Some(Form::Sequences { from: seq, to: seq })
}

/// Whether both would be said in the same words, but for numbers of messages.
fn are_alike(one: &What, next: &What, names: &Names) -> bool {
    match (one, next) {
        (What::Fact(one), What::Fact(next)) | (What::Learnt { fact: one, .. }, What::Learnt { fact: next, .. }) => {
            are_alike_facts(one, next, names)
        }
        (What::Effect { worker: a, stream: s, .. }, What::Effect { worker: b, stream: t, .. }) => (a, s) == (b, t),
        (
            What::Unanswered { worker: a, stream: s, consumer: c, .. },
            What::Unanswered { worker: b, stream: t, consumer: d, .. },
        ) => (a, s, c) == (b, t, d),
        _ => false,
    }
}

fn are_alike_facts(one: &Fact, next: &Fact, names: &Names) -> bool {
    use Fact::{
        Answered, Delivered, Dispatched, GivenUp, NotKept, Published, RedeliveryDue, Refused, Stored, Unwanted,
    };
    let same_name = |a: &ConnId, b: &ConnId| a == b || names.get(a).zip(names.get(b)).is_some_and(|(a, b)| a == b);
    match (one, next) {
        (
            Published { origin: Origin::Client(a), subject: s, .. },
            Published { origin: Origin::Client(b), subject: t, .. },
        ) => (s == t || read_from(s).is_some_and(|stream| read_from(t) == Some(stream))) && same_name(a, b),
        (Delivered { conn: a, subject: s, draw: d, .. }, Delivered { conn: b, subject: t, draw: e, .. }) => {
            let group = |draw: &Option<Arc<Draw>>| draw.as_ref().map(|draw| (draw.queue.clone(), draw.members.len()));
            s == t && group(d) == group(e) && same_name(a, b)
        }
        (Unwanted { subject: s, .. }, Unwanted { subject: t, .. }) => s == t,
        (Refused { stream: s, error: a, .. }, Refused { stream: t, error: b, .. }) => {
            s == t && a.description == b.description
        }
        (Stored { stream: s, .. }, Stored { stream: t, .. })
        | (NotKept { stream: s, .. }, NotKept { stream: t, .. }) => s == t,
        (
            Dispatched { stream: s, consumer: c, deliveries: a, .. },
            Dispatched { stream: t, consumer: d, deliveries: b, .. },
        )
        | (
            GivenUp { stream: s, consumer: c, deliveries: a, .. },
            GivenUp { stream: t, consumer: d, deliveries: b, .. },
        ) => a == b && c == d && s == t,
        (
            Answered { stream: s, consumer: c, kind: k, conn: a, .. },
            Answered { stream: t, consumer: d, kind: l, conn: b, .. },
        ) => {
            let same_client = a == b || a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| same_name(a, b));
            c == d && s == t && answer(k) == answer(l) && same_client
        }
        (RedeliveryDue { stream: s, consumer: c, .. }, RedeliveryDue { stream: t, consumer: d, .. }) => {
            c == d && s == t
        }
        _ => gone(one).is_some_and(|gone_one| gone(next) == Some(gone_one)),
    }
}

/// Which stream let go of something, and why.
fn gone(fact: &Fact) -> Option<(&str, crate::engine::RemovalReason)> {
    match fact {
        Fact::Removed { stream, reason, .. } | Fact::RemovedMany { stream, reason, .. } => Some((stream, *reason)),
        _ => None,
    }
}
