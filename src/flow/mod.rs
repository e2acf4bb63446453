//! What moved, where, when and why.
//!
//! The picture's memory and geometry, without a screen. [`Flow`] is the way in: `playground` tells it what the engine
//! and the wires did, the screen asks it for a [`SceneModel`], [`Token`]s and story lines. It never guesses: a figure is
//! shown because a step said so. It knows no components, no pixels' colours, no clock.
//! Specification: the grammar of scene objects, cell states and motion.

pub mod bucket;
pub mod effects;
mod find;
pub mod flashes;
pub mod frame;
pub mod from_client;
pub mod from_engine;
mod glide;
pub mod inspect;
pub mod layout;
pub mod life;
pub mod load;
mod model;
pub mod payload;
pub mod scene;
#[cfg(test)]
mod script;
pub mod settings;
pub mod step;
pub mod story;
pub mod timeline;
pub mod timers;
pub mod tokens;
pub mod trouble;
mod viewer;
pub mod why;
pub mod wire;
pub mod words;

pub use bucket::Marker;
pub use effects::Effect;
pub use flashes::Flashes;
pub use frame::Frame;
pub use glide::Time;
pub use layout::Layout;
pub use life::LifeLine;
pub use load::{Counts, Levels};
pub use scene::{SceneModel, Selection, Token};
pub use step::{Direction, Edge, How, LinkState, Role, Step, Traffic, What};
pub use story::Story;
pub use timeline::Timeline;
pub use viewer::{Moment, Viewer};
pub use why::{Why, may_explain, why};
pub use wire::{Op, Wire};

use crate::engine::{ConnId, Event, Fact, MessageId, Origin};
use crate::map::Map;
use crate::protocol::{ClientOp, ServerOp};
use crate::time::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// Everything that happened in one session, folded into what can be seen.
///
/// Steps may be told slightly out of order of time (a wire tells what it carries before the server tells what arrived);
/// each keeps its own time.
#[derive(Default)]
pub struct Flow {
    timeline: Timeline,
    story: Story,
    wire: Wire,
}

impl Flow {
    pub fn new() -> Flow {
        Flow::default()
    }

    /// A connection belongs to `name`. Tell it when the wire opens; a later connection of the same name is the same
    /// actor. Without a `role` it stands left until it subscribes or pulls.
    pub fn actor(&mut self, at: Timestamp, conn: ConnId, name: &str, role: Option<Role>) {
        self.push(from_engine::actor(at, conn, name, role));
    }

    /// The wire of a connection was cut, healed or closed, as its owner knows. The server's own view comes as facts.
    pub fn link(&mut self, at: Timestamp, conn: ConnId, state: LinkState) {
        self.push(from_engine::link(at, conn, state));
    }

    /// So many messages wait in a client that has no wire.
    pub fn waiting(&mut self, at: Timestamp, actor: &str, messages: u64) {
        self.push(from_engine::waiting(at, actor, messages));
    }

    /// `op` was put on a wire at `at` and is lost on it; it would have arrived at `arrives`. `message` is what the server
    /// knows it as, if it does.
    pub fn lost(&mut self, at: Timestamp, arrives: Timestamp, conn: ConnId, op: &Op, message: Option<MessageId>) {
        let Some(carried) = op.carried() else { return };
        let edge = Edge { conn, direction: op.direction() };
        let actor = self.names().get(&conn).cloned().unwrap_or_default();
        self.push(from_engine::lost(at, arrives, edge, &actor, &carried.subject, message));
        self.wire.lost(at, arrives, conn, op, message);
    }

    /// A worker did what message `stream_seq` of `stream` asked for; the same `key` again is the same thing twice.
    pub fn effect(&mut self, at: Timestamp, worker: &str, stream: &str, stream_seq: u64, key: &str) {
        self.push(from_engine::effect(at, worker, stream, stream_seq, key));
    }

    /// A worker does not answer for message `stream_seq` of `stream`, which `consumer` delivered to it.
    pub fn unanswered(&mut self, at: Timestamp, worker: &str, stream: &str, consumer: &str, stream_seq: u64) {
        self.push(from_engine::unanswered(at, worker, stream, consumer, stream_seq));
    }

