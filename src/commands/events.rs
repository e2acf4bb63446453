//! `nats events`: what the server announces, in words.
//!
//! One table of texts with gaps that are filled from the event's document. An event without a row is shown as its JSON.
//! Source: natscli reference, "events"; advisories as recorded.

use super::grammar::{Command, Flag};
use super::pattern::Pattern;
use super::report::text;
use super::{Context, Failure, Matches, Outcome, Place, connection};
use crate::api::DeliverPolicy;
use crate::client::jetstream::OrderedOptions;
use crate::client::{Error, go_api_error};
use crate::json::{self, ToJson, Value};
use crate::protocol::Message;
use crate::time::Timestamp;
use futures::StreamExt;
use futures::future::{LocalBoxFuture, pending};
use futures::stream::select_all;

pub static COMMAND: Command = Command::new("events", "Shows advisories, metrics and server events as they come")
    .aliases(&["event", "e"])
    .flags(&[
        Flag::bool("all", "Shows everything").short('a'),
        Flag::bool("json", "Shows the documents").short('j'),
        Flag::bool("cloudevent", "Shows the documents as cloud events"),
        Flag::bool("short", "Shows a line per event"),
        Flag::text("filter", "Only events that match this expression").placeholder("\".\""),
        Flag::bool("js-metric", "Shows metrics of JetStream"),
        Flag::bool("js-advisory", "Shows advisories of JetStream"),
        Flag::switch("srv-advisory", "Shows advisories of the server").default("true"),
        Flag::text("subjects", "Shows events of these subjects").repeats(),
        Flag::text("stream", "Reads events a stream has stored instead of listening"),
        Flag::duration("since", "Only events stored in this last stretch of time, with --stream")
            .placeholder("DURATION"),
    ])
    .handler(|context, matches| run(context, matches));

/// How to say that we listen, the subject (of JetStream: behind its prefix), and the flag that asks for it.
const SOURCES: &[(&str, &str, &str)] = &[
    ("Advisories", "ADVISORY.>", "js-advisory"),
    ("Metrics", "METRIC.>", "js-metric"),
    ("Client Connection events", "$SYS.ACCOUNT.*.CONNECT", "srv-advisory"),
    ("Client Disconnection events", "$SYS.ACCOUNT.*.DISCONNECT", "srv-advisory"),
    ("Authentication Errors events", "$SYS.SERVER.*.CLIENT.AUTH.ERR", "srv-advisory"),
];

