//! Which milestones are reached: answers of the server and the trace, put to every check.
//!
//! Holds for the server in the page and for a real one alike, because it asks with a [`Client`] and follows what was
//! recorded. A milestone that was reached once stays reached.

use super::Milestone;
use super::expression::{Facts, Figure};
use super::trace::{Pattern, Record, Trace};
use crate::api::{ConsumerInfo, StreamInfo};
use crate::client::Client;
use crate::json;
use crate::map::{Map, Set};
use bytes::Bytes;
use serde_json::Value;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// How long to gather what happens before asking the server again.
const GATHER: Duration = Duration::from_millis(20);
/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something to ask the server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    Stream(String),
    Consumer(String, String),
    Kv(String, String),
}

/// What the server answered. What is not in it does not exist.
pub type Answers = Map<Question, Answer>;

/// An answer, read as far as a milestone asks: there may be one for every message, and most of it concerns nobody.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Stream(Bytes),
    Consumer(Bytes),
    Kv(String),
}

impl Answer {
    /// A field. What the server leaves out is at its default; numbers are the ones compared, so that reads as 0.
    pub fn at_path(&self, path: &str) -> Option<Value> {
        let text = match self {
            Answer::Stream(text) | Answer::Consumer(text) => text,
            Answer::Kv(value) => return Some(Value::String(value.clone())),
        };
        let told = json::find(text, path).and_then(|text| json::parse(text).ok()).filter(|told| !told.is_null());
        told.or_else(|| Some(at_path(&self.completed()?, path)))
    }

    /// With everything the server left out.
    fn completed(&self) -> Option<Value> {
        match self {
            Answer::Stream(text) => json::read(text).ok().map(|info: StreamInfo| json::to_value(&info)),
            Answer::Consumer(text) => json::read(text).ok().map(|info: ConsumerInfo| json::to_value(&info)),
            Answer::Kv(_) => None,
        }
    }
}

/// The milestones of one lesson and how far they are.
#[derive(Debug)]
pub struct Checker {
    milestones: Vec<Milestone>,
    trace: Trace,
    answers: Answers,
    bets: Set<String>,
    reached: Set<String>,
}

impl Checker {
    pub fn new(milestones: Vec<Milestone>) -> Checker {
        let mut trace = Trace::default();
        for milestone in &milestones {
            milestone.check.figures(&mut |figure| trace.follow(figure));
        }
        Checker { milestones, trace, answers: Answers::new(), bets: Set::new(), reached: Set::new() }
    }

    pub fn record(&mut self, record: &Record) {
        self.trace.record(record);
    }

    /// Whether any milestone speaks of events of this kind.
    pub fn asks_for(&self, kind: &str) -> bool {
        self.trace.asks_for(kind)
    }

    pub fn record_bet(&mut self, id: &str) {
        self.bets.insert(id.to_owned());
    }

    pub fn has_reached(&self, milestone: &str) -> bool {
        self.reached.contains(milestone)
    }

    /// In the lesson's order.
    pub fn reached(&self) -> Vec<String> {
        let ids = self.milestones.iter().map(|milestone| &milestone.id);
        ids.filter(|id| self.reached.contains(*id)).cloned().collect()
    }

    pub fn is_solved(&self) -> bool {
        self.reached.len() == self.milestones.len()
    }

    /// Which part of an unreached milestone is false, in words.
    pub fn why_not(&self, milestone: &str) -> Option<String> {
        self.milestones.iter().find(|known| known.id == milestone)?.check.why_not(self)
    }

    /// Whether a milestone follows what only the server's advisories tell on a server that is not in the page.
    pub fn needs_advisories(&self, milestone: &str) -> bool {
        let mut needs = false;
        let told = |pattern: &Pattern| matches!(pattern.kind.as_str(), "given_up" | "advisory");
        if let Some(milestone) = self.milestones.iter().find(|known| known.id == milestone) {
            milestone.check.figures(&mut |figure| {
                needs |= match figure {
                    Figure::Count(pattern) | Figure::Distinct(pattern, _) => told(pattern),
                    Figure::Order(patterns) => patterns.iter().any(told),
                    Figure::Gap(from, to) => told(from) || told(to),
                    _ => false,
                }
            });
        }
        needs
    }

