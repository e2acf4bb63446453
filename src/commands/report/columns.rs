//! The information screens: a heading, then labels right-aligned to the longest of the whole screen.

use std::fmt;
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

impl fmt::Display for Columns {
    /// Every line ends with a line break.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.label_width() + 2;
        let mut after_blank = true;
        if !self.heading.is_empty() {
            writeln!(f, "{}\n", self.heading)?;
        }
        for item in &self.items {
            match item {
                Item::Row(label, value) => {
                    let fill = width - label.width();
                    let separator = if label.is_empty() { "  " } else { ": " };
                    for (index, line) in value.split('\n').enumerate() {
                        match index {
                            0 => writeln!(f, "{:fill$}{label}{separator}{line}", "")?,
                            _ => writeln!(f, "{:width$}  {line}", "")?,
                        }
                    }
                }
                Item::Section(title) => {
                    writeln!(f, "{}{title}:\n", if after_blank { "" } else { "\n" })?;
                }
                Item::Indented(by, line) => writeln!(f, "{:by$}{line}", "")?,
                Item::Blank => writeln!(f)?,
            }
            after_blank = matches!(item, Item::Section(_) | Item::Blank);
        }
        Ok(())
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
}
