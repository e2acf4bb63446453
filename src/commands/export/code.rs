//! What the languages share: fields laid out as a literal, and comments for those without a word.
//!
//! A [`Dialect`] knows how one client spells a field. The way in is [`Writer`].

use super::fields::{Field, Value};

/// How one language's client spells things.
pub trait Dialect {
    /// In front of a comment.
    const COMMENT: &'static str;
    const INDENT: &'static str;
    /// Begins and ends a literal of the type `kind`.
    fn brackets(&self, kind: &str) -> (String, &'static str);
    /// The line for a field of a literal of the type `kind`, without what separates it from the next. `nested` lays out
    /// literals inside. `None` when the client has no word for it.
    fn field(&self, kind: &str, field: &Field, nested: &mut Nested<'_>) -> Option<String>;
    /// Begins a list of literals of the type `kind`, stands in front of each, and ends it.
    fn list(&self, kind: &str) -> (String, &'static str, &'static str);
    /// After the last field: what stands for all the others.
    fn rest(&self, _kind: &str, _fields: &[Field]) -> Option<&'static str> {
        None
    }
}

/// Lays out a literal one step further in.
pub type Nested<'a> = dyn FnMut(&Value) -> String + 'a;

/// A literal, and the names of the fields it could not say.
pub struct Literal {
    pub text: String,
    pub unsaid: Vec<String>,
}

/// Lays out `fields` as a literal of the type `kind`, its lines `depth` steps in.
pub fn literal<D: Dialect>(dialect: &D, kind: &str, fields: &[Field], depth: usize) -> Literal {
    let mut unsaid = Vec::new();
    let text = lay_out(dialect, kind, fields, depth, &mut unsaid, "");
    Literal { text, unsaid }
}

fn lay_out<D: Dialect>(
    dialect: &D,
    kind: &str,
    fields: &[Field],
    depth: usize,
    unsaid: &mut Vec<String>,
    path: &str,
) -> String {
    let (open, close) = dialect.brackets(kind);
    let inner = D::INDENT.repeat(depth + 1);
    let mut text = format!("{open}\n");
    for field in fields {
        let here = format!("{path}{}", field.name);
        let mut nested = |value: &Value| match value {
            Value::Group(kind, fields) => lay_out(dialect, kind, fields, depth + 1, unsaid, &format!("{here}.")),
            Value::Groups(kind, groups) => {
                let (open, before, close) = dialect.list(kind);
                let further = D::INDENT.repeat(depth + 2);
                let mut list = format!("{open}\n");
                for fields in groups {
                    let group = lay_out(dialect, kind, fields, depth + 2, unsaid, &format!("{here}."));
                    list.push_str(&format!("{further}{before}{group},\n"));
                }
                list + &inner + close
            }
            _ => String::new(),
        };
        match dialect.field(kind, field, &mut nested) {
            Some(line) => text.push_str(&format!("{inner}{line},\n")),
            None => unsaid.push(here),
        }
    }
    if let Some(rest) = dialect.rest(kind, fields) {
        text.push_str(&format!("{inner}{rest}\n"));
    }
    text + &D::INDENT.repeat(depth) + close
}

/// `left out: stream NAME: FIELD`, a comment line for each.
pub fn left_out<D: Dialect>(what: &str, unsaid: &[String], depth: usize) -> String {
    let indent = D::INDENT.repeat(depth);
    let what = plain(what);
    unsaid.iter().map(|field| format!("{indent}{} left out: {what}: {field}\n", D::COMMENT)).collect()
}

/// Without what could end a comment.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c }).collect()
}

/// In double quotes, as JSON writes it and Go, JavaScript and Python read it too.
pub fn string(text: &str) -> String {
    crate::json::write(&text.to_owned())
}

/// `max_ack_pending` to `MaxAckPending`.
pub fn pascal(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    name.split('_').map(capital).collect()
}
