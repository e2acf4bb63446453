//! What there is to know about one thing in the scene: figures, settings, and the life of a message.
//!
//! The ways in are [`sheet`] and [`life`]. Figures are those of the scene, under the names the server's API gives them;
//! each knows the part of the picture it counts.

use super::bucket::{Card, Marker, chunk_of};
use super::scene::{Actor, BracketOwner, CellState, ConsumerStrip, SceneModel, Selection, Strip, StripKind, Track};
use super::settings::{self, Setting};
use super::step::{How, Step};
use super::words::{self, bytes, capitalised, figure, range};
use super::{Flow, Story};
use crate::engine::{MessageId, Name};
use crate::time::Timestamp;

/// Part of a strip that a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What is stored.
    Stored,
    /// What was stored and is gone.
    Gone,
    Refused,
    Pending,
    /// Delivered and unanswered.
    InFlight,
    Redelivered,
    GivenUp,
    Delivered,
    AckFloor,
    Pulls,
}

impl Part {
    /// Names the part in a style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Part::Stored => "lit-stored",
            Part::Gone => "lit-gone",
            Part::Refused => "lit-refused",
            Part::Pending => "lit-pending",
            Part::InFlight => "lit-flight",
            Part::Redelivered => "lit-redelivered",
            Part::GivenUp => "lit-given-up",
            Part::Delivered => "lit-delivered",
            Part::AckFloor => "lit-floor",
            Part::Pulls => "lit-pulls",
        }
    }
}

/// Where in the picture something is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    pub stream: Name,
    pub consumer: Option<Name>,
    pub part: Part,
}

/// One number, or one fact as short as a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// As the API calls it, where it has a name for it.
    pub name: &'static str,
    /// In plain words.
    pub label: &'static str,
    pub value: String,
    pub region: Option<Region>,
}

/// Something else worth looking at from here.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub label: String,
    pub selection: Selection,
}

/// What there is to know about one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// `Message`, `Consumer` ...
    pub kind: &'static str,
    pub title: String,
    /// How it stands, in a sentence.
    pub state: String,
    pub figures: Vec<Figure>,
    pub settings: Vec<Setting>,
    pub links: Vec<Link>,
}

/// The thing selected at `now`; `None` when it is no longer there to be seen.
pub fn sheet(flow: &Flow, now: Timestamp, selection: &Selection) -> Option<Sheet> {
    let scene = flow.scene(now);
    let strip = |name: &Name| scene.streams.iter().find(|strip| strip.name == *name);
    match selection {
        Selection::Server => Some(server(&scene)),
        Selection::Actor(name) => {
            scene.actors.iter().find(|actor| actor.name == *name).map(|actor| client(&scene, actor))
        }
        Selection::Track(label) => {
            scene.tracks.iter().find(|track| track.label == *label).map(|track| subject(&scene, track))
        }
        Selection::Stream(name) => strip(name).map(stream),
        Selection::Consumer { stream, consumer } => {
            strip(stream)?.consumers.iter().find(|strip| strip.name == *consumer).map(self::consumer)
        }
        Selection::Message { stream, stream_seq } => message(flow, strip(stream)?, &scene, *stream_seq, None),
        Selection::Delivery { stream, consumer, stream_seq } => {
            message(flow, strip(stream)?, &scene, *stream_seq, Some(consumer))
        }
        Selection::Gap { stream, from, to } => Some(gap(stream, *from, *to)),
        Selection::Refusal { stream, message } => Some(loose(flow, "Refused message", *message, Some(stream))),
        Selection::Published(message) => Some(loose(flow, "Message", *message, None)),
    }
}

fn plain(name: &'static str, label: &'static str, value: impl Into<String>) -> Figure {
    Figure { name, label, value: value.into(), region: None }
}

