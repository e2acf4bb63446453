//! Names for completion, as the picture has them.

use crate::base64;
use crate::commands::complete::Known;
use crate::flow::SceneModel;
use crate::flow::scene::{Column, StripKind, TrackKind};
use crate::map::Set;

/// Streams, consumers, buckets and subjects that are to be seen.
pub fn known_from(scene: &SceneModel) -> Known {
    let mut known = Known::default();
    for track in scene.tracks.iter().filter(|track| matches!(track.kind, TrackKind::Subject | TrackKind::Awaited)) {
        known.subjects.insert(track.label.clone());
    }
    for strip in &scene.streams {
        let name = strip.name.to_string();
        let cells = strip.columns.iter().filter_map(|column| match column {
            Column::Cell(cell) => Some(cell.subject.to_string()),
            _ => None,
        });
        match strip.kind {
            StripKind::Stream => {
                known.subjects.extend(strip.config.subjects.iter().map(ToString::to_string));
                known.subjects.extend(cells);
            }
            StripKind::Bucket => {
                let bucket = name.trim_start_matches("KV_").to_owned();
                let prefix = format!("$KV.{bucket}.");
                let keys: Set<String> = cells.filter_map(|key| Some(key.strip_prefix(&prefix)?.to_owned())).collect();
                known.buckets.insert(bucket, keys.into_iter().collect());
            }
            StripKind::ObjectStore => {
                let store = name.trim_start_matches("OBJ_").to_owned();
                let prefix = format!("$O.{store}.M.");
                let object = |subject: String| {
                    let name = base64::BASE64URL.decode(subject.strip_prefix(&prefix)?.as_bytes())?;
                    String::from_utf8(name).ok()
                };
                let objects: Set<String> = cells.filter_map(object).collect();
                known.object_stores.insert(store, objects.into_iter().collect());
            }
        }
        known.streams.insert(name, strip.consumers.iter().map(|consumer| consumer.name.to_string()).collect());
    }
    known.subjects.retain(|subject| !subject.starts_with('$') && !subject.starts_with("_INBOX"));
    known
}
