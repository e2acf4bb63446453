//! Rectangles, ways, and text that fits.

/// In CSS pixels, origin top left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn new(x: f64, y: f64, width: f64, height: f64) -> Rect {
        Rect { x, y, width, height }
    }

    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    pub fn center(&self) -> Point {
        Point { x: self.x + self.width / 2.0, y: self.y + self.height / 2.0 }
    }

    /// Larger on every side by so much.
    pub fn grown(&self, x: f64, y: f64) -> Rect {
        Rect::new(self.x - x, self.y - y, self.width + 2.0 * x, self.height + 2.0 * y)
    }

    /// For the `d` attribute of a path.
    pub fn d(&self) -> String {
        let (x, y, right, bottom) = (px(self.x), px(self.y), px(self.right()), px(self.bottom()));
        format!("M{x} {y}H{right}V{bottom}H{x}Z")
    }

    pub fn overlaps(&self, other: &Rect) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    pub fn contains(&self, other: &Rect) -> bool {
        self.x <= other.x && self.y <= other.y && other.right() <= self.right() && other.bottom() <= self.bottom()
    }
}

/// A way along straight pieces with rounded corners.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    points: Vec<Point>,
}

/// Radius of a corner, where there is room for it.
const CORNER: f64 = 12.0;
const SAMPLES_PER_CORNER: usize = 5;

impl Path {
    pub fn through(points: &[(f64, f64)]) -> Path {
        let mut points: Vec<Point> = points.iter().map(|&(x, y)| Point { x, y }).collect();
        points.dedup();
        Path { points }
    }

    pub fn reversed(mut self) -> Path {
        self.points.reverse();
        self
    }

    /// For the `d` attribute of a path.
    pub fn d(&self) -> String {
        let Some(first) = self.points.first() else { return String::new() };
        let mut d = format!("M{} {}", px(first.x), px(first.y));
        for index in 1..self.points.len() {
            match self.corner(index) {
                Some((enter, corner, leave)) => {
                    d += &format!("L{} {}", px(enter.x), px(enter.y));
                    d += &format!("Q{} {} {} {}", px(corner.x), px(corner.y), px(leave.x), px(leave.y));
                }
                None => d += &format!("L{} {}", px(self.points[index].x), px(self.points[index].y)),
            }
        }
        d
    }

    /// The point at `progress` of the whole length, 0 to 1.
    pub fn at(&self, progress: f64) -> Point {
        self.behind(progress, 0.0)
    }

    /// The point so many pixels before that one, and at the start at the earliest.
    pub fn behind(&self, progress: f64, pixels: f64) -> Point {
        let points = self.sampled();
        let lengths: Vec<f64> = points.windows(2).map(|pair| distance(pair[0], pair[1])).collect();
        let mut left = (progress.clamp(0.0, 1.0) * lengths.iter().sum::<f64>() - pixels).max(0.0);
        for (pair, length) in points.windows(2).zip(lengths) {
            if left <= length && length > 0.0 {
                return between(pair[0], pair[1], left / length);
            }
            left -= length;
        }
        points.last().copied().unwrap_or_default()
    }

    /// Points along the way, close enough to be joined by straight lines; `aside` pixels to the right of it.
    pub fn aside(&self, aside: f64) -> Vec<Point> {
        let points = self.sampled();
        let normal = |index: usize| {
            let (from, to) = (points[index.saturating_sub(1)], points[(index + 1).min(points.len() - 1)]);
            let length = distance(from, to).max(0.001);
            Point { x: -(to.y - from.y) / length * aside, y: (to.x - from.x) / length * aside }
        };
        let moved = |index: usize| {
            let (at, by) = (points[index], normal(index));
            Point { x: at.x + by.x, y: at.y + by.y }
        };
        (0..points.len()).map(moved).collect()
    }

    fn sampled(&self) -> Vec<Point> {
        let mut points: Vec<Point> = self.points.first().copied().into_iter().collect();
        for index in 1..self.points.len() {
            match self.corner(index) {
                Some((enter, corner, leave)) => points.extend((0..=SAMPLES_PER_CORNER).map(|sample| {
                    let t = sample as f64 / SAMPLES_PER_CORNER as f64;
                    between(between(enter, corner, t), between(corner, leave, t), t)
                })),
                None => points.push(self.points[index]),
            }
        }
        points
    }

    /// Where the rounding of an inner point begins, the point, where it ends.
    fn corner(&self, index: usize) -> Option<(Point, Point, Point)> {
        let (before, corner, after) = (self.points[index - 1], self.points[index], *self.points.get(index + 1)?);
        let radius = CORNER.min(distance(before, corner) / 2.0).min(distance(corner, after) / 2.0);
        let towards = |to: Point| between(corner, to, radius / distance(corner, to).max(0.001));
        Some((towards(before), corner, towards(after)))
    }
}

fn distance(a: Point, b: Point) -> f64 {
    (a.x - b.x).hypot(a.y - b.y)
}

fn between(a: Point, b: Point, t: f64) -> Point {
    Point { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t }
}

/// A coordinate short enough to read in the page's source.
pub fn px(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

/// Width of a character of the fixed-width face, in em; a little more than the widest face we name.
const MONO: f64 = 0.62;
/// The same for running text, on average and generously.
const SANS: f64 = 0.57;

pub fn mono_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * MONO
}

pub fn sans_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * SANS
}

/// `text` as far as it fits, the middle left out: names differ at both ends.
pub fn fit_mono(text: &str, size: f64, width: f64) -> String {
    let room = (width / (size * MONO)).floor().max(1.0) as usize;
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= room {
        return text.to_owned();
    }
    let tail = (room - 1) / 2;
    let head = room - 1 - tail;
    let start: String = chars[..head].iter().collect();
    let end: String = chars[chars.len() - tail..].iter().collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_middle() {
        assert_eq!(fit_mono("orders_unprocessed", 10.0, 200.0), "orders_unprocessed");
        assert_eq!(fit_mono("orders_unprocessed", 10.0, 62.0), "order…ssed");
        assert_eq!(fit_mono("orders", 10.0, 0.0), "…");
    }

    #[test]
    fn a_path_is_walked_from_end_to_end() {
        let path = Path::through(&[(0.0, 0.0), (100.0, 0.0), (100.0, 100.0)]);
        assert_eq!(path.at(0.0), Point { x: 0.0, y: 0.0 });
        assert_eq!(path.at(1.0), Point { x: 100.0, y: 100.0 });
        let middle = path.at(0.5);
        assert!((middle.x + middle.y - 100.0).abs() < 1.0 && middle.x < 100.0, "{middle:?}");
        assert_eq!(path.d(), "M0 0L88 0Q100 0 100 12L100 100");
        assert_eq!(path.clone().reversed().at(0.25).x, 100.0);
        assert!((path.behind(0.25, 10.0).x - path.at(0.25).x + 10.0).abs() < 0.01);
        assert_eq!(path.behind(0.01, 10.0), path.at(0.0));
        assert_eq!(Path::default().at(0.5), Point::default());
    }
}