fn server(scene: &SceneModel) -> Sheet {
    let server = &scene.server;
    let connected = scene.actors.iter().filter(|actor| !actor.conns.is_empty()).count();
    Sheet {
        kind: "Server",
        title: "the match point".to_owned(),
        state: "Every message comes here; subscriptions and streams decide where it goes.".to_owned(),
        figures: vec![
            plain("connections", "clients in the picture", figure(connected as u64)),
            plain("", "messages published", figure(server.published)),
            plain("", "copies delivered", figure(server.delivered)),
            plain("", "wanted by nobody", figure(server.unwanted)),
            plain("", "requests without responders", figure(server.no_responders)),
        ],
        settings: Vec::new(),
        links: scene
            .streams
            .iter()
            .map(|strip| link(strip.name.to_string(), Selection::Stream(strip.name.clone())))
            .collect(),
    }
}

fn link(label: String, selection: Selection) -> Link {
    Link { label, selection }
}

fn client(scene: &SceneModel, actor: &Actor) -> Sheet {
    let place = scene.actors.iter().position(|other| other.name == actor.name);
    let owned = scene.brackets.iter().filter(|bracket| Some(&bracket.owner) == place.map(BracketOwner::Actor).as_ref());
    let subscriptions: Vec<String> = owned
        .map(|bracket| match &bracket.queue {
            Some(queue) => format!("{} in group {queue}", bracket.filter),
            None => bracket.filter.to_string(),
        })
        .collect();
    let conns: Vec<String> = actor.conns.iter().map(|conn| conn.0.to_string()).collect();
    let listens = if subscriptions.is_empty() { "nothing".to_owned() } else { subscriptions.join(", ") };
    Sheet {
        kind: "Connection",
        title: actor.name.clone(),
        state: format!("{}.", capitalised(words::link(actor.state))),
        figures: vec![
            plain("cid", "connection", if conns.is_empty() { "none".to_owned() } else { conns.join(", ") }),
            plain("", "messages published", figure(actor.published)),
            plain("", "messages received", figure(actor.received)),
            plain("", "listens on", listens),
        ],
        settings: Vec::new(),
        links: Vec::new(),
    }
}

fn subject(scene: &SceneModel, track: &Track) -> Sheet {
    let index = scene.tracks.iter().position(|other| other.label == track.label);
    let matching = scene.brackets.iter().filter(|bracket| index.is_some_and(|index| bracket.tracks.contains(&index)));
    let links = matching.filter_map(|bracket| match &bracket.owner {
        BracketOwner::Actor(place) => {
            let name = scene.actors.get(*place)?.name.clone();
            Some(link(format!("{name}, by {}", bracket.filter), Selection::Actor(name)))
        }
        BracketOwner::Stream(name) => {
            Some(link(format!("{name}, by {}", bracket.filter), Selection::Stream(name.clone())))
        }
    });
    let links: Vec<Link> = links.collect();
    Sheet {
        kind: "Subject",
        title: track.label.clone(),
        state: match links.is_empty() {
            true => "Nobody listens and no stream keeps it: what is published here is gone.".to_owned(),
            false => "Who gets what is published here is below.".to_owned(),
        },
        figures: vec![
            plain("", "messages published", figure(track.messages)),
            plain("", "wanted by nobody", figure(track.unwanted)),
        ],
        settings: Vec::new(),
        links,
    }
}

fn stream(strip: &Strip) -> Sheet {
    let counted = |name, label, value: String, part| {
        let region = Region { stream: strip.name.clone(), consumer: None, part };
        Figure { name, label, value, region: Some(region) }
    };
    let gone = (strip.last_seq + 1).saturating_sub(strip.first_seq).saturating_sub(strip.messages);
    let gone = if strip.messages == 0 { 0 } else { gone };
    let (kind, title) = words::strip_title(strip);
    Sheet {
        kind,
        title: title.to_owned(),
        state: format!("{}.", capitalised(&settings::stream_summary(&strip.config))),
        figures: vec![
            counted("messages", "messages stored", figure(strip.messages), Part::Stored),
            counted("bytes", "bytes, what keeping costs included", bytes(strip.bytes), Part::Stored),
            counted("first_seq", "first sequence", figure(strip.first_seq), Part::Stored),
            counted("last_seq", "last sequence", figure(strip.last_seq), Part::Stored),
            counted("num_deleted", "gone in between", figure(gone), Part::Gone),
            plain("consumer_count", "consumers", figure(strip.consumers.len() as u64)),
            counted("", "messages refused", figure(strip.refused), Part::Refused),
            counted("", "duplicates refused", figure(strip.duplicates), Part::Refused),
        ]
        .into_iter()
        .chain(asked(strip.asked))
        .collect(),
        settings: settings::of_stream(&strip.config),
        links: strip
            .consumers
            .iter()
            .map(|consumer| {
                let (stream, consumer) = (strip.name.clone(), consumer.name.clone());
                link(format!("Consumer {consumer}"), Selection::Consumer { stream, consumer })
            })
            .collect(),
    }
}

