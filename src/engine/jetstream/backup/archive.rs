//! The archive inside a backup: entries one after the other, state first, then consumers, messages, and an end.
//!
//! Knows names, numbers and bytes; nothing of streams. The ways in are [`Writer`] and [`Reader`].
//! Source: ADR "JetStream Stream Backup and Restore V2", `NATSARC1`.

const MAGIC: &[u8] = b"NATSARC1";
/// A name that claims to be longer is damage, not a name.
const MAX_NAME_BYTES: u64 = 64 * 1024;

/// One thing in the archive. `seq` is 0 for what is no message; the end has neither name nor numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub name: &'a str,
    /// Nanoseconds since the Unix epoch.
    pub at: i64,
    pub seq: u64,
    pub headers: &'a [u8],
    pub body: &'a [u8],
}

impl Entry<'_> {
    pub fn is_end(&self) -> bool {
        *self == Entry::default()
    }
}

/// The archive is damaged or over too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub fn new() -> Writer {
        Writer(MAGIC.to_vec())
    }

    pub fn write(&mut self, entry: Entry<'_>) {
        let Entry { name, at, seq, headers, body } = entry;
        let zigzag = (at << 1 ^ at >> 63) as u64;
        for number in [name.len() as u64, zigzag, seq, headers.len() as u64, body.len() as u64] {
            self.write_number(number);
        }
        for part in [name.as_bytes(), headers, body] {
            self.0.extend_from_slice(part);
        }
    }

    fn write_number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.write(Entry::default());
        self.0
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// `None` for something else than this kind of archive.
    pub fn new(bytes: &'a [u8]) -> Option<Reader<'a>> {
        bytes.strip_prefix(MAGIC).map(Reader)
    }

    pub fn next(&mut self) -> Result<Entry<'a>, Unreadable> {
        let Reader(bytes) = self;
        let mut number = || uvarint(bytes).ok_or(Unreadable);
        let (name, zigzag, seq, headers, body) = (number()?, number()?, number()?, number()?, number()?);
        if name > MAX_NAME_BYTES {
            return Err(Unreadable);
        }
        let name = std::str::from_utf8(self.take(name)?).map_err(|_| Unreadable)?;
        let at = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
        Ok(Entry { name, at, seq, headers: self.take(headers)?, body: self.take(body)? })
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], Unreadable> {
        let count = usize::try_from(count).map_err(|_| Unreadable)?;
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Unreadable)?;
        self.0 = rest;
        Ok(taken)
    }
}

/// Takes a number off the front, seven bits to a byte, lowest first.
pub(super) fn uvarint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let state = Entry { name: "state.json", at: 1_795_266_274_599_335_205, body: b"{}", ..Entry::default() };
        let message = Entry { name: "a.b", at: -5, seq: u64::MAX, headers: b"NATS/1.0\r\n\r\n", body: &[7; 300] };
        let mut writer = Writer::new();
        writer.write(state);
        writer.write(message);
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes).expect("it starts as it must");
        assert_eq!((reader.next(), reader.next()), (Ok(state), Ok(message)));
        assert!(reader.next().is_ok_and(|entry| entry.is_end()));
        assert_eq!(reader.next(), Err(Unreadable));
        for end in MAGIC.len()..bytes.len() {
            let mut reader = Reader::new(&bytes[..end]).expect("it starts as it must");
            while reader.next().is_ok_and(|entry| !entry.is_end()) {}
        }
    }
}
