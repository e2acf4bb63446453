//! A call per frame of the screen, for as long as the page lives.

use gloo::render::{AnimationFrame, request_animation_frame};
use std::cell::RefCell;
use std::rc::Rc;

/// Calls `each` with the frame's time in milliseconds, from now on.
pub fn run(each: impl FnMut(f64) + 'static) {
    let each: Rc<RefCell<dyn FnMut(f64)>> = Rc::new(RefCell::new(each));
    next(each, Rc::default());
}

fn next(each: Rc<RefCell<dyn FnMut(f64)>>, held: Rc<RefCell<Option<AnimationFrame>>>) {
    let (again, slot) = (each.clone(), held.clone());
    let frame = request_animation_frame(move |time| {
        next(again.clone(), slot);
        (again.borrow_mut())(time);
    });
    *held.borrow_mut() = Some(frame);
}
