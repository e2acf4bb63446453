//! The header block in front of a payload.
//!
//! Kept as the bytes that came, because the server forwards and stores them unread; looked into only when asked.
//! Source: ADR-4; nats-server `server/client.go`, `getHeader` and `setHeader`.

use crate::pack::Pack;
use bytes::Bytes;

const VERSION_LINE: &[u8] = b"NATS/1.0\r\n";

/// A header block, `NATS/1.0` line and closing blank line included.
#[derive(Clone, Debug, PartialEq, Eq, Pack)]
pub struct Headers(Bytes);

/// The status of a block's first line: `NATS/1.0 503`, `NATS/1.0 409 Consumer Deleted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status<'a> {
    pub code: u16,
    pub description: &'a str,
}

impl Headers {
    /// A block with no header in it.
    pub fn new() -> Headers {
        Headers(Bytes::from_static(b"NATS/1.0\r\n\r\n"))
    }

    /// A block that carries a status; `description` may be empty.
    pub fn with_status(code: u16, description: &str) -> Headers {
        let space = if description.is_empty() { "" } else { " " };
        Headers(format!("NATS/1.0 {code}{space}{description}\r\n\r\n").into())
    }

    /// Takes bytes as they are. They need not be well formed; what cannot be read is simply not found.
    pub fn from_bytes(bytes: Bytes) -> Headers {
        Headers(bytes)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn to_bytes(&self) -> Bytes {
        self.0.clone()
    }

    /// Size in bytes, as announced in HPUB and HMSG.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the first header with exactly this name, leading blanks skipped, trailing ones kept.
    ///
    /// `None` also for a value that is not UTF-8.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.raw_lines().find_map(|line| value_of(line, name))?;
        std::str::from_utf8(value).ok()
    }

    /// Every `name: value` line in order; lines without a colon are left out.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.raw_lines().filter_map(|line| {
            let line = std::str::from_utf8(line).ok()?;
            let (name, value) = line.split_once(':')?;
            Some((name, value.trim_start_matches(' ')))
        })
    }

    /// The status on the first line, if there is one.
    pub fn status(&self) -> Option<Status<'_>> {
        let line = self.0.strip_prefix(b"NATS/1.0 ")?;
        let line = &line[..line.windows(2).position(|pair| pair == b"\r\n")?];
        let line = std::str::from_utf8(line).ok()?.trim();
        let (code, description) = line.split_once(' ').unwrap_or((line, ""));
        Some(Status { code: code.parse().ok()?, description: description.trim() })
    }

    /// Adds a header at the end.
    pub fn append(&mut self, name: &str, value: &str) {
        let kept = self.0.len() - if self.0.ends_with(b"\r\n") { 2 } else { 0 };
        let mut bytes = Vec::with_capacity(self.0.len() + name.len() + value.len() + 4);
        bytes.extend_from_slice(if kept == 0 { VERSION_LINE } else { &self.0[..kept] });
        bytes.extend_from_slice(format!("{name}: {value}\r\n\r\n").as_bytes());
        self.0 = bytes.into();
    }

    /// [`Headers::append`] for building in one expression.
    pub fn and(mut self, name: &str, value: &str) -> Headers {
        self.append(name, value);
        self
    }

    /// Takes out every header whose name is `unwanted`. Keeps the rest byte for byte.
    pub fn retain(&mut self, mut wanted: impl FnMut(&str) -> bool) {
        let mut bytes = Vec::with_capacity(self.0.len());
        for (index, line) in split_lines(&self.0).enumerate() {
            let name = line.split(|&b| b == b':').next().unwrap_or_default();
            let is_header = index > 0 && line.contains(&b':');
            if !is_header || std::str::from_utf8(name).map_or(true, &mut wanted) {
                bytes.extend_from_slice(line);
                bytes.extend_from_slice(b"\r\n");
            }
        }
        // The split leaves one piece after the last line end.
        bytes.truncate(bytes.len().saturating_sub(2));
        self.0 = bytes.into();
    }

    /// [`Headers::replace`], or [`Headers::append`] where there is none of this name.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.get(name) {
            Some(_) => self.replace(name, value),
            None => self.append(name, value),
        }
    }

    /// Gives the first header of this name another value, where it stands.
    pub fn replace(&mut self, name: &str, value: &str) {
        let mut bytes = Vec::with_capacity(self.0.len() + value.len());
        let mut is_replaced = false;
        for (index, line) in split_lines(&self.0).enumerate() {
            if index > 0 {
                bytes.extend_from_slice(b"\r\n");
            }
            if index > 0 && !is_replaced && value_of(line, name).is_some() {
                bytes.extend_from_slice(format!("{name}: {value}").as_bytes());
                is_replaced = true;
            } else {
                bytes.extend_from_slice(line);
            }
        }
        self.0 = bytes.into();
    }

    fn raw_lines(&self) -> impl Iterator<Item = &[u8]> {
        split_lines(&self.0).skip(1)
    }
}

