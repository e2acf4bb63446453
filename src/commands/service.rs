//! `nats service`: services that answer for themselves, listed, asked and served.
//!
//! What services say is read as plain documents. Source: natscli reference, "service"; ADR-32.

use super::grammar::{Argument, Command, Flag, Kind, ROOT};
use super::parse::{self, Parsed, Surroundings};
use super::pattern::Pattern;
use super::report::json::{self, Shape};
use super::report::{Columns, Table, text};
use super::{Context, Failure, Matches, Outcome, VERSION, connection, request};
use crate::client::Error;
use crate::client::service::{ServiceConfig, Verb};
use crate::protocol::{Headers, Message};
use crate::time::{Timestamp, format_go_duration};
use serde_json::{Value, json};
use std::time::Duration;

pub static COMMAND: Command = Command::new("service", "Services: who answers, and how well")
    .aliases(&["micro"])
    .subcommands(&[&LIST, &INFO, &STATS, &PING, &REQUEST, &SERVE]);

const JSON: Flag = Flag::bool("json", "Shows JSON").short('j');
const NAME: Argument = Argument::optional("service", "Name of the service");
const ID: Argument = Argument::optional("id", "Id of one instance");

static LIST: Command = Command::new("list", "Lists services")
    .aliases(&["ls", "l"])
    .arguments(&[NAME.placeholder("NAME")])
    .flags(&[JSON])
    .handler(|context, matches| Box::pin(list(context, matches)));
static INFO: Command = Command::new("info", "Shows a service")
    .aliases(&["i"])
    .arguments(&[Argument::required("service", "Name of the service"), ID])
    .flags(&[Flag::new("endpoint", Kind::Expression, "Only endpoints whose name matches this").short('e'), JSON])
    .handler(|context, matches| Box::pin(info(context, matches)));
static STATS: Command = Command::new("stats", "Shows what a service has done")
    .arguments(&[Argument::required("service", "Name of the service"), ID])
    .flags(&[JSON])
    .handler(|context, matches| Box::pin(stats(context, matches)));
static PING: Command = Command::new("ping", "Asks services for a sign of life")
    .arguments(&[NAME])
    .handler(|context, matches| Box::pin(ping(context, matches)));
static SERVE: Command = Command::new("serve", "Serves a demonstration with one endpoint that echoes")
    .arguments(&[Argument::required("name", "Name of the service")])
    .flags(&[Flag::new("header", Kind::Map, "Adds a header to the answers").short('H').repeats()])
    .handler(|context, matches| Box::pin(serve(context, matches)));
static REQUEST: Command = Command::new("request", "Asks an endpoint of a service")
    .aliases(&["req"])
    .arguments(&[
        Argument::required("service", "Name of the service"),
        Argument::required("endpoint", "Name of the endpoint"),
        Argument::optional("payload", "Text of the request; read from standard input when it is missing"),
    ])
    .flags(&[
        Flag::text("header", "Adds a header").short('H').repeats(),
        Flag::bool("raw", "Shows bodies only").short('r'),
        Flag::int("count", "How many requests").default("1"),
        Flag::text("translate", "Program each body goes through"),
        Flag::switch("templates", "Renders {{…}} in body and subject").default("true"),
        Flag::bool("force-stdin", "Reads standard input in any case"),
        Flag::choice("send-on", &["newline", "eof"], "Sends standard input whole or line by line").default("eof"),
    ])
    .handler(|context, matches| Box::pin(ask(context, matches)));

/// The order of members in what a service says of itself.
static INFORMATION: Shape = Shape(&[
    ("name", None),
    ("id", None),
    ("version", None),
    ("metadata", None),
    ("type", None),
    ("description", None),
    ("endpoints", Some(&ENDPOINT)),
]);
static ENDPOINT: Shape = Shape(&[("name", None), ("subject", None), ("queue_group", None), ("metadata", None)]);
static STATISTICS: Shape = Shape(&[
    ("name", None),
    ("id", None),
    ("version", None),
    ("metadata", None),
    ("type", None),
    ("started", None),
    ("endpoints", Some(&ENDPOINT_STATISTICS)),
]);
static ENDPOINT_STATISTICS: Shape = Shape(&[
    ("name", None),
    ("subject", None),
    ("queue_group", None),
    ("num_requests", None),
    ("num_errors", None),
    ("last_error", None),
    ("processing_time", None),
    ("average_processing_time", None),
    ("data", None),
]);
static BOTH: Shape = Shape(&[("info", Some(&INFORMATION)), ("stats", Some(&STATISTICS))]);