/// The end of a document's `type`; its text; its line for `--short`. `{a}` is member `a`, `{A}` the same with a capital,
/// `{a.b}` a member of a member.
const TEXTS: &[(&str, &str, &str)] = &[
    ("stream_action", "Stream {Action} Action\n\n        Stream: {stream}", "[Stream {Action}] {stream}"),
    (
        "consumer_action",
        "Consumer {Action} Action\n\n        Stream: {stream}\n      Consumer: {consumer}",
        "[Consumer {Action}] {stream} > {consumer}",
    ),
    (
        "consumer_pause",
        "Consumer Pause\n\n        Stream: {stream}\n      Consumer: {consumer}\n        Paused: {paused}{until_line}\n",
        "[Consumer Pause] Consumer: {stream} > {consumer} Paused: {paused}{until_words}",
    ),
    (
        "max_deliver",
        "Delivery Attempts Exceeded\n\n          Consumer: {stream} > {consumer}\n   Stream Sequence: {stream_seq}\n        \
         Deliveries: {deliveries}",
        "[JS Max Deliveries] {stream} ({stream_seq}) > {consumer}: {deliveries} deliveries",
    ),
    (
        "nak",
        "Delivery NAKed\n\n          Consumer: {stream} > {consumer}\n   Stream Sequence: {stream_seq}\n        Deliveries: \
         {deliveries}\n            Domain: {domain}",
        "[JS Delivery NAKed] {stream} ({stream_seq}) > {consumer}: {deliveries} deliveries",
    ),
    (
        "terminated",
        "Delivery Terminated\n\n          Consumer: {stream} > {consumer}\n   Stream Sequence: {stream_seq}\n        \
         Deliveries: {deliveries}\n{reason_line}",
        "[JS Delivery Terminated] {stream} ({stream_seq}) > {consumer}: {deliveries} deliveries{reason_words}",
    ),
    (
        "consumer_ack",
        "Acknowledgment Sample\n\n              Consumer: {stream} > {consumer}\n       Stream Sequence: {stream_seq}\n     \
         Consumer Sequence: {consumer_seq}\n            Deliveries: {deliveries}\n                 Delay: {ack_time}",
        "[JS Ack] {stream} ({stream_seq}) > {consumer} ({consumer_seq}): {deliveries} deliveries in {ack_time}",
    ),
    (
        "snapshot_create",
        "Stream Snapshot Created\n\n        Stream: {stream}\n        Blocks: {blocks_count}\n    Block Size: \
         {block_size_bytes}\n        Client:{odd_client_lines}\n",
        "[Snapshot Create] {stream} {blocks_count} blocks of {block_size_bytes}",
    ),
    (
        "snapshot_complete",
        "Stream Snapshot Completed\n\n        Stream: {stream}\n\t\tStart: {start_nano}\n          End: {end_nano}\n        \
         Client:{near_client_lines}\n",
        "[Snapshot Complete] {stream} started {start_clock} ended {end_clock}",
    ),
    (
        "restore_create",
        "Stream Restore Created\n\n        Stream: {stream}\n        Client:{client_lines}\n",
        "[Restore Create] {stream}",
    ),
    (
        "restore_complete",
        "Stream Restore Completed\n\n        Stream: {stream}\n         Start: {start_nano}\n           End: {start_nano}\n         \
         Bytes: {bytes_bytes}\n        Client:{client_lines}\n",
        "[Restore Complete] {stream} restored {bytes_bytes} bytes started {start_clock} ended {end_clock}",
    ),
    (
        "api_audit",
        "JetStream API Access\n\n      Server: {server}\n     Subject: {subject}\n      Client:{client_lines}\n\n    \
         Request:\n\n{request_body}\n\n    Response:\n\n{response_body}",
        "[JS API] {subject} {client.acc}",
    ),
];

/// How the types of events begin.
const EVENTS: &[&str] = &["io.nats.jetstream.advisory.", "io.nats.jetstream.metric.", "io.nats.server.advisory."];

fn run(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        // The original has both in capitals, escapes of the expression included.
        let pattern = match matches.text("filter").to_uppercase().as_str() {
            "" => None,
            filter => {
                let what = "invalid body regular expression";
                Some(Pattern::parsed(filter).map_err(|problem| Failure::because(what, problem))?)
            }
        };
        let tell = |message: &Message| {
            let body = String::from_utf8_lossy(&message.payload).into_owned();
            if pattern.as_ref().is_none_or(|pattern| pattern.is_match(&body.to_uppercase())) {
                show(&context, &matches, message, &body);
            }
        };
        if !matches.text("stream").is_empty() {
            let chosen = ["all", "js-advisory", "js-metric"].iter().any(|flag| matches.flag(flag));
            if chosen || !matches.list("subjects").is_empty() {
                return Err("cannot specify both Stream and specific advisories or extra subjects".into());
            }
            return from_stream(&context, &matches, tell).await;
        }
        let asked = |flag: &&(&str, &str, &str)| matches.flag("all") || matches.flag(flag.2);
        let named = matches.list("subjects").into_iter().map(|subject| ("", subject.to_owned()));
        let prefix = connection::event_prefix(&context, &matches);
        let placed = |&(what, subject, flag): &(&'static str, &str, &str)| match flag {
            "srv-advisory" => (what, subject.to_owned()),
            _ => (what, format!("{prefix}.{subject}")),
        };
        let sources = SOURCES.iter().filter(asked).map(placed).chain(named);
        let (mut chosen, mut subscriptions) = (0, Vec::new());
        for (what, subject) in sources {
            let what = if what.is_empty() { "advisories" } else { what };
            if !matches.flag("json") && !matches.flag("cloudevent") {
                context.console.line(&format!("Listening for {what} on {subject}"));
            }
            chosen += 1;
            // As in the original: what is no subject is listened on in vain, and that is not told.
            subscriptions.extend(context.client.subscribe(&subject, None));
        }
        if chosen == 0 {
            return Err("no events were chosen".into());
        }
        if subscriptions.is_empty() {
            return pending().await;
        }
        let mut events = select_all(subscriptions);
        while let Some(message) = events.next().await {
            tell(&message);
        }
        Ok(())
    })
}

