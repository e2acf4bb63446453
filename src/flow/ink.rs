//! How much one frame draws on the canvas: counted, and never more than [`MOST`] shapes.
//!
//! A shape is whatever is filled, stroked or written: a disc, an arc, a bar, a chevron, a word. What finds no ink left is
//! not drawn; figures and objects of the page do not depend on it.

use std::cell::Cell;

/// Shapes in a frame.
pub const MOST: usize = 400;

/// The ink of one frame.
#[derive(Debug, Default)]
pub struct Ink {
    used: Cell<usize>,
    kept: Cell<usize>,
}

impl Ink {
    /// A new frame; so many shapes are kept for what is drawn after [`Ink::release`].
    pub fn begin(&self, kept: usize) {
        self.used.set(0);
        self.kept.set(kept.min(MOST));
    }

    /// What was kept may be used from now on.
    pub fn release(&self) {
        self.kept.set(0);
    }

    /// Uses the ink of so many shapes, if there is enough.
    pub fn takes(&self, shapes: usize) -> bool {
        let used = self.used.get() + shapes;
        let is_enough = used + self.kept.get() <= MOST;
        if is_enough {
            self.used.set(used);
        }
        is_enough
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
            ink.release();
            assert!(ink.takes(100) && !ink.takes(3));
            assert_eq!(ink.used(), MOST);
        }
    }
}
