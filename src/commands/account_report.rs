//! `nats account report`: who is connected, and what went over all connections.
//!
//! Every server of the account answers for itself; the answers are read as plain documents. Source: natscli 0.4, observed.

use super::grammar::{Command, Flag};
use super::pattern::Pattern;
use super::report::order::arrange;
use super::report::{Table, text};
use super::{Context, Failure, Matches, Outcome};
use crate::client::Gather;
use crate::protocol::Message;
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::time::Duration;

pub static COMMAND: Command = Command::new("report", "Reports on connections and traffic")
    .aliases(&["rep"])
    .subcommands(&[&CONNECTIONS, &STATISTICS]);

const SORTS: &[&str] = &["in-bytes", "out-bytes", "in-msgs", "out-msgs", "uptime", "cid", "subs"];
pub(super) const STATES: &[&str] = &["open", "closed", "all"];

static CONNECTIONS: Command = Command::new("connections", "Reports on connections")
    .aliases(&["conn", "connz", "conns"])
    .flags(&[
        Flag::choice("sort", SORTS, "Sorts by this (in-bytes, out-bytes, in-msgs, out-msgs, uptime, cid, subs)")
            .default("subs"),
        Flag::int("top", "Shows so many").default("1000"),
        Flag::text("subject", "Those that listen on it"),
        Flag::text("username", "Those of this user"),
        Flag::bool("reverse", "The other way round").short('R'),
        Flag::choice("state", STATES, "Those that are open, closed, or all").default("open"),
        Flag::text("closed-reason", "Those closed for a reason that matches this").placeholder("REASON"),
    ])
    .handler(|context, matches| Box::pin(connections(context, matches)));
static STATISTICS: Command = Command::new("statistics", "Reports on traffic")
    .aliases(&["stats", "statsz"])
    .handler(|context, matches| Box::pin(statistics(context, matches)));

const NO_RESULTS: &str = "did not get results from any servers";
/// After an answer it is waited so long for another.
const STALL: Duration = Duration::from_millis(300);
const PAGE: u64 = 1024;
const LONGEST_NAME: usize = 40;

/// What all servers answer.
pub(super) async fn ask(
    context: &Context,
    matches: &Matches,
    subject: &str,
    body: String,
) -> Result<Vec<Value>, Failure> {
    let gather = Gather { timeout: matches.timeout(), stall: Some(STALL), max: None };
    let answers = context.client.request_many(Message::new(subject, body), gather).await?;
    let read = |answer: &Message| -> Result<Value, Failure> {
        let answer: Value = crate::json::read(&answer.payload).map_err(|problem| Failure::new(problem.to_string()))?;
        match answer["error"]["description"].as_str() {
            Some(problem) => Err(Failure::because("invalid response received", problem)),
            None => Ok(answer),
        }
    };
    answers.iter().map(read).collect()
}

pub(super) fn number(document: &Value, member: &str) -> u64 {
    document[member].as_u64().unwrap_or(0)
}

fn of<'a>(document: &'a Value, member: &str) -> &'a str {
    document[member].as_str().unwrap_or_default()
}

/// A connection, and the server it is at.
struct Entry {
    server: Value,
    connection: Value,
}

impl Entry {
    fn number(&self, member: &str) -> u64 {
        number(&self.connection, member)
    }

    fn subscriptions(&self) -> u64 {
        self.connection["subscriptions_list"].as_array().map_or(0, |list| list.len() as u64)
    }

    fn compared(&self, other: &Entry, by: &str) -> Ordering {
        let started = |entry: &Entry| of(&entry.connection, "start").to_owned();
        let both = |member| self.number(member).cmp(&other.number(member));
        match by {
            "in-bytes" => both("in_bytes"),
            "out-bytes" => both("out_bytes"),
            "in-msgs" => both("in_msgs"),
            "out-msgs" => both("out_msgs"),
            "uptime" => started(other).cmp(&started(self)),
            "cid" => both("cid"),
            _ => self.subscriptions().cmp(&other.subscriptions()),
        }
    }
}

