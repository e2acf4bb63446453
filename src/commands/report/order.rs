//! Lists in the order in which the command line leaves them, equals included.
//!
//! Knows nothing of what is sorted. The way in is [`arrange`]. Up to twelve items equals keep their order; of more, the
//! original's sorting moves them about, always in the same way. Source: Go's `sort.Slice` as observed and described in
//! Orson Peters' "Pattern-defeating Quicksort".

/// So few are sorted by insertion.
const FEW: usize = 12;
/// So many are worth looking at three times as many places for a good pivot.
const MANY: usize = 50;
/// How many places out of order are put right one by one before that is given up.
const REPAIRS: usize = 5;

/// Sorts by `less` as `sort.Slice` does.
pub fn arrange<T>(items: &mut Vec<T>, mut less: impl FnMut(&T, &T) -> bool) {
    let mut sorting = Sorting { order: (0..items.len()).collect(), less: &mut |a, b| less(&items[a], &items[b]) };
    let (end, limit) = (sorting.order.len(), usize::BITS - items.len().leading_zeros());
    sorting.quick(0, end, limit);
    let order = sorting.order;
    let mut places: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.into_iter().filter_map(|at| places[at].take()));
}

struct Sorting<'a> {
    /// Which item stands at each place.
    order: Vec<usize>,
    less: &'a mut dyn FnMut(usize, usize) -> bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    Unknown,
    Rising,
    Falling,
}

