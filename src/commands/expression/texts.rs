//! Texts in a condition: `"a\tb"`, `'it\'s'`, and between backquotes what is meant as it stands.
//!
//! Knows nothing of the other words. The ways in are [`length`], [`meaning`] and [`quoted`]. Source: expr, whose sentences
//! these are.

const NO_ESCAPE: &str = "invalid char escape";
const NO_END: &str = "literal not terminated";
const NO_MEANING: &str = "unable to unescape string";

/// The bytes of the text that `rest` begins with, signs included. Errors: what is wrong, and after how many bytes.
pub fn length(rest: &str) -> Result<usize, (&'static str, usize)> {
    let mut signs = rest.char_indices();
    let Some((_, quote)) = signs.next() else { return Err((NO_END, 0)) };
    if quote == '`' {
        return raw_length(rest);
    }
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\n' => return Err((NO_END, at)),
            '\\' => {
                let (_, length) = escape(&rest[at + 1..], quote).map_err(|(problem, past)| (problem, at + 1 + past))?;
                signs = rest.char_indices();
                signs.by_ref().take_while(|(next, _)| *next < at + length).for_each(drop);
            }
            _ if sign == quote => {
                let end = at + quote.len_utf8();
                return if meaning(&rest[..end]).is_some() { Ok(end) } else { Err((NO_MEANING, at)) };
            }
            _ => {}
        }
    }
    Err((NO_END, rest.len()))
}

/// Two backquotes inside are one.
fn raw_length(rest: &str) -> Result<usize, (&'static str, usize)> {
    let mut at = 1;
    while let Some(found) = rest[at..].find('`') {
        at += found + 1;
        if !rest[at..].starts_with('`') {
            return Ok(at);
        }
        at += 1;
    }
    Err((NO_END, rest.len()))
}

/// What stands after a backslash: the character it means, if there is one of that number, and the bytes it takes.
fn escape(rest: &str, quote: char) -> Result<(Option<char>, usize), (&'static str, usize)> {
    let Some(first) = rest.chars().next() else { return Err((NO_ESCAPE, 0)) };
    let plain = |meant: char| Ok((Some(meant), 1));
    match first {
        'a' => plain('\x07'),
        'b' => plain('\x08'),
        'f' => plain('\x0c'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\x0b'),
        '\\' => plain('\\'),
        _ if first == quote => plain(quote),
        '0'..='7' => numbered(rest, 0, 8, 3).map(|(code, end)| (Some(code).filter(|code| *code < '\u{100}'), end)),
        'x' => numbered(rest, 1, 16, 2).map(|(code, end)| (Some(code), end)),
        'u' if rest[1..].starts_with('{') => braced(rest),
        'u' => of_unicode(rest, 4),
        'U' => of_unicode(rest, 8),
        _ => Err((NO_ESCAPE, 0)),
    }
}

/// So many digits, all of them.
fn digits(rest: &str, from: usize, base: u32, count: usize) -> Result<u32, (&'static str, usize)> {
    let found = rest[from..].chars().take(count).take_while(|sign| sign.is_digit(base)).count();
    if found < count {
        return Err((NO_ESCAPE, from + found));
    }
    u32::from_str_radix(&rest[from..from + count], base).map_err(|_| (NO_ESCAPE, from))
}

fn numbered(rest: &str, from: usize, base: u32, count: usize) -> Result<(char, usize), (&'static str, usize)> {
    let code = digits(rest, from, base, count)?;
    Ok((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), from + count))
}

fn of_unicode(rest: &str, count: usize) -> Result<(Option<char>, usize), (&'static str, usize)> {
    Ok((named(digits(rest, 1, 16, count)?), 1 + count))
}

/// `u{1f600}`: one to six digits. What is wrong is told of the sign before it.
fn braced(rest: &str) -> Result<(Option<char>, usize), (&'static str, usize)> {
    let count = rest[2..].chars().take(6).take_while(char::is_ascii_hexdigit).count();
    let end = 2 + count;
    if count == 0 || !rest[end..].starts_with('}') {
        return Err((NO_ESCAPE, end - 1));
    }
    Ok((named(digits(rest, 2, 16, count)?), end + 1))
}

