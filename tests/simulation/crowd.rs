//! What a crowd does: steps that make sense in any order, so that any of them can be left out.

use jetlab::nuid::Rng;
use std::time::Duration;

/// Every subject there is; filters are judged by trying these.
pub const SUBJECTS: [&str; 4] = ["a", "b", "c.x", "c.y"];
pub const FILTERS: [&str; 5] = ["", "a", "b", "c.*", "c.x"];
pub const CONSUMERS: usize = 3;

#[derive(Clone, Debug)]
pub enum Step {
    Publish {
        subject: usize,
        bytes: usize,
    },
    Pull {
        consumer: usize,
        batch: usize,
    },
    /// Answers the `back`th newest delivery of a consumer, around in a circle.
    Answer {
        consumer: usize,
        back: usize,
        word: Word,
    },
    Delete {
        seq: u64,
    },
    /// Everything, or what a filter names, below a sequence if there is one.
    Purge {
        filter: usize,
        below: u64,
    },
    AddConsumer {
        consumer: usize,
        wish: Wish,
    },
    DropConsumer {
        consumer: usize,
    },
    Wait(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Ack,
    Nak,
    Term,
    InProgress,
}

impl Word {
    pub fn text(self) -> &'static str {
        match self {
            Word::Ack => "+ACK",
            Word::Nak => "-NAK",
            Word::Term => "+TERM",
            Word::InProgress => "+WPI",
        }
    }
}

/// A consumer as somebody wants it.
#[derive(Clone, Debug)]
pub struct Wish {
    pub filter: usize,
    pub ack_all: bool,
    pub max_deliver: Option<u64>,
    pub max_ack_pending: Option<u64>,
    pub only_new: bool,
}

pub fn script(rng: &mut Rng, steps: usize) -> Vec<Step> {
    let mut script: Vec<Step> = (0..2).map(|consumer| Step::AddConsumer { consumer, wish: wish(rng) }).collect();
    script.extend((0..steps).map(|_| step(rng)));
    script
}

fn below(rng: &mut Rng, bound: usize) -> usize {
    rng.below(bound as u64) as usize
}

fn one_of<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[below(rng, from.len())]
}

fn step(rng: &mut Rng) -> Step {
    let consumer = below(rng, CONSUMERS);
    match below(rng, 100) {
        0..=34 => Step::Publish { subject: below(rng, SUBJECTS.len()), bytes: below(rng, 60) },
        35..=54 => Step::Pull { consumer, batch: 1 + below(rng, 4) },
        55..=79 => {
            let words = [Word::Ack, Word::Ack, Word::Ack, Word::Ack, Word::Nak, Word::Term, Word::InProgress];
            Step::Answer { consumer, back: below(rng, 5), word: one_of(rng, &words) }
        }
        80..=81 => Step::Delete { seq: 1 + rng.below(40) },
        82 => Step::Purge { filter: below(rng, FILTERS.len()), below: rng.below(30) },
        83..=85 => Step::AddConsumer { consumer, wish: wish(rng) },
        86 => Step::DropConsumer { consumer },
        // Odd figures, so that no two deadlines fall together.
        87..=95 => Step::Wait(Duration::from_nanos(1_000_000_007 * rng.below(6) + 13)),
        _ => Step::Wait(Duration::from_nanos(31_000_000_011)),
    }
}

fn wish(rng: &mut Rng) -> Wish {
    let ack_all = rng.chance(0.15);
    Wish {
        filter: below(rng, FILTERS.len()),
        ack_all,
        max_deliver: if ack_all { None } else { one_of(rng, &[None, None, Some(1), Some(2), Some(3)]) },
        max_ack_pending: one_of(rng, &[None, None, Some(1), Some(2), Some(5)]),
        only_new: rng.chance(0.2),
    }
}
