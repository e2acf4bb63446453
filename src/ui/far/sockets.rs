//! The wires of a playground whose server is far away: asks become sockets, what sockets bring is told.
//!
//! What arrives waits here until the frame has time for it, so that a flood does not freeze the page; while nobody looks
//! at the page there are no frames, and it is dealt with as it comes. Credentials never pass through here but inside of
//! the bytes of CONNECT.

use super::real_now;
use crate::engine::ConnId;
use crate::map::Map;
use crate::playground::Playground;
use crate::playground::remote::{Ask, Tell};
use crate::ui::browser::socket::{Heard, Socket};
use crate::ui::browser::{frames, page_millis, window};
use crate::ui::model::{Lab, LabHandle};
use bytes::Bytes;
use gloo::timers::callback::Interval;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

/// How much of a frame what arrives may take.
const SLICE_MILLIS: f64 = 8.0;
/// A socket with so much to carry gets no more until it has less.
const FULL: usize = 1 << 20;
const ROOM: usize = 1 << 18;
/// Who leaves more unread than this is cut off: a page's memory has an end.
const MOST_UNREAD: usize = 64 << 20;
/// While nobody looks, time passes this often.
const UNSEEN_MILLIS: u32 = 1000;

/// Every open socket of the page.
pub struct Sockets {
    lab: LabHandle,
    myself: Weak<Sockets>,
    open: RefCell<Map<ConnId, Wire>>,
    heard: RefCell<VecDeque<Tell>>,
    unread: Cell<usize>,
    /// The playground they belong to.
    world: RefCell<Option<Rc<()>>>,
    /// Of the present frame, how much was spent.
    spent: Cell<f64>,
    _unseen: RefCell<Option<Interval>>,
}

struct Wire {
    socket: Socket,
    unsent: VecDeque<Bytes>,
    is_full: bool,
}

impl Sockets {
    pub fn new(lab: &LabHandle) -> Rc<Sockets> {
        let sockets = Rc::new_cyclic(|myself: &Weak<Sockets>| Sockets {
            lab: lab.clone(),
            myself: myself.clone(),
            open: RefCell::default(),
            heard: RefCell::default(),
            unread: Cell::new(0),
            world: RefCell::default(),
            spent: Cell::new(0.0),
            _unseen: RefCell::default(),
        });
        let unseen = Rc::downgrade(&sockets);
        let interval = Interval::new(UNSEEN_MILLIS, move || {
            if let Some(sockets) = unseen.upgrade().filter(|_| is_unseen()) {
                sockets.pass_unseen();
            }
        });
        *sockets._unseen.borrow_mut() = Some(interval);
        sockets
    }

    /// A frame begins: tells what arrived, as far as there is time. `true` when more is waiting.
    pub fn frame(&self) -> bool {
        self.spent.set(0.0);
        self.tell();
        if self.lab.read(Lab::is_leaving) {
            self.lab.change(Lab::leave_when_drained);
        }
        !self.heard.borrow().is_empty()
    }

    /// Carries out what was asked for.
    pub fn carry(&self) {
        self.notice_new_world();
        let Some(asks) = self.lab.quietly(|lab| lab.far_playground().map(Playground::take_asks)) else { return };
        for ask in asks {
            self.carry_out(ask);
        }
        self.send_on();
    }

    fn carry_out(&self, ask: Ask) {
        match ask {
            Ask::Dial { conn, url } => self.dial(conn, &url),
            Ask::Send { conn, bytes } => {
                if let Some(wire) = self.open.borrow_mut().get_mut(&conn) {
                    wire.unsent.push_back(bytes);
                    wire.send_on();
                }
            }
            Ask::HangUp { conn } => drop(self.open.borrow_mut().remove(&conn)),
        }
    }

    fn dial(&self, conn: ConnId, url: &str) {
        let myself = self.myself.clone();
        let listen = move |heard: Heard| {
            if let Some(sockets) = myself.upgrade() {
                sockets.hear(conn, heard);
            }
        };
        match Socket::dial(url, Rc::new(listen)) {
            Ok(socket) => {
                let wire = Wire { socket, unsent: VecDeque::new(), is_full: false };
                self.open.borrow_mut().insert(conn, wire);
            }
            Err(why) => self.heard.borrow_mut().push_back(Tell::Closed { conn, why }),
        }
    }

