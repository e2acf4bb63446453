//! The keys of a bucket: its messages by subject, the newest revision in front.

use super::streams::Stream;
use crate::flow::scene::{Cell, Drawer, MAX_DRAWERS};
use crate::map::Map;

/// Messages looked at, newest first; keys that were changed before are left to the strip.
const LOOKED_AT: usize = 400;

pub(super) fn drawers(stream: &Stream) -> Vec<Drawer> {
    let Some(bucket) = stream.name.strip_prefix("KV_") else { return Vec::new() };
    let prefix = format!("$KV.{bucket}.");
    let mut drawers: Map<String, Drawer> = Map::new();
    for cell in stream.cells.iter().rev().take(LOOKED_AT) {
        let Some(key) = cell.subject.strip_prefix(&prefix) else { continue };
        if let Some(drawer) = drawers.get_mut(key) {
            drawer.older += 1;
        } else if drawers.len() < MAX_DRAWERS {
            drawers.insert(key.to_owned(), drawer(key, cell));
        }
    }
    drawers.into_iter().map(|(_, drawer)| drawer).collect()
}

fn drawer(key: &str, cell: &Cell) -> Drawer {
    Drawer { key: key.to_owned(), revision: cell.seq, marker: cell.marker, older: 0 }
}
