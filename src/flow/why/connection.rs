//! Why a client has no connection.

use super::Why;
use crate::engine::{CloseReason, Fact};
use crate::flow::Flow;
use crate::flow::step::{LinkState, Step, What};

const KILLED: &str = "It was killed in the middle of what it did, and nobody has started it again.";

/// `None` while `actor` is connected, and for who never was.
pub fn why(flow: &Flow, actor: &str) -> Option<Why> {
    let is_theirs = |conn| flow.names().get(&conn).is_some_and(|name| name == actor);
    // A wire that ends breaks, too, and one that breaks ends for the server as if the client had hung up: what the
    // server says of its own accord counts most, then the wire.
    let (mut cut, mut ended) = (None, None);
    for step in flow.steps().iter().rev() {
        match &step.what {
            What::Link { conn, state: LinkState::Connected } if is_theirs(*conn) => break,
            What::Fact(Fact::Connected { conn, .. }) if is_theirs(*conn) => break,
            What::Link { conn, state: LinkState::Broken } if is_theirs(*conn) => cut = Some(step),
            What::Link { conn, state: LinkState::Killed } if is_theirs(*conn) => {
                return Some(not_connected(KILLED, step));
            }
            What::Link { conn, state: LinkState::Closed } if is_theirs(*conn) => ended = Some(step),
            What::Fact(Fact::Disconnected { conn, reason }) if is_theirs(*conn) => match because(*reason) {
                Some(sentence) => return Some(not_connected(sentence, step)),
                None => ended = Some(step),
            },
            _ => {}
        }
    }
    let cut = cut.map(|step| not_connected("Its wire is cut off: nothing passes between it and the server.", step));
    cut.or_else(|| ended.map(|step| not_connected("The client has left.", step)))
}

fn not_connected(sentence: &str, step: &Step) -> Why {
    Why::new(format!("Not connected. {sentence}")).because(Some(step))
}

/// Why the server ended a connection; `None` where it did not.
pub fn because(reason: CloseReason) -> Option<&'static str> {
    Some(match reason {
        CloseReason::ClientClosed => return None,
        CloseReason::ProtocolViolation => "The server hung up: what came was no protocol line.",
        CloseReason::MaxPayloadExceeded => "The server hung up: a message was larger than max_payload.",
        CloseReason::MaxControlLineExceeded => "The server hung up: a protocol line was longer than max_control_line.",
        CloseReason::AuthenticationViolation => "The server hung up: who it is was not accepted.",
        CloseReason::AuthenticationTimeout => "The server hung up: it did not say in time who it is.",
        CloseReason::StaleConnection => "The server hung up: its pings were not answered (ping_interval, ping_max).",
        CloseReason::SlowConsumer => {
            "The server hung up: it reads too slowly, and more waited for it than max_pending."
        }
        CloseReason::ServerShutdown => "The server stopped.",
    })
}
