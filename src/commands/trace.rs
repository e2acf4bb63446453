//! `nats trace`: which way a message takes through the server.
//!
//! The message carries an address for its trace, and unless `--deliver` says so goes nowhere else. What comes back is
//! read as a plain document. Source: natscli reference, "trace"; ADR-41.

use super::grammar::{Argument, Command, Flag, Kind};
use super::{Context, Matches, Outcome};
use crate::json::{self, Value};
use crate::protocol::{Headers, Message};
use crate::time::{Timestamp, format_go_duration};
use std::time::Duration;

pub static COMMAND: Command = Command::new("trace", "Shows which way a message takes")
    .arguments(&[
        Argument::required("subject", "Subject to publish on"),
        Argument::optional("payload", "Text of the message"),
    ])
    .flags(&[
        Flag::bool("deliver", "Delivers the message, too"),
        Flag::bool("timestamp", "Shows when each thing happened").short('T'),
        Flag::new("header", Kind::Map, "Adds a header").short('H').repeats(),
    ])
    .handler(|context, matches| Box::pin(trace(context, matches)));

const LEGEND: &str = "Legend: Client: --C Router: --> Gateway: ==> Leafnode: ~~> JetStream: --J Error: --X";
/// What is at the other end, by the number the server has for it: label and sign.
const KINDS: [(&str, &str); 3] = [("Client", "--C"), ("Router", "-->"), ("Gateway", "==>")];
const LEAFNODE: (&str, &str) = ("Leafnode", "~~>");

async fn trace(context: Context, matches: Matches) -> Outcome {
    let subject = matches.text("subject");
    let inbox = context.client.new_inbox();
    let mut answers = context.client.subscribe(&inbox, None)?;
    let mut headers = Headers::new();
    for (name, value) in matches.map("header") {
        headers.append(&name, &value);
    }
    // Who watches a server far away reads the answer, too, and reads it as it is.
    if !context.is_remote() {
        headers.append("Accept-Encoding", "snappy");
    }
    headers.append("Nats-Trace-Dest", &inbox);
    if !matches.flag("deliver") {
        headers.append("Nats-Trace-Only", "true");
    }
    let so_far = if matches.flag("deliver") { "with delivery to the final destination" } else { "" };
    context.console.line(&format!("Tracing message route to subject {subject} {so_far}\n"));
    let message = Message::new(subject, matches.text("payload").to_owned()).with_headers(headers);
    context.client.publish(message)?;
    context.client.flush().await?;
    if matches.timeout().is_zero() {
        return Err("nats: timeout".into());
    }
    let answer = context.timers.timeout(matches.timeout(), answers.next()).await;
    let answer = answer.map_err(|_| "no trace was received: nats: timeout")?.ok_or("nats: connection closed")?;
    let payload = super::snappy::decompressed(&answer.payload).unwrap_or_else(|| answer.payload.to_vec());
    let document: Value = json::parse(&payload).unwrap_or_default();
    context.console.print(&page(&document, matches.flag("timestamp")));
    Ok(())
}

/// One thing that happened to the message: its line, and what it counts for.
struct Step {
    line: String,
    counts_for: Option<&'static str>,
}

fn page(document: &Value, with_time: bool) -> String {
    let events = document["events"].as_array().cloned().unwrap_or_default();
    let (mut page, mut steps) = (String::new(), Vec::new());
    for event in &events {
        let time = if with_time { since(&events, event) } else { String::new() };
        match of(event, "type") {
            "in" => page += &format!("{time}{}\n", ingress(&document["server"], event)),
            kind => steps.extend(step(kind, event).map(|step| Step { line: prefixed(&time, &step.line), ..step })),
        }
        if of(event, "type") == "in" && !of(event, "error").is_empty() {
            steps.push(Step { line: format!("--X Error {:?}", of(event, "error")), counts_for: None });
        }
    }
    // The server names those who get it in no certain order; what was stored is told first.
    crate::sorted::by_key(&mut steps, |step| step.counts_for != Some("JetStream"));
    let is_delivered = events.iter().any(|event| of(event, "type") == "eg");
    steps.iter().for_each(|step| page += &format!("{}\n", step.line));
    if !is_delivered {
        page += "--X No active interest\n";
    }
    page += &format!("\n{LEGEND}\n\n");
    page + &egress(&steps)
}

