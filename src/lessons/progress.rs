//! Which milestones were reached, by lesson and milestone name.
//!
//! Plain data; where it is kept (local storage, memory, a file) is the screen's business.

use crate::json::{FromJson, ToJson};
use crate::map::{Map, Set};

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct Progress {
    /// Lesson id to milestone ids.
    pub reached: Map<String, Set<String>>,
    /// Lesson id to bet id to the option chosen.
    pub bets: Map<String, Map<String, usize>>,
}

impl Progress {
    /// Remembers a milestone; `true` if it is new.
    pub fn reach(&mut self, lesson: &str, milestone: &str) -> bool {
        self.reached.entry(lesson.to_owned()).or_default().insert(milestone.to_owned())
    }

    pub fn has(&self, lesson: &str, milestone: &str) -> bool {
        self.reached.get(lesson).is_some_and(|reached| reached.contains(milestone))
    }

    /// Every milestone of the lesson is reached.
    pub fn is_solved(&self, lesson: &str, milestones: &[String]) -> bool {
        !milestones.is_empty() && milestones.iter().all(|milestone| self.has(lesson, milestone))
    }

    pub fn forget(&mut self, lesson: &str) {
        self.reached.remove(lesson);
        self.bets.remove(lesson);
    }

    pub fn to_json(&self) -> String {
        crate::json::write(self)
    }

    /// What was kept; whatever cannot be read counts as nothing.
    pub fn from_json(text: &str) -> Progress {
        crate::json::read(text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latches_and_survives_json() {
        let mut progress = Progress::default();
        assert!(progress.reach("a", "m"));
        assert!(!progress.reach("a", "m"));
        let again = Progress::from_json(&progress.to_json());
        assert!(again.is_solved("a", &["m".into()]));
        assert!(!again.is_solved("a", &["m".into(), "n".into()]));
        assert_eq!(Progress::from_json("nonsense"), Progress::default());
    }
}
