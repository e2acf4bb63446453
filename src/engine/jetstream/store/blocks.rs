//! Messages in the order of their sequences, in blocks.
//!
//! Knows sequences and times. Appending and dropping the oldest cost the same however long the stream is; a message in
//! the middle is found by halving. A block that lost most of its messages gives its memory back.

use super::Stored;
use crate::time::Timestamp;
use std::collections::VecDeque;

/// Small enough that taking one message out of a block moves little, large enough that there are few blocks.
const BLOCK_MESSAGES: usize = 256;

#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    /// Ascending by sequence; no block is empty.
    blocks: VecDeque<VecDeque<Stored>>,
    len: u64,
}

impl Blocks {
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Sequences only ever grow: `message.seq` is above every other.
    pub fn push(&mut self, message: Stored) {
        self.len += 1;
        match self.blocks.back_mut() {
            Some(block) if block.len() < BLOCK_MESSAGES => block.push_back(message),
            _ => self.blocks.push_back(VecDeque::from(vec![message])),
        }
    }

    pub fn first(&self) -> Option<&Stored> {
        self.blocks.front().and_then(VecDeque::front)
    }

    pub fn last(&self) -> Option<&Stored> {
        self.blocks.back().and_then(VecDeque::back)
    }

    pub fn get(&self, seq: u64) -> Option<&Stored> {
        let (block, index) = self.position(seq);
        self.blocks.get(block)?.get(index).filter(|message| message.seq == seq)
    }

    pub fn remove(&mut self, seq: u64) -> Option<Stored> {
        let (block_index, index) = self.position(seq);
        let block = self.blocks.get_mut(block_index)?;
        block.get(index).filter(|message| message.seq == seq)?;
        let removed = block.remove(index);
        self.len -= 1;
        if block.is_empty() {
            self.blocks.remove(block_index);
        } else if block.len() * 4 < block.capacity() && block.capacity() > 8 {
            block.shrink_to(block.len() * 2);
        }
        removed
    }

    /// Takes out every message `is_gone` says; blocks that go as a whole come back as they were.
    pub fn take_out(&mut self, is_gone: impl Fn(&Stored) -> bool) -> Vec<VecDeque<Stored>> {
        let mut taken = Vec::new();
        for mut block in std::mem::take(&mut self.blocks) {
            let count = block.iter().filter(|message| is_gone(message)).count();
            if count == block.len() {
                taken.push(block);
            } else {
                if count > 0 {
                    let (gone, kept) = block.into_iter().partition::<VecDeque<_>, _>(|message| is_gone(message));
                    taken.push(gone);
                    block = kept;
                }
                self.blocks.push_back(block);
            }
        }
        self.len -= taken.iter().map(|block| block.len() as u64).sum::<u64>();
        taken
    }

    /// Takes out every message below `end`.
    pub fn take_below(&mut self, end: u64) -> Vec<VecDeque<Stored>> {
        let mut taken = Vec::new();
        while let Some(mut block) = self.blocks.pop_front() {
            let index = index_in(&block, end);
            if index < block.len() {
                let kept = block.split_off(index);
                self.blocks.push_front(kept);
                if index > 0 {
                    taken.push(block);
                }
                break;
            }
            taken.push(block);
        }
        self.len -= taken.iter().map(|block| block.len() as u64).sum::<u64>();
        taken
    }

    /// Takes out everything.
    pub fn take_all(&mut self) -> VecDeque<VecDeque<Stored>> {
        self.len = 0;
        std::mem::take(&mut self.blocks)
    }

    /// Ascending, from the first message at or after `seq`.
    pub fn iter_from(&self, seq: u64) -> impl Iterator<Item = &Stored> {
        let (block, index) = self.position(seq);
        let head = self.blocks.get(block).map(|block| block.range(index..)).into_iter().flatten();
        let tail = self.blocks.range((block + 1).min(self.blocks.len())..).flatten();
        head.chain(tail)
    }

    /// Descending, from the last message at or before `seq`.
    pub fn iter_back_from(&self, seq: u64) -> impl Iterator<Item = &Stored> {
        let (block, index) = self.position(seq.saturating_add(1));
        let head = self.blocks.get(block).map(|block| block.range(..index).rev()).into_iter().flatten();
        let tail = self.blocks.range(..block.min(self.blocks.len())).rev().flat_map(|block| block.iter().rev());
        head.chain(tail)
    }

    /// How many messages are at or after `seq`.
    pub fn count_from(&self, seq: u64) -> u64 {
        let (Some(first), Some(last)) = (self.first(), self.last()) else { return 0 };
        if seq <= first.seq {
            return self.len;
        }
        let has_no_gaps = last.seq - first.seq + 1 == self.len;
        if has_no_gaps {
            return (last.seq + 1).saturating_sub(seq);
        }
        let (block, index) = self.position(seq);
        let in_block = self.blocks.get(block).map_or(0, |block| block.len() - index);
        let after = self.blocks.iter().skip(block + 1).map(VecDeque::len).sum::<usize>();
        (in_block + after) as u64
    }

    /// The first message stored at or after `at`. Times grow with sequences.
    pub fn first_at_or_after(&self, at: Timestamp) -> Option<&Stored> {
        let index = self.blocks.partition_point(|block| block.back().is_some_and(|last| last.at < at));
        let block = self.blocks.get(index)?;
        block.get(block.partition_point(|message| message.at < at))
    }

    /// Where the first message at or after `seq` is; one past the end if there is none.
    fn position(&self, seq: u64) -> (usize, usize) {
        let block_index = self.blocks.partition_point(|block| block.back().is_some_and(|last| last.seq < seq));
        let Some(block) = self.blocks.get(block_index) else { return (block_index, 0) };
        (block_index, index_in(block, seq))
    }
}

fn index_in(block: &VecDeque<Stored>, seq: u64) -> usize {
    let Some(first) = block.front() else { return 0 };
    if seq <= first.seq {
        return 0;
    }
    // Without gaps the answer is a subtraction.
    let guess = usize::try_from(seq - first.seq).unwrap_or(usize::MAX);
    if block.get(guess).is_some_and(|message| message.seq == seq) {
        return guess;
    }
    block.partition_point(|message| message.seq < seq)
}
