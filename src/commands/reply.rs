//! `nats reply`: a small service that answers requests.

use super::compose;
use super::console::Program;
use super::grammar::{Argument, Command, Flag};
use super::subscribe::check_subjects;
use super::template::{self, Scope};
use super::translate;
use super::{Context, Failure, Matches, Outcome, Place};
use crate::protocol::{Headers, Message};
use futures::future::{Either, LocalBoxFuture, select};
use std::future::pending;
use std::time::Duration;

pub static COMMAND: Command = Command::new("reply", "Answers requests")
    .arguments(&[
        Argument::required("subject", "Subject to listen on"),
        Argument::optional("body", "Text of the answers; may use {{.Request}} and {{Count}}"),
    ])
    .flags(&[
        Flag::bool("echo", "Sends back what came"),
        Flag::text("command", "Program whose output is the answer"),
        Flag::text("queue", "Queue group").short('q').default("NATS-RPLY-22"),
        Flag::duration("sleep", "Waits up to this long before each answer").placeholder("MAX"),
        Flag::header("Adds a header"),
        Flag::uint("count", "Ends after this many requests"),
    ])
    .handler(reply);

/// What is sent back.
#[derive(Clone, Copy)]
enum Kind<'a> {
    Echo,
    Body,
    /// What this program writes.
    Command(&'a str),
}

fn reply(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let says_nothing = matches.text("body").is_empty() && matches.text("command").is_empty();
        let kind = match (matches.flag("echo") || says_nothing, matches.text("command")) {
            (true, _) => Kind::Echo,
            (false, "") => Kind::Body,
            (false, command) => Kind::Command(command),
        };
        if says_nothing && !matches.flag("echo") {
            context.log("No body or command supplied, enabling echo mode");
        }
        if let Kind::Command(command) = kind
            && let Some(refusal) = refused(&context, command)
        {
            return Err(format!("--command: {refusal}").into());
        }
        let work = serve(&context, &matches, kind);
        match select(std::pin::pin!(work), std::pin::pin!(context.console.interrupt())).await {
            Either::Left((Err(failure), _)) => return Err(failure),
            Either::Left((Ok(()), _)) | Either::Right(_) => {}
        }
        context.log("");
        context.console.error("Draining...");
        // A server that cannot be reached keeps nobody.
        let _ = context.timers.timeout(matches.timeout(), context.client.flush()).await;
        context.log("Exiting");
        Err(Failure::Exit(1))
    })
}

async fn serve(context: &Context, matches: &Matches, kind: Kind<'_>) -> Outcome {
    let (subject, queue) = (matches.text("subject"), matches.text("queue"));
    let subscribed = context.client.subscribe(subject, (!queue.is_empty()).then_some(queue));
    if subscribed.is_ok() {
        check_subjects(context, &[subject.to_owned()]).await?;
    }
    context.log(&format!("Listening on {subject:?} in group {queue:?}"));
    // As in the original: who listens on no subject hears nothing, and is not told.
    let Ok(mut requests) = subscribed else { return pending().await };
    let mut count = 0;
    while let Some(request) = requests.next().await {
        show(context, &request, count);
        pause(context, matches.duration("sleep")).await;
        // Such a service answers nothing, and counts nothing.
        let Some(headers) = headers(context, matches, &request, count) else { continue };
        let answer = match kind {
            Kind::Echo => echoed(&request, headers, count),
            Kind::Body => rendered(context, matches, &request, headers, count),
            Kind::Command(command) => match written(context, command, &request, headers, count).await {
                Ok(answer) => answer,
                Err(problem) => {
                    context.log(&format!("Could not parse command: {problem}"));
                    continue;
                }
            },
        };
        let Some(reply) = &request.reply else {
            context.log("Could not publish reply: nats: message does not have a reply");
            continue;
        };
        context.client.publish(Message { subject: reply.clone(), ..answer })?;
        count += 1;
        if matches.is_set("count") && count >= matches.uint("count") {
            break;
        }
    }
    Ok(())
}

