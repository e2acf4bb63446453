//! Leaving without losing what is on its way.
//!
//! Source: the `Conn.Drain` of the Go client says the order:
//! subscriptions end first, their messages are read, what that led to is sent, then the connection ends.

use super::{Client, Inner};
use crate::client::Error;
use crate::client::connection::State;
use std::time::Duration;

/// How long what has arrived may wait to be read, as in the Go client.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How often is looked whether everything was read.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

impl Client {
    /// Ends the connection once nothing is on its way any more.
    ///
    /// The server is told that nobody listens; what it had sent before is read by whoever holds the subscriptions, and
    /// what they publish meanwhile still leaves. Answers to requests are waited for by those who asked.
    /// Errors: [`Error::Timeout`] when somebody does not read within thirty seconds, [`Error::Closed`] when the wire broke.
    /// The connection is closed in any case.
    pub async fn drain(&self) -> Result<(), Error> {
        let drained = self.read_to_the_end().await;
        self.close();
        drained
    }

    async fn read_to_the_end(&self) -> Result<(), Error> {
        let sids = self.change(Inner::stop_listening)?;
        // Whatever the server sent before it heard of that is here before its PONG.
        self.flush().await?;
        self.change(|inner| sids.iter().for_each(|sid| inner.end_mailbox(*sid, None)));
        let everything_read = async {
            while self.has_unread(&sids) {
                self.timers.sleep(LOOK_AGAIN).await;
            }
        };
        self.timers.timeout(READ_TIMEOUT, everything_read).await.map_err(|_| Error::Timeout)?;
        self.flush().await.map(|_| ())
    }

    fn has_unread(&self, sids: &[u64]) -> bool {
        let inner = self.shared.0.borrow();
        sids.iter().filter_map(|sid| inner.mailboxes.get(sid)).any(|mailbox| !mailbox.messages.is_empty())
    }
}

impl Inner {
    /// Tells the server to send no more on any subscription but that of answers; returns which they were.
    fn stop_listening(&mut self) -> Result<Vec<u64>, Error> {
        if self.connection.state() != State::Ready {
            return Err(Error::Closed);
        }
        let listening = self.mailboxes.iter().filter(|(sid, mailbox)| !mailbox.ended && !self.requests.is_inbox(**sid));
        let sids: Vec<u64> = listening.map(|(sid, _)| *sid).collect();
        sids.iter().for_each(|sid| self.connection.send_no_more(*sid));
        Ok(sids)
    }
}
