//! `stream get`, `view`, `rmm`, `purge`, `gaps`: the messages inside.

use super::{confirm_key_value, information, is_confirmed, jetstream, listing, picked};
use crate::api::stream::StreamInfoRequest;
use crate::api::{
    AckPolicy, ConsumerConfig, CreateConsumerRequest, DeliverPolicy, PullRequest, PurgeRequest, StoredMessage,
};
use crate::base64::BASE64;
use crate::client::jetstream::{DeliveryInfo, JetStream};
use crate::commands::console::NoAnswer;
use crate::commands::report::{json, text};
use crate::commands::translate::{Body, translated};
use crate::commands::{Context, Failure, Matches, Outcome, Place};
use crate::protocol::{Headers, Message};
use crate::time::Timestamp;
use std::time::Duration;

pub async fn get(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, false).await?;
    let stream = &info.config.name;
    let js = jetstream(&context, &matches);
    let (id, subject) = wanted(&context, &matches).await?;
    let answer = match u64::try_from(id) {
        Ok(seq) => js.message(stream, seq).await,
        Err(_) if subject.is_empty() => return Err("no ID or subject specified".into()),
        Err(_) => js.last_message(stream, &subject).await,
    };
    let message = answer.map_err(|error| Failure::because(&format!("could not retrieve {stream}#{id}"), error))?;
    if matches.flag("json") {
        context.console.line(&json::pretty(&message));
        return Ok(());
    }
    let body = BASE64.decode(message.data.as_bytes()).unwrap_or_default();
    let body = translated(&context, &matches, &body, (&message.subject, stream)).await;
    let text = item(stream, &message, context.now()) + &block(&body);
    context.console.telling(Place::message(stream, message.seq), |console| console.print(&text));
    Ok(())
}

/// The sequence on the line, -1 without one.
fn given_sequence(matches: &Matches) -> i64 {
    if matches.is_set("id") { matches.int("id") } else { -1 }
}

/// The sequence, or -1 and the subject whose last message is wanted; what the line does not say is asked.
async fn wanted(context: &Context, matches: &Matches) -> Result<(i64, String), Failure> {
    let (mut id, mut subject) = (given_sequence(matches), matches.text("last-for").to_owned());
    if id == -1 && subject.is_empty() {
        let answer = context.console.ask_text("Message Sequence to retrieve", "-1", "").await;
        id = number(&answer.map_err(|reason| Failure::because("invalid input", reason))?)?;
        if id == -1 {
            let answer = context.console.ask_text("Subject to retrieve last message for", "", "").await;
            subject = answer.map_err(|reason| Failure::because("invalid subject", reason))?;
        }
    }
    Ok((id, subject))
}

/// The sequence of the message to remove; one that is typed must be there to be removed.
async fn doomed(context: &Context, matches: &Matches) -> Result<i64, Failure> {
    let given = given_sequence(matches);
    if given != -1 {
        return Ok(given);
    }
    let answer = context.console.ask_required("Message Sequence to remove", "").await;
    match number(&answer.map_err(|reason| Failure::because("invalid input", reason))?)? {
        id if id <= 0 => Err("positive message ID required".into()),
        id => Ok(id),
    }
}

fn number(text: &str) -> Result<i64, Failure> {
    let problem = |reason| Failure::new(format!("invalid number: strconv.Atoi: parsing {text:?}: {reason}"));
    text.parse().map_err(|_| problem("invalid syntax"))
}

/// The text of `stream get` up to the body.
fn item(stream: &str, message: &StoredMessage, now: Timestamp) -> String {
    let received = message.time.map(text::go_time).unwrap_or_default();
    let (seq, subject, ago) = (message.seq, &message.subject, text::ago(now, message.time));
    let mut item = format!("Item: {stream}#{seq} received {received} ({ago}) on Subject {subject}\n\n");
    let headers = Headers::from_bytes(BASE64.decode(message.headers.as_bytes()).unwrap_or_default().into());
    if headers.iter().next().is_some() {
        item.push_str("Headers:\n");
        headers.iter().for_each(|(name, value)| item.push_str(&format!("  {name}: {value}\n")));
        item.push('\n');
    }
    item
}

/// A body and the blank lines after it.
fn block(body: &Body) -> String {
    match body.refusal() {
        Some(refusal) => refusal,
        None if body.is_translated && body.bytes.is_empty() => "\n\n\n".to_owned(),
        None => text::body(&body.bytes),
    }
}

