//! How a received message is printed.

use super::Context;
use super::translate::Body;
use crate::protocol::Message;

/// The body and the blank lines after it.
pub fn print_body(context: &Context, body: &Body) {
    if let Some(refusal) = body.refusal() {
        return context.console.print(&refusal);
    }
    if body.bytes.is_empty() && !body.is_translated {
        context.console.print("nil body\n\n\n");
        return;
    }
    context.console.print_bytes(&body.bytes);
    context.console.print(if body.bytes.ends_with(b"\n") { "\n" } else { "\n\n\n" });
}

/// The body alone, its newline added when it has none.
pub fn print_raw(context: &Context, body: &Body) {
    if let Some(refusal) = body.refusal() {
        return context.console.print(&refusal);
    }
    if body.bytes.is_empty() && !body.is_translated {
        context.console.line("nil body");
        return;
    }
    context.console.print_bytes(&body.bytes);
    if !body.bytes.ends_with(b"\n") {
        context.console.print("\n");
    }
}

/// Headers, if there are any, and a blank line.
pub fn print_headers(context: &Context, message: &Message) {
    if message.headers.is_none() {
        return;
    }
    header_lines(message).for_each(|line| context.console.line(&line));
    context.console.line("");
}

/// A header each, with what a server says by a status among them, as clients keep it.
pub fn header_lines(message: &Message) -> impl Iterator<Item = String> {
    let headers = message.headers.iter().flat_map(|headers| headers.iter());
    let headers = headers.map(|(name, value)| format!("{name}: {value}"));
    let status = message.status().into_iter().flat_map(|status| {
        let description = Some(status.description).filter(|text| !text.is_empty());
        let description = description.map(|text| format!("Description: {text}"));
        std::iter::once(format!("Status: {}", status.code)).chain(description)
    });
    headers.chain(status)
}
