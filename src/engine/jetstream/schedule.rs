//! Messages that publish other messages later.
//!
//! A schedule is the newest message of its subject and says in headers when, where and what to publish; this file keeps
//! when each is due. One that left the stream meanwhile is simply not found when its time comes.
//! Source: ADR-51; nats-server 2.15.1, observed.

use super::cron::Cron;
use super::publish::{Rollup, header};
use super::stream::Draft;
use super::ttl::{TTL_HEADER, Ttl};
use super::zones::Zone;
use super::{Context, Store, Stored, Stream};
use crate::api::{Error, ErrorCode, Retention, StreamConfig};
use crate::engine::RemovalReason;
use crate::map::{Map, Set};
use crate::pack::Pack;
use crate::subject::{Subject, SubjectFilter, is_valid_publish_subject};
use crate::time::{Timestamp, parse_go_duration};
use std::time::Duration;

const SCHEDULE: &str = "Nats-Schedule";
const TARGET: &str = "Nats-Schedule-Target";
const SOURCE: &str = "Nats-Schedule-Source";
const ZONE: &str = "Nats-Schedule-Time-Zone";
const LIFE: &str = "Nats-Schedule-TTL";
const ROLLUP: &str = "Nats-Schedule-Rollup";
const SCHEDULER: &str = "Nats-Scheduler";
const NEXT: &str = "Nats-Schedule-Next";
const ONCE: &str = "purge";
/// A schedule that is overdue already waits this long all the same.
const PRECISION: Duration = Duration::from_millis(250);

/// When a schedule publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    At(Timestamp),
    Every(Duration),
    Cron(Cron, Zone),
}

impl Pattern {
    fn parse(text: &str) -> Option<Pattern> {
        if let Some(at) = text.strip_prefix("@at ") {
            return Timestamp::parse_rfc3339(at).ok()?.map(Pattern::At);
        }
        if let Some(every) = text.strip_prefix("@every ") {
            let every = parse_go_duration(every).filter(|every| *every >= Duration::from_secs(1))?;
            return Some(Pattern::Every(every));
        }
        let cron = match text {
            "@yearly" | "@annually" => "0 0 0 1 1 *",
            "@monthly" => "0 0 0 1 * *",
            "@weekly" => "0 0 0 * * 0",
            "@daily" | "@midnight" => "0 0 0 * * *",
            "@hourly" => "0 0 * * * *",
            cron => cron,
        };
        Cron::parse(cron).map(|cron| Pattern::Cron(cron, Zone::UTC))
    }

    /// What a stored schedule says.
    fn of(message: &Stored) -> Option<Pattern> {
        let pattern = message.header(SCHEDULE).and_then(Pattern::parse)?;
        let zone = message.header(ZONE).and_then(Zone::named);
        Some(match (pattern, zone) {
            (Pattern::Cron(cron, _), Some(zone)) => Pattern::Cron(cron, zone),
            (pattern, _) => pattern,
        })
    }

    /// How a time is written that this pattern came to.
    fn written(&self, at: Timestamp) -> String {
        match self {
            Pattern::Cron(_, zone) => zone.rfc3339(at),
            _ => at.rfc3339(),
        }
    }

    /// The time after `now` when it publishes; `None` for a pattern that never does.
    fn next(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Pattern::At(at) => Some(*at),
            Pattern::Every(every) => {
                let second = now.nanos().saturating_add(500_000_000).div_euclid(1_000_000_000);
                Some(Timestamp::from_secs(second) + *every)
            }
            Pattern::Cron(cron, zone) => {
                // On the clock of the zone; what comes out may lie before it when that is put back.
                let seconds = |at: Timestamp| at.nanos().div_euclid(1_000_000_000);
                let mut local = Timestamp::from_secs(seconds(now) + zone.offset_at(seconds(now)));
                loop {
                    local = cron.next_after(local)?;
                    let next = Timestamp::from_secs(zone.moment_of(seconds(local)));
                    if next > now {
                        return Some(next);
                    }
                }
            }
        }
    }
}

