//! A session on a server that belongs to others: the prefix of what is ours, what carries it, and how it is removed.
//!
//! Nothing is removed that does not carry a prefix of ours, and nothing that was not listed before. The connection that
//! asks is the watcher's (`observer.rs`); a terminal asks on its own.

use super::observer::{self, Ours};
use super::recorder::{WATCHER, WATCHER_INBOX};
use super::script;
use super::world::Newcomer;
use super::{Input, LATENCY, Playground};
use crate::client::{Client, Error};
use crate::commands::{Context, ExitCode};
use crate::engine::{Fact, Name};
use crate::flow::words;
use crate::lessons::Lesson;
use crate::lessons::prefix::Prefix;
use crate::time::Timestamp;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A stream, and what goes with it when it is removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belonging {
    pub stream: String,
    pub subjects: Vec<String>,
    pub messages: u64,
    pub consumers: Vec<String>,
}

impl Belonging {
    /// `Stream jl_k3x9ab_ORDERS on jl_k3x9ab.orders.*, 20 messages, consumer processor`.
    pub fn words(&self) -> String {
        let (kind, name) = match self.stream.split_once('_') {
            Some(("KV", bucket)) => ("Key-value bucket", bucket),
            Some(("OBJ", bucket)) => ("Object store", bucket),
            _ => ("Stream", self.stream.as_str()),
        };
        let subjects = if self.subjects.is_empty() || kind != "Stream" {
            String::new()
        } else {
            format!(" on {}", self.subjects.join(", "))
        };
        let messages = match self.messages {
            0 => String::new(),
            number => format!(", {}", words::count(number, "message", "messages")),
        };
        let consumers = match self.consumers.as_slice() {
            [] => String::new(),
            [one] => format!(", consumer {one}"),
            several => format!(", consumers {}", several.join(", ")),
        };
        format!("{kind} {name}{subjects}{messages}{consumers}")
    }
}

/// How far looking for what is ours has come, or removing it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Survey {
    #[default]
    None,
    Looking,
    Found(Vec<Belonging>),
    Removing,
    /// Names of the streams.
    Removed(Vec<String>),
    /// Every stream there is, to choose from.
    Streams(Vec<String>),
    Failed(String),
}

/// What a playground knows of its session on a server that is not in the page.
#[derive(Clone)]
pub(super) struct Away {
    pub ours: Ours,
    pub watcher: Client,
    pub survey: Rc<RefCell<Survey>>,
}

impl Playground {
    /// From now on a connection of the house asks and listens on behalf of the picture, if the server is far away.
    pub fn begin_watching(&mut self) {
        if self.is_far_away() && self.away.is_none() {
            let recorder = self.recorder.clone();
            self.away = Some(self.watch(recorder));
        }
    }

    pub(super) fn watch(&mut self, recorder: Rc<RefCell<super::recorder::Recorder>>) -> Away {
        let newcomer = Newcomer {
            name: WATCHER.to_owned(),
            role: None,
            latency: Duration::ZERO,
            inbox_prefix: Some(WATCHER_INBOX.to_owned()),
            hidden: true,
        };
        let (_, watcher) = self.world.connect(newcomer, &mut self.recorder);
        let ours = self.ours.clone();
        self.spawn(observer::watch(watcher.clone(), recorder, ours.clone()));
        Away { ours, watcher, survey: Rc::default() }
    }

    /// These mark what is ours, the last of them what is made from now on.
    pub fn mark_with(&mut self, prefixes: Vec<Prefix>) {
        *self.ours.borrow_mut() = prefixes;
    }

    pub fn survey(&self) -> Survey {
        self.away.as_ref().map(|away| away.survey.borrow().clone()).unwrap_or_default()
    }

    /// Looks for everything that is ours; [`Playground::survey`] says what was found.
    pub fn look_for_ours(&mut self) {
        self.ask_about(Survey::Looking, |away| async move {
            let prefixes = away.ours.borrow().clone();
            match belongings(&away.watcher, &prefixes).await {
                Ok(found) => Survey::Found(found),
                Err(error) => Survey::Failed(error.to_string()),
            }
        });
    }

