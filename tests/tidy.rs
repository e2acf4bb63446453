//! The house keeps itself in order: doors, walls, signs, and no dead links.
//!
//! Reads the sources as text, as a visitor would. Each test names the file and the line, and says why.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The rooms in the order of `lib.rs`. A room imports from rooms before it.
const ROOMS: &[&str] = &[
    "base64",
    "decimal",
    "map",
    "pack",
    "sorted",
    "json",
    "time",
    "nuid",
    "subject",
    "protocol",
    "api",
    "engine",
    "client",
    "commands",
    "shell",
    "flow",
    "lessons",
    "playground",
    "ui",
];

/// Doors that stay shut although the order would open them.
const SHUT: &[(&str, &str, &str)] = &[
    ("client", "engine", "they meet as bytes, in the playground"),
    ("commands", "engine", "commands speak to a server through a client, here and far away"),
    ("shell", "engine", "a terminal does not know where the server is"),
    ("flow", "commands", "the picture is drawn from facts, not from what was typed"),
    ("flow", "shell", "the picture is drawn from facts, not from what was typed"),
];

/// Clocks, sockets, randomness, threads and files: what would make two runs differ.
const WORLD: &[&str] = &[
    "SystemTime",
    "time::Instant",
    "Instant::now",
    "std::net",
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "RandomState",
    "rand",
    "getrandom",
];
/// The page.
const PAGE: &[&str] = &["web_sys", "js_sys", "gloo", "wasm_bindgen", "wasm_bindgen_futures"];

const LONGEST_FILE: usize = 700;

struct Source {
    /// From the top of the repository, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// `src/engine/routing.rs` lives in the room `engine`; `lib.rs` and `main.rs` in none.
    fn room(&self) -> Option<&str> {
        let inner = self.path.strip_prefix("src/")?;
        let room = inner.split('/').next()?.trim_end_matches(".rs");
        ROOMS.iter().find(|known| **known == room).copied()
    }

    /// Code without comments, with line numbers from 1. A string that holds `//` loses its tail; no check minds.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(n, line)| (n + 1, line.split("//").next().unwrap_or_default()))
    }
}

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, extension: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&top().join(folder), extension, &mut paths);
    paths.sort();
    paths.iter().map(|path| source(path)).collect()
}

fn collect(folder: &Path, extension: &str, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, extension, paths);
        } else if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
}

fn source(path: &Path) -> Source {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let path = path.strip_prefix(top()).expect("below the top").to_string_lossy().replace('\\', "/");
    Source { path, text }
}

fn rust_files() -> Vec<Source> {
    ["src", "tests", "xtask", "benches", "derive"].iter().flat_map(|folder| files(folder, "rs")).collect()
}

/// Fails with every complaint at once.
fn none(complaints: Vec<String>) {
    let mut text = String::new();
    for complaint in &complaints {
        let _ = write!(text, "\n  {complaint}");
    }
    assert!(complaints.is_empty(), "{} to mend:{text}", complaints.len());
}

/// `word` with no letter, digit or `_` on either side.
fn names(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        !before.ends_with(part) && !after.starts_with(part)
    })
}

/// The rooms a source reaches through `crate::room` and `use crate::{room::..., ...}`, with the line.
fn reached(source: &Source) -> Vec<(usize, String)> {
    let code: Vec<(usize, &str)> = source.code().collect();
    let mut found = Vec::new();
    for (at, (number, line)) in code.iter().enumerate() {
        for (start, _) in line.match_indices("crate::") {
            let rest = &line[start + "crate::".len()..];
            match rest.strip_prefix('{') {
                Some(first) => {
                    let following: String = code[at + 1..].iter().flat_map(|(_, line)| [" ", line]).collect();
                    found.extend(heads(&format!("{first}{following}")).into_iter().map(|head| (*number, head)));
                }
                None => found.push((*number, head(rest))),
            }
        }
    }
    found
}

