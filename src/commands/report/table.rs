//! Boxed tables with a title row, as the command line draws them.

use super::{Form, Look};
use std::fmt::{self, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Title, header, rows, perhaps a footer. Cells may hold several lines.
#[derive(Clone, Debug, Default)]
pub struct Table {
    title: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    footer: Vec<String>,
    /// Columns of plain numbers lean to the right, their header too; all columns do where there is no row.
    right: Vec<usize>,
}

impl Table {
    pub fn new(title: impl Into<String>, header: &[&str]) -> Table {
        let header = header.iter().map(|&name| name.to_owned()).collect();
        Table { title: title.into(), header, ..Table::default() }
    }

    /// Right-aligns the columns with these indices.
    pub fn right(mut self, columns: &[usize]) -> Table {
        self.right = columns.to_vec();
        self
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// A row whose length is only known now.
    pub fn push(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub fn footer<const N: usize>(&mut self, cells: [String; N]) {
        self.footer = cells.into();
    }

    /// A footer whose length is only known now.
    pub fn totals(&mut self, cells: Vec<String>) {
        self.footer = cells;
    }

    /// As `look` wants it.
    pub fn drawn(&self, look: &Look) -> String {
        let title = if self.title.is_empty() { String::new() } else { format!("{}\n", self.title) };
        match look.table {
            Form::Box => {
                let mut text = String::new();
                let written = self.write_box(&mut text, look);
                debug_assert!(written.is_ok(), "a string takes everything");
                text
            }
            Form::Markdown => {
                let title = if title.is_empty() { title } else { format!("# {title}") };
                let rule = |column| if self.right.contains(&column) { " ---:|" } else { " --- |" };
                let rules = (0..self.widths().len()).map(rule).collect::<String>();
                let cell = |text: &String| text.replace('|', "\\|").replace('\n', "<br/>");
                let line =
                    |cells: &Vec<String>| format!("| {} |\n", cells.iter().map(cell).collect::<Vec<_>>().join(" | "));
                let mut lines = self.lines().map(line);
                let header = lines.next().unwrap_or_default();
                format!("{title}{header}|{rules}\n{}", lines.collect::<String>())
            }
            Form::Commas => title + &self.lines().map(|cells| separated(cells, ",")).collect::<String>(),
            Form::Tabs => title + &self.lines().map(|cells| separated(cells, "\t")).collect::<String>(),
        }
    }

    /// Header, rows and footer.
    fn lines(&self) -> impl Iterator<Item = &Vec<String>> {
        let footer = Some(&self.footer).filter(|footer| !footer.is_empty());
        [&self.header].into_iter().chain(&self.rows).chain(footer)
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0).max(self.header.len());
        let all = || self.rows.iter().chain([&self.header, &self.footer]);
        let cell_width = |cell: &String| cell.split('\n').map(UnicodeWidthStr::width).max().unwrap_or(0);
        (0..columns).map(|column| all().filter_map(|row| row.get(column)).map(cell_width).max().unwrap_or(0)).collect()
    }

    fn write_border(
        &self,
        f: &mut impl Write,
        look: &Look,
        widths: &[usize],
        [left, joint, right]: [&str; 3],
    ) -> fmt::Result {
        f.write_str(&look.border(left))?;
        for (index, width) in widths.iter().enumerate() {
            if index > 0 {
                f.write_str(&look.border(joint))?;
            }
            f.write_str(&look.border(&"─".repeat(width + 2)))?;
        }
        writeln!(f, "{}", look.border(right))
    }

    fn write_row(&self, f: &mut impl Write, look: &Look, widths: &[usize], cells: &[String]) -> fmt::Result {
        let bar = look.border("│");
        let height = cells.iter().map(|cell| cell.split('\n').count()).max().unwrap_or(1);
        for line in 0..height {
            for (column, width) in widths.iter().enumerate() {
                let text = cells.get(column).and_then(|cell| cell.split('\n').nth(line)).unwrap_or("");
                let fill = " ".repeat(width - text.width().min(*width));
                match self.right.contains(&column) || self.rows.is_empty() {
                    true => write!(f, "{bar} {fill}{text} ")?,
                    false => write!(f, "{bar} {text}{fill} ")?,
                }
            }
            writeln!(f, "{bar}")?;
        }
        Ok(())
    }

    fn write_title(&self, f: &mut impl Write, look: &Look, inner: usize) -> fmt::Result {
        let bar = look.border("│");
        for line in hard_wrapped(&self.title, inner.saturating_sub(2)) {
            // With an odd number of blanks the left side has one more.
            let blanks = inner - line.width().min(inner);
            writeln!(f, "{bar}{}{line}{}{bar}", " ".repeat(blanks.div_ceil(2)), " ".repeat(blanks / 2))?;
        }
        Ok(())
    }

    /// The box, each of its lines with a line break, nothing after it.
    fn write_box(&self, f: &mut impl Write, look: &Look) -> fmt::Result {
        let widths = self.widths();
        let inner = (widths.iter().sum::<usize>() + 3 * widths.len()).saturating_sub(1);
        if self.title.is_empty() {
            self.write_border(f, look, &widths, ["╭", "┬", "╮"])?;
        } else {
            self.write_border(f, look, &widths, ["╭", "─", "╮"])?;
            self.write_title(f, look, inner)?;
            self.write_border(f, look, &widths, ["├", "┬", "┤"])?;
        }
        self.write_row(f, look, &widths, &self.header)?;
        if !self.rows.is_empty() || self.footer.is_empty() {
            self.write_border(f, look, &widths, ["├", "┼", "┤"])?;
        }
        for row in &self.rows {
            self.write_row(f, look, &widths, row)?;
        }
        if !self.footer.is_empty() {
            self.write_border(f, look, &widths, ["├", "┼", "┤"])?;
            self.write_row(f, look, &widths, &self.footer)?;
        }
        self.write_border(f, look, &widths, ["╰", "┴", "╯"])
    }
}

/// Cells that would be misread stand in quotes; blanks and tabs at the end of a line are dropped.
fn separated(cells: &[String], by: &str) -> String {
    let misread = |text: &String| match by {
        "," => text.contains([',', '"', '\n']),
        _ => text.contains(['\t', '"', '\n']) || text.contains("    "),
    };
    let cell = |text: &String| match misread(text) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.clone(),
    };
    let line = cells.iter().map(cell).collect::<Vec<_>>().join(by);
    format!("{}\n", line.trim_end_matches([' ', '\t']))
}

/// Cuts `text` into pieces of at most `width` columns, wherever that falls.
fn hard_wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for char in text.chars() {
        let wide = char.width().unwrap_or(0);
        if used + wide > width.max(1) && used > 0 {
            lines.push(String::new());
            used = 0;
        }
        used += wide;
        lines.last_mut().expect("starts with one line").push(char);
    }
    lines
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_box(f, &Look::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells<const N: usize>(texts: [&str; N]) -> [String; N] {
        texts.map(str::to_owned)
    }

    #[test]
    fn other_formats() {
        let mut table = Table::new("T", &["Key", "Revision"]).right(&[1]);
        table.row(cells(["a|b", "1,200"]));
        table.row(cells(["c", ""]));
        let drawn = |format| table.drawn(&Look::of("", format, "", false));
        assert_eq!(drawn("md"), "# T\n| Key | Revision |\n| --- | ---:|\n| a\\|b | 1,200 |\n| c |  |\n");
        assert_eq!(drawn("CSV"), "T\nKey,Revision\na|b,\"1,200\"\nc,\n");
        assert_eq!(drawn("tsv"), "T\nKey\tRevision\na|b\t1,200\nc\n");
        assert_eq!(drawn("unknown"), table.to_string());
        assert_eq!(table.drawn(&Look::of("red", "csv", "1", true)), drawn("md"));
    }

    #[test]
    fn schemes_draw_borders_and_leave_cells_alone() {
        let mut table = Table::new("", &["K"]);
        table.row(cells(["│"]));
        assert_eq!(table.drawn(&Look::of("double", "", "", true)), "╔═══╗\n║ K ║\n╠═══╣\n║ │ ║\n╚═══╝\n");
        let red = |text: &str| format!("\u{1b}[31m{text}\u{1b}[0m");
        let [bar, line] = ["│", "───"].map(red);
        let [top, middle, bottom] =
            [["╭", "╮"], ["├", "┤"], ["╰", "╯"]].map(|[left, right]| format!("{}{line}{}\n", red(left), red(right)));
        let expected = format!("{top}{bar} K {bar}\n{middle}{bar} │ {bar}\n{bottom}");
        assert_eq!(table.drawn(&Look::of("red", "", "", true)), expected);
        assert_eq!(table.drawn(&Look::of("red", "", "", false)), table.to_string());
        assert_eq!(table.drawn(&Look::of("rounded", "", "", true)), table.to_string());
    }

    #[test]
    fn a_long_title_is_cut_over_lines() {
        let mut table = Table::new("2 gaps found in Stream ORDERS", &["First Message", "Last Message"]);
        table.row(cells(["2", "2"]));
        table.row(cells(["4", "4"]));
        let expected = "\
╭──────────────────────────────╮
│ 2 gaps found in Stream ORDER │
│               S              │
├───────────────┬──────────────┤
│ First Message │ Last Message │
├───────────────┼──────────────┤
│ 2             │ 2            │
│ 4             │ 4            │
╰───────────────┴──────────────╯
";
        assert_eq!(table.to_string(), expected);
    }

    #[test]
    fn numbers_lean_right_and_the_footer_is_ruled_off() {
        let mut table = Table::new("T", &["Key", "Revision"]).right(&[1]);
        table.row(cells(["new.key", "4"]));
        table.footer(cells(["Total", "4"]));
        let expected = "\
╭────────────────────╮
│          T         │
├─────────┬──────────┤
│ Key     │ Revision │
├─────────┼──────────┤
│ new.key │        4 │
├─────────┼──────────┤
│ Total   │        4 │
╰─────────┴──────────╯
";
        assert_eq!(table.to_string(), expected);
    }
}
