//! JSON: documents to text and back, in little code.
//!
//! Text is read into a [`Value`] first and documents take their members from that; documents are written as text, their
//! members in the order of their fields. Both work on tables of trait objects which the derives make (`derive/`), so a
//! document costs the page a few bytes per member. Knows no document. The ways in are [`read`], [`write`], [`to_value`].

mod find;
mod read;
mod write;

pub use find::find;
pub use jetlab_derive::{FromJson, ToJson};
pub use read::{
    FromJson, ReadInto, choice, member, member_or_default, members, parts, read_members, refuse_others, variant,
};
pub use serde_json::Value;
pub use write::{ToJson, Writer};

/// Why a text is not the document it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(pub String);

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Any JSON text.
pub fn parse(text: impl AsRef<[u8]>) -> Result<Value, Error> {
    serde_json::from_slice(text.as_ref()).map_err(|error| Error(error.to_string()))
}

/// A number as people write it.
pub fn number(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, exponent) = digits.split_at(digits.find(['e', 'E']).unwrap_or(digits.len()));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = digits.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
    if !is_number || whole.is_empty() && fraction.is_empty() {
        return None;
    }
    // JSON insists on digits on both sides of the point and on no zeros before others.
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let number = parse([whole, ".", fraction, if fraction.is_empty() { "0" } else { "" }, exponent].concat());
    Some(sign * number.ok()?.as_f64()?)
}

/// A document from its text.
pub fn read<T: FromJson>(text: impl AsRef<[u8]>) -> Result<T, Error> {
    T::from_json(&parse(text)?)
}

/// The text of a document, without blanks.
pub fn write(document: &(impl ToJson + ?Sized)) -> String {
    let mut out = Writer::default();
    document.write(&mut out);
    out.text
}

/// The document as a tree.
pub fn to_value(document: &(impl ToJson + ?Sized)) -> Value {
    parse(write(document)).expect("what was just written is JSON")
}

#[cfg(test)]
mod tests;
