//! `nats reply`: a small service that answers requests.

use super::compose;
use super::grammar::{Argument, Command, Flag};
use super::subscribe::check_subjects;
use super::{Context, Failure, Matches, Outcome, Place};
use crate::protocol::{Headers, Message};
use futures::future::{Either, LocalBoxFuture, select};
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

fn reply(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        if matches.is_set("command") {
            return Err("--command is not in the playground: there are no programs to run".into());
        }
        let echo = matches.flag("echo") || !matches.is_set("body");
        if echo && !matches.flag("echo") {
            context.log("No body or command supplied, enabling echo mode");
        }
        let work = serve(&context, &matches, echo);
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

async fn serve(context: &Context, matches: &Matches, echo: bool) -> Outcome {
    let (subject, queue) = (matches.text("subject"), matches.text("queue"));
    let mut requests = context.client.subscribe(subject, (!queue.is_empty()).then_some(queue))?;
    check_subjects(context, &[subject.to_owned()]).await?;
    context.log(&format!("Listening on {subject:?} in group {queue:?}"));
    let mut count = 0;
    while let Some(request) = requests.next().await {
        show(context, &request, count);
        pause(context, matches.duration("sleep")).await;
        if matches.sound("header").is_err() {
            // As in the original: such a service answers nothing, and counts nothing.
            continue;
        }
        if let Some(reply) = &request.reply {
            let answer = if echo {
                echoed(context, matches, &request, count)
            } else {
                rendered(context, matches, &request, count)
            };
            context.client.publish(Message { subject: reply.clone(), ..answer })?;
        }
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

fn echoed(context: &Context, matches: &Matches, request: &Message, count: u64) -> Message {
    let mut headers = request.headers.clone().unwrap_or_default();
    headers.append("NATS-Reply-Counter", &count.to_string());
    add_headers(context, matches, &mut headers, request, count);
    Message::new("", request.payload.clone()).with_headers(headers)
}

fn rendered(context: &Context, matches: &Matches, request: &Message, count: u64) -> Message {
    let text = String::from_utf8_lossy(&request.payload);
    let body = compose::rendered(context, "body", matches.text("body"), count, Some(&text));
    let mut message = Message::new("", body);
    message.headers = compose::headers(context, &matches.pairs("header"), count, Some(&text));
    message
}

fn add_headers(context: &Context, matches: &Matches, headers: &mut Headers, request: &Message, count: u64) {
    let text = String::from_utf8_lossy(&request.payload);
    for (name, value) in matches.pairs("header") {
        headers.append(name, &compose::rendered(context, "header", value, count, Some(&text)));
    }
}
