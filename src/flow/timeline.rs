//! The record of a session: every step, and the way back to any of them.
//!
//! Looking back needs no replay of the engine: a checkpoint is taken now and then, and the steps after it are folded
//! again. The way in is [`Timeline::record`] and [`Timeline::seek`]. Acting in the past is another matter (`playground`).

use super::model::World;
use super::step::Step;
use crate::time::Timestamp;

/// Steps between two checkpoints, at first. It doubles when there are [`MAX_CHECKPOINTS`].
const SPACING: u64 = 256;
const MAX_CHECKPOINTS: usize = 32;

/// Every step so far, folded up to the last one.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    steps: Vec<Step>,
    now: World,
    checkpoints: Vec<World>,
    spacing: u64,
}

impl Timeline {
    /// Gives the step its ordinal and folds it in.
    pub fn record(&mut self, mut step: Step) -> &Step {
        step.ordinal = self.len() + 1;
        self.now.apply(&step);
        self.steps.push(step);
        if self.len().is_multiple_of(self.spacing.max(SPACING)) {
            self.checkpoint();
        }
        &self.steps[self.steps.len() - 1]
    }

    pub fn len(&self) -> u64 {
        self.steps.len() as u64
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The world after everything.
    pub fn now(&self) -> &World {
        &self.now
    }

    /// The world after the step with this ordinal; 0 is before anything happened, too high is now.
    pub fn seek(&self, ordinal: u64) -> World {
        let end = ordinal.min(self.len());
        let before = self.checkpoints.iter().rev().find(|world| world.ordinal() <= end);
        let mut world = before.cloned().unwrap_or_default();
        for step in &self.steps[world.ordinal() as usize..end as usize] {
            world.apply(step);
        }
        world
    }

    /// The ordinal of the last step at or before `at`; 0 if there is none.
    ///
    /// Steps are told almost in order of time: a wire speaks before the server does. What was told first counts as first.
    pub fn ordinal_at(&self, at: Timestamp) -> u64 {
        self.steps.partition_point(|step| step.at <= at) as u64
    }

    fn checkpoint(&mut self) {
        if self.checkpoints.len() == MAX_CHECKPOINTS {
            self.spacing = self.spacing.max(SPACING) * 2;
            let spacing = self.spacing;
            self.checkpoints.retain(|world| world.ordinal().is_multiple_of(spacing));
        }
        if self.len().is_multiple_of(self.spacing.max(SPACING)) {
            self.checkpoints.push(self.now.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
                    moments.push((ordinal, words::outline(&timeline.now().scene(step.at))));
                }
            }
        }
        assert!(timeline.len() > 2 * SPACING, "checkpoints were used");
        for (ordinal, outline) in moments {
            let world = timeline.seek(ordinal);
            assert_eq!(world.ordinal(), ordinal);
            assert_eq!(words::outline(&world.scene(Timestamp::default())), outline, "after step {ordinal}");
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
