//! What a user may publish and subscribe to.
//!
//! Knows subjects, queue groups and two lists for each direction; never connections. The ways in are
//! [`Permissions::may_publish`], [`Permissions::may_subscribe`] and, for subscriptions wider than what is allowed,
//! [`Permissions::may_receive`].
//! Differs from nats-server: there are no answers allowed for a while (`allow_responses`).
//! Source: NATS docs "Authorization"; nats-server 2.15.1 `server/client.go`, `canSubscribe`, observed.

use crate::json::ToJson;
use crate::pack::Pack;
use crate::subject::{SubjectFilter, is_literal};

/// Nothing in it allows everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, Pack)]
pub struct Permissions {
    #[json(omit_empty)]
    pub publish: Option<Rule>,
    #[json(omit_empty)]
    pub subscribe: Option<Rule>,
}

/// Subjects, with a queue group after a blank where only its members are meant. No `allow` allows everything; `deny`
/// has the last word.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, Pack)]
pub struct Rule {
    #[json(omit_empty)]
    pub allow: Vec<String>,
    #[json(omit_empty)]
    pub deny: Vec<String>,
}

impl Permissions {
    pub(super) fn may_publish(&self, subject: &str) -> bool {
        self.publish.as_ref().is_none_or(|rule| rule.permits(subject, None))
    }

    pub(super) fn may_subscribe(&self, subject: &str, queue: Option<&str>) -> bool {
        self.subscribe.as_ref().is_none_or(|rule| rule.permits(subject, queue))
    }

    /// Whether a message on `subject` goes to a subscription with this `filter` that was allowed.
    pub(super) fn may_receive(&self, filter: &str, subject: &str) -> bool {
        let Some(rule) = &self.subscribe else { return true };
        is_literal(filter) || !rule.deny.iter().any(|entry| covers(entry, subject, None))
    }
}

impl Rule {
    fn permits(&self, subject: &str, queue: Option<&str>) -> bool {
        let is_in = |list: &[String]| list.iter().any(|entry| covers(entry, subject, queue));
        (self.allow.is_empty() || is_in(&self.allow)) && !is_in(&self.deny)
    }
}

/// Whether every message on `subject`, which may have wildcards, is one of the entry's.
fn covers(entry: &str, subject: &str, queue: Option<&str>) -> bool {
    let (pattern, group) =
        entry.split_once(' ').map_or((entry, None), |(pattern, group)| (pattern, Some(group.trim())));
    let filter = |text: &str| SubjectFilter::new(text).ok();
    let matches_group = match (group, queue) {
        (None, _) => true,
        (Some(group), Some(queue)) => filter(group).is_some_and(|group| group.matches(queue)),
        (Some(_), None) => false,
    };
    let (Some(pattern), Some(subject)) = (filter(pattern), filter(subject)) else { return false };
    matches_group && subject.is_subset_of(&pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(allow: &[&str], deny: &[&str]) -> Option<Rule> {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Some(Rule { allow: owned(allow), deny: owned(deny) })
    }

    #[test]
    fn lists() {
        let permissions = Permissions {
            publish: rule(&["a.>", "b"], &["a.secret"]),
            subscribe: rule(&["a.>", "q.* grp"], &["a.secret", "a.deep.>"]),
        };
        for (subject, expected) in [("a.x", true), ("a.secret", false), ("b", true), ("c", false), ("a.*", true)] {
            assert_eq!(permissions.may_publish(subject), expected, "{subject}");
        }
        for (subject, queue, expected) in [
            ("a.*", None, true),
            (">", None, false),
            ("a.deep.*", None, false),
            ("q.x", None, false),
            ("q.x", Some("grp"), true),
            ("q.x", Some("other"), false),
            ("a.x", Some("any"), true),
        ] {
            assert_eq!(permissions.may_subscribe(subject, queue), expected, "{subject} {queue:?}");
        }
        assert!(!permissions.may_receive("a.>", "a.secret"));
        assert!(permissions.may_receive("a.>", "a.open"));
        assert!(Permissions::default().may_subscribe(">", None));
    }
}
