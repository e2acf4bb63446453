//! `consumer next` and `consumer sub`: receiving, and saying what became of it.

use super::{information, jetstream, picked};
use crate::api::{AckPolicy, ConsumerInfo, PullRequest};
use crate::client::Error;
use crate::client::jetstream::{DeliveryInfo, JetStream};
use crate::commands::report::text;
use crate::commands::{Context, Failure, Matches, Outcome, Place};
use crate::protocol::Message;
use crate::time::{Timestamp, format_go_duration};
use std::time::Duration;

/// What `next` says about a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Silence,
    Ack,
    Nak,
    Term,
}

pub async fn next(context: Context, matches: Matches) -> Outcome {
    let (stream, consumer) = (matches.text("stream"), matches.text("consumer"));
    let js = jetstream(&context, &matches);
    let found = js.consumer_info(stream, consumer).await;
    found.map_err(|error| match error {
        Error::InvalidName(..) | Error::BadSubject(_) => Failure::because("could not request next message", error),
        error => Failure::because(&format!("could not load consumer {consumer:?}"), error),
    })?;
    let verdict = match (matches.flag("nak"), matches.flag("term"), matches.flag("ack")) {
        (true, _, _) => Verdict::Nak,
        (_, true, _) => Verdict::Term,
        (_, _, true) => Verdict::Ack,
        _ => Verdict::Silence,
    };
    let receiver = Receiver { context: &context, js: &js, timeout: matches.timeout(), raw: matches.flag("raw") };
    let delay = matches.duration("wait");
    for _ in 0..matches.int("count") {
        receiver.receive(stream, consumer, verdict, delay).await?;
    }
    Ok(())
}

struct Receiver<'a> {
    context: &'a Context,
    js: &'a JetStream,
    timeout: Duration,
    raw: bool,
}

impl Receiver<'_> {
    /// One pull of one message, shown and answered.
    async fn receive(&self, stream: &str, consumer: &str, verdict: Verdict, delay: Duration) -> Outcome {
        let message =
            self.pull(stream, consumer).await.map_err(|error| Failure::because("no message received", error))?;
        let text = shown(&message, self.raw, self.context.now());
        let place = Place::of_delivered(&message).filter(|_| !self.raw);
        self.context.console.telling(place, |console| console.print(&text));
        let Some(reply) = &message.reply else {
            return match verdict {
                Verdict::Silence => Ok(()),
                _ => Err(Failure::new("could not Acknowledge message: nats: message does not have a reply")),
            };
        };
        let waited = self.hesitate(verdict, delay).await;
        let (word, text) = match verdict {
            Verdict::Silence => return Ok(()),
            Verdict::Ack if waited.is_zero() => ("+ACK", "\nAcknowledged message\n\n".to_owned()),
            Verdict::Ack => ("+ACK", format!("\nAcknowledged message after {} delay\n\n", format_go_duration(waited))),
            Verdict::Nak => ("-NAK", "\nNegative Acknowledged message\n\n".to_owned()),
            Verdict::Term => ("+TERM", "\nTerminated message\n".to_owned()),
        };
        self.context.client.publish(Message::new(reply.clone(), word))?;
        self.context.client.flush().await?;
        if !self.raw || verdict == Verdict::Term {
            self.context.console.print(&text);
        }
        Ok(())
    }

    /// The server answers a pull that found nothing with 404 or 408; that is the time-out the client waits for.
    async fn pull(&self, stream: &str, consumer: &str) -> Result<Message, Error> {
        if self.timeout.is_zero() {
            return Err(Error::Timeout);
        }
        let request = PullRequest { expires: self.timeout.into(), batch: 1, ..PullRequest::default() };
        let mut messages = self.js.pull(stream, consumer, &request)?;
        let next = self.context.timers.timeout(self.timeout, messages.next()).await;
        let message = next.map_err(|_| Error::Timeout)?.ok_or(Error::Closed)?;
        match message.status().map(|status| status.code) {
            Some(404 | 408) => Err(Error::Timeout),
            Some(503) => Err(Error::NoResponders),
            _ => Ok(message),
        }
    }

    /// Waits for a random part of `delay` before an acknowledgement.
    async fn hesitate(&self, verdict: Verdict, delay: Duration) -> Duration {
        if verdict != Verdict::Ack || delay.is_zero() {
            return Duration::ZERO;
        }
        let nanos = self.context.rng.borrow_mut().below(delay.as_nanos() as u64);
        let delay = Duration::from_nanos(nanos);
        self.context.timers.sleep(delay).await;
        delay
    }
}

/// The text of `next` up to the answer.
fn shown(message: &Message, raw: bool, now: Timestamp) -> String {
    let body = String::from_utf8_lossy(&message.payload);
    if raw {
        return format!("{body}\n");
    }
    let mut text = match message.reply.as_ref().and_then(|reply| DeliveryInfo::from_reply(reply.as_str())) {
        Some(delivery) => delivery_line(message, &delivery, now),
        None => format!("--- subject: {}\n", message.subject),
    };
    match header_lines(message).as_slice() {
        [] => text.push('\n'),
        lines => {
            text.push_str("\nHeaders:\n\n");
            lines.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
            text.push_str("\nData:\n\n\n");
        }
    }
    text + &body + "\n"
}

