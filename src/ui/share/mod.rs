//! A whole session as a link or a file: which lesson, the seed, everything that was done, and how far it came.
//!
//! A link carries it behind the `#`, which no server sees: the format's version, then the JSON, deflated, in letters that
//! need no escaping. It opens paused, and shows what it will run before anything runs.

use super::browser::window;
use super::model::{Lab, LabHandle};
use super::route::Route;
use crate::base64::BASE64URL;
use crate::json::{self, FromJson, ToJson};
use crate::playground::{Input, Session};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

mod dialog;

pub use dialog::{Preview, Share, copied, read_text, save_file};

/// Longer links break in mail programs and chats; a file takes their place.
pub const LONGEST_LINK: usize = 8192;
/// What is read at all. Deflate makes at most a thousandfold of it.
const LONGEST_READ: usize = 65_536;

/// What a link or a file holds.
#[derive(Clone, Debug, PartialEq, ToJson, FromJson)]
#[json(deny_unknown_fields)]
pub struct Shared {
    #[json(default)]
    pub lesson: Option<String>,
    pub session: Session,
}

impl Shared {
    pub fn of(lab: &Lab) -> Shared {
        let mut session = lab.playground.session().clone();
        let end = lab.playground.now().since(crate::time::Timestamp(session.started)).as_nanos();
        session.end = u64::try_from(end).unwrap_or(u64::MAX);
        Shared { lesson: lab.lesson.as_ref().map(|lesson| lesson.id.clone()), session }
    }

    pub fn to_json(&self) -> String {
        json::write(self)
    }

    pub fn from_json(text: &str) -> Result<Shared, String> {
        let shared: Shared = json::read(text).map_err(|error| format!("this is not a session: {error}"))?;
        // The session's own reader also refuses formats it does not know.
        Session::from_json(&json::write(&shared.session)).map_err(|error| error.to_string())?;
        Ok(shared)
    }

    /// What will run, a line each.
    pub fn lines(&self) -> Vec<String> {
        let line = |input: &Input| match input {
            Input::Line { actor, line } => Some(format!("{actor} $ {line}")),
            Input::Answer { actor, text } => Some(format!("{actor} ? {}", without_comments(text))),
            Input::Interrupt { actor } => Some(format!("{actor} ^C")),
            Input::OpenWire { name, .. } => Some(format!("(a program connects: {name})")),
            _ => None,
        };
        self.session.inputs.iter().filter_map(|entry| line(&entry.input)).collect()
    }
}

/// An edited text as far as it says something.
fn without_comments(text: &str) -> String {
    let is_said = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    match text.contains('\n') {
        true => text.lines().filter(is_said).map(|line| format!("\n  {line}")).collect(),
        false => text.to_owned(),
    }
}

/// What stands behind `#/session/` in a link to this session.
pub async fn pack(shared: &Shared) -> Result<String, String> {
    pack_text(&shared.to_json()).await
}

/// Any text, as links carry it.
async fn pack_text(text: &str) -> Result<String, String> {
    let bytes = through(text.as_bytes(), true).await?;
    Ok(format!("1.{}", BASE64URL.encode(&bytes).trim_end_matches('=')))
}

pub async fn unpack(text: &str) -> Result<Shared, String> {
    Shared::from_json(&unpack_text(text).await?)
}

pub async fn unpack_text(text: &str) -> Result<String, String> {
    let broken = || "this link is broken: a part of it is missing or was changed on the way".to_owned();
    if text.len() > LONGEST_READ {
        return Err("this link is too long to be one of ours".to_owned());
    }
    let (version, packed) = text.split_once('.').ok_or_else(broken)?;
    if version != "1" {
        return Err(format!("this link has the format {version:.8}, which is not known here"));
    }
    let padding = "=".repeat(packed.len().wrapping_neg() % 4);
    let bytes = BASE64URL.decode(format!("{packed}{padding}").as_bytes()).ok_or_else(broken)?;
    let bytes = through(&bytes, false).await.map_err(|_| broken())?;
    String::from_utf8(bytes).map_err(|_| broken())
}

// web-sys still keeps these behind a compiler flag.
#[wasm_bindgen]
extern "C" {
    type CompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &CompressionStream) -> web_sys::ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &CompressionStream) -> web_sys::WritableStream;

    type DecompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &DecompressionStream) -> web_sys::ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &DecompressionStream) -> web_sys::WritableStream;
}

const DEFLATE: &str = "deflate-raw";

/// The browser's own deflate.
async fn through(bytes: &[u8], packing: bool) -> Result<Vec<u8>, String> {
    let work = async {
        let blob = web_sys::Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes)))?;
        let pair = if packing {
            let stream = CompressionStream::new(DEFLATE)?;
            web_sys::ReadableWritablePair::new(&stream.readable(), &stream.writable())
        } else {
            let stream = DecompressionStream::new(DEFLATE)?;
            web_sys::ReadableWritablePair::new(&stream.readable(), &stream.writable())
        };
        let stream = blob.stream().pipe_through(&pair);
        let response = web_sys::Response::new_with_opt_readable_stream(Some(&stream))?;
        let buffer = JsFuture::from(response.array_buffer()?).await?;
        Ok::<Vec<u8>, JsValue>(Uint8Array::new(&buffer).to_vec())
    };
    work.await.map_err(|error| format!("the browser cannot do that: {error:?}"))
}

/// A link to what was reached in lessons.
pub async fn progress_link(lab: &LabHandle) -> Result<String, String> {
    let text = lab.read(|lab| lab.progress.to_json());
    Ok(address(&Route::Progress(pack_text(&text).await?)))
}

fn address(route: &Route) -> String {
    let here = window().location().href().unwrap_or_default();
    format!("{}{}", here.split(['#', '?']).next().unwrap_or_default(), route.href())
}

/// A link to everything that was done so far.
pub async fn link(lab: &LabHandle) -> Result<String, String> {
    if lab.read(Lab::is_far_away) {
        return Err(super::far::NOT_SHARED.to_owned());
    }
    let shared = lab.read(Shared::of);
    let link = address(&Route::Session(pack(&shared).await?));
    match link.len() {
        length if length > LONGEST_LINK => Err(format!(
            "as a link this session has {length} characters, and many programs cut such links; save it as a file"
        )),
        _ => Ok(link),
    }
}
