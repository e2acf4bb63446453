//! `cargo xtask load`: the picture under load, held to its budget by `tests/browser/load.test.mjs`; `--write` puts what was
//! measured into the document.

use super::page::{busy, number};
use super::{machine, put};
use crate::Done;
use crate::check::node_command;
use crate::run::{must, root};
use crate::tools::{self, ensure};
use serde_json::Value;
use std::fmt::Write;

const BEGIN: &str = "<!-- load figures: written by cargo xtask load --write -->";
const END: &str = "<!-- end of load figures -->";
/// Where `tests/browser/load.test.mjs` looks.
pub const LOAD_PAGE: &str = "target/load-page";
const FIGURES: &str = "target/load-figures.json";

/// Measures the picture under load, and holds it to its budget.
pub fn load(options: &[String]) -> Done {
    ensure(&[&tools::WASM, &tools::BINDGEN, &tools::NODE, &tools::NODE_PACKAGES, &tools::WASM_OPT, &tools::CHROMIUM])?;
    super::page("scene", LOAD_PAGE)?;
    let load = busy();
    let figures = root().join(FIGURES);
    // Figures of earlier runs must not pass for new ones.
    let _ = std::fs::remove_file(&figures);
    let arguments = ["--test-reporter=spec".to_owned(), "tests/browser/load.test.mjs".to_owned()];
    let held = must(node_command("--test", &arguments).env("JETLAB_FIGURES", &figures));
    if options.iter().any(|option| option == "--write") {
        let text = std::fs::read_to_string(&figures).map_err(|e| format!("{FIGURES}: {e}"))?;
        let measured: Value = serde_json::from_str(&text).map_err(|e| format!("{FIGURES}: {e}"))?;
        put(BEGIN, END, &format!("{}{load}\n\n{}", machine(), told(&measured)?))?;
    }
    held
}

fn told(measured: &Value) -> Result<String, String> {
    let mut text = String::from(
        "| messages a second | scene work, p95 | worst frame, telling included | DOM nodes |\n|---:|---:|---:|---:|\n",
    );
    for figure in measured["rates"].as_array().into_iter().flatten() {
        let [rate, told, p95, worst, nodes] =
            ["rate", "told", "p95", "worst", "nodes"].map(|name| number(figure, name));
        let (rate, told) = (rate?, told?);
        let reached = if told < rate * 0.9 - 4.0 { format!(" (reached: {told:.0})") } else { String::new() };
        let _ = writeln!(text, "| {rate:.0}{reached} | {:.2} ms | {:.1} ms | {:.0} |", p95?, worst?, nodes?);
    }
    let heap =
        |at: &str| Ok::<_, String>((number(&measured["heap"][at], "js")?, number(&measured["heap"][at], "wasm")?));
    let ((js, wasm), (later_js, later_wasm)) = (heap("begin")?, heap("end")?);
    let _ = write!(
        text,
        "\nHeap after one minute of page time at 2,500 messages a second: page {js:.1} MiB, program {wasm:.1} MiB; five \
         minutes later: page {later_js:.1} MiB, program {later_wasm:.1} MiB.\n"
    );
    Ok(text)
}
