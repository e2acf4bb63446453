//! Buckets and their values, as screens, tables and lines.

use crate::api::SourceInfo;
use crate::base64::BASE64;
use crate::client::kv::{Entry, Operation, Status};
use crate::commands::report::order::arrange;
use crate::commands::report::{Columns, Table, text};
use crate::commands::stream::information::{last_seen, metadata, storage};
use crate::time::Timestamp;

/// The screen of `kv info`.
pub fn information(status: &Status) -> Columns {
    let created = text::optional_time(status.stream.created);
    let mut screen =
        Columns::new(format!("Information for Key-Value Store Bucket {} created {created}", status.bucket));
    screen.section("Configuration");
    configuration(&mut screen, status);
    if let Some(mirror) = &status.stream.mirror {
        screen.section("Mirror Information");
        origin(&mut screen, "Origin Bucket", mirror);
    }
    if !status.stream.sources.is_empty() {
        screen.section("Sources Information");
        for source in &status.stream.sources {
            origin(&mut screen, "Source Bucket", source);
        }
    }
    metadata(&mut screen, &status.stream.config.metadata);
    if let Some(cluster) = &status.stream.cluster {
        screen.section("Cluster Information");
        screen.row("Name", &cluster.name);
        screen.row("Leader", &cluster.leader);
    }
    screen
}

fn configuration(screen: &mut Columns, status: &Status) {
    let config = &status.stream.config;
    screen.row("Bucket Name", &status.bucket);
    screen.row("History Kept", text::signed_count(status.history));
    screen.row("Values Stored", text::count(status.values));
    screen.row("Compressed", status.is_compressed);
    screen.row("Per-Key TTL Supported", config.allow_msg_ttl);
    if let Some(ttl) = status.marker_ttl {
        screen.row("Limit Marker TTL", text::duration(ttl));
    }
    screen.row("Backing Store Kind", "JetStream");
    screen.row_unless_empty("Description", &config.description);
    screen.row("Bucket Size", text::bytes(status.bytes));
    screen.row("Maximum Bucket Size", text::bytes_limit(config.max_bytes));
    screen.row("Maximum Value Size", text::bytes_limit(config.max_msg_size.into()));
    let age = status.ttl.filter(|ttl| !ttl.is_zero());
    screen.row("Maximum Age", age.map_or_else(|| "unlimited".to_owned(), text::duration));
    screen.row("JetStream Stream", &config.name);
    screen.row("Storage", storage(config.storage));
    if let Some(republish) = &config.republish {
        let label = if republish.headers_only { "Republishing Headers" } else { "Republishing" };
        screen.row(label, format!("{} to {}", republish.src, republish.dest));
    }
}

fn origin(screen: &mut Columns, label: &str, source: &SourceInfo) {
    screen.row(label, source.name.trim_start_matches("KV_"));
    if let Some(external) = &source.external {
        screen.row("External API", &external.api);
    }
    screen.row("Last Seen", last_seen(source));
    screen.row("Lag", text::count(source.lag));
}

/// `kv ls`.
pub fn buckets(statuses: &[Status], now: Timestamp) -> Table {
    let header = ["Bucket", "Description", "Created", "Size", "Values", "Last Update"];
    let mut table = Table::new("Key-Value Buckets", &header);
    let mut sorted: Vec<&Status> = statuses.iter().collect();
    arrange(&mut sorted, |a, b| a.bytes < b.bytes);
    for status in sorted {
        table.row([
            status.bucket.clone(),
            status.stream.config.description.clone(),
            text::optional_time(status.stream.created),
            text::bytes(status.bytes),
            text::count(status.values),
            text::ago(now, status.stream.state.last_ts),
        ]);
    }
    table
}

/// `kv ls BUCKET --verbose`.
pub fn contents(bucket: &str, entries: &[Entry], with_values: bool) -> Table {
    let header = ["Key", "Created", "Delta", "Revision", "Value"];
    let header = if with_values { &header[..] } else { &header[..4] };
    let mut table = Table::new(format!("Contents for bucket '{bucket}'"), header).right(&[2, 3]);
    for entry in entries {
        let mut cells = vec![
            entry.key.clone(),
            text::optional_time(entry.created),
            entry.delta.to_string(),
            entry.revision.to_string(),
        ];
        // Whole, and as it is.
        cells.extend(with_values.then(|| String::from_utf8_lossy(&entry.value).into_owned()));
        table.push(cells);
    }
    table
}

/// `kv history`.
pub fn history(bucket: &str, key: &str, entries: &[Entry]) -> Table {
    let header = ["Key", "Revision", "Op", "Created", "Length", "Value"];
    let mut table = Table::new(format!("History for {bucket} > {key}"), &header).right(&[1]);
    for entry in entries {
        table.row([
            entry.key.clone(),
            entry.revision.to_string(),
            operation(entry.operation).to_owned(),
            text::optional_time(entry.created),
            text::count(entry.value.len() as u64),
            shortened(&printable(&entry.value)),
        ]);
    }
    table
}

pub fn operation(operation: Operation) -> &'static str {
    match operation {
        Operation::Put => "PUT",
        Operation::Delete => "DELETE",
        Operation::Purge => "PURGE",
    }
}