async fn connections(context: Context, matches: Matches) -> Outcome {
    let reason = matches.text("closed-reason");
    let pattern = Pattern::parsed(reason).map_err(|problem| misread(reason, &problem))?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut offset = 0;
    loop {
        let answers = ask(&context, &matches, "$SYS.REQ.SERVER.PING.CONNZ", question(&matches, offset)).await?;
        let is_more = |answer: &Value| {
            let data = &answer["data"];
            number(data, "offset") + number(data, "limit") < number(data, "total")
        };
        let more = answers.iter().any(is_more);
        for answer in answers {
            let found = answer["data"]["connections"].as_array().cloned().unwrap_or_default();
            let kept =
                found.into_iter().filter(|it| reason.is_empty() || pattern.is_match(&of(it, "reason").to_lowercase()));
            entries.extend(kept.map(|connection| Entry { server: answer["server"].clone(), connection }));
        }
        if !more {
            break;
        }
        context.console.print(if offset == 0 { "Gathering paged connection information." } else { "." });
        offset += PAGE;
    }
    context.console.line("");
    if entries.is_empty() {
        return Err(NO_RESULTS.into());
    }
    sort(&mut entries, matches.text("sort"), matches.flag("reverse"));
    context.console.print(&context.drawn(&overview(&matches, &entries)));
    context.console.line("");
    context.console.print(&context.drawn(&per_server(&entries)));
    Ok(())
}

/// The expression it is part of has that sentence twice.
fn misread(reason: &str, problem: &str) -> Failure {
    let told = format!("{problem} (1:20)\n | lower(Conn.Reason) matches '{reason}'\n | {}^", ".".repeat(19));
    Failure::new(format!("Invalid expression: {told}: {told}"))
}

/// Spelled out, because the CLI's order of members is not alphabetical.
fn question(matches: &Matches, offset: u64) -> String {
    let state = STATES.iter().position(|state| *state == matches.text("state")).unwrap_or(0);
    let (user, subject) = (json!(matches.text("username")), json!(matches.text("subject")));
    format!(
        "{{\"sort\":\"\",\"auth\":true,\"subscriptions\":true,\"subscriptions_detail\":false,\"offset\":{offset},\
         \"limit\":{PAGE},\"cid\":0,\"mqtt_client\":\"\",\"state\":{state},\"user\":{user},\"acc\":\"\",\
         \"filter_subject\":{subject},\"exact_match\":true}}"
    )
}

/// What there is most of comes last; the other way round, equals change places too.
fn sort(entries: &mut Vec<Entry>, by: &str, reverse: bool) {
    arrange(entries, |left, right| left.compared(right, by).is_lt() != reverse);
}

fn overview(matches: &Matches, entries: &[Entry]) -> Table {
    let total = entries.len();
    let top = usize::try_from(matches.int("top")).unwrap_or(0);
    let limit = if (1..=total).contains(&top) { top } else { total };
    let by = matches.text("sort");
    let shows_reason = matches.text("state") != "open";
    let mut header = vec![
        "CID",
        "Name",
        "Server",
        "Cluster",
        "IP",
        "Account",
        "Uptime",
        "In Msgs",
        "Out Msgs",
        "In Bytes",
        "Out Bytes",
        "Subs",
    ];
    if shows_reason {
        header.push("Reason");
    }
    let title = format!("Top {limit} Connections out of {} by {by}", text::count(total as u64));
    let mut table = Table::new(title, &header);
    for entry in &entries[..limit] {
        let mut cells = cells(entry);
        if shows_reason {
            cells.push(of(&entry.connection, "reason").to_owned());
        }
        table.push(cells);
    }
    if total > 1 {
        let mut cells = vec![String::new(); header.len()];
        let sum = |member: &str| entries.iter().map(|entry| entry.number(member)).sum::<u64>();
        cells[1] = format!("Totals for {} connections", text::count(total as u64));
        cells[7] = text::count(sum("in_msgs"));
        cells[8] = text::count(sum("out_msgs"));
        cells[9] = text::bytes(sum("in_bytes"));
        cells[10] = text::bytes(sum("out_bytes"));
        cells[11] = text::count(sum("subscriptions"));
        table.totals(cells);
    }
    table
}

