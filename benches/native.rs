//! Every workload under criterion. `cargo xtask bench` runs this and reads what criterion wrote.

use criterion::{Criterion, criterion_group, criterion_main};
use jetlab_benches::WORKLOADS;
use std::hint::black_box;
use std::time::{Duration, Instant};

fn workloads(criterion: &mut Criterion) {
    for workload in WORKLOADS {
        criterion.bench_function(workload.name, |bencher| {
            bencher.iter_custom(|n| {
                let prepared = (workload.prepare)(n);
                let start = Instant::now();
                let finished = black_box(prepared());
                let took = start.elapsed();
                drop(finished);
                took
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
