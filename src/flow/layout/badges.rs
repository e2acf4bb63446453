//! Badges: troubles counted beside what they happened to.

use super::geometry::{Rect, sans_width};
use crate::flow::scene::SceneModel;
use crate::flow::trouble::{Badge, Whose};
use crate::flow::words;

pub const BADGE: f64 = 16.0;
const TEXT: f64 = 10.0;
const BETWEEN: f64 = 5.0;

/// A badge in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct BadgeBox {
    pub at: Rect,
    pub text: String,
    pub badge: Badge,
}

/// The badges of one place side by side from `x`, as far as they fit before `right`.
pub fn row(scene: &SceneModel, place: &Whose, x: f64, y: f64, right: f64) -> Vec<BadgeBox> {
    let mut left = x;
    let mut boxes = Vec::new();
    for badge in scene.badges_of(place) {
        let text = words::badge(badge);
        let width = text_width(&text) + 14.0;
        if left + width > right {
            break;
        }
        boxes.push(BadgeBox { at: Rect::new(left, y, width, BADGE), text, badge: badge.clone() });
        left += width + BETWEEN;
    }
    boxes
}

/// Bold text is a little wider.
fn text_width(text: &str) -> f64 {
    sans_width(text, TEXT) * 1.1
}

/// How far a row of badges reaches, with room after it; nothing where there is none.
pub fn width(scene: &SceneModel, place: &Whose) -> f64 {
    scene.badges_of(place).map(|badge| text_width(&words::badge(badge)) + 14.0 + BETWEEN).sum()
}
