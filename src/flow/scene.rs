//! What the picture shows at one moment: plain data, exact figures, bounded size.
//!
//! Made by folding steps (`model`), placed by `layout`, drawn by `ui::flow`. Nothing here is decided by drawing.

use super::bucket::{Card, Marker};
use super::load::{Level, Levels};
use super::step::{Direction, How, LinkState, Role, Traffic};
use super::trouble::{Badge, Whose};
use crate::api::{ConsumerConfig, StreamConfig};
use crate::engine::{AckKind, ConnId, MessageId, Name, RemovalReason};
use crate::subject::Subject;
use crate::time::Timestamp;
use std::sync::Arc;

/// Cells and gaps of one strip that are handed to the picture at most; the rest is counted.
pub const MAX_COLUMNS: usize = 100;
/// Stamps of the ledger shown one by one at most.
pub const MAX_STAMPS: usize = 120;
/// Keys of a bucket shown one by one at most.
pub const MAX_DRAWERS: usize = 24;
/// Stretches a very busy strip is drawn in at most.
pub const MAX_STRETCHES: usize = 24;
/// Tracks shown at most; beyond it subjects with a common beginning share one.
pub const MAX_TRACKS: usize = 10;
/// Tokens drawn one by one at most; beyond it those of one edge and kind are counted together.
pub const MAX_TOKENS: usize = 120;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct SceneModel {
    pub at: Timestamp,
    /// The last step this is made of.
    pub ordinal: u64,
    pub actors: Vec<Actor>,
    pub tracks: Vec<Track>,
    pub brackets: Vec<Bracket>,
    pub server: Server,
    pub streams: Vec<Strip>,
    /// What came of the messages outside, once a worker did something.
    pub ledger: Option<Ledger>,
    /// One stream is looked at, and nothing else.
    pub focus: bool,
    /// The parts of the system track have lines of their own.
    pub system_open: bool,
    pub threads: Vec<Thread>,
    /// What went wrong, by place.
    pub badges: Vec<Badge>,
    /// The server is not in the page: what is known of it was seen, told or asked, and what is not known is drawn so.
    pub distant: bool,
}

/// What workers did to the outside world, key by key.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    /// The newest ones, oldest first.
    pub stamps: Vec<Stamp>,
    /// Keys that are not among the stamps any more.
    pub earlier: u64,
    pub keys: u64,
    /// Keys that were done more than once.
    pub repeated: u64,
    /// Messages that were given up or dropped before anybody had done anything.
    pub lost: u64,
}

/// One key: a hole, a stamp, or a stamp over a stamp.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamp {
    pub key: String,
    pub stream: Name,
    pub stream_seq: u64,
    /// How often it was done; 0 is a hole.
    pub effects: u64,
}

impl SceneModel {
    /// What went wrong at one place.
    pub fn badges_of(&self, place: &Whose) -> impl Iterator<Item = &Badge> {
        self.badges.iter().filter(move |badge| badge.place == *place)
    }

    /// Whether a track has a line of its own; a part of the closed system track goes on that.
    pub fn is_track_shown(&self, index: usize) -> bool {
        self.system_open || self.tracks.get(index).is_none_or(|track| track.kind != TrackKind::SystemPart)
    }

    /// Tracks that show a zero mark: nobody wanted the last message of some kind on them. What the system says to nobody
    /// is told where its parts are looked at.
    pub fn zeros(&self) -> impl Iterator<Item = usize> {
        let shows = |track: &Track| track.unwanted_at.is_some() && track.kind != TrackKind::System;
        (0..self.tracks.len()).filter(move |index| shows(&self.tracks[*index]) && self.is_track_shown(*index))
    }

    /// One stream with its consumers, larger; the whole scene if there is no such stream.
    pub fn of_stream(&self, name: &str) -> SceneModel {
        let Some(strip) = self.streams.iter().find(|strip| *strip.name == *name) else { return self.clone() };
        SceneModel { streams: vec![strip.clone()], focus: true, ledger: None, threads: Vec::new(), ..self.clone() }
    }
}

