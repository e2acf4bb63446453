//! Regular expressions, the everyday part: `. * + ? {n,m} | ( ) [ ] ^ $ \d \w \s \b`.
//!
//! Matches text or not, nothing more. All ways through an expression are gone at once, each character is looked at once
//! for all of them; an expression that needs too many steps nevertheless matches nothing.
//! [`Pattern::parsed`] reads all that Go does.
//! Source: Go `regexp/syntax` and POSIX extended expressions, where they agree.

mod go;

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Pattern {
    steps: Vec<Step>,
    ignore_case: bool,
}

/// A step of a search; numbers are the places of other steps.
#[derive(Clone, Debug)]
enum Step {
    /// Takes a character that fits.
    One(One),
    /// Goes on at both.
    Both(usize, usize),
    Start,
    End,
    LineStart,
    LineEnd,
    WordBorder,
    NoWordBorder,
    Found,
}

#[derive(Clone, Debug)]
enum One {
    Any,
    Char(char),
    Set {
        items: Vec<(char, char)>,
        negated: bool,
    },
    /// A set in which capital and small letters are the same.
    Folded {
        items: Vec<(char, char)>,
        negated: bool,
    },
}

#[derive(Clone, Debug)]
enum Node {
    One(One),
    Start,
    End,
    LineStart,
    LineEnd,
    WordBorder,
    NoWordBorder,
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Repeat { node: Box<Node>, least: usize, most: Option<usize> },
}

/// What one search may take, and how large an expression may be with its repetitions written out.
const MAX_WORK: usize = 20_000_000;
const MAX_STEPS: usize = 20_000;
const MAX_DEPTH: usize = 60;
const MAX_REPEAT: usize = 1_000;

impl One {
    fn takes(&self, c: char) -> bool {
        match self {
            One::Any => c != '\n',
            One::Char(wanted) => c == *wanted,
            One::Set { items, negated } => is_among(items, c) != *negated,
            One::Folded { items, negated } => {
                let mut cases = c.to_lowercase().chain(c.to_uppercase());
                (is_among(items, c) || cases.any(|c| is_among(items, c))) != *negated
            }
        }
    }
}

fn is_among(items: &[(char, char)], c: char) -> bool {
    items.iter().any(|&(low, high)| low <= c && c <= high)
}

impl Pattern {
    /// Errors: a few words, as in `missing closing )`.
    pub fn new(text: &str) -> Result<Pattern, String> {
        Self::compile(text, false)
    }

    /// An expression as Go reads it. Errors: Go's sentence, as in ``error parsing regexp: missing closing ): `(` ``.
    pub fn parsed(text: &str) -> Result<Pattern, String> {
        let node = go::read(text)?;
        Self::of(&node, false).map_err(|problem| format!("error parsing regexp: {problem}: `{text}`"))
    }

    pub fn ignoring_case(text: &str) -> Result<Pattern, String> {
        // What a backslash stands before is not a letter.
        let mut escaped = false;
        let lower = text.chars().flat_map(|c| {
            let is_letter = !escaped;
            escaped = c == '\\' && is_letter;
            if is_letter { c.to_lowercase().collect() } else { vec![c] }
        });
        Self::compile(&lower.collect::<String>(), true)
    }

    fn compile(text: &str, ignore_case: bool) -> Result<Pattern, String> {
        let chars: Vec<char> = text.chars().collect();
        let mut reader = Reader { chars: &chars, at: 0, depth: 0 };
        let node = reader.choice()?;
        if reader.at < chars.len() {
            return Err("unexpected )".to_owned());
        }
        Self::of(&node, ignore_case)
    }

    fn of(node: &Node, ignore_case: bool) -> Result<Pattern, String> {
        let mut steps = Vec::new();
        write(node, &mut steps)?;
        steps.push(Step::Found);
        Ok(Pattern { steps, ignore_case })
    }

