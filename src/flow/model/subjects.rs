//! Subjects in use, folded into few tracks, and who listens over which of them.

use super::clients::Clients;
use super::streams::Streams;
use crate::flow::scene::{Bracket, BracketOwner, MAX_TRACKS, Track, TrackKind};
use crate::flow::step::Traffic;
use crate::map::Map;
use crate::sorted;
use crate::subject::{Subject, SubjectFilter, is_literal};
use crate::time::Timestamp;

/// Subjects remembered one by one; later ones are counted under their beginning.
const MAX_SUBJECTS: usize = 512;

/// What was published on which subject.
#[derive(Clone, Debug, Default)]
pub struct Subjects {
    used: Map<Subject, Count>,
    system: Count,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    messages: u64,
    unwanted: u64,
    unwanted_at: Option<Timestamp>,
}

impl Count {
    fn add(&mut self, other: &Count) {
        self.messages += other.messages;
        self.unwanted += other.unwanted;
        self.unwanted_at = self.unwanted_at.max(other.unwanted_at);
    }
}

impl Subjects {
    /// Something is on its way there.
    pub fn expect(&mut self, subject: &Subject) {
        self.count(subject);
    }

    pub fn published(&mut self, subject: &Subject) {
        self.count(subject).messages += 1;
    }

    pub fn unwanted(&mut self, subject: &Subject, at: Timestamp) {
        let count = self.count(subject);
        count.unwanted += 1;
        count.unwanted_at = Some(at);
    }

    fn count(&mut self, subject: &Subject) -> &mut Count {
        if Traffic::of(subject).is_system() {
            return &mut self.system;
        }
        if self.used.contains_key(subject) || self.used.len() < MAX_SUBJECTS {
            return self.used.entry(subject.clone()).or_default();
        }
        let beginning = subject.rsplit_once('.').map_or(">".to_owned(), |(beginning, _)| format!("{beginning}.>"));
        self.used.entry(beginning.into()).or_default()
    }

    /// The tracks of this moment: what was used, what is listened for, and one for the system.
    pub fn tracks(&self, clients: &Clients, streams: &Streams) -> Tracks {
        let mut leaves: Vec<Leaf> = self.used.iter().map(|(subject, count)| Leaf::used(subject, count)).collect();
        let listened = clients.subscriptions().map(|(_, subscription)| subscription.filter.subject().clone());
        for filter in listened.chain(streams.subjects()) {
            add_awaited(&mut leaves, &filter);
        }
        sorted::by(&mut leaves, |a, b| a.first().split('.').cmp(b.first().split('.')));
        let mut folded = fold(leaves);
        if self.system.messages > 0 {
            folded.push(Leaf {
                subjects: Vec::new(),
                count: self.system,
                kind: TrackKind::System,
                label: "system".into(),
            });
        }
        Tracks { leaves: folded }
    }
}

/// A filter is a track of its own as long as it matches nothing that was used.
fn add_awaited(leaves: &mut Vec<Leaf>, filter: &Subject) {
    if Traffic::of(filter).is_system() || **filter == *">" {
        return;
    }
    let Ok(parsed) = SubjectFilter::new(filter) else { return };
    if !leaves.iter().any(|leaf| leaf.subjects.iter().any(|subject| **subject == **filter || parsed.matches(subject))) {
        let kind = TrackKind::Awaited;
        leaves.push(Leaf { label: filter.to_string(), subjects: vec![filter.clone()], count: Count::default(), kind });
    }
}

#[derive(Clone, Debug)]
struct Leaf {
    label: String,
    subjects: Vec<Subject>,
    count: Count,
    kind: TrackKind,
}

impl Leaf {
    fn used(subject: &Subject, count: &Count) -> Leaf {
        let kind = if count.messages > 0 { TrackKind::Subject } else { TrackKind::Awaited };
        Leaf { label: subject.to_string(), subjects: vec![subject.clone()], count: *count, kind }
    }

    fn first(&self) -> &str {
        self.subjects.first().map_or("", |subject| subject.as_str())
    }
}