fn show(context: &Context, request: &Message, count: u64) {
    let line = format!("[#{count}] Received on subject {:?}:", request.subject.as_str());
    context.console.telling(Place::Own, |_| context.log(&line));
    if let Some(headers) = &request.headers {
        headers.iter().for_each(|(name, value)| context.log(&format!("{name}: {value}")));
    }
    context.console.line("");
    context.console.print_bytes(&request.payload);
    context.console.line("");
}

/// A random time up to `longest`.
async fn pause(context: &Context, longest: Duration) {
    let nanos = longest.as_nanos() as u64;
    if nanos > 0 {
        let chosen = context.rng.borrow_mut().next_u64() % nanos;
        context.timers.sleep(Duration::from_nanos(chosen)).await;
    }
}

/// What `--header` adds; none if that cannot be read.
fn headers(context: &Context, matches: &Matches, request: &Message, count: u64) -> Option<Headers> {
    matches.sound("header").ok()?;
    let text = String::from_utf8_lossy(&request.payload);
    let mut headers = Headers::new();
    for (name, value) in matches.pairs("header") {
        let scope = Scope { count, now: context.now(), rng: &context.rng, request: Some(&text) };
        headers.append(name, &template::render("body", value, &scope).ok()?);
    }
    Some(headers)
}

fn echoed(request: &Message, own: Headers, count: u64) -> Message {
    let mut headers = request.headers.clone().unwrap_or_default();
    headers.append("NATS-Reply-Counter", &count.to_string());
    own.iter().for_each(|(name, value)| headers.append(name, value));
    Message::new("", request.payload.clone()).with_headers(headers)
}

fn rendered(context: &Context, matches: &Matches, request: &Message, headers: Headers, count: u64) -> Message {
    let text = String::from_utf8_lossy(&request.payload);
    let mut message = Message::new("", compose::rendered(context, "body", matches.text("body"), count, Some(&text)));
    message.headers = Some(headers).filter(|headers| *headers != Headers::new());
    message
}

/// Why nobody here could ever answer with what `command` writes.
fn refused(context: &Context, command: &str) -> Option<String> {
    let words = translate::split(command).ok()?;
    context.console.refused_program(words.first()?)
}

/// What the program `command` writes, both outputs in one; one that fails is told of, and answers with what it wrote.
///
/// Errors: `command` cannot be taken apart.
async fn written(
    context: &Context,
    command: &str,
    request: &Message,
    headers: Headers,
    count: u64,
) -> Result<Message, &'static str> {
    let (subject, text) = (request.subject.as_str(), String::from_utf8_lossy(&request.payload));
    let mut command = command.to_owned();
    for (place, token) in subject.split('.').enumerate() {
        command = command.replace(&format!("{{{{{place}}}}}"), token);
    }
    let command = compose::rendered(context, "command", &command, count, Some(&text));
    let words = translate::split(&command).map_err(|problem| match problem {
        "after escape character" => "Unterminated backslash-escape",
        _ if command.contains('"') => "Unterminated double-quoted string",
        _ => "Unterminated single-quoted string",
    })?;
    let name = words.first().cloned().unwrap_or_default();
    let variables =
        vec![("NATS_REQUEST_SUBJECT", subject.to_owned()), ("NATS_REQUEST_BODY", text.clone().into_owned())];
    let (bytes, problem) = match context.console.run_program(Program { words, input: Vec::new(), variables }).await {
        None => (Vec::new(), Some(format!("exec: {name:?}: executable file not found in $PATH"))),
        Some((bytes, 0)) => (bytes, None),
        Some((bytes, status)) => (bytes, Some(format!("exit status {status}"))),
    };
    if let Some(problem) = problem {
        context.log(&format!("Command {command:?} failed to run: {problem}"));
    }
    let mut message = Message::new("", bytes);
    message.headers = Some(headers).filter(|headers| *headers != Headers::new());
    Ok(message)
}
