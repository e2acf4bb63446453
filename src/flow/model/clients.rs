//! Connections and the actors behind them.

use super::arrivals::Arrivals;
use crate::engine::ConnId;
use crate::flow::scene::Actor;
use crate::flow::step::{LinkState, Role, Step, Traffic};
use crate::map::Map;
use crate::protocol::Sid;
use crate::subject::{Subject, SubjectFilter};
use crate::time::Timestamp;

/// Who is there. An actor is its name; connections come and go.
#[derive(Clone, Debug, Default)]
pub struct Clients {
    actors: Vec<ActorState>,
    conns: Map<ConnId, Connection>,
    /// Grows when somebody comes or goes, or listens for something a user named.
    interest: u64,
}

#[derive(Clone, Debug)]
struct ActorState {
    name: String,
    given_role: Option<Role>,
    /// What it did first, when nobody said what it is.
    seen_role: Option<Role>,
    state: LinkState,
    received: Arrivals,
    published: u64,
    tray: u64,
}

#[derive(Clone, Debug)]
struct Connection {
    actor: usize,
    open: bool,
    subscriptions: Map<Sid, Subscription>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    pub filter: SubjectFilter,
    pub queue: Option<Subject>,
}

impl Clients {
    /// The same as long as the same actors listen for the same subjects; inboxes do not count.
    pub fn interest(&self) -> u64 {
        self.interest
    }

    pub fn named(&mut self, conn: ConnId, name: &str, role: Option<Role>) {
        self.interest += 1;
        let actor = self.actor_named(name);
        self.actors[actor].given_role = role.or(self.actors[actor].given_role);
        self.actors[actor].state = LinkState::Connecting;
        self.connection(conn, actor).actor = actor;
    }

    pub fn link(&mut self, conn: ConnId, state: LinkState) {
        let Some(actor) = self.actor_of(conn) else { return };
        if matches!(state, LinkState::Connected | LinkState::Closed) {
            self.actors[actor].tray = 0;
        }
        // Who was killed hangs up as well.
        if (self.actors[actor].state, state) != (LinkState::Killed, LinkState::Closed) {
            self.actors[actor].state = state;
        }
    }

    /// So many messages wait in it for a wire.
    pub fn waiting(&mut self, name: &str, messages: u64) {
        if let Some(actor) = self.actors.iter_mut().find(|actor| actor.name == name) {
            actor.tray = messages;
        }
    }

    pub fn connected(&mut self, conn: ConnId, name: &str) {
        self.interest += 1;
        let actor = self.actor_of(conn).unwrap_or_else(|| {
            let fallback = format!("client {}", conn.0);
            self.actor_named(if name.is_empty() { &fallback } else { name })
        });
        self.connection(conn, actor).open = true;
        self.actors[actor].state = LinkState::Connected;
        self.actors[actor].tray = 0;
    }

    pub fn disconnected(&mut self, conn: ConnId) {
        let Some(connection) = self.conns.remove(&conn) else { return };
        self.interest += 1;
        let still_open = self.conns.values().any(|other| other.actor == connection.actor && other.open);
        let state = &mut self.actors[connection.actor].state;
        // A cut wire stays broken in the picture; only a healthy link that ended is closed.
        if !still_open && !matches!(*state, LinkState::Broken | LinkState::Killed) {
            *state = LinkState::Closed;
        }
    }

    pub fn subscribed(&mut self, conn: ConnId, sid: &Sid, subject: &Subject, queue: Option<&Subject>) {
        let Ok(filter) = SubjectFilter::new(subject) else { return };
        let Some(connection) = self.conns.get_mut(&conn) else { return };
        let actor = connection.actor;
        self.interest += u64::from(is_seen(subject));
        connection.subscriptions.insert(sid.clone(), Subscription { filter, queue: queue.cloned() });
        if Traffic::of(subject) == Traffic::Message {
            self.actors[actor].seen_role.get_or_insert(Role::Subscriber);
        }
    }

    pub fn unsubscribed(&mut self, conn: ConnId, sid: &Sid) {
        let Some(connection) = self.conns.get_mut(&conn) else { return };
        let gone = connection.subscriptions.remove(sid);
        self.interest += u64::from(gone.is_some_and(|gone| is_seen(gone.filter.subject())));
    }

    pub fn published(&mut self, conn: ConnId) {
        let Some(actor) = self.actor_of(conn) else { return };
        self.actors[actor].published += 1;
        self.actors[actor].seen_role.get_or_insert(Role::Publisher);
    }

    /// The server sent it a message, which `step` tells.
    pub fn received(&mut self, step: &Step, conn: ConnId, from_consumer: bool) {
        let Some(actor) = self.actor_of(conn) else { return };
        self.actors[actor].received.leaves(step.at, step.arrives);
        let role = if from_consumer { Role::Worker } else { Role::Subscriber };
        self.actors[actor].seen_role.get_or_insert(role);
    }

