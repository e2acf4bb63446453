//! How much one frame draws on the canvas: counted, and never more than [`MOST`] shapes.
//!
//! A shape is whatever is filled, stroked or written: a disc, an arc, a bar, a chevron, a word. Whoever draws sees to it that
//! there is enough: tokens go together ([`super::tokens`]), timers are counted ([`super::timers`]), stretches of a busy strip
//! become fewer ([`super::layout`]). Chevrons take what is left. If something finds none all the same, the frame says so.

use std::cell::Cell;

/// Shapes in a frame.
pub const MOST: usize = 400;

/// The ink of one frame.
#[derive(Debug, Default)]
pub struct Ink {
    used: Cell<usize>,
    kept: Cell<usize>,
    missed: Cell<usize>,
}

impl Ink {
    /// A new frame; so many shapes are kept for what is drawn later, after [`Ink::keep`].
    pub fn begin(&self, kept: usize) {
        self.used.set(0);
        self.missed.set(0);
        self.keep(kept);
    }

    /// From now on only so many are kept.
    pub fn keep(&self, kept: usize) {
        self.kept.set(kept.min(MOST));
    }

    /// Shapes there is ink for now.
    pub fn left(&self) -> usize {
        MOST.saturating_sub(self.used.get() + self.kept.get())
    }

    /// Uses the ink of so many shapes, if there is enough.
    pub fn takes(&self, shapes: usize) -> bool {
        let used = self.used.get() + shapes;
        let is_enough = used + self.kept.get() <= MOST;
        match is_enough {
            true => self.used.set(used),
            false => self.missed.set(self.missed.get() + 1),
        }
        is_enough
    }

    /// The same for what tells nothing of its own and may be missing.
    pub fn spares(&self) -> bool {
        self.left() > 0 && self.takes(1)
    }

    /// What found no ink in this frame.
    pub fn missed(&self) -> usize {
        self.missed.get()
    }

    /// Shapes of this frame so far.
    pub fn used(&self) -> usize {
        self.used.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_ink_for_so_much_and_the_next_one_again() {
        let ink = Ink::default();
        for _ in 0..2 {
            ink.begin(100);
            assert_eq!((0..1_000).filter(|_| ink.takes(3)).count(), (MOST - 100) / 3);
            assert_eq!(ink.left(), (MOST - 100) % 3);
            ink.keep(0);
            assert!(ink.takes(100) && !ink.takes(3));
            assert_eq!((ink.used(), ink.missed()), (MOST, 1_000 - (MOST - 100) / 3 + 1));
            assert!(!ink.spares() && ink.missed() == 1_000 - (MOST - 100) / 3 + 1, "a chevron is not missed");
        }
    }
}
