//! Where on a ruler the moments of a session stand.
//!
//! Hours in which nothing happens lie between milliseconds in which everything does. So the ruler gives each moment a
//! place of its own and each silence a width that grows with its logarithm. Knows times and kinds, nothing of pixels:
//! places are shares of the whole, from 0.0 to 1.0.

use super::session::{Entry, Input};
use crate::engine::Fact;
use crate::flow::{LinkState, Step, What};
use std::collections::VecDeque;

/// A silence of this length counts for about as much as a moment does.
const SILENCE_NANOS: f64 = 25e6;
/// Moments remembered one by one at most; with more, old ones stand for their neighbours.
const MAX_TICKS: usize = 50_000;

/// What is most worth knowing about a moment; later ones outdo earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TickKind {
    /// Something was told.
    Told,
    /// A stream kept a message.
    Stored,
    /// Somebody did something.
    Done,
    /// Something was refused, came back, was given up or broke.
    Trouble,
}

pub const TICK_KINDS: [TickKind; 4] = [TickKind::Told, TickKind::Stored, TickKind::Done, TickKind::Trouble];

/// One moment at which something was told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    /// Nanoseconds since the session began.
    pub at: u64,
    pub kind: TickKind,
    /// Distance from the begin, in widths of a moment.
    place: f64,
}

/// Every moment known of a session, past and ahead.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    ticks: Vec<Tick>,
    /// The number of the last step that is in it already.
    steps: u64,
    /// Inputs that are in it already.
    inputs: usize,
}

impl Track {
    pub fn ticks(&self) -> &[Tick] {
        &self.ticks
    }

    /// Takes in what is new. `started` is the session's begin in nanoseconds since the epoch.
    pub fn follow(&mut self, steps: &VecDeque<Step>, inputs: &[Entry], started: i64) {
        let known_inputs = self.inputs.min(inputs.len());
        // The oldest steps may have been forgotten; those that are kept still have their numbers.
        let known_steps = steps.partition_point(|step| step.ordinal <= self.steps);
        let mut told = steps.range(known_steps..).map(|step| (offset(step, started), kind_of(step))).peekable();
        let mut done = inputs[known_inputs..].iter().filter(|entry| is_deed(&entry.input)).peekable();
        loop {
            let input_first = match (told.peek(), done.peek()) {
                (Some(step), Some(entry)) => entry.at <= step.0,
                (None, Some(_)) => true,
                (_, None) => false,
            };
            let next = if input_first { done.next().map(|entry| (entry.at, TickKind::Done)) } else { told.next() };
            let Some((at, kind)) = next else { break };
            self.push(at, kind);
        }
        self.steps = self.steps.max(steps.back().map_or(0, |step| step.ordinal));
        self.inputs = self.inputs.max(inputs.len());
    }

    fn push(&mut self, at: u64, kind: TickKind) {
        match self.ticks.last_mut() {
            // Steps are told almost in order of time; a moment never moves back.
            Some(last) if at <= last.at => last.kind = last.kind.max(kind),
            last => {
                let place = last.map_or(0.0, |last| last.place + 1.0 + width(at - last.at));
                self.ticks.push(Tick { at, kind, place });
                if self.ticks.len() > MAX_TICKS {
                    self.thin();
                }
            }
        }
    }

    /// Of the older half every other moment goes, and its neighbour tells for both.
    fn thin(&mut self) {
        let older = self.ticks.len() / 2;
        let mut index = 0;
        let mut kind = TickKind::Told;
        self.ticks.retain_mut(|tick| {
            index += 1;
            let is_kept = index > older || index % 2 == 0;
            let with = std::mem::replace(&mut kind, if is_kept { TickKind::Told } else { tick.kind });
            tick.kind = tick.kind.max(with);
            is_kept
        });
    }

    /// Forgets everything after `at`; `steps` and `inputs` are how many there were up to then.
    pub fn cut(&mut self, at: u64, steps: u64, inputs: usize) {
        self.ticks.truncate(self.ticks.partition_point(|tick| tick.at <= at));
        (self.steps, self.inputs) = (steps, inputs);
    }

    /// The last moment before the newest one at or before `now`; the begin when there is none, and nothing before that.
    pub fn before(&self, now: u64) -> Option<u64> {
        let earlier = match self.ticks.partition_point(|tick| tick.at <= now) {
            0 | 1 => 0,
            count => self.ticks[count - 2].at,
        };
        (earlier < now).then_some(earlier)
    }

    /// The first moment after `now`.
    pub fn after(&self, now: u64) -> Option<u64> {
        self.ticks.get(self.ticks.partition_point(|tick| tick.at <= now)).map(|tick| tick.at)
    }

    /// Where `at` stands when the ruler ends at `end`.
    pub fn share(&self, at: u64, end: u64) -> f64 {
        let whole = self.distance(end);
        if whole > 0.0 { (self.distance(at) / whole).clamp(0.0, 1.0) } else { 1.0 }
    }

    fn distance(&self, at: u64) -> f64 {
        match self.ticks.partition_point(|tick| tick.at <= at) {
            0 => self.ticks.first().map_or_else(|| width(at), |_| 0.0),
            count => {
                let last = self.ticks[count - 1];
                last.place + width(at - last.at)
            }
        }
    }

    /// The time that stands at `share` of a ruler that ends at `end`.
    pub fn time_at(&self, share: f64, end: u64) -> u64 {
        let distance = share.clamp(0.0, 1.0) * self.distance(end);
        let count = self.ticks.partition_point(|tick| tick.place <= distance);
        let Some(last) = count.checked_sub(1).and_then(|index| self.ticks.get(index)) else {
            return silence(distance).min(end);
        };
        let most = self.ticks.get(count).map_or(end, |next| next.at);
        last.at.saturating_add(silence(distance - last.place)).min(most).min(end)
    }

