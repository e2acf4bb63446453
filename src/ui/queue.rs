//! Lines that were pasted and wait for their terminal to be free.
//!
//! Knows terminals by their names only. [`Queue::next`] is the way out: one line of those whose turn it is.

use std::collections::VecDeque;

struct Waiting {
    actor: String,
    line: String,
    /// It also waits for those in turn before it, whoever's they are.
    in_turn: bool,
}

#[derive(Default)]
pub struct Queue {
    waiting: VecDeque<Waiting>,
}

impl Queue {
    /// Behind what waits for the same terminal.
    pub fn push(&mut self, actor: &str, line: &str) {
        self.waiting.push_back(Waiting { actor: actor.to_owned(), line: line.to_owned(), in_turn: false });
    }

    /// Behind everything that keeps the turn.
    pub fn push_in_turn(&mut self, actor: String, line: String) {
        self.waiting.push_back(Waiting { actor, line, in_turn: true });
    }

    /// Takes out the first line whose terminal is free and that nothing before it holds up.
    pub fn next(&mut self, is_free: impl Fn(&str) -> bool) -> Option<(String, String)> {
        let is_due = |at: usize, this: &Waiting| {
            let holds_up = |other: &Waiting| other.actor == this.actor || other.in_turn && this.in_turn;
            is_free(&this.actor) && !self.waiting.iter().take(at).any(holds_up)
        };
        let at = self.waiting.iter().enumerate().position(|(at, this)| is_due(at, this))?;
        let Waiting { actor, line, .. } = self.waiting.remove(at)?;
        Some((actor, line))
    }

    pub fn holds(&self, actor: &str) -> bool {
        self.waiting.iter().any(|waiting| waiting.actor == actor)
    }

    /// What waits for that terminal is not wanted any more.
    pub fn forget(&mut self, actor: &str) {
        self.waiting.retain(|waiting| waiting.actor != actor);
    }

    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(queue: &mut Queue, free: &[&str]) -> Vec<String> {
        std::iter::from_fn(|| queue.next(|actor| free.contains(&actor))).map(|(_, line)| line).collect()
    }

    #[test]
    fn what_waits_for_one_terminal_does_not_hold_up_another() {
        let mut queue = Queue::default();
        for (actor, line) in [("main", "one"), ("main", "two"), ("second", "three")] {
            queue.push(actor, line);
        }
        assert_eq!(taken(&mut queue, &["second"]), ["three"]);
        assert!(queue.holds("main") && !queue.holds("second"));
        assert_eq!(taken(&mut queue, &["main"]), ["one", "two"]);
        assert!(queue.is_empty());
    }

    #[test]
    fn lines_in_turn_wait_for_each_other() {
        let mut queue = Queue::default();
        for (actor, line) in [("main", "one"), ("second", "two"), ("main", "three")] {
            queue.push_in_turn(actor.to_owned(), line.to_owned());
        }
        queue.push("third", "pasted");
        assert_eq!(taken(&mut queue, &["second", "third"]), ["pasted"]);
        assert_eq!(taken(&mut queue, &["main", "second"]), ["one", "two", "three"]);
    }

    #[test]
    fn what_is_interrupted_is_forgotten() {
        let mut queue = Queue::default();
        for (actor, line) in [("main", "one"), ("second", "two")] {
            queue.push(actor, line);
        }
        queue.forget("main");
        assert_eq!(taken(&mut queue, &["main", "second"]), ["two"]);
    }
}
