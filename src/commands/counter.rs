//! `nats counter`: subjects of a stream that add up.
//!
//! A counter is the last message of its subject; publishing an increment asks the server for the sum.
//! Source: natscli 0.4 `cli/counter_command.go` as recorded; ADR-49.

use super::grammar::{Argument, Command, Flag};
use super::report::{Columns, json};
use super::{Context, Failure, Matches, Outcome};
use crate::api::stream::StreamInfoRequest;
use crate::api::{ErrorCode, StreamInfo};
use crate::client::jetstream::{JetStream, StreamMessage};
use crate::client::{Error, go_api_error};
use crate::map::Map;
use crate::protocol::{Headers, Message};
use serde_json::Value;

pub static COMMAND: Command = Command::new("counter", "Counts by subject")
    .aliases(&["ctr"])
    .subcommands(&[&GET, &VIEW, &INCREMENT, &DECREMENT, &LIST]);

const SUBJECT: Argument = Argument::required("subject", "Subject of the counter");
const STREAM: Flag = Flag::text("stream", "Stream that holds the counter");

static GET: Command = Command::new("get", "Shows the value of a counter")
    .aliases(&["g"])
    .arguments(&[SUBJECT])
    .flags(&[STREAM])
    .handler(|context, matches| Box::pin(get(context, matches)));

static VIEW: Command = Command::new("view", "Shows a counter and where it comes from")
    .aliases(&["v"])
    .arguments(&[SUBJECT])
    .flags(&[STREAM])
    .handler(|context, matches| Box::pin(view(context, matches)));

static INCREMENT: Command = Command::new("increment", "Adds to a counter")
    .aliases(&["incr", "inc", "i"])
    .arguments(&[SUBJECT, Argument::required("value", "How much to add")])
    .handler(|context, matches| Box::pin(add(context, matches, Sign::Plus)));

static DECREMENT: Command = Command::new("decrement", "Takes from a counter")
    .aliases(&["decr", "dec", "d"])
    .arguments(&[SUBJECT, Argument::required("value", "How much to take")])
    .handler(|context, matches| Box::pin(add(context, matches, Sign::Minus)));

static LIST: Command = Command::new("list", "Lists counters")
    .aliases(&["l", "ls"])
    .arguments(&[Argument::optional("subject", "Only counters that match this")])
    .flags(&[STREAM, Flag::bool("json", "Prints JSON")])
    .handler(|context, matches| Box::pin(list(context, matches)));

const NOT_INITIALIZED: &str = "counter not initialized for subject";

#[derive(Clone, Copy)]
enum Sign {
    Plus,
    Minus,
}

fn jetstream(context: &Context, matches: &Matches) -> JetStream {
    context.client.jetstream().with_timeout(matches.timeout())
}

/// The stream the line names, else the one that stores `subject`.
async fn stream(js: &JetStream, matches: &Matches, subject: &str) -> Result<StreamInfo, Failure> {
    let wanted = if matches.knows("stream") { matches.text("stream") } else { "" };
    let name = match wanted {
        "" => {
            if subject.is_empty() {
                return Err("nats: invalid subject name: subject cannot be empty".into());
            }
            let before_end = subject.strip_suffix('>').unwrap_or(subject);
            if before_end.contains([' ', '>']) || subject.starts_with('.') || subject.ends_with('.') {
                return Err(Failure::new(format!("nats: invalid subject name: {subject}")));
            }
            let names = js.stream_names_on(subject).await.map_err(in_full)?;
            names.into_iter().next().ok_or_else(|| in_full(ErrorCode::STREAM_NOT_FOUND.error().into()))?
        }
        name => name.to_owned(),
    };
    let info = js.stream_info(&name).await.map_err(|error| match error {
        Error::InvalidName(..) => Failure::new(format!("nats: invalid stream name: {name:?}")),
        other => in_full(other),
    })?;
    if !info.config.allow_msg_counter {
        return Err(Failure::new(format!("{name:?} is not a valid counter stream")));
    }
    Ok(info)
}

/// Counters use a part of nats.go that prints errors in full.
fn in_full(error: Error) -> Failure {
    match error {
        Error::Api(error) => Failure::new(go_api_error(&error)),
        other => other.into(),
    }
}

/// The body of a counter's message.
#[derive(crate::json::FromJson)]
struct Sum {
    val: String,
}

async fn last(js: &JetStream, matches: &Matches) -> Result<(StreamMessage, String), Failure> {
    let subject = matches.text("subject");
    let stream = stream(js, matches, subject).await?;
    let message = js.direct_last_message(&stream.config.name, subject).await.map_err(|error| match error {
        Error::Api(error) if ErrorCode(error.err_code) == ErrorCode::NO_MESSAGE_FOUND || error.code == 404 => {
            Failure::new(format!("{NOT_INITIALIZED}: {subject}"))
        }
        error => error.into(),
    })?;
    let sum: Sum =
        crate::json::read(&message.payload).map_err(|error| Failure::because("invalid counter value", error))?;
    Ok((message, sum.val))
}

