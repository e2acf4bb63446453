//! Go's regular expressions: what they are read as, and Go's own sentences for what is none.
//!
//! Groups, flags, classes, escapes and counted repetition; whether a repetition is lazy makes no difference to whether
//! something matches. Unicode's own classes (`\pL`) are not here. The way in is [`read`].
//! Source: Go `regexp/syntax`.

use super::{MAX_REPEAT, Node, One, posix_class};

/// Groups within groups; Go takes more.
const MAX_GROUPS: usize = 250;

type Ranges = Vec<(char, char)>;

/// A sentence and the part of the expression it is about.
struct Problem<'a>(&'static str, &'a str);

/// Errors: as in ``error parsing regexp: missing closing ): `a(` ``.
pub(super) fn read(text: &str) -> Result<Node, String> {
    let reader = Reader { text, at: 0, flags: Flags::default(), groups: vec![Group::default()], last: None };
    reader.read().map_err(|Problem(what, part)| match what {
        "" => format!("not in the playground: {part} in an expression"),
        _ => format!("error parsing regexp: {what}: `{part}`"),
    })
}

#[derive(Clone, Copy, Default)]
struct Flags {
    /// `i`
    folds: bool,
    /// `m`
    by_line: bool,
    /// `s`
    dot_all: bool,
}

/// What stands between parentheses so far.
#[derive(Default)]
struct Group {
    options: Vec<Node>,
    sequence: Vec<Node>,
    /// How often the last of the sequence, and each before it, is written out by counts.
    weights: Vec<usize>,
    heaviest: usize,
    outside: Flags,
}

impl Group {
    fn next_option(&mut self) {
        self.heaviest = self.weights.drain(..).fold(self.heaviest, usize::max);
        self.options.push(Node::Sequence(std::mem::take(&mut self.sequence)));
    }

    fn node(mut self) -> (Node, usize) {
        self.next_option();
        let node = if self.options.len() == 1 { self.options.remove(0) } else { Node::Choice(self.options) };
        (node, self.heaviest.max(1))
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    flags: Flags,
    groups: Vec<Group>,
    /// Where a repetition begins that has just been read.
    last: Option<usize>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let is_there = self.rest().starts_with(prefix);
        self.at += if is_there { prefix.len() } else { 0 };
        is_there
    }

    /// What was read since `start`.
    fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    fn group(&mut self) -> Option<&mut Group> {
        self.groups.last_mut()
    }

    fn push(&mut self, node: Node, weight: usize) {
        if let Some(group) = self.group() {
            group.sequence.push(node);
            group.weights.push(weight);
        }
    }

