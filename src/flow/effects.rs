//! What has just become true, and is shown by a short motion where it stands.
//!
//! Found by comparing two scenes that follow one another; a scene that is looked at for the first time has no news.
//! Knows no durations and no shapes.
//! Specification: the motion grammar of the scene.

use super::load::Level;
use super::scene::{CellState, Column, ConsumerStrip, SceneModel, Strip};
use crate::engine::Name;

/// More at once than this is no longer seen one by one.
const MOST: usize = 24;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A message was stored: its cell fills.
    Fill { stream: Name, stream_seq: u64 },
    /// A message was acknowledged: the notch is cut.
    Notch { stream: Name, consumer: Name, stream_seq: u64 },
    /// A message was refused: it bounces.
    Bounce { stream: Name },
    /// The server refused a request: it bounces.
    BounceRequest,
    /// Nobody wanted a message on the track of this label: it dissolves.
    Dissolve { track: String },
}

/// What `after` has that `before` had not, as far as it is drawn one by one.
pub fn between(before: &SceneModel, after: &SceneModel) -> Vec<Effect> {
    let mut effects = Vec::new();
    for track in &after.tracks {
        let flashes = before.tracks.iter().find(|other| other.label == track.label).map_or(0, |other| other.flashes);
        if track.flashes > flashes {
            effects.push(Effect::Dissolve { track: track.label.clone() });
        }
    }
    let flashes = |scene: &SceneModel| scene.server.refusal.as_ref().map_or(0, |refusal| refusal.flashes);
    if flashes(after) > flashes(before) {
        effects.push(Effect::BounceRequest);
    }
    for strip in &after.streams {
        if let Some(other) = before.streams.iter().find(|other| other.name == strip.name) {
            in_stream(other, strip, &mut effects);
        }
    }
    effects.truncate(MOST);
    effects
}

fn in_stream(before: &Strip, after: &Strip, effects: &mut Vec<Effect>) {
    let stream = || after.name.clone();
    let flashes = |strip: &Strip| strip.refusal.as_ref().map_or(0, |refusal| refusal.flashes);
    if flashes(after) > flashes(before) {
        effects.push(Effect::Bounce { stream: stream() });
    }
    if after.level > Level::Tokens {
        return;
    }
    let newest_first = after.columns.iter().rev();
    let new = newest_first.map_while(|column| (column.to_seq() > before.last_seq).then_some(column));
    let cells = new.filter_map(|column| if let Column::Cell(cell) = column { Some(cell.seq) } else { None });
    effects.extend(cells.map(|stream_seq| Effect::Fill { stream: stream(), stream_seq }));
    for consumer in &after.consumers {
        if let Some(other) = before.consumers.iter().find(|other| other.name == consumer.name) {
            let consumer_name = || consumer.name.clone();
            effects.extend(acked(other, consumer).map(|stream_seq| Effect::Notch {
                stream: stream(),
                consumer: consumer_name(),
                stream_seq,
            }));
        }
    }
}

/// Sequences that were not acknowledged and are. Cells stand in ascending order.
fn acked(before: &ConsumerStrip, after: &ConsumerStrip) -> impl Iterator<Item = u64> {
    after.cells.iter().filter(|cell| cell.state == CellState::Acked).filter_map(move |cell| {
        let index = before.cells.binary_search_by_key(&cell.seq, |other| other.seq).ok()?;
        (before.cells[index].state != CellState::Acked).then_some(cell.seq)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Retention;
    use crate::engine::AckKind;
    use crate::flow::script::{Script, explicit};

    #[test]
    fn what_is_new_shows_and_what_stood_there_does_not() {
        let mut script = Script::new();
        script.connect(1, "alice").connect(2, "worker").stream("S", &["s"], Retention::Limits);
        script.consumer("S", "c", explicit("s")).publish_and_store(1, "s", "S", 1);
        script.subscribe(2, 1, "inbox").dispatch((2, 1), "S", "c", 1, 1);
        let before = script.flow.scene(script.now);
        assert_eq!(between(&before, &before), []);
        script.publish_and_store(1, "s", "S", 2);
        script.answer(2, "S", "c", 1, AckKind::Ack);
        let after = script.flow.scene(script.now);
        let expected = [
            Effect::Fill { stream: "S".into(), stream_seq: 2 },
            Effect::Notch { stream: "S".into(), consumer: "c".into(), stream_seq: 1 },
        ];
        assert_eq!(between(&before, &after), expected);
    }
}
