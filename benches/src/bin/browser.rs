//! The workloads for a page, which measures: prepare one, then run it between two looks at the clock.

fn main() {
    #[cfg(not(target_arch = "wasm32"))]
    println!("this one is for the browser: cargo xtask bench");
}

#[cfg(target_arch = "wasm32")]
mod door {
    use jetlab_benches::{Prepared, WORKLOADS};
    use std::cell::RefCell;
    use wasm_bindgen::prelude::wasm_bindgen;

    thread_local! {
        static PREPARED: RefCell<Option<Prepared>> = const { RefCell::new(None) };
    }

    /// The names of all workloads, one to a line.
    #[wasm_bindgen]
    pub fn names() -> String {
        WORKLOADS.iter().map(|workload| workload.name).collect::<Vec<_>>().join("\n")
    }

    /// Makes workload `index` ready for `n` rounds.
    #[wasm_bindgen]
    pub fn prepare(index: usize, n: u32) {
        let prepared = WORKLOADS.get(index).map(|workload| (workload.prepare)(u64::from(n)));
        PREPARED.with(|slot| *slot.borrow_mut() = prepared);
    }

    /// Runs what was prepared; how much was done.
    #[wasm_bindgen]
    pub fn run() -> f64 {
        PREPARED.with(RefCell::take).map_or(0.0, |prepared| prepared() as f64)
    }
}