async fn get(context: Context, matches: Matches) -> Outcome {
    let (_, value) = last(&jetstream(&context, &matches), &matches).await?;
    context.console.line(&value);
    Ok(())
}

async fn view(context: Context, matches: Matches) -> Outcome {
    let found = last(&jetstream(&context, &matches), &matches).await;
    let (message, value) = found.map_err(|failure| match failure {
        // Only here the CLI does not say which.
        Failure::Message(text) if text.starts_with(NOT_INITIALIZED) => Failure::new(NOT_INITIALIZED),
        other => other,
    })?;
    let increment = message.header("Nats-Incr").unwrap_or("0").trim_start_matches('+');
    let sources = message.header("Nats-Counter-Sources").unwrap_or("");
    context.console.print(&context.screen(&screen(matches.text("subject"), &value, increment, sources)));
    Ok(())
}

/// `sources`: what each source added to which subject, as the server keeps it in a header.
fn screen(subject: &str, value: &str, increment: &str, sources: &str) -> Columns {
    let mut screen = Columns::new(format!("Counter {subject}"));
    screen.row("Value", grouped(value));
    screen.row("Increment", grouped(increment));
    screen.row("Subject", subject);
    let sources: Map<String, Map<String, Value>> = crate::json::read(sources).unwrap_or_default();
    if sources.is_empty() {
        screen.indented(1, "No source information found");
    }
    for (source, subjects) in &sources {
        screen.section(&format!("Source {source}"));
        for (subject, value) in subjects {
            screen.row(subject, value.as_str().map_or_else(|| crate::json::write(value), str::to_owned));
        }
    }
    screen
}

/// A number of any length with commas.
fn grouped(value: &str) -> String {
    let (sign, digits) = value.split_at(usize::from(value.starts_with('-')));
    let mut text = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.chars().count() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

async fn add(context: Context, matches: Matches, sign: Sign) -> Outcome {
    let js = jetstream(&context, &matches);
    let (subject, value) = (matches.text("subject"), matches.text("value"));
    let increment = signed(value, sign).ok_or_else(|| Failure::new("invalid value"))?;
    stream(&js, &matches, subject).await?;
    let message = Message::new(subject, "").with_headers(Headers::new().and("Nats-Incr", &increment));
    let ack = js.publish(message).await.map_err(|error| match error {
        Error::NoResponders => Failure::because("failed to publish counter increment", "nats: no response from stream"),
        error => error.into(),
    })?;
    context.console.line(&ack.value);
    Ok(())
}

/// The header's value; a number of any length. `None` when it is no number.
fn signed(value: &str, sign: Sign) -> Option<String> {
    let (negative, digits) = match value.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, value.strip_prefix('+').unwrap_or(value)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let negative = negative != matches!(sign, Sign::Minus);
    Some(format!("{}{digits}", if negative { "-" } else { "" }))
}

async fn list(context: Context, matches: Matches) -> Outcome {
    let subject = matches.text("subject");
    if subject.is_empty() && matches.text("stream").is_empty() {
        return Err(Failure::new("no stream or subject specified"));
    }
    let js = jetstream(&context, &matches);
    let info = stream(&js, &matches, subject).await?;
    let filter = if subject.is_empty() { ">" } else { subject };
    let mut subjects = Vec::new();
    loop {
        let offset = subjects.len() as i64;
        let request = StreamInfoRequest { offset, subjects_filter: filter.to_owned(), ..StreamInfoRequest::default() };
        let page = js.stream_details(&info.config.name, &request).await?;
        let found = page.state.subjects.unwrap_or_default();
        let is_last = found.is_empty();
        subjects.extend(found.into_keys().map(|subject| subject.to_string()));
        if is_last || subjects.len() as u64 >= page.total.unwrap_or(0) {
            break;
        }
    }
    if subjects.is_empty() {
        return Err("no counters found".into());
    }
    match matches.flag("json") {
        true => context.console.line(&json::pretty(&subjects)),
        false => subjects.iter().for_each(|subject| context.console.line(subject)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn increments_have_a_sign() {
        assert_eq!(signed("5", Sign::Plus).as_deref(), Some("5"));
        assert_eq!(signed("5", Sign::Minus).as_deref(), Some("-5"));
        assert_eq!(signed("-5", Sign::Minus).as_deref(), Some("5"));
        assert_eq!(signed("five", Sign::Plus), None);
        assert_eq!(signed("-", Sign::Plus), None);
    }

    #[test]
    fn long_numbers_have_commas() {
        for (value, text) in [("5", "5"), ("-1234", "-1,234"), ("123456789012345678901", "123,456,789,012,345,678,901")]
        {
            assert_eq!(grouped(value), text);
        }
    }

    #[test]
    fn a_counter() {
        let expected =
            "Counter ctr.hits\n\n      Value: 4\n  Increment: 2\n    Subject: ctr.hits\n No source information found\n";
        assert_eq!(screen("ctr.hits", "4", "2", "").to_string(), expected);
    }
}