fn consumer(strip: &ConsumerStrip) -> Sheet {
    let counted = |name, label, value: u64, part| {
        let region = Region { stream: strip.stream.clone(), consumer: Some(strip.name.clone()), part };
        Figure { name, label, value: figure(value), region: Some(region) }
    };
    let (delivered, floor) = (strip.delivered, strip.ack_floor);
    Sheet {
        kind: "Consumer",
        title: strip.name.to_string(),
        state: format!("{}.", capitalised(&settings::consumer_summary(&strip.config))),
        figures: vec![
            counted("num_pending", "pending: stored, matching, not yet delivered", strip.num_pending, Part::Pending),
            counted("num_ack_pending", "in flight: delivered, not acknowledged", strip.num_ack_pending, Part::InFlight),
            counted("num_redelivered", "delivered more than once", strip.num_redelivered, Part::Redelivered),
            counted("num_waiting", "pull requests waiting", strip.pulls.len() as u64, Part::Pulls),
            counted("delivered.stream_seq", "delivered up to", delivered.stream_seq, Part::Delivered),
            counted("delivered.consumer_seq", "deliveries so far", delivered.consumer_seq, Part::Delivered),
            counted("ack_floor.stream_seq", "ack floor: settled up to", floor.stream_seq, Part::AckFloor),
            counted("ack_floor.consumer_seq", "deliveries settled", floor.consumer_seq, Part::AckFloor),
            counted("", "given up", strip.given_up, Part::GivenUp),
            counted("", "terminated", strip.terminated, Part::GivenUp),
        ]
        .into_iter()
        .chain(asked(strip.asked))
        .collect(),
        settings: settings::of_consumer(&strip.config),
        links: vec![link(format!("Stream {}", strip.stream), Selection::Stream(strip.stream.clone()))],
    }
}

