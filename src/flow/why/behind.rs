//! What is behind a complaint: the refusal a line in a terminal speaks of, and the newest pull request refused.
//!
//! The ways in are [`behind`] and [`refused_pull`].

use crate::engine::{ConnId, Fact, MessageId, Origin, PullEnd};
use crate::flow::Flow;
use crate::flow::scene::{ConsumerStrip, Selection};
use crate::flow::step::{Direction, Step};
use crate::time::Timestamp;

/// What was refused to `actor` between two moments, the last one if there is one, in the words of `text`.
pub fn behind(flow: &Flow, actor: &str, from: Timestamp, until: Option<Timestamp>, text: &str) -> Option<Selection> {
    let in_time = |at: Timestamp| from <= at && until.is_none_or(|until| at <= until);
    let is_theirs = |conn: ConnId| flow.names().get(&conn).is_some_and(|name| name == actor);
    let newest = flow.facts().rev().take_while(|(step, _)| from <= step.at);
    let told = newest.filter(|(step, _)| in_time(step.at)).find_map(|(step, fact)| match fact {
        Fact::Requested { message, conn: Some(conn), error: Some(error), .. }
            if is_theirs(*conn) && says(text, &error.description) =>
        {
            Some(Selection::Published(*message))
        }
        Fact::NoResponders { message, conn, .. } if is_theirs(*conn) && says(text, "no responders") => {
            Some(Selection::Published(*message))
        }
        Fact::Refused { message, stream, error } if says(text, &error.description) => {
            let by = publisher(flow, step, *message)?;
            is_theirs(by).then(|| Selection::Refusal { stream: stream.clone(), message: *message })
        }
        _ => None,
    });
    told.or_else(|| {
        let lines = flow.wire().lines().rev().take_while(|line| from <= line.at);
        let mut theirs =
            lines.filter(|line| in_time(line.at) && line.direction() == Direction::ToClient && is_theirs(line.conn));
        theirs.find_map(|line| {
            let status = line.carried()?.status()?;
            (status.code >= 400 && says(text, status.description)).then_some(Selection::Published(line.message?))
        })
    })
}

fn says(text: &str, words: &str) -> bool {
    !words.is_empty() && text.to_ascii_lowercase().contains(&words.to_ascii_lowercase())
}

fn publisher(flow: &Flow, refused: &Step, message: MessageId) -> Option<ConnId> {
    let before = flow.facts().rev().skip_while(|(step, _)| step.ordinal > refused.ordinal);
    before.into_iter().find_map(|(_, fact)| match fact {
        Fact::Published { message: id, origin: Origin::Client(conn), .. } if *id == message => Some(*conn),
        _ => None,
    })
}

/// The newest pull request that was refused, if none was taken since.
pub fn refused_pull(flow: &Flow, consumer: &ConsumerStrip) -> Option<MessageId> {
    let ends = |fact: &Fact| matches!(fact, Fact::PullEnded { stream, consumer: name, .. } if *name == consumer.name && *stream == consumer.stream);
    let (_, newest) = flow.facts().rev().find(|(_, fact)| ends(fact))?;
    let Fact::PullEnded { pull, end: PullEnd::Refused, .. } = newest else { return None };
    let reply = flow.facts().rev().find_map(|(_, fact)| match fact {
        Fact::PullWaiting { pull: id, stream, consumer: name, reply, .. }
            if id == pull && *name == consumer.name && *stream == consumer.stream =>
        {
            Some(reply)
        }
        _ => None,
    })?;
    flow.facts().rev().find_map(|(_, fact)| match fact {
        Fact::Published { message, reply: Some(to), .. } if to == reply => Some(*message),
        _ => None,
    })
}
