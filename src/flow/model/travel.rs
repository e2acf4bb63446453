//! What is on the wires.

use super::clients::Clients;
use super::subjects::Tracks;
use crate::engine::{ConnId, MessageId};
use crate::flow::scene::{MAX_TOKENS, Token};
use crate::flow::step::{Direction, Step, Traffic};
use crate::subject::Subject;
use crate::time::Timestamp;
use std::collections::VecDeque;

/// Departures remembered; older ones have long arrived.
const MAX_MOVING: usize = 4096;

/// Departures in the order they were told.
#[derive(Clone, Debug, Default)]
pub struct Travel {
    moving: VecDeque<Moving>,
}

#[derive(Clone, Debug)]
pub struct Moving {
    pub conn: ConnId,
    pub direction: Direction,
    pub traffic: Traffic,
    pub subject: Subject,
    pub message: Option<MessageId>,
    pub redelivery: bool,
    left: Timestamp,
    arrives: Timestamp,
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
            left: step.at,
            arrives: step.arrives,
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
}

impl Travel {
    pub fn start(&mut self, now: Timestamp, moving: Moving) {
        while self.moving.front().is_some_and(|oldest| oldest.arrives < now) {
            self.moving.pop_front();
        }
        if self.moving.len() == MAX_MOVING {
            self.moving.pop_front();
        }
        self.moving.push_back(moving);
    }

    /// The server numbered what `conn` sent on `subject`; wires keep their order.
    pub fn arrived(&mut self, conn: ConnId, subject: &Subject, message: MessageId) {
        let mut sent = self.moving.iter_mut().filter(|moving| {
            moving.conn == conn && moving.direction == Direction::ToServer && moving.message.is_none()
        });
        if let Some(moving) = sent.find(|moving| moving.subject == *subject) {
            moving.message = Some(message);
        }
    }

    /// The wire is gone and everything on it.
    pub fn lose(&mut self, conn: ConnId) {
        self.moving.retain(|moving| moving.conn != conn);
    }

    pub fn tokens(&self, now: Timestamp, clients: &Clients, tracks: &Tracks) -> Vec<Token> {
        let moving = self.moving.iter().filter(|moving| moving.is_moving(now));
        let tokens: Vec<Token> = moving.filter_map(|moving| token(moving, clients, tracks)).collect();
        if tokens.len() > MAX_TOKENS { counted(tokens) } else { tokens }
    }
}

fn token(moving: &Moving, clients: &Clients, tracks: &Tracks) -> Option<Token> {
    Some(Token {
        message: moving.message,
        actor: clients.place(clients.actor_of(moving.conn)?)?,
        direction: moving.direction,
        traffic: moving.traffic,
        track: tracks.track_of(&moving.subject),
        subject: moving.subject.clone(),
        redelivery: moving.redelivery,
        left: moving.left,
        arrives: moving.arrives,
        count: 1,
    })
}

/// One token for all of one edge, track and kind; it is where the newest of them is.
fn counted(tokens: Vec<Token>) -> Vec<Token> {
    let mut groups: Vec<Token> = Vec::new();
    for token in tokens {
        let same = |group: &&mut Token| {
            (group.actor, group.direction, group.traffic, group.track, group.redelivery)
                == (token.actor, token.direction, token.traffic, token.track, token.redelivery)
        };
        match groups.iter_mut().find(same) {
            Some(group) => {
                let count = group.count + 1;
                *group = Token { count, ..token };
            }
            None => groups.push(token),
        }
    }
    groups
}
