//! A server of the learner's own behind the page: connecting, what the page shows of it, and leaving.
//!
//! [`Sockets`] carries what the playground asks for; [`Far`] is what the lab keeps for it, and the verbs are the lab's
//! own. Nothing is dialled but by the button of [`Connect`]: an address in a link only stands in the form. Who one is
//! lives in the playground, in memory, and ends with it.

mod connect;
mod contexts;
mod place;
mod sockets;

pub use connect::Connect;
pub use place::Here;
pub use sockets::Sockets;

use super::browser::{page_millis, unix_millis, window};
use super::model::Lab;
use super::time::Travel;
use crate::client::refusal::{Page, Refusal};
use crate::commands::Contexts;
use crate::lessons::Lesson;
use crate::playground::remote::{Reach, Server, Standing};
use crate::playground::{Input, Playground};
use crate::time::Timestamp;
use std::rc::Rc;

/// Who dials first: if this terminal is let in, the others will be.
const FIRST: &str = "main";

/// Why what a playground with its own server can do cannot be done here.
pub const REAL_TIME: &str =
    "Not with a server of your own: its time is real, and what happened there cannot be taken back.";
pub const NOT_SHARED: &str =
    "What was done on a server of your own is not kept and not shared: running it again would do it again.";

/// How long leaving may take.
const DRAIN_MILLIS: f64 = 2000.0;

/// What the lab keeps of servers that are not in the page.
#[derive(Default)]
pub struct Far {
    /// Dials, and is not let in yet.
    trial: Option<Playground>,
    /// Why the last trial failed.
    pub refusal: Option<Refusal>,
    /// The server one is connected to, for a clean beginning.
    server: Option<Server>,
    /// The playground in the page, as it was left.
    aside: Option<Aside>,
    /// Everybody is reading to the end; who has not by then, in page time, is hung up on.
    leaving: Option<f64>,
    /// Was left; its wires still have to carry its last words.
    left: Option<Playground>,
    /// Addresses that a link put into the form.
    pub proposed: Option<String>,
    /// What terminals showed when their contexts were last looked at.
    screens: u64,
    /// And what they were then.
    contexts: Contexts,
}

struct Aside {
    playground: Playground,
    travel: Travel,
    lesson: Option<Rc<Lesson>>,
    given_inputs: usize,
}

/// Where this page came from.
pub fn page() -> Page {
    Page { origin: window().location().origin().unwrap_or_default() }
}

/// What a server's configuration needs so that this page may connect.
pub fn door_for_pages() -> String {
    let origin = page().origin;
    format!(
        "listen: \"127.0.0.1:4222\"\njetstream: enabled\nwebsocket {{\n  listen: \"127.0.0.1:9222\"\n  no_tls: true\n  \
         allowed_origins: [\"{origin}\"]\n}}"
    )
}

pub fn real_now() -> Timestamp {
    Timestamp((unix_millis() * 1e6) as i64)
}

impl Far {
    pub fn is_trying(&self) -> bool {
        self.trial.is_some()
    }
}

impl Lab {
    /// The server is not in the page.
    pub fn is_far_away(&self) -> bool {
        self.playground.is_far_away()
    }

    /// The playground whose server is in the page, also while the page shows a server far away.
    pub fn at_home(&self) -> &Playground {
        self.far.aside.as_ref().map_or(&self.playground, |aside| &aside.playground)
    }

    /// The playground with wires to carry for, if there is one.
    pub fn far_playground(&mut self) -> Option<&mut Playground> {
        let own = Some(&mut self.playground).filter(|playground| playground.is_far_away());
        self.far.trial.as_mut().or(own)
    }

    /// A playground that was left, once.
    fn take_left(&mut self) -> Option<Playground> {
        self.far.left.take()
    }

    /// The address of the server one is connected to, without who one is.
    pub fn far_address(&self) -> Option<String> {
        let url = self.far.server.as_ref()?.urls.first()?;
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        Some(format!("{scheme}://{host}"))
    }

    /// Where the connection stands: that of the terminal in front.
    pub fn standing(&self) -> Option<Standing> {
        let own = self.playground.standing(&self.active_actor);
        own.or_else(|| self.playground.actors().iter().find_map(|actor| self.playground.standing(actor)))
    }

