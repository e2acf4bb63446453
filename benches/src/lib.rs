//! The work the server is measured with, the same natively and in the browser.
//!
//! A [`Workload`] prepares everything outside the measurement and hands back what is measured; that ends by checking that
//! the work was really done, so nothing here can be fast by doing nothing. It knows no clock: `benches/native.rs` measures
//! with criterion, the page of `cargo xtask bench` through `bin/browser.rs`.

mod matching;
pub mod rush;
mod server;
mod streams;

pub use server::Server;

use std::any::Any;

/// Work that was prepared and waits to be measured.
pub type Prepared = Box<dyn FnOnce() -> Finished>;

/// What was measured. Dropping it is not part of the measurement.
pub struct Finished {
    /// How much was done, so that nobody can optimise it away.
    pub done: u64,
    /// What it was done with.
    pub kept: Box<dyn Any>,
}

impl Finished {
    fn new(done: u64, kept: impl Any) -> Finished {
        Finished { done, kept: Box::new(kept) }
    }
}

/// Something to measure, `n` times over.
pub struct Workload {
    /// What stands in the table.
    pub name: &'static str,
    /// Makes everything ready for `n` rounds.
    pub prepare: fn(n: u64) -> Prepared,
}

/// Everything that is measured, in the order of the table.
pub const WORKLOADS: &[Workload] = &[
    Workload { name: "match a subject, 10 subscriptions", prepare: |n| matching::in_trie(10, n) },
    Workload { name: "match a subject, 1000 subscriptions", prepare: |n| matching::in_trie(1_000, n) },
    Workload { name: "match a subject, 100000 subscriptions", prepare: |n| matching::in_trie(100_000, n) },
    Workload { name: "linear scan, 10 subscriptions", prepare: |n| matching::by_scan(10, n) },
    Workload { name: "linear scan, 1000 subscriptions", prepare: |n| matching::by_scan(1_000, n) },
    Workload { name: "publish to a memory stream", prepare: |n| streams::publish(0, n) },
    Workload { name: "publish past 10 consumers that do not match", prepare: |n| streams::publish(10, n) },
    Workload { name: "publish past 1000 consumers that do not match", prepare: |n| streams::publish(1_000, n) },
    Workload { name: "pull and ack", prepare: streams::pull_and_ack },
    Workload { name: "subscribe and unsubscribe past 10 consumers", prepare: |n| streams::come_and_go(10, n) },
    Workload { name: "subscribe and unsubscribe past 1000 consumers", prepare: |n| streams::come_and_go(1_000, n) },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_does_its_work() {
        for workload in WORKLOADS {
            let finished = (workload.prepare)(150)();
            assert_eq!(finished.done, 150, "{}", workload.name);
        }
    }
}
