//! A strip that is wider than its room, moved sideways by finger or mouse.

use super::view::Placed;
use crate::engine::Name;
use crate::flow::layout::{BETWEEN, CELL, Window};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, PointerEvent};
use yew::Callback;

/// Less than this is a tap.
const TAP: f64 = 8.0;

/// A strip under somebody's finger.
#[derive(Clone, Copy, Debug)]
pub struct Drag {
    pointer: i32,
    /// Where the finger came down, in screen pixels.
    from_x: f64,
    strip: usize,
    window: Window,
    moves: bool,
}

impl Drag {
    /// Somebody touches the scene; `None` where there is nothing to move.
    pub fn begin(event: &PointerEvent, placed: &Placed) -> Option<Drag> {
        let card = event.target()?.dyn_into::<Element>().ok()?.closest(".card").ok()??;
        let strip = std::iter::successors(card.previous_element_sibling(), Element::previous_element_sibling).count();
        let window = Window::of(placed.model.streams.get(strip)?, &placed.layout.strips.get(strip)?.places)?;
        let from_x = f64::from(event.client_x());
        Some(Drag { pointer: event.pointer_id(), from_x, strip, window, moves: false })
    }

    /// The finger has moved on, over `room` with the picture in it.
    pub fn go_on(
        &mut self,
        event: &PointerEvent,
        room: &HtmlElement,
        placed: &Placed,
        on_scroll: &Callback<(Name, u64)>,
    ) {
        let way = f64::from(event.client_x()) - self.from_x;
        if event.pointer_id() != self.pointer || !self.moves && way.abs() < TAP {
            return;
        }
        if !self.moves {
            // What moves under the finger comes and goes; the picture stays. And the end of a way is no tap.
            self.moves = true;
            let _ = room.set_pointer_capture(self.pointer);
        }
        let scale = f64::from(room.client_width()) / placed.layout.width;
        let Some(strip) = placed.model.streams.get(self.strip) else { return };
        let cells = (way / scale.max(0.1) / (CELL + BETWEEN)).round() as isize;
        let last = strip.cells().count().saturating_sub(self.window.shown);
        let index = self.window.first.saturating_add_signed(-cells).min(last);
        let begin = self.window.begin_at(strip, index);
        if strip.begins_at != Some(begin) {
            on_scroll.emit((strip.name.clone(), begin));
        }
    }
}
