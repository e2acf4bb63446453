//! The ledger's card: one line of stamps, the newest that fit.

use super::PAD;
use super::band::FINGER;
use super::geometry::{Rect, sans_width};
use crate::flow::scene::Ledger;
use crate::flow::words;

/// Side of a stamp, and from one to the next.
pub const STAMP: f64 = 16.0;
const STEP: f64 = FINGER;
const HEIGHT: f64 = 38.0;

#[derive(Clone, Debug, PartialEq)]
pub struct LedgerBox {
    pub card: Rect,
    pub figures: String,
    /// Place of each stamp that is shown, and its index among the scene's.
    pub stamps: Vec<(usize, Rect)>,
}

pub fn place(ledger: &Ledger, width: f64, y: f64) -> LedgerBox {
    let card = Rect::new(PAD, y, width - 2.0 * PAD, HEIGHT);
    let figures = figures(ledger);
    let left = (card.x + 156.0).max(card.x + 66.0 + sans_width(&figures, 12.0) + 18.0) + 12.0;
    let room = ((card.right() - 12.0 - left) / STEP).max(0.0) as usize;
    let first = ledger.stamps.len().saturating_sub(room);
    let at = |place: usize| Rect::new(left + place as f64 * STEP, y + (HEIGHT - STAMP) / 2.0, STAMP, STAMP);
    let stamps = (first..ledger.stamps.len()).enumerate().map(|(place, index)| (index, at(place))).collect();
    LedgerBox { card, figures, stamps }
}

/// How much was done, how much of it twice, and what was not.
pub fn figures(ledger: &Ledger) -> String {
    let mut figures = format!("{} done", words::figure(ledger.keys - ledger.lost));
    if ledger.repeated > 0 {
        figures += &format!(", {} twice", words::figure(ledger.repeated));
    }
    if ledger.lost > 0 {
        figures += &format!(", {} not done", words::figure(ledger.lost));
    }
    figures
}
