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

    /// How many milestones were reached in all lessons.
    pub fn milestones(&self) -> u64 {
        self.reached.values().map(|reached| reached.len() as u64).sum()
    }

    /// Adds what was reached elsewhere; bets that were placed here stay. How many milestones are new.
    pub fn take_in(&mut self, other: Progress) -> u64 {
        let before = self.milestones();
        for (lesson, milestones) in other.reached {
            self.reached.entry(lesson).or_default().extend(milestones);
        }
        for (lesson, bets) in other.bets {
            let own = self.bets.entry(lesson).or_default();
            for (bet, option) in bets {
                own.entry(bet).or_insert(option);
            }
        }
        self.milestones() - before
    }

    /// What a file holds.
    ///
    /// Errors: it is something else.
    pub fn read(text: &str) -> Result<Progress, String> {
        let has_reached = crate::json::parse(text).is_ok_and(|json| json.get("reached").is_some());
        let progress = crate::json::read(text).ok().filter(|_| has_reached);
        progress.ok_or_else(|| "this is not what was reached in lessons".to_owned())
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

    #[test]
    fn what_was_reached_elsewhere_comes_to_what_was_reached_here() {
        let (mut here, mut there) = (Progress::default(), Progress::default());
        let done = |progress: &mut Progress, lesson: &str, milestone, option| {
            progress.reach(lesson, milestone);
            progress.bets.entry(lesson.to_owned()).or_default().insert("bet".to_owned(), option);
        };
        done(&mut here, "a", "m", 1);
        done(&mut there, "a", "m", 2);
        done(&mut there, "b", "n", 3);
        let there = Progress::read(&there.to_json()).expect("as it was written");
        assert_eq!(here.take_in(there.clone()), 1);
        assert_eq!(here.take_in(there), 0, "a second time");
        assert!(here.has("a", "m") && here.has("b", "n"));
        assert_eq!((here.bets["a"]["bet"], here.bets["b"]["bet"]), (1, 3));
        for other in ["", "{}", "[1]", r#"{"session": {}}"#, r#"{"reached": 7}"#, r#"{"reached": {"a": "m"}}"#] {
            assert!(Progress::read(other).is_err(), "{other}");
        }
    }
}
