//! The chores of the house: `cargo xtask serve | build | test | differ | bench | load | doctor | content`.
//!
//! Each chore says what it installs before it installs it; everything of ours lands in `.tools/`, which git ignores.
//! Start reading at [`tools`] (what is needed and how it is obtained) or [`check`] (the steps of `cargo xtask test`).

mod bench;
mod check;
mod clients;
mod content;
mod differ;
mod golang;
mod page;
mod run;
mod sizes;
mod split;
mod squeeze;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <chore>

  serve [--release] [trunk options]   build the page, serve it on http://127.0.0.1:8080 and rebuild on change
  build [--public-url /x/]            build the page for a static host into dist/, with the size gate
  test [step ...]                     everything a change must pass; with names, only these steps
  differ [--ops N] [--seed S]         play N random operations on the engine and on nats-server and compare
  bench [--write] [filter]            run the benchmarks; --write puts the figures into docs/performance.md
  load [--write]                      measure the picture under load, and hold it to its budget
  doctor                              say which tools are here, which are missing and how they are obtained
  content                             compile tutorial/ into target/content (Trunk runs this by itself)
  profile                             play the first lessons, and write down what they need loaded
  screenshot                          build the page and take docs/screenshot.png

Steps of test: fmt clippy clippy-wasm unit clients content build size browser";

/// What a chore ends with. The text is for the person at the terminal.
pub type Done = Result<(), String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match chore(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

fn chore(args: &[String]) -> Done {
    let rest = args.get(1..).unwrap_or_default();
    match args.first().map(String::as_str) {
        Some("serve") => page::serve(rest),
        Some("build") => page::build(rest),
        Some("test") => check::test(rest),
        Some("differ") => differ::differ(rest),
        Some("bench") => bench::bench(rest),
        Some("load") => bench::load(rest),
        Some("doctor") => tools::doctor(),
        Some("content") => content::content(),
        Some("finish-page") => page::finish(),
        Some("profile") => page::profile(),
        Some("screenshot") => page::screenshot(),
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(format!("no chore is called \"{other}\"\n\n{USAGE}")),
        None => Err(format!("which chore?\n\n{USAGE}")),
    }
}
