//! How one list becomes another: what is kept, changed, gone and come.
//!
//! Looks from both ends in turn, along diagonals, and takes the first match: good, not the shortest.
//! Source: go-cmp `internal/diff`, whose choices are seen in what is printed.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    Kept,
    Changed,
    Gone,
    Come,
}

/// How many leaves of two items are equal and how many are not.
#[derive(Clone, Copy)]
pub(super) struct Likeness {
    pub same: usize,
    pub different: usize,
}

impl Likeness {
    /// Of what has no parts: two that differ are nothing alike.
    pub fn of(is_equal: bool) -> Likeness {
        Likeness { same: usize::from(is_equal), different: 2 * usize::from(!is_equal) }
    }

    fn is_equal(self) -> bool {
        self.different == 0
    }

    /// Like enough to be one item that changed.
    fn is_similar(self) -> bool {
        self.same + 1 >= self.different
    }
}

type Compare<'a> = dyn Fn(usize, usize) -> Likeness + 'a;

/// A way from one corner; `at` is how far it is from the beginning of both lists.
struct Path {
    at: (i64, i64),
    edits: Vec<Edit>,
    is_forward: bool,
}

impl Path {
    /// The pair of items the next step would go over.
    fn next(&self, compare: &Compare<'_>) -> Likeness {
        let back = i64::from(!self.is_forward);
        compare((self.at.0 - back) as usize, (self.at.1 - back) as usize)
    }

    fn go(&mut self, edit: Edit) {
        let step = if self.is_forward { 1 } else { -1 };
        self.at.0 += if edit == Edit::Come { 0 } else { step };
        self.at.1 += if edit == Edit::Gone { 0 } else { step };
        self.edits.push(edit);
    }

    /// Steps left to `target` in both directions.
    fn left(&self, target: (i64, i64)) -> (i64, i64) {
        ((target.0 - self.at.0).abs(), (target.1 - self.at.1).abs())
    }

    fn go_to(&mut self, target: (i64, i64), compare: &Compare<'_>) {
        loop {
            let (x, y) = self.left(target);
            let edit = match (x, y) {
                (0, 0) => return,
                (_, 0) => Edit::Gone,
                (0, _) => Edit::Come,
                _ => match self.next(compare) {
                    it if it.is_equal() => Edit::Kept,
                    it if it.is_similar() => Edit::Changed,
                    _ if self.is_forward && x >= y || !self.is_forward && x > y => Edit::Gone,
                    _ => Edit::Come,
                },
            };
            self.go(edit);
        }
    }

    /// Goes over all that is equal until `other` is met.
    fn follow(&mut self, other: (i64, i64), compare: &Compare<'_>) {
        while self.left(other).0 > 0 && self.left(other).1 > 0 && self.next(compare).is_equal() {
            self.go(Edit::Kept);
        }
    }
}

/// Each item of either list is in one edit, in order.
pub(super) fn edits(old: usize, new: usize, compare: &Compare<'_>) -> Vec<Edit> {
    let end = (old as i64, new as i64);
    let mut paths = [
        Path { at: (0, 0), edits: Vec::new(), is_forward: true },
        Path { at: end, edits: Vec::new(), is_forward: false },
    ];
    let mut fronts = [(0, 0), end];
    let mut budget = 4 * (old + new);
    let mut turn = 0;
    while fronts[0].0 < fronts[1].0 && fronts[0].1 < fronts[1].1 && budget > 0 {
        search(&mut paths, &mut fronts, turn, &mut budget, compare);
        let (front, far) = (fronts[turn], paths[1 - turn].at);
        let step = if turn == 0 { 1 } else { -1 };
        if (far.0 - front.0).abs() >= (far.1 - front.1).abs() {
            fronts[turn].0 += step;
        } else {
            fronts[turn].1 += step;
        }
        turn = 1 - turn;
    }
    let [mut forward, backward] = paths;
    forward.go_to(backward.at, compare);
    forward.edits.extend(backward.edits.iter().rev());
    forward.edits
}

/// Looks for a match along the diagonal through the front; 0, then on either side by turns.
fn search(paths: &mut [Path; 2], fronts: &mut [(i64, i64); 2], turn: usize, budget: &mut usize, compare: &Compare<'_>) {
    let other = paths[1 - turn].at;
    let path = &mut paths[turn];
    let is_forward = path.is_forward;
    let mut stopped = [false; 2];
    let mut count = 0;
    while !(stopped[0] && stopped[1]) && *budget > 0 {
        let side = if count % 2 == 0 { count / 2 } else { -(count + 1) / 2 };
        count += 1;
        let side = if is_forward { side } else { -side };
        let point = (fronts[turn].0 + side, fronts[turn].1 - side);
        let beyond = |point: i64, own: i64, other: i64| match is_forward {
            true => (point >= other, point < own),
            false => (point <= other, point > own),
        };
        let (x_far, x_back) = beyond(point.0, path.at.0, other.0);
        let (y_far, y_back) = beyond(point.1, path.at.1, other.1);
        let back = i64::from(!is_forward);
        if x_far || y_back {
            stopped[0] = true;
        } else if y_far || x_back {
            stopped[1] = true;
        } else if compare((point.0 - back) as usize, (point.1 - back) as usize).is_equal() {
            path.go_to(point, compare);
            path.go(Edit::Kept);
            path.follow(other, compare);
            fronts[turn] = path.at;
            return;
        } else {
            *budget -= 1;
        }
    }
}
