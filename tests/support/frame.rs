//! What a server said, one operation at a time. Written apart from the crate's own decoder, so that it can judge it.

use serde_json::Value;

/// One operation of a server: its line, with single blanks between the words, and for MSG and HMSG what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub line: String,
    /// The header block, byte for byte; empty for everything but HMSG.
    pub headers: Vec<u8>,
    pub payload: Vec<u8>,
}

impl Frame {
    /// Takes the first complete frame off `bytes`.
    pub fn take(bytes: &mut Vec<u8>) -> Option<Frame> {
        let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
        let line = String::from_utf8_lossy(&bytes[..end]);
        let line = match line.split_once(' ') {
            Some(("INFO" | "-ERR", _)) => line.trim().to_owned(),
            _ => line.split_whitespace().collect::<Vec<_>>().join(" "),
        };
        let frame = Frame { line, headers: Vec::new(), payload: Vec::new() };
        let (headers, total) = frame.sizes();
        let body = end + 2;
        let used = if frame.is_message() { body + total + 2 } else { body };
        if bytes.len() < used {
            return None;
        }
        let (headers, payload) = match frame.is_message() {
            true => (bytes[body..body + headers].to_vec(), bytes[body + headers..body + total].to_vec()),
            false => Default::default(),
        };
        bytes.drain(..used);
        Some(Frame { headers, payload, ..frame })
    }

    pub fn is_message(&self) -> bool {
        self.line.starts_with("MSG ") || self.line.starts_with("HMSG ")
    }

    /// Header bytes and total bytes.
    fn sizes(&self) -> (usize, usize) {
        let number = |word: Option<&str>| word.and_then(|word| word.parse().ok()).unwrap_or(0);
        let mut words = self.line.rsplit(' ');
        let total = number(words.next());
        if self.line.starts_with("HMSG ") { (number(words.next()), total) } else { (0, total) }
    }

    fn words(&self) -> Vec<&str> {
        self.line.split(' ').collect()
    }

    pub fn subject(&self) -> &str {
        assert!(self.is_message(), "not a message: {self}");
        self.words()[1]
    }

    pub fn sid(&self) -> &str {
        assert!(self.is_message(), "not a message: {self}");
        self.words()[2]
    }

    pub fn reply(&self) -> Option<&str> {
        let words = self.words();
        let sizes = if self.line.starts_with("HMSG ") { 2 } else { 1 };
        (words.len() == 4 + sizes).then(|| words[3])
    }

    /// The payload, with U+FFFD for what is not UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap_or_else(|error| panic!("no JSON ({error}): {self}"))
    }

    /// The header block as text, escapes and all: `NATS/1.0 503\r\n...`.
    pub fn header_text(&self) -> String {
        String::from_utf8_lossy(&self.headers).into_owned()
    }

    /// What follows `NATS/1.0 ` on the first header line: `404 No Messages`. Empty when there is nothing.
    pub fn status(&self) -> String {
        let text = self.header_text();
        let first = text.lines().next().unwrap_or_default();
        first.strip_prefix("NATS/1.0").unwrap_or_default().trim().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let text = self.header_text();
        text.lines().skip(1).find_map(|line| Some(line.split_once(':').filter(|it| it.0 == name)?.1.trim().to_owned()))
    }
}

/// As a script writes it: `MSG a 1 2\r\nhi`, without the last line end.
impl std::fmt::Display for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line)?;
        if self.is_message() {
            write!(f, "\r\n{}{}", self.header_text(), self.text())?;
        }
        Ok(())
    }
}
