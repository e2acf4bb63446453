//! How a received message is printed.

use super::Context;
use crate::protocol::Message;

/// The body and the blank lines after it.
pub fn print_body(context: &Context, body: &[u8]) {
    if body.is_empty() {
        context.console.print("nil body\n\n\n");
        return;
    }
    context.console.print_bytes(body);
    context.console.print(if body.ends_with(b"\n") { "\n" } else { "\n\n\n" });
}

/// The body alone, its newline added when it has none.
pub fn print_raw(context: &Context, body: &[u8]) {
    if body.is_empty() {
        context.console.line("nil body");
        return;
    }
    context.console.print_bytes(body);
    if !body.ends_with(b"\n") {
        context.console.print("\n");
    }
}

/// Headers, if there are any, and a blank line.
pub fn print_headers(context: &Context, message: &Message) {
    let Some(headers) = &message.headers else { return };
    for (name, value) in headers.iter() {
        context.console.line(&format!("{name}: {value}"));
    }
    context.console.line("");
}
