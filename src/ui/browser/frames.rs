//! The frames of the screen, for all who draw.
//!
//! One loop calls everybody in the order in which they came. It sleeps as long as nobody wants the next frame soon: a
//! page on which nothing moves leaves the processor to what is typed. [`wake`] ends its sleep.

use crate::map::Map;
use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::timers::callback::Timeout;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The sleep between two frames of a page on which nothing moves but the clock, which shows tenths of a second.
pub const SLEEP_MILLIS: u32 = 80;

/// When the next frame is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Something moves.
    Soon,
    /// Nothing does, until somebody wakes the page.
    Later,
}

type Call = Rc<RefCell<dyn FnMut(f64) -> Next>>;

#[derive(Default)]
struct Frames {
    calls: RefCell<Map<u64, Call>>,
    last: Cell<u64>,
    frame: RefCell<Option<AnimationFrame>>,
    sleep: RefCell<Option<Timeout>>,
}

thread_local! {
    static FRAMES: Frames = Frames::default();
}

/// Somebody who is called with every frame, until this is dropped.
pub struct Drawing {
    number: u64,
}

impl Drop for Drawing {
    fn drop(&mut self) {
        let ended = FRAMES.with(|frames| frames.calls.borrow_mut().remove(&self.number));
        drop(ended);
    }
}

/// Calls `each` with each frame's time in milliseconds, from now on.
#[must_use = "it ends when it is dropped"]
pub fn each(each: impl FnMut(f64) -> Next + 'static) -> Drawing {
    let number = FRAMES.with(|frames| {
        let number = frames.last.get() + 1;
        frames.last.set(number);
        frames.calls.borrow_mut().insert(number, Rc::new(RefCell::new(each)));
        number
    });
    wake();
    Drawing { number }
}

/// Something has changed that the next frame is to show.
pub fn wake() {
    FRAMES.with(|frames| {
        if frames.frame.borrow().is_some() || frames.calls.borrow().is_empty() {
            return;
        }
        frames.sleep.borrow_mut().take();
        *frames.frame.borrow_mut() = Some(request_animation_frame(draw));
    });
}

fn draw(millis: f64) {
    let calls: Vec<Call> = FRAMES.with(|frames| {
        frames.frame.borrow_mut().take();
        frames.calls.borrow().values().cloned().collect()
    });
    let mut next = Next::Later;
    for call in calls {
        if (call.borrow_mut())(millis) == Next::Soon {
            next = Next::Soon;
        }
    }
    match next {
        Next::Soon => wake(),
        Next::Later => sleep(),
    }
}

/// Unless somebody has woken the page in the meantime.
fn sleep() {
    FRAMES.with(|frames| {
        if frames.frame.borrow().is_none() {
            *frames.sleep.borrow_mut() = Some(Timeout::new(SLEEP_MILLIS, wake));
        }
    });
}
