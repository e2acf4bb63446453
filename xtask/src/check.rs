//! `cargo xtask test`: everything a change must pass, in order, with the time each step took.

use crate::run::{command, must, root};
use crate::tools::{self, ensure};
use crate::{Done, bench, clients, content, golang, page, sizes};
use std::process::Command;
use std::time::{Duration, Instant};

struct Step {
    name: &'static str,
    needs: &'static [&'static tools::Tool],
    run: fn() -> Done,
}

const STEPS: &[Step] = &[
    Step { name: "fmt", needs: &[], run: || cargo(&["fmt", "--all", "--check"]) },
    Step { name: "clippy", needs: &[], run: clippy },
    Step { name: "clippy-wasm", needs: &[&tools::WASM], run: clippy_wasm },
    Step { name: "unit", needs: &[&tools::NATS], run: unit },
    Step {
        name: "clients",
        needs: &[&tools::NODE, &tools::NATS, &tools::NATS_JS, &tools::NATS_PY, &golang::GO, &golang::NATS_GO],
        run: clients::clients,
    },
    Step { name: "content", needs: &[], run: content::content },
    Step { name: "build", needs: tools::TO_BUILD, run: || page::release("dist", &[]) },
    Step { name: "size", needs: &[&tools::NODE], run: || sizes::gate(&root().join("dist")) },
    Step { name: "browser", needs: TO_BROWSE, run: browser },
];

const TO_BROWSE: &[&tools::Tool] = &[
    &tools::WASM,
    &tools::BINDGEN,
    &tools::WASM_OPT,
    &tools::NODE,
    &tools::NODE_PACKAGES,
    &tools::CHROMIUM,
    &tools::MDBOOK,
    &tools::NATS_JS,
];

/// Runs all steps, or those named, and stops at the first that fails.
pub fn test(names: &[String]) -> Done {
    if let Some(unknown) = names.iter().find(|name| !STEPS.iter().any(|step| step.name == name.as_str())) {
        let known: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        return Err(format!("no step is called \"{unknown}\"; there are: {}", known.join(" ")));
    }
    let chosen: Vec<&Step> =
        STEPS.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name)).collect();
    let mut times = Vec::new();
    let outcome = run_all(&chosen, &mut times);
    report(&times);
    outcome
}

fn run_all(steps: &[&Step], times: &mut Vec<(String, Duration)>) -> Done {
    let mut needed: Vec<&tools::Tool> = Vec::new();
    needed.extend(steps.iter().flat_map(|step| step.needs));
    timed("tools", times, || ensure(&needed))?;
    for step in steps {
        println!("\n── {} ──", step.name);
        timed(step.name, times, step.run).map_err(|why| format!("step {} failed: {why}", step.name))?;
    }
    Ok(())
}

fn timed(name: &str, times: &mut Vec<(String, Duration)>, run: impl FnOnce() -> Done) -> Done {
    let start = Instant::now();
    let outcome = run();
    let mark = if outcome.is_ok() { "" } else { "  FAILED" };
    times.push((format!("{name}{mark}"), start.elapsed()));
    outcome
}

fn report(times: &[(String, Duration)]) {
    println!("\n{:>9}  step", "seconds");
    for (name, took) in times {
        println!("{:>9.1}  {name}", took.as_secs_f64());
    }
    let total: Duration = times.iter().map(|(_, took)| *took).sum();
    println!("{:>9.1}  together", total.as_secs_f64());
}

fn cargo(args: &[&str]) -> Done {
    must(command("cargo").args(args))
}

/// Of the benchmarks only the work itself, which needs no criterion.
fn clippy() -> Done {
    cargo(&[
        "clippy",
        "--package",
        "jetlab",
        "--package",
        "jetlab-derive",
        "--package",
        "xtask",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?;
    cargo(&["clippy", "--package", "jetlab-benches", "--package", "jetlab-async-nats", "--", "-D", "warnings"])
}

fn clippy_wasm() -> Done {
    cargo(&["clippy", "--target", "wasm32-unknown-unknown", "--lib", "--bins", "--", "-D", "warnings"])
}

/// The native tests. Those that compare with the real server find it by `NATS_SERVER`.
fn unit() -> Done {
    let mut cargo = command("cargo");
    cargo.args(["test", "--package", "jetlab", "--package", "xtask"]);
    if let Some(server) = tools::nats_server() {
        cargo.env("NATS_SERVER", server);
    }
    must(&mut cargo)
}

/// Builds once more for the test under a sub-path: every link of that page begins with it.
fn browser() -> Done {
    if !root().join("dist/index.html").is_file() {
        return Err("there is no dist/: run the step \"build\" first".to_owned());
    }
    page::release("target/dist-x", &["--public-url".to_owned(), "/x/".to_owned()])?;
    bench::page("scene", bench::LOAD_PAGE)?;
    let is_measuring = |path: &String| MEASURING.iter().any(|name| path.ends_with(name));
    let (measuring, others): (Vec<String>, Vec<String>) = browser_tests()?.into_iter().partition(is_measuring);
    for (at_once, tests) in [("2", others), ("1", measuring)] {
        let mut args = vec![format!("--test-concurrency={at_once}"), "--test-reporter=spec".to_owned()];
        args.extend(tests);
        node("--test", &args)?;
    }
    Ok(())
}

/// These hold times to budgets, and have the machine to themselves.
const MEASURING: &[&str] = &["flood.test.mjs", "latency.test.mjs", "load.test.mjs", "time_budget.test.mjs"];

fn browser_tests() -> Result<Vec<String>, String> {
    let folder = root().join("tests/browser");
    let found = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut tests: Vec<String> = found
        .flatten()
        .map(|entry| entry.path().display().to_string())
        .filter(|path| path.ends_with(".test.mjs"))
        .collect();
    tests.sort();
    Ok(tests)
}

/// Runs Node with what the browser tests need to know.
pub fn node(what: &str, args: &[String]) -> Done {
    must(&mut node_command(what, args))
}

/// Node, knowing where its packages, the page and the browser are.
pub fn node_command(what: &str, args: &[String]) -> Command {
    let mut node = command("node");
    node.arg(what).args(args);
    node.env("JETLAB_TOOLS", crate::run::tools_dir().join("node")).env("JETLAB_DIST", root().join("dist"));
    node.env("JETLAB_CLIENTS", crate::run::tools_dir().join(tools::NATS_JS_IN));
    if let Some(path) = tools::chromium() {
        node.env("CHROMIUM", path);
    }
    node
}
