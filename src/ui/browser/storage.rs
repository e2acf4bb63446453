//! What is remembered between visits, or only for this one where storage is denied.

use crate::map::Map;
use std::cell::RefCell;
use web_sys::Storage;

/// How long something is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    /// Between visits.
    Always,
    /// As long as the tab is open.
    Tab,
}

thread_local! {
    static MEMORY: RefCell<Map<(Keep, String), String>> = const { RefCell::new(Map::new()) };
}

/// The browser's storage. Merely asking for it fails where it is denied.
fn storage(keep: Keep) -> Option<Storage> {
    let window = super::window();
    match keep {
        Keep::Always => window.local_storage().ok().flatten(),
        Keep::Tab => window.session_storage().ok().flatten(),
    }
}

/// Whether what is written with [`Keep::Always`] will be there at the next visit.
pub fn is_lasting() -> bool {
    let probe = "jetlab.probe";
    storage(Keep::Always).is_some_and(|storage| {
        let written = storage.set_item(probe, "1").is_ok();
        written && storage.remove_item(probe).is_ok()
    })
}

/// Frames of one page share the tab; each keeps its own under the name that `boot.js` found for it.
fn named(keep: Keep, key: &str) -> String {
    let root = super::window().document().and_then(|document| document.document_element());
    match root.and_then(|root| root.get_attribute("data-frame")) {
        Some(frame) if keep == Keep::Tab => format!("{key}.{frame}"),
        _ => key.to_owned(),
    }
}

pub fn read(keep: Keep, key: &str) -> Option<String> {
    let key = &named(keep, key);
    let stored = storage(keep).and_then(|storage| storage.get_item(key).ok().flatten());
    stored.or_else(|| MEMORY.with_borrow(|memory| memory.get(&(keep, key.to_owned())).cloned()))
}

/// Remembers, in memory if need be. A full storage counts as a denied one.
pub fn write(keep: Keep, key: &str, value: &str) {
    let key = &named(keep, key);
    let stored = storage(keep).is_some_and(|storage| storage.set_item(key, value).is_ok());
    if !stored {
        MEMORY.with_borrow_mut(|memory| memory.insert((keep, key.to_owned()), value.to_owned()));
    }
}

pub fn remove(keep: Keep, key: &str) {
    let key = &named(keep, key);
    if let Some(storage) = storage(keep) {
        // A storage that cannot forget was never written to.
        let _ = storage.remove_item(key);
    }
    MEMORY.with_borrow_mut(|memory| memory.remove(&(keep, key.to_owned())));
}