impl Sorting<'_> {
    fn less(&mut self, a: usize, b: usize) -> bool {
        (self.less)(self.order[a], self.order[b])
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.order.swap(a, b);
    }

    fn quick(&mut self, mut start: usize, mut end: usize, mut limit: u32) {
        let (mut balanced, mut partitioned) = (true, true);
        loop {
            let length = end - start;
            if length <= FEW {
                return self.insert(start, end);
            }
            if limit == 0 {
                return self.heap(start, end);
            }
            if !balanced {
                self.break_patterns(start, end);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.choose_pivot(start, end);
            if hint == Hint::Falling {
                self.order[start..end].reverse();
                pivot = (end - 1) - (pivot - start);
                hint = Hint::Rising;
            }
            if balanced && partitioned && hint == Hint::Rising && self.repair(start, end) {
                return;
            }
            // Nothing here is less than what stands before: the pivot is among the least.
            if start > 0 && !self.less(start - 1, pivot) {
                start = self.partition_equals(start, end, pivot);
                continue;
            }
            let (middle, was_partitioned) = self.partition(start, end, pivot);
            partitioned = was_partitioned;
            let (left, right) = (middle - start, end - middle);
            balanced = left.min(right) >= length / 8;
            if left < right {
                self.quick(start, middle, limit);
                start = middle + 1;
            } else {
                self.quick(middle + 1, end, limit);
                end = middle;
            }
        }
    }

    fn insert(&mut self, start: usize, end: usize) {
        for from in start + 1..end {
            let mut at = from;
            while at > start && self.less(at, at - 1) {
                self.swap(at, at - 1);
                at -= 1;
            }
        }
    }

    fn heap(&mut self, start: usize, end: usize) {
        let length = end - start;
        for root in (0..length.div_ceil(2)).rev() {
            self.sift(root, length, start);
        }
        for last in (0..length).rev() {
            self.swap(start, start + last);
            self.sift(0, last, start);
        }
    }

    fn sift(&mut self, mut root: usize, length: usize, start: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= length {
                return;
            }
            if child + 1 < length && self.less(start + child, start + child + 1) {
                child += 1;
            }
            if !self.less(start + root, start + child) {
                return;
            }
            self.swap(start + root, start + child);
            root = child;
        }
    }

    /// Those less than the pivot, the pivot, the others: where the pivot is then, and whether it was so already.
    fn partition(&mut self, start: usize, end: usize, pivot: usize) -> (usize, bool) {
        self.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        while low <= high && self.less(low, start) {
            low += 1;
        }
        while low <= high && !self.less(high, start) {
            high -= 1;
        }
        if low > high {
            self.swap(high, start);
            return (high, true);
        }
        self.swap(low, high);
        (low, high) = (low + 1, high - 1);
        loop {
            while low <= high && self.less(low, start) {
                low += 1;
            }
            while low <= high && !self.less(high, start) {
                high -= 1;
            }
            if low > high {
                break;
            }
            self.swap(low, high);
            (low, high) = (low + 1, high - 1);
        }
        self.swap(high, start);
        (high, false)
    }

    /// Those equal to the pivot, then those greater: where the latter begin.
    fn partition_equals(&mut self, start: usize, end: usize, pivot: usize) -> usize {
        self.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        loop {
            while low <= high && !self.less(start, low) {
                low += 1;
            }
            while low <= high && self.less(start, high) {
                high -= 1;
            }
            if low > high {
                return low;
            }
            self.swap(low, high);
            (low, high) = (low + 1, high - 1);
        }
    }

    /// Puts a list right that is nearly in order; `false` when it is not.
    fn repair(&mut self, start: usize, end: usize) -> bool {
        let mut at = start + 1;
        for _ in 0..REPAIRS {
            while at < end && !self.less(at, at - 1) {
                at += 1;
            }
            if at == end {
                return true;
            }
            if end - start < MANY {
                return false;
            }
            self.swap(at, at - 1);
            if at - start >= 2 {
                for back in (1..at).rev() {
                    if !self.less(back, back - 1) {
                        break;
                    }
                    self.swap(back, back - 1);
                }
            }
            if end - at >= 2 {
                for forth in at + 1..end {
                    if !self.less(forth, forth - 1) {
                        break;
                    }
                    self.swap(forth, forth - 1);
                }
            }
        }
        false
    }

    /// Moves a few from the middle elsewhere, by a row of numbers that depends on the length alone.
    fn break_patterns(&mut self, start: usize, end: usize) {
        let length = end - start;
        if length < 8 {
            return;
        }
        let mut drawn = length as u64;
        let range = 1usize << (usize::BITS - length.leading_zeros());
        let middle = start + (length / 4) * 2;
        for step in 0..3 {
            drawn ^= drawn << 13;
            drawn ^= drawn >> 7;
            drawn ^= drawn << 17;
            let mut other = drawn as usize & (range - 1);
            if other >= length {
                other -= length;
            }
            self.swap(middle - 1 + step, start + other);
        }
    }

    fn choose_pivot(&mut self, start: usize, end: usize) -> (usize, Hint) {
        let length = end - start;
        let quarter = length / 4;
        let mut swaps = 0;
        let [mut low, mut middle, mut high] = [1, 2, 3].map(|share| start + quarter * share);
        if length >= MANY {
            low = self.median(low - 1, low, low + 1, &mut swaps);
            middle = self.median(middle - 1, middle, middle + 1, &mut swaps);
            high = self.median(high - 1, high, high + 1, &mut swaps);
        }
        let pivot = self.median(low, middle, high, &mut swaps);
        match swaps {
            0 => (pivot, Hint::Rising),
            12 => (pivot, Hint::Falling),
            _ => (pivot, Hint::Unknown),
        }
    }

    fn median(&mut self, mut a: usize, mut b: usize, mut c: usize, swaps: &mut usize) -> usize {
        if self.less(b, a) {
            *swaps += 1;
            (a, b) = (b, a);
        }
        if self.less(c, b) {
            *swaps += 1;
            (b, c) = (c, b);
        }
        let _ = c;
        if self.less(b, a) {
            *swaps += 1;
            b = a;
        }
        b
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(count: u32, by: u32) -> Vec<u32> {
        let mut items: Vec<u32> = (0..count).collect();
        arrange(&mut items, |a, b| a % by < b % by);
        items
    }

    fn sorted_down(count: u32, by: u32) -> Vec<u32> {
        let mut items: Vec<u32> = (0..count).collect();
        arrange(&mut items, |a, b| a % by > b % by);
        items
    }

    fn digest(items: &[u32]) -> u32 {
        items.iter().fold(0, |digest, item| (digest * 31 + item) % 1_000_003)
    }

    proptest! {
        #[test]
        fn it_sorts(mut items in prop::collection::vec(0..40u8, 0..300)) {
            let mut expected = items.clone();
            expected.sort_unstable();
            arrange(&mut items, |a, b| a < b);
            prop_assert_eq!(items, expected);
        }
    }

    #[test]
    fn few_equals_keep_their_order() {
        assert_eq!(sorted(12, 1), (0..12).collect::<Vec<_>>());
        assert_eq!(sorted(6, 2), [0, 2, 4, 1, 3, 5]);
    }

    #[test]
    fn more_equals_are_moved_as_go_moves_them() {
        assert_eq!(sorted(20, 2), [10, 18, 2, 16, 4, 0, 6, 14, 8, 12, 5, 11, 9, 13, 7, 15, 3, 17, 1, 19]);
        for (count, by, up, down) in [
            (20, 3, 479_528, 981_480),
            (33, 5, 663_235, 826_262),
            (60, 4, 629_040, 170_562),
            (60, 7, 370_681, 241_212),
            (130, 3, 999_665, 765_316),
            (200, 11, 623_632, 952_498),
            (70, 1, 123_647, 123_647),
        ] {
            assert_eq!((digest(&sorted(count, by)), digest(&sorted_down(count, by))), (up, down), "{count} by {by}");
        }
    }
}
