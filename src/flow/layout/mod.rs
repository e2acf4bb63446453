//! Where everything in the scene is: pure geometry, no screen.
//!
//! Wide: actors on two rails, subjects and the server between them, streams as cards below. Narrow: the same from top to
//! bottom. Nothing overlaps and no label is cut without saying so; what has no room is counted. [`Layout::new`] is the
//! way in. It knows no colours and no components.
//! Specification: the objects of the scene and the reference sizes of the screen.

mod badges;
mod band;
mod figures;
mod fit;
mod geometry;
mod ledger;
mod strips;
#[cfg(test)]
mod tests;

pub use badges::BadgeBox;
pub use band::{ActorBox, BracketLine, DIE, FINGER, MoreBrackets, TrackLine, server_target};
pub use figures::Spot;
pub use fit::{BETWEEN, CELL, Place, Window, label as column_label, reason as column_reason};
pub use geometry::{Path, Point, Rect, fit_mono, mono_width, px, sans_width};
pub use ledger::{LedgerBox, STAMP};
pub use strips::{Chip, ConsumerBox, DrawerBox, StripBox};

use super::scene::{SceneModel, Token};
use super::step::Direction;
use band::Band;

/// Between the scene's edge and everything in it.
const PAD: f64 = 16.0;
/// Narrower than this, the scene turns vertical.
const NARROW: f64 = 700.0;
/// Kept free at the top for what acts on the whole scene.
const TOOLS: f64 = 34.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Wide,
    Narrow,
}

/// The places of one scene model in one size.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    pub form: Form,
    pub width: f64,
    /// As high as it has to be; the screen scrolls what is higher than its window.
    pub height: f64,
    pub server: Rect,
    /// Where the newest request it refused is shown.
    pub refusal: Option<Rect>,
    /// One for every actor of the scene, in its order.
    pub actors: Vec<ActorBox>,
    /// One for every track of the scene, in its order.
    pub tracks: Vec<TrackLine>,
    /// Index into the scene's brackets, and its place.
    pub brackets: Vec<BracketLine>,
    /// Brackets that found no lane.
    pub more_brackets: Option<MoreBrackets>,
    /// One for every stream of the scene, in its order.
    pub strips: Vec<StripBox>,
    pub ledger: Option<LedgerBox>,
    /// Index into the scene's threads, and its way.
    pub threads: Vec<(usize, Path)>,
    /// What went wrong, beside what it went wrong at.
    pub badges: Vec<BadgeBox>,
}

/// How large the scene is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Zoom {
    /// A little smaller where that shows all of it.
    #[default]
    Fit,
    /// So many screen pixels for one of the layout.
    Times(f64),
}

/// Sizes tried, so that text stays readable.
const FITS: [f64; 4] = [1.0, 0.95, 0.9, 0.85];
/// A size is left only for one that fits with so many pixels to spare.
const SPARE: f64 = 16.0;

impl Layout {
    /// Places `scene` in a room of `width` by `height` screen pixels, and says at which size it is to be drawn. `last` is
    /// the size it had, which is kept where that does.
    pub fn zoomed(scene: &SceneModel, (width, height): (f64, f64), zoom: Zoom, last: f64) -> (Layout, f64) {
        if let Zoom::Times(times) = zoom {
            return (Layout::new(scene, width / times), times);
        }
        let whole = Layout::new(scene, width);
        if whole.form == Form::Narrow {
            return (whole, 1.0);
        }
        for size in FITS {
            let layout = Layout::new(scene, width / size);
            let spare = if size > last { SPARE } else { 0.0 };
            if layout.height * size + spare <= height {
                return (layout, size);
            }
        }
        // What does not fit anyway is scrolled at its own size.
        (whole, 1.0)
    }

    /// Places `scene` in `width` CSS pixels, at least 280 of them.
    pub fn new(scene: &SceneModel, width: f64) -> Layout {
        let width = width.max(280.0);
        let form = if width < NARROW { Form::Narrow } else { Form::Wide };
        if scene.focus {
            return Layout::of_cards(scene, form, width);
        }
        let Band { server, actors, tracks, brackets, more_brackets, bottom } = Band::new(scene, form, width);
        let strips = strips::strips(scene, form, width, bottom + 14.0);
        let bottom = strips.last().map_or(bottom, |strip| strip.card.bottom());
        let ledger = scene.ledger.as_ref().map(|ledger| ledger::place(ledger, width, bottom + 10.0));
        let height = ledger.as_ref().map_or(bottom, |ledger| ledger.card.bottom()) + PAD;
        let threads = strips::threads(scene, &strips);
        let refusal = scene.server.refusal.as_ref().map(|_| band::refusal(scene, form, &server, &tracks));
        let mut badges = band::badges(scene, form, &server, &actors, &brackets);
        badges.extend(strips::badges(scene, &strips));
        Layout {
            form,
            width,
            height,
            server,
            refusal,
            actors,
            tracks,
            brackets,
            more_brackets,
            strips,
            ledger,
            threads,
            badges,
        }
    }

    /// Streams alone, without the wires above them.
    fn of_cards(scene: &SceneModel, form: Form, width: f64) -> Layout {
        let strips = strips::strips(scene, form, width, TOOLS);
        let height = strips.last().map_or(TOOLS, |strip| strip.card.bottom()) + PAD;
        let threads = strips::threads(scene, &strips);
        let server = Rect::default();
        let (actors, tracks, brackets) = (Vec::new(), Vec::new(), Vec::new());
        let badges = strips::badges(scene, &strips);
        Layout {
            form,
            width,
            height,
            server,
            refusal: None,
            actors,
            tracks,
            brackets,
            more_brackets: None,
            strips,
            ledger: None,
            threads,
            badges,
        }
    }

    /// The way of a token, from where it starts.
    ///
    /// `None` when the scene it belongs to is not the one that was placed.
    pub fn path(&self, token: &Token) -> Option<Path> {
        self.way(token.actor, token.direction, token.track)
    }

    /// The way over an actor's edge, by a track if it is known.
    pub fn way(&self, actor: usize, direction: Direction, track: Option<usize>) -> Option<Path> {
        let actor = self.actors.get(actor)?;
        let track = track.and_then(|track| self.tracks.get(track));
        let path = band::way(self.form, actor, track, &self.server);
        Some(if direction == Direction::ToServer { path } else { path.reversed() })
    }
}