/// Halves of a pair are no characters; there is nothing beyond the last.
fn named(code: u32) -> Option<char> {
    match code {
        0xd800..=0xdfff => Some(char::REPLACEMENT_CHARACTER),
        code => char::from_u32(code),
    }
}

/// What a text says; nothing when one of its characters is none.
pub fn meaning(word: &str) -> Option<String> {
    let quote = word.chars().next()?;
    let inner = word.get(1..word.len().checked_sub(1)?)?;
    if quote == '`' {
        return Some(inner.replace("``", "`"));
    }
    let (mut text, mut rest) = (String::new(), inner);
    while let Some(at) = rest.find('\\') {
        text += &rest[..at];
        let (meant, length) = escape(&rest[at + 1..], quote).ok()?;
        text.push(meant?);
        rest = &rest[at + 1 + length..];
    }
    Some(text + rest)
}

/// A text as Go shows it.
pub fn quoted(text: &str) -> String {
    let mut shown = "\"".to_owned();
    for sign in text.chars() {
        match sign {
            '\x07' => shown += "\\a",
            '\x08' => shown += "\\b",
            '\x0c' => shown += "\\f",
            '\x0b' => shown += "\\v",
            // The same in both, except for what cannot be seen.
            _ if sign.is_ascii_control() && !"\n\r\t".contains(sign) => shown += &format!("\\x{:02x}", sign as u32),
            '\'' => shown.push(sign),
            _ => match sign.escape_debug().to_string() {
                hidden if hidden.starts_with("\\u") && u32::from(sign) > 0xffff => {
                    shown += &format!("\\U{:08x}", sign as u32);
                }
                hidden if hidden.starts_with("\\u") => shown += &format!("\\u{:04x}", sign as u32),
                seen => shown += &seen,
            },
        }
    }
    shown + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_texts_say() {
        for (word, says) in [
            (r#""\x41\u0042\103\U00000044\u{45}""#, "ABCDE"),
            (r#""a\"b\\""#, "a\"b\\"),
            (r"'it\'s'", "it's"),
            (r"`a\x41``b`", r"a\x41`b"),
            (r#""\a\b\f\n\r\t\v""#, "\x07\x08\x0c\n\r\t\x0b"),
            (r#""\ud800\xff""#, "\u{fffd}ÿ"),
            (r#""""#, ""),
            ("``", ""),
        ] {
            assert_eq!((length(word), meaning(word).as_deref()), (Ok(word.len()), Some(says)), "{word}");
        }
    }

    #[test]
    fn what_is_none() {
        for (word, problem, at) in [
            (r#""\q""#, NO_ESCAPE, 2),
            (r#""a\'b""#, NO_ESCAPE, 3),
            (r#""\x4""#, NO_ESCAPE, 4),
            (r#""\u12""#, NO_ESCAPE, 5),
            (r#""\u{}""#, NO_ESCAPE, 3),
            (r#""\u{1z}""#, NO_ESCAPE, 4),
            (r#""\u{1234567}""#, NO_ESCAPE, 9),
            (r#""\U00110000""#, NO_MEANING, 11),
            (r#""\400""#, NO_MEANING, 5),
            (r#""\"#, NO_ESCAPE, 2),
            (r#""abc\""#, NO_END, 6),
            ("\"a\nb\"", NO_END, 2),
            ("`a``", NO_END, 4),
            ("\"\\é", NO_ESCAPE, 2),
            ("\"\\xé\"", NO_ESCAPE, 3),
        ] {
            assert_eq!(length(word), Err((problem, at)), "{word}");
        }
    }

    #[test]
    fn texts_as_they_are_shown() {
        for (text, shown) in [
            ("a\tb\"'", r#""a\tb\"'""#),
            ("\x01é\u{200b}\x7f\0", r#""\x01é\u200b\x7f\x00""#),
            ("\u{e0001}😀\\", r#""\U000e0001😀\\""#),
        ] {
            assert_eq!(quoted(text), shown);
        }
    }
}