fn cells(entry: &Entry) -> Vec<String> {
    let Entry { server, connection } = entry;
    let kind = of(connection, "kind");
    let mark = if kind == "Client" { String::new() } else { kind.chars().take(1).collect() };
    let name = match of(connection, "name") {
        "" => of(connection, "mqtt_client"),
        name => name,
    };
    vec![
        format!("{mark}{}", entry.number("cid")),
        shortened(name, LONGEST_NAME, LONGEST_NAME),
        of(server, "name").to_owned(),
        of(server, "cluster").to_owned(),
        format!("{}:{}", of(connection, "ip"), entry.number("port")),
        // The public key of an account is longer than any name.
        shortened(of(connection, "account"), 46, 12),
        of(connection, "uptime").to_owned(),
        text::count(entry.number("in_msgs")),
        text::count(entry.number("out_msgs")),
        text::bytes(entry.number("in_bytes")),
        text::bytes(entry.number("out_bytes")),
        text::count(entry.subscriptions()),
    ]
}

fn shortened(name: &str, longest: usize, kept: usize) -> String {
    if name.len() <= longest {
        return name.to_owned();
    }
    let end = (0..=kept).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    format!("{} ..", &name[..end])
}

fn per_server(entries: &[Entry]) -> Table {
    let mut servers: Vec<(&str, &str, u64)> = Vec::new();
    for Entry { server, .. } in entries {
        let name = of(server, "name");
        match servers.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, _, count)) => *count += 1,
            None => servers.push((name, of(server, "cluster"), 1)),
        }
    }
    crate::sorted::by_key(&mut servers, |(_, _, count)| *count);
    let mut table = Table::new("Connections per server", &["Server", "Cluster", "Connections"]).right(&[2]);
    for (name, cluster, count) in servers {
        table.row([name.to_owned(), cluster.to_owned(), count.to_string()]);
    }
    table
}

const STATISTICS_HEADER: &[&str] = &[
    "Server",
    "Cluster",
    "Version",
    "Tags",
    "Connections",
    "Subscriptions",
    "Leafnodes",
    "Sent Bytes",
    "Sent Messages",
    "Received Bytes",
    "Received Messages",
    "Slow Consumers",
];

async fn statistics(context: Context, matches: Matches) -> Outcome {
    let answers = ask(&context, &matches, "$SYS.REQ.ACCOUNT.PING.STATZ", "{}".to_owned()).await?;
    if answers.is_empty() {
        return Err(NO_RESULTS.into());
    }
    let mut table = Table::new("Server Statistics", STATISTICS_HEADER);
    // Connections, leaf nodes, bytes and messages sent, the same received, slow consumers.
    let mut sums = [0; 7];
    for answer in &answers {
        let (server, stats) = (&answer["server"], &answer["data"]["account_statz"][0]);
        if stats.is_null() {
            continue;
        }
        let tags = server["tags"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let tags = tags.collect::<Vec<_>>().join(", ");
        let figures = [
            number(stats, "conns"),
            number(stats, "leafnodes"),
            number(&stats["sent"], "bytes"),
            number(&stats["sent"], "msgs"),
            number(&stats["received"], "bytes"),
            number(&stats["received"], "msgs"),
            number(stats, "slow_consumers"),
        ];
        sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
        let mut cells: Vec<String> = ["host", "cluster", "ver"].map(|member| of(server, member).to_owned()).into();
        cells.push(tags);
        cells.extend(shown(figures));
        cells.insert(5, text::count(number(stats, "num_subscriptions")));
        table.push(cells);
    }
    // As on the real CLI nothing stands under the subscriptions, and all that follows one column too far to the left.
    let mut footer = vec![answers.len().to_string(), String::new(), String::new(), String::new()];
    footer.extend(shown(sums));
    footer.push(String::new());
    table.totals(footer);
    context.console.print(&context.drawn(&table));
    context.console.line("");
    Ok(())
}

fn shown(figures: [u64; 7]) -> [String; 7] {
    let [connections, leafnodes, sent_bytes, sent, received_bytes, received, slow] = figures;
    [
        text::count(connections),
        text::count(leafnodes),
        text::bytes(sent_bytes),
        text::count(sent),
        text::bytes(received_bytes),
        text::count(received),
        text::count(slow),
    ]
}