    /// What the unreached milestones have to know from the server.
    pub fn questions(&self) -> Set<Question> {
        let mut questions = Set::new();
        for milestone in self.milestones.iter().filter(|milestone| !self.reached.contains(&milestone.id)) {
            milestone.check.figures(&mut |figure| questions.extend(question(figure)));
        }
        questions
    }

    /// Takes in the server's answers; returns what is newly reached.
    pub fn evaluate(&mut self, answers: Answers) -> Vec<String> {
        self.answers = answers;
        let holds = |milestone: &&Milestone| !self.reached.contains(&milestone.id) && milestone.check.holds(self);
        let new: Vec<String> = self.milestones.iter().filter(holds).map(|milestone| milestone.id.clone()).collect();
        self.reached.extend(new.iter().cloned());
        new
    }
}

fn question(figure: &Figure) -> Option<Question> {
    match figure {
        Figure::Stream { name, .. } => Some(Question::Stream(name.clone())),
        Figure::Consumer { stream, name, .. } => Some(Question::Consumer(stream.clone(), name.clone())),
        Figure::Kv { bucket, key } => Some(Question::Kv(bucket.clone(), key.clone())),
        _ => None,
    }
}

impl Facts for Checker {
    fn value(&self, figure: &Figure) -> Option<Value> {
        match figure {
            Figure::Literal(value) => Some(value.clone()),
            Figure::Bet(id) => Some(self.bets.contains(id).into()),
            Figure::Stream { path, .. } | Figure::Consumer { path, .. } => {
                self.answers.get(&question(figure)?)?.at_path(path)
            }
            Figure::Kv { .. } => self.answers.get(&question(figure)?)?.at_path(""),
            _ => self.trace.value(figure),
        }
    }

    fn came(&self, order: &[Pattern]) -> usize {
        self.trace.came(order)
    }
}

fn at_path(answer: &Value, path: &str) -> Value {
    let value = path.split('.').try_fold(answer, |value, part| value.get(part));
    value.cloned().unwrap_or_else(|| 0.into())
}

/// Asks the server. Something that does not exist, or is not answered in time, is left out.
pub async fn ask(client: &Client, questions: Set<Question>) -> Answers {
    let jetstream = client.jetstream().with_timeout(PATIENCE);
    let mut answers = Answers::new();
    for question in questions {
        let answer = match &question {
            Question::Stream(name) => jetstream.stream_answer(name).await.map(Answer::Stream),
            Question::Consumer(stream, name) => jetstream.consumer_answer(stream, name).await.map(Answer::Consumer),
            Question::Kv(bucket, key) => {
                let subject = format!("$KV.{bucket}.{key}");
                let last = jetstream.last_message(&format!("KV_{bucket}"), &subject).await;
                last.map(|message| {
                    let data = crate::base64::BASE64.decode(message.data.as_bytes()).unwrap_or_default();
                    Answer::Kv(String::from_utf8_lossy(&data).into_owned())
                })
            }
        };
        if let Ok(answer) = answer {
            answers.insert(question, answer);
        }
    }
    answers
}

/// Says that something happened, to one that waits for it.
#[derive(Clone, Default)]
pub struct Signal {
    inner: Rc<RefCell<(bool, Option<std::task::Waker>)>>,
}

impl Signal {
    pub fn raise(&self) {
        let waker = {
            let mut inner = self.inner.borrow_mut();
            inner.0 = true;
            inner.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Done when it was raised since the last time.
    pub async fn raised(&self) {
        std::future::poll_fn(|context| {
            let mut inner = self.inner.borrow_mut();
            if std::mem::take(&mut inner.0) {
                return std::task::Poll::Ready(());
            }
            inner.1 = Some(context.waker().clone());
            std::task::Poll::Pending
        })
        .await
    }
}

/// Checks whenever `happened` is raised, until everything is reached.
pub async fn watch(checker: Rc<RefCell<Checker>>, client: Client, happened: Signal) {
    loop {
        let questions = checker.borrow().questions();
        let answers = ask(&client, questions).await;
        checker.borrow_mut().evaluate(answers);
        if checker.borrow().is_solved() {
            return;
        }
        happened.raised().await;
        client.timers().sleep(GATHER).await;
    }
}
