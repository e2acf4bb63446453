//! The record of a session: every step, and the way back to any of them.
//!
//! Looking back needs no replay of the engine: a checkpoint is taken now and then, and the steps after it are folded
//! again. The way in is [`Timeline::record`] and [`Timeline::seek`]. Acting in the past is another matter (`playground`).

use super::model::World;
use super::step::Step;
use crate::time::Timestamp;
use std::collections::VecDeque;

/// Steps between two checkpoints, at first. It doubles when there are [`MAX_CHECKPOINTS`].
const SPACING: u64 = 256;
const MAX_CHECKPOINTS: usize = 32;
/// With more steps than this, the oldest are forgotten, back to a checkpoint.
const MAX_STEPS: usize = 40_000;
/// So many are kept at least.
const KEPT_STEPS: u64 = 30_000;

/// The newest steps, folded up to the last one.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Ordinal of the last step that was forgotten.
    forgotten: u64,
    steps: VecDeque<Step>,
    now: World,
    checkpoints: Vec<World>,
    spacing: u64,
}

impl Timeline {
    /// Gives the step its ordinal and folds it in.
    pub fn record(&mut self, mut step: Step) -> &Step {
        step.ordinal = self.len() + 1;
        self.now.apply(&step);
        self.steps.push_back(step);
        let last = self.checkpoints.last().map_or(0, World::ordinal);
        // Copying a world costs what it holds; so it is done as rarely as that is much.
        let spacing = self.spacing.max(SPACING).max(self.now.weight());
        if self.len() - last >= spacing {
            self.checkpoint();
            self.forget();
        }
        &self.steps[self.steps.len() - 1]
    }

    /// How many steps were recorded, forgotten ones included: the ordinal of the last.
    pub fn len(&self) -> u64 {
        self.forgotten + self.steps.len() as u64
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The steps that are kept: all of a session that is not very long.
    pub fn steps(&self) -> &VecDeque<Step> {
        &self.steps
    }

    /// The earliest moment [`Timeline::seek`] finds.
    pub fn earliest(&self) -> u64 {
        self.forgotten
    }

    /// The step with this ordinal, if it is kept.
    pub fn step(&self, ordinal: u64) -> Option<&Step> {
        self.steps.get(ordinal.checked_sub(self.forgotten + 1)? as usize)
    }

    /// The world after everything.
    pub fn now(&self) -> &World {
        &self.now
    }

    /// The world after the step with this ordinal; 0 is before anything happened, too high is now, and what is
    /// forgotten is the earliest that is not.
    pub fn seek(&self, ordinal: u64) -> World {
        let end = ordinal.clamp(self.forgotten, self.len());
        let before = self.checkpoints.iter().rev().find(|world| world.ordinal() <= end);
        let mut world = before.cloned().unwrap_or_default();
        let index = |ordinal: u64| (ordinal - self.forgotten) as usize;
        for step in self.steps.range(index(world.ordinal())..index(end)) {
            world.apply(step);
        }
        world
    }

    /// The ordinal of the last step at or before `at`; 0 if there is none.
    ///
    /// Steps are told almost in order of time: a wire speaks before the server does. What was told first counts as first.
    pub fn ordinal_at(&self, at: Timestamp) -> u64 {
        self.forgotten + self.steps.partition_point(|step| step.at <= at) as u64
    }

    fn checkpoint(&mut self) {
        if self.checkpoints.len() == MAX_CHECKPOINTS {
            self.spacing = self.spacing.max(SPACING) * 2;
            // Every other one; the first may be what everything else rests on.
            let mut index = 0;
            self.checkpoints.retain(|_| {
                index += 1;
                index % 2 == 1
            });
        }
        self.checkpoints.push(self.now.clone());
    }

    /// Drops the oldest steps when there are too many. What is left begins at a checkpoint.
    fn forget(&mut self) {
        if self.steps.len() < MAX_STEPS {
            return;
        }
        let newest = self.len() - KEPT_STEPS;
        let Some(base) = self.checkpoints.iter().rposition(|world| world.ordinal() <= newest) else { return };
        let until = self.checkpoints[base].ordinal();
        self.steps.drain(..(until - self.forgotten) as usize);
        self.checkpoints.drain(..base);
        self.forgotten = until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Levels;
    use crate::flow::script::job_queue;
    use crate::flow::words;

    #[test]
    fn every_moment_is_found_again() {
        let script = job_queue();
        let steps = script.flow.steps();
        let mut timeline = Timeline::default();
        let mut moments = Vec::new();
        for round in 0..40 {
            for step in steps {
                let ordinal = timeline.record(step.clone()).ordinal;
                if ordinal % 97 == 0 || round == 0 {
                    let scene = timeline.now().scene(step.at, &Levels::default());
                    moments.push((ordinal, step.at, words::outline(&scene)));
                }
            }
        }
        assert!(timeline.len() > 2 * SPACING, "checkpoints were used");
        for (ordinal, at, outline) in moments {
            let world = timeline.seek(ordinal);
            assert_eq!(world.ordinal(), ordinal);
            assert_eq!(words::outline(&world.scene(at, &Levels::default())), outline, "after step {ordinal}");
        }
    }

    #[test]
    fn checkpoints_stay_few() {
        let script = job_queue();
        let mut timeline = Timeline::default();
        for step in script.flow.steps().iter().take(5).cycle().take(20_000) {
            timeline.record(step.clone());
        }
        assert!(timeline.checkpoints.len() <= MAX_CHECKPOINTS);
        assert!(timeline.checkpoints.len() >= MAX_CHECKPOINTS / 2);
        assert_eq!(timeline.seek(u64::MAX).ordinal(), 20_000);
        assert_eq!(timeline.seek(0).ordinal(), 0);
    }

    #[test]
    fn a_very_long_session_forgets_its_beginning() {
        let script = job_queue();
        let mut timeline = Timeline::default();
        for step in script.flow.steps().iter().take(5).cycle().take(200_000) {
            timeline.record(step.clone());
            assert!(timeline.steps().len() <= 2 * MAX_STEPS);
        }
        assert_eq!(timeline.len(), 200_000);
        assert!(timeline.steps().len() as u64 >= KEPT_STEPS);
        let earliest = timeline.earliest();
        assert_eq!(timeline.seek(0).ordinal(), earliest);
        assert_eq!(timeline.seek(earliest + 7).ordinal(), earliest + 7);
        assert_eq!(timeline.step(earliest), None);
        assert_eq!(timeline.step(earliest + 1).map(|step| step.ordinal), Some(earliest + 1));
        assert_eq!(timeline.step(200_000).map(|step| step.ordinal), Some(200_000));
    }

    #[test]
    fn time_finds_its_step() {
        let script = job_queue();
        let mut timeline = Timeline::default();
        script.flow.steps().iter().for_each(|step| {
            let _ = timeline.record(step.clone());
        });
        assert_eq!(timeline.ordinal_at(Timestamp(0)), 0);
        assert_eq!(timeline.ordinal_at(script.now), timeline.len());
    }
}