    /// Removes what was found, and nothing else.
    pub fn remove_ours(&mut self) {
        let Survey::Found(found) = self.survey() else { return };
        self.ask_about(Survey::Removing, |away| async move {
            let prefixes = away.ours.borrow().clone();
            match remove(&away.watcher, &prefixes, &found).await {
                Ok(removed) => Survey::Removed(removed),
                Err(error) => Survey::Failed(error.to_string()),
            }
        });
    }

    /// Asks which streams there are, to choose one to look at.
    pub fn look_for_streams(&mut self) {
        self.ask_about(Survey::Looking, |away| async move {
            match away.watcher.jetstream().with_timeout(PATIENCE).stream_names().await {
                Ok(names) => Survey::Streams(names),
                Err(error) => Survey::Failed(error.to_string()),
            }
        });
    }

    fn ask_about<F: Future<Output = Survey> + 'static>(&mut self, meanwhile: Survey, ask: impl FnOnce(Away) -> F) {
        self.begin_watching();
        let Some(away) = self.away.clone() else { return };
        *away.survey.borrow_mut() = meanwhile;
        let survey = away.survey.clone();
        let asked = ask(away);
        self.spawn(async move {
            let outcome = asked.await;
            *survey.borrow_mut() = outcome;
        });
    }

    /// Forgets what was found or went wrong.
    pub fn forget_survey(&mut self) {
        if let Some(away) = &self.away {
            *away.survey.borrow_mut() = Survey::None;
        }
    }

    /// Looks at a stream of others from now on. Read only.
    pub fn observe(&mut self, stream: &str) {
        self.begin_watching();
        let now = self.now();
        self.recorder.borrow_mut().observe(now, stream);
    }

    /// Which part of an unreached milestone is false, in words; and whether this server lets it be known at all.
    pub fn why_not(&self, milestone: &str) -> Option<String> {
        let checker = self.checker()?;
        let why = checker.why_not(milestone)?;
        if !self.is_deaf() || !checker.needs_advisories(milestone) {
            return Some(why);
        }
        Some(format!(
            "{why}. This cannot be known here: the server's advisories would tell it, and you may not subscribe to \
             $JS.EVENT.ADVISORY.>"
        ))
    }

    /// Whether the server keeps its advisories from us, so that what they tell is not known.
    pub fn is_deaf(&self) -> bool {
        self.recorder.borrow().is_deaf()
    }
}

/// Streams that carry one of the prefixes, sorted by name.
pub async fn belongings(client: &Client, prefixes: &[Prefix]) -> Result<Vec<Belonging>, Error> {
    let jetstream = client.jetstream().with_timeout(PATIENCE);
    let mut found = Vec::new();
    for name in jetstream.stream_names().await? {
        if !prefixes.iter().any(|prefix| prefix.marks(&name)) {
            continue;
        }
        let info = jetstream.stream_info(&name).await?;
        let consumers = jetstream.consumer_names(&name).await?;
        found.push(Belonging {
            stream: name,
            subjects: info.config.subjects.clone(),
            messages: info.state.messages,
            consumers,
        });
    }
    Ok(found)
}

/// Removes what is listed, as far as it carries one of the prefixes. What is gone already is removed.
pub async fn remove(client: &Client, prefixes: &[Prefix], list: &[Belonging]) -> Result<Vec<String>, Error> {
    let jetstream = client.jetstream().with_timeout(PATIENCE);
    let mut removed = Vec::new();
    for belonging in list.iter().filter(|it| prefixes.iter().any(|prefix| prefix.marks(&it.stream))) {
        match jetstream.delete_stream(&belonging.stream).await {
            Ok(()) => removed.push(belonging.stream.clone()),
            Err(Error::Api(error)) if error.code == 404 => {}
            Err(error) => return Err(error),
        }
    }
    Ok(removed)
}

