//! Configurations as YAML: how `--interactive` shows them to whoever edits them, and how it reads them back.
//!
//! Knows text and tables of members; nothing of editors or servers. The way in is [`edited`]. Source: natscli
//! `cli/yaml.go`; the file of the real CLI, recorded.

mod fields;
mod flow;
mod read;
mod tree;
mod write;

pub use fields::{CONSUMER, Document, STREAM};
pub use tree::{Node, Value};
pub use write::scalar;

use super::{Context, Failure};
use crate::commands::console::NoAnswer;
use crate::json::{FromJson, ToJson, to_value};

/// Has the user edit `current` under the name of `file`. Errors are those of an editor or of YAML, to be told with what
/// was wanted before them; after Ctrl-C everything was said.
pub async fn edited<T: ToJson + FromJson>(
    context: &Context,
    document: &'static Document,
    file: &str,
    current: &T,
    what: &str,
) -> Result<T, Failure> {
    let text = write::write(document, &to_value(current));
    let text = edited_text(context, file, &text).await.map_err(|problem| problem.of(what))?;
    let value = read::read(&document.part, &text).map_err(|problem| Failure::because(what, problem))?;
    T::from_json(&value).map_err(|error| Failure::because(what, error))
}

/// Why there is no edited text.
pub enum NotEdited {
    Interrupted,
    NoTerminal,
}

impl NotEdited {
    pub fn of(&self, what: &str) -> Failure {
        match self {
            NotEdited::Interrupted => Failure::Exit(130),
            NotEdited::NoTerminal => Failure::because(what, "cannot open an editor without a terminal"),
        }
    }
}

/// Has the user edit a text.
pub async fn edited_text(context: &Context, file: &str, text: &str) -> Result<String, NotEdited> {
    context.console.edit(file, text).await.map_err(|reason| match reason {
        NoAnswer::Interrupted => NotEdited::Interrupted,
        NoAnswer::NoTerminal | NoAnswer::NoTerminalToConfirm => NotEdited::NoTerminal,
    })
}
