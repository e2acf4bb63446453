//! Streams in tables: `ls`, `report`, `subjects`, `gaps`, and what `find` finds.

use super::information::storage;
use crate::api::{Placement, SourceInfo, StreamInfo};
use crate::commands::report::order::arrange;
use crate::commands::report::{Table, text};
use crate::sorted;
use crate::time::Timestamp;
use std::time::Duration;

/// `stream ls` and `stream find`; two blank lines follow the box.
pub fn table(title: &str, streams: &[StreamInfo], now: Timestamp) -> Table {
    let header = ["Name", "Description", "Created", "Messages", "Size", "Last Message"];
    let mut table = Table::new(title, &header);
    for info in sorted_by_bytes(streams) {
        table.row([
            info.config.name.clone(),
            info.config.description.clone(),
            text::optional_time(info.created),
            text::count(info.state.messages),
            text::bytes(info.state.bytes),
            text::ago(now, info.state.last_ts),
        ]);
    }
    table
}

fn sorted_by_bytes(streams: &[StreamInfo]) -> Vec<&StreamInfo> {
    sorted(streams, SortBy::Bytes)
}

/// What `stream report` sorts by, smallest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    #[default]
    Bytes,
    Consumers,
    Messages,
    Name,
    Storage,
}

/// The first table of `stream report`.
pub fn report(streams: &[StreamInfo], sort: SortBy, raw: bool) -> Table {
    let header = [
        "Stream",
        "Storage",
        "Placement",
        "Consumers",
        "Messages",
        "Bytes",
        "Lost",
        "Deleted",
        "API Level",
        "Replicas",
    ];
    let mut table = Table::new("Stream Report", &header);
    if raw {
        table = table.right(&[3, 4, 5, 6, 7, 8]);
    }
    let count = |value: u64| if raw { value.to_string() } else { text::count(value) };
    for info in sorted(streams, sort) {
        let state = &info.state;
        table.row([
            info.config.name.clone(),
            storage(info.config.storage).to_owned(),
            info.config.placement.as_ref().map(placement).unwrap_or_default(),
            count(state.consumer_count as u64),
            count(state.messages),
            if raw { state.bytes.to_string() } else { text::bytes(state.bytes) },
            "0".to_owned(),
            count(state.num_deleted),
            info.config.metadata.get("_nats.req.level").cloned().unwrap_or_default(),
            String::new(),
        ]);
    }
    table
}

fn sorted(streams: &[StreamInfo], sort: SortBy) -> Vec<&StreamInfo> {
    let mut sorted: Vec<&StreamInfo> = streams.iter().collect();
    sorted::by(&mut sorted, |a, b| a.config.name.cmp(&b.config.name));
    match sort {
        SortBy::Bytes => arrange(&mut sorted, |a, b| a.state.bytes < b.state.bytes),
        SortBy::Consumers => arrange(&mut sorted, |a, b| a.state.consumer_count < b.state.consumer_count),
        SortBy::Messages => arrange(&mut sorted, |a, b| a.state.messages < b.state.messages),
        SortBy::Name => {}
        SortBy::Storage => arrange(&mut sorted, |a, b| storage(a.config.storage) < storage(b.config.storage)),
    }
    sorted
}

fn placement(placement: &Placement) -> String {
    let mut parts = Vec::new();
    if !placement.cluster.is_empty() {
        // With the blank of the original, which stays without tags, too.
        parts.push(format!("cluster: {} ", placement.cluster));
    }
    if !placement.tags.is_empty() {
        parts.push(format!("tags: {}", placement.tags.join(", ")));
    }
    parts.concat()
}

/// The second table of `stream report`; `None` when nothing is copied from elsewhere.
pub fn replication_report(streams: &[StreamInfo], sort: SortBy) -> Option<Table> {
    let header = ["Stream", "Kind", "API Prefix", "Source Stream", "Filters and Transforms", "Active", "Lag", "Error"];
    let mut table = Table::new("Replication Report", &header);
    let mut any = false;
    for info in sorted(streams, sort) {
        let mirror = info.mirror.iter().map(|mirror| ("Mirror", mirror));
        for (kind, source) in mirror.chain(info.sources.iter().map(|source| ("Source", source))) {
            table.row(replication_row(&info.config.name, kind, source));
            any = true;
        }
    }
    any.then_some(table)
}

fn replication_row(stream: &str, kind: &str, source: &SourceInfo) -> [String; 8] {
    let transforms =
        source.subject_transforms.iter().map(|transform| format!("{} to {}", transform.src, transform.dest));
    let filters: Vec<String> =
        Some(source.filter_subject.clone()).filter(|f| !f.is_empty()).into_iter().chain(transforms).collect();
    [
        stream.to_owned(),
        kind.to_owned(),
        source.external.as_ref().map(|external| external.api.clone()).unwrap_or_default(),
        source.name.clone(),
        filters.join("\n"),
        // Of what was never heard of, too, a figure is shown here.
        text::duration(Duration::from_nanos(u64::try_from(source.active).unwrap_or(0))),
        text::count(source.lag),
        source.error.as_ref().map(|error| format!("{} ({})", error.description, error.err_code)).unwrap_or_default(),
    ]
}

