//! A line drawn in characters: one value per column, the newest at the right.
//!
//! Source: natscli's graphs, which are guptarohit/asciigraph's; as there, the widest label takes its room from the newest
//! columns.

/// Columns left of the line: where short labels stand, and the axis.
const OFFSET: usize = 3;

/// What is drawn into what.
pub struct Graph<'a> {
    pub caption: &'a str,
    /// Rows above the lowest one.
    pub height: usize,
    pub label: fn(f64) -> String,
}

impl Graph<'_> {
    /// Draws the values, each in a column; none gives nothing.
    pub fn drawn(&self, values: &[f64]) -> String {
        let Some(&first) = values.first() else { return String::new() };
        let scale = Scale::of(values, self.height);
        let mut cells = vec![vec![' '; OFFSET + values.len()]; scale.rows + 1];
        cells.iter_mut().for_each(|row| row[OFFSET - 1] = '┤');
        cells[scale.row(first)][OFFSET - 1] = '┼';
        for (index, pair) in values.windows(2).enumerate() {
            join(&mut cells, OFFSET + index, scale.row(pair[0]), scale.row(pair[1]));
        }
        let labels: Vec<String> = (0..=scale.rows).map(|row| (self.label)(scale.value(row))).collect();
        let widest = labels.iter().map(String::len).max().unwrap_or_default() + 1;
        let room = (OFFSET + values.len()).saturating_sub(widest);
        // A short label stands before the axis, a long one before the blank that is before it.
        let (indent, start) = if widest < OFFSET { (OFFSET, OFFSET - 1) } else { (widest, 1) };
        let end = room.max(start);
        let mut lines: Vec<String> = Vec::new();
        for (row, label) in cells.iter().zip(&labels) {
            let line: String = row[start..end].iter().collect();
            lines.push(format!("{label:>indent$}{}", line.trim_end()));
        }
        let centred = values.len().saturating_sub(self.caption.len() + widest) / 2;
        lines.push(format!("{}{}", " ".repeat(OFFSET + widest - 1 + centred), self.caption));
        lines.join("\n")
    }
}

/// Draws the line from one row to another in a column.
fn join(cells: &mut [Vec<char>], column: usize, from: usize, to: usize) {
    if from == to {
        cells[from][column] = '─';
        return;
    }
    let is_rising = to < from;
    cells[to][column] = if is_rising { '╭' } else { '╰' };
    cells[from][column] = if is_rising { '╯' } else { '╮' };
    for row in &mut cells[from.min(to) + 1..from.max(to)] {
        row[column] = '│';
    }
}

/// How values become rows; the first row is the highest.
struct Scale {
    rows: usize,
    least: f64,
    most: f64,
    /// Rows to one of the values.
    ratio: f64,
}

impl Scale {
    fn of(values: &[f64], height: usize) -> Scale {
        let least = values.iter().copied().fold(0.0, f64::min);
        let most = values.iter().copied().fold(f64::MIN, f64::max).max(least);
        let span = most - least;
        let ratio = if span == 0.0 { 1.0 } else { height as f64 / span };
        let rows = ((most * ratio).round() - (least * ratio).round()) as usize;
        // A line without ups and downs stands at the bottom.
        Scale { rows: if rows == 0 { height.max(1) } else { rows }, least, most, ratio }
    }

    fn row(&self, value: f64) -> usize {
        let above = (value * self.ratio).round() - (self.least * self.ratio).round();
        self.rows.saturating_sub(above.max(0.0) as usize)
    }

    fn value(&self, row: usize) -> f64 {
        self.most - row as f64 * (self.most - self.least) / self.rows as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[f64], height: usize) -> String {
        Graph { caption: "Messages", height, label: |value| format!("{value:.0}") }.drawn(values)
    }

    #[test]
    fn a_line_goes_up_and_down() {
        let values = [0.0, 0.0, 2.0, 4.0, 4.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        let expected = "  4┤  ╭─╮\n  3┤  │ │\n  2┤ ╭╯ │\n  1┤ │  ╰─────\n  0┼─╯\n     Messages";
        assert_eq!(drawn(&values, 4), expected);
    }

    #[test]
    fn nothing_is_a_line_at_the_bottom() {
        assert_eq!(drawn(&[0.0; 12], 2), "  0┤\n  0┤\n  0┼──────────\n     Messages");
        assert_eq!(drawn(&[], 2), "");
    }

    #[test]
    fn wide_labels_take_their_room_from_the_newest() {
        let values = [100_000.0; 14];
        let lines = drawn(&values, 1);
        assert_eq!(lines.lines().next(), Some(" 100000 ┼───────"));
    }

    #[test]
    fn strange_values_never_panic() {
        for values in [&[f64::MAX, 0.0, 1.0][..], &[-5.0, 3.0], &[1e-9], &[-1.0, -2.0]] {
            for height in [0, 1, 7] {
                drawn(values, height);
            }
        }
    }
}