    /// Matches somewhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        let chars: Vec<char> =
            if self.ignore_case { text.to_lowercase().chars().collect() } else { text.chars().collect() };
        let mut search = Search::new(&self.steps, &chars);
        search.end(0, true).is_some()
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
        let mut search = Search::new(&self.steps, chars);
        (from..=chars.len()).find_map(|start| Some((start, search.end(start, false)?)))
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
            '.' => Node::One(One::Any),
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
            _ => Node::One(One::Char(c)),
        })
    }

    fn escape(&mut self) -> Result<Node, String> {
        let c = self.peek().ok_or("trailing backslash at end of expression")?;
        self.at += 1;
        Ok(match c {
            'b' => Node::WordBorder,
            'n' => Node::One(One::Char('\n')),
            't' => Node::One(One::Char('\t')),
            _ => match class(c) {
                Some(items) => Node::One(One::Set { items, negated: c.is_uppercase() }),
                None => Node::One(One::Char(c)),
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
                return Ok(Node::One(One::Set { items, negated }));
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
        let depth = self.depth;
        let node = self.repeated_often(node);
        self.depth = depth;
        node
    }

    fn repeated_often(&mut self, node: Node) -> Result<Node, String> {
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

/// Writes the steps for `node`, which go on behind them.
fn write(node: &Node, steps: &mut Vec<Step>) -> Result<(), String> {
    if steps.len() > MAX_STEPS {
        return Err("expression too large".to_owned());
    }
    match node {
        Node::One(one) => steps.push(Step::One(one.clone())),
        Node::Start => steps.push(Step::Start),
        Node::End => steps.push(Step::End),
        Node::LineStart => steps.push(Step::LineStart),
        Node::LineEnd => steps.push(Step::LineEnd),
        Node::WordBorder => steps.push(Step::WordBorder),
        Node::NoWordBorder => steps.push(Step::NoWordBorder),
        Node::Sequence(nodes) => nodes.iter().try_for_each(|node| write(node, steps))?,
        Node::Choice(options) => {
            let mut ends = Vec::new();
            for option in &options[..options.len() - 1] {
                let fork = fork(steps);
                write(option, steps)?;
                ends.push(self::fork(steps));
                steps[fork] = Step::Both(fork + 1, steps.len());
            }
            write(&options[options.len() - 1], steps)?;
            ends.iter().for_each(|end| steps[*end] = Step::Both(steps.len(), steps.len()));
        }
        Node::Repeat { node, least, most } => {
            for _ in 0..*least {
                let before = steps.len();
                write(node, steps)?;
                // What takes nothing takes nothing however often.
                if steps.len() == before {
                    break;
                }
            }
            let mut forks = Vec::new();
            for _ in *least..most.unwrap_or(least + 1) {
                forks.push(fork(steps));
                write(node, steps)?;
            }
            if let (None, Some(first)) = (most, forks.first()) {
                steps.push(Step::Both(*first, *first));
            }
            forks.iter().for_each(|fork| steps[*fork] = Step::Both(fork + 1, steps.len()));
        }
    }
    Ok(())
}

/// Makes room for a step that is known later; where.
fn fork(steps: &mut Vec<Step>) -> usize {
    steps.push(Step::Both(0, 0));
    steps.len() - 1
}

/// All ways through an expression, at one place of a text.
struct Search<'a> {
    steps: &'a [Step],
    chars: &'a [char],
    /// Steps that wait for a character, and in which round each step was gone through last.
    waiting: Vec<usize>,
    seen: Vec<usize>,
    round: usize,
    left: usize,
}

impl<'a> Search<'a> {
    fn new(steps: &'a [Step], chars: &'a [char]) -> Search<'a> {
        Search { steps, chars, waiting: Vec::new(), seen: vec![0; steps.len()], round: 0, left: MAX_WORK }
    }

    /// Where a match ends that begins at `start`, the last such place; or with `anywhere` the first end of any match.
    fn end(&mut self, start: usize, anywhere: bool) -> Option<usize> {
        let mut longest = None;
        let mut open = vec![0];
        for at in start..=self.chars.len() {
            if self.go_on(open, at) {
                longest = Some(at);
            }
            let waiting = std::mem::take(&mut self.waiting);
            let is_over = longest.is_some() && anywhere || waiting.is_empty() && !anywhere || self.left == 0;
            let Some(c) = self.chars.get(at).filter(|_| !is_over) else { break };
            let takes = |step: &usize| matches!(&self.steps[*step], Step::One(one) if one.takes(*c));
            open = waiting.into_iter().filter(takes).map(|step| step + 1).collect();
            if anywhere {
                open.push(0);
            }
        }
        longest
    }

    /// Goes on from the open steps as far as no character is needed; `true` if that was all that was wanted.
    fn go_on(&mut self, mut open: Vec<usize>, at: usize) -> bool {
        let mut found = false;
        self.round += 1;
        while let Some(step) = open.pop() {
            if std::mem::replace(&mut self.seen[step], self.round) == self.round {
                continue;
            }
            self.left = self.left.saturating_sub(1);
            match self.steps[step] {
                Step::One(_) => self.waiting.push(step),
                Step::Both(one, other) => open.extend([one, other]),
                Step::Start if at == 0 => open.push(step + 1),
                Step::End if at == self.chars.len() => open.push(step + 1),
                Step::LineStart if at == 0 || self.chars[at - 1] == '\n' => open.push(step + 1),
                Step::LineEnd if self.chars.get(at).is_none_or(|c| *c == '\n') => open.push(step + 1),
                Step::WordBorder if self.is_border(at) => open.push(step + 1),
                Step::NoWordBorder if !self.is_border(at) => open.push(step + 1),
                Step::Start | Step::End | Step::LineStart | Step::LineEnd | Step::WordBorder | Step::NoWordBorder => {}
                Step::Found => found = true,
            }
        }
        found
    }

    fn is_border(&self, at: usize) -> bool {
        let is_word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == '_');
        is_word(at.checked_sub(1).and_then(|at| self.chars.get(at))) != is_word(self.chars.get(at))
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
        assert_eq!(find("(((){1000}){1000}){1000}b{2,3}$", "abbbb"), Some((2, 5)));
        assert!(Pattern::ignoring_case("HeL").unwrap().is_match("shell"));
        assert!(!Pattern::ignoring_case(r"^\W\S\D$").unwrap().is_match("a 1"));
        let many = "a+".repeat(100) + "(b)";
        assert!(Pattern::new(&many).unwrap().is_match(&("a".repeat(100) + "b")));
    }

    #[test]
    fn long_lines_are_matched_to_their_ends() {
        let long = format!("a{}b", " x".repeat(100_000));
        for pattern in ["b$", "^a.*b$", "a( x)*", "x[^y]+b", "^[^b]*b", "(a|c).*[ab]"] {
            assert!(Pattern::new(pattern).unwrap().is_match(&long), "{pattern}");
        }
        assert!(!Pattern::new("(x+x+)+(x*)*y").unwrap().is_match(&"x".repeat(3_000)), "and it does not take long");
    }

    #[test]
    fn reads_what_go_does() {
        for (pattern, text, expected) in [
            ("(?i)heL|x", "sHElf", true),
            ("(?i:a)B", "AB", true),
            ("(?i:a)B", "Ab", false),
            ("(?s)a.b", "a\nb", true),
            ("a.b", "a\nb", false),
            ("(?m)^b$", "a\nb\nc", true),
            ("^b$", "a\nb\nc", false),
            (r"\Aab\z", "ab", true),
            (r"a\Bb", "ab", true),
            (r"\x41\x{42}\103", "ABC", true),
            (r"\Qa*\E+", "a**", true),
            ("(?P<n>a)(?<m>b)", "ab", true),
            ("[[:^digit:]]", "1", false),
            (r"^[\D]$", "x", true),
            (r"(?i)^[^a]$", "A", false),
            ("[]a]", "]", true),
            ("a{,2}", "a{,2}", true),
        ] {
            assert_eq!(Pattern::parsed(pattern).unwrap().is_match(text), expected, "{pattern} on {text}");
        }
        for (pattern, what, part) in [
            ("*", "missing argument to repetition operator", "*"),
            ("a|+?b", "missing argument to repetition operator", "+?"),
            ("a**b", "invalid nested repetition operator", "**"),
            ("(a{100}){11}", "invalid repeat count", "{11}"),
            ("a{3,2}", "invalid repeat count", "{3,2}"),
            ("x(", "missing closing )", "x("),
            ("a)b", "unexpected )", "a)b"),
            ("b[z-a]", "invalid character class range", "z-a"),
            ("b[a", "missing closing ]", "[a"),
            ("[[:foo:]]", "invalid character class range", "[:foo:]"),
            (r"a\", "trailing backslash at end of expression", ""),
            (r"a\jb", "invalid escape sequence", r"\j"),
            (r"\8", "invalid escape sequence", r"\8"),
            ("(?=a)", "invalid or unsupported Perl syntax", "(?="),
            ("(?P<1-2>a)", "invalid named capture", "(?P<1-2>"),
        ] {
            let expected = format!("error parsing regexp: {what}: `{part}`");
            assert_eq!(Pattern::parsed(pattern).map(|_| ()), Err(expected), "{pattern}");
        }
    }

    #[test]
    fn refuses_what_is_none() {
        for pattern in
            ["(", ")", "[a", "*a", "\\", "a{2000}", "(a{1000}){1000}", "((((b?){1000}){1000}){1000})", &"(".repeat(500)]
        {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }
}
