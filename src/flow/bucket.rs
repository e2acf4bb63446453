//! What messages of buckets and object stores say of themselves: that a key is gone, what an object is.
//!
//! The server knows neither; conventions between clients do. Read once, when a message goes by; it knows no stream and no
//! picture. The way in is [`Marker::of`].
//! Source: ADR-8 "Key-Value Store", ADR-20 "Object Store".

use crate::base64::BASE64URL;
use crate::json::{self, FromJson};
use crate::protocol::Headers;
use std::sync::Arc;

/// Where keys of buckets are published.
pub const BUCKETS: &str = "$KV.";
/// Where object stores publish chunks and cards.
pub const STORES: &str = "$O.";
/// A card longer than this is not read.
const MAX_CARD: usize = 64 << 10;

/// What a message says of its key or its object.
#[derive(Clone, Debug, PartialEq)]
pub enum Marker {
    Deleted,
    /// Deleted, and its history with it.
    Purged,
    /// It describes an object.
    Card(Arc<Card>),
}

/// What a store's message says of an object, as far as the picture tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromJson)]
#[json(default)]
pub struct Card {
    pub name: String,
    /// Names the subject of the chunks.
    pub nuid: String,
    #[json(rename = "size")]
    pub bytes: u64,
    pub chunks: u64,
    pub digest: String,
    pub deleted: bool,
}

impl Marker {
    /// `None` for a message that says nothing of the kind.
    pub fn of(subject: &str, headers: Option<&Headers>, payload: &[u8]) -> Option<Marker> {
        if card_of(subject).is_some() && payload.len() <= MAX_CARD {
            return json::read::<Card>(payload).ok().map(|card| Marker::Card(Arc::new(card)));
        }
        match headers?.get("KV-Operation")? {
            "DEL" => Some(Marker::Deleted),
            "PURGE" => Some(Marker::Purged),
            _ => None,
        }
    }

    /// The key is gone.
    pub fn is_end(&self) -> bool {
        !matches!(self, Marker::Card(_))
    }

    pub fn card(&self) -> Option<&Arc<Card>> {
        if let Marker::Card(card) = self { Some(card) } else { None }
    }
}

/// What follows the bucket in the subject of a store's message of this kind.
fn named<'a>(subject: &'a str, kind: &str) -> Option<&'a str> {
    let (_, rest) = subject.strip_prefix(STORES)?.split_once('.')?;
    rest.strip_prefix(kind)
}

/// Whose chunk it is: the object's nuid.
pub fn chunk_of(subject: &str) -> Option<&str> {
    named(subject, "C.")
}

/// Whose card it is: the object's name, encoded.
pub fn card_of(subject: &str) -> Option<&str> {
    named(subject, "M.")
}

/// The name behind a card's subject, for a card that was not seen.
pub fn object_name(encoded: &str) -> String {
    let decoded = BASE64URL.decode(encoded.as_bytes()).and_then(|name| String::from_utf8(name).ok());
    decoded.unwrap_or_else(|| encoded.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_became_of_keys_and_objects() {
        let headers = |operation: &str| Headers::new().and("KV-Operation", operation);
        assert_eq!(Marker::of("$KV.b.k", Some(&headers("DEL")), b""), Some(Marker::Deleted));
        assert_eq!(Marker::of("$KV.b.k", Some(&headers("PURGE")), b""), Some(Marker::Purged));
        assert_eq!(Marker::of("$KV.b.k", None, b"{}"), None);
        let card = br#"{"name":"a.txt","bucket":"b","nuid":"n1","size":11,"mtime":"0001-01-01T00:00:00Z","chunks":2,"digest":"SHA-256=x"}"#;
        let expected = Card {
            name: "a.txt".into(),
            nuid: "n1".into(),
            bytes: 11,
            chunks: 2,
            digest: "SHA-256=x".into(),
            deleted: false,
        };
        assert_eq!(Marker::of("$O.b.M.YS50eHQ=", None, card), Some(Marker::Card(Arc::new(expected))));
        assert_eq!(Marker::of("$O.b.M.YS50eHQ=", None, b"no card"), None);
        assert_eq!((chunk_of("$O.b.C.n1"), chunk_of("$O.b.M.n1"), chunk_of("$KV.b.C.n1")), (Some("n1"), None, None));
        assert_eq!(object_name("YS50eHQ="), "a.txt");
        assert_eq!(object_name("%"), "%");
    }
}
