//! Sorting lists of whatever kind with one machine: `slice::sort_by` brings its own for every type it is called with.
//!
//! The order is found as a list of places, which always has the same type; then the items are moved there.

use std::cmp::Ordering;

/// Sorts `items` by `compare`; equal ones keep their order.
pub fn by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let swaps = swaps(items.len(), &mut |a, b| compare(&items[a], &items[b]));
    swaps.into_iter().for_each(|(a, b)| items.swap(a, b));
}

/// Sorts `items` by what `key` takes from them; equal ones keep their order.
pub fn by_key<T, K: Ord>(items: &mut [T], mut key: impl FnMut(&T) -> K) {
    by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts `items` by their own order.
pub fn all<T: Ord>(items: &mut [T]) {
    by(items, T::cmp);
}

/// Which places to swap, one after another, until all is in order.
fn swaps(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..len).collect();
    order.sort_by(|a, b| compare(*a, *b));
    let mut swaps = Vec::new();
    for at in 0..len {
        let mut from = order[at];
        // What stood there was swapped away when its place was filled.
        while from < at {
            from = order[from];
        }
        if from != at {
            swaps.push((at, from));
        }
        order[at] = from;
    }
    swaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(mut items in prop::collection::vec((0..20u8, any::<u8>()), 0..100)) {
            let mut expected = items.clone();
            expected.sort_by_key(|(key, _)| *key);
            by_key(&mut items, |(key, _)| *key);
            prop_assert_eq!(&items, &expected);
            expected.sort();
            all(&mut items);
            prop_assert_eq!(items, expected);
        }
    }
}
