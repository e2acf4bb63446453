//! What a busy hour costs, in memory asked for: the same on every machine, and many times as much as soon as something
//! is copied, written or read again for each message that went by before.

use jetlab::lessons::{Lesson, format};
use jetlab::playground::{Input, LATENCY, Playground};
use jetlab::time::Timestamp;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

const STARTED: Timestamp = Timestamp(1_795_251_600_000_000_000);
/// Messages in one piece of time, and how long it is.
const MESSAGES: u64 = 400;
const PIECE: Duration = Duration::from_secs(80);

struct Counting;

thread_local! {
    /// Calls and bytes, of this thread alone: tests run side by side.
    static ASKED_FOR: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

fn count(bytes: usize) {
    // A thread that ends still frees and asks.
    let _ = ASKED_FOR.try_with(|asked| asked.set((asked.get().0 + 1, asked.get().1 + bytes as u64)));
}

// SAFETY: everything is done by the system's allocator; this only counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What something asks the allocator for.
#[derive(Clone, Copy, Debug)]
struct Cost {
    calls: u64,
    bytes: u64,
}

fn cost(work: impl FnOnce()) -> Cost {
    let before = ASKED_FOR.get();
    work();
    let after = ASKED_FOR.get();
    Cost { calls: after.0 - before.0, bytes: after.1 - before.1 }
}

#[track_caller]
fn assert_at_most(cost: Cost, times: f64, other: Cost) {
    let over = |cost: u64, other: u64| cost as f64 > other as f64 * times;
    assert!(!over(cost.calls, other.calls) && !over(cost.bytes, other.bytes), "{cost:?} is over {times} × {other:?}");
}

/// A milestone that is never reached, so that the server is asked about it whenever something happened.
fn lesson() -> Lesson {
    let text = std::fs::read_to_string("tutorial/04-systems/20-order-queue.md").expect("the lesson is there");
    format::parse(&text).0.expect("it is one")
}

/// A publisher with five messages a second, a worker that keeps up and one that fails.
fn busy(lesson: Option<&Lesson>) -> Playground {
    let mut playground = Playground::new(7, STARTED, LATENCY);
    if let Some(lesson) = lesson {
        playground.begin_lesson(lesson);
    }
    for line in [
        "nats stream add orders_stream --subjects 'orders.*' --retention work --discard new --defaults",
        "nats consumer add orders_stream processor --pull --ack explicit --wait 5s --max-deliver 2 --defaults",
        "lab publish orders.new 'order {{Count}}' --rate 5/s --js",
        "lab worker orders_stream processor --work 100ms",
        "lab worker orders_stream processor --work 100ms --fail 50%",
    ] {
        playground.input(Input::Line { actor: "main".into(), line: line.into() });
        playground.advance_to(playground.now() + Duration::from_secs(1));
    }
    playground
}

fn pass(playground: &mut Playground) {
    let until = playground.now() + PIECE;
    playground.advance_to(until);
}

#[test]
fn a_late_message_costs_what_an_early_one_did() {
    let mut playground = busy(None);
    let mut pass_some = || cost(|| (0..3).for_each(|_| pass(&mut playground)));
    let (early, late) = (pass_some(), pass_some());
    println!("{} messages: {early:?}, as many later {late:?}", 3 * MESSAGES);
    assert!(playground.last_ordinal() > 6 * MESSAGES * 10, "they were played");
    assert_at_most(late, 1.5, early);
}

#[test]
fn asking_about_a_milestone_that_waits_costs_little() {
    let lesson = lesson();
    let (mut without, mut with) = (busy(None), busy(Some(&lesson)));
    let (alone, followed) = (cost(|| pass(&mut without)), cost(|| pass(&mut with)));
    println!("{MESSAGES} messages: {alone:?}, with a lesson {followed:?}");
    let checker = with.checker().expect("it is followed");
    assert!(!checker.is_solved(), "something is left to be asked for: {:?}", checker.reached());
    // The server is asked twice whenever something happened, and each of these is a message there and one back.
    assert_at_most(followed, 3.5, alone);
}
