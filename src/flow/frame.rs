//! What one frame draws on the canvas, within the ink there is; and what finds none, told in words.
//!
//! What travels comes first, then ribbons, the stretches of busy strips and the timers; chevrons take what is left. Each
//! step has its own way to need less ([`super::tokens`], [`super::timers`], [`super::layout`]), so that hardly ever
//! anything is missing. Knows places; no screen. The way in is [`Frame::new`].

use super::layout::{CELL, Layout, Path, Rect, StripBox};
use super::load::{EdgeLoad, Level};
use super::scene::{Column, Mix, SceneModel, Token};
use super::timers::{self, Mark};
use super::words;

/// Shapes in a frame: whatever is filled, stroked or written, a disc, an arc, a bar, a chevron, a word.
pub const MOST: usize = 400;

/// Everything on the canvas, each over the one before: bars, timers, ribbons, tokens, the word for what is missing.
#[derive(Debug, Default)]
pub struct Frame<'a> {
    pub bars: Vec<Bar>,
    pub timers: Vec<Mark>,
    pub ribbons: Vec<&'a EdgeLoad>,
    pub tokens: Vec<(&'a Token, Path)>,
    pub missed: Missed,
    /// Shapes all of these take.
    pub ink: usize,
}

/// A stretch of a busy strip, or how some of its messages stand with a consumer.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    pub at: Rect,
    pub part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Stored,
    Settled,
    InFlight,
    WaitingForRedelivery,
    GivenUp,
    Unknown,
    Ahead,
}

/// What found no ink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missed {
    pub messages: u64,
    pub ribbons: u64,
    pub bars: u64,
    pub timers: u64,
}

impl Missed {
    /// `+12 messages, 3 timers not drawn`; nothing where nothing is missing.
    pub fn text(&self) -> Option<String> {
        let parts = [
            (self.messages, "message", "messages"),
            (self.ribbons, "ribbon", "ribbons"),
            (self.bars, "bar", "bars"),
            (self.timers, "timer", "timers"),
        ];
        let parts =
            parts.iter().filter(|(number, ..)| *number > 0).map(|(number, one, many)| words::count(*number, one, many));
        let parts: Vec<String> = parts.collect();
        (!parts.is_empty()).then(|| format!("+{} not drawn", parts.join(", ")))
    }
}

impl<'a> Frame<'a> {
    /// The frame of `tokens` and `loads` over the placed model.
    pub fn new(model: &SceneModel, layout: &Layout, tokens: &'a [Token], loads: &'a [EdgeLoad]) -> Frame<'a> {
        let mut frame = Frame::default();
        // The word for what is missing has room for sure.
        let mut left = MOST - 1;
        let mut takes = |shapes: usize| {
            let is_enough = shapes <= left;
            left -= if is_enough { shapes } else { 0 };
            is_enough
        };
        for token in tokens {
            let Some(path) = layout.path(token) else { continue };
            match takes(token.shapes()) {
                true => frame.tokens.push((token, path)),
                false => frame.missed.messages += token.count,
            }
        }
        for load in loads.iter().filter(|load| load.level == Level::Ribbons) {
            match layout.way(load.actor, load.direction, load.track).is_some() {
                true if takes(1) => frame.ribbons.push(load),
                true => frame.missed.ribbons += 1,
                false => {}
            }
        }
        for bar in bars(model, layout) {
            match takes(1) {
                true => frame.bars.push(bar),
                false => frame.missed.bars += 1,
            }
        }
        (frame.timers, frame.missed.timers) = timers::marks(model, layout, left);
        left -= frame.timers.len();
        frame.ink = MOST - 1 - left + usize::from(frame.missed != Missed::default());
        frame
    }

    /// Shapes that are left for what tells nothing of its own.
    pub fn spare(&self) -> usize {
        MOST - self.ink
    }
}

/// Very busy strips: their stretches by how full they are, and how these stand with each consumer.
fn bars(model: &SceneModel, layout: &Layout) -> Vec<Bar> {
    let mut bars = Vec::new();
    let strips = model.streams.iter().zip(&layout.strips);
    for (_, place) in strips.filter(|(strip, _)| strip.level == Level::Ribbons) {
        stored(place, &mut bars);
        for row in &place.consumers {
            row.mixes.iter().for_each(|(index, mix)| stands(place, *index, row.cells_y, mix, &mut bars));
        }
    }
    bars
}

/// As high as there are messages, compared with the fullest.
fn stored(place: &StripBox, bars: &mut Vec<Bar>) {
    let messages = |column: &Column| match column {
        Column::Elided { messages, .. } | Column::Unknown { messages, .. } => *messages as f64,
        _ => 0.0,
    };
    let most = place.places.iter().map(|at| messages(&at.column)).fold(1.0, f64::max);
    bars.extend(place.places.iter().map(|at| {
        let height = (CELL * messages(&at.column) / most).max(1.0);
        let at = Rect::new(place.cells_x + at.x, place.cells_y + CELL - height, at.width, height);
        Bar { at, part: Part::Stored }
    }));
}

