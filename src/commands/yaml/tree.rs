//! YAML as text, read into a tree that knows its lines.
//!
//! Knows blocks, lists and mappings in brackets, quoted and plain text, text blocks, comments; of what is left (anchors,
//! tags, several documents) it says so. The way in is [`Node::read`]. Source: YAML 1.2; the sentences of errors and the
//! lines they name are those of yaml.v3, which the real CLI reads with.

use super::flow::{Flow, quoted_end};

/// A value and the line it begins on, counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub line: usize,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// What it means depends on who asks.
    Plain(String),
    /// Text whatever it looks like.
    Quoted(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    pub line: usize,
    pub node: Node,
}

/// A sentence, as after `yaml: `.
pub type Problem = String;

pub(super) const NO_TOKEN: &str = "found character that cannot start any token";
pub(super) const NO_MAPPING: &str = "mapping values are not allowed in this context";
const NO_KEY: &str = "did not find expected key";
const NO_COLON: &str = "could not find expected ':'";
const NO_END: &str = "found unexpected end of stream";

pub(super) fn at(line: usize, problem: &str) -> Problem {
    format!("line {line}: {problem}")
}

/// A line that is not blank.
struct Line<'a> {
    number: usize,
    indent: usize,
    /// From its first character on.
    text: &'a str,
    /// A comment stands between it and the line before.
    after_comment: bool,
}

/// What follows a key or a dash on its line, and how deep that is.
struct Rest<'a> {
    text: &'a str,
    line: usize,
    /// Lines of its content stand further to the right than this.
    parent: Option<usize>,
}

struct Reader<'a> {
    source: Vec<&'a str>,
    lines: Vec<Line<'a>>,
    next: usize,
    depth: usize,
}

/// Blocks in blocks, at most.
const DEEPEST: usize = 32;

impl Node {
    /// The first document of `text`. What follows a block that stands further to the right is not read, as by yaml.v3.
    pub fn read(text: &str) -> Result<Node, Problem> {
        let mut reader = Reader::new(text)?;
        match reader.lines.get(reader.next) {
            None => Ok(Node::nothing(1)),
            Some(_) => reader.block(None),
        }
    }

