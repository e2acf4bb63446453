//! Requests under way: one wildcard inbox for all of them under one prefix, one token for each.
//!
//! Source: NATS docs "Request-Reply"; the Go client's `_INBOX.<nuid>.*`.

use super::connection::is_no_responders;
use super::{Client, Error};
use crate::map::Map;
use crate::protocol::Message;
use crate::subject::Subject;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Length of the token behind the inbox, as in the Go client.
pub(super) const TOKEN_LENGTH: usize = 8;

#[derive(Default)]
pub(super) struct Requests {
    inboxes: Vec<Inbox>,
    waiting: Map<String, Waiting>,
}

/// Where answers arrive.
#[derive(Clone)]
pub(super) struct Inbox {
    pub sid: u64,
    /// `_INBOX`, or what a user of the connection has instead.
    pub under: String,
    /// `_INBOX.<nuid>.`
    pub prefix: String,
}

struct Waiting {
    sid: u64,
    subject: Subject,
    answer: Option<Result<Message, Error>>,
    waker: Option<Waker>,
}

impl Requests {
    pub fn begin(&mut self, token: String, sid: u64, subject: Subject) {
        self.waiting.insert(token, Waiting { sid, subject, answer: None, waker: None });
    }

    pub fn inbox(&self, under: &str) -> Option<&Inbox> {
        self.inboxes.iter().find(|inbox| inbox.under == under)
    }

    pub fn listens(&mut self, inbox: Inbox) {
        self.inboxes.push(inbox);
    }

    pub fn is_inbox(&self, sid: u64) -> bool {
        self.inboxes.iter().any(|inbox| inbox.sid == sid)
    }

    /// Nobody listens there any more. Returns who must be woken, because no answer can come.
    pub fn refused(&mut self, sids: &[u64], error: &Error) -> Vec<Waker> {
        self.inboxes.retain(|inbox| !sids.contains(&inbox.sid));
        self.fail_those(|waiting| sids.contains(&waiting.sid), error)
    }

    /// Takes away the inbox under this prefix, unless somebody waits there.
    pub fn take_idle(&mut self, under: &str) -> Option<u64> {
        let sid = self.inbox(under)?.sid;
        if self.waiting.values().any(|waiting| waiting.sid == sid) {
            return None;
        }
        self.inboxes.retain(|inbox| inbox.sid != sid);
        Some(sid)
    }

    pub fn end(&mut self, token: &str) {
        self.waiting.remove(token);
    }

    /// An answer arrived. Late and unknown ones are dropped. Returns who must be woken.
    pub fn answered(&mut self, sid: u64, message: Message) -> Option<Waker> {
        let inbox = self.inboxes.iter().find(|inbox| inbox.sid == sid)?;
        let token = message.subject.strip_prefix(inbox.prefix.as_str())?;
        let waiting = self.waiting.get_mut(token)?;
        let answer = if is_no_responders(&message) { Err(Error::NoResponders) } else { Ok(message) };
        waiting.answer.get_or_insert(answer);
        waiting.waker.take()
    }

    /// Fails those that published on `subject`, or all.
    pub fn fail(&mut self, subject: Option<&Subject>, error: &Error) -> Vec<Waker> {
        self.fail_those(|waiting| subject.is_none_or(|one| *one == waiting.subject), error)
    }

    fn fail_those(&mut self, is_concerned: impl Fn(&Waiting) -> bool, error: &Error) -> Vec<Waker> {
        let concerned = self.waiting.values_mut().filter(|waiting| is_concerned(waiting));
        concerned
            .filter_map(|waiting| {
                waiting.answer.get_or_insert(Err(error.clone()));
                waiting.waker.take()
            })
            .collect()
    }

    pub fn poll_answer(&mut self, token: &str, context: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        let Some(waiting) = self.waiting.get_mut(token) else { return Poll::Ready(Err(Error::Closed)) };
        match waiting.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                waiting.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// When to stop waiting for more answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gather {
    /// At the latest after so long.
    pub timeout: Duration,
    /// Once nothing came for so long after an answer.
    pub stall: Option<Duration>,
    /// Once so many came.
    pub max: Option<usize>,
}

impl Client {
    /// Publishes and gathers the answers of everybody who has one.
    ///
    /// Errors: [`Error::NoResponders`]; silence is an empty list.
    pub async fn request_many(&self, message: Message, gather: Gather) -> Result<Vec<Message>, Error> {
        let inbox = self.new_inbox();
        let mut incoming = self.subscribe(&inbox, None)?;
        self.publish(message.with_reply(inbox))?;
        let end = self.timers().now() + gather.timeout;
        let mut answers = Vec::new();
        while gather.max.is_none_or(|max| answers.len() < max) {
            let stalled = gather.stall.filter(|_| !answers.is_empty()).map(|stall| self.timers().now() + stall);
            let deadline = stalled.map_or(end, |stalled| stalled.min(end));
            let Ok(answer) = self.timers().timeout_at(deadline, incoming.next()).await else { break };
            let answer = answer.ok_or(Error::Closed)?;
            if is_no_responders(&answer) {
                return Err(Error::NoResponders);
            }
            answers.push(answer);
        }
        Ok(answers)
    }
}
