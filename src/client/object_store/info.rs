//! The card that describes an object: the JSON on its meta subject.

use crate::base64::BASE64URL;
use crate::json::{FromJson, ToJson, Writer};
use crate::map::Map;
use crate::time::{Timestamp, ZERO_TIME};
use sha2::{Digest, Sha256};

const DIGEST_PREFIX: &str = "SHA-256=";

/// What a user says about an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectMeta {
    pub name: String,
    pub description: String,
    pub headers: Map<String, Vec<String>>,
    pub metadata: Map<String, String>,
    /// The default is 128 KiB.
    pub chunk_bytes: Option<u32>,
}

impl ObjectMeta {
    pub fn new(name: &str) -> ObjectMeta {
        ObjectMeta { name: name.to_owned(), ..ObjectMeta::default() }
    }
}

/// Another object, or another store when there is no name.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct Link {
    pub bucket: String,
    #[json(omit_empty)]
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct ObjectOptions {
    #[json(omit_empty)]
    pub link: Option<Link>,
    #[json(rename = "max_chunk_size", omit_empty)]
    pub chunk_bytes: u32,
}

/// An object as its store describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct ObjectInfo {
    pub name: String,
    #[json(omit_empty)]
    pub description: String,
    #[json(omit_empty)]
    pub headers: Map<String, Vec<String>>,
    #[json(omit_empty)]
    pub metadata: Map<String, String>,
    #[json(omit_empty)]
    pub options: Option<ObjectOptions>,
    pub bucket: String,
    /// Names the subject of the chunks.
    pub nuid: String,
    #[json(rename = "size")]
    pub bytes: u64,
    /// When the card was stored. Not read from its text, where every client writes something else.
    #[json(rename = "mtime", unread, written = "AsZeroTime")]
    pub modified: Option<Timestamp>,
    pub chunks: u32,
    #[json(omit_empty)]
    pub digest: String,
    #[json(omit_empty)]
    pub deleted: bool,
}

/// Every card says no time.
struct AsZeroTime<'a>(#[expect(unused, reason = "whatever it is")] &'a Option<Timestamp>);

impl ToJson for AsZeroTime<'_> {
    fn write(&self, out: &mut Writer) {
        out.text(ZERO_TIME);
    }
}

impl ObjectInfo {
    pub(super) fn of_meta(bucket: &str, nuid: String, meta: &ObjectMeta) -> ObjectInfo {
        ObjectInfo {
            name: meta.name.clone(),
            description: meta.description.clone(),
            headers: meta.headers.clone(),
            metadata: meta.metadata.clone(),
            bucket: bucket.to_owned(),
            nuid,
            ..ObjectInfo::default()
        }
    }

    pub fn link(&self) -> Option<&Link> {
        self.options.as_ref()?.link.as_ref()
    }

    /// The SHA-256 of the bytes, if the card has one.
    pub fn sha256(&self) -> Option<Vec<u8>> {
        let text = self.digest.strip_prefix(DIGEST_PREFIX)?;
        BASE64URL.decode(text.as_bytes())
    }
}

pub(super) fn digest_of(bytes: &[u8]) -> String {
    format!("{DIGEST_PREFIX}{}", BASE64URL.encode(Sha256::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_reads_as_nats_go_writes_it() {
        let mut info = ObjectInfo::of_meta("F", "N".into(), &ObjectMeta::new("a.txt"));
        info.options = Some(ObjectOptions { link: None, chunk_bytes: 131_072 });
        (info.bytes, info.chunks, info.digest) = (6, 1, digest_of(b"hello\n"));
        info.modified = Some(Timestamp(5));
        let expected = concat!(
            r#"{"name":"a.txt","options":{"max_chunk_size":131072},"bucket":"F","nuid":"N","size":6,"#,
            r#""mtime":"0001-01-01T00:00:00Z","chunks":1,"#,
            r#""digest":"SHA-256=WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM="}"#
        );
        assert_eq!(crate::json::write(&info), expected);
        let read: ObjectInfo = crate::json::read(expected.replace(ZERO_TIME, "")).expect("any time will do");
        assert_eq!((read.bytes, read.modified), (6, None));
    }
}