/// The value as text, in base64 when it has characters that cannot be seen.
pub fn printable(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => BASE64.encode(value),
    }
}

/// Longer texts keep both ends.
pub fn shortened(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= 40 {
        return text.to_owned();
    }
    let (start, end) = (&chars[..15], &chars[chars.len() - 15..]);
    format!("{}...{}", start.iter().collect::<String>(), end.iter().collect::<String>())
}

/// The text of `kv get`.
pub fn value(bucket: &str, entry: &Entry) -> String {
    let (key, revision, created) = (&entry.key, entry.revision, text::optional_time(entry.created));
    let mut shown = format!("{bucket} > {key} revision: {revision} created @ {created}\n\n");
    let text = printable(&entry.value);
    let length = text.chars().count();
    if length > 120 {
        shown.push_str(&format!(
            "Showing first 120 bytes of {}, use --raw for full data\n\n",
            text::count(length as u64)
        ));
    }
    shown.extend(text.chars().take(120));
    shown + "\n\n"
}

/// A line of `kv watch`.
pub fn change(bucket: &str, entry: &Entry, coloured: bool) -> String {
    let word = operation(entry.operation);
    let colour = if entry.operation == Operation::Put { 32 } else { 31 };
    let word = if coloured { format!("\u{1b}[{colour}m{word}\u{1b}[0m") } else { word.to_owned() };
    let line = format!("[{}] {word} {bucket} > {}", text::optional_time(entry.created), entry.key);
    if entry.operation == Operation::Put { format!("{line}: {}", printable(&entry.value)) } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Nanos, StreamConfig, StreamInfo, stream::ClusterInfo};
    use bytes::Bytes;

    fn entry(revision: u64, operation: Operation, value: &'static str) -> Entry {
        Entry {
            bucket: "CONFIG".into(),
            key: "app.name".into(),
            value: Bytes::from_static(value.as_bytes()),
            revision,
            created: Some(Timestamp::from_secs(1_795_252_468)),
            delta: 0,
            operation,
            value_bytes: value.len(),
        }
    }

    #[test]
    fn a_bucket() {
        let info = StreamInfo {
            config: StreamConfig {
                name: "KV_CONFIG".into(),
                subjects: vec!["$KV.CONFIG.>".into()],
                description: "app config".into(),
                max_msgs_per_subject: 5,
                duplicate_window: Nanos(120_000_000_000),
                ..StreamConfig::default()
            },
            created: Some(Timestamp::from_secs(1_795_252_468)),
            cluster: Some(ClusterInfo { leader: "n1".into(), ..ClusterInfo::default() }),
            ..StreamInfo::default()
        };
        let expected = "\
Information for Key-Value Store Bucket CONFIG created 2026-11-21 09:14:28

Configuration:

            Bucket Name: CONFIG
           History Kept: 5
          Values Stored: 0
             Compressed: false
  Per-Key TTL Supported: false
     Backing Store Kind: JetStream
            Description: app config
            Bucket Size: 0 B
    Maximum Bucket Size: unlimited
     Maximum Value Size: unlimited
            Maximum Age: unlimited
       JetStream Stream: KV_CONFIG
                Storage: File

Cluster Information:

                   Name:\u{20}
                 Leader: n1
";
        assert_eq!(information(&Status::of(info).expect("its name says so")).to_string(), expected);
    }

    #[test]
    fn a_history() {
        let entries = [entry(1, Operation::Put, "v1"), entry(3, Operation::Delete, "")];
        let expected = "\
╭─────────────────────────────────────────────────────────────────────╮
│                    History for CONFIG > app.name                    │
├──────────┬──────────┬────────┬─────────────────────┬────────┬───────┤
│ Key      │ Revision │ Op     │ Created             │ Length │ Value │
├──────────┼──────────┼────────┼─────────────────────┼────────┼───────┤
│ app.name │        1 │ PUT    │ 2026-11-21 09:14:28 │ 2      │ v1    │
│ app.name │        3 │ DELETE │ 2026-11-21 09:14:28 │ 0      │       │
╰──────────┴──────────┴────────┴─────────────────────┴────────┴───────╯
";
        assert_eq!(history("CONFIG", "app.name", &entries).to_string(), expected);
    }

    #[test]
    fn values_that_cannot_be_seen_and_long_ones() {
        assert_eq!(printable(b"from stdin\n"), "ZnJvbSBzdGRpbgo=");
        assert_eq!(printable(&[1, 2]), "AQI=");
        let long = "012345678901234567890123456789012345678901234567890123456789";
        assert_eq!(shortened(long), "012345678901234...567890123456789");
        let head = "CONFIG > app.name revision: 1 created @ 2026-11-21 09:14:28\n\n";
        assert_eq!(value("CONFIG", &entry(1, Operation::Put, "v1")), format!("{head}v1\n\n"));
    }

    #[test]
    fn changes() {
        let line = change("CONFIG", &entry(1, Operation::Put, "v1"), false);
        assert_eq!(line, "[2026-11-21 09:14:28] PUT CONFIG > app.name: v1");
        let line = change("CONFIG", &entry(2, Operation::Purge, ""), true);
        assert_eq!(line, "[2026-11-21 09:14:28] \u{1b}[31mPURGE\u{1b}[0m CONFIG > app.name");
    }
}
