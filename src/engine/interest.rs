//! Who is subscribed to what.
//!
//! Knows subscriptions and finds them by subject; what they have received so far is the connection's business.
//! The way in is [`Subscriptions::matching`]; JetStream sees it as [`Interest`].

use super::ConnId;
use super::jetstream::Interest;
use crate::map::Map;
use crate::pack::Pack;
use crate::protocol::Sid;
use crate::subject::{Subject, SubjectFilter, SubjectTrie};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One SUB. Shared between the index and the connection that made it.
#[derive(Debug, Pack)]
pub(super) struct Subscription {
    /// Never reused, unlike the client's `sid`.
    pub number: u64,
    pub conn: ConnId,
    pub sid: Sid,
    pub filter: SubjectFilter,
    pub queue: Option<Subject>,
}

/// Every subscription of every connection.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    by_subject: SubjectTrie<Arc<Subscription>>,
    /// How many subscriptions have exactly this text and queue group: push consumers count no others.
    by_text: BTreeMap<Subject, Map<Option<Subject>, usize>>,
}

/// The subscriptions one message may go to.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// Each gets a copy.
    pub plain: Vec<Arc<Subscription>>,
    /// One member of each group gets a copy, whatever wildcards its members subscribed with.
    pub groups: Map<Subject, Vec<Arc<Subscription>>>,
}

impl Subscriptions {
    pub fn insert(&mut self, subscription: Arc<Subscription>) {
        let groups = self.by_text.entry(subscription.filter.subject().clone()).or_default();
        *groups.entry(subscription.queue.clone()).or_default() += 1;
        let filter = subscription.filter.clone();
        self.by_subject.insert(&filter, subscription);
    }

    pub fn remove(&mut self, subscription: &Subscription) {
        self.by_subject.remove(&subscription.filter, |candidate| candidate.number == subscription.number);
        let Some(groups) = self.by_text.get_mut(subscription.filter.as_str()) else { return };
        if let Some(count) = groups.get_mut(&subscription.queue) {
            *count -= 1;
            if *count == 0 {
                groups.remove(&subscription.queue);
            }
        }
        if groups.is_empty() {
            self.by_text.remove(subscription.filter.as_str());
        }
    }

    pub fn len(&self) -> usize {
        self.by_subject.len()
    }

    /// Everybody interested in `subject`, in an order that depends on nothing but the subscriptions made.
    pub fn matching(&self, subject: &str) -> Matches {
        let mut matches = Matches::default();
        self.by_subject.for_each_match(subject, |subscription| match &subscription.queue {
            None => matches.plain.push(subscription.clone()),
            Some(queue) => matches.groups.entry(queue.clone()).or_default().push(subscription.clone()),
        });
        matches
    }
}

impl Interest for Subscriptions {
    fn has_interest(&self, subject: &str) -> bool {
        self.by_subject.has_match(subject)
    }

    fn has_exact_interest(&self, subject: &str, queue: Option<&str>) -> bool {
        let Some(groups) = self.by_text.get(subject) else { return false };
        groups.contains_key(&queue.map(Subject::new))
    }
}