/// The documents of all who answer, by name and id.
///
/// Errors: nobody does.
async fn gather(context: &Context, matches: &Matches, verb: Verb, id: Option<&str>) -> Result<Vec<Value>, Failure> {
    let name = Some(matches.text("service")).filter(|name| !name.is_empty());
    let mut found: Vec<Value> = context.client.discover(verb, name, id, matches.timeout()).await?;
    crate::sorted::by_key(&mut found, |service| (of(service, "name").to_owned(), of(service, "id").to_owned()));
    if !found.is_empty() {
        return Ok(found);
    }
    // Who waits for no answer is not told that there is none.
    let silence = match matches.command().name {
        _ if !matches.timeout().is_zero() => return Err("no service instances found".into()),
        "request" => return Err(format!("no instances of service {:?} found", matches.text("service")).into()),
        "stats" => "No responses received",
        _ => "No results received",
    };
    context.console.line(silence);
    Err(Failure::Exit(0))
}

fn of<'a>(document: &'a Value, member: &str) -> &'a str {
    document[member].as_str().unwrap_or_default()
}

fn number(document: &Value, member: &str) -> u64 {
    document[member].as_u64().unwrap_or(0)
}

fn members<'a>(document: &'a Value, member: &str) -> &'a [Value] {
    document[member].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn id_of(matches: &Matches) -> Option<&str> {
    Some(matches.text("id")).filter(|id| !id.is_empty())
}

async fn list(context: Context, matches: Matches) -> Outcome {
    let found = gather(&context, &matches, Verb::Info, None).await?;
    if matches.flag("json") {
        context.console.line(&json::shaped(&Value::Array(found), &INFORMATION));
        return Ok(());
    }
    let title = match matches.text("service") {
        "" => "All Services".to_owned(),
        name => format!("{name} Service Instances"),
    };
    let mut table = Table::new(title, &["Name", "Version", "ID", "Description"]);
    let mut above = [String::new(), String::new(), String::new()];
    for service in &found {
        let cells = ["name", "version", "description"].map(|member| of(service, member).to_owned());
        // What a cell has in common with the one above it is not said again.
        let mut shown = cells.clone();
        shown.iter_mut().zip(&above).filter(|(shown, above)| shown == above).for_each(|(shown, _)| shown.clear());
        above = cells;
        let [name, version, description] = shown;
        table.row([name, version, of(service, "id").to_owned(), description]);
    }
    context.console.print(&format!("{}\n", context.drawn(&table)));
    Ok(())
}

async fn info(context: Context, matches: Matches) -> Outcome {
    let wanted = Pattern::parsed(matches.text("endpoint")).map_err(Failure::new)?;
    let found = gather(&context, &matches, Verb::Info, id_of(&matches)).await?;
    let mut service = found.first().cloned().unwrap_or_default();
    let stats = gather(&context, &matches, Verb::Stats, Some(of(&service, "id"))).await?;
    let mut stats = stats.first().cloned().unwrap_or_default();
    let all_endpoints = members(&stats, "endpoints").len();
    for document in [&mut service, &mut stats] {
        if let Some(endpoints) = document["endpoints"].as_array_mut() {
            endpoints.retain(|endpoint| wanted.is_match(of(endpoint, "name")));
        }
    }
    if matches.flag("json") {
        context.console.line(&json::shaped(&json!({"info": service, "stats": stats}), &BOTH));
        return Ok(());
    }
    let mut screen = Columns::new("Service Information");
    screen.row("Service", format!("{} ({})", of(&service, "name"), of(&service, "id")));
    screen.row("Description", of(&service, "description"));
    screen.row("Version", of(&service, "version"));
    let metadata = service["metadata"].as_object().into_iter().flatten();
    screen.rows("Metadata", metadata.map(|(name, value)| format!("{name}: {}", value.as_str().unwrap_or(""))));
    screen.section("Endpoints:");
    for (index, endpoint) in members(&service, "endpoints").iter().enumerate() {
        if index == 0 {
            screen.blank()
        } else {
            screen.indented(2, "")
        }
        for (label, member) in [("Name", "name"), ("Subject", "subject"), ("Queue Group", "queue_group")] {
            screen.aside(19, label, of(endpoint, member));
        }
    }
    screen.section(&format!("Statistics for {all_endpoints} Endpoint(s)"));
    for endpoint in members(&stats, "endpoints") {
        // Without statistics their labels need no room.
        screen.widen_to("Processing Time".len());
        statistics(&mut screen, &context, &stats, endpoint);
    }
    context.console.print(&context.screen(&screen));
    Ok(())
}

