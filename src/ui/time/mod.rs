//! Going through time: one event back, to any moment, to another future.
//!
//! [`Travel`] is what the lab keeps for it; the verbs are the lab's own. [`scrubber`] draws the ruler, [`branches`] lists
//! the futures that were left, [`kept`] keeps them while the page is loaded again. What going back means is `playground::history`'s business.

pub mod branches;
pub mod kept;
pub mod scrubber;

use super::model::Lab;
use super::together::Ask;
use crate::lessons::Lesson;
use crate::playground::clock::Pace;
use crate::playground::history::{History, Seek};
use std::rc::Rc;

/// What programs wrote is remembered up to a bound only.
const TOO_MUCH: &str = "Programs have written more than this page remembers, so this session cannot be run again.";

/// Who wants nothing to move goes from event to event.
pub fn pace_at(speed: f64) -> Pace {
    let mut pace = Pace::at_speed(speed);
    pace.playing = !super::settings::is_still();
    pace.is_unseen = super::embed::is_without_picture();
    pace
}

/// Where the lab's past and its other futures are kept.
#[derive(Default)]
pub struct Travel {
    pub history: History,
    /// Counts playgrounds: the same revision of another one is something else.
    pub worlds: u32,
    seek: Option<Seek>,
    /// Asked for while another journey was under way.
    wanted: Option<u64>,
}

impl Travel {
    pub fn is_under_way(&self) -> bool {
        self.seek.is_some()
    }
}

impl Lab {
    /// The playground is about to be thrown away for `lesson`: what was done stays as another future of its own lesson.
    pub(super) fn leave_session(&mut self, lesson: Option<Rc<Lesson>>) {
        if self.beginnings == 0 {
            kept::leave_what_was();
        }
        self.travel.history.begin_again(&self.playground, self.given_inputs);
        self.keep_branches();
        if self.beginnings == 0 || lesson != self.lesson {
            self.lesson = lesson;
            self.travel.history = kept::read(self.lesson_id());
        }
        (self.travel.seek, self.travel.wanted) = (None, None);
        self.travel.worlds += 1;
    }

    /// Whose session this is, for when the page is loaded again.
    pub(super) fn note_session(&self) {
        kept::note(self.lesson_id(), self.given_inputs);
    }

    fn lesson_id(&self) -> Option<&str> {
        self.lesson.as_ref().map(|lesson| lesson.id.as_str())
    }

    fn keep_branches(&self) {
        // Before the first beginning there is nothing of this page to keep.
        if self.beginnings > 0 {
            kept::write(self.lesson_id(), self.travel.history.branches());
        }
    }

    /// Throws a future away.
    pub fn forget_branch(&mut self, branch: u32) {
        self.travel.history.forget(branch);
        self.keep_branches();
    }

    /// On to the next event, and stay there.
    pub fn step(&mut self) {
        if self.is_far_away() || self.asks(|| Ask::Step { forward: true }) {
            return;
        }
        self.pace.playing = false;
        let heading = self.heading();
        match self.travel.history.track().after(self.heading_or_here()) {
            Some(known) if heading.is_some() => self.go_to(known),
            Some(known) => self.playground.advance_to(self.playground.moment(known)),
            None => {
                self.arrive();
                self.playground.step_event();
            }
        }
    }

    /// To the event before this one, and stay there.
    pub fn back(&mut self) {
        if self.is_far_away() || self.asks(|| Ask::Step { forward: false }) {
            return;
        }
        let from = self.heading_or_here();
        if let Some(to) = self.travel.history.track().before(from) {
            self.go_to(to);
        }
    }

    /// To a moment, in nanoseconds since the session began, and stay there. No further than is known.
    pub fn go_to(&mut self, to: u64) {
        if self.is_far_away() || self.asks(|| Ask::GoTo { at: to }) {
            return;
        }
        self.pace.playing = false;
        if self.travel.is_under_way() {
            self.travel.wanted = Some(to);
            return;
        }
        let to = to.min(self.playground.known_end());
        if to < self.playground.offset() && !self.playground.session().is_whole() {
            self.trouble = Some(TOO_MUCH.to_owned());
        } else if to < self.playground.offset() {
            self.pace.stay();
            let seek = self.travel.history.rewind(&self.playground, self.lesson.as_deref(), to);
            self.travel.seek = Some(seek);
        } else {
            if self.playground.is_rerun() {
                // Whoever wanted to go further on a known path has changed their mind.
                self.pace.stay();
            }
            self.pace.jump_until(self.playground.moment(to));
        }
    }

    /// Where the journey leads that is under way: what is asked for meanwhile begins there.
    fn heading(&self) -> Option<u64> {
        let known = self.pace.jumps_to().filter(|_| self.playground.is_rerun());
        let jump = known.map(|until| until.since(self.playground.moment(0)).as_nanos() as u64);
        self.travel.wanted.or(self.travel.seek.as_ref().map(Seek::to)).or(jump)
    }

    fn heading_or_here(&self) -> u64 {
        self.heading().unwrap_or(self.playground.offset())
    }

    /// To the newest moment there is, from where time goes on as it did.
    pub fn go_to_newest(&mut self) {
        self.go_to(u64::MAX);
    }

    /// Time is paused, here or where this session is led.
    pub fn stands(&self) -> bool {
        !self.is_far_away() && self.pace.stands() && !self.travel.is_under_way() && !self.is_led_on()
    }

    pub fn is_in_the_past(&self) -> bool {
        self.playground.is_rerun()
    }

    /// From here on another future begins; the one that was stays as a branch.
    pub fn fork(&mut self) {
        if self.is_far_away() || self.asks(|| Ask::Fork { undo: false }) {
            return;
        }
        self.arrive();
        if self.travel.history.fork(&mut self.playground) {
            self.keep_session();
            self.keep_branches();
        }
    }

    /// Whoever does something in the past begins another future.
    pub(super) fn leave_path(&mut self) {
        self.arrive();
        if self.playground.is_rerun() && self.travel.history.fork(&mut self.playground) {
            self.keep_branches();
        }
    }

    /// To the end of a future that was left.
    pub fn switch(&mut self, branch: u32) {
        if self.is_far_away() {
            return;
        }
        self.arrive();
        self.pace.stay();
        self.pace.playing = false;
        let (lesson, given) = (self.lesson.as_deref(), self.given_inputs);
        self.travel.seek = self.travel.history.switch(&self.playground, lesson, branch, given);
        self.keep_branches();
    }

    /// Goes on with a journey; `false` when there is none.
    pub(super) fn travel_on(&mut self, may_go_on: impl FnMut() -> bool) -> bool {
        let Some(seek) = &mut self.travel.seek else { return false };
        if seek.run(may_go_on) {
            self.land();
        }
        true
    }

    /// Ends the journey that is under way at once: what is done now is done where it leads.
    pub(super) fn arrive(&mut self) {
        while self.travel_on(|| true) {}
        if self.playground.is_rerun()
            && let Some(until) = self.pace.take_jump()
        {
            self.playground.advance_to(until);
        }
    }

    fn land(&mut self) {
        let Some(seek) = self.travel.seek.take() else { return };
        self.playground = seek.finish();
        self.travel.worlds += 1;
        if self.playground.terminal(&self.active_actor).is_none() {
            self.active_actor = self.playground.actors().first().cloned().unwrap_or_default();
        }
        self.keep_session();
        if let Some(to) = self.travel.wanted.take() {
            self.go_to(to);
        }
    }
}
