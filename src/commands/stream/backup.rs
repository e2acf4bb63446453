//! `stream backup` and `stream restore`: a stream as two files of the session.
//!
//! Source: natscli 0.4 as recorded; S2 framing format, for the size before compression.

use super::{information, jetstream};
use crate::api::backup::{SnapshotRequest, SnapshotResponse};
use crate::api::{Placement, Storage, StreamConfig};
use crate::commands::report::{json, text};
use crate::commands::{Context, Failure, Matches, Outcome};
use crate::time::{Timestamp, format_go_duration};
use std::time::Duration;

/// What the backup is of.
const ABOUT: &str = "backup.json";
const ARCHIVE: &str = "stream.tar.s2";

pub async fn backup(context: Context, matches: Matches) -> Outcome {
    let (js, console) = (jetstream(&context, &matches), &context.console);
    let (stream, target) = (matches.text("stream"), matches.text("target").trim_end_matches('/'));
    let info = js.stream_info(stream).await?;
    let began = context.now();
    let request = SnapshotRequest {
        no_consumers: !matches.flag("consumers"),
        chunk_size: matches.bytes("chunk-size"),
        window_size: matches.bytes("window-size"),
        jsck: matches.flag("check"),
        ..SnapshotRequest::default()
    };
    let size = text::bytes(info.state.bytes);
    console.line(&format!("Starting backup of Stream {stream:?} with {size}\n"));
    // The server would not mind; the real CLI refuses.
    if info.config.storage == Storage::Memory {
        return Err("snapshot failed: memory streams do not support snapshots".into());
    }
    let backup = js.back_up(stream, &request).await.map_err(|error| Failure::because("snapshot failed", error))?;
    let took = elapsed(&context, began);
    let unpacked = uncompressed(&backup.bytes);
    if matches.flag("progress") {
        let rate = text::bytes(per_second(unpacked, took) as u64);
        console.line(&format!(" done! [{} in {}; {rate}/s]\n", text::bytes(unpacked), format_go_duration(took)));
    }
    let (packed, unpacked) = (text::bytes(backup.bytes.len() as u64), text::bytes(unpacked));
    let (pieces, took) = (backup.pieces, format_go_duration(took));
    let about = json::indented(&crate::json::write(&backup.about));
    context.write_file(&format!("{target}/{ABOUT}"), about.into_bytes());
    context.write_file(&format!("{target}/{ARCHIVE}"), backup.bytes);
    console.line(&format!(
        "Received {packed} compressed data in {pieces} chunks for stream {stream:?} in {took}, {unpacked} uncompressed "
    ));
    Ok(())
}

fn elapsed(context: &Context, began: Timestamp) -> Duration {
    Duration::from_millis(context.now().since(began).as_millis() as u64)
}

fn per_second(bytes: u64, took: Duration) -> f64 {
    bytes as f64 / took.as_secs_f64().max(1e-3)
}

pub async fn restore(context: Context, matches: Matches) -> Outcome {
    let (js, console) = (jetstream(&context, &matches), &context.console);
    let folder = matches.text("file").trim_end_matches('/');
    let config = configuration(&context, &matches, folder)?;
    let archive = format!("{folder}/{ARCHIVE}");
    let missing = || format!("open {archive}: no such file or directory");
    let bytes = context.read_file(&archive).ok_or_else(missing)?;
    let name = &config.name;
    if js.stream_info(name).await.is_ok() {
        return Err(format!("Stream {name:?} already exist").into());
    }
    console.line(&format!("Starting restore of Stream {name:?} from file {folder:?}\n"));
    let began = context.now();
    let info = js.restore(&config, &bytes).await?;
    let took = elapsed(&context, began);
    if matches.flag("progress") {
        let size = bytes.len() as u64;
        let (size, rate) = (thousands(size as f64), thousands(per_second(size, took)));
        console.line(&format!(" done! [{size} in {}; {rate}/s]\n", format_go_duration(took)));
    }
    console.line(&format!("Restored stream {name:?} in {}\n", text::duration(took)));
    // As the real CLI: no name stands in the heading.
    console.print(&information::information("", &info).to_string());
    Ok(())
}

/// `65.54KB`: this one bar counts in thousands.
fn thousands(bytes: f64) -> String {
    match bytes {
        bytes if bytes < 1e3 => format!("{bytes:.0}B"),
        bytes if bytes < 1e6 => format!("{:.2}KB", bytes / 1e3),
        bytes => format!("{:.2}MB", bytes / 1e6),
    }
}

/// The configuration in the backup or in a file, with what the flags change.
fn configuration(context: &Context, matches: &Matches, folder: &str) -> Result<StreamConfig, Failure> {
    let about = format!("{folder}/{ABOUT}");
    let bytes = context.read_file(&about).ok_or_else(|| format!("open {about}: no such file or directory"))?;
    let about: SnapshotResponse =
        crate::json::read(bytes).map_err(|error| Failure::because("could not read the backup", error))?;
    let mut config = about.config;
    if let Some(file) = matches.optional_text("config") {
        config = super::configuration::from_file(context, &file)?;
    }
    if matches.is_set("replicas") {
        config.num_replicas = matches.int("replicas");
    }
    if matches.is_set("cluster") || matches.is_set("tag") {
        let tags = matches.list("tag").into_iter().map(str::to_owned).collect();
        config.placement =
            Some(Placement { cluster: matches.text("cluster").to_owned(), tags, preferred: String::new() });
    }
    Ok(config)
}

/// Bytes before compression, as the headers of the frames tell.
fn uncompressed(bytes: &[u8]) -> u64 {
    const CRC_BYTES: usize = 4;
    const COMPRESSED: u8 = 0;
    const PLAIN: u8 = 1;
    let (mut rest, mut total) = (bytes, 0);
    while let [kind, a, b, c, tail @ ..] = rest {
        let length = usize::from(*a) | usize::from(*b) << 8 | usize::from(*c) << 16;
        let (frame, after) = tail.split_at(length.min(tail.len()));
        let data = frame.get(CRC_BYTES..).unwrap_or_default();
        total += match *kind {
            COMPRESSED => varint(data),
            PLAIN => data.len() as u64,
            _ => 0,
        };
        rest = after;
    }
    total
}

/// The number at the start of a block: seven bits in each byte, the lowest first.
fn varint(bytes: &[u8]) -> u64 {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_tell_their_size() {
        let magic = [0xff, 6, 0, 0, b'S', b'2', b's', b'T', b'w', b'O'];
        let compressed = [0, 7, 0, 0, 1, 2, 3, 4, 0xac, 0x02, 0];
        let plain = [1, 6, 0, 0, 1, 2, 3, 4, b'h', b'i'];
        assert_eq!(uncompressed(&[&magic[..], &compressed, &plain].concat()), 302);
        assert_eq!(uncompressed(&compressed[..5]), 0);
        assert_eq!(uncompressed(b""), 0);
    }
}
