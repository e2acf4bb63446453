//! Why a request was not done: what the API refused, what a direct get did not find, how a pull request ended.
//!
//! The request is known by the message that carried it; its answer leads to it, too. What the error means and which
//! setting is responsible says the table in `causes.rs`; who is in the way, and since when something is gone, says the
//! picture. The way in is [`why`].

use super::causes::{self, By, CAUSES, Cause, STATUSES};
use super::{Why, consumer_of, consumer_setting, last_fact, removal, stream_setting};
use crate::api::message::DeleteMessageRequest;
use crate::api::stream::CreateStreamRequest;
use crate::api::{CreateConsumerRequest, Error, GetMessageRequest, StreamConfig};
use crate::engine::{Fact, MessageId, Name, Origin};
use crate::flow::Flow;
use crate::flow::scene::{ConsumerStrip, SceneModel, Strip};
use crate::flow::settings::{self, Setting};
use crate::flow::step::Step;
use crate::json::{self, Value};
use crate::protocol::Message;
use crate::subject::SubjectFilter;
use crate::time::{Timestamp, format_go_duration};
use std::time::Duration;

/// Why the request that `message` carried, or is the answer to, was not done; `None` where it was, and for everything
/// else.
pub fn why(flow: &Flow, scene: &SceneModel, message: MessageId) -> Option<Why> {
    let request = Request::of(flow, message)?;
    let (step, error) = request.refusal(flow)?;
    let table = if error.err_code == 0 { STATUSES } else { CAUSES };
    let code = if error.err_code == 0 { error.code } else { error.err_code };
    let cause = causes::find(table, code, &error.description);
    let place = Place::of(scene, &request);
    let (by, means) = cause.map_or((By::Nothing, None), |(_, _, by, means)| (*by, Some(*means)));
    let more = more(flow, &place, &request, step, code);
    let done = if request.is_over(&error) { "Ended" } else { "Refused" };
    let means = means.map(|means| format!("{done}: {means}.")).unwrap_or_else(|| format!("{done}."));
    let more = more.map(|more| format!(" {more}")).unwrap_or_default();
    let why = Why::new(format!("{means}{more} The server said \"{}\".", error.description)).because(Some(step));
    Some(why.set_by(place.setting(by, &request)).until(place.room_at(cause), "the first of those that wait is over"))
}

/// Why nobody answered a request to the API at all.
pub fn unanswered(flow: &Flow, scene: &SceneModel, message: MessageId) -> Option<Why> {
    let request = Request::of(flow, message)?;
    let place = Place::of(scene, &request);
    let why = match (request.tokens().as_slice(), place.strip, place.consumer) {
        (["DIRECT", ..], Some(strip), _) => {
            let said = format!("{} does not answer direct gets, so nobody listens there.", strip.name);
            Why::new(said).set_by(settings::named(&strip.config, "allow_direct"))
        }
        (["CONSUMER", "MSG", "NEXT", ..], Some(strip), None) => {
            Why::new(format!("{} has no such consumer, so nobody listens there.", strip.name))
        }
        (_, None, _) if request.stream().is_some() => Why::new("There is no such stream, so nobody listens there."),
        _ => Why::new("This server has no such request, so nobody listens there."),
    };
    let sentence = format!("{} The server said so at once, with status 503.", why.sentence);
    Some(Why { sentence, ..why })
}

/// What was asked.
pub(super) struct Request {
    message: MessageId,
    subject: String,
    reply: Option<String>,
    /// As long as the wire remembers it.
    payload: Option<Value>,
}

impl Request {
    /// The request `message` carried, or is the answer to.
    pub(super) fn of(flow: &Flow, message: MessageId) -> Option<Request> {
        let own = published(flow, message).filter(is_request);
        own.or_else(|| published(flow, flow.answered_by(message)?).filter(is_request))
    }