/// Shares tracks between subjects with the longest common beginnings until few enough are left.
fn fold(mut leaves: Vec<Leaf>) -> Vec<Leaf> {
    // One is kept free for the system.
    let most = MAX_TRACKS - 1;
    let deepest = leaves.iter().map(|leaf| leaf.first().split('.').count()).max().unwrap_or(0);
    for depth in (1..deepest).rev() {
        if leaves.len() <= most {
            return leaves;
        }
        leaves = fold_at(leaves, depth);
    }
    while leaves.len() > most {
        let last = leaves.pop().expect("there are more than the most");
        let kept = leaves.last_mut().expect("there are more than the most");
        merge(kept, last, "other subjects".to_owned());
    }
    leaves
}

fn fold_at(leaves: Vec<Leaf>, depth: usize) -> Vec<Leaf> {
    let mut folded: Vec<Leaf> = Vec::new();
    for leaf in leaves {
        let beginning = beginning(leaf.first(), depth).map(str::to_owned);
        let same = |previous: &&mut Leaf| {
            beginning.is_some() && self::beginning(previous.first(), depth) == beginning.as_deref()
        };
        match (folded.last_mut().filter(same), &beginning) {
            (Some(previous), Some(beginning)) => merge(previous, leaf, format!("{beginning}.…")),
            _ => folded.push(leaf),
        }
    }
    folded
}

/// The first `depth` tokens of a subject that has more.
fn beginning(subject: &str, depth: usize) -> Option<&str> {
    subject.match_indices('.').nth(depth - 1).map(|(end, _)| &subject[..end])
}

fn merge(into: &mut Leaf, leaf: Leaf, label: String) {
    into.subjects.extend(leaf.subjects);
    into.count.add(&leaf.count);
    into.kind = TrackKind::Folded(into.subjects.len());
    into.label = label;
}

/// Tracks with the subjects behind them.
#[derive(Clone, Debug)]
pub struct Tracks {
    leaves: Vec<Leaf>,
}

impl Tracks {
    pub fn into_tracks(self) -> Vec<Track> {
        let track = |leaf: Leaf| Track {
            label: leaf.label,
            kind: leaf.kind,
            messages: leaf.count.messages,
            unwanted: leaf.count.unwanted,
            unwanted_at: leaf.count.unwanted_at,
        };
        self.leaves.into_iter().map(track).collect()
    }

    pub fn track_of(&self, subject: &Subject) -> Option<usize> {
        if Traffic::of(subject).is_system() {
            return self.leaves.iter().position(|leaf| leaf.kind == TrackKind::System);
        }
        let exact = self.leaves.iter().position(|leaf| leaf.subjects.contains(subject));
        let matches = |leaf: &Leaf| leaf.subjects.iter().any(|own| !is_literal(own) && filter_matches(own, subject));
        exact.or_else(|| self.leaves.iter().position(matches))
    }

    /// Live subscriptions and streams, each once, over the tracks they match.
    pub fn brackets(&self, clients: &Clients, streams: &Streams) -> Vec<Bracket> {
        let mut brackets: Vec<Bracket> = Vec::new();
        let subscriptions = clients.subscriptions().map(|(actor, subscription)| {
            (subscription.filter.subject().clone(), subscription.queue.clone(), BracketOwner::Actor(actor))
        });
        let bound = streams.bindings().map(|(stream, subject)| (subject, None, BracketOwner::Stream(stream)));
        for (filter, queue, owner) in subscriptions.chain(bound) {
            let bracket = Bracket { tracks: self.matched_by(&filter), filter, queue, owner };
            if !bracket.tracks.is_empty() && !brackets.contains(&bracket) {
                brackets.push(bracket);
            }
        }
        sorted::by(&mut brackets, |a, b| a.owner.cmp(&b.owner));
        brackets
    }

    fn matched_by(&self, filter: &Subject) -> Vec<usize> {
        match Traffic::of(filter) {
            // Inboxes and deliver subjects of the system are plumbing, not interest.
            Traffic::Message => {}
            Traffic::Advisory => {
                return self.leaves.iter().position(|leaf| leaf.kind == TrackKind::System).into_iter().collect();
            }
            _ => return Vec::new(),
        }
        let matched =
            |leaf: &Leaf| leaf.subjects.iter().any(|subject| subject == filter || filter_matches(filter, subject));
        let matching =
            self.leaves.iter().enumerate().filter(|(_, leaf)| leaf.kind != TrackKind::System && matched(leaf));
        matching.map(|(index, _)| index).collect()
    }
}

fn filter_matches(filter: &str, subject: &str) -> bool {
    SubjectFilter::new(filter).is_ok_and(|filter| filter.matches(subject))
}
