//! `cargo xtask bench`.

use crate::Done;
use crate::run::{command, must};

/// Runs the native benchmarks.
pub fn bench(options: &[String]) -> Done {
    must(command("cargo").args(["bench", "--package", "jetlab-benches", "--"]).args(options))
}
