//! How many terminals there is room for.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::Element;
use yew::prelude::*;

/// A terminal is at least this wide and high, in CSS pixels, when it is not alone.
const WIDTH: i32 = 296;
const HEIGHT: i32 = 210;
const MOST: usize = 4;

/// Terminals that fit beside each other, and below each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    across: usize,
    down: usize,
}

impl Room {
    pub fn panes(self) -> usize {
        (self.across * self.down).min(MOST)
    }

    /// In how many columns `count` terminals stand.
    pub fn columns(self, count: usize) -> usize {
        if count <= self.across { count.max(1) } else { count.div_ceil(self.down) }
    }
}

/// Those that were used last, as many as there is room for, in the order of their tabs.
pub fn shown(actors: &[String], recent: &[String], panes: usize) -> Vec<String> {
    let mut wanted: Vec<&String> = recent.iter().filter(|actor| actors.contains(actor)).take(panes).collect();
    for actor in actors {
        if wanted.len() < panes && !wanted.contains(&actor) {
            wanted.push(actor);
        }
    }
    actors.iter().filter(|actor| wanted.contains(actor)).cloned().collect()
}

#[hook]
pub fn use_room(panes: &NodeRef) -> Room {
    let room = use_state_eq(|| Room { across: 1, down: 1 });
    let (panes, setter) = (panes.clone(), room.setter());
    use_effect_with((), move |()| {
        let measure = Closure::<dyn FnMut()>::new({
            let panes = panes.clone();
            move || {
                if let Some(panes) = panes.cast::<Element>().filter(|panes| panes.client_width() > 0) {
                    let fit = |size: i32, least: i32| (size / least).clamp(1, MOST as i32) as usize;
                    let across = fit(panes.client_width(), WIDTH);
                    // On a phone, the keyboard takes what room there is below.
                    let down = if across == 1 { 1 } else { fit(panes.client_height(), HEIGHT).min(2) };
                    setter.set(Room { across, down });
                }
            }
        });
        let observer = web_sys::ResizeObserver::new(measure.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(panes)) = (&observer, panes.cast::<Element>()) {
            observer.observe(&panes);
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(measure);
        }
    });
    *room
}
