//! The workloads for a page, which measures: prepare one, then run it between two looks at the clock.

fn main() {
    #[cfg(not(target_arch = "wasm32"))]
    println!("this one is for the browser: cargo xtask bench");
}

#[cfg(target_arch = "wasm32")]
mod door {
    use jetlab_benches::{Finished, Prepared, WORKLOADS};
    use std::cell::RefCell;
    use wasm_bindgen::prelude::wasm_bindgen;

    thread_local! {
        static PREPARED: RefCell<Option<Prepared>> = const { RefCell::new(None) };
        static FINISHED: RefCell<Option<Finished>> = const { RefCell::new(None) };
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
        FINISHED.with(RefCell::take);
        PREPARED.with(|slot| *slot.borrow_mut() = prepared);
    }

    /// Runs what was prepared; how much was done.
    #[wasm_bindgen]
    pub fn run() -> f64 {
        let Some(prepared) = PREPARED.with(RefCell::take) else { return 0.0 };
        let finished = prepared();
        let done = finished.done as f64;
        FINISHED.with(|slot| *slot.borrow_mut() = Some(finished));
        done
    }
}