/// `lab cleanup`: lists what is ours, asks, removes it.
pub(super) async fn clean_up(context: &Context, ours: &Ours, force: bool) -> ExitCode {
    let prefixes = ours.borrow().clone();
    let console = &context.console;
    if prefixes.is_empty() {
        console.line("nothing was made here under a name of ours");
        return 0;
    }
    let found = match belongings(&context.client, &prefixes).await {
        Ok(found) => found,
        Err(error) => {
            console.error(&format!("lab: what is ours cannot be listed: {error}"));
            return 1;
        }
    };
    if found.is_empty() {
        console.line("the server holds nothing of ours");
        return 0;
    }
    console.line("The server holds of ours:\n");
    found.iter().for_each(|it| console.line(&format!("  {}", it.words())));
    console.line("");
    if !force && !matches!(console.confirm("Really delete all of this?", false).await, Ok(true)) {
        return 1;
    }
    match remove(&context.client, &prefixes, &found).await {
        Ok(removed) => {
            console.line(&format!("removed {}", words::count(removed.len() as u64, "stream", "streams")));
            0
        }
        Err(error) => {
            console.error(&format!("lab: it could not all be removed: {error}"));
            1
        }
    }
}

/// `lab observe`: says what is asked, and whether there is such a thing. Errors: the server's.
pub(super) async fn look(context: &Context, stream: &str, consumer: Option<&str>) -> Result<String, String> {
    let jetstream = context.client.jetstream().with_timeout(PATIENCE);
    jetstream.stream_info(stream).await.map_err(|error| error.to_string())?;
    if let Some(consumer) = consumer {
        jetstream.consumer_info(stream, consumer).await.map_err(|error| error.to_string())?;
    }
    Ok(format!(
        "{stream} is in the scene from now on. Read only: $JS.API.STREAM.INFO.{stream} and \
         $JS.API.CONSUMER.LIST.{stream} are asked, every 2s at most while something changes and every 30s while nothing \
         does; advisories are listened to. Messages nobody here has seen stay unknown until you read them, as with: \
         nats stream get {stream} SEQ\n"
    ))
}

/// What a lesson will do on a server, found out by playing it in the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Made before the learner does anything.
    pub at_start: Vec<String>,
    /// Made by who does what the lesson says.
    pub later: Vec<String>,
    /// Removed on the way.
    pub removed: Vec<String>,
    /// Subjects that are published on, or listened on, without a stream's being made for them.
    pub subjects: Vec<String>,
}

/// Plays the lesson in a playground of its own and tells what it made and removed.
pub fn rehearse(lesson: &Lesson) -> Plan {
    let mut playground = Playground::new(1, Timestamp::from_secs(1_700_000_000), LATENCY);
    for actor in &lesson.actors {
        playground.input(Input::OpenTerminal { actor: actor.clone() });
    }
    let mut plan = Plan::default();
    script::play(&mut playground, &lesson.start);
    let started = playground.last_ordinal();
    script::play(&mut playground, &lesson.solution);
    for event in playground.events_from(0) {
        let made = match &event.fact {
            Fact::StreamCreated { stream, config } => {
                let subjects = config.subjects.clone();
                Belonging { stream: stream.to_string(), subjects, ..Belonging::default() }.words()
            }
            Fact::ConsumerCreated { stream, consumer, config, .. } if !config.durable_name.is_empty() => {
                format!("Consumer {consumer} on {stream}")
            }
            Fact::StreamDeleted { stream } => {
                plan.removed.push(format!("Stream {stream}"));
                continue;
            }
            fact => {
                plan.note_subject(fact);
                continue;
            }
        };
        let list = if event.ordinal <= started { &mut plan.at_start } else { &mut plan.later };
        if !list.contains(&made) {
            list.push(made);
        }
    }
    plan
}

impl Plan {
    fn note_subject(&mut self, fact: &Fact) {
        use crate::engine::Origin;
        use crate::flow::Traffic;
        let subject = match fact {
            Fact::Published { origin: Origin::Client(_), subject, .. } | Fact::Subscribed { subject, .. } => subject,
            _ => return,
        };
        let subject: Name = subject.as_str().into();
        if Traffic::of(&subject) == Traffic::Message && !self.subjects.iter().any(|known| **known == *subject) {
            self.subjects.push(subject.to_string());
        }
    }
}