const LARGEST_PAGE: i64 = 25;

pub async fn view(context: Context, matches: Matches) -> Outcome {
    if !context.console.is_terminal() {
        return Err(Failure::new("interactive stream paging requires a valid terminal"));
    }
    let info = picked(&context, &matches, false).await?;
    let mut size = matches.int("size").max(1);
    if size > LARGEST_PAGE {
        context.log(&format!("Page size is limited to {LARGEST_PAGE}, setting to {LARGEST_PAGE}..."));
        size = LARGEST_PAGE;
    }
    let stream = info.config.name;
    let js = jetstream(&context, &matches);
    let pager = format!("stream_pager_{}", context.now().nanos());
    let request = pager_request(&context, &matches, &stream, &pager);
    js.create_consumer(&request).await?;
    let outcome = turn_pages(&context, &matches, &js, (&stream, &pager), size).await;
    // The pager would go by itself after an hour; whatever went wrong before is what the user wants to hear.
    let _ = js.delete_consumer(&stream, &pager).await;
    outcome
}

fn pager_request(context: &Context, matches: &Matches, stream: &str, pager: &str) -> CreateConsumerRequest {
    let mut config = ConsumerConfig {
        name: pager.to_owned(),
        durable_name: pager.to_owned(),
        description: "JSM Stream Pager".to_owned(),
        ack_policy: AckPolicy::Explicit,
        ack_wait: Duration::from_secs(30).into(),
        filter_subject: matches.optional_text("subject").unwrap_or_else(|| ">".to_owned()),
        inactive_threshold: Duration::from_secs(3600).into(),
        num_replicas: 1,
        mem_storage: true,
        ..ConsumerConfig::default()
    };
    if matches.is_set("id") {
        config.deliver_policy = DeliverPolicy::ByStartSequence;
        config.opt_start_seq = matches.uint("id");
    } else if matches.is_set("since") {
        config.deliver_policy = DeliverPolicy::ByStartTime;
        config.opt_start_time = Some(context.now() - matches.duration("since"));
    }
    CreateConsumerRequest { stream_name: stream.to_owned(), config, ..CreateConsumerRequest::default() }
}

async fn turn_pages(
    context: &Context,
    matches: &Matches,
    js: &JetStream,
    (stream, pager): (&str, &str),
    size: i64,
) -> Outcome {
    loop {
        let shown = show_page(context, matches, js, (stream, pager), size).await?;
        if shown < size {
            context.log("Reached apparent end of data");
            return Ok(());
        }
        match context.console.confirm("Next Page?", true).await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(NoAnswer::Interrupted) => return Err(Failure::new("interrupt")),
            Err(reason) => return Err(Failure::new(reason.to_string())),
        }
    }
}

/// Shows up to `size` messages; returns how many there were.
async fn show_page(
    context: &Context,
    matches: &Matches,
    js: &JetStream,
    (stream, pager): (&str, &str),
    size: i64,
) -> Result<i64, Failure> {
    let pull = PullRequest { batch: size, no_wait: true, ..PullRequest::default() };
    let mut messages = js.pull(stream, pager, &pull)?;
    for shown in 0..size {
        let next = context.timers.timeout(matches.timeout(), messages.next()).await;
        let Ok(Some(message)) = next else { return Ok(shown) };
        if message.headers.as_ref().is_some_and(|headers| headers.status().is_some()) {
            return Ok(shown);
        }
        let raw = matches.flag("raw");
        let place = Place::of_delivered(&message).filter(|_| !raw);
        let entry = match raw {
            true => format!("{}\n", String::from_utf8_lossy(&message.payload)),
            false => {
                let body = translated(context, matches, &message.payload, (message.subject.as_str(), stream)).await;
                page_entry(&message) + &block(&body)
            }
        };
        context.console.telling(place, |console| console.print(&entry));
        if let Some(reply) = &message.reply {
            context.client.publish(Message::new(reply.clone(), "+ACK"))?;
        }
    }
    Ok(size)
}

fn page_entry(message: &Message) -> String {
    let delivery = message.reply.as_ref().and_then(|reply| DeliveryInfo::from_reply(reply.as_str()));
    let (seq, at) = delivery.map_or((0, Timestamp(0)), |delivery| (delivery.stream_seq, delivery.timestamp));
    let mut entry = format!("[{seq}] Subject: {} Received: {}\n", message.subject, text::time(at));
    if let Some(headers) = &message.headers {
        entry.push('\n');
        headers.iter().for_each(|(name, value)| entry.push_str(&format!("  {name}: {value}\n")));
    }
    entry
}

