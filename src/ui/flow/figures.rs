//! Figures of a busy picture, written into what stands there, frame by frame.
//!
//! The components draw the picture with the figures of the moment it was placed in. What is current since is written over
//! them here, past the components, which neither know nor undo it: after they have drawn anew, it is made sure that what
//! stands there is theirs. Figures that did not change cost a comparison. Names
//! for who cannot see the picture are written when they are about to be read: one that changed with every frame would be
//! read without end.

use super::view::Placed;
use crate::flow::layout::Spot;
use crate::flow::scene::SceneModel;
use crate::map::Map;
use std::rc::Rc;
use web_sys::{Element, HtmlElement};

/// What stands in the picture.
#[derive(Default)]
pub struct Figures {
    /// What the components drew last, and of what.
    drawn: Option<(Placed, Map<Spot, String>)>,
    /// What was written over it since.
    written: Map<Spot, (Element, String)>,
    /// What is true now.
    now: Option<Rc<SceneModel>>,
    /// Objects that were named anew when they got the focus.
    named: Vec<Element>,
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
        for element in std::mem::take(&mut self.named) {
            name(&element, placed, &placed.model);
        }
        self.drawn = Some((placed.clone(), texts));
    }

    /// An object of the picture has got the focus: whoever has it read out hears what is true now.
    pub fn focused(&mut self, element: &Element) {
        if let (Some((placed, _)), Some(now)) = (&self.drawn, &self.now)
            && name(element, placed, now)
        {
            self.named.push(element.clone());
        }
    }

    /// What is true `now`, where that is `placed` which stands in the page.
    pub fn write(&mut self, room: &HtmlElement, placed: &Placed, now: &Rc<SceneModel>) {
        self.now = Some(now.clone());
        if Rc::ptr_eq(now, &placed.model) {
            return;
        }
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

/// Names an object after `now`, if it is not named so; `false` where it has no figures.
fn name(element: &Element, placed: &Placed, now: &SceneModel) -> bool {
    let figure = element.query_selector("[data-figure]").ok().flatten();
    let figure = figure.and_then(|figure| figure.get_attribute("data-figure"));
    let at = figure.or_else(|| element.class_list().contains("server").then(|| "server".to_owned()));
    let label = at.and_then(|at| placed.layout.label(&placed.model, now, &at));
    let is_new = label.as_ref().is_some_and(|label| element.get_attribute("aria-label").as_ref() != Some(label));
    if let Some(label) = label.filter(|_| is_new) {
        // It is only not current where it cannot be.
        let _ = element.set_attribute("aria-label", &label);
    }
    is_new
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
