//! Which columns of a strip have room, and where each of them is.

use super::geometry::sans_width;
use crate::flow::load::Level;
use crate::flow::scene::{Cell, CellState, Column, ConsumerCell, ConsumerStrip, GapReason, Mix, Strip};
use crate::flow::words;
use crate::map::Map;
use crate::sorted;

/// Side of a cell.
pub const CELL: f64 = 20.0;
/// Between two columns.
pub const BETWEEN: f64 = 4.0;
const LABEL: f64 = 10.0;
/// How many cells are tried one by one in the room that is left.
const FILLING: usize = 32;

/// A column and the place it takes, left edge relative to the strip.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub column: Column,
    pub x: f64,
    pub width: f64,
}

/// As many columns of `strip` as fit into `width`, and no more than `most` cells: the telling ones first, or from where it
/// was scrolled to. Of a busy strip, equal neighbours that have no room are one column.
pub fn places(strip: &Strip, width: f64, most: usize) -> Vec<Place> {
    if strip.level == Level::Ribbons {
        return stretched(strip, width, most);
    }
    let mut ranked = match strip.begins_at {
        Some(begin) => from(strip, begin),
        None => ranked(strip),
    };
    ranked.truncate(most);
    let fits = |columns: &[Column]| total(columns) <= width;
    if strip.level == Level::Convoys && strip.begins_at.is_none() {
        let alike = Alike::of(strip);
        let folded = |shown: &[u64]| alike.folded(strip, shown);
        let least = folded(&[]);
        if fits(&least) && least.iter().filter(|column| matches!(column, Column::Cell(_))).count() <= most {
            return placed(widest(&ranked, FILLING, folded, fits));
        }
    }
    // Where it was scrolled to, cells stay beside one another.
    let filling = if strip.begins_at.is_none() { FILLING } else { 0 };
    placed(widest(&ranked, filling, |shown| chosen(strip, shown), fits))
}

/// The columns with as many of `ranked` shown as fit, in this order; then, of the next `filling`, each that still has room:
/// one that is far from the others is counted on both its sides, and one beside them is not.
///
/// One cell more is wider, but for the last: then nothing is counted any more. So all of them are tried first.
fn widest(
    ranked: &[u64],
    filling: usize,
    columns: impl Fn(&[u64]) -> Vec<Column>,
    fits: impl Fn(&[Column]) -> bool,
) -> Vec<Column> {
    let all = columns(ranked);
    if fits(&all) {
        return all;
    }
    let (mut most, mut too_many) = (0, ranked.len());
    while too_many - most > 1 {
        let middle = (most + too_many) / 2;
        (most, too_many) = if fits(&columns(&ranked[..middle])) { (middle, too_many) } else { (most, middle) };
    }
    let (mut shown, mut left) =
        (ranked[..most].to_vec(), ranked[most..].iter().take(filling).copied().collect::<Vec<_>>());
    // One that had no room may have it beside a later one.
    let mut before = usize::MAX;
    while left.len() < before {
        before = left.len();
        left.retain(|seq| {
            shown.push(*seq);
            let fits = fits(&columns(&shown));
            if !fits {
                shown.pop();
            }
            !fits
        });
    }
    columns(&shown)
}

