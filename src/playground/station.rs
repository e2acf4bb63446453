//! Stations of a workflow: each does one step of a job, notes its state in a bucket and hands it on.
//!
//! A job is a message with its name; `flow.order.<step>` is a work queue, the bucket `tasks` knows how far each has come.
//! A station that finds its step done already does not do it again. [`begin`] sets everything up and sends jobs off; a
//! [`Point`] is where a station can be stopped, to see what comes of it.

use super::actors::SharedSpec;
use super::worker::{Effect, SharedLedger};
use crate::api::{AckPolicy, ConsumerConfig, CreateConsumerRequest, Nanos, PullRequest, Retention, StreamConfig};
use crate::client::Client;
use crate::client::jetstream::{DeliveryInfo, PublishOptions};
use crate::client::kv::{Bucket, BucketConfig, Error};
use crate::protocol::Message;
use crate::time::format_go_duration;
use std::time::Duration;

pub const STREAM: &str = "FLOW";
pub const BUCKET: &str = "tasks";
/// The steps in order, with what the state says while one is at it, and afterwards.
pub const STEPS: &[(&str, &str, &str)] =
    &[("validate", "validating", "validated"), ("charge", "charging", "charged"), ("ship", "shipping", "shipped")];
const ACK_WAIT: Duration = Duration::from_secs(5);
const PULL_EXPIRES: Duration = Duration::from_secs(30);
const RETRY: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where in its work a station can be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// It has the job, and did nothing yet.
    AfterReceive,
    /// It did its step, and has noted nothing.
    AfterWork,
    /// It noted its step, and has not handed the job on.
    AfterState,
    /// It handed the job on, and has not acknowledged.
    AfterPublish,
}

/// Places by the names of what comes right before and right after them.
pub const POINTS: &[(&str, &str, Point)] = &[
    ("receive", "work", Point::AfterReceive),
    ("work", "state", Point::AfterWork),
    ("state", "publish", Point::AfterState),
    ("publish", "ack", Point::AfterPublish),
];

impl Point {
    /// By what comes before it, what comes after it, or both.
    pub fn parse(after: Option<&str>, before: Option<&str>) -> Result<Point, String> {
        let fits = |given: Option<&str>, known: &str| given.is_none_or(|given| given == known);
        let found =
            POINTS.iter().find(|(known_after, known_before, _)| fits(after, known_after) && fits(before, known_before));
        found.map(|(.., point)| *point).ok_or_else(|| {
            let steps = "receive, work, state, publish, ack";
            format!("there is no such place; the steps are {steps}, as in: --after state --before publish")
        })
    }

    pub fn in_words(self) -> String {
        let known = POINTS.iter().find(|(.., point)| *point == self);
        known.map_or_else(String::new, |(after, before, _)| format!("after {after}, before {before}"))
    }
}

/// How a station works.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub name: String,
    /// Its step, which is also its consumer.
    pub step: String,
    /// How long its step takes.
    pub work: Duration,
    /// Where it stops for good the next time it comes by.
    pub stop_at: Option<Point>,
}

impl Spec {
    pub fn new(step: &str) -> Spec {
        Spec { name: format!("{step}-1"), step: step.to_owned(), work: Duration::from_millis(400), stop_at: None }
    }

    pub fn describe(&self) -> String {
        let work = format_go_duration(self.work);
        let stop = self.stop_at.map_or_else(String::new, |point| format!(", stops {}", point.in_words()));
        format!("{} does the step {} of {STREAM}: {work} a job{stop}", self.name, self.step)
    }
}

/// Makes stream, bucket and consumers if they are not there, and sends `jobs` off.
pub async fn begin(client: &Client, jobs: u64) -> Result<String, String> {
    let jetstream = client.jetstream();
    let stream = StreamConfig {
        name: STREAM.to_owned(),
        subjects: vec!["flow.order.*".to_owned()],
        retention: Retention::WorkQueue,
        allow_direct: true,
        num_replicas: 1,
        ..StreamConfig::default()
    };
    jetstream.create_stream(&stream).await.map_err(|error| error.to_string())?;
    let bucket = jetstream.create_bucket(&BucketConfig { history: 10, ..BucketConfig::new(BUCKET) }).await;
    let bucket = bucket.map_err(|error| error.to_string())?;
    for (step, ..) in STEPS {
        let config = ConsumerConfig {
            durable_name: (*step).to_owned(),
            ack_policy: AckPolicy::Explicit,
            ack_wait: Nanos::from(ACK_WAIT),
            filter_subject: format!("flow.order.{step}"),
            ..ConsumerConfig::default()
        };
        let request = CreateConsumerRequest { stream_name: STREAM.to_owned(), config, ..Default::default() };
        jetstream.create_consumer(&request).await.map_err(|error| error.to_string())?;
    }
    let known = bucket.keys(&[">"]).await.map_err(|error| error.to_string())?;
    let number = |key: &String| key.strip_prefix("job-").and_then(|number| number.parse::<u64>().ok());
    let taken = known.iter().filter_map(number).max().unwrap_or(0);
    for number in taken.saturating_add(1)..=taken.saturating_add(jobs) {
        let job = format!("job-{number}");
        bucket.put(&job, "new").await.map_err(|error| error.to_string())?;
        hand_on(client, STEPS[0].0, &job).await.map_err(|error| error.to_string())?;
    }
    Ok(format!(
        "{jobs} jobs are on their way: {}\n",
        STEPS.iter().map(|(step, ..)| *step).collect::<Vec<_>>().join(", ")
    ))
}

