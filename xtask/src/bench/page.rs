//! `cargo xtask bench --page`: the same nats.js program against the server in the page and against nats-server over a
//! loopback WebSocket, and a million messages that go at once.

use super::{machine, put};
use crate::Done;
use crate::check::node_command;
use crate::page::release;
use crate::run::root;
use crate::tools::{self, ensure};
use serde_json::Value;
use std::fmt::Write;

const BEGIN: &str = "<!-- page figures: written by cargo xtask bench --page --write -->";
const END: &str = "<!-- end of page figures -->";
const DIST: &str = "target/dist-bench";
/// Names a release build that is there already.
const BUILT: &str = "JETLAB_DIST";
/// How many times faster than nats-server over a loopback WebSocket the page should be.
const TARGETS: [(&str, f64); 7] = [
    ("synchronous publish", 5.0),
    ("asynchronous publish", 4.0),
    ("key-value put", 5.0),
    ("key-value get", 5.0),
    ("request and reply", 5.0),
    ("consume", 2.0),
    ("publish and subscribe", 2.0),
];

pub fn bench(write: bool) -> Done {
    ensure(tools::TO_BUILD)?;
    ensure(&[&tools::CHROMIUM, &tools::NATS_JS, &tools::NATS])?;
    let load = busy();
    if std::env::var_os(BUILT).is_none() {
        release(DIST, &[])?;
    }
    let rates = run("tests/browser/ratios.mjs")?;
    let scale = run("tests/browser/scale.mjs")?;
    let report = table(&rates)? + &out_of_reach(&rates)? + &told(&scale)?;
    println!("\n{report}");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if write { put(BEGIN, END, &format!("{} On {cores} cores.{load}\n\n{report}", machine())) } else { Ok(()) }
}

/// A sentence when the machine had other things to do: the figures are too low then, and the ratios unsteady.
pub fn busy() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let told = || format!(" The machine had much other work meanwhile: load {load:.1} on {cores} cores.");
    if load > cores as f64 / 2.0 { told() } else { String::new() }
}

/// What a program in the browser measured.
fn run(script: &str) -> Result<Vec<Value>, String> {
    let mut node = node_command(script, &[]);
    node.env(BUILT, std::env::var_os(BUILT).map_or_else(|| root().join(DIST), Into::into));
    if let Some(server) = tools::nats_server() {
        node.env("NATS_SERVER", server);
    }
    let output = node.output().map_err(|e| format!("cannot start node: {e}"))?;
    // A budget that was not met is told, and the figures are there all the same.
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let figures: Value = serde_json::from_slice(&output.stdout).map_err(|e| format!("{script}: {e}"))?;
    figures.as_array().cloned().ok_or(format!("{script} gave no list"))
}

pub fn number(figure: &Value, name: &str) -> Result<f64, String> {
    figure[name].as_f64().ok_or(format!("no {name} in {figure}"))
}

fn table(rates: &[Value]) -> Result<String, String> {
    let mut text = String::from(
        "| operations a second | in the page | nats-server | ratio | wanted | no server | at most |\n\
         |---|---:|---:|---:|---:|---:|---:|\n",
    );
    for figure in rates {
        let name = figure["name"].as_str().unwrap_or_default();
        let (page, server, none) = (number(figure, "page")?, number(figure, "server")?, number(figure, "none")?);
        let (ratio, most, target) = (page / server, none / server, target(name));
        let _ =
            writeln!(text, "| {name} | {page:.0} | {server:.0} | {ratio:.1} | {target:.0} | {none:.0} | {most:.1} |");
    }
    Ok(text)
}

/// What no server could reach, in a sentence each.
fn out_of_reach(rates: &[Value]) -> Result<String, String> {
    let mut text = String::new();
    for figure in rates {
        let name = figure["name"].as_str().unwrap_or_default();
        let (server, none) = (number(figure, "server")?, number(figure, "none")?);
        let target = target(name);
        if none / server < target {
            let (own, all) = (1e6 / none, 1e6 / server / target);
            let _ = write!(
                text,
                "\nThe ratio wanted for {name} is out of any server's reach here: the client and the browser alone take \
                 {own:.1} µs of the {all:.1} µs it leaves.\n"
            );
        }
    }
    Ok(text)
}

fn target(name: &str) -> f64 {
    TARGETS.iter().find(|(of, _)| *of == name).map_or(1.0, |(_, target)| *target)
}

fn told(scale: &[Value]) -> Result<String, String> {
    let mut text = String::new();
    for figure in scale {
        let (millis, longest) = (number(figure, "millis")?, number(figure, "longest")?);
        let longest = if longest == 0.0 { "never 50 ms".to_owned() } else { format!("{longest:.0} ms at the longest") };
        let name = figure["name"].as_str().unwrap_or_default();
        let _ = write!(text, "\nA million messages {name}: {millis:.0} ms, the page busy at a stretch {longest}.\n");
    }
    Ok(text)
}
