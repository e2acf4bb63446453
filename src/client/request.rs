//! Requests under way: one wildcard inbox for all of them, one token for each.
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
    /// The subscription all answers arrive on, once there was a request.
    pub sid: Option<u64>,
    /// `_INBOX.<nuid>.`
    pub prefix: String,
    waiting: Map<String, Waiting>,
}

struct Waiting {
    subject: Subject,
    answer: Option<Result<Message, Error>>,
    waker: Option<Waker>,
}

impl Requests {
    pub fn begin(&mut self, token: String, subject: Subject) {
        self.waiting.insert(token, Waiting { subject, answer: None, waker: None });
    }

    pub fn end(&mut self, token: &str) {
        self.waiting.remove(token);
    }

    /// An answer arrived. Late and unknown ones are dropped. Returns who must be woken.
    pub fn answered(&mut self, message: Message) -> Option<Waker> {
        let token = message.subject.strip_prefix(self.prefix.as_str())?;
        let waiting = self.waiting.get_mut(token)?;
        let answer = if is_no_responders(&message) { Err(Error::NoResponders) } else { Ok(message) };
        waiting.answer.get_or_insert(answer);
        waiting.waker.take()
    }

    /// Fails those that published on `subject`, or all.
    pub fn fail(&mut self, subject: Option<&Subject>, error: &Error) -> Vec<Waker> {
        let concerned = self.waiting.values_mut().filter(|waiting| subject.is_none_or(|one| *one == waiting.subject));
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
