//! Names for completion, as the picture has them.

use crate::base64;
use crate::commands::complete::Known;
use crate::flow::scene::{StripKind, TrackKind};
use crate::flow::{Marker, SceneModel};
use crate::map::Map;

/// Streams, consumers, buckets and subjects that are to be seen.
pub fn known_from(scene: &SceneModel) -> Known {
    let mut known = Known::default();
    for track in scene.tracks.iter().filter(|track| matches!(track.kind, TrackKind::Subject | TrackKind::Awaited)) {
        known.subjects.insert(track.label.clone());
    }
    for strip in &scene.streams {
        let name = strip.name.to_string();
        let cells = || strip.cells().map(|cell| cell.subject.to_string());
        match strip.kind {
            StripKind::Stream => {
                known.subjects.extend(strip.config.subjects.iter().map(ToString::to_string));
                known.subjects.extend(cells());
                let own = strip.config.subjects.iter().map(ToString::to_string).chain(cells());
                known.subjects_of.insert(name.clone(), own.collect());
            }
            StripKind::Bucket => {
                known.subjects_of.insert(name.clone(), cells().collect());
                let bucket = name.strip_prefix("KV_").unwrap_or(&name).to_owned();
                let prefix = format!("$KV.{bucket}.");
                let of_cells = strip.cells().filter_map(|cell| {
                    let key = cell.subject.as_str().strip_prefix(&prefix)?.to_owned();
                    Some((key, cell.marker.as_ref().is_none_or(|marker| !marker.is_end())))
                });
                // What is not shown one by one is in the drawers.
                let of_drawers = strip.drawers.iter().map(|drawer| (drawer.key.clone(), drawer.marker.is_none()));
                known.buckets.insert(bucket, still_there(of_cells.chain(of_drawers)));
            }
            StripKind::ObjectStore => {
                let store = name.strip_prefix("OBJ_").unwrap_or(&name).to_owned();
                let prefix = format!("$O.{store}.M.");
                let of_cells = strip.cells().filter_map(|cell| {
                    let name = base64::BASE64URL.decode(cell.subject.as_str().strip_prefix(&prefix)?.as_bytes())?;
                    let deleted = cell.marker.as_ref().and_then(Marker::card).is_some_and(|card| card.deleted);
                    Some((String::from_utf8(name).ok()?, !deleted))
                });
                let of_cards = strip.objects.iter().filter(|object| object.card_seq.is_some());
                let of_cards = of_cards.map(|object| (object.name.clone(), !object.is_deleted()));
                known.object_stores.insert(store, still_there(of_cells.chain(of_cards)));
            }
        }
        known.streams.insert(name, strip.consumers.iter().map(|consumer| consumer.name.to_string()).collect());
    }
    known.subjects.retain(|subject| !subject.starts_with('$') && !subject.starts_with("_INBOX"));
    known
}

/// Names that are there by what was said of each last.
fn still_there(said: impl Iterator<Item = (String, bool)>) -> Vec<String> {
    let last: Map<String, bool> = said.collect();
    last.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
}
