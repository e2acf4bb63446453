//! Regular expressions, the everyday part: `. * + ? {n,m} | ( ) [ ] ^ $ \d \w \s \b`.
//!
//! Matches text or not, nothing more. Backtracking is bounded: an expression that needs too many steps matches nothing.
//! Source: Go `regexp/syntax` and POSIX extended expressions, where they agree.

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Pattern {
    node: Node,
    ignore_case: bool,
}

#[derive(Clone, Debug)]
enum Node {
    Empty,
    Any,
    Char(char),
    Set { items: Vec<(char, char)>, negated: bool },
    Start,
    End,
    WordBorder,
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Repeat { node: Box<Node>, least: usize, most: Option<usize> },
}

const MAX_STEPS: usize = 200_000;
const MAX_DEPTH: usize = 60;
const MAX_REPEAT: usize = 1_000;

impl Pattern {
    /// Errors: a few words, as in `missing closing )`.
    pub fn new(text: &str) -> Result<Pattern, String> {
        Self::compile(text, false)
    }

    /// [`Pattern::new`] with errors as Go tells them.
    pub fn parsed(text: &str) -> Result<Pattern, String> {
        Self::new(text).map_err(|problem| {
            let (what, part) = match problem.split_once(": ") {
                Some((what, part)) => (what, part),
                None if problem == "missing closing ]" => (&*problem, &text[text.rfind('[').unwrap_or(0)..]),
                None if problem.starts_with("trailing") => (&*problem, ""),
                None => (&*problem, text),
            };
            format!("error parsing regexp: {what}: `{part}`")
        })
    }

    pub fn ignoring_case(text: &str) -> Result<Pattern, String> {
        Self::compile(&text.to_lowercase(), true)
    }

    fn compile(text: &str, ignore_case: bool) -> Result<Pattern, String> {
        let chars: Vec<char> = text.chars().collect();
        let mut reader = Reader { chars: &chars, at: 0, depth: 0 };
        let node = reader.choice()?;
        if reader.at < chars.len() {
            return Err("unexpected )".to_owned());
        }
        Ok(Pattern { node, ignore_case })
    }

    /// Matches somewhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        let chars: Vec<char> =
            if self.ignore_case { text.to_lowercase().chars().collect() } else { text.chars().collect() };
        let mut matcher = Matcher { chars: &chars, steps: 0 };
        (0..=chars.len()).any(|start| matcher.run(&self.node, start, 0, &mut |_, _| true))
    }
}

