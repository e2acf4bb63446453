//! How a step is shown: the way from the moment before to the moment now, once, and then nothing moves any more.
//!
//! While time runs the picture is where time is. Where it stands and somebody steps on, everything told is true at once;
//! what was on its way goes to where it is now as long as it takes to see it, and what is new may show that it is.
//! Knows displayed time as it is told.

use super::Flow;
use super::model::TRAIL;
use super::step::Traffic;
use crate::time::Timestamp;
use std::time::Duration;

/// How long the whole way of a message takes to be seen, and of what the system says.
const MESSAGE: Duration = Duration::from_millis(700);
const SYSTEM: Duration = Duration::from_millis(300);
/// A frame or two: no step, only time that came to a stand.
const HALT: Duration = Duration::from_millis(60);

/// Whether displayed time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    Runs,
    Stands,
}

/// What of a moment is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Where what travels is drawn.
    pub now: Timestamp,
    /// Whether anything may move.
    pub moves: bool,
}

/// The way from one moment to the next.
#[derive(Debug, Default)]
pub struct Glide {
    last: Option<(Timestamp, Time)>,
    way: Option<Way>,
    /// Displayed time for which what is new may still move.
    left: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Way {
    from: Timestamp,
    to: Timestamp,
    lasts: Duration,
    passed: Duration,
}

impl Way {
    /// What was on its way just before `to` and had left by then, followed from `since` at the earliest.
    fn of(flow: &Flow, since: Timestamp, to: Timestamp) -> Option<Way> {
        let tokens = flow.tokens(to - Duration::from_nanos(1));
        let from = tokens.iter().map(|token| token.left).min()?.max(since);
        let lasts = tokens.iter().map(|token| {
            let whole = if token.traffic == Traffic::Message { MESSAGE } else { SYSTEM };
            whole.mul_f64((token.progress(to) - token.progress(token.left.max(from))).max(0.0))
        });
        Some(Way { from, to, lasts: lasts.max()?, passed: Duration::ZERO })
    }

    fn shown(&self) -> Timestamp {
        let share = self.passed.as_secs_f64() / self.lasts.as_secs_f64().max(f64::MIN_POSITIVE);
        self.from + self.to.since(self.from).mul_f64(share.min(1.0))
    }
}

impl Glide {
    /// `passed` displayed time after the last call, whether time runs or stands.
    pub fn frame(&mut self, flow: &Flow, now: Timestamp, passed: Duration, time: Time) -> Shown {
        let last = self.last.replace((now, time));
        if time == Time::Runs {
            (self.way, self.left) = (None, Duration::ZERO);
            return Shown { now, moves: true };
        }
        self.left = self.left.saturating_sub(passed);
        match last {
            Some((before, was)) if before < now => {
                let way = Way::of(flow, before, now);
                if was == Time::Stands || way.is_some_and(|way| way.lasts > HALT) {
                    (self.way, self.left) = (way, TRAIL);
                }
            }
            _ => self.way = self.way.filter(|way| way.to == now).map(|way| Way { passed: way.passed + passed, ..way }),
        }
        self.way = self.way.filter(|way| way.passed < way.lasts);
        Shown { now: self.way.map_or(now, |way| way.shown()), moves: !self.left.is_zero() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ConnId;
    use crate::flow::script::{LATENCY, Script};
    use crate::protocol::{ClientOp, Message};

    const FRAME: Duration = Duration::from_millis(20);

    fn on_its_way() -> (Script, Glide) {
        let (mut script, mut glide) = (Script::new(), Glide::default());
        script.connect(1, "alice").wait(5);
        glide.frame(&script.flow, script.now, FRAME, Time::Stands);
        script.flow.sent(script.now, script.now + LATENCY, ConnId(1), &ClientOp::Pub(Message::new("a", "hello")));
        (script, glide)
    }

    #[test]
    fn a_step_is_seen_once_and_then_nothing_moves() {
        let (mut script, mut glide) = on_its_way();
        let left = script.now;
        script.wait(200);
        let frame = |glide: &mut Glide| glide.frame(&script.flow, script.now, FRAME, Time::Stands);
        let first = frame(&mut glide);
        assert_eq!(first, Shown { now: left, moves: true });
        let mut shown = vec![first];
        (0..60).for_each(|_| shown.push(frame(&mut glide)));
        assert!(shown.windows(2).all(|pair| pair[0].now <= pair[1].now));
        assert!(shown[17].now > left && shown[17].now < script.now, "half way after half its time");
        let moving = shown.iter().filter(|shown| shown.now < script.now).count() as u32 * FRAME;
        assert!(moving > MESSAGE - 2 * FRAME && moving <= MESSAGE + FRAME, "{moving:?}");
        assert!(shown.iter().filter(|shown| shown.moves).count() as u32 * FRAME <= TRAIL);
        assert_eq!(shown.last(), Some(&Shown { now: script.now, moves: false }));
    }

    #[test]
    fn part_of_a_way_takes_part_of_the_time() {
        let (mut script, mut glide) = on_its_way();
        script.wait(50);
        glide.frame(&script.flow, script.now, FRAME, Time::Stands);
        for _ in 0..10 {
            glide.frame(&script.flow, script.now, FRAME, Time::Stands);
        }
        assert_eq!(glide.frame(&script.flow, script.now, FRAME, Time::Stands).now, script.now);
    }

    #[test]
    fn time_that_comes_to_a_stand_is_no_step() {
        let (mut script, mut glide) = on_its_way();
        glide.frame(&script.flow, script.now, FRAME, Time::Runs);
        script.wait(5);
        let shown = glide.frame(&script.flow, script.now, FRAME, Time::Stands);
        assert_eq!(shown, Shown { now: script.now, moves: false });
    }

    #[test]
    fn a_long_silence_is_not_run_through() {
        let (mut script, mut glide) = on_its_way();
        script.wait(3_600_000);
        assert_eq!(glide.frame(&script.flow, script.now, FRAME, Time::Stands).now, script.now);
    }
}