/// When which subject's schedule is due.
#[derive(Clone, Debug, Default, Pack)]
pub(super) struct Schedules {
    by_time: Set<(Timestamp, Subject)>,
    by_subject: Map<Subject, Timestamp>,
}

impl Schedules {
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(at, _)| *at)
    }

    fn set(&mut self, subject: &Subject, at: Option<Timestamp>) {
        if let Some(before) = self.by_subject.remove(subject) {
            self.by_time.remove(&(before, subject.clone()));
        }
        if let Some(at) = at {
            self.by_time.insert((at, subject.clone()));
            self.by_subject.insert(subject.clone(), at);
        }
    }

    fn take_due(&mut self, now: Timestamp) -> Option<Subject> {
        let (at, subject) = self.by_time.first()?.clone();
        (at <= now).then(|| {
            self.set(&subject, None);
            subject
        })
    }

    /// The newest message of a subject decides whether, and when, something is published for it.
    pub fn stored(&mut self, message: &Stored, now: Timestamp) {
        let next = Pattern::of(message).and_then(|pattern| pattern.next(now));
        self.set(&message.subject, next.map(|at| at.max(now + PRECISION)));
    }
}

/// What a message must satisfy that is a schedule or cancels one; others pass.
pub(super) fn check(config: &StreamConfig, store: &Store, draft: &Draft, now: Timestamp) -> Result<(), Error> {
    if let Some(schedule) = header(draft, SCHEDULE) {
        check_schedule(config, draft, schedule, now)?;
    }
    check_cancel(config, store, draft)
}

fn check_schedule(config: &StreamConfig, draft: &Draft, schedule: &str, now: Timestamp) -> Result<(), Error> {
    let refuse = |code: u16| Err(ErrorCode(code).error());
    if !config.allow_msg_schedules {
        return refuse(10188);
    }
    let pattern = Pattern::parse(schedule).filter(|pattern| pattern.next(now).is_some());
    let Some(pattern) = pattern else { return refuse(10189) };
    if let Some(zone) = draft.headers.as_ref().and_then(|headers| headers.get(ZONE)) {
        match pattern {
            Pattern::Cron(..) if Zone::named(zone).is_none() => return refuse(10223),
            Pattern::Cron(..) => {}
            _ => return refuse(10189),
        }
    }
    if let Some(life) = header(draft, LIFE)
        && Ttl::parse(life).is_err()
    {
        return refuse(10191);
    }
    if header(draft, ROLLUP).is_some_and(|value| value != "sub") {
        return refuse(10192);
    }
    if header(draft, LIFE).is_some() && !config.allow_msg_ttl {
        return refuse(10166);
    }
    let can_be = |subject: &str| is_valid_publish_subject(subject) && subject != draft.subject.as_str();
    let Some(target) = header(draft, TARGET).filter(|target| can_be(target)) else { return refuse(10190) };
    let source = header(draft, SOURCE);
    if source.is_some_and(|source| source == target || !can_be(source)) {
        return refuse(10203);
    }
    let is_ours = |subject: &str| {
        let mut ours = config.subjects.iter().filter_map(|subject| SubjectFilter::new(subject).ok());
        SubjectFilter::new(subject).is_ok_and(|subject| ours.any(|ours| ours.collides_with(&subject)))
    };
    if !is_ours(target) {
        return refuse(10190);
    }
    if source.is_some_and(|source| !is_ours(source)) {
        return refuse(10203);
    }
    if header(draft, "Nats-Rollup").is_some_and(|value| value != "sub") {
        return refuse(10192);
    }
    Ok(())
}

/// A message may only claim to come from a schedule in order to cancel that one.
fn check_cancel(config: &StreamConfig, store: &Store, draft: &Draft) -> Result<(), Error> {
    let scheduler = match (header(draft, NEXT), header(draft, SCHEDULER)) {
        (None, None) => return Ok(()),
        (Some(ONCE), Some(scheduler)) if scheduler != draft.subject.as_str() && is_valid_publish_subject(scheduler) => {
            scheduler
        }
        _ => return Err(ErrorCode(10212).error()),
    };
    if !config.allow_msg_schedules {
        return Err(ErrorCode(10188).error());
    }
    let is_schedule = store.last_on(scheduler).is_none_or(|message| message.header(SCHEDULE).is_some());
    if is_schedule { Ok(()) } else { Err(ErrorCode(10212).error()) }
}