    fn hear(&self, conn: ConnId, heard: Heard) {
        let mut gone = None;
        let tell = match heard {
            Heard::Opened => Tell::Opened { conn },
            Heard::Received(bytes) => {
                self.unread.set(self.unread.get() + bytes.len());
                if self.unread.get() > MOST_UNREAD {
                    gone = self.open.borrow_mut().remove(&conn);
                    self.unread.set(self.unread.get() - bytes.len());
                    let why = "slow consumer: the page has more unread than it can keep".to_owned();
                    Tell::Closed { conn, why }
                } else {
                    Tell::Received { conn, bytes }
                }
            }
            Heard::Closed { why } => {
                gone = self.open.borrow_mut().remove(&conn);
                Tell::Closed { conn, why }
            }
        };
        self.heard.borrow_mut().push_back(tell);
        // Its own event is still under way; it goes when that is over.
        if let Some(wire) = gone {
            gloo::timers::callback::Timeout::new(0, move || drop(wire)).forget();
        }
        if is_unseen() {
            self.pass_unseen();
        } else {
            // What there is time for is answered at once: a command of many round trips need not wait a frame for each.
            self.tell();
            self.carry();
            frames::wake();
        }
    }

    /// Tells what arrived until this frame's time is over.
    fn tell(&self) {
        self.notice_new_world();
        let began = page_millis();
        let may_go_on = || self.spent.get() + page_millis() - began < SLICE_MILLIS;
        while may_go_on() {
            let Some(tell) = self.heard.borrow_mut().pop_front() else { break };
            if let Tell::Received { bytes, .. } = &tell {
                self.unread.set(self.unread.get() - bytes.len());
            }
            self.lab.change(|lab| {
                if let Some(playground) = lab.far_playground() {
                    playground.told(real_now(), tell);
                    playground.settle();
                }
            });
        }
        self.spent.set(self.spent.get() + page_millis() - began);
    }

    /// Nobody looks at the page: there are no frames, but a server wants its pings answered.
    fn pass_unseen(&self) {
        self.spent.set(0.0);
        self.tell();
        self.lab.change(|lab| {
            lab.tend_trial();
            if let Some(playground) = lab.far_playground() {
                playground.advance_to(real_now());
            }
        });
        self.carry();
    }

    fn send_on(&self) {
        let mut changed = Vec::new();
        for (conn, wire) in self.open.borrow_mut().iter_mut() {
            wire.send_on();
            let waits = wire.socket.buffered() + wire.unsent.iter().map(Bytes::len).sum::<usize>();
            let is_full = if wire.is_full { waits > ROOM } else { waits > FULL };
            if is_full != wire.is_full {
                wire.is_full = is_full;
                changed.push((*conn, is_full));
            }
        }
        for (conn, is_full) in changed {
            self.lab.quietly(|lab| {
                if let Some(playground) = lab.far_playground() {
                    playground.hold(conn, is_full);
                }
            });
        }
    }

    /// Sockets end with the playground they were made for.
    fn notice_new_world(&self) {
        // Who was left still had something to say.
        let left = self.lab.quietly(Lab::take_left);
        for ask in left.map(|mut left| left.take_asks()).unwrap_or_default() {
            self.carry_out(ask);
        }
        let world = self.lab.quietly(|lab| lab.far_playground().map(|playground| playground.identity()));
        let is_same = match (&world, &*self.world.borrow()) {
            (Some(new), Some(old)) => Rc::ptr_eq(new, old),
            (new, old) => new.is_none() && old.is_none(),
        };
        if !is_same {
            self.world.replace(world);
            self.open.borrow_mut().clear();
            self.heard.borrow_mut().clear();
            self.unread.set(0);
        }
    }
}

impl Wire {
    /// As much as the browser should hold for us.
    fn send_on(&mut self) {
        while self.socket.buffered() < FULL
            && let Some(bytes) = self.unsent.pop_front()
        {
            self.socket.send(&bytes);
        }
    }
}

fn is_unseen() -> bool {
    window().document().is_some_and(|document| document.hidden())
}