/// Events that a stream has stored, and those it stores from now on.
async fn from_stream(context: &Context, matches: &Matches, tell: impl Fn(&Message)) -> Outcome {
    let mut options = OrderedOptions::default();
    let stream = matches.text("stream");
    let mut listening = format!("Listening for Events in stream {stream}");
    if matches.nanos("since") > 0 {
        let start = context.now() - matches.duration("since");
        options.deliver_policy = DeliverPolicy::ByStartTime;
        options.start_time = Some(start);
        listening += &format!(" since {}", text::time(start));
    }
    if !matches.flag("json") && !matches.flag("cloudevent") {
        context.console.line(&listening);
    }
    let js = context.client.jetstream().with_timeout(matches.timeout());
    let mut events = js.ordered(stream, options).await.map_err(|error| match &error {
        Error::Api(error) => Failure::new(go_api_error(error)),
        Error::InvalidName(..) => Failure::new(format!("nats: invalid stream name: {stream:?}")),
        other => Failure::new(other.to_string()),
    })?;
    while let Some((message, _)) = events.next().await? {
        tell(&message);
    }
    Ok(())
}

/// The event in the envelope of CloudEvents 1.0.
fn cloud_event(event: &Value) -> String {
    let member = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    json::write(&CloudEvent {
        specversion: "1.0".to_owned(),
        kind: member("type"),
        id: member("id"),
        time: member("timestamp"),
        source: "urn:nats".to_owned(),
        datacontenttype: "application/json".to_owned(),
        data: event.clone(),
    })
}

#[derive(ToJson)]
struct CloudEvent {
    specversion: String,
    #[json(rename = "type")]
    kind: String,
    id: String,
    time: String,
    source: String,
    datacontenttype: String,
    data: Value,
}

/// What the CLI says of a message that is no event; none for one that is.
fn no_event(subject: &str, body: &str) -> Option<String> {
    let problem = match json::parse(body) {
        Err(_) => format!("parsing failed: {}", no_json(body)),
        Ok(event) => match event["type"].as_str().unwrap_or_default() {
            "" => format!("unknown event schema on subject {subject}"),
            kind if EVENTS.iter().any(|prefix| kind.starts_with(prefix)) => return None,
            kind => format!("event {kind:?} does not implement the Event interface"),
        },
    };
    let body: Vec<String> = body.split('\n').map(|line| format!("{:10}{line}", "")).collect();
    Some(format!("Event error: {problem}\n\n{}", body.join("\n")))
}

/// Go's words for the commonest ways not to be JSON.
fn no_json(body: &str) -> String {
    match body.trim_start().chars().next() {
        None => "unexpected end of JSON input".to_owned(),
        Some(c) if !"{[\"-0123456789tfn".contains(c) => {
            format!("invalid character '{c}' looking for beginning of value")
        }
        Some(_) => "it is no JSON".to_owned(),
    }
}

