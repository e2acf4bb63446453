//! `stream graph`, `consumer graph`, `subscribe --graph`: figures over time, drawn again each second.
//!
//! A [`Board`] draws the [`Series`] it holds one below the other. Source: natscli reference, "graph".

use super::report::graph::Graph;
use super::report::text;
use super::{Context, Failure, Matches, Outcome};
use crate::client::jetstream::JetStream;
use crate::time::Timestamp;
use futures::future::select;
use futures::pin_mut;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

/// A terminal of the page has no height: graphs are as high as on the lowest that natscli accepts.
const ROWS: usize = 26;
/// Less room is not enough for any graph.
const LEAST: usize = 20;
const EACH: Duration = Duration::from_secs(1);
pub const CLEAR: &str = "\u{1b}[2J\u{1b}[H";

/// The last values of a figure.
struct Series {
    caption: String,
    /// A number of things, or a number per second.
    is_rate: bool,
    values: VecDeque<f64>,
}

impl Series {
    fn counts(caption: &str) -> Series {
        Series { caption: caption.to_owned(), is_rate: false, values: VecDeque::new() }
    }

    fn rates(caption: &str) -> Series {
        Series { caption: caption.to_owned(), is_rate: true, values: VecDeque::new() }
    }

    fn push(&mut self, value: f64, width: usize) {
        self.values.push_back(value);
        while self.values.len() < width {
            self.values.push_front(0.0);
        }
        while self.values.len() > width {
            self.values.pop_front();
        }
    }

    fn drawn(&self, height: usize) -> String {
        let label = if self.is_rate { two_decimals } else { whole };
        let values: Vec<f64> = self.values.iter().copied().collect();
        Graph { caption: &self.caption, height, label }.drawn(&values)
    }
}

/// `1,234.50`.
fn two_decimals(value: f64) -> String {
    let hundredths = (value.abs() * 100.0).round() as u64;
    let sign = if value < 0.0 && hundredths > 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", text::count(hundredths / 100), hundredths % 100)
}

fn whole(value: f64) -> String {
    text::count(value.max(0.0) as u64)
}

/// What graphs are drawn on.
struct Board {
    title: String,
    series: Vec<Series>,
    /// Columns and rows that are not for lines.
    margin: (usize, usize),
    /// Rows of one graph, of the rows there are.
    height: fn(usize, usize) -> usize,
}

impl Board {
    /// How many values stand beside each other.
    fn width(&self, context: &Context) -> Result<usize, Failure> {
        let (columns, rows) = (context.console.columns().saturating_sub(self.margin.0), ROWS - self.margin.1);
        if columns < LEAST || rows < LEAST {
            return Err("please increase terminal dimensions".into());
        }
        Ok(columns)
    }

    /// Adds a value to each series and draws them all.
    fn draw(&mut self, context: &Context, values: &[f64]) -> Outcome {
        let width = self.width(context)?;
        let height = (self.height)(ROWS - self.margin.1, self.series.len());
        self.series.iter_mut().zip(values).for_each(|(series, value)| series.push(*value, width));
        let graphs: Vec<String> = self.series.iter().map(|series| series.drawn(height)).collect();
        context.console.print(&format!("{CLEAR}{}{}\n", self.title, graphs.join("\n\n")));
        Ok(())
    }
}

/// Only a terminal can be drawn on.
pub(super) fn check(context: &Context) -> Outcome {
    match context.console.is_terminal() {
        true => Ok(()),
        false => Err("can only graph data on an interactive terminal".into()),
    }
}

/// Waits for the next second. `false` when it was interrupted.
async fn next(context: &Context, last: &mut Timestamp) -> bool {
    *last = *last + EACH;
    let goes_on = context.timers.timeout_at(*last, context.console.interrupt()).await.is_err();
    if !goes_on {
        context.console.print(CLEAR);
    }
    goes_on
}

/// By how much a number has grown per second. One that is not known counts as no change of what was drawn before.
fn rate(new: u64, last: u64, since: Duration) -> f64 {
    match new {
        0 => last as f64,
        _ => (new as f64 - last as f64) / since.as_secs_f64().max(1e-9),
    }
}

/// `stream graph`.
pub(super) async fn stream(context: &Context, js: &JetStream, name: &str) -> Outcome {
    let mut board = Board {
        title: format!("Stream Statistics for {name}\n\n"),
        series: vec![
            Series::counts("Messages Stored"),
            Series::rates("Messages Removed / second"),
            Series::rates("Messages Stored / second"),
        ],
        margin: (11, 6),
        height: |rows, _| rows / 3 - 2,
    };
    let mut state = js.stream_info(name).await?.state;
    let (mut at, mut next_at) = (context.now(), context.now());
    while next(context, &mut next_at).await {
        // A look that failed is left out.
        let Ok(info) = js.stream_info(name).await else { continue };
        let since = context.now().since(at);
        let stored = rate(info.state.last_seq, state.last_seq, since);
        let removed = rate(info.state.first_seq, state.first_seq, since);
        (state, at) = (info.state, context.now());
        board.draw(context, &[state.messages as f64, removed, stored])?;
    }
    Ok(())
}

/// `consumer graph`.
pub(super) async fn consumer(context: &Context, js: &JetStream, stream: &str, name: &str) -> Outcome {
    let mut board = Board {
        title: format!("Consumer Statistics for {stream} > {name}\n\n"),
        series: vec![
            Series::counts("Messages Pending"),
            Series::counts("Messages Waiting for Ack"),
            Series::rates("Messages Acknowledged / second"),
            Series::rates("Messages Delivered / second"),
        ],
        margin: (10, 5),
        height: |rows, _| rows / 4 - 2,
    };
    let mut last = js.consumer_info(stream, name).await?;
    let (mut at, mut next_at) = (context.now(), context.now());
    while next(context, &mut next_at).await {
        let Ok(info) = js.consumer_info(stream, name).await else { continue };
        let since = context.now().since(at);
        let acked = rate(info.ack_floor.consumer_seq, last.ack_floor.consumer_seq, since);
        let delivered = rate(info.delivered.consumer_seq, last.delivered.consumer_seq, since);
        (last, at) = (info, context.now());
        board.draw(context, &[last.num_pending as f64, last.num_ack_pending as f64, acked, delivered])?;
    }
    Ok(())
}

/// Subjects there can be a graph of.
const MOST_SUBJECTS: usize = 4;

/// `subscribe --graph`: how many messages came in each second, for each subject.
pub(super) async fn subscriptions(context: &Context, matches: &Matches, subjects: &[String]) -> Outcome {
    if subjects.len() > MOST_SUBJECTS {
        return Err(format!("maximum {MOST_SUBJECTS} subject patterns may be graphed").into());
    }
    let mut received = Vec::new();
    for subject in subjects {
        received.push(context.client.subscribe(subject, None)?);
    }
    super::subscribe::check_subjects(context, subjects).await?;
    let mut board = Board {
        title: String::new(),
        series: subjects.iter().map(|subject| Series::rates(&format!("{subject} / second"))).collect(),
        margin: (10, 6),
        height: |rows, graphs| rows / (graphs + 1) - 1,
    };
    let counts = RefCell::new(vec![0.0; subjects.len()]);
    let reading = super::subscribe::tally(context, matches, received, |at, _| counts.borrow_mut()[at] += 1.0);
    let drawing = async {
        let mut next_at = context.now();
        while next(context, &mut next_at).await {
            let counted = counts.replace(vec![0.0; subjects.len()]);
            board.draw(context, &counted)?;
        }
        Ok(())
    };
    pin_mut!(reading, drawing);
    select(reading, drawing).await.factor_first().0
}
