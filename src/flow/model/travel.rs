//! What is on the wires: by edge, few enough to be drawn, and counted all of them.

use super::clients::Clients;
use super::subjects::Tracks;
use crate::engine::{ConnId, MessageId};
use crate::flow::load::{EdgeCount, KINDS, Kind};
use crate::flow::scene::{MAX_TOKENS, Token};
use crate::flow::step::{Direction, Step, Traffic};
use crate::map::Map;
use crate::subject::Subject;
use crate::time::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// Departures remembered one by one on one edge; more of a kind go together.
const MAX_MOVING: usize = 40;
/// What is counted as one token left within this time: no message is drawn further from where it is.
pub const TRAIL: Duration = Duration::from_millis(800);

/// Every edge that was ever used. An edge is an actor and a direction, however many connections the actor has had.
#[derive(Clone, Debug, Default)]
pub struct Travel {
    edges: Map<(usize, Direction), OnEdge>,
}

#[derive(Clone, Debug, Default)]
struct OnEdge {
    /// In the order they left.
    moving: VecDeque<Moving>,
    /// Departures so far.
    counts: [u64; KINDS],
    /// The newest message on the way or arrived: one that is real and can be looked at.
    exemplar: Option<MessageId>,
}

#[derive(Clone, Debug)]
pub struct Moving {
    pub conn: ConnId,
    pub direction: Direction,
    pub traffic: Traffic,
    pub subject: Subject,
    pub message: Option<MessageId>,
    pub redelivery: bool,
    /// It dissolves half way.
    lost: bool,
    /// When the first of them left.
    since: Timestamp,
    left: Timestamp,
    arrives: Timestamp,
    /// How many left together.
    count: u64,
    /// How many of them the server has numbered.
    numbered: u64,
}

impl Moving {
    pub fn of(step: &Step, conn: ConnId, subject: Subject) -> Moving {
        Moving {
            conn,
            direction: step.edge.map_or(Direction::ToClient, |edge| edge.direction),
            traffic: Traffic::of(&subject),
            subject,
            message: step.message,
            redelivery: false,
            lost: false,
            since: step.at,
            left: step.at,
            arrives: step.arrives,
            count: 1,
            numbered: 0,
        }
    }

    /// It keeps the subject it answers, and is an answer all the same.
    pub fn answer(mut self) -> Moving {
        self.traffic = Traffic::Answer;
        self
    }

    fn is_moving(&self, now: Timestamp) -> bool {
        self.left <= now && now < self.arrives
    }

    fn kind(&self) -> Kind {
        Kind::of(self.traffic, self.redelivery)
    }

    /// Becomes one with what left later, where that is.
    fn joins(&mut self, later: Moving) {
        let (since, count, numbered) = (self.since, self.count, self.numbered);
        let message = later.message.or(self.message);
        *self = Moving { since, message, ..later };
        self.count += count;
        self.numbered += numbered;
    }

    fn goes_with(&self, other: &Moving) -> bool {
        self.is_on(&other.subject) && (self.conn, self.kind(), self.lost) == (other.conn, other.kind(), other.lost)
    }

    fn is_on(&self, subject: &Subject) -> bool {
        // Subjects of acks begin alike and end differently.
        self.subject.as_bytes().last() == subject.as_bytes().last() && self.subject == *subject
    }
}

impl OnEdge {
    fn start(&mut self, now: Timestamp, moving: Moving) {
        self.counts[moving.kind() as usize] += 1;
        self.exemplar = moving.message.or(self.exemplar);
        while self.moving.front().is_some_and(|oldest| oldest.arrives < now) {
            self.moving.pop_front();
        }
        if self.moving.len() >= MAX_MOVING {
            // What left last takes it along; the front moves on and makes room, so that groups stay apart.
            let mut newest = self.moving.iter_mut().rev();
            match newest.find(|other| other.goes_with(&moving)) {
                Some(same) if moving.left.since(same.since) <= TRAIL => {
                    same.count += 1;
                    return;
                }
                _ => self.collapse(),
            }
        }
        self.moving.push_back(moving);
    }

    /// What follows one another closely becomes one counted token, where the last of it is. Makes room.
    fn collapse(&mut self) {
        let follows =
            |(group, moving): (&Moving, &Moving)| group.goes_with(moving) && moving.left.since(group.since) <= TRAIL;
        // Mostly each is of its own.
        if !self.moving.iter().zip(self.moving.iter().skip(1)).any(follows) {
            return self.fold();
        }
        let mut groups: VecDeque<Moving> = VecDeque::with_capacity(MAX_MOVING);
        for moving in self.moving.drain(..) {
            match groups.back_mut() {
                Some(group) if group.goes_with(&moving) && moving.left.since(group.since) <= TRAIL => {
                    group.joins(moving);
                }
                _ => groups.push_back(moving),
            }
        }
        self.moving = groups;
        if self.moving.len() >= MAX_MOVING {
            self.fold();
        }
    }