    /// What it was answered with, and the step that says so.
    fn refusal<'a>(&self, flow: &'a Flow) -> Option<(&'a Step, Error)> {
        let told = last_fact(
            flow,
            |fact| matches!(fact, Fact::Requested { message, error: Some(_), .. } if *message == self.message),
        );
        if let Some(step) = told
            && let Some(Fact::Requested { error: Some(error), .. }) = step.what.fact()
        {
            return Some((step, error.clone()));
        }
        let reply = self.reply.as_deref().filter(|_| self.tokens().starts_with(&["CONSUMER", "MSG", "NEXT"]))?;
        let pull = flow.facts().rev().find_map(|(_, fact)| match fact {
            Fact::PullWaiting { pull, reply: to, stream, consumer, .. } if **to == *reply => {
                Some((*pull, stream.clone(), consumer.clone()))
            }
            _ => None,
        })?;
        let ended = last_fact(flow, |fact| {
            matches!(fact, Fact::PullEnded { pull: id, stream, consumer, .. }
                if (*id, stream, consumer) == (pull.0, &pull.1, &pull.2))
        })?;
        let lines = flow.wire().lines().rev();
        let mut answers = lines.filter_map(|line| line.carried()).filter(|message| *message.subject == *reply);
        let status = answers.find_map(Message::status).filter(|status| status.code >= 400)?;
        let description = status.description.to_owned();
        Some((ended, Error { code: status.code, err_code: 0, description }))
    }

    /// A pull request that was taken and is over.
    fn is_over(&self, error: &Error) -> bool {
        const OVER: [&str; 4] = ["No Messages", "Request Timeout", "Exceeds MaxBytes", "Consumer Deleted"];
        error.err_code == 0 && OVER.iter().any(|part| error.description.contains(part))
    }

    /// The subject's tokens after `$JS.API.`, also in a domain.
    fn tokens(&self) -> Vec<&str> {
        endpoint(&self.subject).map(|endpoint| endpoint.split('.').collect()).unwrap_or_default()
    }

    pub(super) fn stream(&self) -> Option<&str> {
        match self.tokens().as_slice() {
            ["STREAM", "MSG", _, stream, ..]
            | ["STREAM", _, stream, ..]
            | ["CONSUMER", "DURABLE", "CREATE", stream, ..]
            | ["CONSUMER", "MSG", "NEXT", stream, ..]
            | ["CONSUMER", _, stream, ..]
            | ["DIRECT", "GET", stream, ..] => Some(stream),
            _ => None,
        }
    }

    fn consumer(&self) -> Option<String> {
        match self.tokens().as_slice() {
            ["CONSUMER", "DURABLE", "CREATE", _, consumer]
            | ["CONSUMER", "MSG", "NEXT", _, consumer]
            | ["CONSUMER", _, _, consumer, ..] => Some((*consumer).to_owned()),
            ["CONSUMER", ..] => self.asked::<CreateConsumerRequest>().map(|asked| asked.config.name),
            _ => None,
        }
    }

    fn asked<T: json::FromJson>(&self) -> Option<T> {
        json::read(self.payload.as_ref()?.to_string()).ok()
    }

    /// The sequence it speaks of.
    fn seq(&self) -> Option<u64> {
        let seq = match self.tokens().as_slice() {
            ["STREAM", "MSG", "DELETE", _] => self.asked::<DeleteMessageRequest>()?.seq,
            ["STREAM", "MSG", "GET", _] | ["DIRECT", "GET", _] => self.asked::<GetMessageRequest>()?.seq,
            _ => 0,
        };
        Some(seq).filter(|seq| *seq > 0)
    }

    /// What it wanted to be set.
    fn setting(&self, name: &'static str) -> Option<Setting> {
        let known = match self.tokens().first() {
            Some(&"CONSUMER") => {
                let config = self.asked::<CreateConsumerRequest>()?.config;
                settings::of_consumer(&config).into_iter().find(|setting| setting.name == name)
            }
            _ => settings::of_stream(&self.asked::<CreateStreamRequest>()?.config)
                .into_iter()
                .find(|setting| setting.name == name),
        };
        known.or_else(|| {
            let payload = self.payload.as_ref()?;
            let value = payload.get("config").unwrap_or(payload).get(name)?;
            Some(Setting { name, value: said(name, value), meaning: "This is what was asked for.".to_owned() })
        })
    }

    /// `max_age is 24h there, and 1h was asked for`, of what it says something about.
    fn differences(&self, there: &[Setting], asked: &[Setting]) -> Option<String> {
        let payload = self.payload.as_ref()?;
        let document = payload.get("config").unwrap_or(payload);
        let is_said = |setting: &&Setting| document.get(setting.name).is_some();
        let other = |name: &str| asked.iter().find(|setting| setting.name == name);
        let differs = there.iter().filter(is_said).filter_map(|setting| {
            let (name, value) = (setting.name, &setting.value);
            let asked = other(name).map_or("none", |asked| &asked.value);
            (asked != value).then(|| format!("{name} is {value} there, and {asked} was asked for"))
        });
        let is_new = |setting: &&Setting| there.iter().all(|known| known.name != setting.name);
        let new = asked.iter().filter(is_said).filter(is_new);
        let added = new.map(|new| format!("{} {} was asked for and is not there", new.name, new.value));
        let all: Vec<String> = differs.chain(added).collect();
        (!all.is_empty()).then(|| format!("{}.", all.join("; ")))
    }
}

