//! Subjects in use, folded into few tracks, and who listens over which of them.

use super::clients::Clients;
use super::streams::Streams;
use crate::flow::bucket::{card_of, chunk_of};
use crate::flow::scene::{Bracket, BracketOwner, MAX_TRACKS, Track, TrackKind};
use crate::flow::step::Traffic;
use crate::map::Map;
use crate::sorted;
use crate::subject::{Subject, SubjectFilter, is_literal};
use crate::time::Timestamp;
use std::cell::RefCell;
use std::rc::Rc;

/// Subjects remembered one by one; later ones are counted under their beginning.
const MAX_SUBJECTS: usize = 512;

/// What was published on which subject.
#[derive(Clone, Debug, Default)]
pub struct Subjects {
    used: Map<Subject, Count>,
    /// What is said by the system, by the part of it.
    system: Map<&'static str, Count>,
    /// Grows when there is another subject, or one is used for the first time.
    shape: u64,
    /// The tracks found last, and of which subjects, clients and streams.
    found: RefCell<Option<(Interest, Rc<Tracks>)>>,
}

/// Which subjects, subscriptions and streams there are; the same as long as none comes or goes.
type Interest = (u64, u64, u64);

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
        let count = self.count(subject);
        count.messages += 1;
        if count.messages == 1 {
            self.shape += 1;
        }
    }

    pub fn unwanted(&mut self, subject: &Subject, at: Timestamp) {
        let count = self.count(subject);
        count.unwanted += 1;
        count.unwanted_at = Some(at);
    }

    fn count(&mut self, subject: &Subject) -> &mut Count {
        let part = match Traffic::of(subject) {
            Traffic::Message => None,
            Traffic::Answer => Some("_INBOX.…"),
            _ => Some(system_part(subject)),
        };
        if let Some(part) = part {
            return place_of(&mut self.system, part, &mut self.shape);
        }
        // Every object has subjects of its own, which nobody listens on by name.
        let key = match object_subjects(subject) {
            Some(kind) => kind,
            None if self.used.len() < MAX_SUBJECTS || self.used.contains_key(subject) => subject.clone(),
            None => {
                self.shape += 1;
                let beginning = subject.rsplit_once('.');
                beginning.map_or(">".to_owned(), |(beginning, _)| format!("{beginning}.>")).into()
            }
        };
        place_of(&mut self.used, key, &mut self.shape)
    }

    /// The tracks of this moment and who listens over them.
    pub fn tracks(&self, clients: &Clients, streams: &Streams) -> Rc<Tracks> {
        let interest = (self.shape, clients.interest(), streams.interest());
        if let Some((of, tracks)) = &*self.found.borrow()
            && *of == interest
        {
            return tracks.clone();
        }
        let tracks = Rc::new(self.find_tracks(clients, streams));
        *self.found.borrow_mut() = Some((interest, tracks.clone()));
        tracks
    }

    /// What was used, what is listened for, and one for the system.
    fn find_tracks(&self, clients: &Clients, streams: &Streams) -> Tracks {
        let mut leaves: Vec<Leaf> = self.used.iter().map(|(subject, count)| Leaf::used(subject, count)).collect();
        let listened = clients.subscriptions().map(|(_, subscription)| subscription.filter.subject().clone());
        for filter in listened.chain(streams.subjects()) {
            add_awaited(&mut leaves, &filter);
        }
        sorted::by(&mut leaves, |a, b| a.first().split('.').cmp(b.first().split('.')));
        let mut folded = fold(leaves);
        if self.system.values().any(|part| part.messages > 0) {
            let leaf = |label: &str, kind| Leaf { subjects: Vec::new(), kind, label: label.into() };
            folded.push(leaf("system", TrackKind::System));
            folded.extend(self.system.iter().map(|(part, _)| leaf(part, TrackKind::SystemPart)));
        }
        let places = folded.iter().enumerate();
        let places = places.flat_map(|(place, leaf)| leaf.subjects.iter().map(move |subject| (subject.clone(), place)));
        let mut tracks = Tracks { places: places.collect(), leaves: folded, brackets: Vec::new() };
        tracks.brackets = tracks.find_brackets(clients, streams);
        tracks
    }

    /// The tracks with what was published on them so far.
    pub fn counted(&self, tracks: &Tracks) -> Vec<Track> {
        let track = |leaf: &Leaf| {
            let mut count = Count::default();
            match leaf.kind {
                TrackKind::System => self.system.values().for_each(|part| count.add(part)),
                TrackKind::SystemPart => self.system.get(&*leaf.label).into_iter().for_each(|part| count.add(part)),
                _ => {}
            }
            leaf.subjects.iter().filter_map(|subject| self.used.get(subject)).for_each(|used| count.add(used));
            Track {
                label: leaf.label.clone(),
                kind: leaf.kind,
                messages: count.messages,
                unwanted: count.unwanted,
                unwanted_at: count.unwanted_at,
                flashes: 0,
            }
        };
        tracks.leaves.iter().map(track).collect()
    }
}

