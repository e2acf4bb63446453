//! One member of a document, found in its text without reading the rest.
//!
//! For texts that a server wrote: what stands between is skipped and not judged. Knows no values; [`super::parse`] does.

/// The text of the member at `path`, names joined by dots; `None` when there is no such member.
pub fn find<'a>(text: &'a [u8], path: &str) -> Option<&'a [u8]> {
    path.split('.').try_fold(text, |text, name| member(text, name.as_bytes()))
}

fn member<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut at = expect(text, 0, b'{')?;
    loop {
        let begin = expect(text, at, b'"')?;
        let end = end_of_string(text, begin)?;
        let value = past_blanks(text, expect(text, end, b':')?);
        let behind = end_of_value(text, value)?;
        if text.get(begin..end - 1) == Some(name) {
            return text.get(value..behind);
        }
        at = expect(text, behind, b',')?;
    }
}

/// Where what follows `byte` begins, which is the next thing from `at` on.
fn expect(text: &[u8], at: usize, byte: u8) -> Option<usize> {
    let at = past_blanks(text, at);
    (text.get(at) == Some(&byte)).then_some(at + 1)
}

fn past_blanks(text: &[u8], at: usize) -> usize {
    at + text.iter().skip(at).take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// Behind the quote that ends the string whose text begins at `at`.
fn end_of_string(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn end_of_value(text: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0;
    loop {
        match text.get(at) {
            Some(b'"') => at = end_of_string(text, at + 1)?,
            Some(b'{' | b'[') => (at, depth) = (at + 1, depth + 1),
            Some(b'}' | b']' | b',') | None if depth == 0 => return Some(at),
            Some(b'}' | b']') => (at, depth) = (at + 1, depth - 1),
            Some(_) => at += 1,
            None => return None,
        }
    }
}