/// A client with a name, however many connections it has had.
#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    pub name: String,
    /// Its connections that are open, oldest first.
    pub conns: Vec<ConnId>,
    pub state: LinkState,
    /// Nothing before it has done anything that tells.
    pub role: Option<Role>,
    /// Messages that have reached it, answers and statuses not counted.
    pub received: u64,
    /// Messages it published, acks and requests not counted.
    pub published: u64,
    /// Messages it sent while its link was cut, and which wait in the client.
    pub tray: u64,
    /// When more goes over its connection than can be drawn one by one.
    pub busy: Option<Busy>,
}

/// What goes over a busy connection in a displayed second, of every kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Busy {
    pub sent: u64,
    pub received: u64,
    /// Repeats and advisories that are counted instead of drawn.
    pub exceptions: u64,
    /// A real message that stands for the others.
    pub exemplar: Option<MessageId>,
    /// Time stands: in the second before it came to a stand it was so much, and now it is nothing.
    pub is_held: bool,
}

impl Actor {
    /// How much goes over its connection at this moment, where it is too much to be drawn one by one.
    pub fn rates(&self) -> Option<&Busy> {
        self.busy.as_ref().filter(|busy| !busy.is_held)
    }

    /// With the load of its two edges, where it is the actor at `index`.
    pub(super) fn at_load(mut self, index: usize, levels: &Levels) -> Actor {
        let load = |direction| levels.load(index, direction).filter(|load| load.level > Level::Tokens);
        let (sent, received) = (load(Direction::ToServer), load(Direction::ToClient));
        let busiest = sent.into_iter().chain(received).max_by_key(|load| load.rate);
        let counted = received.filter(|load| load.counts_exceptions());
        self.busy = busiest.map(|busiest| Busy {
            sent: sent.map_or(0, |load| load.rate),
            received: received.map_or(0, |load| load.rate),
            exceptions: counted.map_or(0, |load| load.exceptions),
            exemplar: busiest.exemplar,
            is_held: levels.stands(),
        });
        self
    }

    /// Publishers stand left, and who has done nothing yet; who receives stands right.
    pub fn is_left(&self) -> bool {
        matches!(self.role, None | Some(Role::Publisher))
    }
}

/// A subject, or several with a common beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// `orders.created`; `orders.…` when folded; `system` for what the server and the clients say among themselves.
    pub label: String,
    pub kind: TrackKind,
    /// Messages published on it so far.
    pub messages: u64,
    /// The last one nobody wanted.
    pub unwanted_at: Option<Timestamp>,
    /// How often that was to be seen happening: [`super::viewer`] counts, and none that would be too fast for eyes.
    pub flashes: u64,
    pub unwanted: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackKind {
    Subject,
    /// Nothing was published on it yet, but somebody listens.
    Awaited,
    /// So many subjects behind one label.
    Folded(usize),
    System,
    /// A part of the system track, seen where that is opened.
    SystemPart,
}

/// A live subscription, or a stream's subject, over the tracks it matches.
#[derive(Clone, Debug, PartialEq)]
pub struct Bracket {
    pub filter: Subject,
    pub queue: Option<Subject>,
    pub owner: BracketOwner,
    /// Indices into the tracks, ascending.
    pub tracks: Vec<usize>,
    /// How the dice fell for it, once messages were drawn among several members of its queue group.
    pub turn: Option<Turn>,
}

/// A member of a queue group, among those a message could have gone to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Messages it got, of those it could have got.
    pub got: u64,
    pub of: u64,
    /// Which side of the die is it, from 1, if it could have got the last one.
    pub face: Option<u64>,
    /// It got the last one.
    pub is_last: bool,
    /// How often the group has drawn.
    pub throw: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BracketOwner {
    /// Index into the actors.
    Actor(usize),
    Stream(Name),
}