/// Stretches side by side over the whole width, `most` at most.
fn stretched(strip: &Strip, width: f64, most: usize) -> Vec<Place> {
    let together = strip.columns.len().div_ceil(most.max(1)).max(1);
    let stretch = |columns: &[Column]| match columns {
        [column] => column.clone(),
        columns => columns[1..].iter().fold(elided(&columns[0]), |mut all, column| {
            absorb(&mut all, column);
            all
        }),
    };
    let stretches: Vec<Column> = strip.columns.chunks(together).map(stretch).collect();
    let step = width / stretches.len().max(1) as f64;
    let place = |(index, column)| Place { column, x: index as f64 * step, width: (step - 1.0).max(1.0) };
    stretches.into_iter().enumerate().map(place).collect()
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
        // Bold text is a little wider.
        _ => ((sans_width(&label(column), LABEL) * 1.15).max(sans_width(reason(column), LABEL)) + 8.0).max(CELL),
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

/// How the messages of a busy strip stand, to tell which neighbours are alike.
struct Alike {
    /// For every cell of the strip, in its order; `None` is out of the ordinary and stays single.
    plain: Vec<Option<Vec<Plain>>>,
}

/// A state that may be shared with a neighbour.
#[derive(Clone, Copy, PartialEq)]
enum Plain {
    Ahead,
    NotWanted,
    Flight,
    Acked,
    Unknown,
}

impl Alike {
    fn of(strip: &Strip) -> Alike {
        let stands = |index: usize| strip.consumers.iter().map(move |consumer| plain(consumer.cells.get(index)?));
        let cell = |(index, cell): (usize, &Cell)| match cell.points_to {
            Some(_) => None,
            None => stands(index).collect(),
        };
        Alike { plain: strip.cells().enumerate().map(cell).collect() }
    }

    /// The columns left when these cells are shown one by one, and of the others only neighbours that differ.
    fn folded(&self, strip: &Strip, shown: &[u64]) -> Vec<Column> {
        let shown = ascending(shown);
        let mut folded: Vec<Column> = Vec::new();
        // How the messages of the last column stand, while it may take another one in.
        let mut open: Option<&Vec<Plain>> = None;
        let mut plain = self.plain.iter();
        for column in &strip.columns {
            let Column::Cell(cell) = column else {
                folded.push(column.clone());
                open = None;
                continue;
            };
            let stands = plain.next().and_then(Option::as_ref).filter(|_| shown.binary_search(&cell.seq).is_err());
            match folded.last_mut() {
                Some(last) if stands.is_some() && stands == open => join(last, column),
                _ => folded.push(column.clone()),
            }
            open = stands;
        }
        folded
    }
}

/// How a message stands with a consumer, if nothing about it is out of the ordinary.
fn plain(cell: &ConsumerCell) -> Option<Plain> {
    match (cell.state, cell.deliveries) {
        (CellState::NotYetDelivered, _) => Some(Plain::Ahead),
        (CellState::FilteredOut | CellState::BeforeStart, _) => Some(Plain::NotWanted),
        (CellState::InFlight { .. }, 1) => Some(Plain::Flight),
        (CellState::Unknown, _) => Some(Plain::Unknown),
        (CellState::Acked, 1) => Some(Plain::Acked),
        _ => None,
    }
}

fn join(into: &mut Column, column: &Column) {
    if matches!(into, Column::Cell(_)) {
        *into = elided(into);
    }
    absorb(into, column);
}

fn ascending(seqs: &[u64]) -> Vec<u64> {
    let mut seqs = seqs.to_vec();
    sorted::by_key(&mut seqs, |seq| *seq);
    seqs
}

/// The columns left when only these cells are shown one by one. A gap is named only beside a cell that is shown.
fn chosen(strip: &Strip, shown: &[u64]) -> Vec<Column> {
    let shown = ascending(shown);
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
    chosen.into_iter().map(|column| settle(strip, column)).collect()
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

/// A run that holds nothing at all is a gap, of no single reason; a single message takes less room than its count.
fn settle(strip: &Strip, column: Column) -> Column {
    match column {
        Column::Elided { from, to, messages: 0 } => Column::Gap { from, to, reason: GapReason::Mixed },
        Column::Elided { from, to, messages: 1 } if from == to => {
            strip.cells().find(|cell| cell.seq == from).map_or(column, |cell| Column::Cell(cell.clone()))
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Retention;
    use crate::engine::{AckKind, MessageId, RemovalReason};
    use crate::flow::script::{Script, explicit};

    fn strip(script: &Script, level: Level) -> Strip {
        Strip { level, ..script.flow.scene(script.now).streams[0].clone() }
    }

    fn store(script: &mut Script, messages: u64) {
        for seq in 1..=messages {
            script.store("S", seq, MessageId(seq), "s");
        }
    }

    /// `stored` messages in a work queue, of which each was dealt with as a number that seems random says.
    fn at_work(stored: u64, seed: u64) -> Script {
        let mut script = Script::new();
        script.connect(1, "a").connect(2, "w").stream("S", &["s"], Retention::WorkQueue);
        script.consumer("S", "c", explicit(""));
        store(&mut script, stored);
        let mut random = seed;
        for seq in 1..=stored * 2 / 3 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            script.dispatch((2, 1), "S", "c", seq, 1);
            match random >> 61 {
                0 | 1 => {}
                2 => {
                    script.due("S", "c", seq);
                }
                _ => {
                    script.answer(2, "S", "c", seq, AckKind::Ack).removed("S", seq, RemovalReason::Acked);
                }
            }
        }
        script
    }

    fn cells(columns: &[Column]) -> usize {
        columns.iter().filter(|column| matches!(column, Column::Cell(_))).count()
    }

    fn is_shown(columns: &[Column], seq: u64) -> bool {
        columns.iter().any(|column| matches!(column, Column::Cell(cell) if cell.seq == seq))
    }

    #[test]
    fn a_strip_shows_every_message_it_has_room_for() {
        for (stored, seed) in (1..60).flat_map(|stored| [(stored, stored), (stored, 1_000 + stored)]) {
            let script = at_work(stored, seed);
            for width in [250.0, 330.0, 560.0, 813.0, 1_200.0] {
                for level in [Level::Tokens, Level::Convoys] {
                    let strip = strip(&script, level);
                    let places = places(&strip, width, 80);
                    let shown: Vec<Column> = places.iter().map(|place| place.column.clone()).collect();
                    assert!(total(&shown) <= width || cells(&shown) == 0, "{stored} {level:?} in {width}");
                    if total(&strip.columns) <= width {
                        assert_eq!(shown, strip.columns, "{stored} {level:?} in {width}: there is room for all");
                    }
                    // No other number of the same cells would have shown more of them.
                    let ranked = ranked(&strip);
                    let all = (0..=ranked.len()).map(|most| chosen(&strip, &ranked[..most]));
                    let best = all.filter(|columns| total(columns) <= width).map(|columns| cells(&columns)).max();
                    if level == Level::Tokens {
                        assert!(cells(&shown) >= best.unwrap_or(0), "{stored} of seed {seed} in {width}");
                        // Nor would one more have room beside them.
                        let shown: Vec<u64> = ranked.iter().copied().filter(|seq| is_shown(&shown, *seq)).collect();
                        for seq in ranked.iter().filter(|seq| !shown.contains(seq)) {
                            let more = total(&chosen(&strip, &[&*shown, &[*seq]].concat()));
                            assert!(more > width, "{stored} of seed {seed} in {width}: {seq} has room");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn equal_neighbours_of_a_busy_strip_are_one_only_where_there_is_no_room() {
        let mut script = Script::new();
        script.connect(1, "a").connect(2, "w").stream("S", &["s"], Retention::Limits);
        script.consumer("S", "c", explicit(""));
        store(&mut script, 20);
        for seq in 1..=9 {
            script.dispatch((2, 1), "S", "c", seq, 1).answer(2, "S", "c", seq, AckKind::Ack);
        }
        script.dispatch((2, 1), "S", "c", 10, 2);
        let strip = strip(&script, Level::Convoys);
        let text = |width: f64| {
            let places = places(&strip, width, 80);
            let text = |place: &Place| match &place.column {
                Column::Elided { from, to, .. } => format!("{from}-{to}"),
                column => column.from_seq().to_string(),
            };
            places.iter().map(text).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(text(480.0), "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20");
        assert_eq!(text(240.0), "1-7 8 9 10 11 12 13 14 15-20");
        assert_eq!(text(110.0), "1-9 10 11-20");
    }
}
