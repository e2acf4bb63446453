//! The keys of a bucket and the objects of a store: their messages by subject, the newest in front.

use super::streams::Stream;
use crate::flow::bucket::{Marker, card_of, chunk_of, object_name};
use crate::flow::scene::{Cell, Drawer, MAX_DRAWERS, StoredObject};
use crate::map::Map;
use crate::sorted;

/// Messages looked at, newest first; keys that were changed before are left to the strip.
const LOOKED_AT: usize = 400;
/// The same for stores, whose objects are many messages.
const CHUNKS_LOOKED_AT: usize = 1_000;

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
    Drawer { key: key.to_owned(), revision: cell.seq, marker: cell.marker.clone(), older: 0 }
}

/// The objects of a store: the newest card of each name, with the chunks that are there.
pub(super) fn objects(stream: &Stream) -> Vec<StoredObject> {
    if !stream.name.starts_with("OBJ_") {
        return Vec::new();
    }
    let mut objects: Map<String, StoredObject> = Map::new();
    // How many of each object's chunks there are, and the newest of them.
    let mut chunks: Map<&str, (u64, u64)> = Map::new();
    for cell in stream.cells.iter().rev().take(CHUNKS_LOOKED_AT) {
        if let Some(nuid) = chunk_of(&cell.subject) {
            chunks.entry(nuid).or_insert((0, cell.seq)).0 += 1;
        } else if let Some(encoded) = card_of(&cell.subject)
            && objects.len() < MAX_DRAWERS
        {
            let card = cell.marker.as_ref().and_then(Marker::card).cloned();
            let name = card.as_ref().map_or_else(|| object_name(encoded), |card| card.name.clone());
            let (card_seq, key) = (Some(cell.seq), encoded.to_owned());
            let object = StoredObject { name, card_seq, card, chunks: 0, last_chunk: None };
            objects.entry(key).or_insert(object);
        }
    }
    for object in objects.values_mut() {
        let found = object.card.as_ref().and_then(|card| chunks.remove(&*card.nuid));
        if let Some((count, last)) = found {
            (object.chunks, object.last_chunk) = (count, Some(last));
        }
    }
    let coming = chunks.iter().map(|(nuid, (count, last))| StoredObject {
        name: (*nuid).to_owned(),
        card_seq: None,
        card: None,
        chunks: *count,
        last_chunk: Some(*last),
    });
    let mut all: Vec<StoredObject> = objects.into_iter().map(|(_, object)| object).collect();
    sorted::by(&mut all, |a, b| a.name.cmp(&b.name));
    all.extend(coming.take(MAX_DRAWERS));
    all
}