/// Within a stretch the states lie over one another in a fixed order, from settled at the bottom to what is ahead.
fn stands(place: &StripBox, index: usize, y: f64, mix: &Mix, bars: &mut Vec<Bar>) {
    let Some(at) = place.places.get(index) else { return };
    let all = mix.total().max(1) as f64;
    let mut bottom = y + CELL;
    let parts = [
        (mix.settled, Part::Settled),
        (mix.in_flight, Part::InFlight),
        (mix.waiting_for_redelivery, Part::WaitingForRedelivery),
        (mix.given_up, Part::GivenUp),
        (mix.unknown, Part::Unknown),
        (mix.ahead, Part::Ahead),
    ];
    for (count, part) in parts.into_iter().filter(|(count, _)| *count > 0) {
        // However few, they can be seen.
        let height = (CELL * count as f64 / all).max(1.5);
        bars.push(Bar { at: Rect::new(place.cells_x + at.x, bottom - height, at.width, height), part });
        bottom -= height;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Retention;
    use crate::engine::MessageId;
    use crate::flow::Direction;
    use crate::flow::script::{Script, explicit};
    use crate::flow::step::Traffic;
    use crate::flow::tokens;
    use crate::time::Timestamp;

    /// So many clients, each with a message on its way in each direction and one that is lost.
    fn clients(number: usize) -> (SceneModel, Vec<Token>) {
        let mut script = Script::new();
        let mut all = Vec::new();
        for actor in 0..number {
            script.connect(actor as u64 + 1, &format!("client-{actor}"));
            for (direction, lost) in
                [(Direction::ToServer, false), (Direction::ToClient, false), (Direction::ToServer, true)]
            {
                all.push(Token {
                    message: None,
                    actor,
                    direction,
                    traffic: Traffic::Message,
                    track: None,
                    subject: "s".into(),
                    redelivery: false,
                    lost,
                    left: Timestamp(all.len() as i64),
                    arrives: Timestamp(10_000_000_000),
                    count: 3,
                });
            }
        }
        (script.flow.scene(script.now), all)
    }

    /// So many consumers of one stream, each with two messages in flight.
    fn consumers(number: u64) -> SceneModel {
        let mut script = Script::new();
        script.connect(1, "w").stream("S", &["s"], Retention::Limits);
        for seq in 1..=2 {
            script.store("S", seq, MessageId(seq), "s");
        }
        for consumer in 0..number {
            let name = format!("c{consumer}");
            script.consumer("S", &name, explicit(""));
            for seq in 1..=2 {
                script.dispatch((1, 1), "S", &name, seq, 1);
            }
        }
        script.flow.scene(script.now)
    }

    fn told(timers: &[Mark]) -> u64 {
        let number = |text: &str| text.trim_start_matches('+').split(' ').next()?.parse::<u64>().ok();
        timers.iter().filter_map(|mark| if let Mark::More { text, .. } = mark { number(text) } else { None }).sum()
    }

    #[test]
    fn whatever_finds_no_ink_is_told_and_nothing_goes_missing() {
        for (number, is_enough) in [(12, true), (60, true), (100, false), (300, false)] {
            let (model, all) = clients(number);
            let layout = Layout::new(&model, 1_060.0);
            let tokens = tokens::drawn(all.clone(), &Default::default(), Timestamp(1_000));
            let frame = Frame::new(&model, &layout, &tokens, &[]);
            let drawn: u64 = frame.tokens.iter().map(|(token, _)| token.count).sum();
            assert_eq!(drawn + frame.missed.messages, 9 * number as u64, "{number} clients");
            assert!(frame.ink <= MOST && frame.ink + frame.spare() == MOST, "{} shapes", frame.ink);
            assert_eq!(frame.missed == Missed::default(), is_enough, "{number} clients: {:?}", frame.missed);
        }
    }

    #[test]
    fn timers_beyond_four_hundred_shapes_are_told_in_their_rows_or_above_the_picture() {
        for number in [10_u64, 150, 300, 500] {
            let model = consumers(number);
            let layout = Layout::new(&model, 1_060.0);
            let frame = Frame::new(&model, &layout, &[], &[]);
            let said = frame.timers.iter().filter(|mark| matches!(mark, Mark::More { .. })).count();
            let drawn = (frame.timers.len() - said) as u64;
            assert_eq!(drawn + told(&frame.timers) + frame.missed.timers, 2 * number, "{number} consumers");
            assert!(frame.ink <= MOST, "{} shapes", frame.ink);
            assert_eq!((told(&frame.timers) > 0, frame.missed.timers > 0), (number > 200, number > 400), "{number}");
        }
    }

    #[test]
    fn what_is_missing_is_said_in_words() {
        assert_eq!(Missed::default().text(), None);
        let missed = Missed { messages: 1_200, timers: 1, ..Missed::default() };
        assert_eq!(missed.text().as_deref(), Some("+1,200 messages, 1 timer not drawn"));
    }
}
