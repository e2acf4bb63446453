//! Services: endpoints that answer requests, and answer for themselves when somebody asks who is there.
//!
//! A service listens on its endpoints in a queue group and on `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS` alone. Nothing runs
//! in the background: whoever serves calls [`Service::next`], which answers questions about the service by itself and
//! returns requests to it. The ways in are [`Client::add_service`] and [`Client::discover`].
//! Source: ADR-32; what nats.go's micro package puts on the wire.

use super::{Client, Error, Gather, Subscription};
use crate::json::{FromJson, ToJson};
use crate::map::Map;
use crate::protocol::{Headers, Message};
use crate::time::Timestamp;
use bytes::Bytes;
use futures::Stream;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

pub const DEFAULT_QUEUE_GROUP: &str = "q";
/// Answers come together; after this much silence there are no more.
const DISCOVERY_STALL: Duration = Duration::from_millis(300);

/// What can be asked of every service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Ping,
    Info,
    Stats,
}

impl Verb {
    pub const ALL: [Verb; 3] = [Verb::Ping, Verb::Info, Verb::Stats];

    /// `$SRV.<verb>`, of all services, of those with a name, or of one of them.
    pub fn subject(self, name: Option<&str>, id: Option<&str>) -> String {
        let verb = match self {
            Verb::Ping => "PING",
            Verb::Info => "INFO",
            Verb::Stats => "STATS",
        };
        let rest = [name, name.and(id)].into_iter().flatten();
        rest.fold(format!("$SRV.{verb}"), |subject, token| format!("{subject}.{token}"))
    }
}