fn is_request(request: &Request) -> bool {
    endpoint(&request.subject).is_some()
}

fn endpoint(subject: &str) -> Option<&str> {
    let (domain, endpoint) = subject.strip_prefix("$JS.")?.split_once("API.")?;
    (domain.is_empty() || domain.ends_with('.')).then_some(endpoint)
}

fn published(flow: &Flow, message: MessageId) -> Option<Request> {
    flow.facts().rev().find_map(|(_, fact)| match fact {
        Fact::Published { message: id, subject, reply, origin: Origin::Client(_), .. } if *id == message => {
            let carried = flow.wire().of_message(message).find_map(|line| line.carried());
            let payload = carried.and_then(|carried| json::parse(&carried.payload).ok());
            let reply = reply.as_ref().map(ToString::to_string);
            Some(Request { message, subject: subject.to_string(), reply, payload })
        }
        _ => None,
    })
}

/// A value of the JSON document, as a person would write it.
fn said(name: &str, value: &Value) -> String {
    const SPANS: &[&str] = &[
        "ack_wait",
        "backoff",
        "duplicate_window",
        "idle_heartbeat",
        "inactive_threshold",
        "max_age",
        "max_expires",
        "priority_timeout",
    ];
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(|value| said(name, value)).collect::<Vec<_>>().join(", "),
        Value::Number(number) if SPANS.contains(&name) => match number.as_u64() {
            Some(nanos) => format_go_duration(Duration::from_nanos(nanos)),
            None => number.to_string(),
        },
        value => value.to_string(),
    }
}

/// What the request speaks of, as it stands.
struct Place<'a> {
    scene: &'a SceneModel,
    strip: Option<&'a Strip>,
    consumer: Option<&'a ConsumerStrip>,
}