impl Default for Headers {
    fn default() -> Self {
        Headers::new()
    }
}

fn value_of<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let value = line.strip_prefix(name.as_bytes())?.strip_prefix(b":")?;
    let start = value.iter().position(|&b| b != b' ').unwrap_or(value.len());
    Some(&value[start..])
}

/// Pieces between CR LF pairs; a lone LF does not end a line.
fn split_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest?;
        match bytes.windows(2).position(|pair| pair == b"\r\n") {
            Some(at) => {
                rest = Some(&bytes[at + 2..]);
                Some(&bytes[..at])
            }
            None => {
                rest = None;
                Some(bytes)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(text: &str) -> Headers {
        Headers::from_bytes(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn looks_up_exactly() {
        let block = headers("NATS/1.0\r\nNats-Msg-Id:   7 \r\nA:b\r\nA: c\r\n\r\n");
        assert_eq!(block.get("Nats-Msg-Id"), Some("7 "));
        assert_eq!(block.get("nats-msg-id"), None);
        assert_eq!(block.get("A"), Some("b"));
        assert_eq!(block.iter().count(), 3);
        assert_eq!(headers("NATS/1.0\nA: b\n\n").get("A"), None);
        assert_eq!(headers("hello").get("A"), None);
    }

    #[test]
    fn status_line() {
        let block = Headers::with_status(409, "Consumer Deleted").and("X", "1");
        assert_eq!(block.status(), Some(Status { code: 409, description: "Consumer Deleted" }));
        assert_eq!(block.as_bytes(), b"NATS/1.0 409 Consumer Deleted\r\nX: 1\r\n\r\n");
        assert_eq!(Headers::new().status(), None);
        assert_eq!(headers("NATS/1.0 503\r\n\r\n").status().unwrap().code, 503);
    }

    #[test]
    fn retain_keeps_the_rest() {
        let mut block = headers("NATS/1.0\r\nA: 1\r\nB: 2\r\nA: 3\r\n\r\n");
        block.retain(|name| name != "A");
        assert_eq!(block.as_bytes(), b"NATS/1.0\r\nB: 2\r\n\r\n");
    }

    #[test]
    fn replace_changes_one_line() {
        let mut block = headers("NATS/1.0 503\r\nA: 1\r\nBA: 2\r\nA: 3\r\n\r\n");
        block.replace("A", "new");
        block.replace("C", "not there");
        assert_eq!(block.as_bytes(), b"NATS/1.0 503\r\nA: new\r\nBA: 2\r\nA: 3\r\n\r\n");
    }

    #[test]
    fn append_to_nothing_starts_a_block() {
        let mut block = headers("");
        block.append("A", "1");
        assert_eq!(block.as_bytes(), b"NATS/1.0\r\nA: 1\r\n\r\n");
    }
}
