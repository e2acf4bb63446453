//! Who a connection says it is for a while: another name, and other inboxes.
//!
//! One connection serves many commands, each of which may want its own. The ways in are [`Client::named`] and
//! [`Client::with_inbox_prefix`]. Source: NATS docs "Client Protocol", CONNECT.

use super::{Client, Inner};
use crate::client::Error;
use crate::client::request::Inbox;
use crate::subject::Subject;
use std::rc::Rc;

/// The connection has another name as long as this is held; of several, the one that was taken last.
pub struct Alias {
    client: Client,
    number: u64,
}

impl Client {
    /// Gives the connection this name. The server knows of it before anything that is sent from now on.
    pub fn named(&self, name: &str) -> Alias {
        let number = self.change(|inner| inner.take_name(name));
        Alias { client: self.clone(), number }
    }

    /// The same connection with inboxes of its own: `mine` instead of `_INBOX`.
    pub fn with_inbox_prefix(mut self, prefix: &str) -> Client {
        self.inbox_prefix = Some(prefix.into());
        self
    }

    /// What its inboxes begin with.
    pub fn inbox_prefix(&self) -> Rc<str> {
        self.inbox_prefix.clone().unwrap_or_else(|| self.shared.0.borrow().inbox_prefix.clone())
    }

    /// A subject nobody else listens on.
    pub fn new_inbox(&self) -> Subject {
        format!("{}.{}", self.inbox_prefix(), self.nuid()).into()
    }

    /// Listens no more where answers arrive under a prefix of one's own, unless one is still waited for.
    pub fn leave_inbox(&self) {
        let Some(under) = &self.inbox_prefix else { return };
        self.change(|inner| {
            let idle = inner.requests.take_idle(under);
            idle.map(|sid| inner.connection.unsubscribe(sid, None));
        });
    }
}

impl Inner {
    /// Where answers to requests arrive; listens there from the first on.
    pub(super) fn answers_arrive(&mut self, under: &str) -> Result<Inbox, Error> {
        if let Some(inbox) = self.requests.inbox(under) {
            return Ok(inbox.clone());
        }
        let prefix = format!("{under}.{}.", self.rng.nuid());
        let sid = self.connection.subscribe(&format!("{prefix}*"), None)?;
        let inbox = Inbox { sid, under: under.to_owned(), prefix };
        self.requests.listens(inbox.clone());
        Ok(inbox)
    }

    fn take_name(&mut self, name: &str) -> u64 {
        let number = 1 + self.names.last().map_or(0, |(number, _)| *number);
        self.names.push((number, name.to_owned()));
        self.connection.rename(name);
        number
    }

    fn leave_name(&mut self, number: u64) {
        self.names.retain(|(taken, _)| *taken != number);
        let name = self.names.last().map(|(_, name)| name.clone());
        self.connection.rename(&name.unwrap_or_default());
    }
}

impl Drop for Alias {
    fn drop(&mut self) {
        self.client.change(|inner| inner.leave_name(self.number));
    }
}

#[cfg(test)]
mod tests {
    use crate::client::{Client, Options, message};
    use crate::nuid::Rng;
    use crate::time::{Timers, Timestamp};

    fn connected() -> Client {
        let options = Options { name: "one".to_owned(), ..Options::default() };
        let client = Client::new(options, Timers::new(Timestamp(0)), Rng::new(1));
        client.wire_opened();
        client.received(b"INFO {\"max_payload\":100}\r\nPONG\r\n");
        client
    }

    fn sent(client: &Client) -> Vec<String> {
        let bytes = client.poll_outgoing().unwrap_or_default();
        let lines = String::from_utf8_lossy(&bytes).into_owned();
        let name = |line: &str| match line.split_once("\"name\":\"") {
            Some((_, rest)) => format!("CONNECT {}", rest.split('"').next().unwrap_or_default()),
            None => line.to_owned(),
        };
        lines.lines().map(name).collect()
    }

    #[test]
    fn the_latest_name_holds_until_it_is_dropped() {
        let client = connected();
        let listening = client.subscribe("a", Some("q")).expect("a subject");
        assert_eq!(sent(&client), ["CONNECT one", "PING", "SUB a q 1"]);
        let (first, second) = (client.named("two"), client.named("three"));
        assert_eq!(sent(&client), ["CONNECT two", "SUB a q 1", "CONNECT three", "SUB a q 1"]);
        drop(first);
        assert_eq!(sent(&client), [""; 0]);
        drop(second);
        assert_eq!(sent(&client), ["CONNECT one", "SUB a q 1"]);
        drop(listening);
    }

    #[test]
    fn a_name_that_is_taken_without_a_wire_is_told_with_the_next() {
        let client = connected();
        client.wire_closed();
        let alias = client.named("two");
        client.wire_opened();
        client.received(b"INFO {}\r\n");
        assert_eq!(sent(&client), ["CONNECT two", "PING"]);
        drop(alias);
        assert_eq!(sent(&client), ["CONNECT one"]);
    }

    #[test]
    fn inboxes_of_ones_own() {
        let client = connected();
        sent(&client);
        let own = client.clone().with_inbox_prefix("mine");
        assert!(own.new_inbox().starts_with("mine.") && client.new_inbox().starts_with("_INBOX."));
        let first = own.start_request(message("a", None, "1")).expect("it can be sent");
        let lines = sent(&client);
        assert!(lines[0].starts_with("SUB mine.") && lines[1].starts_with("PUB a mine."), "{lines:?}");
        own.leave_inbox();
        assert_eq!(sent(&client), [""; 0], "an answer is still waited for");
        drop(first);
        own.leave_inbox();
        assert!(sent(&client)[0].starts_with("UNSUB "));
        let _second = client.start_request(message("a", None, "2")).expect("it can be sent");
        assert!(sent(&client)[0].starts_with("SUB _INBOX."));
    }
}
