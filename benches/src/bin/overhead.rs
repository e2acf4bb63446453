//! What a stored message costs beyond its own bytes: a million of 128 B in one stream, counted at the allocator.

use jetlab_benches::Server;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system allocator unchanged; only a counter is kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MESSAGES: usize = 1_000_000;
const PAYLOAD: usize = 128;

fn main() {
    let mut server = Server::new();
    server.ask("STREAM.CREATE.S", r#"{"name":"S","subjects":["orders.>"],"storage":"memory","num_replicas":1}"#);
    let before = LIVE.load(Ordering::Relaxed);
    let start = std::time::Instant::now();
    for number in 0..MESSAGES {
        // Each arrives in a buffer of its own, as from a wire.
        let line = format!("PUB orders.new {PAYLOAD}\r\n{number:0>PAYLOAD$}\r\n");
        server.say(line.into()).for_each(drop);
    }
    let took = start.elapsed();
    let live = LIVE.load(Ordering::Relaxed) - before;
    let info = server.ask("STREAM.INFO.S", "");
    assert!(info.contains(&format!("\"messages\":{MESSAGES},")), "{info}");
    let each = live as f64 / MESSAGES as f64;
    println!("{{\"seconds\":{:.3},\"bytes\":{each:.1},\"overhead\":{:.1}}}", took.as_secs_f64(), each - PAYLOAD as f64);
}