    /// Where too many differ, every two of a kind become one, where the later is: none goes uncounted. Makes room for many.
    fn fold(&mut self) {
        for within in [TRAIL, Duration::MAX] {
            self.pair(within);
            if self.moving.len() < MAX_MOVING {
                return;
            }
        }
    }

    fn pair(&mut self, within: Duration) {
        let mut places: Vec<Option<Moving>> = Vec::with_capacity(MAX_MOVING);
        let mut alone = [None::<usize>; 2 * KINDS];
        for moving in self.moving.drain(..) {
            let kind = moving.kind() as usize * 2 + usize::from(moving.lost);
            let before = alone[kind].and_then(|place| places[place].take_if(|b| moving.left.since(b.since) <= within));
            alone[kind] = before.is_none().then_some(places.len());
            places.push(Some(match before {
                Some(mut before) => {
                    before.joins(moving);
                    before
                }
                None => moving,
            }));
        }
        self.moving.extend(places.into_iter().flatten());
    }
}

impl Travel {
    /// `actor` is whose connection it is on; what nobody owns is not seen.
    pub fn start(&mut self, now: Timestamp, actor: Option<usize>, moving: Moving) {
        let Some(actor) = actor else { return };
        self.edges.entry((actor, moving.direction)).or_default().start(now, moving);
    }

    /// The server numbered what `conn` of `actor` sent on `subject`; wires keep their order.
    pub fn arrived(&mut self, actor: usize, conn: ConnId, subject: &Subject, message: MessageId) {
        let Some(edge) = self.edges.get_mut(&(actor, Direction::ToServer)) else { return };
        edge.exemplar = Some(message);
        let is_sent = |moving: &&mut Moving| {
            moving.conn == conn && !moving.lost && moving.numbered < moving.count && moving.is_on(subject)
        };
        if let Some(moving) = edge.moving.iter_mut().find(is_sent) {
            moving.numbered += 1;
            moving.message.get_or_insert(message);
        }
    }

    /// What left last with this message never arrives.
    pub fn loses(&mut self, actor: usize, direction: Direction, conn: ConnId, message: Option<MessageId>) {
        let Some(edge) = self.edges.get_mut(&(actor, direction)) else { return };
        let mut moving = edge.moving.iter_mut().rev();
        if let Some(lost) = moving.find(|moving| moving.conn == conn && moving.message == message && moving.count == 1)
        {
            lost.lost = true;
        }
    }

    /// The wire is gone and everything on it.
    pub fn lose(&mut self, conn: ConnId) {
        self.edges.values_mut().for_each(|edge| edge.moving.retain(|moving| moving.conn != conn));
    }

    /// What is under way, at most [`MAX_TOKENS`] tokens.
    pub fn tokens(&self, now: Timestamp, clients: &Clients, tracks: &Tracks) -> Vec<Token> {
        let places = clients.visible();
        let mut tokens = Vec::new();
        for ((actor, _), edge) in &self.edges {
            let Some(place) = places.get(actor) else { continue };
            let moving = edge.moving.iter().filter(|moving| moving.is_moving(now));
            tokens.extend(moving.map(|moving| token(moving, *place, tracks)));
        }
        if tokens.len() > MAX_TOKENS { counted(tokens) } else { tokens }
    }

    /// How much went over every edge so far.
    pub fn counts(&self, clients: &Clients, tracks: &Tracks) -> Vec<EdgeCount> {
        let places = clients.visible();
        let edge = |((actor, direction), edge): (&(usize, Direction), &OnEdge)| {
            let (direction, exemplar) = (*direction, edge.exemplar);
            let track = edge.moving.back().and_then(|newest| tracks.track_of(&newest.subject));
            Some(EdgeCount { actor: *places.get(actor)?, direction, track, kinds: edge.counts, exemplar })
        };
        self.edges.iter().filter_map(edge).collect()
    }
}

fn token(moving: &Moving, actor: usize, tracks: &Tracks) -> Token {
    Token {
        message: moving.message,
        actor,
        direction: moving.direction,
        traffic: moving.traffic,
        track: tracks.track_of(&moving.subject),
        subject: moving.subject.clone(),
        redelivery: moving.redelivery,
        lost: moving.lost,
        left: moving.left,
        arrives: moving.arrives,
        count: moving.count,
    }
}

/// One token for all of one edge, track and kind; it is where the newest of them is.
fn counted(tokens: Vec<Token>) -> Vec<Token> {
    let mut groups: Vec<Token> = Vec::new();
    for token in tokens {
        let same = |group: &&mut Token| {
            (group.actor, group.direction, group.traffic, group.track, group.redelivery, group.lost)
                == (token.actor, token.direction, token.traffic, token.track, token.redelivery, token.lost)
        };
        match groups.iter_mut().find(same) {
            Some(group) => {
                let count = group.count + token.count;
                *group = Token { count, ..token };
            }
            None => groups.push(token),
        }
    }
    groups
}
