//! Figures of a busy picture, written into what stands there, frame by frame.
//!
//! The components draw the picture with the figures of the moment it was placed in. What is current since is written over
//! them here, past the components, which neither know nor undo it: after they have drawn anew, it is made sure that what
//! stands there is theirs. Figures that did not change cost a comparison.

use super::view::Placed;
use crate::flow::layout::Spot;
use crate::flow::scene::SceneModel;
use crate::map::Map;
use web_sys::{Element, HtmlElement};

/// What stands in the picture.
#[derive(Default)]
pub struct Figures {
    /// What the components drew last, and of what.
    drawn: Option<(Placed, Map<Spot, String>)>,
    /// What was written over it since.
    written: Map<Spot, (Element, String)>,
}

impl Figures {
    /// The components have drawn `placed`.
    pub fn drew(&mut self, room: &HtmlElement, placed: &Placed) {
        let texts: Map<Spot, String> = placed.layout.figures(&placed.model, &placed.model).into_iter().collect();
        for (spot, (_, written)) in std::mem::take(&mut self.written) {
            if let Some(text) = texts.get(&spot).filter(|text| **text != written)
                && let Some(element) = element(room, spot)
            {
                write(&element, text);
            }
        }
        self.drawn = Some((placed.clone(), texts));
    }

    /// What is true `now`, where that is `placed` which stands in the page.
    pub fn write(&mut self, room: &HtmlElement, placed: &Placed, now: &SceneModel) {
        let Some((drawn, texts)) = self.drawn.as_ref().filter(|(drawn, _)| drawn == placed) else { return };
        for (spot, text) in drawn.layout.figures(&drawn.model, now) {
            match self.written.get_mut(&spot) {
                Some((_, written)) if *written == text => {}
                Some((element, written)) => {
                    write(element, &text);
                    *written = text;
                }
                None if texts.get(&spot) == Some(&text) => {}
                None => {
                    if let Some(element) = element(room, spot) {
                        write(&element, &text);
                        self.written.insert(spot, (element, text));
                    }
                }
            }
        }
    }
}

fn element(room: &HtmlElement, spot: Spot) -> Option<Element> {
    room.query_selector(&format!("[data-figure='{spot}']")).ok().flatten()
}

/// The components keep the node their text is in.
fn write(element: &Element, text: &str) {
    match element.first_child() {
        Some(node) => node.set_node_value(Some(text)),
        None => element.set_text_content(Some(text)),
    }
}
