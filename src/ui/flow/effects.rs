//! Short motions where something has just become true: which element shows what.
//!
//! An element is told by an attribute, the stylesheet moves it, and the attribute goes when the motion is over. What is
//! drawn anew for other reasons, another size, another closeness, does not have it and stands.

use crate::flow::effects::Effect;
use crate::flow::layout::Layout;
use crate::flow::scene::{Column, SceneModel};
use wasm_bindgen::JsCast;
use web_sys::{AnimationEvent, Element, HtmlElement};
use yew::Callback;

const ATTRIBUTE: &str = "data-fx";
const TIME: &str = "data-time";
const PICTURE: &str = "data-picture";

/// Begins the motions of what the elements of `room` show by now.
pub fn begin(room: &HtmlElement, model: &SceneModel, layout: &Layout, effects: &[Effect]) {
    for effect in effects {
        let Some(selector) = place(model, layout, effect) else { continue };
        if let Ok(Some(element)) = room.query_selector(&selector) {
            let _ = element.set_attribute(ATTRIBUTE, name(effect));
        }
    }
}

/// Where a motion is over, nothing tells of it any more.
pub fn ended() -> Callback<AnimationEvent> {
    Callback::from(|event: AnimationEvent| {
        let moved = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(shown) = moved.and_then(|moved| moved.closest("[data-fx]").ok().flatten()) {
            let _ = shown.remove_attribute(ATTRIBUTE);
        }
    })
}

/// Motions stand where time does, and go on with it.
pub fn hold(room: &HtmlElement, moves: bool) {
    let _ = room.set_attribute(TIME, if moves { "runs" } else { "stands" });
}

/// Whether everything that happened is in the picture. A busy one is drawn anew only now and then.
pub fn date(room: &HtmlElement, is_late: bool) {
    let _ = room.set_attribute(PICTURE, if is_late { "late" } else { "current" });
}

fn name(effect: &Effect) -> &'static str {
    match effect {
        Effect::Fill { .. } => "fill",
        Effect::Notch { .. } => "notch",
        Effect::Bounce { .. } | Effect::BounceRequest => "bounce",
        Effect::Dissolve { .. } => "dissolve",
    }
}

/// The element, counted from the top as the components draw it.
fn place(model: &SceneModel, layout: &Layout, effect: &Effect) -> Option<String> {
    let strip_at = |stream: &str| model.streams.iter().position(|strip| *strip.name == *stream);
    let card = |index: usize| format!(".scene-cards > :nth-child({})", index + 1);
    Some(match effect {
        Effect::Dissolve { track } => {
            let index = model.zeros().position(|index| model.tracks[index].label == *track)?;
            format!(".zeros > :nth-child({})", index + 1)
        }
        Effect::BounceRequest => ".band .refused".to_owned(),
        Effect::Bounce { stream } => format!("{} .refused", card(strip_at(stream)?)),
        Effect::Fill { stream, stream_seq } => {
            let strip = strip_at(stream)?;
            let places = &layout.strips.get(strip)?.places;
            let is_it = |column: &Column| matches!(column, Column::Cell(cell) if cell.seq == *stream_seq);
            let index = places.iter().position(|place| is_it(&place.column))?;
            format!("{} > .cells > :nth-child({})", card(strip), index + 1)
        }
        Effect::Notch { stream, consumer, stream_seq } => {
            let strip = strip_at(stream)?;
            let (of, at) = (model.streams.get(strip)?, layout.strips.get(strip)?);
            let row = of.consumers.iter().position(|other| other.name == *consumer)?;
            let drawn = of.consumers[row].cells.iter().filter(|cell| at.cell(cell.seq).is_some());
            let index = drawn.map(|cell| cell.seq).position(|seq| seq == *stream_seq)?;
            format!("{} > .consumers > :nth-child({}) > .cells > :nth-child({})", card(strip), row + 1, index + 1)
        }
    })
}
