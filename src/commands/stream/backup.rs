//! `stream backup` and `stream restore`: a stream as two files of the session.
//!
//! Source: natscli 0.4 as recorded; S2 framing format, for the size before compression.

use super::{information, jetstream};
use crate::api::backup::{SnapshotRequest, SnapshotResponse};
use crate::api::{Placement, Storage, StreamConfig, StreamInfo};
use crate::client::jetstream::JetStream;
use crate::commands::report::{json, text};
use crate::commands::{Context, Failure, Matches, Outcome};
use crate::time::{Timestamp, format_go_duration};
use std::time::Duration;

/// What the backup is of.
const ABOUT: &str = "backup.json";
const ARCHIVE: &str = "stream.tar.s2";

/// How a stream is saved.
pub struct Options {
    pub request: SnapshotRequest,
    pub progress: bool,
}

impl Options {
    /// What the flags say that all who save streams have.
    pub fn new(matches: &Matches) -> Options {
        let (no_consumers, jsck) = (!matches.flag("consumers"), matches.flag("check"));
        let request = SnapshotRequest { no_consumers, jsck, chunk_size: 128 << 10, ..SnapshotRequest::default() };
        Options { request, progress: false }
    }
}

pub async fn backup(context: Context, matches: Matches) -> Outcome {
    let js = jetstream(&context, &matches);
    let info = js.stream_info(matches.text("stream")).await?;
    matches.sound("chunk-size")?;
    matches.sound("window-size")?;
    let mut options = Options { progress: matches.flag("progress"), ..Options::new(&matches) };
    options.request.chunk_size = matches.bytes("chunk-size");
    options.request.window_size = matches.bytes("window-size");
    let saved = save(&context, &js, &info, &options, matches.text("target")).await;
    saved.map_err(|problem| Failure::because("snapshot failed", problem))
}

/// The server would not mind; the real CLI refuses.
pub const OF_MEMORY: &str = "memory streams do not support snapshots";

/// Saves a stream in two files. Errors: why not, without a prefix.
pub async fn save(
    context: &Context,
    js: &JetStream,
    info: &StreamInfo,
    options: &Options,
    target: &str,
) -> Result<(), String> {
    let (console, stream, target) = (&context.console, &info.config.name, target.trim_end_matches('/'));
    if info.config.storage == Storage::Memory {
        return Err(OF_MEMORY.to_owned());
    }
    let is_file = context.read_file(target).is_some();
    if is_file || target.is_empty() {
        let problem = if is_file { "not a directory" } else { "no such file or directory" };
        return Err(format!("mkdir {target}: {problem}"));
    }
    let began = context.now();
    let backup = js.back_up(stream, &options.request).await.map_err(|error| error.to_string())?;
    console.line(&format!("Starting backup of Stream {stream:?} with {}", text::bytes(info.state.bytes)));
    if options.progress {
        console.line("");
    }
    if options.request.jsck {
        console.line("Health Check was requested, this can take a long time without progress reports\n");
    }
    let took = elapsed(context, began);
    let unpacked = uncompressed(&backup.bytes);
    if options.progress {
        let rate = text::bytes(per_second(unpacked, took) as u64);
        console.line(&format!(" done! [{} in {}; {rate}/s]", text::bytes(unpacked), format_go_duration(took)));
    }
    let (packed, unpacked) = (text::bytes(backup.bytes.len() as u64), text::bytes(unpacked));
    let (pieces, took) = (backup.pieces, format_go_duration(took));
    let about = json::indented(&crate::json::write(&backup.about));
    context.write_file(&format!("{target}/{ABOUT}"), about.into_bytes());
    context.write_file(&format!("{target}/{ARCHIVE}"), backup.bytes);
    console.line(&format!(
        "\nReceived {packed} compressed data in {pieces} chunks for stream {stream:?} in {took}, {unpacked} uncompressed "
    ));
    Ok(())
}

fn elapsed(context: &Context, began: Timestamp) -> Duration {
    Duration::from_millis(context.now().since(began).as_millis() as u64)
}

fn per_second(bytes: u64, took: Duration) -> f64 {
    bytes as f64 / took.as_secs_f64().max(1e-3)
}

/// Bytes of the archive in each message to the server.
const PIECE_BYTES: usize = 64 << 10;

pub async fn restore(context: Context, matches: Matches) -> Outcome {
    restore_from(&context, &matches, matches.text("file"), matches.flag("progress")).await
}

/// Makes a stream from the files in a folder.
pub async fn restore_from(context: &Context, matches: &Matches, folder: &str, with_progress: bool) -> Outcome {
    let (js, console) = (jetstream(context, matches), &context.console);
    let folder = folder.trim_end_matches('/');
    let saved = saved_configuration(context, folder)?;
    if js.stream_info(&saved.name).await.is_ok() {
        return Err(format!("Stream {:?} already exist", saved.name).into());
    }
    let config = configuration(context, matches, saved)?;
    let name = &config.name;
    console.line(&format!("Starting restore of Stream {name:?} from file {folder:?}\n"));
    let archive = format!("{folder}/{ARCHIVE}");
    let missing = || Failure::because("restore failed", format!("open {archive}: no such file or directory"));
    let bytes = context.read_file(&archive).ok_or_else(missing)?;
    let pieces = bytes.len().div_ceil(PIECE_BYTES).max(1);
    let began = context.now();
    if !with_progress {
        context.log(&format!("Starting restore of {name:?} from {archive} using {pieces} chunks"));
    }
    let info = js.restore(&config, &bytes).await.map_err(|error| Failure::because("restore failed", error))?;
    let took = elapsed(context, began);
    if with_progress {
        let size = (pieces * PIECE_BYTES) as u64;
        let (size, rate) = (thousands(size as f64), thousands(per_second(size, took)));
        console.line(&format!(" done! [{size} in {}; {rate}/s]", format_go_duration(took)));
    } else {
        let rest = "server will now restore the snapshot, this might take a long time";
        context.log(&format!("Sent {pieces} chunks, {rest}"));
    }
    console.line(&format!("\nRestored stream {name:?} in {}\n", text::duration(took)));
    // As the real CLI: no name stands in the heading.
    console.print(&information::information("", &info).drawn(&console.look()));
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

fn saved_configuration(context: &Context, folder: &str) -> Result<StreamConfig, Failure> {
    let about = format!("{folder}/{ABOUT}");
    let missing = || Failure::because("restore failed", format!("open {about}: no such file or directory"));
    let bytes = context.read_file(&about).ok_or_else(missing)?;
    let about: SnapshotResponse =
        crate::json::read(bytes).map_err(|error| Failure::because("restore failed", error))?;
    Ok(about.config)
}

/// The configuration that was saved or that of a file, with what the flags change.
fn configuration(context: &Context, matches: &Matches, saved: StreamConfig) -> Result<StreamConfig, Failure> {
    let given = |flag: &str| matches.knows(flag) && matches.is_set(flag);
    let mut config = saved.clone();
    if given("config") {
        config = super::configuration::from_file(context, matches.text("config"))?;
        if config.name != saved.name {
            return Err("stream names may not be changed during restore".into());
        }
    }
    if given("replicas") && matches.int("replicas") > 0 {
        config.num_replicas = matches.int("replicas");
    }
    if given("cluster") || given("tag") {
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
