//! What a script is: steps of one client, written with `@` where the script's own tag goes.
//!
//! The tag keeps scripts apart that are played on one server; all tags are of one length, so that bytes count alike.
//! `~` stands for the name the server last made up for a consumer, `<milliseconds>` for a time so much later, `^` for `@`.

use serde_json::Value;
use std::fmt::{Display, Formatter};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A message that asks for an answer: API requests, publishes that want to be acknowledged.
    Request {
        subject: String,
        headers: Vec<String>,
        body: String,
    },
    /// A message nobody answers.
    Publish {
        subject: String,
        headers: Vec<String>,
        body: String,
    },
    /// A pull request with an inbox of its own.
    Pull {
        stream: String,
        consumer: String,
        body: String,
    },
    /// Answers a delivery: the `back`th newest of all, around in a circle. Nothing when there was none.
    Answer {
        back: usize,
        body: String,
        asks: bool,
    },
    Subscribe {
        subject: String,
        queue: Option<String>,
    },
    /// Answers the `back`th newest message of flow control. Nothing when there was none.
    GoOn {
        back: usize,
    },
    /// Until the next slot of the timetable.
    Wait,
    /// Ends the `back`th newest subscription of the script, pulls' inboxes among them.
    Unsubscribe {
        back: usize,
    },
}

pub type Script = Vec<Step>;

impl Step {
    pub fn api(endpoint: &str, body: &Value) -> Step {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Step::Request { subject: format!("$JS.API.{endpoint}"), headers: Vec::new(), body }
    }

    fn body_mut(&mut self) -> Option<&mut String> {
        match self {
            Step::Request { body, .. } | Step::Publish { body, .. } | Step::Pull { body, .. } => Some(body),
            _ => None,
        }
    }

    /// This step with one field less in its JSON body or one header less, in every way there is.
    pub fn smaller(&self) -> Vec<Step> {
        let mut smaller = Vec::new();
        if let Step::Request { headers, .. } | Step::Publish { headers, .. } = self {
            for index in 0..headers.len() {
                let mut step = self.clone();
                if let Step::Request { headers, .. } | Step::Publish { headers, .. } = &mut step {
                    headers.remove(index);
                }
                smaller.push(step);
            }
        }
        let body = self.clone().body_mut().and_then(|body| serde_json::from_str::<Value>(body).ok());
        for value in body.iter().flat_map(without_one_field) {
            let mut step = self.clone();
            if let Some(body) = step.body_mut() {
                *body = value.to_string();
            }
            smaller.push(step);
        }
        smaller
    }
}

fn without_one_field(value: &Value) -> Vec<Value> {
    let Some(object) = value.as_object() else { return Vec::new() };
    let mut found = Vec::new();
    for (name, inner) in object {
        let mut less = object.clone();
        less.remove(name);
        found.push(Value::Object(less));
        for inner in without_one_field(inner) {
            let mut less = object.clone();
            less.insert(name.clone(), inner);
            found.push(Value::Object(less));
        }
    }
    found
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Step::Request { subject, headers, body } => write!(f, "request {subject} {headers:?} {body}"),
            Step::Publish { subject, headers, body } => write!(f, "publish {subject} {headers:?} {body}"),
            Step::Pull { stream, consumer, body } => write!(f, "pull {stream} {consumer} {body}"),
            Step::Answer { back, body, asks } => {
                write!(f, "answer {back} back {body:?}{}", if *asks { " asking" } else { "" })
            }
            Step::Subscribe { subject, queue } => {
                write!(f, "subscribe {subject} {}", queue.as_deref().unwrap_or_default())
            }
            Step::GoOn { back } => write!(f, "go on, {back} back"),
            Step::Wait => write!(f, "wait"),
            Step::Unsubscribe { back } => write!(f, "unsubscribe {back} back"),
        }
    }
}
