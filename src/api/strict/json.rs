//! JSON text to a tree that still knows what was written: the order of members, repeated members, the digits of numbers.
//!
//! Knows syntax only. Complaints are Go's, with the offset of the offending byte counted from 1.
//! Source: RFC 8259; the texts are those of Go's `encoding/json` as nats-server 2.15.1 prints them.

/// Deeper than any request nests; keeps hostile brackets off the stack.
const MAX_DEPTH: usize = 64;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// What Go calls it in a complaint.
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "bool",
            Json::Number(_) => "number",
            Json::Text(_) => "string",
            Json::List(_) => "array",
            Json::Object(_) => "object",
        }
    }

    /// The text this was read from, without its blanks.
    pub fn text(&self) -> String {
        match self {
            Json::Null => "null".to_owned(),
            Json::Bool(value) => value.to_string(),
            Json::Number(digits) => digits.clone(),
            Json::Text(text) => quoted(text),
            Json::List(items) => format!("[{}]", items.iter().map(Json::text).collect::<Vec<_>>().join(",")),
            Json::Object(members) => {
                let members: Vec<String> = members.iter().map(|(k, v)| format!("{}:{}", quoted(k), v.text())).collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }
}

fn quoted(text: &str) -> String {
    crate::json::write(text)
}

/// Reads every document in `bytes`, one after the other; none if there are only blanks.
pub(super) fn parse_all(bytes: &[u8]) -> Result<Vec<Json>, String> {
    let mut reader = Reader { bytes, at: 0 };
    let mut documents = Vec::new();
    loop {
        reader.skip_blanks();
        if reader.at == bytes.len() {
            return Ok(documents);
        }
        documents.push(reader.value(0)?);
    }
}

/// Reads the one document in `bytes`, with what Go says of a whole file: no offsets.
pub(super) fn parse_one(bytes: &[u8]) -> Result<Json, String> {
    let mut reader = Reader { bytes, at: 0 };
    let document = reader.value(0).and_then(|document| {
        reader.skip_blanks();
        if reader.at == bytes.len() { Ok(document) } else { Err(reader.complaint("after top-level value")) }
    });
    document.map_err(|problem| match problem.rsplit_once(" at offset ") {
        Some((problem, _)) => problem.to_owned(),
        None if problem == "unexpected EOF" => "unexpected end of JSON input".to_owned(),
        None => problem,
    })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.skip_blanks();
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => self.string().map(Json::Text),
            b't' => self.literal("true", Json::Bool(true)),
            b'f' => self.literal("false", Json::Bool(false)),
            b'n' => self.literal("null", Json::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(self.complaint("looking for beginning of value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        let mut members = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_blanks();
            if self.peek()? != b'"' {
                return Err(self.complaint("looking for beginning of object key string"));
            }
            let key = self.string()?;
            self.skip_blanks();
            if self.peek()? != b':' {
                return Err(self.complaint("after object key"));
            }
            self.at += 1;
            members.push((key, self.value(depth + 1)?));
            if self.ends(b'}', "after object key:value pair")? {
                return Ok(Json::Object(members));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json, String> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.ends(b']', "after array element")? {
                return Ok(Json::List(items));
            }
        }
    }

    /// Takes `close` (true) or a comma (false).
    fn ends(&mut self, close: u8, place: &str) -> Result<bool, String> {
        self.skip_blanks();
        let byte = self.peek()?;
        if byte != close && byte != b',' {
            return Err(self.complaint(place));
        }
        self.at += 1;
        Ok(byte == close)
    }

    fn literal(&mut self, word: &str, value: Json) -> Result<Json, String> {
        for expected in word.bytes() {
            if self.peek()? != expected {
                return Err(self.complaint(&format!("in literal {word} (expecting '{}')", expected as char)));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<Json, String> {
        let start = self.at;
        self.take_if(|b| b == b'-');
        if !self.take_if(|b| b == b'0') {
            self.digits()?;
        }
        if self.take_if(|b| b == b'.') {
            self.digits()?;
        }
        if self.take_if(|b| matches!(b, b'e' | b'E')) {
            self.take_if(|b| matches!(b, b'+' | b'-'));
            self.digits()?;
        }
        Ok(Json::Number(String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned()))
    }

    fn digits(&mut self) -> Result<(), String> {
        if !self.peek()?.is_ascii_digit() {
            return Err(self.complaint("in numeric literal"));
        }
        while self.take_if(|b| b.is_ascii_digit()) {}
        Ok(())
    }

    fn string(&mut self) -> Result<String, String> {
        let mut text = Vec::new();
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Ok(String::from_utf8_lossy(&text).into_owned());
                }
                b'\\' => self.escape(&mut text)?,
                0..0x20 => return Err(self.complaint("in string literal")),
                byte => {
                    text.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), String> {
        let start = self.at;
        self.at += 1;
        let character = match self.peek()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(start, text),
            _ => return Err(self.bad_escape(start, 2)),
        };
        self.at += 1;
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn unicode_escape(&mut self, start: usize, text: &mut Vec<u8>) -> Result<(), String> {
        let first = self.hex4(start)?;
        let mut character = char::from_u32(first);
        if (0xD800..0xDC00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 1;
            let second = self.hex4(before)?;
            if (0xDC00..0xE000).contains(&second) {
                character = char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
            } else {
                self.at = before;
            }
        }
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    /// Stands on the `u` and leaves behind the four digits after it.
    fn hex4(&mut self, start: usize) -> Result<u32, String> {
        let digits = self.bytes.get(self.at + 1..self.at + 5).ok_or("unexpected EOF")?;
        let parsed = std::str::from_utf8(digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let parsed = parsed.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let value = parsed.ok_or_else(|| self.bad_escape(start, 6))?;
        self.at += 5;
        Ok(value)
    }

    fn bad_escape(&self, start: usize, len: usize) -> String {
        let end = (start + len).min(self.bytes.len());
        let text = String::from_utf8_lossy(&self.bytes[start..end]);
        format!("invalid escape sequence `{text}` in string at offset {}", start + 2)
    }

    fn take_if(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        let taken = self.bytes.get(self.at).is_some_and(|&byte| wanted(byte));
        self.at += usize::from(taken);
        taken
    }

    fn peek(&self) -> Result<u8, String> {
        self.bytes.get(self.at).copied().ok_or_else(|| "unexpected EOF".to_owned())
    }

    fn skip_blanks(&mut self) {
        while self.take_if(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')) {}
    }

    fn complaint(&self, place: &str) -> String {
        let rest = String::from_utf8_lossy(&self.bytes[self.at..self.bytes.len().min(self.at + 4)]).into_owned();
        let character = match rest.chars().next() {
            Some('\'') => r"'\''".to_owned(),
            Some('"') => "'\"'".to_owned(),
            Some(c @ '\u{feff}') => format!("'\\u{:04x}'", c as u32),
            Some(c) if c.is_control() => format!("'\\x{:02x}'", c as u32),
            Some(c) => format!("'{c}'"),
            None => return "unexpected EOF".to_owned(),
        };
        format!("invalid character {character} {place} at offset {}", self.at + 1)
    }
}
