//! What stands in brackets and quotes.
//!
//! Knows no indentation. The way in is [`Flow::value`].

use super::tree::{Entry, NO_TOKEN, Node, Problem, Value, at};

/// Deeper than this nothing is nested that means something.
const DEEPEST: usize = 32;

pub(super) struct Flow<'a> {
    text: &'a str,
    position: usize,
    first: usize,
    depth: usize,
}

/// Where a quoted text at the beginning of `text` ends.
pub(super) fn quoted_end(text: &str) -> Option<usize> {
    let mut flow = Flow::new(text, 1);
    flow.quoted().ok()??;
    Some(flow.position)
}

impl<'a> Flow<'a> {
    /// `first`: the line `text` begins on.
    pub fn new(text: &'a str, first: usize) -> Flow<'a> {
        Flow { text, position: 0, first, depth: 0 }
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.position..]
    }

    fn line(&self) -> usize {
        self.first + self.text[..self.position].matches('\n').count()
    }

    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            self.position += rest.len() - rest.trim_start().len();
            if !self.rest().starts_with('#') {
                return;
            }
            self.position += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    /// The value that begins here; `None` when it does not end.
    pub fn value(&mut self) -> Result<Option<Node>, Problem> {
        self.skip_space();
        let line = self.line();
        let Some(first) = self.rest().chars().next() else { return Ok(None) };
        let value = match first {
            '[' | '{' if self.depth == DEEPEST => return Err(at(line, "exceeded max depth")),
            '[' => self.list()?,
            '{' => self.map()?,
            '"' | '\'' => self.quoted()?.map(Value::Quoted),
            '@' | '`' | '%' => return Err(at(line, NO_TOKEN)),
            '*' | '&' | '!' => return Err(at(line, "anchors and tags are not in the playground")),
            _ => Some(self.plain()),
        };
        Ok(value.map(|value| Node { line, value }))
    }

    fn plain(&mut self) -> Value {
        let rest = self.rest();
        let colon = |at: usize| rest[at + 1..].chars().next().is_none_or(|next| " \n,]}".contains(next));
        let end = rest.char_indices().find(|(at, c)| {
            matches!(c, ',' | '[' | ']' | '{' | '}')
                || (*c == ':' && colon(*at))
                || (*c == '#' && rest[..*at].ends_with([' ', '\n']))
        });
        let end = end.map_or(rest.len(), |(at, _)| at);
        self.position += end;
        Value::Plain(rest[..end].split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Steps over `wanted` if it is next.
    fn takes(&mut self, wanted: char) -> bool {
        self.skip_space();
        let is_there = self.rest().starts_with(wanted);
        self.position += usize::from(is_there);
        is_there
    }

    fn list(&mut self) -> Result<Option<Value>, Problem> {
        let opened = self.line();
        self.position += 1;
        self.depth += 1;
        let mut items = Vec::new();
        while !self.takes(']') {
            let Some(item) = self.value()? else { return Ok(None) };
            items.push(item);
            if !self.separated(']', opened)? {
                return Ok(None);
            }
        }
        self.depth -= 1;
        Ok(Some(Value::List(items)))
    }

    fn map(&mut self) -> Result<Option<Value>, Problem> {
        let opened = self.line();
        self.position += 1;
        self.depth += 1;
        let mut entries = Vec::new();
        while !self.takes('}') {
            let Some(Node { line, value: Value::Plain(key) | Value::Quoted(key) }) = self.value()? else {
                return Ok(None);
            };
            let node = if self.takes(':') && !self.rest().trim_start().starts_with([',', '}']) {
                self.value()?
            } else {
                Some(Node::nothing(line))
            };
            let Some(node) = node else { return Ok(None) };
            entries.push(Entry { key, line, node });
            if !self.separated('}', opened)? {
                return Ok(None);
            }
        }
        self.depth -= 1;
        Ok(Some(Value::Map(entries)))
    }

    /// A comma, or the end is next. `false` when the text ends here.
    fn separated(&mut self, closing: char, opened: usize) -> Result<bool, Problem> {
        if self.takes(',') {
            return Ok(true);
        }
        match self.rest().chars().next() {
            None => Ok(false),
            Some(next) if next == closing => Ok(true),
            Some(_) => Err(at((opened - 1).max(1), &format!("did not find expected ',' or '{closing}'"))),
        }
    }

    fn quoted(&mut self) -> Result<Option<String>, Problem> {
        let Some(quote) = self.rest().chars().next() else { return Ok(None) };
        let line = self.line();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        let mut text = String::new();
        while let Some((at_byte, c)) = chars.next() {
            match c {
                '\'' if quote == '\'' && chars.next_if(|(_, next)| *next == '\'').is_some() => text.push('\''),
                c if c == quote => {
                    self.position += at_byte + 1;
                    return Ok(Some(text));
                }
                '\\' if quote == '"' => match chars.next() {
                    None => return Ok(None),
                    Some((_, letter @ ('x' | 'u' | 'U'))) => {
                        let digits = match letter {
                            'x' => 2,
                            'u' => 4,
                            _ => 8,
                        };
                        let code: String = chars.by_ref().take(digits).map(|(_, digit)| digit).collect();
                        let code = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                        text.push(code.ok_or_else(|| at(line, "did not find expected hexdecimal number"))?);
                    }
                    Some((_, letter)) => {
                        text.push(escaped(letter).ok_or_else(|| at(line, "found unknown escape character"))?)
                    }
                },
                // A line break is a space; further ones stay.
                '\n' => match chars.peek() {
                    Some((_, '\n')) => {
                        while chars.next_if(|(_, next)| *next == '\n').is_some() {
                            text.push('\n');
                        }
                    }
                    _ => text.push(' '),
                },
                c => text.push(c),
            }
        }
        Ok(None)
    }
}

fn escaped(letter: char) -> Option<char> {
    Some(match letter {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        ' ' | '"' | '/' | '\\' => letter,
        _ => return None,
    })
}
