//! What this client saw go by: connected, cut, every operation in either direction.
//!
//! On a server that is not in the page this is all one can know of moving messages, and the wire lane shows it as it is.
//! Kept only when asked for with [`Client::record`](super::Client::record), fetched with
//! [`Client::take_events`](super::Client::take_events).

use crate::protocol::{ClientOp, Connect, ServerOp};
use crate::time::Timestamp;
use std::borrow::Cow;
use std::rc::Rc;

/// One fact as the client saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub at: Timestamp,
    pub fact: Fact,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// The handshake is done; `again` when it was not the first.
    Connected { client_id: u64, server_name: String, again: bool },
    /// The wire broke.
    Disconnected,
    /// Ended by us.
    Closed,
    /// Left for the server; `bytes` on the wire. Passwords and tokens in CONNECT are blanked.
    Sent { op: ClientOp, bytes: usize },
    /// Came from the server.
    Received { op: ServerOp },
}

/// An operation at the moment it is queued for the wire or read from it, for [`Client::watch`](super::Client::watch).
#[derive(Clone, Copy, Debug)]
pub enum Passing<'a> {
    Sent(&'a ClientOp),
    Received(&'a ServerOp),
}

/// Who is told of every operation. Must not call the client.
pub type Watcher = Rc<dyn Fn(Timestamp, Passing<'_>)>;

/// `op` as it may be shown: without the secrets of a CONNECT.
pub fn without_secrets(op: &ClientOp) -> Cow<'_, ClientOp> {
    let ClientOp::Connect(json) = op else { return Cow::Borrowed(op) };
    let Ok(mut connect) = crate::json::read::<Connect>(json) else {
        return Cow::Owned(ClientOp::Connect("{}".into()));
    };
    let secrets = [&mut connect.pass, &mut connect.auth_token, &mut connect.sig, &mut connect.jwt];
    let given = secrets.into_iter().flatten().map(|secret| *secret = "[REDACTED]".to_owned()).count();
    match given {
        0 => Cow::Borrowed(op),
        _ => Cow::Owned(ClientOp::Connect(crate::json::write(&connect).into_bytes().into())),
    }
}