fn show(context: &Context, matches: &Matches, message: &Message, body: &str) {
    if (!matches.flag("json") || matches.flag("cloudevent"))
        && let Some(problem) = no_event(&message.subject, body)
    {
        return context.console.line(&problem);
    }
    let event: Value = json::parse(body).unwrap_or_default();
    let kind = event["type"].as_str().unwrap_or_default();
    let row = TEXTS.iter().find(|row| kind.rsplit('.').next() == Some(row.0));
    let at = Timestamp::parse_rfc3339(event["timestamp"].as_str().unwrap_or_default())
        .ok()
        .flatten()
        .unwrap_or(context.now());
    let clock = text::clock(at);
    let shown = match row {
        _ if matches.flag("cloudevent") => cloud_event(&event),
        _ if matches.flag("json") => body.trim_end().to_owned(),
        Some(row) if matches.flag("short") => format!("{clock} {}", filled(row.2, &event)),
        Some(row) => format!("\n[{clock}] [{}] {}", event["id"].as_str().unwrap_or_default(), filled(row.1, &event)),
        None => format!("\n[{clock}] Event on {}\n\n{body}", message.subject),
    };
    let place = place(&event, matches.flag("short")).filter(|_| !matches.flag("json") && !matches.flag("cloudevent"));
    context.console.telling(place, |console| console.line(&shown));
}

/// What an event is about. A line speaks of it with each of its figures.
fn place(event: &Value, is_line: bool) -> Option<Place> {
    let stream = event["stream"].as_str()?;
    let about = match event["consumer"].as_str() {
        Some(consumer) => Place::consumer(stream, consumer),
        None => Place::Stream(stream.to_owned()),
    };
    match event["stream_seq"].as_u64().filter(|_| is_line) {
        Some(stream_seq) => Some(Place::message(stream, stream_seq)),
        None => Some(about),
    }
}

/// The text with its gaps filled.
fn filled(template: &str, event: &Value) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(&gap(name, event));
        rest = after;
    }
    out + rest
}

/// A time as Go prints it.
fn instant(text: &str) -> String {
    let at = Timestamp::parse_rfc3339(text).ok().flatten();
    at.map_or_else(|| text.to_owned(), text::go_time)
}

/// Who asked, a line each.
fn client(member: impl Fn(&str) -> String) -> String {
    let mut lines = String::new();
    let user = member("client.user");
    if !user.is_empty() {
        lines += &format!("\n                      User: {user} Account: {}", member("client.acc"));
    }
    lines += &format!("\n                      Host: {}", member("client.host"));
    lines += &format!("\n                        ID: {}", member("client.id"));
    let name = member("client.name");
    if !name.is_empty() {
        lines += &format!("\n                      Name: {name}");
    }
    let language = member("client.lang");
    let language = if language.is_empty() { "Unknown" } else { &language };
    lines + &format!("\n           Library Version: {}  Language: {language}", member("client.ver"))
}

