//! Time that runs out in the picture: which of it is drawn at its place, and how the rest is counted.
//!
//! A frame has ink for so many shapes ([`super::frame`]). Where a consumer's timers do not all find some, those that end first
//! are drawn and the row says how many there are besides. Knows places; no screen. The way in is [`marks`].

use super::layout::{CELL, ConsumerBox, Layout, Point, StripBox};
use super::scene::{CellState, ConsumerStrip, SceneModel};
use super::words;
use crate::sorted;
use crate::time::Timestamp;

/// One shape on the canvas.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// Around a cell: until its delivery comes back.
    Deadline { at: Point, since: Timestamp, until: Timestamp, is_waiting: bool },
    /// In a slot: until a pull request has expired.
    Expiry { at: Point, until: Timestamp },
    /// So many timers of a row are not drawn. Right end and baseline of the words.
    More { at: Point, text: String },
}

impl Mark {
    fn until(&self) -> Option<Timestamp> {
        match self {
            Mark::Deadline { until, .. } | Mark::Expiry { until, .. } => Some(*until),
            Mark::More { .. } => None,
        }
    }
}

/// At most `room` marks: every timer that can be seen, or as many of each row as there is room for, and a count of the
/// others. And how many timers are in rows that have no room even for that.
pub fn marks(model: &SceneModel, layout: &Layout, room: usize) -> (Vec<Mark>, u64) {
    let strips = model.streams.iter().zip(&layout.strips);
    let rows = strips.flat_map(|(strip, place)| {
        strip.consumers.iter().zip(&place.consumers).map(move |(consumer, row)| (timers(consumer, place, row), row))
    });
    let mut rows: Vec<(Vec<Mark>, &ConsumerBox)> = rows.filter(|(timers, _)| !timers.is_empty()).collect();
    let all: usize = rows.iter().map(|(timers, _)| timers.len()).sum();
    if all > room {
        // The rows with the fewest first: what they leave is for the others.
        sorted::by_key(&mut rows, |(timers, _)| timers.len());
    }
    let (mut left, mut marks, many) = (room, Vec::with_capacity(all.min(room)), rows.len());
    let mut missed = 0;
    for (index, (timers, row)) in rows.into_iter().enumerate() {
        let share = if all > room { left / (many - index) } else { timers.len() };
        missed += if share == 0 { timers.len() as u64 } else { 0 };
        let shown = within(timers, row, share);
        left -= shown.len();
        marks.extend(shown);
    }
    (marks, missed)
}

/// As many as there is room for; the last mark then counts those that found none.
fn within(mut timers: Vec<Mark>, row: &ConsumerBox, room: usize) -> Vec<Mark> {
    if timers.len() <= room {
        return timers;
    }
    sorted::by_key(&mut timers, Mark::until);
    let more = timers.split_off(room.saturating_sub(1)).len() as u64;
    let (x, y) = row.more_timers_at;
    let text = format!("+{}", words::count(more, "timer", "timers"));
    timers.extend((room > 0).then_some(Mark::More { at: Point { x, y }, text }));
    timers
}

/// Everything that runs out in one row, as far as it has a place there.
fn timers(consumer: &ConsumerStrip, place: &StripBox, row: &ConsumerBox) -> Vec<Mark> {
    let deadlines = consumer.cells.iter().filter_map(|cell| {
        let (since, until, is_waiting) = match cell.state {
            CellState::InFlight { since, deadline: Some(deadline) } => (since, deadline, false),
            CellState::WaitingForRedelivery { since, until: Some(until) } => (since, until, true),
            _ => return None,
        };
        let at = Point { x: place.cell(cell.seq)?.center().x, y: row.cells_y + CELL / 2.0 };
        Some(Mark::Deadline { at, since, until, is_waiting })
    });
    let expiries = consumer.pulls.iter().zip(&row.slots).filter_map(|(pull, slot)| {
        Some(Mark::Expiry { at: Point { x: slot.right() - 14.0, y: slot.center().y }, until: pull.expires? })
    });
    deadlines.chain(expiries).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::MessageId;
    use crate::flow::script::{Script, explicit};

    /// Two consumers: one with three messages in flight, one with thirty.
    fn busy() -> (SceneModel, Layout) {
        let mut script = Script::new();
        script.connect(1, "w").stream("S", &["s"], crate::api::Retention::Limits);
        script.consumer("S", "few", explicit("")).consumer("S", "many", explicit(""));
        for seq in 1..=30 {
            script.store("S", seq, MessageId(seq), "s");
        }
        for (consumer, most) in [("few", 3), ("many", 30)] {
            for seq in 1..=most {
                script.wait(10).dispatch((1, 1), "S", consumer, seq, 1);
            }
        }
        let scene = script.flow.scene(script.now);
        let layout = Layout::new(&scene, 1_060.0);
        (scene, layout)
    }

    fn said(marks: &[Mark]) -> Vec<&str> {
        marks.iter().filter_map(|mark| if let Mark::More { text, .. } = mark { Some(&**text) } else { None }).collect()
    }

    #[test]
    fn where_there_is_room_every_timer_is_drawn() {
        let (scene, layout) = busy();
        let (marks, missed) = marks(&scene, &layout, 33);
        assert_eq!((marks.len(), said(&marks), missed), (33, vec![], 0));
    }

    #[test]
    fn what_finds_no_room_is_counted_in_its_row_and_nothing_is_lost() {
        let (scene, layout) = busy();
        for room in 0..33 {
            let (marks, missed) = marks(&scene, &layout, room);
            assert!(marks.len() <= room, "{} of {room}", marks.len());
            assert_eq!(missed > 0, room < 2, "{missed} in rows without room of {room}");
            let counted = said(&marks).iter().map(|text| number(text)).sum::<usize>();
            assert_eq!(marks.len() - said(&marks).len() + counted + missed as usize, 33, "{room}");
        }
        assert_eq!(said(&marks(&scene, &layout, 20).0), ["+14 timers"]);
    }

    fn number(text: &str) -> usize {
        text.trim_start_matches('+').split(' ').next().unwrap().parse().unwrap()
    }

    #[test]
    fn those_that_end_first_are_drawn() {
        let (scene, layout) = busy();
        let (drawn, _) = marks(&scene, &layout, 20);
        let many = scene.streams[0].consumers.iter().find(|consumer| &*consumer.name == "many").unwrap();
        let mut ends: Vec<_> = many.cells.iter().map(|cell| cell.state).collect();
        ends.truncate(16);
        let kept = drawn.iter().filter_map(Mark::until).skip(3).collect::<Vec<_>>();
        let first = ends.iter().map(|state| match state {
            CellState::InFlight { deadline, .. } => deadline.unwrap(),
            other => panic!("{other:?}"),
        });
        assert_eq!(kept, first.collect::<Vec<_>>());
    }
}