/// The match point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Server {
    pub published: u64,
    pub delivered: u64,
    pub unwanted: u64,
    pub no_responders: u64,
    /// The newest request it refused.
    pub refusal: Option<RequestRefusal>,
}

/// A request to the server's API that was answered with an error.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestRefusal {
    pub at: Timestamp,
    /// The request.
    pub message: MessageId,
    pub subject: Subject,
    /// Who asked, if that is known.
    pub who: Option<String>,
    /// The server's own words.
    pub error: String,
    /// As [`Track::flashes`].
    pub flashes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StripKind {
    Stream,
    Bucket,
    ObjectStore,
}

/// A stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    pub name: Name,
    pub kind: StripKind,
    pub config: Arc<StreamConfig>,
    pub messages: u64,
    /// As the server counts, with what it spends on keeping each message.
    pub bytes: u64,
    /// As the server counts: 0 before the first message, `last_seq + 1` when empty again.
    pub first_seq: u64,
    pub last_seq: u64,
    /// How busy it is, and therefore how it is drawn.
    pub level: Level,
    /// The sequence it was scrolled to, where somebody did.
    pub begins_at: Option<u64>,
    pub columns: Vec<Column>,
    pub consumers: Vec<ConsumerStrip>,
    /// The keys of a bucket, by name; those changed last when there are many.
    pub drawers: Vec<Drawer>,
    /// What an object store holds, by name; what changed last when there is much.
    pub objects: Vec<StoredObject>,
    /// When the server was asked last how it stands, if it is not in the page.
    pub asked: Option<Timestamp>,
    /// When its oldest message was stored.
    pub oldest: Option<Timestamp>,
    /// The newest message it turned away.
    pub refusal: Option<Refusal>,
    pub refused: u64,
    pub duplicates: u64,
}

impl Strip {
    /// Messages that are handed to the picture one by one, ascending.
    pub fn cells(&self) -> impl DoubleEndedIterator<Item = &Cell> {
        self.columns.iter().filter_map(|column| if let Column::Cell(cell) = column { Some(cell) } else { None })
    }
}

/// One place along a strip, ascending by sequence.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    Cell(Cell),
    /// Sequences that were stored and are gone.
    Gap {
        from: u64,
        to: u64,
        reason: GapReason,
    },
    /// So many messages are there, and nobody on our connections has seen them.
    Unknown {
        from: u64,
        to: u64,
        messages: u64,
    },
    /// So many messages are there and not shown.
    Elided {
        from: u64,
        to: u64,
        messages: u64,
    },
}

impl Column {
    pub fn from_seq(&self) -> u64 {
        match self {
            Column::Cell(cell) => cell.seq,
            Column::Gap { from, .. } | Column::Unknown { from, .. } | Column::Elided { from, .. } => *from,
        }
    }

    pub fn to_seq(&self) -> u64 {
        match self {
            Column::Cell(cell) => cell.seq,
            Column::Gap { to, .. } | Column::Unknown { to, .. } | Column::Elided { to, .. } => *to,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapReason {
    Removed(RemovalReason),
    /// Taken and never kept: nobody was interested.
    NotKept,
    /// Several reasons, or too long ago to tell.
    Mixed,
}

/// A stored message.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    pub seq: u64,
    pub message: MessageId,
    pub subject: Subject,
    pub bytes: usize,
    /// What it counts for in its stream's size.
    pub stored_bytes: u64,
    pub stored_at: Timestamp,
    /// For an advisory: the message it speaks of.
    pub points_to: Option<Pointer>,
    /// In a bucket: it says that its key is gone.
    pub marker: Option<Marker>,
    /// How it is known, where the server is not in the page.
    pub how: Option<How>,
}

/// A key of a bucket with its newest revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawer {
    pub key: String,
    /// The revision is the sequence in the bucket's stream.
    pub revision: u64,
    pub marker: Option<Marker>,
    /// Older revisions that are still there.
    pub older: u64,
}

/// An object of a store.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredObject {
    /// As its card says; the chunks' own name while there is no card yet.
    pub name: String,
    /// Sequence of its card; `None` while only chunks are there.
    pub card_seq: Option<u64>,
    /// What the card says, if it was seen.
    pub card: Option<Arc<Card>>,
    /// Chunks that are stored.
    pub chunks: u64,
    /// Sequence of the newest of them.
    pub last_chunk: Option<u64>,
}

