//! How reports are to look: what tables are made of, the colour of what separates, Markdown for a reader without eyes.
//!
//! A look is chosen once per command line, from its flags, the environment and where its output goes. It knows nothing of
//! what is told. Colours stand in for nothing: whoever does not see them misses no word.

/// What a table is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Box,
    Markdown,
    Commas,
    Tabs,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub table: Form,
    /// Screens of labels are Markdown too.
    pub markdown: bool,
    /// Double lines around tables.
    pub double: bool,
    /// The number a terminal knows the colour by.
    pub colour: Option<u8>,
}

impl Look {
    /// `scheme` is what `--colors` names, `format` and `for_models` are the values of `NATS_TABLE_FORMAT` and
    /// `LLMFORMAT`. Only a terminal that may show colours is given any.
    pub fn of(scheme: &str, format: &str, for_models: &str, coloured: bool) -> Look {
        let markdown = for_models == "1";
        let table = match format.to_ascii_lowercase().as_str() {
            _ if markdown => Form::Markdown,
            "md" | "markdown" => Form::Markdown,
            "csv" => Form::Commas,
            "tsv" => Form::Tabs,
            _ => Form::Box,
        };
        let colour = match scheme {
            "red" => Some(31),
            "green" => Some(32),
            "yellow" => Some(33),
            "blue" => Some(34),
            "magenta" => Some(35),
            "cyan" => Some(36),
            _ => None,
        };
        Look { table, markdown, double: scheme == "double", colour: colour.filter(|_| coloured) }
    }

    /// A piece of a table's border, given as that of the plain box.
    pub(super) fn border(&self, text: &str) -> String {
        match self.double {
            true => text.chars().map(doubled).collect(),
            false => self.tinted(text),
        }
    }

    /// What separates, in the colour of the look.
    pub(super) fn tinted(&self, text: &str) -> String {
        self.colour.map_or_else(|| text.to_owned(), |colour| format!("\u{1b}[{colour}m{text}\u{1b}[0m"))
    }
}

fn doubled(c: char) -> char {
    const PLAIN: &str = "─│╭╮╰╯├┤┬┴┼";
    const DOUBLE: &str = "═║╔╗╚╝╠╣╦╩╬";
    PLAIN.chars().zip(DOUBLE.chars()).find(|(plain, _)| *plain == c).map_or(c, |(_, double)| double)
}