/// Once, however often: the stream knows the job's step by its id.
async fn hand_on(client: &Client, step: &str, job: &str) -> Result<(), crate::client::Error> {
    let options = PublishOptions { msg_id: Some(format!("{job}-{step}")), ..PublishOptions::default() };
    let message =
        Message { headers: options.apply(None), ..Message::new(format!("flow.order.{step}"), job.to_owned()) };
    client.jetstream().publish(message).await.map(drop)
}

/// Works until dropped; `stop` is called where it was told to stop, and then it waits to be.
pub async fn run(client: Client, shared: SharedSpec, ledger: SharedLedger, stop: impl Fn(&str)) {
    loop {
        let super::actors::Spec::Station(spec) = shared.borrow().clone() else { return };
        let Some(job) = next_job(&client, &spec).await else {
            client.timers().sleep(RETRY).await;
            continue;
        };
        let stops = async |point: Point| {
            let super::actors::Spec::Station(spec) = shared.borrow().clone() else { return };
            if spec.stop_at == Some(point) {
                if let super::actors::Spec::Station(spec) = &mut *shared.borrow_mut() {
                    spec.stop_at = None;
                }
                stop(&spec.name);
                futures::future::pending::<()>().await;
            }
        };
        // What goes wrong on the way is not acknowledged, and comes again.
        let _ = do_step(&client, &spec, &ledger, job, stops).await;
    }
}

async fn next_job(client: &Client, spec: &Spec) -> Option<Message> {
    let request = PullRequest { batch: 1, expires: PULL_EXPIRES.into(), ..PullRequest::default() };
    let mut answers = client.jetstream().pull(STREAM, &spec.step, &request).ok()?;
    let answer = client.timers().timeout(PULL_EXPIRES + RETRY, answers.next()).await;
    answer.ok().flatten().filter(|message| message.status().is_none())
}

async fn do_step(
    client: &Client,
    spec: &Spec,
    ledger: &SharedLedger,
    message: Message,
    stops: impl AsyncFn(Point),
) -> Result<(), Error> {
    let Some(at) = STEPS.iter().position(|(step, ..)| *step == spec.step) else { return Ok(()) };
    let (_, doing, done) = STEPS[at];
    let (Some(reply), job) = (message.reply.clone(), String::from_utf8_lossy(&message.payload).into_owned()) else {
        return Ok(());
    };
    let tasks = client.jetstream().with_timeout(TIMEOUT).bucket(BUCKET).await?;
    stops(Point::AfterReceive).await;
    if !is_done(&tasks, &job, at).await? {
        tasks.put(&job, doing).await?;
        client.timers().sleep(spec.work).await;
        let stream_seq = DeliveryInfo::from_reply(&reply).map_or(0, |info| info.stream_seq);
        let (at, worker, stream, what) =
            (client.timers().now(), spec.name.clone(), STREAM.to_owned(), format!("{} {job}", spec.step));
        ledger.borrow_mut().effects.push(Effect { at, worker, stream, stream_seq, what });
        stops(Point::AfterWork).await;
        tasks.put(&job, done).await?;
    }
    stops(Point::AfterState).await;
    match STEPS.get(at + 1) {
        Some((next, ..)) => hand_on(client, next, &job).await.map_err(Error::Client)?,
        None => drop(tasks.put(&job, "done").await?),
    }
    stops(Point::AfterPublish).await;
    client.publish(Message::new(reply, "+ACK")).map_err(Error::Client)
}

/// The state says that this step, or a later one, was done.
async fn is_done(tasks: &Bucket, job: &str, at: usize) -> Result<bool, Error> {
    let state = match tasks.get(job).await {
        Ok(entry) => String::from_utf8_lossy(&entry.value).into_owned(),
        Err(Error::KeyNotFound) => return Ok(false),
        Err(error) => return Err(error),
    };
    let later = STEPS.iter().enumerate().any(|(step, (_, doing, done))| {
        (step == at && state == *done) || (step > at && (state == *doing || state == *done))
    });
    Ok(later || state == "done")
}