fn head(path: &str) -> String {
    path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first words of a `{a::b, c::{d, e}, f}` whose opening brace is gone already.
fn heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let mut depth = 0;
    let mut start = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                heads.push(head(group[start..at].trim_start()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    heads
}

#[test]
fn rooms_import_from_earlier_rooms_only() {
    let place = |room: &str| ROOMS.iter().position(|known| *known == room);
    let mut complaints = Vec::new();
    for source in files("src", "rs") {
        let Some(room) = source.room() else { continue };
        for (line, other) in reached(&source) {
            if place(&other) > place(room) {
                complaints.push(format!("{}:{line}: {room} reaches forward into {other}", source.path));
            }
            if let Some((_, _, why)) = SHUT.iter().find(|(from, to, _)| *from == room && *to == other) {
                complaints.push(format!("{}:{line}: {room} must not know {other}: {why}", source.path));
            }
        }
    }
    none(complaints);
}

#[test]
fn the_order_of_rooms_is_that_of_lib_rs() {
    let lib = source(&top().join("src/lib.rs"));
    let declared: Vec<&str> =
        lib.code().filter_map(|(_, line)| line.trim().strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(declared, ROOMS);
}

#[test]
fn the_flow_reads_only_events_of_engine_and_client() {
    let mut complaints = Vec::new();
    for room in ["engine", "client"] {
        let told = vocabulary(room);
        for source in files("src/flow", "rs") {
            for (line, word) in taken_from(&source, room) {
                if word != "event" && !told.contains(&word) {
                    complaints.push(format!("{}:{line}: {room}::{word} is no event of {room}", source.path));
                }
            }
        }
    }
    none(complaints);
}

/// What a room tells observers: the names it publishes from its `event.rs`, and those of connections and their ends.
fn vocabulary(room: &str) -> Vec<String> {
    let door = source(&top().join(format!("src/{room}/mod.rs")));
    let mut told: Vec<String> = ["ConnId", "CloseReason"].map(str::to_owned).into();
    let joined = door.code().map(|(_, line)| line).collect::<Vec<_>>().join(" ");
    for exported in joined.split("pub use event::").skip(1) {
        let exported = exported.split(';').next().unwrap_or_default();
        told.extend(exported.split([',', '{', '}', ' ']).map(head).filter(|word| !word.is_empty()));
    }
    told
}

/// The words behind `crate::room::`, groups spelled out.
fn taken_from(source: &Source, room: &str) -> Vec<(usize, String)> {
    let prefix = format!("crate::{room}::");
    let code: Vec<(usize, &str)> = source.code().collect();
    let mut found = Vec::new();
    for (at, (number, line)) in code.iter().enumerate() {
        for (start, _) in line.match_indices(&prefix) {
            let rest = &line[start + prefix.len()..];
            match rest.strip_prefix('{') {
                Some(first) => {
                    let following: String = code[at + 1..].iter().flat_map(|(_, line)| [" ", line]).collect();
                    let words = heads(&format!("{first}{following}"));
                    found.extend(words.into_iter().filter(|word| !word.is_empty()).map(|word| (*number, word)));
                }
                None => found.push((*number, head(rest))),
            }
        }
    }
    found
}

#[test]
fn nothing_but_the_rim_touches_the_world_or_the_page() {
    let mut complaints = Vec::new();
    for source in files("src", "rs") {
        let at_the_rim = source.path == "src/playground/browser.rs" || source.room() == Some("ui");
        for (line, code) in source.code() {
            let forbidden = |words: &'static [&'static str]| words.iter().filter(move |word| names(code, word));
            if !at_the_rim && code.contains("std::time::{") && names(code, "Instant") {
                complaints
                    .push(format!("{}:{line}: Instant is a clock; Timestamp comes in as an argument", source.path));
            }
            if !at_the_rim {
                complaints.extend(forbidden(WORLD).chain(forbidden(PAGE)).map(|word| {
                    format!(
                        "{}:{line}: {word} belongs to playground/browser.rs or ui/; take it as an argument",
                        source.path
                    )
                }));
            }
            if source.room() != Some("ui") && names(code, "yew") {
                complaints.push(format!("{}:{line}: yew belongs to ui/", source.path));
            }
        }
    }
    none(complaints);
}

#[test]
fn every_module_has_a_sign() {
    let unsigned = |source: &Source| {
        let beside_the_code = source.path.ends_with("/tests.rs");
        !beside_the_code && !source.text.starts_with("//! ")
    };
    let unsigned = rust_files().into_iter().filter(unsigned);
    none(unsigned.map(|source| format!("{}: begins with no sign (//! what lives here)", source.path)).collect());
}

#[test]
fn nothing_is_left_for_later() {
    let words = ["todo", "unimplemented", "dbg"].map(|word| format!("{word}!("));
    let mut complaints = Vec::new();
    for source in rust_files() {
        for (line, code) in source.code() {
            complaints.extend(
                words
                    .iter()
                    .filter(|word| code.contains(word.as_str()))
                    .map(|word| format!("{}:{line}: {word}) has no place in what we land", source.path)),
            );
        }
    }
    none(complaints);
}

#[test]
fn files_fit_a_head() {
    let lines = |source: &Source| source.text.lines().count();
    let long = rust_files().into_iter().filter(|source| lines(source) > LONGEST_FILE);
    none(
        long.map(|source| format!("{}: {} lines; a noun inside wants its own file", source.path, lines(&source)))
            .collect(),
    );
}

#[test]
fn no_link_is_dead() {
    let mut documents: Vec<Source> = ["tutorial", "docs"].iter().flat_map(|folder| files(folder, "md")).collect();
    documents.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| source(&top().join(name))));
    let mut complaints = Vec::new();
    for document in &documents {
        let folder = top().join(&document.path).parent().expect("a file lives in a folder").to_owned();
        for (line, target) in links(&document.text) {
            let path = target.split('#').next().unwrap_or_default();
            let elsewhere = target.contains(':') || path.is_empty();
            if !elsewhere && !folder.join(path).exists() {
                complaints.push(format!("{}:{line}: nothing is at {target}", document.path));
            }
        }
    }
    none(complaints);
}