    fn read(mut self) -> Result<Node, Problem<'a>> {
        while let Some(c) = self.rest().chars().next() {
            let start = self.at;
            let last = self.last.take();
            match c {
                '*' | '+' | '?' => {
                    self.at += 1;
                    let (least, most) =
                        [(0, None), (1, None), (0, Some(1))][if c == '*' { 0 } else { 1 + usize::from(c == '?') }];
                    self.repeat(start, last, (least, most), 1)?;
                }
                '{' => match self.counts() {
                    Some((least, most)) => self.repeat_counted(start, last, least, most)?,
                    None => self.literal()?,
                },
                _ => self.item(c)?,
            }
        }
        match self.groups.pop() {
            Some(group) if self.groups.is_empty() => Ok(group.node().0),
            _ => Err(Problem("missing closing )", self.text)),
        }
    }

    fn item(&mut self, c: char) -> Result<(), Problem<'a>> {
        match c {
            '(' if self.rest().starts_with("(?") => self.extended(),
            '(' => {
                self.at += 1;
                self.open()
            }
            '|' => {
                self.at += 1;
                self.group().into_iter().for_each(Group::next_option);
                Ok(())
            }
            ')' => self.close(),
            '[' => {
                let one = self.class()?;
                self.push(Node::One(one), 1);
                Ok(())
            }
            '^' | '$' | '.' => {
                self.at += 1;
                let node = match (c, self.flags) {
                    ('^', Flags { by_line: true, .. }) => Node::LineStart,
                    ('^', _) => Node::Start,
                    ('$', Flags { by_line: true, .. }) => Node::LineEnd,
                    ('$', _) => Node::End,
                    (_, Flags { dot_all: true, .. }) => Node::One(One::Set { items: Vec::new(), negated: true }),
                    _ => Node::One(One::Any),
                };
                self.push(node, 1);
                Ok(())
            }
            '\\' => self.backslash(),
            _ => self.literal(),
        }
    }

    fn literal(&mut self) -> Result<(), Problem<'a>> {
        if let Some(c) = self.next() {
            let one = self.character(c);
            self.push(one, 1);
        }
        Ok(())
    }

    fn character(&self, c: char) -> Node {
        Node::One(if self.flags.folds { One::Folded { items: vec![(c, c)], negated: false } } else { One::Char(c) })
    }

    fn set(&self, items: Ranges, negated: bool) -> One {
        if self.flags.folds { One::Folded { items, negated } } else { One::Set { items, negated } }
    }

    fn open(&mut self) -> Result<(), Problem<'a>> {
        if self.groups.len() > MAX_GROUPS {
            return Err(Problem("expression nests too deeply", self.text));
        }
        self.groups.push(Group { outside: self.flags, ..Group::default() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Problem<'a>> {
        self.at += 1;
        match self.groups.pop() {
            Some(group) if !self.groups.is_empty() => {
                self.flags = group.outside;
                let (node, weight) = group.node();
                self.push(node, weight);
                Ok(())
            }
            _ => Err(Problem("unexpected )", self.text)),
        }
    }

    /// `(?flags)`, `(?flags:`, `(?P<name>`, `(?<name>`.
    fn extended(&mut self) -> Result<(), Problem<'a>> {
        let start = self.at;
        let rest = self.rest();
        let prefix = ["(?P<", "(?<"].into_iter().find(|prefix| rest.starts_with(prefix) && rest.len() > prefix.len());
        if let Some(prefix) = prefix {
            let Some(end) = rest.find('>') else { return Err(Problem("invalid named capture", rest)) };
            let name = rest.get(prefix.len()..end).unwrap_or_default();
            self.at += end + 1;
            if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
                return Err(Problem("invalid named capture", self.since(start)));
            }
            return self.open();
        }
        self.at += 2;
        let (mut flags, mut sets, mut seen) = (self.flags, true, false);
        while let Some(c) = self.next() {
            match c {
                'i' => flags.folds = sets,
                'm' => flags.by_line = sets,
                's' => flags.dot_all = sets,
                'U' => {}
                '-' if sets => {
                    (sets, seen) = (false, false);
                    continue;
                }
                ':' | ')' if sets || seen => {
                    if c == ':' {
                        self.open()?;
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            }
            seen = true;
        }
        Err(Problem("invalid or unsupported Perl syntax", self.since(start)))
    }

    fn backslash(&mut self) -> Result<(), Problem<'a>> {
        let start = self.at;
        let node = match self.rest().as_bytes().get(1) {
            Some(b'A') => Node::Start,
            Some(b'z') => Node::End,
            Some(b'b') => Node::WordBorder,
            Some(b'B') => Node::NoWordBorder,
            Some(b'C') => {
                self.at += 2;
                return Err(Problem("invalid escape sequence", self.since(start)));
            }
            Some(b'Q') => {
                self.at += 2;
                let quoted = self.rest();
                let end = quoted.find("\\E").unwrap_or(quoted.len());
                for c in quoted[..end].chars() {
                    let one = self.character(c);
                    self.push(one, 1);
                }
                self.at += (end + 2).min(quoted.len());
                return Ok(());
            }
            _ => match self.named()? {
                Some(items) => Node::One(One::Set { items, negated: false }),
                None => {
                    let c = self.escape()?;
                    self.push(self.character(c), 1);
                    return Ok(());
                }
            },
        };
        self.at = self.at.max(start + 2);
        self.push(node, 1);
        Ok(())
    }

    /// `\d`, `\W`; the class of Unicode `\p{…}` is known to be one, no more.
    fn named(&mut self) -> Result<Option<Ranges>, Problem<'a>> {
        let start = self.at;
        let mut chars = self.rest().chars();
        let (Some('\\'), Some(letter)) = (chars.next(), chars.next()) else { return Ok(None) };
        let items = match letter.to_ascii_lowercase() {
            'd' => vec![('0', '9')],
            's' => vec![('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')],
            'w' => vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            'p' => {
                let Some(next) = chars.next() else {
                    return Err(Problem("invalid character class range", self.rest()));
                };
                let length =
                    if next == '{' { self.rest().find('}').map(|end| end + 1) } else { Some(2 + next.len_utf8()) };
                let Some(length) = length else { return Err(Problem("invalid character class range", self.rest())) };
                self.at += length;
                let is_none = next.is_ascii_alphabetic() && !"CLMNPSZ".contains(next);
                return Err(Problem(if is_none { "invalid character class range" } else { "" }, self.since(start)));
            }
            _ => return Ok(None),
        };
        self.at += 2;
        Ok(Some(if letter.is_ascii_uppercase() { others(&items) } else { items }))
    }

    /// One character behind a backslash.
    fn escape(&mut self) -> Result<char, Problem<'a>> {
        let start = self.at;
        self.at += 1;
        let Some(c) = self.next() else { return Err(Problem("trailing backslash at end of expression", "")) };
        let code = match c {
            'a' => Some(7),
            'f' => Some(12),
            'n' => Some(10),
            'r' => Some(13),
            't' => Some(9),
            'v' => Some(11),
            '1'..='7' if !self.rest().starts_with(|c| ('0'..='7').contains(&c)) => None,
            '0'..='7' => {
                let digits = self.rest().bytes().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                self.at += digits;
                u32::from_str_radix(&self.text[start + 1..self.at], 8).ok()
            }
            'x' => self.hexadecimal(),
            _ if c.is_ascii_alphanumeric() => None,
            _ => Some(u32::from(c)),
        };
        match code {
            Some(code) => Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)),
            None => Err(Problem("invalid escape sequence", self.since(start))),
        }
    }

    /// `41` or `{1F600}`.
    fn hexadecimal(&mut self) -> Option<u32> {
        if !self.skip("{") {
            let digits = [self.next(), self.next()];
            return digits.into_iter().try_fold(0, |code, digit| Some(code * 16 + digit?.to_digit(16)?));
        }
        let (mut code, mut count) = (0, 0);
        loop {
            match self.next()? {
                '}' if count > 0 => return Some(code),
                c => code = Some(code * 16 + c.to_digit(16)?).filter(|code| *code <= u32::from(char::MAX))?,
            }
            count += 1;
        }
    }

    /// `[…]`, with `[:alpha:]`, `\d` and ranges in it.
    fn class(&mut self) -> Result<One, Problem<'a>> {
        let start = self.at;
        self.at += 1;
        let negated = self.skip("^");
        let mut items = Vec::new();
        let first = self.at;
        while self.at == first || !self.rest().starts_with(']') {
            if self.rest().starts_with("[:")
                && let Some(end) = self.rest()[2..].find(":]")
            {
                let name = &self.rest()[..end + 4];
                let Some(class) = posix(&name[2..end + 2]) else {
                    return Err(Problem("invalid character class range", name));
                };
                items.extend(class);
                self.at += name.len();
                continue;
            }
            if let Some(class) = self.named()? {
                items.extend(class);
                continue;
            }
            let from = self.at;
            let low = self.of_class(start)?;
            let mut high = low;
            if self.rest().len() >= 2 && self.rest().starts_with('-') && !self.rest().starts_with("-]") {
                self.at += 1;
                high = self.of_class(start)?;
                if high < low {
                    return Err(Problem("invalid character class range", self.since(from)));
                }
            }
            items.push((low, high));
        }
        self.at += 1;
        Ok(self.set(items, negated))
    }

    fn of_class(&mut self, start: usize) -> Result<char, Problem<'a>> {
        if self.rest().starts_with('\\') {
            return self.escape();
        }
        self.next().ok_or(Problem("missing closing ]", &self.text[start..]))
    }

    /// `{2}`, `{2,}`, `{2,5}`; anything else is plain text. Numbers that are far too large are [`usize::MAX`].
    fn counts(&mut self) -> Option<(usize, Option<usize>)> {
        let rest = self.rest();
        let inside = &rest[1..rest.find('}')?];
        let number = |digits: &str| {
            let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let is_plain = is_plain && (digits == "0" || !digits.starts_with('0'));
            is_plain.then(|| digits.parse().unwrap_or(usize::MAX))
        };
        let counts = match inside.split_once(',') {
            None => (number(inside)?, Some(number(inside)?)),
            Some((least, "")) => (number(least)?, None),
            Some((least, most)) => (number(least)?, Some(number(most)?)),
        };
        self.at += inside.len() + 2;
        Some(counts)
    }

    fn repeat_counted(
        &mut self,
        start: usize,
        last: Option<usize>,
        least: usize,
        most: Option<usize>,
    ) -> Result<(), Problem<'a>> {
        if least.max(most.unwrap_or(0)) > MAX_REPEAT || most.is_some_and(|most| most < least) {
            return Err(Problem("invalid repeat count", self.since(start)));
        }
        self.repeat(start, last, (least, most), most.unwrap_or(least).max(1))
    }

    fn repeat(
        &mut self,
        start: usize,
        last: Option<usize>,
        (least, most): (usize, Option<usize>),
        times: usize,
    ) -> Result<(), Problem<'a>> {
        self.skip("?");
        let shown = self.since(start);
        if let Some(last) = last {
            return Err(Problem("invalid nested repetition operator", self.since(last)));
        }
        let popped = self.group().and_then(|group| Some((group.sequence.pop()?, group.weights.pop()?)));
        let Some((node, weight)) = popped else {
            return Err(Problem("missing argument to repetition operator", shown));
        };
        // Nothing is written out of what is there no times.
        let weight = if most == Some(0) { 1 } else { weight.saturating_mul(times) };
        if weight > MAX_REPEAT {
            return Err(Problem("invalid repeat count", shown));
        }
        self.push(Node::Repeat { node: Box::new(node), least, most }, weight);
        self.last = Some(start);
        Ok(())
    }
}

/// `alpha`, `^digit`.
fn posix(name: &str) -> Option<Ranges> {
    let items = match name.trim_start_matches('^') {
        "ascii" => vec![('\0', '\u{7f}')],
        "graph" => vec![('!', '~')],
        "word" => vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "cntrl" => vec![('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        stem if name.len() - stem.len() < 2 => posix_class(stem)?,
        _ => return None,
    };
    Some(if name.starts_with('^') { others(&items) } else { items })
}

/// All characters but these, which are in order.
fn others(items: &[(char, char)]) -> Ranges {
    let mut others = Vec::new();
    let mut next = Some('\0');
    for &(low, high) in items {
        let Some(from) = next else { break };
        if from < low {
            others.extend((from..low).next_back().map(|to| (from, to)));
        }
        next = (high..=char::MAX).nth(1);
    }
    others.extend(next.map(|from| (from, char::MAX)));
    others
}
