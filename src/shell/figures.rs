//! The figures in a printed line, and what each of them speaks of.
//!
//! Knows how information screens, tables and message lines are laid out; not what is on the server. The way in is
//! [`figures`].

use crate::commands::Place;
use std::ops::Range;

/// A piece of a line that leads somewhere: to what a picture can show, so never to a table, a revision or a throughout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Bytes of the line.
    pub span: Range<usize>,
    pub place: Place,
}

/// The figures of a line that was written about `place`, from left to right.
pub fn figures(line: &str, place: &Place) -> Vec<Figure> {
    match place {
        Place::Streams { prefix } => row(line, |name| Place::Stream(format!("{prefix}{name}"))),
        Place::Consumers { stream } => row(line, |name| Place::consumer(stream, name)),
        Place::Revisions { bucket } => revision_row(line, &format!("KV_{bucket}")),
        Place::Message { .. } => all(line, 0, place),
        Place::Throughout(place) => all(line, 0, place),
        // How many it has received by now.
        Place::Own => all(line, 0, place).into_iter().take(1).collect(),
        Place::Revision { bucket, key, revision } => revised(line, bucket, key, *revision).into_iter().collect(),
        Place::Server => value(line).map(|at| all(line, at, place)).unwrap_or_default(),
        Place::Stream(stream) if is_row(line) => all(line, 0, &Place::Stream(stream.clone())),
        Place::Stream(stream) => labelled(line, place, stream, &["Sequence: "]),
        Place::Consumer { stream, .. } => labelled(line, place, stream, &["Stream sequence: ", "Stream Sequence: "]),
    }
}

/// What stands between the cells of a row: in the usual tables, in those of double lines, in Markdown.
fn edge(line: &str) -> Option<char> {
    line.chars().next().filter(|first| ['│', '║', '|'].contains(first))
}

/// Some rows of charts begin with a label.
fn is_row(line: &str) -> bool {
    edge(line).is_some() || line.contains('│')
}

/// `BUCKET > key`: the key is where its value is stored.
fn revised(line: &str, bucket: &str, key: &str, revision: u64) -> Option<Figure> {
    let start = line.find(&format!("{bucket} > {key}"))? + bucket.len() + " > ".len();
    Some(Figure { span: start..start + key.len(), place: Place::message(&format!("KV_{bucket}"), revision) })
}

/// `│ key │ 3 │ PUT │ … │ 5 │ value │`: the number of the revision and how long its value is, never the value.
fn revision_row(line: &str, stream: &str) -> Vec<Figure> {
    const REVISION: usize = 2;
    const LENGTH: usize = 5;
    let Some(edge) = edge(line) else { return Vec::new() };
    let mut at = 0;
    let cells = line.split(edge).map(|cell| {
        let start = at + cell.len() - cell.trim_start().len();
        at += cell.len() + edge.len_utf8();
        (cell.trim(), start)
    });
    let cells: Vec<(&str, usize)> = cells.collect();
    let Some(revision) = cells.get(REVISION).and_then(|(cell, _)| cell.parse().ok()) else { return Vec::new() };
    let figure = |(cell, start): &(&str, usize)| Figure {
        span: *start..start + cell.len(),
        place: Place::message(stream, revision),
    };
    [REVISION, LENGTH].into_iter().filter_map(|column| cells.get(column)).map(figure).collect()
}

/// `│ NAME │ 3 │ …`: the name and each figure of the row. A row without figures is a heading.
fn row(line: &str, place: impl Fn(&str) -> Place) -> Vec<Figure> {
    let Some(name) = edge(line).and_then(|edge| line.split(edge).nth(1)).map(str::trim) else { return Vec::new() };
    let place = place(name);
    let start = line.find(name).unwrap_or_default();
    let figures = all(line, start + name.len(), &place);
    if name.is_empty() || figures.is_empty() {
        return Vec::new();
    }
    [Figure { span: start..start + name.len(), place }].into_iter().chain(figures).collect()
}

/// Where the value begins behind its label: `Label: 3`, in Markdown `- **Label:** 3`.
fn value(line: &str) -> Option<usize> {
    line.find(": ").map(|at| at + 2).or_else(|| line.find(":** ").map(|at| at + 4))
}

