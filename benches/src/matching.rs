//! Finding the subscriptions a subject is for: through the trie, and by asking every one of them.

use crate::{Finished, Prepared};
use jetlab::subject::{SubjectFilter, SubjectTrie};
use std::any::Any;
use std::hint::black_box;

/// Subjects in turn, so that no branch predictor learns one by heart.
const SUBJECTS: u64 = 64;

pub fn in_trie(subscriptions: u64, n: u64) -> Prepared {
    let mut trie = SubjectTrie::new();
    for (number, filter) in filters(subscriptions).iter().enumerate() {
        trie.insert(filter, number);
    }
    let subjects = subjects(subscriptions);
    Box::new(move || {
        let mut found = 0;
        for subject in turns(&subjects, n) {
            trie.for_each_match(black_box(subject), |_| found += 1);
        }
        checked(found, n, (trie, subjects))
    })
}

pub fn by_scan(subscriptions: u64, n: u64) -> Prepared {
    let filters = filters(subscriptions);
    let subjects = subjects(subscriptions);
    Box::new(move || {
        let mut found = 0;
        for subject in turns(&subjects, n) {
            found += filters.iter().filter(|filter| filter.matches(black_box(subject))).count() as u64;
        }
        checked(found, n, (filters, subjects))
    })
}

/// A tenth are wildcards, as on a server with many services: `orders.*.n.created`, and plain ones beside.
fn filters(count: u64) -> Vec<SubjectFilter> {
    let text = |n: u64| match n % 10 {
        9 => format!("orders.*.{n}.created"),
        _ => format!("orders.eu.{n}.created"),
    };
    (0..count).map(|n| SubjectFilter::new(&text(n)).expect("a valid filter")).collect()
}

/// Each is for exactly one of the subscriptions.
fn subjects(count: u64) -> Vec<String> {
    (0..SUBJECTS).map(|n| format!("orders.eu.{}.created", n * 7 % count)).collect()
}

fn turns(subjects: &[String], n: u64) -> impl Iterator<Item = &str> {
    subjects.iter().cycle().take(n as usize).map(String::as_str)
}

fn checked(found: u64, n: u64, kept: impl Any) -> Finished {
    assert_eq!(found, n, "every subject is for exactly one subscription");
    Finished::new(found, kept)
}
