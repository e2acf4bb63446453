//! What a subject is, what a filter matches, and how to find everybody who is interested.
//!
//! A subject is tokens between dots. `*` stands for one token and `>` for the rest, but only alone in a token.
//! Knows no connections and no streams. The ways in are [`SubjectFilter::matches`] for one pair and [`SubjectTrie`] for
//! many filters. Transforms live in [`transform`].
//! Source: NATS docs "Subject-Based Messaging"; nats-server `server/sublist.go`.

mod filter;
pub mod transform;
mod trie;

pub use filter::{InvalidFilter, SubjectFilter, is_literal, is_valid_filter, is_valid_publish_subject, token_matches};
pub use trie::SubjectTrie;

use crate::json::{Error, FromJson, ToJson, Value, Writer};
use crate::pack::Pack;
use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Text a message was published on. Cheap to clone.
///
/// Publishing checks nothing, so a `Subject` may hold wildcards or empty tokens; it never holds blanks or line ends when
/// it came over the wire.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Pack)]
pub struct Subject(Arc<str>);

impl Subject {
    pub fn new(text: &str) -> Subject {
        Subject(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn tokens(&self) -> std::str::Split<'_, char> {
        self.0.split('.')
    }
}

/// The first token, and what follows its dot.
pub fn first_token(subject: &str) -> (&str, Option<&str>) {
    match subject.bytes().position(|byte| byte == b'.') {
        Some(dot) => (&subject[..dot], Some(&subject[dot + 1..])),
        None => (subject, None),
    }
}

impl Deref for Subject {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Subject {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Subject {
    fn from(text: &str) -> Subject {
        Subject::new(text)
    }
}

impl From<String> for Subject {
    fn from(text: String) -> Subject {
        Subject(text.into())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl ToJson for Subject {
    fn write(&self, out: &mut Writer) {
        out.text(&self.0);
    }
}

impl FromJson for Subject {
    fn from_json(value: &Value) -> Result<Subject, Error> {
        String::from_json(value).map(Subject::from)
    }
}
