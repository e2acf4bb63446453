//! Seeded crowds of clients against a slow, obvious model of streams and consumers.
//!
//! A crowd publishes, pulls, answers, deletes, purges and waits, straight on the engine and in virtual time. After every
//! step the stream must hold exactly the messages the model holds, consumers must report the model's figures, and every
//! delivery must be one the model allows. The model is lists and loops; what it claims is in `simulation/model.rs`.
//! A failure prints the seed and the shortest script found.

#[path = "simulation/crowd.rs"]
mod crowd;
#[path = "simulation/model.rs"]
mod model;
#[path = "simulation/world.rs"]
mod world;

use crowd::Step;
use jetlab::nuid::Rng;
use model::{Retention, Rules};
use world::World;

const SEEDS: u64 = 60;
const STEPS: usize = 150;

#[test]
fn limits_streams_keep_what_the_model_keeps() {
    run_crowds(Retention::Limits);
}

#[test]
fn interest_streams_keep_what_somebody_still_needs() {
    run_crowds(Retention::Interest);
}

#[test]
fn work_queues_give_every_message_to_one_reader() {
    run_crowds(Retention::WorkQueue);
}

fn run_crowds(retention: Retention) {
    for seed in 0..SEEDS {
        let mut rng = Rng::new(seed);
        let rules = Rules::draw(retention, &mut rng);
        let script = crowd::script(&mut rng, STEPS);
        if let Err(why) = World::play(&rules, &script) {
            let (script, why) = shrink(&rules, script, why);
            let lines: Vec<String> = script.iter().map(|step| format!("    {step:?}")).collect();
            panic!("seed {seed}: {why}\n{rules:#?}\nthe shortest script found:\n{}", lines.join("\n"));
        }
    }
}

/// Drops steps as long as something stays wrong.
fn shrink(rules: &Rules, mut script: Vec<Step>, mut why: String) -> (Vec<Step>, String) {
    let mut run = script.len();
    while run > 0 {
        let mut start = 0;
        while start < script.len() {
            let mut shorter = script.clone();
            shorter.drain(start..(start + run).min(script.len()));
            match World::play(rules, &shorter) {
                Err(reason) => (script, why) = (shorter, reason),
                Ok(()) => start += run,
            }
        }
        run /= 2;
    }
    (script, why)
}
