//! Which columns of a strip have room, and where each of them is.

use super::geometry::sans_width;
use crate::flow::load::Level;
use crate::flow::scene::{Cell, CellState, Column, ConsumerStrip, GapReason, Mix, Strip};
use crate::flow::words;
use crate::map::Map;
use crate::sorted;

/// Side of a cell.
pub const CELL: f64 = 20.0;
/// Between two columns.
pub const BETWEEN: f64 = 4.0;
const LABEL: f64 = 10.0;

/// A column and the place it takes, left edge relative to the strip.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub column: Column,
    pub x: f64,
    pub width: f64,
}

/// As many columns of `strip` as fit into `width`, and no more than `most` cells: the telling ones first, or from where it
/// was scrolled to.
pub fn places(strip: &Strip, width: f64, most: usize) -> Vec<Place> {
    if strip.level == Level::Ribbons {
        return stretched(strip, width);
    }
    let mut ranked = match strip.begins_at {
        Some(begin) => from(strip, begin),
        None => ranked(strip),
    };
    ranked.truncate(most);
    let (mut fits, mut too_many) = (0, ranked.len() + 1);
    while too_many - fits > 1 {
        let middle = (fits + too_many) / 2;
        let fit = total(&chosen(strip, &ranked[..middle])) <= width;
        (fits, too_many) = if fit { (middle, too_many) } else { (fits, middle) };
    }
    placed(chosen(strip, &ranked[..fits]))
}

/// Stretches side by side over the whole width.
fn stretched(strip: &Strip, width: f64) -> Vec<Place> {
    let step = width / strip.columns.len().max(1) as f64;
    let place = |(index, column): (usize, &Column)| Place {
        column: column.clone(),
        x: index as f64 * step,
        width: (step - 1.0).max(1.0),
    };
    strip.columns.iter().enumerate().map(place).collect()
}

/// How the messages behind a counted place stand with a consumer.
pub fn mix(consumer: &ConsumerStrip, from: u64, to: u64) -> Mix {
    let mut mix = Mix::default();
    let inside = |seq: u64| from <= seq && seq <= to;
    consumer.runs.iter().filter(|run| inside(run.from)).for_each(|run| mix.add(&run.mix));
    consumer.cells.iter().filter(|cell| inside(cell.seq)).for_each(|cell| mix.add(&Mix::of(cell.state)));
    mix
}

/// The label of a gap or an elided run, as short as can be.
pub fn label(column: &Column) -> String {
    match column {
        Column::Cell(_) => String::new(),
        Column::Gap { from, to, .. } => words::figure(to - from + 1),
        Column::Unknown { messages, .. } => format!("{}?", words::figure(*messages)),
        Column::Elided { messages, .. } => format!("{}…", words::figure(*messages)),
    }
}

/// The reason under a gap.
pub fn reason(column: &Column) -> &'static str {
    match column {
        Column::Gap { reason, .. } => words::gap_word(*reason),
        Column::Unknown { .. } => "unseen",
        Column::Elided { .. } => "more",
        Column::Cell(_) => "",
    }
}

fn column_width(column: &Column) -> f64 {
    match column {
        Column::Cell(_) => CELL,
        _ => (sans_width(&label(column), LABEL).max(sans_width(reason(column), LABEL)) + 8.0).max(CELL),
    }
}

fn total(columns: &[Column]) -> f64 {
    columns.iter().map(|column| column_width(column) + BETWEEN).sum::<f64>() - BETWEEN
}

fn placed(columns: Vec<Column>) -> Vec<Place> {
    let mut x = 0.0;
    let place = |column: Column| {
        let place = Place { x, width: column_width(&column), column };
        x += place.width + BETWEEN;
        place
    };
    columns.into_iter().map(place).collect()
}

/// Cells by how much they tell: what needs an answer, what went wrong, the fronts of delivery, the newest, the rest.
fn ranked(strip: &Strip) -> Vec<u64> {
    let mut scores: Map<u64, i64> = Map::new();
    for column in &strip.columns {
        if let Column::Cell(cell) = column {
            scores.insert(cell.seq, if cell.points_to.is_some() { 40 } else { 0 });
        }
    }
    for consumer in &strip.consumers {
        for cell in &consumer.cells {
            let Some(score) = scores.get_mut(&cell.seq) else { continue };
            *score += match cell.state {
                CellState::InFlight { .. } => 60,
                CellState::WaitingForRedelivery { .. } => 70,
                CellState::GivenUp | CellState::Terminated => 50,
                _ if cell.seq.abs_diff(consumer.delivered.stream_seq) <= 4 => 30,
                _ => 0,
            };
        }
    }
    let mut ranked: Vec<(i64, u64)> = scores.into_iter().map(|(seq, score)| (score, seq)).collect();
    sorted::by(&mut ranked, |a, b| b.cmp(a));
    ranked.into_iter().map(|(_, seq)| seq).collect()
}

