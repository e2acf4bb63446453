//! Why something is as it is: the event that made it so, the setting responsible, and when it changes by itself.
//!
//! [`why`] is the way in. Every sentence follows from what was told; where that does not decide it, the sentence says
//! less. How a message stands with a consumer is in `delivery.rs`, why one is gone in `removal.rs`, why one was not
//! taken in `refusal.rs`, why a request was not done in `request.rs`, why a client has no connection in `connection.rs`. [`behind`] finds what a terminal complains of.
//! Source: NATS docs "Streams", "Consumers"; the facts in `engine::event`.

mod behind;
mod causes;
mod connection;
mod delivery;
mod refusal;
mod removal;
mod request;

pub use behind::behind;
pub use connection::because;

use super::Flow;
use super::scene::{ConsumerStrip, SceneModel, Selection, Strip};
use super::settings::{self, Setting};
use super::step::{Step, Traffic};
use super::words::{count, figure};
use crate::api::stream::Retention;
use crate::engine::{ConnId, Fact, MessageId};
use crate::time::Timestamp;

/// One answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Why {
    pub sentence: String,
    /// When it became so, and the step that says it.
    pub since: Option<Timestamp>,
    pub step: Option<u64>,
    /// The setting responsible.
    pub setting: Option<Setting>,
    /// When it changes by itself, and into what.
    pub deadline: Option<(Timestamp, String)>,
}

impl Why {
    fn new(sentence: impl Into<String>) -> Why {
        Why { sentence: sentence.into(), ..Why::default() }
    }

    fn because(mut self, step: Option<&Step>) -> Why {
        self.since = step.map(|step| step.at);
        self.step = step.map(|step| step.ordinal);
        self
    }

    fn set_by(mut self, setting: Option<Setting>) -> Why {
        self.setting = setting;
        self
    }

    fn until(mut self, at: Option<Timestamp>, then: impl Into<String>) -> Why {
        self.deadline = at.map(|at| (at, then.into()));
        self
    }
}

/// Whether there may be something to explain, now or later.
pub fn may_explain(selection: &Selection) -> bool {
    !matches!(selection, Selection::Server | Selection::Track(_) | Selection::Stream(_))
}

/// Why the thing selected is as it is at `now`; empty where there is nothing to explain.
pub fn why(flow: &Flow, now: Timestamp, selection: &Selection) -> Vec<Why> {
    let scene = flow.scene(now);
    let strip = |name: &str| scene.streams.iter().find(|strip| *strip.name == *name);
    match selection {
        Selection::Delivery { stream, consumer, stream_seq } => {
            let place = strip(stream).and_then(|strip| Some((strip, consumer_of(strip, consumer)?)));
            place.and_then(|(strip, consumer)| delivery::why(flow, strip, consumer, *stream_seq)).into_iter().collect()
        }
        Selection::Message { stream, stream_seq } => {
            strip(stream).map(|strip| stored(flow, strip, *stream_seq)).unwrap_or_default()
        }
        Selection::Gap { stream, from, to } => removal::why(flow, strip(stream), stream, *from, *to),
        Selection::Refusal { stream, message } => {
            refusal::why(flow, strip(stream), stream, *message).into_iter().collect()
        }
        Selection::Consumer { stream, consumer } => {
            let consumer = strip(stream).and_then(|strip| consumer_of(strip, consumer));
            let standing = consumer.map(|consumer| delivery::standing(flow, consumer));
            let refused = consumer.and_then(|consumer| behind::refused_pull(flow, consumer));
            standing.into_iter().chain(refused.and_then(|message| request::why(flow, &scene, message))).collect()
        }
        Selection::Published(message) => {
            let not_taken = || refusal::of_message(flow, &scene, *message);
            let not_done = || request::why(flow, &scene, *message);
            not_done().or_else(not_taken).or_else(|| published(flow, &scene, *message)).into_iter().collect()
        }
        Selection::Actor(name) => connection::why(flow, name).into_iter().collect(),
        Selection::Server | Selection::Track(_) | Selection::Stream(_) => Vec::new(),
    }
}

fn consumer_of<'a>(strip: &'a Strip, name: &str) -> Option<&'a ConsumerStrip> {
    strip.consumers.iter().find(|consumer| *consumer.name == *name)
}

fn stream_setting(strip: &Strip, name: &str) -> Option<Setting> {
    settings::named(&strip.config, name)
}

fn consumer_setting(consumer: &ConsumerStrip, name: &str) -> Option<Setting> {
    settings::of_consumer(&consumer.config).into_iter().find(|setting| setting.name == name)
}

/// The newest fact that satisfies `is`.
fn last_fact(flow: &Flow, is: impl Fn(&Fact) -> bool) -> Option<&Step> {
    flow.facts().rev().find(|(_, fact)| is(fact)).map(|(step, _)| step)
}

fn name_of(flow: &Flow, conn: Option<ConnId>) -> String {
    conn.and_then(|conn| flow.names().get(&conn).cloned()).unwrap_or_else(|| "somebody".to_owned())
}

