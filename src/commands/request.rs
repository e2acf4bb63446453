//! `nats request`: asks on a subject and shows who answers.

use super::compose::{Bodies, Draft, bodies, cancellable};
use super::grammar::{Argument, Command, Flag};
use super::progress::Progress;
use super::received;
use super::translate::{Body, translated};
use super::{Context, Failure, Matches, Outcome, Place};
use crate::protocol::Message;
use crate::time::format_go_duration;
use futures::future::LocalBoxFuture;
use std::time::Duration;

pub static COMMAND: Command = Command::new("request", "Sends requests and shows the answers")
    .aliases(&["req"])
    .arguments(&[
        Argument::required("subject", "Subject to ask on"),
        Argument::optional("body", "Text of the request; read from standard input when it is missing"),
    ])
    .flags(&[
        Flag::switch("wait", "Waits for an answer").short('w').hidden(),
        Flag::bool("raw", "Shows bodies only").short('r'),
        Flag::header("Adds a header"),
        Flag::int("count", "How many requests").default("1"),
        Flag::int("replies", "Answers to wait for, 0 for all until the timeout").default("1"),
        Flag::duration("reply-timeout", "How long to wait for more answers after the first").default("300ms"),
        Flag::bool("wait-for-empty", "Collects answers until an empty one"),
        Flag::text("translate", "Program each body goes through"),
        Flag::bool("force-stdin", "Reads standard input in any case"),
        Flag::choice("send-on", &["newline", "eof"], "Sends standard input whole or line by line").default("eof"),
        Flag::switch("templates", "Renders {{…}} in body and subject").default("true"),
    ])
    .handler(run);

const MANY: u64 = 20;
const MOST: u64 = 32_767;

pub fn run(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(async move {
        let requester = Requester { context: &context, matches: &matches, draft: Draft::new(&matches) };
        cancellable(&context, requester.run()).await
    })
}

struct Requester<'a> {
    context: &'a Context,
    matches: &'a Matches,
    draft: Draft<'a>,
}

/// How a request ended.
#[derive(PartialEq)]
enum Ended {
    Answered,
    NobodyThere,
}

impl Requester<'_> {
    async fn run(&self) -> Outcome {
        match bodies(self.context, self.matches, false).await {
            Bodies::One(body) => self.repeat(&body).await,
            Bodies::Lines => {
                while let Some(line) = self.context.console.read_input_line().await {
                    // The next line may find somebody.
                    self.repeat(&line).await?;
                }
                Ok(())
            }
        }
    }

    async fn repeat(&self, body: &[u8]) -> Outcome {
        let count = match self.matches.int("count") {
            count if count < 1 => MOST,
            count => count as u64,
        };
        let mut progress = (count > MANY).then(|| Progress::new(self.context, count));
        for number in 1..=count {
            if self.one(body, number, progress.is_some()).await? == Ended::NobodyThere {
                if let Some(mut progress) = progress {
                    progress.stop(self.context, 1);
                }
                return Ok(());
            }
            if let Some(progress) = &mut progress {
                progress.advance(self.context, 1);
            }
        }
        if let Some(mut progress) = progress {
            progress.finish(self.context);
        }
        Ok(())
    }

    async fn one(&self, body: &[u8], number: u64, quiet: bool) -> Result<Ended, Failure> {
        let raw = self.matches.flag("raw");
        let client = &self.context.client;
        let subject = self.draft.subject(self.context, number);
        let mut message = Message::new(subject.as_str(), self.draft.body(self.context, body, number));
        let inbox = format!("{}.{}", client.new_inbox().as_str(), client.random_token(8));
        if !raw && !quiet {
            self.context.log(&format!("Sending request on {subject:?}"));
        }
        let mut answers = client.subscribe(&inbox, None)?;
        message.reply = Some(inbox.as_str().into());
        message.headers = self.draft.headers(self.context, number)?;
        client.publish(message)?;
        let asked_at = self.context.now();
        let mut deadline = asked_at + self.matches.timeout();
        let waits_for_empty = self.matches.flag("wait-for-empty");
        let wanted = if waits_for_empty { MOST as i64 } else { self.matches.int("replies") };
        let (mut received, mut total) = (0u32, Duration::ZERO);
        while let Ok(Some(answer)) = self.context.timers.timeout_at(deadline, answers.next()).await {
            if answer.status().is_some_and(|status| status.code == 503) {
                self.context.log("No responders are available");
                return Ok(Ended::NobodyThere);
            }
            let rtt = self.context.now().since(asked_at);
            received += 1;
            total += rtt;
            if !quiet {
                let of = (answer.subject.as_str(), "");
                let body = translated(self.context, self.matches, &answer.payload, of).await;
                self.show(&answer, &body, rtt);
            }
            // An empty answer is the last of several, too.
            if wanted > 0 && (i64::from(received) >= wanted || answer.payload.is_empty()) {
                break;
            }
            if wanted != 0 {
                deadline = self.context.now() + total / received + self.matches.duration("reply-timeout");
            }
        }
        Ok(Ended::Answered)
    }

    fn show(&self, answer: &Message, body: &Body, rtt: Duration) {
        if !self.matches.flag("raw") {
            let line = format!("Received with rtt {}", format_go_duration(rtt));
            self.context.console.telling(Place::Own, |_| self.context.log(&line));
            if answer.headers.is_some() {
                received::header_lines(answer).for_each(|line| self.context.log(&line));
                self.context.log("");
            }
        }
        received::print_body(self.context, body);
    }
}