impl StoredObject {
    pub fn is_deleted(&self) -> bool {
        self.card.as_ref().is_some_and(|card| card.deleted)
    }
}

/// "Look there": what a dead-letter queue is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    pub stream: Name,
    pub consumer: Option<Name>,
    pub stream_seq: u64,
}

/// A message the stream did not take.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub at: Timestamp,
    pub message: MessageId,
    pub why: RefusalReason,
    /// As [`Track::flashes`].
    pub flashes: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum RefusalReason {
    /// Stored before, under this sequence.
    Duplicate(u64),
    /// The server's own words.
    Error(String),
}

/// A consumer.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerStrip {
    pub stream: Name,
    pub name: Name,
    pub config: Arc<ConsumerConfig>,
    pub paused_until: Option<Timestamp>,
    /// When the server was asked last how it stands, if it is not in the page.
    pub asked: Option<Timestamp>,
    /// Highest sequences delivered.
    pub delivered: SeqPair,
    pub ack_floor: SeqPair,
    /// Stored, matching, not yet delivered.
    pub num_pending: u64,
    /// Delivered, not acknowledged: in flight and waiting to be redelivered together.
    pub num_ack_pending: u64,
    /// Delivered more than once and not acknowledged, given up ones included.
    pub num_redelivered: u64,
    pub waiting_for_redelivery: u64,
    pub given_up: u64,
    pub terminated: u64,
    /// One for every cell column of the strip, in its order.
    pub cells: Vec<ConsumerCell>,
    /// One for every counted column of the strip, in its order.
    pub runs: Vec<Run>,
    pub pulls: Vec<PullSlot>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeqPair {
    pub consumer_seq: u64,
    pub stream_seq: u64,
}

/// How one message stands with one consumer.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerCell {
    pub seq: u64,
    pub state: CellState,
    pub deliveries: u64,
    /// Who got it last: index into the actors.
    pub worker: Option<usize>,
    pub last_answer: Option<AckKind>,
    /// How its state is known, where the server is not in the page.
    pub how: Option<How>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellState {
    NotYetDelivered,
    FilteredOut,
    /// Stored before the place where the consumer started.
    BeforeStart,
    /// Comes back at `deadline` if nobody answers.
    InFlight {
        since: Timestamp,
        deadline: Option<Timestamp>,
    },
    /// Since when; with a delay, until when.
    WaitingForRedelivery {
        since: Timestamp,
        until: Option<Timestamp>,
    },
    Acked,
    GivenUp,
    Terminated,
    /// Nobody on our connections saw what became of it.
    Unknown,
}

/// A stretch of messages with a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub from: u64,
    pub to: u64,
    pub mix: Mix,
}

/// How many messages of a stretch stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mix {
    /// Answered, or never wanted by this consumer.
    pub settled: u64,
    pub in_flight: u64,
    pub waiting_for_redelivery: u64,
    /// Given up or terminated.
    pub given_up: u64,
    /// Delivered, and nobody on our connections saw what became of them.
    pub unknown: u64,
    /// Beyond what was delivered.
    pub ahead: u64,
}

impl Mix {
    pub fn add(&mut self, other: &Mix) {
        self.settled += other.settled;
        self.in_flight += other.in_flight;
        self.waiting_for_redelivery += other.waiting_for_redelivery;
        self.given_up += other.given_up;
        self.unknown += other.unknown;
        self.ahead += other.ahead;
    }