fn gap(name: &str, event: &Value) -> String {
    let member = |name: &str| match event.pointer(&format!("/{}", name.replace('.', "/"))) {
        Some(Value::String(text)) => text.clone(),
        Some(value) if !value.is_null() => value.to_string(),
        _ => String::new(),
    };
    if name == "reason_line" {
        let reason = member("reason");
        return if reason.is_empty() { reason } else { format!("            Reason: {reason}") };
    }
    match name {
        "reason_words" if !member("reason").is_empty() => return format!(": {}", member("reason")),
        "until_line" if event["paused"] == true => {
            return format!("\n         Until: {}", instant(&member("pause_until")));
        }
        "until_words" if event["paused"] == true => return format!(" until {}", instant(&member("pause_until"))),
        "reason_words" | "until_line" | "until_words" => return String::new(),
        "client_lines" => return client(member),
        // Two of the original's texts are out of line.
        "near_client_lines" => return client(member).replace("\n ", "\n"),
        "odd_client_lines" => return client(member).replace(" ID: ", "ID: "),
        _ => {}
    }
    if let Some(of) = name.strip_suffix("_clock") {
        let at = Timestamp::parse_rfc3339(&member(of)).ok().flatten();
        return at.map(text::clock).unwrap_or_default();
    }
    if let Some(of) = name.strip_suffix("_nano") {
        let at = Timestamp::parse_rfc3339(&member(of)).ok().flatten();
        return at.map(|at| format!("{}.{:03}", text::clock(at), at.utc().millisecond())).unwrap_or_default();
    }
    if let Some(of) = name.strip_suffix("_bytes") {
        return text::bytes(event[of].as_u64().unwrap_or_default());
    }
    if let Some(of) = name.strip_suffix("_count") {
        return text::count(event[of].as_u64().unwrap_or_default());
    }
    if let Some(of) = name.strip_suffix("_body") {
        let body = member(of);
        let body = if body.is_empty() { "Empty Request".to_owned() } else { body };
        return body.lines().map(|line| format!("          {line}")).collect::<Vec<_>>().join("\n");
    }
    let value = member(&name.to_lowercase());
    let mut chars = value.chars();
    match (name.starts_with(char::is_uppercase), chars.next()) {
        (true, Some(first)) => first.to_uppercase().chain(chars).collect(),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kind: &str, event: &Value) -> [String; 2] {
        let row = TEXTS.iter().find(|row| row.0 == kind).expect("a known kind");
        [filled(row.1, event), filled(row.2, event)]
    }

    /// As a terminal of the original showed them.
    #[test]
    fn who_asked_stands_below_what_was_asked() {
        let client =
            serde_json::json!({"host": "127.0.0.1", "id": 13, "acc": "$G", "name": "N", "ver": "1.52.0", "lang": "go"});
        let event = serde_json::json!({"server": "n1", "subject": "S", "client": client, "response": "{}"});
        let [long, short] = text("api_audit", &event);
        assert_eq!(
            long,
            "JetStream API Access\n\n      Server: n1\n     Subject: S\n      Client:\n                      Host: 127.0.0.1\n                        ID: 13\n                      Name: N\n           Library Version: 1.52.0  Language: go\n\n    Request:\n\n          Empty Request\n\n    Response:\n\n          {}"
        );
        assert_eq!(short, "[JS API] S $G");
        let times = ["start", "end"].map(|name| (name.to_owned(), Value::from("2026-11-22T10:08:36.25Z")));
        let mut event: Value = times.into_iter().collect::<serde_json::Map<_, _>>().into();
        (event["stream"], event["bytes"]) = ("EV".into(), 510.into());
        assert_eq!(text("snapshot_complete", &event)[1], "[Snapshot Complete] EV started 10:08:36 ended 10:08:36");
        let restored = "[Restore Complete] EV restored 510 B bytes started 10:08:36 ended 10:08:36";
        assert_eq!(text("restore_complete", &event)[1], restored);
        assert!(text("restore_complete", &event)[0].contains("         Start: 10:08:36.250\n"));
        let mut event =
            serde_json::json!({"stream": "EV", "consumer": "C", "paused": true, "pause_until": "2026-11-22T11:00:00Z"});
        let paused = "[Consumer Pause] Consumer: EV > C Paused: true until 2026-11-22 11:00:00 +0000 UTC";
        assert_eq!(text("consumer_pause", &event)[1], paused);
        event["paused"] = false.into();
        assert_eq!(text("consumer_pause", &event)[1], "[Consumer Pause] Consumer: EV > C Paused: false");
    }

    #[test]
    fn gaps_are_filled_from_the_document() {
        let event = serde_json::json!({"action": "create", "n": 3, "client": {"host": "h"}, "reason": "bad"});
        for (template, expected) in [
            ("{Action} {action}", "Create create"),
            ("{n} {none}.", "3 ."),
            ("{client.host}{", "h"),
            ("{reason_line}", "            Reason: bad"),
            ("{request_body}", "          Empty Request"),
        ] {
            assert_eq!(filled(template, &event), expected, "{template}");
        }
    }
}
