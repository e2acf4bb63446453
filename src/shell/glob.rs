//! Patterns of the shell: `*`, `?`, `[a-z]`; what `case` and `${NAME%pattern}` match.
//!
//! What is matched is for who asks to say. Source: POSIX shell, section 2.13.

/// What a pattern is compared with, sign by sign.
enum Sign {
    Any,
    One,
    Set { items: Vec<(char, char)>, negated: bool },
    Char(char),
}

/// The whole of `text` matches.
pub fn matches(pattern: &str, text: &str) -> bool {
    let signs = signs(pattern);
    ends(&signs, text.chars()).last() == Some(true)
}

/// Whether the first none, one, two … of `chars` match; each is looked at once.
fn ends(signs: &[Sign], chars: impl Iterator<Item = char>) -> impl Iterator<Item = bool> {
    // Places in the pattern one may be at. Behind a `*` one is as well as before it.
    let reached = |mut places: Vec<bool>| {
        for (at, sign) in signs.iter().enumerate() {
            places[at + 1] |= places[at] && matches!(sign, Sign::Any);
        }
        places
    };
    let mut start = vec![false; signs.len() + 1];
    start[0] = true;
    let start = reached(start);
    let first = start[signs.len()];
    let rest = chars.scan(start, move |places, c| {
        let mut next = vec![false; signs.len() + 1];
        for (at, sign) in signs.iter().enumerate().filter(|(at, _)| places[*at]) {
            let stays = matches!(sign, Sign::Any);
            next[if stays { at } else { at + 1 }] |= stays || is_one(sign, c);
        }
        *places = reached(next);
        Some(places[signs.len()])
    });
    std::iter::once(first).chain(rest)
}

fn is_one(sign: &Sign, c: char) -> bool {
    match sign {
        Sign::Any => false,
        Sign::One => true,
        Sign::Set { items, negated } => items.iter().any(|&(low, high)| low <= c && c <= high) != *negated,
        Sign::Char(wanted) => *wanted == c,
    }
}

fn signs(pattern: &str) -> Vec<Sign> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut signs = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        at += 1;
        signs.push(match c {
            '*' => Sign::Any,
            '?' => Sign::One,
            '\\' => {
                at += 1;
                Sign::Char(chars.get(at - 1).copied().unwrap_or('\\'))
            }
            '[' => match set(&chars[at..]) {
                Some((set, length)) => {
                    at += length;
                    set
                }
                None => Sign::Char('['),
            },
            _ => Sign::Char(c),
        });
    }
    signs
}

/// What follows `[`, and how long it is with its end; `None` if it has none.
fn set(chars: &[char]) -> Option<(Sign, usize)> {
    let negated = matches!(chars.first(), Some('!' | '^'));
    let start = usize::from(negated);
    let end = start + 1 + chars.get(start + 1..)?.iter().position(|&c| c == ']')?;
    let mut items = Vec::new();
    let mut at = start;
    while at < end {
        match (chars[at], chars.get(at + 1), chars.get(at + 2)) {
            (low, Some('-'), Some(&high)) if at + 2 < end => {
                items.push((low, high));
                at += 3;
            }
            (one, ..) => {
                items.push((one, one));
                at += 1;
            }
        }
    }
    Some((Sign::Set { items, negated }, end + 1))
}

/// Everything in `text` means itself.
pub fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| if "*?[\\".contains(c) { vec!['\\', c] } else { vec![c] }).collect()
}

/// `text` without what matches at its start (or end); as little or as much as can be.
pub fn stripped<'a>(text: &'a str, pattern: &str, at_start: bool, longest: bool) -> &'a str {
    let mut signs = signs(pattern);
    let mut chars: Vec<char> = text.chars().collect();
    if !at_start {
        signs.reverse();
        chars.reverse();
    }
    let mut fitting = ends(&signs, chars.iter().copied()).enumerate().filter(|(_, fits)| *fits);
    let found = if longest { fitting.last() } else { fitting.next() };
    let Some((count, _)) = found else { return text };
    let bytes: usize = chars[..count].iter().map(|c| c.len_utf8()).sum();
    if at_start { &text[bytes..] } else { &text[..text.len() - bytes] }
}

/// Where something is replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Often {
    AtStart,
    Once,
    Always,
}

/// `text` with what matches replaced, as much as can be; `None` when that would take too long.
pub fn replaced(text: &str, pattern: &str, with: &str, often: Often) -> Option<String> {
    const MAX_WORK: usize = 4 << 20;
    const MAX_LENGTH: usize = 4 << 20;
    let (signs, chars) = (signs(pattern), text.chars().collect::<Vec<char>>());
    let is_fixed = !signs.iter().any(|sign| matches!(sign, Sign::Any));
    let most = if is_fixed { signs.len() } else { chars.len() };
    if chars.len().saturating_mul(most).saturating_mul(signs.len().max(1)) > MAX_WORK {
        return None;
    }
    let (mut out, mut at, mut is_done) = (String::new(), 0, signs.is_empty());
    while at < chars.len() {
        let rest = chars[at..].iter().copied().take(most);
        let longest = if is_done { None } else { ends(&signs, rest).enumerate().filter(|(_, fits)| *fits).last() };
        is_done |= often == Often::AtStart;
        match longest {
            Some((count @ 1.., _)) => {
                out += with;
                at += count;
                is_done |= often == Often::Once;
            }
            _ => {
                out.push(chars[at]);
                at += 1;
            }
        }
        if out.len() > MAX_LENGTH {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_a_shell_does() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbcd", false),
            ("*.new", "orders.eu.new", true),
            ("??", "éa", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]", "]", true),
            ("[", "[", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a**b", "ab", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
        assert!(!matches(&"a*".repeat(60), &"a".repeat(50_000)[..10]), "and it does not take long");
        assert!(!matches(&format!("{}b", "a*".repeat(200)), &"a".repeat(5_000)));
    }

    #[test]
    fn strips_as_a_shell_does() {
        let name = "orders.new.eu";
        assert_eq!(stripped(name, "*.", true, false), "new.eu");
        assert_eq!(stripped(name, "*.", true, true), "eu");
        assert_eq!(stripped(name, ".*", false, false), "orders.new");
        assert_eq!(stripped(name, ".*", false, true), "orders");
        assert_eq!(stripped(name, "x", false, true), name);
        assert_eq!(stripped("née", "[é-ü]*", false, false), "n");
        let long = "a1".repeat(50_000);
        assert_eq!(stripped(&long, "x*", false, true), long, "and it does not take long");
        assert_eq!(stripped(&long, "*1", true, true), "");
    }
}
