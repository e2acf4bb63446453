//! Buckets of files and files, as screens and tables.

use crate::client::object_store::{ObjectInfo, Status};
use crate::commands::report::order::arrange;
use crate::commands::report::{Columns, Table, text};
use crate::commands::stream::information::{is_reserved, metadata, storage};
use crate::time::Timestamp;

/// The screen of `object info BUCKET`.
pub fn bucket(status: &Status) -> Columns {
    let config = &status.stream.config;
    let created = text::optional_time(status.stream.created);
    let mut screen = Columns::new(format!("Information for Object Store Bucket {} created {created}", status.bucket));
    screen.section("Configuration");
    screen.row("Bucket Name", &status.bucket);
    screen.row_unless_empty("Description", &config.description);
    screen.row("Replicas", config.num_replicas);
    let ttl = status.ttl.filter(|ttl| !ttl.is_zero());
    screen.row("TTL", ttl.map_or_else(|| "unlimited".to_owned(), text::duration));
    screen.row("Sealed", status.is_sealed);
    screen.row("Size", text::bytes(status.bytes));
    screen.row("Maximum Bucket Size", text::bytes_limit(config.max_bytes));
    screen.row("Storage", storage(config.storage));
    screen.row("Backing Store Kind", "JetStream");
    screen.row("JetStream Stream", &config.name);
    let own = config.metadata.iter().filter(|(key, _)| !is_reserved(key));
    screen.rows("Metadata", own.map(|(key, value)| format!("{key}: {value}")));
    if let Some(cluster) = &status.stream.cluster {
        screen.section("Cluster Information");
        screen.row("Name", &cluster.name);
        screen.row("Leader", &cluster.leader);
    }
    screen
}

/// The screen of `object info BUCKET FILE`.
pub fn file(info: &ObjectInfo) -> Columns {
    let mut screen = Columns::new(format!("Object information for {} > {}", info.bucket, info.name));
    screen.row_unless_empty("Description", &info.description);
    screen.row("Size", text::bytes(info.bytes));
    screen.row("Modification Time", text::optional_time(info.modified));
    screen.row("Chunks", text::count(info.chunks.into()));
    if let Some(digest) = info.sha256() {
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        screen.row("Digest", format!("SHA-256 {hex}"));
    }
    screen.row_if(info.deleted, "Deleted", true);
    let headers =
        info.headers.iter().flat_map(|(name, values)| values.iter().map(move |value| format!("{name}: {value}")));
    screen.rows("Headers", headers);
    metadata(&mut screen, &info.metadata);
    screen
}

/// `object ls`.
pub fn buckets(statuses: &[Status], now: Timestamp) -> Table {
    let mut table = Table::new("Object Store Buckets", &["Bucket", "Description", "Created", "Size", "Last Update"]);
    let mut sorted: Vec<&Status> = statuses.iter().collect();
    arrange(&mut sorted, |a, b| a.bytes < b.bytes);
    for status in sorted {
        table.row([
            status.bucket.clone(),
            status.stream.config.description.clone(),
            text::optional_time(status.stream.created),
            text::bytes(status.bytes),
            text::ago(now, status.stream.state.last_ts),
        ]);
    }
    table
}

/// `object ls BUCKET`.
pub fn contents(files: &[ObjectInfo]) -> Table {
    let mut table = Table::new("Bucket Contents", &["Name", "Size", "Time"]);
    for info in files {
        table.row([info.name.clone(), text::bytes(info.bytes), text::optional_time(info.modified)]);
    }
    table
}

/// A line of `object watch`.
pub fn change(info: &ObjectInfo) -> String {
    let (at, bucket, name) = (text::optional_time(info.modified), &info.bucket, &info.name);
    if info.deleted {
        return format!("[{at}] DEL {bucket} > {name}");
    }
    let (size, chunks) = (text::bytes(info.bytes), text::count(info.chunks.into()));
    format!("[{at}] PUT {bucket} > {name}: {size} bytes in {chunks} chunks")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file() {
        let info = ObjectInfo {
            name: "b.txt".into(),
            description: "second".into(),
            bucket: "FILES".into(),
            bytes: 8,
            modified: Some(Timestamp::from_secs(1_795_252_468)),
            chunks: 1,
            digest: "SHA-256=qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEc=".into(),
            ..ObjectInfo::default()
        };
        let expected = "\
Object information for FILES > b.txt

        Description: second
               Size: 8 B
  Modification Time: 2026-11-21 09:14:28
             Chunks: 1
             Digest: SHA-256 a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447
";
        assert_eq!(file(&info).to_string(), expected);
        assert_eq!(change(&info), "[2026-11-21 09:14:28] PUT FILES > b.txt: 8 B bytes in 1 chunks");
        let gone = ObjectInfo { deleted: true, ..info };
        assert_eq!(change(&gone), "[2026-11-21 09:14:28] DEL FILES > b.txt");
    }
}