impl<'a> Place<'a> {
    fn of(scene: &'a SceneModel, request: &Request) -> Place<'a> {
        let strip = scene.streams.iter().find(|strip| Some(&*strip.name) == request.stream());
        let consumer = strip.zip(request.consumer()).and_then(|(strip, name)| consumer_of(strip, &name));
        Place { scene, strip, consumer }
    }

    fn setting(&self, by: By, request: &Request) -> Option<Setting> {
        match by {
            By::Nothing => None,
            By::Stream(name) => stream_setting(self.strip?, name),
            By::Consumer(name) => consumer_setting(self.consumer?, name),
            By::Asked("subjects") => {
                self.overlapped(request).map(|(_, setting)| setting).or_else(|| request.setting("subjects"))
            }
            By::Asked(name) => request.setting(name),
        }
    }

    /// When there is room for a request again.
    fn room_at(&self, cause: Option<&Cause>) -> Option<Timestamp> {
        cause.filter(|(_, _, by, _)| *by == By::Consumer("max_waiting"))?;
        self.consumer?.pulls.iter().filter_map(|pull| pull.expires).min()
    }

    /// The stream that keeps what the request wants to keep, and its setting.
    fn overlapped(&self, request: &Request) -> Option<(&'a Strip, Setting)> {
        let asked = request.asked::<CreateStreamRequest>()?.config;
        let own = filters(&asked);
        let collides = |strip: &&Strip| {
            *strip.name != *asked.name
                && filters(&strip.config).iter().any(|their| own.iter().any(|own| own.collides_with(their)))
        };
        let strip = self.scene.streams.iter().find(collides)?;
        Some((strip, stream_setting(strip, "subjects")?))
    }
}

fn filters(config: &StreamConfig) -> Vec<SubjectFilter> {
    config.subjects.iter().filter_map(|subject| SubjectFilter::new(subject).ok()).collect()
}

/// What the picture adds: who is in the way, what differs, since when something is gone.
fn more(flow: &Flow, place: &Place<'_>, request: &Request, step: &Step, code: u16) -> Option<String> {
    match code {
        10058 => {
            let asked = settings::of_stream(&request.asked::<CreateStreamRequest>()?.config);
            request.differences(&settings::of_stream(&place.strip?.config), &asked)
        }
        10148 => {
            let asked = settings::of_consumer(&request.asked::<CreateConsumerRequest>()?.config);
            request.differences(&settings::of_consumer(&place.consumer?.config), &asked)
        }
        10065 => {
            let (strip, setting) = place.overlapped(request)?;
            Some(format!("{} keeps {}.", strip.name, setting.value))
        }
        10099 | 10100 => {
            let reads = |consumer: &ConsumerStrip| match consumer.config.filters().as_slice() {
                [] => format!("{} reads everything", consumer.name),
                filters => format!("{} reads {}", consumer.name, filters.join(", ")),
            };
            let readers: Vec<String> = place.strip?.consumers.iter().map(reads).collect();
            (!readers.is_empty()).then(|| format!("{}.", readers.join(", ")))
        }
        10026 => {
            let names: Vec<&str> = place.strip?.consumers.iter().map(|consumer| &*consumer.name).collect();
            (!names.is_empty()).then(|| format!("It has {}.", names.join(", ")))
        }
        10014 | 10149 => gone(flow, step, |fact| {
            matches!(fact, Fact::ConsumerDeleted { stream, consumer }
                if Some(&**stream) == request.stream() && Some(&**consumer) == request.consumer().as_deref())
        }),
        10059 => gone(
            flow,
            step,
            |fact| matches!(fact, Fact::StreamDeleted { stream } if Some(&**stream) == request.stream()),
        ),
        10037 | 10043 | 10057 | 404 => {
            let (strip, seq) = (place.strip?, request.seq()?);
            if seq > strip.last_seq {
                return Some(format!("The newest is {}.", strip.last_seq));
            }
            let is_there = flow.timeline().now().cell(&strip.name, seq).is_some();
            let name: &Name = &strip.name;
            removal::why(flow, Some(strip), name, seq, seq)
                .into_iter()
                .next()
                .filter(|_| !is_there)
                .map(|why| why.sentence)
        }
        _ => None,
    }
}

fn gone(flow: &Flow, refused: &Step, is: impl Fn(&Fact) -> bool) -> Option<String> {
    let step = last_fact(flow, is).filter(|step| step.ordinal < refused.ordinal)?;
    Some(format!("It was deleted at {}.", crate::flow::words::clock(step.at)))
}