pub async fn remove(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, matches.flag("force")).await?;
    let stream = &info.config.name;
    let id = doomed(&context, &matches).await?;
    confirm_key_value(&context, stream).await?;
    if is_confirmed(&context, &matches, &format!("Really remove message {id} from Stream {stream}")).await? {
        if id == 0 {
            return Err("sequence number is required".into());
        }
        jetstream(&context, &matches).delete_message(stream, u64::try_from(id).unwrap_or(0)).await?;
    }
    Ok(())
}

pub async fn purge(context: Context, matches: Matches) -> Outcome {
    if matches.uint("seq") > 0 && matches.uint("keep") > 0 {
        return Err(Failure::new("sequence and keep cannot be combined when purging"));
    }
    let info = picked(&context, &matches, matches.flag("force")).await?;
    let stream = &info.config.name;
    confirm_key_value(&context, stream).await?;
    if !is_confirmed(&context, &matches, &format!("Really purge Stream {stream}")).await? {
        return Ok(());
    }
    let js = jetstream(&context, &matches);
    let request = PurgeRequest {
        seq: matches.uint("seq"),
        filter: matches.text("subject").to_owned(),
        keep: matches.uint("keep"),
    };
    let purged = js.purge_stream(stream, &request).await;
    let purged = purged.map_err(|error| Failure::because("could not purge Stream", error))?;
    let info = js.stream_info(stream).await?;
    context.console.line(&format!("Purged {purged} messages from {stream}\n"));
    match matches.flag("json") {
        true => context.console.line(&information::as_json(&info)),
        false => {
            let text = context.screen(&information::state_information(&info));
            context.console.telling(Place::Stream(stream.to_owned()), |console| console.print(&text));
        }
    }
    Ok(())
}

pub async fn gaps(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, matches.flag("force")).await?;
    let (stream, state, console) = (&info.config.name, &info.state, &context.console);
    if state.num_deleted == 0 {
        if matches.flag("json") {
            console.line("{}");
        }
        console.line(&format!("No deleted messages in {stream}"));
        return Ok(());
    }
    if !matches.flag("force") && !matches.flag("json") {
        console.line("WARNING: Detecting gaps in a stream consumes the entire stream and can be resource intensive on the Server, Client and Network.");
        console.line("");
    }
    let (messages, bytes) = (text::count(state.messages), text::bytes(state.bytes));
    let question = format!("Really detect gaps in stream {stream} with {messages} messages and {bytes} bytes");
    if !matches.flag("json") && !is_confirmed(&context, &matches, &question).await? {
        return Ok(());
    }
    let request = StreamInfoRequest { deleted_details: true, ..StreamInfoRequest::default() };
    let info = jetstream(&context, &matches).stream_details(stream, &request).await?;
    let runs = listing::runs(&info.state.deleted.unwrap_or_default());
    if matches.flag("json") {
        console.line(&json::pretty(&runs));
        return Ok(());
    }
    if matches.flag("progress") {
        console.line("");
    }
    console.line(&context.drawn(&listing::gaps(stream, &runs)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_with_headers() {
        let message = StoredMessage {
            subject: "orders.hdr".into(),
            seq: 3,
            headers: "TkFUUy8xLjANCkE6IGINCg0K".into(),
            data: "d2l0aCBoZWFkZXI=".into(),
            time: Some(Timestamp(1_795_252_353_218_090_592)),
        };
        let now = Timestamp(1_795_252_353_555_000_000);
        let expected = "\
Item: ORDERS#3 received 2026-11-21 09:12:33.218090592 +0000 UTC (337ms) on Subject orders.hdr

Headers:
  A: b

";
        assert_eq!(item("ORDERS", &message, now), expected);
    }

    #[test]
    fn a_page_entry_has_no_blank_line_between_headers_and_body() {
        let reply = "$JS.ACK.ORDERS.pager.1.5.5.1795251954000000000.0";
        let mut message = Message::new("orders.hdr", "with header");
        message.reply = Some(reply.into());
        message.headers = Some(Headers::new().and("A", "b"));
        let body = Body { bytes: message.payload.to_vec(), problem: None, is_translated: false };
        let entry = page_entry(&message) + &block(&body);
        assert!(entry.ends_with("\n\n  A: b\nwith header\n\n\n"), "{entry:?}");
    }
}