fn statistics(screen: &mut Columns, context: &Context, stats: &Value, endpoint: &Value) {
    screen.inner_section(1, 2, &format!("{} Endpoint Statistics", of(endpoint, "name")));
    let mut row = |label: &str, value: String| screen.aside(19, label, value);
    let requests = text::count(number(endpoint, "num_requests"));
    row("Requests", format!("{requests} in group {:?}", of(endpoint, "queue_group")));
    let took = |member| text::duration(Duration::from_nanos(number(endpoint, member)));
    row("Processing Time", format!("{} (average {})", took("processing_time"), took("average_processing_time")));
    if let Ok(Some(started)) = Timestamp::parse_rfc3339(of(stats, "started")) {
        row("Started", format!("{} ({} ago)", text::time(started), text::ago(context.now(), Some(started))));
    }
    row("Errors", text::count(number(endpoint, "num_errors")));
    if !endpoint["data"].is_null() {
        let data = json::pretty(&endpoint["data"]);
        screen.inner_section(1, 2, "Endpoint Specific Statistics");
        // Four more for each level, where the printer has two; only the first line leans on the screen.
        let deeper = |line: &str| {
            let depth = (line.len() - line.trim_start().len()) / 2;
            format!("    {}{}", "    ".repeat(depth), line.trim_start())
        };
        let lines: Vec<String> = data.lines().map(deeper).collect();
        screen.indented(3, lines.join("\n").trim_start_matches("   "));
    }
}

async fn stats(context: Context, matches: Matches) -> Outcome {
    let found = gather(&context, &matches, Verb::Stats, id_of(&matches)).await?;
    if matches.flag("json") {
        context.console.line(&json::shaped(&Value::Array(found), &STATISTICS));
        return Ok(());
    }
    let header = ["ID", "Endpoint", "Requests", "Queue Group", "Errors", "Processing Time", "Average Time"];
    let mut table = Table::new(format!("{} Service Statistics", matches.text("service")), &header);
    let (mut requests, mut errors, mut time) = (0, 0, 0);
    let took = |nanos| text::duration(Duration::from_nanos(nanos));
    for service in &found {
        for endpoint in members(service, "endpoints") {
            requests += number(endpoint, "num_requests");
            errors += number(endpoint, "num_errors");
            time += number(endpoint, "processing_time");
            table.row([
                of(service, "id").to_owned(),
                of(endpoint, "name").to_owned(),
                text::count(number(endpoint, "num_requests")),
                of(endpoint, "queue_group").to_owned(),
                text::count(number(endpoint, "num_errors")),
                took(number(endpoint, "processing_time")),
                took(number(endpoint, "average_processing_time")),
            ]);
        }
    }
    let average = time.checked_div(requests).unwrap_or(0);
    let none = String::new;
    table.footer([none(), none(), text::count(requests), none(), text::count(errors), took(time), took(average)]);
    context.console.print(&format!("{}\n", context.drawn(&table)));
    Ok(())
}

/// Whoever answers within the timeout.
async fn ping(context: Context, matches: Matches) -> Outcome {
    let name = Some(matches.text("service")).filter(|name| !name.is_empty());
    // What is no name is asked for in vain, without a word.
    if name.is_some_and(|name| name.contains(char::is_whitespace)) {
        return Ok(());
    }
    let inbox = context.client.new_inbox();
    let mut answers = context.client.subscribe(&inbox, None)?;
    let asked_at = context.now();
    context.client.publish(Message::new(Verb::Ping.subject(name, None), "{}").with_reply(inbox))?;
    while let Ok(Some(answer)) = context.timers.timeout_at(asked_at + matches.timeout(), answers.next()).await {
        if answer.status().is_some_and(|status| status.code == 503) {
            break;
        }
        let service: Value = crate::json::parse(&answer.payload).unwrap_or_default();
        let who = format!("{} {}", of(&service, "name"), of(&service, "id"));
        let rtt = format_go_duration(context.now().since(asked_at));
        context.console.line(&format!("{who:<50} rtt={rtt}"));
    }
    Ok(())
}

