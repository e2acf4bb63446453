//! The bar that shows how far a long run is.
//!
//! Source: natscli reference, "Progress".

use super::Context;
use crate::time::Timestamp;
use std::time::Duration;

/// A bar on standard output, drawn over itself.
pub struct Progress {
    total: u64,
    done: u64,
    started: Timestamp,
    drawn: Option<Timestamp>,
    columns: usize,
}

const REDRAW: Duration = Duration::from_millis(250);
const QUARTERS: [char; 4] = ['░', '░', '▒', '▓'];

impl Progress {
    pub fn new(context: &Context, total: u64) -> Progress {
        let columns = context.console.columns();
        Progress { total, done: 0, started: context.now(), drawn: None, columns }
    }

    pub fn advance(&mut self, context: &Context, by: u64) {
        self.done += by;
        let now = context.now();
        let since = now.since(self.drawn.unwrap_or(self.started));
        if since >= REDRAW && self.done < self.total {
            self.draw(context, &self.running(now));
            self.drawn = Some(now);
        }
    }

    /// What is shown when the run ends early, after `more` of it.
    pub fn stop(&mut self, context: &Context, more: u64) {
        self.done += more;
        self.draw(context, &self.running(context.now()));
    }

    pub fn finish(&mut self, context: &Context) {
        let line = format!(" done! {}", self.figures(context.now()));
        self.draw(context, &line);
    }

    fn draw(&self, context: &Context, line: &str) {
        let up = if self.drawn.is_some() { "\u{1b}[A\u{1b}[K" } else { "" };
        context.console.print(&format!("{up}{line}\n"));
    }

    fn running(&self, now: Timestamp) -> String {
        let share = self.done as f64 / self.total.max(1) as f64;
        let inner = (self.columns.saturating_sub(30) / 2).max(5).saturating_sub(2);
        let filled = share * inner as f64;
        let whole = filled as usize;
        let mut bar = "█".repeat(whole);
        if whole < inner {
            bar.push(QUARTERS[((filled - whole as f64) * 4.0) as usize % 4]);
            bar += &"░".repeat(inner - whole - 1);
        }
        format!("{:5.2}% ║{bar}║ {} ", share * 100.0, self.figures(now))
    }

    fn figures(&self, now: Timestamp) -> String {
        let elapsed = now.since(self.started);
        let rate = self.done as f64 / elapsed.as_secs_f64().max(1e-6);
        let millis = Duration::from_millis(elapsed.as_millis() as u64);
        let elapsed = crate::time::format_go_duration(millis);
        format!("[{} in {elapsed}; {}/s]", short(self.done as f64), short(rate))
    }
}

/// `48`, `6.49K`, `1.52M`.
fn short(value: f64) -> String {
    match value {
        value if value < 1e3 => format!("{}", value.round()),
        value if value < 1e6 => format!("{:.2}K", value / 1e3),
        value if value < 1e9 => format!("{:.2}M", value / 1e6),
        value => format!("{:.2}G", value / 1e9),
    }
}