/// Cells from `begin` on, then those before it, the nearest first.
fn from(strip: &Strip, begin: u64) -> Vec<u64> {
    let seqs = || strip.cells().map(|cell| cell.seq);
    let mut before: Vec<u64> = seqs().filter(|seq| *seq < begin).collect();
    before.reverse();
    seqs().filter(|seq| *seq >= begin).chain(before).collect()
}

/// A strip of which only some cells have room: which of its cells is the first that is shown, and how many are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub first: usize,
    pub shown: usize,
}

impl Window {
    /// `None` where everything is shown.
    pub fn of(strip: &Strip, places: &[Place]) -> Option<Window> {
        let mut shown = places.iter().filter(|place| matches!(place.column, Column::Cell(_)));
        let seq = shown.next()?.column.from_seq();
        let window = Window { first: strip.cells().position(|cell| cell.seq == seq)?, shown: 1 + shown.count() };
        (window.shown < strip.cells().count()).then_some(window)
    }

    /// Where the strip begins when the cell at `index` is the first; the newest stay in sight where they come into it.
    pub fn begin_at(&self, strip: &Strip, index: usize) -> u64 {
        match strip.cells().nth(index) {
            Some(cell) if index + self.shown < strip.cells().count() => cell.seq,
            _ => u64::MAX,
        }
    }

    /// Where it begins once what `hidden` counts is to be seen; `None` where that cannot be seen one by one.
    pub fn begin_of(&self, strip: &Strip, hidden: &Column) -> Option<u64> {
        let inside = |cell: &Cell| hidden.from_seq() <= cell.seq && cell.seq <= hidden.to_seq();
        let first = strip.cells().position(inside)?;
        // Back by as many as there is room for.
        let index = if first < self.first { first.max(self.first.saturating_sub(self.shown)) } else { first };
        Some(self.begin_at(strip, index))
    }
}

/// The columns left when only these cells are shown one by one. A gap is named only beside a cell that is shown.
fn chosen(strip: &Strip, shown: &[u64]) -> Vec<Column> {
    let mut shown = shown.to_vec();
    sorted::by_key(&mut shown, |seq| *seq);
    let is_shown = |column: &Column| matches!(column, Column::Cell(cell) if shown.binary_search(&cell.seq).is_ok());
    let all_shown = strip.columns.iter().all(|column| !matches!(column, Column::Cell(_)) || is_shown(column));
    let mut chosen: Vec<Column> = Vec::new();
    for (index, column) in strip.columns.iter().enumerate() {
        let beside = |other: Option<usize>| other.and_then(|i| strip.columns.get(i)).is_some_and(is_shown);
        let keep = match column {
            Column::Cell(_) => is_shown(column),
            Column::Elided { .. } => false,
            Column::Unknown { .. } => all_shown,
            Column::Gap { .. } => all_shown || beside(index.checked_sub(1)) || beside(Some(index + 1)),
        };
        match (keep, chosen.last_mut()) {
            (true, _) => chosen.push(column.clone()),
            (false, Some(last @ Column::Elided { .. })) => absorb(last, column),
            (false, _) => chosen.push(elided(column)),
        }
    }
    chosen.into_iter().map(settle).collect()
}

fn elided(column: &Column) -> Column {
    let messages = match column {
        Column::Cell(_) => 1,
        Column::Elided { messages, .. } | Column::Unknown { messages, .. } => *messages,
        Column::Gap { .. } => 0,
    };
    Column::Elided { from: column.from_seq(), to: column.to_seq(), messages }
}

fn absorb(into: &mut Column, column: &Column) {
    let Column::Elided { messages: more, .. } = elided(column) else { return };
    if let Column::Elided { to, messages, .. } = into {
        *to = column.to_seq();
        *messages += more;
    }
}

/// A run that holds nothing at all is a gap, of no single reason.
fn settle(column: Column) -> Column {
    match column {
        Column::Elided { from, to, messages: 0 } => Column::Gap { from, to, reason: GapReason::Mixed },
        column => column,
    }
}

/// Where a marker "up to and with `seq`" stands, relative to the strip.
pub fn after(places: &[Place], seq: u64) -> f64 {
    let last = places.iter().rev().find(|place| place.column.from_seq() <= seq);
    match last {
        None => -BETWEEN / 2.0,
        Some(place) if place.column.to_seq() > seq => {
            let (from, to) = (place.column.from_seq(), place.column.to_seq());
            place.x + place.width * (seq - from + 1) as f64 / (to - from + 1) as f64
        }
        Some(place) => place.x + place.width + BETWEEN / 2.0,
    }
}
