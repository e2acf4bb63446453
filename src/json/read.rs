//! Documents from a tree.

use super::{Error, Value};
use crate::map::{Map, Set};
use serde_json::Map as Members;
use std::rc::Rc;

/// Something a JSON value can be.
pub trait FromJson: Sized {
    fn from_json(value: &Value) -> Result<Self, Error>;

    /// What a member stands for that is not there, if it may be missing.
    fn absent() -> Option<Self> {
        None
    }
}

/// Where a value goes; what documents with defaults hand to [`read_members`].
pub trait ReadInto {
    fn read_into(&mut self, value: &Value) -> Result<(), Error>;
}

impl<T: FromJson> ReadInto for T {
    fn read_into(&mut self, value: &Value) -> Result<(), Error> {
        *self = T::from_json(value)?;
        Ok(())
    }
}

fn unexpected(value: &Value, wanted: &str) -> Error {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "sequence",
        Value::Object(_) => "map",
    };
    Error(["invalid type: ", found, ", expected ", wanted].concat())
}

pub fn members(value: &Value) -> Result<&Members<String, Value>, Error> {
    value.as_object().ok_or_else(|| unexpected(value, "a map"))
}

/// Each member goes to the slot at the place of its name; others are left alone.
pub fn read_members(value: &Value, names: &[&str], slots: &mut [&mut dyn ReadInto]) -> Result<(), Error> {
    for (name, value) in members(value)? {
        if let Some(place) = names.iter().position(|known| known == name) {
            slots[place].read_into(value)?;
        }
    }
    Ok(())
}

pub fn member<T: FromJson>(members: &Members<String, Value>, name: &str) -> Result<T, Error> {
    match members.get(name) {
        Some(value) => T::from_json(value),
        None => T::absent().ok_or_else(|| missing(name)),
    }
}

pub fn member_or_default<T: FromJson + Default>(members: &Members<String, Value>, name: &str) -> Result<T, Error> {
    members.get(name).map_or_else(|| Ok(T::default()), T::from_json)
}

fn missing(name: &str) -> Error {
    Error(["missing field `", name, "`"].concat())
}

pub fn refuse_others(members: &Members<String, Value>, known: &[&str]) -> Result<(), Error> {
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Error(["unknown field `", name, "`"].concat())),
        None => Ok(()),
    }
}

fn place(name: &str, names: &[&str]) -> Result<usize, Error> {
    let place = names.iter().position(|known| *known == name);
    place.ok_or_else(|| Error(["unknown variant `", name, "`"].concat()))
}

/// Which of `names` the value is.
pub fn choice(value: &Value, names: &[&str]) -> Result<usize, Error> {
    place(value.as_str().ok_or_else(|| unexpected(value, "a name"))?, names)
}

/// Which of `names` the value is, and what it holds: `"name"`, `{"name": …}`, or with a tag `{"tag": "name", …}`.
pub fn variant<'a>(value: &'a Value, tag: &str, names: &[&str]) -> Result<(usize, &'a Value), Error> {
    if !tag.is_empty() {
        let name = members(value)?.get(tag).ok_or_else(|| missing(tag))?;
        return Ok((choice(name, names)?, value));
    }
    match value {
        Value::Object(members) if members.len() == 1 => {
            let (name, content) = members.iter().next().ok_or_else(|| unexpected(value, "a variant"))?;
            Ok((place(name, names)?, content))
        }
        _ => Ok((choice(value, names)?, &Value::Null)),
    }
}

/// A list with so many items.
pub fn parts(value: &Value, count: usize) -> Result<&[Value], Error> {
    let parts = value.as_array().filter(|parts| parts.len() == count);
    parts.map(Vec::as_slice).ok_or_else(|| unexpected(value, "a list of another length"))
}

fn integer<T: TryFrom<i128>>(value: &Value) -> Result<T, Error> {
    let number = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    let number = number.ok_or_else(|| unexpected(value, "an integer"))?;
    T::try_from(number).map_err(|_| Error(format!("invalid value: integer `{}`", super::write(value))))
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl FromJson for $integer {
            fn from_json(value: &Value) -> Result<Self, Error> {
                integer(value)
            }
        }
    )*};
}
integers!(u8, u16, u32, u64, usize, i32, i64);

impl FromJson for f64 {
    fn from_json(value: &Value) -> Result<f64, Error> {
        value.as_f64().ok_or_else(|| unexpected(value, "a number"))
    }
}

impl FromJson for bool {
    fn from_json(value: &Value) -> Result<bool, Error> {
        value.as_bool().ok_or_else(|| unexpected(value, "a boolean"))
    }
}

impl FromJson for String {
    fn from_json(value: &Value) -> Result<String, Error> {
        value.as_str().map(str::to_owned).ok_or_else(|| unexpected(value, "a string"))
    }
}

impl FromJson for Value {
    fn from_json(value: &Value) -> Result<Value, Error> {
        Ok(value.clone())
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: &Value) -> Result<Option<T>, Error> {
        if value.is_null() { Ok(None) } else { T::from_json(value).map(Some) }
    }

    fn absent() -> Option<Option<T>> {
        Some(None)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: &Value) -> Result<Vec<T>, Error> {
        let items = value.as_array().ok_or_else(|| unexpected(value, "a sequence"))?;
        let mut read = Vec::with_capacity(items.len());
        for item in items {
            read.push(T::from_json(item)?);
        }
        Ok(read)
    }
}

impl<T: FromJson + Ord> FromJson for Set<T> {
    fn from_json(value: &Value) -> Result<Set<T>, Error> {
        Vec::from_json(value).map(Set::from_iter)
    }
}

impl<K: From<String> + Ord, V: FromJson> FromJson for Map<K, V> {
    fn from_json(value: &Value) -> Result<Map<K, V>, Error> {
        let mut read = Map::new();
        for (name, value) in members(value)? {
            read.insert(K::from(name.clone()), V::from_json(value)?);
        }
        Ok(read)
    }
}

impl<T: FromJson> FromJson for Box<T> {
    fn from_json(value: &Value) -> Result<Box<T>, Error> {
        T::from_json(value).map(Box::new)
    }
}

impl<T: FromJson> FromJson for Rc<T> {
    fn from_json(value: &Value) -> Result<Rc<T>, Error> {
        T::from_json(value).map(Rc::new)
    }
}
