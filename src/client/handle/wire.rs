//! The side of a client that whoever owns its wire works with.

use super::{Client, Error, Inner};
use crate::client::Notice;
use crate::client::connection::State;
use crate::client::event::Fact;
use crate::protocol::{DecodeError, ServerOp};
use bytes::Bytes;
use std::task::{Context, Poll};

impl Client {
    /// A wire is there; the server's INFO will follow. Also after a break: subscriptions are sent again.
    pub fn wire_opened(&self) {
        self.change(|inner| {
            inner.refusal = None;
            let unanswered = inner.connection.wire_opened();
            inner.give_up_pings(unanswered);
        });
    }

    /// The wire leads, or will lead, to this address.
    pub fn leads_to(&self, url: &str) {
        let addresses = &mut self.shared.0.borrow_mut().addresses;
        addresses.retain(|known| known != url);
        addresses.push(url.to_owned());
    }

    /// Where the wire leads, if it was said.
    pub fn address(&self) -> Option<String> {
        self.shared.0.borrow().addresses.last().cloned()
    }

    /// Where its wires have led: servers that stand for one another.
    pub fn addresses(&self) -> Vec<String> {
        self.shared.0.borrow().addresses.clone()
    }

    /// The wire broke. What is published from now on is kept (up to a bound) until the next `wire_opened`.
    pub fn wire_closed(&self) {
        self.change(|inner| {
            let had_wire = !matches!(inner.connection.state(), State::Offline | State::Closed);
            let was_ready = inner.connection.state() == State::Ready;
            let unanswered = inner.connection.wire_closed();
            inner.give_up_pings(unanswered);
            if had_wire {
                inner.record(Fact::Disconnected);
            }
            if was_ready {
                inner.tell(Notice::Disconnected);
            }
        });
    }

    /// There was a connection, and now there is no wire.
    pub fn is_cut_off(&self) -> bool {
        let inner = self.shared.0.borrow();
        inner.was_ready && inner.connection.state() == State::Offline
    }

    /// Bytes arrived, split anywhere.
    pub fn received(&self, bytes: &[u8]) {
        self.change(|inner| inner.received(bytes));
    }

    /// The same, where the wire's owner has read the bytes already.
    pub fn take_in(&self, op: ServerOp) {
        self.change(|inner| inner.take_in(op));
    }

    /// What the server sent is no protocol; [`Client::wants_hangup`] from now on, until the next wire.
    pub fn misunderstood(&self, error: &DecodeError) {
        self.change(|inner| {
            inner.connection.misunderstood();
            inner.complain(Error::Server(error.to_string()));
        });
    }

    /// Sends a PING whose answer nobody waits for: a wire that still carries brings something back.
    pub fn probe(&self) {
        self.change(|inner| inner.connection.ping());
    }

    /// Bytes to carry to the server; `None` when there are none. Wakes the waker of `poll_wire` when more appear.
    pub fn poll_outgoing(&self) -> Option<Bytes> {
        // Asked after everything that happens, and mostly there is nothing.
        if !self.shared.0.borrow().connection.has_outgoing() {
            return None;
        }
        self.change(Inner::take_outgoing)
    }

    /// Bytes to carry to the server; wakes `context` when there are some, and once [`Client::wants_hangup`] turns true.
    pub fn poll_wire(&self, context: &mut Context<'_>) -> Poll<Bytes> {
        match self.poll_outgoing() {
            Some(bytes) => Poll::Ready(bytes),
            None => {
                self.shared.0.borrow_mut().wire = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Whether there is anything for the wire's owner to do: to carry bytes, or to hang up.
    pub fn wants_its_wire(&self) -> bool {
        let inner = self.shared.0.borrow();
        inner.connection.has_outgoing() || inner.wants_hangup()
    }

    /// Whether the wire's owner should cut it after carrying what is left: the client was closed, or the server spoke
    /// no protocol.
    pub fn wants_hangup(&self) -> bool {
        self.shared.0.borrow().wants_hangup()
    }
}