    /// A client put `op` on its wire at `at`; it reaches the server at `arrives`. Only a PUB is a step.
    pub fn sent(&mut self, at: Timestamp, arrives: Timestamp, conn: ConnId, op: &ClientOp) {
        self.wire.client_said(at, arrives, conn, op);
        if let Some(step) = from_engine::sent(at, arrives, conn, op) {
            self.push(step);
        }
    }

    /// The server put `op` on a client's wire at `at`; `message` is what it carries.
    pub fn received(
        &mut self,
        at: Timestamp,
        arrives: Timestamp,
        conn: ConnId,
        op: &ServerOp,
        message: Option<MessageId>,
    ) {
        self.wire.server_said(at, arrives, conn, op, message);
    }

    /// A fact of the server. `latency_of` says how long the link to a client takes, for what leaves on it.
    pub fn engine(&mut self, event: &Event, latency_of: impl Fn(ConnId) -> Duration) {
        match &event.fact {
            Fact::Published { message, origin: Origin::Client(conn), subject, .. } => {
                self.wire.numbered(*conn, subject, *message);
            }
            Fact::Disconnected { conn, .. } => self.wire.ended(*conn),
            _ => {}
        }
        self.push(from_engine::told(event, latency_of));
    }

    /// From here on the server is not in the page, and [`Flow::learnt`] says what is known of it.
    pub fn is_distant(&mut self, at: Timestamp) {
        self.push(from_engine::distant(at));
    }

    /// Something went over a wire to a server that is not in the page; `steps` is what it says.
    pub fn learnt(&mut self, steps: Vec<Step>) {
        for step in steps {
            if let Some(Fact::Published { message, origin: Origin::Client(conn), subject, .. }) = step.what.fact() {
                self.wire.numbered(*conn, subject, *message);
            }
            if let Some(Fact::Disconnected { conn, .. }) = step.what.fact() {
                self.wire.ended(*conn);
            }
            self.push(step);
        }
    }

    /// A line on a wire, to show; what it says is told by [`Flow::learnt`].
    pub fn said(&mut self, at: Timestamp, arrives: Timestamp, conn: ConnId, op: &ClientOp) {
        self.wire.client_said(at, arrives, conn, op);
    }

    fn push(&mut self, step: Step) {
        let step = self.timeline.record(step);
        self.story.tell(step);
    }

    /// Grows with every step; the scene is the same as long as this is.
    pub fn revision(&self) -> u64 {
        self.timeline.len()
    }

    /// Whether a message reached a client after `before`, and at `now` at the latest: figures of then are out of date.
    pub fn any_received(&self, before: Timestamp, now: Timestamp) -> bool {
        self.timeline.now().any_received(before, now)
    }

    /// What there is to see after everything told so far. Costs what is shown, not what happened.
    pub fn scene(&self, now: Timestamp) -> SceneModel {
        self.scene_at(now, &Levels::default())
    }

    /// The same, where `levels` say how busy everything is.
    pub fn scene_at(&self, now: Timestamp, levels: &Levels) -> SceneModel {
        self.timeline.now().scene(now, levels)
    }

    /// [`Flow::scene_at`] without messages one by one: its figures alone.
    pub fn figures_at(&self, now: Timestamp, levels: &Levels) -> SceneModel {
        self.timeline.now().figures(now, levels)
    }

    /// How much went where so far: what [`Levels::frame`] wants.
    pub fn counts(&self) -> Counts {
        self.timeline.now().counts()
    }

    /// What there was to see right after the step with this ordinal.
    pub fn scene_after(&self, ordinal: u64) -> SceneModel {
        let at = self.timeline.step(ordinal).map_or(Timestamp::default(), |step| step.at);
        self.timeline.seek(ordinal).scene(at, &Levels::default())
    }

    /// The steps so far, and the way back to any of them.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The steps that are kept, by ordinal: all of a session that is not very long.
    pub fn steps(&self) -> &VecDeque<Step> {
        self.timeline.steps()
    }

    /// The same history in sentences, oldest first.
    pub fn story(&self) -> &Story {
        &self.story
    }

    /// Names of connections, of those that ended, too.
    pub fn names(&self) -> &Map<ConnId, String> {
        self.story.names()
    }

    /// What went over the wires, newest lines only.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Messages on their way at `now`. Indices refer to the scene of the same revision.
    pub fn tokens(&self, now: Timestamp) -> Vec<Token> {
        self.timeline.now().tokens(now)
    }
}