/// Why a message is in the stream, and what keeps it there.
fn stored(flow: &Flow, strip: &Strip, seq: u64) -> Vec<Why> {
    let Some(cell) = flow.timeline().now().cell(&strip.name, seq).cloned() else { return Vec::new() };
    let step = last_fact(flow, |fact| matches!(fact, Fact::Stored { message, .. } if *message == cell.message));
    let taken = match (&cell.points_to, &strip.config.mirror) {
        (Some(pointer), _) => Why::new(format!(
            "Stored because {} gave up on message {} of {} and told so on {}, which this stream keeps.",
            pointer.consumer.as_deref().unwrap_or("a consumer"),
            figure(pointer.stream_seq),
            pointer.stream,
            cell.subject
        )),
        (None, Some(mirror)) => Why::new(format!("Stored because this stream is a mirror of {}.", mirror.name)),
        (None, None) => {
            Why::new(format!("Stored because it was published on {}, which this stream keeps.", cell.subject))
        }
    };
    let name = if strip.config.mirror.is_some() { "mirror" } else { "subjects" };
    let taken = taken.because(step).set_by(stream_setting(strip, name));
    std::iter::once(taken).chain(kept(strip, seq, cell.stored_at)).collect()
}

fn kept(strip: &Strip, seq: u64, stored_at: Timestamp) -> Option<Why> {
    let aged = strip.config.max_age_limit().map(|age| stored_at + age);
    let then = "it is removed: max_age";
    if strip.config.retention == Retention::Limits {
        return Some(match aged {
            Some(_) => Why::new("Still there because it is not old enough to go.")
                .set_by(stream_setting(strip, "max_age"))
                .until(aged, then),
            None => {
                Why::new("Still there because no limit has pushed it out.").set_by(stream_setting(strip, "retention"))
            }
        });
    }
    let waiting: Vec<&str> =
        strip.consumers.iter().filter(|consumer| is_unsettled(consumer, seq)).map(|c| &*c.name).collect();
    let sentence = match waiting.as_slice() {
        [] => "Still there because no consumer has acknowledged it.".to_owned(),
        names => format!("Still there because {} has not acknowledged it.", names.join(" or ")),
    };
    Some(Why::new(sentence).set_by(stream_setting(strip, "retention")).until(aged, then))
}

fn is_unsettled(consumer: &ConsumerStrip, seq: u64) -> bool {
    use super::scene::CellState::*;
    let cell = consumer.cells.iter().find(|cell| cell.seq == seq);
    cell.is_some_and(|cell| !matches!(cell.state, FilteredOut | BeforeStart | Acked))
}

/// What became of a message that is not in a stream.
fn published(flow: &Flow, scene: &SceneModel, message: MessageId) -> Option<Why> {
    let of = |is: fn(&Fact) -> bool| flow.life_of(message).into_iter().find(|step| fact_of(step).is_some_and(is));
    if let Some(step) = of(|fact| matches!(fact, Fact::NoResponders { .. })) {
        if let Some(why) = request::unanswered(flow, scene, message) {
            return Some(why.because(Some(step)));
        }
        let asked =
            "Nobody listened on the subject, and it asked for an answer: the server said so at once, with status 503.";
        return Some(Why::new(asked).because(Some(step)));
    }
    if let Some(step) = of(|fact| matches!(fact, Fact::Unwanted { .. })) {
        let gone = "Gone: no subscription and no stream was there for its subject. Core NATS keeps nothing.";
        return Some(Why::new(gone).because(Some(step)));
    }
    let delivered: Vec<&Step> = flow
        .life_of(message)
        .into_iter()
        .filter(|step| matches!(fact_of(step), Some(Fact::Delivered { .. })))
        .collect();
    let subject = delivered.iter().find_map(|step| match fact_of(step) {
        Some(Fact::Delivered { subject, .. }) => Some(subject.clone()),
        _ => None,
    })?;
    let copies = count(delivered.len() as u64, "copy", "copies");
    let why = match Traffic::of(&subject) {
        Traffic::Message => format!("{copies} went to whoever listened on {subject} at that moment; nothing keeps it."),
        _ => format!("{copies} went to whoever listened on {subject} at that moment."),
    };
    Some(Why::new(why).because(delivered.first().copied()))
}

fn fact_of(step: &Step) -> Option<&Fact> {
    step.what.fact()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::script::job_queue;

    /// What keeps no room for reasons never has any.
    #[test]
    fn where_nothing_may_be_explained_nothing_is() {
        let script = job_queue();
        let scene = script.flow.scene(script.now);
        let tracks = scene.tracks.iter().map(|track| Selection::Track(track.label.clone()));
        let streams = scene.streams.iter().map(|strip| Selection::Stream(strip.name.clone()));
        for selection in tracks.chain(streams).chain([Selection::Server]) {
            assert!(!may_explain(&selection) && why(&script.flow, script.now, &selection).is_empty(), "{selection:?}");
        }
        let actors = scene.actors.iter().map(|actor| Selection::Actor(actor.name.clone()));
        let (stream, stream_seq) = (scene.streams[0].name.clone(), scene.streams[0].first_seq);
        let stored = Selection::Message { stream, stream_seq };
        assert!(!why(&script.flow, script.now, &stored).is_empty());
        assert!(actors.chain([stored]).all(|selection| may_explain(&selection)));
    }
}
