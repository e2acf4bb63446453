//! Queue groups throw dice: who could have got the last message, who did, and how often everybody had their turn.
//!
//! Knows what the server told of its draws and nothing of chance. A member is its subscription as it is drawn: who, on
//! which filter, in which group.

use super::clients::Clients;
use crate::engine::{ConnId, Draw};
use crate::flow::scene::{Bracket, BracketOwner, Turn};
use crate::map::Map;
use crate::protocol::Sid;
use crate::subject::Subject;

/// Groups that are remembered.
const MAX_GROUPS: usize = 64;

/// Who (an actor, not its place among those drawn), on which filter.
type Member = (usize, Subject);

/// Draws by the name of the group.
#[derive(Clone, Debug, Default)]
pub struct Dice {
    groups: Map<Subject, Group>,
}

#[derive(Clone, Debug, Default)]
struct Group {
    throws: u64,
    turns: Map<Member, Count>,
    /// Of the last draw, in the group's order.
    members: Vec<Member>,
    got: Option<Member>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    got: u64,
    of: u64,
}

impl Dice {
    /// `conn` got it on `sid`.
    pub fn drawn(&mut self, draw: &Draw, conn: ConnId, sid: &Sid, clients: &Clients) {
        let mut members: Vec<Member> = Vec::new();
        for member in draw.members.iter().filter_map(|member| clients.member(member.conn, &member.sid)) {
            // Somebody who listens twice is one bracket, and has two chances.
            if !members.contains(&member) {
                members.push(member);
            }
        }
        let Some(got) = clients.member(conn, sid) else { return };
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&draw.queue) {
            self.groups.pop_first();
        }
        let group = self.groups.entry(draw.queue.clone()).or_default();
        group.throws += 1;
        for member in &members {
            group.turns.entry(member.clone()).or_default().of += 1;
        }
        group.turns.entry(got.clone()).or_default().got += 1;
        (group.members, group.got) = (members, Some(got));
    }

    /// Says of every bracket how its turns went.
    pub fn put_on(&self, brackets: &mut [Bracket], clients: &Clients) {
        if self.groups.is_empty() {
            return;
        }
        let visible = clients.visible();
        for bracket in brackets {
            let (Some(queue), BracketOwner::Actor(place)) = (&bracket.queue, &bracket.owner) else { continue };
            let Some(group) = self.groups.get(queue) else { continue };
            let is_it = |(actor, filter): &Member| visible.get(actor) == Some(place) && *filter == bracket.filter;
            let Some((_, count)) = group.turns.iter().find(|(member, _)| is_it(member)) else { continue };
            bracket.turn = Some(Turn {
                got: count.got,
                of: count.of,
                face: group.members.iter().position(is_it).map(|place| place as u64 + 1),
                is_last: group.got.as_ref().is_some_and(is_it),
                throw: group.throws,
            });
        }
    }
}