    /// Dials. The page stays as it is until somebody lets us in.
    pub fn connect(&mut self, server: Server) {
        self.far.refusal = None;
        self.far.server = Some(server.clone());
        let mut trial = far_playground(server);
        trial.input(Input::OpenTerminal { actor: FIRST.to_owned() });
        self.far.trial = Some(trial);
    }

    pub fn stop_connecting(&mut self) {
        if self.far.trial.take().is_some() {
            self.far.server = None;
        }
        self.far.refusal = None;
    }

    /// Looks what became of the dial; `true` when the page is connected now.
    pub(super) fn tend_trial(&mut self) -> bool {
        let Some(trial) = &mut self.far.trial else { return false };
        trial.advance_to(real_now());
        let Some(standing) = trial.standing(FIRST) else { return false };
        let is_over = match standing.reach {
            Reach::Connected => {
                self.arrive_far();
                return true;
            }
            Reach::Refused { .. } => true,
            Reach::Waiting { .. } | Reach::Dialling => standing.is_exhausted,
        };
        if is_over {
            self.far.refusal = trial.refusal(FIRST, &page());
            (self.far.trial, self.far.server) = (None, None);
        }
        false
    }

    fn arrive_far(&mut self) {
        let Some(trial) = self.far.trial.take() else { return };
        let playground = std::mem::replace(&mut self.playground, trial);
        let worlds = self.travel.worlds + 1;
        let travel = std::mem::take(&mut self.travel);
        self.travel.worlds = worlds;
        let lesson = self.lesson.take();
        let wanted = lesson.clone();
        self.far.aside = Some(Aside { playground, travel, lesson, given_inputs: self.given_inputs });
        self.prepare();
        // Time there is nobody's to stop.
        self.pace.playing = true;
        self.begin_away();
        if let Some(lesson) = wanted {
            self.plan_lesson(&lesson);
        }
    }

    /// A clean beginning on the same server: new terminals. What is there stays.
    pub(super) fn begin_far(&mut self, lesson: Option<Rc<Lesson>>) {
        self.begin_on_server(None);
        self.begin_away();
        if let Some(lesson) = lesson {
            self.plan_lesson(&lesson);
        }
    }

    /// The learner knows what the lesson makes there: new terminals, and its milestones are followed.
    pub(super) fn set_far_lesson(&mut self, lesson: Rc<Lesson>) {
        self.begin_on_server(Some(lesson));
        self.playground.begin_watching();
    }

    fn begin_on_server(&mut self, lesson: Option<Rc<Lesson>>) {
        let Some(server) = self.far.server.clone() else { return };
        self.playground = far_playground(server);
        self.travel.worlds += 1;
        self.lesson = lesson;
        self.prepare();
        // Time there is nobody's to stop.
        self.pace.playing = true;
    }

    /// Lets everybody read what is on its way, then hangs up.
    pub fn drain_far(&mut self) {
        self.playground.drain();
        self.far.leaving = Some(page_millis() + DRAIN_MILLIS);
    }

    fn is_leaving(&self) -> bool {
        self.far.leaving.is_some()
    }

    fn leave_when_drained(&mut self) {
        if self.far.leaving.is_some_and(|until| self.playground.is_deserted() || page_millis() > until) {
            self.leave_far();
        }
    }

    /// Hangs up; the playground in the page is there again as it was.
    pub fn leave_far(&mut self) {
        self.far.leaving = None;
        let Some(aside) = self.far.aside.take() else { return };
        self.far.server = None;
        self.playground.hang_up_all();
        self.far.left = Some(std::mem::replace(&mut self.playground, aside.playground));
        let worlds = self.travel.worlds + 1;
        self.travel = aside.travel;
        self.travel.worlds = worlds;
        self.come_back(aside.lesson, aside.given_inputs);
    }
}

fn far_playground(server: Server) -> Playground {
    let millis = unix_millis();
    let seed = (millis as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11;
    let mut playground = Playground::far_away(seed, real_now(), server.clone());
    contexts::bring(&mut playground, &server);
    playground
}