/// `Label: 3 … marker 4 …`: what stands behind a marker is the sequence of a message.
fn labelled(line: &str, place: &Place, stream: &str, markers: &[&str]) -> Vec<Figure> {
    let Some(value) = value(line) else { return Vec::new() };
    let mut found = all(line, value, place);
    for figure in &mut found {
        let sequence = line[figure.span.clone()].replace(',', "").parse();
        let before = &line[..figure.span.start];
        let label = before.strip_suffix("** ").unwrap_or(before).trim_end();
        let is_marked = before.ends_with(' ') && markers.iter().any(|marker| label.ends_with(marker.trim_end()));
        if let (true, Ok(sequence @ 1..)) = (is_marked, sequence) {
            figure.place = Place::message(stream, sequence);
        }
    }
    found
}

/// Every figure from byte `from` on.
fn all(line: &str, from: usize, place: &Place) -> Vec<Figure> {
    let mut found: Vec<Figure> = Vec::new();
    let mut at = from;
    for word in line.get(from..).unwrap_or_default().split(' ') {
        let start = at;
        at += word.len() + 1;
        let is_unit = matches!(word.trim_end_matches(','), "B" | "KiB" | "MiB" | "GiB" | "TiB");
        match found.last_mut() {
            Some(last) if is_unit && last.span.end + 1 == start => {
                last.span.end = start + word.trim_end_matches(',').len()
            }
            _ => {
                if let Some(span) = figure_in(word) {
                    found.push(Figure { span: start + span.start..start + span.end, place: place.clone() });
                }
            }
        }
    }
    found
}