/// There is one schedule to a subject: a new one makes the older messages go.
pub(super) fn complete(draft: &mut Draft) {
    if header(draft, SCHEDULE).is_some()
        && header(draft, "Nats-Rollup").is_none()
        && let Some(headers) = &mut draft.headers
    {
        headers.append("Nats-Rollup", "sub");
    }
}

/// The subject whose schedule this message cancels.
pub(super) fn cancelled(config: &StreamConfig, draft: &Draft) -> Option<String> {
    let cancels = config.allow_msg_schedules && header(draft, NEXT) == Some(ONCE);
    header(draft, SCHEDULER).filter(|_| cancels).map(str::to_owned)
}

impl Stream {
    /// Removes the schedule that waits on `subject`.
    pub(super) fn cancel_schedule(&mut self, context: &mut Context<'_>, subject: &str) {
        let schedule = self.store.last_on(subject).filter(|message| message.header(SCHEDULE).is_some());
        if let Some(seq) = schedule.map(|message| message.seq) {
            self.remove(context, seq, RemovalReason::Purged);
        }
        self.schedules.set(&Subject::new(subject), None);
    }

    /// Publishes whatever schedules are due.
    pub(super) fn run_schedules(&mut self, context: &mut Context<'_>) {
        while let Some(subject) = self.schedules.take_due(context.now) {
            self.run_schedule(context, &subject);
        }
    }

    fn run_schedule(&mut self, context: &mut Context<'_>, subject: &Subject) {
        let Some(schedule) = self.store.last_on(subject) else { return };
        let Some(pattern) = Pattern::of(schedule) else { return };
        let Some(target) = schedule.header(TARGET).map(Subject::new) else { return };
        let next = if matches!(pattern, Pattern::At(_)) { None } else { pattern.next(context.now) };
        let source = schedule.header(SOURCE).and_then(|source| self.store.last_on(source)).unwrap_or(schedule);
        let mut headers = source.headers.clone().unwrap_or_default();
        headers.retain(|name| {
            let is_own = name.starts_with(SCHEDULE) || name.starts_with("Nats-Expected-");
            !is_own && ![SCHEDULER, TTL_HEADER, "Nats-Msg-Id", "Nats-Rollup"].contains(&name)
        });
        headers.append(SCHEDULER, subject);
        headers.append(NEXT, &next.map_or_else(|| ONCE.to_owned(), |next| pattern.written(next)));
        for (from, name) in [(LIFE, TTL_HEADER), (ROLLUP, "Nats-Rollup")] {
            if let Some(value) = schedule.header(from) {
                headers.append(name, value);
            }
        }
        let rolls_up = schedule.header(ROLLUP).is_some();
        let (payload, schedule_seq) = (source.payload.clone(), schedule.seq);
        let id = context.new_message_id();
        let mut draft = Draft { id, subject: target.clone(), headers: Some(headers), payload };
        let is_wanted =
            self.config.retention != Retention::Interest || self.has_followers || self.has_consumer_for(&target);
        // Raises a life that is too short; what it says was checked with the schedule.
        let _ = self.check_ttl(&mut draft);
        if is_wanted {
            let previous = self.store.last_on(&target).map_or(0, |message| message.seq);
            let seq = self.keep(context, draft);
            if rolls_up {
                self.roll_up(context, Rollup::Subject, &target, 1);
            }
            self.republish(context, seq, previous);
            self.offer(context);
        } else {
            self.skip(context, id);
        }
        match next {
            Some(at) => self.schedules.set(subject, Some(at.max(context.now + PRECISION))),
            None => drop(self.remove(context, schedule_seq, RemovalReason::Purged)),
        }
    }
}