const BAD_NAME: &str = "validation: service name: name should not be empty and should consist of alphanumerical characters, \
                        dashes and underscores";

async fn serve(context: Context, matches: Matches) -> Outcome {
    let name = matches.text("name");
    let url = connection::url(&context, &matches)?;
    let created = [("_nats.client.created.library", "natscli"), ("_nats.client.created.version", VERSION)];
    let service = context.client.add_service(&ServiceConfig {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        description: format!("NATS CLI Demo Service ({name})"),
        metadata: created.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    });
    let mut service = service.map_err(|error| match error {
        Error::InvalidName(..) => Failure::new(BAD_NAME),
        other => other.into(),
    })?;
    let subject = format!("{name}.echo");
    service.add_endpoint("echo", &subject, None)?;
    let mut payload_bytes = 0;
    service.set_endpoint_data("echo", json!({"total_payload": payload_bytes}));
    // There are no processes here: the connection's number tells one handler from another.
    let handler = context.client.info().map_or(0, |info| info.client_id);
    let mut screen = Columns::new(format!("NATS CLI Service {name} handler {handler} waiting for requests on {url}"));
    screen.section("Listening Subjects");
    screen.row(&subject, "Echo Service");
    let custom = matches.map("header");
    if !custom.is_empty() {
        screen.section("Custom Response Headers");
        custom.iter().for_each(|(name, value)| screen.row(name, value));
    }
    screen.section("Requests Log");
    context.console.print(&context.screen(&screen));
    while let Some(request) = service.next().await {
        context.log(&format!("Handling request on subject {}", request.message.subject));
        payload_bytes += request.message.payload.len();
        service.set_endpoint_data("echo", json!({"total_payload": payload_bytes}));
        let mut headers = Headers::new()
            .and("ConnectedUrl", &url)
            .and("Handler", &handler.to_string())
            .and("Subject", &request.message.subject)
            .and("Timestamp", &text::time(context.now()));
        let asked = request.message.headers.iter().flat_map(Headers::iter);
        custom.iter().map(|(name, value)| (&**name, &**value)).chain(asked).for_each(|(name, value)| {
            headers.append(name, value);
        });
        // Who wants no answer gets none.
        let _ = service.respond(&request, Some(headers), request.message.payload.clone());
    }
    Ok(())
}

/// `nats request` on the subject of the endpoint.
async fn ask(context: Context, matches: Matches) -> Outcome {
    let found = gather(&context, &matches, Verb::Info, None).await?;
    let endpoints: Vec<&Value> = found.iter().flat_map(|service| members(service, "endpoints")).collect();
    let wanted = matches.text("endpoint");
    let Some(endpoint) = endpoints.iter().find(|endpoint| of(endpoint, "name") == wanted) else {
        let mut names: Vec<&str> = endpoints.iter().map(|endpoint| of(endpoint, "name")).collect();
        names.dedup();
        let (service, names) = (matches.text("service"), names.join(", "));
        return Err(format!("service {service:?} has no endpoint {wanted:?} (available: {names})").into());
    };
    let mut words = vec!["nats".to_owned(), "request".to_owned(), format!("--count={}", matches.int("count"))];
    words.push(format!("--timeout={}", format_go_duration(matches.timeout())));
    words.push(format!("--send-on={}", matches.text("send-on")));
    words.extend(matches.optional_text("translate").map(|program| format!("--translate={program}")));
    for (given, word) in [
        (matches.flag("raw"), "--raw"),
        (matches.flag("force-stdin"), "--force-stdin"),
        (!matches.flag("templates"), "--no-templates"),
    ] {
        words.extend(given.then(|| word.to_owned()));
    }
    words.extend(matches.list("header").iter().map(|header| format!("--header={header}")));
    words.extend(["--".to_owned(), of(endpoint, "subject").to_owned()]);
    // Without a payload nothing is asked of who types.
    let reads = matches.flag("force-stdin") || context.console.has_piped_input();
    if matches.is_set("payload") || !reads {
        words.push(matches.text("payload").to_owned());
    }
    let parsed = {
        let files = context.files.borrow();
        parse::parse(&ROOT, &words, &Surroundings { files: &files, environment: &context.environment })
    };
    match parsed {
        Ok(Parsed::Run(matches)) => request::run(context, matches).await,
        _ => Err("the request cannot be written".into()),
    }
}