    /// What the server sent it is lost on its way, as `step` tells.
    pub fn not_received(&mut self, step: &Step, conn: ConnId) {
        if let Some(actor) = self.actor_of(conn) {
            self.actors[actor].received.loses(step.at, step.arrives);
        }
    }

    /// Whether a message reached anybody after `before`, and at `now` at the latest.
    pub fn any_received(&self, before: Timestamp, now: Timestamp) -> bool {
        self.actors.iter().any(|actor| actor.received.any_between(before, now))
    }

    /// An actor asked a consumer for messages.
    pub fn pulled(&mut self, actor: Option<usize>) {
        if let Some(actor) = actor {
            self.actors[actor].seen_role.get_or_insert(Role::Worker);
        }
    }

    pub fn actor_of(&self, conn: ConnId) -> Option<usize> {
        self.conns.get(&conn).map(|connection| connection.actor)
    }

    /// The actor with a subscription that takes `subject`.
    pub fn listening_on(&self, subject: &str) -> Option<usize> {
        let takes = |connection: &Connection| connection.subscriptions.values().any(|sub| sub.filter.matches(subject));
        self.conns.values().find(|connection| takes(connection)).map(|connection| connection.actor)
    }

    pub fn name_of(&self, conn: ConnId) -> Option<String> {
        self.actor_of(conn).map(|actor| self.actors[actor].name.clone())
    }

    /// Whose subscription it is, and on which filter.
    pub fn member(&self, conn: ConnId, sid: &Sid) -> Option<(usize, Subject)> {
        let connection = self.conns.get(&conn)?;
        Some((connection.actor, connection.subscriptions.get(sid)?.filter.subject().clone()))
    }

    pub fn subscription_matches(&self, conn: ConnId, sid: &Sid, subject: &str) -> bool {
        let subscription = self.conns.get(&conn).and_then(|connection| connection.subscriptions.get(sid));
        subscription.is_some_and(|subscription| subscription.filter.matches(subject))
    }

    /// Every live subscription of actors that are drawn, by place in [`Clients::actors`].
    pub fn subscriptions(&self) -> impl Iterator<Item = (usize, &Subscription)> {
        let visible = self.visible();
        self.conns.values().flat_map(move |connection| {
            let place = visible.get(&connection.actor).copied();
            connection.subscriptions.values().filter_map(move |subscription| Some((place?, subscription)))
        })
    }

    /// The actors that are drawn, in the order they came, as they are at `now`.
    pub fn actors(&self, now: Timestamp) -> Vec<Actor> {
        let drawn = self.actors.iter().enumerate().filter(|(_, actor)| actor.is_drawn());
        drawn.map(|(index, actor)| self.actor(index, actor, now)).collect()
    }

    /// Where an actor is among those drawn.
    pub fn place(&self, actor: usize) -> Option<usize> {
        self.visible().get(&actor).copied()
    }

    /// Where actors are among those drawn.
    pub fn visible(&self) -> Map<usize, usize> {
        let drawn = self.actors.iter().enumerate().filter(|(_, actor)| actor.is_drawn());
        drawn.enumerate().map(|(place, (index, _))| (index, place)).collect()
    }

    fn actor(&self, index: usize, actor: &ActorState, now: Timestamp) -> Actor {
        let open = self.conns.iter().filter(|(_, connection)| connection.actor == index && connection.open);
        Actor {
            name: actor.name.clone(),
            conns: open.map(|(conn, _)| *conn).collect(),
            state: actor.state,
            role: actor.role(),
            received: actor.received.by(now),
            published: actor.published,
            tray: actor.tray,
            busy: None,
        }
    }

    fn actor_named(&mut self, name: &str) -> usize {
        if let Some(index) = self.actors.iter().position(|actor| actor.name == name) {
            return index;
        }
        self.actors.push(ActorState {
            name: name.to_owned(),
            given_role: None,
            seen_role: None,
            state: LinkState::Connecting,
            received: Arrivals::default(),
            published: 0,
            tray: 0,
        });
        self.actors.len() - 1
    }

    fn connection(&mut self, conn: ConnId, actor: usize) -> &mut Connection {
        self.conns.entry(conn).or_insert(Connection { actor, open: false, subscriptions: Map::new() })
    }
}

/// Whether a subscription can be seen over the tracks: inboxes are plumbing.
fn is_seen(filter: &str) -> bool {
    matches!(Traffic::of(filter), Traffic::Message | Traffic::Advisory)
}

impl ActorState {
    fn role(&self) -> Option<Role> {
        self.given_role.or(self.seen_role)
    }

    fn is_drawn(&self) -> bool {
        self.given_role != Some(Role::Observer)
    }
}
