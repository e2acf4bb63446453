//! `cargo xtask differ`: differential play of any length, from any seed. What is played stands in `tests/differ.rs`.

use crate::Done;
use crate::run::{command, must};
use crate::tools;

const DEFAULT_OPS: &str = "100000";
const DEFAULT_SEED: &str = "1";

/// Plays `--ops N` operations drawn from `--seed S`; fails when anything differs.
pub fn differ(args: &[String]) -> Done {
    let (mut ops, mut seed) = (DEFAULT_OPS, DEFAULT_SEED);
    for pair in args.chunks(2) {
        match pair {
            [name, value] if name == "--ops" => ops = value,
            [name, value] if name == "--seed" => seed = value,
            _ => return Err(format!("not understood: {}; there are --ops N and --seed S", pair.join(" "))),
        }
    }
    tools::ensure(&[&tools::NATS])?;
    let mut cargo = command("cargo");
    cargo.args(["test", "--package", "jetlab", "--test", "differ"]);
    cargo.env("DIFFER_OPS", ops).env("DIFFER_SEED", seed);
    if let Some(server) = tools::nats_server() {
        cargo.env("NATS_SERVER", server);
    }
    must(&mut cargo)
}