    pub(super) fn nothing(line: usize) -> Node {
        Node { line, value: Value::Plain(String::new()) }
    }
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Result<Reader<'a>, Problem> {
        let source: Vec<&str> = text.lines().collect();
        let mut lines = Vec::new();
        let mut after_comment = false;
        for (index, whole) in source.iter().enumerate() {
            let text = whole.trim_start_matches(' ');
            let indent = whole.len() - text.len();
            match text {
                _ if text.trim().is_empty() => continue,
                "---" if lines.is_empty() => continue,
                "---" | "..." if indent == 0 => break,
                _ if text.starts_with('#') => after_comment = true,
                _ => lines.push(Line { number: index + 1, indent, text: text.trim_end(), after_comment }),
            }
            after_comment &= text.starts_with('#');
        }
        Ok(Reader { source, lines, next: 0, depth: 0 })
    }

    fn peek(&self) -> Option<&Line<'a>> {
        self.lines.get(self.next)
    }

    /// The block that begins with the next line.
    fn block(&mut self, parent: Option<usize>) -> Result<Node, Problem> {
        let Some(line) = self.peek() else { return Ok(Node::nothing(1)) };
        let (indent, number, text) = (line.indent, line.number, line.text);
        if text.starts_with('\t') {
            return Err(at(number, NO_TOKEN));
        }
        if self.depth == DEEPEST {
            return Err(at(number, "exceeded max depth"));
        }
        self.depth += 1;
        let node = match text {
            _ if is_item(text) => self.list(indent),
            _ if key_end(text).is_some() => self.map(indent),
            _ => {
                self.next += 1;
                self.value(Rest { text, line: number, parent })
            }
        };
        self.depth -= 1;
        node
    }

    fn list(&mut self, indent: usize) -> Result<Node, Problem> {
        let first = self.peek().map_or(1, |line| line.number);
        let mut items = Vec::new();
        while let Some(line) = self.peek().filter(|line| line.indent == indent && is_item(line.text)) {
            let (number, rest) = (line.number, line.text[1..].trim_start());
            let inner = indent + line.text.len() - rest.len();
            let is_inline = !rest.starts_with('#') && (is_item(rest) || key_end(rest).is_some());
            if is_inline {
                // The item is a block of its own that begins behind the dash.
                self.lines[self.next] = Line { number, indent: inner, text: rest, after_comment: false };
                items.push(self.block(Some(indent))?);
            } else {
                self.next += 1;
                items.push(self.value(Rest { text: rest, line: number, parent: Some(indent) })?);
            }
        }
        self.no_deeper(indent, first)?;
        Ok(Node { line: first, value: Value::List(items) })
    }

    fn map(&mut self, indent: usize) -> Result<Node, Problem> {
        let first = self.peek().map_or(1, |line| line.number);
        let mut entries = Vec::new();
        while let Some(line) = self.peek().filter(|line| line.indent == indent && !is_item(line.text)) {
            let (number, text) = (line.number, line.text);
            if text.starts_with('\t') {
                return Err(at(number, NO_TOKEN));
            }
            let Some((key, rest)) = key_end(text) else {
                return Err(at(number + 1, NO_COLON));
            };
            let key = unquoted(key, number)?;
            self.next += 1;
            // A list may stand as far left as its key.
            let node = match self.peek() {
                Some(line) if is_void(rest) && line.indent == indent && is_item(line.text) => self.list(indent)?,
                _ => self.value(Rest { text: rest, line: number, parent: Some(indent) })?,
            };
            entries.push(Entry { key, line: number, node });
        }
        self.no_deeper(indent, first)?;
        Ok(Node { line: first, value: Value::Map(entries) })
    }

    /// Nothing may stand further to the right than the block that ended there.
    fn no_deeper(&self, indent: usize, first: usize) -> Result<(), Problem> {
        match self.peek() {
            Some(line) if line.indent > indent && line.text.starts_with('\t') => Err(at(line.number, NO_TOKEN)),
            // The line named is the one before the block.
            Some(line) if line.indent > indent => Err(at(if first > 1 { first - 1 } else { line.number - 1 }, NO_KEY)),
            _ => Ok(()),
        }
    }

    fn value(&mut self, rest: Rest<'a>) -> Result<Node, Problem> {
        let line = rest.line;
        let Some(first) = rest.text.chars().next().filter(|_| !is_void(rest.text)) else {
            return match self.peek() {
                Some(line) if rest.parent.is_none_or(|parent| line.indent > parent) => self.block(rest.parent),
                _ => Ok(Node::nothing(line)),
            };
        };
        match first {
            '[' | '{' | '"' | '\'' => self.enclosed(&rest),
            '|' | '>' => Ok(self.text_block(&rest)),
            '*' => Err(format!("unknown anchor '{}' referenced", word(&rest.text[1..]))),
            '&' | '!' => Err(at(line, "anchors and tags are not in the playground")),
            '@' | '`' | '%' | '\t' => Err(at(line, NO_TOKEN)),
            _ => self.plain(&rest),
        }
    }

    /// Plain text goes on in lines further to the right, up to a comment.
    fn plain(&mut self, rest: &Rest<'a>) -> Result<Node, Problem> {
        let (text, mut is_open) = without_comment(rest.text);
        if key_end(text).is_some() {
            return Err(at(rest.line, NO_MAPPING));
        }
        let mut whole = text.to_owned();
        while is_open
            && let Some(line) = self.peek()
            && !line.after_comment
            && rest.parent.is_none_or(|parent| line.indent > parent)
        {
            let (text, goes_on) = without_comment(line.text);
            if key_end(text).is_some() {
                return Err(at(line.number, NO_MAPPING));
            }
            whole = format!("{whole} {text}");
            is_open = goes_on;
            self.next += 1;
        }
        Ok(Node { line: rest.line, value: Value::Plain(whole) })
    }

    /// Brackets and quotes, which may end on a later line.
    fn enclosed(&mut self, rest: &Rest<'a>) -> Result<Node, Problem> {
        let mut whole = rest.text.to_owned();
        let mut last = rest.line;
        loop {
            let mut flow = Flow::new(&whole, rest.line);
            match flow.value()? {
                Some(node) if is_void(flow.rest()) => return Ok(node),
                Some(_) if flow.rest().trim_start().starts_with(':') => return Err(at(rest.line, NO_MAPPING)),
                Some(_) => return Err(at(rest.line - 1, NO_KEY)),
                None => {}
            }
            let is_quote = whole.starts_with(['"', '\'']);
            match self.peek().filter(|line| rest.parent.is_none_or(|parent| line.indent > parent)) {
                Some(line) => {
                    whole = format!("{whole}{}{}", "\n".repeat(line.number - last), line.text);
                    last = line.number;
                    self.next += 1;
                }
                None if is_quote => return Err(at(rest.line, NO_END)),
                None => {
                    let closing = if whole.starts_with('[') { "',' or ']'" } else { "',' or '}'" };
                    return Err(at((rest.line - 1).max(1), &format!("did not find expected {closing}")));
                }
            }
        }
    }

    /// `|` keeps its lines, `>` joins them; `-` drops the newline at the end.
    fn text_block(&mut self, rest: &Rest<'a>) -> Node {
        let is_inside = |indent: usize| rest.parent.is_none_or(|parent| indent > parent);
        let indent = self.source[rest.line..].iter().find(|line| !line.trim().is_empty());
        let indent = indent.map_or(0, |line| line.len() - line.trim_start_matches(' ').len());
        let mut taken: Vec<&str> = Vec::new();
        let mut end = rest.line;
        for line in self.source.get(rest.line..).unwrap_or_default().iter().filter(|_| is_inside(indent)) {
            let is_blank = line.trim().is_empty();
            if !is_blank && line.len() - line.trim_start_matches(' ').len() < indent {
                break;
            }
            taken.push(line.get(indent..).unwrap_or_default());
            end += 1;
        }
        while taken.last().is_some_and(|line| line.is_empty()) {
            taken.pop();
        }
        while self.peek().is_some_and(|line| line.number <= end) {
            self.next += 1;
        }
        let mut text = taken.join(if rest.text.starts_with('|') { "\n" } else { " " });
        if !rest.text.contains('-') && !text.is_empty() {
            text.push('\n');
        }
        Node { line: rest.line, value: Value::Quoted(text) }
    }
}