/// The targets of `[text](target)`, outside of code fences.
fn links(markdown: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (number, line) in markdown.lines().enumerate() {
        in_code ^= line.trim_start().starts_with("```");
        if !in_code {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            found.extend(targets.map(|(target, _)| (number + 1, target)));
        }
    }
    found
}

#[test]
fn chosen_dark_is_the_same_dark() {
    let css = source(&top().join("assets/site.css")).text;
    let dark = |opening: &str| -> BTreeMap<String, String> {
        let (_, rest) = css.split_once(opening).unwrap_or_else(|| panic!("site.css has no \"{opening}\""));
        let (block, _) = rest.split_once('}').expect("a block ends");
        let pairs = block.lines().filter_map(|line| line.trim().strip_suffix(';')?.split_once(": "));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let by_system = dark(":root:not([data-theme=\"light\"]) {");
    assert!(by_system.len() > 20, "the block was found");
    assert_eq!(by_system, dark(":root[data-theme=\"dark\"] {\n"));
}

#[test]
fn the_glue_has_the_version_the_chores_install() {
    let lock = source(&top().join("Cargo.lock")).text;
    let locked = lock.split("name = \"wasm-bindgen\"\nversion = \"").nth(1).and_then(|rest| rest.split('"').next());
    let chores = source(&top().join("xtask/src/tools.rs")).text;
    let locked = locked.expect("Cargo.lock names wasm-bindgen");
    assert!(chores.contains(&format!("WASM_BINDGEN: &str = \"{locked}\"")), "xtask/src/tools.rs must install {locked}");
}

#[test]
fn the_checks_can_fail() {
    assert!(names("let x = rand::random()", "rand") && !names("operand + brand", "rand"));
    assert_eq!(heads("engine::{A, B}, time::Timestamp, api} ; more"), ["engine", "time", "api"]);
    assert_eq!(links("[a](b.md#c) `x`\n```\n[n](o)\n```\n[d](e)"), [(1, "b.md#c"), (5, "e")]);
    let source = Source {
        path: "src/api/x.rs".into(),
        text: "use crate::{\n    engine::E,\n};\nfn f() { crate::ui::g() }".into(),
    };
    let reached: Vec<String> =
        reached(&source).into_iter().map(|(_, room)| room).filter(|room| !room.is_empty()).collect();
    assert_eq!(reached, ["engine", "ui"]);
}