fn delivery_line(message: &Message, delivery: &DeliveryInfo, now: Timestamp) -> String {
    format!(
        "[{}] subj: {} / tries: {} / cons seq: {} / str seq: {} / pending: {}\n",
        text::clock(now),
        message.subject,
        delivery.deliveries,
        delivery.consumer_seq,
        delivery.stream_seq,
        text::count(delivery.num_pending),
    )
}

/// `K: V` per header; a status is shown as two of them.
fn header_lines(message: &Message) -> Vec<String> {
    let Some(headers) = &message.headers else { return Vec::new() };
    let mut lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    if let Some(status) = headers.status() {
        lines.push(format!("Status: {}", status.code));
        lines.push(format!("Description: {}", status.description));
    }
    lines
}

pub async fn sub(context: Context, matches: Matches) -> Outcome {
    let info = picked(&context, &matches, false).await?;
    let (ack, raw) = (matches.flag("ack"), matches.flag("raw"));
    if info.config.is_pull() {
        let js = jetstream(&context, &matches);
        let receiver = Receiver { context: &context, js: &js, timeout: matches.timeout(), raw };
        let verdict = if ack { Verdict::Ack } else { Verdict::Silence };
        return receiver.receive(&info.stream_name, &info.name, verdict, Duration::ZERO).await;
    }
    let ack = ack && info.config.ack_policy != AckPolicy::None;
    if !raw {
        context.console.print(&banner(&info, ack));
    }
    // Whatever `--deliver-group` says.
    let (subject, group) = (&info.config.deliver_subject, &info.config.deliver_group);
    let mut messages = context.client.jetstream().subscribe_push(subject, Some(group))?;
    while let Some(message) = messages.next().await {
        let place = Place::of_delivered(&message).filter(|_| !raw);
        context.console.telling(place, |console| console.print(&pushed(&message, raw, context.now())));
        if let (true, Some(reply)) = (ack, &message.reply) {
            context.client.publish(Message::new(reply.clone(), ""))?;
        }
    }
    Ok(())
}

fn banner(info: &ConsumerInfo, ack: bool) -> String {
    let config = &info.config;
    let mut text = format!("Subscribing to topic {} auto acknowledgment: {ack}\n\n", config.deliver_subject);
    text.push_str(&format!("Consumer Info:\n  Ack Policy: {}\n", information::ack_policy(config.ack_policy)));
    if config.ack_policy != AckPolicy::None {
        text.push_str(&format!("    Ack Wait: {}\n", information::go_duration(config.ack_wait)));
    }
    text + "\n"
}

fn pushed(message: &Message, raw: bool, now: Timestamp) -> String {
    let body = String::from_utf8_lossy(&message.payload);
    if raw {
        return format!("{body}\n");
    }
    let mut text = match message.reply.as_ref().and_then(|reply| DeliveryInfo::from_reply(reply.as_str())) {
        Some(delivery) => delivery_line(message, &delivery, now),
        None => format!("[{}] {} reply: \n", text::clock(now), message.subject),
    };
    let lines = header_lines(message);
    if !lines.is_empty() {
        text.push_str("\nHeaders:\n\n");
        lines.iter().for_each(|line| text.push_str(&format!("   {line}\n")));
        text.push_str("\nData:\n");
    }
    let end = if body.ends_with('\n') { "\n" } else { "\n\n" };
    text + &body + end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Headers;

    fn message(headers: Option<Headers>) -> Message {
        let reply = "$JS.ACK.ORDERS.worker.1.9.11.1795251954000000000.1200";
        let message = Message::new("orders.hdr", "with header").with_reply(reply);
        match headers {
            Some(headers) => message.with_headers(headers),
            None => message,
        }
    }

    #[test]
    fn a_message_with_headers() {
        let headers = Headers::new().and("A", "b");
        let now = Timestamp(1_795_252_511_076_737_360);
        let line = "[09:15:11] subj: orders.hdr / tries: 1 / cons seq: 11 / str seq: 9 / pending: 1,200\n";
        let expected = format!("{line}\nHeaders:\n\n  A: b\n\nData:\n\n\nwith header\n");
        assert_eq!(shown(&message(Some(headers.clone())), false, now), expected);
        let expected = format!("{line}\nHeaders:\n\n   A: b\n\nData:\nwith header\n\n");
        assert_eq!(pushed(&message(Some(headers)), false, now), expected);
    }

    #[test]
    fn a_plain_message() {
        let now = Timestamp(1_795_252_511_076_737_360);
        let line = "[09:15:11] subj: orders.hdr / tries: 1 / cons seq: 11 / str seq: 9 / pending: 1,200\n";
        assert_eq!(shown(&message(None), false, now), format!("{line}\nwith header\n"));
        assert_eq!(pushed(&message(None), false, now), format!("{line}with header\n\n"));
        assert_eq!(shown(&message(None), true, now), "with header\n");
    }
}
