//! What the owner of a playground whose server is far away asks it and tells it.
//!
//! Knows which actor has which line; sockets, clocks and dialogs are the owner's. The ways in are
//! [`Playground::take_asks`] and [`Playground::told`].

use super::{Ask, News, Standing, Tell};
use crate::client::refusal::{Page, Refusal};
use crate::engine::ConnId;
use crate::playground::Playground;
use crate::protocol::Info;
use crate::time::Timestamp;
use std::collections::VecDeque;

impl Playground {
    pub fn is_far_away(&self) -> bool {
        self.world.is_far_away()
    }

    /// What should be done about wires, in this order.
    pub fn take_asks(&mut self) -> VecDeque<Ask> {
        self.world.take_asks()
    }

    /// What became of a wire, at `now`. Effects that need no time happen with [`Playground::settle`].
    pub fn told(&mut self, now: Timestamp, tell: Tell) {
        self.world.rest_until(now);
        self.world.told(tell, &mut self.recorder);
    }

    /// The wire takes no more for now, or does again.
    pub fn hold(&mut self, conn: ConnId, is_full: bool) {
        self.world.hold(conn, is_full);
    }

    /// Where an actor's line to a server far away stands.
    pub fn standing(&self, actor: &str) -> Option<Standing> {
        self.world.standing(self.world.conn_of(actor)?)
    }

    /// Why an actor's line could not be made, and what to do about it. `page` is where who dials came from.
    pub fn refusal(&self, actor: &str, page: &Page) -> Option<Refusal> {
        self.world.refusal(self.world.conn_of(actor)?, page)
    }

    /// What the server far away said about itself.
    pub fn server_info(&self) -> Option<&Info> {
        self.world.server_info()
    }

    /// Hangs up for everybody, as somebody who leaves does. What was published before still leaves.
    pub fn hang_up_all(&mut self) {
        self.settle();
        for actor in self.world.names() {
            if let Some(conn) = self.world.conn_of(&actor) {
                self.world.hang_up(conn, &mut self.recorder);
            }
        }
    }

    /// Everybody reads what is on its way here, says what there is to say, and hangs up. Scripted actors stop.
    pub fn drain(&mut self) {
        self.cast.values_mut().filter_map(|actor| actor.task.take()).for_each(|task| task.abort());
        for client in self.world.names().iter().filter_map(|actor| self.client(actor)) {
            self.spawn(async move {
                // Who has no wire any more leaves at once.
                let _ = client.drain().await;
            });
        }
        self.settle();
    }

    /// Nobody has a wire any more.
    pub fn is_deserted(&self) -> bool {
        self.world.names().is_empty()
    }

    /// The terminals say what happened to their connections.
    pub(in crate::playground) fn tell_news(&mut self) {
        for News { actor, text } in self.world.take_news() {
            if let Some(terminal) = self.terminals.get(&actor) {
                terminal.notice(&text);
            }
        }
    }
}
