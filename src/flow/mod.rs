//! What moved, where, when and why.
