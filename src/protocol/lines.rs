//! What both decoders share: control lines, blanks, decimal sizes and payloads that arrive in pieces.

use super::DecodeError;
use crate::pack::Pack;
use bytes::{Buf, Bytes, BytesMut};

/// Bytes received and not yet understood.
#[derive(Debug, Default, Pack)]
pub(super) struct Buffer {
    bytes: BytesMut,
    /// How much of `bytes` is known to hold no line end.
    #[pack(skip)]
    scanned: usize,
}

impl Buffer {
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub fn peek(&self) -> &[u8] {
        &self.bytes
    }

    /// The next line without its LF and one CR before it.
    pub fn take_line(&mut self) -> Option<Bytes> {
        let Some(at) = self.bytes[self.scanned..].iter().position(|&b| b == b'\n') else {
            self.scanned = self.bytes.len();
            return None;
        };
        let mut line = self.bytes.split_to(self.scanned + at + 1).freeze();
        self.scanned = 0;
        line.truncate(line.len() - 1);
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        Some(line)
    }

    /// `size` bytes that are followed by CR LF, once they are all here.
    pub fn take_payload(&mut self, size: usize) -> Result<Option<Bytes>, DecodeError> {
        self.scanned = 0;
        // A wrong byte in place of the CR is an error before the LF arrives.
        if self.bytes.len() > size && self.bytes[size] != b'\r' {
            return Err(DecodeError::UnknownOperation);
        }
        if self.bytes.len() < size + 2 {
            return Ok(None);
        }
        if self.bytes[size + 1] != b'\n' {
            return Err(DecodeError::UnknownOperation);
        }
        let payload = self.bytes.split_to(size).freeze();
        self.bytes.advance(2);
        Ok(Some(payload))
    }
}

/// Splits an operation's name from its arguments at the first blank.
pub(super) fn split_op(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|b| matches!(b, b' ' | b'\t')).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let start = rest.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(rest.len());
    (name, &rest[start..])
}

/// Words between runs of blanks and tabs; at most five are told apart, more is always too many.
pub(super) fn words(arguments: &[u8]) -> ([&[u8]; 5], usize) {
    let mut found: [&[u8]; 5] = [&[]; 5];
    let mut count = 0;
    let mut begin = 0;
    for (at, byte) in arguments.iter().chain(b" ").enumerate() {
        if !matches!(byte, b' ' | b'\t' | b'\r') {
            continue;
        }
        if at > begin {
            if let Some(word) = found.get_mut(count) {
                *word = &arguments[begin..at];
            }
            count += 1;
        }
        begin = at + 1;
    }
    (found, count)
}

/// A decimal size of at most nine digits.
pub(super) fn size(word: &[u8]) -> Result<usize, DecodeError> {
    if word.is_empty() || word.len() > 9 || !word.iter().all(u8::is_ascii_digit) {
        return Err(DecodeError::BadArguments);
    }
    Ok(word.iter().fold(0, |size, digit| size * 10 + usize::from(digit - b'0')))
}

/// Differs from nats-server: bytes that are not UTF-8 become U+FFFD in subjects, queue names and sids.
pub(super) fn text(word: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(word)
}
