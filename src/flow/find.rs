//! From what is shown to what it is, and back: ids, sequences and names.

use super::scene::Selection;
use super::step::{Step, Traffic};
use super::{Flow, story};
use crate::engine::{Fact, MessageId, Name};

impl Flow {
    /// The message behind a selection, if it is one message.
    pub fn message_of(&self, selection: &Selection) -> Option<MessageId> {
        match selection {
            Selection::Message { stream, stream_seq } | Selection::Delivery { stream, stream_seq, .. } => {
                self.stored_as(stream, *stream_seq)
            }
            Selection::Gap { stream, from, to } if from == to => self.stored_as(stream, *from),
            Selection::Refusal { message, .. } | Selection::Published(message) => Some(*message),
            _ => None,
        }
    }

    /// How a message is selected: as the stored one it is, if it is stored.
    pub fn selection_of(&self, message: MessageId) -> Selection {
        let place = self.facts().rev().find_map(|(_, fact)| match fact {
            Fact::Stored { message: id, stream, stream_seq, .. } if *id == message => {
                Some((stream.clone(), *stream_seq))
            }
            _ => None,
        });
        match place {
            Some((stream, stream_seq)) if self.timeline.now().cell(&stream, stream_seq).is_some() => {
                Selection::Message { stream, stream_seq }
            }
            Some((stream, seq)) => Selection::Gap { stream, from: seq, to: seq },
            None => Selection::Published(message),
        }
    }

    /// The message that has or had this sequence.
    fn stored_as(&self, stream: &Name, seq: u64) -> Option<MessageId> {
        if let Some(cell) = self.timeline.now().cell(stream, seq) {
            return Some(cell.message);
        }
        self.facts().rev().find_map(|(_, fact)| match fact {
            Fact::Stored { message, stream: of, stream_seq, .. }
            | Fact::NotKept { message, stream: of, stream_seq }
                if of == stream && *stream_seq == seq =>
            {
                Some(*message)
            }
            _ => None,
        })
    }

    /// What `message` is the answer to: it went to the other's reply subject.
    pub(super) fn answered_by(&self, message: MessageId) -> Option<MessageId> {
        let to = self.facts().rev().find_map(|(_, fact)| match fact {
            Fact::Delivered { message: id, subject, .. } | Fact::Published { message: id, subject, .. }
                if *id == message && Traffic::of(subject) == Traffic::Answer =>
            {
                Some(subject.clone())
            }
            _ => None,
        })?;
        self.facts().rev().find_map(|(_, fact)| match fact {
            Fact::Published { message, reply: Some(reply), .. } if *reply == to => Some(*message),
            _ => None,
        })
    }

    /// Every fact that is kept, oldest first.
    pub(super) fn facts(&self) -> impl DoubleEndedIterator<Item = (&Step, &Fact)> {
        self.steps().iter().filter_map(|step| Some((step, step.what.fact()?)))
    }

    /// Everything a message went through, and what happened to its sequence.
    pub fn life_of(&self, message: MessageId) -> Vec<&Step> {
        let place = self.facts().find_map(|(_, fact)| match fact {
            Fact::Stored { message: id, stream, stream_seq, .. }
            | Fact::NotKept { message: id, stream, stream_seq }
                if *id == message =>
            {
                Some((stream, *stream_seq))
            }
            _ => None,
        });
        let concerns = |step: &&Step| {
            let Some(fact) = step.what.fact() else { return false };
            step.message == Some(message)
                || place.is_some_and(|(stream, seq)| {
                    speaks_of(fact, seq) && story::stream_of(fact).as_ref() == Some(stream)
                })
        };
        self.steps().iter().filter(concerns).collect()
    }
}

/// Whether a fact about deliveries and removals speaks of this message.
fn speaks_of(fact: &Fact, seq: u64) -> bool {
    match fact {
        Fact::RemovedMany { first_seq, last_seq, .. } => (*first_seq..=*last_seq).contains(&seq),
        Fact::Removed { stream_seq, .. }
        | Fact::Dispatched { stream_seq, .. }
        | Fact::Answered { stream_seq, .. }
        | Fact::RedeliveryDue { stream_seq, .. }
        | Fact::GivenUp { stream_seq, .. }
        | Fact::Advisory { stream_seq: Some(stream_seq), .. } => *stream_seq == seq,
        _ => false,
    }
}