impl Pattern {
    /// The first match at or behind `from`, the longest there; both counted in characters.
    pub fn find(&self, chars: &[char], from: usize) -> Option<(usize, usize)> {
        let lower: Vec<char>;
        let chars = if self.ignore_case {
            lower = chars.iter().map(|c| c.to_lowercase().next().unwrap_or(*c)).collect();
            &lower
        } else {
            chars
        };
        let mut matcher = Matcher { chars, steps: 0 };
        (from..=chars.len()).find_map(|start| {
            let mut longest = None;
            matcher.run(&self.node, start, 0, &mut |_, end| {
                longest = longest.max(Some(end));
                false
            });
            longest.map(|end| (start, end))
        })
    }
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn choice(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("expression nests too deeply".to_owned());
        }
        let mut options = vec![self.sequence()?];
        while self.peek() == Some('|') {
            self.at += 1;
            options.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if options.len() == 1 { options.remove(0) } else { Node::Choice(options) })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut nodes = Vec::new();
        while let Some(c) = self.peek() {
            if c == '|' || c == ')' {
                break;
            }
            let node = self.atom()?;
            nodes.push(self.repeated(node)?);
        }
        Ok(Node::Sequence(nodes))
    }

    fn atom(&mut self) -> Result<Node, String> {
        let c = self.chars[self.at];
        self.at += 1;
        Ok(match c {
            '.' => Node::Any,
            '^' => Node::Start,
            '$' => Node::End,
            '[' => self.set()?,
            '(' => {
                if self.chars[self.at..].starts_with(&['?', ':']) {
                    self.at += 2;
                }
                let node = self.choice()?;
                if self.peek() != Some(')') {
                    return Err("missing closing )".to_owned());
                }
                self.at += 1;
                node
            }
            '*' | '+' | '?' => return Err(format!("missing argument to repetition operator: {c}")),
            '\\' => self.escape()?,
            _ => Node::Char(c),
        })
    }

    fn escape(&mut self) -> Result<Node, String> {
        let c = self.peek().ok_or("trailing backslash at end of expression")?;
        self.at += 1;
        Ok(match c {
            'b' => Node::WordBorder,
            'n' => Node::Char('\n'),
            't' => Node::Char('\t'),
            _ => match class(c) {
                Some(items) => Node::Set { items, negated: c.is_uppercase() },
                None => Node::Char(c),
            },
        })
    }

    fn set(&mut self) -> Result<Node, String> {
        let negated = self.peek() == Some('^');
        self.at += usize::from(negated);
        let mut items = Vec::new();
        let start = self.at;
        loop {
            let mut c = self.peek().ok_or("missing closing ]")?;
            self.at += 1;
            if c == ']' && self.at > start + 1 {
                return Ok(Node::Set { items, negated });
            }
            if c == '['
                && let Some((class, length)) = named_class(&self.chars[self.at..])
            {
                items.extend(class);
                self.at += length;
                continue;
            }
            if c == '\\' {
                c = self.peek().ok_or("missing closing ]")?;
                self.at += 1;
                if let Some(class) = class(c).filter(|_| c.is_lowercase()) {
                    items.extend(class);
                    continue;
                }
            }
            match (self.peek(), self.chars.get(self.at + 1)) {
                (Some('-'), Some(&last)) if last != ']' => {
                    self.at += 2;
                    items.push((c, last));
                }
                _ => items.push((c, c)),
            }
        }
    }

    fn repeated(&mut self, node: Node) -> Result<Node, String> {
        let mut node = node;
        while let Some(c) = self.peek() {
            let (least, most) = match c {
                '*' => (0, None),
                '+' => (1, None),
                '?' => (0, Some(1)),
                '{' => match self.bounds() {
                    Some(bounds) => bounds,
                    None => return Ok(node),
                },
                _ => return Ok(node),
            };
            self.at += 1;
            if self.peek() == Some('?') {
                // Lazy or greedy makes no difference to whether something matches.
                self.at += 1;
            }
            if least > MAX_REPEAT || most.is_some_and(|most| most > MAX_REPEAT) {
                return Err("invalid repeat count".to_owned());
            }
            self.depth += 1;
            if self.depth > MAX_DEPTH * 2 {
                return Err("expression nests too deeply".to_owned());
            }
            node = Node::Repeat { node: Box::new(node), least, most };
        }
        Ok(node)
    }

    /// `{2}`, `{2,}`, `{2,5}`; leaves the closing brace. Anything else is plain text.
    fn bounds(&mut self) -> Option<(usize, Option<usize>)> {
        let length = self.chars[self.at..].iter().position(|&c| c == '}')?;
        let text: String = self.chars[self.at + 1..self.at + length].iter().collect();
        let (least, most) = match text.split_once(',') {
            None => (text.parse().ok()?, Some(text.parse().ok()?)),
            Some((least, "")) => (least.parse().ok()?, None),
            Some((least, most)) => (least.parse().ok()?, Some(most.parse().ok()?)),
        };
        self.at += length;
        Some((least, most))
    }
}

/// `:digit:]` behind a bracket, and how long it is.
fn named_class(chars: &[char]) -> Option<(Vec<(char, char)>, usize)> {
    let rest = chars.strip_prefix(&[':'])?;
    let end = rest.iter().position(|&c| c == ':')?;
    let name: String = rest[..end].iter().collect();
    let items = posix_class(&name)?;
    (rest.get(end + 1) == Some(&']')).then_some((items, end + 3))
}