fn message(flow: &Flow, strip: &Strip, scene: &SceneModel, seq: u64, at: Option<&Name>) -> Option<Sheet> {
    let cell = flow.timeline().now().cell(&strip.name, seq)?.clone();
    let state = |consumer: &ConsumerStrip| {
        let cell = flow.timeline().now().delivery(&strip.name, &consumer.name, seq)?;
        Some((consumer.name.clone(), words::consumer_cell(&cell, &scene.actors), cell.state))
    };
    let states: Vec<(Name, String, CellState)> = strip.consumers.iter().filter_map(state).collect();
    let own = states.iter().find(|(name, ..)| Some(name) == at);
    let key = match strip.kind {
        StripKind::Bucket => cell.subject.splitn(3, '.').nth(2).map(|key| plain("", "key", key)),
        _ => None,
    };
    let mut figures = vec![
        plain("subject", "published on", cell.subject.to_string()),
        plain("seq", "sequence", figure(seq)),
        plain("time", "stored at", words::clock(cell.stored_at)),
        plain("", "headers and payload", bytes(cell.bytes as u64)),
        plain("", "counts for", bytes(cell.stored_bytes)),
    ];
    figures.extend(key);
    figures.extend(known(cell.how));
    figures.extend(cell.marker.as_ref().and_then(Marker::card).map(|card| object(card)).unwrap_or_default());
    let mut links: Vec<Link> = Vec::new();
    for (name, said, _) in &states {
        let (stream, consumer) = (strip.name.clone(), name.clone());
        let said = said.split_once(": ").map_or(said.as_str(), |(_, state)| state);
        links.push(link(format!("{name}: {said}"), Selection::Delivery { stream, consumer, stream_seq: seq }));
    }
    if let Some(pointer) = &cell.points_to {
        let (stream, stream_seq) = (pointer.stream.clone(), pointer.stream_seq);
        links.push(link(
            format!("Points to message {} of {stream}", figure(stream_seq)),
            Selection::Message { stream, stream_seq },
        ));
    }
    links.push(link(format!("Stream {}", strip.name), Selection::Stream(strip.name.clone())));
    if let Some(consumer) = at {
        let (stream, consumer) = (strip.name.clone(), consumer.clone());
        links.push(link(format!("Consumer {consumer}"), Selection::Consumer { stream, consumer }));
    }
    Some(Sheet {
        kind: match (strip.kind, chunk_of(&cell.subject)) {
            (StripKind::Bucket, _) => "Revision",
            (StripKind::ObjectStore, Some(_)) => "Chunk",
            (StripKind::ObjectStore, None) => "Object",
            (StripKind::Stream, _) => "Message",
        },
        title: format!("{} of {}", figure(seq), strip.name),
        state: own.map_or_else(
            || format!("Stored on {}.", cell.subject),
            |(name, said, _)| {
                format!("{}, at {name}.", capitalised(said.split_once(": ").map_or(said, |(_, state)| state)))
            },
        ),
        figures,
        settings: Vec::new(),
        links,
    })
}

/// What an object's card says.
fn object(card: &Card) -> Vec<Figure> {
    let state = if card.deleted { "deleted" } else { "stored" };
    vec![
        plain("name", "object", card.name.clone()),
        plain("size", "all chunks together", bytes(card.bytes)),
        plain("chunks", "chunks", figure(card.chunks)),
        plain("digest", "what its bytes must add up to", card.digest.clone()),
        plain("deleted", "how it stands", state),
    ]
}

/// How it is known, where the server is not in the page.
fn known(how: Option<How>) -> Option<Figure> {
    let (_, word, meaning) = words::WAYS_OF_KNOWING.into_iter().find(|(way, ..)| Some(*way) == how)?;
    Some(plain("", "how this is known", format!("{word}: {meaning}")))
}

/// When the server was asked last.
fn asked(at: Option<Timestamp>) -> Option<Figure> {
    Some(plain("", "the server was asked at", &words::clock(at?)[..8]))
}

fn gap(stream: &Name, from: u64, to: u64) -> Sheet {
    Sheet {
        kind: if from == to { "Message" } else { "Messages" },
        title: format!("{} of {stream}", range(from, to)),
        state: "No longer stored.".to_owned(),
        figures: vec![
            plain("", "sequences", range(from, to)),
            plain("", "how many", figure(to.saturating_sub(from) + 1)),
        ],
        settings: Vec::new(),
        links: vec![link(format!("Stream {stream}"), Selection::Stream(stream.clone()))],
    }
}

/// A message that is nowhere: it passed, or was refused.
fn loose(flow: &Flow, kind: &'static str, message: MessageId, stream: Option<&Name>) -> Sheet {
    let published = flow.facts().find_map(|(step, fact)| match fact {
        crate::engine::Fact::Published { message: id, origin, subject, bytes, .. } if *id == message => {
            Some((step.at, *origin, subject.clone(), *bytes))
        }
        _ => None,
    });
    let mut figures = Vec::new();
    let mut title = "passing by".to_owned();
    if let Some((at, origin, subject, size)) = published {
        let by = match origin {
            crate::engine::Origin::Client(conn) => flow.names().get(&conn).cloned().unwrap_or_default(),
            crate::engine::Origin::Server => "the server".to_owned(),
        };
        title = format!("on {subject}");
        figures.push(plain("subject", "published on", subject.to_string()));
        figures.push(plain("", "published by", by));
        figures.push(plain("", "published at", words::clock(at)));
        figures.push(plain("", "headers and payload", bytes(size as u64)));
    }
    let links = stream.map(|stream| link(format!("Stream {stream}"), Selection::Stream(stream.clone())));
    let is_request = title.starts_with("on $JS.") && title.contains("API.");
    let kind = if is_request { "Request" } else { kind };
    let state = match stream {
        Some(stream) => format!("Not stored in {stream}."),
        None if is_request => "It went to the server's API.".to_owned(),
        None => "Not stored: it went to whoever was there.".to_owned(),
    };
    Sheet { kind, title, state, figures, settings: Vec::new(), links: links.into_iter().collect() }
}