fn is_item(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// Nothing, or a comment.
fn is_void(text: &str) -> bool {
    let text = text.trim_start();
    text.is_empty() || text.starts_with('#')
}

fn word(text: &str) -> &str {
    text.split([' ', ',', ']', '}']).next().unwrap_or_default()
}

/// Plain text up to a comment, and whether more of it may follow.
fn without_comment(text: &str) -> (&str, bool) {
    match text.find(" #").or_else(|| text.find("\t#")) {
        Some(end) => (text[..end].trim_end(), false),
        None => (text.trim_end(), true),
    }
}

/// A key and what follows its colon.
fn key_end(text: &str) -> Option<(&str, &str)> {
    let from = if text.starts_with(['"', '\'']) { quoted_end(text)? } else { 0 };
    if text.starts_with(['[', '{', '#', '|', '>', '&', '*', '!', '@', '`', '%']) {
        return None;
    }
    let (plain, _) = without_comment(&text[from..]);
    let colon = plain
        .char_indices()
        .find(|(at, c)| *c == ':' && plain[at + 1..].chars().next().is_none_or(|next| next == ' ' || next == '\t'));
    let (colon, _) = colon?;
    let is_right_behind = from == 0 || plain[..colon].trim().is_empty();
    is_right_behind.then(|| (text[..from + colon].trim_end(), text[from + colon + 1..].trim_start()))
}

fn unquoted(key: &str, line: usize) -> Result<String, Problem> {
    if !key.starts_with(['"', '\'']) {
        return Ok(key.to_owned());
    }
    match Flow::new(key, line).value()? {
        Some(Node { value: Value::Quoted(key), .. }) => Ok(key),
        _ => Err(at(line, NO_END)),
    }
}
