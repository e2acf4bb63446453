//! How far each client is: a bar for each, drawn over itself.

use crate::commands::Context;
use crate::time::{Timestamp, format_go_duration};
use std::cell::RefCell;
use std::time::Duration;

/// When the bars are seen for the first time, unless it is over by then.
pub(super) const FIRST_DRAWN: Duration = Duration::from_millis(50);
const REDRAWN: Duration = Duration::from_millis(250);
/// What stands beside a bar, and the least a bar may have.
const BESIDE: usize = 30;
const LEAST_WIDTH: usize = 10;

pub(super) struct Bars {
    width: usize,
    inner: RefCell<Inner>,
}

#[derive(Default)]
struct Inner {
    bars: Vec<Bar>,
    drawn: Option<Timestamp>,
    /// Lines that are on the screen and will be drawn over.
    shown: usize,
}

struct Bar {
    doing: [&'static str; 2],
    total: u64,
    done: u64,
    /// When the first message was through, and the last one.
    moved: Option<(Timestamp, Timestamp)>,
}

impl Bars {
    pub fn new(columns: usize) -> Bars {
        Bars { width: columns.saturating_sub(BESIDE).max(LEAST_WIDTH), inner: RefCell::default() }
    }

    /// A client that will handle `total` messages: what it is doing, and what it did.
    pub fn add(&self, doing: [&'static str; 2], total: u64) {
        self.inner.borrow_mut().bars.push(Bar { doing, total, done: 0, moved: None });
    }

    /// Client `index` is done with `by` more messages.
    pub fn advance(&self, context: &Context, index: u64, by: u64) {
        let now = context.now();
        let is_due = {
            let mut inner = self.inner.borrow_mut();
            let due = inner.drawn.is_some_and(|drawn| now.since(drawn) >= REDRAWN);
            let Some(bar) = inner.bars.get_mut(usize::try_from(index).unwrap_or(usize::MAX)) else { return };
            bar.done = (bar.done + by).min(bar.total);
            bar.moved = Some((bar.moved.map_or(now, |(first, _)| first), now));
            due
        };
        if is_due {
            self.draw(context);
        }
    }

    /// Something else was written below; the next picture comes below that.
    pub fn leave(&self) {
        self.inner.borrow_mut().shown = 0;
    }

    pub fn draw(&self, context: &Context) {
        let mut inner = self.inner.borrow_mut();
        let mut picture = "\u{1b}[A\u{1b}[K".repeat(inner.shown);
        for bar in &inner.bars {
            picture += &bar.line(self.width);
            picture.push('\n');
        }
        (inner.drawn, inner.shown) = (Some(context.now()), inner.bars.len());
        context.console.print(&picture);
    }
}

impl Bar {
    fn line(&self, width: usize) -> String {
        let is_full = self.done >= self.total;
        let elapsed = self.moved.map_or("---".to_owned(), |(first, last)| {
            format_go_duration(Duration::from_secs(last.since(first).as_secs()))
        });
        let share = if is_full { 1.0 } else { self.done as f64 / self.total as f64 };
        let filled = (width as f64 * share) as usize;
        let inside = width - 2;
        // The brackets stand on the first and the last place, the head on the last that is filled.
        let bar = match filled {
            0 | 1 => "-".repeat(inside),
            _ if filled >= width => "=".repeat(inside),
            _ => format!("{}>{}", "=".repeat(filled - 2), "-".repeat(inside + 1 - filled)),
        };
        format!("{} {elapsed:>5} [{bar}] {:>3.0}%", self.doing[usize::from(is_full)], share * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_grows() {
        let bar = |done, moved| Bar { doing: ["Getting   ", "Finished  "], total: 20, done, moved }.line(12);
        assert_eq!(bar(0, None), "Getting      --- [----------]   0%");
        let moved = Some((Timestamp(0), Timestamp(1_900_000_000)));
        assert_eq!(bar(10, moved), "Getting       1s [====>-----]  50%");
        assert_eq!(bar(19, moved), "Getting       1s [=========>]  95%");
        assert_eq!(bar(20, moved), "Finished      1s [==========] 100%");
    }
}