    /// The moment nearest to `share` that is less than `within` away, else the time that stands there.
    pub fn snapped(&self, share: f64, end: u64, within: f64) -> u64 {
        let at = self.time_at(share, end);
        let count = self.ticks.partition_point(|tick| tick.at <= at);
        let around = [count.checked_sub(1), Some(count)].into_iter().flatten();
        let near = around.filter_map(|index| self.ticks.get(index)).map(|tick| (tick.at, self.share(tick.at, end)));
        let near = near.filter(|(at, place)| *at <= end && (place - share).abs() < within);
        near.min_by(|a, b| (a.1 - share).abs().total_cmp(&(b.1 - share).abs())).map_or(at, |(at, _)| at)
    }

    /// What is most worth knowing in each of `count` equal pieces of a ruler that ends at `end`.
    pub fn columns(&self, end: u64, count: usize) -> Vec<Option<TickKind>> {
        let mut columns = vec![None; count];
        let whole = self.distance(end);
        for tick in &self.ticks {
            let share = if whole > 0.0 { tick.place / whole } else { 0.0 };
            let index = ((share * count as f64) as usize).min(count.saturating_sub(1));
            if let Some(column) = columns.get_mut(index) {
                *column = (*column).max(Some(tick.kind));
            }
        }
        columns
    }
}

fn width(silence_nanos: u64) -> f64 {
    (silence_nanos as f64 / SILENCE_NANOS).ln_1p()
}

/// The silence of this width, in nanoseconds.
fn silence(width: f64) -> u64 {
    (width.exp_m1() * SILENCE_NANOS) as u64
}

fn offset(step: &Step, started: i64) -> u64 {
    u64::try_from(step.at.nanos().saturating_sub(started)).unwrap_or(0)
}

/// What a person would say they did.
fn is_deed(input: &Input) -> bool {
    use Input::{ClearScreen, Filter, Move, OpenTerminal, Unread, Wire};
    !matches!(
        input,
        OpenTerminal { .. } | Move { .. } | Filter { .. } | ClearScreen { .. } | Wire { .. } | Unread { .. }
    )
}

fn kind_of(step: &Step) -> TickKind {
    match &step.what {
        What::Link { state: LinkState::Broken | LinkState::Killed, .. }
        | What::Lost { .. }
        | What::Unanswered { .. } => TickKind::Trouble,
        What::Fact(fact) | What::Learnt { fact, .. } => match fact {
            Fact::Refused { .. }
            | Fact::Duplicate { .. }
            | Fact::RedeliveryDue { .. }
            | Fact::GivenUp { .. }
            | Fact::Disconnected { .. } => TickKind::Trouble,
            Fact::Stored { .. } => TickKind::Stored,
            _ => TickKind::Told,
        },
        _ => TickKind::Told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(times: &[u64]) -> Track {
        let mut track = Track::default();
        times.iter().for_each(|&at| track.push(at, TickKind::Told));
        track
    }

    #[test]
    fn a_long_silence_leaves_room_for_the_rest() {
        let hour = 3_600_000_000_000;
        let track = track(&[1_000_000, 2_000_000, 3_000_000, 25 * hour]);
        let end = 25 * hour;
        assert!(track.share(3_000_000, end) > 0.05);
        assert_eq!(track.share(end, end), 1.0);
        assert_eq!(track.share(0, end), 0.0);
    }

    #[test]
    fn places_and_times_belong_together() {
        let track = track(&[5_000_000, 80_000_000, 2_000_000_000, 900_000_000_000]);
        let end = 1_000_000_000_000;
        for at in [5_000_000, 70_000_000, 80_000_000, 1_500_000_000, 2_000_000_000, 950_000_000_000, end] {
            let found = track.time_at(track.share(at, end), end);
            assert!(found.abs_diff(at) <= 1 + at / 1_000_000, "{at} became {found}");
        }
        assert_eq!(track.snapped(track.share(80_000_000, end) + 0.002, end, 0.01), 80_000_000);
    }

    #[test]
    fn one_event_back_and_forth() {
        let track = track(&[10, 20, 30]);
        assert_eq!(track.before(35), Some(20));
        assert_eq!(track.before(30), Some(20));
        assert_eq!(track.before(10), Some(0));
        assert_eq!(track.before(5), Some(0));
        assert_eq!(track.before(0), None);
        assert_eq!(track.after(10), Some(20));
        assert_eq!(track.after(30), None);
    }

    #[test]
    fn very_many_moments_are_thinned_where_they_are_old() {
        let mut track = Track::default();
        (0..200_000).for_each(|at| track.push(at, if at == 7 { TickKind::Trouble } else { TickKind::Told }));
        assert!(track.ticks().len() <= MAX_TICKS);
        assert!(track.ticks().iter().any(|tick| tick.kind == TickKind::Trouble), "trouble is not forgotten");
        assert_eq!(track.before(199_999), Some(199_998), "what is new stands alone");
        assert!(track.ticks().is_sorted_by(|a, b| a.at < b.at && a.place < b.place));
    }

    #[test]
    fn an_empty_ruler_has_an_end() {
        let track = Track::default();
        assert_eq!(track.share(0, 0), 1.0);
        assert_eq!(track.time_at(0.5, 0), 0);
        assert!(track.time_at(1.0, 7_000_000).abs_diff(7_000_000) <= 1);
    }
}