/// What `[:name:]` holds.
pub fn posix_class(name: &str) -> Option<Vec<(char, char)>> {
    Some(match name {
        "digit" => vec![('0', '9')],
        "lower" => vec![('a', 'z')],
        "upper" => vec![('A', 'Z')],
        "alpha" => vec![('A', 'Z'), ('a', 'z')],
        "alnum" => vec![('0', '9'), ('A', 'Z'), ('a', 'z')],
        "xdigit" => vec![('0', '9'), ('A', 'F'), ('a', 'f')],
        "blank" => vec![('\t', '\t'), (' ', ' ')],
        "space" => vec![('\t', '\r'), (' ', ' ')],
        "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "print" => vec![(' ', '~')],
        "cntrl" => vec![('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        _ => return None,
    })
}

fn class(c: char) -> Option<Vec<(char, char)>> {
    match c.to_ascii_lowercase() {
        'd' => Some(vec![('0', '9')]),
        'w' => Some(vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')]),
        's' => Some(vec![(' ', ' '), ('\t', '\r')]),
        _ => None,
    }
}

struct Matcher<'a> {
    chars: &'a [char],
    steps: usize,
}

/// What must follow a match that ended at a position.
type Then<'t> = &'t mut dyn FnMut(&mut Matcher<'_>, usize) -> bool;

impl Matcher<'_> {
    fn run(&mut self, node: &Node, at: usize, depth: usize, then: Then<'_>) -> bool {
        self.steps += 1;
        if self.steps > MAX_STEPS || depth > 2_000 {
            return false;
        }
        let here = self.chars.get(at).copied();
        match node {
            Node::Empty => then(self, at),
            Node::Any => here.is_some_and(|c| c != '\n') && then(self, at + 1),
            Node::Char(wanted) => here == Some(*wanted) && then(self, at + 1),
            Node::Set { items, negated } => {
                here.is_some_and(|c| items.iter().any(|&(low, high)| low <= c && c <= high) != *negated)
                    && then(self, at + 1)
            }
            Node::Start => at == 0 && then(self, at),
            Node::End => at == self.chars.len() && then(self, at),
            Node::WordBorder => {
                let is_word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == '_');
                let before = at.checked_sub(1).and_then(|at| self.chars.get(at));
                is_word(before) != is_word(self.chars.get(at)) && then(self, at)
            }
            Node::Sequence(nodes) => self.sequence(nodes, at, depth, then),
            Node::Choice(options) => options.iter().any(|option| self.run(option, at, depth + 1, then)),
            Node::Repeat { node, least, most } => self.repeat(node, *least, *most, at, depth, then),
        }
    }

    fn sequence(&mut self, nodes: &[Node], at: usize, depth: usize, then: Then<'_>) -> bool {
        match nodes.split_first() {
            None => self.run(&Node::Empty, at, depth + 1, then),
            Some((first, rest)) => {
                self.run(first, at, depth + 1, &mut |matcher, next| matcher.sequence(rest, next, depth + 1, then))
            }
        }
    }

    fn repeat(
        &mut self,
        node: &Node,
        least: usize,
        most: Option<usize>,
        at: usize,
        depth: usize,
        then: Then<'_>,
    ) -> bool {
        if most != Some(0) {
            let fewer = most.map(|most| most - 1);
            let more = self.run(node, at, depth + 1, &mut |matcher, next| {
                // A turn that takes nothing would go on for ever.
                (next > at || least > 0) && matcher.repeat(node, least.saturating_sub(1), fewer, next, depth + 1, then)
            });
            if more {
                return true;
            }
        }
        least == 0 && then(self, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_what_grep_does() {
        for (pattern, text, expected) in [
            ("created|Counters|Level", "Stream CTR was created", true),
            ("Priority|B:", "nothing", false),
            ("^a.*z$", "abcz", true),
            ("^a.*z$", "abczx", false),
            ("[0-9]+ msgs", "12 msgs", true),
            ("[^a-c]x", "ax", false),
            ("(ab){2,3}c", "ababc", true),
            ("(ab){2,3}c", "abc", false),
            ("a?b+", "b", true),
            (r"\bfoo\b", "a foo b", true),
            (r"\$JS\.API", "$JS.API.X", true),
            ("", "anything", true),
            ("(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaac", false),
            ("ADVISORY.V1.(STREAM|CONSUMER)", "IO.NATS.JETSTREAM.ADVISORY.V1.STREAM_ACTION", true),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().is_match(text), expected, "{pattern} on {text}");
        }
        assert!(Pattern::new("[[:digit:][:upper:]_]+x").unwrap().is_match("7A_x"));
        let find =
            |pattern: &str, text: &str| Pattern::new(pattern).unwrap().find(&text.chars().collect::<Vec<_>>(), 0);
        assert_eq!(find("a|ab|abc", "xabcd"), Some((1, 4)), "the longest");
        assert_eq!(find("[0-9]*", "a1"), Some((0, 0)));
        assert_eq!(find("x", "abc"), None);
        assert!(Pattern::ignoring_case("HeL").unwrap().is_match("shell"));
    }

    #[test]
    fn refuses_what_is_none() {
        for pattern in ["(", ")", "[a", "*a", "\\", "a{2000}", &"(".repeat(500)] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }
}