/// Who a service is. Also the whole answer to a ping.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct Identity {
    pub name: String,
    pub id: String,
    pub version: String,
    pub metadata: Map<String, String>,
    #[json(rename = "type")]
    pub kind: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct ServiceInfo {
    #[json(flatten)]
    pub identity: Identity,
    pub description: String,
    pub endpoints: Vec<EndpointInfo>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct EndpointInfo {
    pub name: String,
    pub subject: String,
    pub queue_group: String,
    pub metadata: Option<Map<String, String>>,
}

#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson)]
#[json(default)]
pub struct ServiceStats {
    #[json(flatten)]
    pub identity: Identity,
    #[json(written = "crate::time::zero_time::Written", slot = "crate::time::zero_time::Slot")]
    pub started: Option<Timestamp>,
    pub endpoints: Vec<EndpointStats>,
}

/// Times are in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson)]
#[json(default)]
pub struct EndpointStats {
    pub name: String,
    pub subject: String,
    pub queue_group: String,
    pub num_requests: u64,
    pub num_errors: u64,
    pub last_error: String,
    pub processing_time: u64,
    pub average_processing_time: u64,
    #[json(omit_empty)]
    pub data: Option<serde_json::Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceConfig {
    pub name: String,
    /// Semantic, such as `1.0.0`.
    pub version: String,
    pub description: String,
    pub metadata: Map<String, String>,
}

/// A service at work. Dropping it ends it.
pub struct Service {
    client: Client,
    info: ServiceInfo,
    started: Timestamp,
    questions: Vec<(Verb, Subscription)>,
    endpoints: Vec<(Subscription, EndpointStats)>,
}

/// Somebody wants something of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRequest {
    pub message: Message,
    endpoint: usize,
    began: Timestamp,
}

enum Incoming {
    Question(Verb, Message),
    Request(usize, Message),
}

impl Client {
    /// Starts a service without endpoints; add them with [`Service::add_endpoint`].
    ///
    /// Errors: [`Error::InvalidName`] for a name that is no single token, or no version at all.
    pub fn add_service(&self, config: &ServiceConfig) -> Result<Service, Error> {
        check_name("service", &config.name)?;
        if config.version.is_empty() {
            return Err(Error::InvalidName("service version", String::new()));
        }
        let id = self.nuid();
        let mut questions = Vec::new();
        for verb in Verb::ALL {
            for (name, id) in [(None, None), (Some(config.name.as_str()), None), (Some(&config.name), Some(&*id))] {
                questions.push((verb, self.subscribe(&verb.subject(name, id), None)?));
            }
        }
        let identity = Identity {
            name: config.name.clone(),
            id,
            version: config.version.clone(),
            metadata: config.metadata.clone(),
            kind: String::new(),
        };
        let info = ServiceInfo { identity, description: config.description.clone(), endpoints: Vec::new() };
        let started = self.timers().now();
        Ok(Service { client: self.clone(), info, started, questions, endpoints: Vec::new() })
    }

    /// Asks all services, or those of a name or id, and gathers the documents they answer with: [`Identity`] for a
    /// ping, [`ServiceInfo`] or [`ServiceStats`]. Answers that are none are left out.
    pub async fn discover<A: FromJson>(
        &self,
        verb: Verb,
        name: Option<&str>,
        id: Option<&str>,
        timeout: Duration,
    ) -> Result<Vec<A>, Error> {
        let message = Message::new(verb.subject(name, id), "{}");
        let gather = Gather { timeout, stall: Some(DISCOVERY_STALL), max: None };
        match self.request_many(message, gather).await {
            Ok(answers) => Ok(answers.iter().filter_map(|it| crate::json::read(&it.payload).ok()).collect()),
            Err(Error::NoResponders) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

impl Service {
    pub fn info(&self) -> &ServiceInfo {
        &self.info
    }

    pub fn id(&self) -> &str {
        &self.info.identity.id
    }

    /// Listens for requests on `subject`, sharing them with everybody in `queue_group` ([`DEFAULT_QUEUE_GROUP`]).
    pub fn add_endpoint(&mut self, name: &str, subject: &str, queue_group: Option<&str>) -> Result<(), Error> {
        check_name("endpoint", name)?;
        let queue_group = queue_group.unwrap_or(DEFAULT_QUEUE_GROUP).to_owned();
        let subscription = self.client.subscribe(subject, Some(&queue_group))?;
        let (name, subject) = (name.to_owned(), subject.to_owned());
        let stats = EndpointStats {
            name: name.clone(),
            subject: subject.clone(),
            queue_group: queue_group.clone(),
            ..EndpointStats::default()
        };
        self.info.endpoints.push(EndpointInfo { name, subject, queue_group, metadata: None });
        self.endpoints.push((subscription, stats));
        Ok(())
    }

    /// What the endpoints have done so far.
    pub fn stats(&self) -> ServiceStats {
        let endpoints = self.endpoints.iter().map(|(_, stats)| stats.clone()).collect();
        ServiceStats { identity: self.identity("stats"), started: Some(self.started), endpoints }
    }

    /// Attaches a document of the service's own to an endpoint's statistics.
    pub fn set_endpoint_data(&mut self, endpoint: &str, data: serde_json::Value) {
        if let Some((_, stats)) = self.endpoints.iter_mut().find(|(_, stats)| stats.name == endpoint) {
            stats.data = Some(data);
        }
    }

    fn identity(&self, document: &str) -> Identity {
        Identity { kind: format!("io.nats.micro.v1.{document}_response"), ..self.info.identity.clone() }
    }

    /// The next request; questions about the service are answered meanwhile. `None` once the connection is closed.
    pub async fn next(&mut self) -> Option<ServiceRequest> {
        loop {
            match poll_fn(|context| self.poll_incoming(context)).await? {
                Incoming::Question(verb, message) => self.answer(verb, message),
                Incoming::Request(endpoint, message) => {
                    let began = self.client.timers().now();
                    return Some(ServiceRequest { message, endpoint, began });
                }
            }
        }
    }

    fn poll_incoming(&mut self, context: &mut Context<'_>) -> Poll<Option<Incoming>> {
        for (verb, subscription) in &mut self.questions {
            if let Poll::Ready(message) = Pin::new(subscription).poll_next(context) {
                return Poll::Ready(message.map(|message| Incoming::Question(*verb, message)));
            }
        }
        for (index, (subscription, _)) in self.endpoints.iter_mut().enumerate() {
            if let Poll::Ready(message) = Pin::new(subscription).poll_next(context) {
                return Poll::Ready(message.map(|message| Incoming::Request(index, message)));
            }
        }
        Poll::Pending
    }

    fn answer(&self, verb: Verb, question: Message) {
        let Some(reply) = question.reply else { return };
        let document = match verb {
            Verb::Ping => crate::json::write(&self.identity("ping")),
            Verb::Info => crate::json::write(&ServiceInfo { identity: self.identity("info"), ..self.info.clone() }),
            Verb::Stats => crate::json::write(&self.stats()),
        };
        // Who asked may be gone, and a closed connection ends `next` anyway.
        let _ = self.client.publish(Message::new(reply, document));
    }

    /// Answers a request.
    pub fn respond(
        &mut self,
        request: &ServiceRequest,
        headers: Option<Headers>,
        payload: impl Into<Bytes>,
    ) -> Result<(), Error> {
        self.finish(request, None);
        let reply = request.message.reply.clone().ok_or(Error::NoReply)?;
        self.client.publish(Message { subject: reply, reply: None, headers, payload: payload.into() })
    }

    /// Tells the requester what went wrong; counted in the statistics.
    pub fn respond_error(&mut self, request: &ServiceRequest, code: u16, description: &str) -> Result<(), Error> {
        self.finish(request, Some(format!("{code}:{description}")));
        let reply = request.message.reply.clone().ok_or(Error::NoReply)?;
        let headers =
            Headers::new().and("Nats-Service-Error", description).and("Nats-Service-Error-Code", &code.to_string());
        self.client.publish(Message::new(reply, "").with_headers(headers))
    }

    fn finish(&mut self, request: &ServiceRequest, error: Option<String>) {
        let took = self.client.timers().now().since(request.began);
        let Some((_, stats)) = self.endpoints.get_mut(request.endpoint) else { return };
        stats.num_requests += 1;
        stats.processing_time += u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        stats.average_processing_time = stats.processing_time / stats.num_requests;
        if let Some(error) = error {
            stats.num_errors += 1;
            stats.last_error = error;
        }
    }
}

impl ServiceRequest {
    /// The index of the endpoint it came to, in the order they were added.
    pub fn endpoint(&self) -> usize {
        self.endpoint
    }
}

fn check_name(what: &'static str, name: &str) -> Result<(), Error> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(is_good) { Ok(()) } else { Err(Error::InvalidName(what, name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_go_to_all_to_a_name_or_to_one() {
        assert_eq!(Verb::Ping.subject(None, None), "$SRV.PING");
        assert_eq!(Verb::Info.subject(Some("demo"), None), "$SRV.INFO.demo");
        assert_eq!(Verb::Stats.subject(Some("demo"), Some("X")), "$SRV.STATS.demo.X");
        assert_eq!(Verb::Stats.subject(None, Some("X")), "$SRV.STATS");
    }

    #[test]
    fn an_answer_reads_as_nats_go_writes_it() {
        let kind = "io.nats.micro.v1.ping_response".to_owned();
        let identity =
            Identity { name: "demo".into(), id: "X".into(), version: "1.0.0".into(), kind, ..Default::default() };
        let expected = concat!(
            r#"{"name":"demo","id":"X","version":"1.0.0","metadata":{},"#,
            r#""type":"io.nats.micro.v1.ping_response"}"#
        );
        assert_eq!(crate::json::write(&identity), expected);
    }
}
