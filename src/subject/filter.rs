//! One filter and what it matches, contains and collides with.

use super::{Subject, first_token};
use crate::pack::{Damage, Pack, Unpacker};
use std::fmt;
use std::ops::Deref;

/// A subject to listen on: no empty token, `>` only as the last one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectFilter(Subject);

/// The text has an empty token, or something after `>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidFilter;

impl SubjectFilter {
    pub fn new(text: &str) -> Result<SubjectFilter, InvalidFilter> {
        if is_valid_filter(text) { Ok(SubjectFilter(text.into())) } else { Err(InvalidFilter) }
    }

    /// The filter that matches everything.
    pub fn all() -> SubjectFilter {
        SubjectFilter(">".into())
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub fn subject(&self) -> &Subject {
        &self.0
    }

    /// No wildcard token: it matches one subject, its own text.
    pub fn is_literal(&self) -> bool {
        is_literal(&self.0)
    }

    /// Token by token: `*` takes one, `>` takes one or more.
    pub fn matches(&self, subject: &str) -> bool {
        let (mut filter, mut subject) = (Some(self.as_str()), Some(subject));
        while let (Some(wanted), Some(given)) = (filter, subject) {
            let (filter_token, filter_rest) = first_token(wanted);
            if filter_token == ">" {
                return true;
            }
            let (token, rest) = first_token(given);
            if !token_matches(filter_token, token) {
                return false;
            }
            (filter, subject) = (filter_rest, rest);
        }
        filter.is_none() && subject.is_none()
    }

    /// Every literal subject this filter matches is matched by `other` too.
    pub fn is_subset_of(&self, other: &SubjectFilter) -> bool {
        let mut own = self.0.split('.');
        for theirs in other.0.split('.') {
            let Some(ours) = own.next() else { return false };
            match (ours, theirs) {
                (_, ">") => return true,
                (">", _) => return false,
                ("*", theirs) if theirs != "*" => return false,
                (ours, theirs) if theirs != "*" && ours != theirs => return false,
                _ => {}
            }
        }
        own.next().is_none()
    }

    /// The server's overlap test: could one subject match both?
    ///
    /// Kept as the server has it: with two wildcard filters a token that merely *starts* with `*` or `>` counts as one.
    pub fn collides_with(&self, other: &SubjectFilter) -> bool {
        match (self.is_literal(), other.is_literal()) {
            (true, true) => self == other,
            (true, false) => other.matches(&self.0),
            (false, true) => self.matches(&other.0),
            (false, false) => wildcards_collide(&self.0, &other.0),
        }
    }
}

fn wildcards_collide(a: &str, b: &str) -> bool {
    let tail = |s: &str| s == ">" || s.ends_with(".>");
    let (a_len, b_len) = (a.split('.').count(), b.split('.').count());
    let lengths_fit = match (tail(a), tail(b)) {
        (false, false) => a_len == b_len,
        (true, false) => a_len <= b_len,
        (false, true) => b_len <= a_len,
        (true, true) => true,
    };
    let wild = |token: &str| token.starts_with(['*', '>']);
    lengths_fit && a.split('.').zip(b.split('.')).all(|(x, y)| x == y || wild(x) || wild(y))
}

/// Whether one filter token takes one subject token (not asked for `>`).
pub fn token_matches(filter_token: &str, token: &str) -> bool {
    filter_token == "*" || filter_token == token
}

/// No token is a wildcard.
pub fn is_literal(subject: &str) -> bool {
    // Nearly none has one of these anywhere.
    !subject.bytes().any(|byte| matches!(byte, b'*' | b'>'))
        || subject.split('.').all(|token| token != "*" && token != ">")
}

/// What a SUB may name: no empty token, nothing after `>`.
pub fn is_valid_filter(text: &str) -> bool {
    let mut tail_seen = false;
    for token in text.split('.') {
        if token.is_empty() || tail_seen {
            return false;
        }
        tail_seen = token == ">";
    }
    true
}

/// What JetStream accepts as the subject of a message: a valid, literal subject without blanks.
pub fn is_valid_publish_subject(text: &str) -> bool {
    is_valid_filter(text) && is_literal(text) && !text.contains([' ', '\t', '\r', '\n', '\x0c'])
}

impl Deref for SubjectFilter {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SubjectFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SubjectFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Pack for SubjectFilter {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
    }
    fn unpack(from: &mut Unpacker<'_>) -> Result<SubjectFilter, Damage> {
        SubjectFilter::new(&Subject::unpack(from)?).map_err(|_| Damage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> SubjectFilter {
        SubjectFilter::new(text).unwrap()
    }

    #[test]
    fn matching() {
        for (pattern, subject, expected) in [
            ("foo.*", "foo.bar", true),
            ("foo.*", "foo.bar.baz", false),
            ("foo.>", "foo", false),
            ("foo.>", "foo.bar.baz", true),
            (">", "foo", true),
            ("*.us", "orders.us", true),
            ("foo*", "foo*", true),
            ("foo*", "foobar", false),
        ] {
            assert_eq!(filter(pattern).matches(subject), expected, "{pattern} vs {subject}");
        }
    }

    #[test]
    fn invalid_filters() {
        for text in ["", ".foo", "foo..bar", "foo.", "foo.>.x", ">.x"] {
            assert_eq!(SubjectFilter::new(text), Err(InvalidFilter), "{text:?}");
        }
    }

    #[test]
    fn subsets() {
        for (a, b, expected) in [
            ("foo.bar", "foo.*", true),
            ("foo.*", "foo.>", true),
            ("foo.>", "foo.*", false),
            ("foo.*", "foo.bar", false),
            ("foo", "foo.>", false),
            ("*.bar", "foo.bar", false),
            ("foo.>", "foo.>", true),
        ] {
            assert_eq!(filter(a).is_subset_of(&filter(b)), expected, "{a} in {b}");
        }
    }

    #[test]
    fn collisions() {
        for (a, b, expected) in [
            ("a.*", "a.b", true),
            ("a.*", "*.b", true),
            ("a.*", "b.*", false),
            ("a.*", "a.*.c", false),
            ("a.>", "a.*.c", true),
            ("a.>", "a", false),
            ("*a.*", "b.*", true),
        ] {
            assert_eq!(filter(a).collides_with(&filter(b)), expected, "{a} with {b}");
            assert_eq!(filter(b).collides_with(&filter(a)), expected, "{b} with {a}");
        }
    }
}