/// One moment in the life of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    Event {
        step: u64,
        at: Timestamp,
        text: String,
    },
    /// A protocol line, by its ordinal.
    Line {
        at: Timestamp,
        line: u64,
    },
    /// Still to come.
    Timer {
        at: Timestamp,
        text: String,
    },
}

impl Moment {
    pub fn at(&self) -> Timestamp {
        match self {
            Moment::Event { at, .. } | Moment::Line { at, .. } | Moment::Timer { at, .. } => *at,
        }
    }
}

/// Every event, wire line and timer of one message, in order of time; what is still to come last.
pub fn life(flow: &Flow, now: Timestamp, selection: &Selection) -> Vec<Moment> {
    let Some(message) = flow.message_of(selection) else { return Vec::new() };
    let steps = flow.life_of(message);
    let mut story = Story::named(flow.names());
    let mut moments: Vec<Moment> = Vec::new();
    for step in steps {
        moments.extend(sentence(&mut story, step).map(|text| Moment::Event { step: step.ordinal, at: step.at, text }));
    }
    moments.extend(flow.wire().of_message(message).map(|line| Moment::Line { at: line.at, line: line.ordinal }));
    moments.sort_by_key(|moment| (moment.at(), matches!(moment, Moment::Line { .. })));
    let timer = |timer: Timer| Moment::Timer { at: timer.at, text: timer.text };
    moments.extend(timers(flow, now, selection).into_iter().map(timer));
    moments
}

fn sentence(story: &mut Story, step: &Step) -> Option<String> {
    story.clear();
    story.tell(step);
    story.lines().next().map(|line| line.text())
}

/// Something a message waits for.
pub(super) struct Timer {
    pub at: Timestamp,
    pub stream: Name,
    /// Whose timer it is, if not the stream's own.
    pub consumer: Option<Name>,
    pub text: String,
}

/// What is still to come for a stored message, in order of time.
pub(super) fn timers(flow: &Flow, now: Timestamp, selection: &Selection) -> Vec<Timer> {
    let scene = flow.scene(now);
    let (Selection::Message { stream, stream_seq } | Selection::Delivery { stream, stream_seq, .. }) = selection else {
        return Vec::new();
    };
    let Some(strip) = scene.streams.iter().find(|strip| strip.name == *stream) else { return Vec::new() };
    let world = flow.timeline().now();
    let mut timers = Vec::new();
    for consumer in &strip.consumers {
        let name = &consumer.name;
        let timer = |at, text| Timer { at, stream: stream.clone(), consumer: Some(name.clone()), text };
        match world.delivery(stream, name, *stream_seq).map(|cell| cell.state) {
            Some(CellState::InFlight { deadline: Some(at), .. }) => {
                timers.push(timer(at, format!("{name} stops waiting for an answer")));
            }
            Some(CellState::WaitingForRedelivery { until: Some(at), .. }) => {
                timers.push(timer(at, format!("{name} may deliver it again")));
            }
            _ => {}
        }
    }
    if let Some((age, cell)) = strip.config.max_age_limit().zip(world.cell(stream, *stream_seq)) {
        let text = format!("{stream} removes it for its age");
        timers.push(Timer { at: cell.stored_at + age, stream: stream.clone(), consumer: None, text });
    }
    timers.sort_by_key(|timer| timer.at);
    timers
}