/// The figure in a word: a number or a duration, perhaps in brackets, perhaps after `NAME#`, `name=` or `Word:`, limits
/// behind it left out. Dates and times are none.
fn figure_in(word: &str) -> Option<Range<usize>> {
    let named = word.split(';').next().unwrap_or_default();
    let spoken = |at: &usize| named[..*at].starts_with(char::is_alphabetic);
    let start = named.rfind(['#', '[', '(', '=']).or_else(|| named.rfind(':').filter(spoken)).map_or(0, |at| at + 1);
    let body = named[start..].trim_end_matches([']', ')', ',', '.', ':', '!']);
    let allowed = |c: char| c.is_ascii_digit() || ",.%hmsnuµdB".contains(c);
    (body.starts_with(|c: char| c.is_ascii_digit()) && body.chars().all(allowed)).then(|| start..start + body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, place: &Place, expected: &[(&str, Place)]) {
        let found = figures(line, place);
        let found: Vec<_> = found.iter().map(|figure| (&line[figure.span.clone()], figure.place.clone())).collect();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn information_screens() {
        let stream = Place::Stream("ORDERS".into());
        let here = |text| (text, stream.clone());
        check("                Messages: 1,200", &stream, &[here("1,200")]);
        check("                   Bytes: 1.7 KiB", &stream, &[here("1.7 KiB")]);
        check("      Maximum Age: 30d0h0m0s", &stream, &[here("30d0h0m0s")]);
        check("   Maximum Messages: unlimited", &stream, &[]);
        check("Information for Stream ORDERS created 2026-11-21 08:03:36", &stream, &[]);
        let server = Place::Server;
        check("          Memory: 1.7 KiB of Unlimited", &server, &[("1.7 KiB", server.clone())]);
        check("JetStream Account Information:", &server, &[]);
        let message = ("5", Place::message("ORDERS", 5));
        check("          First Sequence: 5 @ 2026-11-21 08:03:38", &stream, std::slice::from_ref(&message));
        check("           Last Sequence: 0", &stream, &[here("0")]);
        let consumer = Place::consumer("ORDERS", "w");
        check(
            "   Last Delivered Message: Consumer sequence: 7 Stream sequence: 5 Last delivery: 1.14s ago",
            &consumer,
            &[("7", consumer.clone()), message, ("1.14s", consumer.clone())],
        );
        check(
            "  Outstanding Acks: 3 out of maximum 1,000",
            &consumer,
            &[("3", consumer.clone()), ("1,000", consumer.clone())],
        );
    }

    #[test]
    fn tables() {
        let streams = Place::Streams { prefix: "" };
        let orders = Place::Stream("ORDERS".into());
        check(
            "│ ORDERS │             │ 2026-11-21 08:03:36 │ 3        │ 110 B │ 2.00s        │",
            &streams,
            &[("ORDERS", orders.clone()), ("3", orders.clone()), ("110 B", orders.clone()), ("2.00s", orders)],
        );
        check("│ Name   │ Description │ Created             │ Messages │ Size  │ Last Message │", &streams, &[]);
        check("│                Streams                  │", &streams, &[]);
        check("├────────┼─────┤", &streams, &[]);
        let consumers = Place::Consumers { stream: "ORDERS".into() };
        let worker = Place::consumer("ORDERS", "w");
        check("│ w  │ Pull │ 0  │", &consumers, &[("w", worker.clone()), ("0", worker.clone())]);
        check("║ w  ║ Pull ║ 0  ║", &consumers, &[("w", worker.clone()), ("0", worker.clone())]);
        check("╠════╬══════╬════╣", &consumers, &[]);
        check("| w | Pull | 0 |", &consumers, &[("w", worker.clone()), ("0", worker)]);
        check("| Name | Mode | Ack Pending |", &consumers, &[]);
        check("| --- | --- | --- |", &consumers, &[]);
    }

    #[test]
    fn screens_in_markdown() {
        let orders = Place::Stream("ORDERS".into());
        check("- **Messages:** 1,200", &orders, &[("1,200", orders.clone())]);
        check("- **First Sequence:** 3 @ 2026-11-21 08:03:36", &orders, &[("3", Place::message("ORDERS", 3))]);
        check("- **Host Version:** 2.15.1", &Place::Server, &[("2.15.1", Place::Server)]);
    }

    #[test]
    fn message_lines() {
        let message = Place::message("ORDERS", 3);
        let here = |text| (text, message.clone());
        check("09:15:11 Stored in Stream: ORDERS Sequence: 3", &message, &[here("3")]);
        check("Item: ORDERS#3 received 2026-11-21 08:03:38 on Subject orders.7", &message, &[here("3")]);
        check(
            "[09:15:11] subj: orders.7 / tries: 1 / cons seq: 2 / str seq: 3 / pending: 1,200",
            &message,
            &[here("1"), here("2"), here("3"), here("1,200")],
        );
        check(
            "[#2] Received JetStream message: stream: ORDERS seq: 3 / pending: 0",
            &message,
            &[here("2"), here("3"), here("0")],
        );
    }

    #[test]
    fn what_is_measured_and_announced() {
        let own = Place::Own;
        check("[#3] Received on \"orders.7\"", &own, &[("3", own.clone())]);
        check("[#3] @ 1.2s Received on \"orders.7\"", &own, &[("3", own.clone())]);
        let stream = Place::Stream("ORDERS".into());
        let here = |text| (text, stream.clone());
        let through = stream.clone().throughout();
        check(
            "NATS publisher stats: 12,000 msgs/sec ~ 1.5 MiB/sec ~ min: 1.00us",
            &through,
            &[here("12,000"), here("1.5"), here("1.00us")],
        );
        check(
            "WARNING ORDERS Warn:3 messages OK:1 sources | sources=1 rtt=0.0024s;0.5000;1.0000",
            &through,
            &[here("3"), here("1"), here("1"), here("0.0024s")],
        );
        let consumer = Place::consumer("ORDERS", "w");
        check("   Stream Sequence: 5", &consumer, &[("5", Place::message("ORDERS", 5))]);
        check("        Deliveries: 3", &consumer, &[("3", consumer.clone())]);
        let revision = Place::Revision { bucket: "B".into(), key: "a.b".into(), revision: 9 };
        let value = ("a.b", Place::message("KV_B", 9));
        check("[2026-11-21 08:03:36] PUT B > a.b: 42", &revision, std::slice::from_ref(&value));
        check("[2026-11-21 08:03:36] DEL B > a.b", &revision, &[value]);
    }

    #[test]
    fn noise_never_panics() {
        let revision = Place::Revision { bucket: "é".into(), key: "é".into(), revision: 3 };
        let revisions = Place::Revisions { bucket: "B".into() };
        let third = Place::message("KV_B", 3);
        let cells = "│ k   │        3 │ PUT │ 2026-11-22 10:18:32 │ 1,024  │ 7 │ 8  │";
        check(cells, &revisions, &[("3", third.clone()), ("1,024", third)]);
        check("│ Key │ Revision │ Op  │ Created             │ Length │ Value │", &revisions, &[]);
        check("├─────┼──────────┼─────┤", &revisions, &[]);
        for place in [
            Place::Streams { prefix: "KV_" },
            revisions,
            Place::Stream("é".into()),
            Place::consumer("é", "é"),
            Place::Own.throughout(),
            revision,
        ] {
            for line in [
                "",
                "é:",
                "é=;",
                "a:3é",
                "é > é",
                "│",
                "││",
                "│ é │ 3é │ ",
                ": ",
                "é: 3 é",
                "é: #3 B,",
                "Sequence: 99999999999999999999999",
                "│ 3",
            ] {
                for figure in figures(line, &place) {
                    assert!(!line[figure.span].is_empty());
                }
            }
        }
    }
}
