//! How the page's time becomes the playground's.
//!
//! Wires are a few milliseconds long. So that a message can be seen on its way, the clock runs slower while one is, in
//! a fixed ratio, and at its own speed the rest of the time. Nothing else is staged: what is drawn between two ends is
//! between two ends. Reads no clock itself; it is told how much time passed.

use super::Playground;
use super::links::Weight;
use crate::time::Timestamp;
use std::time::Duration;

/// How long a user's message is on its way on the screen at ×1.
pub const MESSAGE_TRAVEL: Duration = Duration::from_millis(700);
/// How long requests, answers and acks are.
pub const SYSTEM_TRAVEL: Duration = Duration::from_millis(70);
/// Above so many chunks on their way, watching each is no longer the point.
const CROWD: usize = 24;

/// Who has watched one message after the other for so long, in displayed seconds, knows how each travels: what follows
/// goes twice as fast, and again each time so much more has passed, up to the pace of a crowd.
const PATIENCE: f64 = 6.0;
const MORE_PATIENCE: f64 = 1.5;

/// How soon what follows belongs to an answer.
const BLINK: Duration = Duration::from_millis(50);
/// Clients that talk without end are not waited for.
const MOST_ANSWERING: u32 = 2_000;

pub const SPEEDS: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0, 1000.0];

/// Play, pause, speed, and where to stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    pub playing: bool,
    pub speed: f64,
    /// Nobody sees messages travel here, so nothing is slowed down for that.
    pub is_unseen: bool,
    /// Run without pause or slow motion until here: somebody asked for time to pass.
    jump_until: Option<Timestamp>,
    /// How many more instants may happen while time stands, because somebody asked for something.
    answering: u32,
    /// Displayed seconds in which messages followed one another without a rest, and when the last of them arrived.
    watched: f64,
    watched_until: Timestamp,
}

impl Default for Pace {
    fn default() -> Self {
        let (watched, watched_until) = (0.0, Timestamp::default());
        Pace { playing: true, speed: 1.0, is_unseen: false, jump_until: None, answering: 0, watched, watched_until }
    }
}

impl Pace {
    pub fn at_speed(speed: f64) -> Pace {
        Pace { speed, ..Pace::default() }
    }

    /// Somebody who does not want time to run has asked for something: what is on its way because of it arrives, and no
    /// timer ends that is longer than a blink.
    pub fn answer(&mut self) {
        self.answering = MOST_ANSWERING;
    }

    pub fn jump_until(&mut self, until: Timestamp) {
        self.jump_until = Some(self.jump_until.map_or(until, |other| other.max(until)));
    }

    /// Whoever wanted time to pass has changed their mind.
    pub fn stay(&mut self) {
        self.jump_until = None;
    }

    /// Where to, for somebody else to go there instead.
    pub fn take_jump(&mut self) -> Option<Timestamp> {
        self.jump_until.take()
    }

    pub fn jumps_to(&self) -> Option<Timestamp> {
        self.jump_until
    }

    pub fn is_jumping(&self) -> bool {
        self.jump_until.is_some()
    }

    /// Nothing goes on by itself, and nothing that was asked for is on its way.
    pub fn stands(&self) -> bool {
        !self.playing && self.jump_until.is_none() && self.answering == 0
    }

    /// Virtual seconds per displayed second right now.
    pub fn ratio(&self, playground: &Playground) -> f64 {
        if self.is_unseen {
            return self.speed;
        }
        let over = |weight: Weight, travel: Duration| {
            playground.shortest_on_the_way(weight).as_secs_f64() / travel.as_secs_f64()
        };
        let crowd = playground.latency().as_secs_f64() / SYSTEM_TRAVEL.as_secs_f64();
        let slow = match playground.heaviest_on_the_way() {
            Some((_, count)) if count > CROWD => crowd,
            Some((Weight::Message, _)) => {
                let each = over(Weight::Message, MESSAGE_TRAVEL);
                each.max((each * self.haste()).min(crowd))
            }
            Some((Weight::System, _)) => over(Weight::System, SYSTEM_TRAVEL),
            Some((Weight::Hidden, _)) | None => 1.0,
        };
        slow.min(1.0) * self.speed
    }

    /// How many times faster one message after the other goes by, for who has watched some.
    fn haste(&self) -> f64 {
        ((self.watched - PATIENCE) / MORE_PATIENCE).ceil().clamp(0.0, 10.0).exp2()
    }

    /// `shown` seconds went by on the screen, with a message on its way or without.
    fn watch(&mut self, shown: f64, is_message: bool, now: Timestamp) {
        if is_message {
            // Slow motion was asked for: it takes as much more patience.
            self.watched += shown * self.speed.min(1.0);
            self.watched_until = now;
        } else if now.since(self.watched_until) > BLINK {
            self.watched = 0.0;
        }
    }

    /// Lets `elapsed` of displayed time pass, as far as `may_go_on` allows. What could not be done is dropped, not owed:
    /// a page that was asleep does not race to catch up.
    pub fn run(&mut self, playground: &mut Playground, elapsed: Duration, mut may_go_on: impl FnMut() -> bool) {
        playground.settle();
        if let Some(until) = self.jump_until {
            if !run_to(playground, until, &mut may_go_on) {
                return;
            }
            self.jump_until = None;
        }
        if !self.playing {
            return self.answer_on(playground, may_go_on);
        }
        // Time that runs answers by itself.
        self.answering = 0;
        let mut left = elapsed.as_secs_f64();
        // What is due now needs no time.
        let is_due = |playground: &Playground| playground.next_instant().is_some_and(|at| at <= playground.now());
        while (left > 0.0 || is_due(playground)) && may_go_on() {
            let ratio = self.ratio(playground);
            let is_message = matches!(playground.heaviest_on_the_way(), Some((Weight::Message, _)));
            let reachable = playground.now() + Duration::from_secs_f64(left * ratio);
            match playground.next_instant().filter(|&at| at <= reachable) {
                Some(at) => {
                    let shown = at.since(playground.now()).as_secs_f64() / ratio;
                    left -= shown;
                    playground.step_instant(at);
                    self.watch(shown, is_message, at);
                }
                None => {
                    playground.rest_settled(reachable);
                    return self.watch(left, is_message, reachable);
                }
            }
        }
    }
}

impl Pace {
    /// Lets arrive what is on its way, and what that leads to within a blink.
    fn answer_on(&mut self, playground: &mut Playground, mut may_go_on: impl FnMut() -> bool) {
        let mut quiet_since = playground.now();
        while self.answering > 0 {
            if !may_go_on() {
                return;
            }
            let busy = playground.heaviest_on_the_way().is_some();
            quiet_since = if busy { playground.now() } else { quiet_since };
            let Some(at) = playground.next_instant().filter(|at| busy || *at <= quiet_since + BLINK) else { break };
            self.answering -= 1;
            playground.step_instant(at);
        }
        self.answering = 0;
    }
}

/// `true` when `until` was reached.
pub(super) fn run_to(playground: &mut Playground, until: Timestamp, may_go_on: &mut impl FnMut() -> bool) -> bool {
    while playground.next_instant().is_some_and(|at| at <= until) {
        if !may_go_on() {
            return false;
        }
        playground.step_instant(until);
    }
    playground.rest_until(until);
    true
}