/// `stream subjects`: pairs of subject and count, as many side by side as fit. `subjects` in the order shown.
pub fn subjects(stream: &str, subjects: &[(String, u64)]) -> Table {
    let widest = subjects.iter().map(|(subject, _)| subject.chars().count()).max().unwrap_or(0);
    let widest_count = subjects.iter().map(|(_, count)| text::count(*count).len()).max().unwrap_or(0);
    let columns = match widest + widest_count {
        ..20 => 3,
        20..30 => 2,
        _ => 1,
    };
    let rows = subjects.len().div_ceil(columns);
    let header: Vec<&str> = std::iter::repeat_n(["Subject", "Count"], columns).flatten().collect();
    let mut table = Table::new(format!("{} Subjects in stream {stream}", text::count(subjects.len() as u64)), &header);
    for row in 0..rows {
        let cell = |column: usize| match subjects.get(column * rows + row) {
            Some((subject, count)) => [subject.clone(), text::count(*count)],
            None => [String::new(), String::new()],
        };
        table.push((0..columns).flat_map(cell).collect());
    }
    table
}

/// Runs of missing sequences, first and last of each.
pub fn runs(deleted: &[u64]) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for &seq in deleted {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == seq => *last = seq,
            _ => runs.push((seq, seq)),
        }
    }
    runs
}

/// `stream gaps`.
pub fn gaps(stream: &str, gaps: &[(u64, u64)]) -> Table {
    let noun = if gaps.len() == 1 { "gap" } else { "gaps" };
    let title = format!("{} {noun} found in Stream {stream}", text::count(gaps.len() as u64));
    let mut table = Table::new(title, &["First Message", "Last Message"]);
    for (first, last) in gaps {
        table.row([text::count(*first), text::count(*last)]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{StreamConfig, stream::StreamState};
    use std::time::Duration;

    fn stream(name: &str, messages: u64, bytes: u64, last_ts: Option<Timestamp>) -> StreamInfo {
        let metadata = [("_nats.req.level".to_owned(), "0".to_owned())].into();
        StreamInfo {
            config: StreamConfig { name: name.into(), metadata, ..StreamConfig::default() },
            created: Some(Timestamp::from_secs(1_795_251_945)),
            state: StreamState { messages, bytes, last_ts, ..StreamState::default() },
            ..StreamInfo::default()
        }
    }

    #[test]
    fn ls_is_sorted_by_size() {
        let now = Timestamp::from_secs(1_795_252_000);
        let streams = [
            stream("EVENTS", 5, 130, Some(now - Duration::from_millis(140))),
            stream("ORDERS", 1200, 59_000, Some(now - Duration::from_secs(90))),
            stream("EMPTY", 0, 0, None),
        ];
        let expected = "\
╭───────────────────────────────────────────────────────────────────────────────╮
│                                    Streams                                    │
├────────┬─────────────┬─────────────────────┬──────────┬────────┬──────────────┤
│ Name   │ Description │ Created             │ Messages │ Size   │ Last Message │
├────────┼─────────────┼─────────────────────┼──────────┼────────┼──────────────┤
│ EMPTY  │             │ 2026-11-21 09:05:45 │ 0        │ 0 B    │ never        │
│ EVENTS │             │ 2026-11-21 09:05:45 │ 5        │ 130 B  │ 140ms        │
│ ORDERS │             │ 2026-11-21 09:05:45 │ 1,200    │ 58 KiB │ 1m30s        │
╰────────┴─────────────┴─────────────────────┴──────────┴────────┴──────────────╯
";
        assert_eq!(table("Streams", &streams, now).to_string(), expected);
    }

    #[test]
    fn report_fits_the_recording() {
        let expected = "\
╭─────────────────────────────────────────────────────────────────────────────────────────────────────╮
│                                            Stream Report                                            │
├────────┬─────────┬───────────┬───────────┬──────────┬───────┬──────┬─────────┬───────────┬──────────┤
│ Stream │ Storage │ Placement │ Consumers │ Messages │ Bytes │ Lost │ Deleted │ API Level │ Replicas │
├────────┼─────────┼───────────┼───────────┼──────────┼───────┼──────┼─────────┼───────────┼──────────┤
│ MIRR   │ File    │           │ 0         │ 4        │ 188 B │ 0    │ 0       │ 0         │          │
│ ORDERS │ File    │           │ 0         │ 4        │ 188 B │ 0    │ 0       │ 0         │          │
╰────────┴─────────┴───────────┴───────────┴──────────┴───────┴──────┴─────────┴───────────┴──────────╯
";
        let streams = [stream("ORDERS", 4, 188, None), stream("MIRR", 4, 188, None)];
        assert_eq!(report(&streams, SortBy::default(), false).to_string(), expected);
        assert!(replication_report(&streams, SortBy::default()).is_none());
    }

    #[test]
    fn subjects_run_down_the_columns() {
        let counted = [("orders.new", 2), ("orders.a", 3), ("orders.b", 4), ("orders.c", 5)];
        let counted = counted.map(|(subject, count)| (subject.to_owned(), count));
        let text = subjects("ORDERS", &counted).to_string();
        assert!(text.contains("│ orders.new │ 2     │ orders.b │ 4     │         │       │"), "{text}");
        assert!(text.contains("│ orders.a   │ 3     │ orders.c │ 5     │         │       │"), "{text}");
    }

    #[test]
    fn gaps_are_runs() {
        assert_eq!(runs(&[2, 3, 4, 7]), [(2, 4), (7, 7)]);
        assert_eq!(runs(&[]), []);
    }
}
