//! Messages that were let go of in large numbers, until their memory is given back bit by bit.
//!
//! Freeing a million messages takes longer than a frame; nobody has to wait for that. The way in is
//! [`Discarded::free_some`].

use super::Stored;
use super::subjects::Subjects;
use std::collections::VecDeque;

/// Blocks and subjects freed in one step.
const BLOCKS_A_STEP: usize = 16;
const SUBJECTS_A_STEP: usize = 4096;

#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Discarded {
    blocks: Vec<VecDeque<Stored>>,
    subjects: Vec<Subjects>,
}

impl Discarded {
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.subjects.is_empty()
    }

    pub(super) fn add_blocks(&mut self, blocks: impl IntoIterator<Item = VecDeque<Stored>>) {
        self.blocks.extend(blocks);
    }

    pub(super) fn add_subjects(&mut self, subjects: Subjects) {
        self.subjects.push(subjects);
    }

    pub fn append(&mut self, mut other: Discarded) {
        self.blocks.append(&mut other.blocks);
        self.subjects.append(&mut other.subjects);
    }

    /// Gives back a share of the memory.
    pub fn free_some(&mut self) {
        self.blocks.truncate(self.blocks.len().saturating_sub(BLOCKS_A_STEP));
        if let Some(subjects) = self.subjects.last_mut() {
            subjects.drop_some(SUBJECTS_A_STEP);
            if subjects.len() == 0 {
                self.subjects.pop();
            }
        }
    }
}
