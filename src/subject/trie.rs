//! Many filters, one subject: who is interested?
//!
//! A tree with one level per token. Looking up costs the depth of the subject, not the number of filters.

use super::{SubjectFilter, first_token};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Values under subject filters; several values may share a filter. Values of one filter keep their insertion order.
#[derive(Clone, Debug)]
pub struct SubjectTrie<T> {
    root: Level<T>,
    len: usize,
}

#[derive(Clone, Debug)]
struct Level<T> {
    literal: HashMap<Box<str>, Node<T>, BuildHasherDefault<OfToken>>,
    star: Option<Box<Node<T>>>,
    tail: Vec<T>,
}

#[derive(Clone, Debug)]
struct Node<T> {
    values: Vec<T>,
    next: Level<T>,
}

/// A hash of a short text. Whoever chooses subjects to make it slow slows down the own server only.
///
/// Source: FNV-1a, eight bytes at a time.
#[derive(Clone, Default)]
struct OfToken(u64);

impl Hasher for OfToken {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.mix(u64::from_le_bytes(*word)));
        let last = rest.iter().fold(rest.len() as u64, |last, byte| last << 8 | u64::from(*byte));
        self.mix(last);
    }

    fn write_u8(&mut self, _: u8) {
        // What ends a text, after its length has gone in already.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl OfToken {
    fn mix(&mut self, word: u64) {
        // The table looks at the upper bits and at the lower ones.
        let product = (self.0 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = product ^ product >> 32;
    }
}

impl<T> Default for Level<T> {
    fn default() -> Self {
        Level { literal: HashMap::default(), star: None, tail: Vec::new() }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Node { values: Vec::new(), next: Level::default() }
    }
}

impl<T> Default for SubjectTrie<T> {
    fn default() -> Self {
        SubjectTrie { root: Level::default(), len: 0 }
    }
}

impl<T> SubjectTrie<T> {
    pub fn new() -> SubjectTrie<T> {
        SubjectTrie::default()
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn insert(&mut self, filter: &SubjectFilter, value: T) {
        self.len += 1;
        let mut level = &mut self.root;
        let mut tokens = filter.split('.').peekable();
        while let Some(token) = tokens.next() {
            if token == ">" {
                return level.tail.push(value);
            }
            let node = match token {
                "*" => &mut **level.star.get_or_insert_default(),
                literal => level.literal.entry(literal.into()).or_default(),
            };
            if tokens.peek().is_none() {
                return node.values.push(value);
            }
            level = &mut node.next;
        }
    }

    /// Takes out every value under exactly `filter` for which `unwanted` holds; returns them.
    pub fn remove(&mut self, filter: &SubjectFilter, mut unwanted: impl FnMut(&T) -> bool) -> Vec<T> {
        let tokens: Vec<&str> = filter.split('.').collect();
        let removed = self.root.remove(&tokens, &mut unwanted);
        self.len -= removed.len();
        removed
    }

    /// Calls `visit` for every value whose filter matches `subject`. An empty token matches nothing.
    pub fn for_each_match<'a>(&'a self, subject: &str, mut visit: impl FnMut(&'a T)) {
        if is_whole(subject) {
            self.root.visit(subject, &mut visit);
        }
    }

    /// Whether any filter matches `subject`. Looks no further than the first.
    pub fn has_match(&self, subject: &str) -> bool {
        self.any_match(subject, |_| true)
    }

    /// Whether a value that is `wanted` has a filter that matches `subject`. Looks no further than the first.
    pub fn any_match(&self, subject: &str, mut wanted: impl FnMut(&T) -> bool) -> bool {
        is_whole(subject) && self.root.any(subject, &mut wanted)
    }
}

/// No token of it is empty.
fn is_whole(subject: &str) -> bool {
    let mut last = b'.';
    let is_whole = subject.bytes().all(|byte| {
        let before = std::mem::replace(&mut last, byte);
        byte != b'.' || before != b'.'
    });
    is_whole && last != b'.'
}

impl<T> Level<T> {
    fn visit<'a>(&'a self, rest: &str, visit: &mut impl FnMut(&'a T)) {
        self.tail.iter().for_each(&mut *visit);
        let (token, rest) = first_token(rest);
        for node in self.star.as_deref().into_iter().chain(self.literal.get(token)) {
            match rest {
                None => node.values.iter().for_each(&mut *visit),
                Some(rest) => node.next.visit(rest, visit),
            }
        }
    }

    fn any(&self, rest: &str, wanted: &mut impl FnMut(&T) -> bool) -> bool {
        let (token, rest) = first_token(rest);
        self.tail.iter().any(&mut *wanted)
            || self.star.as_deref().into_iter().chain(self.literal.get(token)).any(|node| match rest {
                None => node.values.iter().any(&mut *wanted),
                Some(rest) => node.next.any(rest, wanted),
            })
    }

    fn remove(&mut self, tokens: &[&str], unwanted: &mut impl FnMut(&T) -> bool) -> Vec<T> {
        let Some((token, rest)) = tokens.split_first() else { return Vec::new() };
        if *token == ">" {
            return self.tail.extract_if(.., |value| unwanted(value)).collect();
        }
        let node = match *token {
            "*" => self.star.as_deref_mut(),
            literal => self.literal.get_mut(literal),
        };
        let Some(node) = node else { return Vec::new() };
        let removed = if rest.is_empty() {
            node.values.extract_if(.., |value| unwanted(value)).collect()
        } else {
            node.next.remove(rest, unwanted)
        };
        if node.values.is_empty() && node.next.is_empty() {
            match *token {
                "*" => self.star = None,
                literal => drop(self.literal.remove(literal)),
            }
        }
        removed
    }

    fn is_empty(&self) -> bool {
        self.tail.is_empty() && self.star.is_none() && self.literal.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filter(text: &str) -> SubjectFilter {
        SubjectFilter::new(text).unwrap()
    }

    fn found(trie: &SubjectTrie<u32>, subject: &str) -> Vec<u32> {
        let mut values = Vec::new();
        trie.for_each_match(subject, |value| values.push(*value));
        values.sort();
        values
    }

    #[test]
    fn finds_literals_stars_and_tails() {
        let mut trie = SubjectTrie::new();
        for (text, value) in [("a.b", 1), ("a.*", 2), ("a.>", 3), (">", 4), ("*.b", 5), ("a.b.c", 6)] {
            trie.insert(&filter(text), value);
        }
        assert_eq!(found(&trie, "a.b"), [1, 2, 3, 4, 5]);
        assert_eq!(found(&trie, "a"), [4]);
        assert_eq!(found(&trie, "a.b.c"), [3, 4, 6]);
        assert!(found(&trie, "a..b").is_empty());
        assert_eq!(trie.remove(&filter("a.*"), |_| true), [2]);
        assert_eq!(found(&trie, "a.b"), [1, 3, 4, 5]);
        assert_eq!(trie.len(), 5);
    }

    #[test]
    fn empties_itself() {
        let mut trie = SubjectTrie::new();
        trie.insert(&filter("a.b.*.c.>"), 1);
        trie.remove(&filter("a.b.*.c.>"), |_| true);
        assert!(trie.root.is_empty());
    }

    fn tokens(wild: bool) -> impl Strategy<Value = Vec<&'static str>> {
        let choices = if wild { vec!["a", "b", "*", "c", "*a"] } else { vec!["a", "b", "c", "*a"] };
        prop::collection::vec(prop::sample::select(choices), 1..5)
    }

    proptest! {
        /// The trie and the matcher of ten obvious lines agree.
        #[test]
        fn agrees_with_the_matcher(
            filters in prop::collection::vec((tokens(true), any::<bool>()), 0..20),
            subject in tokens(false),
        ) {
            let filters: Vec<_> = filters.into_iter().map(|(mut tokens, tail)| {
                if tail { tokens.push(">") }
                filter(&tokens.join("."))
            }).collect();
            let subject = subject.join(".");
            let mut trie = SubjectTrie::new();
            for (index, filter) in filters.iter().enumerate() {
                trie.insert(filter, index as u32);
            }
            let expected: Vec<u32> =
                (0..filters.len()).filter(|&index| filters[index].matches(&subject)).map(|index| index as u32).collect();
            prop_assert_eq!(trie.has_match(&subject), !expected.is_empty());
            prop_assert_eq!(found(&trie, &subject), expected);
        }
    }
}
