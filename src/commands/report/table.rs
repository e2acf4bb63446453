//! Boxed tables with a title row, as the command line draws them.

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

    /// As Markdown (`md`), as separated values (`csv`, `tsv`), or as a box for any other word.
    pub fn drawn(&self, format: &str) -> String {
        let title = if self.title.is_empty() { String::new() } else { format!("{}\n", self.title) };
        match format {
            "md" | "markdown" => {
                let title = if title.is_empty() { title } else { format!("# {title}") };
                let rule = |column| if self.right.contains(&column) { "---:" } else { "---" };
                let rules: Vec<String> = (0..self.widths().len()).map(|column| rule(column).to_owned()).collect();
                let cell = |text: &str| text.replace('|', "\\|").replace('\n', "<br/>");
                let line = |cells: &Vec<String>| {
                    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
                    format!("| {} |\n", cells.join(" | "))
                };
                title + &self.lines(Some(&rules)).map(line).collect::<String>()
            }
            "csv" => title + &self.lines(None).map(|cells| separated(cells, ",")).collect::<String>(),
            "tsv" => title + &self.lines(None).map(|cells| separated(cells, "\t")).collect::<String>(),
            _ => self.to_string(),
        }
    }

    /// Header, what stands under it, rows and footer.
    fn lines<'a>(&'a self, rule: Option<&'a Vec<String>>) -> impl Iterator<Item = &'a Vec<String>> {
        let footer = Some(&self.footer).filter(|footer| !footer.is_empty());
        [&self.header].into_iter().chain(rule).chain(&self.rows).chain(footer)
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0).max(self.header.len());
        let all = || self.rows.iter().chain([&self.header, &self.footer]);
        let cell_width = |cell: &String| cell.split('\n').map(UnicodeWidthStr::width).max().unwrap_or(0);
        (0..columns).map(|column| all().filter_map(|row| row.get(column)).map(cell_width).max().unwrap_or(0)).collect()
    }

    fn write_border(
        &self,
        f: &mut fmt::Formatter<'_>,
        widths: &[usize],
        [left, joint, right]: [char; 3],
    ) -> fmt::Result {
        f.write_char(left)?;
        for (index, width) in widths.iter().enumerate() {
            if index > 0 {
                f.write_char(joint)?;
            }
            f.write_str(&"─".repeat(width + 2))?;
        }
        writeln!(f, "{right}")
    }

    fn write_row(&self, f: &mut fmt::Formatter<'_>, widths: &[usize], cells: &[String]) -> fmt::Result {
        let height = cells.iter().map(|cell| cell.split('\n').count()).max().unwrap_or(1);
        for line in 0..height {
            for (column, width) in widths.iter().enumerate() {
                let text = cells.get(column).and_then(|cell| cell.split('\n').nth(line)).unwrap_or("");
                let fill = " ".repeat(width - text.width().min(*width));
                match self.right.contains(&column) || self.rows.is_empty() {
                    true => write!(f, "│ {fill}{text} ")?,
                    false => write!(f, "│ {text}{fill} ")?,
                }
            }
            writeln!(f, "│")?;
        }
        Ok(())
    }

    fn write_title(&self, f: &mut fmt::Formatter<'_>, inner: usize) -> fmt::Result {
        for line in hard_wrapped(&self.title, inner.saturating_sub(2)) {
            // With an odd number of blanks the left side has one more.
            let blanks = inner - line.width().min(inner);
            writeln!(f, "│{}{line}{}│", " ".repeat(blanks.div_ceil(2)), " ".repeat(blanks / 2))?;
        }
        Ok(())
    }
}

/// Cells that would be misread stand in quotes.
fn separated(cells: &[String], by: &str) -> String {
    let cell = |text: &String| match text.contains([',', '"', '\n', '\t']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.clone(),
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(by) + "\n"
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
    /// The box, each of its lines with a line break, nothing after it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let inner = (widths.iter().sum::<usize>() + 3 * widths.len()).saturating_sub(1);
        if self.title.is_empty() {
            self.write_border(f, &widths, ['╭', '┬', '╮'])?;
        } else {
            self.write_border(f, &widths, ['╭', '─', '╮'])?;
            self.write_title(f, inner)?;
            self.write_border(f, &widths, ['├', '┬', '┤'])?;
        }
        self.write_row(f, &widths, &self.header)?;
        if !self.rows.is_empty() || self.footer.is_empty() {
            self.write_border(f, &widths, ['├', '┼', '┤'])?;
        }
        for row in &self.rows {
            self.write_row(f, &widths, row)?;
        }
        if !self.footer.is_empty() {
            self.write_border(f, &widths, ['├', '┼', '┤'])?;
            self.write_row(f, &widths, &self.footer)?;
        }
        self.write_border(f, &widths, ['╰', '┴', '╯'])
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
        assert_eq!(table.drawn("md"), "# T\n| Key | Revision |\n| --- | ---: |\n| a\\|b | 1,200 |\n");
        assert_eq!(table.drawn("csv"), "T\nKey,Revision\na|b,\"1,200\"\n");
        assert_eq!(table.drawn("tsv"), "T\nKey\tRevision\na|b\t\"1,200\"\n");
        assert_eq!(table.drawn(""), table.to_string());
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
