//! The life of one message: who handed it to whom, when, and what comes next.
//!
//! The closest look there is: scene, stream, message. Every moment is a recorded step, a protocol line or a timer, told
//! on lanes, one for everybody who had to do with the message. It knows neither pixels nor colours. The way in is
//! [`LifeLine::of`].

mod follow;
#[cfg(test)]
mod tests;

use super::Flow;
use super::inspect;
use super::scene::Selection;
use super::words;
use crate::engine::{MessageId, Name};
use crate::sorted;
use crate::time::Timestamp;

/// Lanes drawn at most; whoever comes later shares the last one.
pub const MAX_LANES: usize = 8;
/// Moments told at most, the newest.
const MAX_ROWS: usize = 150;

/// Whoever has to do with a message. The order is that of the lanes, from left to right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    Publisher(String),
    Server,
    Stream(Name),
    Consumer(Name, Name),
    Client(String),
    /// A stream that keeps what the server told about the message.
    Notes(Name),
    /// Everybody who has no lane of their own.
    Others,
}

impl Party {
    pub fn name(&self) -> &str {
        match self {
            Party::Publisher(name) | Party::Client(name) => name,
            Party::Server => "server",
            Party::Stream(name) | Party::Notes(name) | Party::Consumer(_, name) => name,
            Party::Others => "others",
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Party::Publisher(_) | Party::Client(_) => "client",
            Party::Server => "the match point",
            Party::Stream(_) | Party::Notes(_) => "stream",
            Party::Consumer(..) => "consumer",
            Party::Others => "clients",
        }
    }
}

/// What a moment looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It travels as a message.
    Message,
    /// It travels again.
    Redelivery,
    /// An answer of the server to who published it.
    Answer,
    Stored,
    NotKept,
    Refused,
    Unwanted,
    Acked,
    HandedBack,
    Working,
    Terminated,
    /// Nobody answered in time, or it was handed back.
    Due,
    GivenUp,
    Advisory,
    /// A stored advisory.
    Note,
    Removed,
    /// A worker did what it asks for.
    Done,
    /// Still to come.
    Timer,
}

/// One moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub at: Timestamp,
    pub mark: Mark,
    /// Lanes; the same where nothing moves.
    pub from: usize,
    pub to: usize,
    pub text: String,
    /// It left and never arrived.
    pub lost: bool,
    /// The protocol line it went over a wire as, by its ordinal.
    pub line: Option<u64>,
    /// Where to look closer.
    pub selection: Option<Selection>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LifeLine {
    pub title: String,
    pub lanes: Vec<Party>,
    pub rows: Vec<Row>,
    /// Moments that were too many.
    pub earlier: usize,
}

impl LifeLine {
    /// What `message` went through up to `now`; `None` when nothing is remembered of it.
    pub fn of(flow: &Flow, now: Timestamp, message: MessageId) -> Option<LifeLine> {
        let mut moments = follow::moments(flow, message);
        if moments.is_empty() {
            return None;
        }
        let selection = flow.selection_of(message);
        moments.extend(timers(flow, now, &selection));
        let lanes = lanes(&moments);
        let earlier = moments.len().saturating_sub(MAX_ROWS);
        let rows = moments.into_iter().skip(earlier).map(|moment| moment.row(&lanes)).collect();
        Some(LifeLine { title: title(&selection), lanes, rows, earlier })
    }
}

fn title(selection: &Selection) -> String {
    match selection {
        Selection::Message { stream, stream_seq } | Selection::Gap { stream, from: stream_seq, .. } => {
            format!("Message {} of {stream}", words::figure(*stream_seq))
        }
        _ => "A message that is not stored".to_owned(),
    }
}

/// A moment whose lanes are not counted yet.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    at: Timestamp,
    mark: Mark,
    from: Party,
    to: Party,
    text: String,
    lost: bool,
    line: Option<u64>,
    selection: Option<Selection>,
}

impl Told {
    fn row(self, lanes: &[Party]) -> Row {
        let lane = |party: &Party| lanes.iter().position(|lane| lane == party).unwrap_or(lanes.len() - 1);
        Row {
            at: self.at,
            mark: self.mark,
            from: lane(&self.from),
            to: lane(&self.to),
            text: self.text,
            lost: self.lost,
            line: self.line,
            selection: self.selection,
        }
    }
}

fn lanes(moments: &[Told]) -> Vec<Party> {
    let mut lanes: Vec<Party> = Vec::new();
    for party in moments.iter().flat_map(|moment| [&moment.from, &moment.to]) {
        if !lanes.contains(party) {
            lanes.push(party.clone());
        }
    }
    if lanes.len() > MAX_LANES {
        // Those who came last, but never what the message itself is in.
        let mut clients = lanes.iter().filter(|lane| matches!(lane, Party::Client(_))).count();
        while lanes.len() >= MAX_LANES && clients > 0 {
            let last = lanes.iter().rposition(|lane| matches!(lane, Party::Client(_)));
            last.map(|last| lanes.remove(last));
            clients -= 1;
        }
        lanes.truncate(MAX_LANES - 1);
        lanes.push(Party::Others);
    }
    sorted::by(&mut lanes, |a, b| rank(a).cmp(&rank(b)));
    lanes
}

/// From left to right; among equals, who came first stands first.
fn rank(party: &Party) -> u8 {
    match party {
        Party::Publisher(_) => 0,
        Party::Server => 1,
        Party::Stream(_) => 2,
        Party::Consumer(..) => 3,
        Party::Client(_) => 4,
        Party::Notes(_) => 5,
        Party::Others => 6,
    }
}

fn timers(flow: &Flow, now: Timestamp, selection: &Selection) -> Vec<Told> {
    let timer = |timer: inspect::Timer| {
        let party = match &timer.consumer {
            Some(consumer) => Party::Consumer(timer.stream.clone(), consumer.clone()),
            None => Party::Stream(timer.stream.clone()),
        };
        Told {
            at: timer.at,
            mark: Mark::Timer,
            from: party.clone(),
            to: party,
            text: timer.text,
            lost: false,
            line: None,
            selection: None,
        }
    };
    inspect::timers(flow, now, selection).into_iter().map(timer).collect()
}
