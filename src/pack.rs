//! Values as few bytes, and back: what a snapshot of the server is written in.
//!
//! Numbers take as many bytes as they need, lists say how long they are, enums which variant; names are not written, so
//! whoever reads must know what was written, and says so with a version. Knows no type of ours; they derive [`Pack`].
//! Reading never panics and never believes a length that cannot be. The ways in are [`pack`] and [`unpack`].

use crate::map::{Map, Set};
use bytes::{Bytes, BytesMut};
pub use jetlab_derive::Pack;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage;

/// What can be written and read.
pub trait Pack: Sized {
    fn pack(&self, out: &mut Vec<u8>);
    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, Damage>;
}

/// All of a value.
pub fn pack(value: &impl Pack) -> Vec<u8> {
    let mut out = Vec::new();
    value.pack(&mut out);
    out
}

/// A value from all of the bytes.
pub fn unpack<T: Pack>(bytes: &[u8]) -> Result<T, Damage> {
    let mut from = Unpacker { rest: bytes };
    let value = T::unpack(&mut from)?;
    if from.rest.is_empty() { Ok(value) } else { Err(Damage) }
}

/// Bytes that were not read yet.
pub struct Unpacker<'a> {
    rest: &'a [u8],
}

impl<'a> Unpacker<'a> {
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Damage> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Damage)?;
        self.rest = rest;
        Ok(taken)
    }

    pub fn byte(&mut self) -> Result<u8, Damage> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Result<u64, Damage> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(Damage);
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damage)
    }

    /// How many items follow; each takes a byte at least.
    fn len(&mut self) -> Result<usize, Damage> {
        let len = usize::try_from(self.number()?).map_err(|_| Damage)?;
        if len <= self.rest.len() { Ok(len) } else { Err(Damage) }
    }

    fn bytes(&mut self) -> Result<&'a [u8], Damage> {
        let len = self.len()?;
        self.take(len)
    }
}

fn put_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_number(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn put_items<'a, T: Pack + 'a>(items: impl ExactSizeIterator<Item = &'a T>, out: &mut Vec<u8>) {
    put_number(items.len() as u64, out);
    items.for_each(|item| item.pack(out));
}

fn take_items<T: Pack, C: FromIterator<T>>(from: &mut Unpacker<'_>) -> Result<C, Damage> {
    (0..from.len()?).map(|_| T::unpack(from)).collect()
}

macro_rules! unsigned {
    ($($integer:ty),*) => {$(
        impl Pack for $integer {
            fn pack(&self, out: &mut Vec<u8>) {
                put_number(*self as u64, out);
            }
            fn unpack(from: &mut Unpacker<'_>) -> Result<Self, Damage> {
                <$integer>::try_from(from.number()?).map_err(|_| Damage)
            }
        }
    )*};
}
unsigned!(u16, u32, u64, usize);

macro_rules! signed {
    ($($integer:ty),*) => {$(
        impl Pack for $integer {
            fn pack(&self, out: &mut Vec<u8>) {
                let number = i64::from(*self);
                put_number((number << 1 ^ number >> 63) as u64, out);
            }
            fn unpack(from: &mut Unpacker<'_>) -> Result<Self, Damage> {
                let number = from.number()?;
                <$integer>::try_from((number >> 1) as i64 ^ -((number & 1) as i64)).map_err(|_| Damage)
            }
        }
    )*};
}
signed!(i32, i64);

impl Pack for u8 {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }
    fn unpack(from: &mut Unpacker<'_>) -> Result<u8, Damage> {
        from.byte()
    }
}

impl Pack for bool {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn unpack(from: &mut Unpacker<'_>) -> Result<bool, Damage> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damage),
        }
    }
}

macro_rules! text {
    ($($text:ty),*) => {$(
        impl Pack for $text {
            fn pack(&self, out: &mut Vec<u8>) {
                put_bytes(self.as_bytes(), out);
            }
            fn unpack(from: &mut Unpacker<'_>) -> Result<Self, Damage> {
                std::str::from_utf8(from.bytes()?).map(Into::into).map_err(|_| Damage)
            }
        }
    )*};
}
text!(String, Arc<str>);

macro_rules! raw {
    ($($bytes:ty),*) => {$(
        impl Pack for $bytes {
            fn pack(&self, out: &mut Vec<u8>) {
                put_bytes(self, out);
            }
            fn unpack(from: &mut Unpacker<'_>) -> Result<Self, Damage> {
                Ok(Bytes::copy_from_slice(from.bytes()?).into())
            }
        }
    )*};
}
raw!(Bytes, BytesMut);

