//! The contexts of a playground, to be kept beyond it and brought into the next.

use super::Playground;
use crate::commands::Contexts;

impl Playground {
    /// The contexts its terminals know.
    pub fn contexts(&self) -> Contexts {
        Contexts::of(&self.files.borrow())
    }

    /// Its terminals know these from now on. Not an input: a session that is kept brings its own.
    pub fn bring_contexts(&mut self, contexts: &Contexts) {
        contexts.write_to(&mut self.files.borrow_mut());
    }
}
