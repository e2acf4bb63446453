//! Documents to text.

use super::Value;
use crate::map::{Map, Set};
use std::fmt::Write;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Something with a JSON text. Implementations give `write`, or `write_members` if they are objects.
pub trait ToJson {
    fn write(&self, out: &mut Writer) {
        out.open('{');
        self.write_members(out);
        out.close('}');
    }

    /// Only what stands between the braces.
    fn write_members(&self, _: &mut Writer) {}

    /// Whether a member marked `omit_empty` is left out.
    fn is_empty(&self) -> bool {
        false
    }
}

/// Text in the making.
#[derive(Default)]
pub struct Writer {
    pub(super) text: String,
}

impl Writer {
    pub fn open(&mut self, bracket: char) {
        self.text.push(bracket);
    }

    pub fn close(&mut self, bracket: char) {
        self.text.push(bracket);
    }

    /// A comma, unless this is the first item: only then the text ends in a bracket that opens.
    pub fn next(&mut self) {
        if !self.text.ends_with(['{', '[']) {
            self.text.push(',');
        }
    }

    pub fn key(&mut self, name: &str) {
        self.next();
        self.text(name);
        self.text.push(':');
    }

    pub fn text(&mut self, text: &str) {
        self.text.push('"');
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) {
            self.text.push_str(&rest[..at]);
            match rest.as_bytes()[at] {
                b'\n' => self.text.push_str("\\n"),
                b'\r' => self.text.push_str("\\r"),
                b'\t' => self.text.push_str("\\t"),
                8 => self.text.push_str("\\b"),
                12 => self.text.push_str("\\f"),
                byte @ (b'"' | b'\\') => self.text.extend(['\\', byte as char]),
                byte => drop(write!(self.text, "\\u{byte:04x}")),
            }
            rest = &rest[at + 1..];
        }
        self.text.push_str(rest);
        self.text.push('"');
    }

    /// JSON as it is.
    pub fn raw(&mut self, json: &str) {
        self.text.push_str(json);
    }

    /// `names` say of each value whether it is left out when empty; a value without a name brings its own members.
    pub fn members(&mut self, names: &[(&str, bool)], values: &[&dyn ToJson]) {
        for ((name, omit_empty), value) in names.iter().zip(values) {
            if name.is_empty() {
                value.write_members(self);
            } else if !(*omit_empty && value.is_empty()) {
                self.key(name);
                value.write(self);
            }
        }
    }

    /// `{"name":{…}}`
    pub fn variant(&mut self, name: &str, names: &[(&str, bool)], values: &[&dyn ToJson]) {
        self.open('{');
        self.key(name);
        self.open('{');
        self.members(names, values);
        self.close('}');
        self.close('}');
    }

    /// `"tag":"name",…`
    pub fn tagged(&mut self, tag: &str, name: &str, names: &[(&str, bool)], values: &[&dyn ToJson]) {
        self.key(tag);
        self.text(name);
        self.members(names, values);
    }

    /// `{"name":value}`
    pub fn newtype(&mut self, name: &str, value: &dyn ToJson) {
        self.open('{');
        self.key(name);
        value.write(self);
        self.close('}');
    }

    /// `{"name":[…]}`
    pub fn variant_list(&mut self, name: &str, values: &[&dyn ToJson]) {
        self.open('{');
        self.key(name);
        self.list(&mut values.iter().copied());
        self.close('}');
    }

    pub fn list(&mut self, items: &mut dyn Iterator<Item = &dyn ToJson>) {
        self.open('[');
        for item in items {
            self.next();
            item.write(self);
        }
        self.close(']');
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl ToJson for $integer {
            fn write(&self, out: &mut Writer) {
                let _ = write!(out.text, "{self}");
            }
            fn is_empty(&self) -> bool {
                *self == 0
            }
        }
    )*};
}
integers!(u8, u16, u32, u64, usize, i32, i64);

impl ToJson for f64 {
    fn write(&self, out: &mut Writer) {
        // Of the two, this is the one that marks whole numbers as fractions: `1.0`.
        let _ = if self.is_finite() { write!(out.text, "{self:?}") } else { out.text.write_str("null") };
    }
}

impl ToJson for bool {
    fn write(&self, out: &mut Writer) {
        out.raw(if *self { "true" } else { "false" });
    }
    fn is_empty(&self) -> bool {
        !self
    }
}

impl ToJson for str {
    fn write(&self, out: &mut Writer) {
        out.text(self);
    }
    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl ToJson for String {
    fn write(&self, out: &mut Writer) {
        out.text(self);
    }
    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

/// `null`: no request.
impl ToJson for () {
    fn write(&self, out: &mut Writer) {
        out.raw("null");
    }
}

impl ToJson for Value {
    fn write(&self, out: &mut Writer) {
        match self {
            Value::Null => out.raw("null"),
            Value::Bool(value) => value.write(out),
            Value::String(text) => out.text(text),
            Value::Array(items) => items.write(out),
            Value::Object(_) => {
                out.open('{');
                self.write_members(out);
                out.close('}');
            }
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => number.write(out),
                (None, Some(number)) => number.write(out),
                (None, None) => number.as_f64().write(out),
            },
        }
    }

    fn write_members(&self, out: &mut Writer) {
        for (name, value) in self.as_object().into_iter().flatten() {
            out.key(name);
            value.write(out);
        }
    }
}

macro_rules! pointers {
    ($($pointer:ty),*) => {$(
        impl<T: ToJson + ?Sized> ToJson for $pointer {
            fn write(&self, out: &mut Writer) {
                (**self).write(out);
            }
            fn write_members(&self, out: &mut Writer) {
                (**self).write_members(out);
            }
            fn is_empty(&self) -> bool {
                (**self).is_empty()
            }
        }
    )*};
}
pointers!(&T, Box<T>, Rc<T>, Arc<T>);

impl<T: ToJson> ToJson for Option<T> {
    fn write(&self, out: &mut Writer) {
        match self {
            Some(value) => value.write(out),
            None => out.raw("null"),
        }
    }
    fn write_members(&self, out: &mut Writer) {
        if let Some(value) = self {
            value.write_members(out);
        }
    }
    fn is_empty(&self) -> bool {
        self.is_none()
    }
}

impl<T: ToJson> ToJson for [T] {
    fn write(&self, out: &mut Writer) {
        out.list(&mut self.iter().map(|item| item as &dyn ToJson));
    }
    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn write(&self, out: &mut Writer) {
        self.as_slice().write(out);
    }
    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl<T: ToJson> ToJson for Set<T> {
    fn write(&self, out: &mut Writer) {
        out.list(&mut self.iter().map(|item| item as &dyn ToJson));
    }
}

impl<A: ToJson, B: ToJson> ToJson for (A, B) {
    fn write(&self, out: &mut Writer) {
        out.list(&mut [&self.0 as &dyn ToJson, &self.1].into_iter());
    }
}

impl<K: std::ops::Deref<Target = str>, V: ToJson> ToJson for Map<K, V> {
    fn write_members(&self, out: &mut Writer) {
        for (name, value) in self {
            out.key(name);
            value.write(out);
        }
    }
    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl ToJson for Duration {
    fn write_members(&self, out: &mut Writer) {
        out.members(&[("secs", false), ("nanos", false)], &[&self.as_secs(), &self.subsec_nanos()]);
    }
}