    /// One message in this state.
    pub fn of(state: CellState) -> Mix {
        let mut mix = Mix::default();
        match state {
            CellState::NotYetDelivered => mix.ahead = 1,
            CellState::InFlight { .. } => mix.in_flight = 1,
            CellState::WaitingForRedelivery { .. } => mix.waiting_for_redelivery = 1,
            CellState::GivenUp | CellState::Terminated => mix.given_up = 1,
            CellState::Unknown => mix.unknown = 1,
            CellState::Acked | CellState::FilteredOut | CellState::BeforeStart => mix.settled = 1,
        }
        mix
    }

    /// Ways in which any of them stand: so many bars it is drawn as.
    pub fn parts(&self) -> usize {
        let Mix { settled, in_flight, waiting_for_redelivery, given_up, unknown, ahead } = *self;
        [settled, in_flight, waiting_for_redelivery, given_up, unknown, ahead]
            .iter()
            .filter(|count| **count > 0)
            .count()
    }

    pub fn total(&self) -> u64 {
        self.settled + self.in_flight + self.waiting_for_redelivery + self.given_up + self.unknown + self.ahead
    }
}

/// An open pull request.
#[derive(Clone, Debug, PartialEq)]
pub struct PullSlot {
    pub pull: u64,
    /// Index into the actors.
    pub actor: Option<usize>,
    /// Messages asked for.
    pub batch: u64,
    pub since: Timestamp,
    pub expires: Option<Timestamp>,
}

/// From a stored advisory to the message it speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    pub from_stream: Name,
    pub from_seq: u64,
    pub to: Pointer,
    /// The message is still there.
    pub target_stored: bool,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub message: Option<MessageId>,
    /// Index into the actors of the scene of the same moment.
    pub actor: usize,
    pub direction: Direction,
    pub traffic: Traffic,
    /// Index into the tracks.
    pub track: Option<usize>,
    pub subject: Subject,
    pub redelivery: bool,
    /// It never arrives: half way it dissolves.
    pub lost: bool,
    pub left: Timestamp,
    pub arrives: Timestamp,
    /// More than one when many share an edge.
    pub count: u64,
}

impl Token {
    /// How many shapes it is drawn as: itself, a ring around it, its count.
    pub fn shapes(&self) -> usize {
        1 + usize::from(self.redelivery) + usize::from(self.count > 1)
    }

    /// How far it is, 0 to 1.
    pub fn progress(&self, now: Timestamp) -> f64 {
        let whole = self.arrives.since(self.left).as_nanos();
        if whole == 0 {
            return 1.0;
        }
        (now.since(self.left).as_nanos() as f64 / whole as f64).min(1.0)
    }
}

/// Something in the scene that can be looked at more closely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    Server,
    Actor(String),
    /// A track by its label.
    Track(String),
    Stream(Name),
    Message {
        stream: Name,
        stream_seq: u64,
    },
    /// Sequences that are gone.
    Gap {
        stream: Name,
        from: u64,
        to: u64,
    },
    Consumer {
        stream: Name,
        consumer: Name,
    },
    /// A message as one consumer has it.
    Delivery {
        stream: Name,
        consumer: Name,
        stream_seq: u64,
    },
    /// A message that a stream did not take.
    Refusal {
        stream: Name,
        message: MessageId,
    },
    /// Any message by its id, stored or not.
    Published(MessageId),
}

impl Selection {
    /// The stream it is in, if it is in one.
    pub fn stream(&self) -> Option<&Name> {
        match self {
            Selection::Stream(stream)
            | Selection::Message { stream, .. }
            | Selection::Gap { stream, .. }
            | Selection::Consumer { stream, .. }
            | Selection::Delivery { stream, .. }
            | Selection::Refusal { stream, .. } => Some(stream),
            Selection::Server | Selection::Actor(_) | Selection::Track(_) | Selection::Published(_) => None,
        }
    }
}