/// What is counted under `key`; a new one changes the shape.
fn place_of<'a, K: Ord>(counts: &'a mut Map<K, Count>, key: K, shape: &mut u64) -> &'a mut Count {
    counts.entry(key).or_insert_with(|| {
        *shape += 1;
        Count::default()
    })
}

/// The subjects of all chunks of a store, or of all its cards.
fn object_subjects(subject: &str) -> Option<Subject> {
    let last = chunk_of(subject).or_else(|| card_of(subject))?;
    (last != ">").then(|| format!("{}>", &subject[..subject.len() - last.len()]).into())
}

/// What the system says, from the beginning of its subjects; the first that fits.
const SYSTEM_PARTS: [(&str, &str); 10] = [
    ("$JS.ACK.", "$JS.ACK.…"),
    ("$JS.API.CONSUMER.MSG.NEXT.", "$JS.API.CONSUMER.MSG.NEXT.…"),
    ("$JS.API.CONSUMER.", "$JS.API.CONSUMER.…"),
    ("$JS.API.STREAM.", "$JS.API.STREAM.…"),
    ("$JS.API.", "$JS.API.…"),
    ("$JS.EVENT.", "$JS.EVENT.…"),
    ("$JS.FC.", "$JS.FC.…"),
    ("$SYS.", "$SYS.…"),
    ("_INBOX.", "_INBOX.…"),
    ("", "$JS.…"),
];

fn system_part(subject: &str) -> &'static str {
    SYSTEM_PARTS.iter().find(|(beginning, _)| subject.starts_with(beginning)).map_or("$JS.…", |(_, part)| part)
}

/// A filter is a track of its own as long as it matches nothing that was used.
fn add_awaited(leaves: &mut Vec<Leaf>, filter: &Subject) {
    if Traffic::of(filter).is_system() || **filter == *">" {
        return;
    }
    let Ok(parsed) = SubjectFilter::new(filter) else { return };
    if !leaves.iter().any(|leaf| leaf.subjects.iter().any(|subject| **subject == **filter || parsed.matches(subject))) {
        let kind = TrackKind::Awaited;
        leaves.push(Leaf { label: filter.to_string(), subjects: vec![filter.clone()], kind });
    }
}

#[derive(Clone, Debug)]
struct Leaf {
    label: String,
    subjects: Vec<Subject>,
    kind: TrackKind,
}

impl Leaf {
    fn used(subject: &Subject, count: &Count) -> Leaf {
        let kind = if count.messages > 0 { TrackKind::Subject } else { TrackKind::Awaited };
        Leaf { label: subject.to_string(), subjects: vec![subject.clone()], kind }
    }

    fn is_system(&self) -> bool {
        matches!(self.kind, TrackKind::System | TrackKind::SystemPart)
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
    into.kind = TrackKind::Folded(into.subjects.len());
    into.label = label;
}

/// Tracks with the subjects behind them.
#[derive(Debug)]
pub struct Tracks {
    leaves: Vec<Leaf>,
    /// The track of every subject that is one of a track's own.
    places: Map<Subject, usize>,
    brackets: Vec<Bracket>,
}

impl Tracks {
    /// Live subscriptions and streams, each once, over the tracks they match.
    pub fn brackets(&self) -> &[Bracket] {
        &self.brackets
    }

    pub fn track_of(&self, subject: &Subject) -> Option<usize> {
        if Traffic::of(subject).is_system() {
            return self.system_track(subject);
        }
        let exact = self.places.get(subject).copied();
        let matches = |leaf: &Leaf| leaf.subjects.iter().any(|own| !is_literal(own) && filter_matches(own, subject));
        exact.or_else(|| self.leaves.iter().position(matches))
    }

    /// Its part of the system track, or that as a whole before anything was said there.
    fn system_track(&self, subject: &str) -> Option<usize> {
        let part = system_part(subject);
        let part = self.leaves.iter().position(|leaf| leaf.kind == TrackKind::SystemPart && leaf.label == part);
        part.or_else(|| self.leaves.iter().position(|leaf| leaf.kind == TrackKind::System))
    }

    fn find_brackets(&self, clients: &Clients, streams: &Streams) -> Vec<Bracket> {
        let mut brackets: Vec<Bracket> = Vec::new();
        let subscriptions = clients.subscriptions().map(|(actor, subscription)| {
            (subscription.filter.subject().clone(), subscription.queue.clone(), BracketOwner::Actor(actor))
        });
        let bound = streams.bindings().map(|(stream, subject)| (subject, None, BracketOwner::Stream(stream)));
        for (filter, queue, owner) in subscriptions.chain(bound) {
            let bracket = Bracket { tracks: self.matched_by(&filter), filter, queue, owner, turn: None };
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
                return self.system_track(filter).into_iter().collect();
            }
            _ => return Vec::new(),
        }
        let matched =
            |leaf: &Leaf| leaf.subjects.iter().any(|subject| subject == filter || filter_matches(filter, subject));
        let matching = self.leaves.iter().enumerate().filter(|(_, leaf)| !leaf.is_system() && matched(leaf));
        matching.map(|(index, _)| index).collect()
    }
}

fn filter_matches(filter: &str, subject: &str) -> bool {
    SubjectFilter::new(filter).is_ok_and(|filter| filter.matches(subject))
}
