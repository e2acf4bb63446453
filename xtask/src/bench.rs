//! `cargo xtask bench`: the same work natively (criterion) and in the browser, memory counted at the allocator, one table.

mod load;
mod page;

pub use load::{LOAD_PAGE, load};

use crate::Done;
use crate::check::node_command;
use crate::run::{command, must, root};
use crate::tools::{self, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

const DOCUMENT: &str = "docs/performance.md";
const BEGIN: &str = "<!-- figures: written by cargo xtask bench --write -->";
const END: &str = "<!-- end of figures -->";

/// Nanoseconds for one round, by the name of the workload.
type Figures = BTreeMap<String, f64>;

/// Measures everything, or what contains `filter`, and prints the table; `--write` puts it into the document,
/// `--page` measures what a program in the page sees.
pub fn bench(options: &[String]) -> Done {
    let write = options.iter().any(|option| option == "--write");
    if options.iter().any(|option| option == "--page") {
        return page::bench(write);
    }
    let filter = options.iter().find(|option| !option.starts_with("--")).map_or("", String::as_str);
    if write && !filter.is_empty() {
        return Err("--write wants all figures: leave out the filter".to_owned());
    }
    ensure(&[&tools::WASM, &tools::BINDGEN, &tools::NODE, &tools::NODE_PACKAGES, &tools::WASM_OPT, &tools::CHROMIUM])?;
    let native = native(filter)?;
    let browser = in_browser(filter)?;
    let table = table(&native, &browser) + &ratios(&native, &browser);
    let report = if filter.is_empty() { format!("{table}\n{}", memory()?) } else { table };
    println!("\n{report}");
    if write { put(BEGIN, END, &format!("{}\n\n{report}", machine())) } else { Ok(()) }
}

fn native(filter: &str) -> Result<Figures, String> {
    let results = root().join("target/criterion");
    // Figures of earlier runs must not pass for new ones.
    let _ = std::fs::remove_dir_all(&results);
    let mut cargo = command("cargo");
    cargo.args(["bench", "--package", "jetlab-benches", "--bench", "native", "--"]).arg(filter);
    must(cargo.env("CARGO_TARGET_DIR", root().join("target")))?;
    let mut figures = Figures::new();
    for found in std::fs::read_dir(&results).map_err(|e| format!("{}: {e}", results.display()))?.flatten() {
        let estimates = found.path().join("new/estimates.json");
        let Ok(text) = std::fs::read_to_string(&estimates) else { continue };
        let estimates: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", estimates.display()))?;
        let nanos = estimates["median"]["point_estimate"].as_f64().ok_or("criterion wrote no median")?;
        figures.insert(found.file_name().to_string_lossy().into_owned(), nanos);
    }
    Ok(figures)
}

fn in_browser(filter: &str) -> Result<Figures, String> {
    page("browser", "target/bench-page")?;
    let output = node_command("tests/browser/bench.mjs", &[filter.to_owned()]).output();
    let output = output.map_err(|e| format!("cannot start node: {e}"))?;
    if !output.status.success() {
        return Err(format!("the browser could not measure: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let figures: Value = serde_json::from_slice(&output.stdout).map_err(|e| format!("what the browser said: {e}"))?;
    let figures = figures.as_array().ok_or("the browser gave no list")?;
    Ok(figures
        .iter()
        .filter_map(|figure| Some((figure["name"].as_str()?.to_owned(), figure["nanos"].as_f64()?)))
        .collect())
}

/// Builds a program of `benches/` for the browser, as the page is built, into `folder`.
pub fn page(program: &str, folder: &str) -> Done {
    let out = root().join(folder);
    let wasm = root().join(format!("target/wasm32-unknown-unknown/release/{program}.wasm"));
    let mut cargo = command("cargo");
    cargo.args(["build", "--release", "--package", "jetlab-benches", "--bin", program]);
    must(cargo.args(["--target", "wasm32-unknown-unknown"]).env("CARGO_TARGET_DIR", root().join("target")))?;
    must(command("wasm-bindgen").args(["--target", "web", "--no-typescript", "--out-dir"]).arg(&out).arg(&wasm))?;
    let packed = out.join(format!("{program}_bg.wasm"));
    // As the page is optimised, see index.html.
    let features =
        ["bulk-memory", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "reference-types", "multivalue"];
    let features = features.map(|feature| format!("--enable-{feature}"));
    must(command("wasm-opt").arg("-Oz").args(features).arg(&packed).arg("-o").arg(&packed))
}

fn memory() -> Result<String, String> {
    let mut cargo = command("cargo");
    cargo.args(["run", "--quiet", "--release", "--package", "jetlab-benches", "--bin", "overhead"]);
    let output = cargo.output().map_err(|e| format!("cannot start cargo: {e}"))?;
    if !output.status.success() {
        return Err(format!("the memory could not be counted: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let counted: Value = serde_json::from_slice(&output.stdout).map_err(|e| format!("what overhead said: {e}"))?;
    let number = |name: &str| counted[name].as_f64().ok_or(format!("overhead said no {name}"));
    Ok(format!(
        "A million messages of 128 B in one memory stream: {:.1} bytes each, {:.1} of them overhead, stored in {:.2} s.\n",
        number("bytes")?,
        number("overhead")?,
        number("seconds")?
    ))
}

fn table(native: &Figures, browser: &Figures) -> String {
    let mut text = String::from("| one round of | native | Chromium | ratio |\n|---|---:|---:|---:|\n");
    for name in jetlab_names(native, browser) {
        let (here, there) = (native.get(name).copied(), browser.get(name).copied());
        let ratio = here.zip(there).map_or_else(|| "–".to_owned(), |(here, there)| format!("{:.1}", there / here));
        let _ = writeln!(text, "| {name} | {} | {} | {ratio} |", shown(here), shown(there));
    }
    text
}

fn jetlab_names<'a>(native: &'a Figures, browser: &'a Figures) -> Vec<&'a str> {
    let mut names: Vec<&str> = native.keys().chain(browser.keys()).map(String::as_str).collect();
    names.sort_by_key(|name| order(name));
    names.dedup();
    names
}

/// As in the document: by what is done, then by how many.
fn order(name: &str) -> (String, u64) {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    (name.chars().take_while(|c| !c.is_ascii_digit()).collect(), digits.parse().unwrap_or(0))
}

fn shown(nanos: Option<f64>) -> String {
    match nanos {
        None => "–".to_owned(),
        Some(nanos) if nanos < 1_000.0 => format!("{nanos:.0} ns"),
        Some(nanos) => format!("{:.2} µs", nanos / 1_000.0),
    }
}

/// What must hold on any machine.
fn ratios(native: &Figures, browser: &Figures) -> String {
    let mut text = String::new();
    for (home, figures) in [("native", native), ("Chromium", browser)] {
        let ratio = |a: &str, b: &str| Some(figures.get(a)? / figures.get(b)?);
        let lines = [
            (
                "a linear scan over the trie, 1000 subscriptions",
                ratio("linear scan, 1000 subscriptions", "match a subject, 1000 subscriptions"),
            ),
            (
                "the trie with 100000 over 10 subscriptions",
                ratio("match a subject, 100000 subscriptions", "match a subject, 10 subscriptions"),
            ),
            (
                "publishing past 1000 over past no consumers",
                ratio("publish past 1000 consumers that do not match", "publish to a memory stream"),
            ),
            (
                "subscribing and unsubscribing past 1000 over past 10 consumers",
                ratio("subscribe and unsubscribe past 1000 consumers", "subscribe and unsubscribe past 10 consumers"),
            ),
        ];
        for (what, ratio) in lines {
            if let Some(ratio) = ratio {
                let _ = write!(text, "\n- {home}: {what}: {ratio:.1}×");
            }
        }
    }
    if !text.is_empty() {
        text.push('\n')
    }
    text
}

/// Writes figures into the document, between two marks.
fn put(begin: &str, end: &str, figures: &str) -> Done {
    let path = root().join(DOCUMENT);
    let document = std::fs::read_to_string(&path).map_err(|e| format!("{DOCUMENT}: {e}"))?;
    let (before, rest) = document.split_once(begin).ok_or(format!("{DOCUMENT} has lost \"{begin}\""))?;
    let (_, after) = rest.split_once(end).ok_or(format!("{DOCUMENT} has lost \"{end}\""))?;
    let document = format!("{before}{begin}\n{figures}{end}{after}");
    std::fs::write(&path, document).map_err(|e| format!("{DOCUMENT}: {e}"))
}

fn machine() -> String {
    let asked = |program: &str, args: &[&str]| crate::run::ask(program, args).unwrap_or_default();
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1)).unwrap_or("an unnamed CPU");
    let browser = tools::chromium().map(|path| asked(&path.display().to_string(), &["--version"])).unwrap_or_default();
    format!("Measured on {cpu}, {}, {browser}.", asked("rustc", &["--version"]))
}
