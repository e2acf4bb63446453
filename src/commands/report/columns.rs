//! The information screens: a heading, then labels right-aligned to the longest of the whole screen.

use super::Look;
use std::fmt::{self, Write};
use unicode_width::UnicodeWidthStr;

/// A screen of `label: value` rows under section titles.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    heading: String,
    items: Vec<Item>,
    least_width: usize,
}

#[derive(Clone, Debug)]
enum Item {
    Row(String, String),
    Section(String),
    /// A section inside a section: how deep, how far from the left, its title.
    Inner(usize, usize, String),
    /// A row that is laid out by itself, its label up to this column.
    Aside(usize, String, String),
    Indented(usize, String),
    Blank,
}

impl Columns {
    pub fn new(heading: impl Into<String>) -> Columns {
        Columns { heading: heading.into(), ..Columns::default() }
    }

    pub fn row(&mut self, label: &str, value: impl fmt::Display) {
        self.items.push(Item::Row(label.to_owned(), value.to_string()));
    }

    pub fn row_if(&mut self, wanted: bool, label: &str, value: impl fmt::Display) {
        if wanted {
            self.row(label, value);
        }
    }

    /// A row, unless `value` is empty.
    pub fn row_unless_empty(&mut self, label: &str, value: &str) {
        self.row_if(!value.is_empty(), label, value);
    }

    /// One row per value, only the first with the label.
    pub fn rows<T: fmt::Display>(&mut self, label: &str, values: impl IntoIterator<Item = T>) {
        for (index, value) in values.into_iter().enumerate() {
            self.row(if index == 0 { label } else { "" }, value);
        }
    }

    /// A title at the left edge with a blank line before and after it.
    pub fn section(&mut self, title: &str) {
        self.items.push(Item::Section(title.to_owned()));
    }

    /// A section inside the last one, `deep` levels further in, `by` columns from the left.
    pub fn inner_section(&mut self, deep: usize, by: usize, title: &str) {
        self.items.push(Item::Inner(deep, by, title.to_owned()));
    }

    /// A row that does not lean on the others: its label ends at `column`.
    pub fn aside(&mut self, column: usize, label: &str, value: impl fmt::Display) {
        self.items.push(Item::Aside(column, label.to_owned(), value.to_string()));
    }

    /// A line of its own, `by` columns from the left.
    pub fn indented(&mut self, by: usize, line: &str) {
        self.items.push(Item::Indented(by, line.to_owned()));
    }

    pub fn blank(&mut self) {
        self.items.push(Item::Blank);
    }

    /// Makes room for labels of this width, as if one of them were there.
    pub fn widen_to(&mut self, width: usize) {
        self.least_width = width;
    }

    fn label_width(&self) -> usize {
        let widths = self.items.iter().map(|item| match item {
            Item::Row(label, _) => label.width(),
            _ => 0,
        });
        widths.max().unwrap_or(0).max(self.least_width)
    }
}

impl Columns {
    /// As `look` wants it. Every line ends with a line break.
    pub fn drawn(&self, look: &Look) -> String {
        let mut text = String::new();
        let written = if look.markdown { self.write_markdown(&mut text) } else { self.write_plain(&mut text, look) };
        debug_assert!(written.is_ok(), "a string takes everything");
        text
    }

    fn write_plain(&self, f: &mut impl Write, look: &Look) -> fmt::Result {
        let width = self.label_width() + 2;
        let colon = look.tinted(":");
        let (mut after_blank, mut after_title) = (true, false);
        if !self.heading.is_empty() {
            writeln!(f, "{}\n", self.heading)?;
        }
        for item in &self.items {
            let above = if after_blank { "" } else { "\n" };
            match item {
                Item::Row(label, value) => {
                    let fill = width - label.width();
                    let separator = if label.is_empty() { " " } else { &colon };
                    for (index, line) in value.split('\n').enumerate() {
                        match index {
                            0 => writeln!(f, "{:fill$}{label}{separator} {line}", "")?,
                            _ => writeln!(f, "{:width$}  {line}", "")?,
                        }
                    }
                }
                Item::Section(title) => writeln!(f, "{above}{}:\n", title.trim_end_matches(':'))?,
                Item::Inner(_, by, title) => writeln!(f, "{above}{:by$}{title}:\n", "")?,
                Item::Aside(column, label, value) => writeln!(f, "{label:>column$}{colon} {value}")?,
                Item::Indented(by, line) => writeln!(f, "{:by$}{line}", "")?,
                Item::Blank if after_title => {}
                Item::Blank => writeln!(f)?,
            }
            after_title = matches!(item, Item::Section(_) | Item::Inner(..));
            after_blank = after_title || matches!(item, Item::Blank);
        }
        Ok(())
    }

    /// A blank line stands above every section, one more where there is one anyway.
    fn write_markdown(&self, f: &mut impl Write) -> fmt::Result {
        if !self.heading.is_empty() {
            writeln!(f, "# {}\n", self.heading)?;
        }
        for (index, item) in self.items.iter().enumerate() {
            let above = if index == 0 { "" } else { "\n" };
            match item {
                Item::Row(label, value) | Item::Aside(_, label, value) => {
                    for (index, line) in value.split('\n').enumerate() {
                        match index == 0 && !label.is_empty() {
                            true => writeln!(f, "- **{label}:** {line}")?,
                            false => writeln!(f, "- {line}")?,
                        }
                    }
                }
                Item::Section(title) => writeln!(f, "{above}## {title}\n")?,
                Item::Inner(deep, _, title) => writeln!(f, "{above}##{} {title}\n", "#".repeat(*deep))?,
                Item::Indented(_, line) => writeln!(f, "{line}")?,
                Item::Blank => writeln!(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_plain(f, &Look::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_lean_on_the_longest_of_the_screen() {
        let mut screen = Columns::new("Information for X");
        screen.row("Name", "x");
        screen.rows("Sources", ["a", "b"]);
        screen.section("State");
        screen.row("Long Label", 1);
        let expected =
            "Information for X\n\n        Name: x\n     Sources: a\n              b\n\nState:\n\n  Long Label: 1\n";
        assert_eq!(screen.to_string(), expected);
    }

    #[test]
    fn a_section_first_has_no_second_blank_line() {
        let mut screen = Columns::new("State for X");
        screen.section("State");
        screen.row("A", 1);
        assert_eq!(screen.to_string(), "State for X\n\nState:\n\n  A: 1\n");
    }

    #[test]
    fn the_same_in_markdown_and_in_colour() {
        let mut screen = Columns::new("State for X");
        screen.section("State");
        screen.row("A", 1);
        screen.rows("Sources", ["a", "b"]);
        screen.blank();
        screen.section("More");
        screen.inner_section(1, 2, "Tier");
        screen.aside(10, "B", 2);
        let expected = "# State for X\n\n## State\n\n- **A:** 1\n- **Sources:** a\n- b\n\n\n## More\n\n\n### Tier\n\n\
                        - **B:** 2\n";
        assert_eq!(screen.drawn(&Look::of("green", "", "1", true)), expected);
        let plain = screen.to_string();
        assert!(plain.ends_with("  b\n\nMore:\n\n  Tier:\n\n         B: 2\n"), "{plain}");
        let green = screen.drawn(&Look::of("green", "", "", true));
        assert!(green.contains("Sources\u{1b}[32m:\u{1b}[0m a\n"), "{green}");
        assert_eq!(green.replace("\u{1b}[32m", "").replace("\u{1b}[0m", ""), plain);
        assert_eq!(screen.drawn(&Look::of("green", "", "", false)), plain);
    }
}