impl Pack for Duration {
    fn pack(&self, out: &mut Vec<u8>) {
        self.as_secs().pack(out);
        self.subsec_nanos().pack(out);
    }
    fn unpack(from: &mut Unpacker<'_>) -> Result<Duration, Damage> {
        let (secs, nanos) = (u64::unpack(from)?, u32::unpack(from)?);
        if nanos < 1_000_000_000 { Ok(Duration::new(secs, nanos)) } else { Err(Damage) }
    }
}

impl<T: Pack> Pack for Option<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        self.is_some().pack(out);
        self.iter().for_each(|value| value.pack(out));
    }
    fn unpack(from: &mut Unpacker<'_>) -> Result<Option<T>, Damage> {
        bool::unpack(from)?.then(|| T::unpack(from)).transpose()
    }
}

macro_rules! lists {
    ($($list:ident $(: $order:ident)?),*) => {$(
        impl<T: Pack $(+ $order)?> Pack for $list<T> {
            fn pack(&self, out: &mut Vec<u8>) {
                put_items(self.iter(), out);
            }
            fn unpack(from: &mut Unpacker<'_>) -> Result<Self, Damage> {
                take_items(from)
            }
        }
    )*};
}
lists!(Vec, VecDeque, BTreeSet: Ord);

impl<T: Pack + Ord> Pack for Set<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        put_number(self.len() as u64, out);
        self.iter().for_each(|item| item.pack(out));
    }
    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, Damage> {
        take_items(from)
    }
}

macro_rules! maps {
    ($($map:ident),*) => {$(
        impl<K: Pack + Ord, V: Pack> Pack for $map<K, V> {
            fn pack(&self, out: &mut Vec<u8>) {
                put_number(self.len() as u64, out);
                for (key, value) in self {
                    key.pack(out);
                    value.pack(out);
                }
            }
            fn unpack(from: &mut Unpacker<'_>) -> Result<Self, Damage> {
                take_items(from)
            }
        }
    )*};
}
maps!(Map, BTreeMap);

impl<T: Pack> Pack for Arc<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        (**self).pack(out);
    }
    fn unpack(from: &mut Unpacker<'_>) -> Result<Arc<T>, Damage> {
        T::unpack(from).map(Arc::new)
    }
}

impl<A: Pack, B: Pack> Pack for (A, B) {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
        self.1.pack(out);
    }
    fn unpack(from: &mut Unpacker<'_>) -> Result<(A, B), Damage> {
        Ok((A::unpack(from)?, B::unpack(from)?))
    }
}

impl<T: Pack, const N: usize> Pack for [T; N] {
    fn pack(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|item| item.pack(out));
    }
    fn unpack(from: &mut Unpacker<'_>) -> Result<[T; N], Damage> {
        let items = (0..N).map(|_| T::unpack(from)).collect::<Result<Vec<T>, Damage>>()?;
        items.try_into().map_err(|_| Damage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Pack)]
    enum Shape {
        Dot,
        Line(u64, i64),
        Named {
            name: String,
            sides: Vec<Option<bool>>,
            #[pack(skip)]
            area: Option<u32>,
        },
    }

    #[test]
    fn what_was_written_is_read() {
        for number in [0, 1, 127, 128, 300, u64::MAX] {
            assert_eq!(unpack::<u64>(&pack(&number)), Ok(number));
            assert_eq!(unpack::<i64>(&pack(&(number as i64))), Ok(number as i64));
        }
        let named = Shape::Named { name: "ö".into(), sides: vec![None, Some(true)], area: Some(3) };
        let forgotten = Shape::Named { name: "ö".into(), sides: vec![None, Some(true)], area: None };
        let shapes = vec![Shape::Dot, Shape::Line(5, -5), named];
        assert_eq!(unpack::<Vec<Shape>>(&pack(&shapes)), Ok(vec![Shape::Dot, Shape::Line(5, -5), forgotten]));
        let map: BTreeMap<String, Duration> = [("a".into(), Duration::from_millis(1500))].into();
        assert_eq!(unpack::<BTreeMap<String, Duration>>(&pack(&map)), Ok(map));
    }

    #[test]
    fn damage_is_noticed() {
        assert_eq!(unpack::<u64>(&[0xff; 10]), Err(Damage), "too large");
        assert_eq!(unpack::<u64>(&[]), Err(Damage));
        assert_eq!(unpack::<u8>(&[1, 2]), Err(Damage), "more than a value");
        assert_eq!(unpack::<String>(&[2, 0xc3, 0x28]), Err(Damage));
        assert_eq!(unpack::<Vec<String>>(&[0xff, 0xff, 0xff, 0xff, 0x7f]), Err(Damage), "longer than there are bytes");
        assert_eq!(unpack::<Shape>(&[3]), Err(Damage), "no such variant");
    }
}
