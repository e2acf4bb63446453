//! Every workload under criterion. `cargo xtask bench` runs this and reads what criterion wrote.

use criterion::{Criterion, criterion_group, criterion_main};
use jetlab_benches::WORKLOADS;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Criterion counts the preparation too when it chooses how often to run; caches would never get warm.
const LEAST_ROUNDS: u64 = 5_000;

fn workloads(criterion: &mut Criterion) {
    for workload in WORKLOADS {
        criterion.bench_function(workload.name, |bencher| {
            bencher.iter_custom(|n| {
                let rounds = n.max(LEAST_ROUNDS);
                let prepared = (workload.prepare)(rounds);
                let start = Instant::now();
                let finished = black_box(prepared());
                let took = start.elapsed();
                drop(finished);
                took.mul_f64(n as f64 / rounds as f64)
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    targets = workloads
}
criterion_main!(benches);