/// How long after the first event another was, in brackets.
fn since(events: &[Value], event: &Value) -> String {
    let at = |event: &Value| Timestamp::parse_rfc3339(of(event, "ts")).ok().flatten();
    match (events.first().and_then(at), at(event)) {
        (Some(first), Some(at)) if at < first => "[Skew] ".to_owned(),
        (Some(first), Some(at)) => {
            let micros = (at.since(first).as_nanos() as u64 + 500) / 1000;
            format!("[{}] ", format_go_duration(Duration::from_micros(micros)))
        }
        _ => "[0s] ".to_owned(),
    }
}

/// Each line of a step has its time.
fn prefixed(time: &str, lines: &str) -> String {
    lines.split('\n').map(|line| format!("{time}{line}")).collect::<Vec<_>>().join("\n")
}

fn of<'a>(event: &'a Value, member: &str) -> &'a str {
    event[member].as_str().unwrap_or_default()
}

/// What is at the other end of an event.
fn kind(event: &Value) -> (&'static str, &'static str) {
    let number = event["kind"].as_u64().and_then(|kind| usize::try_from(kind).ok()).unwrap_or(0);
    KINDS.get(number).copied().unwrap_or(LEAFNODE)
}

fn ingress(server: &Value, event: &Value) -> String {
    let (label, _) = kind(event);
    let (name, cid) = (of(event, "name"), &event["cid"]);
    format!("{label} {name:?} cid:{cid} server:{:?} version:{:?}", of(server, "name"), of(server, "ver"))
}

fn step(kind_of_step: &str, event: &Value) -> Option<Step> {
    let error = of(event, "error");
    let failed = if error.is_empty() { String::new() } else { format!(" error:{error:?}") };
    let sign = |sign: &'static str| if error.is_empty() { sign } else { "--X" };
    match kind_of_step {
        "js" => {
            let action = if event["nointerest"].as_bool() == Some(true) { "no interest" } else { "stored" };
            let (stream, subject) = (of(event, "stream"), of(event, "subject"));
            let mut line = format!("--J JetStream action:{action:?} stream:{stream:?} subject:{subject:?}");
            if !error.is_empty() {
                line += &format!("\n--X Error: {error}");
            }
            Some(Step { line, counts_for: Some("JetStream") })
        }
        "eg" => {
            let (label, mark) = kind(event);
            let mut line = format!("{} {label} {:?} cid:{}", sign(mark), of(event, "name"), event["cid"]);
            for (label, member) in [("subject", "sub"), ("queue", "queue")] {
                if !of(event, member).is_empty() {
                    line += &format!(" {label}:{:?}", of(event, member));
                }
            }
            Some(Step { line: line + &failed, counts_for: error.is_empty().then_some(label) })
        }
        "sm" => {
            let line = format!("    Mapping subject:{:?}", of(event, "to"));
            Some(Step { line, counts_for: None })
        }
        _ => None,
    }
}

/// How many copies left to what; nothing when none did.
fn egress(steps: &[Step]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for label in steps.iter().filter_map(|step| step.counts_for) {
        match counts.iter_mut().find(|(known, _)| *known == label) {
            Some((_, count)) => *count += 1,
            None => counts.push((label, 1)),
        }
    }
    let width = counts.iter().map(|(label, _)| label.len()).max().unwrap_or(0) + 2;
    let rows: String = counts.iter().map(|(label, count)| format!("{label:>width$}: {count}\n")).collect();
    if rows.is_empty() { rows } else { format!("Egress Count:\n\n{rows}") }
}
